//! The three digest lists: which parts they have to name, by which algorithms, and whether the
//! bytes are the ones that were digested.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Options;
use super::finding::{Finding, Findings, Severity, quoted};
use crate::digest::Algorithm;
use crate::model::{DigestEntry, DigestList, Generation, Guid, Metadata, Party};
use crate::names::{EXTERNAL, INTERNAL, LETTER_FOLDER, file_name, unescape};
use crate::read::{Kind, Package, Role};

pub(super) fn check(package: &Package, options: &Options<'_>, to: &mut Findings) {
    let files = Files::of(package.metadata.as_ref(), options.receiver);
    for (which, list) in [
        (Role::InitialsDigest, &package.initials_digest),
        (Role::PackageDigest, &package.package_digest),
        (Role::FinalDigest, &package.final_digest),
    ] {
        let Some(list) = list else { continue };
        // The digest outside an encrypted package speaks of what lies inside.
        if package.kind == Kind::Encrypted {
            continue;
        }
        let mut lists = Lists {
            package,
            files: &files,
            which,
            to,
        };
        lists.identifier(list);
        lists.contents(list);
        if which == Role::PackageDigest {
            lists.one_letter(list);
        }
        for entry in &list.entries {
            lists.entry(entry);
        }
    }
}

struct Lists<'a> {
    package: &'a Package,
    files: &'a Files<'a>,
    which: Role,
    to: &'a mut Findings,
}

impl Lists<'_> {
    fn say(&mut self, code: &'static str, severity: Severity, sentence: String) {
        let finding = Finding::new(code, severity, sentence);
        let part = self.package.part_of(self.which).unwrap_or_default();
        self.to.push(finding.at(part));
    }

    fn label(&self) -> &'static str {
        self.which.label()
    }

    /// K.34, K.44: the list's Id is the document's.
    fn identifier(&mut self, list: &DigestList) {
        let expected = match self.package.kind {
            Kind::Update => self
                .package
                .core
                .as_ref()
                .and_then(|core| core.identifier.as_deref()),
            _ => self.package.metadata.as_ref().map(|it| it.id.as_str()),
        };
        let Some(expected) = expected else { return };
        let found = list.id.as_deref().unwrap_or_default();
        if !found.eq_ignore_ascii_case(expected) {
            let code = if self.which == Role::PackageDigest {
                "K.34"
            } else {
                "K.44"
            };
            let sentence = format!(
                "{} kimliği {} belge kimliğiyle aynı değil.",
                self.label(),
                quoted(found)
            );
            self.say(code, Severity::Serious, sentence);
        }
    }

    /// K.33, K.43 and the table of what each list names.
    fn contents(&mut self, list: &DigestList) {
        // What lies outside is hashed by nobody here, so it covers no part.
        let uris: HashSet<String> = list
            .entries
            .iter()
            .filter(|entry| !entry.is_external())
            .filter_map(|entry| Some(unescape(&entry.uri)?.to_ascii_lowercase()))
            .collect();
        for (role, severity) in expected(self.package, self.which) {
            for relation in self.package.relations.iter().filter(|it| it.role == role) {
                let named = uris.contains(&relation.part.to_ascii_lowercase());
                // An initials' signature that was taken out leaves its relationship behind, or not.
                let there = self.package.part(&relation.part).is_some();
                if !named && there {
                    let code = match self.which {
                        Role::PackageDigest => "K.33",
                        Role::FinalDigest => "K.43",
                        _ => "CB.PARAFOZETI",
                    };
                    let sentence = format!(
                        "{} içinde {} için özet değeri yok ({}).",
                        self.label(),
                        role.label(),
                        quoted(&relation.part)
                    );
                    self.say(code, severity, sentence);
                }
            }
        }
    }

    /// Nothing else that was signed can take the letter's place: which of two files it is, only a
    /// relationship would tell, and no digest covers those.
    fn one_letter(&mut self, list: &DigestList) {
        let Some(letter) = self.package.letter().map(str::to_ascii_lowercase) else {
            return;
        };
        let folder = LETTER_FOLDER.to_ascii_lowercase();
        let letters: BTreeSet<String> = list
            .entries
            .iter()
            .map(|entry| unescape(&entry.uri).unwrap_or_else(|| entry.uri.clone()))
            .map(|name| name.to_ascii_lowercase())
            .filter(|name| name.starts_with(&folder))
            .collect();
        if !letters.contains(&letter) {
            return;
        }
        for other in letters.iter().filter(|name| **name != letter) {
            let sentence = format!(
                "{} üst yazının yanında {} dosyasını da üst yazı yerinde gösteriyor; hangisinin \
                 imzalandığı belli değil.",
                self.label(),
                quoted(other)
            );
            self.say("K.33", Severity::Critical, sentence);
        }
    }

    fn entry(&mut self, entry: &DigestEntry) {
        let name = unescape(&entry.uri).unwrap_or_else(|| entry.uri.clone());
        if name.is_empty() {
            let sentence = format!("{} içinde URI değeri boş bir özet var.", self.label());
            self.say("CB.URI_DEGERI_BOS", Severity::Critical, sentence);
            return;
        }
        self.algorithms(entry, &name);
        if entry.is_external() {
            if self.which == Role::FinalDigest {
                let sentence = format!(
                    "Nihai Özet paket dışındaki {} dosyasını gösteriyor.",
                    quoted(&name)
                );
                self.say("K.45", Severity::Critical, sentence);
            } else if self.package.part(&name).is_some() {
                let sentence = format!(
                    "{} içinde paket dışı diye yazılan {} pakette duruyor; özeti denetlenmez.",
                    self.label(),
                    quoted(&name)
                );
                self.say("KAP.HARICI_BILESEN", Severity::Critical, sentence);
            }
            return;
        }
        if entry.place != INTERNAL {
            let sentence = format!(
                "{} özetinin türü {} tanınmıyor ({INTERNAL} ya da {EXTERNAL} olmalı).",
                quoted(&name),
                quoted(&entry.place)
            );
            self.say("CB.REFERENCE_TYPE", Severity::Warning, sentence);
        }
        let Some(part) = self.package.part(&name) else {
            self.missing(&name);
            return;
        };
        for digest in &entry.digests {
            let actual = part
                .digests
                .iter()
                .find(|it| it.algorithm == digest.algorithm.trim());
            if actual.is_some_and(|actual| actual.value != digest.value) {
                let sentence = format!(
                    "{} özeti tutmuyor: {} imzalandıktan sonra değişmiş.",
                    self.label(),
                    quoted(&name)
                );
                self.say("CB.HASHLER_ESIT_DEGIL", Severity::Critical, sentence);
            }
        }
        if part.digests.is_empty() && !entry.digests.is_empty() {
            let sentence = format!("{} için özet hesaplanamadı.", quoted(&name));
            self.say(
                "CB.PAKET_BILESENINE_AIT_HASH_HESAPLANAMADI",
                Severity::Critical,
                sentence,
            );
        }
    }

    fn algorithms(&mut self, entry: &DigestEntry, name: &str) {
        let generation = self.package.generation;
        let expected = match generation {
            Generation::One => 1,
            Generation::Two => 2,
        };
        if entry.digests.len() != expected {
            let sentence = format!(
                "{} için {} özet değeri var; {expected} olmalı.",
                quoted(name),
                entry.digests.len()
            );
            self.say("CB.DIGESTITEM_DEGERI_BOS", Severity::Critical, sentence);
        }
        for digest in &entry.digests {
            if digest.value.is_empty() {
                let sentence = format!("{} için özet değeri boş ya da okunamıyor.", quoted(name));
                self.say("CB.OZET_DEGERI_VERILMEMIS", Severity::Critical, sentence);
            }
            match Algorithm::from_uri(&digest.algorithm) {
                Some(algorithm) if !algorithm.is_in(generation) => {
                    let (code, severity) = match generation {
                        Generation::One => ("OA.SHA384_1X", Severity::Critical),
                        Generation::Two => ("OA.ESKI_OZET_2X", Severity::Serious),
                    };
                    let sentence = format!(
                        "{} için bu sürümde kullanılmayan bir özet algoritması yazılmış: {}.",
                        quoted(name),
                        quoted(&digest.algorithm)
                    );
                    self.say(code, severity, sentence);
                }
                Some(_) => {}
                None => {
                    let sentence = format!(
                        "{} için desteklenmeyen özet algoritması: {}.",
                        quoted(name),
                        quoted(&digest.algorithm)
                    );
                    self.say("CB.DESTEKLENMEYEN_OZETMODU", Severity::Critical, sentence);
                }
            }
        }
        if generation == Generation::One {
            return;
        }
        let mut uris: Vec<&str> = entry
            .digests
            .iter()
            .map(|it| it.algorithm.as_str())
            .collect();
        let has_512 = uris.contains(&Algorithm::Sha512.uri());
        uris.sort_unstable();
        if uris.windows(2).any(|pair| pair.first() == pair.last()) {
            let sentence = format!("{} için iki özet aynı algoritmayla alınmış.", quoted(name));
            self.say("CB.ALGORITHM_DEGERLERI_AYNI", Severity::Critical, sentence);
        }
        if !has_512 && !entry.digests.is_empty() {
            let sentence = format!("{} için SHA-512 özeti yok.", quoted(name));
            self.say(
                "CB.ALGORITHM_SHA512_KULLANILMAMIS",
                Severity::Critical,
                sentence,
            );
        }
    }

    /// A digested part that is not in the package: allowed for the initials' signature, and for
    /// attachments that were left out for this receiver.
    fn missing(&mut self, name: &str) {
        let lower = name.to_ascii_lowercase();
        if lower == "/paraflar/parafimzacades.imz" {
            let sentence = "Paraf imzası pakete konulmamış; bu kabul edilir.".to_owned();
            self.say("CB.PARAF_IMZA_BILESENI_YOK", Severity::Note, sentence);
            return;
        }
        if lower.starts_with("/ekler/") {
            let sentence = match self.files.left_out(file_name(name)) {
                LeftOut::ForReceiver => {
                    let sentence =
                        format!("{} eki bu alıcıya konulmamış.", quoted(file_name(name)));
                    self.say("CB.KONULMAMIS_EK", Severity::Note, sentence);
                    return;
                }
                LeftOut::ForOthers => format!(
                    "{} eki pakette yok; başka bir alıcı için konulmadığı yazıyor, bu alıcı için yazmıyor.",
                    quoted(file_name(name))
                ),
                LeftOut::No => format!("Özeti yazılı {} pakette yok.", quoted(name)),
            };
            self.say("CB.PAKET_BILESENI_ALINAMADI", Severity::Critical, sentence);
            return;
        }
        let sentence = format!("Özeti yazılı {} pakette yok.", quoted(name));
        self.say("CB.PAKET_BILESENI_ALINAMADI", Severity::Critical, sentence);
    }
}

enum LeftOut {
    ForReceiver,
    ForOthers,
    No,
}

/// Attachments by file name, and for whom they were left out.
#[derive(Default)]
struct Files<'a> {
    /// By file name in lower case.
    ids: HashMap<String, &'a Guid>,
    for_receiver: HashSet<&'a Guid>,
    for_others: HashSet<&'a Guid>,
}

impl<'a> Files<'a> {
    fn of(metadata: Option<&'a Metadata>, receiver: &[String]) -> Self {
        let mut files = Self::default();
        let Some(metadata) = metadata else {
            return files;
        };
        for ek in &metadata.attachments {
            if let Some(name) = &ek.file_name {
                let name = name.to_ascii_lowercase();
                files.ids.entry(name).or_insert(&ek.id);
            }
        }
        for line in &metadata.recipients {
            let to = if receiver.is_empty() || is_receiver(&line.party, receiver) {
                &mut files.for_receiver
            } else {
                &mut files.for_others
            };
            to.extend(&line.left_out);
        }
        files
    }

    fn left_out(&self, file: &str) -> LeftOut {
        let Some(id) = self.ids.get(&file.to_ascii_lowercase()) else {
            return LeftOut::No;
        };
        if self.for_receiver.contains(id) {
            LeftOut::ForReceiver
        } else if self.for_others.contains(id) {
            LeftOut::ForOthers
        } else {
            LeftOut::No
        }
    }
}

fn is_receiver(party: &Party, receiver: &[String]) -> bool {
    let unit = match party {
        Party::Institution(it) => it.unit_code.as_deref(),
        _ => None,
    };
    party
        .key()
        .into_iter()
        .chain(unit)
        .any(|key| receiver.iter().any(|own| own == key))
}

/// What each list has to name, and how grave it is when it does not: what the reference
/// implementation insists on is critical, the rest of the guide's table serious.
fn expected(package: &Package, list: Role) -> Vec<(Role, Severity)> {
    use Role::{
        Attachment, Core, FinalMetadata, InitialsDigest, InitialsSignature, Letter, Metadata,
        OldSigners, Original, PackageDigest, Signature, Targets, Update,
    };
    use Severity::{Critical, Serious};
    // A file in the role of the signed ones that no signature covers could be anybody's.
    let attachment = match list {
        Role::PackageDigest => Critical,
        _ => Serious,
    };
    let base = [
        (Metadata, Critical),
        (Letter, Critical),
        (Attachment, attachment),
    ];
    let mut roles: Vec<(Role, Severity)> = Vec::new();
    match (package.kind, package.generation, list) {
        (Kind::Update, _, _) => {
            roles.extend([(Update, Critical), (Original, Critical), (Core, Critical)]);
        }
        (_, Generation::One, list) => {
            roles.extend(base);
            roles.push((Targets, Critical));
            if list == Role::FinalDigest {
                roles.extend([
                    (OldSigners, Serious),
                    (PackageDigest, Serious),
                    (Signature, Critical),
                    (Core, Critical),
                ]);
            }
        }
        (_, Generation::Two, list) => {
            roles.extend(base);
            if list != Role::InitialsDigest {
                roles.extend([(InitialsDigest, Serious), (InitialsSignature, Serious)]);
            }
            if list == Role::FinalDigest {
                roles.extend([
                    (PackageDigest, Serious),
                    (Signature, Critical),
                    (FinalMetadata, Serious),
                    (Core, Critical),
                ]);
            }
        }
    }
    roles
}
