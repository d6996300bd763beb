//! What the program asks of DYS: bounded in time and size, one server only, no redirects.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use reqwest::header::{AUTHORIZATION, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, StatusCode, Url, redirect};
use serde::Deserialize;
use serde_json::{Value, json};

const TIME_OUT: Duration = Duration::from_secs(60);
/// A letter to a thousand offices comes near the server's limit of requests in a minute.
const MOST_PAUSES: u32 = 3;
const MOST_PAUSE: Duration = Duration::from_secs(61);
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The one server of a pairing.
pub struct Server {
    http: Client,
    address: String,
    token: Option<String>,
}

/// What is to be signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `PaketOzeti` of a letter.
    #[default]
    Letter,
    /// The KEP messages of a letter on its way out.
    Kep,
}

/// A request that waits for the card, in the server's words: only to be compared with the bytes.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Waiting {
    pub id: String,
    pub kind: Kind,
    pub official_number: String,
    pub subject: String,
    /// Of a letter.
    #[serde(default)]
    pub recipients: Vec<Whom>,
    #[serde(default)]
    pub content_hash: String,
    /// Of a letter on its way out.
    #[serde(default)]
    pub messages: Vec<Message>,
}

/// A recipient.
#[derive(Debug, Clone, Deserialize)]
pub struct Whom {
    pub name: String,
    /// DETSİS number, register number or national id.
    pub key: Option<String>,
}

impl Whom {
    pub fn key_or_name(&self) -> String {
        self.key.clone().unwrap_or_else(|| self.name.clone())
    }
}

/// A KEP message.
#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    pub id: String,
    pub address: String,
    pub content_hash: String,
}

/// The server said no, in its own words.
#[derive(Debug)]
pub struct Refused {
    status: u16,
    sentence: String,
}

impl Refused {
    /// Whether DYS itself said no: what fails behind it, or in front of it, may have been done.
    fn is_final(error: &anyhow::Error) -> bool {
        error
            .downcast_ref::<Self>()
            .is_some_and(|refused| refused.status < 500)
    }

    /// Whether it means that this program is paired no longer.
    pub fn is_pairing(error: &anyhow::Error) -> bool {
        error
            .downcast_ref::<Self>()
            .is_some_and(|refused| refused.status == 401)
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Refused {}

/// A signature was handed over and no word of DYS came back: it may have been taken or not.
#[derive(Debug)]
pub struct Unknown;

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "DYS'den yanıt alınamadı; imzanın alınıp alınmadığına DYS'de Kişisel İşlemler > İmza \
             Aracı ekranından bakın.",
        )
    }
}

impl std::error::Error for Unknown {}

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

    /// Üstveri of a letter.
    pub async fn metadata(&self, id: &str) -> anyhow::Result<Vec<u8>> {
        self.send(self.http.get(self.url(&format!("requests/{id}/metadata"))))
            .await
    }

    /// The bytes to sign of one KEP message.
    pub async fn message(&self, id: &str, message: &str) -> anyhow::Result<Vec<u8>> {
        let path = format!("requests/{id}/messages/{message}");
        self.send(self.http.get(self.url(&path))).await
    }

    /// Hands the signature of one KEP message over; says why the letter was given back, if it was
    /// the last one and a rule stands in the way by now.
    pub async fn hand_over_message(
        &self,
        id: &str,
        message: &str,
        cms: Vec<u8>,
    ) -> anyhow::Result<Option<String>> {
        let path = format!("requests/{id}/messages/{message}/signature");
        let answer = self.give(&path, cms).await?;
        Ok(answer["message"].as_str().map(str::to_owned))
    }

    /// The letter as PDF.
    pub async fn letter(&self, id: &str) -> anyhow::Result<Vec<u8>> {
        self.send(self.http.get(self.url(&format!("requests/{id}/letter"))))
            .await
    }

    /// Hands the signature over; says whether the letter is signed by all now.
    pub async fn hand_over(&self, id: &str, cms: Vec<u8>) -> anyhow::Result<bool> {
        let answer = self.give(&format!("requests/{id}/signature"), cms).await?;
        Ok(answer["signed"] == true)
    }

    /// Posts a signature: an answer that is lost on the way is [`Unknown`], and no refusal.
    async fn give(&self, path: &str, cms: Vec<u8>) -> anyhow::Result<Value> {
        let request = self.http.post(self.url(path)).body(cms);
        match self.send(request).await {
            Ok(answer) => Ok(serde_json::from_slice(&answer).map_err(|_| Unknown)?),
            Err(error) if Refused::is_final(&error) => Err(error),
            Err(_) => Err(Unknown.into()),
        }
    }

    /// Tells why a letter was not signed, for the screen; `declined` when the person said no.
    pub async fn refuse(&self, id: &str, message: &str, declined: bool) -> anyhow::Result<()> {
        let body = serde_json::to_vec(&json!({ "message": message, "declined": declined }))?;
        let request = self.http.post(self.url(&format!("requests/{id}/refusal")));
        self.send(request.body(body)).await.map(drop)
    }

    fn url(&self, path: &str) -> String {
        format!("{}/imza-araci/v1/{path}", self.address)
    }

    /// Waits as long as the server asks, when there were too many requests in a minute.
    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Vec<u8>> {
        for _ in 0..MOST_PAUSES {
            let Some(again) = request.try_clone() else {
                break;
            };
            match self.send_once(again).await? {
                Ok(body) => return Ok(body),
                Err(pause) => tokio::time::sleep(pause).await,
            }
        }
        match self.send_once(request).await? {
            Ok(body) => Ok(body),
            Err(_) => Err(Refused {
                status: StatusCode::TOO_MANY_REQUESTS.as_u16(),
                sentence: "DYS çok fazla istek aldı; biraz sonra yeniden deneyin.".to_owned(),
            }
            .into()),
        }
    }

    /// The body, or how long to wait first.
    async fn send_once(
        &self,
        request: RequestBuilder,
    ) -> anyhow::Result<Result<Vec<u8>, Duration>> {
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
        if status == StatusCode::TOO_MANY_REQUESTS {
            let asked = response.headers().get(RETRY_AFTER);
            let asked = asked.and_then(|value| value.to_str().ok()?.parse().ok());
            return Ok(Err(Duration::from_secs(asked.unwrap_or(1)).min(MOST_PAUSE)));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| silent())? {
            if body.len() + chunk.len() > MOST_BYTES {
                bail!("DYS'nin yanıtı çok büyük.");
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return Ok(Ok(body));
        }
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        let sentence = ["message", "detail"].iter().find_map(|key| {
            problem[*key]
                .as_str()
                .or_else(|| problem["error"][*key].as_str())
        });
        let status = status.as_u16();
        Err(Refused {
            sentence: sentence.map_or_else(
                || format!("DYS isteği kabul etmedi (HTTP {status})."),
                str::to_owned,
            ),
            status,
        }
        .into())
    }
}
