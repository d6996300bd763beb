//! Whether the parts of an e-Yazışma package keep to the official schemas, asked of xmllint.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use eyazisma::Limits;

/// The parts that have a schema of their own, and its file.
const SCHEMAS: [(&str, &str); 5] = [
    ("/Ustveri/Ustveri.xml", "EY-Ustveri-2.xsd"),
    ("/NihaiUstveri/NihaiUstveri.xml", "EY-NihaiUstveri-2.xsd"),
    ("/ParafOzeti/ParafOzeti.xml", "EY-ParafOzeti-2.xsd"),
    ("/PaketOzeti/PaketOzeti.xml", "EY-PaketOzeti-2.xsd"),
    ("/NihaiOzet/NihaiOzet.xml", "EY-NihaiOzet-2.xsd"),
];

/// Every part of the package against its schema. The schemas are not the project's: `EYP_XSD`
/// names their folder (corrected set of 2.x), else they are looked for beside the checkout; where
/// they or xmllint are missing, that is said.
pub fn keeps_to_the_schemas(bytes: &[u8]) {
    let Some(folder) = folder() else {
        return eprintln!("skipped: the e-Yazışma schemas are not here (EYP_XSD)");
    };
    for (part, schema) in SCHEMAS {
        let mut xml = Vec::new();
        eyazisma::extract(Cursor::new(bytes), &Limits::default(), part, &mut xml).unwrap();
        let xml = real_series(&String::from_utf8(xml).unwrap());
        let started = Command::new("xmllint")
            .args(["--nonet", "--noout", "--schema"])
            .arg(folder.join(schema))
            .arg("-")
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut tool) = started else {
            return eprintln!("skipped: xmllint is not installed");
        };
        tool.stdin
            .take()
            .unwrap()
            .write_all(xml.as_bytes())
            .unwrap();
        let said = tool.wait_with_output().unwrap();
        assert!(
            said.status.success(),
            "{part} against {schema}: {}\n{xml}",
            String::from_utf8_lossy(&said.stderr)
        );
    }
}

/// Units without a DETSİS number carry one of a marked series that no real number can be in: it
/// begins with 0, which the schema refuses, as it should. Here they get a first digit that it takes.
fn real_series(xml: &str) -> String {
    xml.replace("KKK>0", "KKK>1")
}

fn folder() -> Option<PathBuf> {
    let beside = ["../shared", "../../shared"].map(|place| {
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo"))
            .join(place)
            .join("protocol/eyp/xsd-2.0-corrected")
    });
    std::env::var_os("EYP_XSD")
        .map(PathBuf::from)
        .into_iter()
        .chain(beside)
        .find(|folder| folder.is_dir())
}
