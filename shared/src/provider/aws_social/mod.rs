//! AWS End User Messaging Social: WhatsApp as a service of AWS. Webhooks are what a topic of SNS posts, signed with a
//! certificate of SNS; calls are signed with a key of the account (Signature Version 4). Inside of both is the Cloud
//! API. Odd: a sending is only queued, so that WhatsApp's refusals come as statuses, and it is answered with an id of
//! AWS's own, which the first status joins with WhatsApp's; files go by a bucket of the account. Documentation:
//! docs.aws.amazon.com/social-messaging.

mod answer;
mod bucket;
mod call;
mod event;
mod settings;
mod templates;
#[cfg(test)]
mod tests;
mod topic;

use http::{Request, Response, StatusCode};

use self::topic::{Posted, refused};
use super::{
    Answer, Check, Fetch, Malformed, Parsed, Provider, Refused, Setting, Submitted, TemplatePage,
    Unsupported, Upload, UploadStep, WebhookCall,
};
use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::domain::message::{Media, Sending};
use crate::domain::outbound::Outbound;

/// The provider.
#[derive(Debug, Clone, Copy)]
pub struct AwsSocial;

impl Provider for AwsSocial {
    fn kind(&self) -> ProviderKind {
        ProviderKind::AwsSocial
    }

    fn settings(&self) -> &'static [Setting] {
        settings::ALL
    }

    fn certificate(&self, call: &WebhookCall, channel: &OpenChannel) -> Option<Request<Vec<u8>>> {
        Posted::read(&call.body)?.check(channel).ok()
    }

    /// Without its certificate no call is proved.
    fn verify(&self, call: &WebhookCall, channel: &OpenChannel) -> Result<(), Refused> {
        let posted = Posted::read(&call.body).ok_or(NOT_OF_SNS)?;
        posted.check(channel).and(Err(refused("the certificate is missing")))
    }

    fn verify_signed(
        &self,
        call: &WebhookCall,
        channel: &OpenChannel,
        certificate: &[u8],
    ) -> Result<(), Refused> {
        let posted = Posted::read(&call.body).ok_or(NOT_OF_SNS)?;
        posted.check(channel)?;
        posted.verify(certificate)
    }

    fn confirm(&self, call: &WebhookCall, channel: &OpenChannel) -> Option<Request<Vec<u8>>> {
        Posted::read(&call.body)?.confirm(channel)
    }

    fn parse(&self, call: &WebhookCall, channel: &OpenChannel) -> Result<Parsed, Malformed> {
        let malformed =
            Malformed { status: StatusCode::BAD_REQUEST, message: "the body is none of SNS" };
        Ok(event::parse(&Posted::read(&call.body).ok_or(malformed)?, channel))
    }

    fn build(
        &self,
        channel: &OpenChannel,
        message: &Sending,
    ) -> Result<Request<Vec<u8>>, Unsupported> {
        call::message(channel, message)
    }

    fn read(&self, channel: &OpenChannel, response: &Response<Vec<u8>>) -> Answer {
        answer::to_sending(channel, response)
    }

    /// By `biz_opaque_callback_data`, in WhatsApp's own statuses.
    fn echoes_our_id(&self, _channel: &OpenChannel) -> bool {
        true
    }

    /// Statuses that AWS makes itself, such as the refusal of a message that WhatsApp never had, name its id alone.
    fn needs_link(&self, _channel: &OpenChannel, _provider_id: &str) -> bool {
        true
    }

    fn fits(
        &self,
        channel: &OpenChannel,
        outbound: &Outbound,
    ) -> Result<(), (&'static str, &'static str)> {
        templates::fits(channel, outbound)
    }

    fn wants_samples(&self, _channel: &OpenChannel) -> bool {
        true
    }

    fn upload(
        &self,
        channel: &OpenChannel,
        file: &Upload<'_>,
        answers: &[Response<Vec<u8>>],
    ) -> UploadStep {
        bucket::upload(channel, file, answers)
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
        bucket::fetch(channel, media)
    }

    fn read_media_location(
        &self,
        channel: &OpenChannel,
        response: &Response<Vec<u8>>,
    ) -> Option<Request<Vec<u8>>> {
        bucket::found(channel, response)
    }

    fn check(&self, channel: &OpenChannel) -> Request<Vec<u8>> {
        call::number(channel)
    }

    fn read_check(&self, channel: &OpenChannel, response: &Response<Vec<u8>>) -> Check {
        answer::to_check(channel, response)
    }
}

const NOT_OF_SNS: Refused =
    Refused { status: StatusCode::UNAUTHORIZED, message: "the body is none of SNS" };
