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

/// Puts a key of this kind with its certificate on a new card.
fn card(house: &House, module: &Path, label: &str, key: &[&str]) -> bool {
    let conf = house.path("softhsm2.conf");
    let with = |name: &str, arguments: &[&str]| {
        let mut command = std::process::Command::new(name);
        command.args(arguments).env("SOFTHSM2_CONF", &conf);
        let output = command.output();
        let Ok(output) = output else {
            println!("skipped: {name} is not installed");
            return false;
        };
        assert!(output.status.success(), "{name} {arguments:?}: {output:?}");
        true
    };
    let pem = house.path("card.pem");
    if openssl(key, &[("-out", &pem)]).is_none() {
        return false;
    }
    let public = house.path("card.pub");
    openssl(
        &["pkey", "-pubout", "-outform", "DER"],
        &[("-in", &pem), ("-out", &public)],
    );
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
    let (pem, der) = (pem.display().to_string(), der.display().to_string());
    let module = module.display().to_string();
    with(
        "softhsm2-util",
        &[
            "--init-token",
            "--free",
            "--label",
            label,
            "--pin",
            PIN,
            "--so-pin",
            PIN,
        ],
    ) && with(
        "softhsm2-util",
        &[
            "--import", &pem, "--token", label, "--label", "imza", "--id", "01", "--pin", PIN,
        ],
    ) && with(
        "pkcs11-tool",
        &[
            "--module",
            &module,
            "--token-label",
            label,
            "--login",
            "--pin",
            PIN,
            "--write-object",
            &der,
            "--type",
            "cert",
            "--id",
            "01",
            "--label",
            "imza",
        ],
    )
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
    if !card(&house, &module, "rsa", &rsa) || !card(&house, &module, "ec", &ec) {
        return;
    }
    let cards = tokens(&module).unwrap();
    assert_eq!(cards.len(), 2);
    for token in &cards {
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
