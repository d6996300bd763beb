//! What a client needs to know about a provider and an account; everything that public texts leave open.

use std::net::IpAddr;
use std::time::Duration;

use crate::evidence::RecognitionSettings;
use crate::wire::Account;

/// Settings of one account at one provider. `Debug` never shows the secrets.
#[derive(Clone, Debug)]
pub struct PttSettings {
    /// The caller's name of the provider, kept in every [`crate::evidence::Evidence`].
    pub provider: String,
    /// Address of the service. Must be https; plain http only to this machine.
    pub endpoint: String,
    pub account: Account,
    pub soap_action: SoapAction,
    /// Whether binary fields are sent as MTOM parts; answers are read in both forms in any case.
    pub mtom: bool,
    /// Names of the mailbox folders; `None` asks `DizinSorgula`, which is safer (clients disagree on the names).
    pub folders: Option<Vec<String>>,
    pub connect_timeout: Duration,
    /// From the start of the call to the last byte of the answer.
    pub request_timeout: Duration,
    pub max_answer_bytes: usize,
    pub listing: Listing,
    pub evidence_listing: EvidenceListing,
    /// Whether the times of a query carry the offset of the assumed zone.
    pub times_with_offset: bool,
    /// `durum` numbers that mean "log in (again)". The provider's list is not public, so none is preset.
    pub login_codes: Vec<i64>,
    /// Whether an answer without `durum` counts as success where the contract lets it be nil.
    pub missing_durum_is_success: bool,
    pub recognition: RecognitionSettings,
}

impl PttSettings {
    /// Settings with the defaults that fit what is known of the public service.
    pub fn new(provider: &str, endpoint: &str, account: Account) -> Self {
        Self {
            provider: provider.into(),
            endpoint: endpoint.into(),
            account,
            soap_action: SoapAction::Operation,
            mtom: true,
            folders: None,
            connect_timeout: Duration::from_secs(20),
            request_timeout: Duration::from_secs(300),
            max_answer_bytes: 40 * 1024 * 1024,
            listing: Listing::Third,
            evidence_listing: EvidenceListing::Detailed,
            times_with_offset: true,
            login_codes: Vec::new(),
            missing_durum_is_success: false,
            recognition: RecognitionSettings::default(),
        }
    }
}

/// What stands in the `SOAPAction` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoapAction {
    /// `urn:<Operation>`, as the contract says.
    Operation,
    /// Empty; one public client does so and is answered.
    Empty,
}

/// Which of the three listing operations is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    First,
    Second,
    Third,
}

/// Which evidence listing is used; only the detailed one names the recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceListing {
    Plain,
    Detailed,
}

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("the endpoint is not an address: {0}")]
    NotAnAddress(String),
    #[error("the endpoint must be https; plain http is for this machine only")]
    NotSecure,
    #[error("the endpoint must not carry a user name or password")]
    CarriesCredentials,
    #[error("unknown time zone {0:?}")]
    Zone(String),
    #[error("the HTTP client cannot be made: {0}")]
    Http(String),
}

/// The endpoint, checked, and whether it is on this machine.
pub(super) fn check_endpoint(endpoint: &str) -> Result<(reqwest::Url, bool), SettingsError> {
    let url = reqwest::Url::parse(endpoint)
        .map_err(|error| SettingsError::NotAnAddress(error.to_string()))?;
    let host = url
        .host_str()
        .ok_or_else(|| SettingsError::NotAnAddress("no host".into()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SettingsError::CarriesCredentials);
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let loopback = bare == "localhost"
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "https" => Ok((url, loopback)),
        "http" if loopback => Ok((url, loopback)),
        "http" => Err(SettingsError::NotSecure),
        other => Err(SettingsError::NotAnAddress(format!("scheme {other}"))),
    }
}
