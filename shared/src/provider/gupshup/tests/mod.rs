//! What GupShup sends, is sent and answers, in its documented forms.

/// A sample's text. Above the modules, which is how they know it.
macro_rules! fixture {
    ($name:literal) => {
        crate::provider::testing::fixture!("gupshup", $name)
    };
}

mod parse;
mod read;
mod send;
mod templates;
mod verify;

use http::{Request, header};
use serde_json::{Value, json};

use super::Gupshup;
use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::domain::message::{Sending, ToUser};
use crate::provider::testing::{self, NOW, answer, call, line, written};
use crate::provider::trial::{Trial, stands_whatever_comes};
use crate::provider::{Provider, WebhookCall};

const OURS: &str = "912200000001";
const USER: &str = "919900000007";
/// As in the reports of the fixtures.
const MESSAGE: &str = "MSG000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d";

fn channel(settings: &[(&str, &str)], secrets: &[(&str, &str)]) -> OpenChannel {
    testing::open(ProviderKind::Gupshup, OURS, settings, secrets)
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

fn typed(kind: &str, body: &str) -> WebhookCall {
    testing::call_with("content-type", kind, body)
}

fn sending(content: ToUser) -> Sending {
    Sending { id: MESSAGE.parse().unwrap(), ..testing::sending(USER, content) }
}

fn trial() -> Trial {
    Trial {
        provider: &Gupshup,
        channels: vec![enterprise(), self_serve(), with_partner()],
        samples: &[
            fixture!("enterprise-payment.json"),
            fixture!("enterprise-reports.json"),
            fixture!("self-serve-list-reply.json"),
            fixture!("self-serve-failed-async.json"),
            fixture!("v3-several.json"),
            fixture!("v3-payment.json"),
        ],
        takes_everything: false,
    }
}

/// Method, address and the form's fields in their order.
fn form(request: &Request<Vec<u8>>) -> (String, Vec<(String, String)>) {
    let kind = request.headers().get(header::CONTENT_TYPE).unwrap();
    assert_eq!(kind, "application/x-www-form-urlencoded");
    (line(request), form_urlencoded::parse(request.body()).into_owned().collect())
}

fn value<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
}

fn json_value(fields: &[(String, String)], name: &str) -> Value {
    serde_json::from_str(value(fields, name).unwrap()).unwrap()
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
    assert!(Gupshup.settings().iter().any(|setting| setting.name == "password" && setting.secret));
}

#[test]
fn settings_are_checked_by_their_rules() {
    /// Values that are taken, and values that are not.
    type Values = (&'static [&'static str], &'static [&'static str]);
    let secret =
        ["password", "hsm_password", "two_way_password", "api_key", "webhook_token", "app_token"];
    let password: Values = (&["p%40ss!", "p"], &["", "p ss", "pä", "p\n"]);
    let account: Values = (&["2000190001", "our account"], &["", " "]);
    let address: Values = (
        &["https://api.example.com", "http://127.0.0.1:9000", "http://localhost/x/"],
        &[
            "",
            "media.example.com",
            "https://a.example?x=1",
            "https://a.example#x",
            "ftp://a.example",
            "https://a@b.example",
        ],
    );
    let parameter: Values = (&["interactive_type"], &["", "a=b"]);
    let rows: [(&str, Values); 21] = [
        ("mode", (&["enterprise", "self_serve"], &["", "partner"])),
        ("mobile_number", (&["912200000001"], &["", "our number"])),
        ("waba_id", account),
        ("password", password),
        ("hsm_userid", account),
        ("hsm_password", password),
        ("two_way_userid", account),
        ("two_way_password", password),
        ("send_host", address),
        ("template_host", address),
        ("template_by", (&["text", "template_id", "whatsAppTemplateId"], &["", "name"])),
        ("order_type_parameter", parameter),
        ("order_text_parameter", parameter),
        ("order_action_parameter", parameter),
        ("api_key", password),
        ("app_name", (&["WharfDemo"], &["", " "])),
        ("app_id", (&["aaaa0000-0000-4000-8000-000000000001"], &["", "a/b"])),
        ("webhook_token", password),
        ("base_url", address),
        ("app_token", password),
        ("partner_url", address),
    ];
    trial().settings_are(&[], &secret, &rows.map(|(name, (good, bad))| (name, good, bad)));
}

stands_whatever_comes!(trial());

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
