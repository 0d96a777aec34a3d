//! Templates in the platform's form: what is submitted for review, and what is sent of an approved one.

use serde_json::{Value, json};

use super::build::{file, location, typed, word};
use crate::domain::message::{ButtonValue, TemplateButtonValue, TemplateHeader, TemplateMessage};
use crate::domain::outbound::{Button, Outbound, TemplateType};
use crate::domain::template;

/// What is submitted for review. `sample` is the carrier's handle of the header's file; without one its address stands
/// there.
pub(in crate::provider) fn creation(outbound: &Outbound, sample: Option<&str>) -> Value {
    json!({
        "name": outbound.template_name,
        "language": language(&outbound.language),
        "category": outbound.category,
        "components": components(outbound, sample),
    })
}

fn components(outbound: &Outbound, sample: Option<&str>) -> Vec<Value> {
    let mut components = Vec::new();
    let format = match outbound.template_type {
        TemplateType::Text => None,
        TemplateType::Image => Some("IMAGE"),
        TemplateType::Video => Some("VIDEO"),
        TemplateType::Document => Some("DOCUMENT"),
    };
    // Meta's own host wants the handle of an upload; hosts that take the same body for Meta fetch an address.
    if let Some((format, sample)) = format.zip(sample.or(outbound.media_url.as_deref())) {
        let example = json!({ "header_handle": [sample] });
        components.push(json!({ "type": "HEADER", "format": format, "example": example }));
    }
    let mut body = json!({ "type": "BODY", "text": template::positional(&outbound.content) });
    let samples: Vec<&str> = outbound
        .variables
        .iter()
        .map(|name| outbound.examples.get(name).map_or(name.as_str(), String::as_str))
        .collect();
    if !samples.is_empty() {
        body["example"] = json!({ "body_text": [samples] });
    }
    components.push(body);
    if !outbound.buttons.is_empty() {
        let buttons: Vec<Value> = outbound.buttons.iter().map(creation_button).collect();
        components.push(json!({ "type": "BUTTONS", "buttons": buttons }));
    }
    components
}

fn creation_button(button: &Button) -> Value {
    match button {
        Button::Continue { text } | Button::Cancel { text } => {
            json!({ "type": "QUICK_REPLY", "text": text })
        }
        Button::Url { text, url } => json!({ "type": "URL", "text": text, "url": url }),
        Button::Phone { text, number } => {
            json!({ "type": "PHONE_NUMBER", "text": text, "phone_number": number })
        }
    }
}

/// The template that is sent, with its values. `None`: a file in it has no place.
pub(super) fn sending(message: &TemplateMessage) -> Option<Value> {
    let mut components = Vec::new();
    if let Some(header) = &message.header {
        let parameter = match header {
            TemplateHeader::Text(text) => json!({ "type": "text", "text": text }),
            TemplateHeader::Media(media) => typed(word(media.kind), file(media, false)?),
            TemplateHeader::Location(place) => typed("location", location(place)?),
        };
        components.push(json!({ "type": "header", "parameters": [parameter] }));
    }
    if !message.body.is_empty() {
        let parameters: Vec<Value> =
            message.body.iter().map(|text| json!({ "type": "text", "text": text })).collect();
        components.push(json!({ "type": "body", "parameters": parameters }));
    }
    components.extend(message.buttons.iter().map(button));
    let mut object = json!({
        "name": message.name,
        "language": { "code": language(&message.language) },
    });
    if !components.is_empty() {
        object["components"] = json!(components);
    }
    Some(object)
}

/// `pt-BR` is `pt_BR` here (T34).
fn language(code: &str) -> String {
    code.replace('-', "_")
}

fn button(button: &TemplateButtonValue) -> Value {
    let (kind, parameter) = match &button.value {
        ButtonValue::QuickReply { payload } => {
            ("quick_reply", json!({ "type": "payload", "payload": payload }))
        }
        ButtonValue::Url { suffix } => ("url", json!({ "type": "text", "text": suffix })),
        ButtonValue::CopyCode { code } => {
            ("copy_code", json!({ "type": "coupon_code", "coupon_code": code }))
        }
    };
    json!({
        "type": "button",
        "sub_type": kind,
        "index": button.index.to_string(),
        "parameters": [parameter],
    })
}
