//! What Üstveri and NihaiÜstveri have to say, and in which form; the writer obeys the same rules.

use std::collections::HashSet;

use super::finding::{Finding, Findings, Severity, quoted};
use super::shape::{is_national_id, is_of_provider, is_phone, is_plan_code, is_uri, is_web};
use crate::digest::Algorithm;
use crate::model::{
    Attachment, AttachmentKind, Contact, Distribution, FinalMetadata, Generation, Guid, Identifier,
    Metadata, Party, Person, Reference, Secrecy, Text, Urgency, is_duration,
};
use crate::names::{METADATA, part_file_name};

/// Registers that a company's number can belong to (the other public reader's list).
const REGISTERS: [&str; 5] = ["MERSIS", "VBYS", "DERBIS", "PARBIS", "SENBIS"];

/// The Turkish alphabet, in which references are lettered.
pub(crate) const LETTERS: [char; 29] = [
    'a', 'b', 'c', 'ç', 'd', 'e', 'f', 'g', 'ğ', 'h', 'ı', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'ö',
    'p', 'r', 's', 'ş', 't', 'u', 'ü', 'v', 'y', 'z',
];

/// Every rule about the contents of Üstveri.
pub(crate) fn metadata(it: &Metadata, generation: Generation, rehearsal: bool, to: &mut Findings) {
    let mut rules = Rules {
        generation,
        rehearsal,
        to,
    };
    rules.head(it);
    rules.codes(it);
    let known: HashSet<&Guid> = it.attachments.iter().map(|ek| &ek.id).collect();
    for recipient in &it.recipients {
        rules.recipient(recipient, &known);
    }
    rules.attachments(it);
    rules.references(it, &known);
    rules.identifiers(it);
    rules.file_plan(it);
    for party in it.creator.iter().chain(&it.concerned) {
        rules.party(party);
    }
}

/// Every rule about the contents of NihaiÜstveri.
pub(crate) fn final_metadata(it: &FinalMetadata, rehearsal: bool, to: &mut Findings) {
    if it.number.trim().is_empty() {
        to.critical("K.82", "Nihai Üstveri'de sayı (BelgeNo) yok.");
    }
    if it.date.date_time().is_none() {
        to.critical("K.82", "Nihai Üstveri'de tarih yok ya da okunamıyor.");
    }
    if it.signers.is_empty() {
        to.critical("K.84", "Nihai Üstveri'de imzalayan yok.");
    }
    let mut rules = Rules {
        generation: Generation::Two,
        rehearsal,
        to,
    };
    for signer in &it.signers {
        rules.person(&signer.person);
        for other in [&signer.delegated_by, &signer.deputised_by]
            .into_iter()
            .flatten()
        {
            rules.person(other);
        }
    }
}

struct Rules<'a> {
    generation: Generation,
    rehearsal: bool,
    to: &'a mut Findings,
}

impl Rules<'_> {
    fn say(&mut self, code: &'static str, severity: Severity, sentence: impl Into<String>) {
        self.to
            .push(Finding::new(code, severity, sentence).at(METADATA));
    }

    fn head(&mut self, it: &Metadata) {
        use Severity::{Critical, Serious, Warning};
        if !it.id.is_valid() {
            self.say(
                "CB.BELGEID",
                Critical,
                "Belge kimliği (BelgeId) yok ya da GUID değil.",
            );
        }
        if it.subject.value.is_empty() {
            self.say("CB.KONU", Critical, "Konu boş.");
        } else if it.subject.language.is_none() {
            self.say(
                "OA.DIL_OZELLIGI",
                Severity::Note,
                "Konunun dili (languageID) yazılmamış.",
            );
        }
        if it.mime_type.is_empty() {
            self.say(
                "CB.MIMETURU",
                Serious,
                "Üst yazının MIME türü (MimeTuru) yazılmamış.",
            );
        }
        if it.file_name.is_empty() {
            self.say(
                "CB.DOSYAADI",
                Critical,
                "Üst yazının dosya adı (DosyaAdi) yazılmamış.",
            );
        } else if it.file_name.contains(char::is_whitespace) {
            self.say("K.5", Serious, "Üst yazının dosya adında boşluk var.");
        }
        if it.recipients.is_empty() {
            self.say("CB.DAGITIM", Critical, "Dağıtım listesi boş.");
        }
        if it.creator.is_none() {
            self.say("CB.OLUSTURAN", Critical, "Belgeyi oluşturan yazılmamış.");
        }
        if let Some(language) = &it.language
            && !(language.len() == 3 && language.chars().all(|c| c.is_ascii_alphabetic()))
        {
            let sentence = format!("Dil {} üç harfli bir kod değil.", quoted(language));
            self.say("CB.DIL", Serious, sentence);
        }
        match self.generation {
            Generation::Two => {
                if it.verification_address.is_empty() {
                    self.say("OA.DOGRULAMA_ADRESI", Critical, "Doğrulama adresi boş.");
                }
                if it.old_date.is_some() || it.old_number.is_some() {
                    self.say(
                        "OA.USTVERI_TARIH_BELGENO",
                        Critical,
                        "2.x Üstveri'sinde tarih ve sayı yazılmaz; yerleri Nihai Üstveri'dir.",
                    );
                }
            }
            Generation::One => {
                if it.old_number.is_none() || it.old_date.is_none() {
                    self.say(
                        "OA.USTVERI_1X_TARIH_BELGENO",
                        Critical,
                        "1.x Üstveri'sinde tarih ya da sayı yok.",
                    );
                }
            }
        }
        if let Some(until) = &it.secrecy_until
            && until.date_time().is_none()
        {
            self.say(
                "CB.GECERLILIK_TARIHI",
                Warning,
                "Gizliliğin geçerlilik tarihi okunamıyor.",
            );
        }
        self.own_id(it.own_id.as_ref());
        self.languages(it);
    }

    /// Names and titles beside the subject say their language too; one note for all of them.
    fn languages(&mut self, it: &Metadata) {
        let party = |party: &Party| match party {
            Party::Institution(it) => lacks_language(it.name.as_ref()),
            Party::Company(it) => lacks_language(it.name.as_ref()),
            Party::Person(it) => {
                lacks_language(Some(&it.first_name)) || lacks_language(Some(&it.last_name))
            }
        };
        let lacks = it.recipients.iter().any(|line| party(&line.party))
            || it.creator.iter().chain(&it.concerned).any(party)
            || it
                .attachments
                .iter()
                .any(|ek| lacks_language(ek.title.as_ref()) || lacks_language(ek.note.as_ref()))
            || it.references.iter().any(|ilgi| {
                lacks_language(ilgi.title.as_ref()) || lacks_language(ilgi.note.as_ref())
            });
        if lacks {
            self.say(
                "OA.DIL_OZELLIGI",
                Severity::Note,
                "Bazı ad ve açıklamaların dili (languageID) yazılmamış.",
            );
        }
    }

    fn codes(&mut self, it: &Metadata) {
        if !it.secrecy.is_in(self.generation) {
            self.foreign_code(
                "Güvenlik kodu",
                it.secrecy.code(),
                &Secrecy::list(self.generation),
            );
        }
        if it.secrecy == Secrecy::Private && self.generation == Generation::Two {
            self.say(
                "CB.OZL",
                Severity::Warning,
                "Özel (OZL) derecesi kaldırılmıştır; yeni pakete yazılmaz.",
            );
        }
    }

    fn foreign_code(&mut self, what: &str, code: &str, list: &[&str]) {
        let other = match self.generation {
            Generation::One => Generation::Two,
            Generation::Two => Generation::One,
        };
        let known = Secrecy::list(other).contains(&code) || Urgency::list(other).contains(&code);
        let why = match (known, self.generation) {
            (true, Generation::Two) => "1.x sürümünün kodudur, 2.x paketinde bulunamaz",
            (true, Generation::One) => "2.x sürümünün kodudur, 1.x paketinde bulunamaz",
            (false, _) => "kod listesinde yok",
        };
        let sentence = format!(
            "{what} {} {why}; yazılabilecekler: {}.",
            quoted(code),
            list.join(", ")
        );
        self.say("OA.KOD", Severity::Critical, sentence);
    }

    fn recipient(&mut self, it: &Distribution, known: &HashSet<&Guid>) {
        let name = quoted(&it.party.name());
        self.party(&it.party);
        if !it.urgency.is_in(self.generation) {
            self.foreign_code(
                "İvedilik kodu",
                it.urgency.code(),
                &Urgency::list(self.generation),
            );
        }
        // Both are of the list of 1.x; the other reader calls both given up, the guide one of them.
        let given_up = match it.urgency {
            Urgency::Express => Some(Severity::Warning),
            Urgency::MostExpress => Some(Severity::Serious),
            _ => None,
        };
        if let Some(severity) = given_up.filter(|_| self.generation == Generation::One) {
            self.say(
                "OA.IVEDILIK_ESKI",
                severity,
                format!(
                    "{name} için ivedilik {} artık kullanılmaz.",
                    quoted(it.urgency.code())
                ),
            );
        }
        if !it.purpose.is_in(self.generation) {
            self.foreign_code("Dağıtım türü", it.purpose.code(), &["GRG", "BLG"]);
        }
        match &it.deadline {
            None if it.urgency == Urgency::Dated => self.say(
                "OA.GNL_MIAT",
                Severity::Critical,
                format!("{name} için ivedilik günlü (GNL), miat yazılmamış."),
            ),
            Some(deadline) if !is_duration(deadline) => {
                let (code, severity, what) = if deadline.parse::<i64>().is_ok() {
                    (
                        "OKUMA.MIAT_TICK",
                        Severity::Warning,
                        "süre değil, sayaç (tick) değeri",
                    )
                } else {
                    ("CB.MIAT", Severity::Critical, "süre biçiminde değil")
                };
                self.say(
                    code,
                    severity,
                    format!("{name} için miat {} {what}.", quoted(deadline)),
                );
            }
            _ => {}
        }
        for id in &it.left_out {
            if !known.contains(id) {
                self.say(
                    "CB.KONULMAMIS_EK",
                    Severity::Serious,
                    format!(
                        "{name} için konulmadığı yazılan ek {} Üstveri'de yok.",
                        quoted(id.as_str())
                    ),
                );
            }
        }
    }

    pub(crate) fn party(&mut self, it: &Party) {
        match it {
            Party::Institution(it) => {
                let name = it
                    .name
                    .as_ref()
                    .map(|name| name.value.as_str())
                    .unwrap_or_default();
                if name.is_empty() {
                    self.say(
                        "OA.KURUM_ADI",
                        Severity::Note,
                        format!("{} numaralı kurumun adı yazılmamış.", quoted(&it.code)),
                    );
                }
                self.detsis("KKK", &it.code, name);
                if let Some(unit) = &it.unit_code {
                    self.detsis("BirimKKK", unit, name);
                }
                self.contact(it.contact.as_ref());
            }
            Party::Person(it) => self.person(it),
            Party::Company(it) => {
                if it.id.value.is_empty() || it.id.scheme.as_deref().unwrap_or_default().is_empty()
                {
                    self.say(
                        "CB.TUZELSAHIS_ID",
                        Severity::Critical,
                        "Tüzel kişinin numarası ya da numaranın türü (schemeID) yok.",
                    );
                } else if !it
                    .id
                    .scheme
                    .as_deref()
                    .is_some_and(|scheme| REGISTERS.contains(&scheme))
                {
                    self.say(
                        "OA.SCHEMEID",
                        Severity::Warning,
                        format!(
                            "Tüzel kişi numarasının türü {} bilinen türlerden değil ({}).",
                            quoted(it.id.scheme.as_deref().unwrap_or_default()),
                            REGISTERS.join(", ")
                        ),
                    );
                }
                self.contact(it.contact.as_ref());
            }
        }
    }

    fn detsis(&mut self, field: &str, code: &str, name: &str) {
        let digits = code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit());
        if digits && !code.starts_with('0') {
            return;
        }
        if digits && self.rehearsal {
            self.say(
                "PROVA.KKK",
                Severity::Note,
                format!("{name} için {field} {code} bir örnek numarasıdır; gerçek bir DETSİS numarası 0 ile başlamaz."),
            );
            return;
        }
        self.say(
            "CB.KKK",
            Severity::Critical,
            format!(
                "{} için {field} {} DETSİS numarası değil (sekiz rakam, ilki 0 olamaz).",
                quoted(name),
                quoted(code)
            ),
        );
    }

    fn person(&mut self, it: &Person) {
        if it.first_name.value.is_empty() || it.last_name.value.is_empty() {
            self.say(
                "CB.KISI",
                Severity::Critical,
                "Bir kişinin adı ya da soyadı yazılmamış.",
            );
        }
        if let Some(id) = &it.national_id
            && !is_national_id(id)
        {
            self.say(
                "OA.TCKN",
                Severity::Serious,
                format!(
                    "{} için yazılan T.C. kimlik numarası geçerli değil.",
                    quoted(&it.full_name())
                ),
            );
        }
        self.contact(it.contact.as_ref());
    }

    fn contact(&mut self, it: Option<&Contact>) {
        let Some(it) = it else { return };
        let mail = |text: &str| {
            text.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
            })
        };
        if let Some(address) = it.kep_address.as_deref().filter(|text| !mail(text)) {
            self.say(
                "OA.KEPADRESI",
                Severity::Serious,
                format!("KEP adresi {} adres biçiminde değil.", quoted(address)),
            );
        } else if let Some(address) = it.kep_address.as_deref().filter(|address| {
            // A rehearsal's addresses lead nowhere (RFC 2606).
            !(is_of_provider(address) || self.rehearsal && address.ends_with(".example"))
        }) {
            self.say(
                "OA.KEP_ALANI",
                Severity::Warning,
                format!(
                    "KEP adresi {} bilinen bir KEPHS alanında (hs01.kep.tr … hs08.kep.tr) değil.",
                    quoted(address)
                ),
            );
        }
        let numbers = [&it.phone, &it.other_phone, &it.fax];
        for number in numbers.into_iter().flatten().filter(|it| !is_phone(it)) {
            self.say(
                "OA.TELEFON",
                Severity::Serious,
                format!(
                    "Telefon ya da faks numarası {} numara değil.",
                    quoted(number)
                ),
            );
        }
        if let Some(address) = it.web.as_deref().filter(|it| !is_web(it)) {
            self.say(
                "OA.WEBADRESI",
                Severity::Serious,
                format!("Web adresi {} adres biçiminde değil.", quoted(address)),
            );
        }
        if let Some(address) = it.email.as_deref().filter(|text| !mail(text)) {
            self.say(
                "OA.EPOSTA",
                Severity::Serious,
                format!("E-posta adresi {} adres biçiminde değil.", quoted(address)),
            );
        }
    }

    fn own_id(&mut self, id: Option<&Identifier>) {
        if id.is_some_and(|id| id.scheme.as_deref().unwrap_or_default().is_empty()) {
            self.say(
                "CB.OZID",
                Severity::Serious,
                "Özgün kimliğin (OzId) türü (schemeID) yazılmamış.",
            );
        }
    }

    fn attachments(&mut self, it: &Metadata) {
        let mut orders: HashSet<i32> = HashSet::new();
        let mut names: HashSet<String> = HashSet::new();
        for ek in &it.attachments {
            self.attachment(ek);
            if ek.order < 1 || !orders.insert(ek.order) {
                self.say(
                    "CB.SIRANO",
                    Severity::Serious,
                    format!(
                        "{} ekinin sıra numarası {} 1'den küçük ya da yinelenmiş.",
                        name_of(ek),
                        ek.order
                    ),
                );
            }
            if ek.kind != AttachmentKind::File {
                continue;
            }
            let name = ek
                .file_name
                .as_deref()
                .unwrap_or_default()
                .to_ascii_lowercase();
            let sentence = format!("{} adlı dosya birden çok ekte geçiyor.", quoted(&name));
            if !name.is_empty() && !names.insert(name) {
                self.say("K.24", Severity::Serious, sentence);
            }
        }
    }

    fn attachment(&mut self, it: &Attachment) {
        use Severity::{Critical, Serious, Warning};
        let name = name_of(it);
        if !it.id.is_valid() {
            self.say(
                "CB.EK_ID",
                Critical,
                format!("{name} ekinin kimliği (Id) yok ya da GUID değil."),
            );
        }
        self.own_id(it.own_id.as_ref());
        match &it.kind {
            AttachmentKind::File => {
                match it.file_name.as_deref().unwrap_or_default() {
                    "" => self.say("CB.EK_DOSYAADI", Critical, format!("{name} ekinin dosya adı yazılmamış.")),
                    file if part_file_name(file) != file => self.say(
                        "CB.ENCODEPATH",
                        Warning,
                        format!("{} dosya adında Türkçe harf, boşluk ya da bileşen adında kullanılamayan karakter var.", quoted(file)),
                    ),
                    _ => {}
                }
                if it.mime_type.as_deref().unwrap_or_default().is_empty() {
                    self.say(
                        "CB.EK_MIMETURU",
                        Serious,
                        format!("{name} ekinin MIME türü yazılmamış."),
                    );
                }
            }
            AttachmentKind::External => {
                if it.location.as_deref().unwrap_or_default().is_empty() {
                    self.say(
                        "CB.EK_REFERANS",
                        Critical,
                        format!("Harici referans olan {name} ekinin adresi yazılmamış."),
                    );
                }
                // Only a warning, unlike the other reader's: a clerk may say in words where it lies.
                if it
                    .location
                    .as_deref()
                    .is_some_and(|text| !text.is_empty() && !is_uri(text))
                {
                    self.say(
                        "OA.EK_REFERANS",
                        Warning,
                        format!("Harici referans olan {name} ekinin adresi bir URI değil."),
                    );
                }
                if it.signed == Some(true) {
                    self.say(
                        "CB.EK_IMZALI",
                        Critical,
                        format!("Harici referans olan {name} eki imzalı sayılamaz."),
                    );
                }
                if it.digest.as_ref().is_some_and(|digest| {
                    digest.value.is_empty() || Algorithm::from_uri(&digest.algorithm).is_none()
                }) {
                    self.say(
                        "CB.EK_OZET",
                        Critical,
                        format!("{name} ekinin özeti eksik ya da algoritması desteklenmiyor."),
                    );
                }
            }
            AttachmentKind::Physical => {
                if it.signed == Some(true) {
                    self.say(
                        "CB.EK_IMZALI",
                        Critical,
                        format!("Fiziksel olan {name} eki imzalı sayılamaz."),
                    );
                }
            }
            AttachmentKind::Other(code) => {
                self.foreign_code("Ek türü", code, &["DED", "HRF", "FZK"]);
            }
        }
    }

    fn references(&mut self, it: &Metadata, known: &HashSet<&Guid>) {
        let mut labels: HashSet<&str> = HashSet::new();
        for (index, reference) in it.references.iter().enumerate() {
            self.reference(reference, known);
            if !labels.insert(&reference.label) {
                self.say(
                    "CB.ETIKET",
                    Severity::Serious,
                    format!("İlgi etiketi {} yinelenmiş.", quoted(&reference.label)),
                );
            }
            let expected = LETTERS.get(index).map(char::to_string);
            if expected.is_some_and(|letter| letter != reference.label) {
                self.say(
                    "OA.ETIKET_SIRASI",
                    Severity::Warning,
                    "İlgi etiketleri a harfinden başlayarak Türk alfabesi sırasında değil.",
                );
            }
        }
    }

    fn reference(&mut self, it: &Reference, known: &HashSet<&Guid>) {
        if !it.id.is_valid() {
            self.say(
                "CB.ILGI_ID",
                Severity::Critical,
                "Bir ilginin kimliği (Id) yok ya da GUID değil.",
            );
        }
        if it.label.is_empty() {
            self.say("CB.ETIKET", Severity::Critical, "Bir ilginin etiketi yok.");
        }
        self.own_id(it.own_id.as_ref());
        if let Some(id) = &it.attachment
            && !known.contains(id)
        {
            self.say(
                "K.25",
                Severity::Serious,
                format!(
                    "İlginin gösterdiği ek {} Üstveri'de yok.",
                    quoted(id.as_str())
                ),
            );
        }
    }

    /// Upper case (K.80) and distinct (K.61).
    fn identifiers(&mut self, it: &Metadata) {
        let own = std::iter::once(&it.id)
            .chain(it.attachments.iter().map(|ek| &ek.id))
            .chain(it.references.iter().map(|ilgi| &ilgi.id));
        let mut seen: HashSet<&Guid> = HashSet::new();
        for id in own {
            if id.is_empty() {
                continue;
            }
            if !seen.insert(id) {
                self.say(
                    "K.61",
                    Severity::Critical,
                    format!(
                        "Kimlik {} birden çok yerde kullanılmış.",
                        quoted(id.as_str())
                    ),
                );
            }
        }
        let own = std::iter::once(&it.id)
            .chain(it.attachments.iter().map(|ek| &ek.id))
            .chain(it.references.iter().map(|ilgi| &ilgi.id));
        let left_out = it.recipients.iter().flat_map(|line| &line.left_out);
        let pointing = it
            .references
            .iter()
            .filter_map(|ilgi| ilgi.attachment.as_ref());
        if own.chain(left_out).chain(pointing).any(|id| !id.is_upper()) {
            self.say(
                "K.80",
                Severity::Warning,
                "Kimlikler (GUID) büyük harfle yazılmamış.",
            );
        }
    }

    fn file_plan(&mut self, it: &Metadata) {
        let plan = it.file_plan.iter();
        for code in plan.flat_map(|plan| std::iter::once(&plan.main).chain(&plan.others)) {
            if code.code.is_empty() || code.name.is_empty() {
                self.say(
                    "OA.SDP",
                    Severity::Critical,
                    "Standart dosya planı kodunun kendisi ya da adı boş.",
                );
            } else if !is_plan_code(&code.code) {
                self.say(
                    "OA.SDP_KOD",
                    Severity::Serious,
                    format!("Dosya planı kodu {} biçime uymuyor.", quoted(&code.code)),
                );
            }
        }
        for service in &it.services {
            if service.code == 0 || service.name.is_empty() {
                self.say(
                    "CB.HEYSK",
                    Severity::Serious,
                    "Hizmet envanteri kodunun kendisi ya da adı boş.",
                );
            }
        }
    }
}

fn name_of(ek: &Attachment) -> String {
    let title = ek.title.as_ref().map(|title: &Text| title.value.as_str());
    quoted(
        title
            .or(ek.file_name.as_deref())
            .unwrap_or_else(|| ek.id.as_str()),
    )
}

fn lacks_language(text: Option<&Text>) -> bool {
    text.is_some_and(|text| !text.value.is_empty() && text.language.is_none())
}
