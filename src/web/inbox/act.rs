//! What the buttons of an incoming document do.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::address;
use super::page::{IncomingPage, Typed};
use crate::app::App;
use crate::distribution::Purpose;
use crate::document::draft::parse_day;
use crate::error::{Error, Result, invalid, malformed};
use crate::inbox::answer::{self, Follow};
use crate::inbox::close as closing;
use crate::inbox::period::Period;
use crate::inbox::referral::{self, Order, Target};
use crate::web::{CheckedForm, CurrentUser, PageResult, page, see_other_with};

/// Back to the page with a word, or the page with what was refused and what was typed.
async fn answered(
    app: &App,
    user: &CurrentUser,
    id: &str,
    outcome: Result<()>,
    done: &str,
    typed: Typed,
) -> PageResult<Response> {
    match outcome {
        Ok(()) => Ok(see_other_with(app, &address(id), done)),
        Err(Error::Problem(problem)) if problem.code != "gelen_yok" => {
            page(&IncomingPage::load(app, user, id, Some(problem), typed).await?)
        }
        Err(other) => Err(other.into()),
    }
}

fn day_of(text: &str) -> Result<Option<jiff::civil::Date>> {
    let day = parse_day(text);
    if day.is_none() && !text.trim().is_empty() {
        return Err(invalid(
            "tarih_okunamadi",
            "Tarih okunamadı. Gün.ay.yıl olarak yazın, örneğin 28.02.2026.",
        ));
    }
    Ok(day)
}

#[derive(Deserialize)]
pub(super) struct ReferForm {
    version: i64,
    #[serde(default)]
    unit: Vec<String>,
    #[serde(default)]
    person: Vec<String>,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    due_date: String,
    #[serde(default)]
    note: String,
}

pub(super) async fn refer(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<ReferForm>,
) -> PageResult<Response> {
    let typed = Typed {
        units: form.unit.clone(),
        people: form.person.clone(),
        purpose: form.purpose.clone(),
        due_date: form.due_date.clone(),
        note: form.note.clone(),
        ..Typed::default()
    };
    let subject = id.clone();
    let outcome = app
        .write(&user.actor, move |tx, act| {
            let purpose = Purpose::from_code(&form.purpose);
            let given = |ids: Vec<String>| ids.into_iter().filter(|id| !id.is_empty());
            let units = given(form.unit).map(|id| (Target::Unit(id), purpose));
            let people = given(form.person).map(|id| (Target::Person(id), purpose));
            let order = Order {
                targets: units.chain(people).collect(),
                due_date: day_of(&form.due_date)?,
                note: form.note,
            };
            referral::refer(tx, act, &subject, form.version, &order)
        })
        .await;
    answered(&app, &user, &id, outcome, "Evrak havale edildi.", typed).await
}

#[derive(Deserialize)]
pub(super) struct ReferralForm {
    version: i64,
    /// `return`, `pull` or `finish`.
    action: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn on_referral(
    State(app): State<App>,
    Path((id, which)): Path<(String, String)>,
    CheckedForm { user, form }: CheckedForm<ReferralForm>,
) -> PageResult<Response> {
    let typed = Typed {
        reason: form.reason.clone(),
        ..Typed::default()
    };
    let done = match form.action.as_str() {
        "return" => "Havale iade edildi.",
        "pull" => "Havale geri çekildi.",
        _ => "Havale tamamlandı.",
    };
    let subject = id.clone();
    let outcome = app
        .write(&user.actor, move |tx, act| {
            let (id, version) = (subject.as_str(), form.version);
            match form.action.as_str() {
                "return" => referral::give_back(tx, act, id, version, &which, &form.reason),
                "pull" => referral::pull_back(tx, act, id, version, &which),
                "finish" => referral::finish(tx, act, id, version, &which, &form.reason),
                _ => Err(malformed(
                    "islem_yok",
                    "Bu düğme tanınmadı. Sayfayı yenileyin.",
                )),
            }
        })
        .await;
    answered(&app, &user, &id, outcome, done, typed).await
}

#[derive(Deserialize)]
pub(super) struct CloseForm {
    version: i64,
    #[serde(default)]
    reason: String,
}

pub(super) async fn close(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<CloseForm>,
) -> PageResult<Response> {
    let typed = Typed {
        reason: form.reason.clone(),
        ..Typed::default()
    };
    let subject = id.clone();
    let outcome = app
        .write(&user.actor, move |tx, act| {
            closing::close(tx, act, &subject, form.version, &form.reason)
        })
        .await;
    answered(&app, &user, &id, outcome, "Evrak kapatıldı.", typed).await
}

#[derive(Deserialize)]
pub(super) struct DueForm {
    version: i64,
    #[serde(default)]
    period: String,
    #[serde(default)]
    due_date: String,
}

pub(super) async fn due(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<DueForm>,
) -> PageResult<Response> {
    let typed = Typed::default();
    let subject = id.clone();
    let outcome = app
        .write(&user.actor, move |tx, act| {
            let period = Period::from_code(&form.period).unwrap_or(Period::None);
            let day = day_of(&form.due_date)?;
            closing::set_due(tx, act, &subject, form.version, period, day)
        })
        .await;
    answered(&app, &user, &id, outcome, "Süre kaydedildi.", typed).await
}

#[derive(Deserialize)]
pub(super) struct LetterForm {
    kind: String,
}

/// One key: the linked letter is made and opened.
pub(super) async fn letter(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<LetterForm>,
) -> PageResult<Response> {
    let subject = id.clone();
    let outcome = app
        .write(&user.actor, move |tx, act| {
            let follow = Follow::from_code(&form.kind).unwrap_or(Follow::Answer);
            answer::begin(tx, act, &subject, follow)
        })
        .await;
    match outcome {
        Ok(letter) => Ok(see_other_with(
            &app,
            &format!("/evrak/{letter}"),
            "Yazı hazırlandı: ilgi, dosya ve alıcı gelen evraktan dolduruldu. Metni yazıp onaya \
             sunun.",
        )),
        Err(error) => answered(&app, &user, &id, Err(error), "", Typed::default()).await,
    }
}
