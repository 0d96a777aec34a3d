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
    let text = fs::read_to_string(root().join("infra/template.yaml")).expect("the template");
    plain(yaml_serde::from_str(&text).expect("the template is YAML"))
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
