//! *Parola Değiştir*: the old password is checked, the new one ends every session.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::MENU;
use crate::access::{password, session, user};
use crate::app::App;
use crate::error::{Error, Problem, Result, invalid, not_found};
use crate::web::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other};

#[derive(askama::Template)]
#[template(path = "access/password.html")]
struct PasswordPage {
    chrome: PageChrome,
    problem: Option<Problem>,
    least: usize,
}

#[derive(Deserialize)]
pub(super) struct PasswordForm {
    old: String,
    new: String,
    again: String,
}

fn shown(app: &App, user: &CurrentUser, problem: Option<Problem>) -> PageResult {
    page(&PasswordPage {
        chrome: PageChrome::new(app, user, MENU),
        problem,
        least: password::MIN_LENGTH,
    })
}

pub(super) async fn show(State(app): State<App>, user: CurrentUser) -> PageResult {
    shown(&app, &user, None)
}

pub(super) async fn change(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<PasswordForm>,
) -> PageResult<Response> {
    match try_change(&app, &user, form).await {
        Ok(()) => Ok(see_other("/giris")),
        Err(Error::Problem(problem)) => {
            let again = shown(&app, &user, Some(problem))?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

async fn try_change(app: &App, user: &CurrentUser, form: PasswordForm) -> Result<()> {
    if form.new != form.again {
        let message = "Yeni parolalar birbirini tutmuyor. İkisini de yeniden yazın.";
        return Err(invalid("parola_farkli", message));
    }
    let account = app
        .read(&user.actor, session::own_account)
        .await?
        .ok_or_else(|| not_found("kullanici_yok", "Hesabınız kapalı."))?;
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
        user::change_own_password(tx, act, &account, holds, &hash)
    })
    .await?
}
