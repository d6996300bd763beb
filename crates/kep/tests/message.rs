//! A message is built the same way every time, and is read again whole.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use bytes::Bytes;
use kep::address::KepAddress;
use kep::message::{Attachment, MessageError, MessageKind, OriginalMessage, ReadMessage};

fn message() -> OriginalMessage {
    OriginalMessage {
        message_id: "<7f1c@dys.hs99.kep.example>".into(),
        date: "2026-11-24T13:02:01+03:00[Europe/Istanbul]".parse().unwrap(),
        from: KepAddress::parse("havsa@hs99.kep.example", true).unwrap(),
        to: vec![
            KepAddress::parse("kesan@hs99.kep.example", true).unwrap(),
            KepAddress::parse("ipsala@hs99.kep.example", true).unwrap(),
        ],
        subject: "İçişleri Bakanlığının 24.11.2026 tarihli ve uzun bir konuyu taşıyan yazısı hakkında görüş".into(),
        kind: MessageKind::EYazisma,
        inner_id: Some("E-12345678-902-17".into()),
        text: "Sayın ilgili,\n\nEkteki yazı bilgilerinize sunulur. = . \n.nokta\nSon satır ".into(),
        attachments: vec![
            Attachment {
                name: "Ağaç dikimi şenliği – çağrı yazısı (imzalı), İl Müdürlüğü nüshası.eyp".into(),
                content_type: "application/eyazisma".into(),
                bytes: (0..=255u8).cycle().take(5000).collect::<Vec<_>>().into(),
            },
            Attachment { name: "bos.txt".into(), content_type: "text/plain".into(), bytes: Bytes::new() },
        ],
        boundary: "7f1c9d".into(),
    }
}

fn sign(message: &OriginalMessage) -> Bytes {
    message
        .sign(|_| Ok::<_, std::io::Error>(b"\x30\x80 signature".to_vec()))
        .unwrap()
        .into()
}

#[test]
fn what_is_built_is_read_again() {
    let message = message();
    let bytes = sign(&message);
    assert_eq!(bytes, sign(&message));
    let read = ReadMessage::read(&bytes).unwrap();
    assert_eq!(
        read.message_id.as_deref(),
        Some("7f1c@dys.hs99.kep.example")
    );
    assert_eq!(read.date.as_deref(), Some("2026-11-24T13:02:01+03:00"));
    assert_eq!(read.from, ["havsa@hs99.kep.example"]);
    assert_eq!(
        read.to,
        ["kesan@hs99.kep.example", "ipsala@hs99.kep.example"]
    );
    assert_eq!(read.subject.as_deref(), Some(message.subject.as_str()));
    assert_eq!(read.header("x-tr-rem-iletitip"), Some("eYazisma"));
    assert_eq!(read.header("X-TR-REM-iletiID"), Some("E-12345678-902-17"));
    assert_eq!(read.header("Subject"), Some(message.subject.as_str()));
    assert_eq!(
        read.text.as_deref().map(|text| text.replace("\r\n", "\n")),
        Some(message.text.clone())
    );
    assert_eq!(
        read.signed_part.as_deref(),
        Some(message.signed_part().as_slice())
    );
    assert_eq!(read.signature.as_deref(), Some(&b"\x30\x80 signature"[..]));
    let files: Vec<_> = read.files().collect();
    assert_eq!(files.len(), 2);
    for (file, attachment) in files.iter().zip(&message.attachments) {
        assert_eq!(file.name.as_deref(), Some(attachment.name.as_str()));
        assert_eq!(file.content_type, attachment.content_type);
        assert_eq!(file.bytes, attachment.bytes);
    }
}

#[test]
fn every_line_ends_with_crlf_and_is_short_and_ascii() {
    let bytes = sign(&message());
    let text = std::str::from_utf8(&bytes).unwrap();
    assert!(text.is_ascii());
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    for line in text.split("\r\n") {
        assert!(line.len() <= 78 && !line.contains('\r'), "{line}");
    }
    assert!(!message().signed_part().ends_with(b"\r\n"));
}

#[test]
fn a_message_without_attachments_is_a_signed_text() {
    let message = OriginalMessage {
        attachments: vec![],
        text: "Ğ".repeat(200),
        ..message()
    };
    let read = ReadMessage::read(&sign(&message)).unwrap();
    assert_eq!(read.text.as_deref(), Some(message.text.as_str()));
    assert_eq!(
        read.signed_part.as_deref(),
        Some(message.signed_part().as_slice())
    );
    assert_eq!(read.files().count(), 0);
}

#[test]
fn nothing_typed_can_add_a_header() {
    let evil = "x\r\nBcc: someone@hs99.kep.example";
    let message = OriginalMessage {
        subject: evil.into(),
        inner_id: Some(evil.into()),
        attachments: vec![Attachment {
            name: evil.into(),
            content_type: evil.into(),
            bytes: Bytes::new(),
        }],
        ..message()
    };
    let read = ReadMessage::read(&sign(&message)).unwrap();
    assert_eq!(read.header("Bcc"), None);
    assert_eq!(
        read.files().next().unwrap().content_type,
        "application/octet-stream"
    );
}

#[test]
fn what_cannot_be_a_message_is_refused() {
    let refused = |message: OriginalMessage| message.sign(|_| Err("card removed")).unwrap_err();
    let id = |id: &str| {
        refused(OriginalMessage {
            message_id: id.into(),
            ..message()
        })
    };
    for bad in ["", "a", "a@", "a b@c", "a@b>\r\nX: y", "ş@b"] {
        assert_eq!(id(bad), MessageError::MessageId(bad.into()));
    }
    assert!(matches!(
        refused(OriginalMessage {
            boundary: "a b".into(),
            ..message()
        }),
        MessageError::Boundary(_)
    ));
    assert_eq!(
        refused(OriginalMessage {
            to: vec![],
            ..message()
        }),
        MessageError::NoRecipient
    );
    assert_eq!(refused(message()), MessageError::Signing("card removed"));
}

#[test]
fn the_original_is_found_in_an_envelope() {
    let original = sign(&message());
    let envelope = |part: &str| -> Bytes {
        [
            b"X-REM-Msg-Type: Dispatch\r\nContent-Type: multipart/mixed; boundary=env\r\n\r\n--env\r\n\
              Content-Type: text/plain\r\n\r\nZarf\r\n--env\r\n",
            part.as_bytes(),
            b"\r\n\r\n",
            &original,
            b"\r\n--env--\r\n",
        ]
        .concat()
        .into()
    };
    for part in [
        "Content-Type: message/rfc822",
        "Content-Type: application/octet-stream; name=\"ileti.eml\"\r\n\
        Content-Disposition: attachment; filename=\"ileti.eml\"",
    ] {
        let read = ReadMessage::read(&envelope(part)).unwrap();
        assert_eq!(read.header("X-REM-Msg-Type"), Some("Dispatch"));
        let inner = ReadMessage::read(read.original().expect(part)).unwrap();
        assert_eq!(inner.subject.as_deref(), Some(message().subject.as_str()));
        assert_eq!(
            inner.signed_part.as_deref(),
            Some(message().signed_part().as_slice()),
            "{part}"
        );
    }
}

#[test]
fn openssl_verifies_the_whole_message() {
    let time = jiff::Timestamp::from_second(1_795_500_000).unwrap();
    let mut next = 0_u8;
    let mut random = |bytes: &mut [u8]| {
        bytes.fill_with(|| {
            next = next.wrapping_add(41);
            next
        });
    };
    let services = seal::rehearsal::Services {
        base: "http://127.0.0.1:9/prova-esh".into(),
    };
    let authority = seal::rehearsal::Authority::create(services, time, &mut random).unwrap();
    let holder = seal::rehearsal::Holder::Seal {
        name: "Havsa Belediyesi",
        detsis: "12345678",
    };
    let validity = seal::rehearsal::Validity::days(time, 30);
    let key = authority
        .issue_key(&holder, seal::rehearsal::Curve::P256, validity, &mut random)
        .unwrap();
    let bytes = message()
        .sign(|content| {
            let content = seal::Content::Detached(content);
            seal::sign(&key, content, &seal::SignOptions::at(time))
        })
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mail, ca) = (
        folder.path().join("ileti.eml"),
        folder.path().join("ca.pem"),
    );
    std::fs::write(&ca, authority.root().pem()).unwrap();
    let accepts = |bytes: &[u8]| {
        std::fs::write(&mail, bytes).unwrap();
        let mut openssl = std::process::Command::new("openssl");
        openssl
            .args(["cms", "-verify", "-cades", "-inform", "SMIME", "-in"])
            .arg(&mail);
        // The certificate's own time, so that this test does not age.
        openssl
            .arg("-CAfile")
            .arg(&ca)
            .args(["-attime", "1795500060", "-out", "/dev/null"]);
        openssl.output().map(|output| output.status.success())
    };
    match accepts(&bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: openssl is not installed");
        }
        accepted => {
            assert!(accepted.unwrap());
            let changed = String::from_utf8(bytes).unwrap().replacen("Son", "son", 1);
            assert!(!accepts(changed.as_bytes()).unwrap());
        }
    }
}
