//! Signs calls for AWS (Signature Version 4): ours, which are one POST to the root of a service, under the function's
//! own key, and those of a provider that is a service of AWS, under the channel's. What our own calls are signed with is
//! derived once for all of a day.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use ring::digest::{SHA256, digest};
use ring::hmac;

use crate::config::Access;
use crate::domain::aws_key::AwsKey;
use crate::domain::time::Time;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Signs for one service.
#[derive(Debug)]
pub(super) struct Signer {
    key: AwsKey,
    /// A day, and its key.
    latest: Mutex<Option<(String, hmac::Key)>>,
}

/// Signs a call that is to leave under a key of its own ([`AwsKey`]); any other stays as it is. Path and query must be
/// written as they are signed: the path of unreserved characters, the query encoded.
pub fn sign(request: &mut http::Request<Vec<u8>>, now: Time) {
    let Some(key) = request.extensions_mut().remove::<AwsKey>() else { return };
    let (stamp, hashed) = (stamp(now), hash(request.body()));
    let (uri, sent) = (request.uri(), request.headers().get(CONTENT_TYPE));
    let content_type = sent.and_then(|value| value.to_str().ok());
    let mut headers = Vec::from_iter(content_type.map(|value| ("content-type", value)));
    headers.push(("host", uri.authority().map_or("", |authority| authority.as_str())));
    headers.extend([(CONTENT_HASH, hashed.as_str()), (DATE, stamp.as_str())]);
    let mut query: Vec<&str> = uri.query().unwrap_or_default().split('&').collect();
    query.sort_unstable();
    let what = [request.method().as_str(), uri.path(), &query.join("&")].join("\n");
    let authorization = Signer::under(key).signed(&stamp, &what, &headers, &hashed);
    for (name, value) in [(CONTENT_HASH, hashed), (DATE, stamp)] {
        let value = HeaderValue::try_from(value);
        request.headers_mut().extend(value.map(|value| (HeaderName::from_static(name), value)));
    }
    if let Ok(mut value) = HeaderValue::try_from(authorization) {
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
}

const CONTENT_HASH: &str = "x-amz-content-sha256";
const DATE: &str = "x-amz-date";

impl Signer {
    /// Under the key of the function itself.
    pub(super) fn new(service: &'static str, access: &Access) -> Self {
        Self::under(AwsKey {
            service,
            region: access.region.clone(),
            id: access.key_id.clone(),
            secret: access.secret_key.clone(),
        })
    }

    fn under(key: AwsKey) -> Self {
        Self { key, latest: Mutex::default() }
    }

    /// The header `authorization` of a POST to `/`. The headers are those that are sent and signed, by name in
    /// alphabetical order; `x-amz-date` among them is this stamp.
    pub(super) fn authorization(
        &self,
        stamp: &str,
        headers: &[(&'static str, &str)],
        body: &[u8],
    ) -> String {
        self.signed(stamp, "POST\n/\n", headers, &hash(body))
    }

    /// Of a call of which this is what: method, path and query, a line each.
    fn signed(
        &self,
        stamp: &str,
        what: &str,
        headers: &[(&'static str, &str)],
        hashed: &str,
    ) -> String {
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let mut canonical = format!("{what}\n");
        for (name, value) in headers {
            canonical.extend([name, ":", value, "\n"]);
        }
        let _ = write!(canonical, "\n{names}\n{hashed}");
        let day = &stamp[..8];
        let AwsKey { service, region, id, .. } = &self.key;
        let scope = format!("{day}/{region}/{service}/aws4_request");
        let text = format!("{ALGORITHM}\n{stamp}\n{scope}\n{}", hash(canonical.as_bytes()));
        let signature = hex::encode(hmac::sign(&self.key(day), text.as_bytes()));
        format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
    }

    fn key(&self, day: &str) -> hmac::Key {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, key)) = &*latest
            && of == day
        {
            return key.clone();
        }
        let AwsKey { service, region, secret, .. } = &self.key;
        let secret = format!("AWS4{}", secret.reveal());
        let parts = [day, region, service, "aws4_request"];
        let key = parts.iter().fold(hmac_key(secret.as_bytes()), |key, part| {
            hmac_key(hmac::sign(&key, part.as_bytes()).as_ref())
        });
        *latest = Some((day.to_owned(), key.clone()));
        key
    }
}

/// A time as signatures write it: `20260102T030405Z`.
pub(super) fn stamp(time: Time) -> String {
    let mut stamp = time.to_string();
    stamp.truncate("2026-01-02T03:04:05".len());
    stamp.retain(|c| c != '-' && c != ':');
    stamp.push('Z');
    stamp
}

/// The host of an address, as it is sent and signed.
pub(super) fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

fn hmac_key(bytes: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, bytes)
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use aws_sigv4::http_request::{
        PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign as theirs_of,
    };
    use aws_sigv4::sign::v4;

    use super::*;
    use crate::aws::client::credentials;
    use crate::domain::channel::Secret;

    const SECOND: Duration = Duration::from_secs(1_767_323_045);

    fn access() -> Access {
        Access {
            region: "us-east-1".to_owned(),
            key_id: "AKIDEXAMPLE".to_owned(),
            secret_key: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session_token: Some(Secret::new("SESSIONTOKENEXAMPLE")),
            endpoints: std::collections::BTreeMap::new(),
            ca_bundle: None,
        }
    }

    fn now() -> Time {
        Time::from_millis(i64::try_from(SECOND.as_millis()).unwrap())
    }

    /// What the crate of AWS makes of the same call.
    fn theirs(headers: &[(&'static str, &str)], body: &[u8]) -> String {
        let sent = headers.iter().copied().filter(|(name, _)| !name.starts_with("x-amz-d"));
        let sent = sent.filter(|(name, _)| *name != "x-amz-security-token");
        let request = ("POST", "https://sqs.us-east-1.amazonaws.com/");
        theirs_for("sqs", &access(), request, sent, body, SigningSettings::default())
    }

    fn theirs_for<'a>(
        service: &str,
        access: &Access,
        (method, uri): (&'a str, &'a str),
        sent: impl Iterator<Item = (&'a str, &'a str)>,
        body: &'a [u8],
        settings: SigningSettings,
    ) -> String {
        let identity = credentials(access).into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name(service)
            .time(SystemTime::UNIX_EPOCH + SECOND)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let signable = SignableRequest::new(method, uri, sent, SignableBody::Bytes(body)).unwrap();
        let (instructions, _) = theirs_of(signable, &params).unwrap().into_parts();
        let mut headers = instructions.headers();
        headers.find(|(name, _)| *name == "authorization").unwrap().1.to_owned()
    }

    /// A provider's call is signed as AWS signs it: in any method, with a query, with and without a body.
    #[test]
    fn a_call_under_a_key_of_its_own_is_signed_with_it() {
        let own = Access { session_token: None, ..access() };
        let host = "https://social-messaging.us-east-1.amazonaws.com";
        for (method, path, kind, body) in [
            ("POST", "/v1/whatsapp/send", Some("application/json"), "{\"message\":\"e30=\"}"),
            ("GET", "/v1/whatsapp/template/list?nextToken=a%2Bb%3D&id=waba-1", None, ""),
            ("DELETE", "/v1/whatsapp/template?id=waba-1&templateName=t", None, ""),
        ] {
            let uri = format!("{host}{path}");
            let mut request = http::Request::builder().method(method).uri(&uri);
            if let Some(kind) = kind {
                request = request.header(CONTENT_TYPE, kind);
            }
            let mut request = request.body(body.as_bytes().to_vec()).unwrap();
            sign(&mut request, now());
            assert!(!request.headers().contains_key(AUTHORIZATION), "nobody asked for it");
            request.extensions_mut().insert(AwsKey {
                service: "social-messaging",
                region: own.region.clone(),
                id: own.key_id.clone(),
                secret: own.secret_key.clone(),
            });
            sign(&mut request, now());
            let mut settings = SigningSettings::default();
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            let sent = kind.map(|kind| ("content-type", kind)).into_iter();
            let what = (method, uri.as_str());
            let theirs =
                theirs_for("social-messaging", &own, what, sent, body.as_bytes(), settings);
            assert_eq!(request.headers()[AUTHORIZATION], theirs, "{path}");
            assert_eq!(request.headers()["x-amz-date"], "20260102T030405Z");
            assert!(request.extensions().get::<AwsKey>().is_none());
        }
    }

    #[test]
    fn calls_are_signed_as_aws_signs_them() {
        let signer = Signer::new("sqs", &access());
        let stamp = stamp(now());
        assert_eq!(stamp, "20260102T030405Z");
        let headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("host", "sqs.us-east-1.amazonaws.com"),
            ("x-amz-date", &stamp),
            ("x-amz-security-token", "SESSIONTOKENEXAMPLE"),
            ("x-amz-target", "AmazonSQS.SendMessage"),
        ];
        let long = "ñ".repeat(1000);
        for body in ["{\"MessageBody\":\"hola\"}", "", &long] {
            // The second time with the key that was kept.
            for _ in 0..2 {
                let ours = signer.authorization(&stamp, &headers, body.as_bytes());
                assert_eq!(ours, theirs(&headers, body.as_bytes()));
            }
        }
    }

    #[test]
    fn each_day_has_its_key() {
        let signer = Signer::new("sqs", &access());
        let sign = |stamp| signer.authorization(stamp, &[("x-amz-date", stamp)], b"");
        let first = sign("20260102T030405Z");
        assert_ne!(sign("20260103T030405Z"), first);
        assert_eq!(sign("20260102T030405Z"), first);
    }
}
