//! *Sayı Defteri*: every number that was ever taken, with what became of it.

use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::document::number::{self, Line, Question};
use crate::web::{CurrentUser, PageChrome, PageResult, page};

/// Rows before *Daha fazla göster*.
const ROWS: usize = 50;

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Typed {
    /// The whole number or a part of it.
    sayi: String,
    /// `reserved`, `used`, `cancelled`, or empty for all.
    durum: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    sonra: String,
}

#[derive(askama::Template)]
#[template(path = "administration/numbers.html")]
struct NumbersPage {
    chrome: PageChrome,
    typed: Typed,
    lines: Vec<Line>,
    more: String,
}

pub(super) async fn list(
    State(app): State<App>,
    user: CurrentUser,
    Query(typed): Query<Typed>,
) -> PageResult {
    let question = Question {
        number: typed.sayi.clone(),
        state: typed.durum.clone(),
        after: typed.sonra.clone(),
        limit: ROWS,
    };
    let (lines, next) = app
        .read(&user.actor, move |tx, act| number::page(tx, act, &question))
        .await?;
    let more = match next {
        Some(sonra) => {
            let next = Typed {
                sonra,
                ..typed.clone()
            };
            let query = serde_html_form::to_string(&next)
                .map_err(|error| anyhow::anyhow!("query: {error}"))?;
            format!("/sorgular/sayi-defteri?{query}")
        }
        None => String::new(),
    };
    page(&NumbersPage {
        chrome: PageChrome::new(&app, &user, "Sorgular"),
        typed,
        lines,
        more,
    })
}
