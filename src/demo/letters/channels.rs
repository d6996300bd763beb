//! Beside KEP: two distribution plans, letters on paper in several states, a notice that was served.

use anyhow::Context as _;

use super::{Past, RECIPIENTS};
use crate::access::Act;
use crate::clock;
use crate::directory::outside::{self, Entry};
use crate::dispatch::send;
use crate::distribution::{DestinationType, list, plan};
use crate::error::Result;
use crate::paper::list as handover;
use crate::paper::{self, State, outcome};
use crate::store::Tx;

/// How many letters before the end of the past the other channels are used.
pub(super) const BEFORE_THE_END: usize = 80;
const REASON: &str = "Ekteki proje paftası A1 boyutunda.";
const UETS: &str = "35846-96487-38597";

impl Past<'_> {
    /// Plans of the clerk's unit, four letters on paper (three of them posted) and one notice.
    pub(super) async fn other_channels(&self, index: usize) -> anyhow::Result<()> {
        let unit = self.people.unit.clone();
        self.app
            .write(&self.people.clerk, move |tx, act| {
                let paper = DestinationType::ExternalPaper;
                let kep = DestinationType::ExternalKep;
                let units = RECIPIENTS.map(str::to_owned);
                let id = plan::create(tx, act, &unit, "Edirne ilçe kurumları")?;
                plan::add_units(tx, act, &id, 1, kep, &units[..8])?;
                let id = plan::create(tx, act, &unit, "Meclis kararı dağıtımı (KEP ve kâğıt)")?;
                plan::add_units(tx, act, &id, 1, kep, &units[8..12])?;
                plan::add_units(tx, act, &id, 2, paper, &units[12..14])
            })
            .await?;
        for turn in 0..4_usize {
            let id = self.drafted(index + turn).await?;
            let letter = id.clone();
            let unit = RECIPIENTS[(turn * 3) % RECIPIENTS.len()].to_owned();
            self.app
                .write(&self.people.clerk, move |tx, act| {
                    clear(tx, act, &letter)?;
                    let paper = DestinationType::ExternalPaper;
                    list::add_units(tx, act, &letter, paper, &[unit])?;
                    for line in list::list(tx, act, &letter)? {
                        let address = format!("Cumhuriyet Caddesi No: {}\n22800 Edirne", turn + 7);
                        list::set_paper(tx, act, &letter, &line.id, &address, REASON)?;
                    }
                    Ok(())
                })
                .await?;
            self.send_off(&id).await?;
            if turn < 3 {
                self.post(&id, turn).await?;
            } else {
                self.hand_over(&id).await?;
            }
        }
        self.notice(index + 4).await
    }

    /// What the post said later about two of the envelopes.
    pub(super) async fn post_outcomes(&self) -> anyhow::Result<()> {
        self.app
            .write(&self.people.registry, |tx, act| {
                let all = paper::search(tx, act, Some(State::Posted), "RR8000", None)?.items;
                let day = clock::local(act.now).date();
                if let Some(item) = all.first() {
                    outcome::delivered(tx, act, &item.id, day, "Evrak bürosu")?;
                }
                if let Some(item) = all.get(1) {
                    outcome::returned(tx, act, &item.id, day, "Adreste tanınmıyor")?;
                }
                Ok(())
            })
            .await?;
        Ok(())
    }

    /// By a handover list, as the registry takes envelopes to the post.
    async fn post(&self, letter: &str, turn: usize) -> anyhow::Result<()> {
        let letter = letter.to_owned();
        self.app
            .write(&self.people.registry, move |tx, act| {
                let items = envelopes(tx, act, &letter)?;
                let kind = handover::Kind::Handover;
                let made = handover::create(tx, act, kind, &items, "Keşan PTT Merkez Müdürlüğü")?;
                let codes: Vec<_> = items
                    .into_iter()
                    .map(|item| (item, format!("RR80000000{turn}TR")))
                    .collect();
                let day = clock::local(act.now).date();
                handover::post_all(tx, act, &made, day, &codes)?;
                Ok(())
            })
            .await?;
        Ok(())
    }

    /// The last one waits with the messenger, who took it on a list of custody.
    async fn hand_over(&self, letter: &str) -> anyhow::Result<()> {
        let letter = letter.to_owned();
        self.app
            .write(&self.people.registry, move |tx, act| {
                let items = envelopes(tx, act, &letter)?;
                let kind = handover::Kind::Custody;
                let messenger = "Kemal Uçar, posta görevlisi";
                let made = handover::create(tx, act, kind, &items, messenger)?;
                let day = clock::local(act.now).date();
                handover::receive(tx, act, &made, &items, day, messenger, false)
            })
            .await?;
        Ok(())
    }

    /// A notice to a person, which counts as served by now.
    async fn notice(&self, index: usize) -> anyhow::Result<()> {
        let id = self.drafted(index).await?;
        let letter = id.clone();
        let unit = self.people.unit.clone();
        self.app
            .write(&self.people.clerk, move |tx, act| {
                let party = outside::add(
                    tx,
                    act,
                    &Entry {
                        kind: "person",
                        name: "Mehmet Işık",
                        identifier: "10000000146",
                        kep_address: "",
                        uets_address: UETS,
                        confirmed_uets: UETS,
                        postal_address: "İstasyon Caddesi No: 12\n22800 Keşan / Edirne",
                        source: "dilekçe",
                        owner_unit_id: &unit,
                    },
                )?;
                clear(tx, act, &letter)?;
                list::add_party(tx, act, &letter, DestinationType::ExternalUets, &party.id)
            })
            .await
            .context("demo notice")?;
        self.send_off(&id).await
    }

    async fn send_off(&self, id: &str) -> anyhow::Result<()> {
        self.step(&self.people.clerk, id, crate::approval::act::submit)
            .await?;
        self.signed(id).await?;
        let version = self.version(id).await?;
        send::send(&self.app, &self.people.clerk, id, version).await?;
        self.worker.round().await?;
        Ok(())
    }
}

fn envelopes(tx: &mut Tx<'_>, act: &Act<'_>, letter: &str) -> Result<Vec<String>> {
    let mut items = Vec::new();
    for line in list::list(tx, act, letter)? {
        items.push(paper::prepare(tx, act, &line.id)?.id);
    }
    Ok(items)
}

fn clear(tx: &mut Tx<'_>, act: &Act<'_>, letter: &str) -> Result<()> {
    let ids: Vec<String> = list::list(tx, act, letter)?
        .into_iter()
        .map(|line| line.id)
        .collect();
    list::remove(tx, act, letter, &ids)
}
