//! The hook worker over the local ports: a customer's servers that answer by a script, a clock turned by hand.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use http::{Request, Response};
use serde_json::{Value, json};
use shared::aws::https::{Allowance, Https};
use shared::domain::delivery::{Attempt, Delivery};
use shared::domain::hook::{
    Conditions, EventKind, Format, HookEvent, HookRule, KeyRing, Method, SCHEDULE_S, Terms, Wanted,
    WebAction,
};
use shared::domain::ids::{ChannelId, EventId, FlowId, HookRuleId, KeyId, TenantId};
use shared::domain::tenant::{ApiKey, Role, Tenant};
use shared::domain::time::Time;
use shared::handlers::Worker;
use shared::handlers::admit::key_hash;
use shared::handlers::hook::{DeliverHook, jobs};
use shared::handlers::manage::Manage;
use shared::handlers::manage::addresses::Addresses;
use shared::http::api::router;
use shared::local::audit::Counts;
use shared::local::clock::Hand;
use shared::local::engine::Engine;
use shared::local::media::Memory;
use shared::local::queue::{Queues, VISIBILITY};
use shared::local::random::Seeded;
use shared::local::secrets::Sealed;
use shared::local::timers::Armed;
use shared::partner::hook::TIMEOUT;
use shared::partner::signature::{Key, SECRET_BYTES};
use shared::ports::{CallError, Clock, Done, Http, Ports, Queue, QueueName, Random, Reach};
use shared::store::Store;
use tokio::sync::Notify;
use tower::ServiceExt;

/// 2026-03-11T15:00:00Z.
pub(super) const START: Time = Time::from_millis(1_773_241_200_000);

pub(super) const TENANT: TenantId = TenantId::from_bytes([1; 16]);

const KEY: &str = "k_test";

/// What a customer's server does with one request.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    Status(u16),
    Header(u16, &'static str, &'static str),
    Body(u16, String),
    /// It answers when nobody listens any more.
    Late,
    /// The address is refused before a connection.
    Forbidden,
    /// Our process ends while it waits.
    Hang,
}

/// A request that reached a server.
#[derive(Debug, Clone)]
pub(super) struct Got {
    pub(super) time: Time,
    pub(super) request: Request<Vec<u8>>,
}

impl Got {
    pub(super) fn host(&self) -> &str {
        self.request.uri().host().unwrap_or_default()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.request.headers()[name].to_str().unwrap()
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(self.request.body()).unwrap()
    }
}

/// The customer's servers. A host without a script answers 200; the last reply of a script is for good.
pub(super) struct Servers {
    scripts: Mutex<HashMap<String, VecDeque<Reply>>>,
    got: Mutex<Vec<Got>>,
    clock: Arc<Hand>,
    /// What may be called at all.
    rules: Https,
    pub(super) hung: Notify,
}

#[async_trait]
impl Http for Servers {
    async fn call(
        &self,
        request: Request<Vec<u8>>,
        reach: Reach,
        _: Duration,
        _: usize,
    ) -> Result<Response<Vec<u8>>, CallError> {
        assert_eq!(reach, Reach::Public, "customers' servers are never trusted addresses");
        let host = request.uri().host().unwrap().to_owned();
        let reply = match self.scripts.lock().unwrap().get_mut(&host) {
            Some(script) if script.len() > 1 => script.pop_front().unwrap(),
            Some(script) => script[0].clone(),
            None => Reply::Status(200),
        };
        if !matches!(reply, Reply::Forbidden) {
            self.got.lock().unwrap().push(Got { time: self.clock.now(), request });
        }
        let response = |status: u16| Response::builder().status(status);
        match reply {
            Reply::Status(status) => Ok(response(status).body(Vec::new()).unwrap()),
            Reply::Header(status, name, value) => {
                Ok(response(status).header(name, value).body(Vec::new()).unwrap())
            }
            Reply::Body(status, body) => Ok(response(status).body(body.into_bytes()).unwrap()),
            Reply::Late => {
                self.clock.turn(TIMEOUT);
                Err(CallError::NoAnswer { host, source: None })
            }
            Reply::Forbidden => {
                Err(CallError::Forbidden { host, rule: "it is not a public address" })
            }
            Reply::Hang => {
                self.hung.notify_one();
                std::future::pending().await
            }
        }
    }

    fn check_public(&self, address: &url::Url) -> Result<(), CallError> {
        self.rules.check_public(address)
    }
}

/// Secrets are random, jitter is none: delays are exactly as planned.
struct NoJitter(Seeded);

impl Random for NoJitter {
    fn fill(&self, bytes: &mut [u8]) {
        match bytes {
            [a, b, c, d] => [*a, *b, *c, *d] = [0, 0, 0, 200],
            _ => self.0.fill(bytes),
        }
    }
}

/// Everything that delivers hooks.
pub(super) struct Rig {
    pub(super) clock: Arc<Hand>,
    pub(super) queues: Arc<Queues>,
    pub(super) timers: Arc<Armed>,
    pub(super) servers: Arc<Servers>,
    pub(super) store: Store,
    pub(super) ports: Ports,
    engine: Engine,
    worker: DeliverHook,
}

impl Rig {
    pub(super) async fn new() -> Self {
        let engine = Engine::memory().unwrap();
        let clock = Arc::new(Hand::new(START));
        let queues = Arc::new(Queues::new(engine.shelf(), clock.clone()).unwrap());
        let timers = Arc::new(Armed::new(engine.shelf(), queues.clone()).unwrap());
        let servers = Arc::new(Servers {
            scripts: Mutex::default(),
            got: Mutex::default(),
            clock: clock.clone(),
            rules: Https::new(Allowance::default()).unwrap(),
            hung: Notify::new(),
        });
        let ports = Ports {
            clock: clock.clone(),
            random: Arc::new(NoJitter(Seeded::new(7))),
            queue: queues.clone(),
            timers: timers.clone(),
            http: servers.clone(),
            secrets: Arc::new(Sealed::memory().unwrap()),
            media: Arc::new(Memory::default()),
            audit: Arc::new(Counts::new(engine.shelf())),
        };
        let store = Store::new(engine.table());
        let tenant = Tenant { id: TENANT, name: "blue".to_owned(), created: START };
        let key = ApiKey {
            id: KeyId::from_bytes([1; 16]),
            tenant: TENANT,
            name: "test".to_owned(),
            roles: vec![Role::Integrator],
            user: None,
            hash: key_hash(KEY),
            created: START,
        };
        store.create_tenant(&tenant, &key).await.unwrap();
        let worker = DeliverHook::new(store.clone(), &ports, None);
        Self { clock, queues, timers, servers, store, ports, engine, worker }
    }

    /// Calls the API as [`TENANT`]. The answer is null if it is empty.
    pub(super) async fn api(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.call(method, path, body, &[]).await
    }

    pub(super) async fn call(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> (u16, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {KEY}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let addresses = Addresses::at("https://gateway.example");
        let manage = Arc::new(Manage::new(self.store.clone(), &self.ports, addresses));
        let request = request.body(Body::from(body)).unwrap();
        let response = router(manage).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// Everything that is stored, as text.
    pub(super) fn table(&self) -> String {
        serde_json::to_string(&self.engine.items().unwrap()).unwrap()
    }

    pub(super) async fn rule_of_another_tenant(&self, host: &str) -> (HookRule, Key) {
        self.rule_for(TenantId::from_bytes([2; 16]), terms(host)).await
    }

    /// An enabled rule for finished processes at `https://<host>/hook`, with its key.
    pub(super) async fn rule(&self, host: &str) -> (HookRule, Key) {
        self.rule_with(terms(host)).await
    }

    pub(super) async fn rule_with(&self, terms: Terms) -> (HookRule, Key) {
        self.rule_for(TENANT, terms).await
    }

    async fn rule_for(&self, tenant: TenantId, terms: Terms) -> (HookRule, Key) {
        let id = HookRuleId::derive(&[terms.action.url.as_bytes()]);
        let mut secret = [0; SECRET_BYTES];
        secret[..16].copy_from_slice(id.bytes());
        let key = Key::secret(&secret);
        let sealed = self.seal(id, &key).await;
        let now = self.clock.now();
        let rule = HookRule {
            id,
            tenant,
            terms,
            keys: KeyRing::new(sealed, now),
            disabled: None,
            created: now,
            updated: now,
            version: 1,
            health: shared::domain::hook::Health::default(),
        };
        self.store.create_hook_rule(&rule, None).await.unwrap();
        (rule, key)
    }

    pub(super) async fn seal(&self, rule: HookRuleId, key: &Key) -> String {
        self.ports.secrets.seal(&rule.to_string(), key.reveal().as_bytes()).await.unwrap()
    }

    pub(super) fn script(&self, host: &str, replies: impl IntoIterator<Item = Reply>) {
        let script: VecDeque<_> = replies.into_iter().collect();
        assert!(!script.is_empty(), "a script says something");
        self.servers.scripts.lock().unwrap().insert(host.to_owned(), script);
    }

    /// Something happened: its hooks go on the queue.
    pub(super) async fn happens(&self, event: &HookEvent) {
        let jobs = jobs(&self.store, self.clock.now(), std::slice::from_ref(event)).await.unwrap();
        self.queues.put(QueueName::Hook, jobs).await.unwrap();
    }

    /// Works off what can be worked off now.
    pub(super) async fn work(&self) {
        self.timers.fire_due(self.clock.now()).await.unwrap();
        while let Some((taken, receipt)) =
            self.queues.take(QueueName::Hook, self.clock.now()).unwrap()
        {
            match self.worker.work(&taken).await {
                Ok(done) => self.queues.settle(&receipt, done).unwrap(),
                Err(error) if error.is_transient() => {
                    self.queues.settle(&receipt, Done::Again { after: None }).unwrap();
                }
                Err(error) => self.queues.bury(&receipt, error.to_string()).unwrap(),
            }
        }
    }

    /// The queue forgets what it holds.
    pub(super) fn lose_jobs(&self) {
        let late = self.clock.now() + hours(1);
        while let Some((_, receipt)) = self.queues.take(QueueName::Hook, late).unwrap() {
            self.queues.settle(&receipt, Done::Finished).unwrap();
        }
    }

    /// Takes the next job and ends in the middle of its call, as a process that is stopped.
    pub(super) async fn die_during_call(&self) {
        let (taken, _) = self.queues.take(QueueName::Hook, self.clock.now()).unwrap().unwrap();
        tokio::select! {
            done = self.worker.work(&taken) => panic!("it should hang: {done:?}"),
            () = self.servers.hung.notified() => {}
        }
        self.clock.turn(VISIBILITY);
    }

    /// Lets so much time go by, working whenever there is something to do.
    pub(super) async fn pass(&self, time: Duration) {
        let end = self.clock.now() + time;
        loop {
            self.work().await;
            let next = [self.queues.next_visible(QueueName::Hook), self.timers.next_due()];
            match next.into_iter().flatten().min() {
                Some(next) if next <= end => self.clock.set(next.max(self.clock.now())),
                _ => break,
            }
        }
        self.clock.set(end.max(self.clock.now()));
    }

    pub(super) async fn delivery(&self, rule: &HookRule, event: &HookEvent) -> Option<Delivery> {
        self.store.delivery(rule.id, event.id, self.clock.now()).await.unwrap()
    }

    pub(super) async fn attempts(&self, rule: &HookRule, event: &HookEvent) -> Vec<Attempt> {
        self.store.attempts(rule.id, event.id, self.clock.now()).await.unwrap()
    }

    /// The rule as it is stored now.
    pub(super) async fn stored(&self, rule: &HookRule) -> HookRule {
        self.store.hook_rule(TENANT, rule.id).await.unwrap().unwrap()
    }

    /// What reached a host.
    pub(super) fn got(&self, host: &str) -> Vec<Got> {
        let got = self.servers.got.lock().unwrap();
        got.iter().filter(|got| got.host() == host).cloned().collect()
    }

    /// When requests reached a host, in seconds since [`START`].
    pub(super) fn times(&self, host: &str) -> Vec<u64> {
        self.got(host).iter().map(|got| got.time.since(START).as_secs()).collect()
    }
}

/// Terms of a rule for finished processes.
pub(super) fn terms(host: &str) -> Terms {
    let wanted = |action: &str| Wanted {
        event_type: EventKind::IdentityProcess,
        event_action: action.to_owned(),
    };
    Terms {
        name: host.to_owned(),
        events: vec![wanted("succeeded")],
        conditions: Conditions::default(),
        action: WebAction {
            method: Method::Post,
            url: format!("https://{host}/hook"),
            headers: std::collections::BTreeMap::new(),
            parameters: std::collections::BTreeMap::new(),
            status_email: None,
        },
        format: Format::Standard,
        schedule_s: SCHEDULE_S.to_vec(),
    }
}

/// A process of [`TENANT`] ended so.
pub(super) fn ended(name: &str, action: &str) -> HookEvent {
    HookEvent {
        id: EventId::derive(&[name.as_bytes(), action.as_bytes()]),
        tenant: TENANT,
        channel: ChannelId::from_bytes([3; 16]),
        flow: Some(FlowId::from_bytes([4; 16])),
        kind: EventKind::IdentityProcess,
        action: action.to_owned(),
        time: START,
        sequence: None,
        object: json!({
            "identity_process_id": format!("IDP{name}"),
            "platform": "whatsapp",
            "validation_status": "success",
            "answers": [{"step_id": "name", "question": "¿Cómo te llamas?", "value": "Lucía"}],
            "validations": [
                {"step_id": "face", "type": "face-recognition", "status": "success", "details": {}}
            ],
        }),
    }
}

pub(super) const fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}
