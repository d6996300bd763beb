//! Transfer encodings, written the same way every time.

/// Quoted-printable of a UTF-8 text with CRLF line ends and lines of at most 76 characters.
pub(super) fn quoted_printable(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<String> = text.split('\n').map(quoted_printable_line).collect();
    lines.join("\r\n")
}

fn quoted_printable_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut column = 0;
    let mut bytes = line.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let last = bytes.peek().is_none();
        let plain =
            matches!(byte, b'!'..=b'<' | b'>'..=b'~') || (matches!(byte, b' ' | b'\t') && !last);
        let width = if plain { 1 } else { 3 };
        if column + width > 75 {
            out.push_str("=\r\n");
            column = 0;
        }
        if plain {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("={byte:02X}"));
        }
        column += width;
    }
    out
}

/// Base64 in lines of 76 characters, without a line break at the end.
pub(super) fn base64_lines(bytes: &[u8]) -> String {
    let encoded = crate::soap::base64(bytes);
    let mut out = String::with_capacity(encoded.len() + encoded.len() / 38 + 2);
    let mut rest = encoded.as_str();
    while rest.len() > 76 {
        let (line, after) = rest.split_at(76);
        out.push_str(line);
        out.push_str("\r\n");
        rest = after;
    }
    out.push_str(rest);
    out
}
