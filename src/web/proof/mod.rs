//! *Delil paketi indir*: the whole proof of a letter as one download.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use axum::routing::post;
use tokio::io::AsyncReadExt as _;

use super::{CheckedForm, Nothing, PageResult, download_headers};
use crate::app::App;
use crate::proof::bundle::{self, Bundle};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/evrak/{id}/delil-paketi", post(make))
}

async fn make(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm {
        user,
        form: Nothing {},
    }: CheckedForm<Nothing>,
) -> PageResult {
    let bundle = bundle::make(&app, &user.actor, &id).await?;
    let headers = download_headers(&bundle.name, "application/zip");
    Ok((headers, body_of(bundle)).into_response())
}

/// At a time in memory, whatever the bundle's size.
const PIECE: usize = 64 * 1024;

/// The bundle piece by piece.
pub(crate) fn body_of(bundle: Bundle) -> Body {
    let file = tokio::fs::File::from_std(bundle.file);
    Body::from_stream(futures_util::stream::try_unfold(
        file,
        |mut file| async move {
            let mut piece = vec![0; PIECE];
            let read = file.read(&mut piece).await?;
            piece.truncate(read);
            let more = (read > 0).then(|| (bytes::Bytes::from(piece), file));
            Ok::<_, std::io::Error>(more)
        },
    ))
}
