//! What a person must do now, and how each duty is closed.

pub mod contact;
pub mod list;
pub mod posting;
mod store;

pub use list::{Item, Kind, WorkList};
