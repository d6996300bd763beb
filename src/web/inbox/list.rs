//! *Gelen Evrak*: criteria and rows.

use axum::extract::{Query, State};
use serde::Deserialize;

use super::MENU;
use crate::app::App;
use crate::document::draft::parse_day;
use crate::inbox::list::{Criteria, Page, search};
use crate::inbox::mailbox::{Trouble, screen};
use crate::inbox::{IncomingKind, Source, State as Standing};
use crate::web::tracking::own_units;
use crate::web::{CurrentUser, PageChrome, PageResult, page};

/// The criteria as the address carries them, so that a view can be sent to a colleague.
#[derive(Debug, Clone, Default, Deserialize, serde::Serialize)]
#[serde(default)]
pub(super) struct Typed {
    pub words: String,
    pub number: String,
    pub unit: String,
    pub source: String,
    pub kind: String,
    pub state: String,
    pub from: String,
    pub until: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

#[derive(askama::Template)]
#[template(path = "inbox/list.html")]
struct ListPage {
    chrome: PageChrome,
    typed: Typed,
    /// Own units: (id, name).
    units: Vec<(String, String)>,
    result: Page,
    troubles: Vec<Trouble>,
    /// Sentences about dates that could not be read.
    wrong: Vec<String>,
    more: String,
}

pub(super) async fn show(
    State(app): State<App>,
    user: CurrentUser,
    Query(typed): Query<Typed>,
) -> PageResult {
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
        source: Source::from_code(&typed.source),
        kind: IncomingKind::from_code(&typed.kind),
        state: Standing::from_code(&typed.state),
        unit_id: typed.unit.clone(),
        words: typed.words.clone(),
        number: typed.number.clone(),
        from: day(&typed.from),
        until: day(&typed.until),
        after: typed.after.clone(),
    };
    let (units, result, troubles) = app
        .read(&user.actor, move |tx, act| {
            let troubles = screen::troubles(tx, act)?;
            Ok((own_units(tx, act)?, search(tx, act, &criteria)?, troubles))
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
            format!("/gelen?{query}")
        }
        None => String::new(),
    };
    page(&ListPage {
        chrome: PageChrome::new(&app, &user, MENU),
        typed,
        units,
        result,
        troubles,
        wrong,
        more,
    })
}
