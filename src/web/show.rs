//! What templates call to show times and marks; templates hold references, so these take them.

use jiff::Timestamp;

/// `28.02.2022 17.52`
#[must_use]
pub fn time(at: &Timestamp) -> String {
    crate::clock::screen_time(*at)
}

/// `a`, `b`, `c`, `ç`: the mark of İlgi line `index`, counted from zero.
#[must_use]
pub fn mark(index: &usize) -> &'static str {
    crate::document::reference::mark(*index)
}
