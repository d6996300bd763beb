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
    /// `NihaiOzet`: every part, those too that a recipient does not get.
    sealed: Vec<u8>,
    pub shown: Shown,
}

/// Checks one message; gives the package that it carries, or none when `known` has it already.
///
/// All messages of one order carry the same sealed letter, of which some recipients do not get every
/// attachment: the person is shown one of them.
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
    let (shown, sealed) = opened(waiting, &package.bytes)?;
    if let Some(first) = known.first()
        && (first.sealed != sealed || first.shown != shown)
    {
        bail!("Gönderimin iletileri aynı yazıyı taşımıyor. {NOT_SIGNED}");
    }
    Ok(Some(Carried {
        hash,
        sealed,
        shown,
    }))
}

/// What a package says, if it is whole, and what is sealed of it.
fn opened(waiting: &Waiting, bytes: &Bytes) -> anyhow::Result<(Shown, Vec<u8>)> {
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
        &package.final_digest_bytes,
        &package.metadata,
    );
    let (Some(_), Some(sealed), Some(metadata)) = parts else {
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
    let shown = Shown {
        number,
        number_is_signed: true,
        subject: metadata.subject.value.clone(),
        recipients,
        attachments,
        addresses: Vec::new(),
        page,
    };
    Ok((shown, sealed.clone()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use eyazisma::{
        Attachment, AttachmentKind, Distribution, Draft, File, FinalMetadata, Guid, Institution,
        Metadata, Party, Person, Purpose, Settings, Signer, Stamp, Text, Urgency,
    };
    use jiff::Timestamp;
    use seal::rehearsal::{Authority, Curve, Holder, Services, Validity};
    use seal::{Content, SignOptions};

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

    /// A sealed letter of this page with this attachment, which its recipient may not get: whole, and
    /// without it.
    fn sealed(page: &[u8], attachment: &[u8]) -> [Vec<u8>; 2] {
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let mut next = 0_u8;
        let mut random = |bytes: &mut [u8]| {
            bytes.fill_with(|| {
                next = next.wrapping_add(41);
                next
            });
        };
        let authority = Authority::create(Services::rehearsal(), now, &mut random).unwrap();
        let holder = Holder::Person {
            name: "Ali Şahin",
            tckn: "10000000146",
        };
        let days = Validity::days(now, 365);
        let key = authority.issue_key(&holder, Curve::P256, days, &mut random);
        let key = key.unwrap();
        let sign = |content: &[u8]| {
            seal::sign(&key, Content::Attached(content), &SignOptions::at(now)).unwrap()
        };
        let party = |code: &str, name: &str| {
            Party::Institution(Institution {
                code: code.to_owned(),
                name: Some(Text::turkish(name)),
                ..Institution::default()
            })
        };
        let id = Guid::as_read("5F2C7E10-0B6D-4C0A-9A51-3D8E7A1B2C3D");
        let metadata = Metadata {
            id: Guid::as_read("0190A1B2-0000-7000-8000-000000000007"),
            subject: Text::turkish("İmar planı"),
            mime_type: "application/pdf".to_owned(),
            file_name: "yazi.pdf".to_owned(),
            recipients: vec![Distribution {
                party: party("24301050", "Adalet Bakanlığı"),
                urgency: Urgency::Normal,
                purpose: Purpose::Action,
                deadline: None,
                left_out: vec![id.clone()],
            }],
            attachments: vec![Attachment {
                id: id.clone(),
                is_package_id: Some(false),
                number: None,
                kind: AttachmentKind::File,
                file_name: Some("kesif.pdf".to_owned()),
                mime_type: Some("application/pdf".to_owned()),
                title: Some(Text::turkish("Keşif")),
                order: 1,
                note: None,
                location: None,
                own_id: None,
                signed: Some(true),
                digest: None,
            }],
            creator: Some(party("24322010", "Sağlık Bakanlığı")),
            verification_address: "https://www.turkiye.gov.tr/belge-dogrulama".to_owned(),
            ..Metadata::default()
        };
        let files = vec![File {
            id: id.clone(),
            bytes: attachment.to_vec(),
        }];
        let draft = Draft::new(metadata, page.to_vec(), files, Settings::default()).unwrap();
        let unsigned = draft.digest();
        let last = FinalMetadata {
            date: Stamp::as_read("2026-11-25T13:00:00+03:00"),
            number: NUMBER.to_owned(),
            signers: vec![Signer {
                person: Person {
                    first_name: "Ali".into(),
                    last_name: "ŞAHİN".into(),
                    ..Person::default()
                },
                ..Signer::default()
            }],
        };
        let signature = sign(unsigned.to_sign());
        let unsealed = unsigned.sign(signature, &last, now).unwrap();
        let seal = sign(unsealed.to_seal());
        let finished = unsealed.seal(seal);
        let less = finished.without(std::slice::from_ref(&id)).unwrap();
        [finished.bytes().unwrap(), less]
    }

    const NUMBER: &str = "E-24322010-903.07.02-4752";

    /// Checks these packages as the messages of one order.
    fn ordered(packages: &[&[u8]]) -> anyhow::Result<usize> {
        let waiting = Waiting {
            official_number: NUMBER.to_owned(),
            subject: "İmar planı".to_owned(),
            ..Waiting::default()
        };
        let address = "havsa@hs99.kep.example";
        let mut known = Vec::new();
        for &package in packages {
            let text = cover::text(NUMBER, "25.11.2026", "İmar planı", address, &[]);
            let bytes = part(&text, &[(eyazisma::MEDIA_TYPE, package)]);
            let message = message_of(&bytes);
            known.extend(check(&waiting, &message, &bytes, &known)?);
        }
        Ok(known.len())
    }

    #[test]
    fn every_message_of_an_order_carries_the_letter_that_is_shown() {
        let [whole, less] = sealed(b"%PDF-1.7 yazi", b"kesif");
        let honest = ordered(&[&whole, &less, &whole]).unwrap();
        assert_eq!(honest, 2, "with the attachment and without");
        let [other_page, _] = sealed(b"%PDF-1.7 baska", b"kesif");
        let [other_file, _] = sealed(b"%PDF-1.7 yazi", b"baska");
        for other in [&other_page, &other_file] {
            assert_eq!(ordered(&[other]).unwrap(), 1, "by itself it is whole");
            let told = ordered(&[&whole, other]).unwrap_err().to_string();
            assert!(told.contains("aynı yazıyı taşımıyor"), "{told}");
        }
    }

    fn message_of(bytes: &Bytes) -> Message {
        let hash = Sha256::digest(bytes);
        Message {
            id: "1".to_owned(),
            address: "havsa@hs99.kep.example".to_owned(),
            content_hash: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }

    fn refused(bytes: &Bytes, words: &str) {
        let message = message_of(bytes);
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
