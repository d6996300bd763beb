//! Every seed of the fuzz targets goes through its reader: nothing panics, no promise breaks.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

#[path = "../fuzz/src/bundle.rs"]
mod bundle;
#[path = "../fuzz/src/parts.rs"]
mod parts;
#[path = "../fuzz/src/pki.rs"]
mod pki;
#[path = "../fuzz/src/program.rs"]
mod program;
#[path = "../fuzz/src/readers.rs"]
mod readers;

#[test]
fn every_seed_is_read_or_refused() {
    let seeds =
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo")).join("fuzz/seeds");
    let mut broken = Vec::new();
    for (name, target) in readers::TARGETS.iter().chain(program::TARGETS) {
        let mut count = 0;
        for entry in std::fs::read_dir(seeds.join(name)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            if catch_unwind(AssertUnwindSafe(|| target(&bytes))).is_err() {
                broken.push(path);
            }
            count += 1;
        }
        assert!(count > 0, "{name} has no seed");
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
