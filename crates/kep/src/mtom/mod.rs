//! Binary fields as parts of a `multipart/related` message (MTOM/XOP), in and out.

mod read;
mod write;

pub use read::read;
pub use write::{Packed, write, write_inline};

use bytes::Bytes;

use crate::soap::{Body, Limits, ReadError, envelope, open_envelope};

/// Reads a SOAP message by its `Content-Type` and takes the payload or the fault out.
pub fn open(content_type: &str, body: &Bytes, limits: &Limits) -> Result<Body, ReadError> {
    open_envelope(read(content_type, body, limits)?)
}

/// Puts a payload or a fault into an envelope and writes it: as MTOM parts, or inline.
pub fn pack(body: Body, mtom: bool) -> Packed {
    let root = envelope(body);
    if mtom {
        write(&root)
    } else {
        write_inline(&root)
    }
}
