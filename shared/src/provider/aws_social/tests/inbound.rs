//! What the topic brings.

use proptest::prelude::*;

use super::*;
use crate::domain::event::{Event, MessageRef};
use crate::domain::message::{FromUser, MediaSource, Status};
use crate::provider::Item;

fn items(body: &str) -> Vec<Item> {
    items_of(body, &channel(&[]))
}

fn items_of(body: &str, channel: &OpenChannel) -> Vec<Item> {
    AwsSocial.parse(&call(body), channel).unwrap().items
}

fn ignored(reason: &'static str) -> Vec<Item> {
    vec![Item::Ignored { reason }]
}

/// README 8: a text with its sender, as WhatsApp tells it.
#[test]
fn a_text_comes_out_of_three_wrappings() {
    let items = items(fixture!("text.json"));
    let [Item::Event(Event::MessageReceived(message))] = &items[..] else { panic!("{items:?}") };
    assert_eq!(message.provider_id, "wamid.HBgLNTcTEXT");
    assert_eq!(message.from.name.as_deref(), Some("Ana Pérez 🌱"));
    assert_eq!(message.content, FromUser::Text { body: "Hola, ¿abren hoy? 👋".to_owned() });
    assert_eq!(message.time, Time::from_millis(1_772_445_600_000));
}

/// README 14: a file is known by its id alone.
#[test]
fn a_file_has_an_id_and_no_link() {
    let items = items(fixture!("image.json"));
    let [Item::Event(Event::MessageReceived(message))] = &items[..] else { panic!("{items:?}") };
    let FromUser::Media(media) = &message.content else { panic!("{message:?}") };
    assert_eq!(media.source, Some(MediaSource::ProviderId("530339869524171".to_owned())));
    assert_eq!(media.caption.as_deref(), Some("el recibo"));
}

/// README 11: what cannot be read costs nothing beside it.
#[test]
fn a_broken_item_does_not_lose_the_ones_beside_it() {
    let items = items(fixture!("two-messages.json"));
    let told = |item: &Item| matches!(item, Item::Event(Event::MessageReceived(_)));
    assert_eq!(items.iter().map(told).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(items[1], Item::Ignored { reason: "unreadable" });
}

/// README 10: the first status joins AWS's id with WhatsApp's, later ones have WhatsApp's or ours.
#[test]
fn statuses_name_their_message_in_three_ways() {
    let status = |body: &str| match &items(body)[..] {
        [Item::Event(Event::StatusChanged(changed))] => changed.clone(),
        other => panic!("{other:?}"),
    };
    let (aws, whatsapp) =
        ("0d0eaa9e-139c-43d4-a369-2b2950e110e0", "wamid.HBgLNTczMDAxMjM0NTY3FQIAERgSQ0E1");
    let accepted = status(fixture!("status-accepted.json"));
    assert_eq!(accepted.message, MessageRef::Provider(aws.to_owned()));
    assert_eq!(accepted.alias.as_deref(), Some(whatsapp));
    assert_eq!(accepted.status, Status::Accepted);
    let read = status(fixture!("status-read-by-id.json"));
    assert_eq!(read.message, MessageRef::Provider(whatsapp.to_owned()));
    assert_eq!(read.status, Status::Read);
    // Refused before WhatsApp had it: neither its id nor a time of its own.
    let failed = status(fixture!("status-failed-before-whatsapp.json"));
    assert_eq!(failed.message, MessageRef::Provider(aws.to_owned()));
    assert_eq!(failed.failure.as_ref().unwrap().code, "131047");
    assert_eq!(failed.time, Time::parse("2026-03-02T10:00:00Z").unwrap());
}

/// README 11: one topic may be that of several numbers and accounts.
#[test]
fn what_concerns_another_number_or_account_is_not_ours() {
    assert_eq!(items(fixture!("other-number.json")), ignored("other_number"));
    assert_eq!(items(fixture!("other-account.json")), ignored("other_account"));
    let unset = channel(&[("waba_id", "")]);
    let told = items_of(fixture!("other-account.json"), &unset);
    assert!(matches!(&told[..], [Item::Event(Event::TemplateChanged(_))]), "{told:?}");
    let ours = items(fixture!("template-approved.json"));
    assert!(matches!(&ours[..], [Item::Event(Event::TemplateChanged(_))]), "{ours:?}");
}

/// README 11: the rest is counted.
#[test]
fn what_is_no_event_is_counted() {
    assert_eq!(items(fixture!("entry-that-is-none.json")), ignored("unreadable"));
    assert_eq!(items(fixture!("no-event.json")), ignored("unreadable"));
    assert_eq!(items(fixture!("subscription.json")), ignored("subscription"));
    assert_eq!(items(fixture!("unsubscribe.json")), ignored("subscription"));
}

/// README 11: no entry and no message id make the reader fall or lose count.
#[test]
fn no_text_makes_the_reader_fall() {
    let around = |entry: String, id: Option<String>| {
        let message = json!({ "whatsAppWebhookEntry": entry, "messageId": id });
        json!({ "Type": "Notification", "Message": message.to_string() }).to_string()
    };
    let inner = json_of(fixture!("text.json"))["Message"].as_str().unwrap().to_owned();
    let entry = json_of(inner)["whatsAppWebhookEntry"].as_str().unwrap().to_owned();
    proptest!(|(cut in 0..entry.len(), junk in ".{0,40}", id in proptest::option::of(".{0,9}"))| {
        let mut text = entry.clone();
        let cut = (0..=cut).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        text.insert_str(cut, &junk);
        let parsed = AwsSocial.parse(&call(around(text, id)), &channel(&[]));
        prop_assert!(!parsed.unwrap().items.is_empty());
    });
}
