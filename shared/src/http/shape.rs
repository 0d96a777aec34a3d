//! What a body or a query must look like, by the same schema that the API's document shows: types, required fields,
//! lengths, bounds, lists of words. Written forms (ids, times, addresses) are read by their types afterwards.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::{Map, Value};
use utoipa::openapi::path::ParameterIn;
use utoipa::{IntoParams, ToSchema};

/// Where the schema speaks of other schemas.
const REFERENCE: &str = "#/components/schemas/";

/// What is wrong with a body or a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The field breaks the rule.
    Rule { field: String, rule: String },
    /// The field holds what cannot be an id: nothing has it.
    UnknownId { field: String },
}

type Result<T> = std::result::Result<T, Wrong>;

/// A schema and those that it speaks of.
#[derive(Debug)]
pub(super) struct Shape {
    root: Value,
    others: HashMap<String, Value>,
}

/// How leaves come: JSON has types, a form has lists of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaves {
    Typed,
    Texts,
}

fn remembered(of: TypeId, make: impl FnOnce() -> Shape) -> Arc<Shape> {
    static SHAPES: OnceLock<Mutex<HashMap<TypeId, Arc<Shape>>>> = OnceLock::new();
    let shapes = SHAPES.get_or_init(Mutex::default);
    let mut shapes = shapes.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(shapes.entry(of).or_insert_with(|| Arc::new(make())))
}

impl Shape {
    /// Of a body.
    pub(super) fn of<T: ToSchema + 'static>() -> Arc<Self> {
        remembered(TypeId::of::<T>(), || {
            let mut others = Vec::new();
            T::schemas(&mut others);
            let others =
                others.iter().map(|(name, schema)| (name.clone(), to_value(schema))).collect();
            Self { root: to_value(&T::schema()), others }
        })
    }

    /// Of a query.
    pub(super) fn of_query<T: IntoParams + 'static>() -> Arc<Self> {
        remembered(TypeId::of::<T>(), || {
            let (mut properties, mut required) = (Map::new(), Vec::new());
            for parameter in T::into_params(|| Some(ParameterIn::Query)) {
                let parameter = to_value(&parameter);
                let name = parameter["name"].as_str().unwrap_or_default().to_owned();
                if parameter["required"] == true {
                    required.push(Value::from(name.clone()));
                }
                properties.insert(name, parameter["schema"].clone());
            }
            let root = serde_json::json!({
                "type": "object", "properties": properties, "required": required
            });
            Self { root, others: HashMap::new() }
        })
    }

    /// Checks the value; texts of a form become what the schema wants. Names the first field that is wrong.
    pub(super) fn check(&self, value: &mut Value, leaves: Leaves) -> Result<()> {
        Check { shape: self, leaves }.value(value, &self.root, "")
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let name = schema["$ref"].as_str().and_then(|r| r.strip_prefix(REFERENCE));
        name.and_then(|name| self.others.get(name)).unwrap_or(schema)
    }
}

fn to_value(schema: &impl serde::Serialize) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}

fn wrong(path: &str, rule: impl Into<String>) -> Wrong {
    Wrong::Rule { field: shown(path), rule: rule.into() }
}

/// What a form has no way to write but as JSON in a text: an object of a list.
fn object_in_text(value: &Value) -> Option<Value> {
    let text = match value {
        Value::String(text) => text,
        Value::Array(texts) => match texts.as_slice() {
            [Value::String(text)] => text,
            _ => return None,
        },
        _ => return None,
    };
    serde_json::from_str(text).ok().filter(Value::is_object)
}

/// A path as it is named: fields of a flow's `config` stand alone (contracts 1.2).
pub(super) fn shown(path: &str) -> String {
    let field = path.strip_prefix("config.").unwrap_or(path);
    if matches!(field, "" | ".") { "body".to_owned() } else { field.to_owned() }
}

/// Whether a pattern is that of our ids, and what it says: the letters in front and the number of digits.
fn id_pattern(pattern: &str) -> Option<(&str, usize)> {
    let (prefix, rest) = pattern.strip_prefix('^')?.split_once("[0-9a-f]{")?;
    Some((prefix, rest.strip_suffix("}$")?.parse().ok()?))
}

/// The words of `type`, which is a word or a list of them.
fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(word) => vec![word.as_str()],
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn fits(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}

fn rule_of(kind: &str) -> &'static str {
    match kind {
        "string" => "must be a text",
        "boolean" => "must be true or false",
        "integer" => "must be a whole number",
        "number" => "must be a number",
        "array" => "must be a list",
        _ => "must be an object",
    }
}

struct Check<'a> {
    shape: &'a Shape,
    leaves: Leaves,
}

impl Check<'_> {
    fn value(&self, value: &mut Value, schema: &Value, path: &str) -> Result<()> {
        let schema = self.shape.resolve(schema);
        if let Some(alternatives) = schema["oneOf"].as_array() {
            return self.one_of(value, alternatives, path);
        }
        let kinds = types(schema);
        let kind = kinds.iter().copied().find(|kind| *kind != "null").unwrap_or_default();
        if self.leaves == Leaves::Texts && kind == "object" {
            if let Some(object) = object_in_text(value) {
                *value = object;
                return Check { leaves: Leaves::Typed, ..*self }.value(value, schema, path);
            }
        } else if self.leaves == Leaves::Texts {
            Self::read_texts(value, kind, path)?;
        }
        if kinds.contains(&"null") && (value.is_null() || value == "") {
            *value = Value::Null;
            return Ok(());
        }
        if !kinds.is_empty() && !fits(value, kind) {
            return Err(wrong(path, rule_of(kind)));
        }
        match value {
            Value::String(text) => text_rules(text, schema, path),
            Value::Number(number) => number_rules(number, schema, path),
            Value::Array(entries) => self.entries(entries, schema, path),
            Value::Object(fields) => self.fields(fields, schema, path),
            Value::Null | Value::Bool(_) => Ok(()),
        }
    }

    /// `null` or one of the others: the first that has the value's type speaks.
    fn one_of(&self, value: &mut Value, alternatives: &[Value], path: &str) -> Result<()> {
        let is_null = |schema: &Value| types(schema) == ["null"];
        if (value.is_null() || *value == "") && alternatives.iter().any(is_null) {
            *value = Value::Null;
            return Ok(());
        }
        let others: Vec<&Value> = alternatives.iter().filter(|schema| !is_null(schema)).collect();
        let fitting = others.iter().find(|schema| {
            let kinds = types(self.shape.resolve(schema));
            kinds.iter().any(|kind| fits(value, kind))
        });
        match fitting.or(others.first()) {
            Some(schema) => self.value(value, schema, path),
            None => Ok(()),
        }
    }

    /// A form's list of texts as what is wanted.
    fn read_texts(value: &mut Value, kind: &str, path: &str) -> Result<()> {
        let Value::Array(texts) = value else { return Ok(()) };
        if kind == "array" {
            return Ok(());
        }
        let [Value::String(text)] = texts.as_slice() else {
            if texts.len() == 1 {
                return Ok(());
            }
            return Err(wrong(path, "is given more than once"));
        };
        *value = match kind {
            _ if text.is_empty() => Value::from(""),
            "boolean" if text.eq_ignore_ascii_case("true") => Value::Bool(true),
            "boolean" if text.eq_ignore_ascii_case("false") => Value::Bool(false),
            "integer" => text.parse::<i64>().map_or(Value::from(text.as_str()), Value::from),
            _ => Value::from(text.as_str()),
        };
        Ok(())
    }

    fn entries(&self, entries: &mut [Value], schema: &Value, path: &str) -> Result<()> {
        let (min, max) = (schema["minItems"].as_u64(), schema["maxItems"].as_u64());
        bounds(entries.len() as u64, min, max, "entries", path)?;
        for (place, entry) in entries.iter_mut().enumerate() {
            self.value(entry, &schema["items"], &format!("{path}[{place}]"))?;
        }
        Ok(())
    }

    fn fields(&self, fields: &mut Map<String, Value>, schema: &Value, path: &str) -> Result<()> {
        let name = |field: &str| match path {
            "" => field.to_owned(),
            path => format!("{path}.{field}"),
        };
        let is_required = |field: &str| {
            schema["required"].as_array().is_some_and(|r| r.iter().any(|f| f == field))
        };
        let known = schema["properties"].as_object();
        for (field, schema) in known.into_iter().flatten() {
            let is_nullable = self.is_nullable(schema);
            match fields.get_mut(field) {
                Some(Value::Null) if !is_nullable && is_required(field) => {
                    return Err(wrong(&name(field), "is required"));
                }
                Some(Value::Null) if !is_nullable => {
                    fields.remove(field);
                }
                Some(value) => self.value(value, schema, &name(field))?,
                None if is_required(field) => return Err(wrong(&name(field), "is required")),
                None => {}
            }
        }
        let others = &schema["additionalProperties"];
        if others.is_object() {
            let is_known = |field: &str| known.is_some_and(|known| known.contains_key(field));
            for (field, value) in fields.iter_mut().filter(|(field, _)| !is_known(field)) {
                self.value(value, others, &name(field))?;
            }
        }
        Ok(())
    }

    fn is_nullable(&self, schema: &Value) -> bool {
        let schema = self.shape.resolve(schema);
        let alternatives = schema["oneOf"].as_array();
        types(schema).contains(&"null")
            || alternatives.is_some_and(|all| all.iter().any(|one| types(one) == ["null"]))
    }
}

/// Words are taken in any case and become those of the schema (T32).
fn text_rules(text: &mut String, schema: &Value, path: &str) -> Result<()> {
    if let Some(words) = schema["enum"].as_array() {
        let mut words = words.iter().filter_map(Value::as_str);
        let Some(word) = words.clone().find(|word| word.eq_ignore_ascii_case(text)) else {
            let words: Vec<&str> = words.by_ref().collect();
            return Err(wrong(path, format!("must be one of {}", words.join(", "))));
        };
        word.clone_into(text);
    }
    if let Some((prefix, digits)) = schema["pattern"].as_str().and_then(id_pattern) {
        let is_id = text.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() == digits && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        });
        return if is_id { Ok(()) } else { Err(Wrong::UnknownId { field: shown(path) }) };
    }
    let (min, max) = (schema["minLength"].as_u64(), schema["maxLength"].as_u64());
    bounds(text.chars().count() as u64, min, max, "characters", path)
}

fn number_rules(number: &serde_json::Number, schema: &Value, path: &str) -> Result<()> {
    let unit = schema["x-unit"].as_str().map(|unit| format!(" {unit}")).unwrap_or_default();
    let (min, max) = (schema["minimum"].as_f64(), schema["maximum"].as_f64());
    let number = number.as_f64().unwrap_or(f64::NAN);
    let is_low = min.is_some_and(|min| number < min);
    let is_high = max.is_some_and(|max| number > max);
    match (min, max) {
        (Some(min), Some(max)) if is_low || is_high => {
            Err(wrong(path, format!("must be between {min} and {max}{unit}")))
        }
        (Some(min), None) if is_low => Err(wrong(path, format!("must be at least {min}{unit}"))),
        (None, Some(max)) if is_high => Err(wrong(path, format!("must be at most {max}{unit}"))),
        _ => Ok(()),
    }
}

fn bounds(n: u64, min: Option<u64>, max: Option<u64>, unit: &str, path: &str) -> Result<()> {
    let is_out = min.is_some_and(|min| n < min) || max.is_some_and(|max| n > max);
    if !is_out {
        return Ok(());
    }
    Err(wrong(
        path,
        match (min, max) {
            (Some(min), Some(max)) => format!("must have {min} to {max} {unit}"),
            (Some(1), None) => "must not be empty".to_owned(),
            (Some(min), None) => format!("must have at least {min} {unit}"),
            (None, _) => format!("must have at most {} {unit}", max.unwrap_or_default()),
        },
    ))
}
