//! Asking a KEP directory over HTTP; its questions carry no credentials in the public contract.

use std::time::Duration;

use super::transport::Transport;
use super::{CallError, PttSettings, SettingsError, SoapAction};
use crate::directory::{self, Entry, StatusAnswer};
use crate::wire::{Account, WireError};

/// A directory at one address. Asking changes nothing, so a failed question may be asked again.
#[derive(Clone)]
pub struct DirectoryClient {
    transport: Transport,
}

impl DirectoryClient {
    /// Checks the address; no call is made.
    pub fn new(endpoint: &str, timeout: Duration) -> Result<Self, SettingsError> {
        let settings = PttSettings {
            soap_action: SoapAction::Empty,
            mtom: false,
            connect_timeout: timeout,
            request_timeout: timeout,
            max_answer_bytes: 1024 * 1024,
            ..PttSettings::new("directory", endpoint, Account::default())
        };
        Ok(Self {
            transport: Transport::new(&settings)?,
        })
    }

    /// `KepDurumBilgisi`: what the directory says about an address.
    pub async fn status(&self, address: &str) -> Result<StatusAnswer, CallError> {
        let request = directory::ask_status(address);
        let answer = self.transport.call(directory::STATUS, request).await?;
        StatusAnswer::read(&answer).ok_or(CallError::Malformed(WireError::Missing {
            field: "kepDurumBilgisi",
        }))
    }

    /// `KepSorgulamaVKN`: the addresses of a legal person.
    pub async fn by_tax_number(&self, tax_number: &str) -> Result<Vec<Entry>, CallError> {
        let request = directory::ask_by_tax_number(tax_number);
        let answer = self
            .transport
            .call(directory::BY_TAX_NUMBER, request)
            .await?;
        directory::read_entries(&answer)
            .ok_or(CallError::Malformed(WireError::Missing { field: "return" }))
    }
}
