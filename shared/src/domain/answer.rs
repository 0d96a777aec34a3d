//! What counts as the answer to a question, and the value that is kept of it (T1). What is said when it does not fit
//! is in [`super::texts`].

use serde_json::{Map, Number, Value, json};

use super::flow::AnswerKind;
use super::menu;
use super::message::{Choice, FromUser, Media, MediaKind, Payment};
use super::phone::{self, Extracted, ascii_digit};
use super::time::Time;

/// Numbers with more digits would not come back from JSON as they were.
const NUMBER_DIGITS_MAX: usize = 15;
const EMAIL_BYTES_MAX: usize = 254;
const EMAIL_LOCAL_BYTES_MAX: usize = 64;
const DOMAIN_LABEL_BYTES_MAX: usize = 63;

/// The value of an answer; `None`: it does not fit, ask again. `country` is the channel's default country.
pub fn read(kind: AnswerKind, options: &[Choice], said: &FromUser, country: &str) -> Option<Value> {
    match kind {
        AnswerKind::Choice => {
            menu::read(options, said).map(|place| Value::from(options[place].id.as_str()))
        }
        AnswerKind::Payment => match said {
            FromUser::Payment(result) => Some(payment(result, None)),
            _ => None,
        },
        AnswerKind::Text => typed(said).map(Value::from),
        AnswerKind::Number => typed(said).and_then(number),
        AnswerKind::Email => typed(said).filter(|text| is_email(text)).map(Value::from),
        AnswerKind::Date => typed(said).and_then(date).map(Value::from),
        AnswerKind::Phone => match phone::extract(typed(said)?, country) {
            Extracted::One(number) => Some(Value::from(number.digits())),
            Extracted::None | Extracted::Several => None,
        },
    }
}

/// Whether a file answers a question for files of these kinds. A voice note is audio, and a picture or a film that
/// was sent as a document stays what it is.
pub fn accepts(kinds: &[MediaKind], media: &Media) -> bool {
    let is_mime = |group: &str| media.mime.as_deref().is_some_and(|mime| mime.starts_with(group));
    let fits = |&wanted: &MediaKind| match media.kind {
        MediaKind::Voice => matches!(wanted, MediaKind::Voice | MediaKind::Audio),
        MediaKind::Document => match wanted {
            MediaKind::Document => true,
            MediaKind::Image => is_mime("image/"),
            MediaKind::Video => is_mime("video/"),
            MediaKind::Audio => is_mime("audio/"),
            MediaKind::Voice | MediaKind::Sticker => false,
        },
        MediaKind::Image | MediaKind::Video | MediaKind::Audio | MediaKind::Sticker => {
            wanted == media.kind
        }
    };
    let is_there = media.source.is_some() || media.stored.is_some();
    is_there && kinds.iter().any(fits)
}

/// What is kept of a file: `{media_id, kind, mime, filename, caption}`, each where it is known.
pub fn media_value(media: &Media) -> Value {
    let mut value = Map::new();
    value.insert("kind".to_owned(), json!(media.kind));
    if let Some(id) = media.stored {
        value.insert("media_id".to_owned(), json!(id));
    }
    let texts = [("mime", &media.mime), ("filename", &media.filename), ("caption", &media.caption)];
    for (name, text) in texts {
        if let Some(text) = text {
            value.insert(name.to_owned(), json!(text));
        }
    }
    Value::Object(value)
}

/// A payment result as it is kept (contracts 11.5). `time` is the provider's, where it is not told beside the value.
pub fn payment(payment: &Payment, time: Option<Time>) -> Value {
    let mut value = json!({
        "transaction_id": payment.transaction_id,
        "reference_id": payment.reference_id,
        "amount_minor": payment.amount_minor,
        "offset": payment.offset,
        "currency": payment.currency,
        "transaction_type": payment.transaction_type,
        "status": payment.status,
        "raw": payment.raw,
    });
    if let Some(amount) = amount(payment.amount_minor, payment.offset) {
        value["amount"] = Value::from(amount);
    }
    if let Some(time) = time {
        value["time"] = json!(time);
    }
    value
}

/// 300 in hundredths is `3.00`; `None` unless the offset is 1, 10, 100, …
fn amount(minor: i64, offset: i64) -> Option<String> {
    let digits = usize::try_from(offset.checked_ilog10()?).ok()?;
    if 10_i64.checked_pow(u32::try_from(digits).ok()?) != Some(offset) {
        return None;
    }
    let sign = if minor < 0 { "-" } else { "" };
    let (minor, offset) = (minor.unsigned_abs(), offset.unsigned_abs());
    let whole = minor / offset;
    if digits == 0 {
        return Some(format!("{sign}{whole}"));
    }
    Some(format!("{sign}{whole}.{:0digits$}", minor % offset))
}

/// A text or a title, without white space around, not empty.
fn typed(said: &FromUser) -> Option<&str> {
    said.text().map(str::trim).filter(|text| !text.is_empty())
}

/// Digits with at most one `.` or `,`, which is the decimal mark. `1.000,50` is nobody's to guess.
fn number(text: &str) -> Option<Value> {
    let plain: String = text
        .chars()
        .map(|c| match c {
            ',' => '.',
            '−' => '-',
            other => ascii_digit(other).unwrap_or(other),
        })
        .collect();
    let unsigned = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(whole) || !fraction.is_none_or(is_digits) {
        return None;
    }
    let significant = whole.trim_start_matches('0').len() + fraction.map_or(0, str::len);
    if significant > NUMBER_DIGITS_MAX {
        return None;
    }
    let plain = plain.strip_prefix('+').unwrap_or(&plain);
    match fraction {
        None => plain.parse::<i64>().ok().map(Value::from),
        Some(_) => plain.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number),
    }
}

/// A local part, an at, and a domain with a dot: what mail servers on the Internet take, without quoting.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_local = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-.".contains(&b);
    let local_fits = (1..=EMAIL_LOCAL_BYTES_MAX).contains(&local.len())
        && local.bytes().all(is_local)
        && local.split('.').all(|part| !part.is_empty());
    let is_label = |label: &str| {
        (1..=DOMAIN_LABEL_BYTES_MAX).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    text.len() <= EMAIL_BYTES_MAX
        && local_fits
        && domain.contains('.')
        && domain.split('.').all(is_label)
        && top.chars().count() >= 2
        && top.chars().any(char::is_alphabetic)
}

/// `2024-12-31`, `31/12/2024` or `31-12-2024` as `2024-12-31`, if there is such a day.
fn date(text: &str) -> Option<String> {
    let plain: String = text.chars().map(|c| ascii_digit(c).unwrap_or(c)).collect();
    let separator = plain.chars().find(|&c| matches!(c, '-' | '/' | '.'))?;
    let parts: Vec<&str> = plain.split(separator).map(str::trim).collect();
    let [first, month, last] = parts.as_slice() else { return None };
    let (year, day) = if first.len() == 4 { (first, last) } else { (last, first) };
    let is_number = |text: &str, sizes: std::ops::RangeInclusive<usize>| {
        sizes.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    if !is_number(year, 4..=4) || !is_number(month, 1..=2) || !is_number(day, 1..=2) {
        return None;
    }
    let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    jiff::civil::Date::new(year, month, day).ok().map(|date| date.to_string())
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
