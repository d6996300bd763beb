//! *Ayarlar*: every setting with its default and bounds.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::NAME;
use crate::app::App;
use crate::error::{Error, Problem};
use crate::setting::{self, CHOICES, Choice, NUMBERS, Number};
use crate::web::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other_with};

/// A number with what was chosen; empty means the default.
struct NumberRow {
    setting: Number,
    chosen: String,
}

struct ChoiceRow {
    choice: Choice,
    chosen: String,
}

#[derive(askama::Template)]
#[template(path = "administration/settings.html")]
struct SettingsPage {
    chrome: PageChrome,
    problem: Option<Problem>,
    numbers: Vec<NumberRow>,
    choices: Vec<ChoiceRow>,
}

async fn shown(app: &App, user: &CurrentUser, problem: Option<Problem>) -> PageResult {
    user.actor.require_administrator()?;
    let (numbers, choices) = app
        .read(&user.actor, |tx, _| {
            let mut numbers = Vec::new();
            for setting in NUMBERS {
                numbers.push(NumberRow {
                    setting: *setting,
                    chosen: setting::text(tx, setting.key)?.unwrap_or_default(),
                });
            }
            let mut choices = Vec::new();
            for choice in CHOICES {
                choices.push(ChoiceRow {
                    choice: *choice,
                    chosen: setting::chosen(tx, *choice)?,
                });
            }
            Ok((numbers, choices))
        })
        .await?;
    page(&SettingsPage {
        chrome: PageChrome::new(app, user, NAME),
        problem,
        numbers,
        choices,
    })
}

pub(super) async fn show(State(app): State<App>, user: CurrentUser) -> PageResult {
    shown(&app, &user, None).await
}

#[derive(Deserialize)]
pub(super) struct ChooseForm {
    key: String,
    value: String,
}

pub(super) async fn choose(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<ChooseForm>,
) -> PageResult<Response> {
    let known = NUMBERS.iter().any(|setting| setting.key == form.key)
        || CHOICES.iter().any(|choice| choice.key == form.key);
    if !known {
        let message = "Böyle bir ayar yok. Sayfayı yenileyin.";
        return Err(crate::error::not_found("ayar_yok", message).into());
    }
    let chosen = app
        .write(&user.actor, move |tx, act| {
            setting::choose(tx, act, &form.key, form.value.trim())
        })
        .await;
    match chosen {
        Ok(()) => Ok(see_other_with(
            &app,
            "/yonetim/ayarlar",
            "Ayar kaydedildi; hemen geçerli.",
        )),
        Err(Error::Problem(problem)) if problem.code == "ayar_gecersiz" => {
            let again = shown(&app, &user, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(other) => Err(other.into()),
    }
}
