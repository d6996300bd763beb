//! A proof bundle: every file by its hash, the institution's signature, and that its parts tell
//! one story.

mod log;
mod material;
mod message;

use std::collections::{BTreeMap, BTreeSet};

use eyazisma::Party;
use jiff::Timestamp;
use seal::Certificate;

use self::material::Gathered;
use super::archive::{Archive, MOST_ENTRIES};
use super::signature::Stamp;
use super::{Line, Options, Outcome, package, pdf, roles, signature, worst};
use crate::proof::manifest::{self, Manifest};

/// Most bytes of the manifest, of its signature, of one evidence, of one message or letter.
const MOST_MANIFEST: u64 = 64 * 1024 * 1024;
const MOST_SIGNATURE: u64 = 1024 * 1024;
const MOST_EVIDENCE: u64 = 8 * 1024 * 1024;
const MOST_MESSAGE: u64 = 256 * 1024 * 1024;
const MOST_LOG: u64 = 256 * 1024 * 1024;
/// What the lines about the signature over the list are called.
const SIGNATURE: &str = "Kurumun imzası";
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
    if let Some(text) = beyond(&manifest) {
        return vec![Line::new("İçindekiler", Outcome::Failed, text)];
    }
    let mut bundle = Bundle {
        archive,
        options: options.clone(),
        lines: head(&manifest),
        signed_contents: BTreeSet::new(),
        creators: Vec::new(),
        sealers: Vec::new(),
        parties: Vec::new(),
        witnesses: BTreeMap::new(),
        manifest,
    };
    bundle.files();
    bundle.material();
    let signature = bundle.signature(&json);
    if let Some(stamped) = signature.as_ref().and_then(stamped_at) {
        // The list named every file's hash at that moment, so each was there: a signature without
        // a stamp of its own is looked at as of then, and holds when its certificate has run out.
        bundle.options.at = bundle.options.at.min(stamped);
    }
    bundle.letter();
    bundle.whole();
    for message in bundle.manifest.messages.clone() {
        bundle.message(&message);
    }
    bundle.witnesses();
    bundle.owner(signature.as_ref());
    bundle.log();
    bundle.lines
}

/// The moment at which a time-stamp authority saw a signature about which everything holds.
fn stamped_at(report: &seal::Report) -> Option<Timestamp> {
    let [signer] = report.signers.as_slice() else {
        return None;
    };
    signer.stamped_at.filter(|_| signature::holds(report))
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

/// Why nothing in a list is looked at: every file is listed once and has one place, so that none is
/// read, kept or checked more often than it lies in the archive.
fn beyond(manifest: &Manifest) -> Option<String> {
    let files = manifest.files.iter().map(|file| file.path.as_str());
    let places = manifest.messages.iter().flat_map(|message| {
        let evidence = message.evidence.iter().filter_map(|it| it.path.as_deref());
        let package = message.package.as_deref();
        [message.path.as_str()]
            .into_iter()
            .chain(package)
            .chain(evidence)
    });
    again(files).or_else(|| again(places))
}

/// Why paths cannot be followed, if so.
fn again<'m>(paths: impl Iterator<Item = &'m str>) -> Option<String> {
    let mut known = BTreeSet::new();
    for path in paths {
        if !known.insert(path) {
            let path: String = path.chars().take(200).collect();
            return Some(format!(
                "{path}: içindekiler listesinde birden çok kez yazıyor; liste denetlenmedi."
            ));
        }
        if known.len() > MOST_ENTRIES {
            return Some(format!(
                "İçindekiler listesinde çok fazla dosya var (sınır {MOST_ENTRIES})."
            ));
        }
    }
    None
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
    let notes = manifest.notes.iter().filter(|note| !note.trim().is_empty());
    let notes = notes.take(MOST_FAULTS);
    lines.extend(notes.map(|note| Line::new("Not", Outcome::Ok, note)));
    lines.push(Line::new("Not", Outcome::Ok, package::TEXT_NOTE));
    lines
}

struct Bundle {
    archive: Archive,
    options: Options,
    manifest: Manifest,
    lines: Vec<Line>,
    /// SHA-256 of what the packages' persons signed.
    signed_contents: BTreeSet<String>,
    /// Who prepared the packages, as each says it.
    creators: Vec<Party>,
    /// Whose certificates sealed them, where everything about the seal holds.
    sealers: Vec<Certificate>,
    /// Whose certificates signed list, messages and packages: no evidence is theirs to give.
    parties: Vec<Certificate>,
    /// Whose certificate signed each evidence, by its path.
    witnesses: BTreeMap<String, Certificate>,
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
    fn signature(&mut self, json: &[u8]) -> Option<seal::Report> {
        let signed = match self.archive.bytes(manifest::SIGNATURE_PATH, MOST_SIGNATURE) {
            Ok(signed) => signed,
            Err(text) => {
                self.say(SIGNATURE, Outcome::Failed, text);
                return None;
            }
        };
        let report = signature::report(&signed, Some(json), &self.options);
        let lines = signature::of_report(&report, Stamp::May);
        self.signed_by(SIGNATURE, manifest::SIGNATURE_PATH, lines);
        self.parties.extend(signature::certificates(&report));
        Some(report)
    }

    /// That whoever signed the list is who prepared the letter.
    fn owner(&mut self, report: Option<&seal::Report>) {
        let said =
            report.and_then(|it| roles::list_signer(SIGNATURE, it, &self.creators, &self.sealers));
        self.lines.extend(said);
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
    fn material(&mut self) {
        let mut gathered = Gathered::new(std::mem::take(&mut self.options.material));
        for file in &self.manifest.files {
            let path = &file.path;
            if !matches!(path.split('/').next(), Some("sertifikalar" | "iptal")) {
                continue;
            }
            if let Ok(bytes) = self.archive.bytes(path, MOST_EVIDENCE)
                && !gathered.add(path, bytes)
            {
                let text = format!(
                    "Paketteki sertifikalar ve iptal verileri {} MB üstünde; fazlası kullanılmadı.",
                    material::MOST_BYTES >> 20
                );
                self.lines
                    .push(Line::new("İptal verileri", Outcome::Open, text));
                break;
            }
        }
        self.options.material = gathered.material;
        let material = &self.options.material;
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

    fn hash_of(&self, path: &str) -> String {
        let file = self.manifest.files.iter().find(|file| file.path == path);
        file.map(|file| file.sha256.clone()).unwrap_or_default()
    }
}
