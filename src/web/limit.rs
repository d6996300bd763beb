//! A limit of tries per address, kept in memory: log-ins and public pages.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

/// Addresses remembered at most; beyond it the oldest windows are dropped.
const REMEMBERED: usize = 10_000;

/// At most `tries` in `window` per address.
#[derive(Debug)]
pub struct Limit {
    tries: u32,
    window: SignedDuration,
    seen: Mutex<HashMap<IpAddr, (Timestamp, u32)>>,
}

impl Limit {
    #[must_use]
    pub fn new(tries: u32, window: SignedDuration) -> Self {
        Self {
            tries,
            window,
            seen: Mutex::new(HashMap::new()),
        }
    }

    /// Counts a try; false when it is one too many.
    pub fn allow(&self, address: IpAddr, now: Timestamp) -> bool {
        let mut seen = self
            .seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if seen.len() >= REMEMBERED {
            seen.retain(|_, (since, _)| now.duration_since(*since) < self.window);
        }
        let (since, count) = seen.entry(address).or_insert((now, 0));
        if now.duration_since(*since) >= self.window {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= self.tries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_counted_per_address_and_window() {
        let limit = Limit::new(2, SignedDuration::from_secs(60));
        let start = Timestamp::UNIX_EPOCH;
        let (one, two) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        assert!(limit.allow(one, start));
        assert!(limit.allow(one, start));
        assert!(!limit.allow(one, start));
        assert!(limit.allow(two, start));
        assert!(limit.allow(one, start + SignedDuration::from_secs(60)));
    }
}
