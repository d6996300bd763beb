//! Ten letters as a registry officer would lay them on the desk, seen by tools that are not
//! ours: qpdf, pdffonts, pdftotext, pdftoppm and zbarimg.
//!
//! `LETTER_PAGES=folder cargo test --workspace --test golden` leaves the files for the eye, and for
//! `scripts/test.d/letter-foreign`, which holds them against PDF/A.

#![allow(clippy::unwrap_used)]

mod common;

use common::{NAMES, fonts, keep, letter, run};
use letter::{Conformance, Fonts, Pdf, Run, Sheet};

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
    for (name, pages) in NAMES.iter().zip([1, 3, 1, 2, 2, 1, 1, 1, 2, 1]) {
        let Some(seen) = see(name) else { return };
        assert_eq!(seen.pdf.pages, pages, "{name}");
        for word in &seen.words {
            let inside = word.left > MARGIN - 1.5
                && word.right < WIDTH - MARGIN + 1.5
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
fn turkish_letters_come_back_intact() {
    let Some(seen) = see("tables") else { return };
    for words in [
        "Sıra Müdürlük",
        "MAKİNE İKMAL BAKIM VE ONARIM MÜDÜRLÜĞÜNE",
        "resmî tatiller dâhil",
    ] {
        let flat = seen.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "{words}\n{flat}");
    }
    // The table's head stands again on its second page.
    assert!(seen.on_page(1, "Açıklama") && seen.on_page(2, "Açıklama"));
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

#[test]
fn signers_stand_where_their_rank_says() {
    let Some(two) = see("two_signers") else {
        return;
    };
    let (higher, lower) = (two.word("ÖZCAN"), two.word("KARAGÖZ"));
    assert!(higher.left > MIDDLE && lower.right < MIDDLE && (higher.top - lower.top).abs() < CLOSE);
    assert!(two.text.contains("Belediye Başkanı a."));
    let many = see("tables").unwrap();
    let columns: Vec<f64> = ["ÖZCAN", "KARAGÖZ", "ÇELİK"]
        .map(|name| many.word(name).left)
        .to_vec();
    assert!(columns.is_sorted());
    let deputy = see("dated").unwrap();
    assert!(deputy.text.contains("Belediye Başkanı V."));
}

#[test]
fn long_lists_get_pages_of_their_own() {
    let Some(recipients) = see("forty_recipients") else {
        return;
    };
    assert!(recipients.text.contains("DAĞITIM YERLERİNE"));
    assert!(recipients.on_page(2, "LİSTESİ") && recipients.on_page(2, "Biga"));
    let (action, information) = (recipients.word("Gereği:"), recipients.word("Bilgi:"));
    assert!((action.top - information.top).abs() < 0.5 && information.left > MIDDLE - 1.0);
    let attachments = see("thirty_attachments").unwrap();
    assert!(attachments.text.contains("Ek: Ek Listesi (30 adet)"));
    assert!(attachments.on_page(2, "30-") && !attachments.on_page(1, "1-"));
}

#[test]
fn urgency_is_red_at_the_top_right_of_the_first_page_only() {
    let Some(seen) = see("dated") else { return };
    let mark = seen.word("GÜNLÜDÜR");
    assert!(mark.top < 90.0 && (mark.right - (WIDTH - MARGIN)).abs() < 1.5);
    let degree: Vec<&Word> = seen
        .words
        .iter()
        .filter(|word| word.text == "HİZMETE")
        .collect();
    assert!(degree.len() == 2 && degree[0].top < 40.0 && degree[1].top > 790.0);
    let page = pixels(&seen, 72);
    let red = |word: &Word| {
        let (x, y) = (word.left as usize, word.top as usize);
        (y..y + 14).any(|row| {
            (x..x + 40).any(|at| {
                let pixel = &page.2[(row * page.0 + at) * 3..][..3];
                pixel[0] > 150 && pixel[1] < 90 && pixel[2] < 90
            })
        })
    };
    assert!(red(mark) && red(degree[0]) && !red(seen.word("Sayı")));
}

/// The first page as pdftoppm draws it: width, height, RGB.
fn pixels(seen: &Seen, dpi: usize) -> (usize, usize, Vec<u8>) {
    let out = seen.path.replace(".pdf", "");
    run(
        "pdftoppm",
        &[
            "-r",
            &dpi.to_string(),
            "-f",
            "1",
            "-l",
            "1",
            "-singlefile",
            &seen.path,
            &out,
        ],
    )
    .unwrap();
    let bytes = std::fs::read(format!("{out}.ppm")).unwrap();
    let head: Vec<usize> = String::from_utf8_lossy(&bytes[..20])
        .split_whitespace()
        .skip(1)
        .take(3)
        .map(|word| word.parse().unwrap())
        .collect();
    let start = bytes.len() - head[0] * head[1] * 3;
    (head[0], head[1], bytes[start..].to_vec())
}

#[test]
fn the_qr_code_reads_as_the_verification_link() {
    let Some(seen) = see("short") else { return };
    let out = seen.path.replace(".pdf", "");
    run(
        "pdftoppm",
        &["-r", "150", "-png", "-singlefile", &seen.path, &out],
    )
    .unwrap();
    let Some(read) = run("zbarimg", &["--quiet", "--raw", &format!("{out}.png")]) else {
        return;
    };
    assert_eq!(
        read.trim(),
        "https://belge.kesan.example.bel.tr/dogrula/7K3M9QXP2HTD4WVA"
    );
}

#[test]
fn a_consent_is_granted_below_its_proposal() {
    let Some(seen) = see("consent") else { return };
    let tops: Vec<f64> = ["ÇELİK", "Uygun", "KARAGÖZ", "OLUR", "ÖZCAN", "Ek:"]
        .map(|word| seen.word(word).top)
        .to_vec();
    assert!(tops.is_sorted(), "{tops:?}");
    let olur = seen.word("OLUR");
    assert!(((olur.left + olur.right) / 2.0 - MIDDLE).abs() < 1.0);
    // The last paragraph too is justified to the whole width.
    let end_of_line = seen.word("hususunu");
    assert!(
        (end_of_line.right - (WIDTH - MARGIN)).abs() < 0.5,
        "{end_of_line:?}"
    );
}

#[test]
fn a_person_is_addressed_as_one() {
    let Some(seen) = see("person") else { return };
    assert!(seen.text.contains("Sayın Zeynep Işıl GÜMÜŞ") && seen.text.contains("Saygılarımla."));
}

#[test]
fn what_people_write_is_never_markup() {
    let (mut sheet, head) = letter("short");
    let tricks = r#"#panic("x") $x^2$ *kalın* _eğik_ = Başlık #import "@preview/a:0.1.0" \u{41} <a> @b `c` // d /* e */ #sys.inputs #read("/etc/passwd")"#;
    sheet.subject = tricks.to_owned();
    if let letter::Block::Paragraph { runs } = &mut sheet.body[0] {
        *runs = vec![Run {
            text: tricks.to_owned(),
            ..Run::default()
        }];
    }
    sheet.references = vec![letter::Reference {
        mark: String::new(),
        text: tricks.to_owned(),
    }];
    sheet.attachments = vec![tricks.to_owned()];
    let Some(seen) = see_sheet("tricks", letter::pdf(&sheet, &head, &fonts()).unwrap()) else {
        return;
    };
    let flat = seen.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.matches(r#"#read("/etc/passwd")"#).count() >= 3,
        "{flat}"
    );
    assert!(flat.contains("*kalın* _eğik_ = Başlık"), "{flat}");
}

#[test]
fn a_draft_says_that_it_is_one_and_carries_no_code() {
    let (mut sheet, head) = letter("short");
    (sheet.verification, sheet.number, sheet.date) = (None, String::new(), String::new());
    let pages = letter::preview(&sheet, &head, &fonts()).unwrap();
    assert!(pages.len() == 1 && pages[0].starts_with("<svg"));
    for foreign in ["<script", "<foreignObject", "href=\"http", "<style"] {
        assert!(!pages[0].contains(foreign), "{foreign}");
    }
    let Some(seen) = see_sheet("draft", letter::pdf(&sheet, &head, &fonts()).unwrap()) else {
        return;
    };
    assert!(seen.text.contains("TASLAK") && !seen.text.contains("Doğrulama Kodu"));
}

#[test]
fn a_sign_that_no_face_has_is_told_and_rare_ones_are_printed() {
    let (mut sheet, head) = letter("short");
    sheet.attachments = vec!["Αθήνα, Київ, ☐ → ✓".to_owned()];
    assert!(letter::pdf(&sheet, &head, &fonts()).is_ok());
    sheet.attachments = vec!["tamam 😀 書".to_owned()];
    match letter::pdf(&sheet, &head, &fonts()) {
        Err(letter::Error::Characters(holes)) => assert_eq!(holes, ['書', '😀']),
        other => panic!("{other:?}"),
    }
}

#[test]
fn any_shape_of_text_is_set_or_refused_in_words() {
    let (sheet, head) = letter("short");
    let fonts = fonts();
    let mut deep = letter::Block::Paragraph { runs: Vec::new() };
    for _ in 0..14 {
        let cell = letter::Cell {
            header: false,
            blocks: vec![deep.clone()],
        };
        deep = letter::Block::BulletList {
            items: vec![vec![letter::Block::Table {
                rows: vec![vec![cell], Vec::new()],
            }]],
        };
    }
    let texts = [
        "\u{0}\u{7}\u{202e}\u{feff}",
        &"ğ".repeat(5_000),
        "\u{e000}\u{fdd0}\u{2028}",
        "\n\n\n",
        "  \t ",
    ];
    for body in texts
        .map(|text| letter::Block::Paragraph {
            runs: vec![Run {
                text: text.to_owned(),
                ..Run::default()
            }],
        })
        .into_iter()
        .chain([
            deep,
            letter::Block::Table { rows: Vec::new() },
            letter::Block::OrderedList {
                items: vec![Vec::new()],
            },
        ])
    {
        let odd = Sheet {
            body: vec![body],
            ..sheet.clone()
        };
        if let Err(error) = letter::pdf(&odd, &head, &fonts) {
            assert!(!error.to_string().is_empty());
        }
    }
    assert!(letter::pdf(&Sheet::default(), &letter::Letterhead::default(), &fonts).is_ok());
}
