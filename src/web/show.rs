//! What templates call to show times and marks; templates hold references, so these take them.

use jiff::Timestamp;

/// `28.02.2022 17.52`
#[must_use]
pub fn time(at: &Timestamp) -> String {
    crate::clock::screen_time(*at)
}

/// `25.000.000`: a number as people read it.
#[must_use]
pub fn grouped(number: &i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if *number < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// `28.02.2022` for a day as the database writes it.
#[must_use]
pub fn day(text: &str) -> String {
    let day: Result<jiff::civil::Date, _> = text.parse();
    day.map_or_else(
        |_| text.to_owned(),
        |day| day.strftime("%d.%m.%Y").to_string(),
    )
}

/// `a`, `b`, `c`, `ç`: the mark of İlgi line `index`, counted from zero.
#[must_use]
pub fn mark(index: &usize) -> &'static str {
    crate::document::reference::mark(*index)
}
