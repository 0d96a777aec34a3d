//! Hooks: every case of "how a sender is tested" as a story, and what a rule lets through.

mod api;
mod official;
mod rig;

use std::time::Duration;

use rig::{Reply, Rig, START, TENANT, ended, hours, terms};
use serde_json::json;
use shared::domain::delivery::{GaveUp, State};
use shared::domain::hook::{Disabled, DisabledReason, EventKind, Format, Wanted};
use shared::domain::ids::{ConversationId, EventId, FlowId, ProcessId};
use shared::domain::process::StepCall;
use shared::handlers::hook::call_job;
use shared::local::queue::VISIBILITY;
use shared::partner::signature::{Key, verify};
use shared::ports::{Clock, Queue, QueueName};

const HOST: &str = "one.example";

/// T74, T75, T76: a finished process posts a signed hook with its results, its flow and its platform.
#[tokio::test]
async fn a_finished_process_posts_a_hook() {
    let rig = Rig::new().await;
    let (rule, key) = rig.rule(HOST).await;
    let event = ended("1", "succeeded");
    rig.happens(&event).await;
    rig.work().await;
    let [got] = &rig.got(HOST)[..] else { panic!("one hook") };
    let request = &got.request;
    let id = verify(&key, request.headers(), request.body(), rig.clock.now()).unwrap();
    assert_eq!(id, event.id.to_string());
    let body = got.json();
    assert_eq!(body["type"], "identity_process.succeeded");
    assert_eq!(body["data"]["flow_id"], json!(event.flow));
    assert_eq!(body["data"]["platform"], "whatsapp");
    assert_eq!(body["data"]["answers"][0]["step_id"], "name");
    assert_eq!(body["data"]["validations"][0]["step_id"], "face");
    let delivery = rig.delivery(&rule, &event).await.unwrap();
    assert_eq!((delivery.state, delivery.attempts), (State::Delivered, 1));
}

/// T77, T78: a rule for succeeded hears of success and not of failure; one for both hears both.
#[tokio::test]
async fn a_rule_hears_what_it_listens_to() {
    let rig = Rig::new().await;
    rig.rule(HOST).await;
    let mut both = terms("both.example");
    both.events
        .push(Wanted { event_type: EventKind::IdentityProcess, event_action: "failed".to_owned() });
    rig.rule_with(both).await;
    for action in ["created", "succeeded", "failed", "expired"] {
        rig.happens(&ended("1", action)).await;
    }
    rig.work().await;
    let heard = |host| -> Vec<String> {
        let got = rig.got(host);
        got.iter().map(|got| got.json()["type"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(heard(HOST), ["identity_process.succeeded"]);
    assert_eq!(heard("both.example"), ["identity_process.succeeded", "identity_process.failed"]);
}

/// T76: rules are told apart by flow; an empty condition takes all.
#[tokio::test]
async fn a_rule_may_be_for_some_flows_or_channels() {
    let rig = Rig::new().await;
    let event = ended("1", "succeeded");
    let mut mine = terms("mine.example");
    mine.conditions.flow_id = event.flow.into_iter().collect();
    mine.conditions.channel_id = vec![event.channel];
    rig.rule_with(mine).await;
    let mut other = terms("other.example");
    other.conditions.flow_id = vec![FlowId::from_bytes([9; 16])];
    rig.rule_with(other).await;
    rig.happens(&event).await;
    rig.work().await;
    assert_eq!(rig.got("mine.example").len(), 1);
    assert_eq!(rig.got("other.example").len(), 0);
}

/// T74 (hook tests 2 and 3): 500, 500, 200 are three attempts at the planned times; the id stays, time and signature are
/// fresh.
#[tokio::test]
async fn a_failed_hook_is_sent_again_by_the_plan() {
    let rig = Rig::new().await;
    let (rule, key) = rig.rule(HOST).await;
    let failing = Reply::Body(500, "try later".to_owned());
    rig.script(HOST, [failing.clone(), failing, Reply::Status(200)]);
    let event = ended("1", "succeeded");
    rig.happens(&event).await;
    rig.pass(hours(100)).await;
    assert_eq!(rig.times(HOST), [0, 5, 305]);
    let got = rig.got(HOST);
    for got in &got {
        verify(&key, got.request.headers(), got.request.body(), got.time).unwrap();
        assert_eq!(got.header("webhook-id"), event.id.to_string());
        assert_eq!(got.header("x-gateway-delivery"), event.id.to_string());
        assert_eq!(got.header("webhook-timestamp"), got.time.seconds().to_string());
    }
    assert_ne!(got[0].header("webhook-signature"), got[1].header("webhook-signature"));
    let delivery = rig.delivery(&rule, &event).await.unwrap();
    assert_eq!((delivery.state, delivery.attempts), (State::Delivered, 3));
    let attempts = rig.attempts(&rule, &event).await;
    let codes: Vec<_> = attempts.iter().map(|a| (a.number, a.status_code.unwrap())).collect();
    assert_eq!(codes, [(1, 500), (2, 500), (3, 200)]);
    assert_eq!(attempts[0].answer, "try later");
    assert_eq!(attempts[0].next, Some(START + Duration::from_secs(5)));
    assert_eq!(attempts[2].next, None);
}

/// T74 (hook test 4): ten attempts over 75 hours, a warning after the fourth, then it has failed; the endpoint stays on
/// until nothing succeeded for five days.
#[tokio::test]
async fn an_endpoint_that_never_answers_is_switched_off_after_five_days() {
    let rig = Rig::new().await;
    let (rule, _) = rig.rule(HOST).await;
    rig.script(HOST, [Reply::Status(500)]);
    let event = ended("1", "succeeded");
    rig.happens(&event).await;
    rig.pass(Duration::from_secs(2_104)).await;
    assert_eq!(rig.times(HOST), [0, 5, 305], "the fourth is due at 2105");
    assert_eq!(rig.delivery(&rule, &event).await.unwrap().warned, None);
    rig.pass(Duration::from_secs(1)).await;
    let warned = rig.delivery(&rule, &event).await.unwrap().warned;
    assert_eq!(warned, Some(START + Duration::from_secs(2_105)));
    rig.pass(hours(100)).await;
    let delivery = rig.delivery(&rule, &event).await.unwrap();
    assert_eq!((delivery.state, delivery.attempts), (State::Failed, 10));
    assert_eq!(delivery.failure, Some(GaveUp::AttemptsExhausted));
    assert_eq!(*rig.times(HOST).last().unwrap(), 272_105);
    assert_eq!(rig.stored(&rule).await.disabled, None);

    rig.clock.set(START + hours(5 * 24) - Duration::from_secs(1));
    rig.happens(&ended("2", "succeeded")).await;
    rig.work().await;
    assert_eq!(rig.stored(&rule).await.disabled, None, "a second too early");
    rig.pass(Duration::from_secs(5)).await;
    let disabled = rig.stored(&rule).await.disabled.unwrap();
    assert_eq!(disabled.reason, DisabledReason::Failing);
    let calls = rig.got(HOST).len();
    rig.happens(&ended("3", "succeeded")).await;
    rig.pass(hours(200)).await;
    assert_eq!(rig.got(HOST).len(), calls, "it is left alone");
    let waiting = rig.delivery(&rule, &ended("2", "succeeded")).await.unwrap();
    assert_eq!(waiting.failure, Some(GaveUp::EndpointDisabled));
}

#[tokio::test]
async fn a_success_forgives_earlier_failures() {
    let rig = Rig::new().await;
    let (rule, _) = rig.rule(HOST).await;
    rig.script(HOST, [Reply::Status(500), Reply::Status(200), Reply::Status(500)]);
    rig.happens(&ended("1", "succeeded")).await;
    rig.work().await;
    assert_eq!(rig.stored(&rule).await.health.failing_since, Some(START));
    rig.pass(hours(5 * 24)).await;
    assert_eq!(rig.stored(&rule).await.health.failing_since, None);
    rig.happens(&ended("2", "succeeded")).await;
    rig.work().await;
    assert_eq!(rig.stored(&rule).await.disabled, None);
}

/// T74 (hook test 5): 410 switches the endpoint off at once, and the tenant's other endpoints hear of it.
#[tokio::test]
async fn an_endpoint_that_is_gone_is_switched_off_at_once() {
    let rig = Rig::new().await;
    let mut gone_terms = terms(HOST);
    gone_terms.action.status_email = Some("ops@customer.example".to_owned());
    let (rule, _) = rig.rule_with(gone_terms).await;
    rig.rule("two.example").await;
    rig.script(HOST, [Reply::Status(410)]);
    let event = ended("1", "succeeded");
    rig.happens(&event).await;
    rig.pass(hours(100)).await;
    assert_eq!(rig.times(HOST), [0]);
    let disabled = rig.stored(&rule).await.disabled;
    assert_eq!(disabled, Some(Disabled { reason: DisabledReason::Gone, time: START }));
    let delivery = rig.delivery(&rule, &event).await.unwrap();
    assert_eq!(delivery.failure, Some(GaveUp::EndpointGone));
    let told: Vec<_> = rig.got("two.example").iter().map(rig::Got::json).collect();
    assert_eq!(told.len(), 2);
    let told = told.iter().find(|body| body["type"] == "endpoint.disabled").unwrap();
    assert_eq!(told["data"]["rule_id"], json!(rule.id));
    assert_eq!(told["data"]["reason"], "gone");
    assert_eq!(told["data"]["status_email"], "ops@customer.example");
}

/// T74 (hook test 5): `Retry-After` counts between the plan and twice the plan, and the whole endpoint rests.
#[tokio::test]
async fn an_endpoint_that_asks_for_time_gets_it() {
    let rig = Rig::new().await;
    let mut slow = terms(HOST);
    slow.schedule_s = vec![0, 100, 100];
    let (rule, _) = rig.rule_with(slow).await;
    rig.rule("two.example").await;
    let busy = |after| Reply::Header(429, "retry-after", after);
    rig.script(HOST, [busy("120"), busy("3600"), Reply::Status(200)]);
    rig.happens(&ended("1", "succeeded")).await;
    rig.work().await;
    assert_eq!(rig.stored(&rule).await.health.paused_until, Some(START + Duration::from_mins(2)));
    rig.clock.turn(Duration::from_secs(10));
    rig.happens(&ended("2", "succeeded")).await;
    rig.work().await;
    assert_eq!(rig.times(HOST), [0], "another event does not disturb it");
    assert_eq!(rig.times("two.example"), [0, 10], "another endpoint does not wait");
    rig.pass(hours(1)).await;
    // Both at 120; the first of them is told to wait an hour and gets twice the plan.
    let times = rig.times(HOST);
    assert_eq!(times[1], 120);
    assert_eq!(*times.last().unwrap(), 320);
    for name in ["1", "2"] {
        let delivery = rig.delivery(&rule, &ended(name, "succeeded")).await.unwrap();
        assert_eq!(delivery.state, State::Delivered);
    }
}

/// T74 (hook test 6): an answer after the timeout is a failure, and a second call with the same id follows.
#[tokio::test]
async fn a_late_answer_is_none() {
    let rig = Rig::new().await;
    let (rule, _) = rig.rule(HOST).await;
    rig.script(HOST, [Reply::Late, Reply::Status(200)]);
    let event = ended("1", "succeeded");
    rig.happens(&event).await;
    rig.pass(hours(1)).await;
    assert_eq!(rig.times(HOST), [0, 20]);
    let got = rig.got(HOST);
    assert_eq!(got[0].header("webhook-id"), got[1].header("webhook-id"));
    let attempts = rig.attempts(&rule, &event).await;
    assert_eq!((attempts[0].duration_ms, attempts[0].status_code), (15_000, None));
    assert_eq!(attempts[0].error.as_deref(), Some("no answer from one.example"));
}

/// T74 (hook test 7): a redirect is a failure, and nobody goes where it points.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let rig = Rig::new().await;
    let (rule, _) = rig.rule(HOST).await;
    let away = Reply::Header(302, "location", "https://elsewhere.example/hook");
    rig.script(HOST, [away, Reply::Status(200)]);
    let event = ended("1", "succeeded");
    rig.happens(&event).await;
    rig.work().await;
    let delivery = rig.delivery(&rule, &event).await.unwrap();
    assert_eq!((delivery.state, delivery.failed), (State::Pending, 1));
    rig.pass(hours(1)).await;
    assert_eq!(rig.got("elsewhere.example").len(), 0);
    assert_eq!(rig.got(HOST).len(), 2);
}

/// T74 (hook test 8): an address that may not be called ends the delivery with an entry that says why.
#[tokio::test]
async fn a_refused_target_is_final() {
    let rig = Rig::new().await;
    let (rule, _) = rig.rule(HOST).await;
    rig.script(HOST, [Reply::Forbidden]);
    let event = ended("1", "succeeded");
    rig.happens(&event).await;
    rig.pass(hours(100)).await;
    assert_eq!(rig.got(HOST).len(), 0);
    let delivery = rig.delivery(&rule, &event).await.unwrap();
    assert_eq!(delivery.failure, Some(GaveUp::TargetRefused));
    let [attempt] = &rig.attempts(&rule, &event).await[..] else { panic!("one attempt") };
    assert_eq!(
        attempt.error.as_deref(),
        Some("one.example is not an address that may be called: it is not a public address")
    );
}

/// T74 (hook test 9): who is stopped between sending and writing sends again.
#[tokio::test]
async fn a_hook_survives_the_process() {
    let rig = Rig::new().await;
    let (rule, _) = rig.rule(HOST).await;
    rig.script(HOST, [Reply::Hang, Reply::Status(200)]);
    let event = ended("1", "succeeded");
    rig.happens(&event).await;
    rig.die_during_call().await;
    let delivery = rig.delivery(&rule, &event).await.expect("it is stored before it is sent");
    assert_eq!((delivery.state, delivery.attempts), (State::Pending, 0));
    rig.pass(hours(1)).await;
    assert_eq!(rig.times(HOST), [0, VISIBILITY.as_secs()]);
    let got = rig.got(HOST);
    assert_eq!(got[0].header("webhook-id"), got[1].header("webhook-id"));
    assert_eq!(rig.delivery(&rule, &event).await.unwrap().state, State::Delivered);
}

/// T74 (hook test 9): a job that the queue delivers again after its work is done changes nothing.
#[tokio::test]
async fn the_same_event_twice_is_one_delivery() {
    let rig = Rig::new().await;
    rig.rule(HOST).await;
    rig.script(HOST, [Reply::Status(500), Reply::Status(200)]);
    let event = ended("1", "succeeded");
    rig.happens(&event).await;
    rig.work().await;
    rig.happens(&event).await;
    rig.pass(hours(100)).await;
    assert_eq!(rig.times(HOST), [0, 5]);
    rig.happens(&event).await;
    rig.pass(hours(100)).await;
    assert_eq!(rig.got(HOST).len(), 2);
}

/// T74 (hook test 10): both keys sign during the overlap, the new one alone after it.
#[tokio::test]
async fn a_new_key_signs_beside_the_old_one_for_a_while() {
    let rig = Rig::new().await;
    let (mut rule, old) = rig.rule(HOST).await;
    let new = Key::secret(&[5; 32]);
    let sealed = rig.seal(rule.id, &new).await;
    rule.keys = rule.keys.rotated(sealed, hours(24), rig.clock.now());
    rig.store.save_hook_rule(rule, None).await.unwrap();
    let signed_by = |place: usize, key: &Key| {
        let got = &rig.got(HOST)[place];
        verify(key, got.request.headers(), got.request.body(), got.time).is_ok()
    };
    rig.happens(&ended("1", "succeeded")).await;
    rig.work().await;
    assert!(signed_by(0, &new) && signed_by(0, &old));
    rig.clock.turn(hours(24).checked_sub(Duration::from_millis(1)).unwrap());
    rig.happens(&ended("2", "succeeded")).await;
    rig.work().await;
    assert!(signed_by(1, &new) && signed_by(1, &old));
    rig.clock.turn(Duration::from_millis(1));
    rig.happens(&ended("3", "succeeded")).await;
    rig.work().await;
    assert!(signed_by(2, &new) && !signed_by(2, &old));
}

/// T74 (hook test 11): two endpoints have different keys, and one that fails does not delay the other.
#[tokio::test]
async fn endpoints_do_not_wait_for_each_other() {
    let rig = Rig::new().await;
    let (_, one) = rig.rule(HOST).await;
    let (_, two) = rig.rule("two.example").await;
    rig.script(HOST, [Reply::Status(500)]);
    for name in ["1", "2", "3"] {
        rig.happens(&ended(name, "succeeded")).await;
    }
    rig.work().await;
    assert_eq!(rig.times("two.example"), [0, 0, 0]);
    let got = &rig.got("two.example")[0];
    let (headers, body) = (got.request.headers(), got.request.body());
    assert!(verify(&two, headers, body, got.time).is_ok());
    assert!(verify(&one, headers, body, got.time).is_err());
}

#[tokio::test]
async fn a_first_step_may_wait_too() {
    let rig = Rig::new().await;
    let mut later = terms(HOST);
    later.schedule_s = vec![30, 3_600];
    rig.rule_with(later).await;
    rig.script(HOST, [Reply::Status(500), Reply::Status(200)]);
    rig.happens(&ended("1", "succeeded")).await;
    rig.pass(hours(2)).await;
    assert_eq!(rig.times(HOST), [30, 3_630]);
}

#[tokio::test]
async fn what_waits_for_a_deleted_rule_is_dropped() {
    let rig = Rig::new().await;
    let (rule, _) = rig.rule(HOST).await;
    rig.script(HOST, [Reply::Status(500)]);
    rig.happens(&ended("1", "succeeded")).await;
    rig.work().await;
    rig.store.delete_hook_rule(TENANT, rule.id).await.unwrap();
    rig.pass(hours(100)).await;
    assert_eq!(rig.times(HOST), [0]);
    assert!(rig.queues.is_empty());
    assert_eq!(rig.queues.dead_letters(QueueName::Hook), []);
}

fn call() -> StepCall {
    let event = ended("1", "succeeded");
    StepCall {
        id: EventId::derive(&[b"call"]),
        tenant: TENANT,
        channel: event.channel,
        conversation: ConversationId::from_bytes([5; 16]),
        process: ProcessId::from_bytes([6; 16]),
        flow: event.flow.unwrap(),
        step: "face".to_owned(),
        url: format!("https://{HOST}/validate"),
        timeout_s: 20,
        body: json!({"process_id": "IDP06"}),
    }
}

/// T75: a webhook step asks the customer's server, signed as a hook, and its answer goes back to the conversation.
#[tokio::test]
async fn a_steps_question_comes_back_as_an_event() {
    let rig = Rig::new().await;
    let answer = r#"{"status":"success","type":"face-recognition","details":{"score":9}}"#;
    rig.script(HOST, [Reply::Status(503), Reply::Body(200, answer.to_owned())]);
    rig.queues.put(QueueName::Hook, vec![call_job(&call())]).await.unwrap();
    rig.pass(hours(1)).await;
    assert_eq!(rig.times(HOST), [0, 5]);
    let got = rig.got(HOST);
    assert_eq!(got[0].header("webhook-id"), got[1].header("webhook-id"));
    assert!(got[0].header("webhook-signature").starts_with("v1,"));
    let [told] = &rig.queues.bodies(QueueName::Event)[..] else { panic!("one answer") };
    let told: serde_json::Value = serde_json::from_str(told).unwrap();
    let told = &told["what"]["step_answered"];
    assert_eq!(told["conversation"], json!(call().conversation));
    assert_eq!(told["answer"]["validation"]["kind"], "face-recognition");
    assert_eq!(told["answer"]["validation"]["details"]["score"], 9);
}

/// T75: a server that never answers usefully is given up within about a minute, and the conversation hears that.
#[tokio::test]
async fn a_question_that_nobody_answers_ends() {
    for (replies, times) in [
        (Reply::Body(200, "ok".to_owned()), vec![0, 5, 20, 60]),
        (Reply::Status(410), vec![0, 5, 20, 60]),
        (Reply::Forbidden, vec![]),
    ] {
        let rig = Rig::new().await;
        rig.script(HOST, [replies]);
        rig.queues.put(QueueName::Hook, vec![call_job(&call())]).await.unwrap();
        rig.pass(hours(1)).await;
        assert_eq!(rig.times(HOST), times);
        let [told] = &rig.queues.bodies(QueueName::Event)[..] else { panic!("one answer") };
        let told: serde_json::Value = serde_json::from_str(told).unwrap();
        let answer = &told["what"]["step_answered"]["answer"];
        assert_eq!(answer["step"], "face");
        assert_eq!(answer["validation"], serde_json::Value::Null);
    }
}

/// X13: both formats at once, for the same event.
#[tokio::test]
async fn each_rule_has_its_own_format() {
    let rig = Rig::new().await;
    rig.rule(HOST).await;
    let mut jwt = terms("jwt.example");
    jwt.format = Format::Jwt;
    rig.rule_with(jwt).await;
    rig.happens(&ended("1", "succeeded")).await;
    rig.work().await;
    assert_eq!(rig.got(HOST)[0].header("content-type"), "application/json");
    let got = &rig.got("jwt.example")[0];
    assert_eq!(got.header("content-type"), "text/plain; charset=utf-8");
    let parts = got.request.body().split(|b| *b == b'.');
    assert_eq!(parts.count(), 3);
}
