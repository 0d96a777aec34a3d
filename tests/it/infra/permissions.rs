//! Permissions as they are written: single actions on single resources, and none that no variable leads to.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::config::{Function, Variable};
use tests::template::{functions, reference};

use super::faults::Faults;

/// Actions on what has no name.
const NAMELESS: [&str; 1] = ["logs:GetQueryResults"];

/// The statements of a function: its actions and the resources they are allowed on.
fn statements(properties: &Value) -> Vec<(Vec<&str>, Vec<String>)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let policies = properties["Policies"].as_array().into_iter().flatten();
    let statements = policies.filter_map(|policy| policy["Statement"].as_array()).flatten();
    statements
        .map(|statement| {
            let actions = statement["Action"].as_array().into_iter().flatten();
            let actions = actions.filter_map(Value::as_str).collect();
            (actions, list(&statement["Resource"]).iter().map(Value::to_string).collect())
        })
        .collect()
}

/// Permissions name single actions on single resources.
pub(super) fn check_narrow(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    for (folder, (_, properties)) in functions(template) {
        let policies = properties["Policies"].as_array().into_iter().flatten();
        for policy in policies {
            let is_written = policy["Statement"].is_array();
            faults.expect(is_written, format!("{folder} has a policy that is written elsewhere"));
        }
        for (actions, resources) in statements(&properties) {
            let is_listed = !actions.is_empty() && !resources.is_empty();
            faults.expect(is_listed, format!("{folder}: a statement lists nothing"));
            let is_single = actions.iter().all(|action| !action.contains('*'));
            faults.expect(is_single, format!("{folder}: {actions:?}"));
            let is_named = |text: &String| text.contains("Fn::GetAtt") || text.contains("${");
            let is_named = resources.iter().all(is_named) || actions == NAMELESS;
            faults.expect(is_named, format!("{folder}: {actions:?} on {resources:?}"));
        }
    }
    faults.found()
}

/// What a variable names may be used, and nothing may be used that no variable names.
pub(super) fn check_variables(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let functions = functions(template);
    for function in Function::ALL {
        let Some((_, properties)) = functions.get(function.name()) else { continue };
        let allowed = |action: &str| -> Vec<String> {
            let statements = statements(properties).into_iter();
            let of = statements.filter(|(actions, _)| actions.contains(&action));
            of.flat_map(|(_, resources)| resources).collect()
        };
        let variables = &properties["Environment"]["Variables"];
        let mut sends: BTreeSet<String> = BTreeSet::new();
        for variable in function.needs() {
            let name = variable.name();
            if name.ends_with("QUEUE_URL") && *variable != Variable::QueueUrl {
                let queue = reference(&variables[name]).unwrap_or_default();
                sends.insert(json!({"Fn::GetAtt": format!("{queue}.Arn")}).to_string());
            }
        }
        let may: BTreeSet<String> = allowed("sqs:SendMessage").into_iter().collect();
        faults.same(&format!("where {} may send", function.name()), may, sends);
        let needs = |variable| function.needs().contains(&variable);
        for (action, needed) in [
            ("kms:Decrypt", needs(Variable::SecretsKeyId)),
            ("scheduler:CreateSchedule", needs(Variable::TimerGroup)),
            ("iam:PassRole", needs(Variable::TimerRoleArn)),
            ("sqs:ReceiveMessage", needs(Variable::QueueUrl)),
            ("sqs:DeleteMessage", needs(Variable::QueueUrl)),
            ("sqs:ChangeMessageVisibility", needs(Variable::QueueUrl)),
            ("dynamodb:GetItem", needs(Variable::TableName)),
            ("logs:StartQuery", needs(Variable::LogGroup)),
        ] {
            let what = format!("{action} for {}", function.name());
            faults.same(&what, !allowed(action).is_empty(), needed);
        }
    }
    faults.found()
}
