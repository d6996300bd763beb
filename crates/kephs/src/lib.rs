//! A rehearsal KEP provider: accounts, mailboxes and evidence behind the public contract.
//!
//! It is a process of its own, listens on loopback only and says on every page that it is a
//! rehearsal. Start it with
//!
//! ```text
//! kephs serve --data /tmp/kephs --legal-period 2m --domain hs99.kep.example
//! ```
//!
//! It prints one line of JSON once it serves:
//! `{"event":"serving","address":"127.0.0.1:41234","base_url":"http://…","endpoint":"http://…"}`.
//!
//! - `endpoint` is the SOAP service of the PTT contract ([`soap::PATH`]), its WSDL at `?wsdl`.
//! - `base_url` shows the mailboxes in a browser: letters, evidence, misbehaviours, counters.
//! - `base_url/prova/api/…` is a JSON API for tests (see [`web`]).
//!
//! In a program of one's own the same is [`start`] with a [`Config`]:
//!
//! ```no_run
//! # async fn example() -> Result<(), kephs::error::Error> {
//! let running = kephs::start(kephs::Config::new("/tmp/kephs")).await?;
//! println!("{}", running.endpoint());
//! running.stop().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Everything is stored in `kephs.sqlite` of the data folder (WAL, full fsync) before an answer
//! is given, and goes on after a kill where it stood.

pub mod cli;
pub mod clock;
pub mod config;
pub mod engine;
mod envelope;
pub mod error;
pub mod evidence;
pub mod ids;
mod line;
mod mime;
pub mod misbehaviour;
mod notary;
mod server;
pub mod soap;
pub mod store;
pub mod web;

pub use config::{Config, NewAccount};
pub use notary::ROOT_FILE;
pub use server::{Running, serve, start};
