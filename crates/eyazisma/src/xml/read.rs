//! Reads bytes into an [`Element`] tree within limits; no DOCTYPE, no entities but XML's own.

use std::collections::HashSet;
use std::rc::Rc;

use quick_xml::XmlVersion;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use super::{Element, is_holdable};

/// What one XML part may be at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct XmlLimits {
    /// Depth of nested elements.
    pub depth: usize,
    /// Elements and attributes together.
    pub nodes: usize,
}

/// Namespaces of a document, and attributes of one element. How many declarations hold at one
/// place the library limits itself.
const MOST_NAMES: usize = 256;

/// Why a part is not XML that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    #[error("not UTF-8")]
    NotUtf8,
    #[error("a document type declaration is not accepted")]
    DocType,
    #[error("the entity {0:?} is not accepted")]
    Entity(String),
    #[error("nested deeper than {0} elements")]
    TooDeep(usize),
    #[error("more than {0} elements and attributes")]
    TooManyNodes(usize),
    #[error("more than {0} namespaces")]
    TooManyNamespaces(usize),
    #[error("the character U+{0:04X} is none of XML")]
    Character(u32),
    #[error("not XML: {0}")]
    NotXml(String),
}

impl From<quick_xml::Error> for XmlError {
    fn from(error: quick_xml::Error) -> Self {
        Self::NotXml(error.to_string())
    }
}

/// A part's root, and whether a byte-order mark stood before it.
#[derive(Debug)]
pub struct Document {
    pub root: Element,
    pub bom: bool,
    /// White space before the XML declaration, which strict readers refuse.
    pub indented: bool,
}

/// Reads one XML part.
///
/// # Errors
/// When it is not well formed, larger than the limits, or carries a DOCTYPE or an entity.
pub fn read(bytes: &[u8], limits: XmlLimits) -> Result<Document, XmlError> {
    let text = std::str::from_utf8(bytes).map_err(|_| XmlError::NotUtf8)?;
    let (text, bom) = match text.strip_prefix('\u{feff}') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    holdable(text)?;
    let indented = text.trim_start().starts_with("<?xml") && !text.starts_with('<');
    let mut reader = NsReader::from_str(text.trim());
    reader.config_mut().expand_empty_elements = true;
    let mut tree = Tree {
        limits,
        open: Vec::new(),
        root: None,
        nodes: 0,
        namespaces: HashSet::new(),
    };
    loop {
        match reader.read_event()? {
            Event::Start(start) => {
                let element = tree.element_of(&reader, &start)?;
                tree.open(element)?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(text) => tree.text(&text.xml10_content())?,
            Event::CData(text) => tree.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => {
                tree.text(resolve(&reference)?.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) => return Err(XmlError::DocType),
            Event::Eof => {
                let root = tree.finish()?;
                return Ok(Document {
                    root,
                    bom,
                    indented,
                });
            }
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

/// That XML can hold every character: strict readers refuse the whole part for one that it cannot.
fn holdable(text: &str) -> Result<(), XmlError> {
    match text.chars().find(|character| !is_holdable(*character)) {
        Some(character) => Err(XmlError::Character(character.into())),
        None => Ok(()),
    }
}

/// Character references and the five names that every XML has.
fn resolve(reference: &BytesRef<'_>) -> Result<char, XmlError> {
    if let Some(character) = reference.resolve_char_ref()? {
        holdable(character.encode_utf8(&mut [0; 4]))?;
        return Ok(character);
    }
    match &*reference.xml10_content() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        name => Err(XmlError::Entity(name.to_owned())),
    }
}

/// The elements that are open, and the root once it is closed.
struct Tree {
    limits: XmlLimits,
    open: Vec<Element>,
    root: Option<Element>,
    nodes: usize,
    /// Namespaces seen so far: a document has few, an element's copy of one costs nothing.
    namespaces: HashSet<Rc<str>>,
}

impl Tree {
    fn element_of(
        &mut self,
        reader: &NsReader<&[u8]>,
        start: &BytesStart<'_>,
    ) -> Result<Element, XmlError> {
        // Before the library compares each with all others.
        if start
            .attributes()
            .with_checks(false)
            .nth(MOST_NAMES)
            .is_some()
        {
            return Err(XmlError::TooManyNodes(MOST_NAMES));
        }
        let (ns, local) = reader.resolver().resolve_element(start.name());
        let mut element = Element {
            ns: self.namespace(ns)?,
            name: local.into_inner().to_owned(),
            attributes: Vec::new(),
            children: Vec::new(),
            text: String::new(),
        };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| XmlError::NotXml(error.to_string()))?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let (ns, local) = reader.resolver().resolve_attribute(attribute.key);
            let value = attribute.normalized_value(XmlVersion::Implicit1_0)?;
            holdable(&value)?;
            element.attributes.push((
                self.namespace(ns)?,
                local.into_inner().to_owned(),
                value.into_owned(),
            ));
        }
        Ok(element)
    }

    fn namespace(&mut self, resolved: ResolveResult<'_>) -> Result<Rc<str>, XmlError> {
        let name = match resolved {
            ResolveResult::Bound(namespace) => unescape(namespace.into_inner())
                .map_err(|error| XmlError::NotXml(error.to_string()))?,
            ResolveResult::Unbound => "".into(),
            ResolveResult::Unknown(prefix) => {
                return Err(XmlError::NotXml(format!("unknown prefix {prefix:?}")));
            }
        };
        if let Some(known) = self.namespaces.get(name.as_ref()) {
            return Ok(Rc::clone(known));
        }
        if self.namespaces.len() >= MOST_NAMES {
            return Err(XmlError::TooManyNamespaces(MOST_NAMES));
        }
        let new: Rc<str> = Rc::from(name.as_ref());
        self.namespaces.insert(Rc::clone(&new));
        Ok(new)
    }

    fn open(&mut self, element: Element) -> Result<(), XmlError> {
        self.nodes += 1 + element.attributes.len();
        if self.nodes > self.limits.nodes {
            return Err(XmlError::TooManyNodes(self.limits.nodes));
        }
        if self.open.len() >= self.limits.depth {
            return Err(XmlError::TooDeep(self.limits.depth));
        }
        if self.root.is_some() {
            return Err(XmlError::NotXml("more than one root element".into()));
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlError> {
        let mut element = self
            .open
            .pop()
            .ok_or_else(|| XmlError::NotXml("an end without a start".into()))?;
        if !element.children.is_empty() && element.text.trim().is_empty() {
            element.text.clear(); // only the indentation between its children
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlError> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(XmlError::NotXml("text outside the root element".into())),
        }
        Ok(())
    }

    fn finish(self) -> Result<Element, XmlError> {
        if !self.open.is_empty() {
            return Err(XmlError::NotXml(
                "the document ends inside an element".into(),
            ));
        }
        self.root
            .ok_or_else(|| XmlError::NotXml("no element".into()))
    }
}
