//! What follows from a refusal, or from no answer: again in a moment, again in hours, another form, or the end.

use std::time::Duration;

use super::{Deliver, RECONCILE};
use crate::domain::channel::OpenChannel;
use crate::domain::limits::{Hold, Scope, Stop};
use crate::domain::message::{Failure, OutsideWindow, Sending, Status, ToUser};
use crate::domain::time::Time;
use crate::error::Result;
use crate::handlers::holds;
use crate::ports::{CallError, DELIVERIES_MAX, Done, Handed, Timer};
use crate::provider::{Class, codes};
use crate::store::statuses::Step;

/// A message that its provider puts off by hours has so long from its beginning; then it has failed. A day, because
/// caps for one user are by the day, and an hour for whatever was in the way besides.
const WAITED_MAX: Duration = Duration::from_hours(25);

/// A timer may fire a minute early.
const EARLY: Duration = Duration::from_mins(1);

/// What the provider said, as far as it matters here.
pub(super) struct Refusal {
    pub(super) class: Class,
    pub(super) failure: Failure,
    /// The time that the answer's headers ask for. It never makes a wait shorter.
    pub(super) asked: Option<Duration>,
}

impl Deliver {
    pub(super) async fn refused(
        &self,
        channel: &OpenChannel,
        sending: &Sending,
        refused: Refusal,
        deliveries: u32,
    ) -> Result<Done> {
        let Refusal { class, failure, asked } = refused;
        let asked = asked.unwrap_or_default();
        if codes::is_too_fast(&failure) {
            self.store.slow_down(channel.id, self.clock.now());
        }
        match (class, &sending.otherwise) {
            (Class::Retry(after), _) => {
                let asked = asked.max(after.unwrap_or_default());
                self.later(channel, sending, failure, asked, deliveries).await
            }
            (Class::TemplateNeeded, Some(template))
                if sending.outside_window == OutsideWindow::Template =>
            {
                let content = ToUser::Template(template.clone());
                let sending = Sending { content, otherwise: None, ..sending.clone() };
                Box::pin(self.call(channel, &sending, deliveries)).await
            }
            (Class::Wait, _) => self.wait(channel, sending, failure, asked, deliveries).await,
            (Class::Configuration, _) => {
                tracing::error!(channel.id = %channel.id, code = failure.code, "the provider refuses the channel");
                let now = self.clock.now();
                holds::note(&self.store, channel.id, Stop::Fail, &failure, Duration::ZERO, now)
                    .await?;
                self.fail(channel, sending, failure, Handed::Configuration).await
            }
            (Class::TemplateNeeded, _) => {
                self.fail(channel, sending, failure, Handed::Window).await
            }
            (Class::Final, _) => self.fail(channel, sending, failure, Handed::Final).await,
        }
    }

    /// In a moment, and not for ever. What counts is how often the provider was asked: a message may have waited its turn
    /// for most of its deliveries. That the number is too fast is no matter of the message's, which is not lost for it.
    async fn later(
        &self,
        channel: &OpenChannel,
        sending: &Sending,
        failure: Failure,
        asked: Duration,
        deliveries: u32,
    ) -> Result<Done> {
        let now = self.clock.now();
        let tries = self.store.unclaim_tried(sending.id, now).await?;
        if tries >= DELIVERIES_MAX && !codes::is_too_fast(&failure) {
            return self.fail(channel, sending, failure, Handed::Transient).await;
        }
        tracing::info!(message.id = %sending.id, code = failure.code, "the provider says: later");
        let after = asked.max(growing(tries));
        if deliveries < DELIVERIES_MAX {
            return Ok(Done::Again { after: Some(after) });
        }
        self.put_off(channel, sending, (Scope::Message, now + after), failure, deliveries).await
    }

    /// Hours, for this message or for all that the refusal concerns.
    async fn wait(
        &self,
        channel: &OpenChannel,
        sending: &Sending,
        failure: Failure,
        asked: Duration,
        deliveries: u32,
    ) -> Result<Done> {
        let now = self.clock.now();
        tracing::warn!(channel.id = %channel.id, code = failure.code, "the provider says: not for hours");
        let until = holds::note(&self.store, channel.id, Stop::Wait, &failure, asked, now).await?;
        self.put_off(channel, sending, until, failure, deliveries).await
    }

    /// The provider refused others for a reason that concerns this message too: nobody is asked.
    pub(super) async fn held(
        &self,
        channel: &OpenChannel,
        sending: &Sending,
        hold: &Hold,
        deliveries: u32,
    ) -> Result<Done> {
        let failure = hold.failure.clone();
        match hold.stop {
            Stop::Fail => self.fail(channel, sending, failure, Handed::Configuration).await,
            Stop::Wait => {
                let until = (hold.scope, hold.until);
                self.put_off(channel, sending, until, failure, deliveries).await
            }
        }
    }

    /// It stays `queued` and comes back then, or fails if it has waited too long. Where the whole channel waits, its
    /// queue may: the order of each conversation is kept. Else a timer brings it back, and nobody waits for it.
    async fn put_off(
        &self,
        channel: &OpenChannel,
        sending: &Sending,
        (scope, at): (Scope, Time),
        failure: Failure,
        deliveries: u32,
    ) -> Result<Done> {
        if at.since(sending.time) > WAITED_MAX {
            return self.fail(channel, sending, failure, Handed::Transient).await;
        }
        let now = self.clock.now();
        self.store.unclaim(sending.id, now).await?;
        if scope == Scope::Channel && deliveries < DELIVERIES_MAX {
            return Ok(Done::Again { after: Some(at.since(now)) });
        }
        self.wake(sending, at).await
    }

    /// A timer brings the message back.
    pub(super) async fn wake(&self, sending: &Sending, at: Time) -> Result<Done> {
        self.timers.arm(Timer::Message { message: sending.id }, at + EARLY).await?;
        Ok(Done::Finished)
    }

    /// Sent or not, nobody knows: it stays claimed, and the next delivery looks what the statuses said.
    pub(super) async fn unknown(
        &self,
        channel: &OpenChannel,
        sending: &Sending,
        error: &CallError,
        deliveries: u32,
    ) -> Result<Done> {
        tracing::warn!(message.id = %sending.id, error = %crate::error::chain(error), "the provider did not answer");
        let now = self.clock.now();
        let step = Step { status: Status::Unknown, time: now, failure: None };
        self.store.raise(sending.id, &step, None).await?;
        self.count(channel, Handed::Unknown, "").await?;
        if deliveries < DELIVERIES_MAX {
            return Ok(Done::Again { after: Some(RECONCILE) });
        }
        self.wake(sending, now + RECONCILE).await
    }
}

/// 4, 16, 64, 256 seconds (whatsapp-rules 4).
fn growing(tries: u32) -> Duration {
    Duration::from_secs(4_u64.pow(tries.min(4)))
}
