//! kephs
pub mod clock;
pub mod config;
pub mod engine;
mod envelope;
pub mod error;
mod evidence;
pub mod ids;
mod mime;
pub mod misbehaviour;
pub mod store;
