//! An incoming request: somebody outside makes us write to an existing chat (contracts 8.4). Another form of sending.

use serde::Deserialize;
use utoipa::ToSchema;

use super::Manage;
use super::messages::{QueuedMessage, Words, address};
use crate::domain::attachment::{self, Mode};
use crate::domain::channel::{Channel, MarkdownType};
use crate::domain::conversation::SERVICE_WINDOW;
use crate::domain::ids::ChannelId;
use crate::domain::menu::Menu;
use crate::domain::message::{Choice, OutsideWindow, ToUser};
use crate::domain::tenant::Role;
use crate::domain::time::Time;
use crate::domain::{bounds, rendering};
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
    /// How the text is written; as the channel says where nothing is said.
    pub markdown_type: Option<MarkdownType>,
}

/// A file for the user.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct Attachment {
    /// As a file, or as a link: as what it is, and as its address if the provider cannot take it.
    pub mode: Mode,
    #[schema(min_length = 1, max_length = 2048)]
    pub url: String,
    #[schema(min_length = 1, max_length = 240)]
    pub filename: Option<String>,
    #[schema(min_length = 1, max_length = 120)]
    pub mime: Option<String>,
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
        let words = words(new, &channel, call.now + SERVICE_WINDOW)?;
        self.queue(call, &channel, address, words, (OutsideWindow::Reject, None)).await
    }
}

fn words(new: IncomingRequest, channel: &Channel, closes: Time) -> Result<Words> {
    let (mut contents, mut open) = (Vec::new(), None);
    if let Some(attachment) = new.attachment {
        contents.push(attachment.read(channel)?);
    }
    let markdown = new.markdown_type;
    match (new.text, new.options) {
        (Some(body), Some(titles)) => {
            let options: Vec<_> = (1..)
                .zip(titles)
                .map(|(number, title)| Choice {
                    id: i32::to_string(&number),
                    title,
                    description: None,
                })
                .collect();
            let menu = Menu { markdown, language: None, body: &body, options: &options };
            contents.extend(menu.messages(channel));
            open = menu.numbered(channel, closes);
        }
        (Some(text), None) => {
            contents.extend(rendering::messages(channel, markdown, ToUser::text(text)));
        }
        (None, Some(_)) => return Err(Error::invalid("text", "is required with options")),
        (None, None) if contents.is_empty() => return Err(Error::invalid("text", "is required")),
        (None, None) => {}
    }
    for content in &contents {
        let checked = bounds::check(channel.provider, content);
        checked.map_err(|breach| Error::invalid(breach.field, breach.rule))?;
    }
    Ok(Words { contents, menu: open })
}

impl Attachment {
    fn read(self, channel: &Channel) -> Result<ToUser> {
        let fits =
            url::Url::parse(&self.url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !fits {
            return Err(Error::invalid("attachment.url", "must be an http or https address"));
        }
        Ok(attachment::message(channel, self.mode, self.url, self.mime, self.filename))
    }
}
