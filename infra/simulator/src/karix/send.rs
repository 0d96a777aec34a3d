//! The one call that sends: what it may hold, read as strictly as the samples have it.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{invalid, json_answer, line, refuse, sender};
use crate::message::{FileKind, ShownFile, ShownLocation, ToUser};
use crate::meta::interactive;
use crate::meta::params::Params;
use crate::meta::problem::Problem;
use crate::template::Filling;
use crate::{Line, Refusal, Sending, Simulator};

const TEXT_CHARS_MAX: usize = 4096;
const CAPTION_CHARS_MAX: usize = 1024;
const VALUE_CHARS_MAX: usize = 1024;
const LINK_CHARS_MAX: usize = 2000;
const PAYLOAD_CHARS_MAX: usize = 2000;
const BUTTONS_MAX: usize = 10;
/// As many as a template could have.
const VALUES_MAX: usize = 100;

/// A `GET` is not how to send; whose key is wrong learns that first.
pub(super) async fn not_so(State(simulator): State<Simulator>, headers: HeaderMap) -> Response {
    match line(&simulator, &headers) {
        Ok(_) => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        Err(refusal) => refuse(&refusal),
    }
}

pub(super) async fn message(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let sent = line(&simulator, &headers).and_then(|_| send(&simulator, &headers, &body));
    sent.unwrap_or_else(|refusal| refuse(&refusal))
}

fn send(simulator: &Simulator, headers: &HeaderMap, body: &[u8]) -> Result<Response, Refusal> {
    let body: Value = serde_json::from_slice(body).map_err(|_| invalid("no JSON"))?;
    let call = Params::call(&body)?;
    call.only(&["message", "metaData"])?;
    call.object("metaData")?.word("version", &["v1.0.9"])?;
    let message = call.object("message")?;
    message.only(&["channel", "content", "recipient", "sender", "preferences", "smsFallback"])?;
    message.word("channel", &["WABA"])?;
    message.object("preferences")?.text("webHookDNId", 32)?;
    let sender = message.object("sender")?;
    sender.only(&["from", "name"])?;
    let line = &self::sender(simulator, headers, sender.text("from", 20)?)?;
    let recipient = message.object("recipient")?;
    recipient.only(&["to", "recipient_type", "reference"])?;
    recipient.word("recipient_type", &["individual"])?;
    let to = recipient.text("to", 20)?;
    if !to.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid("the recipient must be digits with the country code"));
    }
    let reference = recipient.optional_object("reference")?;
    let client_reference = match reference {
        Some(reference) => reference.optional_text("cust_ref", 256)?.map(str::to_owned),
        None => None,
    };
    let content = content(simulator, line, &message.object("content")?)?;
    let id = message_id(simulator.seed());
    let sending =
        Sending { whatsapp_id: id.clone(), id, to: to.to_owned(), client_reference, content };
    let taken = simulator.send(line, sending)?;
    let answer = json!({
        "statusCode": "200", "statusDesc": "Successfully Accepted", "mid": taken.sent.id,
    });
    Ok(taken.answer(json_answer(StatusCode::OK, &answer)))
}

/// Twenty-four digits: more than a number of 64 bits has.
fn message_id(seed: [u8; 16]) -> String {
    let number = u128::from_be_bytes(seed) % 10_u128.pow(21);
    format!("410{number:021}")
}

fn content(simulator: &Simulator, line: &Line, content: &Params<'_>) -> Result<ToUser, Refusal> {
    let word = content.text("type", 32)?;
    let object = match word {
        "TEXT" => "text",
        "ATTACHMENT" => "attachment",
        "location" => "location",
        "INTERACTIVE" => "interactive",
        "TEMPLATE" => "template",
        "MEDIA_TEMPLATE" => "mediaTemplate",
        other => return Err(invalid(format!("the type {other} is not known"))),
    };
    content.only(&["type", object, "preview_url", "shorten_url"])?;
    content.flag("preview_url")?;
    Ok(match word {
        "TEXT" => ToUser::text(content.text("text", TEXT_CHARS_MAX)?),
        "ATTACHMENT" => attachment(&content.object(object)?)?,
        "location" => location(&content.object(object)?)?,
        "INTERACTIVE" => {
            interactive::content(&content.object(object)?, &|file| simulator.file(file).is_some())?
        }
        _ => template(simulator, line, &content.object(object)?)?,
    })
}

fn attachment(object: &Params<'_>) -> Result<ToUser, Refusal> {
    object.only(&["type", "url", "fileName", "caption"])?;
    let (file, word) = file(object)?;
    let body = object.optional_text("caption", CAPTION_CHARS_MAX)?.unwrap_or_default();
    if word == "audio" && !body.is_empty() {
        return Err(invalid("an audio has no caption"));
    }
    Ok(ToUser { file: Some(file), body: body.to_owned(), ..ToUser::default() })
}

fn file<'a>(object: &Params<'a>) -> Result<(ShownFile, &'a str), Refusal> {
    let word = object.word("type", &["image", "document", "video", "audio"])?;
    let kind = match word {
        "image" => FileKind::Image,
        "document" => FileKind::Document,
        "video" => FileKind::Video,
        _ => FileKind::Audio,
    };
    let link = object.text("url", LINK_CHARS_MAX)?;
    if !link.starts_with("https://") && !link.starts_with("http://") {
        return Err(invalid(format!("{link} is no link")));
    }
    let filename = object.optional_text("fileName", 240)?.map(str::to_owned);
    Ok((ShownFile { kind, link: Some(link.to_owned()), file: None, filename }, word))
}

fn location(object: &Params<'_>) -> Result<ToUser, Refusal> {
    object.only(&["latitude", "longitude", "name", "address"])?;
    let degrees = |name: &str| -> Result<String, Refusal> {
        let text = object.text(name, 32)?;
        let is_number = text.parse::<f64>().is_ok_and(|number| number.abs() <= 180.0);
        if is_number { Ok(text.to_owned()) } else { Err(invalid(format!("{name} is no number"))) }
    };
    let optional = |name: &str| -> Result<String, Refusal> {
        Ok(object.optional_text(name, 1000)?.unwrap_or_default().to_owned())
    };
    let location = ShownLocation {
        latitude: degrees("latitude")?,
        longitude: degrees("longitude")?,
        name: optional("name")?,
        address: optional("address")?,
    };
    Ok(ToUser { location: Some(location), ..ToUser::default() })
}

/// `TEMPLATE` has `parameterValues` and nothing more; `MEDIA_TEMPLATE` has `bodyParameterValues`, a file, buttons.
fn template(simulator: &Simulator, line: &Line, object: &Params<'_>) -> Result<ToUser, Refusal> {
    let values = if object.has("parameterValues") {
        object.only(&["templateId", "parameterValues", "language"])?;
        "parameterValues"
    } else {
        object.only(&["templateId", "bodyParameterValues", "media", "buttons"])?;
        "bodyParameterValues"
    };
    // The name: the number of a template is not known here.
    let name = object.text("templateId", 512)?;
    let template = simulator.sendable_template(line, |known| known.name == name)?;
    let mut filling = Filling { body: in_order(object, values)?, ..Filling::default() };
    if let Some(media) = object.optional_object("media")? {
        media.only(&["type", "url", "fileName"])?;
        filling.file = Some(file(&media)?.0);
    }
    if let Some(buttons) = object.optional_object("buttons")? {
        buttons.only(&["actions"])?;
        for action in buttons.objects("actions", 1, BUTTONS_MAX)? {
            action.only(&["type", "index", "payload"])?;
            let at = action.text("index", 2)?;
            let at = at.parse().map_err(|_| invalid("an index must be a number"))?;
            let payload = action.text("payload", PAYLOAD_CHARS_MAX)?.to_owned();
            match action.word("type", &["url", "quick_reply"])? {
                "url" => filling.url_ends.push((at, payload)),
                _ => filling.payloads.push((at, payload)),
            }
        }
    }
    template.fill(&filling)
}

/// Values under "0", "1", … without a gap.
fn in_order(object: &Params<'_>, name: &str) -> Result<Vec<String>, Refusal> {
    let values = object.object(name)?;
    let keys: Vec<String> = (0..VALUES_MAX).map(|at| at.to_string()).collect();
    values.only(&keys.iter().map(String::as_str).collect::<Vec<_>>())?;
    let count = keys.iter().filter(|key| values.has(key)).count();
    let texts = keys.iter().take(count).map(|key| values.text(key, VALUE_CHARS_MAX));
    Ok(texts.map(|text| text.map(str::to_owned)).collect::<Result<_, Problem>>()?)
}
