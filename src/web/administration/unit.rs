//! *Kurum Birimleri*: the units that this installation serves, their KEP account, what sends itself.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::NAME;
use crate::app::App;
use crate::directory::{self, Unit, own};
use crate::dispatch::account;
use crate::error::{Error, Problem, not_found};
use crate::setting;
use crate::web::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other_with};

struct Row {
    unit: Unit,
    /// The account by which its letters leave: its own or the nearest above.
    account: Option<String>,
    sends_itself: bool,
}

/// The form that names the institution.
#[derive(Deserialize, Default, Clone)]
pub(super) struct OwnForm {
    number: String,
    /// Its name, typed to confirm it.
    #[serde(default)]
    name: String,
}

#[derive(askama::Template)]
#[template(path = "administration/own_units.html")]
struct UnitsPage {
    chrome: PageChrome,
    problem: Option<Problem>,
    form: OwnForm,
    rows: Vec<Row>,
    /// No letter yet, so the institution may still be changed.
    is_open: bool,
    asks_name: bool,
}

async fn shown(
    app: &App,
    user: &CurrentUser,
    form: OwnForm,
    problem: Option<Problem>,
) -> PageResult {
    user.actor.require_administrator()?;
    let (rows, is_open, asks_name) = app
        .read(&user.actor, |tx, _| {
            let mut rows = Vec::new();
            for unit in directory::own_units(tx)? {
                let chosen = setting::of_unit(tx, unit.id.as_str(), setting::SENDS_ITSELF)?;
                rows.push(Row {
                    account: account::serving(tx, unit.id.as_str())?.map(|found| found.address),
                    sends_itself: chosen.is_some_and(|value| value == "1"),
                    unit,
                });
            }
            Ok((rows, own::is_open(tx)?, own::asks_name(tx)?))
        })
        .await?;
    page(&UnitsPage {
        chrome: PageChrome::new(app, user, NAME),
        problem,
        form,
        rows,
        is_open,
        asks_name,
    })
}

pub(super) async fn list(State(app): State<App>, user: CurrentUser) -> PageResult {
    shown(&app, &user, OwnForm::default(), None).await
}

/// Names the institution that the installation serves.
pub(super) async fn choose_own(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<OwnForm>,
) -> PageResult<Response> {
    let typed = form.clone();
    let chosen = app
        .write(&user.actor, move |tx, act| {
            own::choose(tx, act, typed.number.trim(), &typed.name)
        })
        .await;
    match chosen {
        Ok(unit) => {
            let message = format!("{} bu kurulumun kurumu oldu.", unit.name);
            Ok(see_other_with(&app, "/yonetim/kurum-birimleri", &message))
        }
        Err(Error::Problem(problem)) if problem.code != "yetki_yok" => {
            let again = shown(&app, &user, form, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Deserialize)]
pub(super) struct ChooseForm {
    unit: String,
    /// `1`: letters of the unit send themselves after the last signature (decision 16).
    sends_itself: String,
}

pub(super) async fn choose(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<ChooseForm>,
) -> PageResult<Response> {
    let on = form.sends_itself == "1";
    app.write(&user.actor, move |tx, act| {
        act.actor.require_administrator()?;
        let own = directory::own_units(tx)?;
        if !own.iter().any(|unit| unit.id.as_str() == form.unit) {
            return Err(not_found("birim_yok", "Bu birim kurumunuzun birimi değil."));
        }
        let value = if on { "1" } else { "0" };
        setting::choose_for_unit(tx, act, &form.unit, setting::SENDS_ITSELF, value)
    })
    .await?;
    let message = if on {
        "Bu birimin yazıları son imzadan sonra kendiliğinden gönderilecek."
    } else {
        "Bu birimin yazılarını bundan sonra bir kişi gönderecek."
    };
    Ok(see_other_with(&app, "/yonetim/kurum-birimleri", message))
}
