//! The text of a letter as a sanitised structure: what the editor sends is read into these few
//! shapes and nothing else survives.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::error::{Result, malformed, too_large};

/// Most bytes of the editor's JSON.
pub const MOST_BYTES: usize = 1_000_000;
/// Deepest nesting that is followed: a list in a table in a list in a list is beyond any letter.
const DEEPEST: usize = 12;
/// Most blocks, cells and runs together.
const MOST_NODES: usize = 20_000;

/// The whole text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    pub blocks: Vec<Block>,
}

/// A paragraph, a list or a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    Paragraph { runs: Vec<Run> },
    BulletList { items: Vec<Vec<Block>> },
    OrderedList { items: Vec<Vec<Block>> },
    Table { rows: Vec<Vec<Cell>> },
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub header: bool,
    pub blocks: Vec<Block>,
}

/// A stretch of text of one style; a line break is `\n`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub text: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strong: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub emphasis: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub underline: bool,
}

impl Body {
    /// Reads the editor's document, `{"type":"doc","content":[…]}`.
    ///
    /// Unknown nodes give up their text; unknown marks and attributes vanish.
    ///
    /// # Errors
    /// `metin_okunamadi` when it is not such a document, `metin_buyuk` beyond the limits.
    pub fn from_editor(json: &str) -> Result<Self> {
        if json.len() > MOST_BYTES {
            return Err(size_error());
        }
        let parsed: Json = serde_json::from_str(json).map_err(|_| {
            malformed(
                "metin_okunamadi",
                "Metin okunamadı. Sayfayı yenileyip yeniden deneyin.",
            )
        })?;
        if parsed["type"] != "doc" {
            return Err(malformed(
                "metin_okunamadi",
                "Metin beklenen biçimde değil.",
            ));
        }
        let mut reader = Reader { nodes: 0 };
        let body = Self {
            blocks: reader.blocks(&parsed["content"], 0)?,
        };
        // The editor writes a line break as a node and repeats styles around it; what is taken
        // now must be taken again when the editor sends it back.
        if body.to_editor().len() > MOST_BYTES {
            return Err(size_error());
        }
        Ok(body)
    }

    /// Reads plain text: a blank line ends a paragraph, as where no editor runs.
    #[must_use]
    pub fn from_plain(text: &str) -> Self {
        let text = clean(&text.replace("\r\n", "\n"));
        let blocks = text
            .split("\n\n")
            .map(str::trim)
            .filter(|paragraph| !paragraph.is_empty())
            .map(|paragraph| Block::Paragraph {
                runs: vec![Run {
                    text: paragraph.to_owned(),
                    ..Run::default()
                }],
            })
            .collect();
        Self { blocks }
    }

    /// The text without its styles, paragraphs apart by a blank line.
    #[must_use]
    pub fn to_plain(&self) -> String {
        let mut out = String::new();
        plain(&self.blocks, &mut out);
        out.trim().to_owned()
    }

    /// True when nothing is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.to_plain().is_empty()
    }

    /// Safe HTML: every text is escaped, every tag is one of ours.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut out = String::new();
        html(&self.blocks, &mut out);
        out
    }

    /// The document as the editor reads it.
    #[must_use]
    pub fn to_editor(&self) -> String {
        serde_json::json!({ "type": "doc", "content": editor_blocks(&self.blocks) }).to_string()
    }

    pub(crate) fn to_stored(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Body::to_stored`] wrote; text of another shape is kept as plain text.
    pub(crate) fn from_stored(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self::from_plain(text))
    }
}

fn size_error() -> crate::error::Error {
    too_large(
        "metin_buyuk",
        "Metin bir yazı için çok büyük. Uzun bölümü ek olarak yükleyin.",
    )
}

/// No control characters that no letter needs, and NFC of what is left.
fn clean(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|character| matches!(character, '\n' | '\t') || !character.is_control())
        .map(|character| if character == '\t' { ' ' } else { character })
        .collect();
    crate::turkish::compose(&kept)
}

struct Reader {
    nodes: usize,
}

impl Reader {
    fn count(&mut self) -> Result<()> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            Err(size_error())
        } else {
            Ok(())
        }
    }

    fn blocks(&mut self, content: &Json, depth: usize) -> Result<Vec<Block>> {
        let mut blocks = Vec::new();
        if depth > DEEPEST {
            return Err(size_error());
        }
        for node in content.as_array().into_iter().flatten() {
            self.count()?;
            match node["type"].as_str().unwrap_or_default() {
                "bullet_list" => {
                    let items = self.items(node, depth)?;
                    blocks.extend((!items.is_empty()).then_some(Block::BulletList { items }));
                }
                "ordered_list" => {
                    let items = self.items(node, depth)?;
                    blocks.extend((!items.is_empty()).then_some(Block::OrderedList { items }));
                }
                "table" => {
                    let rows = self.rows(node, depth)?;
                    blocks.extend((!rows.is_empty()).then_some(Block::Table { rows }));
                }
                "paragraph" => blocks.push(Block::Paragraph {
                    runs: self.runs(node)?,
                }),
                _ if node["content"].is_array() && node["content"][0]["type"] != "text" => {
                    blocks.extend(self.blocks(&node["content"], depth + 1)?);
                }
                _ => {
                    let runs = self.runs(node)?;
                    if !runs.is_empty() {
                        blocks.push(Block::Paragraph { runs });
                    }
                }
            }
        }
        Ok(blocks)
    }

    fn items(&mut self, list: &Json, depth: usize) -> Result<Vec<Vec<Block>>> {
        let mut items = Vec::new();
        for item in list["content"].as_array().into_iter().flatten() {
            self.count()?;
            items.push(self.inside(item, depth)?);
        }
        Ok(items)
    }

    fn rows(&mut self, table: &Json, depth: usize) -> Result<Vec<Vec<Cell>>> {
        let mut rows = Vec::new();
        for row in table["content"].as_array().into_iter().flatten() {
            let mut cells = Vec::new();
            for cell in row["content"].as_array().into_iter().flatten() {
                self.count()?;
                cells.push(Cell {
                    header: cell["type"] == "table_header",
                    blocks: self.inside(cell, depth)?,
                });
            }
            if !cells.is_empty() {
                rows.push(cells);
            }
        }
        Ok(rows)
    }

    /// The blocks of an item or a cell: at least one paragraph, as the editor wants it.
    fn inside(&mut self, node: &Json, depth: usize) -> Result<Vec<Block>> {
        let mut blocks = self.blocks(&node["content"], depth + 1)?;
        if blocks.is_empty() {
            self.count()?;
            blocks.push(Block::Paragraph { runs: Vec::new() });
        }
        Ok(blocks)
    }

    fn runs(&mut self, node: &Json) -> Result<Vec<Run>> {
        let mut runs: Vec<Run> = Vec::new();
        let single = [node.clone()];
        let content = node["content"]
            .as_array()
            .map_or(single.as_slice(), Vec::as_slice);
        for inline in content {
            self.count()?;
            let text = match inline["type"].as_str() {
                Some("hard_break") => "\n".to_owned(),
                _ => {
                    let text = clean(inline["text"].as_str().unwrap_or_default());
                    // For the editor each of its line breaks is a node, and so is what follows.
                    for _ in 0..text.matches('\n').count() * 2 {
                        self.count()?;
                    }
                    text
                }
            };
            if text.is_empty() {
                continue;
            }
            let marked = |name: &str| {
                inline["marks"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|mark| mark["type"] == name)
            };
            let run = Run {
                text,
                strong: marked("strong"),
                emphasis: marked("em"),
                underline: marked("underline"),
            };
            match runs.last_mut() {
                Some(last) if last.same_style(&run) => last.text.push_str(&run.text),
                _ => runs.push(run),
            }
        }
        // A letter and its mark may have come in two stretches of the same style.
        for run in &mut runs {
            run.text = crate::turkish::compose(&run.text);
        }
        Ok(runs)
    }
}

impl Run {
    fn same_style(&self, other: &Self) -> bool {
        (self.strong, self.emphasis, self.underline)
            == (other.strong, other.emphasis, other.underline)
    }
}

fn plain(blocks: &[Block], out: &mut String) {
    for block in blocks {
        match block {
            Block::Paragraph { runs } => {
                runs.iter().for_each(|run| out.push_str(&run.text));
                out.push_str("\n\n");
            }
            Block::BulletList { items } | Block::OrderedList { items } => {
                items.iter().for_each(|item| plain(item, out));
            }
            Block::Table { rows } => {
                rows.iter()
                    .flatten()
                    .for_each(|cell| plain(&cell.blocks, out));
            }
        }
    }
}

/// Escapes text for HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

fn html(blocks: &[Block], out: &mut String) {
    for block in blocks {
        match block {
            Block::Paragraph { runs } => {
                out.push_str("<p>");
                runs.iter().for_each(|run| html_run(run, out));
                out.push_str("</p>\n");
            }
            Block::BulletList { items } => html_list("ul", items, out),
            Block::OrderedList { items } => html_list("ol", items, out),
            Block::Table { rows } => {
                out.push_str("<table>\n");
                for row in rows {
                    out.push_str("<tr>");
                    for cell in row {
                        let tag = if cell.header { "th" } else { "td" };
                        let _ = write!(out, "<{tag}>");
                        html(&cell.blocks, out);
                        let _ = write!(out, "</{tag}>");
                    }
                    out.push_str("</tr>\n");
                }
                out.push_str("</table>\n");
            }
        }
    }
}

fn html_list(tag: &str, items: &[Vec<Block>], out: &mut String) {
    let _ = writeln!(out, "<{tag}>");
    for item in items {
        out.push_str("<li>");
        html(item, out);
        out.push_str("</li>\n");
    }
    let _ = writeln!(out, "</{tag}>");
}

fn html_run(run: &Run, out: &mut String) {
    let tags: Vec<&str> = [
        (run.strong, "strong"),
        (run.emphasis, "em"),
        (run.underline, "u"),
    ]
    .into_iter()
    .filter_map(|(on, tag)| on.then_some(tag))
    .collect();
    tags.iter().for_each(|tag| {
        let _ = write!(out, "<{tag}>");
    });
    out.push_str(&escape(&run.text).replace('\n', "<br>"));
    tags.iter().rev().for_each(|tag| {
        let _ = write!(out, "</{tag}>");
    });
}

fn editor_blocks(blocks: &[Block]) -> Vec<Json> {
    blocks.iter().map(editor_block).collect()
}

fn editor_block(block: &Block) -> Json {
    use serde_json::json;
    match block {
        Block::Paragraph { runs } => {
            json!({ "type": "paragraph", "content": editor_runs(runs) })
        }
        Block::BulletList { items } => json!({ "type": "bullet_list", "content": list(items) }),
        Block::OrderedList { items } => json!({ "type": "ordered_list", "content": list(items) }),
        Block::Table { rows } => {
            let rows: Vec<Json> = rows
                .iter()
                .map(|row| {
                    let cells: Vec<Json> = row
                        .iter()
                        .map(|cell| {
                            let kind = if cell.header {
                                "table_header"
                            } else {
                                "table_cell"
                            };
                            json!({ "type": kind, "content": filled(&cell.blocks) })
                        })
                        .collect();
                    json!({ "type": "table_row", "content": cells })
                })
                .collect();
            json!({ "type": "table", "content": rows })
        }
    }
}

fn list(items: &[Vec<Block>]) -> Vec<Json> {
    items
        .iter()
        .map(|item| serde_json::json!({ "type": "list_item", "content": filled(item) }))
        .collect()
}

/// The editor wants at least one paragraph in every cell and item.
fn filled(blocks: &[Block]) -> Vec<Json> {
    if blocks.is_empty() {
        return vec![serde_json::json!({ "type": "paragraph" })];
    }
    editor_blocks(blocks)
}

fn editor_runs(runs: &[Run]) -> Vec<Json> {
    use serde_json::json;
    let mut nodes = Vec::new();
    for run in runs {
        let marks: Vec<Json> = [
            (run.strong, "strong"),
            (run.emphasis, "em"),
            (run.underline, "underline"),
        ]
        .into_iter()
        .filter(|(on, _)| *on)
        .map(|(_, name)| json!({ "type": name }))
        .collect();
        for (index, line) in run.text.split('\n').enumerate() {
            if index > 0 {
                nodes.push(marked(json!({ "type": "hard_break" }), &marks));
            }
            if !line.is_empty() {
                nodes.push(marked(json!({ "type": "text", "text": line }), &marks));
            }
        }
    }
    nodes
}

fn marked(mut node: Json, marks: &[Json]) -> Json {
    if !marks.is_empty() {
        node["marks"] = Json::Array(marks.to_vec());
    }
    node
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_editors_document_comes_back_as_it_went() {
        let json = r#"{"type":"doc","content":[
            {"type":"paragraph","content":[{"type":"text","text":"İlgi "},
                {"type":"text","marks":[{"type":"strong"}],"text":"yazı"}]},
            {"type":"bullet_list","content":[{"type":"list_item","content":[
                {"type":"paragraph","content":[{"type":"text","text":"bir"}]}]}]},
            {"type":"table","content":[{"type":"table_row","content":[
                {"type":"table_header","content":[{"type":"paragraph"}]}]}]}]}"#;
        let body = Body::from_editor(json).unwrap();
        assert_eq!(Body::from_editor(&body.to_editor()).unwrap(), body);
        assert_eq!(Body::from_stored(&body.to_stored()), body);
        assert!(body.to_html().contains("<p>İlgi <strong>yazı</strong></p>"));
    }

    #[test]
    fn what_is_taken_is_taken_again_unchanged() {
        let paragraph = |inline: &str| format!(r#"{{"type":"paragraph","content":[{inline}]}}"#);
        let strong = r#""marks":[{"type":"strong"}]"#;
        let contents = [
            paragraph(&format!(r#"{{"type":"text","text":"a\nb",{strong}}}"#)),
            paragraph(r#"{"type":"text","text":"g"},{"type":"text","text":"\u0306"}"#),
            paragraph(r#"{"type":"text","text":"g\u0001\u0306"}"#),
            r#"{"type":"bullet_list"},{"type":"table","content":[{"type":"table_row"}]}"#.into(),
            r#"{"type":"ordered_list","content":[{"type":"list_item"}]}"#.into(),
            r#"{"type":"table","content":[{"content":[{"type":"table_cell"}]}]}"#.into(),
        ];
        for content in contents {
            let json = format!(r#"{{"type":"doc","content":[{content}]}}"#);
            let body = Body::from_editor(&json).unwrap();
            assert_eq!(
                Body::from_editor(&body.to_editor()).unwrap(),
                body,
                "{json}"
            );
        }
    }

    #[test]
    fn what_the_editor_would_send_back_too_large_is_refused_at_once() {
        let lines = |count: usize| {
            let text = "\\n".repeat(count);
            format!(r#"{{"type":"doc","content":[{{"type":"text","text":"a{text}"}}]}}"#)
        };
        assert!(Body::from_editor(&lines(1_000)).is_ok());
        let refused = Body::from_editor(&lines(11_000)).unwrap_err();
        assert_eq!(refused.code(), "metin_buyuk");
    }

    #[test]
    fn scripts_become_text_and_foreign_nodes_give_up_theirs() {
        let json = r#"{"type":"doc","content":[{"type":"script","attrs":{"src":"//x"},
            "content":[{"type":"text","text":"<script>alert(1)</script>"}]}]}"#;
        let body = Body::from_editor(json).unwrap();
        assert_eq!(
            body.to_html(),
            "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"
        );
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let nested = |levels: usize| {
            let open = r#"{"type":"bullet_list","content":[{"type":"list_item","content":["#;
            let (open, close) = (open.repeat(levels), "]}]}".repeat(levels));
            format!(r#"{{"type":"doc","content":[{open}{{"type":"paragraph"}}{close}]}}"#)
        };
        assert!(Body::from_editor(&nested(DEEPEST)).is_ok());
        let refused = Body::from_editor(&nested(DEEPEST + 1)).unwrap_err();
        assert_eq!(refused.code(), "metin_buyuk");
        // Beyond the depth at which JSON is read at all.
        assert!(Body::from_editor(&nested(5_000)).is_err());
    }

    proptest! {
        #[test]
        fn html_never_carries_a_tag_of_the_writer(text in ".{0,200}") {
            let html = Body::from_plain(&text).to_html();
            let without_ours = html.replace("<p>", "").replace("</p>", "").replace("<br>", "");
            prop_assert!(!without_ours.contains('<'));
        }

        #[test]
        fn any_json_is_an_answer(text in ".{0,300}") {
            let _ = Body::from_editor(&text);
        }
    }
}
