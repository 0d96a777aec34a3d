//! What a bot is told, and each form in which it may answer.

use http::Response;
use serde_json::{Value, json};

use super::*;
use crate::domain::channel::ProviderKind;
use crate::domain::fixtures;
use crate::domain::ids::{BotId, ChannelId, FlowId, MessageId, TenantId};
use crate::domain::message::{Choice, Context, Media, MediaKind, MediaSource, ToUser};
use crate::domain::user::{Sender, WaId};

const TENANT: TenantId = TenantId::from_bytes([1; 16]);
const CHANNEL: ChannelId = ChannelId::from_bytes([2; 16]);
const BOT: BotId = BotId::from_bytes([3; 16]);

fn now() -> Time {
    Time::parse("2024-03-11T15:00:00Z").unwrap()
}

fn channel() -> Channel {
    Channel { id: CHANNEL, tenant: TENANT, ..fixtures::channel(ProviderKind::Meta) }
}

fn terms() -> Terms {
    Terms {
        name: "Helper".into(),
        url: "https://helper.example/bot?a=1".into(),
        language: None,
        unavailable_text: None,
        training: Some("v1".into()),
        channels: Vec::new(),
    }
}

/// README 8, Standard Webhooks: the call is signed over its bytes, under one id for all attempts.
#[test]
fn a_call_is_signed_and_tells_what_a_bot_needs() {
    let address = Address::Phone(WaId::parse("573001234567").unwrap());
    let mut conversation = Conversation::new(TENANT, CHANNEL, address.clone(), now());
    conversation.last_user_message = Some(now());
    let option =
        |id: &str, title: &str| Choice { id: id.into(), title: title.into(), description: None };
    conversation.bot = Some(Box::new(Talk {
        context: Some(json!({ "step": 1 })),
        last_payment: Some(json!({ "reference_id": "r-1" })),
        options: vec![option("a", "Uno"), option("b", "Dos")],
        ..Talk::default()
    }));
    let message = Received {
        id: MessageId::of(conversation.id, now(), &[b"wamid.1"]),
        channel: CHANNEL,
        from: Sender { address, bsuid: None, name: Some("Ana".into()), username: None },
        provider_id: "wamid.1".into(),
        time: now(),
        received: now(),
        content: FromUser::Text { body: "2.".into() },
        context: Context::default(),
    };
    let call = BotCall::new(TENANT, CHANNEL, BOT, message.id);
    assert_eq!(call, BotCall::new(TENANT, CHANNEL, BOT, message.id));
    let (channel, terms) = (channel(), terms());
    let question = Question {
        call: &call,
        terms: &terms,
        channel: &channel,
        conversation: &conversation,
        message: &message,
        link: None,
        api: Some("https://gateway.example"),
    };
    let key = Key::secret(&[7; 32]);
    let request = build(&question, std::slice::from_ref(&key), now()).unwrap();
    assert_eq!(request.uri(), "https://helper.example/bot?a=1");
    let header = |name: &str| request.headers()[name].to_str().unwrap();
    assert_eq!(header("webhook-id"), call.id.to_string());
    let seconds = now().seconds();
    let wanted =
        crate::partner::signature::header(&[key], &call.id.to_string(), seconds, request.body());
    assert_eq!(header("webhook-signature"), wanted);
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    let data = &body["data"];
    assert_eq!(body["type"], "message.received");
    assert_eq!(body["timestamp"], "2024-03-11T15:00:00.000Z");
    assert_eq!(data["bot"], json!({ "id": BOT, "training": "v1" }));
    let context = json!({ "step": 1, "last_payment": { "reference_id": "r-1" } });
    assert_eq!(data["conversation"]["context"], context);
    assert_eq!(data["message"]["choice"], json!({ "id": "b", "title": "Dos" }));
    assert_eq!(data["message"]["text"], "2.");
    assert_eq!(data["variables"]["channel_chat_id"], "573001234567|cloudapi");
}

fn no_own_forms(_: &Value) -> Result<Vec<ToUser>, String> {
    Err("field is required".to_owned())
}

fn answer(status: u16, body: &str) -> Result<BotSaid, Unusable> {
    let response = Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap();
    read(&response, &no_own_forms)
}

fn said(body: &Value) -> BotSaid {
    answer(200, &body.to_string()).unwrap()
}

/// README 8: what is an answer, and what is none and is asked for again.
#[test]
fn an_answer_is_read_or_none_is_there() {
    for (status, body) in [(204, ""), (202, "whatever"), (200, ""), (200, " \n"), (200, "null")] {
        assert_eq!(answer(status, body).unwrap(), BotSaid::default(), "{status} {body}");
    }
    let long = format!("\"{}\"", "x".repeat(ANSWER_BYTES_MAX));
    for (status, body) in [
        (200, "Hola"),
        (200, "{"),
        (200, long.as_str()),
        (201, "\"Hola\""),
        (301, ""),
        (400, "\"Hola\""),
        (404, ""),
        (429, ""),
        (500, "\"Hola\""),
    ] {
        assert!(answer(status, body).is_err(), "{status} {body:.20}");
    }
}

/// README 8: a reply, a list of replies, or the three parts.
#[test]
fn the_three_shapes_of_an_answer_say_the_same() {
    let hello = vec![BotReply::Say(Box::new(ToUser::text("Hola")))];
    for body in [
        json!("Hola"),
        json!(["Hola"]),
        json!({ "type": "text", "text": "Hola" }),
        json!({ "replies": ["Hola"] }),
        json!({ "replies": "Hola", "context": null, "action": null }),
        json!({ "replies": [{ "type": "text", "body": "Hola" }, "", null, "  "] }),
    ] {
        assert_eq!(said(&body).replies, hello, "{body}");
    }
}

/// README 8: contexts and actions, and those that are refused.
#[test]
fn contexts_and_actions_are_read_or_refused() {
    let flow = FlowId::from_bytes([9; 16]);
    let start = json!({ "type": "start_flow", "flow_id": flow, "more": 1 });
    assert_eq!(said(&json!({ "action": start })).action, Some(BotAction::StartFlow(flow)));
    assert_eq!(said(&json!({ "action": { "type": "end" } })).action, Some(BotAction::End));
    let context = |value: Value| said(&json!({ "context": value })).context;
    assert_eq!(context(json!({ "a": 1 })), NewContext::Is(json!({ "a": 1 })));
    assert_eq!(context(json!({})), NewContext::Gone);
    assert_eq!(context(Value::Null), NewContext::Gone);
    assert_eq!(said(&json!({ "replies": [] })).context, NewContext::Same);
    // The limit is on the bytes of its JSON: {"a":""} has eight.
    let fits = json!({ "a": "x".repeat(CONTEXT_BYTES_MAX - 8) });
    assert_eq!(context(fits.clone()), NewContext::Is(fits));
    let large = json!({ "a": "x".repeat(CONTEXT_BYTES_MAX - 7) });
    for (body, reason) in [
        (json!({ "context": large }), "context_too_large"),
        (json!({ "context": [] }), "invalid_context"),
        (json!({ "action": { "type": "handover" } }), "handover_unavailable"),
        (json!({ "action": { "type": "dance" } }), "unsupported_action"),
        (json!({ "action": "end" }), "invalid_action"),
        (json!({ "action": { "type": "start_flow" } }), "invalid_action"),
        (json!({ "action": { "type": "start_flow", "flow_id": "IPF1" } }), "invalid_action"),
        (json!({ "replies": vec!["x"; REPLIES_MAX + 1] }), "too_many_replies"),
    ] {
        let said = said(&body);
        let reasons: Vec<_> = said.refused.iter().map(|refused| refused.reason.as_str()).collect();
        assert_eq!(reasons, [reason], "{body:.60}");
        assert_eq!((said.action, said.context), (None, NewContext::Same));
    }
}

/// One reply, as what it becomes: the message, or `code: why`.
fn reply(value: &Value) -> Result<Vec<ToUser>, String> {
    let said = said(&json!([value]));
    let one = |reply: BotReply| match reply {
        BotReply::Say(content) => Ok(*content),
        BotReply::Menu { body, options } => {
            let ids: Vec<_> = options.iter().map(|o| format!("{}={}", o.id, o.title)).collect();
            Ok(ToUser::text(format!("{body} {}", ids.join(" "))))
        }
        BotReply::Marked { markdown, reply } => {
            let BotReply::Say(content) = *reply else { panic!("{reply:?}") };
            let ToUser::Text { body, .. } = *content else { panic!("{content:?}") };
            Ok(ToUser::text(format!("{markdown:?}: {body}")))
        }
        BotReply::Failed { failure, .. } => Err(format!("{}: {}", failure.code, failure.message)),
    };
    said.replies.into_iter().map(one).collect()
}

fn media(kind: MediaKind, url: &str, caption: Option<&str>, filename: Option<&str>) -> ToUser {
    ToUser::Media(Media {
        kind,
        source: Some(MediaSource::Link(url.into())),
        mime: None,
        filename: filename.map(str::to_owned),
        caption: caption.map(str::to_owned),
        stored: None,
    })
}

/// K18, K19, K42, K43, X6: the sample of K43 as an object and as the text of it; `message_text` where there is no caption.
#[test]
fn the_sample_of_a_document_is_read() {
    let url = "http://files.example/help/Prices.pdf";
    let sample = json!({
        "type": "document", "message_text": "This is document caption",
        "caption": "About our prices", "filename": "Prices.pdf", "document": { "url": url },
    });
    let wanted = media(MediaKind::Document, url, Some("About our prices"), Some("Prices.pdf"));
    assert_eq!(reply(&sample), Ok(vec![wanted.clone()]));
    assert_eq!(reply(&json!(format!(" {sample}\n"))), Ok(vec![wanted]));
    let mut bare = sample;
    bare.as_object_mut().unwrap().remove("caption");
    let wanted =
        media(MediaKind::Document, url, Some("This is document caption"), Some("Prices.pdf"));
    assert_eq!(reply(&bare), Ok(vec![wanted]));
}

/// X6: only an object of a known type counts as an object inside a text.
#[test]
fn other_texts_stay_texts() {
    for text in [
        "{}",
        "{\"type\":\"carousel\"}",
        "{\"type\":5}",
        "[{\"type\":\"text\",\"text\":\"a\"}]",
        "{\"type\":\"text\"",
        "\"text\"",
        "5",
    ] {
        assert_eq!(reply(&json!(text)), Ok(vec![ToUser::text(text)]), "{text}");
    }
}

/// Contracts 11.4: each known type, in its short form and in the Cloud API's.
#[test]
fn every_known_type_is_read() {
    let url = "https://files.example/a";
    let text = |body: &str| ToUser::text(body);
    let link = |kind| media(kind, url, None, None);
    let pay = json!({ "name": "review_and_pay", "parameters": {
        "reference_id": "r", "currency": "INR", "total_amount": { "value": 300, "offset": 100 } } });
    let details = json!({ "type": "order_details", "body": { "text": "Pay" }, "action": pay });
    let order = ToUser::Interactive { interactive: details.clone() };
    let status = json!({ "type": "order_status", "body": { "text": "Sent" }, "action": {
        "name": "review_order", "parameters": { "reference_id": "r", "order": { "status": "shipped" } } } });
    let product = json!({ "type": "product", "action": { "catalog_id": "1" } });
    for (value, wanted) in [
        (json!({ "type": "text", "text": { "body": "a" } }), vec![text("a")]),
        (json!({ "type": "text", "message_text": "a" }), vec![text("a")]),
        (json!({ "type": "text", "text": "a", "options": ["X", "Y"] }), vec![text("a 1=X 2=Y")]),
        (
            json!({ "type": "menu", "body": "a", "options": [{ "id": "k", "title": "X" }] }),
            vec![text("a k=X")],
        ),
        (json!({ "type": "image", "image": { "link": url } }), vec![link(MediaKind::Image)]),
        (json!({ "type": "video", "url": url }), vec![link(MediaKind::Video)]),
        (
            json!({ "type": "audio", "link": url, "message_text": "Oye" }),
            vec![text("Oye"), link(MediaKind::Audio)],
        ),
        (details.clone(), vec![order.clone()]),
        (json!({ "type": "order_details", "interactive": details }), vec![order.clone()]),
        (json!({ "type": "interactive", "interactive": details }), vec![order]),
        (status.clone(), vec![ToUser::Interactive { interactive: status }]),
        (
            json!({ "type": "interactive", "interactive": product }),
            vec![ToUser::Interactive { interactive: product }],
        ),
    ] {
        assert_eq!(reply(&value), Ok(wanted), "{value}");
    }
}

/// A21, A22: buttons and lists in the Cloud API's form are those of every provider.
#[test]
fn buttons_and_lists_are_read_for_every_provider() {
    let buttons = json!({ "type": "interactive", "interactive": {
        "type": "button", "header": { "type": "text", "text": "H" }, "body": { "text": "B" },
        "action": { "buttons": [{ "type": "reply", "reply": { "id": "1", "title": "Sí" } }] } } });
    let read = reply(&buttons).unwrap().remove(0);
    assert!(
        matches!(&read, ToUser::Buttons { body, buttons, .. } if body == "B" && buttons[0].id == "1")
    );
    let list = json!({ "type": "interactive", "interactive": {
        "type": "list", "body": { "text": "B" }, "footer": { "text": "F" },
        "action": { "button": "Ver", "sections": [
            { "title": "S", "rows": [{ "id": "1", "title": "Uno", "description": "D" }] }] } } });
    let read = reply(&list).unwrap().remove(0);
    assert!(matches!(&read, ToUser::List { sections, .. } if sections[0].rows[0].title == "Uno"));
}

/// K37, contracts 11.4: a template by its name with its values.
#[test]
fn a_template_is_read() {
    let values = json!({
        "header": { "type": "image", "url": "https://files.example/a.png" },
        "body": ["Ana", { "type": "text", "text": "lunes" }],
        "buttons": ["abc", { "index": 2, "type": "quick_reply", "value": "yes" }],
    });
    let wanted =
        json!({ "type": "template", "name": "cita", "language": "es", "parameters": values });
    let cloud = json!({ "type": "template", "template": {
        "name": "cita", "language": { "code": "es" }, "parameters": values } });
    for value in [wanted, cloud] {
        let ToUser::Template(template) = reply(&value).unwrap().remove(0) else {
            panic!("no template")
        };
        assert_eq!((template.name.as_str(), template.language.as_str()), ("cita", "es"));
        assert_eq!(template.body, ["Ana", "lunes"]);
        assert_eq!(template.buttons.iter().map(|b| b.index).collect::<Vec<_>>(), [0, 2]);
        assert!(template.header.is_some());
    }
}

/// K19: what is wrong is told by field and rule, and nothing of it is sent.
#[test]
fn what_cannot_be_sent_says_why() {
    let unsupported = "unsupported_type: a reply is a text or an object with a type";
    let button = |title: &str| json!({ "reply": { "id": "1", "title": title } });
    let menu = |options: Value| json!({ "type": "text", "text": "a", "options": options });
    for (value, why) in [
        (json!(5), unsupported),
        (json!(true), unsupported),
        (json!([["a"]]), unsupported),
        (json!([{ "text": "a" }]), unsupported),
        (json!({ "type": 5, "text": "a" }), unsupported),
        (json!({ "type": "carousel" }), "unsupported_type: there is no message of type carousel"),
        (json!({ "type": "text" }), "invalid_message: text is required"),
        (json!({ "type": "text", "text": " " }), "invalid_message: text is required"),
        (menu(json!([])), "invalid_message: options must have 1 to 50 entries"),
        (menu(json!(["a", " "])), "invalid_message: options[1] must have 1 to 200 characters"),
        (menu(json!([{ "id": "a" }])), "invalid_message: options[0].title is required"),
        (json!({ "type": "image" }), "invalid_message: image.url is required"),
        (
            json!({ "type": "image", "image": { "url": "ftp://a/b" } }),
            "invalid_message: image.url must be an http or https address",
        ),
        (
            json!({ "type": "location", "latitude": 91, "longitude": 0 }),
            "invalid_message: latitude must be between -90 and 90",
        ),
        (json!({ "type": "template", "name": "a" }), "invalid_message: language is required"),
        (
            json!({ "type": "template", "name": "a", "language": "es", "parameters": { "body": [""] } }),
            "invalid_message: parameters.body[0] must be a text",
        ),
        (json!({ "type": "interactive" }), "invalid_message: interactive must be an object"),
        (
            json!({ "type": "interactive", "interactive": { "type": "button", "body": { "text": "B" },
                    "action": { "buttons": [button("a title of over 20 letters")] } } }),
            "invalid_message: interactive.action.buttons must be 3 of 20 characters at most",
        ),
        (
            json!({ "type": "order_details", "body": { "text": "a" } }),
            "invalid_message: action.parameters.reference_id is required",
        ),
        (json!({ "type": "sticker" }), "invalid_message: field is required"),
    ] {
        let shape = if value.is_array() { value.clone() } else { json!([value]) };
        let said = said(&shape);
        let [BotReply::Failed { failure, .. }] = said.replies.as_slice() else {
            panic!("{value}: {said:?}");
        };
        assert_eq!(format!("{}: {}", failure.code, failure.message), why, "{value}");
    }
}

proptest::proptest! {
    /// No answer of a bot makes the reading fail.
    #[test]
    fn no_bytes_make_the_reading_panic(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let response = Response::builder().status(200).body(body).unwrap();
        let _ = read(&response, &no_own_forms);
    }

    /// Nor does an object of a known type with anything in it.
    #[test]
    fn no_object_makes_the_reading_panic(
        kind in "(text|menu|image|audio|document|location|interactive|template|order_details|order_status)",
        field in "(text|body|options|url|image|location|interactive|template|parameters|name|language|action|header)",
        inner in "(\"a\"|5|null|\\[\\]|\\[5,\"a\",\\{\\}\\]|\\{\"type\":\"button\"\\}|\\{\"body\":\\{\"text\":\"a\"\\},\"type\":\"list\"\\})",
    ) {
        let body = format!("{{\"type\":\"{kind}\",\"{field}\":{inner}}}");
        proptest::prop_assert!(answer(200, &body).is_ok());
    }
}

/// A23, A24, X2: a reply may say itself how it is written.
#[test]
fn a_reply_says_how_it_is_written() {
    for (own, expected) in [
        (json!("standard"), Ok(vec![ToUser::text("Standard: **a**")])),
        (json!("none"), Ok(vec![ToUser::text("None: **a**")])),
        (Value::Null, Ok(vec![ToUser::text("**a**")])),
        (
            json!("html"),
            Err("invalid_message: markdown_type must be standard, whatsapp or none".to_owned()),
        ),
    ] {
        let object = json!({ "type": "text", "text": "**a**", "markdown_type": own });
        assert_eq!(reply(&object), expected, "{own}");
    }
}
