//! Makes a good request wrong in one place, as its schema says what would be wrong.

use serde_json::{Map, Value, json};

/// What is wrong.
pub(super) enum Kind {
    /// The body as it is.
    Value,
    /// The id at the path is to be one that nobody has; with its three letters.
    UnknownId(String),
    /// The id at the path is to be somebody else's.
    OthersId(String),
}

/// A request that is wrong in one place.
pub(super) struct Mutant {
    pub(super) kind: Kind,
    pub(super) path: Vec<Step>,
    /// As the answer names it.
    pub(super) field: String,
    pub(super) body: Value,
}

/// A step into a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Field(String),
    Entry(usize),
}

/// The schemas of a document.
pub(super) struct Schemas<'a>(&'a Map<String, Value>);

/// What is collected on the way through a schema.
struct Walk<'a> {
    sample: &'a Value,
    found: Vec<Mutant>,
}

impl Walk<'_> {
    fn wrong(&mut self, path: &[Step], value: Value) {
        let body = put(self.sample, path, value);
        self.add(Kind::Value, path, body);
    }

    fn add(&mut self, kind: Kind, path: &[Step], body: Value) {
        self.found.push(Mutant { kind, path: path.to_vec(), field: named(path), body });
    }
}

/// As errors name it: `steps[1].text`; the fields of a flow's `config` alone.
fn named(path: &[Step]) -> String {
    let mut name = String::new();
    for step in path {
        match step {
            Step::Field(field) if name.is_empty() => name.push_str(field),
            Step::Field(field) => name.extend([".", field]),
            Step::Entry(place) => name.extend(["[", &place.to_string(), "]"]),
        }
    }
    name.strip_prefix("config.").map(str::to_owned).unwrap_or(name)
}

/// The body with this value at the path; objects on the way are made.
pub(super) fn put(body: &Value, path: &[Step], value: impl Into<Value>) -> Value {
    let mut body = body.clone();
    let mut place = &mut body;
    for step in path {
        place = match step {
            Step::Field(field) => &mut place[field.as_str()],
            Step::Entry(entry) => &mut place[*entry],
        };
    }
    *place = value.into();
    body
}

fn without(body: &Value, path: &[Step], field: &str) -> Value {
    let mut body = body.clone();
    let mut place = &mut body;
    for step in path {
        place = match step {
            Step::Field(field) => &mut place[field.as_str()],
            Step::Entry(entry) => &mut place[*entry],
        };
    }
    if let Some(fields) = place.as_object_mut() {
        fields.remove(field);
    }
    body
}

impl<'a> Schemas<'a> {
    pub(super) fn of(document: &'a Value) -> Self {
        Self(document["components"]["schemas"].as_object().expect("schemas"))
    }

    /// Everything that can be wrong once in the sample.
    pub(super) fn mutants(&self, schema: &Value, sample: &Value) -> Vec<Mutant> {
        let mut walk = Walk { sample, found: Vec::new() };
        self.fields(&mut walk, self.resolve(schema), Some(sample), &[]);
        walk.found
    }

    /// Texts that a parameter of a query must not be.
    pub(super) fn wrong_texts(&self, schema: &Value, name: &str) -> Vec<String> {
        let (schema, _) = self.not_null(schema);
        let mut texts = Vec::new();
        match kind(schema) {
            "integer" => texts.extend(["x".to_owned(), "1.5".to_owned()]),
            "boolean" => texts.extend(["1".to_owned(), "yes".to_owned()]),
            _ => {}
        }
        texts.extend(schema["minimum"].as_i64().map(|min| (min - 1).to_string()));
        texts.extend(schema["maximum"].as_i64().map(|max| (max + 1).to_string()));
        texts.extend(schema["maxLength"].as_u64().map(too_long));
        if schema["enum"].is_array() || schema["pattern"].is_string() {
            texts.push("nonsense".to_owned());
        }
        texts.extend(wrong_form(schema).map(str::to_owned));
        if name == "start_key" {
            texts.push("bm9uc2Vuc2U".to_owned());
        }
        texts
    }

    fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let name = schema["$ref"].as_str().and_then(|r| r.strip_prefix("#/components/schemas/"));
        name.and_then(|name| self.0.get(name)).unwrap_or(schema)
    }

    /// The alternatives but `null`, and whether `null` is one.
    fn not_null<'s>(&'s self, schema: &'s Value) -> (&'s Value, bool) {
        let schema = self.resolve(schema);
        let Some(all) = schema["oneOf"].as_array() else {
            let words = schema["type"].as_array();
            return (schema, words.is_some_and(|words| words.iter().any(|word| word == "null")));
        };
        let others: Vec<&Value> = all.iter().filter(|one| one["type"] != "null").collect();
        let is_nullable = others.len() < all.len();
        if let [one] = others.as_slice() {
            return (self.not_null(one).0, is_nullable);
        }
        // A word or an object: the object has the fields.
        let object = others.iter().map(|one| self.resolve(one)).find(|s| kind(s) == "object");
        (object.unwrap_or(schema), is_nullable)
    }

    fn value(&self, walk: &mut Walk<'_>, schema: &Value, sample: Option<&Value>, path: &[Step]) {
        let (schema, is_nullable) = self.not_null(schema);
        match kind(schema) {
            "string" | "object" => walk.wrong(path, json!(5)),
            "integer" | "number" | "boolean" | "array" => walk.wrong(path, json!("perhaps")),
            _ => return,
        }
        match kind(schema) {
            "string" => text(walk, schema, (is_nullable, sample.is_some()), path),
            "integer" => {
                walk.wrong(path, json!(1.5));
                schema["minimum"].as_i64().into_iter().for_each(|n| walk.wrong(path, json!(n - 1)));
                schema["maximum"].as_i64().into_iter().for_each(|n| walk.wrong(path, json!(n + 1)));
            }
            "array" => self.entries(walk, schema, sample, path),
            "object" => self.fields(walk, schema, sample, path),
            _ => {}
        }
    }

    fn entries(&self, walk: &mut Walk<'_>, schema: &Value, sample: Option<&Value>, path: &[Step]) {
        if schema["minItems"].as_u64().is_some_and(|min| min > 0) {
            walk.wrong(path, json!([]));
        }
        let entries = sample.and_then(Value::as_array);
        let Some(first) = entries.and_then(|entries| entries.first()) else { return };
        if let Some(max) = schema["maxItems"].as_u64() {
            let many = usize::try_from(max).expect("a small number") + 1;
            walk.wrong(path, Value::from(vec![first.clone(); many]));
        }
        for (place, entry) in entries.into_iter().flatten().enumerate() {
            let inside = [path, &[Step::Entry(place)]].concat();
            self.value(walk, &schema["items"], Some(entry), &inside);
        }
    }

    fn fields(&self, walk: &mut Walk<'_>, schema: &Value, sample: Option<&Value>, path: &[Step]) {
        // Of an object that the sample does not have, there is nothing to be wrong inside.
        let Some(sample) = sample.filter(|sample| sample.is_object()) else { return };
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
            let inside = [path, &[Step::Field(field.clone())]].concat();
            if required.contains(&field.as_str()) {
                let body = without(walk.sample, path, field);
                walk.add(Kind::Value, &inside, body);
                walk.wrong(&inside, Value::Null);
            }
            self.value(walk, schema, sample.get(field), &inside);
        }
        let others = &schema["additionalProperties"];
        for (field, value) in
            sample.as_object().into_iter().flatten().filter(|_| others.is_object())
        {
            let inside = [path, &[Step::Field(field.clone())]].concat();
            self.value(walk, others, Some(value), &inside);
        }
    }
}

/// A field that the sample does not have is not read by what the sample does: its written form may be any.
fn text(walk: &mut Walk<'_>, schema: &Value, (is_nullable, is_read): (bool, bool), path: &[Step]) {
    if let Some(prefix) = schema["pattern"].as_str().and_then(id_prefix) {
        walk.wrong(path, json!("nonsense"));
        for kind in [Kind::UnknownId(prefix.to_owned()), Kind::OthersId(prefix.to_owned())] {
            let body = walk.sample.clone();
            walk.add(kind, path, body);
        }
        return;
    }
    if let Some(max) = schema["maxLength"].as_u64() {
        walk.wrong(path, json!(too_long(max)));
    }
    match schema["minLength"].as_u64() {
        // Where null may stand, the empty text is the same as null.
        Some(0) | None => {}
        Some(1) if is_nullable => {}
        Some(min) => {
            let short = usize::try_from(min).expect("a small number") - 1;
            walk.wrong(path, json!("x".repeat(short)));
        }
    }
    if schema["enum"].is_array() || schema["pattern"].is_string() {
        walk.wrong(path, json!("non sense"));
    }
    if let Some(text) = wrong_form(schema).filter(|_| is_read) {
        walk.wrong(path, json!(text));
    }
}

/// A text that is not of the form that the schema names.
fn wrong_form(schema: &Value) -> Option<&'static str> {
    match schema["format"].as_str()? {
        "date-time" => Some("yesterday"),
        "uri" => Some("not an address"),
        "phone" => Some("not a number"),
        "country" => Some("ZZ"),
        _ => None,
    }
}

/// The letters of our ids' patterns.
fn id_prefix(pattern: &str) -> Option<&str> {
    pattern.strip_prefix('^')?.split_once("[0-9a-f]{").map(|(prefix, _)| prefix)
}

fn too_long(max: u64) -> String {
    "x".repeat(usize::try_from(max).expect("a small number") + 1)
}

fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(word) => word,
        Value::Array(words) => {
            words.iter().filter_map(Value::as_str).find(|word| *word != "null").unwrap_or_default()
        }
        _ => "",
    }
}
