//! Reads XML bytes into an [`Element`] tree, within limits.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{LocalName, ResolveResult};
use quick_xml::reader::NsReader;

use super::write::holdable;
use super::{Attribute, Element};

/// What a reader accepts at most. The defaults hold a KEP message of 25 MB as inline base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole document or multipart body.
    pub bytes: usize,
    /// Depth of nested elements.
    pub depth: usize,
    /// Elements and attributes together.
    pub nodes: usize,
    /// Parts of a multipart body.
    pub parts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 40 * 1024 * 1024,
            depth: 64,
            nodes: 200_000,
            parts: 256,
        }
    }
}

/// Attributes of one element; no message of the services has more than a few.
const MOST_ATTRIBUTES: usize = 256;

/// Why bytes could not be read as XML or as a multipart XML body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("nested deeper than {limit} elements")]
    TooDeep { limit: usize },
    #[error("more than {limit} elements and attributes")]
    TooManyNodes { limit: usize },
    #[error("more than {limit} attributes of one element")]
    TooManyAttributes { limit: usize },
    #[error("more than {limit} parts")]
    TooManyParts { limit: usize },
    #[error("a document type declaration is not accepted")]
    DocType,
    #[error("not UTF-8")]
    NotUtf8,
    #[error("not XML: {0}")]
    NotXml(String),
    #[error("not a multipart body: {0}")]
    NotMultipart(&'static str),
    #[error("the part cid:{0} is missing")]
    MissingPart(String),
    #[error("not a SOAP 1.1 envelope: {0}")]
    NotSoap(&'static str),
}

impl From<quick_xml::Error> for ReadError {
    fn from(error: quick_xml::Error) -> Self {
        Self::NotXml(error.to_string())
    }
}

/// Reads one XML document. The namespaces are resolved, prefixes do not matter. Characters that XML
/// cannot hold, which the library lets through, become U+FFFD as in [`super::write_xml`].
///
/// ```
/// let root = kep::soap::read_xml(b"<a xmlns='urn:x'><b>1 &lt; 2</b></a>", &Default::default())?;
/// assert!(root.is("urn:x", "a"));
/// assert_eq!(root.child("b").unwrap().text, "1 < 2");
/// # Ok::<(), kep::soap::ReadError>(())
/// ```
pub fn read_xml(bytes: &[u8], limits: &Limits) -> Result<Element, ReadError> {
    if bytes.len() > limits.bytes {
        return Err(ReadError::TooLarge {
            limit: limits.bytes,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ReadError::NotUtf8)?;
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}').trim());
    reader.config_mut().expand_empty_elements = true;
    let mut tree = Tree {
        limits,
        open: Vec::new(),
        root: None,
        nodes: 0,
    };
    loop {
        match reader.read_event()? {
            Event::Start(start) => {
                let element = element_of(&reader, &start)?;
                tree.open(element)?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(text) => tree.text(&text.xml10_content())?,
            Event::CData(text) => tree.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => tree.character(resolve(&reference)?)?,
            Event::DocType(_) => return Err(ReadError::DocType),
            Event::Eof => return tree.finish(),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

fn element_of(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<Element, ReadError> {
    let (ns, local) = reader.resolver().resolve_element(start.name());
    if start.name().prefix().is_some_and(|it| it.is_xmlns()) {
        return Err(ReadError::NotXml("an element named xmlns:…".into()));
    }
    let mut element = Element::new(&namespace(ns)?, one_name(local)?);
    // Before the library compares each with all others.
    let mut unchecked = start.attributes();
    if unchecked.with_checks(false).nth(MOST_ATTRIBUTES).is_some() {
        return Err(ReadError::TooManyAttributes {
            limit: MOST_ATTRIBUTES,
        });
    }
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| ReadError::NotXml(error.to_string()))?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (ns, local) = reader.resolver().resolve_attribute(attribute.key);
        element.attributes.push(Attribute {
            ns: namespace(ns)?,
            name: one_name(local)?.into(),
            value: held(&attribute.normalized_value(XmlVersion::Implicit1_0)?).into_owned(),
        });
    }
    Ok(element)
}

/// The library lets through what is no name (Namespaces in XML 1.0, production NCName: no second
/// colon, no mark); a tree with such a name could not be written so that others read it.
fn one_name(local: LocalName<'_>) -> Result<&str, ReadError> {
    let name = local.into_inner();
    let begins = |first: char| first == '_' || first.is_alphabetic();
    let goes_on = |next: char| matches!(next, '-' | '.' | '_' | '\u{b7}') || next.is_alphanumeric();
    if name.starts_with(begins) && name.chars().all(goes_on) {
        return Ok(name);
    }
    Err(ReadError::NotXml(format!("no name: {name:?}")))
}

fn held(text: &str) -> Cow<'_, str> {
    if text
        .chars()
        .all(|character| holdable(character) == character)
    {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(holdable).collect())
}

/// The library hands a namespace out as it stands in the document, with its references.
fn namespace(resolved: ResolveResult<'_>) -> Result<String, ReadError> {
    match resolved {
        ResolveResult::Bound(namespace) => match unescape(namespace.into_inner()) {
            Ok(namespace) => Ok(held(&namespace).into_owned()),
            Err(error) => Err(ReadError::NotXml(error.to_string())),
        },
        ResolveResult::Unbound => Ok(String::new()),
        ResolveResult::Unknown(prefix) => {
            Err(ReadError::NotXml(format!("unknown prefix {prefix:?}")))
        }
    }
}

/// Only character references and the five names every XML has; there is no DOCTYPE that could define others.
fn resolve(reference: &BytesRef<'_>) -> Result<char, ReadError> {
    if let Some(character) = reference.resolve_char_ref()? {
        return Ok(character);
    }
    match &*reference.xml10_content() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        name => Err(ReadError::NotXml(format!("unknown entity {name:?}"))),
    }
}

/// The elements that are open, and the root once it is closed.
struct Tree<'l> {
    limits: &'l Limits,
    open: Vec<Element>,
    root: Option<Element>,
    nodes: usize,
}

impl Tree<'_> {
    fn open(&mut self, element: Element) -> Result<(), ReadError> {
        self.nodes += 1 + element.attributes.len();
        if self.nodes > self.limits.nodes {
            return Err(ReadError::TooManyNodes {
                limit: self.limits.nodes,
            });
        }
        if self.open.len() >= self.limits.depth {
            return Err(ReadError::TooDeep {
                limit: self.limits.depth,
            });
        }
        if self.root.is_some() {
            return Err(ReadError::NotXml("more than one root element".into()));
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self) -> Result<(), ReadError> {
        let mut element = self
            .open
            .pop()
            .ok_or_else(|| ReadError::NotXml("an end without a start".into()))?;
        if !element.children.is_empty() && element.text.trim().is_empty() {
            element.text.clear(); // only the indentation between its children
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), ReadError> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(&held(text)),
            None if text.trim().is_empty() => {}
            None => return Err(ReadError::NotXml("text outside the root element".into())),
        }
        Ok(())
    }

    fn character(&mut self, character: char) -> Result<(), ReadError> {
        self.text(character.encode_utf8(&mut [0; 4]))
    }

    fn finish(self) -> Result<Element, ReadError> {
        if !self.open.is_empty() {
            return Err(ReadError::NotXml(
                "the document ends inside an element".into(),
            ));
        }
        self.root
            .ok_or_else(|| ReadError::NotXml("no element".into()))
    }
}
