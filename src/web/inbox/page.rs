//! One incoming document: what it says, what was found about it, who deals with it.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;

use super::MENU;
use crate::app::App;
use crate::distribution::Purpose;
use crate::document::attach::size_label;
use crate::error::Problem;
use crate::inbox::period::Period;
use crate::inbox::referral::{self, Choices, ReferralState};
use crate::inbox::scan::Verdict;
use crate::inbox::view::{self, View};
use crate::inbox::{IncomingKind, Source, close};
use crate::web::{CurrentUser, PageChrome, PageResult, download, page, pdf};

/// What was typed into a form of the page whose act was refused.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub units: Vec<String>,
    pub people: Vec<String>,
    pub purpose: String,
    pub due_date: String,
    pub note: String,
    pub reason: String,
}

#[derive(askama::Template)]
#[template(path = "inbox/page.html")]
pub(super) struct IncomingPage {
    chrome: PageChrome,
    view: View,
    choices: Choices,
    /// Whether the letter's own bytes can be shown inside the page.
    shown: Shown,
    problem: Option<Problem>,
    typed: Typed,
}

/// How the letter's bytes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Frame,
    Image,
    Nothing,
}

impl IncomingPage {
    pub(super) async fn load(
        app: &App,
        user: &CurrentUser,
        id: &str,
        problem: Option<Problem>,
        typed: Typed,
    ) -> PageResult<Self> {
        let id = id.to_owned();
        let (view, choices) = app
            .read(&user.actor, move |tx, act| {
                let view = view::look(tx, act, &id)?;
                let may_refer = view.may_manage || view.mine.is_some();
                let choices = if may_refer {
                    referral::choices(tx, &view.incoming)?
                } else {
                    Choices::default()
                };
                Ok((view, choices))
            })
            .await?;
        let shown = match view.incoming.content_type.as_str() {
            _ if view.incoming.content_hash.is_none() => Shown::Nothing,
            "application/pdf" => Shown::Frame,
            "image/png" | "image/jpeg" | "image/gif" => Shown::Image,
            _ => Shown::Nothing,
        };
        Ok(Self {
            chrome: PageChrome::new(app, user, MENU),
            view,
            choices,
            shown,
            problem,
            typed,
        })
    }

    fn may_refer(&self) -> bool {
        self.view.may_manage || self.view.mine.is_some()
    }

    fn may_pull_back(&self, known: &referral::Referral) -> bool {
        known.state == ReferralState::Open
            && (self.view.may_manage || known.from_user_id == self.chrome.user_id)
    }

    /// The due date that the form proposes: that of the document.
    fn due(&self) -> String {
        if !self.typed.due_date.is_empty() {
            return self.typed.due_date.clone();
        }
        self.view
            .incoming
            .due_date
            .map(|day| day.strftime("%d.%m.%Y").to_string())
            .unwrap_or_default()
    }
}

/// The page; opening it is written down where it has to be, before anything is shown.
pub(super) async fn show(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
) -> PageResult {
    let loaded = IncomingPage::load(&app, &user, &id, None, Typed::default()).await?;
    if !loaded.view.leaves_a_trace {
        return page(&loaded);
    }
    let marked = id.clone();
    app.write(&user.actor, move |tx, act| view::mark(tx, act, &marked))
        .await?;
    page(&IncomingPage::load(&app, &user, &id, None, Typed::default()).await?)
}

/// The letter itself, inside the page: a PDF or a scanned image; anything else is a download.
pub(super) async fn content(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
) -> PageResult<Response> {
    let (incoming, hash) = app
        .read(&user.actor, move |tx, act| view::content(tx, act, &id))
        .await?;
    let bytes = app.blobs.get(&hash).await?;
    if bytes.starts_with(b"%PDF-") {
        return Ok(pdf(&incoming.registration_number, bytes));
    }
    Ok(inline(bytes))
}

fn inline(bytes: Bytes) -> Response {
    let media = match infer::get(&bytes).map(|kind| kind.mime_type()) {
        Some(known @ ("image/png" | "image/jpeg" | "image/gif")) => known,
        _ => return download("yazi.bin", "application/octet-stream", bytes),
    };
    (
        [
            (header::CONTENT_TYPE, media),
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; frame-ancestors 'self'",
            ),
            (header::CONTENT_DISPOSITION, "inline"),
        ],
        bytes,
    )
        .into_response()
}

pub(super) async fn file(
    State(app): State<App>,
    user: CurrentUser,
    Path((id, file)): Path<(String, String)>,
) -> PageResult<Response> {
    let (file, hash) = app
        .read(&user.actor, move |tx, act| view::file(tx, act, &id, &file))
        .await?;
    let bytes = app.blobs.get(&hash).await?;
    let name = file.file_name.unwrap_or(file.title);
    Ok(download(&name, "application/octet-stream", bytes))
}

fn linked_label(kind: &str) -> &'static str {
    match kind {
        "forward" => "Yetkili idareye gönderme yazısı",
        "return" => "İade yazısı",
        _ => "Cevap yazısı",
    }
}
