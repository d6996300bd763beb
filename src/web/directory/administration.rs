//! *Birim Rehberi* for administration: institutions and their units, page by page, with search.

use axum::extract::{Query, State};
use serde::Deserialize;

use super::super::{CurrentUser, PageChrome, PageResult, page};
use crate::app::App;
use crate::directory::search::{self, Question, Side};
use crate::directory::{self, Unit, UnitId};
use crate::error::{Result, not_found};
use crate::store::Tx;

/// Rows before *Daha fazla göster*.
const ROWS: usize = 50;

#[derive(Deserialize, Default)]
pub(super) struct ListQuery {
    /// Words to search for.
    #[serde(default)]
    adi: String,
    /// An institution whose units are shown.
    #[serde(default)]
    kurum: String,
    /// The last unit of the page before.
    #[serde(default)]
    sonra: String,
}

#[derive(askama::Template)]
#[template(path = "directory/units.html")]
struct UnitsPage {
    chrome: PageChrome,
    typed: String,
    message: String,
    institution: Option<Unit>,
    rows: Vec<Row>,
    /// Address of the rows that follow, empty on the last page.
    next_page: String,
    count: usize,
}

struct Row {
    unit: Unit,
    address: Option<String>,
}

/// What is listed, before the frame stands around it.
struct Listed {
    message: String,
    institution: Option<Unit>,
    rows: Vec<Row>,
    next: Option<UnitId>,
    count: usize,
}

pub(super) async fn list(
    State(app): State<App>,
    user: CurrentUser,
    Query(query): Query<ListQuery>,
) -> PageResult {
    user.actor.require_administrator()?;
    let (typed, shown) = (query.adi.clone(), query.kurum.clone());
    let listed = app
        .read(&user.actor, move |tx, _| listed(tx, &query))
        .await?;
    let next_page = listed.next.map_or_else(String::new, |last| {
        format!("/yonetim/birimler?kurum={shown}&sonra={last}")
    });
    page(&UnitsPage {
        chrome: PageChrome::new(&app, &user, super::super::administration::NAME),
        typed,
        message: listed.message,
        institution: listed.institution,
        rows: listed.rows,
        next_page,
        count: listed.count,
    })
}

fn listed(tx: &mut Tx<'_>, query: &ListQuery) -> Result<Listed> {
    let count = directory::count(tx)?;
    if query.adi.trim().is_empty() {
        return listed_by_page(tx, query, count);
    }
    let question = Question {
        text: &query.adi,
        side: Side::Both,
        with_kep_address: false,
        with_uets_address: false,
        with_inactive: true,
    };
    let answer = search::search(tx, &question)?;
    let rows = answer.nodes().iter().map(|node| Row {
        unit: node.unit.clone(),
        address: node.delivery_address.clone(),
    });
    Ok(Listed {
        message: answer.message(),
        institution: None,
        rows: rows.collect(),
        next: None,
        count,
    })
}

fn listed_by_page(tx: &mut Tx<'_>, query: &ListQuery, count: usize) -> Result<Listed> {
    let institution = match query.kurum.as_str() {
        "" => None,
        id => Some(
            directory::by_id(tx, &UnitId::new(id))?
                .ok_or_else(|| not_found("birim_yok", "Bu kurum rehberde yok."))?,
        ),
    };
    let after = match query.sonra.as_str() {
        "" => None,
        id => directory::by_id(tx, &UnitId::new(id))?,
    };
    let of = institution.as_ref().map(|unit| &unit.id);
    let mut units = directory::page(tx, of, after.as_ref(), ROWS + 1)?;
    let more = units.len() > ROWS;
    units.truncate(ROWS);
    let next = units.last().filter(|_| more).map(|unit| unit.id.clone());
    let mut rows = Vec::with_capacity(units.len());
    for unit in units {
        let address = directory::delivery_address(tx, &unit.id)?;
        let address = address.map(|address| address.as_str().to_owned());
        rows.push(Row { unit, address });
    }
    Ok(Listed {
        message: String::new(),
        institution,
        rows,
        next,
        count,
    })
}
