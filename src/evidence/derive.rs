//! What a set of evidence means: status and duty as a pure function (decisions 18 and 19).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use kep::evidence::EvidenceKind;

use super::text;
use crate::distribution::Channel;

/// One evidence as far as the meaning needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub provider: String,
    pub id: String,
    pub code: Option<i64>,
    pub kind: EvidenceKind,
    /// The provider's own text.
    pub text: String,
    pub at: Option<Timestamp>,
    /// The time as received.
    pub at_text: String,
    pub trust: Trust,
}

/// Whether an evidence may be relied on (ARCHITECTURE.md, "The path of an evidence").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trust {
    /// Only the provider's list tells of it; its file could not be fetched yet.
    Listed,
    /// Its signature does not verify, or it has none and the account demands one.
    Unproved,
    /// A person looked at it and decided that it does not count.
    Dismissed,
    /// It verifies, the account takes unsigned ones, or a person decided that it counts.
    Counted,
}

/// How far a letter got, by proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Nothing was handed over yet.
    None,
    /// Handed over; no evidence that says more.
    Sent,
    Accepted,
    RelayAccepted,
    Delivered,
    Read,
    DeemedRead,
    /// A notice that counts as served (Tebligat Kanunu article 7/a).
    Served,
    /// It did not reach them.
    Failed,
    /// On paper: handed to the post.
    Posted,
    /// On paper: the post delivered it.
    PaperDelivered,
    /// On paper: it came back.
    PaperReturned,
}

impl Standing {
    /// Whether no later evidence can say more. A notice is finished when it is served, whether
    /// somebody read it or not.
    #[must_use]
    pub fn is_final(self, channel: Channel) -> bool {
        match channel {
            Channel::Uets => self == Self::Served,
            _ => self == Self::Read,
        }
    }
}

/// What somebody must do now (manual, part 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Duty {
    None,
    /// Wait for the institution's incoming work.
    Wait,
    /// Call the institution.
    Contact,
    /// Send again on paper, without fail.
    Paper,
    /// The evidence contradicts itself or cannot be relied on; a person looks at it.
    Person,
    /// It goes on paper by choice: print and post it.
    Post,
}

/// The derived state of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Posta Durumu, newest first, joined by " / "; empty without evidence.
    pub line: String,
    pub standing: Standing,
    pub duty: Duty,
    /// The time of the evidence that decides the standing.
    pub at: Option<Timestamp>,
}

/// Derives status and duty; order and repetition of `facts` do not matter.
///
/// Only what counts moves a status. What does not verify goes to a person when it would change
/// the answer and nobody has to act yet; a duty to post or to call stays until a person decides.
/// What is only listed waits for its file, unless it tells of a duty that must not be missed.
#[must_use]
pub fn derive(facts: &[Fact]) -> Status {
    derive_for(Channel::Kep, facts)
}

/// The same in the words of a channel. A notice that is served asks nothing more of anybody.
#[must_use]
pub fn derive_for(channel: Channel, facts: &[Fact]) -> Status {
    let facts = distinct(facts);
    let with = |also: &dyn Fn(&Fact) -> bool| -> Judgement {
        let taken = |fact: &&Fact| fact.trust == Trust::Counted || also(fact);
        judge(&facts.iter().copied().filter(taken).collect::<Vec<_>>())
    };
    let counted = with(&|_| false);
    let unproved = with(&|fact| fact.trust == Trust::Unproved);
    let bad_news = with(&|fact| fact.trust == Trust::Listed && needs_somebody(fact.kind));
    let waits = matches!(counted.duty, Duty::Wait | Duty::None);
    let duty = if waits && (unproved.differs(&counted) || bad_news.differs(&counted)) {
        Duty::Person
    } else {
        counted.duty
    };
    let mut entries: Vec<String> = facts
        .iter()
        .map(|fact| text::entry(channel, fact))
        .collect();
    entries.dedup();
    Status {
        line: entries.join(" / "),
        standing: counted.standing,
        duty,
        at: counted.at,
    }
}

/// What a set of facts would mean if all of them were true.
struct Judgement {
    standing: Standing,
    duty: Duty,
    at: Option<Timestamp>,
}

impl Judgement {
    fn differs(&self, other: &Self) -> bool {
        (self.standing, self.duty) != (other.standing, other.duty)
    }
}

fn needs_somebody(kind: EvidenceKind) -> bool {
    kind == EvidenceKind::DeemedRead || FAILURES.contains(&kind)
}

/// Precedence (decision 19): read, counted as read, in the mailbox, failures, accepted by the
/// other provider, accepted. So a late failure never hides a proof.
fn judge(facts: &[&Fact]) -> Judgement {
    let holds = |kinds: &[EvidenceKind]| facts.iter().any(|fact| kinds.contains(&fact.kind));
    let (standing, duty, deciding): (_, _, &[EvidenceKind]) = if holds(&[EvidenceKind::Served]) {
        (Standing::Served, Duty::None, &[EvidenceKind::Served])
    } else if holds(&[EvidenceKind::Read]) {
        (Standing::Read, Duty::None, &[EvidenceKind::Read])
    } else if holds(&[EvidenceKind::DeemedRead]) {
        (
            Standing::DeemedRead,
            Duty::Contact,
            &[EvidenceKind::DeemedRead],
        )
    } else if holds(&[EvidenceKind::Delivered]) {
        let contradicted = holds(&[EvidenceKind::NotDelivered]);
        let duty = if contradicted {
            Duty::Person
        } else {
            Duty::Wait
        };
        (Standing::Delivered, duty, &[EvidenceKind::Delivered])
    } else if holds(&FAILURES) {
        (Standing::Failed, Duty::Paper, &FAILURES)
    } else if holds(&[EvidenceKind::RelayAccepted]) {
        (
            Standing::RelayAccepted,
            Duty::Wait,
            &[EvidenceKind::RelayAccepted],
        )
    } else if holds(&[EvidenceKind::Accepted]) {
        (Standing::Accepted, Duty::Wait, &[EvidenceKind::Accepted])
    } else {
        (Standing::Sent, Duty::Wait, &[])
    };
    let at = facts
        .iter()
        .filter(|fact| deciding.contains(&fact.kind))
        .filter_map(|fact| fact.at)
        .min();
    Judgement { standing, duty, at }
}

const FAILURES: [EvidenceKind; 4] = [
    EvidenceKind::NotDelivered,
    EvidenceKind::RelayFailed,
    EvidenceKind::RelayRejected,
    EvidenceKind::Rejected,
];

/// Each evidence once, newest first; those without a readable time stand last.
fn distinct(facts: &[Fact]) -> Vec<&Fact> {
    let by_key: BTreeMap<(&str, &str), &Fact> = facts
        .iter()
        .map(|fact| ((fact.provider.as_str(), fact.id.as_str()), fact))
        .collect();
    let mut facts: Vec<&Fact> = by_key.into_values().collect();
    facts.sort_by_key(|fact| {
        let words = (fact.at_text.as_str(), fact.text.as_str());
        Reverse((fact.at, fact.kind, fact.code, words, fact.trust))
    });
    facts
}

macro_rules! names {
    ($type:ident { $($variant:ident => $name:literal),+ $(,)? }) => {
        impl $type {
            /// The word in the database and in JSON.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Reads [`Self::code`]; an unknown word reads as the first value.
            #[must_use]
            pub fn from_code(code: &str) -> Self {
                match code { $($name => Self::$variant,)+ _ => Self::None }
            }
        }
    };
}
names!(Standing {
    None => "none",
    Sent => "sent",
    Accepted => "accepted",
    RelayAccepted => "relay_accepted",
    Delivered => "delivered",
    Read => "read",
    DeemedRead => "deemed_read",
    Served => "served",
    Failed => "failed",
    Posted => "posted",
    PaperDelivered => "paper_delivered",
    PaperReturned => "paper_returned",
});
names!(Duty {
    None => "none",
    Wait => "wait",
    Contact => "contact",
    Paper => "paper",
    Person => "person",
    Post => "post",
});

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fact(id: &str, kind: EvidenceKind, at: &str) -> Fact {
        Fact {
            provider: "ptt".to_owned(),
            id: id.to_owned(),
            code: kind.code(),
            kind,
            text: String::new(),
            at: at.parse().ok(),
            at_text: at.to_owned(),
            trust: Trust::Counted,
        }
    }

    fn trusted(kind: EvidenceKind, trust: Trust) -> Fact {
        let id = format!("{}-{trust:?}", kind.name());
        Fact {
            trust,
            ..fact(&id, kind, "2022-02-28T17:52:34+03:00")
        }
    }

    #[test]
    fn the_line_reads_as_in_figure_11() {
        let facts = [
            fact("1", EvidenceKind::Delivered, "2022-02-28T17:52:34+03:00"),
            fact("2", EvidenceKind::Read, "2022-03-01T08:58:39+03:00"),
        ];
        assert_eq!(
            derive(&facts).line,
            "60 - Alıcı kullanıcı tarafından okundu. (01/03/2022 08:58:39) / \
             40 - Alıcı kullanıcının mesaj kutusuna bırakıldı. (28/02/2022 17:52:34)"
        );
        let sent = "2022-02-28T17:50:10+03:00".parse().unwrap();
        assert_eq!(
            text::delivery_status(Channel::Kep, "", Some(sent)),
            "KEP Gönderimi (28/02/2022 17:50) Tarihinde Yapılmış"
        );
        assert_eq!(
            text::delivery_status(Channel::Kep, "", None),
            "KEP Dağıtımı Bekliyor"
        );
    }

    #[test]
    fn every_row_of_the_manuals_table_gives_its_duty() {
        use EvidenceKind::*;
        let at = "2022-02-28T17:52:34+03:00";
        let table: [(&[EvidenceKind], Standing, Duty); 12] = [
            (&[], Standing::Sent, Duty::Wait),
            (&[Unknown], Standing::Sent, Duty::Wait),
            (&[Accepted], Standing::Accepted, Duty::Wait),
            (
                &[Accepted, RelayAccepted],
                Standing::RelayAccepted,
                Duty::Wait,
            ),
            (&[Accepted, Delivered], Standing::Delivered, Duty::Wait),
            (&[Delivered, Read], Standing::Read, Duty::None),
            (
                &[Delivered, DeemedRead],
                Standing::DeemedRead,
                Duty::Contact,
            ),
            (&[DeemedRead, Read], Standing::Read, Duty::None),
            (&[Accepted, RelayFailed], Standing::Failed, Duty::Paper),
            (&[Rejected], Standing::Failed, Duty::Paper),
            (&[Accepted, RelayRejected], Standing::Failed, Duty::Paper),
            (
                &[Delivered, NotDelivered],
                Standing::Delivered,
                Duty::Person,
            ),
        ];
        for (kinds, standing, duty) in table {
            let facts: Vec<Fact> = kinds
                .iter()
                .map(|kind| fact(kind.name(), *kind, at))
                .collect();
            let status = derive(&facts);
            assert_eq!(
                (status.standing, status.duty),
                (standing, duty),
                "{kinds:?}"
            );
        }
    }

    #[test]
    fn what_is_unknown_or_unreadable_is_shown_and_not_hidden() {
        let mut odd = fact("7", EvidenceKind::Unknown, "dün öğlen");
        odd.code = Some(77);
        odd.text = "Başka bir delil".to_owned();
        let mut deemed = fact("8", EvidenceKind::DeemedRead, "2022-03-01T17:52:34+03:00");
        deemed.code = None;
        assert_eq!(
            derive(&[odd, deemed]).line,
            "İleti yasal süre içerisinde okunmadığından okundu kabul edildi. (01/03/2022 17:52:34) \
             / 77 - Başka bir delil (dün öğlen)"
        );
    }

    #[test]
    fn what_does_not_verify_moves_nothing_and_goes_to_a_person_when_it_matters() {
        use EvidenceKind::*;
        use Trust::*;
        type Told<'a> = &'a [(EvidenceKind, Trust)];
        let table: [(Told<'_>, Standing, Duty); 14] = [
            (&[(Read, Unproved)], Standing::Sent, Duty::Person),
            (&[(Unknown, Unproved)], Standing::Sent, Duty::Wait),
            (
                &[(Delivered, Counted), (Read, Unproved)],
                Standing::Delivered,
                Duty::Person,
            ),
            (
                &[(Delivered, Counted), (Accepted, Unproved)],
                Standing::Delivered,
                Duty::Wait,
            ),
            // What is proved already cannot be changed by what is not.
            (
                &[(Read, Counted), (NotDelivered, Unproved)],
                Standing::Read,
                Duty::None,
            ),
            // Nor does it take away what somebody must do.
            (
                &[(RelayFailed, Counted), (Read, Unproved)],
                Standing::Failed,
                Duty::Paper,
            ),
            (
                &[(DeemedRead, Counted), (Read, Unproved)],
                Standing::DeemedRead,
                Duty::Contact,
            ),
            (
                &[(Accepted, Counted), (NotDelivered, Unproved)],
                Standing::Accepted,
                Duty::Person,
            ),
            // A list alone is waited for, but never so that a failure goes unnoticed.
            (&[(Delivered, Listed)], Standing::Sent, Duty::Wait),
            (
                &[(Delivered, Counted), (Read, Listed)],
                Standing::Delivered,
                Duty::Wait,
            ),
            (
                &[(Accepted, Counted), (RelayFailed, Listed)],
                Standing::Accepted,
                Duty::Person,
            ),
            (
                &[(Delivered, Counted), (DeemedRead, Listed)],
                Standing::Delivered,
                Duty::Person,
            ),
            // A person has looked.
            (
                &[(Delivered, Counted), (Read, Dismissed)],
                Standing::Delivered,
                Duty::Wait,
            ),
            (&[(NotDelivered, Dismissed)], Standing::Sent, Duty::Wait),
        ];
        for (told, standing, duty) in table {
            let facts: Vec<Fact> = told
                .iter()
                .map(|(kind, trust)| trusted(*kind, *trust))
                .collect();
            let status = derive(&facts);
            assert_eq!((status.standing, status.duty), (standing, duty), "{told:?}");
        }
        assert_eq!(
            derive(&[trusted(Read, Unproved)]).line,
            "60 - Alıcı kullanıcı tarafından okundu. (28/02/2022 17:52:34) [doğrulanamadı]"
        );
    }

    proptest! {
        #[test]
        fn what_does_not_count_never_moves_a_status_and_never_closes_a_duty(
            picked in proptest::collection::vec((0_usize..11, 0_i64..5, 0_usize..4), 0..8),
        ) {
            let trusts = [Trust::Listed, Trust::Unproved, Trust::Dismissed, Trust::Counted];
            let facts: Vec<Fact> = picked.iter().enumerate().map(|(number, (kind, hour, trust))| {
                let mut fact = fact(&number.to_string(), EvidenceKind::ALL[*kind], "");
                fact.at = Timestamp::from_second(1_646_000_000 + hour * 3600).ok();
                fact.trust = trusts[*trust];
                fact
            }).collect();
            let counted: Vec<Fact> = facts.iter().filter(|fact| fact.trust == Trust::Counted).cloned().collect();
            let (all, alone) = (derive(&facts), derive(&counted));
            prop_assert_eq!((all.standing, all.at), (alone.standing, alone.at));
            prop_assert!(all.duty == alone.duty
                || (all.duty == Duty::Person && matches!(alone.duty, Duty::Wait | Duty::None)));
            // A failure that somebody tells of is on somebody's desk, unless it was dismissed or disproved.
            let told = facts.iter().any(|fact| FAILURES.contains(&fact.kind) && fact.trust != Trust::Dismissed);
            let proved = matches!(all.standing, Standing::Read | Standing::DeemedRead | Standing::Delivered | Standing::Served);
            prop_assert!(!told || proved || matches!(all.duty, Duty::Paper | Duty::Person));
        }

        #[test]
        fn order_and_repetition_change_nothing_and_proof_is_never_lost(
            picked in proptest::collection::vec((0_usize..11, 0_i64..5), 0..8),
            order in proptest::collection::vec(0_usize..8, 0..16),
        ) {
            let facts: Vec<Fact> = picked.iter().enumerate().map(|(number, (kind, hour))| {
                let kind = EvidenceKind::ALL[*kind];
                let mut fact = fact(&number.to_string(), kind, "");
                fact.at = Timestamp::from_second(1_646_000_000 + hour * 3600).ok();
                fact
            }).collect();
            let mut shuffled = facts.clone();
            for (from, to) in order.iter().enumerate() {
                if from < shuffled.len() && *to < shuffled.len() {
                    shuffled.swap(from, *to);
                }
            }
            let repeated: Vec<Fact> = shuffled.iter().chain(&facts).cloned().collect();
            prop_assert_eq!(derive(&facts), derive(&shuffled));
            prop_assert_eq!(derive(&facts), derive(&repeated));

            let proved = facts.iter().any(|fact| matches!(
                fact.kind, EvidenceKind::Served | EvidenceKind::Read | EvidenceKind::DeemedRead
                    | EvidenceKind::Delivered));
            let status = derive(&facts);
            prop_assert_eq!(proved, matches!(
                status.standing, Standing::Served | Standing::Read | Standing::DeemedRead | Standing::Delivered));
            prop_assert!(!proved || status.duty != Duty::Paper);
        }
    }
}
