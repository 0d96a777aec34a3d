//! The topic of SNS: what it posts, how that is signed, and where its certificate and its confirmations are.

use axum::extract::{Query, State as Extract};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde::Deserialize;
use serde_json::{Value, json};

use super::NAME;
use crate::carrier::WebhookPost;
use crate::line::Line;
use crate::simulator::Simulator;
use crate::time::date_time;

/// Whose everything is.
pub(super) const ACCOUNT: &str = "111122223333";
/// Where the certificate is.
pub(super) const CERTIFICATE_PATH: &str =
    "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
/// Where a subscription is confirmed.
pub(super) const SUBSCRIPTION_PATH: &str = "/subscription";

/// Made for this: nothing else trusts them, and everybody may know the key.
const CERTIFICATE: &str = include_str!("topic.cert.pem");
const KEY: &str = include_str!("topic.key.pem");

/// What a line's token for its confirmation is.
const TOKEN: &str = "2336412f37fb687f5d51e6e2425a8a5c";
/// The setting that says that the address was confirmed.
pub const CONFIRMED: &str = "confirmed";

/// Brings something. The subject is left out, as AWS leaves it out.
pub(super) fn notification(
    line: &Line,
    address: &str,
    message: &Value,
    millis: i64,
) -> WebhookPost {
    let (text, time) = (message.to_string(), format!("{}Z", date_time(millis)));
    let fields =
        [("Type", "Notification"), ("Message", text.as_str()), ("Timestamp", time.as_str())];
    post(line, address, &fields, &["Message", "MessageId", "Timestamp", "TopicArn", "Type"])
}

/// Asks whether the address is one of ours. `kind` is `SubscriptionConfirmation`, or `UnsubscribeConfirmation` where
/// somebody ended it.
pub fn confirmation(line: &Line, address: &str, kind: &str, millis: i64) -> WebhookPost {
    let arn = line.setting("topic_arn");
    let url = format!(
        "{address}/{NAME}{SUBSCRIPTION_PATH}?Action=ConfirmSubscription&TopicArn={arn}&Token={TOKEN}"
    );
    let text = format!("You have chosen to subscribe to the topic {arn}.\nVisit the SubscribeURL.");
    let time = format!("{}Z", date_time(millis));
    let fields = [
        ("Type", kind),
        ("Message", text.as_str()),
        ("Token", TOKEN),
        ("SubscribeURL", url.as_str()),
        ("Timestamp", time.as_str()),
    ];
    let signed = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
    post(line, address, &fields, &signed)
}

fn post(line: &Line, address: &str, fields: &[(&str, &str)], signed: &[&str]) -> WebhookPost {
    let mut body = json!({
        "TopicArn": line.setting("topic_arn"),
        "SignatureVersion": "2",
        "SigningCertURL": format!("{address}/{NAME}{CERTIFICATE_PATH}"),
    });
    for (name, value) in fields {
        body[*name] = json!(value);
    }
    let told = body["Message"].as_str().unwrap_or_default();
    let id = hex::encode(ring::digest::digest(&ring::digest::SHA256, told.as_bytes()));
    body["MessageId"] = json!(format!(
        "{}-{}-{}-{}-{}",
        &id[..8],
        &id[8..12],
        &id[12..16],
        &id[16..20],
        &id[20..32]
    ));
    let mut text = String::new();
    for name in signed {
        text.extend([name, "\n", body[*name].as_str().unwrap_or_default(), "\n"]);
    }
    body["Signature"] = json!(sign(&text));
    let kind = body["Type"].as_str().unwrap_or_default().to_owned();
    let headers = [
        ("content-type", "text/plain; charset=UTF-8"),
        ("x-amz-sns-message-type", &kind),
        ("x-amz-sns-topic-arn", line.setting("topic_arn")),
    ];
    WebhookPost {
        url: line.webhook_url.clone(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        body: body.to_string().into_bytes(),
    }
}

/// The signature of a text with the topic's key, base64.
pub fn sign(text: &str) -> String {
    let key: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
    let key = STANDARD.decode(key).ok().and_then(|key| RsaKeyPair::from_pkcs8(&key).ok());
    let Some(key) = key else { return String::new() };
    let mut signature = vec![0; key.public().modulus_len()];
    let signed = key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature);
    signed.map(|()| STANDARD.encode(signature)).unwrap_or_default()
}

pub(super) async fn certificate() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "binary/octet-stream")], CERTIFICATE)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Confirmation {
    action: String,
    topic_arn: String,
    token: String,
}

pub(super) async fn confirm(
    Extract(simulator): Extract<Simulator>,
    Query(asked): Query<Confirmation>,
) -> Response {
    let is_good = asked.action == "ConfirmSubscription" && asked.token == TOKEN;
    let line = simulator
        .line_where(NAME, |line| line.accepts("topic_arn", &asked.topic_arn))
        .filter(|_| is_good);
    let Some(line) = line else {
        let body = "<ErrorResponse><Error><Code>InvalidParameter</Code></Error></ErrorResponse>";
        return (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "text/xml")], body)
            .into_response();
    };
    simulator.change(|state| {
        if let Some(line) = state.lines.get_mut(&line.id) {
            line.settings.insert(CONFIRMED.to_owned(), "yes".to_owned());
        }
    });
    let body = "<ConfirmSubscriptionResponse/>";
    ([(header::CONTENT_TYPE, "text/xml")], body).into_response()
}
