//! Antet: what an institution or one of its units chose for its letters, and what stands where
//! nothing was chosen (regulation articles 7, 10, 23, 24).

mod store;

use letter::{Fonts, Logo};

use crate::access::Act;
use crate::audit;
use crate::directory::{self, Unit, UnitId, postal};
use crate::dispatch::account;
use crate::error::{Error, Kind, Problem, Result, conflict, invalid, not_found};
use crate::store::{BlobHash, Tx};
use crate::turkish;

/// Most lines and letters of a field.
const MOST_LINES: usize = 6;
const LONGEST: usize = 600;

/// The choices. In the lines stand for themselves: `{KURUM}`, `{kurum}`, `{BİRİM}`, `{birim}`,
/// `{adres}` (the postal address, which may take several lines), `{il}`, `{ilçe}`, `{kep}`,
/// `{hazırlayan}`, `{unvan}`; in the verification lines `{kod}` and `{adres}` (where it is checked).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Counts the saves; 0 where nothing was chosen.
    pub version: i64,
    pub header: String,
    pub contact: String,
    pub person: String,
    pub verification: String,
    /// Points, 9 to 12.
    pub size: i64,
    pub left_logo: Option<BlobHash>,
    pub right_logo: Option<BlobHash>,
    /// Faces of the uploaded font; empty means the embedded serif.
    pub faces: Vec<BlobHash>,
}

impl Default for Chosen {
    fn default() -> Self {
        Self {
            version: 0,
            header: "T.C.\n{KURUM}\n{birim}".to_owned(),
            contact: "{kurum}\n{adres}\nKEP: {kep}".to_owned(),
            person: "Bilgi için: {hazırlayan}\n{unvan}".to_owned(),
            verification: letter::VERIFICATION_LINES.join("\n"),
            size: 12,
            left_logo: None,
            right_logo: None,
            faces: Vec::new(),
        }
    }
}

/// What the words in braces stand for on one letter.
#[derive(Debug, Clone, Default)]
pub struct Names {
    pub institution: String,
    /// Empty for the institution's own letters.
    pub unit: String,
    pub province: String,
    pub district: String,
    /// The postal address of the unit, else of its institution; where none is kept, the place.
    pub address: String,
    pub kep_address: String,
    /// `Ayşe YILMAZ`
    pub drafter: String,
    pub drafter_title: String,
}

impl Names {
    /// The names of a unit and its institution.
    ///
    /// # Errors
    /// When the store fails.
    pub fn of_unit(tx: &mut Tx<'_>, unit_id: &str) -> Result<Self> {
        let unit = directory::by_id(tx, &UnitId::new(unit_id.to_owned()))?;
        let institution = match &unit {
            Some(unit) => directory::by_id(tx, &unit.institution_id)?,
            None => None,
        };
        let mut address = postal::of(tx, unit_id)?;
        if let (None, Some(own)) = (&address, &institution) {
            address = postal::of(tx, own.id.as_str())?;
        }
        let place = |own: &Unit| match (own.district.as_str(), own.province.as_str()) {
            ("", province) => province.to_owned(),
            (district, "") => district.to_owned(),
            (district, province) => format!("{district} / {province}"),
        };
        let named = |unit: Option<&Unit>| unit.map(|unit| unit.name.clone()).unwrap_or_default();
        Ok(Self {
            unit: named(unit.as_ref().filter(|unit| !unit.is_institution())),
            province: institution
                .as_ref()
                .map(|own| own.province.clone())
                .unwrap_or_default(),
            district: institution
                .as_ref()
                .map(|own| own.district.clone())
                .unwrap_or_default(),
            address: address
                .or_else(|| institution.as_ref().map(place))
                .unwrap_or_default(),
            kep_address: sender_address(tx, unit_id)?.unwrap_or_default(),
            institution: named(institution.as_ref()),
            drafter: String::new(),
            drafter_title: String::new(),
        })
    }

    /// The lines of `text`; a line whose words in braces are all empty is left out.
    #[must_use]
    pub fn fill(&self, text: &str) -> Vec<String> {
        let words = [
            ("{KURUM}", turkish::upper(&self.institution)),
            ("{kurum}", self.institution.clone()),
            ("{BİRİM}", turkish::upper(&self.unit)),
            ("{birim}", self.unit.clone()),
            ("{il}", self.province.clone()),
            ("{ilçe}", self.district.clone()),
            ("{adres}", self.address.clone()),
            ("{kep}", self.kep_address.clone()),
            ("{hazırlayan}", self.drafter.clone()),
            ("{unvan}", self.drafter_title.clone()),
        ];
        text.lines()
            .map(str::trim)
            .filter_map(|line| {
                let mut asked = words
                    .iter()
                    .filter(|(word, _)| line.contains(word))
                    .peekable();
                if asked.peek().is_some() && asked.all(|(_, value)| value.is_empty()) {
                    return None;
                }
                let filled = words.iter().fold(line.to_owned(), |line, (word, value)| {
                    line.replace(word, value)
                });
                let filled = filled.trim().to_owned();
                (!filled.is_empty()).then_some(filled)
            })
            .flat_map(|filled| filled.lines().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }
}

/// The KEP address from which letters of the unit leave and to which they are answered: that of the
/// account that serves it, else its institution's in the directory.
///
/// # Errors
/// When the store fails.
pub(crate) fn sender_address(tx: &mut Tx<'_>, unit_id: &str) -> Result<Option<String>> {
    if let Some(account) = account::serving(tx, unit_id)? {
        return Ok(Some(account.address));
    }
    let unit = directory::by_id(tx, &UnitId::new(unit_id.to_owned()))?;
    let institution = match unit {
        Some(unit) => directory::by_id(tx, &unit.institution_id)?,
        None => None,
    };
    Ok(institution.and_then(|own| own.kep_address))
}

/// What holds for the letters of a unit: its own choice, its institution's, or the default.
///
/// # Errors
/// When the store fails.
pub fn of_unit(tx: &mut Tx<'_>, unit_id: &str) -> Result<Chosen> {
    if let Some(own) = store::of_unit(tx, unit_id)? {
        return Ok(own);
    }
    let unit = directory::by_id(tx, &UnitId::new(unit_id.to_owned()))?;
    match unit {
        Some(unit) if !unit.is_institution() => {
            Ok(store::of_unit(tx, unit.institution_id.as_str())?.unwrap_or_default())
        }
        _ => Ok(Chosen::default()),
    }
}

/// What the unit itself chose.
///
/// # Errors
/// When the store fails.
pub fn own(tx: &mut Tx<'_>, unit_id: &str) -> Result<Option<Chosen>> {
    Ok(store::of_unit(tx, unit_id)?)
}

/// Units of this house that chose for themselves.
///
/// # Errors
/// When the store fails.
pub fn units(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    Ok(store::units(tx)?)
}

/// Keeps the choice of a unit of this house; letters that are frozen stay as they are.
///
/// # Errors
/// `yetki_yok`, `birim_yok`, `surum_eski`, and a problem for each field that breaks a rule.
pub fn save(tx: &mut Tx<'_>, act: &Act<'_>, unit_id: &str, chosen: &Chosen) -> Result<()> {
    act.actor.require_administrator()?;
    require_own(tx, unit_id)?;
    check(chosen)?;
    if !store::put(tx, unit_id, chosen, act.now)? {
        return Err(conflict(
            "surum_eski",
            "Antet siz açtıktan sonra değişti. Sayfayı yenileyip yeniden kaydedin.",
        ));
    }
    let detail = serde_json::json!({
        "left_logo": chosen.left_logo.as_ref().map(BlobHash::as_str),
        "right_logo": chosen.right_logo.as_ref().map(BlobHash::as_str),
        "faces": chosen.faces.iter().map(BlobHash::as_str).collect::<Vec<_>>(),
    });
    audit::record(tx, act, "letterhead.save", "unit", unit_id, &detail)
}

/// The unit, if it belongs to the institution that this installation serves.
///
/// # Errors
/// `birim_yok`.
pub fn require_own(tx: &mut Tx<'_>, unit_id: &str) -> Result<Unit> {
    directory::by_id(tx, &UnitId::new(unit_id.to_owned()))?
        .filter(|unit| unit.is_own)
        .ok_or_else(|| not_found("birim_yok", "Böyle bir biriminiz yok."))
}

/// Lines that fit the page.
///
/// # Errors
/// `alan_gecersiz` with a sentence for each field.
pub fn check(chosen: &Chosen) -> Result<()> {
    let mut fields = Vec::new();
    let lines = [
        ("header", "Başlık", &chosen.header),
        ("contact", "İletişim", &chosen.contact),
        ("person", "Bilgi için", &chosen.person),
        (
            "verification",
            "Belge doğrulama satırları",
            &chosen.verification,
        ),
    ];
    for (field, label, text) in lines {
        if text.lines().count() > MOST_LINES || text.chars().count() > LONGEST {
            let sentence =
                format!("{label} en çok {MOST_LINES} satır ve {LONGEST} karakter olabilir.");
            fields.push((field.to_owned(), sentence));
        }
    }
    if !chosen.verification.contains("{kod}") {
        fields.push((
            "verification".to_owned(),
            "Doğrulama satırlarında {kod} bulunmalıdır; yerine belge doğrulama kodu gelir."
                .to_owned(),
        ));
    }
    if !(9..=12).contains(&chosen.size) {
        fields.push((
            "size".to_owned(),
            "Yazı boyutu 9 ile 12 arasında olmalıdır.".to_owned(),
        ));
    }
    if fields.is_empty() {
        return Ok(());
    }
    let mut problem = Problem::new(
        Kind::Invalid,
        "alan_gecersiz",
        "Kaydedilemedi: işaretli alanları düzeltin. Yazdıklarınız durur.",
    );
    problem.fields = fields;
    Err(problem.into())
}

/// Checks an uploaded logo.
///
/// # Errors
/// `logo_uygun_degil`, saying why.
pub fn check_logo(bytes: Vec<u8>) -> Result<Logo> {
    use letter::LogoError as Wrong;
    Logo::check(bytes).map_err(|wrong| {
        let why = match wrong {
            Wrong::Unknown => "PNG, JPEG ya da SVG değil".to_owned(),
            Wrong::TooLarge => "çok büyük (en çok 1 MB)".to_owned(),
            Wrong::TooWide => "bir kenarı 3.000 noktadan uzun".to_owned(),
            Wrong::Damaged => "bozuk".to_owned(),
            Wrong::Element(name) => {
                format!("logoda olmaması gereken bir öge içeriyor: {name}; yazıları eğriye çevirin")
            }
            Wrong::Reference => "dışarıdaki bir dosyaya gönderme yapıyor".to_owned(),
        };
        invalid("logo_uygun_degil", format!("Logo alınmadı: dosya {why}."))
    })
}

/// Checks the files of an uploaded font.
///
/// # Errors
/// `yazi_tipi_uygun_degil`, saying why.
pub fn check_fonts(files: Vec<Vec<u8>>) -> Result<Fonts> {
    use letter::FontError as Wrong;
    Fonts::new(files).map_err(|wrong| {
        let why = match wrong {
            Wrong::NotAFont => "dosya TrueType ya da OpenType değil ya da bozuk".to_owned(),
            Wrong::TooLarge => "dosya çok büyük (en çok 8 MB)".to_owned(),
            Wrong::TooMany => "en çok dört dosya (normal, italik, kalın, kalın italik)".to_owned(),
            Wrong::Restricted => "lisansı belgeye gömülmesine izin vermiyor".to_owned(),
            Wrong::Variable => "değişken yazı tipi; ayrı ayrı dosyalarını yükleyin".to_owned(),
            Wrong::Families(one, other) => {
                format!("dosyalar iki ayrı yazı tipinden: {one} ve {other}")
            }
            Wrong::NoRegular => "normal (kalın ve italik olmayan) dosya eksik".to_owned(),
            Wrong::Letters(letters) => format!("şu harfler eksik: {letters}"),
        };
        invalid(
            "yazi_tipi_uygun_degil",
            format!("Yazı tipi alınmadı: {why}."),
        )
    })
}

/// Names the signs that the letter's font cannot print.
pub(crate) fn lacking_sentence(holes: &[char]) -> String {
    let shown: Vec<String> = holes.iter().take(12).map(char::to_string).collect();
    format!(
        "Yazı tipinde olmayan işaretler var: {}. Bunları silin ya da değiştirin.",
        shown.join(" ")
    )
}

/// The sentence for a letter that cannot be set.
#[must_use]
pub fn cannot_set(error: &letter::Error) -> Error {
    match error {
        letter::Error::Characters(holes) => invalid("yazi_tipinde_yok", lacking_sentence(holes)),
        _ => invalid(
            "yazi_dizilemedi",
            "Yazı sayfaya dizilemedi. Tabloları ve iç içe listeleri sadeleştirip yeniden deneyin.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names {
            institution: "Keşan Belediye Başkanlığı".to_owned(),
            unit: "Yazı İşleri Müdürlüğü".to_owned(),
            ..Names::default()
        }
    }

    #[test]
    fn words_in_braces_are_filled_and_empty_lines_left_out() {
        assert_eq!(
            names().fill("T.C.\n{KURUM}\n\n{birim}\nKEP: {kep}\n{il} {kurum}"),
            [
                "T.C.",
                "KEŞAN BELEDİYE BAŞKANLIĞI",
                "Yazı İşleri Müdürlüğü",
                "Keşan Belediye Başkanlığı"
            ]
            .map(str::to_owned)
        );
        let somewhere = Names {
            address: "Cumhuriyet Cad. No: 1\n22800 Keşan / Edirne".to_owned(),
            ..names()
        };
        assert_eq!(
            somewhere.fill("{adres}\n{hazırlayan}\n{unvan}"),
            ["Cumhuriyet Cad. No: 1", "22800 Keşan / Edirne"].map(str::to_owned)
        );
    }

    #[test]
    fn a_foot_without_the_code_is_refused() {
        let chosen = Chosen {
            verification: "Bu belge imzalıdır.".to_owned(),
            size: 20,
            ..Chosen::default()
        };
        let Err(Error::Problem(problem)) = check(&chosen) else {
            panic!("taken");
        };
        let fields: Vec<&str> = problem
            .fields
            .iter()
            .map(|(field, _)| field.as_str())
            .collect();
        assert_eq!(fields, ["verification", "size"]);
        assert!(check(&Chosen::default()).is_ok());
    }
}
