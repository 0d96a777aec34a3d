//! The network of a story: everything that the gateway calls and everything that is posted to it, in this process.
//! Addresses that nobody plays are not reached.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderValue, Request, Response, Uri, header};
use shared::aws::signature::sign;
use shared::aws::system::WallClock;
use shared::ports::{CallError, Clock, Http, Reach};
use simulator::fault::Hold;
use simulator::post::Post;
use simulator::{Simulator, WebhookPost};
use tower::ServiceExt;

use crate::fate::Fate;

/// Where the simulator is: `https://simulator.test/<carrier>/…`.
pub const SIMULATOR: &str = "https://simulator.test";
/// Where the gateway is.
pub const GATEWAY: &str = "https://gateway.test";
/// Customers' servers: `https://<name>.customer.example/…` is the simulator's hook receiver of that name.
const CUSTOMERS: &str = ".customer.example";

const BODY_BYTES_MAX: usize = 128 * 1024 * 1024;

/// A call that the gateway made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    pub method: String,
    pub host: String,
    pub path: String,
    /// `None`: no answer came.
    pub status: Option<u16>,
}

/// Both directions.
pub struct Wire {
    fate: Arc<Fate>,
    gateway: OnceLock<Router>,
    simulator: OnceLock<(Simulator, Router)>,
    called: Mutex<Vec<Called>>,
    posted: Mutex<Vec<WebhookPost>>,
}

impl Wire {
    pub(crate) fn new(fate: Arc<Fate>) -> Self {
        let (gateway, simulator) = (OnceLock::new(), OnceLock::new());
        Self { fate, gateway, simulator, called: Mutex::default(), posted: Mutex::default() }
    }

    /// Connects the two sides; each needs the wire before it exists.
    pub(crate) fn connect(&self, gateway: Router, simulator: Simulator) {
        let router = simulator.router();
        let is_new =
            self.gateway.set(gateway).is_ok() && self.simulator.set((simulator, router)).is_ok();
        assert!(is_new, "a wire is connected once");
    }

    /// What the gateway called so far.
    pub fn called(&self) -> Vec<Called> {
        self.called.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What providers posted so far.
    pub fn posted(&self) -> Vec<WebhookPost> {
        self.posted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A call to the gateway, from whoever. `None`: its function died.
    pub async fn to_gateway(&self, request: Request<Vec<u8>>) -> Option<Response<Vec<u8>>> {
        let gateway = self.gateway.get().expect("the wire is connected").clone();
        let answered = self.fate.survives(answer(gateway, request.map(Body::from))).await;
        answered.map(|(response, _)| response)
    }

    async fn carry(
        &self,
        request: Request<Vec<u8>>,
        reach: Reach,
        timeout: Duration,
    ) -> Result<Response<Vec<u8>>, CallError> {
        let uri = request.uri().clone();
        let host = uri.host().unwrap_or_default().to_owned();
        if reach == Reach::Public && uri.scheme_str() != Some("https") {
            return Err(CallError::Forbidden { host, rule: "only https is called" });
        }
        let not_sent = || CallError::NotSent { host: host.clone(), source: None };
        let path = path(&uri).ok_or_else(not_sent)?;
        let (simulator, router) = self.simulator.get().ok_or_else(not_sent)?;
        let mut request = request;
        sign(&mut request, WallClock.now());
        let (mut parts, body) = request.into_parts();
        let name = HeaderValue::from_str(&host).map_err(|_| not_sent())?;
        parts.headers.insert(header::HOST, name);
        parts.uri = path.parse().map_err(|_| not_sent())?;
        let inward = Request::from_parts(parts, Body::from(body));
        let (response, hold) = answer(router.clone(), inward).await;
        let no_answer = || CallError::NoAnswer { host: host.clone(), source: None };
        match hold {
            Some(Hold::Lost) => Err(no_answer()),
            Some(Hold::Slow { millis }) if Duration::from_millis(millis) >= timeout => {
                Err(no_answer())
            }
            None | Some(Hold::Slow { .. }) => Ok(response),
            Some(Hold::PostsFirst) => {
                simulator.step().await;
                Ok(response)
            }
        }
    }
}

/// The simulator's path for an address.
fn path(uri: &Uri) -> Option<String> {
    let host = uri.host()?;
    if let Some(name) = host.strip_suffix(CUSTOMERS) {
        return Some(format!("/simulator/hooks/{name}"));
    }
    (host == "simulator.test")
        .then(|| uri.path_and_query().map_or("/", |path| path.as_str()).to_owned())
}

async fn answer(router: Router, request: Request<Body>) -> (Response<Vec<u8>>, Option<Hold>) {
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let hold = response.extensions().get::<Hold>().copied();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, BODY_BYTES_MAX).await.expect("a body of this process comes whole");
    (Response::from_parts(parts, bytes.to_vec()), hold)
}

#[async_trait]
impl Http for Wire {
    async fn call(
        &self,
        request: Request<Vec<u8>>,
        reach: Reach,
        timeout: Duration,
        body_bytes_max: usize,
    ) -> Result<Response<Vec<u8>>, CallError> {
        let method = request.method().to_string();
        let host = request.uri().host().unwrap_or_default().to_owned();
        let path = request.uri().path().to_owned();
        let result = self.carry(request, reach, timeout).await;
        let status = result.as_ref().ok().map(|response| response.status().as_u16());
        let called = Called { method, host, path, status };
        self.called.lock().unwrap_or_else(PoisonError::into_inner).push(called);
        result.map(|response| {
            response.map(|mut body| {
                body.truncate(body_bytes_max);
                body
            })
        })
    }
}

/// The simulator's webhooks, into the gateway's router.
pub(crate) struct Webhooks(pub(crate) Arc<Wire>);

#[async_trait]
impl Post for Webhooks {
    async fn post(&self, post: WebhookPost) -> Result<u16, String> {
        let path = inside(&post.url)?;
        self.0.posted.lock().unwrap_or_else(PoisonError::into_inner).push(post.clone());
        let mut request = Request::post(path);
        for (name, value) in &post.headers {
            request = request.header(name, value);
        }
        let request = request.body(post.body).map_err(|e| e.to_string())?;
        let response = self.0.to_gateway(request).await.ok_or_else(died)?;
        Ok(response.status().as_u16())
    }

    async fn get(&self, url: &str) -> Result<(u16, String), String> {
        let request = Request::get(inside(url)?).body(Vec::new()).map_err(|e| e.to_string())?;
        let response = self.0.to_gateway(request).await.ok_or_else(died)?;
        let body = String::from_utf8_lossy(response.body()).into_owned();
        Ok((response.status().as_u16(), body))
    }
}

impl crate::Bundle {
    /// A webhook arrives, without the simulator's knowledge. The status of the answer.
    pub async fn deliver(&self, post: WebhookPost) -> u16 {
        Webhooks(self.wire.clone()).post(post).await.expect("it is the gateway's address")
    }
}

fn died() -> String {
    "the connection ended without an answer".to_owned()
}

fn inside(url: &str) -> Result<&str, String> {
    url.strip_prefix(GATEWAY).ok_or_else(|| format!("nobody is at {url}"))
}
