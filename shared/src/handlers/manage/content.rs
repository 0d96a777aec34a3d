//! What a caller wants to say, as it stands in a request, and what it becomes for the channel.

use serde::Deserialize;
use utoipa::ToSchema;

use super::template_content::NewTemplate;
use crate::domain::channel::Channel;
use crate::domain::menu;
use crate::domain::message::{
    Choice, Header, Location, Media, MediaKind, MediaSource, Section, ToUser,
};
use crate::domain::text::{BUTTON_CHARS_MAX, BUTTONS_MAX, ROWS_MAX, chars};
use crate::error::{Error, Result};

/// The kinds of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    Text,
    Image,
    Video,
    Audio,
    Document,
    Sticker,
    Location,
    Contacts,
    Reaction,
    /// Options, laid out as the channel does it: buttons, a list or numbered text.
    Menu,
    Buttons,
    List,
    CtaUrl,
    LocationRequest,
    /// An interactive object in the Cloud API's form.
    Interactive,
    Template,
}

/// A message to say. `type` decides which of the other fields are read.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct NewContent {
    #[serde(rename = "type")]
    pub kind: ContentKind,
    /// Of texts, menus, buttons, lists, links and location requests. Long texts are sent in parts.
    #[schema(min_length = 1, max_length = 65536)]
    pub body: Option<String>,
    /// Whether the first address of a text shows a preview.
    #[serde(default)]
    pub preview_url: bool,
    /// Where the file is: https, readable by the provider.
    #[schema(min_length = 1, max_length = 2048)]
    pub link: Option<String>,
    /// Under an image, video or document.
    #[schema(max_length = 1024)]
    pub caption: Option<String>,
    #[schema(min_length = 1, max_length = 240)]
    pub filename: Option<String>,
    #[schema(min_length = 1, max_length = 120)]
    pub mime: Option<String>,
    pub location: Option<Location>,
    /// Cards in the Cloud API's form.
    #[schema(max_items = 5)]
    pub contacts: Option<Vec<serde_json::Value>>,
    /// The provider's id of the message that is reacted to.
    #[schema(min_length = 1, max_length = 512)]
    pub to_message: Option<String>,
    /// Empty or absent: the reaction is taken back.
    #[schema(max_length = 16)]
    pub emoji: Option<String>,
    /// Above the body of buttons, lists and links.
    #[schema(min_length = 1, max_length = 60)]
    pub header: Option<String>,
    #[schema(min_length = 1, max_length = 60)]
    pub footer: Option<String>,
    /// Of menus and buttons.
    #[schema(min_items = 1, max_items = 100)]
    pub options: Option<Vec<Choice>>,
    #[schema(min_items = 1, max_items = 10)]
    pub sections: Option<Vec<Section>>,
    /// What opens a list, or what stands on a link; at most 20 characters.
    #[schema(min_length = 1, max_length = 20)]
    pub button: Option<String>,
    pub interactive: Option<serde_json::Value>,
    pub template: Option<NewTemplate>,
}

/// A field that this kind of message cannot do without.
fn need<T>(value: Option<T>, field: &str) -> Result<T> {
    value.ok_or_else(|| Error::invalid(format!("message.{field}"), "is required"))
}

impl NewContent {
    /// What is to be said, usually one message.
    pub fn read(self, channel: &Channel) -> Result<Vec<ToUser>> {
        let kind = match self.kind {
            ContentKind::Text => return self.text(),
            ContentKind::Menu => return self.menu(channel),
            ContentKind::Image => MediaKind::Image,
            ContentKind::Video => MediaKind::Video,
            ContentKind::Audio => MediaKind::Audio,
            ContentKind::Document => MediaKind::Document,
            ContentKind::Sticker => MediaKind::Sticker,
            ContentKind::Buttons
            | ContentKind::List
            | ContentKind::CtaUrl
            | ContentKind::LocationRequest => {
                return self.interactive().map(|content| vec![content]);
            }
            ContentKind::Location => {
                let location = need(self.location, "location")?;
                check_place(&location, "message.location")?;
                return Ok(vec![ToUser::Location(location)]);
            }
            ContentKind::Contacts => {
                let contacts = need(self.contacts.filter(|cards| !cards.is_empty()), "contacts")?;
                return Ok(vec![ToUser::Contacts { contacts }]);
            }
            ContentKind::Reaction => {
                let to = need(self.to_message, "to_message")?;
                let emoji = self.emoji.filter(|emoji| !emoji.is_empty());
                return Ok(vec![ToUser::Reaction { to, emoji }]);
            }
            ContentKind::Interactive => {
                let interactive =
                    need(self.interactive.filter(serde_json::Value::is_object), "interactive")?;
                return Ok(vec![ToUser::Interactive { interactive }]);
            }
            ContentKind::Template => {
                let template = need(self.template, "template")?.read()?;
                return Ok(vec![ToUser::Template(template)]);
            }
        };
        let mut file = file(kind, need(self.link, "link")?, "message.link")?;
        (file.mime, file.filename, file.caption) = (self.mime, self.filename, self.caption);
        Ok(vec![ToUser::Media(file)])
    }

    fn text(self) -> Result<Vec<ToUser>> {
        let body = need(self.body.filter(|body| !body.trim().is_empty()), "body")?;
        let parts = crate::domain::text::split(&body).into_iter();
        Ok(parts.map(|body| ToUser::Text { body, preview_url: self.preview_url }).collect())
    }

    fn menu(self, channel: &Channel) -> Result<Vec<ToUser>> {
        let (body, options) = (
            need(self.body.filter(|body| !body.trim().is_empty()), "body")?,
            need(self.options, "options")?,
        );
        Ok(menu::lay_out(channel.options_layout, channel.language, &body, &options))
    }

    fn interactive(self) -> Result<ToUser> {
        let body = need(self.body.filter(|body| !body.trim().is_empty()), "body")?;
        if chars(&body) > crate::domain::text::BODY_CHARS_MAX {
            return Err(Error::invalid("message.body", "must have at most 1024 characters"));
        }
        let (header, footer) = (self.header, self.footer);
        Ok(match self.kind {
            ContentKind::Buttons => {
                let buttons = need(self.options, "options")?;
                check_buttons(&buttons)?;
                ToUser::Buttons { header: header.map(Header::Text), body, footer, buttons }
            }
            ContentKind::List => {
                let (button, sections) =
                    (need(self.button, "button")?, need(self.sections, "sections")?);
                if sections.iter().map(|section| section.rows.len()).sum::<usize>() > ROWS_MAX {
                    return Err(Error::invalid(
                        "message.sections",
                        "must have at most 10 rows in all",
                    ));
                }
                ToUser::List { header, body, footer, button, sections }
            }
            ContentKind::CtaUrl => {
                let (display_text, url) = (need(self.button, "button")?, need(self.link, "link")?);
                check_address(&url, "message.link")?;
                ToUser::CtaUrl { header: header.map(Header::Text), body, footer, display_text, url }
            }
            _ => ToUser::LocationRequest { body },
        })
    }
}

fn check_buttons(buttons: &[Choice]) -> Result<()> {
    if buttons.len() > BUTTONS_MAX {
        return Err(Error::invalid(
            "message.options",
            "must have at most 3 buttons; use a menu for more",
        ));
    }
    for (place, button) in buttons.iter().enumerate() {
        let same = |other: &Choice| other.id == button.id || other.title == button.title;
        if buttons[..place].iter().any(same) {
            let field = format!("message.options[{place}]");
            return Err(Error::invalid(field, "has the id or the title of another button"));
        }
    }
    let long = buttons.iter().position(|button| chars(&button.title) > BUTTON_CHARS_MAX);
    match long {
        Some(place) => {
            let field = format!("message.options[{place}].title");
            Err(Error::invalid(field, "must have at most 20 characters on a button"))
        }
        None => Ok(()),
    }
}

/// Decimal numbers of degrees, as texts so that nothing is rounded.
pub(in crate::handlers) fn check_place(place: &Location, field: &str) -> Result<()> {
    for (name, text, max) in
        [("latitude", &place.latitude, 90.0), ("longitude", &place.longitude, 180.0)]
    {
        if !text.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= max) {
            let rule = format!("must be a number between -{max} and {max}");
            return Err(Error::invalid(format!("{field}.{name}"), rule));
        }
    }
    Ok(())
}

fn check_address(address: &str, field: &str) -> Result<()> {
    let fits = url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if fits { Ok(()) } else { Err(Error::invalid(field, "must be an http or https address")) }
}

pub(super) fn file(kind: MediaKind, link: String, field: &str) -> Result<Media> {
    check_address(&link, field)?;
    let source = Some(MediaSource::Link(link));
    Ok(Media { kind, source, mime: None, filename: None, caption: None, stored: None })
}
