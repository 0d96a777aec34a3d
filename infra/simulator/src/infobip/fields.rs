//! Reads the fields of a call as strictly as they are documented: what nobody documented is an error, so that a
//! misreading of the documentation shows.

use serde_json::{Map, Value};

use crate::Refusal;

/// A field and what is wrong with it, as `violations` tell.
pub(super) fn invalid(field: &str, rule: &str) -> Refusal {
    Refusal::Invalid { detail: format!("{field}: {rule}") }
}

/// The body of a call.
pub(super) fn body(bytes: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(bytes).map_err(|_| invalid("body", "must be JSON"))
}

/// An object of a call, with its name as Infobip writes it: `content.action.buttons[0]`.
pub(super) struct Fields<'a> {
    name: String,
    object: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// The whole call.
    pub(super) fn call(value: &'a Value) -> Result<Self, Refusal> {
        Self::new(String::new(), value)
    }

    fn new(name: String, value: &'a Value) -> Result<Self, Refusal> {
        match value {
            Value::Object(object) => Ok(Self { name, object }),
            _ => Err(invalid(&name, "must be an object")),
        }
    }

    fn name_of(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    /// That a member is wrong.
    pub(super) fn wrong(&self, key: &str, rule: &str) -> Refusal {
        invalid(&self.name_of(key), rule)
    }

    /// Refuses what is not among these.
    pub(super) fn only(&self, keys: &[&str]) -> Result<(), Refusal> {
        match self.object.keys().find(|key| !keys.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => Err(self.wrong(key, "is not known")),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key)
    }

    fn required(&self, key: &str) -> Result<&'a Value, Refusal> {
        self.get(key).ok_or_else(|| self.wrong(key, "must not be null"))
    }

    /// A text of 1 to `max` characters.
    pub(super) fn text(&self, key: &str, max: usize) -> Result<&'a str, Refusal> {
        let text = self.required(key)?.as_str().ok_or_else(|| self.wrong(key, "must be a text"))?;
        if text.trim().is_empty() {
            return Err(self.wrong(key, "must not be blank"));
        }
        if text.chars().count() > max {
            return Err(self.wrong(key, &format!("size must be between 1 and {max}")));
        }
        Ok(text)
    }

    pub(super) fn optional_text(&self, key: &str, max: usize) -> Result<Option<&'a str>, Refusal> {
        if self.get(key).is_some() { self.text(key, max).map(Some) } else { Ok(None) }
    }

    /// A text that may be missing; empty then.
    pub(super) fn text_or_empty(&self, key: &str, max: usize) -> Result<String, Refusal> {
        Ok(self.optional_text(key, max)?.unwrap_or_default().to_owned())
    }

    /// One of these words.
    pub(super) fn word(&self, key: &str, words: &[&str]) -> Result<&'a str, Refusal> {
        let word = self.text(key, 64)?;
        if words.contains(&word) {
            return Ok(word);
        }
        Err(self.wrong(key, &format!("must be one of {}", words.join(", "))))
    }

    /// An address that WhatsApp would fetch or open.
    pub(super) fn address(&self, key: &str) -> Result<String, Refusal> {
        let url = self.text(key, 2048)?;
        let is_web = ["https://", "http://"].iter().any(|start| {
            url.strip_prefix(start).is_some_and(|rest| !rest.is_empty() && !rest.contains(' '))
        });
        if is_web { Ok(url.to_owned()) } else { Err(self.wrong(key, "must be a valid URL")) }
    }

    /// A number in this range, as it was written.
    pub(super) fn number(&self, key: &str, min: f64, max: f64) -> Result<String, Refusal> {
        let value = self.required(key)?;
        let number = value.as_f64().ok_or_else(|| self.wrong(key, "must be a number"))?;
        if (min..=max).contains(&number) {
            return Ok(value.to_string());
        }
        Err(self.wrong(key, &format!("must be between {min} and {max}")))
    }

    /// `true`, `false`, or not there.
    pub(super) fn flag(&self, key: &str) -> Result<bool, Refusal> {
        match self.get(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.wrong(key, "must be true or false")),
        }
    }

    pub(super) fn object(&self, key: &str) -> Result<Fields<'a>, Refusal> {
        Fields::new(self.name_of(key), self.required(key)?)
    }

    pub(super) fn optional_object(&self, key: &str) -> Result<Option<Fields<'a>>, Refusal> {
        if self.get(key).is_some() { self.object(key).map(Some) } else { Ok(None) }
    }

    /// A list of `min` to `max` values.
    pub(super) fn list(&self, key: &str, min: usize, max: usize) -> Result<&'a [Value], Refusal> {
        let list =
            self.required(key)?.as_array().ok_or_else(|| self.wrong(key, "must be a list"))?;
        if (min..=max).contains(&list.len()) {
            return Ok(list);
        }
        Err(self.wrong(key, &format!("size must be between {min} and {max}")))
    }

    /// A list of texts, none of them blank.
    pub(super) fn texts(&self, key: &str, max: usize) -> Result<Vec<String>, Refusal> {
        let texts = self.list(key, 0, max)?.iter().map(|value| {
            let text = value.as_str().filter(|text| !text.trim().is_empty());
            text.map(str::to_owned).ok_or_else(|| self.wrong(key, "must not be blank"))
        });
        texts.collect()
    }

    /// A list of objects.
    pub(super) fn objects(
        &self,
        key: &str,
        min: usize,
        max: usize,
    ) -> Result<Vec<Fields<'a>>, Refusal> {
        let name = self.name_of(key);
        let list = self.list(key, min, max)?.iter().enumerate();
        list.map(|(at, value)| Fields::new(format!("{name}[{at}]"), value)).collect()
    }
}
