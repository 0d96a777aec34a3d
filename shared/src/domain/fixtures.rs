//! What tests of every layer start from: a channel and an outbound with nothing special about them. A test writes down
//! the fields that it is about and takes the others from here.

use super::channel::{Channel, Language, MarkdownType, OptionsLayout, ProviderKind};
use super::ids::{ChannelId, OutboundId, TenantId};
use super::limits::Limits;
use super::outbound::{Button, Category, Outbound, Parts, Rating, ReviewStatus, TemplateType};
use super::time::Time;

/// Names and values.
pub(crate) fn map(pairs: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// An active channel with no settings.
pub(crate) fn channel(provider: ProviderKind) -> Channel {
    Channel {
        id: ChannelId::from_bytes([1; 16]),
        tenant: TenantId::from_bytes([2; 16]),
        name: "number 1".to_owned(),
        provider,
        phone_number: "573177700000".to_owned(),
        default_country: "CO".to_owned(),
        language: Language::Es,
        credentials: String::new(),
        settings: map(&[]),
        associated_app: None,
        require_exp: false,
        options_layout: OptionsLayout::Auto,
        markdown_type: MarkdownType::Whatsapp,
        send_images_as_files: true,
        use_case: None,
        active: true,
        limits: Limits::default(),
        warnings: Vec::new(),
        created: Time::from_millis(0),
        updated: Time::from_millis(0),
        version: 1,
    }
}

/// An outbound of this channel that its provider has not seen yet: a picture, two variables, and a button of each of
/// the four plain kinds.
pub(crate) fn outbound(channel: &Channel) -> Outbound {
    Outbound {
        id: OutboundId::from_bytes([3; 16]),
        tenant: channel.tenant,
        channel: channel.id,
        provider: channel.provider,
        phone_number: channel.phone_number.clone(),
        name: "Start".to_owned(),
        is_notification: false,
        content: "Olá {{.name}}, o código é {{.code}}.".to_owned(),
        category: Category::Utility,
        template_type: TemplateType::Image,
        language: "pt-BR".to_owned(),
        media_url: Some("https://files.example.com/1.png".to_owned()),
        variables: vec!["name".to_owned(), "code".to_owned()],
        examples: map(&[("name", "Ana"), ("code", "42")]),
        buttons: vec![
            Button::Continue { text: "Continuar".to_owned() },
            Button::Cancel { text: "Cancelar".to_owned() },
            Button::Url { text: "Site".to_owned(), url: "https://example.com".to_owned() },
            Button::Phone { text: "Ligar".to_owned(), number: "+15550102030".to_owned() },
        ],
        parts: Parts::default(),
        rating: Rating::default(),
        status: ReviewStatus::Pending,
        provider_status: "not_submitted".to_owned(),
        rejected_reason: None,
        template_name: "start_03030303".to_owned(),
        template_id: None,
        created: Time::from_millis(0),
        updated: Time::from_millis(0),
        polled: None,
        version: 1,
    }
}
