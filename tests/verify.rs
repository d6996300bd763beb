//! `dys verify` on every kind of file that it takes, whole, cut and wrong: the exit code of each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod traced;

use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eyazisma::{
    Distribution, Draft, FinalMetadata, Guid, Institution, Metadata, Party, Person, Purpose,
    Secrecy, SecrecyChange, Settings, Signer, Stamp, Text, UpdateDraft, Urgency,
};
use jiff::{SignedDuration, Timestamp};
use kep::address::KepAddress;
use kep::message::{MessageKind, OriginalMessage};
use seal::rehearsal::{Authority, Curve, Holder, ServiceKind, Services, Validity};
use seal::xades::XadesOptions;
use seal::{Content, SealError, SignOptions, SoftKey, Stamper, TimeStamp, TimeStampQuestion};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use uuid::Uuid;

/// 25.11.2026 13.00 in Turkey.
const NOW: Timestamp = Timestamp::constant(1_795_600_800, 0);
const DELIVERY: &str = include_str!("../fuzz/seeds/rem_evidence/delivery.xml");

/// Files of one institution, and the folder of what is trusted.
struct Desk {
    folder: TempDir,
    authority: Authority,
    person: SoftKey,
    seal: SoftKey,
    /// Who did not sign, and who did not write.
    colleague: SoftKey,
    other_seal: SoftKey,
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
            name: "Sağlık Bakanlığı",
            detsis: "24322010",
        };
        let colleague = Holder::Person {
            name: "Fatma Kaya",
            tckn: "20000000046",
        };
        let elsewhere = Holder::Seal {
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
            colleague: key(&authority, &colleague),
            other_seal: key(&authority, &elsewhere),
            stranger: key(&other, &person),
            folder: tempfile::tempdir().unwrap(),
            authority,
        };
        let roots = desk.folder.path().join("kokler");
        std::fs::create_dir(&roots).unwrap();
        let foreign = desk.folder.path().join("yabanci.pem");
        std::fs::write(foreign, other.root().pem()).unwrap();
        std::fs::write(roots.join("kok.pem"), desk.authority.root().pem()).unwrap();
        for (name, kind) in [("1.crl", ServiceKind::Crl), ("2.crl", ServiceKind::RootCrl)] {
            let list = desk.authority.answer(kind, &[], &[], NOW, [0; 16]).unwrap();
            std::fs::write(roots.join(name), list.body).unwrap();
        }
        desk
    }

    /// `dys verify` in a process of its own: exit code, what was taken for what, and what it said.
    fn verify(&self, name: &str, bytes: &[u8]) -> (i32, String) {
        let path = self.put(name, bytes);
        self.verify_at(&path)
    }

    /// The signature with a time stamp.
    fn stamped(&self, cms: Vec<u8>) -> Vec<u8> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let stamps = Stamps(&self.authority);
        runtime
            .block_on(seal::with_time_stamp(&cms, seal::Digest::Sha256, &stamps))
            .unwrap()
    }

    /// A 2.0 package around this letter, with time stamps on signature and seal.
    fn package(&self, letter: &[u8]) -> Vec<u8> {
        let signed = |content: &[u8]| self.stamped(attached(&self.person, content));
        let sealed = |content: &[u8]| self.stamped(attached(&self.seal, content));
        package(letter, &signed, &sealed)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn verify_at(&self, path: &Path) -> (i32, String) {
        self.verify_under(path, &[("--roots", "kokler")])
    }

    /// Under roots that lie in the folder.
    fn verify_under(&self, path: &Path, roots: &[(&str, &str)]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dys"));
        command.arg("verify").arg(path);
        for (option, name) in roots {
            command.arg(option).arg(self.folder.path().join(name));
        }
        run(command.args(["--at", &NOW.to_string()]))
    }
}

/// Runs the program: exit code and what it said; a panic fails the test.
fn run(command: &mut Command) -> (i32, String) {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!errors.contains("panicked"), "{errors}");
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.code().expect("no signal ended it"), said)
}

/// The authority's stamps, taken by function call.
struct Stamps<'a>(&'a Authority);

impl Stamper for Stamps<'_> {
    async fn stamp(&self, digest: seal::Digest, imprint: Vec<u8>) -> Result<TimeStamp, SealError> {
        let question = TimeStampQuestion::new(digest, imprint, [7; 8])?;
        let answer = self.0.time_stamp(&question.der, NOW, [7; 16])?;
        question.accept(&answer, NOW, SignedDuration::from_mins(5))
    }
}

/// Signs or seals what it is given.
type Sign<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;

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

/// A 2.0 package around a letter.
fn package(letter: &[u8], sign: Sign<'_>, seal: Sign<'_>) -> Vec<u8> {
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
    let draft = Draft::new(metadata, letter.to_vec(), vec![], Settings::default()).unwrap();
    let unsigned = draft.digest();
    let signature = sign(unsigned.to_sign());
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
    let sealed = seal(unsealed.to_seal());
    unsealed.seal(sealed).bytes().unwrap()
}

/// A 2.1 update package around a package.
fn update(original: Vec<u8>, seal: Sign<'_>) -> Vec<u8> {
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
    let page = pdf();
    let eyp = desk.package(&page);
    let unstamped = package(&page, &|content| attached(person, content), &|content| {
        attached(seal, content)
    });
    let sealing: Sign<'_> = &|content| desk.stamped(attached(seal, content));
    let eypg = update(eyp.clone(), sealing);
    let old = old(person);
    let eyps = encrypted(&eyp);
    let signature = attached(person, b"PaketOzeti");
    let mail = message(seal);
    let delivery = evidence(seal);
    let foreign = attached(stranger, &part(&eyp, "PaketOzeti/PaketOzeti.xml"));
    let other_content = attached(person, b"another PaketOzeti");
    let unclaimed = replaced(&page, b"pdfaid:part", b"pdfaid:xxxx");
    // What it is, bytes, exit code, and words that say why.
    let table: Vec<(&str, Vec<u8>, i32, &str)> = vec![
        (
            "tam.eyp",
            unstamped.clone(),
            3,
            "İmza: Zaman damgası İmzada zaman damgası yok.",
        ),
        (
            "damgali.eyp",
            eyp.clone(),
            0,
            "(e-Yazışma paketi): BÜTÜN DENETİMLER TUTUYOR",
        ),
        (
            "yazisi-pdf-degil.eyp",
            desk.package("Bu bir PDF değil.".as_bytes()),
            1,
            "Üst yazı: PDF      PDF değil",
        ),
        (
            "baskasi-imzalamis.eyp",
            package(
                &page,
                &|content| desk.stamped(attached(&desk.colleague, content)),
                sealing,
            ),
            1,
            "Fatma Kaya imzalamış, BelgeImzalar'da adı yok. BelgeImzalar'da adı olan Ali ŞAHİN \
             imzalamamış.",
        ),
        (
            "baskasinin-muhru.eyp",
            package(
                &page,
                &|content| desk.stamped(attached(person, content)),
                &|content| desk.stamped(attached(&desk.other_seal, content)),
            ),
            1,
            "Mühür Keşan Belediye Başkanlığı (01039100) kurumunun; paketi hazırlayan Sağlık \
             Bakanlığı.",
        ),
        (
            "yazisi-yarim.eyp",
            desk.package(cut(&page)),
            1,
            "Üst yazı: PDF      PDF yarım kalmış",
        ),
        (
            "yazisi-bildirimsiz.eyp",
            desk.package(&unclaimed),
            3,
            "Üst yazı: PDF/A    PDF/A olduğunu bildirmiyor",
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
            "damgasiz.eypg",
            update(unstamped, sealing),
            3,
            "İmzada zaman damgası yok",
        ),
        (
            "icindeki-yazi-pdf-degil.eypg",
            update(desk.package(b"yazi"), sealing),
            1,
            "Üst yazı: PDF      PDF değil",
        ),
        (
            "muhursuz.eypg",
            with(&eypg, "Muhur/MuhurCades.imz", b"cms"),
            1,
            "Mühür: Yapı",
        ),
        (
            "icindeki-imzasiz.eypg",
            update(with(&eyp, "Imzalar/ImzaCades.imz", &foreign), sealing),
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
fn evidence_is_checked_against_the_roots_that_are_named_for_it() {
    let desk = Desk::new();
    let path = desk.put("delil.xml", &evidence(&desk.seal));
    let cases: [(&[(&str, &str)], i32); 4] = [
        (&[("--roots", "kokler")], 0),
        (
            &[("--roots", "yabanci.pem"), ("--evidence-roots", "kokler")],
            0,
        ),
        (
            &[("--roots", "kokler"), ("--evidence-roots", "yabanci.pem")],
            1,
        ),
        (&[("--roots", "yabanci.pem")], 1),
    ];
    for (roots, expected) in cases {
        let (code, said) = desk.verify_under(&path, roots);
        assert_eq!(code, expected, "{roots:?}: {said}");
    }
}

#[test]
fn nobody_is_asked_whatever_the_file_names() {
    let desk = Desk::new();
    // Every certificate here names services that could be asked about its revocation.
    let eyp = desk.package(&pdf());
    let sealing: Sign<'_> = &|content| attached(&desk.seal, content);
    let files = [
        ("tam.eyp", eyp.clone()),
        ("guncelleme.eypg", update(eyp, sealing)),
        ("icinde.p7s", attached(&desk.person, b"x")),
        ("ileti.eml", message(&desk.seal)),
        ("delil.xml", evidence(&desk.seal)),
        ("yazi.pdf", pdf()),
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_dys"));
    command.arg("verify");
    for (name, bytes) in &files {
        command.arg(desk.put(name, bytes));
    }
    let root = desk.folder.path().join("kokler/kok.pem");
    command.arg("--roots").arg(root);
    command.args(["--at", &NOW.to_string()]);
    if let Some(calls) = traced::internet_calls(&command, desk.folder.path()) {
        assert_eq!(calls, Vec::<String>::new());
    }
    let (code, said) = run(&mut command);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("iptal durumu denetlenemedi"), "{said}");
}

/// The archive with one entry that claims to be so large when it is unpacked.
fn claiming(archive: &[u8], name: &str, size: u32) -> Vec<u8> {
    let mut bytes = archive.to_vec();
    for (mark, length_at, name_at) in [(b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)] {
        let at = (0..bytes.len() - name_at)
            .find(|at| {
                bytes[*at..].starts_with(mark) && bytes[at + name_at..].starts_with(name.as_bytes())
            })
            .expect("the entry");
        bytes[at + length_at..at + length_at + 4].copy_from_slice(&size.to_le_bytes());
    }
    bytes
}

#[test]
fn bombs_and_boasts_are_told_in_little_memory() {
    /// Address space in KiB; the bombs unpack to more.
    const MOST: u64 = 512 * 1024;
    let desk = Desk::new();
    let zeros = vec![0; 640 * 1024 * 1024];
    let bundle = |content: &[u8]| {
        pack(&vec![
            ("icindekiler.json".into(), content.to_vec()),
            ("icindekiler.json.p7s".into(), b"cms".to_vec()),
        ])
    };
    let eyp = desk.package(&pdf());
    let huge = u32::MAX - 1;
    let files = [
        ("bomba.zip", bundle(&zeros), "sınırdan büyük"),
        (
            "bomba.eyp",
            with(&eyp, "UstYazi/yazi.pdf", &zeros),
            "HATALI",
        ),
        (
            "dort-gb.zip",
            claiming(&bundle(b"{}"), "icindekiler.json", huge),
            "İçindekiler",
        ),
        (
            "dort-gb.eyp",
            claiming(&eyp, "UstYazi/yazi.pdf", huge),
            "HATALI",
        ),
        (
            "dort-gb-ustveri.eyp",
            claiming(&eyp, "Ustveri/Ustveri.xml", huge),
            "HATALI",
        ),
    ];
    drop(zeros);
    for (name, bytes, words) in files {
        let path = desk.put(name, &bytes);
        let mut command = Command::new("sh");
        command
            .args(["-c", "ulimit -v \"$0\" && exec \"$@\""])
            .arg(MOST.to_string())
            .arg(env!("CARGO_BIN_EXE_dys"))
            .arg("verify")
            .arg(&path)
            .arg("--roots")
            .arg(desk.folder.path().join("kokler"));
        let (code, said) = run(&mut command);
        assert_eq!(code, 1, "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
    }
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
