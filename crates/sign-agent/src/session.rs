//! One round: what waits is shown, agreed to, signed with one PIN entry, and each gets its result.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::anyhow;
use jiff::Timestamp;
use seal::key::TokenKey;
use seal::{Content, SignOptions};

use crate::card;
use crate::content;
use crate::server::{Server, Waiting};
use crate::terminal::Terminal;

/// Wrong PINs in one round; a card locks after a few.
const TRIES: u32 = 2;

pub struct Session {
    server: Server,
    module: PathBuf,
    terminal: Terminal,
    /// The last trouble with the server, so that it is told once and not every second.
    trouble: String,
}

struct Agreed {
    letter: Waiting,
    content: Vec<u8>,
}

impl Session {
    pub fn new(server: Server, module: PathBuf, terminal: Terminal) -> Self {
        Self {
            server,
            module,
            terminal,
            trouble: String::new(),
        }
    }

    /// Serves what waits now; says whether anything did.
    ///
    /// # Errors
    /// When the terminal is gone. Trouble with server, card or a letter is told and survived.
    pub async fn round(&mut self) -> anyhow::Result<bool> {
        let waiting = match self.server.waiting().await {
            Ok(waiting) => waiting,
            Err(error) => {
                let text = error.to_string();
                if text != self.trouble {
                    self.terminal.say(&text);
                    self.trouble = text;
                }
                return Ok(false);
            }
        };
        self.trouble.clear();
        if waiting.requests.is_empty() {
            return Ok(false);
        }
        let count = waiting.requests.len();
        self.terminal.say(&format!(
            "\n{}: imzanızı bekleyen {count} yazı var.",
            waiting.signer
        ));
        let mut agreed = Vec::new();
        for letter in waiting.requests {
            if let Some(content) = self.show(&letter).await? {
                agreed.push(Agreed { letter, content });
            }
        }
        if !agreed.is_empty() {
            self.sign(agreed).await?;
        }
        Ok(true)
    }

    /// Fetches and checks one letter, shows it and asks; none when it will not be signed.
    async fn show(&mut self, letter: &Waiting) -> anyhow::Result<Option<Vec<u8>>> {
        let fetched = self.fetch(letter).await;
        let (content, pdf) = match fetched {
            Ok(fetched) => fetched,
            Err(error) => {
                self.fail(letter, &error.to_string()).await;
                return Ok(None);
            }
        };
        self.terminal.say(&format!(
            "\n  Sayı:   {}\n  Konu:   {}\n  Alıcı:  {}",
            plain(&letter.official_number),
            plain(&letter.subject),
            recipients(&letter.recipients)
        ));
        loop {
            let answer = self
                .terminal
                .ask("  İmzalansın mı? [e: evet, h: hayır, g: yazıyı göster] ")?;
            match answer.to_lowercase().as_str() {
                "e" | "evet" => return Ok(Some(content)),
                "h" | "hayır" | "hayir" => {
                    self.fail(letter, "İmzacı imza aracında onay vermedi.")
                        .await;
                    return Ok(None);
                }
                "g" => {
                    let said = view(&pdf).unwrap_or_else(|error| error.to_string());
                    self.terminal.say(&said);
                }
                _ => {}
            }
        }
    }

    async fn fetch(&self, letter: &Waiting) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
        let content = self.server.content(&letter.id).await?;
        let pdf = self.server.letter(&letter.id).await?;
        content::check(&content, &letter.content_hash, &pdf)?;
        Ok((content, pdf))
    }

    async fn sign(&mut self, agreed: Vec<Agreed>) -> anyhow::Result<()> {
        let key = match self.open_card().await {
            Ok(key) => key,
            Err(error) => {
                if error.is::<std::io::Error>() {
                    return Err(error);
                }
                let text = error.to_string();
                for one in &agreed {
                    self.fail(&one.letter, &text).await;
                }
                return Ok(());
            }
        };
        for one in agreed {
            let result = match sign_one(&key, &one.content) {
                Ok(cms) => self.server.hand_over(&one.letter.id, cms).await,
                Err(error) => Err(error),
            };
            let number = plain(&one.letter.official_number);
            match result {
                Ok(true) => self.terminal.say(&format!("  {number}: imzalandı.")),
                Ok(false) => self.terminal.say(&format!(
                    "  {number}: imzanız alındı; sıradaki imza bekleniyor."
                )),
                Err(error) => self.fail(&one.letter, &error.to_string()).await,
            }
        }
        Ok(())
    }

    /// Finds the card first, so that nobody types a PIN for nothing.
    async fn open_card(&mut self) -> anyhow::Result<TokenKey> {
        let mut last = anyhow!("PIN girilmedi.");
        for _ in 0..TRIES {
            let token = card::find(&self.module)?;
            let pin = self
                .terminal
                .secret(&format!("  {} kartının PIN'i: ", plain(&token.label)))?;
            if pin.is_empty() {
                return Err(anyhow!("PIN girilmedi; hiçbir yazı imzalanmadı."));
            }
            let opened =
                tokio::task::spawn_blocking(move || card::open(&token, &pin, now())).await?;
            match opened {
                Ok(key) => return Ok(key),
                Err(error) => {
                    let again = matches!(
                        error.downcast_ref::<seal::key::TokenError>(),
                        Some(seal::key::TokenError::WrongPin)
                    );
                    if !again {
                        return Err(error);
                    }
                    self.terminal.say(&format!("  {error}"));
                    last = error;
                }
            }
        }
        Err(last)
    }

    /// Tells the signer here and on the screen why a letter was not signed.
    async fn fail(&mut self, letter: &Waiting, text: &str) {
        let number = plain(&letter.official_number);
        self.terminal
            .say(&format!("  {number}: imzalanmadı. {text}"));
        // When the server itself is the trouble, the request runs out there by itself.
        let _ = self.server.refuse(&letter.id, text).await;
    }
}

fn sign_one(key: &TokenKey, content: &[u8]) -> anyhow::Result<Vec<u8>> {
    Ok(seal::sign(
        key,
        Content::Attached(content),
        &SignOptions::at(now()),
    )?)
}

/// Opens the letter with the desk's own viewer.
fn view(pdf: &[u8]) -> anyhow::Result<String> {
    let mut file = tempfile::Builder::new()
        .prefix("dys-")
        .suffix(".pdf")
        .tempfile()?;
    file.write_all(pdf)?;
    let (_, path) = file.keep()?;
    let opened = Command::new("xdg-open")
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Ok(match opened {
        Ok(_) => "  Yazı açılıyor.".to_owned(),
        Err(_) => format!("  Yazı şurada: {}", path.display()),
    })
}

fn recipients(names: &[String]) -> String {
    match names {
        [] => "—".to_owned(),
        [one] => plain(one),
        [first, rest @ ..] => format!("{} ve {} yer daha", plain(first), rest.len()),
    }
}

/// Nothing that a letter says may move the cursor.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program at the desk has no other clock"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
