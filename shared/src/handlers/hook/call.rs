//! The calls of `webhook` steps: a question to the customer's server whose answer goes back to the conversation. What
//! the calls to bots have in common with them is here too.

use std::time::Duration;

use super::{DeliverHook, HookJob, job};
use crate::domain::event::{Occurrence, What};
use crate::domain::hook::KeyRing;
use crate::domain::ids::{ChannelId, ConversationId, EventId, TenantId};
use crate::domain::process::{StepAnswer, StepCall};
use crate::domain::time::Time;
use crate::error::{Error, Result, chain};
use crate::partner::hook::{self, CALL_ANSWER_BYTES_MAX, CALL_TIMEOUT_MAX};
use crate::partner::signature::{Key, SECRET_BYTES};
use crate::ports::{CallError, Job, QueueName, Random, Reach};

/// Delays before each further attempt in seconds. The user waits, so it is over soon.
const RETRIES_S: [u64; 3] = [5, 15, 40];

/// Why a call has no answer yet.
pub(super) enum Missing {
    /// A further attempt may help.
    ForNow(String),
    ForGood(String),
}

impl Missing {
    /// Why, and when to try again after so many failures, if at all.
    pub(super) fn and_then(self, failed: u32) -> (String, Option<Duration>) {
        match self {
            Self::ForNow(why) => {
                let delay_s = RETRIES_S.get(usize::try_from(failed).unwrap_or(usize::MAX));
                (why, delay_s.map(|delay_s| Duration::from_secs(*delay_s)))
            }
            Self::ForGood(why) => (why, None),
        }
    }
}

impl From<CallError> for Missing {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Forbidden { .. } => Self::ForGood(chain(&error)),
            CallError::NotSent { .. } | CallError::NoAnswer { .. } => Self::ForNow(chain(&error)),
        }
    }
}

impl DeliverHook {
    /// One attempt. An answer, or that there will be none, goes to the event queue; else it is tried again.
    pub(super) async fn call(&self, call: StepCall, failed: u32) -> Result<()> {
        let (why, retry) = match self.ask(&call).await? {
            Ok(answer) => return self.answered(&call, answer).await,
            Err(missing) => missing.and_then(failed),
        };
        tracing::warn!(
            process.id = %call.process,
            step = call.step,
            attempt = failed + 1,
            is_last = retry.is_none(),
            why,
            "a webhook step got no useful answer"
        );
        let Some(delay) = retry else {
            return self.answered(&call, hook::no_answer(&call)).await;
        };
        let (tenant, failed) = (call.tenant, failed + 1);
        let id = format!("{}-{failed}", call.id);
        let body = HookJob::Call { call: Box::new(call), failed };
        let job = Job { delay, ..job(tenant, id, &body) };
        self.queue.put(QueueName::Hook, vec![job]).await
    }

    async fn ask(&self, call: &StepCall) -> Result<std::result::Result<StepAnswer, Missing>> {
        let start = self.clock.now();
        let keys = self.tenant_keys(call.tenant, start).await?;
        let request = match hook::build_call(call, &keys, start) {
            Ok(request) => request,
            Err(error) => return Ok(Err(Missing::ForGood(error.to_string()))),
        };
        let timeout = Duration::from_secs(call.timeout_s.max(1).into()).min(CALL_TIMEOUT_MAX);
        let answer = self.http.call(request, Reach::Public, timeout, CALL_ANSWER_BYTES_MAX).await;
        Ok(match answer {
            Ok(response) => hook::read_call(call, &response, self.clock.now())
                .map_err(|e| Missing::ForNow(e.to_string())),
            Err(error) => Err(error.into()),
        })
    }

    /// The tenant's signing keys. They are made at first use: nothing goes out unsigned, and whoever wants to
    /// verify rotates the secret and is shown the new one.
    pub(super) async fn tenant_keys(&self, tenant: TenantId, now: Time) -> Result<Vec<Key>> {
        let context = tenant.to_string();
        let ring = if let Some((ring, _)) = self.store.signing_keys(tenant).await? {
            ring
        } else {
            self.make_tenant_keys(tenant, now).await?
        };
        self.keys.open(&context, &ring, now).await
    }

    async fn make_tenant_keys(&self, tenant: TenantId, now: Time) -> Result<KeyRing> {
        let key = new_key(self.random.as_ref());
        let ring = KeyRing::new(self.keys.seal(&tenant.to_string(), &key).await?, now);
        self.store.save_signing_keys(tenant, &ring, 0, None).await?;
        Ok(ring)
    }

    async fn answered(&self, call: &StepCall, answer: StepAnswer) -> Result<()> {
        let what = What::StepAnswered { conversation: call.conversation, answer };
        self.back(call.channel, call.conversation, call.id, what).await
    }

    /// Back to the conversation, in order with what its user writes.
    pub(super) async fn back(
        &self,
        channel: ChannelId,
        conversation: ConversationId,
        call: EventId,
        what: What,
    ) -> Result<()> {
        let received = self.clock.now();
        let occurrence = Occurrence { channel, delivery: None, received, what };
        let body = serde_json::to_string(&occurrence)
            .map_err(|e| Error::internal(format!("an answer cannot be written: {e}")))?;
        let (group, id) = (conversation.to_string(), format!("{call}-answer"));
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
