//! The letter's e-Yazışma package for download: whole, or as one recipient gets it.

use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::app::App;
use crate::distribution::list;
use crate::document::view;
use crate::error::not_found;
use crate::package;
use crate::web::{CurrentUser, PageResult};

#[derive(Deserialize)]
pub(super) struct Whose {
    /// A line of the distribution list; without it the package with every attachment is asked for.
    alici: Option<String>,
}

pub(super) async fn download(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
    Query(whose): Query<Whose>,
) -> PageResult<Response> {
    let letter = view::opened(&app, &user.actor, &id).await?.id;
    let Some(recipient) = whose.alici else {
        return Ok(file(package::whole(&app, &letter).await?));
    };
    let of_letter = letter.clone();
    let left_out = app
        .read(&user.actor, move |tx, _| {
            let line = list::by_id(tx, &recipient)?.filter(|line| line.document_id == of_letter);
            let line =
                line.ok_or_else(|| not_found("alici_yok", "Bu yazının böyle bir alıcısı yok."))?;
            Ok(line.left_out)
        })
        .await?;
    Ok(file(package::sent(&app, &letter, &left_out).await?))
}

/// A package as a file to keep.
pub(crate) fn file(package: package::Sent) -> Response {
    let name = format!("attachment; filename=\"{}\"", package.file_name);
    (
        [
            (header::CONTENT_TYPE, eyazisma::MEDIA_TYPE.to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ],
        package.bytes,
    )
        .into_response()
}
