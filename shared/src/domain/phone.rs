//! Phone numbers: one form for comparing, reading what people type, finding a number in a sentence (contracts 5).
//! Whether a number exists at WhatsApp is not known here.

use std::collections::BTreeSet;
use std::fmt;

use phonenumber::country;

/// No number has more digits than this; longer texts are not looked at.
const DIGITS_MAX: usize = 20;
/// So much of a text is searched for numbers, in characters.
const SEARCH_CHARS_MAX: usize = 4096;

/// A valid number: digits with the country code, no plus.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(String);

impl Number {
    /// The digits, as they are stored and as WhatsApp knows them.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// With the plus, as people, SMS and Genesys take it.
    pub fn e164(&self) -> String {
        format!("+{}", self.0)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a sentence holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extracted {
    /// Exactly one number, perhaps more than once.
    One(Number),
    None,
    /// Different ones: only the user knows which is meant.
    Several,
}

/// Why a number cannot be dialled. `Display` is the rule without the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDialable {
    #[error("must be a country code such as 57, +57 or CO")]
    UnknownCountry,
    #[error("is required where phone_number does not start with +")]
    NoCountry,
    #[error("must be a valid phone number without the country code")]
    NotANumber,
    #[error("starts with another country code than country_code")]
    OtherCountry,
}

impl NotDialable {
    /// The field that breaks the rule.
    pub const fn field(self) -> &'static str {
        match self {
            Self::UnknownCountry | Self::NoCountry => "country_code",
            Self::NotANumber | Self::OtherCountry => "phone_number",
        }
    }
}

/// One spelling for all the WhatsApp ids that one number may have: Mexico without the 1 after 52, Argentina without
/// the 9 after 54, Brazilian mobiles with their ninth digit. For comparing only, never for answering: answers go to
/// the id as it came (whatsapp-rules 8). Anything else comes back unchanged.
pub fn canonical(digits: &str) -> String {
    if digits.bytes().any(|b| !b.is_ascii_digit()) {
        return digits.to_owned();
    }
    if digits.len() == 13 {
        for (with, without) in [("521", "52"), ("549", "54")] {
            if let Some(national) = digits.strip_prefix(with) {
                return format!("{without}{national}");
            }
        }
    }
    // A Brazilian number of eight digits is a mobile's from 6 on; landlines (2 to 5) never get a ninth.
    if digits.len() == 12 && digits.starts_with("55") && digits.as_bytes()[4] >= b'6' {
        return format!("{}9{}", &digits[..4], &digits[4..]);
    }
    digits.to_owned()
}

/// Reads a number that stands alone. Without a plus it is one of `default_country` (ISO 3166 alpha-2), or else one
/// whose country code is there already.
pub fn parse(text: &str, default_country: &str) -> Option<Number> {
    let text = bare(text)?;
    match text.strip_prefix('+') {
        Some(digits) => international(digits),
        None => national(&text, default_country).or_else(|| international(&text)),
    }
}

/// Finds the number in a sentence. Digits that touch a letter belong to something else (P14, P15).
pub fn extract(text: &str, default_country: &str) -> Extracted {
    let found: BTreeSet<Number> =
        candidates(text).iter().filter_map(|run| parse(run, default_country)).collect();
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(number), None) => Extracted::One(number),
        (None, _) => Extracted::None,
        (Some(_), Some(_)) => Extracted::Several,
    }
}

/// The digits of `phone_number` and `country_code` of a sending (T49, T50, X19): the country as `57`, `+57` or `CO`;
/// it may be empty if the number starts with a plus, and must agree with it otherwise.
pub fn dial(country_code: &str, national_number: &str) -> Result<Number, NotDialable> {
    let number = bare(national_number).ok_or(NotDialable::NotANumber)?;
    let country_code = country_code.trim();
    if country_code.is_empty() {
        let digits = number.strip_prefix('+').ok_or(NotDialable::NoCountry)?;
        return international(digits).ok_or(NotDialable::NotANumber);
    }
    let prefix = calling_code(country_code).ok_or(NotDialable::UnknownCountry)?;
    if let Some(digits) = number.strip_prefix('+') {
        let number = international(digits).ok_or(NotDialable::NotANumber)?;
        return if number.0.starts_with(&prefix) {
            Ok(number)
        } else {
            Err(NotDialable::OtherCountry)
        };
    }
    // Through the country first: it knows the prefixes that are dialled at home only (0 in Argentina, 8 in Russia).
    regions(&prefix)
        .into_iter()
        .find_map(|region| national(&number, region.as_ref()))
        .or_else(|| international(&format!("{prefix}{number}")))
        .filter(|found| found.0.starts_with(&prefix))
        .ok_or(NotDialable::NotANumber)
}

/// Whether these digits are a whole number with its country code (T13). The numbers that Meta lends for trials
/// (+1 555 …) count too, though no plan assigns them.
pub fn has_country_code(digits: &str) -> bool {
    let trial = digits.len() == 11 && digits.starts_with("1555");
    digits.bytes().all(|b| b.is_ascii_digit()) && (trial || international(digits).is_some())
}

/// The digits of whom a caller wants to write to. A whole number with its country code is taken as it stands, with its
/// variant (whatsapp-rules 8: never respelled); anything else is one of `default_country` (A15 to A18).
pub fn recipient(text: &str, default_country: &str) -> Option<String> {
    let bare = bare(text)?;
    let digits = bare.strip_prefix('+').unwrap_or(&bare);
    if has_country_code(digits) || has_country_code(&canonical(digits)) {
        return Some(digits.to_owned());
    }
    let is_whole = bare.starts_with('+');
    if is_whole { None } else { national(digits, default_country).map(|number| number.0) }
}

/// Whether this is an ISO 3166 alpha-2 code of a country with a numbering plan.
pub fn is_country(code: &str) -> bool {
    region(code).is_some()
}

/// ASCII digits, perhaps behind one plus; `None` if anything else is left once separators are dropped.
fn bare(text: &str) -> Option<String> {
    let mut bare = String::new();
    for c in text.trim().chars() {
        match ascii_digit(c) {
            Some(digit) => bare.push(digit),
            None if c == '+' && bare.is_empty() => bare.push('+'),
            None if is_separator(c) => {}
            None => return None,
        }
    }
    if let Some(rest) = bare.strip_prefix("00") {
        bare = format!("+{rest}");
    }
    let digits = bare.trim_start_matches('+').len();
    (1..=DIGITS_MAX).contains(&digits).then_some(bare)
}

fn is_separator(c: char) -> bool {
    // Bidirectional marks come along when a number is copied out of a chat.
    c.is_whitespace()
        || matches!(c, '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Runs of digits and separators, bounded by anything else; those that touch a letter are left out.
fn candidates(text: &str) -> Vec<String> {
    let mut runs = Vec::new();
    let mut run = String::new();
    let mut spoiled = false;
    let mut previous = ' ';
    for c in text.chars().take(SEARCH_CHARS_MAX).chain(['\n']) {
        let is_line_break = matches!(c, '\n' | '\r');
        let belongs = ascii_digit(c).is_some() || (is_separator(c) && !is_line_break);
        if belongs {
            if run.is_empty() && ascii_digit(c).is_some() {
                spoiled = previous.is_alphabetic();
            }
            if !run.is_empty() || ascii_digit(c).is_some() || c == '(' {
                run.push(c);
            }
        } else {
            spoiled |= c.is_alphabetic() && ascii_digit(previous).is_some();
            if !std::mem::take(&mut spoiled) && !run.is_empty() {
                runs.push(std::mem::take(&mut run));
            }
            run.clear();
            if c == '+' {
                run.push(c);
            }
        }
        previous = c;
    }
    runs
}

fn region(code: &str) -> Option<country::Id> {
    code.trim().to_ascii_uppercase().parse().ok()
}

fn national(digits: &str, country: &str) -> Option<Number> {
    let region = region(country)?;
    valid(Some(region), digits)
}

fn international(digits: &str) -> Option<Number> {
    // The 1 that WhatsApp still shows in Mexican ids is in no numbering plan any more.
    let digits = match digits.strip_prefix("521") {
        Some(national) if national.len() == 10 => &format!("52{national}"),
        Some(_) | None => digits,
    };
    valid(None, &format!("+{digits}"))
}

fn valid(region: Option<country::Id>, text: &str) -> Option<Number> {
    let number = phonenumber::parse(region, text).ok()?;
    let fits = phonenumber::is_valid(&number);
    fits.then(|| Number(format!("{}{}", number.country().code(), number.national())))
}

/// `57`, `+57` or `CO` as `57`.
fn calling_code(text: &str) -> Option<String> {
    if let Some(region) = region(text) {
        let code = phonenumber::metadata::DATABASE.by_id(region.as_ref())?.country_code();
        return Some(code.to_string());
    }
    let digits = text.strip_prefix('+').unwrap_or(text);
    let known = (1..=3).contains(&digits.len()) && !regions(digits).is_empty();
    known.then(|| digits.to_owned())
}

/// The countries that share a calling code.
fn regions(calling_code: &str) -> Vec<String> {
    let Ok(code) = calling_code.parse::<u16>() else { return Vec::new() };
    if code.to_string() != calling_code {
        return Vec::new();
    }
    phonenumber::metadata::DATABASE
        .by_code(&code)
        .map(|plans| plans.iter().map(|plan| plan.id().to_owned()).collect())
        .unwrap_or_default()
}

/// The zeros of the decimal digits of Unicode; nine more follow each.
const ZEROS: [u32; 38] = [
    0x0030, 0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6,
    0x0d66, 0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80,
    0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
    0xff10, 0x1d7ce,
];

/// A decimal digit of any script as an ASCII digit.
pub(super) fn ascii_digit(c: char) -> Option<char> {
    let code = u32::from(c);
    let zero = ZEROS.iter().find(|&&zero| (zero..zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(row: &str, country: &str, text: &str, expected: Option<&str>) {
        let found = match extract(text, country) {
            Extracted::One(number) => Some(number.e164()),
            Extracted::None | Extracted::Several => None,
        };
        assert_eq!(found.as_deref(), expected, "{row}: {text}");
    }

    /// P1-P22, A15-A18: the worked cases of contracts 5.3.
    #[test]
    fn the_worked_cases_of_the_contracts() {
        for (row, country, text, expected) in [
            ("P1", "ES", "666777888", Some("+34666777888")),
            ("P2", "ES", "666 777 888", Some("+34666777888")),
            ("P3", "ES", "+34 666-777-888", Some("+34666777888")),
            ("P4", "ES", "0034666777888", Some("+34666777888")),
            ("P5", "ES", "34666777888", Some("+34666777888")),
            ("P6", "ES", "(666) 777.888", Some("+34666777888")),
            ("P7", "ES", "+44 7400 123456", Some("+447400123456")),
            ("P8", "ES", "12345", None),
            ("P9", "ES", "6667778889", None),
            ("P10", "ES", "mi numero es el 666 777 888, gracias", Some("+34666777888")),
            ("P11", "ES", "tel:666-777-888.", Some("+34666777888")),
            ("P12", "ES", "llámame al +34 666777888 o al 677 888 999", None),
            ("P13", "ES", "es 666777888 y repito 666 777 888", Some("+34666777888")),
            ("P14", "ES", "mi dni es 12345678Z y mi movil 666777888", Some("+34666777888")),
            ("P15", "ES", "cuenta ES9121000418450200051332", None),
            ("P16", "CO", "tengo 3 lineas, la buena es 3001234567", Some("+573001234567")),
            ("P17", "MX", "+52 1 55 1234 5678", Some("+525512345678")),
            ("P18", "MX", "5512345678", Some("+525512345678")),
            ("P19", "AR", "91123456789", Some("+5491123456789")),
            ("P20", "BR", "11987654321", Some("+5511987654321")),
            ("P21", "ES", "٦٦٦٧٧٧٨٨٨", Some("+34666777888")),
            ("P22", "ES", "hola", None),
        ] {
            check(row, country, text, expected);
        }
    }

    /// P12, P15: none is not several.
    #[test]
    fn several_numbers_are_told_from_none() {
        let two = "llámame al +34 666777888 o al 677 888 999";
        assert_eq!(extract(two, "ES"), Extracted::Several);
        assert_eq!(extract("cuenta ES9121000418450200051332", "ES"), Extracted::None);
        assert_eq!(extract("666777888\n677888999", "ES"), Extracted::Several);
    }

    #[test]
    fn the_variants_of_a_number_have_one_canonical_form() {
        for (variants, form) in [
            (["5215512345678", "525512345678"], "525512345678"),
            (["5491123456789", "541123456789"], "541123456789"),
            (["554188887777", "5541988887777"], "5541988887777"),
            (["551133334444", "551133334444"], "551133334444"),
            (["34666777888", "34666777888"], "34666777888"),
        ] {
            for digits in variants {
                assert_eq!(canonical(digits), form, "{digits}");
                assert_eq!(canonical(&canonical(digits)), form, "{digits} twice");
            }
        }
        for odd in ["", "5", "55", "5512", "55é12345678", "549", "00000000000000000000000"] {
            assert_eq!(canonical(odd), odd);
        }
    }

    /// T49, T50, X19: the number without its country code, the country as `57`, `+57` or `CO`.
    #[test]
    fn a_sending_names_country_and_number() {
        let dialled = |country: &str, number: &str| dial(country, number).map(|n| n.0);
        for country in ["57", "+57", "CO", "co", " +57 "] {
            assert_eq!(dialled(country, "3001234567").as_deref(), Ok("573001234567"), "{country}");
        }
        assert_eq!(dialled("57", "(300) 123-45 67").as_deref(), Ok("573001234567"));
        assert_eq!(dialled("", "+57 300 1234567").as_deref(), Ok("573001234567"));
        assert_eq!(dialled("57", "+573001234567").as_deref(), Ok("573001234567"));
        assert_eq!(dialled("1", "2125550123").as_deref(), Ok("12125550123"));
        assert_eq!(dialled("CA", "4165550123").as_deref(), Ok("14165550123"));
        assert_eq!(dialled("55", "11987654321").as_deref(), Ok("5511987654321"));
        assert_eq!(dialled("57", "+34666777888"), Err(NotDialable::OtherCountry));
        assert_eq!(dialled("", "3001234567"), Err(NotDialable::NoCountry));
        for country in ["999", "XX", "+", "057", "57x", "colombia"] {
            assert_eq!(
                dialled(country, "3001234567"),
                Err(NotDialable::UnknownCountry),
                "{country}"
            );
        }
        for number in ["", "12", "abc", "30012345678901", "300 12x4567"] {
            assert_eq!(dialled("57", number), Err(NotDialable::NotANumber), "{number}");
        }
    }

    /// A15, A16, A18: a recipient is read like any number, and a whole one keeps its variant.
    #[test]
    fn a_recipient_is_valid_and_keeps_its_variant() {
        for (country, text, expected) in [
            ("ES", "666 777 888", Some("34666777888")),
            ("ES", "+34 666-777-888", Some("34666777888")),
            ("ES", "0034666777888", Some("34666777888")),
            ("ES", "34666777888", Some("34666777888")),
            ("ES", "(666) 777.888", Some("34666777888")),
            ("ES", "+573001234567", Some("573001234567")),
            ("CO", "3001234567", Some("573001234567")),
            ("MX", "5215512345678", Some("5215512345678")),
            ("MX", "525512345678", Some("525512345678")),
            ("AR", "5491123456789", Some("5491123456789")),
            ("BR", "5541988887777", Some("5541988887777")),
            ("BR", "554188887777", Some("554188887777")),
            ("ES", "6667778889", None),
            ("ES", "+12345", None),
            ("ES", "12345", None),
            ("ES", "666777888x", None),
            ("ES", "", None),
        ] {
            assert_eq!(recipient(text, country).as_deref(), expected, "{country} {text}");
        }
    }

    /// T13: a number of ours has its country code.
    #[test]
    fn a_number_without_its_country_code_is_told() {
        assert!(has_country_code("573177700000"));
        assert!(has_country_code("5215512345678"));
        assert!(has_country_code("15550001234"));
        for digits in ["3177700000", "", "57317", "+573177700000", "0573177700000"] {
            assert!(!has_country_code(digits), "{digits}");
        }
    }

    proptest::proptest! {
        /// Nothing that anybody types makes a panic.
        #[test]
        fn any_text_is_survived(text in ".{0,60}", country in "[A-Z]{2}", digits in "[0-9+ ]{0,24}") {
            let _ = (canonical(&text), extract(&text, &country), parse(&digits, &country));
            let _ = (dial(&country, &digits), dial(&digits, &text), has_country_code(&digits), recipient(&text, &country));
        }

        #[test]
        fn the_canonical_form_is_its_own(digits in "[0-9]{0,20}") {
            let form = canonical(&digits);
            proptest::prop_assert_eq!(canonical(&form), form);
        }
    }
}
