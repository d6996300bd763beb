//! Reads a CMS SignedData out of foreign bytes: what is wrong has a name, and memory stays bounded.

use cms::content_info::ContentInfo;
use cms::revocation::RevocationInfoChoice;
use cms::signed_data::{SignedData, SignerInfo};
use der::{Decode as _, Encode as _, Tag, Tagged as _};

use super::attribute::{OCSP_BASIC, REVOCATION_INFO_OCSP, SIGNED_DATA};
use crate::error::ReadError;
use crate::{Certificate, SealError};

/// Bytes that a signature may have; the content inside counts.
pub const MAX_SIGNATURE: usize = 64 * 1024 * 1024;
/// Levels of constructed values.
const MAX_DEPTH: usize = 32;
/// Members of one set: signers, certificates, lists, attributes.
const MAX_SET: usize = 512;

/// A read SignedData.
#[derive(Debug, Clone)]
pub struct Cms {
    pub(crate) data: SignedData,
}

impl Cms {
    /// Reads DER.
    ///
    /// # Errors
    /// A [`ReadError`] that says what is wrong; never a panic, whatever the bytes are.
    pub fn from_der(bytes: &[u8]) -> Result<Self, ReadError> {
        scan(bytes)?;
        let info = ContentInfo::from_der(bytes).map_err(malformed)?;
        if info.content_type != SIGNED_DATA {
            return Err(ReadError::NotSignedData(info.content_type.to_string()));
        }
        let data: SignedData = info.content.decode_as().map_err(malformed)?;
        if let Some(content) = &data.encap_content_info.econtent
            && content.tag() != Tag::OctetString
        {
            return Err(ReadError::Malformed("içerik bir OCTET STRING değil".into()));
        }
        Ok(Self { data })
    }

    pub(crate) fn to_der(&self) -> Result<Vec<u8>, SealError> {
        let content = super::attribute::any(&self.data)?;
        let info = ContentInfo {
            content_type: SIGNED_DATA,
            content,
        };
        info.to_der().map_err(SealError::build)
    }

    /// The content inside; none in a detached signature.
    #[must_use]
    pub fn content(&self) -> Option<&[u8]> {
        self.data
            .encap_content_info
            .econtent
            .as_ref()
            .map(der::Any::value)
    }

    /// How many signed.
    #[must_use]
    pub fn signer_count(&self) -> usize {
        self.data.signer_infos.0.len()
    }

    /// Certificates inside, in the order of the file.
    #[must_use]
    pub fn certificates(&self) -> Vec<Certificate> {
        let Some(set) = &self.data.certificates else {
            return Vec::new();
        };
        set.0
            .iter()
            .filter_map(|choice| match choice {
                cms::cert::CertificateChoices::Certificate(inner) => {
                    Certificate::from_parsed(inner.clone()).ok()
                }
                cms::cert::CertificateChoices::Other(_) => None,
            })
            .collect()
    }

    pub(crate) fn signers(&self) -> impl Iterator<Item = &SignerInfo> {
        self.data.signer_infos.0.iter()
    }

    /// Lists of revoked certificates and OCSP answers that stand beside the certificates.
    pub(crate) fn revocation(&self) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let (mut crls, mut ocsps) = (Vec::new(), Vec::new());
        for choice in self.data.crls.iter().flat_map(|set| set.0.iter()) {
            match choice {
                RevocationInfoChoice::Crl(list) => crls.extend(list.to_der()),
                RevocationInfoChoice::Other(other)
                    if other.other_format.oid == REVOCATION_INFO_OCSP =>
                {
                    ocsps.extend(other.other.to_der().ok().and_then(|der| basic_of(&der)));
                }
                RevocationInfoChoice::Other(_) => {}
            }
        }
        (crls, ocsps)
    }
}

/// The `BasicOCSPResponse` inside an `OCSPResponse`.
pub(crate) fn basic_of(response: &[u8]) -> Option<Vec<u8>> {
    let response = x509_ocsp::OcspResponse::from_der(response).ok()?;
    let bytes = response.response_bytes?;
    (bytes.response_type == OCSP_BASIC).then(|| bytes.response.into_bytes())
}

fn malformed(error: der::Error) -> ReadError {
    ReadError::Malformed(error.to_string())
}

/// Walks over tags and lengths before anything is decoded, so that each defect has its name and no
/// stated length makes us reserve memory.
pub(crate) fn scan(bytes: &[u8]) -> Result<(), ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    if bytes.len() > MAX_SIGNATURE {
        return Err(ReadError::TooLarge(bytes.len()));
    }
    // Ends of the open constructed values, with what still may stand in each.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    let mut first = true;
    while at < bytes.len() {
        while open.last().is_some_and(|(end, _)| *end == at) {
            open.pop();
        }
        if open.is_empty() && !first {
            return Err(ReadError::Trailing((bytes.len() - at) as u64));
        }
        if let Some((_, room)) = open.last_mut() {
            *room = room.checked_sub(1).ok_or(ReadError::TooMany)?;
        }
        first = false;
        let limit = open.last().map_or(bytes.len(), |(end, _)| *end);
        let header = header(bytes, at, limit, open.is_empty())?;
        if header.constructed {
            if open.len() >= MAX_DEPTH {
                return Err(ReadError::TooDeep);
            }
            let room = if header.set { MAX_SET } else { usize::MAX };
            open.push((header.end, room));
            at = header.body;
        } else {
            at = header.end;
        }
    }
    Ok(())
}

struct Header {
    constructed: bool,
    /// A set, or a context tag that stands for one.
    set: bool,
    body: usize,
    end: usize,
}

fn header(bytes: &[u8], at: usize, limit: usize, outermost: bool) -> Result<Header, ReadError> {
    let truncated = |missing: usize| ReadError::Truncated(missing as u64);
    let tag = *bytes.get(at).ok_or_else(|| truncated(1))?;
    if tag & 0x1f == 0x1f {
        return Err(ReadError::Malformed("uzun etiket".into()));
    }
    let first = *bytes.get(at + 1).ok_or_else(|| truncated(1))?;
    let (length, body) = match first {
        0..=0x7f => (u64::from(first), at + 2),
        0x80 => return Err(ReadError::IndefiniteLength),
        _ => {
            let count = usize::from(first & 0x7f);
            if count > 8 {
                return Err(ReadError::HugeLength(u64::MAX));
            }
            let raw = bytes
                .get(at + 2..at + 2 + count)
                .ok_or_else(|| truncated(count))?;
            let length = raw
                .iter()
                .fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
            (length, at + 2 + count)
        }
    };
    if length > MAX_SIGNATURE as u64 {
        return Err(ReadError::HugeLength(length));
    }
    let end = body + usize::try_from(length).map_err(|_| ReadError::HugeLength(length))?;
    if end > limit {
        return Err(if outermost {
            truncated(end - limit)
        } else {
            ReadError::Malformed(format!("{at}. bayttaki değer kabını aşıyor"))
        });
    }
    let constructed = tag & 0x20 != 0;
    Ok(Header {
        constructed,
        set: constructed && (tag == 0x31 || tag & 0xc0 == 0x80),
        body,
        end,
    })
}
