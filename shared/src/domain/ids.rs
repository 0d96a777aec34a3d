//! Typed ids: three capital letters and 32 lower-case hex digits (contracts 1.3).
//!
//! An id is either random (16 bytes that the caller draws) or derived from what it stands for, so that
//! doing something twice makes the same thing and not a second one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {prefix} followed by {digits} lower-case hex digits")]
pub struct NotAnId {
    prefix: &'static str,
    digits: usize,
}

/// SHA-256 over the parts, each preceded by its length so that no two lists of parts look alike.
fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    bytes
}

fn parse_hex<const N: usize>(prefix: &'static str, text: &str) -> Result<[u8; N], NotAnId> {
    let wrong = || NotAnId { prefix, digits: 2 * N };
    let digits = text.strip_prefix(prefix).ok_or_else(wrong)?;
    if digits.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(wrong());
    }
    let mut bytes = [0; N];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| wrong())?;
    Ok(bytes)
}

/// How an id is described to readers of the API.
fn id_schema(
    prefix: &str,
    digits: usize,
) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::Type::String)
        .pattern(Some(format!("^{prefix}[0-9a-f]{{{digits}}}$")))
        .into()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal, $size:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $size]);

        impl $name {
            /// The three letters in front.
            pub const PREFIX: &'static str = $prefix;

            /// From bytes: random ones, or ones out of another id.
            pub const fn from_bytes(bytes: [u8; $size]) -> Self {
                Self(bytes)
            }

            /// The bytes behind the prefix.
            pub const fn bytes(&self) -> &[u8; $size] {
                &self.0
            }

            /// The id that these parts always have.
            pub fn derive(parts: &[&[u8]]) -> Self {
                let mut bytes = [0; $size];
                let hash = hash(parts);
                let n = $size.min(hash.len());
                bytes[..n].copy_from_slice(&hash[..n]);
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse_hex::<$size>($prefix, text).map(Self)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                id_schema($prefix, 2 * $size)
            }
        }

        impl utoipa::ToSchema for $name {}

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A company that uses this deployment.
    TenantId = "TNT", 16;
    /// An API key (its id, not the key).
    KeyId = "KEY", 16;
    /// One business number at one provider.
    ChannelId = "CHN", 16;
    /// An app whose token guards a channel's webhook (contracts 11.3).
    AppId = "APP", 16;
    /// The text that starts a flow.
    InboundId = "INB", 16;
    /// An approved message.
    OutboundId = "OTB", 16;
    /// One sending of an outbound.
    OutboundSendId = "OTM", 16;
    /// A flow.
    FlowId = "IPF", 16;
    /// A bot.
    BotId = "BOT", 16;
    /// One user's run of a flow.
    ProcessId = "IDP", 16;
    /// A hook rule.
    HookRuleId = "HKR", 16;
    /// Something that happened; also the `webhook-id` of the hook that tells it.
    EventId = "EVT", 16;
    /// A stored file.
    MediaId = "MED", 16;
    /// What one user and one channel have said: derived from both, so nobody has to look it up.
    ConversationId = "CNV", 16;
    /// One thing said. It begins with its conversation and its time: the id finds the item without an index.
    MessageId = "MSG", 30;
}

impl ChannelId {
    /// The channel's number in GupShup's webhook address: `st-` and a UUID of the same bytes (contracts 11.1).
    pub fn stream_id(&self) -> String {
        let hex = hex::encode(self.0);
        format!("st-{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    /// The channel that a stream id stands for.
    pub fn from_stream_id(text: &str) -> Option<Self> {
        let digits: String = text.strip_prefix("st-")?.split('-').collect();
        let id = format!("{}{digits}", Self::PREFIX).parse::<Self>().ok()?;
        (id.stream_id() == text).then_some(id)
    }
}

impl MessageId {
    /// The message of this conversation that was said at `time` and is told apart from others of the same
    /// millisecond by `key` (a provider's id, or the event and position that made it).
    pub fn of(conversation: ConversationId, time: super::time::Time, key: &[&[u8]]) -> Self {
        let mut bytes = [0; 30];
        bytes[..16].copy_from_slice(conversation.bytes());
        let millis = u64::try_from(time.millis()).unwrap_or(0).min((1 << 48) - 1);
        bytes[16..22].copy_from_slice(&millis.to_be_bytes()[2..]);
        bytes[22..].copy_from_slice(&hash(key)[..8]);
        Self(bytes)
    }

    /// The conversation it belongs to.
    pub fn conversation(&self) -> ConversationId {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.0[..16]);
        ConversationId(bytes)
    }

    /// Time and hash as hex: sorts by time within a conversation.
    pub fn sort(&self) -> String {
        hex::encode(&self.0[16..])
    }
}

#[cfg(test)]
mod tests {
    use super::super::time::Time;
    use super::*;

    /// T43: an outbound's id is OTB and 32 lower-case hex digits.
    #[test]
    fn an_id_is_written_and_read() {
        let id = OutboundId::from_bytes([0x4e; 16]);
        let text = "OTB4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e";
        assert_eq!(id.to_string(), text);
        assert_eq!(text.parse(), Ok(id));
        for wrong in [
            "",
            "OTB",
            "IPF4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e",
            "OTB4E4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e",
        ] {
            assert!(wrong.parse::<OutboundId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_stream_id_is_the_channel_written_as_a_uuid() {
        let channel = ChannelId::derive(&[b"x"]);
        assert_eq!(ChannelId::from_stream_id(&channel.stream_id()), Some(channel));
        assert_eq!(ChannelId::from_stream_id("st-"), None);
        assert_eq!(ChannelId::from_stream_id(&channel.to_string()), None);
    }

    #[test]
    fn a_message_id_finds_its_conversation_and_sorts_by_time() {
        let conversation = ConversationId::derive(&[b"c"]);
        let a = MessageId::of(conversation, Time::from_millis(999), &[b"1"]);
        let b = MessageId::of(conversation, Time::from_millis(1000), &[b"0"]);
        assert_eq!(a.conversation(), conversation);
        assert!(a.sort() < b.sort());
        assert_eq!(a.to_string().parse(), Ok(a));
    }
}
