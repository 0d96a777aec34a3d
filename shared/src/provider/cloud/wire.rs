//! The Cloud API's JSON as far as it is read: borrowed, everything optional. Lists are lists of unread parts, so
//! that a broken part does not lose the ones beside it.

mod template;

pub(in crate::provider) use template::{Quality, TemplateRated, TemplateRow, TemplateStatus};

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use serde_json::value::RawValue;

/// A text, or a number where the platform sends both for one field (`timestamp`, `message_template_id`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::provider) struct Word<'a>(Cow<'a, str>);

impl Deref for Word<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordVisitor)
    }
}

struct WordVisitor;

impl<'de> Visitor<'de> for WordVisitor {
    type Value = Word<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a whole number")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Owned(number.to_string())))
    }
}

/// A part that is read on its own.
pub(in crate::provider) type Part<'a> = Option<&'a RawValue>;
/// Parts that are read one by one.
pub(in crate::provider) type Parts<'a> = Option<Vec<&'a RawValue>>;

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Envelope<'a> {
    #[serde(borrow)]
    pub(in crate::provider) object: Option<Word<'a>>,
    pub(in crate::provider) entry: Parts<'a>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Entry<'a> {
    /// The account.
    #[serde(borrow)]
    pub(in crate::provider) id: Option<Word<'a>>,
    pub(in crate::provider) changes: Parts<'a>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Change<'a> {
    #[serde(borrow)]
    pub(in crate::provider) field: Option<Word<'a>>,
    pub(in crate::provider) value: Part<'a>,
}

/// The value of `messages`, `smb_message_echoes` and `user_preferences`.
#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Value<'a> {
    #[serde(borrow)]
    pub(in crate::provider) metadata: Part<'a>,
    pub(in crate::provider) contacts: Parts<'a>,
    pub(in crate::provider) messages: Parts<'a>,
    pub(in crate::provider) statuses: Parts<'a>,
    pub(in crate::provider) errors: Parts<'a>,
    pub(in crate::provider) message_echoes: Parts<'a>,
    pub(in crate::provider) user_preferences: Parts<'a>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Metadata<'a> {
    #[serde(borrow)]
    pub(in crate::provider) phone_number_id: Option<Word<'a>>,
    pub(in crate::provider) display_phone_number: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Contact<'a> {
    #[serde(borrow)]
    pub(in crate::provider) wa_id: Option<Word<'a>>,
    pub(in crate::provider) user_id: Option<Word<'a>>,
    pub(in crate::provider) profile: Option<Profile<'a>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Profile<'a> {
    #[serde(borrow)]
    pub(in crate::provider) name: Option<Word<'a>>,
    pub(in crate::provider) username: Option<Word<'a>>,
}

/// A message of a user. The object named like its `type` holds the content.
#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Message<'a> {
    #[serde(borrow)]
    pub(in crate::provider) from: Option<Word<'a>>,
    /// Of an echo: whom the business wrote to.
    pub(in crate::provider) to: Option<Word<'a>>,
    pub(in crate::provider) to_user_id: Option<Word<'a>>,
    pub(in crate::provider) from_user_id: Option<Word<'a>>,
    pub(in crate::provider) id: Option<Word<'a>>,
    pub(in crate::provider) timestamp: Option<Word<'a>>,
    #[serde(rename = "type")]
    pub(in crate::provider) kind: Option<Word<'a>>,
    pub(in crate::provider) group_id: Part<'a>,
    pub(in crate::provider) context: Part<'a>,
    pub(in crate::provider) referral: Part<'a>,
    pub(in crate::provider) text: Part<'a>,
    pub(in crate::provider) image: Part<'a>,
    pub(in crate::provider) video: Part<'a>,
    pub(in crate::provider) audio: Part<'a>,
    pub(in crate::provider) voice: Part<'a>,
    pub(in crate::provider) document: Part<'a>,
    pub(in crate::provider) sticker: Part<'a>,
    pub(in crate::provider) location: Part<'a>,
    pub(in crate::provider) contacts: Part<'a>,
    pub(in crate::provider) interactive: Part<'a>,
    pub(in crate::provider) button: Part<'a>,
    pub(in crate::provider) order: Part<'a>,
    pub(in crate::provider) reaction: Part<'a>,
    pub(in crate::provider) system: Part<'a>,
    pub(in crate::provider) unsupported: Part<'a>,
    pub(in crate::provider) edit: Part<'a>,
    pub(in crate::provider) revoke: Part<'a>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Context<'a> {
    #[serde(borrow)]
    pub(in crate::provider) id: Option<Word<'a>>,
    /// GupShup's own id.
    pub(in crate::provider) gs_id: Option<Word<'a>>,
    pub(in crate::provider) forwarded: Option<bool>,
    pub(in crate::provider) frequently_forwarded: Option<bool>,
    pub(in crate::provider) referred_product: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Text<'a> {
    #[serde(borrow)]
    pub(in crate::provider) body: Option<Word<'a>>,
}

/// Image, video, audio, document and sticker.
#[derive(Debug, Deserialize)]
pub(in crate::provider) struct File<'a> {
    #[serde(borrow)]
    pub(in crate::provider) id: Option<Word<'a>>,
    pub(in crate::provider) url: Option<Word<'a>>,
    pub(in crate::provider) mime_type: Option<Word<'a>>,
    pub(in crate::provider) filename: Option<Word<'a>>,
    pub(in crate::provider) caption: Option<Word<'a>>,
    pub(in crate::provider) voice: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Location<'a> {
    /// Unread, so that the digits stay as they were written.
    #[serde(borrow)]
    pub(in crate::provider) latitude: Part<'a>,
    pub(in crate::provider) longitude: Part<'a>,
    pub(in crate::provider) name: Option<Word<'a>>,
    pub(in crate::provider) address: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the platform's names")]
pub(in crate::provider) struct Interactive<'a> {
    #[serde(borrow)]
    pub(in crate::provider) button_reply: Option<Reply<'a>>,
    pub(in crate::provider) list_reply: Option<Reply<'a>>,
    pub(in crate::provider) nfm_reply: Option<FlowReply<'a>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Reply<'a> {
    #[serde(borrow)]
    pub(in crate::provider) id: Option<Word<'a>>,
    pub(in crate::provider) title: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct FlowReply<'a> {
    #[serde(borrow)]
    pub(in crate::provider) name: Option<Word<'a>>,
    /// JSON in a text.
    pub(in crate::provider) response_json: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Button<'a> {
    #[serde(borrow)]
    pub(in crate::provider) payload: Option<Word<'a>>,
    pub(in crate::provider) text: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Order<'a> {
    #[serde(borrow)]
    pub(in crate::provider) catalog_id: Option<Word<'a>>,
    pub(in crate::provider) text: Option<Word<'a>>,
    pub(in crate::provider) product_items: Option<Vec<serde_json::Value>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Reaction<'a> {
    #[serde(borrow)]
    pub(in crate::provider) message_id: Option<Word<'a>>,
    pub(in crate::provider) emoji: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct System<'a> {
    #[serde(rename = "type")]
    pub(in crate::provider) kind: Option<Word<'a>>,
    #[serde(borrow)]
    pub(in crate::provider) body: Option<Word<'a>>,
    pub(in crate::provider) wa_id: Option<Word<'a>>,
    pub(in crate::provider) new_wa_id: Option<Word<'a>>,
    pub(in crate::provider) user_id: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Unsupported<'a> {
    #[serde(borrow, rename = "type")]
    pub(in crate::provider) kind: Option<Word<'a>>,
}

/// `edit` and `revoke`.
#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Correction<'a> {
    #[serde(borrow)]
    pub(in crate::provider) original_message_id: Option<Word<'a>>,
    pub(in crate::provider) message: Option<Corrected<'a>>,
}

/// What an edited message says now.
#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Corrected<'a> {
    #[serde(borrow)]
    pub(in crate::provider) text: Option<Text<'a>>,
    pub(in crate::provider) image: Option<File<'a>>,
    pub(in crate::provider) video: Option<File<'a>>,
    pub(in crate::provider) document: Option<File<'a>>,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the platform's names")]
pub(in crate::provider) struct Status<'a> {
    #[serde(borrow)]
    pub(in crate::provider) id: Option<Word<'a>>,
    pub(in crate::provider) status: Option<Word<'a>>,
    pub(in crate::provider) timestamp: Option<Word<'a>>,
    /// `payment` where it does not speak of the delivery.
    #[serde(rename = "type")]
    pub(in crate::provider) kind: Option<Word<'a>>,
    /// GupShup's own id.
    pub(in crate::provider) gs_id: Option<Word<'a>>,
    pub(in crate::provider) recipient_id: Option<Word<'a>>,
    pub(in crate::provider) recipient_user_id: Option<Word<'a>>,
    pub(in crate::provider) recipient_type: Option<Word<'a>>,
    pub(in crate::provider) message: Part<'a>,
    pub(in crate::provider) payment: Part<'a>,
    pub(in crate::provider) biz_opaque_callback_data: Option<Word<'a>>,
    pub(in crate::provider) errors: Parts<'a>,
}

/// How a payment stands. Amounts are integers over an offset: nothing is rounded (K52).
#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Payment<'a> {
    #[serde(borrow)]
    pub(in crate::provider) reference_id: Option<Word<'a>>,
    pub(in crate::provider) amount: Option<Amount>,
    pub(in crate::provider) currency: Option<Word<'a>>,
    pub(in crate::provider) transaction: Option<Transaction<'a>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Amount {
    pub(in crate::provider) value: i64,
    pub(in crate::provider) offset: i64,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Transaction<'a> {
    #[serde(borrow)]
    pub(in crate::provider) id: Option<Word<'a>>,
    #[serde(rename = "type")]
    pub(in crate::provider) kind: Option<Word<'a>>,
}

/// An error of a status, of an answer, or of an account.
#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Problem<'a> {
    #[serde(borrow)]
    pub(in crate::provider) code: Option<Word<'a>>,
    pub(in crate::provider) error_subcode: Option<Word<'a>>,
    pub(in crate::provider) title: Option<Word<'a>>,
    pub(in crate::provider) message: Option<Word<'a>>,
    pub(in crate::provider) error_data: Option<ErrorData<'a>>,
    pub(in crate::provider) error_user_msg: Option<Word<'a>>,
    pub(in crate::provider) is_transient: Option<bool>,
    pub(in crate::provider) fbtrace_id: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct ErrorData<'a> {
    #[serde(borrow)]
    pub(in crate::provider) details: Option<Word<'a>>,
}

/// What a user wants to hear.
#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Preference<'a> {
    #[serde(borrow)]
    pub(in crate::provider) wa_id: Option<Word<'a>>,
    pub(in crate::provider) user_id: Option<Word<'a>>,
    /// `stop`, `resume`, `signup`.
    pub(in crate::provider) value: Option<Word<'a>>,
    pub(in crate::provider) timestamp: Option<Word<'a>>,
}

/// The answer to any call: to a sending, to a template, to a lookup.
#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Answer<'a> {
    #[serde(borrow)]
    pub(in crate::provider) error: Option<Problem<'a>>,
    pub(in crate::provider) messages: Option<Vec<Accepted<'a>>>,
    /// Read apart, so that what stands there cannot cost the answer.
    pub(in crate::provider) contacts: Option<&'a RawValue>,
    pub(in crate::provider) id: Option<Word<'a>>,
    pub(in crate::provider) status: Option<Word<'a>>,
    pub(in crate::provider) url: Option<Word<'a>>,
    pub(in crate::provider) data: Option<Vec<&'a RawValue>>,
    pub(in crate::provider) paging: Option<Paging<'a>>,
}

/// What the platform calls whom we dialled.
#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Dialled<'a> {
    #[serde(borrow)]
    pub(in crate::provider) wa_id: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Accepted<'a> {
    #[serde(borrow)]
    pub(in crate::provider) id: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Paging<'a> {
    #[serde(borrow)]
    pub(in crate::provider) cursors: Option<Cursors<'a>>,
    pub(in crate::provider) next: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Cursors<'a> {
    #[serde(borrow)]
    pub(in crate::provider) after: Option<Word<'a>>,
}
