//! Checks that what will be signed is the letter that is shown: the bytes are a `PaketOzeti`, the
//! page and the Üstveri are the ones that it digests, and the server said nothing else.

use std::collections::HashSet;

use anyhow::{Context as _, bail};
use eyazisma::{DigestEntry, DigestList, LETTER_FOLDER, METADATA_PART, Metadata};
use sha2::{Digest as _, Sha256};

use crate::server::Waiting;
use crate::shown::{self, Shown};

const NOT_SIGNED: &str = "İmzalanmadı; DYS yöneticinize haber verin.";
/// Where packages have what else a signature covers.
const ATTACHMENT_FOLDER: &str = "/Ekler/";
const INITIALS_DIGEST: &str = "/ParafOzeti/ParafOzeti.xml";
const INITIALS_SIGNATURE: &str = "/Paraflar/ParafImzaCades.imz";

/// A letter as the server handed it over.
pub struct Letter<'a> {
    /// `PaketOzeti`: the bytes to sign.
    pub content: &'a [u8],
    /// The page, as PDF.
    pub page: Vec<u8>,
    /// Üstveri.
    pub metadata: &'a [u8],
}

/// Checks a letter and says what it is.
///
/// # Errors
/// A sentence for the signer; nothing may be signed then.
pub fn check(waiting: &Waiting, letter: Letter<'_>) -> anyhow::Result<Shown> {
    require_hash(letter.content, &waiting.content_hash)?;
    let list = DigestList::from_xml(letter.content)
        .ok()
        .with_context(|| format!("İmzalanacak veri tanınmıyor. {NOT_SIGNED}"))?;
    let described = only(&list, METADATA_PART);
    if !described.is_some_and(|entry| entry.holds(letter.metadata)) {
        bail!("Yazının bilgileri (Üstveri), imzalanacak paketteki bilgiler değil. {NOT_SIGNED}");
    }
    let metadata = Metadata::from_xml(letter.metadata)
        .ok()
        .with_context(|| format!("Yazının bilgileri (Üstveri) okunamadı. {NOT_SIGNED}"))?;
    let page = only(&list, &format!("{LETTER_FOLDER}{}", metadata.file_name));
    if !page.is_some_and(|entry| entry.holds(&letter.page)) {
        bail!("Gösterilen yazı, imzalanacak paketteki yazı değil. {NOT_SIGNED}");
    }
    require_known(&list, &metadata)?;
    shown::require_same("konu", &waiting.subject, &metadata.subject.value)?;
    let signed: Vec<String> = metadata
        .recipients
        .iter()
        .map(|line| shown::key_of(&line.party))
        .collect();
    let said = waiting.recipients.iter().map(|it| it.key_or_name());
    require_recipients(said.collect(), signed)?;
    let (recipients, attachments) = shown::of_metadata(&metadata);
    Ok(Shown {
        number: waiting.official_number.clone(),
        number_is_signed: false,
        subject: metadata.subject.value,
        recipients,
        attachments,
        addresses: Vec::new(),
        page: letter.page,
    })
}

/// The bytes are the ones of which the server told the hash.
///
/// # Errors
/// A sentence for the signer.
pub fn require_hash(content: &[u8], stated: &str) -> anyhow::Result<()> {
    if hex(&Sha256::digest(content)) == stated {
        return Ok(());
    }
    bail!("İmzalanacak veri, DYS'nin bildirdiği özetle uyuşmuyor. {NOT_SIGNED}")
}

/// The one entry of the list with this name; none when there are two.
fn only<'a>(list: &'a DigestList, name: &str) -> Option<&'a DigestEntry> {
    let mut found = list.entries.iter().filter(|entry| entry.uri == name);
    let first = found.next()?;
    (found.next().is_none() && !first.is_external()).then_some(first)
}

/// Every entry is one that the letter shown here has, in the very letters in which packages name
/// it. Readers undo escapes and ignore case, so `/%55stYazi/baska.pdf` or `/ustyazi/baska.pdf`
/// would be a second page, which nobody has seen.
fn require_known(list: &DigestList, metadata: &Metadata) -> anyhow::Result<()> {
    let in_folder = |folder: &str, name: &str| {
        // No escapes, no separators: what is no part's name leads to another part.
        (eyazisma::part_file_name(name) == name).then(|| format!("{folder}{name}"))
    };
    let files = metadata
        .signed_files()
        .map(|file| file.file_name.as_deref());
    let files = files.map(|name| in_folder(ATTACHMENT_FOLDER, name.unwrap_or_default()));
    let page = in_folder(LETTER_FOLDER, &metadata.file_name);
    let known: Option<Vec<String>> = std::iter::once(page).chain(files).collect();
    let mut known: HashSet<String> = known.unwrap_or_default().into_iter().collect();
    known.extend([METADATA_PART, INITIALS_DIGEST, INITIALS_SIGNATURE].map(str::to_owned));
    // Named twice, one of them says something else.
    let is_known = |entry: &DigestEntry| !entry.is_external() && known.remove(&entry.uri);
    if list.entries.iter().all(is_known) {
        return Ok(());
    }
    bail!("İmzalanacak veri, yazıda ve eklerinde olmayan bir dosyayı da kapsıyor. {NOT_SIGNED}")
}

fn require_recipients(mut said: Vec<String>, mut signed: Vec<String>) -> anyhow::Result<()> {
    said.sort();
    signed.sort();
    if said == signed {
        return Ok(());
    }
    bail!(
        "DYS'nin bildirdiği alıcılar, imzalanacak belgenin dağıtım listesinden farklı. {NOT_SIGNED}"
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::server::Whom;
    use eyazisma::{
        Attachment, AttachmentKind, Distribution, Draft, File, Guid, Institution, Party, Purpose,
        Settings, Text, Urgency,
    };

    const PAGE: &[u8] = b"%PDF-1.7 yazi";

    struct Parts {
        content: Vec<u8>,
        metadata: Vec<u8>,
        waiting: Waiting,
    }

    /// A letter as an honest server hands it over.
    fn parts(subject: &str) -> Parts {
        parts_with(subject, &[])
    }

    /// The same with these attachments.
    fn with(attachments: &[&str]) -> Parts {
        parts_with("Bütçe Teklifi", attachments)
    }

    fn attachment(number: u8, name: &str) -> Attachment {
        Attachment {
            id: Guid::as_read(&format!("0190A1B2-0000-7000-8000-0000000000{number:02}")),
            is_package_id: Some(false),
            number: None,
            kind: AttachmentKind::File,
            file_name: Some(name.to_owned()),
            mime_type: Some("application/pdf".to_owned()),
            title: Some(Text::turkish(name)),
            order: i32::from(number),
            note: None,
            location: None,
            own_id: None,
            signed: Some(true),
            digest: None,
        }
    }

    fn parts_with(subject: &str, attachments: &[&str]) -> Parts {
        let attachments = (1..).zip(attachments);
        let attachments: Vec<Attachment> = attachments
            .map(|(number, name)| attachment(number, name))
            .collect();
        let files = attachments.iter().map(|it| File {
            id: it.id.clone(),
            bytes: b"%PDF-1.7 ek".to_vec(),
        });
        let files: Vec<File> = files.collect();
        let metadata = Metadata {
            attachments,
            id: Guid::as_read("0190A1B2-0000-7000-8000-000000000007"),
            subject: Text::turkish(subject),
            mime_type: "application/pdf".to_owned(),
            file_name: "yazi.pdf".to_owned(),
            recipients: vec![Distribution {
                party: Party::Institution(Institution {
                    code: "24301050".to_owned(),
                    name: Some(Text::turkish("Adalet Bakanlığı")),
                    ..Institution::default()
                }),
                urgency: Urgency::Normal,
                purpose: Purpose::Action,
                deadline: None,
                left_out: Vec::new(),
            }],
            creator: Some(Party::Institution(Institution {
                code: "24322010".to_owned(),
                name: Some(Text::turkish("Sağlık Bakanlığı")),
                ..Institution::default()
            })),
            verification_address: "https://www.turkiye.gov.tr/belge-dogrulama".to_owned(),
            ..Metadata::default()
        };
        let unsigned = Draft::new(metadata, PAGE.to_vec(), files, Settings::default())
            .unwrap()
            .digest();
        let content = unsigned.to_sign().to_vec();
        let (mut described, draft) = (Vec::new(), unsigned.store().unwrap());
        eyazisma::extract(
            std::io::Cursor::new(draft),
            &eyazisma::Limits::default(),
            METADATA_PART,
            &mut described,
        )
        .unwrap();
        let waiting = Waiting {
            official_number: "E-24322010-903.07.02-4752".to_owned(),
            subject: subject.to_owned(),
            recipients: vec![Whom {
                name: "Adalet Bakanlığı".to_owned(),
                key: Some("24301050".to_owned()),
            }],
            content_hash: hex(&Sha256::digest(&content)),
            ..Waiting::default()
        };
        Parts {
            content,
            metadata: described,
            waiting,
        }
    }

    fn checked(parts: &Parts, page: &[u8]) -> anyhow::Result<Shown> {
        let letter = Letter {
            content: &parts.content,
            page: page.to_vec(),
            metadata: &parts.metadata,
        };
        check(&parts.waiting, letter)
    }

    fn refused(parts: &Parts, page: &[u8], words: &str) {
        let told = checked(parts, page).unwrap_err().to_string();
        assert!(told.contains(words), "{told}");
    }

    #[test]
    fn an_honest_letter_is_shown_in_the_words_of_its_own_bytes() {
        let shown = checked(&parts("Bütçe Teklifi"), PAGE).unwrap();
        assert_eq!(shown.subject, "Bütçe Teklifi");
        assert_eq!(shown.recipients, ["Adalet Bakanlığı (gereği)"]);
        assert_eq!(shown.page, PAGE);
        assert!(shown.lines().contains("yazının üzerinde denetleyin"));
    }

    #[test]
    fn a_lying_server_gets_no_signature() {
        let mut lie = parts("Bütçe Teklifi");
        lie.waiting.subject = "Yıllık izin".to_owned();
        refused(&lie, PAGE, "bildirdiği konu");

        let mut lie = parts("Bütçe Teklifi");
        lie.waiting.recipients[0].key = Some("24301051".to_owned());
        refused(&lie, PAGE, "bildirdiği alıcılar");
        lie.waiting.recipients.clear();
        refused(&lie, PAGE, "bildirdiği alıcılar");

        let mut lie = parts("Bütçe Teklifi");
        lie.metadata = parts("Yıllık izin").metadata;
        refused(&lie, PAGE, "Üstveri");
        lie.waiting.subject = "Yıllık izin".to_owned();
        refused(&lie, PAGE, "Üstveri");

        refused(&parts("Bütçe Teklifi"), b"%PDF baska", "Gösterilen yazı");
        let mut lie = parts("Bütçe Teklifi");
        lie.waiting.content_hash = hex(&Sha256::digest(b"baska"));
        refused(&lie, PAGE, "özetle uyuşmuyor");
    }

    /// The letter with `more` among what is signed: the page's own entry under another name.
    fn with_entry(name: &str, more: &str) -> Parts {
        let mut lie = parts("Bütçe Teklifi");
        let text = String::from_utf8(lie.content).unwrap();
        let from = text.find("<o:Reference URI=\"/UstYazi/yazi.pdf\"").unwrap();
        let end = "</o:Reference>";
        let to = from + text[from..].find(end).unwrap() + end.len();
        let entry = text[from..to].replace(name, more);
        let text = format!("{}{entry}{}", &text[..to], &text[to..]);
        lie.waiting.content_hash = hex(&Sha256::digest(text.as_bytes()));
        lie.content = text.into_bytes();
        lie
    }

    #[test]
    fn a_second_page_under_whatever_name_gets_no_signature() {
        let page = "/UstYazi/yazi.pdf";
        for name in [
            "/%55stYazi/baska.pdf",
            "/ustyazi/baska.pdf",
            "/UstYazi/baska.pdf",
            "/%55stYazi/yazi.pdf",
            "/USTYAZI/yazi.pdf",
            "/Ekler/../UstYazi/baska.pdf",
            "/Ekler/yok.pdf",
            "UstYazi/baska.pdf",
        ] {
            let told = checked(&with_entry(page, name), PAGE).unwrap_err();
            let told = told.to_string();
            assert!(
                told.contains("olmayan bir dosyayı da kapsıyor"),
                "{name}: {told}"
            );
        }
        refused(&with_entry(page, page), PAGE, "Gösterilen yazı");
        let outside = with_entry("bilesen#dahili", "bilesen#harici");
        refused(&outside, PAGE, "Gösterilen yazı");
    }

    #[test]
    fn the_letters_own_attachments_are_signed_with_it() {
        let shown = checked(&with(&["ek.pdf", "Plan(1).pdf"]), PAGE).unwrap();
        assert_eq!(shown.attachments, ["ek.pdf", "Plan(1).pdf"]);
    }

    #[test]
    fn a_bare_hash_or_another_thing_is_never_signed() {
        for content in [
            vec![7_u8; 32],
            PAGE.to_vec(),
            b"<!DOCTYPE a><PaketOzeti/>".to_vec(),
            b"<PaketOzeti/>".to_vec(),
        ] {
            let mut lie = parts("Bütçe Teklifi");
            lie.waiting.content_hash = hex(&Sha256::digest(&content));
            lie.content = content;
            assert!(checked(&lie, PAGE).is_err());
        }
    }
}
