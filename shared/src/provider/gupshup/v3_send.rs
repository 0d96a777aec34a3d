//! Messages through the partner API's pass-through, in Meta's form (B2, B5): for what self-serve's own forms lack.

use http::Request;
use serde_json::{Value, json};

use super::settings::{field, partner_url};
use super::wire::{json as post, object, secret_header};
use crate::domain::channel::OpenChannel;
use crate::domain::message::{
    ButtonValue, Choice, Header, Location, Media, MediaKind, MediaSource, Section, Sending,
    TemplateButtonValue, TemplateHeader, TemplateMessage, ToUser,
};
use crate::domain::user::Address;

/// `None`: the channel has no app token, or the file has no public place.
pub(super) fn build(channel: &OpenChannel, message: &Sending) -> Option<Request<Vec<u8>>> {
    let token = field(channel, "app_token")?;
    let (kind, content) = content(&message.content)?;
    let mut body = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "type": kind,
        kind: content,
    });
    match &message.to {
        Address::Phone(number) => body["to"] = json!(number.as_str()),
        Address::Bsuid(id) => body["recipient"] = json!(id.as_str()),
    }
    if let Some(id) = &message.reply_to {
        body["context"] = json!({ "message_id": id });
    }
    let mut request = post(&partner_url(channel, "v3/message"), &body);
    secret_header(&mut request, "authorization", token);
    Some(request)
}

fn content(content: &ToUser) -> Option<(&'static str, Value)> {
    Some(match content {
        ToUser::Text { body, preview_url } => {
            ("text", json!({ "body": body, "preview_url": preview_url }))
        }
        ToUser::Media(media) => (media_word(media.kind), file(media, true)?),
        ToUser::Location(place) => ("location", location(place)),
        ToUser::Contacts { contacts } => ("contacts", json!(contacts)),
        ToUser::Reaction { to, emoji } => {
            ("reaction", json!({ "message_id": to, "emoji": emoji.as_deref().unwrap_or("") }))
        }
        ToUser::Buttons { header, body, footer, buttons } => {
            let buttons: Vec<Value> = buttons.iter().map(reply).collect();
            let action = json!({ "buttons": buttons });
            ("interactive", menu("button", header.as_ref(), body, footer.as_deref(), action)?)
        }
        ToUser::List { header, body, footer, button, sections } => {
            let sections: Vec<Value> = sections.iter().map(section).collect();
            let action = json!({ "button": button, "sections": sections });
            let header = header.clone().map(Header::Text);
            ("interactive", menu("list", header.as_ref(), body, footer.as_deref(), action)?)
        }
        ToUser::CtaUrl { header, body, footer, display_text, url } => {
            let parameters = json!({ "display_text": display_text, "url": url });
            let action = json!({ "name": "cta_url", "parameters": parameters });
            ("interactive", menu("cta_url", header.as_ref(), body, footer.as_deref(), action)?)
        }
        ToUser::LocationRequest { body } => {
            let action = json!({ "name": "send_location" });
            ("interactive", menu("location_request_message", None, body, None, action)?)
        }
        ToUser::Interactive { interactive } => ("interactive", interactive.clone()),
        ToUser::Template(template) => ("template", self::template(template)?),
    })
}

const fn media_word(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio | MediaKind::Voice => "audio",
        MediaKind::Document => "document",
        MediaKind::Sticker => "sticker",
    }
}

fn file(media: &Media, with_caption: bool) -> Option<Value> {
    let (place, at) = match media.source.as_ref()? {
        MediaSource::Link(url) => ("link", url),
        MediaSource::ProviderId(id) => ("id", id),
        MediaSource::PrivateLink { .. } => return None,
    };
    let takes_caption =
        matches!(media.kind, MediaKind::Image | MediaKind::Video | MediaKind::Document);
    let caption = media.caption.as_ref().filter(|_| with_caption && takes_caption);
    let name = media.filename.as_ref().filter(|_| media.kind == MediaKind::Document);
    Some(object([
        (place, Some(json!(at))),
        ("caption", caption.map(|caption| json!(caption))),
        ("filename", name.map(|name| json!(name))),
    ]))
}

fn location(place: &Location) -> Value {
    object([
        ("latitude", Some(json!(place.latitude))),
        ("longitude", Some(json!(place.longitude))),
        ("name", place.name.as_ref().map(|name| json!(name))),
        ("address", place.address.as_ref().map(|address| json!(address))),
    ])
}

fn menu(
    kind: &str,
    header: Option<&Header>,
    body: &str,
    footer: Option<&str>,
    action: Value,
) -> Option<Value> {
    let header = match header {
        None => None,
        Some(Header::Text(text)) => Some(json!({ "type": "text", "text": text })),
        Some(Header::Media(media)) => {
            let word = media_word(media.kind);
            Some(json!({ "type": word, word: file(media, false)? }))
        }
    };
    Some(object([
        ("type", Some(json!(kind))),
        ("header", header),
        ("body", Some(json!({ "text": body }))),
        ("footer", footer.map(|footer| json!({ "text": footer }))),
        ("action", Some(action)),
    ]))
}

fn reply(choice: &Choice) -> Value {
    json!({ "type": "reply", "reply": { "id": choice.id, "title": choice.title } })
}

fn section(section: &Section) -> Value {
    let rows = section.rows.iter().map(|row| {
        object([
            ("id", Some(json!(row.id))),
            ("title", Some(json!(row.title))),
            ("description", row.description.as_ref().map(|d| json!(d))),
        ])
    });
    object([
        ("title", section.title.as_ref().map(|title| json!(title))),
        ("rows", Some(Value::Array(rows.collect()))),
    ])
}

fn template(template: &TemplateMessage) -> Option<Value> {
    let mut components = Vec::new();
    match &template.header {
        Some(TemplateHeader::Text(value)) => {
            components.push(component("header", &[json!({ "type": "text", "text": value })]));
        }
        Some(TemplateHeader::Media(media)) => {
            let word = media_word(media.kind);
            let parameter = json!({ "type": word, word: file(media, false)? });
            components.push(component("header", &[parameter]));
        }
        Some(TemplateHeader::Location(place)) => {
            let parameter = json!({ "type": "location", "location": location(place) });
            components.push(component("header", &[parameter]));
        }
        None => {}
    }
    if !template.body.is_empty() {
        let values = template.body.iter().map(|value| json!({ "type": "text", "text": value }));
        components.push(component("body", &values.collect::<Vec<_>>()));
    }
    components.extend(template.buttons.iter().map(button));
    Some(json!({
        "name": template.name,
        "language": { "code": template.language.replace('-', "_") },
        "components": components,
    }))
}

fn component(kind: &str, parameters: &[Value]) -> Value {
    json!({ "type": kind, "parameters": parameters })
}

fn button(button: &TemplateButtonValue) -> Value {
    let (kind, parameter) = match &button.value {
        ButtonValue::QuickReply { payload } => {
            ("quick_reply", json!({ "type": "payload", "payload": payload }))
        }
        ButtonValue::Url { suffix } => ("url", json!({ "type": "text", "text": suffix })),
        ButtonValue::CopyCode { code } => {
            ("copy_code", json!({ "type": "coupon_code", "coupon_code": code }))
        }
    };
    json!({
        "type": "button",
        "sub_type": kind,
        "index": button.index.to_string(),
        "parameters": [parameter],
    })
}
