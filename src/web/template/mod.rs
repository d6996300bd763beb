//! *Yazı Şablonları*: what an institution's letters begin with, with the page beside the text.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::document::picture;
use super::failure::JsonError;
use super::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other_with};
use crate::access::{Act, Role};
use crate::app::App;
use crate::directory::{self, UnitId};
use crate::document::draft::Changes;
use crate::document::template::{self, Template};
use crate::document::{Closing, Confidentiality, DocumentKind};
use crate::error::{Error, Problem, Result};
use crate::store::Tx;
use crate::turkish;

const LIST: &str = "/yazi-sablonlari";
const MENU: &str = "Evrak İşlemleri";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(LIST, get(list).post(create))
        .route("/yazi-sablonlari/{id}", get(show).post(save))
        .route("/yazi-sablonlari/{id}/onizleme", post(preview))
        .route("/yazi-sablonlari/{id}/sil", post(delete))
}

fn address(id: &str) -> String {
    format!("{LIST}/{id}")
}

/// Units whose templates the person may keep, the own one first, the institution first for an
/// administrator: (id, name).
fn owners(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<(String, String)>> {
    if act.actor.has(Role::Administrator) {
        let units = directory::own_units(tx)?.into_iter();
        return Ok(units
            .map(|unit| (unit.id.as_str().to_owned(), unit.name))
            .collect());
    }
    let mut ids: Vec<&String> = act.actor.scope.iter().map(|(_, unit)| unit).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut units = Vec::new();
    for id in ids {
        if template::may_keep(act, id)
            && let Some(unit) = directory::by_id(tx, &UnitId::new(id.clone()))?
        {
            units.push((id.clone(), unit.name));
        }
    }
    units.sort_by(|one, other| turkish::compare(&one.1, &other.1));
    let home = act.actor.home_unit();
    units.sort_by_key(|(id, _)| Some(id.as_str()) != home);
    Ok(units)
}

#[derive(askama::Template)]
#[template(path = "template/list.html")]
struct ListPage {
    chrome: PageChrome,
    templates: Vec<Template>,
    owners: Vec<(String, String)>,
    form: NewForm,
    problem: Option<Problem>,
}

async fn list(State(app): State<App>, user: CurrentUser) -> PageResult {
    list_page(&app, &user, NewForm::default(), None).await
}

async fn list_page(
    app: &App,
    user: &CurrentUser,
    form: NewForm,
    problem: Option<Problem>,
) -> PageResult {
    let (templates, owners) = app
        .read(&user.actor, |tx, act| {
            Ok((template::list(tx, act)?, owners(tx, act)?))
        })
        .await?;
    page(&ListPage {
        chrome: PageChrome::new(app, user, MENU),
        templates,
        owners,
        form,
        problem,
    })
}

#[derive(Deserialize, Clone, Default)]
struct NewForm {
    name: String,
    unit: String,
}

async fn create(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<NewForm>,
) -> PageResult<Response> {
    let new = form.clone();
    let made = app
        .write(&user.actor, move |tx, act| {
            template::create(tx, act, &new.unit, &new.name)
        })
        .await;
    match made {
        Ok(id) => Ok(see_other_with(
            &app,
            &address(&id),
            "Şablon açıldı. Konusunu ve metnini yazıp kaydedin.",
        )),
        Err(Error::Problem(problem)) => {
            let again = list_page(&app, &user, form, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(askama::Template)]
#[template(path = "template/edit.html")]
struct EditPage {
    chrome: PageChrome,
    template: Template,
    may_keep: bool,
    problem: Option<Problem>,
}

impl EditPage {
    async fn load(app: &App, user: &CurrentUser, id: String) -> PageResult<Self> {
        let (template, may_keep) = app
            .read(&user.actor, move |tx, act| {
                let template = template::open(tx, act, &id)?;
                let may_keep = template::may_keep(act, &template.unit_id);
                Ok((template, may_keep))
            })
            .await?;
        Ok(Self {
            chrome: PageChrome::new(app, user, MENU),
            template,
            may_keep,
            problem: None,
        })
    }

    fn error(&self, field: &str) -> &str {
        self.problem
            .iter()
            .flat_map(|problem| &problem.fields)
            .find(|(name, _)| name == field)
            .map_or("", |(_, text)| text)
    }
}

async fn show(State(app): State<App>, user: CurrentUser, Path(id): Path<String>) -> PageResult {
    page(&EditPage::load(&app, &user, id).await?)
}

#[derive(Deserialize)]
struct TemplateForm {
    version: i64,
    name: String,
    subject: Option<String>,
    kind: Option<String>,
    confidentiality: Option<String>,
    personal: Option<String>,
    closing: Option<String>,
    plan_code: Option<String>,
    secondary_code: Option<String>,
    body: Option<String>,
    text: Option<String>,
}

impl TemplateForm {
    fn into_changes(self) -> Changes {
        Changes {
            personal: Some(self.personal.is_some()),
            subject: self.subject,
            kind: self.kind,
            confidentiality: self.confidentiality,
            closing: self.closing,
            plan_code: self.plan_code,
            secondary_code: self.secondary_code,
            body: self.body,
            text: self.text,
            ..Changes::default()
        }
    }
}

async fn save(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<TemplateForm>,
) -> PageResult<Response> {
    let (of, name, version) = (id.clone(), form.name.clone(), form.version);
    let typed = form.into_changes();
    let (new_name, changes) = (name.clone(), typed.clone());
    let saved = app
        .write(&user.actor, move |tx, act| {
            template::save(tx, act, &of, version, &new_name, &changes)
        })
        .await;
    match saved {
        Ok(()) => Ok(see_other_with(
            &app,
            &address(&id),
            "Şablon kaydedildi. Bundan sonra bu şablonla açılan yazılar böyle başlar.",
        )),
        Err(Error::Problem(problem))
            if !matches!(problem.code, "sablon_yok" | "yetki_yok" | "metin_okunamadi") =>
        {
            let mut shown = EditPage::load(&app, &user, id).await?;
            shown.template.show(&name, typed);
            shown.problem = Some(problem);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)?).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// The page with what is typed now; nothing is kept.
async fn preview(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<TemplateForm>,
) -> Result<Response, JsonError> {
    let typed = form.into_changes();
    let gathered = app
        .read(&user.actor, move |tx, act| {
            template::gather(tx, act, &id, typed)
        })
        .await?;
    let pages = app.press.pages(&app.blobs, gathered).await?;
    let pages: Vec<String> = pages.iter().map(|page| picture(page)).collect();
    Ok(Json(json!({ "pages": pages })).into_response())
}

#[derive(Deserialize)]
struct DeleteForm {
    version: i64,
}

async fn delete(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<DeleteForm>,
) -> PageResult<Response> {
    app.write(&user.actor, move |tx, act| {
        template::delete(tx, act, &id, form.version)
    })
    .await?;
    Ok(see_other_with(
        &app,
        LIST,
        "Şablon silindi; onunla açılmış yazılar olduğu gibi kaldı.",
    ))
}
