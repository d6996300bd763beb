//! Proof bundles as tests take them apart and put them together again.
#![allow(dead_code, reason = "each test file uses its part")]

use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;

use dys::access::Actor;
use dys::proof::bundle;
use dys::proof::manifest::{self, Manifest};
use dys::proof::verify::{self, Checked, Options, Outcome};
use seal::{Certificate, Material, TrustStore};
use sha2::{Digest as _, Sha256};

use super::office::Office;

pub async fn bundle_of(office: &Office, actor: &Actor, id: &str) -> Vec<u8> {
    let mut made = bundle::make(&office.app, actor, id).await.unwrap();
    let mut bytes = Vec::new();
    made.file.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, made.size);
    bytes
}

pub fn options(roots: &Path, office: &Office) -> Options {
    let mut trusted = Vec::new();
    let mut material = Material::default();
    for entry in std::fs::read_dir(roots).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        match path.extension().and_then(|it| it.to_str()) {
            Some("crl") => material.crls.push(bytes),
            _ => trusted.extend(Certificate::read_all(&bytes).unwrap()),
        }
    }
    Options {
        trust: TrustStore::new(trusted.clone(), Vec::new()),
        evidence_trust: Some(TrustStore::new(trusted, Vec::new())),
        material,
        at: office.app.now(),
        content: None,
    }
}

pub fn checked(bytes: &[u8], options: &Options) -> Checked {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("paket.zip");
    std::fs::write(&path, bytes).unwrap();
    verify::file(&path, options)
}

pub fn faults(checked: &Checked) -> Vec<String> {
    let wrong = checked.checks.iter().filter(|it| it.outcome != Outcome::Ok);
    wrong
        .map(|it| format!("{}: {}", it.name, it.text))
        .collect()
}

pub type Files = Vec<(String, Vec<u8>)>;

pub fn unpacked(bytes: &[u8]) -> Files {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = Vec::new();
    for at in 0..zip.len() {
        let mut entry = zip.by_index(at).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        files.push((entry.name().unwrap().into_owned(), content));
    }
    files
}

pub fn packed(files: &Files) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub fn manifest_of(files: &Files) -> Manifest {
    let (_, json) = files
        .iter()
        .find(|(name, _)| name == manifest::PATH)
        .unwrap();
    serde_json::from_slice(json).unwrap()
}

/// Writes the manifest anew, as a forger would who has not the institution's key.
pub fn relist(files: &mut Files, change: impl FnOnce(&mut Manifest)) {
    let mut listed = manifest_of(files);
    change(&mut listed);
    listed
        .files
        .retain(|file| files.iter().any(|(name, _)| *name == file.path));
    for file in &mut listed.files {
        let (_, content) = files.iter().find(|(name, _)| *name == file.path).unwrap();
        file.size = content.len() as u64;
        file.sha256 = hex(content);
    }
    let json = serde_json::to_vec_pretty(&listed).unwrap();
    for (name, content) in files.iter_mut() {
        if name == manifest::PATH {
            content.clone_from(&json);
        }
    }
}

pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}
