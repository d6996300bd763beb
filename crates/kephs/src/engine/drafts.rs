//! `MimeYap` and `SmimeGonder`: the provider builds the message, the sender signs its hash, the provider sends it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{Timestamp, tz::TimeZone};
use kep::{
    address::KepAddress,
    message::{Attachment, MessageKind, OriginalMessage},
};
use sha2::{Digest as _, Sha256, Sha512};

use super::Provider;
use crate::{
    clock::for_people,
    config::normal_address,
    error::{Error, Refusal, Result},
    store::drafts::{self, Draft},
};

/// What a sender asks to be built.
#[derive(Debug, Default)]
pub struct Wanted {
    pub kind: String,
    /// Becomes `X-TR-REM-iletiID`; demanded for `ETEbligat`.
    pub package_id: String,
    /// Addresses joined with commas.
    pub to: String,
    pub subject: String,
    pub content: String,
    /// `TEXT`; this provider builds no other.
    pub content_kind: String,
    /// `SHA256` (also when empty) or `SHA512`.
    pub digest: String,
    pub attachments: Vec<Attachment>,
}

/// A message that waits for its signature.
#[derive(Debug)]
pub struct Built {
    /// Message-ID in angle brackets.
    pub message_id: String,
    /// Base64 of the hash over the part that is to be signed.
    pub hash: String,
}

impl Provider {
    /// Builds and keeps a message; nothing is sent.
    pub fn build_message(&self, sender: &str, wanted: Wanted) -> Result<Built> {
        let refuse = |why: &'static str| Error::from(Refusal::NotBuilt(why));
        if wanted.content_kind == "HTML" {
            return Err(refuse("prova sağlayıcısı yalnızca TEXT içerik hazırlar"));
        }
        let kind = match wanted.kind.as_str() {
            "" | "Standart" => MessageKind::Standard,
            "EYazisma" => MessageKind::EYazisma,
            "ETEbligat" if wanted.package_id.trim().is_empty() => {
                return Err(refuse("ETEbligat için ePaketId gerekir"));
            }
            "ETEbligat" => MessageKind::ETebligat,
            _ => return Err(refuse("ePaketTur tanınmıyor")),
        };
        let hash_name = match wanted.digest.as_str() {
            "" | "SHA256" => "sha256",
            "SHA512" => "sha512",
            "SHA1" => return Err(refuse("SHA1 artık kabul edilmiyor, SHA256 isteyin")),
            _ => return Err(refuse("eOzetAlg tanınmıyor")),
        };
        let parse = |text: &str| {
            KepAddress::parse(text, true).map_err(|_| refuse("adreslerden biri KEP adresi değil"))
        };
        let to = wanted
            .to
            .split(',')
            .map(str::trim)
            .filter(|to| !to.is_empty());
        let now = self.now();
        let id = self.ids.fresh();
        let digits: String = for_people(now)
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let message_id = format!("<EYWS{id}.{digits}.mimeyap@{}>", self.config.own_domain());
        let date = Timestamp::from_millisecond(now).map_err(|_| refuse("saat"))?;
        let message = OriginalMessage {
            message_id: message_id.clone(),
            date: date.to_zoned_datetime(TimeZone::get("Europe/Istanbul").unwrap_or(TimeZone::UTC)),
            from: parse(sender)?,
            to: to
                .map(|to| parse(&normal_address(to)))
                .collect::<Result<_>>()?,
            subject: wanted.subject,
            kind,
            inner_id: Some(wanted.package_id).filter(|id| !id.trim().is_empty()),
            text: wanted.content,
            attachments: wanted.attachments,
            boundary: id,
        };
        message
            .check::<std::convert::Infallible>()
            .map_err(|_| refuse("alıcı yok ya da ileti kurulamıyor"))?;
        let part = message.signed_part();
        let limit = self.config.max_message_bytes;
        if part.len() > limit {
            let size = part.len();
            return Err(Refusal::TooLarge { size, limit }.into());
        }
        // The frame around a signature that is not there yet: what stands before and after it.
        let tail = format!("\r\n--sig-{}--\r\n", message.boundary);
        let mut head = message.assemble(&part, &[]);
        head.truncate(head.len().saturating_sub(tail.len()));
        let head = replace_once(
            head,
            b"micalg=sha256",
            format!("micalg={hash_name}").as_bytes(),
        );
        let hash = match hash_name {
            "sha512" => STANDARD.encode(Sha512::digest(&part)),
            _ => STANDARD.encode(Sha256::digest(&part)),
        };
        self.write(|tx, now| {
            let draft = Draft {
                message_id: message_id.clone(),
                sender: sender.to_owned(),
                head,
                tail: tail.into_bytes(),
                made_at: now,
            };
            drafts::put(tx, &draft)
        })?;
        Ok(Built { message_id, hash })
    }

    /// Puts the signature into the message that was built and accepts it; the draft is gone then.
    pub fn send_signed(&self, sender: &str, message_id: &str, signature: &[u8]) -> Result<String> {
        // A CMS signature in DER is a sequence; whose it is, a rehearsal does not judge.
        if signature.first() != Some(&0x30) {
            return Err(Refusal::NotBuilt("imza bir p7s (CMS) değil").into());
        }
        let unknown = || Refusal::UnknownMessage(message_id.chars().take(200).collect());
        let draft = self
            .read(|db, _| drafts::find(db, sender, message_id))?
            .ok_or_else(unknown)?;
        let mut bytes = draft.head;
        for (n, line) in STANDARD.encode(signature).as_bytes().chunks(76).enumerate() {
            if n > 0 {
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(line);
        }
        bytes.extend_from_slice(&draft.tail);
        let kep_id = self.accept(sender, &bytes)?;
        self.write(|tx, _| drafts::remove(tx, sender, message_id))?;
        Ok(kep_id)
    }
}

fn replace_once(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    if let Some(at) = bytes.windows(from.len()).position(|window| window == from) {
        bytes.splice(at..at + from.len(), to.iter().copied());
    }
    bytes
}
