//! Reads ETSI REM evidence XML (TS 102 640-2), leniently: no schema, no order, any namespace version.

use super::{EtsiElement, Finding, RecognitionSettings};
use crate::soap::{Element, Limits, read_xml};

/// What an evidence file says. Everything is optional, since real files leave things out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemEvidence {
    /// Name of the evidence element.
    pub element: Option<String>,
    /// Event code as written, such as `http:uri.etsi.org/02640/Event#Delivery`.
    pub event: Option<String>,
    /// Event reasons: code and details as written.
    pub reasons: Vec<String>,
    pub id: Option<String>,
    /// Time of the event as written.
    pub time: Option<String>,
    pub submission_time: Option<String>,
    /// Electronic address of the issuing provider.
    pub issuer: Option<String>,
    /// Electronic addresses of the recipients, in the order of the file; empty where one has none.
    pub recipients: Vec<String>,
    /// `EvidenceRefersToRecipient` as written; whether it counts from 0 or 1 is a setting.
    pub refers_to: Option<i64>,
    pub subject: Option<String>,
    /// Message-ID of the original message.
    pub original_message_id: Option<String>,
    /// The provider's id of the message.
    pub provider_message_id: Option<String>,
    /// Digest of the original message as written (base64); of which bytes is not public.
    pub digest: Option<String>,
}

impl RemEvidence {
    /// Reads a file. Files over 8 MiB or that are not XML give [`Finding::UnreadableFile`].
    pub fn read(bytes: &[u8]) -> Result<Self, Finding> {
        let limits = Limits {
            bytes: 8 * 1024 * 1024,
            ..Limits::default()
        };
        let root =
            read_xml(bytes, &limits).map_err(|error| Finding::UnreadableFile(error.to_string()))?;
        let evidence = find_evidence(&root)
            .ok_or_else(|| Finding::UnreadableFile("no evidence element".into()))?;
        Ok(Self::from_element(evidence))
    }

    fn from_element(evidence: &Element) -> Self {
        let text = |name| {
            evidence
                .child(name)
                .and_then(Element::trimmed)
                .map(str::to_owned)
        };
        let message = evidence.child("SenderMessageDetails");
        let of_message = |name| {
            message
                .and_then(|m| m.child(name))
                .and_then(Element::trimmed)
                .map(str::to_owned)
        };
        Self {
            element: Some(evidence.name.clone()),
            event: text("EventCode"),
            reasons: reasons(evidence),
            id: text("EvidenceIdentifier"),
            time: text("EventTime"),
            submission_time: text("SubmissionTime"),
            issuer: evidence.child("EvidenceIssuerDetails").and_then(address),
            recipients: recipients(evidence),
            refers_to: text("EvidenceRefersToRecipient").and_then(|number| number.parse().ok()),
            subject: of_message("MessageSubject"),
            original_message_id: of_message("UAMessageIdentifier"),
            provider_message_id: of_message("MessageIdentifierByREMMD"),
            digest: of_message("DigestValue"),
        }
    }

    /// The recipient that the evidence is about, if the file tells beyond doubt.
    pub fn recipient(&self, settings: &RecognitionSettings) -> Option<&str> {
        let only = match self.recipients.as_slice() {
            [only] => Some(only),
            several => {
                let index = self
                    .refers_to?
                    .checked_sub(settings.first_recipient_number?)?;
                several.get(usize::try_from(index).ok()?)
            }
        };
        only.map(String::as_str)
            .filter(|address| !address.is_empty())
    }
}

/// The evidence element: the root as a rule, but an envelope around it is looked through.
fn find_evidence(element: &Element) -> Option<&Element> {
    if EtsiElement::from_name(&element.name).is_some() {
        return Some(element);
    }
    element.children.iter().find_map(find_evidence)
}

fn reasons(evidence: &Element) -> Vec<String> {
    let Some(reasons) = evidence.child("EventReasons") else {
        return Vec::new();
    };
    let written = |reason: &Element| {
        let parts = ["Code", "Details"]
            .into_iter()
            .filter_map(|name| reason.child(name).and_then(Element::trimmed));
        parts.collect::<Vec<_>>().join(" ")
    };
    reasons.children_named("EventReason").map(written).collect()
}

fn recipients(evidence: &Element) -> Vec<String> {
    let Some(details) = evidence.child("RecipientsDetails") else {
        return Vec::new();
    };
    details
        .children_named("EntityDetails")
        .map(|entity| address(entity).unwrap_or_default())
        .collect()
}

/// The first electronic address of an entity, without a `mailto:` in front.
fn address(entity: &Element) -> Option<String> {
    let element = entity
        .child("AttributedElectronicAddress")
        .or_else(|| entity.find("URI"));
    let text = element
        .or_else(|| entity.child("ElectronicAddress"))
        .and_then(Element::trimmed)?;
    Some(text.strip_prefix("mailto:").unwrap_or(text).to_owned())
}
