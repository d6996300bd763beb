//! A ZIP of a stranger: opened under limits, every name checked, nothing unpacked to disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

/// Most entries.
pub(super) const MOST_ENTRIES: usize = 20_000;
/// Most bytes of the list of entries.
const MOST_DIRECTORY: u64 = 16 * 1024 * 1024;
/// Most bytes of all entries together, unpacked.
const MOST_UNPACKED: u64 = 16 * 1024 * 1024 * 1024;
/// An entry above a megabyte may grow so many times by unpacking.
const MOST_RATIO: u64 = 200;

/// A ZIP by what is in it.
pub(super) enum Opened {
    Bundle(Archive),
    /// Its reader has rules of its own.
    Other(File),
}

impl Opened {
    /// Opens it, or says why not; a bundle has the entry `mark`.
    pub(super) fn of(file: File, mark: &str) -> Result<Self, String> {
        let zip = directory(file)?;
        match zip.index_for_name(mark) {
            Some(_) => Archive::of(zip).map(Self::Bundle),
            None => Ok(Self::Other(zip.into_inner())),
        }
    }
}

/// An opened bundle.
pub(super) struct Archive {
    zip: ZipArchive<File>,
    names: Vec<String>,
    /// Bytes that were unpacked, of each entry once however often it is read, and their sum.
    unpacked: BTreeMap<String, u64>,
    total: u64,
}

impl Archive {
    /// Its names follow the rules of bundles, and its entries lie apart.
    fn of(mut zip: ZipArchive<File>) -> Result<Self, String> {
        let names: Result<Vec<String>, _> = zip
            .file_names()
            .map(|name| name.map(|name| name.into_owned()))
            .collect();
        let mut names = names.map_err(|error| format!("ZIP'teki adlar okunamıyor: {error}."))?;
        names.sort();
        if let Some(name) = names.iter().find(|name| !is_safe(name)) {
            return Err(format!("ZIP içinde kabul edilmeyen bir ad var: {name:?}."));
        }
        // Some tools unpack such names over each other.
        let mut folded: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        folded.sort_unstable();
        if let Some(pair) = folded.windows(2).find(|pair| pair.first() == pair.last()) {
            let name = pair.first().map(String::as_str).unwrap_or_default();
            return Err(format!(
                "ZIP içinde yalnız büyük-küçük harfi farklı adlar var: {name:?}."
            ));
        }
        if zip.has_overlapping_entries().map_err(broken)? {
            return Err("ZIP içindeki dosyalar birbirinin üstüne biniyor.".to_owned());
        }
        Ok(Self {
            zip,
            names,
            unpacked: BTreeMap::new(),
            total: 0,
        })
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// An entry's bytes, when there are no more than `most`.
    pub(super) fn bytes(&mut self, name: &str, most: u64) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        self.stream(name, most, &mut |piece| bytes.extend_from_slice(piece))?;
        Ok(bytes)
    }

    /// Size and SHA-256 of an entry, piece by piece.
    pub(super) fn digest(&mut self, name: &str, most: u64) -> Result<(u64, String), String> {
        let mut hash = Sha256::new();
        let size = self.stream(name, most, &mut |piece| hash.update(piece))?;
        let hex: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
        Ok((size, hex))
    }

    /// What an entry says of itself counts for nothing: bytes are counted as they come.
    fn stream(
        &mut self,
        name: &str,
        most: u64,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<u64, String> {
        let broken = |error: &dyn std::fmt::Display| format!("{name}: okunamıyor ({error}).");
        let mut entry = self.zip.by_name(name).map_err(|error| match error {
            zip::result::ZipError::FileNotFound => format!("{name}: pakette yok."),
            other => broken(&other),
        })?;
        let packed = entry.compressed_size().max(1);
        let known = self.unpacked.entry(name.to_owned()).or_default();
        let mut piece = vec![0; 64 * 1024];
        let mut size: u64 = 0;
        loop {
            let read = entry.read(&mut piece).map_err(|error| broken(&error))?;
            if read == 0 {
                return Ok(size);
            }
            size += read as u64;
            let more = size.saturating_sub(*known);
            *known += more;
            self.total += more;
            if size > most || self.total > MOST_UNPACKED {
                return Err(format!("{name}: bildirilenden ya da sınırdan büyük."));
            }
            if size > 1024 * 1024 && size / packed > MOST_RATIO {
                return Err(format!(
                    "{name}: sıkıştırma oranı kabul edilmeyecek kadar yüksek."
                ));
            }
            take(&piece[..read]);
        }
    }
}

fn broken(error: zip::result::ZipError) -> String {
    format!("ZIP açılamıyor: {error}.")
}

/// Opens it where only one reading of its list is possible.
fn directory(mut file: File) -> Result<ZipArchive<File>, String> {
    let counted = ending(&mut file)?;
    let zip = ZipArchive::new(file).map_err(broken)?;
    if zip.len() != counted {
        return Err(format!(
            "ZIP içinde aynı adlı ya da gizlenmiş dosya var: listede {counted}, okunan {}.",
            zip.len()
        ));
    }
    Ok(zip)
}

/// Relative, `/` between folders, no way up; so that no tool unpacks it to where it should not.
fn is_safe(name: &str) -> bool {
    let plain = name
        .chars()
        .all(|c| !c.is_control() && !"\\:*?\"<>|".contains(c));
    plain
        && !name.is_empty()
        && name.len() <= 400
        && !name.split('/').any(|it| matches!(it, "" | "." | ".."))
}

/// Length of the record that ends an archive, without its comment; of ZIP64's pointer and record
/// before it.
const END: u64 = 22;
const POINTER64: u64 = 20;
const END64: usize = 56;

/// Reads the end record before anything is made of the list: how many entries there should be.
///
/// The list ends the file and begins where the record says, so that only one reading of it is
/// possible: nothing stands behind it or before the first entry.
fn ending(file: &mut File) -> Result<usize, String> {
    let failed = |error: std::io::Error| format!("ZIP okunamıyor: {error}.");
    let size = file.seek(SeekFrom::End(0)).map_err(failed)?;
    let start = size.saturating_sub(END + u64::from(u16::MAX));
    let bytes = piece(file, start, size - start)?;
    let at = bytes
        .windows(4)
        .rposition(|window| window == b"PK\x05\x06")
        .ok_or("ZIP yarım kalmış ya da bozuk: sonu yok.")?;
    let record = bytes.get(at..at + 22).ok_or("ZIP'in sonu yarım kalmış.")?;
    let position = start + at as u64;
    let (disk, entries, directory) = (
        number(record, 4, 2),
        number(record, 10, 2),
        number(record, 12, 4),
    );
    if entries > MOST_ENTRIES as u64 || directory > MOST_DIRECTORY {
        return Err(format!(
            "ZIP içinde çok fazla dosya var (sınır {MOST_ENTRIES})."
        ));
    }
    let (offset, ends) = match number(record, 16, 4) {
        offset if offset == u64::from(u32::MAX) => ending64(file, position, entries, directory)?,
        offset => (offset, position),
    };
    if disk != 0
        || position + END + number(record, 20, 2) != size
        || offset.checked_add(directory) != Some(ends)
    {
        return Err(
            "ZIP'in dosya listesi dosyanın sonunda değil; içine bir şey eklenmiş.".to_owned(),
        );
    }
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    usize::try_from(entries).map_err(|error| error.to_string())
}

/// Of an archive of more than 4 GB: where its list begins, and the record that the list has to
/// reach up to.
fn ending64(
    file: &mut File,
    position: u64,
    entries: u64,
    directory: u64,
) -> Result<(u64, u64), String> {
    let broken = || "ZIP'in sonu (ZIP64) bozuk.".to_owned();
    let at = position
        .checked_sub(POINTER64 + END64 as u64)
        .ok_or_else(broken)?;
    let bytes = piece(file, at, POINTER64 + END64 as u64)?;
    let (record, pointer) = bytes.split_at_checked(END64).ok_or_else(broken)?;
    let holds = record.starts_with(b"PK\x06\x06")
        && pointer.starts_with(b"PK\x06\x07")
        && number(pointer, 8, 8) == at
        && number(record, 32, 8) == entries
        && number(record, 40, 8) == directory;
    holds
        .then(|| (number(record, 48, 8), at))
        .ok_or_else(broken)
}

fn piece(file: &mut File, from: u64, length: u64) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("ZIP okunamıyor: {error}.");
    file.seek(SeekFrom::Start(from)).map_err(failed)?;
    let mut bytes = Vec::new();
    Read::take(&mut *file, length)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    Ok(bytes)
}

/// A number of a record, its lowest byte first.
fn number(record: &[u8], from: usize, length: usize) -> u64 {
    let bytes = record.get(from..from + length).unwrap_or_default();
    bytes
        .iter()
        .rev()
        .fold(0, |all, byte| all << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn open(file: File) -> Result<Archive, String> {
        directory(file).and_then(Archive::of)
    }

    fn archive(make: impl FnOnce(&mut zip::ZipWriter<File>)) -> Result<Archive, String> {
        let mut writer = zip::ZipWriter::new(tempfile::tempfile().unwrap());
        make(&mut writer);
        open(writer.finish().unwrap())
    }

    fn add(writer: &mut zip::ZipWriter<File>, name: &str, bytes: &[u8]) {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["../a", "/a", "a//b", "a\\b", "c:/a", "a/./b"] {
            let opened = archive(|writer| add(writer, name, b"x"));
            assert!(opened.is_err(), "{name}");
        }
        assert!(archive(|writer| add(writer, "delil/ığdır.xml", b"x")).is_ok());
    }

    #[test]
    fn only_one_reading_of_the_list_is_possible() {
        let made = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
            for name in ["a", "b"] {
                let options = zip::write::SimpleFileOptions::default();
                writer.start_file(name, options).unwrap();
                writer.write_all(b"icerik").unwrap();
            }
            let mut bytes = writer.finish().unwrap().into_inner();
            change(&mut bytes);
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            open(file).map(drop)
        };
        assert_eq!(made(&|_| {}), Ok(()));
        let told = made(&|bytes| bytes.extend_from_slice(b"arkada")).unwrap_err();
        assert!(told.contains("listesi dosyanın sonunda değil"), "{told}");
        let told = made(&|bytes| drop(bytes.splice(0..0, *b"onde"))).unwrap_err();
        assert!(told.contains("listesi dosyanın sonunda değil"), "{told}");
        // The second entry of the list points to the bytes of the first.
        let told = made(&|bytes| {
            let heads = bytes.windows(4).enumerate();
            let second = heads
                .filter(|(_, it)| *it == b"PK\x01\x02")
                .nth(1)
                .unwrap()
                .0;
            bytes[second + 42..second + 46].fill(0);
        });
        assert!(told.is_err());
        let told = archive(|writer| {
            add(writer, "delil/A.xml", b"x");
            add(writer, "delil/a.xml", b"y");
        });
        let told = told.err().unwrap();
        assert!(told.contains("büyük-küçük harfi"), "{told}");
    }

    #[test]
    fn a_bomb_is_stopped_while_it_unpacks() {
        let mut opened = archive(|writer| add(writer, "a", &vec![0; 30 * 1024 * 1024])).unwrap();
        assert!(opened.digest("a", u64::MAX).unwrap_err().contains("oranı"));
        let mut opened = archive(|writer| add(writer, "a", b"1234567890")).unwrap();
        assert!(opened.bytes("a", 4).unwrap_err().contains("büyük"));
        assert!(opened.bytes("b", 4).unwrap_err().contains("pakette yok"));
    }

    #[test]
    fn an_entry_that_is_read_again_counts_once() {
        let mut opened = archive(|writer| {
            add(writer, "a", b"1234567890");
            add(writer, "b", b"12345");
        })
        .unwrap();
        assert!(opened.bytes("a", 4).is_err());
        for _ in 0..3 {
            opened.bytes("a", 10).unwrap();
            opened.digest("b", 5).unwrap();
        }
        assert_eq!(opened.total, 15);
    }

    #[test]
    fn the_rules_of_bundles_are_for_bundles_alone() {
        let opened = |mark: &str| {
            let mut writer = zip::ZipWriter::new(tempfile::tempfile().unwrap());
            let options = zip::write::SimpleFileOptions::default();
            writer.add_directory("Ekler/", options).unwrap();
            add(&mut writer, "icindekiler.json", b"{}");
            Opened::of(writer.finish().unwrap(), mark)
        };
        assert!(matches!(opened("baska"), Ok(Opened::Other(_))));
        assert!(opened("icindekiler.json").is_err());
    }

    #[test]
    fn what_is_no_zip_is_a_sentence() {
        for bytes in [&b"PK\x03\x04"[..], b"PK\x05\x06", b"PK", &[0x50; 100_000]] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(bytes).unwrap();
            assert!(open(file).is_err());
        }
    }
}
