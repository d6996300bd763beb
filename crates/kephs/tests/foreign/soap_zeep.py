"""A foreign SOAP client (zeep) sends, queries, downloads and confirms through the rehearsal provider.

Usage: soap_zeep.py BASE_URL [XSD]
With the path of an ETSI TS 102 640-2 schema, every kind of evidence is also checked against it.
The provider must run with --manual-clock and know the account demo@hs99.kep.example with tcno 10000000146, parola "parola", sifre "sifre",
and bilgi@hs99.kep.example with the same secrets. Prints one line a check, then "N passed, N failed, N skipped",
and ends with 0 only if nothing failed.
"""

import base64
import email
import email.policy
import hashlib
import json
import sys
import urllib.request
from datetime import datetime, timedelta, timezone
from email.encoders import encode_7or8bit as encode_8bit
from email.encoders import encode_noop as encode_binary
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart

import zeep
from lxml import etree

REM = "{http://uri.etsi.org/02640/v2#}"
results = {"ok": 0, "FAIL": 0, "skip": 0}


def check(what, holds):
    note("ok" if holds else "FAIL", what)


def note(result, what):
    results[result] += 1
    print(f"{result:4} {what}")


def tell(base, path, **values):
    """Steers the provider by its JSON API."""
    request = urllib.request.Request(base + "/prova/api/" + path, json.dumps(values).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def credentials(address, parola="parola"):
    return {"kepHesap": address, "tcno": "10000000146", "parola": parola, "sifre": "sifre"}


def message(message_id, recipients):
    mail = email.message.EmailMessage(policy=email.policy.SMTP)
    mail["From"] = "demo@hs99.kep.example"
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = "İmar planı değişikliği (ğüşiöç)"
    mail["Message-ID"] = message_id
    mail["X-TR-REM-iletiTip"] = "eYazisma"
    mail.set_content("Sayın yetkili,\nekteki yazıyı bilgilerinize arz ederim.\n")
    mail.add_attachment(b"PK\x03\x04 paket", maintype="application", subtype="octet-stream", filename="yazi.eyp")
    return mail.as_bytes()


def every_evidence(base, service, sender, schema):
    """Brings every event about and checks what the provider says of it."""
    stories = [("11", "submission-rejected", "bilgi@hs99.kep.example", [11]),
               ("21", "relay-rejected", "kurum@hs03.kep.tr", [10, 21]),
               ("31", "relay-failed", "kurum@hs03.kep.tr", [10, 31]),
               ("41", "mailbox-full", "bilgi@hs99.kep.example", [10, 41]),
               ("61", None, "kurum@hs03.kep.tr", [10, 20, 40, 61])]
    valid, count = True, 0
    for name, kind, recipient, expected in stories:
        if kind:
            tell(base, "misbehaviours", kind=kind, count=1)
        sent = service.Yukle({"kepHesap": sender, "ePaket": {"_value_1": message(f"<{name}@hs99.kep.example>", [recipient])}})
        tell(base, "clock/advance", seconds=2 * 24 * 3600)
        rows = service.PaketDetayDelilSorgula({"kepHesap": sender, "kepId": sent.kepId, "dizin": "INBOX.Sent"}).DelilSonuc
        check(f"evidence {expected} ({rows[-1].delilaciklama})", [row.delilTurId for row in rows] == expected)
        for row in rows:
            xml = service.PaketDelilIndir({"kepHesap": sender, "delilId": row.delilId}).eDelil["_value_1"]
            count += 1
            root = etree.fromstring(xml)
            # The schema imports XAdES of 2006, which has no SigningCertificateV2 (EN 319 132-1); the
            # signature's own properties are xmlsec1's business.
            for properties in root.findall(".//{http://www.w3.org/2000/09/xmldsig#}Object"):
                properties.getparent().remove(properties)
            if schema is not None and not schema.validate(root):
                valid = False
                print(schema.error_log)
    if schema is None:
        note("skip", "evidence against the ETSI schema: no schema file was given")
    else:
        check(f"{count} pieces of evidence hold against the ETSI schema", valid)


def mtom(base, client, sender, reader):
    """MTOM both ways: a request packed by Python's own MIME library, an answer unpacked by zeep."""
    original = message("<mtom-1@hs99.kep.example>", ["bilgi@hs99.kep.example"])
    envelope = client.create_message(client.service, "Yukle", {"kepHesap": sender, "ePaket": {"_value_1": b"yerine"}})
    package = next(envelope.iter("{http://ws.apache.org/axis2/xsd}ePaket"))
    package.text = None
    include = etree.SubElement(package, "{http://www.w3.org/2004/08/xop/include}Include")
    include.set("href", "cid:paket%40python")
    related = MIMEMultipart("related", boundary="sinir-python", type="application/xop+xml", start="<zarf@python>")
    root = MIMEApplication(etree.tostring(envelope), 'xop+xml; charset="utf-8"; type="text/xml"', encode_8bit)
    root["Content-ID"] = "<zarf@python>"
    part = MIMEApplication(original, "octet-stream", encode_binary)
    part["Content-ID"] = "<paket@python>"
    related.attach(root)
    related.attach(part)
    head, _, body = related.as_bytes(policy=email.policy.HTTP).partition(b"\r\n\r\n")
    kind = email.message_from_bytes(head + b"\r\n\r\n")["Content-Type"].replace("\r\n", "").replace("\n", "")
    request = urllib.request.Request(base + "/KepEYazismaV1.1/KepEYazismaCOREWSDL.php", body, {"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=30) as answer:
        check("an MTOM request is answered with MTOM", answer.headers.get_content_type() == "multipart/related")
        text = answer.read().decode()
    check("an MTOM request is accepted", "durum>0<" in text)
    client.transport.session.headers["Accept"] = "multipart/related, text/xml"
    listed = client.service.PaketSorgula({"kepHesap": reader, "dizin": "INBOX"})
    row = listed.OrgMesajId.index("<mtom-1@hs99.kep.example>")
    got = client.service.Indir({"kepHesap": reader, "kepId": listed.kepId[row], "ePart": "ORGM"}).ePaket[0]["_value_1"]
    # zeep takes line breaks off both ends of a binary part.
    check("zeep unpacks an MTOM answer", got == original.strip(b"\r\n"))
    with urllib.request.urlopen(base + "/prova/api/received?org_mesaj_id=%3Cmtom-1@hs99.kep.example%3E") as answer:
        received = json.load(answer)
    check("the MTOM message is stored byte for byte",
          [row["sha256"] for row in received] == [hashlib.sha256(original).hexdigest()])
    del client.transport.session.headers["Accept"]


def main(base, schema_path=None):
    schema = etree.XMLSchema(etree.parse(schema_path)) if schema_path else None
    sender, reader = credentials("demo@hs99.kep.example"), credentials("bilgi@hs99.kep.example")
    client = zeep.Client(base + "/KepEYazismaV1.1/KepEYazismaCOREWSDL.php?wsdl")
    service = client.service
    operations = client.wsdl.services["eyServis"].ports["eyServisSOAPport_http"].binding._operations
    check(f"WSDL loads with {len(operations)} operations", len(operations) >= 23)

    original = message("<zeep-1@hs99.kep.example>", ["bilgi@hs99.kep.example", "havsabelediyesi@hs01.kep.tr"])
    sent = service.Yukle({"kepHesap": sender, "ePaket": {"_value_1": original, "contentType": "message/rfc822"},
                          "ePaketTur": "EYazisma"})
    check("Yukle answers durum 0 and a kepId", sent.durum == 0 and sent.kepId.startswith("<") and sent.kepId.endswith(">"))

    folders = service.DizinSorgula(sender)
    check(f"DizinSorgula names {folders}", "INBOX" in folders and "INBOX.Sent" in folders)
    span = {"ilktarih": datetime.now(timezone.utc) - timedelta(days=1),
            "sontarih": datetime.now(timezone.utc) + timedelta(days=1)}
    listed = service.PaketSorgula({"kepHesap": sender, "dizin": "INBOX.Sent", **span})
    check("PaketSorgula finds the sent message by OrgMesajId", "<zeep-1@hs99.kep.example>" in listed.OrgMesajId
          and sent.kepId in listed.kepId)
    empty = service.PaketSorgula({"kepHesap": sender, "dizin": "INBOX", **span})
    check("an empty listing has one nil entry", empty.kepId == [None] and empty.durum == [0])
    for name in ("PaketSorgula2", "PaketSorgula3"):
        rows = getattr(service, name)({"kepHesap": reader, "dizin": "INBOX", **span})
        check(f"{name} lists the recipient's inbox", rows.durum == 0 and sent.kepId in rows.iletiler[0].kepId)

    which = {"kepHesap": sender, "kepId": sent.kepId, "dizin": "INBOX.Sent"}
    codes = service.PaketDelilSorgula(which).delilTurId
    check(f"PaketDelilSorgula answers 10 and two 40 ({codes})", sorted(codes) == [10, 40, 40])
    detail = service.PaketDetayDelilSorgula(which)
    check("PaketDetayDelilSorgula names the recipients",
          {row.alici for row in detail.DelilSonuc if row.delilTurId == 40}
          == {"bilgi@hs99.kep.example", "havsabelediyesi@hs01.kep.tr"})

    inbox = {"kepHesap": reader, "kepId": sent.kepId, "dizin": "INBOX"}
    envelope = email.message_from_bytes(service.Indir({**inbox, "ePart": "ALL"}).ePaket[0]["_value_1"],
                                        policy=email.policy.default)
    # The provider signs its envelopes: the sections stand inside the part that is signed.
    check("the envelope is signed by the provider", envelope.get_content_type() == "multipart/signed")
    parts = {part.get("X-REM-Section-Type"): part for part in envelope.get_payload(0).iter_parts()}
    check("Indir gives a Dispatch with original and evidence",
          envelope["X-REM-Msg-Type"] == "Dispatch" and {"original", "evidence"} <= set(parts))
    inner = parts["original"].get_payload(0)
    check("the original message is whole", inner["Message-ID"] == "<zeep-1@hs99.kep.example>"
          and [a.get_filename() for a in inner.iter_attachments()] == ["yazi.eyp"])
    raw = service.Indir({**inbox, "ePart": "ORGM"}).ePaket[0]["_value_1"]
    check("Indir ORGM gives the bytes as sent", hashlib.sha256(raw).digest() == hashlib.sha256(original).digest())

    check("AlindiOnay is accepted", service.AlindiOnay(inbox).durum == 0)
    again = service.AlindiOnay(inbox)
    evidence = service.PaketDetayDelilSorgula(which).DelilSonuc
    read = [row for row in evidence if row.delilTurId == 60]
    check("reading is evidenced once (60)", again.durum == 0 and [row.alici for row in read] == ["bilgi@hs99.kep.example"])
    xml = service.PaketDelilIndir({"kepHesap": sender, "delilId": read[0].delilId}).eDelil["_value_1"]
    root = etree.fromstring(xml)
    check("the evidence is a Retrieval of the first recipient",
          root.tag == REM + "RetrievalNonRetrievalByRecipient"
          and root.findtext(REM + "EvidenceRefersToRecipient") == "1"
          and root.findtext(REM + "EventCode").endswith("#Retrieval"))

    check("KotaSorgula answers KB", service.KotaSorgula(sender) > 0)
    check("KontorSorgula answers units", service.KontorSorgula(sender).miktar > 0)
    first = service.Giris({"kepHesap": sender, "girisTur": "EIMZA"})
    second = service.GuvenliGiris({"kepHesap": sender, "girisTur": "EIMZA", "eGuvenlikId": first.eGuvenlikId,
                                   "eCadesBes": {"_value_1": b"imza"}})
    check("Giris and GuvenliGiris log in", first.durum == "0" and second.durum == "0")

    wrong = service.Yukle({"kepHesap": credentials("demo@hs99.kep.example", "yanlış"),
                           "ePaket": {"_value_1": original}})
    check(f"wrong credentials are refused in Turkish ({wrong.hataaciklama})", wrong.durum != 0 and "hatalı" in wrong.hataaciklama)
    broken = service.Yukle({"kepHesap": sender, "ePaket": {"_value_1": b"merhaba"}})
    check("what is no message is refused", broken.durum != 0 and "S/MIME" in broken.hataaciklama)
    unknown = service.PaketDetayDelilSorgula({**which, "kepId": "<yok@hs99.kep.example>"})
    check("an unknown kepId is refused", unknown.durum != 0 and not unknown.DelilSonuc)
    try:
        service.YetkiliSil({"kepHesap": sender})
        check("an operation that is not there answers a fault", False)
    except zeep.exceptions.Fault as fault:
        check(f"an operation that is not there answers a fault ({fault.message})", "YetkiliSil" in fault.message)
    check("PaketSil is accepted", service.PaketSil(inbox).durum == 0)

    server_builds(service, sender, reader, span)
    directory(base)
    mtom(base, client, sender, reader)
    every_evidence(base, service, sender, schema)

    print(f"{results['ok']} passed, {results['FAIL']} failed, {results['skip']} skipped")
    return 1 if results["FAIL"] else 0


def server_builds(service, sender, reader, span):
    """MimeYap gives a hash, SmimeGonder sends it signed; the message says what was signed."""
    built = service.MimeYap({"kepHesap": sender, "ePaketTur": "Standart", "kime": "bilgi@hs99.kep.example, havsabelediyesi@hs01.kep.tr",
                             "konu": "Şartname", "icerik": "Ekte sunulmuştur.", "eIcerikTur": "TEXT", "eOzetAlg": "SHA512",
                             "ekler": [{"_value_1": b"%PDF-1.7 sartname", "contentType": "application/pdf", "fileName": "şartname.pdf"}]})
    check("MimeYap answers hash and mesajid", built.durum == "0" and len(built.eHash) == 88 and built.mesajid.startswith("<EYWS"))
    listed = service.PaketSorgula({"kepHesap": sender, "dizin": "INBOX.Sent", **span})
    check("what is only built is not sent", built.mesajid not in listed.OrgMesajId)
    signature = b"\x30\x03\x02\x01\x05"
    sent = service.SmimeGonder({"kepHesap": sender, "mesajid": built.mesajid, "imza": {"_value_1": signature}})
    check(f"SmimeGonder sends it ({sent.hataaciklama})", sent.durum == 0)
    again = service.SmimeGonder({"kepHesap": sender, "mesajid": built.mesajid, "imza": {"_value_1": signature}})
    check("SmimeGonder sends it once", again.durum != 0)
    rows = service.PaketSorgula({"kepHesap": reader, "dizin": "INBOX", **span})
    kep_id = rows.kepId[rows.OrgMesajId.index(built.mesajid)]
    raw = service.Indir({"kepHesap": reader, "kepId": kep_id, "dizin": "INBOX", "ePart": "ORGM"}).ePaket[0]["_value_1"]
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    content, p7s = mail.iter_parts()
    signed = raw.split(b"\r\n--" + mail.get_boundary().encode())[1][2:]
    check("the hash is that of the signed part", base64.b64encode(hashlib.sha512(signed).digest()).decode() == built.eHash)
    check("the signature is in the message", p7s.get_content() == signature and mail.get_param("micalg") == "sha512")
    check("text, attachment and subject are as given", mail["Subject"] == "Şartname"
          and [part.get_filename() for part in content.iter_attachments()] == ["şartname.pdf"])
    for wrong, why in (({"eIcerikTur": "HTML"}, "HTML"), ({"eOzetAlg": "SHA1"}, "SHA1"), ({"kime": "adres"}, "address"), ({"ePaketTur": "ETEbligat"}, "ETEbligat")):
        refused = service.MimeYap({"kepHesap": sender, "kime": "bilgi@hs99.kep.example", "konu": "x", "icerik": "x", **wrong})
        check(f"MimeYap refuses {why} in words ({refused.hataaciklama})", refused.durum == "13")


def directory(base):
    """The directory is asked by its own WSDL, as a TÜRKKEP client would."""
    service = zeep.Client(f"{base}/KEPWSClient/KEPRetrieval?wsdl").service
    known = service.KepDurumBilgisi(kepDurumBilgisi={"kepAdresi": "Demo@hs99.kep.example"})
    check("KepDurumBilgisi knows an account", known.kepDurumu == 1 and known.kepAdresi == "demo@hs99.kep.example")
    foreign = service.KepDurumBilgisi(kepDurumBilgisi={"kepAdresi": "avukat@hs03.kep.tr"})
    check("KepDurumBilgisi claims nothing of other providers", foreign.kepDurumu is None and foreign.kepDurumSonucu)
    none = service.KepSorgulamaVKN(kepSorgulamaVKN={"VKN": "1234567890"})
    check("KepSorgulamaVKN answers in words", not none.returList and none.sonucAciklama)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
