//! One reply of a bot (contracts 11.4): a text, or an object whose `type` says what it is. A text that holds such an
//! object counts as the object, because bots print through `JSON.stringify` (X6).

use serde::Deserialize;
use serde_json::{Map, Value};

use super::bot::not_a_message;
use crate::domain::bot::{BotReply, OPTIONS_MAX};
use crate::domain::channel::MarkdownType;
use crate::domain::message::{
    ButtonValue, Choice, Failure, Header, Location, Media, MediaKind, MediaSource, Section,
    TemplateButtonValue, TemplateHeader, TemplateMessage, ToUser,
};
use crate::domain::text::{BODY_CHARS_MAX, BUTTON_CHARS_MAX, CHOICE_ID_CHARS_MAX, chars};

/// Reads an object in a form of `POST /v1/messages` that is none of contracts 11.4; or says which field is wrong.
pub type OwnForms<'a> = &'a dyn Fn(&Value) -> Result<Vec<ToUser>, String>;

/// The longest title of an option; titles over 20 characters make the menu a numbered text.
const TITLE_CHARS_MAX: usize = 200;

/// The types of contracts 11.4.
const TYPES: [&str; 10] = [
    "text",
    "image",
    "video",
    "audio",
    "document",
    "location",
    "interactive",
    "template",
    "order_details",
    "order_status",
];

/// Those of `POST /v1/messages` besides.
const OWN_TYPES: [&str; 8] =
    ["menu", "sticker", "contacts", "reaction", "buttons", "list", "cta_url", "location_request"];

/// What a field must be.
type Read<T> = Result<T, String>;

/// What a reply says; nothing where it is blank.
pub(super) fn read(reply: Value, own: OwnForms<'_>) -> Vec<BotReply> {
    match reply {
        Value::String(text) => match object_in(&text) {
            Some(object) => object_reply(object, own),
            None if text.trim().is_empty() => Vec::new(),
            None => vec![say(ToUser::text(text))],
        },
        Value::Object(members) => object_reply(members, own),
        Value::Null => Vec::new(),
        other => vec![not_a_message(other)],
    }
}

/// The object of a known type that a text holds (X6).
fn object_in(text: &str) -> Option<Map<String, Value>> {
    if !text.trim_start().starts_with('{') {
        return None;
    }
    let Ok(Value::Object(members)) = serde_json::from_str(text) else { return None };
    let kind = members.get("type")?.as_str()?;
    let is_known = TYPES.contains(&kind) || OWN_TYPES.contains(&kind);
    is_known.then_some(members)
}

fn object_reply(members: Map<String, Value>, own: OwnForms<'_>) -> Vec<BotReply> {
    let object = Value::Object(members);
    let Some(kind) = object["type"].as_str() else { return vec![not_a_message(object)] };
    let is_own = OWN_TYPES.contains(&kind) && kind != "menu";
    let read = match kind {
        _ if is_own => own(&object).map(|said| said.into_iter().map(say).collect()),
        "text" | "menu" => text(&object).map(|reply| vec![reply]),
        "image" => file(MediaKind::Image, &object),
        "video" => file(MediaKind::Video, &object),
        "audio" => file(MediaKind::Audio, &object),
        "document" => file(MediaKind::Document, &object),
        "location" => location(&object).map(|place| vec![say(ToUser::Location(place))]),
        "interactive" => interactive(&object).map(|content| vec![say(content)]),
        "order_details" | "order_status" => order(&object).map(|content| vec![say(content)]),
        "template" => template(&object).map(|t| vec![say(ToUser::Template(t))]),
        other => {
            let word: String = other.chars().take(100).collect();
            let failure = unsupported(&format!("there is no message of type {word}"));
            return vec![BotReply::Failed { object, failure }];
        }
    };
    let read = read.and_then(|replies| marked(&object, replies));
    read.unwrap_or_else(|rule| {
        let (provider, code) = ("wharf".to_owned(), "invalid_message".to_owned());
        vec![BotReply::Failed { object, failure: Failure { provider, code, message: rule } }]
    })
}

/// A reply may say itself how its texts are written (X2).
fn marked(object: &Value, replies: Vec<BotReply>) -> Read<Vec<BotReply>> {
    let Some(own) = object.get("markdown_type").filter(|own| !own.is_null()) else {
        return Ok(replies);
    };
    let markdown = MarkdownType::deserialize(own)
        .map_err(|_| "markdown_type must be standard, whatsapp or none".to_owned())?;
    let mark = |reply| BotReply::Marked { markdown, reply: Box::new(reply) };
    Ok(replies.into_iter().map(mark).collect())
}

fn say(content: ToUser) -> BotReply {
    BotReply::Say(Box::new(content))
}

/// Contracts 11.4: nothing is sent.
pub(super) fn unsupported(message: &str) -> Failure {
    let (provider, code) = ("wharf".to_owned(), "unsupported_type".to_owned());
    Failure { provider, code, message: message.to_owned() }
}

/// The first of these places that holds a text that is not blank.
fn text_at<'a>(object: &'a Value, places: &[&str]) -> Option<&'a str> {
    let texts = places.iter().filter_map(|place| object.pointer(place)?.as_str());
    texts.into_iter().find(|text| !text.trim().is_empty())
}

fn required<'a>(object: &'a Value, name: &str, places: &[&str]) -> Read<&'a str> {
    text_at(object, places).ok_or_else(|| format!("{name} is required"))
}

/// A text, in the Cloud API's form or plainly; with options it is a menu.
fn text(object: &Value) -> Read<BotReply> {
    let places = ["/text", "/body", "/text/body", "/message_text"];
    let body = required(object, "text", &places)?.to_owned();
    match object.get("options") {
        None | Some(Value::Null) => {
            let preview_url = [object.get("preview_url"), object.pointer("/text/preview_url")];
            let preview_url = preview_url.into_iter().flatten().any(|value| *value == true);
            Ok(say(ToUser::Text { body, preview_url }))
        }
        Some(options) => Ok(BotReply::Menu { body, options: read_options(options)? }),
    }
}

/// Titles, or objects with `id`, `title` and `description`. Titles alone are numbered from 1.
fn read_options(options: &Value) -> Read<Vec<Choice>> {
    let options = options.as_array().ok_or("options must be a list")?;
    if !(1..=OPTIONS_MAX).contains(&options.len()) {
        return Err(format!("options must have 1 to {OPTIONS_MAX} entries"));
    }
    let mut choices: Vec<Choice> = Vec::new();
    for (place, option) in options.iter().enumerate() {
        let number = (place + 1).to_string();
        let (id, title) = match option {
            Value::String(title) => (number, title.as_str()),
            _ => (
                text_at(option, &["/id"]).map_or(number, str::to_owned),
                required(option, &format!("options[{place}].title"), &["/title"])?,
            ),
        };
        if title.trim().is_empty() || chars(title) > TITLE_CHARS_MAX {
            return Err(format!("options[{place}] must have 1 to {TITLE_CHARS_MAX} characters"));
        }
        if chars(&id) > CHOICE_ID_CHARS_MAX || choices.iter().any(|choice| choice.id == id) {
            return Err(format!("options[{place}].id is too long or that of another option"));
        }
        let description = text_at(option, &["/description"]).map(str::to_owned);
        choices.push(Choice { id, title: title.to_owned(), description });
    }
    Ok(choices)
}

/// A file. A sound has nothing below it: the words go out before it.
fn file(kind: MediaKind, object: &Value) -> Read<Vec<BotReply>> {
    let mut media = media(kind, object)?;
    let before = if kind == MediaKind::Audio { media.caption.take() } else { None };
    Ok(before.map(ToUser::text).into_iter().chain([ToUser::Media(media)]).map(say).collect())
}

/// A file by its address, with what stands below it: `caption`, else `message_text` (K43).
fn media(kind: MediaKind, object: &Value) -> Read<Media> {
    let word = kind.as_str();
    let inside = |name: &str| format!("/{word}/{name}");
    let at = |names: &[&str]| -> Option<String> {
        let places: Vec<String> =
            names.iter().flat_map(|name| [format!("/{name}"), inside(name)]).collect();
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        text_at(object, &places).map(str::to_owned)
    };
    let url = at(&["url", "link"]).ok_or_else(|| format!("{word}.url is required"))?;
    check_address(&url, &format!("{word}.url"))?;
    Ok(Media {
        kind,
        source: Some(MediaSource::Link(url)),
        mime: at(&["mime"]),
        filename: at(&["filename"]),
        caption: at(&["caption"]).or_else(|| at(&["message_text"])),
        stored: None,
    })
}

fn check_address(address: &str, field: &str) -> Read<()> {
    let fits = url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if fits { Ok(()) } else { Err(format!("{field} must be an http or https address")) }
}

fn location(object: &Value) -> Read<Location> {
    let inner = object.get("location").filter(|inner| inner.is_object()).unwrap_or(object);
    let degrees = |name: &str, max: f64| {
        let text = match inner.get(name) {
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::String(text)) => text.trim().to_owned(),
            _ => return Err(format!("{name} is required")),
        };
        let fits = text.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= max);
        if fits { Ok(text) } else { Err(format!("{name} must be between -{max} and {max}")) }
    };
    Ok(Location {
        latitude: degrees("latitude", 90.0)?,
        longitude: degrees("longitude", 180.0)?,
        name: text_at(inner, &["/name"]).map(str::to_owned),
        address: text_at(inner, &["/address"]).map(str::to_owned),
    })
}

/// The Cloud API's interactive object. Buttons and lists of texts are read, so that every provider can send them; the
/// others pass as they are.
fn interactive(object: &Value) -> Read<ToUser> {
    let inner = object.get("interactive").filter(|inner| inner.is_object());
    let inner = inner.ok_or("interactive must be an object")?;
    let kind = required(inner, "interactive.type", &["/type"])?;
    if matches!(kind, "order_details" | "order_status") {
        return order(inner);
    }
    let has_file = inner.pointer("/header/type").is_some_and(|kind| kind != "text");
    if has_file || !matches!(kind, "button" | "list") {
        return Ok(ToUser::Interactive { interactive: inner.clone() });
    }
    let body = required(inner, "interactive.body.text", &["/body/text"])?.to_owned();
    if chars(&body) > BODY_CHARS_MAX {
        return Err(format!("interactive.body.text must have at most {BODY_CHARS_MAX} characters"));
    }
    let header = text_at(inner, &["/header/text"]).map(str::to_owned);
    let footer = text_at(inner, &["/footer/text"]).map(str::to_owned);
    if kind == "button" {
        let buttons = each(inner, "/action/buttons", |button| button.get("reply"))?;
        if buttons.len() > 3 || buttons.iter().any(|b| chars(&b.title) > BUTTON_CHARS_MAX) {
            return Err("interactive.action.buttons must be 3 of 20 characters at most".to_owned());
        }
        return Ok(ToUser::Buttons { header: header.map(Header::Text), body, footer, buttons });
    }
    let button = required(inner, "interactive.action.button", &["/action/button"])?.to_owned();
    let sections = inner.pointer("/action/sections").and_then(Value::as_array);
    let sections = sections.ok_or("interactive.action.sections is required")?;
    let section = |section: &Value| -> Read<Section> {
        let title = text_at(section, &["/title"]).map(str::to_owned);
        Ok(Section { title, rows: each(section, "/rows", |row| Some(row))? })
    };
    let sections = sections.iter().map(section).collect::<Read<_>>()?;
    Ok(ToUser::List { header, body, footer, button, sections })
}

fn each(object: &Value, place: &str, of: impl Fn(&Value) -> Option<&Value>) -> Read<Vec<Choice>> {
    let entries = object.pointer(place).and_then(Value::as_array);
    let entries = entries.filter(|entries| !entries.is_empty());
    let wrong =
        || format!("interactive{} must be a list with ids and titles", place.replace('/', "."));
    let choice = |entry: &Value| {
        let entry = of(entry)?;
        let text = |name: &str| text_at(entry, &[name]).map(str::to_owned);
        Some(Choice { id: text("/id")?, title: text("/title")?, description: text("/description") })
    };
    entries.and_then(|entries| entries.iter().map(choice).collect()).ok_or_else(wrong)
}

/// An order, in the Cloud API's interactive form, plainly or inside `interactive` (contracts 11.5): passed on after
/// a look at what must be there.
fn order(object: &Value) -> Read<ToUser> {
    let inner = object.get("interactive").filter(|inner| inner.is_object()).unwrap_or(object);
    let mut interactive = inner.clone();
    let kind = object["type"].as_str().unwrap_or_default();
    interactive["type"] = Value::from(kind);
    let order = interactive.pointer("/action/parameters").unwrap_or(&Value::Null);
    required(order, "action.parameters.reference_id", &["/reference_id"])?;
    if kind == "order_details" {
        required(order, "action.parameters.currency", &["/currency"])?;
        let is_amount = |name: &str| order.pointer(name).is_some_and(Value::is_i64);
        if !is_amount("/total_amount/value") || !is_amount("/total_amount/offset") {
            return Err("action.parameters.total_amount must have a whole value and offset".into());
        }
    } else {
        required(order, "action.parameters.order.status", &["/order/status"])?;
    }
    required(&interactive, "body.text", &["/body/text"])?;
    Ok(ToUser::Interactive { interactive })
}

/// A registered template: the name identifies the content, the text is not transmitted. Its values stand in
/// `parameters`.
fn template(object: &Value) -> Read<TemplateMessage> {
    let inner = object.get("template").filter(|inner| inner.is_object()).unwrap_or(object);
    let name = required(inner, "name", &["/name"])?.to_owned();
    let language = required(inner, "language", &["/language", "/language/code"])?.to_owned();
    let none = Value::Null;
    let values = inner.get("parameters").unwrap_or(&none);
    let header = match &values["header"] {
        Value::Null => None,
        Value::String(text) => Some(TemplateHeader::Text(text.clone())),
        header => Some(template_header(header)?),
    };
    let list = |name: &str| match &values[name] {
        Value::Null => Ok(Vec::new()),
        Value::Array(values) => Ok(values.clone()),
        _ => Err(format!("parameters.{name} must be a list")),
    };
    let mut body = Vec::new();
    for (place, value) in list("body")?.iter().enumerate() {
        let text = value.as_str().or_else(|| text_at(value, &["/text"]));
        let text = text.filter(|text| !text.trim().is_empty());
        body.push(
            text.ok_or_else(|| format!("parameters.body[{place}] must be a text"))?.to_owned(),
        );
    }
    let buttons = list("buttons")?;
    let buttons = buttons.iter().enumerate();
    let buttons =
        buttons.map(|(place, value)| template_button(place, value)).collect::<Read<_>>()?;
    let provider_id = text_at(inner, &["/template_id"]).map(str::to_owned);
    Ok(TemplateMessage {
        name,
        provider_id,
        language,
        header,
        body,
        body_names: Vec::new(),
        rendered: None,
        rendered_header: None,
        footer: None,
        buttons,
        offer_expires: None,
        cards: Vec::new(),
    })
}

fn template_header(header: &Value) -> Read<TemplateHeader> {
    let kind = match header["type"].as_str() {
        Some("text") | None => {
            let text = required(header, "parameters.header.text", &["/text"])?;
            return Ok(TemplateHeader::Text(text.to_owned()));
        }
        Some("location") => return location(header).map(TemplateHeader::Location),
        Some("image") => MediaKind::Image,
        Some("video") => MediaKind::Video,
        Some("document") => MediaKind::Document,
        Some(other) => return Err(format!("parameters.header.type {other} is not known")),
    };
    media(kind, header).map(TemplateHeader::Media)
}

/// A text is the changing end of the address of the button at its place; an object says its `index` and `type`.
fn template_button(place: usize, value: &Value) -> Read<TemplateButtonValue> {
    let field = format!("parameters.buttons[{place}]");
    let (text, kind) = match value {
        Value::String(text) => (text.as_str(), "url"),
        _ => (required(value, &field, &["/value"])?, value["type"].as_str().unwrap_or("url")),
    };
    let index = value["index"].as_u64().or_else(|| u64::try_from(place).ok());
    let index = index.and_then(|index| u8::try_from(index).ok()).filter(|index| *index < 10);
    let index = index.ok_or_else(|| format!("{field}.index must be between 0 and 9"))?;
    let text = text.to_owned();
    let value = match kind {
        "url" => ButtonValue::Url { suffix: text },
        "quick_reply" => ButtonValue::QuickReply { payload: text },
        "copy_code" => ButtonValue::CopyCode { code: text },
        other => return Err(format!("{field}.type {other} is not known")),
    };
    Ok(TemplateButtonValue { index, value })
}
