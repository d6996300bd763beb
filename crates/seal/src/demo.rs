//! A throw-away key with a self-signed certificate, for rehearsals only.

use std::str::FromStr as _;
use std::time::{Duration, SystemTime};

use p256::ecdsa::{DerSignature, SigningKey};
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::builder::{Builder as _, CertificateBuilder, Profile};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

use crate::{SealError, SoftKey};

impl SoftKey {
    /// Makes a key and a certificate that says on its face that it is a rehearsal. No one trusts it.
    ///
    /// `name` becomes the common name, `not_before` the start of `days` of validity;
    /// `random` fills a slice with random bytes from the operating system.
    pub fn demo(
        name: &str,
        not_before: SystemTime,
        days: u32,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Self, SealError> {
        let key = random_key(random)?;
        let mut serial = [0; 16];
        random(&mut serial);
        serial[0] = serial[0] & 0x7f | 0x40; // positive and of full length
        let subject = subject(name)?;
        let not_after = not_before + Duration::from_secs(u64::from(days) * 24 * 60 * 60);
        let validity = Validity {
            not_before: Time::try_from(not_before).map_err(SealError::time)?,
            not_after: Time::try_from(not_after).map_err(SealError::time)?,
        };
        let profile = Profile::Leaf {
            issuer: subject.clone(),
            enable_key_agreement: false,
            enable_key_encipherment: false,
        };
        let serial = SerialNumber::new(&serial).map_err(SealError::build)?;
        let public =
            SubjectPublicKeyInfoOwned::from_key(*key.verifying_key()).map_err(SealError::build)?;
        let builder = CertificateBuilder::new(profile, serial, validity, subject, public, &key);
        let certificate = builder
            .and_then(|builder| builder.build::<DerSignature>())
            .map_err(SealError::build)?;
        Self::new(key, certificate)
    }
}

/// A number outside the curve's order is thrown away; that a good source gives four of them does not happen.
fn random_key(random: &mut dyn FnMut(&mut [u8])) -> Result<SigningKey, SealError> {
    for _ in 0..4 {
        let mut secret = [0; 32];
        random(&mut secret);
        if let Ok(key) = SigningKey::from_slice(&secret) {
            return Ok(key);
        }
    }
    Err(SealError::Randomness)
}

/// Characters that RFC 4514 gives a meaning are left out of the name.
fn subject(name: &str) -> Result<Name, SealError> {
    let plain: String = name
        .chars()
        .filter(|c| !c.is_control() && !",+\"\\<>;=#".contains(*c))
        .take(60)
        .collect();
    let plain = if plain.trim().is_empty() {
        "DYS"
    } else {
        plain.trim()
    };
    Name::from_str(&format!("CN={plain},O=DYS PROVA - GECERSIZ,C=TR")).map_err(SealError::build)
}
