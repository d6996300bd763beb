//! `check()`: every rule that can be tested, as findings with code, severity and a sentence.

mod coverage;
mod digests;
mod finding;
mod letter;
pub(crate) mod metadata;
pub(crate) mod schema;
mod shape;
mod structure;

pub use finding::{Finding, Severity};
pub(crate) use finding::{Findings, quoted};

use crate::model::Generation;
use crate::read::{Kind, Package};

/// What the one who checks knows beyond the package.
#[derive(Default)]
pub struct Options<'a> {
    /// Demo numbers of units (first digit 0) are named and accepted.
    pub rehearsal: bool,
    /// Numbers of the receiver: DETSİS numbers, MERSİS, TCKN. Attachments that were left out for
    /// this receiver may be missing; when empty, those left out for any recipient may.
    pub receiver: &'a [String],
    /// Text of the visible letter, to compare with the metadata (YON m.28).
    pub letter_text: Option<&'a str>,
    /// The content that an attached CMS signature encloses; none when it cannot be read.
    #[allow(
        clippy::type_complexity,
        reason = "a plain function from bytes to bytes"
    )]
    pub content_of: Option<&'a dyn Fn(&[u8]) -> Option<Vec<u8>>>,
}

/// All rules over a package, gravest finding first.
pub(crate) fn package(package: &Package, options: &Options<'_>) -> Vec<Finding> {
    let mut to = package.findings.clone();
    structure::check(package, &mut to);
    digests::check(package, options, &mut to);
    match package.kind {
        Kind::Plain => {
            if let Some(it) = &package.metadata {
                metadata::metadata(it, package.generation, options.rehearsal, &mut to);
            }
            if let Some(it) = &package.final_metadata {
                metadata::final_metadata(it, options.rehearsal, &mut to);
            }
            expiry(package, &mut to);
            if let Some(text) = options.letter_text {
                letter::check(package, text, &mut to);
            }
        }
        Kind::Update => update(package, options, &mut to),
        Kind::Encrypted => {}
    }
    if let Some(content_of) = options.content_of {
        contents(package, content_of, &mut to);
    }
    to.sorted()
}

/// Confidentiality that ended before the letter was written.
fn expiry(package: &Package, to: &mut Findings) {
    let Some(metadata) = &package.metadata else {
        return;
    };
    let until = metadata.secrecy_until.as_ref().and_then(|it| it.date());
    let written = match &package.final_metadata {
        Some(last) => last.date.date(),
        None => metadata.old_date.as_ref().and_then(|it| it.date()),
    };
    if let (Some(until), Some(written)) = (until, written)
        && until < written
    {
        to.serious(
            "OA.GECERLILIK_TARIHI",
            "Gizliliğin geçerlilik tarihi belgenin tarihinden önce.",
        );
    }
}

fn update(package: &Package, options: &Options<'_>, to: &mut Findings) {
    match &package.change {
        None => to.critical("CB.GUNCELLEME", "Güncelleme bilgisi yok ya da okunamıyor."),
        Some(change) => {
            let empty = [&change.note, &change.decision_number, &change.decision_id]
                .iter()
                .any(|text| text.is_empty());
            if empty || change.date.date_time().is_none() || !change.secrecy.is_in(Generation::Two)
            {
                to.critical(
                    "CB.GUNCELLEME",
                    "Güncelleme bilgisinde boş ya da geçersiz alan var.",
                );
            }
        }
    }
    match &package.original {
        None => to.critical("CB.ORIJINAL_PAKET", "Orijinal paket yok ya da okunamıyor."),
        Some(original) if original.kind == Kind::Encrypted => {
            to.critical(
                "CB.ORIJINAL_SIFRELI",
                "Orijinal paket şifreli; güncelleme paketinde bulunamaz.",
            );
        }
        Some(original) => {
            for finding in self::package(original, options) {
                to.push(finding);
            }
        }
    }
}

/// K.81 and K.100: a signature that encloses other bytes signs something else.
fn contents(package: &Package, content_of: &dyn Fn(&[u8]) -> Option<Vec<u8>>, to: &mut Findings) {
    let pairs = [
        (
            "K.81",
            "İmza",
            "Paket Özeti",
            &package.signature,
            &package.package_digest_bytes,
        ),
        (
            "K.100",
            "Mühür",
            "Nihai Özet",
            &package.seal,
            &package.final_digest_bytes,
        ),
    ];
    for (code, what, over, cms, bytes) in pairs {
        let (Some(cms), Some(bytes)) = (cms, bytes) else {
            continue;
        };
        match content_of(cms) {
            Some(content) if content == *bytes => {}
            Some(_) => to.critical(
                code,
                format!("{what}, paketteki {over} bileşeninin üzerinde değil."),
            ),
            None => to.critical(
                code,
                format!("{what} okunamıyor; {over} ile karşılaştırılamadı."),
            ),
        }
    }
}
