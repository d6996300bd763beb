//! Readers of foreign bytes in the program itself.

use dys::directory::import;
use dys::document::body::Body;
use dys::document::{file_name, pdf};
use dys::inbox::mailbox::envelope::{self, Envelope};
use dys::proof::verify::{self, Options, Outcome};

use crate::bundle;

/// A target takes any bytes.
type Target = fn(&[u8]);

/// Every target by the name of its folder below `seeds/`.
pub const TARGETS: &[(&str, Target)] = &[
    ("letter_body", letter_body),
    ("directory_csv", directory_csv),
    ("file_name", file_name),
    ("pdf_file", pdf_file),
    ("envelope", envelope),
    ("proof_bundle", proof_bundle),
    ("proof_bundle_parts", proof_bundle_parts),
];

/// Nothing active survives, and the editor gets back exactly what was kept.
pub fn letter_body(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(body) = Body::from_editor(&text) else {
        return;
    };
    let html = body.to_html().to_lowercase();
    for tag in html.split('<').skip(1) {
        let name = tag.trim_start_matches('/');
        let name: String = name
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let known = [
            "p", "ul", "ol", "li", "table", "tr", "th", "td", "strong", "em", "u", "br",
        ];
        assert!(known.contains(&name.as_str()), "<{tag}");
    }
    let again = Body::from_editor(&body.to_editor());
    assert_eq!(again.ok().as_ref(), Some(&body));
}

/// Every row is a unit or a refusal with a reason.
pub fn directory_csv(bytes: &[u8]) {
    let Ok((records, refused)) = import::read(bytes) else {
        return;
    };
    for (_, record) in records {
        assert!(!record.name.is_empty() && !record.name.chars().any(char::is_control));
    }
    assert!(refused.iter().all(|refusal| !refusal.reason.is_empty()));
}

/// A clean name is a name, no path, and stays what it is.
pub fn file_name(bytes: &[u8]) {
    let once = file_name::clean(&String::from_utf8_lossy(bytes));
    assert!(!once.is_empty() && once.chars().count() <= 150, "{once:?}");
    assert!(
        !once.contains(['/', '\\']) && !once.contains(char::is_control),
        "{once:?}"
    );
    assert!(once != "." && once != "..");
    assert_eq!(file_name::clean(&once), once);
}

/// A fault has a sentence, and what looks whole begins and ends as a PDF does.
pub fn pdf_file(bytes: &[u8]) {
    match pdf::fault(&mut std::io::Cursor::new(bytes)) {
        Ok(Some(sentence)) => assert!(sentence.ends_with('.')),
        Ok(None) => {
            let holds = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
            assert!(holds(b"%PDF-") && holds(b"startxref") && holds(b"%%EOF"));
        }
        Err(error) => panic!("bytes in memory are always read: {error}"),
    }
}

/// A refusal has a sentence; a letter's bytes are a piece of what came in.
pub fn envelope(bytes: &[u8]) {
    let bytes = bytes::Bytes::copy_from_slice(bytes);
    match envelope::read(&bytes) {
        Err(why) => assert!(!why.sentence().is_empty() && !why.code().is_empty()),
        Ok(Envelope::Evidence { .. }) => {}
        Ok(Envelope::Letter(mail)) => {
            assert!(mail.raw.len() <= bytes.len());
            assert!(!mail.message_id.starts_with('<'));
            let told = mail.told("Sayı");
            assert!(told.is_none_or(|line| line.chars().count() <= 250));
            assert!(mail.others().count() <= mail.original.attachments.len());
        }
    }
}

/// Without roots no ZIP holds, and every fault has a sentence.
pub fn proof_bundle(bytes: &[u8]) {
    use std::io::Write as _;
    if !bytes.starts_with(b"PK") {
        return;
    }
    let (Ok(mut file), Ok(at)) = (
        tempfile::NamedTempFile::new(),
        "2026-11-24T09:00:00Z".parse(),
    ) else {
        return;
    };
    if file.write_all(bytes).is_err() {
        return;
    }
    let options = Options {
        trust: Default::default(),
        evidence_trust: Default::default(),
        material: Default::default(),
        at,
        content: None,
    };
    let checked = verify::file(file.path(), &options);
    assert_eq!(checked.outcome, Outcome::Failed);
    assert!(checked.checks.iter().all(|check| !check.text.is_empty()));
}

/// The same behind the archive's checksums and the list's hashes.
pub fn proof_bundle_parts(bytes: &[u8]) {
    if let Some(archive) = bundle::packed(bytes) {
        proof_bundle(&archive);
    }
}
