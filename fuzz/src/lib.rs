//! What is done with foreign bytes while fuzzing, and with every seed in `tests/seeds.rs`.
//!
//! Each function takes any bytes and panics when a reader breaks its promise. Those of `program`
//! need the whole program instrumented, so they are built only with the feature of that name.

#[cfg(feature = "program")]
pub mod bundle;
pub mod parts;
pub mod pki;
#[cfg(feature = "program")]
pub mod program;
pub mod readers;
