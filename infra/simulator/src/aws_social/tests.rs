//! AWS from the outside: who is let in, and what the topic writes.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{AwsSocial, topic};
use crate::User;
use crate::world::{ADDRESS, Gateway, LINE, World};

const TIME: i64 = 1_710_170_000_000;

fn world() -> World<AwsSocial> {
    let carrier = AwsSocial { address: ADDRESS.to_owned() };
    let world = World::of(carrier, TIME, Gateway::default(), User::new("573001234567", "Ana"));
    let settings = [
        ("access_key_id", "AKIDEXAMPLE"),
        ("secret_access_key", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        ("region", "us-east-1"),
        ("phone_number_id", "phone-number-id-1"),
        ("topic_arn", "arn:aws:sns:us-east-1:111122223333:t"),
    ];
    world.put_line(LINE, "15550102030", &settings);
    world
}

impl World<AwsSocial> {
    async fn asked(&self, request: Request<Body>) -> (u16, String, Value) {
        let response = self.simulator.router().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let kind = response.headers().get("x-amzn-errortype");
        let kind = kind.map(|kind| kind.to_str().unwrap().to_owned()).unwrap_or_default();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, kind, serde_json::from_slice(&bytes).unwrap_or_default())
    }
}

/// A signature that was made elsewhere for this call, at this second and with this key, is good, and of no other.
#[tokio::test]
async fn a_call_is_let_in_by_its_signature() {
    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/\
                          social-messaging/aws4_request, \
                          SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=";
    const GOOD: &str = "ce6b6fe18b4bd1b909dc601bb3121f97ae7e8490a6405745e97b154f10e5422c";
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let world = world();
    let call = |authorization: &str, id: &str| {
        Request::get(format!("/aws_social/v1/whatsapp/waba/phone/details?id={id}"))
            .header("host", "social-messaging.us-east-1.amazonaws.com")
            .header("x-amz-date", "20260102T030405Z")
            .header("x-amz-content-sha256", EMPTY)
            .header("authorization", authorization)
            .body(Body::empty())
            .unwrap()
    };
    let good = format!("{SIGNED}{GOOD}");
    let (status, _, number) = world.asked(call(&good, "phone-number-id-1")).await;
    assert_eq!((status, &number["phoneNumber"]["phoneNumber"]), (200, &json!("+15550102030")));
    for (authorization, id, kind) in [
        ("", "phone-number-id-1", "MissingAuthenticationTokenException"),
        ("Bearer x", "phone-number-id-1", "MissingAuthenticationTokenException"),
        (&good.replace("AKID", "AKIE"), "phone-number-id-1", "UnrecognizedClientException"),
        (&good.replace("us-east-1", "us-east-2"), "phone-number-id-1", "InvalidSignatureException"),
        (&good.replace("20260102/", "20260103/"), "phone-number-id-1", "InvalidSignatureException"),
        (&good.replace("host;", ""), "phone-number-id-1", "InvalidSignatureException"),
        (&good, "phone-number-id-2", "InvalidSignatureException"),
    ] {
        let (status, told, _) = world.asked(call(authorization, id)).await;
        assert_eq!((status, told.as_str()), (403, kind), "{authorization}");
    }
}

/// The topic's message holds AWS's, which holds one entry of WhatsApp's, each as a text.
#[tokio::test]
async fn a_text_is_wrapped_three_times() {
    let world = world();
    world.says_text("Hola");
    let body = world.heard().await.pop().unwrap();
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!((&body["Type"], &body["SignatureVersion"]), (&json!("Notification"), &json!("2")));
    let event = read(body["Message"].as_str().unwrap());
    assert_eq!(event["message_timestamp"], "2024-03-11T15:13:20.000000000Z");
    let entry = read(event["whatsAppWebhookEntry"].as_str().unwrap());
    let message = &entry["changes"][0]["value"]["messages"][0];
    assert_eq!(message["text"]["body"], "Hola");
}

/// A subscription is confirmed with the token that was told, and with no other.
#[tokio::test]
async fn a_subscription_is_confirmed_with_its_token() {
    let world = world();
    let line = || world.simulator.line(LINE).unwrap();
    let post = topic::confirmation(&line(), ADDRESS, "SubscriptionConfirmation", TIME);
    let body: Value = serde_json::from_slice(&post.body).unwrap();
    let path = body["SubscribeURL"].as_str().unwrap().trim_start_matches(ADDRESS).to_owned();
    let is_confirmed = || line().setting(topic::CONFIRMED) == "yes";
    let visit = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    assert_eq!(world.asked(visit(&format!("{path}0"))).await.0, 400);
    assert!(!is_confirmed());
    assert_eq!(world.asked(visit(&path)).await.0, 200);
    assert!(is_confirmed());
}
