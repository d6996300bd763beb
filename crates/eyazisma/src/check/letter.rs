//! YON m.28: the visible letter says what the metadata say.

use super::finding::{Finding, Findings, Severity, quoted};
use crate::model::Stamp;
use crate::read::Package;

/// Compares number, date, subject and addressee with the letter's text.
pub(super) fn check(package: &Package, text: &str, to: &mut Findings) {
    let shown = fold(text);
    let Some(metadata) = &package.metadata else {
        return;
    };
    let number = package.number().unwrap_or_default();
    let date = match &package.final_metadata {
        Some(it) => Some(&it.date),
        None => metadata.old_date.as_ref(),
    };
    let mut missing = |what: &str, value: &str| {
        to.push(Finding::new(
            "YON.m28",
            Severity::Critical,
            format!(
                "Görünen yazıda {what} {} bulunamadı; üstveri ile yazı aynı olmalıdır.",
                quoted(value)
            ),
        ));
    };
    if !number.is_empty() && !shown.contains(&fold(number)) {
        missing("sayı", number);
    }
    if let Some(date) = date
        && !dates(date).iter().any(|form| shown.contains(&fold(form)))
    {
        missing("tarih", date.as_str());
    }
    if !metadata.subject.value.is_empty() && !shown.contains(&fold(&metadata.subject.value)) {
        missing("konu", &metadata.subject.value);
    }
    for line in &metadata.recipients {
        let name = line.party.name();
        if !name.is_empty() && !shown.contains(stem(&fold(&name))) {
            missing("muhatap", &name);
        }
    }
}

/// `25.11.2026` and `25 Kasım 2026`.
fn dates(date: &Stamp) -> Vec<String> {
    const MONTHS: [&str; 12] = [
        "Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim",
        "Kasım", "Aralık",
    ];
    let Some(day) = date.date() else {
        return Vec::new();
    };
    let month = usize::try_from(day.month() - 1)
        .ok()
        .and_then(|index| MONTHS.get(index));
    vec![
        day.strftime("%d.%m.%Y").to_string(),
        format!("{} {} {}", day.day(), month.unwrap_or(&""), day.year()),
    ]
}

/// Letters and digits alone, in one case: line breaks, hyphenation and capitals of the layout do
/// not count, nor do the Turkish i's, which other tools case differently.
fn fold(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .filter(|c| *c != '\u{307}')
        .map(|c| if c == 'ı' { 'i' } else { c })
        .collect()
}

/// An addressee stands in the dative: its last letter may change (BAKANLIĞI, BAKANLIĞINA keep it,
/// a person's name does too); what comes before does not.
fn stem(folded: &str) -> &str {
    match folded.char_indices().next_back() {
        Some((at, _)) if folded.chars().count() > 6 => folded.get(..at).unwrap_or(folded),
        _ => folded,
    }
}
