//! What is odd about an evidence that is stored all the same.

use super::EvidenceKind;

/// Something about an evidence that a person may want to know. Never a reason not to store it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A number outside the known table.
    UnknownCode(i64),
    /// `delilTurId` is no number.
    UnreadableCode(String),
    /// Neither number nor event nor text is known.
    UnknownKind,
    /// Number, event and text say different things, in this order.
    Contradiction(Vec<EvidenceKind>),
    /// The time cannot be read; its text is kept.
    UnreadableTime(String),
    /// The provider gave no id; one was made from the content.
    NoId,
    /// The evidence file is not evidence XML; its bytes are kept.
    UnreadableFile(String),
    /// The file names several recipients, and which one is meant is not known.
    UnknownRecipient,
    /// Listing and file name different recipients; the listing's stands.
    OtherRecipient { listed: String, in_file: String },
}

impl Finding {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownCode(_) => "unknown_code",
            Self::UnreadableCode(_) => "unreadable_code",
            Self::UnknownKind => "unknown_kind",
            Self::Contradiction(_) => "contradiction",
            Self::UnreadableTime(_) => "unreadable_time",
            Self::NoId => "no_id",
            Self::UnreadableFile(_) => "unreadable_file",
            Self::UnknownRecipient => "unknown_recipient",
            Self::OtherRecipient { .. } => "other_recipient",
        }
    }

    /// A sentence for people.
    pub fn sentence(&self) -> String {
        match self {
            Self::UnknownCode(code) => {
                format!("Delil kodu {code} bilinmiyor; delil saklandı, metnine bakınız.")
            }
            Self::UnreadableCode(text) => format!(
                "Delil kodu bir sayı değil ({}); delil saklandı.",
                short(text)
            ),
            Self::UnknownKind => {
                "Delilin ne bildirdiği anlaşılamadı; delil saklandı, metnine bakınız.".into()
            }
            Self::Contradiction(_) => {
                "Delilin kodu, olayı ve metni birbirini tutmuyor; kod esas alındı.".into()
            }
            Self::UnreadableTime(text) => format!(
                "Delilin zamanı okunamadı ({}); metni saklandı.",
                short(text)
            ),
            Self::NoId => {
                "KEP hizmet sağlayıcısı delile numara vermemiş; içeriğinden bir numara üretildi."
                    .into()
            }
            Self::UnreadableFile(_) => {
                "Delil dosyası okunamadı; dosya olduğu gibi saklandı.".into()
            }
            Self::UnknownRecipient => "Delilin hangi alıcıya ait olduğu anlaşılamadı.".into(),
            Self::OtherRecipient { .. } => {
                "Delil dosyasındaki alıcı listedekinden farklı; listedeki alıcı esas alındı.".into()
            }
        }
    }
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}
