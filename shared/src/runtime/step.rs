//! One step of a local queue: take a job, work it off, say what became of it.

use std::sync::Arc;

use super::work::{Verdict, count_dead, work};
use crate::error::Result;
use crate::handlers::Worker;
use crate::local::queue::Queues;
use crate::ports::{Audit, Clock, Done, QueueName};

/// Works off the next job of a queue. False if none may be taken now.
pub async fn step(
    queues: &Queues,
    queue: QueueName,
    worker: &Arc<dyn Worker>,
    audit: &dyn Audit,
    clock: &dyn Clock,
) -> Result<bool> {
    let Some((job, receipt)) = queues.take(queue, clock.now())? else { return Ok(false) };
    match work(worker, queue, &job).await {
        Verdict::Finished => queues.settle(&receipt, Done::Finished)?,
        Verdict::Again(after) => queues.settle(&receipt, Done::Again { after: Some(after) })?,
        Verdict::Dead(reason) => {
            count_dead(audit, queue, &job.body).await;
            queues.bury(&receipt, reason)?;
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use async_trait::async_trait;

    use super::*;
    use crate::domain::event::{Event, Occurrence, What};
    use crate::domain::ids::ChannelId;
    use crate::domain::time::Time;
    use crate::error::Error;
    use crate::local::{audit::Counts, clock::Hand, engine::Engine};
    use crate::ports::{DELIVERIES_MAX, Job, Outcome, Queue, Taken};

    struct Fails;

    #[async_trait]
    impl Worker for Fails {
        async fn work(&self, _job: &Taken) -> Result<Done> {
            Err(Error::Changed("it"))
        }
    }

    #[tokio::test]
    async fn an_event_that_fails_for_good_is_a_dead_letter_and_counted() {
        let engine = Engine::memory().unwrap();
        let clock = Arc::new(Hand::new(Time::from_millis(0)));
        let queues = Queues::new(engine.shelf(), clock.clone()).unwrap();
        let audit = Counts::new(engine.shelf());
        let channel = ChannelId::derive(&[b"c"]);
        let detail = serde_json::Value::Null;
        let event = Event::AccountChanged { kind: "quality".to_owned(), detail };
        let (received, what) = (clock.now(), What::Webhook(event));
        let occurrence = Occurrence { channel, delivery: None, received, what };
        let body = serde_json::to_string(&occurrence).unwrap();
        let job = Job { group: "g".into(), id: "i".into(), body, delay: Duration::ZERO };
        queues.put(QueueName::Event, vec![job]).await.unwrap();
        let worker: Arc<dyn Worker> = Arc::new(Fails);
        let mut steps = 0;
        while queues.len(QueueName::Event) > 0 {
            clock.turn(Duration::from_mins(6));
            assert!(step(&queues, QueueName::Event, &worker, &audit, &*clock).await.unwrap());
            steps += 1;
        }
        assert_eq!(steps, DELIVERIES_MAX);
        assert_eq!(queues.dead_letters(QueueName::Event).len(), 1);
        let account = audit.account(&[channel]).await.unwrap();
        assert_eq!(account.items, [(Outcome::Dead, String::new(), 1)]);
        assert!(!step(&queues, QueueName::Event, &worker, &audit, &*clock).await.unwrap());
    }
}
