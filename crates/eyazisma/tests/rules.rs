//! One rule broken at a time in an otherwise right package, each named by its code; and what real
//! writers do wrong, read all the same.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{check, codes, guid, metadata, pack, package, read, unpack, with};
use eyazisma::{Finding, Options, Severity};

const METADATA: &str = "Ustveri/Ustveri.xml";
const LAST: &str = "NihaiUstveri/NihaiUstveri.xml";
const RELS: &str = "_rels/.rels";

/// What the change adds, besides the digests that no longer match.
fn after(part: &str, from: &str, to: &str) -> Vec<Finding> {
    let mut findings = check(&with(&package(), part, from, to));
    findings.retain(|finding| !matches!(finding.code, "CB.HASHLER_ESIT_DEGIL" | "K.81" | "K.100"));
    findings
}

#[test]
fn each_broken_rule_has_its_code() {
    let core = unpack(&package())
        .into_iter()
        .find(|(name, _)| name.ends_with(".psmdcp"))
        .unwrap()
        .0;
    let id = guid(100).to_string();
    let lower = id.to_lowercase();
    let list = "PaketOzeti/PaketOzeti.xml";
    let other = guid(5).to_string();
    let (id_is, id_is_other) = (format!("Id=\"{id}\""), format!("Id=\"{other}\""));
    let value_is = |number| format!("Value=\"{}\"", guid(number));
    let (first, second) = (value_is(11), value_is(12));
    let sha384 = "http://www.w3.org/2001/04/xmldsig-more#sha384";
    let table: Vec<(&str, &str, &str, &[&str])> = vec![
        (
            METADATA,
            "<t:GuvenlikKodu>HZO",
            "<t:GuvenlikKodu>TSD",
            &["K.19", "OA.KOD"],
        ),
        (
            METADATA,
            "<t:GuvenlikKodu>HZO",
            "<t:GuvenlikKodu>KSO",
            &["K.19", "OA.KOD"],
        ),
        (
            METADATA,
            "<t:GuvenlikKodu>HZO",
            "<t:GuvenlikKodu>OZL",
            &["CB.OZL"],
        ),
        (
            METADATA,
            "<t:Ivedilik>NRM",
            "<t:Ivedilik>IVD",
            &["K.19", "OA.KOD"],
        ),
        (
            METADATA,
            "<t:Ivedilik>NRM",
            "<t:Ivedilik>GNL",
            &["OA.GNL_MIAT"],
        ),
        (METADATA, "<t:Miat>P15D</t:Miat>", "", &["OA.GNL_MIAT"]),
        (METADATA, "P15D", "864000000000", &["OKUMA.MIAT_TICK"]),
        (METADATA, "P15D", "15 gün", &["CB.MIAT", "K.19"]),
        (
            METADATA,
            "<t:MimeTuru>application/pdf</t:MimeTuru><t:OzId",
            "<t:MimeTuru/><t:OzId",
            &["CB.MIMETURU"],
        ),
        (
            METADATA,
            "<t:MimeTuru>application/pdf</t:MimeTuru><t:OzId",
            "<t:OzId",
            &["CB.MIMETURU", "K.19"],
        ),
        (
            METADATA,
            " languageID=\"tur\">İhale",
            ">İhale",
            &["OA.DIL_OZELLIGI"],
        ),
        (
            METADATA,
            "https://www.turkiye.gov.tr/belge-dogrulama",
            "",
            &["OA.DOGRULAMA_ADRESI"],
        ),
        (METADATA, "<t:BelgeId>AB", "<t:BelgeId>ab", &["K.80"]),
        (METADATA, &first, &second, &["K.61"]),
        (METADATA, "<t:KKK>24301050", "<t:KKK>2430105", &["CB.KKK"]),
        (
            METADATA,
            "<t:TCKN>10000000146",
            "<t:TCKN>10000000147",
            &["OA.TCKN"],
        ),
        (
            METADATA,
            "schemeID=\"MERSIS\"",
            "schemeID=\"VKN\"",
            &["OA.SCHEMEID"],
        ),
        (METADATA, " schemeID=\"DYS\"", "", &["CB.OZID"]),
        (
            METADATA,
            "<t:Etiket>b<",
            "<t:Etiket>a<",
            &["CB.ETIKET", "OA.ETIKET_SIRASI"],
        ),
        (
            METADATA,
            "<t:Kod>903.07.02",
            "<t:Kod>903-07",
            &["OA.SDP_KOD"],
        ),
        (METADATA, "<t:Dil>tur", "<t:Dil>tr", &["CB.DIL"]),
        (METADATA, "igdir@hs01.kep.tr", "igdir", &["OA.KEPADRESI"]),
        (METADATA, "<t:Dil>", "<t:Baska/><t:Dil>", &["K.19"]),
        (
            METADATA,
            "<t:DosyaAdi>yazi.pdf",
            "<t:DosyaAdi>baska.pdf",
            &["CB.DOSYAADI"],
        ),
        (
            METADATA,
            "<t:Tur>FZK</t:Tur>",
            "<t:Tur>FZK</t:Tur><t:DosyaAdi>x</t:DosyaAdi>",
            &[],
        ),
        (METADATA, "<t:Tur>FZK", "<t:Tur>HRF", &["CB.EK_REFERANS"]),
        (
            METADATA,
            "<t:Konu",
            "<t:Tarih>2026-11-25T00:00:00Z</t:Tarih><t:Konu",
            &["K.19", "OA.USTVERI_TARIH_BELGENO"],
        ),
        (
            LAST,
            "<t:BelgeNo>E-24322010-903.07.02-4752</t:BelgeNo>",
            "",
            &["K.82", "K.85"],
        ),
        (LAST, "2026-11-25T14:00:00+03:00", "dün", &["K.82", "K.85"]),
        (
            LAST,
            "<t:Soyadi languageID=\"tur\">YILMAZ</t:Soyadi>",
            "",
            &["CB.KISI", "K.85"],
        ),
        (&core, "RESMIYAZISMA", "YAZISMA", &["K.71"]),
        (&core, "application/eyazisma", "application/pdf", &["K.73"]),
        (&core, "İhale İlanı", "Başka", &["K.69"]),
        (&core, &id, &other, &["K.68"]),
        (&core, &id, &lower, &[]),
        (&core, "<version>2.0", "<version>2", &["CB.SURUM"]),
        (&core, "<version>2.0", "<version>3.0", &["CB.SURUM"]),
        (&core, "<version>2.0", "<version>0.9", &["CB.SURUM"]),
        (&core, "<version>2.0", "<version>2.1", &[]),
        (&core, "coreProperties", "Properties", &["CB.CORE_SEMA"]),
        (
            RELS,
            "Id=\"IdUstveri\"",
            "Id=\"IdUstYazi\"",
            &["KAP.ILISKI_KIMLIGI"],
        ),
        (
            METADATA,
            "<t:DogrulamaBilgisi>",
            "<t:HeyskListesi><t:Heysk><t:Kod>0</t:Kod><t:Ad>x</t:Ad></t:Heysk></t:HeyskListesi><t:DogrulamaBilgisi>",
            &["CB.HEYSK"],
        ),
        (
            METADATA,
            "igdir@hs01.kep.tr",
            "igdir@hs09.kep.tr",
            &["OA.KEP_ALANI"],
        ),
        (
            METADATA,
            "<t:KepAdresi>",
            "<t:Telefon>yok</t:Telefon><t:KepAdresi>",
            &["OA.TELEFON"],
        ),
        (
            METADATA,
            "<t:KepAdresi>",
            "<t:Telefon>+90 (476) 123 45 67 dahili 12</t:Telefon><t:KepAdresi>",
            &[],
        ),
        (
            METADATA,
            "</t:KepAdresi>",
            "</t:KepAdresi><t:WebAdresi>igdir</t:WebAdresi>",
            &["OA.WEBADRESI"],
        ),
        (
            METADATA,
            "</t:KepAdresi>",
            "</t:KepAdresi><t:WebAdresi>https://www.igdir.example/a</t:WebAdresi>",
            &[],
        ),
        (
            METADATA,
            "<t:MimeTuru>application/pdf</t:MimeTuru><t:OzId",
            "<t:GuvenlikKoduGecerlilikTarihi>2020-01-02T00:00:00Z</t:GuvenlikKoduGecerlilikTarihi><t:MimeTuru>application/pdf</t:MimeTuru><t:OzId",
            &["OA.GECERLILIK_TARIHI"],
        ),
        (
            METADATA,
            "<t:Adi languageID=\"tur\">Adalet",
            "<t:Adi>Adalet",
            &["OA.DIL_OZELLIGI"],
        ),
        (list, &id_is, &id_is_other, &["K.34"]),
        (
            list,
            sha384,
            "http://www.w3.org/2001/04/xmlenc#sha512",
            &["CB.ALGORITHM_DEGERLERI_AYNI"],
        ),
        (
            list,
            "xmlenc#sha512",
            "xmlenc#sha256",
            &["CB.ALGORITHM_SHA512_KULLANILMAMIS"],
        ),
        (
            list,
            sha384,
            "http://www.w3.org/2000/09/xmldsig#sha1",
            &["OA.ESKI_OZET_2X"],
        ),
        (
            list,
            sha384,
            "http://www.w3.org/2001/04/xmlenc#ripemd160",
            &["OA.ESKI_OZET_2X"],
        ),
        (
            list,
            sha384,
            "http://www.w3.org/2001/04/xmldsig-more#md5",
            &["CB.DESTEKLENMEYEN_OZETMODU"],
        ),
        (
            list,
            "URI=\"/UstYazi/yazi.pdf\"",
            "URI=\"\"",
            &["CB.URI_DEGERI_BOS", "K.33"],
        ),
        (
            list,
            "URI=\"/UstYazi/yazi.pdf\"",
            "URI=\"/UstYazi/yok.pdf\"",
            &["CB.PAKET_BILESENI_ALINAMADI", "K.33"],
        ),
        (
            "NihaiOzet/NihaiOzet.xml",
            "#dahili\"",
            "#harici\"",
            &["K.43", "K.45"],
        ),
        // What is said to lie outside is hashed by nobody and covers nothing inside.
        (
            list,
            "#dahili\"",
            "#harici\"",
            &["K.33", "KAP.HARICI_BILESEN"],
        ),
        (
            METADATA,
            "<t:DosyaAdi>kesif.pdf",
            "<t:DosyaAdi>baska.pdf",
            &["OKUMA.EK_DOSYAADI"],
        ),
        (
            METADATA,
            "<t:DosyaAdi>kesif.pdf",
            "<t:DosyaAdi>Keşif .pdf",
            &["CB.ENCODEPATH"],
        ),
    ];
    for (part, from, to, expected) in table {
        let mut found = codes(&after(part, from, to));
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, expected, "{part}: {from} -> {to}");
    }
}

#[test]
fn gravest_findings_come_first_and_read_as_sentences() {
    let findings = after(METADATA, "P15D", "864000000000");
    assert_eq!(findings[0].severity, Severity::Warning);
    let findings = check(&with(
        &package(),
        METADATA,
        "<t:GuvenlikKodu>HZO",
        "<t:GuvenlikKodu>TSD",
    ));
    assert!(findings.is_sorted_by_key(|finding| std::cmp::Reverse(finding.severity)));
    let sentence = &findings
        .iter()
        .find(|finding| finding.code == "OA.KOD")
        .unwrap()
        .sentence;
    assert_eq!(
        sentence,
        "Güvenlik kodu “TSD” 1.x sürümünün kodudur, 2.x paketinde bulunamaz; yazılabilecekler: YOK, HZO, OZL, GZL, CGZ."
    );
}

#[test]
fn a_relationship_in_capitals_is_read_and_named() {
    let bytes = with(
        &package(),
        RELS,
        "iliskiler/paketozeti",
        "iliskiler/PaketOzeti",
    );
    assert_eq!(codes(&check(&bytes)), ["OKUMA.ILISKI_HARF"]);
    assert!(read(&bytes).signature.is_some());
}

#[test]
fn relative_targets_are_read_and_named() {
    let bytes = with(&package(), RELS, "Target=\"/", "Target=\"");
    assert_eq!(codes(&check(&bytes)), ["OKUMA.GORELI_HEDEF"]);
    assert_eq!(read(&bytes).metadata, Some(metadata()));
}

#[test]
fn a_byte_order_mark_is_read_and_named() {
    let mut entries = unpack(&package());
    for (name, content) in &mut entries {
        if name == "_rels/.rels" {
            *content = [b"\xef\xbb\xbf", content.as_slice()].concat();
        }
    }
    assert_eq!(codes(&check(&pack(&entries))), ["OKUMA.BOM"]);
}

#[test]
fn prefixes_and_indentation_do_not_matter() {
    let mut entries = unpack(&package());
    let part = entries
        .iter_mut()
        .find(|(name, _)| name == METADATA)
        .unwrap();
    let text = String::from_utf8(part.1.clone()).unwrap();
    let text = text
        .replace("<t:", "\n  <ns2:")
        .replace("</t:", "</ns2:")
        .replace("xmlns:t=", "xmlns:ns2=");
    part.1 = text.into_bytes();
    let package = read(&pack(&entries));
    assert_eq!(package.metadata, Some(metadata()));
    let findings = package.check(&Options::default());
    assert!(
        findings
            .iter()
            .all(|finding| finding.code == "CB.HASHLER_ESIT_DEGIL"),
        "{findings:?}"
    );
}

#[test]
fn parts_are_found_where_they_belong_when_no_relationship_names_them() {
    let relation = unpack(&package())
        .into_iter()
        .find(|(name, _)| name == RELS)
        .unwrap()
        .1;
    let relation = String::from_utf8(relation).unwrap();
    let at = relation
        .find("<Relationship Type=\"http://eyazisma.dpt/iliskiler/nihaiustveri\"")
        .unwrap();
    let whole = &relation[at..at + relation[at..].find("/>").unwrap() + 2];
    let bytes = with(&package(), RELS, whole, "");
    assert_eq!(codes(&check(&bytes)), ["OKUMA.ILISKISIZ"]);
    assert_eq!(read(&bytes).number(), Some("E-24322010-903.07.02-4752"));
}

/// What the reference reader refuses since it does not deserialise.
#[test]
fn each_part_stands_in_its_own_namespaces() {
    // Each child is wrong, one is named.
    assert_eq!(
        codes(&after(METADATA, "xsd:Tipler-2", "xsd:Ustveri-2")),
        ["K.19"]
    );
    for (part, from, to, code) in [
        (METADATA, "xsd:Tipler-2", "xsd:Ustveri-2", "K.19"),
        (METADATA, "xsd:Tipler-2", "xsd:Tipler-1", "K.19"),
        (METADATA, "UstVeri", "Ustveri", "K.19"),
        (METADATA, "xsd:Ustveri-2", "xsd:Ustveri-1", "CB.SURUM"),
        (METADATA, "<t:Dil>tur", "<t:Dil><t:Dil/>tur", "K.19"),
        (LAST, "NihaiUstVeri", "NihaiUstveri", "K.85"),
        (
            "NihaiOzet/NihaiOzet.xml",
            "xsd:PaketOzeti-2",
            "xsd:NihaiOzet-2",
            "K.39",
        ),
    ] {
        let findings = after(part, from, to);
        assert!(
            findings
                .iter()
                .any(|it| it.code == code && it.severity == Severity::Critical),
            "{part}: {from} -> {to}: {findings:?}"
        );
    }
}

#[test]
fn every_part_has_a_media_type() {
    const TYPES: &str = "[Content_Types].xml";
    for (from, to) in [
        ("<Types", "junk <!DOCTYPE"),
        ("<Types", "<!DOCTYPE a><Types"),
        ("content-types\"", "types\""),
        ("Extension=\"imz\"", "Extension=\"im\""),
    ] {
        let findings = check(&with(&package(), TYPES, from, to));
        let named = |it: &Finding| {
            matches!(it.code, "KAP.ICERIK_TURLERI" | "CB.XML") && it.severity == Severity::Critical
        };
        assert!(findings.iter().any(named), "{from} -> {to}: {findings:?}");
    }
}

/// A part in another place, its relationship and its digests with it.
#[test]
fn parts_lie_where_they_belong() {
    let moved = |from: &str, to: &str| {
        let mut entries = unpack(&package());
        for (name, content) in &mut entries {
            *name = name.replace(from, to);
            if let Ok(text) = String::from_utf8(content.clone()) {
                *content = text.replace(from, to).into_bytes();
            }
        }
        let mut findings = check(&pack(&entries));
        findings.retain(|it| !matches!(it.code, "CB.HASHLER_ESIT_DEGIL" | "K.81" | "K.100"));
        findings
    };
    for (from, to, code, severity) in [
        ("Imzalar/ImzaCades", "Foo/x", "CB.IMZA", Severity::Critical),
        (
            "Ustveri/Ustveri.xml",
            "Ustveri/Baska.xml",
            "K.18",
            Severity::Serious,
        ),
        (
            "ParafOzeti/ParafOzeti.xml",
            "Paraf/ParafOzeti.xml",
            "CB.PARAFOZETI_YERI",
            Severity::Serious,
        ),
        (
            "package/services",
            "baska/services",
            "CB.CORE_YERI",
            Severity::Serious,
        ),
        (
            "NihaiUstveri/NihaiUstveri.xml",
            "nihaiustveri/NihaiUstveri.xml",
            "OKUMA.BILESEN_HARF",
            Severity::Note,
        ),
    ] {
        let findings = moved(from, to);
        assert!(
            findings
                .iter()
                .any(|it| it.code == code && it.severity == severity),
            "{from} -> {to}: {findings:?}"
        );
    }
}

#[test]
fn a_character_that_xml_cannot_hold_is_neither_read_nor_written() {
    for character in ["\u{b}", "&#11;", "\u{ffff}"] {
        let findings = after(METADATA, "İhale İlanı", character);
        assert!(codes(&findings).contains(&"CB.XML"), "{findings:?}");
    }
    let mut metadata = metadata();
    metadata.subject.value = "İhale\u{b}İlanı".into();
    let draft = eyazisma::Draft::new(
        metadata,
        vec![1],
        common::files(),
        eyazisma::Settings::default(),
    );
    let bytes = common::finish(draft.unwrap()).bytes().unwrap();
    assert_eq!(check(&bytes), []);
    assert_eq!(
        read(&bytes).metadata.unwrap().subject.value,
        "İhale\u{fffd}İlanı"
    );
}

#[test]
fn what_strict_readers_refuse_is_read_and_named() {
    let space = with(&package(), RELS, "<?xml", "\n <?xml");
    assert_eq!(codes(&check(&space)), ["OKUMA.BOSLUK"]);
    // The signature's relationship among those of the package.
    let relation = "<Relationship Type=\"http://eyazisma.dpt/iliskiler/imzacades\" Target=\"/Imzalar/ImzaCades.imz\" Id=\"x\"/></Relationships>";
    let bytes = with(&package(), RELS, "</Relationships>", relation);
    let bytes = common::without(&bytes, "PaketOzeti/_rels/PaketOzeti.xml.rels");
    assert_eq!(codes(&check(&bytes)), ["OKUMA.KOK_ILISKI"]);
    assert!(read(&bytes).signature.is_some());
}

#[test]
fn the_visible_letter_and_the_metadata_say_the_same() {
    let mut only_one = metadata();
    only_one.recipients.truncate(1);
    let bytes = common::finish(
        eyazisma::Draft::new(
            only_one,
            vec![1],
            common::files(),
            eyazisma::Settings::default(),
        )
        .unwrap(),
    )
    .bytes()
    .unwrap();
    let compare = |text: &str| {
        codes(&read(&bytes).check(&Options {
            letter_text: Some(text),
            ..Options::default()
        }))
    };
    let letter = "T.C.\nSağlık Bakanlığı\nSayı : E-24322010-903.07.02-4752   25.11.2026\nKonu : İhale\nİlanı\nADALET BAKANLIĞINA\n";
    assert!(compare(letter).is_empty());
    assert!(compare(&letter.replace("25.11.2026", "25 Kasım 2026")).is_empty());
    for (from, to) in [
        ("4752", "4753"),
        ("25.11.2026", "24.11.2026"),
        ("İlanı", "Sonucu"),
        ("ADALET", "SAĞLIK"),
    ] {
        assert_eq!(compare(&letter.replace(from, to)), ["YON.m28"], "{from}");
    }
}
