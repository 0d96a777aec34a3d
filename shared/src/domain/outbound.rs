//! An outbound: a message that WhatsApp approves once and that then may open a conversation (T22-T56).

mod filling;
mod rules;
#[cfg(test)]
mod tests;

pub use super::template::{
    App, Button, Card, Category, Offer, Otp, OtpType, Sampled, TemplateType,
};
pub use filling::Filling;
pub use rules::Broken;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::channel::ProviderKind;
use super::ids::{ChannelId, FlowId, KeyId, MessageId, OutboundId, OutboundSendId, TenantId};
use super::template;
use super::time::Time;
use super::user::Address;

/// The three states that callers see (T45-T47).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ReviewStatus {
    /// Ready to be sent.
    Approved,
    /// In review, or held for a while.
    Pending,
    /// Final: create a new outbound with other content.
    Rejected,
}

impl ReviewStatus {
    /// The meaning of a provider's word (contracts 3.2); `None` for an unknown one: keep what is.
    pub fn of(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "approved" | "active" | "enabled" | "flagged" | "reinstated" | "unarchived" => {
                Self::Approved
            }
            "created" | "received" | "submitted" | "pending" | "in_review" | "in_appeal"
            | "appealed" | "sandbox_requested" | "paused" | "first_paused" | "second_paused"
            | "limit_exceeded" | "not_submitted" => Self::Pending,
            "rejected" | "failed" | "disabled" | "locked" | "deactivated" | "desactivated"
            | "deleted" | "pending_deletion" | "archived" => Self::Rejected,
            _ => return None,
        })
    }

    /// The status after a provider's word. `Rejected` never rises again (T47).
    #[must_use]
    pub fn after(self, word: &str) -> Self {
        match self {
            Self::Rejected => self,
            Self::Approved | Self::Pending => Self::of(word).unwrap_or(self),
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::Pending => "PENDING",
            Self::Rejected => "REJECTED",
        }
    }
}

/// What a template has beside its text, its file and its buttons.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Parts {
    /// Above the text, where the type is TEXT; at most one variable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_text: Option<String>,
    /// Below the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// Of an authentication template. The wording of `content` is not submitted then, its one variable is the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otp: Option<Otp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    /// A carousel below the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<Card>,
}

/// What WhatsApp thinks of a template beside its review.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rating {
    /// Before WhatsApp changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_category: Option<Category>,
    /// That WhatsApp announced, a day ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_category: Option<Category>,
    /// The provider's word: `GREEN`, `YELLOW`, `RED`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<String>,
}

/// An outbound as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbound {
    pub id: OutboundId,
    pub tenant: TenantId,
    pub channel: ChannelId,
    pub provider: ProviderKind,
    pub phone_number: String,
    pub name: String,
    pub is_notification: bool,
    /// With `{{.name}}` variables.
    pub content: String,
    /// As it was asked for, until WhatsApp changes it.
    pub category: Category,
    pub template_type: TemplateType,
    /// As it was given: `pt-BR`.
    pub language: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_url: Option<String>,
    /// Names in the order of appearance in `content`; a repeated one stands twice (contracts 3.1).
    pub variables: Vec<String>,
    /// One for each of [`Outbound::names`].
    pub examples: BTreeMap<String, String>,
    pub buttons: Vec<Button>,
    #[serde(default)]
    pub parts: Parts,
    #[serde(default)]
    pub rating: Rating,
    pub status: ReviewStatus,
    /// The provider's word; `not_submitted` until the provider was reached.
    pub provider_status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_reason: Option<String>,
    /// The template's name at the provider.
    pub template_name: String,
    /// The template's id at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    pub created: Time,
    pub updated: Time,
    /// When its status was last asked for, and when it is asked for next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polled: Option<Time>,
    pub version: u64,
}

impl Outbound {
    /// The text on the button with this meaning, if the outbound has one.
    pub fn button_text(&self, reply: Reply) -> Option<&str> {
        self.buttons.iter().find_map(|button| match (button, reply) {
            (Button::Continue { text }, Reply::Continue)
            | (Button::Cancel { text }, Reply::Cancel) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The names of all variables, each once: of header, text, buttons and cards, in this order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for text in self.texts() {
            for name in template::variables(text).unwrap_or_default() {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// All texts that may have variables.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let of_cards =
            self.parts.cards.iter().flat_map(|card| {
                card.content.as_deref().into_iter().chain(addresses(&card.buttons))
            });
        let header = self.parts.header_text.as_deref().into_iter();
        header.chain([self.content.as_str()]).chain(addresses(&self.buttons)).chain(of_cards)
    }

    /// The text as providers take it.
    pub fn body(&self) -> Sampled {
        template::sampled(&self.content, &self.examples)
    }

    /// The files that the review wants to see: the header's or the cards', in their order, with their addresses.
    pub fn files(&self) -> impl Iterator<Item = (TemplateType, &str)> {
        let header = self.media_url.as_deref().map(|url| (self.template_type, url));
        let cards = self.parts.cards.iter();
        header.into_iter().chain(cards.map(|card| (card.template_type, card.media_url.as_str())))
    }

    /// The language in the providers' form, `pt_BR` (contracts 3.1).
    pub fn provider_language(&self) -> String {
        self.language.replace('-', "_")
    }

    /// Whether a provider means this outbound's language. Some leave the region away, or the whole.
    pub fn is_language(&self, word: &str) -> bool {
        let (ours, theirs) = (self.provider_language(), word.replace('-', "_"));
        let begins = |long: &str, short: &str| {
            long.split('_').next().is_some_and(|first| first.eq_ignore_ascii_case(short))
        };
        theirs.is_empty()
            || ours.eq_ignore_ascii_case(&theirs)
            || begins(&ours, &theirs)
            || begins(&theirs, &ours)
    }
}

/// The addresses that buttons open.
fn addresses(buttons: &[Button]) -> impl Iterator<Item = &str> {
    buttons.iter().filter_map(|button| match button {
        Button::Url { url, .. } => Some(url.as_str()),
        Button::Continue { .. }
        | Button::Cancel { .. }
        | Button::QuickReply { .. }
        | Button::Phone { .. }
        | Button::CopyCode { .. } => None,
    })
}

/// What came of a sending once the user acted (T55, T56).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    Continue,
    Cancel,
}

/// One sending of an outbound. It is the evidence of consent too: tenant, phone, outbound, time, key (T23, T52).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboundSend {
    pub id: OutboundSendId,
    pub outbound: OutboundId,
    pub tenant: TenantId,
    pub channel: ChannelId,
    pub to: Address,
    pub message: MessageId,
    /// `None` for notifications.
    pub flow: Option<FlowId>,
    pub variables: BTreeMap<String, String>,
    pub account_id: Option<String>,
    /// Who vouched that the user agreed.
    pub authorized_by: KeyId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
    pub created: Time,
}

/// What a tap on an outbound's button brings back: `otb:<outbound id>:continue`.
pub fn payload(outbound: OutboundId, reply: Reply) -> String {
    let word = match reply {
        Reply::Continue => "continue",
        Reply::Cancel => "cancel",
    };
    format!("otb:{outbound}:{word}")
}

/// The outbound and answer of a payload, if it is one of ours.
pub fn read_payload(payload: &str) -> Option<(OutboundId, Reply)> {
    let (id, word) = payload.strip_prefix("otb:")?.split_once(':')?;
    let reply = match word {
        "continue" => Reply::Continue,
        "cancel" => Reply::Cancel,
        _ => return None,
    };
    Some((id.parse().ok()?, reply))
}
