//! What a sending fills an outbound with, and the message that comes of it (contracts 3.3).

use std::collections::BTreeMap;

use super::rules::{Broken, CODE_CHARS_MAX};
use super::{Button, Outbound, Reply, TemplateType};
use crate::domain::message::{
    ButtonValue, Location, Media, MediaKind, MediaSource, TemplateButtonValue, TemplateCard,
    TemplateHeader, TemplateMessage,
};
use crate::domain::template;
use crate::domain::text::chars;
use crate::domain::time::Time;

/// What changes from sending to sending.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filling {
    /// By the variable's name.
    pub values: BTreeMap<String, String>,
    /// In place of the header's file of the creation.
    pub media_url: Option<String>,
    /// Of a document above the text; the last part of its address without it.
    pub filename: Option<String>,
    /// The header, where it is a place.
    pub location: Option<Location>,
    /// A coupon's code; the one of the creation without it.
    pub copy_code: Option<String>,
    /// When the limited-time offer ends.
    pub offer_expires: Option<Time>,
}

impl Filling {
    /// Nothing but values of variables.
    pub fn of(values: &BTreeMap<String, String>) -> Self {
        Self { values: values.clone(), ..Self::default() }
    }
}

impl Outbound {
    /// The filling with a clean value for each variable and nothing else (T54); or what is missing or does not fit.
    pub fn fit(&self, given: Filling) -> Result<Filling, Broken> {
        let values = values_of(&self.names(), &given.values)?;
        let code = self.variables.first().filter(|_| self.parts.otp.is_some());
        if let Some(name) = code
            && values.get(name).is_some_and(|code| chars(code) > CODE_CHARS_MAX)
        {
            return Err(Broken::of(format!("var.{name}"), "must have at most 15 characters"));
        }
        if self.template_type == TemplateType::Location && given.location.is_none() {
            return Err(Broken::of("header_location", "is required: template_type is LOCATION"));
        }
        if self.ends() && given.offer_expires.is_none() {
            return Err(Broken::of("offer_expiration", "is required: the offer ends at a time"));
        }
        Ok(Filling { values, ..given })
    }

    /// Whether each sending tells when its offer ends.
    fn ends(&self) -> bool {
        self.parts.offer.as_ref().is_some_and(|offer| offer.has_expiration)
    }

    /// Whether it can be sent without anything that changes: what a follow-up can send.
    pub fn is_ready_alone(&self) -> bool {
        self.fit(Filling::default()).is_ok()
    }

    /// The message that sends it, of a filling that fits. `payload` is what a continue or cancel button brings back;
    /// other quick replies bring back their text, those of cards with the card's number before it (`2:More`).
    pub fn message(&self, filling: &Filling, payload: impl Fn(Reply) -> String) -> TemplateMessage {
        let (parts, values) = (&self.parts, &filling.values);
        let reply = |button: &Button| match button {
            Button::Continue { .. } => Some(payload(Reply::Continue)),
            Button::Cancel { .. } => Some(payload(Reply::Cancel)),
            Button::QuickReply { text } => Some(text.clone()),
            Button::Url { .. } | Button::Phone { .. } | Button::CopyCode { .. } => None,
        };
        let mut buttons = button_values(&self.buttons, filling, reply);
        let body = placed(&self.content, values);
        if parts.otp.is_some() {
            let code = body.first().cloned().unwrap_or_default();
            buttons
                .push(TemplateButtonValue { index: 0, value: ButtonValue::Url { suffix: code } });
        }
        TemplateMessage {
            name: self.template_name.clone(),
            provider_id: self.template_id.clone(),
            language: self.language.clone(),
            header: self.header(filling),
            body,
            body_names: Vec::new(),
            // What WhatsApp words is not known.
            rendered: parts.otp.is_none().then(|| template::render(&self.content, values)),
            rendered_header: parts.header_text.as_ref().map(|text| template::render(text, values)),
            footer: parts.footer.clone(),
            buttons,
            offer_expires: filling.offer_expires.filter(|_| self.ends()),
            cards: (1..).zip(&parts.cards).map(|(n, card)| card_of(n, card, filling)).collect(),
        }
    }

    fn header(&self, filling: &Filling) -> Option<TemplateHeader> {
        let file = |kind| {
            let url = filling.media_url.as_ref().or(self.media_url.as_ref())?;
            Some(TemplateHeader::Media(file(kind, url, filling.filename.as_ref())))
        };
        match self.template_type {
            TemplateType::Text => {
                let values = placed(self.parts.header_text.as_deref()?, &filling.values);
                values.into_iter().next().map(TemplateHeader::Text)
            }
            TemplateType::Image => file(MediaKind::Image),
            TemplateType::Video => file(MediaKind::Video),
            TemplateType::Document => file(MediaKind::Document),
            TemplateType::Location => filling.location.clone().map(TemplateHeader::Location),
        }
    }
}

/// A value for each of these variables (T39, T54); others are left out.
pub(super) fn values_of(
    names: &[String],
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Broken> {
    let mut values = BTreeMap::new();
    for name in names {
        let value = given.get(name).map(|value| template::clean_value(value));
        match value.filter(|value| !value.trim().is_empty()) {
            Some(value) => values.insert(name.clone(), value),
            None => return Err(Broken::of(format!("var.{name}"), "is required")),
        };
    }
    Ok(values)
}

/// The values of a text's variables in the order of the positions.
fn placed(text: &str, values: &BTreeMap<String, String>) -> Vec<String> {
    let names = template::variables(text).unwrap_or_default();
    let value = |name: &String| values.get(name).map(|v| template::clean_value(v));
    names.iter().map(|name| value(name).unwrap_or_default()).collect()
}

fn button_values(
    buttons: &[Button],
    filling: &Filling,
    reply: impl Fn(&Button) -> Option<String>,
) -> Vec<TemplateButtonValue> {
    let value = |button: &Button| match button {
        Button::Continue { .. } | Button::Cancel { .. } | Button::QuickReply { .. } => {
            reply(button).map(|payload| ButtonValue::QuickReply { payload })
        }
        Button::Url { url, .. } => {
            let suffix = placed(url, &filling.values).into_iter().next();
            suffix.map(|suffix| ButtonValue::Url { suffix })
        }
        Button::CopyCode { example } => {
            let code = filling.copy_code.as_ref().unwrap_or(example).clone();
            Some(ButtonValue::CopyCode { code })
        }
        Button::Phone { .. } => None,
    };
    let values = buttons.iter().zip(0u8..).filter_map(|(button, index)| {
        value(button).map(|value| TemplateButtonValue { index, value })
    });
    values.collect()
}

fn card_of(number: usize, card: &template::Card, filling: &Filling) -> TemplateCard {
    let kind = match card.template_type {
        TemplateType::Video => MediaKind::Video,
        TemplateType::Text
        | TemplateType::Image
        | TemplateType::Document
        | TemplateType::Location => MediaKind::Image,
    };
    let reply = |button: &Button| button.label().map(|text| format!("{number}:{text}"));
    TemplateCard {
        header: file(kind, &card.media_url, None),
        body: card.content.as_deref().map(|text| placed(text, &filling.values)).unwrap_or_default(),
        buttons: button_values(&card.buttons, filling, reply),
    }
}

/// A document has a name: some providers refuse one without.
fn file(kind: MediaKind, url: &str, name: Option<&String>) -> Media {
    let last = || {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        path.rsplit('/').next().filter(|name| !name.is_empty()).map(str::to_owned)
    };
    let filename = match kind {
        MediaKind::Document => name.cloned().or_else(last),
        MediaKind::Image
        | MediaKind::Video
        | MediaKind::Audio
        | MediaKind::Voice
        | MediaKind::Sticker => None,
    };
    let source = Some(MediaSource::Link(url.to_owned()));
    Media { kind, source, mime: None, filename, caption: None, stored: None }
}
