//! A template that the provider knows, with its values, as it stands in a request. Outbounds are sent otherwise.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use super::content::{check_place, file};
use crate::domain::message::{
    ButtonValue, Location, Media, MediaKind, TemplateButtonValue, TemplateCard, TemplateHeader,
    TemplateMessage,
};
use crate::domain::time::Time;
use crate::error::{Error, Result};

/// A template that the provider knows, with its values.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct NewTemplate {
    #[schema(min_length = 1, max_length = 512)]
    pub name: String,
    /// The provider's id of the template, where sending wants it.
    #[schema(min_length = 1, max_length = 200)]
    pub template_id: Option<String>,
    #[schema(min_length = 2, max_length = 10)]
    pub language: String,
    /// A text for the header's variable.
    #[schema(min_length = 1, max_length = 60)]
    pub header_text: Option<String>,
    /// A file for the header.
    pub header_media: Option<TemplateFile>,
    /// A place for the header.
    pub header_location: Option<Location>,
    /// Values in the order of the positions.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub body: Vec<String>,
    /// Values by name instead, of a template that was registered with names.
    #[serde(default)]
    pub body_named: BTreeMap<String, String>,
    /// The text with its values in place, where the provider compares texts.
    #[schema(min_length = 1, max_length = 1024)]
    pub rendered: Option<String>,
    #[serde(default)]
    #[schema(max_items = 10)]
    pub buttons: Vec<NewTemplateButton>,
    /// When a limited-time offer ends.
    pub offer_expiration: Option<Time>,
    /// One for each card of a carousel, in its order.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub cards: Vec<NewTemplateCard>,
}

/// The values of a carousel's card.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct NewTemplateCard {
    pub header_media: TemplateFile,
    /// Values in the order of the positions.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub body: Vec<String>,
    #[serde(default)]
    #[schema(max_items = 2)]
    pub buttons: Vec<NewTemplateButton>,
}

/// The file of a template's header.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct TemplateFile {
    #[serde(rename = "type")]
    pub kind: MediaKind,
    #[schema(min_length = 1, max_length = 2048)]
    pub link: String,
    #[schema(min_length = 1, max_length = 240)]
    pub filename: Option<String>,
}

/// The value of one button, by its place among all buttons of the template.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct NewTemplateButton {
    #[schema(minimum = 0, maximum = 9)]
    pub index: u8,
    #[serde(rename = "type")]
    pub kind: TemplateButtonKind,
    /// The payload, the end of the address, or the code.
    #[schema(min_length = 1, max_length = 256)]
    pub value: String,
}

/// What a template's button takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemplateButtonKind {
    QuickReply,
    Url,
    CopyCode,
}

impl NewTemplate {
    pub(super) fn read(self) -> Result<TemplateMessage> {
        let header = self.header()?;
        let (body_names, body) = match (self.body, self.body_named) {
            (body, named) if named.is_empty() => (Vec::new(), body),
            (body, named) if body.is_empty() => named.into_iter().unzip(),
            _ => {
                let rule = "and body exclude each other";
                return Err(Error::invalid("message.template.body_named", rule));
            }
        };
        check_values(&body, "message.template.body")?;
        let cards = self.cards.into_iter().enumerate().map(|(at, card)| {
            let place = format!("message.template.cards[{at}]");
            check_values(&card.body, &format!("{place}.body"))?;
            Ok(TemplateCard {
                header: card.header_media.read(&format!("{place}.header_media.link"))?,
                body: card.body,
                buttons: button_values(card.buttons),
            })
        });
        Ok(TemplateMessage {
            name: self.name,
            provider_id: self.template_id,
            language: self.language,
            header,
            body,
            body_names,
            rendered: self.rendered,
            rendered_header: None,
            footer: None,
            buttons: button_values(self.buttons),
            offer_expires: self.offer_expiration,
            cards: cards.collect::<Result<_>>()?,
        })
    }

    fn header(&self) -> Result<Option<TemplateHeader>> {
        let place = "message.template";
        Ok(match (&self.header_text, &self.header_media, &self.header_location) {
            (None, None, None) => None,
            (Some(text), None, None) => Some(TemplateHeader::Text(text.clone())),
            (None, Some(given), None) => {
                let file = given.clone().read(&format!("{place}.header_media.link"))?;
                Some(TemplateHeader::Media(file))
            }
            (None, None, Some(location)) => {
                check_place(location, &format!("{place}.header_location"))?;
                Some(TemplateHeader::Location(location.clone()))
            }
            _ => {
                let rule = "must be the only one of header_text, header_media, header_location";
                return Err(Error::invalid(format!("{place}.header_text"), rule));
            }
        })
    }
}

impl TemplateFile {
    fn read(self, field: &str) -> Result<Media> {
        let file = file(self.kind, self.link, field)?;
        Ok(Media { filename: self.filename, ..file })
    }
}

fn check_values(values: &[String], field: &str) -> Result<()> {
    match values.iter().position(|value| value.trim().is_empty()) {
        Some(place) => Err(Error::invalid(format!("{field}[{place}]"), "must not be empty")),
        None => Ok(()),
    }
}

fn button_values(buttons: Vec<NewTemplateButton>) -> Vec<TemplateButtonValue> {
    let value = |button: NewTemplateButton| TemplateButtonValue {
        index: button.index,
        value: match button.kind {
            TemplateButtonKind::QuickReply => ButtonValue::QuickReply { payload: button.value },
            TemplateButtonKind::Url => ButtonValue::Url { suffix: button.value },
            TemplateButtonKind::CopyCode => ButtonValue::CopyCode { code: button.value },
        },
    };
    buttons.into_iter().map(value).collect()
}
