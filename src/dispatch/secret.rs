//! Secrets of provider accounts, sealed with a key that lies beside the database and never in it.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::ids::Ids;

/// The installation's key; made at first use in the data folder, readable by its owner only.
pub struct SecretKey(LessSafeKey);

impl SecretKey {
    /// Reads `secret.key` in `data`, making it when it is absent.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is not 32 bytes long.
    pub fn load_or_make(data: &Path, ids: &dyn Ids) -> anyhow::Result<Self> {
        let path = data.join("secret.key");
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut bytes = vec![0; 32];
                ids.fill(&mut bytes);
                write_private(&path, &bytes)?;
                bytes
            }
            Err(error) => return Err(error).context(path.display().to_string()),
        };
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes)
            .map_err(|_| anyhow!("{}: not 32 bytes", path.display()))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals `plain`; the result is text for a column.
    ///
    /// # Errors
    /// Never for texts below gigabytes.
    pub fn seal(&self, plain: &str, ids: &dyn Ids) -> anyhow::Result<String> {
        let mut nonce = [0; NONCE_LEN];
        ids.fill(&mut nonce);
        let mut bytes = plain.as_bytes().to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::empty(),
                &mut bytes,
            )
            .map_err(|_| anyhow!("a secret could not be sealed"))?;
        Ok(STANDARD_NO_PAD.encode([nonce.as_slice(), &bytes].concat()))
    }

    /// Opens what [`SecretKey::seal`] gave.
    ///
    /// # Errors
    /// When it was sealed with another key or was changed.
    pub fn open(&self, sealed: &str) -> anyhow::Result<String> {
        let wrong = || anyhow!("a sealed secret does not belong to this installation's key");
        let bytes = STANDARD_NO_PAD.decode(sealed).map_err(|_| wrong())?;
        let (nonce, text) = bytes.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut text = text.to_vec();
        let plain = self
            .0
            .open_in_place(nonce, Aad::empty(), &mut text)
            .map_err(|_| wrong())?;
        String::from_utf8(plain.to_vec()).map_err(|_| wrong())
    }
}

/// Writes a new file that only its owner may read, and waits until it is on disk.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options
        .open(path)
        .with_context(|| path.display().to_string())?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SeededIds;

    #[test]
    fn a_secret_opens_with_its_own_key_only() {
        let ids = SeededIds::new(1);
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let key = SecretKey::load_or_make(one.path(), &ids).unwrap();
        let sealed = key.seal("şifre", &ids).unwrap();
        assert!(!sealed.contains("ifre"));
        let again = SecretKey::load_or_make(one.path(), &ids).unwrap();
        assert_eq!(again.open(&sealed).unwrap(), "şifre");
        let foreign = SecretKey::load_or_make(other.path(), &ids).unwrap();
        assert!(foreign.open(&sealed).is_err());
        assert!(again.open("kısa").is_err());
    }
}
