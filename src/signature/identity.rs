//! Which T.C. kimlik no a person has, so that nobody signs with another's card.

use crate::access::Act;
use crate::audit;
use crate::error::{Result, invalid};
use crate::params;
use crate::store::{StoreError, Tx};

/// The number of a person, if it was set.
///
/// # Errors
/// When the store fails.
pub fn of(tx: &mut Tx<'_>, user_id: &str) -> Result<Option<String>, StoreError> {
    let row = tx.query_opt(
        "SELECT national_id FROM signer_identity WHERE user_id = ?1",
        params![user_id],
    )?;
    row.map(|row| row.get("national_id")).transpose()
}

/// The last four digits of a person's number, if it was set, for an administrator.
///
/// # Errors
/// `yetki_yok`.
pub fn ending(tx: &mut Tx<'_>, act: &Act<'_>, user_id: &str) -> Result<Option<String>> {
    act.actor.require_administrator()?;
    let number = of(tx, user_id)?;
    Ok(number.map(|number| number.chars().skip(7).collect()))
}

/// Sets the number of a person; its last digits stand in the audit trail, never all of it.
///
/// # Errors
/// `yetki_yok`, `tckn_gecersiz`.
pub fn set(tx: &mut Tx<'_>, act: &Act<'_>, user_id: &str, national_id: &str) -> Result<()> {
    act.actor.require_administrator()?;
    if !is_national_id(national_id) {
        return Err(invalid(
            "tckn_gecersiz",
            "T.C. kimlik numarası 11 hanelidir ve son iki hanesi öncekilerden hesaplanır. \
             Numarayı denetleyip yeniden girin.",
        ));
    }
    tx.execute(
        "DELETE FROM signer_identity WHERE user_id = ?1",
        params![user_id],
    )?;
    tx.execute(
        "INSERT INTO signer_identity (user_id, national_id, set_by, set_at) VALUES (?1, ?2, ?3, ?4)",
        params![user_id, national_id, &act.actor.user_id, act.now],
    )?;
    let detail = serde_json::json!({ "ends_with": &national_id[7..] });
    audit::record(tx, act, "signature.identity", "user", user_id, &detail)
}

/// Eleven digits, the first not zero, both check digits right (eyp.md 2.4).
#[must_use]
pub fn is_national_id(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let [a, b, c, d, e, f, g, h, i, ten, eleven] = digits.as_slice() else {
        return false;
    };
    let odd = a + c + e + g + i;
    let even = b + d + f + h;
    text.len() == 11
        && *a != 0
        && (odd * 7 + 100 - even) % 10 == *ten
        && (odd + even + ten) % 10 == *eleven
}

/// A number whose check digits hold, out of nine digits: for people of a rehearsal.
#[must_use]
pub(super) fn complete(nine: u32) -> String {
    let text = format!("{:09}", 100_000_000 + nine % 900_000_000);
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let odd: u32 = digits.iter().step_by(2).sum();
    let even: u32 = digits.iter().skip(1).step_by(2).sum();
    let ten = (odd * 7 + 100 - even) % 10;
    format!("{text}{ten}{}", (odd + even + ten) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_checked() {
        for right in ["10000000146", "20000000046"] {
            assert!(is_national_id(right), "{right}");
        }
        for wrong in [
            "",
            "1000000014",
            "10000000147",
            "00000000146",
            "1000000014a",
            "１0000000146",
        ] {
            assert!(!is_national_id(wrong), "{wrong}");
        }
        for number in [0, 1, 77_777, 899_999_999] {
            assert!(is_national_id(&complete(number)), "{number}");
        }
    }
}
