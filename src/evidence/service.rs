//! When an electronic notice counts as served: Tebligat Kanunu article 7/a.
//!
//! "Elektronik yolla tebligat, muhatabın elektronik adresine ulaştığı tarihi izleyen beşinci günün
//! sonunda yapılmış sayılır": the day of arrival does not count, all five days do, weekends and
//! holidays too, and reading earlier changes nothing. DYS counts from the provider's evidence of
//! arrival and shows an expectation; the provider's own evidence decides.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::clock;

/// Days after the day of arrival.
const DAYS: i64 = 5;

/// The fifth day after the day, in Turkey, on which the notice arrived.
#[must_use]
pub fn served_on(arrived: Timestamp) -> Date {
    let day = clock::local(arrived).date();
    day.checked_add(DAYS.days()).unwrap_or(day)
}

/// The end of that day: the first moment at which the notice counts as served.
///
/// `shortened`: a rehearsal's period in place of the law's (decision 27).
#[must_use]
pub fn served_at(arrived: Timestamp, shortened: Option<SignedDuration>) -> Timestamp {
    if let Some(period) = shortened {
        return arrived + period;
    }
    served_on(arrived)
        .tomorrow()
        .and_then(|next| next.at(0, 0, 0, 0).to_zoned_datetime(clock::istanbul()))
        .map_or(arrived, |midnight| midnight.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_end_of_the_fifth_day_over_months_leap_years_and_midnight() {
        for (arrived, on, at) in [
            // An ordinary week.
            (
                "2026-11-24T09:00:00+03:00",
                "2026-11-29",
                "2026-11-30T00:00:00+03:00",
            ),
            // The last second of a day and the first of the next.
            (
                "2026-11-24T23:59:59+03:00",
                "2026-11-29",
                "2026-11-30T00:00:00+03:00",
            ),
            (
                "2026-11-25T00:00:00+03:00",
                "2026-11-30",
                "2026-12-01T00:00:00+03:00",
            ),
            // Midnight in UTC is three in the morning in Turkey: the day is Turkey's.
            (
                "2026-11-24T21:00:00Z",
                "2026-11-30",
                "2026-12-01T00:00:00+03:00",
            ),
            (
                "2026-11-24T20:59:59Z",
                "2026-11-29",
                "2026-11-30T00:00:00+03:00",
            ),
            // Month ends of 30 and 31 days, the year's end.
            (
                "2026-04-26T12:00:00+03:00",
                "2026-05-01",
                "2026-05-02T00:00:00+03:00",
            ),
            (
                "2026-01-30T12:00:00+03:00",
                "2026-02-04",
                "2026-02-05T00:00:00+03:00",
            ),
            (
                "2026-12-28T12:00:00+03:00",
                "2027-01-02",
                "2027-01-03T00:00:00+03:00",
            ),
            // February with and without a 29th.
            (
                "2027-02-24T12:00:00+03:00",
                "2027-03-01",
                "2027-03-02T00:00:00+03:00",
            ),
            (
                "2028-02-24T12:00:00+03:00",
                "2028-02-29",
                "2028-03-01T00:00:00+03:00",
            ),
            // Before 2016 Turkey moved its clocks: the day after the change began an hour earlier.
            (
                "2015-03-25T12:00:00+02:00",
                "2015-03-30",
                "2015-03-31T00:00:00+03:00",
            ),
        ] {
            let arrived: Timestamp = arrived.parse().unwrap();
            assert_eq!(served_on(arrived).to_string(), on, "{arrived}");
            assert_eq!(served_at(arrived, None), at.parse().unwrap(), "{arrived}");
        }
        let arrived: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
        let shortened = Some(SignedDuration::from_mins(3));
        assert_eq!(
            served_at(arrived, shortened),
            arrived + SignedDuration::from_mins(3)
        );
    }

    proptest! {
        #[test]
        fn five_whole_days_lie_between_and_later_is_never_earlier(
            second in 1_500_000_000_i64..2_500_000_000, later in 0_i64..1_000_000,
        ) {
            let first = Timestamp::from_second(second).unwrap();
            let second = Timestamp::from_second(second + later).unwrap();
            let served = served_at(first, None);
            let hours = served.duration_since(first).as_hours();
            prop_assert!((5 * 24..=6 * 24).contains(&hours), "{hours}");
            prop_assert!(served <= served_at(second, None));
            prop_assert_eq!(clock::local(served).time(), jiff::civil::Time::midnight());
        }
    }
}
