//! What the tests of the KEP mailbox share: messages, handing them in, receiving, signing for real.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use dys::access::user::{self, NewUser};
use dys::access::{Act, Actor, Role};
use dys::app::App;
use dys::approval::chain::{self, Planned};
use dys::approval::{act as steps, sign};
use dys::clock::FixedClock;
use dys::config::Mode;
use dys::directory;
use dys::dispatch::account::{self, AccountSettings, Binding};
use dys::document::draft::{self, Changes};
use dys::fileplan;
use dys::ids::SystemIds;
use dys::inbox::Finding;
use dys::inbox::list::{Criteria, Line, search};
use dys::inbox::mailbox::Mailboxes;
use dys::inbox::view::{self, View};
use dys::setting;
use dys::signature::{outside, rehearsal};
use dys::store::testing::TestStore;
use jiff::SignedDuration;
use kephs::NewAccount;
use seal::rehearsal::{Authority, Curve, Holder, Services, Validity};
use seal::{Content, SealError, SignOptions, SoftKey, Stamper, TimeStamp, TimeStampQuestion};

use crate::office::{self, ADDRESS, Office};

pub const CITIZEN: &str = "ahmet.yildiz@hs02.kep.tr";
pub const HAVSA: &str = "havsabelediyesi@hs01.kep.tr";

/// A message as a mail program makes it; `files` are (name, bytes).
pub fn mail(id: &str, from: &str, subject: &str, text: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    use base64::Engine as _;
    let mut out = format!(
        "From: {from}\r\nTo: {ADDRESS}\r\nMessage-ID: <{id}>\r\nSubject: {subject}\r\n\
         Date: Tue, 24 Nov 2026 09:00:00 +0300\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"sinir\"\r\n\r\n--sinir\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    );
    for (name, bytes) in files {
        let coded = base64::engine::general_purpose::STANDARD.encode(bytes);
        out.push_str(&format!(
            "--sinir\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{coded}\r\n"
        ));
    }
    out.push_str("--sinir--\r\n");
    out.into_bytes()
}

/// An account that may send.
pub fn credentials(address: &str) -> NewAccount {
    NewAccount {
        address: address.into(),
        tcno: "10000000146".into(),
        parola: "parola".into(),
        sifre: "sifre".into(),
        kontor: None,
        kota_kb: None,
    }
}

impl Office {
    pub fn hand_in(&self, from: &str, message: &[u8]) -> String {
        let provider = self.provider.provider();
        provider.put_account(&credentials(from)).unwrap();
        let id = provider.accept(from, message).unwrap();
        self.pass(5);
        id
    }

    pub async fn receive(&self) {
        let mailboxes = Mailboxes::new(self.app.clone());
        for _ in 0..4 {
            mailboxes.round().await.unwrap();
            self.pass(61);
        }
    }

    pub async fn lines(&self) -> Vec<Line> {
        lines(&self.app, &self.registry).await
    }

    pub async fn open(&self, id: &str) -> View {
        open(&self.app, &self.registry, id).await
    }

    pub async fn confirm(&self, id: &str) {
        confirm(&self.app, &self.registry, id).await;
    }

    /// A unit of the own institution by its name.
    pub async fn own_unit(&self, name: &'static str) -> String {
        self.app
            .store
            .read(move |tx| -> dys::error::Result<_> {
                let own = directory::own_units(tx)?;
                let unit = own.into_iter().find(|unit| unit.name == name);
                Ok(unit.expect(name).id.as_str().to_owned())
            })
            .await
            .unwrap()
    }

    pub fn events(&self, kep_id: &str) -> Vec<String> {
        let (_, evidence) = self.provider.provider().story(kep_id).unwrap();
        evidence
            .into_iter()
            .map(|view| view.evidence.event)
            .collect()
    }
}

pub async fn lines(app: &App, who: &Actor) -> Vec<Line> {
    app.read(who, |tx, act| {
        Ok(search(tx, act, &Criteria::default())?.lines)
    })
    .await
    .unwrap()
}

/// Opens it as the page does.
pub async fn open(app: &App, who: &Actor, id: &str) -> View {
    let (asked, marked) = (id.to_owned(), id.to_owned());
    let view = app
        .read(who, move |tx, act| view::look(tx, act, &asked))
        .await
        .unwrap();
    if view.leaves_a_trace {
        app.write(who, move |tx, act| view::mark(tx, act, &marked))
            .await
            .unwrap();
    }
    view
}

pub fn codes(view: &View) -> Vec<&str> {
    view.findings
        .iter()
        .map(|found| found.code.as_str())
        .collect()
}

/// *Kaydı onayla* by an officer who has it open.
pub async fn confirm(app: &App, who: &Actor, id: &str) {
    let id = id.to_owned();
    app.write(who, move |tx, act| {
        let version = dys::inbox::open(tx, act, &id)?.version;
        dys::inbox::confirm::confirm(tx, act, &id, version)
    })
    .await
    .unwrap();
}

/// The finding with this code.
pub fn found<'a>(view: &'a View, code: &str) -> &'a Finding {
    view.findings
        .iter()
        .find(|found| found.code == code)
        .unwrap_or_else(|| panic!("{code}: {:#?}", view.findings))
}

/// `severity` of the finding with this code.
pub fn severity<'a>(view: &'a View, code: &str) -> &'a str {
    &found(view, code).severity
}

const LETTER: &[u8] = b"%PDF-1.7\n1 0 obj<</Type/XRef>>\nstartxref\n9\n%%EOF\n";

/// A package of the creator for the recipients: (KKK, BirimKKK, purpose), without a person's key.
pub fn package(creator: &str, recipients: &[(&str, Option<&str>, eyazisma::Purpose)]) -> Vec<u8> {
    package_of(LETTER, creator, recipients)
}

/// The same around any letter.
pub fn package_of(
    letter: &[u8],
    creator: &str,
    recipients: &[(&str, Option<&str>, eyazisma::Purpose)],
) -> Vec<u8> {
    let metadata = metadata_of(creator, recipients);
    let making = Making::default();
    finished(letter, metadata, vec![], &making).bytes().unwrap()
}

/// How a package is made: its degree and date, who signs and who seals it.
pub struct Making<'a> {
    pub secrecy: eyazisma::Secrecy,
    pub date: &'a str,
    pub sign: &'a dyn Fn(&[u8]) -> Vec<u8>,
    pub seal: &'a dyn Fn(&[u8]) -> Vec<u8>,
}

impl Default for Making<'_> {
    fn default() -> Self {
        Self {
            secrecy: eyazisma::Secrecy::None,
            date: "2026-11-24T09:00:00+03:00",
            sign: &no_signature,
            seal: &no_signature,
        }
    }
}

fn no_signature(_: &[u8]) -> Vec<u8> {
    b"CMS".to_vec()
}

/// A package of the creator for the recipient, made so.
pub fn package_made(creator: &str, recipient: &str, making: &Making<'_>) -> Vec<u8> {
    let mut metadata = metadata_of(creator, &[(recipient, None, eyazisma::Purpose::Action)]);
    metadata.secrecy = making.secrecy.clone();
    finished(LETTER, metadata, vec![], making).bytes().unwrap()
}

/// A package with one part more.
pub fn added(bytes: &[u8], part: &str, content: &[u8]) -> Vec<u8> {
    use std::io::{Cursor, Read as _, Write as _};
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        zip.start_file(entry.name().unwrap().into_owned(), options)
            .unwrap();
        zip.write_all(&content).unwrap();
    }
    zip.start_file(part, options).unwrap();
    zip.write_all(content).unwrap();
    zip.finish().unwrap().into_inner()
}

/// A package whose signed attachment `kesif.pdf` is left out for its recipient, and a file of
/// somebody else put in its place among the unsigned ones. Signature and digests are untouched.
pub fn package_with_forged_attachment(creator: &str, recipient: &str) -> Vec<u8> {
    use std::io::{Cursor, Read as _, Write as _};
    let id = eyazisma::Guid::as_read("5F2C7E10-0B6D-4C0A-9A51-3D8E7A1B2C3D");
    let mut metadata = metadata_of(creator, &[(recipient, None, eyazisma::Purpose::Action)]);
    metadata.recipients[0].left_out = vec![id.clone()];
    metadata.attachments = vec![eyazisma::Attachment {
        id: id.clone(),
        is_package_id: Some(false),
        number: None,
        kind: eyazisma::AttachmentKind::File,
        file_name: Some("kesif.pdf".into()),
        mime_type: Some("application/pdf".into()),
        title: Some("Keşif".into()),
        order: 1,
        note: None,
        location: None,
        own_id: None,
        signed: Some(true),
        digest: None,
    }];
    let file = eyazisma::File {
        id: id.clone(),
        bytes: b"%PDF- imzalanan".to_vec(),
    };
    let making = Making::default();
    let sent = finished(b"%PDF-1.7", metadata, vec![file], &making)
        .without(std::slice::from_ref(&id))
        .unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(sent)).unwrap();
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if name == "_rels/.rels" {
            let relation = format!(
                "<Relationship Type=\"http://eyazisma.dpt/iliskiler/imzasizEk\" \
                 Target=\"/ImzasizEkler/kesif.pdf\" Id=\"IdImzasizEk_{id}\"/></Relationships>"
            );
            let text = String::from_utf8(content).unwrap();
            content = text.replace("</Relationships>", &relation).into_bytes();
        }
        zip.start_file(name, options).unwrap();
        zip.write_all(&content).unwrap();
    }
    zip.start_file("ImzasizEkler/kesif.pdf", options).unwrap();
    zip.write_all(b"%PDF- sahte").unwrap();
    zip.finish().unwrap().into_inner()
}

fn metadata_of(
    creator: &str,
    recipients: &[(&str, Option<&str>, eyazisma::Purpose)],
) -> eyazisma::Metadata {
    use eyazisma::{Distribution, Guid, Institution, Metadata, Party, Text, Urgency};
    let unit = |code: &str, name: &str| {
        Party::Institution(Institution {
            code: code.into(),
            name: Some(Text::turkish(name)),
            ..Institution::default()
        })
    };
    Metadata {
        id: Guid::as_read("A3E5B1E0-8A3B-4B8E-9E0C-0A6F1B2C3D4E"),
        subject: Text::turkish("Bütçe Teklifi"),
        mime_type: "application/pdf".into(),
        file_name: "yazi.pdf".into(),
        recipients: recipients
            .iter()
            .map(|(code, unit_code, purpose)| Distribution {
                party: Party::Institution(Institution {
                    code: (*code).to_owned(),
                    name: Some(Text::turkish("Muhatap")),
                    unit_code: unit_code.map(str::to_owned),
                    ..Institution::default()
                }),
                urgency: Urgency::Dated,
                purpose: purpose.clone(),
                deadline: Some("P10D".into()),
                left_out: vec![],
            })
            .collect(),
        creator: Some(unit(creator, "Hazırlayan")),
        verification_address: "https://www.turkiye.gov.tr/belge-dogrulama".into(),
        ..Metadata::default()
    }
}

fn finished(
    letter: &[u8],
    metadata: eyazisma::Metadata,
    files: Vec<eyazisma::File>,
    making: &Making<'_>,
) -> eyazisma::Finished {
    use eyazisma::{Draft, FinalMetadata, Person, Settings, Signer, Stamp};
    let settings = Settings {
        rehearsal: true,
        ..Settings::default()
    };
    let draft = Draft::new(metadata, letter.to_vec(), files, settings).unwrap();
    let last = FinalMetadata {
        date: Stamp::as_read(making.date),
        number: "E-24322010-903.07.02-4752".into(),
        signers: vec![Signer {
            person: Person {
                first_name: "Ayşe".into(),
                last_name: "YILMAZ".into(),
                ..Person::default()
            },
            ..Signer::default()
        }],
    };
    let unsigned = draft.digest();
    let signature = (making.sign)(unsigned.to_sign());
    let made_at = "2026-11-24T06:00:00Z".parse().unwrap();
    let unsealed = unsigned.sign(signature, &last, made_at).unwrap();
    let seal = (making.seal)(unsealed.to_seal());
    unsealed.seal(seal)
}

/// Havsa's own installation beside Keşan's: its own folder, people and account, one provider.
pub async fn havsa(
    office: &Office,
    folder: &tempfile::TempDir,
    store: &TestStore,
) -> (App, Actor, Actor) {
    let mut app = App::open(office::config(folder), Mode::Rehearsal).unwrap();
    app.store = store.store.clone();
    let app = app.with(office.clock.clone() as Arc<FixedClock>, Arc::new(SystemIds));
    office::directory_of(&app);
    let now = app.now();
    let (clerk, registry) = app
        .store
        .write(move |tx| -> dys::error::Result<_> {
            let own = directory::by_kep_address(tx, HAVSA)?.expect("Havsa");
            directory::mark_own(tx, &own.id)?;
            let system = Actor::system();
            let act = Act {
                actor: &system,
                now,
                ids: &SystemIds,
            };
            let mut actors = Vec::new();
            for (login, role) in [("emine", Role::Clerk), ("osman", Role::Registry)] {
                let new = NewUser {
                    login: login.to_owned(),
                    full_name: login.to_owned(),
                    title: role.label().to_owned(),
                    password_hash: String::new(),
                    roles: vec![(role, own.id.as_str().to_owned())],
                    is_demo: true,
                };
                let id = user::add(tx, &act, &new)?;
                actors.push(user::actor(tx, &id)?);
            }
            setting::put(tx, setting::HOLD_SECONDS.key, "0")?;
            let registry = actors.pop().unwrap();
            Ok((actors.pop().unwrap(), registry))
        })
        .await
        .unwrap();
    office
        .provider
        .provider()
        .put_account(&credentials(HAVSA))
        .unwrap();
    let root = office::evidence_root(&office.provider.endpoint()).await;
    let binding = Binding {
        unit_id: clerk.home_unit().unwrap().to_owned(),
        address: HAVSA.to_owned(),
        endpoint: office.provider.endpoint(),
        national_id: "10000000146".to_owned(),
        password: "parola".to_owned(),
        passphrase: "sifre".to_owned(),
        settings: AccountSettings {
            login_codes: vec![1, 2, 3],
            request_timeout_seconds: 2,
            evidence_roots: root.into_iter().collect(),
            ..AccountSettings::default()
        },
    };
    account::bind(&app, &Actor::system(), binding)
        .await
        .unwrap();
    (app, clerk, registry)
}

/// The authority of a rehearsal folder as the provider serves it, with stamps and revocation data
/// reached there.
pub async fn reach_services(app: &App, place: &str) {
    let hosts = format!("{}={place}", seal::rehearsal::HOST);
    let tsa = format!("http://{place}/prova-esh/tsa");
    app.store
        .write(move |tx| {
            setting::put(tx, outside::TSA_URL, &tsa)?;
            setting::put(tx, outside::HOSTS, &hosts)
        })
        .await
        .unwrap();
}

/// A person of the unit who may sign.
pub async fn signer(app: &App, unit_id: &str, login: &'static str) -> Actor {
    let (now, unit_id) = (app.now(), unit_id.to_owned());
    app.store
        .write(move |tx| -> dys::error::Result<_> {
            let system = Actor::system();
            let act = Act {
                actor: &system,
                now,
                ids: &SystemIds,
            };
            let new = NewUser {
                login: login.to_owned(),
                full_name: format!("{login} Şahin"),
                title: "Belediye Başkanı".to_owned(),
                password_hash: String::new(),
                roles: vec![(Role::Approver, unit_id)],
                is_demo: true,
            };
            let id = user::add(tx, &act, &new)?;
            user::actor(tx, &id)
        })
        .await
        .unwrap()
}

/// Gives a draft its text and file, has it approved, and signs it with the signer's rehearsal key;
/// says its version.
pub async fn sign_for_real(app: &App, clerk: &Actor, signer: &Actor, id: &str) -> i64 {
    let store = app.store.clone();
    tokio::task::spawn_blocking(move || fileplan::fill(&store).unwrap())
        .await
        .unwrap();
    let (letter, who) = (id.to_owned(), signer.user_id.clone());
    app.write(clerk, move |tx, act| {
        let version = draft::open(tx, act, &letter)?.version;
        let changes = Changes {
            plan_code: Some("115.01".to_owned()),
            text: Some("Bilgilerinizi ve gereğini arz ederim.".to_owned()),
            ..Changes::default()
        };
        draft::save(tx, act, &letter, version, &changes)?;
        let step = Planned {
            kind: "signature".to_owned(),
            user_id: who,
        };
        chain::set(tx, act, &letter, &[step])?;
        let version = draft::open(tx, act, &letter)?.version;
        steps::submit(tx, act, &letter, version)
    })
    .await
    .unwrap();
    let version = version_of(app, signer, id).await;
    let prepared = sign::prepare(app, signer, id, version).await.unwrap();
    let signed = rehearsal::sign(app, signer, &prepared.content, rehearsal::PIN)
        .await
        .unwrap();
    let letter = id.to_owned();
    app.write(signer, move |tx, act| {
        sign::complete(tx, act, &letter, prepared.version, &signed)
    })
    .await
    .unwrap();
    version_of(app, clerk, id).await
}

async fn version_of(app: &App, who: &Actor, id: &str) -> i64 {
    let id = id.to_owned();
    app.read(who, move |tx, act| Ok(draft::open(tx, act, &id)?.version))
        .await
        .unwrap()
}

/// A message of a sender with an S/MIME signature by `key`; `broken` changes a word afterwards.
pub fn signed_mail(id: &str, subject: &str, key: &SoftKey, broken: bool) -> Vec<u8> {
    let bytes = mail_signed(id, subject, |content| detached(key, content));
    if !broken {
        return bytes;
    }
    let text = String::from_utf8(bytes).unwrap();
    text.replace("arz ederim", "rica ederim").into_bytes()
}

/// The same with a time stamp of the authority, and without a word on who was revoked.
pub fn stamped_mail(id: &str, subject: &str, key: &SoftKey, authority: &Authority) -> Vec<u8> {
    mail_signed(id, subject, |content| {
        stamped(&detached(key, content)?, authority)
    })
}

/// The signature with a time stamp of the authority.
pub fn stamped(cms: &[u8], authority: &Authority) -> Result<Vec<u8>, SealError> {
    let stamps = Stamps(authority);
    let stamping = seal::with_time_stamp(cms, seal::Digest::Sha256, &stamps);
    match pin!(stamping).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(made) => made,
        Poll::Pending => panic!("a stamp by function call waits for nothing"),
    }
}

/// The authority's stamps, taken by function call.
struct Stamps<'a>(&'a Authority);

impl Stamper for Stamps<'_> {
    async fn stamp(&self, digest: seal::Digest, imprint: Vec<u8>) -> Result<TimeStamp, SealError> {
        let question = TimeStampQuestion::new(digest, imprint, [7; 8])?;
        let answer = self.0.time_stamp(&question.der, office::START, [7; 16])?;
        question.accept(&answer, office::START, SignedDuration::from_mins(5))
    }
}

pub fn detached(key: &SoftKey, content: &[u8]) -> Result<Vec<u8>, SealError> {
    let options = SignOptions::at(office::START);
    seal::sign(key, Content::Detached(content), &options)
}

fn mail_signed(
    id: &str,
    subject: &str,
    sign: impl Fn(&[u8]) -> Result<Vec<u8>, SealError>,
) -> Vec<u8> {
    let message = kep::message::OriginalMessage {
        message_id: id.to_owned(),
        date: office::START.to_zoned_datetime(jiff::tz::TimeZone::get("Europe/Istanbul").unwrap()),
        from: kep::address::KepAddress::parse(CITIZEN, true).unwrap(),
        to: vec![kep::address::KepAddress::parse(ADDRESS, true).unwrap()],
        subject: subject.to_owned(),
        kind: kep::message::MessageKind::Standard,
        inner_id: None,
        text: "Bilgilerinize arz ederim.".to_owned(),
        attachments: vec![],
        boundary: id.replace('@', "."),
    };
    message.sign(sign).unwrap()
}

fn random(bytes: &mut [u8]) {
    use dys::ids::Ids as _;
    SystemIds.fill(bytes);
}

/// An authority that nobody configured.
pub fn stranger() -> Authority {
    Authority::create(Services::rehearsal(), office::START, &mut random).unwrap()
}

/// A person's key under the authority.
pub fn key_of(authority: &Authority) -> SoftKey {
    let holder = Holder::Person {
        name: "Ahmet Yıldız",
        tckn: "10000000146",
    };
    key_for(authority, &holder)
}

/// Anybody's key under the authority.
pub fn key_for(authority: &Authority, holder: &Holder<'_>) -> SoftKey {
    let validity = Validity::days(office::START, 365);
    authority
        .issue_key(holder, Curve::P256, validity, &mut random)
        .unwrap()
}

/// Signs or seals packages with the key: the content inside, a stamp of the authority beside it.
pub fn by(key: &SoftKey, authority: &Authority) -> impl Fn(&[u8]) -> Vec<u8> {
    move |content: &[u8]| {
        let options = SignOptions::at(office::START);
        let cms = seal::sign(key, Content::Attached(content), &options).unwrap();
        stamped(&cms, authority).unwrap()
    }
}
