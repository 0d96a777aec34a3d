//! Reads the parameters of a call as strictly as they are documented: what nobody documented is an error, so that a
//! misreading of the documentation shows.

use serde_json::{Map, Value};

use super::problem::Problem;

/// An object of a call, with its name as the Graph API writes it: `text`, `text['body']`, `components[0]`.
#[derive(Debug, Clone)]
pub(crate) struct Params<'a> {
    name: String,
    object: &'a Map<String, Value>,
}

impl<'a> Params<'a> {
    /// The whole call.
    pub(crate) fn call(value: &'a Value) -> Result<Self, Problem> {
        Self::new(String::new(), value)
    }

    fn new(name: String, value: &'a Value) -> Result<Self, Problem> {
        match value {
            Value::Object(object) => Ok(Self { name, object }),
            _ if name.is_empty() => Err(Problem::parameter("The body must be a JSON object.")),
            _ => Err(Problem::parameter(format!("Param {name} must be a JSON object."))),
        }
    }

    /// The full name of a member.
    pub(crate) fn name_of(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}['{key}']", self.name) }
    }

    /// Refuses what is not among these.
    pub(crate) fn only(&self, keys: &[&str]) -> Result<(), Problem> {
        match self.object.keys().find(|key| !keys.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) if self.name.is_empty() => {
                Err(Problem::parameter(format!("Unexpected key \"{key}\" in the body.")))
            }
            Some(key) => Err(Problem::parameter(format!(
                "Unexpected key \"{key}\" on param \"{}\".",
                self.name
            ))),
        }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.object.contains_key(key)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key)
    }

    fn required(&self, key: &str) -> Result<&'a Value, Problem> {
        self.get(key).ok_or_else(|| Problem::missing(&self.name_of(key)))
    }

    /// A text of 1 to `max` characters.
    pub(crate) fn text(&self, key: &str, max: usize) -> Result<&'a str, Problem> {
        let name = self.name_of(key);
        let text = self
            .required(key)?
            .as_str()
            .ok_or_else(|| Problem::parameter(format!("Param {name} must be a string.")))?;
        if (1..=max).contains(&text.chars().count()) {
            return Ok(text);
        }
        Err(Problem::value(format!("Param {name} must be between 1 and {max} characters long.")))
    }

    pub(crate) fn optional_text(&self, key: &str, max: usize) -> Result<Option<&'a str>, Problem> {
        if self.has(key) { self.text(key, max).map(Some) } else { Ok(None) }
    }

    /// One of these words.
    pub(crate) fn word(&self, key: &str, words: &[&str]) -> Result<&'a str, Problem> {
        let word = self.text(key, 64)?;
        if words.contains(&word) {
            return Ok(word);
        }
        let (name, words) = (self.name_of(key), words.join(", "));
        Err(Problem::parameter(format!(
            "Param {name} must be one of {{{words}}} - got \"{word}\"."
        )))
    }

    /// A number in this range, whole or not.
    pub(crate) fn number(&self, key: &str, min: f64, max: f64) -> Result<String, Problem> {
        let name = self.name_of(key);
        let value = self.required(key)?;
        let number = value
            .as_f64()
            .ok_or_else(|| Problem::parameter(format!("Param {name} must be a number.")))?;
        if (min..=max).contains(&number) {
            return Ok(value.to_string());
        }
        Err(Problem::value(format!("Param {name} must be between {min} and {max}.")))
    }

    /// `true`, `false`, or not there.
    pub(crate) fn flag(&self, key: &str) -> Result<bool, Problem> {
        match self.get(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => {
                Err(Problem::parameter(format!("Param {} must be a boolean.", self.name_of(key))))
            }
        }
    }

    pub(crate) fn object(&self, key: &str) -> Result<Params<'a>, Problem> {
        Params::new(self.name_of(key), self.required(key)?)
    }

    pub(crate) fn optional_object(&self, key: &str) -> Result<Option<Params<'a>>, Problem> {
        if self.has(key) { self.object(key).map(Some) } else { Ok(None) }
    }

    /// A list of `min` to `max` values, each with its name.
    pub(crate) fn list(
        &self,
        key: &str,
        min: usize,
        max: usize,
    ) -> Result<Vec<(String, &'a Value)>, Problem> {
        let name = self.name_of(key);
        let list = self
            .required(key)?
            .as_array()
            .ok_or_else(|| Problem::parameter(format!("Param {name} must be an array.")))?;
        if !(min..=max).contains(&list.len()) {
            let details = format!("Param {name} must have between {min} and {max} elements.");
            return Err(Problem::value(details));
        }
        Ok(list.iter().enumerate().map(|(at, value)| (format!("{name}[{at}]"), value)).collect())
    }

    /// A list of objects.
    pub(crate) fn objects(
        &self,
        key: &str,
        min: usize,
        max: usize,
    ) -> Result<Vec<Params<'a>>, Problem> {
        self.list(key, min, max)?
            .into_iter()
            .map(|(name, value)| Params::new(name, value))
            .collect()
    }
}
