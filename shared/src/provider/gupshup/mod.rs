//! GupShup: proves itself with the JWT of an associated app or a fixed token, never with a signature over the body.
//! Odd about it: it is two products. The enterprise gateway takes forms, answers 200 to everything and sends JSON in
//! strings; self-serve takes JSON in forms and sends its own envelope (v2) or Meta's (v3). The bodies tell apart what
//! came, the channel's `mode` how to send. Documentation: docs.gupshup.io, partner-docs.gupshup.io.

mod auth;
mod content;
mod enterprise;
mod enterprise_send;
mod samples;
mod self_serve;
mod self_serve_send;
mod settings;
mod templates;
#[cfg(test)]
mod tests;
mod wire;

use http::{Method, Request, Response, StatusCode};

use self::settings::{Mode, field, mode};
use super::cloud::{self, Dialect};
use super::{
    Answer, Check, Fetch, Malformed, Parsed, Provider, Purpose, Refused, Setting, Submitted,
    TemplatePage, Unsupported, Upload, UploadStep, WebhookCall, request,
};
use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::domain::message::{Media, MediaSource, Sending};
use crate::domain::outbound::Outbound;
use crate::domain::user::Address;

/// Names the provider in failures and errors.
const NAME: &str = "gupshup";

/// Webhooks of version 3 are Meta's envelope (B8). Their templates have Meta's ids, the list has GupShup's.
const VERSION_3: Dialect = Dialect {
    is_ours: |metadata, channel| {
        let number = metadata.display_phone_number.as_deref().map(str::to_owned);
        !wire::is_other_number(channel, number)
    },
    open_links: true,
    echoes: false,
    account: None,
    template_ids: false,
};

/// Both products of GupShup.
pub struct Gupshup;

impl Provider for Gupshup {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Gupshup
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

    fn parse(&self, call: &WebhookCall, channel: &OpenChannel) -> Result<Parsed, Malformed> {
        if cloud::speaks(&call.body) {
            return cloud::parse(&call.body, channel, VERSION_3);
        }
        let Some(body) = wire::body(call) else { return Err(unreadable(channel)) };
        if self_serve::speaks(&body) {
            return Ok(self_serve::parse(&body, call.now));
        }
        match enterprise::parse(&body, call.now, channel) {
            Some(parsed) => Ok(parsed),
            None => match mode(channel) {
                Mode::Enterprise => Err(unreadable(channel)),
                // `{}` and whatever else self-serve invents is answered 200 (B7).
                Mode::SelfServe => Ok(wire::ignored("unknown_event")),
            },
        }
    }

    /// K57: an unknown stream id is answered with 500 before anything else is looked at.
    fn unknown_channel(&self) -> Refused {
        Refused { status: StatusCode::INTERNAL_SERVER_ERROR, message: SERVER_ERROR }
    }

    /// Self-serve takes a body for a reply to the user (B9).
    fn accepted_body(&self, channel: &OpenChannel) -> &'static str {
        match mode(channel) {
            Mode::Enterprise => "{}",
            Mode::SelfServe => "",
        }
    }

    fn build(
        &self,
        channel: &OpenChannel,
        message: &Sending,
    ) -> Result<Request<Vec<u8>>, Unsupported> {
        match mode(channel) {
            Mode::Enterprise => enterprise_send::build(channel, message),
            Mode::SelfServe => self_serve_send::build(channel, message),
        }
    }

    /// Self-serve's calls for it are gone (B9).
    fn opt_in(&self, channel: &OpenChannel, user: &Address) -> Option<Request<Vec<u8>>> {
        match mode(channel) {
            Mode::Enterprise => enterprise_send::opt_in(channel, user),
            Mode::SelfServe => None,
        }
    }

    fn read(&self, channel: &OpenChannel, response: &Response<Vec<u8>>) -> Answer {
        match mode(channel) {
            Mode::Enterprise => enterprise_send::read(response),
            Mode::SelfServe => self_serve_send::read(response),
        }
    }

    /// The gateway's reports carry `extra`; self-serve has no reference of ours.
    fn echoes_our_id(&self, channel: &OpenChannel) -> bool {
        mode(channel) == Mode::Enterprise
    }

    fn fits(
        &self,
        channel: &OpenChannel,
        outbound: &Outbound,
    ) -> Result<(), (&'static str, &'static str)> {
        templates::fits(channel, outbound)
    }

    fn wants_samples(&self, channel: &OpenChannel) -> bool {
        mode(channel) == Mode::SelfServe
    }

    /// Messages take addresses; only samples of self-serve are brought.
    fn upload(
        &self,
        channel: &OpenChannel,
        file: &Upload<'_>,
        answers: &[Response<Vec<u8>>],
    ) -> UploadStep {
        match (file.purpose, mode(channel)) {
            (Purpose::Sample, Mode::SelfServe) => samples::step(channel, file, answers),
            (Purpose::Sample, Mode::Enterprise) | (Purpose::Message, _) => UploadStep::ByAddress,
        }
    }

    fn submit_template(
        &self,
        channel: &OpenChannel,
        outbound: &Outbound,
        samples: &[String],
    ) -> Request<Vec<u8>> {
        match mode(channel) {
            Mode::Enterprise => templates::submit_enterprise(channel, outbound),
            Mode::SelfServe => templates::submit_self_serve(channel, outbound, samples),
        }
    }

    fn read_submitted(&self, channel: &OpenChannel, response: &Response<Vec<u8>>) -> Submitted {
        match mode(channel) {
            Mode::Enterprise => templates::read_submitted_enterprise(response),
            Mode::SelfServe => templates::read_submitted_self_serve(response),
        }
    }

    fn list_templates(&self, channel: &OpenChannel, next: Option<&str>) -> Request<Vec<u8>> {
        match mode(channel) {
            Mode::Enterprise => templates::list_enterprise(channel, next),
            Mode::SelfServe => templates::list_self_serve(channel),
        }
    }

    fn read_templates(
        &self,
        channel: &OpenChannel,
        page: Option<&str>,
        response: &Response<Vec<u8>>,
    ) -> Option<TemplatePage> {
        match mode(channel) {
            Mode::Enterprise => templates::read_list_enterprise(page, response),
            Mode::SelfServe => templates::read_list_self_serve(response),
        }
    }

    fn delete_template(
        &self,
        channel: &OpenChannel,
        outbound: &Outbound,
    ) -> Option<Request<Vec<u8>>> {
        match mode(channel) {
            // The gateway's documents name no call for it (A6).
            Mode::Enterprise => None,
            Mode::SelfServe => Some(templates::delete_self_serve(channel, outbound)),
        }
    }

    /// Links are pre-signed: a second credential would make Amazon S3 refuse them (A7).
    fn fetch_media(&self, channel: &OpenChannel, media: &Media) -> Fetch {
        match &media.source {
            Some(MediaSource::Link(url) | MediaSource::PrivateLink { url, .. }) => {
                request::open_link(url)
            }
            Some(MediaSource::ProviderId(id)) => match field(channel, "app_token") {
                Some(token) => {
                    let url =
                        settings::partner_url(channel, &format!("media/{}", request::segment(id)));
                    let mut request = request::to(Method::GET, &url);
                    request::secret_header(&mut request, "authorization", token);
                    Fetch::Bytes(request)
                }
                None => Fetch::Nothing,
            },
            None => Fetch::Nothing,
        }
    }

    /// The first page of templates: needs no message and fails on wrong credentials.
    fn check(&self, channel: &OpenChannel) -> Request<Vec<u8>> {
        self.list_templates(channel, None)
    }

    fn read_check(&self, channel: &OpenChannel, response: &Response<Vec<u8>>) -> Check {
        match self.read_templates(channel, None, response) {
            Some(_) => Check::Good,
            None => Check::Refused,
        }
    }

    fn register_webhook(
        &self,
        channel: &OpenChannel,
        webhook_url: &str,
    ) -> Option<Request<Vec<u8>>> {
        match mode(channel) {
            // The callback address of the gateway is typed into its console (K25).
            Mode::Enterprise => None,
            Mode::SelfServe => self_serve_send::subscribe(channel, webhook_url),
        }
    }
}

/// The sentence of K56 to K58.
const SERVER_ERROR: &str = "Internal Server Error";

/// K56, K58: the enterprise endpoint answers 500 to what is no message. Only there (X7).
fn unreadable(channel: &OpenChannel) -> Malformed {
    match mode(channel) {
        Mode::Enterprise => {
            Malformed { status: StatusCode::INTERNAL_SERVER_ERROR, message: SERVER_ERROR }
        }
        Mode::SelfServe => {
            Malformed { status: StatusCode::BAD_REQUEST, message: "body must be a JSON object" }
        }
    }
}
