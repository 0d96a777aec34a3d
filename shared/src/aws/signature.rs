//! Signs calls for AWS (Signature Version 4), as far as operations need it that are one POST to the root of a service.
//! The key is derived once for all calls of a day.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use ring::digest::{SHA256, digest};
use ring::hmac;

use crate::config::Access;
use crate::domain::channel::Secret;
use crate::domain::time::Time;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Signs for one service.
#[derive(Debug)]
pub(super) struct Signer {
    service: &'static str,
    region: String,
    key_id: String,
    secret: Secret,
    /// A day, and its key.
    latest: Mutex<Option<(String, hmac::Key)>>,
}

impl Signer {
    pub(super) fn new(service: &'static str, access: &Access) -> Self {
        Self {
            service,
            region: access.region.clone(),
            key_id: access.key_id.clone(),
            secret: access.secret_key.clone(),
            latest: Mutex::default(),
        }
    }

    /// The header `authorization` of a POST to `/`. The headers are those that are sent and signed, by name in
    /// alphabetical order; `x-amz-date` among them is this stamp.
    pub(super) fn authorization(
        &self,
        stamp: &str,
        headers: &[(&'static str, &str)],
        body: &[u8],
    ) -> String {
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let mut canonical = String::from("POST\n/\n\n");
        for (name, value) in headers {
            canonical.extend([name, ":", value, "\n"]);
        }
        let _ = write!(canonical, "\n{names}\n{}", hash(body));
        let day = &stamp[..8];
        let (service, region) = (self.service, &self.region);
        let scope = format!("{day}/{region}/{service}/aws4_request");
        let text = format!("{ALGORITHM}\n{stamp}\n{scope}\n{}", hash(canonical.as_bytes()));
        let signature = hex::encode(hmac::sign(&self.key(day), text.as_bytes()));
        let key_id = &self.key_id;
        format!(
            "{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
    }

    fn key(&self, day: &str) -> hmac::Key {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, key)) = &*latest
            && of == day
        {
            return key.clone();
        }
        let secret = format!("AWS4{}", self.secret.reveal());
        let parts = [day, &self.region, self.service, "aws4_request"];
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

    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    use aws_sigv4::sign::v4;

    use super::*;
    use crate::aws::client::credentials;

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

    /// What the crate of AWS makes of the same call.
    fn theirs(headers: &[(&'static str, &str)], body: &[u8]) -> String {
        let identity = credentials(&access()).into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("sqs")
            .time(SystemTime::UNIX_EPOCH + SECOND)
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let uri = "https://sqs.us-east-1.amazonaws.com/";
        let sent = headers.iter().copied().filter(|(name, _)| !name.starts_with("x-amz-d"));
        let sent = sent.filter(|(name, _)| *name != "x-amz-security-token");
        let body = SignableBody::Bytes(body);
        let signable = SignableRequest::new("POST", uri, sent, body).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        let mut headers = instructions.headers();
        headers.find(|(name, _)| *name == "authorization").unwrap().1.to_owned()
    }

    #[test]
    fn calls_are_signed_as_aws_signs_them() {
        let signer = Signer::new("sqs", &access());
        let stamp = stamp(Time::from_millis(i64::try_from(SECOND.as_millis()).unwrap()));
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
