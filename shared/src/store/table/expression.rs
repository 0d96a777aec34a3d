//! Names and values of one expression: the only place where DynamoDB's expressions are spelled.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::attr;
use super::item::{Value, to_aws};
use super::write::{Changes, When};

/// Names and values of one expression.
#[derive(Default)]
pub(super) struct Expression {
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Expression {
    fn name(&mut self, attribute: &str) -> String {
        let name = format!("#{attribute}");
        self.names.insert(name.clone(), attribute.to_owned());
        name
    }

    fn value(&mut self, value: Value) -> String {
        let name = format!(":{}", self.values.len());
        self.values.insert(name.clone(), to_aws(value));
        name
    }

    pub(super) fn condition(&mut self, when: &When) -> Option<String> {
        match when {
            When::Always => None,
            When::Absent { now_s } => {
                let (pk, ttl) = (self.name(attr::PK), self.name(attr::TTL));
                let now = self.value(Value::N(*now_s));
                Some(format!("attribute_not_exists({pk}) OR {ttl} <= {now}"))
            }
            When::Present => Some(format!("attribute_exists({})", self.name(attr::PK))),
            When::Version(version) => {
                let name = self.name(attr::VERSION);
                if *version == 0 {
                    return Some(format!("attribute_not_exists({name})"));
                }
                let value = self.value(Value::N(i64::try_from(*version).unwrap_or(i64::MAX)));
                Some(format!("{name} = {value}"))
            }
            When::RankBelow(rank) => {
                let name = self.name(attr::RANK);
                let value = self.value(Value::N(i64::from(*rank)));
                Some(format!("attribute_not_exists({name}) OR {name} < {value}"))
            }
            When::All(all) => {
                let all: Vec<_> = all.iter().filter_map(|when| self.condition(when)).collect();
                Some(all.iter().map(|one| format!("({one})")).collect::<Vec<_>>().join(" AND "))
            }
            When::Unset(attribute) => {
                Some(format!("attribute_not_exists({})", self.name(attribute)))
            }
            When::AtMost(attribute, number) => {
                let name = self.name(attribute);
                let value = self.value(Value::N(*number));
                Some(format!("attribute_not_exists({name}) OR {name} <= {value}"))
            }
            When::Is(attribute, text) => {
                let name = self.name(attribute);
                let value = self.value(Value::S(text.clone()));
                Some(format!("{name} = {value}"))
            }
        }
    }

    pub(super) fn update(&mut self, changes: Changes) -> String {
        let mut sets = Vec::new();
        for (name, value) in changes.set {
            sets.push(format!("{} = {}", self.name(&name), self.value(value)));
        }
        for (name, value) in changes.set_if_unset {
            let name = self.name(&name);
            sets.push(format!("{name} = if_not_exists({name}, {})", self.value(value)));
        }
        let adds: Vec<_> = changes
            .add
            .into_iter()
            .map(|(name, n)| format!("{} {}", self.name(&name), self.value(Value::N(n))))
            .collect();
        let removes: Vec<_> = changes.remove.iter().map(|name| self.name(name)).collect();
        [("SET", sets), ("ADD", adds), ("REMOVE", removes)]
            .into_iter()
            .filter(|(_, parts)| !parts.is_empty())
            .map(|(word, parts)| format!("{word} {}", parts.join(", ")))
            .collect::<Vec<_>>()
            .join(" ")
    }

    pub(super) fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    pub(super) fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }
}
