//! Bots as use cases (README 8): what they are told, what they may answer, and what becomes of users when they do not.

use serde_json::{Value, json};
use shared::ports::{Done, QueueName};
use simulator::hooks::HookAnswer;
use simulator::message::{FileKind, FromUser};
use simulator::signature::Check;
use tests::clock::{SECOND, minutes};
use tests::stage::{Number, text};
use tests::{Bundle, Customer, Person};

const UNAVAILABLE: &str =
    "Ahora mismo no podemos responder. Inténtalo de nuevo en unos minutos, por favor.";
const BOT: &str = "helper";
const LOG: &str = "log";
const EVENTS: [&str; 3] = ["message.failed", "bot.failed", "handover.failed"];

/// A number that a bot answers on, and Ana.
struct Scene<'a> {
    bundle: &'a Bundle,
    shop: Customer<'a>,
    number: Number<'a>,
    ana: Person<'a>,
    bot: String,
}

async fn scene(bundle: &Bundle) -> Scene<'_> {
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let bot = shop.bot(BOT, json!({ "training": "sales-v2" })).await;
    shop.answers_with(&number, &bot).await;
    shop.hook_rule(LOG, &EVENTS, json!({})).await;
    let ana = number.person("573001234567", "Ana Pérez");
    Scene { bundle, shop, number, ana, bot }
}

fn ok(body: Value) -> HookAnswer {
    HookAnswer { status: 200, body: Some(body), ..HookAnswer::default() }
}

fn status(status: u16) -> HookAnswer {
    HookAnswer { status, ..HookAnswer::default() }
}

impl Scene<'_> {
    /// The bot's next answers.
    fn will(&self, answers: impl IntoIterator<Item = HookAnswer>) {
        self.bundle.simulator.change(|state| {
            state.receivers.entry(BOT.to_owned()).or_default().next.extend(answers);
        });
    }

    /// What the bot was told, oldest first. Every call is signed.
    fn told(&self) -> Vec<Value> {
        let calls = self.shop.hooks(BOT);
        assert!(calls.iter().all(|call| call.standard == Check::Valid), "{calls:?}");
        calls.into_iter().map(|call| call.json.expect("JSON")["data"].clone()).collect()
    }

    fn texts_told(&self) -> Vec<Value> {
        self.told().iter().map(|data| data["message"]["text"].clone()).collect()
    }

    /// What the customer was told, as `type reason`.
    fn log(&self) -> Vec<String> {
        let words = |hook: simulator::hooks::ReceivedHook| {
            let json = hook.json.expect("JSON");
            let data = &json["data"];
            let reason = data["reason"].as_str().or_else(|| data["error"]["code"].as_str());
            format!("{} {}", json["type"].as_str().unwrap(), reason.unwrap())
        };
        self.shop.hooks(LOG).into_iter().map(words).collect()
    }

    async fn conversation(&self) -> Value {
        let list = self.shop.get("/v1/conversations?phone_number=573001234567").await.expect(200);
        list["items"][0].clone()
    }
}

/// A7, A12, D10-D19, README 8: a bot is called with the message, the conversation, the variables and the training, and
/// its text is said.
#[tokio::test]
async fn a_bot_is_told_everything_and_its_answer_is_said() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.will([ok(json!("Hola, Ana"))]);
    s.ana.says("Buenas").await;
    assert_eq!(s.ana.sees(), ["Hola, Ana"]);
    let told = s.told().remove(0);
    assert_eq!(told["bot"], json!({ "id": s.bot, "training": "sales-v2" }));
    let conversation = &told["conversation"];
    assert_eq!(conversation["id"], s.conversation().await["conversation_id"]);
    assert_eq!(conversation["channel_id"], s.number.channel.as_str());
    assert_eq!(
        (&conversation["phone"], &conversation["loa"], &conversation["context"]),
        (&json!("573001234567"), &json!(1), &json!({}))
    );
    assert_eq!(conversation["window_closes_at"], "2024-03-12T15:00:00.000Z");
    assert_eq!(told["message"]["message"], json!({ "type": "text", "body": "Buenas" }));
    assert_eq!(told["message"]["text"], "Buenas");
    assert_eq!(
        told["variables"],
        json!({
            "channel_visitor_id": "573001234567", "channel_conversation_id": "573001234567",
            "channel_visitor_firstname": "Ana Pérez", "channel_visitor_lastname": "Ana Pérez",
            "channel_visitor_account": "573001234567", "channel_visitor_phone": "573001234567",
            "channel_visitor_email": "", "channel_visitor_source": "", "channel_visitor_auth": "",
            "channel_chat_id": "573001234567|cloudapi",
        })
    );
    bundle.assert_no_dead_letters();
}

/// README 8: a bot that answers 204 writes later, by the chat id that it was told (D22).
#[tokio::test]
async fn a_bot_may_write_later() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.will([status(204)]);
    s.ana.says("Buenas").await;
    assert_eq!(s.ana.sees(), [""; 0]);
    let chat = s.told()[0]["variables"]["channel_chat_id"].clone();
    let later = json!({ "channel_chat_id": chat, "text": "Ya lo miré" });
    s.shop.post("/v1/incoming-requests", &later).await.expect(202);
    bundle.run().await;
    assert_eq!(s.ana.sees(), ["Ya lo miré"]);
}

/// K18, K19, K43, X6: an object is a structured message, as an object and as a text that holds it; any other text is
/// a text.
#[tokio::test]
async fn an_object_and_the_text_that_holds_it_are_the_same() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let sample = json!({
        "type": "document", "message_text": "This is document caption",
        "caption": "Here are our prices", "filename": "Prices.pdf",
        "document": { "url": "https://files.customer.example/prices.pdf" },
    });
    let mut sent = Vec::new();
    for answer in [sample.clone(), json!(sample.to_string())] {
        s.will([ok(answer)]);
        s.ana.says("precios").await;
        sent.push(s.ana.last_sent());
    }
    assert_eq!(sent[0], sent[1]);
    assert_eq!(s.ana.sees(), ["Here are our prices <document>"; 2]);
    let file = sent[0].file.clone().expect("a file");
    assert_eq!(file.filename.as_deref(), Some("Prices.pdf"));
    s.will([ok(json!("{\"type\": \"carousel\"}")), ok(json!("{no JSON"))]);
    s.ana.says("a").await;
    s.ana.says("b").await;
    assert_eq!(s.ana.sees(), ["{\"type\": \"carousel\"}", "{no JSON"]);
}

/// K19, contracts 11.4: what is no message becomes a message that has failed; nothing of it is sent, the rest is.
#[tokio::test]
async fn what_is_no_message_is_recorded_as_failed() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let order = json!({
        "type": "order_details", "body": { "text": "Tu pedido" },
        "action": { "name": "review_and_pay", "parameters": {
            "reference_id": "r-1", "currency": "INR", "total_amount": { "value": 300, "offset": 100 } } },
    });
    s.will([ok(
        json!([{ "type": "carousel", "cards": [] }, { "type": "image" }, order, 7, "Hola"]),
    )]);
    s.ana.says("Buenas").await;
    assert_eq!(s.ana.sees(), ["Hola"]);
    let conversation = s.conversation().await["conversation_id"].clone();
    let path = format!("/v1/conversations/{}/messages", conversation.as_str().unwrap());
    let messages = s.shop.get(&path).await.expect(200);
    let failed: Vec<_> = messages["items"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .filter(|message| message["status"] == "failed")
        .map(|message| message["error"]["code"].as_str().unwrap())
        .collect();
    // K46: this provider takes no orders.
    let codes = ["unsupported_type", "invalid_message", "unsupported_type", "unsupported_type"];
    assert_eq!(failed, codes);
    assert_eq!(s.log(), codes.map(|code| format!("message.failed {code}")));
}

/// README 8: the context comes back with the next call, until the bot lets it go.
#[tokio::test]
async fn a_context_is_kept_and_given_back() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let large = json!({ "context": { "a": "x".repeat(8 * 1024) } });
    s.will([
        ok(json!({ "replies": ["uno", "dos"], "context": { "step": 1 } })),
        ok(json!({ "replies": "tres" })),
        ok(large),
        ok(json!({ "action": { "type": "end" } })),
        status(204),
    ]);
    for said in ["a", "b", "c", "d", "e"] {
        s.ana.says(said).await;
    }
    assert_eq!(s.ana.sees(), ["uno", "dos", "tres"]);
    let contexts: Vec<Value> =
        s.told().iter().map(|data| data["conversation"]["context"].clone()).collect();
    let step = json!({ "step": 1 });
    assert_eq!(contexts, [json!({}), step.clone(), step.clone(), step, json!({})]);
    assert_eq!(s.log(), ["bot.failed context_too_large"]);
    assert_eq!(s.number.conversation(&s.ana).await.bot, None, "nothing is kept for nothing");
}

/// README 8: a bot starts a flow; its questions come before the bot until it has ended.
#[tokio::test]
async fn a_bot_starts_a_flow_and_an_open_question_wins() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let flow = s
        .shop
        .flow(json!([
            { "id": "name", "type": "question", "answer": "text", "text": "¿Cómo te llamas?" },
            { "id": "bye", "type": "message", "text": "Gracias" } ]))
        .await;
    let action = json!({ "type": "start_flow", "flow_id": flow });
    s.will([ok(json!({ "replies": ["Empecemos"], "action": action }))]);
    s.ana.says("quiero abrir una cuenta").await;
    assert_eq!(s.ana.sees(), ["Empecemos", "¿Cómo te llamas?"]);
    s.ana.says("Ana").await;
    assert_eq!(s.ana.sees(), ["Gracias"]);
    assert_eq!(s.texts_told(), ["quiero abrir una cuenta"]);
    s.will([ok(json!("¿Algo más?"))]);
    s.ana.says("no").await;
    assert_eq!(s.ana.sees(), ["¿Algo más?"]);
    assert_eq!(s.log(), [""; 0]);
}

/// A9, A14: the text of an inbound wins over the bot, and a flow that may not start here is not started by it.
#[tokio::test]
async fn an_inbound_wins_and_a_foreign_flow_does_not_start() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let other = s.shop.meta("573177700001").await;
    let steps = json!([{ "id": "a", "type": "message", "text": "Del flujo" }]);
    let flow = s.shop.flow(steps.clone()).await;
    s.shop.inbound(&s.number, &flow, "empezar").await;
    s.ana.says("Empezar").await;
    assert_eq!(s.ana.sees(), ["Del flujo"]);
    assert_eq!(s.texts_told(), [""; 0]);
    let foreign = json!({ "name": "F", "channels": [other.channel], "steps": steps });
    let foreign = text(&s.shop.post("/v1/flows", &foreign).await.expect(201), "flow_id");
    s.shop.post(&format!("/v1/flows/{foreign}/publish"), &json!({})).await.expect(200);
    let start = |flow: &str| ok(json!({ "action": { "type": "start_flow", "flow_id": flow } }));
    s.will([start(&foreign), start("IPF00000000000000000000000000000000"), start("x")]);
    for said in ["a", "b", "c"] {
        s.ana.says(said).await;
    }
    assert_eq!(s.ana.sees(), [""; 0]);
    let told = ["flow_not_startable", "flow_not_startable", "invalid_action"];
    assert_eq!(s.log(), told.map(|reason| format!("bot.failed {reason}")));
}

/// README 8, D25: a provider has no transfer of its own; a wish for what is not there is told to the customer and not passed over.
#[tokio::test]
async fn a_handover_that_nobody_takes_is_told() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.will([
        ok(json!({ "replies": ["Te paso"], "action": { "type": "handover" } })),
        ok(json!({ "action": { "type": "dance" } })),
        ok(json!({ "replies": vec!["x"; 11], "context": 5 })),
    ]);
    s.ana.says("un agente").await;
    assert_eq!(s.ana.sees(), ["Te paso"]);
    s.ana.says("baila").await;
    s.ana.says("muchos").await;
    assert_eq!(s.ana.sees(), ["x"; 10]);
    assert_eq!(
        s.log(),
        [
            "handover.failed handover_unavailable",
            "bot.failed unsupported_action",
            "bot.failed too_many_replies",
            "bot.failed invalid_context",
        ]
    );
}

/// README 8: what is written while the bot is being asked waits, and each message is told with the context that the
/// one before left.
#[tokio::test]
async fn messages_are_told_one_after_another() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.will([
        status(503),
        ok(json!({ "replies": ["1"], "context": { "n": 1 } })),
        ok(json!({ "replies": ["2"], "context": { "n": 2 } })),
        ok(json!({ "replies": ["3"] })),
    ]);
    for said in ["a", "b", "c"] {
        s.ana.says(said).await;
    }
    assert_eq!(s.texts_told(), ["a"], "the first attempt has failed, the others wait");
    bundle.turn(minutes(2)).await;
    assert_eq!(s.texts_told(), ["a", "a", "b", "c"]);
    assert_eq!(s.ana.sees(), ["1", "2", "3"]);
    let ids: Vec<_> = s.shop.hooks(BOT).into_iter().map(|call| call.id.unwrap()).collect();
    assert_eq!(ids[0], ids[1], "one message, one id");
    assert_ne!(ids[1], ids[2]);
    let contexts: Vec<Value> =
        s.told().iter().map(|data| data["conversation"]["context"]["n"].clone()).collect();
    assert_eq!(contexts, [Value::Null, Value::Null, json!(1), json!(2)]);
}

/// README 8: a bot that fails to the end is excused once, for everything that was written meanwhile.
#[tokio::test]
async fn users_hear_once_that_a_bot_does_not_answer() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let slow = HookAnswer { delay_millis: 10_000, ..ok(json!("late")) };
    let garbage = ok(json!({ "replies": "x".repeat(64 * 1024) }));
    s.will([status(500), slow, garbage, status(404)]);
    s.will(vec![status(500); 4]);
    s.ana.says("a").await;
    s.ana.says("b").await;
    assert_eq!(s.ana.sees(), [""; 0]);
    bundle.turn(minutes(5)).await;
    assert_eq!(s.ana.sees(), [UNAVAILABLE]);
    assert_eq!(s.texts_told(), ["a", "a", "a", "a", "b", "b", "b", "b"]);
    assert_eq!(s.log(), ["bot.failed unavailable"; 2]);
    // It is back, and fails again later: that is said again.
    s.will([ok(json!("hola"))]);
    s.ana.says("c").await;
    assert_eq!(s.ana.sees(), ["hola"]);
    s.will(vec![status(500); 4]);
    s.ana.says("d").await;
    bundle.turn(minutes(5)).await;
    assert_eq!(s.ana.sees(), [UNAVAILABLE]);
    bundle.assert_no_dead_letters();
}

/// README 8: a bot's own words for it, and those of its language.
#[tokio::test]
async fn a_bot_has_its_own_words_for_not_answering() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let path = format!("/v1/bots/{}", s.bot);
    let mut body = json!({ "name": "b", "url": "https://nobody.example/bot", "language": "en" });
    for (words, wanted) in [
        (None, "We cannot answer right now. Please try again in a few minutes."),
        (Some("Back at nine"), "Back at nine"),
    ] {
        body["unavailable_text"] = json!(words);
        s.shop.put(&path, &body).await.expect(200);
        s.shop.post(&format!("{path}/publish"), &json!({})).await.expect(200);
        // Functions believe what they know of a bot for half a minute.
        bundle.turn(minutes(1)).await;
        s.ana.says("hi").await;
        bundle.turn(minutes(5)).await;
        assert_eq!(s.ana.sees(), [wanted]);
    }
}

/// D24, X1: a menu is laid out as the channel does it, and a number that is typed means its option.
#[tokio::test]
async fn a_number_means_an_option_of_the_bots_menu() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let path = format!("/v1/channels/{}", s.number.channel);
    s.shop.put(&path, &json!({ "options_layout": "buttons_or_numbered" })).await.expect(200);
    let menu = |options: Value| ok(json!({ "type": "text", "text": "Elige", "options": options }));
    s.will([
        menu(json!(["Uno", "Dos"])),
        menu(json!([{ "id": "a", "title": "A" }, { "id": "b", "title": "B" },
                    { "id": "c", "title": "C" }, { "id": "d", "title": "D" }])),
        ok(json!("B, pues")),
        status(204),
    ]);
    s.ana.says("menú").await;
    assert_eq!(s.ana.sees(), ["Elige [Uno] [Dos]"]);
    s.ana.taps("Dos").await;
    assert_eq!(s.ana.sees(), ["Elige\n\n1. A\n2. B\n3. C\n4. D"]);
    s.ana.says("2").await;
    assert_eq!(s.ana.sees(), ["B, pues"]);
    s.ana.says("2").await;
    let choices: Vec<Value> =
        s.told().iter().map(|data| data["message"]["choice"].clone()).collect();
    let (two, b) = (json!({ "id": "2", "title": "Dos" }), json!({ "id": "b", "title": "B" }));
    assert_eq!(choices, [Value::Null, two, b, Value::Null]);
}

/// A19, A20, D32, X15, README 14: a user's file reaches the bot as one text and with a link that needs no key.
#[tokio::test]
async fn a_file_is_told_as_a_text_and_with_a_link() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.will([status(204), status(204)]);
    s.ana.sends_file(FileKind::Document, "application/pdf", Some("dni.pdf")).await;
    let told = s.told().remove(0);
    let file = &told["message"]["message"];
    assert_eq!((&file["type"], &file["filename"]), (&json!("document"), &json!("dni.pdf")));
    let id = text(file, "media_id");
    let wanted = format!("file:document|{id}|https://gateway.test/v1/media/{id}");
    assert_eq!(told["message"]["text"], wanted.as_str());
    let link = text(file, "link");
    let path = link.strip_prefix("https://gateway.test").expect("our address");
    let request = http::Request::get(path).body(Vec::new()).unwrap();
    assert_eq!(bundle.call(request).await.status, 200, "without a key");
    assert_eq!(file["link_expires_at"], "2024-03-11T16:00:00.000Z");
    let place = FromUser::Location {
        latitude: "4.65".into(),
        longitude: "-74.05".into(),
        name: None,
        address: None,
    };
    s.ana.does(place).await;
    assert_eq!(s.told()[1]["message"]["message"]["latitude"], "4.65");
}

/// K50, contracts 11.5: a payment that no question waits for is the context's `last_payment`.
#[tokio::test]
async fn a_payment_without_a_question_is_kept_in_the_context() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.gupshup_enterprise("573177700000").await;
    let bot = shop.bot(BOT, json!({})).await;
    shop.answers_with(&number, &bot).await;
    let ana = number.person("573001234567", "Ana");
    let s = Scene { bundle: &bundle, shop, number, ana, bot };
    let content = json!({ "type": "payment", "payment": {
        "transaction_id": "t-1", "reference_id": "r-1", "currency": "INR", "status": "success",
        "transaction_type": "upi", "total_amount": { "offset": 100, "value": 300 } } });
    s.will([ok(json!({ "replies": ["Gracias"], "context": { "paid": true } })), status(204)]);
    s.ana.does(FromUser::Other { kind: "interactive".into(), content }).await;
    assert_eq!(s.ana.sees(), [""; 0], "a payment opens no service window");
    s.ana.says("¿Llegó?").await;
    for (place, paid) in [(0, Value::Null), (1, json!(true))] {
        let context = &s.told()[place]["conversation"]["context"];
        let payment = &context["last_payment"];
        assert_eq!((&payment["amount"], &payment["reference_id"]), (&json!("3.00"), &json!("r-1")));
        assert_eq!(context["paid"], paid);
    }
    assert_eq!(s.told()[0]["message"]["message"]["type"], "payment");
}

/// A14: a bot for other channels is not reachable from this one.
#[tokio::test]
async fn a_bot_for_other_channels_is_not_reached() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let other = s.shop.meta("573177700001").await;
    let only = s.shop.bot("only", json!({ "channels": [other.channel] })).await;
    s.shop.answers_with(&s.number, &only).await;
    s.shop.answers_with(&other, &only).await;
    s.ana.says("hola").await;
    let luis = other.person("573007654321", "Luis");
    luis.says("hola").await;
    assert_eq!(s.shop.hooks("only").len(), 1, "from the other channel");
    assert_eq!(s.number.conversation(&s.ana).await.bot, None);
}

/// D4, D5, K64, X25: a draft keeps its channel inactive; published, it answers.
#[tokio::test]
async fn an_unpublished_bot_keeps_a_channel_inactive() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let path = format!("/v1/channels/{}", number.channel);
    let body = json!({ "name": "Draft", "url": "https://helper.customer.example/bot" });
    let bot = text(&shop.post("/v1/bots", &body).await.expect(201), "bot_id");
    let change = json!({ "use_cases": [bot] });
    let error = shop.put(&path, &change).await.expect_error(409, "publish");
    assert_eq!(error["warnings"], json!(["agent_not_trained"]));
    assert_eq!(shop.get(&path).await.expect(200)["use_cases"], json!([]));
    let asleep = json!({ "use_cases": [bot], "active": false });
    shop.put(&path, &asleep).await.expect(200);
    let wake = json!({ "active": true });
    shop.put(&path, &wake).await.expect_error(409, "publish");
    let published = shop.post(&format!("/v1/bots/{bot}/publish"), &json!({})).await.expect(200);
    assert_eq!(
        (&published["status"], &published["published_version"]),
        (&json!("published"), &json!(1))
    );
    let ana = number.person("573001234567", "Ana");
    bundle.turn(minutes(1)).await;
    ana.says("antes").await;
    assert_eq!(shop.hooks(BOT).len(), 0, "D4: before it is saved active, nothing answers");
    assert_eq!(shop.put(&path, &wake).await.expect(200)["use_cases"], json!([bot]));
    bundle.turn(minutes(1)).await;
    ana.says("después").await;
    assert_eq!(shop.hooks(BOT).len(), 1);
    // While it is a use case, it stays.
    shop.delete(&format!("/v1/bots/{bot}")).await.expect_error(409, "use case");
    shop.put(&path, &json!({ "use_cases": [] })).await.expect(200);
    shop.delete(&format!("/v1/bots/{bot}")).await.expect(204);
    shop.get(&format!("/v1/bots/{bot}")).await.expect_error(404, "bot_id");
}

/// README 7, 8: a bot is called at public https addresses only; a draft is edited without a change for the users.
#[tokio::test]
async fn a_bot_is_checked_and_published_on_purpose() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    for url in ["http://helper.customer.example/", "https://user:pass@helper.example/", "ftp://x"] {
        let body = json!({ "name": "b", "url": url });
        let error = shop.post("/v1/bots", &body).await.expect(400);
        assert_eq!(error["details"][0]["field"], "url", "{url}");
    }
    let s = scene(&bundle).await;
    let path = format!("/v1/bots/{}", s.bot);
    let body = json!({ "name": "Other", "url": "https://other.customer.example/bot" });
    let draft = s.shop.put(&path, &body).await.expect(200);
    assert_eq!((&draft["name"], &draft["published_version"]), (&json!("Other"), &json!(1)));
    s.ana.says("hola").await;
    assert_eq!((s.shop.hooks(BOT).len(), s.shop.hooks("other").len()), (1, 0));
    s.shop.post(&format!("{path}/publish"), &json!({})).await.expect(200);
    s.shop.share_signing_secret("other").await;
    bundle.turn(minutes(1)).await;
    s.ana.says("hola").await;
    assert_eq!((s.shop.hooks(BOT).len(), s.shop.hooks("other").len()), (1, 1));
    let list = s.shop.get("/v1/bots").await.expect(200);
    assert_eq!(list["items"][0]["bot_id"], s.bot.as_str());
}

/// README 8, 10: an answer that is lost, a job that is delivered twice, a bot that answers twice: it is said once.
#[tokio::test]
async fn whatever_is_repeated_a_bots_answer_is_said_once() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let lost = HookAnswer { delay_millis: 60_000, ..ok(json!("lost")) };
    s.will([lost, ok(json!("first")), ok(json!("second")), ok(json!("third"))]);
    s.ana.begins(FromUser::Text { body: "hola".into() });
    bundle.simulator.step().await;
    bundle.step_queue(QueueName::Event).await;
    // The first attempt is not answered in time.
    bundle.step_queue(QueueName::Hook).await;
    assert_eq!(s.texts_told(), ["hola"]);
    bundle.turn_clock_only(SECOND * 5);
    let (job, _) = bundle.queues.take(QueueName::Hook, bundle.now()).unwrap().unwrap();
    // Its function dies twice after the answer, before it could say that it is done.
    bundle.work(QueueName::Hook, &job).await;
    bundle.work(QueueName::Hook, &job).await;
    bundle.run().await;
    assert_eq!(s.ana.sees(), ["first"]);
    // The job comes back once more when all is over.
    bundle.work(QueueName::Hook, &job).await;
    bundle.run().await;
    assert_eq!(s.ana.sees(), [""; 0]);
    assert_eq!(s.texts_told(), ["hola", "hola", "hola"], "not asked when nobody waits");
    bundle.turn(minutes(30)).await;
    assert_eq!(s.ana.shows(), ["first"]);
    bundle.assert_no_dead_letters();
}

/// README 11: if the call itself is lost, the user's next word after a quarter of an hour makes it again.
#[tokio::test]
async fn a_call_that_was_lost_is_made_again() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.ana.begins(FromUser::Text { body: "a".into() });
    bundle.simulator.step().await;
    bundle.step_queue(QueueName::Event).await;
    let (_, receipt) = bundle.queues.take(QueueName::Hook, bundle.now()).unwrap().unwrap();
    bundle.queues.settle(&receipt, Done::Finished).unwrap();
    s.ana.says("b").await;
    assert_eq!(s.texts_told(), [""; 0]);
    s.will([ok(json!("1")), ok(json!("2")), ok(json!("3"))]);
    bundle.turn(minutes(15)).await;
    s.ana.says("c").await;
    assert_eq!(s.texts_told(), ["a", "b", "c"]);
    assert_eq!(s.ana.sees(), ["1", "2", "3"]);
}

/// Part of the local host: the simulator's echo bot, as a newcomer meets it.
#[tokio::test]
async fn the_echo_bot_shows_what_a_bot_can_do() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.gupshup("573177700000").await;
    let url = format!("{}{}", tests::wire::SIMULATOR, simulator::bot::PATH);
    let bot = shop.post("/v1/bots", &json!({ "name": "Echo", "url": url })).await.expect(201);
    let bot = text(&bot, "bot_id");
    shop.post(&format!("/v1/bots/{bot}/publish"), &json!({})).await.expect(200);
    shop.answers_with(&number, &bot).await;
    let ana = number.person("573001234567", "Ana");
    // It does not know the secret yet, and refuses.
    ana.says("hola").await;
    bundle.turn(minutes(3)).await;
    assert_eq!(ana.sees(), [UNAVAILABLE]);
    shop.share_signing_secret(simulator::bot::RECEIVER).await;
    ana.says("hola").await;
    ana.says("hola").await;
    assert_eq!(ana.sees(), ["1: hola", "2: hola"]);
    ana.says("menu").await;
    let menu = "What shall I do? (Say it back) (Send a document) (Start a flow) (Say goodbye)";
    assert_eq!(ana.sees(), [menu]);
    ana.taps("Send a document").await;
    assert_eq!(ana.sees(), ["Here it is <document>"]);
    let steps = json!([{ "id": "a", "type": "message", "text": "Del flujo" }]);
    let flow = shop.flow(steps).await;
    ana.says(&format!("flow {flow}")).await;
    assert_eq!(ana.sees(), ["There it starts.", "Del flujo"]);
    ana.says("bye").await;
    ana.says("hola").await;
    assert_eq!(ana.sees(), ["Bye! I forget what we said.", "1: hola"]);
}
