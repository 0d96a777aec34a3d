//! Who writes to a channel. A user is a set of typed identifiers, never a string that might be a number.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::{ChannelId, ConversationId};
use super::phone;

/// Shorter ones are no numbers that are dialled from abroad.
const WHOLE_DIGITS_MIN: usize = 5;

/// A WhatsApp id made of digits, no plus: as a rule country code and number. Kept as it came, because answers go to
/// exactly this string (whatsapp-rules 8), so no length is too short.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WaId(String);

/// Text that is not made of 1 to 20 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 20 digits with the country code")]
pub struct NotAWaId;

impl WaId {
    /// Accepts one leading `+`; everything else must be an ASCII digit.
    pub fn parse(text: &str) -> Result<Self, NotAWaId> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let fits = (1..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if fits { Ok(Self(digits.to_owned())) } else { Err(NotAWaId) }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is as long as a number with its country code: what is asked of numbers that people enter.
    pub fn is_whole(&self) -> bool {
        self.0.len() >= WHOLE_DIGITS_MIN
    }
}

impl TryFrom<String> for WaId {
    type Error = NotAWaId;
    fn try_from(text: String) -> Result<Self, NotAWaId> {
        Self::parse(&text)
    }
}

impl From<WaId> for String {
    fn from(id: WaId) -> Self {
        id.0
    }
}

impl fmt::Display for WaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A business-scoped user id, `CC.alphanumeric` (whatsapp-rules 9): a user who may hide the number. The id of the
/// parent, `CC.ENT.alphanumeric`, is none: nobody can be written to under it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bsuid(String);

/// Text that is not a business-scoped user id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a country code, a dot and 1 to 128 letters or digits")]
pub struct NotABsuid;

impl Bsuid {
    /// `^[A-Z]{2}\.[A-Za-z0-9]{1,128}$`.
    pub fn parse(text: &str) -> Result<Self, NotABsuid> {
        let (country, id) = text.split_once('.').ok_or(NotABsuid)?;
        let fits = country.len() == 2
            && country.bytes().all(|b| b.is_ascii_uppercase())
            && (1..=128).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric());
        if fits { Ok(Self(text.to_owned())) } else { Err(NotABsuid) }
    }

    /// The id as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Bsuid {
    type Error = NotABsuid;
    fn try_from(text: String) -> Result<Self, NotABsuid> {
        Self::parse(&text)
    }
}

impl From<Bsuid> for String {
    fn from(id: Bsuid) -> Self {
        id.0
    }
}

/// Where messages to a user go: the identifier that the provider takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    /// The number's WhatsApp id.
    Phone(WaId),
    /// For users without a visible number.
    Bsuid(Bsuid),
}

impl Address {
    /// The conversation of this user with a channel. Variants of one number (Brazil, Mexico, Argentina) share it.
    pub fn conversation(&self, channel: ChannelId) -> ConversationId {
        match self {
            Self::Phone(id) => {
                let number = phone::canonical(id.as_str());
                ConversationId::derive(&[channel.bytes(), b"phone", number.as_bytes()])
            }
            Self::Bsuid(id) => {
                ConversationId::derive(&[channel.bytes(), b"bsuid", id.as_str().as_bytes()])
            }
        }
    }

    /// Digits of the number, if it is one.
    pub fn phone(&self) -> Option<&str> {
        match self {
            Self::Phone(id) => Some(id.as_str()),
            Self::Bsuid(_) => None,
        }
    }

    /// The identifier as one text, for people and for chat ids.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(id) => id.as_str(),
            Self::Bsuid(id) => id.as_str(),
        }
    }
}

/// Who wrote, as far as the provider tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Where to answer.
    pub address: Address,
    /// The other identifier, if both came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bsuid: Option<Bsuid>,
    /// Profile name, any Unicode; may be missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Changeable; shown, never a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
}

impl Sender {
    /// The business-scoped id, whether or not it is where answers go.
    pub fn bsuid(&self) -> Option<&Bsuid> {
        match &self.address {
            Address::Phone(_) => self.bsuid.as_ref(),
            Address::Bsuid(id) => Some(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel() -> ChannelId {
        ChannelId::derive(&[b"c"])
    }

    /// whatsapp-rules 9: a user's own id is an address, the parent's is none.
    #[test]
    fn a_parent_id_is_no_address() {
        for good in ["US.13491208655302741918", "CO.a", "BR.AbC123"] {
            assert_eq!(Bsuid::parse(good).map(|id| id.as_str().to_owned()).as_deref(), Ok(good));
        }
        let long = format!("US.{}", "1".repeat(129));
        for bad in ["US.ENT.123", "us.1", "U.1", "US.", "US.1-2", "573001234567", "", &long] {
            assert_eq!(Bsuid::parse(bad), Err(NotABsuid), "{bad}");
        }
    }

    /// whatsapp-rules 8, README 11: whoever writes is known by the digits that came, however few.
    #[test]
    fn any_digits_are_an_id() {
        for (text, is_whole) in
            [("5", false), ("5678", false), ("56789", true), ("+573001234567", true)]
        {
            let id = WaId::parse(text).unwrap();
            assert_eq!((id.as_str(), id.is_whole()), (text.trim_start_matches('+'), is_whole));
        }
        for bad in ["", "+", "57 300", "a1", "٣٤٥٦٧", &"1".repeat(21)] {
            assert_eq!(WaId::parse(bad), Err(NotAWaId), "{bad}");
        }
    }

    /// whatsapp-rules 8: the variants of one number share a conversation; different identifiers do not by themselves.
    #[test]
    fn the_variants_of_a_number_are_one_user() {
        let of =
            |digits: &str| Address::Phone(WaId::parse(digits).unwrap()).conversation(channel());
        for (one, other) in [
            ("5541988887777", "554188887777"),
            ("525512345678", "5215512345678"),
            ("541123456789", "5491123456789"),
        ] {
            assert_eq!(of(one), of(other), "{one}");
        }
        assert_ne!(of("551133334444"), of("5511933334444"), "a landline never gets a ninth digit");
        let hidden = Address::Bsuid(Bsuid::parse("US.573001234567").unwrap());
        assert_ne!(hidden.conversation(channel()), of("573001234567"));
    }
}
