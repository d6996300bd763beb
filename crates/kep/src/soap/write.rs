//! Writes an [`Element`] tree as XML text; the same tree always gives the same text.

use super::element::base64;
use super::{Element, ns};

const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Prefixes that read well in a capture; other namespaces get `n1`, `n2`, in order of appearance.
/// `xml` is bound by every reader and can have no other name (Namespaces in XML 1.0, section 3).
const PREFIXES: [(&str, &str); 7] = [
    (XML, "xml"),
    (ns::ENVELOPE, "soapenv"),
    (ns::AXIS2, "ax"),
    (ns::AXIS2_XSD, "xs"),
    (ns::XMIME, "xmime"),
    (ns::XOP, "xop"),
    (ns::XSI, "xsi"),
];

/// Writes the tree with an XML declaration; every namespace is declared on the root.
/// Binary content is written as base64; [`crate::mtom::write`] writes it as parts instead.
/// Characters that XML cannot hold become U+FFFD.
pub fn write_xml(root: &Element) -> String {
    let mut namespaces = Vec::new();
    collect(root, &mut namespaces);
    let prefixes = name(&namespaces);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    element(&mut out, root, &prefixes, true);
    out
}

/// Namespace and prefix, in order of appearance.
type Prefixes<'a> = Vec<(&'a str, String)>;

fn collect<'a>(element: &'a Element, found: &mut Vec<&'a str>) {
    let names = std::iter::once(&element.ns)
        .chain(element.attributes.iter().map(|attribute| &attribute.ns));
    for ns in names {
        if !ns.is_empty() && !found.contains(&ns.as_str()) {
            found.push(ns);
        }
    }
    element
        .children
        .iter()
        .for_each(|child| collect(child, found));
}

fn name<'a>(namespaces: &[&'a str]) -> Prefixes<'a> {
    let known = |ns: &str| {
        PREFIXES
            .iter()
            .find(|(known, _)| *known == ns)
            .map(|(_, prefix)| (*prefix).to_owned())
    };
    namespaces
        .iter()
        .enumerate()
        .map(|(i, ns)| (*ns, known(ns).unwrap_or_else(|| format!("n{}", i + 1))))
        .collect()
}

fn qualified(prefixes: &Prefixes<'_>, ns: &str, name: &str) -> String {
    match prefixes.iter().find(|(known, _)| *known == ns) {
        Some((_, prefix)) => format!("{prefix}:{name}"),
        None => name.to_owned(),
    }
}

fn element(out: &mut String, element_: &Element, prefixes: &Prefixes<'_>, root: bool) {
    let tag = qualified(prefixes, &element_.ns, &element_.name);
    out.push('<');
    out.push_str(&tag);
    if root {
        prefixes
            .iter()
            .filter(|(ns, _)| *ns != XML)
            .for_each(|(ns, prefix)| attribute(out, &format!("xmlns:{prefix}"), ns));
    }
    for each in &element_.attributes {
        attribute(out, &qualified(prefixes, &each.ns, &each.name), &each.value);
    }
    out.push('>');
    match &element_.binary {
        Some(bytes) => out.push_str(&base64(bytes)),
        None => escape(out, &element_.text),
    }
    element_
        .children
        .iter()
        .for_each(|child| element(out, child, prefixes, false));
    out.push_str("</");
    out.push_str(&tag);
    out.push('>');
}

fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    for character in value.chars() {
        match character {
            // A reader turns plain white space in an attribute into blanks.
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            other => escape_character(out, other),
        }
    }
    out.push('"');
}

fn escape(out: &mut String, text: &str) {
    text.chars()
        .for_each(|character| escape_character(out, character));
}

fn escape_character(out: &mut String, character: char) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        // A reader turns a plain carriage return into a line feed.
        '\r' => out.push_str("&#13;"),
        other => out.push(holdable(other)),
    }
}

/// The character itself, or U+FFFD in place of one that XML cannot hold.
pub(super) fn holdable(character: char) -> char {
    match character {
        '\t' | '\n' | '\r' => character,
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        other => other,
    }
}
