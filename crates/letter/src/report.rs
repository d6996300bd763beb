//! The second kind of document: a report in plain sections, for people who check what was done.

use serde::Serialize;
use serde_json::{Value, json};
use typst::foundations::Bytes;

use crate::arrange::clean;
use crate::fonts::Fonts;
use crate::press::{self, Error, Pdf, Stamp};
use crate::sheet::Day;
use crate::world::{Desk, Page};

/// All that stands in a report; the same report gives the same bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Names the document inside the PDF.
    pub id: String,
    pub day: Day,
    pub title: String,
    /// Below the title.
    pub subtitle: String,
    /// In a frame at the top of the first page and at the foot of all; empty when there is none.
    pub warning: String,
    /// At the foot of every page, beside the page number.
    pub foot: String,
    pub sections: Vec<Section>,
}

/// A heading with what stands below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    pub heading: String,
    pub parts: Vec<Part>,
}

/// One part of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Paragraph(String),
    /// A smaller heading.
    Heading(String),
    Points(Vec<String>),
    /// Name and value.
    Facts(Vec<(String, String)>),
    /// Columns as parts of the width; every row has as many cells.
    Table {
        columns: Vec<u8>,
        head: Vec<String>,
        rows: Vec<Vec<String>>,
    },
    /// Commands and hashes, letter by letter.
    Code(Vec<String>),
}

/// Sets the report as PDF/A-2a, or -2b where 2a refuses it. A character that no face has stands as
/// a question mark: a report must not fail for what a stranger wrote.
///
/// # Errors
/// As for letters.
pub fn pdf(report: &Report, fonts: &Fonts) -> Result<Pdf, Error> {
    let values = serde_json::to_string(&values(report, fonts))?;
    let holes = fonts.lacks(&values);
    let values = values.replace(|character| holes.contains(&character), "?");
    let desk = Desk::new(
        Page::Report,
        fonts,
        vec![("report.json", Bytes::new(values.into_bytes()))],
    );
    let stamp = Stamp {
        id: &report.id,
        day: report.day,
    };
    press::print(&desk, &stamp)
}

/// A word of more letters than this may be broken anywhere.
const LONG_WORD: usize = 24;

fn text(text: &str) -> Value {
    json!(clean(text, LONG_WORD))
}

fn texts(all: &[String]) -> Vec<Value> {
    all.iter().map(|line| text(line)).collect()
}

fn values(report: &Report, fonts: &Fonts) -> Value {
    #[derive(Serialize)]
    struct Set {
        kind: &'static str,
        value: Value,
    }
    let part = |part: &Part| match part {
        Part::Paragraph(words) => Set {
            kind: "paragraph",
            value: text(words),
        },
        Part::Heading(words) => Set {
            kind: "heading",
            value: text(words),
        },
        Part::Points(points) => Set {
            kind: "points",
            value: json!(texts(points)),
        },
        Part::Facts(facts) => Set {
            kind: "facts",
            value: json!(
                facts
                    .iter()
                    .map(|(name, value)| [text(name), text(value)])
                    .collect::<Vec<_>>()
            ),
        },
        Part::Table {
            columns,
            head,
            rows,
        } => Set {
            kind: "table",
            value: json!({
                "columns": columns,
                "head": texts(head),
                "cells": rows.iter().flat_map(|row| {
                    let cell = |at| row.get(at).map_or(json!(""), |cell: &String| text(cell));
                    (0..columns.len()).map(cell).collect::<Vec<_>>()
                }).collect::<Vec<_>>(),
            }),
        },
        Part::Code(lines) => Set {
            kind: "code",
            value: json!(
                lines
                    .iter()
                    .map(|line| clean(line, LONG_WORD))
                    .collect::<Vec<_>>()
            ),
        },
    };
    let sections: Vec<Value> = report
        .sections
        .iter()
        .map(|section| {
            let parts: Vec<Set> = section.parts.iter().map(part).collect();
            json!({ "heading": text(&section.heading), "parts": parts })
        })
        .collect();
    json!({
        "families": fonts.families(),
        "title": text(&report.title),
        "subtitle": text(&report.subtitle),
        "warning": text(&report.warning),
        "foot": text(&report.foot),
        "sections": sections,
    })
}
