//! The original message (orijinal ileti): built and signed byte for byte, and read again.

mod build;
mod encode;
mod read;

pub use build::{Attachment, MessageError, MessageKind, OriginalMessage};
pub use read::{ReadAttachment, ReadMessage};
