//! Ek Listesi: uploading, adding what is not a file, changing, downloading.

use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::app::App;
use crate::document::attach::{self, New};
use crate::document::{draft, view};
use crate::error::{Error, malformed, not_found};
use crate::setting;
use crate::web::failure::JsonError;
use crate::web::form::{TOKEN_FIELD, check_token};
use crate::web::{
    CheckedForm, CurrentUser, PageError, PageResult, see_other, see_other_with, upload,
};

/// Takes files one by one; the page that has no script sends several at once.
pub(super) async fn upload(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
    headers: HeaderMap,
    multipart: Multipart,
) -> Response {
    let for_script = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("application/json"));
    match take(&app, &user, &id, multipart).await {
        Ok(count) if for_script => added(&app, &user, id, count).await,
        Ok(count) => see_other_with(&app, &super::address(&id), &format!("{count} ek eklendi.")),
        Err(PageError(error)) if for_script => JsonError(error).into_response(),
        Err(error) => error.into_response(),
    }
}

/// Tells a script the version that the letter has now, so that its autosave goes on from there.
async fn added(app: &App, user: &CurrentUser, id: String, count: usize) -> Response {
    let letter = app
        .read(&user.actor, move |tx, act| draft::open(tx, act, &id))
        .await;
    match letter {
        Ok(letter) => axum::Json(serde_json::json!({ "added": count, "version": letter.version }))
            .into_response(),
        Err(error) => JsonError(error).into_response(),
    }
}

async fn take(
    app: &App,
    user: &CurrentUser,
    id: &str,
    mut multipart: Multipart,
) -> PageResult<usize> {
    let limit = app
        .read(&user.actor, |tx, _| {
            Ok(setting::number(tx, setting::ATTACHMENT_LIMIT)?)
        })
        .await?;
    let mut token_seen = false;
    let mut count = 0;
    while let Some(field) = multipart.next_field().await.map_err(upload::broken)? {
        if field.name() == Some(TOKEN_FIELD) {
            check_token(user, Some(&field.text().await.map_err(upload::broken)?))?;
            token_seen = true;
            continue;
        }
        let Some(name) = upload::file_name(&field) else {
            continue;
        };
        if !token_seen {
            check_token(user, None)?;
        }
        let file = upload::read(field, name, limit).await?;
        keep(app, user, id, file).await?;
        count += 1;
    }
    if count == 0 {
        return Err(malformed(
            "dosya_yok",
            "Dosya seçilmedi. Bir dosya seçip yeniden deneyin.",
        )
        .into());
    }
    Ok(count)
}

/// Blob first, row after: a row never dangles.
async fn keep(app: &App, user: &CurrentUser, id: &str, file: upload::File) -> Result<(), Error> {
    let new = attach::receive(app, &user.actor, id, &file.name, file.bytes).await?;
    let id = id.to_owned();
    app.write(&user.actor, move |tx, act| {
        attach::add(tx, act, &id, new).map(drop)
    })
    .await
}

#[derive(Deserialize)]
pub(super) struct OtherForm {
    kind: String,
    title: String,
    #[serde(default)]
    reference: String,
}

pub(super) async fn add_other(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<OtherForm>,
) -> PageResult<Response> {
    let letter_id = id.clone();
    app.write(&user.actor, move |tx, act| {
        let new = match form.kind.as_str() {
            "external" => New::External {
                title: form.title,
                reference: form.reference,
            },
            _ => New::Physical { title: form.title },
        };
        attach::add(tx, act, &letter_id, new)
    })
    .await?;
    Ok(see_other(&format!("{}#ekler", super::address(&id))))
}

#[derive(Deserialize)]
pub(super) struct ChangeForm {
    /// `up`, `down`, `remove` or `rename`.
    action: String,
    #[serde(default)]
    title: String,
    restricted: Option<String>,
}

pub(super) async fn change(
    State(app): State<App>,
    Path((id, attachment)): Path<(String, String)>,
    CheckedForm { user, form }: CheckedForm<ChangeForm>,
) -> PageResult<Response> {
    let letter_id = id.clone();
    app.write(&user.actor, move |tx, act| match form.action.as_str() {
        "up" | "down" => attach::shift(tx, act, &letter_id, &attachment, form.action == "up"),
        "remove" => attach::remove(tx, act, &letter_id, &attachment),
        _ => {
            let restricted = form.restricted.is_some();
            attach::update(tx, act, &letter_id, &attachment, &form.title, restricted)
        }
    })
    .await?;
    Ok(see_other(&format!("{}#ekler", super::address(&id))))
}

/// Hands a file out as a download, never as something that a browser would run.
pub(super) async fn download(
    State(app): State<App>,
    user: CurrentUser,
    Path((id, attachment)): Path<(String, String)>,
) -> PageResult<Response> {
    view::opened(&app, &user.actor, &id).await?;
    let lines = app
        .read(&user.actor, move |tx, act| attach::list(tx, act, &id))
        .await?;
    let found = lines.into_iter().find(|line| line.id == attachment);
    let Some((name, hash)) = found.and_then(|line| line.file_name.zip(line.blob_hash)) else {
        return Err(not_found("ek_yok", "Böyle bir dosya eki yok.").into());
    };
    let bytes = app.blobs.get(&hash).await?;
    Ok(crate::web::download(
        &name,
        "application/octet-stream",
        bytes,
    ))
}
