//! What the platform tells: every sample as the event that it is.

use super::*;
use crate::domain::event::{Event, MessageReceived, MessageRef};
use crate::domain::message::{FromUser, ToUser};
use crate::domain::user::Address;

fn items(body: &str) -> Vec<Item> {
    Meta.parse(&call(body.as_bytes()), &channel()).unwrap().items
}

/// The one event of a sample.
fn event(body: &str) -> Event {
    match items(body).as_slice() {
        [Item::Event(event)] => event.clone(),
        other => panic!("not one event but {other:?}"),
    }
}

fn received(body: &str) -> MessageReceived {
    match event(body) {
        Event::MessageReceived(message) => message,
        other => panic!("not a message but {other:?}"),
    }
}

fn check(rows: &[(&str, Value)]) {
    for (body, expected) in rows {
        assert_eq!(&serde_json::to_value(event(body)).unwrap(), expected);
    }
}

/// T2, T6: every kind of message that a user can send is read, and what nobody can read is recorded as such.
#[test]
#[expect(clippy::too_many_lines, reason = "one row per kind")]
fn every_kind_of_message_is_read() {
    let rows = [
        (
            fixture!("inbound-text.json"),
            json!({"type": "text", "body": "Quiero empezar"}),
            json!({}),
        ),
        (
            fixture!("inbound-text-reply.json"),
            json!({"type": "text", "body": "Sí, ese"}),
            json!({"reply_to": "wamid.OURS01"}),
        ),
        (
            fixture!("inbound-text-forwarded.json"),
            json!({"type": "text", "body": "Mira"}),
            json!({"forwarded": true}),
        ),
        (
            fixture!("inbound-text-forwarded-many-times.json"),
            json!({"type": "text", "body": "Cadena"}),
            json!({"forwarded": true}),
        ),
        (
            fixture!("inbound-text-about-product.json"),
            json!({"type": "text", "body": "¿Lo tienen en azul?"}),
            json!({
                "reply_to": "wamid.CATALOG1",
                "referral": {
                    "referred_product": {
                        "catalog_id": "3300112233",
                        "product_retailer_id": "mug-07"
                    }
                }
            }),
        ),
        (
            fixture!("inbound-text-from-ad.json"),
            json!({"type": "text", "body": "Vi su anuncio"}),
            json!({
                "referral": {
                    "body": "En cinco minutos",
                    "ctwa_clid": "clid-77",
                    "headline": "Abre tu cuenta",
                    "image_url": "https://cdn.example.com/ad.jpg",
                    "media_type": "image",
                    "source_id": "1200450077",
                    "source_type": "ad",
                    "source_url": "https://fb.me/abc123",
                    "welcome_message": {"text": "¡Hola!"}
                }
            }),
        ),
        (
            fixture!("inbound-image.json"),
            json!({
                "type": "media",
                "kind": "image",
                "source": {"provider_id": "7001"},
                "mime": "image/jpeg",
                "caption": "Mi cédula"
            }),
            json!({}),
        ),
        (
            fixture!("inbound-image-with-url.json"),
            json!({
                "type": "media",
                "kind": "image",
                "source": {
                    "private_link": {
                        "url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=7002&hash=abc",
                        "id": "7002"
                    }
                },
                "mime": "image/jpeg"
            }),
            json!({}),
        ),
        (
            fixture!("inbound-image-without-id.json"),
            json!({"type": "media", "kind": "image", "source": null, "mime": "image/jpeg"}),
            json!({}),
        ),
        (
            fixture!("inbound-video.json"),
            json!({
                "type": "media",
                "kind": "video",
                "source": {"provider_id": "7003"},
                "mime": "video/mp4",
                "caption": "Prueba de vida"
            }),
            json!({}),
        ),
        (
            fixture!("inbound-audio.json"),
            json!({
                "type": "media",
                "kind": "audio",
                "source": {"provider_id": "7004"},
                "mime": "audio/mpeg"
            }),
            json!({}),
        ),
        (
            fixture!("inbound-voice.json"),
            json!({
                "type": "media",
                "kind": "voice",
                "source": {"provider_id": "7005"},
                "mime": "audio/ogg; codecs=opus"
            }),
            json!({}),
        ),
        (
            fixture!("inbound-voice-old.json"),
            json!({
                "type": "media",
                "kind": "voice",
                "source": {"provider_id": "7006"},
                "mime": "audio/ogg; codecs=opus"
            }),
            json!({}),
        ),
        (
            fixture!("inbound-document.json"),
            json!({
                "type": "media",
                "kind": "document",
                "source": {"provider_id": "7007"},
                "mime": "application/pdf",
                "filename": "recibo.pdf",
                "caption": "Recibo de luz"
            }),
            json!({}),
        ),
        (
            fixture!("inbound-sticker.json"),
            json!({
                "type": "media",
                "kind": "sticker",
                "source": {"provider_id": "7008"},
                "mime": "image/webp"
            }),
            json!({}),
        ),
        (
            fixture!("inbound-location-pin.json"),
            json!({"type": "location", "latitude": "4.60971", "longitude": "-74.08175"}),
            json!({}),
        ),
        (
            fixture!("inbound-location-place.json"),
            json!({
                "type": "location",
                "latitude": "6.2476376000001",
                "longitude": "-75.56581530",
                "name": "Parque",
                "address": "Calle 10 # 43"
            }),
            json!({}),
        ),
        (
            fixture!("inbound-contacts.json"),
            json!({
                "type": "contacts",
                "contacts": [
                    {
                        "name": {"first_name": "Luis", "formatted_name": "Luis Gómez"},
                        "phones": [
                            {
                                "phone": "+1 555-010-4477",
                                "type": "CELL",
                                "wa_id": "15550104477"
                            }
                        ]
                    },
                    {
                        "name": {"formatted_name": "Taller"},
                        "org": {"company": "Taller Sur"}
                    }
                ]
            }),
            json!({}),
        ),
        (
            fixture!("inbound-interactive-button-reply.json"),
            json!({"type": "choice", "id": "step-3:yes", "title": "Sí"}),
            json!({"reply_to": "wamid.OURS02"}),
        ),
        (
            fixture!("inbound-interactive-list-reply.json"),
            json!({"type": "choice", "id": "city-bog", "title": "Bogotá"}),
            json!({"reply_to": "wamid.OURS03"}),
        ),
        (
            fixture!("inbound-interactive-flow-reply.json"),
            json!({
                "type": "flow_reply",
                "name": "flow",
                "response": {"flow_token": "tok-1", "rating": 4}
            }),
            json!({}),
        ),
        (
            fixture!("inbound-interactive-flow-reply-not-an-object.json"),
            json!({"type": "flow_reply", "name": "flow", "response": "done"}),
            json!({}),
        ),
        (
            fixture!("inbound-interactive-without-content.json"),
            json!({"type": "unsupported", "kind": "interactive"}),
            json!({}),
        ),
        (
            fixture!("inbound-template-button.json"),
            json!({
                "type": "template_button",
                "payload": "otb:OTB4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e:continue",
                "text": "Continuar"
            }),
            json!({"reply_to": "wamid.OURS04"}),
        ),
        (
            fixture!("inbound-order.json"),
            json!({
                "type": "order",
                "catalog_id": "3300112233",
                "text": null,
                "items": [
                    {
                        "currency": "USD",
                        "item_price": 12.5,
                        "product_retailer_id": "mug-07",
                        "quantity": 2
                    }
                ]
            }),
            json!({}),
        ),
        (
            fixture!("inbound-reaction.json"),
            json!({"type": "reaction", "to": "wamid.OURS05", "emoji": "👍"}),
            json!({}),
        ),
        (
            fixture!("inbound-reaction-removed.json"),
            json!({"type": "reaction", "to": "wamid.OURS05", "emoji": null}),
            json!({}),
        ),
        (
            fixture!("inbound-system-number-change.json"),
            json!({
                "type": "system",
                "kind": "user_changed_number",
                "body": "User Ana changed from 573001234567 to 573007654321",
                "new_address": {"phone": "573007654321"}
            }),
            json!({}),
        ),
        (
            fixture!("inbound-system-user-id-change.json"),
            json!({
                "type": "system",
                "kind": "user_changed_user_id",
                "body": "User changed the id",
                "new_address": {"bsuid": "CO.new8Id"}
            }),
            json!({}),
        ),
        (
            fixture!("inbound-system-identity-change.json"),
            json!({
                "type": "system",
                "kind": "customer_identity_changed",
                "body": "User identity changed",
                "new_address": null
            }),
            json!({}),
        ),
        (
            fixture!("inbound-unsupported.json"),
            json!({"type": "unsupported", "kind": "unsupported"}),
            json!({}),
        ),
        (
            fixture!("inbound-unsupported-with-kind.json"),
            json!({"type": "unsupported", "kind": "poll"}),
            json!({}),
        ),
        (
            fixture!("inbound-unknown-type.json"),
            json!({"type": "unsupported", "kind": "hologram"}),
            json!({}),
        ),
        (
            fixture!("inbound-request-welcome.json"),
            json!({
                "type": "system",
                "kind": "request_welcome",
                "body": null,
                "new_address": null
            }),
            json!({}),
        ),
        (
            fixture!("inbound-edit.json"),
            json!({"type": "edit", "original": "wamid.WHARF0001", "body": "Quiero empezar ya"}),
            json!({}),
        ),
        (
            fixture!("inbound-edit-caption.json"),
            json!({"type": "edit", "original": "wamid.WHARF0009", "body": "Mi cédula nueva"}),
            json!({}),
        ),
        (
            fixture!("inbound-revoke.json"),
            json!({"type": "revoke", "original": "wamid.WHARF0001"}),
            json!({}),
        ),
    ];
    for (body, content, context) in rows {
        let message = received(body);
        assert_eq!(serde_json::to_value(&message.content).unwrap(), content, "{body}");
        assert_eq!(serde_json::to_value(&message.context).unwrap(), context, "{body}");
    }
}

/// T2: who wrote, when, and under which id.
#[test]
fn a_message_has_its_sender_time_and_id() {
    let message = received(fixture!("inbound-text.json"));
    assert_eq!(message.provider_id, "wamid.WHARF0001");
    assert_eq!(message.time.to_string(), "2024-03-11T15:00:01.000Z");
    assert_eq!(message.from.address.phone(), Some("573001234567"));
    assert_eq!(message.from.name.as_deref(), Some("Ana Pérez"));
    assert_eq!((message.from.bsuid, message.from.username), (None, None));
}

#[test]
fn milliseconds_are_told_from_seconds() {
    let message = received(fixture!("inbound-text-milliseconds.json"));
    assert_eq!(message.time.to_string(), "2024-03-11T15:01:39.123Z");
}

/// whatsapp-rules 9: the number is the address as long as it is there; the other id is kept beside it.
#[test]
fn a_user_without_a_number_is_known_by_the_other_id() {
    let both = received(fixture!("inbound-text-with-bsuid.json")).from;
    assert_eq!(both.address.phone(), Some("573001234567"));
    assert_eq!(both.bsuid.unwrap().as_str(), "CO.4f7Hq2LmZx81");
    assert_eq!(both.username.as_deref(), Some("ana.perez"));
    let hidden = received(fixture!("inbound-username-only.json")).from;
    assert!(matches!(&hidden.address, Address::Bsuid(id) if id.as_str() == "CO.4f7Hq2LmZx81"));
    assert_eq!((hidden.bsuid, hidden.name.as_deref()), (None, Some("Kai")));
    let in_from = fixture!("inbound-text.json").replace("573001234567", "CO.4f7Hq2LmZx81");
    assert_eq!(received(&in_from).from.address, hidden.address);
}

/// A sender whose card is missing, or has no name, is a sender all the same.
#[test]
fn a_missing_card_costs_the_name_only() {
    let body = fixture!("inbound-text.json").replace("\"contacts\"", "\"no_contacts\"");
    assert_eq!(received(&body).from.name, None);
    let body = fixture!("inbound-text.json").replace("Ana Pérez", "");
    assert_eq!(received(&body).from.name, None);
}

/// Redelivery brings the same bytes: what has no id gets the same one again.
#[test]
fn a_message_without_an_id_gets_one_from_its_bytes() {
    let body = fixture!("inbound-text.json").replace("wamid.WHARF0001", "");
    let message = received(&body);
    assert_eq!(message.provider_id.len(), 64);
    assert_eq!(message, received(&body));
    assert_ne!(message.provider_id, received(&body.replace("empezar", "parar")).provider_id);
}

/// A status finds our message by our own id if it came back, else by the platform's.
#[test]
fn every_status_is_read() {
    check(&[
        (
            fixture!("status-sent.json"),
            json!({
                "event": "status_changed",
                "message": {
                    "Ours": "MSG0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
                },
                "status": "sent",
                "time": "2024-03-11T15:02:23.000Z"
            }),
        ),
        (
            fixture!("status-sent-other-callback-data.json"),
            json!({
                "event": "status_changed",
                "message": {"Provider": "wamid.OURS10"},
                "status": "sent",
                "time": "2024-03-11T15:02:24.000Z"
            }),
        ),
        (
            fixture!("status-delivered.json"),
            json!({
                "event": "status_changed",
                "message": {
                    "Ours": "MSG0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
                },
                "status": "delivered",
                "time": "2024-03-11T15:02:25.000Z"
            }),
        ),
        (
            fixture!("status-read.json"),
            json!({
                "event": "status_changed",
                "message": {
                    "Ours": "MSG0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
                },
                "status": "read",
                "time": "2024-03-11T15:02:26.000Z"
            }),
        ),
        (
            fixture!("status-played.json"),
            json!({
                "event": "status_changed",
                "message": {"Provider": "wamid.OURS10"},
                "status": "read",
                "time": "2024-03-11T15:02:27.000Z"
            }),
        ),
    ]);
}

/// A failure has the platform's code and its most exact words.
#[test]
fn every_failure_is_read() {
    check(&[
        (
            fixture!("status-failed-131047.json"),
            json!({
                "event": "status_changed",
                "message": {
                    "Ours": "MSG0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
                },
                "status": "failed",
                "time": "2024-03-11T15:02:28.000Z",
                "failure": {
                    "provider": "cloud_api",
                    "code": "131047",
                    "message": "Message failed to send because more than 24 hours have passed since the customer last replied to this number."
                }
            }),
        ),
        (
            fixture!("status-failed-131026.json"),
            json!({
                "event": "status_changed",
                "message": {"Provider": "wamid.OURS10"},
                "status": "failed",
                "time": "2024-03-11T15:02:29.000Z",
                "failure": {
                    "provider": "cloud_api",
                    "code": "131026",
                    "message": "Message Undeliverable."
                }
            }),
        ),
        (
            fixture!("status-failed-without-reason.json"),
            json!({
                "event": "status_changed",
                "message": {"Provider": "wamid.OURS10"},
                "status": "failed",
                "time": "2024-03-11T15:02:30.000Z",
                "failure": {
                    "provider": "cloud_api",
                    "code": "unknown",
                    "message": "the provider gave no reason"
                }
            }),
        ),
    ]);
}

/// T45-T47: the end of a review is told with the platform's word.
#[test]
fn template_events_are_read() {
    check(&[
        (
            fixture!("template-status-approved.json"),
            json!({
                "event": "template_changed",
                "category": "UTILITY",
                "provider_id": "880011223344",
                "name": "start_process_4e4e4e4e",
                "language": "pt_BR",
                "provider_status": "APPROVED"
            }),
        ),
        (
            fixture!("template-status-rejected.json"),
            json!({
                "event": "template_changed",
                "category": "UTILITY",
                "provider_id": "880011223344",
                "name": "start_process_4e4e4e4e",
                "language": "pt_BR",
                "provider_status": "REJECTED",
                "reason": "INVALID_FORMAT: Two parameters stand next to each other."
            }),
        ),
        (
            fixture!("template-status-paused.json"),
            json!({
                "event": "template_changed",
                "category": "UTILITY",
                "provider_id": "880011223344",
                "name": "start_process_4e4e4e4e",
                "language": "pt_BR",
                "provider_status": "PAUSED",
                "reason": "Paused for 3 hours because of its low quality."
            }),
        ),
        (
            fixture!("template-status-disabled.json"),
            json!({
                "event": "template_changed",
                "category": "UTILITY",
                "provider_id": "880011223344",
                "name": "start_process_4e4e4e4e",
                "language": "pt_BR",
                "provider_status": "DISABLED"
            }),
        ),
    ]);
}

/// What WhatsApp thinks of a template beside its review; new parts of it are a change of the account.
#[test]
fn other_template_events_are_read() {
    let changed = |more: serde_json::Value| {
        let mut changed = json!({
            "event": "template_changed", "provider_id": "880011223344",
            "name": "start_process_4e4e4e4e", "language": "pt_BR",
        });
        for (name, value) in more.as_object().unwrap() {
            changed[name] = value.clone();
        }
        changed
    };
    check(&[
        (fixture!("template-quality.json"), changed(json!({ "quality": "RED" }))),
        (fixture!("template-category.json"), changed(json!({ "category": "MARKETING" }))),
        (
            fixture!("template-category-announced.json"),
            changed(json!({ "category": "UTILITY", "next_category": "MARKETING" })),
        ),
        (
            fixture!("template-components.json"),
            json!({
                "event": "account_changed",
                "kind": "message_template_components_update",
                "detail": {
                    "message_template_element": "Olá {{1}}!",
                    "message_template_id": 880_011_223_344_i64,
                    "message_template_language": "pt_BR",
                    "message_template_name": "start_process_4e4e4e4e"
                }
            }),
        ),
    ]);
}

/// What befalls the account or its number is told with the platform's own object.
#[test]
fn account_events_are_read() {
    check(&[
        (
            fixture!("account-update-restriction.json"),
            json!({
                "event": "account_changed",
                "kind": "account_update",
                "detail": {
                    "event": "ACCOUNT_RESTRICTION",
                    "restriction_info": [
                        {
                            "expiration": 1_710_255_900,
                            "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"
                        }
                    ]
                }
            }),
        ),
        (
            fixture!("account-update-disabled.json"),
            json!({
                "event": "account_changed",
                "kind": "account_update",
                "detail": {
                    "ban_info": {
                        "waba_ban_date": "March 11, 2024",
                        "waba_ban_state": "DISABLE"
                    },
                    "event": "DISABLED_UPDATE"
                }
            }),
        ),
        (
            fixture!("phone-number-quality.json"),
            json!({
                "event": "account_changed",
                "kind": "phone_number_quality_update",
                "detail": {
                    "current_limit": "TIER_10K",
                    "display_phone_number": "15550102030",
                    "event": "FLAGGED"
                }
            }),
        ),
        (
            fixture!("account-errors.json"),
            json!({
                "event": "account_changed",
                "kind": "errors",
                "detail": {
                    "code": 131_042,
                    "title": "Business eligibility payment issue"
                }
            }),
        ),
    ]);
}

/// A user's stop and resume are consent taken back and given (T23).
#[test]
fn preferences_are_opt_ins() {
    let items = items(fixture!("user-preferences.json"));
    let opted: Vec<Option<bool>> = items
        .iter()
        .map(|item| match item {
            Item::Event(Event::OptInChanged { opted_in, .. }) => Some(*opted_in),
            _ => None,
        })
        .collect();
    assert_eq!(opted, [Some(false), Some(true), None]);
    assert_eq!(items[2], Item::Ignored { reason: "unknown_preference" });
}

/// K49: a payment is told among the statuses, but is what the user did.
#[test]
fn a_payment_among_the_statuses_is_the_users() {
    let payment = received(fixture!("status-payment-captured.json"));
    let FromUser::Payment(paid) = payment.content else { panic!("{payment:?}") };
    assert_eq!(
        (paid.reference_id.as_str(), paid.amount_minor, paid.offset),
        ("order-77", 21_000, 100)
    );
    assert_eq!((paid.currency.as_str(), paid.status.as_str()), ("INR", "captured"));
    assert_eq!(payment.context.reply_to.as_deref(), Some("wamid.OURS10"));
}

/// What the business's own phone sent is kept as said to the user; what is no message of its own is not.
#[test]
fn an_echo_is_what_the_business_said() {
    let Event::MessageEchoed(echo) = event(fixture!("smb-message-echo.json")) else { panic!() };
    assert_eq!(echo.provider_id, "wamid.ECHO1");
    assert_eq!(echo.to.phone(), Some("573001234567"));
    assert_eq!(echo.content, ToUser::text("desde el celular"));
    let revoked = fixture!("smb-message-echo.json").replace(
        r#""type": "text""#,
        r#""type": "revoke", "revoke": { "original_message_id": "x" }"#,
    );
    assert_eq!(items(&revoked), [Item::Ignored { reason: "echo" }]);
    let nameless = fixture!("smb-message-echo.json").replace("wamid.ECHO1", "");
    assert_eq!(items(&nameless), [Item::Ignored { reason: "unreadable" }]);
}

/// What does not concern a conversation of this channel is counted under its reason.
#[test]
fn the_rest_is_ignored_with_a_reason() {
    trial().ignores(&[
        (fixture!("inbound-group-text.json"), "group_message"),
        (fixture!("inbound-text-other-number.json"), "other_number"),
        (fixture!("status-group.json"), "group_status"),
        (fixture!("status-warning.json"), "old_status"),
        (fixture!("status-unknown.json"), "unknown_status"),
        (fixture!("template-status-other-account.json"), "other_account"),
        (fixture!("unknown-field.json"), "unknown_field"),
    ]);
}

/// T6: two entries of two changes with three messages each, and two statuses: fourteen items in their order.
#[test]
fn every_part_of_a_batch_counts() {
    let ids: Vec<String> = items(fixture!("batch-fourteen.json"))
        .into_iter()
        .map(|item| match item {
            Item::Event(Event::MessageReceived(message)) => message.provider_id,
            Item::Event(Event::StatusChanged(status)) => match status.message {
                MessageRef::Provider(id) => id,
                MessageRef::Ours(id) => id.to_string(),
            },
            other => panic!("{other:?}"),
        })
        .collect();
    let expected: Vec<String> = (1..=6)
        .map(|n| format!("wamid.BATCH{n:02}"))
        .chain(["wamid.OURS20".to_owned()])
        .chain((7..=12).map(|n| format!("wamid.BATCH{n:02}")))
        .chain(["wamid.OURS21".to_owned()])
        .collect();
    assert_eq!(ids, expected);
}

/// T6: what cannot be read is counted and costs nothing beside it; the same message twice is two items.
#[test]
fn broken_parts_do_not_lose_the_good_ones() {
    let told: Vec<String> = items(fixture!("batch-with-broken-parts.json"))
        .into_iter()
        .map(|item| match item {
            Item::Event(Event::MessageReceived(message)) => message.provider_id,
            Item::Event(Event::StatusChanged(_)) => "status".to_owned(),
            Item::Event(other) => panic!("{other:?}"),
            Item::Elsewhere { number, .. } => panic!("{number}"),
            Item::Ignored { reason } => reason.to_owned(),
        })
        .collect();
    assert_eq!(
        told,
        [
            "unreadable", // an entry that is a number
            "unreadable", // a change that is false
            "unreadable", // a value that is a text
            "wamid.BATCH31",
            "unreadable",    // a message that is a text
            "unreadable",    // a time that is none
            "wamid.BATCH33", // a content that is a list: recorded as unsupported
            "no_sender",
            "no_sender",
            "wamid.BATCH36",
            "unreadable", // a status of nothing
            "status",
            "empty", // a change without content
            "empty", // an entry without changes
        ]
    );
    let body = fixture!("batch-with-broken-parts.json");
    let list = items(body).into_iter().find_map(|item| match item {
        Item::Event(Event::MessageReceived(message)) => {
            (message.provider_id == "wamid.BATCH33").then_some(message.content)
        }
        _ => None,
    });
    assert_eq!(serde_json::to_value(list).unwrap(), json!({"type": "unsupported", "kind": "text"}));
    assert_eq!(items(fixture!("inbound-duplicate.json")).len(), 2);
}

/// The samples of the app's dashboard come from the account `0`.
#[test]
fn account_zero_is_ours() {
    let body = fixture!("template-status-other-account.json").replace("31415926", "0");
    assert!(matches!(event(&body), Event::TemplateChanged(_)));
}
