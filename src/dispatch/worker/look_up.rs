//! Asking after lost answers. Absence is proved by complete listings that could have shown the
//! message (decision 14); what they cannot show goes to a person.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kep::client::{CallError, PttClient};

use super::{BATCH, Trouble, Worker, apply, done, is_sent_folder};
use crate::config::Mode;
use crate::dispatch::account;
use crate::dispatch::machine::Event;
use crate::dispatch::store::{self, Outgoing};
use crate::error::Result;
use crate::setting;
use crate::store::Tx;

/// After so long a lost answer goes to a person, whatever listings could not say.
const LOOKED_UP_FOR: SignedDuration = SignedDuration::from_hours(24);

/// What complete listings of every folder say about a message.
#[derive(Debug, PartialEq, Eq)]
enum Sighting {
    /// The provider has it, under these ids: more than one when it took one call twice.
    Found {
        provider_ids: Vec<String>,
        folder: String,
    },
    /// Our Message-ID stands in a folder without an id of the provider's.
    Nameless {
        folder: String,
    },
    /// A folder of sent mail names no Message-ID for some row, so ours may be among them.
    Unproved {
        folder: String,
    },
    Absent,
}

impl Worker {
    /// Asks the provider after messages whose answer was lost; says how many were handled.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn look_up_round(&self) -> Result<usize> {
        let now = self.app.now();
        let batch = self
            .app
            .store
            .read(move |tx| store::unknown_due(tx, now, BATCH))
            .await?;
        Ok(done(
            join_all(batch.into_iter().map(|message| self.look_up(message))).await,
        ))
    }

    async fn look_up(&self, mut message: Outgoing) -> Result<()> {
        let began = self.app.now();
        let since = message.submitting_since.unwrap_or(began);
        let next_at = began + pause_after(since, began);
        if !self.take(&message, false, next_at).await? {
            return Ok(());
        }
        message.next_at = next_at;
        let account = self.account_of(&message).await?;
        let seen = match account::client(&self.app, &account) {
            Ok(client) => find(&client, &message.rfc_message_id, since, began)
                .await
                .map_err(|error| Trouble::from(&error)),
            Err(error) => Err(Trouble::of(&error, &message.id)),
        };
        let automatic = self.resends_absent().await?;
        self.app
            .store
            .write(move |tx| {
                let told = match &seen {
                    Ok(sighting) => sighting.words(),
                    Err(trouble) => Some(trouble.words.clone()),
                };
                store::set_asked(tx, &message, told.as_deref())?;
                match seen {
                    Ok(Sighting::Found {
                        provider_ids,
                        folder,
                    }) => found(tx, &message, &provider_ids, &folder, (since, began)),
                    Ok(Sighting::Nameless { .. }) => to_person(tx, &message),
                    Ok(Sighting::Unproved { .. }) => {
                        if late_enough(tx, since, began)? {
                            to_person(tx, &message)?;
                        }
                        Ok(())
                    }
                    Ok(Sighting::Absent) => absent(tx, &message, since, began, automatic),
                    Err(trouble) if trouble.login => Ok(store::set_paused(
                        tx,
                        &account.id,
                        Some((&trouble.words, began)),
                    )?),
                    Err(_) if began > since + LOOKED_UP_FOR => to_person(tx, &message),
                    Err(_) => Ok(()),
                }
            })
            .await
    }

    /// Whether a message that is surely absent is sent again without a person.
    async fn resends_absent(&self) -> Result<bool> {
        let chosen = self
            .app
            .store
            .read(|tx| setting::text(tx, setting::RESEND_ABSENT))
            .await?;
        Ok(chosen.map_or(self.app.mode == Mode::Rehearsal, |value| value == "1"))
    }
}

impl Sighting {
    /// Why nothing follows from it, for people.
    fn words(&self) -> Option<String> {
        match self {
            Self::Found { .. } | Self::Absent => None,
            Self::Nameless { folder } => Some(format!(
                "İleti sağlayıcının “{folder}” klasöründe görünüyor, ama sağlayıcı ona kimlik \
                 (kepId) yazmamış. Sağlayıcıya sorup kararınızı kaydedin; ileti yeniden \
                 gönderilmez."
            )),
            Self::Unproved { folder } => Some(format!(
                "Sağlayıcının “{folder}” klasöründe ileti kimliği (OrgMesajId) yazılmamış satırlar \
                 var; bu liste iletinin orada olmadığını kanıtlamaz."
            )),
        }
    }
}

fn found(
    tx: &mut Tx<'_>,
    message: &Outgoing,
    provider_ids: &[String],
    folder: &str,
    (since, now): (Timestamp, Timestamp),
) -> Result<()> {
    let Some(first) = provider_ids.first() else {
        return Ok(());
    };
    if apply(tx, message, Event::Found(message.attempt), now)?.is_some() {
        store::set_sent(tx, &message.id, first, Some(folder), since, now)?;
        let detail = match provider_ids {
            [_] => String::new(),
            many => format!(
                "Sağlayıcı bu iletiyi {} kez kabul etmiş: {}.",
                many.len(),
                many.join(", ")
            ),
        };
        store::end_attempt(tx, &message.id, message.attempt, "found", &detail, now)?;
    }
    Ok(())
}

fn to_person(tx: &mut Tx<'_>, message: &Outgoing) -> Result<()> {
    Ok(store::set_next(tx, message, message.next_at, true)?)
}

/// Later than the provider may still take what a call handed to it.
fn late_enough(tx: &mut Tx<'_>, since: Timestamp, listed_at: Timestamp) -> Result<bool> {
    let delay = setting::number(tx, setting::PROVIDER_DELAY_SECONDS)?;
    Ok(listed_at > since + SignedDuration::from_secs(delay))
}

/// One complete listing did not show the message: note it, and resend, wait or ask a person.
fn absent(
    tx: &mut Tx<'_>,
    message: &Outgoing,
    since: Timestamp,
    listed_at: Timestamp,
    automatic: bool,
) -> Result<()> {
    store::note_absence(tx, message, listed_at)?;
    if message.absence_listings + 1 < 2 || !late_enough(tx, since, listed_at)? {
        return Ok(());
    }
    if !automatic {
        return to_person(tx, message);
    }
    if apply(tx, message, Event::Absent(message.attempt), listed_at)?.is_some() {
        store::end_attempt(tx, &message.id, message.attempt, "absent", "", listed_at)?;
    }
    Ok(())
}

/// Lists every folder completely and looks for the Message-ID.
async fn find(
    client: &PttClient,
    rfc_message_id: &str,
    since: Timestamp,
    now: Timestamp,
) -> Result<Sighting, CallError> {
    // A day on both sides: the provider's clock is not ours.
    let day = SignedDuration::from_hours(24);
    let mut rows = Vec::new();
    for folder in client.folders().await? {
        for row in client.list(&folder, since - day, now + day).await? {
            rows.push(Row {
                folder: folder.clone(),
                message_id: filled(row.original_message_id),
                provider_id: filled(row.kep_id),
            });
        }
    }
    Ok(judge(&rows, rfc_message_id))
}

/// What a row of a listing says about which message it is.
struct Row {
    folder: String,
    message_id: Option<String>,
    provider_id: Option<String>,
}

fn filled(cell: Option<String>) -> Option<String> {
    cell.filter(|text| !text.trim().is_empty())
}

fn judge(rows: &[Row], rfc_message_id: &str) -> Sighting {
    let wanted = bare(rfc_message_id);
    let ours: Vec<&Row> = rows
        .iter()
        .filter(|row| row.message_id.as_deref().map(bare) == Some(wanted))
        .collect();
    // Mail about the message bears its Message-ID too; its own row is that of sent mail.
    let in_sent = |row: &&&Row| is_sent_folder(&row.folder);
    let elsewhere = |row: &&&Row| !is_sent_folder(&row.folder) && !of_evidence(&row.folder);
    let mut named: Vec<&Row> = ours.iter().filter(in_sent).copied().collect();
    if named.is_empty() {
        named = ours.iter().filter(elsewhere).copied().collect();
    }
    named.retain(|row| row.provider_id.is_some());
    if let Some(first) = named.first() {
        let mut provider_ids: Vec<String> = Vec::new();
        for id in named.iter().filter_map(|row| row.provider_id.clone()) {
            if !provider_ids.contains(&id) {
                provider_ids.push(id);
            }
        }
        return Sighting::Found {
            provider_ids,
            folder: first.folder.clone(),
        };
    }
    if let Some(row) = ours.first() {
        return Sighting::Nameless {
            folder: row.folder.clone(),
        };
    }
    // Where no folder is known to be that of sent mail, any of them may be.
    let known = rows.iter().any(|row| is_sent_folder(&row.folder));
    let unnamed = rows
        .iter()
        .find(|row| row.message_id.is_none() && (!known || is_sent_folder(&row.folder)));
    match unnamed {
        Some(row) => Sighting::Unproved {
            folder: row.folder.clone(),
        },
        None => Sighting::Absent,
    }
}

fn of_evidence(folder: &str) -> bool {
    let name = folder.to_lowercase();
    ["delil", "evidence"].iter().any(|word| name.contains(word))
}

fn bare(message_id: &str) -> &str {
    message_id.trim().trim_matches(['<', '>'])
}

/// A lost answer is asked after often at first, then ever less.
fn pause_after(since: Timestamp, now: Timestamp) -> SignedDuration {
    let elapsed = now.duration_since(since).as_secs();
    SignedDuration::from_secs((elapsed / 2).clamp(1, 300))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(told: &[(&str, Option<&str>, Option<&str>)]) -> Vec<Row> {
        told.iter()
            .map(|(folder, message_id, provider_id)| Row {
                folder: (*folder).to_owned(),
                message_id: message_id.map(str::to_owned),
                provider_id: provider_id.map(str::to_owned),
            })
            .collect()
    }

    fn found(ids: &[&str], folder: &str) -> Sighting {
        Sighting::Found {
            provider_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            folder: folder.to_owned(),
        }
    }

    #[test]
    fn what_listings_say_about_a_message() {
        let nameless = |folder: &str| Sighting::Nameless {
            folder: folder.to_owned(),
        };
        let unproved = |folder: &str| Sighting::Unproved {
            folder: folder.to_owned(),
        };
        type Told<'a> = &'a [(&'a str, Option<&'a str>, Option<&'a str>)];
        let table: [(Told<'_>, Sighting); 12] = [
            (&[], Sighting::Absent),
            (
                &[
                    ("INBOX", None, Some("k0")),
                    ("INBOX.Sent", Some("<b@d>"), Some("k1")),
                ],
                Sighting::Absent,
            ),
            (
                &[("INBOX.Sent", Some(" a@d "), Some("k1"))],
                found(&["k1"], "INBOX.Sent"),
            ),
            // The mail that brings evidence is not the message.
            (
                &[
                    ("DELIL", Some("<a@d>"), Some("d1")),
                    ("OUTBOX", Some("<a@d>"), Some("k1")),
                ],
                found(&["k1"], "OUTBOX"),
            ),
            (&[("DELIL", Some("<a@d>"), Some("d1"))], nameless("DELIL")),
            (
                &[("Gönderilenler", Some("<a@d>"), None)],
                nameless("Gönderilenler"),
            ),
            // Sent to oneself, and the folder of sent mail was emptied.
            (
                &[("INBOX", Some("<a@d>"), Some("k1"))],
                found(&["k1"], "INBOX"),
            ),
            (
                &[
                    ("INBOX.Sent", Some("<a@d>"), Some("k1")),
                    ("INBOX.Sent", Some("<a@d>"), Some("k2")),
                ],
                found(&["k1", "k2"], "INBOX.Sent"),
            ),
            (
                &[
                    ("INBOX.Sent", None, Some("k1")),
                    ("INBOX.Sent", Some("<b@d>"), Some("k2")),
                ],
                unproved("INBOX.Sent"),
            ),
            // Found is found, whatever else a list leaves out.
            (
                &[
                    ("INBOX.Sent", None, Some("k1")),
                    ("INBOX.Sent", Some("<a@d>"), Some("k2")),
                ],
                found(&["k2"], "INBOX.Sent"),
            ),
            // Ours without an id may stand beside ours with one.
            (
                &[
                    ("INBOX.Sent", Some("<a@d>"), None),
                    ("INBOX.Sent", Some("<a@d>"), Some("k2")),
                ],
                found(&["k2"], "INBOX.Sent"),
            ),
            (&[("ARSIV", None, Some("k1"))], unproved("ARSIV")),
        ];
        for (told, expected) in table {
            assert_eq!(judge(&rows(told), "<a@d>"), expected, "{told:?}");
        }
    }
}
