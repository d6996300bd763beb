//! What an account sees and does in its folders: listing, downloading, confirming, deleting.

use rusqlite::Connection;

use super::{EVIDENCE, FOLDERS, INBOX, Provider, issue::base64_of_hex};
use crate::{
    clock::Millis,
    envelope::{self, Envelope},
    error::{NEVER, Refusal, Result},
    evidence::Event,
    mime::{self, Attachment},
    misbehaviour::{Kind, Moment, Stage, take_first},
    store::{
        evidence::{self, Evidence},
        messages::{self, Count, Item, Message, Received},
    },
};

/// Names a message as the contract does: by kepId, or by number in a folder.
#[derive(Debug, Clone, Default)]
pub struct MessageRef {
    pub kep_id: Option<String>,
    pub sira_no: Option<i64>,
    pub folder: String,
}

/// An entry of a folder together with its message.
#[derive(Debug, Clone)]
pub struct Listed {
    pub item: Item,
    pub message: Message,
    pub recipients: Vec<String>,
}

/// Evidence with the addressee that it speaks of.
#[derive(Debug, Clone)]
pub struct EvidenceView {
    pub evidence: Evidence,
    pub recipient: Option<String>,
}

/// Which part of an entry is downloaded (`eyPart`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The whole entry as it lies in the folder.
    All,
    /// The original message.
    Original,
    /// The attachments of the original message.
    Attachments,
}

/// A downloaded file.
#[derive(Debug, Clone)]
pub struct File {
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

impl Provider {
    /// The entries of a folder that arrived in `[from, to]`, oldest first.
    pub fn list(
        &self,
        account: &str,
        folder: &str,
        from: Option<Millis>,
        to: Option<Millis>,
    ) -> Result<Vec<Listed>> {
        known_folder(folder)?;
        let span = (from.unwrap_or(0), to.unwrap_or(NEVER));
        self.read(|db, now| {
            messages::items(db, account, folder, now, span)?
                .into_iter()
                .map(|item| listed(db, item))
                .collect()
        })
    }

    /// One entry of an account.
    pub fn entry(&self, account: &str, which: &MessageRef) -> Result<Listed> {
        self.read(|db, now| listed(db, find(db, account, which, now)?))
    }

    /// Downloads an entry. This alone does not count as reading.
    pub fn download(&self, account: &str, which: &MessageRef, part: Part) -> Result<Vec<File>> {
        // Rules that count their uses are written down.
        self.write(|tx, now| {
            let db: &Connection = tx;
            let Listed { item, message, .. } = listed(db, find(db, account, which, now)?)?;
            Ok(match part {
                Part::All => vec![self.whole(db, &item, &message, now)?],
                Part::Original => vec![eml(
                    "orijinal-ileti.eml",
                    messages::original(db, message.id)?,
                )],
                Part::Attachments => mime::open(&messages::original(db, message.id)?)
                    .attachments
                    .into_iter()
                    .map(File::from)
                    .collect(),
            })
        })
    }

    /// The owner confirms or opens an entry; for a received message that is reading (60).
    pub fn confirm(&self, account: &str, which: &MessageRef) -> Result<()> {
        self.write(|tx, now| {
            let Listed { item, message, .. } = listed(tx, find(tx, account, which, now)?)?;
            messages::mark_seen(tx, item.id, now)?;
            match item.recipient_n {
                Some(n) if item.folder == INBOX => self.read_by_recipient(tx, &message, n, now),
                _ => Ok(()),
            }
        })
    }

    /// Removes an entry from its folder; evidence and counters stay.
    pub fn delete(&self, account: &str, which: &MessageRef) -> Result<()> {
        self.write(|tx, now| {
            let item = find(tx, account, which, now)?;
            messages::delete_item(tx, item.id, now)
        })
    }

    /// Evidence of a message: all of it for the sender, one's own for an addressee.
    pub fn evidence(&self, account: &str, which: &MessageRef) -> Result<Vec<EvidenceView>> {
        self.read(|db, now| {
            let message = message_of(db, account, which, now)?;
            let all = evidence_views(db, &message, now)?;
            Ok(visible_to(account, &message, all))
        })
    }

    /// The message of a kepId with all evidence that can be seen, for the pages.
    pub fn story(&self, kep_id: &str) -> Result<(Message, Vec<EvidenceView>)> {
        self.read(|db, now| {
            let message = messages::by_kep_id(db, kep_id)?
                .ok_or_else(|| Refusal::UnknownMessage(kep_id.to_owned()))?;
            let evidence = evidence_views(db, &message, now)?;
            Ok((message, evidence))
        })
    }

    /// The XML of a piece of evidence that the account may see.
    pub fn evidence_xml(&self, account: &str, delil_id: &str) -> Result<Vec<u8>> {
        self.read(|db, now| {
            let unknown = || Refusal::UnknownEvidence(delil_id.to_owned());
            let it = evidence::by_delil_id(db, delil_id)?
                .filter(|it| it.visible_at <= now)
                .ok_or_else(unknown)?;
            let message = messages::get(db, it.message_id)?.ok_or_else(unknown)?;
            let seen = visible_to(account, &message, evidence_views(db, &message, now)?);
            if !seen.iter().any(|view| view.evidence.id == it.id) {
                return Err(unknown().into());
            }
            evidence::xml(db, it.id)
        })
    }

    /// The XML of any evidence, for the pages.
    pub fn any_evidence_xml(&self, delil_id: &str) -> Result<Vec<u8>> {
        self.read(|db, _| {
            let it = evidence::by_delil_id(db, delil_id)?
                .ok_or_else(|| Refusal::UnknownEvidence(delil_id.to_owned()))?;
            evidence::xml(db, it.id)
        })
    }

    /// How often each Message-ID was accepted and delivered, latest first.
    pub fn counts(&self, limit: i64) -> Result<Vec<Count>> {
        self.read(|db, _| messages::counts(db, limit))
    }

    /// Deliveries by Message-ID and recipient; empty text matches all.
    pub fn received(&self, org_mesaj_id: &str, recipient: &str) -> Result<Vec<Received>> {
        self.read(|db, _| messages::received(db, org_mesaj_id, recipient))
    }
}

impl From<Attachment> for File {
    fn from(it: Attachment) -> Self {
        Self {
            name: it.name,
            media_type: it.media_type,
            bytes: it.bytes,
        }
    }
}

fn known_folder(folder: &str) -> Result<()> {
    if FOLDERS.contains(&folder) {
        return Ok(());
    }
    Err(Refusal::UnknownFolder(folder.to_owned()).into())
}

fn find(db: &Connection, account: &str, which: &MessageRef, now: Millis) -> Result<Item> {
    known_folder(&which.folder)?;
    let found = match (&which.kep_id, which.sira_no) {
        (Some(kep_id), _) => messages::item_by_kep_id(db, account, &which.folder, kep_id, now)?,
        (None, Some(n)) => messages::item_by_number(db, account, &which.folder, n, now)?,
        (None, None) => None,
    };
    found.ok_or_else(|| Refusal::UnknownMessage(name_of(which)).into())
}

fn name_of(which: &MessageRef) -> String {
    match (&which.kep_id, which.sira_no) {
        (Some(kep_id), _) => kep_id.clone(),
        (None, Some(n)) => format!("{} {n}", which.folder),
        (None, None) => "(kepId ve kepSiraNo boş)".into(),
    }
}

fn listed(db: &Connection, item: Item) -> Result<Listed> {
    let message = messages::get(db, item.message_id)?
        .ok_or_else(|| Refusal::UnknownMessage(item.kep_id.clone()))?;
    let recipients = messages::recipients(db, message.id)?
        .into_iter()
        .map(|it| it.address)
        .collect();
    Ok(Listed {
        item,
        message,
        recipients,
    })
}

/// The message whose evidence is asked for; its sender need not find it in a folder.
fn message_of(db: &Connection, account: &str, which: &MessageRef, now: Millis) -> Result<Message> {
    if let Some(kep_id) = &which.kep_id
        && let Some(message) = messages::by_kep_id(db, kep_id)?
        && message.sender == account
    {
        return Ok(message);
    }
    Ok(listed(db, find(db, account, which, now)?)?.message)
}

fn evidence_views(db: &Connection, message: &Message, now: Millis) -> Result<Vec<EvidenceView>> {
    let recipients = messages::recipients(db, message.id)?;
    let all = evidence::of_message(db, message.id, now)?;
    Ok(all
        .into_iter()
        .map(|evidence| EvidenceView {
            recipient: recipients
                .iter()
                .find(|it| it.n == evidence.recipient_n)
                .map(|it| it.address.clone()),
            evidence,
        })
        .collect())
}

fn visible_to(account: &str, message: &Message, mut all: Vec<EvidenceView>) -> Vec<EvidenceView> {
    if message.sender != account {
        all.retain(|view| view.recipient.as_deref() == Some(account));
    }
    all
}

impl Provider {
    /// An entry as it lies in its folder: the envelope, the evidence mail, or what was sent.
    fn whole(&self, db: &Connection, item: &Item, message: &Message, now: Millis) -> Result<File> {
        let evidence = match (item.evidence_id, item.recipient_n) {
            (Some(id), _) => evidence::get(db, id)?,
            (None, Some(n)) => evidence::of_event(db, message.id, n, Event::Delivery.name())?,
            (None, None) => None,
        };
        let Some(evidence) = evidence else {
            return Ok(eml("giden-ileti.eml", messages::original(db, message.id)?));
        };
        let moment = Moment {
            stage: Stage::Download,
            operation: None,
            addresses: &[&item.account],
        };
        let told = take_first(db, moment)?.map(|rule| rule.kind);
        match told {
            Some(Kind::ItemEmpty) => return Ok(eml("bos.eml", Vec::new())),
            Some(Kind::ItemBinary) => return Ok(eml("ikili.eml", NOT_MAIL.to_vec())),
            _ => {}
        }
        let xml = evidence::xml(db, evidence.id)?;
        let provider = format!("kephs@{}", evidence.kephs);
        let is_mail = item.folder == EVIDENCE;
        let it = Envelope {
            id: &item.kep_id,
            from: if is_mail { &provider } else { &message.sender },
            to: &item.account,
            subject: &message.subject,
            at: item.arrived_at,
            org_mesaj_id: &message.org_mesaj_id,
            kep_id: &message.kep_id,
            event: Event::from_name(&evidence.event).unwrap_or(Event::Delivery),
            delil_id: &evidence.delil_id,
            evidence_xml: &xml,
            digest: &base64_of_hex(&message.sha256),
        };
        let (name, kind, content) = if is_mail {
            ("delil.eml", "Message", envelope::notification(&it))
        } else {
            let original = messages::original(db, message.id)?;
            (
                "kep-iletisi.eml",
                "Dispatch",
                envelope::dispatch(&it, &original),
            )
        };
        let is_foreign = told == Some(Kind::EnvelopeForeign);
        let signature = match told {
            Some(Kind::EnvelopeUnsigned) => None,
            _ => Some(
                self.notary
                    .sign_mail(content.bytes(), &evidence.kephs, is_foreign, now)?,
            ),
        };
        let content = match told {
            Some(Kind::EnvelopeBroken) => content.tampered(),
            _ => content,
        };
        let bytes = envelope::assemble(&it, kind, &content, signature.as_deref());
        Ok(eml(name, bytes))
    }
}

/// Bytes in which no mail program finds a message.
const NOT_MAIL: &[u8] = &[0x00, 0xff, 0xd8, 0x00, 0x10, 0x80, 0xfe, 0x01, 0x00, 0x9f];

fn eml(name: &str, bytes: Vec<u8>) -> File {
    File {
        name: name.into(),
        media_type: "message/rfc822".into(),
        bytes,
    }
}
