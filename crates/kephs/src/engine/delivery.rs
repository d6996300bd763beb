//! What becomes of an accepted message: the other provider, the mailbox, the legal period.

use rusqlite::Transaction;

use super::{
    INBOX, Provider,
    accounts::{ensure_mailbox, room_for},
};
use crate::{
    clock::{Millis, end_of_fifth_day, millis},
    config::UnknownRecipients,
    error::{Error, Refusal, Result},
    evidence::Event,
    misbehaviour::{Kind, Moment, Stage, take_first},
    store::{
        accounts,
        jobs::{self, Job},
        messages::{self, Item, Message, Recipient},
    },
};

/// The step that brings a message to one addressee.
pub(super) const HAND_OVER: &str = "hand-over";
/// The step that ends the legal period of one addressee.
const COUNT_AS_READ: &str = "count-as-read";
/// The step at which a notice counts as served.
const SERVE: &str = "serve";

impl Provider {
    /// Does one planned step; a step for something that is gone does nothing.
    pub(super) fn do_step(&self, tx: &Transaction, job: &Job, now: Millis) -> Result<()> {
        let Some(message) = messages::get(tx, job.message_id)? else {
            return Ok(());
        };
        let recipients = messages::recipients(tx, job.message_id)?;
        let Some(recipient) = recipients.iter().find(|it| it.n == job.recipient_n) else {
            return Ok(());
        };
        match job.step.as_str() {
            HAND_OVER => self.hand_over(tx, &message, recipient, now),
            COUNT_AS_READ if recipient.read_at.is_none() => self.issue(
                tx,
                &message,
                recipient.n,
                Event::RetrievalExpiration,
                job.due_at,
            ),
            // Reading a notice earlier does not serve it earlier.
            SERVE => self.issue(tx, &message, recipient.n, Event::Served, job.due_at),
            _ => Ok(()),
        }
    }

    fn hand_over(
        &self,
        tx: &Transaction,
        message: &Message,
        recipient: &Recipient,
        now: Millis,
    ) -> Result<()> {
        let moment = Moment {
            stage: Stage::Deliver,
            operation: None,
            addresses: &[&recipient.address],
        };
        let told = take_first(tx, moment)?.map(|rule| rule.kind);
        let issue = |event| self.issue(tx, message, recipient.n, event, now);
        match told {
            Some(Kind::RelayRejected) => return issue(Event::RelayRejection),
            Some(Kind::RelayFailed) => return issue(Event::RelayFailure),
            _ => {}
        }
        let local = self.config.is_local(&recipient.address);
        if !local {
            issue(Event::RelayAcceptance)?;
            if !self.config.other_provider_delivers {
                return Ok(());
            }
        }
        if told == Some(Kind::MailboxFull) {
            return issue(Event::MailboxFull);
        }
        if !local || self.config.unknown_recipients == UnknownRecipients::Create {
            ensure_mailbox(tx, &recipient.address, now)?;
        }
        match self.put_in_mailbox(tx, message, recipient, now) {
            Ok(()) => {
                issue(Event::Delivery)?;
                if told == Some(Kind::Contradicted) {
                    issue(Event::MailboxFull)?;
                }
                if message.is_notice() {
                    let due = self
                        .config
                        .notice_period
                        .map_or_else(|| end_of_fifth_day(now), |period| now + millis(period));
                    return jobs::plan(tx, due, SERVE, message.id, recipient.n);
                }
                let due = now + millis(self.config.legal_period);
                jobs::plan(tx, due, COUNT_AS_READ, message.id, recipient.n)
            }
            Err(Error::Refused(Refusal::QuotaFull { .. })) => issue(Event::MailboxFull),
            Err(Error::Refused(_)) => issue(Event::UnknownRecipient),
            Err(error) => Err(error),
        }
    }

    fn put_in_mailbox(
        &self,
        tx: &Transaction,
        message: &Message,
        recipient: &Recipient,
        now: Millis,
    ) -> Result<()> {
        let account = accounts::find(tx, &recipient.address)?
            .ok_or_else(|| Refusal::UnknownMailbox(recipient.address.clone()))?;
        let size = messages::size(tx, message.id)?;
        room_for(tx, &account, size)?;
        messages::add_item(
            tx,
            &Item {
                id: 0,
                account: account.address,
                folder: INBOX.into(),
                sira_no: 0,
                kep_id: message.kep_id.clone(),
                message_id: message.id,
                recipient_n: Some(recipient.n),
                evidence_id: None,
                size,
                arrived_at: now,
                visible_at: now,
                seen_at: None,
            },
        )?;
        messages::mark_delivered(tx, message.id, recipient.n, now)
    }

    /// The addressee has read it: evidence 60 once, and the legal period ends.
    pub(super) fn read_by_recipient(
        &self,
        tx: &Transaction,
        message: &Message,
        n: i64,
        now: Millis,
    ) -> Result<()> {
        if messages::mark_read(tx, message.id, n, now)? {
            jobs::cancel(tx, COUNT_AS_READ, message.id, n)?;
            self.issue(tx, message, n, Event::Retrieval, now)?;
        }
        Ok(())
    }
}
