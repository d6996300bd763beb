//! What the buttons of an incoming document do.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::page::{IncomingPage, Typed};
use super::{address, find};
use crate::app::App;
use crate::distribution::Purpose;
use crate::document::draft::parse_day;
use crate::error::{Error, Result, invalid, malformed};
use crate::inbox::answer::{self, Follow};
use crate::inbox::close as closing;
use crate::inbox::confirm;
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
    /// A button that only changes the form: `find`, `take:TARGET`, `drop:LINE`.
    #[serde(default)]
    action: String,
    /// The words of the search box.
    #[serde(default)]
    ara: String,
    /// The chosen lines: targets as `find::value_of` writes them, each with its purpose.
    #[serde(default)]
    to: Vec<String>,
    #[serde(default)]
    purpose: Vec<String>,
    #[serde(default)]
    due_date: String,
    #[serde(default)]
    note: String,
}

impl ReferForm {
    fn lines(&self) -> Vec<(Target, Purpose)> {
        let targets = self.to.iter().map(|value| find::target_of(value));
        let purposes = self.purpose.iter().map(|code| Purpose::from_code(code));
        let purposes = purposes.chain(std::iter::repeat(None));
        targets
            .zip(purposes)
            .filter_map(|(target, purpose)| Some((target?, purpose.unwrap_or(Purpose::Action))))
            .collect()
    }
}

/// *Havale Et*, or a button that looks somebody up, takes or drops a line: without a script the
/// form itself carries what was chosen so far.
pub(super) async fn refer(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<ReferForm>,
) -> PageResult<Response> {
    let mut typed = Typed {
        lines: form.lines(),
        search: form.ara.clone(),
        version: Some(form.version),
        due_date: form.due_date.clone(),
        note: form.note.clone(),
        refers: true,
        ..Typed::default()
    };
    match form.action.split_once(':').unwrap_or((&form.action, "")) {
        ("", _) => {}
        (verb, value) => {
            match (verb, find::target_of(value), value.parse::<usize>()) {
                ("take", Some(target), _) => {
                    typed.search.clear();
                    if !typed.lines.iter().any(|(known, _)| *known == target) {
                        typed.lines.push((target, Purpose::Action));
                    }
                }
                ("drop", _, Ok(line)) if line < typed.lines.len() => {
                    typed.lines.remove(line);
                }
                _ => {}
            }
            return page(&IncomingPage::load(&app, &user, &id, None, typed).await?);
        }
    }
    typed.version = None;
    let subject = id.clone();
    let outcome = app
        .write(&user.actor, move |tx, act| {
            let lines = form.lines().into_iter();
            let order = Order {
                targets: lines
                    .map(|(target, purpose)| (target, Some(purpose)))
                    .collect(),
                due_date: day_of(&form.due_date)?,
                note: form.note,
            };
            referral::refer(tx, act, &subject, form.version, &order)
        })
        .await;
    answered(&app, &user, &id, outcome, "Evrak havale edildi.", typed).await
}

#[derive(Deserialize)]
pub(super) struct ConfirmForm {
    version: i64,
}

/// *Kaydı onayla*: the provider may be told that the message was received.
pub(super) async fn confirm(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<ConfirmForm>,
) -> PageResult<Response> {
    let subject = id.clone();
    let outcome = app
        .write(&user.actor, move |tx, act| {
            confirm::confirm(tx, act, &subject, form.version)
        })
        .await;
    let done = "Kayıt onaylandı; KEP sağlayıcısına alındı onayı veriliyor.";
    answered(&app, &user, &id, outcome, done, Typed::default()).await
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

/// One key: the linked letter is made and opened; the page says what could not be filled in.
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
        Ok(begun) => Ok(see_other_with(
            &app,
            &format!("/evrak/{}", begun.letter_id),
            &begun.sentence(),
        )),
        Err(error) => answered(&app, &user, &id, Err(error), "", Typed::default()).await,
    }
}
