//! XAdES (ETSI EN 319 132-1) over XML, enveloped: the evidence of KEP providers is signed so.
//!
//! Canonical XML is the library's; which elements are signed is decided here by their place in the
//! document and never by following a reference, so that nothing can be wrapped around them.

mod sign;
mod verify;
mod xml;

pub use sign::{XadesOptions, sign, with_time_stamp};
pub use verify::verify;

/// The largest document that is read.
pub const MAX_XML: usize = 32 * 1024 * 1024;

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";

use crate::{Digest, KeyKind};

const fn digest_uri(digest: Digest) -> &'static str {
    match digest {
        Digest::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
        Digest::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
        Digest::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
    }
}

fn digest_of(uri: &str) -> Option<Digest> {
    [Digest::Sha256, Digest::Sha384, Digest::Sha512]
        .into_iter()
        .find(|digest| digest_uri(*digest) == uri)
}

const fn signature_uri(kind: KeyKind, digest: Digest) -> &'static str {
    match (kind, digest) {
        (KeyKind::Rsa(_), Digest::Sha256) => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        (KeyKind::Rsa(_), Digest::Sha384) => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
        (KeyKind::Rsa(_), Digest::Sha512) => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        (_, Digest::Sha256) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        (_, Digest::Sha384) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
        (_, Digest::Sha512) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
    }
}
