//! What GupShup tells, as events.

use super::*;
use crate::domain::event::Event;
use crate::provider::Item;

const GUPSHUP_ID: &str = "11111111-2222-4333-8444-555555555555";
const WHATSAPP_ID: &str = "gBEGkZkAAAAAAgnwharf02";

fn read(call: &WebhookCall, channel: &OpenChannel) -> Vec<Value> {
    let items = Gupshup.parse(call, channel).unwrap().items;
    items.into_iter().map(written).collect()
}

/// The one item of a body.
fn one(body: &str, channel: &OpenChannel) -> Value {
    testing::one(&Gupshup, body, channel)
}

fn content(body: &str, channel: &OpenChannel) -> Value {
    let item = one(body, channel);
    assert_eq!(item["event"], "message_received", "{item}");
    item["content"].clone()
}

/// K20: the enterprise dialect's message with all that is around it.
#[test]
fn an_enterprise_text_is_read() {
    let expected = json!({
        "event": "message_received",
        "provider_id": "7710000000000000021-330000000000000045",
        "time": "2024-03-11T15:00:00.005Z",
        "from": { "address": { "phone": USER }, "name": "Ñusta Quispe" },
        "content": { "type": "text", "body": "Hola, quiero empezar" },
        "context": {},
    });
    assert_eq!(one(fixture!("enterprise-text.json"), &enterprise()), expected);
}

/// The same content as JSON with nulls and as a form; without ids the content names the message.
#[test]
fn an_enterprise_text_may_have_no_ids_and_may_be_a_form() {
    let nulls = fixture!("enterprise-text-nulls.json");
    let first = one(nulls, &enterprise());
    assert_eq!(first["time"], "2024-03-11T15:00:00.005Z");
    assert_eq!(first["provider_id"].as_str().unwrap().len(), 64);
    assert_eq!(one(nulls, &enterprise()), first, "the same on redelivery");

    let form = fixture!("enterprise-text.form");
    let call = typed("application/x-www-form-urlencoded; charset=UTF-8", form);
    let by_form = read(&call, &enterprise()).remove(0);
    assert_eq!(by_form["content"], json!({ "type": "text", "body": "Sí & no" }));
    assert_ne!(by_form["provider_id"], first["provider_id"]);
    assert_eq!(one(form, &enterprise()), by_form, "recognised without a type too");
}

const LINK: &str = "https://media.example.com/in/7710?X-Amz-Algorithm=AWS4-HMAC-SHA256&\
                    X-Amz-Expires=172800&X-Amz-Signature=00ff";

/// K49, K51, K52: every kind of the enterprise dialect.
#[test]
fn every_enterprise_kind_is_read() {
    let media = |kind: &str, mime: &str, caption: Option<&str>| {
        let mut media = json!({
            "type": "media", "kind": kind, "source": { "link": LINK }, "mime": mime,
        });
        if let Some(caption) = caption {
            media["caption"] = json!(caption);
        }
        media
    };
    let rows: Vec<(&str, Value)> = vec![
        (fixture!("enterprise-image.json"), media("image", "image/jpeg", Some("mi recibo"))),
        (fixture!("enterprise-video.json"), media("video", "video/mp4", Some("corto"))),
        (fixture!("enterprise-audio.json"), media("audio", "audio/mpeg", None)),
        (fixture!("enterprise-voice.json"), media("voice", "audio/ogg; codecs=opus", None)),
        (
            fixture!("enterprise-document.json"),
            media("document", "application/pdf", Some("contrato.pdf")),
        ),
        (fixture!("enterprise-sticker.json"), media("sticker", "image/webp", None)),
        (
            fixture!("enterprise-location.json"),
            json!({ "type": "location", "latitude": "4.6097", "longitude": "-74.0817", "name": "Bogotá" }),
        ),
        (
            fixture!("enterprise-contacts.json"),
            json!({ "type": "contacts", "contacts": [{
                "name": { "formatted_name": "Pilar Soto" },
                "phones": [{ "phone": "+57 300 000 0009", "wa_id": "573000000009" }],
            }] }),
        ),
        (
            fixture!("enterprise-template-button.json"),
            json!({
                "type": "template_button", "text": "Continuar",
                "payload": "otb:OTB000102030405060708090a0b0c0d0e0f:continue",
            }),
        ),
        (
            fixture!("enterprise-list-reply.json"),
            json!({ "type": "choice", "id": "slot-2", "title": "Tarde" }),
        ),
        (
            fixture!("enterprise-button-reply.json"),
            json!({ "type": "choice", "id": "yes", "title": "Sí" }),
        ),
        (
            fixture!("enterprise-payment.json"),
            json!({
                "type": "payment", "transaction_id": "52200011aa", "reference_id": "toll-17-bb",
                "amount_minor": 300, "offset": 100, "currency": "INR", "transaction_type": "upi",
                "status": "success",
                "raw": {
                    "transaction_id": "52200011aa", "reference_id": "toll-17-bb",
                    "total_amount": { "offset": 100, "value": 300 }, "currency": "INR",
                    "transaction_type": "upi", "status": "success",
                },
            }),
        ),
        (
            fixture!("enterprise-broken-inner.json"),
            json!({ "type": "unsupported", "kind": "interactive" }),
        ),
    ];
    for (body, expected) in rows {
        assert_eq!(content(body, &enterprise()), expected);
    }
}

/// K52: the time is milliseconds as text, the name any Unicode.
#[test]
fn a_payment_keeps_its_time_and_name() {
    let item = one(fixture!("enterprise-payment.json"), &enterprise());
    assert_eq!(item["time"], "2023-06-19T07:38:40.000Z");
    assert_eq!(item["from"]["name"], "ɐʇsnN ǝdsınQ");
}

/// K51: whatever is inside of the string, the call is answered with 200.
#[test]
fn broken_contents_are_kept_as_unsupported() {
    for (kind, inner) in [
        (
            "interactive",
            r#""{\"type\":\"payment\",\"payment\":{\"total_amount\":{\"value\":3.5,\"offset\":100}}}""#,
        ),
        (
            "interactive",
            r#""{\"type\":\"payment\",\"payment\":{\"reference_id\":\"r\",\"currency\":\"INR\",\"status\":\"s\",\"total_amount\":{\"value\":3,\"offset\":0}}}""#,
        ),
        ("image", "null"),
        ("image", r#""not json""#),
        ("location", r#""{\"latitude\":1}""#),
        ("hologram", r#""{}""#),
        ("text", "{}"),
    ] {
        let body = format!(r#"{{"mobile":"{USER}","type":"{kind}","{kind}":{inner}}}"#);
        let read = content(&body, &enterprise());
        assert_eq!(read["type"], "unsupported", "{body}");
    }
    // Already an object instead of a string.
    let body = format!(r#"{{"mobile":{USER},"type":"button","button":{{"text":"Sí"}}}}"#);
    assert_eq!(
        content(&body, &enterprise()),
        json!({ "type": "template_button", "text": "Sí", "payload": "Sí" })
    );
}

#[test]
fn consent_comes_as_a_message_of_its_own_type() {
    for (body, opted_in) in
        [(fixture!("enterprise-opt-in.json"), true), (fixture!("enterprise-opt-out.json"), false)]
    {
        let expected = json!({
            "event": "opt_in_changed", "address": { "phone": USER }, "opted_in": opted_in,
            "time": "2024-03-11T15:00:00.005Z",
        });
        assert_eq!(one(body, &enterprise()), expected);
    }
}

#[test]
fn what_is_for_another_number_or_no_message_is_ignored() {
    let other =
        format!(r#"{{"waNumber":"912200000002","mobile":"{USER}","type":"text","text":"a"}}"#);
    assert_eq!(one(&other, &enterprise()), json!({ "ignored": "other_number" }));
    let masked = r#"{"mobile":"91XXXX","type":"text","text":"a"}"#;
    assert_eq!(one(masked, &enterprise()), json!({ "ignored": "unreadable" }));
    assert_eq!(
        one(fixture!("enterprise-click.json"), &enterprise()),
        json!({ "ignored": "click" })
    );
    let clicks = read(&call(fixture!("enterprise-click-list.json")), &enterprise());
    assert_eq!(clicks, [json!({ "ignored": "click" }), json!({ "ignored": "click" })]);
}

fn status(message: &Value, status: &str, time: &str) -> Value {
    json!({ "event": "status_changed", "message": message, "status": status, "time": time })
}

/// K20: reports of the gateway bring our id back in `extra`.
#[test]
fn enterprise_reports_are_read() {
    let ours = || json!({ "Ours": MESSAGE });
    let rows: Vec<(&str, Value)> = vec![
        (
            fixture!("enterprise-report-sent.json"),
            status(&ours(), "sent", "2024-03-11T15:00:01.000Z"),
        ),
        (
            fixture!("enterprise-report-delivered.form"),
            status(&ours(), "delivered", "2024-03-11T15:00:02.000Z"),
        ),
        (
            fixture!("enterprise-report-read.json"),
            status(&ours(), "read", "2024-03-11T15:00:03.000Z"),
        ),
    ];
    for (body, expected) in rows {
        assert_eq!(one(body, &enterprise()), expected);
    }
    let mut failed = status(
        &json!({ "Provider": "5510000000000000077-42000000000000001" }),
        "failed",
        "2024-03-11T15:00:04.000Z",
    );
    failed["failure"] =
        json!({ "provider": "gupshup", "code": "003", "message": "UNKNOWN_SUBSCRIBER" });
    assert_eq!(one(fixture!("enterprise-report-failed.json"), &enterprise()), failed);
}

#[test]
fn a_broken_report_does_not_lose_the_others() {
    let items = read(&call(fixture!("enterprise-reports.json")), &enterprise());
    let kinds: Vec<&Value> =
        items.iter().map(|i| i.get("status").unwrap_or(&i["ignored"])).collect();
    assert_eq!(kinds, ["sent", "unreadable", "delivered"]);
    let broken = one(r#"{"response":"[{"}"#, &enterprise());
    assert_eq!(broken, json!({ "ignored": "unreadable" }));
}

/// K20: the self-serve dialect's message with all that is around it.
#[test]
fn a_self_serve_text_is_read() {
    let expected = json!({
        "event": "message_received",
        "provider_id": "ABEGkZkAAAAAAhAwharf01",
        "time": "2024-03-11T15:00:00.005Z",
        "from": { "address": { "phone": USER }, "name": "Ñusta" },
        "content": { "type": "text", "body": "este" },
        "context": { "reply_to": GUPSHUP_ID, "forwarded": true },
    });
    assert_eq!(one(fixture!("self-serve-text-reply.json"), &self_serve()), expected);
    assert_eq!(one(fixture!("self-serve-text-reply.json"), &enterprise()), expected);
    assert_eq!(one(fixture!("self-serve-text.json"), &self_serve())["context"], json!({}));
}

#[test]
fn every_self_serve_kind_is_read() {
    let url = "https://files.example.com/fm/wharfdemo/0001?download=false";
    let media = |kind: &str, mime: &str| json!({ "type": "media", "kind": kind, "source": { "link": url }, "mime": mime });
    let with = |mut object: Value, name: &str, value: &str| {
        object[name] = json!(value);
        object
    };
    let payload = "otb:OTB000102030405060708090a0b0c0d0e0f:continue";
    let rows: Vec<(&str, Value)> = vec![
        (fixture!("self-serve-image.json"), with(media("image", "image/jpeg"), "caption", "foto")),
        (
            fixture!("self-serve-file.json"),
            with(
                with(media("document", "application/pdf"), "caption", "contrato"),
                "filename",
                "contrato.pdf",
            ),
        ),
        (fixture!("self-serve-audio.json"), media("audio", "audio/ogg; codecs=opus")),
        (fixture!("self-serve-video.json"), with(media("video", "video/mp4"), "caption", "corto")),
        (fixture!("self-serve-sticker.json"), media("sticker", "image/webp")),
        (
            fixture!("self-serve-location.json"),
            json!({
                "type": "location", "latitude": "4.6097", "longitude": "-74.0817", "name": "Casa",
                "address": "Calle 1",
            }),
        ),
        (
            fixture!("self-serve-contact.json"),
            json!({ "type": "contacts", "contacts": [{
                "name": { "formatted_name": "Pilar Soto" },
                "phones": [{ "phone": "+57 300 000 0009" }],
            }] }),
        ),
        (
            fixture!("self-serve-list-reply.json"),
            json!({ "type": "choice", "id": "slot-2", "title": "Tarde" }),
        ),
        (
            fixture!("self-serve-button-reply.json"),
            json!({ "type": "choice", "id": "yes", "title": "Sí" }),
        ),
        (
            fixture!("self-serve-template-button.json"),
            json!({ "type": "template_button", "payload": "Continuar", "text": "Continuar" }),
        ),
        (
            fixture!("self-serve-template-button-text.json"),
            json!({ "type": "template_button", "payload": payload, "text": "Continuar" }),
        ),
        (
            fixture!("self-serve-reaction.json"),
            json!({ "type": "reaction", "to": GUPSHUP_ID, "emoji": "👍" }),
        ),
    ];
    for (body, expected) in rows {
        assert_eq!(content(body, &self_serve()), expected);
    }
}

/// Without our own `postbackText` the title is all there is.
#[test]
fn a_choice_without_our_id_falls_back_to_what_was_shown() {
    for (inner, id) in [
        (json!({ "title": "Tarde", "id": "menu1", "reply": "Tarde 2" }), "Tarde 2"),
        (json!({ "title": "Tarde", "id": "menu1" }), "Tarde"),
    ] {
        let body = json!({ "type": "message", "payload": {
            "id": "x", "source": USER, "type": "list_reply", "payload": inner,
        }});
        let expected = json!({ "type": "choice", "id": id, "title": "Tarde" });
        assert_eq!(content(&body.to_string(), &self_serve()), expected);
    }
}

/// K20: the key is GupShup's id where it comes, and `enqueued` tells the other one.
#[test]
fn self_serve_events_are_read() {
    let gupshup = || json!({ "Provider": GUPSHUP_ID });
    let mut enqueued = status(&gupshup(), "accepted", "2024-03-11T15:00:09.000Z");
    enqueued["alias"] = json!(WHATSAPP_ID);
    let failure = |code: &str, message: &str, time: &str| {
        let mut failed = status(&gupshup(), "failed", time);
        failed["failure"] = json!({ "provider": "gupshup", "code": code, "message": message });
        failed
    };
    let rows: Vec<(&str, Value)> = vec![
        (fixture!("self-serve-enqueued.json"), enqueued),
        (fixture!("self-serve-sent.json"), status(&gupshup(), "sent", "2024-03-11T15:00:01.000Z")),
        (
            fixture!("self-serve-delivered.json"),
            status(&gupshup(), "delivered", "2024-03-11T15:00:02.000Z"),
        ),
        (
            fixture!("self-serve-read.json"),
            status(&json!({ "Provider": WHATSAPP_ID }), "read", "2024-03-11T15:00:03.000Z"),
        ),
        (
            fixture!("self-serve-failed-sync.json"),
            failure("1008", "User is not Opted in and Inactive", "2024-03-11T15:00:09.000Z"),
        ),
        (
            fixture!("self-serve-failed-async.json"),
            failure("470", "More than 24 hours have passed.", "2024-03-11T15:00:04.000Z"),
        ),
    ];
    for (body, mut expected) in rows {
        expected["to"] = json!({ "phone": USER });
        assert_eq!(one(body, &self_serve()), expected);
    }
}

#[test]
fn self_serve_tells_about_consent_templates_and_the_account() {
    let template = |status: &str| {
        json!({
            "event": "template_changed", "provider_id": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
            "name": "inicio_00010203", "language": "pt_BR", "provider_status": status,
        })
    };
    let mut rejected = template("rejected");
    rejected["reason"] = json!("Invalid format");
    let ignored = |reason: &str| json!({ "ignored": reason });
    let rows: Vec<(&str, Value)> = vec![
        (
            fixture!("self-serve-opted-out.json"),
            json!({
                "event": "opt_in_changed", "address": { "phone": USER }, "opted_in": false,
                "time": "2024-03-11T15:00:09.000Z",
            }),
        ),
        (fixture!("self-serve-template-approved.json"), template("approved")),
        (fixture!("self-serve-template-rejected.json"), rejected),
        (
            fixture!("self-serve-template-category.json"),
            json!({
                "event": "template_changed", "provider_id": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
                "name": "inicio_00010203", "category": "MARKETING",
            }),
        ),
        (
            r#"{"type":"template-event","payload":{"type":"quality-update","id":"i","elementName":"n","quality":"LOW"}}"#,
            json!({ "event": "template_changed", "provider_id": "i", "name": "n", "quality": "LOW" }),
        ),
        (
            r#"{"type":"template-event","payload":{"type":"category-update","id":"i","category":{"new":"OTP"}}}"#,
            ignored("unreadable"),
        ),
        (fixture!("self-serve-sandbox-start.json"), ignored("user_event")),
        (fixture!("self-serve-billing.json"), ignored("billing")),
        (
            fixture!("self-serve-account.json"),
            json!({
                "event": "account_changed", "kind": "tier-update",
                "detail": { "type": "tier-update", "tier": "TIER_1K" },
            }),
        ),
        ("{}", ignored("unknown_event")),
        (r#"{"type":"novelty","payload":{}}"#, ignored("unknown_event")),
        (r#"{"type":"message","payload":{}}"#, ignored("unreadable")),
        (r#"{"type":"message-event","payload":{"type":"sent"}}"#, ignored("unreadable")),
        (
            r#"{"type":"message-event","payload":{"id":"a","type":"novel"}}"#,
            ignored("unknown_status"),
        ),
    ];
    for (body, expected) in rows {
        assert_eq!(one(body, &self_serve()), expected);
    }
}

#[test]
fn every_kind_of_metas_envelope_is_read() {
    let rows: Vec<(&str, Value)> = vec![
        (fixture!("v3-text.json"), json!({ "type": "text", "body": "Hola" })),
        (
            fixture!("v3-image.json"),
            json!({
                "type": "media", "kind": "image", "mime": "image/jpeg", "caption": "foto",
                "source": { "link": "https://files.example.com/wa/7001?download=false" },
            }),
        ),
        (
            fixture!("v3-voice.json"),
            json!({
                "type": "media", "kind": "voice", "mime": "audio/ogg; codecs=opus",
                "source": { "provider_id": "7002" },
            }),
        ),
        (
            fixture!("v3-button.json"),
            json!({
                "type": "template_button", "text": "Cancelar",
                "payload": "otb:OTB000102030405060708090a0b0c0d0e0f:cancel",
            }),
        ),
        (
            fixture!("v3-list-reply.json"),
            json!({ "type": "choice", "id": "slot-2", "title": "Tarde" }),
        ),
        (
            fixture!("v3-flow-reply.json"),
            json!({
                "type": "flow_reply", "name": "flow",
                "response": { "flow_token": "t9", "age": "30" },
            }),
        ),
        (
            fixture!("v3-order.json"),
            json!({ "type": "order", "catalog_id": "6001", "text": "regalo", "items": [{
                "product_retailer_id": "sku-9", "quantity": 2, "item_price": 12.5, "currency": "INR",
            }] }),
        ),
        (
            fixture!("v3-reaction.json"),
            json!({ "type": "reaction", "to": "wamid.OUT==", "emoji": "👍" }),
        ),
        (fixture!("v3-unsupported.json"), json!({ "type": "unsupported", "kind": "unsupported" })),
    ];
    for (body, expected) in rows {
        assert_eq!(content(body, &with_partner()), expected);
    }
    let reply = one(fixture!("v3-button.json"), &with_partner());
    assert_eq!(reply["context"], json!({ "reply_to": GUPSHUP_ID }));
    let ad = one(fixture!("v3-referral.json"), &with_partner());
    assert_eq!(ad["context"]["referral"]["source_id"], "50");
}

#[test]
fn a_user_without_a_number_has_a_business_scoped_id() {
    let item = one(fixture!("v3-user-without-number.json"), &with_partner());
    let expected =
        json!({ "address": { "bsuid": "IN.5550001" }, "name": "Ñusta", "username": "nusta" });
    assert_eq!(item["from"], expected);
}

/// K49: a payment among the statuses is the user's, not a step of our message.
#[test]
fn statuses_of_metas_envelope_are_read() {
    let gupshup = || json!({ "Provider": GUPSHUP_ID });
    let mut enqueued = status(&gupshup(), "accepted", "2024-03-11T15:00:01.420Z");
    enqueued["alias"] = json!("wamid.OUT==");
    enqueued["to"] = json!({ "phone": USER });
    assert_eq!(one(fixture!("v3-enqueued.json"), &with_partner()), enqueued);
    let mut failed = status(&gupshup(), "failed", "2024-03-11T15:00:04.000Z");
    failed["to"] = json!({ "phone": USER });
    failed["failure"] =
        json!({ "provider": "gupshup", "code": "131026", "message": "Message undeliverable" });
    assert_eq!(one(fixture!("v3-failed.json"), &with_partner()), failed);

    let payment = one(fixture!("v3-payment.json"), &with_partner());
    assert_eq!(payment["event"], "message_received");
    assert_eq!(payment["from"]["address"], json!({ "phone": USER }));
    let content = &payment["content"];
    assert_eq!(
        (
            &content["reference_id"],
            &content["amount_minor"],
            &content["offset"],
            &content["status"]
        ),
        (&json!("ORDER_9"), &json!(10000), &json!(100), &json!("captured"))
    );
    let rejected = json!({
        "event": "template_changed", "name": "inicio_00010203", "language": "pt_BR",
        "provider_status": "REJECTED", "reason": "ABUSIVE_CONTENT",
    });
    assert_eq!(one(fixture!("v3-template.json"), &with_partner()), rejected);
}

#[test]
fn a_body_with_several_items_keeps_all_in_order() {
    let items = read(&call(fixture!("v3-several.json")), &with_partner());
    let seen: Vec<&str> = items
        .iter()
        .map(|item| {
            let parts = [&item["content"]["body"], &item["status"], &item["ignored"]];
            parts.into_iter().find_map(Value::as_str).unwrap()
        })
        .collect();
    // The second message has no sender, and no contact of its own either.
    assert_eq!(
        seen,
        ["uno", "unreadable", "dos", "unknown_field", "sent", "unknown_status", "delivered"]
    );
}

#[test]
fn the_form_of_a_body_is_recognised() {
    let json = fixture!("enterprise-text.json");
    for call in [
        call(json),
        typed("application/json", json),
        typed("text/plain", json),
        typed("application/x-www-form-urlencoded", json),
    ] {
        assert!(matches!(
            Gupshup.parse(&call, &enterprise()).unwrap().items[0],
            Item::Event(Event::MessageReceived(_))
        ));
    }
}
