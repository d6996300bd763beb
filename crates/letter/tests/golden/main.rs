//! Letters as a registry officer would lay them on the desk, seen by tools that are not
//! ours: qpdf, pdffonts, pdftotext, pdftoppm and zbarimg.
//!
//! `LETTER_PAGES=folder cargo test --workspace --test golden` leaves the files for the eye, and for
//! `scripts/test.d/letter-foreign`, which holds them against PDF/A.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod lists;
mod marks;
mod signatures;
mod writing;

use common::{NAMES, fonts, keep, letter, run};
use letter::{Block, Cell, Conformance, Fonts, Logo, Pdf, Run, Sheet};

/// A word on a page, in points from its upper left corner.
#[derive(Debug, Clone)]
struct Word {
    page: usize,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    text: String,
}

struct Seen {
    pdf: Pdf,
    words: Vec<Word>,
    text: String,
    _folder: tempfile::TempDir,
    path: String,
}

/// Sets the letter and lets pdftotext read it back; `None` without poppler.
fn see(name: &str) -> Option<Seen> {
    let (sheet, head) = letter(name);
    see_sheet(name, letter::pdf(&sheet, &head, &fonts()).unwrap())
}

fn see_sheet(name: &str, pdf: Pdf) -> Option<Seen> {
    let folder = tempfile::tempdir().unwrap();
    keep(name, &pdf.bytes);
    let path = folder.path().join("letter.pdf").display().to_string();
    std::fs::write(&path, &pdf.bytes).unwrap();
    let boxes = run("pdftotext", &["-bbox", &path, "-"])?;
    let text = run("pdftotext", &["-layout", &path, "-"])?;
    let mut page = 0;
    let mut words = Vec::new();
    for line in boxes.lines() {
        if line.trim_start().starts_with("<page ") {
            page += 1;
        }
        let Some(rest) = line.trim_start().strip_prefix("<word ") else {
            continue;
        };
        let number = |name: &str| -> f64 {
            let (_, rest) = rest.split_once(&format!("{name}=\"")).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        let (_, rest) = rest.split_once('>').unwrap();
        words.push(Word {
            page,
            left: number("xMin"),
            top: number("yMin"),
            right: number("xMax"),
            bottom: number("yMax"),
            text: rest.replace("</word>", "").replace("&amp;", "&"),
        });
    }
    Some(Seen {
        pdf,
        words,
        text,
        _folder: folder,
        path,
    })
}

impl Seen {
    fn word(&self, text: &str) -> &Word {
        self.words
            .iter()
            .find(|word| word.text == text)
            .unwrap_or_else(|| panic!("“{text}” is not on the letter:\n{}", self.text))
    }

    fn on_page(&self, page: usize, text: &str) -> bool {
        self.words
            .iter()
            .any(|word| word.page == page && word.text == text)
    }
}

const MARGIN: f64 = 42.5;
const WIDTH: f64 = 595.3;
const MIDDLE: f64 = WIDTH / 2.0;
/// Half a line.
const CLOSE: f64 = 7.0;

#[test]
fn every_letter_is_a_sound_tagged_archive_file_with_its_fonts_inside() {
    for name in NAMES {
        let Some(seen) = see(name) else { return };
        assert_eq!(seen.pdf.conformance, Conformance::A2a, "{name}");
        if run("qpdf", &["--check", &seen.path]).is_none() {
            return;
        }
        let fonts = run("pdffonts", &[&seen.path]).unwrap();
        for line in fonts.lines().skip(2) {
            let columns: Vec<&str> = line.split_whitespace().rev().collect();
            // object and generation, then: ToUnicode, subset, embedded.
            assert_eq!(columns[2..5], ["yes", "yes", "yes"], "{name}: {line}");
        }
        let bytes = String::from_utf8_lossy(&seen.pdf.bytes);
        for sign in [
            "<pdfaid:part>2</pdfaid:part>",
            "<pdfaid:conformance>A</pdfaid:conformance>",
            "/MarkInfo",
            "/StructTreeRoot",
            "/OutputIntents",
        ] {
            assert!(bytes.contains(sign), "{name}: {sign}");
        }
        assert!(!bytes.contains("/JavaScript") && !bytes.contains("/Encrypt"));
    }
}

#[test]
fn the_same_letter_gives_the_same_bytes_whatever_was_set_before() {
    let fonts = fonts();
    let set = |name: &str| {
        let (sheet, head) = letter(name);
        letter::pdf(&sheet, &head, &fonts).unwrap().bytes
    };
    let first: Vec<Vec<u8>> = NAMES.iter().map(|name| set(name)).collect();
    let again: Vec<Vec<u8>> = NAMES.iter().rev().map(|name| set(name)).collect();
    for (one, two) in first.iter().zip(again.iter().rev()) {
        assert!(one == two);
    }
    let other = Fonts::default();
    let (sheet, head) = letter("short");
    assert!(letter::pdf(&sheet, &head, &other).unwrap().bytes != first[0]);
}

#[test]
fn nothing_leaves_the_text_area_and_every_page_has_its_foot() {
    for (name, pages) in NAMES.iter().zip([1, 3, 1, 2, 2, 1, 1, 1, 2, 1, 2, 2, 3]) {
        let Some(seen) = see(name) else { return };
        assert_eq!(seen.pdf.pages, pages, "{name}");
        for word in &seen.words {
            let inside = word.left > MARGIN - 1.5
                && word.right < WIDTH - MARGIN + 0.5
                && word.top > 10.0
                && word.bottom < 841.9 - 10.0;
            assert!(inside, "{name}: {word:?}");
        }
        for page in 1..=pages {
            assert!(seen.on_page(page, "7K3M-9QXP-2HTD-4WVA"), "{name}: {page}");
            let count = format!("{page}/{pages}");
            assert_eq!(seen.on_page(page, &count), pages > 1, "{name}: {count}");
        }
    }
}

#[test]
fn a_short_letter_keeps_the_order_and_places_of_the_regulation() {
    let Some(seen) = see("short") else { return };
    let (head, number, subject) = (seen.word("T.C."), seen.word("Sayı"), seen.word("Konu"));
    let (date, to) = (seen.word("25.11.2026"), seen.word("BAŞKANLIĞINA"));
    let (text, name, ek) = (
        seen.word("Belediyemiz"),
        seen.word("ÖZCAN"),
        seen.word("Ek:"),
    );
    // Header centred, two blank lines to Sayı (m. 10, 11); date on its line, far right (m. 12).
    assert!(((head.left + head.right) / 2.0 - MIDDLE).abs() < 2.0);
    let unit = seen.word("Müdürlüğü");
    assert!((number.top - unit.top - 3.0 * 13.8).abs() < 1.0);
    assert!((number.top - date.top).abs() < 1.0 && (date.right - (WIDTH - MARGIN)).abs() < 1.5);
    // Konu directly below, colons under each other (m. 13).
    assert!((subject.top - number.top - 13.8).abs() < 1.0);
    let colons: Vec<&Word> = seen.words.iter().filter(|word| word.text == ":").collect();
    assert!(colons.len() == 2 && (colons[0].left - colons[1].left).abs() < 0.1);
    // Muhatap two blank lines below, text two more without İlgi (m. 14, 16), indent 1.25 cm.
    assert!((to.top - subject.top - 3.0 * 13.8).abs() < 1.0);
    assert!(text.top > to.top + 3.0 * 13.8 && (text.left - MARGIN - 35.4).abs() < 1.0);
    // Signature on the right half, two to four blank lines below the text (m. 17).
    let closing = seen.word("ederim.");
    let lines = (name.top - closing.top) / 13.8;
    assert!(
        (3.0..=5.0).contains(&lines) && name.left > MIDDLE,
        "{lines}"
    );
    assert!(ek.top > name.top && (ek.left - MARGIN).abs() < 1.0);
}

#[test]
fn references_carry_turkish_letters_and_the_subject_stays_in_its_half() {
    let Some(seen) = see("three_pages") else {
        return;
    };
    let marks: Vec<&Word> = ["a)", "b)", "c)", "ç)"]
        .map(|mark| seen.word(mark))
        .to_vec();
    assert!(
        marks
            .windows(2)
            .all(|two| two[0].top < two[1].top && (two[0].left - two[1].left).abs() < 0.1)
    );
    let long = see("long_names").unwrap();
    let (konu, date) = (long.word("Konu"), long.word("25.11.2026"));
    let muhatap = long.word("CUMHURİYETİ");
    for word in &long.words {
        if word.page == 1 && word.top > konu.top - 1.0 && word.top < muhatap.top - 1.0 {
            assert!(word.right < MIDDLE + 1.0, "{word:?}");
        }
    }
    assert!(date.top < konu.top);
}

impl Seen {
    /// Every numbered word stands once and in its order, and no word stands on another.
    fn assert_whole(&self, what: &str, count: usize) {
        let found: Vec<&str> = (self.words.iter())
            .map(|word| word.text.as_str())
            .filter(|word| word.starts_with('['))
            .collect();
        let wanted: Vec<String> = (0..count).map(|at| format!("[{at}]")).collect();
        assert!(found == wanted, "{what}: {found:?}");
        for (at, one) in self.words.iter().enumerate() {
            for other in self.words[at + 1..].iter().filter(|it| it.page == one.page) {
                let across = one.right.min(other.right) - one.left.max(other.left);
                let down = one.bottom.min(other.bottom) - one.top.max(other.top);
                assert!(
                    across < 1.0 || down < 5.0,
                    "{what}: {one:?} stands on {other:?}"
                );
            }
        }
    }

    /// How many lines of numbered words a page has.
    fn lines_of_text(&self, page: usize) -> usize {
        let mut tops: Vec<i64> = (self.words.iter())
            .filter(|word| word.page == page && word.text.starts_with('['))
            .map(|word| word.top as i64)
            .collect();
        tops.dedup();
        tops.len()
    }
}

/// A letter, what its text is made of, how many words long, and the fewest lines that go over.
type Way<'a> = (
    &'a str,
    &'a dyn Fn(usize) -> Vec<Block>,
    std::ops::Range<usize>,
    usize,
);
