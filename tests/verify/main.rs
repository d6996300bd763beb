//! `dys verify` on every kind of file that it takes, whole, cut and wrong: the exit code of each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bombs;
mod forged;
mod material;
mod signers;
#[path = "../traced/mod.rs"]
mod traced;

use std::path::{Path, PathBuf};
use std::process::Command;

use eyazisma::{Institution, Party};
use jiff::{SignedDuration, Timestamp};
use seal::rehearsal::{Authority, Curve, Holder, ServiceKind, Services, Validity};
use seal::{Content, SealError, SignOptions, SoftKey, Stamper, TimeStamp, TimeStampQuestion};
use tempfile::TempDir;

use material::*;

/// 25.11.2026 13.00 in Turkey.
const NOW: Timestamp = Timestamp::constant(1_795_600_800, 0);
const DELIVERY: &str = include_str!("../../fuzz/seeds/rem_evidence/delivery.xml");

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
            "fazla.eyp",
            added(&eyp, "Fazla/not.pdf", b"baskasindan"),
            3,
            "/Fazla/not.pdf imza kapsamında değil",
        ),
        (
            "dunun-tarihi.eyp",
            package_of(
                &page,
                unit("24322010", "Sağlık Bakanlığı"),
                "2026-11-24T23:59:00+03:00",
                &|content| desk.stamped(attached(person, content)),
                sealing,
            ),
            1,
            "Yazının tarihi 24.11.2026, son imzanın zaman damgası 25/11/2026 13:00:00.",
        ),
        (
            "gecenin-sonu.eyp",
            package_of(
                &page,
                unit("24322010", "Sağlık Bakanlığı"),
                "2026-11-24T22:00:00Z",
                &|content| desk.stamped(attached(person, content)),
                sealing,
            ),
            0,
            "BÜTÜN DENETİMLER TUTUYOR",
        ),
        (
            "ornek-numara.eyp",
            package_of(
                &page,
                unit("01039100", "Keşan Belediye Başkanlığı"),
                "2026-11-25T13:00:00+03:00",
                &|content| desk.stamped(attached(person, content)),
                &|content| desk.stamped(attached(&desk.other_seal, content)),
            ),
            0,
            "Bilgi PROVA.KKK",
        ),
        (
            "ornek-numara-provasiz.eyp",
            package_of(
                &page,
                unit("01039100", "Keşan Belediye Başkanlığı"),
                "2026-11-25T13:00:00+03:00",
                &|_| b"cms".to_vec(),
                &|_| b"cms".to_vec(),
            ),
            1,
            "İmzalar prova sertifikasıyla atılmamış.",
        ),
        (
            "kisinin-muhru.eyp",
            package(
                &page,
                &|content| desk.stamped(attached(person, content)),
                &|content| desk.stamped(attached(person, content)),
            ),
            1,
            "Mühür Ali Şahin adlı kişinin; paketi hazırlayan Sağlık Bakanlığı.",
        ),
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
        (
            "delil.xml",
            delivery.clone(),
            3,
            "KEP sağlayıcısı olduğu bilinmiyor; sağlayıcıların köklerini --evidence-roots ile",
        ),
        ("kisinin.xml", evidence(person), 1, "gerçek kişiye ait"),
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
        (&[("--roots", "kokler")], 3),
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
