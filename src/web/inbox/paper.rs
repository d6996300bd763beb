//! *Gelen Evrak Kayıt*: what came on paper, with its scan and petition fields.

use axum::extract::{Multipart, State};
use axum::response::Response;

use super::{MENU, address};
use crate::app::App;
use crate::document::attach;
use crate::document::draft::parse_day;
use crate::document::{Confidentiality, Urgency};
use crate::error::{Error, Problem, Result, invalid};
use crate::inbox::period::Period;
use crate::inbox::register::{self, Entry};
use crate::inbox::{File, IncomingKind, Petition, Source, scan};
use crate::setting;
use crate::web::form::{TOKEN_FIELD, check_token};
use crate::web::tracking::own_units;
use crate::web::{CurrentUser, PageChrome, PageResult, page, see_other_with, upload};

/// The form as it was typed.
#[derive(Debug, Clone, Default)]
struct Typed {
    unit: String,
    kind: String,
    sender: String,
    their_number: String,
    their_date: String,
    subject: String,
    sender_file: String,
    place: String,
    barcode: String,
    confidentiality: String,
    urgency: String,
    period: String,
    due_date: String,
    note: String,
    petition: Petition,
}

#[derive(askama::Template)]
#[template(path = "inbox/paper.html")]
struct PaperPage {
    chrome: PageChrome,
    units: Vec<(String, String)>,
    typed: Typed,
    problem: Option<Problem>,
}

impl PaperPage {
    async fn load(
        app: &App,
        user: &CurrentUser,
        typed: Typed,
        problem: Option<Problem>,
    ) -> PageResult<Self> {
        let units = app.read(&user.actor, own_units).await?;
        Ok(Self {
            chrome: PageChrome::new(app, user, MENU),
            units,
            typed,
            problem,
        })
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

/// Takes fields and scans; blobs first, rows after.
pub(super) async fn register(
    State(app): State<App>,
    user: CurrentUser,
    multipart: Multipart,
) -> PageResult<Response> {
    let mut typed = Typed::default();
    match take(&app, &user, multipart, &mut typed).await {
        Ok((id, number)) => Ok(see_other_with(
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
) -> Result<(String, String)> {
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
    if let Some(error) = refused {
        return Err(error);
    }
    let mut entry = typed.entry()?;
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
}

impl Typed {
    fn set(&mut self, name: &str, text: String) {
        let place = match name {
            "unit" => &mut self.unit,
            "kind" => &mut self.kind,
            "sender" => &mut self.sender,
            "their_number" => &mut self.their_number,
            "their_date" => &mut self.their_date,
            "subject" => &mut self.subject,
            "sender_file" => &mut self.sender_file,
            "place" => &mut self.place,
            "barcode" => &mut self.barcode,
            "confidentiality" => &mut self.confidentiality,
            "urgency" => &mut self.urgency,
            "period" => &mut self.period,
            "due_date" => &mut self.due_date,
            "note" => &mut self.note,
            "petition_name" => &mut self.petition.name,
            "national_id" => &mut self.petition.national_id,
            "petition_address" => &mut self.petition.address,
            "phone" => &mut self.petition.phone,
            "email" => &mut self.petition.email,
            _ => return,
        };
        *place = text;
    }

    fn entry(&self) -> Result<Entry> {
        let day = |field: &str, text: &str| match parse_day(text) {
            None if !text.trim().is_empty() => Err(Error::Problem(
                Problem::new(
                    crate::error::Kind::Invalid,
                    "tarih_okunamadi",
                    "Tarih okunamadı.",
                )
                .field(field, "Tarihi gün.ay.yıl olarak yazın, örneğin 28.02.2026."),
            )),
            day => Ok(day),
        };
        if self.unit.is_empty() {
            return Err(invalid("birim_yok", "Evrakın kaydedileceği birimi seçin."));
        }
        let kind = IncomingKind::from_code(&self.kind).unwrap_or(IncomingKind::Letter);
        let petition = match kind {
            IncomingKind::Petition => self.petition.clone(),
            IncomingKind::Letter => Petition::default(),
        };
        let due_date = day("due_date", &self.due_date)?;
        Ok(Entry {
            sender: self.sender.clone(),
            their_number: self.their_number.clone(),
            their_date: day("their_date", &self.their_date)?,
            subject: self.subject.clone(),
            sender_file: self.sender_file.clone(),
            place: self.place.clone(),
            barcode: Some(self.barcode.clone()),
            confidentiality: Confidentiality::from_code(&self.confidentiality)
                .unwrap_or(Confidentiality::None),
            urgency: Urgency::from_code(&self.urgency).unwrap_or(Urgency::Normal),
            period: match Period::from_code(&self.period) {
                None | Some(Period::None) if due_date.is_some() => Some(Period::Given),
                known => known,
            },
            due_date,
            note: self.note.clone(),
            petition,
            ..Entry::new(&self.unit, Source::Paper, kind)
        })
    }
}
