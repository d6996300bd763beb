//! 1.3 packages, encrypted packages, and the sample made with other tools.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{codes, pack, package, unpack};
use eyazisma::{Generation, Kind, Limits, Options, Package, Party, Secrecy, Severity};
use sha2::{Digest as _, Sha256};

const NS: &str = "urn:dpt:eyazisma:schema:xsd";
const R: &str = "http://eyazisma.dpt/iliskiler/";
const ID: &str = "0F8FAD5B-D9CB-469F-A165-70867728950E";

fn digest_list(root: &str, parts: &[(String, Vec<u8>)], named: &[&str], algorithm: &str) -> String {
    let references: String = named
        .iter()
        .map(|name| {
            let content = &parts.iter().find(|(part, _)| part == name).unwrap().1;
            let value = STANDARD.encode(Sha256::digest(content));
            format!("<Reference URI=\"/{name}\" Type=\"http://eyazisma.dpt/bilesen#dahili\"><DigestMethod Algorithm=\"{algorithm}\"/><DigestValue>{value}</DigestValue></Reference>")
        })
        .collect();
    format!("<{root} xmlns=\"{NS}:{root}-1\" Id=\"{ID}\">{references}</{root}>")
}

/// By extension, and for the encrypted content, which has none.
fn content_types() -> Vec<u8> {
    let defaults: String = ["rels", "xml", "imz", "pdf", "psmdcp"]
        .iter()
        .map(|it| format!("<Default Extension=\"{it}\" ContentType=\"application/octet-stream\"/>"))
        .collect();
    format!(
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">{defaults}\
         <Override PartName=\"/SifreliIcerik/{ID}\" ContentType=\"application/pkcs7-mime\"/></Types>"
    )
    .into_bytes()
}

/// A 1.3 package in the form of the public reader's sample.
fn old(algorithm: &str) -> Vec<u8> {
    let party = "<t:KurumKurulus><t:KKK>24301050</t:KKK><t:Adi languageID=\"tur\">Adalet Bakanlığı</t:Adi></t:KurumKurulus>";
    let metadata = format!(
        "<Ustveri xmlns=\"{NS}:Ustveri-1\" xmlns:t=\"{NS}:Tipler-1\"><t:BelgeId>{ID}</t:BelgeId><t:Konu languageID=\"tur\">Eski yazı</t:Konu>\
         <t:Tarih>2019-05-06T00:00:00</t:Tarih><t:BelgeNo>24301050-903.07-E.12</t:BelgeNo><t:GuvenlikKodu>TSD</t:GuvenlikKodu>\
         <t:MimeTuru>application/pdf</t:MimeTuru><t:DagitimListesi><t:Dagitim>{party}<t:Ivedilik>NRM</t:Ivedilik><t:DagitimTuru>GRG</t:DagitimTuru></t:Dagitim></t:DagitimListesi>\
         <t:Olusturan>{party}</t:Olusturan><t:DosyaAdi>yazi.pdf</t:DosyaAdi></Ustveri>"
    );
    let targets = format!(
        "<BelgeHedef xmlns=\"{NS}:BelgeHedef-1\" xmlns:t=\"{NS}:Tipler-1\"><t:HedefListesi><t:Hedef>{party}</t:Hedef></t:HedefListesi></BelgeHedef>"
    );
    let signers = format!(
        "<BelgeImza xmlns=\"{NS}:BelgeImza-1\" xmlns:t=\"{NS}:Tipler-1\"><t:ImzaListesi><t:Imza><t:Imzalayan><t:Kisi><t:IlkAdi>Ali</t:IlkAdi><t:Soyadi>ŞAHİN</t:Soyadi></t:Kisi></t:Imzalayan></t:Imza></t:ImzaListesi></BelgeImza>"
    );
    let core = format!(
        "<coreProperties xmlns=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\"><dc:identifier>{ID}</dc:identifier><dcterms:created>2019-05-06T00:00:00Z</dcterms:created><dc:creator>x</dc:creator><dc:subject>Eski yazı</dc:subject><category>RESMIYAZISMA</category><contentType>application/eyazisma</contentType><version>1.3</version></coreProperties>"
    );
    let mut parts: Vec<(String, Vec<u8>)> = vec![
        ("UstYazi/yazi.pdf".into(), b"%PDF- old".to_vec()),
        ("Ustveri/Ustveri.xml".into(), metadata.into_bytes()),
        ("BelgeHedef/BelgeHedef.xml".into(), targets.into_bytes()),
        ("Imzalar/BelgeImza.xml".into(), signers.into_bytes()),
        ("docProps/core.xml".into(), core.into_bytes()),
        ("Imzalar/ImzaCades.imz".into(), b"cms".to_vec()),
        ("Muhurler/MuhurCades.imz".into(), b"cms".to_vec()),
    ];
    let list = digest_list(
        "PaketOzeti",
        &parts,
        &[
            "BelgeHedef/BelgeHedef.xml",
            "UstYazi/yazi.pdf",
            "Ustveri/Ustveri.xml",
        ],
        algorithm,
    );
    parts.push(("PaketOzeti/PaketOzeti.xml".into(), list.into_bytes()));
    let named = [
        "BelgeHedef/BelgeHedef.xml",
        "UstYazi/yazi.pdf",
        "Ustveri/Ustveri.xml",
        "Imzalar/BelgeImza.xml",
        "PaketOzeti/PaketOzeti.xml",
        "Imzalar/ImzaCades.imz",
        "docProps/core.xml",
    ];
    let list = digest_list("NihaiOzet", &parts, &named, algorithm);
    parts.push(("NihaiOzet/NihaiOzet.xml".into(), list.into_bytes()));
    let rel = |kind: &str, target: &str| {
        format!(
            "<Relationship Type=\"{kind}\" Target=\"{target}\" Id=\"I{}\"/>",
            target.replace('/', "_")
        )
    };
    let rels = |inner: String| {
        format!("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{inner}</Relationships>").into_bytes()
    };
    let roots = [
        ("ustyazi", "/UstYazi/yazi.pdf"),
        ("ustveri", "/Ustveri/Ustveri.xml"),
        ("belgehedef", "/BelgeHedef/BelgeHedef.xml"),
        ("belgeimza", "/Imzalar/BelgeImza.xml"),
        ("paketozeti", "/PaketOzeti/PaketOzeti.xml"),
        ("nihaiozet", "/NihaiOzet/NihaiOzet.xml"),
    ];
    let mut inner: String = roots
        .iter()
        .map(|(kind, target)| rel(&format!("{R}{kind}"), target))
        .collect();
    inner.push_str(&rel(
        "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
        "/docProps/core.xml",
    ));
    parts.push(("_rels/.rels".into(), rels(inner)));
    parts.push((
        "PaketOzeti/_rels/PaketOzeti.xml.rels".into(),
        rels(rel(&format!("{R}imzacades"), "../Imzalar/ImzaCades.imz")),
    ));
    parts.push((
        "NihaiOzet/_rels/NihaiOzet.xml.rels".into(),
        rels(rel(&format!("{R}muhurcades"), "../Muhurler/MuhurCades.imz")),
    ));
    parts.push(("[Content_Types].xml".into(), content_types()));
    pack(&parts)
}

#[test]
fn a_package_of_1_3_is_read_and_checked_by_its_own_rules() {
    let bytes = old("http://www.w3.org/2001/04/xmlenc#sha256");
    let package = Package::read(Cursor::new(&bytes), &Limits::default()).unwrap();
    assert_eq!(
        (package.kind, package.generation, package.version.as_str()),
        (Kind::Plain, Generation::One, "1.3")
    );
    assert_eq!(package.number(), Some("24301050-903.07-E.12"));
    assert_eq!(package.old_signers[0].person.full_name(), "Ali ŞAHİN");
    assert_eq!(package.targets.len(), 1);
    assert!(package.signature.is_some() && package.seal.is_some());
    assert_eq!(
        package.metadata.as_ref().unwrap().secrecy,
        Secrecy::Unclassified
    );
    assert!(
        matches!(&package.metadata.as_ref().unwrap().creator, Some(Party::Institution(it)) if it.code == "24301050")
    );
    assert_eq!(package.check(&Options::default()), []);
}

#[test]
fn what_1_x_gave_up_is_named() {
    let bytes = old("http://www.w3.org/2001/04/xmlenc#sha256");
    for (from, to, code) in [
        ("<t:Ivedilik>NRM", "<t:Ivedilik>IVD", "OA.IVEDILIK_ESKI"),
        ("<t:Adi ", "<t:BYK>1</t:BYK><t:Adi ", "OA.BYK"),
        ("Tipler-1", "Tipler-2", "OKUMA.AD_ALANI"),
        ("Ustveri-1", "Ustveri-2", "CB.SURUM"),
    ] {
        let changed = common::with(&bytes, "Ustveri/Ustveri.xml", from, to);
        let found = codes(&common::check(&changed));
        assert!(found.contains(&code), "{code}: {found:?}");
    }
}

#[test]
fn sha_384_is_not_of_1_3() {
    let bytes = old("http://www.w3.org/2001/04/xmldsig-more#sha384");
    let package = Package::read(Cursor::new(&bytes), &Limits::default()).unwrap();
    assert!(codes(&package.check(&Options::default())).contains(&"OA.SHA384_1X"));
}

/// An encrypted package around `inner`; the content is turned around in place of a cipher.
fn encrypted(inner: &[u8], digest: &[u8]) -> Vec<u8> {
    let name = format!("SifreliIcerik/{ID}");
    let core = format!(
        "<coreProperties xmlns=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:identifier>{}</dc:identifier><category>RESMIYAZISMA/SIFRELI</category><contentType>application/eyazisma</contentType><version>2.0</version></coreProperties>",
        common::guid(100)
    );
    let note = format!(
        "<SifreliIcerikBilgisi xmlns=\"{NS}:Tipler-2\" Id=\"\" Yontem=\"Rehber\" Version=\"1.4\"><URI>http://www.e-yazisma.gov.tr</URI></SifreliIcerikBilgisi>"
    );
    let rel = |kind: &str, target: &str| {
        format!(
            "<Relationship Type=\"{kind}\" Target=\"{target}\" Id=\"I{}\"/>",
            target.len()
        )
    };
    let rels = [
        rel(&format!("{R}sifreliicerik"), &format!("/{name}")),
        rel(
            &format!("{R}sifreliicerikbilgisi"),
            "/SifreliIcerikBilgisi/SifreliIcerikBilgisi.xml",
        ),
        rel(&format!("{R}nihaiozet"), "/NihaiOzet/NihaiOzet.xml"),
        rel(
            "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
            "/core.psmdcp",
        ),
    ]
    .concat();
    pack(&[
        (name, inner.iter().rev().copied().collect()),
        ("SifreliIcerikBilgisi/SifreliIcerikBilgisi.xml".into(), note.into_bytes()),
        ("NihaiOzet/NihaiOzet.xml".into(), digest.to_vec()),
        ("core.psmdcp".into(), core.into_bytes()),
        ("_rels/.rels".into(), format!("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{rels}</Relationships>").into_bytes()),
        ("[Content_Types].xml".into(), content_types()),
    ])
}

#[test]
fn an_encrypted_package_is_read_as_far_as_keys_allow() {
    let inner = package();
    let digest = unpack(&inner)
        .into_iter()
        .find(|(name, _)| name == "NihaiOzet/NihaiOzet.xml")
        .unwrap()
        .1;
    let bytes = encrypted(&inner, &digest);
    let outer = Package::read(Cursor::new(&bytes), &Limits::default()).unwrap();
    assert_eq!(outer.kind, Kind::Encrypted);
    assert_eq!(
        outer.encryption.as_ref().unwrap().version.as_deref(),
        Some("1.4")
    );
    assert_eq!(outer.metadata, None);
    assert_eq!(outer.check(&Options::default()), []);

    let open = |outer: &Package, bytes: &[u8]| {
        outer.decrypt(Cursor::new(bytes.to_vec()), &Limits::default(), |content| {
            Ok(content.into_iter().rev().collect())
        })
    };
    let read = open(&outer, &bytes).unwrap();
    assert_eq!(read.metadata, Some(common::metadata()));
    assert_eq!(read.check(&Options::default()), []);

    let other = encrypted(
        &inner,
        b"<NihaiOzet xmlns=\"urn:dpt:eyazisma:schema:xsd:NihaiOzet-2\"/>",
    );
    let outer = Package::read(Cursor::new(&other), &Limits::default()).unwrap();
    let findings = open(&outer, &other).unwrap().check(&Options::default());
    assert_eq!(codes(&findings), ["CB.SIFRELI_OZET"]);

    let failed = outer.decrypt(Cursor::new(other), &Limits::default(), |_| {
        Err("no key".to_owned())
    });
    assert_eq!(failed.unwrap_err().code(), "KAP.SIFRE_COZULEMEDI");
    let plain = Package::read(Cursor::new(&inner), &Limits::default()).unwrap();
    assert_eq!(
        open(&plain, &inner).unwrap_err().code(),
        "KAP.SIFRELI_DEGIL"
    );
}

#[test]
fn a_sample_made_with_other_tools_breaks_no_rule() {
    let shared = format!(
        "{}/../../../shared/protocol/eyp/samples/local/minimal-2.0.eyp",
        std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo")
    );
    let Some(path) = [std::env::var("EYP_SAMPLE").unwrap_or_default(), shared]
        .into_iter()
        .find(|path| std::path::Path::new(path).exists())
    else {
        println!("skipped: the sample is not here");
        return;
    };
    let package = Package::read(std::fs::File::open(path).unwrap(), &Limits::default()).unwrap();
    let findings = package.check(&Options::default());
    assert_eq!(package.number(), Some("E-24322010-903.07.02-4752"));
    assert!(
        findings
            .iter()
            .all(|finding| finding.severity == Severity::Note),
        "{findings:?}"
    );
}
