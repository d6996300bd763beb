//! Checks that bytes to sign are the content of a KEP message: its text names one recipient, and
//! its one attachment is an e-Yazışma package whose parts have the digests that it claims.

use std::io::Cursor;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use eyazisma::{Limits, Options, Package, Severity};
use kep::message::{ReadMessage, cover};
use seal::Cms;
use sha2::{Digest as _, Sha256};

use crate::content;
use crate::server::{Message, Waiting};
use crate::shown::{self, Shown};

const NOT_SIGNED: &str = "İmzalanmadı; DYS yöneticinize haber verin.";

/// The package of a message, once checked, so that many messages that carry the same are checked
/// against it by its hash alone.
pub struct Carried {
    hash: Vec<u8>,
    pub shown: Shown,
}

/// Checks one message; gives the package that it carries, or none when `known` has it already.
///
/// # Errors
/// A sentence for the signer; nothing may be signed then.
pub fn check(
    waiting: &Waiting,
    message: &Message,
    bytes: &Bytes,
    known: &[Carried],
) -> anyhow::Result<Option<Carried>> {
    content::require_hash(bytes, &message.content_hash)?;
    let read = ReadMessage::read(bytes)
        .with_context(|| format!("İmzalanacak veri bir KEP iletisi değil. {NOT_SIGNED}"))?;
    let text = read.text.as_deref().unwrap_or_default();
    let recipient = cover::recipient(text).with_context(|| {
        format!("İmzalanacak iletinin metni alıcısını söylemiyor. {NOT_SIGNED}")
    })?;
    shown::require_same("KEP adresi", &message.address, recipient)?;
    let [package] = read.attachments.as_slice() else {
        bail!("İletide tek bir e-Yazışma paketi olmalı. {NOT_SIGNED}");
    };
    if package.content_type != eyazisma::MEDIA_TYPE {
        bail!("İletinin eki bir e-Yazışma paketi değil. {NOT_SIGNED}");
    }
    let hash = Sha256::digest(&package.bytes).to_vec();
    if known.iter().any(|carried| carried.hash == hash) {
        return Ok(None);
    }
    let shown = opened(waiting, &package.bytes)?;
    Ok(Some(Carried { hash, shown }))
}

/// What a package says, if it is whole.
fn opened(waiting: &Waiting, bytes: &Bytes) -> anyhow::Result<Shown> {
    let broken = || format!("İletideki e-Yazışma paketi geçerli değil. {NOT_SIGNED}");
    let limits = Limits::default();
    let package = Package::read(Cursor::new(bytes), &limits).with_context(broken)?;
    let options = Options {
        // Demo numbers are the server's to refuse; what counts here are digests.
        rehearsal: true,
        content_of: Some(&|cms| Cms::from_der(cms).ok()?.content().map(<[u8]>::to_vec)),
        ..Options::default()
    };
    let findings = package.check(&options);
    if let Some(grave) = findings.iter().find(|it| it.severity >= Severity::Serious) {
        bail!("{} {}", broken(), shown::plain(&grave.sentence));
    }
    let parts = (
        &package.package_digest,
        &package.final_digest,
        &package.metadata,
    );
    let (Some(_), Some(_), Some(metadata)) = parts else {
        bail!("{}", broken());
    };
    if package.signature.is_none() || package.seal.is_none() {
        bail!("İletideki paketin imzası ya da mührü yok. {NOT_SIGNED}");
    }
    let number = package.number().unwrap_or_default().to_owned();
    shown::require_same("sayı", &waiting.official_number, &number)?;
    shown::require_same("konu", &waiting.subject, &metadata.subject.value)?;
    let mut page = Vec::new();
    let part = package.letter().with_context(broken)?;
    eyazisma::extract(Cursor::new(bytes), &limits, part, &mut page).with_context(broken)?;
    let (recipients, attachments) = shown::of_metadata(metadata);
    Ok(Shown {
        number,
        number_is_signed: true,
        subject: metadata.subject.value.clone(),
        recipients,
        attachments,
        addresses: Vec::new(),
        page,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    /// A part of a message with this text and these attachments.
    fn part(text: &str, attachments: &[(&str, &[u8])]) -> Bytes {
        let mut out = format!(
            "Content-Type: multipart/mixed; boundary=\"mix\"\r\n\r\n--mix\r\n\
             Content-Type: text/plain; charset=\"utf-8\"\r\n\r\n{text}\r\n"
        );
        for (kind, bytes) in attachments {
            out.push_str(&format!(
                "--mix\r\nContent-Type: {kind}; name=\"a.eyp\"\r\n\
                 Content-Transfer-Encoding: base64\r\n\
                 Content-Disposition: attachment; filename=\"a.eyp\"\r\n\r\n{}\r\n",
                STANDARD.encode(bytes)
            ));
        }
        out.push_str("--mix--");
        Bytes::from(out)
    }

    fn refused(bytes: &Bytes, words: &str) {
        let hash = Sha256::digest(bytes);
        let message = Message {
            id: "1".to_owned(),
            address: "havsa@hs99.kep.example".to_owned(),
            content_hash: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        };
        let told = check(&Waiting::default(), &message, bytes, &[]);
        let told = told.err().unwrap().to_string();
        assert!(told.contains(words), "{told}");
    }

    #[test]
    fn only_a_message_to_this_recipient_with_a_whole_package_is_signed() {
        let to = |address: &str| cover::text("E-1", "24.11.2026", "İmar", address, &[]);
        let own = to("havsa@hs99.kep.example");
        refused(&Bytes::from_static(&[7; 32]), "");
        refused(&part("Merhaba.", &[]), "alıcısını söylemiyor");
        refused(&part(&to("enez@hs99.kep.example"), &[]), "KEP adresi");
        refused(&part(&own, &[]), "tek bir e-Yazışma paketi");
        refused(
            &part(&own, &[("application/pdf", b"%PDF")]),
            "bir e-Yazışma paketi değil",
        );
        refused(
            &part(&own, &[(eyazisma::MEDIA_TYPE, b"PK")]),
            "geçerli değil",
        );
        let two: [(&str, &[u8]); 2] = [(eyazisma::MEDIA_TYPE, b"PK"), ("text/plain", b"a")];
        refused(&part(&own, &two), "tek bir e-Yazışma paketi");
    }
}
