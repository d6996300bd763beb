//! Type-ahead of the registry's forms: senders of the directory, units and people for a referral.

use axum::extract::{Path, Query, State};
use serde::Deserialize;

use crate::app::App;
use crate::directory::search::{self, Question, Side};
use crate::directory::today::{self, Today};
use crate::error::Result;
use crate::inbox::referral::{self, Target};
use crate::store::Tx;
use crate::web::{CurrentUser, PageResult, page};

/// Lines that a search shows; more words find the rest.
const MOST: usize = 20;

/// What a search found, for choosing one.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub message: String,
    pub choices: Vec<Choice>,
}

/// One line; `value` is what the form carries.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub value: String,
    pub label: String,
    pub detail: String,
}

impl Found {
    fn of(choices: Vec<Choice>, more: bool) -> Self {
        let message = match (choices.len(), more) {
            (0, _) => "Bulunamadı. Başka sözcüklerle arayın.".to_owned(),
            (_, true) => format!("İlk {MOST} sonuç gösteriliyor; bir sözcük daha yazın."),
            (count, false) => format!("{count} sonuç bulundu."),
        };
        Self { message, choices }
    }
}

/// The lines below a search box, as a page or as what its script puts there.
#[derive(askama::Template)]
#[template(path = "inbox/found.html")]
struct FoundList {
    found: Found,
}

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
}

/// Senders of the whole directory.
pub(super) async fn senders(
    State(app): State<App>,
    user: CurrentUser,
    Query(asked): Query<Asked>,
) -> PageResult {
    let found = app
        .read(&user.actor, move |tx, _| senders_of(tx, &asked.q))
        .await?;
    page(&FoundList { found })
}

/// Units and people to whom the document may be referred.
pub(super) async fn targets(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> PageResult {
    let found = app
        .read(&user.actor, move |tx, act| {
            let incoming = crate::inbox::open(tx, act, &id)?;
            targets_of(tx, &incoming, &asked.q)
        })
        .await?;
    page(&FoundList { found })
}

/// Units of the directory by words, each with the name under which it writes.
pub(super) fn senders_of(tx: &mut Tx<'_>, text: &str) -> Result<Found> {
    let question = Question {
        side: Side::Both,
        ..Question::outside(text)
    };
    let answer = search::search(tx, &question)?;
    let mut ids: Vec<&str> = answer
        .nodes()
        .iter()
        .filter(|node| node.matched)
        .map(|node| node.unit.id.as_str())
        .collect();
    if ids.is_empty() {
        return Ok(Found {
            message: answer.message(),
            choices: Vec::new(),
        });
    }
    let more = ids.len() > MOST;
    // An institution that matches brings its units along; it is the likelier sender.
    let institutions: Vec<&str> = answer
        .nodes()
        .iter()
        .filter(|node| node.unit.is_institution())
        .map(|node| node.unit.id.as_str())
        .collect();
    ids.sort_by_key(|id| !institutions.contains(id));
    ids.truncate(MOST);
    let known = today::of(tx, &ids)?;
    let choices = ids
        .iter()
        .filter_map(|id| known.get(*id))
        .map(sender_choice);
    Ok(Found::of(choices.collect(), more))
}

/// The unit's line, if the directory knows it.
pub(super) fn sender(tx: &mut Tx<'_>, unit_id: &str) -> Result<Option<Choice>> {
    Ok(today::of(tx, &[unit_id])?.get(unit_id).map(sender_choice))
}

fn sender_choice(it: &Today) -> Choice {
    let (province, district) = it.unit.place_in_capitals();
    let place: Vec<&str> = [province.as_str(), district.as_str()]
        .into_iter()
        .filter(|name| !name.is_empty())
        .collect();
    Choice {
        value: it.unit.id.as_str().to_owned(),
        label: if it.unit.is_institution() {
            it.unit.name.clone()
        } else {
            format!("{} {}", it.institution_name, it.unit.name)
        },
        detail: place.join(" / "),
    }
}

/// Units and people of the institution by words; without words those referred to lately.
pub(super) fn targets_of(
    tx: &mut Tx<'_>,
    incoming: &crate::inbox::Incoming,
    text: &str,
) -> Result<Found> {
    let lately = text.trim().is_empty();
    let mut choices = referral::choices(tx, incoming, text, MOST + 1)?;
    let more = choices.len() > MOST;
    choices.truncate(MOST);
    let choices: Vec<Choice> = choices
        .into_iter()
        .map(|choice| Choice {
            value: value_of(&choice.target),
            label: choice.name,
            detail: choice.detail,
        })
        .collect();
    if lately && choices.is_empty() {
        return Ok(Found::default());
    }
    let mut found = Found::of(choices, more);
    if lately {
        "Son havale edilenler:".clone_into(&mut found.message);
    }
    Ok(found)
}

/// How a form carries a target: `unit:ID` or `person:ID`.
pub(super) fn value_of(target: &Target) -> String {
    match target {
        Target::Unit(id) => format!("unit:{id}"),
        Target::Person(id) => format!("person:{id}"),
    }
}

/// Reads [`value_of`].
pub(super) fn target_of(value: &str) -> Option<Target> {
    match value.split_once(':')? {
        ("unit", id) if !id.is_empty() => Some(Target::Unit(id.to_owned())),
        ("person", id) if !id.is_empty() => Some(Target::Person(id.to_owned())),
        _ => None,
    }
}
