//! The closing phrase that rank asks for: arz to a higher or equal office, rica to a lower one,
//! both when they are mixed, a greeting to persons (regulation article 16, clause 12). It is a
//! proposal: the drafter decides.

use std::collections::HashSet;

use super::{Closing, DocumentKind, Letter};
use crate::access;
use crate::approval::chain;
use crate::directory::outside::{self, PartyKind};
use crate::directory::{self, InstitutionKind, Unit, UnitId, today};
use crate::distribution::Recipient;
use crate::error::Result;
use crate::store::Tx;

/// A recipient as far as rank goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// A unit of one's own institution below whoever signs the letter.
    Below,
    /// A unit of one's own institution beside or above whoever signs, and the institution itself.
    Beside,
    Office(InstitutionKind),
    /// A company.
    Business,
    Person,
}

/// The phrase for these recipients of an institution of this kind; `None` without recipients.
#[must_use]
pub fn propose(own: InstitutionKind, recipients: &[Rank]) -> Option<Closing> {
    let (mut arz, mut rica, mut persons) = (false, false, false);
    for recipient in recipients {
        match recipient {
            Rank::Below | Rank::Business => rica = true,
            Rank::Office(kind) if is_lower(*kind, own) => rica = true,
            Rank::Office(_) | Rank::Beside => arz = true,
            Rank::Person => persons = true,
        }
    }
    match (arz, rica, persons) {
        (true, true, _) | (true, false, true) => Some(Closing::Both),
        (true, false, false) => Some(Closing::Arz),
        (false, true, _) => Some(Closing::Rica),
        (false, false, true) => Some(Closing::Regards),
        (false, false, false) => None,
    }
}

/// Only the line from ministry to municipality is certain; others count as equals.
fn is_lower(kind: InstitutionKind, than: InstitutionKind) -> bool {
    matches!((place(kind), place(than)), (Some(kind), Some(than)) if kind > than)
}

fn place(kind: InstitutionKind) -> Option<u8> {
    match kind {
        InstitutionKind::Ministry => Some(0),
        InstitutionKind::Governorship => Some(1),
        InstitutionKind::DistrictGovernorship => Some(2),
        InstitutionKind::Municipality => Some(3),
        _ => None,
    }
}

/// Where the recipients of one letter stand towards its last signer.
pub struct Ranks {
    /// Units that the signer may sign for.
    below: HashSet<String>,
}

impl Ranks {
    /// Under the last signature of the letter's chain, given in the delegator's name where the
    /// power is delegated; while nobody is asked to sign yet, seen from the letter's own unit.
    ///
    /// # Errors
    /// When the store fails.
    pub fn of_letter(tx: &mut Tx<'_>, letter: &Letter) -> Result<Self> {
        let below = match chain::last_signer(tx, letter)? {
            Some(signer) => access::user::may_sign_for(tx, &signer)?,
            None => directory::below(tx, &letter.unit_id)?,
        };
        Ok(Self { below })
    }

    /// Where a recipient stands: a unit of the directory, or a party outside it.
    #[must_use]
    pub fn of(&self, unit: Option<&Unit>, party: Option<PartyKind>) -> Option<Rank> {
        match (party, unit) {
            (Some(PartyKind::Company), _) => Some(Rank::Business),
            (Some(_), _) => Some(Rank::Person),
            (None, Some(unit)) if unit.is_own => Some(self.inside(unit)),
            (None, Some(unit)) => Some(Rank::Office(unit.kind)),
            (None, None) => None,
        }
    }

    fn inside(&self, unit: &Unit) -> Rank {
        if !unit.is_institution() && self.below.contains(unit.id.as_str()) {
            Rank::Below
        } else {
            Rank::Beside
        }
    }
}

/// The phrase that a letter to these ends with: what the drafter chose, else what rank asks for.
/// Whoever grants an Olur stands above its drafter; no Turkish phrase ends a text of another
/// language.
///
/// # Errors
/// When the store fails.
pub fn settle(tx: &mut Tx<'_>, letter: &Letter, ranks: &[Rank]) -> Result<Closing> {
    if letter.language != "tur" {
        return Ok(Closing::None);
    }
    if letter.closing != Closing::Auto {
        return Ok(letter.closing);
    }
    Ok(proposal(tx, letter, ranks)?.unwrap_or(Closing::Arz))
}

fn proposal(tx: &mut Tx<'_>, letter: &Letter, ranks: &[Rank]) -> Result<Option<Closing>> {
    if letter.kind == DocumentKind::Consent {
        return Ok(Some(Closing::Arz));
    }
    let own = directory::by_id(tx, &UnitId::new(letter.unit_id.clone()))?;
    Ok(own.and_then(|own| propose(own.kind, ranks)))
}

/// The proposal for a letter and its recipients.
///
/// # Errors
/// When the store fails.
pub fn of_letter(
    tx: &mut Tx<'_>,
    letter: &Letter,
    recipients: &[Recipient],
) -> Result<Option<Closing>> {
    let ids: Vec<&str> = recipients
        .iter()
        .filter_map(|line| line.unit_id.as_deref())
        .collect();
    let units = today::of(tx, &ids)?;
    let (towards, mut ranks) = (Ranks::of_letter(tx, letter)?, Vec::new());
    for recipient in recipients {
        let party = match &recipient.outside_party_id {
            Some(id) => outside::kind_of(tx, id)?,
            None => None,
        };
        let unit = recipient.unit_id.as_ref().and_then(|id| units.get(id));
        ranks.extend(towards.of(unit.map(|today| &today.unit), party));
    }
    proposal(tx, letter, &ranks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rank_proposes_the_phrase() {
        use InstitutionKind::{Governorship, Municipality, University};
        let town = |ranks: &[Rank]| propose(Municipality, ranks);
        assert_eq!(town(&[]), None);
        assert_eq!(town(&[Rank::Office(Governorship)]), Some(Closing::Arz));
        assert_eq!(town(&[Rank::Office(Municipality)]), Some(Closing::Arz));
        assert_eq!(town(&[Rank::Office(University)]), Some(Closing::Arz));
        assert_eq!(town(&[Rank::Below]), Some(Closing::Rica));
        assert_eq!(town(&[Rank::Beside]), Some(Closing::Arz));
        assert_eq!(town(&[Rank::Below, Rank::Beside]), Some(Closing::Both));
        assert_eq!(town(&[Rank::Person]), Some(Closing::Regards));
        assert_eq!(
            town(&[Rank::Below, Rank::Office(Governorship)]),
            Some(Closing::Both)
        );
        let province = propose(Governorship, &[Rank::Office(Municipality)]);
        assert_eq!(province, Some(Closing::Rica));
    }
}
