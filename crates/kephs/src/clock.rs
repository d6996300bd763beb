//! Where the provider takes its time from: the machine, or a hand in tests.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// The present moment, handed in so that a legal period can pass in a test without waiting.
pub trait Clock: Send + Sync + 'static {
    /// Now, in milliseconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> Millis;
    /// Moves a manual clock and returns the new time; `None` for a clock that cannot be moved.
    fn advance(&self, _by: SignedDuration) -> Option<Millis> {
        None
    }
    /// Whether the clock moves only by [`Clock::advance`].
    fn is_manual(&self) -> bool {
        false
    }
}

/// Milliseconds since the epoch, the one form in which times are stored.
pub type Millis = i64;

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everybody else is given"
    )]
    fn now(&self) -> Millis {
        Timestamp::now().as_millisecond()
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Starts at `start` (milliseconds).
    pub fn starting_at(start: Millis) -> Self {
        Self(AtomicI64::new(start))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::SeqCst)
    }
    fn advance(&self, by: SignedDuration) -> Option<Millis> {
        let step = i64::try_from(by.as_millis()).ok()?;
        Some(
            self.0
                .fetch_add(step, Ordering::SeqCst)
                .saturating_add(step),
        )
    }
    fn is_manual(&self) -> bool {
        true
    }
}

/// A duration in milliseconds, saturating.
pub fn millis(duration: SignedDuration) -> Millis {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

/// `xsd:dateTime` in Turkish time, with milliseconds; with or without the offset.
pub fn xsd(at: Millis, with_offset: bool) -> String {
    let format = if with_offset {
        "%Y-%m-%dT%H:%M:%S.%3f%:z"
    } else {
        "%Y-%m-%dT%H:%M:%S.%3f"
    };
    in_turkey(at).strftime(format).to_string()
}

/// The time as the manual's screens write it: `28.02.2022 14:05:09`.
pub fn for_people(at: Millis) -> String {
    in_turkey(at).strftime("%d.%m.%Y %H:%M:%S").to_string()
}

/// The `Date:` header of RFC 5322.
pub fn mail_date(at: Millis) -> String {
    in_turkey(at)
        .strftime("%a, %d %b %Y %H:%M:%S %z")
        .to_string()
}

/// Reads an `xsd:dateTime`; one without an offset counts as Turkish time.
pub fn parse_xsd(text: &str) -> Option<Millis> {
    let text = text.trim();
    if let Ok(stamp) = text.parse::<Timestamp>() {
        return Some(stamp.as_millisecond());
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    Some(
        civil
            .to_zoned_datetime(turkey())
            .ok()?
            .timestamp()
            .as_millisecond(),
    )
}

/// The end of the fifth day after the day of `at`, in Turkey (Tebligat Kanunu article 7/a).
pub fn end_of_fifth_day(at: Millis) -> Millis {
    let sixth = in_turkey(at)
        .date()
        .checked_add(jiff::Span::new().days(6))
        .and_then(|day| day.at(0, 0, 0, 0).to_zoned_datetime(turkey()));
    sixth.map_or(at, |midnight| midnight.timestamp().as_millisecond())
}

fn in_turkey(at: Millis) -> jiff::ZonedDateTime {
    Timestamp::from_millisecond(at)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_zoned_datetime(turkey())
}

fn turkey() -> TimeZone {
    TimeZone::get("Europe/Istanbul").unwrap_or(TimeZone::fixed(jiff::tz::offset(3)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read_in_turkish_time() {
        let at = parse_xsd("2026-11-24T09:00:00Z").unwrap();
        assert_eq!(xsd(at, true), "2026-11-24T12:00:00.000+03:00");
        assert_eq!(parse_xsd(&xsd(at, false)), Some(at));
        assert_eq!(
            parse_xsd("2026-11-24"),
            parse_xsd("2026-11-24T00:00:00+03:00")
        );
        assert_eq!(parse_xsd("yarın"), None);
        assert_eq!(for_people(at), "24.11.2026 12:00:00");
    }

    #[test]
    fn the_fifth_day_ends_at_midnight_in_turkey() {
        let end = |text| for_people(end_of_fifth_day(parse_xsd(text).unwrap()));
        assert_eq!(end("2028-02-24T23:59:59+03:00"), "01.03.2028 00:00:00");
        assert_eq!(end("2026-12-31T00:00:00+03:00"), "06.01.2027 00:00:00");
    }
}
