//! A private key held in memory, from a PKCS#8 or PKCS#12 file.

use std::fmt;
use std::sync::Arc;

use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION};
use der::{Decode as _, Encode as _};
use p12_keystore::{
    KeyStore, KeyStoreEntry, Pkcs12ImportPolicy, PrivateKey as P12Key, PrivateKeyChain,
};
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, PrivateKeyInfo};
use ring::rand::SystemRandom;
use ring::signature::{self as rs, KeyPair as _, RsaKeyPair};
use zeroize::Zeroizing;

use super::Signer;
use crate::{Certificate, Digest, SealError};

/// A software key and the certificate that belongs to it. Its secret never shows in `Debug`.
#[derive(Clone)]
pub struct SoftKey {
    key: Secret,
    pkcs8: Arc<Zeroizing<Vec<u8>>>,
    certificate: Certificate,
    issuers: Vec<Certificate>,
}

#[derive(Clone)]
enum Secret {
    /// RSA by ring, whose arithmetic is constant-time (the `rsa` crate is open to RUSTSEC-2023-0071).
    Rsa(Arc<RsaKeyPair>),
    P256(Arc<p256::ecdsa::SigningKey>),
    P384(Arc<p384::ecdsa::SigningKey>),
}

impl SoftKey {
    /// Reads a PKCS#8 private key and its certificate, both PEM; issuers may follow the certificate.
    pub fn from_pem(key: &str, certificates: &str) -> Result<Self, SealError> {
        let (label, document) = der::SecretDocument::from_pem(key)
            .map_err(|error| SealError::Key(error.to_string()))?;
        if label != "PRIVATE KEY" {
            return Err(SealError::Key(format!("{label} where PKCS#8 is needed")));
        }
        let mut certificates = Certificate::read_all(certificates.as_bytes())?;
        if certificates.is_empty() {
            return Err(SealError::Certificate("no certificate in the file".into()));
        }
        let certificate = certificates.remove(0);
        Self::from_pkcs8(document.as_bytes(), certificate, certificates)
    }

    /// Takes a PKCS#8 private key in DER with its certificate and the certificates of its issuers.
    pub fn from_pkcs8(
        pkcs8: &[u8],
        certificate: Certificate,
        issuers: Vec<Certificate>,
    ) -> Result<Self, SealError> {
        let bad = |error: &dyn fmt::Display| SealError::Key(error.to_string());
        let (key, public) = Secret::read(pkcs8).map_err(|error| bad(&error))?;
        let stated = certificate.public_key().subject_public_key.as_bytes();
        if stated != Some(public.as_slice()) {
            return Err(SealError::OtherKey);
        }
        Ok(Self {
            key,
            pkcs8: Arc::new(Zeroizing::new(pkcs8.to_vec())),
            certificate,
            issuers,
        })
    }

    /// Opens a PKCS#12 file (`.p12`, `.pfx`) with one key.
    ///
    /// # Errors
    /// `Password` when its seal does not open; `Key` when it holds no key that can sign.
    pub fn from_pkcs12(file: &[u8], password: &str) -> Result<Self, SealError> {
        let store = KeyStore::from_pkcs12(file, password, Pkcs12ImportPolicy::Relaxed)
            .map_err(pkcs12_error)?;
        let (_, chain) = store
            .private_key_chain()
            .ok_or_else(|| SealError::Key("no private key in the PKCS#12 file".into()))?;
        let certificates: Result<Vec<_>, _> = chain
            .certs()
            .iter()
            .map(|certificate| Certificate::from_der(certificate.as_der()))
            .collect();
        let mut certificates = certificates?;
        if certificates.is_empty() {
            return Err(SealError::Certificate(
                "no certificate in the PKCS#12 file".into(),
            ));
        }
        let certificate = certificates.remove(0);
        Self::from_pkcs8(chain.key().as_der(), certificate, certificates)
    }

    /// Writes key, certificate and issuers as PKCS#12 under a password (AES-256, HMAC-SHA-256).
    pub fn to_pkcs12(&self, password: &str) -> Result<Vec<u8>, SealError> {
        let key = P12Key::from_der(&self.pkcs8).map_err(SealError::build)?;
        let certificates: Result<Vec<_>, _> = std::iter::once(&self.certificate)
            .chain(&self.issuers)
            .map(|certificate| p12_keystore::Certificate::from_der(certificate.der()))
            .collect();
        let chain = PrivateKeyChain::new(
            self.certificate.fingerprint().into_bytes(),
            key,
            certificates.map_err(SealError::build)?,
        );
        let mut store = KeyStore::new();
        store.add_entry("dys", KeyStoreEntry::PrivateKeyChain(chain));
        store.writer(password).write().map_err(SealError::build)
    }

    /// The private key as PKCS#8 PEM: for the owner's file (mode 0600) only.
    pub fn key_pem(&self) -> Result<String, SealError> {
        der::pem::encode_string("PRIVATE KEY", der::pem::LineEnding::LF, &self.pkcs8)
            .map_err(|error| SealError::Key(error.to_string()))
    }

    /// Its certificate and the certificates of its issuers as PEM.
    #[must_use]
    pub fn certificates_pem(&self) -> String {
        std::iter::once(&self.certificate)
            .chain(&self.issuers)
            .map(Certificate::pem)
            .collect()
    }

    pub(crate) fn secret_only(pkcs8: &[u8]) -> Result<BareKey, SealError> {
        let (key, _) = Secret::read(pkcs8).map_err(SealError::Key)?;
        Ok(BareKey(key))
    }

    /// Makes an EC key out of random bytes; the public key comes beside it.
    pub(crate) fn generate(
        curve: crate::rehearsal::Curve,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<(Zeroizing<Vec<u8>>, Vec<u8>), SealError> {
        use crate::rehearsal::Curve;
        let mut bytes = Zeroizing::new([0; 48]);
        // A number outside the curve's order is thrown away; four in a row do not happen.
        for _ in 0..4 {
            random(bytes.as_mut());
            let pkcs8 = match curve {
                Curve::P256 => p256::SecretKey::from_slice(&bytes[..32])
                    .ok()
                    .and_then(|key| key.to_pkcs8_der().ok()),
                Curve::P384 => p384::SecretKey::from_slice(bytes.as_ref())
                    .ok()
                    .and_then(|key| key.to_pkcs8_der().ok()),
            };
            if let Some(pkcs8) = pkcs8 {
                let pkcs8 = pkcs8.to_bytes();
                let (_, public) = Secret::read(&pkcs8).map_err(SealError::Key)?;
                return Ok((pkcs8, public));
            }
        }
        Err(SealError::Randomness)
    }
}

/// A key that has no certificate yet: what a root is signed with.
pub(crate) struct BareKey(Secret);

impl BareKey {
    pub(crate) fn sign_bytes(&self, digest: Digest, message: &[u8]) -> Result<Vec<u8>, SealError> {
        self.0.sign(digest, message)
    }
}

impl Secret {
    /// The key and its public half as it stands in a certificate.
    fn read(pkcs8: &[u8]) -> Result<(Self, Vec<u8>), String> {
        let info = PrivateKeyInfo::from_der(pkcs8).map_err(|error| error.to_string())?;
        match info.algorithm.oid {
            RSA_ENCRYPTION => {
                let key = RsaKeyPair::from_pkcs8(pkcs8).map_err(|error| error.to_string())?;
                let public = key.public_key().as_ref().to_vec();
                Ok((Self::Rsa(Arc::new(key)), public))
            }
            ID_EC_PUBLIC_KEY => {
                if let Ok(key) = p256::SecretKey::from_pkcs8_der(pkcs8) {
                    let key = p256::ecdsa::SigningKey::from(key);
                    let public = key.verifying_key().to_encoded_point(false);
                    return Ok((Self::P256(Arc::new(key)), public.as_bytes().to_vec()));
                }
                let key =
                    p384::SecretKey::from_pkcs8_der(pkcs8).map_err(|error| error.to_string())?;
                let key = p384::ecdsa::SigningKey::from(key);
                let public = key.verifying_key().to_encoded_point(false);
                Ok((Self::P384(Arc::new(key)), public.as_bytes().to_vec()))
            }
            other => Err(format!("unsupported key type {other}")),
        }
    }
}

impl Signer for SoftKey {
    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn issuers(&self) -> &[Certificate] {
        &self.issuers
    }

    /// The same arguments always give the same bytes (RFC 8017; RFC 6979).
    fn sign(&self, digest: Digest, message: &[u8]) -> Result<Vec<u8>, SealError> {
        self.key.sign(digest, message)
    }
}

impl Secret {
    fn sign(&self, digest: Digest, message: &[u8]) -> Result<Vec<u8>, SealError> {
        match self {
            Self::Rsa(key) => {
                let padding: &dyn rs::RsaEncoding = match digest {
                    Digest::Sha256 => &rs::RSA_PKCS1_SHA256,
                    Digest::Sha384 => &rs::RSA_PKCS1_SHA384,
                    Digest::Sha512 => &rs::RSA_PKCS1_SHA512,
                };
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(padding, &SystemRandom::new(), message, &mut signature)
                    .map_err(|_| SealError::Key("RSA signing failed".into()))?;
                Ok(signature)
            }
            Self::P256(key) => {
                let signature: p256::ecdsa::DerSignature = key
                    .sign_prehash(&digest.of(message))
                    .map_err(SealError::build)?;
                signature.to_der().map_err(SealError::build)
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::DerSignature = key
                    .sign_prehash(&digest.of(message))
                    .map_err(SealError::build)?;
                signature.to_der().map_err(SealError::build)
            }
        }
    }
}

fn pkcs12_error(error: p12_keystore::error::Error) -> SealError {
    use p12_keystore::error::Error;
    match error {
        Error::MacError(_) => SealError::Password,
        other => SealError::Key(format!("PKCS#12: {other}")),
    }
}

impl fmt::Debug for SoftKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftKey")
            .field("subject", &self.certificate.subject())
            .finish_non_exhaustive()
    }
}
