//! The e-Yazışma package (`.eyp`): write, read, check.
//!
//! Writes 2.0 packages and 2.1 update packages strictly by the rules; reads 1.x and 2.x, plain,
//! encrypted (as far as its keys allow) and update packages, forgiving what real writers do wrong
//! and naming it. Knows nothing of cryptography: signatures and seals are bytes that the caller
//! makes and verifies. Sources of the rules: the official schemas and the behaviour of the public
//! reference implementation (codes `CB.…`), the guide's rule numbers (`K.nn`), another public
//! reader (`OA.…`) and the regulation on official correspondence (`YON.…`).
//!
//! ```
//! use eyazisma::{Distribution, Draft, FinalMetadata, Guid, Institution, Limits, Metadata, Package,
//!     Party, Person, Purpose, Settings, Signer, Stamp, Text, Urgency};
//! use uuid::Uuid;
//!
//! let unit = |code: &str, name: &str| Party::Institution(Institution {
//!     code: code.into(), name: Some(name.into()), ..Institution::default()
//! });
//! let metadata = Metadata {
//!     id: Guid::new(Uuid::from_u128(7)),
//!     subject: Text::turkish("Bütçe Teklifi"),
//!     mime_type: "application/pdf".into(),
//!     file_name: "yazi.pdf".into(),
//!     recipients: vec![Distribution {
//!         party: unit("24301050", "Adalet Bakanlığı"),
//!         urgency: Urgency::Normal,
//!         purpose: Purpose::Action,
//!         deadline: None,
//!         left_out: vec![],
//!     }],
//!     creator: Some(unit("24322010", "Sağlık Bakanlığı")),
//!     verification_address: "https://www.turkiye.gov.tr/belge-dogrulama".into(),
//!     ..Metadata::default()
//! };
//! let draft = Draft::new(metadata, b"%PDF-".to_vec(), vec![], Settings::default())?;
//! let unsigned = draft.digest();
//! let signature = sign(unsigned.to_sign());
//! let last = FinalMetadata {
//!     date: Stamp::as_read("2026-11-25T14:00:00+03:00"),
//!     number: "E-24322010-903.07.02-4752".into(),
//!     signers: vec![Signer {
//!         person: Person { first_name: "Ayşe".into(), last_name: "YILMAZ".into(), ..Person::default() },
//!         ..Signer::default()
//!     }],
//! };
//! let unsealed = unsigned.sign(signature, &last, "2026-11-25T11:00:00Z".parse()?)?;
//! let seal = sign(unsealed.to_seal());
//! let bytes = unsealed.seal(seal).bytes()?;
//!
//! let package = Package::read(std::io::Cursor::new(bytes), &Limits::default())?;
//! assert_eq!(package.number(), Some("E-24322010-903.07.02-4752"));
//! assert!(package.check(&Default::default()).is_empty());
//! # fn sign(_: &[u8]) -> Vec<u8> { b"CMS".to_vec() }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod digest;
mod model;
mod names;
mod read;
mod write;
mod xml;

pub use check::{Finding, Options, Severity};
pub use digest::SecondDigest;
pub use model::{
    Attachment, AttachmentKind, Company, Contact, Core, DigestEntry, DigestList, DigestValue,
    Distribution, EncryptionNote, ExternalDigest, FilePlan, FinalMetadata, Generation, Guid,
    Identifier, Institution, Metadata, Party, Person, PlanCode, Purpose, Reference, Secrecy,
    SecrecyChange, Service, Signer, Stamp, Text, Urgency, is_duration,
};
pub use names::{
    LETTER_FOLDER, MEDIA_TYPE, METADATA as METADATA_PART, part_file_name, part_file_names,
};
pub use read::{Kind, Limits, Package, Part, ReadError, Relation, Role, extract};
pub use write::{Draft, File, Finished, Settings, Unsealed, Unsigned, UpdateDraft, WriteError};
pub use xml::XmlLimits;
