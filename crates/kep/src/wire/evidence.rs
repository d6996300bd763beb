//! Listing and fetching evidence.

use super::packages::{PackageRef, entry, even};
use super::{Account, Answer, Binary, Fields, Record, Request, Shape, Status, WireError, Xsd};

/// One evidence as a listing shows it. Number and time stay text: what cannot be read is kept, not refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EvidenceRow {
    pub durum: Option<i64>,
    pub evidence_id: Option<String>,
    /// `delilTurId`.
    pub code: Option<String>,
    /// `delilaciklama`.
    pub text: Option<String>,
    /// `tarih`; whether it carries an offset is not known.
    pub time: Option<String>,
    pub kephs: Option<String>,
    /// Only `PaketDetayDelilSorgula` knows it.
    pub recipient: Option<String>,
    pub explanation: Option<String>,
}

/// Evidence of a message, without recipients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaketDelilSorgula(pub PackageRef);
/// Evidence of a message, with the recipient of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaketDetayDelilSorgula(pub PackageRef);

impl Record for PaketDelilSorgula {
    const TYPE: &'static str = PackageRef::TYPE;
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.0.fields(f)
    }
}

impl Request for PaketDelilSorgula {
    const OPERATION: &'static str = "PaketDelilSorgula";
    type Answer = PaketDelilSorgulaAnswer;
}

impl Record for PaketDetayDelilSorgula {
    const TYPE: &'static str = PackageRef::TYPE;
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.0.fields(f)
    }
}

impl Request for PaketDetayDelilSorgula {
    const OPERATION: &'static str = "PaketDetayDelilSorgula";
    type Answer = PaketDetayDelilSorgulaAnswer;
}

/// Parallel lists; see [`PaketDelilSorgulaAnswer::rows`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaketDelilSorgulaAnswer {
    pub durum: Vec<Option<i64>>,
    pub evidence_id: Vec<Option<String>>,
    pub code: Vec<Option<String>>,
    pub text: Vec<Option<String>>,
    pub time: Vec<Option<String>>,
    pub kephs: Vec<Option<String>>,
    pub explanation: Vec<Option<String>>,
}

impl PaketDelilSorgulaAnswer {
    pub fn from_rows(rows: impl IntoIterator<Item = EvidenceRow>) -> Self {
        let mut answer = Self::default();
        for row in rows {
            answer.durum.push(row.durum);
            answer.evidence_id.push(row.evidence_id);
            answer.code.push(row.code);
            answer.text.push(row.text);
            answer.time.push(row.time);
            answer.kephs.push(row.kephs);
            answer.explanation.push(row.explanation);
        }
        answer
    }

    /// The rows; those without any content are left out (an empty list holds one such row).
    ///
    /// # Errors
    /// [`WireError::UnevenLists`]: then ask [`PaketDetayDelilSorgula`], where nothing can be paired wrongly.
    pub fn rows(&self) -> Result<Vec<EvidenceRow>, WireError> {
        let count = self.evidence_id.len();
        even("delilTurId", &self.code, count)?;
        even("delilaciklama", &self.text, count)?;
        even("tarih", &self.time, count)?;
        even("kephs", &self.kephs, count)?;
        let row = |i| EvidenceRow {
            durum: entry(&self.durum, i),
            evidence_id: entry(&self.evidence_id, i),
            code: entry(&self.code, i),
            text: entry(&self.text, i),
            time: entry(&self.time, i),
            kephs: entry(&self.kephs, i),
            recipient: None,
            explanation: entry(&self.explanation, i),
        };
        let says_something = |row: &EvidenceRow| {
            row.evidence_id.is_some() || row.code.is_some() || row.text.is_some()
        };
        Ok((0..count).map(row).filter(says_something).collect())
    }
}

impl Record for PaketDelilSorgulaAnswer {
    const TYPE: &'static str = "eyPaketDelilSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.ints("durum", &mut self.durum)?;
        f.texts("delilId", Xsd::String, &mut self.evidence_id)?;
        f.texts("delilTurId", Xsd::Int, &mut self.code)?;
        f.texts("delilaciklama", Xsd::String, &mut self.text)?;
        f.texts("tarih", Xsd::DateTime, &mut self.time)?;
        f.texts("kephs", Xsd::String, &mut self.kephs)?;
        f.texts("hataaciklama", Xsd::String, &mut self.explanation)
    }
}

impl Answer for PaketDelilSorgulaAnswer {
    const WRAPPER: &'static str = "PaketDelilSorgulaResponse";
    const SHAPE: Shape = Shape::InReturn;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaketDetayDelilSorgulaAnswer {
    pub rows: Vec<EvidenceRow>,
    pub status: Status,
}

impl Record for EvidenceRow {
    const TYPE: &'static str = "eyPaketDetayDelilSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.int("durum", &mut self.durum)?;
        f.text("delilId", Xsd::String, &mut self.evidence_id)?;
        f.text("delilTurId", Xsd::Int, &mut self.code)?;
        f.text("delilaciklama", Xsd::String, &mut self.text)?;
        f.text("tarih", Xsd::DateTime, &mut self.time)?;
        f.text("kephs", Xsd::String, &mut self.kephs)?;
        f.text("alici", Xsd::String, &mut self.recipient)?;
        f.text("hataaciklama", Xsd::String, &mut self.explanation)
    }
}

impl Record for PaketDetayDelilSorgulaAnswer {
    const TYPE: &'static str = "PaketDetayDelilSorgulaResponse";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.records("DelilSonuc", &mut self.rows)?;
        self.status.fields_of(f)
    }
}

impl Answer for PaketDetayDelilSorgulaAnswer {
    const WRAPPER: &'static str = "PaketDetayDelilSorgulaResponse";
    const SHAPE: Shape = Shape::Direct;
}

/// Fetches the file of one evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaketDelilIndir {
    pub account: Account,
    pub evidence_id: Option<String>,
}

impl Record for PaketDelilIndir {
    const TYPE: &'static str = "eyPaketDelilId";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.record("kepHesap", &mut self.account)?;
        f.text("delilId", Xsd::String, &mut self.evidence_id)
    }
}

impl Request for PaketDelilIndir {
    const OPERATION: &'static str = "PaketDelilIndir";
    type Answer = PaketDelilIndirAnswer;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaketDelilIndirAnswer {
    pub durum: Option<i64>,
    /// Evidence XML as a rule.
    pub evidence: Option<Binary>,
    pub explanation: Option<String>,
}

impl Record for PaketDelilIndirAnswer {
    const TYPE: &'static str = "eyPaketDelilIndirSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.int("durum", &mut self.durum)?;
        f.binary("eDelil", &mut self.evidence)?;
        f.text("hataaciklama", Xsd::String, &mut self.explanation)
    }
}

impl Answer for PaketDelilIndirAnswer {
    const WRAPPER: &'static str = "PaketDelilIndirResponse";
    const SHAPE: Shape = Shape::InReturn;
}
