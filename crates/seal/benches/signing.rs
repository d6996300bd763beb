//! Signatures per second on one core, beside the bare rate of `openssl speed rsa2048` in the same
//! run: `cargo bench --profile dev -p seal --bench signing`.
#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::process::Command;
use std::time::{Duration, Instant};

use common::{CONTENT, House, Stamps, now};
use seal::rehearsal::Curve;
use seal::{
    Content, Digest, Material, Purpose, SignOptions, Signer as _, SoftKey, sign, verify,
    with_archive_time_stamp, with_time_stamp, with_values,
};

/// How long each measurement runs at least.
const AT_LEAST: Duration = Duration::from_secs(2);

fn main() {
    let house = House::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    println!("{:44} {:>10} {:>9}", "work", "a second", "ms each");
    let mut keys = vec![("ECDSA P-256", house.person(Curve::P256))];
    keys.extend(house.rsa_person().map(|key| ("RSA-2048", key)));
    for (name, key) in &keys {
        let options = SignOptions::at(now());
        measure(&format!("{name}: sign, CAdES-BES"), || {
            sign(key, Content::Attached(CONTENT), &options).unwrap();
        });
        let stamps = Stamps::new(&house, now());
        let (path, material) = values(&house, key);
        let seal = || {
            let bes = sign(key, Content::Attached(CONTENT), &options).unwrap();
            let digest = Digest::Sha256;
            runtime.block_on(async {
                let t = with_time_stamp(&bes, digest, &stamps).await.unwrap();
                let long = with_values(&t, &path, &material, digest, &stamps)
                    .await
                    .unwrap();
                with_archive_time_stamp(&long, None, digest, &stamps)
                    .await
                    .unwrap()
            })
        };
        measure(
            &format!("{name}: seal, CAdES-A with its three stamps"),
            || {
                seal();
            },
        );
        let sealed = seal();
        measure(&format!("{name}: verify CAdES-A"), || {
            let report = verify(&sealed, Some(CONTENT), &house.options());
            assert_eq!(report.failure(), None);
        });
    }
    let speed = Command::new("openssl")
        .args(["speed", "-seconds", "2", "rsa2048"])
        .output();
    match speed {
        Ok(speed) => {
            let said = String::from_utf8_lossy(&speed.stdout).into_owned();
            let lines = said.lines().filter(|line| line.contains("2048"));
            println!("openssl speed rsa2048 (sign, verify, sign/s, verify/s):");
            lines.for_each(|line| println!("  {line}"));
        }
        Err(_) => println!("openssl speed: skipped, openssl is not installed"),
    }
}

fn values(house: &House, key: &SoftKey) -> (Vec<seal::Certificate>, Material) {
    let path = house
        .trust
        .path(key.certificate(), key.issuers(), now(), Purpose::Document)
        .unwrap();
    let mut material = house.revocation_of(key, &[], now());
    material.certificates.clear();
    (path, material)
}

fn measure(name: &str, mut work: impl FnMut()) {
    work();
    let start = Instant::now();
    let mut count = 0_u32;
    while start.elapsed() < AT_LEAST {
        work();
        count += 1;
    }
    let each = start.elapsed() / count;
    println!(
        "{name:44} {:>10.0} {:>9.2}",
        1.0 / each.as_secs_f64(),
        each.as_secs_f64() * 1000.0
    );
}
