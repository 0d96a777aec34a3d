//! The delivery of one event to one endpoint: what an attempt's outcome means for it. Pure: the time and the random
//! number of the jitter are arguments.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::hook::{HookEvent, PAUSE_MAX, WARN_AFTER_ATTEMPTS};
use super::ids::HookRuleId;
use super::time::Time;

/// The delivery of an event to an endpoint as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    pub rule: HookRuleId,
    pub event: HookEvent,
    pub state: State,
    /// Why it failed for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<GaveUp>,
    /// Attempts ever made, over all replays.
    pub attempts: u32,
    /// Failed ones since the beginning or the last replay: the place in the schedule.
    pub failed: u32,
    /// When the next attempt is due; `None` once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Time>,
    /// When it had failed so often that somebody should look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warned: Option<Time>,
    pub created: Time,
    pub updated: Time,
    /// Rises with each write.
    pub version: u64,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Pending,
    Delivered,
    Failed,
}

/// Why a delivery failed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GaveUp {
    /// The last step of the schedule failed.
    AttemptsExhausted,
    /// The endpoint's address may not be called.
    TargetRefused,
    /// The endpoint answered 410.
    EndpointGone,
    /// The endpoint was switched off while this waited.
    EndpointDisabled,
}

/// One attempt, for the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// 1 for the first; replays count on.
    pub number: u32,
    pub start: Time,
    pub duration_ms: u64,
    /// HTTP status; `None` if there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// Why there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The first 16 kB of the answer; bytes that are no UTF-8 are replaced.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
    /// When the next attempt was due after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Time>,
}

/// What came of an attempt (standard-webhooks 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// 2xx.
    Success,
    /// Anything else but what follows, or no answer.
    Failure { retry_after: Option<Duration> },
    /// 429, 502, 504: the whole endpoint wants less.
    SlowDown { retry_after: Option<Duration> },
    /// 410: it wants nothing any more.
    Gone,
    /// Its address may not be called.
    Forbidden,
}

/// What an attempt means beyond its own delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consequences {
    /// Nothing goes to the endpoint before.
    pub pause_until: Option<Time>,
    /// It was this attempt that made the warning due.
    pub warns: bool,
}

impl Delivery {
    /// A new one; its first attempt is due after the schedule's first step.
    pub fn new(
        rule: HookRuleId,
        event: HookEvent,
        schedule_s: &[u32],
        jitter: u32,
        now: Time,
    ) -> Self {
        let first = schedule_s.first().copied().unwrap_or(0);
        Self {
            rule,
            event,
            state: State::Pending,
            failure: None,
            attempts: 0,
            failed: 0,
            next: Some(now + jittered(first, jitter)),
            warned: None,
            created: now,
            updated: now,
            version: 1,
        }
    }

    /// Takes in an attempt that began at `start` and ended at `now`. `jitter` is any number.
    pub fn heard(
        &mut self,
        heard: Heard,
        schedule_s: &[u32],
        jitter: u32,
        now: Time,
    ) -> Consequences {
        self.attempts += 1;
        self.updated = now;
        let mut consequences = Consequences::default();
        let (slow_down, retry_after) = match heard {
            Heard::Success => {
                self.end(State::Delivered, None);
                return consequences;
            }
            Heard::Gone => {
                self.failed += 1;
                self.end(State::Failed, Some(GaveUp::EndpointGone));
                return consequences;
            }
            Heard::Forbidden => {
                self.failed += 1;
                self.end(State::Failed, Some(GaveUp::TargetRefused));
                return consequences;
            }
            Heard::Failure { retry_after } => (false, retry_after),
            Heard::SlowDown { retry_after } => (true, retry_after),
        };
        self.failed += 1;
        if self.failed == WARN_AFTER_ATTEMPTS {
            self.warned = Some(now);
            consequences.warns = true;
        }
        let place = usize::try_from(self.failed).unwrap_or(usize::MAX);
        let Some(plan_s) = schedule_s.get(place) else {
            self.end(State::Failed, Some(GaveUp::AttemptsExhausted));
            return consequences;
        };
        let next = now + delay(*plan_s, jitter, retry_after);
        self.next = Some(next);
        if slow_down {
            consequences.pause_until = Some(next.min(now + PAUSE_MAX));
        }
        consequences
    }

    /// Its endpoint was switched off before the next attempt.
    pub fn endpoint_disabled(&mut self, now: Time) {
        self.updated = now;
        self.end(State::Failed, Some(GaveUp::EndpointDisabled));
    }

    /// Sent again from the beginning of the schedule, under the same id, whatever became of it.
    pub fn replay(&mut self, now: Time) {
        self.state = State::Pending;
        self.failure = None;
        self.failed = 0;
        self.warned = None;
        self.next = Some(now);
        self.updated = now;
    }

    fn end(&mut self, state: State, failure: Option<GaveUp>) {
        self.state = state;
        self.failure = failure;
        self.next = None;
    }
}

/// The planned delay, or what the receiver asks for: not before the plan and not after twice the plan, so that no
/// receiver can push an event out of the span.
fn delay(plan_s: u32, jitter: u32, retry_after: Option<Duration>) -> Duration {
    let planned = jittered(plan_s, jitter);
    let twice = Duration::from_secs(u64::from(plan_s) * 2);
    retry_after.unwrap_or(planned).min(twice).max(planned)
}

/// ±20 %.
fn jittered(plan_s: u32, jitter: u32) -> Duration {
    Duration::from_millis(u64::from(plan_s) * u64::from(800 + jitter % 401))
}

#[cfg(test)]
mod tests {
    use super::super::hook::{EventKind, SCHEDULE_S};
    use super::super::ids::{ChannelId, EventId, TenantId};
    use super::*;

    /// The jitter that changes nothing.
    const EVEN: u32 = 200;

    fn delivery(schedule_s: &[u32]) -> Delivery {
        let event = HookEvent {
            id: EventId::derive(&[b"e"]),
            tenant: TenantId::derive(&[b"t"]),
            channel: ChannelId::derive(&[b"c"]),
            flow: None,
            kind: EventKind::IdentityProcess,
            action: "succeeded".into(),
            time: Time::from_millis(0),
            sequence: None,
            object: serde_json::json!({}),
        };
        Delivery::new(HookRuleId::derive(&[b"r"]), event, schedule_s, EVEN, Time::from_millis(0))
    }

    const FAILURE: Heard = Heard::Failure { retry_after: None };

    fn seconds(s: u64) -> Time {
        Time::from_millis(0) + Duration::from_secs(s)
    }

    /// T74 (hook test 4): ten attempts over 75:35:05, a warning after the fourth, then it has failed.
    #[test]
    fn the_schedule_is_kept_to_its_end() {
        let mut delivery = delivery(&SCHEDULE_S);
        let mut now = seconds(0);
        for number in 1..=10 {
            assert_eq!((delivery.state, delivery.next), (State::Pending, Some(now)), "{number}");
            let consequences = delivery.heard(FAILURE, &SCHEDULE_S, EVEN, now);
            assert_eq!(consequences.warns, number == 4, "{number}");
            now = delivery.next.unwrap_or(now);
        }
        assert_eq!(now, seconds(272_105));
        assert_eq!(delivery.state, State::Failed);
        assert_eq!(delivery.failure, Some(GaveUp::AttemptsExhausted));
        assert_eq!((delivery.attempts, delivery.next), (10, None));
    }

    /// T74 (hook test 5): `Retry-After` counts between the plan and twice the plan.
    #[test]
    fn what_the_receiver_asks_for_is_bounded_by_the_plan() {
        let asked = [(0, 100), (99, 100), (120, 120), (200, 200), (201, 200), (86_400, 200)];
        for (asked_s, expected) in asked {
            let mut delivery = delivery(&[0, 100]);
            let retry_after = Some(Duration::from_secs(asked_s));
            let heard = Heard::SlowDown { retry_after };
            let consequences = delivery.heard(heard, &[0, 100], EVEN, seconds(0));
            assert_eq!(delivery.next, Some(seconds(expected)), "asked for {asked_s}");
            assert_eq!(consequences.pause_until, delivery.next);
        }
    }

    #[test]
    fn an_endpoint_rests_five_minutes_at_most() {
        let mut delivery = delivery(&[0, 86_400]);
        let heard = Heard::SlowDown { retry_after: None };
        let consequences = delivery.heard(heard, &[0, 86_400], EVEN, seconds(0));
        assert_eq!(consequences.pause_until, Some(seconds(300)));
        assert_eq!(delivery.next, Some(seconds(86_400)));
    }

    #[test]
    fn jitter_stays_within_a_fifth() {
        let delays: Vec<_> = (0..2000).map(|jitter| jittered(10, jitter).as_millis()).collect();
        assert_eq!(delays.iter().min(), Some(&8_000));
        assert_eq!(delays.iter().max(), Some(&12_000));
    }

    #[test]
    fn a_replay_begins_the_schedule_anew_and_counts_on() {
        let mut delivery = delivery(&[0]);
        delivery.heard(FAILURE, &[0], EVEN, seconds(1));
        assert_eq!(delivery.state, State::Failed);
        delivery.replay(seconds(5));
        assert_eq!((delivery.state, delivery.next), (State::Pending, Some(seconds(5))));
        delivery.heard(Heard::Success, &[0], EVEN, seconds(6));
        assert_eq!((delivery.state, delivery.attempts), (State::Delivered, 2));
    }

    #[test]
    fn gone_and_refused_are_final() {
        for (heard, why) in
            [(Heard::Gone, GaveUp::EndpointGone), (Heard::Forbidden, GaveUp::TargetRefused)]
        {
            let mut delivery = delivery(&SCHEDULE_S);
            delivery.heard(heard, &SCHEDULE_S, EVEN, seconds(0));
            assert_eq!((delivery.state, delivery.failure), (State::Failed, Some(why)));
            assert_eq!(delivery.next, None);
        }
    }
}
