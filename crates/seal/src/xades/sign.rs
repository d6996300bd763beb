//! Signs an XML document: enveloped XAdES-BES, and a time stamp over its signature value.

use bergshamra_c14n::C14nMode;
use jiff::Timestamp;

use super::xml::{canonical, canonical_without, encode, only, parse};
use super::{DS, ENVELOPED, EXCLUSIVE, SIGNED_PROPERTIES, XADES, digest_uri, signature_uri};
use crate::key::Signer;
use crate::long_term::Stamper;
use crate::{Certificate, Digest, KeyKind, SealError};

/// How to sign.
#[derive(Debug, Clone)]
pub struct XadesOptions {
    pub digest: Digest,
    /// The moment that the signer claims.
    pub signing_time: Timestamp,
    /// Makes the identifiers of this signature distinct from others in the document: letters,
    /// digits and hyphens.
    pub id: String,
}

/// The document with a signature as the last child of its root.
///
/// # Errors
/// `Xml` when it is not well-formed, has a DTD, an empty root written `<a/>`, or is signed already.
pub fn sign(xml: &str, signer: &dyn Signer, options: &XadesOptions) -> Result<String, SealError> {
    if options.id.is_empty()
        || !options
            .id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    {
        return Err(SealError::Xml("identifier".into()));
    }
    let document = {
        let doc = parse(xml).map_err(SealError::Xml)?;
        if !doc.get_elements_by_tag_name_ns(DS, "Signature").is_empty() {
            return Err(SealError::Xml("the document is signed already".into()));
        }
        canonical_without(&doc, None, C14nMode::Exclusive).map_err(SealError::Xml)?
    };
    let certificate = signer.certificate();
    let kind = certificate.key_kind()?;
    let template = template(&document, signer, kind, options);
    let place = end_of_root(xml)?;
    let mut signed = String::with_capacity(xml.len() + template.len());
    signed.push_str(&xml[..place]);
    signed.push_str(&template);
    signed.push_str(&xml[place..]);

    let properties = canonical_of(&signed, XADES, "SignedProperties")?;
    let digest = encode(&options.digest.of(&properties));
    let signed = signed.replacen(PROPERTIES_DIGEST, &digest, 1);
    let message = canonical_of(&signed, DS, "SignedInfo")?;
    let value = signer.sign(options.digest, &message)?;
    let value = encode(&raw_value(kind, &value)?);
    Ok(signed.replacen(VALUE, &value, 1))
}

/// The canonical form of the one element of this name.
fn canonical_of(xml: &str, namespace: &str, name: &str) -> Result<Vec<u8>, SealError> {
    let doc = parse(xml).map_err(SealError::Xml)?;
    match doc.get_elements_by_tag_name_ns(namespace, name).as_slice() {
        [one] => canonical(&doc, *one, C14nMode::Exclusive).map_err(SealError::Xml),
        _ => Err(SealError::Xml(name.to_owned())),
    }
}

/// Places that are filled in once what stands before them is fixed; `@` stands in no base64.
const PROPERTIES_DIGEST: &str = "@dys-properties@";
const VALUE: &str = "@dys-value@";

fn template(document: &[u8], signer: &dyn Signer, kind: KeyKind, options: &XadesOptions) -> String {
    let certificate = signer.certificate();
    let (id, method) = (&options.id, digest_uri(options.digest));
    let signature_method = signature_uri(kind, options.digest);
    let time = options.signing_time.strftime("%Y-%m-%dT%H:%M:%SZ");
    let document = encode(&options.digest.of(document));
    let certificates: String = std::iter::once(certificate)
        .chain(signer.issuers())
        .map(|one| {
            format!(
                "<ds:X509Certificate>{}</ds:X509Certificate>",
                encode(one.der())
            )
        })
        .collect();
    let certificate_digest = encode(&options.digest.of(certificate.der()));
    format!(
        "<ds:Signature xmlns:ds=\"{DS}\" Id=\"imza-{id}\"><ds:SignedInfo>\
         <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{signature_method}\"></ds:SignatureMethod>\
         <ds:Reference Id=\"belge-{id}\" URI=\"\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform>\
         <ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{method}\"></ds:DigestMethod>\
         <ds:DigestValue>{document}</ds:DigestValue></ds:Reference>\
         <ds:Reference Type=\"{SIGNED_PROPERTIES}\" URI=\"#nitelik-{id}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{method}\"></ds:DigestMethod>\
         <ds:DigestValue>{PROPERTIES_DIGEST}</ds:DigestValue></ds:Reference></ds:SignedInfo>\
         <ds:SignatureValue Id=\"deger-{id}\">{VALUE}</ds:SignatureValue>\
         <ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo>\
         <ds:Object><xades:QualifyingProperties xmlns:xades=\"{XADES}\" Target=\"#imza-{id}\">\
         <xades:SignedProperties Id=\"nitelik-{id}\"><xades:SignedSignatureProperties>\
         <xades:SigningTime>{time}</xades:SigningTime><xades:SigningCertificateV2><xades:Cert>\
         <xades:CertDigest><ds:DigestMethod Algorithm=\"{method}\"></ds:DigestMethod>\
         <ds:DigestValue>{certificate_digest}</ds:DigestValue></xades:CertDigest></xades:Cert>\
         </xades:SigningCertificateV2></xades:SignedSignatureProperties></xades:SignedProperties>\
         </xades:QualifyingProperties></ds:Object></ds:Signature>"
    )
}

/// Adds `SignatureTimeStamp` over the canonical `SignatureValue` (EN 319 132-1, 5.3).
///
/// # Errors
/// `Xml` when there is not exactly one signature of the form that [`sign`] makes.
pub async fn with_time_stamp<S: Stamper + Sync>(
    xml: &str,
    digest: Digest,
    stamper: &S,
) -> Result<String, SealError> {
    const END: &str = "</xades:SignedProperties>";
    let value = {
        let doc = parse(xml).map_err(SealError::Xml)?;
        let root = doc
            .document_element()
            .ok_or_else(|| SealError::Xml("empty".into()))?;
        let signature = only(&doc, root, DS, "Signature").map_err(SealError::Xml)?;
        let value = only(&doc, signature, DS, "SignatureValue").map_err(SealError::Xml)?;
        canonical(&doc, value, C14nMode::Exclusive).map_err(SealError::Xml)?
    };
    let stamp = stamper.stamp(digest, digest.of(&value)).await?;
    let place = match xml.match_indices(END).collect::<Vec<_>>().as_slice() {
        [(at, _)] => at + END.len(),
        _ => return Err(SealError::Xml("SignedProperties".into())),
    };
    let token = encode(&stamp.to_der()?);
    Ok(format!(
        "{}<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:SignatureTimeStamp>\
         <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
         <xades:EncapsulatedTimeStamp>{token}</xades:EncapsulatedTimeStamp>\
         </xades:SignatureTimeStamp></xades:UnsignedSignatureProperties>\
         </xades:UnsignedProperties>{}",
        &xml[..place],
        &xml[place..]
    ))
}

/// Where the root's closing tag begins.
fn end_of_root(xml: &str) -> Result<usize, SealError> {
    let doc = parse(xml).map_err(SealError::Xml)?;
    let range = doc
        .document_element()
        .and_then(|root| doc.node_range(root))
        .ok_or_else(|| SealError::Xml("the document is empty".into()))?;
    let inside = xml.get(range.clone()).unwrap_or_default();
    match inside.rfind("</") {
        Some(at) if !inside.ends_with("/>") => Ok(range.start + at),
        _ => Err(SealError::Xml("the root element is empty".into())),
    }
}

/// XML signatures write ECDSA as r and s side by side (XMLDSig 1.1, 6.4.3).
fn raw_value(kind: KeyKind, value: &[u8]) -> Result<Vec<u8>, SealError> {
    match kind {
        KeyKind::Rsa(_) => Ok(value.to_vec()),
        KeyKind::P256 => {
            let signature = p256::ecdsa::Signature::from_der(value).map_err(SealError::build)?;
            Ok(signature.to_bytes().to_vec())
        }
        KeyKind::P384 => {
            let signature = p384::ecdsa::Signature::from_der(value).map_err(SealError::build)?;
            Ok(signature.to_bytes().to_vec())
        }
    }
}

/// The DER form of [`raw_value`], which verification takes.
pub(super) fn der_value(certificate: &Certificate, value: &[u8]) -> Option<Vec<u8>> {
    match certificate.key_kind().ok()? {
        KeyKind::Rsa(_) => Some(value.to_vec()),
        KeyKind::P256 => {
            let signature = p256::ecdsa::Signature::from_slice(value).ok()?;
            Some(signature.to_der().as_bytes().to_vec())
        }
        KeyKind::P384 => {
            let signature = p384::ecdsa::Signature::from_slice(value).ok()?;
            Some(signature.to_der().as_bytes().to_vec())
        }
    }
}
