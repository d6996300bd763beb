//! The public contract over HTTP: the operations, their WSDL, and the answers that go wrong.

#![expect(
    clippy::result_large_err,
    reason = "a fault is rare and is written at once"
)]

pub mod directory;
mod http;
mod notice;
mod operations;
mod refusals;
mod wsdl;

pub use http::routes;

/// Path of the service and, with `?wsdl`, of its description.
pub const PATH: &str = "/KepEYazismaV1.1/KepEYazismaCOREWSDL.php";

/// Path of the KEP directory, which follows the public part of the TÜRKKEP contract.
pub const DIRECTORY_PATH: &str = "/KEPWSClient/KEPRetrieval";
