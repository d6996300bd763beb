//! *Evrakı Gönder*, the countdown that can be stopped, and the way of each recipient.

mod card;
mod desk;
mod withhold;

use std::collections::{BTreeMap, HashMap};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    CheckedForm, CurrentUser, Nothing, PageChrome, PageResult, page, see_other, see_other_with,
};
use crate::access::Role;
use crate::app::App;
use crate::clock;
use crate::dispatch::lookup::{self, Answer, Lookup};
use crate::dispatch::machine::State as MessageState;
use crate::dispatch::order::{self, Order};
use crate::dispatch::tracking::{self, Way};
use crate::dispatch::withhold::{self as closing, Withheld};
use crate::dispatch::{account, send};
use crate::distribution::{self, Channel, Finding, Recipient, Severity, preflight};
use crate::document::attach::{self, Attachment};
use crate::document::{Letter, State as LetterState, draft};
use crate::error::{Error, Problem};
use crate::evidence::{Duty, Standing, Trust, decide, text};
use crate::setting;
use crate::worklist::{self, contact};
use kep::evidence::{EvidenceKind, Outcome};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .merge(card::routes())
        .merge(desk::routes())
        .merge(withhold::routes())
        .route("/evrak/{id}/gonder", get(confirm).post(dispatch))
        .route("/evrak/{id}/durdur", post(stop))
        .route("/evrak/{id}/posta", get(way))
        .route("/evrak/{id}/delil/{evidence}", get(evidence_file))
        .route("/ileti/{id}/yeniden", post(retry))
        .route("/ileti/{id}/karar", post(decide))
        .route("/hesap/{id}/surdur", post(resume))
}

#[derive(askama::Template)]
#[template(path = "dispatch/confirm.html")]
struct ConfirmPage {
    chrome: PageChrome,
    letter: Letter,
    recipients: Vec<Recipient>,
    attachments: Vec<Attachment>,
    findings: Vec<Finding>,
    hold_seconds: i64,
    /// What a KEP directory says about each address.
    lookups: BTreeMap<String, Lookup>,
    problem: Option<Problem>,
    /// The messages wait for a KEP officer, or came back from one.
    order: Option<Order>,
    may_sign: bool,
    /// Nobody sends it: a person closed it as *Gönderilmeyecek*.
    withheld: Option<Withheld>,
    /// May close it so, and open it again.
    may_withhold: bool,
    may_send: bool,
}

/// Beyond so many, recipients stand close together under their provinces.
const TABLE_UP_TO: usize = 50;

/// A recipient of a long list: what it gets, where, and what a KEP directory says of the address.
struct Named<'a> {
    line: &'a Recipient,
    answer: Option<&'a Answer>,
}

impl Named<'_> {
    fn name(&self) -> &str {
        crate::directory::path_of(&self.line.label)
    }
}

impl ConfirmPage {
    /// The attachments that a line does not get, by their names.
    fn left_out(&self, line: &Recipient) -> String {
        let names = self
            .attachments
            .iter()
            .filter(|known| line.left_out.contains(&known.id))
            .map(|known| known.title.as_str());
        names.collect::<Vec<_>>().join(", ")
    }

    /// Addresses that no directory has answered for.
    fn unasked(&self) -> usize {
        self.lookups
            .values()
            .filter(|it| matches!(it, Lookup::NotAsked(_)))
            .count()
    }

    fn lookup(&self, line: &Recipient) -> Option<&Lookup> {
        self.lookups.get(line.delivery_address.as_deref()?)
    }

    fn waits(&self) -> bool {
        let order = self.order.as_ref();
        order.is_some_and(|order| order.state == order::State::Waiting)
    }

    /// Why the last sending came back.
    fn returned(&self) -> Option<&str> {
        let order = self.order.as_ref()?;
        (order.state == order::State::Returned).then_some(order.reason.as_str())
    }

    fn is_long(&self) -> bool {
        self.recipients.len() > TABLE_UP_TO
    }

    /// Every recipient by name and address, by channel and province.
    fn groups(&self) -> Vec<(String, Vec<Named<'_>>)> {
        let mut groups: Vec<(String, Vec<Named<'_>>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for line in &self.recipients {
            let province = line
                .label
                .strip_prefix('(')
                .and_then(|rest| rest.split([' ', ')']).next())
                .unwrap_or("DİĞER");
            let title = format!("{} · {province}", line.destination_type.channel().label());
            let place = *places.entry(title.clone()).or_insert(groups.len());
            if place == groups.len() {
                groups.push((title, Vec::new()));
            }
            if let Some((_, names)) = groups.get_mut(place) {
                let answer = match self.lookup(line) {
                    Some(Lookup::Answered(answer)) => Some(answer),
                    _ => None,
                };
                names.push(Named { line, answer });
            }
        }
        groups.sort_by(|left, right| crate::turkish::compare(&left.0, &right.0));
        groups
    }

    /// Closing it as *Gönderilmeyecek* is offered.
    fn may_be_withheld(&self) -> bool {
        self.may_withhold
            && self.withheld.is_none()
            && self.letter.state == LetterState::Signed
            && !self.letter.stays(self.recipients.len())
            && !self.waits()
    }

    /// Today's address of a recipient can be taken from the directory.
    fn may_follow_addresses(&self) -> bool {
        let moved = |finding: &Finding| finding.code == preflight::ADDRESS_CHANGED;
        self.may_send
            && self.withheld.is_none()
            && self.letter.state == LetterState::Signed
            && !self.waits()
            && self.findings.iter().any(moved)
    }

    fn is_blocked(&self) -> bool {
        let stays = self.letter.stays(self.recipients.len());
        let blocks = |finding: &Finding| finding.severity == Severity::Blocking;
        stays || self.findings.iter().any(blocks)
    }
}

async fn confirm(State(app): State<App>, user: CurrentUser, Path(id): Path<String>) -> PageResult {
    let filled = filled(&app, &user, id.clone(), None).await?;
    if filled.letter.state == LetterState::Dispatched {
        return Ok(see_other(&format!("/evrak/{id}/posta")));
    }
    page(&filled)
}

async fn filled(
    app: &App,
    user: &CurrentUser,
    id: String,
    problem: Option<Problem>,
) -> PageResult<ConfirmPage> {
    let (letter, order, closing, recipients, attachments, findings, hold_seconds) = app
        .read(&user.actor, move |tx, act| {
            let letter = draft::open(tx, act, &id)?;
            let order = order::of(tx, &id)?;
            let may_sign = match &order {
                Some(order) => order::may_sign(tx, act, order)?,
                None => false,
            };
            let closing = (
                closing::of(tx, &id)?,
                closing::may(act, &letter),
                send::may_send(act, &letter).is_ok(),
            );
            Ok((
                letter,
                (order, may_sign),
                closing,
                distribution::list::list(tx, act, &id)?,
                attach::list(tx, act, &id)?,
                preflight::preflight(tx, &id)?,
                setting::number(tx, setting::HOLD_SECONDS)?,
            ))
        })
        .await?;
    let lookups = lookup::look_up(app, &user.actor, &letter.unit_id, &recipients).await?;
    Ok(ConfirmPage {
        lookups,
        chrome: PageChrome::new(app, user, "Evrak İşlemleri"),
        letter,
        recipients,
        attachments,
        findings: preflight::shortened(findings),
        hold_seconds,
        problem,
        may_sign: order.1,
        order: order.0,
        withheld: closing.0,
        may_withhold: closing.1,
        may_send: closing.2,
    })
}

#[derive(Deserialize)]
struct Version {
    version: i64,
}

async fn dispatch(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<Version>,
) -> PageResult {
    match send::send(&app, &user.actor, &id, form.version).await {
        Ok(dispatched) if dispatched.awaits_officer => {
            let message =
                "Evrak KEP işlem yetkilisinin imzasına sunuldu; imzalanınca gönderilecek.";
            Ok(see_other_with(
                &app,
                &format!("/evrak/{id}/gonder"),
                message,
            ))
        }
        Ok(_) => Ok(see_other(&format!("/evrak/{id}/posta"))),
        Err(Error::Problem(problem)) if problem.code != "evrak_yok" => {
            page(&filled(&app, &user, id, Some(problem)).await?)
        }
        Err(other) => Err(other.into()),
    }
}

async fn stop(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm {
        user,
        form: Nothing {},
    }: CheckedForm<Nothing>,
) -> PageResult {
    let letter = id.clone();
    app.write(&user.actor, move |tx, act| send::stop(tx, act, &letter))
        .await?;
    Ok(see_other_with(
        &app,
        &format!("/evrak/{id}"),
        "Gönderim durduruldu; evrak imzalı olarak bekliyor. Hiçbir şey gönderilmedi.",
    ))
}

/// A recipient's way with what people recorded about it.
struct Shown {
    way: Way,
    records: Vec<(Timestamp, String)>,
    /// A Görüşme Kaydı is asked for and nobody has written one since.
    asks_talk: bool,
    /// A person closed the letter: it goes to nobody.
    withheld: bool,
}

impl Shown {
    fn standing(&self) -> Standing {
        Standing::from_code(&self.way.recipient.status)
    }

    fn duty(&self) -> Duty {
        Duty::from_code(&self.way.recipient.open_duty)
    }

    fn meaning(&self) -> &'static str {
        text::level(self.standing(), self.duty())
    }

    /// What is known of the sending, while no evidence says more.
    fn headline(&self) -> &'static str {
        match (&self.way.message, self.standing()) {
            _ if self.withheld => "Gönderilmeyecek",
            (Some(message), Standing::None) => message.state.label(),
            (None, Standing::None) if self.duty() == Duty::Post => "Postaya verilecek",
            (_, standing) => standing.label(),
        }
    }

    /// Somebody must bring paper to the post.
    fn wants_paper(&self) -> bool {
        matches!(self.duty(), Duty::Paper | Duty::Post)
    }

    /// What is to be done, in the words of the channel.
    fn duty_sentence(&self) -> &'static str {
        match (self.channel(), self.duty()) {
            (Channel::Uets, Duty::Wait) => {
                "Beklenir: tebligatın tebliğ edilmiş sayılacağı gün bekleniyor."
            }
            (Channel::Paper, Duty::Wait) => "Beklenir: postanın teslim ya da iadesi bekleniyor.",
            (_, duty) => duty.sentence(),
        }
    }

    fn channel(&self) -> Channel {
        self.way.recipient.destination_type.channel()
    }
}

#[derive(askama::Template)]
#[template(path = "dispatch/way.html")]
struct WayPage {
    chrome: PageChrome,
    letter: Letter,
    ways: Vec<Shown>,
    /// As a person writes the present moment.
    now: String,
    /// Recipients in all, and the address of the next page.
    total: usize,
    more: String,
    /// While every message is Held: until when it can be stopped.
    held_until: Option<Timestamp>,
    withheld: Option<Withheld>,
    /// Registry and KEP officers decide on evidence that does not verify.
    may_decide: bool,
    has_evidence: bool,
}

/// Where the page begins, or whom alone it shows.
#[derive(Deserialize)]
struct Place {
    #[serde(default)]
    after: i64,
    alici: Option<String>,
}

async fn way(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> PageResult {
    let (found, ways) = app
        .read(&user.actor, move |tx, act| {
            let mut found =
                tracking::letter_page(tx, act, &id, place.after, place.alici.as_deref())?;
            let ways = std::mem::take(&mut found.ways);
            let mut shown = Vec::with_capacity(ways.len());
            for way in ways {
                let records = worklist::records(tx, &way.recipient.id)?;
                let asks_talk = contact::is_due(tx, act, &way.recipient.id)?;
                shown.push(Shown {
                    way,
                    records,
                    asks_talk,
                    withheld: found.withheld.is_some(),
                });
            }
            Ok((found, shown))
        })
        .await?;
    let deciders = [Role::Registry, Role::KepOfficer];
    let may_decide = deciders
        .iter()
        .any(|role| user.actor.has_in(*role, &found.letter.unit_id));
    let has_evidence = ways.iter().any(|shown| !shown.way.evidence.is_empty());
    page(&WayPage {
        chrome: PageChrome::new(&app, &user, "Sorgular"),
        more: found.next.map_or_else(String::new, |after| {
            format!("/evrak/{}/posta?after={after}", found.letter.id)
        }),
        total: found.total,
        now: clock::screen_time(app.now()),
        letter: found.letter,
        ways,
        held_until: found.held_until,
        withheld: found.withheld,
        may_decide,
        has_evidence,
    })
}

async fn evidence_file(
    State(app): State<App>,
    user: CurrentUser,
    Path((id, evidence)): Path<(String, String)>,
) -> PageResult {
    let hash = app
        .read(&user.actor, move |tx, act| {
            tracking::evidence_file(tx, act, &id, &evidence)
        })
        .await?;
    let bytes = app.blobs.get(&hash).await?;
    let name = format!(
        "attachment; filename=\"delil-{}.xml\"",
        &hash.as_str()[..16]
    );
    Ok((
        [
            (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ],
        bytes,
    )
        .into_response())
}

#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    back: String,
}

async fn retry(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<Back>,
) -> PageResult {
    app.write(&user.actor, move |tx, act| send::retry(tx, act, &id))
        .await?;
    let message = "İleti yeniden sıraya alındı; aynı ileti kimliğiyle denenecek.";
    Ok(see_other_with(&app, &local(&form.back), message))
}

#[derive(Deserialize)]
struct Decision {
    /// `var` or `yok`.
    answer: String,
    #[serde(default)]
    provider_id: String,
    #[serde(default)]
    back: String,
}

async fn decide(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<Decision>,
) -> PageResult {
    let back = local(&form.back);
    app.write(&user.actor, move |tx, act| {
        let present = (form.answer == "var").then_some(form.provider_id.as_str());
        send::decide(tx, act, &id, present)
    })
    .await?;
    Ok(see_other_with(&app, &back, "Kararınız kaydedildi."))
}

async fn resume(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm {
        user,
        form: Nothing {},
    }: CheckedForm<Nothing>,
) -> PageResult {
    app.write(&user.actor, move |tx, act| account::resume(tx, act, &id))
        .await?;
    let message = "Hesabın kuyruğu yeniden çalışıyor.";
    Ok(see_other_with(&app, "/", message))
}

/// A path of our own to go back to; anything else leads to the start page.
pub(super) fn local(path: &str) -> String {
    let own = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    if own { path.to_owned() } else { "/".to_owned() }
}
