//! `dys verify` on every kind of file that it takes, whole, cut and wrong: the exit code of each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eyazisma::{
    Distribution, Draft, FinalMetadata, Guid, Institution, Metadata, Party, Person, Purpose,
    Secrecy, SecrecyChange, Settings, Signer, Stamp, Text, UpdateDraft, Urgency,
};
use jiff::Timestamp;
use kep::address::KepAddress;
use kep::message::{MessageKind, OriginalMessage};
use seal::rehearsal::{Authority, Curve, Holder, ServiceKind, Services, Validity};
use seal::xades::XadesOptions;
use seal::{Content, SignOptions, SoftKey};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use uuid::Uuid;

/// 25.11.2026 13.00 in Turkey.
const NOW: Timestamp = Timestamp::constant(1_795_600_800, 0);
const DELIVERY: &str = include_str!("../fuzz/seeds/rem_evidence/delivery.xml");

/// Files of one institution, and the folder of what is trusted.
struct Desk {
    folder: TempDir,
    person: SoftKey,
    seal: SoftKey,
    /// Of an authority that nobody trusts.
    stranger: SoftKey,
}

impl Desk {
    fn new() -> Self {
        let mut state = 7_u64;
        let mut random = |bytes: &mut [u8]| {
            bytes.fill_with(|| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                state.to_be_bytes()[0]
            });
        };
        let services = || Services {
            base: "http://127.0.0.1:9/esh".into(),
        };
        let authority = Authority::create(services(), NOW, &mut random).unwrap();
        let other = Authority::create(services(), NOW, &mut random).unwrap();
        let validity = Validity::days(NOW, 365);
        let person = Holder::Person {
            name: "Ali Şahin",
            tckn: "10000000146",
        };
        let institution = Holder::Seal {
            name: "Keşan Belediye Başkanlığı",
            detsis: "01039100",
        };
        let mut key = |authority: &Authority, holder: &Holder<'_>| {
            let made = authority.issue_key(holder, Curve::P256, validity, &mut random);
            made.unwrap()
        };
        let desk = Self {
            person: key(&authority, &person),
            seal: key(&authority, &institution),
            stranger: key(&other, &person),
            folder: tempfile::tempdir().unwrap(),
        };
        let roots = desk.folder.path().join("kokler");
        std::fs::create_dir(&roots).unwrap();
        std::fs::write(roots.join("kok.pem"), authority.root().pem()).unwrap();
        for (name, kind) in [("1.crl", ServiceKind::Crl), ("2.crl", ServiceKind::RootCrl)] {
            let list = authority.answer(kind, &[], &[], NOW, [0; 16]).unwrap();
            std::fs::write(roots.join(name), list.body).unwrap();
        }
        desk
    }

    /// `dys verify` in a process of its own: exit code, what was taken for what, and what it said.
    fn verify(&self, name: &str, bytes: &[u8]) -> (i32, String) {
        let path = self.put(name, bytes);
        self.verify_at(&path)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn verify_at(&self, path: &Path) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_dys"))
            .arg("verify")
            .arg(path)
            .arg("--roots")
            .arg(self.folder.path().join("kokler"))
            .args(["--at", &NOW.to_string()])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!errors.contains("panicked"), "{errors}");
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), said)
    }
}

fn attached(key: &SoftKey, content: &[u8]) -> Vec<u8> {
    seal::sign(key, Content::Attached(content), &SignOptions::at(NOW)).unwrap()
}

fn detached(key: &SoftKey, content: &[u8]) -> Vec<u8> {
    seal::sign(key, Content::Detached(content), &SignOptions::at(NOW)).unwrap()
}

fn unit(code: &str, name: &str) -> Party {
    Party::Institution(Institution {
        code: code.into(),
        name: Some(name.into()),
        ..Institution::default()
    })
}

/// A 2.0 package that these two signed and sealed.
fn package(person: &SoftKey, institution: &SoftKey) -> Vec<u8> {
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
        creator: Some(unit("24322010", "Sağlık Bakanlığı")),
        verification_address: "https://www.turkiye.gov.tr/belge-dogrulama".into(),
        ..Metadata::default()
    };
    let draft = Draft::new(metadata, b"%PDF-".to_vec(), vec![], Settings::default()).unwrap();
    let unsigned = draft.digest();
    let signature = attached(person, unsigned.to_sign());
    let last = FinalMetadata {
        date: Stamp::as_read("2026-11-25T13:00:00+03:00"),
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
    let sealed = attached(institution, unsealed.to_seal());
    unsealed.seal(sealed).bytes().unwrap()
}

/// A 2.1 update package around a package.
fn update(original: Vec<u8>, institution: &SoftKey) -> Vec<u8> {
    let change = SecrecyChange {
        secrecy: Secrecy::None,
        date: Stamp::as_read("2026-11-25T09:00:00+03:00"),
        note: "Süre doldu".into(),
        decision_number: "E-24322010-010.06.01-9".into(),
        decision_id: Uuid::from_u128(77).to_string(),
    };
    let draft = UpdateDraft::new(&change, original, NOW, &Settings::default()).unwrap();
    let sealed = attached(institution, draft.to_seal());
    draft.seal(&sealed).unwrap()
}

type Parts = Vec<(String, Vec<u8>)>;

fn unpack(bytes: &[u8]) -> Parts {
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

fn pack(parts: &Parts) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A package with another content in one part.
fn with(bytes: &[u8], part: &str, content: &[u8]) -> Vec<u8> {
    let mut parts = unpack(bytes);
    let found = parts.iter_mut().find(|(name, _)| name == part);
    found.unwrap_or_else(|| panic!("{part}")).1 = content.to_vec();
    pack(&parts)
}

fn part(bytes: &[u8], name: &str) -> Vec<u8> {
    let found = unpack(bytes).into_iter().find(|(part, _)| part == name);
    found.unwrap_or_else(|| panic!("{name}")).1
}

const SCHEMA: &str = "urn:dpt:eyazisma:schema:xsd";
const RELATION: &str = "http://eyazisma.dpt/iliskiler/";
const CORE: &str =
    "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties";

fn relations(list: &[(&str, &str)]) -> Vec<u8> {
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

fn types() -> (String, Vec<u8>) {
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    ("[Content_Types].xml".into(), types.into())
}

/// A 1.3 package, in the form of the public reader's sample: signed, not sealed.
fn old(person: &SoftKey) -> Vec<u8> {
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
        ("UstYazi/yazi.pdf".into(), b"%PDF- old".to_vec()),
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
fn encrypted(inner: &[u8]) -> Vec<u8> {
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

fn message(key: &SoftKey) -> Vec<u8> {
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

fn evidence(key: &SoftKey) -> Vec<u8> {
    let options = XadesOptions {
        digest: seal::Digest::Sha256,
        signing_time: NOW,
        id: "delil".into(),
    };
    let signed = seal::xades::sign(DELIVERY, key, &options).unwrap();
    signed.into_bytes()
}

fn pdf() -> Vec<u8> {
    let report = letter::report::Report {
        id: "1".into(),
        title: "Özet".into(),
        ..letter::report::Report::default()
    };
    letter::report::pdf(&report, &letter::Fonts::default())
        .unwrap()
        .bytes
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes
        .windows(from.len())
        .position(|window| window == from)
        .expect("the text to replace");
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

fn cut(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len() - bytes.len() / 4]
}

#[test]
fn every_kind_of_file_has_its_exit_code() {
    let desk = Desk::new();
    let (person, seal, stranger) = (&desk.person, &desk.seal, &desk.stranger);
    let eyp = package(person, seal);
    let eypg = update(eyp.clone(), seal);
    let old = old(person);
    let eyps = encrypted(&eyp);
    let signature = attached(person, b"PaketOzeti");
    let mail = message(seal);
    let delivery = evidence(seal);
    let page = pdf();
    let foreign = attached(stranger, &part(&eyp, "PaketOzeti/PaketOzeti.xml"));
    let other_content = attached(person, b"another PaketOzeti");
    let unclaimed = replaced(&page, b"pdfaid:part", b"pdfaid:xxxx");
    // What it is, bytes, exit code, and words that say why.
    let table: Vec<(&str, Vec<u8>, i32, &str)> = vec![
        (
            "tam.eyp",
            eyp.clone(),
            0,
            "(e-Yazışma paketi): BÜTÜN DENETİMLER TUTUYOR",
        ),
        ("yarim.eyp", cut(&eyp).to_vec(), 1, "ZIP yarım kalmış"),
        (
            "yazisi-degismis.eyp",
            with(&eyp, "UstYazi/yazi.pdf", b"%PDF-2"),
            1,
            "Kritik",
        ),
        (
            "imzasiz.eyp",
            with(&eyp, "Imzalar/ImzaCades.imz", b""),
            1,
            "İmza: Yapı",
        ),
        (
            "baska-icerik.eyp",
            with(&eyp, "Imzalar/ImzaCades.imz", &other_content),
            1,
            "K.81",
        ),
        (
            "yabanci.eyp",
            with(&eyp, "Imzalar/ImzaCades.imz", &foreign),
            1,
            "makamın anahtarıyla doğrulanmayan",
        ),
        (
            "muhursuz.eyp",
            with(&eyp, "Muhur/MuhurCades.imz", b"cms"),
            1,
            "Mühür: Yapı",
        ),
        ("guncelleme.eypg", eypg.clone(), 0, "güncelleme paketi"),
        (
            "muhursuz.eypg",
            with(&eypg, "Muhur/MuhurCades.imz", b"cms"),
            1,
            "Mühür: Yapı",
        ),
        (
            "icindeki-imzasiz.eypg",
            update(with(&eyp, "Imzalar/ImzaCades.imz", &foreign), seal),
            1,
            "makamın anahtarıyla doğrulanmayan",
        ),
        ("eski.eyp", old.clone(), 0, "e-Yazışma 1.3 paketi"),
        (
            "eski-imzasi-yabanci.eyp",
            with(&old, "Imzalar/ImzaCades.imz", &other_content),
            1,
            "İmza",
        ),
        (
            "eski-degismis.eyp",
            with(&old, "UstYazi/yazi.pdf", b"%PDF- new"),
            1,
            "Kritik",
        ),
        (
            "sifreli.eyps",
            eyps.clone(),
            3,
            "anahtarı olmadan denetlenemez",
        ),
        (
            "sifreli-yarim.eyps",
            cut(&eyps).to_vec(),
            1,
            "ZIP yarım kalmış",
        ),
        ("icinde.p7s", signature.clone(), 0, "Ali Şahin"),
        ("yarim.p7s", cut(&signature).to_vec(), 1, "yarım kalmış"),
        (
            "yabanci.p7s",
            attached(stranger, b"x"),
            1,
            "makamın anahtarıyla doğrulanmayan",
        ),
        (
            "iceriksiz.p7s",
            detached(person, b"x"),
            1,
            "ne imzanın içinde ne yanında",
        ),
        ("ileti.eml", mail.clone(), 0, "(imzalı ileti): BÜTÜN"),
        (
            "degismis.eml",
            replaced(&mail, b"Yaz=C4=B1m", b"Yaz=C4=B1n"),
            1,
            "Özet",
        ),
        (
            "yarim.eml",
            mail[..mail.len() / 2].to_vec(),
            1,
            "ne olduğu anlaşılamadı",
        ),
        ("delil.xml", delivery.clone(), 0, "(delil (XAdES)): BÜTÜN"),
        (
            "degismis.xml",
            replaced(&delivery, b"2026-11-24T10", b"2026-11-24T11"),
            1,
            "değişmiş",
        ),
        ("imzasiz.xml", DELIVERY.into(), 1, "imza yok"),
        ("yarim.xml", cut(&delivery).to_vec(), 1, "XML"),
        ("yazi.pdf", page.clone(), 0, "PDF/A-2"),
        ("yarim.pdf", cut(&page).to_vec(), 1, "yarım kalmış"),
        (
            "bildirimsiz.pdf",
            unclaimed,
            3,
            "PDF/A olduğunu bildirmiyor",
        ),
        (
            "metin.pdf",
            "Bu bir PDF değil.".into(),
            1,
            "ne olduğu anlaşılamadı",
        ),
        ("yalniz-bas.pdf", b"%PDF-1.7\n".to_vec(), 1, "yarım kalmış"),
        ("bos.zip", b"PK".to_vec(), 1, "ZIP yarım kalmış"),
        ("bos", Vec::new(), 1, "ne olduğu anlaşılamadı"),
    ];
    let mut wrong = Vec::new();
    for (name, bytes, code, words) in &table {
        let (told, said) = desk.verify(name, bytes);
        if told != *code || !said.contains(words) {
            wrong.push(format!(
                "{name}: {told}, expected {code} with {words:?}: {said}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_detached_signature_takes_what_lies_beside_it() {
    let desk = Desk::new();
    desk.put("yazi.txt", b"icerik");
    let signed = detached(&desk.person, b"icerik");
    let (code, said) = desk.verify("yazi.txt.p7s", &signed);
    assert_eq!(code, 0, "{said}");
    desk.put("yazi.txt", b"baska");
    let (code, said) = desk.verify("yazi.txt.p7s", &signed);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("içeriğin özeti değil"), "{said}");

    let (code, said) = desk.verify_at(&desk.folder.path().join("yok.eyp"));
    assert_eq!(code, 1, "{said}");
    let (code, said) = desk.verify_at(desk.folder.path());
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("bu bir klasör"), "{said}");
}
