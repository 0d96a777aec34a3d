//! Karix's form of each message (karix 2). What it has no form for goes as what comes nearest: a sticker as a file,
//! cards and links as text. What has nothing near it is unsupported.

use http::Request;
use serde_json::{Map, Value, json};

use super::settings::{
    account_key, api_url, has_cloud_interactive, has_template_language, our_number, reports,
};
use super::wire::post;
use crate::domain::channel::OpenChannel;
use crate::domain::message::{
    ButtonValue, Header, Location, Media, MediaKind, MediaSource, Sending, TemplateButtonValue,
    TemplateHeader, TemplateMessage, ToUser,
};
use crate::domain::user::Address;
use crate::provider::cloud;

/// The version of the API that every sample names.
const VERSION: &str = "v1.0.9";

/// The call that sends the message. `None`: Karix has no form for it, or knows no such recipient.
pub(super) fn build(channel: &OpenChannel, message: &Sending) -> Option<Request<Vec<u8>>> {
    let Address::Phone(to) = &message.to else { return None };
    let content = content(channel, &message.content)?;
    let mut sender = json!({ "from": our_number(channel) });
    let vendor = channel.setting("vendor", "");
    if !vendor.is_empty() {
        sender["name"] = json!(vendor);
    }
    let body = json!({
        "message": {
            "channel": "WABA",
            "content": content,
            "recipient": {
                "to": to.as_str(),
                "recipient_type": "individual",
                "reference": { "cust_ref": message.id.to_string() },
            },
            "sender": sender,
            "preferences": { "webHookDNId": reports(channel) },
        },
        "metaData": { "version": VERSION },
    });
    Some(post(&api_url(channel, "services/rcm/sendMessage"), account_key(channel), &body))
}

fn content(channel: &OpenChannel, content: &ToUser) -> Option<Value> {
    Some(match content {
        ToUser::Text { body, preview_url } => text(body, *preview_url),
        ToUser::Media(media) => json!({ "type": "ATTACHMENT", "attachment": attachment(media)? }),
        // In small letters, unlike the others.
        ToUser::Location(place) => json!({ "type": "location", "location": location(place) }),
        ToUser::Contacts { contacts } => text(&cards(contacts)?, false),
        ToUser::Buttons { .. } | ToUser::List { .. } => interactive(content)?,
        ToUser::CtaUrl { .. } | ToUser::LocationRequest { .. } | ToUser::Interactive { .. }
            if has_cloud_interactive(channel) =>
        {
            interactive(content)?
        }
        ToUser::CtaUrl { header, body, footer, display_text, url } => {
            let header = match header {
                None => None,
                Some(Header::Text(header)) => Some(header),
                Some(Header::Media(_)) => return None,
            };
            let link = format!("{display_text}: {url}");
            let parts = [header, Some(body), footer.as_ref(), Some(&link)];
            let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
            text(&parts.join("\n\n"), true)
        }
        ToUser::Template(message) => template(channel, message)?,
        ToUser::Reaction { .. } | ToUser::LocationRequest { .. } | ToUser::Interactive { .. } => {
            return None;
        }
    })
}

fn text(body: &str, preview_url: bool) -> Value {
    json!({ "type": "TEXT", "text": body, "preview_url": preview_url })
}

/// The Cloud API's object.
fn interactive(content: &ToUser) -> Option<Value> {
    Some(json!({ "type": "INTERACTIVE", "interactive": cloud::object(content)? }))
}

/// `None`: the file is not where Karix could fetch it.
fn attachment(media: &Media) -> Option<Value> {
    let mut object = file(media)?;
    // A caption on a voice note or a sticker makes WhatsApp refuse the whole message.
    let can_have_caption = match media.kind {
        MediaKind::Image | MediaKind::Video | MediaKind::Document => true,
        MediaKind::Audio | MediaKind::Voice | MediaKind::Sticker => false,
    };
    if let Some(caption) = media.caption.as_ref().filter(|_| can_have_caption) {
        object["caption"] = json!(caption);
    }
    Some(object)
}

fn file(media: &Media) -> Option<Value> {
    let Some(MediaSource::Link(url)) = &media.source else { return None };
    let word = match media.kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio | MediaKind::Voice => "audio",
        MediaKind::Document => "document",
        // An image may be a JPEG or a PNG only (whatsapp-rules 2); stickers are WebP.
        MediaKind::Sticker => match media.mime.as_deref() {
            Some("image/jpeg" | "image/png") => "image",
            Some(_) | None => "document",
        },
    };
    let mut object = json!({ "type": word, "url": url });
    if word == "document"
        && let Some(name) = &media.filename
    {
        object["fileName"] = json!(name);
    }
    Some(object)
}

/// Texts, as the samples have them: nothing is rounded.
fn location(place: &Location) -> Value {
    let mut object = json!({ "latitude": place.latitude, "longitude": place.longitude });
    if let Some(name) = &place.name {
        object["name"] = json!(name);
    }
    if let Some(address) = &place.address {
        object["address"] = json!(address);
    }
    object
}

/// Cards as people would type them: name, company, numbers, mail addresses, a line each. `None`: there is nothing on
/// them.
fn cards(contacts: &[Value]) -> Option<String> {
    let cards: Vec<String> = contacts.iter().map(card).filter(|card| !card.is_empty()).collect();
    (!cards.is_empty()).then(|| cards.join("\n\n"))
}

fn card(contact: &Value) -> String {
    let one = |pointer: &str| contact.pointer(pointer).and_then(Value::as_str);
    let all = |list: &str, member: &'static str| {
        let members = contact.get(list).and_then(Value::as_array).into_iter().flatten();
        members.filter_map(move |each| each.get(member).and_then(Value::as_str))
    };
    let lines = one("/name/formatted_name").into_iter().chain(one("/org/company"));
    let lines = lines.chain(all("phones", "phone")).chain(all("emails", "email"));
    lines.filter(|line| !line.trim().is_empty()).collect::<Vec<&str>>().join("\n")
}

/// By the template's name: its number would be refused. `TEMPLATE` has only the values of the text; with a file or
/// buttons it is a `MEDIA_TEMPLATE`, which needs no file.
fn template(channel: &OpenChannel, message: &TemplateMessage) -> Option<Value> {
    let media = match &message.header {
        None => None,
        Some(TemplateHeader::Media(media)) => Some(file(media)?),
        Some(TemplateHeader::Text(_) | TemplateHeader::Location(_)) => return None,
    };
    let has_names = !message.body_names.is_empty();
    if has_names || message.offer_expires.is_some() || !message.cards.is_empty() {
        return None;
    }
    let is_plain = media.is_none() && message.buttons.is_empty();
    let (kind, object, values) = if is_plain {
        ("TEMPLATE", "template", "parameterValues")
    } else {
        ("MEDIA_TEMPLATE", "mediaTemplate", "bodyParameterValues")
    };
    let of = message.body.iter().enumerate().map(|(at, text)| (at.to_string(), json!(text)));
    let mut template = json!({ "templateId": message.name });
    template[values] = Value::Object(of.collect::<Map<_, _>>());
    if has_template_language(channel) {
        template["language"] = json!(message.language.replace('-', "_"));
    }
    if let Some(media) = media {
        template["media"] = media;
    }
    if !message.buttons.is_empty() {
        let actions: Option<Vec<Value>> = message.buttons.iter().map(action).collect();
        template["buttons"] = json!({ "actions": actions? });
    }
    let mut content = json!({ "type": kind });
    content[object] = template;
    Some(content)
}

fn action(button: &TemplateButtonValue) -> Option<Value> {
    let (kind, payload) = match &button.value {
        ButtonValue::QuickReply { payload } => ("quick_reply", payload),
        ButtonValue::Url { suffix } => ("url", suffix),
        ButtonValue::CopyCode { .. } => return None,
    };
    Some(json!({ "type": kind, "index": button.index.to_string(), "payload": payload }))
}
