//! Bots: drafts, and publishing them (README 8). A bot answers on a channel whose use case it is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ListOf, ListQuery, Manage, found};
use crate::domain::bot::{Bot, Published, Terms};
use crate::domain::channel::Language;
use crate::domain::ids::{BotId, ChannelId};
use crate::domain::tenant::Role;
use crate::domain::time::Time;
use crate::domain::use_case::UseCase;
use crate::error::{Error, Result};
use crate::handlers::admit::Call;

/// A bot's draft.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BotBody {
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Where it is called: https, public.
    #[schema(min_length = 1, max_length = 2048, format = "uri")]
    pub url: String,
    /// In which the gateway speaks for it; the channel's where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Said once when it does not answer; a built-in text where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 4096)]
    pub unavailable_text: Option<String>,
    /// Your own name of a training or model, passed on with each call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub training: Option<String>,
    /// Only on these can it be reached; none: on all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub channels: Vec<ChannelId>,
}

/// Whether a bot can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BotStatus {
    /// Never published: it cannot be called.
    Draft,
    Published,
}

/// A bot as it is shown: its draft, and which version of it is called.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BotView {
    pub bot_id: BotId,
    pub status: BotStatus,
    /// The number of the version that is called; null while there is none.
    pub published_version: Option<u32>,
    pub name: String,
    pub url: String,
    pub language: Option<Language>,
    pub unavailable_text: Option<String>,
    pub training: Option<String>,
    pub channels: Vec<ChannelId>,
    pub creation_date: Time,
    pub update_date: Time,
}

impl From<Bot> for BotView {
    fn from(bot: Bot) -> Self {
        let draft = bot.draft;
        Self {
            bot_id: bot.id,
            status: match bot.published {
                Some(_) => BotStatus::Published,
                None => BotStatus::Draft,
            },
            published_version: bot.published.map(|published| published.number),
            name: draft.name,
            url: draft.url,
            language: draft.language,
            unavailable_text: draft.unavailable_text,
            training: draft.training,
            channels: draft.channels,
            creation_date: bot.created,
            update_date: bot.updated,
        }
    }
}

impl From<BotBody> for Terms {
    fn from(body: BotBody) -> Self {
        let BotBody { name, url, language, unavailable_text, training, channels } = body;
        let unavailable_text = unavailable_text.filter(|text| !text.trim().is_empty());
        Self { name, url, language, unavailable_text, training, channels }
    }
}

impl From<Terms> for BotBody {
    fn from(terms: Terms) -> Self {
        let Terms { name, url, language, unavailable_text, training, channels } = terms;
        Self { name, url, language, unavailable_text, training, channels }
    }
}

impl Manage {
    pub async fn create_bot(&self, call: &Call, body: BotBody) -> Result<BotView> {
        call.require(Role::Integrator)?;
        let bot = Bot {
            id: BotId::from_bytes(self.draw()),
            tenant: call.caller.tenant,
            draft: self.terms(call, body).await?,
            published: None,
            created: call.now,
            updated: call.now,
            version: 1,
        };
        let view = BotView::from(bot.clone());
        let receipt = self.admit.receipt(call, 201, &view, Vec::new())?;
        self.store.create_bot(&bot, receipt).await?;
        Ok(view)
    }

    /// Replaces the draft. What is published goes on as it is until the next publishing.
    pub async fn replace_bot(&self, call: &Call, id: BotId, body: BotBody) -> Result<BotView> {
        call.require(Role::Integrator)?;
        let before = found(self.store.bot(call.caller.tenant, id).await?, "bot_id")?;
        let draft = self.terms(call, body).await?;
        let version = before.version + 1;
        let bot = Bot { draft, updated: call.now, version, ..before };
        self.store.save_bot(version - 1, &bot, None).await?;
        Ok(bot.into())
    }

    /// Makes the draft the version that is called.
    pub async fn publish_bot(&self, call: &Call, id: BotId) -> Result<BotView> {
        call.require(Role::Integrator)?;
        let before = found(self.store.bot(call.caller.tenant, id).await?, "bot_id")?;
        let number = before.published.as_ref().map_or(0, |published| published.number) + 1;
        let published = Some(Published { number, terms: before.draft.clone() });
        let version = before.version + 1;
        let bot = Bot { published, updated: call.now, version, ..before };
        let view = BotView::from(bot.clone());
        let receipt = self.admit.receipt(call, 200, &view, Vec::new())?;
        self.store.save_bot(version - 1, &bot, receipt).await?;
        Ok(view)
    }

    pub async fn bot(&self, call: &Call, id: BotId) -> Result<BotView> {
        call.require(Role::Integrator)?;
        Ok(found(self.store.bot(call.caller.tenant, id).await?, "bot_id")?.into())
    }

    pub async fn bots(&self, call: &Call, query: ListQuery) -> Result<ListOf<BotView>> {
        call.require(Role::Integrator)?;
        let bots = self.store.bots(call.caller.tenant, &query.paging()).await?;
        Ok(ListOf::of(bots, BotView::from))
    }

    /// [`Error::Conflict`] while it is a channel's use case.
    pub async fn delete_bot(&self, call: &Call, id: BotId) -> Result<()> {
        call.require(Role::Integrator)?;
        let tenant = call.caller.tenant;
        let bot = found(self.store.bot(tenant, id).await?, "bot_id")?;
        let used = Some(UseCase::Bot(id));
        if self.store.any_channel(tenant, |channel| channel.use_case == used).await? {
            return Err(Error::Conflict("the bot is a channel's use case".to_owned()));
        }
        self.store.delete_bot(&bot).await
    }

    async fn terms(&self, call: &Call, body: BotBody) -> Result<Terms> {
        self.check_target(&body.url, "url")?;
        for id in &body.channels {
            found(self.store.channel_of(call.caller.tenant, *id).await?, "channels")?;
        }
        Ok(body.into())
    }
}
