//! A number that is in the business's phone app as well: what people write there is part of the conversation.

use serde_json::{Value, json};
use simulator::{User, WebhookPost};
use tests::stage::text;
use tests::{Bundle, Customer};

/// A number at Meta, a user, and the address of the webhook.
struct Story<'a> {
    shop: Customer<'a>,
    url: String,
    digits: String,
    channel: String,
}

impl<'a> Story<'a> {
    async fn begin(bundle: &'a Bundle) -> Self {
        let shop = bundle.customer().await;
        let number = shop.meta("573177700000").await;
        let channel = shop.get(&format!("/v1/channels/{}", number.channel)).await.expect(200);
        let (digits, channel_id) = (number.digits.clone(), number.channel.clone());
        Self { shop, url: text(&channel, "webhook_url"), digits, channel: channel_id }
    }

    /// What the phone app sent to a user, as Meta tells it.
    fn echo(&self, id: &str, content: &Value) -> WebhookPost {
        let mut message = json!({
            "from": self.digits, "to": "573001234567", "id": id, "timestamp": "1710169190",
        });
        message.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
        self.change("smb_message_echoes", &json!({ "message_echoes": [message] }))
    }

    fn status(&self, id: &str, status: &str) -> WebhookPost {
        let status = json!({
            "id": id, "status": status, "timestamp": "1710169195", "recipient_id": "573001234567",
        });
        self.change("messages", &json!({ "statuses": [status] }))
    }

    fn change(&self, field: &str, value: &Value) -> WebhookPost {
        let mut value = value.clone();
        value["messaging_product"] = json!("whatsapp");
        value["metadata"] = json!({ "phone_number_id": format!("1{}", self.digits) });
        let secret = format!("app-secret-of-{}", self.digits);
        tests::meta::change(&self.url, &secret, &format!("2{}", self.digits), field, &value)
    }

    async fn messages(&self) -> Vec<Value> {
        let list = format!("/v1/conversations?channel_id={}", self.channel);
        let list = self.shop.get(&list).await.expect(200);
        let id = text(&list["items"][0], "conversation_id");
        let page = self.shop.get(&format!("/v1/conversations/{id}/messages")).await.expect(200);
        page["items"].as_array().unwrap().clone()
    }
}

/// README 11: what the business wrote on its phone is kept once, told once, and its statuses find it.
#[tokio::test]
async fn what_the_phone_app_sent_is_part_of_the_conversation() {
    let bundle = Bundle::start().await;
    let story = Story::begin(&bundle).await;
    story.shop.hook_rule("ops", &["message.sent", "message.read"], json!({})).await;
    let echo = story
        .echo("wamid.ECHO7", &json!({ "type": "text", "text": { "body": "desde el celular" } }));
    for _ in 0..2 {
        assert_eq!(bundle.deliver(echo.clone()).await, 200);
        bundle.run().await;
    }
    let messages = story.messages().await;
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!(messages[0]["direction"], "to_user");
    assert_eq!(messages[0]["status"], "sent");
    assert_eq!(messages[0]["message"]["body"], "desde el celular");
    assert_eq!(bundle.deliver(story.status("wamid.ECHO7", "read")).await, 200);
    bundle.run().await;
    assert_eq!(story.messages().await[0]["status"], "read");
    let hooks = story.shop.hooks("ops");
    let told: Vec<&Value> = hooks.iter().map(|hook| &hook.json.as_ref().unwrap()["type"]).collect();
    assert_eq!(told, ["message.sent", "message.read"]);
    let balance = story.shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(
        (&balance["difference"], &balance["duplicates"]),
        (&json!(0), &json!(1)),
        "{balance}"
    );
    bundle.assert_no_dead_letters();
}

/// README 11, whatsapp-rules 9: what the phone app wrote to a number is in the talk that the number was joined to; told
/// again, it is a duplicate, wherever its talk is meanwhile.
#[tokio::test]
async fn what_the_phone_app_sent_is_in_the_talk_that_goes_on() {
    let bundle = Bundle::start().await;
    let story = Story::begin(&bundle).await;
    let ana = bundle.person(&story.digits, "573001234567", "Ana");
    let tells = |shows_number| {
        let scoped_id = Some("CO.73001234567".to_owned());
        let user = User { scoped_id, shows_number, ..User::new("573001234567", "Ana") };
        bundle.simulator.put_user(user);
    };
    let echo =
        |id: &str, body: &str| story.echo(id, &json!({ "type": "text", "text": { "body": body } }));
    let first = echo("wamid.ECHO1", "desde el celular");
    assert_eq!(bundle.deliver(first.clone()).await, 200);
    bundle.run().await;
    tells(false);
    ana.says("hola").await;
    tells(true);
    ana.says("buenas").await;
    for post in [first, echo("wamid.ECHO2", "otra vez")] {
        assert_eq!(bundle.deliver(post).await, 200);
        bundle.run().await;
    }
    let list = story.shop.get(&format!("/v1/conversations?channel_id={}", story.channel)).await;
    let list = list.expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    let messages = story.messages().await;
    let mut shown: Vec<&str> =
        messages.iter().filter_map(|message| message["message"]["body"].as_str()).collect();
    shown.sort_unstable();
    assert_eq!(shown, ["buenas", "hola", "otra vez"]);
    let balance = story.shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(balance["duplicates"], 1, "{balance}");
    bundle.assert_no_dead_letters();
}

/// What changes about the account is told as it came.
#[tokio::test]
async fn a_change_of_the_account_is_told() {
    let bundle = Bundle::start().await;
    let story = Story::begin(&bundle).await;
    story.shop.hook_rule("ops", &["channel.account_changed"], json!({})).await;
    let detail = json!({ "event": "FLAGGED", "current_limit": "TIER_1K" });
    let secret = format!("app-secret-of-{}", story.digits);
    let account = format!("2{}", story.digits);
    let post =
        tests::meta::change(&story.url, &secret, &account, "phone_number_quality_update", &detail);
    assert_eq!(bundle.deliver(post).await, 200);
    bundle.run().await;
    let hooks = story.shop.hooks("ops");
    let [hook] = hooks.as_slice() else { panic!("{hooks:?}") };
    let told = hook.json.as_ref().unwrap();
    assert_eq!(told["type"], "channel.account_changed");
    assert_eq!(told["data"]["kind"], "phone_number_quality_update");
    assert_eq!(told["data"]["detail"], detail);
}
