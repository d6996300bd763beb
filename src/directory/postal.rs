//! Postal addresses of units and parties, kept from the last letter that went there on paper.

use super::store::today as sql;
use crate::access::Act;
use crate::error::{Result, invalid};
use crate::store::{StoreError, Tx};
use crate::turkish;

/// Lines of an address, and letters of a line, that still fit a label of 99 × 38 mm.
const MOST_LINES: usize = 5;
const LONGEST_LINE: usize = 70;

/// An address as it stands on a label: trimmed lines, at least two.
///
/// # Errors
/// `posta_adresi` with what is wrong in words.
pub fn checked(typed: &str) -> Result<String> {
    let lines: Vec<String> = typed
        .lines()
        .map(|line| turkish::compose(line.trim()))
        .filter(|line| !line.is_empty())
        .collect();
    let wrong = |why: String| Err(invalid("posta_adresi", why));
    if lines.len() < 2 {
        return wrong(
            "Posta adresini en az iki satır yazın: cadde ve numara; posta kodu, ilçe ve il."
                .to_owned(),
        );
    }
    let long = lines.iter().any(|line| line.chars().count() > LONGEST_LINE);
    if lines.len() > MOST_LINES || long {
        return wrong(format!(
            "Posta adresi en çok {MOST_LINES} satır, satırlar en çok {LONGEST_LINE} harf olabilir; \
             etikete sığmalı."
        ));
    }
    if lines.iter().any(|line| line.chars().any(char::is_control)) {
        return wrong("Posta adresinde kullanılamayan karakter var.".to_owned());
    }
    Ok(lines.join("\n"))
}

/// The address kept for a unit or a party.
///
/// # Errors
/// When the store fails.
pub fn of(tx: &mut Tx<'_>, owner_id: &str) -> Result<Option<String>, StoreError> {
    Ok(sql::postal(tx, &[owner_id])?.remove(owner_id))
}

/// Keeps a checked address for the next letter.
///
/// # Errors
/// When the store fails.
pub fn keep(tx: &mut Tx<'_>, act: &Act<'_>, owner_id: &str, address: &str) -> Result<()> {
    Ok(sql::put_postal(
        tx,
        owner_id,
        address,
        &act.actor.user_id,
        act.now,
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_lines_that_fit_a_label() {
        assert_eq!(
            checked("  Cumhuriyet Cad. No: 1 \r\n\r\n 22500 Havsa / Edirne ").unwrap(),
            "Cumhuriyet Cad. No: 1\n22500 Havsa / Edirne"
        );
        for wrong in [
            "",
            "Edirne",
            "a\nb\nc\nd\ne\nf",
            &format!("a\n{}", "b".repeat(71)),
        ] {
            assert_eq!(
                checked(wrong).unwrap_err().code(),
                "posta_adresi",
                "{wrong}"
            );
        }
    }
}
