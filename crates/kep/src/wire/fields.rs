//! One definition of a record's fields that writes, reads and describes it.

use bytes::Bytes;

use super::schema::{Content, FieldShape, TypeShape};
use crate::soap::{Attribute, Element, ns};

/// A complex type of the contract.
pub trait Record: Default {
    /// Name of the type in the schema.
    const TYPE: &'static str;
    /// Names every field once, in the order of the contract.
    fn fields(&mut self, fields: &mut Fields<'_>) -> Result<(), WireError>;
}

/// A binary field with the two attributes the contract gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Binary {
    pub bytes: Bytes,
    pub content_type: Option<String>,
    pub file_name: Option<String>,
}

impl Binary {
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self {
            bytes: bytes.into(),
            content_type: Some("application/octet-stream".into()),
            file_name: None,
        }
    }
}

/// Why an element does not hold what the contract says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error("expected {expected}, found {found}")]
    OtherElement {
        expected: &'static str,
        found: String,
    },
    #[error("{field} is missing")]
    Missing { field: &'static str },
    #[error("{field} is not a number: {text:?}")]
    NotANumber { field: &'static str, text: String },
    #[error("{field} is not base64")]
    NotBase64 { field: &'static str },
    /// Parallel lists of different lengths: which value belongs to which row cannot be known.
    #[error("the list {field} has {found} entries where {expected} stand")]
    UnevenLists {
        field: &'static str,
        expected: usize,
        found: usize,
    },
}

/// Simple types of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Xsd {
    String,
    Int,
    Decimal,
    Boolean,
    DateTime,
    PaketTur,
    IcerikTur,
    OzetAlg,
    GirisTur,
    Part,
}

/// Hands a record's fields to whatever is being done with it.
pub struct Fields<'a>(Mode<'a>);

enum Mode<'a> {
    Write {
        into: &'a mut Vec<Element>,
        ns: &'static str,
    },
    Read {
        from: &'a Element,
    },
    Describe {
        into: &'a mut TypeShape,
    },
}

impl<'a> Fields<'a> {
    pub(super) fn write<R: Record>(record: &mut R, mut into: Element, ns: &'static str) -> Element {
        // Writing meets no error: only reading does.
        let _ = record.fields(&mut Fields(Mode::Write {
            into: &mut into.children,
            ns,
        }));
        into
    }

    pub(super) fn read<R: Record>(from: &Element) -> Result<R, WireError> {
        let mut record = R::default();
        record.fields(&mut Fields(Mode::Read { from }))?;
        Ok(record)
    }

    pub(super) fn describe<R: Record>() -> TypeShape {
        let mut shape = TypeShape {
            name: R::TYPE,
            fields: Vec::new(),
        };
        let _ = R::default().fields(&mut Fields(Mode::Describe { into: &mut shape }));
        shape
    }

    /// A simple value as text: `None` is left out.
    pub fn text(
        &mut self,
        name: &'static str,
        xsd: Xsd,
        value: &mut Option<String>,
    ) -> Result<(), WireError> {
        match &mut self.0 {
            Mode::Write { into, ns } => into.extend(
                value
                    .take()
                    .map(|text| Element::new(ns, name).with_text(text)),
            ),
            Mode::Read { from } => *value = from.child(name).and_then(text_of),
            Mode::Describe { into } => into.add(name, Content::Simple(xsd), false),
        }
        Ok(())
    }

    /// Simple values as texts; an entry `None` is written and read as `xsi:nil`.
    pub fn texts(
        &mut self,
        name: &'static str,
        xsd: Xsd,
        values: &mut Vec<Option<String>>,
    ) -> Result<(), WireError> {
        match &mut self.0 {
            Mode::Write { into, ns } => into.extend(values.drain(..).map(|value| match value {
                Some(text) => Element::new(ns, name).with_text(text),
                None => Element::new(ns, name).with_attribute(ns::XSI, "nil", "true"),
            })),
            Mode::Read { from } => *values = from.children_named(name).map(text_of).collect(),
            Mode::Describe { into } => into.add(name, Content::Simple(xsd), true),
        }
        Ok(())
    }

    /// A whole number that must be readable.
    pub fn int(&mut self, name: &'static str, value: &mut Option<i64>) -> Result<(), WireError> {
        let mut text = value.map(|number| number.to_string());
        self.text(name, Xsd::Int, &mut text)?;
        if let Mode::Read { .. } = self.0 {
            *value = number(name, text)?;
        }
        Ok(())
    }

    /// Whole numbers that must be readable.
    pub fn ints(
        &mut self,
        name: &'static str,
        values: &mut Vec<Option<i64>>,
    ) -> Result<(), WireError> {
        let mut texts = values
            .iter()
            .map(|value| value.map(|number| number.to_string()))
            .collect();
        self.texts(name, Xsd::Int, &mut texts)?;
        if let Mode::Read { .. } = self.0 {
            *values = texts
                .into_iter()
                .map(|text| number(name, text))
                .collect::<Result<_, _>>()?;
        }
        Ok(())
    }

    /// A truth value; unreadable text counts as none.
    pub fn boolean(
        &mut self,
        name: &'static str,
        value: &mut Option<bool>,
    ) -> Result<(), WireError> {
        let mut text = value.map(|value| value.to_string());
        self.text(name, Xsd::Boolean, &mut text)?;
        if let Mode::Read { .. } = self.0 {
            *value = match text.as_deref() {
                Some("true" | "1") => Some(true),
                Some("false" | "0") => Some(false),
                _ => None,
            };
        }
        Ok(())
    }

    pub fn binary(
        &mut self,
        name: &'static str,
        value: &mut Option<Binary>,
    ) -> Result<(), WireError> {
        match &mut self.0 {
            Mode::Write { into, ns } => {
                into.extend(value.take().map(|binary| binary_element(ns, name, binary)))
            }
            Mode::Read { from } => {
                *value = from
                    .child(name)
                    .filter(|element| !is_nil(element))
                    .map(|e| read_binary(name, e))
                    .transpose()?;
            }
            Mode::Describe { into } => into.add(name, Content::Binary, false),
        }
        Ok(())
    }

    pub fn binaries(
        &mut self,
        name: &'static str,
        values: &mut Vec<Binary>,
    ) -> Result<(), WireError> {
        match &mut self.0 {
            Mode::Write { into, ns } => into.extend(
                values
                    .drain(..)
                    .map(|binary| binary_element(ns, name, binary)),
            ),
            Mode::Read { from } => {
                let present = from.children_named(name).filter(|element| !is_nil(element));
                *values = present
                    .map(|element| read_binary(name, element))
                    .collect::<Result<_, _>>()?;
            }
            Mode::Describe { into } => into.add(name, Content::Binary, true),
        }
        Ok(())
    }

    /// A record that is always there; a missing one is read as empty.
    pub fn record<R: Record>(
        &mut self,
        name: &'static str,
        value: &mut R,
    ) -> Result<(), WireError> {
        match &mut self.0 {
            Mode::Write { into, ns } => {
                into.push(Fields::write(value, Element::new(ns, name), ns::AXIS2_XSD))
            }
            Mode::Read { from } => {
                *value = from
                    .child(name)
                    .map(Fields::read)
                    .transpose()?
                    .unwrap_or_default()
            }
            Mode::Describe { into } => {
                into.add(name, Content::Record(Fields::describe::<R>()), false)
            }
        }
        Ok(())
    }

    pub fn records<R: Record>(
        &mut self,
        name: &'static str,
        values: &mut Vec<R>,
    ) -> Result<(), WireError> {
        match &mut self.0 {
            Mode::Write { into, ns } => {
                into.extend(
                    values
                        .iter_mut()
                        .map(|r| Fields::write(r, Element::new(ns, name), ns::AXIS2_XSD)),
                );
            }
            Mode::Read { from } => {
                let present = from.children_named(name).filter(|element| !is_nil(element));
                *values = present.map(Fields::read).collect::<Result<_, _>>()?;
            }
            Mode::Describe { into } => {
                into.add(name, Content::Record(Fields::describe::<R>()), true)
            }
        }
        Ok(())
    }
}

impl TypeShape {
    fn add(&mut self, name: &'static str, content: Content, many: bool) {
        self.fields.push(FieldShape {
            name,
            content,
            many,
        });
    }
}

fn is_nil(element: &Element) -> bool {
    element
        .attributes
        .iter()
        .any(|a| a.ns == ns::XSI && a.name == "nil" && matches!(a.value.trim(), "true" | "1"))
}

/// `None` for nil; an empty element is an empty text.
fn text_of(element: &Element) -> Option<String> {
    (!is_nil(element)).then(|| element.text.clone())
}

/// An empty number is none: PHP services write one where they have no value.
fn number(field: &'static str, text: Option<String>) -> Result<Option<i64>, WireError> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    let unreadable = |_| WireError::NotANumber {
        field,
        text: text.chars().take(80).collect(),
    };
    text.trim().parse().map(Some).map_err(unreadable)
}

fn binary_element(ns: &str, name: &str, binary: Binary) -> Element {
    let attribute = |name: &str, value| Attribute {
        ns: ns::XMIME.into(),
        name: name.into(),
        value,
    };
    let mut element = Element::new(ns, name);
    element.attributes.extend(
        binary
            .content_type
            .map(|value| attribute("contentType", value)),
    );
    element
        .attributes
        .extend(binary.file_name.map(|value| attribute("fileName", value)));
    element.binary = Some(binary.bytes);
    element
}

fn read_binary(field: &'static str, element: &Element) -> Result<Binary, WireError> {
    Ok(Binary {
        bytes: element.bytes().ok_or(WireError::NotBase64 { field })?,
        content_type: element.attribute("contentType").map(str::to_owned),
        file_name: element.attribute("fileName").map(str::to_owned),
    })
}
