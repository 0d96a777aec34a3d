//! A registered template with its values.

use serde::{Deserialize, Serialize};

use super::{Location, Media};

/// Values for a registered template. The name identifies the content, the text is not transmitted (K37),
/// but for providers that compare texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// In the order of the positions.
    #[serde(default)]
    pub body: Vec<String>,
    /// The body with its values in place, for providers that match texts (GupShup enterprise).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rendered: Option<String>,
    #[serde(default)]
    pub buttons: Vec<TemplateButtonValue>,
}

/// The changing part of a template's header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateHeader {
    Text(String),
    Media(Media),
    Location(Location),
}

/// The changing part of a template's button, by its place among all buttons of the template.
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
    QuickReply {
        payload: String,
    },
    /// What replaces the variable at the end of the address.
    Url {
        suffix: String,
    },
    CopyCode {
        code: String,
    },
}
