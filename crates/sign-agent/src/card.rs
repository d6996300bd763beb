//! Finds the card and the certificate that signs.

use std::path::Path;

use anyhow::bail;
use jiff::Timestamp;
use seal::Signer as _;
use seal::key::{Pin, Token, TokenError, TokenKey, tokens};

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
/// A sentence with the next step: wrong PIN, locked, no certificate, expired.
pub fn open(token: &Token, pin: &Pin, now: Timestamp) -> anyhow::Result<TokenKey> {
    let mut keys: Vec<_> = token.open(pin)?;
    let some = !keys.is_empty();
    // The other certificate of a card logs in and signs no document.
    keys.retain(|key| key.certificate().is_qualified_usage());
    if some && keys.is_empty() {
        bail!(
            "Kartta imza sertifikası yok; yalnızca kimlik doğrulama sertifikası bulundu. Nitelikli \
             elektronik sertifikanızın yüklü olduğu kartı takın."
        );
    }
    if let Some(at) = keys.iter().position(|key| key.certificate().valid_at(now)) {
        return Ok(keys.swap_remove(at));
    }
    let Some(key) = keys.pop() else {
        return Err(TokenError::NoKey.into());
    };
    bail!(
        "Karttaki sertifikanın ({}) geçerlilik süresi dolmuş. Sertifikanızı veren kurumdan (ESHS) \
         yenisini alın.",
        key.certificate().common_name()
    )
}
