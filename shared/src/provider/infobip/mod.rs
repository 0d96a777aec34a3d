//! Infobip: not yet read or sent. Every call is refused.

use http::{Request, Response, StatusCode};

use super::{
    Answer, Check, Class, Fetch, Malformed, Parsed, Provider, Refused, Setting, Submitted,
    TemplatePage, Unsupported, WebhookCall,
};
use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::domain::message::{Failure, Media, Sending};
use crate::domain::outbound::Outbound;

/// The provider.
#[derive(Debug, Clone, Copy)]
pub struct Infobip;

impl Provider for Infobip {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Infobip
    }

    fn settings(&self) -> &'static [Setting] {
        &[]
    }

    fn verify(&self, _call: &WebhookCall, _channel: &OpenChannel) -> Result<(), Refused> {
        Err(Refused { status: StatusCode::UNAUTHORIZED, message: "not offered" })
    }

    fn parse(&self, _call: &WebhookCall, _channel: &OpenChannel) -> Result<Parsed, Malformed> {
        Ok(Parsed::default())
    }

    fn build(
        &self,
        _channel: &OpenChannel,
        message: &Sending,
    ) -> Result<Request<Vec<u8>>, Unsupported> {
        Err(Unsupported { provider: self.kind().as_str(), kind: message.content.kind() })
    }

    fn read(&self, _channel: &OpenChannel, _response: &Response<Vec<u8>>) -> Answer {
        let failure = Failure {
            provider: self.kind().as_str().to_owned(),
            code: "not_offered".to_owned(),
            message: "not offered".to_owned(),
        };
        Answer::Refused { class: Class::Final, failure }
    }

    fn echoes_our_id(&self, _channel: &OpenChannel) -> bool {
        false
    }

    fn submit_template(
        &self,
        _channel: &OpenChannel,
        _outbound: &Outbound,
        _samples: &[String],
    ) -> Request<Vec<u8>> {
        Request::default()
    }

    fn read_submitted(&self, _channel: &OpenChannel, _response: &Response<Vec<u8>>) -> Submitted {
        Submitted::Later
    }

    fn list_templates(&self, _channel: &OpenChannel, _next: Option<&str>) -> Request<Vec<u8>> {
        Request::default()
    }

    fn read_templates(
        &self,
        _channel: &OpenChannel,
        _page: Option<&str>,
        _response: &Response<Vec<u8>>,
    ) -> Option<TemplatePage> {
        None
    }

    fn delete_template(
        &self,
        _channel: &OpenChannel,
        _outbound: &Outbound,
    ) -> Option<Request<Vec<u8>>> {
        None
    }

    fn fetch_media(&self, _channel: &OpenChannel, _media: &Media) -> Fetch {
        Fetch::Nothing
    }

    fn check(&self, _channel: &OpenChannel) -> Request<Vec<u8>> {
        Request::default()
    }

    fn read_check(&self, _channel: &OpenChannel, _response: &Response<Vec<u8>>) -> Check {
        Check::Refused
    }
}
