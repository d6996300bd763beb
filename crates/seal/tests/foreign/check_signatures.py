"""Recomputes every hash of the long-term forms with asn1crypto, and verifies XAdES with signxml.

usage: check_signatures.py FOLDER

FOLDER comes from `cargo run --example signatures`. Prints one line a check and
`N passed, N failed, N skipped`.
"""

import hashlib
import pathlib
import sys

from asn1crypto import cms, core, parser, tsp, x509

SIGNATURE_STAMP = "1.2.840.113549.1.9.16.2.14"
CERTIFICATE_REFS = "1.2.840.113549.1.9.16.2.21"
REVOCATION_REFS = "1.2.840.113549.1.9.16.2.22"
CERTIFICATE_VALUES = "1.2.840.113549.1.9.16.2.23"
REVOCATION_VALUES = "1.2.840.113549.1.9.16.2.24"
ESC_STAMP = "1.2.840.113549.1.9.16.2.25"
ARCHIVE_STAMP = "0.4.0.1733.2.4"
HASH_INDEX = "0.4.0.19122.1.5"

counts = {"passed": 0, "failed": 0, "skipped": 0}


def check(name, holds):
    counts["passed" if holds else "failed"] += 1
    print(("ok     " if holds else "FAILED ") + name)


class Hash(core.Sequence):
    _fields = [("algorithm", core.Any), ("value", core.OctetString)]


class Anys(core.SequenceOf):
    _child_spec = core.Any


class Octets(core.SequenceOf):
    _child_spec = core.OctetString


class Index(core.Sequence):
    _fields = [("algorithm", core.Any), ("certificates", Octets), ("crls", Octets), ("unsigned", Octets)]


class Revocation(core.Sequence):
    _fields = [
        ("crls", Anys, {"explicit": 0, "optional": True}),
        ("ocsps", Anys, {"explicit": 1, "optional": True}),
    ]



def unsigned(signer, oid):
    for attribute in signer["unsigned_attrs"]:
        if attribute["type"].dotted == oid:
            return attribute
    return None


def value_of(attribute):
    return attribute["values"][0].dump()


def stamp(der):
    """The TSTInfo of a token, with the token's own message digest checked."""
    data = cms.ContentInfo.load(der)["content"]
    content = data["encap_content_info"]["content"]
    info = tsp.TSTInfo.load(content.native if isinstance(content.native, bytes) else content.parsed.dump())
    signer = data["signer_infos"][0]
    name = signer["digest_algorithm"]["algorithm"].native
    for attribute in signer["signed_attrs"]:
        if attribute["type"].native == "message_digest":
            assert attribute["values"][0].native == hashlib.new(name, info.dump()).digest()
    imprint = info["message_imprint"]
    return imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native, signer


def of_contents(attribute):
    return attribute["type"].dump() + attribute["values"].dump()


def references(name, signer, digest):
    certificates = [item.dump() for item in Anys.load(value_of(unsigned(signer, CERTIFICATE_VALUES)))]
    for item in certificates:
        x509.Certificate.load(item).native
    values = Revocation.load(value_of(unsigned(signer, REVOCATION_VALUES)))
    revocation = [item.dump() for kind in ("crls", "ocsps") if not isinstance(values[kind], core.Void) for item in values[kind]]
    hashes = {hashlib.new(digest, item).digest() for item in certificates + revocation}
    found = []

    def children(contents):
        while contents:
            length = parser.peek(contents)
            yield contents[:length]
            contents = contents[length:]

    def walk(der):
        """Every OtherHash below: a SEQUENCE of an algorithm and an octet string."""
        class_, method, tag, _, contents, _ = parser.parse(der)
        if method == 0:
            return
        parts = list(children(contents))
        heads = [parser.parse(part)[:3] for part in parts]
        if (class_, tag) == (0, 16) and heads == [(0, 1, 16), (0, 0, 4)]:
            found.append(parser.parse(parts[1])[4])
            return
        for part in parts:
            walk(part)

    for oid in (CERTIFICATE_REFS, REVOCATION_REFS):
        walk(value_of(unsigned(signer, oid)))
    check(f"{name}: {len(found)} references name values that are there", len(found) >= 3 and set(found) <= hashes)


def signature(path):
    name = path.name
    data = cms.ContentInfo.load(path.read_bytes())["content"]
    signer = data["signer_infos"][0]
    digest = signer["digest_algorithm"]["algorithm"].native
    content = data["encap_content_info"]["content"].native
    value = signer["signature"].native
    for attribute in signer["signed_attrs"]:
        if attribute["type"].native == "message_digest":
            check(f"{name}: message digest", attribute["values"][0].native == hashlib.new(digest, content).digest())
    form = name.split("-")[0]
    if form == "bes":
        return
    first = unsigned(signer, SIGNATURE_STAMP)
    algorithm, imprint, _ = stamp(value_of(first))
    check(f"{name}: signature time stamp", imprint == hashlib.new(algorithm, value).digest())
    if form == "t":
        return
    references(name, signer, digest)
    octets = value + b"".join(of_contents(unsigned(signer, oid)) for oid in (SIGNATURE_STAMP, CERTIFICATE_REFS, REVOCATION_REFS))
    algorithm, imprint, _ = stamp(value_of(unsigned(signer, ESC_STAMP)))
    check(f"{name}: CAdES-C time stamp", imprint == hashlib.new(algorithm, octets).digest())
    if form == "xl":
        return
    algorithm, imprint, token = stamp(value_of(unsigned(signer, ARCHIVE_STAMP)))
    index_der = value_of(unsigned(token, HASH_INDEX))
    octets = data["encap_content_info"]["content_type"].dump() + hashlib.new(algorithm, content).digest()
    for field in ("version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature"):
        octets += signer[field].dump()
    octets += index_der
    check(f"{name}: archive time stamp", imprint == hashlib.new(algorithm, octets).digest())
    index = Index.load(index_der)
    own = {hashlib.new(algorithm, item.dump()).digest() for item in data["certificates"]}
    check(f"{name}: index of certificates", set(index["certificates"].native) == own)
    attributes = {
        hashlib.new(algorithm, attribute["type"].dump() + item.dump()).digest()
        for attribute in signer["unsigned_attrs"]
        if attribute["type"].dotted != ARCHIVE_STAMP
        for item in attribute["values"]
    }
    check(f"{name}: index of unsigned attributes", set(index["unsigned"].native) == attributes)


def evidence(path, root):
    try:
        from signxml import XMLVerifier
        from signxml.xades import XAdESSignatureConfiguration, XAdESVerifier
    except ImportError:
        counts["skipped"] += 1
        print(f"skipped {path.name}: signxml is not installed")
        return
    from lxml import etree

    config = XAdESSignatureConfiguration(require_x509=True, expect_references=2)
    certificate = etree.fromstring(path.read_bytes()).find(".//{http://www.w3.org/2000/09/xmldsig#}X509Certificate").text
    pem = "-----BEGIN CERTIFICATE-----\n" + certificate + "\n-----END CERTIFICATE-----\n"
    verify = lambda data: XAdESVerifier().verify(data, x509_cert=pem, expect_config=config)
    try:
        verify(path.read_bytes())
        check(f"{path.name}: signxml verifies it", True)
    except Exception as error:  # noqa: BLE001: whatever signxml says is the finding
        print(f"       {type(error).__name__}: {error}")
        check(f"{path.name}: signxml verifies it", False)
    try:
        verify(path.read_bytes().replace("ığdır".encode(), "ıgdır".encode()))
        check(f"{path.name}: signxml refuses a changed letter", False)
    except Exception:  # noqa: BLE001
        check(f"{path.name}: signxml refuses a changed letter", True)


folder = pathlib.Path(sys.argv[1])
for file in sorted(folder.glob("*.p7s")):
    signature(file)
for file in sorted(folder.glob("*.xml")):
    evidence(file, folder / "root.pem")
print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
sys.exit(1 if counts["failed"] else 0)
