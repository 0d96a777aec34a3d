//! Karix from end to end: its odd header, errors inside HTTP 200, reports that come twice and without our reference,
//! files behind the account key, templates that are only seen in a list.

use http::{Request, Response};
use serde_json::{Value, json};
use shared::domain::message::MediaKind;
use shared::provider::karix::Karix;
use shared::provider::{Provider, Purpose, Upload, UploadStep};
use simulator::fault::{PostFault, SendFault};
use simulator::message::{FileKind, FromUser};
use tests::channels;
use tests::clock::{hours, minutes};
use tests::stage::{Number, text};
use tests::{Bundle, Customer, Person};
use tower::ServiceExt;

const DIGITS: &str = "919900000005";
const MEERA: &str = "919900000011";

struct Scene<'a> {
    bundle: &'a Bundle,
    shop: Customer<'a>,
    number: Number<'a>,
    meera: Person<'a>,
}

/// Meera has written, so the window is open.
async fn scene(bundle: &Bundle) -> Scene<'_> {
    let shop = bundle.customer().await;
    let number = shop.karix(DIGITS).await;
    let meera = number.person(MEERA, "Meera");
    meera.says("hi").await;
    Scene { bundle, shop, number, meera }
}

impl Scene<'_> {
    async fn send(&self, message: Value) -> String {
        let body = json!({ "channel_id": self.number.channel, "to": MEERA, "message": message });
        let sent = self.shop.post("/v1/messages", &body).await.expect(202);
        self.bundle.run().await;
        text(&sent, "message_id")
    }

    async fn message(&self, id: &str) -> Value {
        self.shop.get(&format!("/v1/messages/{id}")).await.expect(200)
    }

    /// All that was said, as the API lists it.
    async fn talk(&self) -> String {
        let channel = self.number.channel.parse().expect("an id of a channel");
        let stored = self.number.conversation(&self.meera).await;
        let id = stored.address.conversation(channel);
        let path = format!("/v1/conversations/{id}/messages");
        self.shop.get(&path).await.expect(200).to_string()
    }

    fn set(&self, name: &str, value: &str) {
        self.bundle.simulator.change(|state| {
            let line = state.lines.get_mut(DIGITS).expect("it is there");
            line.settings.insert(name.to_owned(), value.to_owned());
        });
    }

    fn fault(&self, fault: SendFault) {
        self.bundle.simulator.change(|state| {
            state.faults.entry(DIGITS.to_owned()).or_default().sends.push_back(fault);
        });
    }

    /// How often the sending API was called.
    fn calls(&self) -> usize {
        let called = self.bundle.wire.called();
        called.iter().filter(|call| call.path.ends_with("/sendMessage")).count()
    }
}

/// K59, K60, K61: number and key are enough; without the key it is refused by name. The address is shown, the key is
/// not.
#[tokio::test]
async fn a_channel_needs_a_key_and_shows_its_address() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let channel = |credentials: Value| {
        json!({
            "name": "Pier", "provider": "karix", "phone_number": DIGITS, "default_country": "IN",
            "credentials": credentials,
        })
    };
    let missing = shop.post("/v1/channels", &channel(json!({ "vendor": "Karix" }))).await;
    missing.expect_error(400, "account_key");
    let whole = json!({ "vendor": "Karix", "account_key": "very-secret-key", "from": DIGITS });
    let made = shop.post("/v1/channels", &channel(whole)).await.expect(201);
    let address = format!("/v1/webhooks/karix/{}", text(&made, "channel_id"));
    assert!(text(&made, "webhook_url").ends_with(&address), "{made}");
    assert!(!made.to_string().contains("very-secret"), "{made}");
    assert_eq!(made["settings"]["vendor"], "Karix");
}

/// K61, D7: a key that Karix refuses is a warning, and the channel is active all the same.
#[tokio::test]
async fn a_wrong_key_is_a_warning() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let made = shop
        .post("/v1/channels", &json!({
            "name": "Pier", "provider": "karix", "phone_number": DIGITS, "default_country": "IN",
            "credentials": { "account_key": "nobodys-key" },
            "settings": { "base_url": "https://simulator.test/karix" },
            "active": true,
        }))
        .await
        .expect(201);
    assert_eq!(made["warnings"], json!(["Couldn't register agent webhook"]));
    assert_eq!(made["active"], true);
}

/// K60, T2: who does not have the secret is refused, and nothing is kept of it.
#[tokio::test]
async fn a_webhook_without_the_secret_is_refused() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let post = bundle.wire.posted().pop().expect("she wrote");
    for (name, value) in [("authorization", "Bearer other"), ("x-other", "Bearer x")] {
        let mut forged = post.clone();
        forged.headers.retain(|(name, _)| name != "authorization");
        forged.headers.push((name.to_owned(), value.to_owned()));
        assert_eq!(bundle.deliver(forged).await, 401);
    }
    assert_eq!(bundle.deliver(post).await, 200);
    bundle.run().await;
    let balance = s.shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(balance["difference"], 0, "{balance}");
}

/// K60, T6: a flow by buttons, words and a file, whose bytes come with the key and are ours from then on.
#[tokio::test]
async fn a_flow_goes_through_karix() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let flow = s
        .shop
        .flow(json!([
            { "id": "how", "type": "question", "answer": "choice", "text": "How?",
              "options": [{ "id": "ship", "title": "Ship it" }, { "id": "fetch", "title": "I fetch it" }] },
            { "id": "card", "type": "media", "accept": ["document"], "text": "Your order, please" },
            { "id": "bye", "type": "message", "text": "Thank you" },
        ]))
        .await;
    s.shop.inbound(&s.number, &flow, "start").await;
    s.meera.says("start").await;
    s.meera.taps("I fetch it").await;
    s.meera.sends_file(FileKind::Document, "application/pdf", Some("order.pdf")).await;
    bundle.run().await;
    assert_eq!(s.meera.sees(), ["How? [Ship it] [I fetch it]", "Your order, please", "Thank you"]);
    let process = s.shop.process(&s.number, &s.meera).await;
    let answers = process["answers"].as_array().expect("answers");
    let media = answers.iter().find_map(|answer| answer["value"]["media_id"].as_str());
    let media = media.unwrap_or_else(|| panic!("no file in {process}"));
    let link = s.shop.get(&format!("/v1/media/{media}/link")).await.expect(200);
    let path = text(&link, "url");
    let path = path.strip_prefix("https://gateway.test").expect("it is the gateway's address");
    assert_eq!(s.shop.get(path).await.status, 200);
    bundle.assert_no_dead_letters();
}

/// K60: what is wrapped is read like what is not.
#[tokio::test]
async fn wrapped_webhooks_are_read() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.set("wrapped", "data_body");
    let id = s.send(json!({ "type": "text", "body": "wrapped" })).await;
    assert_eq!(s.message(&id).await["status"], "delivered");
    s.meera.says("read me").await;
    let listed = s.talk().await;
    assert!(listed.contains("read me"), "{listed}");
}

/// K14, karix 4: reports come several times and in no order, with our reference or without it; each counts once.
#[tokio::test]
async fn reports_count_once_with_or_without_our_reference() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.shop.hook_rule("log", &["message.delivered", "message.read"], json!({})).await;
    for (told, reference) in [(2, "kept"), (4, "dropped")] {
        s.set("reference", reference);
        bundle.simulator.change(|state| {
            let posts = &mut state.faults.entry(DIGITS.to_owned()).or_default().posts;
            posts.extend([PostFault::Repeated { times: 4 }, PostFault::Repeated { times: 3 }]);
        });
        let id = s.send(json!({ "type": "text", "body": reference })).await;
        assert_eq!(s.message(&id).await["status"], "delivered", "{reference}");
        s.meera.looks().await;
        assert_eq!(s.message(&id).await["status"], "read", "{reference}");
        assert_eq!(s.shop.hooks("log").len(), told, "{reference}");
    }
    let balance = s.shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(balance["difference"], 0, "{balance}");
}

/// karix 2: a refusal inside HTTP 200 ends the message with Karix's code; too many calls are tried again.
#[tokio::test]
async fn errors_inside_a_success_are_errors() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.fault(SendFault::Code { code: "210".to_owned(), text: "HSM ID does not exist".to_owned() });
    let refused = s.send(json!({ "type": "text", "body": "no" })).await;
    let message = s.message(&refused).await;
    assert_eq!(message["status"], "failed", "{message}");
    assert_eq!(message["error"]["code"], "210", "{message}");
    assert_eq!(s.calls(), 1);
    s.fault(SendFault::RateLimited);
    let later = s.send(json!({ "type": "text", "body": "later" })).await;
    bundle.turn(minutes(10)).await;
    assert_eq!(s.message(&later).await["status"], "delivered");
    assert_eq!(s.meera.sees(), ["later"]);
    assert_eq!(s.calls(), 3);
}

/// README 10: an answer that never came is not repeated, whether the report names our message or only Karix's.
#[tokio::test]
async fn a_lost_answer_is_not_sent_twice() {
    for reference in ["kept", "dropped"] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle).await;
        s.set("reference", reference);
        s.fault(SendFault::LostAnswer);
        let id = s.send(json!({ "type": "text", "body": "once" })).await;
        bundle.turn(minutes(30)).await;
        assert_eq!(s.meera.sees(), ["once"], "{reference}");
        assert_eq!(s.message(&id).await["status"], "delivered", "{reference}");
        assert_eq!(s.calls(), 1, "{reference}");
    }
}

/// karix 4: the window that closed on the way is told by a report, with Meta's code.
#[tokio::test]
async fn a_failed_report_fails_the_message() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    bundle.simulator.change(|state| state.absent.insert(MEERA.to_owned()));
    let id = s.send(json!({ "type": "text", "body": "gone" })).await;
    let message = s.message(&id).await;
    assert_eq!(message["status"], "failed", "{message}");
    assert_eq!(message["error"]["code"], "131026", "{message}");
    bundle.turn(hours(25)).await;
    bundle.assert_no_dead_letters();
}

/// K6, K7: two numbers of one account: each answers for itself, and what is for the other is not taken.
#[tokio::test]
async fn the_number_that_was_written_to_answers() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let other = s.shop.karix("919900000006").await;
    bundle.simulator.change(|state| {
        for line in state.lines.values_mut() {
            line.settings.insert("account_key".to_owned(), "key-of-919900000005".to_owned());
        }
    });
    let change = json!({ "credentials": { "account_key": "key-of-919900000005" } });
    s.shop.put(&format!("/v1/channels/{}", other.channel), &change).await.expect(200);
    bundle.turn(minutes(10)).await;
    let steps = json!([{ "id": "a", "type": "question", "answer": "text", "text": "Which one?" }]);
    let flow = s.shop.flow(steps).await;
    s.shop.inbound(&other, &flow, "start").await;
    let asha = other.person("919900000012", "Asha");
    asha.says("start").await;
    assert_eq!(asha.sees(), ["Which one?"]);
    // Her message at the wrong address: it is counted and starts nothing.
    let post = bundle.wire.posted().into_iter().find(|post| post.url.contains(&other.channel));
    let mut post = post.expect("she wrote");
    post.url = post.url.replace(&other.channel, &s.number.channel);
    for (name, value) in &mut post.headers {
        if name == "authorization" {
            *value = format!("Bearer token-of-{DIGITS}");
        }
    }
    assert_eq!(bundle.deliver(post).await, 200);
    bundle.run().await;
    let balance = s.shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(balance["ignored"]["other_number"], 1, "{balance}");
    assert_eq!(balance["difference"], 0, "{balance}");
}

/// karix 2: every kind that has a form is taken; what has none fails by its name, and a sticker goes as a file.
#[tokio::test]
async fn every_kind_is_sent_or_said_to_be_unsupported() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let link = "https://files.example.com/1";
    let card = json!({ "name": { "formatted_name": "Ravi" }, "phones": [{ "phone": "+91 99" }] });
    for (message, seen) in [
        (json!({ "type": "text", "body": "a" }), "a"),
        (json!({ "type": "image", "link": link, "caption": "b" }), "b <image>"),
        (json!({ "type": "document", "link": link, "filename": "c.pdf" }), " <document>"),
        (json!({ "type": "audio", "link": link }), " <audio>"),
        (json!({ "type": "sticker", "link": link }), " <document>"),
        (
            json!({ "type": "location",
                     "location": { "latitude": "9.93", "longitude": "76.26" } }),
            "",
        ),
        (json!({ "type": "contacts", "contacts": [card] }), "Ravi\n+91 99"),
    ] {
        let id = s.send(message.clone()).await;
        let stored = s.message(&id).await;
        assert_eq!(stored["status"], "delivered", "{message}: {stored}");
        assert_eq!(s.meera.sees(), [seen], "{message}");
    }
    let reaction = json!({ "type": "reaction", "to_message": "wamid.1", "emoji": "👍" });
    let stored = s.message(&s.send(reaction).await).await;
    assert_eq!(stored["status"], "failed", "{stored}");
    assert_eq!(stored["error"]["code"], "unsupported_type", "{stored}");
}

/// karix 3: what users do that Karix passes on in the Cloud API's words is read, the rest is kept as unsupported.
#[tokio::test]
async fn what_users_do_is_read() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let flow = json!({ "type": "nfm_reply", "nfm_reply": {
        "name": "flow", "body": "Sent", "response_json": "{\"stars\":\"5\"}",
    } });
    for content in [
        FromUser::Location {
            latitude: "9.93".to_owned(),
            longitude: "76.26".to_owned(),
            name: None,
            address: None,
        },
        FromUser::Other { kind: "interactive".to_owned(), content: flow },
        FromUser::Other { kind: "poll".to_owned(), content: json!({}) },
    ] {
        s.meera.does(content).await;
    }
    let listed = s.talk().await;
    for word in ["\"location\"", "\"flow_reply\"", "\"unsupported\"", "poll"] {
        assert!(listed.contains(word), "{word} in {listed}");
    }
    bundle.assert_no_dead_letters();
}

async fn call(bundle: &Bundle, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
    let (mut parts, body) = request.into_parts();
    parts.uri = parts.uri.path_and_query().expect("a path").as_str().parse().expect("a path");
    let request = Request::from_parts(parts, axum::body::Body::from(body));
    let answer = bundle.simulator.router().oneshot(request).await.expect("it answers");
    let (parts, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("it comes whole");
    Response::from_parts(parts, bytes.to_vec())
}

/// karix 5: an example is taken under either name of its part, and its handle is good for a template.
#[tokio::test]
async fn a_sample_is_taken_under_either_name() {
    for part in ["file", "certifile"] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle).await;
        s.set("file_part", part);
        let mut channel = channels::karix();
        let base = format!("{}/karix", bundle.simulator.address());
        channel.channel.settings.insert("template_url".to_owned(), base);
        s.set("waba_id", channel.setting("waba_id", ""));
        s.set("account_key", channel.credentials.get("account_key").expect("it is set"));
        let file = Upload {
            purpose: Purpose::Sample,
            kind: MediaKind::Image,
            mime: "image/png",
            filename: Some("shop.png"),
            bytes: b"\r\n--picture--\r\n",
        };
        let mut answers = Vec::new();
        let handle = loop {
            match Karix.upload(&channel, &file, &answers) {
                UploadStep::Call(request) => answers.push(call(&bundle, request).await),
                UploadStep::Done(handle) => break handle,
                other => panic!("{other:?}"),
            }
        };
        assert!(handle.starts_with("4::"), "{handle}");
        let tries = if part == "file" { 1 } else { 2 };
        assert_eq!(answers.len(), tries, "{part}");
    }
}
