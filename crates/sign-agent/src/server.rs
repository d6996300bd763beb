//! What the program asks of DYS: bounded in time and size, one server only, no redirects.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use reqwest::header::AUTHORIZATION;
use reqwest::{Client, RequestBuilder, Url, redirect};
use serde::Deserialize;
use serde_json::{Value, json};

const TIME_OUT: Duration = Duration::from_secs(60);
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The one server of a pairing.
pub struct Server {
    http: Client,
    address: String,
    token: Option<String>,
}

/// A letter that waits for the card.
#[derive(Debug, Clone, Deserialize)]
pub struct Waiting {
    pub id: String,
    pub official_number: String,
    pub subject: String,
    pub recipients: Vec<String>,
    pub content_hash: String,
}

/// Letters that wait, and whose they are.
#[derive(Debug, Deserialize)]
pub struct Requests {
    pub signer: String,
    pub requests: Vec<Waiting>,
}

impl Server {
    /// # Errors
    /// When the address is neither https nor this computer's own.
    pub fn new(address: &str, ca: Option<&Path>) -> anyhow::Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = Url::parse(address).context("DYS adresi https://… biçiminde olmalı")?;
        let own = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && own) {
            bail!("DYS adresi https ile başlamalı: {address}");
        }
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(TIME_OUT)
            .connect_timeout(Duration::from_secs(10));
        if own {
            builder = builder.no_proxy();
        }
        if let Some(path) = ca {
            let pem = std::fs::read(path).with_context(|| path.display().to_string())?;
            let roots = reqwest::Certificate::from_pem_bundle(&pem)?;
            builder = builder.tls_certs_only(roots);
        } else if url.scheme() == "http" {
            builder = builder.tls_certs_only([]);
        }
        Ok(Self {
            http: builder.build().context("HTTP istemcisi kurulamadı")?,
            address: address.trim_end_matches('/').to_owned(),
            token: None,
        })
    }

    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Gives the token and the person's name for a code.
    pub async fn pair(&self, code: &str) -> anyhow::Result<(String, String)> {
        let body = serde_json::to_vec(&json!({ "code": code }))?;
        let request = self.http.post(self.url("pair")).body(body);
        let answer: Value = serde_json::from_slice(&self.send(request).await?)?;
        match (answer["token"].as_str(), answer["name"].as_str()) {
            (Some(token), Some(name)) => Ok((token.to_owned(), name.to_owned())),
            _ => bail!("DYS eşleme isteğine beklenmeyen bir yanıt verdi."),
        }
    }

    pub async fn waiting(&self) -> anyhow::Result<Requests> {
        let answer = self.send(self.http.get(self.url("requests"))).await?;
        serde_json::from_slice(&answer).context("DYS beklenmeyen bir yanıt verdi")
    }

    /// The bytes to sign.
    pub async fn content(&self, id: &str) -> anyhow::Result<Vec<u8>> {
        self.send(self.http.get(self.url(&format!("requests/{id}/content"))))
            .await
    }

    /// The letter as PDF.
    pub async fn letter(&self, id: &str) -> anyhow::Result<Vec<u8>> {
        self.send(self.http.get(self.url(&format!("requests/{id}/letter"))))
            .await
    }

    /// Hands the signature over; says whether the letter is signed by all now.
    pub async fn hand_over(&self, id: &str, cms: Vec<u8>) -> anyhow::Result<bool> {
        let request = self
            .http
            .post(self.url(&format!("requests/{id}/signature")));
        let answer = self.send(request.body(cms)).await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        Ok(answer["signed"] == true)
    }

    /// Tells why a letter was not signed, for the screen.
    pub async fn refuse(&self, id: &str, message: &str) -> anyhow::Result<()> {
        let body = serde_json::to_vec(&json!({ "message": message }))?;
        let request = self.http.post(self.url(&format!("requests/{id}/refusal")));
        self.send(request.body(body)).await.map(drop)
    }

    fn url(&self, path: &str) -> String {
        format!("{}/imza-araci/v1/{path}", self.address)
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Vec<u8>> {
        let request = match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        };
        let silent = || {
            anyhow!(
                "DYS'ye ulaşılamıyor ({}). Ağ bağlantınızı denetleyin; araç yeniden deneyecek.",
                self.address
            )
        };
        let mut response = request.send().await.map_err(|_| silent())?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| silent())? {
            if body.len() + chunk.len() > MOST_BYTES {
                bail!("DYS'nin yanıtı çok büyük.");
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return Ok(body);
        }
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        let sentence = ["message", "detail"].iter().find_map(|key| {
            problem[*key]
                .as_str()
                .or_else(|| problem["error"][*key].as_str())
        });
        match sentence {
            Some(sentence) => bail!("{sentence}"),
            None => bail!("DYS isteği kabul etmedi (HTTP {}).", status.as_u16()),
        }
    }
}
