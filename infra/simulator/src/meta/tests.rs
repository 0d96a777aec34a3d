//! The Cloud API from the outside: calls of its routes, and what it posts.

mod calls;
mod templates;
mod uploads;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use ring::hmac;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::Meta;
use crate::clock::{Clock, StillClock};
use crate::message::FromUser;
use crate::post::Post;
use crate::simulator::Pace;
use crate::state::State;
use crate::{Line, Simulator, User, WebhookPost};

const ANA: &str = "573001234567";
const TOKEN: &str = "token-1";
const APP_SECRET: &str = "app-secret-1";
const VERIFY_TOKEN: &str = "verify-token-1";
const HOOK: &str = "https://gateway.example/v1/webhooks/cloud_api/CHN1";
const HOUR_MILLIS: i64 = 3_600_000;

/// The other side: takes what is signed, and shakes hands.
#[derive(Default)]
struct Gateway {
    heard: Mutex<Vec<Value>>,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Post for Gateway {
    async fn post(&self, post: WebhookPost) -> Result<u16, String> {
        assert!(post.body.is_ascii(), "everything else is escaped");
        let key = hmac::Key::new(hmac::HMAC_SHA256, APP_SECRET.as_bytes());
        let expected = format!("sha256={}", hex::encode(hmac::sign(&key, &post.body)));
        let signature = post.headers.iter().find(|(name, _)| name == "x-hub-signature-256");
        assert_eq!(signature.map(|(_, value)| value), Some(&expected));
        self.heard.lock().unwrap().push(serde_json::from_slice(&post.body).unwrap());
        Ok(200)
    }

    /// Answers the challenge to [`VERIFY_TOKEN`].
    async fn get(&self, url: &str) -> Result<(u16, String), String> {
        self.asked.lock().unwrap().push(url.to_owned());
        let query = url.split_once('?').map(|(_, query)| query).unwrap_or_default();
        let query: BTreeMap<String, String> =
            form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        if query["hub.mode"] == "subscribe" && query["hub.verify_token"] == VERIFY_TOKEN {
            return Ok((200, query["hub.challenge"].clone()));
        }
        Ok((403, String::new()))
    }
}

struct World {
    simulator: Simulator,
    gateway: Arc<Gateway>,
    clock: StillClock,
    router: Router,
}

impl World {
    fn new() -> Self {
        let gateway = Arc::new(Gateway::default());
        let clock = StillClock::at_millis(1_710_170_000_000);
        let simulator = Simulator::new(
            State::default(),
            vec![Arc::new(Meta)],
            Arc::new(clock.clone()),
            gateway.clone(),
            "http://127.0.0.1:4010",
            Pace::default(),
        );
        simulator.put_line(Self::line());
        simulator.put_user(User::new(ANA, "Ana Pérez 🚀"));
        let router = simulator.router();
        Self { simulator, gateway, clock, router }
    }

    fn line() -> Line {
        let settings = [
            ("phone_number_id", "111"),
            ("waba_id", "222"),
            ("app_id", "333"),
            ("access_token", TOKEN),
            ("app_secret", APP_SECRET),
        ];
        Line {
            id: "one".to_owned(),
            carrier: "cloud_api".to_owned(),
            name: "Shop".to_owned(),
            number: "15550102030".to_owned(),
            settings: settings.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            webhook_url: HOOK.to_owned(),
        }
    }

    /// A call with the token; status and bytes of the answer.
    async fn raw(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> (StatusCode, Vec<u8>) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        (status, to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
        let path = format!("/cloud_api/v23.0/{path}");
        let (status, bytes) = self.raw(method, &path, Some(TOKEN), body).await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn send(&self, body: &Value) -> (StatusCode, Value) {
        self.call("POST", "111/messages", body).await
    }

    fn says(&self, content: FromUser) -> String {
        self.simulator.say("one", ANA, content).unwrap().id
    }

    /// Opens the service window and forgets what it told.
    async fn greeted() -> Self {
        let world = Self::new();
        world.says(FromUser::Text { body: "Hola".to_owned() });
        world.heard().await;
        world
    }

    /// What was posted since the last look.
    async fn heard(&self) -> Vec<Value> {
        self.simulator.step().await;
        std::mem::take(&mut self.gateway.heard.lock().unwrap())
    }

    async fn forward(&self, millis: i64) {
        self.clock.forward(millis).await.unwrap();
        self.simulator.step().await;
    }

    /// The last message that a user could see.
    fn shown(&self) -> crate::message::ToUser {
        let sent = self.simulator.read(|state| {
            state.messages.iter().rev().find_map(|message| match &message.entry {
                crate::message::Entry::ToUser { sent, .. } => Some(sent.content.clone()),
                crate::message::Entry::FromUser { .. } => None,
            })
        });
        sent.unwrap()
    }
}

/// A message to Ana of this type.
fn message(kind: &str, content: &Value) -> Value {
    let mut body = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": ANA,
        "type": kind,
    });
    body[kind] = content.clone();
    body
}

fn text(body: &str) -> Value {
    message("text", &json!({ "body": body, "preview_url": false }))
}

/// Everything of the first change of a webhook.
fn value(webhook: &Value) -> &Value {
    assert_eq!(webhook["object"], "whatsapp_business_account");
    assert_eq!(webhook["entry"][0]["id"], "222");
    &webhook["entry"][0]["changes"][0]["value"]
}
