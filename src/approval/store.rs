//! SQL of approval steps and saved chains.

use jiff::Timestamp;

use super::{Delegator, Deputy, Step, StepKind, StepState};
use crate::access::Act;
use crate::params;
use crate::store::{BlobHash, Row, StoreError, Tx};

const STEP: &str = "s.id, s.document_id, s.round, s.position, s.kind, s.user_id, u.full_name, \
    u.title, s.state, s.acted_by, a.full_name AS acted_by_name, s.as_deputy, s.acted_at, \
    s.reason, s.seen_hash, g.id AS delegator_id, g.full_name AS delegator_name, \
    g.title AS delegator_title, s.deputy_id, v.full_name AS deputy_name, s.kept_name, \
    s.kept_title, s.kept_actor, s.kept_delegator, s.kept_delegator_title";
/// A signature that was given keeps whose power it used; one to come uses the power of its day.
const FROM: &str = "approval_step s JOIN user_account u ON u.id = s.user_id \
    LEFT JOIN user_account a ON a.id = s.acted_by \
    LEFT JOIN user_account v ON v.id = s.deputy_id \
    LEFT JOIN user_account g ON s.kind = 'signature' \
    AND g.id = CASE WHEN s.acted_at IS NULL THEN u.delegator_id ELSE s.delegator_id END";

/// The names and titles of a step, as the page has them that is signed with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// Whom the chain asks.
    pub asked: String,
    pub title: String,
    /// Who acts.
    pub actor: String,
    pub delegator: String,
    pub delegator_title: String,
}

impl Names {
    /// Those of a step on which this person acts.
    pub fn of(step: &Step, actor: &str) -> Self {
        let delegator = step.delegator.as_ref();
        Self {
            asked: step.full_name.clone(),
            title: step.title.clone(),
            actor: actor.to_owned(),
            delegator: delegator.map_or_else(String::new, |it| it.full_name.clone()),
            delegator_title: delegator.map_or_else(String::new, |it| it.title.clone()),
        }
    }
}

fn names(row: &Row) -> Result<Names, StoreError> {
    Ok(Names {
        asked: row.get("kept_name")?,
        title: row.get("kept_title")?,
        actor: row.get("kept_actor")?,
        delegator: row.get("kept_delegator")?,
        delegator_title: row.get("kept_delegator_title")?,
    })
}

/// What an act keeps stands before what the accounts say today.
fn step(row: &Row) -> Result<Step, StoreError> {
    let mut step = as_today(row)?;
    let kept = names(row)?;
    if step.acted_at.is_some() && !kept.actor.is_empty() {
        step.full_name = kept.asked;
        step.title = kept.title;
        step.acted_by_name = Some(kept.actor);
        if let Some(delegator) = &mut step.delegator {
            delegator.full_name = kept.delegator;
            delegator.title = kept.delegator_title;
        }
    }
    Ok(step)
}

fn as_today(row: &Row) -> Result<Step, StoreError> {
    Ok(Step {
        id: row.get("id")?,
        document_id: row.get("document_id")?,
        round: row.get("round")?,
        position: row.get("position")?,
        kind: row.get("kind")?,
        user_id: row.get("user_id")?,
        full_name: row.get("full_name")?,
        title: row.get("title")?,
        delegator: match row.get::<Option<String>>("delegator_id")? {
            Some(id) => Some(Delegator {
                id,
                full_name: row.get("delegator_name")?,
                title: row.get("delegator_title")?,
            }),
            None => None,
        },
        state: row.get("state")?,
        acted_by: row.get("acted_by")?,
        acted_by_name: row.get("acted_by_name")?,
        as_deputy: row.get("as_deputy")?,
        deputy: match row.get::<Option<String>>("deputy_id")? {
            Some(id) => Some(Deputy {
                id,
                full_name: row.get("deputy_name")?,
            }),
            None => None,
        },
        acted_at: row.get("acted_at")?,
        reason: row.get("reason")?,
        seen_hash: row.get("seen_hash")?,
    })
}

/// The steps of one round in order. Round 0 holds the chain that is being prepared.
///
/// # Errors
/// When the store fails.
pub fn steps_of_round(
    tx: &mut Tx<'_>,
    document_id: &str,
    round: i64,
) -> Result<Vec<Step>, StoreError> {
    tx.query(
        &format!(
            "SELECT {STEP} FROM {FROM} WHERE s.document_id = ?1 AND s.round = ?2 \
             ORDER BY s.position"
        ),
        params![document_id, round],
    )?
    .iter()
    .map(step)
    .collect()
}

pub(super) fn replace_round(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    round: i64,
    steps: &[(StepKind, String, StepState)],
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM approval_step WHERE document_id = ?1 AND round = ?2",
        params![document_id, round],
    )?;
    for (position, (kind, user_id, state)) in steps.iter().enumerate() {
        tx.execute(
            "INSERT INTO approval_step (id, document_id, round, position, kind, user_id, state) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                act.new_id(),
                document_id,
                round,
                position + 1,
                *kind,
                user_id,
                *state
            ],
        )?;
    }
    Ok(())
}

/// Begins `round` with the steps of the round before it: acts of steps that stay done are carried
/// over, as are the deputies for whom the page was made, and the round before keeps everything that
/// happened in it.
pub(super) fn carry_round(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    steps: &[Step],
    round: i64,
    states: &[StepState],
) -> Result<(), StoreError> {
    for (step, state) in steps.iter().zip(states) {
        let new_id = act.new_id();
        tx.execute(
            "INSERT INTO approval_step (id, document_id, round, position, kind, user_id, state, \
             deputy_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                &new_id,
                &step.document_id,
                round,
                step.position,
                step.kind,
                &step.user_id,
                *state,
                step.deputy.as_ref().map(|it| it.id.as_str())
            ],
        )?;
        if *state == StepState::Done {
            tx.execute(
                "UPDATE approval_step SET acted_by = ?2, as_deputy = ?3, acted_at = ?4, \
                 seen_hash = ?5, delegator_id = ?6 WHERE id = ?1",
                params![
                    &new_id,
                    step.acted_by.as_deref(),
                    step.as_deputy,
                    step.acted_at,
                    step.seen_hash.as_ref(),
                    step.delegator.as_ref().map(|it| it.id.as_str())
                ],
            )?;
            let actor = step.acted_by_name.as_deref().unwrap_or_default();
            keep_names(tx, &new_id, &Names::of(step, actor))?;
        }
    }
    Ok(())
}

pub(super) fn set_state(
    tx: &mut Tx<'_>,
    step_id: &str,
    state: StepState,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE approval_step SET state = ?2 WHERE id = ?1",
        params![step_id, state],
    )?;
    Ok(())
}

/// Takes the chain of a draft that is thrown away.
pub(crate) fn forget(tx: &mut Tx<'_>, document_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM approval_step WHERE document_id = ?1",
        params![document_id],
    )
    .map(drop)
}

/// A signature that has to be given again loses what it recorded; the audit log keeps it. The page
/// goes on naming the deputy who is to give it.
pub(super) fn clear_act(
    tx: &mut Tx<'_>,
    step_id: &str,
    state: StepState,
    deputy_id: Option<&str>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE approval_step SET state = ?2, acted_by = NULL, as_deputy = 0, acted_at = NULL, \
         seen_hash = NULL, delegator_id = NULL, deputy_id = ?3, kept_name = '', kept_title = '', \
         kept_actor = '', kept_delegator = '', kept_delegator_title = '' WHERE id = ?1",
        params![step_id, state, deputy_id],
    )?;
    Ok(())
}

/// Keeps what the page says of a step, from the moment at which its signer prepares it.
pub(super) fn keep_names(tx: &mut Tx<'_>, step_id: &str, names: &Names) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE approval_step SET kept_name = ?2, kept_title = ?3, kept_actor = ?4, \
         kept_delegator = ?5, kept_delegator_title = ?6 WHERE id = ?1",
        params![
            step_id,
            &names.asked,
            &names.title,
            &names.actor,
            &names.delegator,
            &names.delegator_title
        ],
    )?;
    Ok(())
}

/// What was kept for a step; empty while nobody prepared it.
pub(super) fn kept_names(tx: &mut Tx<'_>, step_id: &str) -> Result<Names, StoreError> {
    let row = tx.query_one(
        "SELECT kept_name, kept_title, kept_actor, kept_delegator, kept_delegator_title \
         FROM approval_step WHERE id = ?1",
        params![step_id],
    )?;
    names(&row)
}

pub(super) struct Done<'a> {
    pub state: StepState,
    pub acted_by: &'a str,
    pub as_deputy: bool,
    pub at: Timestamp,
    pub reason: Option<&'a str>,
    pub seen_hash: Option<&'a BlobHash>,
    pub delegator_id: Option<&'a str>,
    pub names: Names,
}

pub(super) fn record_act(
    tx: &mut Tx<'_>,
    step_id: &str,
    done: &Done<'_>,
) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "UPDATE approval_step SET state = ?2, acted_by = ?3, as_deputy = ?4, acted_at = ?5, \
         reason = ?6, seen_hash = ?7, delegator_id = ?8 WHERE id = ?1 AND state = 'active'",
        params![
            step_id,
            done.state,
            done.acted_by,
            done.as_deputy,
            done.at,
            done.reason,
            done.seen_hash,
            done.delegator_id
        ],
    )?;
    keep_names(tx, step_id, &done.names)?;
    Ok(touched == 1)
}

/// A letter that waits for a person's initial or signature.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub document_id: String,
    pub subject: String,
    pub drafter_name: String,
    pub kind: StepKind,
    /// The absent person, when one is asked as deputy.
    pub for_whom: Option<String>,
    pub since: Timestamp,
    pub urgency: crate::document::Urgency,
    pub due_date: Option<jiff::civil::Date>,
}

/// Letters of one page.
const PAGE: usize = 50;

/// Letters whose active step asks for the acting person, or for somebody whose deputy they are;
/// urgent first, then the longest waiting: the first page.
///
/// # Errors
/// When the store fails.
pub fn waiting_for(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Waiting>, StoreError> {
    Ok(waiting_page(tx, act, None)?.0)
}

/// The page of [`waiting_for`] that begins after a key, with the key of the next one.
///
/// # Errors
/// When the store fails.
pub fn waiting_page(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    after: Option<&str>,
) -> Result<(Vec<Waiting>, Option<String>), StoreError> {
    // Without a key everything comes after: no letter is of rank -1.
    let (rank, since, id) = after.and_then(key_of).unwrap_or((-1, 0, ""));
    let rows = tx.query(
        "SELECT d.id, d.subject, w.full_name AS drafter_name, s.kind, s.user_id, \
         u.full_name AS asked_name, d.updated_at, d.urgency, d.due_date, \
         CASE WHEN d.urgency = 'normal' THEN 1 ELSE 0 END AS urgency_rank \
         FROM approval_step s JOIN document d ON d.id = s.document_id \
         AND d.approval_round = s.round JOIN user_account u ON u.id = s.user_id \
         JOIN user_account w ON w.id = d.drafter_id \
         WHERE s.state = 'active' AND d.state = 'in_approval' AND (s.user_id = ?1 \
         OR s.user_id IN (SELECT absent_id FROM deputation WHERE deputy_id = ?1 \
         AND begins_at <= ?2 AND ends_at > ?2)) \
         AND (CASE WHEN d.urgency = 'normal' THEN 1 ELSE 0 END > ?3 \
         OR (CASE WHEN d.urgency = 'normal' THEN 1 ELSE 0 END = ?3 \
         AND (d.updated_at > ?4 OR (d.updated_at = ?4 AND d.id > ?5)))) \
         ORDER BY urgency_rank, d.updated_at, d.id LIMIT ?6",
        params![&act.actor.user_id, act.now, rank, since, id, PAGE + 1],
    )?;
    let mut letters = Vec::with_capacity(rows.len());
    let mut key = None;
    for row in rows.iter().take(PAGE) {
        let asked: String = row.get("user_id")?;
        let asked_name: String = row.get("asked_name")?;
        let letter = Waiting {
            document_id: row.get("id")?,
            subject: row.get("subject")?,
            drafter_name: row.get("drafter_name")?,
            kind: row.get("kind")?,
            for_whom: (asked != act.actor.user_id).then_some(asked_name),
            since: row.get("updated_at")?,
            urgency: row.get("urgency")?,
            due_date: row.get("due_date")?,
        };
        key = Some(format!(
            "{}~{}~{}",
            row.get::<i64>("urgency_rank")?,
            letter.since.as_microsecond(),
            letter.document_id
        ));
        letters.push(letter);
    }
    Ok((letters, key.filter(|_| rows.len() > PAGE)))
}

/// Rank, change and id of a key in an address.
fn key_of(text: &str) -> Option<(i64, i64, &str)> {
    let mut parts = text.splitn(3, '~');
    let (rank, since, id) = (parts.next()?, parts.next()?, parts.next()?);
    Some((rank.parse().ok()?, since.parse().ok()?, id))
}

/// People who may initial or sign for a unit: approvers of it and of the units above.
pub(super) fn approvers(
    tx: &mut Tx<'_>,
    unit_id: &str,
) -> Result<Vec<(String, String, String)>, StoreError> {
    tx.query(
        "SELECT DISTINCT u.id, u.full_name, u.title FROM user_account u \
         JOIN user_scope s ON s.user_id = u.id AND s.role = 'approver' \
         WHERE u.active = 1 AND s.unit_id = ?1 ORDER BY u.full_name LIMIT 500",
        params![unit_id],
    )?
    .iter()
    .map(|row| Ok((row.get("id")?, row.get("full_name")?, row.get("title")?)))
    .collect()
}

/// Whether this person is one of [`approvers`].
pub(super) fn may_approve(
    tx: &mut Tx<'_>,
    user_id: &str,
    unit_id: &str,
) -> Result<bool, StoreError> {
    let found = tx.query_opt(
        "SELECT u.id FROM user_account u JOIN user_scope s ON s.user_id = u.id \
         AND s.role = 'approver' WHERE u.active = 1 AND u.id = ?1 AND s.unit_id = ?2",
        params![user_id, unit_id],
    )?;
    Ok(found.is_some())
}

pub(super) fn save_chain(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    unit_id: &str,
    name: &str,
    steps: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO saved_chain (id, owner_id, unit_id, name, steps, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (owner_id, name) DO UPDATE SET steps = excluded.steps",
        params![
            act.new_id(),
            &act.actor.user_id,
            unit_id,
            name,
            steps,
            act.now
        ],
    )?;
    Ok(())
}

/// Saved chains of the person: id, name and steps as JSON.
pub(super) fn saved_chains(
    tx: &mut Tx<'_>,
    owner_id: &str,
) -> Result<Vec<(String, String, String)>, StoreError> {
    tx.query(
        "SELECT id, name, steps FROM saved_chain WHERE owner_id = ?1 ORDER BY name LIMIT 100",
        params![owner_id],
    )?
    .iter()
    .map(|row| Ok((row.get("id")?, row.get("name")?, row.get("steps")?)))
    .collect()
}
