//! Letters as a registry officer would lay them on the desk, seen by tools that are not
//! ours: qpdf, pdffonts, pdftotext, pdftoppm and zbarimg.
//!
//! `LETTER_PAGES=folder cargo test --workspace --test golden` leaves the files for the eye, and for
//! `scripts/test.d/letter-foreign`, which holds them against PDF/A.

#![allow(clippy::unwrap_used)]

mod common;

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
                // A comma at the end of a justified line hangs a little into the margin.
                && word.right < WIDTH - MARGIN + 3.0
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

fn paragraph(text: &str) -> Block {
    Block::Paragraph {
        runs: vec![Run {
            text: text.to_owned(),
            ..Run::default()
        }],
    }
}

/// Numbered words, `[0]`, `[1]` …, so that one that is lost or stands twice is told.
fn numbered(words: std::ops::Range<usize>) -> String {
    words.map(|at| format!("[{at}] sözcük ")).collect()
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

/// However long the text is and whatever it ends with: the first page has some of it, and so has
/// the page of the signatures, of OLUR, and of Ek.
#[test]
fn no_signature_stands_without_the_end_of_its_text() {
    let cell = |header: bool, text: &str| Cell {
        header,
        blocks: vec![paragraph(text)],
    };
    let row = |at: usize| {
        vec![
            cell(true, &format!("[{at}] satır")),
            cell(false, "Açıklama"),
        ]
    };
    let ways: [Way<'_>; 6] = [
        (
            "short",
            &|words| vec![paragraph(&numbered(0..words))],
            190..420,
            2,
        ),
        (
            "short",
            &|words| {
                let closing = paragraph(&format!("[{}] arz ederim.", words - 1));
                vec![paragraph(&numbered(0..words - 1)), closing]
            },
            190..420,
            2,
        ),
        (
            "consent",
            &|words| vec![paragraph(&numbered(0..words))],
            100..420,
            2,
        ),
        (
            "tables",
            &|words| vec![paragraph(&numbered(0..words))],
            190..420,
            2,
        ),
        (
            "short",
            &|words| {
                let items = (0..words / 7).map(|at| vec![paragraph(&format!("[{at}] madde"))]);
                vec![Block::OrderedList {
                    items: items.collect(),
                }]
            },
            190..420,
            2,
        ),
        (
            "short",
            &|words| {
                vec![Block::Table {
                    rows: (0..words / 7).map(row).collect(),
                }]
            },
            190..600,
            1,
        ),
    ];
    let fonts = fonts();
    for (way, (name, body, words, least)) in ways.into_iter().enumerate() {
        let (mut sheet, head) = letter(name);
        for words in words.step_by(7) {
            let what = format!("way {way}, {name}, {words} words");
            sheet.body = body(words);
            let count = if way < 4 { words } else { words / 7 };
            let pdf = letter::pdf(&sheet, &head, &fonts).unwrap();
            let Some(seen) = see_sheet("any_length", pdf) else {
                return;
            };
            seen.assert_whole(&what, count);
            assert!(seen.lines_of_text(1) >= 2, "{what}");
            let most = if way == 5 { 3 } else { 2 };
            assert!(seen.pdf.pages <= most, "{what}: {} pages", seen.pdf.pages);
            for sign in ["ÖZCAN", "OLUR", "Ek:"] {
                for page in (seen.words.iter()).filter(|word| word.text == sign) {
                    assert!(seen.lines_of_text(page.page) >= least, "{what}: {sign}");
                }
            }
            if seen.pdf.pages == 2 && seen.lines_of_text(2) > 3 {
                let text = (seen.words.iter())
                    .filter(|word| word.page == 1 && word.text.starts_with('['))
                    .map(|word| word.bottom);
                let last = text.fold(0.0, f64::max);
                assert!(last > 680.0, "{what}: page 1 ends at {last}");
            }
        }
    }
}

/// More signers than a page holds, and a consent of many: set over pages, nothing lost.
#[test]
fn more_signatures_than_a_page_holds_are_set_over_pages() {
    for name in ["tables", "consent"] {
        let (mut sheet, head) = letter(name);
        sheet.body = vec![paragraph(&numbered(0..40))];
        let one = sheet.signatures[0].clone();
        sheet.signatures = (0..60)
            .map(|at| letter::SignatureBlock {
                name: format!("İmza{at} SAHİBİ"),
                ..one.clone()
            })
            .collect();
        let pdf = letter::pdf(&sheet, &head, &fonts()).unwrap();
        let Some(seen) = see_sheet("many_signers", pdf) else {
            return;
        };
        seen.assert_whole(name, 40);
        for at in 0..60 {
            let name = format!("İmza{at}");
            let page = seen.word(&name).page;
            assert!(seen.word(&name).bottom < 842.0 - 100.0, "{name} on {page}");
        }
    }
}

/// A line each in two columns over the whole width, the heads on every page, Bilgi below.
#[test]
fn three_hundred_recipients_fill_both_halves_of_their_pages() {
    let (mut sheet, head) = letter("ninety_recipients");
    let list = |count: usize| -> Vec<String> {
        let unit = "Keşan Belediye Başkanlığına (Yazı İşleri Müdürlüğü)";
        (0..count).map(|at| format!("[{at}] {unit}")).collect()
    };
    for (action, information) in [(300, 1), (1, 300), (300, 0), (300, 200), (60, 60)] {
        let what = format!("{action}, {information}");
        sheet.distribution.action = list(action);
        sheet.distribution.information = list(information);
        let pdf = letter::pdf(&sheet, &head, &fonts()).unwrap();
        let Some(seen) = see_sheet(&format!("recipients_{action}_{information}"), pdf) else {
            return;
        };
        let most = 3 + (action + information) / 40;
        assert!(seen.pdf.pages <= most, "{what}: {} pages", seen.pdf.pages);
        for side in [&sheet.distribution.action, &sheet.distribution.information] {
            for at in 0..side.len() {
                assert!(
                    seen.words.iter().any(|word| word.text == format!("[{at}]")),
                    "{what}"
                );
            }
        }
        let on_pages = seen
            .words
            .iter()
            .filter(|word| word.text.starts_with('['))
            .count();
        assert_eq!(on_pages, action + information, "{what}");
        for page in 2..=seen.pdf.pages {
            assert!(seen.on_page(page, "LİSTESİ"), "{what}: {page}");
            let headed = seen.on_page(page, "Gereği:") || seen.on_page(page, "Bilgi:");
            assert_eq!(headed, information > 0, "{what}: {page}");
            let right = seen
                .words
                .iter()
                .any(|word| word.page == page && word.text.starts_with('[') && word.left > MIDDLE);
            assert!(right, "{what}: the right half of page {page} is empty");
        }
    }
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
    for (name, mark) in [("person", "KİŞİYE"), ("one_long_paragraph", "ACELE")] {
        let other = see(name).unwrap();
        let pages: Vec<usize> = (other.words.iter())
            .filter(|word| word.text == mark)
            .map(|word| word.page)
            .collect();
        assert_eq!(pages, [1], "{name}");
    }
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

/// What an institution uploads, and what its clerks draw in the editor: still an archive file.
#[test]
fn a_font_and_logos_of_the_institutions_own_make_an_archive_file() {
    let png = |colour: png::ColorType, pixel: &[u8], depth: png::BitDepth| {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 240, 240);
        encoder.set_color(colour);
        encoder.set_depth(depth);
        if colour == png::ColorType::Indexed {
            encoder.set_palette([0xc0, 0, 0, 0, 0x40, 0x80].as_slice());
            encoder.set_trns([0xff, 0x40].as_slice());
        }
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: 11_811,
            yppu: 11_811,
            unit: png::Unit::Meter,
        }));
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&pixel.repeat(240 * 240)).unwrap();
        writer.finish().unwrap();
        Logo::check(bytes).unwrap()
    };
    let eight = png::BitDepth::Eight;
    let logos = [
        (
            "rgba",
            png(png::ColorType::Rgba, &[0xc0, 0, 0, 0x80], eight),
        ),
        ("rgb", png(png::ColorType::Rgb, &[0, 0x60, 0x30], eight)),
        ("palette", png(png::ColorType::Indexed, &[1], eight)),
        (
            "grey",
            png(png::ColorType::GrayscaleAlpha, &[0x40, 0xc0], eight),
        ),
        (
            "deep",
            png(
                png::ColorType::Rgba,
                &[9, 1, 200, 2, 3, 3, 0x80, 0],
                png::BitDepth::Sixteen,
            ),
        ),
    ];
    let (mut sheet, mut head) = letter("dated");
    let (tables, _) = letter("tables");
    sheet.body.splice(1..1, tables.body);
    let svg = head.right_logo.clone();
    let own = installed_font();
    for (at, (name, logo)) in logos.into_iter().enumerate() {
        head.left_logo = Some(logo);
        head.right_logo = svg.clone();
        let set = letter::pdf(&sheet, &head, own.as_ref().unwrap_or(&fonts())).unwrap();
        assert_eq!(set.conformance, Conformance::A2a, "{name}");
        let Some(seen) = see_sheet(&format!("own_{name}"), set) else {
            return;
        };
        assert!(seen.on_page(1, "KAYMAKAMLIĞINA"), "{at}");
        let used = run("pdffonts", &[&seen.path]).unwrap();
        assert!(own.is_none() || used.contains("DejaVu"), "{used}");
    }
}

/// A serif that somebody might upload, asked for at fontconfig; `None`, with words, without it.
fn installed_font() -> Option<Fonts> {
    let faces = ["Book", "Bold", "Italic", "Bold Italic"].map(|style| {
        let asked = format!("DejaVu Serif:style={style}");
        let found = run("fc-list", &[&asked, "--format", "%{file}\n"])?;
        std::fs::read(found.lines().next()?).ok()
    });
    let faces: Vec<Vec<u8>> = faces.into_iter().flatten().collect();
    if faces.is_empty() {
        eprintln!("skipped: fontconfig knows no DejaVu Serif");
        return None;
    }
    Some(Fonts::new(faces).unwrap())
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
