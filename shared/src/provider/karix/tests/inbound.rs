//! What Karix posts, as events.

use super::*;

fn read(body: &str, channel: &OpenChannel) -> Value {
    testing::one(&Karix, body, channel)
}

fn content(body: &str) -> Value {
    let event = read(body, &channel());
    assert_eq!(event["event"], "message_received", "{event}");
    event["content"].clone()
}

/// K60: a message with all that is around it.
#[test]
fn a_text_is_read() {
    let expected = json!({
        "event": "message_received",
        "provider_id": "wamid.S2FyaXgw01",
        "time": "2024-03-11T15:01:00.000Z",
        "from": { "address": { "phone": USER }, "name": "Meera Nair" },
        "content": { "type": "text", "body": "Namaste, is the shop open?" },
        "context": {},
    });
    assert_eq!(read(fixture!("inbound-text.json"), &channel()), expected);
}

/// K60: what it answers is Karix's id of our message.
#[test]
fn a_reply_names_what_it_answers() {
    let event = read(fixture!("inbound-text-reply.json"), &channel());
    assert_eq!(event["context"], json!({ "reply_to": "410200300400500600700801" }));
    let event = read(fixture!("inbound-button.json"), &channel());
    assert_eq!(event["context"]["reply_to"], "410200300400500600700802");
}

fn media(kind: &str, source: Value, more: Value) -> Value {
    let mut media = json!({ "type": "media", "kind": kind });
    media["source"] = source;
    let Value::Object(more) = more else { panic!("an object") };
    for (name, value) in more {
        media[name] = value;
    }
    media
}

fn private(filedata: &str) -> Value {
    let url =
        format!("https://rcmmedia.instaalerts.zone/services/media/download?filedata={filedata}");
    json!({ "private_link": { "url": url, "id": "" } })
}

/// K60: every kind, by `contentType` or `messageType`, in either case; what has no reader is kept by its word.
#[test]
fn every_kind_is_read() {
    let tap = |payload: &str, text: &str| json!({ "type": "template_button", "payload": payload, "text": text });
    let place = |latitude: &str, longitude: &str| json!({ "type": "location", "latitude": latitude, "longitude": longitude });
    let mut pier = place("9.9312", "76.2673");
    pier["name"] = json!("Ferry pier");
    pier["address"] = json!("Fort Kochi");
    let pdf = |filename: &str| json!({ "mime": "application/pdf", "filename": filename });
    let mut offer = pdf("offer.pdf");
    offer["caption"] = json!("Our offer");
    for (body, expected) in [
        (fixture!("inbound-text-bare.json"), json!({ "type": "text", "body": "Only the words" })),
        (fixture!("inbound-button.json"), tap("otb:go", "Go on")),
        (fixture!("inbound-button-message-type-only.json"), tap("otb:stop", "Stop")),
        (
            fixture!("inbound-button-reply.json"),
            json!({ "type": "choice", "id": "pickup", "title": "I fetch it" }),
        ),
        (
            fixture!("inbound-list-reply.json"),
            json!({ "type": "choice", "id": "slot-9", "title": "At nine" }),
        ),
        (
            fixture!("inbound-flow-reply.json"),
            json!({ "type": "flow_reply", "name": "flow",
                    "response": { "flow_token": "t-77", "stars": "5" } }),
        ),
        (fixture!("inbound-location.json"), pier),
        (fixture!("inbound-location-numbers.json"), place("9.9312", "76.2673")),
        (
            fixture!("inbound-image.json"),
            media(
                "image",
                private("b3VyLWltYWdl%2Bx%3D"),
                json!({ "mime": "image/jpeg", "caption": "Like this?" }),
            ),
        ),
        (fixture!("inbound-document.json"), media("document", private("b3VyLWRvYw%3D%3D"), offer)),
        (
            fixture!("inbound-voice.json"),
            media("voice", private("b3VyLXZvaWNl"), json!({ "mime": "audio/ogg; codecs=opus" })),
        ),
        (
            fixture!("inbound-attachment-flat.json"),
            media("document", private("b3VyLWZsYXQ%3D"), pdf("bill.pdf")),
        ),
        (
            fixture!("inbound-attachment-elsewhere.json"),
            media(
                "video",
                json!({ "link": "https://files.example.com/tour.mp4" }),
                json!({ "mime": "video/mp4" }),
            ),
        ),
        (
            fixture!("inbound-attachment-by-id.json"),
            media("audio", json!({ "provider_id": "kx-70a1" }), json!({ "mime": "audio/mpeg" })),
        ),
        (
            fixture!("inbound-contacts.json"),
            json!({ "type": "contacts", "contacts": [{
                "name": { "formatted_name": "Ravi Menon" },
                "phones": [{ "phone": "+91 99000 00012" }],
            }] }),
        ),
        (fixture!("inbound-unknown.json"), json!({ "type": "unsupported", "kind": "poll" })),
        (fixture!("inbound-wrapped-text.json"), json!({ "type": "text", "body": "In a text" })),
    ] {
        assert_eq!(content(body), expected, "{body}");
    }
}

/// Names in any case, a number with a plus and blanks, milliseconds as a number, all of it in `data_body`.
#[test]
fn another_spelling_is_read_too() {
    let event = read(fixture!("inbound-wrapped.json"), &channel());
    assert_eq!(event["from"]["address"], json!({ "phone": USER }));
    assert_eq!(event["time"], "2024-03-11T15:01:00.000Z");
    let expected = media("image", private("d3JhcHBlZA"), json!({ "mime": "image/png" }));
    assert_eq!(event["content"], expected);
}

/// whatsapp-rules 8: a user's id is whatever digits come, but not what is left of something else.
#[test]
fn a_few_digits_are_a_user_and_a_few_among_others_are_none() {
    let from = |text: &str| {
        let message = json!({ "from": text, "contentType": "text", "text": { "body": "Hi" } });
        let body = json!({ "eventContent": { "message": message } }).to_string();
        read(&body, &channel())
    };
    assert_eq!(from("5678")["from"]["address"], json!({ "phone": "5678" }));
    assert_eq!(from("+91 99000 00011")["from"]["address"], json!({ "phone": USER }));
    assert!(from("user 5678")["ignored"].is_string());
}

/// An attachment that does not say what it is: by the object that is there, by the link, else by its word.
#[test]
fn an_attachment_is_recognised_by_what_is_there() {
    let of = |fields: Value| {
        let mut message = json!({ "from": USER, "id": "1", "contentType": "ATTACHMENT" });
        for (name, value) in fields.as_object().unwrap() {
            message[name] = value.clone();
        }
        content(&json!({ "eventContent": { "message": message } }).to_string())
    };
    let link = "https://files.example.com/a.bin";
    for (fields, kind) in [
        (json!({ "audio": { "fileLink": link } }), "audio"),
        (json!({ "sticker": { "fileLink": link } }), "sticker"),
        (json!({ "attachmentUrl": link }), "document"),
        (json!({ "attachmentType": "file", "attachmentUrl": link }), "document"),
    ] {
        let read = of(fields);
        assert_eq!((&read["kind"], &read["source"]["link"]), (&json!(kind), &json!(link)));
    }
    let announced = of(json!({ "attachmentType": "image" }));
    assert_eq!(announced, json!({ "type": "media", "kind": "image", "source": null }));
    assert_eq!(of(json!({ "attachmentType": "3d" }))["kind"], "3d");
    assert_eq!(of(json!({}))["type"], "unsupported");
}

/// K7: a message to another number of the account is not this channel's, however the number is written.
#[test]
fn another_number_is_told_apart() {
    let other = read(fixture!("inbound-other-number.json"), &channel());
    assert_eq!(other, json!({ "ignored": "other_number" }));
    let elsewhere = channel_with(&[("from", "912200000099")], &[("account_key", KEY)]);
    let event = read(fixture!("inbound-other-number.json"), &elsewhere);
    assert_eq!(event["event"], "message_received");
    let mut third = channel();
    third.channel.phone_number = "912200000077".to_owned();
    let report = read(fixture!("report-sent.json"), &third);
    assert_eq!(report, json!({ "ignored": "other_number" }));
}

/// Without an id the content names the message, the same on redelivery; without a time it is now.
#[test]
fn a_message_without_id_or_time_is_taken() {
    let of = |text: &str| {
        let message = json!({ "from": USER, "contentType": "text", "text": { "body": text } });
        read(&json!({ "eventContent": { "message": message } }).to_string(), &channel())
    };
    let (first, again, other) = (of("one"), of("one"), of("two"));
    assert_eq!(first, again);
    assert_ne!(first["provider_id"], other["provider_id"]);
    assert_eq!(first["time"], "2024-03-11T15:05:00.000Z");
}

const MID: &str = "410200300400500600700804";

/// K60: reports find the message by our reference where it came back, else by Karix's id and the user.
#[test]
fn reports_are_read() {
    let by_mid = json!({ "Provider": MID });
    let ours = "MSG010101010101010101010101010101010101010101010101010101010101";
    for (body, status, time, message) in [
        (fixture!("report-sent.json"), "sent", "2024-03-11T15:00:58.000Z", by_mid.clone()),
        (
            fixture!("report-delivered.json"),
            "delivered",
            "2024-03-11T15:01:00.000Z",
            by_mid.clone(),
        ),
        (
            fixture!("report-read-with-reference.json"),
            "read",
            "2024-03-11T15:01:10.000Z",
            json!({ "Ours": ours }),
        ),
        (fixture!("report-failed.json"), "failed", "2024-03-11T15:01:01.000Z", by_mid),
    ] {
        let event = read(body, &channel());
        assert_eq!(event["event"], "status_changed", "{event}");
        assert_eq!((&event["status"], &event["time"]), (&json!(status), &json!(time)));
        assert_eq!(event["message"], message);
        let is_by_user = event["to"] == json!({ "phone": USER });
        assert_eq!(is_by_user, message.get("Provider").is_some(), "{event}");
    }
    let failed = read(fixture!("report-failed.json"), &channel());
    let expected =
        json!({ "provider": "karix", "code": "131047", "message": "Re-engagement message" });
    assert_eq!(failed["failure"], expected);
}

/// The words of karix 4 in any case; a new one is counted and not guessed.
#[test]
fn every_word_of_a_report_has_its_status() {
    for (word, status) in [
        ("submitted", Some("accepted")),
        ("Accepted", Some("accepted")),
        ("SENT", Some("sent")),
        ("Delivered", Some("delivered")),
        ("read", Some("read")),
        ("failed", Some("failed")),
        ("UNDELIVERED", Some("failed")),
        ("Rejected", Some("failed")),
        ("expired?", None),
    ] {
        let body = json!({
            "events": { "mid": MID, "timestamp": "1710169261" },
            "notificationAttributes": { "status": word },
        });
        let event = read(&body.to_string(), &channel());
        assert_eq!(event.get("status").and_then(Value::as_str), status, "{word}");
    }
    let unknown = read(fixture!("report-unknown.json"), &channel());
    assert_eq!(unknown, json!({ "ignored": "unknown_status" }));
}
