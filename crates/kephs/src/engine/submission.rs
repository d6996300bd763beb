//! Taking a message from its sender.

use rusqlite::Transaction;
use sha2::{Digest as _, Sha256};

use super::{Provider, SENT, accounts::room_for, delivery::HAND_OVER};
use crate::{
    clock::{Millis, for_people, millis},
    config::Duplicates,
    error::{Error, Refusal, Result},
    evidence::Event,
    mime::{self, Handed},
    misbehaviour::{Kind, Moment, NewRule, Stage, take_all},
    store::{
        accounts::{self, Account},
        jobs,
        messages::{self, Item, Message},
    },
};

/// One credit unit pays for so many bytes of a message (TNB counts so; PTT's rule is unknown).
const BYTES_PER_UNIT: i64 = 5 * 1024 * 1024;

impl Provider {
    /// Accepts a message for good and answers its kepId. When this returns, the message, its
    /// entry in the sent folder and its evidence are on disk.
    pub fn accept(&self, sender: &str, bytes: &[u8]) -> Result<String> {
        let limit = self.config.max_message_bytes;
        if bytes.len() > limit {
            return Err(Refusal::TooLarge {
                size: bytes.len(),
                limit,
            }
            .into());
        }
        let handed = mime::read(bytes)?;
        self.take(sender, bytes, &handed, |_, _| Ok(()))
    }

    /// Takes a message that was read; `also` runs in the same transaction with the new row's id.
    pub(super) fn take(
        &self,
        sender: &str,
        bytes: &[u8],
        handed: &Handed,
        also: impl Fn(&Transaction, i64) -> Result<()>,
    ) -> Result<String> {
        let kep_id = self.write(|tx, now| {
            if self.config.duplicates == Duplicates::Recognise
                && let Some(earlier) = messages::by_org_id(tx, sender, &handed.message_id)?
            {
                return Ok(earlier.kep_id);
            }
            let account = accounts::find(tx, sender)?.ok_or(Refusal::WrongCredentials)?;
            let mut concerned: Vec<&str> = handed.recipients.iter().map(String::as_str).collect();
            concerned.push(sender);
            let moment = Moment {
                stage: Stage::Accept,
                operation: None,
                addresses: &concerned,
            };
            let rules = take_all(tx, moment)?;
            if rules.iter().any(|rule| rule.kind == Kind::AcceptTwice) {
                self.accept_once(tx, &account, handed, bytes, &rules, now, &also)?;
            }
            self.accept_once(tx, &account, handed, bytes, &rules, now, &also)
        })?;
        self.tick()?;
        self.wake.notify_one();
        Ok(kep_id)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "two call sites; a struct would only rename them"
    )]
    fn accept_once(
        &self,
        tx: &Transaction,
        account: &Account,
        handed: &Handed,
        bytes: &[u8],
        rules: &[NewRule],
        now: Millis,
        also: &impl Fn(&Transaction, i64) -> Result<()>,
    ) -> Result<String> {
        let size = bytes.len() as i64;
        self.charge(tx, &account.address, size)?;
        room_for(tx, account, size)?;
        let message = Message {
            id: 0,
            kep_id: self.new_kep_id(now),
            org_mesaj_id: handed.message_id.clone(),
            sender: account.address.clone(),
            from_header: handed.from.clone(),
            subject: handed.subject.clone(),
            kind: handed.kind.clone(),
            ileti_id: handed.ileti_id.clone(),
            sha256: hex(&Sha256::digest(bytes)),
            submitted_at: now,
        };
        let id = messages::add(tx, &message, bytes)?;
        let message = Message { id, ..message };
        also(tx, id)?;
        for (n, address) in (1..).zip(&handed.recipients) {
            messages::add_recipient(tx, id, n, address)?;
        }
        messages::add_item(tx, &sent_item(&message, size, visible_from(rules, now)))?;
        if rules
            .iter()
            .any(|rule| rule.kind == Kind::SubmissionRejected)
        {
            self.issue(tx, &message, 0, Event::Rejection, now)?;
            return Ok(message.kep_id);
        }
        self.issue(tx, &message, 0, Event::Acceptance, now)?;
        let due = now + millis(self.config.delivery_delay);
        for (n, _) in (1..).zip(&handed.recipients) {
            jobs::plan(tx, due, HAND_OVER, id, n)?;
        }
        Ok(message.kep_id)
    }

    fn charge(&self, tx: &Transaction, address: &str, size: i64) -> Result<()> {
        let needed = (size + BYTES_PER_UNIT - 1) / BYTES_PER_UNIT;
        let left = accounts::find(tx, address)?.map_or(0, |it| it.kontor);
        if needed > left {
            return Err(Error::from(Refusal::NoCredit { needed, left }));
        }
        accounts::spend(tx, address, needed)
    }

    /// `<KEPHS{id}.{ddMMyyyyHHmmss}@{domain}>`, the shape that PTT's ids have.
    fn new_kep_id(&self, now: Millis) -> String {
        let digits: String = for_people(now)
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        format!(
            "<KEPHS{}.{digits}@{}>",
            self.ids.fresh(),
            self.config.own_domain()
        )
    }
}

fn visible_from(rules: &[NewRule], now: Millis) -> Millis {
    let late = rules.iter().find(|rule| rule.kind == Kind::ListLate);
    now + late.map_or(0, |rule| rule.millis_or(30))
}

fn sent_item(message: &Message, size: i64, visible_at: Millis) -> Item {
    Item {
        id: 0,
        account: message.sender.clone(),
        folder: SENT.into(),
        sira_no: 0,
        kep_id: message.kep_id.clone(),
        message_id: message.id,
        recipient_n: None,
        evidence_id: None,
        size,
        arrived_at: message.submitted_at,
        visible_at,
        seen_at: None,
    }
}

/// Lower-case hexadecimal digits of bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
