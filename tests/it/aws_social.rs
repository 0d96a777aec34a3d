//! The gateway's AWS End User Messaging Social and the simulator's, each written from the documentation by itself,
//! against one another: what is this provider's alone. What it has in common with the others is in `providers`.

use serde_json::{Value, json};
use simulator::aws_social::topic;
use simulator::fault::SendFault;
use simulator::{Line, WebhookPost};
use tests::clock::minutes;
use tests::stage::{Number, text};
use tests::{Bundle, Customer};

const DIGITS: &str = "573177700020";
const ANA: &str = "573001234567";

fn line(bundle: &Bundle) -> Line {
    bundle.simulator.line(DIGITS).expect("the number's line")
}

/// What the topic asks when the address is subscribed, or when somebody ended that.
fn asks(bundle: &Bundle, kind: &str) -> WebhookPost {
    let now = bundle.simulator.now_millis();
    topic::confirmation(&line(bundle), bundle.simulator.address(), kind, now)
}

fn is_confirmed(bundle: &Bundle) -> bool {
    line(bundle).setting(topic::CONFIRMED) == "yes"
}

fn calls_of(bundle: &Bundle, end: &str) -> usize {
    bundle.wire.called().iter().filter(|call| call.path.ends_with(end)).count()
}

async fn reasons(shop: &Customer<'_>) -> Value {
    let balance = shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(balance["difference"], 0, "{balance}");
    balance["ignored"].clone()
}

/// README 11: a subscription is confirmed by the call that its topic waits for, and counted; whoever ended one is left
/// alone.
#[tokio::test]
async fn a_subscription_is_confirmed() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    shop.aws_social(DIGITS).await;
    assert_eq!(bundle.deliver(asks(&bundle, "UnsubscribeConfirmation")).await, 200);
    assert!(!is_confirmed(&bundle));
    assert_eq!(bundle.deliver(asks(&bundle, "SubscriptionConfirmation")).await, 200);
    assert!(is_confirmed(&bundle));
    assert_eq!(reasons(&shop).await["subscription"], 2);
}

/// README 11: an address that somebody changed confirms nothing; one that can no longer be confirmed is a clear refusal,
/// which no second try would help.
#[tokio::test]
async fn nothing_else_is_confirmed() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    shop.aws_social(DIGITS).await;
    let mut changed = asks(&bundle, "SubscriptionConfirmation");
    let mut body: Value = serde_json::from_slice(&changed.body).unwrap();
    body["SubscribeURL"] = json!("https://simulator.test/aws_social/subscription?Action=Other");
    changed.body = body.to_string().into_bytes();
    assert_eq!(bundle.deliver(changed).await, 401);
    let asked = asks(&bundle, "SubscriptionConfirmation");
    bundle.simulator.change(|state| {
        let line = state.lines.get_mut(DIGITS).unwrap();
        line.settings.insert("topic_arn".to_owned(), "arn:aws:sns:eu-west-1:1:gone".to_owned());
    });
    assert_eq!(bundle.deliver(asked).await, 400);
    assert!(!is_confirmed(&bundle));
}

/// README 13: the certificate is fetched once, not for every webhook.
#[tokio::test]
async fn the_certificate_is_fetched_once() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.aws_social(DIGITS).await;
    let ana = number.person(ANA, "Ana");
    for words in ["uno", "dos", "tres"] {
        ana.says(words).await;
    }
    assert_eq!(calls_of(&bundle, ".pem"), 1, "{:?}", bundle.wire.called());
}

/// README 11: a certificate that is not there proves nothing, and is not remembered instead of one that is.
#[tokio::test]
async fn a_certificate_that_is_not_there_lets_nobody_in() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.aws_social(DIGITS).await;
    let ana = number.person(ANA, "Ana");
    let right = asks(&bundle, "UnsubscribeConfirmation");
    let mut elsewhere = right.clone();
    let mut body: Value = serde_json::from_slice(&elsewhere.body).unwrap();
    body["SigningCertURL"] =
        json!("https://simulator.test/aws_social/v1/SimpleNotificationService-0a.pem");
    elsewhere.body = body.to_string().into_bytes();
    assert_eq!(bundle.deliver(elsewhere).await, 401);
    assert_eq!(bundle.deliver(right).await, 200);
    ana.says("hola").await;
    assert_eq!(reasons(&shop).await["subscription"], 1);
}

async fn send(bundle: &Bundle, shop: &Customer<'_>, number: &Number<'_>, words: &str) -> Value {
    let message = json!({ "type": "text", "body": words });
    let body = json!({ "channel_id": number.channel, "to": ANA, "message": message });
    let sent = shop.post("/v1/messages", &body).await.expect(202);
    bundle.run().await;
    bundle.turn(minutes(1)).await;
    shop.get(&format!("/v1/messages/{}", text(&sent, "message_id"))).await.expect(200)
}

/// README 10: WhatsApp's refusal of a message that it never had names AWS's id alone, and fails that message.
#[tokio::test]
async fn a_refusal_without_an_id_of_whatsapp_finds_its_message() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.aws_social(DIGITS).await;
    let ana = number.person(ANA, "Ana");
    ana.says("hola").await;
    let fault = SendFault::FailsLater { code: "131026".to_owned(), text: "Nobody".to_owned() };
    bundle.simulator.change(|state| {
        state.faults.entry(DIGITS.to_owned()).or_default().sends.push_back(fault);
    });
    let sent = send(&bundle, &shop, &number, "uno").await;
    assert_eq!((&sent["status"], &sent["error"]["code"]), (&json!("failed"), &json!("131026")));
    assert_eq!(ana.sees(), [""; 0]);
}

/// README 10: statuses that bring neither our id nor AWS's are found by WhatsApp's, which the first one told.
#[tokio::test]
async fn statuses_are_found_by_the_id_that_the_first_one_joined() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.aws_social(DIGITS).await;
    let ana = number.person(ANA, "Ana");
    ana.says("hola").await;
    bundle.simulator.change(|state| {
        let line = state.lines.get_mut(DIGITS).unwrap();
        line.settings.insert("echoes".to_owned(), "no".to_owned());
    });
    let sent = send(&bundle, &shop, &number, "uno").await;
    assert_eq!(sent["status"], "delivered", "{sent}");
    assert_eq!(ana.sees(), ["uno"]);
}
