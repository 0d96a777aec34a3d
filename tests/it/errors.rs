//! What a refusal leads to: again in a moment, again in hours, or the end, and nobody calls a provider for nothing
//! (whatsapp-rules 5).

use serde_json::{Value, json};
use simulator::fault::SendFault;
use tests::clock::{SECOND, hours, minutes};
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
    async fn send(&self, body: &str) -> String {
        let message = json!({ "type": "text", "body": body });
        let body =
            json!({ "channel_id": self.number.channel, "to": self.ana.number, "message": message });
        let sent = self.shop.post("/v1/messages", &body).await.expect(202);
        self.bundle.run().await;
        text(&sent, "message_id")
    }

    async fn status(&self, id: &str) -> String {
        let message = self.shop.get(&format!("/v1/messages/{id}")).await.expect(200);
        text(&message, "status")
    }

    async fn warnings(&self) -> Value {
        let path = format!("/v1/channels/{}", self.number.channel);
        let shown = self.shop.get(&path).await.expect(200)["warnings"].clone();
        let plain = |warning: &Value| {
            warning.as_str().map(|text| text.replace(" (fbtrace_id SimulatorTrace)", ""))
        };
        shown.as_array().into_iter().flatten().map(plain).collect()
    }

    fn faults(&self, faults: Vec<SendFault>) {
        self.bundle.simulator.change(|state| {
            state.faults.entry(self.number.digits.clone()).or_default().sends.extend(faults);
        });
    }

    fn calls(&self) -> usize {
        let is_send = |path: &str| path.ends_with("/messages");
        self.bundle.wire.called().iter().filter(|call| is_send(&call.path)).count()
    }
}

fn code(code: &str) -> SendFault {
    SendFault::Code { code: code.to_owned(), text: "No".to_owned() }
}

/// whatsapp-rules 5, class R: `Retry-After` is obeyed, as seconds and as a date, and never makes a wait shorter.
#[tokio::test]
async fn the_provider_says_when_to_come_back() {
    for (when, waits, comes) in [
        ("90", 89 * SECOND, 2 * SECOND),
        ("Mon, 11 Mar 2024 15:02:00 GMT", 118 * SECOND, 3 * SECOND),
        ("1", 3 * SECOND, 2 * SECOND),
        ("86400", minutes(59), minutes(2)),
    ] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle).await;
        s.faults(vec![SendFault::Later { retry_after: when.to_owned() }]);
        let id = s.send("buenas").await;
        bundle.turn(waits).await;
        assert_eq!((s.status(&id).await.as_str(), s.calls()), ("queued", 1), "{when}");
        bundle.turn(comes).await;
        assert_eq!((s.status(&id).await.as_str(), s.calls()), ("delivered", 2), "{when}");
        bundle.assert_no_dead_letters();
    }
}

/// whatsapp-rules 5, class W: what the account has to wait for, all its messages wait for, in their order; nobody calls
/// meanwhile, and the channel says so once.
#[tokio::test]
async fn a_channel_that_has_to_wait_waits() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.faults(vec![code("131048"), code("131048")]);
    let first = s.send("uno").await;
    let second = s.send("dos").await;
    assert_eq!(s.status(&first).await, "queued");
    assert_eq!(s.status(&second).await, "queued");
    assert_eq!(s.calls(), 1, "nobody asks for the second one");
    let warning = "Messages wait until 2024-03-11T16:00:00.000Z (131048): No";
    assert_eq!(s.warnings().await, json!([warning]));
    bundle.turn(minutes(61)).await;
    assert_eq!(s.calls(), 2, "one tries again");
    assert_eq!(s.ana.sees(), [""; 0]);
    let warning = "Messages wait until 2024-03-11T18:00:00.000Z (131048): No";
    assert_eq!(s.warnings().await, json!([warning]), "each time it is longer");
    bundle.turn(hours(2)).await;
    assert_eq!(s.ana.sees(), ["uno", "dos"]);
    assert_eq!(s.calls(), 4);
    assert_eq!(s.warnings().await, json!([]), "what is over is forgotten");
    bundle.assert_no_dead_letters();
}

/// whatsapp-rules 5, class W: a wait that does not end lasts a day, and then the message has failed with the provider's
/// code.
#[tokio::test]
async fn a_wait_ends_after_a_day() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.faults(vec![code("131048"); 20]);
    let id = s.send("uno").await;
    bundle.turn(hours(23)).await;
    assert_eq!(s.status(&id).await, "queued");
    bundle.turn(hours(10)).await;
    let message = s.shop.get(&format!("/v1/messages/{id}")).await.expect(200);
    assert_eq!(
        (&message["status"], &message["error"]["code"]),
        (&json!("failed"), &json!("131048")),
        "{message}"
    );
    assert!(s.calls() <= 6, "{} calls", s.calls());
    bundle.assert_no_dead_letters();
}

/// whatsapp-rules 5: a paused template waits alone; its user is answered meanwhile.
#[tokio::test]
async fn a_paused_template_waits_alone() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.faults(vec![code("132015")]);
    let waiting = s.send("con la plantilla").await;
    let other = s.send("sin ella").await;
    assert_eq!(s.status(&waiting).await, "queued");
    assert_eq!(s.status(&other).await, "delivered");
    assert_eq!(s.ana.sees(), ["sin ella"]);
    assert_eq!(s.warnings().await, json!([]));
    bundle.turn(hours(2)).await;
    assert_eq!(s.calls(), 2, "nobody asks before its time");
    bundle.turn(minutes(65)).await;
    assert_eq!(s.ana.sees(), ["con la plantilla"]);
    bundle.assert_no_dead_letters();
}

/// whatsapp-rules 5, class C: a wrong token fails what is sent, one call in five minutes asks whether it still does, and
/// the channel warns once. Whoever sets it right need not wait.
#[tokio::test]
async fn a_channel_with_a_wrong_token_is_not_called_again_and_again() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.faults(vec![code("190"), code("190")]);
    for _ in 0..10 {
        let id = s.send("uno").await;
        assert_eq!(s.status(&id).await, "failed");
    }
    assert_eq!(s.calls(), 1);
    assert_eq!(s.warnings().await, json!(["Provider refuses this channel (190): No"]));
    bundle.turn(minutes(6)).await;
    s.send("dos").await;
    s.send("tres").await;
    assert_eq!((s.calls(), s.ana.sees().len()), (2, 0));
    assert_eq!(s.warnings().await.as_array().map(Vec::len), Some(1));
    let path = format!("/v1/channels/{}", s.number.channel);
    let saved = s.shop.put(&path, &json!({ "name": "Otra vez" })).await.expect(200);
    assert_eq!(saved["warnings"], json!([]));
    bundle.turn(minutes(1)).await;
    s.send("cuatro").await;
    assert_eq!(s.ana.sees(), ["cuatro"]);
    bundle.assert_no_dead_letters();
}

/// whatsapp-rules 5: trouble of the account that comes with a status stops the channel as well.
#[tokio::test]
async fn a_late_refusal_of_the_account_stops_the_channel() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let id = s.send("uno").await;
    let refusal = simulator::Refusal::Code { code: "131042".to_owned(), text: "Pay".to_owned() };
    bundle.simulator.switch_phone(&s.ana.number, false).expect("she is there");
    let next = s.send("dos").await;
    let number = bundle.simulator.read(|state| state.messages.last().expect("it is there").number);
    bundle
        .simulator
        .say_together(
            &s.number.digits,
            vec![simulator::people::BatchItem::Status {
                message: number,
                status: simulator::message::Status::Failed { refusal },
            }],
        )
        .expect("it is posted");
    bundle.run().await;
    assert_eq!(s.status(&id).await, "delivered");
    assert_eq!(s.status(&next).await, "failed");
    assert_eq!(s.warnings().await, json!(["Provider refuses this channel (131042): Pay"]));
    let calls = s.calls();
    bundle.turn(minutes(1)).await;
    let id = s.send("tres").await;
    assert_eq!((s.status(&id).await.as_str(), s.calls()), ("failed", calls));
}

/// README 10: an answer that never came to the last attempt is looked into like any other.
#[tokio::test]
async fn the_last_attempt_without_an_answer_is_looked_into() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let mut faults = vec![SendFault::Unavailable { status: 503 }; 4];
    faults.push(SendFault::LostCall);
    s.faults(faults);
    let id = s.send("uno").await;
    bundle.turn(minutes(6)).await;
    assert_eq!(s.status(&id).await, "unknown");
    bundle.turn(minutes(6)).await;
    assert_eq!(s.status(&id).await, "delivered");
    assert_eq!(s.ana.sees(), ["uno"]);
    bundle.assert_no_dead_letters();
}

/// whatsapp-rules 5: providers repeat webhooks for days; a refusal that is old says nothing of the channel as it is now.
#[tokio::test]
async fn an_old_refusal_that_comes_again_stops_nothing() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let (code, text) = ("131042".to_owned(), "Pay".to_owned());
    s.faults(vec![SendFault::FailsLater { code, text }]);
    s.send("uno").await;
    assert_ne!(s.warnings().await, json!([]));
    let refusal = bundle.wire.posted().pop().expect("a status");
    bundle.turn(hours(3)).await;
    assert_eq!(bundle.deliver(refusal).await, 200);
    bundle.run().await;
    let id = s.send("dos").await;
    assert_eq!((s.status(&id).await.as_str(), s.warnings().await), ("delivered", json!([])));
}

/// whatsapp-rules 5, class R: a message that waited for most of its deliveries is not lost for one fault: what counts is
/// how often the provider was asked.
#[tokio::test]
async fn waiting_uses_up_no_tries() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let mut faults = vec![code("131048"); 4];
    faults.extend(vec![SendFault::Unavailable { status: 503 }; 3]);
    s.faults(faults);
    let id = s.send("buenas").await;
    for _ in 0..20 {
        bundle.turn(hours(1)).await;
    }
    assert_eq!(s.calls(), 8);
    assert_eq!(s.status(&id).await, "delivered");
}
