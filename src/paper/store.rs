//! The SQL of envelopes, their lists and the register of wet-signed letters.
//!
//! Who may see an envelope stands inside each query: those who work with paper in its unit.

use jiff::Timestamp;
use jiff::civil::Date;

use super::list::{Criteria, Kind, List, Receipt};
use super::wet::{Prefix, WetLetter};
use super::{Item, State, barcode, status_line};
use crate::access::Act;
use crate::document::number;
use crate::params;
use crate::store::{Row, StoreError, Tx, Value};
use crate::turkish;

/// `?1` is the person.
const SEEN: &str = "p.unit_id IN (SELECT unit_id FROM user_scope WHERE user_id = ?1 \
     AND role IN ('registry', 'clerk', 'kep_officer'))";
/// The subject that everybody who works with paper may read: none of a letter whose reading is
/// written down (`document::view`).
macro_rules! open_subject {
    () => {
        "CASE WHEN d.confidentiality <> 'none' OR d.personal = 1 \
         OR EXISTS (SELECT 1 FROM attachment a WHERE a.document_id = d.id AND a.restricted = 1) \
         THEN '' ELSE COALESCE(d.subject, w.subject, '') END"
    };
}

const ITEM: &str = concat!(
    "p.id, p.barcode, p.unit_id, p.document_id, p.recipient_id, p.wet_letter_id, p.attempt, \
     p.number, ",
    open_subject!(),
    " AS subject, p.addressee, p.address, p.reason, p.state, p.posted_on, p.posted_at, \
     p.post_barcode, p.handover_record, p.outcome_on, p.outcome_at, p.outcome_reason, \
     CASE WHEN p.state = 'to_post' AND r.destination_type <> 'external_paper' \
     AND r.duty <> 'paper' THEN 1 ELSE 0 END AS needless FROM paper_item p \
     LEFT JOIN recipient r ON r.id = p.recipient_id LEFT JOIN document d ON d.id = p.document_id \
     LEFT JOIN wet_letter w ON w.id = p.wet_letter_id"
);

fn item_of(row: &Row) -> Result<Item, StoreError> {
    Ok(Item {
        id: row.get("id")?,
        barcode: row.get("barcode")?,
        unit_id: row.get("unit_id")?,
        document_id: row.get("document_id")?,
        recipient_id: row.get("recipient_id")?,
        wet_letter_id: row.get("wet_letter_id")?,
        attempt: row.get("attempt")?,
        number: row.get("number")?,
        subject: row.get("subject")?,
        addressee: row.get("addressee")?,
        address: row.get("address")?,
        reason: row.get("reason")?,
        state: row.get("state")?,
        posted_on: row.get("posted_on")?,
        posted_at: row.get("posted_at")?,
        post_barcode: row.get("post_barcode")?,
        handover_record: row.get("handover_record")?,
        outcome_on: row.get("outcome_on")?,
        outcome_at: row.get("outcome_at")?,
        outcome_reason: row.get("outcome_reason")?,
        needless: row.get("needless")?,
    })
}

/// Items by state and by words of number, addressee, subject or barcode; the newest first.
pub(super) fn search(
    tx: &mut Tx<'_>,
    user_id: &str,
    state: Option<State>,
    text: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Item>, StoreError> {
    let mut values = vec![Value::from(user_id)];
    let mut conditions = String::new();
    if let Some(state) = state {
        values.push(state.into());
        conditions.push_str(&format!(" AND p.state = ?{}", values.len()));
    }
    if !text.is_empty() {
        values.push(format!("%{}%", turkish::upper(text).replace(['%', '_'], "")).into());
        let upper = values.len();
        values.push(format!("%{}%", text.replace(['%', '_'], "")).into());
        let typed = values.len();
        let subject = open_subject!();
        conditions.push_str(&format!(
            " AND (p.number LIKE ?{typed} OR p.addressee LIKE ?{upper} OR p.addressee LIKE ?{typed} \
             OR {subject} LIKE ?{typed} OR p.barcode LIKE ?{upper} OR p.post_barcode LIKE ?{upper})"
        ));
    }
    if let Some(after) = after {
        values.push(after.into());
        conditions.push_str(&format!(" AND p.id < ?{}", values.len()));
    }
    values.push(limit.into());
    let sql = format!(
        "SELECT {ITEM} WHERE {SEEN}{conditions} ORDER BY p.id DESC LIMIT ?{}",
        values.len()
    );
    tx.query(&sql, &values)?.iter().map(item_of).collect()
}

pub(super) fn item(tx: &mut Tx<'_>, user_id: &str, id: &str) -> Result<Option<Item>, StoreError> {
    let sql = format!("SELECT {ITEM} WHERE {SEEN} AND p.id = ?2");
    tx.query_opt(&sql, params![user_id, id])?
        .map(|row| item_of(&row))
        .transpose()
}

pub(super) fn by_barcode(
    tx: &mut Tx<'_>,
    user_id: &str,
    code: &str,
) -> Result<Option<Item>, StoreError> {
    let sql =
        format!("SELECT {ITEM} WHERE {SEEN} AND (p.barcode = ?2 OR p.post_barcode = ?2) LIMIT 1");
    tx.query_opt(&sql, params![user_id, code])?
        .map(|row| item_of(&row))
        .transpose()
}

/// Any item with this barcode of the post, whoever may see it: a code stands once in the institution.
pub(super) fn with_post_barcode(tx: &mut Tx<'_>, code: &str) -> Result<Option<Item>, StoreError> {
    let sql = format!("SELECT {ITEM} WHERE p.post_barcode = ?1");
    tx.query_opt(&sql, params![code])?
        .map(|row| item_of(&row))
        .transpose()
}

pub(super) fn latest(tx: &mut Tx<'_>, recipient_id: &str) -> Result<Option<Item>, StoreError> {
    let sql = format!("SELECT {ITEM} WHERE p.recipient_id = ?1 ORDER BY p.attempt DESC LIMIT 1");
    tx.query_opt(&sql, params![recipient_id])?
        .map(|row| item_of(&row))
        .transpose()
}

/// A recipient's items with who posted each, the first attempt first.
pub(super) fn of_recipient(
    tx: &mut Tx<'_>,
    recipient_id: &str,
) -> Result<Vec<(Item, String)>, StoreError> {
    let sql = format!(
        "SELECT u.full_name AS who, i.* FROM (SELECT p.posted_by, {ITEM} WHERE p.recipient_id = ?1) i \
         LEFT JOIN user_account u ON u.id = i.posted_by ORDER BY i.attempt LIMIT 50"
    );
    tx.query(&sql, params![recipient_id])?
        .iter()
        .map(|row| {
            let who: Option<String> = row.get("who")?;
            Ok((item_of(row)?, who.unwrap_or_default()))
        })
        .collect()
}

/// Rows that one statement inserts.
const ROWS_AT_ONCE: usize = 500;

/// Writes new items to be posted, each with the next barcode.
pub(super) fn insert_many(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    items: &[Item],
) -> Result<(), StoreError> {
    if items.is_empty() {
        return Ok(());
    }
    let first = number::take_many(tx, "paper.barcode", items.len())?;
    let numbered: Vec<(i64, &Item)> = (first..).zip(items).collect();
    for chunk in numbered.chunks(ROWS_AT_ONCE) {
        let mut values = vec![Value::from(&act.actor.user_id), Value::from(act.now)];
        let mut rows = Vec::with_capacity(chunk.len());
        for (seq, item) in chunk {
            let first = values.len() + 1;
            let marks: Vec<String> = (first..first + 13).map(|it| format!("?{it}")).collect();
            rows.push(format!("({}, ?1, ?2)", marks.join(", ")));
            values.extend([
                Value::from(&item.id),
                Value::from(*seq),
                barcode::own(*seq).into(),
                (&item.unit_id).into(),
                item.document_id.as_deref().into(),
                item.recipient_id.as_deref().into(),
                item.wet_letter_id.as_deref().into(),
                item.attempt.into(),
                (&item.number).into(),
                (&item.addressee).into(),
                (&item.address).into(),
                (&item.reason).into(),
                item.state.into(),
            ]);
        }
        let sql = format!(
            "INSERT INTO paper_item (id, seq, barcode, unit_id, document_id, recipient_id, \
             wet_letter_id, attempt, number, addressee, address, reason, state, created_by, \
             created_at) VALUES {}",
            rows.join(", ")
        );
        tx.execute(&sql, &values)?;
    }
    Ok(())
}

/// The letter's lines on paper now have the duty to be posted.
pub(super) fn set_to_post(tx: &mut Tx<'_>, document_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE recipient SET status = 'none', duty = 'post' \
         WHERE document_id = ?1 AND destination_type = 'external_paper'",
        params![document_id],
    )
    .map(drop)
}

pub(super) fn posted_of(tx: &mut Tx<'_>, document_id: &str) -> Result<i64, StoreError> {
    tx.scalar(
        "SELECT COUNT(*) FROM paper_item WHERE document_id = ?1 AND state <> 'to_post'",
        params![document_id],
    )
}

/// Receipts for the letter's envelopes.
pub(super) fn received_of(tx: &mut Tx<'_>, document_id: &str) -> Result<i64, StoreError> {
    tx.scalar(
        "SELECT COUNT(*) FROM paper_list_line n JOIN paper_item p ON p.id = n.item_id \
         WHERE p.document_id = ?1 AND n.received_on IS NOT NULL",
        params![document_id],
    )
}

pub(super) fn posted_for_message(tx: &mut Tx<'_>, message_id: &str) -> Result<bool, StoreError> {
    let count: i64 = tx.scalar(
        "SELECT COUNT(*) FROM paper_item p JOIN recipient r ON r.id = p.recipient_id \
         WHERE r.message_id = ?1 AND p.state IN ('posted', 'delivered')",
        params![message_id],
    )?;
    Ok(count > 0)
}

pub(super) fn delete_of(tx: &mut Tx<'_>, document_id: &str) -> Result<usize, StoreError> {
    tx.execute(
        "DELETE FROM paper_list_line WHERE item_id IN \
         (SELECT id FROM paper_item WHERE document_id = ?1)",
        params![document_id],
    )?;
    let deleted = tx.execute(
        "DELETE FROM paper_item WHERE document_id = ?1",
        params![document_id],
    )?;
    Ok(usize::try_from(deleted).unwrap_or(usize::MAX))
}

pub(super) fn readdress(
    tx: &mut Tx<'_>,
    id: &str,
    addressee: &str,
    address: &str,
    reason: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE paper_item SET addressee = ?2, address = ?3, reason = ?4 WHERE id = ?1",
        params![id, addressee, address, reason],
    )
    .map(drop)
}

/// The unit or party that an item goes to, if it is one of the directory.
pub(super) fn owner_of(tx: &mut Tx<'_>, id: &str) -> Result<Option<String>, StoreError> {
    let row = tx.query_opt(
        "SELECT COALESCE(r.unit_id, r.outside_party_id) AS owner FROM paper_item p \
         JOIN recipient r ON r.id = p.recipient_id WHERE p.id = ?1",
        params![id],
    )?;
    row.map_or(Ok(None), |row| row.get("owner"))
}

pub(super) fn set_posted(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    on: Date,
    post_barcode: Option<&str>,
    handover: Option<&str>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE paper_item SET state = 'posted', posted_on = ?2, posted_at = ?3, posted_by = ?4, \
         post_barcode = ?5, handover_record = ?6 WHERE id = ?1 AND state = 'to_post'",
        params![id, on, act.now, &act.actor.user_id, post_barcode, handover],
    )
    .map(drop)
}

pub(super) fn set_outcome(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    state: State,
    on: Date,
    reason: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE paper_item SET state = ?2, outcome_on = ?3, outcome_at = ?4, outcome_reason = ?5 \
         WHERE id = ?1 AND state = 'posted'",
        params![id, state, on, act.now, reason],
    )
    .map(drop)
}

/// The recipient's Posta Durumu follows its envelopes, where paper is its own channel; what
/// evidence says of an electronic one stands beside them.
pub(super) fn follow(
    tx: &mut Tx<'_>,
    item: &Item,
    status: &str,
    duty: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(recipient_id) = &item.recipient_id else {
        return Ok(());
    };
    let items: Vec<Item> = of_recipient(tx, recipient_id)?
        .into_iter()
        .map(|(item, _)| item)
        .collect();
    tx.execute(
        "UPDATE recipient SET status = ?2, duty = ?3, status_at = ?4, status_line = ?5 \
         WHERE id = ?1 AND destination_type = 'external_paper'",
        params![recipient_id, status, duty, now, status_line(&items)],
    )
    .map(drop)
}

/// The number of the list of this kind that names the item already.
pub(super) fn listed(
    tx: &mut Tx<'_>,
    item_id: &str,
    kind: Kind,
) -> Result<Option<String>, StoreError> {
    tx.query_opt(
        "SELECT l.year, l.seq FROM paper_list_line n JOIN paper_list l ON l.id = n.list_id \
         WHERE n.item_id = ?1 AND l.kind = ?2 LIMIT 1",
        params![item_id, kind],
    )?
    .map(|row| {
        Ok(format!(
            "{}/{}",
            row.get::<i64>("year")?,
            row.get::<i64>("seq")?
        ))
    })
    .transpose()
}

#[expect(
    clippy::too_many_arguments,
    reason = "one call site; a struct would only rename them"
)]
pub(super) fn insert_list(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    unit_id: &str,
    kind: Kind,
    today: Date,
    to_whom: &str,
    item_ids: &[String],
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO paper_list (id, unit_id, kind, year, seq, to_whom, dated, created_by, \
         created_at) VALUES (?1, ?2, ?3, ?4, (SELECT COALESCE(MAX(seq), 0) + 1 FROM paper_list \
         WHERE unit_id = ?2 AND kind = ?3 AND year = ?4), ?5, ?6, ?7, ?8)",
        params![
            id,
            unit_id,
            kind,
            i64::from(today.year()),
            to_whom,
            today,
            &act.actor.user_id,
            act.now
        ],
    )?;
    for (position, item_id) in (1_i64..).zip(item_ids) {
        tx.execute(
            "INSERT INTO paper_list_line (list_id, position, item_id) VALUES (?1, ?2, ?3)",
            params![id, position, item_id],
        )?;
    }
    Ok(())
}

const LIST: &str = "p.id, p.unit_id, u.name AS unit_name, p.kind, p.year, p.seq, p.to_whom, \
     p.dated, COALESCE(a.full_name, '') AS made_by, \
     (SELECT COUNT(*) FROM paper_list_line n WHERE n.list_id = p.id) AS count \
     FROM paper_list p JOIN unit u ON u.id = p.unit_id \
     LEFT JOIN user_account a ON a.id = p.created_by";

fn list_of(row: &Row) -> Result<List, StoreError> {
    Ok(List {
        id: row.get("id")?,
        unit_id: row.get("unit_id")?,
        unit_name: row.get("unit_name")?,
        kind: row.get("kind")?,
        year: row.get("year")?,
        seq: row.get("seq")?,
        to_whom: row.get("to_whom")?,
        dated: row.get("dated")?,
        made_by: row.get("made_by")?,
        count: row.get("count")?,
    })
}

pub(super) fn list(tx: &mut Tx<'_>, user_id: &str, id: &str) -> Result<Option<List>, StoreError> {
    let sql = format!("SELECT {LIST} WHERE {SEEN} AND p.id = ?2");
    tx.query_opt(&sql, params![user_id, id])?
        .map(|row| list_of(&row))
        .transpose()
}

/// Lists by kind, day and words of the receiver, number, or an envelope on them; newest first.
pub(super) fn lists(
    tx: &mut Tx<'_>,
    user_id: &str,
    asked: &Criteria,
    limit: usize,
) -> Result<Vec<List>, StoreError> {
    let mut values = vec![Value::from(user_id)];
    let mut conditions = String::new();
    let mut narrow = |value: Value, condition: &str| {
        values.push(value);
        conditions.push_str(&condition.replace("{}", &format!("?{}", values.len())));
    };
    if let Some(kind) = asked.kind {
        narrow(kind.into(), " AND p.kind = {}");
    }
    if let Some(from) = asked.from {
        narrow(from.into(), " AND p.dated >= {}");
    }
    if let Some(to) = asked.to {
        narrow(to.into(), " AND p.dated <= {}");
    }
    let text = asked.text.trim().replace(['%', '_'], "");
    if !text.is_empty() {
        narrow(
            format!("%{text}%").into(),
            " AND (p.to_whom LIKE {} OR (p.year || '/' || p.seq) LIKE {} OR EXISTS (SELECT 1 \
             FROM paper_list_line n JOIN paper_item i ON i.id = n.item_id WHERE n.list_id = p.id \
             AND (i.number LIKE {} OR i.addressee LIKE {} OR i.barcode LIKE {} \
             OR i.post_barcode LIKE {})))",
        );
    }
    if let Some(after) = &asked.after {
        narrow(after.as_str().into(), " AND p.id < {}");
    }
    values.push(limit.into());
    let sql = format!(
        "SELECT {LIST} WHERE {SEEN}{conditions} ORDER BY p.id DESC LIMIT ?{}",
        values.len()
    );
    tx.query(&sql, &values)?.iter().map(list_of).collect()
}

/// The lists that name an item, the oldest first.
pub(super) fn lists_of_item(
    tx: &mut Tx<'_>,
    user_id: &str,
    item_id: &str,
) -> Result<Vec<List>, StoreError> {
    let sql = format!(
        "SELECT {LIST} JOIN paper_list_line n ON n.list_id = p.id \
         WHERE {SEEN} AND n.item_id = ?2 ORDER BY p.id LIMIT 20"
    );
    tx.query(&sql, params![user_id, item_id])?
        .iter()
        .map(list_of)
        .collect()
}

const RECEIPT: &str = "SELECT n.list_id, n.item_id, n.received_on, n.received_by, \
     COALESCE(a.full_name, '') AS recorded_by FROM paper_list_line n \
     LEFT JOIN user_account a ON a.id = n.recorded_by WHERE n.received_on IS NOT NULL";

fn receipt_of(row: &Row) -> Result<Receipt, StoreError> {
    Ok(Receipt {
        list_id: row.get("list_id")?,
        item_id: row.get("item_id")?,
        on: row.get("received_on")?,
        name: row.get("received_by")?,
        recorded_by: row.get("recorded_by")?,
    })
}

pub(super) fn receipts(tx: &mut Tx<'_>, list_id: &str) -> Result<Vec<Receipt>, StoreError> {
    let sql = format!("{RECEIPT} AND n.list_id = ?1 ORDER BY n.position");
    tx.query(&sql, params![list_id])?
        .iter()
        .map(receipt_of)
        .collect()
}

pub(super) fn receipts_of_item(tx: &mut Tx<'_>, item_id: &str) -> Result<Vec<Receipt>, StoreError> {
    let sql = format!("{RECEIPT} AND n.item_id = ?1 ORDER BY n.list_id LIMIT 20");
    tx.query(&sql, params![item_id])?
        .iter()
        .map(receipt_of)
        .collect()
}

/// Writes down who took an item of a list; false when somebody did already.
pub(super) fn set_received(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    list_id: &str,
    item_id: &str,
    on: Date,
    name: &str,
) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "UPDATE paper_list_line SET received_on = ?3, received_by = ?4, recorded_by = ?5, \
         recorded_at = ?6 WHERE list_id = ?1 AND item_id = ?2 AND received_on IS NULL",
        params![list_id, item_id, on, name, &act.actor.user_id, act.now],
    )?;
    Ok(touched > 0)
}

pub(super) fn items_of_list(tx: &mut Tx<'_>, list_id: &str) -> Result<Vec<Item>, StoreError> {
    let sql = format!(
        "SELECT {ITEM} JOIN paper_list_line n ON n.item_id = p.id WHERE n.list_id = ?1 \
         ORDER BY n.position LIMIT 1000"
    );
    tx.query(&sql, params![list_id])?
        .iter()
        .map(item_of)
        .collect()
}

pub(super) fn insert_wet(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    wet: &WetLetter,
    plan_code: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO wet_letter (id, unit_id, prefix, number, dated, plan_code, confidentiality, \
         subject, addressee, signer, reason, created_by, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            &wet.id,
            &wet.unit_id,
            wet.prefix,
            &wet.number,
            wet.dated,
            plan_code,
            wet.confidentiality,
            &wet.subject,
            &wet.addressee,
            &wet.signer,
            &wet.reason,
            &act.actor.user_id,
            act.now
        ],
    )
    .map(drop)
}

/// Whether a wet-signed letter of the same year has this number.
pub(super) fn wet_number_taken(
    tx: &mut Tx<'_>,
    number: &str,
    dated: Date,
) -> Result<bool, StoreError> {
    let row = tx.query_opt(
        "SELECT 1 AS one FROM wet_letter \
         WHERE number = ?1 AND substr(dated, 1, 4) = substr(CAST(?2 AS TEXT), 1, 4)",
        params![number, dated],
    )?;
    Ok(row.is_some())
}

pub(super) fn wet_letters(
    tx: &mut Tx<'_>,
    user_id: &str,
    limit: usize,
) -> Result<Vec<WetLetter>, StoreError> {
    let sql = format!(
        "SELECT p.id, p.unit_id, p.prefix, p.number, p.dated, p.confidentiality, p.subject, \
         p.addressee, p.signer, p.reason, i.id AS item_id, i.state FROM wet_letter p \
         LEFT JOIN paper_item i ON i.wet_letter_id = p.id WHERE {SEEN} \
         ORDER BY p.id DESC LIMIT ?2"
    );
    tx.query(&sql, params![user_id, limit])?
        .iter()
        .map(|row| {
            let item: Option<String> = row.get("item_id")?;
            let item = match item {
                Some(id) => Some((id, row.get::<State>("state")?)),
                None => None,
            };
            Ok(WetLetter {
                id: row.get("id")?,
                unit_id: row.get("unit_id")?,
                prefix: row.get::<Prefix>("prefix")?,
                number: row.get("number")?,
                dated: row.get("dated")?,
                confidentiality: row.get("confidentiality")?,
                subject: row.get("subject")?,
                addressee: row.get("addressee")?,
                signer: row.get("signer")?,
                reason: row.get("reason")?,
                item,
            })
        })
        .collect()
}
