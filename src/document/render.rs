//! The letter's facts as a sheet for the press: words in their case, names with their suffix, the
//! closing phrase in its place (regulation articles 14-19).

use letter::{Addressee, Block, Cell, Distribution, Form, Reference, Run, Sheet, SignatureBlock};

use super::attach::{self, Attachment, AttachmentKind};
use super::body::{self, Body};
use super::{Closing, Confidentiality, DocumentKind, Letter, Urgency, reference};
use crate::directory::outside::PartyKind;
use crate::distribution::{Purpose, Recipient};
use crate::letterhead::{Chosen, Names};
use crate::turkish;

/// A letter ready to be set: its facts, and what its unit chose for its letters.
#[derive(Debug, Clone)]
pub struct Gathered {
    pub sheet: Sheet,
    pub chosen: Chosen,
    pub names: Names,
}

/// A rendered letter.
#[derive(Debug, Clone)]
pub struct Rendered {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
    pub file_name: &'static str,
    /// What of ISO 19005-2 the writer enforced: `PDF/A-2a`.
    pub standard: &'static str,
}

/// A recipient, and what it is when it stands outside the directory.
pub(super) struct Line {
    pub recipient: Recipient,
    pub party: Option<PartyKind>,
    /// Lines of the postal address of a letter's only recipient, where they belong on the letter.
    pub address: Option<String>,
}

impl Line {
    fn is_person(&self) -> bool {
        matches!(self.party, Some(PartyKind::Person | PartyKind::Lawyer))
    }

    /// The lines below the addressee's name (article 14).
    fn address(&self) -> Vec<String> {
        let lines = self.address.as_deref().unwrap_or_default().lines();
        lines.map(str::to_owned).collect()
    }

    fn unit(&self) -> String {
        let path = self
            .recipient
            .label
            .rsplit_once('[')
            .map_or("", |(_, rest)| rest.trim_end_matches(']'));
        let unit = path.rsplit_once(" > ").map_or("", |(_, unit)| unit);
        turkish::title(unit)
    }

    /// `Havsa Belediye Başkanlığına (Yazı İşleri Müdürlüğü) (Ek-2 konulmadı)` (articles 18, 19).
    fn in_list(&self, attachments: &[Attachment]) -> String {
        let name = &self.recipient.institution_name;
        let mut line = if !self.recipient.written.is_empty() {
            self.recipient.written.clone()
        } else if self.is_person() {
            format!("Sayın {}", person(name))
        } else {
            turkish::dative(name)
        };
        let unit = self.unit();
        if !unit.is_empty() {
            line.push_str(&format!(" ({unit})"));
        }
        let left_out: Vec<String> = (1..)
            .zip(attachments)
            .filter(|(_, attachment)| self.recipient.left_out.contains(&attachment.id))
            .map(|(at, _)| format!("Ek-{at}"))
            .collect();
        if !left_out.is_empty() && left_out.len() == attachments.len() {
            line.push_str(" (Ek konulmadı)");
        } else if !left_out.is_empty() {
            line.push_str(&format!(" ({} konulmadı)", left_out.join(", ")));
        }
        line
    }
}

/// `Ali ŞAHİN`: the surname in capitals (articles 14 and 17).
#[must_use]
pub fn person(full_name: &str) -> String {
    let (given, surname) = turkish::surname_of(full_name);
    format!("{given} {}", turkish::upper(&surname))
        .trim_start()
        .to_owned()
}

/// The lines below a name: `Belediye Başkanı a. Başkan Yardımcısı` takes two (article 17).
#[must_use]
pub fn titles(title: &str) -> Vec<String> {
    match title.split_once(" a. ") {
        Some((whose, own)) => vec![format!("{whose} a."), own.to_owned()],
        None if title.is_empty() => Vec::new(),
        None => vec![title.to_owned()],
    }
}

/// Red words at the top right of the first page (article 26).
pub(super) fn marks(letter: &Letter) -> Vec<String> {
    let mut marks = Vec::new();
    match letter.urgency {
        Urgency::Normal => {}
        Urgency::Urgent => marks.push("ACELE".to_owned()),
        Urgency::Dated => {
            marks.push("GÜNLÜDÜR".to_owned());
            if let Some(day) = letter.due_date {
                marks.push(format!("Miat: {}", day.strftime("%d.%m.%Y")));
            }
        }
    }
    if letter.personal {
        marks.push("KİŞİYE ÖZEL".to_owned());
    }
    marks
}

/// The degree as it stands on every page.
pub(super) fn confidentiality(letter: &Letter, attachments: &[Attachment]) -> String {
    match attach::degree(letter, attachments) {
        Confidentiality::None => String::new(),
        _ => "HİZMETE ÖZEL".to_owned(),
    }
}

pub(super) fn form(kind: DocumentKind) -> Form {
    match kind {
        DocumentKind::Consent => Form::Consent,
        _ => Form::Letter,
    }
}

/// Muhatap (article 14); `written` is the line as the drafter wants it, or empty.
pub(super) fn addressee(lines: &[Line], written: &str) -> Addressee {
    let written_or = |name: String| {
        if written.is_empty() {
            name
        } else {
            written.to_owned()
        }
    };
    match lines {
        [] if written.is_empty() => Addressee::None,
        [] => Addressee::Office {
            name: written.to_owned(),
            unit: String::new(),
            address: Vec::new(),
        },
        [one] if one.is_person() && written.is_empty() => Addressee::Person {
            name: person(&one.recipient.institution_name),
            address: one.address(),
        },
        [one] => Addressee::Office {
            name: written_or(turkish::upper(&turkish::dative(
                &one.recipient.institution_name,
            ))),
            unit: one.unit(),
            address: one.address(),
        },
        _ => Addressee::Several,
    }
}

/// Dağıtım (article 19), when there is more than one recipient.
pub(super) fn distribution(lines: &[Line], attachments: &[Attachment]) -> Distribution {
    if lines.len() < 2 {
        return Distribution::default();
    }
    let of = |purpose: Purpose| -> Vec<String> {
        lines
            .iter()
            .filter(|line| line.recipient.purpose == purpose)
            .map(|line| line.in_list(attachments))
            .collect()
    };
    Distribution {
        action: of(Purpose::Action),
        information: of(Purpose::Information),
    }
}

pub(super) fn attachment(line: &Attachment) -> String {
    let kind = match line.kind {
        AttachmentKind::File => "",
        AttachmentKind::Physical => " (fiziksel)",
        AttachmentKind::External => " (harici)",
    };
    format!("{}{kind}", line.title)
}

pub(super) fn references(lines: &[reference::Reference]) -> Vec<Reference> {
    let single = lines.len() == 1;
    lines
        .iter()
        .enumerate()
        .map(|(index, line)| Reference {
            mark: if single {
                String::new()
            } else {
                reference::mark(index).to_owned()
            },
            text: line.text.clone(),
        })
        .collect()
}

/// The text with its closing phrase (article 16).
///
/// A text that closes by itself stays as it is; a last sentence left open takes the phrase
/// (`Bilgilerinizi` and *Arz ederim.* become `Bilgilerinizi arz ederim.`); else the phrase is a
/// paragraph of its own.
pub(super) fn text(body: &Body, kind: DocumentKind, closing: Closing) -> Vec<Block> {
    let mut blocks = blocks(&body.blocks);
    if matches!(
        kind,
        DocumentKind::Minutes | DocumentKind::Report | DocumentKind::Form
    ) {
        return blocks;
    }
    let last = blocks.iter_mut().rev().find_map(|block| match block {
        Block::Paragraph { runs } if runs.iter().any(|run| !run.text.trim().is_empty()) => {
            Some(runs)
        }
        _ => None,
    });
    if let Some(runs) = last {
        let said: String = runs.iter().map(|run| run.text.as_str()).collect();
        let said = turkish::lower(said.trim_end_matches(['.', ' ', '\n', ',']));
        if CLOSINGS.iter().any(|phrase| said.ends_with(phrase)) {
            return blocks;
        }
    }
    if closing.ends_a_sentence()
        && let Some(Block::Paragraph { runs }) = blocks.last_mut()
        && let Some(run) = runs.last_mut()
        && run.text.trim_end().ends_with(char::is_alphanumeric)
    {
        let phrase = turkish::lower(closing.label());
        run.text = format!("{} {phrase}", run.text.trim_end());
        return blocks;
    }
    blocks.push(Block::Paragraph {
        runs: vec![Run {
            text: closing.label().to_owned(),
            ..Run::default()
        }],
    });
    blocks
}

const CLOSINGS: [&str; 8] = [
    "arz ederim",
    "arz ederiz",
    "rica ederim",
    "rica ederiz",
    "saygılarımla",
    "saygılarımızla",
    "iyi dileklerimle",
    "bilgilerinize sunulur",
];

fn blocks(all: &[body::Block]) -> Vec<Block> {
    let items = |items: &[Vec<body::Block>]| items.iter().map(|item| blocks(item)).collect();
    all.iter()
        .map(|block| match block {
            body::Block::Paragraph { runs } => Block::Paragraph {
                runs: runs
                    .iter()
                    .map(|run| Run {
                        text: run.text.clone(),
                        strong: run.strong,
                        emphasis: run.emphasis,
                        underline: run.underline,
                    })
                    .collect(),
            },
            body::Block::BulletList { items: all } => Block::BulletList { items: items(all) },
            body::Block::OrderedList { items: all } => Block::OrderedList { items: items(all) },
            body::Block::Table { rows } => Block::Table {
                rows: rows
                    .iter()
                    .map(|row| {
                        row.iter()
                            .map(|cell| Cell {
                                header: cell.header,
                                blocks: blocks(&cell.blocks),
                            })
                            .collect()
                    })
                    .collect(),
            },
        })
        .collect()
}

/// The signers in the order of the chain, which asks the highest last; the sheet wants the
/// highest first.
pub(super) fn by_rank(mut signatures: Vec<SignatureBlock>) -> Vec<SignatureBlock> {
    signatures.reverse();
    signatures
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(text_: &str, closing: Closing) -> Vec<String> {
        text(&Body::from_plain(text_), DocumentKind::CoverLetter, closing)
            .into_iter()
            .map(|block| match block {
                Block::Paragraph { runs } => runs.into_iter().map(|run| run.text).collect(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn the_closing_phrase_finds_its_place() {
        assert_eq!(closed("Metin.", Closing::Rica), ["Metin.", "Rica ederim."]);
        assert_eq!(
            closed("Metin.\n\nBilgilerinizi ve gereğini", Closing::Both),
            ["Metin.", "Bilgilerinizi ve gereğini arz ve rica ederim."]
        );
        assert_eq!(
            closed("Gereğini ARZ EDERİM.", Closing::Arz),
            ["Gereğini ARZ EDERİM."]
        );
        assert_eq!(
            closed("Teşekkür ederiz", Closing::Regards),
            ["Teşekkür ederiz", "Saygılarımla."]
        );
    }

    #[test]
    fn a_delegated_title_takes_two_lines() {
        assert_eq!(titles("Belediye Başkanı V."), ["Belediye Başkanı V."]);
        assert_eq!(
            titles("Belediye Başkanı a. Başkan Yardımcısı"),
            ["Belediye Başkanı a.", "Başkan Yardımcısı"]
        );
        assert!(titles("").is_empty());
        assert_eq!(person("Zeynep Işıl gümüş"), "Zeynep Işıl GÜMÜŞ");
        assert_eq!(person("Ayşe YILMAZ ÖZTÜRK"), "Ayşe YILMAZ ÖZTÜRK");
    }
}
