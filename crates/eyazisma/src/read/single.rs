//! Reads a part that arrives alone: a signer's program gets Üstveri beside the PaketOzeti that
//! digests it, before there is a package.

use super::limits::{Limits, ReadError};
use super::parse;
use crate::digest::{Algorithm, Hasher};
use crate::model::{DigestEntry, DigestList, Metadata};
use crate::xml::{self, Element};

impl Metadata {
    /// Reads Üstveri.
    ///
    /// # Errors
    /// When it is no XML within the limits, or another part.
    pub fn from_xml(bytes: &[u8]) -> Result<Self, ReadError> {
        Ok(parse::metadata(&root(bytes, "UstVeri")?))
    }
}

impl DigestList {
    /// Reads PaketOzeti.
    ///
    /// # Errors
    /// When it is no XML within the limits, or another part.
    pub fn from_xml(bytes: &[u8]) -> Result<Self, ReadError> {
        Ok(parse::digest_list(&root(bytes, "PaketOzeti")?))
    }
}

impl DigestEntry {
    /// Whether every digest that it names is that of `bytes`, by SHA-256, SHA-384 or SHA-512 each.
    #[must_use]
    pub fn holds(&self, bytes: &[u8]) -> bool {
        let named = |digest: &crate::model::DigestValue| {
            Algorithm::from_uri(&digest.algorithm)
                .filter(|it| !matches!(it, Algorithm::Sha1 | Algorithm::Ripemd160))
        };
        let Some(algorithms) = self.digests.iter().map(named).collect::<Option<Vec<_>>>() else {
            return false;
        };
        let mut hasher = Hasher::new(&algorithms);
        hasher.update(bytes);
        let own = hasher.finish();
        !own.is_empty()
            && own
                .iter()
                .zip(&self.digests)
                .all(|(own, stated)| own.value == stated.value)
    }
}

fn root(bytes: &[u8], name: &str) -> Result<Element, ReadError> {
    let damaged = |why: String| ReadError::Damaged(name.to_owned(), why);
    let document =
        xml::read(bytes, Limits::default().xml).map_err(|error| damaged(error.to_string()))?;
    if document.root.name != name {
        return Err(damaged(format!("root element {:?}", document.root.name)));
    }
    Ok(document.root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_alone_is_read_by_its_own_name() {
        let list = "<PaketOzeti xmlns=\"urn:dpt:eyazisma:schema:xsd:PaketOzeti-2\" Id=\"A\"/>";
        assert!(DigestList::from_xml(list.as_bytes()).is_ok());
        assert!(Metadata::from_xml(list.as_bytes()).is_err(), "another part");
        assert!(DigestList::from_xml(b"<!DOCTYPE a><PaketOzeti/>").is_err());
    }

    #[test]
    fn every_named_digest_has_to_hold() {
        let digests = |bytes: &[u8]| crate::digest::pair(bytes, crate::SecondDigest::Sha256);
        let entry = |digests| DigestEntry {
            digests,
            ..DigestEntry::default()
        };
        assert!(entry(digests(b"yazi")).holds(b"yazi"));
        assert!(!entry(digests(b"yazi")).holds(b"baska"));
        assert!(!entry(Vec::new()).holds(b"yazi"), "nothing is named");
        let mut half = digests(b"yazi");
        half[1] = digests(b"baska").remove(1);
        assert!(!entry(half).holds(b"yazi"), "one of two");
        let mut unknown = digests(b"yazi");
        unknown[0].algorithm = "http://www.w3.org/2000/09/xmldsig#sha1".to_owned();
        assert!(!entry(unknown).holds(b"yazi"), "too weak");
    }
}
