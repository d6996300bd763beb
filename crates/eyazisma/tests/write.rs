//! From metadata to a sealed package, stage by stage, and back.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::Cursor;

use common::{
    check, cms, codes, content_of, draft, file, files, finish, guid, last, metadata, package, read,
    unpack,
};
use eyazisma::{
    Draft, Generation, Guid, Kind, Limits, Options, Role, SecondDigest, Secrecy, SecrecyChange,
    Settings, Severity, Stamp, Unsigned, UpdateDraft, WriteError, extract,
};
use proptest::prelude::*;

#[test]
fn what_is_written_is_read_and_breaks_no_rule() {
    let bytes = package();
    assert_eq!(check(&bytes), []);
    let package = read(&bytes);
    assert_eq!(package.kind, Kind::Plain);
    assert_eq!(
        (package.version.as_str(), package.generation),
        ("2.0", Generation::Two)
    );
    assert_eq!(package.metadata, Some(metadata()));
    assert_eq!(package.final_metadata, Some(last()));
    let core = package.core.as_ref().unwrap();
    assert_eq!(core.identifier.as_deref(), Some(guid(100).as_str()));
    assert_eq!(core.created, Some(Stamp::as_read("2026-11-25T11:00:00Z")));
    assert_eq!(core.creator.as_deref(), Some("Sağlık Bakanlığı/24322010"));
}

#[test]
fn the_same_letter_gives_the_same_bytes() {
    assert_eq!(package(), package());
}

#[test]
fn every_stage_hands_out_the_bytes_that_stand_in_the_package() {
    let unsigned = draft().digest();
    let to_sign = unsigned.to_sign().to_vec();
    let bytes = package();
    let package = read(&bytes);
    assert_eq!(
        package.package_digest_bytes.as_deref(),
        Some(to_sign.as_slice())
    );
    assert_eq!(package.signature, Some(cms(&to_sign)));
    let sealed = package.final_digest_bytes.clone().unwrap();
    assert_eq!(package.seal, Some(cms(&sealed)));
}

#[test]
fn each_digest_list_names_what_the_guide_says() {
    let package = read(&package());
    let names = |list: &Option<eyazisma::DigestList>| -> Vec<String> {
        list.as_ref()
            .unwrap()
            .entries
            .iter()
            .map(|it| it.uri.clone())
            .collect()
    };
    let base = [
        "/UstYazi/yazi.pdf",
        "/Ekler/sartname.pdf",
        "/Ekler/kesif.pdf",
        "/Ustveri/Ustveri.xml",
    ];
    assert_eq!(names(&package.initials_digest), base);
    assert_eq!(
        names(&package.package_digest),
        [base.as_slice(), &["/ParafOzeti/ParafOzeti.xml"]].concat()
    );
    let core = package.part_of(Role::Core).unwrap();
    let last = [
        base.as_slice(),
        &[
            "/ParafOzeti/ParafOzeti.xml",
            "/PaketOzeti/PaketOzeti.xml",
            "/Imzalar/ImzaCades.imz",
        ],
        &["/NihaiUstveri/NihaiUstveri.xml", core],
    ]
    .concat();
    assert_eq!(names(&package.final_digest), last);
}

#[test]
fn the_second_digest_is_a_setting() {
    let settings = Settings {
        second_digest: SecondDigest::Sha256,
        ..Settings::default()
    };
    let bytes = finish(Draft::new(metadata(), vec![1], files(), settings).unwrap())
        .bytes()
        .unwrap();
    assert_eq!(check(&bytes), []);
    let list = read(&bytes).package_digest.unwrap();
    let uris: Vec<&str> = list.entries[0]
        .digests
        .iter()
        .map(|it| it.algorithm.as_str())
        .collect();
    assert_eq!(
        uris,
        [
            "http://www.w3.org/2001/04/xmlenc#sha256",
            "http://www.w3.org/2001/04/xmlenc#sha512"
        ]
    );
}

#[test]
fn a_draft_is_kept_while_people_sign_and_taken_up_again() {
    let unsigned = draft().digest();
    let kept = unsigned.store().unwrap();
    let again = Unsigned::restore(&kept, Settings::default()).unwrap();
    assert_eq!(again.to_sign(), unsigned.to_sign());
    let finish = |unsigned: Unsigned| {
        let signature = cms(unsigned.to_sign());
        let unsealed = unsigned
            .sign(signature, &last(), "2026-11-25T11:00:00Z".parse().unwrap())
            .unwrap();
        unsealed.seal(b"seal".to_vec()).bytes().unwrap()
    };
    assert_eq!(finish(again), finish(unsigned));
}

#[test]
fn a_kept_draft_that_was_changed_is_not_taken_up() {
    let kept = draft().digest().store().unwrap();
    let changed = common::with(&kept, "UstYazi/yazi.pdf", "letter", "LETTER");
    assert!(matches!(
        Unsigned::restore(&changed, Settings::default()),
        Err(WriteError::Draft(_))
    ));
    assert!(matches!(
        Unsigned::restore(b"PK", Settings::default()),
        Err(WriteError::Draft(_))
    ));
}

#[test]
fn a_recipient_without_an_attachment_gets_the_same_signature_and_seal() {
    let finished = finish(draft());
    let (whole, less) = (
        finished.bytes().unwrap(),
        finished.without(&[guid(2)]).unwrap(),
    );
    let (whole, less) = (unpack(&whole), unpack(&less));
    let names: Vec<&str> = less.iter().map(|(name, _)| name.as_str()).collect();
    assert!(!names.contains(&"Ekler/kesif.pdf") && names.contains(&"Ekler/sartname.pdf"));
    for (name, content) in &less {
        if !name.contains("_rels/") && !name.starts_with('[') {
            assert!(whole.contains(&(name.clone(), content.clone())), "{name}");
        }
    }
    let findings = check(&finished.without(&[guid(2)]).unwrap());
    assert_eq!(
        codes(&findings),
        ["CB.KONULMAMIS_EK"; 3],
        "one for each digest list"
    );
    assert!(
        findings
            .iter()
            .all(|finding| finding.severity == Severity::Note)
    );
}

#[test]
fn the_attachment_may_be_missing_for_the_named_recipient_alone() {
    let bytes = finish(draft()).without(&[guid(2)]).unwrap();
    let critical = |receiver: &str| {
        let receiver = [receiver.to_owned()];
        let findings = read(&bytes).check(&Options {
            receiver: &receiver,
            ..Options::default()
        });
        findings
            .iter()
            .filter(|finding| finding.severity == Severity::Critical)
            .count()
    };
    assert_eq!(critical("0123456789012345"), 0);
    assert_eq!(critical("24301050"), 3, "one for each digest list");
}

#[test]
fn only_an_attachment_that_the_metadata_leave_out_can_be_left_out() {
    assert!(finish(draft()).without(&[guid(1)]).is_err());
}

#[test]
fn an_unsigned_attachment_is_left_out_as_a_signed_one_is() {
    let mut metadata = metadata();
    metadata.recipients[1].left_out.push(guid(3));
    let draft = Draft::new(metadata, vec![1], files(), Settings::default()).unwrap();
    let sent = finish(draft).without(&[guid(2), guid(3)]).unwrap();
    let names: Vec<String> = unpack(&sent).into_iter().map(|(name, _)| name).collect();
    assert!(
        !names
            .iter()
            .any(|name| name.contains("not.txt") || name.contains("kesif.pdf")),
        "{names:?}"
    );
    assert!(check(&sent).iter().all(|it| it.severity == Severity::Note));
}

#[test]
fn a_long_name_keeps_its_extension_and_never_ends_in_a_dot() {
    let long = "a".repeat(200);
    let cut = eyazisma::part_file_name(&format!("{long}.pdf"));
    assert_eq!((cut.len(), cut.ends_with("a.pdf")), (150, true));
    let dot = format!("{}.{long}", "a".repeat(149));
    assert_eq!(eyazisma::part_file_name(&dot), "a".repeat(149));
    let twice = [format!("{long}.pdf"), format!("{long}b.pdf")];
    let names = eyazisma::part_file_names(twice.iter().map(String::as_str));
    assert!(names[1].ends_with("-2.pdf"), "{names:?}");
    for name in names.iter().chain([&cut]) {
        assert_eq!(&eyazisma::part_file_name(name), name);
    }
}

#[test]
fn the_initials_signature_is_digested_and_not_sent() {
    let draft = draft();
    let signature = cms(draft.initials_digest());
    let finished = finish(draft.with_initials_signature(signature));
    assert_eq!(check(&finished.bytes().unwrap()), []);
    let sent = finished.without(&[]).unwrap();
    assert_eq!(codes(&check(&sent)), ["CB.PARAF_IMZA_BILESENI_YOK"; 2]);
    assert!(
        !unpack(&sent)
            .iter()
            .any(|(name, _)| name.contains("Paraflar"))
    );
}

#[test]
fn what_readers_would_refuse_is_not_written() {
    let refused = |change: &dyn Fn(&mut eyazisma::Metadata)| -> Vec<&'static str> {
        let mut metadata = metadata();
        change(&mut metadata);
        match Draft::new(metadata, vec![1], files(), Settings::default()) {
            Err(WriteError::Rules(findings)) => codes(&findings),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(&|it| it.subject.value.clear()), ["CB.KONU"]);
    assert_eq!(refused(&|it| it.recipients.clear()), ["CB.DAGITIM"]);
    assert_eq!(
        refused(&|it| it.verification_address.clear()),
        ["OA.DOGRULAMA_ADRESI"]
    );
    assert_eq!(
        refused(&|it| it.secrecy = Secrecy::Unclassified),
        ["OA.KOD"]
    );
    assert_eq!(
        refused(&|it| it.recipients[2].deadline = None),
        ["OA.GNL_MIAT"]
    );
    assert_eq!(
        refused(&|it| it.recipients[2].deadline = Some("15 gün".into())),
        ["CB.MIAT"]
    );
    assert_eq!(
        refused(&|it| it.attachments[1].id = guid(1)),
        ["CB.KONULMAMIS_EK", "K.61"]
    );
    assert_eq!(refused(&|it| it.attachments[1].order = 1), ["CB.SIRANO"]);
    assert_eq!(
        refused(&|it| it.references[1].attachment = Some(guid(9))),
        ["K.25"]
    );
    assert_eq!(
        refused(&|it| it.recipients[0].party = common::institution("2430105", "X")),
        ["CB.KKK"]
    );
    assert_eq!(refused(&|it| it.file_name = "üst yazı.pdf".into()), ["K.5"]);
}

#[test]
fn files_and_metadata_have_to_agree() {
    let refused = |files| {
        matches!(
            Draft::new(metadata(), vec![1], files, Settings::default()),
            Err(WriteError::Files(_))
        )
    };
    assert!(refused(vec![]));
    let mut extra = files();
    extra.push(eyazisma::File {
        id: guid(50),
        bytes: vec![],
    });
    assert!(refused(extra));
}

#[test]
fn demo_numbers_are_written_in_rehearsal_alone_and_named() {
    let mut metadata = metadata();
    metadata.recipients[0].party = common::institution("00000012", "Örnek Müdürlük");
    let write = |rehearsal| {
        let settings = Settings {
            rehearsal,
            ..Settings::default()
        };
        Draft::new(metadata.clone(), vec![1], files(), settings)
    };
    assert!(matches!(write(false), Err(WriteError::Rules(_))));
    let bytes = finish(write(true).unwrap()).bytes().unwrap();
    assert_eq!(codes(&check(&bytes)), ["CB.KKK"]);
    let named = read(&bytes).check(&Options {
        rehearsal: true,
        ..Options::default()
    });
    assert_eq!(codes(&named), ["PROVA.KKK"]);
}

#[test]
fn an_update_package_wraps_the_signed_one_untouched() {
    let change = SecrecyChange {
        secrecy: Secrecy::None,
        date: Stamp::as_read("2026-11-25T09:00:00+03:00"),
        note: "Süre doldu".into(),
        decision_number: "E-24322010-010.06.01-9".into(),
        decision_id: guid(77).to_string(),
    };
    let created = "2026-11-25T11:00:00Z".parse().unwrap();
    let update = UpdateDraft::new(&change, package(), created, &Settings::default()).unwrap();
    let bytes = update.seal(&cms(update.to_seal())).unwrap();
    assert_eq!(check(&bytes), []);
    let core = unpack(&bytes)
        .into_iter()
        .find(|(name, _)| name.ends_with(".psmdcp"))
        .unwrap()
        .0;
    let earlier = common::with(&bytes, &core, "<version>2.1", "<version>2.0");
    assert!(codes(&check(&earlier)).contains(&"CB.SURUM"));
    let read = read(&bytes);
    assert_eq!((read.kind, read.version.as_str()), (Kind::Update, "2.1"));
    assert_eq!(read.change, Some(change.clone()));
    assert_eq!(read.original.unwrap().metadata, Some(metadata()));
    let mut original = Vec::new();
    extract(
        Cursor::new(&bytes),
        &Limits::default(),
        "/OrijinalPaket/OrijinalPaket.eyp",
        &mut original,
    )
    .unwrap();
    assert_eq!(original, package());

    let empty = SecrecyChange {
        note: String::new(),
        ..change
    };
    assert!(UpdateDraft::new(&empty, package(), created, &Settings::default()).is_err());
}

/// Visible characters, XML's special ones, Turkish letters.
fn words() -> impl Strategy<Value = String> {
    "[a-zA-ZçğıöşüÇĞİÖŞÜ0-9&<>\"'\\]./-]{1,12}( [a-zA-ZçğıöşüÇĞİÖŞÜ0-9&<>\"'\\]]{1,12}){0,4}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_letter_survives_writing_and_reading(
        subject in words(),
        names in proptest::collection::vec(words(), 1..5),
        titles in proptest::collection::vec((words(), words(), any::<bool>(), proptest::collection::vec(any::<u8>(), 0..300)), 0..5),
        note in proptest::option::of(words()),
        ids in any::<u64>(),
    ) {
        let mut it = metadata();
        it.id = Guid::new(uuid::Uuid::from_u128(u128::from(ids) << 64 | 1));
        it.subject.value = subject;
        it.references.clear();
        let parts = eyazisma::part_file_names(titles.iter().map(|(_, name, _, _)| name.as_str()));
        it.attachments = titles.iter().zip(&parts).zip(1..).map(|(((title, _, signed, _), part), number)| {
            let mut ek = file(number, part);
            ek.title = Some(title.as_str().into());
            ek.note = note.as_deref().map(Into::into);
            ek.signed = Some(*signed);
            ek
        }).collect();
        it.recipients = names.iter().enumerate().map(|(index, name)| {
            let left_out = it.attachments.iter().take(index).map(|ek| ek.id.clone()).collect();
            common::to(common::institution(&format!("{}", 10_000_000 + index), name), left_out)
        }).collect();
        let files = titles.iter().zip(1..).map(|((_, _, _, bytes), number)| eyazisma::File { id: guid(number), bytes: bytes.clone() }).collect();
        let finished = finish(Draft::new(it.clone(), b"%PDF-".to_vec(), files, Settings::default()).unwrap());
        let bytes = finished.bytes().unwrap();
        let package = read(&bytes);
        prop_assert_eq!(package.metadata.as_ref(), Some(&it));
        let findings = package.check(&Options { content_of: Some(&content_of), ..Options::default() });
        prop_assert_eq!(findings, vec![]);
        for (ek, (_, _, _, content)) in it.attachments.iter().zip(&titles) {
            let mut taken = Vec::new();
            let part = package.attachment_part(ek).unwrap();
            extract(Cursor::new(&bytes), &Limits::default(), part, &mut taken).unwrap();
            prop_assert_eq!(&taken, content);
        }
        for line in &it.recipients {
            let findings = check(&finished.without(&line.left_out).unwrap());
            prop_assert!(findings.iter().all(|finding| finding.severity == Severity::Note), "{:?}", findings);
        }
    }

    #[test]
    fn part_names_are_names_and_stay_what_they_are(name in ".{0,200}|[a-z.]{100,250}") {
        let once = eyazisma::part_file_name(&name);
        prop_assert!(once.len() <= 150 && !once.ends_with('.'), "{}", once);
        prop_assert!(!once.is_empty() && once.is_ascii() && !once.contains([' ', '/', '\\', '%']));
        prop_assert_eq!(eyazisma::part_file_name(&once), once);
    }
}
