//! What the gateway counts and measures besides the balance: it becomes metrics, alarms and a dashboard.

use std::time::Duration;

use serde_json::{Value, json};
use shared::ports::{Handed, Hooked, Metric, Outcome, QueueName};
use simulator::fault::SendFault;
use simulator::hooks::HookAnswer;
use simulator::message::FromUser;
use tests::clock::{hours, minutes};
use tests::stage::{Number, text};
use tests::{Bundle, Customer, Person};

struct Scene<'a> {
    bundle: &'a Bundle,
    shop: Customer<'a>,
    number: Number<'a>,
    ana: Person<'a>,
}

/// Ana has just written, so the service window is open.
async fn scene(bundle: &Bundle) -> Scene<'_> {
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let ana = number.person("573001234567", "Ana");
    ana.says("hola").await;
    Scene { bundle, shop, number, ana }
}

impl Scene<'_> {
    /// A message to Ana that meets these faults.
    async fn send(&self, faults: Vec<SendFault>) {
        self.bundle.simulator.change(|state| {
            state.faults.entry(self.number.digits.clone()).or_default().sends.extend(faults);
        });
        let message = json!({ "type": "text", "body": "buenas" });
        let body = json!({ "channel_id": self.number.channel, "to": self.ana.number,
                           "message": message });
        self.shop.post("/v1/messages", &body).await.expect(202);
    }

    fn messages(&self, handed: Handed) -> Vec<(u64, String)> {
        self.bundle.counted(Metric::Messages(handed))
    }
}

fn one(reason: &str) -> (u64, String) {
    (1, reason.to_owned())
}

fn code(code: &str) -> SendFault {
    SendFault::Code { code: code.to_owned(), text: "no".to_owned() }
}

/// README 11: the way of a message is measured from its webhook to its effect, and to the provider's acceptance of the
/// reply.
#[tokio::test]
async fn a_message_and_its_reply_are_counted_and_timed() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let flow = s.shop.flow(json!([{ "id": "a", "type": "message", "text": "recibido" }])).await;
    s.shop.inbound(&s.number, &flow, "empezar").await;
    let [received, events, sent, times] = [
        Metric::Items(Outcome::Received),
        Metric::Items(Outcome::Event),
        Metric::Messages(Handed::Sent),
        Metric::EventTime,
    ]
    .map(|metric| bundle.counted(metric).len());
    s.ana.begins(FromUser::Text { body: "empezar".to_owned() });
    bundle.simulator.step().await;
    assert_eq!(bundle.counted(Metric::Items(Outcome::Received)).len(), received + 1);
    bundle.turn_clock_only(Duration::from_millis(200));
    assert!(bundle.step_queue(QueueName::Event).await);
    assert_eq!(bundle.counted(Metric::Items(Outcome::Event)).len(), events + 1);
    assert_eq!(bundle.counted(Metric::EventTime)[times..], [(200, String::new())]);
    assert_eq!(bundle.counted(Metric::ReplyTime), []);
    bundle.turn_clock_only(Duration::from_millis(50));
    assert!(bundle.step_queue(QueueName::Message).await);
    assert_eq!(bundle.counted(Metric::Messages(Handed::Sent)).len(), sent + 1);
    assert_eq!(bundle.counted(Metric::ReplyTime), [(250, String::new())]);
    // Nobody asked for this one, so nobody waited for it.
    s.send(vec![]).await;
    bundle.run().await;
    assert_eq!(bundle.counted(Metric::Messages(Handed::Sent)).len(), sent + 2);
    assert_eq!(bundle.counted(Metric::ReplyTime).len(), 1);
}

/// README 10: every way in which a message may fail is counted for itself, with the code that tells why.
#[tokio::test]
async fn messages_that_fail_are_counted_by_what_would_help() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.send(vec![SendFault::Unavailable { status: 503 }; 5]).await;
    bundle.turn(minutes(30)).await;
    assert_eq!(s.messages(Handed::Transient).len(), 1);
    s.send(vec![code("131026")]).await;
    bundle.run().await;
    assert_eq!(s.messages(Handed::Final), [one("131026")]);
    s.send(vec![code("190")]).await;
    bundle.run().await;
    assert_eq!(s.messages(Handed::Configuration), [one("190")]);
    // Until then nobody asks the provider.
    bundle.turn(minutes(6)).await;
    s.send(vec![code("131047")]).await;
    bundle.run().await;
    assert_eq!(s.messages(Handed::Window), [one("131047")]);
    s.send(vec![]).await;
    bundle.turn_clock_only(hours(25));
    bundle.run().await;
    assert_eq!(s.messages(Handed::Window)[1..], [one("window_closed")]);
    assert_eq!(s.messages(Handed::Sent), []);

    s.ana.says("hola").await;
    s.send(vec![SendFault::LostCall]).await;
    bundle.run().await;
    assert_eq!(s.messages(Handed::Unknown), [one("")]);
    bundle.turn(minutes(10)).await;
    assert_eq!(s.messages(Handed::Sent), [one("")]);
    bundle.assert_no_dead_letters();
}

/// README 7: attempts of hooks are counted by how they ended.
#[tokio::test]
async fn attempts_of_hooks_are_counted() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.shop.hook_rule("log", &["message.delivered"], json!({ "schedule_seconds": [0, 60] })).await;
    let answer = |status| HookAnswer { status, ..HookAnswer::default() };
    bundle.simulator.change(|state| {
        let receiver = state.receivers.entry("log".to_owned()).or_default();
        receiver.next.extend([answer(500), answer(204), answer(410)]);
    });
    let hooks = |hooked| bundle.counted(Metric::Hooks(hooked));
    s.send(vec![]).await;
    bundle.turn(minutes(5)).await;
    assert_eq!(hooks(Hooked::Failed), [one("500")]);
    assert_eq!(hooks(Hooked::Delivered), [one("")]);
    s.send(vec![]).await;
    bundle.turn(minutes(5)).await;
    assert_eq!(hooks(Hooked::GivenUp), [one("410")]);
    assert_eq!((hooks(Hooked::Failed).len(), hooks(Hooked::Delivered).len()), (1, 1));
}

/// A provider that does not tell how the review of templates goes is counted once a run.
#[tokio::test]
async fn a_poll_without_an_answer_is_counted() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let form = [
        ("waba_phone_number", s.number.digits.as_str()),
        ("is_notification", "true"),
        ("category", "UTILITY"),
        ("template_type", "TEXT"),
        ("language_code", "en"),
        ("outbound_name", "A notice"),
        ("content", "Your parcel is here"),
    ];
    let made: Value = s.shop.form("/v1/whatsapp/outbounds", &form).await.expect(201);
    assert!(text(&made, "outbound_id").starts_with("OTB"));
    bundle.turn(minutes(6)).await;
    bundle.poll().await;
    assert_eq!(bundle.counted(Metric::PollsFailed), []);
    bundle.simulator.change(|state| state.lines.clear());
    bundle.turn(minutes(6)).await;
    bundle.poll().await;
    assert_eq!(bundle.counted(Metric::PollsFailed), [one("list")]);
}
