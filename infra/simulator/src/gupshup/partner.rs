//! The partner API's pass-through: messages in Meta's form under the app's token, and files by their id.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::form::{file, invalid, is_number, list, member, members, optional, reply_buttons};
use super::self_serve::{hand_over, line};
use super::{garbage, unavailable, v2_news};
use crate::message::{Button, FileKind, ShownFile, ShownLocation, ShownReaction, ToUser};
use crate::template::Filling;
use crate::{Line, Refusal, Simulator};

pub(super) async fn message(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Path(app): Path<String>,
    body: Bytes,
) -> Response {
    let sent = token_line(&simulator, &headers, &app).and_then(|line| {
        let body: Value = serde_json::from_slice(&body).map_err(|_| invalid("no JSON"))?;
        if member(&body, "messaging_product", 20)? != "whatsapp" {
            return Err(invalid("messaging_product must be whatsapp"));
        }
        let to = recipient(&body)?;
        let content = content(&simulator, &line, &body)?;
        let (taken, id) = hand_over(&simulator, &line, to, content)?;
        let answer = json!({
            "messaging_product": "whatsapp",
            "contacts": [{ "input": to, "wa_id": to }],
            "messages": [{ "id": id }],
        });
        let headers = [("content-type", "application/json")];
        Ok(taken.answer((headers, answer.to_string()).into_response()))
    });
    sent.unwrap_or_else(|refusal| refuse(&refusal))
}

/// The API key of self-serve does not open the partner API.
pub(super) fn token_line(
    simulator: &Simulator,
    headers: &HeaderMap,
    app: &str,
) -> Result<Line, Refusal> {
    let mut own = headers.clone();
    own.remove("apikey");
    line(simulator, &own, Some(app))
}

fn recipient(body: &Value) -> Result<&str, Refusal> {
    if let Some(id) = body.get("recipient").and_then(Value::as_str) {
        return if id.contains('.') { Ok(id) } else { Err(invalid("recipient is no user id")) };
    }
    let to = member(body, "to", 20)?;
    if is_number(to) { Ok(to) } else { Err(invalid("to is no number")) }
}

fn content(simulator: &Simulator, line: &Line, body: &Value) -> Result<ToUser, Refusal> {
    let kind = member(body, "type", 20)?;
    let object = body.get(kind).ok_or_else(|| invalid(format!("{kind} is missing")))?;
    let mut shown = match kind {
        "text" => ToUser::text(member(object, "body", 4096)?),
        "image" => attachment(object, FileKind::Image)?,
        "video" => attachment(object, FileKind::Video)?,
        "audio" => attachment(object, FileKind::Audio)?,
        "document" => attachment(object, FileKind::Document)?,
        "sticker" => attachment(object, FileKind::Sticker)?,
        "location" => ToUser { location: Some(place(object)?), ..ToUser::default() },
        "contacts" => {
            ToUser { contacts: members(body, "contacts", 5)?.to_vec(), ..ToUser::default() }
        }
        "reaction" => {
            let to = member(object, "message_id", 512)?.to_owned();
            let emoji = optional(object, "emoji", 20)?.to_owned();
            ToUser { reaction: Some(ShownReaction { to, emoji }), ..ToUser::default() }
        }
        "interactive" => interactive(object)?,
        "template" => template(simulator, line, object)?,
        other => return Err(invalid(format!("the type {other} is not known"))),
    };
    if let Some(context) = body.get("context") {
        shown.reply_to = Some(member(context, "message_id", 512)?.to_owned());
    }
    Ok(shown)
}

fn shown_file(object: &Value, kind: FileKind) -> Result<ShownFile, Refusal> {
    let name = optional(object, "filename", 240)?;
    match object.get("id").and_then(Value::as_str) {
        Some(id) => Ok(ShownFile {
            kind,
            link: None,
            file: Some(id.to_owned()),
            filename: Some(name.to_owned()).filter(|name| !name.is_empty()),
        }),
        None => file(kind, member(object, "link", 2000)?, name),
    }
}

fn attachment(object: &Value, kind: FileKind) -> Result<ToUser, Refusal> {
    let body = optional(object, "caption", 1024)?.to_owned();
    Ok(ToUser { file: Some(shown_file(object, kind)?), body, ..ToUser::default() })
}

fn place(object: &Value) -> Result<ShownLocation, Refusal> {
    let degrees = |name: &str| match object.get(name) {
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(Value::String(text)) if text.parse::<f64>().is_ok() => Ok(text.clone()),
        _ => Err(invalid(format!("{name} must be a number"))),
    };
    Ok(ShownLocation {
        latitude: degrees("latitude")?,
        longitude: degrees("longitude")?,
        name: optional(object, "name", 1000)?.to_owned(),
        address: optional(object, "address", 1000)?.to_owned(),
    })
}

fn interactive(object: &Value) -> Result<ToUser, Refusal> {
    let none = Value::Null;
    let of = |name: &str| object.get(name).unwrap_or(&none);
    let mut shown =
        ToUser { footer: optional(of("footer"), "text", 60)?.to_owned(), ..ToUser::default() };
    let kind = member(object, "type", 40)?;
    // Only a flow, a product or a catalogue may do without a text.
    let needs_body = matches!(kind, "button" | "list" | "cta_url" | "location_request_message");
    if needs_body || object.get("body").is_some() {
        member(of("body"), "text", 1024)?.clone_into(&mut shown.body);
    }
    match of("header").get("type").and_then(Value::as_str) {
        None => {}
        Some("text") => member(of("header"), "text", 60)?.clone_into(&mut shown.header),
        Some(word) => shown.file = Some(header_file(of("header"), word)?),
    }
    let action = of("action");
    match kind {
        "button" => shown.buttons = reply_buttons(action)?,
        "list" => shown.list = Some(list(action)?),
        "cta_url" => {
            let parameters = action.get("parameters").unwrap_or(&none);
            let title = member(parameters, "display_text", 20)?.to_owned();
            let url = super::form::link(member(parameters, "url", 2000)?)?;
            shown.buttons = vec![Button::Url { title, url }];
        }
        "location_request_message" => {
            if member(action, "name", 40)? != "send_location" {
                return Err(invalid("action.name must be send_location"));
            }
        }
        "order_details" | "order_status" => {
            member(action.get("parameters").unwrap_or(&none), "reference_id", 35)?;
        }
        "flow" | "product" | "product_list" | "catalog_message" | "address_message" => {}
        other => return Err(invalid(format!("the interactive {other} is not known"))),
    }
    Ok(shown)
}

fn header_file(header: &Value, word: &str) -> Result<ShownFile, Refusal> {
    let kind = match word {
        "image" => FileKind::Image,
        "video" => FileKind::Video,
        "document" => FileKind::Document,
        other => return Err(invalid(format!("the header {other} is not known"))),
    };
    shown_file(header.get(word).unwrap_or(&Value::Null), kind)
}

fn template(simulator: &Simulator, line: &Line, object: &Value) -> Result<ToUser, Refusal> {
    let name = member(object, "name", 512)?;
    let language = member(object.get("language").unwrap_or(&Value::Null), "code", 10)?;
    let template = simulator
        .sendable_template(line, |known| known.name == name && known.language == language)?;
    let mut filling = Filling::default();
    let components = object.get("components").and_then(Value::as_array);
    for component in components.map_or(&[][..], Vec::as_slice) {
        let parameters = members(component, "parameters", 100)?;
        match member(component, "type", 20)? {
            "body" => {
                let texts = parameters.iter().map(|one| member(one, "text", 1024));
                filling.body =
                    texts.map(|text| text.map(str::to_owned)).collect::<Result<_, _>>()?;
            }
            "header" => match member(&parameters[0], "type", 20)? {
                "text" => filling.header = Some(member(&parameters[0], "text", 60)?.to_owned()),
                "location" => {
                    filling.location =
                        Some(place(parameters[0].get("location").unwrap_or(&Value::Null))?);
                }
                word => filling.file = Some(header_file(&parameters[0], word)?),
            },
            "button" => button(component, &parameters[0], &mut filling)?,
            other => return Err(invalid(format!("the component {other} is not known"))),
        }
    }
    template.fill(&filling)
}

fn button(component: &Value, value: &Value, filling: &mut Filling) -> Result<(), Refusal> {
    let at = match component.get("index") {
        Some(Value::String(text)) => text.parse().ok(),
        Some(Value::Number(number)) => number.as_u64().and_then(|at| usize::try_from(at).ok()),
        _ => None,
    };
    let at = at.ok_or_else(|| invalid("index must be a number"))?;
    match member(component, "sub_type", 20)? {
        "quick_reply" => filling.payloads.push((at, member(value, "payload", 256)?.to_owned())),
        "url" => filling.url_ends.push((at, member(value, "text", 2000)?.to_owned())),
        "copy_code" => filling.codes.push((at, member(value, "coupon_code", 15)?.to_owned())),
        "order_details" => {}
        other => return Err(invalid(format!("the button {other} is not known"))),
    }
    Ok(())
}

/// Meta's form of an error.
fn refuse(refusal: &Refusal) -> Response {
    let (status, code, message) = match refusal {
        Refusal::Unavailable { status } => return unavailable(*status),
        Refusal::Garbage => return garbage(),
        Refusal::Unauthorized => {
            (StatusCode::UNAUTHORIZED, 190, "Authentication Failed".to_owned())
        }
        Refusal::RateLimited => (StatusCode::TOO_MANY_REQUESTS, 130_429, "Rate limit".to_owned()),
        Refusal::Invalid { detail } => (StatusCode::BAD_REQUEST, 100, detail.clone()),
        Refusal::Code { code, text } => {
            (StatusCode::BAD_REQUEST, code.parse().unwrap_or(131_000), text.clone())
        }
        Refusal::WindowClosed
        | Refusal::NotOnWhatsApp
        | Refusal::TemplateMissing
        | Refusal::TemplatePaused
        | Refusal::TemplateDisabled
        | Refusal::ParameterCount { .. }
        | Refusal::ParameterFormat { .. } => {
            let (code, reason) = v2_news::failure(refusal);
            (StatusCode::BAD_REQUEST, code, reason)
        }
    };
    let body = json!({ "error": {
        "message": format!("(#{code}) {message}"), "type": "OAuthException", "code": code,
        "error_data": { "messaging_product": "whatsapp", "details": message },
    } });
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}

/// The raw bytes of a user's file.
pub(super) async fn media(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Path((app, id)): Path<(String, String)>,
) -> Response {
    if let Err(refusal) = token_line(&simulator, &headers, &app) {
        return refuse(&refusal);
    }
    match simulator.file(&id) {
        Some(file) => ([("content-type", file.mime)], file.bytes.to_vec()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
