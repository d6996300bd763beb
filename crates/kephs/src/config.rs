//! What a rehearsal provider is told at its start.

use std::{net::SocketAddr, path::PathBuf};

use jiff::SignedDuration;
use serde::Deserialize;

use crate::{clock::Millis, error::Error};

/// The address that the user manual itself uses; it is a mailbox here although its domain is not served.
pub const MANUAL_ADDRESS: &str = "havsabelediyesi@hs01.kep.tr";

/// How the provider runs. `Config::new` gives the defaults that `kephs serve` documents.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; only loopback addresses are accepted. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Folder of the database; made when missing.
    pub data: PathBuf,
    /// Domains served here; the first is the provider's own name. Subdomains are served too.
    pub domains: Vec<String>,
    /// Single addresses of other domains that have their mailbox here.
    pub local_addresses: Vec<String>,
    /// Unread for so long after delivery, a message counts as read.
    pub legal_period: SignedDuration,
    /// How long after its arrival a notice counts as served; `None` is the law's rule, the end of
    /// the fifth day (Tebligat Kanunu article 7/a).
    pub notice_period: Option<SignedDuration>,
    /// The evidence number of "counted as read"; no source prints it, so it is a setting.
    pub deemed_read_code: Option<i32>,
    /// What happens to a recipient under a served domain whom nobody has created.
    pub unknown_recipients: UnknownRecipients,
    /// Whether another provider, having accepted, also delivers (40) and counts reading.
    pub other_provider_delivers: bool,
    /// What happens when an account hands in a Message-ID that it handed in before.
    pub duplicates: Duplicates,
    /// Between acceptance and the next event.
    pub delivery_delay: SignedDuration,
    /// Largest message as handed in, in bytes.
    pub max_message_bytes: usize,
    /// Whether times in lists carry their offset from UTC.
    pub times_with_offset: bool,
    /// How binary answers travel.
    pub binary: Binary,
    /// Accounts to be there from the start; existing ones get these credentials.
    pub accounts: Vec<NewAccount>,
    /// `Some(start)`: the clock stands still and moves only by request; a later start of the
    /// same folder goes on where it stood.
    pub manual_clock: Option<Millis>,
    /// Keys of the certificate authority beside the provider; none stands for a file in the data folder.
    pub authority: Option<PathBuf>,
}

/// See [`Config::unknown_recipients`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum UnknownRecipients {
    /// A mailbox is made on the first message.
    Create,
    /// Evidence 41, unknown recipient.
    Fail,
}

/// See [`Config::duplicates`]. The real behaviour is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Duplicates {
    /// It is a new message with a kepId of its own (so that tests can count it).
    Accept,
    /// The earlier kepId is answered and nothing is sent.
    Recognise,
}

/// See [`Config::binary`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Binary {
    /// MTOM when the request was MTOM or its Accept header names it, otherwise inline.
    AsAsked,
    /// Always MTOM.
    Mtom,
    /// Always inline base64.
    Inline,
}

/// An account with its credentials, as the admin API and the accounts file give it.
#[derive(Debug, Clone, Deserialize)]
pub struct NewAccount {
    pub address: String,
    pub tcno: String,
    pub parola: String,
    pub sifre: String,
    /// Credit units; default 100 000.
    #[serde(default)]
    pub kontor: Option<i64>,
    /// Storage in KB; default 10 GB.
    #[serde(default)]
    pub kota_kb: Option<i64>,
}

impl Config {
    /// The defaults, for a data folder.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: data.into(),
            domains: vec!["hs99.kep.example".into()],
            local_addresses: vec![MANUAL_ADDRESS.into()],
            legal_period: SignedDuration::from_hours(24),
            notice_period: None,
            deemed_read_code: Some(61),
            unknown_recipients: UnknownRecipients::Create,
            other_provider_delivers: true,
            duplicates: Duplicates::Accept,
            delivery_delay: SignedDuration::ZERO,
            max_message_bytes: 25 * 1024 * 1024,
            times_with_offset: true,
            binary: Binary::AsAsked,
            accounts: Vec::new(),
            manual_clock: None,
            authority: None,
        }
    }

    /// The provider's own name.
    pub fn own_domain(&self) -> &str {
        self.domains
            .first()
            .map_or("hs99.kep.example", String::as_str)
    }

    /// Whether the address has its mailbox here.
    pub fn is_local(&self, address: &str) -> bool {
        let domain = domain_of(address);
        self.domains.iter().any(|own| {
            domain == own
                || domain
                    .strip_suffix(own.as_str())
                    .is_some_and(|rest| rest.ends_with('.'))
        }) || self.local_addresses.iter().any(|local| local == address)
    }

    /// Refuses what a rehearsal must never do, in words.
    pub fn check(&self) -> Result<(), Error> {
        if !self.listen.ip().is_loopback() {
            return Err(Error::Config(format!(
                "Prova sağlayıcısı yalnızca bu bilgisayarın kendi adresinde dinler; {} olmaz. \
                 127.0.0.1 verin, örneğin --listen 127.0.0.1:0",
                self.listen
            )));
        }
        if self.domains.is_empty() {
            return Err(Error::Config(
                "En az bir alan adı gerekir: --domain hs99.kep.example".into(),
            ));
        }
        Ok(())
    }
}

/// The part after the last `@`.
pub fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// One spelling per address.
pub fn normal_address(address: &str) -> String {
    address.trim().to_lowercase()
}
