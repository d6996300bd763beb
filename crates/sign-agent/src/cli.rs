//! The command line, and the file that remembers the pairing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Parser;
use serde::{Deserialize, Serialize};

use crate::server::{Refused, Server};
use crate::session::Session;
use crate::terminal::Terminal;
use crate::viewer::Viewer;

/// Masanızdaki imza aracı: DYS'de imzaya aldığınız yazıları gösterir ve kartınızla imzalar.
#[derive(Debug, Parser)]
#[command(name = "dys-sign-agent", version)]
pub struct Arguments {
    /// DYS'nin adresi, örneğin <https://dys.ornek.bel.tr>; ilk çalıştırmada verilir
    #[arg(long)]
    pub server: Option<String>,
    /// Kartın PKCS#11 sürücüsü
    #[arg(long, env = "DYS_PKCS11_MODULE")]
    pub module: Option<PathBuf>,
    /// Eşlemenin saklandığı dosya
    #[arg(long)]
    pub state: Option<PathBuf>,
    /// Sunucunun sertifikasına güvenilen ek kök (PEM)
    #[arg(long)]
    pub ca: Option<PathBuf>,
    /// Yazıyı açacak program; `none` yazılırsa sayfa açılmaz
    #[arg(long)]
    pub viewer: Option<PathBuf>,
    /// Bekleyen yazılar bitince kapanır; bekleyen yoksa gelmesini bekler
    #[arg(long)]
    pub once: bool,
}

/// Whom the program was paired with.
#[derive(Debug, Serialize, Deserialize)]
struct Pairing {
    server: String,
    token: String,
    name: String,
}

/// Drivers of the cards in use, where their installers put them.
#[cfg(windows)]
const MODULES: [&str; 3] = [
    r"C:\Windows\System32\akisp11.dll",
    r"C:\Windows\System32\eTPKCS11.dll",
    r"C:\Program Files\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll",
];
#[cfg(not(windows))]
const MODULES: [&str; 5] = [
    "/usr/lib/libakisp11.so",
    "/usr/lib/x86_64-linux-gnu/libakisp11.so",
    "/usr/lib/libeTPkcs11.so",
    "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
];

/// Pairs if needed, then waits for letters until it is ended.
///
/// # Errors
/// When the pairing fails or the state file cannot be written.
pub async fn execute(arguments: Arguments) -> anyhow::Result<()> {
    let mut terminal = Terminal::standard();
    let path = state_file(arguments.state.as_deref())?;
    let pairing = match read(&path)? {
        Some(pairing)
            if arguments
                .server
                .as_ref()
                .is_none_or(|s| same(s, &pairing.server)) =>
        {
            pairing
        }
        _ => pair(&arguments, &path, &mut terminal).await?,
    };
    let server = Server::new(&pairing.server, arguments.ca.as_deref())?.with_token(&pairing.token);
    let module = module(arguments.module)?;
    terminal.say(&format!(
        "{} ile eşlenmiş: {}. Yazıları DYS'de imzaya alın; bu pencereyi açık bırakın.",
        pairing.server, pairing.name
    ));
    let viewer = Viewer::new(arguments.viewer);
    let mut session = Session::new(server, module, terminal, viewer);
    loop {
        let worked = match session.round().await {
            Err(error) if Refused::is_pairing(&error) => {
                std::fs::remove_file(&path).with_context(|| path.display().to_string())?;
                bail!(
                    "{error} Ardından aracı --server {} ile yeniden başlatın.",
                    pairing.server
                );
            }
            worked => worked?,
        };
        if worked && arguments.once {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn pair(
    arguments: &Arguments,
    path: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Pairing> {
    let Some(address) = &arguments.server else {
        bail!(
            "Bu araç henüz bir DYS ile eşlenmemiş. DYS'de Kişisel İşlemler > İmza Aracı ekranından \
             kod alın ve --server ADRES ile başlatın."
        );
    };
    let server = Server::new(address, arguments.ca.as_deref())?;
    let code = terminal.ask("DYS'de Kişisel İşlemler > İmza Aracı ekranındaki eşleme kodu: ")?;
    let (token, name) = server.pair(&code).await?;
    let pairing = Pairing {
        server: server.address().to_owned(),
        token,
        name,
    };
    write(path, &serde_json::to_string_pretty(&pairing)?)?;
    Ok(pairing)
}

fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

fn state_file(chosen: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(path) = chosen {
        return Ok(path.to_owned());
    }
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let home = if cfg!(windows) {
        folder("APPDATA")
    } else {
        folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))
    };
    let home = home.context("Ev klasörü bilinmiyor; --state DOSYA ile yer gösterin.")?;
    Ok(home.join("dys").join("imza-araci.json"))
}

fn read(path: &Path) -> anyhow::Result<Option<Pairing>> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let pairing = serde_json::from_str(&text)
                .with_context(|| format!("{} bozuk; silip yeniden eşleyin.", path.display()))?;
            Ok(Some(pairing))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// The token is a secret: only its owner may read the file.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options
        .open(path)
        .with_context(|| path.display().to_string())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(())
}

fn module(chosen: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    if let Some(path) = chosen {
        return Ok(path);
    }
    let found = MODULES.iter().map(PathBuf::from).find(|path| path.exists());
    found.context(
        "Kart sürücüsü (PKCS#11) bulunamadı. Kartınızın sürücüsünü kurun ya da --module DOSYA ile \
         yerini gösterin.",
    )
}
