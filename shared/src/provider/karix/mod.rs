//! Karix (Tanla) by its RCM API. It signs nothing: webhooks carry a secret that was agreed on in a static header. Odd
//! about it: its own header is `Authentication`, errors come inside HTTP 200, `contentType` and `messageType` mean the
//! same, reports come several times. It has no open reference: what is here was read off working clients.

mod answer;
mod auth;
mod content;
mod media;
mod parse;
mod send;
mod settings;
mod templates;
#[cfg(test)]
mod tests;
mod wire;

use http::{Method, Request, Response};

use super::{
    Answer, Check, Fetch, Malformed, Parsed, Provider, Purpose, Refused, Setting, Submitted,
    TemplatePage, Unsupported, Upload, UploadStep, WebhookCall,
};
use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::domain::message::{Media, Sending};
use crate::domain::outbound::Outbound;

/// The provider.
#[derive(Debug, Clone, Copy)]
pub struct Karix;

impl Provider for Karix {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Karix
    }

    fn settings(&self) -> &'static [Setting] {
        settings::ALL
    }

    fn verify(&self, call: &WebhookCall, channel: &OpenChannel) -> Result<(), Refused> {
        auth::verify(call, channel)
    }

    fn parse(&self, call: &WebhookCall, channel: &OpenChannel) -> Result<Parsed, Malformed> {
        parse::parse(call, channel)
    }

    fn build(
        &self,
        channel: &OpenChannel,
        message: &Sending,
    ) -> Result<Request<Vec<u8>>, Unsupported> {
        let unsupported =
            || Unsupported { provider: self.kind().as_str(), kind: message.content.kind() };
        send::build(channel, message).ok_or_else(unsupported)
    }

    fn read(&self, channel: &OpenChannel, response: &Response<Vec<u8>>) -> Answer {
        answer::read(channel, response)
    }

    /// Reports may bring `cust_ref` back, and then it counts; but the only report on record has none, so messages are
    /// found by Karix's id too.
    fn echoes_our_id(&self, _channel: &OpenChannel) -> bool {
        false
    }

    /// Only examples are brought: files of messages are fetched from their address.
    fn upload(
        &self,
        channel: &OpenChannel,
        file: &Upload<'_>,
        answers: &[Response<Vec<u8>>],
    ) -> UploadStep {
        match file.purpose {
            Purpose::Sample => templates::upload(channel, file, answers),
            Purpose::Message => UploadStep::ByAddress,
        }
    }

    fn fits(
        &self,
        _channel: &OpenChannel,
        outbound: &Outbound,
    ) -> Result<(), (&'static str, &'static str)> {
        templates::fits(outbound)
    }

    fn wants_samples(&self, _channel: &OpenChannel) -> bool {
        true
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
        templates::delete(channel, outbound)
    }

    fn fetch_media(&self, channel: &OpenChannel, media: &Media) -> Fetch {
        media::fetch(channel, media)
    }

    fn read_media_location(
        &self,
        channel: &OpenChannel,
        response: &Response<Vec<u8>>,
    ) -> Option<Request<Vec<u8>>> {
        media::location(channel, response)
    }

    /// The list of templates where there is an account, else the sending API, asked for what it does not answer: it
    /// names a wrong key all the same (karix 8).
    fn check(&self, channel: &OpenChannel) -> Request<Vec<u8>> {
        if settings::account(channel).is_some() {
            return templates::list(channel);
        }
        let url = settings::api_url(channel, "services/rcm/sendMessage");
        wire::call(Method::GET, &url, settings::account_key(channel))
    }

    fn read_check(&self, channel: &OpenChannel, response: &Response<Vec<u8>>) -> Check {
        let is_refused = answer::is_key_refused(response.status());
        let has_account = settings::account(channel).is_some();
        let is_no_list = has_account && templates::read_list(response).is_none();
        if is_refused || is_no_list { Check::Refused } else { Check::Good }
    }
}
