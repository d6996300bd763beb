//! What is put into one envelope as one file for the printer: the letter as it was signed, then its
//! annexes, page by page; a copy for paper, never a document that proves anything.

use hayro_syntax::Pdf as Read;
use serde_json::json;
use typst::foundations::Bytes;

use crate::fonts::Fonts;
use crate::press::{self, Error};
use crate::world::{Desk, Page};

/// One thing to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Every page of it, each on a sheet of its own direction.
    Pdf(Vec<u8>),
    Png(Vec<u8>),
    Jpeg(Vec<u8>),
}

/// Most pages of one print: a printer's tray, and a bound for what a file may claim.
pub const MOST_PAGES: usize = 500;

/// Whether a PDF can be read, and how many pages it has.
#[must_use]
pub fn pages_of(pdf: &[u8]) -> Option<usize> {
    let pages = Read::new(pdf.to_vec()).ok()?.pages().len();
    (1..=MOST_PAGES).contains(&pages).then_some(pages)
}

/// Sets the pieces one after the other on A4 sheets, scaled down where they are larger.
///
/// # Errors
/// [`Error::Typesetting`] when a piece cannot be read or there are more than [`MOST_PAGES`] pages.
pub fn print_set(pieces: Vec<Piece>, fonts: &Fonts) -> Result<(Vec<u8>, usize), Error> {
    let mut sheets = Vec::new();
    let mut files: Vec<(String, Bytes)> = Vec::new();
    for (index, piece) in pieces.into_iter().enumerate() {
        let (ending, bytes) = match piece {
            Piece::Pdf(bytes) => ("pdf", bytes),
            Piece::Png(bytes) => ("png", bytes),
            Piece::Jpeg(bytes) => ("jpg", bytes),
        };
        let name = format!("piece-{index}.{ending}");
        if ending == "pdf" {
            let read = Read::new(bytes.clone())
                .map_err(|error| Error::Typesetting(format!("{name}: {error:?}")))?;
            sheets.extend(read.pages().iter().enumerate().map(|(at, page)| {
                let (width, height) = page.render_dimensions();
                json!({ "name": name, "page": at + 1, "flipped": width > height })
            }));
        } else {
            sheets.push(json!({ "name": name, "page": 0, "flipped": false }));
        }
        files.push((name, Bytes::new(bytes)));
    }
    if sheets.is_empty() || sheets.len() > MOST_PAGES {
        return Err(Error::Typesetting(format!("{} pages", sheets.len())));
    }
    let values = serde_json::to_vec(&json!({ "sheets": sheets }))?;
    files.push(("set.json".to_owned(), Bytes::new(values)));
    press::print_plain(&Desk::new(Page::PrintSet, fonts, files))
}
