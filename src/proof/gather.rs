//! Gathers everything about one sent letter, and records that somebody did.

use std::collections::BTreeMap;
use std::io::Cursor;

use anyhow::Context as _;
use bytes::Bytes;
use jiff::Timestamp;
use seal::{Material, TrustStore};
use serde_json::json;

use super::excerpt::{self, FullEntry, Line};
use super::store;
use crate::access::{Act, Actor};
use crate::app::App;
use crate::audit;
use crate::config::Mode;
use crate::directory::{self, UnitId};
use crate::dispatch::store as outbox;
use crate::dispatch::{Outgoing, account};
use crate::distribution::{self, Recipient};
use crate::document::{self, Letter, State, attach, draft};
use crate::error::{Error, Result, conflict, not_found};
use crate::evidence::revocation::{self, Answer};
use crate::evidence::{self, Stored};
use crate::package;
use crate::signature::trust;
use crate::store::Tx;
use crate::worklist;

/// A letter's facts, as they stood at one moment.
pub struct Gathered {
    pub made_at: Timestamp,
    pub made_by: String,
    pub rehearsal: bool,
    pub institution: String,
    pub letter: Letter,
    pub recipients: Vec<Recipient>,
    /// Of each recipient what people recorded: moment and sentence.
    pub records: BTreeMap<String, Vec<(Timestamp, String)>>,
    pub messages: Vec<Sent>,
    /// The excerpt of the audit log as JSON lines.
    pub excerpt: Vec<u8>,
    pub entries: Vec<FullEntry>,
    /// Newest entry of the whole log, and its hash.
    pub head: (i64, String),
    /// Roots under which signatures and evidence are checked here, and intermediates on the way.
    pub trust: TrustStore,
    /// Certificates and revocation lists that an administrator put beside the roots.
    pub material: Material,
    /// The package with every attachment; none where it could not be made.
    pub package: Option<Bytes>,
    /// What could not be had, a sentence each.
    pub notes: Vec<String>,
}

/// One message with what came back.
pub struct Sent {
    pub message: Outgoing,
    pub evidence: Vec<Stored>,
    /// What revocation services said about the signers of the evidence.
    pub answers: Vec<Answer>,
    /// Attachments that its recipients do not get.
    pub left_out: Vec<String>,
}

/// Gathers a letter that the person may see and records it in the log.
///
/// # Errors
/// `evrak_yok`, `paket_yok` before the letter was sent.
pub async fn gather(app: &App, actor: &Actor, document_id: &str) -> Result<Gathered> {
    let id = document_id.to_owned();
    app.write(actor, move |tx, act| {
        let letter = visible(tx, act, &id)?;
        if letter.state != State::Dispatched {
            let stays = letter.stays(distribution::list::all(tx, &id)?.len());
            return Err(conflict(
                "paket_yok",
                if stays {
                    "Alıcısı olmayan olur gönderilmez, bu yüzden delil paketi de yoktur. İmzalı \
                     yazı ve e-Yazışma paketi evrakın sayfasından alınır; `dys verify` ikisini de \
                     denetler."
                } else {
                    "Bu evrak henüz gönderilmedi; delil paketi gönderimden sonra alınır."
                },
            ));
        }
        let degree = attach::degree_of(tx, &letter)?;
        let detail = json!({ "confidentiality": degree.code() });
        audit::record(tx, act, "proof.bundle", "document", &id, &detail)
    })
    .await?;
    // Before the log is read: what a crash left undone of the package is done and recorded first.
    let (package, note) = whole(app, document_id).await?;
    let id = document_id.to_owned();
    let (rehearsal, made_at) = (app.mode == Mode::Rehearsal, app.now());
    let (mut gathered, accounts) = app
        .read(actor, move |tx, act| {
            let letter = visible(tx, act, &id)?;
            read(tx, act, letter, rehearsal, made_at)
        })
        .await?;
    let worker = app.clone();
    let (trust, material) = tokio::task::spawn_blocking(move || trusted(&worker, &accounts))
        .await
        .context("roots of a bundle")??;
    (gathered.trust, gathered.material) = (trust, material);
    if let Some(prepared) = package.as_ref().and_then(prepared_by) {
        gathered.institution = prepared;
    }
    gathered.package = package;
    gathered.notes.extend(note);
    Ok(gathered)
}

/// The package as the institution keeps it; where it cannot be made, why, for the bundle's notes.
async fn whole(app: &App, document_id: &str) -> Result<(Option<Bytes>, Option<String>)> {
    match package::whole(app, document_id).await {
        Ok(whole) => Ok((Some(whole.bytes), None)),
        Err(Error::Problem(problem)) => {
            let note = format!("e-Yazışma paketi hazırlanamadı: {}", problem.message);
            Ok((None, Some(note)))
        }
        Err(other) => Err(other),
    }
}

/// The institution as its letter names it: the directory may have renamed it since.
fn prepared_by(package: &Bytes) -> Option<String> {
    let limits = eyazisma::Limits::default();
    let read = eyazisma::Package::read(Cursor::new(package), &limits).ok()?;
    let name = read.metadata?.creator?.name();
    (!name.is_empty()).then_some(name)
}

/// Roots of evidence and of signatures, each once, with what lies beside them.
fn trusted(app: &App, accounts: &[account::Account]) -> Result<(TrustStore, Material)> {
    let mut material = Material::default();
    let mut stores = Vec::new();
    for account in accounts {
        let demand = account::demand(app, account)?;
        material.merge(demand.material);
        stores.push(demand.roots);
    }
    stores.push(trust::load(app)?);
    let (mut roots, mut intermediates) = (Vec::new(), Vec::new());
    for store in &stores {
        for (from, to) in [
            (store.roots(), &mut roots),
            (store.intermediates(), &mut intermediates),
        ] {
            for certificate in from {
                if !to.contains(certificate) {
                    to.push(certificate.clone());
                }
            }
        }
    }
    Ok((TrustStore::new(roots, intermediates), material))
}

/// The letter that a number means: the whole sayı, or its last part where only one letter has it.
/// Counting starts again each year, so the same sayı may stand on letters of several years.
///
/// # Errors
/// `evrak_yok`, `sayi_belirsiz` with the letters that it could be.
pub fn of_number(tx: &mut Tx<'_>, number: &str, year: Option<i16>) -> Result<String> {
    let mut found = store::by_number(tx, number.trim(), year)?;
    if found.len() > 1 {
        let letters: Vec<String> = found
            .into_iter()
            .map(|letter| match letter.dated {
                Some(day) => format!("{} ({})", letter.number, day.strftime("%d.%m.%Y")),
                None => letter.number,
            })
            .collect();
        return Err(conflict(
            "sayi_belirsiz",
            format!(
                "Birden çok evrak var; sayının tamamını ve --year ile yılını yazın: {}",
                letters.join(", ")
            ),
        ));
    }
    found.pop().map(|letter| letter.id).ok_or_else(|| {
        let within = year.map_or_else(String::new, |year| format!("{year} yılında "));
        not_found(
            "evrak_yok",
            format!("{within}{number} sayılı bir evrak yok."),
        )
    })
}

/// Commands act as the system, which sees every letter; people see what they may read.
fn visible(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Letter> {
    if act.actor.is_system() {
        return document::any(tx, id);
    }
    draft::open(tx, act, id)
}

fn read(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter: Letter,
    rehearsal: bool,
    made_at: Timestamp,
) -> Result<(Gathered, Vec<account::Account>)> {
    let recipients = distribution::list::all(tx, &letter.id)?;
    let mut records = BTreeMap::new();
    for recipient in &recipients {
        records.insert(recipient.id.clone(), worklist::records(tx, &recipient.id)?);
    }
    let mut messages = Vec::new();
    let mut accounts: Vec<account::Account> = Vec::new();
    for message in outbox::messages_of(tx, &letter.id)? {
        if !accounts.iter().any(|known| known.id == message.account_id) {
            accounts.extend(outbox::account(tx, &message.account_id)?);
        }
        let line = recipients
            .iter()
            .find(|line| line.message_id.as_deref() == Some(message.id.as_str()));
        messages.push(Sent {
            evidence: evidence::of(tx, &message.id)?,
            answers: revocation::of_message(tx, &message.id)?,
            left_out: line.map(|line| line.left_out.clone()).unwrap_or_default(),
            message,
        });
    }
    let mut objects = vec![("document", letter.id.clone())];
    objects.extend(recipients.iter().map(|line| ("recipient", line.id.clone())));
    objects.extend(
        messages
            .iter()
            .map(|sent| ("message", sent.message.id.clone())),
    );
    let mut entries = Vec::new();
    for (kind, id) in objects {
        entries.extend(
            audit::entries_of(tx, kind, &id)?
                .iter()
                .map(FullEntry::from),
        );
    }
    entries.sort_by_key(|entry: &FullEntry| entry.seq);
    let head = audit::head(tx)?;
    let excerpt = excerpt_of(tx, &entries, head.0)?;
    let institution = institution(tx, &letter)?;
    let gathered = Gathered {
        made_at,
        made_by: act.actor.full_name.clone(),
        rehearsal,
        institution,
        letter,
        recipients,
        records,
        messages,
        excerpt,
        entries,
        head,
        trust: TrustStore::default(),
        material: Material::default(),
        package: None,
        notes: Vec::new(),
    };
    Ok((gathered, accounts))
}

fn institution(tx: &mut Tx<'_>, letter: &Letter) -> Result<String> {
    let unit = directory::by_id(tx, &UnitId::new(letter.unit_id.clone()))?;
    let Some(unit) = unit else {
        return Ok(String::new());
    };
    let institution = directory::by_id(tx, &unit.institution_id)?;
    Ok(institution.map_or(unit.name, |institution| institution.name))
}

/// Hashes of other entries up to so many; more are left out between the letter's own.
const MOST_LINKS: i64 = 50_000;

/// The letter's entries with the hashes between them, up to the newest of the log.
fn excerpt_of(tx: &mut Tx<'_>, entries: &[FullEntry], head: i64) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut write = |line: &Line| {
        excerpt::write_line(&mut out, line).map_err(|error| anyhow::anyhow!("excerpt: {error}"))
    };
    let first = entries.first().map_or(head, |entry| entry.seq);
    let whole = head - first <= MOST_LINKS;
    let mut next = first;
    for entry in entries {
        if next < entry.seq {
            links(tx, next, entry.seq - 1, whole, &mut write)?;
        }
        write(&Line::Full(entry.clone()))?;
        next = entry.seq + 1;
    }
    if next <= head {
        links(tx, next, head, whole, &mut write)?;
    }
    Ok(out)
}

/// The hashes from one entry to another; only the last one where there are too many.
fn links(
    tx: &mut Tx<'_>,
    from: i64,
    to: i64,
    whole: bool,
    write: &mut impl FnMut(&Line) -> anyhow::Result<()>,
) -> Result<()> {
    let mut next = from;
    if !whole && from < to {
        write(&Line::Gap {
            left_out: (from, to - 1),
        })?;
        next = to;
    }
    while next <= to {
        let page = audit::hashes(tx, next, to)?;
        let Some((last, _)) = page.last() else {
            return Err(anyhow::anyhow!("audit entry {next} is missing").into());
        };
        next = last + 1;
        for (seq, hash) in page {
            write(&Line::Link { seq, hash })?;
        }
    }
    Ok(())
}
