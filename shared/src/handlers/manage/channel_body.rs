//! A channel as its owner writes it, and what each of its values must be. Saving and showing channels is in
//! [`super::channels`].

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::domain::channel::{Channel, Language, MarkdownType, OptionsLayout, ProviderKind};
use crate::domain::ids::AppId;
use crate::domain::phone;
use crate::domain::use_case::UseCase;
use crate::error::{Error, Result};
use crate::provider;

/// Names and values of a provider's settings or credentials.
pub(super) type Values = BTreeMap<String, String>;

/// A new channel.
#[derive(Clone, Deserialize, ToSchema)]
pub struct NewChannel {
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    pub provider: ProviderKind,
    /// With the country code.
    #[schema(min_length = 5, max_length = 40, format = "phone")]
    pub phone_number: String,
    /// ISO 3166 alpha-2: for numbers that users write without a country code.
    #[schema(min_length = 2, max_length = 2, format = "country")]
    pub default_country: String,
    /// `es` where nothing is said.
    pub language: Option<Language>,
    /// The provider's secrets, by name; never shown again.
    pub credentials: BTreeMap<String, String>,
    /// The provider's other settings, by name.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// Calls of the webhook must bear a token of this app (GupShup).
    pub associated_app_id: Option<AppId>,
    /// Tokens without an end are refused.
    #[serde(default)]
    pub require_exp: bool,
    pub options_layout: Option<OptionsLayout>,
    /// How texts are written that do not say it themselves; the provider's habit where nothing is said.
    pub markdown_type: Option<MarkdownType>,
    /// Whether images that are to go as files go as images, or as their link.
    pub send_images_as_files: Option<bool>,
    /// The flow or the bot that gets a message when nothing else wants it.
    #[serde(default)]
    #[schema(max_items = 1)]
    pub use_cases: Vec<UseCase>,
    /// What the number may send and receive per second; 80 where nothing is said. 20 if it is used with the phone app
    /// too, 1000 if it was upgraded.
    #[schema(minimum = 1, maximum = 1000)]
    pub messages_per_second: Option<u32>,
    #[serde(default)]
    pub active: bool,
}

/// Changes of a channel: what is not given stays. Of credentials and settings those that are given are replaced; an
/// empty one is removed.
#[derive(Clone, Deserialize, ToSchema)]
pub struct ChannelChanges {
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    #[schema(min_length = 5, max_length = 40, format = "phone")]
    pub phone_number: Option<String>,
    #[schema(min_length = 2, max_length = 2, format = "country")]
    pub default_country: Option<String>,
    pub language: Option<Language>,
    #[serde(default)]
    pub credentials: BTreeMap<String, String>,
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// Null takes the app away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<AppId>)]
    pub associated_app_id: Option<Option<AppId>>,
    pub require_exp: Option<bool>,
    pub options_layout: Option<OptionsLayout>,
    pub markdown_type: Option<MarkdownType>,
    pub send_images_as_files: Option<bool>,
    #[schema(max_items = 1)]
    pub use_cases: Option<Vec<UseCase>>,
    #[schema(minimum = 1, maximum = 1000)]
    pub messages_per_second: Option<u32>,
    pub active: Option<bool>,
}

/// Null is a value here, and not the same as nothing.
#[expect(clippy::option_option, reason = "absent, null and a value are three things to a change")]
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Digits with the country code; a plus, spaces and dashes are dropped (contracts 2.1, T13).
pub(super) fn number(field: &str, text: &str) -> Result<String> {
    let digits: String =
        text.chars().filter(|c| !matches!(c, '+' | '-' | ' ' | '\u{a0}')).collect();
    if phone::has_country_code(&digits) {
        return Ok(digits);
    }
    Err(Error::invalid(field, "must be a phone number with its country code"))
}

pub(super) fn country(code: &str) -> Result<String> {
    let code = code.to_ascii_uppercase();
    if phone::is_country(&code) {
        return Ok(code);
    }
    Err(Error::invalid("default_country", "must be an ISO 3166 alpha-2 code such as CO"))
}

/// Where a value of this name belongs, as a field of the request.
pub(super) fn place(kind: ProviderKind, name: &str) -> String {
    let is_secret = provider::of(kind).settings().iter().any(|s| s.name == name && s.secret);
    format!("{}.{name}", if is_secret { "credentials" } else { "settings" })
}

/// Puts each given value where it belongs, whichever of the two objects it came in, and checks it.
pub(super) fn take_values(
    channel: &mut Channel,
    secrets: &mut Values,
    given: &[(&str, Values); 2],
) -> Result<()> {
    for setting in provider::of(channel.provider).settings() {
        let target = if setting.secret { &mut *secrets } else { &mut channel.settings };
        for (object, values) in given {
            match values.get(setting.name).map(|value| value.trim()) {
                None => {}
                Some("") => {
                    target.remove(setting.name);
                }
                Some(value) if (setting.check)(value) => {
                    target.insert(setting.name.to_owned(), value.to_owned());
                }
                Some(_) => {
                    let field = format!("{object}.{}", setting.name);
                    return Err(Error::invalid(field, setting.rule));
                }
            }
        }
        if setting.required && !target.contains_key(setting.name) {
            return Err(Error::invalid(place(channel.provider, setting.name), "is required"));
        }
    }
    Ok(())
}
