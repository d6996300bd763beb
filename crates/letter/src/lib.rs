//! The official letter as PDF/A, by the layout rules of Turkish official correspondence
//! (*Resmî Yazışmalarda Uygulanacak Usul ve Esaslar Hakkında Yönetmelik*, decision 2646 of 2020;
//! the articles stand beside the code that obeys them).
//!
//! A letter is a [`Sheet`] (its facts) under a [`Letterhead`] (what the institution chose), set
//! in [`Fonts`] that come in as bytes. Nothing is read from disk or network, and nothing in here
//! asks for time or randomness: the same input gives the same bytes on every machine.
//!
//! Texts come as they shall stand. Turkish casing and suffixes are the caller's; what users
//! wrote reaches the typesetter as values only and can never be read as its markup.

mod arrange;
mod fonts;
mod letterhead;
mod logo;
mod press;
mod print_set;
pub mod report;
mod sheet;
mod world;

pub use fonts::{FontError, Fonts};
pub use letterhead::{Letterhead, VERIFICATION_LINES};
pub use logo::{Logo, LogoError, LogoKind};
pub use press::{Conformance, Error, Pdf, lacks, pdf, preview};
pub use print_set::{MOST_PAGES, Piece, pages_of, print_set};
pub use sheet::{
    Addressee, Block, Cell, Day, Distribution, Form, Reference, Run, Sheet, SignatureBlock,
    Verification,
};
