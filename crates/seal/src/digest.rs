//! The hash functions that signatures may use, and the one that old references still name.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{ID_SHA_1, ID_SHA_256, ID_SHA_384, ID_SHA_512};
use der::asn1::Null;
use ring::digest;
use spki::AlgorithmIdentifierOwned;

/// SHA-2 in the three sizes that signatures are made and accepted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Digest {
    #[default]
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// The hash of `bytes`: 32, 48 or 64 bytes.
    #[must_use]
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        self.of_parts(&[bytes])
    }

    pub(crate) fn of_parts(self, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = digest::Context::new(match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        });
        for part in parts {
            context.update(part);
        }
        context.finish().as_ref().to_vec()
    }

    pub(crate) const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => ID_SHA_256,
            Self::Sha384 => ID_SHA_384,
            Self::Sha512 => ID_SHA_512,
        }
    }

    pub(crate) fn from_oid(oid: &ObjectIdentifier) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|digest| digest.oid() == *oid)
    }

    /// RFC 5754, 2: parameters are left out.
    pub(crate) const fn algorithm(self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned {
            oid: self.oid(),
            parameters: None,
        }
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }
}

/// A hash that a reference names: the three above, and SHA-1 where a standard still prescribes it
/// (`ESSCertID` of RFC 2634, `CertID` of OCSP). SHA-1 never carries a signature here.
pub(crate) fn reference_hash(oid: &ObjectIdentifier, bytes: &[u8]) -> Option<Vec<u8>> {
    match Digest::from_oid(oid) {
        Some(digest) => Some(digest.of(bytes)),
        None if *oid == ID_SHA_1 => Some(sha1(bytes)),
        None => None,
    }
}

pub(crate) fn sha1(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes)
        .as_ref()
        .to_vec()
}

pub(crate) fn sha1_algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ID_SHA_1,
        parameters: Some(Null.into()),
    }
}
