//! Identifiers and randomness as arguments: the only place that draws them.

use std::sync::Mutex;

use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use uuid::{Builder, Uuid};

/// A source of identifiers and secrets.
pub trait Ids: Send + Sync {
    /// Fills `bytes` with randomness fit for secrets (or, in tests and seeds, repeatable bytes).
    fn fill(&self, bytes: &mut [u8]);
}

/// Time-ordered identifier (UUID version 7) of a row made at `now`, in lower case.
pub fn new_id(ids: &dyn Ids, now: Timestamp) -> String {
    let mut random = [0_u8; 10];
    ids.fill(&mut random);
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &random)
        .into_uuid()
        .to_string()
}

/// Random identifier (UUID version 4) in upper case, as e-Yazışma asks (rule K.80).
pub fn new_guid(ids: &dyn Ids) -> String {
    let mut random = [0_u8; 16];
    ids.fill(&mut random);
    let uuid: Uuid = Builder::from_random_bytes(random).into_uuid();
    uuid.to_string().to_uppercase()
}

/// A secret of 256 bits in lower-case hex, for sessions, API tokens and form tokens.
pub fn new_secret(ids: &dyn Ids) -> String {
    let mut random = [0_u8; 32];
    ids.fill(&mut random);
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The operating system's randomness.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// A repeatable sequence from a seed; for demo data and tests.
pub struct SeededIds(Mutex<StdRng>);

impl SeededIds {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Ids for SeededIds {
    fn fill(&self, bytes: &mut [u8]) {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .fill_bytes(bytes);
    }
}
