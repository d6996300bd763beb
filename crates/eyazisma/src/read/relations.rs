//! Relationships: which part plays which role, whatever case and form their writer chose.

use std::collections::HashSet;

use crate::check::{Finding, Findings, Severity, quoted};
use crate::names::{CORE_RELATIONSHIP, RELATIONSHIP, RELATIONSHIPS_NS, resolve};
use crate::xml::Element;

/// What a part is in the package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Letter,
    Metadata,
    Attachment,
    UnsignedAttachment,
    InitialsDigest,
    InitialsSignature,
    PackageDigest,
    Signature,
    FinalMetadata,
    FinalDigest,
    Seal,
    Core,
    /// BelgeHedef: 1.x, and encrypted packages of 2.x.
    Targets,
    /// BelgeImza: 1.x.
    OldSigners,
    EncryptedContent,
    EncryptionNote,
    Update,
    Original,
}

impl Role {
    /// The relationship type behind the prefix, as the reference implementation writes it.
    const TYPES: [(&'static str, Role); 17] = [
        ("ustyazi", Role::Letter),
        ("ustveri", Role::Metadata),
        ("ek", Role::Attachment),
        ("imzasizEk", Role::UnsignedAttachment),
        ("parafozeti", Role::InitialsDigest),
        ("parafimzacades", Role::InitialsSignature),
        ("paketozeti", Role::PackageDigest),
        ("imzacades", Role::Signature),
        ("nihaiustveri", Role::FinalMetadata),
        ("nihaiozet", Role::FinalDigest),
        ("muhurcades", Role::Seal),
        ("belgehedef", Role::Targets),
        ("belgeimza", Role::OldSigners),
        ("sifreliicerik", Role::EncryptedContent),
        ("sifreliicerikbilgisi", Role::EncryptionNote),
        ("guncellemebilgisi", Role::Update),
        ("orijinalpaket", Role::Original),
    ];

    /// Where the part lies when no relationship tells.
    pub(super) fn usual_places(self) -> &'static [&'static str] {
        match self {
            Self::Metadata => &["/Ustveri/Ustveri.xml"],
            Self::InitialsDigest => &["/ParafOzeti/ParafOzeti.xml"],
            Self::InitialsSignature => &["/Paraflar/ParafImzaCades.imz"],
            Self::PackageDigest => &["/PaketOzeti/PaketOzeti.xml"],
            Self::Signature => &["/Imzalar/ImzaCades.imz"],
            Self::FinalMetadata => &["/NihaiUstveri/NihaiUstveri.xml"],
            Self::FinalDigest => &["/NihaiOzet/NihaiOzet.xml"],
            Self::Seal => &["/Muhur/MuhurCades.imz", "/Muhurler/MuhurCades.imz"],
            Self::Targets => &["/BelgeHedef/BelgeHedef.xml"],
            Self::OldSigners => &["/Imzalar/BelgeImza.xml"],
            Self::EncryptionNote => &["/SifreliIcerikBilgisi/SifreliIcerikBilgisi.xml"],
            Self::Update => &["/GuncellemeBilgisi/GuncellemeBilgisi.xml"],
            Self::Original => &["/OrijinalPaket/OrijinalPaket.eyp"],
            Self::Core => &["/docProps/core.xml"],
            Self::Letter | Self::Attachment | Self::UnsignedAttachment | Self::EncryptedContent => {
                &[]
            }
        }
    }

    /// The part's name as the guide writes it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Letter => "Üst yazı",
            Self::Metadata => "Üstveri",
            Self::Attachment => "Ek",
            Self::UnsignedAttachment => "İmzasız ek",
            Self::InitialsDigest => "Paraf Özeti",
            Self::InitialsSignature => "Paraf imzası",
            Self::PackageDigest => "Paket Özeti",
            Self::Signature => "Elektronik imza",
            Self::FinalMetadata => "Nihai Üstveri",
            Self::FinalDigest => "Nihai Özet",
            Self::Seal => "Elektronik mühür",
            Self::Core => "Core",
            Self::Targets => "Belge Hedef",
            Self::OldSigners => "Belge İmza",
            Self::EncryptedContent => "Şifreli içerik",
            Self::EncryptionNote => "Şifreli İçerik Bilgisi",
            Self::Update => "Güncelleme Bilgisi",
            Self::Original => "Orijinal paket",
        }
    }
}

/// A part in its role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    pub role: Role,
    /// The relationship's id; that of an attachment ends in the attachment's GUID.
    pub id: String,
    /// The part's name.
    pub part: String,
}

/// Reads the relationships of one source. `folder` is that of the source, `/` for the package.
pub(super) fn read(folder: &str, root: &Element, to: &mut Findings) -> Vec<Relation> {
    let mut relations = Vec::new();
    let mut ids: HashSet<&str> = HashSet::new();
    let file = format!("{folder}_rels");
    for it in root.children_named("Relationship") {
        if it.ns.as_ref() != RELATIONSHIPS_NS {
            to.push(
                note(
                    "OKUMA.AD_ALANI",
                    "İlişki dosyasının XML ad alanı beklenen değil.",
                )
                .at(&file),
            );
        }
        let id = it.attribute("Id").unwrap_or_default();
        if id.is_empty() || !ids.insert(id) {
            let sentence = format!(
                "İlişki kimliği (Id) {} boş ya da aynı dosyada yinelenmiş; başka okuyucular paketi açmaz.",
                quoted(id)
            );
            to.push(Finding::new("KAP.ILISKI_KIMLIGI", Severity::Critical, sentence).at(&file));
        }
        let kind = it.attribute("Type").unwrap_or_default();
        let target = it.attribute("Target").unwrap_or_default();
        let Some(role) = role_of(kind, to, &file) else {
            continue;
        };
        if it
            .attribute("TargetMode")
            .is_some_and(|mode| mode.eq_ignore_ascii_case("External"))
        {
            to.push(
                Finding::new(
                    "KAP.DIS_ILISKI",
                    Severity::Serious,
                    format!(
                        "{} paket dışını gösteriyor: {}; izlenmedi.",
                        role.label(),
                        quoted(target)
                    ),
                )
                .at(&file),
            );
            continue;
        }
        let Some(part) = resolve(folder, target) else {
            to.push(
                Finding::new(
                    "KAP.ILISKI_HEDEFI",
                    Severity::Serious,
                    format!(
                        "{} ilişkisinin hedefi {} paket içinde bir yer değil.",
                        role.label(),
                        quoted(target)
                    ),
                )
                .at(&file),
            );
            continue;
        };
        let of_digest = matches!(role, Role::Signature | Role::Seal | Role::InitialsSignature);
        if folder == "/" && of_digest {
            let sentence = format!(
                "{} ilişkisi kökte yazılmış; yeri, üzerinde imza olan özetin ilişkileridir.",
                role.label()
            );
            to.push(note("OKUMA.KOK_ILISKI", &sentence).at(&file));
        }
        if folder == "/" && !target.starts_with('/') {
            to.push(
                note(
                    "OKUMA.GORELI_HEDEF",
                    "Kök ilişkilerin hedefleri göreli yazılmış; tam yol olarak okundu.",
                )
                .at(&file),
            );
        }
        relations.push(Relation {
            role,
            id: id.to_owned(),
            part,
        });
    }
    relations
}

fn note(code: &'static str, sentence: &str) -> Finding {
    Finding::new(code, Severity::Note, sentence)
}

fn role_of(kind: &str, to: &mut Findings, file: &str) -> Option<Role> {
    let kind = kind.trim();
    if kind.eq_ignore_ascii_case(CORE_RELATIONSHIP) {
        return Some(Role::Core);
    }
    let short = kind
        .get(..RELATIONSHIP.len())
        .filter(|prefix| prefix.eq_ignore_ascii_case(RELATIONSHIP))
        .and_then(|prefix| kind.get(prefix.len()..));
    let Some(short) = short else {
        // Thumbnails and the like: OPC allows more than this format names.
        return None;
    };
    let known = Role::TYPES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(short));
    match known {
        Some((name, role)) => {
            if format!("{RELATIONSHIP}{name}") != kind {
                to.push(Finding::new(
                    "OKUMA.ILISKI_HARF",
                    Severity::Warning,
                    format!("{} ilişkisinin türü {} biçiminde yazılmış; başka okuyucular reddedebilir.", role.label(), quoted(short)),
                ).at(file));
            }
            Some(*role)
        }
        None => {
            to.push(
                note(
                    "OKUMA.BILINMEYEN_ILISKI",
                    &format!("Bilinmeyen ilişki türü: {}.", quoted(short)),
                )
                .at(file),
            );
            None
        }
    }
}
