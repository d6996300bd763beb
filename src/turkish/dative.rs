//! The dative of institutions' names, as an address line wants it (regulation articles 14 and 19),
//! and their genitive, as a line of İlgi does (article 15).
//!
//! A name takes the ending of its last word; mostly that is a possessive (`Başkanlığı`,
//! `Müdürlüğü`), which takes `-na`, `-ne`. Loan words that only look like one, words whose k does
//! not soften and abbreviations stand in the short lists below. What the lists do not know, the
//! drafter writes: the letter's *Muhatap satırı*, a recipient's *Yazıdaki adı*.

use super::{compose, is_back, is_vowel, lower, upper};

/// Words that end in i and are no possessive: `Valiye`, not `Valine`.
const NO_POSSESSIVE: [&str; 9] = [
    "akademi", "cami", "ekonomi", "enerji", "galeri", "kimyevi", "sanayi", "terzi", "vali",
];
/// The same by their ending: `Teknolojiye`.
const NO_POSSESSIVE_ENDINGS: [&str; 3] = ["loji", "grafi", "metri"];
/// Loan words that take front endings behind a back vowel: `Petrole`, `Terminale`.
const FRONT: [&str; 10] = [
    "emlak", "festival", "general", "hospital", "ideal", "kontrol", "petrol", "protokol", "royal",
    "terminal",
];
/// Loan words whose k stays: `Hukuka`.
const HARD_K: [&str; 4] = ["ahlak", "emlak", "hukuk", "ittifak"];
/// Legal forms that firms abbreviate, with the ending that their full words take; behind a letter
/// it stands apart, behind a point it does not.
const LEGAL_FORMS: [(&str, &str); 10] = [
    ("a.ş.", "ye"),
    ("a.ş", "'ye"),
    ("aş", "'ye"),
    ("t.a.ş.", "ye"),
    ("t.a.ş", "'ye"),
    ("şti.", "ne"),
    ("şti", "'ne"),
    ("koop.", "ne"),
    ("koop", "'ne"),
    ("t.a.o.", "na"),
];
/// Words whose end changes before a vowel: how many letters go, and what stands in their place.
const CHANGING: [(&str, usize, &str); 3] = [("vakıf", 2, "f"), ("kulüp", 1, "b"), ("grup", 1, "b")];

/// The name with the dative ending: `Havsa Belediye Başkanlığı` becomes `Havsa Belediye
/// Başkanlığına`, `GENEL SEKRETERLİK` becomes `GENEL SEKRETERLİĞE`, `TÜBİTAK` becomes `TÜBİTAK'a`.
///
/// Made for names of institutions and offices, not for persons. A name whose last word is no word
/// (`Şube 2`) stays as it is.
#[must_use]
pub fn dative(name: &str) -> String {
    let name = compose(name);
    let last = name.split_whitespace().next_back().unwrap_or_default();
    let small = lower(last);
    if let Some(ending) = legal_form(&small) {
        return format!("{name}{}", in_case_of(&name, ending));
    }
    if !small.chars().next_back().is_some_and(char::is_alphabetic) {
        return name;
    }
    if is_abbreviation(&name, last) {
        return format!("{name}'{}", abbreviation_ending(&small));
    }
    // Brackets, quotation marks and hyphens before the last piece are no part of it.
    let word = small
        .rsplit(|sign: char| !sign.is_alphabetic())
        .next()
        .unwrap_or(&small);
    let Some((stem, ending)) = word_ending(&name, word) else {
        return name;
    };
    let ending = in_case_of(&name, &ending);
    stem + &ending
}

/// The name with the genitive ending: `Edirne Valiliği` becomes `Edirne Valiliğinin`, `TRT` becomes
/// `TRT'nin`. It is made of the dative, which knows the words that do not look like what they are.
///
/// None where the last word is no word.
#[must_use]
pub fn genitive(name: &str) -> Option<String> {
    let name = compose(name);
    let dative = dative(&name);
    let open = dative.chars().next_back().filter(|_| dative != name)?;
    let stem = dative.strip_suffix(open)?;
    // `Oda-ya`, but `Oda-nın`; the y of `Köy-e` is the name's own.
    let (stem, between) = match stem.strip_suffix(['y', 'Y']) {
        Some(before) if stem.len() > name.len() => (before, "n"),
        _ => (stem, ""),
    };
    let small = lower(&name);
    let last = small.split_whitespace().next_back().unwrap_or_default();
    // A letter's name ends in an e that is not round: `ÖSYM'nin`.
    let by_letters = legal_form(last).is_some() || (stem.contains('\'') && is_spelled_out(last));
    let vowel = last.chars().rev().find(|letter| is_vowel(*letter));
    let round = !by_letters && vowel.is_some_and(|vowel| "oöuüû".contains(vowel));
    let closed = match (lower(&open.to_string()) == "e", round) {
        (true, true) => "ü",
        (true, false) => "i",
        (false, true) => "u",
        (false, false) => "ı",
    };
    let ending = format!("{between}{closed}n");
    let ending = if open.is_uppercase() {
        upper(&ending)
    } else {
        ending
    };
    Some(format!("{stem}{ending}"))
}

/// The ending of a firm whose last word is a legal form, with others before it or not:
/// `SAN.TİC.LTD.ŞTİ.`
fn legal_form(last: &str) -> Option<&'static str> {
    LEGAL_FORMS
        .iter()
        .find(|(form, _)| {
            let before = last.strip_suffix(form);
            before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
        })
        .map(|(_, ending)| *ending)
}

/// What is left of the name, and the ending of its last word in small letters.
fn word_ending(name: &str, word: &str) -> Option<(String, String)> {
    let vowels = word.chars().filter(|letter| is_vowel(*letter)).count();
    let vowel = word.chars().rev().find(|letter| is_vowel(*letter))?;
    let open = if is_back(vowel) && !FRONT.contains(&word) {
        'a'
    } else {
        'e'
    };
    if let Some((_, count, end)) = CHANGING.iter().find(|(whole, ..)| word == *whole) {
        let letters = name.chars().count().saturating_sub(*count);
        let capital = name.chars().next_back().is_some_and(char::is_uppercase);
        let end = if capital {
            upper(end)
        } else {
            (*end).to_owned()
        };
        let stem: String = name.chars().take(letters).collect();
        return Some((stem + &end, open.to_string()));
    }
    let mut from_behind = word.chars().rev();
    let (last, before) = (from_behind.next()?, from_behind.next());
    let softens =
        last == 'k' && vowels > 1 && before.is_some_and(is_vowel) && !HARD_K.contains(&word);
    Some(match last {
        _ if softens => {
            let stem = name.strip_suffix(['k', 'K']).unwrap_or(name);
            (stem.to_owned(), format!("ğ{open}"))
        }
        'ı' | 'i' | 'u' | 'ü' | 'î' | 'û' if is_possessive(word) => {
            (name.to_owned(), format!("n{open}"))
        }
        last if is_vowel(last) => (name.to_owned(), format!("y{open}")),
        _ => (name.to_owned(), open.to_string()),
    })
}

fn is_possessive(word: &str) -> bool {
    !NO_POSSESSIVE.contains(&word)
        && !NO_POSSESSIVE_ENDINGS
            .iter()
            .any(|ending| word.ends_with(ending))
}

/// `TÜBİTAK` alone or at the end of a name in ordinary letters; a name of several words that is in
/// capitals throughout is an ordinary name, and so is `VALİLİK`.
fn is_abbreviation(name: &str, last: &str) -> bool {
    const OFFICES: [&str; 4] = ["LIK", "LİK", "LUK", "LÜK"];
    if OFFICES.iter().any(|ending| last.ends_with(ending)) {
        return false;
    }
    let capitals = |text: &str| {
        text.chars().filter(|letter| letter.is_alphabetic()).count() > 1 && upper(text) == text
    };
    let of_letters = last.chars().all(|sign| sign.is_alphabetic() || sign == '-');
    capitals(last) && of_letters && (name == last || upper(name) != name)
}

/// Whether an abbreviation is read letter by letter: it has no vowel (`TRT`), two letters of which
/// the last is none (`AB`), or an end that no Turkish word has (`EPDK`, `İETT`, `ÖSYM`).
fn is_spelled_out(small: &str) -> bool {
    /// Consonants in which Turkish words end.
    const ENDS: [&str; 24] = [
        "ft", "ks", "ld", "lf", "lk", "lm", "lp", "lt", "lç", "mp", "nd", "nk", "ns", "nt", "nç",
        "rd", "rf", "rk", "rm", "rp", "rs", "rt", "rç", "st",
    ];
    /// Said as a word all the same.
    const WORDS: [&str; 1] = ["tobb"];
    let end = small
        .rfind(is_vowel)
        .and_then(|at| small.get(at..))
        .map(|rest| rest.chars().skip(1).collect::<String>());
    let Some(end) = end else {
        return true;
    };
    match end.chars().count() {
        0 => false,
        1 => small.chars().count() == 2,
        2 => !ENDS.contains(&end.as_str()) && !WORDS.contains(&small),
        _ => true,
    }
}

/// As it is read: by its letters (`TRT'ye`), else as a word (`TEDAŞ'a`).
fn abbreviation_ending(small: &str) -> String {
    if is_spelled_out(small) {
        return "ye".to_owned();
    }
    let vowel = small.chars().rev().find(|letter| is_vowel(*letter));
    let open = if vowel.is_some_and(is_back) { 'a' } else { 'e' };
    if small.ends_with(is_vowel) {
        format!("y{open}")
    } else {
        open.to_string()
    }
}

/// The ending in capitals behind a name whose last letter is one.
fn in_case_of(name: &str, ending: &str) -> String {
    let last = name.chars().rev().find(|letter| letter.is_alphabetic());
    let capitals = last.is_some_and(char::is_uppercase) && upper(name) == name;
    if capitals {
        upper(ending)
    } else {
        ending.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_the_ending_of_their_last_word() {
        for (name, expected) in [
            // possessives: the common noun at the end of institutions' names
            ("Havsa Belediye Başkanlığı", "Havsa Belediye Başkanlığına"),
            ("YAZI İŞLERİ MÜDÜRLÜĞÜ", "YAZI İŞLERİ MÜDÜRLÜĞÜNE"),
            ("Edirne Valiliği", "Edirne Valiliğine"),
            ("Keşan Kaymakamlığı", "Keşan Kaymakamlığına"),
            ("İçişleri Bakanlığı", "İçişleri Bakanlığına"),
            ("İTFAİYE ÇAVUŞLUĞU", "İTFAİYE ÇAVUŞLUĞUNA"),
            ("Keşan Adliyesi", "Keşan Adliyesine"),
            (
                "Trakya Üniversitesi Rektörlüğü",
                "Trakya Üniversitesi Rektörlüğüne",
            ),
            (
                "Türk Standardları Enstitüsü",
                "Türk Standardları Enstitüsüne",
            ),
            (
                "Edirne Ticaret ve Sanayi Odası",
                "Edirne Ticaret ve Sanayi Odasına",
            ),
            ("Keşan F Tipi Cezaevi", "Keşan F Tipi Cezaevine"),
            (
                "Yıldız İnşaat Limited Şirketi",
                "Yıldız İnşaat Limited Şirketine",
            ),
            // k softens between vowels, in words of two and more syllables
            ("Genel Sekreterlik", "Genel Sekreterliğe"),
            ("GENEL SEKRETERLİK", "GENEL SEKRETERLİĞE"),
            ("Kızılay Derneği", "Kızılay Derneğine"),
            ("Yeşil Ocak", "Yeşil Ocağa"),
            ("Yapı Mimarlık", "Yapı Mimarlığa"),
            ("Trakya Teknopark", "Trakya Teknoparka"),
            ("TRAKYA TEKNOPARK", "TRAKYA TEKNOPARKA"),
            ("Halkbank", "Halkbanka"),
            ("Yeni Park", "Yeni Parka"),
            ("Merkez Kök", "Merkez Köke"),
            ("Yıldız Hukuk", "Yıldız Hukuka"),
            ("Keşan Emlak", "Keşan Emlake"),
            // other endings
            ("Meclis", "Meclise"),
            ("Oda", "Odaya"),
            ("Türk Telekom", "Türk Telekoma"),
            ("Vali", "Valiye"),
            ("Işık Enerji", "Işık Enerjiye"),
            ("Deniz Bilgi Teknoloji", "Deniz Bilgi Teknolojiye"),
            ("Aygaz Petrol", "Aygaz Petrole"),
            ("İstanbul Festival", "İstanbul Festivale"),
            // abbreviations as they are read
            ("TÜBİTAK", "TÜBİTAK'a"),
            ("VALİLİK", "VALİLİĞE"),
            ("TRT", "TRT'ye"),
            ("DSİ", "DSİ'ye"),
            ("EPDK", "EPDK'ye"),
            ("İETT", "İETT'ye"),
            ("ÖSYM", "ÖSYM'ye"),
            ("İBB", "İBB'ye"),
            ("TOBB", "TOBB'a"),
            ("TÜRKPATENT", "TÜRKPATENT'e"),
            ("KOSGEB", "KOSGEB'e"),
            ("TPAO", "TPAO'ya"),
            ("AR-GE", "AR-GE'ye"),
            ("Işık San.Tic.Ltd.Şti.", "Işık San.Tic.Ltd.Şti.ne"),
            (
                "IŞIK İNŞAAT SAN.VE TİC.A.Ş.",
                "IŞIK İNŞAAT SAN.VE TİC.A.Ş.YE",
            ),
            ("Işık Ltd.Şti", "Işık Ltd.Şti'ne"),
            ("Trakya TEDAŞ", "Trakya TEDAŞ'a"),
            ("Işık İnşaat A.Ş.", "Işık İnşaat A.Ş.ye"),
            ("IŞIK İNŞAAT A.Ş.", "IŞIK İNŞAAT A.Ş.YE"),
            ("Işık İnşaat Ltd. Şti.", "Işık İnşaat Ltd. Şti.ne"),
            ("Işık Ticaret AŞ", "Işık Ticaret AŞ'ye"),
            ("IŞIK TİCARET AŞ", "IŞIK TİCARET AŞ'YE"),
            ("Işık Ticaret A.Ş", "Işık Ticaret A.Ş'ye"),
            ("IŞIK TİCARET A.Ş", "IŞIK TİCARET A.Ş'YE"),
            ("Trakya Bankası T.A.Ş.", "Trakya Bankası T.A.Ş.ye"),
            ("IŞIK İNŞAAT LTD. ŞTİ", "IŞIK İNŞAAT LTD. ŞTİ'NE"),
            // ends that change
            ("Trakya Yeşil Vakıf", "Trakya Yeşil Vakfa"),
            ("TRAKYA YEŞİL VAKIF", "TRAKYA YEŞİL VAKFA"),
            ("Keşan Spor Kulüp", "Keşan Spor Kulübe"),
            ("KEŞAN SPOR KULÜP", "KEŞAN SPOR KULÜBE"),
            ("Işık Grup", "Işık Gruba"),
            ("Trakya Kalkınma Vakfı", "Trakya Kalkınma Vakfına"),
            // no word at the end
            ("", ""),
            ("Şube 2", "Şube 2"),
            ("Kriz (Merkez)", "Kriz (Merkez)"),
        ] {
            assert_eq!(dative(name), expected);
        }
    }

    #[test]
    fn a_letter_is_cited_by_the_genitive_of_its_sender() {
        for (name, expected) in [
            ("Edirne Valiliği", "Edirne Valiliğinin"),
            ("EDİRNE VALİLİĞİ", "EDİRNE VALİLİĞİNİN"),
            ("İçişleri Bakanlığı", "İçişleri Bakanlığının"),
            ("Fen İşleri Müdürlüğü", "Fen İşleri Müdürlüğünün"),
            ("İTFAİYE ÇAVUŞLUĞU", "İTFAİYE ÇAVUŞLUĞUNUN"),
            ("Keşan Adliyesi", "Keşan Adliyesinin"),
            ("Genel Sekreterlik", "Genel Sekreterliğin"),
            ("Meclis", "Meclisin"),
            ("Oda", "Odanın"),
            ("Yeni Köy", "Yeni Köyün"),
            ("Aygaz Petrol", "Aygaz Petrolün"),
            ("Işık Enerji", "Işık Enerjinin"),
            ("Türk Telekom", "Türk Telekomun"),
            ("TÜBİTAK", "TÜBİTAK'ın"),
            ("TRT", "TRT'nin"),
            ("DSİ", "DSİ'nin"),
            ("ÖSYM", "ÖSYM'nin"),
            ("İBB", "İBB'nin"),
            ("Işık San.Tic.Ltd.Şti.", "Işık San.Tic.Ltd.Şti.nin"),
            ("Işık İnşaat A.Ş.", "Işık İnşaat A.Ş.nin"),
            ("IŞIK İNŞAAT LTD. ŞTİ.", "IŞIK İNŞAAT LTD. ŞTİ.NİN"),
            ("Keşan Koop.", "Keşan Koop.nin"),
        ] {
            assert_eq!(genitive(name).as_deref(), Some(expected));
        }
        for none in ["", "Şube 2", "Kriz (Merkez)"] {
            assert_eq!(genitive(none), None, "{none}");
        }
    }

    #[test]
    fn capitals_come_after_the_ending() {
        for (name, expected) in [
            ("Havsa Belediye Başkanlığı", "HAVSA BELEDİYE BAŞKANLIĞINA"),
            ("TÜBİTAK", "TÜBİTAK'A"),
            ("Trakya Teknopark", "TRAKYA TEKNOPARKA"),
        ] {
            assert_eq!(upper(&dative(name)), expected);
        }
    }
}
