//! What an evidence says: the kinds DYS knows, their numbers, sentences and ETSI names.

/// What an evidence (delil) proves about one message and recipient.
///
/// The numbers are PTT's `delilTurId`; the sentences are the ones DYS shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EvidenceKind {
    /// 10: the sender's provider took the message.
    Accepted,
    /// 11: the sender's provider refused it.
    Rejected,
    /// 20: the recipient's provider took it.
    RelayAccepted,
    /// 21: the recipient's provider refused it.
    RelayRejected,
    /// 31: the recipient's provider could not be reached.
    RelayFailed,
    /// 40: it lies in the recipient's mailbox.
    Delivered,
    /// 41: it could not be put into the recipient's mailbox.
    NotDelivered,
    /// 60: the recipient read it.
    Read,
    /// Counted as read because the legal period passed. No source prints its number.
    DeemedRead,
    /// A notice (tebligat) counts as served: the end of the fifth day after its arrival has passed
    /// (Tebligat Kanunu article 7/a). No public contract prints its number.
    Served,
    /// Anything else: stored and shown, never dropped.
    Unknown,
}

use EvidenceKind::*;

impl EvidenceKind {
    pub const ALL: [Self; 11] = [
        Accepted,
        Rejected,
        RelayAccepted,
        RelayRejected,
        RelayFailed,
        Delivered,
        NotDelivered,
        Read,
        DeemedRead,
        Served,
        Unknown,
    ];

    /// PTT's number; none for a kind whose number is not certain.
    pub fn code(self) -> Option<i64> {
        match self {
            Accepted => Some(10),
            Rejected => Some(11),
            RelayAccepted => Some(20),
            RelayRejected => Some(21),
            RelayFailed => Some(31),
            Delivered => Some(40),
            NotDelivered => Some(41),
            Read => Some(60),
            DeemedRead | Served | Unknown => None,
        }
    }

    /// The sentence for people; none for what is not known (show the provider's own text then).
    pub fn sentence(self) -> Option<&'static str> {
        match self {
            Accepted => Some("Kephs tarafından kabul edildi."),
            Rejected => Some("Kephs tarafından reddedildi."),
            RelayAccepted => Some("Diğer Kephs tarafından kabul edildi."),
            RelayRejected => Some("Diğer Kephs tarafından reddedildi."),
            RelayFailed => Some("Kephs'ye gönderilemedi."),
            Delivered => Some("Alıcı kullanıcının mesaj kutusuna bırakıldı."),
            NotDelivered => Some("Alıcı kullanıcının mesaj kutusuna bırakılamadı."),
            Read => Some("Alıcı kullanıcı tarafından okundu."),
            DeemedRead => Some("İleti yasal süre içerisinde okunmadığından okundu kabul edildi."),
            Served => Some("Tebligat tebliğ edilmiş sayıldı."),
            Unknown => None,
        }
    }

    /// A stable name for storage and programs.
    pub fn name(self) -> &'static str {
        match self {
            Accepted => "accepted",
            Rejected => "rejected",
            RelayAccepted => "relay_accepted",
            RelayRejected => "relay_rejected",
            RelayFailed => "relay_failed",
            Delivered => "delivered",
            NotDelivered => "not_delivered",
            Read => "read",
            DeemedRead => "deemed_read",
            Served => "served",
            Unknown => "unknown",
        }
    }

    /// The kind of this stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The ETSI TS 102 640-2 evidence element this kind comes in.
    pub fn element(self) -> Option<EtsiElement> {
        match self {
            Accepted | Rejected => Some(EtsiElement::Submission),
            RelayAccepted | RelayRejected => Some(EtsiElement::Relay),
            RelayFailed => Some(EtsiElement::RelayFailure),
            Delivered | NotDelivered => Some(EtsiElement::Delivery),
            Read | DeemedRead => Some(EtsiElement::Retrieval),
            Served | Unknown => None,
        }
    }

    /// Whether it is good or bad news for the sender, in ETSI's sense of its element.
    pub fn outcome(self) -> Outcome {
        match self {
            Accepted | RelayAccepted | Delivered | Read | Served => Outcome::Positive,
            Rejected | RelayRejected | RelayFailed | NotDelivered | DeemedRead => Outcome::Negative,
            Unknown => Outcome::Unknown,
        }
    }
}

/// Whether an evidence is the positive or the negative form of its element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Positive,
    Negative,
    Unknown,
}

/// The nine evidence elements of ETSI TS 102 640-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EtsiElement {
    Submission,
    Relay,
    RelayFailure,
    Delivery,
    Download,
    Retrieval,
    RecipientDecision,
    ToOtherSystem,
    FromOtherSystem,
}

impl EtsiElement {
    /// The element's name in the schema.
    pub fn name(self) -> &'static str {
        match self {
            Self::Submission => "SubmissionAcceptanceRejection",
            Self::Relay => "RelayREMMDAcceptanceRejection",
            Self::RelayFailure => "RelayREMMDFailure",
            Self::Delivery => "DeliveryNonDeliveryToRecipient",
            Self::Download => "DownloadNonDownloadByRecipient",
            Self::Retrieval => "RetrievalNonRetrievalByRecipient",
            Self::RecipientDecision => "AcceptanceRejectionByRecipient",
            Self::ToOtherSystem => "RelayToNonREMSystem",
            Self::FromOtherSystem => "ReceivedFromNonREMSystem",
        }
    }

    /// Reads a name, in the schema's spelling or in TÜRKKEP's.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.trim() {
            "SubmissionAcceptanceRejection" => Some(Self::Submission),
            "RelayREMMDAcceptanceRejection" | "REMMDAcceptanceRejection" => Some(Self::Relay),
            "RelayREMMDFailure" | "RelayToREMMDFailure" => Some(Self::RelayFailure),
            "DeliveryNonDeliveryToRecipient" => Some(Self::Delivery),
            "DownloadNonDownloadByRecipient" => Some(Self::Download),
            "RetrievalNonRetrievalByRecipient" => Some(Self::Retrieval),
            "AcceptanceRejectionByRecipient" => Some(Self::RecipientDecision),
            "RelayToNonREMSystem" => Some(Self::ToOtherSystem),
            "ReceivedFromNonREMSystem" => Some(Self::FromOtherSystem),
            _ => None,
        }
    }
}
