//! *Dağıtım Planları*: the plans that one's units keep, their lines, and what changed since.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use serde::Deserialize;

use super::super::dispatch::local;
use super::super::{
    CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other, see_other_with,
};
use crate::access::Act;
use crate::app::App;
use crate::directory;
use crate::distribution::DestinationType;
use crate::distribution::plan::{self, Change, Line, Plan};
use crate::error::{Error, Problem, Result, malformed};
use crate::store::Tx;
use crate::turkish;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/dagitim-planlari", get(all).post(create))
        .route("/dagitim-planlari/{id}", get(one).post(change))
}

/// Own units whose plans the person may keep, by name: (id, name).
pub(in crate::web) fn owners(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<(String, String)>> {
    let mut ids: Vec<&str> = act
        .actor
        .scope
        .iter()
        .map(|(_, unit)| unit.as_str())
        .filter(|unit| plan::may_keep(act, unit))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let mut units: Vec<(String, String)> = directory::today::of(tx, &ids)?
        .into_values()
        .map(|today| (today.unit.id.as_str().to_owned(), today.unit.name))
        .collect();
    units.sort_by(|left, right| turkish::compare(&left.1, &right.1));
    // One's own unit first: that is where most plans are kept.
    let home = act.actor.home_unit();
    units.sort_by_key(|(id, _)| Some(id.as_str()) != home);
    Ok(units)
}

#[derive(askama::Template)]
#[template(path = "distribution/plans.html")]
struct PlansPage {
    chrome: PageChrome,
    typed: String,
    plans: Vec<Plan>,
    more: String,
    owners: Vec<(String, String)>,
    problem: Option<Problem>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Search {
    adi: String,
    after: Option<String>,
}

async fn all(
    State(app): State<App>,
    user: CurrentUser,
    Query(search): Query<Search>,
) -> PageResult {
    page(&filled(&app, &user, search, None).await?)
}

async fn filled(
    app: &App,
    user: &CurrentUser,
    search: Search,
    problem: Option<Problem>,
) -> PageResult<PlansPage> {
    let typed = search.adi.clone();
    let ((plans, next), owners) = app
        .read(&user.actor, move |tx, act| {
            let found = plan::search(tx, act, &search.adi, search.after.as_deref())?;
            Ok((found, owners(tx, act)?))
        })
        .await?;
    let more = match next {
        Some(after) => {
            let query = serde_html_form::to_string([("adi", &typed), ("after", &after)])
                .map_err(|error| anyhow::anyhow!("query: {error}"))?;
            format!("/dagitim-planlari?{query}")
        }
        None => String::new(),
    };
    Ok(PlansPage {
        chrome: PageChrome::new(app, user, "Evrak İşlemleri"),
        typed,
        plans,
        more,
        owners,
        problem,
    })
}

#[derive(Deserialize)]
struct NewPlan {
    name: String,
    owner: String,
}

async fn create(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<NewPlan>,
) -> PageResult {
    let made = app
        .write(&user.actor, move |tx, act| {
            plan::create(tx, act, &form.owner, &form.name)
        })
        .await;
    match made {
        Ok(id) => Ok(see_other(&format!("/dagitim-planlari/{id}"))),
        Err(Error::Problem(problem)) => {
            page(&filled(&app, &user, Search::default(), Some(problem)).await?)
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(askama::Template)]
#[template(path = "distribution/plan.html")]
struct PlanPage {
    chrome: PageChrome,
    plan: Plan,
    lines: Vec<Line>,
    more: String,
    changes: Vec<Change>,
    may_change: bool,
    problem: Option<Problem>,
}

impl PlanPage {
    /// What changed about one line.
    fn of_line(&self, line: &Line) -> Vec<&Change> {
        self.changes
            .iter()
            .filter(|change| change.position == line.position)
            .collect()
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Place {
    after: i64,
}

async fn one(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> PageResult {
    page(&shown(&app, &user, id, place.after, None).await?)
}

async fn shown(
    app: &App,
    user: &CurrentUser,
    id: String,
    after: i64,
    problem: Option<Problem>,
) -> PageResult<PlanPage> {
    let chrome = PageChrome::new(app, user, "Evrak İşlemleri");
    Ok(app
        .read(&user.actor, move |tx, act| {
            let plan = plan::open(tx, act, &id)?;
            let mut lines = plan::lines(tx, act, &id, after)?;
            let more = lines.len() > plan::PAGE;
            lines.truncate(plan::PAGE);
            let next = lines.last().filter(|_| more).map(|line| line.position);
            Ok(PlanPage {
                chrome,
                more: next.map_or_else(String::new, |after| {
                    format!("/dagitim-planlari/{id}?after={after}")
                }),
                changes: plan::changes(tx, act, &id)?,
                may_change: plan::may_keep(act, &plan.owner_unit_id),
                lines,
                plan,
                problem,
            })
        })
        .await?)
}

#[derive(Deserialize)]
struct ChangeForm {
    action: String,
    version: i64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    position: Vec<i64>,
    #[serde(default)]
    unit: Vec<String>,
    #[serde(default, rename = "type")]
    destination: String,
    #[serde(default)]
    back: String,
}

async fn change(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<ChangeForm>,
) -> PageResult {
    let place = format!("/dagitim-planlari/{id}");
    let back = match form.back.as_str() {
        "" => place,
        back => local(back),
    };
    let plan_id = id.clone();
    let outcome = app
        .write(&user.actor, move |tx, act| {
            let (id, version) = (plan_id.as_str(), form.version);
            Ok(match form.action.as_str() {
                "repair" => {
                    let count = plan::repair(tx, act, id, version)?;
                    (false, format!("Plan onarıldı: {count} değişiklik yazıldı."))
                }
                "rename" => {
                    plan::rename(tx, act, id, version, &form.name)?;
                    (false, "Planın adı değişti.".to_owned())
                }
                "remove" => {
                    plan::remove_lines(tx, act, id, version, &form.position)?;
                    let count = form.position.len();
                    (false, format!("{count} alıcı plandan çıkarıldı."))
                }
                "add" => {
                    let kind = DestinationType::from_code(&form.destination);
                    let kind = kind.unwrap_or(DestinationType::ExternalKep);
                    plan::add_units(tx, act, id, version, kind, &form.unit)?;
                    (false, "Birimler plana eklendi.".to_owned())
                }
                "delete" => {
                    plan::delete(tx, act, id, version)?;
                    (
                        true,
                        "Plan silindi; onunla yapılmış listeler durur.".to_owned(),
                    )
                }
                _ => {
                    return Err(malformed(
                        "islem_yok",
                        "Bu düğme tanınmadı. Sayfayı yenileyin.",
                    ));
                }
            })
        })
        .await;
    match outcome {
        Ok((true, words)) => Ok(see_other_with(&app, "/dagitim-planlari", &words)),
        Ok((false, words)) => Ok(see_other_with(&app, &back, &words)),
        Err(Error::Problem(problem)) if problem.code != "plan_yok" => {
            page(&shown(&app, &user, id, 0, Some(problem)).await?)
        }
        Err(other) => Err(other.into()),
    }
}
