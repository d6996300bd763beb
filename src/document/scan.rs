//! What a virus scanner says about a file: ClamAV is asked where the settings name it.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

use crate::app::App;
use crate::document::words;
use crate::error::{Error, invalid};
use crate::setting;

words! {
    /// What is known about a file.
    Verdict {
        Clean = "clean", "Zararlı yazılım bulunmadı";
        Infected = "infected", "Zararlı yazılım içeriyor";
        /// No scanner is configured.
        Unchecked = "unchecked", "Zararlı yazılım taraması yapılmadı";
        /// A scanner is configured and gave no answer.
        Unanswered = "unanswered", "Zararlı yazılım taraması yapılamadı: tarayıcı yanıt vermedi";
    }
}

const PATIENCE: Duration = Duration::from_secs(30);
/// A person waits for the answer.
const PROBE_PATIENCE: Duration = Duration::from_secs(10);
/// The piece in which clamd is fed.
const PIECE: usize = 64 * 1024;
/// clamd answers with one short line.
const LONGEST_ANSWER: u64 = 4_096;

/// The harmless file that every scanner must find (EICAR), in two pieces so that this program
/// itself is not found.
const TEST_FILE: [&str; 2] = [
    "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-",
    "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
];

/// Looks at one file. A scanner that fails leaves it unchecked, never clean; the file is taken.
pub async fn check(app: &App, bytes: &[u8]) -> Verdict {
    if is_test_file(bytes) {
        return Verdict::Infected;
    }
    let address = app
        .store
        .read(|tx| setting::text(tx, setting::CLAMD.key))
        .await;
    match address {
        Ok(Some(address)) if !address.trim().is_empty() => {
            asked(address.trim(), bytes, PATIENCE).await
        }
        Ok(_) => Verdict::Unchecked,
        Err(error) => {
            tracing::error!(%error, "the virus scanner's address cannot be read");
            Verdict::Unanswered
        }
    }
}

/// What the scanner at `address` says within `patience`.
async fn asked(address: &str, bytes: &[u8], patience: Duration) -> Verdict {
    match tokio::time::timeout(patience, ask(address, bytes)).await {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the virus scanner did not answer");
            Verdict::Unanswered
        }
        Err(_) => {
            tracing::warn!("the virus scanner did not answer in time");
            Verdict::Unanswered
        }
    }
}

/// Asks the scanner at `address` about the harmless test file, which it must find.
///
/// # Errors
/// Why it is of no use, in words for the screen.
pub async fn probe(address: &str) -> Result<(), String> {
    let file = TEST_FILE.concat();
    match tokio::time::timeout(PROBE_PATIENCE, ask(address, file.as_bytes())).await {
        Ok(Ok(Verdict::Infected)) => Ok(()),
        Ok(Ok(_)) => Err(
            "Tarayıcı yanıt verdi ama sınama dosyasını (EICAR) tanımadı. İmza veritabanını \
             güncelleyin."
                .to_owned(),
        ),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the virus scanner did not answer a probe");
            Err("Tarayıcıya bağlanılamadı ya da yanıtı anlaşılamadı. Adresi ve clamd'nin çalıştığını \
                 denetleyin."
                .to_owned())
        }
        Err(_) => Err("Tarayıcı zamanında yanıt vermedi.".to_owned()),
    }
}

/// Refuses a file that a scanner found.
///
/// # Errors
/// `dosya_zararli`.
pub fn require_harmless(name: &str, verdict: Verdict) -> Result<(), Error> {
    if verdict != Verdict::Infected {
        return Ok(());
    }
    Err(invalid(
        "dosya_zararli",
        format!(
            "“{name}” zararlı yazılım içeriyor; alınmadı ve saklanmadı. Dosyayı getirenden temiz \
             bir kopya isteyin."
        ),
    ))
}

/// True for the EICAR file, which may carry blanks behind it.
fn is_test_file(bytes: &[u8]) -> bool {
    let mark = TEST_FILE.concat();
    bytes.starts_with(mark.as_bytes())
        && bytes.len() <= 128
        && bytes[mark.len()..].iter().all(u8::is_ascii_whitespace)
}

/// `unix:/run/clamav/clamd.ctl` or `127.0.0.1:3310`.
async fn ask(address: &str, bytes: &[u8]) -> std::io::Result<Verdict> {
    match address.strip_prefix("unix:") {
        Some(path) => stream(UnixStream::connect(path).await?, bytes).await,
        None => stream(TcpStream::connect(address).await?, bytes).await,
    }
}

/// clamd's `INSTREAM`: pieces with their length before them, a zero length at the end.
async fn stream(
    mut socket: impl AsyncRead + AsyncWrite + Unpin,
    bytes: &[u8],
) -> std::io::Result<Verdict> {
    socket.write_all(b"zINSTREAM\0").await?;
    for piece in bytes.chunks(PIECE) {
        let length = u32::try_from(piece.len()).unwrap_or(0);
        socket.write_all(&length.to_be_bytes()).await?;
        socket.write_all(piece).await?;
    }
    socket.write_all(&0_u32.to_be_bytes()).await?;
    socket.flush().await?;
    let mut answer = Vec::new();
    socket.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let answer = answer.trim_end_matches(['\0', '\n']);
    match answer {
        _ if answer.ends_with(" FOUND") => Ok(Verdict::Infected),
        _ if answer.ends_with(": OK") => Ok(Verdict::Clean),
        other => Err(std::io::Error::other(format!("clamd: {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_test_file_itself_is_known_without_a_scanner() {
        let file = TEST_FILE.concat();
        assert!(is_test_file(file.as_bytes()));
        assert!(is_test_file(format!("{file}\r\n").as_bytes()));
        assert!(!is_test_file(format!("{file} ve daha fazlası").as_bytes()));
        assert!(!is_test_file(b"%PDF-1.7"));
    }

    #[tokio::test]
    async fn a_scanner_that_keeps_silent_or_is_not_there_is_not_waited_for() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = silent.local_addr().unwrap().to_string();
        let patience = Duration::from_millis(50);
        assert_eq!(asked(&address, b"x", patience).await, Verdict::Unanswered);
        drop(silent);
        assert_eq!(asked(&address, b"x", PATIENCE).await, Verdict::Unanswered);
        let missing = "unix:/var/empty/clamd.ctl";
        assert_eq!(asked(missing, b"x", PATIENCE).await, Verdict::Unanswered);
    }

    #[tokio::test]
    async fn a_scanner_is_fed_whole_and_its_answer_read() {
        for (answer, expected) in [
            ("stream: OK\0", Some(Verdict::Clean)),
            (
                "stream: Eicar-Test-Signature FOUND\0",
                Some(Verdict::Infected),
            ),
            ("INSTREAM size limit exceeded. ERROR\0", None),
        ] {
            let (ours, mut theirs) = tokio::io::duplex(1 << 20);
            let scanner = tokio::spawn(async move {
                let mut head = [0_u8; 10];
                theirs.read_exact(&mut head).await.unwrap();
                assert_eq!(&head, b"zINSTREAM\0");
                let mut fed = 0;
                loop {
                    let length = theirs.read_u32().await.unwrap();
                    if length == 0 {
                        break;
                    }
                    let mut piece = vec![0; length as usize];
                    theirs.read_exact(&mut piece).await.unwrap();
                    fed += piece.len();
                }
                theirs.write_all(answer.as_bytes()).await.unwrap();
                fed
            });
            let bytes = vec![7_u8; 200_000];
            assert_eq!(stream(ours, &bytes).await.ok(), expected);
            assert_eq!(scanner.await.unwrap(), bytes.len());
        }
    }
}
