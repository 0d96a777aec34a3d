//! Templates at GupShup: submission, list and removal, in the forms of both products (A6, B10). Not: what a status
//! word means, that is the outbound's matter.

use http::{Method, Request, Response};
use serde_json::{Value, json};

use super::enterprise_send::{common, said, sends_by_id};
use super::self_serve_send::{post, reason, with_key};
use super::settings::{Mode, app_url, hsm_account, mode, template_url};
use super::wire::{form, list, object, text};
use super::{samples, wire};
use crate::domain::channel::OpenChannel;
use crate::domain::outbound::{Button, Category, Otp, OtpType, Outbound, Sampled, TemplateType};
use crate::domain::template;
use crate::provider::request::{self, segment};
use crate::provider::{Class, Submitted, TemplatePage, TemplateRow, codes};

/// Rows per page of the gateway's list.
const PAGE_ROWS: usize = 200;

/// Longest label of self-serve's `vertical`, characters.
const VERTICAL_CHARS_MAX: usize = 180;

/// What neither product is known to have, and what one lacks.
pub(super) fn fits(
    channel: &OpenChannel,
    outbound: &Outbound,
) -> Result<(), (&'static str, &'static str)> {
    let parts = &outbound.parts;
    let lacks = "is nothing that gupshup channels can have";
    let has_code = outbound.buttons.iter().any(|button| matches!(button, Button::CopyCode { .. }));
    let otp = parts.otp.as_ref();
    for (field, is_there) in [
        ("cards", !parts.cards.is_empty()),
        ("limited_time_offer", parts.offer.is_some()),
        ("copy_code", has_code),
        ("otp.type", otp.is_some_and(|otp| otp.kind != OtpType::CopyCode)),
    ] {
        if is_there {
            return Err((field, lacks));
        }
    }
    if mode(channel) == Mode::SelfServe {
        return Ok(());
    }
    if otp.is_some_and(|otp| otp.code_expiration_minutes.is_some()) {
        return Err(("otp.code_expiration_minutes", "must not be given where mode is enterprise"));
    }
    if otp.is_some() && !sends_by_id(channel) {
        // The text would be compared with one that WhatsApp worded.
        let rule = "is AUTHENTICATION: that wants the channel's template_by to be an id";
        return Err(("category", rule));
    }
    let is_changing =
        |button: &&Button| matches!(button, Button::Url { url, .. } if url.ends_with("}}"));
    if outbound.buttons.iter().filter(is_changing).count() > 1 {
        let rule = "must not have a variable where mode is enterprise: one address may";
        return Err(("call_to_action.second_url.url", rule));
    }
    if outbound.template_type == TemplateType::Location {
        return Err(("template_type", "must not be LOCATION where mode is enterprise"));
    }
    Ok(())
}

/// `create_whatsapp_hsm`.
pub(super) fn submit_enterprise(channel: &OpenChannel, outbound: &Outbound) -> Request<Vec<u8>> {
    let kind = outbound.template_type.as_str().to_ascii_lowercase();
    let body = outbound.body();
    let mut fields = common(&hsm_account(channel));
    fields.extend([
        ("method", "create_whatsapp_hsm".to_owned()),
        ("category", outbound.category.as_str().to_owned()),
        ("language", outbound.provider_language()),
        ("template_name", outbound.template_name.clone()),
        // The caller chose the category; a silent change would change the price.
        ("allow_category_change", "false".to_owned()),
        ("type", kind),
        ("template", body.text),
    ]);
    if !body.samples.is_empty() {
        fields.push(("template_variable_examples", json!(body.samples).to_string()));
    }
    if let Some(Sampled { text, samples }) = header_text(outbound) {
        fields.push(("header", text));
        if !samples.is_empty() {
            fields.push(("header_examples", json!(samples).to_string()));
        }
    }
    if let Some(url) = &outbound.media_url {
        fields.push(("header_examples", json!([url]).to_string()));
    }
    fields.extend(outbound.parts.footer.as_ref().map(|footer| ("footer", footer.clone())));
    fields.extend(gateway_buttons(outbound));
    form(Method::POST, &template_url(channel), &fields)
}

fn header_text(outbound: &Outbound) -> Option<Sampled> {
    let text = outbound.parts.header_text.as_ref()?;
    Some(template::sampled(text, &outbound.examples))
}

fn gateway_buttons(outbound: &Outbound) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    let (replies, actions): (Vec<&Button>, Vec<&Button>) =
        outbound.buttons.iter().partition(|button| button.is_quick_reply());
    let has_replies = !replies.is_empty();
    if has_replies {
        let labels: Vec<&str> = replies.into_iter().filter_map(Button::label).collect();
        fields.push(("quick_reply_buttons", json!(labels).to_string()));
    }
    if !actions.is_empty() {
        let actions: Vec<Value> =
            actions.into_iter().filter_map(|one| gateway_action(outbound, one)).collect();
        fields.push(("call_to_action_buttons", json!(actions).to_string()));
    }
    if has_replies {
        fields.push(("quickReplyFirst", "true".to_owned()));
    }
    if let Some(otp) = &outbound.parts.otp {
        fields.push(("otp_buttons", json!([otp_button(otp)]).to_string()));
        let recommends = otp.add_security_recommendation.to_string();
        fields.push(("add_security_recommendation", recommends));
    }
    fields
}

fn otp_button(otp: &Otp) -> Value {
    let text = otp.text.as_ref().map(|text| json!(text));
    object([
        ("type", Some(json!("OTP"))),
        ("otp_type", Some(json!(otp.kind.as_str()))),
        ("text", text),
    ])
}

/// `None`: it leads nowhere.
fn gateway_action(outbound: &Outbound, button: &Button) -> Option<Value> {
    match button {
        Button::Url { text, url } => {
            let Sampled { text: address, samples } = template::sampled(url, &outbound.examples);
            let kind = if samples.is_empty() { "static" } else { "dynamic" };
            let mut action =
                json!({ "type": "url", "text": text, "urlType": kind, "url": address });
            if !samples.is_empty() {
                action["example"] = json!([template::render(url, &outbound.examples)]);
            }
            Some(action)
        }
        Button::Phone { text, number } => {
            Some(json!({ "type": "phone_number", "text": text, "phone_number": number }))
        }
        Button::Continue { .. }
        | Button::Cancel { .. }
        | Button::QuickReply { .. }
        | Button::CopyCode { .. } => None,
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
            category: category(row),
            quality: text(row, "quality_score"),
        })
    });
    let read = offset(page) + data.len();
    let total = body.get("meta").and_then(|meta| wire::number(meta, "total")).unwrap_or(0);
    let more = !data.is_empty() && usize::try_from(total).is_ok_and(|total| read < total);
    Some(TemplatePage { rows: rows.collect(), next: more.then(|| read.to_string()) })
}

/// Applies for a template.
pub(super) fn submit_self_serve(
    channel: &OpenChannel,
    outbound: &Outbound,
    brought: &[String],
) -> Request<Vec<u8>> {
    let mut fields = vec![
        ("elementName", outbound.template_name.clone()),
        ("languageCode", outbound.provider_language()),
        ("category", outbound.category.as_str().to_owned()),
        ("vertical", outbound.name.chars().take(VERTICAL_CHARS_MAX).collect()),
        ("templateType", outbound.template_type.as_str().to_owned()),
        ("content", outbound.body().text),
        ("example", shown(&outbound.content, outbound)),
        ("enableSample", "true".to_owned()),
        // The caller chose the category; a silent change would change the price.
        ("allowTemplateCategoryChange", "false".to_owned()),
    ];
    if let (Some(text), Some(header)) = (&outbound.parts.header_text, header_text(outbound)) {
        fields.extend([("header", header.text), ("exampleHeader", shown(text, outbound))]);
    }
    if let Some(url) = &outbound.media_url {
        fields.extend(samples::fields(brought.first(), url));
    }
    fields.extend(outbound.parts.footer.as_ref().map(|footer| ("footer", footer.clone())));
    let mut buttons: Vec<Value> =
        outbound.buttons.iter().filter_map(|one| self_serve_button(outbound, one)).collect();
    if let Some(otp) = &outbound.parts.otp {
        buttons.push(otp_button(otp));
        let recommends = otp.add_security_recommendation.to_string();
        fields.push(("addSecurityRecommendation", recommends));
        let minutes = otp.code_expiration_minutes;
        fields.extend(minutes.map(|minutes| ("codeExpirationMinutes", minutes.to_string())));
    }
    if !buttons.is_empty() {
        fields.push(("buttons", json!(buttons).to_string()));
    }
    post(channel, &app_url(channel, "template"), &fields)
}

/// The text with `[examples]` in place of its variables.
fn shown(text: &str, outbound: &Outbound) -> String {
    let examples = outbound.examples.iter();
    let examples = examples.map(|(name, example)| (name.clone(), format!("[{example}]")));
    template::render(text, &examples.collect())
}

/// `None`: there is no form for it.
fn self_serve_button(outbound: &Outbound, button: &Button) -> Option<Value> {
    match button {
        Button::Continue { text } | Button::Cancel { text } | Button::QuickReply { text } => {
            Some(json!({ "type": "QUICK_REPLY", "text": text }))
        }
        Button::Url { text, url } => {
            let Sampled { text: address, samples } = template::sampled(url, &outbound.examples);
            let mut button = json!({ "type": "URL", "text": text, "url": address });
            // Without a variable there must be no example (whatsapp-rules 6).
            if !samples.is_empty() {
                button["example"] = json!([template::render(url, &outbound.examples)]);
            }
            Some(button)
        }
        Button::Phone { text, number } => {
            Some(json!({ "type": "PHONE_NUMBER", "text": text, "phone_number": number }))
        }
        Button::CopyCode { .. } => None,
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
    let mut request = request::to(Method::GET, &app_url(channel, "template"));
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
            category: category(row),
            quality: text(row, "quality"),
        })
    });
    Some(TemplatePage { rows: rows.collect(), next: None })
}

/// By name: self-serve removes all languages of it; ours has one.
pub(super) fn delete_self_serve(channel: &OpenChannel, outbound: &Outbound) -> Request<Vec<u8>> {
    let path = format!("template/{}", segment(&outbound.template_name));
    let mut request = request::to(Method::DELETE, &app_url(channel, &path));
    with_key(channel, &mut request);
    request
}

/// The body of an answer that is no error.
fn success(response: &Response<Vec<u8>>) -> Option<Value> {
    let body: Value = serde_json::from_slice(response.body()).ok()?;
    let is_error = text(&body, "status").is_some_and(|status| status.eq_ignore_ascii_case("error"));
    (response.status().is_success() && !is_error).then_some(body)
}

fn category(row: &Value) -> Option<Category> {
    text(row, "category").and_then(|word| Category::of(&word))
}
