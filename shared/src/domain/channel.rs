//! One business number at one provider, with its settings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::{AppId, ChannelId, TenantId};
use super::limits::Limits;
use super::time::Time;
use super::use_case::UseCase;

/// Who carries the messages. The wire words are those of `waba_provider` (T12).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
pub enum ProviderKind {
    #[serde(rename = "gupshup")]
    Gupshup,
    #[serde(rename = "cloud_api")]
    Meta,
    #[serde(rename = "infobip")]
    Infobip,
    #[serde(rename = "karix")]
    Karix,
    #[serde(rename = "360dialog")]
    Dialog360,
    /// AWS End User Messaging Social.
    #[serde(rename = "aws_social")]
    AwsSocial,
}

impl ProviderKind {
    pub const ALL: [Self; 6] =
        [Self::Gupshup, Self::Meta, Self::Infobip, Self::Karix, Self::Dialog360, Self::AwsSocial];

    /// The wire word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gupshup => "gupshup",
            Self::Meta => "cloud_api",
            Self::Infobip => "infobip",
            Self::Karix => "karix",
            Self::Dialog360 => "360dialog",
            Self::AwsSocial => "aws_social",
        }
    }

    /// How a channel writes where it does not say so itself.
    pub const fn manner(self) -> Manner {
        match self {
            Self::Gupshup | Self::Meta | Self::Infobip | Self::Karix | Self::AwsSocial => Manner {
                markdown_type: MarkdownType::Whatsapp,
                options_layout: OptionsLayout::Auto,
                send_images_as_files: true,
            },
            // D24, D26, D37.
            Self::Dialog360 => Manner {
                markdown_type: MarkdownType::None,
                options_layout: OptionsLayout::ButtonsOrNumbered,
                send_images_as_files: false,
            },
        }
    }

    /// Whether WhatsApp Pay's order details and order status go through it (K46).
    pub const fn takes_orders(self) -> bool {
        match self {
            Self::Gupshup => true,
            Self::Meta | Self::Infobip | Self::Karix | Self::Dialog360 | Self::AwsSocial => false,
        }
    }

    /// Behind the bar of a chat id (contracts 8.1).
    pub const fn chat_suffix(self) -> &'static str {
        match self {
            Self::Gupshup => "gupshup",
            Self::Meta => "cloudapi",
            Self::Infobip => "infobip",
            Self::Karix => "karix",
            Self::Dialog360 => "dialog360",
            Self::AwsSocial => "awssocial",
        }
    }

    /// What people read where they choose one (D3).
    pub const fn connector(self) -> &'static str {
        match self {
            Self::Gupshup => "WhatsApp (GupShup)",
            Self::Meta => "WhatsApp (Cloud API)",
            Self::Infobip => "WhatsApp (Infobip)",
            Self::Karix => "WhatsApp (Karix)",
            Self::Dialog360 => "WhatsApp (360Dialog)",
            Self::AwsSocial => "WhatsApp (AWS End User Messaging)",
        }
    }
}

/// How menus are laid out (contracts 8.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OptionsLayout {
    /// 1-3 short options are buttons, 4-10 short ones a list, else numbered text.
    #[default]
    Auto,
    /// 1-3 short options are buttons, else numbered text.
    ButtonsOrNumbered,
}

/// Settings of a channel that say how messages look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    pub markdown_type: MarkdownType,
    pub options_layout: OptionsLayout,
    pub send_images_as_files: bool,
}

/// How the author of a text wrote its marks (A23, A24, D37, X2). WhatsApp's own marks and none pass unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarkdownType {
    /// Markdown as everywhere: `**bold**`, `[text](address)`. It is turned into WhatsApp's marks.
    Standard,
    #[default]
    Whatsapp,
    None,
}

/// A language that has built-in texts; others fall back to Spanish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    Es,
    En,
    Pt,
}

/// A channel as it is stored. Credentials are here only in sealed form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    pub id: ChannelId,
    pub tenant: TenantId,
    pub name: String,
    pub provider: ProviderKind,
    /// Digits with the country code, no plus.
    pub phone_number: String,
    /// ISO 3166 alpha-2: for numbers without a country code.
    pub default_country: String,
    pub language: Language,
    /// The provider's credentials as JSON, sealed with the channel id as context.
    pub credentials: String,
    /// Settings of the provider that are no secret (host, app name, API version, dialect, …).
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub associated_app: Option<AppId>,
    #[serde(default)]
    pub require_exp: bool,
    #[serde(default)]
    pub options_layout: OptionsLayout,
    /// Of texts that do not say it themselves.
    #[serde(default)]
    pub markdown_type: MarkdownType,
    /// Whether an image that is to go as a file goes as one, or as its link (D26, X14).
    #[serde(default = "yes")]
    pub send_images_as_files: bool,
    /// What gets a message when nothing else wants it. Channels of before have a flow under its old name.
    #[serde(default, alias = "default_flow", skip_serializing_if = "Option::is_none")]
    pub use_case: Option<UseCase>,
    pub active: bool,
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub warnings: Vec<String>,
    pub created: Time,
    pub updated: Time,
    /// Rises with each write.
    pub version: u64,
}

/// What was always so where nothing is stored.
const fn yes() -> bool {
    true
}

/// Credentials of a channel, opened: name to value. Never logged, never serialised.
#[derive(Clone, Default)]
pub struct Credentials(BTreeMap<String, String>);

impl Credentials {
    pub fn new(values: BTreeMap<String, String>) -> Self {
        Self(values)
    }

    /// The value, if it is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// For sealing.
    pub fn values(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(***)")
    }
}

/// An app whose token guards webhooks (contracts 11.3), with its secret opened.
#[derive(Debug, Clone)]
pub struct AppKey {
    /// `cs-<uuid>`.
    pub client_id: String,
    pub secret: Secret,
    pub algorithm: AppAlgorithm,
}

/// The one algorithm that an app's tokens may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub enum AppAlgorithm {
    #[default]
    HS256,
    HS512,
}

/// A text that prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// A channel with its credentials opened: what a provider's functions take.
#[derive(Debug, Clone)]
pub struct OpenChannel {
    pub channel: Channel,
    pub credentials: Credentials,
    /// The key of the associated app, if there is one.
    pub app: Option<AppKey>,
}

impl std::ops::Deref for OpenChannel {
    type Target = Channel;
    fn deref(&self) -> &Channel {
        &self.channel
    }
}

impl OpenChannel {
    /// A setting, or what the provider uses where it is not set.
    pub fn setting<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        self.channel.settings.get(name).map_or(default, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D24, D26, D37, X1, X2, X14: 360dialog shows no markdown, numbers its menus and sends no images as files where its
    /// channel does not say otherwise; the others do as WhatsApp does.
    #[test]
    fn a_provider_has_its_manner() {
        for provider in ProviderKind::ALL {
            let plain = provider == ProviderKind::Dialog360;
            let expected = if plain {
                (MarkdownType::None, OptionsLayout::ButtonsOrNumbered, false)
            } else {
                (MarkdownType::Whatsapp, OptionsLayout::Auto, true)
            };
            let manner = provider.manner();
            let found = (manner.markdown_type, manner.options_layout, manner.send_images_as_files);
            assert_eq!(found, expected, "{}", provider.as_str());
        }
    }
}
