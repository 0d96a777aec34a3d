//! Who may call the webhook: the JWT of an associated app (contracts 11.3), or a fixed token where one is set.
//! Not: a signature over the body, GupShup has none.

use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::Value;

use super::settings::field;
use crate::domain::channel::{AppAlgorithm, AppKey, OpenChannel};
use crate::domain::time::Time;
use crate::provider::proof::equal;
use crate::provider::{Refused, WebhookCall};

/// K54.
const NO_TOKEN: Refused =
    Refused { status: StatusCode::UNAUTHORIZED, message: "Access token not found" };
/// K55.
const WRONG_TOKEN: Refused =
    Refused { status: StatusCode::UNAUTHORIZED, message: "Invalid access" };

/// How far the clocks may be apart.
const LEEWAY_SECONDS: i64 = 60;

/// An app's JWT where an app is associated, else the channel's `webhook_token`; without both the address is the
/// secret (K28).
pub(super) fn verify(call: &WebhookCall, channel: &OpenChannel) -> Result<(), Refused> {
    let proves: &dyn Fn(&str) -> bool = match (&channel.app, field(channel, "webhook_token")) {
        (Some(app), _) => &|token| is_of_app(token, app, channel.require_exp, call.now),
        // The channel names an app whose key is not there: fail closed.
        (None, _) if channel.associated_app.is_some() => &|_| false,
        (None, Some(expected)) => &|token| equal(token.as_bytes(), expected.as_bytes()),
        (None, None) => return Ok(()),
    };
    let token = token(&call.headers).ok_or(NO_TOKEN)?;
    if proves(token) { Ok(()) } else { Err(WRONG_TOKEN) }
}

/// The token of `Authorization: bearer <token>` or of a bare one (K29). `None` if there is nothing. What is no
/// text is a wrong token, not a missing one.
fn token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().unwrap_or("?").trim();
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim()),
        _ => Some(value).filter(|value| !value.is_empty()),
    }
}

/// X17: exactly the app's algorithm, its secret, its client id, and times that fit `now`.
fn is_of_app(token: &str, app: &AppKey, require_exp: bool, now: Time) -> bool {
    let mut validation = Validation::new(algorithm(app));
    // The library would look at the wall clock; the times are checked below against the call's.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(app.secret.reveal().as_bytes());
    let Ok(decoded) = jsonwebtoken::decode::<Value>(token, &key, &validation) else { return false };
    let claims = decoded.claims;
    let named = ["iss", "appId"]
        .iter()
        .any(|name| claims.get(name).and_then(Value::as_str) == Some(&app.client_id));
    named && in_time(&claims, require_exp, now)
}

fn in_time(claims: &Value, require_exp: bool, now: Time) -> bool {
    let now = now.seconds();
    let fits = |name: &str, rule: &dyn Fn(i64) -> bool| match claims.get(name) {
        Some(time) => seconds(time).is_some_and(rule),
        None => name != "exp" || !require_exp,
    };
    fits("exp", &|exp| now < exp.saturating_add(LEEWAY_SECONDS))
        && fits("nbf", &|nbf| nbf <= now + LEEWAY_SECONDS)
        && fits("iat", &|iat| iat <= now + LEEWAY_SECONDS)
}

/// A JWT's time may have a fraction (RFC 7519, `NumericDate`), which is cut off.
fn seconds(time: &Value) -> Option<i64> {
    if let Some(whole) = time.as_i64() {
        return Some(whole);
    }
    let text = time.as_number()?.to_string();
    text.split_once('.')?.0.parse().ok()
}

const fn algorithm(app: &AppKey) -> Algorithm {
    match app.algorithm {
        AppAlgorithm::HS256 => Algorithm::HS256,
        AppAlgorithm::HS512 => Algorithm::HS512,
    }
}

/// What GupShup shall put into `Authorization` of each callback. `Ok(None)`: nothing is asked for; `Err`: a token
/// that never changes would not be accepted, so people have to arrange it.
pub(super) fn callback_header(channel: &OpenChannel) -> Result<Option<String>, ()> {
    let token = match (&channel.app, field(channel, "webhook_token")) {
        (Some(_), _) if channel.require_exp => return Err(()),
        (Some(app), _) => {
            let key = EncodingKey::from_secret(app.secret.reveal().as_bytes());
            let claims = serde_json::json!({ "iss": app.client_id });
            jsonwebtoken::encode(&Header::new(algorithm(app)), &claims, &key).map_err(|_| ())?
        }
        (None, _) if channel.associated_app.is_some() => return Err(()),
        (None, Some(token)) => token.to_owned(),
        (None, None) => return Ok(None),
    };
    Ok(Some(format!("Bearer {token}")))
}
