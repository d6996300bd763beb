//! Whether a text has the shape of an address, a number or a code.

/// An address at one of the eight providers (the other public reader's list).
pub(super) fn is_of_provider(address: &str) -> bool {
    let host = address.rsplit('@').next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    (1..=8).any(|number| host == format!("hs0{number}.kep.tr"))
}

/// Seven to twenty digits with what stands between and before them; an extension may follow in
/// words (`0312 123 45 67 dahili 12`).
pub(super) fn is_phone(text: &str) -> bool {
    let (number, extension) = match text.find(char::is_alphabetic) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let allowed = |c: char| c.is_ascii_digit() || " +-()./".contains(c);
    let named = extension.is_empty() || extension.chars().any(|c| c.is_ascii_digit());
    (7..=20).contains(&digits) && number.chars().all(allowed) && named
}

/// A host with a dot, with or without scheme and path.
pub(super) fn is_web(text: &str) -> bool {
    let rest = ["http://", "https://"].iter().find_map(|scheme| {
        let start = text.get(..scheme.len())?;
        let rest = text.get(scheme.len()..)?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    let host = rest
        .unwrap_or(text)
        .split(['/', '?', '#'])
        .next()
        .unwrap_or_default();
    let is_host = |c: char| c.is_alphanumeric() || "-.:".contains(c);
    host.split('.').filter(|label| !label.is_empty()).count() > 1
        && host.chars().all(is_host)
        && !text.contains(char::is_whitespace)
}

/// A scheme, a colon and something behind it, without white space.
pub(super) fn is_uri(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
            && !rest.is_empty()
            && !rest.contains(char::is_whitespace)
    })
}

/// Eleven digits, the first not 0, the last two computed from the others.
pub(super) fn is_national_id(text: &str) -> bool {
    let digits: Vec<i64> = text
        .chars()
        .filter_map(|c| c.to_digit(10).map(i64::from))
        .collect();
    let &[d1, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11] = digits.as_slice() else {
        return false;
    };
    let tenth = (7 * (d1 + d3 + d5 + d7 + d9) - (d2 + d4 + d6 + d8)).rem_euclid(10);
    let eleventh = digits.iter().take(10).sum::<i64>() % 10;
    text.len() == 11 && d1 != 0 && d10 == tenth && d11 == eleventh
}

/// Three digits, then up to three groups of a dot and two digits.
pub(super) fn is_plan_code(code: &str) -> bool {
    let mut groups = code.split('.');
    let digits = |group: &str, count: usize| {
        group.len() == count && group.bytes().all(|byte| byte.is_ascii_digit())
    };
    let first = groups.next().is_some_and(|group| digits(group, 3));
    let rest: Vec<&str> = groups.collect();
    first && rest.len() <= 3 && rest.iter().all(|group| digits(group, 2))
}
