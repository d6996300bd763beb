//! The file plan on screens: *Dosya Seçimi (Desimal)* as a box to type in and codes to choose.

use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use serde::Deserialize;

use super::{CurrentUser, PageChrome, PageResult, page};
use crate::access::Act;
use crate::app::App;
use crate::directory;
use crate::error::Result;
use crate::fileplan::{self, Code, Question, Scope};
use crate::store::Tx;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/dosya-plani", get(browse))
        .route("/dosya-plani/ara", get(search))
}

#[derive(Deserialize)]
struct SearchQuery {
    #[serde(default)]
    dosya: String,
    /// The code that is chosen now.
    #[serde(default)]
    secili: String,
}

#[derive(askama::Template)]
#[template(path = "fileplan/browse.html")]
struct BrowsePage {
    chrome: PageChrome,
    question: String,
    picker: CodePicker,
}

/// Dosya Planı: looking a code up, in a window of its own beside the letter.
async fn browse(
    State(app): State<App>,
    user: CurrentUser,
    Query(query): Query<SearchQuery>,
) -> PageResult {
    let question = query.dosya.clone();
    let picker = app
        .read(&user.actor, move |tx, act| {
            let unit = act.actor.home_unit().unwrap_or_default().to_owned();
            CodePicker::load(tx, act, &unit, &query.dosya, "")
        })
        .await?;
    page(&BrowsePage {
        chrome: PageChrome::new(&app, &user, "Evrak İşlemleri"),
        question,
        picker,
    })
}

/// The fragment below the search box; without words the codes used lately.
async fn search(
    State(app): State<App>,
    user: CurrentUser,
    Query(query): Query<SearchQuery>,
) -> PageResult {
    let picker = app
        .read(&user.actor, move |tx, act| {
            let unit = act.actor.home_unit().unwrap_or_default().to_owned();
            CodePicker::load(tx, act, &unit, &query.dosya, &query.secili)
        })
        .await?;
    page(&picker)
}

/// Codes to choose from, as radio buttons named `file_code`; it stands inside the form of the
/// letter, beside a search box named `dosya`, so that it needs no script.
#[derive(askama::Template)]
#[template(path = "fileplan/picker.html")]
pub struct CodePicker {
    message: String,
    codes: Vec<Code>,
    chosen: String,
}

impl CodePicker {
    /// Finds codes for a letter of `unit_id`: by `text`, or the ones used lately.
    ///
    /// # Errors
    /// When the store fails.
    pub fn load(
        tx: &mut Tx<'_>,
        act: &Act<'_>,
        unit_id: &str,
        text: &str,
        chosen: &str,
    ) -> Result<Self> {
        let own = directory::own_institution(tx)?;
        let question = Question {
            text,
            scope: own.map_or(Scope::Common, |unit| Scope::of(unit.kind)),
            user_id: &act.actor.user_id,
            unit_id,
        };
        let codes = fileplan::search(tx, &question)?;
        let message = match (text.trim().is_empty(), codes.len()) {
            (true, 0) => {
                "Kod ya da konu yazıp arayın; örnek: 105.04 ya da meclis karar.".to_owned()
            }
            (true, _) => "Son kullanılan kodlar:".to_owned(),
            (false, 0) => {
                "Bu kodla ya da sözcüklerle bir dosya bulunamadı. Daha az sözcükle deneyin."
                    .to_owned()
            }
            (false, fileplan::MOST) => {
                format!(
                    "İlk {} kod gösteriliyor; bir sözcük daha yazın.",
                    fileplan::MOST
                )
            }
            (false, count) => format!("{count} kod bulundu."),
        };
        Ok(Self {
            message,
            codes,
            chosen: chosen.to_owned(),
        })
    }
}
