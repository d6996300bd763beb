//! What a program says to the network, as strace sees it.

use std::path::Path;
use std::process::Command;

/// Runs the command under strace and gives every call that names the internet; none where strace is
/// not installed or may not trace.
pub fn internet_calls(command: &Command, folder: &Path) -> Option<Vec<String>> {
    let log = folder.join("ag.strace");
    let may_trace = Command::new("strace")
        .args(["-f", "-e", "trace=network", "-o"])
        .arg(&log)
        .arg("true")
        .output()
        .is_ok_and(|output| output.status.success());
    if !may_trace {
        eprintln!("skipped: strace is not installed, or may not trace here");
        return None;
    }
    let mut traced = Command::new("strace");
    traced
        .args(["-f", "-e", "trace=network", "-o"])
        .arg(&log)
        .arg(command.get_program())
        .args(command.get_args());
    let output = traced.output().unwrap();
    assert!(
        output.status.code().is_some_and(|code| code < 100),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = std::fs::read_to_string(&log).unwrap();
    let calls = text.lines().filter(|line| line.contains("AF_INET"));
    Some(calls.map(str::to_owned).collect())
}
