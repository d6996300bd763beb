//! Gathers what a signature needs from outside: stamps from the configured authority, revocation
//! data from where certificates say, and from there only after their chain reached a configured root.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::chain::{Purpose, TrustStore};
use crate::check::Level;
use crate::cms::{VerifyOptions, read_basic_ocsp as basic_of};
use crate::fetch::{Fetcher, Login, OcspQuestion};
use crate::long_term::{self, Stamper};
use crate::revocation::{self, Material, Status};
use crate::timestamp::{TimeStamp, TimeStampQuestion};
use crate::{Certificate, Cms, Digest, SealError};

/// Fills a slice with random bytes.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;
/// Tells the time.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A configured time-stamp authority.
#[derive(Clone)]
pub struct TimeStampAuthority {
    pub url: String,
    /// How it is told who asks, where it wants to know.
    pub login: Option<Login>,
    /// How far its clock may lie from ours.
    pub window: SignedDuration,
}

impl TimeStampAuthority {
    /// Without a log-in, five minutes of difference allowed.
    #[must_use]
    pub const fn new(url: String) -> Self {
        Self {
            url,
            login: None,
            window: SignedDuration::from_mins(5),
        }
    }
}

/// The way out for whoever extends signatures.
#[derive(Clone)]
pub struct Online {
    fetcher: Arc<Fetcher>,
    authority: Option<TimeStampAuthority>,
    random: Random,
    now: Now,
}

impl Online {
    #[must_use]
    pub const fn new(
        fetcher: Arc<Fetcher>,
        authority: Option<TimeStampAuthority>,
        random: Random,
        now: Now,
    ) -> Self {
        Self {
            fetcher,
            authority,
            random,
            now,
        }
    }

    /// Whether there is an authority that stamps.
    #[must_use]
    pub const fn stamps(&self) -> bool {
        self.authority.is_some()
    }

    /// Brings every signature of `cms` to `level`; BES gives it back as it is. Asked for `A` again, it
    /// adds an archive time stamp over the earlier, with the proof of that stamp's authority.
    ///
    /// `detached` is the content where it is not inside.
    ///
    /// # Errors
    /// `Chain` when a signer leads to no configured root (no address in it is asked then), `Fetch`,
    /// `TimeStamp`, `Revocation` when the outside gives no usable answer or says "revoked".
    pub async fn extend(
        &self,
        cms: &[u8],
        detached: Option<&[u8]>,
        level: Level,
        digest: Digest,
        trust: &TrustStore,
    ) -> Result<Vec<u8>, SealError> {
        if level == Level::Bes {
            return Ok(cms.to_vec());
        }
        let mut cms = long_term::with_time_stamp(cms, digest, self).await?;
        if level < Level::XLong {
            return Ok(cms);
        }
        let read = Cms::from_der(&cms)?;
        let inside = read.certificates();
        let mut proving = Proving {
            online: self,
            trust,
            inside: inside.clone(),
            met: Vec::new(),
        };
        // What was proved when the signature was made cannot be proved anew years later, and need not.
        let without = read.signers().filter(|it| !long_term::has_values(it));
        for signer in without {
            let certificate = crate::cms::verify::find(&signer.sid, &inside)
                .ok_or_else(|| SealError::Build("the signer's certificate is missing".into()))?;
            let mut material = Material::default();
            let path = self
                .collect(
                    certificate,
                    &inside,
                    Purpose::Document,
                    trust,
                    &mut material,
                )
                .await?;
            for stamp in crate::cms::verify::stamps_of(signer) {
                self.collect_stamp(&stamp, &inside, trust, &mut material)
                    .await?;
                proving.met.extend(stamp.authority());
            }
            cms = long_term::with_values(&cms, &path, &material, digest, &proving).await?;
        }
        if level < Level::A {
            return Ok(cms);
        }
        long_term::with_archive_time_stamp(&cms, detached, digest, &proving).await
    }

    async fn collect_stamp(
        &self,
        stamp: &TimeStamp,
        inside: &[Certificate],
        trust: &TrustStore,
        material: &mut Material,
    ) -> Result<(), SealError> {
        let authority = stamp
            .authority()
            .ok_or_else(|| SealError::TimeStamp("damganın sertifikası içinde yok".into()))?;
        // Some authorities put only their own certificate into a stamp.
        let mut beside = stamp.token.certificates();
        beside.extend_from_slice(inside);
        let path = self
            .collect(&authority, &beside, Purpose::TimeStamping, trust, material)
            .await?;
        material.merge(Material {
            certificates: path,
            ..Material::default()
        });
        Ok(())
    }

    /// Finds the way to a root and the revocation data of every step; gives the way.
    ///
    /// # Errors
    /// As [`Online::extend`].
    pub async fn collect(
        &self,
        certificate: &Certificate,
        beside: &[Certificate],
        purpose: Purpose,
        trust: &TrustStore,
        material: &mut Material,
    ) -> Result<Vec<Certificate>, SealError> {
        let now = (self.now)();
        let path = trust
            .path(certificate, beside, now, purpose)
            .map_err(|error| SealError::Chain(error.to_string()))?;
        for pair in path.windows(2) {
            let [certificate, issuer] = pair else {
                continue;
            };
            match self.revocation(certificate, issuer, trust).await? {
                Found::Good(found) => material.merge(found),
                Found::Revoked(_, text) | Found::Nothing(text) => {
                    return Err(SealError::Revocation(text));
                }
            }
        }
        Ok(path)
    }

    /// Revocation data of every step of the way to a root, as far as they can be had: for whoever
    /// looks at what others signed, where "revoked" is an answer like any other.
    ///
    /// Gives the data, and why some are missing.
    ///
    /// # Errors
    /// `Chain` when there is no way to a configured root; nothing is fetched then.
    pub async fn gather(
        &self,
        certificate: &Certificate,
        beside: &[Certificate],
        purpose: Purpose,
        trust: &TrustStore,
    ) -> Result<(Material, Vec<String>), SealError> {
        // A certificate that ran out leads to its root at a moment when it had not.
        let at = (self.now)().clamp(
            certificate.not_before(),
            certificate.not_after().max(certificate.not_before()),
        );
        let path = trust
            .path(certificate, beside, at, purpose)
            .map_err(|error| SealError::Chain(error.to_string()))?;
        let (mut material, mut missing) = (Material::default(), Vec::new());
        for pair in path.windows(2) {
            let [certificate, issuer] = pair else {
                continue;
            };
            match self.revocation(certificate, issuer, trust).await? {
                Found::Good(found) | Found::Revoked(found, _) => material.merge(found),
                Found::Nothing(text) => missing.push(text),
            }
        }
        Ok((material, missing))
    }

    /// OCSP first, then CRLs, until one says something usable about `certificate`.
    async fn revocation(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        trust: &TrustStore,
    ) -> Result<Found, SealError> {
        let now = (self.now)();
        let mut reason = "sertifikada OCSP ya da iptal listesi adresi yok".to_owned();
        let mut nonce = [0; 32];
        (self.random)(&mut nonce);
        let question = OcspQuestion {
            name: revocation::ocsp_request(certificate, issuer, None)?,
            body: revocation::ocsp_request(certificate, issuer, Some(&nonce))?,
        };
        let fits = |answer: &[u8]| revocation::answers(answer, &nonce, now);
        for url in certificate.ocsp_urls() {
            match self.fetcher.ocsp(&url, &question, fits, now).await {
                Ok(answer) => {
                    let Some(basic) = basic_of(&answer) else {
                        reason = "OCSP sunucusu yanıt vermeyi reddetti".into();
                        continue;
                    };
                    let material = Material {
                        ocsps: vec![basic],
                        ..Material::default()
                    };
                    match said(certificate, issuer, trust, material, now) {
                        Found::Nothing(why) => reason = why,
                        found => return Ok(found),
                    }
                }
                Err(error) => reason = error.to_string(),
            }
        }
        for url in certificate.crl_urls() {
            match self.fetcher.get(&url, now).await {
                Ok(list) => {
                    let material = Material {
                        crls: vec![list],
                        ..Material::default()
                    };
                    match said(certificate, issuer, trust, material, now) {
                        Found::Nothing(why) => reason = why,
                        found => return Ok(found),
                    }
                }
                Err(error) => reason = error.to_string(),
            }
        }
        Ok(Found::Nothing(format!(
            "{}: {reason}",
            certificate.common_name()
        )))
    }
}

/// What fetched data say about a certificate.
enum Found {
    Good(Material),
    Revoked(Material, String),
    Nothing(String),
}

fn said(
    certificate: &Certificate,
    issuer: &Certificate,
    trust: &TrustStore,
    material: Material,
    now: Timestamp,
) -> Found {
    let options = VerifyOptions {
        trust,
        at: now,
        material: &material,
    };
    match revocation::of(certificate, issuer, &options, now) {
        Status::Good { .. } => Found::Good(material),
        Status::Unknown(why) => Found::Nothing(why),
        Status::Revoked(revoked) => Found::Revoked(material, revoked.text),
    }
}

/// Stamps, and gathers what proves of an authority whose data the signature does not carry yet, as
/// after a change of its certificate, that it is not revoked.
struct Proving<'a> {
    online: &'a Online,
    trust: &'a TrustStore,
    /// The certificates beside the signature.
    inside: Vec<Certificate>,
    met: Vec<Certificate>,
}

impl Stamper for Proving<'_> {
    async fn stamp(&self, digest: Digest, imprint: Vec<u8>) -> Result<TimeStamp, SealError> {
        self.online.stamp(digest, imprint).await
    }

    async fn proof_of(&self, stamp: &TimeStamp) -> Result<Material, SealError> {
        let mut material = Material::default();
        let authority = stamp.authority();
        if authority.is_none_or(|authority| !self.met.contains(&authority)) {
            self.online
                .collect_stamp(stamp, &self.inside, self.trust, &mut material)
                .await?;
        }
        Ok(material)
    }
}

impl Stamper for Online {
    async fn stamp(&self, digest: Digest, imprint: Vec<u8>) -> Result<TimeStamp, SealError> {
        let authority = self
            .authority
            .as_ref()
            .ok_or_else(|| SealError::TimeStamp("zaman damgası sunucusu tanımlı değil".into()))?;
        let mut random = [0; 8];
        (self.random)(&mut random);
        let question = TimeStampQuestion::new(digest, imprint, random)?;
        let answer = self
            .fetcher
            .time_stamp(
                &authority.url,
                authority.login.as_ref(),
                &question,
                &self.random,
            )
            .await?;
        question.accept(&answer, (self.now)(), authority.window)
    }
}
