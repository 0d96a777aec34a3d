//! Interactive messages (infobip 2.3): our menus, and what callers give in the Cloud API's form. Orders are not among
//! them: WhatsApp Pay is offered at GupShup alone (K46).

use serde_json::{Value, json};

use super::send::{Form, link};
use crate::domain::message::{Choice, Header, Media, MediaKind, Section};

/// Reply buttons.
pub(super) fn buttons(
    header: Option<&Header>,
    body: &str,
    footer: Option<&str>,
    buttons: &[Choice],
) -> Option<Form> {
    let buttons: Vec<Value> = buttons
        .iter()
        .map(|one| json!({ "type": "REPLY", "id": one.id, "title": one.title }))
        .collect();
    let action = json!({ "buttons": buttons });
    Some((&["interactive", "buttons"], content(above(header)?, body, footer, &action)))
}

/// A list behind a button.
pub(super) fn list(
    header: Option<&str>,
    body: &str,
    footer: Option<&str>,
    button: &str,
    sections: &[Section],
) -> Form {
    let sections: Vec<Value> = sections.iter().map(section).collect();
    let action = json!({ "title": button, "sections": sections });
    let header = header.map(|text| json!({ "type": "TEXT", "text": text }));
    (&["interactive", "list"], content(header, body, footer, &action))
}

/// A button that opens an address.
pub(super) fn url_button(
    header: Option<&Header>,
    body: &str,
    footer: Option<&str>,
    action: &Value,
) -> Option<Form> {
    Some((&["interactive", "url-button"], content(above(header)?, body, footer, action)))
}

fn content(header: Option<Value>, body: &str, footer: Option<&str>, action: &Value) -> Value {
    let mut content = json!({ "body": { "text": body }, "action": action });
    if let Some(header) = header {
        content["header"] = header;
    }
    if let Some(footer) = footer {
        content["footer"] = json!({ "text": footer });
    }
    content
}

fn section(section: &Section) -> Value {
    let rows: Vec<Value> = section
        .rows
        .iter()
        .map(|row| {
            let mut object = json!({ "id": row.id, "title": row.title });
            if let Some(description) = &row.description {
                object["description"] = json!(description);
            }
            object
        })
        .collect();
    let mut object = json!({ "rows": rows });
    if let Some(title) = &section.title {
        object["title"] = json!(title);
    }
    object
}

/// What stands above the body. The outer `None`: it has no form here.
#[expect(clippy::option_option, reason = "not there and not sendable are two answers")]
fn above(header: Option<&Header>) -> Option<Option<Value>> {
    Some(match header {
        None => None,
        Some(Header::Text(text)) => Some(json!({ "type": "TEXT", "text": text })),
        Some(Header::Media(media)) => Some(file(media)?),
    })
}

/// A file above a body, or in a template's header. A document must have a name there.
pub(super) fn file(media: &Media) -> Option<Value> {
    let url = link(media)?;
    Some(match media.kind {
        MediaKind::Image => json!({ "type": "IMAGE", "mediaUrl": url }),
        MediaKind::Video => json!({ "type": "VIDEO", "mediaUrl": url }),
        MediaKind::Document => {
            let name = media.filename.as_deref().unwrap_or("document.pdf");
            json!({ "type": "DOCUMENT", "mediaUrl": url, "filename": name })
        }
        MediaKind::Audio | MediaKind::Voice | MediaKind::Sticker => return None,
    })
}

/// Flows and products out of the Cloud API's form. `None` for what Infobip has no address for, and for orders.
pub(super) fn from_cloud(interactive: &Value) -> Option<Form> {
    let action = interactive.get("action")?;
    let (kind, action): (&[&str], Value) = match interactive.get("type")?.as_str()? {
        "flow" => (&["interactive", "flow"], flow(action.get("parameters")?)?),
        "product" => (
            &["interactive", "product"],
            json!({
                "catalogId": action.get("catalog_id")?,
                "productRetailerId": action.get("product_retailer_id")?,
            }),
        ),
        "product_list" => (&["interactive", "multi-product"], products(action)?),
        _ => return None,
    };
    let mut content = json!({ "action": action });
    for part in ["body", "footer"] {
        if let Some(given) = interactive.get(part) {
            content[part] = given.clone();
        }
    }
    if let Some(header) = interactive.get("header") {
        // Both kinds with a header take text alone.
        content["header"] = json!({ "type": "TEXT", "text": header.get("text")?.as_str()? });
    }
    Some((kind, content))
}

fn flow(parameters: &Value) -> Option<Value> {
    let word = |name: &str| parameters.get(name)?.as_str().map(str::to_ascii_uppercase);
    let mut action = json!({
        "mode": word("mode").unwrap_or_else(|| "PUBLISHED".to_owned()),
        "flowMessageVersion": version(parameters)?,
        "flowToken": parameters.get("flow_token")?,
        "flowId": parameters.get("flow_id")?,
        "callToActionButton": parameters.get("flow_cta")?,
        "flowAction": word("flow_action").unwrap_or_else(|| "NAVIGATE".to_owned()),
    });
    if let Some(payload) = parameters.get("flow_action_payload") {
        action["flowActionPayload"] = payload.clone();
    }
    Some(action)
}

/// A text there, a number here.
fn version(parameters: &Value) -> Option<u64> {
    let version = parameters.get("flow_message_version")?;
    version.as_u64().or_else(|| version.as_str()?.parse().ok())
}

fn products(action: &Value) -> Option<Value> {
    let sections = action.get("sections")?.as_array()?.iter().map(|section| {
        let items = section.get("product_items")?.as_array()?.iter();
        let ids: Vec<&str> =
            items.filter_map(|item| item.get("product_retailer_id")?.as_str()).collect();
        let mut object = json!({ "productRetailerIds": ids });
        if let Some(title) = section.get("title") {
            object["title"] = title.clone();
        }
        Some(object)
    });
    let sections: Vec<Value> = sections.collect::<Option<_>>()?;
    Some(json!({ "catalogId": action.get("catalog_id")?, "sections": sections }))
}
