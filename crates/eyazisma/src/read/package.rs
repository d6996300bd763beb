//! A package as it was read: parts in their roles, the model, digests recomputed in one pass.

use std::collections::{BTreeMap, HashSet};
use std::io::{Cursor, Read, Seek, Write};

use super::container::Container;
use super::index::{Bears, Index};
use super::limits::{Limits, ReadError};
use super::relations::{self, Relation, Role};
use super::{encrypted, parse};
use crate::check::{self, Finding, Findings, Severity, quoted};
use crate::digest::{Algorithm, Hasher};
use crate::model::{
    Attachment, Core, DigestList, DigestValue, EncryptionNote, FinalMetadata, Generation, Metadata,
    Party, SecrecyChange, Signer,
};
use crate::names::{
    CONTENT_TYPES, CONTENT_TYPES_NS, ENCRYPTED, ROOT_RELATIONSHIPS, UPDATED, unescape,
};
use crate::xml::{self, Element};

/// What kind of package it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `.eyp`
    Plain,
    /// `.eyps`
    Encrypted,
    /// `.eypg`
    Update,
}

/// A package, as far as it could be read. What was odd is in [`Package::check`].
///
/// Holds XML and signatures; letter and attachments stay in the file and are taken with
/// [`extract`].
#[derive(Clone, Debug)]
pub struct Package {
    pub kind: Kind,
    /// As written in the core properties.
    pub version: String,
    pub generation: Generation,
    pub core: Option<Core>,
    pub metadata: Option<Metadata>,
    pub final_metadata: Option<FinalMetadata>,
    /// BelgeImza of 1.x.
    pub old_signers: Vec<Signer>,
    /// BelgeHedef of 1.x and of encrypted packages.
    pub targets: Vec<Party>,
    pub initials_digest: Option<DigestList>,
    pub package_digest: Option<DigestList>,
    pub final_digest: Option<DigestList>,
    /// The bytes that the signature has to cover.
    pub package_digest_bytes: Option<Vec<u8>>,
    /// The bytes that the seal has to cover.
    pub final_digest_bytes: Option<Vec<u8>>,
    /// CMS over PaketOzeti.
    pub signature: Option<Vec<u8>>,
    /// CMS over NihaiOzet.
    pub seal: Option<Vec<u8>>,
    /// CMS over ParafOzeti.
    pub initials_signature: Option<Vec<u8>>,
    /// What an update package changes.
    pub change: Option<SecrecyChange>,
    /// The package that an update package carries.
    pub original: Option<Box<Package>>,
    pub encryption: Option<EncryptionNote>,
    /// Every file of the archive.
    pub parts: Vec<Part>,
    pub relations: Vec<Relation>,
    pub(crate) findings: Findings,
    index: Index,
}

/// A file of the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Beginning with `/`.
    pub name: String,
    /// Bytes, unpacked.
    pub size: u64,
    /// Recomputed, by the algorithms that the digest lists use for it.
    pub digests: Vec<DigestValue>,
}

impl Package {
    /// Reads a package of any kind and generation.
    ///
    /// ```no_run
    /// let file = std::fs::File::open("gelen.eyp")?;
    /// let package = eyazisma::Package::read(file, &eyazisma::Limits::default())?;
    /// for finding in package.check(&Default::default()) {
    ///     println!("{finding}");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Only when the archive itself cannot be opened or breaks a limit; [`ReadError::finding`] has
    /// the sentence. Everything else is a finding.
    pub fn read(reader: impl Read + Seek, limits: &Limits) -> Result<Self, ReadError> {
        Self::read_nested(reader, limits, false)
    }

    fn read_nested(
        reader: impl Read + Seek,
        limits: &Limits,
        nested: bool,
    ) -> Result<Self, ReadError> {
        let container = Container::open(reader, limits)?;
        Reading {
            container,
            limits: *limits,
            findings: Findings::default(),
            relations: Vec::new(),
            generation: Generation::Two,
        }
        .package(nested)
    }

    /// Decrypts an encrypted package with the caller's means and reads what is inside.
    ///
    /// The guide's cipher is not public knowledge here: `decrypt` gets the content as it lies in
    /// the package (CMS enveloped data, by its content type) and gives the inner package back.
    /// The inner Nihai Özet has to be the outer one, byte by byte; if not, that is a finding.
    ///
    /// # Errors
    /// When this is no encrypted package, when `decrypt` fails, or when the inner file is no package.
    pub fn decrypt(
        &self,
        reader: impl Read + Seek,
        limits: &Limits,
        decrypt: impl FnOnce(Vec<u8>) -> Result<Vec<u8>, String>,
    ) -> Result<Self, ReadError> {
        let part = self
            .part_of(Role::EncryptedContent)
            .ok_or(ReadError::NotEncrypted)?;
        let content = Container::open(reader, limits)?.bytes(part)?;
        let inner = decrypt(content).map_err(ReadError::Decrypt)?;
        let mut inner = Self::read_nested(Cursor::new(inner), limits, true)?;
        encrypted::compare(self, &mut inner);
        Ok(inner)
    }

    /// Everything that does not follow the rules, gravest first.
    #[must_use]
    pub fn check(&self, options: &check::Options<'_>) -> Vec<Finding> {
        check::package(self, options)
    }

    /// The part that plays a role, if there is one.
    #[must_use]
    pub fn part_of(&self, role: Role) -> Option<&str> {
        self.relations
            .iter()
            .find(|relation| relation.role == role)
            .map(|relation| relation.part.as_str())
    }

    /// Whether the archive has the part.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&Part> {
        let at = *self.index.parts.get(&name.to_ascii_lowercase())?;
        self.parts.get(at)
    }

    /// The letter: its part's name.
    #[must_use]
    pub fn letter(&self) -> Option<&str> {
        self.part_of(Role::Letter)
    }

    /// The part that holds an attachment, in the role that Üstveri gives it: by its file name there,
    /// else by its relationship's id.
    ///
    /// What Üstveri calls signed is never looked for among the unsigned files, which no digest
    /// covers: anybody could put one there in place of an attachment that was left out. Nor does an
    /// id, which no digest covers either, lead to the file of another attachment.
    #[must_use]
    pub fn attachment_part(&self, attachment: &Attachment) -> Option<&str> {
        let find = |role| self.index.find(role, attachment, &self.relations);
        let found = match attachment.signed {
            Some(true) => find(Role::Attachment),
            Some(false) => find(Role::UnsignedAttachment),
            None => find(Role::Attachment).or_else(|| find(Role::UnsignedAttachment)),
        };
        Some(self.relations.get(found?)?.part.as_str())
    }

    /// The part in the other role that claims to be the attachment.
    pub(crate) fn attachment_in_wrong_role(&self, attachment: &Attachment) -> Option<&str> {
        let role = match attachment.signed {
            Some(true) => Role::UnsignedAttachment,
            Some(false) => Role::Attachment,
            None => return None,
        };
        let found = self.index.claimant(role, attachment)?;
        Some(self.relations.get(found)?.part.as_str())
    }

    /// Where the relationship's id of a signed attachment leads, and whose file name that part has.
    pub(crate) fn attachment_by_id(&self, attachment: &Attachment) -> Option<(&str, Bears)> {
        let found = self.index.by_id(attachment)?;
        let part = self.relations.get(found)?.part.as_str();
        Some((part, self.index.bears(part, attachment)))
    }

    /// The sayı, wherever the generation keeps it.
    #[must_use]
    pub fn number(&self) -> Option<&str> {
        let last = self.final_metadata.as_ref().map(|it| it.number.as_str());
        let old = || self.metadata.as_ref()?.old_number.as_deref();
        last.filter(|number| !number.is_empty()).or_else(old)
    }
}

/// Takes one part out of a package, within the limits, piece by piece.
///
/// # Errors
/// When there is no such part, when it is damaged, or when writing fails.
pub fn extract(
    reader: impl Read + Seek,
    limits: &Limits,
    part: &str,
    to: &mut impl Write,
) -> Result<u64, ReadError> {
    Container::open(reader, limits)?.copy(part, |piece| to.write_all(piece))
}

struct Reading<R: Read + Seek> {
    container: Container<R>,
    limits: Limits,
    findings: Findings,
    relations: Vec<Relation>,
    /// By the version; 2 until it is known.
    generation: Generation,
}

impl<R: Read + Seek> Reading<R> {
    fn package(mut self, nested: bool) -> Result<Package, ReadError> {
        self.read_relations()?;
        let core = self.xml(Role::Core)?.map(|it| parse::core(&it));
        let (kind, version) = kind_and_version(core.as_ref(), &self.relations, &mut self.findings);
        if let Some(("1", _)) = version.split_once('.') {
            self.generation = Generation::One;
        }
        let generation = self.generation;
        let metadata = self.xml(Role::Metadata)?.map(|it| parse::metadata(&it));
        let final_metadata = self.xml(Role::FinalMetadata)?;
        let old_signers = self.xml(Role::OldSigners)?;
        let targets = self.xml(Role::Targets)?;
        let (initials_digest, _) = self.digest_list(Role::InitialsDigest)?;
        let (package_digest, package_digest_bytes) = self.digest_list(Role::PackageDigest)?;
        let (final_digest, final_digest_bytes) = self.digest_list(Role::FinalDigest)?;
        let change = self.xml(Role::Update)?;
        let encryption = self.xml(Role::EncryptionNote)?;
        let signature = self.held(Role::Signature)?;
        let seal = self.held(Role::Seal)?;
        let initials_signature = self.held(Role::InitialsSignature)?;
        let original = if nested { None } else { self.original()? };
        let lists = [&initials_digest, &package_digest, &final_digest];
        self.countable(metadata.as_ref(), lists)?;
        let parts = self.hash(lists.into_iter().flatten())?;
        let index = Index::of(&parts, &self.relations, metadata.as_ref());
        Ok(Package {
            kind,
            version,
            generation,
            core,
            metadata,
            final_metadata: final_metadata.map(|it| parse::final_metadata(&it)),
            old_signers: old_signers
                .map(|it| parse::old_signers(&it))
                .unwrap_or_default(),
            targets: targets.map(|it| parse::targets(&it)).unwrap_or_default(),
            initials_digest,
            package_digest,
            final_digest,
            package_digest_bytes,
            final_digest_bytes,
            signature,
            seal,
            initials_signature,
            change: change.as_ref().and_then(parse::change),
            original,
            encryption: encryption.map(|it| parse::encryption_note(&it)),
            index,
            parts,
            relations: self.relations,
            findings: self.findings,
        })
    }

    /// That there is no more of anything than a package can have.
    fn countable(
        &self,
        metadata: Option<&Metadata>,
        lists: [&Option<DigestList>; 3],
    ) -> Result<(), ReadError> {
        // A few more than parts: initials' signature and left-out attachments leave theirs behind.
        let relations = self.container.entries.len() + 64;
        let lines = metadata.map_or(0, |it| {
            let parties = it.recipients.len().max(it.concerned.len());
            parties.max(it.attachments.len()).max(it.references.len())
        });
        let digests = lists.into_iter().flatten().map(|list| list.entries.len());
        for (what, count, limit) in [
            ("relations", self.relations.len(), relations),
            ("lines", lines, self.limits.lines),
            (
                "digests",
                digests.max().unwrap_or_default(),
                self.limits.digests,
            ),
        ] {
            if count > limit {
                return Err(ReadError::TooLarge {
                    what,
                    size: count as u64,
                    limit: limit as u64,
                });
            }
        }
        Ok(())
    }

    /// The package's relationships, then those of the three digest parts.
    fn read_relations(&mut self) -> Result<(), ReadError> {
        self.content_types()?;
        match self.parse(ROOT_RELATIONSHIPS, None)? {
            Some(root) => self.relations = relations::read("/", &root, &mut self.findings),
            None => self.findings.critical(
                "CB.ILISKI_YOK",
                "Pakette kök ilişki dosyası (_rels/.rels) yok ya da okunamıyor.",
            ),
        }
        for role in [Role::InitialsDigest, Role::PackageDigest, Role::FinalDigest] {
            let Some(part) = self.first(role) else {
                continue;
            };
            let Some((folder, name)) = part.rsplit_once('/') else {
                continue;
            };
            let file = format!("{folder}/_rels/{name}.rels");
            if self.container.find(&file).is_some()
                && let Some(root) = self.parse(&file, None)?
            {
                let more = relations::read(&format!("{folder}/"), &root, &mut self.findings);
                self.relations.extend(more);
            }
        }
        self.adopt_unrelated();
        Ok(())
    }

    /// Parts that lie where they belong although no relationship names them.
    fn adopt_unrelated(&mut self) {
        for role in [
            Role::Core,
            Role::Metadata,
            Role::PackageDigest,
            Role::Signature,
            Role::FinalMetadata,
            Role::FinalDigest,
            Role::Seal,
            Role::InitialsDigest,
            Role::InitialsSignature,
            Role::Targets,
            Role::OldSigners,
            Role::EncryptionNote,
            Role::Update,
            Role::Original,
        ] {
            if self.first(role).is_some() {
                continue;
            }
            let place = role
                .usual_places()
                .iter()
                .find_map(|place| self.container.find(place));
            if let Some(entry) = place {
                let part = entry.name.clone();
                let sentence = format!(
                    "{} pakette var, ama ilişkisi yazılmamış; yerinden tanındı.",
                    role.label()
                );
                self.findings
                    .push(Finding::new("OKUMA.ILISKISIZ", Severity::Serious, sentence).at(&part));
                self.relations.push(Relation {
                    role,
                    id: String::new(),
                    part,
                });
            }
        }
    }

    fn first(&self, role: Role) -> Option<String> {
        let found = self.relations.iter().find(|it| it.role == role)?;
        Some(found.part.clone())
    }

    /// The bytes of the part in a role; a part that cannot be unpacked is a finding.
    fn held(&mut self, role: Role) -> Result<Option<Vec<u8>>, ReadError> {
        match self.first(role) {
            Some(part) => self.bytes(&part),
            None => Ok(None),
        }
    }

    fn bytes(&mut self, part: &str) -> Result<Option<Vec<u8>>, ReadError> {
        if self.container.find(part).is_none() {
            return Ok(None);
        }
        match self.container.bytes(part) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error @ (ReadError::Damaged(..) | ReadError::TooLarge { .. })) => {
                self.findings.push(error.finding().at(part));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn xml(&mut self, role: Role) -> Result<Option<Element>, ReadError> {
        match self.first(role) {
            Some(part) => self.parse(&part, Some(role)),
            None => Ok(None),
        }
    }

    /// Every part has a media type, by its extension or by itself; readers of OPC do not see one
    /// that has none.
    fn content_types(&mut self) -> Result<(), ReadError> {
        const CODE: &str = "KAP.ICERIK_TURLERI";
        if self.container.find(CONTENT_TYPES).is_none() {
            self.findings.critical(
                CODE,
                "Pakette [Content_Types].xml yok; OPC paketi sayılmaz.",
            );
            return Ok(());
        }
        let Some(root) = self.parse(CONTENT_TYPES, None)? else {
            return Ok(());
        };
        if root.name != "Types" || root.ns.as_ref() != CONTENT_TYPES_NS {
            let sentence = "[Content_Types].xml içerik türlerinin listesi değil.";
            self.findings
                .push(Finding::new(CODE, Severity::Critical, sentence).at(CONTENT_TYPES));
            return Ok(());
        }
        let listed = |name, key| -> HashSet<String> {
            root.children_named(name)
                .filter(|it| it.attribute("ContentType").is_some_and(|it| !it.is_empty()))
                .filter_map(|it| Some(unescape(it.attribute(key)?)?.to_ascii_lowercase()))
                .collect()
        };
        let (defaults, parts) = (
            listed("Default", "Extension"),
            listed("Override", "PartName"),
        );
        for entry in &self.container.entries {
            let name = entry.name.to_ascii_lowercase();
            let extension = crate::names::file_name(&name).rsplit_once('.');
            let typed = parts.contains(&name)
                || extension.is_some_and(|(_, extension)| defaults.contains(extension));
            if !typed && !name.eq_ignore_ascii_case(CONTENT_TYPES) {
                let sentence = format!(
                    "{} için [Content_Types].xml içinde tür yazılmamış; başka okuyucular onu görmez.",
                    quoted(&entry.name)
                );
                self.findings
                    .push(Finding::new(CODE, Severity::Critical, sentence).at(&entry.name));
            }
        }
        Ok(())
    }

    fn parse(&mut self, part: &str, role: Option<Role>) -> Result<Option<Element>, ReadError> {
        let Some(bytes) = self.bytes(part)? else {
            return Ok(None);
        };
        Ok(self.parse_bytes(part, role, &bytes))
    }

    fn parse_bytes(&mut self, part: &str, role: Option<Role>, bytes: &[u8]) -> Option<Element> {
        let document = match xml::read(bytes, self.limits.xml) {
            Ok(document) => document,
            Err(error) => {
                let sentence = match &error {
                    xml::XmlError::DocType => {
                        "XML'de DOCTYPE var; kabul edilmez, açılmadı.".to_owned()
                    }
                    xml::XmlError::Entity(name) => format!(
                        "XML'de {} varlığı (entity) var; kabul edilmez, açılmadı.",
                        quoted(name)
                    ),
                    xml::XmlError::TooDeep(_)
                    | xml::XmlError::TooManyNodes(_)
                    | xml::XmlError::TooManyNamespaces(_) => {
                        "XML sınırları aşıyor; açılmadı.".to_owned()
                    }
                    xml::XmlError::Character(code) => {
                        format!("XML'de bulunamayacak bir karakter var (U+{code:04X}); açılmadı.")
                    }
                    xml::XmlError::NotUtf8 => "XML UTF-8 değil; okunamadı.".to_owned(),
                    xml::XmlError::NotXml(_) => "XML bozuk; okunamadı.".to_owned(),
                };
                self.findings
                    .push(Finding::new("CB.XML", Severity::Critical, sentence).at(part));
                return None;
            }
        };
        if document.bom {
            // The reference implementation writes one: no mistake, but digests are over it.
            self.findings.push(
                Finding::new(
                    "OKUMA.BOM",
                    Severity::Note,
                    "XML bayt sırası işaretiyle (BOM) başlıyor; özetler onunla hesaplandı.",
                )
                .at(part),
            );
        }
        if document.indented {
            self.findings.push(
                Finding::new(
                    "OKUMA.BOSLUK",
                    Severity::Note,
                    "XML bildiriminden önce boşluk var; katı okuyucular kabul etmez.",
                )
                .at(part),
            );
        }
        if let Some(role) = role {
            let root = &document.root;
            check::schema::check(self.generation, part, role, root, &mut self.findings);
        }
        Some(document.root)
    }

    fn digest_list(
        &mut self,
        role: Role,
    ) -> Result<(Option<DigestList>, Option<Vec<u8>>), ReadError> {
        let Some(part) = self.first(role) else {
            return Ok((None, None));
        };
        let Some(bytes) = self.bytes(&part)? else {
            return Ok((None, None));
        };
        let list = self
            .parse_bytes(&part, Some(role), &bytes)
            .map(|it| parse::digest_list(&it));
        Ok((list, Some(bytes)))
    }

    fn original(&mut self) -> Result<Option<Box<Package>>, ReadError> {
        let Some(bytes) = self.held(Role::Original)? else {
            return Ok(None);
        };
        match Package::read_nested(Cursor::new(bytes), &self.limits, true) {
            Ok(package) => Ok(Some(Box::new(package))),
            Err(error) => {
                self.findings.push(error.finding());
                Ok(None)
            }
        }
    }

    /// Recomputes every digest that a list names, each part in one pass.
    fn hash<'a>(
        &mut self,
        lists: impl Iterator<Item = &'a DigestList>,
    ) -> Result<Vec<Part>, ReadError> {
        let mut wanted: BTreeMap<String, Vec<Algorithm>> = BTreeMap::new();
        for entry in lists.flat_map(|list| &list.entries) {
            if entry.is_external() {
                continue;
            }
            let Some(name) = unescape(&entry.uri) else {
                continue;
            };
            let algorithms = wanted.entry(name.to_ascii_lowercase()).or_default();
            for digest in &entry.digests {
                if let Some(algorithm) = Algorithm::from_uri(&digest.algorithm)
                    && !algorithms.contains(&algorithm)
                {
                    algorithms.push(algorithm);
                }
            }
        }
        let mut parts: Vec<Part> = self
            .container
            .entries
            .iter()
            .map(|entry| Part {
                name: entry.name.clone(),
                size: entry.size,
                digests: Vec::new(),
            })
            .collect();
        for part in &mut parts {
            let Some(algorithms) = wanted.get(&part.name.to_ascii_lowercase()) else {
                continue;
            };
            let mut hasher = Hasher::new(algorithms);
            let read = self.container.copy(&part.name, |piece| {
                hasher.update(piece);
                Ok(())
            });
            match read {
                Ok(_) => part.digests = hasher.finish(),
                Err(error @ ReadError::Damaged(..)) => {
                    self.findings.push(error.finding().at(&part.name));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(parts)
    }
}

/// What the core properties say; where they do not, what lies in the package tells.
fn kind_and_version(
    core: Option<&Core>,
    relations: &[Relation],
    to: &mut Findings,
) -> (Kind, String) {
    let has = |role| relations.iter().any(|it: &Relation| it.role == role);
    let seen = if has(Role::EncryptedContent) {
        Kind::Encrypted
    } else if has(Role::Original) || has(Role::Update) {
        Kind::Update
    } else {
        Kind::Plain
    };
    let category = core
        .and_then(|core| core.category.as_deref())
        .unwrap_or_default();
    let said = match category {
        ENCRYPTED => Kind::Encrypted,
        UPDATED => Kind::Update,
        _ => Kind::Plain,
    };
    if said != seen {
        to.serious(
            "K.71",
            format!(
                "Core'daki tür {} paketin içindekilere uymuyor.",
                quoted(category)
            ),
        );
    }
    let version = core
        .and_then(|core| core.version.clone())
        .unwrap_or_default();
    let generations = if seen == Kind::Update {
        "2.1"
    } else {
        "1.3, 2.0 ya da 2.1"
    };
    let two_numbers = version.split_once('.').is_some_and(|(major, minor)| {
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        number(major) && number(minor)
    });
    if !two_numbers {
        to.critical(
            "CB.SURUM",
            format!(
                "Paketin sürümü {} okunamıyor; 2.0 gibi iki sayı olmalı.",
                quoted(&version)
            ),
        );
    } else if (seen == Kind::Update && version != "2.1")
        || !(version.starts_with("1.") || version.starts_with("2."))
    {
        // The update package came with 2.1.
        to.critical(
            "CB.SURUM",
            format!(
                "Paketin sürümü {} bilinmiyor; {generations} olmalı.",
                quoted(&version)
            ),
        );
    }
    (seen, version)
}
