//! The events that are evidenced, with their Turkish words, and the evidence XML
//! (shape of ETSI TS 102 640-2 version 2); the notary signs it.

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event as Xml},
};

use crate::clock::{Millis, xsd};

/// What happened to a message or to one of its addressees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Acceptance,
    Rejection,
    RelayAcceptance,
    RelayRejection,
    RelayFailure,
    Delivery,
    MailboxFull,
    UnknownRecipient,
    Retrieval,
    /// The legal period passed unread.
    RetrievalExpiration,
    /// A notice counts as served (Tebligat Kanunu article 7/a).
    Served,
}

impl Event {
    /// The name under which it is stored; both ways of not delivering are one event.
    pub fn name(self) -> &'static str {
        match self {
            Self::Acceptance => "acceptance",
            Self::Rejection => "rejection",
            Self::RelayAcceptance => "relay-acceptance",
            Self::RelayRejection => "relay-rejection",
            Self::RelayFailure => "relay-failure",
            Self::Delivery => "delivery",
            Self::MailboxFull | Self::UnknownRecipient => "non-delivery",
            Self::Retrieval => "retrieval",
            Self::RetrievalExpiration => "retrieval-expiration",
            Self::Served => "served",
        }
    }

    /// The event of a stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Acceptance,
            Self::Rejection,
            Self::RelayAcceptance,
            Self::RelayRejection,
            Self::RelayFailure,
            Self::Delivery,
            Self::MailboxFull,
            Self::Retrieval,
            Self::RetrievalExpiration,
            Self::Served,
        ]
        .into_iter()
        .find(|event| event.name() == name)
    }

    /// PTT's number; the one of "counted as read" is a setting.
    pub fn code(self, deemed_read: Option<i32>) -> Option<i32> {
        Some(match self {
            Self::Acceptance => 10,
            Self::Rejection => 11,
            Self::RelayAcceptance => 20,
            Self::RelayRejection => 21,
            Self::RelayFailure => 31,
            Self::Delivery => 40,
            Self::MailboxFull | Self::UnknownRecipient => 41,
            Self::Retrieval => 60,
            Self::RetrievalExpiration => return deemed_read,
            // No public contract prints a number for it, so none is made up.
            Self::Served => return None,
        })
    }

    /// The sentence that lists show.
    pub fn text(self) -> &'static str {
        match self {
            Self::Acceptance => "Kephs tarafından kabul edildi.",
            Self::Rejection => "Kephs tarafından reddedildi.",
            Self::RelayAcceptance => "Diğer Kephs tarafından kabul edildi.",
            Self::RelayRejection => "Diğer Kephs tarafından reddedildi.",
            Self::RelayFailure => "Kephs'ye gönderilemedi.",
            Self::Delivery => "Alıcı kullanıcının mesaj kutusuna bırakıldı.",
            Self::MailboxFull | Self::UnknownRecipient => {
                "Alıcı kullanıcının mesaj kutusuna bırakılamadı."
            }
            Self::Retrieval => "Alıcı kullanıcı tarafından okundu.",
            Self::RetrievalExpiration => {
                "İleti yasal süre içerisinde okunmadığından okundu kabul edildi."
            }
            Self::Served => "Tebligat tebliğ edilmiş sayıldı.",
        }
    }

    /// The sentence that lists show for a notice; the rehearsal's own words.
    pub fn notice_text(self) -> &'static str {
        match self {
            Self::Acceptance => "Tebligat kabul edildi.",
            Self::Rejection => "Tebligat kabul edilmedi.",
            Self::Delivery => "Tebligat muhatabın elektronik tebligat adresine ulaştı.",
            Self::MailboxFull | Self::UnknownRecipient => {
                "Tebligat muhatabın elektronik tebligat adresine ulaştırılamadı."
            }
            Self::Retrieval => "Tebligat muhatap tarafından okundu.",
            other => other.text(),
        }
    }

    /// The root element of the evidence.
    pub fn element(self) -> &'static str {
        match self {
            Self::Acceptance | Self::Rejection => "SubmissionAcceptanceRejection",
            Self::RelayAcceptance | Self::RelayRejection => "RelayREMMDAcceptanceRejection",
            Self::RelayFailure => "RelayREMMDFailure",
            Self::Delivery | Self::MailboxFull | Self::UnknownRecipient => {
                "DeliveryNonDeliveryToRecipient"
            }
            Self::Retrieval | Self::RetrievalExpiration | Self::Served => {
                "RetrievalNonRetrievalByRecipient"
            }
        }
    }

    /// The event code; its spelling without `//` is the specification's.
    pub fn uri(self) -> String {
        let name = match self {
            Self::Acceptance | Self::RelayAcceptance => "Acceptance",
            Self::Rejection | Self::RelayRejection => "Rejection",
            Self::RelayFailure => "RelayFailure",
            Self::Delivery => "Delivery",
            Self::MailboxFull | Self::UnknownRecipient => "NonDelivery",
            Self::Retrieval => "Retrieval",
            Self::RetrievalExpiration => "NonRetrievalExpiration",
            // ETSI has no such event: this one is the rehearsal's own.
            Self::Served => return "urn:prova:kephs:event#Served".to_owned(),
        };
        format!("http:uri.etsi.org/02640/Event#{name}")
    }

    fn reason(self) -> Option<&'static str> {
        match self {
            Self::Rejection => Some("PolicyViolation"),
            Self::RelayRejection => Some("R_REMMD_Malfunction"),
            Self::RelayFailure => Some("R_REMMD_Unreachable"),
            Self::MailboxFull => Some("MailboxFull"),
            Self::UnknownRecipient => Some("UnknownRecipient"),
            Self::RetrievalExpiration => Some("RetentionPeriodExpired"),
            _ => None,
        }
    }
}

/// Everything that an evidence says.
#[derive(Debug)]
pub struct Statement<'a> {
    pub event: Event,
    pub delil_id: &'a str,
    /// The provider that issues it, by its domain.
    pub issuer: &'a str,
    pub event_at: Millis,
    pub submitted_at: Millis,
    pub sender: &'a str,
    pub recipients: &'a [&'a str],
    /// 1-based; none for the submission as a whole.
    pub refers_to: Option<i64>,
    pub subject: &'a str,
    /// The sender's Message-ID.
    pub org_mesaj_id: &'a str,
    pub kep_id: &'a str,
    /// Base64 of the SHA-256 of the message as handed in.
    pub digest: &'a str,
}

const REM: &str = "http://uri.etsi.org/02640/v2#";
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// Writes the evidence as UTF-8 XML, children in the order of the schema.
pub fn write(it: &Statement) -> std::io::Result<String> {
    let mut out = Writer::new(Vec::new());
    out.write_event(Xml::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut root = BytesStart::new(format!("rem:{}", it.event.element()));
    root.push_attribute(("xmlns:rem", REM));
    root.push_attribute(("xmlns:ds", DSIG));
    root.push_attribute(("version", "2.1.1"));
    root.push_attribute(("Id", format!("delil-{}", it.delil_id).as_str()));
    let end = root.to_end().into_owned();
    out.write_event(Xml::Start(root))?;
    body(&mut out, it)?;
    out.write_event(Xml::End(end))?;
    String::from_utf8(out.into_inner()).map_err(std::io::Error::other)
}

type Out = Writer<Vec<u8>>;

fn body(out: &mut Out, it: &Statement) -> std::io::Result<()> {
    text(out, "rem:EventCode", &it.event.uri())?;
    if let Some(reason) = it.event.reason() {
        nest(out, "rem:EventReasons", |out| {
            nest(out, "rem:EventReason", |out| {
                text(
                    out,
                    "rem:Code",
                    &format!("http:uri.etsi.org/REM/EventReason#{reason}"),
                )?;
                text(out, "rem:Details", it.event.text())
            })
        })?;
    }
    text(out, "rem:EvidenceIdentifier", it.delil_id)?;
    nest(out, "rem:EvidenceIssuerDetails", |out| {
        name(out, &format!("{} (PROVA)", it.issuer))?;
        address(out, &format!("kephs@{}", it.issuer))
    })?;
    text(out, "rem:EventTime", &xsd(it.event_at, true))?;
    text(out, "rem:SubmissionTime", &xsd(it.submitted_at, true))?;
    nest(out, "rem:SenderDetails", |out| address(out, it.sender))?;
    nest(out, "rem:RecipientsDetails", |out| {
        for recipient in it.recipients {
            nest(out, "rem:EntityDetails", |out| address(out, recipient))?;
        }
        Ok(())
    })?;
    if let Some(n) = it.refers_to {
        text(out, "rem:EvidenceRefersToRecipient", &n.to_string())?;
    }
    message(out, it)
}

fn message(out: &mut Out, it: &Statement) -> std::io::Result<()> {
    let mut details = BytesStart::new("rem:SenderMessageDetails");
    details.push_attribute(("isNotification", "false"));
    out.write_event(Xml::Start(details))?;
    text(out, "rem:MessageSubject", it.subject)?;
    text(out, "rem:UAMessageIdentifier", it.org_mesaj_id)?;
    text(out, "rem:MessageIdentifierByREMMD", it.kep_id)?;
    let mut method = BytesStart::new("ds:DigestMethod");
    method.push_attribute(("Algorithm", SHA256));
    out.write_event(Xml::Empty(method))?;
    text(out, "ds:DigestValue", it.digest)?;
    out.write_event(Xml::End(BytesEnd::new("rem:SenderMessageDetails")))
}

fn name(out: &mut Out, name: &str) -> std::io::Result<()> {
    nest(out, "rem:NamesPostalAddresses", |out| {
        nest(out, "rem:NamePostalAddress", |out| {
            nest(out, "rem:EntityName", |out| text(out, "rem:Name", name))
        })
    })
}

fn address(out: &mut Out, address: &str) -> std::io::Result<()> {
    let mut start = BytesStart::new("rem:AttributedElectronicAddress");
    start.push_attribute(("scheme", "mailto"));
    out.write_event(Xml::Start(start))?;
    out.write_event(Xml::Text(BytesText::new(&printable(address))))?;
    out.write_event(Xml::End(BytesEnd::new("rem:AttributedElectronicAddress")))
}

fn text(out: &mut Out, name: &str, value: &str) -> std::io::Result<()> {
    nest(out, name, |out| {
        out.write_event(Xml::Text(BytesText::new(&printable(value))))
    })
}

fn nest(
    out: &mut Out,
    name: &str,
    inside: impl FnOnce(&mut Out) -> std::io::Result<()>,
) -> std::io::Result<()> {
    out.write_event(Xml::Start(BytesStart::new(name)))?;
    inside(out)?;
    out.write_event(Xml::End(BytesEnd::new(name)))
}

/// Control characters cannot stand in XML 1.0, not even escaped.
fn printable(value: &str) -> String {
    value
        .chars()
        .map(|c| {
            if c.is_control() && !matches!(c, '\t' | '\n' | '\r') {
                ' '
            } else {
                c
            }
        })
        .collect()
}
