//! *DYS Dışı UETS Gönderim*: electronic notices, behind an interface of their own.
//!
//! No contract of UETS is public. What DYS needs of such a service stands here as [`NoticeService`];
//! a rehearsal stands on the tebligat operations of the PTT contract, which the law closed for real
//! notices in 2019 (Elektronik Tebligat Yönetmeliği, RG 30617). A real folder refuses to send: it
//! needs PTT's current integration document and a client made from it.

use bytes::Bytes;
use kep::client::{CallError, NoticeLabel, PttClient};

use super::account;
use super::channel::Job;
use super::kep::{self as messages, Consignment};
use super::store::{Account, Outgoing};
use crate::access::Actor;
use crate::app::App;
use crate::config::Mode;
use crate::directory::UetsAddress;
use crate::distribution::{Channel, Recipient};
use crate::error::{Result, conflict, invalid};

/// Why a real folder cannot send, for the sender and for administration.
pub const NO_CONTRACT: &str = "UETS'in açık bir bağlantı sözleşmesi yoktur; gerçek gönderim için \
    PTT'nin güncel UETS entegrasyon belgesi ve ona göre yapılmış bir bağlantı gerekir. Bu \
    kurulumdan UETS ile gönderilmez.";

/// What a service of electronic notices must do for DYS; its evidence is asked for as the
/// evidence of messages is.
pub(super) trait NoticeService {
    /// Hands a signed notice over; answers the service's id when it names one.
    ///
    /// # Errors
    /// A [`CallError`] whose effect tells whether the notice may have been taken.
    async fn hand_over(&self, notice: &Outgoing, bytes: Bytes)
    -> Result<Option<String>, CallError>;
}

/// The rehearsal's service: the tebligat operations of the PTT contract.
pub(super) struct RehearsedNotices {
    client: PttClient,
    unit_id: String,
}

impl NoticeService for RehearsedNotices {
    async fn hand_over(
        &self,
        notice: &Outgoing,
        bytes: Bytes,
    ) -> Result<Option<String>, CallError> {
        let label = NoticeLabel {
            unit_id: self.unit_id.clone(),
            unit_name: String::new(),
            barcode: notice.id.clone(),
            with_return: false,
        };
        Ok(self.client.send_notice(bytes, &label).await?.kep_id)
    }
}

/// The service through which an account's notices go.
///
/// # Errors
/// `uets_baglanti_yok` in a real folder; when the account's secrets cannot be opened.
pub(super) fn service(app: &App, account: &Account) -> Result<RehearsedNotices> {
    require_rehearsal(app)?;
    Ok(RehearsedNotices {
        client: account::client(app, account)?,
        unit_id: account.unit_id.clone(),
    })
}

/// Makes, signs and stores one notice per address.
///
/// # Errors
/// `uets_baglanti_yok`, and as for messages.
pub(super) async fn make(
    app: &App,
    actor: &Actor,
    job: &Job,
    lines: &[Recipient],
) -> Result<Consignment> {
    require_rehearsal(app)?;
    let account = messages::account_for(app, actor, job).await?;
    messages::signed(app, actor, job, Channel::Uets, account, lines).await
}

fn require_rehearsal(app: &App) -> Result<()> {
    match app.mode {
        Mode::Rehearsal => Ok(()),
        Mode::Real => Err(conflict("uets_baglanti_yok", NO_CONTRACT)),
    }
}

/// The address in a notice's header, in the rehearsal's own form: `{15 digits}@uets.{domain}`.
pub(super) fn mail_address(address: &str, domain: &str) -> Result<String> {
    let address = UetsAddress::parse(address)
        .map_err(|error| invalid("uets_adresi", format!("{address}: {error}.")))?;
    Ok(format!("{}@uets.{domain}", address.digits()))
}
