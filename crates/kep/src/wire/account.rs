//! Credentials, log-in, quota, credit, statistics and folders.

use std::fmt;

use super::{Answer, Binary, Fields, Record, Request, Shape, WireError, Xsd};

/// Who asks: `eyKepHesapGirisP`, in the body of every request. Its secrets never show in `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// KEP address of the account.
    pub address: Option<String>,
    /// National id of the işlem yetkilisi.
    pub national_id: Option<String>,
    pub parola: Option<String>,
    pub sifre: Option<String>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Record for Account {
    const TYPE: &'static str = "eyKepHesapGirisP";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.text("kepHesap", Xsd::String, &mut self.address)?;
        f.text("tcno", Xsd::String, &mut self.national_id)?;
        f.text("parola", Xsd::String, &mut self.parola)?;
        f.text("sifre", Xsd::String, &mut self.sifre)
    }
}

/// `durum` and `hataaciklama` alone: `eyDurumSonuc`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    pub durum: Option<i64>,
    pub explanation: Option<String>,
}

impl Status {
    pub(super) fn fields_of(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.int("durum", &mut self.durum)?;
        f.text("hataaciklama", Xsd::String, &mut self.explanation)
    }
}

/// First step of the secured log-in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Giris {
    pub account: Account,
    /// `BASE`, `OTP` or `EIMZA`.
    pub kind: Option<String>,
}

impl Record for Giris {
    const TYPE: &'static str = "eyGiris";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.record("kepHesap", &mut self.account)?;
        f.text("girisTur", Xsd::GirisTur, &mut self.kind)
    }
}

impl Request for Giris {
    const OPERATION: &'static str = "Giris";
    type Answer = GirisAnswer;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GirisAnswer {
    /// A text in this contract: `0` for success.
    pub durum: Option<String>,
    pub explanation: Option<String>,
    /// Text to be signed for `EIMZA`.
    pub text: Option<String>,
    /// Base64 hash of that text.
    pub hash: Option<String>,
    pub security_id: Option<String>,
}

impl Record for GirisAnswer {
    const TYPE: &'static str = "eyGirisSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.text("durum", Xsd::String, &mut self.durum)?;
        f.text("hataaciklama", Xsd::String, &mut self.explanation)?;
        f.text("eMetin", Xsd::String, &mut self.text)?;
        f.text("eHash", Xsd::String, &mut self.hash)?;
        f.text("eGuvenlikId", Xsd::String, &mut self.security_id)
    }
}

impl Answer for GirisAnswer {
    const WRAPPER: &'static str = "GirisResponse";
    const SHAPE: Shape = Shape::InReturn;
}

/// Second step of the secured log-in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuvenliGiris {
    pub account: Account,
    pub kind: Option<String>,
    /// The number from the text message, for `OTP`.
    pub sms_key: Option<String>,
    /// The signed text (p7s), for `EIMZA`.
    pub signature: Option<Binary>,
    pub security_id: Option<String>,
}

impl Record for GuvenliGiris {
    const TYPE: &'static str = "eyGuvenliGiris";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.record("kepHesap", &mut self.account)?;
        f.text("girisTur", Xsd::GirisTur, &mut self.kind)?;
        f.text("smsKey", Xsd::String, &mut self.sms_key)?;
        f.binary("eCadesBes", &mut self.signature)?;
        f.text("eGuvenlikId", Xsd::String, &mut self.security_id)
    }
}

impl Request for GuvenliGiris {
    const OPERATION: &'static str = "GuvenliGiris";
    type Answer = GuvenliGirisAnswer;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuvenliGirisAnswer {
    /// A text in this contract: `0` for success.
    pub durum: Option<String>,
    pub explanation: Option<String>,
    pub security_id: Option<String>,
}

impl Record for GuvenliGirisAnswer {
    const TYPE: &'static str = "eyGuvenliGirisSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.text("durum", Xsd::String, &mut self.durum)?;
        f.text("hataaciklama", Xsd::String, &mut self.explanation)?;
        f.text("eGuvenlikId", Xsd::String, &mut self.security_id)
    }
}

impl Answer for GuvenliGirisAnswer {
    const WRAPPER: &'static str = "GuvenliGirisResponse";
    const SHAPE: Shape = Shape::InReturn;
}

/// Names of the mailbox folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DizinSorgula {
    pub account: Account,
}

/// Room left in the mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KotaSorgula {
    pub account: Account,
}

/// Credit left on the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KontorSorgula {
    pub account: Account,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IstatistikSorgula {
    pub account: Account,
}

// These four take the credentials themselves as `param0`.

impl Record for DizinSorgula {
    const TYPE: &'static str = Account::TYPE;
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.account.fields(f)
    }
}

impl Request for DizinSorgula {
    const OPERATION: &'static str = "DizinSorgula";
    type Answer = DizinSorgulaAnswer;
}

impl Record for KotaSorgula {
    const TYPE: &'static str = Account::TYPE;
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.account.fields(f)
    }
}

impl Request for KotaSorgula {
    const OPERATION: &'static str = "KotaSorgula";
    type Answer = KotaSorgulaAnswer;
}

impl Record for KontorSorgula {
    const TYPE: &'static str = Account::TYPE;
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.account.fields(f)
    }
}

impl Request for KontorSorgula {
    const OPERATION: &'static str = "KontorSorgula";
    type Answer = KontorSorgulaAnswer;
}

impl Record for IstatistikSorgula {
    const TYPE: &'static str = Account::TYPE;
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.account.fields(f)
    }
}

impl Request for IstatistikSorgula {
    const OPERATION: &'static str = "IstatistikSorgula";
    type Answer = IstatistikSorgulaAnswer;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DizinSorgulaAnswer {
    pub folders: Vec<Option<String>>,
}

impl Record for DizinSorgulaAnswer {
    const TYPE: &'static str = "DizinSorgulaResponse";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.texts("return", Xsd::String, &mut self.folders)
    }
}

impl Answer for DizinSorgulaAnswer {
    const WRAPPER: &'static str = "DizinSorgulaResponse";
    const SHAPE: Shape = Shape::Direct;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KotaSorgulaAnswer {
    /// Kilobytes, as the provider's own library shows it.
    pub quota: Option<i64>,
}

impl Record for KotaSorgulaAnswer {
    const TYPE: &'static str = "KotaSorgulaResponse";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.int("return", &mut self.quota)
    }
}

impl Answer for KotaSorgulaAnswer {
    const WRAPPER: &'static str = "KotaSorgulaResponse";
    const SHAPE: Shape = Shape::Direct;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KontorSorgulaAnswer {
    /// A decimal number, as received.
    pub amount: Option<String>,
    pub unit: Option<String>,
}

impl Record for KontorSorgulaAnswer {
    const TYPE: &'static str = "kontorSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.text("miktar", Xsd::Decimal, &mut self.amount)?;
        f.text("cins", Xsd::String, &mut self.unit)
    }
}

impl Answer for KontorSorgulaAnswer {
    const WRAPPER: &'static str = "KontorSorgulaResponse";
    const SHAPE: Shape = Shape::InReturn;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IstatistikSorgulaAnswer {
    pub result: Option<String>,
}

impl Record for IstatistikSorgulaAnswer {
    const TYPE: &'static str = "IstatistikSorgulaResponse";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.text("sonuc", Xsd::String, &mut self.result)
    }
}

impl Answer for IstatistikSorgulaAnswer {
    const WRAPPER: &'static str = "IstatistikSorgulaResponse";
    const SHAPE: Shape = Shape::Direct;
}
