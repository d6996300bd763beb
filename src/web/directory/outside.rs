//! *Rehberde Yok: Kişi/Kuruluş Ekle* as a form, with the parties that one's units keep.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::Deserialize;

use super::super::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other_with};
use crate::app::App;
use crate::directory::outside::{self, Entry, Party, PartyKind};
use crate::error::{Error, Problem, forbidden};

#[derive(Deserialize, Default)]
pub(super) struct SearchQuery {
    #[serde(default)]
    adi: String,
}

#[derive(Deserialize, Default)]
pub(super) struct PartyForm {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    identifier: String,
    #[serde(default)]
    kep_address: String,
    #[serde(default)]
    uets_address: String,
    /// The UETS address that the person confirmed by name.
    #[serde(default)]
    confirmed_uets: String,
    #[serde(default)]
    postal_address: String,
    #[serde(default)]
    source: String,
}

#[derive(askama::Template)]
#[template(path = "directory/outside.html")]
struct OutsidePage {
    chrome: PageChrome,
    typed: String,
    parties: Vec<Party>,
    form: PartyForm,
    problem: Option<Problem>,
}

impl OutsidePage {
    /// Everything fits but the UETS address, which a person must compare with its source.
    fn confirms_uets(&self) -> bool {
        self.problem
            .as_ref()
            .is_some_and(|problem| problem.code == "uets_dogrula")
    }

    /// The sentence that belongs to a field, empty when it is right.
    fn wrong(&self, field: &str) -> &str {
        self.problem
            .iter()
            .flat_map(|problem| &problem.fields)
            .find(|(name, _)| name == field)
            .map_or("", |(_, sentence)| sentence.as_str())
    }
}

pub(super) async fn show(
    State(app): State<App>,
    user: CurrentUser,
    Query(query): Query<SearchQuery>,
) -> PageResult {
    page(&filled(&app, &user, query.adi, PartyForm::default(), None).await?)
}

/// What was typed stays on the page when a field is wrong.
pub(super) async fn add(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<PartyForm>,
) -> PageResult {
    let unit = user
        .actor
        .home_unit()
        .ok_or_else(|| forbidden("yetki_yok", "Kayıt için bir birimde rolünüz olmalı."))?
        .to_owned();
    let (kept, form) = app
        .write(&user.actor, move |tx, act| {
            let entry = Entry {
                kind: &form.kind,
                name: &form.name,
                identifier: &form.identifier,
                kep_address: &form.kep_address,
                uets_address: &form.uets_address,
                confirmed_uets: &form.confirmed_uets,
                postal_address: &form.postal_address,
                source: &form.source,
                owner_unit_id: &unit,
            };
            let kept = match outside::add(tx, act, &entry) {
                Err(Error::Problem(problem)) => Err(problem),
                other => Ok(other?),
            };
            Ok((kept, form))
        })
        .await?;
    match kept {
        Ok(party) => {
            let message = format!("{} kaydedildi; dağıtım listesinde seçilebilir.", party.name);
            Ok(see_other_with(&app, "/rehber-disi", &message))
        }
        Err(problem) => {
            let shown = filled(&app, &user, String::new(), form, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)?).into_response())
        }
    }
}

async fn filled(
    app: &App,
    user: &CurrentUser,
    typed: String,
    form: PartyForm,
    problem: Option<Problem>,
) -> Result<OutsidePage, Error> {
    let text = typed.clone();
    let parties = app
        .read(&user.actor, move |tx, act| outside::search(tx, act, &text))
        .await?;
    Ok(OutsidePage {
        chrome: PageChrome::new(app, user, "Evrak İşlemleri"),
        typed,
        parties,
        form,
        problem,
    })
}
