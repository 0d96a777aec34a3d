use super::super::clock::Hand;
use super::super::engine::Engine;
use super::*;

struct Setup {
    engine: Engine,
    clock: Arc<Hand>,
    queues: Queues,
}

fn setup() -> Setup {
    let engine = Engine::memory().unwrap();
    let clock = Arc::new(Hand::new(Time::from_millis(1_000_000)));
    let queues = Queues::new(engine.shelf(), clock.clone()).unwrap();
    Setup { engine, clock, queues }
}

impl Setup {
    async fn put(&self, queue: QueueName, group: &str, body: &str) {
        let job = job(group, body);
        self.queues.put(queue, vec![job]).await.unwrap();
    }

    fn take(&self, queue: QueueName) -> Option<(Taken, Receipt)> {
        self.queues.take(queue, self.clock.now()).unwrap()
    }

    fn body(&self, queue: QueueName) -> Option<String> {
        self.take(queue).map(|(taken, _)| taken.body)
    }

    fn restart(&mut self) {
        self.queues = Queues::new(self.engine.shelf(), self.clock.clone()).unwrap();
    }
}

fn job(group: &str, body: &str) -> Job {
    Job {
        group: group.to_owned(),
        id: format!("id-{body}"),
        body: body.to_owned(),
        delay: Duration::ZERO,
    }
}

#[tokio::test]
async fn a_group_of_a_fifo_queue_has_one_job_in_flight() {
    let s = setup();
    for (group, body) in [("a", "a1"), ("a", "a2"), ("b", "b1")] {
        s.put(QueueName::Event, group, body).await;
    }
    let (taken, receipt) = s.take(QueueName::Event).unwrap();
    assert_eq!(taken.body, "a1");
    assert_eq!(s.body(QueueName::Event).as_deref(), Some("b1"));
    assert_eq!(s.body(QueueName::Event), None, "a2 waits for a1");
    s.queues.settle(&receipt, Done::Finished).unwrap();
    assert_eq!(s.body(QueueName::Event).as_deref(), Some("a2"));
}

#[tokio::test]
async fn a_job_that_comes_back_keeps_its_place_in_its_group() {
    let s = setup();
    s.put(QueueName::Message, "a", "a1").await;
    s.put(QueueName::Message, "a", "a2").await;
    let (_, receipt) = s.take(QueueName::Message).unwrap();
    let again = Done::Again { after: Some(Duration::from_secs(6)) };
    s.queues.settle(&receipt, again).unwrap();
    assert_eq!(s.body(QueueName::Message), None, "a2 does not overtake");
    let next = s.queues.next_visible(QueueName::Message).unwrap();
    assert_eq!(next.since(s.clock.now()), Duration::from_secs(6));
    s.clock.set(next);
    let (taken, _) = s.take(QueueName::Message).unwrap();
    assert_eq!((taken.body.as_str(), taken.deliveries), ("a1", 2));
}

#[tokio::test]
async fn a_fifo_queue_knows_an_id_for_five_minutes() {
    let mut s = setup();
    s.put(QueueName::Event, "a", "a1").await;
    s.put(QueueName::Event, "a", "a1").await;
    s.put(QueueName::Event, "b", "a1").await;
    assert_eq!(s.queues.len(QueueName::Event), 2, "another group is another matter");
    s.clock.turn(Duration::from_secs(299));
    s.restart();
    s.put(QueueName::Event, "a", "a1").await;
    assert_eq!(s.queues.len(QueueName::Event), 2);
    s.clock.turn(Duration::from_secs(1));
    s.put(QueueName::Event, "a", "a1").await;
    assert_eq!(s.queues.len(QueueName::Event), 3);
    for _ in 0..2 {
        s.put(QueueName::Hook, "a", "a1").await;
    }
    assert_eq!(s.queues.len(QueueName::Hook), 2, "standard queues take what comes");
}

#[tokio::test]
async fn a_standard_queue_delays_and_serves_the_quieter_group_first() {
    let s = setup();
    let late = Job { delay: Duration::from_mins(15), ..job("a", "late") };
    s.queues.put(QueueName::Hook, vec![late]).await.unwrap();
    for (group, body) in [("loud", "1"), ("loud", "2"), ("quiet", "3")] {
        s.put(QueueName::Hook, group, body).await;
    }
    let bodies: Vec<_> = std::iter::from_fn(|| s.body(QueueName::Hook)).collect();
    assert_eq!(bodies, ["1", "3", "2"]);
    s.clock.turn(Duration::from_mins(15));
    assert!(std::iter::from_fn(|| s.body(QueueName::Hook)).any(|body| body == "late"));
}

#[tokio::test]
async fn what_nobody_settles_comes_back_and_its_old_receipt_is_worth_nothing() {
    let s = setup();
    s.put(QueueName::Event, "a", "a1").await;
    let (first, old) = s.take(QueueName::Event).unwrap();
    s.clock.turn(VISIBILITY);
    let (second, new) = s.take(QueueName::Event).unwrap();
    assert_eq!((first.id, first.deliveries), (second.id, 1));
    assert_eq!(second.deliveries, 2);
    s.queues.settle(&old, Done::Finished).unwrap();
    s.queues.bury(&old, "too late").unwrap();
    assert_eq!(s.queues.len(QueueName::Event), 1);
    s.queues.settle(&new, Done::Finished).unwrap();
    assert!(s.queues.is_empty());
    assert!(s.queues.dead_letters(QueueName::Event).is_empty());
}

#[tokio::test]
async fn a_job_is_given_up_after_ten_deliveries_or_when_told_so() {
    let mut s = setup();
    for body in ["fails", "hangs", "hopeless"] {
        s.put(QueueName::Event, body, body).await;
    }
    for _ in 0..RECEIVES_MAX {
        let now = s.clock.now();
        while let Some((taken, receipt)) = s.queues.take(QueueName::Event, now).unwrap() {
            match taken.body.as_str() {
                "fails" => {
                    let again = Done::Again { after: Some(VISIBILITY) };
                    s.queues.settle(&receipt, again).unwrap();
                }
                "hopeless" => s.queues.bury(&receipt, "unreadable").unwrap(),
                _ => {}
            }
        }
        s.clock.turn(VISIBILITY);
    }
    assert_eq!(s.body(QueueName::Event), None);
    s.restart();
    let dead = s.queues.dead_letters(QueueName::Event);
    let told: Vec<_> = dead.iter().map(|d| (d.body.as_str(), d.deliveries)).collect();
    assert_eq!(told, [("fails", RECEIVES_MAX), ("hangs", RECEIVES_MAX), ("hopeless", 1)]);
    assert_eq!(dead[2].reason, "unreadable");
    assert!(s.queues.is_empty());
}

#[tokio::test]
async fn jobs_survive_a_restart_in_order_also_those_being_worked_on() {
    let mut s = setup();
    for n in 0..12 {
        s.put(QueueName::Event, "a", &n.to_string()).await;
    }
    s.put(QueueName::Message, "a", "later").await;
    let (_, later) = s.take(QueueName::Message).unwrap();
    let again = Done::Again { after: Some(Duration::from_secs(6)) };
    s.queues.settle(&later, again).unwrap();
    let (taken, old) = s.take(QueueName::Event).unwrap();
    assert_eq!(taken.body, "0");
    s.restart();
    s.queues.settle(&old, Done::Finished).unwrap();
    for n in 0..12 {
        let (taken, receipt) = s.take(QueueName::Event).unwrap();
        assert_eq!(taken.body, n.to_string());
        assert_eq!(taken.deliveries, if n == 0 { 2 } else { 1 });
        s.queues.settle(&receipt, Done::Finished).unwrap();
    }
    assert_eq!(s.body(QueueName::Message), None, "what was postponed stays postponed");
    s.put(QueueName::Event, "a", "new").await;
    assert_eq!(s.queues.bodies(QueueName::Event), ["new"]);
}

#[tokio::test]
async fn what_the_real_queues_refuse_is_refused_whole() {
    let s = setup();
    let long = "x".repeat(129);
    let good = job("a", "good");
    for (queue, bad) in [
        (QueueName::Event, Job { group: String::new(), ..good.clone() }),
        (QueueName::Event, Job { group: long.clone(), ..good.clone() }),
        (QueueName::Event, Job { id: long, ..good.clone() }),
        (QueueName::Event, Job { delay: Duration::from_secs(1), ..good.clone() }),
        (QueueName::Hook, Job { delay: Duration::from_secs(901), ..good.clone() }),
        (QueueName::Hook, Job { body: "x".repeat((1 << 20) + 1), ..good.clone() }),
        (QueueName::Hook, Job { body: String::new(), ..good.clone() }),
    ] {
        assert!(s.queues.put(queue, vec![good.clone(), bad]).await.is_err());
        assert!(s.queues.is_empty());
    }
}

#[tokio::test]
async fn whoever_waits_hears_of_a_new_job() {
    let s = setup();
    let waits = s.queues.changed();
    tokio::pin!(waits);
    let waiting = std::future::poll_fn(|context| {
        let polled = Future::poll(waits.as_mut(), context);
        std::task::Poll::Ready(polled.is_pending())
    });
    assert!(waiting.await);
    s.put(QueueName::Event, "a", "a1").await;
    waits.await;
}
