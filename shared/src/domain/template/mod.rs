//! The texts of an outbound and their variables, `{{.name}}` (contracts 3.1), and the parts that a template is made of.
//! What a provider's template looks like is the provider's matter.

mod parts;

pub use parts::{App, Button, Card, Category, Offer, Otp, OtpType, TemplateType};

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::ids::OutboundId;

/// Of the part of a provider's template name that comes from the outbound's name.
const NAME_CHARS_MAX: usize = 480;
/// So many spaces in a row are refused in a variable's value.
const SPACES_REFUSED: usize = 4;

/// A content whose variables cannot be read. `Display` is the rule without the field's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("has {{{{ without }}}} or the other way round")]
    Unbalanced,
    #[error(
        "has the variable {{{{{0}}}}}; a variable is written {{{{.name}}}} with letters, digits and _"
    )]
    NotAVariable(String),
}

pub(super) enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
}

/// A text as providers take it, with an example for each of its variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sampled {
    /// With `{{1}}`, `{{2}}`, … in the order of appearance.
    pub text: String,
    /// `{{1}}` first.
    pub samples: Vec<String>,
}

/// The text with its positions and their examples; a variable without an example is its own.
pub fn sampled(content: &str, examples: &BTreeMap<String, String>) -> Sampled {
    let names = variables(content).unwrap_or_default();
    let samples = names.into_iter().map(|name| examples.get(&name).cloned().unwrap_or(name));
    Sampled { text: positional(content), samples: samples.collect() }
}

/// The names in the order of appearance; a repeated one stands twice.
pub fn variables(content: &str) -> Result<Vec<String>, Malformed> {
    let names = pieces(content)?.into_iter().filter_map(|piece| match piece {
        Piece::Text(_) => None,
        Piece::Variable(name) => Some(name.to_owned()),
    });
    Ok(names.collect())
}

/// The content as providers take it: `{{1}}`, `{{2}}`, … in the order of appearance. A content whose variables
/// cannot be read comes back as it is.
pub fn positional(content: &str) -> String {
    let mut position = 0;
    replace(content, |_| {
        position += 1;
        format!("{{{{{position}}}}}")
    })
}

/// The content with values in place of its variables; one without a value stays.
pub fn render(content: &str, values: &BTreeMap<String, String>) -> String {
    replace(content, |name| values.get(name).cloned().unwrap_or_else(|| format!("{{{{.{name}}}}}")))
}

/// A value as providers take it (T54): line breaks, tabs and four or more spaces become one space.
pub fn clean_value(value: &str) -> String {
    let mut clean = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(first) = rest.chars().next() {
        let is_blank = |c: char| c == ' ' || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        let end = rest.find(|c| is_blank(c) != is_blank(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let refused =
            is_blank(first) && (run.len() >= SPACES_REFUSED || run.chars().any(|c| c != ' '));
        clean.push_str(if refused { " " } else { run });
        rest = after;
    }
    clean
}

/// The template's name at the provider: the outbound's in `a-z 0-9 _`, and the beginning of its id, because names of
/// outbounds need not be unique (T35).
pub fn provider_name(outbound_name: &str, id: OutboundId) -> String {
    let plain = outbound_name.nfkd().filter(|&c| !is_combining_mark(c)).take(NAME_CHARS_MAX);
    let name: String = plain
        .map(|c| c.to_ascii_lowercase())
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    format!("{name}_{}", hex::encode(&id.bytes()[..4]))
}

fn replace(content: &str, mut with: impl FnMut(&str) -> String) -> String {
    let Ok(pieces) = pieces(content) else { return content.to_owned() };
    let texts = pieces.into_iter().map(|piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Variable(name) => with(name),
    });
    texts.collect()
}

pub(super) fn pieces(content: &str) -> Result<Vec<Piece<'_>>, Malformed> {
    let mut pieces = Vec::new();
    let mut rest = content;
    while let Some((text, after)) = rest.split_once("{{") {
        let (inner, behind) = after.split_once("}}").ok_or(Malformed::Unbalanced)?;
        if text.contains("}}") {
            return Err(Malformed::Unbalanced);
        }
        let name = name(inner).ok_or_else(|| Malformed::NotAVariable(inner.to_owned()))?;
        pieces.extend([Piece::Text(text), Piece::Variable(name)]);
        rest = behind;
    }
    if rest.contains("}}") {
        return Err(Malformed::Unbalanced);
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// `[A-Za-z_][A-Za-z0-9_]*` behind a dot, with spaces around.
fn name(inner: &str) -> Option<&str> {
    let name = inner.trim_matches(' ').strip_prefix('.')?;
    let first = name.bytes().next()?;
    let fits =
        !first.is_ascii_digit() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    fits.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// T31: variables are found in order, a repeated one twice.
    #[test]
    fn variables_are_found_in_order() {
        for (content, names) in [
            ("Hello {{.name}} {{.lastname}}, ¿listo?", vec!["name", "lastname"]),
            ("{{ .a_1 }}-{{._b}}-{{ .a_1}}", vec!["a_1", "_b", "a_1"]),
            ("nothing {at} all", vec![]),
        ] {
            assert_eq!(variables(content).unwrap(), names, "{content}");
        }
    }

    /// T31: anything else between double braces is refused.
    #[test]
    fn malformed_variables_are_refused() {
        for content in [
            "{{name}}", "{{.}}", "{{.a.b}}", "{{}}", "{{.1a}}", "{{.a b}}", "{{{.a}}", "{{.ñ}}",
            "{{1}}",
        ] {
            assert!(matches!(variables(content), Err(Malformed::NotAVariable(_))), "{content}");
        }
        for content in ["{{.a}", "{{.a", "a}}", "}}{{.a}}", "{{.a}}}}", "{{.a}}{{"] {
            assert_eq!(variables(content), Err(Malformed::Unbalanced), "{content}");
        }
        let error = variables("{{name}}").unwrap_err().to_string();
        assert!(error.starts_with("has the variable {{name}};"), "{error}");
    }

    /// T31, T54: positions and values follow the order of appearance.
    #[test]
    fn positions_and_values_take_the_variables_places() {
        let content = "Hello {{.name}} {{ .last }}, {{.name}}!";
        assert_eq!(positional(content), "Hello {{1}} {{2}}, {{3}}!");
        let values = values(&[("name", "Roger"), ("last", "Federer")]);
        assert_eq!(render(content, &values), "Hello Roger Federer, Roger!");
        assert_eq!(render("{{.a}} {{ .b }}", &BTreeMap::new()), "{{.a}} {{.b}}");
        assert_eq!(render("{{.name}}", &self::values(&[("name", "{{.last}}")])), "{{.last}}");
    }

    /// T54: what WhatsApp refuses in a parameter becomes one space.
    #[test]
    fn line_breaks_tabs_and_many_spaces_become_one_space() {
        for (value, clean) in [
            ("a\nb", "a b"),
            ("a\r\n\r\nb", "a b"),
            ("a\tb", "a b"),
            ("a    b", "a b"),
            ("a   b", "a   b"),
            ("a \n b", "a b"),
            ("ñandú 😊", "ñandú 😊"),
            ("", ""),
        ] {
            assert_eq!(clean_value(value), clean, "{value:?}");
        }
    }

    /// T35: the provider's name is derived and unique.
    #[test]
    fn the_provider_name_is_made_of_name_and_id() {
        let id: OutboundId = "OTB4e522ca65e8b78ca6aa0420308689b44".parse().unwrap();
        assert_eq!(provider_name("Start process", id), "start_process_4e522ca6");
        assert_eq!(provider_name("Año 2024: ¡Sí!", id), "ano_2024___si__4e522ca6");
        assert_eq!(provider_name("日本", id), "___4e522ca6");
        assert_eq!(provider_name(&"x".repeat(600), id).len(), 489);
    }
}
