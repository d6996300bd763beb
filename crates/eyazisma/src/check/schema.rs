//! The 2.x schemas in a form of our own: order, number and form of what stands in each XML part.
//!
//! The 1.x schema files were not available; 1.x parts are read, and checked only where a rule is
//! known.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::finding::{Finding, Findings, Severity, quoted};
use crate::model::{
    AttachmentKind, Generation, Guid, Purpose, Secrecy, Stamp, Urgency, is_duration,
};
use crate::names::{CORE_NS, generation_of, namespace};
use crate::read::Role;
use crate::xml::Element;

/// What stands inside an element.
enum Content {
    Text,
    Guid,
    /// DETSİS number: eight digits, the first not 0.
    Detsis,
    /// TCKN: eleven digits, the first not 0.
    NationalId,
    Bool,
    Int,
    DateTime,
    Duration,
    Base64,
    Code(fn(Generation) -> Vec<&'static str>),
    /// CT_Id: an empty element with the attribute Value.
    Id,
    /// An empty element with the attribute Algorithm.
    Algorithm,
    Type(&'static [Item]),
}

/// One place in a sequence: a field, or a choice of fields.
enum Item {
    Field(Field),
    Choice(&'static [Field]),
}

struct Field {
    name: &'static str,
    optional: bool,
    many: bool,
    content: Content,
}

const fn one(name: &'static str, content: Content) -> Item {
    Item::Field(Field {
        name,
        optional: false,
        many: false,
        content,
    })
}

const fn opt(name: &'static str, content: Content) -> Item {
    Item::Field(Field {
        name,
        optional: true,
        many: false,
        content,
    })
}

const fn many(name: &'static str, content: Content) -> Item {
    Item::Field(Field {
        name,
        optional: false,
        many: true,
        content,
    })
}

const fn any(name: &'static str, content: Content) -> Item {
    Item::Field(Field {
        name,
        optional: true,
        many: true,
        content,
    })
}

const fn alternative(name: &'static str, content: Content) -> Field {
    Field {
        name,
        optional: false,
        many: false,
        content,
    }
}

use Content::{
    Algorithm, Base64, Bool, Code, DateTime, Detsis, Duration, Id, Int, NationalId, Text, Type,
};

static PERSON_NAME: [Item; 5] = [
    one("IlkAdi", Text),
    one("Soyadi", Text),
    opt("IkinciAdi", Text),
    opt("Unvan", Text),
    opt("OnEk", Text),
];
static CONTACT: [Item; 10] = [
    opt("Telefon", Text),
    opt("TelefonDiger", Text),
    opt("EPosta", Text),
    opt("KepAdresi", Text),
    opt("Faks", Text),
    opt("WebAdresi", Text),
    opt("Adres", Text),
    opt("Il", Text),
    opt("Ilce", Text),
    opt("Ulke", Text),
];
static PERSON: [Item; 4] = [
    one("Kisi", Type(&PERSON_NAME)),
    opt("TCKN", NationalId),
    opt("Gorev", Text),
    opt("IletisimBilgisi", Type(&CONTACT)),
];
static INSTITUTION: [Item; 4] = [
    one("KKK", Detsis),
    opt("Adi", Text),
    opt("IletisimBilgisi", Type(&CONTACT)),
    opt("BirimKKK", Detsis),
];
static COMPANY: [Item; 3] = [
    one("Id", Text),
    opt("Adi", Text),
    opt("IletisimBilgisi", Type(&CONTACT)),
];
static PARTIES: [Field; 3] = [
    alternative("KurumKurulus", Type(&INSTITUTION)),
    alternative("GercekSahis", Type(&PERSON)),
    alternative("TuzelSahis", Type(&COMPANY)),
];
static PARTY: [Item; 1] = [Item::Choice(&PARTIES)];
static LEFT_OUT: [Item; 1] = [one("EkId", Content::Guid)];
static LEFT_OUT_LIST: [Item; 1] = [many("KonulmamisEk", Type(&LEFT_OUT))];
static DISTRIBUTION: [Item; 5] = [
    Item::Choice(&PARTIES),
    one("Ivedilik", Code(Urgency::list)),
    one("DagitimTuru", Code(Purpose::list)),
    opt("Miat", Duration),
    opt("KonulmamisEkListesi", Type(&LEFT_OUT_LIST)),
];
static DISTRIBUTIONS: [Item; 1] = [many("Dagitim", Type(&DISTRIBUTION))];
static EXTERNAL_DIGEST: [Item; 2] = [one("OzetAlgoritmasi", Algorithm), one("OzetDegeri", Base64)];
static ATTACHMENT: [Item; 12] = [
    one("Id", Id),
    opt("BelgeNo", Text),
    one("Tur", Code(AttachmentKind::list)),
    opt("DosyaAdi", Text),
    opt("MimeTuru", Text),
    opt("Ad", Text),
    one("SiraNo", Int),
    opt("Aciklama", Text),
    opt("Referans", Text),
    opt("OzId", Text),
    opt("ImzaliMi", Bool),
    opt("Ozet", Type(&EXTERNAL_DIGEST)),
];
static ATTACHMENTS: [Item; 1] = [many("Ek", Type(&ATTACHMENT))];
static REFERENCE: [Item; 8] = [
    one("Id", Id),
    opt("BelgeNo", Text),
    opt("Tarih", DateTime),
    one("Etiket", Text),
    opt("EkId", Content::Guid),
    opt("Ad", Text),
    opt("Aciklama", Text),
    opt("OzId", Text),
];
static REFERENCES: [Item; 1] = [many("Ilgi", Type(&REFERENCE))];
static CONCERNED: [Item; 1] = [many("Ilgili", Type(&PARTY))];
static PLAN_CODE: [Item; 3] = [one("Kod", Text), one("Ad", Text), opt("Aciklama", Text)];
static PLAN_CODES: [Item; 1] = [any("SdpListesi", Type(&PLAN_CODE))];
static FILE_PLAN: [Item; 2] = [
    one("AnaSdp", Type(&PLAN_CODE)),
    opt("DigerSdpler", Type(&PLAN_CODES)),
];
static SERVICE: [Item; 3] = [one("Kod", Int), one("Ad", Text), opt("Tanim", Text)];
static SERVICES: [Item; 1] = [many("Heysk", Type(&SERVICE))];
static VERIFICATION: [Item; 1] = [one("DogrulamaAdresi", Text)];
static METADATA: [Item; 16] = [
    one("BelgeId", Content::Guid),
    one("Konu", Text),
    one("GuvenlikKodu", Code(Secrecy::list)),
    opt("GuvenlikKoduGecerlilikTarihi", DateTime),
    one("MimeTuru", Text),
    opt("OzId", Text),
    one("DagitimListesi", Type(&DISTRIBUTIONS)),
    opt("Ekler", Type(&ATTACHMENTS)),
    opt("Ilgiler", Type(&REFERENCES)),
    opt("Dil", Text),
    one("Olusturan", Type(&PARTY)),
    opt("IlgiliListesi", Type(&CONCERNED)),
    one("DosyaAdi", Text),
    opt("SdpBilgisi", Type(&FILE_PLAN)),
    opt("HeyskListesi", Type(&SERVICES)),
    one("DogrulamaBilgisi", Type(&VERIFICATION)),
];
static SIGNER: [Item; 7] = [
    one("Imzalayan", Type(&PERSON)),
    opt("YetkiDevreden", Type(&PERSON)),
    opt("VekaletVeren", Type(&PERSON)),
    opt("Makam", Text),
    opt("Amac", Text),
    opt("Aciklama", Text),
    opt("Tarih", DateTime),
];
static SIGNERS: [Item; 1] = [many("Imza", Type(&SIGNER))];
static FINAL_METADATA: [Item; 3] = [
    one("Tarih", DateTime),
    one("BelgeNo", Text),
    one("BelgeImzalar", Type(&SIGNERS)),
];
static DIGEST_ITEM: [Item; 2] = [one("DigestMethod", Algorithm), one("DigestValue", Base64)];
static DIGEST_REFERENCE: [Item; 1] = [many("DigestItem", Type(&DIGEST_ITEM))];
static DIGEST_LIST: [Item; 1] = [many("Reference", Type(&DIGEST_REFERENCE))];
static CHANGE: [Item; 5] = [
    one("YeniGizlilikDerecesi", Code(Secrecy::list)),
    one("DegistirmeTarihi", DateTime),
    one("Aciklama", Text),
    one("KomisyonKarariBelgeNo", Text),
    one("KomisyonKarariBelgeId", Text),
];
static UPDATE: [Item; 2] = [
    one("GuncellemeTuru", Text),
    one("GuvenlikKoduDegisiklikBilgisi", Type(&CHANGE)),
];
static UPDATES: [Item; 1] = [many("Guncellemeler", Type(&UPDATE))];
static TARGET_LIST: [Item; 1] = [many("Hedef", Type(&PARTY))];
static TARGETS: [Item; 1] = [one("HedefListesi", Type(&TARGET_LIST))];

/// A root element: where it stands, its name, and what it holds.
struct Root {
    role: Role,
    /// The schema whose namespace the root is in.
    schema: &'static str,
    name: &'static str,
    /// The rule that its schema stands under.
    rule: &'static str,
    /// The schema in whose namespace everything inside is.
    inner: &'static str,
    items: &'static [Item],
}

const fn list(role: Role, name: &'static str, rule: &'static str) -> Root {
    Root {
        role,
        schema: name,
        name,
        rule,
        inner: "PaketOzeti",
        items: &DIGEST_LIST,
    }
}

const fn typed(
    role: Role,
    schema: &'static str,
    name: &'static str,
    rule: &'static str,
    items: &'static [Item],
) -> Root {
    Root {
        role,
        schema,
        name,
        rule,
        inner: "Tipler",
        items,
    }
}

static ENCRYPTION: [Item; 1] = [any("URI", Text)];

static ROOTS: [Root; 8] = [
    typed(Role::Metadata, "Ustveri", "UstVeri", "K.19", &METADATA),
    typed(
        Role::FinalMetadata,
        "NihaiUstveri",
        "NihaiUstVeri",
        "K.85",
        &FINAL_METADATA,
    ),
    list(Role::PackageDigest, "PaketOzeti", "K.29"),
    list(Role::FinalDigest, "NihaiOzet", "K.39"),
    list(Role::InitialsDigest, "ParafOzeti", "CB.PARAFOZETI_SEMA"),
    typed(
        Role::Update,
        "Tipler",
        "GuncellemeBilgisi",
        "CB.GUNCELLEME_SEMA",
        &UPDATES,
    ),
    typed(
        Role::Targets,
        "BelgeHedef",
        "BelgeHedef",
        "CB.BELGEHEDEF_SEMA",
        &TARGETS,
    ),
    typed(
        Role::EncryptionNote,
        "Tipler",
        "SifreliIcerikBilgisi",
        "CB.SIFRELI_ICERIK_BILGISI",
        &ENCRYPTION,
    ),
];

/// Compares a part with the schema of the package's generation. Of 1.x only names and namespaces
/// are known.
pub(crate) fn check(
    generation: Generation,
    part: &str,
    role: Role,
    root: &Element,
    to: &mut Findings,
) {
    if role == Role::Core {
        if root.name != "coreProperties" || root.ns.as_ref() != CORE_NS {
            to.push(wrong_root("CB.CORE_SEMA", root).at(part));
        }
        return;
    }
    let other = generation_of(&root.ns).filter(|other| *other != generation);
    if let Some(other) = other {
        let (said, found) = match other {
            Generation::One => ("2.x", "1.x"),
            Generation::Two => ("1.x", "2.x"),
        };
        let sentence =
            format!("Paketin sürümü {said}, bileşenin XML ad alanı ise {found} sürümünün.");
        to.push(Finding::new("CB.SURUM", Severity::Critical, sentence).at(part));
        return;
    }
    if generation == Generation::One {
        old(part, root, to);
        return;
    }
    let Some(known) = ROOTS.iter().find(|known| known.role == role) else {
        return;
    };
    if root.name != known.name || root.ns.as_ref() != namespace(known.schema, generation) {
        to.push(wrong_root(known.rule, root).at(part));
        return;
    }
    let inner = namespace(known.inner, generation);
    let mut walk = Walk {
        part,
        rule: known.rule,
        inner: &inner,
        foreign: false,
        to,
    };
    walk.sequence(root, known.items);
}

fn wrong_root(rule: &'static str, root: &Element) -> Finding {
    let sentence = format!(
        "Kök öğe {} ({}) bu bileşenin şemasındaki değil.",
        quoted(&root.name),
        quoted(&root.ns)
    );
    Finding::new(rule, Severity::Critical, sentence)
}

/// What is known of 1.x: elements in its namespaces, and two fields that were given up with 1.2.
fn old(part: &str, root: &Element, to: &mut Findings) {
    let mut open = vec![root];
    let mut foreign = false;
    while let Some(element) = open.pop() {
        if generation_of(&element.ns) != Some(Generation::One) && !foreign {
            foreign = true;
            let sentence = format!(
                "{} öğesi beklenen XML ad alanında değil: {}.",
                quoted(&element.name),
                quoted(&element.ns)
            );
            to.push(Finding::new("OKUMA.AD_ALANI", Severity::Serious, sentence).at(part));
        }
        let code = match element.name.as_str() {
            "BYK" => Some("OA.BYK"),
            "TCYK" => Some("OA.TCYK"),
            _ => None,
        };
        if let Some(code) = code {
            let sentence = format!("{} alanı 1.2 sürümünden beri kullanılmaz.", element.name);
            to.push(Finding::new(code, Severity::Serious, sentence).at(part));
        }
        open.extend(&element.children);
    }
}

struct Walk<'a> {
    part: &'a str,
    rule: &'static str,
    /// The namespace of everything below the root.
    inner: &'a str,
    /// An element of another namespace was named; the others are seldom alone.
    foreign: bool,
    to: &'a mut Findings,
}

impl Walk<'_> {
    fn say(&mut self, sentence: String) {
        self.to
            .push(Finding::new(self.rule, Severity::Critical, sentence).at(self.part));
    }

    fn sequence(&mut self, element: &Element, items: &'static [Item]) {
        let mut children = element.children.iter().peekable();
        for item in items {
            let (fields, optional, many) = match item {
                Item::Field(field) => (std::slice::from_ref(field), field.optional, field.many),
                Item::Choice(fields) => (*fields, false, false),
            };
            let mut count = 0;
            while let Some(child) = children.peek() {
                let Some(field) = fields.iter().find(|field| field.name == child.name) else {
                    break;
                };
                if count == 1 && !many {
                    break;
                }
                if child.ns.as_ref() != self.inner && !std::mem::replace(&mut self.foreign, true) {
                    self.say(format!(
                        "{} öğesi şemanın XML ad alanında değil: {}.",
                        quoted(&child.name),
                        quoted(&child.ns)
                    ));
                }
                self.content(child, &field.content);
                count += 1;
                children.next();
            }
            if count == 0 && !optional {
                let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
                self.say(format!(
                    "{} içinde {} öğesi yok ya da sırası yanlış.",
                    quoted(&element.name),
                    names.join(" / ")
                ));
            }
        }
        if let Some(extra) = children.next() {
            self.say(format!(
                "{} içinde {} öğesinin yeri yok ya da sırası yanlış.",
                quoted(&element.name),
                quoted(&extra.name)
            ));
        }
    }

    fn content(&mut self, element: &Element, content: &'static Content) {
        if let Type(items) = content {
            self.sequence(element, items);
            return;
        }
        if let Some(child) = element.children.first() {
            self.say(format!(
                "{} içinde {} öğesinin yeri yok.",
                quoted(&element.name),
                quoted(&child.name)
            ));
        }
        if is_nil(element) {
            return;
        }
        let text = element.text.trim();
        let right = match content {
            Text | Type(_) => true,
            Content::Guid => Guid::as_read(text).is_valid(),
            // How a wrong number looks is told by the checks of parties, with the party's name.
            Detsis | NationalId => !text.is_empty(),
            Bool => matches!(text, "true" | "false" | "1" | "0"),
            Int => text.parse::<i32>().is_ok(),
            DateTime => Stamp::as_read(text).date_time().is_some(),
            // A deadline in ticks is a finding of its own, with its own severity.
            Duration => is_duration(text) || text.parse::<i64>().is_ok(),
            Base64 => !text.is_empty() && decode(text).is_some(),
            Code(list) => list(Generation::Two).contains(&text),
            Id => element
                .attribute("Value")
                .is_some_and(|value| Guid::as_read(value).is_valid()),
            Algorithm => element.attribute("Algorithm").is_some(),
        };
        if right {
            return;
        }
        if let Code(list) = content {
            let old = list(Generation::One).contains(&text);
            let what = if old {
                "1.x sürümünün kodudur"
            } else {
                "kod listesinde yok"
            };
            self.say(format!(
                "{} öğesinin değeri {} {what}; 2.x sürümünde {} yazılabilir.",
                element.name,
                quoted(text),
                list(Generation::Two).join(", ")
            ));
            return;
        }
        let shown = match content {
            Id => element.attribute("Value").unwrap_or_default(),
            _ => text,
        };
        self.say(format!(
            "{} öğesinin değeri {} biçime uymuyor.",
            quoted(&element.name),
            quoted(shown)
        ));
    }
}

fn is_nil(element: &Element) -> bool {
    element
        .attribute("nil")
        .is_some_and(|value| matches!(value, "true" | "1"))
}

/// Base64 with the white space that XML allows in it.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let dense: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(dense).ok()
}
