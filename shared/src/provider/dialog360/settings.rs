//! What a 360dialog channel is configured with, and where each value is found.

use crate::domain::channel::OpenChannel;
use crate::provider::Setting;
use crate::provider::setting::is_visible;

/// Which of the two generations of the API a channel's key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// Legacy, in the manner of the on-premise API.
    V1,
    /// The Cloud API behind a proxy.
    V2,
}

/// The channel's generation; the second unless it says otherwise.
pub(super) fn api(channel: &OpenChannel) -> Api {
    match channel.setting("api", "") {
        "v1" => Api::V1,
        _ => Api::V2,
    }
}

/// The credential that every webhook brings.
pub(super) const WEBHOOK_TOKEN: &str = "webhook_token";

/// A token that can be guessed is none.
const TOKEN_CHARACTERS_MIN: usize = 16;
const TOKEN_CHARACTERS_MAX: usize = 256;
const KEY_CHARACTERS_MAX: usize = 1024;
const NAMESPACE_CHARACTERS_MAX: usize = 128;

/// D2: only the key has to be given.
pub(super) const ALL: &[Setting] = &[
    Setting::secret("token", "must be 1 to 1024 visible ASCII characters", |text| {
        is_visible(text) && text.len() <= KEY_CHARACTERS_MAX
    })
    .required(),
    Setting::secret(WEBHOOK_TOKEN, "must be 16 to 256 visible ASCII characters", |text| {
        is_visible(text) && (TOKEN_CHARACTERS_MIN..=TOKEN_CHARACTERS_MAX).contains(&text.len())
    }),
    Setting::plain("api", "must be v2 or v1", |text| matches!(text, "v1" | "v2")),
    Setting::address("base_url"),
    // Of templates that were not made here; ours know their own (v1).
    Setting::plain("namespace", "must be 1 to 128 letters, digits, _ and -", |text| {
        let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        (1..=NAMESPACE_CHARACTERS_MAX).contains(&text.len()) && text.bytes().all(is_word)
    }),
];

/// Where the API is, without a slash at the end. The legacy one is written with its `/v1` and without.
pub(super) fn base(channel: &OpenChannel) -> &str {
    let default = match api(channel) {
        Api::V1 => "https://waba.360dialog.io",
        Api::V2 => "https://waba-v2.360dialog.io",
    };
    let base = channel.setting("base_url", default).trim_end_matches('/');
    base.strip_suffix("/v1").unwrap_or(base)
}
