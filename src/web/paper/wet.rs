//! *Islak İmzalı Kayıt*: the register of Z and O letters.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Deserialize;

use super::super::distribution::plan_owners;
use super::super::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other_with};
use super::day;
use crate::app::App;
use crate::document::Confidentiality;
use crate::error::{Error, Problem, invalid};
use crate::paper::wet::{self, Entry, Prefix, WetLetter};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/kagit/islak-imza", get(show).post(register))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Form {
    prefix: String,
    unit: String,
    dated: String,
    plan_code: String,
    confidentiality: String,
    subject: String,
    addressee: String,
    address: String,
    signer: String,
    reason: String,
}

#[derive(askama::Template)]
#[template(path = "paper/wet.html")]
struct WetPage {
    chrome: PageChrome,
    form: Form,
    units: Vec<(String, String)>,
    letters: Vec<WetLetter>,
    problem: Option<Problem>,
}

impl WetPage {
    /// The sentence that belongs to a field, empty when it is right.
    fn wrong(&self, field: &str) -> &str {
        self.problem
            .iter()
            .flat_map(|problem| &problem.fields)
            .find(|(name, _)| name == field)
            .map_or("", |(_, sentence)| sentence.as_str())
    }
}

async fn show(State(app): State<App>, user: CurrentUser) -> PageResult {
    let form = Form {
        dated: crate::clock::screen_date(app.now()),
        ..Form::default()
    };
    page(&filled(&app, &user, form, None).await?)
}

async fn filled(
    app: &App,
    user: &CurrentUser,
    form: Form,
    problem: Option<Problem>,
) -> PageResult<WetPage> {
    let (units, letters) = app
        .read(&user.actor, |tx, act| {
            Ok((plan_owners(tx, act)?, wet::newest(tx, act, 50)?))
        })
        .await?;
    Ok(WetPage {
        chrome: PageChrome::new(app, user, "Evrak İşlemleri"),
        form,
        units,
        letters,
        problem,
    })
}

async fn register(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<Form>,
) -> PageResult {
    let typed = form.clone();
    let made = app
        .write(&user.actor, move |tx, act| {
            let entry = Entry {
                unit_id: form.unit,
                prefix: Prefix::from_code(&form.prefix)
                    .ok_or_else(|| invalid("islak_imza_eksik", "Z ya da O seçin."))?,
                dated: day(&form.dated)?,
                plan_code: form.plan_code,
                confidentiality: Confidentiality::from_code(&form.confidentiality)
                    .unwrap_or(Confidentiality::None),
                subject: form.subject,
                addressee: form.addressee,
                address: form.address,
                signer: form.signer,
                reason: form.reason,
            };
            wet::register(tx, act, &entry)
        })
        .await;
    match made {
        Ok(letter) => {
            let words = format!("Sayı verildi: {}", letter.number);
            Ok(see_other_with(&app, "/kagit/islak-imza", &words))
        }
        Err(Error::Problem(problem)) => page(&filled(&app, &user, typed, Some(problem)).await?),
        Err(other) => Err(other.into()),
    }
}
