//! Reads an import file: CSV into units, row by row, with a reason for each row that cannot stand.

use std::collections::HashMap;
use std::io::Read;

use crate::directory::{DetsisNo, InstitutionKind, KepAddress, UetsAddress, UnitRecord, postal};
use crate::store::StoreError;
use crate::turkish;

/// A row has about 100 bytes, so this is many times the whole state.
const LARGEST_FILE: u64 = 200_000_000;
/// Longest name, place or address in characters.
const LONGEST_FIELD: usize = 250;
/// Columns of an import file; the first two must be there.
const COLUMNS: [&str; 12] = [
    "detsis_no",
    "ad",
    "ust_detsis_no",
    "kurum",
    "tur",
    "il",
    "ilce",
    "kep_adresi",
    "uets_adresi",
    "etkin",
    "yerine_gecen",
    "posta_adresi",
];

/// Why nothing of a file can be read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{0} sütunu yok; ilk satırda şu sütunlar beklenir: {list}", list = COLUMNS.join(", "))]
    MissingColumn(&'static str),
    #[error("{0} sütunu tanınmıyor; şu sütunlar kullanılabilir: {list}", list = COLUMNS.join(", "))]
    UnknownColumn(String),
    #[error("ilk satır okunamadı; dosyayı UTF-8 olarak kaydedin")]
    Header,
    #[error("dosya {megabytes} MB sınırından büyük; parçalara bölüp sırayla aktarın",
        megabytes = LARGEST_FILE / 1_000_000)]
    TooLarge,
    #[error("dosya okunamadı: {0}")]
    Read(#[from] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Line of the file, counted from one; zero for rows of the seed.
    pub line: u64,
    /// Turkish, without a full stop.
    pub reason: String,
}

/// A unit and the line that states it.
pub type Numbered = (u64, UnitRecord);

/// Reads a CSV file, comma or semicolon separated, in UTF-8 with or without a byte-order mark.
///
/// Rows that cannot stand are refused one by one; parents are not looked at yet.
///
/// # Errors
/// When the header line cannot be used or the file not be read.
pub fn read(source: impl Read) -> Result<(Vec<Numbered>, Vec<Refusal>), ImportError> {
    let mut bytes = Vec::new();
    source.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(ImportError::TooLarge);
    }
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let first_line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = if first_line.contains(&b';') {
        b';'
    } else {
        b','
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(text);
    let header = reader
        .byte_headers()
        .map_err(|_| ImportError::Header)?
        .clone();
    let columns = Columns::find(&header)?;

    let mut records = Vec::new();
    let mut refused = Vec::new();
    let mut lines: HashMap<DetsisNo, u64> = HashMap::new();
    for row in reader.into_byte_records() {
        let (line, record) = match row {
            Ok(row) => {
                let line = row.position().map_or(0, csv::Position::line);
                (line, columns.record(&row))
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                (line, Err("satır CSV olarak okunamadı".to_owned()))
            }
        };
        match record {
            Ok(record) => match lines.get(&record.detsis_no) {
                Some(first) => refused.push(Refusal {
                    line,
                    reason: format!("{} numarası {first}. satırda da var", record.detsis_no),
                }),
                None => {
                    lines.insert(record.detsis_no.clone(), line);
                    records.push((line, record));
                }
            },
            Err(reason) => refused.push(Refusal { line, reason }),
        }
    }
    Ok((records, refused))
}

/// Where the known columns stand in a row.
struct Columns([Option<usize>; COLUMNS.len()]);

impl Columns {
    fn find(header: &csv::ByteRecord) -> Result<Self, ImportError> {
        let mut places = [None; COLUMNS.len()];
        for (place, cell) in header.iter().enumerate() {
            let name = std::str::from_utf8(cell)
                .map_err(|_| ImportError::Header)?
                .trim();
            let known = COLUMNS.iter().position(|column| *column == name);
            match known.and_then(|index| places.get_mut(index)) {
                Some(slot) => *slot = Some(place),
                None => return Err(ImportError::UnknownColumn(name.chars().take(40).collect())),
            }
        }
        for (index, name) in COLUMNS.iter().enumerate().take(2) {
            if places.get(index).is_none_or(Option::is_none) {
                return Err(ImportError::MissingColumn(name));
            }
        }
        Ok(Self(places))
    }

    fn record(&self, row: &csv::ByteRecord) -> Result<UnitRecord, String> {
        let cell = |name: &str| self.cell(row, name);
        let number = |text: &str| {
            DetsisNo::parse(text).map_err(|error| format!("{error}: {}", shortened(text)))
        };
        let name = cell("ad")?;
        if turkish::search_key(&name).is_empty() {
            return Err("birimin adı yok".to_owned());
        }
        let parent = some(cell("ust_detsis_no")?)
            .map(|text| number(&text))
            .transpose()?;
        let place = match (cell("il")?, cell("ilce")?) {
            (province, district) if province.is_empty() && district.is_empty() => None,
            (province, _) if province.is_empty() => {
                return Err("ilçe var ama il yok".to_owned());
            }
            place => Some(place),
        };
        Ok(UnitRecord {
            detsis_no: number(&cell("detsis_no")?)?,
            is_institution: yes_or_no(&cell("kurum")?, "kurum")?.unwrap_or(parent.is_none()),
            kind: some(cell("tur")?)
                .map(|word| {
                    InstitutionKind::parse(&word)
                        .ok_or_else(|| format!("tür tanınmıyor: {}", shortened(&word)))
                })
                .transpose()?,
            name,
            place,
            kep_address: some(cell("kep_adresi")?)
                .map(|text| {
                    KepAddress::parse(&text)
                        .map_err(|error| format!("{error}; dosyadaki: {}", shortened(&text)))
                })
                .transpose()?,
            uets_address: some(cell("uets_adresi")?)
                .map(|text| UetsAddress::parse(&text).map_err(|error| error.to_string()))
                .transpose()?,
            active: yes_or_no(&cell("etkin")?, "etkin")?.unwrap_or(true),
            successor: some(cell("yerine_gecen")?)
                .map(|text| number(&text))
                .transpose()?,
            postal_address: some(cell("posta_adresi")?)
                .map(|text| {
                    postal::from_text(&text.replace('|', "\n")).map_err(|_| {
                        format!(
                            "posta_adresi: etikete sığacak iki satır olmuyor: {}",
                            shortened(&text)
                        )
                    })
                })
                .transpose()?,
            parent,
        })
    }

    /// The trimmed, composed text of a cell; empty when the row or the file lacks it.
    fn cell(&self, row: &csv::ByteRecord, name: &str) -> Result<String, String> {
        let place = COLUMNS.iter().position(|column| *column == name);
        let place = place.and_then(|index| self.0.get(index).copied().flatten());
        let bytes = place.and_then(|place| row.get(place)).unwrap_or_default();
        let text = std::str::from_utf8(bytes)
            .map_err(|_| format!("{name}: UTF-8 değil; dosyayı UTF-8 olarak kaydedin"))?;
        let text = turkish::compose(text.trim());
        if text.chars().count() > LONGEST_FIELD {
            return Err(format!("{name}: {LONGEST_FIELD} karakterden uzun"));
        }
        if text
            .chars()
            .any(|character| character.is_control() || "<>[]".contains(character))
        {
            return Err(format!(
                "{name}: kullanılamayan karakter var (<, >, [, ] veya denetim)"
            ));
        }
        Ok(text)
    }
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

fn yes_or_no(text: &str, column: &str) -> Result<Option<bool>, String> {
    match turkish::search_key(text).as_str() {
        "" => Ok(None),
        "1" | "evet" => Ok(Some(true)),
        "0" | "hayir" => Ok(Some(false)),
        _ => Err(format!("{column}: 1 ya da 0 beklenir")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_rows_or_refusals(rows in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut file = b"detsis_no,ad,ust_detsis_no,kep_adresi\n".to_vec();
            file.extend(rows);
            let (records, refused) = read(file.as_slice()).map_err(|error| {
                TestCaseError::fail(error.to_string())
            })?;
            for (_, record) in records {
                prop_assert!(!record.name.chars().any(char::is_control));
                prop_assert!(record.name.chars().count() <= LONGEST_FIELD);
            }
            prop_assert!(refused.iter().all(|refusal| !refusal.reason.is_empty()));
        }

        #[test]
        fn any_header_is_read_or_refused(file in any::<Vec<u8>>()) {
            let _ = read(file.as_slice());
        }
    }
}
