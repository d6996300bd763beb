//! The letter (evrak): its details, text, references, attachments, number and freeze; and the
//! templates that it may begin with.

pub mod attach;
pub mod body;
pub mod case_file;
pub mod closing;
pub mod draft;
pub mod file_name;
pub mod freeze;
pub mod language;
pub mod number;
pub mod pdf;
pub mod press;
pub mod reference;
pub mod render;
pub mod scan;
mod store;
pub mod template;
pub mod unfinished;
pub mod verification;
pub mod view;

use jiff::Timestamp;
use jiff::civil::Date;

pub(crate) use store::STAYS;
pub use store::{Summary, is_any, visible};

use crate::error::{Error, Kind, Problem, conflict, not_found};
use crate::store::BlobHash;

/// A closed set of words with a code for the database and a label for screens.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the database and in the API.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The word on screens.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }

            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.code() == code)
            }
        }

        impl crate::store::FromValue for $name {
            fn from_value(
                value: &crate::store::Value,
                column: &str,
            ) -> Result<Self, crate::store::StoreError> {
                let code = String::from_value(value, column)?;
                Self::from_code(&code).ok_or_else(|| crate::store::StoreError::Column {
                    column: column.to_owned(),
                    expected: stringify!($name),
                    found: "another word",
                })
            }
        }

        impl From<$name> for crate::store::Value {
            fn from(word: $name) -> Self {
                Self::Text(word.code().to_owned())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where the letter stands (design part 5).
    State {
        Draft = "draft", "Taslak";
        InApproval = "in_approval", "Onayda";
        Returned = "returned", "İade edildi";
        Signed = "signed", "İmzalandı";
        Dispatched = "dispatched", "Gönderildi";
    }
}

words! {
    /// Evrak türü.
    DocumentKind {
        CoverLetter = "cover_letter", "Üst Yazı";
        Answer = "answer", "Cevap Yazısı";
        Consent = "consent", "Olur";
        Circular = "circular", "Genelge";
        Minutes = "minutes", "Tutanak";
        Report = "report", "Rapor";
        Form = "form", "Form";
    }
}

words! {
    /// İvedilik (decision 31; regulation article 26).
    Urgency {
        Normal = "normal", "Normal";
        Urgent = "urgent", "Acele";
        /// Needs a due date (miat).
        Dated = "dated", "Günlü (miat)";
    }
}

words! {
    /// Gizlilik derecesi. Only the first two are handled electronically (decision 3).
    Confidentiality {
        None = "none", "Yok";
        Restricted = "restricted", "Hizmete Özel";
        Private = "private", "Özel";
        Secret = "secret", "Gizli";
        TopSecret = "top_secret", "Çok Gizli";
    }
}

words! {
    /// The closing phrase, proposed from ranks (regulation article 16).
    Closing {
        /// The proposal, as long as the drafter has chosen nothing.
        Auto = "auto", "Alıcılara göre";
        Arz = "arz", "Arz ederim.";
        Rica = "rica", "Rica ederim.";
        Both = "both", "Arz ve rica ederim.";
        /// To persons, as the next two.
        Regards = "regards", "Saygılarımla.";
        Wishes = "wishes", "İyi dileklerimle.";
        Presented = "presented", "Bilgilerinize sunulur.";
        None = "none", "Yok";
    }
}

impl Closing {
    /// True when the phrase can end a sentence that the text leaves open.
    #[must_use]
    pub fn ends_a_sentence(self) -> bool {
        matches!(self, Self::Arz | Self::Rica | Self::Both)
    }
}

impl Confidentiality {
    /// The one check of decision 3: Özel and above never leave electronically.
    ///
    /// # Errors
    /// `gizlilik_elektronik_olmaz`, with the rule and the way out.
    pub fn require_electronic(self) -> Result<(), Error> {
        match self {
            Self::None | Self::Restricted => Ok(()),
            Self::Private | Self::Secret | Self::TopSecret => {
                let sentence = "Özel ve üstü gizlilikte belge elektronik gönderilemez; zorunlu hâl \
                    (Z) kaydı açın.";
                Err(
                    Problem::new(Kind::Invalid, "gizlilik_elektronik_olmaz", sentence)
                        .field("confidentiality", sentence)
                        .into(),
                )
            }
        }
    }
}

/// A letter as it stands in the database.
#[derive(Debug, Clone)]
pub struct Letter {
    pub id: String,
    pub unit_id: String,
    pub drafter_id: String,
    pub drafter_name: String,
    pub drafter_title: String,
    pub state: State,
    pub version: i64,
    pub subject: String,
    pub kind: DocumentKind,
    pub urgency: Urgency,
    pub due_date: Option<Date>,
    pub confidentiality: Confidentiality,
    /// Kişiye Özel: a mark beside the degree.
    pub personal: bool,
    /// Açıklama: for the office, never on the letter.
    pub note: String,
    /// ISO 639-3.
    pub language: String,
    pub plan_scope: Option<String>,
    pub plan_code: Option<String>,
    pub secondary_code: Option<String>,
    pub case_file_id: Option<String>,
    /// The running number of the folder in which it is filed.
    pub folder_no: Option<i64>,
    pub closing: Closing,
    /// Muhatap with its suffix as the drafter wrote it; empty: as the rule makes it.
    pub addressee_line: String,
    pub body: body::Body,
    pub official_number: Option<String>,
    pub official_date: Option<Date>,
    pub frozen_hash: Option<BlobHash>,
    pub frozen_at: Option<Timestamp>,
    pub signed_at: Option<Timestamp>,
    pub dispatched_at: Option<Timestamp>,
    pub approval_round: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Letter {
    /// An Olur to so many recipients that goes to nobody: it ends with its last signature and is
    /// kept in its folder, not sent.
    #[must_use]
    pub fn stays(&self, recipients: usize) -> bool {
        self.kind == DocumentKind::Consent && recipients == 0
    }

    /// True while its content may be changed: as a draft and after a return.
    #[must_use]
    pub fn is_editable(&self) -> bool {
        matches!(self.state, State::Draft | State::Returned)
    }

    /// Refuses a change of what is in approval, signed or sent.
    ///
    /// # Errors
    /// `evrak_kapali`, with what to do.
    pub fn require_editable(&self) -> Result<(), Error> {
        if self.is_editable() {
            return Ok(());
        }
        Err(conflict(
            "evrak_kapali",
            match self.state {
                State::InApproval => {
                    "Evrak onayda; değiştirmek için önce Geri Çek ile geri alın ya da iade edilmesini \
                     bekleyin."
                }
                _ => {
                    "İmzalanan evrak değiştirilemez. Bir yanlışlık varsa yeni bir yazı hazırlayın."
                }
            },
        ))
    }

    /// Why a save on an older version was not taken.
    #[must_use]
    pub fn refusal(&self) -> Error {
        self.require_editable().err().unwrap_or_else(stale)
    }

    /// Refuses a write that was made from an older state of the letter.
    ///
    /// # Errors
    /// `surum_eski`.
    pub fn require_version(&self, version: i64) -> Result<(), Error> {
        if self.version == version {
            return Ok(());
        }
        Err(stale())
    }
}

/// The letter does not exist for this person; a forged id looks the same as an unknown one.
#[must_use]
pub fn no_such_letter() -> Error {
    not_found("evrak_yok", "Böyle bir evrak yok ya da görme yetkiniz yok.")
}

/// Somebody else saved in between.
#[must_use]
pub fn stale() -> Error {
    conflict(
        "surum_eski",
        "Evrak siz açtıktan sonra değişti. Yazdıklarınız saklandı; iki metni karşılaştırıp yeniden \
         kaydedin.",
    )
}

/// Counts a change of what belongs to the letter; fails when somebody was faster.
pub(crate) fn touch(
    tx: &mut crate::store::Tx<'_>,
    letter: &Letter,
    now: Timestamp,
) -> Result<(), Error> {
    if store::bump(tx, &letter.id, letter.version, now)? {
        Ok(())
    } else {
        Err(stale())
    }
}

/// The letter whoever asks; for the worker and for what the system does by itself.
pub(crate) fn any(tx: &mut crate::store::Tx<'_>, id: &str) -> Result<Letter, Error> {
    store::any(tx, id)?.ok_or_else(no_such_letter)
}

/// Moves the letter to another state; fails when somebody was faster.
pub(crate) fn move_to(
    tx: &mut crate::store::Tx<'_>,
    letter: &Letter,
    to: State,
    now: Timestamp,
) -> Result<(), Error> {
    if store::set_state(tx, letter, to, now)? {
        Ok(())
    } else {
        Err(stale())
    }
}
pub(crate) use store::set_round;
