//! What a channel of AWS End User Messaging Social is configured with. Ids are AWS's own, as its console shows them.

use crate::domain::aws_key::AwsKey;
use crate::domain::channel::{OpenChannel, Secret};
use crate::provider::Setting;
use crate::provider::setting::is_visible;

pub(super) const PHONE_NUMBER_ID: &str = "phone_number_id";
pub(super) const WABA_ID: &str = "waba_id";
/// The topic that the account tells everything: only what it signed is taken.
pub(super) const TOPIC_ARN: &str = "topic_arn";
/// Where AWS puts users' files, and we get them.
pub(super) const MEDIA_BUCKET: &str = "media_bucket";

/// What a key's parts are made of at most.
const KEY_CHARACTERS_MAX: usize = 128;

pub(super) const ALL: &[Setting] = &[
    Setting::secret("access_key_id", "must be 16 to 128 letters and digits", |text| {
        (16..=KEY_CHARACTERS_MAX).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric())
    })
    .required(),
    Setting::secret("secret_access_key", "must be 1 to 128 visible ASCII characters", |text| {
        is_visible(text) && text.len() <= KEY_CHARACTERS_MAX
    })
    .required(),
    Setting::plain("region", "must be a region of AWS such as eu-west-1", is_region).required(),
    Setting::plain(PHONE_NUMBER_ID, "must be phone-number-id- and 32 hex digits", |text| {
        is_id(text, "phone-number-id-")
    })
    .required(),
    Setting::plain(TOPIC_ARN, "must be the ARN of a standard topic of SNS", is_topic).required(),
    Setting::plain(
        MEDIA_BUCKET,
        "must be the name of a bucket of S3: 3 to 63 letters in lower case, digits, - and .",
        is_bucket,
    )
    .required(),
    // For templates.
    Setting::plain(WABA_ID, "must be waba- and 32 hex digits", |text| is_id(text, "waba-")),
    Setting::api_version("api_version"),
    Setting::address("base_url"),
];

fn is_region(text: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (3..=32).contains(&text.len()) && text.contains('-') && text.bytes().all(is_part)
}

fn is_id(text: &str, prefix: &str) -> bool {
    let is_hex = |digits: &str| digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    text.strip_prefix(prefix).is_some_and(is_hex)
}

/// `arn:aws:sns:eu-west-1:111122223333:name`.
fn is_topic(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "sns", region, account, name] = parts[..] else { return false };
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let is_name = (1..=256).contains(&name.len()) && name.bytes().all(is_word);
    partition.starts_with("aws") && is_region(region) && is_account && is_name
}

fn is_bucket(text: &str) -> bool {
    let is_end = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    let bytes = text.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|b| is_part(*b))
        && is_end(bytes.first())
        && is_end(bytes.last())
}

/// The region of the channel's topic.
pub(super) fn topic_region(channel: &OpenChannel) -> &str {
    channel.setting(TOPIC_ARN, "").split(':').nth(3).unwrap_or_default()
}

/// The channel's key, to sign for a service.
pub(super) fn key(channel: &OpenChannel, service: &'static str) -> AwsKey {
    let of = |name| channel.credentials.get(name).unwrap_or_default().to_owned();
    AwsKey {
        service,
        region: channel.setting("region", "").to_owned(),
        id: of("access_key_id"),
        secret: Secret::new(of("secret_access_key")),
    }
}
