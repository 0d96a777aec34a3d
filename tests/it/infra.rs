//! `infra/template.yaml` against the sources: the same functions, variables, keys, and queues that lose nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use shared::config::{Function, Variable};
use shared::store::table::{INDEX, attr};

/// Deliveries of a queue before it gives a job up by itself: more than its function does.
const RECEIVES_MIN: u64 = shared::ports::DELIVERIES_MAX as u64 + 1;

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace")
}

/// The template, its short functions written out (`!Ref x` as `{"Ref": "x"}`).
pub(crate) fn template() -> Value {
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
pub(crate) fn resources(template: &Value, kind: &str) -> BTreeMap<String, Value> {
    let resources = template["Resources"].as_object().expect("resources");
    resources
        .iter()
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.clone(), resource["Properties"].clone()))
        .collect()
}

/// The functions of the template by the name of their folder, with the name of their resource.
pub(crate) fn functions(template: &Value) -> BTreeMap<String, (String, Value)> {
    let folder = |properties: &Value| {
        let uri = properties["CodeUri"].as_str().expect("where the code lies").to_owned();
        let folder = uri.strip_prefix("../target/lambda/").and_then(|rest| rest.strip_suffix('/'));
        folder.unwrap_or_else(|| panic!("{uri} is not where build.sh puts it")).to_owned()
    };
    resources(template, "AWS::Serverless::Function")
        .into_iter()
        .map(|(name, properties)| (folder(&properties), (name, properties)))
        .collect()
}

fn reference(value: &Value) -> Option<&str> {
    value["Ref"].as_str()
}

/// `Queue` of `{"Fn::GetAtt": "Queue.Arn"}`.
fn arn(value: &Value) -> Option<&str> {
    value["Fn::GetAtt"].as_str()?.strip_suffix(".Arn")
}

#[test]
fn the_functions_of_the_template_are_the_folders_and_the_settings() {
    let template = template();
    let functions = functions(&template);
    let folders: BTreeSet<String> = fs::read_dir(root().join("functions"))
        .expect("the functions")
        .map(|entry| entry.expect("a folder").file_name().to_string_lossy().into_owned())
        .collect();
    let resources: BTreeSet<String> = functions.keys().cloned().collect();
    let settings: BTreeSet<String> =
        Function::ALL.iter().map(|function| function.name().to_owned()).collect();
    assert_eq!(resources, folders);
    assert_eq!(settings, folders);
    for (folder, (_, properties)) in &functions {
        let name = json!({"Fn::Sub": format!("${{AWS::StackName}}-{folder}")});
        assert_eq!(properties["FunctionName"], name);
        for setting in ["Timeout", "MemorySize", "Description", "Policies"] {
            assert!(!properties[setting].is_null(), "{folder} says no {setting}");
        }
    }
}

#[test]
fn a_function_is_given_the_variables_it_needs_and_no_others() {
    let functions = functions(&template());
    for function in Function::ALL {
        let (_, properties) = &functions[function.name()];
        let given: BTreeSet<&str> = properties["Environment"]["Variables"]
            .as_object()
            .expect("variables")
            .keys()
            .map(String::as_str)
            .collect();
        let needed: BTreeSet<&str> = function.needs().iter().map(|v| v.name()).collect();
        assert_eq!(given, needed, "{}", function.name());
    }
}

#[test]
fn globals_hold_no_setting_of_a_single_function() {
    let template = template();
    let globals = template["Globals"]["Function"].as_object().expect("globals");
    let names: Vec<&str> = globals.keys().map(String::as_str).collect();
    let expected = ["Architectures", "Environment", "Handler", "LoggingConfig", "Runtime"];
    assert_eq!(names.into_iter().collect::<BTreeSet<_>>(), expected.into());
    let shared = &template["Globals"]["Function"]["Environment"]["Variables"];
    assert_eq!(*shared, json!({"LOG_LEVEL": {"Ref": "LogLevel"}}));
}

#[test]
fn every_queue_has_a_dead_letter_queue_of_its_kind_and_alarms() {
    let template = template();
    let queues = resources(&template, "AWS::SQS::Queue");
    let watched: BTreeSet<(String, String)> = resources(&template, "AWS::CloudWatch::Alarm")
        .values()
        .filter_map(|alarm| {
            let of = alarm["Dimensions"][0]["Value"]["Fn::GetAtt"].as_str()?;
            let queue = of.strip_suffix(".QueueName")?.to_owned();
            Some((queue, alarm["MetricName"].as_str()?.to_owned()))
        })
        .collect();
    let mut worked = 0;
    for (name, queue) in &queues {
        assert_eq!(queue["SqsManagedSseEnabled"], true, "{name}");
        assert_eq!(queue["MessageRetentionPeriod"], 1_209_600, "{name}");
        if name.ends_with("DeadLetterQueue") {
            let metric = "ApproximateNumberOfMessagesVisible".to_owned();
            assert!(watched.contains(&(name.clone(), metric)), "nobody watches {name}");
            continue;
        }
        worked += 1;
        let metric = "ApproximateAgeOfOldestMessage".to_owned();
        assert!(watched.contains(&(name.clone(), metric)), "nobody watches the age of {name}");
        let dead = arn(&queue["RedrivePolicy"]["deadLetterTargetArn"]).expect("its dead letters");
        assert_eq!(queues[dead]["FifoQueue"], queue["FifoQueue"], "{name}");
        assert!(queue["RedrivePolicy"]["maxReceiveCount"].as_u64() >= Some(RECEIVES_MIN), "{name}");
        if queue["FifoQueue"] == true {
            assert_eq!(queue["DeduplicationScope"], "messageGroup", "{name}");
            assert_eq!(queue["FifoThroughputLimit"], "perMessageGroupId", "{name}");
        }
    }
    assert_eq!(worked, shared::ports::QueueName::ALL.len());
}

#[test]
fn every_queue_trigger_reports_failures_and_hides_messages_long_enough() {
    let template = template();
    let queues = resources(&template, "AWS::SQS::Queue");
    let functions = functions(&template);
    let triggers = resources(&template, "AWS::Lambda::EventSourceMapping");
    for function in Function::ALL {
        let (resource, properties) = &functions[function.name()];
        let of = |t: &&Value| reference(&t["FunctionName"]) == Some(resource);
        let own: Vec<&Value> = triggers.values().filter(of).collect();
        let Some(carries) = function.queue() else {
            assert!(own.is_empty(), "{} works off no queue", function.name());
            continue;
        };
        let [trigger] = own[..] else { panic!("{} has one trigger", function.name()) };
        assert_eq!(trigger["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
        assert!(trigger["ScalingConfig"]["MaximumConcurrency"].as_u64() >= Some(2));
        let queue = arn(&trigger["EventSourceArn"]).expect("its queue");
        let hidden = queues[queue]["VisibilityTimeout"].as_u64().expect("how long it hides");
        let timeout = properties["Timeout"].as_u64().expect("how long it may run");
        assert!(hidden >= 6 * timeout, "{queue}");
        assert_eq!(queues[queue]["FifoQueue"] == true, carries.is_fifo(), "{queue}");
        let batch_max = if carries.is_fifo() { 10 } else { 10_000 };
        assert!(trigger["BatchSize"].as_u64() <= Some(batch_max));
        // The variables name the same queue, and where it puts what it gives up.
        let variables = &properties["Environment"]["Variables"];
        let dead = arn(&queues[queue]["RedrivePolicy"]["deadLetterTargetArn"]);
        assert_eq!(reference(&variables[Variable::QueueUrl.name()]), Some(queue));
        assert_eq!(reference(&variables[Variable::DeadLetterQueueUrl.name()]), dead);
        // Others that put jobs on this queue put them on the same one.
        for (_, other) in functions.values() {
            let url = &other["Environment"]["Variables"][Variable::url(carries).name()];
            assert!(url.is_null() || reference(url) == Some(queue), "{queue}");
        }
    }
}

#[test]
fn the_table_has_the_keys_that_the_store_spells() {
    let template = template();
    let tables = resources(&template, "AWS::DynamoDB::Table");
    let [table] = &tables.values().collect::<Vec<_>>()[..] else { panic!("one table") };
    let key = |pk, sk| {
        json!([
            {"AttributeName": pk, "KeyType": "HASH"},
            {"AttributeName": sk, "KeyType": "RANGE"},
        ])
    };
    assert_eq!(table["KeySchema"], key(attr::PK, attr::SK));
    let index = &table["GlobalSecondaryIndexes"][0];
    assert_eq!(index["IndexName"], INDEX);
    assert_eq!(index["KeySchema"], key(attr::GPK, attr::GSK));
    assert_eq!(index["Projection"]["ProjectionType"], "KEYS_ONLY");
    let ttl = json!({"AttributeName": attr::TTL, "Enabled": true});
    assert_eq!(table["TimeToLiveSpecification"], ttl);
    assert_eq!(table["DeletionProtectionEnabled"], true);
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    for (name, resource) in template["Resources"].as_object().expect("resources") {
        let keeps = ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key"];
        if keeps.iter().any(|kind| resource["Type"] == *kind) {
            assert_eq!(resource["DeletionPolicy"], "Retain", "{name}");
            assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{name}");
        }
    }
}

/// The statements of a function: its actions and the resources they are allowed on.
fn statements(properties: &Value) -> Vec<(Vec<&str>, Vec<String>)> {
    let policies = properties["Policies"].as_array().expect("policies");
    let statements = policies.iter().flat_map(|policy| {
        policy["Statement"].as_array().expect("statements written out, no managed policies")
    });
    statements
        .map(|statement| {
            let list = |name: &str| statement[name].as_array().cloned().unwrap_or_default();
            let actions = statement["Action"].as_array().expect("a list of actions");
            let actions = actions.iter().filter_map(Value::as_str).collect();
            (actions, list("Resource").iter().map(Value::to_string).collect())
        })
        .collect()
}

#[test]
fn permissions_name_single_actions_on_single_resources() {
    for (folder, (_, properties)) in functions(&template()) {
        for (actions, resources) in statements(&properties) {
            assert!(!actions.is_empty() && !resources.is_empty(), "{folder}");
            assert!(actions.iter().all(|action| !action.contains('*')), "{folder}: {actions:?}");
            let is_named = |text: &String| text.contains("Fn::GetAtt") || text.contains("${");
            assert!(resources.iter().all(is_named), "{folder}: {resources:?}");
        }
    }
}

/// What a variable names may be used, and nothing may be used that no variable names.
#[test]
fn permissions_follow_the_variables() {
    let functions = functions(&template());
    for function in Function::ALL {
        let (_, properties) = &functions[function.name()];
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
                let queue = reference(&variables[name]).expect("a queue");
                sends.insert(json!({"Fn::GetAtt": format!("{queue}.Arn")}).to_string());
            }
        }
        let may: BTreeSet<String> = allowed("sqs:SendMessage").into_iter().collect();
        assert_eq!(may, sends, "{}", function.name());
        let needs = |variable| function.needs().contains(&variable);
        for (action, needed) in [
            ("kms:Decrypt", needs(Variable::SecretsKeyId)),
            ("scheduler:CreateSchedule", needs(Variable::TimerGroup)),
            ("iam:PassRole", needs(Variable::TimerRoleArn)),
            ("sqs:ReceiveMessage", needs(Variable::QueueUrl)),
            ("sqs:DeleteMessage", needs(Variable::QueueUrl)),
            ("sqs:ChangeMessageVisibility", needs(Variable::QueueUrl)),
            ("dynamodb:GetItem", needs(Variable::TableName)),
        ] {
            assert_eq!(!allowed(action).is_empty(), needed, "{} {action}", function.name());
        }
    }
}

#[test]
fn every_route_leads_to_a_function_that_may_be_called() {
    let template = template();
    let integrations = resources(&template, "AWS::ApiGatewayV2::Integration");
    let permissions: BTreeSet<String> = resources(&template, "AWS::Lambda::Permission")
        .values()
        .filter_map(|permission| Some(reference(&permission["FunctionName"])?.to_owned()))
        .collect();
    let mut led = BTreeMap::new();
    for route in resources(&template, "AWS::ApiGatewayV2::Route").values() {
        let target = route["Target"]["Fn::Sub"].as_str().expect("an integration");
        let name = target.trim_start_matches("integrations/${").trim_end_matches('}');
        assert_eq!(integrations[name]["PayloadFormatVersion"], "2.0", "{name}");
        let function = arn(&integrations[name]["IntegrationUri"]).expect("a function").to_owned();
        assert!(permissions.contains(&function), "{function} may not be called");
        led.insert(route["RouteKey"].as_str().expect("a key").to_owned(), function);
    }
    let expected = [
        ("$default", "Api"),
        ("ANY /v1/webhooks/cloud_api/{channel}", "WebhookMeta"),
        ("ANY /v1/webhooks/gupshup/{channel}", "WebhookGupshup"),
        ("ANY /v1/whatsapp/outbounds/send", "OutboundSend"),
    ];
    let expected = expected.map(|(key, function)| (key.to_owned(), function.to_owned()));
    assert_eq!(led, expected.into());
}

/// Every `Ref`, `GetAtt` and `Sub` names something that is there.
#[test]
fn nothing_in_the_template_hangs_in_the_air() {
    let template = template();
    let known: BTreeSet<&str> = ["Resources", "Parameters"]
        .iter()
        .flat_map(|part| template[part].as_object().expect("a part of the template").keys())
        .map(String::as_str)
        .collect();
    let mut names = Vec::new();
    collect(&template, &mut names);
    assert!(names.len() > 100);
    for name in names {
        assert!(name.starts_with("AWS::") || known.contains(name.as_str()), "there is no {name}");
    }
}

fn collect(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, names)),
        Value::Object(pairs) => {
            for (key, value) in pairs {
                match (key.as_str(), value.as_str()) {
                    ("Ref", Some(name)) => names.push(name.to_owned()),
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
