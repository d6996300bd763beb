//! A municipality with people, a KEP account and a rehearsal provider on a hand-moved clock.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header};
use dys::access::user::{self, NewUser};
use dys::access::{Act, Actor, Role, session};
use dys::app::App;
use dys::approval::chain::{self, Planned};
use dys::approval::{act as steps, sign};
use dys::clock::FixedClock;
use dys::config::{Config, Mode};
use dys::directory::search::{self, Question};
use dys::directory::seed::{self, Schools};
use dys::directory::{self, InstitutionKind, import};
use dys::dispatch::account::{self, AccountSettings, Binding};
use dys::dispatch::{Outgoing, Worker, send, tracking};
use dys::distribution::{DestinationType, list};
use dys::document::{self, draft::Changes};
use dys::ids::SystemIds;
use dys::params;
use dys::setting;
use dys::signature::{outside, rehearsal};
use dys::store::testing::TestStore;
use jiff::{SignedDuration, Timestamp};
use kephs::engine::{INBOX, MessageRef};
use kephs::misbehaviour::NewRule;
use kephs::{NewAccount, Running};
use tempfile::TempDir;
use tower::ServiceExt as _;

pub const ADDRESS: &str = "kesanbelediyesi.edirne@hs99.kep.example";
/// 24.11.2026 09.00 in Turkey, whole seconds as the provider's lists tell them.
pub const START: Timestamp = Timestamp::constant(1_795_500_000, 0);

pub struct Office {
    pub app: App,
    pub clock: Arc<FixedClock>,
    pub provider: Running,
    pub clerk: Actor,
    pub registry: Actor,
    pub worker: Worker,
    folder: TempDir,
    _store: TestStore,
}

pub fn config(folder: &TempDir) -> Config {
    Config {
        data: folder.path().to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        public_url: "http://127.0.0.1".to_owned(),
        database: None,
        trusted_proxies: Vec::new(),
    }
}

/// Edirne's municipalities as the directory; nobody's own yet.
pub fn directory_of(app: &App) {
    let edirne = seed::units(Schools(0))
        .unwrap()
        .filter(|unit| unit.kind == Some(InstitutionKind::Municipality) || unit.place.is_none())
        .scan(false, |inside, unit| {
            if let Some((province, _)) = &unit.place {
                *inside = province == "Edirne";
            }
            Some(inside.then_some((0, unit)))
        })
        .flatten();
    import::write(&app.store, edirne, Timestamp::UNIX_EPOCH, |_| {}).unwrap();
}

/// The own institution with one clerk and one registry officer; Edirne's municipalities around it.
pub fn people(app: &App) -> (Actor, Actor) {
    directory_of(app);
    let now = app.now();
    app.store
        .write_blocking(move |tx| -> dys::error::Result<_> {
            let own = directory::by_number(tx, "01039100")?.expect("Keşan");
            directory::mark_own(tx, &own.id)?;
            let system = Actor::system();
            let act = Act {
                actor: &system,
                now,
                ids: &SystemIds,
            };
            let mut actors = Vec::new();
            for (login, role) in [("ayse", Role::Clerk), ("zeynep", Role::Registry)] {
                let id = user::add(
                    tx,
                    &act,
                    &NewUser {
                        login: login.to_owned(),
                        full_name: login.to_owned(),
                        title: role.label().to_owned(),
                        password_hash: String::new(),
                        roles: vec![(role, own.id.as_str().to_owned())],
                        is_demo: true,
                    },
                )?;
                actors.push(user::actor(tx, &id)?);
            }
            setting::put(tx, setting::HOLD_SECONDS.key, "60")?;
            setting::put(tx, setting::PROVIDER_DELAY_SECONDS.key, "30")?;
            let registry = actors.pop().unwrap();
            Ok((actors.pop().unwrap(), registry))
        })
        .unwrap()
}

pub fn provider_config(folder: &std::path::Path) -> kephs::Config {
    kephs::Config {
        accounts: vec![NewAccount {
            address: ADDRESS.into(),
            tcno: "10000000146".into(),
            parola: "parola".into(),
            sifre: "sifre".into(),
            kontor: None,
            kota_kb: None,
        }],
        legal_period: SignedDuration::from_hours(24),
        ..kephs::Config::new(folder)
    }
}

/// The root under which the rehearsal provider signs its evidence; none where nobody listens.
pub async fn evidence_root(endpoint: &str) -> Option<String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let address = endpoint.replace(kephs::soap::PATH, "/prova/kok.pem");
    reqwest::get(address).await.ok()?.text().await.ok()
}

pub async fn bind(app: &App, actor: &Actor, endpoint: String) {
    let root = evidence_root(&endpoint).await;
    let directory = endpoint.replace(kephs::soap::PATH, kephs::soap::DIRECTORY_PATH);
    account::bind(
        app,
        &Actor::system(),
        Binding {
            unit_id: actor.home_unit().unwrap().to_owned(),
            address: ADDRESS.to_owned(),
            endpoint,
            national_id: "10000000146".to_owned(),
            password: "parola".to_owned(),
            passphrase: "sifre".to_owned(),
            settings: AccountSettings {
                login_codes: vec![1, 2, 3],
                request_timeout_seconds: 2,
                directory_endpoint: Some(directory),
                evidence_roots: root.into_iter().collect(),
                evidence_signers: vec![seal::rehearsal::MARK.to_owned()],
                ..AccountSettings::default()
            },
        },
    )
    .await
    .unwrap();
}

impl Office {
    pub async fn on(test: TestStore) -> Self {
        Self::with(test, |_| {}).await
    }

    /// The same with a provider that is set another way.
    pub async fn with(test: TestStore, change: impl FnOnce(&mut kephs::Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(START));
        let mut app = App::open(config(&folder), Mode::Rehearsal).unwrap();
        app.store = test.store.clone();
        let app = app.with(clock.clone(), Arc::new(SystemIds));
        let (clerk, registry) = people(&app);
        let mut provider = provider_config(&folder.path().join("kephs"));
        provider.manual_clock = Some(START.as_millisecond());
        // The provider serves the folder's own authority: stamps, OCSP, revocation lists.
        provider.authority = Some(rehearsal::authority_file(&app));
        change(&mut provider);
        let provider = kephs::start(provider).await.unwrap();
        bind(&app, &clerk, provider.endpoint()).await;
        Self {
            worker: Worker::new(app.clone()),
            app,
            clock,
            provider,
            clerk,
            registry,
            folder,
            _store: test,
        }
    }

    /// An office on SQLite with services, and a folder with its two roots and nothing else.
    pub async fn with_roots() -> (Self, PathBuf) {
        let office = Self::on(dys::store::testing::sqlite()).await;
        office.with_services().await;
        let roots = office.app.config.data.join("kokler");
        std::fs::create_dir(&roots).unwrap();
        let root = dys::signature::rehearsal::write_root(&office.app).unwrap();
        std::fs::copy(root, roots.join("esh.pem")).unwrap();
        let provider = office.provider.provider();
        std::fs::write(roots.join("kephs.pem"), provider.root_pem()).unwrap();
        (office, roots)
    }

    /// Time stamps and revocation answers come from the rehearsal provider, over HTTP.
    pub async fn with_services(&self) {
        self.services_at(&self.provider.base_url()).await;
    }

    /// They are looked for at this address.
    pub async fn services_at(&self, base_url: &str) {
        let host = seal::rehearsal::HOST;
        let place = base_url.trim_start_matches("http://");
        let settings = [
            (outside::TSA_URL, format!("http://{host}/prova-esh/tsa")),
            (outside::HOSTS, format!("{host}={place}")),
            (setting::SERVICE_SECONDS.key, "1".to_owned()),
        ];
        self.app
            .store
            .write(move |tx| {
                for (key, value) in &settings {
                    setting::put(tx, key, value)?;
                }
                Ok::<_, dys::store::StoreError>(())
            })
            .await
            .unwrap();
    }

    /// A letter to these units that a person has signed with a key of their own, with its version.
    pub async fn signed_with_key(&self, to: &[&'static str]) -> (String, i64) {
        let id = self.draft(to).await;
        signed_with_key(&self.app, &self.clerk, id).await
    }

    /// As [`Self::dispatched`], signed with a key.
    pub async fn dispatched_with_key(&self, to: &[&'static str]) -> String {
        let (id, version) = self.signed_with_key(to).await;
        send::send(&self.app, &self.clerk, &id, version)
            .await
            .unwrap();
        self.pass(61);
        id
    }

    /// The recipient of the letter's first line opens it.
    pub async fn read_by_recipient(&self, id: &str) {
        let message = self.message(id).await;
        let which = MessageRef {
            kep_id: message.provider_id.clone(),
            sira_no: None,
            folder: INBOX.into(),
        };
        let provider = self.provider.provider();
        provider.confirm(&message.address, &which).unwrap();
    }

    /// Moves both clocks.
    pub fn pass(&self, seconds: i64) {
        let by = SignedDuration::from_secs(seconds);
        self.clock.set(self.app.now() + by);
        self.provider.provider().advance(by).unwrap();
        self.provider.provider().tick().unwrap();
    }

    pub fn misbehave(&self, rule: NewRule) {
        self.provider.provider().misbehave(&rule).unwrap();
    }

    /// How often the provider took a message with this Message-ID.
    pub fn times_received(&self, message: &Outgoing) -> i64 {
        times_received(&self.provider, message)
    }

    pub async fn unit(&self, words: &'static str) -> String {
        unit(&self.app, words).await
    }

    /// A draft to these units.
    pub async fn draft(&self, to: &[&'static str]) -> String {
        draft(&self.app, &self.clerk, to).await
    }

    /// A signed letter to these units, with its version.
    pub async fn signed(&self, to: &[&'static str]) -> (String, i64) {
        signed(&self.app, &self.clerk, to).await
    }

    /// Sent and past its hold; handed over in the next round.
    pub async fn dispatched(&self, to: &[&'static str]) -> String {
        let (id, version) = self.signed(to).await;
        send::send(&self.app, &self.clerk, &id, version)
            .await
            .unwrap();
        self.pass(61);
        id
    }

    pub async fn round(&self) {
        self.worker.round().await.unwrap();
        self.provider.provider().tick().unwrap();
    }

    /// Rounds with time passing between them.
    pub async fn rounds(&self, count: usize, seconds: i64) {
        for _ in 0..count {
            self.round().await;
            self.pass(seconds);
        }
    }

    pub async fn ways(&self, id: &str) -> Vec<tracking::Way> {
        let id = id.to_owned();
        self.app
            .read(&self.clerk, move |tx, act| tracking::letter(tx, act, &id))
            .await
            .unwrap()
            .1
    }

    pub async fn way(&self, id: &str) -> tracking::Way {
        self.ways(id).await.remove(0)
    }

    pub async fn message(&self, id: &str) -> Outgoing {
        self.way(id).await.message.expect("a message")
    }

    pub async fn audit_is_whole(&self) {
        let broken = self.app.store.read(dys::audit::verify).await.unwrap();
        assert_eq!(broken, None);
    }
}

pub fn times_received(provider: &Running, message: &Outgoing) -> i64 {
    let wanted = message.rfc_message_id.trim_matches(['<', '>']);
    provider
        .provider()
        .counts(100_000)
        .unwrap()
        .iter()
        .filter(|count| count.org_mesaj_id.trim_matches(['<', '>']) == wanted)
        .map(|count| count.accepted)
        .sum()
}

pub async fn unit(app: &App, words: &'static str) -> String {
    app.store
        .read(move |tx| search::search(tx, &Question::outside(words)))
        .await
        .unwrap()
        .nodes()
        .iter()
        .find(|node| node.matched)
        .map(|node| node.unit.id.as_str().to_owned())
        .unwrap_or_else(|| panic!("no unit for {words}"))
}

pub async fn draft(app: &App, clerk: &Actor, to: &[&'static str]) -> String {
    let mut units = Vec::new();
    for words in to {
        units.push(unit(app, words).await);
    }
    app.write(clerk, move |tx, act| {
        let id = document::draft::create(tx, act, act.actor.home_unit().unwrap())?;
        tx.execute(
            "UPDATE document SET subject = 'İmar planı değişikliği', \
             subject_key = 'imar plani degisikligi', plan_code = '115.01' WHERE id = ?1",
            params![&id],
        )?;
        if !units.is_empty() {
            list::add_units(tx, act, &id, DestinationType::ExternalKep, &units)?;
        }
        Ok(id)
    })
    .await
    .unwrap()
}

pub async fn signed(app: &App, clerk: &Actor, to: &[&'static str]) -> (String, i64) {
    let id = draft(app, clerk, to).await;
    sign(app, clerk, id).await
}

/// Makes a draft a signed letter, whatever its chain.
pub async fn sign(app: &App, clerk: &Actor, id: String) -> (String, i64) {
    let number = format!("E-01039100-115.01-{}", &id[20..]);
    let version = sign_by_hand(app, clerk, &id, &number).await;
    (id, version)
}

/// The person who signs letters, made at the first one.
pub async fn signer(app: &App, clerk: &Actor) -> Actor {
    let unit = clerk.home_unit().unwrap().to_owned();
    app.write(&Actor::system(), move |tx, act| {
        if let Some(known) = user::by_login(tx, "ali")? {
            return user::actor(tx, &known.id);
        }
        let new = NewUser {
            login: "ali".to_owned(),
            full_name: "Ali Şahin".to_owned(),
            title: "Belediye Başkanı".to_owned(),
            password_hash: String::new(),
            roles: vec![(Role::Approver, unit)],
            is_demo: true,
        };
        let id = user::add(tx, act, &new)?;
        user::actor(tx, &id)
    })
    .await
    .unwrap()
}

/// Puts a draft before its signer; says its version.
pub async fn submitted(app: &App, clerk: &Actor, signer: &Actor, id: &str) -> i64 {
    let (letter, signer) = (id.to_owned(), signer.user_id.clone());
    app.write(clerk, move |tx, act| {
        let version = document::draft::open(tx, act, &letter)?.version;
        let changes = Changes {
            subject: Some("İmar planı değişikliği".to_owned()),
            plan_code: Some("105.04".to_owned()),
            text: Some("Plan değişikliği ekte gönderilmiştir.".to_owned()),
            ..Changes::default()
        };
        document::draft::save(tx, act, &letter, version, &changes)?;
        let steps = [Planned {
            kind: "signature".to_owned(),
            user_id: signer,
        }];
        chain::set(tx, act, &letter, &steps)?;
        let version = document::draft::open(tx, act, &letter)?.version;
        steps::submit(tx, act, &letter, version)?;
        Ok(document::draft::open(tx, act, &letter)?.version)
    })
    .await
    .unwrap()
}

/// Takes a draft through its chain: one person signs with a rehearsal key.
pub async fn signed_with_key(app: &App, clerk: &Actor, id: String) -> (String, i64) {
    dys::fileplan::fill(&app.store).unwrap();
    let signer = signer(app, clerk).await;
    let version = submitted(app, clerk, &signer, &id).await;
    let prepared = sign::prepare(app, &signer, &id, version).await.unwrap();
    let accepted = rehearsal::sign(app, &signer, &prepared.content, rehearsal::PIN);
    let accepted = accepted.await.unwrap();
    let letter = id.clone();
    let version = app
        .write(&signer, move |tx, act| {
            sign::complete(tx, act, &letter, prepared.version, &accepted)?;
            Ok(document::draft::open(tx, act, &letter)?.version)
        })
        .await
        .unwrap();
    (id, version)
}

/// Puts a draft where the last signature leaves it; says its version.
pub async fn sign_by_hand(app: &App, clerk: &Actor, id: &str, number: &str) -> i64 {
    let frozen = app
        .blobs
        .put("%PDF-1.7\nİmar planı\n".as_bytes().to_vec())
        .await
        .unwrap();
    let (letter, number) = (id.to_owned(), number.to_owned());
    app.write(clerk, move |tx, act| {
        tx.execute(
            "UPDATE document SET state = 'signed', version = 7, official_number = ?2, \
             official_seq = 42, official_date = '2026-11-24', frozen_hash = ?3, \
             signed_at = ?4, approval_round = 1 WHERE id = ?1",
            params![&letter, number, &frozen, act.now],
        )?;
        tx.execute(
            "INSERT INTO approval_step (id, document_id, round, position, kind, user_id, \
             state, acted_by, acted_at, seen_hash) \
             VALUES (?1, ?2, 1, 1, 'signature', ?3, 'done', ?3, ?4, ?5)",
            params![act.new_id(), &letter, &act.actor.user_id, act.now, &frozen],
        )?;
        Ok(7)
    })
    .await
    .unwrap()
}

/// [`dys::store::testing::every_engine`] from within the runtime.
pub async fn engines() -> Vec<TestStore> {
    tokio::task::spawn_blocking(dys::store::testing::every_engine)
        .await
        .unwrap()
}

/// A page as the person with this log-in gets it: status and text.
pub async fn page(office: &Office, login: &'static str, path: &str) -> (StatusCode, String) {
    let (status, body) = file(office, login, path).await;
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// A clerk of another house, who sees nothing of this one.
pub async fn stranger(office: &Office, login: &'static str) {
    let unit = office.unit("enez yazı").await;
    office
        .app
        .write(&Actor::system(), move |tx, act| {
            let new = NewUser {
                login: login.to_owned(),
                full_name: login.to_owned(),
                title: Role::Clerk.label().to_owned(),
                password_hash: String::new(),
                roles: vec![(Role::Clerk, unit)],
                is_demo: true,
            };
            user::add(tx, act, &new)
        })
        .await
        .unwrap();
}

/// A file as the person with this log-in gets it: status and bytes.
pub async fn file(office: &Office, login: &'static str, path: &str) -> (StatusCode, Bytes) {
    let now = office.app.now();
    let opened = office
        .app
        .store
        .write(move |tx| {
            let account = user::by_login(tx, login)?;
            session::open(tx, account.as_ref(), true, now, &SystemIds)
        })
        .await
        .unwrap()
        .unwrap();
    let request = Request::get(path)
        .header(header::COOKIE, format!("dys_oturum={}", opened.token))
        .body(Body::empty())
        .unwrap();
    let answer = dys::web::router(office.app.clone())
        .oneshot(request)
        .await
        .unwrap();
    let status = answer.status();
    let body = axum::body::to_bytes(answer.into_body(), 16 << 20)
        .await
        .unwrap();
    (status, body)
}
