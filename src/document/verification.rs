//! Belge doğrulama kodu: a random code for each letter, printed at its foot, by which anybody who
//! holds the letter asks whether it is genuine (regulation article 23).

use jiff::Timestamp;

use super::{Confidentiality, Letter, State, attach, store};
use crate::access::{Act, Actor};
use crate::approval::{StepKind, StepState};
use crate::audit;
use crate::config::Config;
use crate::error::{Error, Result, not_found};
use crate::letterhead::Names;
use crate::setting;
use crate::store::{StoreError, Tx};

/// Letters and digits that are not taken for one another; five bits each.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Eighty bits: not to be guessed, still to be typed.
const LENGTH: usize = 16;

/// This installation's own page for it.
#[must_use]
pub fn own_address(config: &Config) -> String {
    format!("{}/dogrula", config.public_url)
}

/// What stands at the foot of a letter with this code: where the code is typed, what the QR code
/// says, the code. Administration may name other pages than our own (regulation article 23).
///
/// # Errors
/// When the store fails.
pub(super) fn foot(
    tx: &mut Tx<'_>,
    config: &Config,
    code: &str,
) -> Result<letter::Verification, StoreError> {
    let chosen = setting::text(tx, setting::VERIFICATION_ADDRESS.key)?;
    let pattern = setting::text(tx, setting::VERIFICATION_QR.key)?;
    let address = chosen.clone().unwrap_or_else(|| own_address(config));
    let link = match (pattern, chosen) {
        (Some(pattern), _) => pattern.replace(setting::CODE, code),
        // Nobody knows where another page takes the code, but there it can be typed.
        (None, Some(page)) => page,
        (None, None) => format!("{address}/{code}"),
    };
    Ok(letter::Verification {
        address,
        link,
        code: printed(code),
    })
}

/// `7K3M-9QXP-2HTD-4WVA`, as it is printed.
#[must_use]
pub fn printed(code: &str) -> String {
    let groups: Vec<&str> = (0..code.len())
        .step_by(4)
        .filter_map(|at| code.get(at..(at + 4).min(code.len())))
        .collect();
    groups.join("-")
}

/// The code in what somebody typed: case, hyphens and spaces do not count.
#[must_use]
pub fn parse(typed: &str) -> Option<String> {
    let mut code = String::with_capacity(LENGTH);
    for character in typed.chars() {
        if character.is_whitespace() || matches!(character, '-' | '–' | '.') {
            continue;
        }
        let letter = match character {
            // A Turkish keyboard's dotted and dotless i are no letters of a code.
            'a'..='z' => character.to_ascii_uppercase(),
            other => other,
        };
        if !u8::try_from(letter).is_ok_and(|byte| ALPHABET.contains(&byte)) || code.len() == LENGTH
        {
            return None;
        }
        code.push(letter);
    }
    (code.len() == LENGTH).then_some(code)
}

/// The letter's code, drawn when it is first asked for and never changed.
pub(super) fn of_letter(tx: &mut Tx<'_>, act: &Act<'_>, letter_id: &str) -> Result<String> {
    if let Some(code) = store::code_of(tx, letter_id)? {
        return Ok(code);
    }
    let mut random = [0_u8; LENGTH];
    act.ids.fill(&mut random);
    let code: String = random
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]))
        .collect();
    store::insert_code(tx, &code, letter_id, act.now)?;
    Ok(code)
}

/// What the public page tells about a genuine letter.
#[derive(Debug, Clone)]
pub struct Genuine {
    pub letter: Letter,
    /// With its attachments: see [`attach::degree`].
    pub degree: Confidentiality,
    pub institution: String,
    pub unit: String,
    pub signers: Vec<Signer>,
}

/// Who signed, as the letter names them, and when.
#[derive(Debug, Clone)]
pub struct Signer {
    pub name: String,
    pub title: String,
    pub at: Option<Timestamp>,
}

impl Genuine {
    /// Whether the page may give the letter itself: what is Hizmete Özel or Kişiye Özel is
    /// confirmed, and compared with the holder's file, but not shown again.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.letter.personal && self.degree == Confidentiality::None
    }
}

/// The signed letter of a code.
///
/// # Errors
/// `belge_bulunamadi`, the same for a code that never was, of a letter that is not signed, or
/// wrongly typed.
pub fn find(tx: &mut Tx<'_>, typed: &str) -> Result<Genuine> {
    let letter = match parse(typed) {
        Some(code) => store::by_code(tx, &code)?,
        None => None,
    };
    let letter = letter
        .filter(|letter| matches!(letter.state, State::Signed | State::Dispatched))
        .filter(|letter| letter.frozen_hash.is_some())
        .ok_or_else(unknown)?;
    let names = Names::of_unit(tx, &letter.unit_id)?;
    let steps = crate::approval::steps_of_round(tx, &letter.id, letter.approval_round)?;
    let blocks = crate::approval::sign::blocks(&steps, None);
    let signers = steps
        .iter()
        .filter(|step| step.kind == StepKind::Signature)
        .zip(blocks)
        .filter(|(step, _)| step.state == StepState::Done)
        .map(|(step, block)| Signer {
            name: block.name,
            title: block.titles.join(" "),
            at: step.acted_at,
        })
        .collect();
    Ok(Genuine {
        institution: names.institution,
        unit: names.unit,
        degree: attach::degree_of(tx, &letter)?,
        letter,
        signers,
    })
}

/// Records that the letter was handed out to somebody who holds its code.
///
/// # Errors
/// When the store fails.
pub fn record_reading(
    tx: &mut Tx<'_>,
    ids: &dyn crate::ids::Ids,
    now: Timestamp,
    letter_id: &str,
) -> Result<()> {
    let actor = Actor::system();
    let act = Act {
        actor: &actor,
        now,
        ids,
    };
    let detail = serde_json::json!({ "by": "code" });
    audit::record(
        tx,
        &act,
        "verification.read",
        "document",
        letter_id,
        &detail,
    )
}

fn unknown() -> Error {
    not_found(
        "belge_bulunamadi",
        "Bu kodla doğrulanabilen bir belge bulunamadı. Kodu yazının altındaki gibi, eksiksiz yazın.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        let code = "7K3M9QXP2HTD4WVA";
        assert_eq!(printed(code), "7K3M-9QXP-2HTD-4WVA");
        for typed in ["7K3M-9QXP-2HTD-4WVA", " 7k3m 9qxp 2htd 4wva ", code] {
            assert_eq!(parse(typed).as_deref(), Some(code), "{typed}");
        }
        for typed in [
            "",
            "7K3M-9QXP-2HTD-4WV",
            "7K3M-9QXP-2HTD-4WVAA",
            "7K3M-9QXP-2HTD-4WV0",
            "' OR 1=1 --",
            "ıııııııııııııııı",
        ] {
            assert_eq!(parse(typed), None, "{typed}");
        }
    }
}
