//! Writes packages into a folder, for tools that are not ours to look at:
//! `cargo run -p eyazisma --example write_samples FOLDER`.

#[path = "../tests/common/mod.rs"]
mod common;

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use eyazisma::{Draft, SecondDigest, Secrecy, SecrecyChange, Settings, Stamp, UpdateDraft};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(
        std::env::args()
            .nth(1)
            .ok_or("usage: write_samples FOLDER")?,
    );
    fs::create_dir_all(&folder)?;
    let draft = common::draft();
    let signature = common::cms(draft.initials_digest());
    let finished = common::finish(draft.with_initials_signature(signature));
    fs::write(folder.join("tam.eyp"), finished.bytes()?)?;
    fs::write(
        folder.join("eksiz-alici.eyp"),
        finished.without(&[common::guid(2)])?,
    )?;
    let settings = Settings {
        second_digest: SecondDigest::Sha256,
        ..Settings::default()
    };
    let second = Draft::new(
        common::metadata(),
        b"%PDF-".to_vec(),
        common::files(),
        settings,
    )?;
    fs::write(folder.join("sha256.eyp"), common::finish(second).bytes()?)?;
    let change = SecrecyChange {
        secrecy: Secrecy::None,
        date: Stamp::as_read("2026-11-25T09:00:00+03:00"),
        note: "Süre doldu".into(),
        decision_number: "E-24322010-010.06.01-9".into(),
        decision_id: common::guid(77).to_string(),
    };
    let created = "2026-11-25T11:00:00Z".parse()?;
    let update = UpdateDraft::new(&change, common::package(), created, &Settings::default())?;
    fs::write(
        folder.join("guncelleme.eypg"),
        update.seal(&common::cms(update.to_seal()))?,
    )?;
    Ok(())
}
