//! Until when an answer is due by law: proposed, never imposed.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use crate::document::words;

words! {
    /// By which rule an answer is due.
    Period {
        None = "none", "Süre yok";
        /// Law 3071 on petitions, article 7.
        Petition = "3071", "Dilekçe, 3071 sayılı Kanun: 30 gün";
        /// Law 4982 on the right to information, article 11.
        Information = "4982", "Bilgi edinme, 4982 sayılı Kanun: 15 iş günü";
        /// The same, when another body has to be asked.
        InformationElsewhere = "4982-30", "Bilgi edinme, başka kurumdan sorulacak: 30 iş günü";
        /// Requests for documents between institutions (regulation article 33).
        Documents = "bilgi-belge", "Bilgi ve belge isteme (Yönetmelik m. 33): 5 iş günü";
        /// Opinions between institutions (regulation article 33).
        Opinion = "gorus", "Görüş isteme (Yönetmelik m. 33): 15 iş günü";
        /// What the sender or the registry wrote.
        Given = "given", "Yazıda belirtilen tarih";
    }
}

impl Period {
    /// The last day, counted from the day after `received`. Public holidays are not known here:
    /// working days are Monday to Friday, which never proposes too late a day.
    #[must_use]
    pub fn last_day(self, received: Date) -> Option<Date> {
        match self {
            Self::None | Self::Given => None,
            Self::Petition => received.checked_add(30.days()).ok(),
            Self::Information | Self::Opinion => working_days(received, 15),
            Self::InformationElsewhere => working_days(received, 30),
            Self::Documents => working_days(received, 5),
        }
    }
}

fn working_days(from: Date, count: usize) -> Option<Date> {
    from.tomorrow()
        .ok()?
        .series(1.day())
        .filter(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday))
        .nth(count - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_are_counted_from_the_day_after() {
        let tuesday = date(2026, 11, 24);
        assert_eq!(Period::Petition.last_day(tuesday), Some(date(2026, 12, 24)));
        assert_eq!(
            Period::Information.last_day(tuesday),
            Some(date(2026, 12, 15))
        );
        assert_eq!(Period::Documents.last_day(tuesday), Some(date(2026, 12, 1)));
        // From a Friday the first working day is Monday.
        assert_eq!(
            Period::Documents.last_day(date(2026, 12, 25)),
            Some(date(2027, 1, 1))
        );
        assert_eq!(Period::Given.last_day(tuesday), None);
    }
}
