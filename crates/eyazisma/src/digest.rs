//! The digest algorithms of both generations, and several of them over one pass of the bytes.

use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::model::{DigestValue, Generation};

/// An algorithm that can be computed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// 1.x only.
    Sha1,
    /// 1.x only.
    Ripemd160,
    Sha256,
    /// 2.x only.
    Sha384,
    Sha512,
}

impl Algorithm {
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
            Self::Ripemd160 => "http://www.w3.org/2001/04/xmlenc#ripemd160",
            Self::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            Self::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
            Self::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
        }
    }

    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        [
            Self::Sha1,
            Self::Ripemd160,
            Self::Sha256,
            Self::Sha384,
            Self::Sha512,
        ]
        .into_iter()
        .find(|algorithm| algorithm.uri() == uri.trim())
    }

    /// Whether the generation's rules allow it.
    #[must_use]
    pub fn is_in(self, generation: Generation) -> bool {
        match self {
            Self::Sha1 | Self::Ripemd160 => generation == Generation::One,
            Self::Sha384 => generation == Generation::Two,
            Self::Sha256 | Self::Sha512 => true,
        }
    }
}

/// The digest beside SHA-512 that a 2.x package carries; the guide leaves the choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondDigest {
    Sha256,
    /// What the reference implementation writes.
    #[default]
    Sha384,
}

impl SecondDigest {
    #[must_use]
    pub fn algorithm(self) -> Algorithm {
        match self {
            Self::Sha256 => Algorithm::Sha256,
            Self::Sha384 => Algorithm::Sha384,
        }
    }
}

/// Several digests over one pass of the bytes.
#[derive(Clone, Default)]
pub struct Hasher(Vec<One>);

#[derive(Clone)]
enum One {
    Sha1(sha1::Sha1),
    Ripemd160(ripemd::Ripemd160),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Hasher {
    #[must_use]
    pub fn new(algorithms: &[Algorithm]) -> Self {
        Self(
            algorithms
                .iter()
                .map(|algorithm| match algorithm {
                    Algorithm::Sha1 => One::Sha1(sha1::Sha1::default()),
                    Algorithm::Ripemd160 => One::Ripemd160(ripemd::Ripemd160::default()),
                    Algorithm::Sha256 => One::Sha256(Sha256::default()),
                    Algorithm::Sha384 => One::Sha384(Sha384::default()),
                    Algorithm::Sha512 => One::Sha512(Sha512::default()),
                })
                .collect(),
        )
    }

    pub fn update(&mut self, bytes: &[u8]) {
        for one in &mut self.0 {
            match one {
                One::Sha1(it) => it.update(bytes),
                One::Ripemd160(it) => it.update(bytes),
                One::Sha256(it) => it.update(bytes),
                One::Sha384(it) => it.update(bytes),
                One::Sha512(it) => it.update(bytes),
            }
        }
    }

    /// In the order in which the algorithms were given.
    #[must_use]
    pub fn finish(self) -> Vec<DigestValue> {
        self.0
            .into_iter()
            .map(|one| {
                let (algorithm, value) = match one {
                    One::Sha1(it) => (Algorithm::Sha1, it.finalize().to_vec()),
                    One::Ripemd160(it) => (Algorithm::Ripemd160, it.finalize().to_vec()),
                    One::Sha256(it) => (Algorithm::Sha256, it.finalize().to_vec()),
                    One::Sha384(it) => (Algorithm::Sha384, it.finalize().to_vec()),
                    One::Sha512(it) => (Algorithm::Sha512, it.finalize().to_vec()),
                };
                DigestValue {
                    algorithm: algorithm.uri().to_owned(),
                    value,
                }
            })
            .collect()
    }
}

/// The pair that every reference of a 2.x package carries.
#[must_use]
pub fn pair(bytes: &[u8], second: SecondDigest) -> Vec<DigestValue> {
    let mut hasher = Hasher::new(&[second.algorithm(), Algorithm::Sha512]);
    hasher.update(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The algorithm's published example.
    #[test]
    fn ripemd_160_of_1_x_is_computed() {
        let uri = "http://www.w3.org/2001/04/xmlenc#ripemd160";
        let algorithm = Algorithm::from_uri(uri).expect("known");
        assert!(algorithm.is_in(Generation::One) && !algorithm.is_in(Generation::Two));
        let mut hasher = Hasher::new(&[algorithm]);
        hasher.update(b"abc");
        let value: String = hasher.finish()[0]
            .value
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(value, "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
    }
}
