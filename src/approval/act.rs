//! Onaya Sun, Parafla, İade Et, Geri Çek.

use super::chain::{self, PREPARED};
use super::machine::{self, Move, Outcome};
use super::store::{self, Done, Names};
use super::{Step, StepKind, StepState, sign};
use crate::access::{Act, Role, deputy};
use crate::audit;
use crate::clock;
use crate::distribution::{Severity, preflight::preflight};
use crate::document::{self, Letter, State, draft, number};
use crate::error::{Error, Result, conflict, forbidden, invalid};
use crate::store::{BlobHash, Tx};

/// Onaya Sun and Yeniden Onaya Sun: a new round of the prepared chain begins.
///
/// # Errors
/// `surum_eski`, `onay_imzasiz`, `evrak_eksik` with everything that is missing, in words.
pub fn submit(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, version: i64) -> Result<()> {
    let letter = draft::require_writable(tx, act, document_id)?;
    letter.require_version(version)?;
    letter.confidentiality.require_electronic()?;
    let plan = store::steps_of_round(tx, document_id, PREPARED)?;
    let kinds: Vec<StepKind> = plan.iter().map(|step| step.kind).collect();
    if !machine::is_complete(&kinds) {
        return Err(invalid(
            "onay_imzasiz",
            "Onay listesinin son adımı imza olmalıdır. Onay Listesi'ne bir imza adımı ekleyin.",
        ));
    }
    let today = clock::local(act.now).date();
    let mut sentences: Vec<String> = draft::missing(&letter, today)
        .into_iter()
        .map(|(_, sentence)| sentence)
        .collect();
    sentences.extend(sign::hindrances(tx, &letter, &plan)?);
    sentences.extend(
        preflight(tx, document_id)?
            .into_iter()
            .filter(|finding| finding.severity == Severity::Blocking)
            .map(|finding| format!("{} {}", finding.sentence, finding.ways_out.join(" "))),
    );
    if !sentences.is_empty() {
        return Err(draft::incomplete(&sentences));
    }
    let round = letter.approval_round + 1;
    let steps: Vec<(StepKind, String, StepState)> = plan
        .into_iter()
        .zip(machine::begin(kinds.len()))
        .map(|(step, state)| (step.kind, step.user_id, state))
        .collect();
    store::replace_round(tx, act, document_id, round, &steps)?;
    document::set_round(tx, document_id, round)?;
    document::move_to(tx, &letter, State::InApproval, act.now)?;
    let detail = serde_json::json!({ "round": round, "steps": steps.len() });
    audit::record(tx, act, "approval.submit", "document", document_id, &detail)
}

/// Parafla.
///
/// # Errors
/// `surum_eski`, `sira_sizde_degil`, `imza_gerekli`.
pub fn initial(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, version: i64) -> Result<()> {
    let mut turn = Turn::of(tx, act, document_id, version)?;
    turn.play(tx, act, Move::Initial, None, None)?;
    document::touch(tx, &turn.letter, act.now)
}

/// İade Et: back to the drafter with a reason; a number that was taken becomes *İptal*.
///
/// # Errors
/// `gerekce_bos`, `surum_eski`, `sira_sizde_degil`.
pub fn give_back(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    version: i64,
    reason: &str,
) -> Result<()> {
    let reason = reason_of(reason)?;
    let mut turn = Turn::of(tx, act, document_id, version)?;
    turn.play(tx, act, Move::Return, Some(&reason), None)?;
    number::cancel(tx, act, document_id, &format!("İade: {reason}"))?;
    document::move_to(tx, &turn.letter, State::Returned, act.now)
}

/// İade Et to an earlier step: a new round begins at the step at `position`, the steps before it
/// stay as they were. A number that was taken becomes *İptal* as with a return to the drafter.
///
/// # Errors
/// `iade_adimi` when the step is not one of [`machine::may_return_to`], and as [`give_back`].
pub fn give_back_to_step(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    version: i64,
    reason: &str,
    position: i64,
) -> Result<()> {
    let reason = reason_of(reason)?;
    let mut turn = Turn::of(tx, act, document_id, version)?;
    let to = turn
        .steps
        .iter()
        .take(machine::may_return_to(&turn.kinds(), turn.at))
        .position(|step| step.position == position)
        .ok_or_else(|| {
            invalid(
                "iade_adimi",
                "Evrak bu adıma iade edilemez. Hazırlayanı ya da listedeki önceki adımlardan \
                 birini seçin.",
            )
        })?;
    turn.play(tx, act, Move::Return, Some(&reason), None)?;
    number::cancel(tx, act, document_id, &format!("İade: {reason}"))?;
    let round = turn.letter.approval_round + 1;
    let states = machine::go_back(turn.steps.len(), to);
    store::carry_round(tx, act, &turn.steps, round, &states)?;
    document::set_round(tx, document_id, round)?;
    document::touch(tx, &turn.letter, act.now)
}

fn reason_of(typed: &str) -> Result<String> {
    let reason = crate::turkish::compose(typed.trim());
    if reason.is_empty() || reason.chars().count() > 1_000 {
        return Err(invalid(
            "gerekce_bos",
            "İade gerekçesini yazın (en çok 1000 karakter).",
        ));
    }
    Ok(reason)
}

/// Geri Çek: the drafter takes the letter back while nobody has acted, or when the step that waits
/// asks for somebody who may not act any more, since nobody else could move it.
///
/// # Errors
/// `surum_eski`, `geri_cekilemez`.
pub fn withdraw(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, version: i64) -> Result<()> {
    let letter = draft::open(tx, act, document_id)?;
    letter.require_version(version)?;
    if letter.drafter_id != act.actor.user_id {
        act.actor
            .require_in(&[Role::Clerk, Role::Registry], &letter.unit_id)?;
    }
    let steps = store::steps_of_round(tx, document_id, letter.approval_round)?;
    if !may_withdraw(tx, &letter, &steps)? {
        return Err(conflict(
            "geri_cekilemez",
            "Onay listesinde biri işlem yaptı; evrak geri çekilemez. İade edilmesini isteyin.",
        ));
    }
    for step in steps.iter().filter(|step| step.state != StepState::Done) {
        store::set_state(tx, &step.id, StepState::Withdrawn)?;
    }
    number::cancel(tx, act, document_id, "Geri çekildi.")?;
    document::move_to(tx, &letter, State::Draft, act.now)?;
    let detail = serde_json::json!({ "round": letter.approval_round });
    audit::record(
        tx,
        act,
        "approval.withdraw",
        "document",
        document_id,
        &detail,
    )
}

/// Whether a letter with these steps of its running round can be taken back; see [`withdraw`].
///
/// # Errors
/// When the store fails.
pub fn may_withdraw(tx: &mut Tx<'_>, letter: &Letter, steps: &[Step]) -> Result<bool> {
    if letter.state != State::InApproval {
        return Ok(false);
    }
    let states: Vec<StepState> = steps.iter().map(|step| step.state).collect();
    if machine::may_withdraw(&states) {
        return Ok(true);
    }
    match steps.iter().find(|step| step.state == StepState::Active) {
        Some(step) => Ok(!store::may_approve(tx, &step.user_id, &letter.unit_id)?),
        None => Ok(false),
    }
}

/// The acting person's turn on a letter in approval.
pub(super) struct Turn {
    pub letter: Letter,
    pub steps: Vec<Step>,
    /// Index of the active step.
    pub at: usize,
    pub as_deputy: bool,
}

impl Turn {
    /// Finds the active step and checks that it asks for this person or one they are deputy of, and
    /// that the person whom it asks may still initial and sign for the letter's unit.
    ///
    /// # Errors
    /// `evrak_yok`, `surum_eski`, `onayda_degil`, `sira_sizde_degil`, `onay_yetkisi_kalkti`.
    pub fn of(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, version: i64) -> Result<Self> {
        let letter = draft::open(tx, act, document_id)?;
        letter.require_version(version)?;
        if letter.state != State::InApproval {
            return Err(conflict(
                "onayda_degil",
                "Evrak onayda değil. İş Listesi'ne dönün.",
            ));
        }
        let steps = chain::steps_now(tx, act, document_id, letter.approval_round)?;
        let at = steps
            .iter()
            .position(|step| step.state == StepState::Active)
            .ok_or_else(|| conflict("onayda_degil", "Evrakta bekleyen bir onay adımı yok."))?;
        let asked = &steps[at].user_id;
        let own = *asked == act.actor.user_id;
        if !own && !deputy::absent_for(tx, &act.actor.user_id, act.now)?.contains(asked) {
            return Err(forbidden(
                "sira_sizde_degil",
                format!(
                    "Sıra {} adlı kişide. Sıranız gelince İş Listesi'nde görünür.",
                    steps[at].full_name
                ),
            ));
        }
        if !store::may_approve(tx, asked, &letter.unit_id)? {
            return Err(forbidden(
                "onay_yetkisi_kalkti",
                format!(
                    "{} adlı kişinin bu birimde {} rolü kalmamış; adına paraf ve imza atılamaz. \
                     Hazırlayan evrakı Geri Çek ile geri alıp onay listesini düzeltsin ya da DYS \
                     yöneticiniz rolü yeniden versin.",
                    steps[at].full_name,
                    Role::Approver.label()
                ),
            ));
        }
        Ok(Self {
            letter,
            steps,
            at,
            as_deputy: !own,
        })
    }

    pub fn step(&self) -> &Step {
        &self.steps[self.at]
    }

    /// That the acting person has no other signature in this round: in a package each signer stands
    /// once, so that a deputy's second one would be missing from it.
    ///
    /// # Errors
    /// `onay_iki_imza`.
    pub fn require_one_signature(&self, act: &Act<'_>) -> Result<()> {
        let by = |step: &Step| {
            let whose = step.acted_by.as_ref().unwrap_or(&step.user_id);
            step.kind == StepKind::Signature && *whose == act.actor.user_id
        };
        let mut others = self.steps.iter().enumerate();
        let other = others.find_map(|(at, step)| (at != self.at && by(step)).then_some(step));
        let Some(other) = other else {
            return Ok(());
        };
        Err(conflict(
            "onay_iki_imza",
            format!(
                "Bu yazıda {} ve {} adımlarının imzası size düşüyor; bir kişi aynı yazıyı iki kez \
                 imzalayamaz. Vekâlet ettiğiniz kişinin adımını kendisi ya da başka bir vekili \
                 imzalasın; olmuyorsa İade Et ile evrakı hazırlayana gönderin, onay listesini \
                 düzeltsin.",
                other.full_name,
                self.step().full_name
            ),
        ))
    }

    /// Leaves out kept deputies who sign elsewhere in this round: nobody signs twice, so that the
    /// page names the absent person.
    pub fn drop_second_signatures(&mut self, act: &Act<'_>) {
        for at in 0..self.steps.len() {
            let signs_elsewhere = self.steps[at].deputy.as_ref().is_some_and(|kept| {
                (0..self.steps.len()).any(|other| {
                    other != at
                        && self.steps[other].kind == StepKind::Signature
                        && self.signer(act, other) == kept.id
                })
            });
            if signs_elsewhere {
                self.steps[at].deputy = None;
            }
        }
    }

    /// Who acted on a step, acts on it now, or is to act on it.
    fn signer<'a>(&'a self, act: &'a Act<'_>, at: usize) -> &'a str {
        let step = &self.steps[at];
        if at == self.at {
            return &act.actor.user_id;
        }
        match (&step.acted_by, &step.deputy) {
            (Some(id), _) => id,
            (None, Some(deputy)) => &deputy.id,
            (None, None) => &step.user_id,
        }
    }

    /// What the page says of the active step when this person signs it.
    pub fn names(&self, act: &Act<'_>) -> Names {
        let step = self.step();
        let actor = if self.as_deputy {
            &act.actor.full_name
        } else {
            &step.full_name
        };
        Names::of(step, actor)
    }

    fn kinds(&self) -> Vec<StepKind> {
        self.steps.iter().map(|step| step.kind).collect()
    }

    /// Records the act on the active step and opens the next one.
    pub fn play(
        &mut self,
        tx: &mut Tx<'_>,
        act: &Act<'_>,
        the_move: Move,
        reason: Option<&str>,
        seen_hash: Option<&BlobHash>,
    ) -> Result<Outcome> {
        let mut states: Vec<(StepKind, StepState)> = self
            .steps
            .iter()
            .map(|step| (step.kind, step.state))
            .collect();
        let (at, outcome) =
            machine::apply(&mut states, the_move).map_err(|refusal| match refusal {
                machine::Refusal::WrongKind if the_move == Move::Initial => invalid(
                    "imza_gerekli",
                    "Bu adım imza ister. İmzala düğmesini kullanın.",
                ),
                machine::Refusal::WrongKind => invalid(
                    "paraf_gerekli",
                    "Bu adım paraf ister. Parafla düğmesini kullanın.",
                ),
                machine::Refusal::NothingActive => faster(),
            })?;
        let delegator = self.steps[at].delegator.as_ref().map(|it| it.id.as_str());
        let done = Done {
            state: states[at].1,
            acted_by: &act.actor.user_id,
            as_deputy: self.as_deputy,
            at: act.now,
            reason,
            seen_hash,
            delegator_id: delegator,
            names: self.names(act),
        };
        if !store::record_act(tx, &self.steps[at].id, &done)? {
            return Err(faster());
        }
        if outcome == Outcome::Goes {
            store::set_state(tx, &self.steps[at + 1].id, StepState::Active)?;
        }
        let action = match the_move {
            Move::Initial => "approval.initial",
            Move::Sign => "approval.sign",
            Move::Return => "approval.return",
        };
        let detail = serde_json::json!({
            "round": self.letter.approval_round,
            "position": self.steps[at].position,
            "asked": self.steps[at].user_id,
            "as_deputy": self.as_deputy,
            "delegator": delegator,
            "reason": reason,
            "hash": seen_hash.map(BlobHash::as_str),
        });
        audit::record(tx, act, action, "document", &self.letter.id, &detail)?;
        Ok(outcome)
    }
}

fn faster() -> Error {
    conflict(
        "onay_yapilmis",
        "Bu adım biraz önce tamamlandı. Sayfayı yenileyin.",
    )
}
