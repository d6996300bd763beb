//! A proof bundle: every file by its hash, the institution's signature, and that its parts tell
//! one story.

use std::collections::{BTreeMap, BTreeSet};

use kep::evidence::EvidenceKind;
use seal::{Certificate, Material};

use super::archive::Archive;
use super::{Line, Options, Outcome, mail, package, pdf, signature, worst};
use crate::evidence::check::{Demand, Listed, Subject, check as check_evidence};
use crate::proof::excerpt::{self, FullEntry, Walked};
use crate::proof::manifest::{self, Evidence, Manifest, Message};

/// Most bytes of the manifest, of its signature, of one evidence, of one message or letter.
const MOST_MANIFEST: u64 = 64 * 1024 * 1024;
const MOST_SIGNATURE: u64 = 1024 * 1024;
const MOST_EVIDENCE: u64 = 8 * 1024 * 1024;
const MOST_MESSAGE: u64 = 256 * 1024 * 1024;
const MOST_LOG: u64 = 256 * 1024 * 1024;
/// More faults than these say nothing new.
const MOST_FAULTS: usize = 100;

/// The checks of a bundle.
pub(super) fn check(mut archive: Archive, options: &Options) -> Vec<Line> {
    let json = match archive.bytes(manifest::PATH, MOST_MANIFEST) {
        Ok(json) => json,
        Err(text) => return vec![Line::new("İçindekiler", Outcome::Failed, text)],
    };
    let manifest = match read(&json) {
        Ok(manifest) => manifest,
        Err(text) => return vec![Line::new("İçindekiler", Outcome::Failed, text)],
    };
    let mut bundle = Bundle {
        archive,
        options: options.clone(),
        lines: vec![head(&manifest)],
        manifest,
    };
    bundle.files();
    bundle.options.material = bundle.material();
    bundle.signature(&json);
    bundle.letter();
    for message in bundle.manifest.messages.clone() {
        bundle.message(&message);
    }
    bundle.log();
    bundle.lines
}

fn read(json: &[u8]) -> Result<Manifest, String> {
    let manifest: Manifest = serde_json::from_slice(json)
        .map_err(|error| format!("{} okunamıyor: {error}.", manifest::PATH))?;
    if manifest.format != manifest::FORMAT || manifest.version > manifest::VERSION {
        return Err(format!(
            "Paket biçimi tanınmıyor: {} {}. DYS'nin daha yeni bir sürümü gerekebilir.",
            manifest.format, manifest.version
        ));
    }
    Ok(manifest)
}

fn head(manifest: &Manifest) -> Line {
    let letter = &manifest.letter;
    let mut text = format!(
        "{}, {} sayılı yazı ({}): {} ileti, {} dosya.",
        manifest.institution,
        letter.number,
        letter.date,
        manifest.messages.len(),
        manifest.files.len()
    );
    if manifest.rehearsal {
        text.push_str(" PROVA kurulumunda hazırlanmıştır, hukuki değeri yoktur.");
    }
    Line::new("Paket", Outcome::Ok, text)
}

struct Bundle {
    archive: Archive,
    options: Options,
    manifest: Manifest,
    lines: Vec<Line>,
}

impl Bundle {
    fn say(&mut self, name: &str, outcome: Outcome, text: impl Into<String>) {
        self.lines.push(Line::new(name, outcome, text));
    }

    /// Adds a part's lines: its faults one by one, what holds as one line.
    fn part(&mut self, name: &str, path: &str, lines: Vec<Line>) {
        if worst(&lines) == Outcome::Ok {
            let text = format!("{path}: {} denetim tuttu.", lines.len());
            return self.say(name, Outcome::Ok, text);
        }
        for line in lines.into_iter().filter(|line| line.outcome != Outcome::Ok) {
            let text = format!("{path}: {}: {}", line.name, line.text);
            self.say(name, line.outcome, text);
        }
    }

    /// Every file is listed, every listed file is there, and each has its hash.
    fn files(&mut self) {
        let listed: BTreeSet<&str> = self
            .manifest
            .files
            .iter()
            .map(|file| file.path.as_str())
            .chain([manifest::PATH, manifest::SIGNATURE_PATH])
            .collect();
        let mut faults: Vec<String> = self
            .archive
            .names()
            .iter()
            .filter(|name| !listed.contains(name.as_str()))
            .map(|name| format!("{name}: içindekiler listesinde yok."))
            .collect();
        for file in &self.manifest.files {
            if faults.len() >= MOST_FAULTS {
                break;
            }
            match self.archive.digest(&file.path, file.size) {
                Err(text) => faults.push(text),
                Ok((size, hash)) if size != file.size || hash != file.sha256 => {
                    faults.push(format!("{}: içeriği değişmiş; özeti tutmuyor.", file.path));
                }
                Ok(_) => {}
            }
        }
        if faults.is_empty() {
            let text = format!(
                "{} dosyanın SHA-256 özeti tutuyor.",
                self.manifest.files.len()
            );
            self.say("Özetler", Outcome::Ok, text);
        }
        for text in faults {
            self.say("Özetler", Outcome::Failed, text);
        }
    }

    /// The institution's signature over the manifest.
    fn signature(&mut self, json: &[u8]) {
        match self.archive.bytes(manifest::SIGNATURE_PATH, MOST_SIGNATURE) {
            Ok(signed) => {
                let lines = signature::check(&signed, Some(json), &self.options);
                self.signed_by("Kurumun imzası", manifest::SIGNATURE_PATH, lines);
            }
            Err(text) => self.say("Kurumun imzası", Outcome::Failed, text),
        }
    }

    /// As [`Self::part`], but tells who signed.
    fn signed_by(&mut self, name: &str, path: &str, lines: Vec<Line>) {
        let signer = lines.iter().find(|line| line.name == "İmzacı").cloned();
        self.part(name, path, lines);
        if let (Some(signer), Some(last)) = (signer, self.lines.last_mut())
            && last.outcome == Outcome::Ok
        {
            last.text = format!("{path}: {}", signer.text);
        }
    }

    /// Certificates and revocation data of the bundle: they help, and are trusted by nobody.
    fn material(&mut self) -> Material {
        let mut material = self.options.material.clone();
        let paths: Vec<String> = self
            .manifest
            .files
            .iter()
            .map(|it| it.path.clone())
            .collect();
        for path in paths {
            let Ok(bytes) = (match path.split('/').next() {
                Some("sertifikalar" | "iptal") => self.archive.bytes(&path, MOST_EVIDENCE),
                _ => continue,
            }) else {
                continue;
            };
            if path.ends_with(".crl") {
                material.crls.push(bytes);
            } else if path.ends_with(".ocsp") {
                material.ocsps.push(bytes);
            } else if let Ok(read) = Certificate::read_all(&bytes) {
                material.certificates.extend(read);
            }
        }
        let known = self.options.trust.roots();
        let foreign = material
            .certificates
            .iter()
            .filter(|it| it.is_authority() && !known.contains(it))
            .map(Certificate::common_name)
            .collect::<BTreeSet<_>>();
        if self.options.trust.is_empty() && !foreign.is_empty() {
            let names = foreign.into_iter().collect::<Vec<_>>().join(", ");
            let text = format!(
                "Güvenilen kök verilmedi. Paketteki sertifikalar ({names}) güvenilir sayılmaz; kökü \
                 güvendiğiniz yerden alıp --roots ile verin."
            );
            self.say("Kökler", Outcome::Failed, text);
        }
        material
    }

    fn letter(&mut self) {
        let path = self.manifest.letter.path.clone();
        if !path.ends_with(".pdf") {
            return;
        }
        match self.spool(&path) {
            Ok(file) => self.part("Yazı", &path, pdf::check(file)),
            Err(text) => self.say("Yazı", Outcome::Failed, text),
        }
    }

    /// An entry as a file of its own, since its reader seeks.
    fn spool(&mut self, path: &str) -> Result<std::fs::File, String> {
        use std::io::{Seek as _, Write as _};
        let bytes = self.archive.bytes(path, MOST_MESSAGE)?;
        let failed = |error: std::io::Error| format!("{path}: {error}.");
        let mut file = tempfile::tempfile().map_err(failed)?;
        file.write_all(&bytes).map_err(failed)?;
        file.rewind().map_err(failed)?;
        Ok(file)
    }

    fn message(&mut self, message: &Message) {
        match self.archive.bytes(&message.path, MOST_MESSAGE) {
            Ok(bytes) => match mail::check(&bytes.into(), &self.options) {
                Some(lines) => self.signed_by("İleti", &message.path, lines),
                None => {
                    let text = format!("{}: imzalı bir ileti değil.", message.path);
                    self.say("İleti", Outcome::Failed, text);
                }
            },
            Err(text) => self.say("İleti", Outcome::Failed, text),
        }
        if let Some(path) = &message.package {
            match self.spool(path) {
                Ok(file) => {
                    let lines = package::check(file, &self.options);
                    self.part("e-Yazışma paketi", path, lines);
                }
                Err(text) => self.say("e-Yazışma paketi", Outcome::Failed, text),
            }
        }
        for evidence in &message.evidence {
            self.evidence(message, evidence);
        }
    }

    fn evidence(&mut self, message: &Message, evidence: &Evidence) {
        let Some(path) = &evidence.path else {
            let text = format!("{} numaralı delilin dosyası alınamamış.", evidence.id);
            return self.say("Delil", Outcome::Open, text);
        };
        let bytes = match self.archive.bytes(path, MOST_EVIDENCE) {
            Ok(bytes) => bytes,
            Err(text) => return self.say("Delil", Outcome::Failed, text),
        };
        let subject = Subject {
            rfc_message_id: message.message_id.clone(),
            provider_id: message.provider_id.clone(),
            address: message.address.clone(),
            sha256: self.hash_of(&message.path),
        };
        let kind = EvidenceKind::from_name(&evidence.kind).unwrap_or(EvidenceKind::Unknown);
        let listed = Listed {
            kind,
            at: evidence.at,
        };
        let demand = Demand {
            roots: self.options.trust.clone(),
            material: self.options.material.clone(),
            // The one who checks decides anew: a file without a signature is told, not passed.
            accept_unsigned: true,
            ..Demand::default()
        };
        let checked = check_evidence(&bytes, listed, &subject, &demand, self.options.at);
        let mut words = kind.sentence().unwrap_or("Bilinmeyen delil.").to_owned();
        if let Some(signer) = &checked.signer {
            words.push_str(&format!(" İmzalayan: {signer}."));
        }
        self.part("Delil", path, checked.lines);
        if let Some(last) = self.lines.last_mut()
            && last.outcome == Outcome::Ok
        {
            last.text = format!("{path}: {words}");
        }
    }

    fn hash_of(&self, path: &str) -> String {
        let file = self.manifest.files.iter().find(|file| file.path == path);
        file.map(|file| file.sha256.clone()).unwrap_or_default()
    }

    /// The excerpt of the log holds, and tells of the files that lie here.
    fn log(&mut self) {
        let audit = self.manifest.audit.clone();
        let walked = match self.archive.bytes(&audit.path, MOST_LOG) {
            Ok(bytes) => excerpt::walk(bytes.as_slice()).map_err(|error| error.to_string()),
            Err(text) => Err(text),
        };
        let walked = match walked {
            Ok(walked) => walked,
            Err(text) => return self.say("Denetim kaydı", Outcome::Failed, text),
        };
        let mut faults = walked.broken.clone();
        let counted = walked.entries.len() as u64;
        if counted != audit.entries {
            faults.push(format!(
                "Denetim kaydı: {} satır olmalı, {counted} satır var.",
                audit.entries
            ));
        }
        if (walked.head, walked.head_hash.as_str()) != (audit.head, audit.head_hash.as_str()) {
            faults.push("Denetim kaydı: son satır, içindekiler listesindeki değil.".to_owned());
        }
        faults.extend(self.told_by_log(&walked.entries));
        if faults.is_empty() {
            self.say("Denetim kaydı", Outcome::Ok, log_words(&walked));
        }
        for text in faults {
            self.say("Denetim kaydı", Outcome::Failed, text);
        }
    }

    /// What the log says about letter, messages and evidence, against the files.
    fn told_by_log(&self, entries: &[FullEntry]) -> Vec<String> {
        let hashes: BTreeMap<&str, &str> = self
            .manifest
            .files
            .iter()
            .map(|file| (file.sha256.as_str(), file.path.as_str()))
            .collect();
        let mut faults = Vec::new();
        let details = |action: &'static str| {
            entries
                .iter()
                .filter(move |entry| entry.action == action)
                .filter_map(|entry| {
                    let detail: serde_json::Value = serde_json::from_str(&entry.detail).ok()?;
                    Some((entry.seq, detail))
                })
        };
        if let Some((seq, detail)) = details("document.freeze").next_back() {
            let hash = detail["hash"].as_str().unwrap_or_default();
            if self.hash_of(&self.manifest.letter.path) != hash {
                faults.push(format!(
                    "Yazı, {seq}. satırda imzaya hazırlanan yazı değil."
                ));
            }
        }
        if let Some((seq, detail)) = details("dispatch.send").next_back() {
            for message in detail["messages"].as_array().into_iter().flatten() {
                let hash = message["hash"].as_str().unwrap_or_default();
                if !hashes.contains_key(hash) {
                    let id = message["message_id"].as_str().unwrap_or_default();
                    faults.push(format!("{seq}. satırdaki {id} iletisi pakette yok."));
                }
            }
        }
        for (seq, detail) in details("evidence.check") {
            let hash = detail["hash"].as_str().unwrap_or_default();
            if !hashes.contains_key(hash) {
                let id = detail["evidence"].as_str().unwrap_or_default();
                faults.push(format!(
                    "{seq}. satırda gelen {id} numaralı delil pakette yok."
                ));
            }
        }
        faults
    }
}

fn log_words(walked: &Walked) -> String {
    let mut text = format!(
        "Yazının {} satırı ve aradaki {} özet birbirine bağlanıyor; son satır {}.",
        walked.entries.len(),
        walked.links,
        walked.head
    );
    if walked.left_out > 0 {
        text.push_str(&format!(
            " Aradaki {} satırın özeti pakette yok; onlar için kurumun kaydına bakılır.",
            walked.left_out
        ));
    }
    text
}
