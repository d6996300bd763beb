//! The directory on screens: the tree of the *Birim Seçme Ekranı* and the list for administration.

mod administration;
mod outside;

use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use serde::Deserialize;

use super::{CurrentUser, PageResult, page};
use crate::app::App;
use crate::directory::search::{self, Answer, Node, Question, Side};
use crate::turkish;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/birimler/agac", get(tree))
        .route("/yonetim/birimler", get(administration::list))
        .route("/rehber-disi", get(outside::show).post(outside::add))
}

#[derive(Deserialize)]
struct TreeQuery {
    #[serde(default)]
    adi: String,
    /// `ici` searches one's own institution, all else the others.
    #[serde(default)]
    taraf: String,
    /// `1`: only units that KEP reaches.
    #[serde(default)]
    kep: String,
}

/// The fragment that the dialog shows below its search box.
async fn tree(
    State(app): State<App>,
    user: CurrentUser,
    Query(query): Query<TreeQuery>,
) -> PageResult {
    let answer = app
        .read(&user.actor, move |tx, _| {
            let side = if query.taraf == "ici" {
                Side::Inside
            } else {
                Side::Outside
            };
            let question = Question {
                text: &query.adi,
                side,
                with_kep_address: query.kep == "1",
                with_inactive: false,
            };
            Ok(search::search(tx, &question)?)
        })
        .await?;
    page(&UnitTree::new(answer))
}

/// The lines of a search as an ARIA tree, or as check boxes for the plain form.
///
/// Each line carries what the dialog's lower grid needs: `data-unit`, `data-label`,
/// `data-province`, `data-district`, `data-number`, `data-address`.
#[derive(askama::Template)]
#[template(path = "directory/tree.html")]
pub struct UnitTree {
    message: String,
    lines: Vec<Line>,
    as_form: bool,
}

/// A line with what its place in the nested list needs.
struct Line {
    node: Node,
    province: String,
    district: String,
    /// A list of children opens below it.
    opens: bool,
    /// How many lists end with it.
    closes: usize,
}

impl Line {
    fn new(node: Node, next_depth: usize) -> Self {
        Self {
            province: turkish::upper(&node.unit.province),
            district: turkish::upper(&node.unit.district),
            opens: next_depth > node.depth,
            closes: node.depth.saturating_sub(next_depth),
            node,
        }
    }
}

impl UnitTree {
    /// The tree for the dialog.
    #[must_use]
    pub fn new(answer: Answer) -> Self {
        let message = answer.message();
        let nodes = match answer {
            Answer::Found(tree) => tree.nodes,
            Answer::TooShort | Answer::Nothing => Vec::new(),
        };
        let depths: Vec<usize> = nodes
            .iter()
            .skip(1)
            .map(|node| node.depth)
            .chain([0])
            .collect();
        let lines = nodes
            .into_iter()
            .zip(depths)
            .map(|(node, next)| Line::new(node, next))
            .collect();
        Self {
            message,
            lines,
            as_form: false,
        }
    }

    /// The same lines as check boxes named `unit`, for a form that needs no script.
    #[must_use]
    pub fn as_form(answer: Answer) -> Self {
        Self {
            as_form: true,
            ..Self::new(answer)
        }
    }
}
