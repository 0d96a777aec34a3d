//! A service on loopback for tests: it keeps what it was asked and answers what it is told.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;

use crate::config::{Access, Service};
use crate::domain::channel::Secret;

/// What a service was asked.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// The service. It ends with the test's runtime.
pub(crate) struct StandIn {
    pub(crate) address: std::net::SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl StandIn {
    /// `answer` gives status and body.
    pub(crate) async fn start(
        answer: impl Fn(&Call) -> (u16, String) + Clone + Send + Sync + 'static,
    ) -> Self {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let kept = calls.clone();
        let router = Router::new().fallback(move |request: Request| {
            let (kept, answer) = (kept.clone(), answer.clone());
            async move {
                let (head, body) = request.into_parts();
                let call = Call {
                    method: head.method.to_string(),
                    path: head.uri.to_string(),
                    headers: head.headers,
                    body: body.collect().await.unwrap().to_bytes(),
                };
                let (status, body) = answer(&call);
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(call);
                (StatusCode::from_u16(status).unwrap(), body)
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, calls }
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All services are here.
    pub(crate) fn access(&self) -> Access {
        let here = format!("http://{}", self.address);
        Access {
            region: "eu-central-1".to_owned(),
            key_id: "key".to_owned(),
            secret_key: Secret::new("secret"),
            session_token: Some(Secret::new("token")),
            endpoints: Service::ALL.into_iter().map(|s| (s, here.clone())).collect(),
            ca_bundle: None,
        }
    }
}
