//! The letter's facts as a sheet for the press: words in their case, names with their suffix, the
//! closing phrase in its place (regulation articles 14-19).

use letter::{Addressee, Block, Cell, Distribution, Form, Reference, Run, Sheet, SignatureBlock};

use super::attach::{self, Attachment, AttachmentKind};
use super::body::{self, Body};
use super::{Closing, Confidentiality, DocumentKind, Letter, Urgency, reference};
use crate::directory::outside::PartyKind;
use crate::directory::{self, Unit};
use crate::distribution::{Channel, Purpose, Recipient};
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
    /// The unit below the institution, as [`unit_of`]; empty where the line names none.
    pub unit: String,
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

    /// Whom the letter names, and the unit below it: inside the house the unit alone, since the
    /// institution does not write to itself (article 14).
    fn office(&self) -> (&str, &str) {
        let inside = self.recipient.destination_type.channel() == Channel::Internal;
        if inside && !self.unit.is_empty() {
            (&self.unit, "")
        } else {
            (&self.recipient.institution_name, &self.unit)
        }
    }

    /// `Havsa Belediye Başkanlığına (Yazı İşleri Müdürlüğü) (Ek-2 konulmadı)` (articles 18, 19).
    fn in_list(&self, attachments: &[Attachment]) -> String {
        let (name, unit) = self.office();
        // What the drafter wrote in brackets takes the unit's place, as in Muhatap.
        let (written, below) = with_unit(&self.recipient.written);
        let unit = below.unwrap_or(unit);
        let mut line = if !written.is_empty() {
            written.to_owned()
        } else if self.is_person() {
            format!("Sayın {}", person(name))
        } else {
            turkish::dative(name)
        };
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

/// The name of a line's unit as the unit writes it; one that the directory knows by another name
/// today, or not at all, keeps the name of the label under which it was chosen.
pub(super) fn unit_of(label: &str, unit: Option<&Unit>) -> String {
    match unit {
        Some(unit) if unit.label == label && unit.is_institution() => String::new(),
        Some(unit) if unit.label == label => in_own_case(&unit.name),
        _ => {
            let path = directory::path_of(label);
            let unit = path.rsplit_once(" > ").map_or("", |(_, unit)| unit);
            turkish::title(unit)
        }
    }
}

/// A directory that was filled in capitals throughout tells nothing about case; `AR-GE` does.
fn in_own_case(name: &str) -> String {
    if name.contains(' ') && turkish::upper(name) == name {
        turkish::title(name)
    } else {
        name.to_owned()
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

/// Muhatap (article 14); `written` is the line as the drafter wants it, or empty. What stands in
/// brackets at its end is the line below: `ADANA VALİLİĞİNE (İl Millî Eğitim Müdürlüğü)`.
pub(super) fn addressee(lines: &[Line], written: &str) -> Addressee {
    let (written, below) = with_unit(written);
    match lines {
        [] if written.is_empty() => Addressee::None,
        [] => Addressee::Office {
            name: written.to_owned(),
            unit: below.unwrap_or_default().to_owned(),
            address: Vec::new(),
        },
        [one] if one.is_person() && written.is_empty() => Addressee::Person {
            name: person(&one.recipient.institution_name),
            address: one.address(),
        },
        [one] => {
            let (name, unit) = one.office();
            Addressee::Office {
                name: if written.is_empty() {
                    turkish::upper(&turkish::dative(name))
                } else {
                    written.to_owned()
                },
                unit: below.unwrap_or(unit).to_owned(),
                address: one.address(),
            }
        }
        _ => Addressee::Several,
    }
}

/// Whom an Olur is written to: the office of whoever grants it, its last signer (articles 14 and
/// 20); `written` is the line as the drafter wants it, or empty. `None` where the title names no
/// office that is known.
pub(super) fn granting_office(written: &str, granter: Option<&SignatureBlock>) -> Addressee {
    let (name, unit) = with_unit(written);
    let office = granter
        .and_then(|granter| granter.titles.first())
        .and_then(|title| office_of(title));
    match (name, office) {
        ("", None) => Addressee::None,
        ("", Some(office)) => Addressee::Office {
            name: format!("{} MAKAMINA", turkish::upper(&office)),
            unit: String::new(),
            address: Vec::new(),
        },
        (name, _) => Addressee::Office {
            name: name.to_owned(),
            unit: unit.unwrap_or_default().to_owned(),
            address: Vec::new(),
        },
    }
}

/// `Belediye Başkanı V.` holds *başkanlık*, `Genel Müdür` *genel müdürlük*.
fn office_of(title: &str) -> Option<String> {
    const HOLDERS: [(&str, &str); 9] = [
        ("bakan", "bakanlık"),
        ("vali", "valilik"),
        ("kaymakam", "kaymakamlık"),
        ("başkan", "başkanlık"),
        ("rektör", "rektörlük"),
        ("dekan", "dekanlık"),
        ("müdür", "müdürlük"),
        ("sekreter", "sekreterlik"),
        ("komutan", "komutanlık"),
    ];
    let title = turkish::lower(title);
    let title = title.trim_end_matches(" v.").trim_end_matches(" a.");
    let mut words = title.split_whitespace().rev();
    let (holder, before) = (words.next()?, words.next());
    let (_, office) = HOLDERS.iter().find(|(person, _)| {
        let ending = holder.strip_prefix(person);
        ending.is_some_and(|it| ["", "ı", "i", "u", "ü", "si"].contains(&it))
    })?;
    Some(match before {
        Some("genel") => format!("genel {office}"),
        _ => (*office).to_owned(),
    })
}

/// A written line, and what stands in brackets at its end.
fn with_unit(written: &str) -> (&str, Option<&str>) {
    let parts = written
        .strip_suffix(')')
        .and_then(|open| open.rsplit_once('('));
    match parts {
        Some((name, unit)) if !name.trim().is_empty() => (name.trim_end(), Some(unit.trim())),
        _ => (written, None),
    }
}

/// Dağıtım (article 19), when there is more than one recipient; an Olur, whose addressee is who
/// grants it, names even one there.
pub(super) fn distribution(
    kind: DocumentKind,
    lines: &[Line],
    attachments: &[Attachment],
) -> Distribution {
    if lines.len() < 2 && kind != DocumentKind::Consent {
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

/// A line of Ek; `left_out` says that the only recipient, who has no line under Dağıtım that could
/// say so, does not get it (article 18).
pub(super) fn attachment(line: &Attachment, left_out: bool) -> String {
    let kind = match line.kind {
        AttachmentKind::File => "",
        AttachmentKind::Physical => " (fiziksel)",
        AttachmentKind::External => " (harici)",
    };
    let left_out = if left_out { " (konulmadı)" } else { "" };
    format!("{}{kind}{left_out}", line.title)
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
    cut_blank_end(&mut blocks);
    let is_none = matches!(closing, Closing::Auto | Closing::None);
    if is_none
        || matches!(
            kind,
            DocumentKind::Minutes | DocumentKind::Report | DocumentKind::Form
        )
    {
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

/// Takes away what an editor leaves behind the last word: empty paragraphs, pieces of blanks.
fn cut_blank_end(blocks: &mut Vec<Block>) {
    while let Some(Block::Paragraph { runs }) = blocks.last_mut() {
        let said = runs.iter().rposition(|run| !run.text.trim().is_empty());
        runs.truncate(said.map_or(0, |last| last + 1));
        if !runs.is_empty() {
            return;
        }
        blocks.pop();
    }
}

const CLOSINGS: [&str; 14] = [
    "arz ederim",
    "arz ederiz",
    "arz olunur",
    "rica ederim",
    "rica ederiz",
    "rica olunur",
    "saygılar sunarım",
    "saygılar sunarız",
    "saygılarımı sunarım",
    "saygılarımızı sunarız",
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
    use crate::directory::UnitId;
    use crate::distribution::DestinationType;

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
            closed("Gereği rica olunur.", Closing::Rica),
            ["Gereği rica olunur."]
        );
        let left = |runs: &str| {
            let typed = format!(
                r#"{{"type":"doc","content":[{{"type":"paragraph","content":[{runs}]}},{{"type":"paragraph"}}]}}"#
            );
            let body = Body::from_editor(&typed).unwrap();
            text(&body, DocumentKind::CoverLetter, Closing::Arz)
        };
        let open = r#"{"type":"text","text":"Bilgilerinizi ve gereğini"}"#;
        let bold = r#"{"type":"text","marks":[{"type":"strong"}],"text":" "}"#;
        for runs in [open.to_owned(), format!("{open},{bold}")] {
            let blocks = left(&runs);
            let [Block::Paragraph { runs }] = blocks.as_slice() else {
                panic!("{blocks:?}")
            };
            assert_eq!(runs[0].text, "Bilgilerinizi ve gereğini arz ederim.");
        }
        assert_eq!(closed("Kind regards,", Closing::None), ["Kind regards,"]);
        assert_eq!(
            closed("Teşekkür ederiz", Closing::Regards),
            ["Teşekkür ederiz", "Saygılarımla."]
        );
    }

    fn line(kind: DestinationType, institution: &str, unit: &str) -> Line {
        let mut recipient = Recipient::blank("1".to_owned(), "2", kind);
        institution.clone_into(&mut recipient.institution_name);
        Line {
            recipient,
            party: None,
            unit: unit.to_owned(),
            address: None,
        }
    }

    fn office(name: &str, unit: &str) -> Addressee {
        Addressee::Office {
            name: name.to_owned(),
            unit: unit.to_owned(),
            address: Vec::new(),
        }
    }

    #[test]
    fn inside_the_house_the_unit_is_addressed_and_outside_the_institution() {
        use DestinationType::{ExternalKep, InternalUnit};
        let works = line(
            InternalUnit,
            "Keşan Belediye Başkanlığı",
            "Fen İşleri Müdürlüğü",
        );
        let house = line(InternalUnit, "Keşan Belediye Başkanlığı", "");
        let havsa = line(
            ExternalKep,
            "Havsa Belediye Başkanlığı",
            "II. Bölge Müdürlüğü",
        );
        assert_eq!(works.in_list(&[]), "Fen İşleri Müdürlüğüne");
        assert_eq!(house.in_list(&[]), "Keşan Belediye Başkanlığına");
        assert_eq!(
            havsa.in_list(&[]),
            "Havsa Belediye Başkanlığına (II. Bölge Müdürlüğü)"
        );
        for (written, expected) in [
            (
                "Havsa Belediyesine",
                "Havsa Belediyesine (II. Bölge Müdürlüğü)",
            ),
            ("Havsa Belediyesine (Bölge)", "Havsa Belediyesine (Bölge)"),
        ] {
            let mut line = line(
                ExternalKep,
                "Havsa Belediye Başkanlığı",
                "II. Bölge Müdürlüğü",
            );
            written.clone_into(&mut line.recipient.written);
            assert_eq!(line.in_list(&[]), expected);
        }
        for (line, written, expected) in [
            (&works, "", office("FEN İŞLERİ MÜDÜRLÜĞÜNE", "")),
            (&house, "", office("KEŞAN BELEDİYE BAŞKANLIĞINA", "")),
            (
                &havsa,
                "",
                office("HAVSA BELEDİYE BAŞKANLIĞINA", "II. Bölge Müdürlüğü"),
            ),
            (
                &havsa,
                "HAVSA BELEDİYESİNE",
                office("HAVSA BELEDİYESİNE", "II. Bölge Müdürlüğü"),
            ),
            (
                &havsa,
                "ADANA VALİLİĞİNE (İl Millî Eğitim Müdürlüğü)",
                office("ADANA VALİLİĞİNE", "İl Millî Eğitim Müdürlüğü"),
            ),
        ] {
            assert_eq!(addressee(std::slice::from_ref(line), written), expected);
        }
        assert_eq!(addressee(&[works, havsa], ""), Addressee::Several);
    }

    #[test]
    fn an_olur_goes_to_the_office_of_whoever_grants_it() {
        let to = |written: &str, title: &str| {
            let titles = titles(title);
            let granter = SignatureBlock {
                name: "Ali ŞAHİN".to_owned(),
                titles,
            };
            granting_office(written, Some(&granter))
        };
        for (title, makam) in [
            ("Belediye Başkanı", "BAŞKANLIK MAKAMINA"),
            ("Belediye Başkanı V.", "BAŞKANLIK MAKAMINA"),
            (
                "Belediye Başkanı a. Başkan Yardımcısı",
                "BAŞKANLIK MAKAMINA",
            ),
            ("Vali", "VALİLİK MAKAMINA"),
            ("Edirne Valisi", "VALİLİK MAKAMINA"),
            ("Kaymakam", "KAYMAKAMLIK MAKAMINA"),
            ("Bakan", "BAKANLIK MAKAMINA"),
            ("Rektör", "REKTÖRLÜK MAKAMINA"),
            ("Genel Müdür", "GENEL MÜDÜRLÜK MAKAMINA"),
            ("Yazı İşleri Müdürü", "MÜDÜRLÜK MAKAMINA"),
            ("Genel Sekreter", "GENEL SEKRETERLİK MAKAMINA"),
        ] {
            assert_eq!(to("", title), office(makam, ""), "{title}");
        }
        for title in ["Başkan Yardımcısı", "Mühendis", ""] {
            assert_eq!(to("", title), Addressee::None, "{title}");
        }
        let written = "BAŞKAN YARDIMCILIĞI MAKAMINA";
        assert_eq!(to(written, "Başkan Yardımcısı"), office(written, ""));
        // Whoever gets a copy stands under Dağıtım, one alone too, and never above the text.
        let copy = line(
            DestinationType::InternalUnit,
            "Keşan Belediye Başkanlığı",
            "Fen İşleri Müdürlüğü",
        );
        let listed = distribution(DocumentKind::Consent, &[copy], &[]);
        assert_eq!(listed.action, ["Fen İşleri Müdürlüğüne"]);
    }

    #[test]
    fn a_unit_is_called_as_it_calls_itself() {
        let unit = |name: &str, institution: bool| Unit {
            id: UnitId::new("u"),
            detsis_no: "1".to_owned(),
            number_is_demo: false,
            parent_id: None,
            institution_id: UnitId::new(if institution { "u" } else { "i" }),
            kind: directory::InstitutionKind::Municipality,
            name: name.to_owned(),
            province: "Edirne".to_owned(),
            district: "Havsa".to_owned(),
            label: directory::label("Edirne", "Havsa", &format!("Havsa > {name}")),
            kep_address: None,
            uets_address: None,
            active: true,
            is_own: false,
        };
        for (name, called) in [
            ("İSG Birimi", "İSG Birimi"),
            ("AR-GE", "AR-GE"),
            ("II. Bölge Müdürlüğü", "II. Bölge Müdürlüğü"),
            ("II. BÖLGE MÜDÜRLÜĞÜ", "II. Bölge Müdürlüğü"),
        ] {
            let unit = unit(name, false);
            assert_eq!(unit_of(&unit.label, Some(&unit)), called);
        }
        assert_eq!(
            unit_of(&unit("Havsa", true).label, Some(&unit("Havsa", true))),
            ""
        );
        // Renamed since, or gone: as it was chosen.
        let chosen = "(EDİRNE / HAVSA) - [HAVSA BELEDİYE BAŞKANLIĞI > YAZI İŞLERİ MÜDÜRLÜĞÜ]";
        let renamed = unit("Özel Kalem Müdürlüğü", false);
        for unit in [None, Some(&renamed)] {
            assert_eq!(unit_of(chosen, unit), "Yazı İşleri Müdürlüğü");
        }
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
