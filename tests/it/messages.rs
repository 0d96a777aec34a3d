//! Messages, both ways: sent freely, kept in order, told once, and their statuses (README 9, 10, 17).

use serde_json::{Value, json};
use shared::domain::user::{Address, Bsuid, WaId};
use shared::ports::QueueName;
use shared::store::messages::Message;
use simulator::fault::{PostFault, SendFault};
use simulator::message::{Entry, Status};
use tests::clock::{MILLISECOND, SECOND, hours, minutes};
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
    fn body(&self, message: &Value) -> Value {
        json!({ "channel_id": self.number.channel, "to": "573001234567", "message": message })
    }

    async fn send(&self, message: Value) -> String {
        let sent = self.shop.post("/v1/messages", &self.body(&message)).await.expect(202);
        assert_eq!(sent["status"], "queued");
        self.bundle.run().await;
        text(&sent, "message_id")
    }

    async fn message(&self, id: &str) -> Value {
        self.shop.get(&format!("/v1/messages/{id}")).await.expect(200)
    }

    fn fault(&self, fault: SendFault) {
        self.bundle.simulator.change(|state| {
            state.faults.entry(self.number.digits.clone()).or_default().sends.push_back(fault);
        });
    }

    fn calls(&self) -> usize {
        let is_send = |path: &str| path.ends_with("/messages");
        self.bundle.wire.called().iter().filter(|call| is_send(&call.path)).count()
    }
}

/// D36: texts of 1001 and 4096 characters arrive whole; a longer one in parts, in order.
#[tokio::test]
async fn long_texts_arrive_whole() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    for length in [1001, 4096] {
        let body = "ñ".repeat(length);
        s.send(json!({ "type": "text", "body": body })).await;
        assert_eq!(s.ana.sees(), [body]);
    }
    let body = format!("{} {} {}", "a".repeat(4000), "b".repeat(4000), "c".repeat(4000));
    s.send(json!({ "type": "text", "body": body })).await;
    assert_eq!(s.ana.sees(), ["a".repeat(4000), "b".repeat(4000), "c".repeat(4000)]);
    bundle.assert_no_dead_letters();
}

/// D21, K36: exactly 24 hours after the user's last word nothing free-form goes out; the failed message is recorded.
#[tokio::test]
async fn the_service_window_closes_after_24_hours() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    bundle.turn(hours(24).saturating_sub(MILLISECOND)).await;
    s.send(json!({ "type": "text", "body": "a tiempo" })).await;
    assert_eq!(s.ana.sees(), ["a tiempo"]);
    bundle.turn(MILLISECOND).await;
    let message = json!({ "type": "text", "body": "tarde" });
    let refused = s.shop.post("/v1/messages", &s.body(&message)).await;
    let problem = refused.expect_error(422, "24-hour service window is closed");
    assert_eq!(problem["message"], "24-hour service window is closed");
    bundle.run().await;
    assert_eq!(s.ana.sees(), [""; 0]);
    let incoming = json!({ "channel_chat_id": "573001234567|cloudapi", "text": "tarde" });
    s.shop
        .post("/v1/incoming-requests", &incoming)
        .await
        .expect_error(422, "24-hour service window is closed");
}

/// D22: an incoming request writes to an existing chat by its chat id.
#[tokio::test]
async fn an_incoming_request_writes_to_a_chat() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let incoming = json!({ "channel_chat_id": "573001234567|cloudapi", "text": "Elige",
                           "options": ["Uno", "Dos"] });
    s.shop.post("/v1/incoming-requests", &incoming).await.expect(202);
    bundle.run().await;
    assert_eq!(s.ana.sees(), ["Elige [Uno] [Dos]"]);
}

/// D19, D21, D22, contracts 8.4: a chat id is of its provider's channel, also of a user who hides the number; what is
/// refused because the window is closed is kept as failed.
#[tokio::test]
async fn an_incoming_request_goes_to_the_chat_of_its_provider() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let incoming = |chat: &str| json!({ "channel_chat_id": chat, "channel_id": s.number.channel, "text": "Hola" });
    let path = "/v1/incoming-requests";
    let error = s.shop.post(path, &incoming("573001234567|gupshup")).await.expect(400);
    assert_eq!(error["details"][0]["field"], "channel_chat_id");
    let elsewhere = json!({ "channel_chat_id": "573001234567|karix", "text": "Hola" });
    s.shop.post(path, &elsewhere).await.expect_error(404, "channel_chat_id");
    for (chat, address) in [
        ("573007654321|cloudapi", Address::Phone(WaId::parse("573007654321").unwrap())),
        ("CO.1a2B3c|cloudapi", Address::Bsuid(Bsuid::parse("CO.1a2B3c").unwrap())),
    ] {
        let refused = s.shop.post(path, &incoming(chat)).await;
        refused.expect_error(422, "24-hour service window is closed");
        let conversation = address.conversation(s.number.channel.parse().unwrap());
        let (kept, _) = bundle.store.messages(conversation, 10, None).await.unwrap();
        let [Message::ToUser(sent)] = kept.as_slice() else { panic!("{chat}: {kept:?}") };
        assert_eq!(sent.status.as_str(), "failed");
        assert_eq!(sent.failure.as_ref().unwrap().code, "window_closed");
    }
    s.shop.post(path, &incoming("573001234567|cloudapi")).await.expect(202);
    bundle.run().await;
    assert_eq!(s.ana.sees(), ["Hola"]);
}

/// README 9: what was accepted while the window was open is looked at again when it is sent, and may wait instead.
#[tokio::test]
async fn the_window_is_looked_at_when_it_is_sent() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let body = s.body(&json!({ "type": "text", "body": "tarde" }));
    let sent = s.shop.post("/v1/messages", &body).await.expect(202);
    bundle.turn_clock_only(hours(24));
    bundle.run().await;
    assert_eq!(s.ana.sees(), [""; 0]);
    let message = s.message(&text(&sent, "message_id")).await;
    assert_eq!(
        (&message["status"], &message["error"]["code"]),
        (&json!("failed"), &json!("window_closed"))
    );
    let mut waiting = s.body(&json!({ "type": "text", "body": "cuando escribas" }));
    waiting["outside_window"] = json!("queue");
    let queued = s.shop.post("/v1/messages", &waiting).await.expect(202);
    bundle.turn(hours(1)).await;
    assert_eq!(s.message(&text(&queued, "message_id")).await["status"], "queued");
    s.ana.says("aquí estoy").await;
    assert_eq!(s.ana.sees(), ["cuando escribas"]);
    bundle.assert_no_dead_letters();
}

/// A8, A25: the reply leaves through the number that was written to.
#[tokio::test]
async fn two_numbers_are_two_talks() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let (one, two) = (shop.meta("573177700000").await, shop.meta("573177700001").await);
    for (number, answer) in [(&one, "del uno"), (&two, "del dos")] {
        let flow = shop.flow(json!([{ "id": "a", "type": "message", "text": answer }])).await;
        shop.inbound(number, &flow, "hola").await;
    }
    let (at_one, at_two) = (one.person("573001234567", "Ana"), two.person("573001234567", "Ana"));
    at_one.says("hola").await;
    assert_eq!((at_one.sees(), at_two.sees()), (vec!["del uno".to_owned()], vec![]));
    at_two.says("hola").await;
    assert_eq!((at_one.sees(), at_two.sees()), (vec![], vec!["del dos".to_owned()]));
}

/// README 12, 17: fifty identical deliveries of one webhook at once are one message and one reply.
#[tokio::test]
async fn fifty_deliveries_are_one_message_and_one_reply() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let flow = s.shop.flow(json!([{ "id": "a", "type": "message", "text": "una vez" }])).await;
    s.shop.inbound(&s.number, &flow, "empezar").await;
    bundle.simulator.change(|state| {
        let faults = state.faults.entry(s.number.digits.clone()).or_default();
        faults.posts.push_back(PostFault::Repeated { times: 50 });
    });
    s.ana.begins(simulator::message::FromUser::Text { body: "empezar".to_owned() });
    let posts = bundle.simulator.change(|state| std::mem::take(&mut state.pending));
    assert_eq!(posts.len(), 50);
    let calls = posts.into_iter().map(|pending| {
        let simulator::post::What::Post { post, .. } = pending.what else { panic!("a webhook") };
        bundle.deliver(post)
    });
    let statuses = tests::together(calls).await;
    assert_eq!(statuses, [200; 50]);
    // A few at a time, as several functions would take them.
    while bundle.queues.len(QueueName::Event) > 0 {
        tests::together((0..5).map(|_| bundle.step_queue(QueueName::Event))).await;
    }
    bundle.run().await;
    assert_eq!(s.ana.sees(), ["una vez"]);
    let id = s.number.conversation(&s.ana).await.id;
    let messages = s.shop.get(&format!("/v1/conversations/{id}/messages")).await.expect(200);
    let said = |m: &&Value| m["message"]["body"] == "empezar";
    assert_eq!(messages["items"].as_array().unwrap().iter().filter(said).count(), 1);
    let balance = s.shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(
        (&balance["duplicates"], &balance["difference"]),
        (&json!(49), &json!(0)),
        "{balance}"
    );
    bundle.assert_no_dead_letters();
}

/// README 12: a webhook that comes again after eight days is still known.
#[tokio::test]
async fn a_repetition_after_eight_days_is_known() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let flow = s.shop.flow(json!([{ "id": "a", "type": "message", "text": "una vez" }])).await;
    s.shop.inbound(&s.number, &flow, "empezar").await;
    s.ana.begins(simulator::message::FromUser::Text { body: "empezar".to_owned() });
    let post = bundle.simulator.read(|state| state.pending[0].clone());
    bundle.run().await;
    assert_eq!(s.ana.sees(), ["una vez"]);
    bundle.turn(hours(8 * 24)).await;
    bundle.engine.sweep(bundle.now()).unwrap();
    let simulator::post::What::Post { post, .. } = post.what else { panic!("a webhook") };
    assert_eq!(bundle.deliver(post).await, 200);
    bundle.run().await;
    assert_eq!(s.ana.sees(), [""; 0]);
}

/// README 10: an answer that never came: the message is unknown, and its status tells that it arrived; it is not sent
/// a second time.
#[tokio::test]
async fn a_lost_answer_is_not_sent_twice() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.fault(SendFault::LostAnswer);
    let id = s.send(json!({ "type": "text", "body": "una vez" })).await;
    bundle.turn(minutes(30)).await;
    assert_eq!(s.ana.sees(), ["una vez"]);
    assert_eq!(s.message(&id).await["status"], "delivered");
    assert_eq!(s.calls(), 1);
    bundle.assert_no_dead_letters();
}

/// README 10: a call that never arrived is repeated once no status came in time.
#[tokio::test]
async fn a_lost_call_is_repeated_after_a_while() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.fault(SendFault::LostCall);
    let id = s.send(json!({ "type": "text", "body": "por fin" })).await;
    assert_eq!(s.message(&id).await["status"], "unknown");
    bundle.turn(minutes(1)).await;
    assert_eq!(s.ana.sees(), [""; 0], "not at once");
    bundle.turn(minutes(5)).await;
    assert_eq!(s.ana.sees(), ["por fin"]);
    assert_eq!(s.message(&id).await["status"], "delivered");
    assert_eq!(s.calls(), 2);
}

/// README 17: a status that is faster than the answer to the sending is not lost, at any provider.
#[tokio::test]
async fn a_status_before_the_answer_counts() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    for number in [
        shop.meta("573177700000").await,
        shop.gupshup("573177700001").await,
        shop.karix("573177700002").await,
    ] {
        let ana = number.person("573001234567", "Ana");
        ana.says("hola").await;
        bundle.simulator.change(|state| {
            let faults = state.faults.entry(number.digits.clone()).or_default();
            faults.sends.push_back(SendFault::StatusFirst);
        });
        let message = json!({ "type": "text", "body": "rápido" });
        let body =
            json!({ "channel_id": number.channel, "to": "573001234567", "message": message });
        let sent = shop.post("/v1/messages", &body).await.expect(202);
        bundle.run().await;
        assert_eq!(ana.sees(), ["rápido"], "{}", number.provider);
        let id = text(&sent, "message_id");
        let message = shop.get(&format!("/v1/messages/{id}")).await.expect(200);
        assert_eq!(message["status"], "delivered", "{}: {message}", number.provider);
        ana.looks().await;
        let message = shop.get(&format!("/v1/messages/{id}")).await.expect(200);
        assert_eq!(message["status"], "read", "{}", number.provider);
    }
    bundle.assert_no_dead_letters();
}

/// README 17: a status only rises, in whatever order the webhooks come; each is told to the customer once.
#[tokio::test]
async fn statuses_only_rise() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let events = ["message.sent", "message.delivered", "message.read", "message.failed"];
    s.shop.hook_rule("log", &events, json!({})).await;
    let id = s.send(json!({ "type": "text", "body": "hola" })).await;
    s.ana.looks().await;
    assert_eq!(s.message(&id).await["status"], "read");
    let number = s.ana.shown().pop().unwrap().0;
    let late = |status| simulator::people::BatchItem::Status { message: number, status };
    let items = vec![late(Status::Delivered), late(Status::Sent), late(Status::Read)];
    bundle.simulator.say_together(&s.number.digits, items).unwrap();
    bundle.run().await;
    let message = s.message(&id).await;
    assert_eq!(message["status"], "read");
    let history: Vec<_> = message["status_history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| text(step, "status"))
        .collect();
    for step in ["sent", "delivered", "read"] {
        assert_eq!(history.iter().filter(|known| *known == step).count(), 1, "{history:?}");
    }
    let told: Vec<_> = s.shop.hooks("log").iter().map(|hook| hook.id.clone()).collect();
    let mut distinct = told.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 3, "{told:?}");
}

/// README 9: a talk is kept in the order in which it was said.
#[tokio::test]
async fn a_talk_is_kept_in_its_order() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    for (place, word) in ["uno", "dos", "tres"].into_iter().enumerate() {
        bundle.turn(minutes(1)).await;
        s.ana.says(word).await;
        bundle.turn(SECOND).await;
        s.send(json!({ "type": "text", "body": format!("respuesta {place}") })).await;
    }
    let id = s.number.conversation(&s.ana).await.id;
    let messages = s.shop.get(&format!("/v1/conversations/{id}/messages")).await.expect(200);
    let mut bodies: Vec<_> =
        messages["items"].as_array().unwrap().iter().map(|m| text(&m["message"], "body")).collect();
    bodies.reverse();
    assert_eq!(bodies, ["hola", "uno", "respuesta 0", "dos", "respuesta 1", "tres", "respuesta 2"]);
    let is_said = |entry: &Entry| matches!(entry, Entry::FromUser { .. });
    let said =
        bundle.simulator.read(|state| state.messages.iter().filter(|m| is_said(&m.entry)).count());
    assert_eq!(said, 4);
}

/// A27: a channel that is not active takes webhooks and does nothing with them; sending is refused.
#[tokio::test]
async fn an_inactive_channel_does_nothing() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let flow = s.shop.flow(json!([{ "id": "a", "type": "message", "text": "hola" }])).await;
    s.shop.inbound(&s.number, &flow, "empezar").await;
    let path = format!("/v1/channels/{}", s.number.channel);
    s.shop.put(&path, &json!({ "active": false })).await.expect(200);
    s.ana.says("empezar").await;
    assert_eq!(s.ana.sees(), [""; 0]);
    let posted = bundle.simulator.read(|state| state.posted.back().cloned()).unwrap();
    assert_eq!(posted.status, Some(200));
    let message = json!({ "type": "text", "body": "hola" });
    s.shop.post("/v1/messages", &s.body(&message)).await.expect_error(409, "");
    let balance = s.shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(balance["difference"], 0, "{balance}");
}

/// README 11: what cannot be proven to come from the provider is refused, and nothing of it stays.
#[tokio::test]
async fn a_forged_webhook_is_refused() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.ana.begins(simulator::message::FromUser::Text { body: "falso".to_owned() });
    let pending = bundle.simulator.change(|state| std::mem::take(&mut state.pending));
    let simulator::post::What::Post { post, .. } = pending[0].what.clone() else {
        panic!("a webhook")
    };
    let before = bundle.engine.items().unwrap();
    let mut changed = post.clone();
    changed.body.push(b' ');
    let mut bare = post;
    bare.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("x-hub-signature-256"));
    for forged in [changed, bare] {
        let status = bundle.deliver(forged).await;
        assert!((400..500).contains(&status), "{status}");
    }
    bundle.run().await;
    assert_eq!(bundle.engine.items().unwrap(), before);
}
