//! A KEP message: its signature over exactly the bytes that it covers.

use bytes::Bytes;
use kep::message::ReadMessage;

use super::{Line, Options, signature};

/// The checks of a signed message; none when it is no such message.
pub(super) fn check(bytes: &Bytes, options: &Options) -> Option<Vec<Line>> {
    let message = ReadMessage::read(bytes)?;
    let (content, signed) = (message.signed_part?, message.signature?);
    Some(signature::check(&signed, Some(&content), options))
}
