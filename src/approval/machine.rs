//! The rules of the chain as a pure function: what an act does to the steps of a round.

use super::{StepKind, StepState};

/// What a person does with the active step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Parafla.
    Initial,
    /// İmzala.
    Sign,
    /// İade Et.
    Return,
}

/// What the letter becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The next step is active.
    Goes,
    /// The last step is done: the letter is signed.
    Completed,
    /// The letter goes back to its drafter.
    Returned,
}

/// Why a move is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no step is active")]
    NothingActive,
    #[error("the step asks for the other kind of act")]
    WrongKind,
}

/// Whether a chain may be used: at least one step, at least one signature, a signature last.
#[must_use]
pub fn is_complete(kinds: &[StepKind]) -> bool {
    kinds.last() == Some(&StepKind::Signature)
}

/// The states of a round that begins: its first step is active.
#[must_use]
pub fn begin(length: usize) -> Vec<StepState> {
    (0..length)
        .map(|index| {
            if index == 0 {
                StepState::Active
            } else {
                StepState::Waiting
            }
        })
        .collect()
}

/// Applies a move to the active step.
///
/// # Errors
/// [`Refusal`] when no step is active or the act is not the one that the step asks for.
pub fn apply(
    steps: &mut [(StepKind, StepState)],
    the_move: Move,
) -> Result<(usize, Outcome), Refusal> {
    let at = steps
        .iter()
        .position(|(_, state)| *state == StepState::Active)
        .ok_or(Refusal::NothingActive)?;
    let kind = steps[at].0;
    match (the_move, kind) {
        (Move::Return, _) => {
            steps[at].1 = StepState::Returned;
            Ok((at, Outcome::Returned))
        }
        (Move::Initial, StepKind::Initial) | (Move::Sign, StepKind::Signature) => {
            steps[at].1 = StepState::Done;
            match steps.get_mut(at + 1) {
                Some(next) => {
                    next.1 = StepState::Active;
                    Ok((at, Outcome::Goes))
                }
                None => Ok((at, Outcome::Completed)),
            }
        }
        _ => Err(Refusal::WrongKind),
    }
}

/// How many leading steps a letter may be sent back to from the step at `at`: those before it, up
/// to the first signature. What comes after is not offered, since a letter that is prepared anew
/// is signed again by all, from the first (decision 1).
#[must_use]
pub fn may_return_to(kinds: &[StepKind], at: usize) -> usize {
    let signature = kinds.iter().position(|kind| *kind == StepKind::Signature);
    signature.map_or(at, |first| at.min(first + 1))
}

/// The states of the round that follows a return to the step at `to`: what lies before it stays.
#[must_use]
pub fn go_back(length: usize, to: usize) -> Vec<StepState> {
    (0..length)
        .map(|index| match index.cmp(&to) {
            std::cmp::Ordering::Less => StepState::Done,
            std::cmp::Ordering::Equal => StepState::Active,
            std::cmp::Ordering::Greater => StepState::Waiting,
        })
        .collect()
}

/// True while the drafter may still take the letter back: nobody has acted yet.
#[must_use]
pub fn may_withdraw(states: &[StepState]) -> bool {
    states
        .iter()
        .all(|state| matches!(state, StepState::Active | StepState::Waiting))
}

/// The states after the frozen letter had to be made anew: every signature is asked for again,
/// initials stay.
#[must_use]
pub fn sign_again(steps: &[(StepKind, StepState)]) -> Vec<StepState> {
    let first = steps
        .iter()
        .position(|(kind, _)| *kind == StepKind::Signature);
    steps
        .iter()
        .enumerate()
        .map(|(index, (_, state))| match first {
            Some(first) if index == first => StepState::Active,
            Some(first) if index > first => StepState::Waiting,
            _ => *state,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    use StepKind::{Initial, Signature};

    #[test]
    fn a_chain_needs_a_signature_at_its_end() {
        assert!(!is_complete(&[]));
        assert!(!is_complete(&[Initial]));
        assert!(!is_complete(&[Signature, Initial]));
        assert!(is_complete(&[Initial, Signature]));
        assert!(is_complete(&[Signature]));
    }

    fn round(kinds: &[StepKind]) -> Vec<(StepKind, StepState)> {
        kinds.iter().copied().zip(begin(kinds.len())).collect()
    }

    #[test]
    fn initial_then_signature_completes() {
        let mut steps = round(&[Initial, Signature]);
        assert_eq!(apply(&mut steps, Move::Sign), Err(Refusal::WrongKind));
        assert_eq!(apply(&mut steps, Move::Initial), Ok((0, Outcome::Goes)));
        assert_eq!(apply(&mut steps, Move::Sign), Ok((1, Outcome::Completed)));
        assert_eq!(apply(&mut steps, Move::Sign), Err(Refusal::NothingActive));
    }

    #[test]
    fn signing_again_keeps_initials() {
        let mut steps = round(&[Initial, Signature, Signature]);
        apply(&mut steps, Move::Initial).unwrap();
        apply(&mut steps, Move::Sign).unwrap();
        assert_eq!(
            sign_again(&steps),
            [StepState::Done, StepState::Active, StepState::Waiting]
        );
    }

    #[test]
    fn a_letter_goes_back_no_further_than_all_can_sign_it_again() {
        let chain = [Initial, Initial, Signature, Signature, Signature];
        let offered: Vec<usize> = (0..5).map(|at| may_return_to(&chain, at)).collect();
        assert_eq!(offered, [0, 1, 2, 3, 3]);
        assert_eq!(may_return_to(&[Signature, Initial, Signature], 2), 1);
        assert_eq!(
            go_back(3, 1),
            [StepState::Done, StepState::Active, StepState::Waiting]
        );
    }

    proptest! {
        /// Whatever is tried, at most one step is active and what is done lies before it.
        #[test]
        fn at_most_one_step_is_active(
            kinds in proptest::collection::vec(prop_oneof![Just(Initial), Just(Signature)], 1..8),
            moves in proptest::collection::vec(0_u8..3, 0..20),
        ) {
            let mut steps = round(&kinds);
            for number in moves {
                let the_move = [Move::Initial, Move::Sign, Move::Return][usize::from(number)];
                let _ = apply(&mut steps, the_move);
                let active: Vec<usize> = steps.iter().enumerate()
                    .filter(|(_, step)| step.1 == StepState::Active).map(|(i, _)| i).collect();
                prop_assert!(active.len() <= 1);
                if let Some(active) = active.first() {
                    prop_assert!(steps[..*active].iter().all(|step| step.1 == StepState::Done));
                    prop_assert!(steps[active + 1..].iter().all(|s| s.1 == StepState::Waiting));
                }
            }
        }
    }
}
