//! What a caller wants to say, as it stands in a request, and what it becomes for the channel.

use serde::Deserialize;
use utoipa::ToSchema;

use super::template_content::NewTemplate;
use crate::domain::channel::{Channel, MarkdownType};
use crate::domain::ids::MediaId;
use crate::domain::menu::{Menu, Numbered};
use crate::domain::message::{
    Choice, Header, Location, Media, MediaKind, MediaSource, Section, ToUser,
};
use crate::domain::time::Time;
use crate::domain::{bounds, rendering};
use crate::error::{Error, Result};
use crate::store::media::StoredMedia;

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
    /// How the texts are written; as the channel says where nothing is said.
    pub markdown_type: Option<MarkdownType>,
    /// Where the file is: https, readable by the provider. This or `media_id`.
    #[schema(min_length = 1, max_length = 2048)]
    pub link: Option<String>,
    /// A file that `POST /v1/media` took, or that a user sent.
    pub media_id: Option<MediaId>,
    /// Under an image, video or document. What is too long for it, and for a file without a place for it, is sent as a
    /// text behind the file.
    #[schema(max_length = 65536)]
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
    /// What is to be said, usually one message: as it goes out, and within the provider's limits. `file` is the one
    /// that `media_id` names, with a link to it.
    pub fn read(
        self,
        channel: &Channel,
        file: Option<(StoredMedia, String)>,
    ) -> Result<Vec<ToUser>> {
        let markdown = self.markdown_type;
        let messages = if self.kind == ContentKind::Menu {
            self.menu()?.messages(channel)
        } else {
            rendering::messages(channel, markdown, self.content(file)?)
        };
        for message in &messages {
            bounds::check(channel.provider, message).map_err(|breach| {
                Error::invalid(format!("message.{}", breach.field), breach.rule)
            })?;
        }
        Ok(messages)
    }

    /// What has to be remembered, so that a number is understood as the option that it stands before.
    pub fn numbered(&self, channel: &Channel, closes: Time) -> Option<Numbered> {
        let is_menu = self.kind == ContentKind::Menu;
        self.menu().ok().filter(|_| is_menu)?.numbered(channel, closes)
    }

    /// The one thing that is said, before it is written as the channel does. `stored` as in [`Self::read`].
    pub fn content(self, stored: Option<(StoredMedia, String)>) -> Result<ToUser> {
        let kind = match self.kind {
            // A menu is laid out before; here it would be its text.
            ContentKind::Text | ContentKind::Menu => return self.text(),
            ContentKind::Image => MediaKind::Image,
            ContentKind::Video => MediaKind::Video,
            ContentKind::Audio => MediaKind::Audio,
            ContentKind::Document => MediaKind::Document,
            ContentKind::Sticker => MediaKind::Sticker,
            ContentKind::Buttons
            | ContentKind::List
            | ContentKind::CtaUrl
            | ContentKind::LocationRequest => return self.interactive(),
            ContentKind::Location => {
                let location = need(self.location, "location")?;
                check_place(&location, "message.location")?;
                return Ok(ToUser::Location(location));
            }
            ContentKind::Contacts => {
                let contacts = need(self.contacts.filter(|cards| !cards.is_empty()), "contacts")?;
                return Ok(ToUser::Contacts { contacts });
            }
            ContentKind::Reaction => {
                let to = need(self.to_message, "to_message")?;
                let emoji = self.emoji.filter(|emoji| !emoji.is_empty());
                return Ok(ToUser::Reaction { to, emoji });
            }
            ContentKind::Interactive => {
                let interactive =
                    need(self.interactive.filter(serde_json::Value::is_object), "interactive")?;
                return Ok(ToUser::Interactive { interactive });
            }
            ContentKind::Template => {
                return Ok(ToUser::Template(need(self.template, "template")?.read()?));
            }
        };
        let mut media = match (stored, self.link) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid("message.link", "and media_id exclude each other"));
            }
            (Some((stored, link)), None) => stored_file(kind, stored, link)?,
            (None, link) => {
                let file = file(kind, need(link, "link")?, "message.link")?;
                Media { mime: self.mime, ..file }
            }
        };
        media.filename = self.filename.or(media.filename);
        media.caption = self.caption;
        Ok(ToUser::Media(media))
    }

    fn text(self) -> Result<ToUser> {
        let body = need(self.body.filter(|body| !body.trim().is_empty()), "body")?;
        Ok(ToUser::Text { body, preview_url: self.preview_url })
    }

    fn menu(&self) -> Result<Menu<'_>> {
        let body = self.body.as_deref().filter(|body| !body.trim().is_empty());
        Ok(Menu {
            markdown: self.markdown_type,
            language: None,
            body: need(body, "body")?,
            options: need(self.options.as_deref(), "options")?,
        })
    }

    fn interactive(self) -> Result<ToUser> {
        let body = need(self.body.filter(|body| !body.trim().is_empty()), "body")?;
        let (header, footer) = (self.header, self.footer);
        Ok(match self.kind {
            ContentKind::Buttons => {
                let buttons = need(self.options, "options")?;
                ToUser::Buttons { header: header.map(Header::Text), body, footer, buttons }
            }
            ContentKind::List => {
                let (button, sections) =
                    (need(self.button, "button")?, need(self.sections, "sections")?);
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

/// A file that is kept here goes under its own type.
fn stored_file(kind: MediaKind, stored: StoredMedia, link: String) -> Result<Media> {
    let fits = bounds::check_type(kind, &stored.mime);
    fits.and_then(|()| bounds::check_size(kind, stored.size_bytes))
        .map_err(|rule| Error::invalid("message.media_id", rule))?;
    Ok(Media {
        kind,
        source: Some(MediaSource::Link(link)),
        mime: Some(stored.mime),
        filename: stored.filename.filter(|_| kind == MediaKind::Document),
        caption: None,
        stored: Some(stored.id),
    })
}

pub(super) fn file(kind: MediaKind, link: String, field: &str) -> Result<Media> {
    check_address(&link, field)?;
    let source = Some(MediaSource::Link(link));
    Ok(Media { kind, source, mime: None, filename: None, caption: None, stored: None })
}
