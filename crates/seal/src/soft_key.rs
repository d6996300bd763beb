//! A private key with its certificate, held in memory.

use std::fmt;
use std::time::SystemTime;

use der::{DecodePem as _, EncodePem as _};
use p256::ecdsa::SigningKey;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use spki::EncodePublicKey as _;
use x509_cert::Certificate;

use crate::{SealError, cades};

/// An EC P-256 key and the certificate that belongs to it. Its secret never shows in `Debug`.
#[derive(Clone)]
pub struct SoftKey {
    pub(crate) key: SigningKey,
    pub(crate) certificate: Certificate,
}

impl SoftKey {
    /// Reads a PKCS#8 private key and an X.509 certificate, both PEM.
    pub fn from_pem(key: &str, certificate: &str) -> Result<Self, SealError> {
        let key =
            SigningKey::from_pkcs8_pem(key).map_err(|error| SealError::Key(error.to_string()))?;
        let certificate = Certificate::from_pem(certificate)
            .map_err(|e| SealError::Certificate(e.to_string()))?;
        Self::new(key, certificate)
    }

    pub(crate) fn new(key: SigningKey, certificate: Certificate) -> Result<Self, SealError> {
        let public = key
            .verifying_key()
            .to_public_key_der()
            .map_err(SealError::build)?;
        let stated = &certificate.tbs_certificate.subject_public_key_info;
        if der::Encode::to_der(stated).map_err(SealError::build)? != public.as_bytes() {
            return Err(SealError::OtherKey);
        }
        Ok(Self { key, certificate })
    }

    /// Detached CMS SignedData in DER, in the CAdES-BES form, over the SHA-256 of `content`;
    /// the certificate is inside. The same arguments always give the same bytes (RFC 6979).
    pub fn sign_detached(
        &self,
        content: &[u8],
        signing_time: SystemTime,
    ) -> Result<Vec<u8>, SealError> {
        cades::sign_detached(&self.key, &self.certificate, content, signing_time)
    }

    /// The private key as PKCS#8 PEM: for the owner's file (mode 0600) only.
    pub fn key_pem(&self) -> Result<String, SealError> {
        let pem = self
            .key
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|error| SealError::Key(error.to_string()))?;
        Ok(pem.to_string())
    }

    pub fn certificate_pem(&self) -> Result<String, SealError> {
        self.certificate
            .to_pem(LineEnding::LF)
            .map_err(|error| SealError::Certificate(error.to_string()))
    }

    /// The certificate's subject, as text.
    pub fn subject(&self) -> String {
        self.certificate.tbs_certificate.subject.to_string()
    }
}

impl fmt::Debug for SoftKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftKey")
            .field("subject", &self.subject())
            .finish_non_exhaustive()
    }
}
