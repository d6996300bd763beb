//! Ek Listesi: files, physical objects and outside references that go with a letter.

use super::scan::{self, Verdict};
use super::{Confidentiality, Letter, draft, no_such_letter, stale, store, words};
use crate::access::{Act, Actor};
use crate::app::App;
use crate::audit;
use crate::document::file_name;
use crate::error::{Error, Result, invalid, not_found, too_large};
use crate::setting;
use crate::store::{BlobHash, StoreError, Tx};

words! {
    /// Ek türü (e-Yazışma: DED, FZK, HRF).
    AttachmentKind {
        File = "file", "Dosya";
        Physical = "physical", "Fiziksel nesne";
        External = "external", "Harici referans";
    }
}

/// One line of the list.
#[derive(Debug, Clone)]
pub struct Attachment {
    pub id: String,
    pub kind: AttachmentKind,
    /// The name on the letter's Ek line.
    pub title: String,
    pub file_name: Option<String>,
    pub media_type: Option<String>,
    /// Bytes; 0 for what is not a file.
    pub size: u64,
    pub blob_hash: Option<BlobHash>,
    /// Where an outside reference leads; never fetched (decision 25).
    pub reference: Option<String>,
    /// Hizmete Özel; makes the letter so (decision 3).
    pub restricted: bool,
    /// What a virus scanner said when it was taken.
    pub scan: Verdict,
}

impl Attachment {
    /// `1,4 MB`, as lists show it.
    #[must_use]
    pub fn size_label(&self) -> String {
        size_label(self.size)
    }
}

/// Bytes in words: `840 B`, `12 kB`, `1,4 MB`.
#[must_use]
pub fn size_label(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{},{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

const LONGEST_TITLE: usize = 300;
/// Lines of the list.
pub const MOST_ATTACHMENTS: usize = 200;

/// Types that institutions exchange; what can run is not among them.
const ALLOWED: &[(&str, &str)] = &[
    ("pdf", "application/pdf"),
    ("doc", "application/msword"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("xls", "application/vnd.ms-excel"),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ("ppt", "application/vnd.ms-powerpoint"),
    (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("rtf", "application/rtf"),
    ("txt", "text/plain"),
    ("csv", "text/csv"),
    ("xml", "application/xml"),
    ("json", "application/json"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("bmp", "image/bmp"),
    ("zip", "application/zip"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("dwg", "image/vnd.dwg"),
    ("dxf", "image/vnd.dxf"),
    ("eyp", "application/eyazisma"),
    ("p7s", "application/pkcs7-signature"),
];

/// What a file is by its content, with its cleaned name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    pub file_name: String,
    pub media_type: String,
}

/// Recognises a file by its bytes and holds its name against them.
///
/// # Errors
/// `ek_bos`, `ek_turu_yasak`, `ek_turu_uyusmuyor`: each says what to do.
pub fn recognise(name: &str, bytes: &[u8]) -> Result<Recognised> {
    let name = file_name::clean(name);
    if bytes.is_empty() {
        return Err(invalid(
            "ek_bos",
            format!("“{name}” boş. Dosyayı denetleyip yeniden yükleyin."),
        ));
    }
    let extension = file_name::extension(&name).unwrap_or_default();
    let named = ALLOWED.iter().find(|(known, _)| *known == extension);
    let Some((_, media_type)) = named else {
        return Err(invalid(
            "ek_turu_yasak",
            format!(
                "“{name}” türünde dosya eklenemez. PDF, Office, görüntü, metin ya da ZIP olarak \
                 ekleyin."
            ),
        ));
    };
    let found = infer::get(bytes);
    let runs =
        bytes.starts_with(b"#!") || bytes.starts_with(b"MZ") || bytes.starts_with(b"\x7fELF");
    let fits = match found {
        Some(kind) => agrees(&extension, kind.extension()),
        None => {
            is_textual(&extension) && std::str::from_utf8(head(bytes)).is_ok()
                || matches!(
                    extension.as_str(),
                    "dwg" | "dxf" | "p7s" | "csv" | "txt" | "mp3"
                )
        }
    };
    if fits && !runs {
        return Ok(Recognised {
            file_name: name,
            media_type: (*media_type).to_owned(),
        });
    }
    let is = found.map_or("bilinmeyen bir tür", |kind| kind.mime_type());
    Err(invalid(
        "ek_turu_uyusmuyor",
        format!(
            "“{name}” adına uymuyor: içeriği {is}. Dosyayı doğru türde kaydedip yeniden yükleyin."
        ),
    ))
}

/// The first bytes that decide; cut where no letter is cut.
fn head(bytes: &[u8]) -> &[u8] {
    let head = &bytes[..bytes.len().min(4096)];
    match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_none() => &head[..error.valid_up_to()],
        _ => head,
    }
}

fn is_textual(extension: &str) -> bool {
    matches!(extension, "txt" | "csv" | "xml" | "json" | "dxf" | "rtf")
}

/// True when the content's usual extension may carry the name's.
fn agrees(named: &str, found: &str) -> bool {
    named == found
        || matches!(
            (named, found),
            ("jpeg", "jpg")
                | ("tiff", "tif")
                | (
                    "docx" | "xlsx" | "pptx" | "odt" | "ods" | "odp" | "eyp",
                    "zip"
                )
                | ("doc" | "xls" | "ppt", "msi" | "doc" | "xls" | "ppt")
                | ("txt" | "csv" | "xml", "xml" | "html")
        ) && !(matches!(named, "txt" | "csv") && found == "html")
}

/// Refuses a file over the limit, with the ways out (decision 11).
///
/// # Errors
/// `ek_buyuk`.
pub fn require_size(tx: &mut Tx<'_>, name: &str, size: u64) -> Result<()> {
    let limit = setting::number(tx, setting::ATTACHMENT_LIMIT)?;
    if size <= u64::try_from(limit).unwrap_or(u64::MAX) {
        return Ok(());
    }
    Err(too_big(name, size, limit))
}

/// The sentence for a file over the limit.
#[must_use]
pub fn too_big(name: &str, size: u64, limit: i64) -> Error {
    too_large(
        "ek_buyuk",
        format!(
            "“{}” {} büyüklüğünde; sınır {}. Dosyayı küçültün, CD/USB olarak fiziksel ek yapın ya \
             da DYS Dışı Evrak Gönderim ile gönderin.",
            file_name::clean(name),
            size_label(size),
            size_label(u64::try_from(limit).unwrap_or(0)),
        ),
    )
}

/// The list of a letter that the person may see.
///
/// # Errors
/// `evrak_yok`.
pub fn list(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<Vec<Attachment>> {
    store::visible(tx, act, document_id)?.ok_or_else(no_such_letter)?;
    Ok(store::attachments(tx, document_id)?)
}

/// The list for the system's own work (render, dispatch).
pub(crate) fn all(tx: &mut Tx<'_>, document_id: &str) -> Result<Vec<Attachment>> {
    Ok(store::attachments(tx, document_id)?)
}

/// The degree that letter and package carry: an attachment that is Hizmete Özel makes the letter
/// so (decision 3), whatever the letter's own field says.
#[must_use]
pub fn degree(letter: &Letter, lines: &[Attachment]) -> Confidentiality {
    if letter.confidentiality == Confidentiality::None && lines.iter().any(|line| line.restricted) {
        Confidentiality::Restricted
    } else {
        letter.confidentiality
    }
}

/// [`degree`] of a letter as it stands.
pub(crate) fn degree_of(tx: &mut Tx<'_>, letter: &Letter) -> Result<Confidentiality, StoreError> {
    Ok(degree(letter, &store::attachments(tx, &letter.id)?))
}

/// What is added; a file's bytes are in the blob store already.
#[derive(Debug, Clone)]
pub enum New {
    File {
        recognised: Recognised,
        size: u64,
        blob_hash: BlobHash,
        scan: Verdict,
    },
    Physical {
        title: String,
    },
    External {
        title: String,
        reference: String,
    },
}

/// Takes in a file that a person uploads for a letter: recognised, the letter still writable for
/// that person, harmless; only then its bytes go to the blob store. What is refused is not stored.
///
/// # Errors
/// Those of [`recognise`] and [`draft::require_writable`], `dosya_zararli`.
pub async fn receive(
    app: &App,
    actor: &Actor,
    document_id: &str,
    name: &str,
    bytes: Vec<u8>,
) -> Result<New> {
    let recognised = recognise(name, &bytes)?;
    let id = document_id.to_owned();
    app.read(actor, move |tx, act| draft::require_writable(tx, act, &id))
        .await?;
    let scan = scan::check(app, &bytes).await;
    scan::require_harmless(&recognised.file_name, scan)?;
    Ok(New::File {
        recognised,
        size: bytes.len() as u64,
        blob_hash: app.blobs.put(bytes).await?,
        scan,
    })
}

/// Adds one line at the end of the list.
///
/// # Errors
/// `evrak_yok`, `evrak_kapali`, `surum_eski`, `ek_cok`, `ek_adi_gecersiz`.
pub fn add(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, new: New) -> Result<Attachment> {
    let letter = editable(tx, act, document_id)?;
    if store::attachments(tx, document_id)?.len() >= MOST_ATTACHMENTS {
        return Err(invalid(
            "ek_cok",
            format!("En çok {MOST_ATTACHMENTS} ek eklenebilir."),
        ));
    }
    let empty = Attachment {
        id: act.new_id(),
        kind: AttachmentKind::File,
        title: String::new(),
        file_name: None,
        media_type: None,
        size: 0,
        blob_hash: None,
        reference: None,
        restricted: false,
        scan: Verdict::Unchecked,
    };
    let attachment = match new {
        New::File {
            recognised,
            size,
            blob_hash,
            scan,
        } => {
            require_size(tx, &recognised.file_name, size)?;
            Attachment {
                title: recognised.file_name.clone(),
                file_name: Some(recognised.file_name),
                media_type: Some(recognised.media_type),
                size,
                blob_hash: Some(blob_hash),
                scan,
                ..empty
            }
        }
        New::Physical { title } => Attachment {
            kind: AttachmentKind::Physical,
            title: title_of(&title)?,
            ..empty
        },
        New::External { title, reference } => Attachment {
            kind: AttachmentKind::External,
            title: title_of(&title)?,
            reference: Some(title_of(&reference)?),
            ..empty
        },
    };
    store::insert_attachment(tx, document_id, &attachment, act.now)?;
    changed(tx, act, &letter, "attachment.add", &attachment.id)?;
    Ok(attachment)
}

/// Renames a line or marks it Hizmete Özel, which makes the letter so.
///
/// # Errors
/// As [`add`], and `ek_yok`.
pub fn update(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    id: &str,
    title: &str,
    restricted: bool,
) -> Result<()> {
    let mut letter = editable(tx, act, document_id)?;
    if !store::update_attachment(tx, document_id, id, &title_of(title)?, restricted)? {
        return Err(no_such_attachment());
    }
    if restricted && letter.confidentiality == Confidentiality::None {
        letter.confidentiality = Confidentiality::Restricted;
        if !store::update_content(tx, &letter, act.now)? {
            return Err(stale());
        }
        letter.version += 1;
    }
    changed(tx, act, &letter, "attachment.update", id)
}

/// Takes a line off the list.
///
/// # Errors
/// As [`add`], and `ek_yok`.
pub fn remove(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, id: &str) -> Result<()> {
    let letter = editable(tx, act, document_id)?;
    if !store::delete_attachment(tx, document_id, id)? {
        return Err(no_such_attachment());
    }
    changed(tx, act, &letter, "attachment.remove", id)
}

/// Moves a line one place up or down.
///
/// # Errors
/// As [`add`], and `ek_yok`.
pub fn shift(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, id: &str, up: bool) -> Result<()> {
    let letter = editable(tx, act, document_id)?;
    let mut order: Vec<String> = store::attachments(tx, document_id)?
        .into_iter()
        .map(|line| line.id)
        .collect();
    let place = order
        .iter()
        .position(|line| line == id)
        .ok_or_else(no_such_attachment)?;
    let other = if up {
        place.saturating_sub(1)
    } else {
        (place + 1).min(order.len() - 1)
    };
    order.swap(place, other);
    for (position, line) in order.iter().enumerate() {
        store::place_attachment(tx, document_id, line, position + 1)?;
    }
    changed(tx, act, &letter, "attachment.order", id)
}

fn editable(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<Letter> {
    super::draft::require_writable(tx, act, document_id)
}

fn changed(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter: &Letter,
    action: &str,
    attachment_id: &str,
) -> Result<()> {
    if !store::bump(tx, &letter.id, letter.version, act.now)? {
        return Err(stale());
    }
    let detail = serde_json::json!({ "attachment": attachment_id });
    audit::record(tx, act, action, "document", &letter.id, &detail)
}

fn title_of(text: &str) -> Result<String> {
    let title = crate::turkish::compose(text.trim());
    let fits = (1..=LONGEST_TITLE).contains(&title.chars().count())
        && !title.chars().any(char::is_control);
    if fits {
        return Ok(title);
    }
    Err(invalid(
        "ek_adi_gecersiz",
        format!("Ek adı 1-{LONGEST_TITLE} karakter olmalı ve tek satır olmalıdır."),
    ))
}

fn no_such_attachment() -> Error {
    not_found(
        "ek_yok",
        "Böyle bir ek yok; başka biri kaldırmış olabilir. Sayfayı yenileyin.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_content() {
        let pdf = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".as_slice();
        assert_eq!(
            recognise("../rapor.pdf", pdf).unwrap().file_name,
            "rapor.pdf"
        );
        let table: &[(&str, &[u8], &str)] = &[
            (
                "rapor.pdf",
                b"MZ\x90\x00\x03\x00\x00\x00",
                "ek_turu_uyusmuyor",
            ),
            ("rapor.txt", b"#!/bin/sh\nrm -rf /\n", "ek_turu_uyusmuyor"),
            ("kur.exe", b"MZ\x90\x00", "ek_turu_yasak"),
            ("betik.js", b"alert(1)", "ek_turu_yasak"),
            ("sayfa.html", b"<html></html>", "ek_turu_yasak"),
            ("resim.png", pdf, "ek_turu_uyusmuyor"),
            ("bos.pdf", b"", "ek_bos"),
            ("adsiz", b"x", "ek_turu_yasak"),
        ];
        for (name, bytes, code) in table {
            assert_eq!(recognise(name, bytes).unwrap_err().code(), *code, "{name}");
        }
        assert!(recognise("not.txt", "Iğdır'dan selam".as_bytes()).is_ok());
    }

    #[test]
    fn sizes_are_told_in_turkish() {
        assert_eq!(size_label(999), "999 B");
        assert_eq!(size_label(12_345), "12 kB");
        assert_eq!(size_label(30_000_000), "30,0 MB");
    }
}
