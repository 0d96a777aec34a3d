//! The enterprise gateway's one address: `method` says what is wanted, and the answer is 200 even for failures.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::form::{Form, file, invalid, is_number, list, reply_buttons};
use super::{NAME, enterprise_templates, garbage, gateway_id, unavailable, whatsapp_id};
use crate::message::{FileKind, ShownFile, ToUser};
use crate::template::{Filling, Header, Template, TemplateButton};
use crate::{Line, Refusal, Sending, Simulator, Taken};

const FIELDS: [&str; 31] = [
    "userid",
    "password",
    "v",
    "format",
    "auth_scheme",
    "method",
    "send_to",
    "msg_type",
    "msg",
    "extra",
    "data_encoding",
    "isHSM",
    "isTemplate",
    "media_url",
    "media_id",
    "caption",
    "filename",
    "interactive_type",
    "action",
    "header",
    "footer",
    "buttonUrlParam",
    "template_id",
    "whatsAppTemplateId",
    "channel",
    "phone_number",
    "limit",
    "offset",
    "name",
    "id",
    "fields",
];

pub(super) async fn by_form(State(simulator): State<Simulator>, body: Bytes) -> Response {
    handle(&simulator, &Form::read(&body))
}

pub(super) async fn by_query(
    State(simulator): State<Simulator>,
    RawQuery(query): RawQuery,
) -> Response {
    handle(&simulator, &Form::read(query.unwrap_or_default().as_bytes()))
}

fn handle(simulator: &Simulator, form: &Form) -> Response {
    let format = form.text("format");
    let line = match account(simulator, form) {
        Ok(line) => line,
        Err(refusal) => return refuse(&refusal, format),
    };
    let method = form.text("method").to_ascii_lowercase();
    let answer = match method.as_str() {
        "sendmessage" | "sendmediamessage" => send(simulator, &line, form, &method),
        "opt_in" => opt_in(form),
        "create_whatsapp_hsm" => return enterprise_templates::create(simulator, &line, form),
        "get_whatsapp_hsm" => return enterprise_templates::list(simulator, &line, form),
        _ => Err(coded("106", &format!("The method \"{method}\" is not supported"))),
    };
    answer.unwrap_or_else(|refusal| refuse(&refusal, format))
}

fn coded(code: &str, text: &str) -> Refusal {
    Refusal::Code { code: code.to_owned(), text: text.to_owned() }
}

/// The line whose account this is. Templates belong to the HSM account where there is one, answers to the two-way
/// account.
fn account(simulator: &Simulator, form: &Form) -> Result<Line, Refusal> {
    let (userid, password) = (form.text("userid"), form.text("password"));
    let method = form.text("method").to_ascii_lowercase();
    let is_template = form.text("isHSM") == "true" || form.text("msg_type") == "HSM";
    let is_hsm = is_template || method.ends_with("hsm") || method == "opt_in";
    let names = if is_hsm {
        ("hsm_userid", "hsm_password")
    } else {
        ("two_way_userid", "two_way_password")
    };
    let user = |line: &Line| {
        let own = line.setting(names.0);
        if own.is_empty() { line.accepts("waba_id", userid) } else { own == userid }
    };
    let line =
        simulator.line_where(NAME, |line| line.setting("mode") != "self_serve" && user(line));
    let Some(line) = line else {
        return Err(coded("101", "The parameter \"userid\" is missing or not known."));
    };
    let own = if line.setting(names.1).is_empty() { "password" } else { names.1 };
    if line.accepts(own, password) && form.text("auth_scheme") == "plain" && form.text("v") == "1.1"
    {
        return Ok(line);
    }
    Err(Refusal::Unauthorized)
}

fn opt_in(form: &Form) -> Result<Response, Refusal> {
    let number = form.text("phone_number");
    if !is_number(number) || form.text("channel") != "WHATSAPP" {
        return Err(bad_number(number));
    }
    Ok(success("opt-in", number, form.text("format")))
}

fn bad_number(number: &str) -> Refusal {
    coded("105", &format!("The phone number \"{number}\" is not a valid phone number"))
}

fn send(
    simulator: &Simulator,
    line: &Line,
    form: &Form,
    method: &str,
) -> Result<Response, Refusal> {
    form.only(&FIELDS)?;
    let to = form.text("send_to");
    if !is_number(to) {
        return Err(bad_number(to));
    }
    let content = if form.text("isHSM") == "true" || form.text("msg_type") == "HSM" {
        template(simulator, line, form, method)?
    } else if form.get("interactive_type").is_some() {
        interactive(form, method)?
    } else if method == "sendmediamessage" {
        media(form)?
    } else {
        match form.text("msg_type") {
            "DATA_TEXT" | "TEXT" => ToUser::text(form.needed("msg", 4096)?),
            other => return Err(invalid(format!("the msg_type {other} is not known"))),
        }
    };
    let seed = simulator.seed();
    let sending = Sending {
        id: gateway_id(seed),
        whatsapp_id: whatsapp_id(seed),
        to: to.to_owned(),
        client_reference: form.get("extra").map(str::to_owned),
        content,
    };
    let taken: Taken = simulator.send(line, sending)?;
    let answer = success(&taken.sent.id, to, form.text("format"));
    Ok(taken.answer(answer))
}

/// The file of a call: by link, or by the id of an upload.
fn shown(form: &Form, kind: FileKind) -> Result<ShownFile, Refusal> {
    let name = form.text("filename");
    match form.get("media_id") {
        Some(id) if form.get("media_url").is_none() && !id.is_empty() => Ok(ShownFile {
            kind,
            link: None,
            file: Some(id.to_owned()),
            filename: Some(name.to_owned()).filter(|name| !name.is_empty()),
        }),
        _ => file(kind, form.needed("media_url", 2000)?, name),
    }
}

fn kind(word: &str) -> Result<FileKind, Refusal> {
    Ok(match word.to_ascii_lowercase().as_str() {
        "image" => FileKind::Image,
        "video" => FileKind::Video,
        "audio" => FileKind::Audio,
        "document" => FileKind::Document,
        "sticker" => FileKind::Sticker,
        other => return Err(invalid(format!("the msg_type {other} is not known"))),
    })
}

fn media(form: &Form) -> Result<ToUser, Refusal> {
    let kind = kind(form.text("msg_type"))?;
    let takes_caption = matches!(kind, FileKind::Image | FileKind::Video | FileKind::Document);
    if takes_caption && form.get("caption").is_none() {
        return Err(invalid("caption must not be null"));
    }
    let caption = form.text("caption");
    super::form::no_longer(caption, "caption", 1024)?;
    Ok(ToUser { file: Some(shown(form, kind)?), body: caption.to_owned(), ..ToUser::default() })
}

fn interactive(form: &Form, method: &str) -> Result<ToUser, Refusal> {
    let has_media = method == "sendmediamessage";
    if form.text("isTemplate") != if has_media { "false" } else { "true" }
        && form.text("interactive_type") != "order_details"
        && form.text("interactive_type") != "order_status"
    {
        return Err(invalid("isTemplate does not fit the method"));
    }
    let body = form.needed("msg", 1024)?.to_owned();
    let action = form.json("action")?;
    let mut content = ToUser {
        header: form.text("header").to_owned(),
        footer: form.text("footer").to_owned(),
        body,
        ..ToUser::default()
    };
    super::form::no_longer(&content.header, "header", 60)?;
    super::form::no_longer(&content.footer, "footer", 60)?;
    if has_media {
        content.file = Some(shown(form, kind(form.text("msg_type"))?)?);
    }
    match form.text("interactive_type") {
        "dr_button" => content.buttons = reply_buttons(&action)?,
        "list" => content.list = Some(list(&action)?),
        "order_details" | "order_status" => {
            let parameters = action.get("parameters").unwrap_or(&serde_json::Value::Null);
            super::form::member(parameters, "reference_id", 35)?;
        }
        other => return Err(invalid(format!("the interactive_type {other} is not known"))),
    }
    Ok(content)
}

/// By id with its values, or by its text: one blank too many and there is no template.
fn template(
    simulator: &Simulator,
    line: &Line,
    form: &Form,
    method: &str,
) -> Result<ToUser, Refusal> {
    let file = match method {
        "sendmediamessage" => Some(shown(form, kind(form.text("msg_type"))?)?),
        _ => None,
    };
    let text = form.text(if file.is_some() { "caption" } else { "msg" });
    let id = form.get("template_id").or_else(|| form.get("whatsAppTemplateId"));
    let template = simulator.sendable_template(line, |template| {
        let fits = matches!(template.header, Header::File { .. }) == file.is_some();
        fits && id.map_or_else(|| template.values_in(text).is_some(), |id| template.id == id)
    })?;
    let body = match id {
        Some(_) => (1..).map_while(|n| form.get(&format!("var{n}"))).map(str::to_owned).collect(),
        None => template.values_in(text).unwrap_or_default(),
    };
    if !template.buttons.is_empty() && form.text("isTemplate") != "true" {
        return Err(invalid("a template with buttons needs isTemplate=true"));
    }
    let url_ends = url_end(&template, form);
    check_compared(&template, form)?;
    let header = form.get("header").and_then(|text| header_value(&template, text));
    template.fill(&Filling { header, file, body, url_ends, ..Filling::default() })
}

/// Header and footer are compared with the template's, like the body.
fn check_compared(template: &Template, form: &Form) -> Result<(), Refusal> {
    let header = match &template.header {
        Header::Text { text } => text.as_str(),
        Header::Nothing | Header::File { .. } | Header::Location => "",
    };
    let given = form.text("header");
    let fits = given == header || header_value(template, given).is_some();
    if fits && form.text("footer") == template.footer {
        return Ok(());
    }
    Err(Refusal::TemplateMissing)
}

/// What stands in the place of the header's variable.
fn header_value(template: &Template, given: &str) -> Option<String> {
    let Header::Text { text } = &template.header else { return None };
    let (before, after) = text.split_once("{{1}}")?;
    Some(given.strip_prefix(before)?.strip_suffix(after)?.to_owned())
}

/// The gateway's templates have at most one changing address.
fn url_end(template: &Template, form: &Form) -> Vec<(usize, String)> {
    let Some(end) = form.get("buttonUrlParam") else { return Vec::new() };
    let mut buttons = template.buttons.iter();
    let at = buttons.position(|button| match button {
        TemplateButton::Url { url, .. } => url.contains("{{1}}"),
        TemplateButton::Otp { .. } => true,
        TemplateButton::QuickReply { .. }
        | TemplateButton::Phone { .. }
        | TemplateButton::CopyCode { .. } => false,
    });
    at.map(|at| (at, end.to_owned())).into_iter().collect()
}

fn success(id: &str, phone: &str, format: &str) -> Response {
    said(id, phone, "", "success", format)
}

/// The error is in the body; only overload and outage have a status of their own.
pub(super) fn refuse(refusal: &Refusal, format: &str) -> Response {
    let (code, text) = match refusal {
        Refusal::RateLimited => return StatusCode::TOO_MANY_REQUESTS.into_response(),
        Refusal::Unavailable { status } => return unavailable(*status),
        Refusal::Garbage => return garbage(),
        Refusal::Code { code, text } => (code.as_str(), text.clone()),
        Refusal::Unauthorized => {
            ("102", "Authentication failed due to invalid userId or password.".to_owned())
        }
        Refusal::Invalid { detail } | Refusal::ParameterFormat { detail } => {
            ("300", detail.clone())
        }
        Refusal::WindowClosed | Refusal::NotOnWhatsApp => ("301", "Not delivered".to_owned()),
        Refusal::TemplateMissing => ("302", "The template did not match".to_owned()),
        Refusal::TemplatePaused => ("303", "The template is paused".to_owned()),
        Refusal::TemplateDisabled => ("304", "The template is disabled".to_owned()),
        Refusal::ParameterCount { expected, got } => {
            ("305", format!("The template has {expected} variables, not {got}"))
        }
    };
    said(code, "", &text, "error", format)
}

fn said(id: &str, phone: &str, details: &str, status: &str, format: &str) -> Response {
    if format != "json" {
        let line = match status {
            "success" => format!("success | {phone} | {id}"),
            _ => format!("error | {id} | {details}"),
        };
        return line.into_response();
    }
    let body = json!({ "response": {
        "id": id, "phone": phone, "details": details, "status": status,
    } });
    ([("content-type", "application/json")], body.to_string()).into_response()
}
