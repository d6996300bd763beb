//! The container: content types, relationships and a ZIP whose bytes depend on the parts alone.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::WriteError;
use crate::names::{
    BINARY_MEDIA_TYPE, CONTENT_TYPES_NS, CORE_MEDIA_TYPE, RELATIONSHIPS_NS, RELS_MEDIA_TYPE,
    XML_MEDIA_TYPE,
};
use crate::xml::Writer;

/// A part that is ready to be stored.
pub(super) struct Part<'a> {
    /// Beginning with `/`.
    pub name: &'a str,
    pub media_type: &'a str,
    pub bytes: &'a [u8],
}

/// A relationship from the package, or from the part named in `from`.
pub(super) struct Relationship<'a> {
    pub from: Option<&'a str>,
    pub kind: String,
    pub id: String,
    pub target: String,
}

/// Stores the parts in the given order; the container's own files come last.
pub(super) fn store(
    parts: &[Part<'_>],
    relationships: &[Relationship<'_>],
) -> Result<Vec<u8>, WriteError> {
    let size: usize = parts.iter().map(|part| part.bytes.len()).sum();
    let mut zip = ZipWriter::new(Cursor::new(Vec::with_capacity(size / 2 + 16 * 1024)));
    for part in parts {
        add(&mut zip, part.name, part.bytes)?;
    }
    for source in sources(relationships) {
        add(&mut zip, &rels_name(source), &rels(relationships, source))?;
    }
    add(&mut zip, "/[Content_Types].xml", &content_types(parts))?;
    Ok(zip.finish().map_err(container)?.into_inner())
}

fn container(error: zip::result::ZipError) -> WriteError {
    WriteError::Container(error.to_string())
}

fn add(zip: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, bytes: &[u8]) -> Result<(), WriteError> {
    // Everything that could differ between machines and days is fixed.
    let options = SimpleFileOptions::default()
        .system(System::Dos)
        .last_modified_time(DateTime::default())
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6));
    zip.start_file(name.trim_start_matches('/'), options)
        .map_err(container)?;
    zip.write_all(bytes)
        .map_err(|error| WriteError::Container(error.to_string()))
}

/// The package first, then the parts that have relationships, in their order.
fn sources<'a>(relationships: &[Relationship<'a>]) -> Vec<Option<&'a str>> {
    let mut sources = vec![None];
    for relationship in relationships {
        if !sources.contains(&relationship.from) {
            sources.push(relationship.from);
        }
    }
    sources
}

fn rels_name(source: Option<&str>) -> String {
    match source.and_then(|part| part.rsplit_once('/')) {
        None => "/_rels/.rels".to_owned(),
        Some((folder, name)) => format!("{folder}/_rels/{name}.rels"),
    }
}

fn rels(relationships: &[Relationship<'_>], source: Option<&str>) -> Vec<u8> {
    let mut to = Writer::new();
    to.open("Relationships")
        .attribute("xmlns", RELATIONSHIPS_NS);
    for it in relationships.iter().filter(|it| it.from == source) {
        to.open("Relationship")
            .attribute("Type", &it.kind)
            .attribute("Target", &it.target)
            .attribute("Id", &it.id)
            .close();
    }
    to.finish()
}

/// A default for each extension, an override where a part differs from it or has none.
fn content_types(parts: &[Part<'_>]) -> Vec<u8> {
    let mut defaults: Vec<(String, &str)> = vec![
        ("rels".to_owned(), RELS_MEDIA_TYPE),
        ("psmdcp".to_owned(), CORE_MEDIA_TYPE),
        ("xml".to_owned(), XML_MEDIA_TYPE),
        ("imz".to_owned(), BINARY_MEDIA_TYPE),
    ];
    let mut overrides: Vec<(&str, &str)> = Vec::new();
    for part in parts {
        let file = part.name.rsplit('/').next().unwrap_or_default();
        let Some((_, extension)) = file.rsplit_once('.') else {
            overrides.push((part.name, part.media_type));
            continue;
        };
        let extension = extension.to_ascii_lowercase();
        match defaults.iter().find(|(known, _)| *known == extension) {
            Some((_, media)) if *media == part.media_type => {}
            Some(_) => overrides.push((part.name, part.media_type)),
            None => defaults.push((extension, part.media_type)),
        }
    }
    let mut to = Writer::new();
    to.open("Types").attribute("xmlns", CONTENT_TYPES_NS);
    for (extension, media) in &defaults {
        to.open("Default")
            .attribute("Extension", extension)
            .attribute("ContentType", media)
            .close();
    }
    for (part, media) in overrides {
        to.open("Override")
            .attribute("PartName", part)
            .attribute("ContentType", media)
            .close();
    }
    to.finish()
}
