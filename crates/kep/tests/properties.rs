//! Whatever is written is read again; whatever comes in, nothing panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use bytes::Bytes;
use kep::address::KepAddress;
use kep::evidence::{EvidenceTime, RecognitionSettings, RemEvidence, Signs, recognise};
use kep::message::{Attachment, MessageKind, OriginalMessage, ReadMessage};
use kep::mtom;
use kep::soap::{Element, Limits, open_envelope, read_xml, write_xml};
use kep::wire::{self, *};
use proptest::collection::vec;
use proptest::prelude::*;

/// Text that XML can hold.
fn text() -> impl Strategy<Value = String> {
    let characters = prop_oneof![
        any::<char>().prop_filter("not in XML", |c| !matches!(
            c,
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'
        )),
        Just('\r'),
        Just('\n'),
        Just('\t'),
        Just('&'),
        Just('<'),
        Just(']'),
        Just('>'),
        Just('"'),
        Just('İ'),
    ];
    vec(characters, 0..20).prop_map(String::from_iter)
}

fn namespace() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just(""),
        Just("urn:x"),
        Just("urn:y?a=1&b=2"),
        Just("http://ws.apache.org/axis2")
    ]
}

fn element() -> impl Strategy<Value = Element> {
    let named = (
        namespace(),
        "[a-z][a-z0-9]{0,8}",
        "[a-z]{1,5}",
        namespace(),
        text(),
    )
        .prop_map(|(ns, name, attribute, attribute_ns, value)| {
            Element::new(ns, &name).with_attribute(attribute_ns, &attribute, &value)
        });
    let leaf = (named, text(), proptest::option::of(vec(any::<u8>(), 0..40))).prop_map(
        |(element, text, binary)| match binary {
            Some(bytes) => Element {
                binary: Some(bytes.into()),
                ..element
            },
            None => element.with_text(text),
        },
    );
    leaf.prop_recursive(4, 24, 4, |inner| {
        (namespace(), "[a-z]{1,6}", vec(inner, 1..4)).prop_map(|(ns, name, children)| Element {
            children,
            ..Element::new(ns, &name)
        })
    })
}

/// Binary content comes back as text when it travelled inline.
fn inline(mut element: Element) -> Element {
    if element.binary.is_some() {
        let empty = element.binary.as_ref().is_some_and(Bytes::is_empty);
        element.text = if empty {
            String::new()
        } else {
            base64(element.binary.as_ref().unwrap())
        };
        element.binary = None;
    }
    element.children = element.children.into_iter().map(inline).collect();
    element
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn one_line() -> impl Strategy<Value = String> {
    "[a-zA-ZçğıöşüÇĞİÖŞÜâ0-9(),;:.'=?_/\"\\\\ –€😀-]{1,120}"
        .prop_map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .prop_filter("not empty", |text| !text.is_empty())
}

proptest! {
    // A failing input is printed; nothing is left in the source tree.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn xml_is_read_as_it_was_written(element in element()) {
        let read = read_xml(write_xml(&element).as_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(read, inline(element));
    }

    #[test]
    fn parts_are_read_as_they_were_written(element in element()) {
        let packed = mtom::write(&element);
        prop_assert_eq!(&packed, &mtom::write(&element));
        let read = mtom::read(&packed.content_type, &packed.body, &Limits::default()).unwrap();
        prop_assert_eq!(read, element);
    }

    #[test]
    fn a_cut_message_is_never_taken_for_whole(bytes in vec(any::<u8>(), 1..200), keep in 0.0..0.99f64) {
        let answer = IndirAnswer { durum: Some(0), packages: vec![Binary::new(bytes)], explanation: None };
        let packed = mtom::write(&wire::write_answer(&answer));
        // The line break after the closing boundary may be missing.
        let length = ((packed.body.len() - 2) as f64 * keep) as usize;
        let cut = packed.body.slice(..length);
        prop_assert!(mtom::read(&packed.content_type, &cut, &Limits::default()).is_err());
    }

    #[test]
    fn a_message_is_read_as_it_was_built(
        subject in one_line(), name in one_line(), text in text(), bytes in vec(any::<u8>(), 0..300),
    ) {
        let message = OriginalMessage {
            message_id: "1@hs99.kep.example".into(),
            date: "2026-11-24T13:02:01+03:00[Europe/Istanbul]".parse().unwrap(),
            from: KepAddress::parse("a@hs99.kep.example", true).unwrap(),
            to: vec![KepAddress::parse("b@hs99.kep.example", true).unwrap()],
            subject,
            kind: MessageKind::Standard,
            inner_id: None,
            text,
            attachments: vec![Attachment { name, content_type: "application/pdf".into(), bytes: bytes.into() }],
            boundary: "b1".into(),
        };
        let built = message.sign(|content| Ok::<_, std::io::Error>(content.to_vec())).unwrap();
        let read = ReadMessage::read(&built.into()).unwrap();
        prop_assert_eq!(read.subject.as_deref(), Some(message.subject.as_str()));
        let unix = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
        prop_assert_eq!(unix(&read.text.clone().unwrap_or_default()), unix(&message.text));
        let signed = message.signed_part();
        prop_assert_eq!(read.signed_part.as_deref(), Some(signed.as_slice()));
        prop_assert_eq!(read.signature.as_deref(), Some(signed.as_slice()));
        let file = read.files().next().unwrap();
        prop_assert_eq!(file.name.as_deref(), Some(message.attachments[0].name.as_str()));
        prop_assert_eq!(&file.bytes, &message.attachments[0].bytes);
    }

    #[test]
    fn random_bytes_do_not_panic(bytes in vec(any::<u8>(), 0..400), kind in "(multipart/related; ?boundary=.{0,3})?.{0,30}") {
        swallow(&kind, bytes.into());
    }

    #[test]
    fn damaged_messages_do_not_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let answer = IndirAnswer { durum: Some(0), packages: vec![Binary::new(&b"a\r\n--b"[..])], explanation: None };
        let packed = mtom::write(&kep::soap::envelope(kep::soap::Body::Payload(wire::write_answer(&answer))));
        let mut bytes = packed.body.to_vec();
        let index = at.index(bytes.len());
        bytes[index] = byte;
        bytes.truncate(cut.index(packed.body.len()) + 1);
        swallow(&packed.content_type, bytes.into());
    }

    #[test]
    fn random_texts_do_not_panic(text in ".{0,60}", code in any::<i64>()) {
        let _ = EvidenceTime::read(&text, "Europe/Istanbul");
        let _ = EvidenceTime::read("2026-11-24T13:02:01", &text);
        let _ = KepAddress::parse(&text, true);
        let signs = Signs { code: Some(code), element: Some(&text), event: Some(&text), text: Some(&text) };
        let _ = recognise(signs, &RecognitionSettings::default());
    }
}

/// Every reader of foreign bytes.
fn swallow(kind: &str, bytes: Bytes) {
    let limits = Limits::default();
    let _ = read_xml(&bytes, &limits);
    let _ = RemEvidence::read(&bytes);
    let _ = ReadMessage::read(&bytes);
    let Ok(element) = mtom::read(kind, &bytes, &limits) else {
        return;
    };
    let Ok(kep::soap::Body::Payload(payload)) = open_envelope(element) else {
        return;
    };
    let _ = wire::read_answer::<IndirAnswer>(&payload);
    let _ = wire::read_answer::<PaketSorgulaAnswer>(&payload);
}
