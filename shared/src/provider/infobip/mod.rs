//! Infobip: signs nothing, so a webhook proves itself by Basic authorization, a token, a fixed header or a code over the
//! body, as the channel says (infobip 6). Odd about it: each account has a host of its own, and one webhook may bring
//! what concerns several numbers of the account. Documentation: infobip.com/docs/api/channels/whatsapp.

mod answer;
mod auth;
mod call;
mod cards;
mod content;
mod creation;
mod id;
mod interactive;
mod notice;
mod parse;
mod report;
mod send;
mod settings;
mod templates;
#[cfg(test)]
mod tests;
mod wire;

use http::{Request, Response};

use super::{
    Answer, Check, Fetch, Malformed, Parsed, Provider, Refused, Registered, Setting, Submitted,
    TemplatePage, Unsupported, WebhookCall,
};
use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::domain::message::{Media, Sending};
use crate::domain::outbound::Outbound;

/// Names the provider in errors.
const NAME: &str = "infobip";

/// The provider.
#[derive(Debug, Clone, Copy)]
pub struct Infobip;

impl Provider for Infobip {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Infobip
    }

    fn settings(&self) -> &'static [Setting] {
        settings::ALL
    }

    fn complete(&self, channel: &OpenChannel) -> Result<(), (&'static str, &'static str)> {
        settings::complete(channel)
    }

    fn verify(&self, call: &WebhookCall, channel: &OpenChannel) -> Result<(), Refused> {
        auth::verify(call, channel)
    }

    fn tells_why(&self) -> bool {
        false
    }

    fn parse(&self, call: &WebhookCall, channel: &OpenChannel) -> Result<Parsed, Malformed> {
        parse::parse(call, channel)
    }

    /// The same host and the same credentials.
    fn shares_account(&self, one: &OpenChannel, other: &OpenChannel) -> bool {
        settings::is_same_account(one, other)
    }

    fn build(
        &self,
        channel: &OpenChannel,
        message: &Sending,
    ) -> Result<Request<Vec<u8>>, Unsupported> {
        send::build(channel, message)
    }

    fn read(&self, channel: &OpenChannel, response: &Response<Vec<u8>>) -> Answer {
        answer::to_sending(channel, response)
    }

    /// As `messageId` in every report.
    fn echoes_our_id(&self, _channel: &OpenChannel) -> bool {
        true
    }

    /// An answer with another id than the one that we gave: seen reports will have that one and nothing else.
    fn needs_link(&self, _channel: &OpenChannel, provider_id: &str) -> bool {
        id::ours(provider_id).is_none()
    }

    fn fits(
        &self,
        _channel: &OpenChannel,
        outbound: &Outbound,
    ) -> Result<(), (&'static str, &'static str)> {
        creation::fits(outbound)
    }

    fn submit_template(
        &self,
        channel: &OpenChannel,
        outbound: &Outbound,
        _samples: &[String],
    ) -> Request<Vec<u8>> {
        templates::submit(channel, outbound)
    }

    fn read_submitted(&self, channel: &OpenChannel, response: &Response<Vec<u8>>) -> Submitted {
        templates::read_submitted(channel, response)
    }

    fn list_templates(&self, channel: &OpenChannel, _next: Option<&str>) -> Request<Vec<u8>> {
        templates::list(channel)
    }

    fn read_templates(
        &self,
        _channel: &OpenChannel,
        _page: Option<&str>,
        response: &Response<Vec<u8>>,
    ) -> Option<TemplatePage> {
        templates::read_list(response)
    }

    fn delete_template(
        &self,
        channel: &OpenChannel,
        outbound: &Outbound,
    ) -> Option<Request<Vec<u8>>> {
        Some(templates::delete(channel, outbound))
    }

    fn fetch_media(&self, channel: &OpenChannel, media: &Media) -> Fetch {
        call::media(channel, media)
    }

    /// The number's templates: the documented call that needs host, credentials and number to fit and sends nothing.
    fn check(&self, channel: &OpenChannel) -> Request<Vec<u8>> {
        templates::list(channel)
    }

    fn read_check(&self, _channel: &OpenChannel, response: &Response<Vec<u8>>) -> Check {
        match templates::read_list(response) {
            Some(_) => Check::Good,
            None => Check::Refused,
        }
    }

    fn register_webhook(
        &self,
        channel: &OpenChannel,
        webhook_url: &str,
    ) -> Option<Request<Vec<u8>>> {
        call::subscribe(channel, webhook_url)
    }

    fn read_registered(
        &self,
        _channel: &OpenChannel,
        _webhook_url: &str,
        response: &Response<Vec<u8>>,
    ) -> Registered {
        call::read_subscribed(response)
    }
}
