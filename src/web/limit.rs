//! A limit of tries per address or token, kept in memory: log-ins, public pages, programs.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

/// Keys remembered at most; beyond it windows that are over are dropped.
const REMEMBERED: usize = 10_000;

/// So many tries in `window` per key: an address, or the hash of a token.
#[derive(Debug)]
pub struct Limit<K> {
    window: SignedDuration,
    seen: Mutex<HashMap<K, (Timestamp, u32)>>,
}

impl<K: Eq + Hash> Limit<K> {
    #[must_use]
    pub fn new(window: SignedDuration) -> Self {
        Self {
            window,
            seen: Mutex::new(HashMap::new()),
        }
    }

    /// Counts a try.
    ///
    /// # Errors
    /// The time until the next one is allowed, when it is one more than `tries`.
    pub fn count(&self, key: K, tries: u32, now: Timestamp) -> Result<(), SignedDuration> {
        let mut seen = self
            .seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if seen.len() >= REMEMBERED {
            seen.retain(|_, (since, _)| now.duration_since(*since) < self.window);
        }
        let (since, count) = seen.entry(key).or_insert((now, 0));
        if now.duration_since(*since) >= self.window {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        if *count <= tries {
            return Ok(());
        }
        Err(self.window - now.duration_since(*since))
    }

    /// Takes a counted try back, because it was none that the limit is about.
    pub fn take_back(&self, key: &K) {
        let mut seen = self
            .seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, count)) = seen.get_mut(key) {
            *count = count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_counted_per_address_and_window() {
        let limit = Limit::new(SignedDuration::from_secs(60));
        let start = Timestamp::UNIX_EPOCH;
        let after = |seconds| start + SignedDuration::from_secs(seconds);
        assert!(limit.count("one", 2, start).is_ok());
        assert!(limit.count("one", 2, after(10)).is_ok());
        let pause = limit.count("one", 2, after(20)).unwrap_err();
        assert_eq!(pause, SignedDuration::from_secs(40));
        assert!(limit.count("two", 2, after(20)).is_ok());
        assert!(limit.count("one", 2, after(60)).is_ok());
        for second in 61..70 {
            assert!(limit.count("one", 2, after(second)).is_ok(), "{second}");
            limit.take_back(&"one");
        }
        limit.take_back(&"nobody");
    }
}
