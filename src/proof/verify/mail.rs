//! A KEP message: its signature over exactly the bytes that it covers, what it says of itself, and
//! what it carries.

use bytes::Bytes;
use kep::message::{ReadAttachment, ReadMessage};
use seal::Certificate;

use super::{Line, Options, signature};

/// A signed message.
pub(super) struct Signed {
    pub lines: Vec<Line>,
    /// Whose certificates signed it.
    pub signers: Vec<Certificate>,
    /// Without angle brackets; none where it has no or more than one.
    pub message_id: Option<String>,
    /// Everybody to whom it says it goes, in lower case.
    pub recipients: Vec<String>,
}

/// The checks of a signed message; none when it is no such message.
pub(super) fn check(bytes: &Bytes, options: &Options) -> Option<Signed> {
    let message = ReadMessage::read(bytes)?;
    let (content, signed) = (message.signed_part.as_ref()?, message.signature.as_ref()?);
    let report = signature::report(signed, Some(content), options);
    let once = |name: &str| {
        let of_name = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        message.headers.iter().filter(of_name).count() == 1
    };
    Some(Signed {
        lines: signature::of_report(&report, signature::Stamp::May),
        signers: signature::certificates(&report),
        message_id: message.message_id.clone().filter(|_| once("Message-ID")),
        recipients: match once("To") {
            true => message.to.clone(),
            false => Vec::new(),
        },
    })
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
