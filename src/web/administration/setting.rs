//! *Ayarlar*: every setting with its default and bounds.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::NAME;
use crate::app::App;
use crate::document::scan;
use crate::error::{Error, Kind, Problem};
use crate::setting::{self, CHOICES, Choice, NUMBERS, Number, TEXTS, Text};
use crate::web::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other_with};

/// A number with what was chosen; empty means the default.
struct NumberRow {
    setting: Number,
    chosen: String,
}

struct TextRow {
    setting: Text,
    chosen: String,
}

struct ChoiceRow {
    choice: Choice,
    chosen: String,
}

/// What stands above the settings.
enum Told {
    Nothing,
    Well(&'static str),
    Problem(Problem),
}

#[derive(askama::Template)]
#[template(path = "administration/settings.html")]
struct SettingsPage {
    chrome: PageChrome,
    told: Told,
    numbers: Vec<NumberRow>,
    choices: Vec<ChoiceRow>,
    texts: Vec<TextRow>,
}

async fn shown(
    app: &App,
    user: &CurrentUser,
    typed: Option<&ChooseForm>,
    told: Told,
) -> PageResult {
    user.actor.require_administrator()?;
    let (numbers, choices, mut texts) = app
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
            let mut texts = Vec::new();
            for setting in TEXTS {
                texts.push(TextRow {
                    setting: *setting,
                    chosen: setting::text(tx, setting.key)?.unwrap_or_default(),
                });
            }
            Ok((numbers, choices, texts))
        })
        .await?;
    for row in &mut texts {
        if let Some(typed) = typed.filter(|typed| typed.key == row.setting.key) {
            row.chosen.clone_from(&typed.value);
        }
    }
    page(&SettingsPage {
        chrome: PageChrome::new(app, user, NAME),
        told,
        numbers,
        choices,
        texts,
    })
}

pub(super) async fn show(State(app): State<App>, user: CurrentUser) -> PageResult {
    shown(&app, &user, None, Told::Nothing).await
}

#[derive(Deserialize, Clone)]
pub(super) struct ChooseForm {
    key: String,
    value: String,
}

pub(super) async fn choose(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<ChooseForm>,
) -> PageResult<Response> {
    let known = NUMBERS.iter().any(|setting| setting.key == form.key)
        || CHOICES.iter().any(|choice| choice.key == form.key)
        || TEXTS.iter().any(|text| text.key == form.key);
    if !known {
        let message = "Böyle bir ayar yok. Sayfayı yenileyin.";
        return Err(crate::error::not_found("ayar_yok", message).into());
    }
    let typed = form.clone();
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
            let again = shown(&app, &user, Some(&typed), Told::Problem(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// *Dene* beside the virus scanner: what is typed there is asked, nothing is saved.
pub(super) async fn try_scanner(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<ChooseForm>,
) -> PageResult<Response> {
    user.actor.require_administrator()?;
    let address = form.value.trim();
    let tried = if address.is_empty() {
        Err("Önce tarayıcının adresini yazın.".to_owned())
    } else {
        match setting::check(setting::CLAMD.key, address) {
            Ok(()) => scan::probe(address).await,
            Err(Error::Problem(problem)) => Err(problem.message),
            Err(other) => return Err(other.into()),
        }
    };
    match tried {
        Ok(()) => shown(&app, &user, Some(&form), Told::Well(SCANNER_WORKS)).await,
        Err(why) => {
            let problem = Problem::new(Kind::Invalid, "tarayici_calismiyor", why);
            let again = shown(&app, &user, Some(&form), Told::Problem(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
    }
}

const SCANNER_WORKS: &str = "Tarayıcı çalışıyor: sınama dosyasını (EICAR) buldu. Adresi \
    kaydetmediyseniz Kaydet'e basın.";
