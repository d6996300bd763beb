//! Letters a second on one core: set as PDF/A, put into their package, signed by a person, sealed by
//! the institution, and all of it; beside it the bare rate of `openssl speed rsa2048` in the same run.
//!
//! `cargo bench --profile dev --bench letters` (the profile of `make demo`). Signatures are CAdES
//! X-Long, seals CAdES-A, with RSA-2048 keys; stamps and revocation answers come from an authority in
//! this process, so no network is measured. Without OpenSSL the keys are ECDSA P-256.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use eyazisma::{
    Distribution, Draft, FinalMetadata, Guid, Institution, Metadata, Party, Person, Purpose,
    Settings, Stamp, Text, Unsealed, Unsigned, Urgency,
};
use jiff::{SignedDuration, Timestamp};
use letter::{Fonts, Letterhead, Sheet};
use seal::rehearsal::{Authority, Curve, Holder, ServiceKind, Services, Validity};
use seal::{
    Certificate, Content, Digest, Material, SealError, SignOptions, Signer as _, SoftKey, Stamper,
    TimeStamp, TimeStampQuestion, TrustStore, with_archive_time_stamp, with_time_stamp,
    with_values,
};
use uuid::Uuid;

/// How long each line is measured at least.
const AT_LEAST: Duration = Duration::from_secs(4);
/// 25.11.2026 13.00 in Turkey.
const NOW: Timestamp = Timestamp::constant(1_795_600_800, 0);
/// The typesetter works on as many cores as it finds.
const ONE_THREAD: &str = "RAYON_NUM_THREADS";

fn main() {
    if std::env::var_os(ONE_THREAD).is_none() {
        let me = std::env::current_exe().expect("this program");
        let done = Command::new(me).env(ONE_THREAD, "1").status();
        std::process::exit(done.ok().and_then(|status| status.code()).unwrap_or(1));
    }
    let office = Office::new();
    println!("{:34} {:>14} {:>9}", "one core", "letters a s", "ms each");
    let mut round = 0;
    measure("render (PDF/A, one page)", || {
        round += 1;
        office.render(round);
    });
    let page = office.render(0);
    measure("package (digests, XML, ZIP)", || {
        // Everything of the package but the two signatures in it.
        let unsigned = office.draft(&page);
        let unsealed = office.put_in(unsigned, b"signature".to_vec());
        unsealed.seal(b"seal".to_vec()).bytes().unwrap();
    });
    let unsigned = office.draft(&page);
    let content = unsigned.to_sign().to_vec();
    let kind = office.kind;
    measure(&format!("sign (X-Long, {kind})"), || {
        office.sign(&content);
    });
    let unsealed = office.put_in(unsigned, office.sign(&content));
    measure(&format!("seal (CAdES-A, {kind})"), || {
        office.seal(unsealed.to_seal());
    });
    measure("the whole", || {
        round += 1;
        let unsigned = office.draft(&office.render(round));
        let signature = office.sign(unsigned.to_sign());
        let unsealed = office.put_in(unsigned, signature);
        let sealed = office.seal(unsealed.to_seal());
        unsealed.seal(sealed).bytes().unwrap();
    });
    bare_rate();
}

/// What OpenSSL alone does with such a key on the same machine.
fn bare_rate() {
    let speed = Command::new("openssl")
        .args(["speed", "-seconds", "2", "rsa2048"])
        .output();
    let Ok(speed) = speed else {
        return println!("openssl speed rsa2048: skipped, openssl is not installed");
    };
    let said = String::from_utf8_lossy(&speed.stdout).into_owned();
    println!("openssl speed rsa2048 (sign, verify, sign/s, verify/s):");
    let lines = said.lines().filter(|line| line.contains("2048"));
    lines.for_each(|line| println!("  {line}"));
}

fn measure(name: &str, mut work: impl FnMut()) {
    work();
    let begun = Instant::now();
    let mut count = 0_u32;
    while begun.elapsed() < AT_LEAST {
        work();
        count += 1;
    }
    let each = begun.elapsed() / count;
    println!(
        "{name:34} {:>14.1} {:>9.2}",
        1.0 / each.as_secs_f64(),
        each.as_secs_f64() * 1000.0
    );
}

/// One letter, its person and its institution.
struct Office {
    sheet: Sheet,
    head: Letterhead,
    fonts: Fonts,
    person: Keys,
    institution: Keys,
    kind: &'static str,
    stamps: Stamps,
    runtime: tokio::runtime::Runtime,
}

/// A key with what completes its signatures.
struct Keys {
    key: SoftKey,
    path: Vec<Certificate>,
    material: Material,
}

impl Office {
    fn new() -> Self {
        let own = std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo");
        let own = Path::new(&own);
        let text = std::fs::read_to_string(own.join("crates/letter/tests/letters/short.json"));
        let both: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
        let faces = ["regular", "italic", "bold", "bold-italic"].map(|face| {
            let file = format!("assets/dist/fonts/serif-{face}.ttf");
            std::fs::read(own.join(file)).expect("npm run build")
        });
        let mut state = 1_u64;
        let mut random = move |bytes: &mut [u8]| {
            bytes.fill_with(|| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                state.to_be_bytes()[0]
            });
        };
        let services = Services {
            base: "http://127.0.0.1:9/esh".into(),
        };
        let authority = Authority::create(services, NOW, &mut random).unwrap();
        let person = Holder::Person {
            name: "Ali Şahin",
            tckn: "10000000146",
        };
        let institution = Holder::Seal {
            name: "Keşan Belediye Başkanlığı",
            detsis: "01039100",
        };
        let mut kind = "RSA-2048";
        let mut keys = |holder: &Holder<'_>| {
            let key = rsa(&authority, holder, &mut random).unwrap_or_else(|| {
                kind = "ECDSA P-256";
                let validity = Validity::days(NOW, 365);
                let made = authority.issue_key(holder, Curve::P256, validity, &mut random);
                made.unwrap()
            });
            Keys::of(&authority, key)
        };
        Self {
            sheet: serde_json::from_value(both["sheet"].clone()).unwrap(),
            head: serde_json::from_value(both["letterhead"].clone()).unwrap(),
            fonts: Fonts::new(faces).unwrap(),
            person: keys(&person),
            institution: keys(&institution),
            kind,
            stamps: Stamps {
                authority,
                count: AtomicU64::new(1),
            },
            runtime: tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap(),
        }
    }

    /// Each letter has another number and another subject.
    fn render(&self, round: u32) -> Vec<u8> {
        let mut sheet = self.sheet.clone();
        sheet.number = format!("E-67915368-105.04-{round}");
        sheet.subject = format!("{} {round}", sheet.subject);
        letter::pdf(&sheet, &self.head, &self.fonts).unwrap().bytes
    }

    fn draft(&self, page: &[u8]) -> Unsigned {
        let unit = |code: &str, name: &str| {
            Party::Institution(Institution {
                code: code.into(),
                name: Some(name.into()),
                ..Institution::default()
            })
        };
        let metadata = Metadata {
            id: Guid::new(Uuid::from_u128(7)),
            subject: Text::turkish(&self.sheet.subject),
            mime_type: "application/pdf".into(),
            file_name: "yazi.pdf".into(),
            recipients: vec![Distribution {
                party: unit("24301050", "Adalet Bakanlığı"),
                urgency: Urgency::Normal,
                purpose: Purpose::Action,
                deadline: None,
                left_out: vec![],
            }],
            creator: Some(unit("24322010", "Sağlık Bakanlığı")),
            verification_address: "https://www.turkiye.gov.tr/belge-dogrulama".into(),
            ..Metadata::default()
        };
        let draft = Draft::new(metadata, page.to_vec(), vec![], Settings::default());
        draft.unwrap().digest()
    }

    fn put_in(&self, unsigned: Unsigned, signature: Vec<u8>) -> Unsealed {
        let last = FinalMetadata {
            date: Stamp::as_read("2026-11-25T13:00:00+03:00"),
            number: "E-24322010-903.07.02-4752".into(),
            signers: vec![eyazisma::Signer {
                person: Person {
                    first_name: "Ali".into(),
                    last_name: "ŞAHİN".into(),
                    ..Person::default()
                },
                ..eyazisma::Signer::default()
            }],
        };
        unsigned.sign(signature, &last, NOW).unwrap()
    }

    fn sign(&self, content: &[u8]) -> Vec<u8> {
        self.runtime.block_on(self.x_long(&self.person, content))
    }

    fn seal(&self, content: &[u8]) -> Vec<u8> {
        self.runtime.block_on(async {
            let long = self.x_long(&self.institution, content).await;
            let sealed = with_archive_time_stamp(&long, None, Digest::Sha256, &self.stamps);
            sealed.await.unwrap()
        })
    }

    async fn x_long(&self, keys: &Keys, content: &[u8]) -> Vec<u8> {
        let (digest, stamps) = (Digest::Sha256, &self.stamps);
        let options = SignOptions::at(NOW);
        let bes = seal::sign(&keys.key, Content::Attached(content), &options).unwrap();
        let stamped = with_time_stamp(&bes, digest, stamps).await.unwrap();
        with_values(&stamped, &keys.path, &keys.material, digest, stamps)
            .await
            .unwrap()
    }
}

impl Keys {
    fn of(authority: &Authority, key: SoftKey) -> Self {
        let trust = TrustStore::new(vec![authority.root().clone()], Vec::new());
        let purpose = seal::Purpose::Document;
        let path = trust.path(key.certificate(), key.issuers(), NOW, purpose);
        let lists = [ServiceKind::Crl, ServiceKind::RootCrl].map(|kind| {
            let answer = authority.answer(kind, &[], &[], NOW, [7; 16]);
            answer.unwrap().body
        });
        Self {
            path: path.unwrap(),
            material: Material {
                crls: lists.into(),
                ..Material::default()
            },
            key,
        }
    }
}

/// An RSA key that OpenSSL made; none without OpenSSL.
fn rsa(
    authority: &Authority,
    holder: &Holder<'_>,
    random: &mut dyn FnMut(&mut [u8]),
) -> Option<SoftKey> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let openssl = |arguments: &[&str]| {
        let done = Command::new("openssl")
            .args(arguments)
            .current_dir(folder.path())
            .output();
        done.ok().filter(|output| output.status.success())
    };
    openssl(&["genrsa", "-out", "old.pem", "2048"])?;
    openssl(&[
        "pkcs8", "-topk8", "-nocrypt", "-in", "old.pem", "-out", "key.pem",
    ])?;
    openssl(&[
        "pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "key.pub",
    ])?;
    let spki = std::fs::read(path("key.pub")).unwrap();
    let certificate = authority
        .issue(holder, &spki, Validity::days(NOW, 365), random)
        .unwrap();
    let pem = format!("{}{}", certificate.pem(), authority.intermediate().pem());
    let key = std::fs::read_to_string(path("key.pem")).unwrap();
    Some(SoftKey::from_pem(&key, &pem).unwrap())
}

/// The authority's stamps without the way through a socket.
struct Stamps {
    authority: Authority,
    count: AtomicU64,
}

impl Stamper for Stamps {
    async fn stamp(&self, digest: Digest, imprint: Vec<u8>) -> Result<TimeStamp, SealError> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let question = TimeStampQuestion::new(digest, imprint, number.to_be_bytes())?;
        let serial = u128::from(number).to_be_bytes();
        let answer = self.authority.time_stamp(&question.der, NOW, serial)?;
        question.accept(&answer, NOW, SignedDuration::from_mins(5))
    }
}
