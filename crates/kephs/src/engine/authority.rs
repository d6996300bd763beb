//! The rehearsal's certificate authority: its keys in a file, its answers by the provider's clock.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use seal::rehearsal::{Answer, Authority, ServiceKind, Services};

use super::Provider;
use crate::error::{Error, Result};

/// In the data folder, when no other file is named.
const FILE: &str = "prova-esh.pem";
/// Certificates reach back, so that a clock moved into the past finds them valid.
const BACK: SignedDuration = SignedDuration::from_hours(24 * 400);

impl Provider {
    /// Answers one request to the authority, which is made at its first use.
    pub fn certificate_service(&self, service: ServiceKind, body: &[u8]) -> Result<Answer> {
        let now = Timestamp::from_millisecond(self.now()).map_err(|e| authority_error(&e))?;
        let serial = self.random_bytes();
        let authority = match self.authority.get() {
            Some(authority) => authority,
            None => {
                let made = self.open_authority(now)?;
                self.authority.get_or_init(|| made)
            }
        };
        authority
            .answer(service, body, &[], now, serial)
            .map_err(|e| authority_error(&e))
    }

    fn open_authority(&self, now: Timestamp) -> Result<Authority> {
        let path = self.authority_file();
        if path.exists() {
            let text = std::fs::read_to_string(&path)?;
            return Authority::from_pem(&text, Services::rehearsal())
                .map_err(|e| authority_error(&e));
        }
        let mut random = |bytes: &mut [u8]| {
            for chunk in bytes.chunks_mut(16) {
                let fresh = self.random_bytes();
                chunk.copy_from_slice(&fresh[..chunk.len()]);
            }
        };
        let made = Authority::create(Services::rehearsal(), now - BACK, &mut random)
            .map_err(|e| authority_error(&e))?;
        write_private(&path, &made.to_pem().map_err(|e| authority_error(&e))?)?;
        Ok(made)
    }

    fn authority_file(&self) -> PathBuf {
        let named = self.config.authority.clone();
        named.unwrap_or_else(|| self.config.data.join(FILE))
    }

    /// Sixteen bytes of a fresh identifier, of which 122 bits are random.
    fn random_bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        let fresh = self.ids.fresh();
        for (byte, pair) in bytes.iter_mut().zip(fresh.as_bytes().chunks(2)) {
            let digit = |at: usize| pair.get(at).and_then(|c| char::from(*c).to_digit(16));
            let value = digit(0).unwrap_or(0) * 16 + digit(1).unwrap_or(0);
            *byte = u8::try_from(value).unwrap_or(0);
        }
        bytes
    }
}

fn authority_error(error: &dyn std::fmt::Display) -> Error {
    Error::Config(format!("prova sertifika makamı: {error}"))
}

fn write_private(path: &std::path::Path, text: &str) -> Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(())
}
