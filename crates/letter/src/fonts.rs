//! The faces that a letter is set in: the institution's first, an embedded serif behind them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use ttf_parser::Permissions;
use typst::foundations::Bytes;
use typst::text::{Font, FontBook, FontStyle, FontWeight};
use typst::utils::LazyHash;

/// Most bytes of one face.
const MOST_BYTES: usize = 8_000_000;
/// Most faces of a set: regular, italic, bold, bold italic.
const MOST_FACES: usize = 4;
/// What every official letter needs.
const NEEDED: &str = "abcçdefgğhıijklmnoöprsştuüvyzABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZâîûÂÎÛ\
    0123456789.,:;-–/()'\"?!%&+=";

/// Why a file cannot be a letter's font.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FontError {
    #[error("not a TrueType or OpenType font, or a damaged one")]
    NotAFont,
    #[error("larger than {MOST_BYTES} bytes")]
    TooLarge,
    #[error("more than {MOST_FACES} faces")]
    TooMany,
    #[error("its licence forbids embedding")]
    Restricted,
    #[error("a variable font; only fixed faces are taken")]
    Variable,
    #[error("the faces belong to different families: {0} and {1}")]
    Families(String, String),
    #[error("no upright face of normal weight")]
    NoRegular,
    #[error("letters are missing: {0}")]
    Letters(String),
}

/// A set of faces, ready to set letters in.
#[derive(Debug)]
pub struct Fonts {
    faces: Vec<Font>,
    book: LazyHash<FontBook>,
    families: Vec<String>,
}

/// Serif and symbols that stand behind every other face, so that a rare sign is still printed.
static EMBEDDED: LazyLock<Vec<Font>> = LazyLock::new(|| {
    typst_assets::fonts()
        .flat_map(|bytes| Font::iter(Bytes::new(bytes)))
        .filter(|font| FALLBACK.contains(&font.info().family.as_str()))
        .collect()
});
const FALLBACK: [&str; 2] = ["Libertinus Serif", "DejaVu Sans Mono"];

impl Default for Fonts {
    /// The embedded serif alone.
    fn default() -> Self {
        Self::of(Vec::new())
    }
}

impl Fonts {
    /// Checks the faces of one family, the upright of normal weight among them.
    ///
    /// # Errors
    /// [`FontError`], the first that is found.
    pub fn new<B: AsRef<[u8]> + Send + Sync + 'static>(
        files: impl IntoIterator<Item = B>,
    ) -> Result<Self, FontError> {
        let mut faces: Vec<Font> = Vec::new();
        for file in files {
            let bytes = Bytes::new(file);
            if bytes.len() > MOST_BYTES {
                return Err(FontError::TooLarge);
            }
            let face = Font::new(bytes, 0).ok_or(FontError::NotAFont)?;
            let read = ttf_parser::Face::parse(face.data(), 0).map_err(|_| FontError::NotAFont)?;
            // OS/2 fsType, OpenType specification: bits 0-3 and 8.
            if read.permissions() == Some(Permissions::Restricted) || !read.is_subsetting_allowed()
            {
                return Err(FontError::Restricted);
            }
            if read.is_variable() {
                return Err(FontError::Variable);
            }
            if let Some(first) = faces.first()
                && first.info().family != face.info().family
            {
                return Err(FontError::Families(
                    first.info().family.clone(),
                    face.info().family.clone(),
                ));
            }
            faces.push(face);
        }
        if faces.len() > MOST_FACES {
            return Err(FontError::TooMany);
        }
        let regular = faces
            .iter()
            .find(|face| {
                let variant = face.info().variant;
                variant.style == FontStyle::Normal && variant.weight == FontWeight::REGULAR
            })
            .ok_or(FontError::NoRegular)?;
        let missing: String = NEEDED
            .chars()
            .filter(|letter| !has(regular, *letter))
            .collect();
        if !missing.is_empty() {
            return Err(FontError::Letters(missing));
        }
        Ok(Self::of(faces))
    }

    fn of(own: Vec<Font>) -> Self {
        let mut families: Vec<String> = own
            .first()
            .map(|face| face.info().family.clone())
            .into_iter()
            .collect();
        families.extend(FALLBACK.map(str::to_owned));
        let mut faces = own;
        faces.extend(EMBEDDED.iter().cloned());
        Self {
            book: LazyHash::new(FontBook::from_fonts(&faces)),
            faces,
            families,
        }
    }

    /// The characters of `text` that no face has; they would leave a hole in the letter, so
    /// PDF/A refuses them.
    #[must_use]
    pub fn lacks(&self, text: &str) -> Vec<char> {
        let asked: BTreeSet<char> = text
            .chars()
            .filter(|character| !character.is_whitespace() && !is_invisible(*character))
            .collect();
        asked
            .into_iter()
            .filter(|character| !self.faces.iter().any(|face| has(face, *character)))
            .collect()
    }

    pub(crate) fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    pub(crate) fn face(&self, index: usize) -> Option<Font> {
        self.faces.get(index).cloned()
    }

    pub(crate) fn families(&self) -> &[String] {
        &self.families
    }
}

fn has(face: &Font, character: char) -> bool {
    face.info().coverage.contains(u32::from(character))
}

/// Joiners, direction marks and soft hyphens: they have no picture.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}')
}
