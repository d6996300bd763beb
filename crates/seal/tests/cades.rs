//! A foreign program accepts our signatures, and refuses them over other content.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use seal::{SealError, SoftKey};

fn time() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_500_000)
}

fn key(seed: u8) -> SoftKey {
    let mut next = seed;
    let mut random = |bytes: &mut [u8]| {
        for byte in bytes {
            next = next.wrapping_mul(31).wrapping_add(7);
            *byte = next;
        }
    };
    SoftKey::demo("Ağrı Belediyesi, Deneme", time(), 30, &mut random).unwrap()
}

/// `None` when openssl is not there.
fn openssl_accepts(
    folder: &Path,
    content: &[u8],
    signature: &[u8],
    certificate: &str,
) -> Option<bool> {
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let output = Command::new("openssl")
        .args([
            "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in",
        ])
        .arg(write("p7s", signature))
        .arg("-content")
        .arg(write("content", content))
        .arg("-CAfile")
        .arg(write("ca.pem", certificate.as_bytes()))
        // The certificate's own time, so that this test does not age.
        .args(["-attime", "1795500060", "-out", "/dev/null"])
        .output();
    match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        output => Some(output.unwrap().status.success()),
    }
}

#[test]
fn openssl_verifies_a_cades_signature() {
    let folder = tempfile::tempdir().unwrap();
    let key = key(1);
    let content = "Content-Type: text/plain\r\n\r\nMerhaba".as_bytes();
    let signature = key.sign_detached(content, time()).unwrap();
    let certificate = key.certificate_pem().unwrap();
    let Some(accepted) = openssl_accepts(folder.path(), content, &signature, &certificate) else {
        println!("skipped: openssl is not installed");
        return;
    };
    assert!(accepted);
    assert_eq!(
        openssl_accepts(folder.path(), b"other", &signature, &certificate),
        Some(false)
    );
    let other = self::key(2).sign_detached(content, time()).unwrap();
    assert_eq!(
        openssl_accepts(folder.path(), content, &other, &certificate),
        Some(false)
    );
}

#[test]
fn a_key_survives_its_files_and_signs_the_same_bytes() {
    let key = key(3);
    let again =
        SoftKey::from_pem(&key.key_pem().unwrap(), &key.certificate_pem().unwrap()).unwrap();
    assert_eq!(
        again.sign_detached(b"x", time()).unwrap(),
        key.sign_detached(b"x", time()).unwrap()
    );
    assert!(key.subject().contains("GECERSIZ"), "{}", key.subject());
    assert!(!format!("{key:?}").contains("PRIVATE"));
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let (one, two) = (key(4), key(5));
    let mixed = SoftKey::from_pem(&one.key_pem().unwrap(), &two.certificate_pem().unwrap());
    assert!(matches!(mixed, Err(SealError::OtherKey)));
    assert!(matches!(SoftKey::from_pem("", ""), Err(SealError::Key(_))));
    assert!(matches!(
        SoftKey::from_pem(&one.key_pem().unwrap(), "x"),
        Err(SealError::Certificate(_))
    ));
    let broken = SoftKey::demo("x", time(), 1, &mut |bytes| bytes.fill(0));
    assert!(matches!(broken, Err(SealError::Randomness)));
}
