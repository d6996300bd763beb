//! Dil: the languages that the letter page offers, by the codes of ISO 639-3 that Üstveri carries.

use std::borrow::Cow;

/// Code and name; Turkish first, then the languages of official correspondence by name.
const OFFERED: &[(&str, &str)] = &[
    ("tur", "Türkçe"),
    ("deu", "Almanca"),
    ("ara", "Arapça"),
    ("sqi", "Arnavutça"),
    ("aze", "Azerbaycan Türkçesi"),
    ("bul", "Bulgarca"),
    ("zho", "Çince"),
    ("fas", "Farsça"),
    ("fra", "Fransızca"),
    ("kat", "Gürcüce"),
    ("eng", "İngilizce"),
    ("spa", "İspanyolca"),
    ("ita", "İtalyanca"),
    ("jpn", "Japonca"),
    ("rus", "Rusça"),
    ("ell", "Yunanca"),
];

/// What the drop-down holds; a code that came by the API and is not among them stands at its end.
#[must_use]
pub fn choices(chosen: &str) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    let mut choices: Vec<(Cow<'_, str>, Cow<'_, str>)> = OFFERED
        .iter()
        .map(|(code, name)| (Cow::Borrowed(*code), Cow::Borrowed(*name)))
        .collect();
    if !OFFERED.iter().any(|(code, _)| *code == chosen) {
        choices.push((Cow::Borrowed(chosen), Cow::Borrowed(chosen)));
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_one_and_a_strange_one_is_kept() {
        let plain = choices("tur");
        assert_eq!(plain.len(), OFFERED.len());
        for (code, _) in &plain {
            assert!(code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_lowercase()));
        }
        let strange = choices("kmr");
        assert_eq!(strange.last().map(|(code, _)| code.as_ref()), Some("kmr"));
    }
}
