//! Opening a letter to read it: a confidential one leaves a trace in the log (design part 5).

use jiff::SignedDuration;
use serde_json::json;

use super::{Confidentiality, Letter, attach, draft};
use crate::access::{Act, Actor};
use crate::app::App;
use crate::audit;
use crate::error::Result;
use crate::store::{StoreError, Tx};

/// Page, picture, attachments and package of one sitting are one reading.
const SITTING: SignedDuration = SignedDuration::from_hours(1);
const READ: &str = "document.read";

/// The letter, if the person may see it. What is Hizmete Özel or Kişiye Özel is handed out only
/// after `document.read` stands in the log, once for each person and hour.
///
/// # Errors
/// `evrak_yok`.
pub async fn opened(app: &App, actor: &Actor, id: &str) -> Result<Letter> {
    let id = id.to_owned();
    let (letter, leaves_a_trace) = app
        .read(actor, move |tx, act| {
            let letter = draft::open(tx, act, &id)?;
            let leaves_a_trace = is_new_reading(tx, act, &letter)?;
            Ok((letter, leaves_a_trace))
        })
        .await?;
    if leaves_a_trace {
        let id = letter.id.clone();
        app.write(actor, move |tx, act| mark(tx, act, &id)).await?;
    }
    Ok(letter)
}

fn is_new_reading(tx: &mut Tx<'_>, act: &Act<'_>, letter: &Letter) -> Result<bool, StoreError> {
    if !letter.personal && attach::degree_of(tx, letter)? == Confidentiality::None {
        return Ok(false);
    }
    let since = act.now - SITTING;
    let read = audit::acted_since(tx, READ, "document", &letter.id, &act.actor.user_id, since)?;
    Ok(!read)
}

fn mark(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<()> {
    let letter = draft::open(tx, act, id)?;
    // Page and pictures are asked for at the same moment; the first one writes.
    if !is_new_reading(tx, act, &letter)? {
        return Ok(());
    }
    let degree = attach::degree_of(tx, &letter)?;
    let detail = json!({ "degree": degree.code(), "personal": letter.personal });
    audit::record(tx, act, READ, "document", id, &detail)
}
