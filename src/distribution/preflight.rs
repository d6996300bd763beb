//! What would go wrong, said before the first approval is asked for and again before sending.

use std::collections::BTreeMap;

use super::{Channel, Purpose, Recipient, list, provincial, store};
use crate::config::Mode;
use crate::directory::today::{self, Today};
use crate::document::attach::{self, Attachment, size_label};
use crate::document::reference;
use crate::document::{DocumentKind, Letter, State};
use crate::error::Result;
use crate::inbox;
use crate::package;
use crate::setting;
use crate::store::Tx;
use crate::turkish;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Note,
    /// May go wrong; the person decides.
    Warning,
    /// Refused until it is mended.
    Blocking,
}

/// One finding with its ways out (decision 11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    /// Stable, for programs.
    pub code: &'static str,
    pub sentence: String,
    /// What one can do about it.
    pub ways_out: Vec<&'static str>,
}

/// What one can do about a message over the limit (decision 11).
pub(crate) const TOO_LARGE_WAYS: [&str; 3] = [
    "Bir eki bu alıcıya göndermeyin (ek bırakma).",
    "Eki CD/USB olarak fiziksel ek yapın.",
    "DYS Dışı Evrak Gönderim ile gönderin.",
];
const NO_KEP_WAYS: [&str; 2] = [
    "Başka bir birim seçin.",
    "DYS Dışı Evrak Gönderim ile gönderin.",
];
const NO_UETS_WAYS: [&str; 2] = [
    "DYS Dışı KEP Gönderim ile gönderin.",
    "DYS Dışı Evrak Gönderim ile gönderin.",
];

/// The directory has another address than the line: the one finding that a signed letter survives.
pub const ADDRESS_CHANGED: &str = "adres_degisti";

impl Finding {
    /// The same of a signed letter: recipients, text and attachments stay as they were signed, so
    /// what a draft may do about it is no way out any more.
    pub(crate) fn of_signed(mut self) -> Self {
        self.ways_out = match (self.severity, self.code) {
            (_, ADDRESS_CHANGED) => {
                vec!["Evrakı Gönder ekranında Adresi rehberden yenile düğmesine basın."]
            }
            (Severity::Blocking, "ileti_buyuk") => vec![
                "İmzalanan yazının ekleri değişmez; yeni yazı hazırlayın, bu yazıyı \
                 Gönderilmeyecek olarak kapatın.",
            ],
            (Severity::Blocking, _) => vec![
                "İmzalanan yazının alıcısı değişmez; yeni yazı hazırlayın, bu yazıyı \
                 Gönderilmeyecek olarak kapatın.",
            ],
            // Whoever sends it decides; there is nothing to change.
            (Severity::Warning | Severity::Note, _) => Vec::new(),
        };
        self
    }
}

/// All findings of a letter, the heaviest first.
///
/// # Errors
/// When the store fails.
pub fn preflight(tx: &mut Tx<'_>, document_id: &str) -> Result<Vec<Finding>> {
    let recipients = store::of_document(tx, document_id)?;
    let attachments = attach::all(tx, document_id)?;
    let mut findings = Vec::new();
    let letter = crate::document::any(tx, document_id)?;
    let signed = matches!(letter.state, State::Signed | State::Dispatched);
    if letter.stays(recipients.len()) {
        findings.push(Finding {
            severity: Severity::Note,
            code: "alici_bos",
            sentence: "Alıcısı olmayan olur gönderilmez; son imzadan sonra dosyasında saklanır. \
                       Bir birime bildirilecekse alıcı olarak ekleyin."
                .to_owned(),
            ways_out: Vec::new(),
        });
    } else if recipients.is_empty() {
        findings.push(Finding {
            severity: Severity::Blocking,
            code: "alici_bos",
            sentence: "Dağıtım listesi boş.".to_owned(),
            ways_out: vec!["Dağıtım Listesi Hazırla ile alıcı seçin."],
        });
    }
    let ids: Vec<&str> = recipients
        .iter()
        .filter_map(|line| line.unit_id.as_deref())
        .collect();
    let units = today::of(tx, &ids)?;
    let real = setting::text(tx, setting::MODE)?.as_deref() == Some(Mode::Real.code());
    findings.extend(reference::out_of_order(tx, &letter)?);
    let alone = recipients.len() == 1 && letter.kind != DocumentKind::Consent;
    for recipient in &recipients {
        to_itself(recipient, &letter.unit_id, &mut findings);
        let written = if alone {
            &letter.addressee_line
        } else {
            &recipient.written
        };
        if written.is_empty() && !signed {
            findings.extend(of_governor(recipient, alone));
        }
        let unit = recipient.unit_id.as_ref().and_then(|id| units.get(id));
        check_recipient(recipient, unit, real, &mut findings);
    }
    findings.extend(of_addressee_line(&letter, &recipients));
    remind_of_uets(&recipients, &mut findings);
    findings.extend(inbox::answer::hindrances(tx, document_id, &recipients)?);
    findings.extend(inbox::cite::misaddressed(tx, document_id, &recipients)?);
    if !recipients.is_empty()
        && recipients
            .iter()
            .all(|line| line.purpose == Purpose::Information)
    {
        findings.push(Finding {
            severity: Severity::Warning,
            code: "geregi_yok",
            sentence: "Alıcıların hepsi Bilgi; yazının gereğini yapacak kimse yok.".to_owned(),
            ways_out: vec!["En az bir alıcıyı Gereği yapın."],
        });
    }
    let by_message: Vec<&Recipient> = recipients
        .iter()
        .filter(|line| {
            matches!(
                line.destination_type.channel(),
                Channel::Kep | Channel::Uets
            )
        })
        .collect();
    let by_kep: Vec<&Recipient> = by_message
        .iter()
        .copied()
        .filter(|line| line.destination_type.channel() == Channel::Kep)
        .collect();
    check_sizes(tx, &by_message, &attachments, &mut findings)?;
    shared_addresses(&by_kep, &mut findings);
    if signed {
        findings = findings.into_iter().map(Finding::of_signed).collect();
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Ok(findings)
}

/// Findings of one kind that a screen shows; the rest are counted.
const SHOWN: usize = 20;

/// The findings for a screen: the first of each kind and how many more there are.
#[must_use]
pub fn shortened(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kinds: Vec<(Severity, &'static str, Vec<Finding>)> = Vec::new();
    for finding in findings {
        let (severity, code) = (finding.severity, finding.code);
        match kinds
            .iter_mut()
            .find(|kind| (kind.0, kind.1) == (severity, code))
        {
            Some((_, _, of_kind)) => of_kind.push(finding),
            None => kinds.push((severity, code, vec![finding])),
        }
    }
    let mut short = Vec::new();
    for (severity, code, mut of_kind) in kinds {
        let more = of_kind.len().saturating_sub(SHOWN);
        of_kind.truncate(SHOWN);
        short.append(&mut of_kind);
        if more > 0 {
            short.push(Finding {
                severity,
                code,
                sentence: format!("… ve {more} birim daha aynı durumda."),
                ways_out: Vec::new(),
            });
        }
    }
    short
}

/// What stands in the way of one line; `unit` is the line's unit as it stands today.
fn check_recipient(
    recipient: &Recipient,
    unit: Option<&Today>,
    real: bool,
    findings: &mut Vec<Finding>,
) {
    let label = &recipient.label;
    let mut add = |severity, code, sentence, ways_out| {
        findings.push(Finding {
            severity,
            code,
            sentence,
            ways_out,
        });
    };
    let channel = recipient.destination_type.channel();
    let mut blocking = |code, sentence, ways_out| add(Severity::Blocking, code, sentence, ways_out);
    match (channel, &recipient.delivery_address) {
        (Channel::Kep, None) => blocking(
            "kep_adresi_yok",
            format!("{label}: KEP adresi yok."),
            NO_KEP_WAYS.to_vec(),
        ),
        (Channel::Uets, None) => blocking(
            "uets_adresi_yok",
            format!("{label}: UETS adresi yok."),
            NO_UETS_WAYS.to_vec(),
        ),
        (Channel::Uets, Some(_)) if real => blocking(
            "uets_baglanti_yok",
            format!("{label}: {}", crate::dispatch::uets::NO_CONTRACT),
            NO_UETS_WAYS.to_vec(),
        ),
        (Channel::Paper, None) => blocking(
            "posta_adresi_yok",
            format!("{label}: posta adresi yok."),
            vec!["Dağıtım Listesi'nde alıcının satırına posta adresini yazın."],
        ),
        _ => {}
    }
    let electronic = unit.is_some_and(|unit| unit.kep_address.is_some());
    if channel == Channel::Paper && electronic && recipient.paper_reason.trim().is_empty() {
        blocking(
            "kagit_gerekce",
            format!("{label}: KEP adresi var, kâğıtla gönderme gerekçesi yazılmadı."),
            vec![
                "DYS Dışı KEP Gönderim ile gönderin (elektronik gönderim esastır).",
                "Gerekçeyi alıcının satırına yazın; yazıya basılmaz, gönderi kaydında durur.",
            ],
        );
    }
    if recipient.unit_id.is_none() {
        return;
    }
    match unit {
        None => blocking(
            "birim_yok",
            format!("{label}: birim artık rehberde yok."),
            vec!["Alıcıyı kaldırıp yeniden seçin."],
        ),
        Some(today) if !today.unit.active => blocking(
            "birim_kapali",
            format!("{label}: birim kapalı (pasif)."),
            vec!["Yerine geçen birimi seçin."],
        ),
        Some(today) if today.unit.is_own != (channel == Channel::Internal) => blocking(
            "birim_ici_disi",
            if today.unit.is_own {
                format!("{label}: kurumunuzun birimidir; kurum dışı olarak gönderilemez.")
            } else {
                format!("{label}: başka kurumun birimidir; DYS içi gönderilemez.")
            },
            vec!["Alıcıyı kaldırıp doğru yer türüyle yeniden seçin."],
        ),
        Some(today) => {
            let (address, what, code, ways) = match channel {
                Channel::Kep => (&today.kep_address, "KEP", "kep_adresi_yok", NO_KEP_WAYS),
                Channel::Uets => (
                    &today.unit.uets_address,
                    "UETS",
                    "uets_adresi_yok",
                    NO_UETS_WAYS,
                ),
                Channel::Paper | Channel::Internal => return,
            };
            if list::moved_to(recipient, today).is_some() {
                blocking(
                    ADDRESS_CHANGED,
                    format!("{label}: {what} adresi seçildikten sonra değişti."),
                    vec!["Alıcıyı kaldırıp yeniden seçin."],
                );
            } else if recipient.delivery_address.is_some() && address.is_none() {
                let sentence = format!("{label}: {what} adresi artık rehberde yok.");
                blocking(code, sentence, ways.to_vec());
            }
        }
    }
}

/// A directorate of a province or district is written to through its governor.
fn of_governor(recipient: &Recipient, alone: bool) -> Option<Finding> {
    let is_whole = !recipient.label.contains(" > ");
    let outside = recipient.destination_type.channel() != Channel::Internal;
    let (governor, unit) = (outside && is_whole)
        .then(|| provincial::of(&recipient.institution_name))
        .flatten()?;
    let (governor, place) = if alone {
        let capitals = turkish::upper(&turkish::dative(&governor));
        (capitals, "Muhatap satırı alanına")
    } else {
        let place = "Dağıtım Listesi'nde alıcının Yazıdaki adı alanına";
        (turkish::dative(&governor), place)
    };
    Some(Finding {
        severity: Severity::Note,
        code: "muhatap_mulki_amir",
        sentence: format!(
            "{}: il ve ilçe müdürlüklerine mülki amirlik üzerinden yazılır (5442 sayılı Kanun). \
             Öneri: {governor} ({unit}). Uygunsa {place} yazın.",
            recipient.institution_name
        ),
        ways_out: Vec::new(),
    })
}

/// Muhatap on the page says another name than the recipient's (regulation article 28): the line was
/// written for a recipient that is gone, or for another kind of letter.
fn of_addressee_line(letter: &Letter, recipients: &[Recipient]) -> Option<Finding> {
    let line = letter.addressee_line.trim();
    if line.is_empty() {
        return None;
    }
    let sentence = match (letter.kind, recipients) {
        (DocumentKind::Consent, _) => {
            let words = turkish::search_words(line);
            let to_an_office = words.iter().any(|word| word.starts_with("makam"));
            (!to_an_office).then(|| {
                format!(
                    "Olurun muhatabı “{line}” olarak basılacak; olur onaylayanın makamına yazılır, \
                     örneğin BAŞKANLIK MAKAMINA."
                )
            })
        }
        (_, [one]) => (!names(line, one)).then(|| {
            format!(
                "Yazının muhatabı “{line}” olarak basılacak; alıcı ise {}. Yazıda ve üstveride aynı \
                 muhatap bulunmalıdır.",
                one.label
            )
        }),
        // Several are listed by their own names; the line is not printed.
        _ => None,
    };
    Some(Finding {
        severity: Severity::Warning,
        code: "muhatap_satiri",
        sentence: sentence?,
        ways_out: vec!["Muhatap satırını düzeltin ya da boşaltın; boşsa DYS yazar."],
    })
}

/// Whether a line that was written by hand is about this recipient: it has the first word of the
/// name, and most of all of them, in whatever case and with whatever ending.
fn names(line: &str, recipient: &Recipient) -> bool {
    const STEM: usize = 5;
    let line = turkish::search_words(line);
    let has = |word: &String| {
        let stem: String = word.chars().take(STEM).collect();
        line.iter().any(|other| other.starts_with(&stem))
    };
    let unit = recipient.label.rsplit_once(" > ").map(|(_, unit)| unit);
    [Some(recipient.institution_name.as_str()), unit]
        .into_iter()
        .flatten()
        .any(|name| {
            let mut words = turkish::search_words(name);
            words.retain(|word| word.chars().count() > 1 && word != "tc");
            let found = words.iter().filter(|word| has(word)).count();
            words.first().is_some_and(has) && found * 2 > words.len()
        })
}

/// A unit does not write to itself, whichever way its name came into the list.
fn to_itself(recipient: &Recipient, drafting: &str, findings: &mut Vec<Finding>) {
    let inside = recipient.destination_type.channel() == Channel::Internal;
    if inside && recipient.unit_id.as_deref() == Some(drafting) {
        findings.push(Finding {
            severity: Severity::Blocking,
            code: "alici_kendisi",
            sentence: format!(
                "{}: yazıyı hazırlayan birimdir; alıcı olamaz.",
                recipient.label
            ),
            ways_out: vec!["Alıcıyı Dağıtım Listesi'nden kaldırın."],
        });
    }
}

/// No check digit is known for UETS addresses: a person compares name and address.
fn remind_of_uets(recipients: &[Recipient], findings: &mut Vec<Finding>) {
    let lines: Vec<&Recipient> = recipients
        .iter()
        .filter(|line| line.destination_type.channel() == Channel::Uets)
        .collect();
    let who = match lines.as_slice() {
        [] => return,
        [one] => format!(
            "{}: {} adresinin",
            one.label,
            one.delivery_address.as_deref().unwrap_or("yazılmamış")
        ),
        many => format!("{} UETS adresinin", many.len()),
    };
    findings.push(Finding {
        severity: Severity::Note,
        code: "uets_karsilastir",
        sentence: format!(
            "{who} denetim rakamı bilinmiyor; yanlış bir rakam sistemce fark edilemez. Alıcının adını \
             ve adresini göndermeden önce karşılaştırın."
        ),
        ways_out: Vec::new(),
    });
}

/// Bytes of the whole encoded message for a recipient: base64 grows by 4/3 and its line ends by
/// 2 in 76, beside a fixed share for headers, letter and signature.
#[must_use]
pub fn estimated_size(attachments: &[Attachment], left_out: &[String]) -> u64 {
    const FRAME: u64 = 200_000;
    let bytes: u64 = attachments
        .iter()
        .filter(|attachment| !left_out.contains(&attachment.id))
        .map(|attachment| attachment.size)
        .sum();
    FRAME + encoded(bytes)
}

/// Bytes as base64 in lines.
fn encoded(bytes: u64) -> u64 {
    bytes.div_ceil(3) * 4 * 78 / 76
}

/// Bytes of the whole message around a package that exists: text, headers and signature are small.
fn size_around(package: u64) -> u64 {
    const AROUND: u64 = 20_000;
    AROUND + encoded(package)
}

fn check_sizes(
    tx: &mut Tx<'_>,
    recipients: &[&Recipient],
    attachments: &[Attachment],
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let limit = u64::try_from(setting::number(tx, setting::MESSAGE_LIMIT)?).unwrap_or(u64::MAX);
    let warning = u64::try_from(setting::number(tx, setting::MESSAGE_WARNING)?).unwrap_or(u64::MAX);
    let mut sizes: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    let packages = match recipients.first() {
        Some(line) => package::sizes(tx, &line.document_id)?,
        None => BTreeMap::new(),
    };
    for recipient in recipients {
        let made = match recipient.destination_type.channel() {
            Channel::Kep => packages.get(&package::key(&recipient.left_out)),
            _ => None,
        };
        // What exists is counted; what does not is estimated.
        let size = made.map_or_else(
            || estimated_size(attachments, &recipient.left_out),
            |bytes| size_around(*bytes),
        );
        sizes.entry(size).or_default().push(&recipient.label);
    }
    for (size, labels) in sizes.iter().rev() {
        let who = match labels.as_slice() {
            [one] => (*one).to_owned(),
            many => format!("{} alıcı", many.len()),
        };
        if *size > limit {
            findings.push(Finding {
                severity: Severity::Blocking,
                code: "ileti_buyuk",
                sentence: format!(
                    "{who}: KEP iletisi {} olur; sınır {}.",
                    size_label(*size),
                    size_label(limit)
                ),
                ways_out: TOO_LARGE_WAYS.to_vec(),
            });
        } else if *size > warning {
            findings.push(Finding {
                severity: Severity::Warning,
                code: "ileti_buyukce",
                sentence: format!(
                    "{who}: KEP iletisi {} olur; {} üstünü bazı sağlayıcılar almayabilir.",
                    size_label(*size),
                    size_label(warning)
                ),
                ways_out: TOO_LARGE_WAYS.to_vec(),
            });
        }
    }
    Ok(())
}

/// Units of one address share one message (decision 9).
fn shared_addresses(recipients: &[&Recipient], findings: &mut Vec<Finding>) {
    let mut groups: BTreeMap<&str, Vec<&Recipient>> = BTreeMap::new();
    for recipient in recipients {
        if let Some(address) = &recipient.delivery_address {
            groups.entry(address).or_default().push(recipient);
        }
    }
    for group in groups.values().filter(|group| group.len() > 1) {
        let same_set = group.iter().all(|line| line.left_out == group[0].left_out);
        let messages = if same_set {
            "tek ileti gönderilecek"
        } else {
            "ek seçimine göre ayrı iletiler gönderilecek"
        };
        findings.push(Finding {
            severity: Severity::Note,
            code: "adres_ortak",
            sentence: format!(
                "{}: Bu kurumun {} birimi aynı KEP adresini kullanıyor; {messages}.",
                group[0].institution_name,
                group.len()
            ),
            ways_out: Vec::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::DestinationType;

    #[test]
    fn a_directorate_is_proposed_through_its_governor() {
        let name = "Adana İl Millî Eğitim Müdürlüğü";
        let mut line = Recipient::blank("1".to_owned(), "2", DestinationType::ExternalKep);
        name.clone_into(&mut line.institution_name);
        line.label = "(ADANA) - [ADANA İL MİLLÎ EĞİTİM MÜDÜRLÜĞÜ]".to_owned();
        for (alone, proposed) in [
            (
                true,
                "ADANA VALİLİĞİNE (İl Millî Eğitim Müdürlüğü). Uygunsa Muhatap satırı",
            ),
            (
                false,
                "Adana Valiliğine (İl Millî Eğitim Müdürlüğü). Uygunsa Dağıtım Listesi'nde",
            ),
        ] {
            let finding = of_governor(&line, alone).expect("a proposal");
            assert_eq!(finding.severity, Severity::Note);
            assert!(finding.sentence.contains(proposed), "{}", finding.sentence);
        }
        // A school below it is written to by its own name.
        line.label
            .insert_str(line.label.len() - 1, " > ATATÜRK İLKOKULU");
        assert!(of_governor(&line, true).is_none());
    }
}
