//! Finds the card and the certificate that signs.

use std::path::Path;

use anyhow::bail;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use seal::key::{Pin, Token, TokenError, TokenKey, tokens};
use seal::{Certificate, Signer as _};

/// The card in the reader.
///
/// # Errors
/// A sentence with the next step: absent, locked, without a PIN.
pub fn find(module: &Path) -> anyhow::Result<Token> {
    let mut all = tokens(module)?;
    if all.len() > 1 {
        all.retain(|token| token.certificates().is_ok_and(|found| !found.is_empty()));
    }
    if all.len() > 1 {
        bail!("Birden çok kart takılı. Yalnız kendi kartınızı bırakıp yeniden deneyin.");
    }
    let Some(token) = all.pop() else {
        return Err(TokenError::NoKey.into());
    };
    if token.locked {
        return Err(TokenError::Locked.into());
    }
    Ok(token)
}

/// Opens the card with the PIN and picks the certificate for signing documents.
///
/// # Errors
/// A sentence with the next step: wrong PIN, locked, no certificate, expired, not valid yet.
pub fn open(token: &Token, pin: &Pin, now: Timestamp) -> anyhow::Result<TokenKey> {
    let mut keys: Vec<_> = token.open(pin)?;
    let some = !keys.is_empty();
    // The other certificate of a card logs in, an institution's seals; neither signs for a person.
    keys.retain(|key| {
        let certificate = key.certificate();
        certificate.is_qualified_usage() && !certificate.is_institution_seal()
    });
    if some && keys.is_empty() {
        bail!(
            "Kartta kişinin imza sertifikası yok; yalnızca kimlik doğrulama ya da kurum mührü \
             sertifikası bulundu. Nitelikli elektronik sertifikanızın yüklü olduğu kartı takın."
        );
    }
    // Where none says that it is qualified, the server decides.
    if keys.iter().any(|key| key.certificate().is_qualified()) {
        keys.retain(|key| key.certificate().is_qualified());
    }
    if let Some(at) = keys.iter().position(|key| key.certificate().valid_at(now)) {
        return Ok(keys.swap_remove(at));
    }
    let Some(key) = keys.pop() else {
        return Err(TokenError::NoKey.into());
    };
    bail!(out_of_time(key.certificate(), now))
}

/// What to do about a certificate that does not hold at `now`.
fn out_of_time(certificate: &Certificate, now: Timestamp) -> String {
    let name = certificate.common_name();
    let from = certificate.not_before();
    if from <= now {
        return format!(
            "Karttaki sertifikanın ({name}) geçerlilik süresi dolmuş. Sertifikanızı veren kurumdan \
             (ESHS) yenisini alın."
        );
    }
    let zone = TimeZone::get("Europe/Istanbul").unwrap_or(TimeZone::UTC);
    let from = from.to_zoned_datetime(zone).strftime("%d.%m.%Y %H:%M");
    format!(
        "Karttaki sertifika ({name}) henüz geçerli değil: geçerliliği {from} tarihinde başlıyor. \
         Bilgisayarınızın tarihini ve saatini denetleyin; doğruysa o tarihten sonra imzalayın."
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::SignedDuration;
    use seal::rehearsal::{Authority, Curve, Holder, Services, Validity};

    use super::*;

    #[test]
    fn a_certificate_that_does_not_hold_yet_has_not_expired() {
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let mut next = 0_u8;
        let mut random = |bytes: &mut [u8]| {
            bytes.fill_with(|| {
                next = next.wrapping_add(41);
                next
            });
        };
        let authority = Authority::create(Services::rehearsal(), now, &mut random).unwrap();
        let holder = Holder::Person {
            name: "Ali Şahin",
            tckn: "10000000146",
        };
        let day = SignedDuration::from_hours(24);
        let validity = Validity {
            from: now,
            to: now + day,
        };
        let key = authority.issue_key(&holder, Curve::P256, validity, &mut random);
        let key = key.unwrap();
        let early = out_of_time(key.certificate(), now - day);
        assert!(
            early.contains("henüz geçerli değil: geçerliliği 25.11.2026 13:00"),
            "{early}"
        );
        assert!(!early.contains("dolmuş"), "{early}");
        let late = out_of_time(key.certificate(), now + day * 2);
        assert!(late.contains("süresi dolmuş"), "{late}");
    }
}
