//! Electronic signatures: CMS in the CAdES-BES form, with keys from files.
//!
//! ```
//! use std::time::{Duration, UNIX_EPOCH};
//! let now = UNIX_EPOCH + Duration::from_secs(1_795_500_000);
//! // A fixed byte is no randomness: give the operating system's generator.
//! let key = seal::SoftKey::demo("Prova Belediyesi", now, 30, &mut |bytes| bytes.fill(7))?;
//! let p7s: Vec<u8> = key.sign_detached(b"content", now)?;
//! # Ok::<(), seal::SealError>(())
//! ```

mod cades;
mod demo;
mod error;
mod soft_key;

pub use error::SealError;
pub use soft_key::SoftKey;
