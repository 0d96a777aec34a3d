//! The world of a provider's tests: the provider, a line, a user, and a gateway that keeps what it is told. The calls
//! that a provider takes are in its own tests, as an `impl World<ItsType>`.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

use crate::clock::{Clock, StillClock};
use crate::fault::SendFault;
use crate::message::{Entry, FromUser, Message, ToUser};
use crate::post::Post;
use crate::simulator::Pace;
use crate::state::State;
use crate::{Carrier, Line, Simulator, User, WebhookPost};

/// The line that a world begins with.
pub(crate) const LINE: &str = "one";
/// Where its webhooks go.
pub(crate) const HOOK: &str = "https://gateway.example/w";
/// Where the simulator itself is reached.
pub(crate) const ADDRESS: &str = "http://127.0.0.1:1";

pub(crate) const HOUR_MILLIS: i64 = 3_600_000;

/// Status and text for whoever asks for this address.
type Handshake = fn(&str) -> (u16, String);

/// The other side. It takes what comes and knows no handshake, unless it is told otherwise.
#[derive(Default)]
pub(crate) struct Gateway {
    posted: Mutex<Vec<WebhookPost>>,
    /// What it says to the next webhooks, the last one first; then 200.
    pub(crate) answers: Mutex<Vec<Result<u16, String>>>,
    /// Fails the test where a webhook is not as the provider makes them.
    check: Option<fn(&WebhookPost)>,
    /// The addresses that it was asked for.
    pub(crate) asked: Mutex<Vec<String>>,
    handshake: Option<Handshake>,
}

impl Gateway {
    /// One that is particular.
    pub(crate) fn particular(check: fn(&WebhookPost), handshake: Handshake) -> Self {
        Self { check: Some(check), handshake: Some(handshake), ..Self::default() }
    }

    /// The webhooks since the last look.
    pub(crate) fn take_posts(&self) -> Vec<WebhookPost> {
        std::mem::take(&mut self.posted.lock().unwrap())
    }

    /// Their bodies.
    pub(crate) fn take_heard(&self) -> Vec<Value> {
        let posts = self.take_posts();
        posts.iter().map(|post| serde_json::from_slice(&post.body).unwrap()).collect()
    }
}

#[async_trait]
impl Post for Gateway {
    async fn post(&self, post: WebhookPost) -> Result<u16, String> {
        if let Some(check) = self.check {
            check(&post);
        }
        self.posted.lock().unwrap().push(post);
        self.answers.lock().unwrap().pop().unwrap_or(Ok(200))
    }

    async fn get(&self, url: &str) -> Result<(u16, String), String> {
        self.asked.lock().unwrap().push(url.to_owned());
        self.handshake.map(|answer| answer(url)).ok_or_else(|| format!("nobody asks {url}"))
    }
}

/// A simulator with one provider.
pub(crate) struct World<C> {
    pub(crate) simulator: Simulator,
    pub(crate) carrier: Arc<C>,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) clock: StillClock,
    user: String,
}

impl<C: Carrier + 'static> World<C> {
    /// With this user, and no line yet.
    pub(crate) fn of(carrier: C, now_millis: i64, gateway: Gateway, user: User) -> Self {
        let (carrier, gateway) = (Arc::new(carrier), Arc::new(gateway));
        let clock = StillClock::at_millis(now_millis);
        let simulator = Simulator::new(
            State::default(),
            vec![carrier.clone()],
            Arc::new(clock.clone()),
            gateway.clone(),
            ADDRESS,
            Pace::default(),
        );
        let number = user.number.clone();
        simulator.put_user(user);
        Self { simulator, carrier, gateway, clock, user: number }
    }

    /// A line of this number, [`LINE`] or another one.
    pub(crate) fn put_line(&self, id: &str, number: &str, settings: &[(&str, &str)]) {
        let settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.simulator.put_line(Line {
            id: id.to_owned(),
            carrier: self.carrier.name().to_owned(),
            name: "Shop".to_owned(),
            number: number.to_owned(),
            settings: settings.collect(),
            webhook_url: HOOK.to_owned(),
        });
    }

    /// The next sending on [`LINE`] goes like this.
    pub(crate) fn fail_next(&self, fault: SendFault) {
        self.simulator.change(|state| {
            state.faults.entry(LINE.to_owned()).or_default().sends.push_back(fault);
        });
    }

    /// What the user writes on [`LINE`]: the message's id.
    pub(crate) fn says(&self, content: FromUser) -> String {
        self.simulator.say(LINE, &self.user, content).unwrap().id
    }

    pub(crate) fn says_text(&self, body: &str) -> String {
        self.says(FromUser::Text { body: body.to_owned() })
    }

    /// The one webhook that follows from it.
    pub(crate) async fn told_of(&self, content: FromUser) -> Value {
        self.says(content);
        let mut heard = self.heard().await;
        assert_eq!(heard.len(), 1, "{heard:?}");
        heard.remove(0)
    }

    /// The user has written, so that anything may be sent; the webhook is forgotten.
    pub(crate) async fn opened(self) -> Self {
        self.says_text("Hola");
        self.posts().await;
        self
    }

    /// What was posted since the last look.
    pub(crate) async fn posts(&self) -> Vec<WebhookPost> {
        self.simulator.step().await;
        self.gateway.take_posts()
    }

    /// The bodies of what was posted since the last look.
    pub(crate) async fn heard(&self) -> Vec<Value> {
        self.simulator.step().await;
        self.gateway.take_heard()
    }

    pub(crate) async fn forward(&self, millis: i64) {
        self.clock.forward(millis).await.unwrap();
        self.simulator.step().await;
    }

    /// What the simulator answers.
    pub(crate) async fn fetch(&self, request: Request<Body>) -> (StatusCode, Vec<u8>) {
        let response = self.simulator.router().oneshot(request).await.unwrap();
        let status = response.status();
        (status, to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
    }

    /// As JSON; as a text where it is none.
    pub(crate) async fn fetch_json(&self, request: Request<Body>) -> (StatusCode, Value) {
        let (status, bytes) = self.fetch(request).await;
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        (status, serde_json::from_slice(&bytes).unwrap_or_else(|_| text()))
    }

    /// The last message that the user could see, and its content.
    pub(crate) fn last(&self) -> (Message, ToUser) {
        let sent = |message: &Message| match &message.entry {
            Entry::ToUser { sent, .. } => Some((message.clone(), sent.content.clone())),
            Entry::FromUser { .. } => None,
        };
        self.simulator.read(|state| state.messages.iter().rev().find_map(sent)).unwrap()
    }

    pub(crate) fn shown(&self) -> ToUser {
        self.last().1
    }
}

/// A call with JSON, or with nothing where it is null.
pub(crate) fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if body.is_null() {
        return request.body(Body::empty()).unwrap();
    }
    request.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
}
