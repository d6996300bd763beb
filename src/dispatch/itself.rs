//! Letters of some units send themselves after the last signature; what cannot is a task, never silence (decision 16).

use serde_json::json;

use super::{Worker, order, send};
use crate::access::{Act, Actor};
use crate::app::App;
use crate::audit;
use crate::document::{Letter, State};
use crate::error::{Error, Result};
use crate::params;
use crate::setting;
use crate::store::{StoreError, Tx};

/// Letters sent at a time in one round.
const BATCH: usize = 4;
/// `document.auto_dispatch`: 0 a person sends it, 1 it is to send itself, 2 it could not.
const PENDING: i64 = 1;

/// What the letter's page says about sending by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// A person sends it.
    ByPerson,
    /// It will be sent when the last signature is given.
    AfterSignature,
    /// The worker is about to send it.
    Pending,
    /// It could not be sent, and why; now a person has to.
    Failed(String),
}

/// Where the letter stands with it.
///
/// # Errors
/// When the store fails.
pub fn standing(tx: &mut Tx<'_>, letter: &Letter) -> Result<Standing, StoreError> {
    match letter.state {
        State::Dispatched => Ok(Standing::ByPerson),
        State::Signed => {
            let row = tx.query_opt(
                "SELECT auto_dispatch, auto_dispatch_error FROM document WHERE id = ?1",
                params![&letter.id],
            )?;
            let Some(row) = row else {
                return Ok(Standing::ByPerson);
            };
            let error: Option<String> = row.get("auto_dispatch_error")?;
            if order::of(tx, &letter.id)?.is_some() {
                return Ok(Standing::ByPerson);
            }
            Ok(match (row.get::<i64>("auto_dispatch")?, error) {
                (PENDING, _) => Standing::Pending,
                (_, Some(error)) => Standing::Failed(error),
                _ => Standing::ByPerson,
            })
        }
        State::Draft | State::InApproval | State::Returned => {
            let chosen = setting::of_unit(tx, &letter.unit_id, setting::SENDS_ITSELF)?;
            Ok(if chosen.is_some_and(|value| value == "1") {
                Standing::AfterSignature
            } else {
                Standing::ByPerson
            })
        }
    }
}

impl Worker {
    /// Sends signed letters of units that chose it: through the same checks and the same hold as
    /// when a person presses Evrakı Gönder.
    ///
    /// # Errors
    /// When the store fails. A letter that cannot be sent is noted as a task instead.
    pub async fn send_itself_round(&self) -> Result<usize> {
        let app = self.app();
        let due = app.store.read(due).await?;
        let count = due.len();
        for (id, version) in due {
            let sent = send::send(app, &Actor::system(), &id, version).await;
            if let Err(error) = sent {
                give_up(app, id, version, error).await?;
            }
        }
        Ok(count)
    }
}

fn due(tx: &mut Tx<'_>) -> Result<Vec<(String, i64)>, StoreError> {
    tx.query(
        // One that waits for an officer's card, or came back from there, is a person's.
        "SELECT id, version FROM document WHERE auto_dispatch = 1 AND state = 'signed' \
         AND NOT EXISTS (SELECT 1 FROM dispatch_order o WHERE o.document_id = document.id) \
         ORDER BY signed_at, id LIMIT ?1",
        params![BATCH],
    )?
    .iter()
    .map(|row| Ok((row.get("id")?, row.get("version")?)))
    .collect()
}

/// Hands the letter to a person with the reason; nothing when it moved on meanwhile, since then
/// somebody else sent it.
async fn give_up(app: &App, id: String, version: i64, error: Error) -> Result<()> {
    let reason = in_words(&error);
    app.write(&Actor::system(), move |tx, act| {
        let noted = tx.execute(
            "UPDATE document SET auto_dispatch = 2, auto_dispatch_error = ?3 \
             WHERE id = ?1 AND version = ?2 AND state = 'signed' AND auto_dispatch = 1 \
             AND NOT EXISTS (SELECT 1 FROM dispatch_order o WHERE o.document_id = document.id)",
            params![&id, version, &reason],
        )?;
        if noted == 1 {
            record(tx, act, &id, &reason)?;
        }
        Ok(())
    })
    .await
}

fn record(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, reason: &str) -> Result<()> {
    let detail = json!({ "reason": reason });
    audit::record(tx, act, "dispatch.itself_failed", "document", id, &detail)
}

/// Every sentence of a refusal; what no person can act on is logged and told as such.
fn in_words(error: &Error) -> String {
    let Some(problem) = error.problem() else {
        tracing::error!(%error, "a letter could not send itself");
        return "Beklenmeyen bir hata oluştu; Evrakı Gönder ile yeniden deneyin.".to_owned();
    };
    problem.sentences()
}
