//! Stub of Gupshup.
use super::*;

pub struct Gupshup;

impl Provider for Gupshup {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Gupshup
    }
    fn settings(&self) -> &'static [Setting] {
        todo!()
    }
    fn verify(&self, _: &WebhookCall, _: &OpenChannel) -> Result<(), Refused> {
        todo!()
    }
    fn parse(&self, _: &WebhookCall, _: &OpenChannel) -> Result<Parsed, Malformed> {
        todo!()
    }
    fn build(&self, _: &OpenChannel, _: &Sending) -> Result<Request<Vec<u8>>, Unsupported> {
        todo!()
    }
    fn read(&self, _: &OpenChannel, _: &Response<Vec<u8>>) -> Answer {
        todo!()
    }
    fn echoes_our_id(&self, _: &OpenChannel) -> bool {
        todo!()
    }
    fn submit_template(&self, _: &OpenChannel, _: &Outbound) -> Request<Vec<u8>> {
        todo!()
    }
    fn read_submitted(&self, _: &OpenChannel, _: &Response<Vec<u8>>) -> Submitted {
        todo!()
    }
    fn list_templates(&self, _: &OpenChannel, _: Option<&str>) -> Request<Vec<u8>> {
        todo!()
    }
    fn read_templates(
        &self,
        _: &OpenChannel,
        _: Option<&str>,
        _: &Response<Vec<u8>>,
    ) -> Option<TemplatePage> {
        todo!()
    }
    fn delete_template(&self, _: &OpenChannel, _: &Outbound) -> Option<Request<Vec<u8>>> {
        todo!()
    }
    fn fetch_media(&self, _: &OpenChannel, _: &Media) -> Fetch {
        todo!()
    }
    fn check(&self, _: &OpenChannel) -> Request<Vec<u8>> {
        todo!()
    }
    fn read_check(&self, _: &OpenChannel, _: &Response<Vec<u8>>) -> Check {
        todo!()
    }
}
