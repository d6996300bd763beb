//! Time as an argument: the only place that asks the machine what time it is.

use std::sync::Mutex;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

/// A source of the present moment.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved; for seeding the past and for tests.
#[derive(Debug)]
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self(Mutex::new(start))
    }

    /// Moves the clock to `moment`.
    pub fn set(&self, moment: Timestamp) {
        *self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = moment;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The zone in which letters are dated and people read times: Europe/Istanbul.
#[must_use]
pub fn istanbul() -> TimeZone {
    TimeZone::get("Europe/Istanbul").unwrap_or(TimeZone::fixed(jiff::tz::offset(3)))
}

/// `moment` on the wall clock of Turkey.
#[must_use]
pub fn local(moment: Timestamp) -> ZonedDateTime {
    moment.to_zoned_datetime(istanbul())
}

/// `28/02/2022 17:52:34`, as the manual's Posta Durumu writes a moment (figure 11).
#[must_use]
pub fn posta_durumu_time(moment: Timestamp) -> String {
    local(moment).strftime("%d/%m/%Y %H:%M:%S").to_string()
}

/// `28.02.2022 17.52`, as screens write a moment.
#[must_use]
pub fn screen_time(moment: Timestamp) -> String {
    local(moment).strftime("%d.%m.%Y %H.%M").to_string()
}

/// `28.02.2022`, as letters and screens write a day.
#[must_use]
pub fn screen_date(moment: Timestamp) -> String {
    local(moment).strftime("%d.%m.%Y").to_string()
}
