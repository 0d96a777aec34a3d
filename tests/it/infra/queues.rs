//! Queues and their triggers: nothing is lost, nothing is worked on twice at once, somebody is told.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::config::{Function, Variable};
use shared::ports::RECEIVES_MAX;
use tests::template::{arn, deployed, functions, reference, resources};

use super::faults::Faults;

/// The longest that a queue keeps anything, in seconds: 14 days.
const KEPT_S: u64 = 1_209_600;

/// Every queue has a dead-letter queue of its kind, and alarms.
pub(super) fn check_queues(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let queues = resources(template, "AWS::SQS::Queue");
    let watched: BTreeSet<(String, String)> = resources(template, "AWS::CloudWatch::Alarm")
        .values()
        .filter_map(|alarm| {
            let of = alarm["Dimensions"][0]["Value"]["Fn::GetAtt"].as_str()?;
            let queue = of.strip_suffix(".QueueName")?.to_owned();
            Some((queue, alarm["MetricName"].as_str()?.to_owned()))
        })
        .collect();
    let is_watched =
        |name: &str, metric: &str| watched.contains(&(name.to_owned(), metric.to_owned()));
    let mut worked = 0;
    for (name, queue) in &queues {
        faults.same(&format!("encryption of {name}"), &queue["SqsManagedSseEnabled"], &json!(true));
        faults.same(
            &format!("how long {name} keeps"),
            &queue["MessageRetentionPeriod"],
            &json!(KEPT_S),
        );
        if queue["FifoQueue"] == true {
            faults.same(
                &format!("scope of {name}"),
                &queue["DeduplicationScope"],
                &json!("messageGroup"),
            );
            let limit = json!("perMessageGroupId");
            faults.same(&format!("limit of {name}"), &queue["FifoThroughputLimit"], &limit);
        }
        if name.ends_with("DeadLetterQueue") {
            let is_watched = is_watched(name, "ApproximateNumberOfMessagesVisible");
            faults.expect(is_watched, format!("nobody watches {name}"));
            continue;
        }
        worked += 1;
        let age = is_watched(name, "ApproximateAgeOfOldestMessage");
        faults.expect(age, format!("nobody watches the age of {name}"));
        let redrive = &queue["RedrivePolicy"];
        let dead = arn(&redrive["deadLetterTargetArn"]).and_then(|dead| queues.get(dead));
        faults.expect(dead.is_some(), format!("{name} has no dead-letter queue"));
        if let Some(dead) = dead {
            faults.same(
                &format!("kind of the dead letters of {name}"),
                &dead["FifoQueue"],
                &queue["FifoQueue"],
            );
        }
        // At the last one its function gives the job up and counts it.
        let receives = &redrive["maxReceiveCount"];
        faults.same(&format!("deliveries of {name}"), receives, &json!(RECEIVES_MAX));
    }
    faults.same("queues that are worked off", worked, shared::ports::QueueName::ALL.len());
    faults.found()
}

/// With each answer of the parameter `Concurrency`: how many jobs are worked on at once, and what an account has.
const CONCURRENCY: [(&str, u64); 2] = [("small", 10), ("large", 1000)];

/// Queues do not take all that an account has, so that webhooks are let in. Timers hardly ever work at the same time
/// as the rest, and a trigger cannot be given less than two: they are not in the sum.
pub(super) fn check_concurrency(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    for (answer, all) in CONCURRENCY {
        let template = deployed(template, &[("Concurrency", answer)]);
        let mut busy = 0;
        for (name, trigger) in resources(&template, "AWS::Lambda::EventSourceMapping") {
            let at_once = trigger["ScalingConfig"]["MaximumConcurrency"].as_u64().unwrap_or(0);
            faults.expect(at_once >= 2, format!("{name} may take all of the account"));
            if !["FollowUpTrigger", "ProcessExpireTrigger"].contains(&name.as_str()) {
                busy += at_once;
            }
        }
        faults.expect(busy + 4 <= all, format!("{answer}: {busy} of {all} work off queues"));
        for (name, (_, properties)) in functions(&template) {
            let reserved = &properties["ReservedConcurrentExecutions"];
            let is_none = reserved.is_null() || *reserved == json!({"Ref": "AWS::NoValue"});
            faults
                .expect(is_none || all >= 1000, format!("{name} reserves of an account of {all}"));
        }
    }
    faults.found()
}

/// Every queue trigger reports failures, and its queue hides messages long enough.
pub(super) fn check_triggers(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let functions = functions(template);
    let triggers = resources(template, "AWS::Lambda::EventSourceMapping");
    for function in Function::ALL {
        let name = function.name();
        let Some((resource, properties)) = functions.get(name) else { continue };
        let of = |t: &&Value| reference(&t["FunctionName"]) == Some(resource);
        let own: Vec<&Value> = triggers.values().filter(of).collect();
        if function.queue().is_none() {
            faults.expect(own.is_empty(), format!("{name} works off no queue"));
            continue;
        }
        let [trigger] = own[..] else {
            faults.expect(false, format!("{name} has {} triggers", own.len()));
            continue;
        };
        check_trigger(template, function, properties, trigger, &mut faults);
    }
    faults.found()
}

fn check_trigger(
    template: &Value,
    function: Function,
    properties: &Value,
    trigger: &Value,
    faults: &mut Faults,
) {
    let (name, queues) = (function.name(), resources(template, "AWS::SQS::Queue"));
    let answers = json!(["ReportBatchItemFailures"]);
    faults.same(&format!("what {name} reports"), &trigger["FunctionResponseTypes"], &answers);
    let source = arn(&trigger["EventSourceArn"]).and_then(|queue| queues.get_key_value(queue));
    let (Some((queue, settings)), Some(carries)) = (source, function.queue()) else {
        faults.expect(false, format!("{name} works off what is no queue"));
        return;
    };
    let hidden = settings["VisibilityTimeout"].as_u64().unwrap_or_default();
    let timeout = properties["Timeout"].as_u64().unwrap_or(u64::MAX);
    let is_long = hidden >= timeout.saturating_mul(6);
    faults.expect(is_long, format!("{queue} hides {hidden} s, {name} may run {timeout} s"));
    faults.same(&format!("order of {queue}"), settings["FifoQueue"] == true, carries.is_fifo());
    let batch_max = if carries.is_fifo() { 10 } else { 10_000 };
    let batch = trigger["BatchSize"].as_u64().unwrap_or(u64::MAX);
    faults.expect(batch <= batch_max, format!("{name} takes {batch} at once"));
    // The variables name the same queue, and where it puts what it gives up.
    let variables = &properties["Environment"]["Variables"];
    let dead = arn(&settings["RedrivePolicy"]["deadLetterTargetArn"]);
    let own = reference(&variables[Variable::QueueUrl.name()]);
    faults.same(&format!("the queue of {name}"), own, Some(queue.as_str()));
    let buries = reference(&variables[Variable::DeadLetterQueueUrl.name()]);
    faults.same(&format!("where {name} puts dead letters"), buries, dead);
    // Others that put jobs on this queue put them on the same one.
    for (other, (_, properties)) in tests::template::functions(template) {
        let url = &properties["Environment"]["Variables"][Variable::url(carries).name()];
        let is_same = url.is_null() || reference(url) == Some(queue);
        faults.expect(is_same, format!("{other} puts on another queue than {queue}"));
    }
}
