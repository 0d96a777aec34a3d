//! Statuses: how far a message of ours has come, and how a payment went, which is told among them.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::parse::{self, UNREADABLE, parts, said, text, time};
use super::{Dialect, wire};
use crate::domain::channel::OpenChannel;
use crate::domain::event::{Event, MessageReceived, MessageRef, StatusChanged};
use crate::domain::message::{Context, Failure, FromUser, Payment, Status};
use crate::domain::user::{Address, Bsuid, Sender, WaId};
use crate::provider::Item;

/// One entry of `statuses`.
pub(super) fn read(part: &RawValue, channel: &OpenChannel, dialect: Dialect) -> Item {
    let Some(given) = parse::read::<wire::Status<'_>>(Some(part)) else { return UNREADABLE };
    let ignored = |reason| Item::Ignored { reason };
    if given.kind.as_deref() == Some("payment") {
        return payment(&given).unwrap_or(UNREADABLE);
    }
    if given.recipient_type.as_deref() == Some("group") {
        return ignored("group_status");
    }
    let status = match given.status.as_deref() {
        // GupShup's and AWS's words for what WhatsApp has taken.
        Some("enqueued" | "accepted") => Status::Accepted,
        Some("sent") => Status::Sent,
        Some("delivered") => Status::Delivered,
        Some("read" | "played") => Status::Read,
        Some("failed") => Status::Failed,
        Some("deleted" | "warning") => return ignored("old_status"),
        Some(_) => return ignored("unknown_status"),
        None => return UNREADABLE,
    };
    let Some((message, alias, to)) = which(&given, status, dialect) else { return UNREADABLE };
    let Some(time) = time(given.timestamp.as_deref()) else { return UNREADABLE };
    let failure = (status == Status::Failed).then(|| failure(given.errors.as_ref(), channel));
    Item::Event(Event::StatusChanged(StatusChanged { message, alias, to, status, time, failure }))
}

/// Which message it speaks of: by our own id, else by the carrier's. GupShup and AWS have an id of their own beside WhatsApp's,
/// of which later statuses may carry one alone. Where no id of ours comes back the user tells too.
fn which(
    given: &wire::Status<'_>,
    status: Status,
    dialect: Dialect,
) -> Option<(MessageRef, Option<String>, Option<Address>)> {
    let to = if dialect.echoes { None } else { recipient(given) };
    let (gupshup, whatsapp) = (text(given.gs_id.as_deref()), text(given.id.as_deref()));
    if let Some(ours) = given.biz_opaque_callback_data.as_deref().and_then(|id| id.parse().ok()) {
        return Some((MessageRef::Ours(ours), None, None));
    }
    match (gupshup, whatsapp) {
        (Some(id), whatsapp) => {
            let alias = whatsapp.filter(|_| status == Status::Accepted);
            Some((MessageRef::Provider(id), alias, to))
        }
        (None, Some(id)) => Some((MessageRef::Provider(id), None, to)),
        (None, None) => None,
    }
}

/// The message that a status speaks of: the on-premise API's place for the recipient.
#[derive(Deserialize)]
struct Of<'a> {
    #[serde(borrow)]
    recipient_id: Option<wire::Word<'a>>,
}

/// Whom the message was for.
fn recipient(given: &wire::Status<'_>) -> Option<Address> {
    let inner = parse::read::<Of<'_>>(given.message);
    let inner = inner.as_ref().and_then(|of| of.recipient_id.as_deref());
    let named = [given.recipient_id.as_deref(), inner].into_iter().flatten();
    let phone = named.flat_map(WaId::parse).next();
    let bsuid = [given.recipient_id.as_deref(), given.recipient_user_id.as_deref()];
    let bsuid = bsuid.into_iter().flatten().find_map(|id| Bsuid::parse(id).ok());
    phone.map(Address::Phone).or(bsuid.map(Address::Bsuid))
}

/// What the user did, not a step of our message: each state of a payment is one message.
fn payment(given: &wire::Status<'_>) -> Option<Item> {
    let address = recipient(given)?;
    let time = time(given.timestamp.as_deref())?;
    let raw: serde_json::Value = parse::read(given.payment)?;
    let told: wire::Payment<'_> = parse::read(given.payment)?;
    let amount = told.amount.filter(|amount| amount.offset > 0)?;
    let transaction = told.transaction.as_ref();
    let payment = Payment {
        transaction_id: text(transaction.and_then(|one| one.id.as_deref())),
        reference_id: text(told.reference_id.as_deref())?,
        amount_minor: amount.value,
        offset: amount.offset,
        currency: text(told.currency.as_deref())?,
        transaction_type: text(transaction.and_then(|one| one.kind.as_deref())),
        status: text(given.status.as_deref())?,
        raw,
    };
    let transaction = payment.transaction_id.as_deref().unwrap_or_default();
    let reply_to = text(given.gs_id.as_deref()).or_else(|| text(given.id.as_deref()));
    Some(Item::Event(Event::MessageReceived(MessageReceived {
        provider_id: parse::hash(&[&payment.reference_id, transaction, &payment.status]),
        time,
        from: Sender { address, bsuid: None, name: None, username: None },
        content: FromUser::Payment(payment),
        context: Context { reply_to, ..Context::default() },
    })))
}

/// The first error that says something.
fn failure(errors: Option<&Vec<&RawValue>>, channel: &OpenChannel) -> Failure {
    let given = parts(errors).find_map(|part| parse::read::<wire::Problem<'_>>(Some(part)));
    let code = given.as_ref().and_then(|problem| text(problem.code.as_deref()));
    let message = given.as_ref().and_then(said);
    Failure {
        provider: channel.provider.as_str().to_owned(),
        code: code.unwrap_or_else(|| "unknown".to_owned()),
        message: message.unwrap_or("the provider gave no reason").to_owned(),
    }
}
