//! Issuing evidence: once per addressee and event, in the sender's lists and evidence folder.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rusqlite::Transaction;

use super::{EVIDENCE, Provider};
use crate::{
    clock::Millis,
    config::domain_of,
    error::Result,
    evidence::{self, Event, Statement},
    misbehaviour::{Kind, Moment, NewRule, Stage, take_all},
    notary::Fault,
    store::{
        evidence::{Evidence, add, of_event},
        messages::{self, Item, Message},
    },
};

impl Provider {
    /// Issues the evidence of an event that happened `at`; `n` is the addressee, 0 for none.
    /// An event that has its evidence already gets no second one (unless told to misbehave).
    pub(super) fn issue(
        &self,
        tx: &Transaction,
        message: &Message,
        n: i64,
        event: Event,
        at: Millis,
    ) -> Result<()> {
        if of_event(tx, message.id, n, event.name())?.is_some() {
            return Ok(());
        }
        let recipients = messages::recipients(tx, message.id)?;
        let addresses: Vec<&str> = recipients.iter().map(|it| it.address.as_str()).collect();
        let mut concerned: Vec<&str> = match recipients.iter().find(|it| it.n == n) {
            Some(recipient) => vec![&recipient.address],
            None => addresses.clone(),
        };
        let issuer = self
            .issuer(event, concerned.first().copied().unwrap_or_default())
            .to_owned();
        concerned.push(&message.sender);
        let moment = Moment {
            stage: Stage::Evidence,
            operation: None,
            addresses: &concerned,
        };
        let told = Told(take_all(tx, moment)?);
        for copy in 0..told.copies() {
            self.issue_copy(tx, message, &addresses, n, event, at, &issuer, copy, &told)?;
        }
        Ok(())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one call site; a struct would only rename them"
    )]
    fn issue_copy(
        &self,
        tx: &Transaction,
        message: &Message,
        recipients: &[&str],
        n: i64,
        event: Event,
        at: Millis,
        issuer: &str,
        copy: i64,
        told: &Told,
    ) -> Result<()> {
        let delil_id = self.ids.fresh();
        let event_at = at.saturating_add(told.skew());
        let xml = evidence::write(&Statement {
            event,
            delil_id: &delil_id,
            issuer,
            event_at,
            submitted_at: message.submitted_at,
            sender: &message.sender,
            recipients,
            refers_to: (n > 0).then_some(n),
            subject: &message.subject,
            org_mesaj_id: &message.org_mesaj_id,
            kep_id: &message.kep_id,
            digest: &base64_of_hex(&message.sha256),
        })?;
        let xml = match told.rule(Kind::EvidenceUnsigned) {
            Some(_) => xml,
            None => self.notary.sign(&xml, issuer, told.fault(), self.now())?,
        };
        let it = Evidence {
            id: 0,
            delil_id,
            message_id: message.id,
            recipient_n: n,
            event: event.name().into(),
            copy,
            code: told.code().or(event.code(self.config.deemed_read_code)),
            text: if message.is_notice() {
                event.notice_text()
            } else {
                event.text()
            }
            .into(),
            event_at,
            time_text: told.time_text(),
            visible_at: self.now().saturating_add(told.delay(event)),
            kephs: issuer.to_owned(),
        };
        if let Some(id) = add(tx, &it, &xml)? {
            // What is listed late is listed late in every folder.
            let visible_at = messages::listed_from(tx, message.id)?
                .map_or(it.visible_at, |at| at.max(it.visible_at));
            let mail = self.evidence_mail(message, &it, id, xml.len() as i64);
            messages::add_item(tx, &Item { visible_at, ..mail })?;
        }
        Ok(())
    }

    fn evidence_mail(&self, message: &Message, it: &Evidence, id: i64, size: i64) -> Item {
        Item {
            id: 0,
            account: message.sender.clone(),
            folder: EVIDENCE.into(),
            sira_no: 0,
            kep_id: format!("<DELIL{}@{}>", it.delil_id, self.config.own_domain()),
            message_id: message.id,
            recipient_n: (it.recipient_n > 0).then_some(it.recipient_n),
            evidence_id: Some(id),
            size,
            arrived_at: it.visible_at,
            visible_at: it.visible_at,
            seen_at: None,
        }
    }

    /// Acceptance and failure to relay are ours; what happens at the addressee's provider is theirs.
    fn issuer<'a>(&'a self, event: Event, recipient: &'a str) -> &'a str {
        match event {
            Event::Acceptance | Event::Rejection | Event::RelayFailure => self.config.own_domain(),
            _ if self.config.is_local(recipient) => self.config.own_domain(),
            _ => domain_of(recipient),
        }
    }
}

/// What the rules say about one piece of evidence.
struct Told(Vec<NewRule>);

impl Told {
    fn rule(&self, kind: Kind) -> Option<&NewRule> {
        self.0.iter().find(|rule| rule.kind == kind)
    }

    fn fault(&self) -> Option<Fault> {
        let faults = [
            (Kind::EvidenceBroken, Fault::Broken),
            (Kind::EvidenceForeign, Fault::Foreign),
            (Kind::EvidenceExpired, Fault::Expired),
            (Kind::EvidenceRevoked, Fault::Revoked),
            (Kind::EvidenceUnstamped, Fault::Unstamped),
            (Kind::EvidenceByPerson, Fault::Person),
        ];
        let told = |(kind, _): &&(Kind, Fault)| self.rule(*kind).is_some();
        faults.iter().find(told).map(|(_, fault)| *fault)
    }

    fn copies(&self) -> i64 {
        if self.rule(Kind::EvidenceTwice).is_some() {
            2
        } else {
            1
        }
    }

    fn skew(&self) -> Millis {
        self.rule(Kind::ClockSkew)
            .map_or(0, |rule| rule.millis_or(3600))
    }

    fn code(&self) -> Option<i32> {
        let rule = self.rule(Kind::EvidenceUnknownCode)?;
        Some(
            rule.number
                .and_then(|number| number.try_into().ok())
                .unwrap_or(77),
        )
    }

    fn time_text(&self) -> Option<String> {
        let rule = self.rule(Kind::EvidenceBadTime)?;
        Some(
            rule.text
                .clone()
                .unwrap_or_else(|| "31.02.2026 25:61".into()),
        )
    }

    /// Late, all of it or only that of one code. Out of order: what comes first is seen last.
    fn delay(&self, event: Event) -> Millis {
        let meant = |rule: &&NewRule| match rule.number {
            Some(code) => event.code(None).map(i64::from) == Some(code),
            None => true,
        };
        let late = self
            .rule(Kind::EvidenceLate)
            .filter(meant)
            .map_or(0, |rule| rule.millis_or(30));
        let early_event = matches!(event, Event::Acceptance | Event::RelayAcceptance);
        let behind = match self.rule(Kind::EvidenceOutOfOrder) {
            Some(rule) if early_event => rule.millis_or(20),
            _ => 0,
        };
        late.saturating_add(behind)
    }
}

/// XML signatures write digests in base64, lists write them in hexadecimal.
pub(super) fn base64_of_hex(digits: &str) -> String {
    let bytes: Vec<u8> = digits
        .as_bytes()
        .chunks_exact(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    STANDARD.encode(bytes)
}
