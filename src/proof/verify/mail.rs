//! A KEP message: its signature over exactly the bytes that it covers, and what it carries.

use bytes::Bytes;
use kep::message::{ReadAttachment, ReadMessage};

use super::{Line, Options, signature};

/// The checks of a signed message; none when it is no such message.
pub(super) fn check(bytes: &Bytes, options: &Options) -> Option<Vec<Line>> {
    let message = ReadMessage::read(bytes)?;
    let (content, signed) = (message.signed_part?, message.signature?);
    Some(signature::check(&signed, Some(&content), options))
}

/// The files in the message, its signature left out.
pub(super) fn files(bytes: &Bytes) -> Vec<ReadAttachment> {
    let read = ReadMessage::read(bytes);
    read.map(|message| message.files().cloned().collect())
        .unwrap_or_default()
}

/// Whether a file of a message is an e-Yazışma package, by its media type or its name.
pub(super) fn is_package(file: &ReadAttachment) -> bool {
    let name = file.name.as_deref().unwrap_or_default().to_lowercase();
    file.content_type == eyazisma::MEDIA_TYPE || name.ends_with(".eyp")
}
