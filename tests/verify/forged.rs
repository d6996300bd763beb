//! Files that hide what does not hold behind what nothing covers, or behind their own words.

use serde_json::json;

use super::*;

/// More unknown relationships than findings are kept: no digest covers relationships.
#[test]
fn a_changed_letter_is_not_hidden_behind_mild_findings() {
    let desk = Desk::new();
    let eyp = desk.package(&pdf());
    let flooded = |eyp: &[u8]| {
        let mut unknown: String = (0..200)
            .map(|at| {
                format!("<Relationship Type=\"{RELATION}z{at}\" Target=\"/z\" Id=\"z{at}\"/>")
            })
            .collect();
        unknown.push_str("</Relationships>");
        let relations = String::from_utf8(part(eyp, "_rels/.rels")).unwrap();
        let relations = relations.replace("</Relationships>", &unknown);
        with(eyp, "_rels/.rels", relations.as_bytes())
    };
    let forged = with(&eyp, "UstYazi/yazi.pdf", &pdf_of("Başka"));
    let (code, said) = desk.verify("degismis.eyp", &flooded(&forged));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("CB.HASHLER_ESIT_DEGIL"), "{said}");
    // What has no room leaves the check open, whatever it is.
    let (code, said) = desk.verify("tam.eyp", &flooded(&eyp));
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("KAP.COK_BULGU"), "{said}");
}

#[test]
fn a_package_with_folders_is_read_as_its_reader_reads_it() {
    let desk = Desk::new();
    let eyp = desk.package(&pdf());
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.add_directory("UstYazi/", options).unwrap();
    for (name, content) in unpack(&eyp) {
        zip.start_file(name.as_str(), options).unwrap();
        std::io::Write::write_all(&mut zip, &content).unwrap();
    }
    let folders = zip.finish().unwrap().into_inner();
    let (code, said) = desk.verify("klasorlu.eyp", &folders);
    assert_eq!(code, 0, "{said}");
}

/// A list in whose words a terminal would wipe what was said and write something else.
#[test]
fn a_foreign_text_is_one_line_and_moves_no_cursor() {
    let desk = Desk::new();
    let forged = "\u{1b}[2J\u{1b}[Hpaket.zip (delil paketi): BÜTÜN DENETİMLER TUTUYOR\r\n  tamam   \
                  Kurumun imzası\u{2028}\u{202e}\u{9b}2J";
    let list = json!({
        "format": "dys-delil-paketi", "version": 1, "made_at": "2026-11-25T10:00:00Z",
        "made_by": "Ayşe", "rehearsal": false, "notes": [forged, "x".repeat(100_000)],
        "institution": forged,
        "letter": { "id": "l", "number": forged, "date": "2026-11-25", "subject": forged, "path": forged },
        "messages": [],
        "audit": { "path": "denetim/kayitlar.jsonl", "entries": 1, "first": 1, "head": 1, "head_hash": "" },
        "files": [],
    });
    let bundle = pack(&vec![
        ("icindekiler.json".into(), list.to_string().into_bytes()),
        ("icindekiler.json.p7s".into(), b"cms".to_vec()),
    ]);
    let (code, said) = desk.verify("paket.zip", &bundle);
    assert_eq!(code, 1, "{said}");
    let turns = |c: char| (c.is_control() && c != '\n') || ('\u{2028}'..='\u{202e}').contains(&c);
    assert!(!said.contains(turns), "{said:?}");
    let mut lines = said.lines();
    let head = lines.next().unwrap();
    assert!(head.ends_with("TUTMUYOR"), "{head}");
    for line in lines {
        let told = ["  tamam   ", "  eksik   ", "  HATALI  "];
        assert!(told.iter().any(|mark| line.starts_with(mark)), "{line}");
        assert!(line.chars().count() < 1100, "{line}");
    }
    assert_eq!(said.matches("BÜTÜN DENETİMLER").count(), 3, "{said}");

    // A program reads what stands there.
    let mut command = Command::new(env!("CARGO_BIN_EXE_dys"));
    command
        .args(["verify", "--json"])
        .arg(desk.folder.path().join("paket.zip"));
    let (_, json) = run(&mut command);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["checks"][1]["text"], forged);
}
