//! Reads a message: headers, text, attachments, the signature and the exact bytes it covers.

use bytes::Bytes;
use mail_parser::{MessageParser, MimeHeaders, PartType};

use crate::multipart::{MediaType, split};
use crate::soap::{Element, Limits};

/// What a message holds. What a header does not say is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadMessage {
    /// Without angle brackets.
    pub message_id: Option<String>,
    /// RFC 3339.
    pub date: Option<String>,
    pub from: Vec<String>,
    pub to: Vec<String>,
    pub subject: Option<String>,
    /// Every header as name and decoded text, in order; for `X-TR-REM-*` and `X-REM-*` see [`Self::header`].
    pub headers: Vec<(String, String)>,
    pub text: Option<String>,
    pub attachments: Vec<ReadAttachment>,
    /// The content as it stands in a `multipart/signed`: the bytes the signature is over.
    pub signed_part: Option<Bytes>,
    /// The detached signature (CMS, DER).
    pub signature: Option<Bytes>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadAttachment {
    /// As the sender wrote it: never use it as a path.
    pub name: Option<String>,
    /// `type/subtype` in lower case.
    pub content_type: String,
    pub bytes: Bytes,
}

impl ReadMessage {
    /// Reads any bytes; `None` when no message can be made out.
    pub fn read(bytes: &Bytes) -> Option<Self> {
        let message = MessageParser::default().parse(bytes.as_ref())?;
        let (signed_part, signature) = match signed_parts(bytes, &message) {
            Some((content, signature)) => (Some(content), Some(signature)),
            None => (None, None),
        };
        let headers = message
            .headers_raw()
            .map(|(name, value)| (name.to_owned(), decoded(value)))
            .collect();
        Some(Self {
            message_id: message.message_id().map(str::to_owned),
            date: message.date().map(mail_parser::DateTime::to_rfc3339),
            from: addresses(message.from()),
            to: addresses(message.to()),
            subject: message.subject().map(str::to_owned),
            headers,
            text: message.body_text(0).map(|text| text.into_owned()),
            attachments: message.attachments().filter_map(attachment).collect(),
            signed_part,
            signature,
        })
    }

    /// The first header of this name, without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The original message inside a provider's envelope: an attached message, or an `.eml` file.
    pub fn original(&self) -> Option<&Bytes> {
        let is_message = |attachment: &&ReadAttachment| {
            let name = attachment
                .name
                .as_deref()
                .unwrap_or_default()
                .to_ascii_lowercase();
            attachment.content_type == "message/rfc822" || name.ends_with(".eml")
        };
        self.attachments
            .iter()
            .find(is_message)
            .map(|attachment| &attachment.bytes)
    }

    /// Attachments other than the signature.
    pub fn files(&self) -> impl Iterator<Item = &ReadAttachment> {
        self.attachments
            .iter()
            .filter(|attachment| !is_signature(&attachment.content_type))
    }
}

fn is_signature(content_type: &str) -> bool {
    matches!(
        content_type,
        "application/pkcs7-signature" | "application/x-pkcs7-signature"
    )
}

fn addresses(address: Option<&mail_parser::Address<'_>>) -> Vec<String> {
    let Some(address) = address else {
        return Vec::new();
    };
    address
        .iter()
        .filter_map(|each| each.address())
        .map(str::to_lowercase)
        .collect()
}

/// One header's text with RFC 2047 words decoded; structured ones stay as they are.
fn decoded(value: &str) -> String {
    let raw = value.trim();
    if !raw.contains("=?") {
        return raw.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let header = format!("X-Text: {raw}\r\n\r\n");
    let parsed = MessageParser::new()
        .header_text("X-Text")
        .parse(header.as_bytes());
    let text = parsed
        .as_ref()
        .and_then(|message| message.header("X-Text"))
        .and_then(|value| value.as_text());
    text.unwrap_or(raw).to_owned()
}

fn attachment(part: &mail_parser::MessagePart<'_>) -> Option<ReadAttachment> {
    let bytes = match &part.body {
        PartType::Message(message) => Bytes::copy_from_slice(message.raw_message()),
        PartType::Multipart(_) => return None,
        _ => Bytes::copy_from_slice(part.contents()),
    };
    let kind = part.content_type().map(|kind| {
        format!(
            "{}/{}",
            kind.ctype(),
            kind.subtype().unwrap_or("octet-stream")
        )
    });
    Some(ReadAttachment {
        name: part.attachment_name().map(str::to_owned),
        content_type: kind
            .unwrap_or_else(|| "application/octet-stream".into())
            .to_ascii_lowercase(),
        bytes,
    })
}

/// The two parts of a `multipart/signed`, cut out of the raw bytes.
fn signed_parts(bytes: &Bytes, message: &mail_parser::Message<'_>) -> Option<(Bytes, Bytes)> {
    let root = message.root_part();
    let kind = MediaType::parse(message.header_raw("Content-Type")?);
    if kind.essence != "multipart/signed" {
        return None;
    }
    let start = usize::try_from(root.raw_body_offset()).ok()?;
    let body = bytes.slice(start.min(bytes.len())..);
    let parts = split(&body, kind.parameter("boundary")?, &Limits::default()).ok()?;
    let [content, signature] = parts.as_slice() else {
        return None;
    };
    if !is_signature(&MediaType::parse(signature.header("content-type")?).essence) {
        return None;
    }
    let der = match signature
        .header("content-transfer-encoding")
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "base64" => Element::new("", "p7s")
            .with_text(String::from_utf8_lossy(&signature.content))
            .bytes()?,
        _ => signature.content.clone(),
    };
    Some((content.raw.clone(), der))
}
