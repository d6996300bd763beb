//! Posta Durumu in the manual's words (part 2, figure 11), and the duties in plain ones.

use jiff::Timestamp;
use kep::evidence::EvidenceKind;

use super::check::{Check, Outcome, Verdict};
use super::derive::{Duty, Fact, Standing, Trust};
use crate::clock;
use crate::distribution::Channel;

/// Before the letter left by its channel.
#[must_use]
pub fn waiting(channel: Channel) -> &'static str {
    match channel {
        Channel::Kep => "KEP Dağıtımı Bekliyor",
        Channel::Internal => "DYS İçi Gönderim Bekliyor",
        Channel::Uets => "UETS Gönderimi Bekliyor",
        Channel::Paper => "Fiziki Gönderim Bekliyor",
    }
}

/// After it was handed over and before any evidence.
#[must_use]
pub fn sent(channel: Channel, at: Timestamp) -> String {
    let at = clock::local(at).strftime("%d/%m/%Y %H:%M");
    let way = match channel {
        Channel::Uets => "UETS",
        _ => "KEP",
    };
    format!("{way} Gönderimi ({at}) Tarihinde Yapılmış")
}

/// The whole Posta Durumu: the line that proofs made, else what is known of the sending.
#[must_use]
pub fn delivery_status(channel: Channel, line: &str, sent_at: Option<Timestamp>) -> String {
    match (line, sent_at) {
        ("", Some(at)) => sent(channel, at),
        ("", None) => waiting(channel).to_owned(),
        _ => line.to_owned(),
    }
}

/// What a kind says, in the words of its channel; none for what is not known.
#[must_use]
pub fn sentence(channel: Channel, kind: EvidenceKind) -> Option<&'static str> {
    match (channel, kind) {
        (Channel::Uets, EvidenceKind::Accepted) => Some("Tebligat kabul edildi."),
        (Channel::Uets, EvidenceKind::Rejected) => Some("Tebligat kabul edilmedi."),
        (Channel::Uets, EvidenceKind::Delivered) => {
            Some("Muhatabın elektronik tebligat adresine ulaştı.")
        }
        (Channel::Uets, EvidenceKind::NotDelivered) => {
            Some("Muhatabın elektronik tebligat adresine ulaştırılamadı.")
        }
        (Channel::Uets, EvidenceKind::Read) => Some("Muhatap tarafından okundu."),
        (_, kind) => kind.sentence(),
    }
}

/// One evidence: `60 - Alıcı kullanıcı tarafından okundu. (01/03/2022 08:58:39)`.
///
/// The number is the provider's own, never invented; without one the sentence stands alone. A
/// time that cannot be read stands as the provider wrote it. What does not count says so.
#[must_use]
pub fn entry(channel: Channel, fact: &Fact) -> String {
    let sentence = sentence(channel, fact.kind).unwrap_or({
        let own = fact.text.trim();
        if own.is_empty() {
            "Bilinmeyen delil."
        } else {
            own
        }
    });
    let number = fact
        .code
        .map_or_else(String::new, |code| format!("{code} - "));
    let time = match fact.at {
        Some(at) => clock::posta_durumu_time(at),
        None => fact.at_text.trim().to_owned(),
    };
    let mut entry = format!("{number}{sentence}");
    if !time.is_empty() {
        entry.push_str(&format!(" ({time})"));
    }
    if let Some(mark) = mark(fact.trust) {
        entry.push_str(&format!(" [{mark}]"));
    }
    entry
}

/// What stands behind an evidence that does not count.
fn mark(trust: Trust) -> Option<&'static str> {
    match trust {
        Trust::Counted => None,
        Trust::Listed => Some("delil dosyası bekleniyor"),
        Trust::Unproved => Some("doğrulanamadı"),
        Trust::Dismissed => Some("sayılmadı"),
    }
}

impl Standing {
    /// A few words for lists.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "Gönderilmeyi bekliyor",
            Self::Sent => "Gönderildi, delil bekleniyor",
            Self::Accepted => "Kephs kabul etti, teslim bekleniyor",
            Self::RelayAccepted => "Diğer Kephs kabul etti, teslim bekleniyor",
            Self::Delivered => "Alıcının kutusunda",
            Self::Read => "Okundu",
            Self::DeemedRead => "Okundu kabul edildi",
            Self::Served => "Tebliğ edilmiş sayıldı",
            Self::Failed => "Ulaşmadı",
            Self::Posted => "Postaya verildi",
            Self::PaperDelivered => "Teslim edildi",
            Self::PaperReturned => "İade geldi",
        }
    }
}

impl Duty {
    /// What must be done, by whom, in one sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::None => "Yapılacak bir iş yok.",
            Self::Wait => "Beklenir: ilgili kurumun gelen evrak işlemleri bekleniyor.",
            Self::Contact => {
                "İlgili kurumla iletişime geçin: yazı ulaştı, yasal sürede işlem yapılmadı. \
                 Sonucu Görüşme Kaydı olarak yazın."
            }
            Self::Paper => {
                "Yazı ulaşmadı: mutlaka fiziki (kâğıt) ortamda yeniden gönderin ve gönderi \
                 bilgisini girin."
            }
            Self::Post => {
                "Kâğıtla gönderilecek: yazıyı ve eklerini basıp postaya verin, gönderi bilgisini \
                 girin."
            }
            Self::Person => {
                "Deliller birbirini tutmuyor ya da doğrulanamıyor: delilleri inceleyin, \
                 doğrulanamayanlar için karar verin, gerekirse kurumu arayıp Görüşme Kaydı yazın."
            }
        }
    }

    /// A few words for lists; empty when there is nothing to do.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Wait => "Bekle",
            Self::Contact => "İletişime geç",
            Self::Paper => "Kâğıtla gönder",
            Self::Person => "İncele",
            Self::Post => "Postaya ver",
        }
    }
}

/// The class of a standing on screens: one of the four meanings of colour.
#[must_use]
pub fn level(standing: Standing, duty: Duty) -> &'static str {
    match (standing, duty) {
        (_, Duty::Paper) => "failed",
        (_, Duty::Contact | Duty::Person | Duty::Post) => "act",
        (Standing::None, _) => "waiting",
        (Standing::Read | Standing::Served | Standing::PaperDelivered, _) => "proved",
        (Standing::PaperReturned, _) => "failed",
        _ => "moving",
    }
}

/// The class of a check's result on screens; what counts because a person decided so, or because
/// the account takes evidence without a signature, is not proved.
#[must_use]
pub fn check_level(trust: &Trust, check: &Check) -> &'static str {
    match trust {
        Trust::Counted if check.verdict == Verdict::Verified => match check.open_revocation() {
            Some(_) => "waiting",
            None => "proved",
        },
        Trust::Counted => "waiting",
        Trust::Dismissed | Trust::Listed => "waiting",
        Trust::Unproved => "act",
    }
}

/// Mark before a named check: never colour alone.
#[must_use]
pub fn check_mark(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "✓",
        Outcome::Open => "–",
        Outcome::Failed => "✗",
    }
}

/// What a kind means, for the time line.
#[must_use]
pub fn meaning(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::Accepted | EvidenceKind::RelayAccepted => {
            "Kephs kabul etti, teslim bekleniyor."
        }
        EvidenceKind::Delivered => {
            "İlgili kuruma iletilmiştir; gelen evrak işlemleri beklenmektedir."
        }
        EvidenceKind::Read => "İlgili kurum gelen evrak işlemlerini başlatmıştır.",
        EvidenceKind::DeemedRead => {
            "İlgili kuruma iletilmiş, yasal süre içinde işlem yapılmamıştır."
        }
        EvidenceKind::Rejected
        | EvidenceKind::RelayRejected
        | EvidenceKind::RelayFailed
        | EvidenceKind::NotDelivered => "İlgili kuruma gönderilememiştir.",
        EvidenceKind::Served => {
            "Adrese ulaştığı tarihi izleyen beşinci günün sonu geçti (Tebligat Kanunu m. 7/a)."
        }
        EvidenceKind::Unknown => "Bilinmeyen delil; metnine bakınız.",
    }
}
