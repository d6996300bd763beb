//! The messages that the provider itself makes: the envelope that an addressee downloads
//! (*Dispatch*: original and evidence) and the one that brings evidence to the sender (*Message*).
//! Both are S/MIME `multipart/signed`, the signature being the provider's.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    clock::{Millis, mail_date},
    evidence::Event,
};

/// What both kinds of envelope carry.
#[derive(Debug)]
pub struct Envelope<'a> {
    /// The envelope's own id, with angle brackets.
    pub id: &'a str,
    pub from: &'a str,
    pub to: &'a str,
    pub subject: &'a str,
    pub at: Millis,
    /// The sender's Message-ID.
    pub org_mesaj_id: &'a str,
    /// The provider's id of the message.
    pub kep_id: &'a str,
    pub event: Event,
    pub delil_id: &'a str,
    pub evidence_xml: &'a [u8],
    /// Base64 SHA-256 of the message as handed in.
    pub digest: &'a str,
}

/// What the provider signs of an envelope: its parts with their own header, without the line
/// break before the boundary of the signature.
pub struct Content(Vec<u8>);

impl Content {
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Changes what the envelope says, as somebody on the way would.
    pub fn tampered(mut self) -> Self {
        let at = self
            .0
            .windows(ORIGINAL.len())
            .position(|window| window == ORIGINAL.as_bytes());
        if let Some(at) = at {
            self.0[at..at + ORIGINAL.len()].make_ascii_uppercase();
        }
        self
    }
}

/// The name of the file with the original message.
const ORIGINAL: &str = "orijinal-ileti.eml";

/// The content of the envelope with the original message in it.
pub fn dispatch(it: &Envelope, original: &[u8]) -> Content {
    let boundary = boundary(it);
    let mut out = mixed(&boundary);
    introduction(
        &mut out,
        &boundary,
        "Bu kayıtlı elektronik posta iletisi prova sağlayıcısınca teslim edilmiştir.",
    );
    part(
        &mut out,
        &boundary,
        "original",
        "message/rfc822",
        ORIGINAL,
        "8bit",
    );
    out.extend_from_slice(original);
    out.extend_from_slice(b"\r\n");
    evidence_part(&mut out, &boundary, it);
    close(out, &boundary)
}

/// The content of the envelope that only brings evidence.
pub fn notification(it: &Envelope) -> Content {
    let boundary = boundary(it);
    let mut out = mixed(&boundary);
    introduction(&mut out, &boundary, it.event.text());
    evidence_part(&mut out, &boundary, it);
    close(out, &boundary)
}

/// The whole envelope: headers, content and the detached CMS signature over it; without one the
/// content stands alone.
pub fn assemble(it: &Envelope, kind: &str, content: &Content, signature: Option<&[u8]>) -> Vec<u8> {
    let mut out = head(it, kind);
    let Some(signature) = signature else {
        out.extend_from_slice(content.bytes());
        out.extend_from_slice(b"\r\n");
        return out;
    };
    let boundary = format!("=_kephs_imza_{}", it.delil_id);
    out.extend_from_slice(
        format!(
            "Content-Type: multipart/signed; protocol=\"application/x-pkcs7-signature\";\r\n \
             micalg=sha-256; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n"
        )
        .as_bytes(),
    );
    out.extend_from_slice(content.bytes());
    out.extend_from_slice(
        format!(
            "\r\n--{boundary}\r\n\
             Content-Type: application/x-pkcs7-signature; name=\"smime.p7s\"\r\n\
             Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--{boundary}--\r\n",
            wrapped(signature)
        )
        .as_bytes(),
    );
    out
}

fn head(it: &Envelope, kind: &str) -> Vec<u8> {
    let lines = [
        ("From", one_line(it.from)),
        ("To", one_line(it.to)),
        ("Date", mail_date(it.at)),
        ("Message-ID", one_line(it.id)),
        ("Subject", encoded(it.subject)),
        ("MIME-Version", "1.0".into()),
        ("X-REM-Msg-Type", kind.into()),
        ("X-REM-UAMessageIdentifier", one_line(it.org_mesaj_id)),
        ("X-REM-MessageIdentifierByREMMD", one_line(it.kep_id)),
        ("X-REM-EvidenceIdentifier", it.delil_id.into()),
        ("X-REM-EvidenceType", it.event.element().into()),
        ("X-REM-EventCode", it.event.uri()),
        (
            "X-REM-hashAlgorithm",
            "http://www.w3.org/2001/04/xmlenc#sha256".into(),
        ),
        ("X-REM-hashValue", it.digest.into()),
    ];
    let mut out = Vec::new();
    for (name, value) in lines {
        out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    out
}

fn mixed(boundary: &str) -> Vec<u8> {
    format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n").into_bytes()
}

fn introduction(out: &mut Vec<u8>, boundary: &str, sentence: &str) {
    out.extend_from_slice(
        format!(
            "--{boundary}\r\nX-REM-Section-Type: introduction\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            wrapped(format!("{sentence}\r\nPROVA: gerçek KEP hizmeti değildir.\r\n").as_bytes())
        )
        .as_bytes(),
    );
}

fn evidence_part(out: &mut Vec<u8>, boundary: &str, it: &Envelope) {
    let name = format!("Delil-{}.xml", it.delil_id);
    part(
        out,
        boundary,
        "evidence",
        "application/xml",
        &name,
        "base64",
    );
    out.extend_from_slice(wrapped(it.evidence_xml).as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn part(out: &mut Vec<u8>, boundary: &str, section: &str, media: &str, name: &str, encoding: &str) {
    out.extend_from_slice(
        format!(
            "--{boundary}\r\nX-REM-Section-Type: {section}\r\nContent-Type: {media}; name=\"{name}\"\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: {encoding}\r\n\r\n"
        )
        .as_bytes(),
    );
}

fn close(mut out: Vec<u8>, boundary: &str) -> Content {
    out.extend_from_slice(format!("--{boundary}--").as_bytes());
    Content(out)
}

/// The evidence id is random and made after the original was handed in, so no original holds it.
fn boundary(it: &Envelope) -> String {
    format!("=_kephs_{}", it.delil_id)
}

/// No header may bring a line break of its own.
fn one_line(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).collect()
}

/// A header text in encoded words (RFC 2047) when it is not plain ASCII.
fn encoded(value: &str) -> String {
    let value = one_line(value);
    if value.is_ascii() && value.len() < 70 {
        return value;
    }
    let mut words: Vec<String> = Vec::new();
    let mut chunk = String::new();
    for c in value.chars() {
        if chunk.len() + c.len_utf8() > 42 {
            words.push(std::mem::take(&mut chunk));
        }
        chunk.push(c);
    }
    words.push(chunk);
    let words: Vec<String> = words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)))
        .collect();
    words.join("\r\n ")
}

fn wrapped(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let mut out = String::with_capacity(text.len() + text.len() / 38);
    for (n, c) in text.chars().enumerate() {
        if n > 0 && n % 76 == 0 {
            out.push_str("\r\n");
        }
        out.push(c);
    }
    out
}
