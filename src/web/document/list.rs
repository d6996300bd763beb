//! Yeni Evrak and Taslaklarım.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::access::Role;
use crate::app::App;
use crate::directory::{self, UnitId};
use crate::document::{self, Summary, draft};
use crate::error::Result;
use crate::store::Tx;
use crate::web::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other};

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

#[derive(askama::Template)]
#[template(path = "document/drafts.html")]
struct DraftsPage {
    chrome: PageChrome,
    letters: Vec<Summary>,
}

pub(super) async fn drafts(State(app): State<App>, user: CurrentUser) -> PageResult {
    let letters = app
        .read(&user.actor, |tx, act| Ok(document::drafts_of(tx, act)?))
        .await?;
    page(&DraftsPage {
        chrome: PageChrome::new(&app, &user, MENU),
        letters,
    })
}
