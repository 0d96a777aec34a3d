//! What comes before every call of the public API: who calls, and whether the same call was answered already.

use std::sync::Arc;

use serde::Serialize;

use crate::domain::tenant::{ApiKey, Role};
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::ports::{Clock, Job, Ports, Queue, QueueName, Random, Secrets};
use crate::store::Store;
use crate::store::idempotency::{Answered, Begun, Claim, Receipt, context};

/// Who calls and when, and the right to work on an idempotent request.
#[derive(Debug, Clone)]
pub struct Call {
    pub caller: ApiKey,
    pub claim: Option<Claim>,
    pub now: Time,
}

impl Call {
    /// [`Error::Forbidden`] unless the caller has this role (README 4).
    pub fn require(&self, role: Role) -> Result<()> {
        self.require_any(&[role])
    }

    /// [`Error::Forbidden`] unless the caller has one of these roles.
    pub fn require_any(&self, roles: &[Role]) -> Result<()> {
        if roles.iter().any(|role| self.caller.may(*role)) {
            return Ok(());
        }
        let words: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
        Err(Error::Forbidden(format!("this API key lacks the role {}", words.join(" or "))))
    }
}

/// What is done with a call.
#[derive(Debug)]
pub enum Admitted {
    /// Work on it.
    Work(Option<Claim>),
    /// Answer this again.
    Replay { status: u16, body: String },
}

/// Lets calls in.
pub struct Admit {
    store: Store,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    queue: Arc<dyn Queue>,
    secrets: Arc<dyn Secrets>,
}

impl Admit {
    pub fn new(store: Store, ports: &Ports) -> Self {
        Self {
            store,
            clock: Arc::clone(&ports.clock),
            random: Arc::clone(&ports.random),
            queue: Arc::clone(&ports.queue),
            secrets: Arc::clone(&ports.secrets),
        }
    }

    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Whose key this is. The same answer for absent, unknown and revoked ones.
    pub async fn caller(&self, key: Option<&str>) -> Result<ApiKey> {
        let Some(key) = key.filter(|key| !key.is_empty()) else {
            return Err(Error::Unauthenticated("an API key is missing"));
        };
        let known = self.store.api_key(&key_hash(key)).await?;
        known.ok_or(Error::Unauthenticated("this API key is not known"))
    }

    /// Whether a request is new. `request` is all that makes it this request.
    pub async fn begin(
        &self,
        caller: &ApiKey,
        idempotency_key: Option<&str>,
        request: &[&[u8]],
    ) -> Result<Admitted> {
        let Some(key) = idempotency_key else { return Ok(Admitted::Work(None)) };
        let is_visible = key.bytes().all(|b| b.is_ascii_graphic());
        if !(1..=255).contains(&key.len()) || !is_visible {
            return Err(Error::invalid("Idempotency-Key", "must be 1 to 255 visible characters"));
        }
        let mut token = [0; 16];
        self.random.fill(&mut token);
        let hash = request_hash(caller, request);
        let begun =
            self.store.begin(caller.tenant, key, hash, hex::encode(token), self.now()).await?;
        match begun {
            Begun::Work(claim) => Ok(Admitted::Work(Some(claim))),
            Begun::Replay(answered) => {
                for (queue, job) in answered.jobs {
                    self.queue.put(queue, vec![job]).await?;
                }
                let body = if answered.sealed {
                    self.opened(&context(caller.tenant, key), &answered.body).await?
                } else {
                    answered.body
                };
                Ok(Admitted::Replay { status: answered.status, body })
            }
        }
    }

    /// The call failed without an effect: it may be made again, also with another body.
    pub async fn abandon(&self, claim: &Claim) -> Result<()> {
        self.store.abandon(claim).await
    }

    /// What is stored together with the call's effect: the answer, and the jobs that it brings about.
    pub fn receipt(
        &self,
        call: &Call,
        status: u16,
        answer: &impl Serialize,
        jobs: Vec<(QueueName, Job)>,
    ) -> Result<Option<Receipt>> {
        let Some(claim) = &call.claim else { return Ok(None) };
        let answered = Answered { status, body: to_json(answer)?, sealed: false, jobs };
        claim.receipt(answered, call.now).map(Some)
    }

    /// The same for an answer that holds a secret.
    pub async fn secret_receipt(
        &self,
        call: &Call,
        status: u16,
        answer: &impl Serialize,
    ) -> Result<Option<Receipt>> {
        let Some(claim) = &call.claim else { return Ok(None) };
        let body = to_json(answer)?;
        let body = self.secrets.seal(&claim.context(), body.as_bytes()).await?;
        claim.receipt(Answered { status, body, sealed: true, jobs: Vec::new() }, call.now).map(Some)
    }

    async fn opened(&self, context: &str, sealed: &str) -> Result<String> {
        let plain = self.secrets.open(context, sealed).await?;
        String::from_utf8(plain).map_err(|_| Error::internal("a stored answer is broken"))
    }
}

/// What is stored of an API key: the hex SHA-256.
pub fn key_hash(key: &str) -> String {
    hex::encode(ring::digest::digest(&ring::digest::SHA256, key.as_bytes()))
}

/// The caller counts too: what was answered to one key is nothing for another.
fn request_hash(caller: &ApiKey, parts: &[&[u8]]) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(caller.id.bytes());
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    hex::encode(context.finish())
}

fn to_json(answer: &impl Serialize) -> Result<String> {
    serde_json::to_string(answer)
        .map_err(|e| Error::internal(format!("an answer cannot be written: {e}")))
}
