//! Directorates of provinces and districts, which belong to the governor there (law 5442): whom a
//! letter to one of them names, and the unit below (regulation article 14).

/// `Adana İl Millî Eğitim Müdürlüğü` belongs to `Adana Valiliği` as its `İl Millî Eğitim
/// Müdürlüğü`; of a district, to its `Kaymakamlığı`. `None` for every other name.
pub(super) fn of(institution: &str) -> Option<(String, String)> {
    for (level, governor) in [("İl", "Valiliği"), ("İlçe", "Kaymakamlığı")] {
        let between = format!(" {level} ");
        if let Some((place, office)) = institution.split_once(&between)
            && office.ends_with("Müdürlüğü")
        {
            return Some((format!("{place} {governor}"), format!("{level} {office}")));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directorates_belong_to_the_governor_of_their_place() {
        for (name, governor, unit) in [
            (
                "Adana İl Millî Eğitim Müdürlüğü",
                "Adana Valiliği",
                "İl Millî Eğitim Müdürlüğü",
            ),
            (
                "Keşan İlçe Tarım ve Orman Müdürlüğü",
                "Keşan Kaymakamlığı",
                "İlçe Tarım ve Orman Müdürlüğü",
            ),
        ] {
            assert_eq!(of(name), Some((governor.to_owned(), unit.to_owned())));
        }
        for name in [
            "Edirne İl Özel İdaresi",
            "Keşan Belediye Başkanlığı",
            "İl Sağlık Müdürlüğü",
            "",
        ] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
