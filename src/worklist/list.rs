//! *İş Listesi*: the lists of one person, each with its count.

use jiff::{SignedDuration, Timestamp};

use super::store;
use crate::access::Act;
use crate::error::Result;
use crate::setting;
use crate::store::{StoreError, Tx};

/// Most lines that a list shows; its count tells of the rest.
pub const SHOWN: usize = 50;

/// The lists, in the order of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    ToApprove,
    Returned,
    /// *Gönderilmeyi Bekleyenler* (decision 16).
    Signed,
    /// Send again on paper.
    Paper,
    Contact,
    /// Evidence that contradicts itself or has stopped coming.
    Unclear,
    /// A lost answer on which a person decides.
    Unknown,
    /// The provider refused it definitely.
    Failed,
    /// An account whose log-in has run out.
    Paused,
}

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::ToApprove,
        Self::Returned,
        Self::Signed,
        Self::Paper,
        Self::Contact,
        Self::Unclear,
        Self::Unknown,
        Self::Failed,
        Self::Paused,
    ];

    /// The word in addresses and JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ToApprove => "onay",
            Self::Returned => "iade",
            Self::Signed => "gonderilmeyi-bekleyen",
            Self::Paper => "kagit",
            Self::Contact => "iletisim",
            Self::Unclear => "incele",
            Self::Unknown => "sonucu-bilinmeyen",
            Self::Failed => "kabul-edilmeyen",
            Self::Paused => "duran-hesap",
        }
    }

    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::ToApprove => "Onayımı Bekleyenler",
            Self::Returned => "İade Edilenler",
            Self::Signed => "Gönderilmeyi Bekleyenler",
            Self::Paper => "Kâğıtla Gönderilecekler",
            Self::Contact => "İletişime Geçilecekler",
            Self::Unclear => "İncelenecek Deliller",
            Self::Unknown => "Gönderim Sonucu Bilinmeyenler",
            Self::Failed => "Sağlayıcının Kabul Etmedikleri",
            Self::Paused => "Duran KEP Hesapları",
        }
    }

    /// What stands where the list is empty.
    #[must_use]
    pub fn empty(self) -> &'static str {
        match self {
            Self::ToApprove => "Onayınızı bekleyen evrak yok.",
            Self::Returned => "İade edilen evrakınız yok.",
            Self::Signed => "İmzalanıp gönderilmemiş evrak yok.",
            Self::Paper => "Kâğıtla gönderilecek evrak yok.",
            Self::Contact => "İletişime geçilecek kurum yok.",
            Self::Unclear => "İncelenecek delil yok.",
            Self::Unknown => "Sonucu bilinmeyen gönderim yok.",
            Self::Failed => "Sağlayıcının kabul etmediği ileti yok.",
            Self::Paused => "Bütün KEP hesapları çalışıyor.",
        }
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The letter; empty for an account.
    pub document_id: String,
    /// Recipient, message or account, by the list's kind; the letter's own id otherwise.
    pub subject_id: String,
    /// Konu, or the account's address.
    pub title: String,
    /// Sayı, where there is one.
    pub number: String,
    /// To whom, from whom, or why.
    pub detail: String,
    /// Since when it waits.
    pub since: Option<Timestamp>,
    /// Whole days of waiting.
    pub days: i64,
    /// Miat, `YYYY-MM-DD`.
    pub due_date: Option<String>,
    pub urgency: String,
}

/// A list with its count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkList {
    pub kind: Kind,
    pub items: Vec<Item>,
    /// As far as it was counted: 50 lines and "more".
    pub more: bool,
}

/// One list of the person.
///
/// # Errors
/// When the store fails.
pub fn of(tx: &mut Tx<'_>, act: &Act<'_>, kind: Kind) -> Result<WorkList> {
    let silent_before =
        act.now - SignedDuration::from_secs(setting::number(tx, setting::SILENCE_SECONDS)?);
    let mut items = store::items(tx, act, kind, silent_before, SHOWN + 1)?;
    let more = items.len() > SHOWN;
    items.truncate(SHOWN);
    for item in &mut items {
        let waited = item.since.map(|since| act.now.duration_since(since));
        item.days = waited.map_or(0, |waited| waited.as_hours() / 24);
    }
    Ok(WorkList { kind, items, more })
}

/// Every list of the person.
///
/// # Errors
/// When the store fails.
pub fn all(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<WorkList>> {
    Kind::ALL
        .into_iter()
        .map(|kind| of(tx, act, kind))
        .collect()
}

/// How many things wait for the person, for the tab.
///
/// # Errors
/// When the store fails.
pub fn count(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<i64, StoreError> {
    let silence = setting::number(tx, setting::SILENCE_SECONDS)?;
    let silent_before = act.now - SignedDuration::from_secs(silence);
    let mut count = 0;
    for kind in Kind::ALL {
        count += store::count(tx, act, kind, silent_before)?;
    }
    Ok(count)
}
