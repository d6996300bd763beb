//! What a package says, in types: metadata, final metadata, digests, core properties.

mod code;
mod party;
mod value;

pub use code::{AttachmentKind, Generation, Purpose, Secrecy, Urgency};
pub use party::{Company, Contact, Institution, Party, Person};
pub use value::{Guid, Identifier, Stamp, Text, is_duration};

/// Üstveri: what the letter is, before date and number are final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// BelgeId.
    pub id: Guid,
    /// Konu.
    pub subject: Text,
    pub secrecy: Secrecy,
    /// GuvenlikKoduGecerlilikTarihi; none: without end.
    pub secrecy_until: Option<Stamp>,
    /// MIME type of the letter.
    pub mime_type: String,
    /// OzId: the sender's own identifier.
    pub own_id: Option<Identifier>,
    /// DagitimListesi.
    pub recipients: Vec<Distribution>,
    /// Ekler.
    pub attachments: Vec<Attachment>,
    /// Ilgiler.
    pub references: Vec<Reference>,
    /// Dil: ISO 639-3.
    pub language: Option<String>,
    /// Olusturan; none only in packages that lack it.
    pub creator: Option<Party>,
    /// IlgiliListesi.
    pub concerned: Vec<Party>,
    /// DosyaAdi: the letter's file name, equal to that of its part.
    pub file_name: String,
    /// SdpBilgisi (2.x).
    pub file_plan: Option<FilePlan>,
    /// HeyskListesi (2.x).
    pub services: Vec<Service>,
    /// DogrulamaAdresi (2.x).
    pub verification_address: String,
    /// Tarih, which stands here in 1.x only.
    pub old_date: Option<Stamp>,
    /// BelgeNo, which stands here in 1.x only.
    pub old_number: Option<String>,
}

impl Default for Metadata {
    fn default() -> Self {
        Self {
            id: Guid::default(),
            subject: Text::default(),
            secrecy: Secrecy::None,
            secrecy_until: None,
            mime_type: String::new(),
            own_id: None,
            recipients: Vec::new(),
            attachments: Vec::new(),
            references: Vec::new(),
            language: None,
            creator: None,
            concerned: Vec::new(),
            file_name: String::new(),
            file_plan: None,
            services: Vec::new(),
            verification_address: String::new(),
            old_date: None,
            old_number: None,
        }
    }
}

impl Metadata {
    /// The attachments that lie in the package and that the signature covers.
    pub fn signed_files(&self) -> impl Iterator<Item = &Attachment> {
        self.attachments
            .iter()
            .filter(|it| it.kind == AttachmentKind::File && it.signed == Some(true))
    }
}

/// Dagitim: one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    pub party: Party,
    pub urgency: Urgency,
    pub purpose: Purpose,
    /// Miat, an `xsd:duration` such as `P15D`; what was read stays as it stands.
    pub deadline: Option<String>,
    /// KonulmamisEkListesi: attachments that this recipient does not get.
    pub left_out: Vec<Guid>,
}

/// Ek.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    pub id: Guid,
    /// EYazismaIdMi: the id is that of another package.
    pub is_package_id: Option<bool>,
    /// BelgeNo.
    pub number: Option<String>,
    pub kind: AttachmentKind,
    /// DosyaAdi, equal to the name of its part.
    pub file_name: Option<String>,
    pub mime_type: Option<String>,
    /// Ad.
    pub title: Option<Text>,
    /// SiraNo, from 1.
    pub order: i32,
    /// Aciklama.
    pub note: Option<Text>,
    /// Referans: where an external file lies.
    pub location: Option<String>,
    pub own_id: Option<Identifier>,
    /// ImzaliMi: covered by the signature.
    pub signed: Option<bool>,
    /// Ozet of an external file.
    pub digest: Option<ExternalDigest>,
}

/// Ozet: the digest of a file that lies outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalDigest {
    /// The algorithm's URI.
    pub algorithm: String,
    pub value: Vec<u8>,
}

/// Ilgi.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    pub id: Guid,
    pub is_package_id: Option<bool>,
    /// BelgeNo.
    pub number: Option<String>,
    pub date: Option<Stamp>,
    /// Etiket: a, b, c, ç …
    pub label: String,
    /// EkId: the attachment that holds it.
    pub attachment: Option<Guid>,
    pub title: Option<Text>,
    pub note: Option<Text>,
    pub own_id: Option<Identifier>,
}

/// SdpBilgisi: codes of the standard file plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilePlan {
    /// The code that stands in the number.
    pub main: PlanCode,
    pub others: Vec<PlanCode>,
}

/// SDP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanCode {
    pub code: String,
    pub name: String,
    pub note: Option<String>,
}

/// Heysk: a service of the state's inventory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    pub code: i32,
    pub name: String,
    pub note: Option<String>,
}

/// NihaiÜstveri: what is known only after the last signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FinalMetadata {
    /// Tarih.
    pub date: Stamp,
    /// BelgeNo: the sayı.
    pub number: String,
    /// BelgeImzalar.
    pub signers: Vec<Signer>,
}

/// Imza: who signed, and in whose place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signer {
    pub person: Person,
    /// YetkiDevreden.
    pub delegated_by: Option<Person>,
    /// VekaletVeren.
    pub deputised_by: Option<Person>,
    /// Makam.
    pub office: Option<Text>,
    /// Amac.
    pub purpose: Option<Text>,
    pub note: Option<Text>,
    pub date: Option<Stamp>,
}

/// The OPC core properties that the package uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Core {
    pub identifier: Option<String>,
    pub created: Option<Stamp>,
    pub creator: Option<String>,
    pub subject: Option<String>,
    pub category: Option<String>,
    pub content_type: Option<String>,
    pub version: Option<String>,
    /// The program that made it.
    pub revision: Option<String>,
}

/// PaketOzeti, NihaiOzet or ParafOzeti: which parts have which digests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DigestList {
    /// The document's id.
    pub id: Option<String>,
    pub entries: Vec<DigestEntry>,
}

/// One Reference of a digest list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DigestEntry {
    /// The part's name, as written.
    pub uri: String,
    /// Inside or outside the package, as written.
    pub place: String,
    pub digests: Vec<DigestValue>,
}

impl DigestEntry {
    /// True when it speaks of a file outside the package.
    #[must_use]
    pub fn is_external(&self) -> bool {
        self.place.ends_with("#harici")
    }
}

/// One digest with its algorithm's URI.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DigestValue {
    pub algorithm: String,
    pub value: Vec<u8>,
}

/// GuncellemeBilgisi: what an update package changes (2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecrecyChange {
    /// YeniGizlilikDerecesi.
    pub secrecy: Secrecy,
    /// DegistirmeTarihi.
    pub date: Stamp,
    /// Aciklama.
    pub note: String,
    /// KomisyonKarariBelgeNo.
    pub decision_number: String,
    /// KomisyonKarariBelgeId.
    pub decision_id: String,
}

/// SifreliIcerikBilgisi: how the inner package was encrypted, as its writer states it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncryptionNote {
    /// Yontem: the guide's title.
    pub method: Option<String>,
    pub version: Option<String>,
    pub addresses: Vec<String>,
}
