//! Names of files as people upload them, made fit to keep, to send and to open again.

use crate::turkish;

/// Longest name, in characters; mail programs and file systems take it.
const LONGEST: usize = 150;

const RESERVED: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// A safe name: no path, no control or reserved characters, NFC, at most 150 characters with its
/// extension kept; `ek` when nothing is left. A safe name stays as it is.
#[must_use]
pub fn clean(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|character| {
            !character.is_control() && !"<>:\"|?*".contains(*character) && !is_invisible(*character)
        })
        .collect();
    // Composed after the filter: an invisible character may have stood between a letter and its mark.
    let name = shortened(trimmed(&turkish::compose(&kept)));
    let (stem, extension) = split(trimmed(&name));
    let stem = if stem.is_empty() { "ek" } else { stem };
    let reserved = RESERVED.contains(&stem.to_lowercase().as_str());
    let mark = if reserved { "_" } else { "" };
    match extension {
        Some(extension) => format!("{stem}{mark}.{extension}"),
        None => format!("{stem}{mark}"),
    }
}

/// Without dots and spaces around it.
fn trimmed(name: &str) -> &str {
    name.trim_matches(|character: char| character == '.' || character.is_whitespace())
}

/// At most [`LONGEST`] characters; the end of the stem goes, the extension stays.
fn shortened(name: &str) -> String {
    let (stem, extension) = split(name);
    let room = LONGEST - extension.map_or(0, |extension| extension.chars().count() + 1);
    let short: String = stem.chars().take(room).collect();
    match extension {
        Some(extension) => format!("{short}.{extension}"),
        None => short,
    }
}

/// The extension in lower case, without its dot.
#[must_use]
pub fn extension(name: &str) -> Option<String> {
    split(name).1.map(str::to_lowercase)
}

fn split(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once('.') {
        Some((stem, extension))
            if (1..=10).contains(&extension.len())
                && extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            (stem, Some(extension))
        }
        _ => (name, None),
    }
}

/// Direction marks and zero-width characters, with which `cod.exe` can look like `exe.doc`.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_made_fit() {
        let table = [
            ("rapor.pdf", "rapor.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Belgeler\\Çizelge 1.xlsx", "Çizelge 1.xlsx"),
            ("..", "ek"),
            ("", "ek"),
            (".pdf", "pdf"),
            ("con.pdf", "con_.pdf"),
            ("a\u{202e}fdp.exe", "afdp.exe"),
            ("a\u{0}b\r\n.txt", "ab.txt"),
            ("g\u{306}ıda.pdf", "ğıda.pdf"),
            ("g\u{200b}\u{306}ıda.pdf", "ğıda.pdf"),
            (". . a", "a"),
            (" nul .", "nul_"),
        ];
        for (given, expected) in table {
            assert_eq!(clean(given), expected, "{given:?}");
        }
        let long = clean(&format!("{}.pdf", "ş".repeat(300)));
        assert_eq!(long.chars().count(), 150);
        assert!(long.ends_with(".pdf"));
        let cut_at_a_space = format!("{} b", "a".repeat(149));
        assert_eq!(clean(&cut_at_a_space), "a".repeat(149));
        let cut_to_a_device = format!("con.x{}b", " ".repeat(200));
        assert_eq!(clean(&cut_to_a_device), "con_.x");
    }

    proptest! {
        #[test]
        fn a_clean_name_is_one_and_stays(name in ".{0,400}") {
            let once = clean(&name);
            prop_assert!(!once.is_empty() && !once.contains(['/', '\\']));
            prop_assert!(once.chars().count() <= 150);
            prop_assert_eq!(clean(&once), once);
        }
    }
}
