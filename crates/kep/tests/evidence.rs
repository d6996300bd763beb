//! Recognition of evidence: by number, by event, by text; nothing is refused, nothing is invented.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use kep::evidence::EvidenceKind::{self, *};
use kep::evidence::{
    Evidence, EvidenceTime, Finding, RecognitionSettings, RemEvidence, Signs, recognise,
};
use kep::wire::EvidenceRow;

fn kind(signs: Signs<'_>) -> EvidenceKind {
    recognise(signs, &RecognitionSettings::default()).0
}

#[test]
fn numbers() {
    let table = [
        (10, Accepted),
        (11, Rejected),
        (20, RelayAccepted),
        (21, RelayRejected),
        (31, RelayFailed),
        (40, Delivered),
        (41, NotDelivered),
        (60, Read),
        (61, DeemedRead),
        (30, Unknown),
        (50, Unknown),
        (-1, Unknown),
    ];
    for (code, expected) in table {
        assert_eq!(
            kind(Signs {
                code: Some(code),
                ..Signs::default()
            }),
            expected,
            "{code}"
        );
    }
    let other = RecognitionSettings {
        deemed_read_codes: vec![75],
        ..Default::default()
    };
    assert_eq!(
        recognise(
            Signs {
                code: Some(75),
                ..Signs::default()
            },
            &other
        )
        .0,
        DeemedRead
    );
    assert_eq!(
        recognise(
            Signs {
                code: Some(61),
                ..Signs::default()
            },
            &other
        )
        .0,
        Unknown
    );
}

#[test]
fn texts_in_their_variants() {
    let table = [
        ("S/MIME paketi Kephs tarafından kabul edildi", Accepted),
        ("KEPHS TARAFINDAN REDDEDİLDİ.", Rejected),
        (
            "S/MIME paketi diğer Kephs tarafından kabul edildi",
            RelayAccepted,
        ),
        ("Diğer Kephs tarafından reddedildi.", RelayRejected),
        ("Kephsye gönderilemedi", RelayFailed),
        ("S/MIME paketi diğer Kephs'ye gönderilemedi", RelayFailed),
        ("Kephs’ye gönderilemedi.", RelayFailed),
        (
            "40 - Alıcı kullanıcının mesaj kutusuna bırakıldı. (24/11/2026 13:02:01)",
            Delivered,
        ),
        (
            "Alıcı kullanıcısının mesaj kutusuna  bırakılamadı",
            NotDelivered,
        ),
        ("Alıcı kullanıcı tarafından okuldu", Read),
        ("ALICI KULLANICI TARAFINDAN OKUNDU", Read),
        (
            "İleti yasal süre içerisinde okunmadığından okundu kabul edildi",
            DeemedRead,
        ),
        (
            "I\u{307}leti yasal süre içinde okunmadığından okundu kabul edildi.",
            DeemedRead,
        ),
        ("okundu", Unknown),
        ("Alıcı kullanıcı tarafından okunmadı", Unknown),
        ("", Unknown),
    ];
    for (text, expected) in table {
        assert_eq!(
            kind(Signs {
                text: Some(text),
                ..Signs::default()
            }),
            expected,
            "{text}"
        );
    }
}

#[test]
fn every_own_sentence_is_recognised() {
    for each in EvidenceKind::ALL {
        assert_eq!(
            kind(Signs {
                text: each.sentence(),
                ..Signs::default()
            }),
            each
        );
        assert_eq!(EvidenceKind::from_name(each.name()), Some(each));
    }
}

#[test]
fn events_in_both_spellings_and_with_any_prefix() {
    let table = [
        (
            Some("SubmissionAcceptanceRejection"),
            "http:uri.etsi.org/02640/Event#Acceptance",
            Accepted,
        ),
        (
            Some("RelayREMMDAcceptanceRejection"),
            "http:uri.etsi.org/REM/Event#Rejection",
            RelayRejected,
        ),
        (
            Some("REMMDAcceptanceRejection"),
            "http//:uri#Acceptance",
            RelayAccepted,
        ),
        (Some("RelayToREMMDFailure"), "", RelayFailed),
        (
            Some("RelayREMMDFailure"),
            "x#DeliveryExpiration",
            RelayFailed,
        ),
        (
            Some("DeliveryNonDeliveryToRecipient"),
            "x#Delivery",
            Delivered,
        ),
        (
            Some("DeliveryNonDeliveryToRecipient"),
            "x#Acceptance",
            Unknown,
        ),
        (
            Some("RetrievalNonRetrievalByRecipient"),
            "x#Retrieval",
            Read,
        ),
        (
            Some("RetrievalNonRetrievalByRecipient"),
            "x#NonRetrievalExpiration",
            DeemedRead,
        ),
        (
            Some("RetrievalNonRetrievalByRecipient"),
            "x#Something",
            Unknown,
        ),
        (None, "RetrievalExpiration", DeemedRead),
        (None, "NonDelivery", NotDelivered),
        (None, "Acceptance", Unknown),
        (
            Some("DownloadNonDownloadByRecipient"),
            "x#Delivery",
            Unknown,
        ),
    ];
    for (element, event, expected) in table {
        assert_eq!(
            kind(Signs {
                element,
                event: Some(event),
                ..Signs::default()
            }),
            expected,
            "{element:?} {event}"
        );
    }
}

#[test]
fn contradictions_are_told_and_the_weaker_reading_stands() {
    let deemed = EvidenceKind::DeemedRead.sentence();
    let (kind, findings) = recognise(
        Signs {
            code: Some(60),
            text: deemed,
            ..Signs::default()
        },
        &Default::default(),
    );
    assert_eq!(
        (kind, findings),
        (
            DeemedRead,
            vec![Finding::Contradiction(vec![Read, DeemedRead])]
        )
    );
    let (kind, _) = recognise(
        Signs {
            code: Some(40),
            text: deemed,
            ..Signs::default()
        },
        &Default::default(),
    );
    assert_eq!(kind, Delivered);
    let (kind, findings) = recognise(
        Signs {
            code: Some(99),
            text: deemed,
            ..Signs::default()
        },
        &Default::default(),
    );
    assert_eq!(
        (kind, findings),
        (DeemedRead, vec![Finding::UnknownCode(99)])
    );
}

#[test]
fn times() {
    let read = |text| EvidenceTime::read(text, "Europe/Istanbul");
    let table = [
        (
            "2026-11-24T13:02:01+03:00",
            Some("2026-11-24T10:02:01Z"),
            false,
        ),
        (
            "2026-11-24T10:02:01.25Z",
            Some("2026-11-24T10:02:01.25Z"),
            false,
        ),
        (" 2026-11-24T13:02:01 ", Some("2026-11-24T10:02:01Z"), true),
        ("24/11/2026 13:02:01", Some("2026-11-24T10:02:01Z"), true),
        ("24.11.2026 13:02", Some("2026-11-24T10:02:00Z"), true),
        ("2012-07-01T12:00:00", Some("2012-07-01T09:00:00Z"), true),
        ("2026-11-24", None, false),
        ("2026-13-45T99:00:00", None, false),
        ("dün", None, false),
        ("", None, false),
    ];
    for (text, at, assumed) in table {
        let time = read(text);
        assert_eq!(time.at.map(|at| at.to_string()).as_deref(), at, "{text}");
        assert_eq!((time.assumed_zone, time.text.as_str()), (assumed, text));
    }
    assert_eq!(
        EvidenceTime::read("2026-11-24T13:02:01", "No/Where").at,
        None
    );
}

fn row() -> EvidenceRow {
    EvidenceRow {
        evidence_id: Some("d-40".into()),
        code: Some("40".into()),
        text: Some("S/MIME paketi alıcı kullanıcının mesaj kutusuna bırakıldı".into()),
        time: Some("2026-11-24T13:02:01".into()),
        kephs: Some("hs99".into()),
        ..Default::default()
    }
}

fn file(event: &str, recipients: &[&str]) -> bytes::Bytes {
    let recipients: String = recipients
        .iter()
        .map(|r| format!("<EntityDetails><AttributedElectronicAddress>{r}</AttributedElectronicAddress></EntityDetails>"))
        .collect();
    format!(
        "<DeliveryNonDeliveryToRecipient xmlns='http://uri.etsi.org/02640/v2#' version='2'>\
         <EventCode>http:uri.etsi.org/02640/Event#{event}</EventCode>\
         <EventReasons><EventReason><Code>11</Code><Details>MailboxFull</Details></EventReason></EventReasons>\
         <EvidenceIdentifier>d-40</EvidenceIdentifier><EventTime>2026-11-24T10:02:01Z</EventTime>\
         <RecipientsDetails>{recipients}</RecipientsDetails><EvidenceRefersToRecipient>1</EvidenceRefersToRecipient>\
         <SenderMessageDetails isNotification='false'><MessageSubject>Konu</MessageSubject>\
         <UAMessageIdentifier>&lt;m@x&gt;</UAMessageIdentifier>\
         <MessageIdentifierByREMMD>&lt;k@x&gt;</MessageIdentifierByREMMD></SenderMessageDetails>\
         </DeliveryNonDeliveryToRecipient>"
    )
    .into()
}

#[test]
fn a_listed_evidence_with_its_file() {
    let settings = RecognitionSettings::default();
    let listed = Evidence::from_row("ptt", &row(), &settings);
    assert_eq!(
        (listed.kind, listed.code, listed.findings.len()),
        (Delivered, Some(40), 0)
    );
    let whole = listed.with_file(
        file("Delivery", &["mailto:Kesan@hs99.kep.example"]),
        &settings,
    );
    assert_eq!(whole.recipient.as_deref(), Some("kesan@hs99.kep.example"));
    assert_eq!(whole.findings, vec![]);
    assert!(whole.raw.is_some());

    let rem = RemEvidence::read(whole.raw.as_deref().unwrap()).unwrap();
    assert_eq!(rem.original_message_id.as_deref(), Some("<m@x>"));
    assert_eq!(rem.provider_message_id.as_deref(), Some("<k@x>"));
    assert_eq!(rem.reasons, ["11 MailboxFull"]);
}

#[test]
fn which_of_several_recipients_is_a_setting() {
    let settings = RecognitionSettings::default();
    let two = file("Delivery", &["a@hs99.kep.example", "b@hs99.kep.example"]);
    let unknown = Evidence::from_row("ptt", &row(), &settings).with_file(two.clone(), &settings);
    assert_eq!(
        (unknown.recipient, unknown.findings),
        (None, vec![Finding::UnknownRecipient])
    );
    for (first, expected) in [(0, "b@hs99.kep.example"), (1, "a@hs99.kep.example")] {
        let settings = RecognitionSettings {
            first_recipient_number: Some(first),
            ..settings.clone()
        };
        let known = Evidence::from_row("ptt", &row(), &settings).with_file(two.clone(), &settings);
        assert_eq!(known.recipient.as_deref(), Some(expected));
    }
}

#[test]
fn bad_evidence_is_kept_with_findings() {
    let settings = RecognitionSettings::default();
    let bad = EvidenceRow {
        code: Some("kırk".into()),
        time: Some("dün".into()),
        evidence_id: None,
        ..row()
    };
    let evidence =
        Evidence::from_row("ptt", &bad, &settings).with_file(b"PK\x03\x04"[..].into(), &settings);
    assert_eq!(evidence.kind, Delivered); // by its text
    assert_eq!(evidence.raw.as_deref(), Some(&b"PK\x03\x04"[..]));
    assert_eq!(evidence.id, Evidence::from_row("ptt", &bad, &settings).id);
    let codes: Vec<_> = evidence.findings.iter().map(Finding::code).collect();
    assert_eq!(
        codes,
        [
            "unreadable_code",
            "no_id",
            "unreadable_time",
            "unreadable_file"
        ]
    );
    assert!(
        evidence
            .findings
            .iter()
            .all(|finding| !finding.sentence().is_empty())
    );
}
