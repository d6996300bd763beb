//! How a call can fail, and what each failure means for calling again.

use crate::soap::{Fault, ReadError};
use crate::wire::WireError;

/// A call that did not end in success. Ask [`CallError::effect`] before doing it again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No connection came about, so no byte of the request left: **surely not done**. Try again later.
    #[error("not sent: {reason}")]
    NotSent { reason: String },
    /// The request began and no usable answer came: **it may have been done**. Never resend a message on this;
    /// look for its Message-ID in the provider's folders first.
    #[error("outcome unknown: {0}")]
    OutcomeUnknown(Lost),
    /// The web server refused the request before the service saw it (a moved address, most 4xx): not done.
    /// The settings or the size are wrong; the same request will be refused again.
    #[error("the web server answered {status}")]
    Rejected { status: u16 },
    /// The web server demands credentials (401, 403, 407): not done. A person must act.
    #[error("the web server denies access ({status})")]
    Unauthorized { status: u16 },
    /// The provider demands a log-in or refused one: not done. Pause the account's queue, a person must act.
    #[error("log-in needed ({durum})")]
    LoginNeeded {
        durum: i64,
        explanation: Option<String>,
    },
    /// The provider's definite answer: not done, for this reason. Do not repeat unchanged.
    #[error("refused by the provider ({durum})")]
    Refused {
        durum: i64,
        explanation: Option<String>,
    },
    /// A SOAP fault. `Client` says that the request was wrong and not done; any other leaves it open.
    #[error(transparent)]
    Fault(Box<Fault>),
    /// A SOAP answer that is not what the contract says: **it may have been done**.
    #[error("answer outside the contract: {0}")]
    Malformed(WireError),
}

/// In what way an answer was lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    #[error("no answer in time")]
    TimedOut,
    #[error("the connection broke: {0}")]
    Cut(String),
    #[error("HTTP status {0}")]
    Status(u16),
    #[error("the answer is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the answer cannot be read: {0}")]
    Unreadable(ReadError),
}

/// Whether a failed call may have had its effect all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Surely not done.
    None,
    /// Perhaps done.
    Unknown,
}

impl CallError {
    /// Whether the operation may have been carried out in spite of the failure.
    pub fn effect(&self) -> Effect {
        match self {
            Self::OutcomeUnknown(_) | Self::Malformed(_) => Effect::Unknown,
            Self::Fault(fault) if fault.code != "Client" => Effect::Unknown,
            Self::NotSent { .. }
            | Self::Rejected { .. }
            | Self::Unauthorized { .. }
            | Self::LoginNeeded { .. }
            | Self::Refused { .. }
            | Self::Fault(_) => Effect::None,
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::NotSent { .. } | Self::OutcomeUnknown(_) | Self::Rejected { status: 429 }
        ) || matches!(self, Self::Fault(fault) if fault.code != "Client")
    }

    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSent { .. } => "kep_not_sent",
            Self::OutcomeUnknown(_) => "kep_outcome_unknown",
            Self::Rejected { .. } => "kep_rejected",
            Self::Unauthorized { .. } => "kep_unauthorized",
            Self::LoginNeeded { .. } => "kep_login_needed",
            Self::Refused { .. } => "kep_refused",
            Self::Fault(_) => "kep_fault",
            Self::Malformed(_) => "kep_malformed",
        }
    }

    /// The same about a call that only asks: nothing can have been done by it.
    pub fn sentence_of_question(&self) -> String {
        match self {
            Self::NotSent { .. } => {
                "KEP hizmet sağlayıcısına bağlanılamadı. Yeniden denenecek.".into()
            }
            Self::OutcomeUnknown(_) | Self::Malformed(_) => {
                "KEP hizmet sağlayıcısından okunur bir yanıt alınamadı. Yeniden sorulacak.".into()
            }
            told => told.sentence(),
        }
    }

    /// What happened and what to do, for people.
    pub fn sentence(&self) -> String {
        let reason = |explanation: &Option<String>| {
            let text = explanation
                .as_deref()
                .map(str::trim)
                .filter(|text| !text.is_empty());
            text.map_or_else(
                || "Açıklama verilmedi.".to_owned(),
                |text| format!("Açıklaması: {text}"),
            )
        };
        match self {
            Self::NotSent { .. } => {
                "KEP hizmet sağlayıcısına bağlanılamadı; hiçbir şey gönderilmedi. Yeniden denenecek.".into()
            }
            Self::OutcomeUnknown(_) | Self::Malformed(_) => {
                "KEP hizmet sağlayıcısının yanıtı alınamadı; işlemin yapılıp yapılmadığı bilinmiyor. \
                 Yeniden gönderilmeden önce sağlayıcıya sorulacak."
                    .into()
            }
            Self::Rejected { status } => {
                format!("KEP hizmet sağlayıcısı isteği kabul etmedi (HTTP {status}). Hesap ayarlarını denetleyiniz.")
            }
            Self::Unauthorized { status } => {
                format!("KEP hizmet sağlayıcısı erişim izni vermedi (HTTP {status}). Hesap bilgilerini denetleyiniz.")
            }
            Self::LoginNeeded { durum, explanation } => {
                format!("KEP hesabına yeniden giriş yapılmalı (durum {durum}). {}", reason(explanation))
            }
            Self::Refused { durum, explanation } => {
                format!("KEP hizmet sağlayıcısı işlemi reddetti (durum {durum}). {}", reason(explanation))
            }
            Self::Fault(fault) => {
                format!("KEP hizmet sağlayıcısı hata bildirdi ({}). {}", fault.code, reason(&Some(fault.string.clone())))
            }
        }
    }
}

impl From<WireError> for CallError {
    fn from(error: WireError) -> Self {
        Self::Malformed(error)
    }
}
