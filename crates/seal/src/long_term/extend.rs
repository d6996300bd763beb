//! Adds the long-term attributes; the network stays with the caller.

use cms::signed_data::SignerInfo;
use der::asn1::{Int, SetOfVec, UtcTime};
use der::{Any, Decode as _, Encode as _};
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::crl::CertificateList;
use x509_ocsp::{BasicOcspResponse, ResponderId};

use super::imprint;
use crate::cms::attribute::{
    ATS_HASH_INDEX_V3, CERTIFICATE_REFS, CERTIFICATE_VALUES, CrlIdentifier, CrlListId, CrlOcspRef,
    CrlValidatedId, ESC_TIME_STAMP, OcspIdentifier, OcspListId, OcspResponsesId, OtherCertId,
    OtherHash, REVOCATION_REFS, REVOCATION_VALUES, RevocationValues, SIGNATURE_TIME_STAMP, any,
    issuer_serial, single,
};
use crate::cms::verify::find;
use crate::revocation::Material;
use crate::timestamp::TimeStamp;
use crate::{Certificate, Cms, Digest, SealError};

/// Who stamps: gets hash function and imprint, gives the token.
pub trait Stamper {
    /// # Errors
    /// Whatever kept the stamp from being had.
    fn stamp(
        &self,
        digest: Digest,
        imprint: Vec<u8>,
    ) -> impl Future<Output = Result<TimeStamp, SealError>> + Send;

    /// What proves that the authority behind a stamp of [`Stamper::stamp`] is not revoked: its way to
    /// a root with the revocation data. It is put into the stamp itself, which no later stamp
    /// covers yet (EN 319 122-1, 5.5.3). Nothing where the signature carries it already.
    ///
    /// # Errors
    /// Whatever kept the data from being had.
    fn proof_of(
        &self,
        stamp: &TimeStamp,
    ) -> impl Future<Output = Result<Material, SealError>> + Send {
        let _ = stamp;
        async { Ok(Material::default()) }
    }
}

/// CAdES-T: a stamp over the signature value of every signer that has none.
pub async fn with_time_stamp<S: Stamper>(
    cms: &[u8],
    digest: Digest,
    stamper: &S,
) -> Result<Vec<u8>, SealError> {
    let mut cms = Cms::from_der(cms)?;
    for signer in all_signers(&cms) {
        if has(&signer, SIGNATURE_TIME_STAMP) {
            continue;
        }
        let imprint = digest.of(signer.signature.as_bytes());
        let stamp = stamper.stamp(digest, imprint).await?;
        let attribute = single(SIGNATURE_TIME_STAMP, stamp.to_any()?)?;
        replace(&mut cms, &signer, vec![attribute])?;
    }
    cms.to_der()
}

/// CAdES-X-Long type 1 for the signer whose certificate `path` begins with: references and values
/// of `path` (up to its root) and of everything in `material`, then the CAdES-C stamp.
///
/// # Errors
/// `Build` when that signer is not there or has no signature time stamp yet.
pub async fn with_values<S: Stamper>(
    cms: &[u8],
    path: &[Certificate],
    material: &Material,
    digest: Digest,
    stamper: &S,
) -> Result<Vec<u8>, SealError> {
    let mut cms = Cms::from_der(cms)?;
    let missing = |text: &str| SealError::Build(text.to_owned());
    let own = path.first().ok_or_else(|| missing("no certificate"))?;
    let signer = cms
        .signers()
        .find(|signer| find(&signer.sid, std::slice::from_ref(own)).is_some())
        .cloned()
        .ok_or_else(|| missing("the signer of these values is not in the signature"))?;
    if !has(&signer, SIGNATURE_TIME_STAMP) {
        return Err(missing("values come after the signature time stamp"));
    }
    if has_values(&signer) {
        return cms.to_der();
    }
    // The signer's own certificate is named by the signed attributes, so the references begin above it.
    let mut others: Vec<&Certificate> = path.iter().skip(1).collect();
    for certificate in &material.certificates {
        if certificate != own && !others.contains(&certificate) {
            others.push(certificate);
        }
    }
    let attributes = vec![
        single(CERTIFICATE_REFS, any(&certificate_refs(&others, digest)?)?)?,
        single(
            REVOCATION_REFS,
            any(&revocation_refs(own, &others, material, digest)?)?,
        )?,
        single(CERTIFICATE_VALUES, any(&certificate_values(own, &others)?)?)?,
        single(REVOCATION_VALUES, any(&revocation_values(material)?)?)?,
    ];
    let signer = replace(&mut cms, &signer, attributes)?;
    let imprint = digest.of(&imprint::esc(&signer)?);
    let mut stamp = stamper.stamp(digest, imprint).await?;
    let proof = proof_values(&stamp, stamper).await?;
    give(&mut stamp, proof)?;
    let attribute = single(ESC_TIME_STAMP, stamp.to_any()?)?;
    replace(&mut cms, &signer, vec![attribute])?;
    cms.to_der()
}

/// CAdES-A: an archive time stamp (version 3) over everything that stands there, for every signer.
/// Called again years later, it adds one more over the earlier.
///
/// # Errors
/// `Build` when the content is neither inside nor given.
pub async fn with_archive_time_stamp<S: Stamper>(
    cms: &[u8],
    detached: Option<&[u8]>,
    digest: Digest,
    stamper: &S,
) -> Result<Vec<u8>, SealError> {
    let mut cms = Cms::from_der(cms)?;
    let content = cms.content().or(detached).map(<[u8]>::to_vec);
    let content = content
        .ok_or_else(|| SealError::Build("the content of the signature is missing".into()))?;
    for signer in all_signers(&cms) {
        let index = any(&imprint::index(&cms, &signer, digest)?)?;
        let index_der = index.to_der().map_err(SealError::build)?;
        let octets = imprint::archive(&cms, &signer, &content, digest, &index_der)?;
        let mut stamp = stamper.stamp(digest, digest.of(&octets)).await?;
        let mut more = proof_values(&stamp, stamper).await?;
        more.push(single(ATS_HASH_INDEX_V3, index)?);
        give(&mut stamp, more)?;
        let attribute = single(imprint::ARCHIVE, stamp.to_any()?)?;
        replace(&mut cms, &signer, vec![attribute])?;
    }
    cms.to_der()
}

/// The proof of a stamp's authority as attributes for the stamp's own signature.
async fn proof_values<S: Stamper>(
    stamp: &TimeStamp,
    stamper: &S,
) -> Result<Vec<Attribute>, SealError> {
    let proof = stamper.proof_of(stamp).await?;
    let Some((own, others)) = proof.certificates.split_first() else {
        return Ok(Vec::new());
    };
    let others: Vec<&Certificate> = others.iter().collect();
    Ok(vec![
        single(CERTIFICATE_VALUES, any(&certificate_values(own, &others)?)?)?,
        single(REVOCATION_VALUES, any(&revocation_values(&proof)?)?)?,
    ])
}

/// Gives the signature of a stamp more unsigned attributes.
fn give(stamp: &mut TimeStamp, more: Vec<Attribute>) -> Result<(), SealError> {
    if more.is_empty() {
        return Ok(());
    }
    let signer = all_signers(&stamp.token).into_iter().next();
    let signer = signer.ok_or_else(|| SealError::TimeStamp("damgada imza yok".into()))?;
    replace(&mut stamp.token, &signer, more)?;
    Ok(())
}

/// The signers as they stand before anything is added: adding may change their order.
fn all_signers(cms: &Cms) -> Vec<SignerInfo> {
    cms.signers().cloned().collect()
}

/// Whether the proof of the signer's certificate is inside already.
pub(crate) fn has_values(signer: &SignerInfo) -> bool {
    has(signer, CERTIFICATE_VALUES)
}

fn has(signer: &SignerInfo, oid: const_oid::ObjectIdentifier) -> bool {
    let mut attributes = signer.unsigned_attrs.iter().flat_map(|list| list.iter());
    attributes.any(|attribute| attribute.oid == oid)
}

/// Gives one signer more unsigned attributes. Their order is that of DER, so the place of the signer
/// in its set may change; it is found by equality.
fn replace(cms: &mut Cms, old: &SignerInfo, more: Vec<Attribute>) -> Result<SignerInfo, SealError> {
    let mut attributes: Vec<Attribute> = old
        .unsigned_attrs
        .iter()
        .flat_map(|list| list.iter().cloned())
        .collect();
    attributes.extend(more);
    let mut new = old.clone();
    new.unsigned_attrs = Some(Attributes::try_from(attributes).map_err(SealError::build)?);
    let infos: Vec<SignerInfo> = cms
        .signers()
        .map(|info| {
            if info == old {
                new.clone()
            } else {
                info.clone()
            }
        })
        .collect();
    let set = SetOfVec::try_from(infos).map_err(SealError::build)?;
    cms.data.signer_infos = cms::signed_data::SignerInfos(set);
    Ok(new)
}

fn certificate_refs(
    certificates: &[&Certificate],
    digest: Digest,
) -> Result<Vec<OtherCertId>, SealError> {
    certificates
        .iter()
        .map(|certificate| {
            Ok(OtherCertId {
                hash: OtherHash::of(digest, certificate.der())?,
                issuer_serial: Some(issuer_serial(certificate)),
            })
        })
        .collect()
}

/// One entry for the signer, then one for each certificate reference in the same order
/// (TS 101 733, 6.2.2); a root's is empty.
fn revocation_refs(
    own: &Certificate,
    others: &[&Certificate],
    material: &Material,
    digest: Digest,
) -> Result<Vec<CrlOcspRef>, SealError> {
    std::iter::once(own)
        .chain(others.iter().copied())
        .map(|certificate| {
            let mut reference = CrlOcspRef::default();
            if certificate.is_self_issued() {
                return Ok(reference);
            }
            let mut responses = Vec::new();
            for der in &material.ocsps {
                let read = BasicOcspResponse::from_der(der).map_err(SealError::build)?;
                let about =
                    read.tbs_response_data.responses.iter().any(|single| {
                        single.cert_id.serial_number == certificate.tbs().serial_number
                    });
                if about {
                    responses.push(ocsp_id(&read, der, digest)?);
                }
            }
            let mut lists = Vec::new();
            for der in &material.crls {
                let read = CertificateList::from_der(der).map_err(SealError::build)?;
                if read.tbs_cert_list.issuer == certificate.tbs().issuer {
                    lists.push(crl_id(&read, der, digest)?);
                }
            }
            reference.ocsps = (!responses.is_empty()).then_some(OcspListId { responses });
            reference.crls = (!lists.is_empty()).then_some(CrlListId { crls: lists });
            Ok(reference)
        })
        .collect()
}

fn ocsp_id(
    response: &BasicOcspResponse,
    der: &[u8],
    digest: Digest,
) -> Result<OcspResponsesId, SealError> {
    let responder: &ResponderId = &response.tbs_response_data.responder_id;
    Ok(OcspResponsesId {
        identifier: OcspIdentifier {
            responder: any(responder)?,
            produced: response.tbs_response_data.produced_at.0,
        },
        hash: Some(OtherHash::of(digest, der)?),
    })
}

fn crl_id(list: &CertificateList, der: &[u8], digest: Digest) -> Result<CrlValidatedId, SealError> {
    let issued = list.tbs_cert_list.this_update.to_unix_duration();
    let number = list
        .tbs_cert_list
        .crl_extensions
        .iter()
        .flatten()
        .find(|extension| extension.extn_id == const_oid::db::rfc5280::ID_CE_CRL_NUMBER)
        .and_then(|extension| Int::from_der(extension.extn_value.as_bytes()).ok());
    Ok(CrlValidatedId {
        hash: OtherHash::of(digest, der)?,
        identifier: Some(CrlIdentifier {
            issuer: list.tbs_cert_list.issuer.clone(),
            issued: UtcTime::from_unix_duration(issued).map_err(SealError::time)?,
            number,
        }),
    })
}

fn certificate_values(own: &Certificate, others: &[&Certificate]) -> Result<Vec<Any>, SealError> {
    std::iter::once(own)
        .chain(others.iter().copied())
        .map(|certificate| Any::from_der(certificate.der()).map_err(SealError::build))
        .collect()
}

fn revocation_values(material: &Material) -> Result<RevocationValues, SealError> {
    let all = |ders: &[Vec<u8>]| -> Result<Option<Vec<Any>>, SealError> {
        let list: Result<Vec<_>, _> = ders.iter().map(|der| Any::from_der(der)).collect();
        let list = list.map_err(SealError::build)?;
        Ok((!list.is_empty()).then_some(list))
    };
    Ok(RevocationValues {
        crls: all(&material.crls)?,
        ocsps: all(&material.ocsps)?,
        other: None,
    })
}
