//! The gateway's Infobip and the simulator's, each written from the documentation by itself, against one another: over
//! the whole gateway, from the user's words to what the user sees.

use http::Request;
use serde_json::{Value, json};
use shared::ports::Metric;
use simulator::WebhookPost;
use simulator::fault::SendFault;
use simulator::message::{Button, FileKind, FromUser, Said, Status};
use simulator::people::BatchItem;
use simulator::post::What;
use simulator::template::{CategoryChange, Review};
use tests::clock::minutes;
use tests::stage::{Number, text};
use tests::{Bundle, Customer, Person};

const FIRST: &str = "573177700010";
const SECOND: &str = "573177700011";
const ANA: &str = "573001234567";

/// A number at Infobip whose default flow asks for a name, and Ana, who has written.
struct Scene<'a> {
    bundle: &'a Bundle,
    shop: Customer<'a>,
    number: Number<'a>,
    ana: Person<'a>,
}

async fn scene(bundle: &Bundle) -> Scene<'_> {
    let shop = bundle.customer().await;
    let number = shop.infobip(FIRST).await;
    let ana = number.person(ANA, "Ana Pérez 🚀");
    ana.says("hola").await;
    Scene { bundle, shop, number, ana }
}

impl Scene<'_> {
    /// Sends a message by the API and lets everything follow. The message as the API shows it afterwards.
    async fn sends(&self, message: Value) -> Value {
        let body =
            json!({ "channel_id": self.number.channel, "to": self.ana.number, "message": message });
        let sent = self.shop.post("/v1/messages", &body).await.expect(202);
        self.bundle.run().await;
        self.message(&sent).await
    }

    async fn message(&self, sent: &Value) -> Value {
        let path = format!("/v1/messages/{}", text(sent, "message_id"));
        self.shop.get(&path).await.expect(200)
    }

    fn fault(&self, fault: SendFault) {
        self.bundle.simulator.change(|state| {
            state.faults.entry(self.number.digits.clone()).or_default().sends.push_back(fault);
        });
    }
}

/// The webhooks that are on their way, taken out of it.
fn take_posts(bundle: &Bundle) -> Vec<WebhookPost> {
    let pending = bundle.simulator.change(|state| std::mem::take(&mut state.pending));
    let posts = pending.into_iter().filter_map(|pending| match pending.what {
        What::Post { post, .. } => Some(post),
        What::Advance { .. } => None,
    });
    posts.collect()
}

/// What several webhooks bring, as the first one would bring it.
fn joined(posts: &[WebhookPost]) -> WebhookPost {
    let results: Vec<Value> = posts
        .iter()
        .flat_map(|post| {
            let body: Value = serde_json::from_slice(&post.body).expect("JSON");
            body["results"].as_array().expect("results").clone()
        })
        .collect();
    let body = json!({ "results": results, "messageCount": results.len() });
    WebhookPost { body: body.to_string().into_bytes(), ..posts[0].clone() }
}

/// K7, K16, T1: every kind that the gateway sends to Infobip is taken by the strict reading of its pages.
#[tokio::test]
async fn every_message_that_is_sent_is_taken() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let link = "https://files.example.com/1";
    let option = |id: &str| json!({ "id": id, "title": format!("Opción {id}") });
    let menu = |kind: &str| json!({ "type": kind, "body": "¿Cuál?", "options": [option("a"), option("b")] });
    let row = |id: &str| json!({ "title": id, "rows": [{ "id": id, "title": id, "description": "más" }] });
    for message in [
        json!({ "type": "text", "body": "Vea https://a.example ¿sí?", "preview_url": true }),
        json!({ "type": "image", "link": link, "caption": "una foto" }),
        json!({ "type": "video", "link": link, "caption": "un video" }),
        json!({ "type": "audio", "link": link }),
        json!({ "type": "document", "link": link, "caption": "una factura", "filename": "f.pdf" }),
        json!({ "type": "sticker", "link": link }),
        json!({ "type": "location", "location": { "latitude": "4.6", "longitude": "-74.08", "name": "Plaza" } }),
        json!({ "type": "contacts", "contacts": [{ "name": { "formatted_name": "Luis Ortiz" },
                "phones": [{ "phone": "+573007654321", "type": "cell", "wa_id": "573007654321" }] }] }),
        menu("menu"),
        json!({ "type": "buttons", "body": "¿Cuál?", "header": "Arriba", "footer": "Abajo", "options": [option("a")] }),
        json!({ "type": "list", "body": "¿Cuál?", "button": "Ver", "sections": [row("a"), row("b")] }),
        json!({ "type": "cta_url", "body": "Vea", "button": "Abrir", "link": "https://a.example" }),
        json!({ "type": "location_request", "body": "¿Dónde está?" }),
        json!({ "type": "interactive", "interactive": { "type": "flow", "body": { "text": "Llene" },
            "action": { "name": "flow", "parameters": { "flow_message_version": "3", "flow_token": "t",
                "flow_id": "1", "flow_cta": "Abrir", "flow_action": "navigate",
                "flow_action_payload": { "screen": "S" } } } } }),
        json!({ "type": "interactive", "interactive": { "type": "product_list",
            "header": { "type": "text", "text": "H" }, "body": { "text": "B" },
            "action": { "catalog_id": "1", "sections": [{ "title": "T",
                "product_items": [{ "product_retailer_id": "2" }] }] } } }),
    ] {
        let sent = s.sends(message.clone()).await;
        assert_eq!(sent["status"], "delivered", "{message}: {sent}");
    }
    assert_eq!(s.ana.sees().len(), 15);
}

/// K46, infobip 2.1: what Infobip has no form for fails as such, and nothing is called.
#[tokio::test]
async fn what_infobip_cannot_carry_is_unsupported() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let order = json!({ "type": "order_details", "body": { "text": "B" },
        "action": { "name": "review_and_pay", "parameters": { "reference_id": "r" } } });
    for message in [
        json!({ "type": "reaction", "to_message": "wamid.x", "emoji": "👍" }),
        json!({ "type": "interactive", "interactive": order }),
    ] {
        let before = bundle.wire.called().len();
        let sent = s.sends(message).await;
        assert_eq!(
            (&sent["status"], &sent["error"]["code"]),
            (&json!("failed"), &json!("unsupported_type"))
        );
        assert_eq!(bundle.wire.called().len(), before);
    }
}

/// T6: what a user does arrives as that, with the file copied.
#[tokio::test]
async fn every_message_of_a_user_is_read() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.sends(
        json!({ "type": "buttons", "body": "¿Sí?", "options": [{ "id": "y", "title": "Sí" }] }),
    )
    .await;
    s.ana.taps("Sí").await;
    s.ana.sends_file(FileKind::Document, "application/pdf", Some("dni.pdf")).await;
    s.ana.sends_file(FileKind::Voice, "audio/ogg", None).await;
    let ours = s.ana.sent().pop().expect("the question").1.id;
    let other = |kind: &str, content: Value| FromUser::Other { kind: kind.to_owned(), content };
    for content in [
        FromUser::Location {
            latitude: "4.6".to_owned(),
            longitude: "-74.08".to_owned(),
            name: None,
            address: None,
        },
        FromUser::Contacts {
            contacts: vec![json!({ "name": { "formatted_name": "Luis", "first_name": "Luis" } })],
        },
        FromUser::Reaction { emoji: "👍".to_owned(), to: ours.clone() },
        other(
            "INFECTED_CONTENT",
            json!({ "malware": "EICAR", "url": "https://simulator.test/infobip/x" }),
        ),
        other("SOMETHING_NEW", json!({})),
    ] {
        s.ana.does(content).await;
    }
    let id = s.number.conversation(&s.ana).await.id;
    let listed = s.shop.get(&format!("/v1/conversations/{id}/messages")).await.expect(200);
    let mut told: Vec<Value> = listed["items"].as_array().expect("a list").clone();
    told.retain(|message| message["direction"] == "from_user");
    told.sort_by_key(|message| message["timestamp"].to_string());
    let kinds: Vec<_> = told.iter().map(|message| message["message"]["type"].clone()).collect();
    let count = |kind: &str| kinds.iter().filter(|known| *known == kind).count();
    assert_eq!(kinds.len(), 9, "{listed}");
    assert_eq!(
        (count("document") + count("voice"), count("unsupported"), count("choice")),
        (2, 2, 1),
        "{kinds:?}"
    );
    let files = told.iter().filter_map(|message| message["message"]["media_id"].as_str());
    assert_eq!(files.count(), 2, "{told:?}");
    // Whatever is infected is not even looked at.
    assert!(bundle.wire.called().iter().all(|call| call.path != "/infobip/x"));
}

/// README 10, K14: every report finds its message by our own id, so nothing but the status is written.
#[tokio::test]
async fn reports_bring_a_message_from_accepted_to_read() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let sent = s.sends(json!({ "type": "text", "body": "buenas" })).await;
    assert_eq!(sent["status"], "delivered");
    let id = s.ana.sent().pop().expect("it went out").1.id;
    assert!(id.len() <= 50 && sent["provider_message_id"] == id, "{id}");
    s.ana.looks().await;
    let read = s.message(&sent).await;
    let history: Vec<_> = read["status_history"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| step["status"].clone())
        .collect();
    assert_eq!(read["status"], "read");
    assert!(
        history.contains(&json!("accepted")) && history.contains(&json!("delivered")),
        "{read}"
    );
    // The user's reply names our message by the id that the API shows.
    let answered = FromUser::Reaction { emoji: "👍".to_owned(), to: id };
    s.ana.does(answered).await;
    let balance = s.shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(balance["difference"], 0, "{balance}");
}

/// README 10: an answer that is lost is not asked for again, because the report finds the message; one that overtakes
/// the answer counts as well.
#[tokio::test]
async fn a_lost_answer_is_found_by_its_report() {
    for fault in [SendFault::LostAnswer, SendFault::StatusFirst] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle).await;
        s.fault(fault);
        let sent = s.sends(json!({ "type": "text", "body": "buenas" })).await;
        bundle.turn(minutes(10)).await;
        assert_eq!(s.message(&sent).await["status"], "delivered");
        assert_eq!(s.ana.sees(), ["buenas"]);
        bundle.assert_no_dead_letters();
    }
}

/// infobip 2.6, 2.7: each refusal has its meaning: repeated, the account's trouble, or the message's end.
#[tokio::test]
async fn refusals_are_understood() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let code = |code: &str| SendFault::Code { code: code.to_owned(), text: "no".to_owned() };
    for (fault, code, expected) in [
        (SendFault::RateLimited, None, "delivered"),
        (SendFault::Unavailable { status: 503 }, None, "delivered"),
        (SendFault::Garbage, None, "delivered"),
        (code("12"), Some("REJECTED_12"), "failed"),
        (code("8"), Some("REJECTED_8"), "failed"),
    ] {
        s.fault(fault);
        let sent = s.sends(json!({ "type": "text", "body": "buenas" })).await;
        bundle.turn(minutes(5)).await;
        let sent = s.message(&sent).await;
        assert_eq!(
            (&sent["status"], sent["error"]["code"].as_str()),
            (&json!(expected), code),
            "{sent}"
        );
    }
    assert_eq!(s.ana.sees().len(), 3);
    // Whoever is not on WhatsApp is found out on the way.
    bundle.simulator.change(|state| state.absent.insert(ANA.to_owned()));
    let sent = s.sends(json!({ "type": "text", "body": "buenas" })).await;
    assert_eq!((&sent["status"], &sent["error"]["code"]), (&json!("failed"), &json!("1")));
    let absent = bundle.simulator.read(|state| state.messages.clone()).pop().expect("it was sent");
    assert!(matches!(
        absent.entry,
        simulator::message::Entry::ToUser { status: Status::Failed { .. }, .. }
    ));
}

/// K6, K7, README 11: two numbers of one account, one webhook for what two people write to both: each is answered from
/// the number that was written to, and all is accounted for.
#[tokio::test]
async fn a_webhook_that_mixes_users_and_numbers_reaches_all_of_them() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let numbers = [shop.infobip(FIRST).await, shop.infobip(SECOND).await];
    for (number, name) in numbers.iter().zip(["uno", "dos"]) {
        let steps = json!([{ "id": "a", "type": "message", "text": format!("desde {name}") }]);
        let flow = shop.flow(steps).await;
        shop.inbound(number, &flow, "empezar").await;
    }
    let people: Vec<Person<'_>> = numbers
        .iter()
        .flat_map(|number| [number.person(ANA, "Ana"), number.person("573007654321", "Luis")])
        .collect();
    for person in &people {
        person.begins(FromUser::Text { body: "empezar".to_owned() });
    }
    let posts = take_posts(&bundle);
    assert_eq!(posts.len(), 4);
    let post = joined(&posts);
    // The same webhook comes twice.
    for _ in 0..2 {
        assert_eq!(bundle.deliver(post.clone()).await, 200);
        bundle.run().await;
    }
    let seen: Vec<_> = people.iter().map(Person::sees).collect();
    assert_eq!(seen, [["desde uno"], ["desde uno"], ["desde dos"], ["desde dos"]]);
    for number in &numbers {
        let path = format!("/v1/audit/balance?channel_id={}", number.channel);
        let balance = shop.get(&path).await.expect(200);
        assert_eq!(balance["difference"], 0, "{balance}");
    }
    let balance = shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(
        (&balance["difference"], &balance["duplicates"]),
        (&json!(0), &json!(4)),
        "{balance}"
    );
}

/// K7: a report names no number of ours, and may come to any of the account's: it is told of the one that sent.
#[tokio::test]
async fn a_report_that_comes_to_another_number_is_told_of_the_sender() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let other = s.shop.infobip(SECOND).await;
    s.shop.hook_rule("log", &["message.delivered"], json!({})).await;
    let body = json!({ "channel_id": s.number.channel, "to": ANA, "message": { "type": "text", "body": "buenas" } });
    s.shop.post("/v1/messages", &body).await.expect(202);
    let url = bundle.simulator.line(SECOND).expect("it is there").webhook_url;
    bundle
        .simulator
        .change(|state| state.lines.get_mut(FIRST).expect("it is there").webhook_url = url);
    bundle.run().await;
    let hooks = s.shop.hooks("log");
    let [hook] = &hooks[..] else { panic!("{hooks:?}") };
    let told = hook.json.as_ref().expect("JSON").to_string();
    assert!(told.contains(&s.number.channel) && !told.contains(&other.channel), "{told}");
}

/// K7, README 11: whom nobody of the tenant serves by the same account is ignored by a name of its own; another
/// tenant's number is nobody's.
#[tokio::test]
async fn a_number_of_another_account_is_not_served() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let rival = bundle.customer().await;
    let foreign = rival.infobip(SECOND).await;
    let other_account =
        s.shop.infobip_with("573177700012", json!({ "password": "of-another-account" })).await;
    let eve = [foreign.person("573009999999", "Eve"), other_account.person("573009999999", "Eve")];
    for person in &eve {
        person.begins(FromUser::Text { body: "hola".to_owned() });
    }
    s.ana.begins(FromUser::Text { body: "yo también".to_owned() });
    let mut posts = take_posts(&bundle);
    posts.rotate_right(1);
    assert_eq!(bundle.deliver(joined(&posts)).await, 200);
    bundle.run().await;
    assert!(foreign.conversation_if_any(&eve[0]).await.is_none());
    assert!(other_account.conversation_if_any(&eve[1]).await.is_none());
    let balance = s.shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(
        (&balance["difference"], &balance["ignored"]["other_number"]),
        (&json!(0), &json!(2)),
        "{balance}"
    );
}

/// README 11: one webhook with messages and reports together.
#[tokio::test]
async fn messages_and_reports_come_together() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let sent = s.sends(json!({ "type": "text", "body": "buenas" })).await;
    let number = s.ana.shown().pop().expect("she sees it").0;
    let items = vec![
        BatchItem::Said {
            user: ANA.to_owned(),
            content: FromUser::Text { body: "gracias".to_owned() },
        },
        BatchItem::Status { message: number, status: Status::Read },
        BatchItem::Status { message: number, status: Status::Delivered },
    ];
    bundle.simulator.say_together(FIRST, items).expect("Infobip joins");
    bundle.run().await;
    assert_eq!(s.message(&sent).await["status"], "read");
    let balance = s.shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(balance["difference"], 0, "{balance}");
}

/// K13: at the shared number the keyword is not part of what the user says, and alone it is nothing.
#[tokio::test]
async fn the_sandbox_keyword_is_not_said() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.infobip_with(FIRST, json!({ "sandbox_keyword": "Kore" })).await;
    let flow = shop.flow(json!([{ "id": "a", "type": "message", "text": "recibido" }])).await;
    shop.inbound(&number, &flow, "empezar").await;
    let ana = number.person(ANA, "Ana");
    ana.says("KORE").await;
    assert!(number.conversation_if_any(&ana).await.is_none());
    ana.says("KORE Empezar").await;
    assert_eq!(ana.sees(), ["recibido"]);
    let balance = shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(balance["ignored"]["keyword_alone"], 1, "{balance}");
}

/// K9, infobip 6: whoever does not prove to be Infobip gets 401 and nothing else, and nothing happens; each way to
/// prove it works.
#[tokio::test]
async fn only_infobip_is_let_in() {
    let ways = [
        json!({}),
        json!({ "api_key": "key-of-the-account", "webhook_auth": "url_token", "webhook_token": "token-of-the-hook" }),
        json!({ "webhook_auth": "static_header", "webhook_header": "x-hook", "webhook_token": "token-of-the-hook" }),
        json!({ "webhook_auth": "hmac", "webhook_header": "x-code", "webhook_secret": "secret-of-the-hook" }),
        json!({ "webhook_username": "hook", "webhook_password": "password-of-the-hook" }),
    ];
    for way in ways {
        let bundle = Bundle::start().await;
        let shop = bundle.customer().await;
        let number = shop.infobip_with(FIRST, way.clone()).await;
        let ana = number.person(ANA, "Ana");
        ana.begins(FromUser::Text { body: "hola".to_owned() });
        let [good] = &take_posts(&bundle)[..] else { panic!("one webhook") };
        let url = bundle.simulator.line(FIRST).expect("it is there").webhook_url;
        let bare = WebhookPost { url, headers: good.headers[..1].to_vec(), ..good.clone() };
        let mut request = Request::post(&bare.url).body(bare.body.clone()).unwrap();
        *request.uri_mut() = request.uri().path().parse().unwrap();
        let refused = bundle.wire.to_gateway(request).await.expect("an answer");
        assert_eq!((refused.status().as_u16(), refused.body().len()), (401, 0), "{way}");
        bundle.run().await;
        assert!(number.conversation_if_any(&ana).await.is_none(), "{way}");
        assert_eq!(bundle.deliver(good.clone()).await, 200, "{way}");
        bundle.run().await;
        assert!(number.conversation_if_any(&ana).await.is_some(), "{way}");
    }
}

/// K5, K9, K10: a channel needs its host, its account, and what a webhook proves itself with; it shows its address and
/// never its secrets.
#[tokio::test]
async fn a_channel_is_configured_completely_or_not_at_all() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let new = |credentials: Value| {
        json!({ "name": "Tienda", "provider": "infobip", "phone_number": "+57 317 770 0010",
                "default_country": "CO", "credentials": credentials })
    };
    let (base_url, username, password) = ("ab12cd.api.infobip.com", "wharf", "s3cret-password");
    for (credentials, field) in [
        (json!({ "username": username, "password": password }), "settings.base_url"),
        (
            json!({ "base_url": "http://ab12cd.api.infobip.com", "username": username, "password": password }),
            "credentials.base_url",
        ),
        (json!({ "base_url": base_url }), "settings.username"),
        (json!({ "base_url": base_url, "username": username }), "credentials.password"),
        (
            json!({ "base_url": base_url, "api_key": "key-of-the-account" }),
            "settings.webhook_username",
        ),
        (
            json!({ "base_url": base_url, "api_key": "key-of-the-account", "webhook_auth": "none" }),
            "credentials.webhook_auth",
        ),
        (
            json!({ "base_url": base_url, "api_key": "key-of-the-account", "webhook_auth": "hmac" }),
            "credentials.webhook_secret",
        ),
    ] {
        shop.post("/v1/channels", &new(credentials)).await.expect_error(400, field);
    }
    let made = shop
        .post(
            "/v1/channels",
            &new(json!({ "base_url": base_url, "username": username, "password": password })),
        )
        .await
        .expect(201);
    assert_eq!(made["phone_number"], "573177700010");
    assert_eq!(made["connector"], "WhatsApp (Infobip)");
    let url = text(&made, "webhook_url");
    assert!(url.ends_with(&format!("/v1/webhooks/infobip/{}", text(&made, "channel_id"))), "{url}");
    assert!(!made.to_string().contains(password));
}

/// D6-D8: a wrong password shows when the channel is saved; a subscription is made once and not again.
#[tokio::test]
async fn a_channel_is_tried_out_and_subscribed() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.infobip_with(FIRST, json!({ "subscription_id": "wharf-1" })).await;
    let path = format!("/v1/channels/{}", number.channel);
    for _ in 0..2 {
        let again = shop.put(&path, &json!({ "name": "Otra vez" })).await.expect(200);
        assert_eq!(again["warnings"], json!([]));
    }
    let called = bundle.wire.called();
    let subscribed: Vec<_> = called
        .iter()
        .filter(|call| call.path.ends_with("/subscriptions/1/subscription/WHATSAPP"))
        .map(|call| call.status)
        .collect();
    assert_eq!(subscribed, [Some(201), Some(409), Some(409)]);
    let wrong = json!({ "credentials": { "password": "another-one" } });
    let warned = shop.put(&path, &wrong).await.expect(200);
    assert_eq!(warned["warnings"], json!(["Couldn't register agent webhook"]));
    let gone = json!({ "credentials": { "base_url": "https://nobody.example" } });
    let warned = shop.put(&path, &gone).await.expect(200);
    assert_eq!(warned["warnings"], json!(["Can't reach channel"]));
}

const FORM: [(&str, &str); 9] = [
    ("is_notification", "false"),
    ("category", "UTILITY"),
    ("template_type", "TEXT"),
    ("language_code", "es"),
    ("outbound_name", "Inicio"),
    ("content", "Hola {{.name}}, ¿seguimos?"),
    ("var.name", "Ana"),
    ("continue_process_message", "Seguir"),
    ("cancel_process_message", "Parar"),
];

impl Scene<'_> {
    /// An outbound in review, and its template's id at Infobip.
    async fn outbound(&self) -> (String, String) {
        let mut form = FORM.to_vec();
        form.push(("waba_phone_number", &self.number.digits));
        let made = self.shop.form("/v1/whatsapp/outbounds", &form).await.expect(201);
        assert_eq!(made["status"], "PENDING", "{made}");
        let template = self.bundle.simulator.read(|state| state.templates[0].id.clone());
        (text(&made, "outbound_id"), template)
    }

    async fn review(&self, outbound: &str) -> Value {
        self.shop.get(&format!("/v1/whatsapp/outbounds/{outbound}")).await.expect(200)
    }
}

/// K15, K17, T45, T55: a template goes to Infobip for review, is approved by its event, sent, and its tap comes back.
#[tokio::test]
async fn a_template_goes_its_whole_way() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let (outbound, template) = s.outbound().await;
    bundle.simulator.decide_template(&template, Review::Approved).expect("it is there");
    bundle.run().await;
    assert_eq!(s.review(&outbound).await["status"], "APPROVED");
    let steps =
        json!([{ "id": "a", "type": "question", "answer": "text", "text": "¿Cómo se llama?" }]);
    let flow = s.shop.flow(steps).await;
    let form = [
        ("outbound_id", outbound.as_str()),
        ("country_code", "57"),
        ("phone_number", "3001234567"),
        ("user_authorized", "true"),
        ("flow_id", &flow),
        ("var.name", "Ana"),
    ];
    s.shop.form("/v1/whatsapp/outbounds/send", &form).await.expect(202);
    bundle.run().await;
    let seen = s.ana.last_sent();
    assert_eq!(seen.body, "Hola Ana, ¿seguimos?");
    assert!(matches!(&seen.buttons[..], [Button::QuickReply { .. }, Button::QuickReply { .. }]));
    s.ana.taps("Seguir").await;
    assert_eq!(s.ana.last_sent().body, "¿Cómo se llama?");
}

/// K17, T47: why a template was rejected is told by its event alone; a pause holds an approved one back.
#[tokio::test]
async fn the_reason_of_a_rejection_comes_with_the_event() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let (outbound, template) = s.outbound().await;
    bundle.simulator.decide_template(&template, Review::Approved).expect("it is there");
    bundle.run().await;
    bundle.simulator.decide_template(&template, Review::Paused).expect("it is there");
    bundle.run().await;
    let paused = s.review(&outbound).await;
    assert_eq!(paused["status"], "PENDING", "{paused}");
    let rejected = Review::Rejected { reason: "INVALID_FORMAT".to_owned() };
    bundle.simulator.decide_template(&template, rejected).expect("it is there");
    bundle.run().await;
    let rejected = s.review(&outbound).await;
    assert_eq!(
        (&rejected["status"], &rejected["rejected_reason"]),
        (&json!("REJECTED"), &json!("INVALID_FORMAT"))
    );
}

/// infobip 4: WhatsApp thinks otherwise of a template, and the outbound follows.
#[tokio::test]
async fn a_template_that_is_moved_to_another_category_is_followed() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let (outbound, template) = s.outbound().await;
    let change = CategoryChange { category: "MARKETING".to_owned(), is_announced: false };
    bundle.simulator.recategorize_template(&template, &change).expect("it is there");
    bundle.run().await;
    assert_eq!(s.review(&outbound).await["category"], "MARKETING");
}

/// T45: where the event is lost, the list tells.
#[tokio::test]
async fn the_poll_finds_an_approval() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let (outbound, _) = s.outbound().await;
    bundle.simulator.change(|state| state.templates[0].review = Review::Approved);
    bundle.turn(minutes(6)).await;
    bundle.poll().await;
    assert_eq!(s.review(&outbound).await["status"], "APPROVED");
    assert_eq!(bundle.counted(Metric::PollsFailed), []);
}

/// K3, K7: nothing is asked of the user's number but its digits; what the user is sent comes from the number written to,
/// also when it is sent later.
#[tokio::test]
async fn a_late_reply_comes_from_the_number_that_was_written_to() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let numbers = [shop.infobip(FIRST).await, shop.infobip(SECOND).await];
    let config = json!({ "enable_follow_up": true, "follow_up_delay": 45,
                         "start_business_hours": "2021-01-01T00:00:00.000Z",
                         "end_business_hours": "2021-01-01T00:00:00.000Z" });
    let steps = json!([{ "id": "a", "type": "question", "answer": "number", "text": "¿Cuántos?" }]);
    let flow = shop.flow_with(config, steps).await;
    shop.inbound(&numbers[1], &flow, "empezar").await;
    let ana = [numbers[0].person(ANA, "Ana"), numbers[1].person(ANA, "Ana")];
    let said: Said = ana[1].says("empezar").await;
    assert!(said.id.starts_with("wamid."));
    bundle.turn(minutes(50)).await;
    assert_eq!((ana[0].shown().len(), ana[1].shown().len()), (0, 2));
}
