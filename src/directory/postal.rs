//! Postal addresses of units and parties, kept from the last letter that went there on paper.

use jiff::Timestamp;

use super::store::today as sql;
use crate::access::{Act, Actor};
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

/// An address that was written as running text, on two lines at least: broken before the post
/// code, else after the last comma, else before the last word, which is the place.
///
/// # Errors
/// As [`checked`].
pub fn from_text(typed: &str) -> Result<String> {
    let typed = typed.trim();
    if typed.lines().filter(|line| !line.trim().is_empty()).count() > 1 {
        return checked(typed);
    }
    let words: Vec<&str> = typed.split_whitespace().collect();
    let is_post_code = |word: &&str| word.len() == 5 && word.bytes().all(|it| it.is_ascii_digit());
    let place = match words.iter().rposition(is_post_code) {
        Some(at) if at > 0 => at,
        _ => match words.iter().rposition(|word| word.ends_with(',')) {
            Some(at) if at + 1 < words.len() => at + 1,
            _ => words.len().saturating_sub(1),
        },
    };
    let (street, town) = words.split_at(place);
    let street = street.join(" ");
    checked(&format!(
        "{}\n{}",
        street.trim_end_matches(','),
        town.join(" ")
    ))
}

/// Keeps the address that a file states, unless a person wrote one: who posts letters knows better.
/// Says whether anything changed.
///
/// # Errors
/// When the store fails.
pub(super) fn keep_imported(
    tx: &mut Tx<'_>,
    owner_id: &str,
    address: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let kept = sql::postal_with_author(tx, owner_id)?;
    let system = Actor::system().user_id;
    let stays = kept.is_some_and(|(kept, by)| kept == address || by != system);
    if !stays {
        sql::put_postal(tx, owner_id, address, &system, now)?;
    }
    Ok(!stays)
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
    fn running_text_is_broken_where_the_place_begins() {
        for (typed, lines) in [
            (
                "Yukarı Zaferiye Mah. Lale Sok. No: 3 22800 Keşan / Edirne",
                "Yukarı Zaferiye Mah. Lale Sok. No: 3\n22800 Keşan / Edirne",
            ),
            (
                "Lale Sok. No: 3, Keşan/Edirne",
                "Lale Sok. No: 3\nKeşan/Edirne",
            ),
            ("Yukarı Zaferiye Mah. Keşan", "Yukarı Zaferiye Mah.\nKeşan"),
            ("Lale Sok. 3\n22800 Keşan", "Lale Sok. 3\n22800 Keşan"),
        ] {
            assert_eq!(from_text(typed).unwrap(), lines, "{typed}");
        }
        assert_eq!(from_text("Keşan").unwrap_err().code(), "posta_adresi");
    }

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
