//! What a plan does to calls, without any gateway around them.

use std::path::PathBuf;
use std::sync::Mutex;

use super::*;
use crate::aws::client::Clients;
use crate::aws::sqs::Message;
use crate::aws::stand_in::StandIn;

/// Strikes each call with the next fault.
struct Next(Mutex<Vec<Option<Fault>>>);

#[async_trait]
impl Plan for Next {
    fn meet(&self, function: &str, call: &str) -> Option<Fault> {
        assert_eq!((function, call), ("api", "sqs.SendMessage"));
        self.0.lock().unwrap().pop().flatten()
    }

    async fn die(&self) -> Infallible {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_fault_of_a_call_holds_for_all_its_attempts_and_for_no_other_call() {
    for (fault, reached, succeeds) in [
        (Fault::Fail, 0, false),
        (Fault::Throttle, 0, false),
        (Fault::LoseCall, 0, false),
        (Fault::LoseAnswer, 3, false),
        (Fault::LoseAnswerOnce, 2, true),
    ] {
        let stand_in = StandIn::start(|_| (200, "{}".to_owned())).await;
        let plan = Arc::new(Next(Mutex::new(vec![None, Some(fault)])));
        let faults = Faults::new("api", plan);
        let clients = faults.clients(Clients::new(&stand_in.access()).unwrap());
        let answer = clients.sqs().send("queue", &Message::default()).await;
        assert_eq!(answer.is_ok(), succeeds, "{fault:?}");
        assert_eq!(stand_in.calls().len(), reached, "{fault:?}");
        clients.sqs().send("queue", &Message::default()).await.unwrap();
        assert_eq!(stand_in.calls().len(), reached + 1, "{fault:?}");
    }
}

#[tokio::test]
async fn who_dies_goes_no_further() {
    for (fault, reached) in [(Fault::DieBefore, 0), (Fault::DieAfter, 1)] {
        let stand_in = StandIn::start(|_| (200, "{}".to_owned())).await;
        let faults = Faults::new("api", Arc::new(Next(Mutex::new(vec![Some(fault)]))));
        let clients = faults.clients(Clients::new(&stand_in.access()).unwrap());
        let (sqs, message) = (clients.sqs(), Message::default());
        let mut call = Box::pin(sqs.send("queue", &message));
        let answered = async {
            while stand_in.calls().len() < reached {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            answer = &mut call => panic!("{fault:?}: {answer:?}"),
            () = answered => {}
        }
        assert_eq!(stand_in.calls().len(), reached, "{fault:?}");
    }
}

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wharf-plan-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_plan_in_a_file_counts_calls_from_when_it_came_and_dies_once() {
    let scratch = Scratch::new("file");
    let path = scratch.0.join("plan.txt");
    let plan = PlanFile::new(&path);
    assert_eq!(plan.meet("api", "queue.hook"), None);
    std::fs::write(&path, "lose-answer api queue.hook 2\ndie api queue.event after 1\nnonsense\n")
        .unwrap();
    assert_eq!(plan.meet("api", "queue.hook"), None);
    assert_eq!(plan.meet("event-route", "queue.hook"), None);
    assert_eq!(plan.meet("api", "queue.hook"), Some(Fault::LoseAnswer));
    assert_eq!(plan.meet("api", "queue.hook"), None);
    assert_eq!(plan.meet("api", "queue.event"), Some(Fault::DieAfter));
    assert!(!path.exists() && path.with_extension("done").exists());
    assert_eq!(plan.meet("api", "queue.event"), None);
    let reached = std::fs::read_to_string(path.with_extension("reached")).unwrap();
    assert_eq!(
        reached.lines().collect::<Vec<_>>(),
        [
            "api queue.hook",
            "event-route queue.hook",
            "api queue.hook",
            "api queue.hook",
            "api queue.event"
        ]
    );
}
