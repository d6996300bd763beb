//! KEP addresses that people type.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use kep::address::KepAddress;

#[test]
fn addresses() {
    let table = [
        ("havsabelediyesi@hs01.kep.tr", false, "ok"),
        ("Rektorluk@Uni.HS03.KEP.TR", false, "ok"),
        ("a@b.hs99.kep.example", true, "ok"),
        ("a@hs99.kep.example", false, "kep_address_rehearsal"),
        ("", false, "kep_address_empty"),
        ("havsa", false, "kep_address_form"),
        ("a@b@hs01.kep.tr", false, "kep_address_form"),
        (".a@hs01.kep.tr", false, "kep_address_form"),
        ("a@hs01.kep.tr.", false, "kep_address_form"),
        ("ığdır@hs01.kep.tr", false, "kep_address_character"),
        ("a b@hs01.kep.tr", false, "kep_address_character"),
        ("a\r\nBcc:x@hs01.kep.tr", false, "kep_address_character"),
        ("a@gmail.com", false, "kep_address_domain"),
        ("a@kep.tr", false, "kep_address_domain"),
        ("a@hs1.kep.tr", false, "kep_address_domain"),
        ("a@xhs01.kep.tr", false, "kep_address_domain"),
        ("a@evil-kep.tr", false, "kep_address_domain"),
    ];
    for (text, rehearsal, expected) in table {
        let code = match KepAddress::parse(text, rehearsal) {
            Ok(_) => "ok",
            Err(error) => error.code(),
        };
        assert_eq!(code, expected, "{text}");
    }
    assert!(KepAddress::parse(&format!("{}@hs01.kep.tr", "a".repeat(300)), false).is_err());
}
