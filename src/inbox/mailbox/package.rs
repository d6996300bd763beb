//! The e-Yazışma package of an incoming message: read, checked, its letter and files taken out.

use std::collections::HashSet;
use std::io::Cursor;

use bytes::Bytes;
use eyazisma::{Generation, Limits, Package, Secrecy, Severity};

use super::open::{MOST_FILES, finding, keep, line};
use super::signature::{Signed, Trust};
use crate::app::App;
use crate::config::Mode;
use crate::directory::{self, Unit};
use crate::distribution::Purpose;
use crate::document::scan::Verdict;
use crate::document::{Confidentiality, Urgency, pdf};
use crate::error::Result;
use crate::evidence::check::{Line, Outcome};
use crate::inbox::period::Period;
use crate::inbox::register::Entry;
use crate::inbox::{File, Finding};
use crate::package::roles;

/// Files that no digest covers; more are counted and not named.
const MOST_UNCOVERED: usize = 5;
/// Of a sentence in which strangers' names stand.
const LONGEST_SENTENCE: usize = 1000;

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
    let is_whole = found.iter().all(|it| it.severity < Severity::Serious);
    let is_clean = |found: &eyazisma::Finding| found.severity == Severity::Note;
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
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Serious | Severity::Critical => "error",
        };
        entry
            .findings
            .push(finding("package", severity, each.code, &each.sentence));
    }
    let names = ["Paket", "Paketin imzası", "Paketin mührü"];
    let is_sealed = vouched(entry, names, &package, trust).await?;
    if let Some(original) = &package.original {
        let names = [
            "İçindeki paket",
            "İçindeki paketin imzası",
            "İçindeki paketin mührü",
        ];
        vouched(entry, names, original, trust).await?;
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
    entry.their_date = roles::day_of(content).or(entry.their_date);
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
        entry.personal = metadata.secrecy == Secrecy::Personal;
        addressed(entry, metadata, &own);
    }
    if let Some(change) = &package.change {
        // A seal that holds says nothing of a part that its digests do not name, or name otherwise.
        let is_whole = is_whole && package.uncovered().is_empty();
        let held_back = match (is_sealed, is_whole) {
            (false, _) => Some("mühür doğrulanmadığı"),
            (true, false) => Some("paketin denetimi tutmadığı"),
            (true, true) if !change.secrecy.is_in(Generation::Two) => Some("derece tanınmadığı"),
            (true, true) => None,
        };
        updated(entry, change, held_back);
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

/// Signature and seal of a package, whether they are of those whom it names, and what they do not
/// cover; says whether the seal is that of who prepared it and nothing about it is open.
async fn vouched(
    entry: &mut Entry,
    [whole, signature, seal]: [&'static str; 3],
    package: &Package,
    trust: &Trust,
) -> Result<bool> {
    let uncovered = roles::uncovered(package, MOST_UNCOVERED);
    let uncovered = uncovered.iter();
    entry
        .findings
        .extend(uncovered.filter_map(|line| told(whole, "paket_kapsami", line)));
    let signed = |what, code, cms: Option<&[u8]>, content: Option<&[u8]>| {
        Some(Signed {
            what,
            code,
            cms: Bytes::copy_from_slice(cms?),
            content: Bytes::copy_from_slice(content?),
            is_stamped: true,
        })
    };
    let (cms, content) = (&package.signature, &package.package_digest_bytes);
    if let Some(signed) = signed(
        signature,
        "paket_imzasi",
        cms.as_deref(),
        content.as_deref(),
    ) {
        let (checked, report) = trust.examine(&signed).await?;
        entry.findings.push(checked);
        let signers = roles::signers(package, &report);
        let signers = signers.and_then(|line| told(signature, "paket_imzacilari", &line));
        entry.findings.extend(signers);
        // That there is no stamp to compare the date with is told of the signature already.
        let day = roles::day_line(package, &report).filter(|it| it.outcome == Outcome::Failed);
        let day = day.and_then(|line| told(signature, "paket_tarihi", &line));
        entry.findings.extend(day);
    }
    let (cms, content) = (&package.seal, &package.final_digest_bytes);
    let Some(signed) = signed(seal, "paket_muhru", cms.as_deref(), content.as_deref()) else {
        return Ok(false);
    };
    let (checked, report) = trust.examine(&signed).await?;
    let holds = checked.severity == "ok";
    entry.findings.push(checked);
    let owner = roles::sealer(package, &report);
    let is_creators = owner.as_ref().is_some_and(|it| it.outcome == Outcome::Ok);
    let owner = owner.and_then(|line| told(seal, "paket_muhur_sahibi", &line));
    entry.findings.extend(owner);
    Ok(holds && is_creators)
}

/// A line of `dys verify` as the registry is told it; none of what holds.
fn told(what: &str, code: &str, line: &Line) -> Option<Finding> {
    let severity = match line.outcome {
        Outcome::Ok => return None,
        Outcome::Open => "warning",
        Outcome::Failed => "error",
    };
    let text: String = line
        .text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_SENTENCE)
        .collect();
    let sentence = format!("{what}: {text}");
    Some(finding("package", severity, code, &sentence))
}

/// The degree of confidentiality that an update package (2.1) gives to a letter sent earlier.
/// Anybody may wrap a package and say so: whoever raises it is believed, whoever lowers it only
/// where nothing speaks against it; `held_back` is what does.
fn updated(entry: &mut Entry, change: &eyazisma::SecrecyChange, held_back: Option<&'static str>) {
    let old = (entry.confidentiality, entry.personal);
    let new = (degree(&change.secrecy), change.secrecy == Secrecy::Personal);
    let rank = |degree: &Confidentiality| Confidentiality::ALL.iter().position(|it| it == degree);
    let higher = if rank(&new.0) > rank(&old.0) {
        new.0
    } else {
        old.0
    };
    let raised = (higher, old.1 || new.1);
    (entry.confidentiality, entry.personal) = match held_back {
        Some(_) => raised,
        None => new,
    };
    let day = roles::day(&change.date).map_or_else(String::new, |day| {
        format!("{} günü ", day.strftime("%d.%m.%Y"))
    });
    let number = line(&change.decision_number);
    let note = line(&change.note);
    let called = label(&change.secrecy);
    let sentence = match held_back {
        Some(why) if raised != new => format!(
            "Güncelleme paketi: gizlilik derecesinin {day}{number} sayılı kararla {called} olarak \
             değiştiği yazıyor ({note}); {why} için derece değiştirilmedi. Gönderene sorun; doğruysa \
             Kaydı Düzelt ile değiştirin."
        ),
        _ => format!(
            "Güncelleme paketi: gizlilik derecesi {day}{number} sayılı kararla {called} olarak değişti \
             ({note}). Yazıyı daha önce aldıysanız o kaydın gizliliğini de Kaydı Düzelt ile değiştirin."
        ),
    };
    entry.findings.insert(
        0,
        finding("package", "warning", "guncelleme_paketi", &sentence),
    );
}

fn label(secrecy: &Secrecy) -> String {
    match secrecy {
        Secrecy::Personal => "Kişiye Özel".to_owned(),
        Secrecy::Other(code) => format!("“{}”", line(code)),
        known => degree(known).label().to_owned(),
    }
}

fn degree(secrecy: &Secrecy) -> Confidentiality {
    match secrecy {
        Secrecy::Restricted => Confidentiality::Restricted,
        Secrecy::Private => Confidentiality::Private,
        Secrecy::Secret => Confidentiality::Secret,
        Secrecy::TopSecret => Confidentiality::TopSecret,
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
