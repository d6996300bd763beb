//! What can happen to a unit between saving a plan and using it, in words, and what repairs it.

/// One change of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub position: i64,
    /// The line as it was saved.
    pub label: String,
    pub drift: Drift,
}

/// How the directory differs from what was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drift {
    /// The unit is called so now.
    Renamed(String),
    /// The unit was closed and nobody took over.
    Closed,
    /// The unit was closed; this one took over.
    Merged(String),
    /// The unit or party is no longer in the directory.
    Gone,
    /// It is reached at this address now.
    AddressChanged(String),
    /// It has no electronic address any more.
    AddressGone,
    /// The unit belongs to the own institution now.
    Inside,
    /// The unit does not belong to the own institution any more.
    Outside,
}

impl Drift {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Renamed(_) => "renamed",
            Self::Closed => "closed",
            Self::Merged(_) => "merged",
            Self::Gone => "gone",
            Self::AddressChanged(_) => "address_changed",
            Self::AddressGone => "address_gone",
            Self::Inside => "inside",
            Self::Outside => "outside",
        }
    }

    /// What happened.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Renamed(now) => format!("Adı değişti: {now}"),
            Self::Closed => "Birim kapandı; işini devralan birim rehberde yok.".to_owned(),
            Self::Merged(into) => format!("Birim kapandı; işini {into} devraldı."),
            Self::Gone => "Rehberde artık yok.".to_owned(),
            Self::AddressChanged(now) => format!("Adresi değişti: {now}"),
            Self::AddressGone => "Elektronik adresi kalktı.".to_owned(),
            Self::Inside => "Artık kurumunuzun birimi.".to_owned(),
            Self::Outside => "Artık kurumunuzun birimi değil.".to_owned(),
        }
    }

    /// What the repair does about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Renamed(_) => "Yeni adı yazılır.",
            Self::Closed | Self::Gone => "Plandan çıkarılır.",
            Self::Merged(_) => "Devralan birim yazılır.",
            Self::AddressChanged(_) => "Yeni adres yazılır.",
            Self::AddressGone => "DYS Dışı Evrak Gönderim (kâğıt) olur.",
            Self::Inside => "DYS İçi Evrak Gönderim olur.",
            Self::Outside => "KEP adresi varsa DYS Dışı KEP, yoksa DYS Dışı Evrak Gönderim olur.",
        }
    }
}
