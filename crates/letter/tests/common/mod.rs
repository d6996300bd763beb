//! The letters of `tests/letters/`, and what independent tools see in them.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

use letter::{Fonts, Letterhead, Logo, Sheet};

/// The letters.
pub const NAMES: [&str; 13] = [
    "short",
    "three_pages",
    "two_signers",
    "forty_recipients",
    "thirty_attachments",
    "dated",
    "consent",
    "long_names",
    "tables",
    "person",
    "one_long_paragraph",
    "consent_two_pages",
    "ninety_recipients",
];

/// A file of the letters' folder.
pub fn file(name: &str) -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo"))
        .join("tests/letters")
        .join(name)
}

/// The serif that the program embeds, as the front-end build copied it.
pub fn fonts() -> Fonts {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo"))
        .join("../../assets/dist/fonts");
    let faces = ["regular", "italic", "bold", "bold-italic"].map(|face| {
        std::fs::read(folder.join(format!("serif-{face}.ttf"))).expect("npm run build")
    });
    Fonts::new(faces).unwrap()
}

/// A letter and its letterhead, with the logos that it names.
pub fn letter(name: &str) -> (Sheet, Letterhead) {
    let text = std::fs::read_to_string(file(&format!("{name}.json"))).unwrap();
    let both: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut head: Letterhead = serde_json::from_value(both["letterhead"].clone()).unwrap();
    let logo = |side: &str| {
        let named = both["letterhead"]["logos"]
            .as_array()
            .is_some_and(|logos| logos.iter().any(|logo| logo == side));
        named.then(|| Logo::check(std::fs::read(file(&format!("{side}.svg"))).unwrap()).unwrap())
    };
    (head.left_logo, head.right_logo) = (logo("left"), logo("right"));
    (serde_json::from_value(both["sheet"].clone()).unwrap(), head)
}

/// Leaves the file in the folder that `LETTER_PAGES` names, where it is set.
pub fn keep(name: &str, bytes: &[u8]) {
    if let Some(folder) = std::env::var_os("LETTER_PAGES") {
        std::fs::write(Path::new(&folder).join(format!("{name}.pdf")), bytes).unwrap();
    }
}

/// What a tool prints, or `None` where it is not installed.
pub fn run(tool: &str, arguments: &[&str]) -> Option<String> {
    let output = match Command::new(tool).args(arguments).output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: {tool} is not installed");
            return None;
        }
        Err(error) => panic!("{tool}: {error}"),
    };
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool} {arguments:?}: {wrong}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
