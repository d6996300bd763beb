//! What a foreign package may be at most, and why one is not read at all.

use crate::check::{Finding, Severity};
use crate::xml::XmlLimits;

/// Limits against bombs. Only the XML parts and signatures are held in memory; letters and
/// attachments are streamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub package: u64,
    /// Entries of the archive.
    pub entries: usize,
    /// Bytes of one part, unpacked.
    pub part: u64,
    /// Bytes of all parts, unpacked.
    pub total: u64,
    /// Unpacked over packed size, for parts above one megabyte.
    pub ratio: u64,
    /// Bytes of an entry's name.
    pub name: usize,
    /// Folders in an entry's name.
    pub depth: usize,
    /// Bytes of a part that is held in memory: XML, signatures, the original of an update package.
    pub held: u64,
    /// Attachments that Üstveri names; recipients and references as well.
    pub lines: usize,
    /// Lines of one digest list.
    pub digests: usize,
    pub xml: XmlLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            package: 256 << 20,
            entries: 2000,
            part: 512 << 20,
            total: 1 << 30,
            ratio: 200,
            name: 512,
            depth: 8,
            held: 16 << 20,
            lines: 4000,
            digests: 6000,
            xml: XmlLimits {
                depth: 32,
                nodes: 200_000,
            },
        }
    }
}

/// Why a file is not read as a package at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("not a readable ZIP archive: {0}")]
    NotZip(String),
    #[error("{what} is {size}, the limit is {limit}")]
    TooLarge {
        what: &'static str,
        size: u64,
        limit: u64,
    },
    #[error("{0} unpacks to more than {1} times its size")]
    Bomb(String, u64),
    #[error("the entry name {0:?} is not one of a part")]
    BadName(String),
    #[error("the entry {0:?} is there more than once")]
    Duplicate(String),
    #[error("entries of the archive overlap")]
    Overlap,
    #[error("the entry {0:?} is encrypted within the archive")]
    EncryptedEntry(String),
    #[error("{0} cannot be unpacked: {1}")]
    Damaged(String, String),
    #[error("the part {0} is not there")]
    NoPart(String),
    #[error("this package is not encrypted, or has no content")]
    NotEncrypted,
    #[error("the content could not be decrypted: {0}")]
    Decrypt(String),
    #[error("reading failed: {0}")]
    Io(#[from] std::io::Error),
}

impl ReadError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotZip(_) => "KAP.ZIP_DEGIL",
            Self::TooLarge { .. } => "KAP.COK_BUYUK",
            Self::Bomb(..) => "KAP.ZIP_BOMBASI",
            Self::BadName(_) => "KAP.BILESEN_ADI",
            Self::Duplicate(_) => "KAP.YINELENEN_BILESEN",
            Self::Overlap => "KAP.CAKISAN_BILESEN",
            Self::EncryptedEntry(_) => "KAP.ZIP_SIFRESI",
            Self::Damaged(..) => "KAP.BOZUK_BILESEN",
            Self::NoPart(_) => "KAP.BILESEN_YOK",
            Self::NotEncrypted => "KAP.SIFRELI_DEGIL",
            Self::Decrypt(_) => "KAP.SIFRE_COZULEMEDI",
            Self::Io(_) => "KAP.OKUNAMADI",
        }
    }

    /// The reason as a finding, for those who keep what cannot be read.
    #[must_use]
    pub fn finding(&self) -> Finding {
        use crate::check::quoted;
        let sentence = match self {
            Self::NotZip(_) => {
                "Dosya e-Yazışma paketi değil: ZIP olarak açılamıyor (bozuk ya da yarım)."
                    .to_owned()
            }
            Self::TooLarge { what, size, limit } => {
                let what = match *what {
                    "package" => "Paketin boyu",
                    "entries" => "Paketteki dosya sayısı",
                    "part" => "Bir bileşenin açılmış boyu",
                    "relations" => "Paketteki ilişki sayısı",
                    "lines" => "Üstveri'deki ek, ilgi ya da muhatap sayısı",
                    "digests" => "Bir özet listesinin satır sayısı",
                    "held part" => "Bir XML ya da imza bileşeninin boyu",
                    _ => "Paketin açılmış boyu",
                };
                format!("{what} {size}; kabul edilen en çok {limit}. Paket açılmadı.")
            }
            Self::Bomb(name, ratio) => format!(
                "{} bileşeni sıkıştırılmış boyunun {ratio} katından fazlasına açılıyor; paket açılmadı.",
                quoted(name)
            ),
            Self::BadName(name) => format!(
                "{} paket içinde bir dosya adı olamaz; paket açılmadı.",
                quoted(name)
            ),
            Self::Duplicate(name) => format!(
                "{} pakette birden çok kez var; hangisinin geçerli olduğu bilinemez.",
                quoted(name)
            ),
            Self::Overlap => "ZIP içindeki dosyalar üst üste biniyor; paket açılmadı.".to_owned(),
            Self::EncryptedEntry(name) => format!(
                "{} ZIP parolasıyla şifrelenmiş; e-Yazışma paketinde bulunamaz.",
                quoted(name)
            ),
            Self::Damaged(name, _) => format!("{} bileşeni bozuk, açılamıyor.", quoted(name)),
            Self::NoPart(name) => format!("{} bileşeni pakette yok.", quoted(name)),
            Self::NotEncrypted => "Paket şifreli değil ya da şifreli içeriği yok.".to_owned(),
            Self::Decrypt(_) => "Şifreli içerik eldeki anahtarla açılamadı.".to_owned(),
            Self::Io(_) => "Paket okunurken bir hata oldu.".to_owned(),
        };
        Finding::new(self.code(), Severity::Critical, sentence)
    }
}
