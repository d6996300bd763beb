//! The misbehaviours that the provider can be told to show, and which one a moment calls for.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::{error::Result, store::rules};

/// When a misbehaviour acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// On the answer of a SOAP call.
    Call,
    /// When a message is accepted.
    Accept,
    /// When a message is handed to its addressee.
    Deliver,
    /// When evidence is issued or listed.
    Evidence,
    /// When an entry of a mailbox is downloaded.
    Download,
    /// When the messages of a folder are listed.
    List,
}

macro_rules! kinds {
    ($($variant:ident, $name:literal, $stage:ident, $turkish:literal;)*) => {
        /// A way to misbehave.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Kind { $(#[doc = $turkish] #[serde(rename = $name)] $variant,)* }

        impl Kind {
            /// Every kind, in the order of the page.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];
            /// The stable name used by the admin API and the database.
            pub fn name(self) -> &'static str { match self { $(Self::$variant => $name,)* } }
            /// When it acts.
            pub fn stage(self) -> Stage { match self { $(Self::$variant => Stage::$stage,)* } }
            /// What the page calls it.
            pub fn turkish(self) -> &'static str { match self { $(Self::$variant => $turkish,)* } }
        }
    };
}

kinds! {
    LoseAnswer, "lose-answer", Call, "İşlem yapılır, yanıt verilmeden bağlantı kesilir";
    LateAnswer, "late-answer", Call, "İşlem yapılır, yanıt geç verilir (saniye)";
    LateAccept, "late-accept", Call, "İşlem, istemci vazgeçtikten sonra yapılır (saniye)";
    Refuse, "refuse", Call, "İşlem yapılmaz, durum numarası ve açıklama ile reddedilir";
    Fault, "fault", Call, "İşlem yapılmaz, SOAP hatası (Fault) döner";
    CutAnswer, "cut-answer", Call, "İşlem yapılır, yanıt yarıda kesilir";
    HugeAnswer, "huge-answer", Call, "İşlem yapılır, yanıt çok büyüktür (sayı: MB)";
    NotXml, "not-xml", Call, "İşlem yapılır, yanıt XML değildir";
    LoginExpired, "login-expired", Call, "Oturumun süresi dolmuştur (yeniden girişe kadar)";
    AcceptTwice, "accept-twice", Accept, "Tek çağrıda aynı ileti iki kez kabul edilir";
    ListLate, "list-late", Accept, "Gönderilen ileti listelerde geç görünür (saniye)";
    SubmissionRejected, "submission-rejected", Accept, "11: Kephs tarafından reddedildi";
    RelayRejected, "relay-rejected", Deliver, "21: Diğer Kephs tarafından reddedildi";
    RelayFailed, "relay-failed", Deliver, "31: Kephs'ye gönderilemedi";
    MailboxFull, "mailbox-full", Deliver, "41: Alıcının kutusu dolu, bırakılamadı";
    Contradicted, "contradicted", Deliver, "40 verilir, ardından aynı alıcı için 41 de verilir";
    EvidenceLate, "evidence-late", Evidence, "Delil geç görünür (saniye; sayı: yalnızca bu kodlu delil)";
    EvidenceTwice, "evidence-twice", Evidence, "Aynı olayın delili iki kez verilir";
    EvidenceOutOfOrder, "evidence-out-of-order", Evidence, "Deliller sırasız: kabul delili sonrakilerden geç görünür (saniye)";
    EvidenceUnknownCode, "evidence-unknown-code", Evidence, "Delilin kodu bilinmeyen bir sayıdır (sayı)";
    EvidenceBadTime, "evidence-bad-time", Evidence, "Delilin tarihi okunamaz (metin)";
    EvidenceUnsigned, "evidence-unsigned", Evidence, "Delil imzasız verilir";
    EvidenceBroken, "evidence-broken", Evidence, "Delil imzalandıktan sonra değiştirilmiştir";
    EvidenceForeign, "evidence-foreign", Evidence, "Delil bilinmeyen bir kökle imzalanmıştır";
    EvidenceExpired, "evidence-expired", Evidence, "Delili imzalayan sertifikanın süresi dolmuştur";
    EvidenceRevoked, "evidence-revoked", Evidence, "Delili imzalayan sertifika bir gün önce iptal edilmiştir";
    EvidenceUnstamped, "evidence-unstamped", Evidence, "Delil damgasızdır; imzalayan sertifika bir gün sonra dolar";
    EvidenceByPerson, "evidence-by-person", Evidence, "Delili aynı kökten bir kişinin sertifikası imzalamıştır";
    ListWithoutKepId, "list-without-kep-id", List, "Listede iletilerin kepId alanı boştur";
    ListWithoutMessageId, "list-without-message-id", List, "Listede iletilerin OrgMesajId alanı boştur";
    ClockSkew, "clock-skew", Evidence, "Delilin saati kaymıştır (saniye, eksi de olur)";
    EnvelopeUnsigned, "envelope-unsigned", Download, "Zarf imzasız verilir";
    EnvelopeBroken, "envelope-broken", Download, "Zarf imzalandıktan sonra değiştirilmiştir";
    EnvelopeForeign, "envelope-foreign", Download, "Zarf bilinmeyen bir kökle imzalanmıştır";
    ItemEmpty, "item-empty", Download, "İndirilen ileti boştur";
    ItemBinary, "item-binary", Download, "İndirilen dosya bir e-posta iletisi değildir";
}

impl Kind {
    /// The kind of a stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// A misbehaviour to switch on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewRule {
    pub kind: Kind,
    /// Only this SOAP operation; none: every operation. Call stage only.
    #[serde(default)]
    pub operation: Option<String>,
    /// Only this account or recipient; none: everybody.
    #[serde(default)]
    pub address: Option<String>,
    /// Only the next N uses; none: until switched off.
    #[serde(default)]
    pub count: Option<i64>,
    /// Seconds, where the kind needs them.
    #[serde(default)]
    pub seconds: Option<i64>,
    /// Code, `durum` or megabytes, where the kind needs one.
    #[serde(default)]
    pub number: Option<i64>,
    /// Words, where the kind needs some.
    #[serde(default)]
    pub text: Option<String>,
}

impl NewRule {
    /// A rule for everybody until it is switched off.
    pub fn always(kind: Kind) -> Self {
        Self {
            kind,
            operation: None,
            address: None,
            count: None,
            seconds: None,
            number: None,
            text: None,
        }
    }

    /// The same for the next `count` uses only.
    pub fn times(self, count: i64) -> Self {
        Self {
            count: Some(count),
            ..self
        }
    }

    /// The same for one account or recipient only.
    pub fn for_address(self, address: &str) -> Self {
        Self {
            address: Some(crate::config::normal_address(address)),
            ..self
        }
    }

    /// The same for one SOAP operation only.
    pub fn for_operation(self, operation: &str) -> Self {
        Self {
            operation: Some(operation.into()),
            ..self
        }
    }

    /// The same with a number of seconds.
    pub fn seconds(self, seconds: i64) -> Self {
        Self {
            seconds: Some(seconds),
            ..self
        }
    }

    /// The same with a code, `durum` or number of megabytes.
    pub fn number(self, number: i64) -> Self {
        Self {
            number: Some(number),
            ..self
        }
    }

    /// The seconds in milliseconds, or `default` seconds.
    pub fn millis_or(&self, default: i64) -> i64 {
        self.seconds.unwrap_or(default).saturating_mul(1000)
    }
}

/// A misbehaviour that is switched on.
#[derive(Debug, Clone, Serialize)]
pub struct Rule {
    pub id: i64,
    #[serde(flatten)]
    pub what: NewRule,
}

/// What happens, against which rules are matched.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    pub stage: Stage,
    pub operation: Option<&'a str>,
    /// The account and the recipients concerned.
    pub addresses: &'a [&'a str],
}

impl Moment<'_> {
    fn calls_for(&self, rule: &NewRule) -> bool {
        let logs_in = matches!(self.operation, Some("Giris" | "GuvenliGiris"));
        rule.kind.stage() == self.stage
            && !(rule.kind == Kind::LoginExpired && logs_in)
            && rule
                .operation
                .as_deref()
                .is_none_or(|name| self.operation == Some(name))
            && rule
                .address
                .as_deref()
                .is_none_or(|address| self.addresses.contains(&address))
    }
}

/// All rules that fit the moment, each counted as used once.
pub fn take_all(db: &Connection, moment: Moment) -> Result<Vec<NewRule>> {
    let fitting = fitting(db, moment)?;
    for rule in &fitting {
        use_once(db, rule)?;
    }
    Ok(fitting.into_iter().map(|rule| rule.what).collect())
}

/// The oldest rule that fits the moment, counted as used once.
pub fn take_first(db: &Connection, moment: Moment) -> Result<Option<NewRule>> {
    let Some(rule) = fitting(db, moment)?.into_iter().next() else {
        return Ok(None);
    };
    use_once(db, &rule)?;
    Ok(Some(rule.what))
}

/// Ends "login expired" for an account that has logged in again.
pub fn logged_in(db: &Connection, address: &str) -> Result<()> {
    let moment = Moment {
        stage: Stage::Call,
        operation: None,
        addresses: &[address],
    };
    for rule in rules::all(db)? {
        if rule.what.kind == Kind::LoginExpired && moment.calls_for(&rule.what) {
            rules::remove(db, rule.id)?;
        }
    }
    Ok(())
}

fn fitting(db: &Connection, moment: Moment) -> Result<Vec<Rule>> {
    let mut all = rules::all(db)?;
    all.retain(|rule| moment.calls_for(&rule.what));
    Ok(all)
}

fn use_once(db: &Connection, rule: &Rule) -> Result<()> {
    match rule.what.count {
        Some(_) => rules::count_down(db, rule.id),
        None => Ok(()),
    }
}
