//! 360dialog: two generations of one account. Its webhooks are not signed; each brings a token of ours that was given
//! to it with the webhook's address. Odd: the second generation (v2) is the Cloud API behind a proxy, the first (v1) the
//! on-premise API with flat bodies and errors inside of successes. The bodies tell apart what came, the channel's `api`
//! how to send. Documentation: docs.360dialog.com.

mod answer;
mod call;
mod inbound;
mod send;
mod settings;
mod templates;
#[cfg(test)]
mod tests;

use http::{Request, Response, StatusCode};

use self::settings::{Api, WEBHOOK_TOKEN, api};
use super::{
    Answer, Check, Fetch, Malformed, Parsed, Provider, Refused, Registered, Setting, Submitted,
    TemplatePage, Unsupported, Upload, UploadStep, WebhookCall, proof,
};
use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::domain::message::{Media, Sending};
use crate::domain::outbound::Outbound;
use crate::domain::user::WaId;

/// The provider.
#[derive(Debug, Clone, Copy)]
pub struct Dialog360;

impl Provider for Dialog360 {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Dialog360
    }

    fn settings(&self) -> &'static [Setting] {
        settings::ALL
    }

    /// Whoever has a key at 360dialog knows nothing of our webhook's token.
    fn own_secret(&self) -> Option<&'static str> {
        Some(WEBHOOK_TOKEN)
    }

    fn verify(&self, call: &WebhookCall, channel: &OpenChannel) -> Result<(), Refused> {
        let refused = |message| Refused { status: StatusCode::UNAUTHORIZED, message };
        let token = channel.credentials.get(WEBHOOK_TOKEN);
        let token = token.ok_or_else(|| refused("the channel has no token for its webhook"))?;
        let given = call.headers.get(call::GATEWAY_TOKEN);
        let given = given.ok_or_else(|| refused("X-Gateway-Token is missing"))?;
        if proof::equal(given.as_bytes(), token.as_bytes()) {
            Ok(())
        } else {
            Err(refused("X-Gateway-Token does not match"))
        }
    }

    fn parse(&self, call: &WebhookCall, channel: &OpenChannel) -> Result<Parsed, Malformed> {
        Ok(inbound::parse(&call.body, channel))
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

    fn ask_contact(
        &self,
        channel: &OpenChannel,
        message: &Sending,
        response: &Response<Vec<u8>>,
    ) -> Option<Request<Vec<u8>>> {
        send::ask_contact(channel, message, response)
    }

    fn read_contact(&self, _channel: &OpenChannel, response: &Response<Vec<u8>>) -> Option<WaId> {
        send::read_contact(response)
    }

    /// By `biz_opaque_callback_data`, which the legacy API does not have.
    fn echoes_our_id(&self, channel: &OpenChannel) -> bool {
        api(channel) == Api::V2
    }

    fn upload(
        &self,
        channel: &OpenChannel,
        file: &Upload<'_>,
        answers: &[Response<Vec<u8>>],
    ) -> UploadStep {
        call::upload(channel, file, answers)
    }

    fn submit_template(
        &self,
        channel: &OpenChannel,
        outbound: &Outbound,
        samples: &[String],
    ) -> Request<Vec<u8>> {
        templates::submit(channel, outbound, samples)
    }

    fn read_submitted(&self, channel: &OpenChannel, response: &Response<Vec<u8>>) -> Submitted {
        templates::read_submitted(channel, response)
    }

    fn list_templates(&self, channel: &OpenChannel, next: Option<&str>) -> Request<Vec<u8>> {
        templates::list(channel, next)
    }

    fn read_templates(
        &self,
        channel: &OpenChannel,
        page: Option<&str>,
        response: &Response<Vec<u8>>,
    ) -> Option<TemplatePage> {
        templates::read_list(channel, page, response)
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

    fn read_media_location(
        &self,
        channel: &OpenChannel,
        response: &Response<Vec<u8>>,
    ) -> Option<Request<Vec<u8>>> {
        call::media_location(channel, response)
    }

    /// Twenty errors within an hour block all downloads of the number for half of one.
    fn asks_again_for_media(&self) -> bool {
        false
    }

    fn check(&self, channel: &OpenChannel) -> Request<Vec<u8>> {
        call::health(channel)
    }

    fn read_check(&self, _channel: &OpenChannel, response: &Response<Vec<u8>>) -> Check {
        call::read_health(response)
    }

    fn register_webhook(
        &self,
        channel: &OpenChannel,
        webhook_url: &str,
    ) -> Option<Request<Vec<u8>>> {
        Some(call::register(channel, webhook_url))
    }

    fn read_registered(
        &self,
        channel: &OpenChannel,
        webhook_url: &str,
        response: &Response<Vec<u8>>,
    ) -> Registered {
        call::read_registered(channel, webhook_url, response)
    }
}
