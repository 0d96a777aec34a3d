//! The parts of a template in WhatsApp's words: category, header, buttons, one-time passwords, offers and cards
//! (whatsapp-rules 6). What a template may be made of is in [`super::super::outbound`]; here is what the parts are.

use serde::{Deserialize, Serialize};

/// Of a template (T32).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Category {
    Marketing,
    Authentication,
    Utility,
}

impl Category {
    /// A provider's word; `None` for what is no category any more (`OTP`, `ACCOUNT_UPDATE`).
    pub fn of(word: &str) -> Option<Self> {
        [Self::Marketing, Self::Authentication, Self::Utility]
            .into_iter()
            .find(|category| category.as_str().eq_ignore_ascii_case(word))
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Marketing => "MARKETING",
            Self::Authentication => "AUTHENTICATION",
            Self::Utility => "UTILITY",
        }
    }
}

/// What stands above the text (T33). A place is given with each sending only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum TemplateType {
    Text,
    Video,
    Image,
    Document,
    Location,
}

impl TemplateType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Video => "VIDEO",
            Self::Image => "IMAGE",
            Self::Document => "DOCUMENT",
            Self::Location => "LOCATION",
        }
    }
}

/// A button of a template, in the order continue, cancel, other quick replies, url, phone, code (contracts 3.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Button {
    Continue {
        text: String,
    },
    Cancel {
        text: String,
    },
    /// Says its text for the user.
    QuickReply {
        text: String,
    },
    /// `url` may end in one variable.
    Url {
        text: String,
        url: String,
    },
    Phone {
        text: String,
        number: String,
    },
    /// Copies a coupon's code; WhatsApp words the button.
    CopyCode {
        example: String,
    },
}

impl Button {
    /// What stands on it; WhatsApp words the button of a code.
    pub fn label(&self) -> Option<&str> {
        match self {
            Self::Continue { text }
            | Self::Cancel { text }
            | Self::QuickReply { text }
            | Self::Url { text, .. }
            | Self::Phone { text, .. } => Some(text),
            Self::CopyCode { .. } => None,
        }
    }

    /// Whether a tap on it comes back to us.
    pub const fn is_quick_reply(&self) -> bool {
        match self {
            Self::Continue { .. } | Self::Cancel { .. } | Self::QuickReply { .. } => true,
            Self::Url { .. } | Self::Phone { .. } | Self::CopyCode { .. } => false,
        }
    }
}

/// How a one-time password gets from the message into the app that asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OtpType {
    /// The user copies it.
    #[default]
    CopyCode,
    /// One tap hands it to the app.
    OneTap,
    /// The app gets it without a tap.
    ZeroTap,
}

impl OtpType {
    /// WhatsApp's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CopyCode => "COPY_CODE",
            Self::OneTap => "ONE_TAP",
            Self::ZeroTap => "ZERO_TAP",
        }
    }
}

/// An Android app that may take a one-time password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct App {
    /// `com.example.shop`.
    #[schema(min_length = 3, max_length = 224)]
    pub package_name: String,
    /// Of the app's signing key: 11 characters.
    #[schema(min_length = 11, max_length = 11)]
    pub signature_hash: String,
}

/// All that can be chosen of an authentication template: WhatsApp words it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Otp {
    pub kind: OtpType,
    /// On the button that copies; WhatsApp's own word without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// On the button that hands the code to the app; WhatsApp's own word without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autofill_text: Option<String>,
    /// None for a code that is copied.
    #[serde(default)]
    pub apps: Vec<App>,
    /// Adds the sentence that the code is not to be shared.
    #[serde(default)]
    pub add_security_recommendation: bool,
    /// Adds the sentence when the code ends; 1 to 90.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_expiration_minutes: Option<u8>,
}

/// A box with a countdown above the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Offer {
    /// Its title.
    #[schema(min_length = 1, max_length = 16)]
    pub text: String,
    /// Whether it ends at a time that each sending tells.
    #[serde(default)]
    pub has_expiration: bool,
}

/// A card of a carousel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// A picture or a video, the same on all cards.
    pub template_type: TemplateType,
    pub media_url: String,
    /// With `{{.name}}` variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// One or two, of the same types on all cards.
    pub buttons: Vec<Button>,
}
