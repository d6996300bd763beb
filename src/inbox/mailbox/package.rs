//! The e-Yazışma package of an incoming message: read, checked, its letter and files taken out.

use std::collections::HashSet;
use std::io::Cursor;

use bytes::Bytes;
use eyazisma::{Limits, Package};

use super::open::{MOST_FILES, finding, keep, line};
use super::signature::{Signed, Trust};
use crate::app::App;
use crate::config::Mode;
use crate::directory::{self, Unit};
use crate::distribution::Purpose;
use crate::document::scan::Verdict;
use crate::document::{Confidentiality, Urgency, pdf};
use crate::error::Result;
use crate::inbox::period::Period;
use crate::inbox::register::Entry;
use crate::inbox::{File, Finding};

/// A package with the parts that are taken out of it.
pub(super) struct Packed {
    read: Result<Box<Package>, eyazisma::Finding>,
    /// Letter first, then attachments: title, file name, media type, bytes or why not.
    letter: Option<(String, Vec<u8>)>,
    files: Vec<PackedFile>,
}

/// An attachment of a package.
struct PackedFile {
    title: String,
    name: Option<String>,
    /// `None` for what lies elsewhere or was left out.
    bytes: Option<Vec<u8>>,
    note: String,
}

impl Packed {
    pub(super) fn read(bytes: &Bytes) -> Self {
        let limits = Limits::default();
        let package = match Package::read(Cursor::new(bytes.clone()), &limits) {
            Ok(package) => package,
            Err(error) => {
                return Self {
                    read: Err(error.finding()),
                    letter: None,
                    files: Vec::new(),
                };
            }
        };
        // An update package wraps the one that it updates: letter and files lie in there.
        let original = package.original.as_ref().and_then(|original| {
            let part = package.part_of(eyazisma::Role::Original)?;
            Some((original, Bytes::from(taken_out(bytes, &limits, part)?)))
        });
        let (letter, files) = match &original {
            Some((original, bytes)) => contents(original, bytes, &limits),
            None => contents(&package, bytes, &limits),
        };
        Self {
            read: Ok(Box::new(package)),
            letter,
            files,
        }
    }
}

/// One part of a package, within the limits.
fn taken_out(bytes: &Bytes, limits: &Limits, part: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    eyazisma::extract(Cursor::new(bytes.clone()), limits, part, &mut out).ok()?;
    Some(out)
}

/// The letter with its name, and the attachments.
fn contents(
    package: &Package,
    bytes: &Bytes,
    limits: &Limits,
) -> (Option<(String, Vec<u8>)>, Vec<PackedFile>) {
    let part = |name: &str| taken_out(bytes, limits, name);
    let base = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    let letter = package
        .letter()
        .and_then(|name| part(name).map(|bytes| (base(name), bytes)));
    let mut files = Vec::new();
    // A part is unpacked for one attachment alone: a small package may name a large one often.
    let mut taken: HashSet<&str> = HashSet::new();
    let attachments = package.metadata.iter().flat_map(|it| &it.attachments);
    for attachment in attachments.take(MOST_FILES) {
        let title = attachment
            .title
            .as_ref()
            .map(|title| title.value.clone())
            .filter(|title| !title.trim().is_empty());
        let name = attachment.file_name.clone();
        let title = title
            .or_else(|| name.clone())
            .unwrap_or_else(|| "Ek".to_owned());
        let found = package.attachment_part(attachment);
        let bytes = found.filter(|name| taken.insert(name)).and_then(part);
        let note = match (&bytes, &attachment.location) {
            (Some(_), _) => String::new(),
            // Foreign addresses are shown and never fetched (decision 25).
            (None, Some(place)) => format!("Harici referans: {place}"),
            (None, None) => "Pakette dosyası yok (fiziksel nesne ya da konulmamış ek)".to_owned(),
        };
        files.push(PackedFile {
            title,
            name,
            bytes,
            note,
        });
    }
    (letter, files)
}

/// What the package says stands above what the message says.
pub(super) async fn take_over(
    app: &App,
    entry: &mut Entry,
    packed: Packed,
    sender: Option<&Unit>,
    trust: &Trust,
) -> Result<()> {
    let package = match packed.read {
        Ok(package) => package,
        Err(unread) => {
            entry
                .findings
                .push(finding("package", "error", unread.code, &unread.sentence));
            return Ok(());
        }
    };
    let content = package.original.as_deref().unwrap_or(&package);
    let creator = creator_key(content);
    let (own, creator) = app
        .store
        .read(move |tx| -> Result<_> {
            let creator = match creator {
                Some(number) => directory::by_number(tx, &number)?,
                None => None,
            };
            Ok((directory::own_numbers(tx)?, creator))
        })
        .await?;
    let found = checked(&package, app.mode == Mode::Rehearsal, &own);
    let is_clean = |found: &eyazisma::Finding| found.severity == eyazisma::Severity::Note;
    if found.iter().all(is_clean) {
        let sentence = format!(
            "e-Yazışma paketi (sürüm {}) kurallara uygun.",
            package.version
        );
        entry
            .findings
            .push(finding("package", "ok", "paket_uygun", &sentence));
    }
    for each in found {
        let severity = match each.severity {
            eyazisma::Severity::Note => "note",
            eyazisma::Severity::Warning => "warning",
            eyazisma::Severity::Serious | eyazisma::Severity::Critical => "error",
        };
        entry
            .findings
            .push(finding("package", severity, each.code, &each.sentence));
    }
    signatures(entry, ["Paketin imzası", "Paketin mührü"], &package, trust).await?;
    if let Some(original) = &package.original {
        let names = ["İçindeki paketin imzası", "İçindeki paketin mührü"];
        signatures(entry, names, original, trust).await?;
    }
    entry.findings.extend(
        packed
            .letter
            .as_ref()
            .and_then(|(_, bytes)| unreadable(bytes)),
    );
    entry
        .findings
        .extend(other_sender(content, sender, creator.as_ref()));
    if let Some(sayi) = content.number() {
        entry.their_number = line(sayi);
    }
    let date = content
        .final_metadata
        .as_ref()
        .and_then(|it| it.date.date());
    entry.their_date = date.or(entry.their_date);
    if let Some(metadata) = &content.metadata {
        let subject = line(&metadata.subject.value);
        if !subject.is_empty() {
            entry.subject = subject;
        }
        if let Some(name) = metadata
            .creator
            .as_ref()
            .map(eyazisma::Party::name)
            .filter(|name| !name.trim().is_empty())
        {
            entry.sender = line(&name);
        }
        entry.plan_code = metadata
            .file_plan
            .as_ref()
            .map(|plan| plan.main.code.clone());
        entry.confidentiality = degree(&metadata.secrecy);
        entry.personal = metadata.secrecy == eyazisma::Secrecy::Personal;
        addressed(entry, metadata, &own);
    }
    if let Some(change) = &package.change {
        updated(entry, change);
    }
    if let Some((name, bytes)) = packed.letter {
        let kept = keep(app, name.clone(), Some(name), bytes.into()).await?;
        entry.content_hash.clone_from(&kept.blob_hash);
        entry.content_type = kept.media_type.clone().unwrap_or_default();
        entry.files.push(kept);
    }
    for PackedFile {
        title,
        name,
        bytes,
        note,
    } in packed.files
    {
        let file = match bytes {
            Some(bytes) => keep(app, title, name, bytes.into()).await?,
            None => File {
                id: crate::ids::new_id(&*app.ids, app.now()),
                title: line(&title),
                file_name: None,
                media_type: None,
                size: 0,
                blob_hash: None,
                scan: Verdict::Unchecked,
                note,
            },
        };
        entry.files.push(file);
    }
    Ok(())
}

/// Signature and seal of a package.
async fn signatures(
    entry: &mut Entry,
    [signature, seal]: [&'static str; 2],
    package: &Package,
    trust: &Trust,
) -> Result<()> {
    let parts = [
        (
            signature,
            "paket_imzasi",
            &package.signature,
            &package.package_digest_bytes,
        ),
        (
            seal,
            "paket_muhru",
            &package.seal,
            &package.final_digest_bytes,
        ),
    ];
    for (what, code, cms, content) in parts {
        if let (Some(cms), Some(content)) = (cms, content) {
            let signed = Signed {
                what,
                code,
                cms: Bytes::copy_from_slice(cms),
                content: Bytes::copy_from_slice(content),
                is_stamped: true,
            };
            entry.findings.push(trust.check(&signed).await?);
        }
    }
    Ok(())
}

/// The new degree of confidentiality that an update package gives to a letter sent earlier (2.1).
fn updated(entry: &mut Entry, change: &eyazisma::SecrecyChange) {
    entry.confidentiality = degree(&change.secrecy);
    entry.personal = change.secrecy == eyazisma::Secrecy::Personal;
    let day = change.date.date().map_or_else(String::new, |day| {
        format!("{} günü ", day.strftime("%d.%m.%Y"))
    });
    let sentence = format!(
        "Güncelleme paketi: gizlilik derecesi {day}{} sayılı kararla {} olarak değişti ({}). Yazıyı \
         daha önce aldıysanız o kaydın gizliliğini de Kaydı Düzelt ile değiştirin.",
        line(&change.decision_number),
        entry.confidentiality.label(),
        line(&change.note)
    );
    entry.findings.insert(
        0,
        finding("package", "warning", "guncelleme_paketi", &sentence),
    );
}

fn degree(secrecy: &eyazisma::Secrecy) -> Confidentiality {
    match secrecy {
        eyazisma::Secrecy::Restricted => Confidentiality::Restricted,
        eyazisma::Secrecy::Private => Confidentiality::Private,
        eyazisma::Secrecy::Secret => Confidentiality::Secret,
        eyazisma::Secrecy::TopSecret => Confidentiality::TopSecret,
        _ => Confidentiality::None,
    }
}

/// That the letter in the package opens in no reader.
fn unreadable(letter: &[u8]) -> Option<Finding> {
    let fault = pdf::fault(&mut Cursor::new(letter));
    let fault = fault.unwrap_or(Some("Okunamıyor."))?;
    let sentence = format!(
        "Paketteki üst yazı açılabilen bir PDF değil ({}). Yine de kaydedildi; gönderenden yazının \
         yeniden gönderilmesini isteyin.",
        fault.trim_end_matches('.')
    );
    Some(finding("package", "error", "yazi_pdf_degil", &sentence))
}

/// The number of who prepared the package, as its Üstveri says.
fn creator_key(package: &Package) -> Option<String> {
    let creator = package.metadata.as_ref()?.creator.as_ref()?;
    creator.key().map(str::to_owned)
}

/// A package says who wrote it; the KEP address says who sent it. Both are of one institution,
/// whichever of its units and addresses stand there.
fn other_sender(
    package: &Package,
    sender: Option<&Unit>,
    creator_unit: Option<&Unit>,
) -> Option<Finding> {
    let creator = package.metadata.as_ref()?.creator.as_ref()?;
    let key = creator.key()?;
    let is_same = sender.is_some_and(|unit| {
        unit.detsis_no == key
            || creator_unit.is_some_and(|creator| creator.institution_id == unit.institution_id)
    });
    if is_same {
        return None;
    }
    let sentence = match sender {
        Some(unit) => format!(
            "Paketi hazırlayan {} ({key}); ileti ise {} adresinden geldi. Göndereni denetleyin.",
            line(&creator.name()),
            unit.name
        ),
        None => format!(
            "Paketi hazırlayan {} ({key}); ileti rehberde olmayan bir adresten geldi. Göndereni \
             denetleyin.",
            line(&creator.name())
        ),
    };
    Some(finding(
        "package",
        "warning",
        "paket_gonderen_farkli",
        &sentence,
    ))
}

/// Every rule of the package that can be tested, for us as its receiver.
fn checked(package: &Package, rehearsal: bool, own: &[String]) -> Vec<eyazisma::Finding> {
    package.check(&eyazisma::Options {
        rehearsal,
        receiver: own,
        ..eyazisma::Options::default()
    })
}

/// Purpose, urgency and due date of our own line: of those to several of our units the first that
/// asks for action. A package without one is for somebody else.
fn addressed(entry: &mut Entry, metadata: &eyazisma::Metadata, own: &[String]) {
    let is_ours = |line: &&eyazisma::Distribution| match &line.party {
        eyazisma::Party::Institution(it) => own
            .iter()
            .any(|number| *number == it.code || Some(number) == it.unit_code.as_ref()),
        _ => false,
    };
    let ours = metadata
        .recipients
        .iter()
        .filter(is_ours)
        .min_by_key(|line| line.purpose == eyazisma::Purpose::Information);
    let Some(ours) = ours else {
        if !metadata.recipients.is_empty() && !own.is_empty() {
            let names: Vec<String> = metadata
                .recipients
                .iter()
                .take(3)
                .map(|line| line.party.name())
                .filter(|name| !name.is_empty())
                .collect();
            entry.findings.insert(
                0,
                finding(
                    "package",
                    "error",
                    "baska_kurum",
                    &format!(
                        "Paketin dağıtım listesinde kurumunuz yok ({}). Yine de kaydedildi; muhatabı \
                         değilseniz İade Et ile ikinci iş gününün sonuna kadar iade edin.",
                        line(&names.join(", "))
                    ),
                ),
            );
        }
        return;
    };
    entry.purpose = match ours.purpose {
        eyazisma::Purpose::Information => Purpose::Information,
        _ => Purpose::Action,
    };
    entry.urgency = match ours.urgency {
        eyazisma::Urgency::Urgent | eyazisma::Urgency::Express | eyazisma::Urgency::MostExpress => {
            Urgency::Urgent
        }
        eyazisma::Urgency::Dated => Urgency::Dated,
        _ => Urgency::Normal,
    };
    let span = ours
        .deadline
        .as_deref()
        .and_then(|text| text.parse::<jiff::Span>().ok());
    if let (Some(day), Some(span)) = (entry.their_date, span) {
        entry.due_date = day.checked_add(span).ok();
        entry.period = entry.due_date.map(|_| Period::Given);
    }
}
