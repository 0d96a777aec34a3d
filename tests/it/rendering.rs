//! How messages look: marks, menus, long texts, files as files and as links (A20 to A24, D23 to D31, D36, D37).

use serde_json::{Value, json};
use shared::domain::ids::{ChannelId, MessageId};
use shared::domain::message::{Origin, OutsideWindow, Sending, ToUser};
use shared::domain::user::{Address, WaId};
use shared::ports::QueueName;
use simulator::fault::SendFault;
use simulator::message::FileKind;
use tests::clock::{hours, minutes};
use tests::stage::Number;
use tests::{Bundle, Customer, Person};

struct Scene<'a> {
    bundle: &'a Bundle,
    shop: Customer<'a>,
    number: Number<'a>,
    ana: Person<'a>,
}

/// Ana has just written to a number with these settings.
async fn scene<'a>(bundle: &'a Bundle, settings: &Value) -> Scene<'a> {
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    shop.put(&format!("/v1/channels/{}", number.channel), settings).await.expect(200);
    let ana = number.person("573001234567", "Ana");
    ana.says("hola").await;
    Scene { bundle, shop, number, ana }
}

impl Scene<'_> {
    fn body(&self, message: &Value) -> Value {
        json!({ "channel_id": self.number.channel, "to": "573001234567", "message": message })
    }

    async fn send(&self, message: Value) -> Value {
        let sent = self.shop.post("/v1/messages", &self.body(&message)).await.expect(202);
        self.bundle.run().await;
        sent
    }

    async fn incoming(&self, more: Value) {
        let mut body = json!({ "channel_chat_id": "573001234567|cloudapi" });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        self.shop.post("/v1/incoming-requests", &body).await.expect(202);
        self.bundle.run().await;
    }

    fn fault(&self, fault: SendFault) {
        self.bundle.simulator.change(|state| {
            state.faults.entry(self.number.digits.clone()).or_default().sends.push_back(fault);
        });
    }
}

/// A23, A24, X2: the channel says how its texts are written, and a message may say it otherwise.
#[tokio::test]
async fn standard_markdown_is_written_as_whatsapps() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle, &json!({ "markdown_type": "standard" })).await;
    let marked = "**b** _i_ ~~s~~ `c` [t](https://u.example)";
    s.send(json!({ "type": "text", "body": marked })).await;
    s.send(json!({ "type": "text", "body": marked, "markdown_type": "whatsapp" })).await;
    s.incoming(json!({ "text": marked })).await;
    s.incoming(json!({ "text": marked, "markdown_type": "none" })).await;
    let shown = "*b* _i_ ~s~ `c` t: https://u.example";
    assert_eq!(s.ana.sees(), [shown, marked, shown, marked]);
    let message = json!({ "type": "buttons", "body": "**¿Sí?**", "footer": "*pie*",
                          "options": [{ "id": "**a**", "title": "**Sí**" }] });
    s.send(message).await;
    assert_eq!(s.ana.sees(), ["*¿Sí?* [Sí]"]);
    assert_eq!(s.ana.last_sent().footer, "pie");
    let wrong = s.body(&json!({ "type": "text", "body": "b", "markdown_type": "html" }));
    s.shop.post("/v1/messages", &wrong).await.expect_error(400, "message.markdown_type");
}

/// A23: what flows say is written in the channel's way too, and an answer fits the title that was shown.
#[tokio::test]
async fn flows_write_as_their_channel_does() {
    let bundle = Bundle::start().await;
    let settings = json!({ "markdown_type": "standard", "options_layout": "buttons_or_numbered" });
    let s = scene(&bundle, &settings).await;
    let options: Vec<Value> = ["**Uno**", "Dos", "Tres", "Cuatro"]
        .iter()
        .map(|title| json!({ "id": title, "title": title }))
        .collect();
    let flow = s
        .shop
        .flow(json!([
            { "id": "a", "type": "question", "answer": "choice", "text": "**Elige**", "options": options },
            { "id": "b", "type": "message", "text": "__Gracias__" },
        ]))
        .await;
    s.shop.inbound(&s.number, &flow, "empezar").await;
    s.ana.says("empezar").await;
    assert_eq!(s.ana.sees(), ["*Elige*\n\n1. Uno\n2. Dos\n3. Tres\n4. Cuatro"]);
    s.ana.says("uno").await;
    assert_eq!(s.ana.sees(), ["*Gracias*"]);
    let process = s.shop.process(&s.number, &s.ana).await;
    assert_eq!(process["answers"][0]["value"], "**Uno**");
}

/// A24: a channel passes texts byte for byte where nothing is said.
#[tokio::test]
async fn a_channel_passes_texts_unchanged() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle, &json!({})).await;
    let channel = s.shop.get(&format!("/v1/channels/{}", s.number.channel)).await.expect(200);
    assert_eq!(channel["markdown_type"], "whatsapp");
    assert_eq!(channel["options_layout"], "auto");
    assert_eq!(channel["send_images_as_files"], true);
    let text = "**b** \\* [t](u)\n* x  ";
    s.send(json!({ "type": "text", "body": text })).await;
    assert_eq!(s.ana.sees(), [text]);
}

fn menu(titles: &[&str]) -> Value {
    let option = |title: &&str| json!({ "id": format!("id-{title}"), "title": title });
    let options: Vec<Value> = titles.iter().map(option).collect();
    json!({ "type": "menu", "body": "Elige", "options": options })
}

/// From now on the customer hears what is said.
async fn listen(s: &Scene<'_>) {
    s.shop.hook_rule("log", &["message.received"], json!({})).await;
    s.bundle.turn(minutes(1)).await;
}

/// What the customer heard that Ana said, but for the first so many.
fn heard(s: &Scene<'_>, from: usize) -> Vec<Value> {
    let hooks = s.shop.hooks("log");
    let said = |hook: &simulator::hooks::ReceivedHook| {
        hook.json.as_ref().expect("JSON")["data"]["message"].clone()
    };
    hooks.iter().skip(from).map(said).collect()
}

/// D23, D24, X1: one menu in both layouts.
#[tokio::test]
async fn a_menu_is_laid_out_as_its_channel_does() {
    for (layout, three, four) in [
        ("auto", "Elige [A] [B] [C]", "Elige (A) (B) (C) (D)"),
        ("buttons_or_numbered", "Elige [A] [B] [C]", "Elige\n\n1. A\n2. B\n3. C\n4. D"),
    ] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle, &json!({ "options_layout": layout })).await;
        s.send(menu(&["A", "B", "C"])).await;
        s.send(menu(&["A", "B", "C", "D"])).await;
        assert_eq!(s.ana.sees(), [three, four], "{layout}");
    }
}

/// D24: the answer "2" to a numbered menu of a caller is its second option, told as if it had been tapped; a number out
/// of range and an unknown answer bring the menu once more, and an answered menu is closed.
#[tokio::test]
async fn a_number_chooses_from_a_callers_menu() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle, &json!({ "options_layout": "buttons_or_numbered" })).await;
    listen(&s).await;
    let shown = "Elige\n\n1. A\n2. B\n3. C\n4. D";
    s.send(menu(&["A", "B", "C", "D"])).await;
    assert_eq!(s.ana.sees(), [shown]);
    for wrong in ["5", "quizás"] {
        s.ana.says(wrong).await;
        assert_eq!(s.ana.sees(), [shown], "{wrong}");
    }
    s.ana.says("2)").await;
    s.ana.says("2").await;
    assert_eq!(s.ana.sees(), [""; 0]);
    let text = |body: &str| json!({ "type": "text", "body": body });
    let choice = json!({ "type": "choice", "id": "id-B", "title": "B" });
    assert_eq!(heard(&s, 0), [text("5"), text("quizás"), choice, text("2")]);
    s.incoming(json!({ "text": "Elige", "options": ["A", "B", "C", "D"] })).await;
    s.ana.says("c").await;
    assert_eq!(heard(&s, 4), [json!({ "type": "choice", "id": "3", "title": "C" })]);
    assert_eq!(s.ana.sees(), [shown]);
    bundle.assert_no_dead_letters();
}

/// D24: what else is wanted of a message wins over an open menu: a flow's text, a question. After a day a number is
/// just a number.
#[tokio::test]
async fn an_open_menu_is_in_nobodys_way() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle, &json!({ "options_layout": "buttons_or_numbered" })).await;
    listen(&s).await;
    let steps = json!([{ "id": "a", "type": "question", "answer": "number", "text": "¿Cuántos?" },
                       { "id": "b", "type": "message", "text": "Gracias" }]);
    let flow = s.shop.flow(steps).await;
    s.shop.inbound(&s.number, &flow, "7").await;
    s.send(menu(&["A", "B", "C", "D"])).await;
    s.ana.sees();
    s.ana.says("7").await;
    s.ana.says("2").await;
    assert_eq!(s.ana.sees(), ["¿Cuántos?", "Gracias"]);
    s.send(menu(&["A", "B", "C", "D"])).await;
    s.ana.sees();
    bundle.turn(hours(24)).await;
    s.ana.says("2").await;
    assert_eq!(s.ana.sees(), [""; 0]);
    assert_eq!(heard(&s, 2), [json!({ "type": "text", "body": "2" })]);
}

/// 360dialog 10: a caption that is too long, or that has no place under its file, goes on behind it.
#[tokio::test]
async fn a_long_caption_goes_on_behind_its_file() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle, &json!({})).await;
    let (under, behind) = ("a".repeat(1000), "b".repeat(100));
    let link = "https://x.example/a.png";
    let caption = format!("{under} {behind}");
    s.send(json!({ "type": "image", "link": link, "caption": caption })).await;
    let link = "https://x.example/a.mp3";
    s.send(json!({ "type": "audio", "link": link, "caption": "dicho" })).await;
    let image = format!("{under} <image>");
    assert_eq!(s.ana.sees(), [image.as_str(), &behind, " <audio>", "dicho"]);
}

/// D36: the second part of a long text waits until the first was accepted.
#[tokio::test]
async fn a_part_waits_for_the_one_before() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle, &json!({})).await;
    s.fault(SendFault::Unavailable { status: 503 });
    let (first, second) = ("a".repeat(4000), "b".repeat(4000));
    s.send(json!({ "type": "text", "body": format!("{first} {second}") })).await;
    assert_eq!(s.ana.sees(), [""; 0]);
    bundle.turn(minutes(5)).await;
    assert_eq!(s.ana.sees(), [first, second]);
}

async fn attach(s: &Scene<'_>, mode: &str, name: &str) -> (String, Option<FileKind>) {
    let url = format!("https://files.example/{name}");
    s.incoming(json!({ "attachment": { "mode": mode, "url": url } })).await;
    let sent = s.ana.last_sent();
    (sent.body, sent.file.map(|file| file.kind))
}

/// D26 to D29, X14: files as files: images go only where the channel says so, and else as their link.
#[tokio::test]
async fn files_go_as_files() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle, &json!({ "send_images_as_files": false })).await;
    let image = "https://files.example/a.png";
    assert_eq!(attach(&s, "file", "a.png").await, (image.to_owned(), None));
    let none = String::new;
    assert_eq!(attach(&s, "file", "a.mp4").await, (none(), Some(FileKind::Video)));
    assert_eq!(attach(&s, "file", "a.mp3").await, (none(), Some(FileKind::Audio)));
    assert_eq!(attach(&s, "file", "Plan%20A.pdf").await, (none(), Some(FileKind::Document)));
    let document = s.ana.last_sent().file.expect("a document");
    assert_eq!(document.filename.as_deref(), Some("Plan A.pdf"));
    let channel = format!("/v1/channels/{}", s.number.channel);
    s.shop.put(&channel, &json!({ "send_images_as_files": true })).await.expect(200);
    bundle.turn(minutes(2)).await;
    assert_eq!(attach(&s, "file", "a.png").await, (none(), Some(FileKind::Image)));
}

/// D24, D26, D37, X1, X2, X14: what 360dialog's channels do where they do not say otherwise: menus in numbers whose
/// answers are understood, no images as files, no markdown.
#[tokio::test]
async fn a_channel_of_360dialog_has_its_own_manner() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.dialog360("573177700002").await;
    let ana = number.person("573001234567", "Ana");
    ana.says("hola").await;
    let chat = "573001234567|dialog360";
    for more in [
        json!({ "text": "**b** [t](u)" }),
        json!({ "text": "Elige", "options": ["A", "B", "C", "D"] }),
        json!({ "attachment": { "mode": "file", "url": "https://files.example/a.png" } }),
    ] {
        let mut body = json!({ "channel_chat_id": chat });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        shop.post("/v1/incoming-requests", &body).await.expect(202);
        bundle.run().await;
    }
    let menu = "Elige\n\n1. A\n2. B\n3. C\n4. D";
    assert_eq!(ana.sees(), ["**b** [t](u)", menu, "https://files.example/a.png"]);
    ana.says("9").await;
    assert_eq!(ana.sees(), [menu]);
    bundle.assert_no_dead_letters();
}

/// D30, D31: a file by its link goes as what it is; if the provider cannot take it, at once or some minutes later, the
/// link follows once as a plain text.
#[tokio::test]
async fn a_link_that_fails_goes_as_text_once() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle, &json!({ "send_images_as_files": false })).await;
    assert_eq!(attach(&s, "link", "a.png").await, (String::new(), Some(FileKind::Image)));
    s.ana.sees();
    let (code, text) = ("131014".to_owned(), "the link could not be fetched".to_owned());
    for fault in [
        SendFault::Code { code: code.clone(), text: text.clone() },
        SendFault::FailsLater { code, text },
    ] {
        s.fault(fault);
        let url = "https://files.example/b.png";
        s.incoming(json!({ "attachment": { "mode": "link", "url": url } })).await;
        bundle.turn(hours(1)).await;
        assert_eq!(s.ana.sees(), [url]);
    }
    bundle.assert_no_dead_letters();
}

/// D31: the failure of the text itself, and one that is not the file's, brings nothing more.
#[tokio::test]
async fn only_a_files_own_failure_is_repeated() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle, &json!({})).await;
    let late = |code: &str| SendFault::FailsLater { code: code.to_owned(), text: "no".to_owned() };
    let image = json!({ "type": "image", "link": "https://files.example/b.png" });
    s.fault(late("131026"));
    s.send(image.clone()).await;
    bundle.turn(hours(1)).await;
    assert_eq!(s.ana.sent().len(), 1, "another failure");
    s.fault(late("131053"));
    s.fault(late("131053"));
    s.send(image.clone()).await;
    bundle.turn(hours(1)).await;
    assert_eq!(s.ana.sent().len(), 3, "the text fails too");
    assert_eq!(s.ana.sees(), [""; 0]);
    bundle.assert_no_dead_letters();
}

/// Whatsapp-rules 2, 3: what WhatsApp does not take is refused with the field and the rule, before anything is sent.
#[tokio::test]
async fn limits_are_told_with_field_and_rule() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle, &json!({})).await;
    let choice = |id: &str, title: &str| json!({ "id": id, "title": title });
    for (message, error) in [
        (
            json!({ "type": "image", "link": "https://x.example/a", "mime": "image/webp" }),
            "message.mime must be image/jpeg or image/png as image",
        ),
        (
            json!({ "type": "buttons", "body": "a".repeat(1025), "options": [choice("a", "A")] }),
            "message.body must have at most 1024 characters",
        ),
        (
            json!({ "type": "list", "body": "b", "button": "Ver", "sections": [
                { "title": "S", "rows": [choice("a", "A")] }, { "rows": [choice("b", "B")] }] }),
            "message.sections[1].title is required where there are several sections",
        ),
        (
            json!({ "type": "location", "location": { "latitude": "1", "longitude": "2",
                                                      "name": "n".repeat(1001) } }),
            "message.location.name must have at most 1000 characters",
        ),
    ] {
        s.shop.post("/v1/messages", &s.body(&message)).await.expect_error(400, error);
    }
    assert_eq!(s.ana.sent().len(), 0);
}

/// Whatsapp-rules 2: a message of our own that breaks a limit fails before its provider is called, with the rule.
#[tokio::test]
async fn what_breaks_a_limit_is_not_sent() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle, &json!({})).await;
    let channel: ChannelId = s.number.channel.parse().unwrap();
    let to = Address::Phone(WaId::parse("573001234567").unwrap());
    let sending = Sending {
        id: MessageId::of(to.conversation(channel), bundle.now(), &[b"long"]),
        channel,
        to,
        time: bundle.now(),
        received: None,
        content: ToUser::LocationRequest { body: "a".repeat(1025) },
        origin: Origin::Api,
        reply_to: None,
        window_closes: None,
        otherwise: None,
        outside_window: OutsideWindow::Reject,
    };
    let job = shared::handlers::message_job(&sending, "").unwrap();
    bundle.ports.queue.put(QueueName::Message, vec![job]).await.unwrap();
    bundle.run().await;
    let message = s.shop.get(&format!("/v1/messages/{}", sending.id)).await.expect(200);
    let rule = "body must have at most 1024 characters";
    assert_eq!(
        (&message["error"]["code"], &message["error"]["message"]),
        (&json!("limit"), &json!(rule))
    );
    assert_eq!(s.ana.sent().len(), 0);
}
