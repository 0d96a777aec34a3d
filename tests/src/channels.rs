//! Opened channels as the fixtures of webhooks are addressed to them, for what needs no story.

use std::collections::BTreeMap;

use shared::domain::channel::{
    Channel, Credentials, Language, MarkdownType, OpenChannel, OptionsLayout, ProviderKind,
};
use shared::domain::ids::{ChannelId, TenantId};
use shared::domain::time::Time;

/// The time of the fixtures.
pub const TIME: Time = Time::from_millis(1_710_169_260_000);

/// At Meta.
pub fn meta() -> OpenChannel {
    open(
        ProviderKind::Meta,
        &[("phone_number_id", "109876500012345"), ("waba_id", "208765400098765")],
        &[
            ("access_token", "EAAtest.token-1"),
            ("app_secret", "our-own-app-secret"),
            ("verify_token", "our-verify-token"),
        ],
    )
}

/// At Gupshup's enterprise gateway.
pub fn gupshup_enterprise() -> OpenChannel {
    open(
        ProviderKind::Gupshup,
        &[("mobile_number", "912200000001"), ("waba_id", "2000190001")],
        &[("password", "pass-1")],
    )
}

/// At Gupshup's self-serve product, whichever format its webhooks have.
pub fn gupshup_self_serve() -> OpenChannel {
    open(
        ProviderKind::Gupshup,
        &[("mode", "self_serve"), ("app_name", "WharfDemo"), ("app_id", "app-1")],
        &[("api_key", "key-1")],
    )
}

/// At 360dialog. Whatever generation its webhooks are of, `api` says of which its messages are: `v1` or `v2`.
pub fn dialog360(api: &str) -> OpenChannel {
    open(
        ProviderKind::Dialog360,
        &[("api", api)],
        &[("token", "our-own-api-key"), ("webhook_token", "our-own-gateway-token")],
    )
}

/// At Karix, with an account that has templates.
pub fn karix() -> OpenChannel {
    open(
        ProviderKind::Karix,
        &[("from", "912200000005"), ("waba_id", "300400500600")],
        &[("account_key", "our-account-key=="), ("webhook_token", "our-webhook-token")],
    )
}

/// At Infobip.
pub fn infobip() -> OpenChannel {
    open(
        ProviderKind::Infobip,
        &[("base_url", "ab12cd.api.infobip.com"), ("username", "wharf")],
        &[("password", "pass-1")],
    )
}

/// At AWS End User Messaging Social.
pub fn aws_social() -> OpenChannel {
    open(
        ProviderKind::AwsSocial,
        &[
            ("region", "eu-west-1"),
            ("phone_number_id", "phone-number-id-0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
            ("waba_id", "waba-9f8e7d6c5b4a39281706f5e4d3c2b1a0"),
            ("topic_arn", "arn:aws:sns:eu-west-1:111122223333:whatsapp"),
            ("media_bucket", "our-whatsapp-files"),
        ],
        &[("access_key_id", "AKIATEST00000000WHARF"), ("secret_access_key", "our/secret+key")],
    )
}

/// Every manner of a provider.
pub fn of(provider: ProviderKind) -> Vec<OpenChannel> {
    match provider {
        ProviderKind::Gupshup => vec![gupshup_enterprise(), gupshup_self_serve()],
        ProviderKind::Meta => vec![meta()],
        ProviderKind::Infobip => vec![infobip()],
        ProviderKind::Karix => vec![karix()],
        ProviderKind::Dialog360 => vec![dialog360("v2"), dialog360("v1")],
        ProviderKind::AwsSocial => vec![aws_social()],
    }
}

fn open(
    provider: ProviderKind,
    settings: &[(&str, &str)],
    credentials: &[(&str, &str)],
) -> OpenChannel {
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let channel = Channel {
        id: ChannelId::derive(&[provider.as_str().as_bytes()]),
        tenant: TenantId::derive(&[b"tenant"]),
        name: "Support".to_owned(),
        provider,
        phone_number: "15550102030".to_owned(),
        default_country: "CO".to_owned(),
        language: Language::Es,
        credentials: String::new(),
        settings: map(settings),
        associated_app: None,
        require_exp: false,
        options_layout: OptionsLayout::Auto,
        markdown_type: MarkdownType::Whatsapp,
        send_images_as_files: true,
        use_case: None,
        active: true,
        limits: shared::domain::limits::Limits::default(),
        warnings: Vec::new(),
        created: TIME,
        updated: TIME,
        version: 1,
    };
    OpenChannel { channel, credentials: Credentials::new(map(credentials)), app: None }
}
