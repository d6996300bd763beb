//! From XML trees to the model, forgiving in order, prefix and what is missing.

use crate::check::schema::decode;
use crate::model::{
    Attachment, AttachmentKind, Company, Contact, Core, DigestEntry, DigestList, DigestValue,
    Distribution, EncryptionNote, ExternalDigest, FilePlan, FinalMetadata, Guid, Identifier,
    Institution, Metadata, Party, Person, PlanCode, Purpose, Reference, Secrecy, SecrecyChange,
    Service, Signer, Stamp, Text, Urgency,
};
use crate::xml::Element;

pub(super) fn metadata(root: &Element) -> Metadata {
    Metadata {
        id: Guid::as_read(&plain(root, "BelgeId")),
        subject: text(root, "Konu").unwrap_or_default(),
        secrecy: Secrecy::as_read(&plain(root, "GuvenlikKodu")),
        secrecy_until: stamp(root, "GuvenlikKoduGecerlilikTarihi"),
        mime_type: plain(root, "MimeTuru"),
        own_id: identifier(root, "OzId"),
        recipients: list(root, "DagitimListesi", "Dagitim", distribution),
        attachments: list(root, "Ekler", "Ek", |it| Some(attachment(it))),
        references: list(root, "Ilgiler", "Ilgi", |it| Some(reference(it))),
        language: root.text_of("Dil"),
        creator: root.child("Olusturan").and_then(party),
        concerned: list(root, "IlgiliListesi", "Ilgili", party),
        file_name: plain(root, "DosyaAdi"),
        file_plan: root.child("SdpBilgisi").map(|it| FilePlan {
            main: it.child("AnaSdp").map(plan_code).unwrap_or_default(),
            others: list(it, "DigerSdpler", "SdpListesi", |it| Some(plan_code(it))),
        }),
        services: list(root, "HeyskListesi", "Heysk", |it| {
            Some(Service {
                code: plain(it, "Kod").parse().unwrap_or_default(),
                name: plain(it, "Ad"),
                note: it.text_of("Tanim"),
            })
        }),
        verification_address: root
            .child("DogrulamaBilgisi")
            .map(|it| plain(it, "DogrulamaAdresi"))
            .unwrap_or_default(),
        old_date: stamp(root, "Tarih"),
        old_number: root.text_of("BelgeNo"),
    }
}

pub(super) fn final_metadata(root: &Element) -> FinalMetadata {
    FinalMetadata {
        date: stamp(root, "Tarih").unwrap_or_default(),
        number: plain(root, "BelgeNo"),
        signers: list(root, "BelgeImzalar", "Imza", |it| Some(signer(it))),
    }
}

/// BelgeImza of 1.x.
pub(super) fn old_signers(root: &Element) -> Vec<Signer> {
    list(root, "ImzaListesi", "Imza", |it| Some(signer(it)))
}

pub(super) fn digest_list(root: &Element) -> DigestList {
    let values = |it: &Element| DigestValue {
        algorithm: it
            .child("DigestMethod")
            .and_then(|method| method.attribute("Algorithm"))
            .unwrap_or_default()
            .trim()
            .to_owned(),
        value: it
            .child("DigestValue")
            .and_then(|value| decode(&value.text))
            .unwrap_or_default(),
    };
    DigestList {
        id: root.attribute("Id").map(str::to_owned),
        entries: root
            .children_named("Reference")
            .map(|it| {
                let mut digests: Vec<DigestValue> =
                    it.children_named("DigestItem").map(values).collect();
                // 1.x: one digest directly inside.
                if it.child("DigestMethod").is_some() {
                    digests.push(values(it));
                }
                DigestEntry {
                    uri: it.attribute("URI").unwrap_or_default().trim().to_owned(),
                    place: it.attribute("Type").unwrap_or_default().to_owned(),
                    digests,
                }
            })
            .collect(),
    }
}

pub(super) fn core(root: &Element) -> Core {
    Core {
        identifier: root.text_of("identifier"),
        created: stamp(root, "created"),
        creator: root.text_of("creator"),
        subject: root.text_of("subject"),
        category: root.text_of("category"),
        content_type: root.text_of("contentType"),
        version: root.text_of("version"),
        revision: root.text_of("revision"),
    }
}

pub(super) fn change(root: &Element) -> Option<SecrecyChange> {
    let update = root.child("Guncellemeler")?;
    let it = update.child("GuvenlikKoduDegisiklikBilgisi")?;
    Some(SecrecyChange {
        secrecy: Secrecy::as_read(&plain(it, "YeniGizlilikDerecesi")),
        date: stamp(it, "DegistirmeTarihi").unwrap_or_default(),
        note: plain(it, "Aciklama"),
        decision_number: plain(it, "KomisyonKarariBelgeNo"),
        decision_id: plain(it, "KomisyonKarariBelgeId"),
    })
}

pub(super) fn targets(root: &Element) -> Vec<Party> {
    list(root, "HedefListesi", "Hedef", party)
}

pub(super) fn encryption_note(root: &Element) -> EncryptionNote {
    EncryptionNote {
        method: root.attribute("Yontem").map(str::to_owned),
        version: root.attribute("Version").map(str::to_owned),
        addresses: root
            .children_named("URI")
            .map(|it| it.text.trim().to_owned())
            .collect(),
    }
}

fn plain(element: &Element, name: &str) -> String {
    element.text_of(name).unwrap_or_default()
}

fn text(element: &Element, name: &str) -> Option<Text> {
    let child = element.child(name)?;
    let value = child.text.trim();
    (!value.is_empty()).then(|| Text {
        value: value.to_owned(),
        language: child.attribute("languageID").map(str::to_owned),
    })
}

fn identifier(element: &Element, name: &str) -> Option<Identifier> {
    let child = element.child(name)?;
    let value = child.text.trim();
    (!value.is_empty()).then(|| Identifier {
        value: value.to_owned(),
        scheme: child.attribute("schemeID").map(str::to_owned),
    })
}

fn stamp(element: &Element, name: &str) -> Option<Stamp> {
    element.text_of(name).map(|text| Stamp::as_read(&text))
}

fn boolean(element: &Element, name: &str) -> Option<bool> {
    as_bool(&element.text_of(name)?)
}

fn as_bool(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn list<T>(
    element: &Element,
    outer: &str,
    inner: &str,
    read: impl Fn(&Element) -> Option<T>,
) -> Vec<T> {
    let Some(outer) = element.child(outer) else {
        return Vec::new();
    };
    outer.children_named(inner).filter_map(read).collect()
}

fn party(element: &Element) -> Option<Party> {
    if let Some(it) = element.child("KurumKurulus") {
        return Some(Party::Institution(Institution {
            code: plain(it, "KKK"),
            name: text(it, "Adi"),
            contact: it.child("IletisimBilgisi").map(contact),
            unit_code: it.text_of("BirimKKK"),
        }));
    }
    if let Some(it) = element.child("GercekSahis") {
        return Some(Party::Person(Box::new(person(it))));
    }
    let it = element.child("TuzelSahis")?;
    Some(Party::Company(Company {
        id: identifier(it, "Id").unwrap_or_default(),
        name: text(it, "Adi"),
        contact: it.child("IletisimBilgisi").map(contact),
    }))
}

fn person(element: &Element) -> Person {
    let name = element.child("Kisi");
    let part = |field: &str| name.and_then(|name| text(name, field));
    Person {
        first_name: part("IlkAdi").unwrap_or_default(),
        last_name: part("Soyadi").unwrap_or_default(),
        middle_name: part("IkinciAdi"),
        title: part("Unvan"),
        prefix: part("OnEk"),
        national_id: element.text_of("TCKN"),
        duty: text(element, "Gorev"),
        contact: element.child("IletisimBilgisi").map(contact),
    }
}

fn contact(element: &Element) -> Contact {
    Contact {
        phone: element.text_of("Telefon"),
        other_phone: element.text_of("TelefonDiger"),
        email: element.text_of("EPosta"),
        kep_address: element.text_of("KepAdresi"),
        fax: element.text_of("Faks"),
        web: element.text_of("WebAdresi"),
        address: text(element, "Adres"),
        province: text(element, "Il"),
        district: text(element, "Ilce"),
        country: text(element, "Ulke"),
    }
}

fn distribution(element: &Element) -> Option<Distribution> {
    Some(Distribution {
        party: party(element)?,
        urgency: Urgency::as_read(&plain(element, "Ivedilik")),
        purpose: Purpose::as_read(&plain(element, "DagitimTuru")),
        deadline: element.text_of("Miat"),
        left_out: list(element, "KonulmamisEkListesi", "KonulmamisEk", |it| {
            it.text_of("EkId").map(|id| Guid::as_read(&id))
        }),
    })
}

/// CT_Id: Value and EYazismaIdMi.
fn id(element: &Element) -> (Guid, Option<bool>) {
    let Some(id) = element.child("Id") else {
        return (Guid::default(), None);
    };
    (
        Guid::as_read(id.attribute("Value").unwrap_or_default()),
        id.attribute("EYazismaIdMi").and_then(as_bool),
    )
}

fn attachment(element: &Element) -> Attachment {
    let (id, is_package_id) = id(element);
    Attachment {
        id,
        is_package_id,
        number: element.text_of("BelgeNo"),
        kind: AttachmentKind::as_read(&plain(element, "Tur")),
        file_name: element.text_of("DosyaAdi"),
        mime_type: element.text_of("MimeTuru"),
        title: text(element, "Ad"),
        order: plain(element, "SiraNo").parse().unwrap_or_default(),
        note: text(element, "Aciklama"),
        location: element.text_of("Referans"),
        own_id: identifier(element, "OzId"),
        signed: boolean(element, "ImzaliMi"),
        digest: element.child("Ozet").map(|it| ExternalDigest {
            algorithm: it
                .child("OzetAlgoritmasi")
                .and_then(|it| it.attribute("Algorithm"))
                .unwrap_or_default()
                .to_owned(),
            value: it
                .child("OzetDegeri")
                .and_then(|it| decode(&it.text))
                .unwrap_or_default(),
        }),
    }
}

fn reference(element: &Element) -> Reference {
    let (id, is_package_id) = id(element);
    Reference {
        id,
        is_package_id,
        number: element.text_of("BelgeNo"),
        date: stamp(element, "Tarih"),
        label: plain(element, "Etiket"),
        attachment: element.text_of("EkId").map(|id| Guid::as_read(&id)),
        title: text(element, "Ad"),
        note: text(element, "Aciklama"),
        own_id: identifier(element, "OzId"),
    }
}

fn plan_code(element: &Element) -> PlanCode {
    PlanCode {
        code: plain(element, "Kod"),
        name: plain(element, "Ad"),
        note: element.text_of("Aciklama"),
    }
}

fn signer(element: &Element) -> Signer {
    Signer {
        person: element.child("Imzalayan").map(person).unwrap_or_default(),
        delegated_by: element.child("YetkiDevreden").map(person),
        deputised_by: element.child("VekaletVeren").map(person),
        office: text(element, "Makam"),
        purpose: text(element, "Amac"),
        note: text(element, "Aciklama"),
        date: stamp(element, "Tarih"),
    }
}
