//! Infobip's JSON as far as it is read (infobip 3 to 5): borrowed, everything optional, null and missing alike. Objects
//! and lists are unread parts, so that a broken part does not lose the ones beside it.

use serde::Deserialize;

use crate::provider::cloud::wire::{Part, Parts, Word};

/// A webhook: a list of results, or one notice.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    pub(super) results: Part<'a>,
}

/// A message, a delivery report or a seen report: told apart by what is there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome<'a> {
    #[serde(borrow)]
    pub(super) from: Option<Word<'a>>,
    pub(super) to: Option<Word<'a>>,
    pub(super) integration_type: Option<Word<'a>>,
    pub(super) received_at: Option<Word<'a>>,
    pub(super) message_id: Option<Word<'a>>,
    pub(super) message: Part<'a>,
    pub(super) contact: Part<'a>,
    /// Whatever the sending had; a text if it was ours.
    pub(super) callback_data: Part<'a>,
    pub(super) sent_at: Option<Word<'a>>,
    pub(super) done_at: Option<Word<'a>>,
    pub(super) seen_at: Option<Word<'a>>,
    pub(super) deleted_at: Option<Word<'a>>,
    pub(super) status: Part<'a>,
    pub(super) error: Part<'a>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Contact<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Word<'a>>,
    pub(super) phone_number: Option<Word<'a>>,
    pub(super) user_id: Option<Word<'a>>,
    pub(super) username: Option<Word<'a>>,
}

/// What every message has.
#[derive(Debug, Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Word<'a>>,
    pub(super) context: Part<'a>,
    pub(super) referral: Part<'a>,
}

/// The fields of all types of messages; each type has a few.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Content<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Word<'a>>,
    pub(super) url: Option<Word<'a>>,
    pub(super) caption: Option<Word<'a>>,
    /// Unread, so that the digits stay as they were written.
    pub(super) latitude: Part<'a>,
    pub(super) longitude: Part<'a>,
    pub(super) name: Option<Word<'a>>,
    pub(super) address: Option<Word<'a>>,
    pub(super) contacts: Part<'a>,
    pub(super) payload: Option<Word<'a>>,
    pub(super) id: Option<Word<'a>>,
    pub(super) title: Option<Word<'a>>,
    pub(super) response: Part<'a>,
    pub(super) catalog_id: Option<Word<'a>>,
    pub(super) product_items: Parts<'a>,
    pub(super) emoji: Option<Word<'a>>,
    pub(super) action: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Context<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
    pub(super) referred_product: Part<'a>,
}

/// `INTERACTIVE_PAYMENT_CONFIRMATION`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentConfirmation<'a> {
    #[serde(borrow)]
    pub(super) reference_id: Option<Word<'a>>,
    pub(super) status: Option<Word<'a>>,
    pub(super) currency: Option<Word<'a>>,
    pub(super) total_amount: Option<Amount>,
    pub(super) transaction_id: Option<Word<'a>>,
    pub(super) transaction_type: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Amount {
    pub(super) value: i64,
    pub(super) offset: i64,
}

/// `status` of an answer or a report.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State<'a> {
    #[serde(borrow)]
    pub(super) group_id: Option<Word<'a>>,
    pub(super) group_name: Option<Word<'a>>,
    pub(super) id: Option<Word<'a>>,
    pub(super) name: Option<Word<'a>>,
    pub(super) description: Option<Word<'a>>,
}

/// `error` of a report.
#[derive(Debug, Deserialize)]
pub(super) struct Problem<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
    pub(super) name: Option<Word<'a>>,
    pub(super) description: Option<Word<'a>>,
}

/// A webhook that is one notice: of a payment, a changed identity, a user's wish, or a template.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notice<'a> {
    /// The business number.
    #[serde(borrow)]
    pub(super) from: Option<Word<'a>>,
    pub(super) content: Part<'a>,
    pub(super) created_at: Option<Word<'a>>,
    pub(super) message_template_id: Option<Word<'a>>,
    pub(super) message_template_name: Option<Word<'a>>,
    pub(super) message_template_language: Option<Word<'a>>,
    pub(super) change: Part<'a>,
}

/// `content` of a notice.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NoticeContent<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Word<'a>>,
    /// The user.
    pub(super) from: Option<Word<'a>>,
    pub(super) user_number: Option<Word<'a>>,
    pub(super) hash: Option<Word<'a>>,
    pub(super) description: Option<Word<'a>>,
    pub(super) notification_messages_status: Option<Word<'a>>,
    pub(super) reference_id: Option<Word<'a>>,
    pub(super) payment_status: Option<Word<'a>>,
    pub(super) currency: Option<Word<'a>>,
    pub(super) total_amount_value: Option<i64>,
    pub(super) total_amount_offset: Option<i64>,
    pub(super) transactions: Parts<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Transaction<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Word<'a>>,
}

/// `change` of a template's event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Change<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Word<'a>>,
    pub(super) new_status: Option<Word<'a>>,
    pub(super) reason: Option<Word<'a>>,
    pub(super) new_category: Option<Word<'a>>,
    pub(super) new_quality_score: Option<Word<'a>>,
}

/// The answer to a sending: of one message, or of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer<'a> {
    #[serde(borrow)]
    pub(super) messages: Parts<'a>,
    pub(super) message_id: Option<Word<'a>>,
    pub(super) status: Part<'a>,
}

/// A refusal in its three shapes (infobip 2.7).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Refusal<'a> {
    #[serde(borrow)]
    pub(super) request_error: Option<RequestError<'a>>,
    pub(super) error_code: Option<Word<'a>>,
    pub(super) description: Option<Word<'a>>,
    pub(super) violations: Parts<'a>,
    pub(super) error: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestError<'a> {
    #[serde(borrow)]
    pub(super) service_exception: Option<ServiceException<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceException<'a> {
    #[serde(borrow)]
    pub(super) message_id: Option<Word<'a>>,
    pub(super) text: Option<Word<'a>>,
    pub(super) validation_errors: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Violation<'a> {
    #[serde(borrow)]
    pub(super) property: Option<Word<'a>>,
    pub(super) violation: Option<Word<'a>>,
}

/// The list of templates.
#[derive(Debug, Deserialize)]
pub(super) struct Templates<'a> {
    #[serde(borrow)]
    pub(super) templates: Parts<'a>,
}

/// A template, in a list or alone. What it looks like is not read.
#[derive(Debug, Deserialize)]
pub(super) struct Template<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
    pub(super) name: Option<Word<'a>>,
    pub(super) language: Option<Word<'a>>,
    pub(super) status: Option<Word<'a>>,
    pub(super) category: Option<Word<'a>>,
    pub(super) quality: Option<Word<'a>>,
}
