//! Packages that the wrong certificate signed, and seals with more than one signature.

use super::*;

fn key(desk: &Desk, holder: &Holder<'_>) -> SoftKey {
    let mut state = 11_u64;
    let mut random = |bytes: &mut [u8]| {
        bytes.fill_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state.to_be_bytes()[0]
        });
    };
    let validity = Validity::days(NOW, 365);
    let made = desk
        .authority
        .issue_key(holder, Curve::P256, validity, &mut random);
    made.unwrap()
}

#[test]
fn a_letter_is_signed_with_a_persons_qualified_certificate_for_signing() {
    let desk = Desk::new();
    let (name, tckn) = ("Ali Şahin", "10000000146");
    for (holder, expected, words) in [
        (Holder::Person { name, tckn }, 0, "BÜTÜN DENETİMLER"),
        (
            Holder::LogIn { name, tckn },
            3,
            "Ali Şahin adına olan sertifika imza için değil",
        ),
        // For signing, and without a statement.
        (
            Holder::Provider { name },
            3,
            "Ali Şahin adına olan sertifikada nitelikli sertifika beyanı yok.",
        ),
    ] {
        let signer = key(&desk, &holder);
        let eyp = package(
            &pdf(),
            &|content| desk.stamped(attached(&signer, content)),
            &|content| desk.stamped(attached(&desk.seal, content)),
        );
        let (code, said) = desk.verify("imzali.eyp", &eyp);
        assert_eq!(code, expected, "{holder:?}: {said}");
        assert!(said.contains(words), "{holder:?}: {said}");
    }
}

/// No digest covers the seal, so whoever holds the package can put his own beside it.
#[test]
fn everybody_who_sealed_is_who_prepared_the_package() {
    let desk = Desk::new();
    let institution = Holder::Seal {
        name: "Sağlık Bakanlığı",
        detsis: "24322010",
    };
    let second = key(&desk, &institution);
    let eyp = desk.package(&pdf());
    let sealed_with = |other: &SoftKey, content: &[u8]| {
        let both = [attached(&desk.seal, content), attached(other, content)];
        desk.stamped(seal::merge(&both).unwrap())
    };
    let plain = |other: &SoftKey| {
        package(
            &pdf(),
            &|content| desk.stamped(attached(&desk.person, content)),
            &|content| sealed_with(other, content),
        )
    };
    let updated = |other: &SoftKey| update(eyp.clone(), &|content| sealed_with(other, content));
    const ANOTHER: &str = "Mühür Keşan Belediye Başkanlığı (01039100) kurumunun; paketi hazırlayan";
    for (name, bytes, expected, words) in [
        ("iki.eyp", plain(&second), 0, "BÜTÜN DENETİMLER"),
        ("baskasi.eyp", plain(&desk.other_seal), 1, ANOTHER),
        (
            "iki.eypg",
            updated(&second),
            1,
            "Güncelleme paketinin mühründe birden çok imza var; tek imza olmalı.",
        ),
        ("baskasi.eypg", updated(&desk.other_seal), 1, ANOTHER),
    ] {
        let (code, said) = desk.verify(name, &bytes);
        assert_eq!(code, expected, "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
    }
}
