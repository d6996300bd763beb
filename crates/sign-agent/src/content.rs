//! Checks that what will be signed is the letter that is shown.

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Reader;
use quick_xml::events::Event;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// Checks the bytes to sign against their stated hash, and the letter against those bytes: either
/// they are the letter, or they are a `PaketOzeti` whose every digest of the `/UstYazi/` part is the letter's.
///
/// # Errors
/// A sentence for the signer; nothing may be signed then.
pub fn check(content: &[u8], stated_hash: &str, letter: &[u8]) -> anyhow::Result<()> {
    if hex(&Sha256::digest(content)) != stated_hash {
        bail!(
            "İmzalanacak veri, DYS'nin bildirdiği özetle uyuşmuyor. İmzalanmadı; DYS yöneticinize haber verin."
        );
    }
    if content == letter {
        return Ok(());
    }
    let digests = letter_digests(content)
        .context("İmzalanacak veri tanınmıyor. İmzalanmadı; DYS yöneticinize haber verin.")?;
    let own = [
        STANDARD.encode(Sha256::digest(letter)),
        STANDARD.encode(Sha384::digest(letter)),
        STANDARD.encode(Sha512::digest(letter)),
    ];
    if digests.is_empty() || !digests.iter().all(|digest| own.contains(digest)) {
        bail!(
            "Gösterilen yazı, imzalanacak paketteki yazı değil. İmzalanmadı; DYS yöneticinize haber verin."
        );
    }
    Ok(())
}

/// The digest values of the one reference to `/UstYazi/` in a `PaketOzeti`.
fn letter_digests(xml: &[u8]) -> anyhow::Result<Vec<String>> {
    let mut reader = Reader::from_str(std::str::from_utf8(xml)?);
    let (mut inside, mut in_value, mut references) = (false, false, 0);
    let mut root = false;
    let mut found = Vec::new();
    let mut value = String::new();
    loop {
        match reader.read_event()? {
            Event::DocType(_) => bail!("DOCTYPE"),
            Event::Start(tag) => match tag.local_name().as_ref() {
                "PaketOzeti" => root = true,
                "Reference" => {
                    let uri = tag.try_get_attribute("URI")?.context("URI")?;
                    inside = root && uri.value.starts_with("/UstYazi/");
                    references += u32::from(inside);
                }
                "DigestValue" if inside => {
                    in_value = true;
                    value.clear();
                }
                _ => {}
            },
            Event::Text(text) if in_value => value.push_str(&text),
            Event::End(tag) => match tag.local_name().as_ref() {
                "Reference" => inside = false,
                "DigestValue" if in_value => {
                    in_value = false;
                    found.push(value.split_whitespace().collect());
                }
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    if references != 1 {
        bail!("{references} /UstYazi/");
    }
    Ok(found)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn package(letter: &[u8], uri: &str) -> Vec<u8> {
        format!(
            "<PaketOzeti xmlns=\"urn:dpt:eyazisma:schema:xsd:PaketOzeti-2\" Id=\"A\">\
             <Reference URI=\"/Ustveri/Ustveri.xml\"><DigestItem><DigestValue>AAAA</DigestValue></DigestItem></Reference>\
             <Reference URI=\"{uri}\"><DigestItem><DigestValue>{}</DigestValue></DigestItem>\
             <DigestItem><DigestValue>{}</DigestValue></DigestItem></Reference></PaketOzeti>",
            STANDARD.encode(Sha256::digest(letter)),
            STANDARD.encode(Sha512::digest(letter)),
        )
        .into_bytes()
    }

    #[test]
    fn only_the_shown_letter_passes() {
        let letter = b"%PDF-1.7 yazi";
        let hash = |bytes: &[u8]| hex(&Sha256::digest(bytes));
        check(letter, &hash(letter), letter).unwrap();
        let package = package(letter, "/UstYazi/Yazi.pdf");
        check(&package, &hash(&package), letter).unwrap();
        assert!(
            check(&package, &hash(letter), letter).is_err(),
            "another hash"
        );
        assert!(
            check(&package, &hash(&package), b"%PDF baska").is_err(),
            "another letter"
        );
        let attachment = self::package(letter, "/Ekler/Yazi.pdf");
        assert!(
            check(&attachment, &hash(&attachment), letter).is_err(),
            "not the letter's place"
        );
        let hash_only = [7_u8; 32];
        assert!(
            check(&hash_only, &hash(&hash_only), letter).is_err(),
            "a bare hash"
        );
        let doctype = b"<!DOCTYPE a><PaketOzeti/>";
        assert!(check(doctype, &hash(doctype), letter).is_err());
    }
}
