//! What a message costs (README 17): calls and units, counted. `cargo test --workspace --test it budget -- --nocapture`
//! prints them.

use serde_json::json;
use shared::store::table::Units;
use tests::clock::{hours, minutes};
use tests::count::Calls;
use tests::{Bundle, Person};

/// Of the table and the services around it.
#[derive(Debug)]
struct Cost {
    table: Units,
    calls: Calls,
}

fn now(bundle: &Bundle) -> Cost {
    Cost { table: bundle.usage(), calls: bundle.calls() }
}

fn since(bundle: &Bundle, before: &Cost) -> Cost {
    let after = now(bundle);
    Cost {
        table: Units {
            calls: after.table.calls - before.table.calls,
            read: after.table.read - before.table.read,
            write: after.table.write - before.table.write,
        },
        calls: Calls {
            puts: after.calls.puts - before.calls.puts,
            arms: after.calls.arms - before.calls.arms,
        },
    }
}

#[expect(clippy::print_stdout, reason = "the figures are what a reader of this test wants")]
fn print(what: &str, cost: &Cost) {
    let Cost { table, calls } = cost;
    println!(
        "{what}: {} table calls, {} read units, {} write units, {} queue calls, {} timers armed",
        table.calls, table.read, table.write, calls.puts, calls.arms
    );
}

/// Two questions that are asked in turn for as long as the story likes.
async fn questions(bundle: &Bundle, follow_up: bool) -> Person<'_> {
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let question = |place: usize| json!({ "id": format!("q{place}"), "type": "question", "answer": "text", "text": "¿Y?" });
    let config = json!({ "enable_follow_up": follow_up, "follow_up_delay": 45,
                         "start_business_hours": "2021-01-01T00:00:00Z", "end_business_hours": "2021-01-01T00:00:00Z" });
    let flow = shop.flow_with(config, (0..60).map(question).collect()).await;
    shop.inbound(&number, &flow, "empezar").await;
    let ana = number.person("573001234567", "Ana");
    ana.says("empezar").await;
    ana.says("caliente").await;
    ana
}

/// README 17: a plain text in and its reply out are at most 2 + 2 write units and 1 + 0 read units. The reply's
/// status comes on top, one unit: the phone is off, so that only `sent` comes.
#[tokio::test]
async fn a_text_and_its_reply_stay_within_their_budget() {
    let bundle = Bundle::start().await;
    let ana = questions(&bundle, true).await;
    bundle.simulator.switch_phone(&ana.number, false).unwrap();
    for round in 1..=3 {
        let before = now(&bundle);
        ana.says("una respuesta").await;
        let cost = since(&bundle, &before);
        print(&format!("text {round} in, reply out, one status"), &cost);
        assert!(cost.table.write <= 4.0 + 1.0, "{cost:?}");
        assert!(cost.table.read <= 1.0, "{cost:?}");
        assert!(cost.calls.puts <= 2, "{cost:?}");
    }
}

/// README 17: a status is one write unit and no read.
#[tokio::test]
async fn a_status_is_one_write() {
    let bundle = Bundle::start().await;
    let ana = questions(&bundle, false).await;
    let before = now(&bundle);
    ana.looks().await;
    let cost = since(&bundle, &before);
    print("two messages read", &cost);
    assert!((cost.table.write - 2.0).abs() < f64::EPSILON, "{cost:?}");
    assert!(cost.table.read < f64::EPSILON, "{cost:?}");
    assert_eq!(cost.calls, Calls::default());
}

/// README 17, 18: a deadline that moves with every message costs at most 0.35 calls of the scheduler each.
#[tokio::test]
async fn a_moving_deadline_is_armed_seldom() {
    const ROUNDS: u64 = 40;
    let bundle = Bundle::start().await;
    let ana = questions(&bundle, true).await;
    let before = now(&bundle);
    for _ in 0..ROUNDS {
        bundle.turn(minutes(5)).await;
        ana.says("una respuesta").await;
    }
    let cost = since(&bundle, &before);
    print("forty answers, five minutes apart, two deadlines each", &cost);
    let deadlines = 2 * ROUNDS;
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    let per_deadline = cost.calls.arms as f64 / deadlines as f64;
    assert!(per_deadline <= 0.35, "{per_deadline}: {cost:?}");
    ana.sees();
    bundle.turn(hours(1)).await;
    assert_eq!(ana.sees().len(), 1, "and it is still followed up");
}

/// README 17: a webhook of one message writes nothing itself and is one call of the queue.
#[tokio::test]
async fn a_webhook_writes_nothing() {
    let bundle = Bundle::start().await;
    let ana = questions(&bundle, false).await;
    let before = now(&bundle);
    ana.begins(simulator::message::FromUser::Text { body: "una respuesta".to_owned() });
    bundle.simulator.step().await;
    let cost = since(&bundle, &before);
    print("one webhook", &cost);
    assert!(cost.table.write < f64::EPSILON && cost.table.read <= 1.0, "{cost:?}");
    assert_eq!(cost.calls, Calls { puts: 1, arms: 0 });
}
