//! Which parts have to be there, how often, where; core properties; attachments against parts.

use std::collections::HashSet;

use super::finding::{Finding, Findings, Severity, quoted};
use crate::model::{Attachment, AttachmentKind, Generation, Guid};
use crate::names::{
    ATTACHMENT_FOLDER, ENCRYPTED, FINAL_DIGEST, FINAL_METADATA, INITIALS_DIGEST,
    INITIALS_SIGNATURE, LETTER_FOLDER, MEDIA_TYPE, METADATA, PACKAGE_DIGEST, PLAIN, SEAL,
    SIGNATURE, UNSIGNED_FOLDER, UPDATED, file_name,
};
use crate::read::{Bears, Kind, Package, Role};

pub(super) fn check(package: &Package, to: &mut Findings) {
    mandatory(package, to);
    for relation in &package.relations {
        let is_file = matches!(relation.role, Role::Attachment | Role::UnsignedAttachment);
        if package.part(&relation.part).is_none() && !is_file {
            to.push(
                Finding::new(
                    "CB.BILESEN_YOK",
                    // Leaving out the initials' signature is allowed.
                    match relation.role {
                        Role::InitialsSignature => Severity::Note,
                        _ => Severity::Critical,
                    },
                    format!(
                        "{} bileşeni ilişkide yazıyor, pakette yok.",
                        relation.role.label()
                    ),
                )
                .at(&relation.part),
            );
        }
    }
    core(package, to);
    if package.kind == Kind::Plain {
        places(package, to);
        files(package, to);
    }
}

/// Roles that have to be filled exactly once, with the rule that says so.
fn mandatory(package: &Package, to: &mut Findings) {
    use Role::{
        Core, EncryptedContent, EncryptionNote, FinalDigest, FinalMetadata, Letter, Metadata,
        Original, PackageDigest, Seal, Signature, Targets, Update,
    };
    let (roles, at_most_once): (&[(Role, &'static str)], &[Role]) =
        match (package.kind, package.generation) {
            (Kind::Plain, Generation::Two) => (
                &[
                    (Core, "CB.CORE_BILESENI_YOK"),
                    (Metadata, "K.16"),
                    (Letter, "K.2"),
                    (PackageDigest, "K.26"),
                    (Signature, "CB.IMZA"),
                    (FinalMetadata, "K.82"),
                    (FinalDigest, "K.98"),
                    (Seal, "CB.MUHUR"),
                ],
                &[Role::InitialsDigest, Role::InitialsSignature],
            ),
            (Kind::Plain, Generation::One) => (
                &[
                    (Core, "CB.CORE_BILESENI_YOK"),
                    (Metadata, "K.16"),
                    (Letter, "K.2"),
                    (Targets, "CB.BELGEHEDEF_BILESENI_YOK"),
                    (PackageDigest, "K.26"),
                ],
                &[Role::OldSigners, FinalDigest],
            ),
            (Kind::Encrypted, generation) => {
                let digest: (Role, &'static str) = match generation {
                    Generation::One => (PackageDigest, "K.26"),
                    Generation::Two => (FinalDigest, "K.98"),
                };
                for (role, code) in [
                    (Core, "CB.CORE_BILESENI_YOK"),
                    (EncryptedContent, "CB.SIFRELI_ICERIK"),
                    (EncryptionNote, "CB.SIFRELI_ICERIK_BILGISI"),
                    digest,
                ] {
                    once(package, role, code, to);
                }
                return;
            }
            (Kind::Update, _) => (
                &[
                    (Core, "CB.CORE_BILESENI_YOK"),
                    (Update, "CB.GUNCELLEME"),
                    (Original, "CB.ORIJINAL_PAKET"),
                    (FinalDigest, "K.98"),
                    (Seal, "CB.MUHUR"),
                ],
                &[],
            ),
        };
    for (role, code) in roles {
        once(package, *role, code, to);
    }
    for role in at_most_once {
        if count(package, *role) > 1 {
            to.critical(
                "CB.BILESEN_COK",
                format!("{} birden çok kez tanımlanmış.", role.label()),
            );
        }
    }
    if package.kind == Kind::Plain
        && package.generation == Generation::Two
        && count(package, Role::InitialsDigest) == 0
    {
        to.push(Finding::new(
            "OA.PARAFOZETI",
            Severity::Note,
            "Paraf Özeti yok; zorunlu değildir, ama bazı okuyucular ister.",
        ));
    }
}

fn count(package: &Package, role: Role) -> usize {
    package
        .relations
        .iter()
        .filter(|it| it.role == role)
        .count()
}

fn once(package: &Package, role: Role, code: &'static str, to: &mut Findings) {
    match count(package, role) {
        0 => to.critical(code, format!("{} pakette yok.", role.label())),
        1 => {}
        _ => to.critical(
            code,
            format!("{} birden çok kez tanımlanmış.", role.label()),
        ),
    }
}

fn core(package: &Package, to: &mut Findings) {
    let Some(core) = &package.core else { return };
    let expected = match package.kind {
        Kind::Plain => PLAIN,
        Kind::Encrypted => ENCRYPTED,
        Kind::Update => UPDATED,
    };
    if core.category.as_deref() != Some(expected) {
        to.serious(
            "K.71",
            format!("Core'daki tür (category) {} değil.", expected),
        );
    }
    if core.content_type.as_deref() != Some(MEDIA_TYPE) {
        to.serious(
            "K.73",
            format!("Core'daki içerik türü (contentType) {MEDIA_TYPE} değil."),
        );
    }
    if package.kind != Kind::Plain {
        return;
    }
    if core.created.is_none() || core.creator.is_none() {
        to.warn("K.70", "Core'da oluşturulma zamanı ya da oluşturan yok.");
    }
    let Some(metadata) = &package.metadata else {
        return;
    };
    if !core
        .identifier
        .as_deref()
        .is_some_and(|id| id.eq_ignore_ascii_case(metadata.id.as_str()))
    {
        to.serious(
            "K.68",
            "Core'daki kimlik (identifier) belge kimliği (BelgeId) ile aynı değil.",
        );
    }
    if core.subject.as_deref().map(str::trim) != Some(metadata.subject.value.as_str()) {
        to.serious(
            "K.69",
            "Core'daki konu (subject) Üstveri'deki konuyla aynı değil.",
        );
    }
}

/// Whether the part is the place, or a file right in the folder.
fn is_at(part: &str, place: &str) -> bool {
    match part.strip_prefix(place) {
        Some("") => !place.ends_with('/'),
        Some(rest) => place.ends_with('/') && !rest.contains('/'),
        None => false,
    }
}

/// Parts where the guide wants them: a folder ends in a slash.
fn places(package: &Package, to: &mut Findings) {
    for relation in &package.relations {
        // The reference implementation looks for the signature at its place alone.
        let critical = relation.role == Role::Signature;
        let (code, places): (&'static str, &[&str]) = match relation.role {
            Role::Letter => ("K.4", &[LETTER_FOLDER]),
            Role::Attachment => ("K.12", &[ATTACHMENT_FOLDER]),
            Role::UnsignedAttachment => ("K.12", &[UNSIGNED_FOLDER]),
            Role::Metadata => ("K.18", &[METADATA]),
            Role::PackageDigest => ("K.28", &[PACKAGE_DIGEST]),
            Role::FinalDigest => ("K.38", &[FINAL_DIGEST]),
            Role::FinalMetadata => ("K.84", &[FINAL_METADATA]),
            Role::Signature => ("CB.IMZA", &[SIGNATURE]),
            Role::InitialsDigest => ("CB.PARAFOZETI_YERI", &[INITIALS_DIGEST]),
            Role::InitialsSignature => ("CB.PARAF_IMZA_YERI", &[INITIALS_SIGNATURE]),
            Role::Core => (
                "CB.CORE_YERI",
                &[
                    "/package/services/metadata/core-properties/",
                    "/docProps/core.xml",
                ],
            ),
            Role::Targets => ("CB.BELGEHEDEF_YERI", &["/BelgeHedef/BelgeHedef.xml"]),
            Role::OldSigners => ("CB.BELGEIMZA_YERI", &["/Imzalar/BelgeImza.xml"]),
            Role::Seal => match package.generation {
                Generation::Two => ("CB.MUHUR_YERI", &[SEAL]),
                Generation::One => ("CB.MUHUR_YERI", &["/Muhurler/MuhurCades.imz"]),
            },
            _ => continue,
        };
        let part = relation.part.as_str();
        let sentence = if places.iter().any(|place| is_at(part, place)) {
            continue;
        } else if places
            .iter()
            .any(|place| is_at(&part.to_ascii_lowercase(), &place.to_ascii_lowercase()))
        {
            let sentence = format!(
                "{} bileşeninin yeri başka büyük ya da küçük harfle yazılmış.",
                relation.role.label()
            );
            to.push(Finding::new("OKUMA.BILESEN_HARF", Severity::Note, sentence).at(part));
            continue;
        } else {
            format!(
                "{} beklenen yerde değil: {}.",
                relation.role.label(),
                quoted(part)
            )
        };
        let severity = if critical {
            Severity::Critical
        } else {
            Severity::Serious
        };
        to.push(Finding::new(code, severity, sentence).at(part));
    }
    if let (Some(letter), Some(metadata)) = (package.letter(), &package.metadata)
        && file_name(letter) != metadata.file_name
        && !metadata.file_name.is_empty()
    {
        to.warn(
            "CB.DOSYAADI",
            "Üstveri'deki dosya adı üst yazının dosya adıyla aynı değil.",
        );
    }
}

/// Every DED attachment has its part and every part its attachment (K.23, K.24). An attachment that
/// was left out is a matter of the digests' check.
fn files(package: &Package, to: &mut Findings) {
    let Some(metadata) = &package.metadata else {
        return;
    };
    let left_out: HashSet<&Guid> = metadata
        .recipients
        .iter()
        .flat_map(|line| &line.left_out)
        .collect();
    let mut claimed: HashSet<&str> = HashSet::new();
    for ek in &metadata.attachments {
        if ek.kind != AttachmentKind::File {
            continue;
        }
        let name = quoted(ek.file_name.as_deref().unwrap_or_else(|| ek.id.as_str()));
        by_id(package, ek, &name, to);
        if let Some(part) = package.attachment_part(ek) {
            claimed.insert(part);
        } else if let Some(part) = package.attachment_in_wrong_role(ek) {
            claimed.insert(part);
            let (said, found) = match ek.signed {
                Some(true) => ("imzalı", "imzasız"),
                _ => ("imzasız", "imzalı"),
            };
            to.push(
                Finding::new(
                    "CB.EK_ROLU",
                    Severity::Critical,
                    format!(
                        "{name} eki Üstveri'de {said}, pakette {found} ek olarak duruyor; bu dosya \
                         o ek sayılmaz."
                    ),
                )
                .at(part),
            );
        } else if !left_out.contains(&ek.id) {
            to.critical(
                "K.23",
                format!("{name} eki Üstveri'de yazıyor, pakette yok."),
            );
        }
    }
    let mut related: HashSet<String> = HashSet::new();
    for relation in &package.relations {
        related.insert(relation.part.to_ascii_lowercase());
        let is_file = matches!(relation.role, Role::Attachment | Role::UnsignedAttachment);
        if is_file
            && package.part(&relation.part).is_some()
            && !claimed.contains(relation.part.as_str())
        {
            to.push(
                Finding::new(
                    "K.24",
                    Severity::Critical,
                    "Pakette Üstveri'de yazmayan bir ek var.",
                )
                .at(&relation.part),
            );
        }
    }
    for part in &package.parts {
        let known = part.name.contains("/_rels/")
            || part.name.starts_with("/[")
            || related.contains(&part.name.to_ascii_lowercase());
        if !known {
            to.push(
                Finding::new(
                    "CB.FAZLA_BILESEN",
                    Severity::Warning,
                    "Pakette hiçbir ilişkinin göstermediği bir dosya var.",
                )
                .at(&part.name),
            );
        }
    }
}

/// A relationship, which no digest covers, leads to the file that Üstveri names: whoever passes a
/// package on could exchange two signed attachments otherwise.
fn by_id(package: &Package, ek: &Attachment, name: &str, to: &mut Findings) {
    if ek.signed == Some(false) {
        return;
    }
    let Some((part, bears)) = package.attachment_by_id(ek) else {
        return;
    };
    let finding = match bears {
        Bears::Own => return,
        Bears::Another => Finding::new(
            "KAP.EK_DOSYASI",
            Severity::Critical,
            format!("{name} ekinin ilişkisi başka bir ekin dosyasını gösteriyor."),
        ),
        // That it has no file name is said elsewhere.
        Bears::Nobody if ek.file_name.is_none() => return,
        Bears::Nobody => Finding::new(
            "OKUMA.EK_DOSYAADI",
            Severity::Warning,
            format!(
                "{name} ekinin dosyası pakette başka adla duruyor; hangi dosya olduğunu yalnız \
                 imzalanmayan ilişki söylüyor."
            ),
        ),
    };
    to.push(finding.at(part));
}
