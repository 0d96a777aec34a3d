//! Templates: submission, list and deletion, and the sending of an approved one (infobip 2.5, 5). Why a review was
//! lost is told by an event alone, see `notice`.

use http::{Method, Request, Response, StatusCode};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{answer, call, creation, interactive, send, wire};
use crate::domain::channel::OpenChannel;
use crate::domain::message::{
    ButtonValue, Location, TemplateButtonValue, TemplateCard, TemplateHeader, TemplateMessage,
};
use crate::domain::outbound::{Category, Outbound};
use crate::provider::cloud::{any, read, text};
use crate::provider::{Class, Submitted, TemplatePage, TemplateRow};

/// `POST /whatsapp/2/senders/{sender}/templates` (K17).
pub(super) fn submit(channel: &OpenChannel, outbound: &Outbound) -> Request<Vec<u8>> {
    let body = json!({
        "name": outbound.template_name,
        "language": outbound.provider_language(),
        "category": outbound.category,
        "structure": creation::structure(outbound),
    });
    call::api(channel, Method::POST, &path(channel), Some(&body))
}

fn path(channel: &OpenChannel) -> [&str; 5] {
    ["whatsapp", "2", "senders", call::sender(channel), "templates"]
}

/// Only a refusal of what was submitted is a verdict; one of the caller, the number or the moment is not.
pub(super) fn read_submitted(channel: &OpenChannel, response: &Response<Vec<u8>>) -> Submitted {
    let status = response.status();
    let part = serde_json::from_slice::<&RawValue>(response.body()).ok();
    let template = read::<wire::Template<'_>>(part).filter(|_| status.is_success());
    let pending = || "PENDING".to_owned();
    if let Some(template) = template {
        return Submitted::Taken {
            template_id: text(template.id.as_deref()),
            provider_status: text(template.status.as_deref()).unwrap_or_else(pending),
        };
    }
    if status == StatusCode::CONFLICT {
        // Our names are unique: an earlier submission arrived whose answer was lost.
        return Submitted::Taken { template_id: None, provider_status: pending() };
    }
    let is_verdict = matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY);
    match answer::refusal(channel, response) {
        (Class::Final, failure) if is_verdict => Submitted::Refused { reason: failure.message },
        _ => Submitted::Later,
    }
}

/// All at once: there are no pages.
pub(super) fn list(channel: &OpenChannel) -> Request<Vec<u8>> {
    call::api(channel, Method::GET, &path(channel), None)
}

/// `None` unless it is a list.
pub(super) fn read_list(response: &Response<Vec<u8>>) -> Option<TemplatePage> {
    let part = serde_json::from_slice::<&RawValue>(response.body()).ok();
    let list: wire::Templates<'_> = read(part).filter(|_| response.status().is_success())?;
    let rows = list.templates?.into_iter().filter_map(|part| {
        let row: wire::Template<'_> = any(Some(part))?;
        Some(TemplateRow {
            id: text(row.id.as_deref()),
            name: text(row.name.as_deref())?,
            language: text(row.language.as_deref()).unwrap_or_default(),
            status: text(row.status.as_deref())?,
            reason: None,
            category: row.category.as_deref().and_then(Category::of),
            quality: text(row.quality.as_deref()),
        })
    });
    Some(TemplatePage { rows: rows.collect(), next: None })
}

/// By name: our names are unique, so all its languages are the one.
pub(super) fn delete(channel: &OpenChannel, outbound: &Outbound) -> Request<Vec<u8>> {
    let [whatsapp, version, senders, sender, templates] = path(channel);
    let path = [whatsapp, version, senders, sender, templates, &outbound.template_name];
    call::api(channel, Method::DELETE, &path, None)
}

/// K15, K37: the name and the values. `placeholders` must be there even if it is empty. `None`: a file in it has no
/// place.
pub(super) fn sending(message: &TemplateMessage) -> Option<Value> {
    let mut data = json!({ "body": { "placeholders": message.body } });
    if let Some(header) = &message.header {
        data["header"] = match header {
            TemplateHeader::Text(text) => json!({ "type": "TEXT", "placeholder": text }),
            TemplateHeader::Media(media) => interactive::file(media)?,
            TemplateHeader::Location(place) => {
                let bare = Location { name: None, address: None, ..place.clone() };
                let mut header = send::location(&bare)?;
                header["type"] = json!("LOCATION");
                header
            }
        };
    }
    if !message.buttons.is_empty() {
        data["buttons"] = parameters(&message.buttons);
    }
    if let Some(end) = message.offer_expires {
        data["limitedTimeOffer"] = json!({ "expirationTime": end });
    }
    if !message.cards.is_empty() {
        let cards: Option<Vec<Value>> = message.cards.iter().map(card).collect();
        data["carousel"] = json!({ "cards": cards? });
    }
    Some(json!({
        "templateName": message.name,
        "templateData": data,
        "language": language(&message.language),
    }))
}

fn card(card: &TemplateCard) -> Option<Value> {
    let mut object = json!({ "header": interactive::file(&card.header)? });
    if !card.body.is_empty() {
        object["body"] = json!({ "placeholders": card.body });
    }
    if !card.buttons.is_empty() {
        object["buttons"] = parameters(&card.buttons);
    }
    Some(object)
}

/// In the template's order; what takes no value is left out.
fn parameters(buttons: &[TemplateButtonValue]) -> Value {
    let mut buttons: Vec<_> = buttons.iter().collect();
    buttons.sort_by_key(|button| button.index);
    buttons.into_iter().map(|button| parameter(&button.value)).collect()
}

fn parameter(value: &ButtonValue) -> Value {
    let (kind, parameter) = match value {
        ButtonValue::QuickReply { payload } => ("QUICK_REPLY", payload),
        ButtonValue::Url { suffix } => ("URL", suffix),
        ButtonValue::CopyCode { code } => ("COPY_CODE", code),
    };
    json!({ "type": kind, "parameter": parameter })
}

/// `pt-BR` is `pt_BR` here (T34).
fn language(code: &str) -> String {
    code.replace('-', "_")
}
