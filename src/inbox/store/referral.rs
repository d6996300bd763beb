//! The SQL of referrals, and of those to whom one may refer.

use jiff::Timestamp;

use crate::access::{Act, NOBODYS_TURN};
use crate::inbox::referral::{Choice, Referral, ReferralState, Target};
use crate::params;
use crate::store::{StoreError, Tx};

pub(in crate::inbox) fn insert_referral(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    new: &Referral,
) -> Result<(), StoreError> {
    let (unit, user) = match &new.target {
        Target::Unit(id) => (Some(id.as_str()), None),
        Target::Person(id) => (None, Some(id.as_str())),
    };
    tx.execute(
        "INSERT INTO referral (id, incoming_id, parent_id, from_user_id, to_unit_id, to_user_id, \
         purpose, due_date, note, state, referred_at, reason) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'open', ?10, '')",
        params![
            &new.id,
            &new.incoming_id,
            new.parent_id.as_deref(),
            &act.actor.user_id,
            unit,
            user,
            new.purpose,
            new.due_date,
            &new.note,
            act.now
        ],
    )?;
    Ok(())
}

pub(in crate::inbox) fn referrals(
    tx: &mut Tx<'_>,
    incoming_id: &str,
) -> Result<Vec<Referral>, StoreError> {
    tx.query(
        "SELECT r.id, r.incoming_id, r.parent_id, r.from_user_id, f.full_name AS from_name, \
         r.to_unit_id, r.to_user_id, n.name AS unit_name, p.full_name AS person_name, \
         r.purpose, r.due_date, r.note, r.state, r.referred_at, r.seen_at, r.ended_at, r.reason \
         FROM referral r JOIN user_account f ON f.id = r.from_user_id \
         LEFT JOIN unit n ON n.id = r.to_unit_id LEFT JOIN user_account p ON p.id = r.to_user_id \
         WHERE r.incoming_id = ?1 ORDER BY r.referred_at, r.purpose, r.id LIMIT 500",
        params![incoming_id],
    )?
    .iter()
    .map(|row| {
        let unit: Option<String> = row.get("to_unit_id")?;
        let person: Option<String> = row.get("to_user_id")?;
        let name: Option<String> = match unit {
            Some(_) => row.get("unit_name")?,
            None => row.get("person_name")?,
        };
        Ok(Referral {
            id: row.get("id")?,
            incoming_id: row.get("incoming_id")?,
            parent_id: row.get("parent_id")?,
            from_user_id: row.get("from_user_id")?,
            from_name: row.get("from_name")?,
            target: match unit {
                Some(unit) => Target::Unit(unit),
                None => Target::Person(person.unwrap_or_default()),
            },
            to_name: name.unwrap_or_default(),
            purpose: row.get("purpose")?,
            due_date: row.get("due_date")?,
            note: row.get("note")?,
            state: row.get("state")?,
            referred_at: row.get("referred_at")?,
            seen_at: row.get("seen_at")?,
            ended_at: row.get("ended_at")?,
            reason: row.get("reason")?,
        })
    })
    .collect()
}

/// The open referrals of a line that stand in nobody's work list.
pub(in crate::inbox) fn nobodys(
    tx: &mut Tx<'_>,
    now: Timestamp,
    incoming_id: &str,
) -> Result<Vec<String>, StoreError> {
    tx.query(
        &format!(
            "SELECT r.id FROM referral r WHERE r.incoming_id = ?1 AND {NOBODYS_TURN} ORDER BY r.id"
        ),
        params![incoming_id, now],
    )?
    .iter()
    .map(|row| row.get("id"))
    .collect()
}

pub(in crate::inbox) fn end_referral(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    state: ReferralState,
    reason: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE referral SET state = ?2, ended_at = ?3, ended_by = ?4, reason = ?5 \
         WHERE id = ?1 AND state = 'open'",
        params![id, state, act.now, &act.actor.user_id, reason],
    )?;
    Ok(())
}

/// Ends every open referral of a line.
pub(in crate::inbox) fn end_all(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    incoming_id: &str,
    state: ReferralState,
    reason: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE referral SET state = ?2, ended_at = ?3, ended_by = ?4, reason = ?5 \
         WHERE incoming_id = ?1 AND state = 'open'",
        params![incoming_id, state, act.now, &act.actor.user_id, reason],
    )?;
    Ok(())
}

/// Which referrals a letter ends.
pub(in crate::inbox) enum Turn<'a> {
    /// One, and whatever of it was passed on.
    Of(&'a str),
    Everybody,
}

/// Ends open referrals as the work of a letter that was sent.
pub(in crate::inbox) fn end_by_letter(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    incoming_id: &str,
    turn: &Turn<'_>,
    letter_id: &str,
    reason: &str,
) -> Result<(), StoreError> {
    let first = match turn {
        Turn::Of(id) => id,
        Turn::Everybody => "",
    };
    tx.execute(
        "WITH RECURSIVE turn (id) AS (SELECT id FROM referral WHERE incoming_id = ?1 AND \
         (id = ?2 OR ?2 = '') UNION SELECT r.id FROM referral r JOIN turn t ON r.parent_id = t.id) \
         UPDATE referral SET state = 'done', ended_at = ?3, ended_by = ?4, reason = ?5, \
         letter_id = ?6 WHERE state = 'open' AND id IN (SELECT id FROM turn)",
        params![
            incoming_id,
            first,
            act.now,
            &act.actor.user_id,
            reason,
            letter_id
        ],
    )?;
    Ok(())
}

/// Opens again what letters ended.
pub(in crate::inbox) fn reopen(tx: &mut Tx<'_>, incoming_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE referral SET state = 'open', ended_at = NULL, ended_by = NULL, reason = '', \
         letter_id = NULL WHERE incoming_id = ?1 AND state = 'done' AND letter_id IS NOT NULL",
        params![incoming_id],
    )?;
    Ok(())
}

/// Notes that those to whom it was referred have opened it.
pub(in crate::inbox) fn set_seen(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    incoming_id: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE referral SET seen_at = ?3 WHERE incoming_id = ?1 AND state = 'open' \
         AND seen_at IS NULL AND (to_user_id = ?2 OR to_unit_id IN \
         (SELECT unit_id FROM role_binding WHERE user_id = ?2 \
         AND role IN ('clerk', 'approver', 'registry')))",
        params![incoming_id, &act.actor.user_id, act.now],
    )?;
    Ok(())
}

/// People with a role in the own institution's units, by name; their title and unit beside it.
pub(in crate::inbox) fn people(tx: &mut Tx<'_>, unit_id: &str) -> Result<Vec<Choice>, StoreError> {
    tx.query(
        "SELECT u.id, u.full_name, u.title, MIN(n.name) AS unit_name FROM user_account u \
         JOIN role_binding b ON b.user_id = u.id JOIN unit n ON n.id = b.unit_id \
         WHERE u.active = 1 AND b.role <> 'administrator' AND n.institution_id = \
         (SELECT institution_id FROM unit WHERE id = ?1) \
         GROUP BY u.id, u.full_name, u.title ORDER BY u.full_name, u.id",
        params![unit_id],
    )?
    .iter()
    .map(|row| {
        let (title, unit): (String, String) = (row.get("title")?, row.get("unit_name")?);
        Ok(Choice {
            target: Target::Person(row.get("id")?),
            name: row.get("full_name")?,
            detail: format!("{title}, {unit}"),
        })
    })
    .collect()
}

/// To whom documents of a unit were referred last, the newest first; who is gone is left out.
pub(in crate::inbox) fn referred_lately(
    tx: &mut Tx<'_>,
    unit_id: &str,
    limit: usize,
) -> Result<Vec<Choice>, StoreError> {
    tx.query(
        "SELECT r.to_unit_id, r.to_user_id, n.name, p.full_name, p.title FROM \
         (SELECT f.to_unit_id, f.to_user_id, MAX(f.id) AS newest FROM referral f \
          JOIN incoming_document i ON i.id = f.incoming_id WHERE i.unit_id = ?1 \
          GROUP BY f.to_unit_id, f.to_user_id) r \
         LEFT JOIN unit n ON n.id = r.to_unit_id LEFT JOIN user_account p ON p.id = r.to_user_id \
         WHERE n.active = 1 OR p.active = 1 ORDER BY r.newest DESC LIMIT ?2",
        params![unit_id, limit],
    )?
    .iter()
    .map(|row| {
        let unit: Option<String> = row.get("to_unit_id")?;
        Ok(match unit {
            Some(id) => Choice {
                target: Target::Unit(id),
                name: row.get("name")?,
                detail: String::new(),
            },
            None => Choice {
                target: Target::Person(row.get("to_user_id")?),
                name: row.get("full_name")?,
                detail: row.get("title")?,
            },
        })
    })
    .collect()
}

/// Active units of the institution to which the unit belongs: id, name.
pub(in crate::inbox) fn units(
    tx: &mut Tx<'_>,
    unit_id: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    tx.query(
        "SELECT id, name FROM unit WHERE active = 1 AND is_own = 1 AND institution_id = \
         (SELECT institution_id FROM unit WHERE id = ?1) ORDER BY sort_key, id",
        params![unit_id],
    )?
    .iter()
    .map(|row| Ok((row.get("id")?, row.get("name")?)))
    .collect()
}

/// A referral that was passed on is its holder's again; false when it is not passed on.
pub(in crate::inbox) fn revive(tx: &mut Tx<'_>, id: &str) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "UPDATE referral SET state = 'open', ended_at = NULL, ended_by = NULL, reason = '' \
         WHERE id = ?1 AND state = 'passed_on'",
        params![id],
    )?;
    Ok(touched == 1)
}
