//! Timers in one process: they fire when somebody asks for what is due. As on AWS the precision is a minute, and a
//! fired timer is a job on its queue and nothing more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::queue::Queues;
use super::shelf::Shelf;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::ports::{Job, Queue, Timer, Timers};

const COMPARTMENT: &str = "TIMERS";
const MINUTE_MS: i64 = 60_000;

/// The armed timers, kept on the shelf.
pub struct Armed {
    timers: Mutex<BTreeMap<String, (Timer, Time)>>,
    queues: Arc<Queues>,
    shelf: Shelf,
}

impl Armed {
    /// With what was left on the shelf.
    pub fn new(shelf: Shelf, queues: Arc<Queues>) -> Result<Self> {
        let timers = shelf.entries(COMPARTMENT)?.into_iter().collect();
        Ok(Self { timers: Mutex::new(timers), queues, shelf })
    }

    /// Puts every timer that is due at `now` on its queue, the earliest first. Answers how many.
    pub async fn fire_due(&self, now: Time) -> Result<usize> {
        let mut due: Vec<(String, Timer, Time)> = self
            .lock()
            .iter()
            .filter(|(_, (_, at))| *at <= now)
            .map(|(name, (timer, at))| (name.clone(), *timer, *at))
            .collect();
        due.sort_by_key(|(_, _, at)| *at);
        for (name, timer, _) in &due {
            let job = Job {
                group: "timers".to_owned(),
                id: name.clone(),
                body: body(timer)?,
                delay: Duration::ZERO,
            };
            // First the job, then the timer: who dies between fires twice, which does no harm.
            self.queues.put(timer.queue(), vec![job]).await?;
            self.shelf.remove(COMPARTMENT, name)?;
            self.lock().remove(name);
        }
        Ok(due.len())
    }

    /// All timers that have not fired, the earliest first.
    pub fn armed(&self) -> Vec<(Timer, Time)> {
        let mut timers: Vec<_> = self.lock().values().copied().collect();
        timers.sort_by_key(|(_, at)| *at);
        timers
    }

    /// When the next one fires.
    pub fn next_due(&self) -> Option<Time> {
        self.lock().values().map(|(_, at)| *at).min()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, (Timer, Time)>> {
        self.timers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Timers for Armed {
    async fn arm(&self, timer: Timer, at: Time) -> Result<()> {
        let at = Time::from_millis(at.millis().div_euclid(MINUTE_MS) * MINUTE_MS);
        let name = format!("{} {at}", body(&timer)?);
        self.shelf.put(COMPARTMENT, &name, &(timer, at))?;
        self.lock().insert(name, (timer, at));
        Ok(())
    }
}

fn body(timer: &Timer) -> Result<String> {
    serde_json::to_string(timer).map_err(|e| Error::internal(format!("a timer is unwritable: {e}")))
}

#[cfg(test)]
mod tests {
    use super::super::clock::Hand;
    use super::super::engine::Engine;
    use super::*;
    use crate::domain::ids::{ConversationId, ProcessId};
    use crate::ports::QueueName;

    fn follow_up(n: u8) -> Timer {
        Timer::FollowUp {
            conversation: ConversationId::derive(&[&[n]]),
            process: ProcessId::derive(&[b"p"]),
        }
    }

    #[tokio::test]
    async fn a_timer_fires_once_at_its_minute_also_after_a_restart() {
        let engine = Engine::memory().unwrap();
        let clock = Arc::new(Hand::new(Time::from_millis(0)));
        let queues = Arc::new(Queues::new(engine.shelf(), clock).unwrap());
        let timers = Armed::new(engine.shelf(), queues.clone()).unwrap();
        timers.arm(follow_up(2), Time::from_millis(180_000)).await.unwrap();
        timers.arm(follow_up(1), Time::from_millis(125_000)).await.unwrap();
        timers.arm(follow_up(1), Time::from_millis(179_999)).await.unwrap();
        assert_eq!(timers.armed().len(), 2, "the same minute is the same timer");
        let timers = Armed::new(engine.shelf(), queues.clone()).unwrap();
        assert_eq!(timers.next_due(), Some(Time::from_millis(120_000)));
        assert_eq!(timers.fire_due(Time::from_millis(119_999)).await.unwrap(), 0);
        assert_eq!(timers.fire_due(Time::from_millis(180_000)).await.unwrap(), 2);
        assert_eq!(timers.fire_due(Time::from_millis(180_000)).await.unwrap(), 0);
        let fired: Vec<Timer> = queues
            .bodies(QueueName::FollowUp)
            .iter()
            .map(|body| serde_json::from_str(body).unwrap())
            .collect();
        assert_eq!(fired, [follow_up(1), follow_up(2)]);
        assert_eq!(Armed::new(engine.shelf(), queues).unwrap().armed(), []);
    }
}
