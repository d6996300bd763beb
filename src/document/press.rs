//! The press: sets gathered letters away from the database's thread, as many at once as there
//! are cores, with the fonts that their letterheads name kept ready.

use std::sync::{Arc, LazyLock, Mutex};

use letter::{Conformance, Fonts, Letterhead, Logo};
use tokio::sync::Semaphore;

use super::render::{Gathered, Rendered};
use crate::error::Result;
use crate::letterhead;
use crate::store::{BlobHash, Blobs};

/// Uploaded fonts kept ready.
const KEPT: usize = 4;

/// The embedded serif, with the widths of Times New Roman (regulation article 7).
static SERIF: LazyLock<Arc<Fonts>> = LazyLock::new(|| {
    let faces: [&'static [u8]; 4] = [
        include_bytes!("../../assets/dist/fonts/serif-regular.ttf"),
        include_bytes!("../../assets/dist/fonts/serif-italic.ttf"),
        include_bytes!("../../assets/dist/fonts/serif-bold.ttf"),
        include_bytes!("../../assets/dist/fonts/serif-bold-italic.ttf"),
    ];
    Arc::new(Fonts::new(faces).unwrap_or_default())
});

type Kept = Vec<(Vec<BlobHash>, Arc<Fonts>)>;

/// Shared by the whole application.
pub struct Press {
    uploaded: Mutex<Kept>,
    cores: Semaphore,
}

impl Default for Press {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            uploaded: Mutex::new(Vec::new()),
            cores: Semaphore::new(cores),
        }
    }
}

impl Press {
    /// The letter as PDF/A-2a, or -2b where 2a refuses it: an official letter goes out all the same,
    /// and both logs, the program's and that of who did what, say which held.
    ///
    /// # Errors
    /// `yazi_tipinde_yok`, `yazi_dizilemedi`, and when a logo or font cannot be read.
    pub async fn pdf(&self, blobs: &Blobs, letter: Gathered) -> Result<Rendered> {
        let made = self.set(blobs, letter, letter::pdf).await?;
        let (standard, pages) = (made.conformance.name(), made.pages);
        match made.conformance {
            Conformance::A2a => tracing::info!(standard, pages, "a letter was set"),
            Conformance::A2b => {
                tracing::warn!(standard, pages, "a letter was set; PDF/A-2a refuses it");
            }
        }
        Ok(Rendered {
            bytes: made.bytes,
            media_type: "application/pdf",
            file_name: "yazi.pdf",
            standard,
        })
    }

    /// The letter as one SVG a page.
    ///
    /// # Errors
    /// As [`Press::pdf`].
    pub async fn pages(&self, blobs: &Blobs, letter: Gathered) -> Result<Vec<String>> {
        self.set(blobs, letter, letter::preview).await
    }

    /// The content of an envelope as one PDF; `None` when its pages cannot be set together.
    ///
    /// # Errors
    /// When the work stops.
    pub async fn print_set(&self, pieces: Vec<letter::Piece>) -> Result<Option<Vec<u8>>> {
        let _core = self.cores.acquire().await.map_err(anyhow::Error::from)?;
        let work = move || letter::print_set(pieces, &SERIF);
        let made = tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| anyhow::anyhow!("typesetting stopped: {error}"))?;
        Ok(made
            .inspect_err(|error| tracing::warn!(kind = kind(error), "a print could not be set"))
            .ok()
            .map(|(bytes, _)| bytes))
    }

    async fn set<T: Send + 'static>(
        &self,
        blobs: &Blobs,
        letter: Gathered,
        work: impl FnOnce(&letter::Sheet, &Letterhead, &Fonts) -> Result<T, letter::Error>
        + Send
        + 'static,
    ) -> Result<T> {
        let fonts = self.fonts(blobs, &letter.chosen.faces).await?;
        let head = head(blobs, &letter).await?;
        let _core = self.cores.acquire().await.map_err(anyhow::Error::from)?;
        let made = tokio::task::spawn_blocking(move || work(&letter.sheet, &head, &fonts))
            .await
            .map_err(|error| anyhow::anyhow!("typesetting stopped: {error}"))?;
        made.map_err(|error| {
            tracing::warn!(kind = kind(&error), "a letter could not be set");
            letterhead::cannot_set(&error)
        })
    }

    async fn fonts(&self, blobs: &Blobs, faces: &[BlobHash]) -> Result<Arc<Fonts>> {
        if faces.is_empty() {
            return Ok(Arc::clone(&SERIF));
        }
        if let Some(kept) = self.kept(faces) {
            return Ok(kept);
        }
        let mut files = Vec::new();
        for face in faces {
            files.push(blobs.get(face).await?.to_vec());
        }
        let fonts = Arc::new(letterhead::check_fonts(files)?);
        let mut uploaded = self.lock();
        if uploaded.len() == KEPT {
            uploaded.remove(0);
        }
        uploaded.push((faces.to_vec(), Arc::clone(&fonts)));
        Ok(fonts)
    }

    fn kept(&self, faces: &[BlobHash]) -> Option<Arc<Fonts>> {
        self.lock()
            .iter()
            .find(|(known, _)| known == faces)
            .map(|(_, fonts)| Arc::clone(fonts))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.uploaded
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Signs of the whole page that the embedded faces lack; `None` when there are none, or when an
/// uploaded font is to be asked, which only setting the letter does.
#[must_use]
pub(crate) fn holes(letter: &Gathered) -> Option<Vec<char>> {
    if !letter.chosen.faces.is_empty() {
        return None;
    }
    let holes = letter::lacks(&letter.sheet, &lines(letter), &SERIF);
    (!holes.is_empty()).then_some(holes)
}

/// What went wrong, without a word of the letter.
fn kind(error: &letter::Error) -> &'static str {
    match error {
        letter::Error::Characters(_) => "characters",
        letter::Error::Typesetting(_) => "typesetting",
        letter::Error::Values(_) => "values",
        letter::Error::Qr => "qr",
    }
}

async fn head(blobs: &Blobs, letter: &Gathered) -> Result<Letterhead> {
    let chosen = &letter.chosen;
    Ok(Letterhead {
        left_logo: logo(blobs, chosen.left_logo.as_ref()).await?,
        right_logo: logo(blobs, chosen.right_logo.as_ref()).await?,
        ..lines(letter)
    })
}

/// The letterhead without its pictures.
fn lines(letter: &Gathered) -> Letterhead {
    let (chosen, names) = (&letter.chosen, &letter.names);
    Letterhead {
        header: names.fill(&chosen.header),
        left_logo: None,
        right_logo: None,
        contact: names.fill(&chosen.contact),
        person: names.fill(&chosen.person),
        verification: chosen.verification.lines().map(str::to_owned).collect(),
        size: f64::from(u8::try_from(chosen.size).unwrap_or(12)),
    }
}

async fn logo(blobs: &Blobs, hash: Option<&BlobHash>) -> Result<Option<Logo>> {
    match hash {
        None => Ok(None),
        Some(hash) => Ok(Some(letterhead::check_logo(
            blobs.get(hash).await?.to_vec(),
        )?)),
    }
}
