//! What an installation can be told: a file `dys.toml` in its data folder, then the environment.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
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
}

impl Default for File {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            public_url: String::new(),
            database: String::new(),
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
}

impl Config {
    /// Reads `dys.toml` in `data` when it is there; `DYS_LISTEN`, `DYS_PUBLIC_URL` and
    /// `DYS_DATABASE` stand above it.
    ///
    /// # Errors
    /// When the file has an unknown key, an address cannot be read, or an address that others
    /// can reach has no https public address (decision 28).
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
            .with_context(|| format!("listen: “{listen}” is not of the form 127.0.0.1:8080"))?;
        let mut public_url = from_environment("DYS_PUBLIC_URL", file.public_url);
        if public_url.is_empty() {
            public_url = format!("http://{listen}");
        }
        let public_url = public_url.trim_end_matches('/').to_owned();
        if !listen.ip().is_loopback() && !public_url.starts_with("https://") {
            bail!(
                "listening on {listen}, which others can reach, needs an https public address: \
                 set public_url in dys.toml or DYS_PUBLIC_URL"
            );
        }
        let database = Some(from_environment("DYS_DATABASE", file.database));
        Ok(Self {
            data: data.to_owned(),
            listen,
            public_url,
            database: database.filter(|url| !url.is_empty()),
        })
    }

    /// Cookies carry `Secure` unless the public address is loopback http.
    #[must_use]
    pub fn secure_cookies(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}
