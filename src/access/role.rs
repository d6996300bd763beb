//! The five roles (decision 31) and what each allows.

/// What a person may do in a unit and in every unit below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Memur: drafts letters and prepares their distribution.
    Clerk,
    /// Paraf/İmza Yetkilisi: initials and signs.
    Approver,
    /// Evrak Kayıt Sorumlusu: follows the exceptions and dispatches.
    Registry,
    /// KEP İşlem Yetkilisi: dispatches and looks after the KEP account.
    KepOfficer,
    /// DYS Yöneticisi: users, units, settings; sees no letters by this role.
    Administrator,
}

impl Role {
    pub const ALL: [Self; 5] = [
        Self::Clerk,
        Self::Approver,
        Self::Registry,
        Self::KepOfficer,
        Self::Administrator,
    ];

    /// The name in the database and in commands.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Approver => "approver",
            Self::Registry => "registry",
            Self::KepOfficer => "kep_officer",
            Self::Administrator => "administrator",
        }
    }

    /// The name on screens.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Clerk => "Memur",
            Self::Approver => "Paraf/İmza Yetkilisi",
            Self::Registry => "Evrak Kayıt Sorumlusu",
            Self::KepOfficer => "KEP İşlem Yetkilisi",
            Self::Administrator => "DYS Yöneticisi",
        }
    }

    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}
