//! The original message (orijinal ileti): built and signed byte for byte, and read again.

mod build;
pub mod cover;
mod encode;
mod read;

pub use build::{Attachment, Envelope, MessageError, MessageKind, OriginalMessage};
pub use read::{ReadAttachment, ReadMessage};
