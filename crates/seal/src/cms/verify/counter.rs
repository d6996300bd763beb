//! Countersignatures (seri imza; RFC 5652, 11.4): signatures over the value of another signature, which
//! carries them among its unsigned attributes.

use cms::signed_data::SignerInfo;
use const_oid::db::rfc5911::ID_COUNTERSIGNATURE;
use der::Any;
use jiff::Timestamp;
use x509_cert::attr::Attributes;

use super::{VerifyOptions, begin, certificate_checks, message_digest, owner, value_holds};
use crate::check::{Check, CheckName, SignerReport};
use crate::cms::Cms;
use crate::cms::attribute::{ARCHIVE_TIME_STAMP_V3, values};
use crate::long_term::{self, Covering, Stamps};
use crate::revocation::Material;
use crate::{Digest, Outcome};

/// Countersignatures of one file that are looked at.
const MOST: usize = 20;
/// A countersignature may be countersigned in turn so often.
const DEEPEST: usize = 2;

/// The countersignatures of a file, as far as they are looked at.
pub(super) struct Counters<'a> {
    cms: &'a Cms,
    content: Option<&'a [u8]>,
    options: &'a VerifyOptions<'a>,
    left: usize,
}

impl<'a> Counters<'a> {
    pub(super) const fn new(
        cms: &'a Cms,
        content: Option<&'a [u8]>,
        options: &'a VerifyOptions<'a>,
    ) -> Self {
        Self {
            cms,
            content,
            options,
            left: MOST,
        }
    }

    /// Who countersigned `signer`, each before those who countersigned him; what is not looked at is
    /// told in the report of whom it signs.
    pub(super) fn of(
        &mut self,
        signer: &SignerInfo,
        report: &mut SignerReport,
    ) -> Vec<SignerReport> {
        if countersignatures(signer).next().is_none() {
            return Vec::new();
        }
        let mut material = self.options.material.clone();
        material.merge(long_term::embedded(self.cms, signer));
        let options = VerifyOptions {
            material: &material,
            ..*self.options
        };
        let covering = Covering::of(self.cms, signer, self.content, &options);
        let since = |value: &Any| covering.since(signer, ID_COUNTERSIGNATURE, value);
        self.over(signer, report, &material, &since, DEEPEST)
    }

    fn over(
        &mut self,
        parent: &SignerInfo,
        told: &mut SignerReport,
        material: &Material,
        since: &dyn Fn(&Any) -> Option<Timestamp>,
        depth: usize,
    ) -> Vec<SignerReport> {
        let mut found = Vec::new();
        for value in countersignatures(parent) {
            if depth == 0 || self.left == 0 {
                told.checks.push(Check::not_checked(
                    CheckName::Signature,
                    "Seri imza denetlenmedi: dosyada çok fazla ya da iç içe çok derin seri imza var.",
                ));
                break;
            }
            self.left -= 1;
            let Ok(counter) = value.decode_as::<SignerInfo>() else {
                let text = "Seri imza okunamadı.";
                told.checks.push(Check::failed(CheckName::Signature, text));
                continue;
            };
            let at = since(value);
            let mut material = material.clone();
            material.merge(long_term::embedded(self.cms, &counter));
            let signed = told.name.as_deref().unwrap_or("kimliği bilinmeyen imzacı");
            let mut report = self.verify(&counter, parent, signed, &material, at);
            // What covers it covers whatever stands inside it.
            let deeper = self.over(&counter, &mut report, &material, &|_: &Any| at, depth - 1);
            found.push(report);
            found.extend(deeper);
        }
        found
    }

    /// `since`: when an archive stamp of the signature below proves it to have been there.
    fn verify(
        &self,
        counter: &SignerInfo,
        parent: &SignerInfo,
        signed: &str,
        material: &Material,
        since: Option<Timestamp>,
    ) -> SignerReport {
        let over = parent.signature.as_bytes();
        let mut bare = counter.clone();
        bare.unsigned_attrs = counter.unsigned_attrs.as_ref().and_then(without_archive);
        let mut report = begin(&bare, material);
        report.checks.push(digest_check(&bare, over));
        let held = value_holds(&bare, None, Some(over), &material.certificates);
        let said = |name: &str| format!("Seri imza {name} anahtarına ait; imzaladığı: {signed}.");
        let Some(certificate) = owner(&mut report, held, said) else {
            return report;
        };
        let options = VerifyOptions {
            material,
            at: since.unwrap_or(self.options.at),
            ..*self.options
        };
        let mut stamps = long_term::stamps(self.cms, &bare, Some(over), &options);
        let covered =
            since.filter(|_| stamps.proven.is_none() && stamps.check.outcome != Outcome::Failed);
        if let Some(at) = covered {
            stamps = Stamps::around(at);
        }
        certificate_checks(&mut report, certificate, stamps, &options);
        if covered.is_some() {
            // It was there by then; when it was given, only a stamp of its own would say.
            report.stamped_at = None;
        }
        let consistency = long_term::consistency(self.cms, &bare);
        report.checks.extend(consistency);
        report.checks.extend(long_term::not_looked_at(&bare));
        let mut archives = values(counter.unsigned_attrs.as_ref(), ARCHIVE_TIME_STAMP_V3);
        if archives.next().is_some() {
            // It belongs to the signature below (EN 319 122-1, 5.5.3).
            let text = "Seri imzanın içinde bir arşiv zaman damgası var: bu damga denetlenmedi.";
            let check = Check::not_checked(CheckName::LongTerm, text);
            report.checks.push(check);
        }
        report
    }
}

fn countersignatures(signer: &SignerInfo) -> impl Iterator<Item = &Any> {
    values(signer.unsigned_attrs.as_ref(), ID_COUNTERSIGNATURE)
}

fn without_archive(attributes: &Attributes) -> Option<Attributes> {
    let all = attributes.iter();
    let kept = all.filter(|it| it.oid != ARCHIVE_TIME_STAMP_V3).cloned();
    Attributes::try_from(kept.collect::<Vec<_>>())
        .ok()
        .filter(|it| !it.is_empty())
}

fn digest_check(counter: &SignerInfo, over: &[u8]) -> Check {
    let algorithm = counter.digest_alg.oid;
    let Some(digest) = Digest::from_oid(&algorithm) else {
        let text = format!("Kabul edilmeyen özet algoritması: {algorithm}.");
        return Check::failed(CheckName::Digest, text);
    };
    let stated = message_digest(counter.signed_attrs.as_ref());
    if stated.as_deref() != Some(digest.of(over).as_slice()) {
        let text =
            "Seri imzadaki özet, üzerine atıldığı imzanın özeti değil: başka bir imzaya ait.";
        return Check::failed(CheckName::Digest, text);
    }
    let text = format!(
        "Seri imzadaki özet, üzerine atıldığı imzanın özeti ({}).",
        digest.name()
    );
    Check::ok(CheckName::Digest, text)
}
