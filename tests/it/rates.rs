//! How fast a number sends, to all users and to one (whatsapp-rules 4, aws-facts 7).

use std::collections::BTreeMap;

use serde_json::json;
use shared::domain::channel::Channel;
use shared::domain::ids::ConversationId;
use shared::domain::limits::Limits;
use shared::domain::time::Time;
use shared::local::engine::Engine;
use shared::store::Store;
use simulator::fault::SendFault;
use simulator::message::Entry;
use tests::clock::{SECOND, minutes};
use tests::stage::{Number, text};
use tests::{Bundle, Customer};

/// The environments of the larger stack.
const ENVIRONMENTS: u32 = 20;

fn channel(per_second: Option<u32>) -> Channel {
    let limits = Limits { messages_per_second: per_second, holds: Vec::new() };
    Channel { limits, ..tests::channels::meta().channel }
}

/// How many of `asked` messages, each to another user, an environment may send now.
async fn granted(store: &Store, channel: &Channel, from: u32, asked: u32, now: Time) -> u32 {
    let mut granted = 0;
    for user in 0..asked {
        let user =
            ConversationId::derive(&[&(from + user).to_be_bytes(), &now.millis().to_be_bytes()]);
        let turn = store.take_turn(channel, user, now).await.expect("the table answers");
        granted += u32::from(turn.is_none());
    }
    granted
}

/// aws-facts 7: all environments together send what the number may, whatever they would like to, and the leases cost a
/// twentieth of a write unit per message.
#[tokio::test]
async fn environments_share_the_rate_of_a_number() {
    for (limit, per_second) in [(None, 80), (Some(20), 20), (Some(1000), 1000)] {
        let engine = Engine::memory().expect("an engine");
        let stores: Vec<Store> = (0..ENVIRONMENTS).map(|_| Store::new(engine.table())).collect();
        let channel = channel(limit);
        let mut sent = Vec::new();
        for second in 0..40 {
            let mut sum = 0;
            for (place, store) in (0..).zip(&stores) {
                let now = Time::from_millis(1_710_169_200_000 + second * 1000 + i64::from(place));
                sum += granted(store, &channel, place * 1000, 2 * per_second / ENVIRONMENTS, now)
                    .await;
            }
            sent.push(sum);
        }
        // What each had at the beginning is gone by then.
        let steady: u32 = sent[20..].iter().sum();
        assert!(steady <= 20 * per_second + ENVIRONMENTS, "{limit:?}: {sent:?}");
        assert!(steady >= 20 * per_second * 8 / 10, "{limit:?}: {sent:?}");
    }
}

/// README 17: whoever sends as fast as one environment can pays a twentieth of a write unit per message, and whoever
/// sends seldom pays nothing.
#[tokio::test]
async fn leases_are_a_twentieth_of_a_write_unit() {
    for (messages_per_second, most) in [(1, 0.0), (2, 0.05), (5, 0.05), (50, 0.05)] {
        let engine = Engine::memory().expect("an engine");
        let store = Store::new(engine.table());
        let (channel, mut sent) = (channel(None), 0);
        for second in 0..60 {
            let now = Time::from_millis(1_710_169_200_000 + second * 1000);
            sent += granted(&store, &channel, 0, messages_per_second, now).await;
        }
        assert_eq!(sent, 60 * messages_per_second, "nobody waits");
        let cost = store.usage().write / f64::from(sent);
        assert!(cost <= most, "{messages_per_second}: {cost}");
    }
}

/// When each message reached its user, by user in the order of the list, and what it said.
fn seen(bundle: &Bundle) -> Vec<(String, i64, String)> {
    bundle.simulator.read(|state| {
        let seen = state.messages.iter().filter_map(|message| match &message.entry {
            Entry::ToUser { sent, .. } => {
                Some((message.user.clone(), sent.time_millis, sent.content.body.clone()))
            }
            Entry::FromUser { .. } => None,
        });
        seen.collect()
    })
}

async fn send(shop: &Customer<'_>, number: &Number<'_>, to: &str, body: &str) -> String {
    let message = json!({ "type": "text", "body": body });
    let body = json!({ "channel_id": number.channel, "to": to, "message": message });
    text(&shop.post("/v1/messages", &body).await.expect(202), "message_id")
}

async fn slow_number<'a>(shop: &Customer<'a>) -> Number<'a> {
    let number = shop.meta("573177700000").await;
    let path = format!("/v1/channels/{}", number.channel);
    let saved = shop.put(&path, &json!({ "messages_per_second": 20 })).await.expect(200);
    assert_eq!(saved["messages_per_second"], 20);
    number
}

/// whatsapp-rules 4: a number that is used with the phone app too sends twenty a second; the rest waits its turn, and
/// nothing is lost.
#[tokio::test]
async fn a_campaign_is_paced() {
    const USERS: usize = 90;
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = slow_number(&shop).await;
    let users: Vec<String> = (0..USERS).map(|n| format!("5730012340{n:02}")).collect();
    for user in &users {
        number.person(user, "Ana").says("hola").await;
    }
    for user in &users {
        send(&shop, &number, user, "buenas").await;
    }
    bundle.turn(minutes(5)).await;
    let mut seconds = BTreeMap::new();
    for (_, millis, _) in seen(&bundle) {
        *seconds.entry(millis / 1000).or_insert(0) += 1;
    }
    assert_eq!(seconds.values().sum::<usize>(), USERS, "all of them arrive");
    // The first second has what the environment had of its own besides.
    let first = seconds.pop_first().map(|(_, count)| count);
    assert_eq!(first, Some(35), "{seconds:?}");
    assert!(seconds.values().all(|count| *count <= 20), "{seconds:?}");
    bundle.assert_no_dead_letters();
}

/// aws-facts 7: a number that was too fast is half as fast for a minute.
#[tokio::test]
async fn a_number_that_was_too_fast_is_slower() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = slow_number(&shop).await;
    let users: Vec<String> = (0..30).map(|n| format!("5730012340{n:02}")).collect();
    for user in &users {
        number.person(user, "Ana").says("hola").await;
    }
    bundle.simulator.change(|state| {
        let faults = state.faults.entry(number.digits.clone()).or_default();
        faults.sends.push_back(SendFault::RateLimited);
    });
    for user in &users {
        send(&shop, &number, user, "buenas").await;
    }
    bundle.run().await;
    assert_eq!(seen(&bundle).len(), 7, "half of the fifteen that are shared");
    bundle.turn(minutes(5)).await;
    assert_eq!(seen(&bundle).len(), users.len());
    bundle.assert_no_dead_letters();
}

/// whatsapp-rules 4: a burst to one user goes out at once, what follows has six seconds each; the order is kept.
#[tokio::test]
async fn a_user_is_not_flooded() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let ana = number.person("573001234567", "Ana");
    ana.says("hola").await;
    for n in 0..50 {
        send(&shop, &number, &ana.number, &n.to_string()).await;
    }
    bundle.run().await;
    assert_eq!(seen(&bundle).len(), 45);
    bundle.turn(minutes(2)).await;
    let seen = seen(&bundle);
    let said: Vec<&str> = seen.iter().map(|(_, _, body)| body.as_str()).collect();
    let expected: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    assert_eq!(said, expected, "in their order");
    let gaps: Vec<i64> = seen[44..].windows(2).map(|two| two[1].1 - two[0].1).collect();
    assert!(gaps.iter().all(|gap| (5000..=8000).contains(gap)), "{gaps:?}");
    assert!(gaps.iter().sum::<i64>() >= 5 * 5900, "six seconds each, all in all: {gaps:?}");
    bundle.assert_no_dead_letters();
}

/// whatsapp-rules 4: after a pair-rate refusal the waits grow by four, long enough for a burst of fifty to be forgotten.
#[tokio::test]
async fn a_pair_that_is_too_fast_waits_longer_each_time() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let ana = number.person("573001234567", "Ana");
    ana.says("hola").await;
    bundle.simulator.change(|state| {
        let code = SendFault::Code { code: "131056".to_owned(), text: "Pair rate".to_owned() };
        let faults = state.faults.entry(number.digits.clone()).or_default();
        faults.sends.extend(vec![code; 4]);
    });
    let start = bundle.now();
    send(&shop, &number, &ana.number, "hola").await;
    bundle.turn(minutes(10)).await;
    let [(_, millis, _)] = &seen(&bundle)[..] else { panic!("one message") };
    assert_eq!(Time::from_millis(*millis).since(start), (6 + 16 + 64 + 256) * SECOND);
    bundle.assert_no_dead_letters();
}
