//! A logo of the letterhead, checked before it is kept: what it is, how large it unfolds, and
//! for SVG that it draws and does nothing else.

use quick_xml::Reader;
use quick_xml::events::Event;

/// Most bytes of a picture.
const MOST_BYTES: usize = 1_000_000;
/// Most points along a side, so that a small file cannot unfold into a large picture.
const MOST_SIDE: u32 = 3_000;
/// Most elements of an SVG, and how deep they may lie.
const MOST_ELEMENTS: usize = 5_000;
const DEEPEST: usize = 32;

/// What an SVG may consist of: shapes and their colours. No text (it would ask for fonts), no
/// script, nothing that refers to another file or unfolds by reference.
const ELEMENTS: [&str; 17] = [
    "svg",
    "g",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "defs",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
    "title",
    "desc",
    "metadata",
];

/// The picture's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoKind {
    Png,
    Jpeg,
    Svg,
}

/// Why a file cannot be a logo.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogoError {
    #[error("neither PNG, JPEG nor SVG")]
    Unknown,
    #[error("larger than {MOST_BYTES} bytes")]
    TooLarge,
    #[error("more than {MOST_SIDE} points along a side")]
    TooWide,
    #[error("damaged")]
    Damaged,
    #[error("an SVG with what a logo does not need: {0}")]
    Element(String),
    #[error("an SVG that refers to something outside itself")]
    Reference,
}

/// A checked picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    kind: LogoKind,
    bytes: Vec<u8>,
}

impl Logo {
    /// Looks at the bytes, never at a name.
    ///
    /// # Errors
    /// [`LogoError`].
    pub fn check(bytes: Vec<u8>) -> Result<Self, LogoError> {
        if bytes.len() > MOST_BYTES {
            return Err(LogoError::TooLarge);
        }
        let kind = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            fits(png_size(&bytes).ok_or(LogoError::Damaged)?)?;
            LogoKind::Png
        } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            fits(jpeg_size(&bytes).ok_or(LogoError::Damaged)?)?;
            LogoKind::Jpeg
        } else {
            check_svg(&bytes)?;
            LogoKind::Svg
        };
        Ok(Self { kind, bytes })
    }

    #[must_use]
    pub fn kind(&self) -> LogoKind {
        self.kind
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn fits((width, height): (u32, u32)) -> Result<(), LogoError> {
    if width == 0 || height == 0 {
        return Err(LogoError::Damaged);
    }
    if width > MOST_SIDE || height > MOST_SIDE {
        return Err(LogoError::TooWide);
    }
    Ok(())
}

/// Width and height stand in the first chunk (PNG specification 11.2.2).
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    if bytes.get(12..16)? != b"IHDR" {
        return None;
    }
    let number = |at: usize| -> Option<u32> {
        Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
    };
    Some((number(16)?, number(20)?))
}

/// Width and height stand in the start-of-frame segment (ITU T.81 B.2.2).
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2_usize;
    loop {
        while *bytes.get(at)? == 0xff && *bytes.get(at + 1)? == 0xff {
            at += 1;
        }
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        let word = |from: usize| -> Option<u32> {
            Some(u32::from(*bytes.get(from)?) << 8 | u32::from(*bytes.get(from + 1)?))
        };
        let frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if frame {
            return Some((word(at + 7)?, word(at + 5)?));
        }
        let length = usize::try_from(word(at + 2)?).ok()?;
        if length < 2 {
            return None;
        }
        at += 2 + length;
    }
}

fn check_svg(bytes: &[u8]) -> Result<(), LogoError> {
    let text = std::str::from_utf8(bytes).map_err(|_| LogoError::Unknown)?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let (mut depth, mut elements, mut seen) = (0_usize, 0_usize, false);
    loop {
        let event = reader.read_event().map_err(|_| wrong(seen))?;
        match event {
            Event::Start(element) | Event::Empty(element) if !seen => {
                if element.local_name().as_ref() != "svg" {
                    return Err(LogoError::Unknown);
                }
                seen = true;
                check_element(&element)?;
                depth += 1;
            }
            Event::Start(element) => {
                depth += 1;
                elements += 1;
                if depth > DEEPEST || elements > MOST_ELEMENTS {
                    return Err(LogoError::TooLarge);
                }
                check_element(&element)?;
            }
            Event::Empty(element) => {
                elements += 1;
                if elements > MOST_ELEMENTS {
                    return Err(LogoError::TooLarge);
                }
                check_element(&element)?;
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::DocType(_) => return Err(LogoError::Element("DOCTYPE".to_owned())),
            Event::PI(_) => return Err(LogoError::Element("<?…?>".to_owned())),
            Event::Eof => break,
            _ => {}
        }
    }
    if seen {
        Ok(())
    } else {
        Err(LogoError::Unknown)
    }
}

fn wrong(seen: bool) -> LogoError {
    if seen {
        LogoError::Damaged
    } else {
        LogoError::Unknown
    }
}

fn check_element(element: &quick_xml::events::BytesStart<'_>) -> Result<(), LogoError> {
    let name = element.name();
    let local = name.local_name().as_ref().to_owned();
    let prefixed = name.prefix().is_some();
    // Drawing programs leave notes of their own under their own prefix; they draw nothing.
    let own = !prefixed || name.as_ref().starts_with("svg:");
    if own && !ELEMENTS.contains(&local.as_str()) {
        return Err(LogoError::Element(local));
    }
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|_| LogoError::Damaged)?;
        let key = attribute.key.as_ref().to_lowercase();
        if key == "xmlns" || key.starts_with("xmlns:") {
            continue;
        }
        let value = attribute.value.to_lowercase();
        if key.starts_with("on") {
            return Err(LogoError::Element(key));
        }
        let refers = key == "href" || key.ends_with(":href");
        let outside = value
            .split("url(")
            .skip(1)
            .any(|rest| !rest.trim_start_matches(['\'', '"', ' ']).starts_with('#'));
        if refers && !value.starts_with('#') || outside || value.contains("&") {
            return Err(LogoError::Reference);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">
        <circle cx="5" cy="5" r="4" fill="#a00"/></svg>"##;

    fn svg(inside: &str) -> Result<Logo, LogoError> {
        Logo::check(
            format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{inside}</svg>"#)
                .into_bytes(),
        )
    }

    #[test]
    fn a_drawing_is_taken() {
        assert_eq!(
            Logo::check(PLAIN.as_bytes().to_vec()).unwrap().kind(),
            LogoKind::Svg
        );
        assert!(
            svg(r##"<defs><linearGradient id="a"/></defs><path fill="url(#a)" d="M0 0"/>"##)
                .is_ok()
        );
    }

    #[test]
    fn what_acts_or_refers_is_refused() {
        for inside in [
            "<script>alert(1)</script>",
            "<foreignObject/>",
            r#"<image href="http://x/y.png"/>"#,
            r##"<use href="#a"/>"##,
            "<text>A</text>",
            "<style>@import 'x'</style>",
        ] {
            assert!(
                matches!(svg(inside), Err(LogoError::Element(_))),
                "{inside}"
            );
        }
        for inside in [
            r#"<path onload="x()"/>"#,
            r#"<path fill="url(http://x/#a)"/>"#,
            r#"<path style="fill:url('file:///etc/passwd')"/>"#,
            r#"<linearGradient xlink:href="//x/y.svg"/>"#,
        ] {
            assert!(svg(inside).is_err(), "{inside}");
        }
        let entity = format!("<!DOCTYPE svg [<!ENTITY a 'b'>]>{PLAIN}");
        assert!(Logo::check(entity.into_bytes()).is_err());
        let deep = "<g>".repeat(100) + &"</g>".repeat(100);
        assert_eq!(svg(&deep), Err(LogoError::TooLarge));
    }

    #[test]
    fn pictures_are_measured_before_they_unfold() {
        let png = |width: u32, height: u32| {
            let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
            bytes.extend(width.to_be_bytes());
            bytes.extend(height.to_be_bytes());
            Logo::check(bytes)
        };
        assert!(png(200, 300).is_ok());
        assert_eq!(png(60_000, 60_000), Err(LogoError::TooWide));
        assert_eq!(png(0, 1), Err(LogoError::Damaged));
        let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 17, 8];
        jpeg.extend([0, 100, 0, 200]);
        assert_eq!(jpeg_size(&jpeg), Some((200, 100)));
        assert_eq!(Logo::check(jpeg[..8].to_vec()), Err(LogoError::Damaged));
        assert_eq!(Logo::check(b"GIF89a".to_vec()), Err(LogoError::Unknown));
        assert_eq!(
            Logo::check(vec![0; MOST_BYTES + 1]),
            Err(LogoError::TooLarge)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Logo::check(bytes);
        }

        #[test]
        fn any_ending_of_a_picture_is_an_answer(cut in 0_usize..120, byte in any::<u8>()) {
            for start in [PLAIN.as_bytes(), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01", b"\xff\xd8\xff\xe0\0\x04\0\0\xff\xc0\0\x11"] {
                let mut bytes = start[..cut.min(start.len())].to_vec();
                bytes.push(byte);
                let _ = Logo::check(bytes);
            }
        }
    }
}
