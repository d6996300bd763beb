//! Start-up, idle memory, server time of the main pages and their weight, on the real program.
//!
//! `cargo bench --profile dev --bench serving` (the profile of `make demo`). The program runs as
//! `dys demo` on a folder of its own, twice: the first start seeds, the second is measured. Ends
//! with an error when a page could not be fetched.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION};
use running::{PASSWORD, Running, Visitor, children, status_number};
use timing::percentile;

#[path = "../tests/running/mod.rs"]
mod running;
mod timing;

/// Sequential requests of each page, after a few that are not counted.
const ROUNDS: usize = 200;
const WARMING: usize = 5;
/// After this time without a request the memory is read.
const QUIET: Duration = Duration::from_secs(5);
const LETTERS: &str = "/sorgular/birim-giden-evrak";
const FOUND: &str = "/sorgular/birim-giden-evrak?subject=su&from=01.01.2026&until=31.12.2026";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let first = Running::demo(folder.path()).await;
    println!("first start, seeding   {:>9}", seconds(first.started_in));
    assert!(first.stop().success(), "the first run did not end well");

    let server = Running::demo(folder.path()).await;
    println!("start-up               {:>9}", seconds(server.started_in));
    tokio::time::sleep(QUIET).await;
    for (name, kibibytes) in resident(server.id()) {
        println!("idle memory, {name:9} {:>9}", megabytes(kibibytes));
    }

    println!(
        "\n{:52} {:>8} {:>8} {:>11} {:>11} {:>10} {:>12}",
        "page", "p50 ms", "p99 ms", "health p50", "health p99", "html B", "html+css+js"
    );
    let mut missing = 0;
    for (who, pages) in pages(&server, folder.path()).await {
        for page in pages {
            if let Err(status) = measure(&who, &page).await {
                println!("{:52} {status}", page.title());
                missing += 1;
            }
        }
    }
    for (name, kibibytes) in resident(server.id()) {
        println!("memory after it, {name:9} {:>6}", megabytes(kibibytes));
    }
    assert!(server.stop().success(), "the second run did not end well");
    if missing > 0 {
        println!("{missing} pages could not be fetched");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn megabytes(kibibytes: u64) -> String {
    format!("{:.1} MB", kibibytes as f64 * 1_024.0 / 1e6)
}

/// A page and, for the API, the token that it is asked with.
struct Page {
    login: &'static str,
    path: String,
    token: Option<String>,
}

impl Page {
    /// Who and what, cut to the width of its column.
    fn title(&self) -> String {
        let parts: Vec<&str> = self.path.split('/').collect();
        let named = parts.iter().map(|part| match part.len() {
            36 if !part.contains('?') => "{id}",
            _ => part,
        });
        let title = format!("{:6} {}", self.login, named.collect::<Vec<_>>().join("/"));
        title.chars().take(52).collect()
    }

    fn request(&self, who: &Visitor) -> RequestBuilder {
        let request = who.get(&self.path);
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }
}

/// The main pages of a clerk and of the registry officer.
async fn pages(server: &Running, data: &Path) -> Vec<(Visitor, Vec<Page>)> {
    let mut all = Vec::new();
    for login in ["ayse", "zeynep"] {
        let visitor = Visitor::log_in(&server.url, login, PASSWORD).await;
        let letter = letter(&visitor).await;
        let post = format!("{letter}/posta");
        // Sets the draft as a page each time: what the typesetter leaves in memory is seen below.
        let preview = format!("{}/onizleme", visitor.new_letter().await);
        let waiting = waiting(&visitor).await;
        let search = "/birimler/agac?adi=havsa+belediye";
        let pages = [
            "/", "/evrak", &letter, LETTERS, FOUND, &post, search, "/gelen", &preview,
        ];
        let mut pages: Vec<Page> = pages
            .into_iter()
            .chain(waiting.as_deref())
            .map(|path| Page {
                login,
                path: path.to_owned(),
                token: None,
            })
            .collect();
        pages.push(Page {
            login,
            path: "/api/v1/outgoing".to_owned(),
            token: Some(token(data, login)),
        });
        all.push((visitor, pages));
    }
    all
}

/// A letter that was sent, or a new draft where none is.
async fn letter(visitor: &Visitor) -> String {
    let sent = visitor.get(LETTERS).send().await.unwrap();
    let list = sent.text().await.unwrap();
    let ids = list.split("href=\"/evrak/").skip(1);
    let id = ids
        .filter_map(|rest| rest.split(['"', '/', '?', '#']).next())
        .find(|id| id.len() == 36);
    match id {
        Some(id) => format!("/evrak/{id}"),
        None => visitor.new_letter().await,
    }
}

/// *Evrakı Gönder* of a letter that waits for it, if one does.
async fn waiting(visitor: &Visitor) -> Option<String> {
    let list = visitor.get("/gonderilmeyi-bekleyenler");
    let list = list.send().await.unwrap().text().await.unwrap();
    let way = list.split('"').find(|text| text.ends_with("/gonder"))?;
    Some(way.to_owned())
}

/// The API token that the demo wrote for a person.
fn token(data: &Path, login: &str) -> String {
    let keys = std::fs::read_to_string(data.join("demo.json")).unwrap();
    let keys: serde_json::Value = serde_json::from_str(&keys).unwrap();
    keys["tokens"][login].as_str().unwrap().to_owned()
}

/// Prints one line; the status when the page is not there.
async fn measure(who: &Visitor, page: &Page) -> Result<(), String> {
    let answer = page.request(who).send().await.map_err(|e| e.to_string())?;
    if answer.status() != 200 {
        return Err(format!("{} instead of a page", answer.status()));
    }
    let html = answer.text().await.map_err(|error| error.to_string())?;
    let weight = weight(who, page, &html).await;

    let (mut times, mut health) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS + WARMING {
        let page_time = timed(page.request(who)).await?;
        let health_time = timed(who.get("/health")).await?;
        if round >= WARMING {
            times.push(page_time);
            health.push(health_time);
        }
    }
    println!(
        "{:52} {:8.2} {:8.2} {:11.2} {:11.2} {:10} {weight:>12}",
        page.title(),
        percentile(&mut times, 50),
        percentile(&mut times, 99),
        percentile(&mut health, 50),
        percentile(&mut health, 99),
        html.len(),
    );
    Ok(())
}

/// From the request to the last byte of the answer, over a connection that is kept.
async fn timed(request: RequestBuilder) -> Result<Duration, String> {
    let begun = Instant::now();
    let answer = request.send().await.map_err(|error| error.to_string())?;
    let status = answer.status();
    answer.bytes().await.map_err(|error| error.to_string())?;
    if status != 200 {
        return Err(format!("{status} in a later round"));
    }
    Ok(begun.elapsed())
}

/// Page, style sheets and scripts: bytes raw, and as they travel to a browser that takes gzip.
async fn weight(who: &Visitor, page: &Page, html: &str) -> String {
    let mut raw = html.len();
    let mut travelled = length(page.request(who).header(ACCEPT_ENCODING, "gzip")).await;
    let assets = html.split('"').filter(|text| text.starts_with("/assets/"));
    for asset in assets.filter(|path| path.contains(".css") || path.contains("app.js")) {
        raw += length(who.get(asset)).await;
        travelled += length(who.get(asset).header(ACCEPT_ENCODING, "gzip")).await;
    }
    format!("{raw}/{travelled}")
}

async fn length(request: RequestBuilder) -> usize {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.url());
    answer.bytes().await.unwrap().len()
}

/// Resident memory in KiB of the server and of the provider that it started.
fn resident(id: u32) -> Vec<(&'static str, u64)> {
    let memory = |id| status_number(id, "VmRSS:").unwrap_or_default();
    let providers = children(id).into_iter().map(|id| ("provider", memory(id)));
    std::iter::once(("DYS", memory(id)))
        .chain(providers)
        .collect()
}
