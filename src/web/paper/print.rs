//! What is printed: labels on A4, envelopes in DL and C5, and the letter with its annexes.

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::routing::get;
use serde::Deserialize;

use super::super::{CurrentUser, PageResult, page};
use crate::access::Act;
use crate::app::App;
use crate::directory::{self, UnitId};
use crate::error::{Result, invalid, malformed};
use crate::paper::print::{self, Content, Way};
use crate::paper::{self, Item};
use crate::store::Tx;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/kagit/bas/etiket", get(labels))
        .route("/kagit/bas/zarf", get(envelopes))
        .route("/kagit/{id}/evrak", get(letter))
        .route("/kagit/{id}/evrak.pdf", get(pdf))
}

/// Items of one print.
const MOST: usize = 200;

/// Sheets of labels as shops sell them.
const SHEETS: &[(&str, &str, usize)] = &[
    ("14", "14 etiket (99 × 38 mm)", 14),
    ("24", "24 etiket (70 × 37 mm)", 24),
];
/// Envelopes (ISO 269).
const ENVELOPES: &[(&str, &str)] = &[("dl", "DL (220 × 110 mm)"), ("c5", "C5 (229 × 162 mm)")];

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Chosen {
    item: Vec<String>,
    boy: String,
    /// Labels of the first sheet that are used up already.
    atla: usize,
}

/// One label or envelope.
struct Piece {
    item: Item,
    bars: String,
    /// From whom: institution and unit.
    sender: Vec<String>,
}

async fn pieces(app: &App, user: &CurrentUser, ids: Vec<String>) -> Result<Vec<Piece>> {
    app.read(&user.actor, move |tx, act| {
        if ids.is_empty() || ids.len() > MOST {
            return Err(invalid(
                "secim_bos",
                format!("Basılacak gönderileri seçin (en çok {MOST})."),
            ));
        }
        ids.iter().map(|id| piece(tx, act, id)).collect()
    })
    .await
}

fn piece(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Piece> {
    let item = paper::open(tx, act, id)?;
    if item.address.is_empty() {
        return Err(invalid(
            "posta_adresi_yok",
            format!(
                "{}: posta adresi yok. Gönderinin sayfasında adresi yazın, sonra basın.",
                item.addressee
            ),
        ));
    }
    let unit = directory::by_id(tx, &UnitId::new(item.unit_id.clone()))?;
    let institution = match &unit {
        Some(unit) => directory::by_id(tx, &unit.institution_id)?,
        None => None,
    };
    let mut sender: Vec<String> = institution.into_iter().map(|it| it.name).collect();
    if let Some(unit) = unit.filter(|unit| !unit.is_institution()) {
        sender.push(unit.name);
    }
    Ok(Piece {
        bars: paper::barcode::svg(&item.barcode),
        sender,
        item,
    })
}

#[derive(askama::Template)]
#[template(path = "paper/labels.html")]
struct LabelsPage {
    styles: String,
    size: &'static str,
    /// Sheets of places; a place may be empty.
    sheets: Vec<Vec<Option<Piece>>>,
    chosen: Chosen,
}

/// The choice in the address, where `item` stands once for each envelope.
fn choice(query: Option<&str>) -> Result<Chosen> {
    serde_html_form::from_str(query.unwrap_or_default()).map_err(|_| {
        malformed(
            "secim_okunamadi",
            "Seçim okunamadı. Kâğıt Gönderiler ekranından yeniden seçin.",
        )
    })
}

async fn labels(
    State(app): State<App>,
    user: CurrentUser,
    RawQuery(query): RawQuery,
) -> PageResult {
    let chosen = choice(query.as_deref())?;
    let found = SHEETS.iter().find(|(code, _, _)| *code == chosen.boy);
    let (size, _, places) = found.copied().unwrap_or(SHEETS[0]);
    let pieces = pieces(&app, &user, chosen.item.clone()).await?;
    let skipped = chosen.atla.min(places - 1);
    let mut all: Vec<Option<Piece>> = (0..skipped).map(|_| None).collect();
    all.extend(pieces.into_iter().map(Some));
    let mut sheets: Vec<Vec<Option<Piece>>> = Vec::new();
    for place in all {
        match sheets.last_mut() {
            Some(sheet) if sheet.len() < places => sheet.push(place),
            _ => sheets.push(vec![place]),
        }
    }
    page(&LabelsPage {
        styles: super::super::assets::url("paper.css"),
        size,
        sheets,
        chosen,
    })
}

#[derive(askama::Template)]
#[template(path = "paper/envelopes.html")]
struct EnvelopesPage {
    styles: String,
    size: &'static str,
    pieces: Vec<Piece>,
    chosen: Chosen,
}

async fn envelopes(
    State(app): State<App>,
    user: CurrentUser,
    RawQuery(query): RawQuery,
) -> PageResult {
    let chosen = choice(query.as_deref())?;
    let found = ENVELOPES.iter().find(|(code, _)| *code == chosen.boy);
    let (size, _) = found.copied().unwrap_or(ENVELOPES[0]);
    page(&EnvelopesPage {
        styles: super::super::assets::url("paper.css"),
        size,
        pieces: pieces(&app, &user, chosen.item.clone()).await?,
        chosen,
    })
}

#[derive(askama::Template)]
#[template(path = "paper/letter.html")]
struct LetterPage {
    styles: String,
    content: Content,
}

/// What goes into the envelope: one print of the letter and its annexes, and what is laid in beside
/// it; nothing of why it went on paper.
async fn letter(State(app): State<App>, user: CurrentUser, Path(id): Path<String>) -> PageResult {
    page(&LetterPage {
        styles: super::super::assets::url("paper.css"),
        content: print::content(&app, &user.actor, &id).await?,
    })
}

/// The print.
async fn pdf(State(app): State<App>, user: CurrentUser, Path(id): Path<String>) -> PageResult {
    let (item, bytes) = print::pdf(&app, &user.actor, &id).await?;
    Ok(super::super::pdf(&item.number, bytes.into()))
}
