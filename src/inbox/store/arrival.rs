//! The SQL of registering: lines with their files and findings, many in a handful of statements.

use jiff::civil::Date;

use super::{File, Finding, petition_text, search_key};
use crate::access::Act;
use crate::inbox::number::Number;
use crate::inbox::period::Period;
use crate::inbox::register::Entry;
use crate::store::{StoreError, Tx, Value};

/// A line that is registered now.
pub(in crate::inbox) struct Arrival<'a> {
    pub id: String,
    pub number: Number,
    pub entry: &'a Entry,
    pub due: Option<Date>,
    pub period: Period,
}

/// Rows that one statement inserts; a statement takes some thirty thousand values.
const ROWS_AT_ONCE: usize = 500;

pub(in crate::inbox) fn insert_all(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    arrivals: &[Arrival<'_>],
) -> Result<(), StoreError> {
    let lines = arrivals.iter().map(|it| line(act, it)).collect();
    insert(
        tx,
        "INSERT INTO incoming_document (id, source, kind, unit_id, series, year, seq, \
         registration_number, registered_at, registered_by, sender, sender_unit_id, \
         sender_address, their_number, their_date, subject, search_key, note, urgency, \
         confidentiality, personal, purpose, due_date, period, delivered_at, content_hash, \
         content_type, text, plan_code, document_id, recipient_id, message_id, place, barcode, \
         sender_file, petition, state, version, closing_reason)",
        lines,
    )?;
    let files = arrivals.iter().flat_map(|it| {
        let files = it.entry.files.iter().enumerate();
        files.map(|(position, file)| file_row(&it.id, position, file))
    });
    insert(
        tx,
        "INSERT INTO incoming_attachment (id, incoming_id, position, title, file_name, \
         media_type, size, blob_hash, scan, note)",
        files.collect(),
    )?;
    let findings = arrivals.iter().flat_map(|it| {
        let findings = it.entry.findings.iter().enumerate();
        findings.map(|(position, finding)| finding_row(&it.id, position, finding))
    });
    insert(
        tx,
        "INSERT INTO incoming_finding (incoming_id, position, about, severity, code, sentence)",
        findings.collect(),
    )
}

/// `head` names the columns; each row has a value for every one of them.
fn insert(tx: &mut Tx<'_>, head: &str, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
    for chunk in rows.chunks(ROWS_AT_ONCE) {
        let mut values = Vec::new();
        let mut marks = Vec::with_capacity(chunk.len());
        for row in chunk {
            let first = values.len() + 1;
            let of_row: Vec<String> = (first..first + row.len())
                .map(|it| format!("?{it}"))
                .collect();
            marks.push(format!("({})", of_row.join(", ")));
            values.extend_from_slice(row);
        }
        tx.execute(&format!("{head} VALUES {}", marks.join(", ")), &values)?;
    }
    Ok(())
}

fn line(act: &Act<'_>, it: &Arrival<'_>) -> Vec<Value> {
    let (entry, number) = (it.entry, &it.number);
    let key = search_key(
        &entry.subject,
        &entry.sender,
        &entry.their_number,
        &number.text,
    );
    vec![
        Value::from(&it.id),
        entry.source.into(),
        entry.kind.into(),
        (&entry.unit_id).into(),
        (&number.series).into(),
        number.year.into(),
        number.seq.into(),
        (&number.text).into(),
        act.now.into(),
        (&act.actor.user_id).into(),
        (&entry.sender).into(),
        entry.sender_unit_id.as_deref().into(),
        entry.sender_address.as_deref().into(),
        (&entry.their_number).into(),
        entry.their_date.into(),
        (&entry.subject).into(),
        key.into(),
        (&entry.note).into(),
        entry.urgency.into(),
        entry.confidentiality.into(),
        entry.personal.into(),
        entry.purpose.into(),
        it.due.into(),
        it.period.into(),
        entry.delivered_at.into(),
        entry.content_hash.as_ref().into(),
        (&entry.content_type).into(),
        (&entry.text).into(),
        entry.plan_code.as_deref().into(),
        entry.document_id.as_deref().into(),
        entry.recipient_id.as_deref().into(),
        entry.message_id.as_deref().into(),
        (&entry.place).into(),
        entry.barcode.as_deref().into(),
        (&entry.sender_file).into(),
        petition_text(&entry.petition).into(),
        "registered".into(),
        1_i64.into(),
        "".into(),
    ]
}

fn file_row(incoming_id: &str, position: usize, file: &File) -> Vec<Value> {
    vec![
        Value::from(&file.id),
        incoming_id.into(),
        position.into(),
        (&file.title).into(),
        file.file_name.as_deref().into(),
        file.media_type.as_deref().into(),
        i64::try_from(file.size).unwrap_or(i64::MAX).into(),
        file.blob_hash.as_ref().into(),
        file.scan.into(),
        (&file.note).into(),
    ]
}

fn finding_row(incoming_id: &str, position: usize, finding: &Finding) -> Vec<Value> {
    vec![
        incoming_id.into(),
        position.into(),
        finding.about.into(),
        (&finding.severity).into(),
        (&finding.code).into(),
        (&finding.sentence).into(),
    ]
}
