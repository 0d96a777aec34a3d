//! Templates: submission, list, deletion. What is submitted is Meta's own form, as bytes inside of JSON.

use http::{Method, Request, Response};
use serde::Deserialize;
use serde_json::json;

use super::settings::WABA_ID;
use super::{answer, call};
use crate::domain::channel::OpenChannel;
use crate::domain::outbound::{Category, Outbound};
use crate::provider::cloud::template;
use crate::provider::{Class, Submitted, TemplatePage, TemplateRow};

/// Rows of one page of the list.
const PAGE_ROWS: &str = "100";
/// Of a template in Meta's form. A handle of a file has some four hundred more, which are left room for.
const DEFINITION_BYTES_MAX: usize = 6000;
const HANDLE_BYTES: usize = 500;

/// Whether the account is known, and the template not too long for AWS.
pub(super) fn fits(
    channel: &OpenChannel,
    outbound: &Outbound,
) -> Result<(), (&'static str, &'static str)> {
    if channel.setting(WABA_ID, "").is_empty() {
        return Err(("channel_id", "wants the channel to have the setting waba_id"));
    }
    let handles = outbound.files().count() * HANDLE_BYTES;
    if template::creation(outbound, &[]).to_string().len() + handles > DEFINITION_BYTES_MAX {
        return Err((
            "content",
            "must have at most 6000 bytes in WhatsApp's form at this provider",
        ));
    }
    Ok(())
}

/// `POST /v1/whatsapp/template/put`.
pub(super) fn submit(
    channel: &OpenChannel,
    outbound: &Outbound,
    samples: &[String],
) -> Request<Vec<u8>> {
    let definition = call::blob(&template::creation(outbound, samples));
    let asked = json!({ "id": channel.setting(WABA_ID, ""), "templateDefinition": definition });
    call::to(channel, Method::POST, "/v1/whatsapp/template/put", &[], Some(&asked))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Put {
    meta_template_id: String,
    template_status: Option<String>,
}

/// A refusal of the content is final; a refusal of the caller is not. Our names are unique: one that exists is ours, of
/// a submission whose answer was lost.
pub(super) fn read_submitted(channel: &OpenChannel, response: &Response<Vec<u8>>) -> Submitted {
    let pending = || "PENDING".to_owned();
    if response.status().is_success() {
        return match serde_json::from_slice::<Put>(response.body()) {
            Ok(put) => Submitted::Taken {
                template_id: Some(put.meta_template_id),
                provider_status: put.template_status.unwrap_or_else(pending),
            },
            Err(_) => Submitted::Later,
        };
    }
    match answer::refusal(channel, response) {
        (Class::Final | Class::TemplateNeeded, failure) => {
            if failure.message.to_ascii_lowercase().contains("already exist") {
                return Submitted::Taken { template_id: None, provider_status: pending() };
            }
            Submitted::Refused { reason: failure.message }
        }
        (Class::Retry(_) | Class::Wait | Class::Configuration, _) => Submitted::Later,
    }
}

/// `GET /v1/whatsapp/template/list`, page by page.
pub(super) fn list(channel: &OpenChannel, next: Option<&str>) -> Request<Vec<u8>> {
    let mut query = vec![("id", channel.setting(WABA_ID, "")), ("maxResults", PAGE_ROWS)];
    query.extend(next.map(|next| ("nextToken", next)));
    call::to(channel, Method::GET, "/v1/whatsapp/template/list", &query, None)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    templates: Vec<serde_json::Value>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    template_name: String,
    meta_template_id: Option<String>,
    template_status: String,
    template_quality_score: Option<String>,
    template_language: String,
    template_category: Option<String>,
}

/// `None` unless it is a list. A row that cannot be read is left out.
pub(super) fn read_list(response: &Response<Vec<u8>>) -> Option<TemplatePage> {
    let list = serde_json::from_slice::<List>(response.body()).ok();
    let list = list.filter(|_| response.status().is_success())?;
    let rows = list.templates.into_iter().filter_map(|row| serde_json::from_value(row).ok());
    let next = list.next_token.filter(|next| !next.is_empty());
    Some(TemplatePage { rows: rows.map(row).collect(), next })
}

fn row(row: Row) -> TemplateRow {
    TemplateRow {
        id: row.meta_template_id,
        name: row.template_name,
        language: row.template_language,
        status: row.template_status,
        reason: None,
        category: row.template_category.as_deref().and_then(Category::of),
        quality: row.template_quality_score,
    }
}

/// `DELETE /v1/whatsapp/template`: the one with our id; while that is not known all languages of the name, which is ours
/// alone.
pub(super) fn delete(channel: &OpenChannel, outbound: &Outbound) -> Request<Vec<u8>> {
    let mut query =
        vec![("id", channel.setting(WABA_ID, "")), ("templateName", &outbound.template_name)];
    match &outbound.template_id {
        Some(id) => {
            query.extend([("metaTemplateId", id.as_str()), ("deleteAllTemplates", "false")]);
        }
        None => query.push(("deleteAllTemplates", "true")),
    }
    call::to(channel, Method::DELETE, "/v1/whatsapp/template", &query, None)
}
