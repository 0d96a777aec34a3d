//! Who is let in, and the fixed answers with their order.

use http::{HeaderValue, StatusCode, header};
use jsonwebtoken::{Algorithm, EncodingKey, Header};

use super::*;
use crate::domain::channel::{AppAlgorithm, AppKey, Secret};
use crate::domain::ids::AppId;
use crate::provider::{Malformed, Refused};

const CLIENT: &str = "cs-6f0c2f9e-0000-4000-8000-000000000001";
const SECRET: &str = "a-secret-that-only-the-app-knows";

fn with_app(algorithm: AppAlgorithm) -> OpenChannel {
    let mut channel = enterprise();
    channel.channel.associated_app = Some(AppId::from_bytes([3; 16]));
    channel.app =
        Some(AppKey { client_id: CLIENT.to_owned(), secret: Secret::new(SECRET), algorithm });
    channel
}

fn token(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::new(algorithm), claims, &key).unwrap()
}

fn good() -> String {
    token(Algorithm::HS256, SECRET, &json!({ "iss": CLIENT }))
}

fn verify(channel: &OpenChannel, authorization: Option<&str>) -> Result<(), Refused> {
    let mut call = call(fixture!("enterprise-text.json"));
    if let Some(value) = authorization {
        call.headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
    }
    Gupshup.verify(&call, channel)
}

const MISSING: Result<(), Refused> =
    Err(Refused { status: StatusCode::UNAUTHORIZED, message: "Access token not found" });
const WRONG: Result<(), Refused> =
    Err(Refused { status: StatusCode::UNAUTHORIZED, message: "Invalid access" });

/// K26, K28: without an app the call needs no token.
#[test]
fn without_an_app_everybody_is_let_in() {
    assert_eq!(verify(&enterprise(), None), Ok(()));
    assert_eq!(verify(&enterprise(), Some("bearer whatever")), Ok(()));
}

/// K28, K29, K30: the app's JWT opens, under any spelling of the scheme or bare.
#[test]
fn the_apps_token_is_let_in() {
    let channel = with_app(AppAlgorithm::HS256);
    let good = good();
    for value in [
        format!("bearer {good}"),
        format!("Bearer {good}"),
        format!("BEARER  {good}"),
        good.clone(),
    ] {
        assert_eq!(verify(&channel, Some(&value)), Ok(()), "{value}");
    }
    let by_app_id = token(Algorithm::HS256, SECRET, &json!({ "appId": CLIENT, "aud": "anyone" }));
    assert_eq!(verify(&channel, Some(&by_app_id)), Ok(()));
    let long = token(Algorithm::HS512, SECRET, &json!({ "iss": CLIENT }));
    assert_eq!(verify(&with_app(AppAlgorithm::HS512), Some(&long)), Ok(()));
}

/// K31, K54: no token, or an empty header.
#[test]
fn a_missing_token_is_told_as_missing() {
    let channel = with_app(AppAlgorithm::HS256);
    for value in [None, Some(""), Some("  ")] {
        assert_eq!(verify(&channel, value), MISSING, "{value:?}");
    }
}

/// K55, X17: none, another algorithm, another key, another client, no token at all.
#[test]
fn a_wrong_token_is_told_as_wrong() {
    let channel = with_app(AppAlgorithm::HS256);
    let claims = json!({ "iss": CLIENT });
    let good = good();
    let (_, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    // {"alg":"none"} and {"alg":"RS256"}, with and without the HMAC's signature.
    let (none, rs256) = ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJSUzI1NiJ9");
    for (case, value) in [
        ("none", format!("{none}.{payload}.")),
        ("none, signed", format!("{none}.{payload}.{signature}")),
        ("RS256 over the same key", format!("{rs256}.{payload}.{signature}")),
        ("HS512 where HS256 is set", token(Algorithm::HS512, SECRET, &claims)),
        ("wrong secret", token(Algorithm::HS256, "another", &claims)),
        ("wrong client", token(Algorithm::HS256, SECRET, &json!({ "iss": "cs-other" }))),
        ("no client", token(Algorithm::HS256, SECRET, &json!({ "sub": CLIENT }))),
        ("changed", good.replacen(payload, "eyJpc3MiOiJjcy1vdGhlciJ9", 1)),
        ("no JWT", "Basic dXNlcjpwYXNz".to_owned()),
        ("two parts", format!("{none}.{payload}")),
        ("only the scheme", "Bearer".to_owned()),
    ] {
        assert_eq!(verify(&channel, Some(&value)), WRONG, "{case}");
    }
    let mut call = call("{}");
    call.headers.insert(header::AUTHORIZATION, HeaderValue::from_bytes(&[0xff]).unwrap());
    assert_eq!(Gupshup.verify(&call, &channel), WRONG);
}

/// K30, K55: times are judged by when the call came, 60 s apart at most.
#[test]
fn times_are_kept_where_they_are_given() {
    let now = NOW.seconds();
    let mut channel = with_app(AppAlgorithm::HS256);
    for (claims, expected) in [
        (json!({ "exp": now + 1 }), Ok(())),
        (json!({ "exp": now - 59 }), Ok(())),
        (json!({ "exp": now - 60 }), WRONG),
        (json!({ "nbf": now + 60, "iat": now + 60 }), Ok(())),
        (json!({ "nbf": now + 61 }), WRONG),
        (json!({ "iat": now + 61 }), WRONG),
        (json!({ "exp": "tomorrow" }), WRONG),
    ] {
        let mut claims = claims;
        claims["iss"] = json!(CLIENT);
        let value = token(Algorithm::HS256, SECRET, &claims);
        assert_eq!(verify(&channel, Some(&value)), expected, "{claims}");
    }
    channel.channel.require_exp = true;
    assert_eq!(verify(&channel, Some(&good())), WRONG);
    let timed = token(Algorithm::HS256, SECRET, &json!({ "iss": CLIENT, "exp": now + 1 }));
    assert_eq!(verify(&channel, Some(&timed)), Ok(()));
}

/// A channel whose app's key is gone lets nobody in.
#[test]
fn an_app_without_its_key_lets_nobody_in() {
    let mut channel = with_app(AppAlgorithm::HS256);
    channel.app = None;
    assert_eq!(verify(&channel, Some(&good())), WRONG);
    assert_eq!(verify(&channel, None), MISSING);
}

#[test]
fn a_fixed_token_is_compared_whole() {
    let channel = channel(
        &[("mode", "self_serve"), ("app_name", "WharfDemo"), ("app_id", "app-1")],
        &[("api_key", "key-1"), ("webhook_token", "hook-secret-1")],
    );
    for (value, expected) in [
        (Some("Bearer hook-secret-1"), Ok(())),
        (Some("hook-secret-1"), Ok(())),
        (Some("hook-secret-"), WRONG),
        (Some("hook-secret-11"), WRONG),
        (Some("Hook-secret-1"), WRONG),
        (None, MISSING),
    ] {
        assert_eq!(verify(&channel, value), expected, "{value:?}");
    }
}

const SERVER_ERROR: Malformed =
    Malformed { status: StatusCode::INTERNAL_SERVER_ERROR, message: "Internal Server Error" };

/// K56: a body that is empty or no JSON.
#[test]
fn a_missing_body_is_a_server_error() {
    for body in ["", "  ", "hello", "[]", "null", "7", "{\"mobile\":", "[{\"mobile\":\"1\"}]"] {
        for call in [call(body), typed("application/json", body)] {
            assert_eq!(Gupshup.parse(&call, &enterprise()), Err(SERVER_ERROR), "{body:?}");
        }
    }
}

/// K57: an unknown stream id.
#[test]
fn an_unknown_channel_is_a_server_error() {
    let refused = Gupshup.unknown_channel();
    assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(refused.message, "Internal Server Error");
}

/// K58: no `mobile`, or an empty one.
#[test]
fn a_missing_mobile_is_a_server_error() {
    for body in [
        "{}",
        r#"{"waNumber":"912200000001","type":"text","text":"Hi"}"#,
        r#"{"mobile":null,"type":"text","text":"Hi"}"#,
        r#"{"mobile":" ","type":"text","text":"Hi"}"#,
        r#"{"mobile":"","response":null}"#,
    ] {
        assert_eq!(Gupshup.parse(&call(body), &enterprise()), Err(SERVER_ERROR), "{body}");
    }
}

/// X7: the token is looked at before the body, the body before `mobile`; both dialects stand beside each other.
#[test]
fn the_errors_come_in_their_order() {
    let channel = with_app(AppAlgorithm::HS256);
    let empty = call("");
    assert_eq!(Gupshup.verify(&empty, &channel), MISSING, "before the body is read");
    assert_eq!(Gupshup.parse(&empty, &channel), Err(SERVER_ERROR));
    // Reports and clicks have no `mobile` and need none; self-serve has none either.
    for body in [
        fixture!("enterprise-report-sent.json"),
        fixture!("enterprise-click-list.json"),
        fixture!("self-serve-text.json"),
        fixture!("v3-text.json"),
    ] {
        assert!(Gupshup.parse(&call(body), &enterprise()).is_ok());
    }
    // The 500s belong to the enterprise endpoint alone.
    assert_eq!(Gupshup.parse(&empty, &self_serve()).unwrap_err().status, StatusCode::BAD_REQUEST);
    assert!(Gupshup.parse(&call("{}"), &self_serve()).is_ok());
}

#[test]
fn an_accepted_call_is_answered_as_the_mode_wants() {
    assert_eq!(Gupshup.accepted_body(&enterprise()), "{}");
    assert_eq!(Gupshup.accepted_body(&self_serve()), "");
}
