//! Operations of the contract that DYS itself does not use: e-tebligat lists and authorised persons.

use std::fmt;

use super::{Account, Answer, Binary, Fields, Record, Request, Shape, Status, WireError, Xsd};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YukleTebligat {
    pub account: Account,
    pub package: Option<Binary>,
    pub unit_id: Option<String>,
    pub unit_name: Option<String>,
    pub barcode: Option<String>,
    pub with_return: Option<bool>,
}

impl Record for YukleTebligat {
    const TYPE: &'static str = "eyYukleTebligat";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.record("kepHesap", &mut self.account)?;
        f.binary("ePaket", &mut self.package)?;
        f.text("BirimId", Xsd::String, &mut self.unit_id)?;
        f.text("BirimAdi", Xsd::String, &mut self.unit_name)?;
        f.text("Barkod", Xsd::String, &mut self.barcode)?;
        f.boolean("Donuslu", &mut self.with_return)
    }
}

impl Request for YukleTebligat {
    const OPERATION: &'static str = "YukleTebligat";
    type Answer = YukleTebligatAnswer;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReturnBarcode {
    pub recipient: Option<String>,
    pub barcode: Option<String>,
}

impl Record for ReturnBarcode {
    const TYPE: &'static str = "eyDonusBarkod";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.text("Alici", Xsd::String, &mut self.recipient)?;
        f.text("Barkod", Xsd::String, &mut self.barcode)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YukleTebligatAnswer {
    pub durum: Option<i64>,
    pub kep_id: Option<String>,
    pub barcodes: Vec<ReturnBarcode>,
    pub explanation: Option<String>,
}

impl Record for YukleTebligatAnswer {
    const TYPE: &'static str = "eyYukleTebligatSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.int("durum", &mut self.durum)?;
        f.text("kepId", Xsd::String, &mut self.kep_id)?;
        f.records("DonusBarkod", &mut self.barcodes)?;
        f.text("hataaciklama", Xsd::String, &mut self.explanation)
    }
}

impl Answer for YukleTebligatAnswer {
    const WRAPPER: &'static str = "YukleTebligatResponse";
    const SHAPE: Shape = Shape::InReturn;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TevdiListesiOlustur {
    pub account: Account,
    pub unit_id: Option<String>,
}

impl Record for TevdiListesiOlustur {
    const TYPE: &'static str = "eyTevdiListesi";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.record("kepHesap", &mut self.account)?;
        f.text("BirimId", Xsd::String, &mut self.unit_id)
    }
}

impl Request for TevdiListesiOlustur {
    const OPERATION: &'static str = "TevdiListesiOlustur";
    type Answer = TevdiListesiOlusturAnswer;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TevdiListesiOlusturAnswer {
    pub durum: Option<i64>,
    pub explanation: Option<String>,
    pub list_number: Option<String>,
    /// A decimal number, as received.
    pub total_fee: Option<String>,
    pub barcodes: Vec<Option<String>>,
}

impl Record for TevdiListesiOlusturAnswer {
    const TYPE: &'static str = "eyTevdiListesiSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.int("durum", &mut self.durum)?;
        f.text("hataaciklama", Xsd::String, &mut self.explanation)?;
        f.text("TevdiListeNo", Xsd::String, &mut self.list_number)?;
        f.text("ToplamUcret", Xsd::Decimal, &mut self.total_fee)?;
        f.texts("Barkod", Xsd::String, &mut self.barcodes)
    }
}

impl Answer for TevdiListesiOlusturAnswer {
    const WRAPPER: &'static str = "TevdiListesiOlusturResponse";
    const SHAPE: Shape = Shape::InReturn;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TevdiListesiSil {
    pub account: Account,
    pub list_number: Option<String>,
}

impl Record for TevdiListesiSil {
    const TYPE: &'static str = "eyTevdiListesiSil";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.record("kepHesap", &mut self.account)?;
        f.text("TevdiListeNo", Xsd::String, &mut self.list_number)
    }
}

impl Request for TevdiListesiSil {
    const OPERATION: &'static str = "TevdiListesiSil";
    type Answer = TevdiListesiSilAnswer;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TevdiListesiSilAnswer {
    pub status: Status,
}

impl Record for TevdiListesiSilAnswer {
    const TYPE: &'static str = "eyDurumSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.status.fields_of(f)
    }
}

impl Answer for TevdiListesiSilAnswer {
    const WRAPPER: &'static str = "TevdiListesiSilResponse";
    const SHAPE: Shape = Shape::InReturn;
}

/// Adds an authorised person to an account.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct YetkiliKayit {
    pub account: Account,
    pub national_id: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// The service takes `INSERT` when it is left out.
    pub action: Option<String>,
}

impl fmt::Debug for YetkiliKayit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("YetkiliKayit")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl Record for YetkiliKayit {
    const TYPE: &'static str = "eyYetkiliKayit";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.record("kepHesap", &mut self.account)?;
        f.text("kepYetkiliTCNO", Xsd::String, &mut self.national_id)?;
        f.text("kepYetkiliTel", Xsd::String, &mut self.phone)?;
        f.text("kepYetkiliEPosta", Xsd::String, &mut self.email)?;
        f.text("kepYetkiliAdi", Xsd::String, &mut self.first_name)?;
        f.text("kepYetkiliSoyadi", Xsd::String, &mut self.last_name)?;
        f.text("islemTip", Xsd::String, &mut self.action)
    }
}

impl Request for YetkiliKayit {
    const OPERATION: &'static str = "YetkiliKayit";
    type Answer = YetkiliKayitAnswer;
}

/// Carries fresh secrets, which never show in `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct YetkiliKayitAnswer {
    pub status: Status,
    pub parola: Option<String>,
    pub sifre: Option<String>,
}

impl fmt::Debug for YetkiliKayitAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("YetkiliKayitAnswer")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Record for YetkiliKayitAnswer {
    const TYPE: &'static str = "eyYetkiliKayitSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.status.fields_of(f)?;
        f.text("parola", Xsd::String, &mut self.parola)?;
        f.text("sifre", Xsd::String, &mut self.sifre)
    }
}

impl Answer for YetkiliKayitAnswer {
    const WRAPPER: &'static str = "YetkiliKayitResponse";
    const SHAPE: Shape = Shape::InReturn;
}

/// Removes an authorised person from an account.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct YetkiliSil {
    pub account: Account,
    pub national_id: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}

impl fmt::Debug for YetkiliSil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("YetkiliSil")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl Record for YetkiliSil {
    const TYPE: &'static str = "eyYetkiliSil";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        f.record("kepHesap", &mut self.account)?;
        f.text("kepYetkiliTCNO", Xsd::String, &mut self.national_id)?;
        f.text("kepYetkiliAdi", Xsd::String, &mut self.first_name)?;
        f.text("kepYetkiliSoyadi", Xsd::String, &mut self.last_name)
    }
}

impl Request for YetkiliSil {
    const OPERATION: &'static str = "YetkiliSil";
    type Answer = YetkiliSilAnswer;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YetkiliSilAnswer {
    pub status: Status,
}

impl Record for YetkiliSilAnswer {
    const TYPE: &'static str = "eyDurumSonuc";
    fn fields(&mut self, f: &mut Fields<'_>) -> Result<(), WireError> {
        self.status.fields_of(f)
    }
}

impl Answer for YetkiliSilAnswer {
    const WRAPPER: &'static str = "YetkiliSilResponse";
    const SHAPE: Shape = Shape::InReturn;
}
