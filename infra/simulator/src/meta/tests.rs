//! The Cloud API from the outside: calls of its routes, and what it posts.

mod calls;
mod templates;
mod uploads;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use ring::hmac;
use serde_json::{Value, json};

use super::Meta;
use crate::message::FromUser;
use crate::world::{self, ADDRESS, Gateway, HOOK, HOUR_MILLIS, LINE};
use crate::{User, WebhookPost};

const ANA: &str = "573001234567";
const TOKEN: &str = "token-1";
const APP_SECRET: &str = "app-secret-1";
const VERIFY_TOKEN: &str = "verify-token-1";

/// Everything is signed, and everything but ASCII escaped.
fn check(post: &WebhookPost) {
    assert!(post.body.is_ascii());
    let key = hmac::Key::new(hmac::HMAC_SHA256, APP_SECRET.as_bytes());
    let expected = format!("sha256={}", hex::encode(hmac::sign(&key, &post.body)));
    let signature = post.headers.iter().find(|(name, _)| name == "x-hub-signature-256");
    assert_eq!(signature.map(|(_, value)| value), Some(&expected));
}

/// The challenge for [`VERIFY_TOKEN`].
fn handshake(url: &str) -> (u16, String) {
    let query = url.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let query: BTreeMap<String, String> =
        form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    if query["hub.mode"] == "subscribe" && query["hub.verify_token"] == VERIFY_TOKEN {
        return (200, query["hub.challenge"].clone());
    }
    (403, String::new())
}

type World = world::World<Meta>;

impl World {
    fn new() -> Self {
        let gateway = Gateway::particular(check, handshake);
        let world = Self::of(Meta, 1_710_170_000_000, gateway, User::new(ANA, "Ana Pérez 🚀"));
        let settings = [
            ("phone_number_id", "111"),
            ("waba_id", "222"),
            ("app_id", "333"),
            ("access_token", TOKEN),
            ("app_secret", APP_SECRET),
        ];
        world.put_line(LINE, "15550102030", &settings);
        world
    }

    /// A call with the token; status and bytes of the answer.
    async fn raw(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> (StatusCode, Vec<u8>) {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> =
            bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
        self.fetch(world::request(method, path, &headers, body)).await
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
        let path = format!("/cloud_api/v23.0/{path}");
        let (status, bytes) = self.raw(method, &path, Some(TOKEN), body).await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn send(&self, body: &Value) -> (StatusCode, Value) {
        self.call("POST", "111/messages", body).await
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
