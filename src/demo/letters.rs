//! The demo's past: 300 letters that went the whole way through the rehearsal provider, under a
//! clock that is moved by hand, some that are on their way and some still on somebody's desk.

mod channels;
mod recent;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::civil::Weekday;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use kephs::engine::MessageRef;
use kephs::misbehaviour::{Kind, NewRule};

use crate::access::{Act, Actor, user};
use crate::app::App;
use crate::approval::chain::Planned;
use crate::approval::{act as steps, chain, sign};
use crate::clock::FixedClock;
use crate::command::progress_bar;
use crate::dispatch::{Worker, send};
use crate::distribution::{self, DestinationType};
use crate::document::draft::{self, Changes};
use crate::error::Result;
use crate::ids::SeededIds;
use crate::signature::rehearsal;
use crate::store::Tx;
use crate::worklist::{contact, list, posting};

/// Letters that were sent in the demo's past.
const PAST: usize = 300;
/// One letter leaves the office so often on a working day.
const PACE: SignedDuration = SignedDuration::from_mins(45);
/// Letters of one working day.
const A_DAY: i32 = 10;

/// Units of other institutions that the office writes to, by their demo number.
const RECIPIENTS: [&str; 16] = [
    "01038910", "02002201", "06146403", "01040001", "03141203", "07005006", "05146403", "01039901",
    "03141210", "07005029", "06146409", "02002200", "05146402", "03141204", "07005012", "05146405",
];

/// What an office writes about: subject, file code, text.
const MATTERS: [(&str, &str, &str); 10] = [
    (
        "Meclis kararlarının duyurulması",
        "105.04",
        "Belediye Meclisinin son birleşiminde alınan kararlar ekte gönderilmiştir.",
    ),
    (
        "Yol bakım ve onarım çalışması",
        "115.02.05",
        "İlçemiz sınırlarındaki yolun bakım ve onarım çalışmaları için görevlendirme yapılması gerekmektedir.",
    ),
    (
        "Bilgi ve belge talebi",
        "622.02",
        "Dosyada değerlendirilmek üzere ilgili bilgi ve belgelerin gönderilmesi gerekmektedir.",
    ),
    (
        "İçme suyu analiz sonuçları",
        "155.05",
        "İçme suyu örneklerinin analiz sonuçlarının tarafımıza bildirilmesi gerekmektedir.",
    ),
    (
        "Tören ve kutlama programı",
        "821",
        "Kutlama programı kapsamında kurumunuzdan bir temsilci görevlendirilmesi gerekmektedir.",
    ),
    (
        "Taşınmaz kayıtlarının güncellenmesi",
        "754",
        "Taşınmaz kayıtlarının güncel durumunun incelenerek bildirilmesi gerekmektedir.",
    ),
    (
        "Personel görevlendirmesi",
        "903.07",
        "Ortak çalışma grubunda görev alacak personelin adının bildirilmesi gerekmektedir.",
    ),
    (
        "Araç ve iş makinesi desteği",
        "809",
        "Afet hazırlıkları kapsamında araç ve iş makinesi desteği sağlanması gerekmektedir.",
    ),
    (
        "Öğrenci servisi güzergâhları",
        "115.02.10",
        "Öğrenci servislerinin güzergâhlarına ilişkin görüşünüzün bildirilmesi gerekmektedir.",
    ),
    (
        "Yıllık faaliyet bilgileri",
        "602.04",
        "Yıllık faaliyet raporunda yer alacak bilgilerin gönderilmesi gerekmektedir.",
    ),
];

/// What becomes of a past letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Read,
    DeemedRead,
    Spoilt(Kind),
}

impl Fate {
    fn of(index: usize) -> Self {
        match index % 20 {
            3 | 9 | 16 => Self::DeemedRead,
            6 => Self::Spoilt(Kind::RelayFailed),
            11 => Self::Spoilt(Kind::MailboxFull),
            14 => Self::Spoilt(Kind::RelayRejected),
            18 => Self::Spoilt(Kind::SubmissionRejected),
            _ => Self::Read,
        }
    }
}

/// A read that a recipient makes later.
type Reading = Reverse<(Timestamp, String, String)>;

/// Writes the past into an office that has people and a bound KEP account.
///
/// The provider runs in this process on a manual clock while the past is made, so every number,
/// message and evidence is what the real path makes of it.
///
/// # Errors
/// When a step of the path fails.
pub(super) async fn past(
    app: &App,
    provider: &kephs::Running,
    start: Timestamp,
) -> anyhow::Result<()> {
    let clock = Arc::new(FixedClock::at(start));
    let seeding = app
        .clone()
        .with(clock.clone(), Arc::new(SeededIds::new(20_261_124)));
    let mut past = Past {
        worker: Worker::new(seeding.clone()),
        people: People::load(&seeding).await?,
        app: seeding,
        clock,
        provider,
        readings: BinaryHeap::new(),
    };
    let bar = progress_bar("Yazılar");
    bar.set_length(PAST as u64);
    for (index, at) in office_hours(start, app.now()).take(PAST).enumerate() {
        past.move_to(at).await?;
        past.send_one(index, at).await?;
        if index + channels::BEFORE_THE_END == PAST {
            past.other_channels(index).await?;
        }
        bar.set_position(index as u64 + 1);
    }
    past.recent(app.now()).await?;
    past.close_old_duties().await?;
    past.post_outcomes().await?;
    past.leave_some_on_desks().await?;
    past.held().await?;
    super::incoming::arrive(&past.app, provider).await?;
    bar.finish();
    Ok(())
}

/// Moments at which an office sends: Monday to Friday, from nine o'clock on.
fn office_hours(start: Timestamp, end: Timestamp) -> impl Iterator<Item = Timestamp> {
    let first = crate::clock::local(start)
        .date()
        .tomorrow()
        .unwrap_or_default();
    first
        .series(1.day())
        .filter(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday))
        .filter_map(|day| {
            day.at(9, 0, 0, 0)
                .to_zoned_datetime(crate::clock::istanbul())
                .ok()
        })
        .flat_map(|morning| (0..A_DAY).map(move |turn| morning.timestamp() + PACE * turn))
        .take_while(move |at| *at < end)
}

struct Past<'a> {
    app: App,
    clock: Arc<FixedClock>,
    provider: &'a kephs::Running,
    worker: Worker,
    people: People,
    readings: BinaryHeap<Reading>,
}

struct People {
    clerk: Actor,
    manager: Actor,
    mayor: Actor,
    registry: Actor,
    unit: String,
}

impl People {
    async fn load(app: &App) -> anyhow::Result<Self> {
        let load = async |login: &'static str| {
            app.store
                .read(move |tx| {
                    let account =
                        user::by_login(tx, login)?.with_context(|| format!("demo user {login}"))?;
                    user::actor(tx, &account.id)
                })
                .await
        };
        let clerk = load("ayse").await?;
        let unit = clerk.home_unit().context("demo unit")?.to_owned();
        Ok(Self {
            clerk,
            manager: load("mehmet").await?,
            mayor: load("ali").await?,
            registry: load("zeynep").await?,
            unit,
        })
    }
}

impl Past<'_> {
    /// Moves both clocks, lets recipients read on the way, and brings evidence in.
    async fn move_to(&mut self, at: Timestamp) -> anyhow::Result<()> {
        while let Some(Reverse((when, _, _))) = self.readings.peek() {
            if *when > at {
                break;
            }
            let Some(Reverse((when, address, kep_id))) = self.readings.pop() else {
                break;
            };
            self.advance_provider(when)?;
            let which = MessageRef {
                kep_id: Some(kep_id),
                folder: "INBOX".into(),
                sira_no: None,
            };
            self.provider.provider().confirm(&address, &which)?;
        }
        self.advance_provider(at)?;
        self.clock.set(at);
        self.worker.round().await?;
        Ok(())
    }

    fn advance_provider(&self, at: Timestamp) -> anyhow::Result<()> {
        let provider = self.provider.provider();
        let by = at.as_millisecond() - provider.now();
        if by > 0 {
            provider.advance(SignedDuration::from_millis(by))?;
        }
        Ok(())
    }

    async fn send_one(&mut self, index: usize, at: Timestamp) -> anyhow::Result<()> {
        let fate = Fate::of(index);
        let rules: Vec<NewRule> = match fate {
            Fate::Spoilt(kind) => vec![NewRule::always(kind).times(1)],
            _ => Vec::new(),
        };
        let id = self.send_under(index, &rules).await?;
        if fate == Fate::Read {
            let after = SignedDuration::from_mins(i64::try_from(20 + index * 37 % 1_100)?);
            self.plan_reading(&id, at + after).await?;
        }
        Ok(())
    }

    /// Sends a letter while the provider misbehaves by these rules; says its id.
    async fn send_under(&mut self, index: usize, rules: &[NewRule]) -> anyhow::Result<String> {
        let id = self.approved(index).await?;
        for rule in rules {
            self.provider.provider().misbehave(rule)?;
        }
        let version = self.version(&id).await?;
        send::send(&self.app, &self.people.clerk, &id, version).await?;
        self.worker.round().await?;
        self.provider.provider().behave_entirely()?;
        Ok(id)
    }

    async fn plan_reading(&mut self, id: &str, when: Timestamp) -> anyhow::Result<()> {
        let id = id.to_owned();
        let messages = self
            .app
            .read(&self.people.registry, move |tx, act| {
                distribution::list::list(tx, act, &id)?;
                Ok(crate::dispatch::store::messages_of(tx, &id)?)
            })
            .await?;
        for message in messages {
            if let Some(kep_id) = message.provider_id {
                self.readings.push(Reverse((when, message.address, kep_id)));
            }
        }
        Ok(())
    }

    /// A letter through draft, initial and signature.
    async fn approved(&self, index: usize) -> anyhow::Result<String> {
        let id = self.submitted(index).await?;
        self.signed(&id).await?;
        Ok(id)
    }

    /// Initial and signature of a letter that was submitted.
    async fn signed(&self, id: &str) -> anyhow::Result<()> {
        self.step(&self.people.manager, id, steps::initial).await?;
        let version = self.version(id).await?;
        let mayor = &self.people.mayor;
        let prepared = sign::prepare(&self.app, mayor, id, version).await?;
        let signed = rehearsal::sign(&self.app, mayor, &prepared.content, rehearsal::PIN).await?;
        let letter_id = id.to_owned();
        self.app
            .write(mayor, move |tx, act| {
                sign::complete(tx, act, &letter_id, prepared.version, &signed)
            })
            .await?;
        Ok(())
    }

    async fn submitted(&self, index: usize) -> anyhow::Result<String> {
        let id = self.drafted(index).await?;
        self.step(&self.people.clerk, &id, steps::submit).await?;
        Ok(id)
    }

    async fn drafted(&self, index: usize) -> anyhow::Result<String> {
        let (subject, code, text) = MATTERS[index % MATTERS.len()];
        let unit = self.people.unit.clone();
        let plan = [
            ("initial", &self.people.manager),
            ("signature", &self.people.mayor),
        ]
        .map(|(kind, who)| Planned {
            kind: kind.into(),
            user_id: who.user_id.clone(),
        });
        let urgent = index.is_multiple_of(13);
        let first = RECIPIENTS[index % RECIPIENTS.len()].to_owned();
        let second = RECIPIENTS[(index * 7 + 3) % RECIPIENTS.len()].to_owned();
        let several = index.is_multiple_of(5) && first != second;
        let id = self
            .app
            .write(&self.people.clerk, move |tx, act| -> Result<String> {
                let id = draft::create(tx, act, &unit)?;
                let version = draft::open(tx, act, &id)?.version;
                let changes = Changes {
                    subject: Some(subject.to_owned()),
                    plan_code: Some(code.to_owned()),
                    urgency: urgent.then(|| "urgent".to_owned()),
                    text: Some(format!("{text}\n\nBilgilerinizi ve gereğini")),
                    note: Some(format!("Dosya {}", index + 1)),
                    ..Changes::default()
                };
                draft::save(tx, act, &id, version, &changes)?;
                let mut units = vec![first];
                units.extend(several.then_some(second));
                let kep = DestinationType::ExternalKep;
                distribution::list::add_units(tx, act, &id, kep, &units)?;
                chain::set(tx, act, &id, &plan)?;
                Ok(id)
            })
            .await?;
        Ok(id)
    }

    async fn version(&self, id: &str) -> Result<i64> {
        let id = id.to_owned();
        self.app
            .read(&self.people.registry, move |tx, act| {
                Ok(draft::open(tx, act, &id)?.version)
            })
            .await
    }

    /// One act of the chain by one person.
    async fn step(
        &self,
        who: &Actor,
        id: &str,
        act_of: fn(&mut Tx<'_>, &Act<'_>, &str, i64) -> Result<()>,
    ) -> Result<()> {
        let version = self.version(id).await?;
        let id = id.to_owned();
        self.app
            .write(who, move |tx, act| act_of(tx, act, &id, version))
            .await
    }
}

/// Duties older than this were done by somebody; younger ones still stand on the work list.
const DONE_AFTER: SignedDuration = SignedDuration::from_hours(24 * 12);

impl Past<'_> {
    /// What a diligent registry has done: postings for what failed, talks about what nobody read.
    async fn close_old_duties(&self) -> anyhow::Result<()> {
        let before = self.app.now() - DONE_AFTER;
        self.app
            .write(&self.people.registry, move |tx, act| {
                let mut posted = 100_000_001_u64..;
                close(
                    tx,
                    act,
                    before,
                    list::Kind::Paper,
                    |tx, act, item, since| {
                        let posting = posting::Posting {
                            recipient_id: item.subject_id.clone(),
                            posted_on: crate::clock::local(since)
                                .date()
                                .tomorrow()
                                .unwrap_or_default(),
                            barcode: Some(format!("RR{:09}TR", posted.next().unwrap_or_default())),
                            handover_record: None,
                            note: String::new(),
                        };
                        posting::record(tx, act, &posting)
                    },
                )?;
                close(
                    tx,
                    act,
                    before,
                    list::Kind::Contact,
                    |tx, act, item, since| {
                        let note = contact::Note {
                            recipient_id: item.subject_id.clone(),
                            with_whom: "Evrak birimi".to_owned(),
                            spoken_at: since + SignedDuration::from_hours(20),
                            result: contact::Outcome::TakenUp,
                            note: String::new(),
                        };
                        contact::record(tx, act, &note)
                    },
                )
            })
            .await?;
        Ok(())
    }

    /// Letters of today: drafts, in approval, returned, signed and waiting to be sent.
    async fn leave_some_on_desks(&self) -> anyhow::Result<()> {
        for index in 0..6 {
            self.drafted(PAST + index).await?;
        }
        for index in 6..12 {
            self.submitted(PAST + index).await?;
        }
        for index in 12..15 {
            let id = self.submitted(PAST + index).await?;
            let version = self.version(&id).await?;
            self.app
                .write(&self.people.manager, move |tx, act| {
                    let reason = "Muhatap birim yanlış seçilmiş; düzeltip yeniden sunun.";
                    steps::give_back(tx, act, &id, version, reason)
                })
                .await?;
        }
        for index in 15..19 {
            self.approved(PAST + index).await?;
        }
        Ok(())
    }
}

/// Closes what has stood on one list since before a moment; a list shows a page at a time.
fn close(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    before: Timestamp,
    kind: list::Kind,
    mut done: impl FnMut(&mut Tx<'_>, &Act<'_>, &list::Item, Timestamp) -> Result<()>,
) -> Result<()> {
    loop {
        let mut closed = 0;
        for item in list::of(tx, act, kind)?.items {
            if let Some(since) = item.since.filter(|since| *since < before) {
                done(tx, act, &item, since)?;
                closed += 1;
            }
        }
        if closed == 0 {
            return Ok(());
        }
    }
}
