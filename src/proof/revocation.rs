//! Revocation data for signatures of a bundle that carry none: asked for when the bundle is made,
//! so that it can be checked without a network for as long as it is kept.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use kep::message::ReadMessage;
use seal::{Certificate, Material, Online, Report, TrustStore, Unasked, VerifyOptions};

use crate::app::App;
use crate::error::Result;
use crate::signature::outside;

/// The longest that all services together may take for one certificate: a person waits for the bundle.
const PATIENCE: Duration = Duration::from_secs(30);

/// What of a bundle is signed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Message,
    Package,
    Evidence,
}

/// Gathers while the bundle is written.
pub(super) struct Revocations {
    app: App,
    online: Online,
    trust: TrustStore,
    material: Material,
    /// By the certificate's fingerprint: what could not be had.
    asked: BTreeMap<String, Vec<String>>,
    /// What could not be had, a sentence each.
    missing: Vec<String>,
}

impl Revocations {
    /// Begins with what is at hand: `material` helps and goes into the bundle as it is.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn new(app: &App, trust: TrustStore, material: Material) -> Result<Self> {
        Ok(Self {
            online: outside::online(app).await?,
            app: app.clone(),
            trust,
            material,
            asked: BTreeMap::new(),
            missing: Vec::new(),
        })
    }

    /// Answers that are kept already.
    pub(super) fn know(&mut self, material: Material) {
        self.material.merge(material);
    }

    /// Asks about every signer of a file, and every authority that stamped it, of whose revocation
    /// nothing at hand tells, or only data from before the moment that counts.
    ///
    /// # Errors
    /// Only when the work itself fails: a service that gives nothing is a sentence for the bundle.
    pub(super) async fn cover(&mut self, part: Part, bytes: Bytes) -> Result<()> {
        let (trust, material, at) = (self.trust.clone(), self.material.clone(), self.app.now());
        let work = move || {
            let options = VerifyOptions {
                trust: &trust,
                at,
                material: &material,
            };
            reports(part, &bytes, &options)
        };
        let reports = tokio::task::spawn_blocking(work)
            .await
            .context("signatures of a bundle")?;
        for signer in reports.iter().flat_map(|report| &report.signers) {
            for one in signer.unasked() {
                let fingerprint = one.certificate.fingerprint();
                if !self.asked.contains_key(&fingerprint) {
                    let missing = self.ask(one, &signer.beside).await;
                    self.asked.insert(fingerprint.clone(), missing);
                }
                // Who holds by older data is not missing.
                if one.is_open {
                    self.tell(&fingerprint);
                }
            }
        }
        Ok(())
    }

    /// Asks about one certificate; says what could not be had.
    async fn ask(&mut self, one: &Unasked, beside: &[Certificate]) -> Vec<String> {
        let asked = self
            .online
            .gather(&one.certificate, beside, one.purpose, &self.trust);
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok((found, missing))) => {
                self.material.merge(found);
                missing
            }
            Ok(Err(error)) => vec![error.reason()],
            Err(_) => vec!["iptal bilgisi sunucuları yanıt vermedi".to_owned()],
        }
    }

    fn tell(&mut self, fingerprint: &str) {
        for why in self.asked.get(fingerprint).into_iter().flatten() {
            let sentence = format!("İptal bilgisi alınamadı: {}.", why.trim_end_matches('.'));
            if !self.missing.contains(&sentence) {
                self.missing.push(sentence);
            }
        }
    }

    /// Everything gathered, and what could not be had.
    pub(super) fn finish(self) -> (Material, Vec<String>) {
        (self.material, self.missing)
    }
}

/// The signatures of a file, each with what was found out about it.
fn reports(part: Part, bytes: &Bytes, options: &VerifyOptions<'_>) -> Vec<Report> {
    match part {
        Part::Evidence => vec![seal::xades::verify(bytes, options)],
        Part::Message => {
            let Some(message) = ReadMessage::read(bytes) else {
                return Vec::new();
            };
            let (Some(content), Some(signed)) = (message.signed_part, message.signature) else {
                return Vec::new();
            };
            vec![seal::verify(&signed, Some(&content), options)]
        }
        Part::Package => {
            let limits = eyazisma::Limits::default();
            let Ok(package) = eyazisma::Package::read(Cursor::new(bytes), &limits) else {
                return Vec::new();
            };
            [package.signature, package.seal]
                .into_iter()
                .flatten()
                .map(|cms| seal::verify(&cms, None, options))
                .collect()
        }
    }
}
