//! An inbound: the text that starts a flow when a user sends it to a number (T6-T21).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::channel::ProviderKind;
use super::ids::{ChannelId, FlowId, InboundId, TenantId};
use super::time::Time;

/// Everything but `A-Z a-z 0-9 - _ . ~` (contracts 2.2).
const LINK: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// An inbound as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    pub id: InboundId,
    pub tenant: TenantId,
    pub channel: ChannelId,
    pub provider: ProviderKind,
    pub phone_number: String,
    pub flow: FlowId,
    /// As it was given.
    pub message: String,
    pub created: Time,
}

impl Inbound {
    /// The address that opens a chat with the number, the message typed in already (T17).
    pub fn link(&self) -> String {
        link(&self.phone_number, &self.message)
    }
}

/// `https://api.whatsapp.com/send?phone=…&text=…`, percent-encoded (T18: no slash, `%20` and not `+`).
pub fn link(phone_number: &str, message: &str) -> String {
    let text = utf8_percent_encode(message, LINK);
    format!("https://api.whatsapp.com/send?phone={phone_number}&text={text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T8, T17, T18: the link of contracts 2.2, percent-encoded.
    #[test]
    fn the_link_carries_the_message_encoded() {
        for (message, encoded) in [
            ("Testing message", "Testing%20message"),
            (
                "¿Qué tal? 50% + IVA & más #1",
                "%C2%BFQu%C3%A9%20tal%3F%2050%25%20%2B%20IVA%20%26%20m%C3%A1s%20%231",
            ),
            ("Hola 😊", "Hola%20%F0%9F%98%8A"),
        ] {
            let expected =
                format!("https://api.whatsapp.com/send?phone=573177700000&text={encoded}");
            assert_eq!(link("573177700000", message), expected);
        }
    }
}
