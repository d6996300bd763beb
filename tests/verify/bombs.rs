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

/// Bytes of a revocation list, as large as is read, that takes little room in the archive.
const LIST: usize = 8 * 1024 * 1024;

/// One that is told apart by its number; nothing in it is random, so that it packs well.
fn revocation_list(number: u8) -> Vec<u8> {
    let length = u32::try_from(LIST - 6).unwrap().to_be_bytes();
    let mut state = u32::from(number) + 1;
    let mut bytes = [b"\x30\x84".as_slice(), &length].concat();
    while bytes.len() < LIST {
        // Of 256 bytes three that do not repeat.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.extend_from_slice(&state.to_be_bytes()[..3]);
        bytes.resize((bytes.len() + 253).min(LIST), 0);
    }
    bytes.truncate(LIST);
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
    let listing = |files: Vec<serde_json::Value>, parts: Parts| {
        let list = serde_json::json!({
            "format": "dys-delil-paketi", "version": 1, "made_at": "2026-11-25T10:00:00Z",
            "made_by": "Ayşe", "rehearsal": false, "institution": "Sağlık Bakanlığı",
            "letter": { "id": "l", "number": "1", "date": "2026-11-25", "subject": "x", "path": "y" },
            "messages": [],
            "audit": { "path": "z", "entries": 1, "first": 1, "head": 1, "head_hash": "" },
            "files": files,
        });
        let mut all: Parts = vec![
            ("icindekiler.json".into(), list.to_string().into_bytes()),
            ("icindekiler.json.p7s".into(), b"cms".to_vec()),
        ];
        all.extend(parts);
        pack(&all)
    };
    let listed = |path: &str| serde_json::json!({ "path": path, "size": LIST, "sha256": "" });
    let often = listing(
        vec![listed("iptal/1.crl"); 1000],
        vec![("iptal/1.crl".into(), revocation_list(1))],
    );
    let paths: Vec<String> = (0..9).map(|at| format!("iptal/{at}.crl")).collect();
    let many = listing(
        paths.iter().map(|path| listed(path)).collect(),
        paths
            .iter()
            .zip(0..)
            .map(|(path, at)| (path.clone(), revocation_list(at)))
            .collect(),
    );
    let files = [
        ("bin-kez.zip", often, "birden çok kez yazıyor"),
        (
            "dokuz-liste.zip",
            many,
            "64 MB üstünde; fazlası kullanılmadı",
        ),
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
