//! What the topic posts: the envelope of Amazon SNS, whether the topic of the channel wrote it, and how it is told that
//! the address is ours. A signature is by the key of a certificate that lies at SNS itself; only the newer of the two
//! forms is taken, since the older rests on SHA-1.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request, StatusCode, Uri};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use url::Url;
use webpki::EndEntityCert;
use webpki::ring::RSA_PKCS1_2048_8192_SHA256;

use super::settings::{TOPIC_ARN, topic_region};
use crate::domain::channel::OpenChannel;
use crate::provider::{Refused, cloud, request};

/// SHA-256, which a topic has where its `SignatureVersion` is set to 2.
const SIGNATURE_VERSION: &str = "2";

/// The envelope. All of it is signed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Posted {
    #[serde(rename = "Type")]
    pub(super) kind: String,
    pub(super) message_id: String,
    pub(super) message: String,
    topic_arn: String,
    subject: Option<String>,
    timestamp: String,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
}

/// What brings something to read.
pub(super) const NOTIFICATION: &str = "Notification";
/// What asks whether the address is ours.
const CONFIRMATION: &str = "SubscriptionConfirmation";
/// All there are.
const KINDS: [&str; 3] = [NOTIFICATION, CONFIRMATION, "UnsubscribeConfirmation"];

impl Posted {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        cloud::read(serde_json::from_slice(body).ok())
    }

    /// Everything but the signature itself: whose topic it is, how it is signed, and how its certificate is had.
    pub(super) fn check(&self, channel: &OpenChannel) -> Result<Request<Vec<u8>>, Refused> {
        let ours = channel.setting(TOPIC_ARN, "");
        if ours.is_empty() || self.topic_arn != ours {
            return Err(refused("TopicArn is not the channel's topic"));
        }
        // The signed text ends with topic and type: with a type of many lines it could be another topic's.
        if !KINDS.contains(&self.kind.as_str()) {
            return Err(refused("Type must be one that SNS has"));
        }
        if self.signature_version != SIGNATURE_VERSION {
            return Err(refused("SignatureVersion must be 2: set it on the topic"));
        }
        get(channel, &self.signing_cert_url)
            .filter(|request| is_certificate(request.uri()))
            .ok_or_else(|| refused("SigningCertURL must be a certificate of SNS"))
    }

    /// By the key of this certificate, as PEM.
    pub(super) fn verify(&self, certificate: &[u8]) -> Result<(), Refused> {
        const UNREADABLE: &str = "the certificate cannot be read";
        let certificate =
            CertificateDer::from_pem_slice(certificate).map_err(|_| refused(UNREADABLE))?;
        let certificate = EndEntityCert::try_from(&certificate).map_err(|_| refused(UNREADABLE))?;
        let signature =
            STANDARD.decode(&self.signature).map_err(|_| refused("Signature must be base64"))?;
        certificate
            .verify_signature(RSA_PKCS1_2048_8192_SHA256, self.signed().as_bytes(), &signature)
            .map_err(|_| refused("Signature does not match the message"))
    }

    /// What is signed: names and values, a line each, by name.
    fn signed(&self) -> String {
        let mut text = String::new();
        let mut push = |name: &str, value: &str| text.extend([name, "\n", value, "\n"]);
        push("Message", &self.message);
        push("MessageId", &self.message_id);
        if self.kind == NOTIFICATION {
            if let Some(subject) = &self.subject {
                push("Subject", subject);
            }
        } else {
            push("SubscribeURL", self.subscribe_url.as_deref().unwrap_or_default());
        }
        push("Timestamp", &self.timestamp);
        if self.kind != NOTIFICATION {
            push("Token", self.token.as_deref().unwrap_or_default());
        }
        push("TopicArn", &self.topic_arn);
        push("Type", &self.kind);
        text
    }

    /// The visit that confirms the subscription, if this asks for it.
    pub(super) fn confirm(&self, channel: &OpenChannel) -> Option<Request<Vec<u8>>> {
        let url = self.subscribe_url.as_deref().filter(|_| self.kind == CONFIRMATION)?;
        get(channel, url)
    }
}

/// A visit to an address of SNS in the topic's region: nothing else is called because a stranger names it. Where the channel
/// has an address of its own for AWS, it is there.
fn get(channel: &OpenChannel, text: &str) -> Option<Request<Vec<u8>>> {
    let url = Url::parse(text).ok()?;
    let is_there = match channel.setting("base_url", "") {
        "" => {
            let region = topic_region(channel);
            let host = format!("sns.{region}.{}", super::call::suffix(region));
            url.scheme() == "https" && url.port().is_none() && url.host_str() == Some(&*host)
        }
        base => text.starts_with(&format!("{}/", base.trim_end_matches('/'))),
    };
    let is_bare = url.username().is_empty() && url.password().is_none();
    (is_there && is_bare).then(|| request::to(Method::GET, url.as_str()))
}

/// `/SimpleNotificationService-<hex digits>.pem`, and nothing that SNS would answer with what somebody asks.
fn is_certificate(uri: &Uri) -> bool {
    let name = uri.path().rsplit('/').next().unwrap_or_default();
    let digits = name.strip_prefix("SimpleNotificationService-");
    let digits = digits.and_then(|rest| rest.strip_suffix(".pem"));
    let is_named = |digits: &str| digits.bytes().all(|b| b.is_ascii_hexdigit());
    uri.query().is_none() && digits.is_some_and(is_named)
}

pub(super) fn refused(message: &'static str) -> Refused {
    Refused { status: StatusCode::UNAUTHORIZED, message }
}
