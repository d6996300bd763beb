//! The few questions that signing asks of an XML document, over the library's tree.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::uppsala::Parser;
use bergshamra_xml::{Document, NodeId, NodeSet};

use super::{DS, MAX_XML};

/// Levels of elements; canonicalisation walks down by recursion.
const MAX_DEPTH: u32 = 100;

/// The parser compares attributes of an element with each other and every prefix with the declarations
/// above it, without a limit; an evidence has some two hundred of all these together.
const MOST: [(&str, usize, &str); 3] = [
    ("<", 200_000, "etiket"),
    ("=", 20_000, "nitelik"),
    ("xmlns", 1_000, "ad alanı bildirimi"),
];

/// Parses a document without a DTD, of bounded size and work.
pub(super) fn parse(text: &str) -> Result<Document<'_>, String> {
    if text.len() > MAX_XML {
        return Err(format!("XML çok büyük: {} bayt", text.len()));
    }
    for (mark, most, name) in MOST {
        if text.matches(mark).nth(most).is_some() {
            return Err(format!("XML'de çok fazla {name} var (en çok {most})"));
        }
    }
    Parser::new()
        .with_max_depth(MAX_DEPTH)
        .with_forbid_dtd(true)
        .parse(text)
        .map_err(|error| format!("XML okunamıyor: {error}"))
}

pub(super) fn is(doc: &Document<'_>, node: NodeId, namespace: &str, name: &str) -> bool {
    doc.element(node)
        .is_some_and(|element| element.matches_name_ns(namespace, name))
}

/// Child elements of this name.
pub(super) fn children(
    doc: &Document<'_>,
    node: NodeId,
    namespace: &str,
    name: &str,
) -> Vec<NodeId> {
    let all = doc.children_iter(node);
    all.filter(|child| is(doc, *child, namespace, name))
        .collect()
}

/// The only child element of this name.
pub(super) fn only(
    doc: &Document<'_>,
    node: NodeId,
    namespace: &str,
    name: &str,
) -> Result<NodeId, String> {
    match children(doc, node, namespace, name).as_slice() {
        [one] => Ok(*one),
        [] => Err(format!("{name} yok")),
        _ => Err(format!("birden çok {name} var")),
    }
}

pub(super) fn elements(doc: &Document<'_>, node: NodeId) -> Vec<NodeId> {
    let all = doc.children_iter(node);
    all.filter(|child| doc.element(*child).is_some()).collect()
}

/// The `Algorithm` of the only child of this name.
pub(super) fn algorithm(doc: &Document<'_>, node: NodeId, name: &str) -> Result<String, String> {
    let child = only(doc, node, DS, name)?;
    let found = doc.get_attribute(child, "Algorithm");
    found
        .map(str::to_owned)
        .ok_or_else(|| format!("{name} algoritması yok"))
}

/// Base64 text of an element; white space is allowed in it.
pub(super) fn base64(doc: &Document<'_>, node: NodeId) -> Result<Vec<u8>, String> {
    let text = doc.text_content_deep(node);
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(text).map_err(|_| "base64 bozuk".into())
}

pub(super) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// One element with everything in it, canonical.
pub(super) fn canonical(
    doc: &Document<'_>,
    node: NodeId,
    mode: C14nMode,
) -> Result<Vec<u8>, String> {
    let set = if mode.with_comments() {
        NodeSet::tree_with_comments(node, doc)
    } else {
        NodeSet::tree_without_comments(node, doc)
    };
    canonicalize_doc::<&str>(doc, mode, Some(&set), &[]).map_err(|error| error.to_string())
}

/// The whole document but one subtree, canonical: what an enveloped signature covers.
pub(super) fn canonical_without(
    doc: &Document<'_>,
    left_out: Option<NodeId>,
    mode: C14nMode,
) -> Result<Vec<u8>, String> {
    let mut set = NodeSet::all_without_comments(doc);
    if let Some(node) = left_out {
        set.remove_id(node);
        for inner in doc.descendants(node) {
            set.remove_id(inner);
        }
    }
    canonicalize_doc::<&str>(doc, mode, Some(&set), &[]).map_err(|error| error.to_string())
}

/// Every element's identifiers are distinct, under each spelling that a reader might follow.
pub(super) fn identifiers_are_unique(doc: &Document<'_>) -> bool {
    let mut seen = std::collections::HashSet::new();
    doc.descendants(doc.root()).into_iter().all(|node| {
        ["Id", "ID", "id"].iter().all(|name| {
            doc.get_attribute(node, name)
                .is_none_or(|value| seen.insert(value.to_owned()))
        })
    })
}
