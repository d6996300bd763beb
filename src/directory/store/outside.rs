//! The SQL of parties outside the directory.

use std::collections::HashMap;

use crate::access::Act;
use crate::directory::outside::{Party, PartyKind};
use crate::params;
use crate::store::{Row, StoreError, Tx, Value};

const PARTY_COLUMNS: &str = "id, kind, name, identifier_kind, identifier, kep_address, \
     uets_address, source, owner_unit_id, \
     (SELECT a.address FROM postal_address a WHERE a.owner_id = outside_party.id) AS postal_address";
/// `?1` is the person; parties are kept by units and seen by those who have a role there.
const PARTY_SEEN: &str = "owner_unit_id IN (SELECT unit_id FROM user_scope WHERE user_id = ?1)";

/// True when the unit keeps a party with this number and address already.
pub(in crate::directory) fn same_party(tx: &mut Tx<'_>, party: &Party) -> Result<bool, StoreError> {
    let found = tx.query_opt(
        "SELECT id FROM outside_party
         WHERE owner_unit_id = ?1 AND identifier = ?2 AND COALESCE(kep_address, '') = ?3
             AND COALESCE(uets_address, '') = ?4",
        params![
            &party.owner_unit_id,
            &party.identifier,
            party.kep_address.as_deref().unwrap_or_default(),
            party.uets_address.as_deref().unwrap_or_default()
        ],
    )?;
    Ok(found.is_some())
}

/// The party kept for the person under this KEP address, that of their own units first.
pub(in crate::directory) fn party_by_kep(
    tx: &mut Tx<'_>,
    user_id: &str,
    address: &str,
) -> Result<Option<Party>, StoreError> {
    let sql = format!(
        "SELECT {PARTY_COLUMNS} FROM outside_party WHERE kep_address = ?2 AND {PARTY_SEEN}
         ORDER BY id LIMIT 1"
    );
    tx.query_opt(&sql, params![user_id, address])?
        .map(|row| read_party(&row))
        .transpose()
}

/// The party that a unit keeps for the same petitioner: the same number, or without one the same
/// name; and the same KEP address, or on paper any.
pub(in crate::directory) fn same_petitioner(
    tx: &mut Tx<'_>,
    party: &Party,
    search_key: &str,
) -> Result<Option<Party>, StoreError> {
    let sql = format!(
        "SELECT {PARTY_COLUMNS} FROM outside_party WHERE owner_unit_id = ?1 AND identifier = ?2
             AND (?2 <> '' OR search_key = ?3) AND (?4 = '' OR kep_address = ?4)
         ORDER BY id LIMIT 20"
    );
    let kep_address = party.kep_address.as_deref().unwrap_or_default();
    let known = tx.query(
        &sql,
        params![
            &party.owner_unit_id,
            &party.identifier,
            search_key,
            kep_address
        ],
    )?;
    for row in &known {
        let known = read_party(row)?;
        // Two people of one name are told apart by where they live.
        let same_home = known.postal_address == party.postal_address;
        if !party.identifier.is_empty() || party.kep_address.is_some() || same_home {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

pub(in crate::directory) fn insert_party(
    tx: &mut Tx<'_>,
    party: &Party,
    search_key: &str,
    act: &Act<'_>,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO outside_party (id, kind, name, search_key, identifier_kind, identifier,
             kep_address, uets_address, source, owner_unit_id, created_by, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            &party.id,
            party.kind.code(),
            &party.name,
            search_key,
            &party.identifier_kind,
            &party.identifier,
            party.kep_address.as_deref(),
            party.uets_address.as_deref(),
            &party.source,
            &party.owner_unit_id,
            &act.actor.user_id,
            act.now,
        ],
    )
    .map(drop)
}

/// Parties whose name holds words that begin with `words`.
pub(in crate::directory) fn parties(
    tx: &mut Tx<'_>,
    user_id: &str,
    words: &[String],
) -> Result<Vec<Party>, StoreError> {
    let mut values = vec![Value::from(user_id)];
    let mut conditions = String::new();
    for word in words {
        values.push(format!("% {word}%").into());
        conditions.push_str(&format!(" AND (' ' || search_key) LIKE ?{}", values.len()));
    }
    let sql = format!(
        "SELECT {PARTY_COLUMNS} FROM outside_party WHERE {PARTY_SEEN}{conditions}
         ORDER BY search_key, id LIMIT 50"
    );
    tx.query(&sql, &values)?.iter().map(read_party).collect()
}

pub(in crate::directory) fn party(
    tx: &mut Tx<'_>,
    user_id: &str,
    id: &str,
) -> Result<Option<Party>, StoreError> {
    let sql = format!("SELECT {PARTY_COLUMNS} FROM outside_party WHERE {PARTY_SEEN} AND id = ?2");
    tx.query_opt(&sql, params![user_id, id])?
        .map(|row| read_party(&row))
        .transpose()
}

/// A party, whoever asks.
pub(in crate::directory) fn any_party(
    tx: &mut Tx<'_>,
    id: &str,
) -> Result<Option<Party>, StoreError> {
    let sql = format!("SELECT {PARTY_COLUMNS} FROM outside_party WHERE id = ?1");
    tx.query_opt(&sql, params![id])?
        .map(|row| read_party(&row))
        .transpose()
}

/// The kind of a party, whoever asks.
pub(in crate::directory) fn party_kind(
    tx: &mut Tx<'_>,
    id: &str,
) -> Result<Option<PartyKind>, StoreError> {
    tx.query_opt("SELECT kind FROM outside_party WHERE id = ?1", params![id])?
        .map(|row| Ok(PartyKind::parse(&row.get::<String>("kind")?).unwrap_or(PartyKind::Person)))
        .transpose()
}

/// Parties by identifier, in statements of 500.
pub(in crate::directory) fn parties_by_ids(
    tx: &mut Tx<'_>,
    ids: &[&str],
) -> Result<HashMap<String, Party>, StoreError> {
    let mut parties = HashMap::new();
    for chunk in ids.chunks(500) {
        let marks: Vec<String> = (1..=chunk.len()).map(|index| format!("?{index}")).collect();
        let sql = format!(
            "SELECT {PARTY_COLUMNS} FROM outside_party WHERE id IN ({})",
            marks.join(", ")
        );
        let values: Vec<Value> = chunk.iter().map(|id| Value::from(*id)).collect();
        for row in tx.query(&sql, &values)? {
            let party = read_party(&row)?;
            parties.insert(party.id.clone(), party);
        }
    }
    Ok(parties)
}

fn read_party(row: &Row) -> Result<Party, StoreError> {
    let kind: String = row.get("kind")?;
    Ok(Party {
        id: row.get("id")?,
        kind: PartyKind::parse(&kind).unwrap_or(PartyKind::Person),
        name: row.get("name")?,
        identifier_kind: row.get("identifier_kind")?,
        identifier: row.get("identifier")?,
        kep_address: row.get("kep_address")?,
        uets_address: row.get("uets_address")?,
        postal_address: row.get("postal_address")?,
        source: row.get("source")?,
        owner_unit_id: row.get("owner_unit_id")?,
    })
}
