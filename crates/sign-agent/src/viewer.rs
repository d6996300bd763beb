//! Opens the page that is about to be signed with the desk's own viewer, and takes the file away
//! again after the answer: it may be Hizmete Özel.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::NamedTempFile;

/// The program that opens a PDF; none where the pages are not to be opened.
pub struct Viewer {
    program: Option<OsString>,
}

/// An open page; its file goes with this value.
pub struct Page {
    _file: NamedTempFile,
    /// The starter of the viewer, waited for so that no dead process stays.
    starter: Child,
}

impl Viewer {
    /// `none` names no program.
    pub fn new(chosen: Option<PathBuf>) -> Self {
        let program = match chosen {
            Some(path) if path.as_os_str() == "none" => None,
            Some(path) => Some(path.into_os_string()),
            None => Some(OsString::from(OPENER)),
        };
        Self { program }
    }

    /// Whether the person chose to see no pages here.
    pub const fn is_off(&self) -> bool {
        self.program.is_none()
    }

    /// Opens the page, its first sheet first; readable by its owner only.
    ///
    /// # Errors
    /// When there is no viewer, or the file cannot be written.
    pub fn open(&self, pdf: &[u8]) -> anyhow::Result<Page> {
        let program = self.program.as_ref();
        let program = program.ok_or_else(|| anyhow::anyhow!("Sayfa göstermek kapalı."))?;
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix("dys-").suffix(".pdf");
        // A folder in memory, where the desk has one.
        let folder = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let folder = folder.filter(|path| path.is_dir());
        let mut file = match folder {
            Some(folder) => builder.tempfile_in(folder)?,
            None => builder.tempfile()?,
        };
        file.write_all(pdf)?;
        file.flush()?;
        let starter = Command::new(program)
            .arg(file.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Page {
            _file: file,
            starter,
        })
    }
}

impl Page {
    /// Whether the viewer has ended and says that it could not show the page. The one of Windows
    /// says so of every page.
    pub fn has_failed(&mut self) -> bool {
        let ended = self.starter.try_wait();
        !cfg!(target_os = "windows") && matches!(ended, Ok(Some(status)) if !status.success())
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // A viewer that is open still is the person's to close.
        let _ = self.starter.try_wait();
    }
}

#[cfg(target_os = "macos")]
const OPENER: &str = "open";
#[cfg(target_os = "windows")]
const OPENER: &str = "explorer";
#[cfg(not(any(target_os = "macos", target_os = "windows")))]
const OPENER: &str = "xdg-open";
