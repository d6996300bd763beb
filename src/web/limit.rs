//! A limit of tries per address or token, kept in memory: log-ins, public pages, programs.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

/// Keys remembered at most. At that number room is made for a quarter of them at once, so that the
/// whole is looked through once in so many new keys and not at every try.
const REMEMBERED: usize = 10_000;
const ROOM: usize = REMEMBERED / 4;

/// So many tries in `window` per key: an address, or the hash of a token.
#[derive(Debug)]
pub struct Limit<K> {
    window: SignedDuration,
    seen: Mutex<HashMap<K, (Timestamp, u32)>>,
}

impl<K: Eq + Hash + Clone> Limit<K> {
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
        if seen.len() >= REMEMBERED && !seen.contains_key(&key) {
            self.make_room(&mut seen, now);
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

    /// Drops windows that are over, then those with the fewest tries, of equal ones the oldest:
    /// who has tried often stays counted, whatever crowd of new addresses comes by.
    fn make_room(&self, seen: &mut HashMap<K, (Timestamp, u32)>, now: Timestamp) {
        seen.retain(|_, (since, _)| now.duration_since(*since) < self.window);
        let surplus = (seen.len() + ROOM).saturating_sub(REMEMBERED);
        if surplus == 0 {
            return;
        }
        let mut keys: Vec<(u32, Timestamp, K)> = seen
            .iter()
            .map(|(key, (since, count))| (*count, *since, key.clone()))
            .collect();
        keys.sort_unstable_by_key(|(count, since, _)| (*count, *since));
        for (_, _, key) in keys.iter().take(surplus) {
            seen.remove(key);
        }
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

    #[test]
    fn a_crowd_of_addresses_takes_no_more_room_and_frees_nobody_who_tried_too_often() {
        let limit = Limit::new(SignedDuration::from_secs(60));
        let start = Timestamp::UNIX_EPOCH;
        for _ in 0..3 {
            let _ = limit.count(0, 2, start);
        }
        let held = || limit.seen.lock().unwrap().len();
        let (mut looked_through, mut before) = (0, held());
        for key in 1..50_000 {
            let now = start + SignedDuration::from_millis(key);
            assert!(limit.count(key, 2, now).is_ok(), "{key}");
            let held = held();
            assert!(held <= REMEMBERED, "{held}");
            looked_through += usize::from(held < before);
            before = held;
        }
        assert!(looked_through <= 50_000 / ROOM, "{looked_through} times");
        let now = start + SignedDuration::from_secs(55);
        assert!(limit.count(0, 2, now).is_err(), "still counted");
        // A window that is over makes room by itself.
        let later = start + SignedDuration::from_secs(3600);
        assert!(limit.count(0, 2, later).is_ok());
    }
}
