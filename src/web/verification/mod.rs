//! *Belge Doğrulama*: the public page on which anybody who holds a letter asks whether it is
//! genuine. No log-in; limited per address; one sentence for every code that finds nothing.

use std::net::IpAddr;
use std::sync::LazyLock;

use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use jiff::SignedDuration;
use serde::Deserialize;

use super::client::ClientAddress;
use super::limit::Limit;
use super::{PageResult, chrome, page, see_other, upload};
use crate::app::App;
use crate::document::verification::{self, Genuine};
use crate::error::{Error, Kind, Problem, Result, malformed};
use crate::store::{BlobHash, BlobHasher};

/// Sixty questions in five minutes from one address: enough for a registry that checks a pile of
/// letters, hopeless for guessing eighty bits.
static QUESTIONS: LazyLock<Limit<IpAddr>> =
    LazyLock::new(|| Limit::new(SignedDuration::from_mins(5)));
const TRIES: u32 = 60;

/// A letter's PDF is far smaller; a larger file is none of ours. Its bytes are digested as they come
/// and never held.
const LARGEST: usize = 30 * 1024 * 1024;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/dogrula", get(ask).post(typed))
        .route("/dogrula/{code}", get(answer))
        .route("/dogrula/{code}/yazi", get(letter))
        .route(
            "/dogrula/{code}/karsilastir",
            post(compare).layer(DefaultBodyLimit::max(LARGEST)),
        )
        .layer(from_fn(keep_out_of_indexes))
}

/// A code that stands in an address is for its holder, not for search engines.
async fn keep_out_of_indexes(request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(
        HeaderName::from_static("x-robots-tag"),
        HeaderValue::from_static("noindex, nofollow, noarchive"),
    );
    response
}

#[derive(askama::Template)]
#[template(path = "verification/page.html")]
struct VerificationPage {
    band: Option<&'static str>,
    /// As it was typed, or as it is printed.
    code: String,
    found: Option<Genuine>,
    /// Whether the holder's file is the letter, once it was compared.
    same: Option<bool>,
    problem: Option<Problem>,
}

impl VerificationPage {
    fn empty(app: &App) -> Self {
        Self {
            band: chrome::band(app),
            code: String::new(),
            found: None,
            same: None,
            problem: None,
        }
    }

    fn of(app: &App, typed: &str) -> Self {
        Self {
            code: typed.chars().take(60).collect(),
            ..Self::empty(app)
        }
    }

    /// The code as it stands in addresses.
    fn path(&self) -> String {
        self.code.replace('-', "")
    }

    fn date(&self, found: &Genuine) -> String {
        found
            .letter
            .official_date
            .map(|day| day.strftime("%d.%m.%Y").to_string())
            .unwrap_or_default()
    }
}

async fn ask(State(app): State<App>) -> PageResult {
    page(&VerificationPage::empty(&app))
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    kod: String,
}

/// The form: on to the address that the QR code holds, or the same page with the sentence.
async fn typed(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    Form(form): Form<Typed>,
) -> PageResult {
    match verification::parse(&form.kod) {
        Some(code) => Ok(see_other(&format!("/dogrula/{code}"))),
        None => show(&app, address, form.kod).await,
    }
}

async fn answer(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    Path(code): Path<String>,
) -> PageResult {
    show(&app, address, code).await
}

async fn show(app: &App, address: IpAddr, typed: String) -> PageResult {
    let shown = VerificationPage::of(app, &typed);
    let found = find(app, address, typed).await;
    shown_as(shown, found, None)
}

fn shown_as(
    mut shown: VerificationPage,
    found: Result<Genuine>,
    digest: Option<BlobHash>,
) -> PageResult {
    match found {
        Ok(found) => {
            shown.code = verification::parse(&shown.code)
                .map(|code| verification::printed(&code))
                .unwrap_or_default();
            shown.same = digest.map(|digest| found.letter.frozen_hash.as_ref() == Some(&digest));
            shown.found = Some(found);
            page(&shown)
        }
        Err(Error::Problem(problem)) => {
            let status = match problem.kind {
                Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::NOT_FOUND,
            };
            shown.problem = Some(problem);
            Ok((status, page(&shown)?).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

async fn find(app: &App, address: IpAddr, typed: String) -> Result<Genuine> {
    let asked = QUESTIONS.count(address, TRIES, app.now());
    asked.map_err(|pause| {
        let message = "Bu bağlantıdan çok sayıda sorgu yapıldı. Beş dakika sonra yeniden deneyin.";
        Problem::new(Kind::TooMany, "cok_deneme", message).after(pause)
    })?;
    app.store
        .read(move |tx| verification::find(tx, &typed))
        .await
}

/// The letter itself, for the holder of its code, where it may be shown again.
async fn letter(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    Path(code): Path<String>,
) -> PageResult {
    let found = match find(&app, address, code.clone()).await {
        Ok(found) if found.is_open() => found,
        Ok(_) => return Ok(see_other(&format!("/dogrula/{code}"))),
        Err(error) => return Err(error.into()),
    };
    let Some(hash) = found.letter.frozen_hash else {
        return Ok(see_other("/dogrula"));
    };
    let bytes = app.blobs.get(&hash).await?;
    let (ids, now, id) = (std::sync::Arc::clone(&app.ids), app.now(), found.letter.id);
    app.store
        .write(move |tx| verification::record_reading(tx, &*ids, now, &id))
        .await?;
    let number = found.letter.official_number.unwrap_or_default();
    Ok(super::pdf(&number, bytes))
}

/// Compares the holder's file with the letter byte by byte, through their digests. The try is
/// counted and the letter found before a byte of the file is read.
async fn compare(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    Path(code): Path<String>,
    mut form: Multipart,
) -> PageResult {
    let shown = VerificationPage::of(&app, &code);
    let found = find(&app, address, code).await;
    if found.is_err() {
        return shown_as(shown, found, None);
    }
    let mut digest = None;
    while let Some(mut field) = form.next_field().await.map_err(upload::broken)? {
        if upload::file_name(&field).is_none() {
            continue;
        }
        let mut hasher = BlobHasher::default();
        while let Some(piece) = field.chunk().await.map_err(upload::broken)? {
            hasher.update(&piece);
        }
        digest = Some(hasher.finish());
    }
    if digest.is_none() {
        return Err(malformed("dosya_secilmedi", "Karşılaştırılacak PDF dosyasını seçin.").into());
    }
    shown_as(shown, found, digest)
}
