//! What the signer sees before saying yes: taken from the bytes that are signed, never from what
//! the server says beside them.

use anyhow::bail;
use eyazisma::{Attachment, AttachmentKind, Metadata, Party, Purpose};

/// One thing to sign, in the words of its own bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub number: String,
    /// True when the signed bytes hold the number; a letter's stands on its page alone, since the
    /// package has it only after the last signature.
    pub number_is_signed: bool,
    pub subject: String,
    /// DagitimListesi, one line each.
    pub recipients: Vec<String>,
    pub attachments: Vec<String>,
    /// Addresses of the KEP messages; empty for a letter.
    pub addresses: Vec<String>,
    /// The letter as PDF.
    pub page: Vec<u8>,
}

impl Shown {
    /// The lines of the terminal.
    pub fn lines(&self) -> String {
        let number = if self.number_is_signed {
            plain(&self.number)
        } else {
            format!("{} (yazının üzerinde denetleyin)", plain(&self.number))
        };
        let mut text = format!("\n  Sayı:   {number}\n  Konu:   {}", plain(&self.subject));
        for (title, lines) in [
            ("Dağıtım", &self.recipients),
            ("Ekler", &self.attachments),
            ("KEP iletileri", &self.addresses),
        ] {
            if lines.is_empty() {
                continue;
            }
            text.push_str(&format!("\n  {title} ({}):", lines.len()));
            for (number, line) in (1..).zip(lines) {
                text.push_str(&format!("\n    {number}. {}", plain(line)));
            }
        }
        text
    }
}

/// Recipients and attachments as Üstveri names them.
pub fn of_metadata(metadata: &Metadata) -> (Vec<String>, Vec<String>) {
    let recipients = metadata.recipients.iter().map(|line| {
        let left_out = match line.left_out.len() {
            0 => String::new(),
            count => format!(", {count} ek gitmeyecek"),
        };
        let purpose = match line.purpose {
            Purpose::Information => "bilgi",
            _ => "gereği",
        };
        format!("{} ({purpose}{left_out})", whom(&line.party))
    });
    let attachments = metadata.attachments.iter().map(title);
    (recipients.collect(), attachments.collect())
}

/// Name, unit and KEP address, as far as they are there.
fn whom(party: &Party) -> String {
    let mut text = party.name();
    let contact = match party {
        Party::Institution(it) => {
            if let Some(unit) = &it.unit_code {
                text.push_str(&format!(", birim {unit}"));
            }
            it.contact.as_ref()
        }
        Party::Person(it) => it.contact.as_ref(),
        Party::Company(it) => it.contact.as_ref(),
    };
    if let Some(address) = contact.and_then(|contact| contact.kep_address.as_deref()) {
        text.push_str(&format!(", {address}"));
    }
    text
}

fn title(attachment: &Attachment) -> String {
    let name = attachment.title.as_ref().map(|title| title.value.as_str());
    let name = name
        .or(attachment.file_name.as_deref())
        .unwrap_or("adsız ek");
    match attachment.kind {
        AttachmentKind::Physical => format!("{name} (fiziksel)"),
        AttachmentKind::External => format!("{name} (harici)"),
        _ => name.to_owned(),
    }
}

/// What a party is told apart by: its number, else its name.
pub fn key_of(party: &Party) -> String {
    party.key().map_or_else(|| party.name(), str::to_owned)
}

/// Two statements about the same thing that must agree.
///
/// # Errors
/// A sentence for the signer; nothing may be signed then.
pub fn require_same(what: &str, said: &str, signed: &str) -> anyhow::Result<()> {
    if said.trim() == signed.trim() {
        return Ok(());
    }
    bail!(
        "DYS'nin bildirdiği {what} (“{}”), imzalanacak belgedekinden (“{}”) farklı. İmzalanmadı; \
         DYS yöneticinize haber verin.",
        plain(said),
        plain(signed)
    )
}

/// Nothing that a letter says may move the cursor or turn the writing around.
pub fn plain(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .filter(|c| !c.is_control() && !turns(*c))
        .collect()
}
