//! One round: what waits is checked, shown, agreed to, signed with one PIN entry, and each gets its result.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use jiff::Timestamp;
use seal::key::TokenKey;
use seal::{Content, SignOptions};

use crate::card;
use crate::content::{self, Letter};
use crate::message;
use crate::server::{Kind, Refused, Server, Unknown, Waiting};
use crate::shown::{Shown, plain};
use crate::spool::{Place, Spool};
use crate::terminal::Terminal;
use crate::viewer::{Page, Viewer};

/// Wrong PINs in one round; a card locks after a few.
const TRIES: u32 = 2;

pub struct Session {
    server: Server,
    module: PathBuf,
    terminal: Terminal,
    viewer: Viewer,
    /// The last trouble with the server, so that it is told once and not every second.
    trouble: String,
}

/// What is signed of one request.
enum Work {
    /// `PaketOzeti`.
    Letter(Vec<u8>),
    /// The contents of KEP messages, by their ids.
    Messages(Spool, Vec<(String, Place)>),
}

struct Agreed {
    waiting: Waiting,
    work: Work,
}

/// What the person answered.
enum Answer {
    Yes,
    No,
}

impl Session {
    pub fn new(server: Server, module: PathBuf, terminal: Terminal, viewer: Viewer) -> Self {
        Self {
            server,
            module,
            terminal,
            viewer,
            trouble: String::new(),
        }
    }

    /// Serves what waits now; says whether anything did.
    ///
    /// # Errors
    /// When the terminal is gone, or the pairing. Other trouble with server, card or a letter is
    /// told and survived.
    pub async fn round(&mut self) -> anyhow::Result<bool> {
        let waiting = match self.server.waiting().await {
            Ok(waiting) => waiting,
            Err(error) if Refused::is_pairing(&error) => return Err(error),
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
            plain(&waiting.signer)
        ));
        let mut agreed = Vec::new();
        for request in waiting.requests {
            let fetched = self.fetch(&request).await;
            let (shown, work) = match fetched {
                Ok(fetched) => fetched,
                Err(error) => {
                    self.fail(&request, &error.to_string()).await;
                    continue;
                }
            };
            match self.ask(&request, &shown)? {
                Answer::Yes => agreed.push(Agreed {
                    waiting: request,
                    work,
                }),
                Answer::No => self.decline(&request).await,
            }
        }
        if !agreed.is_empty() {
            self.sign(agreed).await?;
        }
        Ok(true)
    }

    /// Shows one request and its page and asks; the page's file is gone after the answer. A page
    /// that could not be opened, or whose viewer ended with a fault, is signed only by whoever
    /// writes that it was not seen.
    fn ask(&mut self, waiting: &Waiting, shown: &Shown) -> anyhow::Result<Answer> {
        if waiting.kind == Kind::Kep {
            let count = shown.addresses.len();
            let text = format!("\n  KEP işlem yetkilisi imzası: {count} ileti");
            self.terminal.say(&text);
        }
        self.terminal.say(&shown.lines());
        let mut page = self.open(&shown.page);
        let mut seen = self.viewer.is_off();
        loop {
            let answer = self.terminal.ask(if seen || page.is_some() {
                "  İmzalansın mı? [e: evet, h: hayır, g: yazıyı yeniden göster] "
            } else {
                "  Yazıyı görmediniz. [g: yeniden göster, h: imzalama; yine de imzalamak için \
                 görmeden yazın] "
            })?;
            // Known only now, when the person has looked: a viewer ends when it likes.
            if page.as_mut().is_some_and(Page::has_failed) {
                page = None;
                self.terminal
                    .say("  Yazı gösterilemedi: görüntüleyici hata vererek kapandı.");
            }
            match (answer.to_lowercase().as_str(), seen || page.is_some()) {
                ("e" | "evet", true) | ("görmeden" | "gormeden", false) => return Ok(Answer::Yes),
                ("h" | "hayır" | "hayir", _) => return Ok(Answer::No),
                ("g", _) => {
                    seen |= page.is_some();
                    drop(page);
                    page = self.open(&shown.page);
                }
                _ => {}
            }
        }
    }

    fn open(&mut self, pdf: &[u8]) -> Option<Page> {
        match self.viewer.open(pdf) {
            Ok(page) => {
                self.terminal.say("  Yazının ilk sayfası açılıyor.");
                Some(page)
            }
            Err(error) => {
                self.terminal.say(&format!("  Yazı gösterilemedi: {error}"));
                None
            }
        }
    }

    /// Fetches one request's bytes and checks that they are what they are said to be.
    async fn fetch(&self, waiting: &Waiting) -> anyhow::Result<(Shown, Work)> {
        match waiting.kind {
            Kind::Letter => {
                let content = self.server.content(&waiting.id).await?;
                let metadata = self.server.metadata(&waiting.id).await?;
                let letter = Letter {
                    content: &content,
                    page: self.server.letter(&waiting.id).await?,
                    metadata: &metadata,
                };
                let shown = content::check(waiting, letter)?;
                Ok((shown, Work::Letter(content)))
            }
            Kind::Kep => self.fetch_messages(waiting).await,
        }
    }

    async fn fetch_messages(&self, waiting: &Waiting) -> anyhow::Result<(Shown, Work)> {
        let mut spool = Spool::new()?;
        let (mut places, mut known) = (Vec::new(), Vec::new());
        for message in &waiting.messages {
            let bytes = self.server.message(&waiting.id, &message.id).await?;
            let bytes = Bytes::from(bytes);
            known.extend(message::check(waiting, message, &bytes, &known)?);
            places.push((message.id.clone(), spool.put(&bytes)?));
        }
        let first = known.into_iter().next();
        let mut shown = first.context("İmzalanacak KEP iletisi yok.")?.shown;
        shown.addresses = waiting
            .messages
            .iter()
            .map(|message| message.address.clone())
            .collect();
        Ok((shown, Work::Messages(spool, places)))
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
                    self.fail(&one.waiting, &text).await;
                }
                return Ok(());
            }
        };
        for one in agreed {
            let number = plain(&one.waiting.official_number);
            match self.sign_one(&key, &one.waiting, one.work).await {
                Ok(said) => self.terminal.say(&format!("  {number}: {said}")),
                // DYS tells what became of it: a refusal now would speak of what it may have taken.
                Err(error) if error.is::<Unknown>() => self
                    .terminal
                    .say(&format!("  {number}: sonuç bilinmiyor. {error}")),
                Err(error) => self.fail(&one.waiting, &error.to_string()).await,
            }
        }
        Ok(())
    }

    /// Signs one request and hands its signatures over; says what became of it.
    async fn sign_one(
        &mut self,
        key: &TokenKey,
        waiting: &Waiting,
        work: Work,
    ) -> anyhow::Result<String> {
        let options = SignOptions::at(now());
        match work {
            Work::Letter(content) => {
                let cms = seal::sign(key, Content::Attached(&content), &options)?;
                let last = self.server.hand_over(&waiting.id, cms).await?;
                Ok(if last {
                    "imzalandı.".to_owned()
                } else {
                    "imzanız alındı; sıradaki imza bekleniyor.".to_owned()
                })
            }
            Work::Messages(mut spool, places) => {
                let count = places.len();
                let mut given_back = None;
                for (id, place) in places {
                    let content = spool.get(place)?;
                    let cms = seal::sign(key, Content::Detached(&content), &options)?;
                    let message = self.server.hand_over_message(&waiting.id, &id, cms);
                    given_back = message.await?;
                }
                Ok(match given_back {
                    Some(reason) => format!("imzalandı ama gönderilmedi: {}", plain(&reason)),
                    None => format!("{count} KEP iletisi imzalandı; gönderim başladı."),
                })
            }
        }
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

    /// Tells the signer here and on the screen why something was not signed.
    async fn fail(&mut self, waiting: &Waiting, text: &str) {
        let number = plain(&waiting.official_number);
        self.terminal
            .say(&format!("  {number}: imzalanmadı. {text}"));
        // When the server itself is the trouble, the request runs out there by itself.
        let _ = self.server.refuse(&waiting.id, text, false).await;
    }

    async fn decline(&mut self, waiting: &Waiting) {
        let text = "İmza aracında onay verilmedi.";
        let number = plain(&waiting.official_number);
        self.terminal
            .say(&format!("  {number}: imzalanmadı. {text}"));
        let _ = self.server.refuse(&waiting.id, text, true).await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program at the desk has no other clock"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
