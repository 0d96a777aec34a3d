//! Calls of services whose operations are one signed POST with JSON in it: the queue and the key service. Their own
//! crates hold a hundred operations of which five are used, each costs a millisecond at a start and a third of the
//! processor's time of a webhook. What is tried again, and when, is as there; connections are those of all clients.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::client::{ATTEMPT, ATTEMPTS, BACKOFF};
use super::is_final;
use super::signature::{Signer, host, stamp};
use crate::config::{Access, Service};
use crate::domain::time::Time;
use crate::error::Error;

/// Refusals that are for now only, besides all with a status of 500 and more.
const FOR_NOW: [&str; 7] = [
    "LimitExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "SlowDown",
    "Throttl",
    "TooManyRequests",
];

/// A service, and how it speaks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    pub(super) service: Service,
    /// In front of each operation's name.
    pub(super) target: &'static str,
    pub(super) content_type: &'static str,
}

/// Calls a service.
#[derive(Debug, Clone)]
pub struct Json(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dialect: Dialect,
    http: SharedHttpConnector,
    uri: String,
    host: String,
    token: Option<String>,
    signer: Signer,
    time: SharedTimeSource,
    random: SystemRandom,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallFailed {
    #[error("{code}: {message}")]
    Refused { status: u16, code: String, message: String },
    #[error("there was no answer")]
    NoAnswer(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the answer cannot be read")]
    Garbled(#[source] serde_json::Error),
    #[error("the call cannot be written")]
    Unwritten(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What a refusal says in its body.
#[derive(Default, Deserialize)]
struct Said {
    #[serde(rename = "__type", alias = "code")]
    code: Option<String>,
    #[serde(alias = "Message")]
    message: Option<String>,
}

impl Json {
    pub(super) fn new(
        dialect: Dialect,
        access: &Access,
        http: SharedHttpConnector,
        time: SharedTimeSource,
    ) -> Self {
        let endpoint = access.endpoint(dialect.service);
        Self(Arc::new(Inner {
            dialect,
            http,
            uri: format!("{endpoint}/"),
            host: host(&endpoint).to_owned(),
            token: access.session_token.as_ref().map(|token| token.reveal().to_owned()),
            signer: Signer::new(dialect.service.name(), access),
            time,
            random: SystemRandom::new(),
        }))
    }

    /// One operation, tried again where that may help.
    pub(super) async fn call<R: DeserializeOwned>(
        &self,
        operation: &str,
        asked: &impl Serialize,
    ) -> Result<R, CallFailed> {
        let body = serde_json::to_vec(asked).map_err(|e| CallFailed::Unwritten(e.into()))?;
        let body = Bytes::from(body);
        let mut id = [0; 16];
        self.fill(&mut id);
        let id = hex::encode(id);
        let mut attempt = 1;
        loop {
            let failed = match self.attempt(operation, &body, &id, attempt).await {
                Ok(answer) if answer.is_empty() => {
                    return serde_json::from_str("{}").map_err(CallFailed::Garbled);
                }
                Ok(answer) => return serde_json::from_slice(&answer).map_err(CallFailed::Garbled),
                Err(failed) => failed,
            };
            if attempt == ATTEMPTS || !failed.is_for_now() {
                return Err(failed);
            }
            tokio::time::sleep(self.backoff(attempt)).await;
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        operation: &str,
        body: &Bytes,
        id: &str,
        attempt: u32,
    ) -> Result<Bytes, CallFailed> {
        let request = self.request(operation, body, id, attempt)?;
        let answered = async {
            let response = self.0.http.call(request).await?;
            let (status, told) = (response.status().as_u16(), told_code(&response));
            let body = response.into_body().collect().await?.to_bytes();
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>((status, told, body))
        };
        let answer = tokio::time::timeout(ATTEMPT, answered).await;
        let answer = answer.map_err(|e| CallFailed::NoAnswer(e.into()))?;
        let (status, told, body) = answer.map_err(CallFailed::NoAnswer)?;
        if (200..300).contains(&status) {
            return Ok(body);
        }
        let said: Said = serde_json::from_slice(&body).unwrap_or_default();
        let code = told.or(said.code).unwrap_or_else(|| status.to_string());
        let code = code.rsplit('#').next().unwrap_or_default().to_owned();
        Err(CallFailed::Refused { status, code, message: said.message.unwrap_or_default() })
    }

    fn request(
        &self,
        operation: &str,
        body: &Bytes,
        id: &str,
        attempt: u32,
    ) -> Result<HttpRequest, CallFailed> {
        let inner = &*self.0;
        let target = format!("{}.{operation}", inner.dialect.target);
        let since = inner.time.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = Time::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        let stamp = stamp(now);
        let mut headers = vec![
            ("content-type", inner.dialect.content_type),
            ("host", inner.host.as_str()),
            ("x-amz-date", stamp.as_str()),
        ];
        headers.extend(inner.token.as_deref().map(|token| ("x-amz-security-token", token)));
        headers.push(("x-amz-target", &target));
        let authorization = inner.signer.authorization(&stamp, &headers, body);
        let unwritten = |e: Box<dyn std::error::Error + Send + Sync>| CallFailed::Unwritten(e);
        let mut request = HttpRequest::new(body.clone().into());
        request.set_method("POST").map_err(|e| unwritten(e.into()))?;
        request.set_uri(inner.uri.as_str()).map_err(|e| unwritten(e.into()))?;
        let number = format!("attempt={attempt}; max={ATTEMPTS}");
        let unsigned = [
            ("authorization", &authorization[..]),
            ("amz-sdk-invocation-id", id),
            ("amz-sdk-request", &number),
        ];
        // The client names the host by itself, as it is signed here.
        let sent = headers.into_iter().filter(|(name, _)| *name != "host").chain(unsigned);
        for (name, value) in sent {
            let value = value.to_owned();
            request.headers_mut().try_insert(name, value).map_err(|e| unwritten(e.into()))?;
        }
        Ok(request)
    }

    /// Twice as long each time at most, and by chance shorter, so that not all come back in one moment.
    fn backoff(&self, attempt: u32) -> Duration {
        let mut chance = [0];
        self.fill(&mut chance);
        (BACKOFF * 2_u32.pow(attempt - 1)).mul_f64(f64::from(chance[0]) / 255.0)
    }

    /// Neither ids nor pauses are secrets: without random bytes they are zeros.
    fn fill(&self, bytes: &mut [u8]) {
        let _ = self.0.random.fill(bytes);
    }
}

/// `AWS.SimpleQueueService.NonExistentQueue` of `…;Sender`, or the type of an error without its address.
fn told_code(response: &HttpResponse) -> Option<String> {
    let told = response.headers().get("x-amzn-errortype")?;
    told.split([':', ';']).next().map(str::to_owned)
}

impl CallFailed {
    fn is_for_now(&self) -> bool {
        match self {
            Self::NoAnswer(_) => true,
            Self::Refused { status, code, .. } => {
                *status >= 500 || *status == 429 || FOR_NOW.iter().any(|word| code.contains(word))
            }
            Self::Garbled(_) | Self::Unwritten(_) => false,
        }
    }

    /// A refusal that no second try can help is a fault of ours, anything else is a service that did not do its part.
    pub(super) fn meaning(self, service: &'static str) -> Error {
        match &self {
            Self::Refused { code, message, .. } if is_final(code) => {
                Error::internal(format!("{service} refused a call: {code}: {message}"))
            }
            Self::Unwritten(_) => {
                Error::internal(format!("a call of the {service} cannot be written"))
            }
            Self::Refused { .. } | Self::NoAnswer(_) | Self::Garbled(_) => {
                Error::unavailable(service, self)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::{Value, json};

    use super::*;
    use crate::aws::client::{Clients, SQS};
    use crate::aws::stand_in::StandIn;

    /// A service that answers so, first this and then that; what came of a call, and how often it was made.
    async fn called(answers: &'static [(u16, &'static str)]) -> (Result<Value, CallFailed>, usize) {
        let count = Arc::new(AtomicUsize::new(0));
        let stand_in = StandIn::start(move |_| {
            let place = count.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
            (answers[place].0, answers[place].1.to_owned())
        })
        .await;
        let sqs = Clients::new(&stand_in.access()).unwrap().json(SQS);
        let answer = sqs.call("SendMessage", &json!({ "MessageBody": "hola" })).await;
        for call in stand_in.calls() {
            assert_eq!((call.method.as_str(), call.path.as_str()), ("POST", "/"));
            assert_eq!(call.headers["x-amz-target"], "AmazonSQS.SendMessage");
            assert_eq!(call.headers["x-amz-security-token"], "token");
            assert_eq!(call.headers["host"], stand_in.address.to_string());
            let signature = call.headers["authorization"].to_str().unwrap();
            assert!(signature.contains("/eu-central-1/sqs/aws4_request"), "{signature}");
            assert_eq!(call.json(), json!({ "MessageBody": "hola" }));
        }
        (answer, stand_in.calls().len())
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_three_times_and_the_rest_once() {
        const THROTTLED: &str = r#"{"__type":"ThrottlingException","message":"later"}"#;
        const GONE: &str = r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"}"#;
        for (answers, calls, code) in [
            (&[(200, r#"{"MessageId":"m"}"#)][..], 1, ""),
            (&[(500, "<html>"), (400, THROTTLED), (200, "{}")], 3, ""),
            (&[(429, ""), (200, "")], 2, ""),
            (&[(503, "{}")], 3, "503"),
            (&[(400, THROTTLED)], 3, "ThrottlingException"),
            (&[(400, GONE)], 1, "QueueDoesNotExist"),
            (&[(200, "<html>")], 1, "garbled"),
        ] {
            let (answer, made) = called(answers).await;
            let told = match answer {
                Ok(_) => String::new(),
                Err(CallFailed::Refused { code, .. }) => code,
                Err(CallFailed::Garbled(_)) => "garbled".to_owned(),
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!((told.as_str(), made), (code, calls), "{answers:?}");
        }
    }

    #[tokio::test]
    async fn who_does_not_listen_is_unavailable() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let mut access = StandIn::start(|_| (200, String::new())).await.access();
        let here = format!("http://{address}");
        access.endpoints.values_mut().for_each(|endpoint| endpoint.clone_from(&here));
        let sqs = Clients::new(&access).unwrap().json(SQS);
        let failed = sqs.call::<Value>("SendMessage", &json!({})).await.unwrap_err();
        assert!(matches!(failed, CallFailed::NoAnswer(_)), "{failed:?}");
        assert!(failed.meaning("queue").is_transient());
    }
}
