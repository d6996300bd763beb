//! Keys on cards and other PKCS#11 tokens. One thread owns each session, since vendors' modules are
//! not to be trusted with several; the key never leaves the card.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError, mpsc};
use std::thread;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as P11Error, RvError};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, CertificateType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use der::asn1::UintRef;
use der::{Encode as _, Sequence};
use spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use super::Signer;
use crate::{Certificate, Digest, KeyKind, SealError};

/// What a card or its module answers, each with the next step for its owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error(
        "kart sürücüsü açılamadı: {0}. Kartınızın PKCS#11 sürücüsünü kurun ya da --module ile yerini gösterin."
    )]
    Module(String),
    #[error("kart takılı değil. Kartı okuyucuya takıp yeniden deneyin.")]
    Absent,
    #[error("PIN yanlış. Kartınız birkaç yanlış denemeden sonra kilitlenir; PIN'i yeniden girin.")]
    WrongPin,
    #[error(
        "PIN yanlış ve tek deneme hakkı kaldı. Emin değilseniz girmeyin; kartı veren kuruma başvurun."
    )]
    LastTry,
    #[error(
        "kart kilitli. Kilidi PUK ile ya da kartı veren kurumun (ESHS) aracıyla açıp yeniden deneyin."
    )]
    Locked,
    #[error("kartın PIN'i henüz belirlenmemiş. Kartı veren kurumun aracıyla PIN belirleyin.")]
    PinNotSet,
    #[error("kartta imza sertifikası bulunamadı. Doğru kartı taktığınızı denetleyin.")]
    NoKey,
    #[error("kart imza sırasında çıkarıldı. Kartı takıp yeniden deneyin.")]
    Removed,
    #[error(
        "kart her imzada PIN istiyor, sürücüsü ise buna uygun imza yöntemini vermiyor ({0}). Kartı veren kurumdan sürücünün güncel sürümünü isteyin."
    )]
    Unfit(&'static str),
    #[error("kart hata verdi: {0}. Kartı çıkarıp takın; sürerse kartı veren kuruma başvurun.")]
    Other(String),
}

/// A PIN, wiped from memory when dropped and never shown.
pub struct Pin(Zeroizing<String>);

impl Pin {
    #[must_use]
    pub fn new(pin: String) -> Self {
        Self(Zeroizing::new(pin))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

/// A token that lies in a reader.
#[derive(Debug, Clone)]
pub struct Token {
    module: PathBuf,
    slot: Slot,
    pub label: String,
    pub serial: String,
    pub manufacturer: String,
    /// No PIN helps any more until the card is unlocked.
    pub locked: bool,
    pub pin_set: bool,
}

/// Tokens that lie in the readers that `module` (a PKCS#11 library) knows.
///
/// # Errors
/// `Module` when the library cannot be opened; `Absent` when no reader holds a card.
pub fn tokens(module: &Path) -> Result<Vec<Token>, TokenError> {
    let context = context(module)?;
    let slots = context.get_slots_with_token().map_err(token_error)?;
    let mut found = Vec::new();
    for slot in slots {
        let Ok(info) = context.get_token_info(slot) else {
            continue;
        };
        if !info.token_initialized() {
            continue;
        }
        found.push(Token {
            module: module.to_owned(),
            slot,
            label: info.label().to_owned(),
            serial: info.serial_number().to_owned(),
            manufacturer: info.manufacturer_id().to_owned(),
            locked: info.user_pin_locked(),
            pin_set: info.user_pin_initialized(),
        });
    }
    if found.is_empty() {
        forget(module);
        return Err(TokenError::Absent);
    }
    Ok(found)
}

impl Token {
    /// Certificates on the card, readable without a PIN on most cards.
    pub fn certificates(&self) -> Result<Vec<Certificate>, TokenError> {
        let context = context(&self.module)?;
        let session = context.open_ro_session(self.slot).map_err(token_error)?;
        Ok(certificates(&session)?
            .into_iter()
            .map(|(_, certificate)| certificate)
            .collect())
    }

    /// Enters the PIN once and gives every key that has a certificate beside it. The session stays
    /// open, and the card logged in, until the last of the keys is dropped. For a key that wants the
    /// PIN before each signature (`CKA_ALWAYS_AUTHENTICATE`) the session's thread keeps it so long,
    /// and wipes it after that.
    ///
    /// # Errors
    /// `WrongPin`, `LastTry`, `Locked`, `PinNotSet`, `NoKey`, `Absent`. A wrong PIN changes nothing
    /// but the card's own counter.
    pub fn open(&self, pin: &Pin) -> Result<Vec<TokenKey>, TokenError> {
        if self.locked {
            return Err(TokenError::Locked);
        }
        if !self.pin_set {
            return Err(TokenError::PinNotSet);
        }
        let (jobs, inbox) = mpsc::channel::<Job>();
        let (ready, opened) = mpsc::channel();
        let token = self.clone();
        let pin = AuthPin::new(pin.reveal().into());
        thread::Builder::new()
            .name("pkcs11".into())
            .spawn(move || match login(&token, &pin) {
                Ok((session, keys)) => {
                    let each_time = keys.iter().any(|found| found.each_time);
                    let _ = ready.send(Ok(keys));
                    serve(&session, &inbox, each_time.then_some(pin));
                    let _ = session.logout();
                }
                Err(error) => {
                    let _ = ready.send(Err(error));
                }
            })
            .map_err(|error| TokenError::Other(error.to_string()))?;
        let found = opened
            .recv()
            .map_err(|_| TokenError::Other("sürücü yanıt vermedi".into()))??;
        Ok(found
            .into_iter()
            .map(|found| TokenKey {
                jobs: jobs.clone(),
                handle: found.handle,
                kind: found.kind,
                each_time: found.each_time,
                certificate: found.certificate,
            })
            .collect())
    }
}

/// A key on an open token.
pub struct TokenKey {
    jobs: mpsc::Sender<Job>,
    handle: ObjectHandle,
    kind: KeyKind,
    each_time: bool,
    certificate: Certificate,
}

struct Job {
    key: ObjectHandle,
    kind: KeyKind,
    each_time: bool,
    digest: Digest,
    message: Vec<u8>,
    answer: mpsc::Sender<Result<Vec<u8>, TokenError>>,
}

impl Signer for TokenKey {
    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn sign(&self, digest: Digest, message: &[u8]) -> Result<Vec<u8>, SealError> {
        let (answer, signed) = mpsc::channel();
        let job = Job {
            key: self.handle,
            kind: self.kind,
            each_time: self.each_time,
            digest,
            message: message.to_vec(),
            answer,
        };
        self.jobs.send(job).map_err(|_| TokenError::Removed)?;
        Ok(signed.recv().map_err(|_| TokenError::Removed)??)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey")
            .field("subject", &self.certificate.subject())
            .finish_non_exhaustive()
    }
}

static OPEN: LazyLock<Mutex<HashMap<PathBuf, Pkcs11>>> = LazyLock::new(Mutex::default);

/// A module is opened once in a process: a second opening would close the sessions of the first.
fn context(module: &Path) -> Result<Pkcs11, TokenError> {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(context) = open.get(module) {
        return Ok(context.clone());
    }
    let bad = |error: P11Error| TokenError::Module(format!("{}: {error}", module.display()));
    let context = Pkcs11::new(module).map_err(bad)?;
    match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(P11Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(bad(error)),
    }
    open.insert(module.to_owned(), context.clone());
    Ok(context)
}

/// Closes a module that knows no card, so that the next question opens it anew: some modules look for
/// cards only when they are opened.
fn forget(module: &Path) {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(context) = open.remove(module) {
        let _ = context.finalize();
    }
}

/// A key with its certificate.
struct Found {
    handle: ObjectHandle,
    certificate: Certificate,
    kind: KeyKind,
    /// The card wants the PIN before each signature.
    each_time: bool,
}

fn login(token: &Token, pin: &AuthPin) -> Result<(Session, Vec<Found>), TokenError> {
    let context = context(&token.module)?;
    let session = context.open_ro_session(token.slot).map_err(token_error)?;
    match session.login(UserType::User, Some(pin)) {
        Ok(()) | Err(P11Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
        Err(error) => {
            let error = token_error(error);
            let last = error == TokenError::WrongPin
                && context
                    .get_token_info(token.slot)
                    .is_ok_and(|info| info.user_pin_final_try());
            return Err(if last { TokenError::LastTry } else { error });
        }
    }
    let mut keys = Vec::new();
    for (id, certificate) in certificates(&session)? {
        let Ok(kind) = certificate.key_kind() else {
            continue;
        };
        let wanted = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Sign(true),
            Attribute::Id(id),
        ];
        let handles = session.find_objects(&wanted).map_err(token_error)?;
        if let Some(handle) = handles.first() {
            keys.push(Found {
                handle: *handle,
                certificate,
                kind,
                each_time: wants_pin_each_time(&session, *handle),
            });
        }
    }
    if keys.is_empty() {
        return Err(TokenError::NoKey);
    }
    Ok((session, keys))
}

/// A card that does not know the attribute asks once.
fn wants_pin_each_time(session: &Session, key: ObjectHandle) -> bool {
    session
        .get_attributes(key, &[AttributeType::AlwaysAuthenticate])
        .is_ok_and(|found| found.contains(&Attribute::AlwaysAuthenticate(true)))
}

/// Every readable certificate with the id that ties it to its key; issuers are left out.
fn certificates(session: &Session) -> Result<Vec<(Vec<u8>, Certificate)>, TokenError> {
    let wanted = [
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
    ];
    let mut found = Vec::new();
    for handle in session.find_objects(&wanted).map_err(token_error)? {
        let attributes = session
            .get_attributes(handle, &[AttributeType::Id, AttributeType::Value])
            .map_err(token_error)?;
        let (mut id, mut der) = (Vec::new(), Vec::new());
        for attribute in attributes {
            match attribute {
                Attribute::Id(bytes) => id = bytes,
                Attribute::Value(bytes) => der = bytes,
                _ => {}
            }
        }
        let Ok(certificate) = Certificate::from_der(&der) else {
            continue;
        };
        if !certificate.is_authority() {
            found.push((id, certificate));
        }
    }
    Ok(found)
}

/// Until the last key is dropped; `pin` is for keys that want it before each signature.
fn serve(session: &Session, inbox: &mpsc::Receiver<Job>, pin: Option<AuthPin>) {
    while let Ok(job) = inbox.recv() {
        let signed = match &pin {
            Some(pin) if job.each_time => sign_with_pin(session, &job, pin),
            _ => sign(session, &job),
        };
        let _ = job.answer.send(signed);
    }
}

/// The hash is made here and padded here, since all cards know the bare mechanisms.
fn sign(session: &Session, job: &Job) -> Result<Vec<u8>, TokenError> {
    let hash = job.digest.of(&job.message);
    let other = |error: der::Error| TokenError::Other(error.to_string());
    if let KeyKind::Rsa(_) = job.kind {
        let mut algorithm = job.digest.algorithm();
        algorithm.parameters = Some(der::asn1::Null.into());
        let digest = der::asn1::OctetString::new(hash).map_err(other)?;
        let info = DigestInfo { algorithm, digest };
        let info = info.to_der().map_err(other)?;
        return session
            .sign(&Mechanism::RsaPkcs, job.key, &info)
            .map_err(token_error);
    }
    let width = if job.kind == KeyKind::P256 { 32 } else { 48 };
    // Cards refuse a hash longer than the curve; its left part is what ECDSA uses.
    let hash = &hash[..hash.len().min(width)];
    let raw = session
        .sign(&Mechanism::Ecdsa, job.key, hash)
        .map_err(token_error)?;
    ecdsa_value(&raw, width)
}

/// The PIN belongs between the beginning of a signature and its end (PKCS#11, 5.13). That goes with
/// mechanisms that take the content and hash it on their side of the call, not with the bare ones.
fn sign_with_pin(session: &Session, job: &Job, pin: &AuthPin) -> Result<Vec<u8>, TokenError> {
    let mechanism = match (job.kind, job.digest) {
        (KeyKind::Rsa(_), Digest::Sha256) => Mechanism::Sha256RsaPkcs,
        (KeyKind::Rsa(_), Digest::Sha384) => Mechanism::Sha384RsaPkcs,
        (KeyKind::Rsa(_), Digest::Sha512) => Mechanism::Sha512RsaPkcs,
        (_, Digest::Sha256) => Mechanism::EcdsaSha256,
        (_, Digest::Sha384) => Mechanism::EcdsaSha384,
        (_, Digest::Sha512) => Mechanism::EcdsaSha512,
    };
    match session.sign_init(&mechanism, job.key) {
        Ok(()) => {}
        Err(P11Error::Pkcs11(RvError::MechanismInvalid, _)) => {
            // Some modules keep the PIN themselves, and then the bare mechanisms do.
            return sign(session, job).map_err(|error| match error {
                TokenError::Other(_) => unfit(mechanism.mechanism_type()),
                known => known,
            });
        }
        Err(error) => return Err(token_error(error)),
    }
    session
        .login(UserType::ContextSpecific, Some(pin))
        .map_err(token_error)?;
    session.sign_update(&job.message).map_err(token_error)?;
    let raw = session.sign_final().map_err(token_error)?;
    match job.kind {
        KeyKind::Rsa(_) => Ok(raw),
        KeyKind::P256 => ecdsa_value(&raw, 32),
        _ => ecdsa_value(&raw, 48),
    }
}

fn unfit(mechanism: MechanismType) -> TokenError {
    TokenError::Unfit(match mechanism {
        MechanismType::ECDSA_SHA256 => "CKM_ECDSA_SHA256",
        MechanismType::ECDSA_SHA384 => "CKM_ECDSA_SHA384",
        MechanismType::ECDSA_SHA512 => "CKM_ECDSA_SHA512",
        MechanismType::SHA256_RSA_PKCS => "CKM_SHA256_RSA_PKCS",
        MechanismType::SHA384_RSA_PKCS => "CKM_SHA384_RSA_PKCS",
        _ => "CKM_SHA512_RSA_PKCS",
    })
}

fn ecdsa_value(raw: &[u8], width: usize) -> Result<Vec<u8>, TokenError> {
    let other = |error: der::Error| TokenError::Other(error.to_string());
    if raw.len() != 2 * width {
        return Err(TokenError::Other("beklenmeyen imza uzunluğu".into()));
    }
    let (r, s) = raw.split_at(width);
    let value = EcdsaValue {
        r: UintRef::new(r).map_err(other)?,
        s: UintRef::new(s).map_err(other)?,
    };
    value.to_der().map_err(other)
}

/// `DigestInfo` of RFC 8017, 9.2.
#[derive(Sequence)]
struct DigestInfo {
    algorithm: AlgorithmIdentifierOwned,
    digest: der::asn1::OctetString,
}

/// `Ecdsa-Sig-Value` of RFC 3279, 2.2.3.
#[derive(Sequence)]
struct EcdsaValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

fn token_error(error: P11Error) -> TokenError {
    match error {
        P11Error::Pkcs11(value, function) => match value {
            RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange => {
                TokenError::WrongPin
            }
            RvError::PinLocked => TokenError::Locked,
            RvError::PinExpired | RvError::UserPinNotInitialized => TokenError::PinNotSet,
            RvError::TokenNotPresent | RvError::SlotIdInvalid => TokenError::Absent,
            RvError::DeviceRemoved | RvError::SessionHandleInvalid | RvError::SessionClosed => {
                TokenError::Removed
            }
            other => TokenError::Other(format!("{function}: {other:?}")),
        },
        other => TokenError::Other(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryptoki::context::Function;

    /// SoftHSM never locks, so what a locked card answers is given by hand.
    #[test]
    fn every_trouble_of_a_card_has_its_sentence() {
        let said = |value| token_error(P11Error::Pkcs11(value, Function::Login));
        assert_eq!(said(RvError::PinLocked), TokenError::Locked);
        assert_eq!(said(RvError::PinIncorrect), TokenError::WrongPin);
        assert_eq!(said(RvError::UserPinNotInitialized), TokenError::PinNotSet);
        assert_eq!(said(RvError::TokenNotPresent), TokenError::Absent);
        assert_eq!(said(RvError::DeviceRemoved), TokenError::Removed);
        assert!(TokenError::Locked.to_string().contains("PUK"));
        let locked = Token {
            module: PathBuf::from("/nowhere"),
            slot: Slot::try_from(0_u64).expect("slot 0"),
            label: String::new(),
            serial: String::new(),
            manufacturer: String::new(),
            locked: true,
            pin_set: true,
        };
        let refused = locked.open(&Pin::new("1".into()));
        assert_eq!(refused.err(), Some(TokenError::Locked));
    }
}
