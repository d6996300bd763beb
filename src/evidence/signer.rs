//! Whose certificate may sign what a provider makes (*Delili imzalayan*): evidence and envelopes.

use seal::Certificate;

use super::check::{Line, Outcome};
use crate::error::{Result, invalid};
use crate::turkish::search_key;

/// The check that says whether the signer is one of those.
pub const NAME: &str = "İmzacı";

/// A root that issues to providers may issue to people and other institutions too, so reaching it
/// does not make somebody a provider. Which certificates Turkish providers sign with is not public:
/// the account says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signers(Vec<String>);

impl Signers {
    /// `named`: organisations, `organizationIdentifier`s and fingerprints as [`read`] gives them;
    /// none lets everybody sign who reaches a root and is no natural person.
    #[must_use]
    pub fn new(named: Vec<String>) -> Self {
        Self(named)
    }

    /// Whether this certificate may sign; none where nobody is named and nothing speaks against it.
    ///
    /// A natural person is no provider: an employee's certificate carries the provider's name as
    /// its organisation, so it counts only where its own fingerprint is named.
    #[must_use]
    pub fn line(&self, certificate: &Certificate) -> Option<Line> {
        let organisation = certificate.organisation();
        let fingerprint = certificate.fingerprint();
        let is_exact = self.0.contains(&fingerprint);
        if is_of_person(certificate) && (organisation.is_none() || !is_exact) {
            let text = format!(
                "İmzalayan sertifika bir gerçek kişiye ait ({}); KEP sağlayıcısının sertifikası \
                 beklenir.",
                certificate.common_name()
            );
            return Some(Line::new(NAME, Outcome::Failed, text));
        }
        if self.0.is_empty() {
            return None;
        }
        let who = organisation
            .clone()
            .unwrap_or_else(|| certificate.common_name());
        let identifier = certificate.organisation_identifier();
        let is_named = |named: &String| {
            organisation.as_deref().is_some_and(|it| same(it, named))
                || identifier.as_deref().is_some_and(|it| numbers(it, named))
        };
        Some(if is_exact || self.0.iter().any(is_named) {
            let text = format!("İmzalayan, hesabın ayarında adı geçen kurum: {who}.");
            Line::new(NAME, Outcome::Ok, text)
        } else {
            let text = format!(
                "İmzalayan ({who}) hesabın “Delili imzalayan” ayarında yok; sağlayıcıysa DYS \
                 yöneticisi ayara ekler."
            );
            Line::new(NAME, Outcome::Failed, text)
        })
    }
}

/// Names are compared as people read them: case, diacritics and punctuation apart.
fn same(own: &str, named: &str) -> bool {
    let own = search_key(own);
    !own.is_empty() && own == search_key(named)
}

/// `VATTR-1234567890` is named whole or by its number (ETSI EN 319 412-1, 5.1.4).
fn numbers(own: &str, named: &str) -> bool {
    let bare = own.split_once('-').map_or(own, |(_, number)| number);
    !bare.is_empty() && (own.eq_ignore_ascii_case(named) || bare.eq_ignore_ascii_case(named))
}

/// The subject's `serialNumber` is a T.C. kimlik no: eleven digits, bare as in Turkish qualified
/// certificates or after a scheme (`PNOTR-`, EN 319 412-1, 5.1.3). A company's number has ten.
pub(crate) fn is_of_person(certificate: &Certificate) -> bool {
    let number = certificate.subject_serial_number().unwrap_or_default();
    let number = number.trim();
    let bare = number.split_once('-').map_or(number, |(_, bare)| bare);
    bare.len() == 11 && bare.bytes().all(|byte| byte.is_ascii_digit())
}

/// What is typed for an account, one a line.
const MOST: usize = 50;
const LONGEST: usize = 200;

/// Reads the setting as it is typed, one a line; fingerprints become bare lower-case hexadecimal.
///
/// # Errors
/// `imzalayan_okunamadi`.
pub fn read(text: &str) -> Result<Vec<String>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut named = Vec::new();
    for line in lines {
        let hexadecimal: String = line
            .chars()
            .filter(|c| !matches!(c, ':' | ' '))
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let is_hexadecimal = hexadecimal.bytes().all(|byte| byte.is_ascii_hexdigit());
        let one = match hexadecimal.len() {
            64 if is_hexadecimal => hexadecimal,
            // SHA-1 and MD5, which other programs show first.
            40 | 32 if is_hexadecimal => {
                return Err(invalid(
                    "imzalayan_okunamadi",
                    "“Delili imzalayan” alanındaki parmak izi SHA-256 olmalıdır (64 onaltılık \
                     hane).",
                ));
            }
            _ => line.to_owned(),
        };
        if !named.contains(&one) {
            named.push(one);
        }
    }
    if named.len() > MOST || named.iter().any(|one| one.chars().count() > LONGEST) {
        return Err(invalid(
            "imzalayan_okunamadi",
            "“Delili imzalayan” alanına en çok 50 satır, her satıra en çok 200 harf yazın.",
        ));
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use seal::Signer as _;
    use seal::rehearsal::{Authority, Curve, Holder, MARK, Services, Validity};

    use super::*;

    #[test]
    fn a_provider_is_named_and_a_person_is_none() {
        let now: Timestamp = "2026-11-24T06:00:00Z".parse().unwrap();
        let mut count = 0_u8;
        let mut random = |bytes: &mut [u8]| {
            bytes.fill_with(|| {
                count = count.wrapping_mul(37).wrapping_add(11);
                count
            });
        };
        let authority = Authority::create(Services::rehearsal(), now, &mut random).unwrap();
        let mut issued = |holder: &Holder<'_>| {
            let validity = Validity::days(now, 9);
            let key = authority.issue_key(holder, Curve::P256, validity, &mut random);
            key.unwrap().certificate().clone()
        };
        let provider = issued(&Holder::Provider { name: "hs01" });
        let seal = issued(&Holder::Seal {
            name: "Sağlayıcı",
            detsis: "VATTR-1234567890",
        });
        let person = issued(&Holder::Person {
            name: "Ali Şahin",
            tckn: "10000000146",
        });
        let schemed = issued(&Holder::Person {
            name: "Ali Şahin",
            tckn: "PNOTR-10000000146",
        });
        let exact = |certificate: &Certificate| {
            let printed: Vec<String> = certificate
                .fingerprint()
                .to_uppercase()
                .as_bytes()
                .chunks(2)
                .map(|pair| String::from_utf8_lossy(pair).into_owned())
                .collect();
            printed.join(":")
        };
        let (ok, failed) = (Some(Outcome::Ok), Some(Outcome::Failed));
        for (named, certificate, expected) in [
            ("", &provider, None),
            ("", &person, failed),
            ("", &schemed, failed),
            (MARK, &provider, ok),
            ("dys prova, geçersiz\n", &provider, ok),
            ("Başka Kurum\n\nDYS Prova - Geçersiz", &provider, ok),
            ("DYS Prova", &provider, failed),
            ("Başka Kurum", &provider, failed),
            ("1234567890", &seal, ok),
            ("vattr-1234567890", &seal, ok),
            ("234567890", &seal, failed),
            ("1234567890", &provider, failed),
            (&exact(&provider), &provider, ok),
            (&exact(&seal), &provider, failed),
            // The employee's certificate names the organisation, and is a person's.
            (MARK, &person, failed),
            (&exact(&person), &person, ok),
        ] {
            let line = Signers::new(read(named).unwrap()).line(certificate);
            assert_eq!(
                line.map(|it| it.outcome),
                expected,
                "{named}: {certificate:?}"
            );
        }
        let sha1 = "3a:".repeat(20);
        assert_eq!(
            read(sha1.trim_end_matches(':')).unwrap_err().code(),
            "imzalayan_okunamadi"
        );
    }
}
