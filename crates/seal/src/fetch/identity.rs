//! The header by which the time-stamp service of TÜBİTAK Kamu SM learns who asks.
//!
//! No published document describes it: it is read off clients in public that agree, TÜBİTAK's own MA3
//! API (Java and C#) and kamusm-zd-rs. It was never tried against the service itself.

use std::num::NonZeroU32;

use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockEncryptMut as _, KeyIvInit as _};
use der::asn1::OctetString;
use der::{Encode as _, Sequence};
use ring::pbkdf2;

use crate::certificate::hex;

pub(super) const NAME: &str = "identity";

/// A hundred: what the service's own client says; the number travels in the header.
const ROUNDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);

/// `ESYAReqEx`.
#[derive(Sequence)]
struct Identity {
    customer: u64,
    salt: OctetString,
    rounds: u32,
    iv: OctetString,
    /// The hash that is to be stamped, encrypted under the password: it ties the header to one
    /// question.
    imprint: OctetString,
}

/// The header's value for one question; `salt` and `iv` are random.
pub(super) fn value(
    customer: u64,
    password: &str,
    imprint: &[u8],
    salt: [u8; 16],
    iv: [u8; 16],
) -> der::Result<String> {
    let mut key = [0; 32];
    let algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
    pbkdf2::derive(algorithm, ROUNDS, &salt, password.as_bytes(), &mut key);
    let cipher = cbc::Encryptor::<aes::Aes256>::new(&key.into(), &iv.into());
    let identity = Identity {
        customer,
        salt: OctetString::new(salt)?,
        rounds: ROUNDS.get(),
        iv: OctetString::new(iv)?,
        imprint: OctetString::new(cipher.encrypt_padded_vec_mut::<Pkcs7>(imprint))?,
    };
    Ok(hex(&identity.to_der()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;

    #[test]
    fn the_header_is_what_python_and_openssl_make_of_the_same() {
        let salt = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let iv = std::array::from_fn(|at| u8::try_from(at + 16).unwrap());
        let imprint = Digest::Sha256.of(b"damga");
        let made = value(123_456, "zaman-parolası", &imprint, salt, iv).unwrap();
        assert_eq!(
            made,
            "305e020301e2400410000102030405060708090a0b0c0d0e0f0201640410101112131415161718191a1b1c\
             1d1e1f0430a50ef6d23bfa03f812e19b31a8e53e259112d6a6655c63fa23ab85c7906db614eeb35128d5c0\
             e749333597663c137e03"
        );
    }
}
