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
use crate::distribution::{Channel, DestinationType};
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
    /// The destination type whose units are looked for.
    #[serde(default, rename = "type")]
    destination: String,
}

/// What the *Birim Seçme Ekranı* asks the directory for a destination type.
#[must_use]
pub fn question_for(kind: DestinationType, text: &str) -> Question<'_> {
    let inside = kind.channel() == Channel::Internal;
    Question {
        side: if inside { Side::Inside } else { Side::Outside },
        with_kep_address: kind.channel() == Channel::Kep,
        with_uets_address: kind.channel() == Channel::Uets,
        ..Question::outside(text)
    }
}

/// The fragment that the dialog shows below its search box.
async fn tree(
    State(app): State<App>,
    user: CurrentUser,
    Query(query): Query<TreeQuery>,
) -> PageResult {
    let kind =
        DestinationType::from_code(&query.destination).unwrap_or(DestinationType::ExternalKep);
    let (answer, other) = app
        .read(&user.actor, move |tx, _| {
            let answer = search::search(tx, &question_for(kind, &query.adi))?;
            let inside = kind.channel() == Channel::Internal;
            if answer == Answer::TooShort || (inside && answer != Answer::Nothing) {
                return Ok((answer, None));
            }
            // Perhaps looked for on the wrong side of the house: the other one is offered.
            let other = match kind.channel() {
                Channel::Internal => DestinationType::ExternalKep,
                Channel::Kep | Channel::Uets | Channel::Paper => DestinationType::InternalUnit,
            };
            let there = search::search(tx, &question_for(other, &query.adi))?;
            Ok((answer, (!there.nodes().is_empty()).then_some(other)))
        })
        .await?;
    page(&UnitTree {
        other,
        ..UnitTree::new(answer)
    })
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
    /// The type on the other side of the house, where the words find something.
    other: Option<DestinationType>,
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
            other: None,
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
