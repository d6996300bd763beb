//! Packs a ZIP of parts, so that changed bytes reach the reader of the parts: in the archive itself
//! they only break its checksums.
//!
//! Input: a first byte whose lowest bit asks for new digests, then records that begin with a line
//! `@@ name`; each takes the place of the part of that name in a good package, or comes beside it.

use std::io::{Cursor, Write as _};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eyazisma::{
    Attachment, AttachmentKind, Distribution, Draft, File, FinalMetadata, Guid, Institution,
    Limits, Metadata, Package, Party, Person, Purpose, Settings, Signer, Stamp, Text, Urgency,
};
use sha2::{Digest as _, Sha384, Sha512};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A part without the slash before it, and its bytes.
pub type Part = (String, Vec<u8>);

/// Records that are looked at: more parts say nothing new.
const MOST: usize = 64;
const MARK: &[u8] = b"\n@@ ";

/// The archive, or nothing when a name is one that no archive takes.
pub fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    let (flag, rest) = bytes.split_first()?;
    let mut parts = good().clone();
    let mut given = Vec::new();
    for (name, content) in records(rest) {
        given.push(name.clone());
        match parts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = content,
            None => parts.push((name, content)),
        }
    }
    if flag & 1 == 1 {
        digest_again(&mut parts, &given);
    }
    pack(&parts)
}

/// Every record's name and content.
pub fn records(bytes: &[u8]) -> Vec<Part> {
    let mut records = Vec::new();
    let mut rest = bytes;
    while let Some(at) = find(rest, MARK) {
        let record = rest.get(at + MARK.len()..).unwrap_or_default();
        let end = find(record, MARK).unwrap_or(record.len());
        let (this, next) = record.split_at(end);
        let line = find(this, b"\n").unwrap_or(this.len());
        let (name, content) = this.split_at(line);
        let content = content.get(1..).unwrap_or_default().to_vec();
        records.push((String::from_utf8_lossy(name).into_owned(), content));
        if records.len() >= MOST {
            break;
        }
        rest = next;
    }
    records
}

/// Stored, without a checksum or size that could be wrong.
pub fn pack(parts: &[Part]) -> Option<Vec<u8>> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(name.as_str(), options).ok()?;
        zip.write_all(content).ok()?;
    }
    Some(zip.finish().ok()?.into_inner())
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Digest lists and signatures as their writer would have made them, but for those that are given.
fn digest_again(parts: &mut [Part], given: &[String]) {
    let lists: [(&str, &str, Option<&str>, &[&str]); 3] = [
        ("ParafOzeti", "ParafOzeti/ParafOzeti.xml", None, &[]),
        (
            "PaketOzeti",
            "PaketOzeti/PaketOzeti.xml",
            Some("Imzalar/ImzaCades.imz"),
            &["ParafOzeti/ParafOzeti.xml"],
        ),
        (
            "NihaiOzet",
            "NihaiOzet/NihaiOzet.xml",
            Some("Muhur/MuhurCades.imz"),
            &[
                "ParafOzeti/ParafOzeti.xml",
                "PaketOzeti/PaketOzeti.xml",
                "Imzalar/ImzaCades.imz",
                "NihaiUstveri/NihaiUstveri.xml",
                CORE,
            ],
        ),
    ];
    for (root, part, signature, more) in lists {
        let list = {
            let named = |name: &str| {
                ["UstYazi/", "Ustveri/", "Ekler/"]
                    .iter()
                    .any(|it| name.starts_with(it))
                    || more.contains(&name)
            };
            let lines: String = parts
                .iter()
                .filter(|(name, _)| named(name) && !name.contains(['<', '&', '"']))
                .map(|(name, content)| line(name, content))
                .collect();
            let namespace = "urn:dpt:eyazisma:schema:xsd";
            format!(
                "<{root} xmlns=\"{namespace}:{root}-2\" xmlns:o=\"{namespace}:PaketOzeti-2\" Id=\"{ID}\">{lines}</{root}>"
            )
        };
        for (name, content) in [(Some(part), list.clone()), (signature, list)] {
            let Some(name) = name.filter(|name| !given.iter().any(|it| it == name)) else {
                continue;
            };
            if let Some((_, old)) = parts.iter_mut().find(|(known, _)| known == name) {
                *old = content.into_bytes();
            }
        }
    }
}

fn line(name: &str, content: &[u8]) -> String {
    let item = |algorithm: &str, value: &[u8]| {
        format!(
            "<o:DigestItem><o:DigestMethod Algorithm=\"{algorithm}\"/><o:DigestValue>{}</o:DigestValue></o:DigestItem>",
            STANDARD.encode(value)
        )
    };
    format!(
        "<o:Reference URI=\"/{name}\" Type=\"http://eyazisma.dpt/bilesen#dahili\">{}{}</o:Reference>",
        item(
            "http://www.w3.org/2001/04/xmldsig-more#sha384",
            &Sha384::digest(content)
        ),
        item(
            "http://www.w3.org/2001/04/xmlenc#sha512",
            &Sha512::digest(content)
        ),
    )
}

const ID: &str = "AB000000-0000-4000-8000-000000000064";
const CORE: &str =
    "package/services/metadata/core-properties/ab000000000040008000000000000064.psmdcp";

/// The parts of a package that breaks no rule: two attachments, one of them unsigned.
fn good() -> &'static Vec<Part> {
    static GOOD: OnceLock<Vec<Part>> = OnceLock::new();
    GOOD.get_or_init(|| made().unwrap_or_default())
}

fn made() -> Option<Vec<Part>> {
    let unit = |code: &str, name: &str| {
        Party::Institution(Institution {
            code: code.to_owned(),
            name: Some(Text::turkish(name)),
            ..Institution::default()
        })
    };
    let id = |number: u8| Guid::as_read(&format!("AB000000-0000-4000-8000-0000000000{number:02}"));
    let attachment = |number: u8, name: &str, signed| Attachment {
        id: id(number),
        is_package_id: Some(false),
        number: None,
        kind: AttachmentKind::File,
        file_name: Some(name.to_owned()),
        mime_type: Some("application/pdf".to_owned()),
        title: Some(Text::turkish("Ek")),
        order: i32::from(number),
        note: None,
        location: None,
        own_id: None,
        signed: Some(signed),
        digest: None,
    };
    let metadata = Metadata {
        id: Guid::as_read(ID),
        subject: Text::turkish("Bütçe"),
        mime_type: "application/pdf".to_owned(),
        file_name: "yazi.pdf".to_owned(),
        recipients: vec![Distribution {
            party: unit("24301050", "Adalet Bakanlığı"),
            urgency: Urgency::Normal,
            purpose: Purpose::Action,
            deadline: None,
            left_out: vec![id(1)],
        }],
        attachments: vec![
            attachment(1, "bir.pdf", true),
            attachment(2, "iki.pdf", false),
        ],
        creator: Some(unit("24322010", "Sağlık Bakanlığı")),
        verification_address: "https://www.turkiye.gov.tr/belge-dogrulama".to_owned(),
        ..Metadata::default()
    };
    let files = [1, 2].map(|number| File {
        id: id(number),
        bytes: b"%PDF- ek".to_vec(),
    });
    let last = FinalMetadata {
        date: Stamp::as_read("2026-11-25T14:00:00+03:00"),
        number: "E-24322010-903.07.02-4752".to_owned(),
        signers: vec![Signer {
            person: Person {
                first_name: "Ayşe".into(),
                last_name: "YILMAZ".into(),
                ..Person::default()
            },
            ..Signer::default()
        }],
    };
    let draft = Draft::new(
        metadata,
        b"%PDF-".to_vec(),
        files.into(),
        Settings::default(),
    )
    .ok()?;
    let unsigned = draft.digest();
    let signature = unsigned.to_sign().to_vec();
    let created = "2026-11-25T11:00:00Z".parse().ok()?;
    let unsealed = unsigned.sign(signature, &last, created).ok()?;
    let seal = unsealed.to_seal().to_vec();
    let bytes = unsealed.seal(seal).bytes().ok()?;
    let limits = Limits::default();
    let package = Package::read(Cursor::new(&bytes), &limits).ok()?;
    let mut parts = Vec::new();
    for part in &package.parts {
        let mut content = Vec::new();
        eyazisma::extract(Cursor::new(&bytes), &limits, &part.name, &mut content).ok()?;
        parts.push((part.name.trim_start_matches('/').to_owned(), content));
    }
    Some(parts)
}
