//! What Infobip tells, as events.

use super::*;
use crate::domain::event::{Event, MessageRef};
use crate::domain::message::{Media, MediaKind, MediaSource, Status};
use crate::provider::{Fetch, Item};

fn items(body: &str, channel: &OpenChannel) -> Vec<Item> {
    Infobip.parse(&call(body.as_bytes()), channel).unwrap().items
}

/// The one item of a body.
fn one(body: &str) -> Value {
    testing::one(&Infobip, body, &channel())
}

/// K4, T6: who wrote, when, and under which id.
#[test]
fn a_message_has_its_sender_its_time_and_its_id() {
    assert_eq!(
        one(fixture!("inbound-text.json")),
        json!({
            "event": "message_received",
            "provider_id": "wamid.WHARFIB01==",
            "time": "2024-03-11T15:01:01.217Z",
            "from": { "address": { "phone": "573001234567" }, "name": "Ana Pérez" },
            "content": { "type": "text", "body": "¿Dónde está mi pedido? 🚀" },
            "context": {},
        })
    );
    let (scoped, name) = ("CO.13491208655302741918", "ana.perez");
    assert_eq!(
        one(fixture!("inbound-text-with-bsuid.json"))["from"],
        json!({ "address": { "phone": "573001234567" }, "bsuid": scoped, "name": "Ana Pérez",
                "username": name })
    );
    assert_eq!(
        one(fixture!("inbound-text-without-number.json"))["from"],
        json!({ "address": { "bsuid": scoped }, "name": "Ana", "username": name })
    );
}

/// infobip 3: a missing card, nulls and empty texts are all the same, and a time may end in Z.
#[test]
fn what_is_optional_may_be_missing_or_null() {
    let old = one(fixture!("inbound-text-old.json"));
    assert_eq!(old["from"], json!({ "address": { "phone": "573001234567" } }));
    assert_eq!(old["provider_id"], "ABEGVzABI0VnAhDwharf");
    let nulls = one(fixture!("inbound-text-nulls.json"));
    assert_eq!(nulls["from"], json!({ "address": { "phone": "573001234567" } }));
    assert_eq!(nulls["time"], "2024-03-11T12:01:03.000Z");
    assert_eq!(nulls["context"], json!({}));
}

/// T6, infobip 3.1: a file lies at the account's host and is named by its caption, if that is a name.
#[test]
fn every_kind_of_file_is_read() {
    let host = "https://ab12cd.api.infobip.com/whatsapp/1/senders/15550102030/media";
    let file = |name: &str, kind: &str| {
        let url = format!("{host}/11111111-0000-4000-8000-00000000000{name}");
        json!({ "type": "media", "kind": kind, "source": { "private_link": { "id": "", "url": url } } })
    };
    let with = |mut file: Value, more: Value| {
        file.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        file
    };
    let rows = [
        (
            fixture!("inbound-image.json"),
            with(file("1", "image"), json!({ "caption": "la pieza rota" })),
        ),
        (fixture!("inbound-video.json"), file("2", "video")),
        (fixture!("inbound-audio.json"), file("3", "audio")),
        (fixture!("inbound-voice.json"), file("4", "voice")),
        (
            fixture!("inbound-document.json"),
            with(
                file("5", "document"),
                json!({ "caption": "factura-03.pdf", "filename": "factura-03.pdf" }),
            ),
        ),
        (
            fixture!("inbound-document-with-words.json"),
            with(file("6", "document"), json!({ "caption": "Mi cédula. Gracias" })),
        ),
        (fixture!("inbound-sticker.json"), file("7", "sticker")),
        (
            fixture!("inbound-image-elsewhere.json"),
            json!({ "type": "media", "kind": "image", "source": { "link": "https://files.example.com/a.jpg" } }),
        ),
    ];
    for (body, content) in rows {
        assert_eq!(one(body)["content"], content);
    }
}

/// T6, infobip 3.1: every type of message is read, or kept as what it was.
#[test]
fn every_type_of_message_is_read() {
    let rows = [
        (
            fixture!("inbound-text.json"),
            json!({ "type": "text", "body": "¿Dónde está mi pedido? 🚀" }),
        ),
        (
            fixture!("inbound-location.json"),
            json!({ "type": "location", "latitude": "4.60971", "longitude": "-74.08175", "name": "Plaza", "address": "Carrera 7" }),
        ),
        (
            fixture!("inbound-template-button.json"),
            json!({ "type": "template_button", "payload": "go-42", "text": "Sí" }),
        ),
        (
            fixture!("inbound-button-reply.json"),
            json!({ "type": "choice", "id": "b-yes", "title": "Sí, claro" }),
        ),
        (
            fixture!("inbound-list-reply.json"),
            json!({ "type": "choice", "id": "row-2", "title": "Por la tarde" }),
        ),
        (
            fixture!("inbound-flow-reply.json"),
            json!({ "type": "flow_reply", "name": null, "response": { "flow_token": "t-1", "date": "2024-06-01", "slots": ["10:00"] } }),
        ),
        (
            fixture!("inbound-order.json"),
            json!({ "type": "order", "catalog_id": "7001", "text": "Para regalo", "items": [{ "product_retailer_id": "sku-1", "quantity": 2, "item_price": 12500.5, "currency": "COP" }] }),
        ),
        (
            fixture!("inbound-reaction.json"),
            json!({ "type": "reaction", "to": "MSG-of-ours-0001", "emoji": "👍" }),
        ),
        (
            fixture!("inbound-reaction-removed.json"),
            json!({ "type": "reaction", "to": "MSG-of-ours-0001", "emoji": null }),
        ),
        (
            fixture!("inbound-infected.json"),
            json!({ "type": "unsupported", "kind": "INFECTED_CONTENT" }),
        ),
        (
            fixture!("inbound-unsupported.json"),
            json!({ "type": "unsupported", "kind": "UNSUPPORTED" }),
        ),
        (
            fixture!("inbound-call-permission.json"),
            json!({ "type": "unsupported", "kind": "INTERACTIVE_CALL_PERMISSION_REPLY" }),
        ),
    ];
    for (body, content) in rows {
        assert_eq!(one(body)["content"], content);
    }
}

/// infobip 3.1, README 13: cards and payments have the form that they have at every provider.
#[test]
fn cards_and_payments_are_read() {
    assert_eq!(
        one(fixture!("inbound-contact.json"))["content"],
        json!({ "type": "contacts", "contacts": [{
            "name": { "first_name": "Luis", "last_name": "Ortiz", "prefix": "Dr.",
                      "formatted_name": "Dr. Luis Ortiz" },
            "phones": [{ "phone": "+573007654321", "type": "CELL", "wa_id": "573007654321" }],
            "addresses": [{ "street": "Calle 10", "city": "Bogotá", "zip": "110111",
                            "country": "Colombia", "country_code": "CO", "type": "WORK" }],
            "emails": [], "urls": [], "org": { "company": "Wharf" }, "birthday": "1990-05-01",
        }] })
    );
    let paid = one(fixture!("inbound-payment-confirmation.json"));
    assert_eq!(paid["content"]["raw"]["status"], "SUCCESS");
    assert_eq!(paid["context"], json!({ "reply_to": "MSG-of-ours-0001" }));
    let mut payment = paid["content"].clone();
    payment.as_object_mut().unwrap().remove("raw");
    assert_eq!(
        payment,
        json!({ "type": "payment", "transaction_id": "77001", "reference_id": "ref-7",
                "amount_minor": 12050, "offset": 100, "currency": "INR", "transaction_type": "upi",
                "status": "success" })
    );
}

/// infobip 3.1: a reply names our message, an advertisement and a product are told in the Cloud API's form.
#[test]
fn what_a_message_answers_or_comes_from_is_told() {
    let ours = "MSG-of-ours-0001";
    assert_eq!(one(fixture!("inbound-text-reply.json"))["context"], json!({ "reply_to": ours }));
    assert_eq!(
        one(fixture!("inbound-text-product.json"))["context"],
        json!({ "reply_to": ours, "referral": { "referred_product": {
            "catalog_id": "7001", "product_retailer_id": "sku-9" } } })
    );
    assert_eq!(
        one(fixture!("inbound-text-referral.json"))["context"],
        json!({ "referral": {
            "source_type": "ad", "source_id": "1202", "source_url": "https://fb.example/x",
            "headline": "Escríbenos", "body": "Ofertas", "media_type": "video",
            "video_url": "https://cdn.example.com/ad.mp4", "ctwa_clid": "ARAwharf" } })
    );
}

/// K13: the sandbox keyword is stripped once, as a whole word in any case; alone it says nothing.
#[test]
fn the_sandbox_keyword_is_stripped_once() {
    let said = |keyword: &str, text: &str| {
        let settings = [("sandbox_keyword", keyword)];
        let channel = if keyword.is_empty() { channel() } else { channel_with(&settings, &[]) };
        let body = json!({ "results": [{
            "from": "573001234567", "to": "15550102030", "messageId": "1", "keyword": "KORE",
            "receivedAt": "2024-03-11T15:01:00.000+0000", "message": { "type": "TEXT", "text": text } }] });
        written(items(&body.to_string(), &channel).remove(0))
    };
    for (keyword, text, body) in [
        ("Kore", "Kore Hi.", "Hi."),
        ("Kore", "KORE   Hi.", "Hi."),
        ("Kore", " kore\nHi.", "Hi."),
        ("Kore", "Kore Kore Hi.", "Kore Hi."),
        ("Kore", "Korea Hi.", "Korea Hi."),
        ("Kore", "Hi Kore", "Hi Kore"),
        ("Kore", "Kore, Hi.", "Kore, Hi."),
        ("ÑANDÚ", "ñandú hola", "hola"),
        ("", "Kore Hi.", "Kore Hi."),
    ] {
        assert_eq!(
            said(keyword, text)["content"],
            json!({ "type": "text", "body": body }),
            "{text}"
        );
    }
    for text in ["Kore", " KORE ", "kore\n"] {
        assert_eq!(said("Kore", text), json!({ "ignored": "keyword_alone" }), "{text:?}");
    }
    let own = channel_with(&[("sandbox_keyword", "wharf")], &[]);
    let sandbox = written(items(fixture!("inbound-sandbox.json"), &own).remove(0));
    assert_eq!(sandbox["content"]["body"], "Hola, ¿qué tal?");
}

/// K7, README 11: every result of a batch is one item, whoever wrote it to whichever number; a broken one costs nothing
/// beside it.
#[test]
fn a_batch_mixes_users_and_senders_and_broken_parts() {
    let told: Vec<Value> = items(fixture!("inbound-batch.json"), &channel())
        .into_iter()
        .map(|item| {
            let item = written(item);
            match item.pointer("/content/body") {
                Some(body) => json!([item["from"]["address"]["phone"], body]),
                None => item.get("content").cloned().unwrap_or(item),
            }
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["573001234567", "uno"]),
            json!(["573007654321", "dos"]),
            json!({ "elsewhere": "15550102031" }),
            json!({ "ignored": "unreadable" }),
            json!({ "type": "unsupported", "kind": "TEXT" }),
            json!({ "ignored": "unreadable" }),
            json!({ "ignored": "no_sender" }),
            json!(["573001234567", "sin id"]),
            json!({ "type": "unsupported", "kind": "UNKNOWN" }),
            json!(["573001234567", "fin"]),
        ]
    );
}

/// K7: what concerns another number reads there as if it had come alone.
#[test]
fn another_numbers_part_is_a_webhook_of_its_own() {
    let batch = items(fixture!("inbound-batch.json"), &channel());
    let Item::Elsewhere { number, body } = &batch[2] else { panic!("{:?}", batch[2]) };
    let mut other = channel_with(&[("sandbox_keyword", "tres")], &[]);
    other.channel.phone_number.clone_from(number);
    let text = std::str::from_utf8(body).unwrap();
    assert_eq!(items(text, &other), [Item::Ignored { reason: "keyword_alone" }]);
    other.channel.settings.remove("sandbox_keyword");
    let [item] = &items(text, &other)[..] else { panic!("one item") };
    assert_eq!(written(item.clone())["content"]["body"], "tres");

    let notice = items(fixture!("notice-other-number.json"), &channel());
    let [Item::Elsewhere { number, body }] = &notice[..] else { panic!("{notice:?}") };
    assert_eq!(
        (number.as_str(), &body[..]),
        ("15550102031", fixture!("notice-other-number.json").trim().as_bytes())
    );
}

/// The same number in another spelling is ours (whatsapp-rules 8).
#[test]
fn a_variant_of_our_number_is_ours() {
    let mut channel = channel();
    channel.channel.phone_number = "5215512345678".to_owned();
    let body = fixture!("inbound-text.json").replace("15550102030", "525512345678");
    assert!(matches!(items(&body, &channel)[..], [Item::Event(_)]));
}

/// A message without an id has the same one each time it comes.
#[test]
fn a_message_without_an_id_is_known_again() {
    let id = |n: usize| match &items(fixture!("inbound-batch.json"), &channel())[n] {
        Item::Event(Event::MessageReceived(message)) => message.provider_id.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(id(7), id(7));
    assert_ne!(id(7), id(0));
}

/// A report as it is for our own message.
fn report(body: &str, id: &str) -> Value {
    one(&body.replace("MSGID", id))
}

/// infobip 4, whatsapp-rules 10: the group decides; pending says nothing; failures bring the error, else the status.
#[test]
fn reports_tell_how_far_a_message_came() {
    let ours = super::super::id::written(MESSAGE);
    assert_eq!(ours.len(), 43);
    let failed = |code: &str, message: &str| json!({ "provider": "infobip", "code": code, "message": message });
    for (body, status, time, failure) in [
        (fixture!("report-delivered.json"), Status::Delivered, "2024-03-11T15:00:01.117Z", None),
        (fixture!("report-seen.json"), Status::Read, "2024-03-11T15:00:58.251Z", None),
        (
            fixture!("report-undeliverable.json"),
            Status::Failed,
            "2024-03-11T15:00:01.117Z",
            Some(failed("7008", "EC_INVALID_TEMPLATE_ARGS: Invalid template arguments")),
        ),
        (
            fixture!("report-expired.json"),
            Status::Failed,
            "2024-03-11T15:00:01.117Z",
            Some(failed("1", "EC_UNKNOWN_SUBSCRIBER: Unknown Subscriber")),
        ),
        (
            fixture!("report-rejected.json"),
            Status::Failed,
            "2024-03-11T15:00:01.117Z",
            Some(failed(
                "REJECTED_NOT_ENOUGH_CREDITS",
                "REJECTED_NOT_ENOUGH_CREDITS: Not enough credits",
            )),
        ),
    ] {
        let told = report(body, &ours);
        assert_eq!(told["message"], json!({ "Ours": MESSAGE.to_string() }), "{told}");
        assert_eq!((&told["status"], &told["time"]), (&json!(status.as_str()), &json!(time)));
        assert_eq!(told.get("failure"), failure.as_ref());
    }
    assert_eq!(report(fixture!("report-pending.json"), &ours), json!({ "ignored": "pending" }));
    assert_eq!(report(fixture!("report-deleted.json"), &ours), json!({ "ignored": "deleted" }));
}

/// README 10: a message is found by our id, else by what we had called back, else by Infobip's own id.
#[test]
fn a_report_finds_its_message() {
    let which = |id: Value, called_back: Value| {
        let body = json!({ "results": [{ "messageId": id, "callbackData": called_back,
            "seenAt": "2024-03-11T15:00:00.000+0000" }] });
        match items(&body.to_string(), &channel()).remove(0) {
            Item::Event(Event::StatusChanged(step)) => Ok(step.message),
            Item::Ignored { reason } => Err(reason),
            other => panic!("{other:?}"),
        }
    };
    let (ours, written) = (MESSAGE, super::super::id::written(MESSAGE));
    let theirs = |id: &str| Ok(MessageRef::Provider(id.to_owned()));
    assert_eq!(which(json!(written), Value::Null), Ok(MessageRef::Ours(ours)));
    assert_eq!(which(json!("a28dd97c-1"), json!(ours.to_string())), Ok(MessageRef::Ours(ours)));
    assert_eq!(which(json!("a28dd97c-1"), json!("Callback data")), theirs("a28dd97c-1"));
    assert_eq!(which(json!("a28dd97c-1"), json!({ "any": "JSON" })), theirs("a28dd97c-1"));
    assert_eq!(which(json!("MSG!"), Value::Null), theirs("MSG!"));
    assert_eq!(which(Value::Null, json!("x")), Err("unreadable"));
}

/// infobip 2.6: a group without its number is known by its name; an unknown one is counted.
#[test]
fn groups_are_known_by_number_or_name() {
    let told = |status: Value| {
        let body = json!({ "results": [{ "messageId": "1", "status": status }] });
        let item = one(&body.to_string());
        item.get("status").or(item.get("ignored")).cloned().unwrap()
    };
    for (number, name, expected) in [
        (0, "ACCEPTED", "pending"),
        (1, "PENDING", "pending"),
        (2, "UNDELIVERABLE", "failed"),
        (3, "DELIVERED", "delivered"),
        (4, "EXPIRED", "failed"),
        (5, "REJECTED", "failed"),
        (6, "SOMETHING", "unknown_status"),
    ] {
        assert_eq!(told(json!({ "groupId": number, "groupName": "?" })), expected, "{number}");
        assert_eq!(told(json!({ "groupName": name })), expected, "{name}");
    }
}

/// infobip 4: what is no list is told apart by what it holds.
#[test]
fn notices_are_told_apart() {
    let ana = json!({ "phone": "573001234567" });
    let paid = one(fixture!("notice-payment.json"));
    assert_eq!(
        (&paid["from"]["address"], &paid["time"]),
        (&ana, &json!("2024-03-11T15:02:01.000Z"))
    );
    let payment = &paid["content"];
    assert_eq!(
        [&payment["status"], &payment["amount_minor"], &payment["transaction_id"]],
        [&json!("captured"), &json!(12050), &json!("77001")]
    );
    assert_eq!(payment["raw"]["callbackData"], json!({ "k": "v" }));
    let identity = one(fixture!("notice-identity.json"));
    assert_eq!(
        (&identity["from"]["address"], &identity["content"]),
        (
            &ana,
            &json!({ "type": "system", "kind": "customer_identity_changed",
                     "body": "User identity changed", "new_address": null })
        )
    );
    assert_eq!(
        one(fixture!("notice-marketing-stop.json")),
        json!({ "event": "opt_in_changed", "address": ana, "opted_in": false,
                "time": "2024-03-11T15:02:03.000Z" })
    );
    assert_eq!(
        one(fixture!("event-template-rejected.json")),
        json!({ "event": "template_changed", "name": "start_03030303", "language": "es",
                "provider_status": "REJECTED", "reason": "INVALID_FORMAT" })
    );
    assert_eq!(one(fixture!("event-template-approved.json"))["provider_status"], "APPROVED");
    assert_eq!(one(fixture!("event-template-approved.json")).get("reason"), None);
    assert_eq!(one(fixture!("event-template-category.json"))["category"], "MARKETING");
    assert_eq!(one(fixture!("event-template-quality.json"))["quality"], "LOW");
    trial().ignores(&[
        (fixture!("event-click.json"), "unknown_event"),
        (fixture!("inbound-other-integration.json"), "other_integration"),
        ("{}", "unknown_event"),
        (r#"{"results":null}"#, "unknown_event"),
        (r#"{"results":[]}"#, "empty"),
        (r#"{"results":[{}]}"#, "unknown_event"),
        (r#"{"results":{}}"#, "unreadable"),
        (r#"{"results":[{"status":7}]}"#, "unreadable"),
        (r#"{"from":{}}"#, "unreadable"),
        (r#"{"content":{"type":"payment"}}"#, "unreadable"),
        (r#"{"content":{"type":"something"}}"#, "unknown_event"),
        (r#"{"messageTemplateName":"a"}"#, "unreadable"),
    ]);
}

/// Bytes that are no JSON object are the caller's fault.
#[test]
fn what_is_no_object_is_refused() {
    trial().refuses(&["", "no json", "[]", "42", "\"text\"", "{\"results\":", "\u{0}"]);
}

/// infobip 7: a file is fetched with the account's credentials from its own host, and from nowhere else.
#[test]
fn only_the_accounts_host_gets_its_credentials() {
    let media = |source| Media {
        kind: MediaKind::Image,
        source: Some(source),
        mime: None,
        filename: None,
        caption: None,
        stored: None,
    };
    let private =
        |url: &str| media(MediaSource::PrivateLink { url: url.to_owned(), id: String::new() });
    let own = "https://ab12cd.api.infobip.com/whatsapp/1/senders/1/media/2";
    let Fetch::Bytes(request) = Infobip.fetch_media(&channel(), &private(own)) else { panic!() };
    assert_eq!(request.uri(), own);
    assert_eq!(request.headers()["authorization"], "Basic d2hhcmY6cGFzczp3b3JkIDE=");
    for other in [
        "https://ab12cd.api.infobip.com.evil.example/x",
        "http://ab12cd.api.infobip.com/x",
        "https://ab12cd.api.infobip.com:8443/x",
        "https://evil.example/https://ab12cd.api.infobip.com/x",
        "nonsense",
    ] {
        let fetch = Infobip.fetch_media(&channel(), &private(other));
        assert!(matches!(fetch, Fetch::Nothing), "{other}");
    }
    let link = media(MediaSource::Link("https://files.example.com/a.jpg".to_owned()));
    let Fetch::Bytes(request) = Infobip.fetch_media(&channel(), &link) else { panic!() };
    assert_eq!(request.headers().get("authorization"), None);
    for none in [MediaSource::ProviderId("1".to_owned()), MediaSource::Link("/x".to_owned())] {
        assert!(matches!(Infobip.fetch_media(&channel(), &media(none)), Fetch::Nothing));
    }
}
