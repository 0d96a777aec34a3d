//! Functions: their folders, settings and variables.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use shared::config::Function;
use tests::template::{functions, resources, root};

use super::faults::Faults;

/// The functions of the template are the folders, and the ones that settings are known of.
pub(super) fn check_folders(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let folders: BTreeSet<String> = fs::read_dir(root().join("functions"))
        .expect("the functions")
        .map(|entry| entry.expect("a folder").file_name().to_string_lossy().into_owned())
        .collect();
    let known: BTreeSet<String> =
        Function::ALL.iter().map(|function| function.name().to_owned()).collect();
    let deployed = functions(template);
    faults.same("the functions of the settings", known, folders.clone());
    faults.same("the functions of the template", deployed.keys().cloned().collect(), folders);
    let count = resources(template, "AWS::Serverless::Function").len();
    faults.same("functions whose code lies where build.sh puts it", deployed.len(), count);
    for (folder, (_, properties)) in &deployed {
        let name = json!({"Fn::Sub": format!("${{AWS::StackName}}-{folder}")});
        faults.same(&format!("the name of {folder}"), &properties["FunctionName"], &name);
    }
    faults.found()
}

/// Each function says for itself what it takes.
pub(super) fn check_settings(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    for (folder, (_, properties)) in functions(template) {
        for setting in ["Timeout", "MemorySize", "Description", "Policies"] {
            faults.expect(!properties[setting].is_null(), format!("{folder} says no {setting}"));
        }
    }
    faults.found()
}

/// A function is given the variables it needs and no others.
pub(super) fn check_variables(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let functions = functions(template);
    for function in Function::ALL {
        let name = function.name();
        let variables = functions.get(name).map(|(_, p)| &p["Environment"]["Variables"]);
        let given: BTreeSet<&str> = variables
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|variables| variables.keys().map(String::as_str))
            .collect();
        let needed: BTreeSet<&str> = function.needs().iter().map(|v| v.name()).collect();
        faults.same(&format!("what {name} is given"), given, needed);
    }
    faults.found()
}

/// Globals hold no setting of a single function.
pub(super) fn check_globals(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let globals = &template["Globals"]["Function"];
    let names: BTreeSet<&str> =
        globals.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let expected = ["Architectures", "Environment", "Handler", "LoggingConfig", "Runtime"];
    faults.same("what globals set", names, expected.into());
    let shared = json!({"LOG_LEVEL": {"Ref": "LogLevel"}, "STACK_NAME": {"Ref": "AWS::StackName"}});
    faults.same("what all functions are given", &globals["Environment"]["Variables"], &shared);
    faults.found()
}
