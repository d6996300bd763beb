//! *Dağıtım Listesi* and *Birim Seçme Ekranı* (figures 2 to 7), by dialog or by plain forms.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use serde::Deserialize;

use super::directory::{UnitTree, question_for};
use super::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other, see_other_with};
use crate::app::App;
use crate::directory::outside::{self, Party};
use crate::directory::search;
use crate::distribution::{Channel, DestinationType, Purpose, Recipient, list};
use crate::document::attach::{self, Attachment};
use crate::document::{Letter, draft};
use crate::error::{Error, Problem, malformed};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/evrak/{id}/dagitim", get(show).post(change))
        .route("/evrak/{id}/birim-sec", get(choose))
}

#[derive(askama::Template)]
#[template(path = "distribution/list.html")]
struct ListPage {
    chrome: PageChrome,
    letter: Letter,
    recipients: Vec<Recipient>,
    attachments: Vec<Attachment>,
    parties: Vec<Party>,
    problem: Option<Problem>,
    /// The type that the drop-down shows.
    chosen: DestinationType,
    /// Units that were refused on this side of the house and can be added on the other.
    instead: Vec<String>,
}

impl ListPage {
    /// The type of the other side of the house, in the words of the drop-down.
    fn right_type(&self) -> &'static str {
        match self.chosen.channel() {
            Channel::Internal => DestinationType::ExternalKep.label(),
            Channel::Kep | Channel::Uets | Channel::Paper => DestinationType::InternalUnit.label(),
        }
    }
}

async fn show(State(app): State<App>, user: CurrentUser, Path(id): Path<String>) -> PageResult {
    page(&filled(&app, &user, id, None).await?)
}

async fn filled(
    app: &App,
    user: &CurrentUser,
    id: String,
    problem: Option<Problem>,
) -> PageResult<ListPage> {
    let (letter, recipients, attachments, parties) = app
        .read(&user.actor, move |tx, act| {
            let letter = draft::open(tx, act, &id)?;
            letter.require_editable()?;
            Ok((
                letter,
                list::list(tx, act, &id)?,
                attach::list(tx, act, &id)?,
                outside::search(tx, act, "")?,
            ))
        })
        .await?;
    Ok(ListPage {
        chrome: PageChrome::new(app, user, "Evrak İşlemleri"),
        letter,
        recipients,
        attachments,
        parties,
        problem,
        chosen: DestinationType::ExternalKep,
        instead: Vec::new(),
    })
}

/// What the buttons of the list do; `action` is a verb, sometimes with a line's id behind a colon.
#[derive(Deserialize)]
struct Change {
    action: String,
    #[serde(default, rename = "type")]
    destination: String,
    #[serde(default)]
    unit: Vec<String>,
    #[serde(default)]
    party: Vec<String>,
    #[serde(default)]
    recipient: Vec<String>,
    #[serde(default)]
    attachment: Vec<String>,
    #[serde(default)]
    purpose: String,
}

async fn change(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<Change>,
) -> PageResult {
    let letter = id.clone();
    let units = form.unit.clone();
    let chosen = DestinationType::from_code(&form.destination);
    let outcome = app
        .write(&user.actor, move |tx, act| {
            let id = letter.as_str();
            let (verb, line) = form.action.split_once(':').unwrap_or((&form.action, ""));
            match verb {
                "add" => {
                    let kind = DestinationType::from_code(&form.destination);
                    let kind = kind.unwrap_or(DestinationType::ExternalKep);
                    list::add_units(tx, act, id, kind, &form.unit)?;
                    for party in &form.party {
                        list::add_party(tx, act, id, party)?;
                    }
                    Ok(())
                }
                "add_each" => {
                    let kind = DestinationType::from_code(&form.destination)
                        .filter(|kind| kind.channel() != Channel::Internal)
                        .unwrap_or(DestinationType::ExternalKep);
                    list::add_each(tx, act, id, kind, &form.unit)
                }
                "remove" => list::remove(tx, act, id, &form.recipient),
                "up" | "down" => {
                    let order = moved(&list::list(tx, act, id)?, line, verb == "up");
                    list::reorder(tx, act, id, &order)
                }
                "purpose" => {
                    let purpose = Purpose::from_code(&form.purpose).unwrap_or(Purpose::Action);
                    list::set_purpose(tx, act, id, line, purpose)
                }
                "leave" => list::leave_out(tx, act, id, line, &form.attachment),
                _ => Err(malformed(
                    "islem_yok",
                    "Bu düğme tanınmadı. Sayfayı yenileyin.",
                )),
            }
        })
        .await;
    match outcome {
        Ok(()) => Ok(see_other(&format!("/evrak/{id}/dagitim"))),
        Err(Error::Problem(problem)) if problem.code != "evrak_yok" => {
            let other_side = matches!(problem.code, "birim_kurum_ici" | "birim_kurum_disi");
            let mut filled = filled(&app, &user, id, Some(problem)).await?;
            filled.chosen = chosen.unwrap_or(filled.chosen);
            if other_side {
                filled.instead = units;
            }
            page(&filled)
        }
        Err(other) => Err(other.into()),
    }
}

/// The ids with one line a step up or down.
fn moved(lines: &[Recipient], line: &str, up: bool) -> Vec<String> {
    let mut order: Vec<String> = lines.iter().map(|line| line.id.clone()).collect();
    if let Some(at) = order.iter().position(|id| id == line) {
        let to = if up { at.saturating_sub(1) } else { at + 1 };
        if to < order.len() {
            order.swap(at, to);
        }
    }
    order
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    adi: String,
    /// The destination type whose units are looked for.
    #[serde(default, rename = "type")]
    destination: String,
}

#[derive(askama::Template)]
#[template(path = "distribution/choose.html")]
struct ChoosePage {
    chrome: PageChrome,
    id: String,
    kind: DestinationType,
    typed: String,
    tree: Option<String>,
}

/// The *Birim Seçme Ekranı* without scripts: a search form and check boxes.
async fn choose(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
    Query(typed): Query<Typed>,
) -> PageResult {
    let (letter, text) = (id.clone(), typed.adi.clone());
    let kind = DestinationType::from_code(&typed.destination)
        .filter(|kind| kind.unavailable().is_none())
        .unwrap_or(DestinationType::ExternalKep);
    let answer = app
        .read(&user.actor, move |tx, act| {
            draft::open(tx, act, &letter)?.require_editable()?;
            if text.is_empty() {
                return Ok(None);
            }
            Ok(Some(search::search(tx, &question_for(kind, &text))?))
        })
        .await;
    let answer = match answer {
        Err(Error::Problem(problem)) if problem.code == "evrak_kapali" => {
            return Ok(see_other_with(
                &app,
                &format!("/evrak/{id}"),
                &problem.message,
            ));
        }
        other => other?,
    };
    let tree = answer
        .map(|answer| askama::Template::render(&UnitTree::as_form(answer)))
        .transpose()
        .map_err(|error| anyhow::anyhow!("template: {error}"))?;
    page(&ChoosePage {
        chrome: PageChrome::new(&app, &user, "Evrak İşlemleri"),
        id,
        kind,
        typed: typed.adi,
        tree,
    })
}
