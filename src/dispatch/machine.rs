//! The states of an outgoing message as one pure table (design part 5, decisions 13 and 14).
//!
//! ```text
//! Held ─ hold ended ─> Waiting ─ claimed ─> Submitting(n) ─ accepted ─> Sent
//!   └ stopped ─> Stopped   ^                   ├ refused ─> Failed ─ retried by a person ─> Waiting
//!                          ├─ surely not sent ─┤
//!                          └─ absent, proved ─ Unknown(n) ─ found ─> Sent
//! ```

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// The short time in which *Gönderimi durdur* works.
    Held,
    Waiting,
    /// A call is being made, or was being made when its worker vanished.
    Submitting,
    /// The answer was lost; the provider may have it. Never sent again blindly.
    Unknown,
    Sent,
    /// The provider refused it definitely.
    Failed,
    Stopped,
}

/// A state and the number of the last attempt, which fences every completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub state: State,
    /// 0 before the first call.
    pub attempt: i64,
}

/// What a call of the provider meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Accepted,
    /// Surely not done; may be tried again.
    NotSent,
    /// Surely not done, and will not be.
    Refused,
    /// Perhaps done.
    Unclear,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    HoldEnded,
    /// A person pressed *Gönderimi durdur*.
    StopAsked,
    /// A worker wrote down the intent to call.
    Claimed,
    /// The call of this attempt ended.
    Answered(i64, Outcome),
    /// The worker that made this attempt vanished.
    LeaseRanOut(i64),
    /// The message of this attempt was seen in a folder of the provider, or a person saw it.
    Found(i64),
    /// Complete listings prove (or a person states) that the provider does not have it.
    Absent(i64),
    /// A person wants a refused message tried again.
    RetryAsked,
}

/// The position after `event`, or nothing when the event does not belong here and is ignored.
#[must_use]
pub fn step(now: Position, event: Event) -> Option<Position> {
    let attempt = now.attempt;
    let to = |state| Some(Position { state, attempt });
    match (now.state, event) {
        (State::Held, Event::HoldEnded) => to(State::Waiting),
        (State::Held, Event::StopAsked) => to(State::Stopped),
        (State::Waiting, Event::Claimed) => Some(Position {
            state: State::Submitting,
            attempt: attempt + 1,
        }),
        // An answer that comes after the lease ran out is still the answer of this attempt.
        (State::Submitting | State::Unknown, Event::Answered(of, outcome)) if of == attempt => {
            match (outcome, now.state) {
                (Outcome::Accepted, _) => to(State::Sent),
                (Outcome::NotSent, _) => to(State::Waiting),
                (Outcome::Refused, _) => to(State::Failed),
                (Outcome::Unclear, State::Submitting) => to(State::Unknown),
                (Outcome::Unclear, _) => None,
            }
        }
        (State::Submitting, Event::LeaseRanOut(of)) if of == attempt => to(State::Unknown),
        (State::Unknown, Event::Found(of)) if of == attempt => to(State::Sent),
        (State::Unknown, Event::Absent(of)) if of == attempt => to(State::Waiting),
        (State::Failed, Event::RetryAsked) => to(State::Waiting),
        _ => None,
    }
}

impl State {
    /// The word in the database and in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Waiting => "waiting",
            Self::Submitting => "submitting",
            Self::Unknown => "unknown",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// Reads [`Self::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::Held,
            Self::Waiting,
            Self::Submitting,
            Self::Unknown,
            Self::Sent,
            Self::Failed,
            Self::Stopped,
        ]
        .into_iter()
        .find(|state| state.code() == code)
    }

    /// What is known, in the reader's words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Held => "Gönderim başlatıldı; henüz durdurulabilir",
            Self::Waiting => "Sırada",
            Self::Submitting => "KEP sağlayıcısına veriliyor",
            Self::Unknown => "Yanıt alınamadı, sağlayıcıya soruluyor",
            Self::Sent => "KEP sağlayıcısına verildi",
            Self::Failed => "KEP sağlayıcısı kabul etmedi",
            Self::Stopped => "Durduruldu",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A provider for the property: every call may take effect at once, late, or never.
    #[derive(Default)]
    struct World {
        /// (attempt, took effect, call may still take effect)
        calls: Vec<(i64, bool, bool)>,
    }

    impl World {
        fn has_it(&self) -> bool {
            self.calls.iter().any(|(_, done, _)| *done)
        }
        /// What complete listings after the longest delay may say: absent only when it is.
        fn absence_can_be_proved(&self) -> bool {
            !self.has_it() && self.calls.iter().all(|(_, _, open)| !open)
        }
    }

    proptest! {
        #[test]
        fn it_is_never_with_the_provider_twice(moves in proptest::collection::vec((0_u8..12, 0_i64..5), 0..60)) {
            let mut at = Position { state: State::Held, attempt: 0 };
            let mut world = World::default();
            for (kind, number) in moves {
                let event = match kind {
                    0 => Event::HoldEnded,
                    1 | 2 => Event::Claimed,
                    3 => {
                        // The call takes effect, now or after the client gave up.
                        if let Some(call) = world.calls.iter_mut().find(|call| call.2) {
                            (call.1, call.2) = (true, false);
                        }
                        continue;
                    }
                    4 => {
                        // The call ends without effect: its answer may be told or lost.
                        let Some(call) = world.calls.iter_mut().find(|call| call.2) else { continue };
                        call.2 = false;
                        Event::Answered(call.0, if number > 2 { Outcome::NotSent } else { Outcome::Unclear })
                    }
                    5 => {
                        let Some(call) = world.calls.iter_mut().find(|call| call.2) else { continue };
                        call.2 = false;
                        Event::Answered(call.0, Outcome::Refused)
                    }
                    6 => match world.calls.iter().find(|call| call.1) {
                        Some(call) => Event::Answered(call.0, Outcome::Accepted),
                        None => continue,
                    },
                    7 => Event::Answered(number, Outcome::Unclear),
                    8 => Event::LeaseRanOut(number),
                    9 if world.has_it() => Event::Found(number),
                    10 if world.absence_can_be_proved() => Event::Absent(number),
                    11 => Event::RetryAsked,
                    _ => Event::StopAsked,
                };
                if let Some(next) = step(at, event) {
                    prop_assert!(next.attempt >= at.attempt);
                    if next.state == State::Submitting {
                        prop_assert!(world.absence_can_be_proved(), "a second send was possible");
                        world.calls.push((next.attempt, false, true));
                    }
                    if next.state == State::Stopped {
                        prop_assert!(world.calls.is_empty());
                    }
                    at = next;
                }
            }
            prop_assert!(world.calls.iter().filter(|(_, done, _)| *done).count() <= 1);
        }
    }

    #[test]
    fn the_completion_of_an_old_attempt_is_ignored() {
        let now = Position {
            state: State::Submitting,
            attempt: 3,
        };
        for outcome in [
            Outcome::Accepted,
            Outcome::NotSent,
            Outcome::Refused,
            Outcome::Unclear,
        ] {
            assert_eq!(step(now, Event::Answered(2, outcome)), None);
        }
        assert_eq!(step(now, Event::LeaseRanOut(2)), None);
        assert_eq!(
            step(now, Event::Found(3)),
            None,
            "only an unclear call is looked up"
        );
    }
}
