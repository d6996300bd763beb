//! Yeni Evrak, Hazırlanan Evrak, and throwing a draft away.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::access::Role;
use crate::app::App;
use crate::directory::{self, UnitId};
use crate::document::State as LetterState;
use crate::document::draft;
use crate::document::unfinished::{self, Filter, Line};
use crate::error::Result;
use crate::store::Tx;
use crate::web::{
    CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other, see_other_with,
};

const MENU: &str = "Evrak İşlemleri";

#[derive(askama::Template)]
#[template(path = "document/new.html")]
struct NewPage {
    chrome: PageChrome,
    units: Vec<(String, String)>,
}

pub(super) async fn new(State(app): State<App>, user: CurrentUser) -> PageResult {
    let units = app
        .read(&user.actor, |tx, act| {
            writing_units(tx, &act.actor.scope, act.actor.home_unit())
        })
        .await?;
    page(&NewPage {
        chrome: PageChrome::new(&app, &user, MENU),
        units,
    })
}

/// Units in which the person may write, the own one first.
fn writing_units(
    tx: &mut Tx<'_>,
    scope: &[(Role, String)],
    home: Option<&str>,
) -> Result<Vec<(String, String)>> {
    let mut units: Vec<(String, String)> = Vec::new();
    for (role, id) in scope {
        let writes = matches!(role, Role::Clerk | Role::Approver | Role::Registry);
        if !writes || units.iter().any(|(known, _)| known == id) {
            continue;
        }
        if let Some(unit) = directory::by_id(tx, &UnitId::new(id.clone()))? {
            units.push((id.clone(), unit.name));
        }
    }
    units.sort_by(|a, b| crate::turkish::compare(&a.1, &b.1));
    units.sort_by_key(|(id, _)| Some(id.as_str()) != home);
    Ok(units)
}

#[derive(Deserialize)]
pub(super) struct NewForm {
    unit: String,
}

pub(super) async fn create(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<NewForm>,
) -> PageResult<Response> {
    let id = app
        .write(&user.actor, move |tx, act| {
            draft::create(tx, act, &form.unit)
        })
        .await?;
    Ok(see_other(&super::address(&id)))
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    durum: String,
    sonra: Option<String>,
}

#[derive(askama::Template)]
#[template(path = "document/unfinished.html")]
struct UnfinishedPage {
    chrome: PageChrome,
    filter: Filter,
    lines: Vec<Line>,
    more: String,
}

pub(super) async fn unfinished(
    State(app): State<App>,
    user: CurrentUser,
    Query(chosen): Query<Chosen>,
) -> PageResult {
    let filter = Filter::from_code(&chosen.durum).unwrap_or(Filter::Own);
    let found = app
        .read(&user.actor, move |tx, act| {
            unfinished::page(tx, act, filter, chosen.sonra.as_deref())
        })
        .await?;
    page(&UnfinishedPage {
        chrome: PageChrome::new(&app, &user, MENU),
        filter,
        more: found.next.map_or_else(String::new, |next| {
            format!("/evrak?durum={}&sonra={next}", filter.code())
        }),
        lines: found.lines,
    })
}

#[derive(Deserialize)]
pub(super) struct VersionForm {
    version: i64,
}

pub(super) async fn discard(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<VersionForm>,
) -> PageResult<Response> {
    app.write(&user.actor, move |tx, act| {
        unfinished::discard(tx, act, &id, form.version)
    })
    .await?;
    Ok(see_other_with(&app, "/evrak", "Taslak silindi."))
}
