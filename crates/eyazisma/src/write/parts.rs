//! From the model to the XML parts of a 2.x package, in the schema's order.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::{
    Attachment, Contact, Core, DigestList, Distribution, FinalMetadata, Generation, Guid,
    Identifier, Metadata, Party, Person, PlanCode, Reference, SecrecyChange, Signer, Text,
};
use crate::names::{CORE_NS, DC_NS, DCTERMS_NS, XSI_NS, namespace};
use crate::xml::Writer;

pub(super) fn metadata(it: &Metadata) -> Vec<u8> {
    let mut to = Writer::new();
    to.open("UstVeri")
        .attribute("xmlns", &namespace("Ustveri", Generation::Two))
        .attribute("xmlns:t", &namespace("Tipler", Generation::Two));
    to.leaf("t:BelgeId", it.id.as_str());
    text(&mut to, "t:Konu", Some(&it.subject));
    to.leaf("t:GuvenlikKodu", it.secrecy.code());
    leaf(
        &mut to,
        "t:GuvenlikKoduGecerlilikTarihi",
        it.secrecy_until.as_ref().map(|at| at.as_str()),
    );
    to.leaf("t:MimeTuru", &it.mime_type);
    identifier(&mut to, "t:OzId", it.own_id.as_ref());
    to.open("t:DagitimListesi");
    for recipient in &it.recipients {
        distribution(&mut to, recipient);
    }
    to.close();
    wrapped(&mut to, "t:Ekler", &it.attachments, attachment);
    wrapped(&mut to, "t:Ilgiler", &it.references, reference);
    leaf(&mut to, "t:Dil", it.language.as_deref());
    if let Some(creator) = &it.creator {
        to.open("t:Olusturan");
        party(&mut to, creator);
        to.close();
    }
    wrapped(&mut to, "t:IlgiliListesi", &it.concerned, |to, it| {
        to.open("t:Ilgili");
        party(to, it);
        to.close();
    });
    to.leaf("t:DosyaAdi", &it.file_name);
    if let Some(plan) = &it.file_plan {
        to.open("t:SdpBilgisi");
        plan_code(&mut to, "t:AnaSdp", &plan.main);
        wrapped(&mut to, "t:DigerSdpler", &plan.others, |to, it| {
            plan_code(to, "t:SdpListesi", it);
        });
        to.close();
    }
    wrapped(&mut to, "t:HeyskListesi", &it.services, |to, it| {
        to.open("t:Heysk");
        to.leaf("t:Kod", &it.code.to_string())
            .leaf("t:Ad", &it.name);
        leaf(to, "t:Tanim", it.note.as_deref());
        to.close();
    });
    to.open("t:DogrulamaBilgisi")
        .leaf("t:DogrulamaAdresi", &it.verification_address)
        .close();
    to.finish()
}

pub(super) fn final_metadata(it: &FinalMetadata) -> Vec<u8> {
    let mut to = Writer::new();
    to.open("NihaiUstVeri")
        .attribute("xmlns", &namespace("NihaiUstveri", Generation::Two))
        .attribute("xmlns:t", &namespace("Tipler", Generation::Two));
    to.leaf("t:Tarih", it.date.as_str())
        .leaf("t:BelgeNo", &it.number);
    wrapped(&mut to, "t:BelgeImzalar", &it.signers, signer);
    to.finish()
}

/// One of the three digest lists, by its root's name.
pub(super) fn digest_list(root: &'static str, it: &DigestList) -> Vec<u8> {
    let mut to = Writer::new();
    to.open(root)
        .attribute("xmlns", &namespace(root, Generation::Two))
        .attribute("xmlns:o", &namespace("PaketOzeti", Generation::Two))
        .attribute("Id", it.id.as_deref().unwrap_or_default());
    for entry in &it.entries {
        to.open("o:Reference")
            .attribute("URI", &entry.uri)
            .attribute("Type", &entry.place);
        for digest in &entry.digests {
            to.open("o:DigestItem");
            to.open("o:DigestMethod")
                .attribute("Algorithm", &digest.algorithm)
                .close();
            to.leaf("o:DigestValue", &STANDARD.encode(&digest.value));
            to.close();
        }
        to.close();
    }
    to.finish()
}

pub(super) fn core(it: &Core) -> Vec<u8> {
    let mut to = Writer::new();
    to.open("coreProperties")
        .attribute("xmlns", CORE_NS)
        .attribute("xmlns:dc", DC_NS)
        .attribute("xmlns:dcterms", DCTERMS_NS)
        .attribute("xmlns:xsi", XSI_NS);
    leaf(&mut to, "dc:identifier", it.identifier.as_deref());
    if let Some(created) = &it.created {
        to.open("dcterms:created")
            .attribute("xsi:type", "dcterms:W3CDTF")
            .text(created.as_str())
            .close();
    }
    leaf(&mut to, "dc:creator", it.creator.as_deref());
    leaf(&mut to, "dc:subject", it.subject.as_deref());
    leaf(&mut to, "category", it.category.as_deref());
    leaf(&mut to, "contentType", it.content_type.as_deref());
    leaf(&mut to, "version", it.version.as_deref());
    leaf(&mut to, "revision", it.revision.as_deref());
    to.finish()
}

pub(super) fn change(it: &SecrecyChange) -> Vec<u8> {
    let mut to = Writer::new();
    to.open("GuncellemeBilgisi")
        .attribute("xmlns", &namespace("Tipler", Generation::Two));
    to.open("Guncellemeler")
        .leaf("GuncellemeTuru", "GuvenlikKodu");
    to.open("GuvenlikKoduDegisiklikBilgisi")
        .leaf("YeniGizlilikDerecesi", it.secrecy.code())
        .leaf("DegistirmeTarihi", it.date.as_str())
        .leaf("Aciklama", &it.note)
        .leaf("KomisyonKarariBelgeNo", &it.decision_number)
        .leaf("KomisyonKarariBelgeId", &it.decision_id);
    to.finish()
}

fn leaf(to: &mut Writer, name: &'static str, value: Option<&str>) {
    if let Some(value) = value {
        to.leaf(name, value);
    }
}

fn text(to: &mut Writer, name: &'static str, value: Option<&Text>) {
    let Some(value) = value else { return };
    to.open(name);
    if let Some(language) = &value.language {
        to.attribute("languageID", language);
    }
    to.text(&value.value).close();
}

fn identifier(to: &mut Writer, name: &'static str, value: Option<&Identifier>) {
    let Some(value) = value else { return };
    to.open(name);
    if let Some(scheme) = &value.scheme {
        to.attribute("schemeID", scheme);
    }
    to.text(&value.value).close();
}

fn wrapped<T>(to: &mut Writer, name: &'static str, items: &[T], write: impl Fn(&mut Writer, &T)) {
    if items.is_empty() {
        return;
    }
    to.open(name);
    for item in items {
        write(to, item);
    }
    to.close();
}

fn party(to: &mut Writer, it: &Party) {
    match it {
        Party::Institution(it) => {
            to.open("t:KurumKurulus").leaf("t:KKK", &it.code);
            text(to, "t:Adi", it.name.as_ref());
            contact(to, it.contact.as_ref());
            leaf(to, "t:BirimKKK", it.unit_code.as_deref());
            to.close();
        }
        Party::Person(it) => {
            to.open("t:GercekSahis");
            person(to, it);
            to.close();
        }
        Party::Company(it) => {
            to.open("t:TuzelSahis");
            identifier(to, "t:Id", Some(&it.id));
            text(to, "t:Adi", it.name.as_ref());
            contact(to, it.contact.as_ref());
            to.close();
        }
    }
}

fn person(to: &mut Writer, it: &Person) {
    to.open("t:Kisi");
    text(to, "t:IlkAdi", Some(&it.first_name));
    text(to, "t:Soyadi", Some(&it.last_name));
    text(to, "t:IkinciAdi", it.middle_name.as_ref());
    text(to, "t:Unvan", it.title.as_ref());
    text(to, "t:OnEk", it.prefix.as_ref());
    to.close();
    leaf(to, "t:TCKN", it.national_id.as_deref());
    text(to, "t:Gorev", it.duty.as_ref());
    contact(to, it.contact.as_ref());
}

fn contact(to: &mut Writer, it: Option<&Contact>) {
    let Some(it) = it else { return };
    to.open("t:IletisimBilgisi");
    leaf(to, "t:Telefon", it.phone.as_deref());
    leaf(to, "t:TelefonDiger", it.other_phone.as_deref());
    leaf(to, "t:EPosta", it.email.as_deref());
    leaf(to, "t:KepAdresi", it.kep_address.as_deref());
    leaf(to, "t:Faks", it.fax.as_deref());
    leaf(to, "t:WebAdresi", it.web.as_deref());
    text(to, "t:Adres", it.address.as_ref());
    text(to, "t:Il", it.province.as_ref());
    text(to, "t:Ilce", it.district.as_ref());
    text(to, "t:Ulke", it.country.as_ref());
    to.close();
}

fn distribution(to: &mut Writer, it: &Distribution) {
    to.open("t:Dagitim");
    party(to, &it.party);
    to.leaf("t:Ivedilik", it.urgency.code())
        .leaf("t:DagitimTuru", it.purpose.code());
    leaf(to, "t:Miat", it.deadline.as_deref());
    wrapped(to, "t:KonulmamisEkListesi", &it.left_out, |to, id| {
        to.open("t:KonulmamisEk")
            .leaf("t:EkId", id.as_str())
            .close();
    });
    to.close();
}

fn id(to: &mut Writer, value: &Guid, is_package_id: Option<bool>) {
    to.open("t:Id").attribute("Value", value.as_str());
    if let Some(is) = is_package_id {
        to.attribute("EYazismaIdMi", if is { "true" } else { "false" });
    }
    to.close();
}

fn attachment(to: &mut Writer, it: &Attachment) {
    to.open("t:Ek");
    id(to, &it.id, it.is_package_id);
    leaf(to, "t:BelgeNo", it.number.as_deref());
    to.leaf("t:Tur", it.kind.code());
    leaf(to, "t:DosyaAdi", it.file_name.as_deref());
    leaf(to, "t:MimeTuru", it.mime_type.as_deref());
    text(to, "t:Ad", it.title.as_ref());
    to.leaf("t:SiraNo", &it.order.to_string());
    text(to, "t:Aciklama", it.note.as_ref());
    leaf(to, "t:Referans", it.location.as_deref());
    identifier(to, "t:OzId", it.own_id.as_ref());
    leaf(
        to,
        "t:ImzaliMi",
        it.signed.map(|is| if is { "true" } else { "false" }),
    );
    if let Some(digest) = &it.digest {
        to.open("t:Ozet");
        to.open("t:OzetAlgoritmasi")
            .attribute("Algorithm", &digest.algorithm)
            .close();
        to.leaf("t:OzetDegeri", &STANDARD.encode(&digest.value))
            .close();
    }
    to.close();
}

fn reference(to: &mut Writer, it: &Reference) {
    to.open("t:Ilgi");
    id(to, &it.id, it.is_package_id);
    leaf(to, "t:BelgeNo", it.number.as_deref());
    leaf(to, "t:Tarih", it.date.as_ref().map(|at| at.as_str()));
    to.leaf("t:Etiket", &it.label);
    leaf(to, "t:EkId", it.attachment.as_ref().map(Guid::as_str));
    text(to, "t:Ad", it.title.as_ref());
    text(to, "t:Aciklama", it.note.as_ref());
    identifier(to, "t:OzId", it.own_id.as_ref());
    to.close();
}

fn plan_code(to: &mut Writer, name: &'static str, it: &PlanCode) {
    to.open(name).leaf("t:Kod", &it.code).leaf("t:Ad", &it.name);
    leaf(to, "t:Aciklama", it.note.as_deref());
    to.close();
}

fn signer(to: &mut Writer, it: &Signer) {
    to.open("t:Imza");
    for (name, who) in [
        ("t:Imzalayan", Some(&it.person)),
        ("t:YetkiDevreden", it.delegated_by.as_ref()),
        ("t:VekaletVeren", it.deputised_by.as_ref()),
    ] {
        if let Some(who) = who {
            to.open(name);
            person(to, who);
            to.close();
        }
    }
    text(to, "t:Makam", it.office.as_ref());
    text(to, "t:Amac", it.purpose.as_ref());
    text(to, "t:Aciklama", it.note.as_ref());
    leaf(to, "t:Tarih", it.date.as_ref().map(|at| at.as_str()));
    to.close();
}
