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
    #[serde(borrow)]
    pub(super) entry: Parts<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Entry<'a> {
    /// The account.
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) changes: Parts<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Change<'a> {
    #[serde(borrow)]
    pub(super) field: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) value: Part<'a>,
}

/// The value of `messages`, `smb_message_echoes` and `user_preferences`.
#[derive(Debug, Deserialize)]
pub(super) struct Value<'a> {
    #[serde(borrow)]
    pub(super) metadata: Part<'a>,
    #[serde(borrow)]
    pub(super) contacts: Parts<'a>,
    #[serde(borrow)]
    pub(super) messages: Parts<'a>,
    #[serde(borrow)]
    pub(super) statuses: Parts<'a>,
    #[serde(borrow)]
    pub(super) errors: Parts<'a>,
    #[serde(borrow)]
    pub(super) message_echoes: Parts<'a>,
    #[serde(borrow)]
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
    #[serde(borrow)]
    pub(super) user_id: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) profile: Option<Profile<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Profile<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) username: Option<Word<'a>>,
}

/// A message of a user. The object named like its `type` holds the content.
#[derive(Debug, Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) from: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) from_user_id: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) timestamp: Option<Word<'a>>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) group_id: Part<'a>,
    #[serde(borrow)]
    pub(super) context: Part<'a>,
    #[serde(borrow)]
    pub(super) referral: Part<'a>,
    #[serde(borrow)]
    pub(super) text: Part<'a>,
    #[serde(borrow)]
    pub(super) image: Part<'a>,
    #[serde(borrow)]
    pub(super) video: Part<'a>,
    #[serde(borrow)]
    pub(super) audio: Part<'a>,
    #[serde(borrow)]
    pub(super) voice: Part<'a>,
    #[serde(borrow)]
    pub(super) document: Part<'a>,
    #[serde(borrow)]
    pub(super) sticker: Part<'a>,
    #[serde(borrow)]
    pub(super) location: Part<'a>,
    #[serde(borrow)]
    pub(super) contacts: Part<'a>,
    #[serde(borrow)]
    pub(super) interactive: Part<'a>,
    #[serde(borrow)]
    pub(super) button: Part<'a>,
    #[serde(borrow)]
    pub(super) order: Part<'a>,
    #[serde(borrow)]
    pub(super) reaction: Part<'a>,
    #[serde(borrow)]
    pub(super) system: Part<'a>,
    #[serde(borrow)]
    pub(super) unsupported: Part<'a>,
    #[serde(borrow)]
    pub(super) edit: Part<'a>,
    #[serde(borrow)]
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
    #[serde(borrow)]
    pub(super) url: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) mime_type: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) filename: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) caption: Option<Word<'a>>,
    pub(super) voice: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Location<'a> {
    /// Unread, so that the digits stay as they were written.
    #[serde(borrow)]
    pub(super) latitude: Part<'a>,
    #[serde(borrow)]
    pub(super) longitude: Part<'a>,
    #[serde(borrow)]
    pub(super) name: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) address: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Interactive<'a> {
    #[serde(borrow)]
    pub(super) button_reply: Option<Reply<'a>>,
    #[serde(borrow)]
    pub(super) list_reply: Option<Reply<'a>>,
    #[serde(borrow)]
    pub(super) nfm_reply: Option<FlowReply<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Reply<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) title: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FlowReply<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Word<'a>>,
    /// JSON in a text.
    #[serde(borrow)]
    pub(super) response_json: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Button<'a> {
    #[serde(borrow)]
    pub(super) payload: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) text: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Order<'a> {
    #[serde(borrow)]
    pub(super) catalog_id: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) text: Option<Word<'a>>,
    pub(super) product_items: Option<Vec<serde_json::Value>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Reaction<'a> {
    #[serde(borrow)]
    pub(super) message_id: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) emoji: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct System<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) body: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) wa_id: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) new_wa_id: Option<Word<'a>>,
    #[serde(borrow)]
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
    #[serde(borrow)]
    pub(super) message: Option<Corrected<'a>>,
}

/// What an edited message says now.
#[derive(Debug, Deserialize)]
pub(super) struct Corrected<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) image: Option<File<'a>>,
    #[serde(borrow)]
    pub(super) video: Option<File<'a>>,
    #[serde(borrow)]
    pub(super) document: Option<File<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Status<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) status: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) timestamp: Option<Word<'a>>,
    /// `payment` where it does not speak of the delivery.
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) recipient_type: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) biz_opaque_callback_data: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) errors: Parts<'a>,
}

/// An error of a status, of an answer, or of an account.
#[derive(Debug, Deserialize)]
pub(super) struct Problem<'a> {
    #[serde(borrow)]
    pub(super) code: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) error_subcode: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) title: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) message: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) error_data: Option<ErrorData<'a>>,
    #[serde(borrow)]
    pub(super) error_user_msg: Option<Word<'a>>,
    pub(super) is_transient: Option<bool>,
    #[serde(borrow)]
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
    #[serde(borrow)]
    pub(super) message_template_id: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) message_template_name: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) message_template_language: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) reason: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) rejection_info: Option<RejectionInfo<'a>>,
    #[serde(borrow)]
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
    #[serde(borrow)]
    pub(super) user_id: Option<Word<'a>>,
    /// `stop`, `resume`, `signup`.
    #[serde(borrow)]
    pub(super) value: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) timestamp: Option<Word<'a>>,
}

/// The answer to any call: to a sending, to a template, to a lookup.
#[derive(Debug, Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(borrow)]
    pub(super) error: Option<Problem<'a>>,
    #[serde(borrow)]
    pub(super) messages: Option<Vec<Accepted<'a>>>,
    #[serde(borrow)]
    pub(super) id: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) status: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) url: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) data: Option<Vec<TemplateRow<'a>>>,
    #[serde(borrow)]
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
    #[serde(borrow)]
    pub(super) name: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) language: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) status: Option<Word<'a>>,
    #[serde(borrow)]
    pub(super) rejected_reason: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Paging<'a> {
    #[serde(borrow)]
    pub(super) cursors: Option<Cursors<'a>>,
    #[serde(borrow)]
    pub(super) next: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cursors<'a> {
    #[serde(borrow)]
    pub(super) after: Option<Word<'a>>,
}
