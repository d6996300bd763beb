//! Accounts: making them, proving who calls, logging in in two steps.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::Provider;
use crate::{
    clock::Millis,
    config::{NewAccount, normal_address},
    error::{Error, Refusal, Result},
    misbehaviour,
    store::accounts::{self, Account, Login, Overview},
};

const DEFAULT_KONTOR: i64 = 100_000;
const DEFAULT_QUOTA_KB: i64 = 10 * 1024 * 1024;

/// What every SOAP request carries to prove who calls.
#[derive(Clone, Default)]
pub struct Credentials {
    pub address: String,
    pub tcno: String,
    pub parola: String,
    pub sifre: String,
}

/// How the second step of a log-in is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginKind {
    /// No second step.
    Base,
    Otp,
    EImza,
}

/// The answer of the first step.
#[derive(Debug, Clone)]
pub struct LoginStep {
    /// What is to be signed for `EIMZA`.
    pub text: String,
    /// Base64 SHA-256 of the text.
    pub hash: String,
    pub token: String,
}

impl Provider {
    /// Adds an account, or gives an existing one or a mailbox these credentials.
    pub fn put_account(&self, new: &NewAccount) -> Result<()> {
        let address = normal_address(&new.address);
        if address
            .split_once('@')
            .is_none_or(|(name, domain)| name.is_empty() || domain.is_empty())
        {
            return Err(Error::Config(format!("KEP adresi bozuk: {address}")));
        }
        self.write(|tx, now| {
            let before = accounts::find(tx, &address)?.filter(|it| it.credentials.is_some());
            let salt = self.ids.fresh();
            accounts::put(
                tx,
                &Account {
                    credentials: Some(sealed(&salt, &new.tcno, &new.parola, &new.sifre)),
                    kontor: new
                        .kontor
                        .or(before.as_ref().map(|it| it.kontor))
                        .unwrap_or(DEFAULT_KONTOR),
                    quota_kb: new
                        .kota_kb
                        .or(before.as_ref().map(|it| it.quota_kb))
                        .unwrap_or(DEFAULT_QUOTA_KB),
                    created_at: now,
                    address,
                },
            )
        })
    }

    /// Makes a mailbox without log-in when the address has none.
    pub fn ensure_mailbox(&self, address: &str) -> Result<()> {
        self.write(|tx, now| ensure_mailbox(tx, &normal_address(address), now))
    }

    /// The account that the credentials prove.
    pub fn authenticate(&self, given: &Credentials) -> Result<Account> {
        let address = normal_address(&given.address);
        let account = self.account(&address)?.ok_or(Refusal::WrongCredentials)?;
        let proved = account
            .credentials
            .as_deref()
            .and_then(|kept| kept.split_once('$'))
            .is_some_and(|(salt, _)| {
                Some(sealed(salt, &given.tcno, &given.parola, &given.sifre)) == account.credentials
            });
        if proved {
            Ok(account)
        } else {
            Err(Refusal::WrongCredentials.into())
        }
    }

    /// The account or mailbox of an address.
    pub fn account(&self, address: &str) -> Result<Option<Account>> {
        self.read(|db, _| accounts::find(db, address))
    }

    /// Mailboxes whose address contains `part`, busy ones first.
    pub fn mailboxes(&self, part: &str, limit: i64) -> Result<Vec<Overview>> {
        self.read(|db, _| accounts::overview(db, &normal_address(part), limit))
    }

    /// First step of a log-in.
    pub fn begin_login(&self, address: &str, kind: LoginKind) -> Result<LoginStep> {
        let token = self.ids.fresh();
        let text = format!("{address} KEP prova oturumu {token}");
        let login = Login {
            token: token.clone(),
            address: address.to_owned(),
            kind: format!("{kind:?}"),
            sms_key: sms_key(&self.ids.fresh()),
            confirmed: false,
        };
        self.write(|tx, now| {
            accounts::put_login(tx, &login, now)?;
            if kind == LoginKind::Base {
                accounts::confirm_login(tx, address, &token)?;
                misbehaviour::logged_in(tx, address)?;
            }
            Ok(())
        })?;
        Ok(LoginStep {
            hash: STANDARD.encode(Sha256::digest(&text)),
            text,
            token,
        })
    }

    /// Second step: the SMS key that the account's page shows, or a signature (which is not yet
    /// verified). Answers the token to use from now on.
    pub fn finish_login(
        &self,
        address: &str,
        token: &str,
        sms_key: &str,
        signature: &[u8],
    ) -> Result<String> {
        self.write(|tx, _| {
            let login = accounts::login(tx, address, token)?.ok_or(Refusal::LoginExpired)?;
            let proved = match login.kind.as_str() {
                "Otp" => login.sms_key == sms_key.trim(),
                "EImza" => !signature.is_empty(),
                _ => true,
            };
            if !proved {
                return Err(Refusal::WrongSecondFactor.into());
            }
            accounts::confirm_login(tx, address, token)?;
            misbehaviour::logged_in(tx, address)?;
            Ok(token.to_owned())
        })
    }

    /// An empty token is allowed (accounts without secured log-in); another one must be valid.
    pub fn check_token(&self, address: &str, token: &str) -> Result<()> {
        if token.is_empty() {
            return Ok(());
        }
        let login = self.read(|db, _| accounts::login(db, address, token))?;
        match login {
            Some(login) if login.confirmed => Ok(()),
            _ => Err(Refusal::LoginExpired.into()),
        }
    }

    /// The SMS key of a log-in that waits for it; a rehearsal has no telephone.
    pub fn waiting_sms_key(&self, address: &str) -> Result<Option<String>> {
        let login = self.read(|db, _| accounts::open_login(db, address))?;
        Ok(login.filter(|it| it.kind == "Otp").map(|it| it.sms_key))
    }

    /// KB that the account may still store.
    pub fn quota_left_kb(&self, account: &Account) -> Result<i64> {
        let used = self.read(|db, _| accounts::used_bytes(db, &account.address))?;
        Ok((account.quota_kb - used.div_ceil_kb()).max(0))
    }
}

/// Makes a mailbox without log-in when the address has none.
pub(super) fn ensure_mailbox(db: &Connection, address: &str, now: Millis) -> Result<()> {
    if accounts::find(db, address)?.is_some() {
        return Ok(());
    }
    accounts::put(
        db,
        &Account {
            address: address.to_owned(),
            credentials: None,
            kontor: 0,
            quota_kb: DEFAULT_QUOTA_KB,
            created_at: now,
        },
    )
}

/// Whether `size` more bytes fit; otherwise the used and the allowed KB.
pub(super) fn room_for(db: &Connection, account: &Account, size: i64) -> Result<(), Error> {
    let used_kb = accounts::used_bytes(db, &account.address)?.div_ceil_kb();
    if used_kb + size.div_ceil_kb() > account.quota_kb {
        return Err(Refusal::QuotaFull {
            used_kb,
            quota_kb: account.quota_kb,
        }
        .into());
    }
    Ok(())
}

trait Kilobytes {
    fn div_ceil_kb(self) -> i64;
}

impl Kilobytes for i64 {
    fn div_ceil_kb(self) -> i64 {
        (self + 1023) / 1024
    }
}

/// `salt$hash`: the secrets themselves are not kept.
fn sealed(salt: &str, tcno: &str, parola: &str, sifre: &str) -> String {
    let mut hash = Sha256::new();
    for part in [salt, tcno, parola, sifre] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    format!("{salt}${}", STANDARD.encode(hash.finalize()))
}

/// Six digits out of a random id.
fn sms_key(random: &str) -> String {
    let number = random.bytes().fold(0_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    });
    format!("{:06}", number % 1_000_000)
}
