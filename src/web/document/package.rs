//! The letter's e-Yazışma package for download.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use crate::app::App;
use crate::document::view;
use crate::package;
use crate::web::{CurrentUser, PageResult};

pub(super) async fn download(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
) -> PageResult<Response> {
    let letter = view::opened(&app, &user.actor, &id).await?;
    Ok(file(package::whole(&app, &letter.id).await?))
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
