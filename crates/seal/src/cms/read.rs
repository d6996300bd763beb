//! Reads a CMS SignedData out of foreign bytes: what is wrong has a name, and memory stays bounded.

use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{EncapsulatedContentInfo, SignerInfo, SignerInfos};
use const_oid::ObjectIdentifier;
use der::asn1::SetOfVec;
use der::{
    Any, Decode, DecodeValue, DerOrd, Encode, EncodeValue, FixedTag, Header, Length, Reader,
    Sequence, SliceReader, Tag, TagNumber, Tagged as _, Writer,
};
use spki::AlgorithmIdentifierOwned;
use x509_cert::crl::CertificateList;
use x509_ocsp::{BasicOcspResponse, OcspResponse};

use super::attribute::{OCSP_BASIC, REVOCATION_INFO_OCSP, SIGNED_DATA};
use super::ber;
use crate::error::ReadError;
use crate::{Certificate, SealError};

/// `SignedData` (RFC 5652, 5.1). Certificates and revocation data stay the bytes that they are: the
/// library's type for OCSP answers (RFC 5940) is not the standard's, one certificate or list that
/// cannot be read is no reason to refuse a signature, and archive stamps are over these bytes.
#[derive(Debug, Clone, Sequence)]
pub(crate) struct SignedData {
    pub version: CmsVersion,
    pub digest_algorithms: Members<AlgorithmIdentifierOwned>,
    pub encap_content_info: EncapsulatedContentInfo,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    pub certificates: Option<Members<Any>>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub crls: Option<Members<Any>>,
    pub signer_infos: SignerInfos,
}

/// A SET OF in which the same member may stand twice, as writers of several signatures put digest
/// algorithms and certificates there; the library refuses that. It is kept once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Members<T: DerOrd>(pub SetOfVec<T>);

impl<T: DerOrd> FixedTag for Members<T> {
    const TAG: Tag = Tag::Set;
}

impl<'a, T: Decode<'a> + DerOrd + PartialEq> DecodeValue<'a> for Members<T> {
    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        reader.read_nested(header.length, |reader| {
            let mut all = Vec::new();
            while !reader.is_finished() {
                let one = T::decode(reader)?;
                if !all.contains(&one) {
                    all.push(one);
                }
            }
            SetOfVec::try_from(all).map(Self)
        })
    }
}

impl<T: for<'a> Decode<'a> + Encode + DerOrd> EncodeValue for Members<T> {
    fn value_len(&self) -> der::Result<Length> {
        self.0.value_len()
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        self.0.encode_value(writer)
    }
}

/// A read SignedData.
#[derive(Debug, Clone)]
pub struct Cms {
    pub(crate) data: SignedData,
}

/// One of the `crls` of a SignedData.
enum Revocation {
    Crl(Vec<u8>),
    /// A `BasicOCSPResponse`.
    Ocsp(Vec<u8>),
}

impl Cms {
    /// Reads DER, and the BER of writers that stream.
    ///
    /// # Errors
    /// A [`ReadError`] that says what is wrong; never a panic, whatever the bytes are.
    pub fn from_der(bytes: &[u8]) -> Result<Self, ReadError> {
        let info = ContentInfo::from_der(&ber::to_der(bytes)?).map_err(malformed)?;
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

    /// Certificates inside that can be read, in the order of the file.
    #[must_use]
    pub fn certificates(&self) -> Vec<Certificate> {
        let all = self.data.certificates.iter().flat_map(|set| set.0.iter());
        all.filter_map(certificate).collect()
    }

    pub(crate) fn signers(&self) -> impl Iterator<Item = &SignerInfo> {
        self.data.signer_infos.0.iter()
    }

    /// Lists of revoked certificates and OCSP answers that stand beside the certificates.
    pub(crate) fn revocation(&self) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let (mut crls, mut ocsps) = (Vec::new(), Vec::new());
        let all = self.data.crls.iter().flat_map(|set| set.0.iter());
        for one in all.filter_map(revocation) {
            match one {
                Revocation::Crl(der) => crls.push(der),
                Revocation::Ocsp(der) => ocsps.push(der),
            }
        }
        (crls, ocsps)
    }

    /// How many certificates, lists and answers inside are of a kind that is not read.
    pub(crate) fn unread(&self) -> usize {
        let certificates = self.data.certificates.iter().flat_map(|set| set.0.iter());
        let revocations = self.data.crls.iter().flat_map(|set| set.0.iter());
        let unread = certificates
            .filter(|one| certificate(one).is_none())
            .count();
        unread + revocations.filter(|one| revocation(one).is_none()).count()
    }
}

fn certificate(choice: &Any) -> Option<Certificate> {
    Certificate::from_der(&choice.to_der().ok()?).ok()
}

fn revocation(choice: &Any) -> Option<Revocation> {
    let other = Tag::ContextSpecific {
        constructed: true,
        number: TagNumber::N1,
    };
    if choice.tag() != other {
        let der = choice.to_der().ok()?;
        CertificateList::from_der(&der).ok()?;
        return Some(Revocation::Crl(der));
    }
    // OtherRevocationInfoFormat: its name, which is a bare OID, and whatever that stands for.
    let mut reader = SliceReader::new(choice.value()).ok()?;
    let format = ObjectIdentifier::decode(&mut reader).ok()?;
    let answer = Any::decode(&mut reader).ok()?.to_der().ok()?;
    if !reader.is_finished() {
        return None;
    }
    let basic = match format {
        REVOCATION_INFO_OCSP => basic_of(&answer)?,
        // Some writers put the answer itself there.
        OCSP_BASIC => answer,
        _ => return None,
    };
    BasicOcspResponse::from_der(&basic).ok()?;
    Some(Revocation::Ocsp(basic))
}

/// The `BasicOCSPResponse` inside an `OCSPResponse`.
pub(crate) fn basic_of(response: &[u8]) -> Option<Vec<u8>> {
    let response = OcspResponse::from_der(response).ok()?;
    let bytes = response.response_bytes?;
    (bytes.response_type == OCSP_BASIC).then(|| bytes.response.into_bytes())
}

fn malformed(error: der::Error) -> ReadError {
    ReadError::Malformed(error.to_string())
}
