//! İlgi: citing earlier letters and other writings.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use crate::app::App;
use crate::document::reference;
use crate::error::invalid;
use crate::web::{CheckedForm, PageResult, see_other};

#[derive(Deserialize)]
pub(super) struct AddForm {
    /// A letter's number or words of its subject, or free text.
    text: String,
}

/// A number or subject that names exactly one of the visible letters links it; else free text.
pub(super) async fn add(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<AddForm>,
) -> PageResult<Response> {
    let letter_id = id.clone();
    app.write(&user.actor, move |tx, act| {
        let text = form.text.trim();
        if text.is_empty() {
            return Err(invalid("ilgi_bos", "İlgi için bir sayı ya da metin yazın."));
        }
        let exact = reference::citable(tx, act, text)?
            .into_iter()
            .find(|letter| {
                letter.official_number.as_deref() == Some(text) && letter.id != letter_id
            });
        match exact {
            Some(letter) => reference::cite(tx, act, &letter_id, &letter.id),
            None => reference::cite_text(tx, act, &letter_id, text),
        }
    })
    .await?;
    Ok(see_other(&format!("{}#ilgi", super::address(&id))))
}

#[derive(Deserialize)]
pub(super) struct ChangeForm {
    /// `up`, `down` or `remove`.
    action: String,
}

pub(super) async fn change(
    State(app): State<App>,
    Path((id, line)): Path<(String, String)>,
    CheckedForm { user, form }: CheckedForm<ChangeForm>,
) -> PageResult<Response> {
    let letter_id = id.clone();
    app.write(&user.actor, move |tx, act| match form.action.as_str() {
        "remove" => reference::remove(tx, act, &letter_id, &line),
        direction => reference::shift(tx, act, &letter_id, &line, direction == "up"),
    })
    .await?;
    Ok(see_other(&format!("{}#ilgi", super::address(&id))))
}
