//! The content of an envelope as one print, counted and read by tools that are not ours.

#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code, unused_imports)]
mod common;

use common::{fonts, letter, run};
use letter::{Error, Piece, pages_of, pdf, print_set};

/// A PNG of one grey point.
const POINT: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b,
    0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00,
    0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae,
    0x42, 0x60, 0x82,
];

fn set(name: &str) -> Vec<u8> {
    let (sheet, head) = letter(name);
    pdf(&sheet, &head, &fonts()).unwrap().bytes
}

#[test]
fn letter_and_annexes_come_out_of_the_printer_in_one_go() {
    let (short, long) = (set("short"), set("three_pages"));
    let (of_short, of_long) = (pages_of(&short).unwrap(), pages_of(&long).unwrap());
    let pieces = vec![
        Piece::Pdf(short),
        Piece::Pdf(long),
        Piece::Png(POINT.to_vec()),
    ];
    let (bytes, pages) = print_set(pieces.clone(), &fonts()).unwrap();
    assert_eq!(pages, of_short + of_long + 1);
    assert_eq!(pages_of(&bytes), Some(pages));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("print.pdf").display().to_string();
    std::fs::write(&path, &bytes).unwrap();
    let Some(text) = run("pdftotext", &["-layout", &path, "-"]) else {
        return;
    };
    assert!(text.contains("BELEDİYE"), "{text}");
    run("qpdf", &["--check", &path]);
    let info = run("pdfinfo", &["-f", "1", "-l", "99", &path]).unwrap();
    assert_eq!(info.matches("(A4)").count(), pages, "{info}");
}

#[test]
fn what_cannot_be_read_is_told_and_never_a_panic() {
    let whole = set("short");
    for broken in [
        &b"%PDF-1.7\n"[..],
        b"",
        b"no PDF at all",
        &whole[..whole.len() / 3],
    ] {
        if pages_of(broken).is_none() {
            let made = print_set(vec![Piece::Pdf(broken.to_vec())], &fonts());
            assert!(matches!(made, Err(Error::Typesetting(_))));
        }
    }
    let torn = print_set(vec![Piece::Jpeg(b"not a picture".to_vec())], &fonts());
    assert!(matches!(torn, Err(Error::Typesetting(_))));
    assert!(print_set(Vec::new(), &fonts()).is_err());
}
