//! What an institution chooses once for all its letters: header, logos, contact, foot.

use serde::{Deserialize, Serialize};

use crate::logo::Logo;

/// The lines of the foot, `{kod}` and `{adres}` standing for what the letter carries. The
/// regulation (m. 23) says what they tell; their official wording is not publicly known, so
/// these are a default that an institution replaces by its own.
pub const VERIFICATION_LINES: [&str; 2] = [
    "Bu belge, güvenli elektronik imza ile imzalanmıştır.",
    "Belge Doğrulama Kodu: {kod}   Belge Doğrulama Adresi: {adres}",
];

/// The letterhead (antet) and the foot of an institution or one of its units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Letterhead {
    /// Başlık (m. 10): `T.C.`, the institution in capitals, the unit; at most four are usual.
    pub header: Vec<String>,
    /// The superior body's (m. 10).
    #[serde(skip)]
    pub left_logo: Option<Logo>,
    /// The subordinate body's.
    #[serde(skip)]
    pub right_logo: Option<Logo>,
    /// İletişim, left (m. 24): address, telephone, KEP address.
    pub contact: Vec<String>,
    /// İletişim, right: the person to ask.
    pub person: Vec<String>,
    /// See [`VERIFICATION_LINES`].
    pub verification: Vec<String>,
    /// Size of the text in points, 9 to 12 (m. 7).
    pub size: f64,
}

impl Default for Letterhead {
    fn default() -> Self {
        Self {
            header: Vec::new(),
            left_logo: None,
            right_logo: None,
            contact: Vec::new(),
            person: Vec::new(),
            verification: VERIFICATION_LINES.map(str::to_owned).to_vec(),
            size: 12.0,
        }
    }
}
