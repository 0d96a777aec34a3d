//! The embedded DynamoDB engine, in memory or in a file. The gateway's table is reached with the ordinary client, so
//! every expression is the one that AWS sees; the client's requests are answered in this process. It is no fake and
//! knows no keys.

mod direct;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use dynoxide::{Database, DynoxideError};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use self::direct::Direct;
use super::shelf::Shelf;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::store::table::{INDEX, Table, attr};

/// The gateway's table in the engine.
pub const TABLE: &str = "gateway";
/// The table of what the local ports keep.
const SHELF: &str = "local";

/// An engine. A file keeps its contents when it is dropped.
pub struct Engine {
    database: Database,
    client: Client,
}

/// An engine that is served on loopback, until this is dropped.
pub struct Served {
    pub address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Engine {
    /// Forgets everything when it is dropped.
    pub fn memory() -> Result<Self> {
        let database = Database::memory()
            .map_err(|e| Error::internal(format!("the table engine does not start: {e}")))?;
        Self::start(database).map_err(|e| Error::internal(e.to_string()))
    }

    /// Keeps everything in a file, which is made where there is none. The error says what is wrong with the file.
    pub fn file(path: &Path) -> Result<Self> {
        let broken = |e: &dyn std::fmt::Display| {
            Error::internal(format!("the state file {} cannot be used: {e}", path.display()))
        };
        let text = path.to_str().ok_or_else(|| broken(&"its name is not UTF-8"))?;
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty() && !f.is_dir()) {
            return Err(broken(&format!("the folder {} does not exist", folder.display())));
        }
        let database = Database::new(text).map_err(|e| broken(&e))?;
        Self::start(database).map_err(|e| broken(&e))
    }

    /// Writes everything into a new file: what [`Engine::memory_of`] begins with.
    pub fn save(&self, path: &Path) -> Result<()> {
        let text = path.to_str().ok_or_else(|| Error::internal("its name is not UTF-8"))?;
        self.database.vacuum_into(text).map_err(|e| failed(&e))
    }

    /// In memory, beginning with what was saved in a file; the file stays as it is.
    pub fn memory_of(path: &Path) -> Result<Self> {
        let text = path.to_str().ok_or_else(|| Error::internal("its name is not UTF-8"))?;
        let database = Database::memory().map_err(|e| failed(&e))?;
        database.restore_from(text).map_err(|e| failed(&e))?;
        Ok(Self { client: client(database.clone()), database })
    }

    fn start(database: Database) -> std::result::Result<Self, Box<dyn std::error::Error>> {
        make_table(&database, TABLE, true)?;
        make_table(&database, SHELF, false)?;
        Ok(Self { client: client(database.clone()), database })
    }

    /// Listens on loopback, for clients of other processes.
    pub async fn serve(&self) -> Result<Served> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|e| failed(&e))?;
        let address = listener.local_addr().map_err(|e| failed(&e))?;
        let (stop, stopped) = oneshot::channel();
        let served = self.database.clone();
        tokio::spawn(async move {
            let stop = async move {
                let _ = stopped.await;
            };
            if let Err(error) = dynoxide::server::serve_with_shutdown(listener, served, stop).await
            {
                tracing::error!(error, "the table engine stopped");
            }
        });
        Ok(Served { address, _stop: stop })
    }

    /// The client that the table is reached by.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The gateway's table, with usage counted from zero.
    pub fn table(&self) -> Table {
        Table::new(self.client.clone(), TABLE)
    }

    /// What the local ports keep; not counted as use of the table.
    pub fn shelf(&self) -> Shelf {
        Shelf::new(self.database.clone(), SHELF)
    }

    /// The items of the gateway's table as DynamoDB writes them, in the order of their keys: tests compare the table
    /// before and after.
    pub fn items(&self) -> Result<Vec<Value>> {
        let mut items: Vec<(String, Value)> = self
            .scan(&json!({"TableName": TABLE}))?
            .into_iter()
            .map(|item| (format!("{} {}", item[attr::PK]["S"], item[attr::SK]["S"]), item))
            .collect();
        items.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(items.into_iter().map(|(_, item)| item).collect())
    }

    /// Deletes what has expired at `now`, as DynamoDB does within days. Answers how many items.
    pub fn sweep(&self, now: Time) -> Result<usize> {
        let expired = self.scan(&json!({
            "TableName": TABLE,
            "FilterExpression": "#ttl <= :now",
            "ExpressionAttributeNames": {"#ttl": attr::TTL},
            "ExpressionAttributeValues": {":now": {"N": now.seconds().to_string()}},
        }))?;
        for item in &expired {
            let key = json!({attr::PK: item[attr::PK], attr::SK: item[attr::SK]});
            let request = json!({"TableName": TABLE, "Key": key});
            self.database.delete_item(asked(request)?).map_err(|e| failed(&e))?;
        }
        Ok(expired.len())
    }

    fn scan(&self, request: &Value) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut start: Option<Value> = None;
        loop {
            let mut page = request.clone();
            if let Some(start) = start {
                page["ExclusiveStartKey"] = start;
            }
            let answer = self.database.scan(asked(page)?).map_err(|e| failed(&e))?;
            let answer = serde_json::to_value(answer).map_err(|e| failed(&e))?;
            items.extend(answer["Items"].as_array().cloned().unwrap_or_default());
            match &answer["LastEvaluatedKey"] {
                Value::Object(key) if !key.is_empty() => start = Some(Value::Object(key.clone())),
                _ => return Ok(items),
            }
        }
    }
}

/// A request in DynamoDB's own JSON.
pub(super) fn asked<T: serde::de::DeserializeOwned>(request: Value) -> Result<T> {
    serde_json::from_value(request).map_err(|e| failed(&e))
}

pub(super) fn failed(error: &dyn std::fmt::Display) -> Error {
    Error::internal(format!("the table engine failed: {error}"))
}

fn make_table(
    database: &Database,
    name: &str,
    is_gateway: bool,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut names = vec![attr::PK, attr::SK];
    let key = |pk: &str, sk: &str| {
        json!([
            {"AttributeName": pk, "KeyType": "HASH"},
            {"AttributeName": sk, "KeyType": "RANGE"},
        ])
    };
    let mut table = json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": key(attr::PK, attr::SK),
    });
    if is_gateway {
        names.extend([attr::GPK, attr::GSK]);
        table["GlobalSecondaryIndexes"] = json!([{
            "IndexName": INDEX,
            "KeySchema": key(attr::GPK, attr::GSK),
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }]);
    }
    table["AttributeDefinitions"] =
        names.iter().map(|n| json!({"AttributeName": n, "AttributeType": "S"})).collect();
    match database.create_table(serde_json::from_value(table)?) {
        Ok(_) => {}
        Err(DynoxideError::ResourceInUseException(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    if is_gateway {
        database.update_time_to_live(serde_json::from_value(json!({
            "TableName": name,
            "TimeToLiveSpecification": {"AttributeName": attr::TTL, "Enabled": true},
        }))?)?;
    }
    Ok(())
}

fn client(database: Database) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url("http://engine")
        .http_client(Direct(database))
        // It is in this process: there is nothing to rest for.
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
        .build();
    Client::from_conf(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ChannelId, TenantId};
    use crate::store::keys;
    use crate::store::table::{Item, Range, When, Write};

    fn channel_item(id: ChannelId, tenant: TenantId) -> Item {
        Item::new(&keys::channel(id), &"doc").unwrap().indexed(&keys::channel_index(tenant, id))
    }

    async fn put(table: &Table, item: Item) {
        table.write(vec![Write::Put { item, when: When::Always }]).await.unwrap();
    }

    #[tokio::test]
    async fn an_item_is_found_by_its_key_and_over_the_index() {
        let engine = Engine::memory().unwrap();
        let (channel, tenant) = (ChannelId::derive(&[b"c"]), TenantId::derive(&[b"t"]));
        let table = engine.table();
        put(&table, channel_item(channel, tenant)).await;
        let item = table.get(&keys::channel(channel), true).await.unwrap().unwrap();
        assert_eq!(item.doc::<String>().unwrap(), "doc");
        let range = Range::index(keys::tenant_partition(tenant), "CHANNEL#");
        assert_eq!(table.query(&range).await.unwrap().items, [item]);
        assert!(table.usage().units().write >= 1.0);
        assert_eq!(engine.items().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_has_expired_by_the_given_clock_is_swept_away() {
        let engine = Engine::memory().unwrap();
        let (channel, tenant) = (ChannelId::derive(&[b"c"]), TenantId::derive(&[b"t"]));
        put(&engine.table(), channel_item(channel, tenant).with(attr::TTL, 100)).await;
        put(&engine.table(), channel_item(ChannelId::derive(&[b"d"]), tenant)).await;
        assert_eq!(engine.sweep(Time::from_millis(99_999)).unwrap(), 0);
        assert_eq!(engine.sweep(Time::from_millis(100_000)).unwrap(), 1);
        assert_eq!(engine.items().unwrap().len(), 1, "what has no ttl stays");
    }

    #[tokio::test]
    async fn a_file_keeps_the_table_over_a_restart() {
        let folder = super::super::media::test_folder("engine");
        let path = folder.join("state.db");
        let channel = ChannelId::derive(&[b"c"]);
        {
            let engine = Engine::file(&path).unwrap();
            put(&engine.table(), channel_item(channel, TenantId::derive(&[b"t"]))).await;
        }
        let engine = Engine::file(&path).unwrap();
        assert!(engine.table().get(&keys::channel(channel), true).await.unwrap().is_some());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn a_broken_file_and_a_missing_folder_are_named() {
        let folder = super::super::media::test_folder("broken");
        let path = folder.join("state.db");
        std::fs::write(&path, "this is a letter and no database, whatever its name may say")
            .unwrap();
        let said = Engine::file(&path).err().unwrap().to_string();
        assert!(said.contains("state.db cannot be used"), "{said}");
        let said = Engine::file(&folder.join("none/state.db")).err().unwrap().to_string();
        assert!(said.contains("none does not exist"), "{said}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
