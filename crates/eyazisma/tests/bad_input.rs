//! Files that are broken or hostile: an error with a code, or findings; never a panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::{Cursor, Write as _};

use common::{check, codes, pack, package, read, unpack, with, without};
use eyazisma::{Finding, Limits, Options, Package, Severity, XmlLimits};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The code with which the file is refused as a whole.
fn refused(bytes: &[u8]) -> &'static str {
    refused_within(bytes, &Limits::default())
}

fn refused_within(bytes: &[u8], limits: &Limits) -> &'static str {
    match Package::read(Cursor::new(bytes), limits) {
        Err(error) => {
            assert_eq!(error.finding().code, error.code());
            assert!(error.finding().sentence.ends_with('.'), "{error:?}");
            error.code()
        }
        Ok(package) => panic!("read: {package:?}"),
    }
}

/// A package with one more entry.
fn plus(name: &str, content: &[u8]) -> Vec<u8> {
    let mut entries = unpack(&package());
    entries.push((name.to_owned(), content.to_vec()));
    pack(&entries)
}

/// Replaces bytes of the archive itself, everywhere.
fn patched(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let mut found = 0;
    for at in 0..=bytes.len() - from.len() {
        if bytes[at..at + from.len()] == *from {
            bytes[at..at + to.len()].copy_from_slice(to);
            found += 1;
        }
    }
    assert!(found > 0);
    bytes
}

/// The position of the central directory's header of an entry.
fn central(bytes: &[u8], name: &str) -> usize {
    (0..bytes.len() - 46 - name.len())
        .find(|at| {
            bytes[*at..].starts_with(b"PK\x01\x02") && bytes[at + 46..].starts_with(name.as_bytes())
        })
        .unwrap()
}

#[test]
fn a_file_that_ends_early_is_refused_at_any_length() {
    let whole = package();
    for length in (0..whole.len()).step_by(13) {
        let error = Package::read(Cursor::new(&whole[..length]), &Limits::default());
        assert_eq!(error.unwrap_err().code(), "KAP.ZIP_DEGIL", "{length}");
    }
}

#[test]
fn a_changed_byte_never_panics_and_never_changes_what_was_signed_unnoticed() {
    let whole = package();
    let letter = unpack(&whole)[0].1.clone();
    for at in (0..whole.len()).step_by(3) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x41;
        let Ok(package) = Package::read(Cursor::new(&bytes), &Limits::default()) else {
            continue;
        };
        let findings = package.check(&Options::default());
        let mut taken = Vec::new();
        let part = package.letter().unwrap_or("/");
        let same = eyazisma::extract(Cursor::new(&bytes), &Limits::default(), part, &mut taken)
            .is_ok_and(|_| taken == letter);
        let grave = findings
            .iter()
            .any(|finding| finding.severity == Severity::Critical);
        assert!(same || grave, "byte {at}: {findings:?}");
    }
}

#[test]
fn what_is_no_archive_is_refused() {
    for bytes in [&b""[..], b"%PDF-1.7", b"PK\x03\x04", &[0; 70_000]] {
        assert_eq!(refused(bytes), "KAP.ZIP_DEGIL");
    }
}

#[test]
fn a_size_of_four_gigabytes_is_believed_to_nobody() {
    let mut bytes = package();
    let at = central(&bytes, "UstYazi/yazi.pdf");
    bytes[at + 24..at + 28].copy_from_slice(&0xFFFF_FFF0_u32.to_le_bytes());
    assert_eq!(refused(&bytes), "KAP.COK_BUYUK");

    // The same with the 64-bit field that the limit of 32 bits leads to.
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("a.bin", SimpleFileOptions::default().large_file(true))
        .unwrap();
    zip.write_all(b"small").unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    let mut huge = bytes.clone();
    let at = central(&huge, "a.bin");
    huge[at + 24..at + 28].copy_from_slice(&u32::MAX.to_le_bytes());
    let extra = at + 46 + "a.bin".len() + 4;
    assert_eq!(huge[extra..extra + 8], 5_u64.to_le_bytes());
    huge[extra..extra + 8].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    assert_eq!(refused(&huge), "KAP.COK_BUYUK");
}

#[test]
fn a_size_that_is_not_true_is_a_damaged_part() {
    for claim in [1_u32, 500] {
        let mut bytes = package();
        let at = central(&bytes, "UstYazi/yazi.pdf");
        bytes[at + 24..at + 28].copy_from_slice(&claim.to_le_bytes());
        assert!(
            codes(&check(&bytes)).contains(&"KAP.BOZUK_BILESEN"),
            "{claim}"
        );
    }
}

#[test]
fn a_bomb_is_not_unpacked() {
    let zeros = vec![0; 64 << 20];
    assert_eq!(refused(&plus("Ekler/bomba.bin", &zeros)), "KAP.ZIP_BOMBASI");
}

#[test]
fn limits_hold() {
    let bytes = package();
    let none = Limits::default();
    for (limits, code) in [
        (
            Limits {
                package: 100,
                ..none
            },
            "KAP.COK_BUYUK",
        ),
        (Limits { entries: 5, ..none }, "KAP.COK_BUYUK"),
        (Limits { part: 10, ..none }, "KAP.COK_BUYUK"),
        (
            Limits {
                total: 1000,
                ..none
            },
            "KAP.COK_BUYUK",
        ),
        (Limits { name: 10, ..none }, "KAP.BILESEN_ADI"),
        (Limits { depth: 2, ..none }, "KAP.BILESEN_ADI"),
    ] {
        assert_eq!(refused_within(&bytes, &limits), code, "{limits:?}");
    }
    let held = Limits { held: 100, ..none };
    let findings = Package::read(Cursor::new(&bytes), &held)
        .unwrap()
        .check(&Options::default());
    assert!(codes(&findings).contains(&"KAP.COK_BUYUK"));
    let xml = XmlLimits {
        depth: 3,
        nodes: 20,
    };
    let findings = Package::read(Cursor::new(&bytes), &Limits { xml, ..none })
        .unwrap()
        .check(&Options::default());
    assert!(codes(&findings).contains(&"CB.XML"));
}

#[test]
fn a_directory_that_claims_many_entries_is_refused_before_it_is_read() {
    let mut bytes = package();
    let at = bytes.len() - 22;
    bytes[at + 8..at + 12].copy_from_slice(&[0xFF; 4]);
    assert_eq!(refused(&bytes), "KAP.COK_BUYUK");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in [
        "../../etc/passwd",
        "Ekler/../../x",
        "Ekler/%2e%2e/%2e%2e/x",
        "/etc/passwd",
        "Ekler\\..\\x",
        "C:/x",
        "Ekler//x",
        "Ekler/a\nb",
        "Ekler/%zz",
        "a/b/c/d/e/f/g/h/i",
    ] {
        assert_eq!(refused(&plus(name, b"x")), "KAP.BILESEN_ADI", "{name}");
    }
    assert_eq!(refused(&plus(&"x".repeat(600), b"x")), "KAP.BILESEN_ADI");
}

#[test]
fn two_parts_of_one_name_are_refused() {
    let twice = patched(
        &plus("Ekler/sartname.pdX", b"other"),
        b"Ekler/sartname.pdX",
        b"Ekler/sartname.pdf",
    );
    assert_eq!(refused(&twice), "KAP.YINELENEN_BILESEN");
    assert_eq!(
        refused(&plus("EKLER/Sartname.PDF", b"other")),
        "KAP.YINELENEN_BILESEN"
    );
    assert_eq!(
        refused(&plus("Ekler/sartnam%65.pdf", b"other")),
        "KAP.YINELENEN_BILESEN"
    );
}

#[test]
fn entries_that_share_bytes_are_refused() {
    let mut bytes = package();
    let (first, second) = (
        central(&bytes, "UstYazi/yazi.pdf"),
        central(&bytes, "Ekler/sartname.pdf"),
    );
    let offset = bytes[first + 42..first + 46].to_vec();
    bytes[second + 42..second + 46].copy_from_slice(&offset);
    assert_eq!(refused(&bytes), "KAP.CAKISAN_BILESEN");
}

#[test]
fn an_entry_under_a_zip_password_is_refused() {
    let mut bytes = package();
    let at = central(&bytes, "UstYazi/yazi.pdf");
    bytes[at + 8] |= 1;
    assert_eq!(refused(&bytes), "KAP.ZIP_SIFRESI");
}

#[test]
fn xml_with_a_doctype_or_entities_is_not_opened() {
    let start = "<UstVeri";
    let cases = [
        (
            "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><UstVeri",
            "DOCTYPE",
        ),
        (
            "<!DOCTYPE x SYSTEM \"http://example.org/x.dtd\"><UstVeri",
            "DOCTYPE",
        ),
    ];
    for (to, word) in cases {
        let findings = check(&with(&package(), "Ustveri/Ustveri.xml", start, to));
        let found = findings
            .iter()
            .find(|finding| finding.code == "CB.XML")
            .unwrap();
        assert!(
            found.sentence.contains(word) && found.part.as_deref() == Some("/Ustveri/Ustveri.xml")
        );
    }
    let findings = check(&with(
        &package(),
        "Ustveri/Ustveri.xml",
        "İhale İlanı",
        "&gizli;",
    ));
    assert!(codes(&findings).contains(&"CB.XML"));
    let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
    let findings = check(&with(
        &package(),
        "Ustveri/Ustveri.xml",
        "<t:Konu",
        &format!("{deep}<t:Konu"),
    ));
    assert!(codes(&findings).contains(&"CB.XML"));
}

#[test]
fn xml_that_is_cut_or_in_another_encoding_is_a_finding() {
    let mut entries = unpack(&package());
    for broken in [
        &b"<UstVeri>"[..],
        b"",
        b"\xff\xfe<\0U\0",
        b"not xml at all",
        b"<a/><b/>",
    ] {
        let at = entries
            .iter()
            .position(|(name, _)| name == "Ustveri/Ustveri.xml")
            .unwrap();
        entries[at].1 = broken.to_vec();
        let bytes = pack(&entries);
        assert!(codes(&check(&bytes)).contains(&"CB.XML"), "{broken:?}");
        assert_eq!(read(&bytes).metadata, None);
    }
}

#[test]
fn every_missing_part_is_named() {
    let core = unpack(&package())
        .into_iter()
        .find(|(name, _)| name.ends_with(".psmdcp"))
        .unwrap()
        .0;
    for (part, code) in [
        ("UstYazi/yazi.pdf", "CB.BILESEN_YOK"),
        ("Ustveri/Ustveri.xml", "CB.BILESEN_YOK"),
        ("PaketOzeti/PaketOzeti.xml", "CB.BILESEN_YOK"),
        ("Imzalar/ImzaCades.imz", "CB.BILESEN_YOK"),
        ("NihaiUstveri/NihaiUstveri.xml", "CB.BILESEN_YOK"),
        ("NihaiOzet/NihaiOzet.xml", "CB.BILESEN_YOK"),
        ("Muhur/MuhurCades.imz", "CB.BILESEN_YOK"),
        (core.as_str(), "CB.BILESEN_YOK"),
        ("Ekler/sartname.pdf", "K.23"),
        ("_rels/.rels", "CB.ILISKI_YOK"),
        ("[Content_Types].xml", "KAP.ICERIK_TURLERI"),
    ] {
        let findings = check(&without(&package(), part));
        assert!(codes(&findings).contains(&code), "{part}: {findings:?}");
    }
}

#[test]
fn an_attachment_that_is_missing_for_nobody_is_refused() {
    let findings = check(&without(&package(), "Ekler/sartname.pdf"));
    assert!(codes(&findings).contains(&"CB.PAKET_BILESENI_ALINAMADI"));
}

#[test]
fn an_attachment_that_nobody_announced_is_refused() {
    let rel = "<Relationship Type=\"http://eyazisma.dpt/iliskiler/ek\" Target=\"/Ekler/ek.pdf\" Id=\"x\"/></Relationships>";
    let bytes = with(
        &plus("Ekler/ek.pdf", b"x"),
        "_rels/.rels",
        "</Relationships>",
        rel,
    );
    let found = codes(&check(&bytes));
    assert!(
        found.contains(&"K.24") && found.contains(&"K.33") && found.contains(&"K.43"),
        "{found:?}"
    );
    assert!(codes(&check(&plus("Ekler/gizli.pdf", b"x"))).contains(&"CB.FAZLA_BILESEN"));
}

#[test]
fn content_that_changed_after_signing_is_found_by_both_digests() {
    let changed = with(&package(), "UstYazi/yazi.pdf", "letter", "LETTER");
    let findings = check(&changed);
    let found: Vec<_> = findings
        .iter()
        .filter(|finding| finding.code == "CB.HASHLER_ESIT_DEGIL")
        .collect();
    assert_eq!(found.len(), 3, "ParafOzeti, PaketOzeti and NihaiOzet");
    assert!(
        found
            .iter()
            .all(|finding| finding.severity == Severity::Critical)
    );
    // One of the two alone is enough.
    let mut entries = unpack(&package());
    let list = entries
        .iter_mut()
        .find(|(name, _)| name == "ParafOzeti/ParafOzeti.xml")
        .unwrap();
    let text = String::from_utf8(list.1.clone()).unwrap();
    let at = text.find("sha512\"/><o:DigestValue>").unwrap() + "sha512\"/><o:DigestValue>".len();
    let other = if &text[at..at + 1] == "A" { "B" } else { "A" };
    list.1 = format!("{}{other}{}", &text[..at], &text[at + 1..]).into_bytes();
    assert!(codes(&check(&pack(&entries))).contains(&"CB.HASHLER_ESIT_DEGIL"));
}

#[test]
fn a_signature_or_seal_over_other_bytes_is_found() {
    let mut entries = unpack(&package());
    for (part, code) in [
        ("Imzalar/ImzaCades.imz", "K.81"),
        ("Muhur/MuhurCades.imz", "K.100"),
    ] {
        let at = entries.iter().position(|(name, _)| name == part).unwrap();
        let before = std::mem::replace(&mut entries[at].1, b"CMS:<other/>".to_vec());
        assert!(codes(&check(&pack(&entries))).contains(&code), "{part}");
        entries[at].1 = b"garbage".to_vec();
        assert!(codes(&check(&pack(&entries))).contains(&code), "{part}");
        entries[at].1 = before;
    }
}

#[test]
fn a_relationship_that_leaves_the_package_is_not_followed() {
    let from = "Target=\"/UstYazi/yazi.pdf\"";
    for (to, code) in [
        (
            "Target=\"http://example.org/yazi.pdf\" TargetMode=\"External\"",
            "KAP.DIS_ILISKI",
        ),
        ("Target=\"../../../etc/passwd\"", "KAP.ILISKI_HEDEFI"),
        ("Target=\"file:///etc/passwd\"", "KAP.ILISKI_HEDEFI"),
    ] {
        let found = codes(&check(&with(&package(), "_rels/.rels", from, to)));
        assert!(
            found.contains(&code) && found.contains(&"K.2"),
            "{to}: {found:?}"
        );
    }
}

#[test]
fn findings_do_not_grow_without_end() {
    let entry = "<o:Reference URI=\"\" Type=\"\"/>";
    let many: String = (0..5000)
        .map(|n| format!("<o:Reference URI=\"/x{n}\" Type=\"\"/>"))
        .collect();
    let bytes = with(
        &package(),
        "PaketOzeti/PaketOzeti.xml",
        "</PaketOzeti>",
        &format!("{entry}{many}</PaketOzeti>"),
    );
    assert!(check(&bytes).len() <= 200);
}

/// No digest covers the relationships: whoever passes a package on can add any number of them.
#[test]
fn many_mild_findings_hide_no_grave_one() {
    let flooded = |bytes: &[u8], count: usize| {
        let mut unknown: String = (0..count)
            .map(|n| {
                format!(
                    "<Relationship Type=\"http://eyazisma.dpt/iliskiler/z{n}\" Target=\"/z\" Id=\"z{n}\"/>"
                )
            })
            .collect();
        unknown.push_str("</Relationships>");
        check(&with(bytes, "_rels/.rels", "</Relationships>", &unknown))
    };
    let forged = with(&package(), "UstYazi/yazi.pdf", "letter", "LETTER");
    let expected = codes(&check(&forged));
    assert!(expected.contains(&"CB.HASHLER_ESIT_DEGIL"), "{expected:?}");
    let findings = flooded(&forged, 300);
    assert_eq!(findings.len(), 200);
    assert_eq!(codes(&findings)[..expected.len()], expected);
    // That there are more is said once, and not where there are none.
    let more = |findings: &[Finding]| {
        let of_more = findings.iter().filter(|it| it.code == "KAP.COK_BULGU");
        of_more.map(|it| it.severity).collect::<Vec<_>>()
    };
    assert_eq!(more(&findings), [Severity::Warning]);
    assert_eq!(more(&flooded(&package(), 300)), [Severity::Warning]);
    assert_eq!(more(&flooded(&package(), 100)), []);
}

/// A package of a core relationship, Üstveri and whatever else is told.
fn bare(relations: &str, metadata: &str, more: Vec<(String, Vec<u8>)>) -> Vec<u8> {
    let relations = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Type=\"http://eyazisma.dpt/iliskiler/ustveri\" Target=\"/Ustveri/Ustveri.xml\" Id=\"a\"/>\
         {relations}</Relationships>"
    );
    let mut entries = vec![
        ("[Content_Types].xml".to_owned(), b"<Types/>".to_vec()),
        ("_rels/.rels".to_owned(), relations.into_bytes()),
        (
            "Ustveri/Ustveri.xml".to_owned(),
            metadata.as_bytes().to_vec(),
        ),
    ];
    entries.extend(more);
    pack(&entries)
}

fn attachments(count: usize) -> String {
    let lines: String = (1..=count)
        .map(|n| {
            format!(
                "<Ek><Id Value=\"{n:08X}-0000-0000-0000-000000000000\"/><Tur>DED</Tur><SiraNo>{n}</SiraNo></Ek>"
            )
        })
        .collect();
    format!(
        "<UstVeri xmlns=\"urn:dpt:eyazisma:schema:xsd:Tipler-2\"><Ekler>{lines}</Ekler></UstVeri>"
    )
}

/// Shown to hang the reader for minutes before: relations times attachments times parts.
#[test]
fn thousands_of_relations_to_one_part_are_refused() {
    let relation = |n: usize| {
        format!(
            "<Relationship Type=\"http://eyazisma.dpt/iliskiler/ek\" Target=\"/Ekler/z\" Id=\"x{n}\"/>"
        )
    };
    let parts = |count: usize| {
        let mut parts: Vec<_> = (1..count)
            .map(|n| (format!("Ekler/z{n}"), vec![]))
            .collect();
        parts.push(("Ekler/z".to_owned(), b"x".to_vec()));
        parts
    };
    let relations = |count| (0..count).map(relation).collect::<String>();
    let bytes = bare(&relations(3000), &attachments(3000), parts(1940));
    assert_eq!(refused(&bytes), "KAP.COK_BUYUK");
    // As many as it has parts are read, each attachment looked up once.
    let findings = check(&bare(&relations(1940), &attachments(1940), parts(1940)));
    assert!(codes(&findings).contains(&"K.23"), "{findings:?}");
}

/// The same: every element asked for its namespace among all that came before.
#[test]
fn thousands_of_namespaces_are_no_xml_that_is_read() {
    let elements: String = (0..40_000)
        .map(|n| format!("<a xmlns=\"urn:{n:08}\"/>"))
        .collect();
    let declarations: String = (0..40_000)
        .map(|n| format!(" xmlns:a{n}=\"u{n}\""))
        .collect();
    let nested = |depth: usize| {
        let open: String = (0..depth)
            .map(|n| {
                let some: String = (0..100).map(|m| format!(" xmlns:a{m}=\"u{m}\"")).collect();
                format!("<b{n}{some}>")
            })
            .collect();
        let close: String = (0..depth).rev().map(|n| format!("</b{n}>")).collect();
        format!("{open}{close}")
    };
    for (metadata, read) in [
        (format!("<a xmlns=\"q\">{elements}</a>"), false),
        (
            format!("<a0:r{declarations}>{}</a0:r>", "<a0:b/>".repeat(40_000)),
            false,
        ),
        (nested(2), false),
        // The reference implementation declares the default namespace on every element.
        (
            format!("<a xmlns=\"q\">{}</a>", "<b xmlns=\"q\"/>".repeat(2000)),
            true,
        ),
        (nested(1), true),
    ] {
        let findings = check(&bare("", &metadata, vec![]));
        let is_read = !codes(&findings).contains(&"CB.XML");
        assert_eq!(is_read, read, "{findings:?}");
    }
}

#[test]
fn lists_beyond_any_letter_are_refused() {
    assert_eq!(
        refused(&bare("", &attachments(4001), vec![])),
        "KAP.COK_BUYUK"
    );
    let lines = "<o:Reference URI=\"/x\" Type=\"\"/>".repeat(6001);
    let bytes = with(
        &package(),
        "PaketOzeti/PaketOzeti.xml",
        "</PaketOzeti>",
        &format!("{lines}</PaketOzeti>"),
    );
    assert_eq!(refused(&bytes), "KAP.COK_BUYUK");
}

/// Whoever passes a package on can add a file; it never becomes the attachment that was signed.
#[test]
fn a_left_out_attachment_is_replaced_by_nobody() {
    let id = common::guid(2);
    let sent = common::finish(common::draft())
        .without(std::slice::from_ref(&id))
        .unwrap();
    let forged = |kind: &str, part: &str, relation: &str| {
        let mut entries = unpack(&sent);
        entries.push((part.to_owned(), b"%PDF- forged".to_vec()));
        let relation = format!(
            "<Relationship Type=\"http://eyazisma.dpt/iliskiler/{kind}\" Target=\"/{part}\" Id=\"{relation}{id}\"/></Relationships>"
        );
        with(
            &pack(&entries),
            "_rels/.rels",
            "</Relationships>",
            &relation,
        )
    };
    let critical = |bytes: &[u8], code: &str| {
        check(bytes)
            .iter()
            .any(|it| it.code == code && it.severity == Severity::Critical)
    };
    let unsigned = forged("imzasizEk", "ImzasizEkler/kesif.pdf", "IdImzasizEk_");
    assert!(critical(&unsigned, "CB.EK_ROLU"), "{:?}", check(&unsigned));
    let package = Package::read(Cursor::new(&unsigned), &Limits::default()).unwrap();
    let attachments = &package.metadata.as_ref().unwrap().attachments;
    assert_eq!(package.attachment_part(&attachments[1]), None);
    assert!(
        package.attachment_part(&attachments[2]).is_some(),
        "unsigned by Üstveri"
    );
    let other_name = forged("ek", "Ekler/baska.pdf", "IdEk_");
    assert!(critical(&other_name, "K.33"), "{:?}", check(&other_name));
    let same_name = forged("ek", "Ekler/kesif.pdf", "IdEk_");
    assert!(critical(&same_name, "CB.HASHLER_ESIT_DEGIL"));
}

/// No digest covers the relationships, so their ids do not say which file an attachment is.
#[test]
fn two_attachments_are_exchanged_by_nobody() {
    const RELS: &str = "_rels/.rels";
    let [first, second] = [1, 2].map(|number| format!("IdEk_{}", common::guid(number)));
    let swapped = with(&package(), RELS, &first, "IdEk_x");
    let swapped = with(&swapped, RELS, &second, &first);
    let swapped = with(&swapped, RELS, "IdEk_x", &second);
    let findings = check(&swapped);
    assert_eq!(codes(&findings), ["KAP.EK_DOSYASI"; 2]);
    assert!(findings.iter().all(|it| it.severity == Severity::Critical));
    let files = |package: &Package| {
        let attachments = &package.metadata.as_ref().unwrap().attachments;
        let parts = attachments.iter().map(|it| package.attachment_part(it));
        parts.flatten().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(files(&read(&swapped)), files(&read(&package())));
    // Nor does the other's file stand in for one that is not there.
    let alone = read(&without(&swapped, "Ekler/sartname.pdf"));
    assert_eq!(files(&alone), ["/Ekler/kesif.pdf", "/ImzasizEkler/not.txt"]);
}

/// Of two letters that were signed a relationship would choose.
#[test]
fn one_letter_alone_is_signed() {
    let named = |uri: &str| {
        let more = format!(
            "<o:Reference URI=\"{uri}\" Type=\"http://eyazisma.dpt/bilesen#dahili\"/></PaketOzeti>"
        );
        let list = "PaketOzeti/PaketOzeti.xml";
        let findings = check(&with(&package(), list, "</PaketOzeti>", &more));
        findings
            .iter()
            .any(|it| it.code == "K.33" && it.severity == Severity::Critical)
    };
    assert!(named("/usty%61zi/baska.pdf"));
    assert!(!named("/UstYazi/yazi.pdf"), "the letter itself");
    assert!(!named("/Ekler/baska.pdf"));
}
