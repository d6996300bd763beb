//! A report as a judge would hold it, read back by tools that are not ours.

#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code, unused_imports)]
mod common;

use common::{fonts, keep, run};
use letter::report::{Part, Report, Section, pdf};

fn report() -> Report {
    Report {
        id: "deneme".into(),
        title: "Delil Paketi Özeti".into(),
        subtitle: "E-01039100-115.01-42 sayılı yazı".into(),
        warning: "PROVA: hukuki geçerliliği yoktur.".into(),
        foot: "Keşan Belediye Başkanlığı".into(),
        sections: vec![Section {
            heading: "Ne gönderildi".into(),
            parts: vec![
                Part::Facts(vec![("Konu".into(), "İmar plânı ğüşıöç ĞÜŞİÖÇ".into())]),
                Part::Paragraph("Bir paragraf; yüzü olmayan bir im: \u{1F600}.".into()),
                Part::Table {
                    columns: vec![1, 3],
                    head: vec!["Zaman".into(), "Olay".into()],
                    rows: (0..80)
                        .map(|at| vec![format!("{at}. satır"), "ab12".repeat(16)])
                        .collect(),
                },
                Part::Points(vec!["birinci".into(), "ikinci".into()]),
                Part::Code(vec!["dys verify paket.zip".into()]),
            ],
        }],
        ..Report::default()
    }
}

#[test]
fn a_report_is_the_same_each_time_and_reads_back_with_turkish_letters() {
    let made = pdf(&report(), &fonts()).unwrap();
    assert_eq!(made.bytes, pdf(&report(), &fonts()).unwrap().bytes);
    assert!(made.pages > 1);
    keep("report", &made.bytes);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.pdf").display().to_string();
    std::fs::write(&path, &made.bytes).unwrap();
    let Some(text) = run("pdftotext", &["-layout", &path, "-"]) else {
        return;
    };
    for words in [
        "Delil Paketi Özeti",
        "İmar plânı ğüşıöç ĞÜŞİÖÇ",
        "yüzü olmayan bir im: ?.",
        "79. satır",
        "PROVA: hukuki geçerliliği yoktur.",
        "dys verify paket.zip",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    run("qpdf", &["--check", &path]);
}
