//! What waits for its signer's card, letters and KEP messages, and the pairing of the program at the signer's desk.
//!
//! The program asks the server, never the other way round: it works behind any browser and any
//! https origin, and no page can talk to it.

use jiff::{SignedDuration, Timestamp};

use super::Accepted;
use crate::access::{Act, token, user};
use crate::approval::sign::{self, Prepared};
use crate::audit;
use crate::dispatch::order;
use crate::document::{Letter, draft, words};
use crate::error::{Error, Result, invalid, not_found};
use crate::params;
use crate::store::{BlobHash, Row, StoreError, Tx};

/// A pairing code is good for this long.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// A letter waits this long for the card; afterwards the signer asks again.
const WAITS: SignedDuration = SignedDuration::from_mins(30);
/// Letters and digits that are not taken for one another.
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPRSTUVYZ23456789";

words! {
    /// Where a request stands.
    RequestState {
        Waiting = "waiting", "Kart bekleniyor";
        Signed = "signed", "İmzalandı";
        Failed = "failed", "İmzalanmadı";
    }
}

words! {
    /// What is to be signed.
    RequestKind {
        /// PaketOzeti of a letter, by whose turn it is.
        Letter = "letter", "Yazı";
        /// The KEP messages of a letter on its way out, by a KEP officer.
        Messages = "kep", "KEP iletileri";
    }
}

/// One letter, or its KEP messages, to be signed with a card.
#[derive(Debug, Clone)]
pub struct Request {
    pub id: String,
    pub kind: RequestKind,
    pub document_id: String,
    /// Of the letter, as it was when the request was made.
    pub version: i64,
    /// What a letter's signer signs; of messages, each has its own in the order.
    pub content_hash: BlobHash,
    pub official_number: String,
    pub subject: String,
    pub state: RequestState,
    /// What became of it, in words.
    pub message: String,
    pub asked_at: Timestamp,
}

/// Makes a pairing code for the acting person; the one before it is void.
///
/// # Errors
/// When the store fails.
pub fn pairing_code(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<String> {
    let mut bytes = [0_u8; 8];
    act.ids.fill(&mut bytes);
    let letters: String = bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]))
        .collect();
    tx.execute(
        "DELETE FROM sign_pairing WHERE user_id = ?1 OR expires_at < ?2",
        params![&act.actor.user_id, act.now],
    )?;
    tx.execute(
        "INSERT INTO sign_pairing (code_hash, user_id, expires_at) VALUES (?1, ?2, ?3)",
        params![
            BlobHash::of(letters.as_bytes()),
            &act.actor.user_id,
            act.now + CODE_LIFE
        ],
    )?;
    Ok(format!("{}-{}", &letters[..4], &letters[4..]))
}

/// Takes a code and gives the API token of the paired program, with the person's name. The answer
/// comes inside, so that a code is used up whatever it was.
///
/// # Errors
/// When the store fails; inside: `esleme_kodu`.
pub fn pair(tx: &mut Tx<'_>, act: &Act<'_>, code: &str) -> Result<Result<(String, String)>> {
    let plain: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let hash = BlobHash::of(plain.as_bytes());
    let row = tx.query_opt(
        "SELECT user_id, expires_at FROM sign_pairing WHERE code_hash = ?1",
        params![&hash],
    )?;
    tx.execute(
        "DELETE FROM sign_pairing WHERE code_hash = ?1",
        params![&hash],
    )?;
    let found = match row {
        Some(row) => Some((
            row.get::<String>("user_id")?,
            row.get::<Timestamp>("expires_at")?,
        )),
        None => None,
    };
    let Some((user_id, _)) = found.filter(|(_, until)| *until >= act.now) else {
        return Ok(Err(invalid(
            "esleme_kodu",
            "Eşleme kodu yanlış ya da süresi dolmuş. DYS'de Kişisel İşlemler > İmza Aracı \
             ekranından yeni kod alın.",
        )));
    };
    let person = user::actor(tx, &user_id)?;
    let own = Act {
        actor: &person,
        now: act.now,
        ids: act.ids,
    };
    let token = token::issue_for_desk(tx, &own)?;
    let nothing = serde_json::json!({});
    audit::record(tx, &own, "signature.pair", "user", &user_id, &nothing)?;
    Ok(Ok((token, person.full_name.clone())))
}

/// Puts a prepared letter before the signer's card; an earlier request for it is replaced.
///
/// # Errors
/// When the store fails.
pub fn ask(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, prepared: &Prepared) -> Result<()> {
    let letter = draft::open(tx, act, document_id)?;
    let (version, content) = (prepared.version, &prepared.content);
    insert(tx, act, RequestKind::Letter, &letter, version, content)
}

/// Puts the KEP messages of a letter that wait for a KEP officer before the acting one's card.
///
/// # Errors
/// `gonderim_emri_yok`, and when the store fails.
pub fn ask_messages(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<()> {
    let letter = draft::open(tx, act, document_id)?;
    let (order, _) = order::open(tx, act, document_id)?;
    let named = BlobHash::of(order.id.as_bytes());
    insert(
        tx,
        act,
        RequestKind::Messages,
        &letter,
        order.version,
        &named,
    )
}

fn insert(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    kind: RequestKind,
    letter: &Letter,
    version: i64,
    content: &BlobHash,
) -> Result<()> {
    tx.execute(
        "DELETE FROM sign_request WHERE user_id = ?1 AND document_id = ?2 AND kind = ?3 \
         AND state = 'waiting'",
        params![&act.actor.user_id, &letter.id, kind],
    )?;
    let number = letter.official_number.as_deref().unwrap_or_default();
    tx.execute(
        "INSERT INTO sign_request (id, kind, user_id, document_id, version, content_hash, \
         official_number, subject, state, message, asked_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'waiting', '', ?9)",
        params![
            act.new_id(),
            kind,
            &act.actor.user_id,
            &letter.id,
            version,
            content,
            number,
            &letter.subject,
            act.now
        ],
    )?;
    Ok(())
}

const COLUMNS: &str = "id, kind, document_id, version, content_hash, official_number, subject, \
                       state, message, asked_at";

/// The person's requests that wait for the card.
///
/// # Errors
/// When the store fails.
pub fn waiting(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Request>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sign_request \
         WHERE user_id = ?1 AND state = 'waiting' AND asked_at > ?2 ORDER BY asked_at, id"
    );
    let rows = tx.query(&sql, params![&act.actor.user_id, act.now - WAITS])?;
    rows.iter().map(read).collect()
}

/// The person's latest requests with what became of them.
///
/// # Errors
/// When the store fails.
pub fn latest(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Request>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sign_request WHERE user_id = ?1 \
         ORDER BY asked_at DESC, id DESC LIMIT 20"
    );
    let rows = tx.query(&sql, params![&act.actor.user_id])?;
    let mut all = Vec::new();
    for row in &rows {
        let mut request = read(row)?;
        if request.state == RequestState::Waiting && request.asked_at <= act.now - WAITS {
            request.state = RequestState::Failed;
            request.message = "Araç yarım saat içinde imzalamadı; yeniden imzaya alın.".to_owned();
        }
        all.push(request);
    }
    Ok(all)
}

/// One waiting request of the person.
///
/// # Errors
/// `imza_istegi_yok`.
pub fn one(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Request> {
    let all = waiting(tx, act)?;
    all.into_iter()
        .find(|request| request.id == id)
        .ok_or_else(gone)
}

fn gone() -> Error {
    not_found(
        "imza_istegi_yok",
        "Bu imza isteği artık beklemiyor. DYS'de yazıyı yeniden imzaya alın.",
    )
}

/// One waiting request for a letter's signature.
///
/// # Errors
/// `imza_istegi_yok`.
pub fn letter(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Request> {
    of_kind(tx, act, id, RequestKind::Letter)
}

/// One waiting request for the signatures of KEP messages.
///
/// # Errors
/// `imza_istegi_yok`.
pub fn messages(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Request> {
    of_kind(tx, act, id, RequestKind::Messages)
}

fn of_kind(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, kind: RequestKind) -> Result<Request> {
    let request = one(tx, act, id)?;
    if request.kind == kind {
        return Ok(request);
    }
    Err(gone())
}

/// Closes what waits at cards for a letter's KEP messages: they were signed, by whomever, or the
/// letter was given back for a reason.
///
/// # Errors
/// When the store fails.
pub fn close_messages(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    signed: bool,
    reason: &str,
) -> Result<()> {
    let state = if signed {
        RequestState::Signed
    } else {
        RequestState::Failed
    };
    tx.execute(
        "UPDATE sign_request SET state = ?2, message = ?3, done_at = ?4 \
         WHERE document_id = ?1 AND kind = 'kep' AND state = 'waiting'",
        params![document_id, state, reason, act.now],
    )?;
    Ok(())
}

/// Completes the letter's signature step with an accepted signature and closes the request, whatever
/// was said of it meanwhile: a program that got no answer may have given it up.
///
/// Returns true when it was the last signature.
///
/// # Errors
/// Those of [`sign::complete`]; nothing is changed then.
pub fn complete(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    request: &Request,
    accepted: &Accepted,
) -> Result<bool> {
    let last = sign::complete(tx, act, &request.document_id, request.version, accepted)?;
    close(tx, act, &request.id, RequestState::Signed, "")?;
    Ok(last)
}

/// Closes a request with a sentence: the signer refused, or the signature was not accepted.
///
/// # Errors
/// When the store fails.
pub fn fail(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, message: &str) -> Result<()> {
    let message: String = message
        .chars()
        .filter(|c| !c.is_control())
        .take(500)
        .collect();
    close(tx, act, id, RequestState::Failed, &message)
}

fn close(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    state: RequestState,
    message: &str,
) -> Result<()> {
    let over = match state {
        RequestState::Signed => "",
        RequestState::Waiting | RequestState::Failed => " AND state = 'waiting'",
    };
    let sql = format!(
        "UPDATE sign_request SET state = ?3, message = ?4, done_at = ?5 \
         WHERE id = ?1 AND user_id = ?2{over}"
    );
    tx.execute(
        &sql,
        params![id, &act.actor.user_id, state, message, act.now],
    )?;
    Ok(())
}

fn read(row: &Row) -> Result<Request, StoreError> {
    Ok(Request {
        id: row.get("id")?,
        kind: row.get("kind")?,
        document_id: row.get("document_id")?,
        version: row.get("version")?,
        content_hash: row.get("content_hash")?,
        official_number: row.get("official_number")?,
        subject: row.get("subject")?,
        state: row.get("state")?,
        message: row.get("message")?,
        asked_at: row.get("asked_at")?,
    })
}
