//! *Dağıtım Listesi* and *Birim Seçme Ekranı* (figures 2 to 7), by dialog or by plain forms.

mod plans;

pub(in crate::web) use plans::owners as plan_owners;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::directory::{UnitTree, question_for};
use super::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other, see_other_with};
use crate::app::App;
use crate::directory::outside::{self, Party};
use crate::directory::search;
use crate::distribution::plan::{self, Change, Plan, Used};
use crate::distribution::{Channel, DestinationType, Purpose, Recipient, list};
use crate::document::attach::{self, Attachment};
use crate::document::{DocumentKind, Letter, draft};
use crate::error::{Error, Problem, malformed};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/evrak/{id}/dagitim", get(show).post(change))
        .route("/evrak/{id}/birim-sec", get(choose))
        .merge(plans::routes())
}

/// Ways by which a party outside the directory can be reached.
const PARTY_WAYS: &[DestinationType] = &[
    DestinationType::ExternalKep,
    DestinationType::ExternalUets,
    DestinationType::ExternalPaper,
];

#[derive(askama::Template)]
#[template(path = "distribution/list.html")]
struct ListPage {
    chrome: PageChrome,
    letter: Letter,
    recipients: Vec<Recipient>,
    total: usize,
    /// The address of the next page of lines.
    more: String,
    attachments: Vec<Attachment>,
    parties: Vec<Party>,
    plans: Vec<Plan>,
    more_plans: bool,
    /// Units whose plans the person may keep: (id, name).
    owners: Vec<(String, String)>,
    chosen: DestinationType,
    /// The plan that was used last, when the directory has changed since it was saved.
    drift: Option<Plan>,
    changes: Vec<Change>,
    problem: Option<Problem>,
    /// Units that were refused on this side of the house and can be added on the other.
    instead: Vec<String>,
}

impl ListPage {
    /// Whether the letter lists its recipients by name below *Dağıtım*; else its only one stands in
    /// *Muhatap satırı*.
    fn is_named(&self) -> bool {
        self.total > 1 || self.letter.kind == DocumentKind::Consent
    }

    /// The type of the other side of the house, in the words of the drop-down.
    fn right_type(&self) -> &'static str {
        match self.chosen.channel() {
            Channel::Internal => DestinationType::ExternalKep.label(),
            Channel::Kep | Channel::Uets | Channel::Paper => DestinationType::InternalUnit.label(),
        }
    }
}

/// What stands where an address should.
fn no_address(line: &Recipient) -> &'static str {
    match line.destination_type.channel() {
        Channel::Uets => "UETS adresi yok",
        Channel::Paper => "Posta adresi yok",
        Channel::Kep | Channel::Internal => "KEP adresi yok",
    }
}

/// What is searched for a way, under the dialog's heading (decision 31).
fn search_hint(kind: DestinationType) -> &'static str {
    match kind {
        DestinationType::InternalUnit | DestinationType::InternalPlan => {
            "Kurumunuzun birimleri aranıyor."
        }
        DestinationType::ExternalPaper => {
            "Bütün kurumlar aranıyor. Posta adresi seçtikten sonra satırına yazılır."
        }
        DestinationType::ExternalUets => {
            "UETS adresi rehberde olan kurum ve birimler aranıyor. Kişi ve şirketler için Rehberde \
             olmayanlar bölümünü kullanın."
        }
        DestinationType::ExternalKep => {
            "KEP adresi olan kurum ve birimler aranıyor. Mahkemeler için yerin adından sonra Adalet \
             yazın, örneğin Keşan Adalet."
        }
    }
}

/// Where the page of lines begins, and what it tells beside them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Place {
    after: i64,
    /// The plan that was just used.
    plan: String,
    #[serde(rename = "type")]
    kind: String,
}

async fn show(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> PageResult {
    page(&filled(&app, &user, id, place, None).await?)
}

async fn filled(
    app: &App,
    user: &CurrentUser,
    id: String,
    place: Place,
    problem: Option<Problem>,
) -> PageResult<ListPage> {
    let chrome = PageChrome::new(app, user, "Evrak İşlemleri");
    Ok(app
        .read(&user.actor, move |tx, act| {
            let letter = draft::open(tx, act, &id)?;
            letter.require_editable()?;
            let lines = list::page(tx, act, &id, place.after)?;
            let (plans, more_plans) = plan::search(tx, act, "", None)?;
            let changes = match place.plan.as_str() {
                "" => Vec::new(),
                plan_id => plan::changes(tx, act, plan_id)?,
            };
            let drift = match changes.is_empty() {
                true => None,
                false => Some(plan::open(tx, act, &place.plan)?),
            };
            let kind = DestinationType::from_code(&place.kind);
            Ok(ListPage {
                chrome,
                recipients: lines.lines,
                total: lines.total,
                more: lines.next.map_or_else(String::new, |after| {
                    format!("/evrak/{id}/dagitim?after={after}")
                }),
                attachments: attach::list(tx, act, &id)?,
                parties: outside::search(tx, act, "")?,
                plans,
                more_plans: more_plans.is_some(),
                owners: plans::owners(tx, act)?,
                chosen: kind.unwrap_or(DestinationType::ExternalKep),
                drift,
                changes,
                letter,
                problem,
                instead: Vec::new(),
            })
        })
        .await?)
}

/// What the buttons of the list do; `action` is a verb, sometimes with a line's id behind a colon.
#[derive(Deserialize)]
struct ChangeForm {
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
    #[serde(default)]
    plan: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    written: String,
}

/// What the next page says about what was done.
enum Done {
    Quietly,
    Saved(String),
    Used(Used),
}

async fn change(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<ChangeForm>,
) -> PageResult {
    let letter = id.clone();
    let units = form.unit.clone();
    let place = Place {
        kind: form.destination.clone(),
        ..Place::default()
    };
    let outcome = app
        .write(&user.actor, move |tx, act| {
            let id = letter.as_str();
            let (verb, line) = form.action.split_once(':').unwrap_or((&form.action, ""));
            match verb {
                "add" => {
                    let kind = DestinationType::from_code(&form.destination);
                    let kind = kind.unwrap_or(DestinationType::ExternalKep);
                    if !form.unit.is_empty() {
                        list::add_units(tx, act, id, kind, &form.unit)?;
                    }
                    for party in &form.party {
                        list::add_party(tx, act, id, kind, party)?;
                    }
                }
                "add_each" => {
                    let kind = DestinationType::from_code(&form.destination)
                        .filter(|kind| kind.channel() != Channel::Internal)
                        .unwrap_or(DestinationType::ExternalKep);
                    list::add_each(tx, act, id, kind, &form.unit)?;
                }
                "use-plan" => {
                    return Ok(Done::Used(plan::use_in(tx, act, id, &form.plan)?));
                }
                "save-plan" => {
                    plan::save_list(tx, act, id, &form.owner, &form.name)?;
                    return Ok(Done::Saved(form.name.trim().to_owned()));
                }
                "paper" => list::set_paper(tx, act, id, line, &form.address, &form.reason)?,
                "remove" => list::remove(tx, act, id, &form.recipient)?,
                "up" | "down" => list::shift(tx, act, id, line, verb == "up")?,
                "purpose" => {
                    let purpose = Purpose::from_code(&form.purpose).unwrap_or(Purpose::Action);
                    list::set_purpose(tx, act, id, line, purpose)?;
                }
                "written" => list::set_written(tx, act, id, line, &form.written)?,
                "leave" => list::leave_out(tx, act, id, line, &form.attachment)?,
                _ => {
                    return Err(malformed(
                        "islem_yok",
                        "Bu düğme tanınmadı. Sayfayı yenileyin.",
                    ));
                }
            }
            Ok(Done::Quietly)
        })
        .await;
    match outcome {
        Ok(done) => Ok(told(&app, &id, &place.kind, done)),
        Err(Error::Problem(problem)) if problem.code != "evrak_yok" => {
            let other_side = matches!(problem.code, "birim_kurum_ici" | "birim_kurum_disi");
            let mut filled = filled(&app, &user, id, place, Some(problem)).await?;
            if other_side {
                filled.instead = units;
            }
            page(&filled)
        }
        Err(other) => Err(other.into()),
    }
}

/// Back to the list, with a word where something is to be said.
fn told(app: &App, id: &str, kind: &str, done: Done) -> Response {
    let place = format!("/evrak/{id}/dagitim");
    match done {
        Done::Quietly if kind.is_empty() => see_other(&place),
        Done::Quietly => see_other(&format!("{place}?type={kind}")),
        Done::Saved(name) => see_other_with(app, &place, &format!("Liste “{name}” planı oldu.")),
        Done::Used(used) => {
            let mut words = format!(
                "“{}” planından {} alıcı eklendi.",
                used.plan.name, used.added
            );
            if used.present > 0 {
                words.push_str(&format!(" {} alıcı listede zaten vardı.", used.present));
            }
            if let Some(name) = &used.itself {
                words.push_str(&format!(
                    " “{name}” yazıyı hazırlayan birimdir; listeye alınmadı."
                ));
            }
            see_other_with(app, &format!("{place}?plan={}", used.plan.id), &words)
        }
    }
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    adi: String,
    #[serde(default, rename = "type")]
    kind: String,
}

#[derive(askama::Template)]
#[template(path = "distribution/choose.html")]
struct ChoosePage {
    chrome: PageChrome,
    letter: Letter,
    kind: DestinationType,
    typed: String,
    tree: Option<String>,
    plans: Vec<Plan>,
    more_plans: bool,
}

/// The *Birim Seçme Ekranı* without scripts: a search form and check boxes.
async fn choose(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
    Query(typed): Query<Typed>,
) -> PageResult {
    let (letter, text) = (id.clone(), typed.adi.clone());
    let kind = DestinationType::from_code(&typed.kind).unwrap_or(DestinationType::ExternalKep);
    let answer = app
        .read(&user.actor, move |tx, act| {
            let letter = draft::open(tx, act, &letter)?;
            letter.require_editable()?;
            let found = match text.as_str() {
                "" => None,
                text => Some(search::search(tx, &question_for(kind, text))?),
            };
            let (plans, more) = plan::search(tx, act, "", None)?;
            Ok((letter, found, plans, more.is_some()))
        })
        .await;
    let (letter, answer, plans, more_plans) = match answer {
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
        letter,
        kind,
        typed: typed.adi,
        tree,
        plans,
        more_plans,
    })
}
