//! HTTP to time-stamp authorities, OCSP responders and CRLs: bounded in time, size and tries, and
//! never talked into asking an inner address (the URL may stand in a stranger's certificate).

mod identity;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, StatusCode, Url, redirect, retry};

use crate::{Random, TimeStampQuestion};

/// Why nothing came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("adres kabul edilmiyor: {0}")]
    Refused(String),
    #[error("{0} yanıt vermedi")]
    Silent(String),
    #[error("{0} HTTP {1} yanıtı verdi")]
    Status(String, u16),
    #[error("{0} yanıtı {1} bayttan büyük")]
    TooLarge(String, usize),
    #[error("{0} başka bir soruya ait ya da ileri tarihli bir yanıt verdi")]
    Unfit(String),
    #[error("HTTP istemcisi kurulamadı: {0}")]
    Client(String),
}

/// How long, how much, how often.
#[derive(Debug, Clone)]
pub struct FetchLimits {
    pub timeout: Duration,
    pub max_bytes: usize,
    /// Tries in all, for answers that did not come.
    pub attempts: u32,
    /// How long an answer is used again.
    pub keep: SignedDuration,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            max_bytes: 32 * 1024 * 1024,
            attempts: 2,
            keep: SignedDuration::from_mins(10),
        }
    }
}

/// Entries of the cache.
const KEPT: usize = 64;
/// Larger answers are not kept.
const KEPT_BYTES: usize = 4 * 1024 * 1024;

/// Where a URL came from decides whom it may lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An administrator wrote it down.
    Configured,
    /// It stands in a certificate: http(s), a public address or a host of the allow-list only.
    Foreign,
}

/// How a time-stamp authority is told who asks. `Debug` is left out: it holds a password.
#[derive(Clone, PartialEq, Eq)]
pub enum Login {
    /// HTTP Basic.
    Basic { user: String, password: String },
    /// The header of Kamu SM, read off clients in public and never tried against the service.
    Identity { customer: u64, password: String },
}

impl Login {
    /// The header that says it with one question.
    fn header(
        &self,
        question: &TimeStampQuestion,
        random: &Random,
    ) -> Result<(HeaderName, HeaderValue), FetchError> {
        let (name, value) = match self {
            Self::Basic { user, password } => {
                let pair = STANDARD.encode(format!("{user}:{password}"));
                (AUTHORIZATION, format!("Basic {pair}"))
            }
            Self::Identity { customer, password } => {
                let (mut salt, mut iv) = ([0; 16], [0; 16]);
                random(&mut salt);
                random(&mut iv);
                let value = identity::value(*customer, password, question.imprint(), salt, iv);
                let value = value.map_err(|error| FetchError::Client(error.to_string()))?;
                (HeaderName::from_static(identity::NAME), value)
            }
        };
        let mut value =
            HeaderValue::from_str(&value).map_err(|error| FetchError::Client(error.to_string()))?;
        value.set_sensitive(true);
        Ok((name, value))
    }
}

/// The one place that fetches.
pub struct Fetcher {
    configured: Client,
    foreign: Client,
    allowed: Vec<String>,
    /// Strangers' URLs lead to hosts of the allow-list only, not to public addresses either.
    closed: bool,
    limits: FetchLimits,
    kept: Mutex<HashMap<Key, (Timestamp, Vec<u8>)>>,
}

/// The URL, and what was asked there.
type Key = (String, Vec<u8>);

/// A question to an OCSP responder.
#[derive(Debug, Clone)]
pub struct OcspQuestion {
    /// What is asked, the same each time: the question without its nonce.
    pub name: Vec<u8>,
    /// What is sent.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher")
            .field("allowed", &self.allowed)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Fetcher {
    /// `allowed` names hosts (`host` or `host:port`) that may be asked though their address is not
    /// public; `name=host:port` asks another place over http whenever `name` stands in a URL.
    pub fn new(allowed: Vec<String>, limits: FetchLimits) -> Result<Self, FetchError> {
        Ok(Self {
            configured: client(&limits, false)?,
            foreign: client(&limits, true)?,
            allowed,
            closed: false,
            limits,
            kept: Mutex::default(),
        })
    }

    /// The same, but URLs in foreign material lead to hosts of the allow-list only: a rehearsal
    /// asks nobody outside.
    #[must_use]
    pub fn only_allowed(mut self) -> Self {
        self.closed = true;
        self
    }

    /// GET, as CRLs and issuers' certificates are had.
    pub async fn get(&self, url: &str, now: Timestamp) -> Result<Vec<u8>, FetchError> {
        let key = (url.to_owned(), Vec::new());
        if let Some(found) = self.kept(&key, now) {
            return Ok(found);
        }
        let answer = self.ask(url, Origin::Foreign, None).await?;
        self.keep(key, now, &answer);
        Ok(answer)
    }

    /// POST of an OCSP question; an answer that does not fit it is refused, and never kept.
    pub async fn ocsp(
        &self,
        url: &str,
        question: &OcspQuestion,
        fits: impl Fn(&[u8]) -> bool,
        now: Timestamp,
    ) -> Result<Vec<u8>, FetchError> {
        let key = (url.to_owned(), question.name.clone());
        if let Some(found) = self.kept(&key, now) {
            return Ok(found);
        }
        let post = Post {
            kind: "application/ocsp-request",
            accept: "application/ocsp-response",
            body: question.body.clone(),
            login: None,
        };
        let answer = self.ask(url, Origin::Foreign, Some(post)).await?;
        if !fits(&answer) {
            return Err(FetchError::Unfit(shorten(url)));
        }
        self.keep(key, now, &answer);
        Ok(answer)
    }

    /// POST of a time-stamp question to a configured authority.
    pub async fn time_stamp(
        &self,
        url: &str,
        login: Option<&Login>,
        question: &TimeStampQuestion,
        random: &Random,
    ) -> Result<Vec<u8>, FetchError> {
        let login = login.map(|login| login.header(question, random));
        let post = Post {
            kind: "application/timestamp-query",
            accept: "application/timestamp-reply",
            body: question.der.clone(),
            login: login.transpose()?,
        };
        self.ask(url, Origin::Configured, Some(post)).await
    }

    async fn ask(
        &self,
        url: &str,
        origin: Origin,
        post: Option<Post>,
    ) -> Result<Vec<u8>, FetchError> {
        let parsed = Url::parse(url).map_err(|_| FetchError::Refused(shorten(url)))?;
        let parsed = self.pinned(parsed);
        let client = self.client_for(&parsed, origin)?;
        let mut last = FetchError::Silent(host(&parsed));
        for _ in 0..self.limits.attempts.max(1) {
            match self.once(client, &parsed, post.as_ref()).await {
                Ok(answer) => return Ok(answer),
                Err(error @ (FetchError::Silent(_) | FetchError::Status(_, 500..))) => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    async fn once(
        &self,
        client: &Client,
        url: &Url,
        post: Option<&Post>,
    ) -> Result<Vec<u8>, FetchError> {
        let silent = |_| FetchError::Silent(host(url));
        let request = match post {
            Some(post) => {
                let request = client
                    .post(url.clone())
                    .header(CONTENT_TYPE, post.kind)
                    .header(ACCEPT, post.accept)
                    .body(post.body.clone());
                match &post.login {
                    Some((name, value)) => request.header(name, value),
                    None => request,
                }
            }
            None => client.get(url.clone()),
        };
        let mut response = request.send().await.map_err(silent)?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(host(url), response.status().as_u16()));
        }
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(silent)? {
            if answer.len() + chunk.len() > self.limits.max_bytes {
                return Err(FetchError::TooLarge(host(url), self.limits.max_bytes));
            }
            answer.extend_from_slice(&chunk);
        }
        Ok(answer)
    }

    /// The place that an administrator named for this host, if one did.
    fn pinned(&self, url: Url) -> Url {
        let place = self.allowed.iter().find_map(|entry| {
            let (name, place) = entry.split_once('=')?;
            (url.host_str() == Some(name)).then_some(place)
        });
        let moved = place.and_then(|place| {
            let mut moved = Url::parse(&format!("http://{place}")).ok()?;
            moved.set_path(url.path());
            moved.set_query(url.query());
            Some(moved)
        });
        moved.unwrap_or(url)
    }

    fn client_for(&self, url: &Url, origin: Origin) -> Result<&Client, FetchError> {
        let refused = || FetchError::Refused(host(url));
        if !matches!(url.scheme(), "http" | "https")
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return Err(refused());
        }
        let name = url.host_str().ok_or_else(refused)?;
        let with_port = format!("{name}:{}", url.port_or_known_default().unwrap_or(0));
        let listed = self.allowed.iter().any(|own| {
            own.rsplit('=')
                .next()
                .is_some_and(|own| own == name || own == with_port)
        });
        if origin == Origin::Configured || listed {
            return Ok(&self.configured);
        }
        if self.closed {
            return Err(refused());
        }
        // A name is looked at when it is resolved; a bare address never is, so it is looked at here.
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        if bare
            .parse::<IpAddr>()
            .is_ok_and(|address| !is_public(address))
        {
            return Err(refused());
        }
        Ok(&self.foreign)
    }

    fn kept(&self, key: &Key, now: Timestamp) -> Option<Vec<u8>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, answer) = kept.get(key)?;
        let age = now.duration_since(*since);
        (!age.is_negative() && age < self.limits.keep).then(|| answer.clone())
    }

    fn keep(&self, key: Key, now: Timestamp, answer: &[u8]) {
        if answer.len() > KEPT_BYTES || self.limits.keep.is_zero() {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, (now, answer.to_vec()));
    }
}

struct Post {
    kind: &'static str,
    accept: &'static str,
    body: Vec<u8>,
    /// What says who asks.
    login: Option<(HeaderName, HeaderValue)>,
}

fn client(limits: &FetchLimits, guarded: bool) -> Result<Client, FetchError> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        let builder = Client::builder()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .connect_timeout(limits.timeout)
            .timeout(limits.timeout);
        if guarded {
            builder.dns_resolver(std::sync::Arc::new(PublicOnly))
        } else {
            builder
        }
    };
    // A machine without a trust store can still ask over http: what comes is signed in itself.
    builder()
        .build()
        .or_else(|_| builder().tls_certs_only([]).build())
        .map_err(|error| FetchError::Client(error.to_string()))
}

/// Resolves names to public addresses only, so that a name cannot point inwards.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|found| is_public(found.ip())).collect();
            if public.is_empty() {
                return Err("no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the public Internet (RFC 6890 without the special blocks).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (b == 18 || b == 19))
        || (a == 192 && b == 0 && c == 0))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Addresses that carry one of version 4 lead where that leads.
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    // 2000::/3 is what is given out; 6to4 and Teredo lead elsewhere, 2001:db8::/32 nowhere.
    a & 0xe000 == 0x2000 && a != 0x2002 && !(a == 0x2001 && (b == 0 || b == 0x0db8))
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn shorten(url: &str) -> String {
    url.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_addresses_are_not_public() {
        for inner in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:127.0.0.1",
            "2002:7f00:1::",
            "2001:db8::1",
            "64:ff9b::7f00:1",
        ] {
            assert!(!is_public(inner.parse().unwrap()), "{inner}");
        }
        for outer in ["193.140.0.1", "8.8.8.8", "2a02:e0::1", "::ffff:8.8.8.8"] {
            assert!(is_public(outer.parse().unwrap()), "{outer}");
        }
    }

    #[test]
    fn a_strangers_url_never_leads_inwards() {
        let fetcher = Fetcher::new(vec!["127.0.0.1:8090".into()], FetchLimits::default()).unwrap();
        for refused in [
            "file:///etc/passwd",
            "ldap://ldap.example/cn=x",
            "http://127.0.0.1:8091/crl",
            "http://[::1]/crl",
            "http://169.254.169.254/latest",
            "http://user:pass@example.com/",
        ] {
            let url = Url::parse(refused).unwrap();
            let answer = fetcher.client_for(&url, Origin::Foreign);
            assert!(answer.is_err(), "{refused}");
        }
        let pinned = Fetcher::new(
            vec!["esh.example=127.0.0.1:8090".into()],
            FetchLimits::default(),
        );
        let moved = pinned
            .unwrap()
            .pinned(Url::parse("https://esh.example/crl?a=1").unwrap());
        assert_eq!(moved.as_str(), "http://127.0.0.1:8090/crl?a=1");
        let listed = Url::parse("http://127.0.0.1:8090/crl").unwrap();
        assert!(fetcher.client_for(&listed, Origin::Foreign).is_ok());
        let public = Url::parse("http://8.8.8.8/crl").unwrap();
        assert!(fetcher.client_for(&public, Origin::Foreign).is_ok());
        let closed = fetcher.only_allowed();
        assert!(closed.client_for(&public, Origin::Foreign).is_err());
        assert!(closed.client_for(&public, Origin::Configured).is_ok());
        assert!(closed.client_for(&listed, Origin::Foreign).is_ok());
    }
}
