//! *Delil paketi*: everything that proves what was sent and what came back, in one ZIP that can be
//! checked without us; and the checking of such files.

pub mod bundle;
pub mod excerpt;
mod gather;
pub mod manifest;
mod read_me;
mod revocation;
mod store;
mod summary;
pub mod verify;

pub use gather::{Gathered, gather, of_number};
