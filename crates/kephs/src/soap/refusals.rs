//! How each answer of the contract says no.

use kep::{
    soap::Fault,
    wire::{
        AlindiOnayAnswer, Answer, DizinSorgulaAnswer, GirisAnswer, GuvenliGirisAnswer, IndirAnswer,
        KontorSorgulaAnswer, KotaSorgulaAnswer, MimeYapAnswer, PaketDelilIndirAnswer,
        PaketDelilSorgulaAnswer, PaketDetayDelilSorgulaAnswer, PaketSilAnswer, PaketSorgula2Answer,
        PaketSorgula3Answer, PaketSorgulaAnswer, SmimeGonderAnswer, Status,
        TevdiListesiOlusturAnswer, TevdiListesiSilAnswer, YukleAnswer, YukleTebligatAnswer,
    },
};

use crate::error::Refusal;

/// An answer that can carry a refusal.
pub(super) trait Refusable: Answer {
    /// The refusal in this answer's fields, or a fault where the contract has no field for it.
    fn refused(refusal: &Refusal) -> Result<Self, Fault>;
}

fn durum(refusal: &Refusal) -> Option<i64> {
    Some(refusal.durum().into())
}

fn status(refusal: &Refusal) -> Status {
    Status {
        durum: durum(refusal),
        explanation: Some(refusal.to_string()),
    }
}

/// Answers with one `durum` and one `hataaciklama` of their own.
macro_rules! refused_by_fields {
    ($durum:expr => $($answer:ty),*) => {$(
        impl Refusable for $answer {
            fn refused(refusal: &Refusal) -> Result<Self, Fault> {
                Ok(Self {
                    durum: $durum(refusal),
                    explanation: Some(refusal.to_string()),
                    ..Self::default()
                })
            }
        }
    )*};
}
refused_by_fields!(durum => YukleAnswer, IndirAnswer, PaketDelilIndirAnswer,
    YukleTebligatAnswer, TevdiListesiOlusturAnswer);
refused_by_fields!(|it| durum(it).map(|n| n.to_string()) => GirisAnswer, GuvenliGirisAnswer, MimeYapAnswer);

/// Answers with the common status fields.
macro_rules! refused_by_status {
    ($($answer:ty { $($list:ident)? }),*) => {$(
        impl Refusable for $answer {
            fn refused(refusal: &Refusal) -> Result<Self, Fault> {
                Ok(Self { status: status(refusal), $($list: Vec::new())? })
            }
        }
    )*};
}
refused_by_status!(
    AlindiOnayAnswer {},
    PaketSilAnswer {},
    SmimeGonderAnswer {},
    TevdiListesiSilAnswer {},
    PaketSorgula2Answer { messages },
    PaketSorgula3Answer { messages },
    PaketDetayDelilSorgulaAnswer { rows }
);

/// Parallel lists: the ids are absent, the first `durum` and `hataaciklama` speak.
macro_rules! refused_by_lists {
    ($($answer:ty),*) => {$(
        impl Refusable for $answer {
            fn refused(refusal: &Refusal) -> Result<Self, Fault> {
                Ok(Self {
                    durum: vec![durum(refusal)],
                    explanation: vec![Some(refusal.to_string())],
                    ..Self::default()
                })
            }
        }
    )*};
}
refused_by_lists!(PaketSorgulaAnswer, PaketDelilSorgulaAnswer);

/// Answers that have no field for a refusal.
macro_rules! refused_by_fault {
    ($($answer:ty),*) => {$(
        impl Refusable for $answer {
            fn refused(refusal: &Refusal) -> Result<Self, Fault> {
                Err(Fault::client(refusal.to_string()))
            }
        }
    )*};
}
refused_by_fault!(DizinSorgulaAnswer, KotaSorgulaAnswer, KontorSorgulaAnswer);
