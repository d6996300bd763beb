//! What lets a signature be checked years later: T, X-Long and A of ETSI TS 101 733.
//!
//! X-Long is its type 1: references, values, and the CAdES-C time stamp over signature, signature
//! time stamp and references. The archive time stamp is version 3 (TS 101 733 v2.2.1, 6.4.3;
//! EN 319 122-1, 5.5.3): version 2 hashes the unsigned attributes as one block, so that nothing may
//! be added after it, and the standard has withdrawn it.

mod extend;
mod imprint;
mod read;

pub(crate) use extend::has_values;
pub use extend::{Stamper, with_archive_time_stamp, with_time_stamp, with_values};
pub(crate) use read::{
    Covering, Stamps, consistency, embedded, level, not_looked_at, of_stamp, stamps,
};
