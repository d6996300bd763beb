//! The typesetter's world: the layout, the values of one letter, its pictures and fonts, all in
//! memory; every other file is denied, and there is no clock.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Feature, Library, LibraryExt as _, World};

use crate::fonts::Fonts;

/// With `pdf.header-cell`, so that what a cell is called is tagged as the head of its row.
static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| {
    let features = [Feature::A11yExtras].into_iter().collect();
    LazyHash::new(Library::builder().with_features(features).build())
});

static LETTER: LazyLock<Option<Source>> =
    LazyLock::new(|| source("layout.typ", include_str!("layout.typ")));
static REPORT: LazyLock<Option<Source>> =
    LazyLock::new(|| source("report.typ", include_str!("report.typ")));
static PRINT_SET: LazyLock<Option<Source>> =
    LazyLock::new(|| source("print_set.typ", include_str!("print_set.typ")));

fn source(name: &str, text: &str) -> Option<Source> {
    Some(Source::new(id(name)?, text.to_owned()))
}

/// The kinds of document, each with a layout of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Page {
    Letter,
    Report,
    PrintSet,
}

impl Page {
    fn layout(self) -> Option<&'static Source> {
        match self {
            Self::Letter => LETTER.as_ref(),
            Self::Report => REPORT.as_ref(),
            Self::PrintSet => PRINT_SET.as_ref(),
        }
    }
}

/// The name of a file in memory.
fn id(name: &str) -> Option<FileId> {
    let path = VirtualPath::new(name).ok()?;
    Some(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// One letter's world.
pub(crate) struct Desk<'a> {
    page: Page,
    fonts: &'a Fonts,
    files: Vec<(FileId, Bytes)>,
}

impl<'a> Desk<'a> {
    /// `files` are named as the layout asks for them.
    pub(crate) fn new(page: Page, fonts: &'a Fonts, files: Vec<(impl AsRef<str>, Bytes)>) -> Self {
        let files = files
            .into_iter()
            .filter_map(|(name, bytes)| Some((id(name.as_ref())?, bytes)))
            .collect();
        Self { page, fonts, files }
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
        match self.page.layout() {
            Some(layout) => layout.id(),
            None => typst::syntax::Source::detached("").id(),
        }
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        self.page
            .layout()
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
