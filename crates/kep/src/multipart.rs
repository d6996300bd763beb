//! Splits a MIME multipart body into its parts without copying them.

use std::ops::Range;

use bytes::Bytes;

use crate::soap::{Limits, ReadError};

/// A media type with its parameters; type and parameter names are in lower case.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MediaType {
    pub essence: String,
    parameters: Vec<(String, String)>,
}

impl MediaType {
    /// Reads `type/subtype; name=value; name="quoted value"`. What cannot be understood is left out.
    pub fn parse(header: &str) -> Self {
        let (essence, mut rest) = header.split_once(';').unwrap_or((header, ""));
        let mut parameters = Vec::new();
        while let Some((name, after)) = rest.split_once('=') {
            let (value, after) = parameter_value(after.trim_start());
            parameters.push((
                name.trim_matches([' ', '\t', '\r', '\n', ';'])
                    .to_ascii_lowercase(),
                value,
            ));
            rest = after.split_once(';').map_or("", |(_, next)| next);
        }
        Self {
            essence: essence.trim().to_ascii_lowercase(),
            parameters,
        }
    }

    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The value at the start of `text` and what follows it.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.trim().to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, quoted.get(at + 1..).unwrap_or("")),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

/// One part: its headers with names in lower case, and its undecoded content.
pub(crate) struct Part {
    headers: Vec<(String, String)>,
    pub content: Bytes,
    /// Headers and content exactly as they stood between the boundaries: what an S/MIME signature covers.
    pub raw: Bytes,
}

impl Part {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Content-ID without its angle brackets.
    pub fn id(&self) -> Option<&str> {
        self.header("content-id")
            .map(|id| id.trim().trim_start_matches('<').trim_end_matches('>'))
    }
}

/// Splits `body` at `boundary`. A body without its closing boundary was cut and is refused,
/// so that a shortened file is never taken for the whole.
pub(crate) fn split(body: &Bytes, boundary: &str, limits: &Limits) -> Result<Vec<Part>, ReadError> {
    let mut parts = Vec::new();
    let mut open: Option<usize> = None;
    for delimiter in Delimiters::new(body, boundary) {
        if let Some(start) = open {
            if parts.len() >= limits.parts {
                return Err(ReadError::TooManyParts {
                    limit: limits.parts,
                });
            }
            parts.push(part(
                body,
                start,
                before_line_break(body, start, delimiter.range.start),
            ));
        }
        if delimiter.closes {
            return Ok(parts);
        }
        open = Some(delimiter.range.end);
    }
    Err(ReadError::NotMultipart("the closing boundary is missing"))
}

struct Delimiter {
    /// From the first hyphen to the start of the next line.
    range: Range<usize>,
    closes: bool,
}

/// Walks over the lines that are delimiters.
struct Delimiters<'a> {
    body: &'a [u8],
    delimiter: Vec<u8>,
    at: usize,
}

impl<'a> Delimiters<'a> {
    fn new(body: &'a [u8], boundary: &str) -> Self {
        Self {
            body,
            delimiter: format!("--{boundary}").into_bytes(),
            at: 0,
        }
    }

    fn read(&self, start: usize, line: &[u8]) -> Option<Delimiter> {
        let rest = line.strip_prefix(self.delimiter.as_slice())?;
        let rest = rest.trim_ascii();
        if !(rest.is_empty() || rest == b"--") {
            return None;
        }
        Some(Delimiter {
            range: start..start + line.len(),
            closes: !rest.is_empty(),
        })
    }
}

impl Iterator for Delimiters<'_> {
    type Item = Delimiter;

    fn next(&mut self) -> Option<Delimiter> {
        while let Some(rest) = self.body.get(self.at..).filter(|rest| !rest.is_empty()) {
            let length = rest
                .iter()
                .position(|byte| *byte == b'\n')
                .map_or(rest.len(), |at| at + 1);
            let start = self.at;
            self.at += length;
            if let Some(found) = rest.get(..length).and_then(|line| self.read(start, line)) {
                return Some(found);
            }
        }
        None
    }
}

/// The end of a part: the line break before a delimiter belongs to the delimiter.
fn before_line_break(body: &[u8], start: usize, end: usize) -> usize {
    let content = body.get(start..end).unwrap_or_default();
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    let content = content.strip_suffix(b"\r").unwrap_or(content);
    start + content.len()
}

fn part(body: &Bytes, start: usize, end: usize) -> Part {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut at = start;
    while at < end {
        let rest = body.get(at..end).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(rest.len(), |found| found + 1);
        let line = String::from_utf8_lossy(rest.get(..length).unwrap_or_default());
        at += length;
        let line = line.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            break;
        }
        match (
            line.starts_with([' ', '\t']),
            headers.last_mut(),
            line.split_once(':'),
        ) {
            (true, Some((_, value)), _) => value.push_str(line),
            (false, _, Some((name, value))) => {
                headers.push((name.trim().to_ascii_lowercase(), value.trim().into()))
            }
            _ => {} // a line that is no header says nothing that is needed
        }
    }
    Part {
        headers,
        content: body.slice(at.min(end)..end),
        raw: body.slice(start.min(end)..end),
    }
}
