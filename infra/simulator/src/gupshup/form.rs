//! Forms as GupShup takes them: every field once, none that is not known, JSON in some.

use serde_json::{Map, Value};

use crate::Refusal;
use crate::message::{Button, FileKind, List, Row, Section, ShownFile};

/// The fields of a call.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn read(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// A field that is there, even if it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// A field; empty where it is missing.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or("")
    }

    /// A field that must be there and not empty, of at most `max` characters.
    pub(super) fn needed(&self, name: &str, max: usize) -> Result<&str, Refusal> {
        let value = self.text(name);
        if value.trim().is_empty() {
            return Err(invalid(format!("the parameter {name} is missing")));
        }
        no_longer(value, name, max)?;
        Ok(value)
    }

    /// JSON in a field that must be there.
    pub(super) fn json(&self, name: &str) -> Result<Value, Refusal> {
        let text = self.needed(name, usize::MAX)?;
        serde_json::from_str(text).map_err(|_| invalid(format!("{name} is no JSON")))
    }

    /// Refuses fields that no page names.
    pub(super) fn only(&self, names: &[&str]) -> Result<(), Refusal> {
        for (at, (name, _)) in self.0.iter().enumerate() {
            let is_value = name.strip_prefix("var").is_some_and(|n| n.parse::<u32>().is_ok());
            if !names.contains(&name.as_str()) && !is_value {
                return Err(invalid(format!("the parameter {name} is not known")));
            }
            if self.0[..at].iter().any(|(before, _)| before == name) {
                return Err(invalid(format!("the parameter {name} is there twice")));
            }
        }
        Ok(())
    }
}

pub(super) fn invalid(detail: impl Into<String>) -> Refusal {
    Refusal::Invalid { detail: detail.into() }
}

pub(super) fn no_longer(value: &str, name: &str, max: usize) -> Result<(), Refusal> {
    if value.chars().count() > max {
        return Err(invalid(format!("{name} is longer than {max} characters")));
    }
    Ok(())
}

/// A recipient: digits without a plus.
pub(super) fn is_number(text: &str) -> bool {
    (8..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A link that WhatsApp would fetch.
pub(super) fn link(url: &str) -> Result<String, Refusal> {
    let is_link = ["https://", "http://"].iter().any(|start| {
        url.strip_prefix(start).is_some_and(|rest| !rest.is_empty() && !rest.contains(' '))
    });
    if is_link { Ok(url.to_owned()) } else { Err(invalid(format!("{url} is no link"))) }
}

/// A file by its link.
pub(super) fn file(kind: FileKind, url: &str, name: &str) -> Result<ShownFile, Refusal> {
    let filename = Some(name.to_owned()).filter(|name| !name.is_empty());
    Ok(ShownFile { kind, link: Some(link(url)?), file: None, filename })
}

/// A text of a JSON object that must be there and not be longer.
pub(super) fn member<'a>(object: &'a Value, name: &str, max: usize) -> Result<&'a str, Refusal> {
    let value = object.get(name).and_then(Value::as_str).filter(|value| !value.trim().is_empty());
    let value = value.ok_or_else(|| invalid(format!("{name} is missing")))?;
    no_longer(value, name, max)?;
    Ok(value)
}

/// A text of a JSON object that may be missing or empty.
pub(super) fn optional<'a>(object: &'a Value, name: &str, max: usize) -> Result<&'a str, Refusal> {
    match object.get(name) {
        None => Ok(""),
        Some(Value::String(value)) => no_longer(value, name, max).map(|()| value.as_str()),
        Some(_) => Err(invalid(format!("{name} is no text"))),
    }
}

/// The members of a JSON list that must have between one and `max`.
pub(super) fn members<'a>(
    object: &'a Value,
    name: &str,
    max: usize,
) -> Result<&'a [Value], Refusal> {
    let list = object.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if list.is_empty() || list.len() > max {
        return Err(invalid(format!("{name} must have 1 to {max} members")));
    }
    Ok(list)
}

/// Reply buttons and lists in Meta's form, as the gateway and the partner API take them.
pub(super) fn reply_buttons(action: &Value) -> Result<Vec<Button>, Refusal> {
    let buttons = members(action, "buttons", 3)?.iter().map(|button| {
        let reply = button.get("reply").unwrap_or(&Value::Null);
        if button.get("type").and_then(Value::as_str) != Some("reply") {
            return Err(invalid("a button must be of type reply"));
        }
        let (id, title) = (member(reply, "id", 256)?, member(reply, "title", 20)?);
        Ok(Button::Reply { id: id.to_owned(), title: title.to_owned() })
    });
    buttons.collect()
}

/// A list in Meta's form; at most ten rows in all sections together.
pub(super) fn list(action: &Value) -> Result<List, Refusal> {
    let button = member(action, "button", 20)?.to_owned();
    let sections = members(action, "sections", 10)?;
    let read = sections.iter().map(|section| {
        let title = optional(section, "title", 24)?;
        if title.is_empty() && sections.len() > 1 {
            return Err(invalid("each of several sections needs a title"));
        }
        let rows = members(section, "rows", 10)?.iter().map(|row| {
            let description = optional(row, "description", 72)?;
            Ok(Row {
                id: member(row, "id", 200)?.to_owned(),
                title: member(row, "title", 24)?.to_owned(),
                description: Some(description.to_owned()).filter(|d| !d.is_empty()),
            })
        });
        Ok(Section { title: title.to_owned(), rows: rows.collect::<Result<_, Refusal>>()? })
    });
    let sections: Vec<Section> = read.collect::<Result<_, Refusal>>()?;
    if sections.iter().map(|section| section.rows.len()).sum::<usize>() > 10 {
        return Err(invalid("a list has at most 10 rows"));
    }
    Ok(List { button, sections })
}

/// An object as a form: texts as they are, everything else as JSON. Nulls are left out.
pub(super) fn encode(fields: &Map<String, Value>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        match value {
            Value::Null => {}
            Value::String(text) => {
                form.append_pair(name, text);
            }
            other => {
                form.append_pair(name, &other.to_string());
            }
        }
    }
    form.finish()
}
