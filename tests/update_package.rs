//! A package that updates one sent before (`.eypg`, 2.1) arrives over KEP.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod mailbox;
mod office;

use std::io::Cursor;

use dys::document::Confidentiality;
use dys::inbox::Source;
use dys::signature::rehearsal;
use dys::store::testing::sqlite;
use eyazisma::{
    Kind, Limits, Package, Purpose, Secrecy, SecrecyChange, Settings, Stamp, UpdateDraft,
};
use mailbox::{
    HAVSA, Making, by, codes, found, key_for, mail, package, package_made, reach_services,
};
use office::Office;
use seal::rehearsal::Holder;

/// *Hizmete Özel* around an untouched package; the seal is none that anybody knows.
fn update(original: Vec<u8>) -> Vec<u8> {
    sealed(original, Secrecy::Restricted, &|_| b"no seal".to_vec())
}

/// A new degree around an untouched package.
fn sealed(original: Vec<u8>, secrecy: Secrecy, seal: &dyn Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let change = SecrecyChange {
        secrecy,
        date: Stamp::as_read("2026-11-23T09:00:00+03:00"),
        note: "Komisyon kararı".into(),
        decision_number: "E-24322010-010.06.01-9".into(),
        decision_id: "A3E5B1E0-8A3B-4B8E-9E0C-0A6F1B2C3D4F".into(),
    };
    let at = "2026-11-23T06:00:00Z".parse().unwrap();
    let draft = UpdateDraft::new(&change, original, at, &Settings::default()).unwrap();
    let seal = seal(draft.to_seal());
    draft.seal(&seal).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn its_letter_is_taken_out_of_the_package_within_and_a_higher_degree_counts() {
    for store in office::engines().await {
        let office = Office::on(store).await;
        let original = package("01038901", &[("01039101", None, Purpose::Action)]);
        let bytes = update(original);
        let read = Package::read(Cursor::new(&bytes), &Limits::default()).unwrap();
        assert_eq!(read.kind, Kind::Update);
        let message = mail("1@hs02", HAVSA, "Güncelleme", "", &[("yazi.eypg", &bytes)]);
        office.hand_in(HAVSA, &message);
        office.receive().await;
        let lines = office.lines().await;
        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        assert_eq!(
            (line.source, line.subject.as_str()),
            (Source::Kep, "Bütçe Teklifi")
        );

        let view = office.open(&line.id).await;
        assert_eq!(view.incoming.confidentiality, Confidentiality::Restricted);
        let letter = view.incoming.content_hash.clone().expect("its letter");
        let kept = office.app.blobs.get(&letter).await.unwrap();
        assert!(kept.starts_with(b"%PDF-"));
        assert!(
            !view.incoming.their_number.is_empty(),
            "the number of the letter within"
        );
        let found = codes(&view);
        for code in ["guncelleme_paketi", "paket_imzasi", "paket_muhru"] {
            assert!(found.contains(&code), "{code}: {found:?}");
        }
        let told = view
            .findings
            .iter()
            .find(|it| it.code == "guncelleme_paketi")
            .unwrap();
        assert!(
            told.sentence
                .contains("23.11.2026 günü E-24322010-010.06.01-9 sayılı kararla Hizmete Özel"),
            "{}",
            told.sentence
        );
        office.audit_is_whole().await;
    }
}

/// Anybody who holds a letter can wrap it: only who prepared it lowers its degree.
#[tokio::test(flavor = "multi_thread")]
async fn a_lower_degree_counts_under_the_seal_of_who_prepared_the_package_alone() {
    let office = Office::on(sqlite()).await;
    reach_services(&office.app, &office.provider.address().to_string()).await;
    let authority = rehearsal::authority(&office.app).unwrap();
    let key = |name, detsis| key_for(&authority, &Holder::Seal { name, detsis });
    let own = key("Hazırlayan", "01038901");
    let foreign = key("Başka Belediye", "01039999");
    let letter = |date: &str| {
        let making = Making {
            secrecy: Secrecy::Restricted,
            date,
            ..Making::default()
        };
        package_made("01038901", "01039101", &making)
    };
    let lowered = |seal: &dyn Fn(&[u8]) -> Vec<u8>| {
        sealed(letter("2026-11-24T09:00:00+03:00"), Secrecy::None, seal)
    };
    let honest = lowered(&by(&own, &authority));
    let swapped = respoilt(&honest, &letter("2026-11-23T09:00:00+03:00"));
    let cases = [
        (
            lowered(&|_| b"no seal".to_vec()),
            Confidentiality::Restricted,
            "mühür doğrulanmadığı için derece değiştirilmedi",
        ),
        (
            lowered(&by(&foreign, &authority)),
            Confidentiality::Restricted,
            "mühür doğrulanmadığı için derece değiştirilmedi",
        ),
        // A seal that holds, around another letter than the one that was sealed.
        (
            swapped,
            Confidentiality::Restricted,
            "paketin denetimi tutmadığı için derece değiştirilmedi",
        ),
        (honest, Confidentiality::None, "Yok olarak değişti"),
    ];
    for (number, (bytes, degree, words)) in cases.into_iter().enumerate() {
        let id = format!("{number}@hs01");
        let message = mail(&id, HAVSA, "Güncelleme", "", &[("yazi.eypg", &bytes)]);
        office.hand_in(HAVSA, &message);
        office.receive().await;
        let line = office.lines().await.remove(0);
        let view = office.open(&line.id).await;
        let told = &found(&view, "guncelleme_paketi").sentence;
        assert_eq!(view.incoming.confidentiality, degree, "{number}: {told}");
        assert!(told.contains(words), "{number}: {told}");
    }
}

/// What is broken within is told; the message stands at the registry all the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_update_around_bytes_that_are_no_package_is_registered_and_told() {
    let office = Office::on(sqlite()).await;
    let original = package("01038901", &[("01039101", None, Purpose::Action)]);
    let bytes = update(original);
    let spoilt = respoilt(&bytes, b"no package");
    let message = mail(
        "1@hs02",
        HAVSA,
        "Güncelleme",
        "Ekte.",
        &[("yazi.eypg", &spoilt)],
    );
    office.hand_in(HAVSA, &message);
    office.receive().await;
    let lines = office.lines().await;
    assert_eq!(lines.len(), 1);
    let view = office.open(&lines[0].id).await;
    let errors = view
        .findings
        .iter()
        .filter(|it| it.about == "package" && it.severity == "error");
    assert!(errors.count() > 0, "{:?}", codes(&view));
}

/// The same archive with this in place of the package within.
fn respoilt(bytes: &[u8], other: &[u8]) -> Vec<u8> {
    use std::io::{Read as _, Write as _};
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).unwrap();
        let (name, mut content) = (entry.name().unwrap().into_owned(), Vec::new());
        entry.read_to_end(&mut content).unwrap();
        if content.starts_with(b"PK") {
            content = other.to_vec();
        }
        let options = zip::write::SimpleFileOptions::default();
        out.start_file(name.as_str(), options).unwrap();
        out.write_all(&content).unwrap();
    }
    out.finish().unwrap().into_inner()
}
