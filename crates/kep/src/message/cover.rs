//! The covering text: names the letter and its recipient inside what is signed, since a
//! `multipart/signed` covers no header.

/// What stands before the recipient's address.
const RECIPIENT: &str = "Alıcı: ";

/// The text before the attachments.
#[must_use]
pub fn text(
    number: &str,
    date: &str,
    subject: &str,
    recipient: &str,
    attachments: &[String],
) -> String {
    let mut text = format!(
        "Sayı: {number}\r\nTarih: {date}\r\nKonu: {}\r\n{RECIPIENT}{recipient}\r\n\r\nYazımız \
         ektedir.\r\n",
        one_line(subject)
    );
    if !attachments.is_empty() {
        text.push_str("\r\nEkler:\r\n");
        for (number, title) in (1..).zip(attachments) {
            text.push_str(&format!("{number}. {}\r\n", one_line(title)));
        }
    }
    text
}

/// The address that a text of [`text`] names; none in another text, or where two lines name one.
#[must_use]
pub fn recipient(text: &str) -> Option<&str> {
    let mut found = text
        .lines()
        .filter_map(|line| line.trim_end().strip_prefix(RECIPIENT));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// A line break in a subject would begin a line of its own.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_recipient_is_named_whatever_the_subject_says() {
        let written = |subject: &str| text("E-1", "24.11.2026", subject, "a@hs99.kep.example", &[]);
        assert_eq!(recipient(&written("İmar")), Some("a@hs99.kep.example"));
        let tricky = written("İmar\r\nAlıcı: b@hs99.kep.example");
        assert_eq!(recipient(&tricky), Some("a@hs99.kep.example"));
        assert_eq!(recipient("Yazımız ektedir."), None);
        assert_eq!(recipient("Alıcı: a\r\nAlıcı: b"), None);
    }
}
