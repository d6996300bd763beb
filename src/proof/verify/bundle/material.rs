//! Certificates and revocation data of a bundle as they are gathered: read, each once, and no more than
//! memory takes.

use std::collections::BTreeSet;

use seal::{Certificate, Material};
use sha2::{Digest as _, Sha256};

/// Most bytes of all files that are kept.
pub(super) const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Most certificates that are kept: each takes many times its bytes once it is read.
const MOST_CERTIFICATES: usize = 1000;

/// What the caller knows, and what was found beside it.
pub(super) struct Gathered {
    pub material: Material,
    bytes: usize,
    certificates: usize,
    /// SHA-256 of the files that were looked at.
    seen: BTreeSet<[u8; 32]>,
}

impl Gathered {
    pub(super) fn new(material: Material) -> Self {
        Self {
            material,
            bytes: 0,
            certificates: 0,
            seen: BTreeSet::new(),
        }
    }

    /// Keeps what a file holds, if it is what its name says; false when there is no room for it.
    pub(super) fn add(&mut self, path: &str, bytes: Vec<u8>) -> bool {
        if !self.seen.insert(Sha256::digest(&bytes).into()) {
            return true;
        }
        let size = self.bytes + bytes.len();
        if path.ends_with(".crl") {
            if !is_sequence(&bytes) {
                return true;
            }
            if size > MOST_BYTES {
                return false;
            }
            self.material.crls.push(bytes);
        } else if path.ends_with(".ocsp") {
            if size > MOST_BYTES {
                return false;
            }
            if !self.material.add_ocsp(&bytes) {
                return true;
            }
        } else if let Ok(read) = Certificate::read_all(&bytes) {
            for certificate in read {
                if self.material.certificates.contains(&certificate) {
                    continue;
                }
                if size > MOST_BYTES || self.certificates == MOST_CERTIFICATES {
                    return false;
                }
                self.certificates += 1;
                self.material.certificates.push(certificate);
            }
        } else {
            return true;
        }
        self.bytes = size;
        true
    }
}

/// Whether the bytes are one whole DER sequence, as every revocation list is; what it says is read
/// where it is asked.
fn is_sequence(der: &[u8]) -> bool {
    let Some((0x30, rest)) = der.split_first().map(|(tag, rest)| (*tag, rest)) else {
        return false;
    };
    let Some((first, rest)) = rest.split_first() else {
        return false;
    };
    if *first < 0x80 {
        return rest.len() == usize::from(*first);
    }
    let Some((length, content)) = rest.split_at_checked(usize::from(first & 0x7f)) else {
        return false;
    };
    let told = length.iter().try_fold(0_usize, |sum, byte| {
        Some(sum.checked_mul(256)? | usize::from(*byte))
    });
    told == Some(content.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sequence of so many bytes, told apart by its first one.
    fn list(mark: u8, length: usize) -> Vec<u8> {
        let told = u32::try_from(length).unwrap().to_be_bytes();
        let mut content = vec![0; length];
        content[0] = mark;
        [b"\x30\x84".as_slice(), &told, &content].concat()
    }

    #[test]
    fn what_is_kept_is_read_kept_once_and_stays_within_memory() {
        const LARGE: usize = 8 * 1024 * 1024;
        let mut gathered = Gathered::new(Material::default());
        assert!(gathered.add("iptal/1.crl", b"liste degil".to_vec()));
        assert!(gathered.add("iptal/2.crl", list(0, 20)[..20].to_vec()));
        assert!(gathered.add("iptal/yanit-1.ocsp", list(1, 20)));
        assert!(gathered.add("sertifikalar/kok-1.pem", list(2, 20)));
        assert_eq!(gathered.material.crls.len(), 0);
        for mark in 3..10 {
            assert!(gathered.add("iptal/liste.crl", list(mark, LARGE)));
            assert!(gathered.add("iptal/ayni.crl", list(mark, LARGE)));
        }
        assert!(!gathered.add("iptal/liste.crl", list(10, LARGE)));
        assert_eq!(gathered.material.crls.len(), 7);
        assert!(gathered.add("iptal/kucuk.crl", list(11, 20)));
    }
}
