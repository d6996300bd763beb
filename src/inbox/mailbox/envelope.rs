//! Opens what a mailbox gives: the provider's envelope, the original message inside, its files.
//!
//! Public texts leave open how the original lies in the envelope (`message/rfc822` or a named
//! attachment), so both are taken, and a bare original too. Any bytes are read or refused; nothing
//! is fetched and nothing panics.

use bytes::Bytes;
use jiff::Timestamp;
use kep::evidence::RemEvidence;
use kep::message::{ReadAttachment, ReadMessage};

/// What the bytes turned out to be.
#[derive(Debug, Clone)]
pub enum Envelope {
    /// The provider's notification about a message that we sent.
    Evidence {
        /// Message-ID of that message, without brackets.
        about: String,
    },
    Letter(Box<Mail>),
}

/// A message from somebody else.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The original message as the sender signed it: its bytes are what the digest is over.
    pub raw: Bytes,
    pub original: ReadMessage,
    /// What the provider put around it; `None` for what came bare.
    pub wrapping: Option<Wrapping>,
    /// When the provider put it into the mailbox, by the envelope's date.
    pub delivered_at: Option<Timestamp>,
    /// Message-ID of the original, without brackets.
    pub message_id: String,
}

/// The provider's own part of an envelope.
#[derive(Debug, Clone, Default)]
pub struct Wrapping {
    /// Its signature (CMS) with the bytes that it is over.
    pub signature: Option<(Bytes, Bytes)>,
    /// Files of evidence that lie beside the original.
    pub evidence: Vec<Bytes>,
}

/// Files of evidence that are looked at in one envelope.
const MOST_EVIDENCE: usize = 8;

/// Why nothing can be made of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("empty")]
    Empty,
    #[error("not a message")]
    NotAMessage,
    #[error("no sender, no text, no file")]
    Nothing,
}

impl Unreadable {
    /// Stable, for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "ileti_bos",
            Self::NotAMessage => "ileti_degil",
            Self::Nothing => "ileti_icerigi_yok",
        }
    }

    /// What it is and what to do.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Empty => {
                "Sağlayıcı boş bir dosya verdi. Yeniden deneyin; sürerse sağlayıcıya bildirin."
            }
            Self::NotAMessage => {
                "İndirilen dosya bir e-posta iletisi değil. Ham dosyayı indirip inceleyin, \
                 sağlayıcıya bildirin."
            }
            Self::Nothing => {
                "İletide ne gönderen ne metin ne dosya bulunabildi. Ham dosyayı indirip inceleyin; \
                 gönderenden yeniden isteyin."
            }
        }
    }
}

/// Reads the bytes of one downloaded item.
///
/// # Errors
/// When no message can be made out.
pub fn read(bytes: &Bytes) -> Result<Envelope, Unreadable> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Unreadable::Empty);
    }
    let outer = ReadMessage::read(bytes).ok_or(Unreadable::NotAMessage)?;
    let kind = outer.header("X-REM-Msg-Type").unwrap_or_default();
    let about = outer
        .header("X-REM-UAMessageIdentifier")
        .map(bare)
        .unwrap_or_default();
    if kind.trim().eq_ignore_ascii_case("message") && outer.original().is_none() {
        return Ok(Envelope::Evidence { about });
    }
    let delivered_at = outer.date.as_deref().and_then(|date| date.parse().ok());
    let inner = outer
        .original()
        .cloned()
        .and_then(|raw| ReadMessage::read(&raw).map(|original| (raw, original)));
    let wrapping = inner.is_some().then(|| wrapping(&outer));
    let (raw, original) = inner.unwrap_or_else(|| (bytes.clone(), outer));
    if original.from.is_empty() && original.headers.is_empty() {
        return Err(Unreadable::NotAMessage);
    }
    let text = original.text.as_deref().unwrap_or_default().trim();
    if original.from.is_empty() && text.is_empty() && original.attachments.is_empty() {
        return Err(Unreadable::Nothing);
    }
    let message_id = original.message_id.as_deref().map_or(about, bare);
    Ok(Envelope::Letter(Box::new(Mail {
        raw,
        original,
        wrapping,
        delivered_at,
        message_id,
    })))
}

fn wrapping(outer: &ReadMessage) -> Wrapping {
    let is_evidence = |file: &&ReadAttachment| {
        let name = file.name.as_deref().unwrap_or_default();
        (file.content_type.ends_with("/xml") || name.to_ascii_lowercase().ends_with(".xml"))
            && RemEvidence::read(&file.bytes).is_ok()
    };
    Wrapping {
        signature: outer.signature.clone().zip(outer.signed_part.clone()),
        evidence: outer
            .files()
            .filter(is_evidence)
            .take(MOST_EVIDENCE)
            .map(|file| file.bytes.clone())
            .collect(),
    }
}

fn bare(id: &str) -> String {
    id.trim().trim_matches(['<', '>']).to_owned()
}

impl Mail {
    /// The e-Yazışma package among the files.
    #[must_use]
    pub fn package(&self) -> Option<&ReadAttachment> {
        self.original.files().find(|file| is_package(file))
    }

    /// Files other than the package and the signature.
    pub fn others(&self) -> impl Iterator<Item = &ReadAttachment> {
        self.original
            .files()
            .filter(|file| !is_package(file) && file.content_type != "message/rfc822")
    }

    /// A line such as `Sayı: E-…-12` of a covering text.
    #[must_use]
    pub fn told(&self, label: &str) -> Option<String> {
        self.original
            .text
            .as_deref()?
            .lines()
            .take(40)
            .find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let value = value.trim();
                let same = crate::turkish::search_key(name) == crate::turkish::search_key(label);
                (same && !value.is_empty() && value.chars().count() <= 250)
                    .then(|| value.to_owned())
            })
    }
}

fn is_package(file: &ReadAttachment) -> bool {
    let name = file
        .name
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    [".eyp", ".eyps", ".eypg"]
        .iter()
        .any(|end| name.ends_with(end))
        || file.content_type == "application/eyazisma"
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIDENCE: &str = "From: kephs@hs99.kep.example\r\nTo: a@hs99.kep.example\r\n\
        X-REM-Msg-Type: Message\r\nX-REM-UAMessageIdentifier: <m1@hs99.kep.example>\r\n\
        Subject: Delil\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nTeslim edildi.\r\n";
    const BARE: &str =
        "From: a@hs02.kep.tr\r\nMessage-ID: <m2@hs02>\r\nSubject: Su\r\n\r\nSu yok.\r\n";

    #[test]
    fn what_the_bytes_turned_out_to_be() {
        let read = |text: &str| read(&Bytes::copy_from_slice(text.as_bytes()));
        match read(EVIDENCE) {
            Ok(Envelope::Evidence { about }) => assert_eq!(about, "m1@hs99.kep.example"),
            other => panic!("{other:?}"),
        }
        match read(BARE) {
            Ok(Envelope::Letter(mail)) => {
                assert_eq!(mail.message_id, "m2@hs02");
                assert!(mail.wrapping.is_none());
            }
            other => panic!("{other:?}"),
        }
        for (text, why) in [
            ("", Unreadable::Empty),
            (" \r\n\t", Unreadable::Empty),
            // The parser takes any bytes for a header; nothing that a person could read is in it.
            ("\u{0}\u{1}\u{7f}", Unreadable::Nothing),
            ("Subject: yalnız konu\r\n\r\n", Unreadable::Nothing),
        ] {
            assert_eq!(read(text).map(drop), Err(why), "{text:?}");
        }
    }
}
