//! Addresses of pages with what they name, percent-encoded.

use std::fmt::Write as _;

pub(super) fn folder(address: &str, folder: &str) -> String {
    format!("/kutu?adres={}&dizin={}", percent(address), percent(folder))
}

pub(super) fn letter(address: &str, folder: &str, sira_no: i64) -> String {
    entry("/ileti", address, folder, sira_no)
}

pub(super) fn whole(address: &str, folder: &str, sira_no: i64) -> String {
    entry("/ileti/indir", address, folder, sira_no)
}

pub(super) fn attachment(address: &str, folder: &str, sira_no: i64, n: usize) -> String {
    format!("{}&ek={n}", entry("/ileti/ek", address, folder, sira_no))
}

pub(super) fn evidence(kep_id: &str) -> String {
    format!("/deliller?kepid={}", percent(kep_id))
}

fn entry(path: &str, address: &str, folder: &str, sira_no: i64) -> String {
    format!(
        "{path}?adres={}&dizin={}&no={sira_no}",
        percent(address),
        percent(folder)
    )
}

/// Everything but letters, digits and `-._~`, by its UTF-8 bytes.
pub(super) fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
