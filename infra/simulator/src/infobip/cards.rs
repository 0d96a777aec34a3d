//! Cards of an address book, in Infobip's names and in the Cloud API's, which users are shown.

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::Refusal;

/// Infobip's name and the Cloud API's.
const NAMES: [(&str, &str); 8] = [
    ("formattedName", "formatted_name"),
    ("firstName", "first_name"),
    ("lastName", "last_name"),
    ("middleName", "middle_name"),
    ("namePrefix", "prefix"),
    ("nameSuffix", "suffix"),
    ("waId", "wa_id"),
    ("countryCode", "country_code"),
];

/// The cards of a message that is sent.
pub(super) fn shown(content: &Fields<'_>) -> Result<Vec<Value>, Refusal> {
    for card in content.objects("contacts", 1, 100)? {
        card.only(&["name", "phones", "emails", "addresses", "org", "urls", "birthday"])?;
        let name = card.object("name")?;
        name.only(&[
            "firstName",
            "formattedName",
            "lastName",
            "middleName",
            "namePrefix",
            "nameSuffix",
        ])?;
        name.text("firstName", 256)?;
        name.text("formattedName", 256)?;
        for phone in optional(&card, "phones")? {
            phone.only(&["phone", "type", "waId"])?;
            if phone.get("type").is_some() {
                phone.word("type", &["CELL", "MAIN", "IPHONE", "HOME", "WORK"])?;
            }
        }
        for email in optional(&card, "emails")? {
            email.only(&["email", "type"])?;
        }
    }
    let cards = content.list("contacts", 1, 100)?;
    Ok(cards.iter().map(|card| renamed(card, |name| other(name, |pair| *pair))).collect())
}

fn optional<'a>(card: &Fields<'a>, key: &str) -> Result<Vec<Fields<'a>>, Refusal> {
    if card.get(key).is_some() { card.objects(key, 0, 100) } else { Ok(Vec::new()) }
}

/// The cards that a user sends.
pub(super) fn told(cards: &[Value]) -> Vec<Value> {
    let card = |card| renamed(card, |name| other(name, |(infobip, cloud)| (*cloud, *infobip)));
    cards.iter().map(card).collect()
}

/// The other side's name for this one.
fn other(
    name: &str,
    turned: impl Fn(&(&'static str, &'static str)) -> (&'static str, &'static str),
) -> Option<&'static str> {
    NAMES.iter().map(turned).find(|(ours, _)| *ours == name).map(|(_, theirs)| theirs)
}

fn renamed(value: &Value, other: impl Fn(&str) -> Option<&'static str> + Copy) -> Value {
    match value {
        Value::Object(members) => {
            let named = members.iter().map(|(name, value)| {
                (other(name).unwrap_or(name).to_owned(), renamed(value, other))
            });
            Value::Object(named.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(|one| renamed(one, other)).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
