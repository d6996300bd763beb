//! SOAP 1.1 envelopes: one payload or one fault in a body.

use super::{Element, ReadError, ns};

/// What a SOAP body holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Payload(Element),
    Fault(Fault),
}

/// A SOAP 1.1 fault. The contract of PTT declares none, so any may come.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("SOAP fault {code}: {string}")]
pub struct Fault {
    /// Local part of `faultcode`, such as `Client`, `Server`.
    pub code: String,
    /// `faultstring`, for people.
    pub string: String,
    pub actor: Option<String>,
    pub detail: Option<Element>,
}

impl Fault {
    /// The request is at fault (`faultcode` Client).
    pub fn client(string: impl Into<String>) -> Self {
        Self {
            code: "Client".into(),
            string: string.into(),
            ..Self::default()
        }
    }

    /// The service is at fault (`faultcode` Server).
    pub fn server(string: impl Into<String>) -> Self {
        Self {
            code: "Server".into(),
            string: string.into(),
            ..Self::default()
        }
    }

    fn from_element(element: &Element) -> Self {
        let text = |name| element.child(name).and_then(Element::trimmed);
        let code = text("faultcode").unwrap_or_default();
        Self {
            code: code.rsplit(':').next().unwrap_or_default().to_owned(),
            string: text("faultstring").unwrap_or_default().to_owned(),
            actor: text("faultactor").map(str::to_owned),
            detail: element.child("detail").cloned(),
        }
    }

    fn into_element(self) -> Element {
        // Children of a SOAP 1.1 fault are unqualified; the code is a qualified name, written with our own prefix.
        let mut fault = Element::new(ns::ENVELOPE, "Fault")
            .with_child(Element::new("", "faultcode").with_text(format!("soapenv:{}", self.code)))
            .with_child(Element::new("", "faultstring").with_text(self.string));
        if let Some(actor) = self.actor {
            fault
                .children
                .push(Element::new("", "faultactor").with_text(actor));
        }
        fault.children.extend(self.detail);
        fault
    }
}

/// Puts a payload or a fault into an envelope.
pub fn envelope(body: Body) -> Element {
    let content = match body {
        Body::Payload(payload) => payload,
        Body::Fault(fault) => fault.into_element(),
    };
    Element::new(ns::ENVELOPE, "Envelope")
        .with_child(Element::new(ns::ENVELOPE, "Body").with_child(content))
}

/// Takes the payload or the fault out of an envelope; headers are ignored.
pub fn open_envelope(envelope: Element) -> Result<Body, ReadError> {
    if !envelope.is(ns::ENVELOPE, "Envelope") {
        return Err(ReadError::NotSoap("the root is not a SOAP 1.1 Envelope"));
    }
    let body = envelope
        .children
        .into_iter()
        .find(|child| child.is(ns::ENVELOPE, "Body"));
    let body = body.ok_or(ReadError::NotSoap("no Body"))?;
    let content = body
        .children
        .into_iter()
        .next()
        .ok_or(ReadError::NotSoap("an empty Body"))?;
    if content.is(ns::ENVELOPE, "Fault") {
        return Ok(Body::Fault(Fault::from_element(&content)));
    }
    Ok(Body::Payload(content))
}
