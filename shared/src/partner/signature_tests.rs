//! The vectors of Standard Webhooks, both directions.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::*;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../tests/fixtures/hooks/vectors.json")).unwrap()
}

fn text<'v>(vector: &'v Value, name: &str) -> &'v str {
    vector[name].as_str().unwrap_or_else(|| panic!("{name} of {vector}"))
}

fn headers(id: &str, timestamp: &str, signature: Option<&str>) -> HeaderMap {
    let pairs = [(ID, Some(id)), (TIMESTAMP, Some(timestamp)), (SIGNATURE, signature)];
    let value = |text: &str| HeaderValue::from_str(text).unwrap();
    pairs
        .into_iter()
        .filter_map(|(name, text)| Some((HeaderName::from_static(name), value(text?))))
        .collect()
}

fn verified(vector: &Value) -> Result<(), NotGenuine> {
    let headers = headers(text(vector, "id"), text(vector, "timestamp"), vector["header"].as_str());
    let key = Key::parse(text(vector, "key")).unwrap();
    let now = Time::from_millis(vector["now"].as_i64().unwrap() * 1000);
    verify(&key, &headers, text(vector, "body").as_bytes(), now).map(drop)
}

/// T74 (hook test 1): each vector is signed as printed and verifies.
#[test]
fn every_vector_is_signed_and_verifies() {
    let vectors = vectors();
    let list = vectors["sign"].as_array().unwrap();
    assert_eq!(list.len(), 9);
    for vector in list {
        let key = Key::parse(text(vector, "key")).unwrap();
        let (id, body) = (text(vector, "id"), text(vector, "body").as_bytes());
        let timestamp = vector["timestamp"].as_i64().unwrap();
        let signature = key.sign(id, timestamp, body).unwrap();
        assert_eq!(signature, text(vector, "signature"), "{}", vector["name"]);
        let verifying = vector["public_key"].as_str().map(|text| Key::parse(text).unwrap());
        let headers = headers(id, &timestamp.to_string(), Some(&signature));
        let now = Time::from_millis(timestamp * 1000);
        for key in [Some(key), verifying].into_iter().flatten() {
            assert_eq!(verify(&key, &headers, body, now), Ok(id), "{}", vector["name"]);
        }
    }
}

/// T74 (hook test 10): both keys sign while one replaces the other, the new one first.
#[test]
fn a_rotation_signs_with_both_keys() {
    let vectors = vectors();
    let rotation = &vectors["rotation"];
    let keys: Vec<_> = rotation["keys"].as_array().unwrap().iter().map(key_of).collect();
    let (id, body) = (text(rotation, "id"), text(rotation, "body").as_bytes());
    let timestamp = rotation["timestamp"].as_i64().unwrap();
    assert_eq!(header(&keys, id, timestamp, body), text(rotation, "header"));
}

fn key_of(text: &Value) -> Key {
    Key::parse(text.as_str().unwrap()).unwrap()
}

#[test]
fn what_must_verify_verifies() {
    let vectors = vectors();
    let list = vectors["must_verify"].as_array().unwrap();
    assert_eq!(list.len(), 9);
    for vector in list {
        assert_eq!(verified(vector), Ok(()), "{}", vector["name"]);
    }
}

#[test]
fn what_must_fail_fails() {
    let vectors = vectors();
    let list = vectors["must_fail"].as_array().unwrap();
    assert_eq!(list.len(), 19);
    for vector in list {
        assert!(verified(vector).is_err(), "{}", vector["name"]);
    }
}

#[test]
fn a_missing_header_is_named() {
    let key = Key::secret(&[7; SECRET_BYTES]);
    let now = Time::from_millis(0);
    let signature = key.sign("a", 0, b"{}").unwrap();
    for missing in [ID, TIMESTAMP, SIGNATURE] {
        let mut headers = headers("a", "0", Some(&signature));
        assert_eq!(verify(&key, &headers, b"{}", now), Ok("a"));
        headers.remove(missing);
        assert_eq!(verify(&key, &headers, b"{}", now), Err(NotGenuine::Missing(missing)));
    }
    let headers = headers("a", "+0", Some(&signature));
    assert_eq!(verify(&key, &headers, b"{}", now), Err(NotGenuine::Timestamp));
}

#[test]
fn a_key_is_written_with_padding_and_never_printed() {
    let key = Key::secret(&[0; SECRET_BYTES]);
    assert_eq!(key.reveal(), "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    assert_eq!(format!("{key:?}"), "***");
    assert_eq!(Key::parse(key.reveal()), Ok(key));
    for wrong in ["", "whsec_", "whsec_A", "whsk_AAAA", "whpk_AAAA", "whsec_AAAAAAAA A=="] {
        assert_eq!(Key::parse(wrong), Err(NotAKey), "{wrong}");
    }
}
