//! Whether a file is a PDF that a reader opens: its head, its end, and the table that the end names.

use std::io::{Read, Result, Seek, SeekFrom};

/// Readers look for the head so far into the file (ISO 32000-1, annex H.3.4.1).
const HEAD: u64 = 1024;
/// And so far before its end for what names the table.
const TAIL: u64 = 2048;

/// Why a file is no PDF that a reader opens, in a Turkish sentence; none when it looks whole.
///
/// # Errors
/// When the file cannot be read.
pub fn fault(file: &mut (impl Read + Seek)) -> Result<Option<&'static str>> {
    let size = file.seek(SeekFrom::End(0))?;
    let head = piece(file, 0, HEAD)?;
    let Some(begins) = head.windows(5).position(|window| window == b"%PDF-") else {
        return Ok(Some("PDF değil: başında %PDF- yok."));
    };
    let tail = piece(file, size.saturating_sub(TAIL), TAIL)?;
    let tail = String::from_utf8_lossy(&tail).into_owned();
    let table = tail
        .rsplit_once("startxref")
        .filter(|(_, rest)| rest.contains("%%EOF"))
        .and_then(|(_, rest)| rest.split_whitespace().next())
        .and_then(|number| number.parse::<u64>().ok());
    let Some(table) = table.filter(|at| *at < size) else {
        return Ok(Some("PDF yarım kalmış ya da bozuk: sonu yok."));
    };
    // Some writers count from the head, though something stands before it.
    for at in [table, table.saturating_add(begins as u64)] {
        if is_table(&piece(file, at, 64)?) {
            return Ok(None);
        }
    }
    Ok(Some(
        "PDF bozuk: sonunda gösterilen yerde nesne tablosu yok.",
    ))
}

fn piece(file: &mut (impl Read + Seek), from: u64, most: u64) -> Result<Vec<u8>> {
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.by_ref().take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// `xref`, or the object that holds the table as a stream: `12 0 obj`.
fn is_table(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let mut words = text.split_whitespace();
    let number = |word: Option<&str>| word.is_some_and(|word| word.parse::<u32>().is_ok());
    match words.next() {
        Some(word) if word.starts_with("xref") => true,
        first => {
            number(first)
                && number(words.next())
                && words.next().is_some_and(|word| word.starts_with("obj"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn of(bytes: &[u8]) -> Option<&'static str> {
        fault(&mut Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn a_pdf_is_known_by_head_end_and_table() {
        let whole = b"%PDF-1.7\n1 0 obj<</Type/XRef>>\nstartxref\n9\n%%EOF\n".to_vec();
        let table = b"%PDF-1.4\nxref\n0 1\ntrailer<<>>\nstartxref\n9\n%%EOF".to_vec();
        let before = [b"\xef\xbb\xbf".as_slice(), &whole].concat();
        for good in [&whole, &table, &before] {
            assert_eq!(of(good), None, "{}", String::from_utf8_lossy(good));
        }
        let elsewhere = whole.windows(2).position(|it| it == b"9\n").unwrap();
        let mut wrong = whole.clone();
        wrong[elsewhere] = b'3';
        let bad = [
            (b"".to_vec(), "başında"),
            (b"PK\x03\x04".to_vec(), "başında"),
            (b"%PDF-".to_vec(), "sonu yok"),
            (b"%PDF-1.7\nstartxref\n99999\n%%EOF".to_vec(), "sonu yok"),
            (whole[..whole.len() - 8].to_vec(), "sonu yok"),
            (wrong, "tablosu yok"),
        ];
        for (bytes, words) in bad {
            let told = of(&bytes).unwrap_or_default();
            assert!(told.contains(words), "{words}: {told}");
        }
    }
}
