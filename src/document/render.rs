//! The letter as a page: every fact of it laid out by the regulation's rules, as deterministic
//! HTML that prints on A4 (regulation articles 6-27).

use std::fmt::Write as _;

use super::attach::AttachmentKind;
use super::body::{Body, escape};
use super::reference::mark;
use super::{Closing, DocumentKind, Urgency};
use crate::turkish;

/// All facts that stand on a letter; the same sheet gives the same bytes.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// `Keşan Belediye Başkanlığı`
    pub institution: String,
    /// `Yazı İşleri Müdürlüğü`; empty for the institution's own letters.
    pub unit: String,
    /// Empty until it is taken.
    pub number: String,
    /// `24.11.2026`, empty until it is signed.
    pub date: String,
    pub subject: String,
    pub kind: Option<DocumentKind>,
    pub urgency: Option<Urgency>,
    /// `28.02.2026`
    pub due_date: String,
    pub restricted: bool,
    pub personal: bool,
    pub recipients: Vec<Addressee>,
    pub references: Vec<String>,
    pub body: Body,
    pub closing: Option<Closing>,
    pub signatures: Vec<SignatureBlock>,
    pub attachments: Vec<AttachmentLine>,
    pub contact: String,
}

/// Muhatap.
#[derive(Debug, Clone, Default)]
pub struct Addressee {
    pub institution: String,
    /// Empty when the institution itself is addressed.
    pub unit: String,
    pub is_person: bool,
    pub for_information: bool,
}

/// Name and title below the text; never a mark that it is e-signed (article 17).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignatureBlock {
    pub name: String,
    pub title: String,
}

/// A line of Ek.
#[derive(Debug, Clone)]
pub struct AttachmentLine {
    pub title: String,
    pub kind: AttachmentKind,
}

/// A rendered letter.
#[derive(Debug, Clone)]
pub struct Rendered {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
    pub file_name: &'static str,
}

/// Above this many lines Ek and Dağıtım get a page of their own (articles 18 and 19).
const LONG_LIST: usize = 12;

/// Lays the letter out.
#[must_use]
pub fn render(sheet: &Sheet) -> Rendered {
    let mut out = String::with_capacity(8_192);
    let title = if sheet.number.is_empty() {
        &sheet.subject
    } else {
        &sheet.number
    };
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"tr\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<article>\n",
        escape(title)
    );
    urgency(sheet, &mut out);
    header(sheet, &mut out);
    meta(sheet, &mut out);
    addressee(sheet, &mut out);
    references(sheet, &mut out);
    let _ = write!(out, "<section class=\"text\">\n{}", sheet.body.to_html());
    if let Some(closing) = sheet
        .closing
        .filter(|_| sheet.kind != Some(DocumentKind::Minutes))
    {
        let _ = writeln!(out, "<p>{}</p>", closing.label());
    }
    out.push_str("</section>\n");
    signatures(sheet, &mut out);
    lists(sheet, &mut out);
    if !sheet.contact.is_empty() {
        let _ = writeln!(out, "<footer>{}</footer>", escape(&sheet.contact));
    }
    out.push_str("</article>\n</body>\n</html>\n");
    Rendered {
        bytes: out.into_bytes(),
        media_type: "text/html; charset=utf-8",
        file_name: "yazi.html",
    }
}

/// The letter's style; the page that shows it names it by its hash.
pub const STYLE: &str = "@page{size:A4;margin:15mm}\
body{margin:0;background:#fff;color:#000;font:12pt/1.35 \"Liberation Serif\",\"Times New Roman\",serif}\
article{max-width:180mm;margin:0 auto;padding:6mm 4mm;overflow-wrap:anywhere}\
.head{text-align:center;margin-bottom:2.7em}.head p,.to p,.sign p{margin:0}\
.meta{display:grid;grid-template-columns:max-content 1fr max-content;column-gap:.5em}\
.meta p{margin:0}.to{text-align:center;margin:2.7em 0}\
.refs{display:grid;grid-template-columns:max-content 1fr;column-gap:.5em;margin:0 0 1.35em}\
.refs p{margin:0}.text p{margin:0;text-indent:1.25cm;text-align:justify;hyphens:auto}\
.text li p,.text td p,.text th p{text-indent:0;text-align:left}\
.text table{border-collapse:collapse;width:100%;margin:.5em 0}\
.text td,.text th{border:1px solid #000;padding:1mm 2mm;vertical-align:top}\
.sign{display:flex;justify-content:flex-end;gap:15mm;margin:2.7em 0 1.35em;text-align:center}\
.sign.many{justify-content:space-between;flex-wrap:wrap}\
.mark{color:#c00;font-weight:bold;text-align:right;margin:0}\
.list{margin:1em 0}.list p{margin:0}.cols{display:grid;grid-template-columns:1fr 1fr;gap:8mm}\
.own-page{break-before:page}footer{border-top:1px solid #000;margin-top:3em;font-size:9pt;padding-top:1mm}\
@media (max-width:600px){article{padding:4mm}.meta{grid-template-columns:max-content 1fr}}";

fn urgency(sheet: &Sheet, out: &mut String) {
    let mut marks = Vec::new();
    match sheet.urgency {
        Some(Urgency::Urgent) => marks.push("ACELE".to_owned()),
        Some(Urgency::Dated) => {
            marks.push("GÜNLÜDÜR".to_owned());
            if !sheet.due_date.is_empty() {
                marks.push(format!("Miat: {}", sheet.due_date));
            }
        }
        _ => {}
    }
    if sheet.restricted {
        marks.push("HİZMETE ÖZEL".to_owned());
    }
    if sheet.personal {
        marks.push("KİŞİYE ÖZEL".to_owned());
    }
    for mark in marks {
        let _ = writeln!(out, "<p class=\"mark\">{}</p>", escape(&mark));
    }
}

fn header(sheet: &Sheet, out: &mut String) {
    let _ = write!(
        out,
        "<header class=\"head\"><p>T.C.</p><p>{}</p>",
        escape(&turkish::upper(&sheet.institution))
    );
    if !sheet.unit.is_empty() {
        let _ = write!(out, "<p>{}</p>", escape(&sheet.unit));
    }
    out.push_str("</header>\n");
}

fn meta(sheet: &Sheet, out: &mut String) {
    let _ = writeln!(
        out,
        "<div class=\"meta\"><p>Sayı</p><p>: {}</p><p>{}</p><p>Konu</p><p>: {}</p><p></p></div>",
        escape(&sheet.number),
        escape(&sheet.date),
        escape(&sheet.subject)
    );
}

fn addressee(sheet: &Sheet, out: &mut String) {
    out.push_str("<div class=\"to\">");
    match sheet.recipients.as_slice() {
        [] => {}
        [one] if one.is_person => {
            let _ = write!(out, "<p>Sayın {}</p>", escape(&one.institution));
        }
        [one] => {
            let name = turkish::dative(&turkish::upper(&one.institution));
            let _ = write!(out, "<p>{}</p>", escape(&name));
            if !one.unit.is_empty() {
                let _ = write!(out, "<p>({})</p>", escape(&one.unit));
            }
        }
        _ => out.push_str("<p>DAĞITIM YERLERİNE</p>"),
    }
    out.push_str("</div>\n");
}

fn references(sheet: &Sheet, out: &mut String) {
    if sheet.references.is_empty() {
        return;
    }
    out.push_str("<div class=\"refs\">");
    let single = sheet.references.len() == 1;
    for (index, text) in sheet.references.iter().enumerate() {
        let label = if index == 0 { "İlgi :" } else { "" };
        let mark = if single {
            String::new()
        } else {
            format!("{}) ", mark(index))
        };
        let _ = write!(out, "<p>{label}</p><p>{mark}{}</p>", escape(text));
    }
    out.push_str("</div>\n");
}

fn signatures(sheet: &Sheet, out: &mut String) {
    let many = if sheet.signatures.len() > 1 {
        " many"
    } else {
        ""
    };
    let _ = write!(out, "<div class=\"sign{many}\">");
    // The higher stands on the right (two) or at the far left (more), and signs last.
    let ordered: Vec<&SignatureBlock> = match sheet.signatures.len() {
        0..=2 => sheet.signatures.iter().collect(),
        _ => sheet.signatures.iter().rev().collect(),
    };
    for block in ordered {
        let _ = write!(
            out,
            "<div><p>{}</p><p>{}</p></div>",
            escape(&block.name),
            escape(&block.title)
        );
    }
    out.push_str("</div>\n");
}

fn lists(sheet: &Sheet, out: &mut String) {
    if !sheet.attachments.is_empty() {
        let long = sheet.attachments.len() > LONG_LIST;
        let (class, name) = if long {
            ("list own-page", "EK LİSTESİ")
        } else {
            ("list", "Ek:")
        };
        if long {
            out.push_str("<div class=\"list\"><p>Ek: Ek Listesi</p></div>\n");
        }
        let _ = write!(out, "<div class=\"{class}\"><p>{name}</p>");
        let single = sheet.attachments.len() == 1;
        for (index, line) in sheet.attachments.iter().enumerate() {
            let number = if single {
                String::new()
            } else {
                format!("{}- ", index + 1)
            };
            let kind = match line.kind {
                AttachmentKind::File => "",
                AttachmentKind::Physical => " (fiziksel)",
                AttachmentKind::External => " (harici)",
            };
            let _ = write!(out, "<p>{number}{}{kind}</p>", escape(&line.title));
        }
        out.push_str("</div>\n");
    }
    if sheet.recipients.len() > 1 {
        distribution(sheet, out);
    }
}

fn distribution(sheet: &Sheet, out: &mut String) {
    let long = sheet.recipients.len() > LONG_LIST;
    if long {
        out.push_str("<div class=\"list\"><p>Dağıtım: Dağıtım Listesi</p></div>\n");
    }
    let (class, name) = if long {
        ("list own-page", "DAĞITIM LİSTESİ")
    } else {
        ("list", "Dağıtım:")
    };
    let _ = write!(
        out,
        "<div class=\"{class}\"><p>{name}</p><div class=\"cols\">"
    );
    let column = |title: &str, information: bool, out: &mut String| {
        let lines: Vec<&Addressee> = sheet
            .recipients
            .iter()
            .filter(|line| line.for_information == information)
            .collect();
        if lines.is_empty() {
            return;
        }
        let _ = write!(out, "<div><p>{title}</p>");
        for line in lines {
            let unit = if line.unit.is_empty() {
                String::new()
            } else {
                format!(" ({})", line.unit)
            };
            let dative = if line.is_person {
                format!("Sayın {}", line.institution)
            } else {
                turkish::dative(&line.institution)
            };
            let _ = write!(out, "<p>{}{}</p>", escape(&dative), escape(&unit));
        }
        out.push_str("</div>");
    };
    column("Gereği:", false, out);
    column("Bilgi:", true, out);
    out.push_str("</div></div>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        Sheet {
            institution: "Keşan Belediye Başkanlığı".to_owned(),
            unit: "Yazı İşleri Müdürlüğü".to_owned(),
            number: "E-01039101-105.04-7".to_owned(),
            date: "24.11.2026".to_owned(),
            subject: "<script>alert(1)</script>".to_owned(),
            recipients: vec![Addressee {
                institution: "Havsa Belediye Başkanlığı".to_owned(),
                unit: "Yazı İşleri Müdürlüğü".to_owned(),
                ..Addressee::default()
            }],
            body: Body::from_plain("Metin."),
            closing: Some(Closing::Rica),
            ..Sheet::default()
        }
    }

    #[test]
    fn the_same_sheet_gives_the_same_bytes_and_no_foreign_tag() {
        let one = render(&sheet());
        assert_eq!(one.bytes, render(&sheet()).bytes);
        let text = String::from_utf8(one.bytes).unwrap();
        assert!(text.contains("HAVSA BELEDİYE BAŞKANLIĞINA"));
        assert!(text.contains("(Yazı İşleri Müdürlüğü)"));
        assert!(text.contains("Rica ederim."));
        assert!(!text.contains("<script"));
    }

    #[test]
    fn several_recipients_stand_under_dagitim() {
        let mut several = sheet();
        several.recipients.push(Addressee {
            institution: "Edirne Valiliği".to_owned(),
            for_information: true,
            ..Addressee::default()
        });
        let text = String::from_utf8(render(&several).bytes).unwrap();
        assert!(text.contains("DAĞITIM YERLERİNE"));
        assert!(text.contains("Gereği:") && text.contains("Bilgi:"));
        assert!(text.contains("Edirne Valiliğine"));
    }
}
