//! Templates at the gateway: `create_whatsapp_hsm` and `get_whatsapp_hsm`.

use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::form::{Form, invalid, link, no_longer};
use super::{enterprise, number};
use crate::message::FileKind;
use crate::template::{Header, Parts, Review, Template, TemplateButton};
use crate::{Line, Refusal, Simulator};

const FIELDS: [&str; 25] = [
    "userid",
    "password",
    "v",
    "format",
    "auth_scheme",
    "method",
    "category",
    "language",
    "template_name",
    "allow_category_change",
    "type",
    "template",
    "template_variable_examples",
    "header",
    "header_examples",
    "footer",
    "quick_reply_buttons",
    "call_to_action_buttons",
    "quickReplyFirst",
    "otp_buttons",
    "add_security_recommendation",
    "message_send_ttl_seconds",
    "data_encoding",
    "media_id",
    "extra",
];

pub(super) fn create(simulator: &Simulator, line: &Line, form: &Form) -> Response {
    let template = match read(simulator, line, form) {
        Ok(template) => template,
        Err(refusal) => return refused(&refusal),
    };
    let body = json!({ "status": "success", "details": [{
        "template_id": template.id, "template_name": template.name, "status": "PENDING",
    }] });
    match simulator.submit_template(template) {
        Ok(()) => body.to_string().into_response(),
        Err(refusal) => refused(&refusal),
    }
}

/// Errors of this method stand at the top.
fn refused(refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Invalid { detail } => {
            json!({ "id": "300", "details": detail, "status": "error" }).to_string().into_response()
        }
        other => enterprise::refuse(other, "json"),
    }
}

fn read(simulator: &Simulator, line: &Line, form: &Form) -> Result<Template, Refusal> {
    form.only(&FIELDS)?;
    let name = form.needed("template_name", 512)?;
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Err(invalid("template_name must be of a-z, 0-9 and _"));
    }
    let category = form.needed("category", 20)?;
    if !["MARKETING", "UTILITY", "AUTHENTICATION"].contains(&category) {
        return Err(invalid("category is not known"));
    }
    let body = form.needed("template", 1024)?;
    let mut template = Template {
        id: number(&simulator.seed()[..8]).to_string(),
        line: line.id.clone(),
        name: name.to_owned(),
        language: form.needed("language", 10)?.to_owned(),
        category: category.to_owned(),
        header: header(form)?,
        body: body.to_owned(),
        footer: form.text("footer").to_owned(),
        buttons: buttons(form)?,
        parts: Parts::default(),
        review: Review::Pending,
        created_millis: simulator.now_millis(),
        submitted: Value::Null,
    };
    no_longer(&template.footer, "footer", 60)?;
    worded(form, &mut template)?;
    let examples = match form.get("template_variable_examples") {
        Some(_) => form.json("template_variable_examples")?,
        None => json!([]),
    };
    let count = template.variable_count();
    if examples.as_array().is_none_or(|examples| examples.len() != count) {
        return Err(invalid(format!("template_variable_examples must have {count} members")));
    }
    template.submitted = json!({ "type": form.text("type").to_ascii_uppercase() });
    Ok(template)
}

/// An authentication template is worded by WhatsApp and has a button that copies.
fn worded(form: &Form, template: &mut Template) -> Result<(), Refusal> {
    if form.get("otp_buttons").is_none() {
        return if template.category == "AUTHENTICATION" {
            Err(invalid("otp_buttons is needed where category is AUTHENTICATION"))
        } else {
            Ok(())
        };
    }
    let buttons = form.json("otp_buttons")?;
    let button = buttons.get(0).filter(|button| {
        button.get("type").and_then(Value::as_str) == Some("OTP")
            && button.get("otp_type").and_then(Value::as_str) == Some("COPY_CODE")
    });
    let button = button.ok_or_else(|| invalid("otp_buttons must have a COPY_CODE button"))?;
    let text = button.get("text").and_then(Value::as_str).unwrap_or("Copy code").to_owned();
    no_longer(&text, "otp_buttons", 25)?;
    "{{1}} is your verification code.".clone_into(&mut template.body);
    template.buttons = vec![TemplateButton::Otp { text }];
    Ok(())
}

fn header(form: &Form) -> Result<Header, Refusal> {
    let kind = match form.needed("type", 10)? {
        "text" => {
            let text = form.text("header");
            no_longer(text, "header", 60)?;
            let text = text.to_owned();
            return Ok(if text.is_empty() { Header::Nothing } else { Header::Text { text } });
        }
        "image" => FileKind::Image,
        "video" => FileKind::Video,
        "document" => FileKind::Document,
        "location" => return Ok(Header::Location),
        other => return Err(invalid(format!("the type {other} is not known"))),
    };
    let examples = form.json("header_examples")?;
    let example = examples.get(0).and_then(Value::as_str);
    link(example.ok_or_else(|| invalid("header_examples must have a member"))?)?;
    Ok(Header::File { kind })
}

fn buttons(form: &Form) -> Result<Vec<TemplateButton>, Refusal> {
    let optional = |name: &str| match form.get(name) {
        Some(_) => form.json(name),
        None => Ok(json!([])),
    };
    let none = Vec::new();
    let replies = optional("quick_reply_buttons")?;
    let replies = replies.as_array().unwrap_or(&none).iter().map(|label| {
        let text = label.as_str().ok_or_else(|| invalid("a quick reply must be a text"))?;
        no_longer(text, "quick_reply_buttons", 25)?;
        Ok(TemplateButton::QuickReply { text: text.to_owned() })
    });
    let actions = optional("call_to_action_buttons")?;
    let actions = actions.as_array().unwrap_or(&none).iter().map(action);
    if form.text("quickReplyFirst") == "true" {
        replies.chain(actions).collect()
    } else {
        actions.chain(replies).collect()
    }
}

fn action(button: &Value) -> Result<TemplateButton, Refusal> {
    let of = |name: &str| super::form::member(button, name, 2000).map(str::to_owned);
    match of("type")?.as_str() {
        "url" => {
            let url = of("url")?;
            let is_dynamic = url.contains("{{1}}");
            let word = if is_dynamic { "dynamic" } else { "static" };
            if of("urlType")? != word || is_dynamic != button.get("example").is_some() {
                return Err(invalid(format!("the address {url} is {word}")));
            }
            link(&url.replace("{{1}}", "1"))?;
            Ok(TemplateButton::Url { text: of("text")?, url })
        }
        "phone_number" => {
            Ok(TemplateButton::Phone { text: of("text")?, number: of("phone_number")? })
        }
        _ => Err(invalid("call_to_action_buttons has a button that is not known")),
    }
}

pub(super) fn list(simulator: &Simulator, line: &Line, form: &Form) -> Response {
    let all = simulator.templates(line);
    let fits = |template: &&Template| {
        form.get("name").is_none_or(|name| template.name == name)
            && form.get("id").is_none_or(|id| template.id == id)
    };
    let rows: Vec<&Template> = all.iter().filter(fits).collect();
    let limit = form.text("limit").parse().unwrap_or(10);
    let offset = form.text("offset").parse().unwrap_or(0);
    let page: Vec<Value> = rows.iter().skip(offset).take(limit).map(|one| row(one)).collect();
    json!({ "data": page, "meta": { "total": rows.len() } }).to_string().into_response()
}

fn row(template: &Template) -> Value {
    let status = match template.review {
        Review::Pending => "PENDING",
        Review::Approved => "ENABLED",
        Review::Rejected { .. } => "REJECTED",
        Review::Paused => "PAUSED",
        Review::Disabled => "DISABLED",
    };
    json!({
        "id": template.id.parse::<u64>().unwrap_or_default(),
        "name": template.name,
        "category": template.category,
        "language": template.language,
        "type": template.submitted.get("type"),
        "body": template.body,
        "footer": template.footer,
        "quality_score": "UNKNOWN",
        "status": status,
    })
}
