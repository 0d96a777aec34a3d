//! An outbound: a message that WhatsApp approves once and that then may open a conversation (T22-T56).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::channel::ProviderKind;
use super::ids::{ChannelId, FlowId, KeyId, MessageId, OutboundId, OutboundSendId, TenantId};
use super::message::{
    ButtonValue, Media, MediaKind, MediaSource, TemplateButtonValue, TemplateHeader,
    TemplateMessage,
};
use super::template;
use super::time::Time;
use super::user::Address;

/// Of a template (T32).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Category {
    Marketing,
    Authentication,
    Utility,
}

/// What stands above the text (T33).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum TemplateType {
    Text,
    Video,
    Image,
    Document,
}

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
            | "appealed" | "sandbox_requested" | "paused" | "limit_exceeded" | "not_submitted" => {
                Self::Pending
            }
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

/// A button of the template, in the order continue, cancel, url, phone (contracts 3.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Button {
    Continue { text: String },
    Cancel { text: String },
    Url { text: String, url: String },
    Phone { text: String, number: String },
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
    pub category: Category,
    pub template_type: TemplateType,
    /// As it was given: `pt-BR`.
    pub language: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_url: Option<String>,
    /// Names in the order of appearance; a repeated one stands twice (contracts 3.1).
    pub variables: Vec<String>,
    pub examples: BTreeMap<String, String>,
    pub buttons: Vec<Button>,
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

    /// The message that sends it. `values` has one value per variable; `payload` is what a button brings back.
    pub fn message(
        &self,
        values: &BTreeMap<String, String>,
        payload: impl Fn(Reply) -> String,
    ) -> TemplateMessage {
        let value =
            |name: &String| values.get(name).map(|v| template::clean_value(v)).unwrap_or_default();
        let kind = match self.template_type {
            TemplateType::Text => None,
            TemplateType::Video => Some(MediaKind::Video),
            TemplateType::Image => Some(MediaKind::Image),
            TemplateType::Document => Some(MediaKind::Document),
        };
        let header = kind.zip(self.media_url.clone()).map(|(kind, url)| {
            let source = Some(MediaSource::Link(url));
            let media =
                Media { kind, source, mime: None, filename: None, caption: None, stored: None };
            TemplateHeader::Media(media)
        });
        let buttons = self.buttons.iter().zip(0u8..).filter_map(|(button, index)| {
            let payload = match button {
                Button::Continue { .. } => payload(Reply::Continue),
                Button::Cancel { .. } => payload(Reply::Cancel),
                Button::Url { .. } | Button::Phone { .. } => return None,
            };
            Some(TemplateButtonValue { index, value: ButtonValue::QuickReply { payload } })
        });
        TemplateMessage {
            name: self.template_name.clone(),
            provider_id: self.template_id.clone(),
            language: self.language.clone(),
            header,
            body: self.variables.iter().map(value).collect(),
            rendered: Some(template::render(&self.content, values)),
            buttons: buttons.collect(),
        }
    }
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
