//! The octets that each time stamp of a signature covers.

use cms::signed_data::SignerInfo;
use const_oid::ObjectIdentifier;
use der::asn1::OctetString;
use der::{Any, Encode as _};
use x509_cert::attr::Attribute;

use crate::cms::attribute::{
    ARCHIVE_TIME_STAMP_V3, ATS_HASH_INDEX, ATS_HASH_INDEX_V3, AtsHashIndex, CERTIFICATE_REFS,
    REVOCATION_REFS, SIGNATURE_TIME_STAMP, values,
};
use crate::timestamp::TimeStamp;
use crate::{Cms, Digest, SealError};

/// The CAdES-C stamp: signature value, then type and values (without the SEQUENCE around them) of
/// signature time stamp, certificate and revocation references (TS 101 733, 6.3.5).
pub(super) fn esc(signer: &SignerInfo) -> Result<Vec<u8>, SealError> {
    let mut octets = signer.signature.as_bytes().to_vec();
    for oid in [SIGNATURE_TIME_STAMP, CERTIFICATE_REFS, REVOCATION_REFS] {
        let attributes = signer.unsigned_attrs.iter().flat_map(|list| list.iter());
        for attribute in attributes.filter(|attribute| attribute.oid == oid) {
            octets.extend(attribute.oid.to_der().map_err(SealError::build)?);
            octets.extend(attribute.values.to_der().map_err(SealError::build)?);
        }
    }
    Ok(octets)
}

/// The archive stamp: type of the content, its hash, the fields of the SignerInfo up to the
/// signature, and the hash index (EN 319 122-1, 5.5.3).
pub(super) fn archive(
    cms: &Cms,
    signer: &SignerInfo,
    content: &[u8],
    digest: Digest,
    index: &[u8],
) -> Result<Vec<u8>, SealError> {
    let content_type = cms.data.encap_content_info.econtent_type;
    let mut octets = content_type.to_der().map_err(SealError::build)?;
    octets.extend(digest.of(content));
    let mut bare = signer.clone();
    bare.unsigned_attrs = None;
    let der = bare.to_der().map_err(SealError::build)?;
    octets.extend(value_of(&der));
    octets.extend(index);
    Ok(octets)
}

/// The value inside one DER element.
fn value_of(der: &[u8]) -> &[u8] {
    let start = match der.get(1) {
        Some(first @ 0x81..=0x84) => 2 + usize::from(first & 0x7f),
        _ => 2,
    };
    der.get(start..).unwrap_or_default()
}

/// Hashes of every certificate, list and unsigned attribute value that stands there now.
pub(super) fn index(
    cms: &Cms,
    signer: &SignerInfo,
    digest: Digest,
) -> Result<AtsHashIndex, SealError> {
    let octets = |der: Vec<u8>| OctetString::new(digest.of(&der)).map_err(SealError::build);
    Ok(AtsHashIndex {
        algorithm: Some(digest.algorithm()),
        certificates: certificates(cms)
            .into_iter()
            .map(octets)
            .collect::<Result<_, _>>()?,
        crls: lists(cms)
            .into_iter()
            .map(octets)
            .collect::<Result<_, _>>()?,
        unsigned: attribute_values(signer)
            .into_iter()
            .map(octets)
            .collect::<Result<_, _>>()?,
    })
}

/// The hash index of an archive stamp, once everything that it names was found.
pub(super) struct Index {
    pub der: Vec<u8>,
    digest: Digest,
    unsigned: Vec<OctetString>,
    /// It names attributes as a whole (TS 101 733), not their values one by one.
    old: bool,
}

impl Index {
    /// Whether the stamp covers this value of an unsigned attribute: what was put in later it does
    /// not name.
    pub(super) fn names(&self, signer: &SignerInfo, oid: ObjectIdentifier, value: &Any) -> bool {
        let element = if self.old {
            let mut attributes = unsigned(signer);
            attributes
                .find(|it| it.oid == oid && it.values.iter().any(|own| own == value))
                .and_then(|attribute| attribute.to_der().ok())
        } else {
            element(oid, value)
        };
        let Some(hash) = element.map(|element| self.digest.of(&element)) else {
            return false;
        };
        self.unsigned.iter().any(|named| named.as_bytes() == hash)
    }
}

/// Whether everything that a stamp's index names still stands there; and the index itself.
pub(super) fn index_holds(
    cms: &Cms,
    signer: &SignerInfo,
    stamp: &TimeStamp,
) -> Result<Index, String> {
    let token = stamp.token.signers().next().ok_or("damgada imza yok")?;
    let own = token.unsigned_attrs.as_ref();
    let (value, old) = match values(own, ATS_HASH_INDEX_V3).next() {
        Some(value) => (value, false),
        None => (
            values(own, ATS_HASH_INDEX)
                .next()
                .ok_or("arşiv damgasında özet dizini yok")?,
            true,
        ),
    };
    let index: AtsHashIndex = value
        .decode_as()
        .map_err(|_| "arşiv damgasının özet dizini okunamıyor")?;
    let digest = match &index.algorithm {
        Some(algorithm) => Digest::from_oid(&algorithm.oid)
            .ok_or("arşiv damgasının özet dizini kabul edilmeyen bir algoritma kullanıyor")?,
        None => Digest::Sha256,
    };
    let there = |named: &[OctetString], elements: Vec<Vec<u8>>| {
        let hashes: Vec<_> = elements.iter().map(|element| digest.of(element)).collect();
        named
            .iter()
            .all(|hash| hashes.iter().any(|own| own == hash.as_bytes()))
    };
    let attributes = if old {
        whole_attributes(signer)
    } else {
        attribute_values(signer)
    };
    if !there(&index.certificates, certificates(cms))
        || !there(&index.crls, lists(cms))
        || !there(&index.unsigned, attributes)
    {
        return Err("arşiv damgasından sonra imzadan bir veri çıkarılmış ya da değişmiş".into());
    }
    Ok(Index {
        der: value.to_der().map_err(|error| error.to_string())?,
        digest,
        unsigned: index.unsigned,
        old,
    })
}

fn certificates(cms: &Cms) -> Vec<Vec<u8>> {
    let set = cms.data.certificates.iter().flat_map(|set| set.0.iter());
    set.filter_map(|choice| choice.to_der().ok()).collect()
}

fn lists(cms: &Cms) -> Vec<Vec<u8>> {
    let set = cms.data.crls.iter().flat_map(|set| set.0.iter());
    set.filter_map(|choice| choice.to_der().ok()).collect()
}

fn unsigned(signer: &SignerInfo) -> impl Iterator<Item = &Attribute> {
    signer.unsigned_attrs.iter().flat_map(|list| list.iter())
}

/// Type and value, one by one: an attribute may get more values later.
fn attribute_values(signer: &SignerInfo) -> Vec<Vec<u8>> {
    unsigned(signer)
        .flat_map(|attribute| {
            let values = attribute.values.iter();
            values.filter_map(|value| element(attribute.oid, value))
        })
        .collect()
}

fn element(oid: ObjectIdentifier, value: &Any) -> Option<Vec<u8>> {
    let mut der = oid.to_der().ok()?;
    der.extend(value.to_der().ok()?);
    Some(der)
}

fn whole_attributes(signer: &SignerInfo) -> Vec<Vec<u8>> {
    unsigned(signer)
        .filter_map(|attribute| attribute.to_der().ok())
        .collect()
}

pub(super) const ARCHIVE: ObjectIdentifier = ARCHIVE_TIME_STAMP_V3;
