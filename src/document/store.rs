//! SQL of letters, their references and attachments.

use jiff::Timestamp;
use jiff::civil::Date;

use super::attach::{Attachment, AttachmentKind};
use super::body::Body;
use super::reference::Reference;
use super::unfinished::{Filter, Line, PAGE};
use super::{Letter, State};
use crate::access::{Act, VISIBLE_LETTER};
use crate::approval::StepKind;
use crate::fileplan::Code;
use crate::params;
use crate::store::{BlobHash, Row, StoreError, Tx};

const LETTER: &str = "d.id, d.unit_id, d.drafter_id, u.full_name AS drafter_name, u.title AS drafter_title, d.state, \
    d.version, d.subject, d.kind, d.urgency, d.due_date, d.confidentiality, d.personal, d.note, \
    d.language, d.plan_scope, d.plan_code, d.secondary_code, d.case_file_id, \
    (SELECT c.folder_no FROM case_file c WHERE c.id = d.case_file_id) AS folder_no, d.closing, d.addressee_line, d.body, \
    d.official_number, d.official_date, d.frozen_hash, d.frozen_at, d.signed_at, \
    d.dispatched_at, d.approval_round, d.created_at, d.updated_at";

/// SQL of [`Letter::stays`] for a letter `d`.
pub(crate) const STAYS: &str = "(d.kind = 'consent' AND NOT EXISTS \
    (SELECT 1 FROM recipient stays WHERE stays.document_id = d.id))";

fn letter(row: &Row) -> Result<Letter, StoreError> {
    Ok(Letter {
        id: row.get("id")?,
        unit_id: row.get("unit_id")?,
        drafter_id: row.get("drafter_id")?,
        drafter_name: row.get("drafter_name")?,
        drafter_title: row.get("drafter_title")?,
        state: row.get("state")?,
        version: row.get("version")?,
        subject: row.get("subject")?,
        kind: row.get("kind")?,
        urgency: row.get("urgency")?,
        due_date: row.get("due_date")?,
        confidentiality: row.get("confidentiality")?,
        personal: row.get("personal")?,
        note: row.get("note")?,
        language: row.get("language")?,
        plan_scope: row.get("plan_scope")?,
        plan_code: row.get("plan_code")?,
        secondary_code: row.get("secondary_code")?,
        case_file_id: row.get("case_file_id")?,
        folder_no: row.get("folder_no")?,
        closing: row.get("closing")?,
        addressee_line: row.get("addressee_line")?,
        body: Body::from_stored(&row.get::<String>("body")?),
        official_number: row.get("official_number")?,
        official_date: row.get("official_date")?,
        frozen_hash: row.get("frozen_hash")?,
        frozen_at: row.get("frozen_at")?,
        signed_at: row.get("signed_at")?,
        dispatched_at: row.get("dispatched_at")?,
        approval_round: row.get("approval_round")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// The letter, if the acting person may see it.
///
/// # Errors
/// When the store fails.
pub fn visible(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Option<Letter>, StoreError> {
    tx.query_opt(
        &format!(
            "SELECT {LETTER} FROM document d JOIN user_account u ON u.id = d.drafter_id \
             WHERE d.id = ?3 AND {VISIBLE_LETTER}"
        ),
        params![&act.actor.user_id, act.now, id],
    )?
    .as_ref()
    .map(letter)
    .transpose()
}

/// Whether a letter was ever drafted here.
///
/// # Errors
/// When the store fails.
pub fn is_any(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(tx
        .query_opt("SELECT id FROM document LIMIT 1", params![])?
        .is_some())
}

/// The letter whoever asks; for the worker and for what the law demands of the system itself.
pub(crate) fn any(tx: &mut Tx<'_>, id: &str) -> Result<Option<Letter>, StoreError> {
    tx.query_opt(
        &format!(
            "SELECT {LETTER} FROM document d JOIN user_account u ON u.id = d.drafter_id \
             WHERE d.id = ?1"
        ),
        params![id],
    )?
    .as_ref()
    .map(letter)
    .transpose()
}

/// A line of a list of letters.
#[derive(Debug, Clone)]
pub struct Summary {
    pub id: String,
    pub subject: String,
    pub state: State,
    pub official_number: Option<String>,
    pub drafter_name: String,
    pub updated_at: Timestamp,
}

/// One line more than a page of letters that are not signed, the last changed first, after the
/// line with this change and id.
pub(super) fn unfinished(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    filter: Filter,
    after: Option<(i64, &str)>,
) -> Result<Vec<Line>, StoreError> {
    let whose = match filter {
        Filter::Unit => {
            "d.drafter_id <> ?1 AND d.unit_id IN (SELECT unit_id FROM user_scope \
             WHERE user_id = ?1 AND role <> 'administrator')"
        }
        _ => "d.drafter_id = ?1",
    };
    let (at, id) = after.unwrap_or((i64::MAX, ""));
    tx.query(
        &format!(
            "SELECT d.id, d.subject, d.state, d.updated_at, u.full_name AS drafter_name, \
             t.name AS unit_name, a.kind AS step_kind, p.full_name AS waits_for \
             FROM document d JOIN user_account u ON u.id = d.drafter_id \
             JOIN unit t ON t.id = d.unit_id \
             LEFT JOIN approval_step a ON a.document_id = d.id AND a.round = d.approval_round \
             AND a.state = 'active' AND d.state = 'in_approval' \
             LEFT JOIN user_account p ON p.id = a.user_id \
             WHERE {whose} AND d.state IN ({}) AND {VISIBLE_LETTER} \
             AND (d.updated_at < ?3 OR (d.updated_at = ?3 AND d.id < ?4)) \
             ORDER BY d.updated_at DESC, d.id DESC LIMIT ?5",
            filter.states()
        ),
        params![&act.actor.user_id, act.now, at, id, PAGE + 1],
    )?
    .iter()
    .map(|row| {
        let kind: Option<StepKind> = row.get("step_kind")?;
        let who: Option<String> = row.get("waits_for")?;
        Ok(Line {
            id: row.get("id")?,
            subject: row.get("subject")?,
            state: row.get("state")?,
            drafter_name: row.get("drafter_name")?,
            unit_name: row.get("unit_name")?,
            updated_at: row.get("updated_at")?,
            waits_for: kind.zip(who),
        })
    })
    .collect()
}

/// Takes a draft out, once nothing of other nouns names it any more.
pub(super) fn delete(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    for table in ["document_conflict", "document_reference", "attachment"] {
        tx.execute(
            &format!("DELETE FROM {table} WHERE document_id = ?1"),
            params![id],
        )?;
    }
    tx.execute("DELETE FROM document WHERE id = ?1", params![id])
        .map(drop)
}

fn summary(row: &Row) -> Result<Summary, StoreError> {
    Ok(Summary {
        id: row.get("id")?,
        subject: row.get("subject")?,
        state: row.get("state")?,
        official_number: row.get("official_number")?,
        drafter_name: row.get("drafter_name")?,
        updated_at: row.get("updated_at")?,
    })
}

/// Letters that may be cited: numbered and visible, found by number or by words of the subject.
pub(super) fn citable(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    words: &[String],
) -> Result<Vec<Summary>, StoreError> {
    let mut params = params![&act.actor.user_id, act.now].to_vec();
    let mut condition = String::new();
    for word in words.iter().take(6) {
        params.push(format!("%{}%", like(word)).into());
        condition.push_str(&format!(
            " AND (d.subject_key LIKE ?{0} ESCAPE '!' OR LOWER(d.official_number) LIKE ?{0} \
             ESCAPE '!')",
            params.len()
        ));
    }
    tx.query(
        &format!(
            "SELECT d.id, d.subject, d.state, d.official_number, u.full_name AS drafter_name, \
             d.updated_at FROM document d JOIN user_account u ON u.id = d.drafter_id \
             WHERE d.state IN ('signed', 'dispatched') AND d.official_number IS NOT NULL \
             AND {VISIBLE_LETTER}{condition} \
             ORDER BY d.id DESC LIMIT 20"
        ),
        &params,
    )?
    .iter()
    .map(summary)
    .collect()
}

/// Escapes what LIKE would read as a pattern; the escape sign is `!`.
pub(crate) fn like(text: &str) -> String {
    text.replace('!', "!!")
        .replace('%', "!%")
        .replace('_', "!_")
}

pub(super) fn insert(
    tx: &mut Tx<'_>,
    id: &str,
    unit_id: &str,
    act: &Act<'_>,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO document (id, unit_id, drafter_id, state, version, subject, subject_key, \
         kind, urgency, confidentiality, personal, note, language, closing, body, created_at, \
         updated_at) VALUES (?1, ?2, ?3, 'draft', 1, '', '', 'cover_letter', 'normal', 'none', 0, \
         '', 'tur', 'auto', ?4, ?5, ?5)",
        params![
            id,
            unit_id,
            &act.actor.user_id,
            Body::default().to_stored(),
            act.now
        ],
    )?;
    Ok(())
}

/// Writes details and text when the letter still has the version that was read; false otherwise.
pub(super) fn update_content(
    tx: &mut Tx<'_>,
    letter: &Letter,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "UPDATE document SET version = version + 1, subject = ?3, subject_key = ?4, kind = ?5, \
         urgency = ?6, due_date = ?7, confidentiality = ?8, personal = ?9, note = ?10, \
         language = ?11, plan_scope = ?12, plan_code = ?13, secondary_code = ?14, \
         case_file_id = ?15, closing = ?16, body = ?17, updated_at = ?18, addressee_line = ?19 \
         WHERE id = ?1 AND version = ?2 AND state IN ('draft', 'returned')",
        params![
            &letter.id,
            letter.version,
            &letter.subject,
            crate::turkish::search_key(&letter.subject),
            letter.kind,
            letter.urgency,
            letter.due_date,
            letter.confidentiality,
            letter.personal,
            &letter.note,
            &letter.language,
            letter.plan_scope.as_deref(),
            letter.plan_code.as_deref(),
            letter.secondary_code.as_deref(),
            letter.case_file_id.as_deref(),
            letter.closing,
            letter.body.to_stored(),
            now,
            &letter.addressee_line
        ],
    )?;
    Ok(touched == 1)
}

/// Counts a change of what belongs to the letter (attachments, references, recipients, chain).
pub(crate) fn bump(
    tx: &mut Tx<'_>,
    id: &str,
    version: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "UPDATE document SET version = version + 1, updated_at = ?3 \
         WHERE id = ?1 AND version = ?2",
        params![id, version, now],
    )?;
    Ok(touched == 1)
}

/// Moves the letter from one state to another; false when somebody was faster. The last signature
/// lets it send itself where its unit chose so; a sending that was stopped does not begin again.
pub(crate) fn set_state(
    tx: &mut Tx<'_>,
    letter: &Letter,
    to: State,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = format!(
        "UPDATE document AS d SET state = ?4, version = version + 1, updated_at = ?5, \
         signed_at = CASE WHEN ?4 = 'signed' AND ?3 <> 'dispatched' THEN ?5 ELSE signed_at END, \
         dispatched_at = CASE WHEN ?4 = 'dispatched' THEN ?5 \
             WHEN ?4 = 'signed' THEN NULL ELSE dispatched_at END, \
         auto_dispatch = CASE WHEN ?4 = 'signed' AND ?3 = 'in_approval' THEN \
             (SELECT COUNT(*) FROM unit_setting c WHERE c.unit_id = d.unit_id \
              AND c.key = 'dispatch.sends_itself' AND c.value = '1' AND NOT {STAYS}) ELSE 0 END, \
         auto_dispatch_error = NULL \
         WHERE id = ?1 AND version = ?2 AND state = ?3"
    );
    let touched = tx.execute(
        &sql,
        params![&letter.id, letter.version, letter.state, to, now],
    )?;
    Ok(touched == 1)
}

pub(crate) fn set_round(tx: &mut Tx<'_>, id: &str, round: i64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE document SET approval_round = ?2 WHERE id = ?1",
        params![id, round],
    )?;
    Ok(())
}

pub(super) fn set_number(
    tx: &mut Tx<'_>,
    id: &str,
    number: Option<(&str, i64, Date)>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE document SET official_number = ?2, official_seq = ?3, official_date = ?4 \
         WHERE id = ?1",
        params![
            id,
            number.map(|(text, _, _)| text),
            number.map(|(_, seq, _)| seq),
            number.map(|(_, _, date)| date)
        ],
    )?;
    Ok(())
}

/// Belge doğrulama kodu of a letter.
pub(super) fn code_of(tx: &mut Tx<'_>, letter_id: &str) -> Result<Option<String>, StoreError> {
    tx.query_opt(
        "SELECT code FROM verification_code WHERE document_id = ?1",
        params![letter_id],
    )?
    .map(|row| row.get("code"))
    .transpose()
}

pub(super) fn insert_code(
    tx: &mut Tx<'_>,
    code: &str,
    letter_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO verification_code (code, document_id, made_at) VALUES (?1, ?2, ?3)",
        params![code, letter_id, now],
    )
    .map(drop)
}

/// The letter of a code, whoever asks.
pub(super) fn by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Letter>, StoreError> {
    tx.query_opt(
        &format!(
            "SELECT {LETTER} FROM document d JOIN user_account u ON u.id = d.drafter_id \
             JOIN verification_code v ON v.document_id = d.id WHERE v.code = ?1"
        ),
        params![code],
    )?
    .as_ref()
    .map(letter)
    .transpose()
}

pub(super) fn set_frozen(
    tx: &mut Tx<'_>,
    id: &str,
    frozen: Option<(&BlobHash, Timestamp)>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE document SET frozen_hash = ?2, frozen_at = ?3 WHERE id = ?1",
        params![id, frozen.map(|(hash, _)| hash), frozen.map(|(_, at)| at)],
    )?;
    Ok(())
}

pub(super) fn keep_conflict(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    base_version: i64,
    content: &str,
) -> Result<String, StoreError> {
    let id = act.new_id();
    tx.execute(
        "INSERT INTO document_conflict (id, document_id, user_id, base_version, content, \
         created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            &id,
            document_id,
            &act.actor.user_id,
            base_version,
            content,
            act.now
        ],
    )?;
    Ok(id)
}

/// What the person typed on a stale version and was kept, the newest first.
pub(super) fn conflicts_of(
    tx: &mut Tx<'_>,
    document_id: &str,
    user_id: &str,
) -> Result<Vec<(String, i64, Timestamp)>, StoreError> {
    tx.query(
        "SELECT content, base_version, created_at FROM document_conflict \
         WHERE document_id = ?1 AND user_id = ?2 ORDER BY id DESC LIMIT 5",
        params![document_id, user_id],
    )?
    .iter()
    .map(|row| {
        Ok((
            row.get("content")?,
            row.get("base_version")?,
            row.get("created_at")?,
        ))
    })
    .collect()
}

pub(super) fn references(tx: &mut Tx<'_>, document_id: &str) -> Result<Vec<Reference>, StoreError> {
    tx.query(
        "SELECT id, linked_document_id, incoming_id, text FROM document_reference \
         WHERE document_id = ?1 ORDER BY position",
        params![document_id],
    )?
    .iter()
    .map(|row| {
        Ok(Reference {
            id: row.get("id")?,
            linked_document_id: row.get("linked_document_id")?,
            incoming_id: row.get("incoming_id")?,
            text: row.get("text")?,
        })
    })
    .collect()
}

pub(super) fn replace_references(
    tx: &mut Tx<'_>,
    document_id: &str,
    references: &[Reference],
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM document_reference WHERE document_id = ?1",
        params![document_id],
    )?;
    for (position, reference) in references.iter().enumerate() {
        tx.execute(
            "INSERT INTO document_reference (id, document_id, position, linked_document_id, \
             incoming_id, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                &reference.id,
                document_id,
                position,
                reference.linked_document_id.as_deref(),
                reference.incoming_id.as_deref(),
                &reference.text
            ],
        )?;
    }
    Ok(())
}

const ATTACHMENT: &str = "id, kind, title, file_name, media_type, size, blob_hash, reference, \
    restricted, scan";

fn attachment(row: &Row) -> Result<Attachment, StoreError> {
    Ok(Attachment {
        id: row.get("id")?,
        kind: row.get::<AttachmentKind>("kind")?,
        title: row.get("title")?,
        file_name: row.get("file_name")?,
        media_type: row.get("media_type")?,
        size: row.get::<Option<u64>>("size")?.unwrap_or(0),
        blob_hash: row.get("blob_hash")?,
        reference: row.get("reference")?,
        restricted: row.get("restricted")?,
        scan: row.get("scan")?,
    })
}

pub(super) fn attachments(
    tx: &mut Tx<'_>,
    document_id: &str,
) -> Result<Vec<Attachment>, StoreError> {
    tx.query(
        &format!(
            "SELECT {ATTACHMENT} FROM attachment WHERE document_id = ?1 ORDER BY position, id"
        ),
        params![document_id],
    )?
    .iter()
    .map(attachment)
    .collect()
}

pub(super) fn insert_attachment(
    tx: &mut Tx<'_>,
    document_id: &str,
    new: &Attachment,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        &format!(
            "INSERT INTO attachment ({ATTACHMENT}, document_id, created_at, position) VALUES \
             (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, (SELECT COALESCE(MAX(position), 0) \
             + 1 FROM attachment WHERE document_id = ?11))"
        ),
        params![
            &new.id,
            new.kind,
            &new.title,
            new.file_name.as_deref(),
            new.media_type.as_deref(),
            i64::try_from(new.size).unwrap_or(i64::MAX),
            new.blob_hash.as_ref(),
            new.reference.as_deref(),
            new.restricted,
            new.scan,
            document_id,
            now
        ],
    )?;
    Ok(())
}

pub(super) fn delete_attachment(
    tx: &mut Tx<'_>,
    document_id: &str,
    id: &str,
) -> Result<bool, StoreError> {
    tx.execute(
        "DELETE FROM recipient_left_out WHERE attachment_id IN \
         (SELECT id FROM attachment WHERE document_id = ?1 AND id = ?2)",
        params![document_id, id],
    )?;
    let touched = tx.execute(
        "DELETE FROM attachment WHERE document_id = ?1 AND id = ?2",
        params![document_id, id],
    )?;
    Ok(touched == 1)
}

pub(super) fn update_attachment(
    tx: &mut Tx<'_>,
    document_id: &str,
    id: &str,
    title: &str,
    restricted: bool,
) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "UPDATE attachment SET title = ?3, restricted = ?4 WHERE document_id = ?1 AND id = ?2",
        params![document_id, id, title, restricted],
    )?;
    Ok(touched == 1)
}

pub(super) fn place_attachment(
    tx: &mut Tx<'_>,
    document_id: &str,
    id: &str,
    position: usize,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE attachment SET position = ?3 WHERE document_id = ?1 AND id = ?2",
        params![document_id, id, position],
    )?;
    Ok(())
}

/// The number of the newest folder of this code in this year that holds a letter.
pub(super) fn last_folder(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    unit_id: &str,
    scope: &str,
    code: &str,
) -> Result<Option<i64>, StoreError> {
    tx.scalar(
        "SELECT MAX(folder_no) FROM case_file c WHERE unit_id = ?1 AND scope = ?2 AND code = ?3 \
         AND year = ?4 AND EXISTS (SELECT 1 FROM document d WHERE d.case_file_id = c.id)",
        params![unit_id, scope, code, year(act)],
    )
}

/// A folder of this code in this year, made when it is the first letter of it.
pub(super) fn case_file(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    unit_id: &str,
    (scope, code): (&str, &Code),
    folder_no: i64,
) -> Result<String, StoreError> {
    let found = tx.query_opt(
        "SELECT id FROM case_file WHERE unit_id = ?1 AND scope = ?2 AND code = ?3 AND year = ?4 \
         AND folder_no = ?5",
        params![unit_id, scope, &code.code, year(act), folder_no],
    )?;
    if let Some(row) = found {
        return row.get("id");
    }
    let id = act.new_id();
    tx.execute(
        "INSERT INTO case_file (id, unit_id, scope, code, year, folder_no, kind, title) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'subject', ?7)",
        params![
            &id,
            unit_id,
            scope,
            &code.code,
            year(act),
            folder_no,
            &code.title
        ],
    )?;
    Ok(id)
}

/// Folders run through the year in which a letter is filed.
fn year(act: &Act<'_>) -> i64 {
    i64::from(crate::clock::local(act.now).year())
}
