//! Reading an uploaded file up to the limit of the settings, for the screen and for the API.

use axum::extract::multipart::{Field, MultipartError};

use crate::document::attach;
use crate::error::{Error, Result, malformed};

/// A file beside the form around it; the domain holds the exact limit and says it in words.
pub const LIMIT: usize = 110 * 1024 * 1024;

/// A file as it came, its name not yet cleaned.
pub struct File {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The name of the file in this part; `None` for other fields and where no file was chosen.
#[must_use]
pub fn file_name(field: &Field<'_>) -> Option<String> {
    field
        .file_name()
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

/// Reads the part to its end. What is over `limit` is read and dropped, since a browser that is
/// cut off while it sends never sees why.
///
/// # Errors
/// `ek_buyuk`, `yukleme_kesildi`.
pub async fn read(mut field: Field<'_>, name: String, limit: i64) -> Result<File> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let (mut bytes, mut size) = (Vec::new(), 0_u64);
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        size += chunk.len() as u64;
        if size <= most {
            bytes.extend_from_slice(&chunk);
        } else {
            bytes = Vec::new();
        }
    }
    if size > most {
        return Err(attach::too_big(&name, size, limit));
    }
    Ok(File { name, bytes })
}

/// The sentence for a body that ends too early or is over every limit.
#[must_use]
pub fn broken(_: MultipartError) -> Error {
    malformed(
        "yukleme_kesildi",
        "Yükleme kesildi ya da dosya sınırı aşıldı. Yeniden deneyin.",
    )
}
