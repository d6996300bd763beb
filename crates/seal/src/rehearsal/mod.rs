//! A certificate authority for rehearsals: root, intermediate, people, seals, time stamps, OCSP,
//! CRL. Every certificate says on its face that it is worth nothing.

mod answer;
mod issue;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::key::{Signer as _, SoftKey};
use crate::{Certificate, SealError};

/// The organisation in every certificate of a rehearsal.
pub const MARK: &str = "DYS PROVA - GEÇERSİZ";

/// Curves of keys that a rehearsal makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Curve {
    #[default]
    P256,
    P384,
}

/// Whom a certificate is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder<'a> {
    /// A person: full name and T.C. kimlik no, as in a qualified certificate.
    Person { name: &'a str, tckn: &'a str },
    /// The same person's second certificate, which logs in and signs no document.
    LogIn { name: &'a str, tckn: &'a str },
    /// The seal of an institution: its name and DETSİS number.
    Seal { name: &'a str, detsis: &'a str },
    /// A time-stamp authority.
    TimeStamps { name: &'a str },
    /// Whoever answers OCSP for the authority.
    Ocsp,
    /// A KEP provider, which signs its evidence.
    Provider { name: &'a str },
}

/// Where its services are reached: put into the certificates that it issues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Services {
    /// `http://127.0.0.1:8099/prova-esh`: `/ocsp`, `/crl`, `/kok-crl`, `/alt-kok.cer`, `/tsa` below it.
    pub base: String,
}

/// A certificate that was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// The certificate's serial number in hexadecimal.
    pub serial: String,
    pub at: Timestamp,
}

/// The name in the addresses of a rehearsal's services. It leads nowhere (RFC 2606): whoever checks
/// pins it to the place where they are served, which may be another one each day.
pub const HOST: &str = "prova-esh.example";

impl Services {
    /// Below [`HOST`].
    #[must_use]
    pub fn rehearsal() -> Self {
        Self {
            base: format!("http://{HOST}/prova-esh"),
        }
    }
}

/// The authority with its keys.
#[derive(Debug, Clone)]
pub struct Authority {
    root: SoftKey,
    intermediate: SoftKey,
    ocsp: SoftKey,
    time_stamps: SoftKey,
    services: Services,
}

impl Authority {
    /// Makes root, intermediate and the keys of the services, valid for ten years from a day before `now`.
    pub fn create(
        services: Services,
        now: Timestamp,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Self, SealError> {
        issue::authority(services, now, random)
    }

    /// The keys as one PEM text, for the owner's file (mode 0600).
    pub fn to_pem(&self) -> Result<String, SealError> {
        let mut text = String::new();
        for key in [
            &self.root,
            &self.intermediate,
            &self.ocsp,
            &self.time_stamps,
        ] {
            text.push_str(&key.key_pem()?);
            text.push_str(&key.certificate().pem());
        }
        Ok(text)
    }

    /// Reads what [`Authority::to_pem`] wrote.
    pub fn from_pem(text: &str, services: Services) -> Result<Self, SealError> {
        const KEY: &str = "-----BEGIN PRIVATE KEY-----";
        const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";
        let mut keys = Vec::new();
        for part in text.split(KEY).skip(1) {
            let bad = || SealError::Key("the file of the rehearsal authority is damaged".into());
            let at = part.find(CERTIFICATE).ok_or_else(bad)?;
            let (key, certificate) = part.split_at(at);
            let certificates = Certificate::read_all(certificate.as_bytes())?;
            let certificate = certificates.into_iter().next().ok_or_else(bad)?;
            let key = Zeroizing::new(format!("{KEY}{key}"));
            // Root and intermediate come first; what follows was issued by the intermediate.
            let issuer = keys.get(1).map(|key: &SoftKey| key.certificate().pem());
            let certificates = certificate.pem() + &issuer.unwrap_or_default();
            keys.push(SoftKey::from_pem(&key, &certificates)?);
        }
        let [root, intermediate, ocsp, time_stamps] = <[SoftKey; 4]>::try_from(keys)
            .map_err(|_| SealError::Key("the file of the rehearsal authority is damaged".into()))?;
        Ok(Self {
            root,
            intermediate,
            ocsp,
            time_stamps,
            services,
        })
    }

    /// The root, which a rehearsal trusts.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        self.root.certificate()
    }

    /// The intermediate, which issues.
    #[must_use]
    pub fn intermediate(&self) -> &Certificate {
        self.intermediate.certificate()
    }

    /// A new key with its certificate for `holder`, issuers beside it.
    pub fn issue_key(
        &self,
        holder: &Holder<'_>,
        curve: Curve,
        validity: Validity,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<SoftKey, SealError> {
        let (pkcs8, public) = SoftKey::generate(curve, random)?;
        let spki = issue::ec_key(curve, &public)?;
        let certificate = self.issue(holder, &spki, validity, random)?;
        SoftKey::from_pkcs8(&pkcs8, certificate, vec![self.intermediate().clone()])
    }

    /// A certificate for a key made elsewhere (a card), given as `SubjectPublicKeyInfo` in DER.
    pub fn issue(
        &self,
        holder: &Holder<'_>,
        spki: &[u8],
        validity: Validity,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Certificate, SealError> {
        issue::end_entity(self, holder, spki, validity, random)
    }
}

/// From when to when a certificate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Validity {
    /// So many days from a day before `now`, so that clocks may differ.
    #[must_use]
    pub fn days(now: Timestamp, days: i64) -> Self {
        let shift = |hours| now.saturating_add(SignedDuration::from_hours(hours));
        Self {
            from: shift(-24).unwrap_or(now),
            to: shift(days * 24).unwrap_or(Timestamp::MAX),
        }
    }
}

pub use answer::{Answer, ServiceKind};
