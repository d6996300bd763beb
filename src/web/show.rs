//! What templates call to show times and marks; templates hold references, so these take them.

use jiff::Timestamp;

/// `28.02.2022 17.52`
#[must_use]
pub fn time(at: &Timestamp) -> String {
    crate::clock::screen_time(*at)
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
