//! Templates at GupShup: submission, list and removal, in the forms of both products (A6, B10). Not: what a status
//! word means, that is the outbound's matter.

use http::{Method, Request, Response};
use serde_json::{Value, json};

use super::enterprise_send::{common, said};
use super::self_serve_send::{post, reason, with_key};
use super::settings::{app_url, hsm_account, template_url};
use super::wire;
use super::wire::{form, list, request, segment, text};
use crate::domain::channel::OpenChannel;
use crate::domain::outbound::{Button, Category, Outbound, TemplateType};
use crate::domain::template;
use crate::provider::{Class, Submitted, TemplatePage, TemplateRow, codes};

/// Rows per page of the gateway's list.
const PAGE_ROWS: usize = 200;

/// Longest label of self-serve's `vertical`, characters.
const VERTICAL_CHARS_MAX: usize = 180;

/// `create_whatsapp_hsm`.
pub(super) fn submit_enterprise(channel: &OpenChannel, outbound: &Outbound) -> Request<Vec<u8>> {
    let kind = template_type(outbound.template_type).to_ascii_lowercase();
    let examples: Vec<&str> = samples(outbound).collect();
    let mut fields = common(&hsm_account(channel));
    fields.extend([
        ("method", "create_whatsapp_hsm".to_owned()),
        ("category", category(outbound.category).to_owned()),
        ("language", language(outbound)),
        ("template_name", outbound.template_name.clone()),
        // The caller chose the category; a silent change would change the price.
        ("allow_category_change", "false".to_owned()),
        ("type", kind),
        ("template", template::positional(&outbound.content)),
    ]);
    if !examples.is_empty() {
        fields.push(("template_variable_examples", json!(examples).to_string()));
    }
    if let (Some(url), true) = (&outbound.media_url, outbound.template_type != TemplateType::Text) {
        fields.push(("header_examples", json!([url]).to_string()));
    }
    let (replies, actions): (Vec<&Button>, Vec<&Button>) = outbound
        .buttons
        .iter()
        .partition(|button| matches!(button, Button::Continue { .. } | Button::Cancel { .. }));
    if !replies.is_empty() {
        let labels: Vec<&str> = replies.iter().map(|button| label(button)).collect();
        fields.push(("quick_reply_buttons", json!(labels).to_string()));
    }
    if !actions.is_empty() {
        let actions: Vec<Value> = actions.into_iter().map(gateway_action).collect();
        fields.push(("call_to_action_buttons", json!(actions).to_string()));
    }
    if !replies.is_empty() {
        fields.push(("quickReplyFirst", "true".to_owned()));
    }
    form(Method::POST, &template_url(channel), &fields)
}

fn gateway_action(button: &Button) -> Value {
    match button {
        Button::Url { text, url } => {
            json!({ "type": "url", "text": text, "urlType": "static", "url": url })
        }
        Button::Phone { text, number } => {
            json!({ "type": "phone_number", "text": text, "phone_number": number })
        }
        Button::Continue { text } | Button::Cancel { text } => json!({ "text": text }),
    }
}

/// The template's id, or the reason; wrong credentials and outages are no verdict about the template.
pub(super) fn read_submitted_enterprise(response: &Response<Vec<u8>>) -> Submitted {
    if let Ok(body) = serde_json::from_slice::<Value>(response.body())
        && text(&body, "status").as_deref() == Some("success")
    {
        let detail = list(&body, "details").first().unwrap_or(&Value::Null);
        return Submitted::Taken {
            template_id: text(detail, "template_id"),
            provider_status: text(detail, "status").unwrap_or_else(|| "submitted".to_owned()),
        };
    }
    let refused_by_status = codes::of_status(response.status()) == Class::Final;
    match said(response.body()) {
        Some(said) if !said.good && !response.status().is_server_error() => {
            match codes::gupshup::enterprise_class(&said.id) {
                Class::Final | Class::TemplateNeeded => Submitted::Refused { reason: said.details },
                Class::Retry(_) | Class::Wait | Class::Configuration => Submitted::Later,
            }
        }
        None if refused_by_status => {
            Submitted::Refused { reason: format!("HTTP {}", response.status().as_u16()) }
        }
        _ => Submitted::Later,
    }
}

/// `get_whatsapp_hsm`: a `POST` too, so that the password stays out of the address.
pub(super) fn list_enterprise(channel: &OpenChannel, next: Option<&str>) -> Request<Vec<u8>> {
    let mut fields = common(&hsm_account(channel));
    fields.extend([
        ("method", "get_whatsapp_hsm".to_owned()),
        ("limit", PAGE_ROWS.to_string()),
        ("offset", offset(next).to_string()),
    ]);
    form(Method::POST, &template_url(channel), &fields)
}

/// A page is named by its first row.
fn offset(page: Option<&str>) -> usize {
    page.and_then(|page| page.parse().ok()).unwrap_or(0)
}

pub(super) fn read_list_enterprise(
    page: Option<&str>,
    response: &Response<Vec<u8>>,
) -> Option<TemplatePage> {
    let body = success(response)?;
    let data = body.get("data")?.as_array()?;
    let rows = data.iter().filter_map(|row| {
        Some(TemplateRow {
            id: text(row, "id"),
            name: text(row, "name")?,
            language: text(row, "language").unwrap_or_default(),
            status: text(row, "status")?,
            reason: None,
        })
    });
    let read = offset(page) + data.len();
    let total = body.get("meta").and_then(|meta| wire::number(meta, "total")).unwrap_or(0);
    let more = !data.is_empty() && usize::try_from(total).is_ok_and(|total| read < total);
    Some(TemplatePage { rows: rows.collect(), next: more.then(|| read.to_string()) })
}

/// Applies for a template.
pub(super) fn submit_self_serve(channel: &OpenChannel, outbound: &Outbound) -> Request<Vec<u8>> {
    let samples =
        outbound.examples.iter().map(|(name, example)| (name.clone(), format!("[{example}]")));
    let example = template::render(&outbound.content, &samples.collect());
    let mut fields = vec![
        ("elementName", outbound.template_name.clone()),
        ("languageCode", language(outbound)),
        ("category", category(outbound.category).to_owned()),
        ("vertical", outbound.name.chars().take(VERTICAL_CHARS_MAX).collect()),
        ("templateType", template_type(outbound.template_type).to_owned()),
        ("content", template::positional(&outbound.content)),
        ("example", example),
        ("enableSample", "true".to_owned()),
        // The caller chose the category; a silent change would change the price.
        ("allowTemplateCategoryChange", "false".to_owned()),
    ];
    if let (Some(url), true) = (&outbound.media_url, outbound.template_type != TemplateType::Text) {
        fields.push(("mediaUrl", url.clone()));
    }
    if !outbound.buttons.is_empty() {
        let buttons: Vec<Value> = outbound.buttons.iter().map(self_serve_button).collect();
        fields.push(("buttons", json!(buttons).to_string()));
    }
    post(channel, &app_url(channel, "template"), &fields)
}

fn self_serve_button(button: &Button) -> Value {
    match button {
        Button::Continue { text } | Button::Cancel { text } => {
            json!({ "type": "QUICK_REPLY", "text": text })
        }
        // Without a variable there must be no example (whatsapp-rules 6).
        Button::Url { text, url } => json!({ "type": "URL", "text": text, "url": url }),
        Button::Phone { text, number } => {
            json!({ "type": "PHONE_NUMBER", "text": text, "phone_number": number })
        }
    }
}

pub(super) fn read_submitted_self_serve(response: &Response<Vec<u8>>) -> Submitted {
    let Ok(body) = serde_json::from_slice::<Value>(response.body()) else {
        return Submitted::Later;
    };
    if response.status().is_success() && text(&body, "status").as_deref() == Some("success") {
        let template = body.get("template").unwrap_or(&Value::Null);
        return Submitted::Taken {
            template_id: text(template, "id"),
            provider_status: text(template, "status").unwrap_or_else(|| "submitted".to_owned()),
        };
    }
    match codes::of_status(response.status()) {
        Class::Final => Submitted::Refused { reason: reason(&body).1 },
        // A success that says error is a verdict as well.
        Class::Retry(_) if response.status().is_success() => {
            Submitted::Refused { reason: reason(&body).1 }
        }
        Class::Retry(_) | Class::Wait | Class::TemplateNeeded | Class::Configuration => {
            Submitted::Later
        }
    }
}

/// All templates at once: paging is not documented well enough to depend on it (B10).
pub(super) fn list_self_serve(channel: &OpenChannel) -> Request<Vec<u8>> {
    let mut request = request(Method::GET, &app_url(channel, "template"), Vec::new());
    with_key(channel, &mut request);
    request
}

pub(super) fn read_list_self_serve(response: &Response<Vec<u8>>) -> Option<TemplatePage> {
    let body = success(response)?;
    let rows = body.get("templates")?.as_array()?.iter().filter_map(|row| {
        Some(TemplateRow {
            id: text(row, "id"),
            name: text(row, "elementName")?,
            language: text(row, "languageCode").unwrap_or_default(),
            status: text(row, "status")?,
            reason: text(row, "reason"),
        })
    });
    Some(TemplatePage { rows: rows.collect(), next: None })
}

/// By name: self-serve removes all languages of it; ours has one.
pub(super) fn delete_self_serve(channel: &OpenChannel, outbound: &Outbound) -> Request<Vec<u8>> {
    let path = format!("template/{}", segment(&outbound.template_name));
    let mut request = request(Method::DELETE, &app_url(channel, &path), Vec::new());
    with_key(channel, &mut request);
    request
}

/// The body of an answer that is no error.
fn success(response: &Response<Vec<u8>>) -> Option<Value> {
    let body: Value = serde_json::from_slice(response.body()).ok()?;
    let is_error = text(&body, "status").is_some_and(|status| status.eq_ignore_ascii_case("error"));
    (response.status().is_success() && !is_error).then_some(body)
}

/// `pt-BR` is `pt_BR` at providers (contracts 3.1).
fn language(outbound: &Outbound) -> String {
    outbound.language.replace('-', "_")
}

const fn category(category: Category) -> &'static str {
    match category {
        Category::Marketing => "MARKETING",
        Category::Authentication => "AUTHENTICATION",
        Category::Utility => "UTILITY",
    }
}

const fn template_type(template_type: TemplateType) -> &'static str {
    match template_type {
        TemplateType::Text => "TEXT",
        TemplateType::Video => "VIDEO",
        TemplateType::Image => "IMAGE",
        TemplateType::Document => "DOCUMENT",
    }
}

fn label(button: &Button) -> &str {
    match button {
        Button::Continue { text }
        | Button::Cancel { text }
        | Button::Url { text, .. }
        | Button::Phone { text, .. } => text,
    }
}

/// The examples in the order of the positions.
fn samples(outbound: &Outbound) -> impl Iterator<Item = &str> {
    outbound
        .variables
        .iter()
        .map(|name| outbound.examples.get(name).map_or(name.as_str(), String::as_str))
}
