//! Self-serve's sendings (`message` as JSON in a form), read marks and subscriptions.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::form::{Form, file, invalid, is_number, link, member, members, optional};
use super::{
    Dialect, NAME, callback, dialect, garbage, gupshup_id, unavailable, v2_news, v3_news,
    whatsapp_id,
};
use crate::carrier::{News, WebhookPost};
use crate::message::{
    Button, Entry, FileKind, List, Row, Section, Sent, ShownFile, ShownLocation, Status,
    StatusChange, ToUser,
};
use crate::template::Filling;
use crate::{Line, Refusal, Sending, Simulator};

/// The line whose key this is. Of partners, the app's token opens it too.
pub(super) fn line(
    simulator: &Simulator,
    headers: &HeaderMap,
    app: Option<&str>,
) -> Result<Line, Refusal> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let found = simulator.line_where(NAME, |line| {
        line.setting("mode") == "self_serve"
            && app.is_none_or(|app| line.setting("app_id") == app)
            && (line.accepts("api_key", header("apikey"))
                || line.accepts("app_token", header("authorization"))
                || line.accepts("app_token", header("token")))
    });
    found.ok_or(Refusal::Unauthorized)
}

pub(super) async fn message(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let sent = line(&simulator, &headers, None).and_then(|line| {
        addressed(&line, &form, &["message", "disablePreview", "bypassCheck"])?;
        let content = content(&form.json("message")?)?;
        send(&simulator, &line, form.text("destination"), content)
    });
    sent.unwrap_or_else(|refusal| refuse(&refusal))
}

pub(super) async fn template_message(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let sent = line(&simulator, &headers, None).and_then(|line| {
        addressed(&line, &form, &["template", "message", "postbackTexts"])?;
        let content = template(&simulator, &line, &form)?;
        send(&simulator, &line, form.text("destination"), content)
    });
    sent.unwrap_or_else(|refusal| refuse(&refusal))
}

/// What each sending has: who to whom, and under which app's name.
fn addressed(line: &Line, form: &Form, own: &[&str]) -> Result<(), Refusal> {
    let mut names = vec!["channel", "source", "destination", "src.name"];
    names.extend(own);
    form.only(&names)?;
    if form.text("channel") != "whatsapp" {
        return Err(invalid("Invalid Channel"));
    }
    if form.text("source") != line.number || !line.accepts("app_name", form.text("src.name")) {
        return Err(invalid("Invalid App Details"));
    }
    if !is_number(form.text("destination")) {
        return Err(invalid("Invalid Destination"));
    }
    Ok(())
}

/// Answers with GupShup's id; its `enqueued` event follows, and then what became of it.
fn send(
    simulator: &Simulator,
    line: &Line,
    to: &str,
    content: ToUser,
) -> Result<Response, Refusal> {
    let (taken, id) = hand_over(simulator, line, to, content)?;
    let body = json!({ "status": "submitted", "messageId": id });
    let answer = (StatusCode::ACCEPTED, [("content-type", "text/html")], body.to_string());
    Ok(taken.answer(answer.into_response()))
}

/// Gives the message to WhatsApp; `enqueued` tells both of its ids.
pub(super) fn hand_over(
    simulator: &Simulator,
    line: &Line,
    to: &str,
    content: ToUser,
) -> Result<(crate::Taken, String), Refusal> {
    let seed = simulator.seed();
    let sending = Sending {
        id: gupshup_id(seed),
        whatsapp_id: whatsapp_id(seed),
        to: to.to_owned(),
        client_reference: None,
        content,
    };
    let taken = simulator.send(line, sending)?;
    let id = taken.sent.id.clone();
    // A call that got lost on its way (a fault) is not enqueued.
    let is_recorded = simulator.read(|state| {
        state.messages.iter().any(|message| match &message.entry {
            Entry::ToUser { sent, .. } => sent.id == id,
            Entry::FromUser { .. } => false,
        })
    });
    if is_recorded {
        simulator.put_post(line, &enqueued(simulator, line, &taken.sent), &[]);
    }
    Ok((taken, id))
}

fn enqueued(simulator: &Simulator, line: &Line, sent: &Sent) -> WebhookPost {
    let change = StatusChange { status: Status::Accepted, time_millis: simulator.now_millis() };
    let body = match dialect(line) {
        Dialect::V3 => v3_news::envelope(line, &[News::Status(sent, &change)], &str::to_owned),
        Dialect::Enterprise | Dialect::V2 => v2_news::status(line, sent, &change),
    };
    callback(line, &body)
}

/// The `message` of a session message.
fn content(message: &Value) -> Result<ToUser, Refusal> {
    let mut shown = match member(message, "type", 20)? {
        "text" => ToUser::text(member(message, "text", 4096)?),
        "image" => media(message, FileKind::Image, "originalUrl")?,
        "video" => media(message, FileKind::Video, "url")?,
        "audio" => media(message, FileKind::Audio, "url")?,
        "file" => media(message, FileKind::Document, "url")?,
        "sticker" => media(message, FileKind::Sticker, "url")?,
        "location" => ToUser { location: Some(place(message)?), ..ToUser::default() },
        "contact" => contact(message)?,
        "quick_reply" => quick_reply(message)?,
        "list" => list(message)?,
        other => return Err(invalid(format!("the type {other} is not known"))),
    };
    if let Some(context) = message.get("context") {
        shown.reply_to = Some(member(context, "msgId", 512)?.to_owned());
    }
    Ok(shown)
}

fn media(message: &Value, kind: FileKind, url: &str) -> Result<ToUser, Refusal> {
    if message.get("caption").is_some_and(Value::is_null) {
        return Err(invalid("caption must not be null"));
    }
    let name = optional(message, "filename", 240)?;
    let file = match message.get("id").and_then(Value::as_str) {
        Some(id) => ShownFile {
            kind,
            link: None,
            file: Some(id.to_owned()),
            filename: Some(name.to_owned()).filter(|name| !name.is_empty()),
        },
        None => file(kind, member(message, url, 2000)?, name)?,
    };
    let body = optional(message, "caption", 1024)?.to_owned();
    Ok(ToUser { file: Some(file), body, ..ToUser::default() })
}

/// Degrees are numbers here.
fn place(object: &Value) -> Result<ShownLocation, Refusal> {
    let degrees = |name: &str| match object.get(name) {
        Some(Value::Number(number)) => Ok(number.to_string()),
        _ => Err(invalid(format!("{name} must be a number"))),
    };
    Ok(ShownLocation {
        latitude: degrees("latitude")?,
        longitude: degrees("longitude")?,
        name: optional(object, "name", 1000)?.to_owned(),
        address: optional(object, "address", 1000)?.to_owned(),
    })
}

fn contact(message: &Value) -> Result<ToUser, Refusal> {
    let contact = message.get("contact").unwrap_or(&Value::Null);
    member(contact.get("name").unwrap_or(&Value::Null), "formattedName", 500)?;
    Ok(ToUser { contacts: vec![contact.clone()], ..ToUser::default() })
}

fn quick_reply(message: &Value) -> Result<ToUser, Refusal> {
    let inner = message.get("content").unwrap_or(&Value::Null);
    let mut shown = ToUser {
        body: member(inner, "text", 1024)?.to_owned(),
        footer: optional(inner, "caption", 60)?.to_owned(),
        ..ToUser::default()
    };
    match member(inner, "type", 20)? {
        "text" => optional(inner, "header", 60)?.clone_into(&mut shown.header),
        "image" => shown.file = Some(file(FileKind::Image, member(inner, "url", 2000)?, "")?),
        "video" => shown.file = Some(file(FileKind::Video, member(inner, "url", 2000)?, "")?),
        "file" => {
            let name = member(inner, "filename", 240)?;
            shown.file = Some(file(FileKind::Document, member(inner, "url", 2000)?, name)?);
        }
        other => return Err(invalid(format!("the content {other} is not known"))),
    }
    let options = members(message, "options", 3)?.iter().map(|option| {
        let title = member(option, "title", 20)?.to_owned();
        // Without our own text only the title comes back.
        let id = optional(option, "postbackText", 200)?;
        let id = if id.is_empty() { title.clone() } else { id.to_owned() };
        Ok(Button::Reply { id, title })
    });
    shown.buttons = options.collect::<Result<_, Refusal>>()?;
    Ok(shown)
}

fn list(message: &Value) -> Result<ToUser, Refusal> {
    let [button] = members(message, "globalButtons", 1)? else {
        return Err(invalid("globalButtons must have one member"));
    };
    let sections = members(message, "items", 10)?.iter().map(|item| {
        let rows = members(item, "options", 10)?.iter().map(|option| {
            let title = member(option, "title", 24)?.to_owned();
            let id = optional(option, "postbackText", 200)?;
            let description = optional(option, "description", 72)?;
            Ok(Row {
                id: if id.is_empty() { title.clone() } else { id.to_owned() },
                title,
                description: Some(description.to_owned()).filter(|d| !d.is_empty()),
            })
        });
        let rows = rows.collect::<Result<_, Refusal>>()?;
        Ok(Section { title: optional(item, "title", 24)?.to_owned(), rows })
    });
    let sections: Vec<Section> = sections.collect::<Result<_, Refusal>>()?;
    if sections.iter().map(|section| section.rows.len()).sum::<usize>() > 10 {
        return Err(invalid("a list has at most 10 rows"));
    }
    Ok(ToUser {
        header: optional(message, "title", 60)?.to_owned(),
        body: member(message, "body", 1024)?.to_owned(),
        footer: optional(message, "footer", 60)?.to_owned(),
        list: Some(List { button: member(button, "title", 20)?.to_owned(), sections }),
        ..ToUser::default()
    })
}

/// The values are one list: header, body, buttons.
fn template(simulator: &Simulator, line: &Line, form: &Form) -> Result<ToUser, Refusal> {
    use crate::template::{Header, TemplateButton};

    let given = form.json("template")?;
    let id = member(&given, "id", 100)?;
    let template = simulator.sendable_template(line, |template| template.id == id)?;
    let params = given.get("params").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut params = params.iter().map(|value| value.as_str().unwrap_or_default().to_owned());
    let mut filling = Filling::default();
    if matches!(&template.header, Header::Text { text } if text.contains("{{")) {
        filling.header = params.next();
    }
    filling.body = params.by_ref().take(template.variable_count()).collect();
    for (at, button) in template.buttons.iter().enumerate() {
        let is_changing = match button {
            TemplateButton::Url { url, .. } => url.contains("{{"),
            TemplateButton::Otp { .. } => true,
            TemplateButton::QuickReply { .. }
            | TemplateButton::Phone { .. }
            | TemplateButton::CopyCode { .. } => false,
        };
        if is_changing {
            filling.url_ends.extend(params.next().map(|end| (at, end)));
        }
    }
    let left = params.count();
    if left > 0 {
        let expected = template.variable_count();
        return Err(Refusal::ParameterCount { expected, got: expected + left });
    }
    if form.get("message").is_some() {
        let message = form.json("message")?;
        match member(&message, "type", 20)? {
            "location" => {
                let given = message.get("location").unwrap_or(&Value::Null);
                filling.location = Some(place(given)?);
            }
            _ => filling.file = Some(header_file(&message)?),
        }
    }
    if form.get("postbackTexts").is_some() {
        for one in form.json("postbackTexts")?.as_array().unwrap_or(&Vec::new()) {
            let at = one.get("index").and_then(Value::as_u64).ok_or_else(|| invalid("index"))?;
            let at = usize::try_from(at).map_err(|_| invalid("index"))?;
            filling.payloads.push((at, member(one, "text", 256)?.to_owned()));
        }
    }
    template.fill(&filling)
}

fn header_file(message: &Value) -> Result<ShownFile, Refusal> {
    let word = member(message, "type", 20)?;
    let kind = match word {
        "image" => FileKind::Image,
        "video" => FileKind::Video,
        "document" => FileKind::Document,
        other => return Err(invalid(format!("the header {other} is not known"))),
    };
    let object = message.get(word).unwrap_or(&Value::Null);
    file(kind, member(object, "link", 2000)?, optional(object, "filename", 240)?)
}

pub(super) async fn read(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Path((app, id)): Path<(String, String)>,
) -> Response {
    let line = match line(&simulator, &headers, Some(&app)) {
        Ok(line) => line,
        Err(refusal) => return refuse(&refusal),
    };
    match simulator.mark_read(&line, &id) {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(missing) => refuse(&invalid(missing.to_string())),
    }
}

/// From now on the app's callbacks go to this address, in this version and with these headers. The address is tried
/// with an event of its own.
pub(super) async fn subscribe(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Path(app): Path<String>,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let answer = line(&simulator, &headers, Some(&app)).and_then(|mut line| {
        form.only(&["modes", "tag", "url", "version", "showOnUI", "doCheck", "meta"])?;
        let url = link(form.needed("url", 2000)?)?;
        let (tag, modes) = (form.needed("tag", 100)?, form.needed("modes", 1000)?);
        let version = form.text("version");
        if !matches!(version, "2" | "3") {
            return Err(invalid("version must be 2 or 3"));
        }
        line.settings.insert("webhook_version".to_owned(), version.to_owned());
        if form.get("meta").is_some() {
            let meta = form.json("meta")?;
            let header = meta.pointer("/headers/Authorization").and_then(Value::as_str);
            let header = header.ok_or_else(|| invalid("meta must have headers"))?;
            line.settings.insert("authorization".to_owned(), header.to_owned());
        }
        line.webhook_url.clone_from(&url);
        simulator.put_line(line.clone());
        simulator.put_post(
            &line,
            &callback(&line, &v2_news::sandbox_start(&line, simulator.now_millis())),
            &[],
        );
        Ok(json!({ "status": "success", "subscription": {
            "active": true, "appId": app, "tag": tag, "url": url, "version": version,
            "modes": modes.split(',').collect::<Vec<_>>(),
        } }))
    });
    match answer {
        Ok(body) => body.to_string().into_response(),
        Err(refusal) => refuse(&refusal),
    }
}

/// The status says what kind of error it is; `message` is a sentence, or an object where there is a code.
pub(super) fn refuse(refusal: &Refusal) -> Response {
    let (status, message) = match refusal {
        Refusal::Unavailable { status } => return unavailable(*status),
        Refusal::Garbage => return garbage(),
        Refusal::RateLimited => (StatusCode::TOO_MANY_REQUESTS, json!("Too Many Requests")),
        Refusal::Unauthorized => (StatusCode::UNAUTHORIZED, json!("Authentication Failed")),
        Refusal::Code { code, text } => {
            let code = code.parse::<i64>().map_or_else(|_| json!(code), |code| json!(code));
            (StatusCode::BAD_REQUEST, json!({ "code": code, "reason": text }))
        }
        Refusal::Invalid { detail } | Refusal::ParameterFormat { detail } => {
            (StatusCode::BAD_REQUEST, json!(detail))
        }
        Refusal::WindowClosed
        | Refusal::NotOnWhatsApp
        | Refusal::TemplateMissing
        | Refusal::TemplatePaused
        | Refusal::TemplateDisabled
        | Refusal::ParameterCount { .. } => {
            let (code, reason) = v2_news::failure(refusal);
            (StatusCode::BAD_REQUEST, json!({ "code": code, "reason": reason }))
        }
    };
    let body = json!({ "status": "error", "message": message });
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}
