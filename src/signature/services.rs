//! What an administrator says about the outside: the time-stamp authority, its log-in, and the hosts
//! that may be asked though they are not public. The password is sealed and never shown again.

use anyhow::Context as _;
use jiff::Timestamp;
use seal::{Certificate, Cms, Digest, Purpose, Stamper as _};
use serde_json::json;

use super::outside::{self, LoginKind};
use super::trust;
use crate::access::{Act, Actor};
use crate::app::App;
use crate::audit;
use crate::dispatch::secret::SecretKey;
use crate::error::{Error, Result, invalid};
use crate::setting;
use crate::store::Tx;

/// Longest value of any of these.
const LONGEST: usize = 2_000;

/// The services as the screen shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Services {
    /// Address of the time-stamp authority (RFC 3161 over HTTP); empty when there is none.
    pub tsa_url: String,
    /// How it is told who asks.
    pub tsa_login: LoginKind,
    /// User of the authority, where it asks for one; at Kamu SM the customer's number.
    pub tsa_user: String,
    /// A password lies sealed in the settings.
    pub has_password: bool,
    /// Separated by spaces: `host`, `host:port` or `name=host:port`.
    pub hosts: String,
}

/// What is asked for. `Debug` is left out: it holds a password.
#[derive(Clone, Default)]
pub struct Wanted {
    pub tsa_url: String,
    /// None: HTTP Basic where a user is named.
    pub tsa_login: Option<LoginKind>,
    pub tsa_user: String,
    /// Empty keeps the one that is stored.
    pub tsa_password: String,
    pub hosts: String,
}

/// The services that are chosen.
///
/// # Errors
/// `yetki_yok`.
pub fn shown(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Services> {
    act.actor.require_administrator()?;
    let mut read = |key| Ok::<_, Error>(setting::text(tx, key)?.unwrap_or_default());
    let tsa_user = read(outside::TSA_USER)?;
    let said = LoginKind::of(&read(outside::TSA_LOGIN)?);
    Ok(Services {
        tsa_url: read(outside::TSA_URL)?,
        tsa_login: said.unwrap_or_else(|| LoginKind::for_user(&tsa_user)),
        tsa_user,
        has_password: !read(outside::TSA_PASSWORD)?.is_empty(),
        hosts: read(outside::HOSTS)?,
    })
}

/// Chooses the services and records who did; of the password only that it was changed.
///
/// # Errors
/// `yetki_yok`, `imza_servisi_gecersiz`.
pub async fn choose(app: &App, actor: &Actor, wanted: Wanted) -> Result<()> {
    actor.require_administrator()?;
    let hosts = check(&wanted)?;
    let login = wanted.tsa_login;
    let login = login.unwrap_or_else(|| LoginKind::for_user(&wanted.tsa_user));
    let password = match wanted.tsa_password.as_str() {
        "" => None,
        text => {
            let key = SecretKey::load_or_make(&app.config.data, &*app.ids)?;
            Some(key.seal(text, &*app.ids)?)
        }
    };
    app.write(actor, move |tx, act| {
        let kept = setting::text(tx, outside::TSA_PASSWORD)?;
        let has_user = !wanted.tsa_user.trim().is_empty();
        let sealed = password.as_ref().or(kept.as_ref()).filter(|_| has_user);
        if has_user && sealed.is_none() {
            return Err(wrong(
                "Zaman damgası sunucusunun parolasını da yazın; parola istemiyorsa kullanıcı adını \
                 boş bırakın.",
            ));
        }
        let values = [
            (outside::TSA_URL, wanted.tsa_url.trim()),
            (outside::TSA_USER, wanted.tsa_user.trim()),
            (outside::TSA_LOGIN, if has_user { login.code() } else { "" }),
            (outside::TSA_PASSWORD, sealed.map_or("", String::as_str)),
            (outside::HOSTS, hosts.as_str()),
        ];
        for (key, value) in values {
            if value.is_empty() {
                setting::clear(tx, key)?;
            } else {
                setting::put(tx, key, value)?;
            }
        }
        let detail = json!({
            "tsa_url": wanted.tsa_url.trim(),
            "tsa_login": login.code(),
            "tsa_user": wanted.tsa_user.trim(),
            "password_changed": password.is_some(),
            "hosts": hosts,
        });
        audit::record(
            tx,
            act,
            "signature.services",
            "setting",
            outside::TSA_URL,
            &detail,
        )
    })
    .await
}

fn wrong(why: impl Into<String>) -> Error {
    invalid("imza_servisi_gecersiz", why)
}

/// Refuses what could never work; the hosts as they are stored.
fn check(wanted: &Wanted) -> Result<String> {
    let url = wanted.tsa_url.trim();
    if !url.is_empty() && !is_service_address(url) {
        return Err(wrong(
            "Zaman damgası sunucusunun adresi http:// ya da https:// ile başlamalı, kullanıcı adı \
             ve parola içermemelidir.",
        ));
    }
    if url.is_empty() && !wanted.tsa_user.trim().is_empty() {
        return Err(wrong("Zaman damgası sunucusunun adresini yazın."));
    }
    check_login(wanted)?;
    if wanted.tsa_user.contains(':') {
        return Err(wrong("Kullanıcı adında iki nokta bulunamaz."));
    }
    let hosts: Vec<&str> = wanted.hosts.split([' ', '\n', '\r', '\t', ',']).collect();
    let hosts: Vec<&str> = hosts.into_iter().filter(|host| !host.is_empty()).collect();
    if let Some(host) = hosts.iter().find(|host| !is_host_entry(host)) {
        return Err(wrong(format!(
            "“{host}” bir sunucu değil: ocsp.kurum.local, ocsp.kurum.local:8080 ya da \
             ad=adres:kapı yazın."
        )));
    }
    let hosts = hosts.join(" ");
    let longest = [url, &wanted.tsa_user, &wanted.tsa_password, &hosts];
    if longest.iter().any(|text| text.len() > LONGEST) {
        return Err(wrong("Alanlardan biri çok uzun."));
    }
    Ok(hosts)
}

/// Whether the user fits the way in which the authority is told who asks.
fn check_login(wanted: &Wanted) -> Result<()> {
    let user = wanted.tsa_user.trim();
    let is_number = user.bytes().all(|it| it.is_ascii_digit()) && user.parse::<u64>().is_ok();
    match wanted.tsa_login {
        Some(LoginKind::Nobody) if !user.is_empty() => Err(wrong(
            "Kimlik doğrulama “Yok” seçili: biçimini seçin ya da kullanıcı adını silin.",
        )),
        Some(LoginKind::Basic) if user.is_empty() => Err(wrong(
            "Kullanıcı adını yazın; sunucu kimlik istemiyorsa kimlik doğrulamayı “Yok” yapın.",
        )),
        Some(LoginKind::Identity) if !is_number => {
            Err(wrong("Kamu SM müşteri numarasını yalnızca rakamla yazın."))
        }
        Some(_) | None => Ok(()),
    }
}

fn is_service_address(url: &str) -> bool {
    let parsed: Option<axum::http::Uri> = url.parse().ok();
    parsed.is_some_and(|url| {
        let plain = url
            .authority()
            .is_some_and(|whole| !whole.as_str().contains('@'));
        matches!(url.scheme_str(), Some("http" | "https")) && plain
    })
}

/// `host`, `host:port`, `[v6]:port`, or any of them behind `name=`.
fn is_host_entry(entry: &str) -> bool {
    let is_name = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    let (name, place) = match entry.split_once('=') {
        Some((name, place)) => (Some(name), place),
        None => (None, entry),
    };
    let place: Option<axum::http::uri::Authority> = place.parse().ok();
    let is_place = place.is_some_and(|place| {
        !place.as_str().contains('@') && {
            let host = place.host();
            is_name(host) || (host.starts_with('[') && host.ends_with(']'))
        }
    });
    name.is_none_or(is_name) && is_place
}

/// A stamp that the authority gave just now.
#[derive(Debug, Clone)]
pub struct Stamped {
    /// What the authority's clock says.
    pub time: Timestamp,
    pub authority: Certificate,
    /// Why its certificate leads to no configured root; none when it does.
    pub untrusted: Option<String>,
}

/// Asks the chosen authority for a stamp over a random number.
///
/// # Errors
/// `yetki_yok`; why there is no stamp, in words for the screen.
pub async fn try_stamp(app: &App, actor: &Actor) -> Result<Result<Stamped, String>> {
    actor.require_administrator()?;
    let online = match outside::completer(app).await {
        Ok(Some((online, _))) => online,
        Ok(None) => return Ok(Err("Zaman damgası sunucusu tanımlı değil.".to_owned())),
        Err(Error::Problem(problem)) => return Ok(Err(problem.message)),
        Err(other) => return Err(other),
    };
    let mut random = [0; 32];
    app.ids.fill(&mut random);
    let imprint = Digest::Sha256.of(&random);
    let stamp = match online.stamp(Digest::Sha256, imprint).await {
        Ok(stamp) => stamp,
        Err(error) => {
            let why = error.reason();
            let why = why.trim_end_matches('.');
            return Ok(Err(format!("Sunucu zaman damgası vermedi: {why}.")));
        }
    };
    let Some(authority) = stamp.authority() else {
        return Ok(Err("Damganın içinde onu veren sertifika yok.".to_owned()));
    };
    let beside = stamp
        .to_der()
        .and_then(|der| Ok(Cms::from_der(&der)?.certificates()))
        .unwrap_or_default();
    let worker = app.clone();
    let trust = tokio::task::spawn_blocking(move || trust::load(&worker))
        .await
        .context("trust")??;
    let path = trust.path(&authority, &beside, app.now(), Purpose::TimeStamping);
    Ok(Ok(Stamped {
        time: stamp.time,
        untrusted: path.err().map(|error| error.to_string()),
        authority,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_hosts_are_looked_at_before_they_are_stored() {
        let wanted = |url: &str, user: &str, hosts: &str| Wanted {
            tsa_url: url.to_owned(),
            tsa_user: user.to_owned(),
            tsa_password: "parola".to_owned(),
            hosts: hosts.to_owned(),
            ..Wanted::default()
        };
        for (url, user, hosts) in [
            ("", "", ""),
            ("http://zd.kamusm.gov.tr", "", "ocsp.kurum.local"),
            (
                "https://tsa.example:8443/tsp",
                "kurum",
                "a.local:80, b.local",
            ),
            ("", "", "prova-esh.example=127.0.0.1:8099 [fd00::1]:80"),
        ] {
            check(&wanted(url, user, hosts))
                .unwrap_or_else(|error| panic!("{url} {hosts}: {error}"));
        }
        assert_eq!(
            check(&wanted("", "", " a.local,\n b.local ")).unwrap(),
            "a.local b.local"
        );
        for (url, user, hosts) in [
            ("zd.kamusm.gov.tr", "", ""),
            ("ftp://zd.kamusm.gov.tr", "", ""),
            ("http://kurum:parola@zd.example", "", ""),
            ("", "kurum", ""),
            ("http://zd.example", "ku:rum", ""),
            ("", "", "http://ocsp.local/yol"),
            ("", "", "ad=soyad=x"),
            ("", "", "kurum@ocsp.local"),
            ("", "", "<script>"),
        ] {
            let error = check(&wanted(url, user, hosts)).err();
            let error = error.unwrap_or_else(|| panic!("{url} {user} {hosts}"));
            assert_eq!(error.code(), "imza_servisi_gecersiz");
        }
    }
}
