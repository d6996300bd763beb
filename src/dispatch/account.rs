//! KEP accounts of the institution: bound by name, paused when a log-in has run out.

use std::time::Duration;

use anyhow::Context as _;
use jiff::SignedDuration;
use kep::client::{EvidenceListing, Listing, PttClient, PttSettings, SoapAction};
use kep::evidence::RecognitionSettings;
use seal::{Certificate, Material};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::secret::SecretKey;
use super::store;
use crate::access::{Act, Role};
use crate::app::App;
use crate::audit;
use crate::config::Mode;
use crate::directory::{self, UnitId};
use crate::error::{Error, Result, conflict, invalid, not_found};
use crate::evidence::check::{Demand, Roots};
use crate::evidence::signer::Signers;
use crate::signature::trust;
use crate::store::Tx;

pub use super::store::Account;

/// What is open about a provider (kep.md), as JSON in the row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountSettings {
    /// `durum` numbers that mean "log in again"; the provider's list is not public.
    pub login_codes: Vec<i64>,
    pub request_timeout_seconds: u64,
    pub mtom: bool,
    /// The `SOAPAction` header is empty instead of `urn:<Operation>`.
    pub empty_soap_action: bool,
    /// Which of `PaketSorgula`, `PaketSorgula2` and `PaketSorgula3` lists the mailbox: 1, 2 or 3.
    pub listing: u8,
    /// Evidence by `PaketDelilSorgula`, which does not name the recipient, instead of
    /// `PaketDetayDelilSorgula`.
    pub plain_evidence_listing: bool,
    /// Folders of the mailbox; empty asks `DizinSorgula`. Absence is proved by these alone then.
    pub folders: Vec<String>,
    /// The times of a query carry the offset of the assumed zone.
    pub times_with_offset: bool,
    /// An answer without `durum` counts as success where the contract lets it be nil.
    pub missing_durum_is_success: bool,
    /// Largest answer that is read, in megabytes.
    pub max_answer_megabytes: usize,
    /// Numbers that mean "counted as read".
    pub deemed_read_codes: Vec<i64>,
    pub assumed_zone: String,
    /// What `EvidenceRefersToRecipient` calls the first recipient: 0 or 1; none while it is not known.
    pub first_recipient_number: Option<i64>,
    /// Address of a KEP directory (the TÜRKKEP contract, `KepDurumBilgisi`) where addresses can be
    /// asked after before sending; the PTT contract's own directory operations are not public.
    pub directory_endpoint: Option<String>,
    /// Roots under which the account's providers sign evidence, in PEM. Which ones real Turkish
    /// providers use is not public. Those in `kephs-kokleri` of the data folder come beside them.
    pub evidence_roots: Vec<String>,
    /// Whose key signs the account's KEP messages (decision 13).
    pub signer: MessageSigner,
    /// *Delili imzalayan*, one each: see [`crate::evidence::signer::Signers`].
    pub evidence_signers: Vec<String>,
    /// *İmzasız delil kabul edilir*: what level real providers sign at is not public.
    pub accept_unsigned_evidence: bool,
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            login_codes: Vec::new(),
            request_timeout_seconds: 300,
            mtom: true,
            empty_soap_action: false,
            listing: 3,
            plain_evidence_listing: false,
            folders: Vec::new(),
            times_with_offset: true,
            missing_durum_is_success: false,
            max_answer_megabytes: 40,
            deemed_read_codes: vec![61],
            assumed_zone: "Europe/Istanbul".to_owned(),
            first_recipient_number: None,
            directory_endpoint: None,
            evidence_roots: Vec::new(),
            signer: MessageSigner::Institution,
            evidence_signers: Vec::new(),
            accept_unsigned_evidence: false,
        }
    }
}

/// *KEP iletisini imzalayan* (decision 13).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageSigner {
    /// The institution's key on the server; a letter leaves without a further hand.
    #[default]
    Institution,
    /// A KEP officer's card, through the program at the desk.
    Officer,
}

impl MessageSigner {
    pub const ALL: [Self; 2] = [Self::Institution, Self::Officer];

    /// The word in forms.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Institution => "institution",
            Self::Officer => "officer",
        }
    }

    /// The words on the screen.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Institution => "Kurumun anahtarı",
            Self::Officer => "KEP işlem yetkilisinin kartı",
        }
    }

    /// Reads [`Self::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|signer| signer.code() == code)
    }
}

/// What is asked of a new binding. `Debug` is left out: it holds secrets.
pub struct Binding {
    pub unit_id: String,
    pub address: String,
    pub endpoint: String,
    pub national_id: String,
    pub password: String,
    pub passphrase: String,
    pub settings: AccountSettings,
}

/// Binds an account, or gives a bound one a new endpoint, secrets and settings.
///
/// A rehearsal folder speaks only to this machine, a real one never to a rehearsal address
/// (decision 15).
///
/// # Errors
/// `yetki_yok` for anybody but an administrator, `hesap_gecersiz`, and when the store fails.
pub async fn bind(app: &App, actor: &crate::access::Actor, binding: Binding) -> Result<String> {
    actor.require_administrator()?;
    let rehearsal = app.mode == Mode::Rehearsal;
    let wrong = |why: String| invalid("hesap_gecersiz", why);
    let address = kep::address::KepAddress::parse(&binding.address, rehearsal)
        .map_err(|error| wrong(error.sentence()))?;
    let endpoints = [
        Some(&binding.endpoint),
        binding.settings.directory_endpoint.as_ref(),
    ];
    for endpoint in endpoints.into_iter().flatten() {
        let loopback =
            endpoint.starts_with("http://127.0.0.1:") || endpoint.starts_with("http://[::1]:");
        if rehearsal != loopback {
            return Err(wrong(
                "Prova kurulumu yalnızca bu bilgisayardaki prova sağlayıcısına, gerçek kurulum \
                 yalnızca gerçek sağlayıcıya bağlanır."
                    .to_owned(),
            ));
        }
    }
    if binding.national_id.trim().is_empty() {
        return Err(wrong(
            "İşlem yetkilisinin T.C. kimlik numarasını yazın.".to_owned(),
        ));
    }
    let key = SecretKey::load_or_make(&app.config.data, &*app.ids)?;
    let settings = serde_json::to_string(&binding.settings).context("account settings")?;
    let mut account = Account {
        id: String::new(),
        unit_id: binding.unit_id,
        address: address.as_str().to_owned(),
        provider: "ptt".to_owned(),
        endpoint: binding.endpoint,
        national_id: binding.national_id,
        password: sealed(&key, &binding.password, app)?,
        passphrase: sealed(&key, &binding.passphrase, app)?,
        settings,
        paused_reason: None,
        paused_at: None,
    };
    app.write(actor, move |tx, act| {
        let unit = directory::by_id(tx, &UnitId::new(account.unit_id.as_str()))?;
        if !unit.is_some_and(|unit| unit.is_own) {
            let why = "Hesabın birimini kurumunuzun birimlerinden seçin.";
            return Err(invalid("hesap_gecersiz", why));
        }
        let bound = store::account_at(tx, &account.address)?;
        account.keep_secrets_of(bound)?;
        account.id = act.new_id();
        let id = store::put_account(tx, &account)?;
        let detail = json!({ "address": account.address, "unit": account.unit_id });
        audit::record(tx, act, "kep_account.bind", "kep_account", &id, &detail)?;
        Ok(id)
    })
    .await
}

/// An empty secret stays empty here: the one that is bound already is kept.
fn sealed(key: &SecretKey, secret: &str, app: &App) -> Result<String> {
    if secret.is_empty() {
        return Ok(String::new());
    }
    Ok(key.seal(secret, &*app.ids)?)
}

impl Account {
    /// Takes over what was left empty from the account as it is bound now.
    fn keep_secrets_of(&mut self, bound: Option<Self>) -> Result<()> {
        let (password, passphrase) = bound
            .map(|bound| (bound.password, bound.passphrase))
            .unwrap_or_default();
        for (secret, kept) in [
            (&mut self.password, password),
            (&mut self.passphrase, passphrase),
        ] {
            if secret.is_empty() {
                *secret = kept;
            }
            if secret.is_empty() {
                let why = "Yeni bağlanan hesabın parolasını ve şifresini yazın.";
                return Err(invalid("hesap_gecersiz", why));
            }
        }
        Ok(())
    }
}

/// Binding a real account is confirmed by name (decision 15): its address is typed once more.
///
/// # Errors
/// `hesap_onayi` when it is another.
pub fn confirm(app: &App, address: &str, typed: &str) -> Result<()> {
    if app.mode == Mode::Rehearsal || (typed == address && !typed.is_empty()) {
        return Ok(());
    }
    Err(invalid(
        "hesap_onayi",
        "Gerçek bir KEP hesabı bağlanıyor. Onay alanına hesabın KEP adresini harfi harfine yazın.",
    ))
}

/// Every account, for an administrator. The secrets in it are sealed.
///
/// # Errors
/// `yetki_yok`.
pub fn list(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Account>> {
    act.actor.require_administrator()?;
    Ok(store::accounts(tx)?)
}

/// One account, for an administrator.
///
/// # Errors
/// `yetki_yok`, `hesap_yok`.
pub fn by_id(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Account> {
    act.actor.require_administrator()?;
    store::account(tx, id)?.ok_or_else(unknown)
}

/// The account with this KEP address, for an administrator.
///
/// # Errors
/// `yetki_yok`.
pub fn at(tx: &mut Tx<'_>, act: &Act<'_>, address: &str) -> Result<Option<Account>> {
    act.actor.require_administrator()?;
    Ok(store::account_at(tx, address)?)
}

/// The account by which letters of the unit leave: its own, or the nearest above it.
///
/// # Errors
/// When the store fails.
pub fn serving(tx: &mut Tx<'_>, unit_id: &str) -> Result<Option<Account>> {
    Ok(store::account_for(tx, unit_id)?)
}

/// What is open about the account's provider.
#[must_use]
pub fn settings(account: &Account) -> AccountSettings {
    serde_json::from_str(&account.settings).unwrap_or_default()
}

/// What is left of an account at its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Kilobytes; public texts do not say whether of all or of what is free.
    pub quota_kb: Option<i64>,
    /// Number and unit as the provider writes them.
    pub credit: Option<(String, String)>,
}

/// A person waits for the answer.
const BALANCE_PATIENCE: Duration = Duration::from_secs(15);

/// Asks the provider (`KotaSorgula`, `KontorSorgula`).
///
/// # Errors
/// Why it could not be asked, in words for the screen.
pub async fn balance(app: &App, account: &Account) -> Result<Balance, String> {
    let told = |error: kep::client::CallError| error.sentence_of_question();
    let client = client_within(app, account, BALANCE_PATIENCE)
        .map_err(|error| format!("Hesap ayarları kullanılamıyor: {}", in_words(&error)))?;
    let quota_kb = client.quota().await.map_err(told)?;
    let credit = client.credit().await.map_err(told)?;
    Ok(Balance {
        quota_kb,
        credit: credit.map(|credit| (credit.amount, credit.unit.unwrap_or_default())),
    })
}

/// What a person can do about it; what went wrong inside is in the log.
fn in_words(error: &Error) -> &str {
    error.problem().map_or(
        "kurulumun anahtarı okunamadı. Sunucunun günlüğüne bakın.",
        |problem| problem.message.as_str(),
    )
}

/// The client of an account; no call is made.
///
/// # Errors
/// `hesap_sifresi`, `hesap_adresi`, and when the installation's key cannot be read.
pub fn client(app: &App, account: &Account) -> Result<PttClient> {
    client_within(app, account, Duration::MAX)
}

/// Whether the account stays unusable until a person has looked after it.
pub(crate) fn needs_person(error: &Error) -> bool {
    matches!(error.code(), "hesap_sifresi" | "hesap_adresi")
}

/// How long a call of the account's provider may take.
pub(super) fn patience(account: &Account) -> SignedDuration {
    let seconds = settings(account).request_timeout_seconds;
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(600))
}

/// The client of an account, its calls no longer than `most`.
fn client_within(app: &App, account: &Account, most: Duration) -> Result<PttClient> {
    let key = SecretKey::load_or_make(&app.config.data, &*app.ids)?;
    let own = settings(account);
    let open = |sealed: &str| {
        key.open(sealed).map_err(|error| {
            tracing::error!(%error, id = %account.id, "a secret of an account cannot be opened");
            conflict(
                "hesap_sifresi",
                "KEP hesabının saklanan parolası açılamıyor. DYS yöneticisi hesabın parolasını ve \
                 şifresini KEP Hesapları ekranında yeniden yazmalıdır.",
            )
        })
    };
    let credentials = kep::wire::Account {
        address: Some(account.address.clone()),
        national_id: Some(account.national_id.clone()),
        parola: Some(open(&account.password)?),
        sifre: Some(open(&account.passphrase)?),
    };
    let mut settings = PttSettings::new(&account.provider, &account.endpoint, credentials);
    settings.recognition = own.recognition();
    settings.login_codes = own.login_codes;
    settings.request_timeout = Duration::from_secs(own.request_timeout_seconds).min(most);
    settings.mtom = own.mtom;
    settings.soap_action = if own.empty_soap_action {
        SoapAction::Empty
    } else {
        SoapAction::Operation
    };
    settings.listing = match own.listing {
        1 => Listing::First,
        2 => Listing::Second,
        _ => Listing::Third,
    };
    settings.evidence_listing = if own.plain_evidence_listing {
        EvidenceListing::Plain
    } else {
        EvidenceListing::Detailed
    };
    settings.folders = (!own.folders.is_empty()).then_some(own.folders);
    settings.times_with_offset = own.times_with_offset;
    settings.missing_durum_is_success = own.missing_durum_is_success;
    settings.max_answer_bytes = own.max_answer_megabytes.saturating_mul(1024 * 1024);
    PttClient::new(settings).map_err(|error| {
        tracing::error!(%error, id = %account.id, "the address of an account cannot be used");
        conflict(
            "hesap_adresi",
            "KEP hesabının hizmet adresi kullanılamıyor. DYS yöneticisi adresi KEP Hesapları \
             ekranında düzeltmelidir.",
        )
    })
}

/// Stops the account's queue until somebody lets it go on; nothing that waits is lost.
///
/// # Errors
/// `hesap_yok`, `yetki_yok`, `gerekce_bos`.
pub fn pause(tx: &mut Tx<'_>, act: &Act<'_>, account_id: &str, reason: &str) -> Result<()> {
    let account = looked_after(tx, act, account_id)?;
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 200 {
        return Err(invalid(
            "gerekce_bos",
            "Hesabın neden durdurulduğunu yazın (en çok 200 harf).",
        ));
    }
    let told = format!("{} durdurdu: {reason}", act.actor.full_name);
    store::set_paused(tx, account_id, Some((&told, act.now)))?;
    let detail = json!({ "address": account.address, "reason": reason });
    audit::record(
        tx,
        act,
        "kep_account.pause",
        "kep_account",
        account_id,
        &detail,
    )
}

impl AccountSettings {
    fn recognition(&self) -> RecognitionSettings {
        RecognitionSettings {
            deemed_read_codes: self.deemed_read_codes.clone(),
            assumed_zone: self.assumed_zone.clone(),
            first_recipient_number: self.first_recipient_number,
        }
    }
}

/// Reads roots as they are pasted into the form: each becomes one PEM text.
///
/// # Errors
/// `kok_okunamadi`.
pub fn read_roots(text: &str) -> Result<Vec<String>> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let read = Certificate::read_all(text.as_bytes()).map_err(|_| {
        invalid(
            "kok_okunamadi",
            "Kök sertifikalar okunamadı. “-----BEGIN CERTIFICATE-----” ile başlayan metinleri \
             olduğu gibi yapıştırın.",
        )
    })?;
    Ok(read.iter().map(Certificate::pem).collect())
}

/// Folder of further roots in the data folder, one or more certificates a file (PEM or DER), and
/// of the authorities' revocation lists (`.crl`, DER).
pub const ROOTS_FOLDER: &str = "kephs-kokleri";

/// What the account asks of evidence. A root that cannot be read is left out and told in the log:
/// then evidence fails to verify, which a person sees; it never counts by mistake. A provider or
/// stamp authority may sign with its own certificate alone beside it, so the intermediates of
/// `guven/alt-kok`, trusted for nothing by themselves, help to find the way to a root.
///
/// # Errors
/// When a folder of certificates cannot be read.
pub fn demand(app: &App, account: &Account) -> anyhow::Result<Demand> {
    let own: AccountSettings = serde_json::from_str(&account.settings).unwrap_or_default();
    let (mut roots, mut material) = (Vec::new(), Material::default());
    let mut add = |bytes: &[u8], place: &str| match Certificate::read_all(bytes) {
        Ok(read) => roots.extend(read),
        Err(error) => tracing::warn!(%error, place, "a root of evidence cannot be read"),
    };
    for pem in &own.evidence_roots {
        add(pem.as_bytes(), "account");
    }
    let folder = app.config.data.join(ROOTS_FOLDER);
    if folder.is_dir() {
        for entry in std::fs::read_dir(&folder).context("roots of evidence")? {
            let path = entry.context("roots of evidence")?.path();
            let bytes = std::fs::read(&path).context("roots of evidence")?;
            if path
                .extension()
                .is_some_and(|it| it.eq_ignore_ascii_case("crl"))
            {
                material.crls.push(bytes);
            } else {
                add(&bytes, &path.display().to_string());
            }
        }
    }
    let mut intermediates = Vec::new();
    for file in trust::files(app, trust::INTERMEDIATES)? {
        match file.certificates {
            Ok(read) => intermediates.extend(read),
            Err(_) => {
                tracing::warn!(
                    place = file.name,
                    "an intermediate certificate cannot be read"
                );
            }
        }
    }
    Ok(Demand {
        roots: Roots::new(roots, intermediates),
        material,
        accept_unsigned: own.accept_unsigned_evidence,
        recognition: own.recognition(),
        signers: Signers::new(own.evidence_signers),
    })
}

/// Lets a paused account's queue go on, after a person looked after the log-in.
///
/// # Errors
/// `hesap_yok`, `yetki_yok`.
pub fn resume(tx: &mut Tx<'_>, act: &Act<'_>, account_id: &str) -> Result<()> {
    let account = looked_after(tx, act, account_id)?;
    store::set_paused(tx, account_id, None)?;
    let detail = json!({ "address": account.address });
    audit::record(
        tx,
        act,
        "kep_account.resume",
        "kep_account",
        account_id,
        &detail,
    )
}

/// The account, if the person looks after it: an administrator, or an officer of its unit.
fn looked_after(tx: &mut Tx<'_>, act: &Act<'_>, account_id: &str) -> Result<Account> {
    let account = store::account(tx, account_id)?.ok_or_else(unknown)?;
    if !act.actor.has(Role::Administrator) {
        act.actor
            .require_in(&[Role::KepOfficer, Role::Registry], &account.unit_id)?;
    }
    Ok(account)
}

fn unknown() -> Error {
    not_found("hesap_yok", "Böyle bir KEP hesabı yok.")
}
