//! The element tree that everything SOAP is read into and written from.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use bytes::Bytes;

/// One XML element. Prefixes are gone: a name is its namespace and its local part.
///
/// Mixed content keeps its text joined together, since no SOAP contract uses the order of text between elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Namespace URI; empty for none.
    pub ns: String,
    /// Local name.
    pub name: String,
    pub attributes: Vec<Attribute>,
    pub children: Vec<Element>,
    pub text: String,
    /// Bytes of a binary element: written as base64 or as an MTOM part, and filled by the MTOM reader.
    /// An element with binary content has no text and no children.
    pub binary: Option<Bytes>,
}

/// One attribute; an attribute without prefix has the empty namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub ns: String,
    pub name: String,
    pub value: String,
}

impl Element {
    pub fn new(ns: &str, name: &str) -> Self {
        Self {
            ns: ns.into(),
            name: name.into(),
            ..Self::default()
        }
    }

    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    pub fn with_child(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    pub fn with_attribute(mut self, ns: &str, name: &str, value: &str) -> Self {
        self.attributes.push(Attribute {
            ns: ns.into(),
            name: name.into(),
            value: value.into(),
        });
        self
    }

    pub fn is(&self, ns: &str, name: &str) -> bool {
        self.ns == ns && self.name == name
    }

    /// First child of this local name, whatever its namespace.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of this local name, whatever their namespace, in document order.
    pub fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// First element of this local name in the whole tree, this one included, in document order.
    pub fn find(&self, name: &str) -> Option<&Element> {
        if self.name == name {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(name))
    }

    /// First attribute of this local name, whatever its namespace.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
            .map(|attribute| attribute.value.as_str())
    }

    /// Text without surrounding white space; `None` when it is empty.
    pub fn trimmed(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !text.is_empty())
    }

    /// The bytes of a binary element: a resolved MTOM part, or else its text read as base64
    /// (white space and missing padding are accepted). `None` when the text is not base64.
    pub fn bytes(&self) -> Option<Bytes> {
        if let Some(binary) = &self.binary {
            return Some(binary.clone());
        }
        let compact: Vec<u8> = self
            .text
            .bytes()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        LENIENT.decode(compact).ok().map(Bytes::from)
    }
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Base64 as every binary field is written when it travels inline.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
