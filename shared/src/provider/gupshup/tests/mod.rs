//! What GupShup sends, is sent and answers, in its documented forms.

mod parse;
mod read;
mod send;
mod templates;
mod verify;

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderValue, Request, Response, header};

use super::Gupshup;
use crate::domain::channel::{
    Channel, Credentials, Language, MarkdownType, OpenChannel, OptionsLayout, ProviderKind,
};
use crate::domain::ids::{ChannelId, MessageId, TenantId};
use crate::domain::message::{Origin, OutsideWindow, Sending, ToUser};
use crate::domain::time::Time;
use crate::domain::user::{Address, WaId};
use crate::provider::{Provider, WebhookCall};

/// A fixture by the name of its file.
macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../../../tests/fixtures/gupshup/", $name)).as_slice()
    };
}
use fixture;

const NOW: Time = Time::from_millis(1_710_169_260_000);
const OURS: &str = "912200000001";
const USER: &str = "919900000007";
/// As in the reports of the fixtures.
const MESSAGE: &str = "MSG000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d";

fn channel(settings: &[(&str, &str)], secrets: &[(&str, &str)]) -> OpenChannel {
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    };
    let channel = Channel {
        id: ChannelId::from_bytes([1; 16]),
        tenant: TenantId::from_bytes([2; 16]),
        name: "Support".to_owned(),
        provider: ProviderKind::Gupshup,
        phone_number: OURS.to_owned(),
        default_country: "IN".to_owned(),
        language: Language::En,
        credentials: String::new(),
        settings: map(settings),
        associated_app: None,
        require_exp: false,
        options_layout: OptionsLayout::Auto,
        markdown_type: MarkdownType::Whatsapp,
        send_images_as_files: true,
        use_case: None,
        active: true,
        limits: crate::domain::limits::Limits::default(),
        warnings: Vec::new(),
        created: NOW,
        updated: NOW,
        version: 1,
    };
    OpenChannel { channel, credentials: Credentials::new(map(secrets)), app: None }
}

fn enterprise() -> OpenChannel {
    channel(&[("mobile_number", OURS), ("waba_id", "2000190001")], &[("password", "pass-1")])
}

fn self_serve() -> OpenChannel {
    channel(
        &[("mode", "self_serve"), ("app_name", "WharfDemo"), ("app_id", "app-1")],
        &[("api_key", "key-1")],
    )
}

fn with_partner() -> OpenChannel {
    channel(
        &[("mode", "self_serve"), ("app_name", "WharfDemo"), ("app_id", "app-1")],
        &[("api_key", "key-1"), ("app_token", "token-1")],
    )
}

fn call(body: &[u8]) -> WebhookCall {
    WebhookCall { headers: HeaderMap::new(), query: Vec::new(), body: body.to_vec(), now: NOW }
}

fn typed(kind: &'static str, body: &[u8]) -> WebhookCall {
    let mut call = call(body);
    call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    call
}

fn sending(content: ToUser) -> Sending {
    Sending {
        id: MESSAGE.parse::<MessageId>().unwrap(),
        channel: ChannelId::from_bytes([1; 16]),
        to: Address::Phone(WaId::parse(USER).unwrap()),
        time: NOW,
        received: None,
        content,
        origin: Origin::Api,
        reply_to: None,
        window_closes: None,
        otherwise: None,
        outside_window: OutsideWindow::Reject,
    }
}

/// Method, address and the form's fields in their order.
fn form(request: &Request<Vec<u8>>) -> (String, Vec<(String, String)>) {
    let kind = request.headers().get(header::CONTENT_TYPE).unwrap();
    assert_eq!(kind, "application/x-www-form-urlencoded");
    (line(request), form_urlencoded::parse(request.body()).into_owned().collect())
}

fn line(request: &Request<Vec<u8>>) -> String {
    format!("{} {}", request.method(), request.uri())
}

fn value<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
}

fn json_value(fields: &[(String, String)], name: &str) -> serde_json::Value {
    serde_json::from_str(value(fields, name).unwrap()).unwrap()
}

fn answer(status: u16, body: &[u8]) -> Response<Vec<u8>> {
    Response::builder().status(status).body(body.to_vec()).unwrap()
}

/// K21, K23, K24: the mode's fields are required, the password is a secret.
#[test]
fn each_mode_names_what_it_misses() {
    assert_eq!(Gupshup.complete(&enterprise()), Ok(()));
    assert_eq!(Gupshup.complete(&self_serve()), Ok(()));
    for (given, missing) in [
        (channel(&[("waba_id", "1")], &[("password", "p")]), "mobile_number"),
        (channel(&[("mobile_number", OURS)], &[("password", "p")]), "waba_id"),
        (channel(&[("mobile_number", OURS), ("waba_id", "1")], &[]), "password"),
        (channel(&[("mode", "self_serve")], &[]), "api_key"),
        (channel(&[("mode", "self_serve")], &[("api_key", "k")]), "app_name"),
        (channel(&[("mode", "self_serve"), ("app_name", "a")], &[("api_key", "k")]), "app_id"),
    ] {
        assert_eq!(Gupshup.complete(&given).unwrap_err().0, missing);
    }
    let secrets: Vec<&str> =
        Gupshup.settings().iter().filter(|s| s.secret).map(|s| s.name).collect();
    assert_eq!(
        secrets,
        ["password", "hsm_password", "two_way_password", "api_key", "webhook_token", "app_token"]
    );
}

#[test]
fn settings_are_checked_by_their_rules() {
    for (name, good, bad) in [
        ("mode", "self_serve", "partner"),
        ("mobile_number", "912200000001", "our number"),
        ("waba_id", "2000190001", " "),
        ("password", "p%40ss!", "p ss"),
        ("send_host", "http://127.0.0.1:9000", "media.example.com"),
        ("base_url", "https://api.example.com", "https://api.example.com?x=1"),
        ("partner_url", "https://partner.example.com/", "ftp://partner.example.com"),
        ("template_by", "template_id", "name"),
        ("order_type_parameter", "interactive_type", "a=b"),
        ("app_id", "aaaa0000-0000-4000-8000-000000000001", "a/b"),
    ] {
        let setting = Gupshup.settings().iter().find(|s| s.name == name).unwrap();
        assert!((setting.check)(good), "{name} {good}");
        assert!(!(setting.check)(bad), "{name} {bad}");
    }
}

#[test]
fn files_are_fetched_without_credentials_or_by_the_partner_api() {
    use crate::domain::message::{Media, MediaKind, MediaSource};
    use crate::provider::Fetch;

    let media = |source| Media {
        kind: MediaKind::Image,
        source,
        mime: None,
        filename: None,
        caption: None,
        stored: None,
    };
    let link = media(Some(MediaSource::Link("https://media.example.com/a?X-Amz-S=1".to_owned())));
    let Fetch::Bytes(request) = Gupshup.fetch_media(&enterprise(), &link) else { panic!("bytes") };
    assert_eq!(line(&request), "GET https://media.example.com/a?X-Amz-S=1");
    assert!(request.headers().is_empty());

    for broken in ["", "no address", "/path/only"] {
        let media = media(Some(MediaSource::Link(broken.to_owned())));
        assert!(matches!(Gupshup.fetch_media(&enterprise(), &media), Fetch::Nothing), "{broken}");
    }

    let id = media(Some(MediaSource::ProviderId("70/01".to_owned())));
    let Fetch::Bytes(request) = Gupshup.fetch_media(&with_partner(), &id) else { panic!("bytes") };
    assert_eq!(line(&request), "GET https://partner.gupshup.io/partner/app/app-1/media/70%2F01");
    assert_eq!(request.headers()["authorization"], "token-1");
    assert!(matches!(Gupshup.fetch_media(&self_serve(), &id), Fetch::Nothing));
    assert!(matches!(Gupshup.fetch_media(&self_serve(), &media(None)), Fetch::Nothing));
}
