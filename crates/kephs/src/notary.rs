//! Signs evidence (XAdES with a time stamp) and envelopes (S/MIME) under the rehearsal's own authority, or badly when told.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::Write as _;
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use jiff::{SignedDuration, Timestamp};
use seal::rehearsal::{Answer, Authority, Curve, Holder, Revoked, ServiceKind, Services, Validity};
use seal::xades::XadesOptions;
use seal::{
    Content, Digest, SealError, SignOptions, Signer as _, SoftKey, Stamper, TimeStamp,
    TimeStampQuestion,
};
use sha2::{Digest as _, Sha256};

use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::ids::Ids;

const FILE: &str = "prova-yetkilisi.pem";
/// The root in the data folder, for whoever is to trust the rehearsal.
pub const ROOT_FILE: &str = "prova-kok.pem";
/// Days of validity of a provider's certificate.
const DAYS: i64 = 3650;

/// How a signature is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The content is changed after it was signed.
    Broken,
    /// It is signed under an authority that nobody knows.
    Foreign,
    /// The certificate ran out a month before.
    Expired,
    /// The certificate was revoked a day before; the authority's OCSP and list say so.
    Revoked,
    /// Nobody stamped it, and the certificate runs out a day later.
    Unstamped,
    /// A person signs, whose certificate comes from the same authority.
    Person,
}

/// The authority with the keys of the providers that are played here.
pub struct Notary {
    authority: Authority,
    ids: Arc<dyn Ids>,
    keys: Mutex<BTreeMap<String, Arc<SoftKey>>>,
    /// Kept while this process runs, as the keys are.
    revoked: Mutex<Vec<Revoked>>,
}

impl Notary {
    /// Reads the authority of the data folder, or makes it.
    pub fn open(folder: &Path, now: Millis, ids: Arc<dyn Ids>) -> Result<Self> {
        let path = folder.join(FILE);
        let authority = if path.exists() {
            let text = std::fs::read_to_string(&path)?;
            Authority::from_pem(&text, services()).map_err(failed)?
        } else {
            let mut random = |bytes: &mut [u8]| fill(&*ids, bytes);
            let made = Authority::create(services(), moment(now)?, &mut random).map_err(failed)?;
            write_private(&path, &made.to_pem().map_err(failed)?)?;
            made
        };
        std::fs::write(folder.join(ROOT_FILE), authority.root().pem())?;
        Ok(Self {
            authority,
            ids,
            keys: Mutex::default(),
            revoked: Mutex::default(),
        })
    }

    /// The root that a rehearsal trusts, in PEM.
    pub fn root_pem(&self) -> String {
        self.authority.root().pem()
    }

    /// Revocation lists of the authority as of `now`, in DER: of the providers' certificates, of
    /// the authorities'.
    pub fn revocation_lists(&self, now: Millis) -> Result<Vec<Vec<u8>>> {
        [ServiceKind::Crl, ServiceKind::RootCrl]
            .into_iter()
            .map(|kind| Ok(self.answer(kind, &[], now)?.body))
            .collect()
    }

    /// Answers one request to the services of this authority (OCSP, lists, the issuer).
    pub fn answer(&self, service: ServiceKind, body: &[u8], now: Millis) -> Result<Answer> {
        let mut serial = [0; 16];
        fill(&*self.ids, &mut serial);
        let revoked = self.revoked.lock().unwrap_or_else(PoisonError::into_inner);
        self.authority
            .answer(service, body, &revoked, moment(now)?, serial)
            .map_err(failed)
    }

    /// The evidence signed by the provider `issuer` at `now`.
    pub fn sign(
        &self,
        xml: &str,
        issuer: &str,
        fault: Option<Fault>,
        now: Millis,
    ) -> Result<String> {
        let at = moment(now)?;
        let mut random = |bytes: &mut [u8]| fill(&*self.ids, bytes);
        let signed = match fault {
            None => self.signed(&self.authority, &*self.key(issuer, at)?, xml, at)?,
            Some(Fault::Broken) => {
                let signed = self.signed(&self.authority, &*self.key(issuer, at)?, xml, at)?;
                // The event's time is what a forger would change.
                signed.replacen("<rem:EventTime>2", "<rem:EventTime>3", 1)
            }
            Some(Fault::Foreign) => {
                let foreign = Authority::create(services(), at, &mut random).map_err(failed)?;
                let key = issue(&foreign, issuer, Validity::days(at, DAYS), &mut random)?;
                self.signed(&foreign, &key, xml, at)?
            }
            Some(Fault::Expired) => {
                let ago = |days: i64| at - SignedDuration::from_hours(24 * days);
                let validity = Validity {
                    from: ago(400),
                    to: ago(30),
                };
                let key = issue(&self.authority, issuer, validity, &mut random)?;
                self.signed(&self.authority, &key, xml, at)?
            }
            Some(Fault::Revoked) => {
                let validity = Validity::days(at, DAYS);
                let key = issue(&self.authority, issuer, validity, &mut random)?;
                let mut revoked = self.revoked.lock().unwrap_or_else(PoisonError::into_inner);
                revoked.push(Revoked {
                    serial: key.certificate().serial(),
                    at: at - SignedDuration::from_hours(24),
                });
                self.signed(&self.authority, &key, xml, at)?
            }
            Some(Fault::Unstamped) => {
                let validity = Validity::days(at, 1);
                let key = issue(&self.authority, issuer, validity, &mut random)?;
                self.unstamped(&key, xml, at)?
            }
            Some(Fault::Person) => {
                let holder = Holder::Person {
                    name: "Prova Kişisi",
                    tckn: "10000000146",
                };
                let validity = Validity::days(at, DAYS);
                let key = self
                    .authority
                    .issue_key(&holder, Curve::P256, validity, &mut random)
                    .map_err(failed)?;
                self.signed(&self.authority, &key, xml, at)?
            }
        };
        Ok(signed)
    }

    /// A detached CMS signature of the provider `issuer` over an envelope's content; `is_foreign`
    /// signs under an authority that nobody knows.
    pub fn sign_mail(
        &self,
        content: &[u8],
        issuer: &str,
        is_foreign: bool,
        now: Millis,
    ) -> Result<Vec<u8>> {
        let at = moment(now)?;
        let key = if is_foreign {
            let mut random = |bytes: &mut [u8]| fill(&*self.ids, bytes);
            let foreign = Authority::create(services(), at, &mut random).map_err(failed)?;
            Arc::new(issue(
                &foreign,
                issuer,
                Validity::days(at, DAYS),
                &mut random,
            )?)
        } else {
            self.key(issuer, at)?
        };
        seal::sign(&*key, Content::Detached(content), &SignOptions::at(at)).map_err(failed)
    }

    fn signed(
        &self,
        authority: &Authority,
        key: &SoftKey,
        xml: &str,
        at: Timestamp,
    ) -> Result<String> {
        let signed = self.unstamped(key, xml, at)?;
        let stamper = OwnStamps {
            authority,
            ids: &*self.ids,
            at,
        };
        let stamped = seal::xades::with_time_stamp(&signed, Digest::Sha256, &stamper);
        at_once(stamped).map_err(failed)
    }

    fn unstamped(&self, key: &SoftKey, xml: &str, at: Timestamp) -> Result<String> {
        let options = XadesOptions {
            digest: Digest::Sha256,
            signing_time: at,
            id: self.ids.fresh(),
        };
        seal::xades::sign(xml, key, &options).map_err(failed)
    }

    /// The key of a provider, made at its first evidence and kept while this process runs.
    fn key(&self, issuer: &str, at: Timestamp) -> Result<Arc<SoftKey>> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys.get(issuer) {
            return Ok(Arc::clone(key));
        }
        let mut random = |bytes: &mut [u8]| fill(&*self.ids, bytes);
        let made = issue(
            &self.authority,
            issuer,
            Validity::days(at, DAYS),
            &mut random,
        )?;
        let made = Arc::new(made);
        keys.insert(issuer.to_owned(), Arc::clone(&made));
        Ok(made)
    }
}

fn issue(
    authority: &Authority,
    issuer: &str,
    validity: Validity,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<SoftKey> {
    let holder = Holder::Provider { name: issuer };
    authority
        .issue_key(&holder, Curve::P256, validity, random)
        .map_err(failed)
}

/// The authority's stamps without the way through a socket.
struct OwnStamps<'a> {
    authority: &'a Authority,
    ids: &'a dyn Ids,
    at: Timestamp,
}

impl Stamper for OwnStamps<'_> {
    async fn stamp(&self, digest: Digest, imprint: Vec<u8>) -> Result<TimeStamp, SealError> {
        let (mut nonce, mut serial) = ([0; 8], [0; 16]);
        fill(self.ids, &mut nonce);
        fill(self.ids, &mut serial);
        let question = TimeStampQuestion::new(digest, imprint, nonce)?;
        let answer = self.authority.time_stamp(&question.der, self.at, serial)?;
        question.accept(&answer, self.at, SignedDuration::from_mins(1))
    }
}

/// The outcome of a future that waits for nothing.
fn at_once<T>(future: impl Future<Output = Result<T, SealError>>) -> Result<T, SealError> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(SealError::TimeStamp(
            "the stamp did not come at once".into(),
        )),
    }
}

/// Where the authority's certificates say that its services are: beside those of the other
/// authority of the rehearsal, on the same host.
fn services() -> Services {
    Services {
        base: format!("http://{}/prova-kephs", seal::rehearsal::HOST),
    }
}

/// Random bytes out of the one source of identifiers.
fn fill(ids: &dyn Ids, bytes: &mut [u8]) {
    for piece in bytes.chunks_mut(32) {
        let digest = Sha256::digest(format!("{}{}", ids.fresh(), ids.fresh()));
        piece.copy_from_slice(&digest[..piece.len()]);
    }
}

fn moment(millis: Millis) -> Result<Timestamp> {
    Timestamp::from_millisecond(millis).map_err(|error| Error::Config(error.to_string()))
}

fn failed(error: SealError) -> Error {
    Error::Config(format!("Prova yetkilisi: {error}"))
}

/// Written whole or not at all, for the owner's eyes.
fn write_private(path: &Path, text: &str) -> Result<()> {
    let beside = path.with_extension("yeni");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    Ok(())
}
