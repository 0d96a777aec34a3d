//! The parts of a user's message that the gateway has in Meta's form. Not: files, which differ.

use serde_json::Value;

use super::wire::{inner, list, number, text};
use crate::domain::message::{FromUser, Location, Payment};

/// What is kept of a message that cannot be read.
pub(super) fn unsupported(kind: &str) -> FromUser {
    FromUser::Unsupported { kind: kind.to_owned() }
}

/// A location; degrees as numbers or texts.
pub(super) fn location(object: &Value) -> Option<FromUser> {
    Some(FromUser::Location(Location {
        latitude: text(object, "latitude")?,
        longitude: text(object, "longitude")?,
        name: text(object, "name"),
        address: text(object, "address"),
    }))
}

/// A tap on a template's quick reply.
pub(super) fn button(object: &Value) -> Option<FromUser> {
    let label = text(object, "text")?;
    let payload = text(object, "payload").unwrap_or_else(|| label.clone());
    Some(FromUser::TemplateButton { payload, text: label })
}

/// A tap, a pick, the answer of a flow or a payment: by its own `type`.
pub(super) fn interactive(object: &Value) -> FromUser {
    let kind = text(object, "type").unwrap_or_else(|| "interactive".to_owned());
    let content = match kind.as_str() {
        "list_reply" | "button_reply" => object.get(&kind).and_then(choice),
        "nfm_reply" => object.get("nfm_reply").and_then(flow_reply),
        "payment" => object.get("payment").and_then(gateway_payment),
        _ => None,
    };
    content.unwrap_or_else(|| unsupported(&kind))
}

fn choice(reply: &Value) -> Option<FromUser> {
    Some(FromUser::Choice { id: text(reply, "id")?, title: text(reply, "title")? })
}

fn flow_reply(reply: &Value) -> Option<FromUser> {
    Some(FromUser::FlowReply {
        name: text(reply, "name"),
        response: inner(reply, "response_json")?,
    })
}

/// K51, K52: amounts are integers over an offset, nothing is rounded.
fn gateway_payment(payment: &Value) -> Option<FromUser> {
    let (amount_minor, offset) = amount(payment.get("total_amount")?)?;
    Some(FromUser::Payment(Payment {
        transaction_id: text(payment, "transaction_id"),
        reference_id: text(payment, "reference_id")?,
        amount_minor,
        offset,
        currency: text(payment, "currency")?,
        transaction_type: text(payment, "transaction_type"),
        status: text(payment, "status")?,
        raw: payment.clone(),
    }))
}

/// Value and offset; an offset that is no positive number makes no amount.
fn amount(object: &Value) -> Option<(i64, i64)> {
    let offset = number(object, "offset").filter(|offset| *offset > 0)?;
    Some((number(object, "value")?, offset))
}

/// A reaction; without an emoji it is taken back.
pub(super) fn reaction(object: &Value) -> Option<FromUser> {
    Some(FromUser::Reaction { to: text(object, "message_id")?, emoji: text(object, "emoji") })
}

/// An order out of a catalogue.
pub(super) fn order(object: &Value) -> Option<FromUser> {
    Some(FromUser::Order {
        catalog_id: text(object, "catalog_id"),
        text: text(object, "text"),
        items: Some(list(object, "product_items").to_vec()).filter(|items| !items.is_empty())?,
    })
}

/// Cards of an address book: the list itself.
pub(super) fn contacts(list: &Value) -> Option<FromUser> {
    let contacts = list.as_array().filter(|list| !list.is_empty())?;
    Some(FromUser::Contacts { contacts: contacts.clone() })
}
