//! The typesetter's world: the layout, the values of one letter, its pictures and fonts, all in
//! memory; every other file is denied, and there is no clock.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World};

use crate::fonts::Fonts;

static LIBRARY: LazyLock<LazyHash<Library>> =
    LazyLock::new(|| LazyHash::new(Library::builder().build()));

static LAYOUT: LazyLock<Option<Source>> = LazyLock::new(|| {
    Some(Source::new(
        id("layout.typ")?,
        include_str!("layout.typ").to_owned(),
    ))
});

/// The name of a file in memory.
fn id(name: &str) -> Option<FileId> {
    let path = VirtualPath::new(name).ok()?;
    Some(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// One letter's world.
pub(crate) struct Desk<'a> {
    fonts: &'a Fonts,
    files: Vec<(FileId, Bytes)>,
}

impl<'a> Desk<'a> {
    /// `files` are named as the layout asks for them.
    pub(crate) fn new(fonts: &'a Fonts, files: Vec<(&'static str, Bytes)>) -> Self {
        let files = files
            .into_iter()
            .filter_map(|(name, bytes)| Some((id(name)?, bytes)))
            .collect();
        Self { fonts, files }
    }
}

impl World for Desk<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.fonts.book()
    }

    fn main(&self) -> FileId {
        match LAYOUT.as_ref() {
            Some(layout) => layout.id(),
            None => typst::syntax::Source::detached("").id(),
        }
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        LAYOUT
            .as_ref()
            .filter(|layout| layout.id() == id)
            .cloned()
            .ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, bytes)| bytes.clone())
            .ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.face(index)
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
