//! What the local ports keep beside the gateway's table, in the same engine, so that it survives a restart where the
//! table does. Called in the process: it is no use of the table and is not counted as one.

use dynoxide::Database;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::engine::{asked, failed};
use crate::error::Result;

/// Named compartments of entries by name.
#[derive(Clone)]
pub struct Shelf {
    database: Database,
    table: &'static str,
}

impl Shelf {
    pub(super) fn new(database: Database, table: &'static str) -> Self {
        Self { database, table }
    }

    /// Puts an entry in the place of what was there.
    pub fn put(&self, compartment: &str, name: &str, entry: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(entry).map_err(|e| failed(&e))?;
        let item = json!({"pk": {"S": compartment}, "sk": {"S": name}, "d": {"S": text}});
        let request = json!({"TableName": self.table, "Item": item});
        self.database.put_item(asked(request)?).map(drop).map_err(|e| failed(&e))
    }

    /// Takes an entry away, if it is there.
    pub fn remove(&self, compartment: &str, name: &str) -> Result<()> {
        let request = json!({"TableName": self.table, "Key": key(compartment, name)});
        self.database.delete_item(asked(request)?).map(drop).map_err(|e| failed(&e))
    }

    /// Adds to a number, which is zero before.
    pub fn add(&self, compartment: &str, name: &str, count: u64) -> Result<()> {
        let request = json!({
            "TableName": self.table,
            "Key": key(compartment, name),
            "UpdateExpression": "ADD n :count",
            "ExpressionAttributeValues": {":count": {"N": count.to_string()}},
        });
        self.database.update_item(asked(request)?).map(drop).map_err(|e| failed(&e))
    }

    /// All entries of a compartment, by name.
    pub fn entries<T: DeserializeOwned>(&self, compartment: &str) -> Result<Vec<(String, T)>> {
        let items = self.items(compartment)?;
        let read = |item: &Value| {
            let text = item["d"]["S"].as_str().unwrap_or_default();
            let entry = serde_json::from_str(text).map_err(|e| failed(&e))?;
            Ok((item["sk"]["S"].as_str().unwrap_or_default().to_owned(), entry))
        };
        items.iter().map(read).collect()
    }

    /// All numbers of a compartment, by name.
    pub fn numbers(&self, compartment: &str) -> Result<Vec<(String, u64)>> {
        let read = |item: &Value| {
            let number = item["n"]["N"].as_str().unwrap_or_default().parse();
            let name = item["sk"]["S"].as_str().unwrap_or_default().to_owned();
            Ok((name, number.map_err(|e| failed(&e))?))
        };
        self.items(compartment)?.iter().map(read).collect()
    }

    fn items(&self, compartment: &str) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut request = json!({
            "TableName": self.table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": compartment}},
        });
        loop {
            let answer = self.database.query(asked(request.clone())?).map_err(|e| failed(&e))?;
            let answer = serde_json::to_value(answer).map_err(|e| failed(&e))?;
            items.extend(answer["Items"].as_array().cloned().unwrap_or_default());
            match &answer["LastEvaluatedKey"] {
                Value::Object(next) if !next.is_empty() => {
                    request["ExclusiveStartKey"] = Value::Object(next.clone());
                }
                _ => return Ok(items),
            }
        }
    }
}

fn key(compartment: &str, name: &str) -> Value {
    json!({"pk": {"S": compartment}, "sk": {"S": name}})
}

#[cfg(test)]
mod tests {
    use super::super::engine::Engine;

    #[tokio::test]
    async fn compartments_are_apart_and_long_ones_are_read_to_the_end() {
        let engine = Engine::memory().unwrap();
        let shelf = engine.shelf();
        let long = "x".repeat(300_000);
        for name in ["a", "b", "c", "d", "e"] {
            shelf.put("one", name, &long).unwrap();
        }
        shelf.put("two", "a", &1).unwrap();
        shelf.remove("one", "b").unwrap();
        shelf.remove("one", "nothing").unwrap();
        let names: Vec<_> =
            shelf.entries::<String>("one").unwrap().into_iter().map(|(n, _)| n).collect();
        assert_eq!(names, ["a", "c", "d", "e"]);
        assert_eq!(shelf.entries::<i32>("two").unwrap(), [("a".to_owned(), 1)]);
        assert_eq!(engine.table().usage().units().calls, 0);
    }

    #[tokio::test]
    async fn numbers_add_up() {
        let engine = Engine::memory().unwrap();
        let shelf = engine.shelf();
        shelf.add("counts", "seen", 2).unwrap();
        shelf.add("counts", "seen", 3).unwrap();
        assert_eq!(shelf.numbers("counts").unwrap(), [("seen".to_owned(), 5)]);
    }
}
