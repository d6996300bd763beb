//! The letter as it prints: its pages as pictures while it is prepared, the frozen PDF afterwards.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::save::LetterForm;
use crate::app::App;
use crate::approval::{chain, sign};
use crate::document::{draft, freeze, view};
use crate::error::{Result, not_found};
use crate::web::failure::JsonError;
use crate::web::{CheckedForm, CurrentUser, PageResult};

const STYLE: &str = "body{margin:0;background:#d8dadd}img{display:block;width:100%;max-width:794px;\
margin:0 auto 12px;background:#fff;box-shadow:0 0 0 1px #b8bcc2}";

/// The page holds pictures and its own style, named by its hash; nothing may run or load.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "sandbox; default-src 'none'; img-src data:; style-src 'sha256-{hash}'; \
         frame-ancestors 'self'"
    )
});

pub(super) async fn preview(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
) -> PageResult<Response> {
    view::opened(&app, &user.actor, &id).await?;
    let pages = pages(&app, &user, id, None).await?;
    let mut html = format!(
        "<!doctype html>\n<html lang=\"tr\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Önizleme</title><style>{STYLE}</style></head><body>\n"
    );
    for (number, page) in (1..).zip(&pages) {
        let _ = writeln!(html, "<img alt=\"{number}. sayfa\" src=\"{page}\">");
    }
    html.push_str("</body></html>\n");
    let headers: [(HeaderName, &str); 2] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, &POLICY),
    ];
    Ok((headers, html).into_response())
}

/// The letter with what is typed now, for the pictures beside the editor; nothing is kept. What is
/// not typed stands there as it was saved, so it is for those who write the letter, and a reading.
pub(super) async fn typed(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<LetterForm>,
) -> Result<Response, JsonError> {
    let pages = pages(&app, &user, id.clone(), Some(form.into_changes())).await?;
    // Whom the pages are refused has read nothing; whoever gets them stands in the log first.
    view::opened(&app, &user.actor, &id).await?;
    Ok(Json(json!({ "pages": pages })).into_response())
}

/// One picture a page, as the address of an image; with what is typed only for those who write.
async fn pages(
    app: &App,
    user: &CurrentUser,
    id: String,
    typed: Option<draft::Changes>,
) -> Result<Vec<String>> {
    let gathered = app
        .read(&user.actor, move |tx, act| {
            let letter = match typed {
                Some(typed) => {
                    let mut letter = draft::require_writer(tx, act, &id)?;
                    typed.show_in(&mut letter);
                    letter
                }
                None => draft::open(tx, act, &id)?,
            };
            let steps = chain::current(tx, act, &id)?;
            freeze::gather(tx, &letter, sign::blocks(&steps, None))
        })
        .await?;
    let pages = app.press.pages(&app.blobs, gathered).await?;
    Ok(pages.iter().map(|page| picture(page)).collect())
}

/// An SVG as the address of an image.
pub(in crate::web) fn picture(svg: &str) -> String {
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg))
}

pub(super) async fn frozen(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
) -> PageResult<Response> {
    let letter = view::opened(&app, &user.actor, &id).await?;
    let Some(hash) = letter.frozen_hash else {
        return Err(not_found(
            "yazi_dondurulmadi",
            "Yazı henüz imzaya hazırlanmadı; önizlemeyi açın.",
        )
        .into());
    };
    let number = letter.official_number.unwrap_or_default();
    Ok(crate::web::pdf(&number, app.blobs.get(&hash).await?))
}
