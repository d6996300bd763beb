//! Writes the ZIP: the same facts give the same bytes, one file in memory at a time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};

use anyhow::Context as _;
use kep::evidence::EvidenceKind;
use seal::Digest;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::gather::{Gathered, Sent, gather};
use super::manifest::{self, Manifest};
use super::revocation::{Part, Revocations};
use super::{read_me, summary};
use crate::access::Actor;
use crate::app::App;
use crate::dispatch::signing;
use crate::distribution::Channel;
use crate::error::{Error, Result};
use crate::evidence::{self, Stored};
use crate::package;
use crate::signature::{outside, trust};
use crate::store::BlobHash;

/// A finished bundle in a file of its own that has no name and goes with this value.
#[derive(Debug)]
pub struct Bundle {
    /// `delil-paketi-E-01039100-115.01-42.zip`
    pub name: String,
    pub file: File,
    pub size: u64,
}

/// Makes the bundle of a letter that the person may see.
///
/// # Errors
/// Those of [`gather`], `imza_anahtari_yok`, and when files cannot be read or written.
pub async fn make(app: &App, actor: &Actor, document_id: &str) -> Result<Bundle> {
    let gathered = gather(app, actor, document_id).await?;
    let (gathered, summary) = tokio::task::spawn_blocking(move || {
        let summary = summary::pdf(&gathered);
        (gathered, summary)
    })
    .await
    .context("summary")?;
    let name = format!("delil-paketi-{}.zip", plain(number(&gathered)));
    let mut zip = Zip::new(tempfile::tempfile().context("proof bundle")?);
    let mut listed = contents(app, &gathered, &summary?, &mut zip).await?;
    let (json, signature) = signed(app, &mut listed).await?;
    zip.add(manifest::PATH, &json)?;
    zip.add(manifest::SIGNATURE_PATH, &signature)?;
    let (file, size) = zip.finish()?;
    Ok(Bundle { name, file, size })
}

/// The list with the institution's signature over it, completed with time stamp and revocation data.
/// Where they cannot be had the list says so and is signed all the same: whoever needs the bundle
/// today gets it today.
async fn signed(app: &App, listed: &mut Manifest) -> Result<(Vec<u8>, Vec<u8>)> {
    let write = |listed: &Manifest| serde_json::to_vec_pretty(listed).context("manifest");
    let json = write(listed)?;
    let signature = signing::sign_detached(app, &json)?;
    let why = match outside::completer(app).await {
        Ok(None) => return Ok((json, signature)),
        Ok(Some((online, level))) => {
            let worker = app.clone();
            let trust = tokio::task::spawn_blocking(move || trust::load(&worker))
                .await
                .context("trust")??;
            let extended = online.extend(&signature, Some(&json), level, Digest::Sha256, &trust);
            match extended.await {
                Ok(extended) => return Ok((json, extended)),
                Err(error) => error.reason(),
            }
        }
        Err(Error::Problem(problem)) => problem.message,
        Err(other) => return Err(other),
    };
    let why = why.trim_end_matches('.');
    listed.notes.push(format!(
        "Bu listenin imzasına zaman damgası alınamadı: {why}. Paket yeniden indirilirse tamamlanır."
    ));
    let json = write(listed)?;
    let signature = signing::sign_detached(app, &json)?;
    Ok((json, signature))
}

/// Writes every file and lists it.
async fn contents(
    app: &App,
    gathered: &Gathered,
    summary: &[u8],
    zip: &mut Zip,
) -> Result<Manifest> {
    zip.add("OKUBENI.txt", read_me::TEXT.as_bytes())?;
    zip.add("ozet.pdf", summary)?;
    let frozen = gathered.letter.frozen_hash.as_ref();
    let frozen = app.blobs.get(frozen.context("frozen letter")?).await?;
    let letter = format!("yazi/{}.{}", plain(number(gathered)), extension(&frozen));
    zip.add(&letter, &frozen)?;
    let (trust, material) = (gathered.trust.clone(), gathered.material.clone());
    let mut revocations = Revocations::new(app, trust, material).await?;
    let mut whole = None;
    if let Some(bytes) = &gathered.package {
        let path = "paket/paket.eyp";
        zip.add(path, bytes)?;
        revocations.cover(Part::Package, bytes.clone()).await?;
        whole = Some(path.to_owned());
    }
    let mut messages = Vec::new();
    for (at, sent) in (1..).zip(&gathered.messages) {
        let folder = format!("ileti/{at}");
        messages.push(message(app, gathered, sent, &folder, &mut revocations, zip).await?);
    }
    let audit = "denetim/kayitlar.jsonl";
    zip.add(audit, &gathered.excerpt)?;
    for (at, root) in (1..).zip(gathered.trust.roots()) {
        zip.add(&format!("sertifikalar/kok-{at}.pem"), root.pem().as_bytes())?;
    }
    for (at, middle) in (1..).zip(gathered.trust.intermediates()) {
        zip.add(
            &format!("sertifikalar/ara-{at}.pem"),
            middle.pem().as_bytes(),
        )?;
    }
    let (material, missing) = revocations.finish();
    let mut notes = gathered.notes.clone();
    notes.extend(missing);
    for (at, list) in (1..).zip(&material.crls) {
        zip.add(&format!("iptal/liste-{at}.crl"), list)?;
    }
    let answers = material
        .ocsps
        .iter()
        .filter_map(|basic| seal::ocsp_response(basic));
    for (at, answer) in (1..).zip(answers) {
        zip.add(&format!("iptal/yanit-{at}.ocsp"), &answer)?;
    }
    let date = gathered.letter.official_date;
    Ok(Manifest {
        format: manifest::FORMAT.to_owned(),
        version: manifest::VERSION,
        made_at: gathered.made_at,
        made_by: gathered.made_by.clone(),
        rehearsal: gathered.rehearsal,
        notes,
        institution: gathered.institution.clone(),
        letter: manifest::Letter {
            id: gathered.letter.id.clone(),
            number: number(gathered).to_owned(),
            date: date.map(|day| day.to_string()).unwrap_or_default(),
            subject: gathered.letter.subject.clone(),
            path: letter,
            package: whole,
        },
        messages,
        audit: manifest::Audit {
            path: audit.to_owned(),
            entries: gathered.entries.len() as u64,
            first: gathered.entries.first().map_or(0, |entry| entry.seq),
            head: gathered.head.0,
            head_hash: gathered.head.1.clone(),
        },
        files: zip.files.clone(),
    })
}

async fn message(
    app: &App,
    gathered: &Gathered,
    sent: &Sent,
    folder: &str,
    revocations: &mut Revocations,
    zip: &mut Zip,
) -> Result<manifest::Message> {
    let path = format!("{folder}/ileti.eml");
    let bytes = app.blobs.get(&sent.message.blob_hash).await?;
    zip.add(&path, &bytes)?;
    revocations.cover(Part::Message, bytes).await?;
    // A notice carries the letter and its files as they are.
    let package = match sent.message.channel {
        Channel::Uets => None,
        _ => {
            let path = format!("{folder}/paket.eyp");
            let sent = package::sent(app, &gathered.letter.id, &sent.left_out).await?;
            zip.add(&path, &sent.bytes)?;
            revocations.cover(Part::Package, sent.bytes).await?;
            Some(path)
        }
    };
    revocations.know(evidence::revocation::read(app, &sent.answers).await?);
    let mut evidence = Vec::new();
    // Two evidences of the same bytes are two evidences: both are kept, each under its own name.
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for stored in &sent.evidence {
        let path = match &stored.blob_hash {
            Some(hash) => {
                let bytes = app.blobs.get(hash).await?;
                revocations.cover(Part::Evidence, bytes.clone()).await?;
                Some(evidence_file(stored, &bytes, folder, &mut names, zip)?)
            }
            None => None,
        };
        evidence.push(manifest::Evidence {
            id: stored.fact.id.clone(),
            kind: stored.fact.kind.name().to_owned(),
            code: stored.fact.code,
            at: stored.fact.at,
            path,
            result: stored
                .check
                .as_ref()
                .map(|check| check.verdict.code().to_owned()),
        });
    }
    let of_message = |line: &&crate::distribution::Recipient| {
        line.message_id.as_deref() == Some(sent.message.id.as_str())
    };
    let recipients = gathered.recipients.iter().filter(of_message);
    let numbers = recipients.clone().filter_map(|line| line.detsis_no.clone());
    Ok(manifest::Message {
        id: sent.message.id.clone(),
        address: sent.message.address.clone(),
        numbers: numbers.collect(),
        recipients: recipients.map(|line| line.label.clone()).collect(),
        message_id: sent.message.rfc_message_id.clone(),
        provider_id: sent.message.provider_id.clone(),
        sent_at: sent.message.sent_at,
        path,
        package,
        evidence,
    })
}

fn evidence_file(
    stored: &Stored,
    bytes: &[u8],
    folder: &str,
    names: &mut BTreeMap<String, usize>,
    zip: &mut Zip,
) -> Result<String> {
    let code = stored
        .fact
        .code
        .map_or_else(String::new, |code| format!("{code}-"));
    let kind = match stored.fact.kind {
        EvidenceKind::Unknown => "bilinmeyen",
        EvidenceKind::Accepted => "kabul",
        EvidenceKind::Rejected => "ret",
        EvidenceKind::RelayAccepted => "diger-kephs-kabul",
        EvidenceKind::RelayRejected => "diger-kephs-ret",
        EvidenceKind::RelayFailed => "gonderilemedi",
        EvidenceKind::Delivered => "kutuya-birakildi",
        EvidenceKind::NotDelivered => "kutuya-birakilamadi",
        EvidenceKind::Read => "okundu",
        EvidenceKind::DeemedRead => "okundu-kabul",
        EvidenceKind::Served => "teblig-edilmis-sayildi",
    };
    let name = format!("{code}{kind}");
    let times = names.entry(name.clone()).or_default();
    *times += 1;
    let path = match times {
        1 => format!("{folder}/delil/{name}.xml"),
        _ => format!("{folder}/delil/{name}-{times}.xml"),
    };
    zip.add(&path, bytes)?;
    Ok(path)
}

fn number(gathered: &Gathered) -> &str {
    gathered
        .letter
        .official_number
        .as_deref()
        .unwrap_or("sayisiz")
}

/// A name that every file system takes.
fn plain(name: &str) -> String {
    name.chars()
        .map(|c| match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '.' | '-' | '_' => c,
            _ => '-',
        })
        .collect()
}

fn extension(bytes: &[u8]) -> &'static str {
    match infer::get(bytes) {
        Some(kind) if kind.mime_type() == "application/pdf" => "pdf",
        _ => "html",
    }
}

/// A ZIP in the making, with the list of what is in it.
struct Zip {
    writer: ZipWriter<File>,
    files: Vec<manifest::File>,
}

impl Zip {
    fn new(file: File) -> Self {
        Self {
            writer: ZipWriter::new(file),
            files: Vec::new(),
        }
    }

    /// What is compressed already is stored; times are those of the format's first day.
    fn add(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let packed = [".pdf", ".eyp", ".eml", ".p7s"];
        let method = if packed.iter().any(|end| path.ends_with(end)) {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(0o644);
        self.writer
            .start_file(path, options)
            .context("proof bundle")?;
        self.writer.write_all(bytes).context("proof bundle")?;
        self.files.push(manifest::File {
            path: path.to_owned(),
            size: bytes.len() as u64,
            sha256: BlobHash::of(bytes).as_str().to_owned(),
        });
        Ok(())
    }

    fn finish(self) -> Result<(File, u64)> {
        let mut file = self.writer.finish().context("proof bundle")?;
        let size = file.seek(SeekFrom::End(0)).context("proof bundle")?;
        file.seek(SeekFrom::Start(0)).context("proof bundle")?;
        Ok((file, size))
    }
}
