//! *Parola Değiştir*: the old password is checked; the new one ends the other sessions, and API
//! tokens unless they are kept.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::MENU;
use crate::access::user::PasswordChanged;
use crate::access::{password, session, token, user};
use crate::app::App;
use crate::error::{Error, Problem, Result, invalid, not_found};
use crate::web::session::session_cookie;
use crate::web::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other_with};

#[derive(askama::Template)]
#[template(path = "access/password.html")]
struct PasswordPage {
    chrome: PageChrome,
    problem: Option<Problem>,
    least: usize,
    /// API tokens that would end.
    tokens: usize,
    /// An administrator chose the present password.
    must_change: bool,
}

#[derive(Deserialize)]
pub(super) struct PasswordForm {
    old: String,
    new: String,
    again: String,
    #[serde(default)]
    keep_tokens: String,
}

async fn shown(app: &App, user: &CurrentUser, problem: Option<Problem>) -> PageResult {
    let tokens = app.read(&user.actor, token::list).await?;
    let living = tokens.iter().filter(|token| token.revoked_at.is_none());
    page(&PasswordPage {
        chrome: PageChrome::new(app, user, MENU),
        problem,
        least: password::MIN_LENGTH,
        tokens: living.count(),
        must_change: user.must_change_password,
    })
}

pub(super) async fn show(State(app): State<App>, user: CurrentUser) -> PageResult {
    shown(&app, &user, None).await
}

pub(super) async fn change(
    State(app): State<App>,
    jar: CookieJar,
    CheckedForm { user, form }: CheckedForm<PasswordForm>,
) -> PageResult<Response> {
    match try_change(&app, &user, form).await {
        Ok(changed) => {
            let tokens = match changed.tokens_ended {
                0 => String::new(),
                ended => format!(" {ended} API anahtarınız iptal edildi."),
            };
            let message = format!("Parolanız değişti; öteki oturumlarınız kapandı.{tokens}");
            let jar = jar.add(session_cookie(&app, changed.session));
            Ok((jar, see_other_with(&app, "/", &message)).into_response())
        }
        Err(Error::Problem(problem)) => {
            let again = shown(&app, &user, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

async fn try_change(app: &App, user: &CurrentUser, form: PasswordForm) -> Result<PasswordChanged> {
    if form.new == form.old {
        let message = "Yeni parola eskisiyle aynı. Başka bir parola yazın.";
        return Err(invalid("parola_ayni", message));
    }
    if form.new != form.again {
        let message = "Yeni parolalar birbirini tutmuyor. İkisini de yeniden yazın.";
        return Err(invalid("parola_farkli", message));
    }
    let account = app
        .read(&user.actor, session::own_account)
        .await?
        .ok_or_else(|| not_found("kullanici_yok", "Hesabınız kapalı."))?;
    let keep_tokens = !form.keep_tokens.is_empty();
    let ids = std::sync::Arc::clone(&app.ids);
    let _permit = app
        .hashing
        .acquire()
        .await
        .map_err(|error| anyhow::anyhow!(error))?;
    let (account, holds, hash) = tokio::task::spawn_blocking(move || {
        let holds = session::password_holds(Some(&account), &form.old);
        let hash = password::hash(&form.new, &*ids);
        (account, holds, hash)
    })
    .await
    .map_err(|error| anyhow::anyhow!(error))?;
    let hash = hash?;
    app.write(&user.actor, move |tx, act| {
        user::change_own_password(tx, act, &account, holds, &hash, keep_tokens)
    })
    .await?
}
