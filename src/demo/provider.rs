//! The rehearsal provider of the demo: a process of its own on a free loopback port.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// The legal period of the demo; the expectation in DYS reads the same number (decision 27).
pub const LEGAL_PERIOD_SECONDS: i64 = 120;

/// After so long the demo counts a notice as served, in place of five days (decision 27).
pub const NOTICE_PERIOD_SECONDS: i64 = 90;

/// A running provider; it ends with this value.
pub struct Provider {
    child: Child,
    /// Its page in the browser.
    pub base_url: String,
    /// Its SOAP service.
    pub endpoint: String,
}

#[derive(Deserialize)]
struct Serving {
    base_url: String,
    endpoint: String,
}

impl Provider {
    /// Starts it as a child process and waits until it says where it serves.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start(data: &Path, accounts: &Path, authority: &Path) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("own program file")?;
        let mut child = Command::new(program)
            .args(["kephs", "serve", "--listen", "127.0.0.1:0"])
            .arg("--data")
            .arg(data)
            .arg("--accounts")
            .arg(accounts)
            .arg("--authority")
            .arg(authority)
            .args(["--legal-period", &format!("{LEGAL_PERIOD_SECONDS}s")])
            .args(["--notice-period", &format!("{NOTICE_PERIOD_SECONDS}s")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("rehearsal provider")?;
        let stdout = child
            .stdout
            .take()
            .context("rehearsal provider: no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let Some(line) = lines.next_line().await.context("rehearsal provider")? else {
            bail!("the rehearsal provider ended before it served");
        };
        let serving: Serving = serde_json::from_str(&line)
            .with_context(|| format!("the rehearsal provider said: {line}"))?;
        Ok(Self {
            child,
            base_url: serving.base_url,
            endpoint: serving.endpoint,
        })
    }

    /// Asks it to end and waits for it.
    pub async fn stop(mut self) {
        if let Some(id) = self.child.id() {
            let _ = Command::new("kill")
                .args(["-TERM", &id.to_string()])
                .status()
                .await;
        }
        let patience = std::time::Duration::from_secs(5);
        if tokio::time::timeout(patience, self.child.wait())
            .await
            .is_err()
        {
            let _ = self.child.kill().await;
        }
    }
}
