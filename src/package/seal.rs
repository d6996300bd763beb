//! The institution's seal over NihaiÖzet, and the rehearsal's stand-in for a person's card.

use anyhow::anyhow;
use seal::{Cms, Content, SignOptions};

use super::SIGNATURE_MISSING;
use crate::app::App;
use crate::config::Mode;
use crate::dispatch::signing;
use crate::error::{Result, conflict};

/// Elektronik mühür: attached CMS over NihaiÖzet (K.100).
pub(super) fn by_institution(app: &App, content: &[u8]) -> Result<Vec<u8>> {
    let key = signing::key(app)?;
    let options = SignOptions::at(app.now());
    Ok(seal::sign(&key, Content::Attached(content), &options)
        .map_err(|error| anyhow!("seal: {error}"))?)
}

/// Where people confirm without a card, the rehearsal's key signs PaketOzeti in their place. A real
/// folder has no such thing.
pub(super) fn rehearsed(app: &App, content: &[u8]) -> Result<Vec<u8>> {
    if app.mode == Mode::Real {
        return Err(conflict(
            SIGNATURE_MISSING,
            "Yazının elektronik imzası alınmamış; imza uygulamasıyla yeniden imzalayın.",
        ));
    }
    by_institution(app, content)
}

/// Refuses a signature that encloses other bytes than those that were to be signed (K.81).
pub(super) fn require_content(signature: &[u8], content: &[u8]) -> Result<()> {
    let cms = Cms::from_der(signature).map_err(|error| anyhow!("signature: {error}"))?;
    if cms.content() == Some(content) {
        return Ok(());
    }
    Err(anyhow!("the signature is not over the package's digest").into())
}
