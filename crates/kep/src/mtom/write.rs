//! Writes an XML message with its binary fields as parts, or inline.

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::soap::{Element, ns, write_xml};

/// A body ready for HTTP and the `Content-Type` that describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    pub content_type: String,
    pub body: Bytes,
}

/// Writes the tree as plain `text/xml`, binary fields as inline base64.
pub fn write_inline(root: &Element) -> Packed {
    Packed {
        content_type: "text/xml; charset=UTF-8".into(),
        body: write_xml(root).into(),
    }
}

/// Writes the tree as `multipart/related`, each binary field as a part of its own.
///
/// The boundary is made from a hash of the content, so the same tree gives the same bytes
/// and the boundary does not occur in a part.
pub fn write(root: &Element) -> Packed {
    let mut root = root.clone();
    let mut parts = Vec::new();
    detach(&mut root, &mut parts);
    let xml = write_xml(&root);
    let boundary = boundary(&xml, &parts);
    Packed {
        content_type: format!(
            "multipart/related; type=\"application/xop+xml\"; start=\"<{ROOT_ID}>\"; start-info=\"text/xml\"; boundary=\"{boundary}\""
        ),
        body: assemble(&boundary, &xml, &parts).into(),
    }
}

const ROOT_ID: &str = "root@dys";

struct Part {
    id: String,
    content_type: String,
    content: Bytes,
}

/// Replaces every binary content by an `xop:Include`.
fn detach(element: &mut Element, parts: &mut Vec<Part>) {
    if let Some(content) = element.binary.take() {
        let id = format!("part{}@dys", parts.len() + 1);
        element.text.clear();
        element.children =
            vec![Element::new(ns::XOP, "Include").with_attribute("", "href", &format!("cid:{id}"))];
        // A media type with a line break in it would forge a header.
        let stated = element
            .attribute("contentType")
            .filter(|value| value.bytes().all(|byte| (b' '..0x7f).contains(&byte)));
        let content_type = stated.unwrap_or("application/octet-stream").to_owned();
        parts.push(Part {
            id,
            content_type,
            content,
        });
    }
    element
        .children
        .iter_mut()
        .for_each(|child| detach(child, parts));
}

fn boundary(xml: &str, parts: &[Part]) -> String {
    let mut hash = Sha256::new();
    hash.update(xml);
    parts.iter().for_each(|part| hash.update(&part.content));
    let digest: String = hash
        .finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("dys-{digest}")
}

fn assemble(boundary: &str, xml: &str, parts: &[Part]) -> Vec<u8> {
    let size = xml.len()
        + parts
            .iter()
            .map(|part| part.content.len() + 256)
            .sum::<usize>()
        + 512;
    let mut out = Vec::with_capacity(size);
    let root_type = "application/xop+xml; charset=UTF-8; type=\"text/xml\"";
    add_part(
        &mut out,
        boundary,
        root_type,
        "8bit",
        ROOT_ID,
        xml.as_bytes(),
    );
    for part in parts {
        add_part(
            &mut out,
            boundary,
            &part.content_type,
            "binary",
            &part.id,
            &part.content,
        );
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out
}

fn add_part(
    out: &mut Vec<u8>,
    boundary: &str,
    content_type: &str,
    encoding: &str,
    id: &str,
    content: &[u8],
) {
    let headers = format!(
        "--{boundary}\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\nContent-ID: <{id}>\r\n\r\n"
    );
    out.extend_from_slice(headers.as_bytes());
    out.extend_from_slice(content);
    out.extend_from_slice(b"\r\n");
}
