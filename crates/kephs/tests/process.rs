//! The provider as a process: killed without warning, asked to end, left alone by its parent.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
};

use common::*;

struct Process {
    child: Child,
    address: SocketAddr,
}

fn start(folder: &Path, more: &[&str]) -> Process {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kephs"))
        .args(["serve", "--data"])
        .arg(folder)
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let serving: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(serving["event"], "serving");
    Process {
        child,
        address: serving["address"].as_str().unwrap().parse().unwrap(),
    }
}

fn create_account(folder: &Path) {
    let made = Command::new(env!("CARGO_BIN_EXE_kephs"))
        .args([
            "account",
            "--address",
            SENDER,
            "--tcno",
            "10000000146",
            "--data",
        ])
        .arg(folder)
        .envs([("KEPHS_PAROLA", "parola"), ("KEPHS_SIFRE", "sifre")])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}

fn counters(address: SocketAddr) -> Vec<serde_json::Value> {
    serde_json::from_slice(&get(address, "/prova/api/counters").body).unwrap()
}

/// The count of a Message-ID, once the deliveries that a restart finds undone have been done.
fn settled(address: SocketAddr, id: &str) -> Option<(i64, i64)> {
    let id = format!("<{id}@hs99.kep.example>");
    loop {
        let all = counters(address);
        let found = all.iter().find(|it| it["org_mesaj_id"] == id.as_str())?;
        let count = |name: &str| found[name].as_i64().unwrap();
        if count("accepted") == count("delivered") {
            return Some((count("accepted"), count("delivered")));
        }
    }
}

#[test]
fn what_was_answered_survives_a_kill_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    create_account(folder.path());
    for round in 0..6 {
        let mut process = start(folder.path(), &[]);
        let address = process.address;
        let stop = AtomicBool::new(false);
        let answered = std::thread::scope(|scope| {
            let sender = scope.spawn(|| {
                let mut answered = Vec::new();
                for n in 0.. {
                    let id = format!("r{round}-{n}");
                    if stop.load(Ordering::SeqCst) || !is_accepted(address, &id) {
                        return (answered, id);
                    }
                    answered.push(id);
                }
                unreachable!("the loop ends with the provider")
            });
            // Each round lets a different number of messages through before the kill.
            while counters(address).len() < 3 * (round + 1) {}
            process.child.kill().unwrap();
            process.child.wait().unwrap();
            stop.store(true, Ordering::SeqCst);
            sender.join().unwrap()
        });
        let (answered, unanswered) = answered;
        let mut again = start(folder.path(), &[]);
        for id in &answered {
            assert_eq!(settled(again.address, id), Some((1, 1)), "{id}");
        }
        assert!(matches!(
            settled(again.address, &unanswered),
            None | Some((1, 1))
        ));
        again.child.kill().unwrap();
        again.child.wait().unwrap();
    }
}

/// Whether the provider answered that it accepted; false once it is gone.
fn is_accepted(address: SocketAddr, id: &str) -> bool {
    std::panic::catch_unwind(|| call_raw(address, &yukle(id, &[READER]), true))
        .is_ok_and(|reply| reply.status == 200 && reply.is_whole())
}

#[test]
fn it_ends_cleanly_when_asked_or_when_its_parent_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let mut asked = start(folder.path(), &[]);
    let id = asked.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert!(asked.child.wait().unwrap().success());

    let mut left = start(folder.path(), &["--end-with-stdin"]);
    drop(left.child.stdin.take());
    assert!(left.child.wait().unwrap().success());
}

#[test]
fn a_wrong_start_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let open = Command::new(env!("CARGO_BIN_EXE_kephs"))
        .args(["serve", "--listen", "0.0.0.0:0", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(!open.status.success());
    assert!(String::from_utf8_lossy(&open.stderr).contains("yalnızca bu bilgisayarın"));

    let first = start(folder.path(), &[]);
    let taken = first.address.to_string();
    let busy = Command::new(env!("CARGO_BIN_EXE_kephs"))
        .args(["serve", "--listen", &taken, "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&busy.stderr).contains("Başka bir kapı verin"));
    let mut first = first;
    first.child.kill().unwrap();
    first.child.wait().unwrap();
}
