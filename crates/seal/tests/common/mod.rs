//! A rehearsal authority, tools that are not ours, and a line to the services without a network.

#![allow(dead_code, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};

use cms::content_info::ContentInfo;
use const_oid::db::rfc5911::ID_SIGNED_DATA;
use der::{Any, Decode as _, Encode as _, Length, Reader as _, SliceReader};
use jiff::{SignedDuration, Timestamp};
use seal::rehearsal::{Authority, Curve, Holder, Revoked, ServiceKind, Services, Validity};
use seal::{
    Digest, Material, SealError, SoftKey, Stamper, TimeStamp, TimeStampQuestion, TrustStore,
    VerifyOptions,
};
use tempfile::TempDir;

pub const CONTENT: &[u8] = "PaketOzeti: ığdır İğne ŞIRNAK".as_bytes();
pub const PASSWORD: &str = "123456";

pub fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

/// Numbers that repeat in every run and never in one.
pub fn random(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move |bytes: &mut [u8]| {
        for byte in bytes {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = state.to_be_bytes()[0];
        }
    }
}

pub struct House {
    pub authority: Authority,
    pub trust: TrustStore,
    pub trust_with_issuers: TrustStore,
    pub folder: TempDir,
}

impl House {
    pub fn new() -> Self {
        let services = Services {
            base: "http://127.0.0.1:9/prova-esh".into(),
        };
        let authority = Authority::create(services, now(), &mut random(1)).unwrap();
        let trust = TrustStore::new(vec![authority.root().clone()], Vec::new());
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("root.pem"), authority.root().pem()).unwrap();
        std::fs::write(
            folder.path().join("intermediate.pem"),
            authority.intermediate().pem(),
        )
        .unwrap();
        let trust_with_issuers = TrustStore::new(
            vec![authority.root().clone()],
            vec![authority.intermediate().clone()],
        );
        Self {
            authority,
            trust,
            trust_with_issuers,
            folder,
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn options(&self) -> VerifyOptions<'_> {
        static NOTHING: Material = Material {
            certificates: Vec::new(),
            ocsps: Vec::new(),
            crls: Vec::new(),
        };
        VerifyOptions {
            trust: &self.trust,
            at: now(),
            material: &NOTHING,
        }
    }

    /// With the intermediate at hand, which a card does not carry.
    pub fn knowing_issuers(&self) -> VerifyOptions<'_> {
        VerifyOptions {
            trust: &self.trust_with_issuers,
            ..self.options()
        }
    }

    pub fn person(&self, curve: Curve) -> SoftKey {
        self.named("Ali Şahin", "10000000146", curve, 11)
    }

    pub fn named(&self, name: &str, tckn: &str, curve: Curve, seed: u64) -> SoftKey {
        let holder = Holder::Person { name, tckn };
        let validity = Validity::days(now(), 365);
        let key = self
            .authority
            .issue_key(&holder, curve, validity, &mut random(seed));
        key.unwrap()
    }

    /// A key that OpenSSL made; none when OpenSSL is not installed.
    pub fn rsa_person(&self) -> Option<SoftKey> {
        let key = self.path("rsa.pem");
        openssl(
            &[
                "genpkey",
                "-algorithm",
                "RSA",
                "-pkeyopt",
                "rsa_keygen_bits:2048",
            ],
            &[("-out", &key)],
        )?;
        let public = self.path("rsa.pub");
        openssl(
            &["pkey", "-pubout", "-outform", "DER"],
            &[("-in", &key), ("-out", &public)],
        )?;
        let holder = Holder::Person {
            name: "Fatma Kaya",
            tckn: "20000000046",
        };
        let spki = std::fs::read(public).unwrap();
        let validity = Validity::days(now(), 365);
        let certificate = self
            .authority
            .issue(&holder, &spki, validity, &mut random(21))
            .unwrap();
        let pem = format!(
            "{}{}",
            certificate.pem(),
            self.authority.intermediate().pem()
        );
        Some(SoftKey::from_pem(&std::fs::read_to_string(key).unwrap(), &pem).unwrap())
    }

    /// What OCSP and CRL say, without a network.
    pub fn revocation_of(&self, key: &SoftKey, revoked: &[Revoked], at: Timestamp) -> Material {
        use seal::Signer as _;
        let mut material = Material::default();
        for service in [ServiceKind::Crl, ServiceKind::RootCrl] {
            let answer = self.authority.answer(service, &[], revoked, at, [7; 16]);
            material.crls.push(answer.unwrap().body);
        }
        material.certificates.push(key.certificate().clone());
        material
    }
}

/// One DER value.
pub fn tlv(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = Length::try_from(body.len()).unwrap();
    [&[tag], length.to_der().unwrap().as_slice(), body].concat()
}

/// The values that stand in a constructed one, each with its tag and length.
pub fn inside(value: &Any) -> Vec<Vec<u8>> {
    let mut reader = SliceReader::new(value.value()).unwrap();
    let mut all = Vec::new();
    while !reader.is_finished() {
        all.push(Any::decode(&mut reader).unwrap().to_der().unwrap());
    }
    all
}

/// The signature with these `crls` (RFC 5652, 5.1): the type of the library cannot hold what the
/// standard says, so they are put in as bytes.
pub fn with_revocation(cms: &[u8], crls: &[Vec<u8>]) -> Vec<u8> {
    let info = ContentInfo::from_der(cms).unwrap();
    let mut fields = inside(&info.content);
    fields[0] = tlv(0x02, &[5]);
    fields.insert(fields.len() - 1, tlv(0xa1, &crls.concat()));
    signed_data(&fields)
}

pub fn signed_data(fields: &[Vec<u8>]) -> Vec<u8> {
    let data = tlv(0x30, &fields.concat());
    let name = ID_SIGNED_DATA.to_der().unwrap();
    tlv(0x30, &[name, tlv(0xa0, &data)].concat())
}

/// The same authority, whose stamps are signed by another key.
pub fn stamping(authority: &Authority, key: &SoftKey) -> Authority {
    use seal::Signer as _;
    let pem = authority.to_pem().unwrap();
    let (kept, _) = pem.split_at(pem.rfind("-----BEGIN PRIVATE KEY-----").unwrap());
    let own = key.key_pem().unwrap() + &key.certificate().pem();
    let services = Services {
        base: "http://prova-esh.example/prova-esh".into(),
    };
    Authority::from_pem(&format!("{kept}{own}"), services).unwrap()
}

/// The authority's stamps, taken by function call.
pub struct Stamps<'a> {
    pub house: &'a House,
    pub at: Timestamp,
    pub counter: AtomicU64,
}

impl<'a> Stamps<'a> {
    pub fn new(house: &'a House, at: Timestamp) -> Self {
        Self {
            house,
            at,
            counter: AtomicU64::new(1),
        }
    }
}

impl Stamper for Stamps<'_> {
    async fn stamp(&self, digest: Digest, imprint: Vec<u8>) -> Result<TimeStamp, SealError> {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let question = TimeStampQuestion::new(digest, imprint, number.to_be_bytes())?;
        let mut serial = [1; 16];
        serial[8..].copy_from_slice(&number.to_be_bytes());
        let answer = self
            .house
            .authority
            .time_stamp(&question.der, self.at, serial)?;
        question.accept(&answer, self.at, SignedDuration::from_mins(5))
    }
}

/// Runs OpenSSL; none when it is not installed, a panic with its words when it refuses.
pub fn openssl(arguments: &[&str], files: &[(&str, &Path)]) -> Option<Output> {
    let output = tool("openssl", arguments, files)?;
    assert!(
        output.status.success(),
        "openssl {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(output)
}

/// Runs a tool; none when it is not installed.
pub fn tool(name: &str, arguments: &[&str], files: &[(&str, &Path)]) -> Option<Output> {
    let mut command = Command::new(name);
    command.args(arguments);
    for (option, path) in files {
        if !option.is_empty() {
            command.arg(option);
        }
        command.arg(path);
    }
    match command.output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: {name} is not installed");
            None
        }
        Err(error) => panic!("{name}: {error}"),
    }
}

/// Seconds of [`now`], for tools that take the time as an argument.
pub fn attime() -> String {
    now().as_second().to_string()
}
