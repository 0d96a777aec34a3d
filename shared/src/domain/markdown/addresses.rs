//! Addresses that are written out: a mark that stands in one is a part of it.

use std::ops::Range;

/// What may stand around a bare address without being a part of it.
const AROUND_ADDRESS: [char; 12] = ['*', '_', '~', '.', ',', ';', ':', '!', '?', '\'', '"', ')'];

/// Where addresses stand that are written out.
pub(super) fn bare_addresses(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("://") {
        let sign = from + at;
        let scheme = ["https", "http"].into_iter().find(|s| text[..sign].ends_with(s));
        let rest = &text[sign..];
        let stop = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '[' | ']' | '(' | ')');
        let address = &rest[..rest.find(stop).unwrap_or(rest.len())];
        from = sign + address.len().max(3);
        if let Some(scheme) = scheme {
            let end = sign + address.trim_end_matches(AROUND_ADDRESS).len();
            found.push(sign - scheme.len()..end);
        }
    }
    found
}
