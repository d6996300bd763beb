//! Reads the long-term attributes of a signature and checks that they fit each other.

use cms::signed_data::SignerInfo;
use const_oid::ObjectIdentifier;
use der::{Any, Decode as _, Encode as _, Tag, TagNumber, Tagged as _};
use jiff::Timestamp;

use super::imprint;
use crate::check::{Check, CheckName, Level, Unasked, say};
use crate::cms::VerifyOptions;
use crate::cms::attribute::{
    ARCHIVE_TIME_STAMP_V2, CERTIFICATE_REFS, CERTIFICATE_VALUES, CrlOcspRef, ESC_TIME_STAMP,
    MAX_VALUES, OtherCertId, OtherHash, REVOCATION_REFS, REVOCATION_VALUES, SIGNATURE_TIME_STAMP,
    members, values,
};
use crate::cms::verify::stamps_of;
use crate::revocation::Material;
use crate::timestamp::{Known, Stamped, TimeStamp};
use crate::{Certificate, Cms, Purpose};

/// Certificates, OCSP answers and lists that the signature carries, those of its stamps included.
pub(crate) fn embedded(cms: &Cms, signer: &SignerInfo) -> Material {
    let mut material = of_cms(cms);
    material.merge(of_attributes(signer));
    let archive = values(signer.unsigned_attrs.as_ref(), imprint::ARCHIVE)
        .filter_map(|value| TimeStamp::from_der(&value.to_der().ok()?).ok());
    for stamp in stamps_of(signer).into_iter().chain(archive) {
        material.merge(of_stamp(&stamp));
    }
    material
}

/// What a stamp carries, beside its certificates and in the attributes of its own signature.
pub(crate) fn of_stamp(stamp: &TimeStamp) -> Material {
    let mut material = of_cms(&stamp.token);
    for signer in stamp.token.signers() {
        material.merge(of_attributes(signer));
    }
    material
}

fn of_cms(cms: &Cms) -> Material {
    let (crls, ocsps) = cms.revocation();
    Material {
        certificates: cms.certificates(),
        ocsps,
        crls,
    }
}

fn of_attributes(signer: &SignerInfo) -> Material {
    let unsigned = signer.unsigned_attrs.as_ref();
    let mut material = Material::default();
    let der = |any: Any| any.to_der().ok();
    for value in values(unsigned, CERTIFICATE_VALUES) {
        let room = MAX_VALUES - material.certificates.len();
        let list = members(value, room).into_iter().filter_map(der);
        let read = list.filter_map(|der| Certificate::from_der(&der).ok());
        material.certificates.extend(read);
    }
    // RevocationValues: lists in [0], answers in [1].
    for choice in values(unsigned, REVOCATION_VALUES).flat_map(|value| members(value, 3)) {
        let kept = match choice.tag() {
            Tag::ContextSpecific { number, .. } if number == TagNumber::N0 => &mut material.crls,
            Tag::ContextSpecific { number, .. } if number == TagNumber::N1 => &mut material.ocsps,
            _ => continue,
        };
        if let Ok(list) = Any::from_der(choice.value()) {
            let room = MAX_VALUES - kept.len();
            kept.extend(members(&list, room).into_iter().filter_map(der));
        }
    }
    material
}

/// How far the signature goes by the attributes that it has; whether they hold is checked apart.
pub(crate) fn level(signer: &SignerInfo) -> Level {
    let unsigned = signer.unsigned_attrs.as_ref();
    let has = |oid| values(unsigned, oid).next().is_some();
    let values_there = has(CERTIFICATE_VALUES) && has(REVOCATION_VALUES);
    if has(imprint::ARCHIVE) {
        Level::A
    } else if values_there && has(SIGNATURE_TIME_STAMP) {
        Level::XLong
    } else if has(CERTIFICATE_REFS) && has(REVOCATION_REFS) {
        Level::C
    } else if has(SIGNATURE_TIME_STAMP) {
        Level::T
    } else {
        Level::Bes
    }
}

/// What the time stamps of a signature prove.
pub(crate) struct Stamps {
    pub check: Check,
    /// The earliest moment at which the signature is proved to have existed.
    pub proven: Option<Timestamp>,
    /// Authorities of which a network can tell more.
    pub unasked: Vec<Unasked>,
}

impl Stamps {
    pub(crate) fn failed(text: String) -> Self {
        Self {
            check: Check::failed(CheckName::TimeStamp, text),
            proven: None,
            unasked: Vec::new(),
        }
    }

    /// For a signature without a stamp of its own that stands inside something stamped.
    pub(crate) fn around(at: Timestamp) -> Self {
        let text = format!(
            "Kendi damgası yok; üzerine atıldığı imzanın {} tarihli arşiv damgası onu da kapsıyor.",
            say(at)
        );
        Self {
            check: Check::ok(CheckName::TimeStamp, text),
            proven: Some(at),
            unasked: Vec::new(),
        }
    }

    /// The sum of stamps that hold, the innermost last. One whose authority may have been revoked
    /// leaves the check open, whatever the others say: each is judged by the moment of an outer one.
    pub(crate) fn of(held: Vec<Stamped>) -> Self {
        let Some(innermost) = held.last() else {
            return Self {
                check: Check::not_checked(CheckName::TimeStamp, "İmzada zaman damgası yok."),
                proven: None,
                unasked: Vec::new(),
            };
        };
        let proven = Some(innermost.time);
        let open = held.iter().rfind(|stamped| stamped.known == Known::Nothing);
        let check = match open {
            Some(stamped) => Check::not_checked(CheckName::TimeStamp, stamped.text.as_str()),
            None => Check::ok(CheckName::TimeStamp, innermost.text.as_str()),
        };
        let mut unasked: Vec<Unasked> = Vec::new();
        for stamped in held {
            let is_open = stamped.known == Known::Nothing;
            let mut listed = unasked.iter_mut();
            match listed.find(|one| one.certificate == stamped.authority) {
                Some(one) => one.is_open |= is_open,
                None if stamped.known == Known::Fresh => {}
                None => unasked.push(Unasked {
                    certificate: stamped.authority,
                    purpose: Purpose::TimeStamping,
                    is_open,
                }),
            }
        }
        Self {
            check,
            proven,
            unasked,
        }
    }
}

/// Checks the stamps from the outermost inwards: each proves the time at which what it covers counts.
pub(crate) fn stamps(
    cms: &Cms,
    signer: &SignerInfo,
    content: Option<&[u8]>,
    options: &VerifyOptions<'_>,
) -> Stamps {
    match held(cms, signer, content, options) {
        Ok(held) => Stamps::of(held),
        Err(text) => Stamps::failed(text),
    }
}

fn held(
    cms: &Cms,
    signer: &SignerInfo,
    content: Option<&[u8]>,
    options: &VerifyOptions<'_>,
) -> Result<Vec<Stamped>, String> {
    let (mut held, covering) = archives(cms, signer, content, options)?;
    let judged_at = |oid, value: &Any| covering.since(signer, oid, value).unwrap_or(options.at);
    // This stamp covers every signature time stamp, and no other of its own kind.
    let mut referenced = Timestamp::MAX;
    for (value, stamp) in &named(signer, ESC_TIME_STAMP)? {
        let octets = imprint::esc(signer).map_err(|error| error.to_string())?;
        let at = judged_at(ESC_TIME_STAMP, value);
        held.push(stamp.check(&[&octets], options, at)?);
        referenced = referenced.min(stamp.time);
    }
    for (value, stamp) in &named(signer, SIGNATURE_TIME_STAMP)? {
        let at = judged_at(SIGNATURE_TIME_STAMP, value).min(referenced);
        held.push(stamp.check(&[signer.signature.as_bytes()], options, at)?);
    }
    Ok(held)
}

/// Archive stamps that hold. Each proves that what its index names was there; what somebody put in
/// later, with a key that was stolen since, is judged as of today.
pub(crate) struct Covering(Vec<(imprint::Index, Timestamp)>);

impl Covering {
    /// Those of `signer`; none when one of them does not hold.
    pub(crate) fn of(
        cms: &Cms,
        signer: &SignerInfo,
        content: Option<&[u8]>,
        options: &VerifyOptions<'_>,
    ) -> Self {
        let read = archives(cms, signer, content, options);
        read.map_or_else(|_| Self(Vec::new()), |(_, covering)| covering)
    }

    /// The earliest moment at which a value of an unsigned attribute is proved to have been there.
    pub(crate) fn since(
        &self,
        signer: &SignerInfo,
        oid: ObjectIdentifier,
        value: &Any,
    ) -> Option<Timestamp> {
        let all = self.0.iter();
        let covering = all.filter(|(index, _)| index.names(signer, oid, value));
        covering.map(|(_, time)| *time).min()
    }
}

fn archives(
    cms: &Cms,
    signer: &SignerInfo,
    content: Option<&[u8]>,
    options: &VerifyOptions<'_>,
) -> Result<(Vec<Stamped>, Covering), String> {
    let (mut held, mut covering) = (Vec::new(), Covering(Vec::new()));
    for (value, stamp) in &named(signer, imprint::ARCHIVE)? {
        let at = covering.since(signer, imprint::ARCHIVE, value);
        let at = at.unwrap_or(options.at);
        let (stamped, index) = check_archive(cms, signer, content, stamp, options, at)?;
        covering.0.push((index, stamped.time));
        held.push(stamped);
    }
    Ok((held, covering))
}

/// Stamps under one name. Attributes stand in the order of their octets: by their times the latest is
/// judged first, so that the earliest is what stays proved, as in XAdES.
fn named(signer: &SignerInfo, oid: ObjectIdentifier) -> Result<Vec<(&Any, TimeStamp)>, String> {
    let read: Result<Vec<_>, String> = values(signer.unsigned_attrs.as_ref(), oid)
        .map(|value| Ok((value, read_stamp(value)?)))
        .collect();
    let mut stamps = read?;
    stamps.sort_by_key(|(_, stamp)| std::cmp::Reverse(stamp.time));
    Ok(stamps)
}

fn read_stamp(value: &Any) -> Result<TimeStamp, String> {
    let der = value.to_der().map_err(|error| error.to_string())?;
    TimeStamp::from_der(&der).map_err(|error| format!("Zaman damgası okunamıyor: {error}."))
}

fn check_archive(
    cms: &Cms,
    signer: &SignerInfo,
    content: Option<&[u8]>,
    stamp: &TimeStamp,
    options: &VerifyOptions<'_>,
    at: Timestamp,
) -> Result<(Stamped, imprint::Index), String> {
    let content = content.ok_or("İçerik olmadan arşiv damgası denetlenemez.")?;
    let index = imprint::index_holds(cms, signer, stamp)
        .map_err(|why| format!("Arşiv zaman damgası geçersiz: {why}."))?;
    let octets = imprint::archive(cms, signer, content, stamp.digest(), &index.der)
        .map_err(|error| error.to_string())?;
    Ok((stamp.check(&[&octets], options, at)?, index))
}

/// What stands in the signature and is not looked at.
pub(crate) fn not_looked_at(signer: &SignerInfo) -> Option<Check> {
    let unsigned = signer.unsigned_attrs.as_ref();
    values(unsigned, ARCHIVE_TIME_STAMP_V2).next().map(|_| {
        Check::not_checked(
            CheckName::LongTerm,
            "İmzada standardın geri çektiği biçimde (sürüm 2) bir arşiv zaman damgası var: eski \
             arşiv damgası denetlenmedi.",
        )
    })
}

/// Whether the references name what the values hold; nothing to say where there are no references.
pub(crate) fn consistency(cms: &Cms, signer: &SignerInfo) -> Option<Check> {
    let unsigned = signer.unsigned_attrs.as_ref();
    let certificate_refs = values(unsigned, CERTIFICATE_REFS).next();
    let revocation_refs = values(unsigned, REVOCATION_REFS).next();
    if certificate_refs.is_none() && revocation_refs.is_none() {
        return None;
    }
    let material = embedded(cms, signer);
    let unreadable = || Check::failed(CheckName::LongTerm, "Uzun dönem başvuruları okunamıyor.");
    let mut references = certificate_refs.into_iter().chain(revocation_refs);
    if references.any(|value| members(value, MAX_VALUES + 1).len() > MAX_VALUES) {
        return Some(unreadable());
    }
    let missing = |what: &str| {
        Check::failed(
            CheckName::LongTerm,
            format!("Başvurusu olan bir {what} imzanın içinde yok."),
        )
    };
    if let Some(value) = certificate_refs {
        let Ok(refs) = value.decode_as::<Vec<OtherCertId>>() else {
            return Some(unreadable());
        };
        let there = |reference: &OtherCertId| {
            let mut all = material.certificates.iter();
            all.any(|certificate| reference.hash.names(certificate.der()))
        };
        if !refs.iter().all(there) {
            return Some(missing("sertifika"));
        }
    }
    if let Some(value) = revocation_refs {
        let Ok(refs) = value.decode_as::<Vec<CrlOcspRef>>() else {
            return Some(unreadable());
        };
        let one_of = |hash: &OtherHash, all: &[Vec<u8>]| all.iter().any(|der| hash.names(der));
        let lists = refs
            .iter()
            .flat_map(|r| r.crls.iter().flat_map(|l| &l.crls));
        for list in lists {
            if !one_of(&list.hash, &material.crls) {
                return Some(missing("iptal listesi"));
            }
        }
        let answers = refs
            .iter()
            .flat_map(|r| r.ocsps.iter().flat_map(|l| &l.responses))
            .filter_map(|answer| answer.hash.as_ref());
        for hash in answers {
            // Some writers hash the OCSPResponse around the answer.
            let whole = |der: &Vec<u8>| crate::revocation::ocsp_response(der).unwrap_or_default();
            let wrapped: Vec<_> = material.ocsps.iter().map(whole).collect();
            if !one_of(hash, &material.ocsps) && !one_of(hash, &wrapped) {
                return Some(missing("OCSP yanıtı"));
            }
        }
    }
    Some(Check::ok(
        CheckName::LongTerm,
        "Sertifikalar ve iptal verileri imzanın içinde ve başvurularla uyumlu.",
    ))
}
