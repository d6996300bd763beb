//! The archive itself: its directory checked before anything is unpacked, parts read within limits.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::result::ZipError;

use super::limits::{Limits, ReadError};
use crate::names::unescape;

/// An open archive whose names and sizes have been checked.
pub(super) struct Container<R: Read + Seek> {
    archive: ZipArchive<R>,
    pub entries: Vec<Entry>,
    /// Positions in `entries` by name in lower case.
    by_name: HashMap<String, usize>,
    limits: Limits,
}

/// One file of the archive.
pub(super) struct Entry {
    index: usize,
    /// The part's name, beginning with `/`, percent escapes undone.
    pub name: String,
    pub size: u64,
}

impl<R: Read + Seek> Container<R> {
    pub fn open(mut reader: R, limits: &Limits) -> Result<Self, ReadError> {
        check_directory(&mut reader, limits)?;
        let mut archive = ZipArchive::new(reader).map_err(not_zip)?;
        if archive.has_duplicate_names() {
            return Err(ReadError::Duplicate(String::new()));
        }
        let entries = entries(&archive, limits)?;
        let mut by_name = HashMap::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            if by_name
                .insert(entry.name.to_ascii_lowercase(), index)
                .is_some()
            {
                return Err(ReadError::Duplicate(entry.name.chars().take(200).collect()));
            }
        }
        if archive.has_overlapping_entries().map_err(not_zip)? {
            return Err(ReadError::Overlap);
        }
        Ok(Self {
            archive,
            entries,
            by_name,
            limits: *limits,
        })
    }

    /// The entry of a part; names of parts do not differ by case alone.
    pub fn find(&self, part: &str) -> Option<&Entry> {
        let index = *self.by_name.get(&part.to_ascii_lowercase())?;
        self.entries.get(index)
    }

    /// Streams a part in pieces.
    pub fn copy(
        &mut self,
        part: &str,
        mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<u64, ReadError> {
        let entry = self
            .find(part)
            .ok_or_else(|| ReadError::NoPart(part.to_owned()))?;
        let (index, name, size) = (entry.index, entry.name.clone(), entry.size);
        let damaged = |why: String| ReadError::Damaged(name.clone(), why);
        let file = self
            .archive
            .by_index(index)
            .map_err(|error| damaged(error.to_string()))?;
        // One byte more than declared is enough to know that the declaration was wrong.
        let mut file = file.take(size.saturating_add(1));
        let mut buffer = vec![0; 64 * 1024];
        let mut total = 0;
        loop {
            let count = file
                .read(&mut buffer)
                .map_err(|error| damaged(error.to_string()))?;
            if count == 0 {
                break;
            }
            total += count as u64;
            take(buffer.get(..count).unwrap_or_default())?;
        }
        if total == size {
            Ok(total)
        } else {
            Err(damaged(format!("{size} bytes declared, {total} found")))
        }
    }

    /// A part that is held in memory.
    pub fn bytes(&mut self, part: &str) -> Result<Vec<u8>, ReadError> {
        let size = self.find(part).map_or(0, |entry| entry.size);
        if size > self.limits.held {
            return Err(ReadError::TooLarge {
                what: "held part",
                size,
                limit: self.limits.held,
            });
        }
        let mut bytes = Vec::new();
        self.copy(part, |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }
}

fn not_zip(error: ZipError) -> ReadError {
    match error {
        ZipError::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            ReadError::Io(error)
        }
        error => ReadError::NotZip(error.to_string()),
    }
}

/// Length of the record that ends an archive, without its comment.
const END: u64 = 22;

/// Reads the end record before the library allocates anything by its word.
///
/// A package has no comment worth naming, begins at its first byte and stays below the sizes that
/// need ZIP64; so exactly one reading of the directory is possible.
fn check_directory<R: Read + Seek>(reader: &mut R, limits: &Limits) -> Result<(), ReadError> {
    let size = reader.seek(SeekFrom::End(0))?;
    if size > limits.package {
        return Err(ReadError::TooLarge {
            what: "package",
            size,
            limit: limits.package,
        });
    }
    let start = size.saturating_sub(END + u64::from(u16::MAX));
    reader.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    reader
        .by_ref()
        .take(END + u64::from(u16::MAX))
        .read_to_end(&mut tail)?;
    let not_zip = |why: &str| ReadError::NotZip(why.to_owned());
    let at = tail
        .windows(4)
        .rposition(|window| window == b"PK\x05\x06")
        .ok_or_else(|| not_zip("no end of central directory"))?;
    let end = tail.get(at..).unwrap_or_default();
    let short = |at: usize| -> Option<u64> {
        let bytes = end.get(at..at + 2)?;
        Some(u64::from(u16::from_le_bytes(bytes.try_into().ok()?)))
    };
    let long = |at: usize| -> Option<u64> {
        let bytes = end.get(at..at + 4)?;
        Some(u64::from(u32::from_le_bytes(bytes.try_into().ok()?)))
    };
    let (Some(disk), Some(count), Some(directory), Some(offset), Some(comment)) =
        (short(4), short(10), long(12), long(16), short(20))
    else {
        return Err(not_zip("truncated end of central directory"));
    };
    if count > limits.entries as u64 {
        return Err(ReadError::TooLarge {
            what: "entries",
            size: count,
            limit: limits.entries as u64,
        });
    }
    let position = start + at as u64;
    if disk != 0 || position + END + comment != size || offset + directory != position {
        return Err(not_zip("the central directory does not end the file"));
    }
    // A name, an extra field and a comment can each have 64 KiB; no package needs that.
    let most = limits.entries as u64 * (46 + 4096);
    if directory > most {
        return Err(ReadError::TooLarge {
            what: "entries",
            size: directory,
            limit: most,
        });
    }
    reader.seek(SeekFrom::Start(0))?;
    Ok(())
}

fn entries<R: Read + Seek>(
    archive: &ZipArchive<R>,
    limits: &Limits,
) -> Result<Vec<Entry>, ReadError> {
    let mut entries: Vec<Entry> = Vec::with_capacity(archive.len());
    let mut total: u64 = 0;
    for index in 0..archive.len() {
        let data = archive.by_index_data(index).map_err(not_zip)?;
        let raw = data.name().map_err(not_zip)?;
        let name = part_name(&raw, limits)?;
        if data.is_dir() && data.size() == 0 {
            continue;
        }
        if data.encrypted() {
            return Err(ReadError::EncryptedEntry(name));
        }
        if data.is_symlink() {
            return Err(ReadError::BadName(name));
        }
        let size = data.size();
        total = total.saturating_add(size);
        for (what, size, limit) in [("part", size, limits.part), ("total", total, limits.total)] {
            if size > limit {
                return Err(ReadError::TooLarge { what, size, limit });
            }
        }
        if size > 1 << 20 && size / data.compressed_size().max(1) > limits.ratio {
            return Err(ReadError::Bomb(name, limits.ratio));
        }
        entries.push(Entry { index, name, size });
    }
    Ok(entries)
}

/// The part's name for an entry's name, if it is one: no way out, no drive, no control characters.
fn part_name(raw: &str, limits: &Limits) -> Result<String, ReadError> {
    let bad = || ReadError::BadName(raw.chars().take(200).collect());
    let name = unescape(raw).ok_or_else(bad)?;
    let path = name.strip_suffix('/').unwrap_or(&name);
    let odd = |c: char| c.is_control() || matches!(c, '\\' | ':' | '\u{feff}');
    let segments = path.split('/').count();
    if raw.len() > limits.name
        || segments > limits.depth
        || path.contains(odd)
        || path
            .split('/')
            .any(|segment| segment.is_empty() || segment == "." || segment == "..")
    {
        return Err(bad());
    }
    Ok(format!("/{path}"))
}
