//! A proof bundle: every file by its hash, the institution's signature, and that its parts tell
//! one story.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use bytes::Bytes;
use jiff::Timestamp;
use kep::evidence::EvidenceKind;
use seal::{Certificate, CheckName, Material};

use super::archive::Archive;
use super::signature::Stamp;
use super::{Line, Options, Outcome, mail, package, pdf, signature, worst};
use crate::evidence::check::{
    Demand, Listed, SAME_DIGEST, Subject, Verdict, check as check_evidence,
};
use crate::proof::excerpt::{self, FullEntry, Walked};
use crate::proof::manifest::{self, Evidence, Manifest, Message};
use crate::store::BlobHash;

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
        lines: head(&manifest),
        signed_contents: BTreeSet::new(),
        manifest,
    };
    bundle.files();
    bundle.options.material = bundle.material();
    if let Some(stamped) = bundle.signature(&json) {
        // The list named every file's hash at that moment, so each was there: a signature without
        // a stamp of its own is looked at as of then, and holds when its certificate has run out.
        bundle.options.at = bundle.options.at.min(stamped);
    }
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

fn head(manifest: &Manifest) -> Vec<Line> {
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
    let mut lines = vec![Line::new("Paket", Outcome::Ok, text)];
    let notes = manifest.notes.iter().take(MOST_FAULTS);
    lines.extend(notes.map(|note| Line::new("Not", Outcome::Ok, note)));
    lines
}

struct Bundle {
    archive: Archive,
    options: Options,
    manifest: Manifest,
    lines: Vec<Line>,
    /// SHA-256 of what the packages' persons signed.
    signed_contents: BTreeSet<String>,
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

    /// The institution's signature over the manifest; the moment at which a time-stamp authority
    /// saw it, where everything about it holds.
    fn signature(&mut self, json: &[u8]) -> Option<Timestamp> {
        let signed = match self.archive.bytes(manifest::SIGNATURE_PATH, MOST_SIGNATURE) {
            Ok(signed) => signed,
            Err(text) => {
                self.say("Kurumun imzası", Outcome::Failed, text);
                return None;
            }
        };
        let report = signature::report(&signed, Some(json), &self.options);
        let lines = signature::of_report(&report, Stamp::May);
        self.signed_by("Kurumun imzası", manifest::SIGNATURE_PATH, lines);
        let [signer] = report.signers.as_slice() else {
            return None;
        };
        let rooted = signer.outcome(CheckName::Chain) == Some(seal::Outcome::Ok);
        signer
            .stamped_at
            .filter(|_| rooted && report.failure().is_none())
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
                material.add_ocsp(&bytes);
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
        // Evidence that names the message's digest shows that it was there, signed as it is, when
        // the provider's evidence was stamped; it is told after the message all the same.
        let before = self.lines.len();
        let mut options = self.options.clone();
        for evidence in &message.evidence {
            if let Some(seen) = self.evidence(message, evidence) {
                options.at = options.at.min(seen);
            }
        }
        let evidence = self.lines.split_off(before);
        match self.archive.bytes(&message.path, MOST_MESSAGE) {
            Ok(bytes) => {
                let bytes = Bytes::from(bytes);
                match mail::check(&bytes, &options) {
                    Some(lines) => self.signed_by("İleti", &message.path, lines),
                    None => {
                        let text = format!("{}: imzalı bir ileti değil.", message.path);
                        self.say("İleti", Outcome::Failed, text);
                    }
                }
                self.carried(message, &bytes);
            }
            Err(text) => self.say("İleti", Outcome::Failed, text),
        }
        self.lines.extend(evidence);
    }

    /// What the message carries: the package that lies beside it, with the letter inside; a notice
    /// carries the letter itself.
    fn carried(&mut self, message: &Message, bytes: &Bytes) {
        const NAME: &str = "e-Yazışma paketi";
        let files = mail::files(bytes);
        let inside = files.iter().find(|file| mail::is_package(file));
        let (path, package) = match (&message.package, inside) {
            (Some(path), Some(inside)) => match self.archive.bytes(path, MOST_MESSAGE) {
                Ok(beside) if beside == inside.bytes => (path.clone(), inside.bytes.clone()),
                Ok(_) => {
                    let text = format!("{path}: {} içindeki paket değil.", message.path);
                    return self.say(NAME, Outcome::Failed, text);
                }
                Err(text) => return self.say(NAME, Outcome::Failed, text),
            },
            (Some(path), None) => {
                let text = format!("{path}: {} paket taşımıyor.", message.path);
                return self.say(NAME, Outcome::Failed, text);
            }
            (None, Some(inside)) => (message.path.clone(), inside.bytes.clone()),
            (None, None) => {
                let letter = self.hash_of(&self.manifest.letter.path);
                let is_letter = |bytes: &Bytes| BlobHash::of(bytes).as_str() == letter;
                if !files.iter().any(|file| is_letter(&file.bytes)) {
                    let text = format!("{}: yazıyı taşımıyor.", message.path);
                    self.say("İleti", Outcome::Failed, text);
                }
                return;
            }
        };
        self.package(NAME, &path, &package);
    }

    /// The package's own checks, and that its letter is the bundle's letter.
    fn package(&mut self, name: &str, path: &str, bytes: &Bytes) {
        let package = match package::read(Cursor::new(bytes)) {
            Ok(package) => package,
            Err(line) => return self.part(name, path, vec![line]),
        };
        if let Some(content) = &package.package_digest_bytes {
            let hash = BlobHash::of(content).as_str().to_owned();
            self.signed_contents.insert(hash);
        }
        let mut lines = package::checks(&package, &mut Cursor::new(bytes), &self.options);
        let letter = package.letter().and_then(|part| {
            let mut letter = Vec::new();
            let limits = eyazisma::Limits::default();
            eyazisma::extract(Cursor::new(bytes), &limits, part, &mut letter).ok()?;
            Some(BlobHash::of(&letter))
        });
        let listed = self.hash_of(&self.manifest.letter.path);
        lines.push(match letter {
            Some(hash) if hash.as_str() == listed => Line::new(
                package::LETTER,
                Outcome::Ok,
                "Paketteki üst yazı bu yazıdır.",
            ),
            _ => {
                let text = format!("Paketteki üst yazı {} değil.", self.manifest.letter.path);
                Line::new(package::LETTER, Outcome::Failed, text)
            }
        });
        let number = package.number().unwrap_or_default();
        if number != self.manifest.letter.number {
            let text = format!("Paketin sayısı ({number}) yazının sayısı değil.");
            lines.push(Line::new("Sayı", Outcome::Failed, text));
        }
        let signers: Vec<String> = lines
            .iter()
            .filter(|line| line.name.ends_with(": İmzacı"))
            .map(|line| format!("{} {}", line.name.trim_end_matches("İmzacı"), line.text))
            .collect();
        self.part(name, path, lines);
        if let Some(last) = self.lines.last_mut()
            && last.outcome == Outcome::Ok
        {
            last.text.push_str(&format!(" {}", signers.join(" ")));
        }
    }

    /// Checks one evidence; gives the stamped moment at which it proves that the message existed.
    fn evidence(&mut self, message: &Message, evidence: &Evidence) -> Option<Timestamp> {
        let Some(path) = &evidence.path else {
            let text = format!("{} numaralı delilin dosyası alınamamış.", evidence.id);
            self.say("Delil", Outcome::Open, text);
            return None;
        };
        let bytes = match self.archive.bytes(path, MOST_EVIDENCE) {
            Ok(bytes) => bytes,
            Err(text) => {
                self.say("Delil", Outcome::Failed, text);
                return None;
            }
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
            roots: self.options.evidence_roots().clone(),
            material: self.options.material.clone(),
            // The one who checks decides anew: a file without a signature is told, not passed.
            accept_unsigned: true,
            ..Demand::default()
        };
        let mut checked = check_evidence(&bytes, listed, &subject, &demand, self.options.at);
        if checked.stamped_at.is_none() {
            checked.lines.iter_mut().for_each(signature::tell_unstamped);
        }
        let mut words = kind.sentence().unwrap_or("Bilinmeyen delil.").to_owned();
        if let Some(signer) = &checked.signer {
            words.push_str(&format!(" İmzalayan: {signer}."));
        }
        let digested = |line: &Line| line.name == SAME_DIGEST && line.outcome == Outcome::Ok;
        let proves = checked.verdict == Verdict::Verified && checked.lines.iter().any(digested);
        let seen = checked.stamped_at.filter(|_| proves);
        self.part("Delil", path, checked.lines);
        if let Some(last) = self.lines.last_mut()
            && last.outcome == Outcome::Ok
        {
            last.text = format!("{path}: {words}");
        }
        seen
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
        if let Some((seq, detail)) = details("package.draft").next_back() {
            let content = detail["content"].as_str().unwrap_or_default();
            if self.signed_contents.iter().any(|hash| hash != content) {
                faults.push(format!(
                    "Paketteki Paket Özeti, {seq}. satırda imzaya sunulan içerik değil."
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
