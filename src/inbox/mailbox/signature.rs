//! The signatures of an incoming message: the provider's envelope and evidence, the message itself,
//! the package and its seal.
//!
//! Whether a signature is sound and whose it is are two questions: one that is broken or whose
//! certificate was revoked is an error, one of somebody whom no configured root vouches for is a
//! warning; neither keeps a letter out. Revocation data are fetched only where the chain has reached
//! a root (decision 25), within a deadline for the whole message, and a service that keeps silent is
//! an open finding.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use kep::evidence::{EvidenceKind, EvidenceTime, RemEvidence, Signs};
use seal::{
    Certificate, CheckName, Material, Online, Outcome, Report, SealError, TrustStore, VerifyOptions,
};
use tokio::time::Instant;

use super::envelope::Wrapping;
use crate::app::App;
use crate::dispatch::account::{self, Account};
use crate::error::Result;
use crate::evidence::check::{self, Check, Demand, Listed, Subject, Verdict};
use crate::evidence::revocation;
use crate::evidence::signer::{self, Signers};
use crate::inbox::Finding;
use crate::package::roles;
use crate::signature::{outside, trust};
use crate::store::Tx;

/// For all that is fetched because of one message.
const PATIENCE: Duration = Duration::from_secs(20);
/// A service that kept silent is not asked again for so long.
const LEFT_ALONE: SignedDuration = SignedDuration::from_mins(5);

/// The way to revocation data, and which services have not answered lately.
#[derive(Clone, Default)]
pub(super) struct Outside(Arc<Mutex<Asked>>);

#[derive(Default)]
struct Asked {
    /// For the hosts of the settings that it was made with; it keeps what it fetched for a while.
    reader: Option<(Vec<String>, Online)>,
    silent_until: HashMap<String, Timestamp>,
}

impl Outside {
    async fn reader(&self, app: &App) -> Result<Online> {
        let hosts = app
            .store
            .read(|tx: &mut Tx<'_>| Ok::<_, crate::error::Error>(outside::hosts(tx)?))
            .await?;
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &asked.reader {
            Some((known, online)) if *known == hosts => Ok(online.clone()),
            _ => {
                let online = outside::reader(app, hosts.clone())?;
                asked.reader = Some((hosts, online.clone()));
                Ok(online)
            }
        }
    }

    fn is_silent(&self, service: &str, now: Timestamp) -> bool {
        let asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = asked.silent_until.get(service);
        until.is_some_and(|until| *until > now)
    }

    fn leave_alone(&self, service: &str, now: Timestamp) {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.silent_until.retain(|_, until| *until > now);
        asked
            .silent_until
            .insert(service.to_owned(), now + LEFT_ALONE);
    }
}

/// One signature and what it is over.
pub(super) struct Signed {
    /// `Paketin mührü`
    pub what: &'static str,
    pub code: &'static str,
    pub cms: Bytes,
    pub content: Bytes,
    /// Signatures of its kind carry a time stamp; one without is told.
    pub is_stamped: bool,
}

/// What the signatures of one message are checked with.
pub(super) struct Trust {
    store: TrustStore,
    /// The configured roots could not be read: nothing is trusted.
    unreadable: bool,
    demand: Demand,
    online: Option<Online>,
    outside: Outside,
    at: Timestamp,
    deadline: Instant,
}

impl Trust {
    /// Reads roots and settings. What cannot be read makes signatures untrusted and is told; it
    /// never keeps a letter out.
    pub(super) async fn load(app: &App, outside: &Outside, account: &Account) -> Self {
        let (worker, account) = (app.clone(), account.clone());
        let read = tokio::task::spawn_blocking(move || {
            (trust::load(&worker), account::demand(&worker, &account))
        });
        let (store, demand) = match read.await {
            Ok((store, demand)) => (
                store.map_err(|error| error.to_string()),
                demand.map_err(|error| format!("{error:#}")),
            ),
            Err(error) => (Err(error.to_string()), Err(error.to_string())),
        };
        let errors = [store.as_ref().err(), demand.as_ref().err()];
        for error in errors.into_iter().flatten() {
            tracing::error!(error, "roots of signatures cannot be read");
        }
        let online = outside.reader(app).await;
        if let Err(error) = &online {
            tracing::error!(%error, "revocation data cannot be asked for");
        }
        Self {
            unreadable: store.is_err() || demand.is_err(),
            store: store.unwrap_or_default(),
            demand: demand.unwrap_or_default(),
            online: online.ok(),
            outside: outside.clone(),
            at: app.now(),
            deadline: Instant::now() + PATIENCE,
        }
    }

    /// That the configured roots could not be read.
    pub(super) fn unread(&self) -> Option<Finding> {
        self.unreadable.then(|| {
            told(
                "warning",
                "kokler_okunamadi",
                "Güvenilen kök sertifikalar okunamadığı için imzalayanlar doğrulanamadı. DYS \
                 yöneticinize bildirin."
                    .to_owned(),
            )
        })
    }

    /// Checks a signature against the roots of signing certificates.
    ///
    /// # Errors
    /// When the check itself cannot be run.
    pub(super) async fn check(&self, signed: &Signed) -> Result<Finding> {
        Ok(self.examine(signed).await?.0)
    }

    /// [`Trust::check`] with what was found out about the signers.
    ///
    /// # Errors
    /// When the check itself cannot be run.
    pub(super) async fn examine(&self, signed: &Signed) -> Result<(Finding, Report)> {
        self.against(signed, &self.store, None, &Material::default())
            .await
    }

    /// Checks the provider's signature around the envelope and the evidence in it, both against the
    /// account's roots of providers. Gives the findings, and the moment of delivery when an
    /// evidence that verifies tells it.
    ///
    /// # Errors
    /// When a check itself cannot be run.
    pub(super) async fn wrapping(
        &self,
        wrapping: &Wrapping,
        subject: &Subject,
    ) -> Result<(Vec<Finding>, Option<Timestamp>)> {
        let mut findings = Vec::new();
        findings.push(match &wrapping.signature {
            Some((cms, content)) => {
                let signed = Signed {
                    what: "Sağlayıcının zarf imzası",
                    code: "zarf_imzasi",
                    cms: cms.clone(),
                    content: content.clone(),
                    is_stamped: false,
                };
                let demand = &self.demand;
                let signers = Some(&demand.signers);
                self.against(&signed, &demand.roots, signers, &demand.material)
                    .await?
                    .0
            }
            None => told(
                "warning",
                "zarf_imzasi_yok",
                "KEP sağlayıcısının zarfı imzasız; zarfın yolda değişmediği doğrulanamadı."
                    .to_owned(),
            ),
        });
        if wrapping.evidence.is_empty() {
            let sentence = "Zarfta teslim delili yok.".to_owned();
            findings.push(told("note", "zarf_delili_yok", sentence));
        }
        let mut delivered = None;
        for bytes in &wrapping.evidence {
            let (finding, at) = self.evidence(bytes, subject).await?;
            findings.push(finding);
            delivered = delivered.or(at);
        }
        Ok((findings, delivered))
    }

    async fn evidence(
        &self,
        bytes: &Bytes,
        subject: &Subject,
    ) -> Result<(Finding, Option<Timestamp>)> {
        let rem = RemEvidence::read(bytes).unwrap_or_default();
        let signs = Signs {
            element: rem.element.as_deref(),
            event: rem.event.as_deref(),
            ..Signs::default()
        };
        let (kind, _) = kep::evidence::recognise(signs, &self.demand.recognition);
        // Nothing was listed: what the file itself says is held against the message only.
        let listed = Listed { kind, at: None };
        let at = self.at;
        let examined = |demand: Demand| {
            let (bytes, subject) = (bytes.clone(), subject.clone());
            aside(move || check::check(&bytes, listed, &subject, &demand, at))
        };
        let mut checked = examined(self.demand.clone()).await?;
        let mut why = Vec::new();
        if checked.verdict == Verdict::Verified {
            let roots = &self.demand.roots;
            let (signed, demand) = (bytes.clone(), self.demand.clone());
            let report = aside(move || {
                let options = VerifyOptions {
                    trust: &demand.roots,
                    at,
                    material: &demand.material,
                };
                seal::xades::verify(&signed, &options)
            });
            let report = report.await?;
            let (more, missing) = self.gathered(&report, roots).await;
            why = missing;
            if more != Material::default() {
                let mut demand = self.demand.clone();
                demand.material.merge(more);
                checked = examined(demand).await?;
            }
        }
        let zone = &self.demand.recognition.assumed_zone;
        let told_at = rem
            .time
            .as_deref()
            .and_then(|time| EvidenceTime::read(time, zone).at);
        let delivered = told_at
            .filter(|_| checked.verdict == Verdict::Verified && kind == EvidenceKind::Delivered);
        Ok((of_evidence(&checked, &why), delivered))
    }

    /// `signers`: who alone may have signed; none where anybody may.
    async fn against(
        &self,
        signed: &Signed,
        roots: &TrustStore,
        signers: Option<&Signers>,
        material: &Material,
    ) -> Result<(Finding, Report)> {
        let mut report = self.verified(signed, roots, material.clone()).await?;
        let (more, why) = self.gathered(&report, roots).await;
        if more != Material::default() {
            let mut material = material.clone();
            material.merge(more);
            report = self.verified(signed, roots, material).await?;
        }
        Ok((finding(signed, &report, signers, &why), report))
    }

    async fn verified(
        &self,
        signed: &Signed,
        roots: &TrustStore,
        material: Material,
    ) -> Result<Report> {
        let (cms, content) = (signed.cms.clone(), signed.content.clone());
        let (roots, at) = (roots.clone(), self.at);
        aside(move || {
            let options = VerifyOptions {
                trust: &roots,
                at,
                material: &material,
            };
            seal::verify(&cms, Some(&content), &options)
        })
        .await
    }

    /// Revocation data that the report lacks, or has only from before the moment that counts, of
    /// signers and stamp authorities whose chain holds; and why some are missing that it lacks.
    async fn gathered(&self, report: &Report, roots: &TrustStore) -> (Material, Vec<String>) {
        let (mut material, mut why) = (Material::default(), Vec::new());
        let Some(online) = &self.online else {
            return (material, why);
        };
        for signer in &report.signers {
            for one in signer.unasked() {
                let service = service_of(&one.certificate);
                if self.outside.is_silent(&service, self.at) {
                    if one.is_open {
                        why.push("iptal servisi az önce yanıt vermedi".to_owned());
                    }
                    continue;
                }
                let gathering = online.gather(&one.certificate, &signer.beside, one.purpose, roots);
                match self.fetched(gathering).await {
                    Ok(found) => material.merge(found),
                    Err((found, reasons)) => {
                        self.outside.leave_alone(&service, self.at);
                        material.merge(found);
                        if one.is_open {
                            why.extend(reasons);
                        }
                    }
                }
            }
        }
        (material, why)
    }

    async fn fetched(
        &self,
        gathering: impl Future<Output = Result<(Material, Vec<String>), SealError>>,
    ) -> Result<Material, (Material, Vec<String>)> {
        match tokio::time::timeout_at(self.deadline, gathering).await {
            Ok(Ok((found, missing))) if missing.is_empty() => Ok(found),
            Ok(Ok((found, missing))) => Err((found, missing)),
            Ok(Err(error)) => Err((Material::default(), vec![error.to_string()])),
            Err(_) => Err((
                Material::default(),
                vec!["iptal servisi süresinde yanıt vermedi".to_owned()],
            )),
        }
    }
}

/// Runs a check off the threads that serve people.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    Ok(tokio::task::spawn_blocking(work)
        .await
        .context("signature check")?)
}

/// Where a certificate's revocation is asked after: issuers' names are no keys, since anybody may
/// take one.
fn service_of(certificate: &Certificate) -> String {
    let mut places = certificate.ocsp_urls();
    places.extend(certificate.crl_urls());
    places.join(" ")
}

fn told(severity: &str, code: &str, sentence: String) -> Finding {
    Finding {
        about: "signature",
        severity: severity.to_owned(),
        code: code.to_owned(),
        sentence,
    }
}

fn finding(signed: &Signed, report: &Report, signers: Option<&Signers>, why: &[String]) -> Finding {
    let names: Vec<&str> = report
        .signers
        .iter()
        .filter_map(|signer| signer.name.as_deref())
        .collect();
    let who = match names.as_slice() {
        [] => String::new(),
        names => format!(" ({})", names.join(", ")),
    };
    let what = signed.what;
    let failed = |wanted: &dyn Fn(CheckName) -> bool| {
        report
            .all()
            .find(|check| check.outcome == Outcome::Failed && wanted(check.name))
    };
    let untrusted = report
        .all()
        .any(|check| check.name == CheckName::Chain && check.outcome != Outcome::Ok);
    // Who is not known has his stamps from somebody who is not known either.
    let broken =
        failed(&|name| !(is_about_trust(name) || untrusted && name == CheckName::TimeStamp));
    let is_stamped = signed.is_stamped
        || report
            .signers
            .iter()
            .any(|signer| signer.stamped_at.is_some());
    let open = report.all().find(|check| {
        check.outcome != Outcome::Ok && (is_stamped || check.name != CheckName::TimeStamp)
    });
    // Asked of those who sign letters: a seal is no person's, a message's key need not be.
    let is_letters = signed.code == "paket_imzasi";
    let unqualified = roles::unqualified(report).next().filter(|_| is_letters);
    let (severity, sentence) = if let Some(check) = broken {
        (
            "error",
            format!("{what}{who} doğrulanamadı: {}", check.text),
        )
    } else if let Some(check) = failed(&|name| name == CheckName::Revocation) {
        ("error", format!("{what}{who} geçersiz: {}", check.text))
    } else if report.signers.is_empty() {
        ("error", format!("{what} okunamadı."))
    } else if untrusted {
        let sentence =
            format!("{what}{who} içerikle tutarlı; imzalayan güvenilen bir köke bağlanamadı.");
        ("warning", sentence)
    } else if let Some(line) = signers.and_then(|signers| stranger(signers, report)) {
        let sentence = format!("{what}{who} içerikle tutarlı; {}", line.text);
        ("warning", sentence)
    } else if let Some(check) = failed(&is_about_trust) {
        (
            "warning",
            format!("{what}{who} içerikle tutarlı; {}", check.text),
        )
    } else if let Some(line) = unqualified {
        let state = if open.is_some() {
            "içerikle tutarlı"
        } else {
            "doğrulandı"
        };
        ("warning", format!("{what}{who} {state}; {}", line.text))
    } else if let Some(check) = open {
        let why = because(why);
        let sentence = format!("{what}{who} doğru; eksik denetim: {}{why}", check.text);
        ("note", sentence)
    } else {
        ("ok", format!("{what}{who} doğrulandı."))
    };
    told(severity, signed.code, sentence)
}

/// That somebody signed who is none of those who may.
fn stranger(signers: &Signers, report: &Report) -> Option<check::Line> {
    let certificates = report
        .signers
        .iter()
        .filter_map(|it| it.certificate.as_ref());
    let mut lines = certificates.filter_map(|it| signers.line(it));
    lines.find(|line| line.outcome == check::Outcome::Failed)
}

/// Why revocation data are missing.
fn because(why: &[String]) -> String {
    match why {
        [] => String::new(),
        why => format!(" ({})", why.join("; ")),
    }
}

/// Checks that say who somebody is, not whether the bytes are theirs.
fn is_about_trust(name: CheckName) -> bool {
    matches!(
        name,
        CheckName::Chain | CheckName::Revocation | CheckName::KeyUsage | CheckName::Validity
    )
}

fn of_evidence(checked: &Check, why: &[String]) -> Finding {
    let about_trust = [
        CheckName::Chain.label(),
        CheckName::TimeStamp.label(),
        signer::NAME,
    ];
    let is_about_trust = |line: &check::Line| about_trust.contains(&line.name.as_str());
    let (severity, sentence) = match checked.verdict {
        Verdict::Verified => {
            let who = checked.signer.as_deref().unwrap_or("adsız");
            match revocation::open_line(checked) {
                Some(line) => {
                    let (what, why) = (&line.text, because(why));
                    let sentence = format!(
                        "Zarftaki delilin imzası doğru ({who}); eksik denetim: {what}{why}"
                    );
                    ("note", sentence)
                }
                None => ("ok", format!("Zarftaki delilin imzası doğrulandı ({who}).")),
            }
        }
        Verdict::Unsigned => (
            "note",
            "Zarftaki delil imzasız; hesabın ayarı imzasız delili kabul ediyor.".to_owned(),
        ),
        Verdict::Failed => {
            let mut failed = checked
                .lines
                .iter()
                .filter(|line| line.outcome == check::Outcome::Failed);
            let severity = if failed.all(is_about_trust) {
                "warning"
            } else {
                "error"
            };
            (
                severity,
                format!("Zarftaki delil doğrulanamadı: {}", checked.reason),
            )
        }
    };
    told(severity, "zarf_delili", sentence)
}
