//! Turkish in one place: composing, casing, search keys, sorting, surnames and the cases of names.
//!
//! Engines and libraries get `İ/i` and `I/ı` wrong, so nothing outside this module changes case,
//! folds or sorts Turkish text. Both databases see only keys made here.

mod dative;

use std::cmp::Ordering;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

pub use dative::{dative, genitive};

/// The letters in dictionary order; `q`, `w` and `x` stand where foreign names are looked for.
const ALPHABET: [char; 32] = [
    'a', 'b', 'c', 'ç', 'd', 'e', 'f', 'g', 'ğ', 'h', 'ı', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'ö',
    'p', 'q', 'r', 's', 'ş', 't', 'u', 'ü', 'v', 'w', 'x', 'y', 'z',
];

/// Words that stay small inside a title, unless they open it.
const SMALL_WORDS: [&str; 5] = ["ve", "veya", "ile", "için", "ya"];

const COMBINING_DOT: char = '\u{307}';

/// Composes decomposed letters (NFC), as macOS and some scanners send them.
///
/// A dot left behind by a lower-casing that knows no Turkish (`İ` to `i` + U+0307) is dropped.
#[must_use]
pub fn compose(text: &str) -> String {
    let mut composed = String::with_capacity(text.len());
    let mut dropped = false;
    for character in text.nfc() {
        if character == COMBINING_DOT && composed.ends_with('i') {
            dropped = true;
            continue;
        }
        composed.push(character);
    }
    // A mark that stood behind the dot reaches its letter only now.
    if dropped {
        composed.nfc().collect()
    } else {
        composed
    }
}

/// Lower case: `I` becomes `ı`, `İ` becomes `i`.
#[must_use]
pub fn lower(text: &str) -> String {
    let mut small = String::with_capacity(text.len());
    for character in compose(text).chars() {
        push_lower(character, &mut small);
    }
    small
}

/// Upper case: `i` becomes `İ`, `ı` becomes `I`.
#[must_use]
pub fn upper(text: &str) -> String {
    let mut capital = String::with_capacity(text.len());
    for character in compose(text).chars() {
        push_upper(character, &mut capital);
    }
    capital
}

/// Title case: each word opens with a capital, linking words stay small (`Emlak ve İstimlak`) and
/// Roman numbers before a point as they are (`II. Bölge`).
#[must_use]
pub fn title(text: &str) -> String {
    let text = compose(text);
    let mut titled = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let mut first = true;
    while !rest.is_empty() {
        let in_word = rest.chars().next().is_some_and(char::is_alphanumeric);
        let end = rest.find(|character: char| character.is_alphanumeric() != in_word);
        let (run, tail) = rest.split_at(end.unwrap_or(rest.len()));
        let small = lower(run);
        if in_word && tail.starts_with('.') && run.chars().all(|it| "IVX".contains(it)) {
            titled.push_str(run);
        } else if in_word && (first || !SMALL_WORDS.contains(&small.as_str())) {
            push_capitalised(&small, &mut titled);
        } else {
            titled.push_str(&small);
        }
        first &= !in_word;
        rest = tail;
    }
    titled
}

/// Opens each word with a capital and leaves the rest as it is written (`Kira artışı` becomes `Kira
/// Artışı`, `AR-GE desteği` becomes `AR-GE Desteği`); linking words stay small.
#[must_use]
pub fn headline(text: &str) -> String {
    let words = compose(text);
    let words = words.split_whitespace().enumerate().map(|(at, word)| {
        if (at > 0 && SMALL_WORDS.contains(&word)) || word.starts_with("e-") {
            return word.to_owned();
        }
        let mut headed = String::with_capacity(word.len());
        let start = word.find(char::is_alphanumeric).unwrap_or(0);
        let (signs, letters) = word.split_at(start);
        headed.push_str(signs);
        push_capitalised(letters, &mut headed);
        headed
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A heading without its closing punctuation; the point of an abbreviation stays (`A.Ş.`).
#[must_use]
pub fn without_end_mark(text: &str) -> &str {
    const ABBREVIATIONS: [&str; 6] = ["şti", "ltd", "koop", "vb", "vs", "md"];
    let bare = text.trim_end_matches(|it: char| ".,;:…".contains(it) || it.is_whitespace());
    let last = bare.rsplit(char::is_whitespace).next().unwrap_or_default();
    let is_short = last.contains('.') || ABBREVIATIONS.contains(&lower(last).as_str());
    match text.get(bare.len()..) {
        Some(rest) if is_short && rest.starts_with('.') => text.get(..=bare.len()).unwrap_or(bare),
        _ => bare,
    }
}

/// The key under which text is found: lower-cased, without diacritics, words apart by one space.
///
/// `IĞDIR`, `Iğdır` and `igdir` share a key. Folding a key again changes nothing.
#[must_use]
pub fn search_key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for character in lower(text).nfd() {
        if is_combining_mark(character) {
            continue;
        }
        if !character.is_alphanumeric() {
            if !key.is_empty() && !key.ends_with(' ') {
                key.push(' ');
            }
        } else if character == 'ı' {
            key.push('i');
        } else {
            key.push(character);
        }
    }
    if key.ends_with(' ') {
        key.pop();
    }
    key
}

/// The words of [`search_key`], each once, in the order in which they stand.
#[must_use]
pub fn search_words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in search_key(text).split(' ').filter(|word| !word.is_empty()) {
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

/// A key whose byte order is the order of a Turkish dictionary; case is ignored, numbers count.
///
/// It consists of `a-z0-9` with a digit after each letter, so every collation of both engines
/// orders it alike.
#[must_use]
pub fn sort_key(text: &str) -> String {
    let mut key = String::with_capacity(text.len() * 2);
    let mut gap = false;
    let small = lower(text);
    let mut rest = small.as_str();
    while let Some(character) = rest.chars().next() {
        let mut length = character.len_utf8();
        if character.is_alphanumeric() {
            if std::mem::take(&mut gap) && !key.is_empty() {
                key.push('0');
            }
            if character.is_ascii_digit() {
                length = rest.bytes().take_while(u8::is_ascii_digit).count().min(99);
                push_number_key(rest.get(..length).unwrap_or_default(), &mut key);
            } else {
                push_letter_key(character, &mut key);
            }
        } else {
            gap |= !is_combining_mark(character);
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    key
}

/// Compares as a Turkish dictionary does; texts that differ only in case keep a fixed order.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    sort_key(left)
        .cmp(&sort_key(right))
        .then_with(|| left.cmp(right))
}

/// Given names and surname of a person. The surname is the last word, unless the name closes with
/// several words in capitals, as people with two surnames are written: `Ayşe YILMAZ ÖZTÜRK`.
#[must_use]
pub fn surname_of(full_name: &str) -> (String, String) {
    let words: Vec<&str> = full_name.split_whitespace().collect();
    let in_capitals = |word: &&&str| {
        let mut letters = word.chars().filter(|letter| letter.is_alphabetic());
        letters.clone().count() > 1 && letters.all(char::is_uppercase)
    };
    let capitals = words.iter().rev().take_while(in_capitals).count();
    // A name that is in capitals throughout says nothing about where the surname begins.
    let count = if words.iter().all(|word| upper(word) == **word) {
        1
    } else {
        capitals.max(1)
    };
    let (given, surname) = words.split_at(words.len().saturating_sub(count));
    (given.join(" "), surname.join(" "))
}

/// A gap between words is `0`, a number opens with `1`, a foreign letter with `z9`.
fn push_letter_key(character: char, key: &mut String) {
    let base = std::iter::once(character).nfd().next().unwrap_or(character);
    let place = ALPHABET
        .iter()
        .position(|letter| *letter == character)
        .or_else(|| ALPHABET.iter().position(|letter| *letter == base));
    match place.and_then(|place| LETTER_KEYS.get(place)) {
        Some(letter_key) => key.push_str(letter_key),
        None => key.push_str(&format!("z9{:06x}", u32::from(character))),
    }
}

/// `1`, the count of digits, the digits: so 9 stands before 10.
fn push_number_key(digits: &str, key: &mut String) {
    let value = digits.trim_start_matches('0');
    key.push_str(&format!("1{:02}{value}", value.len()));
}

/// Keys of [`ALPHABET`], letter by letter.
const LETTER_KEYS: [&str; 32] = [
    "a1", "b1", "c1", "c2", "d1", "e1", "f1", "g1", "g2", "h1", "i1", "i2", "j1", "k1", "l1", "m1",
    "n1", "o1", "o2", "p1", "q1", "r1", "s1", "s2", "t1", "u1", "u2", "v1", "w1", "x1", "y1", "z1",
];

fn push_lower(character: char, text: &mut String) {
    match character {
        'I' => text.push('ı'),
        'İ' => text.push('i'),
        other => text.extend(other.to_lowercase()),
    }
}

fn push_upper(character: char, text: &mut String) {
    match character {
        'ı' => text.push('I'),
        'i' => text.push('İ'),
        other => text.extend(other.to_uppercase()),
    }
}

fn push_capitalised(word: &str, text: &mut String) {
    let mut characters = word.chars();
    if let Some(first) = characters.next() {
        push_upper(first, text);
    }
    text.push_str(characters.as_str());
}

fn is_vowel(character: char) -> bool {
    is_back(character) || matches!(character, 'e' | 'i' | 'ö' | 'ü' | 'î')
}

fn is_back(character: char) -> bool {
    matches!(character, 'a' | 'ı' | 'o' | 'u' | 'â' | 'û')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn composing_again_changes_nothing_behind_a_dropped_dot() {
        let once = compose("i\u{307}\u{306}");
        assert_eq!(once, "ĭ");
        assert_eq!(compose(&once), once);
    }

    #[test]
    fn casing_keeps_the_two_letters_i_apart() {
        for (small, capital) in [
            ("ığdır", "IĞDIR"),
            ("iğne", "İĞNE"),
            ("şırnak", "ŞIRNAK"),
            ("ışık", "IŞIK"),
            ("çanakkale", "ÇANAKKALE"),
            ("millî eğitim", "MİLLÎ EĞİTİM"),
        ] {
            assert_eq!(upper(small), capital);
            assert_eq!(lower(capital), small);
        }
    }

    #[test]
    fn decomposed_text_is_composed_first() {
        assert_eq!(compose("I\u{307}ş"), "İş");
        assert_eq!(lower("S\u{327}ıRNAK"), "şırnak");
        assert_eq!(lower("i\u{307}stanbul"), "istanbul");
        assert_eq!(search_key("Ig\u{306}dır Valilig\u{306}i"), "igdir valiligi");
    }

    #[test]
    fn titles_capitalise_words_but_not_links() {
        assert_eq!(
            title("EMLAK VE İSTİMLAK MÜDÜRLÜĞÜ"),
            "Emlak ve İstimlak Müdürlüğü"
        );
        assert_eq!(title("ışık ilkokulu"), "Işık İlkokulu");
        assert_eq!(title("kültür, sanat"), "Kültür, Sanat");
        for (capitals, expected) in [
            ("II. BÖLGE MÜDÜRLÜĞÜ", "II. Bölge Müdürlüğü"),
            ("DSİ XI. BÖLGE", "Dsi XI. Bölge"),
            ("IŞIK VE VİZE", "Işık ve Vize"),
        ] {
            assert_eq!(title(capitals), expected);
        }
        assert_eq!(title(""), "");
    }

    #[test]
    fn headings_open_their_words_and_end_without_a_mark() {
        for (typed, proposed) in [
            ("araç talebi hakkında", "Araç Talebi Hakkında"),
            (
                "ihale ilanı ve AR-GE desteği",
                "İhale İlanı ve AR-GE Desteği",
            ),
            ("Keşan'da (ek) 2. etap", "Keşan'da (Ek) 2. Etap"),
            ("e-imza talebi", "e-imza Talebi"),
            ("Meclis Kararı", "Meclis Kararı"),
            ("", ""),
        ] {
            assert_eq!(headline(typed), proposed);
        }
        for (typed, kept) in [
            ("Meclis Kararı.", "Meclis Kararı"),
            ("Meclis Kararı ;: ", "Meclis Kararı"),
            ("Yol Bakımı...", "Yol Bakımı"),
            ("Işık İnşaat A.Ş.", "Işık İnşaat A.Ş."),
            ("Işık Ltd. Şti..", "Işık Ltd. Şti."),
            ("Kalem, Kâğıt vb.", "Kalem, Kâğıt vb."),
            ("Ne Zaman?", "Ne Zaman?"),
            ("...", ""),
        ] {
            assert_eq!(without_end_mark(typed), kept);
        }
    }

    #[test]
    fn search_keys_fold_case_and_diacritics() {
        for (text, key) in [
            ("ığdır", "igdir"),
            ("IĞDIR", "igdir"),
            ("İğne", "igne"),
            ("Şırnak", "sirnak"),
            ("IŞIK", "isik"),
            ("ilçesi", "ilcesi"),
            ("Millî Eğitim", "milli egitim"),
            ("Kâğıthane", "kagithane"),
            ("T.C. Devlet", "t c devlet"),
            ("  (EDİRNE / HAVSA) ", "edirne havsa"),
            ("Öğretmenevi, Üçüncü", "ogretmenevi ucuncu"),
            ("—", ""),
        ] {
            assert_eq!(search_key(text), key, "{text}");
        }
        assert_eq!(
            search_words("Çankaya ÇANKAYA belediye"),
            ["cankaya", "belediye"]
        );
    }

    #[test]
    fn sorting_follows_the_turkish_alphabet() {
        let mut names = [
            "Zonguldak",
            "Çorum",
            "Iğdır",
            "İzmir",
            "Cizre",
            "Ödemiş",
            "Ordu",
            "Şırnak",
            "Sinop",
            "Ünye",
            "Uşak",
            "Van",
            "Giresun",
            "Ğ",
            "Denizli",
        ];
        names.sort_by(|left, right| compare(left, right));
        assert_eq!(
            names,
            [
                "Cizre",
                "Çorum",
                "Denizli",
                "Giresun",
                "Ğ",
                "Iğdır",
                "İzmir",
                "Ordu",
                "Ödemiş",
                "Sinop",
                "Şırnak",
                "Uşak",
                "Ünye",
                "Van",
                "Zonguldak",
            ]
        );
    }

    #[test]
    fn sorting_counts_numbers_and_puts_the_shorter_name_first() {
        assert!(sort_key("2. İcra Dairesi") < sort_key("10. İcra Dairesi"));
        assert!(sort_key("Kara") < sort_key("Kara Su"));
        assert!(sort_key("Kara Su") < sort_key("Karaca"));
        assert!(sort_key("3") < sort_key("Ada"));
        assert!(sort_key("1. Şube") < sort_key("10") && sort_key("10 A") < sort_key("10 B"));
        assert!(sort_key("10") < sort_key("100"));
        assert_eq!(sort_key("HAVSA"), sort_key("havsa"));
        assert_eq!(sort_key("Kâmil"), sort_key("kamil"));
    }

    #[test]
    fn the_surname_is_the_last_word_or_the_words_in_capitals() {
        for (name, given, surname) in [
            ("Ayşe Yılmaz", "Ayşe", "Yılmaz"),
            ("Zeynep Işıl Gümüş", "Zeynep Işıl", "Gümüş"),
            ("Ayşe YILMAZ ÖZTÜRK", "Ayşe", "YILMAZ ÖZTÜRK"),
            ("Ayşe Nur YILMAZ ÖZTÜRK", "Ayşe Nur", "YILMAZ ÖZTÜRK"),
            ("Ayşe YILMAZ-ÖZTÜRK", "Ayşe", "YILMAZ-ÖZTÜRK"),
            ("Mehmet A. DEMİR", "Mehmet A.", "DEMİR"),
            ("AYŞE NUR YILMAZ", "AYŞE NUR", "YILMAZ"),
            ("  Ali   Şahin ", "Ali", "Şahin"),
            ("Ayşe", "", "Ayşe"),
            ("", "", ""),
        ] {
            assert_eq!(surname_of(name), (given.to_owned(), surname.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let key = search_key(&text);
            prop_assert_eq!(search_key(&key), key);
            let composed = compose(&text);
            prop_assert_eq!(compose(&composed), composed);
            let small = lower(&text);
            prop_assert_eq!(lower(&small), small);
        }

        #[test]
        fn case_is_no_part_of_a_key(text in "[a-zA-ZçğıöşüÇĞİÖŞÜ0-9 .-]{0,40}") {
            prop_assert_eq!(search_key(&upper(&text)), search_key(&text));
            prop_assert_eq!(sort_key(&upper(&text)), sort_key(&text));
            prop_assert_eq!(lower(&upper(&text)), lower(&text));
        }

        #[test]
        fn any_text_gets_a_plain_sort_key(text in any::<String>()) {
            let key = sort_key(&text);
            prop_assert!(key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
        }
    }
}
