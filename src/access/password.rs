//! Passwords: argon2id, never more than two computed at once.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};

use crate::error::{Result, invalid};
use crate::ids::Ids;

/// Fewest letters of a password.
pub const MIN_LENGTH: usize = 10;
/// Most bytes, so that hashing cannot be made a burden.
const MAX_BYTES: usize = 256;

/// Hashes a password that a person chose.
///
/// # Errors
/// `parola_kisa` or `parola_uzun` when its length is outside the limits.
pub fn hash(password: &str, ids: &dyn Ids) -> Result<String> {
    if password.chars().count() < MIN_LENGTH {
        return Err(invalid(
            "parola_kisa",
            format!("Parola en az {MIN_LENGTH} karakter olmalıdır. Daha uzun bir parola girin."),
        ));
    }
    if password.len() > MAX_BYTES {
        return Err(invalid(
            "parola_uzun",
            "Parola çok uzun. Daha kısa bir parola girin.",
        ));
    }
    let mut salt = [0_u8; 16];
    ids.fill(&mut salt);
    let salt =
        SaltString::encode_b64(&salt).map_err(|error| anyhow::anyhow!("password salt: {error}"))?;
    let hash = Argon2::default()
        .hash_password(password.as_bytes(), &salt)
        .map_err(|error| anyhow::anyhow!("password hash: {error}"))?;
    Ok(hash.to_string())
}

/// True when `password` is the one that was hashed. Takes as long for an unreadable hash.
#[must_use]
pub fn verify(password: &str, hash: &str) -> bool {
    if password.len() > MAX_BYTES {
        return false;
    }
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

/// A hash that no password has; checking against it hides whether a log-in name exists.
pub const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$\
    AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A first password that an administrator hands over: sixteen letters in groups, none of which is
/// taken for another when it is read aloud or copied from paper.
#[must_use]
pub fn temporary(ids: &dyn Ids) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789x";
    let mut bytes = [0_u8; 16];
    ids.fill(&mut bytes);
    let mut text = String::with_capacity(19);
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 && index % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    text
}
