//! A registered template with its values.

use serde::{Deserialize, Serialize};

use super::super::time::Time;
use super::{Location, Media};

/// Values for a registered template. The name identifies the content, the text is not transmitted (K37),
/// but for providers that compare texts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TemplateMessage {
    /// The provider's name of the template.
    pub name: String,
    /// The provider's id of the template, where sending wants it (GupShup).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// `es`, `pt-BR`.
    pub language: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<TemplateHeader>,
    /// In the order of the positions. Of an authentication template it is the code, which stands as the end of the
    /// address of the button at 0 too.
    #[serde(default)]
    pub body: Vec<String>,
    /// The names of the body's variables, one for each value, of a template that was registered with names; empty
    /// where they are numbered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body_names: Vec<String>,
    /// The body with its values in place, for providers that match texts (GupShup enterprise).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rendered: Option<String>,
    /// The same of a header of text, for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rendered_header: Option<String>,
    /// What stands below the body, for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    #[serde(default)]
    pub buttons: Vec<TemplateButtonValue>,
    /// When a limited-time offer ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_expires: Option<Time>,
    /// One for each card of a carousel, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<TemplateCard>,
}

/// The changing part of a template's header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateHeader {
    Text(String),
    Media(Media),
    Location(Location),
}

/// The changing parts of a carousel's card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateCard {
    pub header: Media,
    #[serde(default)]
    pub body: Vec<String>,
    #[serde(default)]
    pub buttons: Vec<TemplateButtonValue>,
}

/// The changing part of a template's button, by its place among all buttons of the template or card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateButtonValue {
    /// Counted from 0.
    pub index: u8,
    pub value: ButtonValue,
}

/// What a template button takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonValue {
    /// Comes back when the user taps.
    QuickReply { payload: String },
    /// What replaces the variable at the end of the address; the code of an authentication template.
    Url { suffix: String },
    /// A coupon's code.
    CopyCode { code: String },
}
