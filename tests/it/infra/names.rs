//! Names within the template.

use std::collections::BTreeSet;

use serde_json::Value;

use super::faults::Faults;

/// Every `Ref`, `GetAtt`, `Sub`, `If` and `DependsOn` names something that is there.
pub(super) fn check_names(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let known: BTreeSet<&str> = ["Resources", "Parameters", "Conditions"]
        .iter()
        .flat_map(|part| template[part].as_object().into_iter().flatten())
        .map(|(name, _)| name.as_str())
        .collect();
    let mut names = Vec::new();
    collect(template, &mut names);
    faults.expect(names.len() > 100, format!("only {} names are used", names.len()));
    for name in names {
        let is_there = name.starts_with("AWS::") || known.contains(name.as_str());
        faults.expect(is_there, format!("there is no {name}"));
    }
    faults.found()
}

fn collect(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, names)),
        Value::Object(pairs) => {
            for (key, value) in pairs {
                match (key.as_str(), value.as_str()) {
                    ("Ref" | "Condition" | "Fn::Condition", Some(name)) => {
                        names.push(name.to_owned());
                    }
                    ("DependsOn", None) => {
                        let others = value.as_array().into_iter().flatten();
                        names.extend(others.filter_map(Value::as_str).map(ToOwned::to_owned));
                    }
                    ("Fn::If", None) => {
                        names.extend(value[0].as_str().map(ToOwned::to_owned));
                        collect(value, names);
                    }
                    ("Fn::GetAtt", Some(path)) => {
                        names.push(path.split('.').next().unwrap_or_default().to_owned());
                    }
                    ("Fn::Sub", Some(text)) => {
                        let parts = text.split("${").skip(1);
                        let names_of = parts.map(|part| part.split(['}', '.']).next());
                        names.extend(names_of.flatten().map(ToOwned::to_owned));
                    }
                    _ => collect(value, names),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
