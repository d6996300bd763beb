//! A client of the PTT contract, made for callers that must know whether a failed call may have had its effect.
//!
//! ```no_run
//! # async fn example(message: bytes::Bytes) -> Result<(), Box<dyn std::error::Error>> {
//! use kep::client::{Effect, PttClient, PttSettings};
//! use kep::message::MessageKind;
//! let account = kep::wire::Account { address: Some("havsa@hs99.kep.example".into()), ..Default::default() };
//! let client = PttClient::new(PttSettings::new("prova", "http://127.0.0.1:8099/eyws", account))?;
//! match client.send(message, MessageKind::EYazisma).await {
//!     Ok(sent) => println!("{:?}", sent.kep_id),
//!     Err(error) if error.effect() == Effect::None => println!("surely not sent: {}", error.sentence()),
//!     Err(_) => println!("ask the provider before sending again"),
//! }
//! # Ok(()) }
//! ```

mod directory;
mod error;
mod login;
mod mailbox;
mod notice;
mod settings;
mod transport;

pub use directory::DirectoryClient;
pub use error::{CallError, Effect, Lost};
pub use login::{LoginChallenge, LoginKind, LoginProof};
pub use mailbox::{Built, Credit, MessageRef, Sent};
pub use notice::{HandoverList, NoticeLabel, NoticeSent};
pub use settings::{EvidenceListing, Listing, PttSettings, SettingsError, SoapAction};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::wire::{self, Request};
use transport::Transport;

/// One account at one provider. Cheap to clone; each call uses a connection of its own.
///
/// Dropping a call's future while it runs leaves its outcome unknown.
#[derive(Clone)]
pub struct PttClient {
    settings: PttSettings,
    zone: TimeZone,
    transport: Transport,
}

impl PttClient {
    /// Checks the settings; no call is made.
    pub fn new(settings: PttSettings) -> Result<Self, SettingsError> {
        let name = &settings.recognition.assumed_zone;
        let zone = TimeZone::get(name).map_err(|_| SettingsError::Zone(name.clone()))?;
        let transport = Transport::new(&settings)?;
        Ok(Self {
            settings,
            zone,
            transport,
        })
    }

    pub fn settings(&self) -> &PttSettings {
        &self.settings
    }

    /// Any operation of the contract as it stands; its `durum` is not looked at.
    pub async fn call<R: Request>(&self, request: &R) -> Result<R::Answer, CallError> {
        let answer = self
            .transport
            .call(R::OPERATION, wire::write_request(request))
            .await?;
        Ok(wire::read_answer(&answer)?)
    }

    /// The one rule of `durum`: 0 is success, anything else the provider's definite answer.
    fn succeed(&self, durum: Option<i64>, explanation: Option<String>) -> Result<(), CallError> {
        match durum {
            Some(0) => Ok(()),
            Some(durum) if self.settings.login_codes.contains(&durum) => {
                Err(CallError::LoginNeeded { durum, explanation })
            }
            Some(durum) => Err(CallError::Refused { durum, explanation }),
            None if self.settings.missing_durum_is_success => Ok(()),
            None => Err(CallError::Malformed(wire::WireError::Missing {
                field: "durum",
            })),
        }
    }

    /// `xsd:dateTime` in the assumed zone, whole seconds.
    fn date_time(&self, at: Timestamp) -> String {
        let form = if self.settings.times_with_offset {
            "%Y-%m-%dT%H:%M:%S%:z"
        } else {
            "%Y-%m-%dT%H:%M:%S"
        };
        at.to_zoned_datetime(self.zone.clone())
            .strftime(form)
            .to_string()
    }
}
