//! What is no text: urgency in red, the QR code, the mark of a draft.

use super::*;

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

/// Without a right logo the marks stand beside the header, whose lines may be long.
#[test]
fn no_mark_is_printed_over_the_header() {
    let (sheet, mut head) = letter("dated");
    (head.left_logo, head.right_logo) = (None, None);
    head.header[1] = "ANKARA SU VE KANALİZASYON İDARESİ GENEL MÜDÜRLÜĞÜ".to_owned();
    let pdf = letter::pdf(&sheet, &head, &fonts()).unwrap();
    let Some(seen) = see_sheet("dated_long_header", pdf) else {
        return;
    };
    let marks: Vec<&Word> = ["GÜNLÜDÜR", "Miat:"].map(|text| seen.word(text)).to_vec();
    assert!(marks.iter().all(|mark| mark.page == 1));
    let edge = marks.iter().map(|mark| mark.left).fold(WIDTH, f64::min);
    let above = seen.word("Sayı").top - CLOSE;
    let header = seen
        .words
        .iter()
        .filter(|word| word.page == 1 && word.top < above && word.left < edge);
    for word in header {
        assert!(word.right < edge - 2.0, "{word:?} runs into {marks:?}");
    }
}
