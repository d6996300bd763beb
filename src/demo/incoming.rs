//! What came in: mail over KEP, paper, letters from units inside, and what people did with it.

use anyhow::Context as _;
use jiff::ToSpan as _;
use kephs::NewAccount;

use super::office;
use crate::access::{Act, Actor, user};
use crate::app::App;
use crate::approval::chain::{self, Planned};
use crate::approval::{act as steps, sign};
use crate::clock;
use crate::dispatch::send;
use crate::distribution::{self, DestinationType, Purpose};
use crate::document::draft::{self, Changes};
use crate::error::Result;
use crate::ids::new_secret;
use crate::inbox::answer::{self, Follow};
use crate::inbox::list::{Criteria, search};
use crate::inbox::mailbox::Mailboxes;
use crate::inbox::referral::{self, Order, Target};
use crate::inbox::register::{self, Entry};
use crate::inbox::{IncomingKind, Petition, Source, close};
use crate::signature::rehearsal;
use crate::store::Tx;

/// Sender, subject and text of what the provider delivers; institutions are in the directory.
const MAIL: [(&str, &str, &str); 6] = [
    (
        "ahmet.yildiz@hs02.kep.tr",
        "Sokak aydınlatması",
        "Mahallemizdeki sokak lambaları üç haftadır yanmıyor. Gereğini bilgilerinize sunarım.",
    ),
    (
        "havsabelediyesi@hs01.kep.tr",
        "Ortak itfaiye protokolü",
        "Sayı: E-02200300-809-412\nTarih: 20.11.2026\n\nOrtak itfaiye protokolü taslağı hakkında \
         görüşünüzün bildirilmesini arz ederim.",
    ),
    (
        "av.selin.koc@hs03.kep.tr",
        "Dosya örneği istemi",
        "Müvekkilim adına imar dosyasının onaylı bir örneğinin verilmesini talep ederim.",
    ),
    (
        "edirnevaliligi@hs01.kep.tr",
        "Kış tedbirleri",
        "Sayı: E-63917224-155.05-1880\nTarih: 19.11.2026\n\nKış tedbirleri toplantısına \
         katılacak personelin bildirilmesini rica ederim.",
    ),
    (
        "okul.aile@hs02.kep.tr",
        "Okul önüne geçit",
        "Okulumuzun önüne yaya geçidi yapılmasını talep ediyoruz.",
    ),
    (
        "enezbelediyesi@hs01.kep.tr",
        "Araç desteği",
        "Sayı: E-02200355-809-77\nTarih: 21.11.2026\n\nGreyder desteği için teşekkür ederiz.",
    ),
];

/// Fills the registry the way an office does.
///
/// # Errors
/// When a step of the path fails.
pub(super) async fn arrive(app: &App, provider: &kephs::Running) -> anyhow::Result<()> {
    let people = People::load(app).await?;
    for (number, (from, subject, text)) in MAIL.iter().enumerate() {
        let engine = provider.provider();
        engine.put_account(&NewAccount {
            address: (*from).to_owned(),
            tcno: super::NATIONAL_ID.to_owned(),
            parola: new_secret(&*app.ids),
            sifre: new_secret(&*app.ids),
            kontor: None,
            kota_kb: None,
        })?;
        engine.accept(from, &mail(number, from, subject, text))?;
    }
    provider
        .provider()
        .advance(jiff::SignedDuration::from_secs(30))?;
    let mailboxes = Mailboxes::new(app.clone());
    while mailboxes.round().await? > 0 {}
    on_paper(app, &people).await?;
    from_inside(app, &people).await?;
    dealt_with(app, &people).await?;
    Ok(())
}

struct People {
    clerk: Actor,
    engineer: Actor,
    manager: Actor,
    mayor: Actor,
    registry: Actor,
    works: String,
    finance: String,
}

impl People {
    async fn load(app: &App) -> anyhow::Result<Self> {
        let load = async |login: &'static str| {
            app.store
                .read(move |tx| {
                    let account =
                        user::by_login(tx, login)?.with_context(|| format!("demo user {login}"))?;
                    user::actor(tx, &account.id)
                })
                .await
        };
        let units = app.store.write(office::own_units).await?;
        let unit = |name: &str| units.get(name).cloned().context("demo unit");
        Ok(Self {
            clerk: load("ayse").await?,
            engineer: load("ismail").await?,
            manager: load("mehmet").await?,
            mayor: load("ali").await?,
            registry: load("zeynep").await?,
            works: unit("Fen İşleri Müdürlüğü")?,
            finance: unit("Mali Hizmetler Müdürlüğü")?,
        })
    }
}

/// A plain message as a citizen's mail program makes it.
fn mail(number: usize, from: &str, subject: &str, text: &str) -> Vec<u8> {
    use base64::Engine as _;
    let coded = base64::engine::general_purpose::STANDARD;
    format!(
        "From: {from}\r\nTo: {}\r\nMessage-ID: <prova-gelen-{number}@{}>\r\n\
         Subject: =?utf-8?B?{}?=\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        super::ADDRESS,
        from.rsplit('@').next().unwrap_or_default(),
        coded.encode(subject),
        coded.encode(text),
    )
    .into_bytes()
}

async fn on_paper(app: &App, people: &People) -> Result<()> {
    let unit = people.clerk.home_unit().unwrap_or_default().to_owned();
    app.write(&people.clerk, move |tx, act| {
        let today = clock::local(act.now).date();
        let letter = Entry {
            sender: "Edirne İl Özel İdaresi".to_owned(),
            subject: "Köy yolu onarımı".to_owned(),
            their_number: "E-71100200-115.02.05-930".to_owned(),
            their_date: today.checked_sub(3.days()).ok(),
            barcode: Some("RR204518830TR".to_owned()),
            place: "Evrak odası, 2. dolap".to_owned(),
            ..Entry::new(&unit, Source::Paper, IncomingKind::Letter)
        };
        register::paper(tx, act, &letter)?;
        let petition = Entry {
            subject: "İşyeri ruhsatı başvurusu".to_owned(),
            place: "Evrak odası, 1. dolap".to_owned(),
            petition: Petition {
                name: "Hatice Demirtaş".to_owned(),
                national_id: super::NATIONAL_ID.to_owned(),
                address: "Yukarı Zaferiye Mah. Keşan".to_owned(),
                ..Petition::default()
            },
            ..Entry::new(&unit, Source::Paper, IncomingKind::Petition)
        };
        register::paper(tx, act, &petition)
    })
    .await?;
    Ok(())
}

/// Two letters of Yazı İşleri to units inside.
async fn from_inside(app: &App, people: &People) -> anyhow::Result<()> {
    let home = people.clerk.home_unit().context("demo unit")?.to_owned();
    for (subject, code, unit) in [
        ("Hizmet içi eğitim programı", "903.07", &people.works),
        ("Bütçe gerçekleşmeleri", "602.04", &people.finance),
    ] {
        let planned = Planned {
            kind: "signature".into(),
            user_id: people.mayor.user_id.clone(),
        };
        let (home, unit) = (home.clone(), unit.clone());
        let id = app
            .write(&people.clerk, move |tx, act| {
                let id = draft::create(tx, act, &home)?;
                let version = draft::open(tx, act, &id)?.version;
                let changes = Changes {
                    subject: Some(subject.to_owned()),
                    plan_code: Some(code.to_owned()),
                    text: Some("Konu hakkında bilgilerinizi ve gereğini".to_owned()),
                    ..Changes::default()
                };
                draft::save(tx, act, &id, version, &changes)?;
                let inside = DestinationType::InternalUnit;
                distribution::list::add_units(tx, act, &id, inside, &[unit])?;
                chain::set(tx, act, &id, &[planned])?;
                let version = draft::open(tx, act, &id)?.version;
                steps::submit(tx, act, &id, version)?;
                Ok(id)
            })
            .await?;
        let version = version(app, &people.mayor, &id).await?;
        let prepared = sign::prepare(app, &people.mayor, &id, version).await?;
        let signed = rehearsal::sign(app, &people.mayor, &prepared.content, rehearsal::PIN).await?;
        let letter = id.clone();
        app.write(&people.mayor, move |tx, act| {
            sign::complete(tx, act, &letter, prepared.version, &signed)
        })
        .await?;
        let version = self::version(app, &people.clerk, &id).await?;
        send::send(app, &people.clerk, &id, version).await?;
    }
    Ok(())
}

async fn version(app: &App, who: &Actor, id: &str) -> Result<i64> {
    let id = id.to_owned();
    app.read(who, move |tx, act| Ok(draft::open(tx, act, &id)?.version))
        .await
}

/// Some referred, one closed, one being answered; the rest waits for its referral.
async fn dealt_with(app: &App, people: &People) -> Result<()> {
    let works = people.works.clone();
    let engineer = people.engineer.user_id.clone();
    let manager = people.manager.user_id.clone();
    app.write(&people.registry, move |tx, act| {
        let today = clock::local(act.now).date();
        let refer =
            |tx: &mut Tx<'_>, act: &Act<'_>, subject: &str, targets, days: i64, note: &str| {
                let Some((id, version)) = found(tx, act, subject)? else {
                    return Ok(());
                };
                let order = Order {
                    targets,
                    due_date: today.checked_add(days.days()).ok(),
                    note: note.to_owned(),
                };
                referral::refer(tx, act, &id, version, &order)
            };
        let to_works = vec![(Target::Unit(works.clone()), None)];
        refer(
            tx,
            act,
            "Sokak aydınlatması",
            to_works,
            2,
            "Yerinde bakılsın, sonucu bildirilsin.",
        )?;
        let both = vec![
            (Target::Person(engineer.clone()), None),
            (Target::Person(manager.clone()), Some(Purpose::Information)),
        ];
        refer(
            tx,
            act,
            "Kış tedbirleri",
            both,
            5,
            "Katılacak kişi belirlensin.",
        )?;
        if let Some((id, version)) = found(tx, act, "Araç desteği")? {
            close::close(tx, act, &id, version, close::REASONS[1])?;
        }
        Ok(())
    })
    .await?;
    app.write(&people.engineer, move |tx, act| {
        if let Some((id, _)) = found(tx, act, "Kış tedbirleri")? {
            answer::begin(tx, act, &id, Follow::Answer)?;
        }
        Ok(())
    })
    .await
}

fn found(tx: &mut Tx<'_>, act: &Act<'_>, subject: &str) -> Result<Option<(String, i64)>> {
    let criteria = Criteria {
        words: subject.to_owned(),
        ..Criteria::default()
    };
    let Some(line) = search(tx, act, &criteria)?.lines.into_iter().next() else {
        return Ok(None);
    };
    let version = crate::inbox::open(tx, act, &line.id)?.version;
    Ok(Some((line.id, version)))
}
