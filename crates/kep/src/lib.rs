//! KEP (kayıtlı elektronik posta): the message, the evidence and the provider's contract.
//!
//! The crate knows nothing of DYS. It holds what a sender and a provider must agree on:
//!
//! - [`address`]: checked KEP addresses.
//! - [`message`]: the original message, built and signed byte for byte, and read again.
//! - [`evidence`]: what a provider states, recognised by one table and never refused.
//! - [`soap`], [`mtom`]: XML and multipart bodies, read within limits.
//! - [`wire`]: the PTT contract, each type defined once for both sides.
//! - [`directory`]: the public questions of a KEP directory.
//! - [`client`]: calls a provider and says exactly what a failed call means.
//!
//! A provider answers with the same definitions that the client asks with:
//!
//! ```
//! use kep::mtom;
//! use kep::soap::{Body, Fault, Limits};
//! use kep::wire::{self, Yukle, YukleAnswer};
//!
//! fn answer(content_type: &str, body: &bytes::Bytes) -> mtom::Packed {
//!     let reply = match mtom::open(content_type, body, &Limits::default()) {
//!         Ok(Body::Payload(request)) if wire::operation_of(&request) == "Yukle" => {
//!             match wire::read_request::<Yukle>(&request) {
//!                 Ok(_request) => Body::Payload(wire::write_answer(&YukleAnswer {
//!                     durum: Some(0),
//!                     kep_id: Some("<1@hs99.kep.example>".into()),
//!                     explanation: None,
//!                 })),
//!                 Err(error) => Body::Fault(Fault::client(error.to_string())),
//!             }
//!         }
//!         _ => Body::Fault(Fault::client("unknown operation")),
//!     };
//!     mtom::pack(reply, false)
//! }
//! # assert!(answer("text/xml", &"<a/>".into()).body.len() > 100);
//! ```
#![forbid(unsafe_code)]

pub mod address;
pub mod client;
pub mod directory;
pub mod evidence;
pub mod message;
pub mod mtom;
mod multipart;
pub mod soap;
pub mod wire;
