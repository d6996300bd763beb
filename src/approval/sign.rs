//! İmzala as a pair: prepare takes number and date and freezes the letter, complete records who
//! signed which bytes with which signature (decision 1).

use super::act::Turn;
use super::machine::{self, Move, Outcome};
use super::{Step, StepKind, StepState, chain, store};
use crate::access::{Act, Actor};
use crate::app::App;
use crate::audit;
use crate::clock;
use crate::config::Config;
use crate::document::render::{self, Gathered};
use crate::document::{self, DocumentKind, Letter, State, draft, freeze, number, press};
use crate::error::{Result, conflict, invalid};
use crate::letterhead;
use crate::package;
use crate::signature::{self, Accepted};
use crate::store::{BlobHash, Tx};
use letter::{Addressee, SignatureBlock};

/// What is about to be signed.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The letter's version that `complete` has to carry.
    pub version: i64,
    pub number: String,
    /// SHA-256 of the frozen bytes.
    pub hash: BlobHash,
    /// SHA-256 of PaketOzeti, the content that a signature is made over; its bytes are a blob.
    pub content: BlobHash,
    /// People who have to sign again since the letter had to be made anew; told by name.
    pub sign_again: Vec<String>,
}

/// Freezes the letter for the acting signer: number, date, bytes, and the package's draft.
///
/// When the day or the name of whoever has yet to sign has changed since earlier signatures, the
/// letter is made anew and all sign again; a deputy for whom that happens stays on the page. A
/// prepare that is never completed changes nothing but the register.
///
/// # Errors
/// `surum_eski`, `sira_sizde_degil`, `paraf_gerekli`, `onay_iki_imza`, `miat_gecmis`, and when bytes
/// cannot be kept.
pub async fn prepare(
    app: &App,
    actor: &Actor,
    document_id: &str,
    version: i64,
) -> Result<Prepared> {
    let id = document_id.to_owned();
    let config = std::sync::Arc::clone(&app.config);
    let (letter, gathered, step_id, names) = app
        .write(actor, move |tx, act| {
            let turn = Turn::of(tx, act, &id, version)?;
            let (step_id, names) = (turn.step().id.clone(), turn.names(act));
            let (letter, gathered) = gather_for(tx, act, &config, turn)?;
            Ok((letter, gathered, step_id, names))
        })
        .await?;
    let foot = gathered.sheet.verification.as_ref();
    let verified_at = foot.map(|foot| foot.address.clone()).unwrap_or_default();
    let rendered = app.press.pdf(&app.blobs, gathered).await?;
    let standard = rendered.standard;
    let hash = app.blobs.put(rendered.bytes).await?;
    let draft = package::make(app, actor, &letter, &hash, verified_at).await?;
    let id = document_id.to_owned();
    app.write(actor, move |tx, act| {
        let earlier = earlier_signatures(tx, &letter, &hash)?;
        freeze::record(tx, act, &id, version, &hash, standard)?;
        package::record(tx, act, &draft)?;
        store::keep_names(tx, &step_id, &names)?;
        let content = draft.content().clone();
        let number = letter.official_number.clone().unwrap_or_default();
        if earlier.is_empty() {
            return Ok(Prepared {
                version,
                number,
                hash,
                content,
                sign_again: Vec::new(),
            });
        }
        let names = restart(tx, act, &letter)?;
        document::touch(tx, &letter, act.now)?;
        Ok(Prepared {
            version: version + 1,
            number,
            hash,
            content,
            sign_again: names,
        })
    })
    .await
}

/// Records an accepted signature over the bytes that `prepare` named, and only then moves the step.
///
/// Returns true when it was the last one: the letter is signed.
///
/// # Errors
/// `imza_baska_icerik` when it was given over other bytes, by another person, or over a page that
/// names the signer otherwise than they sign; `surum_eski`, `sira_sizde_degil`, `paraf_gerekli`,
/// `onay_iki_imza`.
pub fn complete(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    version: i64,
    signature: &Accepted,
) -> Result<bool> {
    let mut turn = Turn::of(tx, act, document_id, version)?;
    require_signature_step(&turn, act)?;
    // The day of a signature is that of its time stamp (regulation article 12).
    let day = clock::local(signature.stamped_at.unwrap_or(act.now)).date();
    let Some(frozen) = turn.letter.frozen_hash.clone() else {
        return Err(other_content());
    };
    let package = package::of(tx, document_id)?;
    let is_content = package.is_some_and(|package| {
        package.letter_hash == frozen
            && package.round == turn.letter.approval_round
            && package.content_hash == signature.content_hash
    });
    if !is_content || signature.user_id != act.actor.user_id {
        return Err(other_content());
    }
    if turn.letter.official_date != Some(day) {
        return Err(conflict(
            "imza_gunu_degisti",
            "İmza hazırlığından bu yana gün değişti; yazı yeni tarihle hazırlanacak. Yeniden \
             İmzala'ya basın.",
        ));
    }
    let step_id = turn.step().id.clone();
    // A name or title that changed since, or bytes that were prepared for somebody else.
    if store::kept_names(tx, &step_id)? != turn.names(act) {
        return Err(other_content());
    }
    let outcome = turn.play(tx, act, Move::Sign, None, Some(&frozen))?;
    signature::record(tx, act, document_id, &step_id, signature)?;
    if outcome == Outcome::Completed {
        number::mark_used(tx, document_id)?;
        document::move_to(tx, &turn.letter, State::Signed, act.now)?;
        return Ok(true);
    }
    document::touch(tx, &turn.letter, act.now)?;
    Ok(false)
}

pub(crate) fn other_content() -> crate::error::Error {
    conflict(
        "imza_baska_icerik",
        "İmzalanmak istenen içerik yazının bugünkü hâli değil. Sayfayı yenileyip yeniden imzalayın.",
    )
}

fn require_signature_step(turn: &Turn, act: &Act<'_>) -> Result<()> {
    if turn.step().kind != StepKind::Signature {
        return Err(invalid(
            "paraf_gerekli",
            "Bu adım paraf ister. Parafla düğmesini kullanın.",
        ));
    }
    turn.require_one_signature(act)
}

fn gather_for(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    config: &Config,
    mut turn: Turn,
) -> Result<(Letter, Gathered)> {
    require_signature_step(&turn, act)?;
    turn.drop_second_signatures(act);
    let today = clock::local(act.now).date();
    let blocks = blocks(&turn.steps, Some((turn.at, act.actor, turn.as_deputy)));
    let mut letter = turn.letter;
    let gathered = freeze::take_number(tx, act, config, &mut letter, today, blocks)?;
    Ok((letter, gathered))
}

/// Names under the text: who signed, who signs now, and whom the chain will ask or the deputy who
/// is to sign for them (decision 4).
#[must_use]
pub fn blocks(steps: &[Step], acting: Option<(usize, &Actor, bool)>) -> Vec<SignatureBlock> {
    steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.kind == StepKind::Signature)
        .map(|(index, step)| {
            let deputy = match acting {
                _ if step.acted_by.is_some() => {
                    step.acted_by_name.as_ref().filter(|_| step.as_deputy)
                }
                // The absent person themselves may have come back.
                Some((at, actor, as_deputy)) if at == index => {
                    as_deputy.then_some(&actor.full_name)
                }
                _ => step.deputy.as_ref().map(|deputy| &deputy.full_name),
            };
            match deputy {
                Some(deputy) => for_absent(deputy, step),
                None => SignatureBlock {
                    name: render::person(&step.full_name),
                    titles: step.titles(),
                },
            }
        })
        .collect()
}

fn for_absent(deputy: &str, step: &Step) -> SignatureBlock {
    let mut titles = step.titles();
    if let Some(own) = titles.last_mut() {
        own.push_str(" V.");
    }
    SignatureBlock {
        name: render::person(deputy),
        titles,
    }
}

/// What the page itself lacks, told with everything else that is missing: signs that the embedded
/// font cannot print ([`try_out`] asks an uploaded font), and the office that grants an Olur.
pub(super) fn hindrances(tx: &mut Tx<'_>, letter: &Letter, steps: &[Step]) -> Result<Vec<String>> {
    let gathered = freeze::gather(tx, letter, blocks(steps, None))?;
    let mut sentences = Vec::new();
    if letter.kind == DocumentKind::Consent && gathered.sheet.addressee == Addressee::None {
        sentences.push(
            "Olurun makamı, son imzayı atacak kişinin unvanından çıkarılamadı. Muhatap satırına \
             yazın, örneğin BAŞKANLIK MAKAMINA."
                .to_owned(),
        );
    }
    sentences.extend(press::holes(&gathered).map(|holes| letterhead::lacking_sentence(&holes)));
    Ok(sentences)
}

/// Sets the letter as it stands before it goes into approval, so that what cannot be printed is
/// told to whom can change it and not to its last signer.
///
/// # Errors
/// `evrak_yok`, `yazi_tipinde_yok` from an uploaded font, `yazi_dizilemedi`.
pub async fn try_out(app: &App, actor: &Actor, document_id: &str) -> Result<()> {
    let id = document_id.to_owned();
    let gathered = app
        .read(actor, move |tx, act| {
            let letter = draft::open(tx, act, &id)?;
            let steps = chain::current(tx, act, &id)?;
            freeze::gather(tx, &letter, blocks(&steps, None))
        })
        .await?;
    let is_embedded = gathered.chosen.faces.is_empty();
    match app.press.pdf(&app.blobs, gathered).await {
        Err(error) if is_embedded && error.code() == "yazi_tipinde_yok" => Ok(()),
        other => other.map(drop),
    }
}

/// Signatures of this round that were given over other bytes than these.
fn earlier_signatures(tx: &mut Tx<'_>, letter: &Letter, hash: &BlobHash) -> Result<Vec<Step>> {
    let steps = store::steps_of_round(tx, &letter.id, letter.approval_round)?;
    Ok(steps
        .into_iter()
        .filter(|step| {
            step.kind == StepKind::Signature
                && step.state == StepState::Done
                && step.seen_hash.as_ref() != Some(hash)
        })
        .collect())
}

/// Asks every signer of the round again and tells whose signature fell. Each step keeps the deputy
/// who signed or is about to sign it: otherwise the page would name the absent person to the others
/// and change again with every deputy's turn.
fn restart(tx: &mut Tx<'_>, act: &Act<'_>, letter: &Letter) -> Result<Vec<String>> {
    let steps = store::steps_of_round(tx, &letter.id, letter.approval_round)?;
    let states: Vec<(StepKind, StepState)> =
        steps.iter().map(|step| (step.kind, step.state)).collect();
    let mut names = Vec::new();
    for (step, state) in steps.iter().zip(machine::sign_again(&states)) {
        if step.kind != StepKind::Signature {
            continue;
        }
        if step.state == StepState::Done {
            names.push(step.who());
        }
        let deputy = match step.state {
            StepState::Active if step.user_id == act.actor.user_id => None,
            StepState::Active => Some(act.actor.user_id.as_str()),
            StepState::Done if step.as_deputy => step.acted_by.as_deref(),
            StepState::Done => None,
            _ => step.deputy.as_ref().map(|deputy| deputy.id.as_str()),
        };
        store::clear_act(tx, &step.id, state, deputy)?;
    }
    let detail = serde_json::json!({ "round": letter.approval_round, "again": names.len() });
    audit::record(
        tx,
        act,
        "approval.sign_again",
        "document",
        &letter.id,
        &detail,
    )?;
    Ok(names)
}
