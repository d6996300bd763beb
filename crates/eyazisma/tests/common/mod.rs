//! A letter with everything on it, and a ZIP that can be bent.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Read as _, Write as _};

use eyazisma::{
    Attachment, AttachmentKind, Company, Contact, Distribution, Draft, File, FilePlan,
    FinalMetadata, Finding, Finished, Guid, Identifier, Institution, Limits, Metadata, Options,
    Package, Party, Person, PlanCode, Purpose, Reference, Secrecy, Settings, Signer, Stamp, Text,
    Urgency,
};
use uuid::Uuid;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

pub fn guid(number: u128) -> Guid {
    Guid::new(Uuid::from_u128(
        0xAB00_0000_0000_4000_8000_0000_0000_0000 + number,
    ))
}

pub fn institution(code: &str, name: &str) -> Party {
    Party::Institution(Institution {
        code: code.into(),
        name: Some(name.into()),
        ..Institution::default()
    })
}

pub fn to(party: Party, left_out: Vec<Guid>) -> Distribution {
    Distribution {
        party,
        urgency: Urgency::Normal,
        purpose: Purpose::Action,
        deadline: None,
        left_out,
    }
}

pub fn file(number: u128, name: &str) -> Attachment {
    Attachment {
        id: guid(number),
        is_package_id: Some(false),
        number: None,
        kind: AttachmentKind::File,
        file_name: Some(name.into()),
        mime_type: Some("application/pdf".into()),
        title: Some("Şartname".into()),
        order: i32::try_from(number).unwrap(),
        note: None,
        location: None,
        own_id: None,
        signed: Some(true),
        digest: None,
    }
}

/// Three recipients of three kinds, four attachments of three kinds, two references.
pub fn metadata() -> Metadata {
    let person = Party::Person(Box::new(Person {
        first_name: "Şükrü".into(),
        last_name: "IŞIK".into(),
        national_id: Some("10000000146".into()),
        ..Person::default()
    }));
    let company = Party::Company(Company {
        id: Identifier {
            value: "0123456789012345".into(),
            scheme: Some("MERSIS".into()),
        },
        name: Some("Iğdır <Yapı> & Oğulları A.Ş.".into()),
        contact: Some(Contact {
            kep_address: Some("igdir@hs01.kep.tr".into()),
            province: Some("Iğdır".into()),
            ..Contact::default()
        }),
    });
    Metadata {
        id: guid(100),
        subject: Text::turkish("İhale İlanı"),
        secrecy: Secrecy::Restricted,
        mime_type: "application/pdf".into(),
        own_id: Some(Identifier {
            value: "42".into(),
            scheme: Some("DYS".into()),
        }),
        recipients: vec![
            to(institution("24301050", "Adalet Bakanlığı"), vec![]),
            to(company, vec![guid(2)]),
            Distribution {
                urgency: Urgency::Dated,
                deadline: Some("P15D".into()),
                purpose: Purpose::Information,
                ..to(person, vec![])
            },
        ],
        attachments: vec![
            file(1, "sartname.pdf"),
            file(2, "kesif.pdf"),
            Attachment {
                signed: Some(false),
                mime_type: Some("text/plain".into()),
                ..file(3, "not.txt")
            },
            Attachment {
                kind: AttachmentKind::Physical,
                file_name: None,
                mime_type: None,
                signed: None,
                ..file(4, "")
            },
        ],
        references: vec![
            Reference {
                id: guid(11),
                number: Some("E-24301050-903.07.02-1".into()),
                date: Some(Stamp::as_read("2026-11-01T00:00:00+03:00")),
                label: "a".into(),
                ..Reference::default()
            },
            Reference {
                id: guid(12),
                label: "b".into(),
                attachment: Some(guid(1)),
                ..Reference::default()
            },
        ],
        language: Some("tur".into()),
        creator: Some(institution("24322010", "Sağlık Bakanlığı")),
        file_name: "yazi.pdf".into(),
        file_plan: Some(FilePlan {
            main: PlanCode {
                code: "903.07.02".into(),
                name: "İhale".into(),
                note: None,
            },
            others: vec![],
        }),
        verification_address: "https://www.turkiye.gov.tr/belge-dogrulama".into(),
        ..Metadata::default()
    }
}

pub fn files() -> Vec<File> {
    (1..=3)
        .map(|number| File {
            id: guid(number),
            bytes: format!("%PDF- attachment {number}").into_bytes(),
        })
        .collect()
}

pub fn last() -> FinalMetadata {
    FinalMetadata {
        date: Stamp::as_read("2026-11-25T14:00:00+03:00"),
        number: "E-24322010-903.07.02-4752".into(),
        signers: vec![Signer {
            person: Person {
                first_name: "Ayşe".into(),
                last_name: "YILMAZ".into(),
                ..Person::default()
            },
            purpose: Some("Onay".into()),
            ..Signer::default()
        }],
    }
}

/// Stands for a CMS signature: the crate knows no cryptography.
pub fn cms(content: &[u8]) -> Vec<u8> {
    [b"CMS:", content].concat()
}

pub fn content_of(cms: &[u8]) -> Option<Vec<u8>> {
    cms.strip_prefix(b"CMS:").map(<[u8]>::to_vec)
}

pub fn finish(draft: Draft) -> Finished {
    let unsigned = draft.digest();
    let signature = cms(unsigned.to_sign());
    let created = "2026-11-25T11:00:00.5Z".parse().unwrap();
    let unsealed = unsigned.sign(signature, &last(), created).unwrap();
    let seal = cms(unsealed.to_seal());
    unsealed.seal(seal)
}

pub fn draft() -> Draft {
    Draft::new(
        metadata(),
        b"%PDF- letter".to_vec(),
        files(),
        Settings::default(),
    )
    .unwrap()
}

pub fn package() -> Vec<u8> {
    finish(draft()).bytes().unwrap()
}

pub fn read(bytes: &[u8]) -> Package {
    Package::read(Cursor::new(bytes), &Limits::default()).unwrap()
}

pub fn check(bytes: &[u8]) -> Vec<Finding> {
    read(bytes).check(&Options {
        content_of: Some(&content_of),
        ..Options::default()
    })
}

pub fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code).collect()
}

/// The entries of a package, to be changed and packed again.
pub fn unpack(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut entry = archive.by_index(index).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.name().unwrap().into_owned(), content)
        })
        .collect()
}

pub fn pack(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Replaces a text in one part and packs again; the text has to be there.
pub fn with(bytes: &[u8], part: &str, from: &str, to: &str) -> Vec<u8> {
    let mut entries = unpack(bytes);
    let entry = entries.iter_mut().find(|(name, _)| name == part).unwrap();
    let text = String::from_utf8(entry.1.clone()).unwrap();
    assert!(text.contains(from), "{part} has no {from}: {text}");
    entry.1 = text.replace(from, to).into_bytes();
    pack(&entries)
}

pub fn without(bytes: &[u8], part: &str) -> Vec<u8> {
    let mut entries = unpack(bytes);
    let before = entries.len();
    entries.retain(|(name, _)| name != part);
    assert_eq!(entries.len() + 1, before, "no {part}");
    pack(&entries)
}
