//! Electronic signatures: CAdES and XAdES, time stamps, long-term data, with keys from files and cards.
//!
//! ```
//! use seal::rehearsal::{Authority, Curve, Holder, Services, Validity};
//! use seal::{Content, Material, Outcome, SignOptions, TrustStore, VerifyOptions};
//! let now = "2026-11-25T10:00:00Z".parse::<jiff::Timestamp>()?;
//! // A counter is no randomness: give the operating system's generator.
//! let mut next = 0_u8;
//! let mut random = |bytes: &mut [u8]| bytes.fill_with(|| { next = next.wrapping_add(41); next });
//! let services = Services { base: "http://127.0.0.1:8099/prova-esh".into() };
//! let authority = Authority::create(services, now, &mut random)?;
//! let person = Holder::Person { name: "Ali Şahin", tckn: "10000000146" };
//! let key = authority.issue_key(&person, Curve::P256, Validity::days(now, 365), &mut random)?;
//!
//! let cms = seal::sign(&key, Content::Attached(b"PaketOzeti"), &SignOptions::at(now))?;
//!
//! let trust = TrustStore::new(vec![authority.root().clone()], Vec::new());
//! let options = VerifyOptions { trust: &trust, at: now, material: &Material::default() };
//! let report = seal::verify(&cms, Some(b"PaketOzeti"), &options);
//! assert_eq!(report.failure(), None);
//! assert_eq!(report.signers[0].serial_number.as_deref(), Some("10000000146"));
//! assert_eq!(report.signers[0].outcome(seal::CheckName::Chain), Some(Outcome::Ok));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod algorithm;
mod certificate;
mod chain;
mod check;
mod cms;
mod digest;
mod error;
pub mod fetch;
pub mod key;
mod long_term;
mod online;
pub mod rehearsal;
mod revocation;
mod timestamp;
pub mod xades;

pub use algorithm::KeyKind;
pub use certificate::Certificate;
pub use chain::{ChainError, Purpose, TrustStore};
pub use check::{Check, CheckName, Level, Outcome, Report, SignerReport, Unasked, Verdict};
pub use cms::{
    Cms, Content, MAX_SIGNATURE, Policy, SignOptions, VerifyOptions, add_signer, merge, sign,
    verify,
};
pub use digest::Digest;
pub use error::{ReadError, SealError};
pub use key::{Signer, SoftKey};
pub use long_term::{Stamper, with_archive_time_stamp, with_time_stamp, with_values};
pub use online::{Now, Online, Random, TimeStampAuthority};
pub use revocation::{Material, ocsp_response};
pub use timestamp::{TimeStamp, TimeStampQuestion};
