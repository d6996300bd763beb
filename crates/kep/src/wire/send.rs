//! Sending: a finished S/MIME message, or one that the provider builds.

use super::{Account, Answer, Binary, Fields, Record, Request, Shape, Status, WireError, Xsd};

/// Hands over a finished S/MIME message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Yukle {
    pub account: Account,
    pub package: Option<Binary>,
    /// `Standart`, `ETEbligat` or `EYazisma`.
    pub kind: Option<String>,
}

impl Record for Yukle {
    const TYPE: &'static str = "eyYukle";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.record("kepHesap", &mut self.account)?;
        f.binary("ePaket", &mut self.package)?;
        f.text("ePaketTur", Xsd::PaketTur, &mut self.kind)
    }
}

impl Request for Yukle {
    const OPERATION: &'static str = "Yukle";
    type Answer = YukleAnswer;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YukleAnswer {
    pub durum: Option<i64>,
    /// The provider's id of the message, in Message-ID form.
    pub kep_id: Option<String>,
    pub explanation: Option<String>,
}

impl Record for YukleAnswer {
    const TYPE: &'static str = "eyYukleSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.int("durum", &mut self.durum)?;
        f.text("kepId", Xsd::String, &mut self.kep_id)?;
        f.text("hataaciklama", Xsd::String, &mut self.explanation)
    }
}

impl Answer for YukleAnswer {
    const WRAPPER: &'static str = "YukleResponse";
    const SHAPE: Shape = Shape::InReturn;
}

/// Lets the provider build the MIME message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MimeYap {
    pub account: Account,
    pub kind: Option<String>,
    /// Becomes `X-TR-REM-iletiID`.
    pub package_id: Option<String>,
    /// Recipients, joined with commas.
    pub to: Option<String>,
    pub subject: Option<String>,
    pub content: Option<String>,
    /// `TEXT` or `HTML`.
    pub content_kind: Option<String>,
    pub attachments: Vec<Binary>,
    /// `SHA1`, `SHA256` or `SHA512`.
    pub digest: Option<String>,
}

impl Record for MimeYap {
    const TYPE: &'static str = "eyMimeYap";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.record("kepHesap", &mut self.account)?;
        f.text("ePaketTur", Xsd::PaketTur, &mut self.kind)?;
        f.text("ePaketId", Xsd::String, &mut self.package_id)?;
        f.text("kime", Xsd::String, &mut self.to)?;
        f.text("konu", Xsd::String, &mut self.subject)?;
        f.text("icerik", Xsd::String, &mut self.content)?;
        f.text("eIcerikTur", Xsd::IcerikTur, &mut self.content_kind)?;
        f.binaries("ekler", &mut self.attachments)?;
        f.text("eOzetAlg", Xsd::OzetAlg, &mut self.digest)
    }
}

impl Request for MimeYap {
    const OPERATION: &'static str = "MimeYap";
    type Answer = MimeYapAnswer;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MimeYapAnswer {
    /// A text in this contract: `0` for success.
    pub durum: Option<String>,
    pub explanation: Option<String>,
    /// Base64 hash to be signed.
    pub hash: Option<String>,
    pub message_id: Option<String>,
}

impl Record for MimeYapAnswer {
    const TYPE: &'static str = "eyMimeYapSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.text("durum", Xsd::String, &mut self.durum)?;
        f.text("hataaciklama", Xsd::String, &mut self.explanation)?;
        f.text("eHash", Xsd::String, &mut self.hash)?;
        f.text("mesajid", Xsd::String, &mut self.message_id)
    }
}

impl Answer for MimeYapAnswer {
    const WRAPPER: &'static str = "MimeYapResponse";
    const SHAPE: Shape = Shape::InReturn;
}

/// Sends what [`MimeYap`] built, with its signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmimeGonder {
    pub account: Account,
    pub message_id: Option<String>,
    pub signature: Option<Binary>,
}

impl Record for SmimeGonder {
    const TYPE: &'static str = "eySmimeGonder";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.record("kepHesap", &mut self.account)?;
        f.text("mesajid", Xsd::String, &mut self.message_id)?;
        f.binary("imza", &mut self.signature)
    }
}

impl Request for SmimeGonder {
    const OPERATION: &'static str = "SmimeGonder";
    type Answer = SmimeGonderAnswer;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmimeGonderAnswer {
    pub status: Status,
}

impl Record for SmimeGonderAnswer {
    const TYPE: &'static str = "eyDurumSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.status.fields_of(f)
    }
}

impl Answer for SmimeGonderAnswer {
    const WRAPPER: &'static str = "SmimeGonderResponse";
    const SHAPE: Shape = Shape::InReturn;
}
