//! The program at a signer's desk: fetches the letters and KEP messages that wait, checks and shows
//! them in the words of their own bytes, and signs with the card.
//!
//! It asks the server and is asked by nobody: no page can reach it, so it needs no port, works with
//! any browser and any https origin, and is bound to the one server it was paired with. It builds the
//! signed attributes itself over bytes whose digest it has checked; a bare hash is never signed.

mod card;
mod cli;
mod content;
mod message;
mod server;
mod session;
mod shown;
mod spool;
mod terminal;
mod viewer;

pub use cli::{Arguments, execute};
pub use terminal::Terminal;
