//! What a script is told of a message besides the message: the ten variables of a channel (contracts 8.1), and what
//! was said as one text, files included (8.2, 8.6).

use serde::Serialize;

use super::channel::{Channel, ProviderKind};
use super::message::{FromUser, Media, MediaSource};
use super::user::Address;

/// The ten variables, under the names that scripts know (D10-D19). What has no source is there and empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_field_names, reason = "these are the names that scripts know")]
pub struct Variables {
    channel_visitor_id: String,
    channel_conversation_id: String,
    channel_visitor_firstname: String,
    channel_visitor_lastname: String,
    channel_visitor_account: String,
    channel_visitor_phone: String,
    channel_visitor_email: String,
    channel_visitor_source: String,
    channel_visitor_auth: String,
    channel_chat_id: String,
}

impl Variables {
    /// Of a user at a provider. The whole profile name is both first and last name (D12, D13). A user who hides the
    /// number has an id and no phone.
    pub fn of(provider: ProviderKind, user: &Address, name: Option<&str>) -> Self {
        let (id, name) = (user.as_str(), name.unwrap_or_default());
        Self {
            channel_visitor_id: id.to_owned(),
            channel_conversation_id: id.to_owned(),
            channel_visitor_firstname: name.to_owned(),
            channel_visitor_lastname: name.to_owned(),
            channel_visitor_account: id.to_owned(),
            channel_visitor_phone: user.phone().unwrap_or_default().to_owned(),
            channel_visitor_email: String::new(),
            channel_visitor_source: String::new(),
            channel_visitor_auth: String::new(),
            channel_chat_id: format!("{id}|{}", provider.chat_suffix()),
        }
    }
}

/// Where 360dialog's files are read where the channel says nothing else (contracts 8.2).
const DIALOG360_BASE: &str = "https://waba.360dialog.io";

/// What scripts on a channel are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner<'a> {
    pub files: Files<'a>,
    /// Whether a place is told as a place; else it is a kind that is not supported (D35).
    pub places: bool,
}

/// Where a script reads a user's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files<'a> {
    /// Our copy, at the API's address; `None` where nobody knows the address.
    Ours(Option<&'a str>),
    /// At the provider's own address, under the provider's id (D32).
    Providers(&'a str),
}

impl<'a> Manner<'a> {
    /// Of a channel; `api` is where callers reach ours.
    pub fn of(channel: &'a Channel, api: Option<&'a str>) -> Self {
        match channel.provider {
            ProviderKind::Dialog360 => {
                let base = channel.settings.get("base_url").map_or(DIALOG360_BASE, String::as_str);
                Self { files: Files::Providers(base), places: false }
            }
            ProviderKind::Gupshup
            | ProviderKind::Meta
            | ProviderKind::Infobip
            | ProviderKind::Karix
            | ProviderKind::AwsSocial => Self { files: Files::Ours(api), places: true },
        }
    }

    /// What was said as one text: the words, the title of what was tapped, `file:document|<id>|<address>` of a file,
    /// `unsupported:<kind>` of what scripts do not get. `None` where there is no such text.
    pub fn text(self, said: &FromUser) -> Option<String> {
        match said {
            FromUser::Text { .. } | FromUser::Choice { .. } | FromUser::TemplateButton { .. } => {
                said.text().map(str::to_owned)
            }
            FromUser::Media(media) => self.files.text(media),
            FromUser::Location(_) if !self.places => Some("unsupported:location".to_owned()),
            FromUser::Unsupported { kind } => Some(format!("unsupported:{kind}")),
            FromUser::Edit { body, .. } => body.clone(),
            FromUser::Order { text, .. } => text.clone(),
            FromUser::Location(_)
            | FromUser::Contacts { .. }
            | FromUser::Reaction { .. }
            | FromUser::FlowReply { .. }
            | FromUser::Payment(_)
            | FromUser::System { .. }
            | FromUser::Revoke { .. } => None,
        }
    }
}

impl Files<'_> {
    /// `file:<kind>|<id>|<address>` (contracts 8.2, X15); a caption stands beside it. `None` where the file has no id
    /// or its address is not known.
    pub fn text(self, media: &Media) -> Option<String> {
        let (id, base) = match self {
            Self::Ours(base) => (media.stored?.to_string(), base?),
            Self::Providers(base) => (provider_id(media)?.to_owned(), base),
        };
        let base = base.trim_end_matches('/');
        // The legacy API's address is written with its version and without.
        let base = base.strip_suffix("/v1").unwrap_or(base);
        Some(format!("file:{}|{id}|{base}/v1/media/{id}", media.kind.as_str()))
    }
}

fn provider_id(media: &Media) -> Option<&str> {
    match media.source.as_ref()? {
        MediaSource::ProviderId(id) | MediaSource::PrivateLink { id, .. } => Some(id),
        MediaSource::Link(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::ids::MediaId;
    use super::super::message::{Location, MediaKind};
    use super::super::user::{Bsuid, WaId};
    use super::*;

    fn phone(digits: &str) -> Address {
        Address::Phone(WaId::parse(digits).unwrap())
    }

    /// D10-D19: each of the ten variables has its source, and those without one are empty.
    #[test]
    fn the_ten_variables_of_a_message() {
        let user = phone("79001234567");
        let variables = Variables::of(ProviderKind::Meta, &user, Some("Ana Pérez"));
        insta::assert_json_snapshot!(variables, @r#"
        {
          "channel_visitor_id": "79001234567",
          "channel_conversation_id": "79001234567",
          "channel_visitor_firstname": "Ana Pérez",
          "channel_visitor_lastname": "Ana Pérez",
          "channel_visitor_account": "79001234567",
          "channel_visitor_phone": "79001234567",
          "channel_visitor_email": "",
          "channel_visitor_source": "",
          "channel_visitor_auth": "",
          "channel_chat_id": "79001234567|cloudapi"
        }
        "#);
    }

    /// D12, contracts 8.1: who has no name has empty ones; who hides the number has an id and no phone.
    #[test]
    fn what_is_not_known_is_empty() {
        let user = Address::Bsuid(Bsuid::parse("CO.1a2B").unwrap());
        let variables = Variables::of(ProviderKind::Gupshup, &user, None);
        assert_eq!(variables.channel_visitor_id, "CO.1a2B");
        assert_eq!(variables.channel_visitor_phone, "");
        assert_eq!(variables.channel_visitor_firstname, "");
        assert_eq!(variables.channel_chat_id, "CO.1a2B|gupshup");
    }

    fn file(kind: MediaKind) -> Media {
        Media {
            kind,
            source: Some(MediaSource::ProviderId("3f0c0001".to_owned())),
            mime: None,
            filename: None,
            caption: None,
            stored: Some(MediaId::from_bytes([0xab; 16])),
        }
    }

    /// D32-D34, X15: a file is one text, whatever its kind, without a space in it.
    #[test]
    fn a_file_is_a_text() {
        let theirs = Files::Providers("https://waba.360dialog.io");
        for (kind, word) in [
            (MediaKind::Document, "document"),
            (MediaKind::Image, "image"),
            (MediaKind::Audio, "audio"),
            (MediaKind::Voice, "voice"),
            (MediaKind::Video, "video"),
            (MediaKind::Sticker, "sticker"),
        ] {
            let wanted =
                format!("file:{word}|3f0c0001|https://waba.360dialog.io/v1/media/3f0c0001");
            assert_eq!(theirs.text(&file(kind)), Some(wanted));
        }
        let written = Files::Providers("https://waba.360dialog.io/v1/");
        assert_eq!(written.text(&file(MediaKind::Image)), theirs.text(&file(MediaKind::Image)));
        let ours = Files::Ours(Some("https://gateway.example/"));
        let id = "ab".repeat(16);
        let wanted = format!("file:image|MED{id}|https://gateway.example/v1/media/MED{id}");
        assert_eq!(ours.text(&file(MediaKind::Image)), Some(wanted));
        assert_eq!(Files::Ours(None).text(&file(MediaKind::Image)), None);
        let unstored = Media { stored: None, ..file(MediaKind::Image) };
        assert_eq!(ours.text(&unstored), None);
    }

    /// D35, contracts 8.6: where places are not told, a place is a notice; elsewhere it has no text.
    #[test]
    fn a_place_is_a_notice_where_places_are_not_told() {
        let place = FromUser::Location(Location {
            latitude: "4.65".to_owned(),
            longitude: "-74.05".to_owned(),
            name: None,
            address: None,
        });
        let files = Files::Ours(None);
        let untold = Manner { files, places: false };
        assert_eq!(untold.text(&place).as_deref(), Some("unsupported:location"));
        assert_eq!(Manner { files, places: true }.text(&place), None);
        let poll = FromUser::Unsupported { kind: "poll".to_owned() };
        assert_eq!(untold.text(&poll).as_deref(), Some("unsupported:poll"));
        let text = FromUser::Text { body: "Hola".to_owned() };
        assert_eq!(untold.text(&text).as_deref(), Some("Hola"));
    }
}
