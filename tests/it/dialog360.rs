//! A channel at 360dialog, in both generations: how it is set up, what users see and what comes of what they send.

use serde_json::{Value, json};
use shared::domain::message::Status;
use simulator::fault::SendFault;
use simulator::message::{Button, FileKind, FromUser};
use simulator::template::Review;
use simulator::{Line, WebhookPost};
use tests::clock::{hours, minutes};
use tests::stage::{Number, text};
use tests::{Bundle, Customer, Person};

const ANA: &str = "573001234567";

struct Scene<'a> {
    bundle: &'a Bundle,
    shop: Customer<'a>,
    number: Number<'a>,
    ana: Person<'a>,
}

/// Ana has just written to a number of this generation.
async fn scene<'a>(bundle: &'a Bundle, api: &str) -> Scene<'a> {
    let shop = bundle.customer().await;
    let number = match api {
        "v1" => shop.dialog360_v1("573177700000").await,
        _ => shop.dialog360("573177700000").await,
    };
    let ana = number.person(ANA, "Ana Gómez");
    ana.says("hola").await;
    Scene { bundle, shop, number, ana }
}

impl Scene<'_> {
    async fn send(&self, message: Value) -> String {
        let body = json!({ "channel_id": self.number.channel, "to": ANA, "message": message });
        let sent = self.shop.post("/v1/messages", &body).await.expect(202);
        self.bundle.run().await;
        text(&sent, "message_id")
    }

    async fn status(&self, id: &str) -> Value {
        self.shop.get(&format!("/v1/messages/{id}")).await.expect(200)
    }

    fn fault(&self, fault: SendFault) {
        self.bundle.simulator.change(|state| {
            state.faults.entry(self.number.digits.clone()).or_default().sends.push_back(fault);
        });
    }

    fn set(&self, name: &str, value: &str) {
        set(self.bundle, &self.number.digits, name, value);
    }

    /// How often a path that ends so was called.
    fn calls(&self, end: &str) -> usize {
        self.bundle.wire.called().iter().filter(|call| call.path.ends_with(end)).count()
    }

    /// What Ana said here, as the API tells it. What was said in the same moment has no order.
    async fn said(&self) -> Vec<Value> {
        let list = format!("/v1/conversations?channel_id={}", self.number.channel);
        let list = self.shop.get(&list).await.expect(200);
        let id = text(&list["items"][0], "conversation_id");
        let page = self.shop.get(&format!("/v1/conversations/{id}/messages")).await.expect(200);
        let items = page["items"].as_array().unwrap().iter();
        items
            .filter(|item| item["direction"] == "from_user")
            .map(|item| item["message"].clone())
            .collect()
    }

    /// The one thing of this kind that she said.
    async fn said_once(&self, field: &str, value: &str) -> Value {
        let said = self.said().await;
        let found: Vec<&Value> = said.iter().filter(|message| message[field] == value).collect();
        let [found] = found[..] else { panic!("not one {field} {value} in {said:?}") };
        found.clone()
    }
}

/// Something about a number at the provider.
fn set(bundle: &Bundle, digits: &str, name: &str, value: &str) {
    bundle.simulator.change(|state| {
        let line = state.lines.get_mut(digits).expect("the line is there");
        line.settings.insert(name.to_owned(), value.to_owned());
    });
}

/// A number at the provider that no channel knows yet, and what makes one of it.
fn unknown(bundle: &Bundle, digits: &str) -> Value {
    bundle.simulator.put_line(Line {
        id: digits.to_owned(),
        carrier: "360dialog".to_owned(),
        name: "Hotel".to_owned(),
        number: digits.to_owned(),
        settings: [("token".to_owned(), "very-secret-key".to_owned())].into(),
        webhook_url: String::new(),
    });
    json!({
        "name": "Hotel", "provider": "360dialog", "phone_number": digits, "default_country": "CO",
        "credentials": { "token": "very-secret-key" },
        "settings": { "base_url": "https://simulator.test/360dialog" },
    })
}

/// D1, D2, D3: the key is all that is given; it is never shown, and the channel sends and receives.
#[tokio::test]
async fn a_key_makes_a_channel() {
    for api in ["v1", "v2"] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle, api).await;
        let channel = format!("/v1/channels/{}", s.number.channel);
        let channel = s.shop.get(&channel).await.expect(200);
        assert_eq!((&channel["type"], &channel["active"]), (&json!("messaging"), &json!(true)));
        assert_eq!(channel["connector"], "WhatsApp (360Dialog)");
        assert_eq!(channel["options_layout"], "buttons_or_numbered");
        assert!(!channel.to_string().contains("key-of-"), "{channel}");
        let id = s.send(json!({ "type": "text", "body": "buenas" })).await;
        assert_eq!(s.ana.sees(), ["buenas"]);
        assert_eq!(s.status(&id).await["status"], "delivered", "{api}");
        s.ana.looks().await;
        assert_eq!(s.status(&id).await["status"], "read", "{api}");
        let balance = s.shop.get("/v1/audit/balance").await.expect(200);
        assert_eq!(balance["difference"], 0, "{balance}");
        bundle.assert_no_dead_letters();
    }
}

/// D2: without the key there is no channel.
#[tokio::test]
async fn a_channel_needs_its_key() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let mut body = unknown(&bundle, "573177700000");
    body["credentials"] = json!({});
    let error = shop.post("/v1/channels", &body).await.expect_error(400, "is required");
    assert_eq!(error["details"][0]["field"], "credentials.token");
}

/// D4, D9: what is not saved active is not registered anywhere and answers nobody; saved active it does.
#[tokio::test]
async fn a_channel_answers_once_it_is_saved_active() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let flow = shop.flow(json!([{ "id": "a", "type": "message", "text": "¡Hola!" }])).await;
    let mut body = unknown(&bundle, "573177700000");
    body["use_cases"] = json!([flow]);
    let channel = shop.post("/v1/channels", &body).await.expect(201);
    assert_eq!(bundle.simulator.line("573177700000").unwrap().webhook_url, "");
    let path = format!("/v1/channels/{}", text(&channel, "channel_id"));
    let saved = shop.put(&path, &json!({ "active": true })).await.expect(200);
    assert_eq!(saved["warnings"], json!([]));
    let ana = bundle.person("573177700000", ANA, "Ana");
    ana.says("hola").await;
    assert_eq!(ana.sees(), ["¡Hola!"]);
    let line = bundle.simulator.line("573177700000").unwrap();
    assert_eq!(line.webhook_url, text(&saved, "webhook_url"));
}

/// The token of a channel's webhook is drawn for it, comes with every webhook, and is shown to nobody.
#[tokio::test]
async fn a_webhook_bears_the_channels_own_token() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle, "v2").await;
    let posted = bundle.wire.posted().pop().expect("Ana wrote");
    let token = |post: &WebhookPost| {
        let found = post.headers.iter().find(|(name, _)| name == "X-Gateway-Token");
        found.expect("a token").1.clone()
    };
    let ours = token(&posted);
    assert!(ours.len() >= 32, "{ours}");
    let channel = format!("/v1/channels/{}", s.number.channel);
    assert!(!s.shop.get(&channel).await.expect(200).to_string().contains(&ours));
    for item in bundle.engine.items().unwrap() {
        assert!(!item.to_string().contains(&ours), "{item}");
    }
    let bearing = |token: Option<&str>| {
        let headers = token.map(|token| ("x-gateway-token".to_owned(), token.to_owned()));
        WebhookPost { headers: headers.into_iter().collect(), ..posted.clone() }
    };
    let other = s.shop.dialog360_v1("573177700001").await;
    other.person(ANA, "Ana").says("hola").await;
    let of_other = token(&bundle.wire.posted().pop().expect("she wrote again"));
    for (wrong, status) in
        [(None, 401), (Some(""), 401), (Some(&*of_other), 401), (Some(&*ours), 200)]
    {
        assert_eq!(bundle.deliver(bearing(wrong)).await, status);
    }
    // An empty one is drawn anew, and registered with the next save.
    let anew = json!({ "credentials": { "webhook_token": "" } });
    let saved = s.shop.put(&channel, &anew).await.expect(200);
    assert_eq!(saved["warnings"], json!([]));
    bundle.turn(minutes(2)).await;
    assert_eq!(bundle.deliver(bearing(Some(&ours))).await, 401);
    s.ana.says("¿sigues ahí?").await;
    assert_ne!(token(&bundle.wire.posted().pop().expect("she wrote")), ours);
    assert_eq!(s.said().await.len(), 2);
}

/// D6, D7, D8: a provider that is not there, and one that does not register the webhook, are warnings in these words;
/// the channel is active all the same, and the warning is gone with the next save that works.
#[tokio::test]
async fn what_goes_wrong_at_activation_is_a_warning() {
    let (unreachable, unregistered) = ("Can't reach channel", "Couldn't register agent webhook");
    for (wrong, value, warning) in [
        ("base_url", "https://nobody.test/360dialog", unreachable),
        ("token", "somebody-elses-key", unregistered),
        ("registration", "refused", unregistered),
        ("registration", "broken", unregistered),
        ("registration", "elsewhere", unregistered),
    ] {
        let bundle = Bundle::start().await;
        let shop = bundle.customer().await;
        let digits = "573177700000";
        let mut body = unknown(&bundle, digits);
        body["active"] = true.into();
        match wrong {
            "base_url" => body["settings"][wrong] = value.into(),
            "token" => body["credentials"][wrong] = value.into(),
            _ => set(&bundle, digits, wrong, value),
        }
        let channel = shop.post("/v1/channels", &body).await.expect(201);
        assert_eq!(channel["warnings"], json!([warning]), "{wrong} {value}");
        assert_eq!(channel["active"], true, "{wrong} {value}");
        let registrations = bundle.wire.called();
        let registrations = registrations.iter().filter(|c| c.path.ends_with("/configs/webhook"));
        // A fault of the provider is worth a second try.
        let expected = match value {
            "refused" | "elsewhere" => 1,
            "broken" => 2,
            _ => 0,
        };
        assert_eq!(registrations.count(), expected, "{wrong} {value}");
        set(&bundle, digits, "registration", "");
        let right = json!({
            "settings": { "base_url": "https://simulator.test/360dialog" },
            "credentials": { "token": "very-secret-key" },
        });
        let path = format!("/v1/channels/{}", text(&channel, "channel_id"));
        assert_eq!(shop.put(&path, &right).await.expect(200)["warnings"], json!([]));
    }
}

/// D19, D22: the number without its plus and a bar name the chat.
#[tokio::test]
async fn a_chat_id_names_the_chat() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle, "v2").await;
    let message = json!({ "type": "text", "body": "por chat" });
    let body = json!({ "channel_id": s.number.channel, "channel_chat_id": format!("{ANA}|dialog360"),
                       "message": message });
    s.shop.post("/v1/messages", &body).await.expect(202);
    bundle.run().await;
    assert_eq!(s.ana.sees(), ["por chat"]);
}

/// D21: 24 hours after the user's last message nothing free-form goes out; what the provider refuses for it is recorded.
#[tokio::test]
async fn a_closed_window_is_told() {
    for (api, code) in [("v1", "470"), ("v2", "131047")] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle, api).await;
        let fault = SendFault::Code { code: "131047".to_owned(), text: "too late".to_owned() };
        s.fault(fault);
        let id = s.send(json!({ "type": "text", "body": "a tiempo" })).await;
        let message = s.status(&id).await;
        assert_eq!(
            (&message["status"], &message["error"]["code"]),
            (&json!("failed"), &json!(code))
        );
        bundle.turn(hours(24)).await;
        let message = json!({ "type": "text", "body": "tarde" });
        let body = json!({ "channel_id": s.number.channel, "to": ANA, "message": message });
        s.shop
            .post("/v1/messages", &body)
            .await
            .expect_error(422, "24-hour service window is closed");
        let incoming = json!({ "channel_chat_id": format!("{ANA}|dialog360"), "text": "tarde" });
        let refused = s.shop.post("/v1/incoming-requests", &incoming).await;
        refused.expect_error(422, "24-hour service window is closed");
        assert_eq!(s.ana.sees(), [""; 0]);
    }
}

/// D23, D24: up to three options are buttons, four are a numbered text; "2" picks the second.
#[tokio::test]
async fn four_options_are_numbered() {
    for api in ["v1", "v2"] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle, api).await;
        let option = |title: &str| json!({ "id": title.to_lowercase(), "title": title });
        for titles in [&["A"][..], &["A", "B"], &["A", "B", "C"]] {
            let options: Vec<Value> = titles.iter().map(|title| option(title)).collect();
            s.send(json!({ "type": "menu", "body": "¿Cuál?", "options": options })).await;
            let shown = s.ana.last_sent();
            let buttons: Vec<&str> = shown.buttons.iter().filter_map(title).collect();
            assert_eq!(buttons, titles);
        }
        let options: Vec<Value> = ["A", "B", "C", "D"].map(option).into();
        let steps = json!([
            { "id": "plan", "type": "question", "answer": "choice", "text": "¿Cuál?",
              "options": options },
            { "id": "bye", "type": "message", "text": "Elegiste {{plan}}" },
        ]);
        let flow = s.shop.flow(steps).await;
        s.shop.inbound(&s.number, &flow, "empezar").await;
        s.ana.sees();
        s.ana.says("empezar").await;
        assert_eq!(s.ana.sees(), ["¿Cuál?\n\n1. A\n2. B\n3. C\n4. D"]);
        s.ana.says("2").await;
        let process = s.shop.process(&s.number, &s.ana).await;
        assert_eq!(process["answers"][0]["value"], "b", "{process}");
    }
}

fn title(button: &Button) -> Option<&str> {
    match button {
        Button::Reply { title, .. } => Some(title),
        Button::QuickReply { .. }
        | Button::Url { .. }
        | Button::Phone { .. }
        | Button::CopyCode { .. } => None,
    }
}

/// D27, D28, D29, D30: files leave as what they are, by their link.
#[tokio::test]
async fn files_leave_by_their_link() {
    for api in ["v1", "v2"] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle, api).await;
        for (kind, expected) in [
            ("image", FileKind::Image),
            ("video", FileKind::Video),
            ("audio", FileKind::Audio),
            ("document", FileKind::Document),
        ] {
            let link = format!("https://files.example.com/{kind}");
            let mut message = json!({ "type": kind, "link": link });
            if kind == "document" {
                message["filename"] = "factura.pdf".into();
            }
            s.send(message).await;
            let file = s.ana.last_sent().file.expect("a file");
            assert_eq!((file.kind, file.link.as_deref()), (expected, Some(&*link)), "{api}");
            let name = (kind == "document").then_some("factura.pdf");
            assert_eq!(file.filename.as_deref(), name);
        }
    }
}

/// D31: a link that does not suit, at once or afterwards, is said once more as a text.
#[tokio::test]
async fn a_link_that_does_not_suit_is_a_text() {
    for (api, code) in [("v1", "1010"), ("v2", "131014")] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle, api).await;
        let (code, text) = (code.to_owned(), "no".to_owned());
        let now = SendFault::Code { code: code.clone(), text: text.clone() };
        let later = SendFault::FailsLater { code, text };
        for (fault, link) in
            [(now, "https://files.example.com/1"), (later, "https://files.example.com/2")]
        {
            s.fault(fault);
            s.send(json!({ "type": "image", "link": link })).await;
            bundle.turn(minutes(1)).await;
            assert_eq!(s.ana.sees(), [link], "{api}");
        }
    }
}

/// D32, D34: what a user sends is copied while it is to be had, and served by us.
#[tokio::test]
async fn a_users_file_is_copied() {
    for api in ["v1", "v2"] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle, api).await;
        s.ana.sends_file(FileKind::Document, "application/pdf", Some("dni.pdf")).await;
        s.ana.sends_file(FileKind::Voice, "audio/ogg", None).await;
        for kind in ["document", "voice"] {
            let file = s.said_once("type", kind).await;
            let media = format!("/v1/media/{}", text(&file, "media_id"));
            assert_eq!(s.shop.get(&media).await.status, 200, "{api}");
        }
    }
}

/// 360dialog 2: a file that cannot be had is asked for once, and its message is told all the same.
#[tokio::test]
async fn a_file_that_is_gone_is_asked_for_once() {
    for (api, path) in [("v1", "/v1/media/gone"), ("v2", "/gone")] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle, api).await;
        let document = json!({ "id": "gone", "mime_type": "application/pdf" });
        s.ana.does(FromUser::Other { kind: "document".to_owned(), content: document }).await;
        bundle.turn(hours(1)).await;
        assert_eq!(s.calls(path), 1, "{api}");
        assert_eq!(s.said().await.len(), 2);
        bundle.assert_no_dead_letters();
    }
}

/// D35: a place is kept as what it is; what scripts are told of it is another matter.
#[tokio::test]
async fn a_place_is_kept() {
    for api in ["v1", "v2"] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle, api).await;
        let place = FromUser::Location {
            latitude: "4.60971".to_owned(),
            longitude: "-74.08175".to_owned(),
            name: None,
            address: None,
        };
        s.ana.does(place).await;
        let said = s.said_once("type", "location").await;
        assert_eq!(
            (&said["latitude"], &said["longitude"]),
            (&json!("4.60971"), &json!("-74.08175"))
        );
    }
}

/// D36, D37: long texts arrive whole, and marks as they were typed.
#[tokio::test]
async fn long_texts_arrive_whole_and_unchanged() {
    for api in ["v1", "v2"] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle, api).await;
        for length in [1001, 4096] {
            let body: String = "**ñ** _a_ ".chars().cycle().take(length - 1).chain(['.']).collect();
            s.send(json!({ "type": "text", "body": body })).await;
            assert_eq!(s.ana.sees(), [body]);
        }
    }
}

/// D20: an approved template opens a conversation with someone who never wrote. Its approval is found in the list, and
/// the legacy generation gets the namespace that the list told.
#[tokio::test]
async fn a_template_reaches_a_stranger() {
    for api in ["v1", "v2"] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle, api).await;
        let form = [
            ("waba_phone_number", s.number.digits.as_str()),
            ("is_notification", "true"),
            ("category", "UTILITY"),
            ("template_type", "TEXT"),
            ("language_code", "pt-BR"),
            ("outbound_name", "Aviso"),
            ("content", "Olá {{.name}}, tudo bem?"),
            ("var.name", "Ana"),
        ];
        let made = s.shop.form("/v1/whatsapp/outbounds", &form).await.expect(201);
        assert_eq!(
            (&made["status"], &made["provider_status"]),
            (&json!("PENDING"), &json!("submitted"))
        );
        let template = bundle.simulator.read(|state| state.templates[0].id.clone());
        bundle.simulator.decide_template(&template, Review::Approved).expect("it is there");
        bundle.turn(minutes(6)).await;
        bundle.poll().await;
        let id = text(&made, "outbound_id");
        let outbound = format!("/v1/whatsapp/outbounds/{id}");
        let approved = s.shop.get(&outbound).await.expect(200);
        assert_eq!(
            (&approved["status"], &approved["provider_status"]),
            (&json!("APPROVED"), &json!("approved"))
        );
        // What the line is told elsewhere does not matter to our own templates.
        let settings = json!({ "settings": { "namespace": "" } });
        let channel = format!("/v1/channels/{}", s.number.channel);
        s.shop.put(&channel, &settings).await.expect(200);
        let send = [
            ("outbound_id", id.as_str()),
            ("country_code", "57"),
            ("phone_number", "3009998877"),
            ("user_authorized", "true"),
            ("var.name", "Luz"),
        ];
        s.shop.form("/v1/whatsapp/outbounds/send", &send).await.expect(202);
        bundle.turn(minutes(1)).await;
        let luz = s.number.person("573009998877", "Luz");
        assert_eq!(luz.sees(), ["Olá Luz, tudo bem?"], "{api}");
        // The legacy generation did not know her.
        assert_eq!(s.calls("/v1/contacts"), usize::from(api == "v1"));
        s.shop.delete(&outbound).await.expect(204);
        assert_eq!(bundle.simulator.read(|state| state.templates.len()), 0);
    }
}

/// 360dialog 2: who is known under another spelling of the number gets the message there; who is nobody fails it.
#[tokio::test]
async fn an_unknown_contact_is_looked_up() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle, "v1").await;
    let luz = s.number.person("5215512345678", "Luz");
    luz.says("hola").await;
    let send = async |to: &str| {
        let message = json!({ "type": "text", "body": "buenas" });
        let body = json!({ "channel_id": s.number.channel, "to": to, "message": message,
                           "outside_window": "reject" });
        let sent = s.shop.post("/v1/messages", &body).await.expect(202);
        bundle.run().await;
        s.status(&text(&sent, "message_id")).await
    };
    assert_eq!(send("525512345678").await["status"], "delivered");
    assert_eq!(luz.sees(), ["buenas"]);
    assert_eq!((s.calls("/v1/contacts"), s.calls("/v1/messages")), (1, 2));
    let list = format!("/v1/conversations?channel_id={}", s.number.channel);
    let list = s.shop.get(&list).await.expect(200);
    let names = |talk: &Value| talk["wa_id"] == "5215512345678";
    assert!(list["items"].as_array().unwrap().iter().any(names), "{list}");
    // She is gone, and nobody has her number any more.
    bundle.simulator.change(|state| {
        state.users.remove("5215512345678");
        state.absent.extend(["525512345678", "5215512345678"].map(str::to_owned));
    });
    let message = send("525512345678").await;
    assert_eq!((&message["status"], &message["error"]["code"]), (&json!("failed"), &json!("1006")));
    assert_eq!((s.calls("/v1/contacts"), s.calls("/v1/messages")), (2, 3));
}

/// README 10: an answer that never came is made up for by the statuses: by our own id, or by the user they are for.
#[tokio::test]
async fn a_lost_answer_is_not_sent_twice() {
    for (api, path) in [("v1", "/v1/messages"), ("v2", "/360dialog/messages")] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle, api).await;
        s.fault(SendFault::LostAnswer);
        let id = s.send(json!({ "type": "text", "body": "una vez" })).await;
        bundle.turn(minutes(30)).await;
        assert_eq!(s.ana.sees(), ["una vez"], "{api}");
        assert_eq!(s.status(&id).await["status"], Status::Delivered.as_str(), "{api}");
        assert_eq!(s.calls(path), 1, "{api}");
    }
}

/// 360dialog 3: whatever is authentic is answered 200, so that nothing behind it waits; each item has its end.
#[tokio::test]
async fn everything_authentic_is_taken() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle, "v2").await;
    let posted = bundle.wire.posted().pop().expect("Ana wrote");
    for body in [
        r#"{"id":"EVT1","event":"channel_running","data":{"id":"CH1"}}"#,
        r#"{"object":"page"}"#,
        "no json",
        "",
        r#"{"messages":[42]}"#,
        // Of the other generation, at the same address.
        r#"{"messages":[{"from":"573001234567","id":"v1-1","timestamp":"1710169201",
            "type":"text","text":{"body":"hola de nuevo"}}]}"#,
    ] {
        let post = WebhookPost { body: body.as_bytes().to_vec(), ..posted.clone() };
        assert_eq!(bundle.deliver(post).await, 200, "{body}");
    }
    bundle.run().await;
    s.said_once("body", "hola de nuevo").await;
    let balance = s.shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(balance["difference"], 0, "{balance}");
    for (reason, count) in [("partner_event", 1), ("other_object", 1), ("unreadable", 3)] {
        assert_eq!(balance["ignored"][reason], count, "{balance}");
    }
    s.set("token", "revoked");
    let id = s.send(json!({ "type": "text", "body": "buenas" })).await;
    let message = s.status(&id).await;
    assert_eq!(
        (&message["status"], &message["error"]["message"]),
        (&json!("failed"), &json!("Invalid api_key"))
    );
}
