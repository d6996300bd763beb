//! Handing letters to KEP providers: outbox, states, worker; and following what became of them.

pub mod account;
mod channel;
pub mod crash;
mod internal;
pub mod itself;
mod kep;
pub mod lookup;
pub mod machine;
pub mod order;
mod paper;
pub mod recheck;
pub mod secret;
pub mod send;
pub mod signing;
pub(crate) mod store;
pub mod tracking;
pub mod uets;
pub mod withhold;
pub mod worker;

pub use store::{Attempt, Outgoing};
pub(crate) use store::{account as account_by_id, ask_for_evidence, pause};
pub use worker::Worker;
