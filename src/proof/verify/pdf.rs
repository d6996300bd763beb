//! A PDF, as far as it is checked here: that it is whole, and what it claims to be.
//!
//! Conformance to PDF/A is read as a claim (decision 6): no validator is part of this program.

use std::io::{Read, Seek, SeekFrom};

use super::{Line, Outcome};
use crate::document::pdf;

/// Read at a time; a word that is looked for may lie across two pieces.
const PIECE: usize = 1024 * 1024;
const OVERLAP: usize = 256;

/// Words that PDF/A forbids, as they stand in an uncompressed object.
const FORBIDDEN: [(&str, &str); 4] = [
    ("/Encrypt ", "şifrelenmiş"),
    ("/JavaScript", "betik taşıyor"),
    ("/Launch", "program çalıştırıyor"),
    ("/OpenAction<</S/URI", "açılınca bir adrese gidiyor"),
];

/// The checks of a PDF.
pub(super) fn check(mut file: impl Read + Seek) -> Vec<Line> {
    match read(&mut file) {
        Ok(lines) => lines,
        Err(error) => {
            let text = format!("PDF okunamıyor: {error}.");
            vec![Line::new("PDF", Outcome::Failed, text)]
        }
    }
}

fn read(file: &mut (impl Read + Seek)) -> std::io::Result<Vec<Line>> {
    let mut lines = vec![match pdf::fault(file)? {
        None => Line::new("PDF", Outcome::Ok, "Dosya bütün görünüyor."),
        Some(text) => Line::new("PDF", Outcome::Failed, text),
    }];
    let mut found = Found::default();
    file.seek(SeekFrom::Start(0))?;
    let mut kept: Vec<u8> = Vec::new();
    loop {
        let before = kept.len();
        let read = file.by_ref().take(PIECE as u64).read_to_end(&mut kept)?;
        if read == 0 {
            break;
        }
        found.look(&kept);
        let from = kept.len().saturating_sub(OVERLAP);
        kept.drain(..from.max(before.min(from)));
    }
    for (at, (_, what)) in FORBIDDEN.iter().enumerate() {
        if found.forbidden[at] {
            let text = format!("PDF {what}; resmî yazıda olmaz.");
            lines.push(Line::new("İçerik", Outcome::Failed, text));
        }
    }
    lines.push(match (&found.part, &found.conformance) {
        (Some(part), Some(conformance)) => Line::new(
            "PDF/A",
            Outcome::Ok,
            format!(
                "PDF/A-{part}{} olduğunu bildiriyor (yalnızca bildirimi okundu).",
                conformance.to_lowercase()
            ),
        ),
        _ => Line::new("PDF/A", Outcome::Open, "PDF/A olduğunu bildirmiyor."),
    });
    Ok(lines)
}

#[derive(Default)]
struct Found {
    part: Option<String>,
    conformance: Option<String>,
    forbidden: [bool; FORBIDDEN.len()],
}

impl Found {
    fn look(&mut self, bytes: &[u8]) {
        if self.part.is_none() {
            self.part = value(bytes, b"pdfaid:part");
        }
        if self.conformance.is_none() {
            self.conformance = value(bytes, b"pdfaid:conformance");
        }
        for (at, (word, _)) in FORBIDDEN.iter().enumerate() {
            self.forbidden[at] |= position(bytes, word.as_bytes()).is_some();
        }
    }
}

/// The short value of an XMP property, as element or attribute.
fn value(bytes: &[u8], name: &[u8]) -> Option<String> {
    let from = position(bytes, name)? + name.len();
    let rest: Vec<u8> = bytes.get(from..)?.iter().copied().take(24).collect();
    let text = String::from_utf8_lossy(&rest).into_owned();
    let value: String = text
        .trim_start_matches(['>', '=', '"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric())
        .collect();
    (!value.is_empty() && value.len() <= 2).then_some(value)
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
