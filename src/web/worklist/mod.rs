//! *İş Listesi*: the start page with counts, lists and one chart; the forms that close duties.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use jiff::SignedDuration;
use serde::Deserialize;

use super::dispatch::local;
use super::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other_with};
use crate::app::App;
use crate::clock;
use crate::dispatch::tracking;
use crate::error::{Kind as ErrorKind, Problem, invalid, not_found};
use crate::evidence::{Duty, Standing, text};
use crate::worklist::list::Key;
use crate::worklist::{Kind, WorkList, contact, list};

/// The chart looks back so many days.
const CHART_DAYS: i64 = 30;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(start))
        .route("/is-listesi/{kind}", get(one))
        .route("/gonderilmeyi-bekleyenler", get(waiting))
        .route("/alici/{id}/gorusme", post(talk))
}

/// Lines of each list on the start page; the list's own page shows them all.
const FIRST: usize = 6;

/// One bar of the chart.
struct Bar {
    label: &'static str,
    count: i64,
    /// Of the longest bar, in percent.
    percent: i64,
    meaning: &'static str,
    href: String,
}

#[derive(askama::Template)]
#[template(path = "worklist/start.html")]
struct StartPage {
    chrome: PageChrome,
    lists: Vec<WorkList>,
    bars: Vec<Bar>,
    total: i64,
}

async fn start(State(app): State<App>, user: CurrentUser) -> PageResult {
    let since = clock::local(app.now() - SignedDuration::from_hours(24 * CHART_DAYS)).date();
    let (lists, count, standings) = app
        .read(&user.actor, move |tx, act| {
            let standings = tracking::standings(tx, act, since)?;
            Ok((list::all(tx, act)?, list::count(tx, act)?, standings))
        })
        .await?;
    let most = standings.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let total = standings.iter().map(|(_, count)| count).sum();
    let bars = standings
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(standing, count)| Bar {
            label: standing.label(),
            count,
            percent: (count * 100 / most.max(1)).max(1),
            meaning: meaning(standing),
            href: format!(
                "/sorgular/birim-giden-evrak?unit=&standing={}&from={}",
                standing.code(),
                since.strftime("%d.%m.%Y")
            ),
        })
        .collect();
    let mut chrome = PageChrome::new(&app, &user, "");
    chrome.work_count = count;
    page(&StartPage {
        chrome,
        lists,
        bars,
        total,
    })
}

fn meaning(standing: Standing) -> &'static str {
    let duty = match standing {
        Standing::DeemedRead => Duty::Contact,
        Standing::Failed => Duty::Paper,
        _ => Duty::None,
    };
    text::level(standing, duty)
}

#[derive(askama::Template)]
#[template(path = "worklist/one.html")]
struct ListPage {
    chrome: PageChrome,
    list: WorkList,
    more: String,
}

#[derive(Deserialize)]
struct From {
    sonra: Option<String>,
}

async fn one(
    State(app): State<App>,
    user: CurrentUser,
    Path(kind): Path<String>,
    Query(from): Query<From>,
) -> PageResult {
    let kind = Kind::ALL
        .into_iter()
        .find(|known| known.code() == kind)
        .ok_or_else(|| not_found("liste_yok", "Böyle bir iş listesi yok."))?;
    shown(&app, &user, kind, from).await
}

async fn waiting(
    State(app): State<App>,
    user: CurrentUser,
    Query(from): Query<From>,
) -> PageResult {
    shown(&app, &user, Kind::Signed, from).await
}

async fn shown(app: &App, user: &CurrentUser, kind: Kind, from: From) -> PageResult {
    let after = from.sonra.as_deref().and_then(Key::from_address);
    let list = app
        .read(&user.actor, move |tx, act| {
            list::page(tx, act, kind, after.as_ref())
        })
        .await?;
    page(&ListPage {
        chrome: PageChrome::new(app, user, ""),
        more: list.next.as_ref().map_or_else(String::new, |next| {
            format!("/is-listesi/{}?sonra={}", kind.code(), next.in_address())
        }),
        list,
    })
}

#[derive(Deserialize)]
struct TalkForm {
    with_whom: String,
    /// As people write a moment; empty: now.
    #[serde(default)]
    spoken_at: String,
    result: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    back: String,
}

async fn talk(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<TalkForm>,
) -> PageResult {
    let back = local(&form.back);
    app.write(&user.actor, move |tx, act| {
        let result = contact::Outcome::from_code(&form.result)
            .ok_or_else(|| invalid("sonuc_yok", "Görüşmenin sonucunu seçin."))?;
        let spoken_at = match form.spoken_at.trim() {
            "" => act.now,
            typed => contact::parse_moment(typed).ok_or_else(|| {
                let sentence = "Görüşme zamanını gün.ay.yıl saat.dakika olarak yazın, örneğin \
                    28.02.2026 10.30.";
                Problem::new(ErrorKind::Invalid, "gorusme_eksik", sentence)
                    .field("spoken_at", sentence)
            })?,
        };
        let note = contact::Note {
            recipient_id: id,
            with_whom: form.with_whom,
            spoken_at,
            result,
            note: form.note,
        };
        contact::record(tx, act, &note)
    })
    .await?;
    Ok(see_other_with(
        &app,
        &back,
        "Görüşme Kaydı yazıldı; görev kapandı.",
    ))
}
