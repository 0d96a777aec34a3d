//! Customers: who has a key calls the API, and who has a server gets hooks.

use std::time::Duration;

use http::Request;
use serde_json::Value;
use shared::domain::ids::{KeyId, TenantId};
use shared::domain::tenant::{ApiKey, Role, Tenant};

use simulator::hooks::ReceivedHook;
use simulator::signature::Check;

use crate::bundle::Bundle;
use crate::world::World;

/// How often a client repeats a call that is not answered, and how long it waits each time.
const TRIES_MAX: usize = 8;
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody with an API key.
pub struct Customer<'a> {
    pub(crate) world: &'a dyn World,
    pub key: String,
}

/// What the API answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: http::HeaderMap,
    /// Null where the body is empty.
    pub json: Value,
}

impl Reply {
    pub(crate) fn of(response: http::Response<Vec<u8>>) -> Self {
        let (parts, body) = response.into_parts();
        let json = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body)
                .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&body)))
        };
        Self { status: parts.status.as_u16(), headers: parts.headers, json }
    }

    /// The body, if the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.json);
        self.json
    }

    /// The body of an error with this status, whose message holds these words.
    #[track_caller]
    pub fn expect_error(self, status: u16, words: &str) -> Value {
        let json = self.expect(status);
        let message = json["message"].as_str().unwrap_or_default();
        assert!(message.contains(words), "{json}");
        assert_eq!(json["http_code"], status, "{json}");
        assert_eq!(json["code"], 10_000 + u32::from(status), "{json}");
        json
    }
}

impl Bundle {
    /// A new tenant, and a key of it that may do everything.
    pub async fn customer(&self) -> Customer<'_> {
        let now = self.ports.clock.now();
        let tenant = Tenant {
            id: TenantId::from_bytes(self.bytes()),
            name: "A story".to_owned(),
            created: now,
        };
        let key = hex::encode(self.bytes());
        let hash = hex::encode(ring::digest::digest(&ring::digest::SHA256, key.as_bytes()));
        let api_key = ApiKey {
            id: KeyId::from_bytes(self.bytes()),
            tenant: tenant.id,
            name: "story".to_owned(),
            roles: vec![Role::GlobalAdmin],
            user: None,
            hash,
            created: now,
        };
        self.store.create_tenant(&tenant, &api_key).await.expect("a new tenant can be stored");
        Customer { world: self, key }
    }

    /// A customer whose key is known.
    pub fn customer_with(&self, key: &str) -> Customer<'_> {
        Customer { world: self, key: key.to_owned() }
    }

    fn bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.ports.random.fill(&mut bytes);
        bytes
    }
}

impl Customer<'_> {
    /// A call without a body.
    pub async fn get(&self, path: &str) -> Reply {
        self.call(self.request("GET", path), Vec::new()).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.call(self.request("DELETE", path), Vec::new()).await
    }

    /// With a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.json("POST", path, body).await
    }

    /// With a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.json("PUT", path, body).await
    }

    async fn json(&self, method: &str, path: &str, body: &Value) -> Reply {
        let request = self.request(method, path).header("content-type", "application/json");
        self.call(request, body.to_string().into_bytes()).await
    }

    /// With a form, as the API's own clients send it.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = "application/x-www-form-urlencoded";
        self.call(self.request("POST", path).header("content-type", kind), body.into_bytes()).await
    }

    /// A request with the key, for stories that need more than a body.
    pub fn request(&self, method: &str, path: &str) -> http::request::Builder {
        Request::builder().method(method).uri(path).header("truora-api-key", &self.key)
    }

    pub async fn call(&self, request: http::request::Builder, body: Vec<u8>) -> Reply {
        self.world.call(request.body(body).expect("a request of a story")).await
    }

    /// What a receiver got, oldest first. Every one of them must carry a good signature where the receiver knows a
    /// secret.
    #[track_caller]
    pub fn hooks(&self, receiver: &str) -> Vec<ReceivedHook> {
        let hooks: Vec<ReceivedHook> = self.world.simulator().read(|state| {
            state.hooks.iter().filter(|hook| hook.receiver == receiver).cloned().collect()
        });
        for hook in &hooks {
            assert!(matches!(hook.standard, Check::Valid | Check::NoSecret), "{hook:?}");
            assert!(matches!(hook.jwt, None | Some(Check::Valid | Check::NoSecret)), "{hook:?}");
        }
        hooks
    }
}

impl Bundle {
    /// A call of the API, by whoever.
    pub async fn call(&self, request: Request<Vec<u8>>) -> Reply {
        self.call_once(request).await.expect("an answer: only crashes give none")
    }

    /// The same where functions may die: `None` if there is no answer.
    pub async fn call_once(&self, request: Request<Vec<u8>>) -> Option<Reply> {
        self.wire.to_gateway(request).await.map(Reply::of)
    }

    /// A client that repeats its call, under one `Idempotency-Key`, until it is answered.
    ///
    /// # Panics
    /// If the answer is a refusal, or none comes at all.
    pub async fn insists(
        &self,
        customer: &Customer<'_>,
        path: &str,
        key: &str,
        body: &Value,
    ) -> Value {
        for _ in 0..TRIES_MAX {
            let request = customer.request("POST", path).header("content-type", "application/json");
            let request = request.header("idempotency-key", key);
            let request = request.body(body.to_string().into_bytes()).expect("a request");
            match self.call_once(request).await {
                Some(reply) if reply.status < 300 => return reply.json,
                Some(reply) if reply.status >= 500 || reply.status == 409 => {}
                Some(reply) => panic!("{path}: {} {}", reply.status, reply.json),
                None => {}
            }
            self.turn(PATIENCE).await;
        }
        panic!("{path} is not answered");
    }
}
