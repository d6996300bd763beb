//! Reads an XML message that came plain or as `multipart/related`, and puts the parts where they belong.

use bytes::Bytes;

use crate::multipart::{MediaType, Part, split};
use crate::soap::{Element, Limits, ReadError, ns, read_xml};

/// Reads the body of a SOAP message by its `Content-Type`.
///
/// `multipart/related` is split, its root read and each `xop:Include` replaced by the bytes of its part
/// ([`Element::binary`]); anything else is read as XML, where binary fields are inline base64
/// ([`Element::bytes`] gives the bytes in both cases).
pub fn read(content_type: &str, body: &Bytes, limits: &Limits) -> Result<Element, ReadError> {
    if body.len() > limits.bytes {
        return Err(ReadError::TooLarge {
            limit: limits.bytes,
        });
    }
    let media = MediaType::parse(content_type);
    if media.essence != "multipart/related" {
        return read_xml(body, limits);
    }
    let boundary = media
        .parameter("boundary")
        .filter(|boundary| !boundary.is_empty());
    let boundary = boundary.ok_or(ReadError::NotMultipart("no boundary"))?;
    let parts = split(body, boundary, limits)?;
    let mut root = read_xml(&content(root_part(&media, &parts)?)?, limits)?;
    resolve(&mut root, &parts)?;
    Ok(root)
}

fn root_part<'p>(media: &MediaType, parts: &'p [Part]) -> Result<&'p Part, ReadError> {
    let start = media
        .parameter("start")
        .map(|id| id.trim().trim_start_matches('<').trim_end_matches('>'));
    let named = start.and_then(|start| parts.iter().find(|part| part.id() == Some(start)));
    named
        .or(parts.first())
        .ok_or(ReadError::NotMultipart("no part"))
}

/// The decoded bytes of a part. MTOM parts are binary as a rule; base64 is undone as well.
fn content(part: &Part) -> Result<Bytes, ReadError> {
    let encoding = part
        .header("content-transfer-encoding")
        .unwrap_or("binary")
        .trim()
        .to_ascii_lowercase();
    match encoding.as_str() {
        "binary" | "8bit" | "7bit" => Ok(part.content.clone()),
        "base64" => {
            let text = String::from_utf8_lossy(&part.content).into_owned();
            let decoded = Element::new("", "part").with_text(text).bytes();
            decoded.ok_or(ReadError::NotMultipart("a part is not base64 as it says"))
        }
        _ => Err(ReadError::NotMultipart("an unknown transfer encoding")),
    }
}

fn resolve(element: &mut Element, parts: &[Part]) -> Result<(), ReadError> {
    let Some(include) = element
        .children
        .iter()
        .find(|child| child.is(ns::XOP, "Include"))
    else {
        return element
            .children
            .iter_mut()
            .try_for_each(|child| resolve(child, parts));
    };
    let href = include.attribute("href").unwrap_or_default().trim();
    let id = strip_cid(href).ok_or_else(|| ReadError::MissingPart(href.to_owned()))?;
    let decoded = percent_decode(id);
    let part = parts
        .iter()
        .find(|part| part.id() == Some(decoded.as_str()) || part.id() == Some(id));
    element.binary = Some(content(part.ok_or(ReadError::MissingPart(decoded))?)?);
    element.children.clear();
    element.text.clear();
    Ok(())
}

fn strip_cid(href: &str) -> Option<&str> {
    let (scheme, id) = href.split_once(':')?;
    scheme.eq_ignore_ascii_case("cid").then_some(id)
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let decoded = (*first == b'%')
            .then(|| after.get(..2).and_then(hex))
            .flatten();
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() {
            after.get(2..).unwrap_or_default()
        } else {
            after
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(text, 16).ok()
}
