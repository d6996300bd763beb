//! *Gelen Evrak Kayıt*: what came on paper, with its scan and petition fields.

use axum::extract::{Multipart, State};
use axum::response::Response;

use super::fields::{Typed, day};
use super::find::Found;
use super::{MENU, address};
use crate::app::App;
use crate::distribution::Purpose;
use crate::document::attach;
use crate::document::scan;
use crate::document::{Confidentiality, Urgency};
use crate::error::{Error, Problem, Result, invalid};
use crate::inbox::period::Period;
use crate::inbox::register::{self, Entry};
use crate::inbox::{File, IncomingKind, Petition, Source};
use crate::setting;
use crate::web::form::{TOKEN_FIELD, check_token};
use crate::web::tracking::own_units;
use crate::web::{CurrentUser, PageChrome, PageResult, page, see_other_with, upload};

#[derive(askama::Template)]
#[template(path = "inbox/paper.html")]
struct PaperPage {
    chrome: PageChrome,
    units: Vec<(String, String)>,
    typed: Typed,
    found: Option<Found>,
    /// Never: paper comes from outside.
    inside: bool,
    problem: Option<Problem>,
}

impl PaperPage {
    async fn load(
        app: &App,
        user: &CurrentUser,
        mut typed: Typed,
        problem: Option<Problem>,
    ) -> PageResult<Self> {
        let chrome = PageChrome::new(app, user, MENU);
        Ok(app
            .read(&user.actor, move |tx, act| {
                let found = typed.changed(tx)?;
                Ok(Self {
                    chrome,
                    units: own_units(tx, act)?,
                    typed,
                    found,
                    inside: false,
                    problem,
                })
            })
            .await?)
    }

    /// Files do not come back with a form that is shown again.
    fn files_are_gone(&self) -> bool {
        self.problem.is_some() || self.found.is_some()
    }

    fn error(&self, field: &str) -> &str {
        self.problem
            .iter()
            .flat_map(|problem| &problem.fields)
            .find(|(name, _)| name == field)
            .map_or("", |(_, text)| text)
    }
}

pub(super) async fn show(State(app): State<App>, user: CurrentUser) -> PageResult {
    page(&PaperPage::load(&app, &user, Typed::default(), None).await?)
}

/// Takes fields and scans; blobs first, rows after. A button that only changes the form registers
/// nothing.
pub(super) async fn register(
    State(app): State<App>,
    user: CurrentUser,
    multipart: Multipart,
) -> PageResult<Response> {
    let mut typed = Typed::default();
    match take(&app, &user, multipart, &mut typed).await {
        Ok(None) => page(&PaperPage::load(&app, &user, typed, None).await?),
        Ok(Some((id, number))) => Ok(see_other_with(
            &app,
            &address(&id),
            &format!(
                "Kaydedildi. Kayıt numarası: {number}. TARANMIŞTIR kaşesine bu numarayı yazın."
            ),
        )),
        Err(Error::Problem(problem)) if problem.code != "form_jetonu" => {
            page(&PaperPage::load(&app, &user, typed, Some(problem)).await?)
        }
        Err(other) => Err(other.into()),
    }
}

async fn take(
    app: &App,
    user: &CurrentUser,
    mut multipart: Multipart,
    typed: &mut Typed,
) -> Result<Option<(String, String)>> {
    let limit = app
        .read(&user.actor, |tx, _| {
            Ok(setting::number(tx, setting::ATTACHMENT_LIMIT)?)
        })
        .await?;
    let (mut token_seen, mut refused) = (false, None);
    let mut uploaded = Vec::new();
    while let Some(field) = multipart.next_field().await.map_err(upload::broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if let Some(file_name) = upload::file_name(&field) {
            if !token_seen {
                check_token(user, None).map_err(|error| error.0)?;
            }
            // Everything is read to its end, so that no typed field behind a file is lost.
            match upload::read(field, file_name, limit).await {
                Ok(file) => uploaded.push(file),
                Err(error) => refused = refused.or(Some(error)),
            }
            continue;
        }
        let text = field.text().await.map_err(upload::broken)?;
        if name == TOKEN_FIELD {
            check_token(user, Some(&text)).map_err(|error| error.0)?;
            token_seen = true;
        } else {
            typed.set(&name, text);
        }
    }
    if !token_seen {
        check_token(user, None).map_err(|error| error.0)?;
    }
    if typed.only_changes_the_form() {
        return Ok(None);
    }
    if let Some(error) = refused {
        return Err(error);
    }
    let mut entry = entry(typed)?;
    for file in uploaded.into_iter().filter(|file| !file.bytes.is_empty()) {
        let recognised = attach::recognise(&file.name, &file.bytes)?;
        let verdict = scan::check(app, &file.bytes).await;
        scan::require_harmless(&recognised.file_name, verdict)?;
        let size = file.bytes.len() as u64;
        let hash = app.blobs.put(file.bytes).await?;
        let readable = recognised.media_type == "application/pdf"
            || recognised.media_type.starts_with("image/");
        // The first readable file is the letter's own scan, the others came with it.
        if entry.content_hash.is_none() && readable {
            entry.content_hash = Some(hash.clone());
            entry.content_type.clone_from(&recognised.media_type);
        }
        entry.files.push(File {
            id: crate::ids::new_id(&*app.ids, app.now()),
            title: recognised.file_name.clone(),
            file_name: Some(recognised.file_name),
            media_type: Some(recognised.media_type),
            size,
            blob_hash: Some(hash),
            scan: verdict,
            note: String::new(),
        });
    }
    app.write(&user.actor, move |tx, act| register::paper(tx, act, &entry))
        .await
        .map(Some)
}

/// What was typed, as an entry of the registry.
fn entry(typed: &Typed) -> Result<Entry> {
    if typed.unit.is_empty() {
        return Err(invalid("birim_yok", "Evrakın kaydedileceği birimi seçin."));
    }
    let kind = IncomingKind::from_code(&typed.kind).unwrap_or(IncomingKind::Letter);
    let petition = match kind {
        IncomingKind::Petition => typed.petition.clone(),
        IncomingKind::Letter => Petition::default(),
    };
    let due_date = day("due_date", &typed.due_date)?;
    Ok(Entry {
        sender: typed.sender.clone(),
        sender_unit_id: typed.sender_unit(),
        their_number: typed.their_number.clone(),
        their_date: day("their_date", &typed.their_date)?,
        subject: typed.subject.clone(),
        purpose: Purpose::from_code(&typed.purpose).unwrap_or(Purpose::Action),
        plan_code: Some(typed.plan_code.clone()),
        sender_file: typed.sender_file.clone(),
        place: typed.place.clone(),
        barcode: Some(typed.barcode.clone()),
        confidentiality: Confidentiality::from_code(&typed.confidentiality)
            .unwrap_or(Confidentiality::None),
        urgency: Urgency::from_code(&typed.urgency).unwrap_or(Urgency::Normal),
        period: match Period::from_code(&typed.period) {
            None | Some(Period::None) if due_date.is_some() => Some(Period::Given),
            known => known,
        },
        due_date,
        note: typed.note.clone(),
        petition,
        ..Entry::new(&typed.unit, Source::Paper, kind)
    })
}
