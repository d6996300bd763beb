//! Makes CAdES-BES: signed attributes are built here and signed by whatever key it is.

use cms::cert::IssuerAndSerialNumber;
use cms::content_info::CmsVersion;
use cms::signed_data::{EncapsulatedContentInfo, SignerIdentifier, SignerInfo, SignerInfos};
use const_oid::ObjectIdentifier;
use der::asn1::{Ia5StringRef, OctetString, OctetStringRef, SetOfVec};
use der::{Any, Decode as _, Encode as _};
use jiff::Timestamp;
use x509_cert::attr::{Attribute, Attributes};

use super::Cms;
use super::attribute::{
    CONTENT_TYPE, DATA, MESSAGE_DIGEST, OtherHashAlgAndValue, POLICY_URI, PolicyQualifier,
    SIGNATURE_POLICY, SignaturePolicyId, any, signing_certificate, signing_time, single,
};
use super::read::{Members, SignedData};
use crate::key::Signer;
use crate::{Certificate, Digest, SealError};

/// What is signed, and whether it travels inside the signature.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// Tümleşik: the content is inside, as e-Yazışma wants it.
    Attached(&'a [u8]),
    /// Ayrık: the content travels beside it, as in a KEP message.
    Detached(&'a [u8]),
}

impl<'a> Content<'a> {
    const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Attached(bytes) | Self::Detached(bytes) => bytes,
        }
    }
}

/// A signature policy that the signer declares (CAdES-EPES; the Turkish profiles P2 to P4 are such).
#[derive(Debug, Clone)]
pub struct Policy {
    /// Dotted OID of the policy.
    pub oid: String,
    /// Hash function and hash of the policy document.
    pub digest: Digest,
    pub hash: Vec<u8>,
    /// Where the document is.
    pub uri: Option<String>,
}

/// How to sign.
#[derive(Debug, Clone)]
pub struct SignOptions {
    pub digest: Digest,
    /// The moment that the signer claims.
    pub signing_time: Timestamp,
    pub policy: Option<Policy>,
}

impl SignOptions {
    /// SHA-256 at this moment, no policy.
    #[must_use]
    pub const fn at(signing_time: Timestamp) -> Self {
        Self {
            digest: Digest::Sha256,
            signing_time,
            policy: None,
        }
    }

    #[must_use]
    pub const fn with_digest(mut self, digest: Digest) -> Self {
        self.digest = digest;
        self
    }
}

/// CAdES-BES in DER over `content`, with the signer's certificate and those of its issuers inside.
pub fn sign(
    signer: &dyn Signer,
    content: Content<'_>,
    options: &SignOptions,
) -> Result<Vec<u8>, SealError> {
    sign_typed(signer, content, DATA, options)
}

/// The same over another type of content: a time stamp is a signed `TSTInfo`.
pub(crate) fn sign_typed(
    signer: &dyn Signer,
    content: Content<'_>,
    content_type: ObjectIdentifier,
    options: &SignOptions,
) -> Result<Vec<u8>, SealError> {
    let econtent = match content {
        Content::Attached(bytes) => Some(Any::from(
            OctetStringRef::new(bytes).map_err(SealError::build)?,
        )),
        Content::Detached(_) => None,
    };
    let info = signer_info(signer, content.bytes(), content_type, options)?;
    let version = if content_type == DATA {
        CmsVersion::V1
    } else {
        CmsVersion::V3
    };
    let data = SignedData {
        version,
        digest_algorithms: SetOfVec::try_from(vec![options.digest.algorithm()])
            .map(Members)
            .map_err(SealError::build)?,
        encap_content_info: EncapsulatedContentInfo {
            econtent_type: content_type,
            econtent,
        },
        certificates: Some(with_certificates(None, &chain(signer))?),
        crls: None,
        signer_infos: SignerInfos::try_from(vec![info]).map_err(SealError::build)?,
    };
    Cms { data }.to_der()
}

/// Adds a parallel signature over the same content; the earlier ones keep their bytes.
///
/// `detached` is the content when it is not inside `cms`.
///
/// # Errors
/// `Build` when there is no content, or when the same key has signed already.
pub fn add_signer(
    cms: &[u8],
    signer: &dyn Signer,
    detached: Option<&[u8]>,
    options: &SignOptions,
) -> Result<Vec<u8>, SealError> {
    let mut cms = Cms::from_der(cms)?;
    let content = cms.content().or(detached).map(<[u8]>::to_vec);
    let content = content
        .ok_or_else(|| SealError::Build("the content of the signature is missing".into()))?;
    let sid = signer_identifier(signer.certificate());
    if cms.signers().any(|earlier| earlier.sid == sid) {
        return Err(SealError::Build(
            "this certificate has signed already".into(),
        ));
    }
    let content_type = cms.data.encap_content_info.econtent_type;
    let info = signer_info(signer, &content, content_type, options)?;
    let algorithm = options.digest.algorithm();
    let known = &mut cms.data.digest_algorithms.0;
    if !known.iter().any(|earlier| earlier.oid == algorithm.oid) {
        known.insert(algorithm).map_err(SealError::build)?;
    }
    add_certificates(&mut cms, &chain(signer))?;
    let infos = &mut cms.data.signer_infos.0;
    infos.insert(info).map_err(SealError::build)?;
    cms.to_der()
}

/// One CMS with the signers of several over the same content, each signature with its bytes as they are.
///
/// # Errors
/// `Build` when there is none, when their contents differ, or when two signatures of one signer do:
/// a reader could not tell whether one is missing.
pub fn merge(files: &[Vec<u8>]) -> Result<Vec<u8>, SealError> {
    let bad = |text: &str| SealError::Build(text.to_owned());
    let (first, rest) = files.split_first().ok_or_else(|| bad("no signature"))?;
    let mut merged = Cms::from_der(first)?;
    for file in rest {
        let more = Cms::from_der(file)?;
        if more.data.encap_content_info != merged.data.encap_content_info {
            return Err(bad("the signatures are over different content"));
        }
        for algorithm in more.data.digest_algorithms.0.iter() {
            let known = &mut merged.data.digest_algorithms.0;
            if !known.iter().any(|earlier| earlier.oid == algorithm.oid) {
                known.insert(algorithm.clone()).map_err(SealError::build)?;
            }
        }
        merged.data.version = merged.data.version.max(more.data.version);
        add_certificates(&mut merged, &more.certificates())?;
        add_revocation(&mut merged, &more)?;
        for signer in more.signers() {
            let known = merged.signers().find(|known| known.sid == signer.sid);
            let is_same = known.map(|known| known == signer);
            match is_same {
                Some(true) => {}
                Some(false) => return Err(bad("one certificate has signed twice")),
                None => {
                    let infos = &mut merged.data.signer_infos.0;
                    infos.insert(signer.clone()).map_err(SealError::build)?;
                }
            }
        }
    }
    merged.to_der()
}

/// Puts certificates beside those that are inside already.
pub(crate) fn add_certificates(cms: &mut Cms, more: &[Certificate]) -> Result<(), SealError> {
    let all = with_certificates(cms.data.certificates.take(), more)?;
    cms.data.certificates = Some(all);
    Ok(())
}

/// Puts the lists and answers of another CMS beside those that are inside already.
fn add_revocation(cms: &mut Cms, other: &Cms) -> Result<(), SealError> {
    let Some(more) = &other.data.crls else {
        return Ok(());
    };
    let mut all = match cms.data.crls.take() {
        Some(set) => set.0.into_vec(),
        None => Vec::new(),
    };
    for one in more.0.iter() {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
    let set = SetOfVec::try_from(all).map_err(SealError::build)?;
    cms.data.crls = Some(Members(set));
    Ok(())
}

impl Cms {
    /// The CMS with what its signers signed and the certificates alone: attributes that are not
    /// signed and revocation data can be put in by anybody, also by a signer who has something to
    /// hide.
    ///
    /// # Errors
    /// `Build` when it cannot be written again.
    pub fn bare(&self) -> Result<Vec<u8>, SealError> {
        let mut bare = self.clone();
        bare.data.crls = None;
        let signers: Vec<SignerInfo> = self
            .signers()
            .map(|signer| SignerInfo {
                unsigned_attrs: None,
                ..signer.clone()
            })
            .collect();
        bare.data.signer_infos = SignerInfos::try_from(signers).map_err(SealError::build)?;
        bare.to_der()
    }
}

fn chain(signer: &dyn Signer) -> Vec<Certificate> {
    let mut chain = vec![signer.certificate().clone()];
    for issuer in signer.issuers() {
        if !chain.contains(issuer) {
            chain.push(issuer.clone());
        }
    }
    chain
}

fn with_certificates(
    set: Option<Members<Any>>,
    more: &[Certificate],
) -> Result<Members<Any>, SealError> {
    let mut all = set.map(|set| set.0.into_vec()).unwrap_or_default();
    for certificate in more {
        let choice = Any::from_der(certificate.der()).map_err(SealError::build)?;
        if !all.contains(&choice) {
            all.push(choice);
        }
    }
    SetOfVec::try_from(all)
        .map(Members)
        .map_err(SealError::build)
}

fn signer_identifier(certificate: &Certificate) -> SignerIdentifier {
    SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
        issuer: certificate.tbs().issuer.clone(),
        serial_number: certificate.tbs().serial_number.clone(),
    })
}

fn signer_info(
    signer: &dyn Signer,
    content: &[u8],
    content_type: ObjectIdentifier,
    options: &SignOptions,
) -> Result<SignerInfo, SealError> {
    let certificate = signer.certificate();
    let attributes = signed_attributes(certificate, content, content_type, options)?;
    // The signature is over the attributes as a SET, not as the [0] of the SignerInfo (RFC 5652, 5.4).
    let message = attributes.to_der().map_err(SealError::build)?;
    let signature = signer.sign(options.digest, &message)?;
    Ok(SignerInfo {
        version: CmsVersion::V1,
        sid: signer_identifier(certificate),
        digest_alg: options.digest.algorithm(),
        signed_attrs: Some(attributes),
        signature_algorithm: certificate.key_kind()?.algorithm(options.digest),
        signature: OctetString::new(signature).map_err(SealError::build)?,
        unsigned_attrs: None,
    })
}

fn signed_attributes(
    certificate: &Certificate,
    content: &[u8],
    content_type: ObjectIdentifier,
    options: &SignOptions,
) -> Result<Attributes, SealError> {
    let digest = OctetString::new(options.digest.of(content)).map_err(SealError::build)?;
    let mut attributes = vec![
        single(CONTENT_TYPE, Any::from(content_type))?,
        single(MESSAGE_DIGEST, any(&digest)?)?,
        signing_time(options.signing_time)?,
        signing_certificate(certificate)?,
    ];
    if let Some(policy) = &options.policy {
        attributes.push(policy_attribute(policy)?);
    }
    SetOfVec::try_from(attributes).map_err(SealError::build)
}

fn policy_attribute(policy: &Policy) -> Result<Attribute, SealError> {
    let qualifiers = match &policy.uri {
        Some(uri) => Some(vec![PolicyQualifier {
            id: POLICY_URI,
            value: Any::from(Ia5StringRef::new(uri).map_err(SealError::build)?),
        }]),
        None => None,
    };
    let value = SignaturePolicyId {
        id: ObjectIdentifier::new(&policy.oid).map_err(SealError::build)?,
        hash: OtherHashAlgAndValue {
            algorithm: policy.digest.algorithm(),
            value: OctetString::new(policy.hash.as_slice()).map_err(SealError::build)?,
        },
        qualifiers,
    };
    single(SIGNATURE_POLICY, any(&value)?)
}
