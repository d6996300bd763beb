//! *Birim Giden Evrak Takip Ekranı (EVR_GNL_2004)* (figure 10).

use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use serde::Deserialize;

use super::{CurrentUser, PageChrome, PageResult, page};
use crate::access::{Act, Role};
use crate::app::App;
use crate::directory::{self, UnitId};
use crate::dispatch::tracking::{self, Criteria, Page};
use crate::document::DocumentKind;
use crate::document::draft::parse_day;
use crate::error::Result;
use crate::store::Tx;
use crate::turkish;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/sorgular/birim-giden-evrak", get(show))
}

/// The criteria as the address carries them, so that a view can be sent to a colleague.
#[derive(Debug, Clone, Default, Deserialize, serde::Serialize)]
#[serde(default)]
struct Typed {
    file_no: String,
    unit: Option<String>,
    recipient: String,
    number: String,
    subject: String,
    from: String,
    until: String,
    standing: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

#[derive(askama::Template)]
#[template(path = "tracking/outgoing.html")]
struct TrackingPage {
    chrome: PageChrome,
    typed: Typed,
    /// Own units: (id, name).
    units: Vec<(String, String)>,
    result: Page,
    /// Sentences about dates that could not be read.
    wrong: Vec<String>,
    more: String,
}

impl TrackingPage {
    /// What the chart of the start page asks for stands among the criteria, where it can be changed.
    fn standings() -> impl Iterator<Item = (&'static str, &'static str)> {
        tracking::ORDER
            .into_iter()
            .map(|standing| (standing.code(), standing.label()))
    }
}

async fn show(
    State(app): State<App>,
    user: CurrentUser,
    Query(mut typed): Query<Typed>,
) -> PageResult {
    // One's own unit is preset; an empty choice means all of them.
    if typed.unit.is_none() {
        typed.unit = user.actor.home_unit().map(str::to_owned);
    }
    let mut wrong = Vec::new();
    let mut day = |text: &str| {
        let day = parse_day(text);
        if day.is_none() && !text.trim().is_empty() {
            wrong.push(format!(
                "“{text}” tarihi okunamadı; gün.ay.yıl yazın, örneğin 28.02.2026."
            ));
        }
        day
    };
    let criteria = Criteria {
        file_no: typed.file_no.clone(),
        unit_id: typed.unit.clone().unwrap_or_default(),
        recipient: typed.recipient.clone(),
        number: typed.number.clone(),
        subject: typed.subject.clone(),
        from: day(&typed.from),
        until: day(&typed.until),
        standing: typed.standing.clone(),
        after: typed.after.clone(),
    };
    let (units, result) = app
        .read(&user.actor, move |tx, act| {
            let units = own_units(tx, act)?;
            Ok((units, tracking::search(tx, act, &criteria)?))
        })
        .await?;
    let more = match &result.next {
        Some(next) => {
            let next = Typed {
                after: Some(next.clone()),
                ..typed.clone()
            };
            let query = serde_html_form::to_string(&next)
                .map_err(|error| anyhow::anyhow!("query: {error}"))?;
            format!("/sorgular/birim-giden-evrak?{query}")
        }
        None => String::new(),
    };
    page(&TrackingPage {
        chrome: PageChrome::new(&app, &user, "Sorgular"),
        typed,
        units,
        result,
        wrong,
        more,
    })
}

/// The units in which the person has a role, by name.
pub(super) fn own_units(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<(String, String)>> {
    let mut units: Vec<(String, String)> = Vec::new();
    for (role, id) in &act.actor.scope {
        let known = units.iter().any(|(unit, _)| unit == id);
        if *role == Role::Administrator || known {
            continue;
        }
        if let Some(unit) = directory::by_id(tx, &UnitId::new(id.as_str()))? {
            units.push((id.clone(), unit.name));
        }
    }
    units.sort_by(|left, right| turkish::compare(&left.1, &right.1));
    Ok(units)
}

/// The label of a letter's kind.
fn kind_label(code: &str) -> &'static str {
    DocumentKind::from_code(code).map_or("", DocumentKind::label)
}

/// *Dosya Türü* of a folder: what its row calls it, in the reader's word.
fn file_kind_label(code: &str) -> &str {
    match code {
        "subject" => "Konu",
        other => other,
    }
}
