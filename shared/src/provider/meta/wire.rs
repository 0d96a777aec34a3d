//! The Cloud API's JSON as far as it is read: borrowed, everything optional. Lists are lists of unread parts, so
//! that a broken part does not lose the ones beside it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use serde_json::value::RawValue;

/// A text, or a number where the platform sends both for one field (`timestamp`, `message_template_id`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word<'a>(Cow<'a, str>);

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
pub(super) type Part<'a> = Option<&'a RawValue>;
/// Parts that are read one by one.
pub(super) type Parts<'a> = Option<Vec<&'a RawValue>>;

#[derive(Debug, Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    pub(super) object: Option<Word<'a>>,
    pub(super) entry: Parts<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Entry<'a> {
    /// The account.
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
    pub(super) changes: Parts<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Change<'a> {
    #[serde(borrow)]
    pub(super) field: Option<Word<'a>>,
    pub(super) value: Part<'a>,
}

/// The value of `messages`, `smb_message_echoes` and `user_preferences`.
#[derive(Debug, Deserialize)]
pub(super) struct Value<'a> {
    #[serde(borrow)]
    pub(super) metadata: Part<'a>,
    pub(super) contacts: Parts<'a>,
    pub(super) messages: Parts<'a>,
    pub(super) statuses: Parts<'a>,
    pub(super) errors: Parts<'a>,
    pub(super) message_echoes: Parts<'a>,
    pub(super) user_preferences: Parts<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Metadata<'a> {
    #[serde(borrow)]
    pub(super) phone_number_id: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Contact<'a> {
    #[serde(borrow)]
    pub(super) wa_id: Option<Word<'a>>,
    pub(super) user_id: Option<Word<'a>>,
    pub(super) profile: Option<Profile<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Profile<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Word<'a>>,
    pub(super) username: Option<Word<'a>>,
}

/// A message of a user. The object named like its `type` holds the content.
#[derive(Debug, Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) from: Option<Word<'a>>,
    pub(super) from_user_id: Option<Word<'a>>,
    pub(super) id: Option<Word<'a>>,
    pub(super) timestamp: Option<Word<'a>>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Word<'a>>,
    pub(super) group_id: Part<'a>,
    pub(super) context: Part<'a>,
    pub(super) referral: Part<'a>,
    pub(super) text: Part<'a>,
    pub(super) image: Part<'a>,
    pub(super) video: Part<'a>,
    pub(super) audio: Part<'a>,
    pub(super) voice: Part<'a>,
    pub(super) document: Part<'a>,
    pub(super) sticker: Part<'a>,
    pub(super) location: Part<'a>,
    pub(super) contacts: Part<'a>,
    pub(super) interactive: Part<'a>,
    pub(super) button: Part<'a>,
    pub(super) order: Part<'a>,
    pub(super) reaction: Part<'a>,
    pub(super) system: Part<'a>,
    pub(super) unsupported: Part<'a>,
    pub(super) edit: Part<'a>,
    pub(super) revoke: Part<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Context<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
    pub(super) forwarded: Option<bool>,
    pub(super) frequently_forwarded: Option<bool>,
    pub(super) referred_product: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Text<'a> {
    #[serde(borrow)]
    pub(super) body: Option<Word<'a>>,
}

/// Image, video, audio, document and sticker.
#[derive(Debug, Deserialize)]
pub(super) struct File<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
    pub(super) url: Option<Word<'a>>,
    pub(super) mime_type: Option<Word<'a>>,
    pub(super) filename: Option<Word<'a>>,
    pub(super) caption: Option<Word<'a>>,
    pub(super) voice: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Location<'a> {
    /// Unread, so that the digits stay as they were written.
    #[serde(borrow)]
    pub(super) latitude: Part<'a>,
    pub(super) longitude: Part<'a>,
    pub(super) name: Option<Word<'a>>,
    pub(super) address: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the platform's names")]
pub(super) struct Interactive<'a> {
    #[serde(borrow)]
    pub(super) button_reply: Option<Reply<'a>>,
    pub(super) list_reply: Option<Reply<'a>>,
    pub(super) nfm_reply: Option<FlowReply<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Reply<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
    pub(super) title: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FlowReply<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Word<'a>>,
    /// JSON in a text.
    pub(super) response_json: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Button<'a> {
    #[serde(borrow)]
    pub(super) payload: Option<Word<'a>>,
    pub(super) text: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Order<'a> {
    #[serde(borrow)]
    pub(super) catalog_id: Option<Word<'a>>,
    pub(super) text: Option<Word<'a>>,
    pub(super) product_items: Option<Vec<serde_json::Value>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Reaction<'a> {
    #[serde(borrow)]
    pub(super) message_id: Option<Word<'a>>,
    pub(super) emoji: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct System<'a> {
    #[serde(rename = "type")]
    pub(super) kind: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) body: Option<Word<'a>>,
    pub(super) wa_id: Option<Word<'a>>,
    pub(super) new_wa_id: Option<Word<'a>>,
    pub(super) user_id: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Unsupported<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Word<'a>>,
}

/// `edit` and `revoke`.
#[derive(Debug, Deserialize)]
pub(super) struct Correction<'a> {
    #[serde(borrow)]
    pub(super) original_message_id: Option<Word<'a>>,
    pub(super) message: Option<Corrected<'a>>,
}

/// What an edited message says now.
#[derive(Debug, Deserialize)]
pub(super) struct Corrected<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    pub(super) image: Option<File<'a>>,
    pub(super) video: Option<File<'a>>,
    pub(super) document: Option<File<'a>>,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the platform's names")]
pub(super) struct Status<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
    pub(super) status: Option<Word<'a>>,
    pub(super) timestamp: Option<Word<'a>>,
    /// `payment` where it does not speak of the delivery.
    #[serde(rename = "type")]
    pub(super) kind: Option<Word<'a>>,
    pub(super) recipient_type: Option<Word<'a>>,
    pub(super) biz_opaque_callback_data: Option<Word<'a>>,
    pub(super) errors: Parts<'a>,
}

/// An error of a status, of an answer, or of an account.
#[derive(Debug, Deserialize)]
pub(super) struct Problem<'a> {
    #[serde(borrow)]
    pub(super) code: Option<Word<'a>>,
    pub(super) error_subcode: Option<Word<'a>>,
    pub(super) title: Option<Word<'a>>,
    pub(super) message: Option<Word<'a>>,
    pub(super) error_data: Option<ErrorData<'a>>,
    pub(super) error_user_msg: Option<Word<'a>>,
    pub(super) is_transient: Option<bool>,
    pub(super) fbtrace_id: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ErrorData<'a> {
    #[serde(borrow)]
    pub(super) details: Option<Word<'a>>,
}

/// The value of `message_template_status_update`.
#[derive(Debug, Deserialize)]
pub(super) struct TemplateStatus<'a> {
    #[serde(borrow)]
    pub(super) event: Option<Word<'a>>,
    pub(super) message_template_id: Option<Word<'a>>,
    pub(super) message_template_name: Option<Word<'a>>,
    pub(super) message_template_language: Option<Word<'a>>,
    pub(super) reason: Option<Word<'a>>,
    pub(super) rejection_info: Option<RejectionInfo<'a>>,
    pub(super) other_info: Option<OtherInfo<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RejectionInfo<'a> {
    #[serde(borrow)]
    pub(super) reason: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OtherInfo<'a> {
    #[serde(borrow)]
    pub(super) description: Option<Word<'a>>,
}

/// What a user wants to hear.
#[derive(Debug, Deserialize)]
pub(super) struct Preference<'a> {
    #[serde(borrow)]
    pub(super) wa_id: Option<Word<'a>>,
    pub(super) user_id: Option<Word<'a>>,
    /// `stop`, `resume`, `signup`.
    pub(super) value: Option<Word<'a>>,
    pub(super) timestamp: Option<Word<'a>>,
}

/// The answer to any call: to a sending, to a template, to a lookup.
#[derive(Debug, Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(borrow)]
    pub(super) error: Option<Problem<'a>>,
    pub(super) messages: Option<Vec<Accepted<'a>>>,
    pub(super) id: Option<Word<'a>>,
    pub(super) status: Option<Word<'a>>,
    pub(super) url: Option<Word<'a>>,
    pub(super) data: Option<Vec<TemplateRow<'a>>>,
    pub(super) paging: Option<Paging<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Accepted<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TemplateRow<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
    pub(super) name: Option<Word<'a>>,
    pub(super) language: Option<Word<'a>>,
    pub(super) status: Option<Word<'a>>,
    pub(super) rejected_reason: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Paging<'a> {
    #[serde(borrow)]
    pub(super) cursors: Option<Cursors<'a>>,
    pub(super) next: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cursors<'a> {
    #[serde(borrow)]
    pub(super) after: Option<Word<'a>>,
}
