//! What goes into an envelope, on paper: the letter as it was signed and its annexes as one PDF, and
//! what must be laid in beside it.

use letter::Piece;

use super::{Item, open};
use crate::access::{Act, Actor};
use crate::app::App;
use crate::distribution;
use crate::document::attach::{self, Attachment, AttachmentKind};
use crate::document::{draft, view};
use crate::error::{Result, invalid, not_found};
use crate::store::{BlobHash, Tx};

/// Bytes of all that one print holds in memory.
const LARGEST: u64 = 100_000_000;

/// How an annex gets into the envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Within the print, on so many pages.
    Printed(usize),
    /// A file that is opened and printed by itself, and why.
    ByItself(&'static str),
    /// Laid in as it is: a CD, a map, a book.
    AsItIs,
    /// An address outside, named on the letter; nothing is laid in.
    Named,
}

/// An annex of the envelope.
#[derive(Debug, Clone)]
pub struct Annex {
    pub attachment: Attachment,
    pub way: Way,
}

/// The content of one envelope.
pub struct Content {
    pub item: Item,
    /// In the order of the letter's Ek list, without what this recipient does not get.
    pub annexes: Vec<Annex>,
    pieces: Vec<Piece>,
}

/// The annexes that go with an envelope.
///
/// # Errors
/// When the store fails.
pub fn annexes(tx: &mut Tx<'_>, act: &Act<'_>, item: &Item) -> Result<Vec<Attachment>> {
    let Some(letter) = &item.document_id else {
        return Ok(Vec::new());
    };
    let left_out = match &item.recipient_id {
        Some(id) => distribution::list::left_out(tx, id)?,
        None => Vec::new(),
    };
    let mut annexes = attach::list(tx, act, letter)?;
    annexes.retain(|annex| !left_out.contains(&annex.id));
    Ok(annexes)
}

/// Reads an envelope's content; files that cannot be set into the print are told apart, not refused.
///
/// # Errors
/// `gonderi_yok`, `yazi_yok` for a letter that is not kept here, and when a file cannot be read.
pub async fn content(app: &App, actor: &Actor, id: &str) -> Result<Content> {
    let id = id.to_owned();
    let (item, annexes, letter) = app
        .read(actor, move |tx, act| {
            let item = open(tx, act, &id)?;
            let annexes = annexes(tx, act, &item)?;
            let letter = frozen(tx, act, &item)?;
            Ok((item, annexes, letter))
        })
        .await?;
    if let Some(letter) = &item.document_id {
        view::opened(app, actor, letter).await?;
    }
    let mut pieces = vec![Piece::Pdf(app.blobs.get(&letter).await?.to_vec())];
    let mut room = LARGEST;
    let mut told = Vec::with_capacity(annexes.len());
    for attachment in annexes {
        let way = match (attachment.kind, &attachment.blob_hash) {
            (AttachmentKind::File, Some(hash)) if attachment.size <= room => {
                room -= attachment.size;
                let bytes = app.blobs.get(hash).await?.to_vec();
                match piece(&attachment, bytes) {
                    Ok((piece, pages)) => {
                        pieces.push(piece);
                        Way::Printed(pages)
                    }
                    Err(why) => Way::ByItself(why),
                }
            }
            (AttachmentKind::File, _) => Way::ByItself("dosya çok büyük"),
            (AttachmentKind::Physical, _) => Way::AsItIs,
            (AttachmentKind::External, _) => Way::Named,
        };
        told.push(Annex { attachment, way });
    }
    Ok(Content {
        item,
        annexes: told,
        pieces,
    })
}

/// The print itself.
///
/// # Errors
/// As [`content`], and `basilamadi` when the pages cannot be set together.
pub async fn pdf(app: &App, actor: &Actor, id: &str) -> Result<(Item, Vec<u8>)> {
    let content = content(app, actor, id).await?;
    let bytes = app.press.print_set(content.pieces).await?.ok_or_else(|| {
        invalid(
            "basilamadi",
            "Yazı ve ekleri tek baskıda birleştirilemedi. Yazıyı ve ekleri tek tek açıp yazdırın.",
        )
    })?;
    Ok((content.item, bytes))
}

fn frozen(tx: &mut Tx<'_>, act: &Act<'_>, item: &Item) -> Result<BlobHash> {
    let letter = match &item.document_id {
        Some(id) => draft::open(tx, act, id)?.frozen_hash,
        None => None,
    };
    letter.ok_or_else(|| {
        not_found(
            "yazi_yok",
            "Islak imzalı yazının kendisi sistemde tutulmaz; zarfa elinizdeki nüshayı koyun.",
        )
    })
}

fn piece(attachment: &Attachment, bytes: Vec<u8>) -> Result<(Piece, usize), &'static str> {
    match attachment.media_type.as_deref() {
        Some("application/pdf") => match letter::pages_of(&bytes) {
            Some(pages) => Ok((Piece::Pdf(bytes), pages)),
            None => Err("PDF okunamadı ya da parolalı"),
        },
        Some("image/png") => Ok((Piece::Png(bytes), 1)),
        Some("image/jpeg") => Ok((Piece::Jpeg(bytes), 1)),
        _ => Err("kendi programında açılıp yazdırılır"),
    }
}
