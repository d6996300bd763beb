//! From an opened message to a line of the registry: sender, files, package, findings.

use std::io::Cursor;

use bytes::Bytes;
use eyazisma::{Limits, Package};
use kep::message::ReadAttachment;

use super::envelope::{self, Envelope, Mail};
use super::signature;
use super::store::Message;
use crate::app::App;
use crate::config::Mode;
use crate::directory::{self, Unit};
use crate::distribution::Purpose;
use crate::document::attach;
use crate::document::draft::parse_day;
use crate::document::file_name;
use crate::document::{Confidentiality, Urgency};
use crate::error::Result;
use crate::inbox::period::Period;
use crate::inbox::register::Entry;
use crate::inbox::scan::{self, Verdict};
use crate::inbox::{File, Finding, IncomingKind, Petition, Source};
use crate::store::BlobHash;

/// What a stored message is.
pub(super) enum Opened {
    Unreadable {
        code: &'static str,
        sentence: String,
    },
    Evidence {
        about: String,
    },
    Letter(Box<Letter>),
}

pub(super) struct Letter {
    pub entry: Entry,
    /// SHA-256 of the original message.
    pub content: BlobHash,
}

/// Most characters of a message's text that are kept beside its bytes.
const LONGEST_TEXT: usize = 100_000;
const LONGEST_LINE: usize = 250;
/// Files of one message; the rest stays in the raw bytes and is named.
const MOST_FILES: usize = 200;

/// Opens the bytes; files go to the blob store, nothing is written to the database.
pub(super) async fn open(app: &App, message: &Message, bytes: Bytes) -> Result<Opened> {
    // A reader that panics on foreign bytes must not take the worker with it.
    let read = tokio::task::spawn_blocking(move || {
        let envelope = envelope::read(&bytes)?;
        let package = match &envelope {
            Envelope::Letter(mail) => mail.package().map(|file| Packed::read(&file.bytes)),
            Envelope::Evidence { .. } => None,
        };
        Ok::<_, envelope::Unreadable>((envelope, package))
    })
    .await;
    let (envelope, package) = match read {
        Ok(Ok(read)) => read,
        Ok(Err(why)) => {
            return Ok(Opened::Unreadable {
                code: why.code(),
                sentence: why.sentence().to_owned(),
            });
        }
        Err(_) => {
            return Ok(Opened::Unreadable {
                code: "okuyucu_hatasi",
                sentence: "İleti okunurken program hatası oluştu; ileti saklandı. Ham dosyayı \
                           indirip inceleyin, sürümü güncelledikten sonra yeniden deneyin."
                    .to_owned(),
            });
        }
    };
    match envelope {
        Envelope::Evidence { about } => Ok(Opened::Evidence { about }),
        Envelope::Letter(mail) => letter(app, message, *mail, package).await,
    }
}

/// The warning on a second message with the same Message-ID and other content.
pub(super) fn other_content() -> Finding {
    finding(
        "message",
        "warning",
        "ayni_kimlik_baska_icerik",
        "Aynı ileti kimliğiyle (OrgMesajId) içeriği farklı başka bir ileti daha kayıtlı; ikisini \
         karşılaştırın.",
    )
}

fn finding(about: &'static str, severity: &str, code: &str, sentence: &str) -> Finding {
    Finding {
        about,
        severity: severity.to_owned(),
        code: code.to_owned(),
        sentence: sentence.to_owned(),
    }
}

/// A package with the parts that are taken out of it.
struct Packed {
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
    fn read(bytes: &Bytes) -> Self {
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
        let part = |name: &str| {
            let mut out = Vec::new();
            eyazisma::extract(Cursor::new(bytes.clone()), &limits, name, &mut out)
                .ok()
                .map(|_| out)
        };
        let base = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
        let letter = package
            .letter()
            .and_then(|name| part(name).map(|bytes| (base(name), bytes)));
        let mut files = Vec::new();
        for attachment in package.metadata.iter().flat_map(|it| &it.attachments) {
            let title = attachment
                .title
                .as_ref()
                .map(|title| title.value.clone())
                .filter(|title| !title.trim().is_empty());
            let name = attachment.file_name.clone();
            let title = title
                .or_else(|| name.clone())
                .unwrap_or_else(|| "Ek".to_owned());
            let bytes = package.attachment_part(attachment).and_then(part);
            let note = match (&bytes, &attachment.location) {
                (Some(_), _) => String::new(),
                // Foreign addresses are shown and never fetched (decision 25).
                (None, Some(place)) => format!("Harici referans: {place}"),
                (None, None) => {
                    "Pakette dosyası yok (fiziksel nesne ya da konulmamış ek)".to_owned()
                }
            };
            files.push(PackedFile {
                title,
                name,
                bytes,
                note,
            });
        }
        Self {
            read: Ok(Box::new(package)),
            letter,
            files,
        }
    }
}

async fn letter(
    app: &App,
    message: &Message,
    mail: Mail,
    package: Option<Packed>,
) -> Result<Opened> {
    let content = BlobHash::of(&mail.raw);
    let address = mail
        .original
        .from
        .first()
        .cloned()
        .unwrap_or_else(|| message.sender.clone());
    let account = message.account_id.clone();
    let asked = address.clone();
    let (unit_id, own, sender_unit) = app
        .store
        .read(move |tx| -> Result<_> {
            let account = crate::dispatch::account_by_id(tx, &account)?
                .ok_or_else(|| anyhow::anyhow!("a message without its account"))?;
            let own = directory::own_institution(tx)?;
            Ok((account.unit_id, own, directory::by_kep_address(tx, &asked)?))
        })
        .await?;
    // Mail of somebody whom the directory does not know is a petition; never refused for lacking
    // a package (decision 24).
    let official = sender_unit.is_some() || package.is_some();
    let kind = if official {
        IncomingKind::Letter
    } else {
        IncomingKind::Petition
    };
    let mut entry = Entry {
        sender: sender_unit
            .as_ref()
            .map_or_else(|| address.clone(), |unit| unit.name.clone()),
        sender_unit_id: sender_unit.as_ref().map(|unit| unit.id.as_str().to_owned()),
        sender_address: Some(address).filter(|address| !address.is_empty()),
        subject: line(mail.original.subject.as_deref().unwrap_or(&message.subject)),
        their_number: mail.told("Sayı").unwrap_or_default(),
        their_date: mail.told("Tarih").as_deref().and_then(parse_day),
        text: text_of(&mail),
        delivered_at: mail.delivered_at,
        message_id: Some(message.id.clone()),
        period: (!official).then_some(Period::Petition),
        petition: Petition::default(),
        ..Entry::new(&unit_id, Source::Kep, kind)
    };
    entry.findings = about_message(&mail, sender_unit.as_ref());
    let roots = signature::roots(app);
    let now = app.now();
    if let (Some(cms), Some(signed)) = (&mail.original.signature, &mail.original.signed_part) {
        let what = "Gönderenin ileti imzası";
        entry.findings.push(signature::check(
            what,
            "ileti_imzasi",
            cms,
            signed,
            &roots,
            now,
        ));
    }
    if let Some(package) = package {
        let known = sender_unit.as_ref();
        from_package(app, &mut entry, package, own.as_ref(), known, &roots).await?;
    }
    for (index, file) in mail.others().enumerate() {
        if index >= MOST_FILES {
            entry.findings.push(finding(
                "message",
                "warning",
                "dosya_cok",
                "İletideki dosyaların ilk 200 tanesi listelendi; tümü ham iletide duruyor.",
            ));
            break;
        }
        let kept = keep(app, title_of(file), file.name.clone(), file.bytes.clone()).await?;
        if entry.content_hash.is_none() && kept.media_type.as_deref() == Some("application/pdf") {
            entry.content_hash.clone_from(&kept.blob_hash);
            "application/pdf".clone_into(&mut entry.content_type);
        }
        entry.files.push(kept);
    }
    if entry.subject.is_empty() {
        entry.subject = "(konusuz ileti)".to_owned();
    }
    Ok(Opened::Letter(Box::new(Letter { entry, content })))
}

fn about_message(mail: &Mail, sender: Option<&Unit>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !mail.in_envelope {
        findings.push(finding(
            "message",
            "note",
            "zarf_yok",
            "İleti sağlayıcının zarfı olmadan geldi; teslim zamanı iletinin kendi tarihidir.",
        ));
    }
    if mail.original.signature.is_none() {
        findings.push(finding(
            "signature",
            "warning",
            "imza_yok",
            "İletide gönderenin imzası yok; gönderen yalnızca KEP adresinden bilinir.",
        ));
    }
    match sender {
        Some(unit) => findings.push(finding(
            "message",
            "ok",
            "gonderen_rehberde",
            &format!("Gönderen adres rehberde: {}.", unit.name),
        )),
        None => findings.push(finding(
            "message",
            "note",
            "gonderen_rehberde_yok",
            "Gönderen adres rehberde yok; dilekçe/başvuru olarak kaydedildi.",
        )),
    }
    findings
}

/// What the package says stands above what the message says.
async fn from_package(
    app: &App,
    entry: &mut Entry,
    packed: Packed,
    own: Option<&Unit>,
    sender: Option<&Unit>,
    roots: &[seal::Certificate],
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
    let number = own.map(|own| own.detsis_no.clone());
    let found = checked(&package, app.mode == Mode::Rehearsal, number.as_deref());
    if found.is_empty() {
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
    let signed = [
        (
            "Paketin imzası",
            "paket_imzasi",
            &package.signature,
            &package.package_digest_bytes,
        ),
        (
            "Paketin mührü",
            "paket_muhru",
            &package.seal,
            &package.final_digest_bytes,
        ),
    ];
    for (what, code, cms, content) in signed {
        if let (Some(cms), Some(content)) = (cms, content) {
            let checked = signature::check(what, code, cms, content, roots, app.now());
            entry.findings.push(checked);
        }
    }
    entry.findings.extend(other_sender(&package, sender));
    if let Some(sayi) = package.number() {
        entry.their_number = line(sayi);
    }
    let date = package
        .final_metadata
        .as_ref()
        .and_then(|it| it.date.date());
    entry.their_date = date.or(entry.their_date);
    if let Some(metadata) = &package.metadata {
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
        entry.confidentiality = match metadata.secrecy {
            eyazisma::Secrecy::Restricted => Confidentiality::Restricted,
            eyazisma::Secrecy::Private => Confidentiality::Private,
            eyazisma::Secrecy::Secret => Confidentiality::Secret,
            eyazisma::Secrecy::TopSecret => Confidentiality::TopSecret,
            _ => Confidentiality::None,
        };
        entry.personal = metadata.secrecy == eyazisma::Secrecy::Personal;
        addressed(entry, metadata, number.as_deref());
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
    } in packed.files.into_iter().take(MOST_FILES)
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

/// A package says who wrote it; the KEP address says who sent it.
fn other_sender(package: &Package, sender: Option<&Unit>) -> Option<Finding> {
    let creator = package.metadata.as_ref()?.creator.as_ref()?;
    let key = creator.key()?;
    if sender.is_some_and(|unit| unit.detsis_no == key) {
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
fn checked(package: &Package, rehearsal: bool, number: Option<&str>) -> Vec<eyazisma::Finding> {
    let receiver: Vec<String> = number.iter().map(|number| (*number).to_owned()).collect();
    package.check(&eyazisma::Options {
        rehearsal,
        receiver: &receiver,
        ..eyazisma::Options::default()
    })
}

/// Purpose, urgency and due date of our own line; a package without one is for somebody else.
fn addressed(entry: &mut Entry, metadata: &eyazisma::Metadata, number: Option<&str>) {
    let ours = metadata.recipients.iter().find(|line| match &line.party {
        eyazisma::Party::Institution(it) => {
            number == Some(it.code.as_str())
                || (it.unit_code.is_some() && it.unit_code.as_deref() == number)
        }
        _ => false,
    });
    let Some(ours) = ours else {
        if !metadata.recipients.is_empty() && number.is_some() {
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

/// A file into the blob store, scanned and recognised; a strange one is kept all the same.
async fn keep(app: &App, title: String, name: Option<String>, bytes: Bytes) -> Result<File> {
    let name = file_name::clean(name.as_deref().unwrap_or(&title));
    let (media_type, note) = match attach::recognise(&name, &bytes) {
        Ok(recognised) => (Some(recognised.media_type), String::new()),
        Err(error) => (
            None,
            error
                .problem()
                .map_or_else(String::new, |it| it.message.clone()),
        ),
    };
    let scan = scan::check(app, &bytes).await;
    Ok(File {
        id: crate::ids::new_id(&*app.ids, app.now()),
        title: line(&title),
        file_name: Some(name),
        media_type,
        size: bytes.len() as u64,
        blob_hash: Some(app.blobs.put(bytes).await?),
        scan,
        // The recogniser speaks to one who uploads; here the file came and only its type is odd.
        note: if note.is_empty() {
            note
        } else {
            "Türü tanınmadı; açarken dikkat edin.".to_owned()
        },
    })
}

fn title_of(file: &ReadAttachment) -> String {
    file.name
        .clone()
        .unwrap_or_else(|| "adsız dosya".to_owned())
}

/// One line of what a stranger wrote, as the registry can hold it.
fn line(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let clean = crate::turkish::compose(clean.trim());
    clean.chars().take(LONGEST_LINE).collect()
}

fn text_of(mail: &Mail) -> String {
    let text = mail.original.text.as_deref().unwrap_or_default();
    let clean: String = text
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .take(LONGEST_TEXT)
        .collect();
    clean.trim().to_owned()
}
