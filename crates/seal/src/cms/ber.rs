//! Walks over tags and lengths before anything is decoded, so that each defect has its name and no
//! stated length makes us reserve memory; what is BER becomes DER.

use std::borrow::Cow;

use crate::error::ReadError;

/// Bytes that a signature may have; the content inside counts.
pub const MAX_SIGNATURE: usize = 64 * 1024 * 1024;
/// Levels of constructed values.
const MAX_DEPTH: usize = 32;
/// Members of one set: signers, certificates, lists, attributes.
const MAX_SET: usize = 512;

const CONSTRUCTED: u8 = 0x20;
const OCTET_STRING: u8 = 0x04;
/// An octet string in pieces.
const PIECES: u8 = OCTET_STRING | CONSTRUCTED;
const END_OF_CONTENTS: [u8; 2] = [0, 0];

/// The DER of one value; what is DER already is handed back as it is.
///
/// Writers that stream (BouncyCastle, `openssl cms -stream`) leave lengths open and hand the content
/// over in pieces, which RFC 5652 allows everywhere but in certificates and signed attributes. What a
/// signature covers stays the same: the octets of the content, not their lengths (5.4).
pub(super) fn to_der(bytes: &[u8]) -> Result<Cow<'_, [u8]>, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    if bytes.len() > MAX_SIGNATURE {
        return Err(ReadError::TooLarge(bytes.len()));
    }
    if walk(bytes, None)? {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut out = Vec::new();
    walk(bytes, Some(&mut out))?;
    Ok(Cow::Owned(out))
}

/// A constructed value that has begun.
struct Open {
    tag: u8,
    /// Where it ends; none when an end of contents says so.
    end: Option<usize>,
    /// Where the nearest value with a length ends, this one or one around it.
    limit: Option<usize>,
    /// What still may stand in it.
    room: usize,
    /// Where its content begins in what is written.
    start: usize,
}

/// Whether `bytes` are one value in DER, as far as tags and lengths go; writes the DER to `out`.
fn walk(bytes: &[u8], mut out: Option<&mut Vec<u8>>) -> Result<bool, ReadError> {
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    let mut is_der = true;
    loop {
        let limit = open.last().and_then(|around| around.limit);
        let rest = bytes.get(at..limit.unwrap_or(bytes.len()));
        let endless = open.last().is_some_and(|around| around.end.is_none());
        if endless && rest.is_some_and(|rest| rest.starts_with(&END_OF_CONTENTS)) {
            at += END_OF_CONTENTS.len();
            close(&mut open, out.as_deref_mut());
        } else {
            let header = header(bytes, at, limit)?;
            let tag = header.tag;
            let in_pieces = open.last().is_some_and(|around| around.tag == PIECES);
            if in_pieces && tag != OCTET_STRING && tag != PIECES {
                return Err(ReadError::Malformed(format!(
                    "{at}. bayttaki değer bir OCTET STRING parçası değil"
                )));
            }
            if let Some(around) = open.last_mut() {
                around.room = around.room.checked_sub(1).ok_or(ReadError::TooMany)?;
            }
            is_der &= header.is_der;
            if tag & CONSTRUCTED != 0 {
                if open.len() >= MAX_DEPTH {
                    return Err(ReadError::TooDeep);
                }
                open.push(Open {
                    tag,
                    end: header.end,
                    limit: header.end.or(limit),
                    room: if is_set(tag) { MAX_SET } else { usize::MAX },
                    start: out.as_ref().map_or(0, |out| out.len()),
                });
                at = header.body;
            } else {
                let end = header.end.unwrap_or(header.body);
                let body = bytes.get(header.body..end).unwrap_or_default();
                if let Some(out) = out.as_deref_mut() {
                    if !in_pieces {
                        out.extend(head(tag, body.len()));
                    }
                    out.extend_from_slice(body);
                }
                at = end;
            }
        }
        while open.last().is_some_and(|around| around.end == Some(at)) {
            close(&mut open, out.as_deref_mut());
        }
        if open.is_empty() {
            break;
        }
    }
    if at < bytes.len() {
        return Err(ReadError::Trailing((bytes.len() - at) as u64));
    }
    Ok(is_der)
}

/// A set, or a context tag that stands for one.
const fn is_set(tag: u8) -> bool {
    tag == 0x31 || tag & 0xc0 == 0x80
}

/// Puts tag and length before the content of the value that ends; a piece has neither.
fn close(open: &mut Vec<Open>, out: Option<&mut Vec<u8>>) {
    let Some(ended) = open.pop() else { return };
    let in_pieces = open.last().is_some_and(|around| around.tag == PIECES);
    let Some(out) = out.filter(|_| !in_pieces) else {
        return;
    };
    let tag = if ended.tag == PIECES {
        OCTET_STRING
    } else {
        ended.tag
    };
    let head = head(tag, out.len() - ended.start);
    out.splice(ended.start..ended.start, head);
}

/// Tag and length as DER has them.
fn head(tag: u8, length: usize) -> Vec<u8> {
    let octets = length.to_be_bytes();
    let from = octets.iter().position(|octet| *octet != 0);
    let octets = octets
        .get(from.unwrap_or(octets.len())..)
        .unwrap_or_default();
    match octets {
        [] => vec![tag, 0],
        [one @ 0..=0x7f] => vec![tag, *one],
        _ => {
            let count = 0x80 | octets.len().to_le_bytes()[0];
            [&[tag, count], octets].concat()
        }
    }
}

struct Header {
    tag: u8,
    /// Whether DER has this tag and this length.
    is_der: bool,
    body: usize,
    /// None for a constructed value whose end is marked.
    end: Option<usize>,
}

/// The header at `at`; `limit` is where the nearest value with a length ends.
fn header(bytes: &[u8], at: usize, limit: Option<usize>) -> Result<Header, ReadError> {
    let short = |missing: usize| match limit {
        None => ReadError::Truncated(missing as u64),
        Some(_) => ReadError::Malformed(format!("{at}. bayttaki değer kabını aşıyor")),
    };
    let bytes = bytes.get(..limit.unwrap_or(bytes.len())).unwrap_or(bytes);
    let tag = *bytes.get(at).ok_or_else(|| short(1))?;
    if tag & 0x1f == 0x1f {
        return Err(ReadError::Malformed("uzun etiket".into()));
    }
    let first = *bytes.get(at + 1).ok_or_else(|| short(1))?;
    let (length, body, shortest) = match first {
        0..=0x7f => (u64::from(first), at + 2, true),
        0x80 if tag & CONSTRUCTED == 0 => {
            return Err(ReadError::Malformed(format!(
                "{at}. bayttaki yalın değerin uzunluğu belirsiz"
            )));
        }
        0x80 => {
            return Ok(Header {
                tag,
                is_der: false,
                body: at + 2,
                end: None,
            });
        }
        _ => {
            let count = usize::from(first & 0x7f);
            if count > 8 {
                return Err(ReadError::HugeLength(u64::MAX));
            }
            let raw = bytes
                .get(at + 2..at + 2 + count)
                .ok_or_else(|| short(count))?;
            let length = raw
                .iter()
                .fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
            let shortest = length > 0x7f && raw.first().is_some_and(|octet| *octet != 0);
            (length, at + 2 + count, shortest)
        }
    };
    if length > MAX_SIGNATURE as u64 {
        return Err(ReadError::HugeLength(length));
    }
    let end = body + usize::try_from(length).map_err(|_| ReadError::HugeLength(length))?;
    if end > bytes.len() {
        return Err(short(end - bytes.len()));
    }
    Ok(Header {
        tag,
        is_der: shortest && tag != PIECES,
        body,
        end: Some(end),
    })
}
