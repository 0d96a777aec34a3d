//! Reads `infra/template.yaml`: the resources of a type, and the functions by the name of their folder. What must
//! hold of them is in `it/infra`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// Where a function's code lies, before and after the name of its folder.
const CODE: (&str, &str) = ("../target/lambda/", "/");

/// The folder of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace")
}

/// The template, its short functions written out (`!Ref x` as `{"Ref": "x"}`).
pub fn template() -> Value {
    parsed(&text())
}

/// The template as it is written.
pub fn text() -> String {
    fs::read_to_string(root().join("infra/template.yaml")).expect("the template")
}

/// A template that is written like this.
pub fn parsed(text: &str) -> Value {
    plain(yaml_serde::from_str(text).expect("the template is YAML"))
}

fn plain(value: yaml_serde::Value) -> Value {
    use yaml_serde::Value as Yaml;
    match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => value.into(),
        Yaml::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => number.into(),
            (None, Some(number)) => number.into(),
            (None, None) => number.as_f64().into(),
        },
        Yaml::String(text) => text.into(),
        Yaml::Sequence(values) => values.into_iter().map(plain).collect(),
        Yaml::Mapping(pairs) => {
            let pair =
                |(name, value)| (plain(name).as_str().unwrap_or("?").to_owned(), plain(value));
            Value::Object(pairs.into_iter().map(pair).collect())
        }
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string().trim_start_matches('!').to_owned();
            let name = if name == "Ref" { name } else { format!("Fn::{name}") };
            json!({ name: plain(tagged.value) })
        }
    }
}

/// The template as it is deployed with these parameters, the others as they are by default: its conditions are decided,
/// and what they leave out is gone. References stay.
pub fn deployed(template: &Value, parameters: &[(&str, &str)]) -> Value {
    let mut values: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, parameter) in template["Parameters"].as_object().into_iter().flatten() {
        values.insert(name, parameter["Default"].as_str().unwrap_or_default());
    }
    values.extend(parameters.iter().copied());
    let deployment = Deployment { conditions: &template["Conditions"], values };
    let mut template = template.clone();
    for part in ["Resources", "Outputs"] {
        if let Some(entries) = template[part].as_object_mut() {
            entries.retain(|_, entry| match entry["Condition"].as_str() {
                Some(condition) => deployment.holds(condition),
                None => true,
            });
            entries.values_mut().for_each(|entry| deployment.decide(entry));
        }
    }
    template
}

/// The values of all parameters, and what is decided by them.
struct Deployment<'a> {
    conditions: &'a Value,
    values: BTreeMap<&'a str, &'a str>,
}

impl Deployment<'_> {
    fn holds(&self, condition: &str) -> bool {
        self.is_true(&self.conditions[condition])
    }

    fn is_true(&self, expression: &Value) -> bool {
        let all = |name: &str| expression[name].as_array();
        if let Some(name) = expression["Fn::Condition"].as_str() {
            self.holds(name)
        } else if let Some([one, other]) = all("Fn::Equals").map(Vec::as_slice) {
            self.text(one) == self.text(other)
        } else if let Some([one]) = all("Fn::Not").map(Vec::as_slice) {
            !self.is_true(one)
        } else if let Some(parts) = all("Fn::And") {
            parts.iter().all(|part| self.is_true(part))
        } else {
            panic!("a condition that is not understood: {expression}");
        }
    }

    fn text<'v>(&'v self, value: &'v Value) -> &'v str {
        let parameter = reference(value).and_then(|name| self.values.get(name).copied());
        parameter.or(value.as_str()).unwrap_or_default()
    }

    /// Puts the branch of each `If` in its place.
    fn decide(&self, value: &mut Value) {
        if let Some([condition, yes, no]) = value["Fn::If"].as_array().map(Vec::as_slice) {
            let holds = condition.as_str().is_some_and(|condition| self.holds(condition));
            *value = if holds { yes.clone() } else { no.clone() };
            return self.decide(value);
        }
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.decide(value)),
            Value::Object(pairs) => pairs.values_mut().for_each(|value| self.decide(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// Name and properties of all resources of a type.
pub fn resources(template: &Value, kind: &str) -> BTreeMap<String, Value> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    resources
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.clone(), resource["Properties"].clone()))
        .collect()
}

/// The functions of the template by the name of their folder, with the name of their resource. Those whose code lies
/// elsewhere are not among them.
pub fn functions(template: &Value) -> BTreeMap<String, (String, Value)> {
    let folder = |properties: &Value| {
        let path = properties["CodeUri"].as_str()?;
        Some(path.strip_prefix(CODE.0)?.strip_suffix(CODE.1)?.to_owned())
    };
    resources(template, "AWS::Serverless::Function")
        .into_iter()
        .filter_map(|(name, properties)| Some((folder(&properties)?, (name, properties))))
        .collect()
}

/// `Queue` of `{"Ref": "Queue"}`.
pub fn reference(value: &Value) -> Option<&str> {
    value["Ref"].as_str()
}

/// `Queue` of `{"Fn::GetAtt": "Queue.Arn"}`.
pub fn arn(value: &Value) -> Option<&str> {
    value["Fn::GetAtt"].as_str()?.strip_suffix(".Arn")
}
