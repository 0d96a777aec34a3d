//! An outbound as it is shown, and which ones are listed (contracts 3.1, 3.2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::channel::ProviderKind;
use crate::domain::ids::OutboundId;
use crate::domain::outbound::{
    App, Button, Card, Category, Offer, Otp, OtpType, Outbound, ReviewStatus, TemplateType,
};
use crate::domain::time::Time;

/// Which outbounds are listed.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct OutboundFilter {
    #[param(min_length = 5, max_length = 40, format = "phone")]
    pub waba_phone_number: Option<String>,
    #[param(inline)]
    pub status: Option<ReviewStatus>,
    pub is_notification: Option<bool>,
    #[param(minimum = 1, maximum = 200)]
    pub page_size: Option<u32>,
    #[param(min_length = 1, max_length = 2048)]
    pub start_key: Option<String>,
}

/// What a button does, in WhatsApp's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ButtonType {
    QuickReply,
    Url,
    PhoneNumber,
    CopyCode,
    Otp,
}

/// A button of the template.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ButtonView {
    #[serde(rename = "type")]
    pub kind: ButtonType,
    /// `continue` or `cancel`, of quick replies that decide about a flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    /// Absent where WhatsApp words it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// A coupon's code, as an example.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// What was chosen of an authentication template.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OtpView {
    #[serde(rename = "type")]
    pub kind: OtpType,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autofill_message: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub apps: Vec<App>,
    pub add_security_recommendation: bool,
    pub code_expiration_minutes: Option<u8>,
}

/// A card of a carousel.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CardView {
    pub template_type: TemplateType,
    pub media_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    pub buttons: Vec<ButtonView>,
}

/// An outbound as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OutboundView {
    pub outbound_id: OutboundId,
    pub outbound_name: String,
    pub waba_provider: ProviderKind,
    pub waba_phone_number: String,
    pub is_notification: bool,
    pub content: String,
    /// As it was asked for, until WhatsApp changes it.
    pub category: Category,
    /// Before WhatsApp changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_category: Option<Category>,
    /// What WhatsApp announced to change it to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_category: Option<Category>,
    pub template_type: TemplateType,
    pub language_code: String,
    pub media_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// Each once: of header, content, buttons and cards, in the order of appearance.
    pub variables: Vec<String>,
    pub variable_examples: BTreeMap<String, String>,
    pub buttons: Vec<ButtonView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otp: Option<OtpView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limited_time_offer: Option<Offer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<CardView>,
    pub status: ReviewStatus,
    /// The provider's word; `not_submitted` until it was reached.
    pub provider_status: String,
    pub rejected_reason: Option<String>,
    /// The provider's word for how users take it; a low one leads to a pause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<String>,
    /// Of the creation: what of the request is not used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    pub creation_date: Time,
    pub update_date: Time,
}

impl ButtonView {
    fn new(kind: ButtonType, text: Option<String>) -> Self {
        Self { kind, role: None, text, url: None, phone_number: None, code: None }
    }
}

impl From<Button> for ButtonView {
    fn from(button: Button) -> Self {
        let quick = |role, text| Self { role, ..Self::new(ButtonType::QuickReply, Some(text)) };
        match button {
            Button::Continue { text } => quick(Some("continue"), text),
            Button::Cancel { text } => quick(Some("cancel"), text),
            Button::QuickReply { text } => quick(None, text),
            Button::Url { text, url } => {
                Self { url: Some(url), ..Self::new(ButtonType::Url, Some(text)) }
            }
            Button::Phone { text, number } => {
                let kind = ButtonType::PhoneNumber;
                Self { phone_number: Some(number), ..Self::new(kind, Some(text)) }
            }
            Button::CopyCode { example } => {
                Self { code: Some(example), ..Self::new(ButtonType::CopyCode, None) }
            }
        }
    }
}

impl From<Card> for CardView {
    fn from(card: Card) -> Self {
        Self {
            template_type: card.template_type,
            media_url: card.media_url,
            content: card.content,
            buttons: card.buttons.into_iter().map(ButtonView::from).collect(),
        }
    }
}

impl From<Otp> for OtpView {
    fn from(otp: Otp) -> Self {
        Self {
            kind: otp.kind,
            autofill_message: otp.autofill_text,
            apps: otp.apps,
            add_security_recommendation: otp.add_security_recommendation,
            code_expiration_minutes: otp.code_expiration_minutes,
        }
    }
}

impl From<Outbound> for OutboundView {
    fn from(outbound: Outbound) -> Self {
        let variables = outbound.names();
        let parts = outbound.parts;
        let mut buttons: Vec<ButtonView> =
            outbound.buttons.into_iter().map(ButtonView::from).collect();
        buttons.extend(
            parts.otp.as_ref().map(|otp| ButtonView::new(ButtonType::Otp, otp.text.clone())),
        );
        Self {
            outbound_id: outbound.id,
            outbound_name: outbound.name,
            waba_provider: outbound.provider,
            waba_phone_number: outbound.phone_number,
            is_notification: outbound.is_notification,
            content: outbound.content,
            category: outbound.category,
            previous_category: outbound.rating.previous_category,
            next_category: outbound.rating.next_category,
            template_type: outbound.template_type,
            language_code: outbound.language,
            media_url: outbound.media_url,
            header_text: parts.header_text,
            footer: parts.footer,
            variables,
            variable_examples: outbound.examples,
            buttons,
            otp: parts.otp.map(OtpView::from),
            limited_time_offer: parts.offer,
            cards: parts.cards.into_iter().map(CardView::from).collect(),
            status: outbound.status,
            provider_status: outbound.provider_status,
            rejected_reason: outbound.rejected_reason,
            quality: outbound.rating.quality,
            warnings: Vec::new(),
            creation_date: outbound.created,
            update_date: outbound.updated,
        }
    }
}
