//! From a certificate to a configured root (RFC 5280, 6), by rustls-webpki.

use std::time::Duration;

use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{
    EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeId, KeyPurposeIdIter, ring as wr,
};

use crate::Certificate;
use crate::check::say;

/// SHA-1 and keys below 2048 bits are not in it.
static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    wr::ECDSA_P256_SHA256,
    wr::ECDSA_P256_SHA384,
    wr::ECDSA_P384_SHA256,
    wr::ECDSA_P384_SHA384,
    wr::RSA_PKCS1_2048_8192_SHA256,
    wr::RSA_PKCS1_2048_8192_SHA384,
    wr::RSA_PKCS1_2048_8192_SHA512,
    wr::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    wr::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    wr::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];

/// Roots that are trusted, and intermediates that are known.
#[derive(Debug, Clone, Default)]
pub struct TrustStore {
    roots: Vec<Certificate>,
    intermediates: Vec<Certificate>,
}

impl TrustStore {
    /// Trusts `roots`; `intermediates` only help to find the way to them.
    #[must_use]
    pub const fn new(roots: Vec<Certificate>, intermediates: Vec<Certificate>) -> Self {
        Self {
            roots,
            intermediates,
        }
    }

    #[must_use]
    pub fn roots(&self) -> &[Certificate] {
        &self.roots
    }

    #[must_use]
    pub fn intermediates(&self) -> &[Certificate] {
        &self.intermediates
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// The certificates from `certificate` to a root, both included, valid at `at`.
    ///
    /// # Errors
    /// A [`ChainError`] whose text is a Turkish sentence.
    pub fn path(
        &self,
        certificate: &Certificate,
        beside: &[Certificate],
        at: Timestamp,
        purpose: Purpose,
    ) -> Result<Vec<Certificate>, ChainError> {
        if self.roots.is_empty() {
            return Err(ChainError::NoRoots);
        }
        let roots: Vec<_> = self.roots.iter().map(to_der).collect();
        let found = anchors_of(&roots);
        let anchors: Vec<_> = found.iter().flatten().cloned().collect();
        let helpers: Vec<_> = beside
            .iter()
            .chain(&self.intermediates)
            // The path builder does not look at keyUsage.
            .filter(|helper| helper.may_issue())
            .map(to_der)
            .collect();
        let der = to_der(certificate);
        let leaf = EndEntityCert::try_from(&der).map_err(|e| ChainError::Broken(e.to_string()))?;
        let path = leaf
            .verify_for_usage(
                ALGORITHMS,
                &anchors,
                &helpers,
                unix(at),
                PurposeCheck(purpose),
                None,
                None,
            )
            .map_err(|error| ChainError::of(&error))?;
        let mut steps = vec![certificate.clone()];
        for step in path.intermediate_certificates() {
            let step = Certificate::from_der(&step.der());
            steps.push(step.map_err(|e| ChainError::Broken(e.to_string()))?);
        }
        let last = steps.last().unwrap_or(certificate);
        let root = self.roots.iter().zip(&found).find_map(|(root, anchor)| {
            let anchor = anchor.as_ref()?;
            (anchor.subject == path.anchor().subject
                && anchor.subject_public_key_info == path.anchor().subject_public_key_info)
                .then(|| root.clone())
        });
        match root {
            Some(root) if root != *last => steps.push(root),
            _ => {}
        }
        Ok(steps)
    }
}

/// What a certificate is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signing documents: no extended usage is asked for; that the certificate does not name
    /// another purpose is a check of its own.
    Document,
    /// `id-kp-timeStamping` must be there (RFC 3161, 2.3).
    TimeStamping,
}

/// Why there is no way to a root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    #[error("Güvenilen kök sertifika tanımlı değil.")]
    NoRoots,
    #[error("Sertifika güvenilen bir kök sertifikaya ulaşmıyor.")]
    UnknownIssuer,
    #[error("Zincirde süresi dolmuş bir sertifika var.")]
    Expired,
    #[error("Zincirde henüz geçerli olmayan bir sertifika var.")]
    NotYetValid,
    #[error("Sertifikanın kullanım amacı bu imzaya uymuyor.")]
    Purpose,
    #[error(
        "Zincirde, yazdığı makamın anahtarıyla doğrulanmayan bir sertifika var: sertifika ya da \
         kök sahte veya bozuk olabilir."
    )]
    WrongSignature,
    #[error("Zincirdeki bir sertifikanın imza algoritması desteklenmiyor.")]
    Algorithm,
    /// With the name that the path builder gives it, for whoever looks after the roots.
    #[error("Sertifika zinciri kurala uymuyor (teknik ad: {0}).")]
    Broken(String),
}

impl ChainError {
    fn of(error: &webpki::Error) -> Self {
        use webpki::Error;
        match error {
            Error::UnknownIssuer => Self::UnknownIssuer,
            Error::CertExpired { .. } => Self::Expired,
            Error::CertNotValidYet { .. } => Self::NotYetValid,
            Error::RequiredEkuNotFoundContext(_) => Self::Purpose,
            Error::InvalidSignatureForPublicKey => Self::WrongSignature,
            Error::UnsupportedSignatureAlgorithmContext(_)
            | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => Self::Algorithm,
            other => Self::Broken(other.to_string()),
        }
    }

    pub(crate) const fn is_about_time(&self) -> bool {
        matches!(self, Self::Expired | Self::NotYetValid)
    }
}

/// Whether the key of `issuer` signed `certificate`.
pub(crate) fn issued_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    use der::Encode as _;
    let parsed = certificate.parsed();
    let (Ok(tbs), Some(signature)) = (parsed.tbs_certificate.to_der(), parsed.signature.as_bytes())
    else {
        return false;
    };
    crate::algorithm::verify(
        issuer.public_key(),
        &parsed.signature_algorithm,
        None,
        &tbs,
        signature,
    )
    .is_ok()
}

/// Whether the certificate itself was valid at `at`, in a sentence; `proven` when a time stamp proves
/// that the signature is of that moment, else nobody knows when it was made.
pub(crate) fn validity(
    certificate: &Certificate,
    at: Timestamp,
    proven: bool,
) -> Result<String, String> {
    let (from, to) = (certificate.not_before(), certificate.not_after());
    let moment = if proven {
        format!("imza {} tarihli", say(at))
    } else {
        format!(
            "{} itibarıyla bakıldı, imza tarihini kanıtlayan zaman damgası yok",
            say(at)
        )
    };
    if at > to {
        return Err(format!(
            "Sertifikanın süresi {} tarihinde dolmuş; {moment}.",
            say(to)
        ));
    }
    if at < from {
        return Err(format!(
            "Sertifika {} tarihinde geçerli olmuş; {moment}.",
            say(from)
        ));
    }
    Ok(format!("Sertifika {} tarihinde geçerliydi.", say(at)))
}

struct PurposeCheck(Purpose);

const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

impl ExtendedKeyUsageValidator for PurposeCheck {
    fn validate(&self, usages: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        if self.0 == Purpose::Document {
            usages.for_each(drop);
            return Ok(());
        }
        let (mut any, mut found) = (false, false);
        for usage in usages {
            any = true;
            found |= usage? == KeyPurposeId::new(TIME_STAMPING);
        }
        // The authorities above say nothing; that the leaf says it is checked by the caller.
        if found || !any {
            return Ok(());
        }
        Err(webpki::Error::UnknownIssuer)
    }
}

fn anchors_of<'a>(
    roots: &'a [CertificateDer<'a>],
) -> Vec<Option<rustls_pki_types::TrustAnchor<'a>>> {
    roots
        .iter()
        .map(|root| webpki::anchor_from_trusted_cert(root).ok())
        .collect()
}

fn to_der(certificate: &Certificate) -> CertificateDer<'_> {
    CertificateDer::from(certificate.der())
}

fn unix(moment: Timestamp) -> UnixTime {
    let seconds = u64::try_from(moment.as_second()).unwrap_or(0);
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}
