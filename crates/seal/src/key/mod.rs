//! Keys that sign: what every kind of key can do, whether it lies in a file or on a card.

mod file;
mod token;

pub use file::SoftKey;
pub use token::{Pin, Token, TokenError, TokenKey, tokens};

use crate::{Certificate, Digest, SealError};

/// A private key with its certificate.
pub trait Signer {
    /// The certificate of this key.
    fn certificate(&self) -> &Certificate;

    /// Certificates of issuers that came with the key, if any.
    fn issuers(&self) -> &[Certificate] {
        &[]
    }

    /// Signs the `digest` of `message` with PKCS#1 v1.5 or ECDSA (DER), as the key is.
    ///
    /// `message` is always something that this crate built (signed attributes, `SignedInfo`), so
    /// that no signer is ever handed a bare hash.
    fn sign(&self, digest: Digest, message: &[u8]) -> Result<Vec<u8>, SealError>;
}

impl<T: Signer + ?Sized> Signer for &T {
    fn certificate(&self) -> &Certificate {
        (**self).certificate()
    }

    fn issuers(&self) -> &[Certificate] {
        (**self).issuers()
    }

    fn sign(&self, digest: Digest, message: &[u8]) -> Result<Vec<u8>, SealError> {
        (**self).sign(digest, message)
    }
}
