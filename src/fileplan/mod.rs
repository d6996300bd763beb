//! The Standart Dosya Planı: which codes there are, which may be chosen for what, and finding them.
//!
//! The common part (000-099 and 600-969) holds for all; 100-599 mean different things in
//! different kinds of institution, so a code is only unique together with its scope.

mod seed;
mod store;

use jiff::civil::{Date, date};

pub use seed::fill;
pub use store::{MOST, Question, find, recent, record_use, search};

use crate::directory::InstitutionKind;
use crate::error::{Error, invalid};

/// The part of the plan to which a code belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Common,
    Municipal,
    Education,
}

impl Scope {
    pub const ALL: [Self; 3] = [Self::Common, Self::Municipal, Self::Education];

    /// The word in the database and in the seed.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Common => "common",
            Self::Municipal => "municipal",
            Self::Education => "education",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == word)
    }

    /// The part that an institution of this kind uses beside the common one.
    #[must_use]
    pub fn of(kind: InstitutionKind) -> Self {
        match kind {
            InstitutionKind::Municipality => Self::Municipal,
            InstitutionKind::Education => Self::Education,
            _ => Self::Common,
        }
    }

    /// Name of the published plan of this part.
    #[must_use]
    pub fn plan_version(self) -> &'static str {
        match self {
            Self::Common => "DAB SSDP V.4 2024",
            Self::Municipal => "Belediye ve İl Özel İdareleri SSDP 2018",
            Self::Education => "MEB SSDP 100-599 2024",
        }
    }

    /// First day on which that plan holds; of two plans only the year is public.
    #[must_use]
    pub fn valid_from(self) -> Date {
        match self {
            Self::Common => date(2024, 1, 2),
            Self::Municipal => date(2018, 1, 1),
            Self::Education => date(2024, 1, 1),
        }
    }
}

/// A code of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    pub scope: Scope,
    /// `105.04`
    pub code: String,
    pub title: String,
    /// Title of the code above; empty on the first level.
    pub parent_title: String,
    /// Years, or a letter of the plan's legend; empty when the codes below say it.
    pub retention: String,
    /// Letter of the plan's legend; empty when the codes below say it.
    pub disposal: String,
    pub has_children: bool,
    /// Opens a section (000, 600, …); nothing is ever filed under it.
    pub is_heading: bool,
    /// 020 and 030.x stand only beside a first code.
    pub secondary_only: bool,
}

impl Code {
    /// It may be a letter's first code, and nothing narrower exists.
    #[must_use]
    pub fn is_preferred(&self) -> bool {
        !self.is_heading && !self.secondary_only && !self.has_children
    }
}

/// What a code is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The letter's own code, which stands in its number.
    First,
    /// Beside the first (Olur, sözleşme).
    Second,
}

/// A choice that may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Good,
    /// Allowed, but a narrower code exists and should be taken.
    Broad,
}

impl Verdict {
    /// What to tell the person who chose, if anything.
    #[must_use]
    pub fn hint(self) -> Option<&'static str> {
        match self {
            Self::Good => None,
            Self::Broad => Some("Bu kodun alt kodları var; mümkünse birini seçin."),
        }
    }
}

/// Whether `code` may be chosen for `purpose` on a letter of the day `on`.
///
/// # Errors
/// A problem in words: a heading, a second-only code as the first, a plan not yet in force.
pub fn validate(code: &Code, purpose: Purpose, on: Date) -> Result<Verdict, Error> {
    if code.is_heading {
        return Err(invalid(
            "dosya_kodu_baslik",
            format!(
                "{} bir bölüm başlığıdır, dosya kodu olamaz. Alt kodlarından birini seçin.",
                code.code
            ),
        ));
    }
    if code.secondary_only && purpose == Purpose::First {
        return Err(invalid(
            "dosya_kodu_ikincil",
            format!(
                "{} yalnızca ikinci kod olarak kullanılır. Önce konunun kodunu seçin.",
                code.code
            ),
        ));
    }
    if on < code.scope.valid_from() {
        return Err(invalid(
            "dosya_plani_yururlukte_degil",
            format!(
                "{} planı {} tarihinde yürürlükte değildi. Evrakın tarihini denetleyin.",
                code.scope.plan_version(),
                on.strftime("%d.%m.%Y")
            ),
        ));
    }
    Ok(if code.has_children {
        Verdict::Broad
    } else {
        Verdict::Good
    })
}

/// The code of a letter that a unit of this kind writes on a day, if it may stand first.
///
/// # Errors
/// `dosya_kodu_yok`, and those of [`validate`].
pub fn first_code(
    tx: &mut crate::store::Tx<'_>,
    kind: InstitutionKind,
    code: &str,
    on: Date,
) -> Result<Code, Error> {
    let found = find(tx, Scope::of(kind), code)?.ok_or_else(|| unknown(code))?;
    validate(&found, Purpose::First, on)?;
    Ok(found)
}

/// The problem to report for a code that no plan of the institution holds.
#[must_use]
pub fn unknown(code: &str) -> Error {
    invalid(
        "dosya_kodu_yok",
        format!(
            "{} kurumun dosya planında yok. Kodu arayarak seçin.",
            code.chars().take(20).collect::<String>()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(has_children: bool, is_heading: bool, secondary_only: bool) -> Code {
        Code {
            scope: Scope::Common,
            code: "000".to_owned(),
            title: String::new(),
            parent_title: String::new(),
            retention: String::new(),
            disposal: String::new(),
            has_children,
            is_heading,
            secondary_only,
        }
    }

    #[test]
    fn rules_of_choice() {
        let today = date(2026, 11, 24);
        let verdict = |code: &Code, purpose| {
            validate(code, purpose, today).map_err(|error| error.code().to_owned())
        };
        assert_eq!(
            verdict(&code(false, false, false), Purpose::First),
            Ok(Verdict::Good)
        );
        assert_eq!(
            verdict(&code(true, false, false), Purpose::First),
            Ok(Verdict::Broad)
        );
        assert_eq!(
            verdict(&code(false, false, true), Purpose::Second),
            Ok(Verdict::Good)
        );
        for (wrong, purpose, problem) in [
            (
                code(false, true, false),
                Purpose::First,
                "dosya_kodu_baslik",
            ),
            (
                code(false, true, false),
                Purpose::Second,
                "dosya_kodu_baslik",
            ),
            (
                code(false, false, true),
                Purpose::First,
                "dosya_kodu_ikincil",
            ),
        ] {
            assert_eq!(verdict(&wrong, purpose), Err(problem.to_owned()));
        }
        assert!(validate(&code(false, false, false), Purpose::First, date(2024, 1, 1)).is_err());
    }
}
