//! Alarms and the dashboard: what they look at is there, and somebody is told.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::aws::audit::NAMESPACE;
use shared::ports::Metric;
use tests::template::{functions, reference, resources};

use super::faults::Faults;

/// Errors of every function are watched and that functions are held back, and every alarm goes to a topic that has a
/// listener.
pub(super) fn check_alarms(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let alarms = resources(template, "AWS::CloudWatch::Alarm");
    let topic =
        json!([{"Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopicArn"}, {"Ref": "AlarmTopic"}]}]);
    for (name, alarm) in &alarms {
        faults.same(&format!("who {name} tells"), &alarm["AlarmActions"], &topic);
        let missing = &alarm["TreatMissingData"];
        faults.same(&format!("silence for {name}"), missing, &json!("notBreaching"));
        let is_described = alarm["AlarmDescription"].as_str().is_some_and(|text| !text.is_empty());
        faults.expect(is_described, format!("{name} does not say what happened"));
    }
    let listens = resources(template, "AWS::SNS::Subscription");
    let listens = listens.values().any(|s| reference(&s["TopicArn"]) == Some("AlarmTopic"));
    faults.expect(listens, "nobody listens to alarms");
    let watched: BTreeSet<String> = alarms
        .values()
        .filter(|alarm| alarm["Namespace"] == "AWS/Lambda" && alarm["MetricName"] == "Errors")
        .filter_map(|alarm| Some(reference(&alarm["Dimensions"][0]["Value"])?.to_owned()))
        .collect();
    let deployed = functions(template).into_values().map(|(resource, _)| resource).collect();
    faults.same("functions whose errors are watched", watched, deployed);
    // All functions of an account share what it has.
    let throttles = alarms
        .values()
        .any(|alarm| alarm["MetricName"] == "Throttles" && alarm["Dimensions"].is_null());
    faults.expect(throttles, "nobody hears of functions that are held back");
    faults.found()
}

/// Whatever alarms and the dashboard look for in our namespace is counted, under this stack's name; and what is counted
/// is on the dashboard.
pub(super) fn check_metrics(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let counted: BTreeSet<&str> = Metric::ALL.into_iter().map(Metric::name).collect();
    for (name, alarm) in resources(template, "AWS::CloudWatch::Alarm") {
        if alarm["Namespace"] != NAMESPACE {
            continue;
        }
        let metric = alarm["MetricName"].as_str().unwrap_or_default();
        faults.expect(counted.contains(metric), format!("{name}: nobody counts {metric:?}"));
        let stack = json!([{"Name": "stack", "Value": {"Ref": "AWS::StackName"}}]);
        faults.same(&format!("dimensions of {name}"), &alarm["Dimensions"], &stack);
    }
    let dashboards = resources(template, "AWS::CloudWatch::Dashboard");
    let [dashboard] = &dashboards.values().collect::<Vec<_>>()[..] else {
        return vec![format!("there are {} dashboards", dashboards.len())];
    };
    let body = dashboard["DashboardBody"]["Fn::Sub"].as_str().unwrap_or_default();
    let Ok(body) = serde_json::from_str::<Value>(body) else {
        return vec!["the dashboard is no JSON".to_owned()];
    };
    let widgets = body["widgets"].as_array().into_iter().flatten();
    let lines = widgets.filter_map(|widget| widget["properties"]["metrics"].as_array()).flatten();
    let ours = lines.filter(|line| line[0] == NAMESPACE && line[3] == "${AWS::StackName}");
    let shown: BTreeSet<&str> = ours.filter_map(|line| line[1].as_str()).collect();
    faults.same("metrics of the dashboard", shown, counted);
    faults.found()
}
