//! The process is killed between the officer's last signature and Held; the letter still arrives, once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod office;
mod running;

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use dys::access::user::{self, NewUser};
use dys::access::{Actor, Role};
use dys::app::App;
use dys::config::Mode;
use dys::dispatch::account::{self, AccountSettings, Binding, MessageSigner};
use dys::dispatch::{crash, order, send, tracking};
use dys::setting;
use dys::signature::rehearsal::PIN;

/// Beyond this something hangs.
const PATIENCE: Duration = Duration::from_secs(120);

fn serve(data: &Path, crash_at: Option<&str>) -> Child {
    let mut command = running::command(data);
    command
        .args(["serve", "--rehearsal"])
        .env("DYS_LISTEN", "127.0.0.1:0")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(point) = crash_at {
        command.env(crash::VARIABLE, point);
    }
    command.spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_last_signature_the_letter_is_sent_once() {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(office::config(&folder), Mode::Rehearsal).unwrap();
    let (clerk, _) = office::people(&app);
    let provider = kephs::start(office::provider_config(&folder.path().join("kephs")))
        .await
        .unwrap();
    let unit = clerk.home_unit().unwrap().to_owned();
    let binding = Binding {
        unit_id: unit.clone(),
        address: office::ADDRESS.to_owned(),
        endpoint: provider.endpoint(),
        national_id: "10000000146".to_owned(),
        password: "parola".to_owned(),
        passphrase: "sifre".to_owned(),
        settings: AccountSettings {
            request_timeout_seconds: 5,
            signer: MessageSigner::Officer,
            ..AccountSettings::default()
        },
    };
    account::bind(&app, &Actor::system(), binding)
        .await
        .unwrap();
    let officer = app
        .write(&Actor::system(), move |tx, act| {
            setting::put(tx, setting::HOLD_SECONDS.key, "0")?;
            let new = NewUser {
                login: "hasan".to_owned(),
                full_name: "Hasan Güneş".to_owned(),
                title: String::new(),
                password_hash: String::new(),
                roles: vec![(Role::KepOfficer, unit)],
                is_demo: true,
            };
            let id = user::add(tx, act, &new)?;
            user::actor(tx, &id)
        })
        .await
        .unwrap();
    let (id, version) = office::signed(&app, &clerk, &["havsa yazı"]).await;
    let asked = send::send(&app, &clerk, &id, version).await.unwrap();
    assert!(asked.awaits_officer);
    // The last signature is kept, and nothing else happens here: the server has to go on with it.
    order::sign_with_key(&app, &officer, &id, PIN)
        .await
        .unwrap();

    let point = format!("{}:1", crash::ORDER_SIGNED);
    let mut process = serve(folder.path(), Some(&point));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = process.try_wait().unwrap() {
            break status;
        }
        assert!(
            start.elapsed() < PATIENCE,
            "the crash point was not reached"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(status.signal(), Some(9), "killed there");

    let mut process = serve(folder.path(), None);
    let start = Instant::now();
    let message = loop {
        let letter = id.clone();
        let (_, ways) = app
            .read(&clerk, move |tx, act| tracking::letter(tx, act, &letter))
            .await
            .unwrap();
        let message = ways.into_iter().find_map(|way| way.message);
        if let Some(message) = message.filter(|message| message.sent_at.is_some()) {
            break message;
        }
        assert!(start.elapsed() < PATIENCE, "it was not sent");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(office::times_received(&provider, &message), 1);
}
