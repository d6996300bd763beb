//! *Vekâlet*: who acts for whom, appointing a deputy, ending it early.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::MENU;
use crate::access::deputy::{self, Deputation, Listed};
use crate::access::user;
use crate::app::App;
use crate::document::draft::parse_day;
use crate::error::{Error, Problem, Result, invalid};
use crate::web::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other_with};

#[derive(askama::Template)]
#[template(path = "access/deputy.html")]
struct DeputyPage {
    chrome: PageChrome,
    problem: Option<Problem>,
    form: DeputyForm,
    people: Vec<(String, String, String)>,
    deputations: Vec<Listed>,
    now: Timestamp,
    own_id: String,
}

#[derive(Deserialize, Default, Clone)]
pub(super) struct DeputyForm {
    #[serde(default)]
    deputy: String,
    #[serde(default)]
    first: String,
    #[serde(default)]
    last: String,
}

async fn shown(
    app: &App,
    user: &CurrentUser,
    form: DeputyForm,
    problem: Option<Problem>,
) -> PageResult {
    let (people, deputations) = app
        .read(&user.actor, |tx, act| {
            Ok((user::colleagues(tx, act)?, deputy::list(tx, act)?))
        })
        .await?;
    page(&DeputyPage {
        chrome: PageChrome::new(app, user, MENU),
        problem,
        form,
        people,
        deputations,
        now: app.now(),
        own_id: user.actor.user_id.clone(),
    })
}

pub(super) async fn show(State(app): State<App>, user: CurrentUser) -> PageResult {
    shown(&app, &user, DeputyForm::default(), None).await
}

pub(super) async fn appoint(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<DeputyForm>,
) -> PageResult<Response> {
    match try_appoint(&app, &user, form.clone()).await {
        Ok(_) => Ok(see_other_with(&app, "/vekalet", "Vekâlet verildi.")),
        Err(Error::Problem(problem)) => {
            let again = shown(&app, &user, form, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

async fn try_appoint(app: &App, user: &CurrentUser, form: DeputyForm) -> Result<String> {
    let day = |text: &str| {
        parse_day(text).ok_or_else(|| {
            invalid(
                "tarih_gecersiz",
                "Günü gün.ay.yıl olarak yazın; örnek: 28.11.2026.",
            )
        })
    };
    let (first, last) = (day(&form.first)?, day(&form.last)?);
    app.write(&user.actor, move |tx, act| {
        let asked = Deputation::of_days(&act.actor.user_id, &form.deputy, first, last)?;
        deputy::appoint(tx, act, &asked)
    })
    .await
}

#[derive(Deserialize)]
pub(super) struct EndForm {
    id: String,
}

pub(super) async fn end(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<EndForm>,
) -> PageResult<Response> {
    app.write(&user.actor, move |tx, act| deputy::end(tx, act, &form.id))
        .await?;
    Ok(see_other_with(&app, "/vekalet", "Vekâlet bitirildi."))
}
