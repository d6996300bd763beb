//! Update packages (2.1): a new degree of confidentiality around an untouched signed package.

use jiff::Timestamp;

use super::draft::{Settings, core, core_name};
use super::opc::{self, Part, Relationship};
use super::{WriteError, parts};
use crate::check::{Finding, Severity};
use crate::digest;
use crate::model::{DigestEntry, DigestList, Generation, Metadata, SecrecyChange};
use crate::names::{
    BINARY_MEDIA_TYPE, CORE_MEDIA_TYPE, CORE_RELATIONSHIP, FINAL_DIGEST, INTERNAL, ORIGINAL,
    RELATIONSHIP, SEAL, UPDATE, UPDATED, XML_MEDIA_TYPE,
};
use crate::read::{Kind, Limits, Package};

/// An update package that waits for its seal.
#[derive(Clone, Debug)]
pub struct UpdateDraft {
    change: Vec<u8>,
    original: Vec<u8>,
    core_name: String,
    core: Vec<u8>,
    digest: Vec<u8>,
}

impl UpdateDraft {
    /// Wraps a plain package.
    ///
    /// # Errors
    /// When the original is no plain package, or a field of the change is empty.
    pub fn new(
        change: &SecrecyChange,
        original: Vec<u8>,
        created: Timestamp,
        settings: &Settings,
    ) -> Result<Self, WriteError> {
        let package = Package::read(std::io::Cursor::new(&original), &Limits::default())
            .map_err(|error| WriteError::Rules(vec![error.finding()]))?;
        let refuse = |code, sentence: &str| {
            Err(WriteError::Rules(vec![Finding::new(
                code,
                Severity::Critical,
                sentence,
            )]))
        };
        let metadata = match &package.metadata {
            Some(metadata) if package.kind == Kind::Plain => metadata,
            _ => {
                return refuse(
                    "CB.ORIJINAL_SIFRELI",
                    "Güncellenecek paket şifresiz bir e-Yazışma paketi olmalı.",
                );
            }
        };
        let texts = [&change.note, &change.decision_number, &change.decision_id];
        if texts.iter().any(|text| text.trim().is_empty())
            || change.date.date_time().is_none()
            || !change.secrecy.is_in(Generation::Two)
        {
            return refuse(
                "CB.GUNCELLEME",
                "Güncelleme bilgisinin bütün alanları doldurulmalıdır.",
            );
        }
        Ok(Self::of(change, metadata, original, created, settings))
    }

    fn of(
        change: &SecrecyChange,
        metadata: &Metadata,
        original: Vec<u8>,
        created: Timestamp,
        settings: &Settings,
    ) -> Self {
        let change = parts::change(change);
        let core_name = core_name(&metadata.id);
        let core = parts::core(&core(metadata, settings, created, UPDATED, "2.1"));
        let entry = |name: &str, bytes: &[u8]| DigestEntry {
            uri: name.to_owned(),
            place: INTERNAL.to_owned(),
            digests: digest::pair(bytes, settings.second_digest),
        };
        let list = DigestList {
            id: Some(metadata.id.to_string()),
            entries: vec![
                entry(UPDATE, &change),
                entry(ORIGINAL, &original),
                entry(&core_name, &core),
            ],
        };
        Self {
            digest: parts::digest_list("NihaiOzet", &list),
            change,
            original,
            core_name,
            core,
        }
    }

    /// The bytes of NihaiOzet: the content of the seal.
    #[must_use]
    pub fn to_seal(&self) -> &[u8] {
        &self.digest
    }

    /// The finished `.eypg`.
    ///
    /// # Errors
    /// When the archive cannot be written.
    pub fn seal(&self, seal: &[u8]) -> Result<Vec<u8>, WriteError> {
        let root = |kind: &str, id: &str, target: &str| Relationship {
            from: None,
            kind: format!("{RELATIONSHIP}{kind}"),
            id: id.to_owned(),
            target: target.to_owned(),
        };
        let core = Relationship {
            from: None,
            kind: CORE_RELATIONSHIP.to_owned(),
            id: "IdCore".to_owned(),
            target: self.core_name.clone(),
        };
        let seal_of_digest = Relationship {
            from: Some(FINAL_DIGEST),
            kind: format!("{RELATIONSHIP}muhurcades"),
            id: "IdMuhurCades".to_owned(),
            target: format!("..{SEAL}"),
        };
        let part = |name, media_type, bytes| Part {
            name,
            media_type,
            bytes,
        };
        opc::store(
            &[
                part(UPDATE, XML_MEDIA_TYPE, self.change.as_slice()),
                part(
                    ORIGINAL,
                    "application/x-zip-compressed",
                    self.original.as_slice(),
                ),
                part(
                    self.core_name.as_str(),
                    CORE_MEDIA_TYPE,
                    self.core.as_slice(),
                ),
                part(FINAL_DIGEST, XML_MEDIA_TYPE, self.digest.as_slice()),
                part(SEAL, BINARY_MEDIA_TYPE, seal),
            ],
            &[
                root("guncellemebilgisi", "IdGuncellemeBilgisi", UPDATE),
                root("orijinalpaket", "IdOrijinalPaket", ORIGINAL),
                core,
                root("nihaiozet", "IdNihaiOzet", FINAL_DIGEST),
                seal_of_digest,
            ],
        )
    }
}
