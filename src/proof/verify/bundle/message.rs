//! What a bundle says of each message: the message itself, the package in it, the evidence about it.

use std::io::Cursor;

use bytes::Bytes;
use eyazisma::{Package, Party};
use jiff::Timestamp;
use kep::evidence::EvidenceKind;

use super::{Bundle, MOST_EVIDENCE, MOST_MESSAGE};
use crate::evidence::check::{
    Demand, Listed, SAME_DIGEST, Subject, Verdict, check as check_evidence, is_same,
};
use crate::proof::manifest::{Evidence, Message};
use crate::proof::verify::{Line, Outcome, evidence, mail, package, roles, signature};
use crate::store::BlobHash;

/// What the lines about packages are called.
const PACKAGE: &str = "e-Yazışma paketi";

/// Who got a package.
enum Receiver<'m> {
    /// The institution kept it.
    Nobody,
    Of(&'m Message),
}

impl Receiver<'_> {
    /// Numbers by which DagitimListesi may name them: those that the list tells, else those of
    /// whoever has the message's address there.
    fn numbers(&self, package: &Package) -> Vec<String> {
        let message = match self {
            // A number that nobody has: nothing may be missing.
            Self::Nobody => return vec!["-".to_owned()],
            Self::Of(message) => message,
        };
        if !message.numbers.is_empty() {
            return message.numbers.clone();
        }
        let lines = package.metadata.iter().flat_map(|it| &it.recipients);
        let parties = lines.map(|line| &line.party).filter(|party| {
            let contact = match party {
                Party::Institution(it) => &it.contact,
                Party::Person(it) => &it.contact,
                Party::Company(it) => &it.contact,
            };
            let address = contact.as_ref().and_then(|it| it.kep_address.as_deref());
            address.is_some_and(|it| it.eq_ignore_ascii_case(&message.address))
        });
        parties
            .flat_map(|party| match party {
                Party::Institution(it) => vec![Some(it.code.clone()), it.unit_code.clone()],
                other => vec![other.key().map(str::to_owned)],
            })
            .flatten()
            .collect()
    }
}

/// What the list says of a message against what the message says of itself.
fn says_the_same(message: &Message, signed: &mail::Signed) -> Vec<Line> {
    let listed = message.message_id.trim().trim_matches(['<', '>']);
    let mut lines = Vec::new();
    if signed.message_id.as_deref() != Some(listed) {
        let told = signed.message_id.as_deref().unwrap_or("okunamıyor");
        let told: String = told.chars().take(200).collect();
        let text = format!("İletinin kimliği {told}; listede {listed} yazıyor.");
        lines.push(Line::new("Kimlik", Outcome::Failed, text));
    }
    let [address] = signed.recipients.as_slice() else {
        let text = "İletinin tek alıcısı olmalı; alıcısı okunamıyor ya da birden çok.";
        lines.push(Line::new("Alıcı", Outcome::Failed, text));
        return lines;
    };
    if !is_same(address, &message.address) {
        let text = format!(
            "İleti {address} adresine; listede {} yazıyor.",
            message.address
        );
        lines.push(Line::new("Alıcı", Outcome::Failed, text));
    }
    lines
}

/// The number of an event against its kind, where both are known.
fn same_code(evidence: &Evidence, kind: EvidenceKind) -> Option<Line> {
    let code = evidence.code?;
    let told = EvidenceKind::ALL
        .into_iter()
        .find(|it| it.code() == Some(code))?;
    (told != kind).then(|| {
        let text = format!(
            "Listedeki kod {code} başka bir olayın: “{}”.",
            told.sentence().unwrap_or_default().trim_end_matches('.')
        );
        Line::new("Kod", Outcome::Failed, text)
    })
}

impl Bundle {
    /// The package as the institution keeps it, with every attachment.
    pub(super) fn whole(&mut self) {
        let Some(path) = self.manifest.letter.package.clone() else {
            return;
        };
        let hash = self.hash_of(&path);
        let mut sent = self
            .manifest
            .messages
            .iter()
            .filter_map(|it| it.package.as_ref());
        let same = sent.find(|it| !hash.is_empty() && self.hash_of(it) == hash);
        if let Some(sent) = same.cloned() {
            let text = format!("{path}: gönderilen paketin aynısı ({sent}).");
            return self.say(PACKAGE, Outcome::Ok, text);
        }
        match self.archive.bytes(&path, MOST_MESSAGE) {
            // Nobody's attachments were left out of it.
            Ok(bytes) => self.package(&path, &bytes.into(), &Receiver::Nobody),
            Err(text) => self.say(PACKAGE, Outcome::Failed, text),
        }
    }

    pub(super) fn message(&mut self, message: &Message) {
        // Evidence that names the message's digest shows that it was there, signed as it is, when
        // the provider's evidence was stamped; it is told after the message all the same.
        let before = self.lines.len();
        let now = self.options.at;
        let mut at = now;
        for evidence in &message.evidence {
            if let Some(seen) = self.evidence(message, evidence) {
                at = at.min(seen);
            }
        }
        let evidence = self.lines.split_off(before);
        match self.archive.bytes(&message.path, MOST_MESSAGE) {
            Ok(bytes) => {
                let bytes = Bytes::from(bytes);
                self.options.at = at;
                let signed = mail::check(&bytes, &self.options);
                self.options.at = now;
                match signed {
                    Some(mut signed) => {
                        signed.lines.extend(says_the_same(message, &signed));
                        self.parties.extend(signed.signers);
                        self.signed_by("İleti", &message.path, signed.lines);
                    }
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
        let files = mail::files(bytes);
        let inside = files.iter().find(|file| mail::is_package(file));
        let (path, package) = match (&message.package, inside) {
            (Some(path), Some(inside)) => match self.archive.bytes(path, MOST_MESSAGE) {
                Ok(beside) if beside == inside.bytes => (path.clone(), inside.bytes.clone()),
                Ok(_) => {
                    let text = format!("{path}: {} içindeki paket değil.", message.path);
                    return self.say(PACKAGE, Outcome::Failed, text);
                }
                Err(text) => return self.say(PACKAGE, Outcome::Failed, text),
            },
            (Some(path), None) => {
                let text = format!("{path}: {} paket taşımıyor.", message.path);
                return self.say(PACKAGE, Outcome::Failed, text);
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
        self.package(&path, &package, &Receiver::Of(message));
    }

    /// The package's own checks, and that its letter is the bundle's letter.
    fn package(&mut self, path: &str, bytes: &Bytes, receiver: &Receiver<'_>) {
        let package = match package::read(Cursor::new(bytes)) {
            Ok(package) => package,
            Err(line) => return self.part(PACKAGE, path, vec![line]),
        };
        if let Some(content) = &package.package_digest_bytes {
            let hash = BlobHash::of(content).as_str().to_owned();
            self.signed_contents.insert(hash);
        }
        let receiver = receiver.numbers(&package);
        let mut reader = Cursor::new(bytes);
        let found = package::checks(&package, &mut reader, &self.options, &receiver);
        self.creators.extend(roles::creator(&package).cloned());
        self.sealers.extend(found.sealers);
        self.parties.extend(found.signers);
        let mut lines = found.lines;
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
        lines.extend(self.same_letter(&package));
        let signers: Vec<String> = lines
            .iter()
            .filter(|line| line.name.ends_with(": İmzacı"))
            .map(|line| format!("{} {}", line.name.trim_end_matches("İmzacı"), line.text))
            .collect();
        self.part(PACKAGE, path, lines);
        if let Some(last) = self.lines.last_mut()
            && last.outcome == Outcome::Ok
        {
            last.text.push_str(&format!(" {}", signers.join(" ")));
        }
    }

    /// What the list says of the letter against what its package says.
    fn same_letter(&self, package: &Package) -> Vec<Line> {
        let listed = &self.manifest.letter;
        let day = package::day_of(package).map(|it| it.to_string());
        let metadata = package.metadata.as_ref();
        let id = metadata.map(|it| it.id.as_str().to_lowercase());
        let subject = metadata.map(|it| it.subject.value.clone());
        let institution = roles::creator(package).map(Party::name);
        let pairs = [
            ("Sayı", package.number().map(str::to_owned), &listed.number),
            ("Tarih", day, &listed.date),
            ("Konu", subject, &listed.subject),
            ("Belge kimliği", id, &listed.id.to_lowercase()),
            ("Hazırlayan", institution, &self.manifest.institution),
        ];
        let mut lines = Vec::new();
        for (what, told, listed) in pairs {
            let told = told.unwrap_or_default();
            if !told.split_whitespace().eq(listed.split_whitespace()) {
                let told: String = told.chars().take(200).collect();
                let text = format!("Pakette “{told}”, içindekiler listesinde “{listed}” yazıyor.");
                lines.push(Line::new(what, Outcome::Failed, text));
            }
        }
        lines
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
            // Lent: a bundle may hold thousands of evidences and much material.
            material: std::mem::take(&mut self.options.material),
            // The one who checks decides anew: a file without a signature is told, not passed.
            accept_unsigned: true,
            ..Demand::default()
        };
        let mut checked = check_evidence(&bytes, listed, &subject, &demand, self.options.at);
        self.options.material = demand.material;
        if checked.stamped_at.is_none() {
            checked.lines.iter_mut().for_each(signature::tell_unstamped);
        }
        checked.lines.extend(same_code(evidence, kind));
        let was = evidence.result.as_deref().map(Verdict::from_code);
        if was.is_some_and(|was| was != checked.verdict) {
            let text = "DYS bu delili aldığında başka sonuca varmış; kökler ya da dosya farklı.";
            checked.lines.push(Line::new("Sonuç", Outcome::Open, text));
        }
        if checked.lines.iter().all(|line| line.name != SAME_DIGEST) {
            let text = "Delil iletinin özetini taşımıyor; iletiye yalnız kimliğiyle bağlı.";
            checked
                .lines
                .push(Line::new(SAME_DIGEST, Outcome::Open, text));
        }
        if let Some(signer) = evidence::signer_of(&bytes, &self.options) {
            self.witnesses.insert(path.clone(), signer);
        }
        let mut words = kind.sentence().unwrap_or("Bilinmeyen delil.").to_owned();
        if let Some(signer) = &checked.signer {
            words.push_str(&format!(" İmzalayan: {signer}."));
        }
        let digested = |line: &Line| line.name == SAME_DIGEST && line.outcome == Outcome::Ok;
        // Who is no known provider shows no moment either.
        let proves = self.options.evidence_trust.is_some()
            && checked.verdict == Verdict::Verified
            && checked.lines.iter().any(digested);
        let seen = checked.stamped_at.filter(|_| proves);
        self.part("Delil", path, checked.lines);
        if let Some(last) = self.lines.last_mut()
            && last.outcome == Outcome::Ok
        {
            last.text = format!("{path}: {words}");
        }
        seen
    }

    /// Who signed the evidence: nobody whose own signature is in the bundle, and providers alone.
    pub(super) fn witnesses(&mut self) {
        for (path, certificate) in std::mem::take(&mut self.witnesses) {
            if let Some(line) = roles::witness(&certificate, &self.parties, &self.options) {
                let text = format!("{path}: {}: {}", line.name, line.text);
                self.say("Delil", line.outcome, text);
            }
        }
    }
}
