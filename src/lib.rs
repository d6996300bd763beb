//! DYS: a document management system for Turkish public institutions.
//!
//! The folders are the nouns of the domain; see ARCHITECTURE.md for the map.

pub mod access;
pub mod audit;
pub mod clock;
pub mod error;
pub mod ids;
pub mod store;
pub mod turkish;
