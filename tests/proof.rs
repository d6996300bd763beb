//! Evidence that proves and evidence that does not; the bundle that a court can check, and every
//! way to tamper with it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bundles;
mod office;
mod traced;

use std::path::{Path, PathBuf};
use std::process::Command;

use bundles::{Files, bundle_of, checked, faults, manifest_of, options, packed, relist, unpacked};
use dys::access::Actor;
use dys::dispatch::recheck::recheck;
use dys::dispatch::tracking::Way;
use dys::evidence::check::Verdict;
use dys::evidence::decide::{self, Decision};
use dys::evidence::{Duty, Standing, Trust};
use dys::proof::bundle;
use dys::proof::manifest;
use dys::proof::verify::{self, Outcome};
use dys::store::testing::sqlite;
use kephs::misbehaviour::{Kind, NewRule};
use office::Office;
use seal::rehearsal::ServiceKind;

const HAVSA: &str = "havsa yazı";

fn standing(way: &Way) -> (Standing, Duty) {
    (
        Standing::from_code(&way.recipient.status),
        Duty::from_code(&way.recipient.duty),
    )
}

/// An office and the folder of all roots, with the authorities' revocation lists beside them. Nobody
/// stamps what it signs.
async fn office() -> (Office, PathBuf) {
    let office = Office::on(sqlite()).await;
    let roots = office.app.config.data.join("kephs-kokleri");
    std::fs::create_dir(&roots).unwrap();
    let provider = office.provider.provider();
    std::fs::write(roots.join("kephs.pem"), provider.root_pem()).unwrap();
    let authority = dys::signature::rehearsal::authority(&office.app).unwrap();
    std::fs::write(roots.join("kurum.pem"), authority.root().pem()).unwrap();
    let mut lists = provider.revocation_lists().unwrap();
    for kind in [ServiceKind::Crl, ServiceKind::RootCrl] {
        let answer = authority.answer(kind, &[], &[], office.app.now(), [0; 16]);
        lists.push(answer.unwrap().body);
    }
    for (at, list) in lists.iter().enumerate() {
        std::fs::write(roots.join(format!("{at}.crl")), list).unwrap();
    }
    (office, roots)
}

/// A letter that was sent, delivered and read, with its bundle.
async fn read_letter(office: &Office) -> (String, Vec<u8>) {
    let id = office.dispatched_with_key(&[HAVSA]).await;
    office.rounds(3, 10).await;
    office.read_by_recipient(&id).await;
    office.rounds(4, 30).await;
    let bytes = bundle_of(office, &office.clerk, &id).await;
    (id, bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_letter_gives_a_bundle_in_which_every_check_holds() {
    let (office, roots) = office().await;
    office.with_services().await;
    let (id, bytes) = read_letter(&office).await;
    let way = office.way(&id).await;
    assert_eq!(standing(&way), (Standing::Read, Duty::None));
    for stored in &way.evidence {
        let check = stored.check.as_ref().expect("checked on arrival");
        assert_eq!(check.verdict, Verdict::Verified, "{:?}", check.lines);
        assert!(
            check.stamped_at.is_some(),
            "stamped by the rehearsal's authority"
        );
        assert_eq!(check.sentence(), "imzası doğrulandı");
    }

    let found = checked(&bytes, &options(&roots, &office));
    assert_eq!(faults(&found), Vec::<String>::new());
    assert_eq!(found.outcome, Outcome::Ok);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("paket.zip");
    std::fs::write(&path, &bytes).unwrap();
    let at = office.app.now().to_string();
    let run = |roots: &[&Path], json: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dys"));
        command.arg("verify").arg(&path).args(["--at", &at]);
        for root in roots {
            command.arg("--roots").arg(root);
            command.arg("--evidence-roots").arg(root);
        }
        if json {
            command.arg("--json");
        }
        command.output().unwrap()
    };
    let whole = run(&[&roots], false);
    let text = String::from_utf8(whole.stdout).unwrap();
    assert_eq!(whole.status.code(), Some(0), "{text}");
    assert!(text.contains("BÜTÜN DENETİMLER TUTUYOR"), "{text}");
    assert!(text.contains("PROVA kurulumunda hazırlanmıştır"), "{text}");

    // Evidence is of its provider: only under the root that is named for it.
    let told = |name: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dys"));
        command.arg("verify").arg(&path).args(["--at", &at]);
        command.arg("--roots").arg(roots.join("kurum.pem"));
        command.arg("--evidence-roots").arg(roots.join(name));
        let output = command.output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (code, text) = told("kephs.pem");
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = told("kurum.pem");
    assert_eq!(code, Some(1), "{text}");
    let failed: Vec<&str> = text.lines().filter(|it| it.contains("HATALI")).collect();
    assert!(
        !failed.is_empty() && failed.iter().all(|it| it.contains("  Delil ")),
        "{failed:?}"
    );

    // Nobody is asked for any of it.
    let mut command = Command::new(env!("CARGO_BIN_EXE_dys"));
    command.arg("verify").arg(&path);
    command.arg("--roots").arg(roots.join("kurum.pem"));
    if let Some(calls) = traced::internet_calls(&command, folder.path()) {
        assert_eq!(calls, Vec::<String>::new());
    }

    let json = run(&[&roots], true);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json[0]["outcome"], "ok");
    assert_eq!(json[0]["kind"], "delil paketi");

    // Nothing in the bundle makes itself trusted.
    let alone = run(&[], false);
    let text = String::from_utf8(alone.stdout).unwrap();
    assert_eq!(alone.status.code(), Some(1), "{text}");
    assert!(text.contains("güvenilir sayılmaz"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_facts_give_the_same_bytes_and_who_asked_stands_in_the_log() {
    let (office, roots) = office().await;
    let (id, first) = read_letter(&office).await;
    let names = |bytes: &[u8]| -> Vec<String> {
        unpacked(bytes).into_iter().map(|(name, _)| name).collect()
    };
    let second = bundle_of(&office, &office.registry, &id).await;
    assert_eq!(names(&first), names(&second));
    let of = |bytes: &[u8], path: &str| {
        let files = unpacked(bytes);
        let found = files.into_iter().find(|(name, _)| name == path);
        found.unwrap_or_else(|| panic!("{path}")).1
    };
    for path in names(&first) {
        let changes = [
            "ozet.pdf",
            "denetim/kayitlar.jsonl",
            manifest::PATH,
            manifest::SIGNATURE_PATH,
        ];
        if !changes.contains(&path.as_str()) {
            assert_eq!(of(&first, &path), of(&second, &path), "{path}");
        }
    }
    let log = String::from_utf8(of(&second, "denetim/kayitlar.jsonl")).unwrap();
    assert_eq!(log.matches("proof.bundle").count(), 2, "both are recorded");
    // Signature and seal of a package are stamped; here nobody stamps.
    let found = checked(&second, &options(&roots, &office));
    assert_eq!(found.outcome, Outcome::Open);
    let told = faults(&found);
    let unstamped = [
        "Zaman damgası: İmzada zaman damgası yok.",
        "karşılaştırılamadı: damga yok.",
    ];
    assert!(
        told.iter()
            .all(|it| unstamped.iter().any(|words| it.contains(words))),
        "{told:?}"
    );

    let stranger = bundle::make(&office.app, &foreign(), &id).await;
    assert_eq!(stranger.unwrap_err().code(), "evrak_yok");
    let (unsent, _) = office.signed(&[HAVSA]).await;
    let early = bundle::make(&office.app, &office.clerk, &unsent).await;
    assert_eq!(early.unwrap_err().code(), "paket_yok");
}

/// Somebody without any role here.
fn foreign() -> Actor {
    Actor {
        user_id: "nobody".into(),
        full_name: "Hiç Kimse".into(),
        title: String::new(),
        bindings: Vec::new(),
        scope: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changed_byte_in_any_file_is_found_and_named() {
    let (office, roots) = office().await;
    let (_, bytes) = read_letter(&office).await;
    let options = options(&roots, &office);
    let files = unpacked(&bytes);
    assert!(files.len() >= 10, "{}", files.len());
    for at in 0..files.len() {
        let mut changed = files.clone();
        let (name, content) = &mut changed[at];
        let middle = content.len() / 2;
        content[middle] ^= 1;
        let name = name.clone();
        let found = checked(&packed(&changed), &options);
        assert_eq!(found.outcome, Outcome::Failed, "{name}");
        // A changed manifest or signature shows at the institution's signature.
        let named = match name.as_str() {
            manifest::PATH => "içindekiler",
            manifest::SIGNATURE_PATH => manifest::SIGNATURE_PATH,
            path => path,
        };
        let told = faults(&found).join("\n");
        let lower = told.to_lowercase();
        assert!(
            lower.contains(&named.to_lowercase()) || lower.contains("icindekiler"),
            "{name}: {told}"
        );
    }
    // The container itself: cut anywhere, a sentence and no panic.
    for length in [0, 1, 4, 100, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(
            checked(&bytes[..length], &options).outcome,
            Outcome::Failed,
            "{length}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_out_is_missed_even_when_the_list_is_written_anew() {
    let (office, roots) = office().await;
    let (_, bytes) = read_letter(&office).await;
    let options = options(&roots, &office);
    let files = unpacked(&bytes);
    let evidence = manifest_of(&files).messages[0].evidence[0].clone();
    let path = evidence.path.clone().unwrap();

    let mut removed = files.clone();
    removed.retain(|(name, _)| *name != path);
    let told = faults(&checked(&packed(&removed), &options)).join("\n");
    assert!(
        told.contains(&path) && told.contains("pakette yok"),
        "{told}"
    );

    relist(&mut removed, |listed| {
        listed.messages[0]
            .evidence
            .retain(|it| it.id != evidence.id);
    });
    let told = faults(&checked(&packed(&removed), &options)).join("\n");
    assert!(
        told.contains(&format!("{} numaralı delil pakette yok", evidence.id)),
        "{told}"
    );
    assert!(told.contains("Kurumun imzası"), "{told}");

    let log = "denetim/kayitlar.jsonl";
    let cut = |files: &Files| -> Files {
        let mut cut = files.clone();
        let (_, content) = cut.iter_mut().find(|(name, _)| name == log).unwrap();
        let text = String::from_utf8(content.clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let at = lines
            .iter()
            .rposition(|line| line.contains("evidence.check"))
            .unwrap();
        let kept: Vec<&str> = lines
            .iter()
            .enumerate()
            .filter(|(n, _)| *n != at)
            .map(|(_, l)| *l)
            .collect();
        *content = (kept.join("\n") + "\n").into_bytes();
        cut
    };
    let mut shorter = cut(&files);
    relist(&mut shorter, |listed| listed.audit.entries -= 1);
    let told = faults(&checked(&packed(&shorter), &options)).join("\n");
    assert!(told.contains("aradaki satır eksik"), "{told}");

    let mut extra = files.clone();
    extra.push(("delil/fazla.xml".into(), b"<a/>".to_vec()));
    let told = faults(&checked(&packed(&extra), &options)).join("\n");
    assert!(
        told.contains("delil/fazla.xml: içindekiler listesinde yok"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn python_and_openssl_come_to_the_same_answer() {
    let (office, roots) = office().await;
    let (_, bytes) = read_letter(&office).await;
    let folder = tempfile::tempdir().unwrap();
    let zip = folder.path().join("paket.zip");
    std::fs::write(&zip, &bytes).unwrap();
    let script = "import hashlib, json, sys, zipfile\n\
        z = zipfile.ZipFile(sys.argv[1]); m = json.loads(z.read('icindekiler.json'))\n\
        assert z.testzip() is None\n\
        listed = {f['path'] for f in m['files']} | {'icindekiler.json', 'icindekiler.json.p7s'}\n\
        assert set(z.namelist()) == listed, set(z.namelist()) ^ listed\n\
        for f in m['files']:\n\
        \x20   b = z.read(f['path']); assert len(b) == f['size'] and hashlib.sha256(b).hexdigest() == f['sha256'], f\n\
        previous = None\n\
        for line in z.read(m['audit']['path']).decode().splitlines():\n\
        \x20   e = json.loads(line)\n\
        \x20   if 'action' in e:\n\
        \x20       fields = [e[k] for k in ('previous_hash','seq','at','actor_id','actor_name','action','object_kind','object_id','detail')]\n\
        \x20       text = json.dumps(fields, ensure_ascii=False, separators=(',', ':'))\n\
        \x20       assert hashlib.sha256(text.encode()).hexdigest() == e['hash'], e['seq']\n\
        \x20       assert previous is None or previous == e['previous_hash'], e['seq']\n\
        \x20   previous = e['hash']\n\
        assert previous == m['audit']['head_hash']\n\
        z.extractall(sys.argv[2]); print('ok', len(m['files']))\n";
    let out = folder.path().join("cikan");
    let python = Command::new("python3")
        .arg("-c")
        .arg(script)
        .arg(&zip)
        .arg(&out)
        .output();
    let Ok(python) = python else {
        return eprintln!("skipped: python3 is not installed");
    };
    let said = String::from_utf8_lossy(&python.stderr);
    assert!(python.status.success(), "{said}");

    let openssl = Command::new("openssl")
        .args([
            "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any",
        ])
        .arg("-in")
        .arg(out.join("icindekiler.json.p7s"))
        .arg("-content")
        .arg(out.join("icindekiler.json"))
        .arg("-CAfile")
        .arg(roots.join("kurum.pem"))
        .args(["-attime", &office.app.now().as_second().to_string()])
        .args(["-out", "/dev/null"])
        .output();
    let Ok(openssl) = openssl else {
        return eprintln!("skipped: openssl is not installed");
    };
    let said = String::from_utf8_lossy(&openssl.stderr);
    assert!(openssl.status.success(), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn qpdf_and_pdftotext_open_the_summary_that_a_judge_reads() {
    let (office, _) = office().await;
    let (_, bytes) = read_letter(&office).await;
    let files = unpacked(&bytes);
    let listed = manifest_of(&files);
    let (_, summary) = files.iter().find(|(name, _)| name == "ozet.pdf").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ozet.pdf");
    std::fs::write(&path, summary).unwrap();
    let run = |tool: &str, arguments: &[&str]| {
        let output = Command::new(tool)
            .args(arguments)
            .arg(&path)
            .args((tool == "pdftotext").then_some("-"))
            .output();
        let Ok(output) = output else {
            eprintln!("skipped: {tool} is not installed");
            return None;
        };
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{tool}: {errors}");
        Some(String::from_utf8(output.stdout).unwrap())
    };
    if let Some(said) = run("qpdf", &["--check"]) {
        assert!(
            said.contains("No syntax or stream encoding errors"),
            "{said}"
        );
    }
    if let Some(text) = run("pdftotext", &["-layout"]) {
        for words in [
            "Delil Paketi Özeti",
            "PROVA: Bu paket bir prova kurulumunda hazırlanmıştır",
            listed.institution.as_str(),
            listed.letter.number.as_str(),
            "Alıcı kullanıcı tarafından okundu",
            "imzası doğrulandı",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn xmlsec_verifies_the_evidence_of_the_rehearsal_provider() {
    let (office, roots) = office().await;
    let (_, bytes) = read_letter(&office).await;
    let folder = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for (name, content) in unpacked(&bytes) {
        if !name.contains("/delil/") {
            continue;
        }
        let path = folder.path().join("delil.xml");
        std::fs::write(&path, &content).unwrap();
        let text = String::from_utf8(content).unwrap();
        let root = text.split("<rem:").nth(1).unwrap();
        let root = root.split([' ', '>']).next().unwrap();
        let id = |element: &str| format!("--id-attr:Id http://uri.etsi.org/{element}");
        let at = dys::clock::local(office.app.now())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string();
        let output = Command::new("xmlsec1")
            .args(["--verify", "--trusted-pem"])
            .arg(roots.join("kephs.pem"))
            .args(id(&format!("02640/v2#:{root}")).split(' '))
            .args(id("01903/v1.3.2#:SignedProperties").split(' '))
            .args(["--verification-time", &at])
            .arg(&path)
            .output();
        let Ok(output) = output else {
            return eprintln!("skipped: xmlsec1 is not installed");
        };
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {said}");
        seen += 1;
    }
    assert!(seen >= 3, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_that_does_not_verify_is_kept_and_shown_and_moves_nothing() {
    let cases = [
        (Kind::EvidenceBroken, "değişmiş"),
        (Kind::EvidenceForeign, "makamın anahtarıyla doğrulanmayan"),
        (Kind::EvidenceExpired, "süresi"),
        (Kind::EvidenceUnsigned, "imza yok"),
        (Kind::EvidenceByPerson, "gerçek kişiye ait"),
    ];
    for (kind, why) in cases {
        let (office, _) = office().await;
        let id = office.dispatched_with_key(&[HAVSA]).await;
        office.rounds(3, 10).await;
        assert_eq!(
            standing(&office.way(&id).await),
            (Standing::Delivered, Duty::Wait)
        );
        office.misbehave(NewRule::always(kind));
        office.read_by_recipient(&id).await;
        office.rounds(4, 30).await;

        let way = office.way(&id).await;
        assert_eq!(
            standing(&way),
            (Standing::Delivered, Duty::Person),
            "{kind:?}"
        );
        assert!(
            way.delivery_status.contains("[doğrulanamadı]"),
            "{}",
            way.delivery_status
        );
        let stored = way
            .evidence
            .iter()
            .find(|it| it.fact.code == Some(60))
            .unwrap();
        let check = stored.check.clone().unwrap();
        assert_eq!(
            (check.verdict, stored.fact.trust),
            (Verdict::Failed, Trust::Unproved)
        );
        let told = |line: &verify::Line| line.outcome == Outcome::Failed && line.text.contains(why);
        assert!(check.lines.iter().any(told), "{kind:?}: {:?}", check.lines);
        assert!(stored.blob_hash.is_some(), "the bytes are kept");
        // On the page with its reason; only who may decide is asked to.
        let posta = format!("/evrak/{id}/posta");
        let said = format!("doğrulanamadı: {}", check.reason);
        let (_, page) = office::page(&office, "zeynep", &posta).await;
        assert!(page.contains(&said) && check.reason.len() > 10, "{said}");
        assert!(page.contains("Karar ver") && page.contains("Delil sayılmasın"));
        let (_, page) = office::page(&office, "ayse", &posta).await;
        assert!(page.contains(&said) && !page.contains("Karar ver"));

        // The clerk may not decide; the registry may, with a reason, and it is on record.
        let decision = |counts| Decision {
            evidence_id: stored.fact.id.clone(),
            counts,
            reason: "Sağlayıcıya telefonla soruldu.".into(),
            instead_of: None,
        };
        let decided = async |actor: &Actor, decision: Decision| {
            let id = id.clone();
            let done = office.app.write(actor, move |tx, act| {
                let letter = dys::document::draft::open(tx, act, &id)?;
                decide::decide(tx, act, &letter, &decision)
            });
            done.await
        };
        let clerk = decided(&office.clerk, decision(true)).await;
        assert_eq!(clerk.unwrap_err().code(), "yetki_yok");
        let hasty = Decision {
            reason: " ".into(),
            ..decision(true)
        };
        let hasty = decided(&office.registry, hasty).await;
        assert_eq!(hasty.unwrap_err().code(), "karar_eksik");
        let counts = kind != Kind::EvidenceForeign;
        decided(&office.registry, decision(counts)).await.unwrap();
        let expected = if counts {
            (Standing::Read, Duty::None)
        } else {
            (Standing::Delivered, Duty::Wait)
        };
        assert_eq!(standing(&office.way(&id).await), expected);
        let twice = decided(&office.registry, decision(true)).await;
        assert_eq!(twice.unwrap_err().code(), "karar_degisti");
        office.audit_is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_comes_later_proves_what_was_kept() {
    let (office, roots) = office().await;
    let aside = roots.with_extension("aside");
    std::fs::rename(&roots, &aside).unwrap();
    let account = {
        let unit = office.clerk.home_unit().unwrap().to_owned();
        let account = office
            .app
            .store
            .read(move |tx| dys::dispatch::account::serving(tx, &unit))
            .await;
        account.unwrap().unwrap()
    };
    // Without any root nothing verifies, so nothing moves.
    let mut settings = dys::dispatch::account::settings(&account);
    settings.evidence_roots.clear();
    let json = serde_json::to_string(&settings).unwrap();
    let store = &office.app.store;
    store
        .write(move |tx| {
            tx.execute("UPDATE kep_account SET settings = ?1", dys::params![json])?;
            Ok::<_, dys::store::StoreError>(())
        })
        .await
        .unwrap();
    let id = office.dispatched_with_key(&[HAVSA]).await;
    office.rounds(3, 10).await;
    let way = office.way(&id).await;
    assert_eq!(standing(&way), (Standing::Sent, Duty::Person));

    std::fs::rename(&aside, &roots).unwrap();
    let refused = recheck(&office.app, &office.clerk, &id).await;
    assert_eq!(refused.unwrap_err().code(), "yetki_yok");
    let (counts, all) = recheck(&office.app, &office.registry, &id).await.unwrap();
    assert_eq!((counts, all), (way.evidence.len(), way.evidence.len()));
    assert_eq!(
        standing(&office.way(&id).await),
        (Standing::Delivered, Duty::Wait)
    );
    let rows: i64 = office
        .app
        .store
        .read(|tx| tx.scalar("SELECT COUNT(*) FROM evidence_check", dys::params![]))
        .await
        .unwrap();
    assert_eq!(rows, 2 * all as i64, "an earlier result stays");
}
