//! The calls of `webhook` steps: a question to the customer's server whose answer goes back to the conversation.

use std::time::Duration;

use super::{DeliverHook, HookJob, job};
use crate::domain::event::{Occurrence, What};
use crate::domain::hook::KeyRing;
use crate::domain::ids::TenantId;
use crate::domain::process::{StepAnswer, StepCall};
use crate::domain::time::Time;
use crate::error::{Error, Result, chain};
use crate::partner::hook::{self, CALL_ANSWER_BYTES_MAX, CALL_TIMEOUT_MAX};
use crate::partner::signature::{Key, SECRET_BYTES};
use crate::ports::{CallError, Job, QueueName, Random, Reach};

/// Delays before each further attempt in seconds. The user waits, so it is over soon.
const RETRIES_S: [u64; 3] = [5, 15, 40];

/// Why a call has no answer yet.
enum Missing {
    /// A further attempt may help.
    ForNow(String),
    ForGood(String),
}

impl DeliverHook {
    /// One attempt. An answer, or that there will be none, goes to the event queue; else it is tried again.
    pub(super) async fn call(&self, call: StepCall, failed: u32) -> Result<()> {
        let why = match self.ask(&call).await? {
            Ok(answer) => return self.answered(&call, answer).await,
            Err(why) => why,
        };
        let retry = RETRIES_S.get(usize::try_from(failed).unwrap_or(usize::MAX));
        let (why, retry) = match why {
            Missing::ForNow(why) => (why, retry),
            Missing::ForGood(why) => (why, None),
        };
        tracing::warn!(
            process.id = %call.process,
            step = call.step,
            attempt = failed + 1,
            is_last = retry.is_none(),
            why,
            "a webhook step got no useful answer"
        );
        let Some(delay_s) = retry else {
            return self.answered(&call, hook::no_answer(&call)).await;
        };
        let (tenant, failed) = (call.tenant, failed + 1);
        let id = format!("{}-{failed}", call.id);
        let body = HookJob::Call { call: Box::new(call), failed };
        let job = Job { delay: Duration::from_secs(*delay_s), ..job(tenant, id, &body) };
        self.queue.put(QueueName::Hook, vec![job]).await
    }

    async fn ask(&self, call: &StepCall) -> Result<std::result::Result<StepAnswer, Missing>> {
        let start = self.clock.now();
        let keys = self.tenant_keys(call, start).await?;
        let request = match hook::build_call(call, &keys, start) {
            Ok(request) => request,
            Err(error) => return Ok(Err(Missing::ForGood(error.to_string()))),
        };
        let timeout = Duration::from_secs(call.timeout_s.max(1).into()).min(CALL_TIMEOUT_MAX);
        let answer = self.http.call(request, Reach::Public, timeout, CALL_ANSWER_BYTES_MAX).await;
        Ok(match answer {
            Ok(response) => hook::read_call(call, &response, self.clock.now())
                .map_err(|e| Missing::ForNow(e.to_string())),
            Err(error @ CallError::Forbidden { .. }) => Err(Missing::ForGood(chain(&error))),
            Err(error @ (CallError::NotSent { .. } | CallError::NoAnswer { .. })) => {
                Err(Missing::ForNow(chain(&error)))
            }
        })
    }

    /// The tenant's signing keys. They are made at first use: nothing goes out unsigned, and whoever wants to
    /// verify rotates the secret and is shown the new one.
    async fn tenant_keys(&self, call: &StepCall, now: Time) -> Result<Vec<Key>> {
        let context = call.tenant.to_string();
        let ring = if let Some((ring, _)) = self.store.signing_keys(call.tenant).await? {
            ring
        } else {
            self.make_tenant_keys(call.tenant, now).await?
        };
        self.keys.open(&context, &ring, now).await
    }

    async fn make_tenant_keys(&self, tenant: TenantId, now: Time) -> Result<KeyRing> {
        let key = new_key(self.random.as_ref());
        let ring = KeyRing::new(self.keys.seal(&tenant.to_string(), &key).await?, now);
        self.store.save_signing_keys(tenant, &ring, 0, None).await?;
        Ok(ring)
    }

    /// Back to the conversation, in order with what its user writes.
    async fn answered(&self, call: &StepCall, answer: StepAnswer) -> Result<()> {
        let occurrence = Occurrence {
            channel: call.channel,
            delivery: None,
            received: self.clock.now(),
            what: What::StepAnswered { conversation: call.conversation, answer },
        };
        let body = serde_json::to_string(&occurrence)
            .map_err(|e| Error::internal(format!("a step's answer cannot be written: {e}")))?;
        let group = call.conversation.to_string();
        let id = format!("{}-answer", call.id);
        let job = Job { group, id, body, delay: Duration::ZERO };
        self.queue.put(QueueName::Event, vec![job]).await
    }
}

/// A secret that nobody knows yet.
pub(crate) fn new_key(random: &dyn Random) -> Key {
    let mut bytes = [0; SECRET_BYTES];
    random.fill(&mut bytes);
    Key::secret(&bytes)
}
