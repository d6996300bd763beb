//! The PTT contract (kep e-Yazışma web service): its 23 operations, defined once for both sides.
//!
//! Each type says its fields once, in the order of the contract, in [`Record::fields`]. The same definition writes
//! a value, reads it, and describes it as a schema. A client writes requests and reads answers, a provider does the
//! reverse:
//!
//! ```
//! use kep::wire::{self, Account, KotaSorgula};
//! let request = KotaSorgula { account: Account { address: Some("a@hs99.kep.example".into()), ..Default::default() } };
//! let element = wire::write_request(&request);
//! assert_eq!(wire::operation_of(&element), "KotaSorgula");
//! assert_eq!(wire::read_request::<KotaSorgula>(&element)?, request);
//! # Ok::<(), wire::WireError>(())
//! ```

mod account;
mod admin;
mod evidence;
mod fields;
mod packages;
mod schema;
mod send;

pub use account::*;
pub use admin::*;
pub use evidence::*;
pub use fields::{Binary, Fields, Record, WireError, Xsd};
pub use packages::*;
pub use schema::{Content, FieldShape, OperationShape, TypeShape, operations};
pub use send::*;

use crate::soap::{Element, ns};

/// A request of the contract: the wrapper named after the operation, with one `param0`.
pub trait Request: Record + Clone {
    /// Name of the operation and of the wrapper element.
    const OPERATION: &'static str;
    type Answer: Answer;
}

/// An answer of the contract.
pub trait Answer: Record + Clone {
    /// Name of the wrapper element.
    const WRAPPER: &'static str;
    /// Whether the fields stand inside one `return` element, or directly in the wrapper.
    const SHAPE: Shape;
}

/// Where the fields of an answer stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    InReturn,
    Direct,
}

/// The wrapper element of a request.
pub fn write_request<R: Request>(request: &R) -> Element {
    let param = Fields::write(
        &mut request.clone(),
        Element::new(ns::AXIS2, "param0"),
        ns::AXIS2_XSD,
    );
    Element::new(ns::AXIS2, R::OPERATION).with_child(param)
}

/// Reads the wrapper element of a request. Fields may come in any order; unknown ones are ignored.
pub fn read_request<R: Request>(element: &Element) -> Result<R, WireError> {
    expect(element, R::OPERATION)?;
    element
        .child("param0")
        .map_or_else(|| Ok(R::default()), Fields::read)
}

/// The wrapper element of an answer.
pub fn write_answer<A: Answer>(answer: &A) -> Element {
    let wrapper = Element::new(ns::AXIS2, A::WRAPPER);
    match A::SHAPE {
        Shape::Direct => Fields::write(&mut answer.clone(), wrapper, ns::AXIS2),
        Shape::InReturn => {
            let inner = Fields::write(
                &mut answer.clone(),
                Element::new(ns::AXIS2, "return"),
                ns::AXIS2_XSD,
            );
            wrapper.with_child(inner)
        }
    }
}

/// Reads the wrapper element of an answer.
///
/// # Errors
/// [`WireError`] when it is another element, when `return` is missing, or when a number is unreadable.
pub fn read_answer<A: Answer>(element: &Element) -> Result<A, WireError> {
    expect(element, A::WRAPPER)?;
    match A::SHAPE {
        Shape::Direct => Fields::read(element),
        Shape::InReturn => Fields::read(
            element
                .child("return")
                .ok_or(WireError::Missing { field: "return" })?,
        ),
    }
}

/// The operation that a request element asks for.
pub fn operation_of(request: &Element) -> &str {
    &request.name
}

fn expect(element: &Element, wrapper: &'static str) -> Result<(), WireError> {
    if element.name == wrapper {
        return Ok(());
    }
    Err(WireError::OtherElement {
        expected: wrapper,
        found: element.name.chars().take(80).collect(),
    })
}
