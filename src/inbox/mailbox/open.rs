//! From an opened message to a line of the registry: sender, files, findings.

use bytes::Bytes;
use kep::message::ReadAttachment;

use super::envelope::{self, Envelope, Mail};
use super::package::{self, Packed};
use super::signature::{Outside, Signed, Trust};
use super::store::Message;
use crate::app::App;
use crate::directory::{self, Unit};
use crate::document::attach;
use crate::document::draft::parse_day;
use crate::document::file_name;
use crate::document::scan;
use crate::error::Result;
use crate::evidence::check::Subject;
use crate::inbox::period::Period;
use crate::inbox::register::Entry;
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
    /// Its own Message-ID, without brackets; empty where it tells none.
    pub message_id: String,
}

/// Most characters of a message's text that are kept beside its bytes.
const LONGEST_TEXT: usize = 100_000;
const LONGEST_LINE: usize = 250;
/// Files of one message; the rest stays in the raw bytes and is named.
pub(super) const MOST_FILES: usize = 200;

/// Opens the bytes; files go to the blob store, nothing is written to the database.
pub(super) async fn open(
    app: &App,
    outside: &Outside,
    message: &Message,
    bytes: Bytes,
) -> Result<Opened> {
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
        Envelope::Letter(mail) => letter(app, outside, message, *mail, package).await,
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

pub(super) fn finding(about: &'static str, severity: &str, code: &str, sentence: &str) -> Finding {
    Finding {
        about,
        severity: severity.to_owned(),
        code: code.to_owned(),
        sentence: sentence.to_owned(),
    }
}

async fn letter(
    app: &App,
    outside: &Outside,
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
    let (account, sender_unit) = app
        .store
        .read(move |tx| -> Result<_> {
            let account = crate::dispatch::account_by_id(tx, &account)?
                .ok_or_else(|| anyhow::anyhow!("a message without its account"))?;
            Ok((account, directory::by_kep_address(tx, &asked)?))
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
        ..Entry::new(&account.unit_id, Source::Kep, kind)
    };
    entry.findings = about_message(&mail, sender_unit.as_ref());
    let trust = Trust::load(app, outside, &account).await;
    if let Some(wrapping) = &mail.wrapping {
        let subject = Subject {
            rfc_message_id: mail.message_id.clone(),
            provider_id: Some(message.kep_id.clone()),
            address: account.address.clone(),
            sha256: content.as_str().to_owned(),
        };
        let (findings, delivered) = trust.wrapping(wrapping, &subject).await?;
        entry.findings.extend(findings);
        // What the provider signed stands above what it wrote into a header.
        entry.delivered_at = delivered.or(entry.delivered_at);
    }
    if let (Some(cms), Some(signed)) = (&mail.original.signature, &mail.original.signed_part) {
        let signed = Signed {
            what: "Gönderenin ileti imzası",
            code: "ileti_imzasi",
            cms: cms.clone(),
            content: signed.clone(),
            is_stamped: false,
        };
        entry.findings.push(trust.check(&signed).await?);
    }
    if let Some(package) = package {
        package::take_over(app, &mut entry, package, sender_unit.as_ref(), &trust).await?;
    }
    entry.findings.extend(trust.unread());
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
    Ok(Opened::Letter(Box::new(Letter {
        entry,
        content,
        message_id: mail.message_id,
    })))
}

fn about_message(mail: &Mail, sender: Option<&Unit>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if mail.wrapping.is_none() {
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

/// A file into the blob store, scanned and recognised; a strange one is kept all the same.
pub(super) async fn keep(
    app: &App,
    title: String,
    name: Option<String>,
    bytes: Bytes,
) -> Result<File> {
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
pub(super) fn line(text: &str) -> String {
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
