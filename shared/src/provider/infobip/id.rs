//! Our message ids as Infobip takes them: `messageId` has 50 characters at most, our ids have more (infobip 2.2). It
//! comes back in the answer, in delivery and seen reports, and as the id that a user's reply names, so every one of
//! them finds the message by itself; and a repeated sending has the same one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::ids::MessageId;

/// 43 characters.
pub(super) fn written(id: MessageId) -> String {
    format!("{}{}", MessageId::PREFIX, URL_SAFE_NO_PAD.encode(id.bytes()))
}

/// The message that this is the id of, if we gave it.
pub(super) fn ours(text: &str) -> Option<MessageId> {
    let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(MessageId::PREFIX)?).ok()?;
    Some(MessageId::from_bytes(bytes.try_into().ok()?))
}
