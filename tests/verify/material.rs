//! Packages, messages and evidence to verify, made here.

use std::io::{Cursor, Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eyazisma::{
    Distribution, Draft, FinalMetadata, Guid, Metadata, Person, Purpose, Secrecy, SecrecyChange,
    Settings, Signer, Stamp, Text, UpdateDraft, Urgency,
};
use kep::address::KepAddress;
use kep::message::{MessageKind, OriginalMessage};
use seal::xades::XadesOptions;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::*;

/// A 2.0 package around a letter.
pub fn package(letter: &[u8], sign: Sign<'_>, seal: Sign<'_>) -> Vec<u8> {
    let creator = unit("24322010", "Sağlık Bakanlığı");
    package_of(letter, creator, "2026-11-25T13:00:00+03:00", sign, seal)
}

/// A 2.0 package around a letter of somebody's, with its date.
pub fn package_of(
    letter: &[u8],
    creator: Party,
    date: &str,
    sign: Sign<'_>,
    seal: Sign<'_>,
) -> Vec<u8> {
    let metadata = Metadata {
        id: Guid::new(Uuid::from_u128(7)),
        subject: Text::turkish("Bütçe Teklifi"),
        mime_type: "application/pdf".into(),
        file_name: "yazi.pdf".into(),
        recipients: vec![Distribution {
            party: unit("24301050", "Adalet Bakanlığı"),
            urgency: Urgency::Normal,
            purpose: Purpose::Action,
            deadline: None,
            left_out: vec![],
        }],
        creator: Some(creator),
        verification_address: "https://www.turkiye.gov.tr/belge-dogrulama".into(),
        ..Metadata::default()
    };
    let settings = Settings {
        rehearsal: true,
        ..Settings::default()
    };
    let draft = Draft::new(metadata, letter.to_vec(), vec![], settings).unwrap();
    let unsigned = draft.digest();
    let signature = sign(unsigned.to_sign());
    let last = FinalMetadata {
        date: Stamp::as_read(date),
        number: "E-24322010-903.07.02-4752".into(),
        signers: vec![Signer {
            person: Person {
                first_name: "Ali".into(),
                last_name: "ŞAHİN".into(),
                ..Person::default()
            },
            ..Signer::default()
        }],
    };
    let unsealed = unsigned.sign(signature, &last, NOW).unwrap();
    let sealed = seal(unsealed.to_seal());
    unsealed.seal(sealed).bytes().unwrap()
}

/// A 2.1 update package around a package.
pub fn update(original: Vec<u8>, seal: Sign<'_>) -> Vec<u8> {
    let change = SecrecyChange {
        secrecy: Secrecy::None,
        date: Stamp::as_read("2026-11-25T09:00:00+03:00"),
        note: "Süre doldu".into(),
        decision_number: "E-24322010-010.06.01-9".into(),
        decision_id: Uuid::from_u128(77).to_string(),
    };
    let draft = UpdateDraft::new(&change, original, NOW, &Settings::default()).unwrap();
    let sealed = seal(draft.to_seal());
    draft.seal(&sealed).unwrap()
}

pub type Parts = Vec<(String, Vec<u8>)>;

pub fn unpack(bytes: &[u8]) -> Parts {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut entry = archive.by_index(at).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.name().unwrap().into_owned(), content)
        })
        .collect()
}

pub fn pack(parts: &Parts) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A package with another content in one part.
pub fn with(bytes: &[u8], part: &str, content: &[u8]) -> Vec<u8> {
    let mut parts = unpack(bytes);
    let found = parts.iter_mut().find(|(name, _)| name == part);
    found.unwrap_or_else(|| panic!("{part}")).1 = content.to_vec();
    pack(&parts)
}

/// A package with one part more.
pub fn added(bytes: &[u8], part: &str, content: &[u8]) -> Vec<u8> {
    let mut parts = unpack(bytes);
    parts.push((part.to_owned(), content.to_vec()));
    pack(&parts)
}

pub fn part(bytes: &[u8], name: &str) -> Vec<u8> {
    let found = unpack(bytes).into_iter().find(|(part, _)| part == name);
    found.unwrap_or_else(|| panic!("{name}")).1
}

pub const SCHEMA: &str = "urn:dpt:eyazisma:schema:xsd";
pub const RELATION: &str = "http://eyazisma.dpt/iliskiler/";
pub const CORE: &str =
    "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties";

pub fn relations(list: &[(&str, &str)]) -> Vec<u8> {
    let inner: String = list
        .iter()
        .enumerate()
        .map(|(at, (kind, target))| {
            let kind = match *kind {
                "core" => CORE.to_owned(),
                kind => format!("{RELATION}{kind}"),
            };
            format!("<Relationship Type=\"{kind}\" Target=\"{target}\" Id=\"I{at}\"/>")
        })
        .collect();
    format!("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{inner}</Relationships>")
        .into_bytes()
}

pub fn types() -> (String, Vec<u8>) {
    let defaults: String = ["rels", "xml", "imz", "pdf", "psmdcp"]
        .iter()
        .map(|it| format!("<Default Extension=\"{it}\" ContentType=\"application/octet-stream\"/>"))
        .collect();
    let types = format!(
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">{defaults}\
         <Override PartName=\"/SifreliIcerik/0F8FAD5B-D9CB-469F-A165-70867728950E\" ContentType=\"application/pkcs7-mime\"/></Types>"
    );
    ("[Content_Types].xml".into(), types.into())
}

/// A 1.3 package, in the form of the public reader's sample: signed, not sealed.
pub fn old(person: &SoftKey) -> Vec<u8> {
    const ID: &str = "0F8FAD5B-D9CB-469F-A165-70867728950E";
    let party =
        "<t:KurumKurulus><t:KKK>24301050</t:KKK><t:Adi>Adalet Bakanlığı</t:Adi></t:KurumKurulus>";
    let metadata = format!(
        "<Ustveri xmlns=\"{SCHEMA}:Ustveri-1\" xmlns:t=\"{SCHEMA}:Tipler-1\"><t:BelgeId>{ID}</t:BelgeId><t:Konu languageID=\"tur\">Eski yazı</t:Konu>\
         <t:Tarih>2019-05-06T00:00:00</t:Tarih><t:BelgeNo>24301050-903.07-E.12</t:BelgeNo><t:GuvenlikKodu>TSD</t:GuvenlikKodu>\
         <t:MimeTuru>application/pdf</t:MimeTuru><t:DagitimListesi><t:Dagitim>{party}<t:Ivedilik>IVD</t:Ivedilik><t:DagitimTuru>GRG</t:DagitimTuru></t:Dagitim></t:DagitimListesi>\
         <t:Olusturan>{party}</t:Olusturan><t:DosyaAdi>yazi.pdf</t:DosyaAdi></Ustveri>"
    );
    let targets = format!(
        "<BelgeHedef xmlns=\"{SCHEMA}:BelgeHedef-1\" xmlns:t=\"{SCHEMA}:Tipler-1\"><t:HedefListesi><t:Hedef>{party}</t:Hedef></t:HedefListesi></BelgeHedef>"
    );
    let core = format!(
        "<coreProperties xmlns=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\"><dc:identifier>{ID}</dc:identifier><dcterms:created>2019-05-06T00:00:00Z</dcterms:created><dc:creator>x</dc:creator><dc:subject>Eski yazı</dc:subject><category>RESMIYAZISMA</category><contentType>application/eyazisma</contentType><version>1.3</version></coreProperties>"
    );
    let mut parts: Parts = vec![
        ("UstYazi/yazi.pdf".into(), pdf()),
        ("Ustveri/Ustveri.xml".into(), metadata.into_bytes()),
        ("BelgeHedef/BelgeHedef.xml".into(), targets.into_bytes()),
        ("docProps/core.xml".into(), core.into_bytes()),
        types(),
    ];
    let references: String = parts[..3]
        .iter()
        .map(|(name, content)| {
            let value = STANDARD.encode(Sha256::digest(content));
            format!("<Reference URI=\"/{name}\" Type=\"http://eyazisma.dpt/bilesen#dahili\"><DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><DigestValue>{value}</DigestValue></Reference>")
        })
        .collect();
    let digest = format!(
        "<PaketOzeti xmlns=\"{SCHEMA}:PaketOzeti-1\" Id=\"{ID}\">{references}</PaketOzeti>"
    );
    let signature = attached(person, digest.as_bytes());
    parts.push(("PaketOzeti/PaketOzeti.xml".into(), digest.into_bytes()));
    parts.push(("Imzalar/ImzaCades.imz".into(), signature));
    parts.push((
        "_rels/.rels".into(),
        relations(&[
            ("ustyazi", "/UstYazi/yazi.pdf"),
            ("ustveri", "/Ustveri/Ustveri.xml"),
            ("belgehedef", "/BelgeHedef/BelgeHedef.xml"),
            ("paketozeti", "/PaketOzeti/PaketOzeti.xml"),
            ("core", "/docProps/core.xml"),
        ]),
    ));
    parts.push((
        "PaketOzeti/_rels/PaketOzeti.xml.rels".into(),
        relations(&[("imzacades", "../Imzalar/ImzaCades.imz")]),
    ));
    pack(&parts)
}

/// An encrypted package: what is in it nobody can read here.
pub fn encrypted(inner: &[u8]) -> Vec<u8> {
    let name = "SifreliIcerik/0F8FAD5B-D9CB-469F-A165-70867728950E";
    let core = "<coreProperties xmlns=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:identifier>00000000-0000-0000-0000-000000000007</dc:identifier><category>RESMIYAZISMA/SIFRELI</category><contentType>application/eyazisma</contentType><version>2.0</version></coreProperties>";
    let note = format!(
        "<SifreliIcerikBilgisi xmlns=\"{SCHEMA}:Tipler-2\" Id=\"\" Yontem=\"Rehber\" Version=\"1.4\"><URI>http://www.e-yazisma.gov.tr</URI></SifreliIcerikBilgisi>"
    );
    let note_part = "SifreliIcerikBilgisi/SifreliIcerikBilgisi.xml";
    pack(&vec![
        (name.into(), inner.iter().rev().copied().collect()),
        (note_part.into(), note.into_bytes()),
        (
            "NihaiOzet/NihaiOzet.xml".into(),
            part(inner, "NihaiOzet/NihaiOzet.xml"),
        ),
        ("core.psmdcp".into(), core.into()),
        (
            "_rels/.rels".into(),
            relations(&[
                ("sifreliicerik", &format!("/{name}")),
                ("sifreliicerikbilgisi", &format!("/{note_part}")),
                ("nihaiozet", "/NihaiOzet/NihaiOzet.xml"),
                ("core", "/core.psmdcp"),
            ]),
        ),
        types(),
    ])
}

pub fn message(key: &SoftKey) -> Vec<u8> {
    let address = |text| KepAddress::parse(text, true).unwrap();
    let message = OriginalMessage {
        message_id: "1@dys.hs99.kep.example".into(),
        date: dys::clock::local(NOW),
        from: address("kesanbelediyesi.edirne@hs99.kep.example"),
        to: vec![address("havsabelediyesi.edirne@hs99.kep.example")],
        subject: "İmar planı".into(),
        kind: MessageKind::EYazisma,
        inner_id: None,
        text: "Yazımız ektedir.\r\n".into(),
        attachments: vec![],
        boundary: "dys-1".into(),
    };
    message
        .sign(|content| seal::sign(key, Content::Detached(content), &SignOptions::at(NOW)))
        .unwrap()
}

pub fn evidence(key: &SoftKey) -> Vec<u8> {
    let options = XadesOptions {
        digest: seal::Digest::Sha256,
        signing_time: NOW,
        id: "delil".into(),
    };
    let signed = seal::xades::sign(DELIVERY, key, &options).unwrap();
    signed.into_bytes()
}

pub fn pdf() -> Vec<u8> {
    pdf_of("Özet")
}

/// A page with this title.
pub fn pdf_of(title: &str) -> Vec<u8> {
    let report = letter::report::Report {
        id: "1".into(),
        title: title.into(),
        ..letter::report::Report::default()
    };
    letter::report::pdf(&report, &letter::Fonts::default())
        .unwrap()
        .bytes
}

pub fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes
        .windows(from.len())
        .position(|window| window == from)
        .expect("the text to replace");
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

pub fn cut(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len() - bytes.len() / 4]
}
