//! Verifies an enveloped XAdES signature: exactly two references, found by their place.

use bergshamra_c14n::C14nMode;
use bergshamra_xml::{Document, NodeId};
use jiff::Timestamp;

use super::sign::der_value;
use super::xml::{
    algorithm, base64, canonical, canonical_without, children, elements, identifiers_are_unique,
    is, only, parse,
};
use super::{DS, ENVELOPED, SIGNED_PROPERTIES, XADES, digest_of, signature_uri};
use crate::algorithm::{self as signature_algorithm, Broken};
use crate::certificate::hex;
use crate::check::{Check, CheckName, Level, Report, SignerReport};
use crate::cms::attribute::MAX_VALUES;
use crate::cms::verify::certificate_checks;
use crate::cms::{VerifyOptions, read_basic_ocsp};
use crate::long_term::{Stamps, of_stamp};
use crate::revocation::Material;
use crate::timestamp::{Stamped, TimeStamp};
use crate::{Certificate, Digest};

/// Certificates of one signature.
const MAX_CERTIFICATES: usize = 64;

/// The namespace of what XAdES has had since 1.4.1.
const XADES_141: &str = "http://uri.etsi.org/01903/v1.4.1#";

/// Stamps over more than the signature value: told where they stand, not checked.
const OTHER_STAMPS: [(&str, &str); 6] = [
    (XADES, "SigAndRefsTimeStamp"),
    (XADES_141, "SigAndRefsTimeStampV2"),
    (XADES, "RefsOnlyTimeStamp"),
    (XADES_141, "RefsOnlyTimeStampV2"),
    (XADES, "ArchiveTimeStamp"),
    (XADES_141, "ArchiveTimeStamp"),
];

/// Checks the signature of an XML document, given as the bytes that arrived.
///
/// The document has to have exactly one signature, a child of its root, which covers the whole
/// document; anything else is a finding, wrapped copies above all.
#[must_use]
pub fn verify(xml: &[u8], options: &VerifyOptions<'_>) -> Report {
    let xml = xml.strip_prefix(b"\xef\xbb\xbf").unwrap_or(xml);
    let Ok(text) = std::str::from_utf8(xml) else {
        return Report::unreadable("XML, UTF-8 değil.");
    };
    let doc = match parse(text) {
        Ok(doc) => doc,
        Err(why) => return Report::unreadable(format!("{why}.")),
    };
    let signature = match place(&doc) {
        Ok(signature) => signature,
        Err(why) => {
            return Report::unreadable(format!("Belgenin imza yapısı kabul edilmiyor: {why}."));
        }
    };
    let structure = Check::ok(
        CheckName::Structure,
        "Belgede kökün içinde tek bir XAdES imzası var.",
    );
    match Parts::read(&doc, signature) {
        Ok(parts) => {
            let (content, signer) = parts.verify(&doc, options);
            Report {
                checks: vec![structure, content],
                signers: vec![signer],
            }
        }
        Err(why) => Report::unreadable(format!("XAdES imzası okunamıyor: {why}.")),
    }
}

/// The one signature, a child of the root; identifiers are unique in the document.
fn place(doc: &Document<'_>) -> Result<NodeId, String> {
    let root = doc.document_element().ok_or("belge boş")?;
    let all = doc.get_elements_by_tag_name_ns(DS, "Signature");
    let [signature] = all.as_slice() else {
        return Err(match all.len() {
            0 => "imza yok".into(),
            count => format!("{count} imza var, bir tane bekleniyor"),
        });
    };
    if doc.parent(*signature) != Some(root) {
        return Err("imza kökün doğrudan içinde değil".into());
    }
    if !identifiers_are_unique(doc) {
        return Err("aynı kimlik (Id) iki kez kullanılmış".into());
    }
    Ok(*signature)
}

/// What was found in the signature, each part by its place.
struct Parts {
    signature: NodeId,
    signed_info: NodeId,
    value: NodeId,
    properties: NodeId,
    qualifying: NodeId,
    mode: C14nMode,
    method: String,
    document: Reference,
    own: Reference,
    material: Material,
}

struct Reference {
    mode: C14nMode,
    digest: Digest,
    expected: Vec<u8>,
}

impl Parts {
    fn read(doc: &Document<'_>, signature: NodeId) -> Result<Self, String> {
        let signed_info = only(doc, signature, DS, "SignedInfo")?;
        let value = only(doc, signature, DS, "SignatureValue")?;
        let mut qualifying = Vec::new();
        for object in children(doc, signature, DS, "Object") {
            qualifying.extend(children(doc, object, XADES, "QualifyingProperties"));
        }
        let [qualifying] = qualifying.as_slice() else {
            return Err("QualifyingProperties bir tane olmalı".into());
        };
        let properties = only(doc, *qualifying, XADES, "SignedProperties")?;
        let mode = mode(&algorithm(doc, signed_info, "CanonicalizationMethod")?)?;
        let method = algorithm(doc, signed_info, "SignatureMethod")?;
        let (document, own) = references(doc, signed_info, properties)?;
        let mut material = Material::default();
        for info in children(doc, signature, DS, "KeyInfo") {
            for data in children(doc, info, DS, "X509Data") {
                for certificate in children(doc, data, DS, "X509Certificate") {
                    material
                        .certificates
                        .push(certificate_at(doc, certificate)?);
                }
            }
        }
        if material.certificates.len() > MAX_CERTIFICATES {
            return Err("çok fazla sertifika var".into());
        }
        material.merge(values_inside(doc, *qualifying));
        Ok(Self {
            signature,
            signed_info,
            value,
            properties,
            qualifying: *qualifying,
            mode,
            method,
            document,
            own,
            material,
        })
    }

    fn verify(&self, doc: &Document<'_>, options: &VerifyOptions<'_>) -> (Check, SignerReport) {
        let mut material = options.material.clone();
        material.merge(self.material.clone());
        let mut report = SignerReport {
            name: None,
            serial_number: None,
            issuer: None,
            fingerprint: None,
            signing_time: self.signing_time(doc),
            stamped_at: None,
            level: Level::Bes,
            digest: Some(hex(&self.document.expected)),
            checks: Vec::new(),
            certificate: None,
            beside: self.material.certificates.clone(),
            unasked: Vec::new(),
        };
        let content = Check::ok(CheckName::Content, "İmza belgenin tamamını kapsıyor.");
        report.checks.push(self.digests(doc));
        let certificate = match self.named(doc) {
            Ok(certificate) => certificate,
            Err(why) => {
                let text = format!("İmzacının sertifikası belirlenemedi: {why}.");
                report
                    .checks
                    .push(Check::failed(CheckName::Signature, text));
                return (content, report);
            }
        };
        report
            .checks
            .push(match self.value_holds(doc, &certificate) {
                Ok(()) => Check::ok(
                    CheckName::Signature,
                    format!("İmza {} anahtarına ait.", certificate.common_name()),
                ),
                Err(why) => Check::failed(CheckName::Signature, why),
            });
        report.name = Some(certificate.common_name());
        report.serial_number = certificate.subject_serial_number();
        report.issuer = Some(certificate.issuer());
        report.fingerprint = Some(certificate.fingerprint());
        let stamps = self.stamps(doc, options, &mut material);
        if stamps.proven.is_some() {
            report.level = Level::T;
        }
        report.beside.clone_from(&material.certificates);
        let options = VerifyOptions {
            material: &material,
            ..*options
        };
        certificate_checks(&mut report, certificate, stamps, &options);
        report.checks.extend(self.not_looked_at(doc));
        (content, report)
    }

    /// Both digests: that of the document without the signature, and that of the signed properties.
    fn digests(&self, doc: &Document<'_>) -> Check {
        let document = canonical_without(doc, Some(self.signature), self.document.mode);
        let own = canonical(doc, self.properties, self.own.mode);
        let (Ok(document), Ok(own)) = (document, own) else {
            return Check::failed(CheckName::Digest, "Belgenin özeti hesaplanamadı.");
        };
        if self.document.digest.of(&document) != self.document.expected {
            return Check::failed(
                CheckName::Digest,
                "Belgenin özeti imzadakiyle aynı değil: belge imzadan sonra değişmiş.",
            );
        }
        if self.own.digest.of(&own) != self.own.expected {
            return Check::failed(
                CheckName::Digest,
                "İmza niteliklerinin özeti imzadakiyle aynı değil.",
            );
        }
        let name = self.document.digest.name();
        Check::ok(
            CheckName::Digest,
            format!("Belgenin özeti imzadakiyle aynı ({name})."),
        )
    }

    /// The certificate that `SigningCertificateV2` or `SigningCertificate` names.
    fn named(&self, doc: &Document<'_>) -> Result<Certificate, String> {
        let signed = only(doc, self.properties, XADES, "SignedSignatureProperties")?;
        let mut lists = children(doc, signed, XADES, "SigningCertificateV2");
        lists.extend(children(doc, signed, XADES, "SigningCertificate"));
        let [list] = lists.as_slice() else {
            return Err("SigningCertificate bir tane olmalı".into());
        };
        let all = children(doc, *list, XADES, "Cert");
        let first = all.first().ok_or("SigningCertificate boş")?;
        let digest = only(doc, *first, XADES, "CertDigest")?;
        let method = algorithm(doc, digest, "DigestMethod")?;
        let method = digest_of(&method).ok_or_else(|| format!("özet algoritması {method}"))?;
        let expected = base64(doc, only(doc, digest, DS, "DigestValue")?)?;
        let own = &self.material.certificates;
        own.iter()
            .find(|certificate| method.of(certificate.der()) == expected)
            .cloned()
            .ok_or_else(|| "imzacının belirttiği sertifika imzada yok".into())
    }

    fn value_holds(&self, doc: &Document<'_>, certificate: &Certificate) -> Result<(), String> {
        let broken = "İmza değeri bu sertifikanın anahtarıyla uyuşmuyor.";
        let kind = certificate
            .key_kind()
            .map_err(|_| "İmzacının anahtar türü kabul edilmiyor.".to_owned())?;
        let digest = [Digest::Sha256, Digest::Sha384, Digest::Sha512]
            .into_iter()
            .find(|digest| signature_uri(kind, *digest) == self.method)
            .ok_or_else(|| format!("Kabul edilmeyen imza algoritması: {}.", self.method))?;
        let message = canonical(doc, self.signed_info, self.mode)?;
        let value = base64(doc, self.value)?;
        let value = der_value(certificate, &value).ok_or(broken)?;
        let method = kind.algorithm(digest);
        signature_algorithm::verify(certificate.public_key(), &method, None, &message, &value)
            .map_err(|error| match error {
                Broken::Value => broken.to_owned(),
                Broken::Algorithm(oid) => format!("Kabul edilmeyen imza algoritması: {oid}."),
            })
    }

    fn signing_time(&self, doc: &Document<'_>) -> Option<Timestamp> {
        let signed = only(doc, self.properties, XADES, "SignedSignatureProperties").ok()?;
        let time = only(doc, signed, XADES, "SigningTime").ok()?;
        doc.text_content_deep(time).trim().parse().ok()
    }

    fn stamps(
        &self,
        doc: &Document<'_>,
        options: &VerifyOptions<'_>,
        material: &mut Material,
    ) -> Stamps {
        let mut held = Vec::new();
        for node in unsigned(doc, self.qualifying, XADES, "SignatureTimeStamp") {
            match self.stamp(doc, node, options, material) {
                Ok(stamped) => held.push(stamped),
                Err(why) => return Stamps::failed(why),
            }
        }
        held.sort_by_key(|stamped| std::cmp::Reverse(stamped.time));
        Stamps::of(held)
    }

    fn stamp(
        &self,
        doc: &Document<'_>,
        node: NodeId,
        options: &VerifyOptions<'_>,
        material: &mut Material,
    ) -> Result<Stamped, String> {
        let broken = |why: String| format!("Zaman damgası okunamıyor: {why}.");
        let mode = match children(doc, node, DS, "CanonicalizationMethod").as_slice() {
            [] => C14nMode::Inclusive,
            _ => mode(&algorithm(doc, node, "CanonicalizationMethod").map_err(broken)?)
                .map_err(broken)?,
        };
        let token = only(doc, node, XADES, "EncapsulatedTimeStamp").map_err(broken)?;
        let token = base64(doc, token).map_err(broken)?;
        let stamp = TimeStamp::from_der(&token).map_err(|error| broken(error.to_string()))?;
        material.merge(of_stamp(&stamp));
        let value = canonical(doc, self.value, mode).map_err(broken)?;
        let options = VerifyOptions {
            material,
            ..*options
        };
        stamp.check(&[&value], &options, options.at)
    }

    /// What stands in the signature and is not looked at.
    fn not_looked_at(&self, doc: &Document<'_>) -> Option<Check> {
        let mut all = OTHER_STAMPS.iter();
        let (_, name) = all.find(|(namespace, name)| {
            !unsigned(doc, self.qualifying, namespace, name).is_empty()
        })?;
        let text = format!(
            "İmzada başvuruları ya da imzanın bütününü kapsayan bir zaman damgası ({name}) var: bu \
             damga denetlenmedi."
        );
        Some(Check::not_checked(CheckName::LongTerm, text))
    }
}

fn unsigned(doc: &Document<'_>, qualifying: NodeId, namespace: &str, name: &str) -> Vec<NodeId> {
    let mut found = Vec::new();
    for outer in children(doc, qualifying, XADES, "UnsignedProperties") {
        for inner in children(doc, outer, XADES, "UnsignedSignatureProperties") {
            found.extend(children(doc, inner, namespace, name));
        }
    }
    found
}

/// Certificates and revocation data in the unsigned properties, those of the signer and those that
/// belong to a time stamp; what cannot be read is left out.
fn values_inside(doc: &Document<'_>, qualifying: NodeId) -> Material {
    let of_stamps = unsigned(doc, qualifying, XADES_141, "TimeStampValidationData");
    let lists = |name: &str| -> Vec<NodeId> {
        let mut all = unsigned(doc, qualifying, XADES, name);
        for data in &of_stamps {
            all.extend(children(doc, *data, XADES, name));
        }
        all
    };
    let mut material = Material::default();
    for list in lists("CertificateValues") {
        let nodes = children(doc, list, XADES, "EncapsulatedX509Certificate");
        let room = MAX_VALUES - material.certificates.len();
        let read = nodes.into_iter().take(room);
        material
            .certificates
            .extend(read.filter_map(|node| certificate_at(doc, node).ok()));
    }
    for list in lists("RevocationValues") {
        for answers in children(doc, list, XADES, "OCSPValues") {
            let nodes = children(doc, answers, XADES, "EncapsulatedOCSPValue");
            let nodes = nodes.into_iter().take(MAX_VALUES - material.ocsps.len());
            let read = nodes.filter_map(|node| base64(doc, node).ok());
            material
                .ocsps
                .extend(read.filter_map(|response| read_basic_ocsp(&response)));
        }
        for lists in children(doc, list, XADES, "CRLValues") {
            let nodes = children(doc, lists, XADES, "EncapsulatedCRLValue");
            let nodes = nodes.into_iter().take(MAX_VALUES - material.crls.len());
            material
                .crls
                .extend(nodes.filter_map(|node| base64(doc, node).ok()));
        }
    }
    material
}

fn certificate_at(doc: &Document<'_>, node: NodeId) -> Result<Certificate, String> {
    let der = base64(doc, node)?;
    Certificate::from_der(&der).map_err(|error| error.to_string())
}

/// The reference to the document and the one to the signed properties; any other is refused.
fn references(
    doc: &Document<'_>,
    signed_info: NodeId,
    properties: NodeId,
) -> Result<(Reference, Reference), String> {
    let root = doc.document_element().ok_or("belge boş")?;
    let named = |node: NodeId, uri: &str| {
        uri.strip_prefix('#')
            .is_some_and(|id| !id.is_empty() && doc.get_attribute(node, "Id") == Some(id))
    };
    let all = children(doc, signed_info, DS, "Reference");
    let [first, second] = all.as_slice() else {
        return Err(format!("{} başvuru var, iki tane bekleniyor", all.len()));
    };
    let (mut document, mut own) = (None, None);
    for node in [*first, *second] {
        let uri = doc
            .get_attribute(node, "URI")
            .ok_or("başvurunun adresi (URI) yok")?;
        let is_own = named(properties, uri);
        if is_own && doc.get_attribute(node, "Type") != Some(SIGNED_PROPERTIES) {
            return Err("imza niteliklerine giden başvurunun türü yanlış".into());
        }
        let reference = reference(doc, node, !is_own)?;
        if is_own {
            own = Some(reference);
        } else if uri.is_empty() || named(root, uri) {
            document = Some(reference);
        } else {
            return Err("başvuru belgenin bütününe ya da imza niteliklerine gitmiyor".into());
        }
    }
    match (document, own) {
        (Some(document), Some(own)) => Ok((document, own)),
        _ => Err("başvurulardan biri belgeye, öbürü imza niteliklerine gitmeli".into()),
    }
}

/// The document's transforms are `enveloped-signature` and at most one canonicalisation; the
/// properties' at most one canonicalisation. Nothing else may choose what is digested.
fn reference(doc: &Document<'_>, node: NodeId, enveloped: bool) -> Result<Reference, String> {
    let digest = algorithm(doc, node, "DigestMethod")?;
    let digest =
        digest_of(&digest).ok_or_else(|| format!("kabul edilmeyen özet algoritması {digest}"))?;
    let expected = base64(doc, only(doc, node, DS, "DigestValue")?)?;
    let mut steps = Vec::new();
    for list in children(doc, node, DS, "Transforms") {
        for step in elements(doc, list) {
            let name = doc.get_attribute(step, "Algorithm").unwrap_or_default();
            if !is(doc, step, DS, "Transform") || !elements(doc, step).is_empty() {
                return Err(format!("kabul edilmeyen dönüşüm {name}"));
            }
            steps.push(name.to_owned());
        }
    }
    if enveloped {
        if steps.first().map(String::as_str) != Some(ENVELOPED) {
            return Err("belge başvurusunda enveloped-signature dönüşümü yok".into());
        }
        steps.remove(0);
    }
    let mode = match steps.as_slice() {
        // What a node set becomes when nothing is said (XMLDSig 1.1, 4.4.3.2).
        [] => C14nMode::Inclusive,
        [one] => mode(one)?,
        _ => return Err("beklenmeyen dönüşüm var".into()),
    };
    Ok(Reference {
        mode,
        digest,
        expected,
    })
}

fn mode(uri: &str) -> Result<C14nMode, String> {
    C14nMode::from_uri(uri).ok_or_else(|| format!("kabul edilmeyen dönüşüm {uri}"))
}
