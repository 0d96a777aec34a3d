//! WhatsApp providers: pure functions over bytes. What a provider calls by its own words stays in its folder.

pub mod aws_social;
mod cloud;
pub mod codes;
pub mod dialog360;
mod file;
pub mod gupshup;
pub mod infobip;
pub mod karix;
pub mod meta;
pub(crate) mod multipart;
mod outcome;
mod proof;
mod request;
mod setting;

pub use self::file::{Fetch, Purpose, Upload, UploadStep};
pub use self::outcome::{
    Answer, Check, Class, Item, Malformed, Parsed, Refused, Registered, Submitted, TemplatePage,
    TemplateRow, Unsupported,
};
pub use self::setting::Setting;

use http::{HeaderMap, Request, Response, StatusCode};

use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::domain::message::{Media, Sending};
use crate::domain::outbound::Outbound;
use crate::domain::time::Time;
use crate::domain::user::{Address, WaId};

/// Every provider there is.
pub const ALL: [&dyn Provider; 6] = [
    &gupshup::Gupshup,
    &meta::Meta,
    &infobip::Infobip,
    &karix::Karix,
    &dialog360::Dialog360,
    &aws_social::AwsSocial,
];

/// The provider of a kind.
pub fn of(kind: ProviderKind) -> &'static dyn Provider {
    match kind {
        ProviderKind::Gupshup => &gupshup::Gupshup,
        ProviderKind::Meta => &meta::Meta,
        ProviderKind::Infobip => &infobip::Infobip,
        ProviderKind::Karix => &karix::Karix,
        ProviderKind::Dialog360 => &dialog360::Dialog360,
        ProviderKind::AwsSocial => &aws_social::AwsSocial,
    }
}

/// A call of a provider to our webhook, its body untouched.
#[derive(Debug, Clone)]
pub struct WebhookCall {
    pub headers: HeaderMap,
    /// Decoded pairs of the query, in order.
    pub query: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// When it came.
    pub now: Time,
}

/// A WhatsApp provider. All functions are pure; `handlers` do the rest.
pub trait Provider: Sync + Send {
    fn kind(&self) -> ProviderKind;

    /// What a channel of this provider is configured with.
    fn settings(&self) -> &'static [Setting];

    /// Whether `credentials` and `settings` are complete where that depends on each other (a dialect's own fields).
    /// The wrong field and its rule.
    fn complete(&self, _channel: &OpenChannel) -> Result<(), (&'static str, &'static str)> {
        Ok(())
    }

    /// The credential that we make for a channel that is not given one.
    fn own_secret(&self) -> Option<&'static str> {
        None
    }

    /// Whether calls speak of this provider's `GET` handshake: the answer to it. The default has none.
    fn handshake(
        &self,
        _call: &WebhookCall,
        _channel: &OpenChannel,
    ) -> Option<Result<String, Refused>> {
        None
    }

    /// Over the raw bytes, before parsing, in constant time. A channel without a secret refuses, unless the
    /// provider's contract says otherwise (GupShup without an app: the address is the secret).
    fn verify(&self, call: &WebhookCall, channel: &OpenChannel) -> Result<(), Refused>;

    /// The call for the certificate that a webhook says it is signed with. `None` where there is none, where its
    /// address is not the provider's own, or where the rest of the call is wrong already: [`Provider::verify`] says so.
    fn certificate(&self, _call: &WebhookCall, _channel: &OpenChannel) -> Option<Request<Vec<u8>>> {
        None
    }

    /// As [`Provider::verify`], of a call that is signed with this certificate.
    fn verify_signed(
        &self,
        call: &WebhookCall,
        channel: &OpenChannel,
        _certificate: &[u8],
    ) -> Result<(), Refused> {
        self.verify(call, channel)
    }

    /// The call that the provider waits for before it sends anything: a verified webhook asked for it, to know that the
    /// address is ours.
    fn confirm(&self, _call: &WebhookCall, _channel: &OpenChannel) -> Option<Request<Vec<u8>>> {
        None
    }

    /// Whether a refused caller is told why, in the body of the answer.
    fn tells_why(&self) -> bool {
        true
    }

    /// Everything that happened, in the body's order. What cannot be read is listed as ignored, not fatal.
    fn parse(&self, call: &WebhookCall, channel: &OpenChannel) -> Result<Parsed, Malformed>;

    /// Whether the provider's call to one channel may speak for the other: both are numbers of one account there. Asked
    /// only of channels of one tenant.
    fn shares_account(&self, _one: &OpenChannel, _other: &OpenChannel) -> bool {
        false
    }

    /// What a webhook for a channel that does not exist is answered.
    fn unknown_channel(&self) -> Refused {
        Refused { status: StatusCode::NOT_FOUND, message: "channel not found" }
    }

    /// What an accepted webhook is answered: status 200 and this body.
    fn accepted_body(&self, _channel: &OpenChannel) -> &'static str {
        ""
    }

    /// The call that sends the message.
    fn build(
        &self,
        channel: &OpenChannel,
        message: &Sending,
    ) -> Result<Request<Vec<u8>>, Unsupported>;

    /// The call that tells the provider of a user's consent, where it asks to be told before a template may go to that
    /// user. The default needs none.
    fn opt_in(&self, _channel: &OpenChannel, _user: &Address) -> Option<Request<Vec<u8>>> {
        None
    }

    /// What its answer means.
    fn read(&self, channel: &OpenChannel, response: &Response<Vec<u8>>) -> Answer;

    /// The call that asks what WhatsApp calls the user, where the answer to a sending says that the provider does not
    /// know the address. The message is sent once more, to what [`Provider::read_contact`] says.
    fn ask_contact(
        &self,
        _channel: &OpenChannel,
        _message: &Sending,
        _response: &Response<Vec<u8>>,
    ) -> Option<Request<Vec<u8>>> {
        None
    }

    /// `None`: there is no such user.
    fn read_contact(&self, _channel: &OpenChannel, _response: &Response<Vec<u8>>) -> Option<WaId> {
        None
    }

    /// Whether a status brings our own id back, so that it finds the message without the provider's id: then a sending
    /// whose answer never came is settled by its statuses. Where it does not, [`StatusChanged::to`] must say whom it is
    /// for, or a lost answer is a second message after a while.
    ///
    /// [`StatusChanged::to`]: crate::domain::event::StatusChanged::to
    fn echoes_our_id(&self, channel: &OpenChannel) -> bool;

    /// Whether statuses of a message that was answered with this id may come with nothing else to find it by.
    fn needs_link(&self, channel: &OpenChannel, _provider_id: &str) -> bool {
        !self.echoes_our_id(channel)
    }

    /// What brings a file to the provider: the next call, after the answers so far. The default takes the file's
    /// address as it is.
    fn upload(
        &self,
        _channel: &OpenChannel,
        _file: &Upload<'_>,
        _answers: &[Response<Vec<u8>>],
    ) -> UploadStep {
        UploadStep::ByAddress
    }

    /// Whether this channel can have all parts of the template. The field that it cannot have, as the API names it, and
    /// the rule.
    fn fits(
        &self,
        _channel: &OpenChannel,
        _outbound: &Outbound,
    ) -> Result<(), (&'static str, &'static str)> {
        Ok(())
    }

    /// Whether a template's files are brought with [`Provider::upload`] before it is submitted. The default takes their
    /// addresses.
    fn wants_samples(&self, _channel: &OpenChannel) -> bool {
        false
    }

    /// The call that submits a template for review. `samples` is what [`Provider::upload`] made of
    /// [`Outbound::files`], in their order; empty where the provider takes their addresses.
    fn submit_template(
        &self,
        channel: &OpenChannel,
        outbound: &Outbound,
        samples: &[String],
    ) -> Request<Vec<u8>>;

    fn read_submitted(&self, channel: &OpenChannel, response: &Response<Vec<u8>>) -> Submitted;

    /// The call that lists templates; `next` from the page before.
    fn list_templates(&self, channel: &OpenChannel, next: Option<&str>) -> Request<Vec<u8>>;

    /// `page` is what the page was asked for with. `None`: it failed, ask again later.
    fn read_templates(
        &self,
        channel: &OpenChannel,
        page: Option<&str>,
        response: &Response<Vec<u8>>,
    ) -> Option<TemplatePage>;

    /// The call that deletes a template; `None` where the provider has none.
    fn delete_template(
        &self,
        channel: &OpenChannel,
        outbound: &Outbound,
    ) -> Option<Request<Vec<u8>>>;

    /// How to get a user's file.
    fn fetch_media(&self, channel: &OpenChannel, media: &Media) -> Fetch;

    /// The call for the bytes, out of the answer to a look-up ([`Fetch`]). `None`: it is gone.
    fn read_media_location(
        &self,
        _channel: &OpenChannel,
        _response: &Response<Vec<u8>>,
    ) -> Option<Request<Vec<u8>>> {
        None
    }

    /// Whether a file may be asked for again after the provider answered that something is wrong on its side.
    fn asks_again_for_media(&self) -> bool {
        true
    }

    /// A cheap call that shows whether the provider is reachable and the credentials fit.
    fn check(&self, channel: &OpenChannel) -> Request<Vec<u8>>;

    fn read_check(&self, channel: &OpenChannel, response: &Response<Vec<u8>>) -> Check;

    /// The call that registers `webhook_url`; `None` where people do it by hand.
    fn register_webhook(
        &self,
        _channel: &OpenChannel,
        _webhook_url: &str,
    ) -> Option<Request<Vec<u8>>> {
        None
    }

    fn read_registered(
        &self,
        _channel: &OpenChannel,
        _webhook_url: &str,
        response: &Response<Vec<u8>>,
    ) -> Registered {
        match response.status() {
            status if status.is_success() => Registered::Yes,
            status => Registered::Refused(format!("the answer was status {}", status.as_u16())),
        }
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod trial;
