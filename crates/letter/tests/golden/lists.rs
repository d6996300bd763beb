//! Attachments and recipients, when they are long.

use super::*;

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
