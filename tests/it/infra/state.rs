//! What is stored: the table's keys, and that nothing stored goes with the stack.

use serde_json::{Value, json};
use shared::store::table::{INDEX, attr};
use tests::template::resources;

use super::faults::Faults;

/// The table has the keys that the store spells, and can be brought back.
pub(super) fn check_table(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let tables = resources(template, "AWS::DynamoDB::Table");
    let [table] = &tables.values().collect::<Vec<_>>()[..] else {
        return vec![format!("there are {} tables", tables.len())];
    };
    let key = |pk, sk| {
        json!([
            {"AttributeName": pk, "KeyType": "HASH"},
            {"AttributeName": sk, "KeyType": "RANGE"},
        ])
    };
    let index = json!([{
        "IndexName": INDEX,
        "KeySchema": key(attr::GPK, attr::GSK),
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }]);
    let ttl = json!({"AttributeName": attr::TTL, "Enabled": true});
    let recovery = json!({"PointInTimeRecoveryEnabled": true});
    for (setting, should_be) in [
        ("KeySchema", key(attr::PK, attr::SK)),
        ("GlobalSecondaryIndexes", index),
        ("TimeToLiveSpecification", ttl),
        ("DeletionProtectionEnabled", json!(true)),
        ("PointInTimeRecoverySpecification", recovery),
    ] {
        faults.same(setting, &table[setting], &should_be);
    }
    faults.found()
}

/// Files of users are private, read over TLS only, and deleted some day; what was never uploaded whole soon.
pub(super) fn check_files(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    for (name, bucket) in resources(template, "AWS::S3::Bucket") {
        let block = bucket["PublicAccessBlockConfiguration"].as_object();
        let blocked = block.map(|block| block.values().filter(|value| **value == true).count());
        faults.same(&format!("ways to the public that {name} blocks"), blocked, Some(4));
        let rules: Vec<&Value> =
            bucket["LifecycleConfiguration"]["Rules"].as_array().into_iter().flatten().collect();
        let enabled = |rule: &&&Value| rule["Status"] == "Enabled";
        let expires = rules.iter().filter(enabled).any(|rule| {
            rule["Prefix"] == "media/" && rule["ExpirationInDays"] == json!({"Ref": "MediaDays"})
        });
        faults.expect(expires, format!("files in {name} stay for ever"));
        let aborts = |rule: &&Value| !rule["AbortIncompleteMultipartUpload"].is_null();
        let aborts = rules.iter().filter(enabled).any(aborts);
        faults.expect(aborts, format!("parts of uploads in {name} stay for ever"));
        let denies = resources(template, "AWS::S3::BucketPolicy").values().any(|policy| {
            let statement = &policy["PolicyDocument"]["Statement"][0];
            let plain = json!({"Bool": {"aws:SecureTransport": false}});
            let is_total = statement["Action"] == "s3:*" && statement["Principal"] == "*";
            let is_denial = statement["Effect"] == "Deny" && statement["Condition"] == plain;
            policy["Bucket"] == json!({"Ref": name}) && is_total && is_denial
        });
        faults.expect(denies, format!("{name} is served without TLS"));
    }
    faults.found()
}

/// All functions write into one log: as JSON, without the lines that the platform adds to each call, and for a while.
pub(super) fn check_log(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let logs = resources(template, "AWS::Logs::LogGroup");
    let [(name, log)] = &logs.iter().collect::<Vec<_>>()[..] else {
        return vec![format!("there are {} logs", logs.len())];
    };
    faults.same(
        "how long it is kept",
        &log["RetentionInDays"],
        &json!({"Ref": "LogRetentionDays"}),
    );
    let settings = &template["Globals"]["Function"]["LoggingConfig"];
    for (setting, should_be) in [
        ("LogGroup", json!({"Ref": name})),
        ("LogFormat", json!("JSON")),
        ("SystemLogLevel", json!("WARN")),
        // Metrics are lines of this level.
        ("ApplicationLogLevel", json!("INFO")),
    ] {
        faults.same(setting, &settings[setting], &should_be);
    }
    faults.found()
}

/// What is stored stays when the stack goes.
pub(super) fn check_kept(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let keeps = ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key"];
    let all = template["Resources"].as_object().into_iter().flatten();
    let kept: Vec<_> =
        all.filter(|(_, resource)| keeps.iter().any(|kind| resource["Type"] == *kind)).collect();
    faults.same("resources that keep something", kept.len(), keeps.len());
    for (name, resource) in kept {
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            faults.same(&format!("{policy} of {name}"), &resource[policy], &json!("Retain"));
        }
    }
    faults.found()
}
