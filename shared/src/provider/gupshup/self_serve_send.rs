//! Self-serve's form for each message (`message` as JSON in a field), what it answers, and the subscription of our
//! webhook (B2 to B4, B9). What the forms lack goes through the partner API where the channel has its token.

use http::{Method, Request, Response};
use serde_json::{Map, Value, json};

use super::NAME;
use super::auth::callback_header;
use super::enterprise_send::refused;
use super::settings::{app_url, field, our_number, partner_url, self_serve_url};
use super::wire::{form, json as json_call, object, text};
use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::domain::message::{
    ButtonValue, Choice, Header, Location, Media, MediaKind, MediaSource, Sending, TemplateHeader,
    TemplateMessage, ToUser,
};
use crate::domain::user::{Address, WaId};
use crate::provider::cloud::{self, Reference};
use crate::provider::request::secret_header;
use crate::provider::{Answer, Class, Unsupported, codes};

/// The call that sends the message: by form if there is one for it, else by the partner API.
pub(super) fn build(
    channel: &OpenChannel,
    message: &Sending,
) -> Result<Request<Vec<u8>>, Unsupported> {
    let form = match &message.to {
        Address::Phone(to) => fields(message).map(|(path, own)| {
            let mut fields = vec![
                ("channel", "whatsapp".to_owned()),
                ("source", our_number(channel).to_owned()),
                ("destination", to.as_str().to_owned()),
                ("src.name", field(channel, "app_name").unwrap_or_default().to_owned()),
            ];
            fields.extend(own);
            post(channel, &self_serve_url(channel, path), &fields)
        }),
        Address::Bsuid(_) => None,
    };
    let partner = || by_partner(channel, message);
    let unsupported = || Unsupported { provider: NAME, kind: message.content.kind() };
    form.or_else(partner).ok_or_else(unsupported)
}

/// Through the partner API's pass-through, in Meta's form (B2, B5): for what self-serve's own forms lack. `None`: the
/// channel has no app token, or there is no such message.
fn by_partner(channel: &OpenChannel, message: &Sending) -> Option<Request<Vec<u8>>> {
    let token = field(channel, "app_token")?;
    let body = cloud::body(ProviderKind::Gupshup, message, Reference::Unknown).ok()?;
    let mut request = json_call(&partner_url(channel, "v3/message"), &body);
    secret_header(&mut request, "authorization", token);
    Some(request)
}

/// A call with the channel's key.
pub(super) fn post(
    channel: &OpenChannel,
    url: &str,
    fields: &[(&str, String)],
) -> Request<Vec<u8>> {
    let mut request = form(Method::POST, url, fields);
    with_key(channel, &mut request);
    request
}

pub(super) fn with_key(channel: &OpenChannel, request: &mut Request<Vec<u8>>) {
    secret_header(request, "apikey", field(channel, "api_key").unwrap_or_default());
}

type Fields = Vec<(&'static str, String)>;

/// Path and own fields; `None` for what has no form.
fn fields(message: &Sending) -> Option<(&'static str, Fields)> {
    if let ToUser::Template(template) = &message.content {
        return Some(("wa/api/v1/template/msg", template_fields(template)?));
    }
    let mut body = session(message)?;
    if let Some(id) = &message.reply_to {
        body["context"] = json!({ "msgId": id });
    }
    Some(("wa/api/v1/msg", vec![("message", body.to_string())]))
}

fn session(message: &Sending) -> Option<Value> {
    Some(match &message.content {
        ToUser::Text { body, preview_url } => {
            json!({ "type": "text", "text": body, "previewUrl": preview_url })
        }
        ToUser::Media(media) => media_message(media)?,
        ToUser::Location(place) => place_message(place)?,
        // One card per message; more go through the partner API.
        ToUser::Contacts { contacts } => match contacts.as_slice() {
            [contact] => json!({ "type": "contact", "contact": camel(contact) }),
            _ => return None,
        },
        ToUser::Buttons { header, body, footer, buttons } => json!({
            "type": "quick_reply",
            "msgid": message.id.to_string(),
            "content": menu_content(header.as_ref(), body, footer.as_deref())?,
            "options": buttons.iter().map(option).collect::<Vec<_>>(),
        }),
        ToUser::List { header, body, footer, button, sections } => {
            let items: Vec<Value> = sections
                .iter()
                .map(|section| {
                    let rows: Vec<Value> = section.rows.iter().map(row).collect();
                    json!({ "title": section.title.as_deref().unwrap_or(""), "options": rows })
                })
                .collect();
            object([
                ("type", Some(json!("list"))),
                ("title", Some(json!(header.as_deref().unwrap_or("")))),
                ("body", Some(json!(body))),
                ("footer", footer.as_ref().map(|footer| json!(footer))),
                ("msgid", Some(json!(message.id.to_string()))),
                ("globalButtons", Some(json!([{ "type": "text", "title": button }]))),
                ("items", Some(Value::Array(items))),
            ])
        }
        ToUser::Reaction { .. }
        | ToUser::CtaUrl { .. }
        | ToUser::LocationRequest { .. }
        | ToUser::Interactive { .. }
        | ToUser::Template(_) => return None,
    })
}

/// `("url", link)` or `("id", id)`.
fn source(media: &Media) -> Option<(&'static str, &str)> {
    match media.source.as_ref()? {
        MediaSource::Link(url) => Some(("url", url)),
        MediaSource::ProviderId(id) => Some(("id", id)),
        MediaSource::PrivateLink { .. } => None,
    }
}

fn media_message(media: &Media) -> Option<Value> {
    let (place, at) = source(media)?;
    // A caption may be empty but not null (B3).
    let caption = media.caption.as_deref().unwrap_or("");
    Some(match media.kind {
        MediaKind::Image if place == "url" => {
            json!({ "type": "image", "originalUrl": at, "previewUrl": at, "caption": caption })
        }
        MediaKind::Image => json!({ "type": "image", place: at, "caption": caption }),
        MediaKind::Video => json!({ "type": "video", place: at, "caption": caption }),
        MediaKind::Audio | MediaKind::Voice => json!({ "type": "audio", place: at }),
        MediaKind::Sticker => json!({ "type": "sticker", place: at }),
        MediaKind::Document => {
            let name = media.filename.as_deref().unwrap_or("document");
            json!({ "type": "file", place: at, "filename": name, "caption": caption })
        }
    })
}

/// Degrees go out as numbers; text that is none has no form.
fn place_message(place: &Location) -> Option<Value> {
    let degrees = |text: &str| text.trim().parse::<serde_json::Number>().ok();
    Some(json!({
        "type": "location",
        "longitude": degrees(&place.longitude)?,
        "latitude": degrees(&place.latitude)?,
        "name": place.name.as_deref().unwrap_or(""),
        "address": place.address.as_deref().unwrap_or(""),
    }))
}

/// Meta's names in self-serve's spelling: `first_name` is `firstName`, only `wa_id` stays.
fn camel(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let renamed = members.iter().map(|(name, value)| (camel_name(name), camel(value)));
            Value::Object(renamed.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(camel).collect()),
        other => other.clone(),
    }
}

fn camel_name(name: &str) -> String {
    if name == "wa_id" {
        return name.to_owned();
    }
    let mut parts = name.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

fn menu_content(header: Option<&Header>, body: &str, footer: Option<&str>) -> Option<Value> {
    let footer = footer.map(|footer| json!(footer));
    let media = match header {
        None => {
            let kind = Some(json!("text"));
            return Some(object([
                ("type", kind),
                ("text", Some(json!(body))),
                ("caption", footer),
            ]));
        }
        Some(Header::Text(header)) => {
            return Some(object([
                ("type", Some(json!("text"))),
                ("header", Some(json!(header))),
                ("text", Some(json!(body))),
                ("caption", footer),
            ]));
        }
        Some(Header::Media(media)) => media,
    };
    let Some(MediaSource::Link(url)) = &media.source else { return None };
    let (kind, filename) = match media.kind {
        MediaKind::Image => ("image", None),
        MediaKind::Video => ("video", None),
        MediaKind::Document => ("file", Some(media.filename.as_deref().unwrap_or("document"))),
        MediaKind::Audio | MediaKind::Voice | MediaKind::Sticker => return None,
    };
    Some(object([
        ("type", Some(json!(kind))),
        ("url", Some(json!(url))),
        ("filename", filename.map(|name| json!(name))),
        ("text", Some(json!(body))),
        ("caption", footer),
    ]))
}

fn option(choice: &Choice) -> Value {
    json!({ "type": "text", "title": choice.title, "postbackText": choice.id })
}

fn row(choice: &Choice) -> Value {
    object([
        ("type", Some(json!("text"))),
        ("title", Some(json!(choice.title))),
        ("description", choice.description.as_ref().map(|d| json!(d))),
        ("postbackText", Some(json!(choice.id))),
    ])
}

/// One list of values in the order header, body, buttons (B3). `None` without the template's id: the partner API
/// sends by name.
fn template_fields(template: &TemplateMessage) -> Option<Fields> {
    let id = template.provider_id.as_ref()?;
    let mut params: Vec<&str> = Vec::new();
    let mut message = None;
    match &template.header {
        Some(TemplateHeader::Text(value)) => params.push(value),
        Some(TemplateHeader::Media(media)) => message = Some(template_media(media)?),
        Some(TemplateHeader::Location(place)) => {
            let mut body = place_message(place)?;
            let inner = body.as_object_mut()?;
            inner.remove("type");
            message = Some(json!({ "type": "location", "location": body }));
        }
        None => {}
    }
    params.extend(template.body.iter().map(String::as_str));
    let mut postbacks = Vec::new();
    let mut buttons: Vec<_> = template.buttons.iter().collect();
    buttons.sort_by_key(|button| button.index);
    for button in buttons {
        match &button.value {
            ButtonValue::QuickReply { payload } => {
                postbacks.push(json!({ "index": button.index, "text": payload }));
            }
            ButtonValue::Url { suffix: value } | ButtonValue::CopyCode { code: value } => {
                params.push(value);
            }
        }
    }
    let mut fields = vec![("template", json!({ "id": id, "params": params }).to_string())];
    fields.extend(message.map(|message| ("message", message.to_string())));
    if !postbacks.is_empty() {
        fields.push(("postbackTexts", Value::Array(postbacks).to_string()));
    }
    Some(fields)
}

fn template_media(media: &Media) -> Option<Value> {
    let (place, at) = source(media)?;
    let place = if place == "url" { "link" } else { place };
    Some(match media.kind {
        MediaKind::Image => json!({ "type": "image", "image": { place: at } }),
        MediaKind::Video => json!({ "type": "video", "video": { place: at } }),
        MediaKind::Document => {
            let name = media.filename.as_deref().unwrap_or("document");
            json!({ "type": "document", "document": { place: at, "filename": name } })
        }
        MediaKind::Audio | MediaKind::Voice | MediaKind::Sticker => return None,
    })
}

/// Self-serve's answer, or the partner API's in Meta's form. JSON even where the Content-Type says otherwise.
pub(super) fn read(response: &Response<Vec<u8>>) -> Answer {
    let status = response.status();
    let by_status = codes::of_status(status);
    let Ok(body) = serde_json::from_slice::<Value>(response.body()) else {
        return refused(by_status, status.as_str(), "the answer cannot be read");
    };
    if status.is_success() {
        let first = body.pointer("/messages/0").and_then(|message| text(message, "id"));
        if let Some(provider_id) = text(&body, "messageId").or(first) {
            let wa_id = body.pointer("/contacts/0").and_then(|contact| text(contact, "wa_id"));
            let wa_id = wa_id.and_then(|id| WaId::parse(&id).ok());
            return Answer::Accepted { provider_id, wa_id };
        }
        if matches!(text(&body, "status").as_deref(), Some("submitted" | "success")) {
            // It went out, but nobody knows as what: sending it again would double it.
            let message = "the message was accepted without an id";
            return refused(Class::Final, "no_id", message);
        }
    }
    let (code, message) = reason(&body);
    // A success whose body says error is a verdict.
    let by_status = if status.is_success() { Class::Final } else { by_status };
    let class = code.and_then(codes::gupshup::class).unwrap_or(by_status);
    let code = code.map_or_else(|| status.as_str().to_owned(), |code| code.to_string());
    refused(class, &code, &message)
}

/// Code and sentence of an error; `message` is a text or an object (B4).
pub(super) fn reason(body: &Value) -> (Option<i64>, String) {
    let detail =
        [body.get("error"), body.get("message")].into_iter().flatten().find(|v| v.is_object());
    let detail = detail.unwrap_or(body);
    let more = detail.get("error_data").and_then(|data| text(data, "details"));
    let sentence = more
        .or_else(|| text(detail, "message"))
        .or_else(|| text(detail, "reason"))
        .or_else(|| text(body, "message"));
    (super::wire::number(detail, "code"), sentence.unwrap_or_default())
}

/// Failures must be asked for by name (B9).
const MODES_V2: &str =
    "SENT,DELIVERED,READ,FAILED,ENQUEUED,DELETED,MESSAGE,TEMPLATE,ACCOUNT,OTHERS";
const MODES_V3: &str = "SENT,DELIVERED,READ,FAILED,ENQUEUED,DELETED,MESSAGE,TEMPLATE,ACCOUNT,OTHERS,\
                        PAYMENTS,FLOWS_MESSAGE";

/// Subscribes our webhook: version 3 through the partner API, which alone tells payments and flows, else
/// version 2. Both at once would bring every message twice. `None` if a token that never changes cannot be given.
pub(super) fn subscribe(channel: &OpenChannel, webhook_url: &str) -> Option<Request<Vec<u8>>> {
    let header = callback_header(channel).ok()?;
    let token = field(channel, "app_token");
    let (version, modes) = if token.is_some() { ("3", MODES_V3) } else { ("2", MODES_V2) };
    let mut fields = vec![
        ("modes", modes.to_owned()),
        ("tag", "wharf".to_owned()),
        ("url", webhook_url.to_owned()),
        ("version", version.to_owned()),
        ("showOnUI", "false".to_owned()),
        ("doCheck", "false".to_owned()),
    ];
    if let Some(value) = header {
        fields.push(("meta", json!({ "headers": { "Authorization": value } }).to_string()));
    }
    let Some(token) = token else {
        return Some(post(channel, &app_url(channel, "subscription"), &fields));
    };
    let mut request = form(Method::POST, &partner_url(channel, "subscription"), &fields);
    secret_header(&mut request, "authorization", token);
    Some(request)
}
