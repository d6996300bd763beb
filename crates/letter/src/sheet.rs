//! The facts that stand on a letter, as plain serialisable data.

use serde::{Deserialize, Serialize};

/// All facts of one letter; the same sheet gives the same bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sheet {
    /// Names the document inside the PDF; stable over the letter's life.
    pub id: String,
    /// ISO 639-1 or -3; `tr` and `tur` are Turkish.
    pub language: String,
    pub form: Form,
    /// Sayı (m. 11); empty until it is taken.
    pub number: String,
    /// Tarih as it stands (m. 12), `24.11.2026`; empty until it is known.
    pub date: String,
    /// The same day for the PDF's own record.
    pub day: Day,
    /// Konu (m. 13), without closing punctuation.
    pub subject: String,
    /// `ACELE`, `GÜNLÜDÜR`, `Miat: 28.02.2026`: red, top right, first page only (m. 26).
    pub marks: Vec<String>,
    /// `HİZMETE ÖZEL`: red, top and bottom of every page; empty when there is none (m. 25).
    pub confidentiality: String,
    /// Muhatap (m. 14).
    pub addressee: Addressee,
    /// İlgi (m. 15), the oldest first.
    pub references: Vec<Reference>,
    /// Metin (m. 16).
    pub body: Vec<Block>,
    /// The highest first (m. 17).
    pub signatures: Vec<SignatureBlock>,
    /// Ek (m. 18), in their order.
    pub attachments: Vec<String>,
    /// Dağıtım (m. 19); empty when there is one addressee.
    pub distribution: Distribution,
    /// `None` for a draft, whose foot says that it is one.
    pub verification: Option<Verification>,
}

/// What kind of page the facts make.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    #[default]
    Letter,
    /// A proposal that its highest signer grants with `OLUR` (m. 20).
    Consent,
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Default for Day {
    /// A draft has no day of its own; its record says the first of 2000.
    fn default() -> Self {
        Self {
            year: 2000,
            month: 1,
            day: 1,
        }
    }
}

/// To whom the letter is written (m. 14).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Addressee {
    /// Not chosen yet, or a form without one.
    #[default]
    None,
    /// `İÇİŞLERİ BAKANLIĞINA`, below it `(Mahallî İdareler Genel Müdürlüğü)`.
    Office {
        name: String,
        #[serde(default)]
        unit: String,
        /// Lines of the address, when outside the institution.
        #[serde(default)]
        address: Vec<String>,
    },
    /// `Sayın Ayşe YILMAZ`.
    Person {
        name: String,
        #[serde(default)]
        address: Vec<String>,
    },
    /// `DAĞITIM YERLERİNE`.
    Several,
}

/// A line of İlgi.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// `a`, `b`, `c`, `ç` …; empty when it is the only one.
    #[serde(default)]
    pub mark: String,
    pub text: String,
}

/// A paragraph, a list or a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    Paragraph { runs: Vec<Run> },
    BulletList { items: Vec<Vec<Block>> },
    OrderedList { items: Vec<Vec<Block>> },
    Table { rows: Vec<Vec<Cell>> },
}

/// A cell of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    #[serde(default)]
    pub header: bool,
    pub blocks: Vec<Block>,
}

/// A stretch of text of one style; a line break is `\n`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub text: String,
    #[serde(default)]
    pub strong: bool,
    #[serde(default)]
    pub emphasis: bool,
    #[serde(default)]
    pub underline: bool,
}

/// Name and title below the text; never a mark that it is e-signed (m. 17).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureBlock {
    /// `Ali ŞAHİN`
    pub name: String,
    /// `Belediye Başkanı`, `Belediye Başkanı V.`, or for a delegated power two lines:
    /// `Belediye Başkanı a.`, `Başkan Yardımcısı`.
    pub titles: Vec<String>,
}

/// Gereği and Bilgi, side by side when both are there (m. 19).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Distribution {
    pub action: Vec<String>,
    pub information: Vec<String>,
}

impl Distribution {
    /// The number of lines that the longer column takes.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.action.len().max(self.information.len())
    }
}

/// What the foot of a signed letter says about checking it (m. 23).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Belge doğrulama kodu.
    pub code: String,
    /// The address where the code is typed.
    pub address: String,
    /// What the QR code says: the address with the code in it.
    pub link: String,
}
