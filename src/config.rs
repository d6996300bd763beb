//! What an installation can be told: a file `dys.toml` in its data folder, then the environment.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use axum::http::Uri;
use ipnet::IpNet;
use serde::Deserialize;

/// Rehearsal or real, fixed for ever when the data folder is made (decision 15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Speaks only to loopback providers and says so on every page.
    Rehearsal,
    /// Refuses demo data, demo users and numbers of the demo series.
    Real,
}

impl Mode {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Rehearsal => "rehearsal",
            Self::Real => "real",
        }
    }
}

/// The file `dys.toml`; every key may be left out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    /// Address and port to listen on, `127.0.0.1:8080`.
    listen: String,
    /// The address that people type, `https://dys.example.gov.tr`; empty on a loopback address.
    public_url: String,
    /// `postgres://user:password@host/database`; empty means SQLite in the data folder.
    database: String,
    /// Addresses or networks of reverse proxies, `["127.0.0.1", "10.0.0.0/24"]`.
    trusted_proxies: Vec<String>,
}

impl Default for File {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            public_url: String::new(),
            database: String::new(),
            trusted_proxies: Vec::new(),
        }
    }
}

/// The settled configuration of one process.
#[derive(Clone)]
pub struct Config {
    pub data: PathBuf,
    pub listen: SocketAddr,
    /// Without a slash at its end.
    pub public_url: String,
    /// PostgreSQL URL; `None` means SQLite in the data folder. Never logged: it holds a password.
    pub database: Option<String>,
    /// Reverse proxies whose `X-Forwarded-For` is believed; nobody else's is.
    pub trusted_proxies: Vec<IpNet>,
}

impl Config {
    /// Reads `dys.toml` in `data` when it is there; `DYS_LISTEN`, `DYS_PUBLIC_URL`, `DYS_DATABASE`
    /// and `DYS_TRUSTED_PROXIES` (separated by commas) stand above it.
    ///
    /// # Errors
    /// When the file has an unknown key, an address cannot be read, or an address that others
    /// can reach has no https public address (decision 28): one that is listened on, or the public
    /// one itself, since passwords and cookies would travel in the clear.
    pub fn load(data: &Path) -> anyhow::Result<Self> {
        let path = data.join("dys.toml");
        let file: File = match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).with_context(|| format!("{}", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => File::default(),
            Err(error) => return Err(error).with_context(|| format!("{}", path.display())),
        };
        let from_environment = |name: &str, otherwise: String| {
            std::env::var(name)
                .ok()
                .filter(|value| !value.is_empty())
                .unwrap_or(otherwise)
        };
        let listen = from_environment("DYS_LISTEN", file.listen);
        let listen: SocketAddr = listen
            .parse()
            .with_context(|| format!("listen: “{listen}” 127.0.0.1:8080 biçiminde değil"))?;
        let mut public_url = from_environment("DYS_PUBLIC_URL", file.public_url);
        if public_url.is_empty() {
            public_url = format!("http://{listen}");
        }
        let public_url = public_url.trim_end_matches('/').to_owned();
        let reach = reach_of(&public_url)?;
        if reach == Reach::InTheClear {
            bail!(
                "public_url “{public_url}” bu bilgisayarın dışından şifresiz erişilen bir adres; \
                 https://… ile başlamalı (dys.toml ya da DYS_PUBLIC_URL)"
            );
        }
        if !listen.ip().is_loopback() && reach != Reach::Https {
            bail!(
                "{listen} başka bilgisayarlardan erişilebilen bir adres; dinlemek için public_url \
                 https://… ile başlamalı (dys.toml ya da DYS_PUBLIC_URL)"
            );
        }
        let trusted_proxies = match std::env::var("DYS_TRUSTED_PROXIES") {
            Ok(text) if !text.trim().is_empty() => text.split(',').map(str::to_owned).collect(),
            _ => file.trusted_proxies,
        };
        let trusted_proxies = trusted_proxies
            .iter()
            .map(|text| network(text.trim()))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let database = Some(from_environment("DYS_DATABASE", file.database));
        Ok(Self {
            data: data.to_owned(),
            listen,
            public_url,
            database: database.filter(|url| !url.is_empty()),
            trusted_proxies,
        })
    }

    /// Cookies carry `Secure` unless the public address is loopback http.
    #[must_use]
    pub fn secure_cookies(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// How people reach a public address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Https,
    /// http on this machine.
    Loopback,
    /// http from elsewhere.
    InTheClear,
}

fn reach_of(public_url: &str) -> anyhow::Result<Reach> {
    let unreadable =
        || format!("public_url “{public_url}” okunamadı; https://dys.kurum.gov.tr biçiminde yazın");
    let url: Uri = public_url.parse().with_context(unreadable)?;
    let host = url.host().with_context(unreadable)?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let loopback = bare == "localhost"
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    match url.scheme_str() {
        Some("https") => Ok(Reach::Https),
        Some("http") if loopback => Ok(Reach::Loopback),
        Some("http") => Ok(Reach::InTheClear),
        _ => bail!(unreadable()),
    }
}

/// `10.0.0.5` or `10.0.0.0/24`.
fn network(text: &str) -> anyhow::Result<IpNet> {
    let single = text.parse::<IpAddr>().map(IpNet::from);
    single.or_else(|_| text.parse()).with_context(|| {
        format!("trusted_proxies: “{text}” bir adres (10.0.0.5) ya da ağ (10.0.0.0/24) değil")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> anyhow::Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("dys.toml"), text).unwrap();
        Config::load(folder.path())
    }

    #[test]
    fn nobody_reaches_it_in_the_clear() {
        for (text, secure) in [
            ("", false),
            ("public_url = \"http://localhost:8080/\"", false),
            ("public_url = \"http://[::1]:8080\"", false),
            ("public_url = \"https://dys.kurum.gov.tr\"", true),
            (
                "listen = \"0.0.0.0:8080\"\npublic_url = \"https://dys.kurum.gov.tr\"",
                true,
            ),
        ] {
            let config = of(text).unwrap();
            assert_eq!(config.secure_cookies(), secure, "{text}");
            assert!(!config.public_url.ends_with('/'), "{text}");
        }
        for (text, words) in [
            ("listen = \"0.0.0.0:8080\"", "https://"),
            (
                "listen = \"0.0.0.0:8080\"\npublic_url = \"http://127.0.0.1\"",
                "https://",
            ),
            // Behind a proxy that forgets to encrypt, on a loopback listener.
            ("public_url = \"http://dys.kurum.gov.tr\"", "şifresiz"),
            ("public_url = \"http://10.1.2.3\"", "şifresiz"),
            ("public_url = \"dys.kurum.gov.tr\"", "okunamadı"),
            ("public_url = \"ftp://dys.kurum.gov.tr\"", "okunamadı"),
            ("trusted_proxies = [\"vekil\"]", "trusted_proxies"),
            ("renk = \"mavi\"", "renk"),
        ] {
            let error = format!("{:#}", of(text).err().expect(text));
            assert!(error.contains(words), "{text}: {error}");
        }
        let config = of("trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/24\"]").unwrap();
        assert!(config.trusted_proxies[1].contains(&IpAddr::from([10, 0, 0, 7])));
        assert!(!config.trusted_proxies[0].contains(&IpAddr::from([127, 0, 0, 2])));
    }
}
