use std::collections::BTreeMap;

use super::*;
use crate::domain::ids::{ChannelId, ConversationId, EventId, FlowId, ProcessId, TenantId};

const SECRET: [u8; signature::SECRET_BYTES] = [9; signature::SECRET_BYTES];

fn event() -> HookEvent {
    HookEvent {
        id: EventId::from_bytes([1; 16]),
        tenant: TenantId::from_bytes([2; 16]),
        channel: ChannelId::from_bytes([3; 16]),
        flow: Some(FlowId::from_bytes([4; 16])),
        kind: EventKind::IdentityProcess,
        action: "succeeded".into(),
        time: Time::parse("2026-03-11T15:05:00.000Z").unwrap(),
        sequence: Some(7_002),
        object: json!({
            "identity_process_id": "IDP05", "validation_status": "success",
            "answers": [{"step_id": "name", "question": "¿Cómo te llamas?", "value": "Lucía"}],
            "validations": [{"step_id": "face", "type": "face-recognition", "status": "success",
                "details": {}}],
        }),
    }
}

fn action() -> WebAction {
    WebAction {
        method: Method::Put,
        url: "https://hooks.example/in?a=1#part".into(),
        headers: BTreeMap::from([("x-tenant".into(), "blue".into())]),
        parameters: BTreeMap::from([("src".into(), "w a".into())]),
        status_email: None,
    }
}

fn now() -> Time {
    Time::from_millis(1_780_000_000_000)
}

/// T74, T75, T76: the JSON body names the event, its results and its flow, signed over its very bytes.
#[test]
fn the_standard_form_is_json_with_three_signed_headers() {
    let key = Key::secret(&SECRET);
    let request =
        build(&event(), &action(), Format::Standard, std::slice::from_ref(&key), now()).unwrap();
    assert_eq!(request.method(), http::Method::PUT);
    assert_eq!(request.uri(), "https://hooks.example/in?a=1&src=w+a");
    let header = |name: &str| request.headers()[name].to_str().unwrap();
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("webhook-id"), event().id.to_string());
    assert_eq!(header("x-gateway-delivery"), event().id.to_string());
    assert_eq!(header("webhook-timestamp"), "1780000000");
    assert_eq!(header("x-tenant"), "blue");
    let id = signature::verify(&key, request.headers(), request.body(), now()).unwrap();
    assert_eq!(id, event().id.to_string());
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(body["type"], "identity_process.succeeded");
    assert_eq!(body["timestamp"], "2026-03-11T15:05:00.000Z");
    assert_eq!(body["data"]["flow_id"], json!(event().flow));
    assert_eq!(body["data"]["channel_id"], json!(event().channel));
    assert_eq!(body["data"]["platform"], "whatsapp");
    assert_eq!(body["data"]["sequence"], 7_002);
    assert_eq!(body["data"]["answers"][0]["step_id"], "name");
    assert_eq!(body["data"]["validations"][0]["type"], "face-recognition");
}

/// X13 (contracts 9.3): the JWT verifies with an independent library under the secret's text.
#[test]
fn the_jwt_form_is_a_compact_jwt_as_text() {
    let key = Key::secret(&SECRET);
    let request =
        build(&event(), &action(), Format::Jwt, std::slice::from_ref(&key), now()).unwrap();
    assert_eq!(request.headers()["content-type"], "text/plain; charset=utf-8");
    signature::verify(&key, request.headers(), request.body(), now()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.validate_exp = false;
    validation.set_issuer(&["whatsapp-gateway"]);
    let text = std::str::from_utf8(request.body()).unwrap();
    let secret = jsonwebtoken::DecodingKey::from_secret(key.reveal().as_bytes());
    let claims = jsonwebtoken::decode::<Value>(text, &secret, &validation).unwrap().claims;
    assert_eq!(claims["iat"], 1_780_000_000);
    assert_eq!(claims["exp"], 1_780_000_600);
    assert_eq!(claims["jti"], json!(event().id));
    let told = &claims["events"][0];
    assert_eq!(told["event_type"], "identity_process");
    assert_eq!(told["event_action"], "succeeded");
    assert_eq!(told["version"], "1.0");
    assert_eq!(told["object"]["validation_status"], "success");
    assert_eq!(claims["events"].as_array().unwrap().len(), 1);
}

/// T74 (hook test 10): both keys sign the bytes; the JWT itself carries the older key's signature.
#[test]
fn a_jwt_is_signed_by_the_older_key_while_keys_change() {
    let (new, old) = (Key::secret(&[1; 32]), Key::secret(&[2; 32]));
    let keys = [new.clone(), old.clone()];
    let request = build(&event(), &action(), Format::Jwt, &keys, now()).unwrap();
    for key in [&new, &old] {
        signature::verify(key, request.headers(), request.body(), now()).unwrap();
    }
    let alone = build(&event(), &action(), Format::Jwt, &[old], now()).unwrap();
    assert_eq!(request.body(), alone.body());
}

#[test]
fn an_answer_means_what_the_standard_says() {
    let heard = |status: u16, retry_after: Option<&str>| {
        let mut response = Response::builder().status(status);
        if let Some(text) = retry_after {
            response = response.header(RETRY_AFTER, text);
        }
        read(&response.body(Vec::new()).unwrap(), now())
    };
    let seconds = |s| Some(Duration::from_secs(s));
    for status in [200, 202, 204, 299] {
        assert_eq!(heard(status, None), Heard::Success, "{status}");
    }
    for status in [100, 301, 302, 307, 400, 401, 404, 500, 503] {
        assert_eq!(heard(status, None), Heard::Failure { retry_after: None }, "{status}");
    }
    for status in [429, 502, 504] {
        assert_eq!(heard(status, None), Heard::SlowDown { retry_after: None }, "{status}");
    }
    assert_eq!(heard(410, None), Heard::Gone);
    assert_eq!(heard(429, Some("120")), Heard::SlowDown { retry_after: seconds(120) });
    assert_eq!(heard(503, Some(" 7 ")), Heard::Failure { retry_after: seconds(7) });
    let date = "Thu, 28 May 2026 20:27:40 GMT"; // a minute after `now`
    assert_eq!(heard(503, Some(date)), Heard::Failure { retry_after: seconds(60) });
    assert_eq!(heard(503, Some("soon")), Heard::Failure { retry_after: None });
}

fn call() -> StepCall {
    StepCall {
        id: EventId::from_bytes([1; 16]),
        tenant: TenantId::from_bytes([2; 16]),
        channel: ChannelId::from_bytes([3; 16]),
        conversation: ConversationId::from_bytes([5; 16]),
        process: ProcessId::from_bytes([6; 16]),
        flow: FlowId::from_bytes([4; 16]),
        step: "face".into(),
        url: "https://customer.example/validate".into(),
        timeout_s: 20,
        body: json!({"process_id": "IDP06"}),
    }
}

/// T75: a step's question is signed as a hook is.
#[test]
fn a_call_is_signed_as_a_hook() {
    let key = Key::secret(&SECRET);
    let request = build_call(&call(), std::slice::from_ref(&key), now()).unwrap();
    assert_eq!(request.method(), http::Method::POST);
    assert_eq!(request.body(), br#"{"process_id":"IDP06"}"#);
    signature::verify(&key, request.headers(), request.body(), now()).unwrap();
}

/// T75: what the customer's server found is kept with its step; anything else is unusable.
#[test]
fn the_answer_to_a_call_is_read() {
    let read = |status: u16, body: &str| {
        let response = Response::builder().status(status).body(body.as_bytes().to_vec());
        read_call(&call(), &response.unwrap(), now())
    };
    let full = r#"{"status":"failure","type":"face-recognition","details":{"score":3},
        "message":"No te vemos bien"}"#;
    let answer = read(200, full).unwrap();
    assert_eq!(answer.message.as_deref(), Some("No te vemos bien"));
    let validation = answer.validation.unwrap();
    assert_eq!((validation.step.as_str(), validation.kind.as_str()), ("face", "face-recognition"));
    assert_eq!(validation.status, ValidationStatus::Failure);
    assert_eq!(validation.details, json!({"score": 3}));

    let short = read(200, r#"{"status":"success","message":" "}"#).unwrap();
    assert_eq!(short.message, None);
    let validation = short.validation.unwrap();
    assert_eq!((validation.kind.as_str(), validation.details), ("webhook", json!({})));

    let long = format!(r#"{{"status":"success","message":"{}"}}"#, "x".repeat(4097));
    let unusable = [
        (200, ""),
        (200, "ok"),
        (200, "{}"),
        (200, r#"{"status":"maybe"}"#),
        (200, long.as_str()),
        (201, r#"{"status":"success"}"#),
        (302, r#"{"status":"success"}"#),
        (500, r#"{"status":"success"}"#),
    ];
    for (status, body) in unusable {
        assert!(read(status, body).is_err(), "{status} {body}");
    }
}
