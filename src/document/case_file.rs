//! Where a letter is filed: *Dosya No* is the file code and the running number of its folder
//! (decision 22).

use super::{Letter, store};
use crate::access::Act;
use crate::error::{Result, invalid};
use crate::fileplan;
use crate::store::Tx;

/// What stands in *Dosya (desimal)*, taken apart: `105.04`, or `105.04-2` with its folder.
#[must_use]
pub fn parts(typed: &str) -> (&str, Option<&str>) {
    match typed.trim().rsplit_once('-') {
        Some((code, folder)) => (code.trim(), Some(folder.trim())),
        None => (typed.trim(), None),
    }
}

/// *Dosya No* as it is typed again; the first folder needs no number.
#[must_use]
pub fn typed(letter: &Letter) -> String {
    let code = letter.plan_code.as_deref().unwrap_or_default();
    match letter.folder_no {
        Some(folder) if folder > 1 => format!("{code}-{folder}"),
        _ => code.to_owned(),
    }
}

/// Files a letter under a code: in the folder that was asked for, else where it lies already,
/// else in the newest folder of the year.
///
/// A folder begins when a letter is filed in it: the next running number makes a new one.
///
/// # Errors
/// `klasor_yok` for a number that neither stands nor is the next.
pub(super) fn put(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter: &mut Letter,
    code: fileplan::Code,
    folder: Option<&str>,
) -> Result<()> {
    let scope = code.scope.code();
    let same = letter.plan_scope.as_deref() == Some(scope)
        && letter.plan_code.as_ref() == Some(&code.code)
        && letter.case_file_id.is_some();
    let stays = same
        && (folder.is_none() || folder == letter.folder_no.map(|it| it.to_string()).as_deref());
    if stays {
        return Ok(());
    }
    let last = store::last_folder(tx, act, &letter.unit_id, scope, &code.code)?;
    let number = match folder {
        None => last.unwrap_or(1),
        Some(text) => text
            .parse::<i64>()
            .ok()
            .filter(|number| (1..=last.unwrap_or(0) + 1).contains(number))
            .ok_or_else(|| no_such_folder(&code.code, last.unwrap_or(0)))?,
    };
    let id = store::case_file(tx, act, &letter.unit_id, (scope, &code), number)?;
    letter.plan_scope = Some(scope.to_owned());
    letter.plan_code = Some(code.code);
    letter.folder_no = Some(number);
    letter.case_file_id = Some(id);
    Ok(())
}

fn no_such_folder(code: &str, last: i64) -> crate::error::Error {
    let next = last + 1;
    let sentence = if last == 0 {
        format!("{code} kodunun bu yıl klasörü yok; ilki {code}-1 olur.")
    } else {
        format!("{code} kodunun bu yıl {last} klasörü var; yenisi {code}-{next} olur.")
    };
    invalid("klasor_yok", sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_and_its_folder_are_told_apart() {
        for (text, expected) in [
            ("105.04", ("105.04", None)),
            (" 105.04-2 ", ("105.04", Some("2"))),
            ("105.04 - 2", ("105.04", Some("2"))),
            ("105.04-", ("105.04", Some(""))),
            ("", ("", None)),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
    }
}
