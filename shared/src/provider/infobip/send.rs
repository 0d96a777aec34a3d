//! The call for each message (infobip 2.1 to 2.3, 2.5): one address per kind, one message per call. K18, K19: what a
//! bot answers as a text goes to the address for texts, a template to the one for templates.

use http::{Method, Request};
use serde_json::{Value, json};

use super::{NAME, call, cards, id, interactive, templates};
use crate::domain::channel::OpenChannel;
use crate::domain::message::{Location, Media, MediaKind, MediaSource, Sending, ToUser};
use crate::domain::user::Address;
use crate::provider::Unsupported;

/// What each kind is called in the address, and its `content`.
pub(super) type Form = (&'static [&'static str], Value);

/// The call that sends the message. Infobip has no address for reactions, fetches files by their links alone, and
/// takes numbers only.
pub(super) fn build(
    channel: &OpenChannel,
    message: &Sending,
) -> Result<Request<Vec<u8>>, Unsupported> {
    let unsupported = || Unsupported { provider: NAME, kind: message.content.kind() };
    let Address::Phone(to) = &message.to else { return Err(unsupported()) };
    let (kind, content) = form(&message.content).ok_or_else(unsupported)?;
    let mut body = json!({
        "from": call::sender(channel),
        "to": to.as_str(),
        "messageId": id::written(message.id),
        "content": content,
        // Comes back in delivery reports, whatever becomes of the id.
        "callbackData": message.id.to_string(),
    });
    if message.content.is_template() {
        body = json!({ "messages": [body] });
    } else if let Some(id) = &message.reply_to {
        body["context"] = json!({ "replyToMessageId": id });
    }
    let path: Vec<&str> = ["whatsapp", "1", "message"].iter().chain(kind).copied().collect();
    Ok(call::api(channel, Method::POST, &path, Some(&body)))
}

/// `None` for what Infobip has no form for.
fn form(content: &ToUser) -> Option<Form> {
    Some(match content {
        ToUser::Text { body, preview_url } => {
            let mut content = json!({ "text": body });
            // Only a text with an address may ask for its preview.
            if *preview_url && ["http://", "https://"].iter().any(|start| body.contains(start)) {
                content["previewUrl"] = json!(true);
            }
            (&["text"], content)
        }
        ToUser::Media(media) => file(media)?,
        ToUser::Location(place) => (&["location"], location(place)?),
        ToUser::Contacts { contacts } => {
            let contacts: Vec<Value> = contacts.iter().map(cards::to_infobip).collect();
            (&["contact"], json!({ "contacts": contacts }))
        }
        ToUser::Reaction { .. } => return None,
        ToUser::Buttons { header, body, footer, buttons } => {
            interactive::buttons(header.as_ref(), body, footer.as_deref(), buttons)?
        }
        ToUser::List { header, body, footer, button, sections } => {
            interactive::list(header.as_deref(), body, footer.as_deref(), button, sections)
        }
        ToUser::CtaUrl { header, body, footer, display_text, url } => {
            let action = json!({ "displayText": display_text, "url": url });
            interactive::url_button(header.as_ref(), body, footer.as_deref(), &action)?
        }
        ToUser::LocationRequest { body } => {
            (&["interactive", "location-request"], json!({ "body": { "text": body } }))
        }
        ToUser::Interactive { interactive } => interactive::from_cloud(interactive)?,
        ToUser::Template(template) => (&["template"], templates::sending(template)?),
    })
}

/// The address of a file that everyone can read. Infobip fetches it itself.
pub(super) fn link(media: &Media) -> Option<&str> {
    match media.source.as_ref()? {
        MediaSource::Link(url) => Some(url),
        MediaSource::ProviderId(_) | MediaSource::PrivateLink { .. } => None,
    }
}

/// Audio and stickers have no caption.
fn file(media: &Media) -> Option<Form> {
    let mut content = json!({ "mediaUrl": link(media)? });
    let (kind, has_caption): (&[&str], _) = match media.kind {
        MediaKind::Image => (&["image"], true),
        MediaKind::Video => (&["video"], true),
        MediaKind::Audio | MediaKind::Voice => (&["audio"], false),
        MediaKind::Document => (&["document"], true),
        MediaKind::Sticker => (&["sticker"], false),
    };
    if let Some(caption) = media.caption.as_ref().filter(|_| has_caption) {
        content["caption"] = json!(caption);
    }
    if let Some(name) = media.filename.as_ref().filter(|_| media.kind == MediaKind::Document) {
        content["filename"] = json!(name);
    }
    Some((kind, content))
}

/// Degrees go out as numbers; a text that is none has no form.
pub(super) fn location(place: &Location) -> Option<Value> {
    let degrees = |text: &str| text.trim().parse().ok().and_then(serde_json::Number::from_f64);
    let mut content = json!({
        "latitude": degrees(&place.latitude)?,
        "longitude": degrees(&place.longitude)?,
    });
    if let Some(name) = &place.name {
        content["name"] = json!(name);
    }
    if let Some(address) = &place.address {
        content["address"] = json!(address);
    }
    Some(content)
}
