//! Channels: how one is shown, and what happens when one is saved (contracts 13). What their owner writes is in
//! [`super::channel_body`], whether one is reachable in `activate`.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::channel_body::{
    ChannelChanges, NewChannel, Values, country, number, place, take_values,
};
use super::{ListOf, ListQuery, Manage, found};
use crate::domain::channel::{
    Channel, Language, MarkdownType, OpenChannel, OptionsLayout, ProviderKind,
};
use crate::domain::ids::{AppId, ChannelId, TenantId};
use crate::domain::limits::Limits;
use crate::domain::tenant::Role;
use crate::domain::time::Time;
use crate::domain::use_case::UseCase;
use crate::error::{Error, Result};
use crate::handlers::admit::Call;
use crate::provider;

/// A channel as it is shown: never its credentials.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelView {
    pub channel_id: ChannelId,
    /// `messaging`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub connector: &'static str,
    pub name: String,
    pub provider: ProviderKind,
    pub phone_number: String,
    pub default_country: String,
    pub language: Language,
    pub settings: BTreeMap<String, String>,
    /// Where the provider has to send webhooks.
    pub webhook_url: String,
    pub stream_id: String,
    pub associated_app_id: Option<AppId>,
    pub require_exp: bool,
    pub options_layout: OptionsLayout,
    pub markdown_type: MarkdownType,
    pub send_images_as_files: bool,
    pub use_cases: Vec<UseCase>,
    pub messages_per_second: u32,
    pub active: bool,
    /// What did not work when it was saved, and what its provider refuses for now.
    pub warnings: Vec<String>,
    pub creation_date: Time,
    pub update_date: Time,
}

impl Manage {
    pub async fn create_channel(&self, call: &Call, new: NewChannel) -> Result<ChannelView> {
        call.require(Role::ChannelsAdmin)?;
        let id = ChannelId::from_bytes(self.draw());
        let manner = new.provider.manner();
        let channel = Channel {
            id,
            tenant: call.caller.tenant,
            name: new.name,
            provider: new.provider,
            phone_number: number("phone_number", &new.phone_number)?,
            default_country: country(&new.default_country)?,
            language: new.language.unwrap_or_default(),
            credentials: String::new(),
            settings: Values::new(),
            associated_app: new.associated_app_id,
            require_exp: new.require_exp,
            options_layout: new.options_layout.unwrap_or(manner.options_layout),
            markdown_type: new.markdown_type.unwrap_or(manner.markdown_type),
            send_images_as_files: new.send_images_as_files.unwrap_or(manner.send_images_as_files),
            use_case: new.use_cases.first().copied(),
            active: new.active,
            limits: Limits { messages_per_second: new.messages_per_second, holds: Vec::new() },
            warnings: Vec::new(),
            created: call.now,
            updated: call.now,
            version: 1,
        };
        let open = self.configured(channel, Values::new(), new.credentials, new.settings).await?;
        let view = self.channel_view(&open);
        let receipt = self.admit.receipt(call, 201, &view, Vec::new())?;
        self.store.create_channel(&open.channel, receipt).await?;
        self.activated(call, open, 201).await
    }

    pub async fn change_channel(
        &self,
        call: &Call,
        id: ChannelId,
        changes: ChannelChanges,
    ) -> Result<ChannelView> {
        call.require(Role::ChannelsAdmin)?;
        let stored = self.store.channel_of(call.caller.tenant, id).await?;
        let old = self.store.opened(found(stored, "channel_id")?, &*self.ports.secrets).await?;
        let before = old.channel.clone();
        let mut new = before.clone();
        if let Some(text) = &changes.phone_number {
            new.phone_number = number("phone_number", text)?;
        }
        if let Some(code) = &changes.default_country {
            new.default_country = country(code)?;
        }
        new.name = changes.name.unwrap_or(new.name);
        new.language = changes.language.unwrap_or(new.language);
        new.associated_app = changes.associated_app_id.unwrap_or(new.associated_app);
        new.require_exp = changes.require_exp.unwrap_or(new.require_exp);
        new.options_layout = changes.options_layout.unwrap_or(new.options_layout);
        new.markdown_type = changes.markdown_type.unwrap_or(new.markdown_type);
        let images = changes.send_images_as_files;
        new.send_images_as_files = images.unwrap_or(new.send_images_as_files);
        if let Some(use_cases) = changes.use_cases {
            new.use_case = use_cases.first().copied();
        }
        new.active = changes.active.unwrap_or(new.active);
        new.warnings = Vec::new();
        // Whoever changes a channel sets right what its provider refused: the next message tries.
        new.limits.holds = Vec::new();
        new.limits.messages_per_second =
            changes.messages_per_second.or(new.limits.messages_per_second);
        new.updated = call.now;
        new.version += 1;
        let secrets = old.credentials.values().clone();
        let open = self.configured(new, secrets, changes.credentials, changes.settings).await?;
        self.store.save_channel(&before, &open.channel, None).await?;
        self.activated(call, open, 200).await
    }

    pub async fn channel(&self, call: &Call, id: ChannelId) -> Result<ChannelView> {
        call.require_any(&[Role::ChannelsAdmin, Role::Integrator])?;
        let channel = self.store.channel_of(call.caller.tenant, id).await?;
        Ok(self.channel_view(&found(channel, "channel_id")?))
    }

    pub async fn channels(&self, call: &Call, query: ListQuery) -> Result<ListOf<ChannelView>> {
        call.require_any(&[Role::ChannelsAdmin, Role::Integrator])?;
        let channels = self.store.channels(call.caller.tenant, &query.paging()).await?;
        Ok(ListOf::of(channels, |channel| self.channel_view(&channel)))
    }

    /// [`Error::Conflict`] while inbounds or outbounds belong to it.
    pub async fn delete_channel(&self, call: &Call, id: ChannelId) -> Result<()> {
        call.require(Role::ChannelsAdmin)?;
        let tenant = call.caller.tenant;
        let channel = found(self.store.channel_of(tenant, id).await?, "channel_id")?;
        if self.store.any_inbound(tenant, |inbound| inbound.channel == id).await? {
            return Err(Error::Conflict("the channel still has inbounds".to_owned()));
        }
        if self.store.channel_has_outbounds(tenant, id).await? {
            return Err(Error::Conflict("the channel still has outbounds".to_owned()));
        }
        self.store.delete_channel(&channel).await
    }

    /// The tenant's channel with this number, as callers write it (T13).
    pub(super) async fn channel_by_number(&self, call: &Call, text: &str) -> Result<Channel> {
        let digits = number("waba_phone_number", text)?;
        let channel = self.store.channel_by_number(call.caller.tenant, &digits).await?;
        found(channel, "waba_phone_number")
    }

    /// The channel with these values taken in, sealed and checked against all that it refers to.
    async fn configured(
        &self,
        mut channel: Channel,
        mut secrets: Values,
        credentials: Values,
        settings: Values,
    ) -> Result<OpenChannel> {
        take_values(
            &mut channel,
            &mut secrets,
            &[("credentials", credentials), ("settings", settings)],
        )?;
        if let Some(name) = provider::of(channel.provider).own_secret() {
            secrets.entry(name.to_owned()).or_insert_with(|| hex::encode(self.draw()));
        }
        let plain = serde_json::to_vec(&secrets)
            .map_err(|e| Error::internal(format!("credentials cannot be written: {e}")))?;
        channel.credentials = self.ports.secrets.seal(&channel.id.to_string(), &plain).await?;
        if let Some(app) = channel.associated_app {
            found(self.store.app(channel.tenant, app).await?, "associated_app_id")?;
        }
        if let Some(use_case) = channel.use_case {
            let is_published = self.is_published(channel.tenant, use_case).await?;
            if channel.active && !is_published {
                return Err(Error::Untrained);
            }
        }
        let open = self.store.opened(channel, &*self.ports.secrets).await?;
        let provider = provider::of(open.provider);
        provider
            .complete(&open)
            .map_err(|(name, rule)| Error::invalid(place(open.provider, name), rule))?;
        Ok(open)
    }

    /// Whether the flow or bot can answer (D5, K64), or a 404.
    async fn is_published(&self, tenant: TenantId, use_case: UseCase) -> Result<bool> {
        Ok(match use_case {
            UseCase::Flow(id) => {
                found(self.store.flow(tenant, id).await?, "use_cases")?.published.is_some()
            }
            UseCase::Bot(id) => {
                found(self.store.bot(tenant, id).await?, "use_cases")?.published.is_some()
            }
        })
    }

    /// Tries an active channel out, now that its webhook finds it, and keeps the warnings.
    async fn activated(&self, call: &Call, open: OpenChannel, status: u16) -> Result<ChannelView> {
        if !open.active {
            return Ok(self.channel_view(&open));
        }
        let warnings = self.try_out(&open).await;
        if warnings.is_empty() {
            return Ok(self.channel_view(&open));
        }
        let before = &open.channel;
        let after = Channel { warnings, version: before.version + 1, ..before.clone() };
        let view = self.channel_view(&after);
        let receipt = self.admit.receipt(call, status, &view, Vec::new())?;
        self.store.save_channel(before, &after, receipt).await?;
        Ok(view)
    }

    /// Where the provider sends webhooks of a channel.
    pub(super) fn webhook_url(&self, channel: &Channel) -> String {
        let address = match channel.provider {
            ProviderKind::Gupshup => channel.id.stream_id(),
            ProviderKind::Meta
            | ProviderKind::Infobip
            | ProviderKind::Karix
            | ProviderKind::Dialog360
            | ProviderKind::AwsSocial => channel.id.to_string(),
        };
        let base = self.addresses.webhooks(channel.provider);
        format!("{base}/v1/webhooks/{}/{address}", channel.provider.as_str())
    }

    fn channel_view(&self, channel: &Channel) -> ChannelView {
        ChannelView {
            channel_id: channel.id,
            kind: "messaging",
            connector: channel.provider.connector(),
            name: channel.name.clone(),
            provider: channel.provider,
            phone_number: channel.phone_number.clone(),
            default_country: channel.default_country.clone(),
            language: channel.language,
            settings: channel.settings.clone(),
            webhook_url: self.webhook_url(channel),
            stream_id: channel.id.stream_id(),
            associated_app_id: channel.associated_app,
            require_exp: channel.require_exp,
            options_layout: channel.options_layout,
            markdown_type: channel.markdown_type,
            send_images_as_files: channel.send_images_as_files,
            use_cases: channel.use_case.into_iter().collect(),
            messages_per_second: channel.limits.per_second(),
            active: channel.active,
            warnings: channel.warnings.iter().cloned().chain(channel.limits.warnings()).collect(),
            creation_date: channel.created,
            update_date: channel.updated,
        }
    }
}
