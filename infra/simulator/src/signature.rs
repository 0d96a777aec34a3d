//! Checks the signature of a hook as a customer would: Standard Webhooks 1.0.0 (`v1`), and the compact JWT (HS256).
//! Written apart from the gateway's own signing, so that a mistake there is not made twice.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use serde::{Deserialize, Serialize};

/// How far the clock of the sender may be off, in seconds.
const TOLERANCE_SECONDS: i64 = 300;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "check", rename_all = "snake_case")]
pub enum Check {
    Valid,
    Invalid {
        /// A sentence.
        reason: String,
    },
    /// The receiver was not told its secret.
    NoSecret,
}

impl Check {
    fn of(result: Result<(), &str>) -> Self {
        match result {
            Ok(()) => Self::Valid,
            Err(reason) => Self::Invalid { reason: reason.to_owned() },
        }
    }
}

/// Checks the three headers over the bytes of the body.
pub fn standard(secret: &str, headers: &HeaderMap, body: &[u8], now_seconds: i64) -> Check {
    Check::of(verify_standard(secret, headers, body, now_seconds))
}

fn verify_standard(
    secret: &str,
    headers: &HeaderMap,
    body: &[u8],
    now_seconds: i64,
) -> Result<(), &'static str> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let id = header("webhook-id").ok_or("the header webhook-id is missing")?;
    let timestamp = header("webhook-timestamp").ok_or("the header webhook-timestamp is missing")?;
    let signatures =
        header("webhook-signature").ok_or("the header webhook-signature is missing")?;
    let seconds: i64 = timestamp.parse().map_err(|_| "webhook-timestamp is not a number")?;
    if now_seconds.saturating_sub(seconds).saturating_abs() > TOLERANCE_SECONDS {
        return Err("webhook-timestamp is more than 300 seconds off");
    }
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap_or(secret))
        .map_err(|_| "the secret is not base64")?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    let fits = |element: &str| {
        let Some(text) = element.strip_prefix("v1,") else { return false };
        STANDARD.decode(text).is_ok_and(|tag| hmac::verify(&key, &signed, &tag).is_ok())
    };
    if signatures.split(' ').any(fits) { Ok(()) } else { Err("no signature fits the body") }
}

/// Whether a body is a compact JWT at all.
pub fn is_jwt(body: &[u8]) -> bool {
    body.starts_with(b"ey") && body.split(|byte| *byte == b'.').count() == 3
}

/// Checks a JWT with the secret's text as the key.
pub fn jwt(secret: &str, token: &[u8], now_seconds: i64) -> Check {
    Check::of(verify_jwt(secret, token, now_seconds))
}

/// The claims of a JWT, whether it is valid or not.
pub fn claims(token: &[u8]) -> Option<serde_json::Value> {
    let token = std::str::from_utf8(token).ok()?;
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

fn verify_jwt(secret: &str, token: &[u8], now_seconds: i64) -> Result<(), &'static str> {
    let token = std::str::from_utf8(token).map_err(|_| "the token is not text")?;
    let (signed, signature) = token.rsplit_once('.').ok_or("the token has no signature")?;
    let header = signed.split('.').next().unwrap_or_default();
    let header: serde_json::Value = URL_SAFE_NO_PAD
        .decode(header)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or("the token's header is not JSON")?;
    if header["alg"] != "HS256" {
        return Err("the token's algorithm is not HS256");
    }
    let signature =
        URL_SAFE_NO_PAD.decode(signature).map_err(|_| "the token's signature is not base64url")?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, signed.as_bytes(), &signature)
        .map_err(|_| "the token's signature does not fit")?;
    let expires = claims(token.as_bytes()).and_then(|claims| claims["exp"].as_i64());
    match expires {
        Some(expires) if expires > now_seconds => Ok(()),
        Some(_) => Err("the token has expired"),
        None => Err("the token has no exp"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published vector of the reference library (S1).
    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
    const SIGNATURE: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
    const TIME: i64 = 1_649_367_553;

    fn headers(signature: &str) -> HeaderMap {
        let pairs = [
            ("webhook-id", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk"),
            ("webhook-timestamp", "1649367553"),
            ("webhook-signature", signature),
        ];
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_published_vector_is_valid_for_five_minutes() {
        for off in [-300, 0, 300] {
            assert_eq!(standard(SECRET, &headers(SIGNATURE), BODY, TIME + off), Check::Valid);
        }
        for off in [-301, 301] {
            let check = standard(SECRET, &headers(SIGNATURE), BODY, TIME + off);
            assert!(matches!(check, Check::Invalid { .. }), "{off}");
        }
    }

    #[test]
    fn one_fitting_signature_of_several_is_enough() {
        let header = format!("v1a,AAAA v1,AAAA {SIGNATURE}");
        assert_eq!(standard(SECRET, &headers(&header), BODY, TIME), Check::Valid);
    }

    #[test]
    fn what_does_not_fit_is_invalid() {
        let other = &BODY[..BODY.len() - 1];
        assert!(matches!(
            standard(SECRET, &headers(SIGNATURE), other, TIME),
            Check::Invalid { .. }
        ));
        for header in ["", "v1", &SIGNATURE[3..], &SIGNATURE.replace("v1,", "v2,")] {
            let check = standard(SECRET, &headers(header), BODY, TIME);
            assert!(matches!(check, Check::Invalid { .. }), "{header}");
        }
        let check = standard(SECRET, &HeaderMap::new(), BODY, TIME);
        assert_eq!(check, Check::Invalid { reason: "the header webhook-id is missing".to_owned() });
    }

    #[test]
    fn a_token_of_another_key_or_algorithm_is_invalid() {
        let sign = |header: &str, claims: &str, key: &str| {
            let signed =
                format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
            let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
            let tag = hmac::sign(&key, signed.as_bytes());
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref())).into_bytes()
        };
        let good = sign(r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"exp":100}"#, "k");
        assert!(is_jwt(&good));
        assert_eq!(jwt("k", &good, 99), Check::Valid);
        assert!(matches!(jwt("k", &good, 100), Check::Invalid { .. }));
        assert!(matches!(jwt("other", &good, 99), Check::Invalid { .. }));
        let none = sign(r#"{"alg":"none"}"#, r#"{"exp":100}"#, "k");
        assert!(matches!(jwt("k", &none, 99), Check::Invalid { .. }));
    }
}
