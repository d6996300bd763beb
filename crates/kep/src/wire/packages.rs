//! Listing, fetching, confirming and deleting messages.

use super::{Account, Answer, Binary, Fields, Record, Request, Shape, Status, WireError, Xsd};

/// One message in a folder, as the three listing operations show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageRow {
    /// The provider's id, in Message-ID form.
    pub kep_id: Option<String>,
    /// Message-ID of the original message.
    pub original_message_id: Option<String>,
    /// Number within the folder.
    pub sequence: Option<i64>,
    pub from: Option<String>,
    pub from_kep: Option<String>,
    pub subject: Option<String>,
    pub kind: Option<String>,
    pub kind_id: Option<String>,
}

impl PackageRow {
    fn is_filled(&self) -> bool {
        [
            &self.kep_id,
            &self.original_message_id,
            &self.from,
            &self.from_kep,
            &self.subject,
        ]
        .into_iter()
        .flatten()
        .any(|text| !text.trim().is_empty())
    }
}

/// What all three listings ask: a folder between two times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageQuery {
    pub account: Account,
    /// `xsd:dateTime`.
    pub from: Option<String>,
    pub until: Option<String>,
    /// The service takes `INBOX` when it is left out.
    pub folder: Option<String>,
}

impl Record for PackageQuery {
    const TYPE: &'static str = "eyPaketSorgula";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.record("kepHesap", &mut self.account)?;
        f.text("ilktarih", Xsd::DateTime, &mut self.from)?;
        f.text("sontarih", Xsd::DateTime, &mut self.until)?;
        f.text("dizin", Xsd::String, &mut self.folder)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaketSorgula(pub PackageQuery);
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaketSorgula2(pub PackageQuery);
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaketSorgula3(pub PackageQuery);

impl Record for PaketSorgula {
    const TYPE: &'static str = PackageQuery::TYPE;
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.0.fields(f)
    }
}

impl Request for PaketSorgula {
    const OPERATION: &'static str = "PaketSorgula";
    type Answer = PaketSorgulaAnswer;
}

impl Record for PaketSorgula2 {
    const TYPE: &'static str = PackageQuery::TYPE;
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.0.fields(f)
    }
}

impl Request for PaketSorgula2 {
    const OPERATION: &'static str = "PaketSorgula2";
    type Answer = PaketSorgula2Answer;
}

impl Record for PaketSorgula3 {
    const TYPE: &'static str = PackageQuery::TYPE;
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.0.fields(f)
    }
}

impl Request for PaketSorgula3 {
    const OPERATION: &'static str = "PaketSorgula3";
    type Answer = PaketSorgula3Answer;
}

/// The columns of a listing, as parallel lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageColumns {
    pub kep_id: Vec<Option<String>>,
    pub original_message_id: Vec<Option<String>>,
    pub sequence: Vec<Option<i64>>,
    pub from: Vec<Option<String>>,
    pub from_kep: Vec<Option<String>>,
    pub subject: Vec<Option<String>>,
    pub kind: Vec<Option<String>>,
    pub kind_id: Vec<Option<String>>,
}

impl PackageColumns {
    pub fn from_rows(rows: impl IntoIterator<Item = PackageRow>) -> Self {
        let mut columns = Self::default();
        for row in rows {
            columns.kep_id.push(row.kep_id);
            columns.original_message_id.push(row.original_message_id);
            columns.sequence.push(row.sequence);
            columns.from.push(row.from);
            columns.from_kep.push(row.from_kep);
            columns.subject.push(row.subject);
            columns.kind.push(row.kind);
            columns.kind_id.push(row.kind_id);
        }
        columns
    }

    /// The rows; one that names neither id, nor sender, nor subject is left out (an empty listing
    /// holds one such row). A row may lack the one id or the other: what that means is the reader's
    /// to judge.
    ///
    /// # Errors
    /// [`WireError::UnevenLists`] when a column neither is absent nor has one entry a row.
    pub fn rows(&self) -> Result<Vec<PackageRow>, WireError> {
        let count = self.kep_id.len();
        even("OrgMesajId", &self.original_message_id, count)?;
        even("kepSiraNo", &self.sequence, count)?;
        even("from", &self.from, count)?;
        even("fromKep", &self.from_kep, count)?;
        even("konu", &self.subject, count)?;
        even("tur", &self.kind, count)?;
        even("turId", &self.kind_id, count)?;
        let row = |i| PackageRow {
            kep_id: entry(&self.kep_id, i),
            original_message_id: entry(&self.original_message_id, i),
            sequence: entry(&self.sequence, i),
            from: entry(&self.from, i),
            from_kep: entry(&self.from_kep, i),
            subject: entry(&self.subject, i),
            kind: entry(&self.kind, i),
            kind_id: entry(&self.kind_id, i),
        };
        Ok((0..count).map(row).filter(PackageRow::is_filled).collect())
    }

    fn fields_of(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.texts("kepId", Xsd::String, &mut self.kep_id)?;
        f.texts("OrgMesajId", Xsd::String, &mut self.original_message_id)?;
        f.ints("kepSiraNo", &mut self.sequence)?;
        f.texts("from", Xsd::String, &mut self.from)?;
        f.texts("fromKep", Xsd::String, &mut self.from_kep)?;
        f.texts("konu", Xsd::String, &mut self.subject)?;
        f.texts("tur", Xsd::String, &mut self.kind)?;
        f.texts("turId", Xsd::String, &mut self.kind_id)
    }
}

/// A column may be missing as a whole; otherwise it has one entry a row.
pub(super) fn even<T>(field: &'static str, column: &[T], expected: usize) -> Result<(), WireError> {
    if column.is_empty() || column.len() == expected {
        return Ok(());
    }
    Err(WireError::UnevenLists {
        field,
        expected,
        found: column.len(),
    })
}

pub(super) fn entry<T: Clone>(column: &[Option<T>], i: usize) -> Option<T> {
    column.get(i).cloned().flatten()
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaketSorgulaAnswer {
    pub durum: Vec<Option<i64>>,
    pub columns: PackageColumns,
    pub explanation: Vec<Option<String>>,
}

impl Record for PaketSorgulaAnswer {
    const TYPE: &'static str = "eyPaketSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.ints("durum", &mut self.durum)?;
        self.columns.fields_of(f)?;
        f.texts("hataaciklama", Xsd::String, &mut self.explanation)
    }
}

impl Answer for PaketSorgulaAnswer {
    const WRAPPER: &'static str = "PaketSorgulaResponse";
    const SHAPE: Shape = Shape::InReturn;
}

/// `iletiler` of the second and third listing: usually one message each, though the contract lets it hold lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packages2(pub PackageColumns);
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packages3(pub PackageColumns);

impl Record for Packages2 {
    const TYPE: &'static str = "eyPaketSonuc2";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.0.fields_of(f)
    }
}

impl Record for Packages3 {
    const TYPE: &'static str = "eyPaketSonuc3";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.0.fields_of(f)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaketSorgula2Answer {
    pub messages: Vec<Packages2>,
    pub status: Status,
}

impl Record for PaketSorgula2Answer {
    const TYPE: &'static str = "PaketSorgulaResponse2";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.records("iletiler", &mut self.messages)?;
        self.status.fields_of(f)
    }
}

impl Answer for PaketSorgula2Answer {
    const WRAPPER: &'static str = "PaketSorgulaResponse2";
    const SHAPE: Shape = Shape::Direct;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaketSorgula3Answer {
    pub messages: Vec<Packages3>,
    pub status: Status,
}

impl Record for PaketSorgula3Answer {
    const TYPE: &'static str = "PaketSorgulaResponse3";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.records("iletiler", &mut self.messages)?;
        self.status.fields_of(f)
    }
}

impl Answer for PaketSorgula3Answer {
    const WRAPPER: &'static str = "PaketSorgulaResponse3";
    const SHAPE: Shape = Shape::Direct;
}

/// Fetches a message or its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indir {
    pub account: Account,
    pub kep_id: Option<String>,
    pub sequence: Option<i64>,
    /// `ALL`, `ORGM` or `ORGMATTACH`; the service takes `ALL` when it is left out.
    pub part: Option<String>,
    pub security_id: Option<String>,
    pub folder: Option<String>,
}

impl Record for Indir {
    const TYPE: &'static str = "eyIndir";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.record("kepHesap", &mut self.account)?;
        f.text("kepId", Xsd::String, &mut self.kep_id)?;
        f.int("kepSiraNo", &mut self.sequence)?;
        f.text("ePart", Xsd::Part, &mut self.part)?;
        f.text("eGuvenlikId", Xsd::String, &mut self.security_id)?;
        f.text("dizin", Xsd::String, &mut self.folder)
    }
}

impl Request for Indir {
    const OPERATION: &'static str = "Indir";
    type Answer = IndirAnswer;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndirAnswer {
    pub durum: Option<i64>,
    /// Each one a MIME message.
    pub packages: Vec<Binary>,
    pub explanation: Option<String>,
}

impl Record for IndirAnswer {
    const TYPE: &'static str = "eyIndirSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.int("durum", &mut self.durum)?;
        f.binaries("ePaket", &mut self.packages)?;
        f.text("hataaciklama", Xsd::String, &mut self.explanation)
    }
}

impl Answer for IndirAnswer {
    const WRAPPER: &'static str = "IndirResponse";
    const SHAPE: Shape = Shape::InReturn;
}

/// Names one message in a folder, by the provider's id or by its number: `eyPaketKepId`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageRef {
    pub account: Account,
    pub kep_id: Option<String>,
    pub sequence: Option<i64>,
    pub folder: Option<String>,
}

impl Record for PackageRef {
    const TYPE: &'static str = "eyPaketKepId";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.record("kepHesap", &mut self.account)?;
        f.text("kepId", Xsd::String, &mut self.kep_id)?;
        f.int("kepSiraNo", &mut self.sequence)?;
        f.text("dizin", Xsd::String, &mut self.folder)
    }
}

/// Confirms receipt of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlindiOnay(pub PackageRef);
/// Deletes a message from its folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaketSil(pub PackageRef);

impl Record for AlindiOnay {
    const TYPE: &'static str = PackageRef::TYPE;
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.0.fields(f)
    }
}

impl Request for AlindiOnay {
    const OPERATION: &'static str = "AlindiOnay";
    type Answer = AlindiOnayAnswer;
}

impl Record for PaketSil {
    const TYPE: &'static str = PackageRef::TYPE;
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.0.fields(f)
    }
}

impl Request for PaketSil {
    const OPERATION: &'static str = "PaketSil";
    type Answer = PaketSilAnswer;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlindiOnayAnswer {
    pub status: Status,
}

impl Record for AlindiOnayAnswer {
    const TYPE: &'static str = "eyDurumSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.status.fields_of(f)
    }
}

impl Answer for AlindiOnayAnswer {
    const WRAPPER: &'static str = "AlindiOnayResponse";
    const SHAPE: Shape = Shape::InReturn;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaketSilAnswer {
    pub status: Status,
}

impl Record for PaketSilAnswer {
    const TYPE: &'static str = "eyDurumSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.status.fields_of(f)
    }
}

impl Answer for PaketSilAnswer {
    const WRAPPER: &'static str = "PaketSilResponse";
    const SHAPE: Shape = Shape::InReturn;
}
