//! DYS: a document management system for Turkish public institutions.
//!
//! The folders are the nouns of the domain; see ARCHITECTURE.md for the map.

pub mod clock;
pub mod ids;
pub mod store;
