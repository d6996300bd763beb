//! From facts to what the layout is given: lists that need pages of their own, the order of
//! signatures, lines of the foot, and words too long for any line.

use serde_json::{Value, json};

use crate::fonts::{Fonts, is_invisible};
use crate::letterhead::Letterhead;
use crate::logo::{Logo, LogoKind};
use crate::sheet::{Addressee, Block, Cell, Form, Run, Sheet, SignatureBlock};

/// Above this many lines Ek and Dağıtım get a page of their own (m. 18 and 19 say "too long").
const LONG_LIST: usize = 10;
/// A word of more letters than this may be broken anywhere.
const LONG_WORD: usize = 40;
/// The same within a cell of a table.
const LONG_WORD_IN_CELL: usize = 24;

/// The values that `layout.typ` reads.
pub(crate) fn values(sheet: &Sheet, letterhead: &Letterhead, fonts: &Fonts) -> Value {
    let attachments = lines(&sheet.attachments);
    let long_attachments = attachments.len() > LONG_LIST;
    let distribution = &sheet.distribution;
    json!({
        "families": fonts.families(),
        "language": language(&sheet.language),
        "from-right": matches!(sheet.language.as_str(), "ara" | "ar" | "fas" | "fa"),
        "size": letterhead.size.clamp(9.0, 12.0),
        "title": title(sheet),
        "header": lines(&letterhead.header),
        "left": logo(letterhead.left_logo.as_ref(), "left"),
        "right": logo(letterhead.right_logo.as_ref(), "right"),
        "marks": lines(&sheet.marks),
        "confidentiality": clean(&sheet.confidentiality, LONG_WORD),
        "number": clean(&sheet.number, LONG_WORD),
        "date": clean(&sheet.date, LONG_WORD),
        "subject": clean(&sheet.subject, LONG_WORD_IN_CELL),
        "addressee": addressee(&sheet.addressee),
        "references": sheet.references.iter().map(|reference| json!({
            "mark": reference.mark,
            "text": clean(&reference.text, LONG_WORD),
        })).collect::<Vec<_>>(),
        "body": blocks(&sheet.body, LONG_WORD, true),
        "consent": (sheet.form == Form::Consent).then(|| consent(sheet)),
        "signatures": if sheet.form == Form::Consent { Vec::new() } else { rows(&sheet.signatures) },
        "attachments": attachments,
        "attachment-page": long_attachments,
        "action": lines(&distribution.action),
        "information": lines(&distribution.information),
        "distribution-page": distribution.lines() > LONG_LIST,
        "foot": foot(sheet, letterhead),
        "draft": sheet.verification.is_none(),
        "contact": lines(&letterhead.contact),
        "person": lines(&letterhead.person),
    })
}

fn title(sheet: &Sheet) -> String {
    let text = if sheet.subject.is_empty() {
        &sheet.number
    } else {
        &sheet.subject
    };
    if text.is_empty() {
        "Taslak".to_owned()
    } else {
        clean(text, usize::MAX)
    }
}

/// ISO 639-1 where the caller speaks 639-3.
fn language(code: &str) -> String {
    match code {
        "" | "tur" | "tr" => "tr".to_owned(),
        "eng" => "en".to_owned(),
        "deu" => "de".to_owned(),
        "fra" => "fr".to_owned(),
        "ara" => "ar".to_owned(),
        "fas" => "fa".to_owned(),
        other
            if (2..=3).contains(&other.len()) && other.bytes().all(|b| b.is_ascii_lowercase()) =>
        {
            other.to_owned()
        }
        _ => "tr".to_owned(),
    }
}

fn logo(logo: Option<&Logo>, name: &str) -> Option<String> {
    logo.map(|logo| {
        let ending = match logo.kind() {
            LogoKind::Png => "png",
            LogoKind::Jpeg => "jpg",
            LogoKind::Svg => "svg",
        };
        format!("{name}.{ending}")
    })
}

fn addressee(addressee: &Addressee) -> Vec<String> {
    let with = |first: String, unit: &str, address: &[String]| {
        let mut all = vec![first];
        if !unit.is_empty() {
            all.push(format!("({unit})"));
        }
        all.extend(address.iter().cloned());
        lines(&all)
    };
    match addressee {
        Addressee::None => Vec::new(),
        Addressee::Office {
            name,
            unit,
            address,
        } => with(name.clone(), unit, address),
        Addressee::Person { name, address } => with(format!("Sayın {name}"), "", address),
        Addressee::Several => vec!["DAĞITIM YERLERİNE".to_owned()],
    }
}

/// One stands at the right; of two the higher stands right; of more the highest stands far
/// left (m. 17). A row holds three.
fn rows(signatures: &[SignatureBlock]) -> Vec<Vec<Value>> {
    match signatures {
        [higher, lower] => vec![vec![signature(lower), signature(higher)]],
        all => all
            .chunks(3)
            .map(|row| row.iter().map(signature).collect())
            .collect(),
    }
}

fn signature(block: &SignatureBlock) -> Value {
    json!({ "name": clean(&block.name, LONG_WORD), "titles": lines(&block.titles) })
}

/// The proposer, those between, and who grants it (m. 20).
fn consent(sheet: &Sheet) -> Value {
    let (granter, between, proposer) = match sheet.signatures.as_slice() {
        [] => (None, [].as_slice(), None),
        [granter] => (Some(granter), [].as_slice(), None),
        [granter, between @ .., proposer] => (Some(granter), between, Some(proposer)),
    };
    json!({
        "proposer": proposer.map(signature),
        "between": between.iter().rev().map(signature).collect::<Vec<_>>(),
        "granter": granter.map(signature),
    })
}

fn foot(sheet: &Sheet, letterhead: &Letterhead) -> Vec<String> {
    match &sheet.verification {
        None => vec!["TASLAK: Bu yazı güvenli elektronik imza ile imzalanmamıştır.".to_owned()],
        Some(verification) => letterhead
            .verification
            .iter()
            .map(|line| {
                let line = line
                    .replace("{kod}", &verification.code)
                    .replace("{adres}", &verification.address);
                clean(&line, LONG_WORD)
            })
            .collect(),
    }
}

fn lines(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| clean(text, LONG_WORD)).collect()
}

fn blocks(all: &[Block], longest: usize, skip_empty: bool) -> Vec<Value> {
    all.iter()
        .filter(|block| !(skip_empty && is_blank(block)))
        .map(|block| match block {
            Block::Paragraph { runs } => {
                json!({ "type": "paragraph", "runs": styled(runs, longest) })
            }
            Block::BulletList { items } => {
                json!({ "type": "bullets", "items": list(items, longest) })
            }
            Block::OrderedList { items } => {
                json!({ "type": "numbers", "items": list(items, longest) })
            }
            Block::Table { rows } => table(rows),
        })
        .collect()
}

/// Paragraphs stand without blank lines between them (m. 16).
fn is_blank(block: &Block) -> bool {
    matches!(block, Block::Paragraph { runs } if runs.iter().all(|run| run.text.trim().is_empty()))
}

fn list(items: &[Vec<Block>], longest: usize) -> Vec<Vec<Value>> {
    items
        .iter()
        .map(|item| blocks(item, longest, false))
        .collect()
}

/// Rows are filled up to the widest one; a first row of headings repeats on every page.
fn table(rows: &[Vec<Cell>]) -> Value {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let filled = |row: &Vec<Cell>| -> Vec<Value> {
        let empty = Cell::default();
        (0..columns)
            .map(|at| {
                let cell = row.get(at).unwrap_or(&empty);
                json!({ "header": cell.header, "blocks": blocks(&cell.blocks, LONG_WORD_IN_CELL, false) })
            })
            .collect()
    };
    let headed = rows
        .first()
        .is_some_and(|row| !row.is_empty() && row.iter().all(|cell| cell.header));
    let head = usize::from(headed && rows.len() > 1);
    json!({
        "type": "table",
        "columns": columns,
        "head": rows.iter().take(head).flat_map(filled).collect::<Vec<_>>(),
        "cells": rows.iter().skip(head).flat_map(filled).collect::<Vec<_>>(),
    })
}

/// A paragraph's runs; the last ends with a letter, since the layout hangs on it what has to stand
/// below the paragraph.
fn styled(runs: &[Run], longest: usize) -> Vec<Value> {
    let mut set: Vec<(&Run, Vec<String>)> = runs
        .iter()
        .map(|run| {
            let lines = run.text.split('\n').map(|line| clean(line, longest));
            (run, lines.collect())
        })
        .collect();
    while let Some((_, lines)) = set.last_mut() {
        let Some(line) = lines.last_mut() else {
            set.pop();
            continue;
        };
        let unseen = |character: char| character.is_whitespace() || is_invisible(character);
        line.truncate(line.trim_end_matches(unseen).len());
        if !line.is_empty() {
            break;
        }
        lines.pop();
    }
    set.into_iter()
        .map(|(run, lines)| {
            json!({
                "lines": lines,
                "strong": run.strong,
                "emphasis": run.emphasis,
                "underline": run.underline,
            })
        })
        .collect()
}

/// Text that can be set: no control characters, and a word longer than `longest` letters may
/// break where a line ends.
pub(crate) fn clean(text: &str, longest: usize) -> String {
    let kept: String = text
        .chars()
        .map(|character| {
            if character.is_whitespace() && character != '\u{a0}' {
                ' '
            } else {
                character
            }
        })
        .filter(|character| !character.is_control() && !is_private(*character))
        .filter(|character| !is_invisible(*character) || *character == '\u{ad}')
        .collect();
    // A hyphen or a slash already lets a line end.
    let is_long = |word: &str| {
        word.split(['-', '/', ' '])
            .any(|piece| piece.chars().count() > longest)
    };
    if longest == usize::MAX || !is_long(&kept) {
        return kept;
    }
    let mut broken = String::with_capacity(kept.len() + kept.len() / 8);
    for word in kept.split_inclusive(' ') {
        let long = is_long(word);
        for (at, character) in word.chars().enumerate() {
            if long && at > 0 && at.is_multiple_of(8) {
                broken.push('\u{200b}');
            }
            broken.push(character);
        }
    }
    broken
}

/// Private use and noncharacters mean nothing on another machine.
fn is_private(character: char) -> bool {
    matches!(u32::from(character), 0xe000..=0xf8ff | 0xf_0000..=0x10_ffff)
        || u32::from(character) & 0xfffe == 0xfffe
        || matches!(character, '\u{fdd0}'..='\u{fdef}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_may_break_and_short_ones_stay() {
        assert_eq!(clean("kısa sözcükler", 40), "kısa sözcükler");
        let broken = clean(&"x".repeat(20), 16);
        assert_eq!(broken.replace('\u{200b}', ""), "x".repeat(20));
        assert_eq!(broken.matches('\u{200b}').count(), 2);
    }

    #[test]
    fn the_higher_of_two_stands_right_and_of_more_far_left() {
        let names = |count: usize| -> Vec<SignatureBlock> {
            (1..=count)
                .map(|rank| SignatureBlock {
                    name: rank.to_string(),
                    titles: Vec::new(),
                })
                .collect()
        };
        let order = |count: usize| -> String {
            rows(&names(count))
                .iter()
                .flatten()
                .filter_map(|block| block["name"].as_str().map(str::to_owned))
                .collect()
        };
        assert_eq!(order(1), "1");
        assert_eq!(order(2), "21");
        assert_eq!(order(3), "123");
        assert_eq!(rows(&names(5)).len(), 2);
    }
}
