//! Cards of an address book: the Cloud API's names, which the gateway has everywhere, and Infobip's.

use serde_json::{Map, Value, json};

/// The Cloud API's name and Infobip's. All others are the same on both sides.
const NAMES: [(&str, &str); 8] = [
    ("formatted_name", "formattedName"),
    ("first_name", "firstName"),
    ("last_name", "lastName"),
    ("middle_name", "middleName"),
    ("prefix", "namePrefix"),
    ("suffix", "nameSuffix"),
    ("wa_id", "waId"),
    ("country_code", "countryCode"),
];

/// A card of a user.
pub(super) fn from_infobip(card: &Value) -> Value {
    renamed(card, |name| NAMES.iter().find(|(_, theirs)| *theirs == name).map(|(ours, _)| *ours))
}

/// A card that we send. Infobip wants the first name as well as the whole one, and its types in capitals.
pub(super) fn to_infobip(card: &Value) -> Value {
    let mut card = renamed(card, |name| {
        NAMES.iter().find(|(ours, _)| *ours == name).map(|(_, theirs)| *theirs)
    });
    let first = ["firstName", "formattedName"]
        .iter()
        .find_map(|name| card.get("name")?.get(*name)?.as_str())
        .map(str::to_owned);
    if let (Some(name), Some(first)) = (card.get_mut("name"), first)
        && let Some(name) = name.as_object_mut()
    {
        name.entry("formattedName").or_insert_with(|| json!(first));
        name.entry("firstName").or_insert_with(|| json!(first));
    }
    for list in ["phones", "emails", "addresses", "urls"] {
        for entry in card.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(kind) = entry.get("type").and_then(Value::as_str) {
                entry["type"] = json!(kind.to_ascii_uppercase());
            }
        }
    }
    card
}

/// The same object without what is null, each member under its other name if it has one.
fn renamed(value: &Value, other: impl Fn(&str) -> Option<&'static str> + Copy) -> Value {
    match value {
        Value::Object(members) => {
            let there = members.iter().filter(|(_, value)| !value.is_null());
            let named = there.map(|(name, value)| {
                (other(name).unwrap_or(name).to_owned(), renamed(value, other))
            });
            Value::Object(named.collect::<Map<_, _>>())
        }
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| renamed(item, other)).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
