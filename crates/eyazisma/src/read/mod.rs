//! Reads packages of every kind and generation, forgiving what real writers do wrong.

mod container;
mod encrypted;
mod index;
mod limits;
mod package;
mod parse;
mod relations;
mod single;

pub(crate) use index::Bears;
pub use limits::{Limits, ReadError};
pub use package::{Kind, Package, Part, extract};
pub use relations::{Relation, Role};
