//! What a reader that is not ours sees in a PDF.
#![allow(dead_code, reason = "each test file uses another part of it")]

use std::io::Write as _;
use std::process::{Command, Stdio};

/// The text of a PDF by poppler, runs of spaces as one; `None`, said aloud, without poppler.
pub fn text(bytes: &[u8]) -> Option<String> {
    assert!(bytes.starts_with(b"%PDF-"), "no PDF");
    let started = Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut tool = match started {
        Ok(tool) => tool,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: pdftotext is not installed");
            return None;
        }
        Err(error) => panic!("pdftotext: {error}"),
    };
    tool.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = tool.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What the QR code of the first page says by zbar; `None`, said aloud, without zbar or poppler.
pub fn qr(bytes: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(place("letter.pdf"), bytes).unwrap();
    let run = |tool: &str, arguments: &[&str]| match Command::new(tool).args(arguments).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{tool}: {said}");
            Some(String::from_utf8(output.stdout).unwrap())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: {tool} is not installed");
            None
        }
        Err(error) => panic!("{tool}: {error}"),
    };
    let (page, picture) = (place("letter.pdf"), place("page"));
    run(
        "pdftoppm",
        &["-r", "200", "-png", "-singlefile", &page, &picture],
    )?;
    let read = run("zbarimg", &["--quiet", "--raw", &place("page.png")])?;
    Some(read.trim().to_owned())
}
