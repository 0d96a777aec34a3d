//! Webhooks that are one notice and no list: how a payment went, that a user's identity changed, what a user wants to
//! hear, and what became of a template (infobip 4).

use serde_json::Value;
use serde_json::value::RawValue;

use super::parse::{UNREADABLE, address, elsewhere, hash, other_number, time};
use super::wire;
use crate::domain::channel::OpenChannel;
use crate::domain::event::{Event, MessageReceived, TemplateChanged};
use crate::domain::message::{Context, FromUser, Payment};
use crate::domain::outbound::Category;
use crate::domain::time::Time;
use crate::domain::user::Sender;
use crate::provider::Item;
use crate::provider::cloud::{any, read as object, text};

/// The whole body.
pub(super) fn read(body: &RawValue, channel: &OpenChannel) -> Item {
    let Some(notice) = object::<wire::Notice<'_>>(Some(body)) else { return UNREADABLE };
    if notice.message_template_name.is_some() || notice.message_template_id.is_some() {
        return template(&notice);
    }
    if notice.content.is_none() {
        // Clicks on tracked links, and whatever else Infobip invents.
        return Item::Ignored { reason: "unknown_event" };
    }
    let Some(content) = object::<wire::NoticeContent<'_>>(notice.content) else {
        return UNREADABLE;
    };
    if let Some(number) = other_number(channel, notice.from.as_deref()) {
        return elsewhere(number, body.get());
    }
    let time = time(notice.created_at.as_deref());
    match content.kind.as_deref() {
        Some("payment") => payment(&notice, &content, time),
        Some("user_identity_changed") => identity(&content, time),
        _ if content.notification_messages_status.is_some() => preference(&content, time),
        Some(_) | None => Some(Item::Ignored { reason: "unknown_event" }),
    }
    .unwrap_or(UNREADABLE)
}

/// What happened to the user `from`. `id` tells it from others and is the same on redelivery.
fn message(from: &str, id: String, time: Time, content: FromUser) -> Option<Item> {
    let from = Sender { address: address(from)?, bsuid: None, name: None, username: None };
    let (provider_id, context) = (id, Context::default());
    let message = MessageReceived { provider_id, time, from, content, context };
    Some(Item::Event(Event::MessageReceived(message)))
}

/// The trusted result, in the words that it has at every provider.
fn payment(
    notice: &wire::Notice<'_>,
    content: &wire::NoticeContent<'_>,
    time: Option<Time>,
) -> Option<Item> {
    let transactions = content.transactions.iter().flatten();
    let transactions: Vec<wire::Transaction<'_>> =
        transactions.filter_map(|part| object(Some(part))).collect();
    let last = transactions.last();
    let payment = Payment {
        transaction_id: text(last.and_then(|one| one.id.as_deref())),
        reference_id: text(content.reference_id.as_deref())?,
        amount_minor: content.total_amount_value?,
        offset: content.total_amount_offset.filter(|offset| *offset > 0)?,
        currency: text(content.currency.as_deref())?,
        transaction_type: last.and_then(|one| one.kind.as_deref()).map(str::to_ascii_lowercase),
        status: text(content.payment_status.as_deref())?.to_ascii_lowercase(),
        raw: any::<Value>(notice.content)?,
    };
    let transaction = payment.transaction_id.as_deref().unwrap_or_default();
    let id = hash(&[&payment.reference_id, transaction, &payment.status]);
    message(content.from.as_deref()?, id, time?, FromUser::Payment(payment))
}

/// Under the Cloud API's word.
fn identity(content: &wire::NoticeContent<'_>, time: Option<Time>) -> Option<Item> {
    let user = content.user_number.as_deref()?;
    let id = hash(&[user, content.hash.as_deref().unwrap_or_default()]);
    let system = FromUser::System {
        kind: "customer_identity_changed".to_owned(),
        body: text(content.description.as_deref()),
        new_address: None,
    };
    message(user, id, time?, system)
}

/// Whether the user wants to hear of offers. The words are not published; they are Meta's own.
fn preference(content: &wire::NoticeContent<'_>, time: Option<Time>) -> Option<Item> {
    let word = content.notification_messages_status.as_deref()?.to_ascii_lowercase();
    let opted_in = match word.as_str() {
        "stop" | "stopped" | "opt_out" | "opted_out" => false,
        "resume" | "resumed" | "signup" | "opt_in" | "opted_in" => true,
        _ => return Some(Item::Ignored { reason: "unknown_preference" }),
    };
    let address = address(content.from.as_deref().or(content.user_number.as_deref())?)?;
    Some(Item::Event(Event::OptInChanged { address, opted_in, time: time? }))
}

/// A template is told of by the account, not by a number; its name is ours alone. Its id here is WhatsApp's, in the list
/// Infobip's.
fn template(notice: &wire::Notice<'_>) -> Item {
    let Some(change) = object::<wire::Change<'_>>(notice.change) else { return UNREADABLE };
    let Some(name) = text(notice.message_template_name.as_deref()) else { return UNREADABLE };
    let language = text(notice.message_template_language.as_deref());
    let told = TemplateChanged { name: Some(name), language, ..TemplateChanged::default() };
    let changed = match change.kind.as_deref() {
        Some("TEMPLATE_STATUS_UPDATE") => {
            let reason =
                change.reason.as_deref().filter(|reason| !reason.eq_ignore_ascii_case("none"));
            text(change.new_status.as_deref()).map(|status| TemplateChanged {
                provider_status: Some(status),
                reason: text(reason),
                ..told
            })
        }
        Some("TEMPLATE_CATEGORY_UPDATE") => {
            let category = change.new_category.as_deref().and_then(Category::of);
            category.map(|category| TemplateChanged { category: Some(category), ..told })
        }
        Some("TEMPLATE_QUALITY_UPDATE") => text(change.new_quality_score.as_deref())
            .map(|quality| TemplateChanged { quality: Some(quality), ..told }),
        Some(_) | None => return Item::Ignored { reason: "unknown_event" },
    };
    changed.map_or(UNREADABLE, |changed| Item::Event(Event::TemplateChanged(changed)))
}
