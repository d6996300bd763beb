//! Why a key cannot be used or a signature not be made.

/// Texts of the ASN.1 layer are kept as strings, so that no type of it shows outside.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the key is not an EC P-256 key in PKCS#8 PEM: {0}")]
    Key(String),
    #[error("the certificate is not an X.509 certificate in PEM: {0}")]
    Certificate(String),
    #[error("the certificate belongs to another key")]
    OtherKey,
    #[error("the random source gave no usable key")]
    Randomness,
    #[error("a time that a signature cannot hold: {0}")]
    Time(String),
    #[error("the signature could not be built: {0}")]
    Build(String),
}

impl SealError {
    pub(crate) fn build(error: impl std::fmt::Display) -> Self {
        Self::Build(error.to_string())
    }

    pub(crate) fn time(error: impl std::fmt::Display) -> Self {
        Self::Time(error.to_string())
    }
}
