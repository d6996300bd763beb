//! The excerpt of the audit log: that it holds, and that it tells of the files that lie in the bundle.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Bundle, MOST_LOG};
use crate::audit::action_words;
use crate::proof::excerpt::{self, FullEntry, Walked};
use crate::proof::verify::Outcome;

impl Bundle {
    /// The excerpt of the log holds, and tells of the files that lie here.
    pub(super) fn log(&mut self) {
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
        let first = walked.entries.first().map_or(0, |entry| entry.seq);
        if first != audit.first {
            faults.push("Denetim kaydı: ilk satır, içindekiler listesindeki değil.".to_owned());
        }
        faults.extend(self.told_by_log(&walked.entries));
        if faults.is_empty() {
            self.say("Denetim kaydı", Outcome::Ok, log_words(&walked));
        }
        for text in faults {
            self.say("Denetim kaydı", Outcome::Failed, text);
        }
    }

    /// What the log says about letter, messages and evidence, against the files. Every sent letter,
    /// whichever way it went, was made ready, had its package drafted, and was sent.
    fn told_by_log(&self, entries: &[FullEntry]) -> Vec<String> {
        let mut faults = Vec::new();
        let last = |action: &str| {
            let of_letter = |entry: &&FullEntry| {
                entry.action == action
                    && entry.object_kind == "document"
                    && entry.object_id == self.manifest.letter.id
            };
            let entry = entries.iter().rfind(of_letter)?;
            Some((entry.seq, detail_of(entry)))
        };
        let missing = |action: &str| {
            let what = action_words(action);
            format!("Denetim kaydında gönderilen her yazıda olan satır yok: {what} ({action}).")
        };
        match last("document.freeze") {
            Some((seq, detail))
                if self.hash_of(&self.manifest.letter.path) != text(&detail, "hash") =>
            {
                faults.push(format!(
                    "Yazı, {seq}. satırda imzaya hazırlanan yazı değil."
                ));
            }
            Some(_) => {}
            None => faults.push(missing("document.freeze")),
        }
        match last("package.draft") {
            Some((seq, detail)) => {
                let content = text(&detail, "content");
                if self.signed_contents.iter().any(|hash| hash != content) {
                    faults.push(format!(
                        "Paketteki Paket Özeti, {seq}. satırda imzaya sunulan içerik değil."
                    ));
                }
            }
            None => faults.push(missing("package.draft")),
        }
        match last("dispatch.send") {
            Some((seq, detail)) => faults.extend(self.same_messages(seq, &detail)),
            None => faults.push(missing("dispatch.send")),
        }
        faults.extend(self.same_evidence(entries));
        faults
    }

    /// The messages of the bundle are those that were sent: none is missing, and none came later.
    fn same_messages(&self, seq: i64, detail: &Value) -> Vec<String> {
        let sent: Vec<&Value> = ["messages", "notices"]
            .into_iter()
            .filter_map(|key| detail[key].as_array())
            .flatten()
            .collect();
        let listed = &self.manifest.messages;
        let known: BTreeSet<String> = listed.iter().map(|it| self.hash_of(&it.path)).collect();
        let told: BTreeSet<&str> = sent.iter().map(|it| text(it, "hash")).collect();
        let missing = sent.iter().filter(|it| !known.contains(text(it, "hash")));
        let mut faults: Vec<String> = missing
            .map(|it| {
                let id = text(it, "message_id");
                format!("{seq}. satırdaki {id} iletisi pakette yok.")
            })
            .collect();
        let strange = listed
            .iter()
            .filter(|it| !told.contains(self.hash_of(&it.path).as_str()));
        faults.extend(strange.map(|it| {
            let path = &it.path;
            format!("{path}: {seq}. satırda gönderilen iletiler arasında yok.")
        }));
        faults
    }

    /// Every evidence that came is there, and the list says of each what the log says last.
    fn same_evidence(&self, entries: &[FullEntry]) -> Vec<String> {
        let files = self.manifest.files.iter();
        let hashes: BTreeSet<&str> = files.map(|file| file.sha256.as_str()).collect();
        let mut faults = Vec::new();
        let mut results: BTreeMap<(String, String), String> = BTreeMap::new();
        for entry in entries.iter().filter(|it| it.action == "evidence.check") {
            let detail = detail_of(entry);
            let (id, hash) = (text(&detail, "evidence"), text(&detail, "hash"));
            if !hashes.contains(hash) {
                faults.push(format!(
                    "{}. satırda gelen {id} numaralı delil pakette yok.",
                    entry.seq
                ));
            }
            let result = text(&detail, "result").to_owned();
            results.insert((id.to_owned(), hash.to_owned()), result);
        }
        let messages = self.manifest.messages.iter();
        for evidence in messages.flat_map(|message| &message.evidence) {
            let (Some(path), Some(result)) = (&evidence.path, &evidence.result) else {
                continue;
            };
            if results.get(&(evidence.id.clone(), self.hash_of(path))) != Some(result) {
                faults.push(format!(
                    "{path}: denetim kaydı bu delil için “{result}” sonucunu söylemiyor."
                ));
            }
        }
        faults
    }
}

fn detail_of(entry: &FullEntry) -> Value {
    serde_json::from_str(&entry.detail).unwrap_or_default()
}

fn text<'v>(detail: &'v Value, key: &str) -> &'v str {
    detail[key].as_str().unwrap_or_default()
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
    if walked.links > 0 || walked.left_out > 0 {
        text.push_str(&format!(" {}", excerpt::LINKS));
    }
    text
}
