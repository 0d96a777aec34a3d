//! An outbound as it is written and shown, and the rules between its fields (contracts 3.1).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::channel::{Channel, ProviderKind};
use crate::domain::ids::OutboundId;
use crate::domain::outbound::{Button, Category, Outbound, ReviewStatus, TemplateType};
use crate::domain::template;
use crate::domain::time::Time;
use crate::error::{Error, Result};

/// What `provider_status` says until the provider was reached.
pub(crate) const NOT_SUBMITTED: &str = "not_submitted";

/// A new outbound.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct NewOutbound {
    /// Of a channel, with the country code.
    #[schema(min_length = 5, max_length = 40, format = "phone")]
    pub waba_phone_number: String,
    /// True: a single notification; false: its continue button starts a flow.
    pub is_notification: bool,
    /// With variables `{{.name}}`.
    #[schema(min_length = 1, max_length = 1024)]
    pub content: String,
    pub category: Category,
    pub template_type: TemplateType,
    /// `es`, `pt-BR`.
    #[schema(min_length = 2, max_length = 6, pattern = "^[a-z]{2,3}(-[A-Z]{2})?$")]
    pub language_code: String,
    /// Need not be unique.
    #[schema(min_length = 1, max_length = 200)]
    pub outbound_name: String,
    /// An https address; required unless the type is TEXT, which ignores it.
    #[schema(min_length = 1, max_length = 2048, format = "uri")]
    pub media_url: Option<String>,
    /// Button text; required unless it is a notification.
    #[schema(min_length = 1, max_length = 25)]
    pub continue_process_message: Option<String>,
    /// Button text; required unless it is a notification.
    #[schema(min_length = 1, max_length = 25)]
    pub cancel_process_message: Option<String>,
    /// An example for each variable of `content`.
    #[serde(default)]
    pub var: BTreeMap<String, String>,
    pub call_to_action: Option<CallToAction>,
}

/// Buttons that lead out of the chat.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct CallToAction {
    pub phone: Option<PhoneButton>,
    pub url: Option<UrlButton>,
}

/// A button that calls.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct PhoneButton {
    /// Button text.
    #[schema(min_length = 1, max_length = 25)]
    pub message: String,
    /// `+573181230000`.
    #[schema(min_length = 8, max_length = 16, pattern = "^[+][1-9][0-9]{6,14}$")]
    pub number: String,
}

/// A button that opens an address.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct UrlButton {
    /// Button text.
    #[schema(min_length = 1, max_length = 25)]
    pub message: String,
    /// An absolute http or https address.
    #[schema(min_length = 1, max_length = 2000, format = "uri")]
    pub url: String,
}

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
}

/// A button of the template.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ButtonView {
    #[serde(rename = "type")]
    pub kind: ButtonType,
    /// `continue` or `cancel`, of quick replies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
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
    pub category: Category,
    pub template_type: TemplateType,
    pub language_code: String,
    pub media_url: Option<String>,
    /// Each once, in the order of appearance.
    pub variables: Vec<String>,
    pub variable_examples: BTreeMap<String, String>,
    pub buttons: Vec<ButtonView>,
    pub status: ReviewStatus,
    /// The provider's word; `not_submitted` until it was reached.
    pub provider_status: String,
    pub rejected_reason: Option<String>,
    /// Of the creation: examples that no variable uses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    pub creation_date: Time,
    pub update_date: Time,
}

impl NewOutbound {
    /// The outbound that it describes, not submitted yet. Errors name the field.
    pub(super) fn read(self, id: OutboundId, channel: &Channel, now: Time) -> Result<Outbound> {
        for (field, text) in [("content", &self.content), ("outbound_name", &self.outbound_name)] {
            if text.trim().is_empty() {
                return Err(Error::invalid(field, "must not be blank"));
            }
        }
        if !is_language(&self.language_code) {
            let rule = "must be a language such as es or pt-BR";
            return Err(Error::invalid("language_code", rule));
        }
        let variables = template::variables(&self.content)
            .map_err(|wrong| Error::invalid("content", wrong.to_string()))?;
        let examples = values_of(&variables, &self.var)?;
        Ok(Outbound {
            id,
            tenant: channel.tenant,
            channel: channel.id,
            provider: channel.provider,
            phone_number: channel.phone_number.clone(),
            media_url: self.media()?,
            buttons: self.buttons()?,
            template_name: template::provider_name(&self.outbound_name, id),
            name: self.outbound_name,
            is_notification: self.is_notification,
            content: self.content,
            category: self.category,
            template_type: self.template_type,
            language: self.language_code,
            variables,
            examples,
            status: ReviewStatus::Pending,
            provider_status: NOT_SUBMITTED.to_owned(),
            rejected_reason: None,
            template_id: None,
            created: now,
            updated: now,
            polled: None,
            version: 1,
        })
    }

    /// T39: what is given beyond the variables of the content.
    pub(super) fn surplus(&self) -> Vec<String> {
        let used = template::variables(&self.content).unwrap_or_default();
        let unused = self.var.keys().filter(|name| !used.contains(*name));
        unused.map(|name| format!("var.{name} is not a variable of content")).collect()
    }

    fn media(&self) -> Result<Option<String>> {
        if self.template_type == TemplateType::Text {
            return Ok(None);
        }
        let Some(address) = &self.media_url else {
            return Err(Error::invalid("media_url", "is required unless template_type is TEXT"));
        };
        if !is_address(address, &["https"]) {
            return Err(Error::invalid("media_url", "must be an https address"));
        }
        Ok(Some(address.clone()))
    }

    fn buttons(&self) -> Result<Vec<Button>> {
        let mut buttons = Vec::new();
        if !self.is_notification {
            let text = |field: &str, text: &Option<String>| {
                let text = text.clone().filter(|text| !text.trim().is_empty());
                let rule = "is required unless is_notification is true";
                text.ok_or_else(|| Error::invalid(field, rule))
            };
            let go_on = text("continue_process_message", &self.continue_process_message)?;
            let cancel = text("cancel_process_message", &self.cancel_process_message)?;
            if go_on.trim() == cancel.trim() {
                let rule = "must differ from continue_process_message";
                return Err(Error::invalid("cancel_process_message", rule));
            }
            buttons.extend([Button::Continue { text: go_on }, Button::Cancel { text: cancel }]);
        }
        let Some(CallToAction { phone, url }) = &self.call_to_action else { return Ok(buttons) };
        if let Some(UrlButton { message, url }) = url {
            if !is_address(url, &["http", "https"]) {
                let rule = "must be an absolute http or https address";
                return Err(Error::invalid("call_to_action.url.url", rule));
            }
            buttons.push(Button::Url { text: message.clone(), url: url.clone() });
        }
        if let Some(PhoneButton { message, number }) = phone {
            if !is_e164(number) {
                let rule = "must be a number such as +573181230000";
                return Err(Error::invalid("call_to_action.phone.number", rule));
            }
            buttons.push(Button::Phone { text: message.clone(), number: number.clone() });
        }
        Ok(buttons)
    }
}

/// A value for each of these variables (T39, T54); others are left out.
pub(crate) fn values_of(
    variables: &[String],
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    for name in variables {
        let value = given.get(name).map(|value| template::clean_value(value));
        match value.filter(|value| !value.trim().is_empty()) {
            Some(value) => values.insert(name.clone(), value),
            None => return Err(Error::invalid(format!("var.{name}"), "is required")),
        };
    }
    Ok(values)
}

fn is_language(code: &str) -> bool {
    let (language, region) = code.split_once('-').unwrap_or((code, "XX"));
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && region.len() == 2
        && region.bytes().all(|b| b.is_ascii_uppercase())
}

fn is_address(text: &str, schemes: &[&str]) -> bool {
    url::Url::parse(text).is_ok_and(|url| url.has_host() && schemes.contains(&url.scheme()))
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

impl From<Button> for ButtonView {
    fn from(button: Button) -> Self {
        let quick = |role, text| Self {
            kind: ButtonType::QuickReply,
            role: Some(role),
            text,
            url: None,
            phone_number: None,
        };
        match button {
            Button::Continue { text } => quick("continue", text),
            Button::Cancel { text } => quick("cancel", text),
            Button::Url { text, url } => {
                Self { kind: ButtonType::Url, role: None, text, url: Some(url), phone_number: None }
            }
            Button::Phone { text, number } => Self {
                kind: ButtonType::PhoneNumber,
                role: None,
                text,
                url: None,
                phone_number: Some(number),
            },
        }
    }
}

impl From<Outbound> for OutboundView {
    fn from(outbound: Outbound) -> Self {
        let mut variables = Vec::new();
        for name in outbound.variables {
            if !variables.contains(&name) {
                variables.push(name);
            }
        }
        Self {
            outbound_id: outbound.id,
            outbound_name: outbound.name,
            waba_provider: outbound.provider,
            waba_phone_number: outbound.phone_number,
            is_notification: outbound.is_notification,
            content: outbound.content,
            category: outbound.category,
            template_type: outbound.template_type,
            language_code: outbound.language,
            media_url: outbound.media_url,
            variables,
            variable_examples: outbound.examples,
            buttons: outbound.buttons.into_iter().map(ButtonView::from).collect(),
            status: outbound.status,
            provider_status: outbound.provider_status,
            rejected_reason: outbound.rejected_reason,
            warnings: Vec::new(),
            creation_date: outbound.created,
            update_date: outbound.updated,
        }
    }
}
