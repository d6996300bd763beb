//! Where signatures and the Olur stand, and that none stands without the end of its text.

use super::*;

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

/// Arabic and Persian run from the right in the text alone: sayı, logos and signers keep their sides.
#[test]
fn a_letter_in_arabic_keeps_the_frame_of_a_turkish_one() {
    for (language, from_right) in [("tur", false), ("ara", true), ("fas", true)] {
        let (mut sheet, head) = letter("two_signers");
        language.clone_into(&mut sheet.language);
        sheet.body = vec![paragraph("Kısa paragraf")];
        let pdf = letter::pdf(&sheet, &head, &fonts()).unwrap();
        let Some(seen) = see_sheet(&format!("two_signers_{language}"), pdf) else {
            return;
        };
        assert!(seen.word("ÖZCAN").left > MIDDLE && seen.word("KARAGÖZ").right < MIDDLE);
        assert!(seen.word("Sayı").left < MARGIN + CLOSE, "{language}");
        let text = seen.word("paragraf");
        assert_eq!(text.left > MIDDLE, from_right, "{language}: {text:?}");
    }
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
