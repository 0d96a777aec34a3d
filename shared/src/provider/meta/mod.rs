//! Meta's WhatsApp Cloud API, the reference wire format. Webhooks are signed with the app's secret
//! (`X-Hub-Signature-256`: HMAC-SHA256 over the raw bytes, hex). Odd: the handshake by `GET` before the first
//! webhook, and duplicates and disorder by design. Documentation: developers.facebook.com/docs/whatsapp/cloud-api.

mod call;
mod samples;
mod templates;
#[cfg(test)]
mod tests;

use http::{Method, Request, Response, StatusCode};
use ring::hmac;

use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::domain::message::{Media, Sending};
use crate::domain::outbound::Outbound;
use crate::provider::cloud::{self, Dialect, Reference};
use crate::provider::proof::equal;
use crate::provider::setting::is_visible;
use crate::provider::{
    Answer, Check, Fetch, Malformed, Parsed, Provider, Purpose, Refused, Setting, Submitted,
    TemplatePage, Unsupported, Upload, UploadStep, WebhookCall,
};

/// The provider.
#[derive(Debug, Clone, Copy)]
pub struct Meta;

/// Its own form of the Cloud API.
const DIALECT: Dialect = Dialect {
    is_ours: |metadata, channel| {
        let number = metadata.phone_number_id.as_deref();
        number.is_none_or(|number| number == channel.setting("phone_number_id", ""))
    },
    open_links: false,
    echoes: true,
    account: Some("waba_id"),
    template_ids: true,
};

const SIGNATURE: &str = "x-hub-signature-256";

/// A secret that can be guessed is none.
const SECRET_CHARACTERS_MIN: usize = 8;
const SECRET_CHARACTERS_MAX: usize = 512;
/// System user tokens have about 200 characters; nothing limits them.
const TOKEN_CHARACTERS_MAX: usize = 4096;

const SECRET: &str = "must be 8 to 512 visible ASCII characters";

const SETTINGS: &[Setting] = &[
    Setting::secret("access_token", "must be 1 to 4096 visible ASCII characters", |text| {
        is_visible(text) && text.len() <= TOKEN_CHARACTERS_MAX
    })
    .required(),
    Setting::secret("app_secret", SECRET, is_secret).required(),
    Setting::secret("verify_token", SECRET, is_secret).required(),
    Setting::graph_id("phone_number_id").required(),
    Setting::graph_id("waba_id"),
    // Files of templates are uploaded to the app.
    Setting::graph_id("app_id"),
    Setting::api_version("api_version"),
    Setting::address("base_url"),
];

fn is_secret(text: &str) -> bool {
    is_visible(text) && (SECRET_CHARACTERS_MIN..=SECRET_CHARACTERS_MAX).contains(&text.len())
}

impl Provider for Meta {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Meta
    }

    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }

    /// `hub.mode=subscribe` with our token gets the bare challenge back; everything else 403.
    fn handshake(
        &self,
        call: &WebhookCall,
        channel: &OpenChannel,
    ) -> Option<Result<String, Refused>> {
        let value = |name: &str| {
            call.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
        };
        if !call.query.iter().any(|(key, _)| key.starts_with("hub.")) {
            return None;
        }
        let ours = channel.credentials.get("verify_token");
        let fits = value("hub.verify_token")
            .zip(ours)
            .is_some_and(|(given, ours)| equal(given.as_bytes(), ours.as_bytes()));
        let challenge = value("hub.challenge")
            .filter(|_| fits && value("hub.mode") == Some("subscribe"))
            .map(str::to_owned);
        Some(challenge.ok_or(Refused {
            status: StatusCode::FORBIDDEN,
            message: "the verify token does not match",
        }))
    }

    fn verify(&self, call: &WebhookCall, channel: &OpenChannel) -> Result<(), Refused> {
        let refused = |message| Refused { status: StatusCode::UNAUTHORIZED, message };
        let secret = channel
            .credentials
            .get("app_secret")
            .ok_or_else(|| refused("the channel has no app secret, so nobody can sign for it"))?;
        let header =
            call.headers.get(SIGNATURE).ok_or_else(|| refused("X-Hub-Signature-256 is missing"))?;
        let signature = header
            .to_str()
            .ok()
            .and_then(|text| text.strip_prefix("sha256="))
            .and_then(|digits| hex::decode(digits).ok())
            .ok_or_else(|| refused("X-Hub-Signature-256 must be sha256= and hex digits"))?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        hmac::verify(&key, &call.body, &signature)
            .map_err(|_| refused("X-Hub-Signature-256 does not match the body"))
    }

    fn parse(&self, call: &WebhookCall, channel: &OpenChannel) -> Result<Parsed, Malformed> {
        cloud::parse(&call.body, channel, DIALECT)
    }

    fn build(
        &self,
        channel: &OpenChannel,
        message: &Sending,
    ) -> Result<Request<Vec<u8>>, Unsupported> {
        let body = cloud::body(self.kind(), message, Reference::Echoed)?;
        let number = channel.setting("phone_number_id", "");
        Ok(call::graph(channel, Method::POST, &[number, "messages"], &[], Some(&body)))
    }

    fn read(&self, channel: &OpenChannel, response: &Response<Vec<u8>>) -> Answer {
        cloud::answer::to_sending(channel, response)
    }

    /// By `biz_opaque_callback_data`, in every status.
    fn echoes_our_id(&self, _channel: &OpenChannel) -> bool {
        true
    }

    /// Files of a template are uploaded to the app, so its id must be known.
    fn fits(
        &self,
        channel: &OpenChannel,
        outbound: &Outbound,
    ) -> Result<(), (&'static str, &'static str)> {
        if outbound.files().next().is_some() && samples::app(channel).is_none() {
            return Err(("template_type", "wants the channel to have the setting app_id"));
        }
        Ok(())
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
        match file.purpose {
            Purpose::Message => call::upload(channel, file, answers),
            Purpose::Sample => samples::step(channel, file, answers),
        }
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
        templates::delete(channel, outbound)
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

    fn check(&self, channel: &OpenChannel) -> Request<Vec<u8>> {
        call::number(channel)
    }

    fn read_check(&self, channel: &OpenChannel, response: &Response<Vec<u8>>) -> Check {
        call::read_number(channel, response)
    }

    fn register_webhook(
        &self,
        channel: &OpenChannel,
        webhook_url: &str,
    ) -> Option<Request<Vec<u8>>> {
        call::subscribe(channel, webhook_url)
    }
}
