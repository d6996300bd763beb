//! XML as this format uses it: a small tree that is read within limits, and a writer.

mod read;
mod write;

pub use read::{XmlError, XmlLimits, read};
pub use write::Writer;

use std::rc::Rc;

/// An element with its namespace resolved; prefixes do not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub ns: Rc<str>,
    pub name: String,
    /// Attributes without the declarations of namespaces: namespace, name, value.
    pub attributes: Vec<(Rc<str>, String, String)>,
    pub children: Vec<Element>,
    pub text: String,
}

/// Whether XML 1.0 can hold the character at all, escaped or not.
pub fn is_holdable(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => false,
        _ => true,
    }
}

impl Element {
    /// The first child of that local name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    pub fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The trimmed text of the first child of that name; none when it is missing or empty.
    pub fn text_of(&self, name: &str) -> Option<String> {
        self.child(name)
            .map(|child| child.text.trim())
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(_, local, _)| local == name)
            .map(|(_, _, value)| value.as_str())
    }
}
