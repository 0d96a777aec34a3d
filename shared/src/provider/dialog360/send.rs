//! From our message to the call that sends it, and what to do about a user whom the legacy API does not know.

use http::{Method, Request, Response};
use serde_json::{Map, Value, json};

use super::settings::{Api, api};
use super::{answer, call, templates};
use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::domain::message::{Sending, ToUser};
use crate::domain::user::{Address, WaId};
use crate::provider::Unsupported;
use crate::provider::cloud::{self, Reference};

const KIND: ProviderKind = ProviderKind::Dialog360;

/// The call that sends the message.
///
/// # Errors
/// The channel's generation has no form for it.
pub(super) fn build(
    channel: &OpenChannel,
    message: &Sending,
) -> Result<Request<Vec<u8>>, Unsupported> {
    match api(channel) {
        Api::V2 => {
            let body = cloud::body(KIND, message, Reference::Echoed)?;
            Ok(call::to(channel, Method::POST, &["messages"], &[], Some(&body)))
        }
        Api::V1 => {
            let body = flat(channel, message)?;
            Ok(call::to(channel, Method::POST, &["v1", "messages"], &[], Some(&body)))
        }
    }
}

/// The legacy form: without the product, with the preview on top, and with a namespace beside a template's name. It
/// quotes nothing, and knows neither reactions nor users without a number.
fn flat(channel: &OpenChannel, message: &Sending) -> Result<Value, Unsupported> {
    let unsupported = || Unsupported { provider: KIND.as_str(), kind: message.content.kind() };
    if matches!(message.to, Address::Bsuid(_)) || matches!(message.content, ToUser::Reaction { .. })
    {
        return Err(unsupported());
    }
    let mut body = cloud::body(KIND, message, Reference::Unknown)?;
    let fields = body.as_object_mut().ok_or_else(unsupported)?;
    fields.remove("messaging_product");
    fields.remove("context");
    match &message.content {
        ToUser::Text { preview_url, .. } => {
            if let Some(text) = object(fields, "text") {
                text.remove("preview_url");
            }
            if *preview_url {
                fields.insert("preview_url".to_owned(), json!(true));
            }
        }
        ToUser::Template(template) => {
            let namespace = templates::namespace(channel, template);
            if let Some(object) = object(fields, "template") {
                if let Some(language) = self::object(object, "language") {
                    language.insert("policy".to_owned(), json!("deterministic"));
                }
                object.extend(namespace.map(|name| ("namespace".to_owned(), json!(name))));
            }
        }
        ToUser::Media(_)
        | ToUser::Location(_)
        | ToUser::Contacts { .. }
        | ToUser::Reaction { .. }
        | ToUser::Buttons { .. }
        | ToUser::List { .. }
        | ToUser::CtaUrl { .. }
        | ToUser::LocationRequest { .. }
        | ToUser::Interactive { .. } => {}
    }
    Ok(body)
}

fn object<'a>(of: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    of.get_mut(name)?.as_object_mut()
}

/// `POST /v1/contacts`, where the legacy API refused the message because it does not know the user by this number.
pub(super) fn ask_contact(
    channel: &OpenChannel,
    message: &Sending,
    response: &Response<Vec<u8>>,
) -> Option<Request<Vec<u8>>> {
    let Address::Phone(number) = &message.to else { return None };
    if api(channel) != Api::V1 || !answer::is_unknown_contact(response) {
        return None;
    }
    let number = format!("+{}", number.as_str());
    let body = json!({ "blocking": "wait", "contacts": [number], "force_check": true });
    Some(call::to(channel, Method::POST, &["v1", "contacts"], &[], Some(&body)))
}

/// What WhatsApp calls the user; `None` if it has none of this number.
pub(super) fn read_contact(response: &Response<Vec<u8>>) -> Option<WaId> {
    let body: Value = serde_json::from_slice(response.body()).ok()?;
    let contact = body.get("contacts")?.get(0)?;
    let is_valid = contact.get("status")?.as_str() == Some("valid");
    let id = contact.get("wa_id")?.as_str().filter(|_| is_valid)?;
    WaId::parse(id).ok()
}
