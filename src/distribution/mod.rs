//! Who receives a letter and by which way: the distribution list and its check before sending.

pub mod list;
pub mod plan;
pub mod preflight;
mod provincial;
mod store;

use crate::document::words;

pub use list::Recipient;
pub use preflight::{Finding, Severity};
pub(crate) use store::{forget, set_standing, set_standings};

words! {
    /// Seçilecek Yer Türü, with the manual's labels (figure 2).
    DestinationType {
        InternalUnit = "internal_unit", "DYS İçi Evrak Gönderim";
        InternalPlan = "internal_plan", "DYS İçi Evrak Gönderim Dağıtım Planı";
        ExternalPaper = "external_paper", "DYS Dışı Evrak Gönderim";
        ExternalUets = "external_uets", "DYS Dışı UETS Gönderim";
        ExternalKep = "external_kep", "DYS Dışı KEP Gönderim";
    }
}

impl DestinationType {
    /// The way by which a line of this type goes.
    #[must_use]
    pub fn channel(self) -> Channel {
        match self {
            Self::ExternalKep => Channel::Kep,
            Self::ExternalUets => Channel::Uets,
            Self::ExternalPaper => Channel::Paper,
            Self::InternalUnit | Self::InternalPlan => Channel::Internal,
        }
    }
}

words! {
    /// Dağıtım Tipi, as the letter's grid shows it (figure 8): the way a line goes.
    Channel {
        Internal = "internal", "DYS içi";
        Kep = "kep", "KEP (Kayıtlı Elektronik Posta)";
        Uets = "uets", "UETS (Ulusal Elektronik Tebligat Sistemi)";
        Paper = "paper", "Fiziki (kâğıt)";
    }
}

words! {
    /// Dağıtım türü in law: for action or for information (decision 8).
    Purpose {
        Action = "action", "Gereği";
        Information = "information", "Bilgi";
    }
}
