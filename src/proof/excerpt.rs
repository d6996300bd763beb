//! The excerpt of the audit log: a letter's entries in full, the hashes of all others between
//! them, so that nobody can change an entry that is told, or take out a number.
//!
//! It proves that each entry is what its hash was made of, that no number between the first entry
//! and the newest is missing, and that each entry follows from the hash before it. It cannot prove
//! that an entry that is told by its hash alone is about another letter ([`LINKS`]): whoever makes the
//! bundle chooses which entries to tell. Nor that the whole log was not written anew before the bundle
//! was made: for that its newest hash is compared with one that somebody else holds (an earlier
//! bundle, the institution's own copy).

use std::io::{BufRead, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audit::Entry;

/// What hashes alone do not tell, as it is said to whoever checks.
pub const LINKS: &str = "Yalnız özetiyle duran satırların başka yazılara ait olduğu paketten \
    anlaşılmaz; kurumun kaydına bakılır.";

/// One line of the excerpt; a full one that lacks a field is none of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Line {
    /// An entry about the letter.
    Full(FullEntry),
    /// Any other entry: its hash only, since it tells of other matters.
    Link { seq: i64, hash: String },
    /// Hashes left out where there are too many of them; both ends included. The hash after the last
    /// one left out follows, so that the next entry is held against it.
    Gap { left_out: (i64, i64) },
}

/// An entry with everything that its hash covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FullEntry {
    pub seq: i64,
    /// Microseconds since 1970, UTC.
    pub at: i64,
    pub actor_id: String,
    pub actor_name: String,
    pub action: String,
    pub object_kind: String,
    pub object_id: String,
    /// JSON as text, to the byte.
    pub detail: String,
    pub previous_hash: String,
    pub hash: String,
}

impl From<&Entry> for FullEntry {
    fn from(entry: &Entry) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at.as_microsecond(),
            actor_id: entry.actor_id.clone(),
            actor_name: entry.actor_name.clone(),
            action: entry.action.clone(),
            object_kind: entry.object_kind.clone(),
            object_id: entry.object_id.clone(),
            detail: entry.detail.clone(),
            previous_hash: entry.previous_hash.clone(),
            hash: entry.hash.clone(),
        }
    }
}

impl FullEntry {
    /// The hash that the entry's content gives; none when its time cannot be a time.
    fn computed(&self) -> Option<String> {
        let entry = Entry {
            seq: self.seq,
            at: Timestamp::from_microsecond(self.at).ok()?,
            actor_id: self.actor_id.clone(),
            actor_name: self.actor_name.clone(),
            action: self.action.clone(),
            object_kind: self.object_kind.clone(),
            object_id: self.object_id.clone(),
            detail: self.detail.clone(),
            previous_hash: self.previous_hash.clone(),
            hash: String::new(),
        };
        Some(entry.computed_hash())
    }
}

/// Writes one line of JSON.
///
/// # Errors
/// Those of the writer.
pub fn write_line(out: &mut impl Write, line: &Line) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// What a walk through an excerpt found.
#[derive(Debug, Default)]
pub struct Walked {
    pub entries: Vec<FullEntry>,
    pub links: u64,
    /// Hashes that were left out.
    pub left_out: u64,
    pub head: i64,
    pub head_hash: String,
    /// What does not hold, in Turkish sentences.
    pub broken: Vec<String>,
}

/// A line longer than this is no line of ours.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;
/// More faults than these say nothing new.
const MOST_FAULTS: usize = 20;
/// Most entries about one letter; memory stays bounded whatever the file holds.
const MOST_ENTRIES: usize = 20_000;

/// What follows a gap is its last hash.
const GAP_ENDS: &str =
    "Denetim kaydı: dışarıda bırakılan satırların ardından son özetleri gelmiyor.";

/// Walks through an excerpt line by line.
///
/// # Errors
/// Those of the reader.
pub fn walk(mut input: impl BufRead) -> std::io::Result<Walked> {
    let mut walked = Walked::default();
    let mut previous: Option<(i64, Option<String>)> = None;
    let mut text = Vec::new();
    loop {
        text.clear();
        let limited = &mut std::io::Read::take(&mut input, LONGEST_LINE);
        if limited.read_until(b'\n', &mut text)? == 0 {
            break;
        }
        let Ok(line) = serde_json::from_slice::<Line>(&text) else {
            let after = previous.as_ref().map_or(0, |(seq, _)| *seq);
            let sentence =
                format!("Denetim kaydı: {after} sıra numarasından sonraki satır okunamıyor.");
            walked.broken.push(sentence);
            return Ok(walked);
        };
        previous = Some(walked.step(line, previous));
        if walked.broken.len() >= MOST_FAULTS || walked.entries.len() >= MOST_ENTRIES {
            let sentence = "Denetim kaydı: çok sayıda hata ya da satır var; kalanı denetlenmedi.";
            walked.broken.push(sentence.to_owned());
            return Ok(walked);
        }
    }
    if matches!(previous, Some((_, None))) {
        walked.broken.push(GAP_ENDS.to_owned());
    }
    if let Some((seq, hash)) = previous {
        (walked.head, walked.head_hash) = (seq, hash.unwrap_or_default());
    }
    Ok(walked)
}

impl Walked {
    /// Checks a line against the one before; returns where the chain stands then.
    fn step(
        &mut self,
        line: Line,
        previous: Option<(i64, Option<String>)>,
    ) -> (i64, Option<String>) {
        let (first, last) = match &line {
            Line::Full(entry) => (entry.seq, entry.seq),
            Line::Link { seq, .. } => (*seq, *seq),
            Line::Gap { left_out } => *left_out,
        };
        if let Some((before, _)) = &previous
            && before.checked_add(1) != Some(first)
        {
            self.broken.push(format!(
                "Denetim kaydı: {before} numaralı satırdan sonra {first} geliyor; aradaki satır \
                 eksik ya da sıra bozuk."
            ));
        }
        if last < first {
            self.broken.push(format!(
                "Denetim kaydı: dışarıda bırakılan satırlar tersine sayılmış ({first}–{last})."
            ));
        }
        if matches!(previous, Some((_, None))) && !matches!(line, Line::Link { .. }) {
            self.broken.push(GAP_ENDS.to_owned());
        }
        match line {
            Line::Full(entry) => {
                let known = previous.and_then(|(_, hash)| hash);
                self.check(&entry, known.as_deref());
                let hash = entry.hash.clone();
                self.entries.push(entry);
                (last, Some(hash))
            }
            Line::Link { hash, .. } => {
                self.links += 1;
                (last, Some(hash))
            }
            Line::Gap { .. } => {
                let between = u64::try_from(last.saturating_sub(first)).unwrap_or(0);
                self.left_out = self.left_out.saturating_add(between).saturating_add(1);
                (last, None)
            }
        }
    }

    fn check(&mut self, entry: &FullEntry, known: Option<&str>) {
        let seq = entry.seq;
        if entry.computed().as_deref() != Some(entry.hash.as_str()) {
            self.broken.push(format!(
                "Denetim kaydı: {seq} numaralı satır değiştirilmiş; özeti içeriğine uymuyor."
            ));
        }
        if known.is_some_and(|known| known != entry.previous_hash) {
            self.broken.push(format!(
                "Denetim kaydı: {seq} numaralı satır, kendinden önceki satıra bağlanmıyor."
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(count: i64) -> Vec<FullEntry> {
        let mut previous = String::new();
        let mut entries = Vec::new();
        for seq in 1..=count {
            let entry = Entry {
                seq,
                at: Timestamp::from_second(1_795_500_000 + seq).unwrap(),
                actor_id: "u1".to_owned(),
                actor_name: "Ayşe".to_owned(),
                action: "document.save".to_owned(),
                object_kind: "document".to_owned(),
                object_id: "d1".to_owned(),
                detail: "{}".to_owned(),
                previous_hash: previous.clone(),
                hash: String::new(),
            };
            let mut full = FullEntry::from(&entry);
            full.hash = entry.computed_hash();
            previous = full.hash.clone();
            entries.push(full);
        }
        entries
    }

    fn lines(entries: &[FullEntry], own: &[i64]) -> Vec<Line> {
        let as_line = |entry: &FullEntry| match own.contains(&entry.seq) {
            true => Line::Full(entry.clone()),
            false => Line::Link {
                seq: entry.seq,
                hash: entry.hash.clone(),
            },
        };
        entries.iter().map(as_line).collect()
    }

    fn walked(lines: &[Line]) -> Walked {
        let mut text = Vec::new();
        for line in lines {
            write_line(&mut text, line).unwrap();
        }
        walk(text.as_slice()).unwrap()
    }

    #[test]
    fn a_whole_excerpt_holds_and_every_tampering_is_named() {
        let entries = chain(6);
        let whole = lines(&entries, &[2, 4, 5]);
        let found = walked(&whole);
        assert!(found.broken.is_empty(), "{:?}", found.broken);
        assert_eq!((found.entries.len(), found.links, found.head), (3, 3, 6));
        assert_eq!(found.head_hash, entries[5].hash);

        let mut removed = whole.clone();
        removed.remove(3);
        assert!(walked(&removed).broken[0].contains("3 numaralı satırdan sonra 5"));

        let mut hidden = whole.clone();
        hidden[3] = Line::Link {
            seq: 4,
            hash: "0".repeat(64),
        };
        assert!(walked(&hidden).broken[0].contains("5 numaralı satır, kendinden önceki"));

        let mut changed = whole.clone();
        if let Line::Full(entry) = &mut changed[4] {
            entry.actor_name = "Başkası".to_owned();
        }
        assert!(walked(&changed).broken[0].contains("5 numaralı satır değiştirilmiş"));

        let gapped = lines(&entries, &[1, 4]);
        let mut gap = gapped.clone();
        gap[1] = Line::Gap { left_out: (2, 2) };
        let found = walked(&gap);
        assert!(found.broken.is_empty(), "{:?}", found.broken);
        assert_eq!(found.left_out, 1, "told, since it proves less");
        // It hides no entry that does not follow, and does not run backwards.
        gap[1] = Line::Gap { left_out: (2, 3) };
        gap.remove(2);
        assert!(walked(&gap).broken[0].contains("son özetleri gelmiyor"));
        let mut gap = gapped.clone();
        gap.truncate(1);
        gap.push(Line::Gap { left_out: (2, 6) });
        assert!(walked(&gap).broken[0].contains("son özetleri gelmiyor"));
        let mut gap = gapped;
        gap.insert(1, Line::Gap { left_out: (2, 1) });
        assert!(walked(&gap).broken[0].contains("tersine"));
    }

    #[test]
    fn a_full_line_that_lacks_a_field_is_no_link() {
        let entries = chain(3);
        let mut text = Vec::new();
        for line in lines(&entries, &[1, 2, 3]) {
            write_line(&mut text, &line).unwrap();
        }
        let text = String::from_utf8(text).unwrap();
        assert_eq!(walk(text.as_bytes()).unwrap().broken.len(), 0);
        let without = text.replace("\"actor_name\":\"Ayşe\",", "");
        let found = walk(without.as_bytes()).unwrap();
        assert_eq!((found.broken.len(), found.links), (1, 0));
    }

    #[test]
    fn what_is_no_excerpt_is_a_sentence() {
        assert_eq!(walk(&b"{\"seq\":1"[..]).unwrap().broken.len(), 1);
        assert_eq!(walk(&b"\xff\n"[..]).unwrap().broken.len(), 1);
        let endless = "x".repeat(5 * 1024 * 1024);
        assert_eq!(walk(endless.as_bytes()).unwrap().broken.len(), 1);
    }
}
