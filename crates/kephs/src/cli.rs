//! The command line: `kephs serve` and `kephs account`, also for a program that hosts them.

use std::{io::Write as _, net::SocketAddr, path::PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jiff::SignedDuration;

use crate::{
    clock::{Clock, SystemClock, parse_xsd},
    config::{Binary, Config, Duplicates, NewAccount, UnknownRecipients},
    engine::Provider,
    server,
};

/// Prova KEP sağlayıcısının komutları.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prova KEP sağlayıcısını çalıştırır
    Serve(Box<Serve>),
    /// KEP hesabı ekler ya da var olanın bilgilerini değiştirir
    Account(Account),
}

/// `kephs serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Dinlenecek adres (yalnızca bu bilgisayarın kendisi); 0 boş bir kapı seçer
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Veri klasörü
    #[arg(long)]
    pub data: PathBuf,
    /// Hizmet verilen alan adı (birden çok verilebilir); ilki sağlayıcının adıdır
    #[arg(long = "domain", default_value = "hs99.kep.example")]
    pub domains: Vec<String>,
    /// Başka alan adında olup kutusu burada duran tek adres (birden çok verilebilir)
    #[arg(long = "local-address", default_value = crate::config::MANUAL_ADDRESS)]
    pub local_addresses: Vec<String>,
    /// Okunmayan iletinin okunmuş sayılacağı süre, örneğin 2m, 24h
    #[arg(long, default_value = "24h", value_parser = duration)]
    pub legal_period: SignedDuration,
    /// Tebligatın tebliğ edilmiş sayılacağı süre; verilmezse beşinci günün sonu (7/a)
    #[arg(long, value_parser = duration)]
    pub notice_period: Option<SignedDuration>,
    /// "Okundu kabul edildi" delilinin kodu: sayı ya da none
    #[arg(long, default_value = "61")]
    pub deemed_read_code: String,
    /// Hizmet verilen alan adında tanınmayan alıcıya ne olacağı
    #[arg(long, value_enum, default_value = "create")]
    pub unknown_recipients: UnknownRecipients,
    /// Başka sağlayıcının adresleri kabul (20) delilinden sonra teslim edilmez
    #[arg(long)]
    pub other_provider_keeps: bool,
    /// Aynı hesabın aynı Message-ID ile ikinci iletisi
    #[arg(long, value_enum, default_value = "accept")]
    pub duplicates: Duplicates,
    /// Kabul ile teslim arasındaki süre
    #[arg(long, default_value = "0s", value_parser = duration)]
    pub delivery_delay: SignedDuration,
    /// En büyük ileti, bayt
    #[arg(long, default_value_t = 25 * 1024 * 1024)]
    pub max_message_bytes: usize,
    /// Listelerdeki tarihler saat dilimi olmadan yazılır
    #[arg(long)]
    pub times_without_offset: bool,
    /// Yanıtlardaki ikili alanlar
    #[arg(long, value_enum, default_value = "as-asked")]
    pub binary: Binary,
    /// Başlangıçta bulunacak hesaplar: JSON dizisi, [{"address","tcno","parola","sifre"}]
    #[arg(long)]
    pub accounts: Option<PathBuf>,
    /// Prova sertifika makamının anahtar dosyası; verilmezse veri klasöründe durur
    #[arg(long)]
    pub authority: Option<PathBuf>,
    /// Saat kendiliğinden ilerlemez; istekle ilerletilir (testler için)
    #[arg(long)]
    pub manual_clock: bool,
    /// Standart girdi kapanınca da sonlanır (başlatan program ölünce geride kalmamak için)
    #[arg(long)]
    pub end_with_stdin: bool,
    /// Elle ilerleyen saatin ilk değeri, örneğin 2026-11-24T09:00:00+03:00; yoksa şimdi
    #[arg(long)]
    pub clock_start: Option<String>,
}

/// `kephs account`: parola and sifre come from `KEPHS_PAROLA` and `KEPHS_SIFRE`.
#[derive(Debug, Args)]
pub struct Account {
    /// Veri klasörü
    #[arg(long)]
    pub data: PathBuf,
    /// KEP adresi
    #[arg(long)]
    pub address: String,
    /// İşlem yetkilisinin T.C. kimlik numarası
    #[arg(long)]
    pub tcno: String,
    /// Kontör
    #[arg(long)]
    pub kontor: Option<i64>,
    /// Kota, KB
    #[arg(long)]
    pub kota_kb: Option<i64>,
    #[arg(long, env = "KEPHS_PAROLA", hide = true, hide_env_values = true)]
    pub parola: String,
    #[arg(long, env = "KEPHS_SIFRE", hide = true, hide_env_values = true)]
    pub sifre: String,
}

/// Does what the command line says; `serve` returns when the process is asked to end.
pub async fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(it) => serve(*it).await,
        Command::Account(it) => account(it),
    }
}

async fn serve(it: Serve) -> anyhow::Result<()> {
    let end_with_stdin = it.end_with_stdin;
    // Before anybody is told where it serves, so that nobody asks too early.
    let asked = asked_to_end()?;
    let running = server::start(it.config()?).await?;
    let line = serde_json::json!({
        "event": "serving",
        "address": running.address(),
        "base_url": running.base_url(),
        "endpoint": running.endpoint(),
    });
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    out.flush()?;
    if end_with_stdin {
        tokio::select! {
            () = asked => {}
            () = stdin_closed() => {}
        }
    } else {
        asked.await;
    }
    running.stop().await?;
    Ok(())
}

fn account(it: Account) -> anyhow::Result<()> {
    let provider = Provider::open(Config::new(it.data))?;
    provider.put_account(&NewAccount {
        address: it.address.clone(),
        tcno: it.tcno,
        parola: it.parola,
        sifre: it.sifre,
        kontor: it.kontor,
        kota_kb: it.kota_kb,
    })?;
    let line = serde_json::json!({ "event": "account", "address": it.address });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

impl Serve {
    /// The configuration that these arguments ask for.
    pub fn config(self) -> anyhow::Result<Config> {
        let deemed_read_code = match self.deemed_read_code.as_str() {
            "none" => None,
            code => Some(
                code.parse()
                    .context("--deemed-read-code bir sayı ya da none olmalı")?,
            ),
        };
        let accounts = match &self.accounts {
            None => Vec::new(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("Hesap dosyası okunamadı: {}", path.display()))?;
                serde_json::from_str(&text)
                    .with_context(|| format!("Hesap dosyası bozuk: {}", path.display()))?
            }
        };
        Ok(Config {
            listen: self.listen,
            data: self.data,
            domains: self.domains.iter().map(|it| it.to_lowercase()).collect(),
            local_addresses: self
                .local_addresses
                .iter()
                .map(|it| crate::config::normal_address(it))
                .collect(),
            legal_period: self.legal_period,
            notice_period: self.notice_period,
            deemed_read_code,
            unknown_recipients: self.unknown_recipients,
            other_provider_delivers: !self.other_provider_keeps,
            duplicates: self.duplicates,
            delivery_delay: self.delivery_delay,
            max_message_bytes: self.max_message_bytes,
            times_with_offset: !self.times_without_offset,
            binary: self.binary,
            accounts,
            authority: self.authority,
            manual_clock: manual_clock(self.manual_clock, self.clock_start.as_deref())?,
        })
    }
}

fn manual_clock(wanted: bool, start: Option<&str>) -> anyhow::Result<Option<i64>> {
    match (wanted, start) {
        (false, None) => Ok(None),
        (false, Some(_)) => bail!("--clock-start yalnızca --manual-clock ile verilir"),
        (true, None) => Ok(Some(SystemClock.now())),
        (true, Some(text)) => {
            Ok(Some(parse_xsd(text).with_context(|| {
                format!("--clock-start okunamadı: {text}")
            })?))
        }
    }
}

fn duration(text: &str) -> Result<SignedDuration, String> {
    let duration: SignedDuration = text
        .parse()
        .map_err(|_| format!("süre okunamadı: {text} (örnek: 90s, 2m, 24h)"))?;
    if duration.is_negative() {
        Err("süre eksi olamaz".into())
    } else {
        Ok(duration)
    }
}

/// Resolves when nobody can write to our standard input any more.
async fn stdin_closed() {
    let (closed, wait) = tokio::sync::oneshot::channel();
    // A thread of its own: a blocked read must not hold up the runtime's end.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = closed.send(());
    });
    let _ = wait.await;
}

/// Listens for Ctrl-C and, where there is one, SIGTERM from now on; the future resolves at the
/// first of them.
#[cfg(unix)]
fn asked_to_end() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves at Ctrl-C.
#[cfg(not(unix))]
fn asked_to_end() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
