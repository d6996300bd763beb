//! The letters as pictures: `tests/pages/*.png` are the pages as a clerk looked at and took
//! them, and a letter that is set otherwise differs from its picture.
//!
//! `LETTER_RENEW=1 cargo test -p letter --test looks` writes the pictures anew; look at each of
//! them before they are committed.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
mod common;

use std::path::{Path, PathBuf};

use common::{NAMES, fonts, letter, run};
use letter::{Letterhead, Sheet};

/// Pixels an inch: words can be read, a page takes about 20 kB.
const DPI: &str = "64";
/// The side of the squares that are compared, in pixels: about half a line.
const SQUARE: usize = 6;
/// How far the mean of a square may be off. Versions of poppler smooth edges differently,
/// which moves a square by less; a word that is absent or a line that moved moves it by more.
const CLOSE: u32 = 32;

/// Red, green and blue of each pixel, row by row.
struct Picture {
    width: usize,
    colours: Vec<[u8; 3]>,
}

impl Picture {
    fn is_grey(&self) -> bool {
        self.colours.iter().all(|[r, g, b]| r == g && g == b)
    }

    fn map(&self, one: impl Fn([u8; 3]) -> [u8; 3]) -> Self {
        Self {
            width: self.width,
            colours: self.colours.iter().map(|it| one(*it)).collect(),
        }
    }
}

fn pages_folder() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo")).join("tests/pages")
}

/// A kept page.
fn read(path: &Path) -> Picture {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    bytes.truncate(info.buffer_size());
    let colours = match (info.color_type, info.bit_depth) {
        (png::ColorType::Grayscale, png::BitDepth::Eight) => {
            bytes.into_iter().map(|grey| [grey; 3]).collect()
        }
        (png::ColorType::Rgb, png::BitDepth::Eight) => bytes.as_chunks().0.to_vec(),
        other => panic!("{}: {other:?}", path.display()),
    };
    Picture {
        width: usize::try_from(info.width).unwrap(),
        colours,
    }
}

/// A page without colour is kept in grey, which takes half the room.
fn keep(path: &Path, picture: &Picture) {
    let (width, rows) = (picture.width, picture.colours.len() / picture.width);
    let file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut writer = png::Encoder::new(
        file,
        u32::try_from(width).unwrap(),
        u32::try_from(rows).unwrap(),
    );
    let (kind, bytes) = if picture.is_grey() {
        let grey = picture.colours.iter().map(|it| it[0]).collect();
        (png::ColorType::Grayscale, grey)
    } else {
        (png::ColorType::Rgb, picture.colours.concat())
    };
    writer.set_color(kind);
    writer.set_compression(png::Compression::High);
    let mut writer = writer.write_header().unwrap();
    writer.write_image_data(&bytes).unwrap();
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
        run("pdftoppm", &[&["-r", DPI][..], &page].concat())?;
        drawn.push(pixel_map(&std::fs::read(at(".ppm")).unwrap()));
    }
    Some(drawn)
}

/// Reads a binary PPM: `P6`, width, height, 255, pixels.
fn pixel_map(bytes: &[u8]) -> Picture {
    let mut words = bytes.splitn(4, u8::is_ascii_whitespace);
    assert_eq!(words.next(), Some(&b"P6"[..]));
    let width: usize = std::str::from_utf8(words.next().unwrap())
        .unwrap()
        .parse()
        .unwrap();
    let height: usize = std::str::from_utf8(words.next().unwrap())
        .unwrap()
        .parse()
        .unwrap();
    let start = bytes.len() - width * height * 3;
    Picture {
        width,
        colours: bytes[start..].as_chunks().0.to_vec(),
    }
}

/// Mean red, green and blue of every square, row by row.
fn squares(picture: &Picture) -> Vec<[u32; 3]> {
    let rows = picture.colours.len() / picture.width;
    let mut means = Vec::new();
    for top in (0..rows).step_by(SQUARE) {
        for left in (0..picture.width).step_by(SQUARE) {
            let (mut sums, mut count) = ([0_u32; 3], 0_u32);
            for row in top..(top + SQUARE).min(rows) {
                for column in left..(left + SQUARE).min(picture.width) {
                    let colour = picture.colours[row * picture.width + column];
                    for (sum, one) in sums.iter_mut().zip(colour) {
                        *sum += u32::from(one);
                    }
                    count += 1;
                }
            }
            means.push(sums.map(|sum| sum / count));
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
        .filter(|(_, (one, other))| (0..3).any(|at| one[at].abs_diff(other[at]) > CLOSE))
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
                (page.width, page.colours.len()),
                (kept.width, kept.colours.len()),
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
        colours: [
            &page.colours[by * page.width..],
            &vec![[255; 3]; by * page.width][..],
        ]
        .concat(),
    };
    assert_eq!(difference(page, &moved(0)).0, 0);
    assert!(difference(page, &moved(4)).0 > 20, "a third of a line");
    let lighter = page.map(|it| it.map(|one| one.saturating_add(20)));
    assert_eq!(difference(page, &lighter).0, 0, "another smoothing");
    let without = Sheet {
        date: String::new(),
        ..sheet
    };
    let without = draw("without", &without, &head).unwrap();
    assert!(difference(page, &without[0]).0 > 0, "the date is gone");
}

#[test]
fn a_red_mark_that_is_drawn_black_is_seen() {
    let (sheet, head) = letter("dated");
    let Some(drawn) = draw("dated", &sheet, &head) else {
        return;
    };
    // What red ink loses on a printer without it: every colour is as dark as its darkest part.
    let black = drawn[0].map(|it| [it.into_iter().min().unwrap_or(0); 3]);
    assert!(!drawn[0].is_grey() && difference(&drawn[0], &black).0 > 20);
}
