//! KEP (kayıtlı elektronik posta): the message, the evidence model and the provider contract.
#![forbid(unsafe_code)]

pub mod address;
pub mod evidence;
pub mod message;
pub mod mtom;
mod multipart;
pub mod soap;
pub mod wire;
