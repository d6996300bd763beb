//! The register of wet-signed letters: of necessity (Z) and of emergency (O), decision 3.
//!
//! A confidential letter gets a number here and nothing of its content (regulation 2646: secret and
//! private letters are made on paper).

use jiff::civil::Date;
use serde_json::json;

use super::{Item, ROLES, State, store};
use crate::access::Act;
use crate::audit;
use crate::clock;
use crate::directory::{self, InstitutionKind, UnitId, postal};
use crate::document::{Confidentiality, number, words};
use crate::error::{Kind, Problem, Result};
use crate::fileplan;
use crate::store::Tx;
use crate::turkish;

words! {
    /// The letter in front of the sayı.
    Prefix {
        /// Zorunlu hâl: confidential letters, acts that the law binds to a form.
        Necessity = "Z", "Z: zorunlu hâl";
        /// Olağanüstü durum: made on paper while the system could not be used, entered afterwards.
        Emergency = "O", "O: olağanüstü durum";
    }
}

/// What is entered.
#[derive(Debug, Clone)]
pub struct Entry {
    pub unit_id: String,
    pub prefix: Prefix,
    /// The day on the letter.
    pub dated: Date,
    pub plan_code: String,
    pub confidentiality: Confidentiality,
    /// Must be empty for a confidential letter.
    pub subject: String,
    pub addressee: String,
    /// Lines of the postal address; empty when it does not go by post.
    pub address: String,
    pub signer: String,
    pub reason: String,
}

/// A line of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WetLetter {
    pub id: String,
    pub unit_id: String,
    pub prefix: Prefix,
    pub number: String,
    pub dated: Date,
    pub confidentiality: Confidentiality,
    pub subject: String,
    pub addressee: String,
    pub signer: String,
    pub reason: String,
    /// Where its envelope stands, if it goes by post.
    pub item: Option<(String, State)>,
}

/// Takes a number for a wet-signed letter and, with an address, makes its envelope.
///
/// # Errors
/// `yetki_yok`, `islak_imza_eksik` with a sentence per field, `dosya_yok` and its kin, `sayi_ayari`.
pub fn register(tx: &mut Tx<'_>, act: &Act<'_>, entry: &Entry) -> Result<WetLetter> {
    act.actor.require_in(&ROLES, &entry.unit_id)?;
    let today = clock::local(act.now).date();
    let (subject, addressee, signer, reason) = check(entry, today)?;
    let address = match entry.address.trim() {
        "" => None,
        typed => Some(postal::checked(typed)?),
    };
    let unit = directory::by_id(tx, &UnitId::new(entry.unit_id.clone()))?;
    let kind = unit.map_or(InstitutionKind::Other, |unit| unit.kind);
    let code = fileplan::first_code(tx, kind, entry.plan_code.trim(), entry.dated)?.code;
    // As with electronic ones: numbers that this year gave under other settings are passed over.
    let number = loop {
        let prefix = entry.prefix.code();
        let number = number::take_wet(tx, &entry.unit_id, prefix, &code, entry.dated)?;
        if !store::wet_number_taken(tx, &number, entry.dated)? {
            break number;
        }
    };
    let wet = WetLetter {
        id: act.new_id(),
        unit_id: entry.unit_id.clone(),
        prefix: entry.prefix,
        number,
        dated: entry.dated,
        confidentiality: entry.confidentiality,
        subject,
        addressee,
        signer,
        reason,
        item: None,
    };
    store::insert_wet(tx, act, &wet, &code)?;
    if let Some(address) = address {
        let item = Item {
            id: act.new_id(),
            barcode: String::new(),
            unit_id: wet.unit_id.clone(),
            document_id: None,
            recipient_id: None,
            wet_letter_id: Some(wet.id.clone()),
            attempt: 1,
            number: wet.number.clone(),
            subject: wet.subject.clone(),
            addressee: wet.addressee.clone(),
            address,
            reason: entry.prefix.label().to_owned(),
            state: State::ToPost,
            posted_on: None,
            posted_at: None,
            post_barcode: None,
            handover_record: None,
            outcome_on: None,
            outcome_at: None,
            outcome_reason: None,
            needless: false,
        };
        store::insert_many(tx, act, &[item])?;
    }
    let detail = json!({ "number": wet.number, "prefix": wet.prefix.code() });
    audit::record(
        tx,
        act,
        "wet_letter.register",
        "wet_letter",
        &wet.id,
        &detail,
    )?;
    Ok(wet)
}

/// The register of the person's units, the newest first.
///
/// # Errors
/// When the store fails.
pub fn newest(tx: &mut Tx<'_>, act: &Act<'_>, limit: usize) -> Result<Vec<WetLetter>> {
    Ok(store::wet_letters(tx, &act.actor.user_id, limit)?)
}

type Texts = (String, String, String, String);

fn check(entry: &Entry, today: Date) -> Result<Texts> {
    let mut problem = Problem::new(
        Kind::Invalid,
        "islak_imza_eksik",
        "Islak imzalı yazı kaydedilemedi. İşaretli alanları düzeltin.",
    );
    let secret = !matches!(
        entry.confidentiality,
        Confidentiality::None | Confidentiality::Restricted
    );
    let mut line = |field: &str, typed: &str, needed: bool, sentence: &str| {
        let text = turkish::compose(typed.trim());
        let long = text.chars().count() > 300 || text.chars().any(char::is_control);
        if long || (needed && text.is_empty()) {
            problem.fields.push((field.to_owned(), sentence.to_owned()));
        }
        text
    };
    let subject = line(
        "subject",
        &entry.subject,
        !secret,
        "Konuyu yazın (en çok 300 harf).",
    );
    let addressee = line("addressee", &entry.addressee, true, "Muhatabı yazın.");
    let signer = line("signer", &entry.signer, true, "İmzalayanı yazın.");
    let reason = line(
        "reason",
        &entry.reason,
        true,
        "Neden elektronik yapılamadığını yazın.",
    );
    let mut wrong = |field: &str, sentence: &str| {
        problem.fields.push((field.to_owned(), sentence.to_owned()));
    };
    if secret && !subject.is_empty() {
        wrong(
            "subject",
            "Özel ve üstü gizlilikte yazının konusu ve içeriği sisteme girilmez; boş bırakın.",
        );
    }
    if secret && entry.prefix == Prefix::Emergency {
        wrong(
            "prefix",
            "Özel ve üstü gizlilikte yazı zorunlu hâldir; Z kaydı açın.",
        );
    }
    if entry.dated > today {
        wrong("dated", "Yazının tarihi gelecekte olamaz.");
    }
    if entry.prefix == Prefix::Necessity && entry.dated < today {
        wrong(
            "dated",
            "Zorunlu hâl yazısına sayı imzalandığı gün verilir; tarih bugün olmalı.",
        );
    }
    if problem.fields.is_empty() {
        return Ok((subject, addressee, signer, reason));
    }
    Err(problem.into())
}
