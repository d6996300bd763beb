//! The order of work as types: each stage hands out the bytes that the next one waits for.

use std::io::Cursor;

use jiff::Timestamp;
use jiff::tz::Offset;

use super::opc::{self, Part, Relationship};
use super::{WriteError, parts};
use crate::check::{self, Findings, Severity};
use crate::digest::{self, SecondDigest};
use crate::model::{
    Core, DigestEntry, DigestList, DigestValue, FinalMetadata, Generation, Guid, Metadata, Party,
    Stamp,
};
use crate::names::{
    ATTACHMENT_FOLDER, BINARY_MEDIA_TYPE, CORE_MEDIA_TYPE, CORE_RELATIONSHIP, FINAL_DIGEST,
    FINAL_METADATA, INITIALS_DIGEST, INITIALS_SIGNATURE, INTERNAL, LETTER_FOLDER, MEDIA_TYPE,
    METADATA, PACKAGE_DIGEST, PLAIN, RELATIONSHIP, SEAL, SIGNATURE, UNSIGNED_FOLDER,
    XML_MEDIA_TYPE, part_file_name,
};
use crate::read::{Limits, Package, Role, extract};

/// How packages are written here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The digest beside SHA-512.
    pub second_digest: SecondDigest,
    /// Demo numbers of units (first digit 0) are let through. Never with real providers.
    pub rehearsal: bool,
    /// The program's name and version, `revision` of the core properties.
    pub producer: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            second_digest: SecondDigest::default(),
            rehearsal: false,
            producer: concat!("DYS/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// An attachment's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The attachment's id in the metadata.
    pub id: Guid,
    pub bytes: Vec<u8>,
}

/// Letter, attachments and Üstveri; ParafOzeti is made of them.
#[derive(Clone, Debug)]
pub struct Draft {
    settings: Settings,
    metadata: Metadata,
    parts: Parts,
}

/// PaketOzeti is made: its bytes are what every signer signs.
#[derive(Clone, Debug)]
pub struct Unsigned {
    settings: Settings,
    metadata: Metadata,
    parts: Parts,
}

/// Signed, with date, number and signers: the bytes of NihaiOzet are what is sealed.
#[derive(Clone, Debug)]
pub struct Unsealed {
    metadata: Metadata,
    parts: Parts,
}

/// Complete. [`Finished::bytes`] gives the package, [`Finished::without`] that of a recipient who
/// does not get some attachments.
#[derive(Clone, Debug)]
pub struct Finished {
    metadata: Metadata,
    parts: Parts,
}

impl Draft {
    /// Begins a package.
    ///
    /// # Errors
    /// [`WriteError::Rules`] when the metadata break a rule that readers refuse, and when files and
    /// metadata do not agree.
    pub fn new(
        metadata: Metadata,
        letter: Vec<u8>,
        files: Vec<File>,
        settings: Settings,
    ) -> Result<Self, WriteError> {
        let mut findings = Findings::default();
        check::metadata::metadata(
            &metadata,
            Generation::Two,
            settings.rehearsal,
            &mut findings,
        );
        obey(&findings)?;
        if part_file_name(&metadata.file_name) != metadata.file_name {
            return Err(WriteError::Files(format!(
                "{:?} is no part name; map it with part_file_name",
                metadata.file_name
            )));
        }
        let mut parts = Parts::default();
        parts.add(
            Role::Letter,
            &format!("{LETTER_FOLDER}{}", metadata.file_name),
            &metadata.mime_type,
            "IdUstYazi",
            letter,
        );
        parts.add_files(&metadata, files)?;
        parts.add(
            Role::Metadata,
            METADATA,
            XML_MEDIA_TYPE,
            "IdUstveri",
            parts::metadata(&metadata),
        );
        let list = parts.digest_list(&metadata, &settings, |role| {
            matches!(role, Role::Letter | Role::Metadata | Role::Attachment)
        });
        let bytes = parts::digest_list("ParafOzeti", &list);
        parts.add(
            Role::InitialsDigest,
            INITIALS_DIGEST,
            XML_MEDIA_TYPE,
            "IdParafOzeti",
            bytes,
        );
        Ok(Self {
            settings,
            metadata,
            parts,
        })
    }

    /// The bytes of ParafOzeti, which initials may be signed over.
    #[must_use]
    pub fn initials_digest(&self) -> &[u8] {
        self.parts.bytes(Role::InitialsDigest)
    }

    /// Adds the CMS signature of the initials; the digests name it, what is sent leaves it out.
    #[must_use]
    pub fn with_initials_signature(mut self, signature: Vec<u8>) -> Self {
        self.parts.add(
            Role::InitialsSignature,
            INITIALS_SIGNATURE,
            BINARY_MEDIA_TYPE,
            "IdParafImzaCades",
            signature,
        );
        self
    }

    /// Makes PaketOzeti. From here on letter, attachments and Üstveri cannot change.
    #[must_use]
    pub fn digest(mut self) -> Unsigned {
        let list = self
            .parts
            .digest_list(&self.metadata, &self.settings, |role| {
                role != Role::UnsignedAttachment
            });
        let bytes = parts::digest_list("PaketOzeti", &list);
        self.parts.add(
            Role::PackageDigest,
            PACKAGE_DIGEST,
            XML_MEDIA_TYPE,
            "IdPaketOzeti",
            bytes,
        );
        Unsigned {
            settings: self.settings,
            metadata: self.metadata,
            parts: self.parts,
        }
    }
}

impl Unsigned {
    /// The bytes of PaketOzeti: the content of every signature.
    #[must_use]
    pub fn to_sign(&self) -> &[u8] {
        self.parts.bytes(Role::PackageDigest)
    }

    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The draft as bytes, to be kept while people sign: the same parts in the same container,
    /// without signature, final metadata and seal.
    ///
    /// # Errors
    /// When the archive cannot be written.
    pub fn store(&self) -> Result<Vec<u8>, WriteError> {
        self.parts.store(&|_| true)
    }

    /// Takes a kept draft up again. It has to be one that [`Unsigned::store`] wrote: its digests are
    /// recomputed.
    ///
    /// # Errors
    /// When the bytes are no draft, or no longer the one that was stored.
    pub fn restore(bytes: &[u8], settings: Settings) -> Result<Self, WriteError> {
        let limits = Limits::default();
        let unreadable = |why: String| WriteError::Draft(why);
        let package = Package::read(Cursor::new(bytes), &limits)
            .map_err(|error| unreadable(error.to_string()))?;
        let Some(metadata) = package.metadata.clone() else {
            return Err(unreadable("no Üstveri".to_owned()));
        };
        let mut parts = Parts::default();
        for relation in &package.relations {
            let mut held = Vec::new();
            extract(Cursor::new(bytes), &limits, &relation.part, &mut held)
                .map_err(|error| unreadable(error.to_string()))?;
            let media = media_type(&metadata, relation.role, &relation.id);
            parts.add(relation.role, &relation.part, &media, &relation.id, held);
        }
        parts.sort();
        // What was stored is digested again: the signature must not cover anything else.
        let list = parts.digest_list(&metadata, &settings, |role| {
            !matches!(role, Role::UnsignedAttachment | Role::PackageDigest)
        });
        if package.package_digest.as_ref() != Some(&list) {
            return Err(unreadable("PaketOzeti does not match the parts".to_owned()));
        }
        Ok(Self {
            settings,
            metadata,
            parts,
        })
    }

    /// Adds the signature over [`Unsigned::to_sign`] and what is known only now: date, number,
    /// signers, and the time at which the package was made.
    ///
    /// # Errors
    /// [`WriteError::Rules`] when the final metadata break a rule.
    pub fn sign(
        mut self,
        signature: Vec<u8>,
        final_metadata: &FinalMetadata,
        created: Timestamp,
    ) -> Result<Unsealed, WriteError> {
        let mut findings = Findings::default();
        check::metadata::final_metadata(final_metadata, self.settings.rehearsal, &mut findings);
        obey(&findings)?;
        let parts = &mut self.parts;
        parts.add(
            Role::Signature,
            SIGNATURE,
            BINARY_MEDIA_TYPE,
            "IdImzaCades",
            signature,
        );
        parts.add(
            Role::FinalMetadata,
            FINAL_METADATA,
            XML_MEDIA_TYPE,
            "IdNihaiUstveri",
            parts::final_metadata(final_metadata),
        );
        let core = core(&self.metadata, &self.settings, created, PLAIN, "2.0");
        parts.add(
            Role::Core,
            &core_name(&self.metadata.id),
            CORE_MEDIA_TYPE,
            "IdCore",
            parts::core(&core),
        );
        let list = parts.digest_list(&self.metadata, &self.settings, |role| {
            role != Role::UnsignedAttachment
        });
        parts.add(
            Role::FinalDigest,
            FINAL_DIGEST,
            XML_MEDIA_TYPE,
            "IdNihaiOzet",
            parts::digest_list("NihaiOzet", &list),
        );
        Ok(Unsealed {
            metadata: self.metadata,
            parts: self.parts,
        })
    }
}

impl Unsealed {
    /// The bytes of NihaiOzet: the content of the seal.
    #[must_use]
    pub fn to_seal(&self) -> &[u8] {
        self.parts.bytes(Role::FinalDigest)
    }

    /// Adds the institution's seal over [`Unsealed::to_seal`].
    #[must_use]
    pub fn seal(mut self, seal: Vec<u8>) -> Finished {
        self.parts
            .add(Role::Seal, SEAL, BINARY_MEDIA_TYPE, "IdMuhurCades", seal);
        Finished {
            metadata: self.metadata,
            parts: self.parts,
        }
    }
}

impl Finished {
    /// The whole package as it is kept, with the initials' signature if there is one.
    ///
    /// # Errors
    /// When the archive cannot be written.
    pub fn bytes(&self) -> Result<Vec<u8>, WriteError> {
        self.parts.store(&|_| true)
    }

    /// The package as it is sent: without the initials' signature and without the attachments that
    /// are left out for its recipients. Signature and seal hold: what the digests still name may be
    /// missing, since the metadata say so.
    ///
    /// # Errors
    /// When an attachment is left out that no recipient's list names.
    pub fn without(&self, left_out: &[Guid]) -> Result<Vec<u8>, WriteError> {
        for id in left_out {
            let listed = self
                .metadata
                .recipients
                .iter()
                .any(|line| line.left_out.contains(id));
            if !listed {
                return Err(WriteError::Files(format!(
                    "{id} is in no KonulmamisEkListesi"
                )));
            }
        }
        let relations: Vec<String> = left_out
            .iter()
            .flat_map(|id| [true, false].map(|signed| attachment_relation(id, signed)))
            .collect();
        self.parts.store(&|part| {
            part.role != Role::InitialsSignature && !relations.contains(&part.relation)
        })
    }
}

/// Readers refuse what is critical; what is serious we do not write either.
fn obey(findings: &Findings) -> Result<(), WriteError> {
    let broken: Vec<_> = findings
        .as_slice()
        .iter()
        .filter(|finding| finding.severity >= Severity::Serious)
        .cloned()
        .collect();
    if broken.is_empty() {
        Ok(())
    } else {
        Err(WriteError::Rules(broken))
    }
}

fn attachment_relation(id: &Guid, signed: bool) -> String {
    if signed {
        format!("IdEk_{id}")
    } else {
        format!("IdImzasizEk_{id}")
    }
}

fn media_type(metadata: &Metadata, role: Role, relation: &str) -> String {
    match role {
        Role::Letter => metadata.mime_type.clone(),
        Role::Attachment | Role::UnsignedAttachment => metadata
            .attachments
            .iter()
            .find(|ek| relation.ends_with(ek.id.as_str()))
            .and_then(|ek| ek.mime_type.clone())
            .unwrap_or_else(|| BINARY_MEDIA_TYPE.to_owned()),
        Role::InitialsSignature => BINARY_MEDIA_TYPE.to_owned(),
        _ => XML_MEDIA_TYPE.to_owned(),
    }
}

/// The part's name is made of the document's id, so that the same input gives the same bytes.
pub(super) fn core_name(id: &Guid) -> String {
    let hex: String = id
        .as_str()
        .chars()
        .filter(char::is_ascii_hexdigit)
        .collect::<String>()
        .to_ascii_lowercase();
    format!("/package/services/metadata/core-properties/{hex}.psmdcp")
}

pub(super) fn core(
    metadata: &Metadata,
    settings: &Settings,
    created: Timestamp,
    category: &str,
    version: &str,
) -> Core {
    // W3CDTF in UTC is written with a Z.
    let created = Stamp::new(created, Offset::UTC);
    let created = created.as_str().replace("+00:00", "Z");
    Core {
        identifier: Some(metadata.id.to_string()),
        created: Some(Stamp::as_read(&created)),
        creator: metadata.creator.as_ref().map(creator),
        subject: Some(metadata.subject.value.clone()),
        category: Some(category.to_owned()),
        content_type: Some(MEDIA_TYPE.to_owned()),
        version: Some(version.to_owned()),
        revision: Some(settings.producer.clone()),
    }
}

/// The creator's name as the reference implementation writes it.
fn creator(party: &Party) -> String {
    match party {
        Party::Institution(it) => format!("{}/{}", party.name(), it.code),
        Party::Company(it) if party.name().is_empty() => {
            format!(
                "{}:{}",
                it.id.scheme.as_deref().unwrap_or_default(),
                it.id.value
            )
        }
        Party::Company(_) => party.name(),
        Party::Person(it) => [
            it.national_id.clone(),
            it.duty.as_ref().map(|duty| duty.value.clone()),
            Some(it.full_name()),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", "),
    }
}

/// The parts made so far.
#[derive(Clone, Debug, Default)]
struct Parts(Vec<Stored>);

#[derive(Clone, Debug)]
struct Stored {
    role: Role,
    name: String,
    media_type: String,
    relation: String,
    bytes: Vec<u8>,
    /// Computed when the first list names the part; its bytes never change.
    digests: Vec<DigestValue>,
}

impl Parts {
    fn add(&mut self, role: Role, name: &str, media_type: &str, relation: &str, bytes: Vec<u8>) {
        self.0.push(Stored {
            role,
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            relation: relation.to_owned(),
            bytes,
            digests: Vec::new(),
        });
    }

    fn add_files(&mut self, metadata: &Metadata, mut files: Vec<File>) -> Result<(), WriteError> {
        use crate::model::AttachmentKind;
        for ek in &metadata.attachments {
            if ek.kind != AttachmentKind::File {
                continue;
            }
            let at = files.iter().position(|file| file.id == ek.id);
            let Some(at) = at else {
                return Err(WriteError::Files(format!("no file for {}", ek.id)));
            };
            let name = ek.file_name.as_deref().unwrap_or_default();
            if part_file_name(name) != name {
                return Err(WriteError::Files(format!("{name:?} is no part name")));
            }
            let file = files.swap_remove(at);
            let signed = ek.signed == Some(true);
            let (role, folder) = if signed {
                (Role::Attachment, ATTACHMENT_FOLDER)
            } else {
                (Role::UnsignedAttachment, UNSIGNED_FOLDER)
            };
            let media = ek.mime_type.as_deref().unwrap_or(BINARY_MEDIA_TYPE);
            self.add(
                role,
                &format!("{folder}{name}"),
                media,
                &attachment_relation(&ek.id, signed),
                file.bytes,
            );
        }
        match files.first() {
            Some(file) => Err(WriteError::Files(format!(
                "no attachment for the file {}",
                file.id
            ))),
            None => Ok(()),
        }
    }

    fn bytes(&self, role: Role) -> &[u8] {
        self.0
            .iter()
            .find(|part| part.role == role)
            .map(|part| part.bytes.as_slice())
            .unwrap_or_default()
    }

    /// The order in which the stages add parts, for parts that come from a kept draft.
    fn sort(&mut self) {
        let place = |role| match role {
            Role::Letter => 0,
            Role::Attachment | Role::UnsignedAttachment => 1,
            Role::Metadata => 2,
            Role::InitialsDigest => 3,
            Role::InitialsSignature => 4,
            _ => 5,
        };
        self.0.sort_by_key(|part| place(part.role));
    }

    fn digest_list(
        &mut self,
        metadata: &Metadata,
        settings: &Settings,
        named: impl Fn(Role) -> bool,
    ) -> DigestList {
        DigestList {
            id: Some(metadata.id.to_string()),
            entries: self
                .0
                .iter_mut()
                .filter(|part| named(part.role))
                .map(|part| {
                    if part.digests.is_empty() {
                        part.digests = digest::pair(&part.bytes, settings.second_digest);
                    }
                    DigestEntry {
                        uri: part.name.clone(),
                        place: INTERNAL.to_owned(),
                        digests: part.digests.clone(),
                    }
                })
                .collect(),
        }
    }

    fn store(&self, kept: &dyn Fn(&Stored) -> bool) -> Result<Vec<u8>, WriteError> {
        let kept: Vec<&Stored> = self.0.iter().filter(|part| kept(part)).collect();
        let parts: Vec<Part<'_>> = kept
            .iter()
            .map(|part| Part {
                name: &part.name,
                media_type: &part.media_type,
                bytes: &part.bytes,
            })
            .collect();
        let relationships: Vec<Relationship<'_>> =
            kept.iter().map(|part| relationship(part)).collect();
        opc::store(&parts, &relationships)
    }
}

fn relationship(part: &Stored) -> Relationship<'_> {
    let (kind, from) = match part.role {
        Role::Letter => ("ustyazi", None),
        Role::Attachment => ("ek", None),
        Role::UnsignedAttachment => ("imzasizEk", None),
        Role::Metadata => ("ustveri", None),
        Role::InitialsDigest => ("parafozeti", None),
        Role::InitialsSignature => ("parafimzacades", Some(INITIALS_DIGEST)),
        Role::PackageDigest => ("paketozeti", None),
        Role::Signature => ("imzacades", Some(PACKAGE_DIGEST)),
        Role::FinalMetadata => ("nihaiustveri", None),
        Role::FinalDigest => ("nihaiozet", None),
        Role::Seal => ("muhurcades", Some(FINAL_DIGEST)),
        Role::Update => ("guncellemebilgisi", None),
        Role::Original => ("orijinalpaket", None),
        // The other roles are never written here.
        _ => ("", None),
    };
    Relationship {
        from,
        kind: if kind.is_empty() {
            CORE_RELATIONSHIP.to_owned()
        } else {
            format!("{RELATIONSHIP}{kind}")
        },
        id: part.relation.clone(),
        target: match from {
            // The samples' signatures are named relative to their digest.
            Some(_) => format!("..{}", part.name),
            None => part.name.clone(),
        },
    }
}
