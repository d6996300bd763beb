//! The pages: mailboxes, a letter, evidence, misbehaviours, counters.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{blocking, link};
use crate::{
    clock::for_people,
    engine::{EvidenceView, File, INBOX, Listed, MessageRef, Part, Provider},
    error::{Error, Refusal},
    mime,
    misbehaviour::{Kind, NewRule, Rule},
    store::{accounts::Overview, messages::Count},
};

type App = State<Arc<Provider>>;

pub(super) fn routes() -> Router<Arc<Provider>> {
    Router::new()
        .route("/", get(mailboxes))
        .route("/stil.css", get(style))
        .route("/kutu", get(mailbox))
        .route("/ileti", get(letter))
        .route("/ileti/oku", post(read))
        .route("/ileti/ek", get(attachment))
        .route("/ileti/indir", get(whole))
        .route("/deliller", get(evidence))
        .route("/delil/{id}", get(evidence_xml))
        .route("/aksakliklar", get(misbehaviours).post(misbehave))
        .route("/aksakliklar/kapat", post(behave))
        .route("/sayaclar", get(counters))
}

/// A page that could not be shown, in words.
struct Failed(Error);

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let status = match self.0 {
            Error::Refused(
                Refusal::UnknownMessage(_)
                | Refusal::UnknownMailbox(_)
                | Refusal::UnknownFolder(_)
                | Refusal::UnknownEvidence(_),
            ) => StatusCode::NOT_FOUND,
            Error::Refused(_) | Error::Config(_) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (
            status,
            show(&FailedPage {
                words: self.0.to_string(),
            }),
        )
            .into_response()
    }
}

/// A page for a request that the routes could not even read.
pub(super) fn failure(status: StatusCode, words: &str) -> Response {
    (
        status,
        show(&FailedPage {
            words: words.to_owned(),
        }),
    )
        .into_response()
}

type Page = Result<Html<String>, Failed>;

fn show(page: &impl Template) -> Html<String> {
    Html(page.render().unwrap_or_else(|error| {
        tracing::error!(%error, "page could not be rendered");
        "PROVA: gerçek KEP hizmeti değildir. Sayfa gösterilemedi.".into()
    }))
}

#[derive(Template)]
#[template(path = "failed.html")]
struct FailedPage {
    words: String,
}

async fn style() -> Response {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        include_str!("../../templates/stil.css"),
    )
        .into_response()
}

#[derive(Template)]
#[template(path = "mailboxes.html")]
struct MailboxesPage {
    q: String,
    found: Vec<Overview>,
    provider: String,
    period: String,
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
}

async fn mailboxes(State(app): App, Query(Search { q }): Query<Search>) -> Page {
    let part = q.clone();
    let found = blocking(&app, move |provider| provider.mailboxes(&part, 50)).await?;
    let config = app.config();
    Ok(show(&MailboxesPage {
        q,
        found,
        provider: config.own_domain().to_owned(),
        period: in_words(config.legal_period.as_secs()),
    }))
}

/// A length of time as people say it.
fn in_words(seconds: i64) -> String {
    match seconds {
        s if s >= 3600 && s % 3600 == 0 => format!("{} saat", s / 3600),
        s if s >= 60 && s % 60 == 0 => format!("{} dakika", s / 60),
        s => format!("{s} saniye"),
    }
}

/// One row of a folder.
struct Row {
    subject: String,
    other: String,
    at: String,
    unread: bool,
    link: String,
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct MailboxPage {
    address: String,
    folders: Vec<(String, String, bool)>,
    rows: Vec<Row>,
    sms_key: Option<String>,
}

#[derive(Deserialize)]
struct Folder {
    adres: String,
    dizin: Option<String>,
}

async fn mailbox(State(app): App, Query(folder): Query<Folder>) -> Page {
    let address = folder.adres;
    let name = folder.dizin.unwrap_or_else(|| INBOX.into());
    let (account, chosen) = (address.clone(), name.clone());
    let (listed, sms_key) = blocking(&app, move |provider| {
        let account = provider
            .account(&account)?
            .ok_or(Refusal::UnknownMailbox(account.clone()))?
            .address;
        Ok((
            provider.list(&account, &chosen, None, None)?,
            provider.waiting_sms_key(&account)?,
        ))
    })
    .await?;
    let rows = listed
        .into_iter()
        .rev()
        .take(500)
        .map(|it| row(it, &address))
        .collect();
    let folders = [
        ("INBOX", "Gelen"),
        ("INBOX.Sent", "Gönderilen"),
        ("INBOX.Delil", "Deliller"),
    ]
    .map(|(id, title)| (title.to_owned(), link::folder(&address, id), id == name));
    Ok(show(&MailboxPage {
        address,
        folders: folders.into(),
        rows,
        sms_key,
    }))
}

fn row(it: Listed, address: &str) -> Row {
    let other = if it.item.folder == INBOX {
        it.message.sender
    } else {
        it.recipients.join(", ")
    };
    Row {
        subject: titled(&it.message.subject),
        other,
        at: for_people(it.item.arrived_at),
        unread: it.item.folder == INBOX && it.item.seen_at.is_none(),
        link: link::letter(address, &it.item.folder, it.item.sira_no),
    }
}

fn titled(subject: &str) -> String {
    if subject.is_empty() {
        "(konu yok)".into()
    } else {
        subject.to_owned()
    }
}

#[derive(Template)]
#[template(path = "letter.html")]
struct LetterPage {
    address: String,
    folder: String,
    sira_no: i64,
    subject: String,
    headers: Vec<(String, String)>,
    back: String,
    evidence_link: String,
    download_link: String,
    /// None: still closed, since opening it counts as reading.
    open: Option<OpenLetter>,
}

struct OpenLetter {
    text: String,
    all_headers: Vec<(String, String)>,
    attachments: Vec<(String, String, String)>,
}

#[derive(Deserialize)]
struct Entry {
    adres: String,
    dizin: String,
    no: i64,
    ek: Option<usize>,
}

impl Entry {
    fn reference(&self) -> MessageRef {
        MessageRef {
            kep_id: None,
            sira_no: Some(self.no),
            folder: self.dizin.clone(),
        }
    }
}

async fn letter(State(app): App, Query(entry): Query<Entry>) -> Page {
    let which = entry.reference();
    let account = entry.adres.clone();
    let (listed, opened) = blocking(&app, move |provider| {
        let listed = provider.entry(&account, &which)?;
        let closed = listed.item.folder == INBOX && listed.item.seen_at.is_none();
        let opened = if closed {
            None
        } else {
            Some(opened(provider, &account, &which)?)
        };
        Ok((listed, opened))
    })
    .await?;
    Ok(show(&letter_page(&entry, listed, opened)))
}

/// What the reader sees: the original message, or the evidence mail itself.
fn opened(provider: &Provider, account: &str, which: &MessageRef) -> Result<mime::Opened, Error> {
    let part = if which.folder == crate::engine::EVIDENCE {
        Part::All
    } else {
        Part::Original
    };
    let files = provider.download(account, which, part)?;
    Ok(files
        .first()
        .map(|file| mime::open(&file.bytes))
        .unwrap_or_default())
}

fn letter_page(entry: &Entry, listed: Listed, opened: Option<mime::Opened>) -> LetterPage {
    let message = listed.message;
    let mut headers = vec![
        ("Gönderen".into(), message.sender.clone()),
        ("Alıcılar".into(), listed.recipients.join(", ")),
        ("Gönderilme".into(), for_people(message.submitted_at)),
        ("Kutuya giriş".into(), for_people(listed.item.arrived_at)),
        ("kepId".into(), listed.item.kep_id),
        ("OrgMesajId".into(), message.org_mesaj_id),
    ];
    if let Some(at) = listed.item.seen_at {
        headers.push(("Okunma".into(), for_people(at)));
    }
    if let Some(address) = crate::engine::uets_address(&entry.adres) {
        headers.push(("UETS adresi".into(), address));
        headers.push(("Tür".into(), "elektronik tebligat (prova)".into()));
    }
    let open = opened.map(|it| OpenLetter {
        text: it.text,
        all_headers: it.headers,
        attachments: it
            .attachments
            .iter()
            .enumerate()
            .map(|(n, file)| {
                let link = link::attachment(&entry.adres, &entry.dizin, entry.no, n);
                (file.name.clone(), size(file.bytes.len()), link)
            })
            .collect(),
    });
    LetterPage {
        back: link::folder(&entry.adres, &entry.dizin),
        evidence_link: link::evidence(&message.kep_id),
        download_link: link::whole(&entry.adres, &entry.dizin, entry.no),
        address: entry.adres.clone(),
        folder: entry.dizin.clone(),
        sira_no: entry.no,
        subject: titled(&message.subject),
        headers,
        open,
    }
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} bayt"),
        1024..1_048_576 => format!("{} KB", bytes.div_ceil(1024)),
        _ => format!(
            "{},{} MB",
            bytes / 1_048_576,
            bytes % 1_048_576 * 10 / 1_048_576
        ),
    }
}

async fn read(State(app): App, Form(entry): Form<Entry>) -> Result<Redirect, Failed> {
    let (account, which) = (entry.adres.clone(), entry.reference());
    blocking(&app, move |provider| provider.confirm(&account, &which)).await?;
    Ok(Redirect::to(&link::letter(
        &entry.adres,
        &entry.dizin,
        entry.no,
    )))
}

async fn attachment(State(app): App, Query(entry): Query<Entry>) -> Result<Response, Failed> {
    let n = entry.ek.unwrap_or_default();
    let (account, which) = (entry.adres.clone(), entry.reference());
    let mut opened = blocking(&app, move |provider| opened(provider, &account, &which)).await?;
    if n >= opened.attachments.len() {
        return Err(Error::from(Refusal::UnknownMessage(format!("ek {}", n + 1))).into());
    }
    Ok(download(opened.attachments.swap_remove(n).into()))
}

async fn whole(State(app): App, Query(entry): Query<Entry>) -> Result<Response, Failed> {
    let (account, which) = (entry.adres.clone(), entry.reference());
    let mut files = blocking(&app, move |provider| {
        provider.download(&account, &which, Part::All)
    })
    .await?;
    match files.pop() {
        Some(file) => Ok(download(file)),
        None => Err(Error::from(Refusal::UnknownMessage(entry.no.to_string())).into()),
    }
}

/// Never shown by the browser itself: what is in a letter is not ours.
fn download(file: File) -> Response {
    let disposition = format!("attachment; filename*=UTF-8''{}", link::percent(&file.name));
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, file.bytes).into_response()
}

/// One line of the evidence list.
struct EvidenceRow {
    code: String,
    text: String,
    at: String,
    recipient: String,
    kephs: String,
    id: String,
}

#[derive(Template)]
#[template(path = "evidence.html")]
struct EvidencePage {
    subject: String,
    kep_id: String,
    org_mesaj_id: String,
    rows: Vec<EvidenceRow>,
}

#[derive(Deserialize)]
struct OfMessage {
    kepid: String,
}

async fn evidence(State(app): App, Query(which): Query<OfMessage>) -> Page {
    let (message, views) = blocking(&app, move |provider| provider.story(&which.kepid)).await?;
    Ok(show(&EvidencePage {
        subject: titled(&message.subject),
        kep_id: message.kep_id,
        org_mesaj_id: message.org_mesaj_id,
        rows: views.into_iter().rev().map(evidence_row).collect(),
    }))
}

fn evidence_row(
    EvidenceView {
        evidence: it,
        recipient,
    }: EvidenceView,
) -> EvidenceRow {
    EvidenceRow {
        code: it
            .code
            .map_or_else(|| "kodsuz".into(), |code| code.to_string()),
        text: it.text,
        at: it.time_text.unwrap_or_else(|| for_people(it.event_at)),
        recipient: recipient.unwrap_or_default(),
        kephs: it.kephs,
        id: it.delil_id,
    }
}

async fn evidence_xml(State(app): App, Path(id): Path<String>) -> Result<Response, Failed> {
    let name = format!("Delil-{id}.xml");
    let bytes = blocking(&app, move |provider| provider.any_evidence_xml(&id)).await?;
    Ok(download(File {
        name,
        media_type: "application/xml".into(),
        bytes,
    }))
}

#[derive(Template)]
#[template(path = "misbehaviours.html")]
struct MisbehavioursPage {
    on: Vec<Rule>,
    kinds: &'static [Kind],
    manual_clock: bool,
    now: String,
}

async fn misbehaviours(State(app): App) -> Page {
    let on = blocking(&app, |provider| provider.misbehaviours()).await?;
    Ok(show(&MisbehavioursPage {
        on,
        kinds: Kind::ALL,
        manual_clock: app.has_manual_clock(),
        now: for_people(app.now()),
    }))
}

#[derive(Deserialize)]
struct RuleForm {
    kind: String,
    operation: String,
    address: String,
    count: String,
    seconds: String,
    number: String,
    text: String,
}

async fn misbehave(State(app): App, Form(form): Form<RuleForm>) -> Result<Redirect, Failed> {
    let rule = rule_of(form)?;
    blocking(&app, move |provider| provider.misbehave(&rule)).await?;
    Ok(Redirect::to("/aksakliklar"))
}

fn rule_of(form: RuleForm) -> Result<NewRule, Error> {
    let kind = Kind::from_name(&form.kind)
        .ok_or_else(|| Error::Config(format!("Böyle bir aksaklık yok: {}", form.kind)))?;
    Ok(NewRule {
        kind,
        operation: words(form.operation),
        address: words(form.address),
        count: number(&form.count)?,
        seconds: number(&form.seconds)?,
        number: number(&form.number)?,
        text: words(form.text),
    })
}

fn words(text: String) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn number(text: &str) -> Result<Option<i64>, Error> {
    match text.trim() {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| Error::Config(format!("Sayı okunamadı: {text}. Geri dönüp düzeltin."))),
    }
}

#[derive(Deserialize)]
struct Off {
    /// Empty: all.
    #[serde(default)]
    id: String,
}

async fn behave(State(app): App, Form(off): Form<Off>) -> Result<Redirect, Failed> {
    let id = number(&off.id)?;
    blocking(&app, move |provider| match id {
        Some(id) => provider.behave(id).map(drop),
        None => provider.behave_entirely(),
    })
    .await?;
    Ok(Redirect::to("/aksakliklar"))
}

#[derive(Template)]
#[template(path = "counters.html")]
struct CountersPage {
    rows: Vec<Count>,
    repeated: usize,
}

async fn counters(State(app): App) -> Page {
    let rows = blocking(&app, |provider| provider.counts(500)).await?;
    let repeated = rows.iter().filter(|row| row.accepted > 1).count();
    Ok(show(&CountersPage { rows, repeated }))
}
