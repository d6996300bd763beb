//! Archives that claim or hold more than memory: told, within bounds.

use super::*;

/// The archive with one entry that claims to be so large when it is unpacked.
fn claiming(archive: &[u8], name: &str, size: u32) -> Vec<u8> {
    let mut bytes = archive.to_vec();
    for (mark, length_at, name_at) in [(b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)] {
        let at = (0..bytes.len() - name_at)
            .find(|at| {
                bytes[*at..].starts_with(mark) && bytes[at + name_at..].starts_with(name.as_bytes())
            })
            .expect("the entry");
        bytes[at + length_at..at + length_at + 4].copy_from_slice(&size.to_le_bytes());
    }
    bytes
}

#[test]
fn bombs_and_boasts_are_told_in_little_memory() {
    /// Address space in KiB; the bombs unpack to more.
    const MOST: u64 = 512 * 1024;
    let desk = Desk::new();
    let zeros = vec![0; 640 * 1024 * 1024];
    let bundle = |content: &[u8]| {
        pack(&vec![
            ("icindekiler.json".into(), content.to_vec()),
            ("icindekiler.json.p7s".into(), b"cms".to_vec()),
        ])
    };
    let eyp = desk.package(&pdf());
    let huge = u32::MAX - 1;
    let files = [
        ("bomba.zip", bundle(&zeros), "sınırdan büyük"),
        (
            "bomba.eyp",
            with(&eyp, "UstYazi/yazi.pdf", &zeros),
            "HATALI",
        ),
        (
            "dort-gb.zip",
            claiming(&bundle(b"{}"), "icindekiler.json", huge),
            "İçindekiler",
        ),
        (
            "dort-gb.eyp",
            claiming(&eyp, "UstYazi/yazi.pdf", huge),
            "HATALI",
        ),
        (
            "dort-gb-ustveri.eyp",
            claiming(&eyp, "Ustveri/Ustveri.xml", huge),
            "HATALI",
        ),
    ];
    drop(zeros);
    for (name, bytes, words) in files {
        let path = desk.put(name, &bytes);
        let mut command = Command::new("sh");
        command
            .args(["-c", "ulimit -v \"$0\" && exec \"$@\""])
            .arg(MOST.to_string())
            .arg(env!("CARGO_BIN_EXE_dys"))
            .arg("verify")
            .arg(&path)
            .arg("--roots")
            .arg(desk.folder.path().join("kokler"));
        let (code, said) = run(&mut command);
        assert_eq!(code, 1, "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
    }
}
