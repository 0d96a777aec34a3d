//! Standard Webhooks 1.0.0: signs a hook and verifies one, at a time that is given. What is signed and sent is in
//! `partner::hook`.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use ring::hmac;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::domain::time::Time;

/// Header names of the standard.
pub const ID: &str = "webhook-id";
pub const TIMESTAMP: &str = "webhook-timestamp";
pub const SIGNATURE: &str = "webhook-signature";

/// How far a timestamp may lie from the receiver's clock, in seconds; exactly so far is accepted.
pub const TOLERANCE_S: u64 = 300;

/// Random bytes of a secret that we make.
pub const SECRET_BYTES: usize = 32;

/// A text that is no key. It never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be whsec_, whsk_ or whpk_ and base64 with padding")]
pub struct NotAKey;

/// Why a hook is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotGenuine {
    #[error("the header {0} is missing")]
    Missing(&'static str),
    #[error("webhook-timestamp must be whole seconds since 1970")]
    Timestamp,
    #[error("webhook-timestamp is more than five minutes away from now")]
    Stale,
    #[error("no signature is right")]
    Signature,
}

/// A key that signs or verifies. It prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    text: String,
    kind: Kind,
}

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    /// `whsec_`: HMAC-SHA256, version `v1`.
    Secret(Vec<u8>),
    /// `whsk_`: Ed25519, version `v1a`; seed, then public key.
    Private([u8; 64]),
    /// `whpk_`: Ed25519, verifies only.
    Public([u8; 32]),
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Key {
    /// A secret out of random bytes.
    pub fn secret(bytes: &[u8; SECRET_BYTES]) -> Self {
        let text = format!("whsec_{}", STANDARD.encode(bytes));
        Self { text, kind: Kind::Secret(bytes.to_vec()) }
    }

    /// A key as it is written. A text without a prefix is taken for a secret.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let decode = |part: &str| STANDARD.decode(part).map_err(|_| NotAKey);
        let kind = if let Some(part) = text.strip_prefix("whsk_") {
            let bytes: [u8; 64] = decode(part)?.try_into().map_err(|_| NotAKey)?;
            pair(&bytes).ok_or(NotAKey)?;
            Kind::Private(bytes)
        } else if let Some(part) = text.strip_prefix("whpk_") {
            Kind::Public(decode(part)?.try_into().map_err(|_| NotAKey)?)
        } else {
            let bytes = decode(text.strip_prefix("whsec_").unwrap_or(text))?;
            if bytes.is_empty() {
                return Err(NotAKey);
            }
            Kind::Secret(bytes)
        };
        Ok(Self { text: text.to_owned(), kind })
    }

    /// As it is written. Only for whoever may know it.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// One element of the signature header; `None` for a public key.
    pub fn sign(&self, id: &str, timestamp_s: i64, body: &[u8]) -> Option<String> {
        let message = message(id, timestamp_s, body);
        match &self.kind {
            Kind::Secret(bytes) => {
                let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes), &message);
                Some(format!("v1,{}", STANDARD.encode(tag)))
            }
            Kind::Private(bytes) => {
                let signature = pair(bytes)?.sign(&message);
                Some(format!("v1a,{}", STANDARD.encode(signature)))
            }
            Kind::Public(_) => None,
        }
    }

    /// Whether one element of the header is this key's signature. Compared in constant time.
    fn accepts(&self, version: &str, encoded: &str, message: &[u8]) -> bool {
        let Ok(given) = STANDARD.decode(encoded) else { return false };
        let ed25519 = |public: &[u8]| {
            UnparsedPublicKey::new(&ED25519, public).verify(message, &given).is_ok()
        };
        match (&self.kind, version) {
            (Kind::Secret(bytes), "v1") => {
                hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, bytes), message, &given).is_ok()
            }
            (Kind::Private(bytes), "v1a") => ed25519(&bytes[32..]),
            (Kind::Public(bytes), "v1a") => ed25519(bytes),
            (Kind::Secret(_) | Kind::Private(_) | Kind::Public(_), _) => false,
        }
    }
}

/// The signature header: one element per key, the newest first.
pub fn header(keys: &[Key], id: &str, timestamp_s: i64, body: &[u8]) -> String {
    keys.iter().filter_map(|key| key.sign(id, timestamp_s, body)).collect::<Vec<_>>().join(" ")
}

/// Whether whoever has the key sent these very bytes just now. Returns the id, which the receiver has to look up.
pub fn verify<'h>(
    key: &Key,
    headers: &'h HeaderMap,
    body: &[u8],
    now: Time,
) -> Result<&'h str, NotGenuine> {
    let text = |name| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.filter(|value| !value.is_empty()).ok_or(NotGenuine::Missing(name))
    };
    let (id, timestamp, signatures) = (text(ID)?, text(TIMESTAMP)?, text(SIGNATURE)?);
    if !timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NotGenuine::Timestamp);
    }
    let timestamp_s: i64 = timestamp.parse().map_err(|_| NotGenuine::Timestamp)?;
    if now.seconds().abs_diff(timestamp_s) > TOLERANCE_S {
        return Err(NotGenuine::Stale);
    }
    let message = message(id, timestamp_s, body);
    signatures
        .split(' ')
        .filter_map(|element| element.split_once(','))
        .any(|(version, encoded)| key.accepts(version, encoded, &message))
        .then_some(id)
        .ok_or(NotGenuine::Signature)
}

fn message(id: &str, timestamp_s: i64, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp_s.to_string().as_bytes(), b".", body].concat()
}

fn pair(bytes: &[u8; 64]) -> Option<Ed25519KeyPair> {
    let pair = Ed25519KeyPair::from_seed_and_public_key(&bytes[..32], &bytes[32..]).ok()?;
    (pair.public_key().as_ref() == &bytes[32..]).then_some(pair)
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
