//! İlgi: citing earlier letters, what came in, and other writings.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::app::App;
use crate::document::{Summary, draft, reference};
use crate::error::invalid;
use crate::inbox;
use crate::web::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other};

#[derive(askama::Template)]
#[template(path = "document/cite.html")]
struct CitePage {
    chrome: PageChrome,
    letter_id: String,
    question: String,
    letters: Vec<Summary>,
    /// Lines of the registry.
    incoming: Vec<inbox::list::Line>,
}

#[derive(Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    q: String,
}

/// What may be cited, found by number or words of the subject: letters, lines of the registry.
pub(super) async fn find(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
    Query(question): Query<Question>,
) -> PageResult {
    let (letter_id, text) = (id.clone(), question.q.clone());
    let (letters, incoming) = app
        .read(&user.actor, move |tx, act| {
            draft::open(tx, act, &letter_id)?;
            let mut found = reference::citable(tx, act, &text)?;
            found.retain(|letter| letter.id != letter_id);
            Ok((found, inbox::cite::citable(tx, act, &text)?))
        })
        .await?;
    let chrome = PageChrome::new(&app, &user, "Evrak İşlemleri");
    page(&CitePage {
        chrome,
        letter_id: id,
        question: question.q,
        letters,
        incoming,
    })
}

#[derive(Deserialize)]
pub(super) struct AddForm {
    /// The number of a letter or of a line of the registry, or free text.
    #[serde(default)]
    text: String,
    /// The id of a line of the registry, chosen from the list.
    incoming: Option<String>,
}

/// A number that names exactly one of the visible writings links it; else free text.
pub(super) async fn add(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<AddForm>,
) -> PageResult<Response> {
    let letter_id = id.clone();
    app.write(&user.actor, move |tx, act| {
        if let Some(incoming) = &form.incoming {
            return inbox::cite::cite(tx, act, &letter_id, incoming);
        }
        let text = form.text.trim();
        if text.is_empty() {
            return Err(invalid("ilgi_bos", "İlgi için bir sayı ya da metin yazın."));
        }
        let exact = reference::citable(tx, act, text)?
            .into_iter()
            .find(|letter| {
                letter.official_number.as_deref() == Some(text) && letter.id != letter_id
            });
        if let Some(letter) = exact {
            return reference::cite(tx, act, &letter_id, &letter.id);
        }
        let mut incoming = inbox::cite::citable(tx, act, text)?;
        incoming.retain(|line| line.their_number == text || line.registration_number == text);
        match incoming.as_slice() {
            [one] => inbox::cite::cite(tx, act, &letter_id, &one.id),
            _ => reference::cite_text(tx, act, &letter_id, text),
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
