//! An incoming request: somebody outside makes us write to an existing chat (contracts 8.4). Another form of sending.

use serde::Deserialize;
use utoipa::ToSchema;

use super::Manage;
use super::messages::{QueuedMessage, address};
use crate::domain::channel::Channel;
use crate::domain::ids::ChannelId;
use crate::domain::menu;
use crate::domain::message::{Choice, Media, MediaKind, MediaSource, OutsideWindow, ToUser};
use crate::domain::tenant::Role;
use crate::error::{Error, Result};
use crate::handlers::admit::Call;

/// A text, options to choose from, a file, or several of them.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct IncomingRequest {
    /// `<number>|<provider>`.
    #[schema(min_length = 1, max_length = 160)]
    pub channel_chat_id: String,
    /// May be left out where the tenant has one channel at the provider.
    pub channel_id: Option<ChannelId>,
    #[schema(min_length = 1, max_length = 65536)]
    pub text: Option<String>,
    /// Titles to choose from; they need a text.
    #[schema(min_items = 1, max_items = 100)]
    pub options: Option<Vec<String>>,
    pub attachment: Option<Attachment>,
    /// How the text is written; it is passed on unchanged.
    pub markdown_type: Option<MarkdownType>,
}

/// A file for the user.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct Attachment {
    pub mode: AttachmentMode,
    #[schema(min_length = 1, max_length = 2048)]
    pub url: String,
    #[schema(min_length = 1, max_length = 240)]
    pub filename: Option<String>,
    #[schema(min_length = 1, max_length = 120)]
    pub mime: Option<String>,
}

/// As a file, or as the address in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentMode {
    File,
    Link,
}

/// WhatsApp's own marks, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarkdownType {
    Whatsapp,
    None,
}

impl Manage {
    pub async fn incoming_request(
        &self,
        call: &Call,
        new: IncomingRequest,
    ) -> Result<QueuedMessage> {
        call.require(Role::Integrator)?;
        let chat = new.channel_chat_id.as_str();
        let channel = self.channel_to_send(call, new.channel_id, Some(chat)).await?;
        let address = address(None, Some(chat), &channel.default_country)?;
        let contents = contents(new, &channel)?;
        self.queue(call, &channel, address, contents, (OutsideWindow::Reject, None)).await
    }
}

fn contents(new: IncomingRequest, channel: &Channel) -> Result<Vec<ToUser>> {
    let mut contents = Vec::new();
    if let Some(attachment) = new.attachment {
        contents.push(attachment.read()?);
    }
    match (new.text, new.options) {
        (Some(text), Some(titles)) => {
            let options: Vec<_> = (1..)
                .zip(titles)
                .map(|(number, title)| Choice {
                    id: i32::to_string(&number),
                    title,
                    description: None,
                })
                .collect();
            contents.extend(menu::lay_out(
                channel.options_layout,
                channel.language,
                &text,
                &options,
            ));
        }
        (Some(text), None) => {
            contents.extend(crate::domain::text::split(&text).into_iter().map(ToUser::text));
        }
        (None, Some(_)) => return Err(Error::invalid("text", "is required with options")),
        (None, None) if contents.is_empty() => return Err(Error::invalid("text", "is required")),
        (None, None) => {}
    }
    Ok(contents)
}

impl Attachment {
    fn read(self) -> Result<ToUser> {
        let fits =
            url::Url::parse(&self.url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !fits {
            return Err(Error::invalid("attachment.url", "must be an http or https address"));
        }
        if self.mode == AttachmentMode::Link {
            return Ok(ToUser::Text { body: self.url, preview_url: true });
        }
        let kind = match self.mime.as_deref().and_then(|mime| mime.split('/').next()) {
            Some("image") => MediaKind::Image,
            Some("video") => MediaKind::Video,
            Some("audio") => MediaKind::Audio,
            _ => MediaKind::Document,
        };
        Ok(ToUser::Media(Media {
            kind,
            source: Some(MediaSource::Link(self.url)),
            mime: self.mime,
            filename: self.filename,
            caption: None,
            stored: None,
        }))
    }
}
