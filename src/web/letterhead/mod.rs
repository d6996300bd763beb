//! *Antet*: what an institution's letters look like, with the page beside it.

use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::administration::NAME;
use super::document::picture;
use super::failure::JsonError;
use super::form::{TOKEN_FIELD, check_token};
use super::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other_with, upload};
use crate::app::App;
use crate::directory::{self, Unit};
use crate::document::freeze;
use crate::document::render::{self, Gathered};
use crate::error::{Error, Problem, Result, invalid, malformed};
use crate::letterhead::{self, Chosen, Names};
use crate::store::BlobHash;

/// A logo or four faces; each has its own smaller limit.
const LARGEST: usize = 40 * 1024 * 1024;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/yonetim/antet", get(list))
        .route("/yonetim/antet/{unit}", get(show).post(save))
        .route("/yonetim/antet/{unit}/onizleme", post(preview))
        .route(
            "/yonetim/antet/{unit}/dosya",
            post(take_file).layer(DefaultBodyLimit::max(LARGEST)),
        )
        .route("/yonetim/antet/{unit}/kaldir", post(remove_file))
}

fn address(unit_id: &str) -> String {
    format!("/yonetim/antet/{unit_id}")
}

struct Row {
    unit: Unit,
    is_chosen: bool,
}

#[derive(askama::Template)]
#[template(path = "letterhead/list.html")]
struct ListPage {
    chrome: PageChrome,
    rows: Vec<Row>,
}

async fn list(State(app): State<App>, user: CurrentUser) -> PageResult {
    user.actor.require_administrator()?;
    let rows = app
        .read(&user.actor, |tx, _| {
            let chosen = letterhead::units(tx)?;
            let units = directory::own_units(tx)?;
            Ok(units
                .into_iter()
                .map(|unit| Row {
                    is_chosen: chosen.iter().any(|id| id == unit.id.as_str()),
                    unit,
                })
                .collect())
        })
        .await?;
    let chrome = PageChrome::new(&app, &user, NAME);
    page(&ListPage { chrome, rows })
}

#[derive(askama::Template)]
#[template(path = "letterhead/edit.html")]
struct EditPage {
    chrome: PageChrome,
    unit: Unit,
    chosen: Chosen,
    /// The unit has no choice of its own yet; what is shown is what holds for it.
    is_inherited: bool,
    problem: Option<Problem>,
}

impl EditPage {
    async fn load(
        app: &App,
        user: &CurrentUser,
        unit_id: String,
        problem: Option<Problem>,
    ) -> PageResult<Self> {
        user.actor.require_administrator()?;
        let (unit, chosen, is_inherited) = app
            .read(&user.actor, move |tx, _| {
                let unit = letterhead::require_own(tx, &unit_id)?;
                let (chosen, own) = of_form(tx, &unit_id)?;
                Ok((unit, chosen, !own))
            })
            .await?;
        Ok(Self {
            chrome: PageChrome::new(app, user, NAME),
            unit,
            chosen,
            is_inherited,
            problem,
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

/// What the form starts from, and whether the unit chose it itself: what holds for the unit is
/// the first version of its own choice.
fn of_form(tx: &mut crate::store::Tx<'_>, unit_id: &str) -> Result<(Chosen, bool)> {
    match letterhead::own(tx, unit_id)? {
        Some(own) => Ok((own, true)),
        None => Ok((
            Chosen {
                version: 0,
                ..letterhead::of_unit(tx, unit_id)?
            },
            false,
        )),
    }
}

async fn show(State(app): State<App>, user: CurrentUser, Path(unit): Path<String>) -> PageResult {
    page(&EditPage::load(&app, &user, unit, None).await?)
}

#[derive(Deserialize)]
struct Form {
    version: i64,
    header: String,
    contact: String,
    person: String,
    verification: String,
    size: i64,
}

impl Form {
    fn put_into(self, chosen: &mut Chosen) {
        let lines = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
        chosen.version = self.version;
        chosen.header = lines(&self.header);
        chosen.contact = lines(&self.contact);
        chosen.person = lines(&self.person);
        chosen.verification = lines(&self.verification);
        chosen.size = self.size;
    }
}

async fn save(
    State(app): State<App>,
    Path(unit): Path<String>,
    CheckedForm { user, form }: CheckedForm<Form>,
) -> PageResult<Response> {
    let unit_id = unit.clone();
    let typed = app
        .read(&user.actor, move |tx, _| {
            let (mut chosen, _) = of_form(tx, &unit_id)?;
            form.put_into(&mut chosen);
            Ok(chosen)
        })
        .await?;
    match keep(&app, &user, unit.clone(), typed.clone()).await {
        Ok(()) => Ok(see_other_with(
            &app,
            &address(&unit),
            "Antet kaydedildi. Bundan sonra imzaya hazırlanan yazılar böyle çıkar.",
        )),
        Err(Error::Problem(problem)) if !problem.fields.is_empty() => {
            let mut shown = EditPage::load(&app, &user, unit, Some(problem)).await?;
            shown.chosen = typed;
            let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
            Ok((status, page(&shown)?).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// Keeps a choice only after a sample letter was set with it.
async fn keep(app: &App, user: &CurrentUser, unit: String, chosen: Chosen) -> Result<()> {
    user.actor.require_administrator()?;
    letterhead::check(&chosen)?;
    let sample = sample(app, user, unit.clone(), chosen.clone()).await?;
    app.press.pdf(&app.blobs, sample).await.map_err(unfit)?;
    app.write(&user.actor, move |tx, act| {
        letterhead::save(tx, act, &unit, &chosen)
    })
    .await
}

/// What cannot be set with the sample letter cannot be set with any.
fn unfit(error: Error) -> Error {
    match error.code() {
        "yazi_dizilemedi" => invalid(
            "antet_dizilemedi",
            "Kaydedilmedi: bu antetle örnek yazı basılamadı. Logoyu RGB renkli PNG olarak ya da başka \
             bir yazı tipiyle deneyin.",
        ),
        _ => error,
    }
}

async fn sample(app: &App, user: &CurrentUser, unit: String, chosen: Chosen) -> Result<Gathered> {
    let drafter = render::person(&user.actor.full_name);
    let config = std::sync::Arc::clone(&app.config);
    let today = crate::clock::local(app.now()).date();
    app.read(&user.actor, move |tx, act| {
        act.actor.require_administrator()?;
        letterhead::require_own(tx, &unit)?;
        let names = Names {
            drafter,
            drafter_title: "Unvan".to_owned(),
            ..Names::of_unit(tx, &unit)?
        };
        freeze::sample(tx, &config, today, chosen, names)
    })
    .await
}

/// The sample letter with what is typed now; nothing is kept.
async fn preview(
    State(app): State<App>,
    Path(unit): Path<String>,
    CheckedForm { user, form }: CheckedForm<Form>,
) -> Result<Response, JsonError> {
    let unit_id = unit.clone();
    let chosen = app
        .read(&user.actor, move |tx, act| {
            act.actor.require_administrator()?;
            let (mut chosen, _) = of_form(tx, &unit_id)?;
            form.put_into(&mut chosen);
            letterhead::check(&chosen)?;
            Ok(chosen)
        })
        .await?;
    let sample = sample(&app, &user, unit, chosen).await?;
    let pages = app.press.pages(&app.blobs, sample).await?;
    let pages: Vec<String> = pages.iter().map(|page| picture(page)).collect();
    Ok(Json(json!({ "pages": pages })).into_response())
}

/// A logo or the files of a font, by the name of the part that carries them.
async fn take_file(
    State(app): State<App>,
    user: CurrentUser,
    Path(unit): Path<String>,
    multipart: Multipart,
) -> PageResult<Response> {
    user.actor.require_administrator()?;
    match take(&app, &user, unit.clone(), multipart).await {
        Ok(()) => Ok(see_other_with(&app, &address(&unit), "Dosya alındı.")),
        Err(Error::Problem(problem)) => {
            let shown = EditPage::load(&app, &user, unit, Some(problem)).await?;
            let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
            Ok((status, page(&shown)?).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

async fn take(app: &App, user: &CurrentUser, unit: String, mut form: Multipart) -> Result<()> {
    let unit_id = unit.clone();
    let mut chosen = app
        .read(&user.actor, move |tx, _| Ok(of_form(tx, &unit_id)?.0))
        .await?;
    let (mut token_seen, mut faces, mut logo) = (false, Vec::new(), None);
    while let Some(field) = form.next_field().await.map_err(upload::broken)? {
        let place = field.name().unwrap_or_default().to_owned();
        if place == TOKEN_FIELD {
            let token = field.text().await.map_err(upload::broken)?;
            check_token(user, Some(&token)).map_err(|error| error.0)?;
            token_seen = true;
            continue;
        }
        let Some(name) = upload::file_name(&field) else {
            continue;
        };
        if !token_seen {
            check_token(user, None).map_err(|error| error.0)?;
        }
        let file = upload::read(field, name, 8_000_000).await?;
        match place.as_str() {
            "left_logo" | "right_logo" => {
                letterhead::check_logo(file.bytes.clone())?;
                logo = Some((place, app.blobs.put(file.bytes).await?));
            }
            "font" if faces.len() <= 4 => faces.push(file.bytes),
            _ => {}
        }
    }
    match logo {
        Some((place, hash)) if place == "left_logo" => chosen.left_logo = Some(hash),
        Some((_, hash)) => chosen.right_logo = Some(hash),
        None if faces.is_empty() => {
            return Err(malformed(
                "dosya_secilmedi",
                "Bir dosya seçip yeniden yükleyin.",
            ));
        }
        None => chosen.faces = keep_faces(app, faces).await?,
    }
    keep(app, user, unit, chosen).await
}

async fn keep_faces(app: &App, files: Vec<Vec<u8>>) -> Result<Vec<BlobHash>> {
    letterhead::check_fonts(files.clone())?;
    let mut faces = Vec::new();
    for file in files {
        faces.push(app.blobs.put(file).await?);
    }
    Ok(faces)
}

#[derive(Deserialize)]
struct RemoveForm {
    /// `left_logo`, `right_logo`, `font`
    place: String,
}

async fn remove_file(
    State(app): State<App>,
    Path(unit): Path<String>,
    CheckedForm { user, form }: CheckedForm<RemoveForm>,
) -> PageResult<Response> {
    let unit_id = unit.clone();
    let mut chosen = app
        .read(&user.actor, move |tx, _| Ok(of_form(tx, &unit_id)?.0))
        .await?;
    match form.place.as_str() {
        "left_logo" => chosen.left_logo = None,
        "right_logo" => chosen.right_logo = None,
        _ => chosen.faces = Vec::new(),
    }
    keep(&app, &user, unit.clone(), chosen).await?;
    Ok(see_other_with(&app, &address(&unit), "Kaldırıldı."))
}
