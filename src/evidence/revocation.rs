//! Whether the certificates that signed and stamped evidence were revoked: services are asked once a
//! chain has reached a configured root (decision 25), and what they answered is kept.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use jiff::Timestamp;
use seal::{Certificate, CheckName, Material, Online, Purpose, SignerReport, VerifyOptions};
use tokio::time::Instant;

use super::check::{self, Check, Demand, Line, Listed, Outcome, Subject, Verdict};
use crate::app::App;
use crate::error::Result;
use crate::params;
use crate::signature::outside;
use crate::store::{BlobHash, StoreError, Tx};

/// A kept answer: its blob and which kind it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub kind: AnswerKind,
    pub blob_hash: BlobHash,
}

/// What a revocation service answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// An `OCSPResponse` in DER.
    Ocsp,
    /// A `CertificateList` in DER.
    Crl,
}

impl AnswerKind {
    const fn code(self) -> &'static str {
        match self {
            Self::Ocsp => "ocsp",
            Self::Crl => "crl",
        }
    }
}

/// The longest that all services together may take for one file: a round waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Checks the evidence of one message; services are asked about each certificate once.
pub(crate) struct Examiner {
    app: App,
    online: Online,
    demand: Demand,
    /// By the certificate's fingerprint: why nothing could be had.
    asked: HashMap<String, Option<String>>,
    answers: Vec<Answer>,
}

impl Examiner {
    /// # Errors
    /// When the store or a blob of an earlier answer cannot be read.
    pub(crate) async fn new(app: &App, mut demand: Demand, message_id: &str) -> Result<Self> {
        let id = message_id.to_owned();
        let kept = app.store.read(move |tx| of_message(tx, &id)).await?;
        demand.material.merge(read(app, &kept).await?);
        Ok(Self {
            online: outside::online(app).await?,
            app: app.clone(),
            demand,
            asked: HashMap::new(),
            answers: Vec::new(),
        })
    }

    /// Checks one file off the threads that serve people. Where nothing at hand says whether its
    /// signer or the authority of its time stamp was revoked, or only older data which whoever
    /// signed chose, services are asked first; one that gives nothing leaves the check as it is, with
    /// the reason in the line of one that is open. `held_since`: see [`super::Stored::held_since`];
    /// none for a file that has just come.
    ///
    /// # Errors
    /// When an answer cannot be kept.
    pub(crate) async fn check(
        &mut self,
        bytes: Bytes,
        listed: Listed,
        subject: &Subject,
        held_since: Option<Timestamp>,
    ) -> Result<Check> {
        let at = held_since.unwrap_or_else(|| self.app.now());
        let mut check = self.once(bytes.clone(), listed, subject, at).await?;
        if check.verdict != Verdict::Verified {
            return Ok(check);
        }
        let Some(signer) = self.signer(bytes.clone(), at).await? else {
            return Ok(check);
        };
        let deadline = Instant::now() + PATIENCE;
        let mut is_news = false;
        for one in signer.unasked() {
            let fingerprint = one.certificate.fingerprint();
            if !self.asked.contains_key(&fingerprint) {
                let asked = self.ask(&one.certificate, &signer.beside, one.purpose, deadline);
                let missing = asked.await?;
                self.asked.insert(fingerprint, missing);
                is_news = true;
            }
        }
        if is_news {
            check = self.once(bytes, listed, subject, at).await?;
        }
        for one in signer.unasked().iter().filter(|one| one.is_open) {
            let name = match one.purpose {
                Purpose::TimeStamping => CheckName::TimeStamp,
                Purpose::Document => CheckName::Revocation,
            };
            if let Some(Some(why)) = self.asked.get(&one.certificate.fingerprint())
                && let Some(line) = check.lines.iter_mut().find(|line| is_open_line(line, name))
            {
                let why = why.trim_end_matches('.');
                line.text.push_str(&format!(" Sorulamadı: {why}."));
            }
        }
        Ok(check)
    }

    /// What services answered since this was made, kept as blobs.
    pub(crate) fn into_answers(self) -> Vec<Answer> {
        self.answers
    }

    async fn once(
        &self,
        bytes: Bytes,
        listed: Listed,
        subject: &Subject,
        at: Timestamp,
    ) -> Result<Check> {
        let (subject, demand) = (subject.clone(), self.demand.clone());
        let work = move || check::check(&bytes, listed, &subject, &demand, at);
        Ok(tokio::task::spawn_blocking(work)
            .await
            .context("evidence check")?)
    }

    /// The signer, once the chain has reached a root.
    async fn signer(&self, bytes: Bytes, at: Timestamp) -> Result<Option<SignerReport>> {
        let demand = self.demand.clone();
        let work = move || {
            let options = VerifyOptions {
                trust: &demand.roots,
                at,
                material: &demand.material,
            };
            seal::xades::verify(&bytes, &options)
        };
        let report = tokio::task::spawn_blocking(work)
            .await
            .context("evidence check")?;
        let rooted = |signer: &SignerReport| {
            signer.outcome(CheckName::Chain) == Some(seal::Outcome::Ok)
                && signer.certificate.is_some()
        };
        Ok(report.signers.into_iter().find(rooted))
    }

    /// Asks about every certificate on the way to a root; says why something could not be had.
    async fn ask(
        &mut self,
        certificate: &Certificate,
        beside: &[Certificate],
        purpose: Purpose,
        deadline: Instant,
    ) -> Result<Option<String>> {
        let roots = &self.demand.roots;
        let asked = self.online.gather(certificate, beside, purpose, roots);
        let (material, missing) = match tokio::time::timeout_at(deadline, asked).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => return Ok(Some(error.reason())),
            Err(_) => return Ok(Some("iptal bilgisi sunucuları yanıt vermedi".to_owned())),
        };
        self.answers.extend(keep(&self.app, &material).await?);
        self.demand.material.merge(material);
        Ok((!missing.is_empty()).then(|| missing.join("; ")))
    }
}

/// Whether everything else holds, but whether the signer or the authority of the time stamp was
/// revoked could not be told. A file without a stamp has nobody to ask about.
pub(crate) fn is_open(check: &Check) -> bool {
    check.verdict == Verdict::Verified && open_line(check).is_some()
}

/// The line that says so.
pub(crate) fn open_line(check: &Check) -> Option<&Line> {
    let is_stamped = check.stamped_at.is_some();
    check.lines.iter().find(|line| {
        is_open_line(line, CheckName::Revocation)
            || is_stamped && is_open_line(line, CheckName::TimeStamp)
    })
}

fn is_open_line(line: &Line, name: CheckName) -> bool {
    line.name == name.label() && line.outcome == Outcome::Open
}

/// Stores answers as blobs, OCSP in the form in which it comes over HTTP.
async fn keep(app: &App, material: &Material) -> Result<Vec<Answer>> {
    let ocsps = material.ocsps.iter().filter_map(|basic| {
        let whole = seal::ocsp_response(basic)?;
        Some((AnswerKind::Ocsp, whole))
    });
    let crls = material
        .crls
        .iter()
        .map(|list| (AnswerKind::Crl, list.clone()));
    let mut answers = Vec::new();
    for (kind, bytes) in ocsps.chain(crls) {
        let blob_hash = app.blobs.put(bytes).await?;
        answers.push(Answer { kind, blob_hash });
    }
    Ok(answers)
}

/// Kept answers as material for a check.
///
/// # Errors
/// When a blob cannot be read.
pub(crate) async fn read(app: &App, answers: &[Answer]) -> Result<Material> {
    let mut material = Material::default();
    for answer in answers {
        let bytes = app.blobs.get(&answer.blob_hash).await?;
        match answer.kind {
            AnswerKind::Ocsp => {
                material.add_ocsp(&bytes);
            }
            AnswerKind::Crl => material.crls.push(bytes.to_vec()),
        }
    }
    Ok(material)
}

/// Names answers as those to a message's evidence; one that is named already stays as it is.
pub(crate) fn record(
    tx: &mut Tx<'_>,
    message_id: &str,
    answers: &[Answer],
    now: Timestamp,
) -> Result<(), StoreError> {
    for answer in answers {
        tx.execute(
            "INSERT INTO revocation_answer (message_id, blob_hash, kind, asked_at) \
             VALUES (?1, ?2, ?3, ?4) ON CONFLICT (message_id, blob_hash) DO NOTHING",
            params![message_id, &answer.blob_hash, answer.kind.code(), now],
        )?;
    }
    Ok(())
}

/// Every answer that is kept for a message, in the order in which they came.
///
/// # Errors
/// When the store fails.
pub fn of_message(tx: &mut Tx<'_>, message_id: &str) -> Result<Vec<Answer>, StoreError> {
    let rows = tx.query(
        "SELECT blob_hash, kind FROM revocation_answer WHERE message_id = ?1 \
         ORDER BY asked_at, blob_hash LIMIT 1000",
        params![message_id],
    )?;
    rows.iter()
        .map(|row| {
            let kind: String = row.get("kind")?;
            Ok(Answer {
                kind: match kind.as_str() {
                    "ocsp" => AnswerKind::Ocsp,
                    _ => AnswerKind::Crl,
                },
                blob_hash: row.get("blob_hash")?,
            })
        })
        .collect()
}
