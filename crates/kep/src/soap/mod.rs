//! XML element trees and SOAP 1.1 envelopes, read within limits from bytes nobody vouches for.

mod element;
mod envelope;
mod read;
mod write;

pub(crate) use element::base64;
pub use element::{Attribute, Element};
pub use envelope::{Body, Fault, envelope, open_envelope};
pub use read::{Limits, ReadError, read_xml};
pub use write::write_xml;

/// Namespaces of the PTT contract and of SOAP.
pub mod ns {
    pub const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
    /// Wrappers, `param0` and `return`.
    pub const AXIS2: &str = "http://ws.apache.org/axis2";
    /// All fields below `param0` and `return`.
    pub const AXIS2_XSD: &str = "http://ws.apache.org/axis2/xsd";
    pub const XMIME: &str = "http://www.w3.org/2005/05/xmlmime";
    pub const XOP: &str = "http://www.w3.org/2004/08/xop/include";
    pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
}
