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
