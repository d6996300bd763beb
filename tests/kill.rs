//! The process is killed before, during and after the provider call; every letter arrives once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod office;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dys::access::Actor;
use dys::app::App;
use dys::config::Mode;
use dys::dispatch::{Outgoing, crash, send, tracking};
use dys::inbox::list::{Criteria, search};
use dys::setting;
use tempfile::TempDir;

/// Kills in all; the three places take turns.
const ROUNDS: usize = 50;
/// The same on a database server, which keeps its own promises.
const ROUNDS_ON_A_SERVER: usize = 12;
/// Beyond this something hangs. Lost answers are asked after ever less often, so what was killed
/// first waits longest.
const PATIENCE: Duration = Duration::from_secs(300);

/// An installation in `folder`, on the database of a test.
fn installed(folder: &TempDir, database: Option<String>) -> App {
    let mut config = office::config(folder);
    config.database = database;
    App::open(config, Mode::Rehearsal).unwrap()
}

fn serve(app: &App, crash_at: Option<&str>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dys"));
    command
        .args(["serve", "--rehearsal"])
        .env("DYS_DATA", &app.config.data)
        .env("DYS_LISTEN", "127.0.0.1:0")
        .env_remove("DYS_DATABASE")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(database) = &app.config.database {
        command.env("DYS_DATABASE", database);
    }
    if let Some(point) = crash_at {
        command.env(crash::VARIABLE, point);
    }
    command.spawn().unwrap()
}

/// Waits until the process ended by itself; true when it was killed by a signal.
fn was_killed(child: &mut Child) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.signal() == Some(9);
        }
        assert!(
            start.elapsed() < PATIENCE,
            "the crash point was not reached"
        );
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_fifty_times_every_letter_arrives_exactly_once() {
    for test in office::engines().await {
        let rounds = match test.database {
            Some(_) => ROUNDS_ON_A_SERVER,
            None => ROUNDS,
        };
        kill_while_sending(test.database.clone(), rounds).await;
    }
}

async fn kill_while_sending(database: Option<String>, rounds: usize) {
    let folder = tempfile::tempdir().unwrap();
    let app = installed(&folder, database);
    let (clerk, _) = office::people(&app);
    let provider = kephs::start(office::provider_config(&folder.path().join("kephs")))
        .await
        .unwrap();
    office::bind(&app, &clerk, provider.endpoint()).await;
    app.store
        .write_blocking(|tx| {
            setting::put(tx, setting::HOLD_SECONDS.key, "0")?;
            setting::put(tx, setting::PROVIDER_DELAY_SECONDS.key, "1")?;
            // A killed worker's lease: the call's time-out of two seconds, and this much more.
            setting::put(tx, setting::LEASE_GRACE_SECONDS.key, "0")
        })
        .unwrap();

    let points = [crash::BEFORE_CALL, crash::DURING_CALL, crash::AFTER_CALL];
    let mut letters = Vec::new();
    for round in 0..rounds {
        let (id, version) = office::signed(&app, &clerk, &["havsa yazı"]).await;
        send::send(&app, &clerk, &id, version).await.unwrap();
        letters.push(id);
        let point = format!("{}:1", points[round % points.len()]);
        let mut process = serve(&app, Some(&point));
        let killed = tokio::task::spawn_blocking(move || was_killed(&mut process))
            .await
            .unwrap();
        assert!(killed, "round {round}: {point}");
    }

    let mut process = serve(&app, None);
    let start = Instant::now();
    let mut messages: Vec<Outgoing> = Vec::new();
    while start.elapsed() < PATIENCE {
        messages.clear();
        for id in &letters {
            let id = id.clone();
            let (_, ways) = app
                .read(&clerk, move |tx, act| tracking::letter(tx, act, &id))
                .await
                .unwrap();
            messages.extend(ways.into_iter().filter_map(|way| way.message));
        }
        if messages.iter().all(|message| message.sent_at.is_some()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(messages.len(), rounds);
    for message in &messages {
        assert!(message.sent_at.is_some(), "{message:?}");
        assert_eq!(office::times_received(&provider, message), 1, "{message:?}");
    }
}

/// Kills while receiving; the four places take turns.
const INCOMING_ROUNDS: usize = 12;

async fn registered(app: &App, who: &Actor) -> Vec<String> {
    app.read(who, |tx, act| {
        let page = search(tx, act, &Criteria::default())?;
        Ok(page.lines.into_iter().map(|line| line.subject).collect())
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_receiving_every_message_is_registered_exactly_once() {
    for test in office::engines().await {
        kill_while_receiving(test.database.clone()).await;
    }
}

async fn kill_while_receiving(database: Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let app = installed(&folder, database);
    let (clerk, registry) = office::people(&app);
    let provider = kephs::start(office::provider_config(&folder.path().join("kephs")))
        .await
        .unwrap();
    office::bind(&app, &clerk, provider.endpoint()).await;
    app.store
        .write_blocking(|tx| {
            setting::put(tx, setting::MAILBOX_SECONDS.key, "1")?;
            setting::put(tx, setting::CONFIRMATION.key, "itself")?;
            // A killed worker's claim of a message, beside what its call may take.
            setting::put(tx, setting::LEASE_GRACE_SECONDS.key, "0")
        })
        .unwrap();
    let sender = "ahmet.yildiz@hs02.kep.tr";
    let account = kephs::NewAccount {
        address: sender.into(),
        ..office::provider_config(folder.path()).accounts.remove(0)
    };
    provider.provider().put_account(&account).unwrap();

    let points = [
        crash::INBOX_FETCHED,
        crash::INBOX_STORED,
        crash::INBOX_OPENED,
        crash::INBOX_REGISTERED,
    ];
    for round in 0..INCOMING_ROUNDS {
        let message = format!(
            "From: {sender}\r\nTo: {}\r\nMessage-ID: <{round}@hs02>\r\nSubject: Dilek {round}\r\n\
             MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
             \r\nMetin {round}\r\n",
            office::ADDRESS
        );
        provider
            .provider()
            .accept(sender, message.as_bytes())
            .unwrap();
        let point = format!("{}:1", points[round % points.len()]);
        let mut process = serve(&app, Some(&point));
        let killed = tokio::task::spawn_blocking(move || was_killed(&mut process))
            .await
            .unwrap();
        assert!(killed, "round {round}: {point}");
    }

    let mut process = serve(&app, None);
    let start = Instant::now();
    while start.elapsed() < PATIENCE && registered(&app, &registry).await.len() < INCOMING_ROUNDS {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    process.kill().unwrap();
    process.wait().unwrap();
    let mut subjects = registered(&app, &registry).await;
    subjects.sort();
    let mut expected: Vec<String> = (0..INCOMING_ROUNDS).map(|n| format!("Dilek {n}")).collect();
    expected.sort();
    assert_eq!(subjects, expected);
}
