//! Idempotent requests (README 6): a marker while one is worked on, and its answer, written in the same
//! transaction as the effect.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::table::{Item, Value, When, Write, attr};
use super::{Store, keys};
use crate::domain::ids::TenantId;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::ports::{Job, QueueName};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_hours(24);

/// After this long a request that neither finished nor failed is taken for dead: longer than any function may run.
const RUNNING_MAX: Duration = Duration::from_mins(1);

/// When to ask again while the first is still running.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// Who works on the request, or has done so.
const WORKER: &str = "run";

/// What was answered, and what was put on queues for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    pub status: u16,
    /// JSON; sealed if `sealed`.
    pub body: String,
    /// The body holds a secret that is shown once.
    #[serde(default)]
    pub sealed: bool,
    /// Put again when the answer is given again: the first caller may have died before doing so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<(QueueName, Job)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    /// Hash of the request.
    request: String,
    /// Tells attempts apart.
    token: String,
    #[serde(default)]
    answer: Option<Answered>,
}

/// The right to work on a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    tenant: TenantId,
    key: String,
    request: String,
    /// Tells this attempt from others.
    token: String,
}

/// What is to be done with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is new.
    Work(Claim),
    /// It was done already.
    Replay(Answered),
}

/// The write that records an answer, for the transaction of the effect.
#[derive(Debug, Clone)]
pub struct Receipt(Write);

impl Receipt {
    /// Adds itself to the effect's writes, at the end so that places of the others stay.
    pub(crate) fn add(receipt: Option<Self>, writes: &mut Vec<Write>) {
        writes.extend(receipt.map(|r| r.0));
    }
}

impl Claim {
    /// The context that sealed answers are bound to.
    pub fn context(&self) -> String {
        context(self.tenant, &self.key)
    }

    fn record(&self, answer: Option<Answered>) -> Record {
        Record { request: self.request.clone(), token: self.token.clone(), answer }
    }

    fn marker(&self, now: Time) -> Result<Item> {
        Ok(Item::new(&keys::idempotency(self.tenant, &self.key), &self.record(None))?
            .with(WORKER, self.token.as_str())
            .with(attr::TTL, (now + RUNNING_MAX).seconds()))
    }

    /// Records the answer when the effect is written. An effect of several writes may record a newer answer with each.
    pub fn receipt(&self, answer: Answered, now: Time) -> Result<Receipt> {
        let record = self.record(Some(answer));
        let item = Item::new(&keys::idempotency(self.tenant, &self.key), &record)?
            .with(WORKER, self.token.as_str())
            .with(attr::TTL, (now + KEPT).seconds());
        Ok(Receipt(Write::Put { item, when: When::Is(WORKER, self.token.clone()) }))
    }
}

/// The context that sealed answers are bound to.
pub fn context(tenant: TenantId, idempotency_key: &str) -> String {
    format!("{tenant}#{idempotency_key}")
}

impl Store {
    /// Whether a request is new. `request` is a hash of all that makes it this request, `token` is random.
    ///
    /// [`Error::Refused`] if the key was used for another request, [`Error::Busy`] while the first is worked on.
    pub async fn begin(
        &self,
        tenant: TenantId,
        idempotency_key: &str,
        request: String,
        token: String,
        now: Time,
    ) -> Result<Begun> {
        let key = idempotency_key.to_owned();
        let claim = Claim { tenant, key, request, token };
        let item = claim.marker(now)?;
        let when = When::Absent { now_s: now.seconds() };
        let super::table::Written::Refused { old, .. } =
            self.table.write(vec![Write::Put { item, when }]).await?
        else {
            return Ok(Begun::Work(claim));
        };
        let busy = Error::Busy { what: "a request with this Idempotency-Key", after: ASK_AGAIN };
        // Gone in this very moment: the other one failed.
        let Some(old) = old else { return Err(busy) };
        let record: Record = old.doc()?;
        if record.request != claim.request {
            return Err(Error::Refused {
                field: Some("Idempotency-Key".to_owned()),
                rule: "Idempotency-Key was used for another request".to_owned(),
            });
        }
        record.answer.map(Begun::Replay).ok_or(busy)
    }

    /// Gives up a request that had no effect, so that it can be tried again. Recorded answers stay.
    pub async fn abandon(&self, claim: &Claim) -> Result<()> {
        let key = keys::idempotency(claim.tenant, &claim.key);
        let running = claim.marker(Time::from_millis(0))?;
        let when = When::Is(attr::DOC, running.text(attr::DOC).unwrap_or_default().to_owned());
        self.table.write(vec![Write::Delete { key, when }]).await.map(|_| ())
    }

    /// Records an answer whose effect is in no table.
    pub async fn record(&self, receipt: Option<Receipt>) -> Result<()> {
        let Some(Receipt(write)) = receipt else { return Ok(()) };
        self.table.write(vec![write]).await?.or_changed("the idempotent request").map(|_| ())
    }
}

/// An item whose version is guarded.
pub(crate) fn versioned(key: &keys::Key, doc: &impl Serialize, version: u64) -> Result<Item> {
    let version = Value::N(i64::try_from(version).unwrap_or(i64::MAX));
    Ok(Item::new(key, doc)?.with(attr::VERSION, version))
}
