//! Yeni Evrak, empty or by a template, Hazırlanan Evrak, and throwing a draft away.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::access::Role;
use crate::app::App;
use crate::directory::{self, UnitId};
use crate::document::State as LetterState;
use crate::document::draft;
use crate::document::template::{self, Template};
use crate::document::unfinished::{self, Filter, Line};
use crate::error::{Error, Problem, Result};
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
    templates: Vec<Template>,
    form: NewForm,
    problem: Option<Problem>,
}

/// What an address may choose before the person does.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default, rename = "sablon")]
    template: String,
}

pub(super) async fn new(
    State(app): State<App>,
    user: CurrentUser,
    Query(wanted): Query<Wanted>,
) -> PageResult {
    let form = NewForm {
        template: wanted.template,
        ..NewForm::default()
    };
    new_page(&app, &user, form, None).await
}

async fn new_page(
    app: &App,
    user: &CurrentUser,
    form: NewForm,
    problem: Option<Problem>,
) -> PageResult {
    let (units, templates) = app
        .read(&user.actor, |tx, act| {
            let units = writing_units(tx, &act.actor.scope, act.actor.home_unit())?;
            Ok((units, template::usable(tx, act)?))
        })
        .await?;
    page(&NewPage {
        chrome: PageChrome::new(app, user, MENU),
        units,
        templates,
        form,
        problem,
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

#[derive(Deserialize, Clone, Default)]
pub(super) struct NewForm {
    unit: String,
    /// Empty: Boş yazı.
    #[serde(default)]
    template: String,
}

pub(super) async fn create(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<NewForm>,
) -> PageResult<Response> {
    let wanted = form.clone();
    let started = app
        .write(&user.actor, move |tx, act| {
            if wanted.template.is_empty() {
                let letter_id = draft::create(tx, act, &wanted.unit)?;
                return Ok((letter_id, Vec::new()));
            }
            let started = template::start(tx, act, &wanted.unit, &wanted.template)?;
            Ok((started.letter_id, started.left_out))
        })
        .await;
    match started {
        Ok((id, left_out)) if left_out.is_empty() => Ok(see_other(&super::address(&id))),
        Ok((id, left_out)) => Ok(see_other_with(
            &app,
            &super::address(&id),
            &format!("Şablonun şu bilgileri alınamadı: {}", left_out.join(" ")),
        )),
        Err(Error::Problem(problem)) if problem.code.starts_with("sablon_") => {
            let again = new_page(&app, &user, form, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Deserialize)]
pub(super) struct TemplateForm {
    name: String,
}

/// *Şablon olarak kaydet*.
pub(super) async fn keep_as_template(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<TemplateForm>,
) -> PageResult<Response> {
    let (letter_id, name) = (id.clone(), form.name);
    let kept = app
        .write(&user.actor, move |tx, act| {
            template::save_letter(tx, act, &letter_id, &name)
        })
        .await;
    let words = match kept {
        Ok(_) => "Yazı, şablon olarak kaydedildi. Yeni Evrak ekranında seçilebilir.".to_owned(),
        Err(Error::Problem(problem)) if problem.code.starts_with("sablon_") => problem.message,
        Err(other) => return Err(other.into()),
    };
    Ok(see_other_with(&app, &super::address(&id), &words))
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
