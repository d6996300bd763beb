//! `icindekiler.json`: what is in a bundle, by SHA-256, and how its parts belong together.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Says what kind of JSON this is.
pub const FORMAT: &str = "dys-delil-paketi";
/// Readers refuse a higher one.
pub const VERSION: u32 = 1;
/// The manifest's own place in the ZIP; the last but one entry.
pub const PATH: &str = "icindekiler.json";
/// The institution's detached CMS signature over the manifest; the last entry.
pub const SIGNATURE_PATH: &str = "icindekiler.json.p7s";

/// The whole manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: String,
    pub version: u32,
    pub made_at: Timestamp,
    /// The person or command that asked for it.
    pub made_by: String,
    /// Made by a rehearsal installation: nothing in it has legal effect.
    pub rehearsal: bool,
    /// What could not be had when it was made, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    pub institution: String,
    pub letter: Letter,
    pub messages: Vec<Message>,
    pub audit: Audit,
    /// Every file of the ZIP but the manifest and its signature, in their order.
    pub files: Vec<File>,
}

/// The letter that the bundle is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    pub id: String,
    /// Sayı.
    pub number: String,
    /// `2026-11-24`.
    pub date: String,
    pub subject: String,
    /// The letter as it was signed.
    pub path: String,
    /// Its e-Yazışma package with every attachment, however the letter went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
}

/// One KEP message that carried the letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: String,
    /// KEP address that it went to.
    pub address: String,
    /// Units that it was for.
    pub recipients: Vec<String>,
    /// Their DETSİS numbers, where they have any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<String>,
    /// Message-ID as we wrote it.
    pub message_id: String,
    /// The provider's id.
    pub provider_id: Option<String>,
    pub sent_at: Option<Timestamp>,
    /// The signed message, byte for byte as it was handed to the provider.
    pub path: String,
    /// The e-Yazışma package that it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    pub evidence: Vec<Evidence>,
}

/// One evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The provider's id of it.
    pub id: String,
    /// `kep::evidence::EvidenceKind::name`.
    pub kind: String,
    pub code: Option<i64>,
    pub at: Option<Timestamp>,
    /// The file as received; none while it could not be fetched.
    pub path: Option<String>,
    /// What DYS found when it was checked last: `verified`, `failed`, `unsigned`.
    pub result: Option<String>,
}

/// The excerpt of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    pub path: String,
    /// Entries about this letter.
    pub entries: u64,
    pub first: i64,
    /// The newest entry of the whole log when the bundle was made, and its hash.
    pub head: i64,
    pub head_hash: String,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// With `/` between folders.
    pub path: String,
    pub size: u64,
    /// Lower-case hex.
    pub sha256: String,
}
