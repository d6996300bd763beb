//! Names of parts, relationships and namespaces, and how a file's name becomes a part's.

use crate::model::Generation;

pub const RELATIONSHIP: &str = "http://eyazisma.dpt/iliskiler/";
pub const CORE_RELATIONSHIP: &str =
    "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties";
pub const RELATIONSHIPS_NS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
pub const CONTENT_TYPES_NS: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
pub const CORE_NS: &str = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties";
pub const DC_NS: &str = "http://purl.org/dc/elements/1.1/";
pub const DCTERMS_NS: &str = "http://purl.org/dc/terms/";
pub const XSI_NS: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A part inside the package, in a digest list.
pub const INTERNAL: &str = "http://eyazisma.dpt/bilesen#dahili";
/// A file outside the package, in a digest list.
pub const EXTERNAL: &str = "http://eyazisma.dpt/bilesen#harici";

pub const METADATA: &str = "/Ustveri/Ustveri.xml";
pub const INITIALS_DIGEST: &str = "/ParafOzeti/ParafOzeti.xml";
pub const INITIALS_SIGNATURE: &str = "/Paraflar/ParafImzaCades.imz";
pub const PACKAGE_DIGEST: &str = "/PaketOzeti/PaketOzeti.xml";
pub const SIGNATURE: &str = "/Imzalar/ImzaCades.imz";
pub const FINAL_METADATA: &str = "/NihaiUstveri/NihaiUstveri.xml";
pub const FINAL_DIGEST: &str = "/NihaiOzet/NihaiOzet.xml";
pub const SEAL: &str = "/Muhur/MuhurCades.imz";
pub const UPDATE: &str = "/GuncellemeBilgisi/GuncellemeBilgisi.xml";
pub const ORIGINAL: &str = "/OrijinalPaket/OrijinalPaket.eyp";
pub const LETTER_FOLDER: &str = "/UstYazi/";
pub const ATTACHMENT_FOLDER: &str = "/Ekler/";
pub const UNSIGNED_FOLDER: &str = "/ImzasizEkler/";
pub const CONTENT_TYPES: &str = "/[Content_Types].xml";
pub const ROOT_RELATIONSHIPS: &str = "/_rels/.rels";

/// The package's own media type.
pub const MEDIA_TYPE: &str = "application/eyazisma";
pub const CORE_MEDIA_TYPE: &str = "application/vnd.openxmlformats-package.core-properties+xml";
pub const RELS_MEDIA_TYPE: &str = "application/vnd.openxmlformats-package.relationships+xml";
pub const XML_MEDIA_TYPE: &str = "application/xml";
pub const BINARY_MEDIA_TYPE: &str = "application/octet-stream";

pub const PLAIN: &str = "RESMIYAZISMA";
pub const ENCRYPTED: &str = "RESMIYAZISMA/SIFRELI";
pub const UPDATED: &str = "RESMIYAZISMA/GUNCELLEME";

const NAMESPACE: &str = "urn:dpt:eyazisma:schema:xsd:";

/// The namespace of one of the package's schemas.
#[must_use]
pub fn namespace(schema: &str, generation: Generation) -> String {
    let number = match generation {
        Generation::One => 1,
        Generation::Two => 2,
    };
    format!("{NAMESPACE}{schema}-{number}")
}

/// The generation that a namespace belongs to; none for a foreign one.
#[must_use]
pub fn generation_of(namespace: &str) -> Option<Generation> {
    match namespace.strip_prefix(NAMESPACE)?.rsplit_once('-')?.1 {
        "1" => Some(Generation::One),
        "2" => Some(Generation::Two),
        _ => None,
    }
}

/// The name that a file gets as a part: Turkish letters become ASCII ones; white space and what
/// else is not printable ASCII, or means something in a part's name, is left out.
///
/// ```
/// assert_eq!(eyazisma::part_file_name("Bütçe İcmali (şubat).pdf"), "ButceIcmali(subat).pdf");
/// ```
#[must_use]
pub fn part_file_name(name: &str) -> String {
    let mapped: String = name.chars().filter_map(ascii).collect();
    // OPC: a segment neither ends in a dot nor consists of dots.
    let mapped = mapped.trim_matches('.');
    if mapped.is_empty() {
        return "dosya".to_owned();
    }
    match mapped.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= MOST_EXTENSION => {
            fitting(stem, &format!(".{extension}"))
        }
        _ => fitting(mapped, ""),
    }
}

/// Characters of a part's file name.
const MOST: usize = 150;
/// Characters of what counts as an extension; programs open a file by it, so it is kept.
const MOST_EXTENSION: usize = 16;

/// Stem and tail within the length: the stem gives way, and never ends in a dot.
fn fitting(stem: &str, tail: &str) -> String {
    let stem = stem.get(..MOST.saturating_sub(tail.len())).unwrap_or(stem);
    let stem = match tail {
        "" => stem.trim_end_matches('.'),
        _ => stem,
    };
    format!("{stem}{tail}")
}

fn ascii(character: char) -> Option<char> {
    Some(match character {
        'ç' => 'c',
        'Ç' => 'C',
        'ğ' => 'g',
        'Ğ' => 'G',
        'ı' => 'i',
        'İ' => 'I',
        'ö' => 'o',
        'Ö' => 'O',
        'ş' => 's',
        'Ş' => 'S',
        'ü' => 'u',
        'Ü' => 'U',
        'â' | 'Â' => 'a',
        'î' | 'Î' => 'i',
        'û' | 'Û' => 'u',
        other
            if other.is_ascii_alphanumeric()
                || matches!(other, '.' | '-' | '_' | '(' | ')' | '+' | '=' | ',' | '!') =>
        {
            other
        }
        _ => return None,
    })
}

/// [`part_file_name`] for several files: names that would be the same get a number.
///
/// ```
/// let names = eyazisma::part_file_names(["Ek 1.pdf", "ek1.PDF"]);
/// assert_eq!(names, ["Ek1.pdf", "ek1-2.PDF"]);
/// ```
pub fn part_file_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken: Vec<String> = Vec::new();
    for name in names {
        let plain = part_file_name(name);
        let (stem, extension) = match plain.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() && extension.len() <= MOST_EXTENSION => {
                (stem, format!(".{extension}"))
            }
            _ => (plain.as_str(), String::new()),
        };
        let free = (1..)
            .map(|number| match number {
                1 => plain.clone(),
                number => fitting(stem, &format!("-{number}{extension}")),
            })
            .find(|name| !taken.iter().any(|other| other.eq_ignore_ascii_case(name)));
        taken.push(free.unwrap_or(plain));
    }
    taken
}

/// Resolves a relationship's target against the folder of its source; percent escapes are undone.
///
/// None when it leads out of the package or elsewhere.
#[must_use]
pub fn resolve(folder: &str, target: &str) -> Option<String> {
    let target = unescape(target)?;
    if target.contains("://") || target.contains('\\') {
        return None;
    }
    let joined = match target.strip_prefix('/') {
        Some(_) => target,
        None => format!("{folder}{target}"),
    };
    let mut segments: Vec<&str> = Vec::new();
    for segment in joined.split('/').skip(1) {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            segment => segments.push(segment),
        }
    }
    Some(format!("/{}", segments.join("/")))
}

/// Undoes percent escapes; none when they are no text.
#[must_use]
pub fn unescape(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let high = char::from(rest.next()?).to_digit(16)?;
        let low = char::from(rest.next()?).to_digit(16)?;
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// The last segment of a part's name.
#[must_use]
pub fn file_name(part: &str) -> &str {
    part.rsplit('/').next().unwrap_or(part)
}
