//! Builds the message that a sender hands to its KEP provider.

use std::fmt;

use bytes::Bytes;
use jiff::ZonedDateTime;
use mail_builder::headers::Header;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::text::Text;
use mail_builder::mime::MimePart;

use super::encode::{base64_lines, quoted_printable};
use crate::address::KepAddress;

/// What a message carries: `X-TR-REM-iletiTip`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    Standard,
    EYazisma,
    ETebligat,
}

impl MessageKind {
    /// The header's value.
    pub fn header(self) -> &'static str {
        match self {
            Self::Standard => "standart",
            Self::EYazisma => "eYazisma",
            Self::ETebligat => "eTebligat",
        }
    }

    /// The same in the PTT contract (`ePaketTur`).
    pub fn package_kind(self) -> &'static str {
        match self {
            Self::Standard => "Standart",
            Self::EYazisma => "EYazisma",
            Self::ETebligat => "ETEbligat",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// File name, Turkish letters included.
    pub name: String,
    /// `type/subtype`.
    pub content_type: String,
    pub bytes: Bytes,
}

/// Everything that makes a message. The same value always gives the same bytes:
/// id, date and boundary are given, not made.
///
/// ```
/// use kep::{address::KepAddress, message::{MessageKind, OriginalMessage}};
/// let message = OriginalMessage {
///     message_id: "7f1c@dys.hs99.kep.example".into(),
///     date: "2026-11-24T13:02:01+03:00[Europe/Istanbul]".parse()?,
///     from: KepAddress::parse("havsa@hs99.kep.example", true)?,
///     to: vec![KepAddress::parse("kesan@hs99.kep.example", true)?],
///     subject: "Yol çalışması".into(),
///     kind: MessageKind::Standard,
///     inner_id: None,
///     text: "Bilgilerinize arz ederim.".into(),
///     attachments: vec![],
///     boundary: "7f1c".into(),
/// };
/// let bytes = message.sign(|content| Ok::<_, std::io::Error>(b"a detached CMS signature".to_vec()))?;
/// assert!(bytes.starts_with(b"Message-ID: <7f1c@dys.hs99.kep.example>\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OriginalMessage {
    /// With or without angle brackets.
    pub message_id: String,
    /// Its offset is written into `Date`.
    pub date: ZonedDateTime,
    pub from: KepAddress,
    pub to: Vec<KepAddress>,
    pub subject: String,
    pub kind: MessageKind,
    /// Id of what is inside (package or letter), for `X-TR-REM-iletiID`.
    pub inner_id: Option<String>,
    pub text: String,
    pub attachments: Vec<Attachment>,
    /// Letters, digits, `.`, `-`, `_`; at most 50. Must not occur in a part: use a random or hashed one.
    pub boundary: String,
}

/// Why a message cannot be built, or how signing it failed.
#[derive(Debug, PartialEq, Eq)]
pub enum MessageError<E = std::convert::Infallible> {
    /// Not of the form `left@right` in plain characters.
    MessageId(String),
    Boundary(String),
    NoRecipient,
    /// The signer refused or failed.
    Signing(E),
}

impl<E: fmt::Display> fmt::Display for MessageError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MessageId(id) => write!(f, "not a Message-ID: {id:?}"),
            Self::Boundary(boundary) => write!(f, "not a boundary: {boundary:?}"),
            Self::NoRecipient => f.write_str("no recipient"),
            Self::Signing(error) => write!(f, "signing failed: {error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for MessageError<E> {}

impl OriginalMessage {
    /// Builds, signs and assembles in one go. `sign` gets the exact bytes and returns a detached CMS
    /// signature in DER, with SHA-256 as its digest.
    pub fn sign<E>(
        &self,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, MessageError<E>> {
        self.check()?;
        let content = self.signed_part();
        let signature = sign(&content).map_err(MessageError::Signing)?;
        Ok(self.assemble(&content, &signature))
    }

    /// Whether the message can be built at all.
    pub fn check<E>(&self) -> Result<(), MessageError<E>> {
        let id = self.bare_id();
        let printable = id
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'<' && byte != b'>');
        let form = id
            .split_once('@')
            .is_some_and(|(left, right)| !left.is_empty() && !right.is_empty());
        if !printable || !form || id.len() > 250 {
            return Err(MessageError::MessageId(self.message_id.clone()));
        }
        let holds = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if self.boundary.is_empty() || self.boundary.len() > 50 || !self.boundary.bytes().all(holds)
        {
            return Err(MessageError::Boundary(self.boundary.clone()));
        }
        if self.to.is_empty() {
            return Err(MessageError::NoRecipient);
        }
        Ok(())
    }

    /// The bytes that are signed: the content with its own headers, CRLF line ends,
    /// without the line break before the boundary. For signing elsewhere (a card); then [`Self::assemble`].
    pub fn signed_part(&self) -> Vec<u8> {
        let text = MimePart::new("text/plain", quoted_printable(&self.text))
            .transfer_encoding("quoted-printable");
        let content = if self.attachments.is_empty() {
            text
        } else {
            let mixed = ContentType::new("multipart/mixed")
                .attribute("boundary", format!("mix-{}", self.boundary));
            let attachments = self.attachments.iter().map(attachment_part);
            MimePart::new(
                mixed,
                std::iter::once(text).chain(attachments).collect::<Vec<_>>(),
            )
        };
        let mut out = Vec::new();
        content.write_part(&mut out);
        while out.ends_with(b"\r\n") {
            out.truncate(out.len() - 2);
        }
        out
    }

    /// The whole message around the signed bytes and their signature (detached CMS, DER).
    pub fn assemble(&self, signed_part: &[u8], signature: &[u8]) -> Vec<u8> {
        self.envelope().assemble(signed_part, signature)
    }

    /// What is kept beside [`Self::signed_part`] while a person signs.
    pub fn envelope(&self) -> Envelope {
        let boundary = format!("sig-{}", self.boundary);
        let mut head = Vec::new();
        self.write_headers(&mut head, &boundary);
        Envelope {
            head: String::from_utf8_lossy(&head).into_owned(),
            boundary,
        }
    }

    fn write_headers(&self, out: &mut Vec<u8>, boundary: &str) {
        let plain = |out: &mut Vec<u8>, name: &str, value: &str| {
            out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        };
        plain(out, "Message-ID", &format!("<{}>", self.bare_id()));
        plain(out, "Date", &date(&self.date));
        plain(out, "From", self.from.as_str());
        let to: Vec<&str> = self.to.iter().map(KepAddress::as_str).collect();
        plain(out, "To", &to.join(",\r\n "));
        text_header(out, "Subject", &self.subject);
        plain(out, "X-TR-REM-iletiTip", self.kind.header());
        if let Some(id) = &self.inner_id {
            text_header(out, "X-TR-REM-iletiID", id);
        }
        plain(out, "MIME-Version", "1.0");
        plain(
            out,
            "Content-Type",
            &format!(
                "multipart/signed; protocol=\"application/x-pkcs7-signature\";\r\n micalg=sha256; boundary=\"{boundary}\""
            ),
        );
    }

    fn bare_id(&self) -> &str {
        let id = self.message_id.trim();
        id.strip_prefix('<')
            .and_then(|id| id.strip_suffix('>'))
            .unwrap_or(id)
    }
}

/// What stands around the signed content: the header lines, and the boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// ASCII; every line ends with CRLF.
    pub head: String,
    pub boundary: String,
}

impl Envelope {
    /// The whole message around the signed bytes and their signature (detached CMS, DER).
    pub fn assemble(&self, signed_part: &[u8], signature: &[u8]) -> Vec<u8> {
        let boundary = &self.boundary;
        let room = self.head.len() + signed_part.len() + 2 * signature.len() + 1024;
        let mut out = Vec::with_capacity(room);
        out.extend_from_slice(self.head.as_bytes());
        out.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
        out.extend_from_slice(signed_part);
        out.extend_from_slice(format!("\r\n--{boundary}\r\n{SIGNATURE_HEADERS}\r\n").as_bytes());
        out.extend_from_slice(base64_lines(signature).as_bytes());
        out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        out
    }
}

const SIGNATURE_HEADERS: &str = "Content-Type: application/x-pkcs7-signature; name=\"smime.p7s\"\r\n\
    Content-Transfer-Encoding: base64\r\n\
    Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\
    Content-Description: S/MIME Cryptographic Signature\r\n";

fn attachment_part(attachment: &Attachment) -> MimePart<'_> {
    let name = one_line(&attachment.name);
    let content_type =
        ContentType::new(media_type(&attachment.content_type)).attribute("name", name.clone());
    MimePart::new(content_type, base64_lines(&attachment.bytes).into_bytes())
        .attachment(name)
        .transfer_encoding("base64")
}

/// RFC 2047 words for what is not ASCII, folded.
fn text_header(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(format!("{name}: ").as_bytes());
    Text::new(one_line(value)).write_header(out, name.len() + 2);
}

/// A line break in a header would begin another header.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn media_type(text: &str) -> &str {
    let token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+.-_".contains(&b))
    };
    match text.split_once('/') {
        Some((kind, sub)) if token(kind) && token(sub) => text,
        _ => "application/octet-stream",
    }
}

/// RFC 5322 date; the years that it cannot hold do not occur.
fn date(date: &ZonedDateTime) -> String {
    date.strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}
