//! Why a key cannot be used, a signature not be made, or a message not be read.

use crate::key::TokenError;

/// Texts of the ASN.1 layer are kept as strings, so that no type of it shows outside.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the private key cannot be used: {0}")]
    Key(String),
    #[error("not an X.509 certificate: {0}")]
    Certificate(String),
    #[error("the certificate belongs to another key")]
    OtherKey,
    #[error("the PKCS#12 file cannot be opened with this password")]
    Password,
    #[error("the random source gave no usable key")]
    Randomness,
    #[error("a time that a signature cannot hold: {0}")]
    Time(String),
    #[error("the signature could not be built: {0}")]
    Build(String),
    #[error("{0}")]
    Read(#[from] ReadError),
    #[error("{0}")]
    Token(#[from] TokenError),
    #[error("time stamp: {0}")]
    TimeStamp(String),
    #[error("revocation data: {0}")]
    Revocation(String),
    #[error("no path to a configured root: {0}")]
    Chain(String),
    #[error("the XML cannot be signed: {0}")]
    Xml(String),
    #[error("{0}")]
    Fetch(#[from] crate::fetch::FetchError),
}

impl SealError {
    /// The reason alone, which is Turkish where it comes from a service or a certificate.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::TimeStamp(text) | Self::Revocation(text) | Self::Chain(text) => text.clone(),
            other => other.to_string(),
        }
    }

    pub(crate) fn build(error: impl std::fmt::Display) -> Self {
        Self::Build(error.to_string())
    }

    pub(crate) fn time(error: impl std::fmt::Display) -> Self {
        Self::Time(error.to_string())
    }
}

/// What is wrong with bytes that should be a signature; each has a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("imza dosyası boş")]
    Empty,
    #[error("imza dosyası çok büyük: {0} bayt")]
    TooLarge(usize),
    #[error("imza dosyası yarım kalmış: {0} bayt eksik")]
    Truncated(u64),
    #[error("imza dosyası olmayacak bir uzunluk bildiriyor: {0} bayt")]
    HugeLength(u64),
    #[error("imza dosyası iç içe çok derin")]
    TooDeep,
    #[error("imza dosyasında bir kümede çok fazla öğe var")]
    TooMany,
    #[error("imza dosyasının sonunda fazladan {0} bayt var")]
    Trailing(u64),
    #[error("dosya bir CMS imzası değil: {0}")]
    NotSignedData(String),
    #[error("imza dosyasının yapısı bozuk: {0}")]
    Malformed(String),
}
