//! What measurements have in common.

use std::time::Duration;

/// The time in milliseconds that `percent` of the measurements do not exceed.
pub fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort();
    let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
    times
        .get(place)
        .map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
}
