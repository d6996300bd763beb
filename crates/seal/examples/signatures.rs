//! Writes signatures of every form into a folder, for readers that are not ours:
//! `cargo run --example signatures -- FOLDER`.
#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::PathBuf;

use common::{CONTENT, House, Stamps, now};
use seal::rehearsal::Curve;
use seal::xades::{self, XadesOptions};
use seal::{
    Content, Digest, Purpose, SignOptions, Signer as _, sign, with_archive_time_stamp,
    with_time_stamp, with_values,
};

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder"));
    let house = House::new();
    let stamps = Stamps::new(&house, now());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
    write("content", CONTENT);
    write("root.pem", house.authority.root().pem().as_bytes());
    write(
        "intermediate.pem",
        house.authority.intermediate().pem().as_bytes(),
    );
    for (name, digest) in [
        ("sha256", Digest::Sha256),
        ("sha384", Digest::Sha384),
        ("sha512", Digest::Sha512),
    ] {
        let key = house.person(Curve::P256);
        let options = SignOptions::at(now()).with_digest(digest);
        let bes = sign(&key, Content::Attached(CONTENT), &options).unwrap();
        let t = runtime
            .block_on(with_time_stamp(&bes, digest, &stamps))
            .unwrap();
        let path = house
            .trust
            .path(key.certificate(), key.issuers(), now(), Purpose::Document)
            .unwrap();
        let mut material = house.revocation_of(&key, &[], now());
        material.certificates.clear();
        let long = runtime
            .block_on(with_values(&t, &path, &material, digest, &stamps))
            .unwrap();
        let archived = runtime
            .block_on(with_archive_time_stamp(&long, None, digest, &stamps))
            .unwrap();
        for (form, bytes) in [("bes", &bes), ("t", &t), ("xl", &long), ("a", &archived)] {
            write(&format!("{form}-{name}.p7s"), bytes);
        }
        let xml =
            "<REMEvidence xmlns=\"http://uri.etsi.org/02640/v2#\"><Konu>ığdır</Konu></REMEvidence>";
        let options = XadesOptions {
            digest,
            signing_time: now(),
            id: "1".into(),
        };
        let signed = xades::sign(xml, &key, &options).unwrap();
        write(&format!("xades-{name}.xml"), signed.as_bytes());
    }
}
