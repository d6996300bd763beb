//! *Kaydı Düzelt*: what stands in the registry, to be put right.

use axum::extract::{Path, State};
use axum::response::Response;

use super::fields::{Typed, day};
use super::find::{self, Found};
use super::{MENU, address};
use crate::app::App;
use crate::distribution::Purpose;
use crate::error::{Error, Problem, Result, invalid};
use crate::inbox::correct::{self, Correction};
use crate::inbox::period::Period;
use crate::inbox::{Incoming, IncomingKind, Source, view};
use crate::web::tracking::own_units;
use crate::web::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other_with};

#[derive(askama::Template)]
#[template(path = "inbox/correct.html")]
struct CorrectPage {
    chrome: PageChrome,
    incoming: Incoming,
    /// The version at which the form was read; what was typed on an older one is not applied.
    version: i64,
    /// From a unit inside: what its sender wrote stays.
    inside: bool,
    units: Vec<(String, String)>,
    typed: Typed,
    found: Option<Found>,
    problem: Option<Problem>,
}

impl CorrectPage {
    fn error(&self, field: &str) -> &str {
        self.problem
            .iter()
            .flat_map(|problem| &problem.fields)
            .find(|(name, _)| name == field)
            .map_or("", |(_, text)| text)
    }
}

/// What the form holds when it comes back.
struct Back {
    typed: Typed,
    /// The version at which it was first read; none once the newest state is shown beside it.
    version: Option<i64>,
    problem: Option<Problem>,
}

async fn load(app: &App, user: &CurrentUser, id: String, back: Option<Back>) -> PageResult {
    let chrome = PageChrome::new(app, user, MENU);
    let loaded = app
        .read(&user.actor, move |tx, act| {
            let view = view::look(tx, act, &id)?;
            if !view.may_correct {
                return Err(invalid(
                    "duzeltilemez",
                    "Bu kaydı düzeltme yetkiniz yok ya da evrakın işlemi bitmiş.",
                ));
            }
            let incoming = view.incoming;
            let back = back.unwrap_or_else(|| Back {
                typed: Typed::of(&incoming),
                version: None,
                problem: None,
            });
            let mut typed = back.typed;
            let found = typed.changed(tx)?;
            if !typed.sender_unit.is_empty() && typed.sender_label.is_empty() {
                let known = find::sender(tx, &typed.sender_unit)?;
                typed.sender_label = known.map_or_else(String::new, |known| known.label);
            }
            Ok(CorrectPage {
                units: correct::units(tx, &incoming)?,
                version: back.version.unwrap_or(incoming.version),
                inside: incoming.source == Source::Internal,
                chrome,
                incoming,
                typed,
                found,
                problem: back.problem,
            })
        })
        .await?;
    page(&loaded)
}

pub(super) async fn show(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
) -> PageResult {
    load(&app, &user, id, None).await
}

pub(super) async fn save(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<Vec<(String, String)>>,
) -> PageResult<Response> {
    let mut typed = Typed::default();
    let mut version = 0;
    for (name, text) in form {
        match name.as_str() {
            "version" => version = text.parse().unwrap_or_default(),
            _ => typed.set(&name, text),
        }
    }
    if typed.only_changes_the_form() {
        let back = Back {
            typed,
            version: Some(version),
            problem: None,
        };
        return load(&app, &user, id, Some(back)).await;
    }
    let (subject, asked) = (id.clone(), typed.clone());
    let outcome = app
        .write(&user.actor, move |tx, act| {
            let incoming = crate::inbox::open(tx, act, &subject)?;
            let correction = correction(&incoming, &asked)?;
            correct::correct(tx, act, &subject, version, &correction)?;
            // Moved out of sight, it is not shown again.
            let mine = own_units(tx, act)?;
            Ok(mine.iter().any(|(unit, _)| *unit == correction.unit_id))
        })
        .await;
    match outcome {
        Ok(true) => Ok(see_other_with(&app, &address(&id), "Kayıt düzeltildi.")),
        Ok(false) => Ok(see_other_with(
            &app,
            "/gelen",
            "Kayıt düzeltildi; evrak başka birimin kaydına taşındı.",
        )),
        Err(Error::Problem(problem)) if problem.code != "gelen_yok" => {
            let stale = problem.code == "gelen_surum_eski";
            let back = Back {
                typed,
                version: (!stale).then_some(version),
                problem: Some(problem),
            };
            load(&app, &user, id, Some(back)).await
        }
        Err(other) => Err(other.into()),
    }
}

/// What was typed over what stands; fields that the form does not show stay as they are.
fn correction(incoming: &Incoming, typed: &Typed) -> Result<Correction> {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let standing = Correction::of(incoming);
    if incoming.source == Source::Internal {
        return Ok(Correction {
            plan_code: given(&typed.plan_code),
            place: typed.place.clone(),
            note: typed.note.clone(),
            period: Period::from_code(&typed.period).unwrap_or(standing.period),
            due_date: day("due_date", &typed.due_date)?,
            ..standing
        });
    }
    Ok(Correction {
        unit_id: given(&typed.unit).unwrap_or(standing.unit_id),
        kind: IncomingKind::from_code(&typed.kind).unwrap_or(standing.kind),
        sender: typed.sender.clone(),
        sender_unit_id: typed.sender_unit(),
        their_number: typed.their_number.clone(),
        their_date: day("their_date", &typed.their_date)?,
        subject: typed.subject.clone(),
        note: typed.note.clone(),
        purpose: Purpose::from_code(&typed.purpose).unwrap_or(standing.purpose),
        plan_code: given(&typed.plan_code),
        place: typed.place.clone(),
        barcode: given(&typed.barcode),
        sender_file: typed.sender_file.clone(),
        petition: typed.petition.clone(),
        period: Period::from_code(&typed.period).unwrap_or(standing.period),
        due_date: day("due_date", &typed.due_date)?,
    })
}
