//! Reading the message that a sender hands in: what the provider must know of it, and no more.

use mail_parser::{Address, HeaderName, MessageParser, MimeHeaders, PartType};

use crate::{config::normal_address, error::Refusal};

/// What the provider notes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// With angle brackets.
    pub message_id: String,
    /// The address in From, as written there.
    pub from: String,
    pub subject: String,
    /// To, Cc and Bcc, each address once, in the order of the message.
    pub recipients: Vec<String>,
    /// `X-TR-REM-iletiTip`, or empty.
    pub kind: String,
    /// `X-TR-REM-iletiID`, or empty.
    pub ileti_id: String,
}

/// A message opened for reading on the page.
#[derive(Debug, Clone, Default)]
pub struct Opened {
    pub headers: Vec<(String, String)>,
    pub text: String,
    pub attachments: Vec<Attachment>,
}

/// One attached file of a message.
#[derive(Debug, Clone)]
pub struct Attachment {
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// Reads a handed-in message, or says why it is not one.
pub fn read(bytes: &[u8]) -> Result<Handed, Refusal> {
    let message = MessageParser::default()
        .parse(bytes)
        .ok_or(Refusal::NotMime("okunamadı"))?;
    let from = message
        .from()
        .and_then(Address::first)
        .and_then(|address| address.address())
        .ok_or(Refusal::NotMime("From başlığı yok"))?;
    if message.content_type().is_none() {
        return Err(Refusal::NotMime("Content-Type başlığı yok"));
    }
    let message_id = message
        .message_id()
        .ok_or(Refusal::NotMime("Message-ID başlığı yok"))?;
    let mut recipients: Vec<String> = Vec::new();
    for list in [message.to(), message.cc(), message.bcc()]
        .into_iter()
        .flatten()
    {
        for address in list.iter().filter_map(|one| one.address()) {
            let address = normal_address(address);
            if !recipients.contains(&address) {
                recipients.push(address);
            }
        }
    }
    if recipients.is_empty() {
        return Err(Refusal::NotMime("alıcı yok"));
    }
    if recipients
        .iter()
        .any(|address| !looks_like_address(address))
    {
        return Err(Refusal::NotMime("alıcı adresi bozuk"));
    }
    let other = |name: &'static str| {
        message
            .header(HeaderName::Other(name.into()))
            .and_then(|value| value.as_text())
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    Ok(Handed {
        message_id: format!("<{message_id}>"),
        from: from.to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        recipients,
        kind: other("X-TR-REM-iletiTip"),
        ileti_id: other("X-TR-REM-iletiID"),
    })
}

fn looks_like_address(address: &str) -> bool {
    address.len() <= 254
        && !address.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"/\\".contains(c))
        && address
            .split_once('@')
            .is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'))
}

/// Opens a message for a person: its headers, its text and its attachments.
pub fn open(bytes: &[u8]) -> Opened {
    let Some(message) = MessageParser::default().parse(bytes) else {
        return Opened::default();
    };
    let headers = message
        .headers_raw()
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let text = message
        .body_text(0)
        .map(|text| text.into_owned())
        .unwrap_or_default();
    let attachments = message
        .attachments()
        .enumerate()
        .map(|(n, part)| Attachment {
            name: part
                .attachment_name()
                .map_or_else(|| format!("ek-{}", n + 1), str::to_owned),
            media_type: part.content_type().map_or_else(
                || "application/octet-stream".to_owned(),
                |kind| {
                    format!(
                        "{}/{}",
                        kind.ctype(),
                        kind.subtype().unwrap_or("octet-stream")
                    )
                },
            ),
            bytes: match &part.body {
                PartType::Message(inner) => inner.raw_message.to_vec(),
                _ => part.contents().to_vec(),
            },
        })
        .collect();
    Opened {
        headers,
        text,
        attachments,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_taken_once_and_in_order() {
        let mail = "From: Bir <bir@hs99.kep.example>\r\nTo: A <a@hs99.kep.example>, b@x.kep.tr\r\n\
                    Cc: A@HS99.kep.example\r\nMessage-ID: <m1@hs99.kep.example>\r\n\
                    Subject: =?utf-8?Q?=C4=B0mar?=\r\nX-TR-REM-iletiTip: eYazisma\r\n\
                    MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nmetin\r\n";
        let handed = read(mail.as_bytes()).unwrap();
        assert_eq!(handed.recipients, ["a@hs99.kep.example", "b@x.kep.tr"]);
        assert_eq!(handed.message_id, "<m1@hs99.kep.example>");
        assert_eq!(handed.subject, "İmar");
        assert_eq!(handed.kind, "eYazisma");
    }

    #[test]
    fn what_is_no_message_is_refused_in_words() {
        for (bytes, why) in [
            (&b""[..], "okunamad"),
            (b"merhaba", "From"),
            (b"From: a@b.c\r\nTo: d@e.f\r\n\r\nx", "Content-Type"),
            (
                b"From: a@b.c\r\nTo: d@e.f\r\nContent-Type: text/plain\r\n\r\nx",
                "Message-ID",
            ),
            (
                b"From: a@b.c\r\nMessage-ID: <1@b>\r\nContent-Type: text/plain\r\n\r\nx",
                "al\u{131}c\u{131}",
            ),
        ] {
            let refusal = read(bytes).unwrap_err();
            assert_eq!(refusal.durum(), 11);
            assert!(refusal.to_string().contains(why), "{refusal}");
        }
    }
}
