//! Signature algorithms: which one a key and a hash make, and whether a signature holds.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512, ID_EC_PUBLIC_KEY, ID_RSASSA_PSS,
    RSA_ENCRYPTION, SECP_256_R_1, SECP_384_R_1, SHA_256_WITH_RSA_ENCRYPTION,
    SHA_384_WITH_RSA_ENCRYPTION, SHA_512_WITH_RSA_ENCRYPTION,
};
use der::asn1::Null;
use der::{Any, Decode as _, Sequence};
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use ring::signature::{self as rs, UnparsedPublicKey};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::{Digest, SealError};

/// The kinds of keys that may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with a modulus of this many bits; signs with PKCS#1 v1.5.
    Rsa(usize),
    P256,
    P384,
}

impl KeyKind {
    pub(crate) fn of(spki: &SubjectPublicKeyInfoOwned) -> Result<Self, SealError> {
        let unknown = || SealError::Key(format!("unsupported key type {}", spki.algorithm.oid));
        if spki.algorithm.oid == RSA_ENCRYPTION {
            let bytes = spki
                .subject_public_key
                .as_bytes()
                .ok_or_else(|| SealError::Key("odd bit string".into()))?;
            let key = RsaPublicKey::from_der(bytes).map_err(|e| SealError::Key(e.to_string()))?;
            return Ok(Self::Rsa(key.modulus.as_bytes().len() * 8));
        }
        if spki.algorithm.oid != ID_EC_PUBLIC_KEY {
            return Err(unknown());
        }
        match curve(spki) {
            Some(SECP_256_R_1) => Ok(Self::P256),
            Some(SECP_384_R_1) => Ok(Self::P384),
            _ => Err(unknown()),
        }
    }

    /// What stands in `signatureAlgorithm`.
    pub(crate) fn algorithm(self, digest: Digest) -> AlgorithmIdentifierOwned {
        let (oid, parameters) = match (self, digest) {
            (Self::Rsa(_), Digest::Sha256) => (SHA_256_WITH_RSA_ENCRYPTION, Some(Any::from(Null))),
            (Self::Rsa(_), Digest::Sha384) => (SHA_384_WITH_RSA_ENCRYPTION, Some(Any::from(Null))),
            (Self::Rsa(_), Digest::Sha512) => (SHA_512_WITH_RSA_ENCRYPTION, Some(Any::from(Null))),
            (_, Digest::Sha256) => (ECDSA_WITH_SHA_256, None),
            (_, Digest::Sha384) => (ECDSA_WITH_SHA_384, None),
            (_, Digest::Sha512) => (ECDSA_WITH_SHA_512, None),
        };
        AlgorithmIdentifierOwned { oid, parameters }
    }
}

#[derive(Sequence)]
struct RsaPublicKey {
    modulus: der::asn1::Uint,
    exponent: der::asn1::Uint,
}

#[derive(Sequence)]
struct PssParameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask: Option<Any>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt: Option<u32>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<u32>,
}

fn curve(spki: &SubjectPublicKeyInfoOwned) -> Option<ObjectIdentifier> {
    spki.algorithm
        .parameters
        .as_ref()?
        .decode_as::<ObjectIdentifier>()
        .ok()
}

/// Why a signature value does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The algorithm is one that is not accepted (named by its OID).
    Algorithm(String),
    /// The value does not belong to these bytes and this key.
    Value,
}

/// Checks `signature` over `message`. `digest` is the hash that stands apart from the signature
/// algorithm (in CMS), used where that algorithm names none.
pub(crate) fn verify(
    spki: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    digest: Option<Digest>,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Broken> {
    let unknown = || Broken::Algorithm(algorithm.oid.to_string());
    let key = spki.subject_public_key.as_bytes().ok_or(Broken::Value)?;
    let oid = algorithm.oid;
    if spki.algorithm.oid == ID_EC_PUBLIC_KEY {
        let digest = match oid {
            ECDSA_WITH_SHA_256 => Digest::Sha256,
            ECDSA_WITH_SHA_384 => Digest::Sha384,
            ECDSA_WITH_SHA_512 => Digest::Sha512,
            ID_EC_PUBLIC_KEY => digest.ok_or_else(unknown)?,
            _ => return Err(unknown()),
        };
        return ecdsa(spki, key, &digest.of(message), signature);
    }
    if spki.algorithm.oid != RSA_ENCRYPTION && spki.algorithm.oid != ID_RSASSA_PSS {
        return Err(Broken::Algorithm(spki.algorithm.oid.to_string()));
    }
    let rsa: &dyn rs::VerificationAlgorithm = match oid {
        SHA_256_WITH_RSA_ENCRYPTION => &rs::RSA_PKCS1_2048_8192_SHA256,
        SHA_384_WITH_RSA_ENCRYPTION => &rs::RSA_PKCS1_2048_8192_SHA384,
        SHA_512_WITH_RSA_ENCRYPTION => &rs::RSA_PKCS1_2048_8192_SHA512,
        RSA_ENCRYPTION => match digest.ok_or_else(unknown)? {
            Digest::Sha256 => &rs::RSA_PKCS1_2048_8192_SHA256,
            Digest::Sha384 => &rs::RSA_PKCS1_2048_8192_SHA384,
            Digest::Sha512 => &rs::RSA_PKCS1_2048_8192_SHA512,
        },
        ID_RSASSA_PSS => match pss_digest(algorithm).ok_or_else(unknown)? {
            Digest::Sha256 => &rs::RSA_PSS_2048_8192_SHA256,
            Digest::Sha384 => &rs::RSA_PSS_2048_8192_SHA384,
            Digest::Sha512 => &rs::RSA_PSS_2048_8192_SHA512,
        },
        _ => return Err(unknown()),
    };
    UnparsedPublicKey::new(rsa, key)
        .verify(message, signature)
        .map_err(|_| Broken::Value)
}

fn pss_digest(algorithm: &AlgorithmIdentifierOwned) -> Option<Digest> {
    let parameters: PssParameters = algorithm.parameters.as_ref()?.decode_as().ok()?;
    Digest::from_oid(&parameters.hash?.oid)
}

fn ecdsa(
    spki: &SubjectPublicKeyInfoOwned,
    key: &[u8],
    prehash: &[u8],
    signature: &[u8],
) -> Result<(), Broken> {
    let holds = match curve(spki) {
        Some(SECP_256_R_1) => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(|_| Broken::Value)?;
            let signature =
                p256::ecdsa::Signature::from_der(signature).map_err(|_| Broken::Value)?;
            key.verify_prehash(prehash, &signature).is_ok()
        }
        Some(SECP_384_R_1) => {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(|_| Broken::Value)?;
            let signature =
                p384::ecdsa::Signature::from_der(signature).map_err(|_| Broken::Value)?;
            key.verify_prehash(prehash, &signature).is_ok()
        }
        _ => return Err(Broken::Algorithm("EC".into())),
    };
    if holds { Ok(()) } else { Err(Broken::Value) }
}
