//! Cards: SoftHSM stands for one. OpenSSL verifies what it signs; each trouble has its sentence.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};

use common::{CONTENT, House, attime, now, openssl};
use seal::key::{Pin, TokenError, tokens};
use seal::rehearsal::{Holder, Validity};
use seal::{Content, Digest, SignOptions, Signer as _, sign, verify};

const PIN: &str = "4321";

/// The module of SoftHSM, with its tokens in `folder`; none when it is not installed.
fn module(folder: &Path) -> Option<PathBuf> {
    let places = [
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib64/softhsm/libsofthsm2.so",
    ];
    let found = places
        .iter()
        .map(PathBuf::from)
        .find(|place| place.exists());
    if found.is_none() {
        println!("skipped: SoftHSM is not installed");
    }
    std::fs::create_dir_all(folder.join("tokens")).unwrap();
    let config = format!(
        "directories.tokendir = {}\n",
        folder.join("tokens").display()
    );
    std::fs::write(folder.join("softhsm2.conf"), config).unwrap();
    found
}

/// A PIN that the card asks for.
fn pin(text: &str) -> Pin {
    Pin::new(text.to_owned())
}

/// When a card wants the PIN.
#[derive(Clone, Copy)]
enum Asks {
    Once,
    BeforeEachSignature,
}

/// Runs a tool on the cards of this house; false when it is not installed.
fn tool(house: &House, name: &str, arguments: &[&str]) -> bool {
    let mut command = std::process::Command::new(name);
    command
        .args(arguments)
        .env("SOFTHSM2_CONF", house.path("softhsm2.conf"));
    let Ok(output) = command.output() else {
        println!("skipped: {name} is not installed");
        return false;
    };
    assert!(output.status.success(), "{name} {arguments:?}: {output:?}");
    true
}

/// Puts a key of this kind with its certificate on a new card.
fn card(house: &House, module: &Path, label: &str, key: &[&str], asks: Asks) -> bool {
    let module = module.display().to_string();
    let on_card = |arguments: &[&str]| {
        let card = ["--module", &module, "--token-label", label];
        let login = ["--login", "--pin", PIN, "--id", "01"];
        tool(
            house,
            "pkcs11-tool",
            &[&card, &login[..], arguments].concat(),
        )
    };
    let empty = ["--init-token", "--free", "--label", label];
    let pins = ["--pin", PIN, "--so-pin", PIN];
    if !tool(house, "softhsm2-util", &[&empty[..], &pins].concat()) {
        return false;
    }
    let (pem, public) = (house.path("card.pem"), house.path("card.pub"));
    if openssl(key, &[("-out", &pem)]).is_none() {
        return false;
    }
    openssl(
        &["pkey", "-pubout", "-outform", "DER"],
        &[("-in", &pem), ("-out", &public)],
    );
    let made = match asks {
        Asks::Once => {
            let pem = pem.display().to_string();
            let import = ["--import", &pem, "--token", label, "--pin", PIN];
            let named = ["--label", "imza", "--id", "01"];
            tool(house, "softhsm2-util", &[&import[..], &named].concat())
        }
        Asks::BeforeEachSignature => {
            let der = house.path("card.key");
            openssl(
                &["pkey", "-outform", "DER"],
                &[("-in", &pem), ("-out", &der)],
            );
            let der = der.display().to_string();
            let import = ["--write-object", &der, "--type", "privkey"];
            on_card(&[&import[..], &["--usage-sign", "--always-auth"]].concat())
        }
    };
    if !made {
        return false;
    }
    let holder = Holder::Person {
        name: "Ali Şahin",
        tckn: "10000000146",
    };
    let spki = std::fs::read(&public).unwrap();
    let certificate = house
        .authority
        .issue(
            &holder,
            &spki,
            Validity::days(now(), 365),
            &mut common::random(31),
        )
        .unwrap();
    let der = house.write("card.der", certificate.der());
    let der = der.display().to_string();
    on_card(&["--write-object", &der, "--type", "cert", "--label", "imza"])
}

/// One test: a module reads its configuration once in a process.
#[test]
fn a_card_signs_and_says_what_is_wrong() {
    let house = House::new();
    let Some(module) = module(house.folder.path()) else {
        return;
    };
    if std::env::var_os("SOFTHSM2_CONF").is_none() {
        // The module reads the place of its configuration from the environment, which safe code
        // cannot change for itself: the test runs itself again with it.
        let this = std::env::current_exe().unwrap();
        let output = std::process::Command::new(this)
            .args([
                "--exact",
                "a_card_signs_and_says_what_is_wrong",
                "--nocapture",
            ])
            .env("SOFTHSM2_CONF", house.path("softhsm2.conf"))
            .env("DYS_CARD_FOLDER", house.folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        return;
    }
    // In the second process: cards lie where the first one said.
    let folder = PathBuf::from(std::env::var_os("DYS_CARD_FOLDER").unwrap());
    std::fs::copy(folder.join("softhsm2.conf"), house.path("softhsm2.conf")).unwrap();
    // A card carries its own certificate only, and OpenSSL before 3.2 builds chains from the CMS and
    // the store alone: the intermediate goes into the store. It ends no chain there, the root does.
    let chain = format!(
        "{}{}",
        house.authority.intermediate().pem(),
        house.authority.root().pem()
    );
    let chain = house.write("chain.pem", chain.as_bytes());

    let missing = tokens(Path::new("/nowhere/libcard.so")).unwrap_err();
    assert!(matches!(missing, TokenError::Module(_)), "{missing}");
    assert_eq!(tokens(&module).unwrap_err(), TokenError::Absent);

    let rsa = [
        "genpkey",
        "-algorithm",
        "RSA",
        "-pkeyopt",
        "rsa_keygen_bits:2048",
    ];
    let ec = [
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-384",
    ];
    let wanted = [
        ("rsa", &rsa, Asks::Once),
        ("ec", &ec, Asks::Once),
        ("her imzada", &rsa, Asks::BeforeEachSignature),
        ("her imzada EC", &ec, Asks::BeforeEachSignature),
    ];
    for (label, key, asks) in wanted {
        if !card(&house, &module, label, key, asks) {
            return;
        }
    }
    let cards = tokens(&module).unwrap();
    assert_eq!(cards.len(), wanted.len());
    let (unfit, fit): (Vec<_>, Vec<_>) = cards
        .into_iter()
        .partition(|token| token.label.ends_with("EC"));
    // SoftHSM has no ECDSA that hashes: nothing to give the PIN in between, and it is said.
    let keys = unfit[0].open(&pin(PIN)).unwrap();
    let refused = sign(
        &keys[0],
        Content::Attached(CONTENT),
        &SignOptions::at(now()),
    );
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("her imzada PIN") && refused.contains("CKM_ECDSA_SHA256"),
        "{refused}"
    );
    for token in &fit {
        assert_eq!(token.certificates().unwrap().len(), 1);
        assert_eq!(token.open(&pin("9999")).unwrap_err(), TokenError::WrongPin);
        let keys = token.open(&pin(PIN)).unwrap();
        let [key] = keys.as_slice() else {
            panic!("{keys:?}")
        };
        assert_eq!(key.certificate().common_name(), "Ali Şahin");
        for digest in [Digest::Sha256, Digest::Sha384, Digest::Sha512] {
            let options = SignOptions::at(now()).with_digest(digest);
            let cms = sign(key, Content::Attached(CONTENT), &options).unwrap();
            let report = verify(&cms, Some(CONTENT), &house.knowing_issuers());
            assert_eq!(report.failure(), None, "{}: {report:?}", token.label);
            let path = house.write("card.p7s", &cms);
            let at = attime();
            openssl(
                &[
                    "cms",
                    "-verify",
                    "-cades",
                    "-inform",
                    "DER",
                    "-attime",
                    &at,
                    "-purpose",
                    "any",
                    "-out",
                    "/dev/null",
                ],
                &[("-in", &path), ("-CAfile", &chain)],
            );
        }
    }
}
