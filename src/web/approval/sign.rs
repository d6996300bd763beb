//! İmzala: one letter or several, with the signer's card at the desk or a rehearsal's key; a result for each.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use crate::access::Actor;
use crate::app::App;
use crate::approval::sign::{self, Prepared};
use crate::document::draft;
use crate::error::{Error, Result, conflict, invalid};
use crate::package;
use crate::signature::rehearsal;
use crate::signature::request::{self, Request, RequestKind, RequestState};
use crate::web::document::address;
use crate::web::{
    CheckedForm, CurrentUser, Nothing, PageChrome, PageResult, page, see_other, see_other_with,
};

/// Letters that one press may sign.
const MOST_AT_ONCE: usize = 50;

#[derive(Deserialize)]
pub(super) struct OneForm {
    version: i64,
    #[serde(default)]
    pin: String,
}

/// Prepare and complete in one press, with the rehearsal's key.
pub(super) async fn one(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<OneForm>,
) -> PageResult<Response> {
    rehearsal::require_rehearsal(&app)?;
    require_pin(&form.pin)?;
    let prepared = prepare(&app, &user.actor, &id, form.version).await?;
    let number = prepared.number.clone();
    let message = if with_key(&app, &user.actor, &id, prepared, &form.pin).await? {
        format!("Evrak imzalandı: {number}")
    } else {
        "İmzanız alındı; sıradaki imza bekleniyor.".to_owned()
    };
    super::on_to_next(&app, &user.actor, &id, &message).await
}

/// Prepares the letter and puts it before the signer's card.
pub(super) async fn one_by_card(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<OneForm>,
) -> PageResult<Response> {
    let prepared = prepare(&app, &user.actor, &id, form.version).await?;
    app.write(&user.actor, move |tx, act| {
        request::ask(tx, act, &id, &prepared)
    })
    .await?;
    Ok(see_other("/imza-araci"))
}

#[derive(Deserialize)]
pub(in crate::web) struct SeveralForm {
    #[serde(default)]
    id: Vec<String>,
    #[serde(default)]
    pub(in crate::web) pin: String,
}

/// What became of one of several letters.
pub(in crate::web) struct Line {
    pub(in crate::web) subject: String,
    pub(in crate::web) href: String,
    pub(in crate::web) ok: bool,
    pub(in crate::web) text: String,
}

/// *İmza sonuçları*.
#[derive(askama::Template)]
#[template(path = "approval/signed.html")]
pub(in crate::web) struct SignedPage {
    pub(in crate::web) chrome: PageChrome,
    pub(in crate::web) lines: Vec<Line>,
    /// Address and name of the list that they were chosen from.
    pub(in crate::web) back: (&'static str, &'static str),
}

impl SignedPage {
    /// How many were not signed.
    fn failed(&self) -> usize {
        self.lines.iter().filter(|line| !line.ok).count()
    }
}

impl SeveralForm {
    /// The letters that were chosen.
    pub(in crate::web) fn chosen(&self) -> Result<&[String]> {
        if self.id.is_empty() {
            return Err(invalid(
                "yazi_secilmedi",
                "İmzalanacak yazı seçilmedi. Yazıları işaretleyip yeniden deneyin.",
            ));
        }
        if self.id.len() > MOST_AT_ONCE {
            return Err(invalid(
                "cok_yazi",
                format!("Bir kerede en çok {MOST_AT_ONCE} yazı imzalanabilir."),
            ));
        }
        Ok(&self.id)
    }

    pub(in crate::web) fn require_pin(&self) -> Result<()> {
        require_pin(&self.pin)
    }
}

/// Several letters with one PIN; one that fails does not hold up the others.
pub(super) async fn several(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<SeveralForm>,
) -> PageResult<Response> {
    rehearsal::require_rehearsal(&app)?;
    form.require_pin()?;
    let mut lines = Vec::new();
    for id in form.chosen()? {
        let (subject, result) = one_of_several(&app, &user.actor, id, &form.pin).await?;
        let (ok, text) = match result {
            Ok(text) => (true, text),
            Err(Error::Problem(problem)) => (false, problem.message),
            Err(other) => return Err(other.into()),
        };
        let href = address(id);
        lines.push(Line {
            subject,
            href,
            ok,
            text,
        });
    }
    let shown = SignedPage {
        chrome: PageChrome::new(&app, &user, "Evrak İşlemleri"),
        lines,
        back: ("/onay", "Onay Bekleyenler"),
    };
    use axum::response::IntoResponse as _;
    Ok(page(&shown)?.into_response())
}

async fn one_of_several(
    app: &App,
    actor: &Actor,
    id: &str,
    pin: &str,
) -> Result<(String, Result<String>)> {
    let (subject, version) = standing(app, actor, id).await?;
    let signed = async {
        let prepared = prepare(app, actor, id, version).await?;
        let number = prepared.number.clone();
        let last = with_key(app, actor, id, prepared, pin).await?;
        Ok(if last {
            format!("Sayı {number}")
        } else {
            format!("{number}: imzanız alındı; sıradaki imza bekleniyor.")
        })
    };
    Ok((subject, signed.await))
}

/// Prepares several letters and puts them before the signer's card together.
pub(super) async fn several_by_card(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<SeveralForm>,
) -> PageResult<Response> {
    let mut refused = Vec::new();
    for id in form.chosen()? {
        let (subject, version) = standing(&app, &user.actor, id).await?;
        match prepare(&app, &user.actor, id, version).await {
            Ok(prepared) => {
                let id = id.to_owned();
                app.write(&user.actor, move |tx, act| {
                    request::ask(tx, act, &id, &prepared)
                })
                .await?;
            }
            Err(Error::Problem(problem)) => refused.push(format!("{subject}: {}", problem.message)),
            Err(other) => return Err(other.into()),
        }
    }
    if refused.is_empty() {
        return Ok(see_other("/imza-araci"));
    }
    Ok(see_other_with(&app, "/imza-araci", &refused.join(" ")))
}

#[derive(askama::Template)]
#[template(path = "approval/agent.html")]
struct AgentPage {
    chrome: PageChrome,
    /// A pairing code just made; it is shown once.
    code: Option<String>,
    server: String,
    requests: Vec<Request>,
}

#[derive(askama::Template)]
#[template(path = "approval/requests.html")]
struct RequestsPart {
    requests: Vec<Request>,
}

async fn agent_page(app: &App, user: &CurrentUser, code: Option<String>) -> PageResult {
    let requests = latest(app, &user.actor).await?;
    page(&AgentPage {
        chrome: PageChrome::new(app, user, "Kişisel İşlemler"),
        code,
        server: app.config.public_url.clone(),
        requests,
    })
}

async fn latest(app: &App, actor: &Actor) -> Result<Vec<Request>> {
    app.read(actor, |tx, act| Ok(request::latest(tx, act)?))
        .await
}

/// *İmza Aracı*: pairing, and what became of the letters that were put before the card.
pub(super) async fn agent(State(app): State<App>, user: CurrentUser) -> PageResult {
    agent_page(&app, &user, None).await
}

/// The part of it that is asked for again and again.
pub(super) async fn requests(State(app): State<App>, user: CurrentUser) -> PageResult {
    let requests = latest(&app, &user.actor).await?;
    page(&RequestsPart { requests })
}

pub(super) async fn pair(
    State(app): State<App>,
    CheckedForm {
        user,
        form: Nothing {},
    }: CheckedForm<Nothing>,
) -> PageResult {
    let code = app.write(&user.actor, request::pairing_code).await?;
    agent_page(&app, &user, Some(code)).await
}

fn require_pin(pin: &str) -> Result<()> {
    if pin.is_empty() {
        return Err(invalid(
            "pin_gerekli",
            "PIN girilmedi; hiçbir şey imzalanmadı. PIN'inizi girip yeniden deneyin.",
        ));
    }
    Ok(())
}

async fn standing(app: &App, actor: &Actor, id: &str) -> Result<(String, i64)> {
    let id = id.to_owned();
    app.read(actor, move |tx, act| {
        let letter = draft::open(tx, act, &id)?;
        Ok((letter.subject, letter.version))
    })
    .await
}

/// Prepares; what was made anew is told by name and asks for another press.
async fn prepare(app: &App, actor: &Actor, id: &str, version: i64) -> Result<Prepared> {
    let prepared = sign::prepare(app, actor, id, version).await?;
    if prepared.sign_again.is_empty() {
        return Ok(prepared);
    }
    Err(conflict(
        "yeniden_imza",
        format!(
            "Yazı, verilen imzalardan sonra değişen bir bilgiyle (tarih, imza bölümü, antet, kurumun \
             bilgileri) yeniden hazırlandı. Yeniden imzalayacaklar: {}.",
            prepared.sign_again.join(", ")
        ),
    ))
}

async fn with_key(
    app: &App,
    actor: &Actor,
    id: &str,
    prepared: Prepared,
    pin: &str,
) -> Result<bool> {
    let accepted = rehearsal::sign(app, actor, &prepared.content, pin).await?;
    let letter_id = id.to_owned();
    let last = app
        .write(actor, move |tx, act| {
            sign::complete(tx, act, &letter_id, prepared.version, &accepted)
        })
        .await?;
    if last {
        package::after_signature(app, id).await;
    }
    Ok(last)
}
