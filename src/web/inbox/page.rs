//! One incoming document: what it says, what was found about it, who deals with it.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;

use super::MENU;
use super::find::{self, Found};
use crate::app::App;
use crate::distribution::Purpose;
use crate::document::attach::size_label;
use crate::document::scan::Verdict;
use crate::error::Problem;
use crate::inbox::period::Period;
use crate::inbox::referral::{self, ReferralState, Target};
use crate::inbox::view::{self, View};
use crate::inbox::{IncomingKind, Source, State as Standing, close};
use crate::web::{CurrentUser, PageChrome, PageResult, download, page, pdf};

/// What was typed into a form of the page whose act was refused.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    /// To whom it shall be referred.
    pub lines: Vec<(Target, Purpose)>,
    /// The words of the referral's search box.
    pub search: String,
    /// The version at which the referral's form was first read, while it only changes.
    pub version: Option<i64>,
    /// The referral's form was sent, and stays open.
    pub refers: bool,
    pub due_date: String,
    pub note: String,
    pub reason: String,
}

#[derive(askama::Template)]
#[template(path = "inbox/page.html")]
pub(super) struct IncomingPage {
    chrome: PageChrome,
    view: View,
    /// The chosen lines of the referral: value, name, purpose.
    lines: Vec<(String, String, Purpose)>,
    /// Below its search box.
    found: Option<Found>,
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
        let (id, asked) = (id.to_owned(), typed.clone());
        let (view, lines, found) = app
            .read(&user.actor, move |tx, act| {
                let view = view::look(tx, act, &id)?;
                let may_refer = view.may_manage || view.mine.is_some();
                if !may_refer {
                    return Ok((view, Vec::new(), None));
                }
                let found = find::targets_of(tx, &view.incoming, &asked.search)?;
                let targets: Vec<Target> = asked.lines.iter().map(|(to, _)| to.clone()).collect();
                let named = referral::names(tx, &targets)?;
                let lines = asked.lines.iter().filter_map(|(target, purpose)| {
                    let (_, name) = named.iter().find(|(known, _)| known == target)?;
                    Some((find::value_of(target), name.clone(), *purpose))
                });
                Ok((view, lines.collect(), Some(found)))
            })
            .await?;
        let shown = match view.incoming.content_type.as_str() {
            _ if view.incoming.content_hash.is_none() => Shown::Nothing,
            _ if view::harmful_content(&view.incoming, &view.files).is_some() => Shown::Nothing,
            "application/pdf" => Shown::Frame,
            "image/png" | "image/jpeg" | "image/gif" => Shown::Image,
            _ => Shown::Nothing,
        };
        Ok(Self {
            chrome: PageChrome::new(app, user, MENU),
            view,
            lines,
            found,
            shown,
            problem,
            typed,
        })
    }

    /// A scanner found something in the letter itself.
    fn is_harmful(&self) -> bool {
        view::harmful_content(&self.view.incoming, &self.view.files).is_some()
    }

    fn may_refer(&self) -> bool {
        self.view.may_manage || self.view.mine.is_some()
    }

    /// Who answers will miss something that only a person can tell.
    fn is_incomplete(&self) -> bool {
        let it = &self.view.incoming;
        let nobody = match it.kind {
            IncomingKind::Petition => it.petition.name.is_empty(),
            IncomingKind::Letter => it.sender_unit_id.is_none(),
        };
        nobody || it.plan_code.is_none()
    }

    /// The version that the referral's form carries.
    fn read_at(&self) -> i64 {
        self.typed.version.unwrap_or(self.view.incoming.version)
    }

    fn may_pull_back(&self, known: &referral::Referral) -> bool {
        known.state == ReferralState::Open
            && (self.view.may_manage || known.from_user_id == self.chrome.user_id)
    }

    /// Why an open referral stands in nobody's work list.
    fn nobody_has(&self, known: &referral::Referral) -> Option<&'static str> {
        let nobodys = self.view.nobodys.contains(&known.id);
        nobodys.then_some(match known.target {
            Target::Person(_) => "Hesabı kapalı: kimsenin iş listesinde değil",
            Target::Unit(_) => "Birimde kullanıcı yok: kimsenin iş listesinde değil",
        })
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
    view::opened(&app, &user.actor, &id).await?;
    page(&IncomingPage::load(&app, &user, &id, None, Typed::default()).await?)
}

/// The letter itself, inside the page: a PDF or a scanned image; anything else is a download.
pub(super) async fn content(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
) -> PageResult<Response> {
    let asked = id.clone();
    let (incoming, hash) = app
        .read(&user.actor, move |tx, act| view::content(tx, act, &asked))
        .await?;
    view::opened(&app, &user.actor, &id).await?;
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
    let asked = id.clone();
    let (file, hash) = app
        .read(&user.actor, move |tx, act| {
            view::file(tx, act, &asked, &file)
        })
        .await?;
    view::opened(&app, &user.actor, &id).await?;
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
