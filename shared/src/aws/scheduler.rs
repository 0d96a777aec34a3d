//! One-time timers of EventBridge Scheduler. They fire into a queue and delete themselves.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, Target,
};
use ring::digest::{SHA256, digest};

use super::failed;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::ports::{Clock, QueueName, Timer, Timers};

const MINUTE_MS: i64 = 60_000;
/// The call may take so long: a minute that begins meanwhile would be over.
const CALL_MAX: std::time::Duration = std::time::Duration::from_secs(10);

/// Where timers live and what they may do.
#[derive(Debug, Clone)]
pub struct Group {
    pub name: String,
    /// May send to the queues.
    pub role_arn: String,
    pub dead_letter_queue_arn: String,
    /// The queues that this function's timers fire into.
    pub queue_arns: HashMap<QueueName, String>,
}

/// Arms timers.
pub struct Schedules {
    client: Client,
    group: Group,
    clock: Arc<dyn Clock>,
}

impl Schedules {
    pub fn new(client: Client, group: Group, clock: Arc<dyn Clock>) -> Self {
        Self { client, group, clock }
    }
}

#[async_trait]
impl Timers for Schedules {
    async fn arm(&self, timer: Timer, at: Time) -> Result<()> {
        let built = |e| Error::internal(format!("a timer cannot be built: {e}"));
        let not_given = || Error::internal("this function was not given the timers it arms");
        let group = &self.group;
        let queue = group.queue_arns.get(&timer.queue()).ok_or_else(not_given)?;
        let input = serde_json::to_string(&timer)
            .map_err(|e| Error::internal(format!("a timer cannot be written: {e}")))?;
        // A time that has passed would never come.
        let minute = minute(at).max(minute(self.clock.now() + CALL_MAX) + 1);
        let target = Target::builder()
            .arn(queue)
            .role_arn(&group.role_arn)
            .input(&input)
            .dead_letter_config(
                DeadLetterConfig::builder().arn(&group.dead_letter_queue_arn).build(),
            )
            .build()
            .map_err(built)?;
        let exactly = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off);
        let answer = self
            .client
            .create_schedule()
            .group_name(&group.name)
            .name(name(&input, minute))
            .schedule_expression(expression(minute))
            .flexible_time_window(exactly.build().map_err(built)?)
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(target)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(()),
            // It is armed already.
            Err(error)
                if matches!(
                    error.as_service_error(),
                    Some(CreateScheduleError::ConflictException(_))
                ) =>
            {
                Ok(())
            }
            Err(error) => Err(failed("scheduler", error)),
        }
    }
}

fn minute(time: Time) -> i64 {
    time.millis().div_euclid(MINUTE_MS)
}

/// The same for the same timer and minute, so that arming twice is arming once. At most 64 characters are allowed.
fn name(input: &str, minute: i64) -> String {
    let hash = digest(&SHA256, input.as_bytes());
    format!("{}-{minute}", hex::encode(&hash.as_ref()[..20]))
}

/// UTC, which is what a schedule is read in where nothing else is said.
fn expression(minute: i64) -> String {
    let time = Time::from_millis(minute.saturating_mul(MINUTE_MS)).to_string();
    format!("at({})", &time[..19])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::aws::client::Clients;
    use crate::aws::stand_in::StandIn;
    use crate::domain::ids::{ConversationId, ProcessId};

    struct Fixed(Time);

    impl Clock for Fixed {
        fn now(&self) -> Time {
            self.0
        }
    }

    fn time(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    fn schedules(stand_in: &StandIn) -> Schedules {
        let group = Group {
            name: "timers".to_owned(),
            role_arn: "arn:role".to_owned(),
            dead_letter_queue_arn: "arn:dead".to_owned(),
            queue_arns: [(QueueName::FollowUp, "arn:follow-up".to_owned())].into(),
        };
        let client = Clients::new(&stand_in.access()).unwrap().scheduler();
        Schedules::new(client, group, Arc::new(Fixed(time("2026-03-01T10:00:30Z"))))
    }

    fn ids() -> (ConversationId, ProcessId) {
        (ConversationId::derive(&[b"c"]), ProcessId::derive(&[b"p"]))
    }

    fn follow_up() -> Timer {
        let (conversation, process) = ids();
        Timer::FollowUp { conversation, process }
    }

    #[tokio::test]
    async fn a_timer_is_a_schedule_that_fires_once_at_its_minute() {
        let created = json!({"ScheduleArn": "arn:schedule"}).to_string();
        let stand_in = StandIn::start(move |_| (200, created.clone())).await;
        let schedules = schedules(&stand_in);
        schedules.arm(follow_up(), time("2026-03-01T12:34:56.789Z")).await.unwrap();
        schedules.arm(follow_up(), time("2026-03-01T12:34:01Z")).await.unwrap();
        let [one, again] = &stand_in.calls()[..] else { panic!("two calls") };
        let name = one.path.strip_prefix("/schedules/").unwrap().to_owned();
        assert!(name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        assert_eq!(one.path, again.path, "the same timer in the same minute has one name");
        let asked = one.json();
        assert_eq!(asked["ScheduleExpression"], "at(2026-03-01T12:34:00)");
        assert_eq!(asked["GroupName"], "timers");
        assert_eq!(asked["ActionAfterCompletion"], "DELETE");
        assert_eq!(asked["FlexibleTimeWindow"], json!({"Mode": "OFF"}));
        let target = &asked["Target"];
        assert_eq!(target["Arn"], "arn:follow-up");
        assert_eq!(target["RoleArn"], "arn:role");
        assert_eq!(target["DeadLetterConfig"]["Arn"], "arn:dead");
        let fired: Timer = serde_json::from_str(target["Input"].as_str().unwrap()).unwrap();
        assert_eq!(fired, follow_up());
    }

    #[tokio::test]
    async fn a_time_that_has_passed_becomes_the_next_minute() {
        let created = json!({"ScheduleArn": "arn:schedule"}).to_string();
        let stand_in = StandIn::start(move |_| (200, created.clone())).await;
        schedules(&stand_in).arm(follow_up(), time("2026-03-01T09:00:00Z")).await.unwrap();
        assert_eq!(stand_in.calls()[0].json()["ScheduleExpression"], "at(2026-03-01T10:01:00)");
    }

    #[tokio::test]
    async fn a_timer_that_is_armed_already_is_armed() {
        let stand_in = StandIn::start(|_| {
            (409, json!({"__type": "ConflictException", "Message": "exists"}).to_string())
        })
        .await;
        schedules(&stand_in).arm(follow_up(), time("2026-03-01T12:00:00Z")).await.unwrap();
        let (conversation, process) = ids();
        let other = Timer::Expiry { conversation, process };
        let refused = schedules(&stand_in).arm(other, time("2026-03-01T12:00:00Z")).await;
        assert!(!refused.unwrap_err().is_transient(), "its queue was not given");
    }
}
