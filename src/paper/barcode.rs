//! Barcodes: our own for an envelope, its Code 128 bars, and what a scanner types.

use barcoders::sym::code128::Code128;

/// Digits behind the letters of our own barcode; an even number packs into half the bars.
const DIGITS: usize = 10;

/// Our own barcode of the n-th envelope: `DYS0000000042`.
#[must_use]
pub(super) fn own(seq: i64) -> String {
    format!("DYS{seq:0DIGITS$}")
}

/// What a scanner or a person typed, in one spelling: capitals without spaces and hyphens.
#[must_use]
pub fn normal(typed: &str) -> String {
    typed
        .chars()
        .filter(|it| !it.is_whitespace() && *it != '-')
        .map(|it| match it {
            // A scanner types as a keyboard does, and a Turkish one has two letters i.
            'ı' | 'i' | 'İ' => 'I',
            other => other.to_ascii_uppercase(),
        })
        .collect()
}

/// Bars of a Code 128 symbol as (offset, width) in modules, with the width of the whole, quiet
/// zones of ten modules on both sides included (ISO/IEC 15417).
///
/// None when the text holds what Code 128 cannot carry.
#[must_use]
pub fn bars(text: &str) -> Option<(Vec<(usize, usize)>, usize)> {
    const QUIET: usize = 10;
    let (letters, digits) = text.split_at_checked(3)?;
    let packed = digits.len().is_multiple_of(2)
        && !digits.is_empty()
        && digits.bytes().all(|it| it.is_ascii_digit());
    let data = if packed {
        format!("\u{0181}{letters}\u{0106}{digits}")
    } else {
        format!("\u{0181}{text}")
    };
    let modules = Code128::new(data).ok()?.encode();
    let mut bars: Vec<(usize, usize)> = Vec::new();
    for (place, module) in modules.iter().enumerate() {
        if *module == 0 {
            continue;
        }
        match bars.last_mut() {
            Some((offset, width)) if *offset + *width == place + QUIET => *width += 1,
            _ => bars.push((place + QUIET, 1)),
        }
    }
    Some((bars, modules.len() + 2 * QUIET))
}

/// The symbol as an SVG drawing; empty when it cannot be drawn.
#[must_use]
pub fn svg(text: &str) -> String {
    let Some((bars, width)) = bars(text) else {
        return String::new();
    };
    let path: String = bars
        .iter()
        .map(|(offset, width)| format!("M{offset} 0h{width}v40h-{width}z"))
        .collect();
    // The text is letters and digits only: `bars` takes nothing else of ours, and it is escaped.
    let name: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    format!(
        "<svg class=\"barcode\" viewBox=\"0 0 {width} 40\" preserveAspectRatio=\"none\" \
         shape-rendering=\"crispEdges\" role=\"img\" aria-label=\"Barkod {name}\">\
         <path d=\"{path}\"/></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scanner_types_is_one_spelling() {
        for typed in ["dys0000000042", " DYS-00000 00042\r\n", "Dys0000000042"] {
            assert_eq!(normal(typed), own(42), "{typed:?}");
        }
        assert_eq!(normal("ri 12 tr"), "RI12TR");
    }

    #[test]
    fn the_bars_are_a_whole_symbol() {
        let (bars, width) = bars(&own(42)).unwrap();
        // Start, three letters, the switch to pairs, five pairs, check: 11 each; stop: 13.
        assert_eq!(width, 11 * 11 + 13 + 20);
        assert_eq!(bars.first().map(|bar| bar.0), Some(10));
        assert_eq!(bars.last().map(|(at, wide)| at + wide), Some(width - 10));
        assert!(svg("RR123456789TR").contains("<path"));
        assert_eq!(svg(""), "");
        assert_eq!(svg("ş"), "");
    }
}
