//! Templates at self-serve and, under the same words, at the partner API.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::form::{Form, invalid, link, member, no_longer};
use super::self_serve::{line, refuse};
use super::{gupshup_id, uploads};
use crate::message::FileKind;
use crate::template::{Header, Parts, Review, Template, TemplateButton};
use crate::{Line, Refusal, Simulator};

const FIELDS: [&str; 20] = [
    "elementName",
    "languageCode",
    "category",
    "templateType",
    "vertical",
    "content",
    "example",
    "header",
    "exampleHeader",
    "footer",
    "buttons",
    "enableSample",
    "allowTemplateCategoryChange",
    "exampleMedia",
    "mediaId",
    "mediaUrl",
    "addSecurityRecommendation",
    "codeExpirationMinutes",
    "message_send_ttl_seconds",
    "appId",
];

pub(super) async fn create(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Path(app): Path<String>,
    body: Bytes,
) -> Response {
    let made = line(&simulator, &headers, Some(&app)).and_then(|line| {
        let template = read(&simulator, &line, &Form::read(&body))?;
        let body = json!({ "status": "success", "template": object(&template) });
        let taken = simulator.submit_template(template);
        taken.map_err(|_| {
            invalid("Template Already exists with same namespace and elementName and languageCode")
        })?;
        Ok(body)
    });
    answer(made)
}

fn answer(made: Result<Value, Refusal>) -> Response {
    match made {
        Ok(body) => ([("content-type", "application/json")], body.to_string()).into_response(),
        Err(refusal) => refuse(&refusal),
    }
}

fn read(simulator: &Simulator, line: &Line, form: &Form) -> Result<Template, Refusal> {
    form.only(&FIELDS)?;
    let name = form.needed("elementName", 180)?;
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Err(invalid("elementName must match ^[a-z0-9_]*$"));
    }
    let category = form.needed("category", 20)?;
    if !["MARKETING", "UTILITY", "AUTHENTICATION"].contains(&category) {
        return Err(invalid("category is not known"));
    }
    form.needed("vertical", 180)?;
    let mut template = Template {
        id: gupshup_id(simulator.seed()),
        line: line.id.clone(),
        name: name.to_owned(),
        language: form.needed("languageCode", 10)?.to_owned(),
        category: category.to_owned(),
        header: header(simulator, form)?,
        body: form.needed("content", 1024)?.to_owned(),
        footer: form.text("footer").to_owned(),
        buttons: buttons(form)?,
        parts: Parts::default(),
        review: Review::Pending,
        created_millis: simulator.now_millis(),
        submitted: json!({
            "templateType": form.text("templateType"), "vertical": form.text("vertical"),
            "example": form.text("example"),
        }),
    };
    no_longer(&template.footer, "footer", 60)?;
    let is_otp = matches!(template.buttons.as_slice(), [TemplateButton::Otp { .. }]);
    if is_otp != (category == "AUTHENTICATION") {
        return Err(invalid("category AUTHENTICATION wants an OTP button and nothing else"));
    }
    let example = form.needed("example", 1024)?;
    let has_samples = template.values_in(example).is_some_and(|samples| {
        samples.iter().all(|sample| sample.starts_with('[') && sample.ends_with(']'))
    });
    if !has_samples {
        return Err(invalid("example must be the content with [samples] in place of variables"));
    }
    if is_otp {
        // WhatsApp words it, whatever the content is.
        "{{1}} is your verification code.".clone_into(&mut template.body);
    }
    Ok(template)
}

fn header(simulator: &Simulator, form: &Form) -> Result<Header, Refusal> {
    let kind = match form.needed("templateType", 20)? {
        "TEXT" => {
            let text = form.text("header");
            no_longer(text, "header", 60)?;
            let text = text.to_owned();
            return Ok(if text.is_empty() { Header::Nothing } else { Header::Text { text } });
        }
        "IMAGE" => FileKind::Image,
        "VIDEO" => FileKind::Video,
        "DOCUMENT" => FileKind::Document,
        "LOCATION" => return Ok(Header::Location),
        other => return Err(invalid(format!("the templateType {other} is not known"))),
    };
    match (form.get("exampleMedia"), form.get("mediaId")) {
        (Some(handle), _) if uploads::is_kept(simulator, handle) => {}
        (None, Some(id)) if simulator.file(id).is_some() => {
            link(form.needed("mediaUrl", 2000)?)?;
        }
        _ => return Err(invalid("exampleMedia or mediaId must be of an upload")),
    }
    Ok(Header::File { kind })
}

fn buttons(form: &Form) -> Result<Vec<TemplateButton>, Refusal> {
    if form.get("buttons").is_none() {
        return Ok(Vec::new());
    }
    let buttons = form.json("buttons")?;
    let buttons = buttons.as_array().ok_or_else(|| invalid("buttons must be a list"))?;
    let read = buttons.iter().map(|button| {
        let kind = member(button, "type", 20)?;
        if kind == "OTP" {
            return otp(button);
        }
        let text = member(button, "text", 25)?.to_owned();
        match kind {
            "QUICK_REPLY" => Ok(TemplateButton::QuickReply { text }),
            "URL" => {
                let url = member(button, "url", 2000)?.to_owned();
                link(&url.replace("{{1}}", "1"))?;
                if url.contains("{{1}}") != button.get("example").is_some() {
                    return Err(invalid("an address has an example if it has a variable"));
                }
                Ok(TemplateButton::Url { text, url })
            }
            "PHONE_NUMBER" => {
                let number = member(button, "phone_number", 20)?.to_owned();
                Ok(TemplateButton::Phone { text, number })
            }
            other => Err(invalid(format!("the button {other} is not known"))),
        }
    });
    read.collect()
}

fn otp(button: &Value) -> Result<TemplateButton, Refusal> {
    if member(button, "otp_type", 20)? != "COPY_CODE" {
        return Err(invalid("the otp_type is not known"));
    }
    let text = button.get("text").and_then(Value::as_str).unwrap_or("Copy code").to_owned();
    no_longer(&text, "buttons", 25)?;
    Ok(TemplateButton::Otp { text })
}

pub(super) async fn list(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Path(app): Path<String>,
) -> Response {
    answer(line(&simulator, &headers, Some(&app)).map(|line| {
        let templates = simulator.templates(&line);
        let templates: Vec<Value> = templates.iter().map(object).collect();
        json!({ "status": "success", "templates": templates })
    }))
}

pub(super) async fn one(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Path((app, id)): Path<(String, String)>,
) -> Response {
    answer(line(&simulator, &headers, Some(&app)).and_then(|line| {
        let templates = simulator.templates(&line);
        let template = templates.iter().find(|template| template.id == id);
        let template = template.ok_or_else(|| invalid("Template does not exist"))?;
        Ok(json!({ "status": "success", "template": object(template) }))
    }))
}

/// By name: all of its languages.
pub(super) async fn delete(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Path((app, name)): Path<(String, String)>,
) -> Response {
    let line = match line(&simulator, &headers, Some(&app)) {
        Ok(line) => line,
        Err(refusal) => return refuse(&refusal),
    };
    if simulator.remove_templates(&line, |template| template.name == name) == 0 {
        return refuse(&invalid("Template does not exist"));
    }
    (StatusCode::OK, json!({ "status": "success" }).to_string()).into_response()
}

/// The word of a review.
pub(super) const fn word(review: &Review) -> &'static str {
    match review {
        Review::Pending => "PENDING",
        Review::Approved => "APPROVED",
        Review::Rejected { .. } => "REJECTED",
        Review::Paused => "PAUSED",
        Review::Disabled => "DISABLED",
    }
}

fn object(template: &Template) -> Value {
    let reason = match &template.review {
        Review::Rejected { reason } => Some(reason),
        Review::Pending | Review::Approved | Review::Paused | Review::Disabled => None,
    };
    json!({
        "id": template.id,
        "elementName": template.name,
        "languageCode": template.language,
        "category": template.category,
        "templateType": template.submitted.get("templateType"),
        "vertical": template.submitted.get("vertical"),
        "status": word(&template.review),
        "reason": reason,
        "data": template.body,
        "meta": json!({ "example": template.submitted.get("example") }).to_string(),
        "createdOn": template.created_millis,
    })
}
