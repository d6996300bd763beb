//! A ZIP of a stranger: opened under limits, every name checked, nothing unpacked to disk.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

/// Most entries.
const MOST_ENTRIES: usize = 20_000;
/// Most bytes of the list of entries.
const MOST_DIRECTORY: u64 = 16 * 1024 * 1024;
/// Most bytes of all entries together, unpacked.
const MOST_UNPACKED: u64 = 16 * 1024 * 1024 * 1024;
/// An entry above a megabyte may grow so many times by unpacking.
const MOST_RATIO: u64 = 200;

/// An opened ZIP.
pub(super) struct Archive {
    zip: ZipArchive<File>,
    names: Vec<String>,
    unpacked: u64,
}

impl Archive {
    /// Opens it, or says why not.
    pub(super) fn open(mut file: File) -> Result<Self, String> {
        let counted = ending(&mut file)?;
        let zip = ZipArchive::new(file).map_err(|error| format!("ZIP açılamıyor: {error}."))?;
        if zip.len() != counted {
            return Err(format!(
                "ZIP içinde aynı adlı ya da gizlenmiş dosya var: listede {counted}, okunan {}.",
                zip.len()
            ));
        }
        let names: Result<Vec<String>, _> = zip
            .file_names()
            .map(|name| name.map(|name| name.into_owned()))
            .collect();
        let mut names = names.map_err(|error| format!("ZIP'teki adlar okunamıyor: {error}."))?;
        names.sort();
        if let Some(name) = names.iter().find(|name| !is_safe(name)) {
            return Err(format!("ZIP içinde kabul edilmeyen bir ad var: {name:?}."));
        }
        Ok(Self {
            zip,
            names,
            unpacked: 0,
        })
    }

    pub(super) fn into_inner(self) -> File {
        self.zip.into_inner()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names
            .binary_search_by(|known| known.as_str().cmp(name))
            .is_ok()
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
        let mut piece = vec![0; 64 * 1024];
        let mut size: u64 = 0;
        loop {
            let read = entry.read(&mut piece).map_err(|error| broken(&error))?;
            if read == 0 {
                return Ok(size);
            }
            size += read as u64;
            self.unpacked += read as u64;
            if size > most || self.unpacked > MOST_UNPACKED {
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

/// Reads the end record before anything is made of the list: how many entries there should be.
fn ending(file: &mut File) -> Result<usize, String> {
    let failed = |error: std::io::Error| format!("ZIP okunamıyor: {error}.");
    let size = file.seek(SeekFrom::End(0)).map_err(failed)?;
    let tail = size.min(66 * 1024);
    file.seek(SeekFrom::Start(size - tail)).map_err(failed)?;
    let mut bytes = Vec::new();
    Read::take(&mut *file, tail)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let at = bytes
        .windows(4)
        .rposition(|window| window == b"PK\x05\x06")
        .ok_or("ZIP yarım kalmış ya da bozuk: sonu yok.")?;
    let record = bytes.get(at..at + 22).ok_or("ZIP'in sonu yarım kalmış.")?;
    let number = |from: usize, length: usize| {
        let piece = record.get(from..from + length).unwrap_or_default();
        piece
            .iter()
            .rev()
            .fold(0_u64, |all, byte| all << 8 | u64::from(*byte))
    };
    let (entries, directory) = (number(10, 2), number(12, 4));
    let entries = usize::try_from(entries).unwrap_or(usize::MAX);
    if entries > MOST_ENTRIES || directory > MOST_DIRECTORY {
        return Err(format!(
            "ZIP içinde çok fazla dosya var (sınır {MOST_ENTRIES})."
        ));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn archive(make: impl FnOnce(&mut zip::ZipWriter<File>)) -> Result<Archive, String> {
        let mut writer = zip::ZipWriter::new(tempfile::tempfile().unwrap());
        make(&mut writer);
        Archive::open(writer.finish().unwrap())
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
    fn a_bomb_is_stopped_while_it_unpacks() {
        let mut opened = archive(|writer| add(writer, "a", &vec![0; 30 * 1024 * 1024])).unwrap();
        assert!(opened.digest("a", u64::MAX).unwrap_err().contains("oranı"));
        let mut opened = archive(|writer| add(writer, "a", b"1234567890")).unwrap();
        assert!(opened.bytes("a", 4).unwrap_err().contains("büyük"));
        assert!(opened.bytes("b", 4).unwrap_err().contains("pakette yok"));
    }

    #[test]
    fn what_is_no_zip_is_a_sentence() {
        for bytes in [&b"PK\x03\x04"[..], b"PK\x05\x06", b"PK", &[0x50; 100_000]] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(bytes).unwrap();
            assert!(Archive::open(file).is_err());
        }
    }
}
