//! The office of the demo: the directory grown by rule, a municipality of one's own, its people.

use std::collections::HashMap;

use anyhow::Context as _;

use crate::access::user::NewUser;
use crate::access::{Act, Actor, password, user};
use crate::app::App;
use crate::command::progress_bar;
use crate::directory::{self, import, seed};
use crate::error::Result;
use crate::store::Tx;
use crate::{fileplan, setting};

use super::people::{PASSWORD, PEOPLE};

/// The municipality that the demo plays: Keşan, by its number of the demo series.
pub const INSTITUTION: &str = "01039100";
/// Set once everything is seeded; a folder without it is seeded again from its start.
const SEEDED: &str = "demo.seeded";

/// True when an earlier start seeded the folder to its end.
pub(super) fn is_seeded(app: &App) -> Result<bool> {
    Ok(app
        .store
        .read_blocking(|tx| setting::text(tx, SEEDED))?
        .is_some())
}

/// Refuses a folder in which an earlier seeding was cut off: its past cannot be made twice.
pub(super) fn require_fresh(app: &App) -> anyhow::Result<()> {
    let letters: i64 = app
        .store
        .read_blocking(|tx| tx.scalar("SELECT COUNT(*) FROM document", crate::params![]))?;
    if letters == 0 {
        return Ok(());
    }
    anyhow::bail!(
        "{} klasöründeki demo verisi yarım kalmış. `make clean-demo` ile silip yeniden başlatın.",
        app.config.data.display()
    )
}

/// The rehearsal provider takes a message at most so long after a call began, in seconds.
const PROVIDER_DELAY_SECONDS: &str = "60";

/// The demo's settings: how long a letter is held and when an unread one counts as read.
pub(super) fn settings(tx: &mut Tx<'_>, hold: i64, legal_period: i64) -> Result<()> {
    setting::put(tx, setting::HOLD_SECONDS.key, &hold.to_string())?;
    setting::put(
        tx,
        setting::LEGAL_PERIOD_SECONDS.key,
        &legal_period.to_string(),
    )?;
    setting::put(
        tx,
        setting::PROVIDER_DELAY_SECONDS.key,
        PROVIDER_DELAY_SECONDS,
    )?;
    Ok(())
}

/// Marks the folder as seeded.
pub(super) fn mark_seeded(app: &App) -> Result<()> {
    Ok(app
        .store
        .write_blocking(|tx| setting::put(tx, SEEDED, "1"))?)
}

/// Grows the directory and the file plan; running it again changes nothing.
pub(super) fn directory(app: &App) -> anyhow::Result<()> {
    let units: Vec<import::Numbered> = (1..).zip(seed::units(seed::Schools::default())?).collect();
    let bar = progress_bar("Rehber");
    bar.set_length(units.len() as u64);
    import::write(&app.store, units.into_iter(), app.now(), |done| {
        bar.set_position(done as u64)
    })?;
    bar.finish();
    fileplan::fill(&app.store)?;
    Ok(())
}

/// Marks the own institution and makes its people; people that exist stay as they are.
pub(super) fn people(app: &App) -> anyhow::Result<()> {
    let now = app.now();
    let ids = std::sync::Arc::clone(&app.ids);
    let hash = password::hash(PASSWORD, &*ids).context("demo password")?;
    app.store.write_blocking(move |tx| -> Result<()> {
        let units = own_units(tx)?;
        let actor = Actor::system();
        let act = Act {
            actor: &actor,
            now,
            ids: &*ids,
        };
        for person in PEOPLE {
            if user::by_login(tx, person.login)?.is_some() {
                continue;
            }
            let roles = person
                .roles
                .iter()
                .map(|(role, unit)| {
                    let id = units
                        .get(*unit)
                        .with_context(|| format!("demo unit {unit}"))?;
                    Ok((*role, id.clone()))
                })
                .collect::<anyhow::Result<_>>()?;
            let new = NewUser {
                login: person.login.to_owned(),
                full_name: person.full_name.to_owned(),
                title: person.title.to_owned(),
                password_hash: hash.clone(),
                roles,
                is_demo: true,
            };
            user::add(tx, &act, &new)?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Unit names of the own institution with their ids; the institution under the empty name.
pub(super) fn own_units(tx: &mut Tx<'_>) -> Result<HashMap<String, String>> {
    let institution = directory::by_number(tx, INSTITUTION)?
        .with_context(|| format!("{INSTITUTION} is not in the directory"))?;
    directory::mark_own(tx, &institution.id)?;
    let mut units = HashMap::new();
    for unit in directory::page(tx, Some(&institution.id), None, 500)? {
        units.insert(unit.name.clone(), unit.id.as_str().to_owned());
    }
    units.insert(String::new(), institution.id.as_str().to_owned());
    Ok(units)
}
