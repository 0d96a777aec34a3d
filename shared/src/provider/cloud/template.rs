//! Templates in the platform's form: what is submitted for review, and what is sent of an approved one.

use serde_json::{Value, json};

use super::build::{file, location, typed, word};
use super::creation::components;
use crate::domain::message::{
    ButtonValue, TemplateButtonValue, TemplateCard, TemplateHeader, TemplateMessage,
};
use crate::domain::outbound::Outbound;

/// What is submitted for review. `samples` are the carrier's handles of its files; without them their addresses stand
/// there: Meta's own host wants handles, hosts that take the same body for Meta fetch the files.
pub(in crate::provider) fn creation(outbound: &Outbound, samples: &[String]) -> Value {
    let addresses: Vec<&str> = outbound.files().map(|(_, url)| url).collect();
    let handles: Vec<&str> = samples.iter().map(String::as_str).collect();
    let files = if handles.len() == addresses.len() { handles } else { addresses };
    json!({
        "name": outbound.template_name,
        "language": outbound.provider_language(),
        "category": outbound.category,
        "components": components(outbound, &files),
    })
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
        components.push(component("header", &parameter));
    }
    components.extend(body(&message.body, &message.body_names));
    if let Some(end) = message.offer_expires {
        let offer = json!({ "expiration_time_ms": end.millis() });
        components.push(component("limited_time_offer", &typed("limited_time_offer", offer)));
    }
    components.extend(message.buttons.iter().map(button));
    if !message.cards.is_empty() {
        let cards: Option<Vec<Value>> = (0..).zip(&message.cards).map(card).collect();
        components.push(json!({ "type": "carousel", "cards": cards? }));
    }
    let mut object = json!({
        "name": message.name,
        "language": { "code": language(&message.language) },
    });
    if !components.is_empty() {
        object["components"] = json!(components);
    }
    Some(object)
}

/// With one parameter.
fn component(kind: &str, parameter: &Value) -> Value {
    json!({ "type": kind, "parameters": [parameter] })
}

/// Values by their places, or by their names where there are names. `None`: there are no values.
fn body(values: &[String], names: &[String]) -> Option<Value> {
    let parameter = |(at, text): (usize, &String)| match names.get(at) {
        Some(name) => json!({ "type": "text", "parameter_name": name, "text": text }),
        None => json!({ "type": "text", "text": text }),
    };
    let parameters: Vec<Value> = values.iter().enumerate().map(parameter).collect();
    (!parameters.is_empty()).then(|| json!({ "type": "body", "parameters": parameters }))
}

fn card((index, card): (usize, &TemplateCard)) -> Option<Value> {
    let header = typed(word(card.header.kind), file(&card.header, false)?);
    let mut components = vec![component("header", &header)];
    components.extend(body(&card.body, &[]));
    components.extend(card.buttons.iter().map(button));
    Some(json!({ "card_index": index, "components": components }))
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
