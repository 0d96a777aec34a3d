//! Webhooks that bring many things at once: nothing is lost, nothing is doubled, and all is accounted for (README 11).

use serde_json::{Value, json};
use simulator::message::{FromUser, Status};
use simulator::people::BatchItem;
use simulator::post::{Pending, What};
use tests::Bundle;
use tests::stage::text;

fn text_item(user: &str, body: &str) -> BatchItem {
    BatchItem::Said { user: user.to_owned(), content: FromUser::Text { body: body.to_owned() } }
}

/// README 11: two entries with two changes each, three messages in each, and two statuses: all fourteen are accounted
/// for, once, and again when the same webhook comes again.
#[tokio::test]
async fn all_fourteen_items_of_a_batch_are_accounted_for() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let flow = shop.flow(json!([{ "id": "a", "type": "message", "text": "recibido" }])).await;
    for place in 0..12 {
        shop.inbound(&number, &flow, &format!("texto {place}")).await;
    }
    let people: Vec<_> =
        (0..4).map(|place| number.person(&format!("57300123456{place}"), "Ana")).collect();
    // A message whose statuses come in the batch.
    people[0].says("hola").await;
    let body = json!({ "channel_id": number.channel, "to": people[0].number,
                       "message": { "type": "text", "body": "antes" } });
    let before = shop.post("/v1/messages", &body).await.expect(202);
    bundle.run().await;
    let sent = people[0].shown().pop().unwrap().0;
    people[0].sees();
    let base = balance(&shop.get("/v1/audit/balance").await.expect(200));

    let mut items: Vec<BatchItem> = (0..12)
        .map(|place| text_item(&people[place / 3].number, &format!("texto {place}")))
        .collect();
    items.extend(
        [Status::Delivered, Status::Read].map(|status| BatchItem::Status { message: sent, status }),
    );
    bundle.simulator.say_together(&number.digits, items).expect("Meta joins webhooks");
    let pending = bundle.simulator.change(|state| {
        for pending in &mut state.pending {
            if let What::Post { post, .. } = &mut pending.what {
                *post = tests::meta::spread(post, &format!("app-secret-of-{}", number.digits));
            }
        }
        state.pending.clone()
    });
    let puts = bundle.calls().puts;
    assert_eq!(deliver_all(&bundle, &pending).await, [200]);
    assert_eq!(bundle.calls().puts - puts, 2, "twelve events are two calls of the queue");
    bundle.run().await;
    for person in &people {
        assert_eq!(person.sees(), ["recibido"; 3], "{}", person.number);
    }
    let message =
        shop.get(&format!("/v1/messages/{}", text(&before, "message_id"))).await.expect(200);
    assert_eq!(message["status"], "read");

    deliver_all(&bundle, &pending).await;
    bundle.run().await;
    for person in &people {
        assert_eq!(person.sees(), [""; 0], "{}", person.number);
    }
    let end = shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(end["difference"], 0, "{end}");
    let [received, ended] = balance(&end);
    // The replies' own statuses come on top of twice fourteen.
    assert!(received - base[0] >= 28, "{end}");
    assert_eq!(received, ended, "{end}");
    bundle.assert_no_dead_letters();
}

async fn deliver_all(bundle: &Bundle, pending: &[Pending]) -> Vec<u16> {
    let mut statuses = Vec::new();
    bundle.simulator.change(|state| state.pending.clear());
    for pending in pending {
        let What::Post { post, .. } = &pending.what else { panic!("a webhook") };
        statuses.push(bundle.deliver(post.clone()).await);
    }
    statuses
}

/// Received, and the sum of all the ways to end.
fn balance(balance: &Value) -> [u64; 2] {
    let number = |name: &str| balance[name].as_u64().unwrap_or_default();
    let ignored: u64 =
        balance["ignored"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    [number("received"), number("events") + number("duplicates") + number("dead") + ignored]
}

/// README 11: a part that nobody understands is ignored with a reason; the rest has its effect.
#[tokio::test]
async fn what_nobody_understands_does_not_hold_up_the_rest() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let flow = shop.flow(json!([{ "id": "a", "type": "message", "text": "recibido" }])).await;
    shop.inbound(&number, &flow, "hola").await;
    let ana = number.person("573001234567", "Ana");
    let strange = FromUser::Other { kind: "hologram".to_owned(), content: json!({ "x": 1 }) };
    let items = vec![
        BatchItem::Said { user: ana.number.clone(), content: strange },
        text_item(&ana.number, "hola"),
    ];
    bundle.simulator.say_together(&number.digits, items).unwrap();
    bundle.run().await;
    assert_eq!(ana.sees(), ["recibido"]);
    let balance = shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(balance["difference"], 0, "{balance}");
    bundle.assert_no_dead_letters();
}

/// README 17: the words of one user are worked off in their order, whatever the others do.
#[tokio::test]
async fn the_order_of_a_conversation_is_kept() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let question = |id: &str| json!({ "id": id, "type": "question", "answer": "text", "text": id });
    let flow = shop.flow(json!([question("uno"), question("dos"), question("tres")])).await;
    shop.inbound(&number, &flow, "empezar").await;
    let (ana, eva) = (number.person("573001234567", "Ana"), number.person("573001234568", "Eva"));
    let words = ["empezar", "a", "b", "c"];
    let items =
        words.iter().flat_map(|word| [text_item(&ana.number, word), text_item(&eva.number, word)]);
    bundle.simulator.say_together(&number.digits, items.collect()).unwrap();
    bundle.run().await;
    for person in [&ana, &eva] {
        assert_eq!(person.sees(), ["uno", "dos", "tres"]);
        let process = shop.process(&number, person).await;
        let values: Vec<_> =
            process["answers"].as_array().unwrap().iter().map(|a| text(a, "value")).collect();
        assert_eq!(values, ["a", "b", "c"]);
    }
}
