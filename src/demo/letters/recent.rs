//! The last hours before the visitor comes: letters that are still on their way, one for each
//! state of design 4.2 and part 5 that time would end.

use jiff::{SignedDuration, Timestamp};
use kephs::misbehaviour::{Kind, NewRule};

use super::Past;
use crate::access::Actor;
use crate::dispatch::send;
use crate::setting;

/// Longer than anybody looks at a fresh demo.
const FOR_TODAY: i64 = 20 * 60 * 60;
/// The code of *Alıcı kullanıcının mesaj kutusuna bırakıldı.*
const IN_MAILBOX: i64 = 40;

/// What holds a letter where it stands.
#[derive(Debug, Clone, Copy)]
enum Halt {
    /// In the mailbox, unread.
    Unread,
    /// Accepted; what comes after is late.
    Accepted,
    /// Handed over; no evidence yet.
    NoEvidence,
    /// The answer was lost and the listings do not show it: a person decides.
    Unknown,
    /// The provider refused it in words.
    Refused,
    /// Its evidence does not verify, so nothing of it counts: a person decides.
    Unproved,
}

/// Minutes before the end, which letter, and where it stands; indices of letters to one recipient.
const LETTERS: [(i64, usize, Halt); 9] = [
    (210, 401, Halt::Unread),
    (190, 402, Halt::Unknown),
    (170, 403, Halt::Refused),
    (150, 404, Halt::Accepted),
    (130, 406, Halt::Unread),
    (110, 407, Halt::Accepted),
    (80, 408, Halt::NoEvidence),
    (60, 412, Halt::Unproved),
    (40, 409, Halt::Unread),
];
const HELD: usize = 411;

impl Halt {
    fn rules(self) -> Vec<NewRule> {
        let once = |kind| NewRule::always(kind).times(1);
        match self {
            Self::Unread => Vec::new(),
            Self::Accepted => vec![
                NewRule::always(Kind::EvidenceLate)
                    .seconds(FOR_TODAY)
                    .number(IN_MAILBOX),
            ],
            Self::NoEvidence => vec![NewRule::always(Kind::EvidenceLate).seconds(FOR_TODAY)],
            Self::Unknown => vec![
                once(Kind::LoseAnswer).for_operation("Yukle"),
                once(Kind::ListLate).seconds(FOR_TODAY),
            ],
            Self::Refused => vec![once(Kind::Refuse).for_operation("Yukle")],
            Self::Unproved => vec![NewRule::always(Kind::EvidenceBroken)],
        }
    }
}

impl Past<'_> {
    /// Sends them, so that `end` finds each in its state.
    pub(super) async fn recent(&mut self, end: Timestamp) -> anyhow::Result<()> {
        self.resend_absent("0").await?;
        for (minutes, index, halt) in LETTERS {
            self.move_to(end - SignedDuration::from_mins(minutes))
                .await?;
            self.send_under(index, &halt.rules()).await?;
        }
        self.move_to(end).await?;
        self.resend_absent("").await
    }

    /// One that can still be stopped; sent last, with the longest time that can be chosen.
    pub(super) async fn held(&mut self) -> anyhow::Result<()> {
        let hold = setting::HOLD_SECONDS;
        let longest = hold.most.to_string();
        self.app
            .store
            .write(move |tx| setting::put(tx, hold.key, &longest))
            .await?;
        let id = self.approved(HELD).await?;
        let version = self.version(&id).await?;
        send::send(&self.app, &self.people.clerk, &id, version).await?;
        Ok(())
    }

    async fn resend_absent(&self, choice: &'static str) -> anyhow::Result<()> {
        self.app
            .write(&Actor::system(), move |tx, act| {
                setting::choose(tx, act, setting::RESEND_ABSENT, choice)
            })
            .await?;
        Ok(())
    }
}
