//! The ten letters as pictures: `tests/pages/*.png` are the pages as a clerk looked at and took
//! them, and a letter that is set otherwise differs from its picture.
//!
//! `LETTER_RENEW=1 cargo test -p letter --test looks` writes the pictures anew; look at each of
//! them before they are committed.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};

use common::{NAMES, fonts, letter, run};
use letter::{Letterhead, Sheet};

/// Pixels an inch: words can be read, a page takes about 20 kB.
const DPI: &str = "64";
/// The side of the squares that are compared, in pixels: about half a line.
const SQUARE: usize = 6;
/// How far the mean grey of a square may be off. Versions of poppler smooth edges differently,
/// which moves a square by less; a word that is absent or a line that moved moves it by more.
const CLOSE: u32 = 32;

/// Grey pixels, row by row.
struct Picture {
    width: usize,
    grey: Vec<u8>,
}

fn pages_folder() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo")).join("tests/pages")
}

/// A kept page.
fn read(path: &Path) -> Picture {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut grey = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut grey).unwrap();
    let form = (info.color_type, info.bit_depth);
    let expected = (png::ColorType::Grayscale, png::BitDepth::Eight);
    assert_eq!(form, expected, "{}", path.display());
    grey.truncate(info.buffer_size());
    Picture {
        width: usize::try_from(info.width).unwrap(),
        grey,
    }
}

fn keep(path: &Path, picture: &Picture) {
    let (width, rows) = (picture.width, picture.grey.len() / picture.width);
    let file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut writer = png::Encoder::new(
        file,
        u32::try_from(width).unwrap(),
        u32::try_from(rows).unwrap(),
    );
    writer.set_color(png::ColorType::Grayscale);
    writer.set_compression(png::Compression::High);
    let mut writer = writer.write_header().unwrap();
    writer.write_image_data(&picture.grey).unwrap();
    writer.finish().unwrap();
}

/// The letter's pages as pdftoppm draws them; `None` without poppler.
fn draw(name: &str, sheet: &Sheet, head: &Letterhead) -> Option<Vec<Picture>> {
    let folder = tempfile::tempdir().unwrap();
    let pdf = letter::pdf(sheet, head, &fonts()).unwrap();
    let at = |ending: &str| folder.path().join(format!("{name}{ending}"));
    std::fs::write(at(".pdf"), &pdf.bytes).unwrap();
    let (file, out) = (
        at(".pdf").display().to_string(),
        at("").display().to_string(),
    );
    let mut drawn = Vec::new();
    for page in 1..=pdf.pages {
        let number = page.to_string();
        let page = ["-f", &number, "-l", &number, "-singlefile", &file, &out];
        run("pdftoppm", &[&["-r", DPI, "-gray"][..], &page].concat())?;
        drawn.push(grey_map(&std::fs::read(at(".pgm")).unwrap()));
    }
    Some(drawn)
}

/// Reads a binary PGM: `P5`, width, height, 255, pixels.
fn grey_map(bytes: &[u8]) -> Picture {
    let mut words = bytes.splitn(4, u8::is_ascii_whitespace);
    assert_eq!(words.next(), Some(&b"P5"[..]));
    let width: usize = std::str::from_utf8(words.next().unwrap())
        .unwrap()
        .parse()
        .unwrap();
    let height: usize = std::str::from_utf8(words.next().unwrap())
        .unwrap()
        .parse()
        .unwrap();
    let start = bytes.len() - width * height;
    Picture {
        width,
        grey: bytes[start..].to_vec(),
    }
}

/// Mean grey of every square, row by row.
fn squares(picture: &Picture) -> Vec<u32> {
    let rows = picture.grey.len() / picture.width;
    let mut means = Vec::new();
    for top in (0..rows).step_by(SQUARE) {
        for left in (0..picture.width).step_by(SQUARE) {
            let (mut sum, mut count) = (0_u32, 0_u32);
            for row in top..(top + SQUARE).min(rows) {
                for column in left..(left + SQUARE).min(picture.width) {
                    sum += u32::from(picture.grey[row * picture.width + column]);
                    count += 1;
                }
            }
            means.push(sum / count);
        }
    }
    means
}

/// How many squares are too far apart, and where the first is, in pixels from the upper left.
fn difference(one: &Picture, other: &Picture) -> (usize, (usize, usize)) {
    let across = one.width.div_ceil(SQUARE);
    let far: Vec<usize> = squares(one)
        .into_iter()
        .zip(squares(other))
        .enumerate()
        .filter(|(_, (one, other))| one.abs_diff(*other) > CLOSE)
        .map(|(at, _)| at)
        .collect();
    let first = far.first().copied().unwrap_or(0);
    (
        far.len(),
        ((first % across) * SQUARE, (first / across) * SQUARE),
    )
}

#[test]
fn every_letter_looks_as_it_was_taken() {
    let renew = std::env::var_os("LETTER_RENEW").is_some();
    for name in NAMES {
        let (sheet, head) = letter(name);
        let Some(drawn) = draw(name, &sheet, &head) else {
            return;
        };
        for (number, page) in (1..).zip(&drawn) {
            let path = pages_folder().join(format!("{name}-{number}.png"));
            if renew {
                keep(&path, page);
                continue;
            }
            let kept = read(&path);
            assert_eq!(
                (page.width, page.grey.len()),
                (kept.width, kept.grey.len()),
                "{}",
                path.display()
            );
            let (count, (x, y)) = difference(page, &kept);
            assert!(
                count == 0,
                "{} looks different in {count} squares, the first at {x}, {y}; see the head of \
                 this file",
                path.display()
            );
        }
        let more = pages_folder().join(format!("{name}-{}.png", drawn.len() + 1));
        assert!(!more.exists(), "{} has no such page", more.display());
    }
}

/// The comparison itself: what a reader would see is told, what he would not see is not.
#[test]
fn a_line_that_moved_or_a_word_that_is_gone_is_seen() {
    let (sheet, head) = letter("short");
    let Some(drawn) = draw("short", &sheet, &head) else {
        return;
    };
    let page = &drawn[0];
    let moved = |by: usize| Picture {
        width: page.width,
        grey: [
            &page.grey[by * page.width..],
            &vec![255; by * page.width][..],
        ]
        .concat(),
    };
    assert_eq!(difference(page, &moved(0)).0, 0);
    assert!(difference(page, &moved(4)).0 > 20, "a third of a line");
    let lighter = Picture {
        width: page.width,
        grey: page.grey.iter().map(|it| it.saturating_add(20)).collect(),
    };
    assert_eq!(difference(page, &lighter).0, 0, "another smoothing");
    let without = Sheet {
        date: String::new(),
        ..sheet
    };
    let without = draw("without", &without, &head).unwrap();
    assert!(difference(page, &without[0]).0 > 0, "the date is gone");
}
