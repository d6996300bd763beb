//! Giriş and Güvenli Çıkış.

use std::net::IpAddr;
use std::sync::LazyLock;

use axum::Form;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::client::ClientAddress;
use super::limit::Limit;
use super::session::{COOKIE, session_cookie};
use super::{CheckedForm, Nothing, PageResult, chrome, failure, page, see_other};
use crate::access::session;
use crate::app::App;
use crate::error::{Error, Kind, Problem};

/// Thirty failed tries in five minutes from one address; the account has its own rest besides.
/// Those that succeed are not counted: a whole office may come from one address.
static LOG_INS: LazyLock<Limit<IpAddr>> =
    LazyLock::new(|| Limit::new(SignedDuration::from_mins(5)));
const TRIES: u32 = 30;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/giris", get(show).post(log_in))
        .route("/cikis", post(log_out))
}

#[derive(askama::Template)]
#[template(path = "access/login.html")]
struct LoginPage {
    band: Option<&'static str>,
    login: String,
    problem: Option<Problem>,
}

async fn show(State(app): State<App>) -> PageResult {
    page(&LoginPage {
        band: chrome::band(&app),
        login: String::new(),
        problem: None,
    })
}

#[derive(Deserialize)]
struct LoginForm {
    login: String,
    password: String,
}

async fn log_in(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    jar: CookieJar,
    Form(form): Form<LoginForm>,
) -> PageResult {
    match try_log_in(&app, address, &form).await {
        Ok(opened) => {
            let jar = jar.add(session_cookie(&app, opened.token));
            Ok((jar, see_other("/")).into_response())
        }
        Err(Error::Problem(problem)) => {
            let status = match problem.kind {
                Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let told = problem.clone();
            let shown = LoginPage {
                band: chrome::band(&app),
                login: form.login,
                problem: Some(problem),
            };
            let answer = (status, page(&shown)?).into_response();
            Ok(failure::with_pause(answer, &told))
        }
        Err(other) => Err(other.into()),
    }
}

async fn try_log_in(
    app: &App,
    address: IpAddr,
    form: &LoginForm,
) -> Result<session::Opened, Error> {
    let now = app.now();
    // Counted before the password is looked at, so that tries made at once do not slip through.
    LOG_INS.count(address, TRIES, now).map_err(|pause| {
        let message = "Bu bağlantıdan çok sayıda giriş denendi. Beş dakika sonra yeniden deneyin.";
        Problem::new(Kind::TooMany, "cok_deneme", message).after(pause)
    })?;
    let opened = check_and_open(app, form, now).await;
    if !matches!(opened, Err(Error::Problem(_))) {
        LOG_INS.take_back(&address);
    }
    opened
}

async fn check_and_open(
    app: &App,
    form: &LoginForm,
    now: Timestamp,
) -> Result<session::Opened, Error> {
    let login = form.login.trim().to_lowercase();
    let account = app
        .store
        .read(move |tx| session::find_account(tx, &login, now))
        .await?;
    let (holds, account) = {
        let _permit = app
            .hashing
            .acquire()
            .await
            .map_err(|error| anyhow::anyhow!(error))?;
        let password = form.password.clone();
        tokio::task::spawn_blocking(move || {
            (
                session::password_holds(account.as_ref(), &password),
                account,
            )
        })
        .await
        .map_err(|error| anyhow::anyhow!(error))?
    };
    let ids = std::sync::Arc::clone(&app.ids);
    app.store
        .write(move |tx| session::open(tx, account.as_ref(), holds, now, &*ids))
        .await?
}

async fn log_out(
    State(app): State<App>,
    jar: CookieJar,
    CheckedForm {
        user,
        form: Nothing {},
    }: CheckedForm<Nothing>,
) -> PageResult<Response> {
    let token = user.token.clone();
    app.write(&user.actor, move |tx, act| session::close(tx, act, &token))
        .await?;
    let jar = jar.remove(Cookie::build((COOKIE, "")).path("/"));
    Ok((jar, see_other("/giris")).into_response())
}
