//! CMS SignedData (RFC 5652) with the attributes of CAdES (ETSI TS 101 733 v2.2.1, EN 319 122-1).

pub(crate) mod attribute;
mod ber;
pub(crate) mod read;
mod sign;
pub(crate) mod verify;

pub use ber::MAX_SIGNATURE;
pub use read::Cms;
pub(crate) use read::basic_of as read_basic_ocsp;
pub(crate) use sign::sign_typed;
pub use sign::{Content, Policy, SignOptions, add_signer, merge, sign};
pub use verify::{VerifyOptions, verify};
