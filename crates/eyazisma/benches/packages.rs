//! Packages per second on one core, written and read with `check()`, beside plain ZIP and SHA over
//! the same bytes in the same run: `cargo bench --profile dev -p eyazisma --bench packages`.
#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::io::{Cursor, Read as _, Write as _};
use std::time::{Duration, Instant};

use eyazisma::{Draft, File, Limits, Options, Package, Settings};
use sha2::{Digest as _, Sha384, Sha512};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// How long each measurement runs at least.
const AT_LEAST: Duration = Duration::from_secs(2);

fn main() {
    println!(
        "{:>12} {:34} {:>10} {:>9}",
        "attachments", "work", "packages/s", "ms each"
    );
    for kilobytes in [30, 1000] {
        let (letter, files) = content(kilobytes * 1024);
        let bytes = write(&letter, &files);
        let label = format!("3 x {kilobytes} KB");
        measure(&label, "write", || {
            std::hint::black_box(write(&letter, &files));
        });
        measure(&label, "plain zip + sha-384 + sha-512", || {
            plain_write(&letter, &files)
        });
        measure(&label, "read + check", || {
            let package = Package::read(Cursor::new(&bytes), &Limits::default()).unwrap();
            assert!(package.check(&Options::default()).is_empty());
        });
        measure(&label, "plain unzip + sha-384 + sha-512", || {
            plain_read(&bytes)
        });
    }
}

/// Bytes that compress about as well as PDF files do: hardly.
fn content(size: usize) -> (Vec<u8>, Vec<File>) {
    let mut state = 1_u64;
    let mut noise = |size: usize| -> Vec<u8> {
        (0..size)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (state >> 56) as u8
            })
            .collect()
    };
    let files = (1..=3)
        .map(|number| File {
            id: common::guid(number),
            bytes: noise(size),
        })
        .collect();
    (noise(40 * 1024), files)
}

fn write(letter: &[u8], files: &[File]) -> Vec<u8> {
    let draft = Draft::new(
        common::metadata(),
        letter.to_vec(),
        files.to_vec(),
        Settings::default(),
    );
    common::finish(draft.unwrap()).bytes().unwrap()
}

/// The same bytes packed and each digested once, without format or rules.
fn plain_write(letter: &[u8], files: &[File]) {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (number, bytes) in std::iter::once(letter)
        .chain(files.iter().map(|file| file.bytes.as_slice()))
        .enumerate()
    {
        std::hint::black_box((Sha384::digest(bytes), Sha512::digest(bytes)));
        zip.start_file(
            number.to_string(),
            SimpleFileOptions::default().compression_level(Some(6)),
        )
        .unwrap();
        zip.write_all(bytes).unwrap();
    }
    std::hint::black_box(zip.finish().unwrap());
}

fn plain_read(bytes: &[u8]) {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    for index in 0..archive.len() {
        let mut content = Vec::new();
        archive
            .by_index(index)
            .unwrap()
            .read_to_end(&mut content)
            .unwrap();
        std::hint::black_box((Sha384::digest(&content), Sha512::digest(&content)));
    }
}

fn measure(label: &str, work: &str, mut once: impl FnMut()) {
    once();
    let begun = Instant::now();
    let mut rounds = 0_u32;
    while begun.elapsed() < AT_LEAST {
        once();
        rounds += 1;
    }
    let each = begun.elapsed().as_secs_f64() / f64::from(rounds);
    println!(
        "{label:>12} {work:34} {:>10.1} {:>9.2}",
        1.0 / each,
        each * 1000.0
    );
}
