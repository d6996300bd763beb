//! What can go wrong: refusals that a caller is told in Turkish, and failures of the machine.

use crate::clock::Millis;

/// Any outcome of the provider that is not the one asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's request is answered with a `durum` that is not 0.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// SQLite failed.
    #[error("veri tabanı hatası: {0}")]
    Store(#[from] rusqlite::Error),
    /// A file or socket failed.
    #[error("dosya veya ağ hatası: {0}")]
    Io(#[from] std::io::Error),
    /// The configuration cannot be served.
    #[error("{0}")]
    Config(String),
    /// A worker thread was lost.
    #[error("iç iş parçacığı tamamlanamadı")]
    Worker,
}

/// A definite refusal. The real provider's list of codes could not be read; these numbers are
/// the rehearsal's own and callers should rely on `durum != 0` and the sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("KEP hesabı, T.C. kimlik no, parola veya şifre hatalı.")]
    WrongCredentials,
    #[error("Oturumun süresi doldu. Yeniden giriş yapıp işlemi tekrarlayın.")]
    LoginExpired,
    #[error("Doğrulama kodu veya imza geçerli değil.")]
    WrongSecondFactor,
    #[error("ePaket geçerli bir base64 verisi değil.")]
    BadBase64,
    #[error("ePaket geçerli bir S/MIME iletisi değil: {0}.")]
    NotMime(&'static str),
    #[error("İleti hazırlanamadı: {0}.")]
    NotBuilt(&'static str),
    #[error("İleti çok büyük: {size} bayt. En fazla {limit} bayt gönderilebilir.")]
    TooLarge { size: usize, limit: usize },
    #[error("Böyle bir kutu yok: {0}")]
    UnknownMailbox(String),
    #[error("Bu hesapta böyle bir ileti yok: {0}")]
    UnknownMessage(String),
    #[error("Bu hesapta böyle bir dizin yok: {0}")]
    UnknownFolder(String),
    #[error("Bu hesapta böyle bir delil yok: {0}")]
    UnknownEvidence(String),
    #[error("Tarih okunamadı: {0}")]
    BadTime(String),
    #[error(
        "Hesabın kotası dolu; ileti saklanamadı. Kullanılan: {used_kb} KB, kota: {quota_kb} KB."
    )]
    QuotaFull { used_kb: i64, quota_kb: i64 },
    #[error("Hesabın kontörü yetersiz. Gereken: {needed}, kalan: {left}.")]
    NoCredit { needed: i64, left: i64 },
    #[error("{0} bir elektronik tebligat adresi değil; 15 rakam ve @uets. alan adı beklenir.")]
    NotUets(String),
    #[error("Bu hesapta böyle bir tevdi listesi yok: {0}")]
    UnknownList(String),
    #[error("Birimin tevdi listesine girecek tebligatı yok.")]
    NothingToList,
    #[error("{text}")]
    ByRule { durum: i32, text: String },
}

impl Refusal {
    /// The `durum` number of the answer, never 0.
    pub fn durum(&self) -> i32 {
        match self {
            Self::WrongCredentials => 1,
            Self::LoginExpired => 2,
            Self::WrongSecondFactor => 3,
            Self::BadBase64 => 10,
            Self::NotMime(_) => 11,
            Self::TooLarge { .. } => 12,
            Self::NotBuilt(_) => 13,
            Self::UnknownMessage(_) => 20,
            Self::UnknownFolder(_) => 21,
            Self::UnknownEvidence(_) => 22,
            Self::BadTime(_) => 23,
            Self::UnknownMailbox(_) => 24,
            Self::NotUets(_) => 25,
            Self::UnknownList(_) => 26,
            Self::NothingToList => 27,
            Self::QuotaFull { .. } => 30,
            Self::NoCredit { .. } => 31,
            Self::ByRule { durum, .. } => *durum,
        }
    }
}

/// Result of the provider's own functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A moment far enough that nothing waits for it.
pub const NEVER: Millis = i64::MAX / 4;
