//! *İş Listesi*: the lists of one person, each with its count.

use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::store::{self, Moments};
use crate::access::Act;
use crate::clock;
use crate::error::Result;
use crate::setting;
use crate::store::{StoreError, Tx};

/// Lines of a page.
pub const SHOWN: usize = 50;

/// The lists, in the order of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    ToApprove,
    Returned,
    /// *Gönderilmeyi Bekleyenler* (decision 16).
    Signed,
    /// KEP messages that the person signs as a KEP officer.
    KepToSign,
    /// Send again on paper.
    Paper,
    Contact,
    /// Evidence that contradicts itself or has stopped coming.
    Unclear,
    /// A lost answer on which a person decides.
    Unknown,
    /// The provider refused it definitely, or it could not be handed over for half an hour.
    Failed,
    /// An account whose log-in has run out.
    Paused,
    /// *Gelen evrak*: referred to the person or a unit of theirs.
    Referred,
    /// Registered and not yet referred, or referred to somebody who cannot take it up.
    ToRefer,
    /// Incoming documents whose answer, or what a referral asks, is due soon or overdue.
    Due,
    /// KEP mail whose registration no officer has confirmed and that soon counts as read.
    Unread,
    /// KEP mail whose confirmation the provider has not taken and that soon counts as unread.
    Unconfirmed,
    /// KEP mail that could not be read.
    Unreadable,
}

impl Kind {
    pub const ALL: [Self; 16] = [
        Self::ToApprove,
        Self::KepToSign,
        Self::Referred,
        Self::ToRefer,
        Self::Due,
        Self::Unread,
        Self::Unconfirmed,
        Self::Unreadable,
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
            Self::KepToSign => "kep-imza",
            Self::Paper => "kagit",
            Self::Contact => "iletisim",
            Self::Unclear => "incele",
            Self::Unknown => "sonucu-bilinmeyen",
            Self::Failed => "kabul-edilmeyen",
            Self::Paused => "duran-hesap",
            Self::Referred => "havale",
            Self::ToRefer => "havale-bekleyen",
            Self::Due => "suresi-dolan",
            Self::Unread => "okunmamis",
            Self::Unconfirmed => "onaylanamayan",
            Self::Unreadable => "okunamayan",
        }
    }

    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::ToApprove => "Onayımı Bekleyenler",
            Self::Returned => "İade Edilenler",
            Self::Signed => "Gönderilmeyi Bekleyenler",
            Self::KepToSign => "KEP İmzamı Bekleyenler",
            Self::Paper => "Kâğıtla Gönderilecekler",
            Self::Contact => "İletişime Geçilecekler",
            Self::Unclear => "İncelenecek Deliller",
            Self::Unknown => "Gönderim Sonucu Bilinmeyenler",
            Self::Failed => "Gönderilemeyen İletiler",
            Self::Paused => "Duran KEP Hesapları",
            Self::Referred => "Havale Edilenler",
            Self::ToRefer => "Havale Bekleyen Gelen Evrak",
            Self::Due => "Cevap Süresi Dolanlar",
            Self::Unread => "Okunmamış, 24 Saati Dolmak Üzere",
            Self::Unconfirmed => "Alındı Onayı Verilemeyenler",
            Self::Unreadable => "Okunamayan İletiler",
        }
    }

    /// Its lines are incoming documents, by `subject_id`.
    #[must_use]
    pub fn is_incoming(self) -> bool {
        matches!(
            self,
            Self::Referred | Self::ToRefer | Self::Due | Self::Unread | Self::Unconfirmed
        )
    }

    /// What stands where the list is empty.
    #[must_use]
    pub fn empty(self) -> &'static str {
        match self {
            Self::ToApprove => "Onayınızı bekleyen evrak yok.",
            Self::Returned => "İade edilen evrakınız yok.",
            Self::Signed => "İmzalanıp gönderilmemiş evrak yok.",
            Self::KepToSign => "KEP imzanızı bekleyen evrak yok.",
            Self::Paper => "Kâğıtla gönderilecek evrak yok.",
            Self::Contact => "İletişime geçilecek kurum yok.",
            Self::Unclear => "İncelenecek delil yok.",
            Self::Unknown => "Sonucu bilinmeyen gönderim yok.",
            Self::Failed => "Gönderilemeyen ileti yok.",
            Self::Paused => "Bütün KEP hesapları çalışıyor.",
            Self::Referred => "Size ya da biriminize havale edilmiş evrak yok.",
            Self::ToRefer => "Havale bekleyen gelen evrak yok.",
            Self::Due => "Cevap süresi dolmak üzere olan evrak yok.",
            Self::Unread => "Okunmamış KEP iletisi yok.",
            Self::Unconfirmed => "Alındı onayı bekleyen ileti yok.",
            Self::Unreadable => "Okunamayan ileti yok.",
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
    /// Miat or the last day of an answer, `YYYY-MM-DD`.
    pub due_date: Option<String>,
    /// That day is past.
    pub overdue: bool,
    pub urgency: String,
}

/// Where a line stands in its list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub(super) text: String,
    pub(super) moment: i64,
    pub(super) id: String,
}

impl Key {
    /// As it stands in an address: `2026-12-01~1795500000000000~id`.
    #[must_use]
    pub fn in_address(&self) -> String {
        format!("{}~{}~{}", self.text, self.moment, self.id)
    }

    /// Reads [`Self::in_address`]; `None` for what is no key.
    #[must_use]
    pub fn from_address(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '~');
        let (text, moment, id) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            text: text.to_owned(),
            moment: moment.parse().ok()?,
            id: id.to_owned(),
        })
    }
}

impl Item {
    /// The mark before the colon of a letter that waits for its sending, and what stands after it.
    #[must_use]
    pub fn marked(&self) -> Option<(&str, &str)> {
        self.detail.split_once(": ")
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkList {
    pub kind: Kind,
    pub items: Vec<Item>,
    /// After which line the list goes on, when it does.
    pub next: Option<Key>,
}

/// The first page of a list of the person.
///
/// # Errors
/// When the store fails.
pub fn of(tx: &mut Tx<'_>, act: &Act<'_>, kind: Kind) -> Result<WorkList> {
    page(tx, act, kind, None)
}

/// The page that begins after a line.
///
/// # Errors
/// When the store fails.
pub fn page(tx: &mut Tx<'_>, act: &Act<'_>, kind: Kind, after: Option<&Key>) -> Result<WorkList> {
    let moments = moments(tx, act)?;
    let mut rows = store::items(tx, act, kind, moments, after, SHOWN + 1)?;
    let more = rows.len() > SHOWN;
    rows.truncate(SHOWN);
    let next = rows.last().filter(|_| more).map(|(_, key)| key.clone());
    let mut items: Vec<Item> = rows.into_iter().map(|(item, _)| item).collect();
    let today = clock::local(act.now).date().to_string();
    for item in &mut items {
        // Days are written so that their order is that of time.
        item.overdue = item.due_date.as_ref().is_some_and(|day| *day < today);
        let waited = item.since.map(|since| act.now.duration_since(since));
        item.days = waited.map_or(0, |waited| waited.as_hours() / 24);
    }
    Ok(WorkList { kind, items, next })
}

pub(super) fn moments(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Moments, StoreError> {
    let seconds = |count: i64| SignedDuration::from_secs(count);
    let silence = setting::number(tx, setting::SILENCE_SECONDS)?;
    let period = setting::number(tx, setting::LEGAL_PERIOD_SECONDS)?;
    let warning = setting::number(tx, setting::UNREAD_WARNING_SECONDS)?;
    let days = setting::number(tx, setting::DUE_WARNING_DAYS)?;
    let today = clock::local(act.now).date();
    Ok(Moments {
        silent_before: act.now - seconds(silence),
        due_until: today.checked_add(days.days()).unwrap_or(today),
        delivered_before: act.now - seconds((period - warning).max(0)),
    })
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
    let moments = moments(tx, act)?;
    let mut count = 0;
    for kind in Kind::ALL {
        count += store::count(tx, act, kind, moments)?;
    }
    Ok(count)
}
