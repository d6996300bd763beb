//! Setting a letter: to PDF/A for signing, to one SVG a page for the screen.

use serde::Serialize;
use typst::comemo;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Bytes, Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};
use typst_svg::SvgOptions;

use crate::arrange;
use crate::fonts::Fonts;
use crate::letterhead::Letterhead;
use crate::logo::LogoKind;
use crate::sheet::{Day, Sheet};
use crate::world::{Desk, Page};

/// Letters that share work (faces, the layout itself) with those set shortly before; what is
/// older is forgotten, so that memory stays flat.
const REMEMBERED: usize = 2;

/// Istanbul's offset from UTC in minutes; the day of a letter is a day there.
const OFFSET: i32 = 180;

/// Why a letter could not be set.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Signs that no face has; PDF/A refuses holes.
    #[error("no face has {}", .0.iter().collect::<String>())]
    Characters(Vec<char>),
    /// The typesetter's or the PDF writer's own words.
    #[error("the letter cannot be set: {0}")]
    Typesetting(String),
    #[error("the letter's values cannot be written: {0}")]
    Values(#[from] serde_json::Error),
    #[error("the verification link is too long for a QR code")]
    Qr,
}

/// The part of ISO 19005-2 that the writer enforced; no independent validator has confirmed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Conformance {
    /// PDF/A-2a: tagged.
    A2a,
    /// PDF/A-2b: where 2a refused.
    A2b,
}

impl Conformance {
    /// `PDF/A-2a`
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A2a => "PDF/A-2a",
            Self::A2b => "PDF/A-2b",
        }
    }
}

/// A letter that was set.
#[derive(Debug, Clone)]
pub struct Pdf {
    pub bytes: Vec<u8>,
    pub conformance: Conformance,
    pub pages: usize,
}

/// Sets the letter as PDF/A-2a, or -2b where 2a refuses it.
///
/// # Errors
/// [`Error`], also when values, pictures or faces make no conforming file.
pub fn pdf(sheet: &Sheet, letterhead: &Letterhead, fonts: &Fonts) -> Result<Pdf, Error> {
    let document = compile(sheet, letterhead, fonts)?;
    let stamp = Stamp {
        id: &sheet.id,
        day: sheet.day,
    };
    finish(&document, &stamp)
}

/// What a PDF says of itself.
pub(crate) struct Stamp<'a> {
    pub(crate) id: &'a str,
    pub(crate) day: Day,
}

/// Sets and writes what lies on the desk.
pub(crate) fn print(desk: &Desk<'_>, stamp: &Stamp<'_>) -> Result<Pdf, Error> {
    finish(&typeset(desk)?, stamp)
}

/// Sets what lies on the desk as a PDF that claims no standard; bytes and pages.
pub(crate) fn print_plain(desk: &Desk<'_>) -> Result<(Vec<u8>, usize), Error> {
    let document = typeset(desk)?;
    let made = typst_pdf::pdf(&document, &PdfOptions::default());
    comemo::evict(0);
    let bytes = made.map_err(|diagnostics| Error::Typesetting(words(&diagnostics)))?;
    Ok((bytes, document.pages().len()))
}

fn finish(document: &PagedDocument, stamp: &Stamp<'_>) -> Result<Pdf, Error> {
    let made = write(stamp, document);
    comemo::evict(REMEMBERED);
    let (bytes, conformance) = made.map_err(Error::Typesetting)?;
    Ok(Pdf {
        bytes,
        conformance,
        pages: document.pages().len(),
    })
}

/// Sets the letter as it stands now: one SVG a page, without any text of fonts to load.
///
/// # Errors
/// [`Error`].
pub fn preview(
    sheet: &Sheet,
    letterhead: &Letterhead,
    fonts: &Fonts,
) -> Result<Vec<String>, Error> {
    let document = compile(sheet, letterhead, fonts)?;
    let pages = document
        .pages()
        .iter()
        .map(|page| typst_svg::svg(page, &SvgOptions::default()))
        .collect();
    comemo::evict(REMEMBERED);
    Ok(pages)
}

/// The signs of the letter that no face has: [`pdf`] and [`preview`] refuse them.
#[must_use]
pub fn lacks(sheet: &Sheet, letterhead: &Letterhead, fonts: &Fonts) -> Vec<char> {
    fonts.lacks(&arrange::values(sheet, letterhead, fonts).to_string())
}

fn compile(sheet: &Sheet, letterhead: &Letterhead, fonts: &Fonts) -> Result<PagedDocument, Error> {
    let values = arrange::values(sheet, letterhead, fonts);
    let values = serde_json::to_vec(&values)?;
    let holes = fonts.lacks(std::str::from_utf8(&values).unwrap_or_default());
    if !holes.is_empty() {
        return Err(Error::Characters(holes));
    }
    let mut files = vec![("letter.json", Bytes::new(values))];
    if let Some(verification) = &sheet.verification {
        files.push(("qr.svg", Bytes::new(qr(&verification.link)?)));
    }
    let logos = [
        (&letterhead.left_logo, ["left.png", "left.jpg", "left.svg"]),
        (
            &letterhead.right_logo,
            ["right.png", "right.jpg", "right.svg"],
        ),
    ];
    for (logo, [png, jpeg, svg]) in logos {
        if let Some(logo) = logo {
            let name = match logo.kind() {
                LogoKind::Png => png,
                LogoKind::Jpeg => jpeg,
                LogoKind::Svg => svg,
            };
            files.push((name, Bytes::new(logo.bytes().to_vec())));
        }
    }
    typeset(&Desk::new(Page::Letter, fonts, files))
}

fn typeset(desk: &Desk<'_>) -> Result<PagedDocument, Error> {
    let compiled = typst::compile::<PagedDocument>(desk).output;
    compiled.map_err(|diagnostics| {
        comemo::evict(0);
        Error::Typesetting(words(&diagnostics))
    })
}

fn write(stamp: &Stamp<'_>, document: &PagedDocument) -> Result<(Vec<u8>, Conformance), String> {
    let day = stamp.day;
    let made = Datetime::from_ymd_hms(day.year, day.month, day.day, 0, 0, 0)
        .and_then(|day| Timestamp::new_local(day, OFFSET));
    let with = |standard: PdfStandard| -> Result<Vec<u8>, String> {
        let options = PdfOptions {
            ident: Smart::Custom(stamp.id.to_owned()),
            creator: Smart::Custom(Some("DYS".to_owned())),
            timestamp: made,
            standards: PdfStandards::new(&[standard]).map_err(|error| format!("{error:?}"))?,
            ..PdfOptions::default()
        };
        typst_pdf::pdf(document, &options).map_err(|diagnostics| words(&diagnostics))
    };
    match with(PdfStandard::A_2a) {
        Ok(bytes) => Ok((bytes, Conformance::A2a)),
        Err(refused) => match with(PdfStandard::A_2b) {
            Ok(bytes) => Ok((bytes, Conformance::A2b)),
            Err(_) => Err(refused),
        },
    }
}

fn words(diagnostics: &[SourceDiagnostic]) -> String {
    let words: Vec<&str> = diagnostics
        .iter()
        .map(|diagnostic| diagnostic.message.as_str())
        .collect();
    words.join("; ")
}

/// The QR code with its quiet zone, as a picture of one path.
fn qr(link: &str) -> Result<Vec<u8>, Error> {
    let code = qrcode::QrCode::with_error_correction_level(link, qrcode::EcLevel::M)
        .map_err(|_| Error::Qr)?;
    let picture = code
        .render::<qrcode::render::svg::Color<'_>>()
        .quiet_zone(true)
        .module_dimensions(4, 4)
        .build();
    Ok(picture.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `arrange` never lets through: a sign of a font's own, to which Unicode gives no meaning.
    #[test]
    fn what_2a_refuses_is_set_as_2b() {
        let fonts = Fonts::default();
        let own = ('\u{e000}'..='\u{f8ff}')
            .find(|sign| fonts.lacks(&sign.to_string()).is_empty())
            .unwrap();
        let (sheet, head) = (Sheet::default(), Letterhead::default());
        let set = |subject: &str| {
            let mut values = arrange::values(&sheet, &head, &fonts);
            values["subject"] = subject.into();
            let values = Bytes::new(values.to_string().into_bytes());
            let document = typeset(&Desk::new(
                Page::Letter,
                &fonts,
                vec![("letter.json", values)],
            ));
            let stamp = Stamp {
                id: "1",
                day: sheet.day,
            };
            finish(&document.unwrap(), &stamp).unwrap()
        };
        for (subject, conformance, claim) in [
            ("Teklif", Conformance::A2a, "A"),
            (&format!("Tekli{own}"), Conformance::A2b, "B"),
        ] {
            let pdf = set(subject);
            assert_eq!(pdf.conformance, conformance, "{subject}");
            let claim = format!("<pdfaid:conformance>{claim}</pdfaid:conformance>");
            let bytes = String::from_utf8_lossy(&pdf.bytes);
            assert!(bytes.contains(&claim), "{subject}: {claim}");
        }
    }
}
