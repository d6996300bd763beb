//! What others sent us: the registry (gelen evrak), its referral (havale), answer and closing.

mod addressee;
pub mod answer;
pub mod cite;
pub mod close;
pub mod confirm;
pub mod correct;
pub mod internal;
pub mod list;
pub mod mailbox;
pub mod number;
pub mod period;
pub mod referral;
pub mod register;
mod store;
pub mod view;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use self::period::Period;
use crate::access::Act;
use crate::distribution::Purpose;
use crate::document::{Confidentiality, Urgency, words};
use crate::error::{Error, Result, conflict, not_found};
use crate::store::{BlobHash, Tx};
use crate::turkish;

pub use store::{File, Finding, Linked};

words! {
    /// How it came.
    Source {
        Kep = "kep", "KEP";
        Internal = "internal", "DYS içi";
        Paper = "paper", "Fiziki (kâğıt)";
    }
}

words! {
    /// What it is.
    IncomingKind {
        Letter = "letter", "Resmî yazı";
        Petition = "petition", "Dilekçe/Başvuru";
    }
}

words! {
    /// Where it stands.
    State {
        Registered = "registered", "Havale bekliyor";
        Referred = "referred", "Havale edildi";
        Answered = "answered", "Cevaplandı";
        Closed = "closed", "Kapatıldı";
        Returned = "returned", "İade edildi";
        Forwarded = "forwarded", "Yetkili idareye gönderildi";
        /// The sender stopped the sending before anybody had read it.
        Withdrawn = "withdrawn", "Gönderen geri aldı";
    }
}

impl State {
    /// True while somebody still has to do something about it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Registered | Self::Referred)
    }

    /// One of the four meanings of colour.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Registered => "act",
            Self::Referred => "moving",
            Self::Answered | Self::Closed | Self::Returned | Self::Forwarded => "proved",
            Self::Withdrawn => "waiting",
        }
    }
}

/// *Dilekçe Bilgileri*: who asks, and under which law.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Petition {
    pub name: String,
    /// T.C. kimlik no; never logged.
    pub national_id: String,
    pub address: String,
    pub phone: String,
    pub email: String,
}

/// A line of the registry with everything about it but its files.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub id: String,
    pub source: Source,
    pub kind: IncomingKind,
    pub state: State,
    pub version: i64,
    pub unit_id: String,
    pub unit_name: String,
    pub registration_number: String,
    pub registered_at: Timestamp,
    pub registered_by: String,
    pub sender: String,
    pub sender_unit_id: Option<String>,
    /// KEP address.
    pub sender_address: Option<String>,
    /// The sender's sayı.
    pub their_number: String,
    pub their_date: Option<Date>,
    pub subject: String,
    pub note: String,
    pub urgency: Urgency,
    pub confidentiality: Confidentiality,
    pub personal: bool,
    pub purpose: Purpose,
    pub due_date: Option<Date>,
    /// By which rule it is due.
    pub period: Period,
    /// When the KEP provider put it into the mailbox.
    pub delivered_at: Option<Timestamp>,
    pub first_read_at: Option<Timestamp>,
    pub content_hash: Option<BlobHash>,
    pub content_type: String,
    pub text: String,
    pub plan_code: Option<String>,
    pub document_id: Option<String>,
    pub recipient_id: Option<String>,
    pub message_id: Option<String>,
    /// *Evrakın Yeri*.
    pub place: String,
    pub barcode: Option<String>,
    /// *Gönderen Dosya Adı*.
    pub sender_file: String,
    pub petition: Petition,
    pub closing_reason: String,
    pub closed_at: Option<Timestamp>,
}

impl Incoming {
    /// Reading it is written down, once for each person and hour.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.confidentiality != Confidentiality::None || self.personal
    }

    /// Refuses an act that was made from an older state; what was typed stays in the form.
    ///
    /// # Errors
    /// `gelen_surum_eski`.
    pub fn require_version(&self, version: i64) -> Result<()> {
        if self.version == version {
            return Ok(());
        }
        Err(stale())
    }

    /// Refuses an act on what is done with.
    ///
    /// # Errors
    /// `gelen_kapali`.
    pub fn require_open(&self) -> Result<()> {
        if self.state.is_open() {
            return Ok(());
        }
        Err(conflict(
            "gelen_kapali",
            format!(
                "Bu evrakın işlemi bitmiş: {}. Yapılacak bir iş yok.",
                self.state.label()
            ),
        ))
    }

    /// How an answer cites it: `28.02.2022 tarihli ve E-…-12 sayılı yazınız.`
    #[must_use]
    pub fn citation(&self) -> String {
        let thing = match self.kind {
            IncomingKind::Petition => "dilekçeniz",
            IncomingKind::Letter => "yazınız",
        };
        format!("{} {thing}.", self.dated())
    }

    /// How a letter to others cites it: `Edirne Valiliğinin 28.02.2022 tarihli ve E-…-12 sayılı
    /// yazısı.`
    #[must_use]
    pub fn citation_to_others(&self) -> String {
        let (sender, dated) = (&self.sender, self.dated());
        // The genitive is made for names of institutions, not for persons.
        match (self.kind, turkish::genitive(sender)) {
            (IncomingKind::Petition, _) => format!("{sender} tarafından verilen {dated} dilekçe."),
            (IncomingKind::Letter, Some(whose)) => format!("{whose} {dated} yazısı."),
            (IncomingKind::Letter, None) => format!("{sender} tarafından gönderilen {dated} yazı."),
        }
    }

    /// `28.02.2022 tarihli ve E-…-12 sayılı`, by the day of registration where theirs is not known.
    fn dated(&self) -> String {
        let date = self
            .their_date
            .unwrap_or_else(|| crate::clock::local(self.registered_at).date())
            .strftime("%d.%m.%Y");
        if self.their_number.is_empty() {
            return format!("{date} tarihli");
        }
        format!("{date} tarihli ve {} sayılı", self.their_number)
    }
}

/// The line, if the acting person may see it; a forged id looks like an unknown one.
///
/// # Errors
/// `gelen_yok`.
pub fn open(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Incoming> {
    store::visible(tx, act, id)?.ok_or_else(no_such)
}

fn no_such() -> Error {
    not_found(
        "gelen_yok",
        "Böyle bir gelen evrak yok ya da görme yetkiniz yok.",
    )
}

/// Somebody acted on it in between.
fn stale() -> Error {
    conflict(
        "gelen_surum_eski",
        "Bu evrakta siz açtıktan sonra işlem yapıldı; sizinki uygulanmadı. Yazdıklarınız aşağıda \
         duruyor: son durumu okuyup gerekiyorsa yeniden gönderin.",
    )
}

/// Counts a change; fails when somebody was faster.
fn touch(tx: &mut Tx<'_>, incoming: &Incoming, state: State) -> Result<()> {
    if store::advance(tx, &incoming.id, incoming.version, state)? {
        Ok(())
    } else {
        Err(stale())
    }
}
