//! The Lambda runtime's interface for one function: it hands out events one by one and takes the answers.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

/// What a function told the runtime.
enum Said {
    /// It wants work: what it had is done.
    Asked,
    Answered(Bytes),
    Failed(Bytes),
}

/// The runtime's side of a function.
pub(crate) struct Lambda {
    /// Host and port.
    pub(crate) address: String,
    events: UnboundedSender<Bytes>,
    said: UnboundedReceiver<Said>,
    server: JoinHandle<()>,
}

struct Served {
    events: Mutex<mpsc::UnboundedReceiver<Bytes>>,
    said: UnboundedSender<Said>,
}

impl Lambda {
    pub(crate) async fn start() -> Self {
        let (events, waiting) = unbounded_channel();
        let (tell, said) = unbounded_channel();
        let served = Arc::new(Served { events: Mutex::new(waiting), said: tell });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .fallback(failed)
            .with_state(served);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port of loopback");
        let address = listener.local_addr().expect("it is bound").to_string();
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("loopback stays");
        });
        Self { address, events, said, server }
    }

    /// Waits until the function asks for its first work.
    pub(crate) async fn asked(&mut self) {
        match self.said.recv().await {
            Some(Said::Asked) => {}
            Some(Said::Answered(body) | Said::Failed(body)) => {
                panic!("it spoke before it was asked: {}", String::from_utf8_lossy(&body))
            }
            None => panic!("the runtime's interface has ended"),
        }
    }

    /// One invocation, until the function asks for more. It must answer with 200.
    pub(crate) async fn invoke(&mut self, event: &Bytes) {
        self.events.send(event.clone()).expect("it is served");
        match self.said.recv().await {
            Some(Said::Answered(body)) => {
                let answer: Value = serde_json::from_slice(&body).expect("an answer is JSON");
                assert_eq!(answer["statusCode"], 200, "{answer}");
            }
            Some(Said::Failed(body)) => panic!("it failed: {}", String::from_utf8_lossy(&body)),
            Some(Said::Asked) | None => panic!("it asked for more without an answer"),
        }
        self.asked().await;
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(served): State<Arc<Served>>) -> impl IntoResponse {
    let mut events = served.events.lock().await;
    // Nobody listens once the function is being ended.
    let _ = served.said.send(Said::Asked);
    let Some(event) = events.recv().await else { return Err(StatusCode::GONE) };
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:111122223333:function:function",
        ),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"),
        ("content-type", "application/json"),
    ];
    Ok((headers.map(|(name, value)| (HeaderName::from_static(name), value)), event))
}

async fn answered(State(served): State<Arc<Served>>, body: Bytes) -> StatusCode {
    let _ = served.said.send(Said::Answered(body));
    StatusCode::ACCEPTED
}

/// The paths of errors, and anything unknown.
async fn failed(State(served): State<Arc<Served>>, body: Bytes) -> StatusCode {
    let _ = served.said.send(Said::Failed(body));
    StatusCode::ACCEPTED
}
