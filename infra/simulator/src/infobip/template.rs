//! Templates of a number: creation is checked at once, what takes a look is the review, which a person at the simulator
//! decides; and what a sending fills an approved one with.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::fields::{self, Fields};
use super::message::{header_file, place};
use super::{line, news, problem, time};
use crate::message::{FileKind, ToUser};
use crate::template::{Filling, Header, Parts, Review, Template, TemplateButton};
use crate::{Line, Refusal, Simulator};

const BODY_CHARS_MAX: usize = 1024;
/// Of a header text and a footer.
const LINE_CHARS_MAX: usize = 60;
const BUTTONS_MAX: usize = 10;
const LABEL_CHARS_MAX: usize = 25;
const PLACEHOLDERS_MAX: usize = 100;

pub(super) async fn create(
    State(simulator): State<Simulator>,
    Path(sender): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let created = line(&simulator, &headers, &sender).and_then(|line| {
        let template = read(&simulator, &line, &fields::body(&body)?)?;
        let answer = object(&template);
        simulator.submit_template(template)?;
        Ok((StatusCode::CREATED, Json(answer)).into_response())
    });
    created.unwrap_or_else(|refusal| problem::answer(&refusal))
}

fn read(simulator: &Simulator, line: &Line, body: &Value) -> Result<Template, Refusal> {
    let call = Fields::call(body)?;
    call.only(&["name", "language", "category", "structure", "platform"])?;
    let name = call.text("name", 512)?;
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Err(call.wrong("name", "may have a-z, 0-9 and _ only"));
    }
    let language = call.text("language", 15)?;
    if language.contains('-') {
        return Err(call.wrong("language", "is not known"));
    }
    let category = call.word("category", &["MARKETING", "AUTHENTICATION", "UTILITY"])?;
    let structure = call.object("structure")?;
    structure.only(&["header", "body", "footer", "buttons"])?;
    let seed = simulator.seed();
    let mut template = Template {
        id: u64::from(u32::from_be_bytes([seed[0], seed[1], seed[2], seed[3]])).to_string(),
        line: line.id.clone(),
        name: name.to_owned(),
        language: language.to_owned(),
        category: category.to_owned(),
        header: header(&structure)?,
        body: String::new(),
        footer: String::new(),
        buttons: Vec::new(),
        parts: Parts::default(),
        review: Review::Pending,
        created_millis: simulator.now_millis(),
        submitted: body["structure"].clone(),
    };
    if category == "AUTHENTICATION" {
        authentication(&structure, &mut template)?;
        return Ok(template);
    }
    let given = structure.object("body")?;
    given.only(&["text", "examples"])?;
    given.text("text", BODY_CHARS_MAX)?.clone_into(&mut template.body);
    let count = template.variable_count();
    let examples = match given.get("examples") {
        Some(_) => given.texts("examples", PLACEHOLDERS_MAX)?.len(),
        None => 0,
    };
    if examples != count || template.body.contains("{{.") {
        return Err(given.wrong("examples", &format!("must have {count} members")));
    }
    if let Some(footer) = structure.optional_object("footer")? {
        footer.only(&["text"])?;
        footer.text("text", LINE_CHARS_MAX)?.clone_into(&mut template.footer);
    }
    if structure.get("buttons").is_some() {
        let buttons = structure.objects("buttons", 1, BUTTONS_MAX)?;
        template.buttons = buttons.iter().map(button).collect::<Result<_, _>>()?;
    }
    Ok(template)
}

/// WhatsApp words the text.
fn authentication(structure: &Fields<'_>, template: &mut Template) -> Result<(), Refusal> {
    structure.only(&["body", "footer", "buttons"])?;
    let body = structure.object("body")?;
    body.only(&["addSecurityRecommendation"])?;
    "{{1}} is your verification code.".clone_into(&mut template.body);
    if body.flag("addSecurityRecommendation")? {
        template.body.push_str(" For your security, do not share this code.");
    }
    if let Some(footer) = structure.optional_object("footer")? {
        footer.only(&["codeExpirationMinutes"])?;
        let minutes = footer.number("codeExpirationMinutes", 1.0, 90.0)?;
        template.footer = format!("This code expires in {minutes} minutes.");
    }
    for button in structure.objects("buttons", 1, 1)? {
        let text = button.optional_text("text", LABEL_CHARS_MAX)?.unwrap_or("Copy code").to_owned();
        if button.word("otpType", &["COPY_CODE", "ONE_TAP"])? == "ONE_TAP" {
            button.only(&["otpType", "text", "packageName", "signatureHash"])?;
            button.text("packageName", 224)?;
            button.text("signatureHash", 11)?;
        } else {
            button.only(&["otpType", "text"])?;
        }
        template.buttons = vec![TemplateButton::Otp { text }];
    }
    Ok(())
}

fn header(structure: &Fields<'_>) -> Result<Header, Refusal> {
    let Some(header) = structure.optional_object("header")? else { return Ok(Header::Nothing) };
    let kind = match header.word("format", &["TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"])? {
        "LOCATION" => {
            header.only(&["format"])?;
            return Ok(Header::Location);
        }
        "TEXT" => {
            header.only(&["format", "text", "example"])?;
            let text = header.text("text", LINE_CHARS_MAX)?.to_owned();
            if text.contains("{{") {
                header.text("example", LINE_CHARS_MAX)?;
            }
            return Ok(Header::Text { text });
        }
        "IMAGE" => FileKind::Image,
        "VIDEO" => FileKind::Video,
        _ => FileKind::Document,
    };
    header.only(&["format", "example"])?;
    header.address("example")?;
    Ok(Header::File { kind })
}

fn button(button: &Fields<'_>) -> Result<TemplateButton, Refusal> {
    let kind = button.word("type", &["QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE"])?;
    if kind == "COPY_CODE" {
        button.only(&["type", "example"])?;
        button.text("example", 15)?;
        return Ok(TemplateButton::CopyCode { text: "Copy offer code".to_owned() });
    }
    let text = button.text("text", LABEL_CHARS_MAX)?.to_owned();
    Ok(match kind {
        "QUICK_REPLY" => {
            button.only(&["type", "text"])?;
            TemplateButton::QuickReply { text }
        }
        "URL" => {
            button.only(&["type", "text", "url", "example"])?;
            let url = button.address("url")?;
            if url.contains("{{1}}") != button.get("example").is_some() {
                return Err(
                    button.wrong("example", "is there if, and only if, there is a variable")
                );
            }
            TemplateButton::Url { text, url }
        }
        _ => {
            button.only(&["type", "text", "phoneNumber"])?;
            let number = button.text("phoneNumber", 20)?.to_owned();
            TemplateButton::Phone { text, number }
        }
    })
}

pub(super) async fn list(
    State(simulator): State<Simulator>,
    Path(sender): Path<String>,
    headers: HeaderMap,
) -> Response {
    match line(&simulator, &headers, &sender) {
        Ok(line) => {
            let templates: Vec<Value> = simulator.templates(&line).iter().map(object).collect();
            Json(json!({ "templates": templates })).into_response()
        }
        Err(refusal) => problem::answer(&refusal),
    }
}

/// By its id.
pub(super) async fn one(
    State(simulator): State<Simulator>,
    Path((sender, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let line = match line(&simulator, &headers, &sender) {
        Ok(line) => line,
        Err(refusal) => return problem::answer(&refusal),
    };
    let templates = simulator.templates(&line);
    match templates.iter().find(|template| template.id == id) {
        Some(template) => Json(object(template)).into_response(),
        None => problem::not_found(),
    }
}

/// By its name: all of its languages.
pub(super) async fn delete(
    State(simulator): State<Simulator>,
    Path((sender, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let line = match line(&simulator, &headers, &sender) {
        Ok(line) => line,
        Err(refusal) => return problem::answer(&refusal),
    };
    match simulator.remove_templates(&line, |template| template.name == name) {
        0 => problem::not_found(),
        _ => StatusCode::NO_CONTENT.into_response(),
    }
}

/// There is no reason of a rejection in it.
fn object(template: &Template) -> Value {
    json!({
        "id": template.id,
        "businessAccountId": 2087,
        "name": template.name,
        "language": template.language,
        "status": news::word(&template.review),
        "category": template.category,
        "structure": template.submitted,
        "quality": "UNKNOWN",
        "createdAt": time::written(template.created_millis),
        "lastUpdatedAt": time::written(template.created_millis),
    })
}

/// What the user will see of a template, or why there is nothing to see: Infobip takes the message all the same and
/// tells in a report.
pub(super) fn filled(
    simulator: &Simulator,
    line: &Line,
    content: &Fields<'_>,
) -> Result<(ToUser, Option<Refusal>), Refusal> {
    content.only(&["templateName", "templateData", "language"])?;
    let name = content.text("templateName", 512)?;
    let language = content.text("language", 15)?;
    let data = content.object("templateData")?;
    data.only(&["body", "header", "buttons"])?;
    let body = data.object("body")?;
    body.only(&["placeholders"])?;
    let mut filling =
        Filling { body: body.texts("placeholders", PLACEHOLDERS_MAX)?, ..Filling::default() };
    if let Some(header) = data.optional_object("header")? {
        match header.word("type", &["TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"])? {
            "TEXT" => {
                header.only(&["type", "placeholder"])?;
                filling.header = Some(header.text("placeholder", LINE_CHARS_MAX)?.to_owned());
            }
            "LOCATION" => {
                header.only(&["type", "latitude", "longitude"])?;
                filling.location = Some(place(&header)?);
            }
            word => filling.file = Some(header_file(&header, word)?),
        }
    }
    let parameters = parameters(&data)?;
    let known = |template: &Template| template.name == name && template.language == language;
    let shown = simulator.sendable_template(line, known).and_then(|template| {
        place_buttons(&template, parameters, &mut filling)?;
        template.fill(&filling)
    });
    let unseen = || ToUser { template: Some(name.to_owned()), ..ToUser::default() };
    Ok(match shown {
        Ok(shown) => (shown, None),
        Err(flaw) => (unseen(), Some(flaw)),
    })
}

fn parameters(data: &Fields<'_>) -> Result<Vec<(String, String)>, Refusal> {
    if data.get("buttons").is_none() {
        return Ok(Vec::new());
    }
    let buttons = data.objects("buttons", 1, BUTTONS_MAX)?;
    let read = buttons.iter().map(|button| {
        button.only(&["type", "parameter"])?;
        let kind = button.word("type", &["QUICK_REPLY", "URL", "COPY_CODE"])?;
        Ok((kind.to_owned(), button.text("parameter", 256)?.to_owned()))
    });
    read.collect()
}

/// The buttons that take a value, in the template's order. Every quick reply needs one.
fn place_buttons(
    template: &Template,
    parameters: Vec<(String, String)>,
    filling: &mut Filling,
) -> Result<(), Refusal> {
    let unlike = || Refusal::ParameterFormat { detail: "the buttons are others".to_owned() };
    let mut parameters = parameters.into_iter();
    for (at, button) in template.buttons.iter().enumerate() {
        let wanted = match button {
            TemplateButton::QuickReply { .. } => "QUICK_REPLY",
            TemplateButton::Url { url, .. } if url.contains("{{1}}") => "URL",
            // The code again, as the end of an address.
            TemplateButton::Otp { .. } => "URL",
            TemplateButton::CopyCode { .. } => "COPY_CODE",
            TemplateButton::Url { .. } | TemplateButton::Phone { .. } => continue,
        };
        let (kind, value) = parameters.next().ok_or_else(unlike)?;
        if kind != wanted {
            return Err(unlike());
        }
        let places = match wanted {
            "URL" => &mut filling.url_ends,
            "COPY_CODE" => &mut filling.codes,
            _ => &mut filling.payloads,
        };
        places.push((at, value));
    }
    if parameters.next().is_some() { Err(unlike()) } else { Ok(()) }
}
