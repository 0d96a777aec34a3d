//! Signature Version 4 as AWS checks it: the call is written anew from what came, and signed with the key that it names.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HOST};
use ring::digest::{SHA256, digest};
use ring::hmac;

use super::call::Call;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What the header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) key_id: String,
    day: String,
    pub(super) region: String,
    pub(super) service: String,
    headers: Vec<String>,
    signature: String,
}

/// `None` if there is none, or none of this form.
pub(super) fn read(headers: &HeaderMap) -> Option<Proof> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix(ALGORITHM)?;
    let part = |name: &str| {
        text.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let scope: Vec<&str> = part("Credential")?.split('/').collect();
    let [key_id, day, region, service, "aws4_request"] = scope[..] else { return None };
    Some(Proof {
        key_id: key_id.to_owned(),
        day: day.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
        headers: part("SignedHeaders")?.split(';').map(str::to_owned).collect(),
        signature: part("Signature")?.to_owned(),
    })
}

/// Whether the call is signed so, all of what has to be.
pub(super) fn is_good(proof: &Proof, call: &Call, secret: &str) -> bool {
    let value = |name: &str| call.headers.get(name).and_then(|value| value.to_str().ok());
    let Some(stamp) = value("x-amz-date").filter(|stamp| stamp.starts_with(&proof.day)) else {
        return false;
    };
    let has = |name: &str| proof.headers.iter().any(|header| header == name);
    let hashed = hash(&call.body);
    if !has(HOST.as_str()) || !has("x-amz-date") || value("x-amz-content-sha256") != Some(&hashed) {
        return false;
    }
    let mut query: Vec<&str> =
        call.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).collect();
    query.sort_unstable();
    let mut lines = vec![call.method.to_string(), call.uri.path().to_owned(), query.join("&")];
    for name in &proof.headers {
        let Some(value) = value(name) else { return false };
        lines.push(format!("{name}:{}", value.trim()));
    }
    lines.extend([String::new(), proof.headers.join(";"), hashed]);
    let scope = format!("{}/{}/{}/aws4_request", proof.day, proof.region, proof.service);
    let text = format!("{ALGORITHM}\n{stamp}\n{scope}\n{}", hash(lines.join("\n").as_bytes()));
    let mut key = sign(format!("AWS4{secret}").as_bytes(), &proof.day);
    for part in [proof.region.as_str(), &proof.service, "aws4_request"] {
        key = sign(key.as_ref(), part);
    }
    hex::encode(sign(key.as_ref(), &text)) == proof.signature
}

fn sign(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}
