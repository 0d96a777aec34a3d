//! The services of AWS that a webhook calls, on loopback and over TLS: the table is the embedded engine with one
//! channel in it, as the API stores it; the queue takes everything; the key service seals so that it can open.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use shared::aws::client::Clients;
use shared::aws::kms::Sealed;
use shared::config::{Access, Service};
use shared::domain::channel::{OpenChannel, Secret};
use shared::domain::ids::ChannelId;
use shared::local::engine::{Engine, Served, TABLE};
use shared::ports::Secrets;
use shared::store::Store;
use tokio::net::TcpListener;

use crate::tls::Tls;

const KEY_ID: &str = "key-1";

/// All of them, and how they are reached.
pub(crate) struct Aws {
    /// The channel that webhooks are for.
    pub(crate) channel: ChannelId,
    /// What a function is given, and what other languages' SDKs are told in the same way.
    pub(crate) environment: BTreeMap<&'static str, String>,
    messages: Arc<AtomicUsize>,
    _table: Served,
}

impl Aws {
    /// `folder` is for keys.
    pub(crate) async fn start(folder: &Path) -> Self {
        let tls = Tls::make(folder);
        let engine = Engine::memory().expect("the engine starts");
        let table = engine.serve().await.expect("the engine is served");
        let messages = Arc::new(AtomicUsize::new(0));
        let queue = serve(Router::new().fallback(queue).with_state(messages.clone())).await;
        let keys = serve(Router::new().fallback(keys)).await;
        let channel = store_channel(&engine, keys).await;
        let [dynamodb, sqs, kms] =
            [tls.front(table.address).await, tls.front(queue).await, tls.front(keys).await];
        let root = tls.root.to_str().expect("a path of text").to_owned();
        let environment = BTreeMap::from([
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_DEFAULT_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
            ("AWS_SESSION_TOKEN", "SESSIONTOKENEXAMPLE".to_owned()),
            ("TABLE_NAME", TABLE.to_owned()),
            ("SECRETS_KEY_ID", KEY_ID.to_owned()),
            ("EVENT_QUEUE_URL", format!("{sqs}/111122223333/event.fifo")),
            ("HOOK_QUEUE_URL", format!("{sqs}/111122223333/hook")),
            ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
            ("AWS_ENDPOINT_URL_SQS", sqs),
            ("AWS_ENDPOINT_URL_KMS", kms),
            ("AWS_CA_BUNDLE", root.clone()),
            ("NODE_EXTRA_CA_CERTS", root),
        ]);
        Self { channel, environment, messages, _table: table }
    }

    /// How many messages the queue was given since this was asked last.
    pub(crate) fn take_messages(&self) -> usize {
        self.messages.swap(0, Ordering::Relaxed)
    }
}

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port of loopback");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A channel of Meta, its credentials sealed by the key service.
async fn store_channel(engine: &Engine, keys: SocketAddr) -> ChannelId {
    let access = Access {
        region: "eu-central-1".to_owned(),
        key_id: "key".to_owned(),
        secret_key: Secret::new("secret"),
        session_token: None,
        endpoints: BTreeMap::from([(Service::Kms, format!("http://{keys}"))]),
        ca_bundle: None,
    };
    let client = Clients::new(&access).expect("clients").kms();
    let OpenChannel { mut channel, credentials, .. } = tests::channels::meta();
    let plain = serde_json::to_vec(credentials.values()).expect("texts by name");
    channel.credentials = Sealed::new(client, KEY_ID.to_owned())
        .seal(&channel.id.to_string(), &plain)
        .await
        .expect("the key service seals");
    let store = Store::new(engine.table());
    store.create_channel(&channel, None).await.expect("a new channel is stored");
    channel.id
}

fn target(headers: &HeaderMap) -> &str {
    headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn answer(body: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/x-amz-json-1.1")], body.to_string()).into_response()
}

/// Takes single messages; anything else is a ping.
async fn queue(
    State(messages): State<Arc<AtomicUsize>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if target(&headers) != "AmazonSQS.SendMessage" {
        return answer(&json!({}));
    }
    let asked: Value = serde_json::from_slice(&body).expect("the SDKs write JSON");
    let text = asked["MessageBody"].as_str().expect("a message has a body");
    messages.fetch_add(1, Ordering::Relaxed);
    answer(&json!({
        "MessageId": "d3b07384-d9a0-4c9b-8f5c-7f3f1f6a2b11",
        "SequenceNumber": "18849496460467696128",
        "MD5OfMessageBody": hex::encode(Md5::digest(text.as_bytes())),
    }))
}

/// Writes context and text behind each other, so that only the same context opens.
async fn keys(headers: HeaderMap, body: Bytes) -> Result<Response, StatusCode> {
    let Json(asked) = Json::<Value>::from_bytes(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let context = asked["EncryptionContext"]["context"].as_str().unwrap_or_default();
    let bytes = |name: &str| STANDARD.decode(asked[name].as_str().unwrap_or_default());
    match target(&headers) {
        "TrentService.Encrypt" => {
            let plain = bytes("Plaintext").map_err(|_| StatusCode::BAD_REQUEST)?;
            let sealed = [context.as_bytes(), b"|", &plain].concat();
            Ok(answer(&json!({ "KeyId": KEY_ID, "CiphertextBlob": STANDARD.encode(sealed) })))
        }
        "TrentService.Decrypt" => {
            let sealed = bytes("CiphertextBlob").map_err(|_| StatusCode::BAD_REQUEST)?;
            let plain = sealed.strip_prefix(format!("{context}|").as_bytes());
            let plain = plain.ok_or(StatusCode::BAD_REQUEST)?;
            Ok(answer(&json!({ "KeyId": KEY_ID, "Plaintext": STANDARD.encode(plain) })))
        }
        _ => Err(StatusCode::BAD_REQUEST),
    }
}
