//! Letters a second on one core, each with a text of its own, and the wait for a preview while
//! somebody types. It starts itself again with one thread, so that a core is one core.
//!
//! The baseline beside them is the same letter's plain text through `pdftotext` of poppler, a
//! process a letter: what reading one back costs on the same machine in the same run.

#[path = "../tests/common/mod.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod common;

use std::time::{Duration, Instant};

use letter::{Block, Run};

const ROUNDS: u32 = 100;

const ONE_THREAD: &str = "RAYON_NUM_THREADS";

fn main() {
    if std::env::var_os(ONE_THREAD).is_none() {
        let me = std::env::current_exe().expect("this program");
        let done = std::process::Command::new(me).env(ONE_THREAD, "1").status();
        std::process::exit(done.ok().and_then(|status| status.code()).unwrap_or(1));
    }
    let fonts = common::fonts();
    for name in ["short", "two_signers", "tables", "three_pages"] {
        let (mut sheet, head) = common::letter(name);
        let pages = letter::pdf(&sheet, &head, &fonts).expect(name).pages;
        let mut pdfs = Vec::new();
        let mut previews = Vec::new();
        for round in 0..ROUNDS {
            let other = distinct(&sheet, round);
            pdfs.push(timed(|| letter::pdf(&other, &head, &fonts).is_ok()));
            sheet.body.push(Block::Paragraph {
                runs: vec![Run {
                    text: format!("Yazılan {round}. satır."),
                    ..Run::default()
                }],
            });
            let mut draft = sheet.clone();
            draft.verification = None;
            previews.push(timed(|| letter::preview(&draft, &head, &fonts).is_ok()));
            sheet.body.pop();
        }
        pdfs.sort();
        previews.sort();
        let total: Duration = pdfs.iter().sum();
        println!(
            "{name:<12} {pages} page(s): {:>6.1} letters/s per core, PDF/A median {:>5.1} ms, p99 {:>5.1} ms; \
             preview median {:>5.1} ms, p99 {:>5.1} ms (limit 100 ms for one page)",
            f64::from(ROUNDS) / total.as_secs_f64(),
            ms(pdfs[pdfs.len() / 2]),
            ms(pdfs[pdfs.len() * 99 / 100]),
            ms(previews[previews.len() / 2]),
            ms(previews[previews.len() * 99 / 100]),
        );
    }
    baseline(&fonts);
}

/// Every paragraph, cell and number of it differs from those of other rounds.
fn distinct(sheet: &letter::Sheet, round: u32) -> letter::Sheet {
    fn change(blocks: &mut [Block], round: u32) {
        for block in blocks {
            match block {
                Block::Paragraph { runs } => {
                    for run in runs {
                        run.text = format!("{round} {}", run.text);
                    }
                }
                Block::BulletList { items } | Block::OrderedList { items } => {
                    items.iter_mut().for_each(|item| change(item, round));
                }
                Block::Table { rows } => {
                    for cell in rows.iter_mut().flatten() {
                        change(&mut cell.blocks, round);
                    }
                }
            }
        }
    }
    let mut other = sheet.clone();
    other.number = format!("E-67915368-105.04-{round}");
    change(&mut other.body, round);
    other
}

fn timed(work: impl FnOnce() -> bool) -> Duration {
    let start = Instant::now();
    assert!(work());
    start.elapsed()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn baseline(fonts: &letter::Fonts) {
    let (sheet, head) = common::letter("short");
    let pdf = letter::pdf(&sheet, &head, fonts).expect("short");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("short.pdf");
    std::fs::write(&path, pdf.bytes).expect("a file");
    let path = path.display().to_string();
    let mut times = Vec::new();
    for _ in 0..20 {
        let start = Instant::now();
        if common::run("pdftotext", &[&path, "-"]).is_none() {
            return;
        }
        times.push(start.elapsed());
    }
    times.sort();
    println!(
        "baseline     1 page: pdftotext (poppler) reads it back in {:.1} ms, median",
        ms(times[times.len() / 2])
    );
}
