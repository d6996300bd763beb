//! Bundles that were written anew by somebody who may sign something, and bundles of letters that no
//! KEP message carried.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bundles;
mod office;

use bundles::{Files, bundle_of, checked, faults, manifest_of, options, packed, relist, unpacked};
use dys::dispatch::send;
use dys::distribution::{DestinationType, list};
use dys::params;
use dys::proof::manifest::{self, Manifest};
use dys::proof::verify::{Options, Outcome};
use office::Office;
use seal::rehearsal::{Curve, Holder, Validity};
use seal::{Cms, Content, Digest, SignOptions, Signer as _, SoftKey};
use serde_json::Value;

const HAVSA: &str = "havsa yazı";
const LOG: &str = "denetim/kayitlar.jsonl";
const SEAL: &str = "Muhur/MuhurCades.imz";

/// A bundle of a delivered letter, taken apart.
async fn delivered(office: &Office) -> Files {
    let id = office.dispatched_with_key(&[HAVSA]).await;
    office.rounds(3, 10).await;
    unpacked(&bundle_of(office, &office.clerk, &id).await)
}

/// A key under the root that everybody trusts.
fn key(office: &Office, holder: &Holder<'_>) -> SoftKey {
    let mut count = 0_u8;
    let mut random = |bytes: &mut [u8]| {
        bytes.fill_with(|| {
            count = count.wrapping_mul(37).wrapping_add(11);
            count
        });
    };
    let validity = Validity::days(office.app.now(), 30);
    let authority = dys::signature::rehearsal::authority(&office.app).unwrap();
    let made = authority.issue_key(holder, Curve::P256, validity, &mut random);
    made.unwrap()
}

fn colleague(office: &Office) -> SoftKey {
    let holder = Holder::Person {
        name: "Mehmet Sahtekâr",
        tckn: "10000000146",
    };
    key(office, &holder)
}

/// The key with which the institution signs its lists and messages.
fn own(office: &Office) -> SoftKey {
    let read = |name: &str| std::fs::read_to_string(office.app.config.data.join(name)).unwrap();
    SoftKey::from_pem(&read("kep-key.pem"), &read("kep-certificate.pem")).unwrap()
}

/// Writes the list anew and signs it.
fn relisted(
    files: &Files,
    office: &Office,
    key: &SoftKey,
    change: impl FnOnce(&mut Manifest),
) -> Files {
    let mut files = files.clone();
    relist(&mut files, change);
    let json = content(&files, manifest::PATH).clone();
    let options = SignOptions::at(office.app.now());
    let signed = seal::sign(key, Content::Detached(&json), &options).unwrap();
    replace(&mut files, manifest::SIGNATURE_PATH, signed);
    files
}

fn replace(files: &mut Files, path: &str, bytes: Vec<u8>) {
    let found = files.iter_mut().find(|(name, _)| name == path);
    found.unwrap_or_else(|| panic!("{path}")).1 = bytes;
}

fn content<'f>(files: &'f Files, path: &str) -> &'f Vec<u8> {
    let found = files.iter().find(|(name, _)| name == path);
    &found.unwrap_or_else(|| panic!("{path}")).1
}

fn told(files: &Files, options: &Options) -> String {
    let found = checked(&packed(files), options);
    assert_eq!(found.outcome, Outcome::Failed, "{:?}", found.checks);
    faults(&found).join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_signed_by_who_prepared_the_letter_and_by_nobody_else() {
    let (office, roots) = Office::with_roots().await;
    let options = options(&roots, &office);
    let files = delivered(&office).await;
    let found = checked(&packed(&files), &options);
    assert_eq!(faults(&found), Vec::<String>::new());

    // Nothing is changed but who signs.
    let again = |key: &SoftKey| relisted(&files, &office, key, |_| {});
    let found = checked(&packed(&again(&own(&office))), &options);
    assert_ne!(found.outcome, Outcome::Failed, "{:?}", faults(&found));
    let said = told(&again(&colleague(&office)), &options);
    assert!(
        said.contains("Listeyi imzalayan sertifika Mehmet Sahtekâr adlı kişinin"),
        "{said}"
    );
    let elsewhere = Holder::Seal {
        name: "Sağlık Bakanlığı",
        detsis: "24322010",
    };
    let said = told(&again(&key(&office, &elsewhere)), &options);
    assert!(
        said.contains("Sağlık Bakanlığı (24322010) kurumunun"),
        "{said}"
    );

    // A list made of nothing: no message, no package, so nothing of it could be wrong.
    let mut bare = files.clone();
    let letter = manifest_of(&files).letter.path;
    let kept = [
        letter.as_str(),
        LOG,
        manifest::PATH,
        manifest::SIGNATURE_PATH,
    ];
    bare.retain(|(name, _)| kept.contains(&name.as_str()));
    let emptied = |listed: &mut Manifest| {
        listed.messages.clear();
        listed.letter.package = None;
    };
    let said = told(
        &relisted(&bare, &office, &colleague(&office), emptied),
        &options,
    );
    assert!(
        said.contains("Listeyi kurum değil, Mehmet Sahtekâr"),
        "{said}"
    );
    let said = told(&relisted(&bare, &office, &own(&office), emptied), &options);
    for words in [
        "Pakette denetlenen e-Yazışma paketi yok",
        "iletisi pakette yok",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

/// No digest covers the seal: whoever got the package can countersign it or sign beside it.
#[tokio::test(flavor = "multi_thread")]
async fn another_seal_on_the_package_makes_nobody_the_signer_of_its_list() {
    let (office, roots) = Office::with_roots().await;
    let mut options = options(&roots, &office);
    let files = delivered(&office).await;
    let elsewhere = Holder::Seal {
        name: "Sağlık Bakanlığı",
        detsis: "24322010",
    };
    let foreign = key(&office, &elsewhere);
    // The countersigner's certificate may lie anywhere.
    let certificates = &mut options.material.certificates;
    certificates.push(foreign.certificate().clone());

    let package = manifest_of(&files).letter.package.unwrap();
    let parts = unpacked(content(&files, &package));
    let sealed = content(&parts, SEAL).clone();
    let digest = Cms::from_der(&sealed).unwrap().content().unwrap().to_vec();
    let at = SignOptions::at(office.app.now());
    let parallel = seal::sign(&foreign, Content::Attached(&digest), &at).unwrap();
    let parallel = seal::merge(&[sealed.clone(), parallel]).unwrap();
    for forged in [countersigned(&sealed, &foreign, &at), parallel] {
        let mut parts = parts.clone();
        replace(&mut parts, SEAL, forged);
        let mut files = files.clone();
        replace(&mut files, &package, packed(&parts));
        let said = told(&relisted(&files, &office, &foreign, |_| {}), &options);
        for words in [
            "Mühür Sağlık Bakanlığı (24322010) kurumunun",
            "Listeyi imzalayan sertifika Sağlık Bakanlığı (24322010) kurumunun",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
}

/// The signature of one signer, countersigned (RFC 5652, 11.4).
fn countersigned(cms: &[u8], key: &SoftKey, options: &SignOptions) -> Vec<u8> {
    const CONTENT_TYPE: [u8; 11] = *b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
    const COUNTERSIGNATURE: [u8; 9] = *b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06";
    const VALUE: u8 = 0x04;
    let mut parts = elements(&signer_of(cms)).into_iter();
    let (_, value) = parts.find(|(tag, _)| *tag == VALUE).unwrap();
    let plain = seal::sign(key, Content::Detached(&value), options).unwrap();
    let mut own = elements(&signer_of(&plain));
    // It names no type of content, so its attributes are signed anew, as the set that they are.
    let (_, attributes) = own.iter_mut().find(|(tag, _)| *tag == 0xa0).unwrap();
    let mut kept = elements(attributes);
    kept.retain(|(_, attribute)| !attribute.starts_with(&CONTENT_TYPE));
    *attributes = encoded(&kept);
    let message = encoded(&[(0x31, attributes.clone())]);
    let signature = key.sign(Digest::Sha256, &message).unwrap();
    let (_, own_value) = own.iter_mut().find(|(tag, _)| *tag == VALUE).unwrap();
    *own_value = signature;

    let values = encoded(&[(0x30, encoded(&own))]);
    let attribute = encoded(&[(0x06, COUNTERSIGNATURE.to_vec()), (0x31, values)]);
    changed(cms, &SIGNER, &|signer| {
        let mut parts = elements(signer);
        if parts.last().is_none_or(|(tag, _)| *tag != 0xa1) {
            parts.push((0xa1, Vec::new()));
        }
        let (_, unsigned) = parts.last_mut().unwrap();
        let mut attributes = elements(unsigned);
        attributes.push((0x30, attribute.clone()));
        attributes.sort_by_key(|it| encoded(std::slice::from_ref(it)));
        *unsigned = encoded(&attributes);
        encoded(&parts)
    })
}

/// A DER element: its tag and what is in it.
type Element = (u8, Vec<u8>);

/// Where the only signer of a CMS stands: from the content into SignedData, there the last.
const SIGNER: [usize; 5] = [0, 1, 0, usize::MAX, 0];

fn signer_of(cms: &[u8]) -> Vec<u8> {
    SIGNER.iter().fold(cms.to_vec(), |bytes, step| {
        let mut all = elements(&bytes);
        let at = all.len().saturating_sub(1).min(*step);
        all.swap_remove(at).1
    })
}

/// The bytes with what the path leads to changed.
fn changed(bytes: &[u8], path: &[usize], change: &dyn Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let [step, path @ ..] = path else {
        return change(bytes);
    };
    let mut all = elements(bytes);
    let at = all.len().saturating_sub(1).min(*step);
    all[at].1 = changed(&all[at].1, path, change);
    encoded(&all)
}

fn elements(mut bytes: &[u8]) -> Vec<Element> {
    let mut found = Vec::new();
    while let [tag, first, rest @ ..] = bytes {
        // Below 128 it is the length itself, else of how many bytes the length is.
        let (length, rest) = match usize::from(*first) {
            short if short < 0x80 => (short, rest),
            long => {
                let (length, rest) = rest.split_at(long - 0x80);
                let add = |sum: usize, byte: &u8| (sum << 8) | usize::from(*byte);
                (length.iter().fold(0, add), rest)
            }
        };
        let (content, after) = rest.split_at(length);
        found.push((*tag, content.to_vec()));
        bytes = after;
    }
    found
}

fn encoded(elements: &[Element]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (tag, content) in elements {
        let length = content.len().to_be_bytes();
        let zeros = length.iter().take_while(|it| **it == 0).count();
        let length = &length[zeros..];
        bytes.push(*tag);
        if content.len() >= 0x80 {
            bytes.push(0x80 + u8::try_from(length.len()).unwrap());
            bytes.extend_from_slice(length);
        } else {
            bytes.push(u8::try_from(content.len()).unwrap());
        }
        bytes.extend_from_slice(content);
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_list_says_is_held_against_package_message_and_log() {
    let (office, roots) = Office::with_roots().await;
    let options = options(&roots, &office);
    let files = delivered(&office).await;
    let key = own(&office);
    type Change = fn(&mut Manifest);
    let cases: [(&str, Change, &[&str]); 7] = [
        (
            "letter",
            |listed| {
                listed.letter.date = "2020-01-01".into();
                listed.letter.subject = "Atama".into();
                listed.institution = "T.C. SAĞLIK BAKANLIĞI".into();
            },
            &[
                "Tarih: Pakette “2026-11-24”",
                "Konu: Pakette",
                "Hazırlayan: Pakette",
            ],
        ),
        (
            "message id",
            |listed| listed.messages[0].message_id = "<baska@dys.example>".into(),
            &["Kimlik: İletinin kimliği", "Delil başka bir iletiye ait"],
        ),
        (
            "address",
            |listed| listed.messages[0].address = "baska@hs99.kep.example".into(),
            &["Alıcı: İleti havsa"],
        ),
        (
            "code",
            |listed| listed.messages[0].evidence[0].code = Some(60),
            &["Kod: Listedeki kod 60 başka bir olayın"],
        ),
        (
            "result",
            |listed| listed.messages[0].evidence[0].result = Some("failed".into()),
            &["“failed” sonucunu söylemiyor", "başka sonuca varmış"],
        ),
        (
            "first entry",
            |listed| listed.audit.first += 1,
            &["ilk satır, içindekiler listesindeki değil"],
        ),
        (
            "receiver",
            |listed| listed.letter.id = "baska".into(),
            &["Belge kimliği: Pakette", "her yazıda olan satır yok"],
        ),
    ];
    for (what, change, words) in cases {
        let said = told(&relisted(&files, &office, &key, change), &options);
        for words in words {
            assert!(said.contains(words), "{what}: {words}: {said}");
        }
    }

    // The chain holds when an entry is told by its hash alone; the letter's own are asked for.
    for action in ["document.freeze", "package.draft", "dispatch.send"] {
        let mut hidden = files.clone();
        let count = hide(&mut hidden, |entry| entry["action"] == action);
        let less = |listed: &mut Manifest| listed.audit.entries -= count;
        let said = told(&relisted(&hidden, &office, &key, less), &options);
        assert!(said.contains(&format!("({action})")), "{action}: {said}");
    }

    // Evidence that is hidden so is missed by nobody who has the bundle alone, and that is said.
    let mut hidden = files.clone();
    let gone = manifest_of(&files).messages[0].evidence[0].clone();
    let count = hide(&mut hidden, |entry| {
        let detail: Value = serde_json::from_str(entry["detail"].as_str().unwrap()).unwrap();
        entry["action"] == "evidence.check" && detail["evidence"] == gone.id.as_str()
    });
    assert!(count > 0);
    hidden.retain(|(name, _)| Some(name) != gone.path.as_ref());
    let less = |listed: &mut Manifest| {
        listed.audit.entries -= count;
        listed.messages[0].evidence.retain(|it| it.id != gone.id);
    };
    let found = checked(&packed(&relisted(&hidden, &office, &key, less)), &options);
    assert_ne!(found.outcome, Outcome::Failed, "{:?}", faults(&found));
    let said = |it: &dys::proof::verify::Line| {
        it.name == "Denetim kaydı"
            && it.text.contains(
                "Yalnız özetiyle duran satırların başka yazılara ait olduğu paketten anlaşılmaz",
            )
    };
    assert!(found.checks.iter().any(said), "{:?}", found.checks);
}

/// Entries of the log told by their hashes alone; how many.
fn hide(files: &mut Files, is_hidden: impl Fn(&Value) -> bool) -> u64 {
    let (_, log) = files.iter_mut().find(|(name, _)| name == LOG).unwrap();
    let text = String::from_utf8(log.clone()).unwrap();
    let mut count = 0;
    let lines = text.lines().map(|line| {
        let entry: Value = serde_json::from_str(line).unwrap();
        if entry["action"].is_null() || !is_hidden(&entry) {
            return line.to_owned();
        }
        count += 1;
        format!("{{\"seq\":{},\"hash\":{}}}", entry["seq"], entry["hash"])
    });
    let lines: Vec<String> = lines.collect();
    *log = (lines.join("\n") + "\n").into_bytes();
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_of_a_provider_and_bound_to_its_message() {
    let (office, roots) = Office::with_roots().await;
    let options = options(&roots, &office);
    let files = delivered(&office).await;
    let listed = manifest_of(&files);
    let message = &listed.messages[0];

    // Whoever reaches a root of signers is no provider yet.
    let unnamed = Options {
        evidence_trust: None,
        ..options.clone()
    };
    let found = checked(&packed(&files), &unnamed);
    assert_eq!(found.outcome, Outcome::Open);
    let said = faults(&found);
    assert_eq!(said.len(), message.evidence.len(), "{said:?}");
    assert!(
        said.iter()
            .all(|it| it.contains("--evidence-roots ile verin")),
        "{said:?}"
    );

    // The institution's own key signs that the letter was read, without a digest of the message.
    let evidence = message.evidence.last().unwrap();
    let xml = format!(
        "<rem:RetrievalNonRetrievalByRecipient xmlns:rem=\"http://uri.etsi.org/02640/v2#\" \
         version=\"1\"><rem:EventCode>http:uri.etsi.org/02640/Event#Retrieval</rem:EventCode>\
         <rem:SenderMessageDetails><rem:UAMessageIdentifier>{}</rem:UAMessageIdentifier>\
         </rem:SenderMessageDetails></rem:RetrievalNonRetrievalByRecipient>",
        message.message_id.trim_matches(['<', '>'])
    );
    let xades = seal::xades::XadesOptions {
        digest: seal::Digest::Sha256,
        signing_time: office.app.now(),
        id: "1".into(),
    };
    let key = own(&office);
    let signed = seal::xades::sign(&xml, &key, &xades).unwrap();
    let mut forged = files.clone();
    let path = evidence.path.clone().unwrap();
    for (name, bytes) in &mut forged {
        if *name == path {
            *bytes = signed.clone().into_bytes();
        }
    }
    let forged = relisted(&forged, &office, &key, |listed| {
        let last = listed.messages[0].evidence.last_mut().unwrap();
        (last.kind, last.code) = ("read".into(), Some(60));
    });
    for options in [&options, &unnamed] {
        let said = told(&forged, options);
        for words in [
            "kendi gönderdiğine kimse delil veremez",
            "iletiye yalnız kimliğiyle bağlı",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_no_message_carried_has_its_package_in_the_bundle() {
    let (office, roots) = Office::with_roots().await;
    let options = options(&roots, &office);
    let havsa = office.unit(HAVSA).await;
    let home = office.clerk.home_unit().unwrap().to_owned();
    let inside: String = office
        .app
        .store
        .read(move |tx| {
            tx.scalar(
                "SELECT id FROM unit WHERE is_own = 1 AND parent_id IS NOT NULL AND id <> ?1 \
                 ORDER BY id LIMIT 1",
                params![home],
            )
        })
        .await
        .unwrap();
    for (kind, unit) in [
        (DestinationType::ExternalPaper, havsa),
        (DestinationType::InternalUnit, inside),
    ] {
        let id = office.draft(&[]).await;
        let letter = id.clone();
        office
            .app
            .write(&office.clerk, move |tx, act| {
                list::add_units(tx, act, &letter, kind, &[unit])?;
                let line = list::list(tx, act, &letter)?.remove(0);
                if kind == DestinationType::ExternalPaper {
                    let address = "Cumhuriyet Meydanı No: 1\n22500 Havsa / Edirne";
                    list::set_paper(tx, act, &letter, &line.id, address, "Kroki A1 boyutunda.")?;
                }
                Ok(())
            })
            .await
            .unwrap();
        let (id, version) = office::signed_with_key(&office.app, &office.clerk, id).await;
        send::send(&office.app, &office.clerk, &id, version)
            .await
            .unwrap();
        let bytes = bundle_of(&office, &office.clerk, &id).await;
        let files = unpacked(&bytes);
        let listed = manifest_of(&files);
        assert_eq!(listed.messages.len(), 0);
        let path = listed.letter.package.clone().unwrap();
        let kept = dys::package::whole(&office.app, &id).await.unwrap();
        assert_eq!(*content(&files, &path), kept.bytes);
        let found = checked(&bytes, &options);
        assert_eq!(faults(&found), Vec::<String>::new(), "{kind:?}");
        let signed = |it: &dys::proof::verify::Line| it.text.contains("Ali Şahin, düzey XLong");
        assert!(found.checks.iter().any(signed), "{:?}", found.checks);

        // It is this letter's, and it is not left out unnoticed.
        let mut other = files.clone();
        for (name, bytes) in &mut other {
            if *name == listed.letter.path {
                bytes.extend_from_slice(b" ");
            }
        }
        let key = own(&office);
        let said = told(&relisted(&other, &office, &key, |_| {}), &options);
        assert!(said.contains("Paketteki üst yazı yazi/"), "{said}");
        let mut without = files.clone();
        without.retain(|(name, _)| *name != path);
        let without = relisted(&without, &office, &key, |listed| {
            listed.letter.package = None
        });
        let found = checked(&packed(&without), &options);
        assert_eq!(found.outcome, Outcome::Open);
        let said = faults(&found).join("\n");
        assert!(
            said.contains("Pakette denetlenen e-Yazışma paketi yok"),
            "{said}"
        );
    }
}
