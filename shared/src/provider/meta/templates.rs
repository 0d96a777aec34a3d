//! Templates: submission, list, deletion (contracts 3.1, whatsapp-rules 6).

use http::{Method, Request, Response};

use super::call;
use crate::domain::channel::OpenChannel;
use crate::domain::outbound::{Category, Outbound};
use crate::provider::cloud::{answer, read, said, template, text, wire};
use crate::provider::{Class, Submitted, TemplatePage, TemplateRow};

/// Rows of one page of the list.
const PAGE_ROWS: &str = "100";
/// The account holds as many templates as it may: there may be room later.
const ACCOUNT_FULL: &str = "2388019";
/// This name and language exist. Our names are unique, so an earlier submission arrived whose answer was lost.
const EXISTS: &str = "2388024";

/// `POST /{waba-id}/message_templates`.
pub(super) fn submit(
    channel: &OpenChannel,
    outbound: &Outbound,
    samples: &[String],
) -> Request<Vec<u8>> {
    let body = template::creation(outbound, samples);
    call::graph(channel, Method::POST, &path(channel), &[], Some(&body))
}

/// Without `waba_id` the address has no account in it, the platform refuses, and that reads as "later".
fn path(channel: &OpenChannel) -> [&str; 2] {
    [call::account(channel).unwrap_or_default(), "message_templates"]
}

/// A refusal of the content is final; a refusal of the caller or a full account is not.
pub(super) fn read_submitted(channel: &OpenChannel, response: &Response<Vec<u8>>) -> Submitted {
    let read = serde_json::from_slice::<wire::Answer<'_>>(response.body()).ok();
    let problem = read.as_ref().and_then(|answer| answer.error.as_ref());
    let id = read.as_ref().and_then(|answer| text(answer.id.as_deref()));
    let status = read.as_ref().and_then(|answer| text(answer.status.as_deref()));
    let pending = || "PENDING".to_owned();
    if response.status().is_success() && problem.is_none() && id.is_some() {
        let provider_status = status.unwrap_or_else(pending);
        return Submitted::Taken { template_id: id, provider_status };
    }
    match problem.and_then(|problem| problem.error_subcode.as_deref()) {
        Some(EXISTS) => {
            return Submitted::Taken { template_id: None, provider_status: pending() };
        }
        Some(ACCOUNT_FULL) => return Submitted::Later,
        Some(_) | None => {}
    }
    match answer::class(read.as_ref(), response) {
        Class::Final | Class::TemplateNeeded => match (problem, call::account(channel)) {
            (Some(problem), Some(_)) => Submitted::Refused { reason: reason(problem) },
            (None, _) | (_, None) => Submitted::Later,
        },
        Class::Retry(_) | Class::Wait | Class::Configuration => Submitted::Later,
    }
}

/// The sentence that is meant for people, before the ones for programs.
fn reason(problem: &wire::Problem<'_>) -> String {
    text(problem.error_user_msg.as_deref())
        .or_else(|| text(said(problem)))
        .unwrap_or_else(|| "the provider gave no reason".to_owned())
}

/// `GET /{waba-id}/message_templates`.
pub(super) fn list(channel: &OpenChannel, next: Option<&str>) -> Request<Vec<u8>> {
    let fields = "id,name,language,status,category,rejected_reason,quality_score";
    let mut query = vec![("fields", fields), ("limit", PAGE_ROWS)];
    query.extend(next.map(|after| ("after", after)));
    call::graph(channel, Method::GET, &path(channel), &query, None)
}

/// `None` unless it is a list.
pub(super) fn read_list(response: &Response<Vec<u8>>) -> Option<TemplatePage> {
    let answer: wire::Answer<'_> = serde_json::from_slice(response.body()).ok()?;
    if !response.status().is_success() || answer.error.is_some() {
        return None;
    }
    let rows = answer.data?.into_iter().filter_map(|part| row(&read(Some(part))?)).collect();
    // The last page has a cursor too; only `next` says that there is more.
    let next = answer
        .paging
        .filter(|paging| paging.next.is_some())
        .and_then(|paging| text(paging.cursors?.after.as_deref()));
    Some(TemplatePage { rows, next })
}

fn row(row: &wire::TemplateRow<'_>) -> Option<TemplateRow> {
    Some(TemplateRow {
        id: text(row.id.as_deref()),
        name: text(row.name.as_deref())?,
        language: text(row.language.as_deref())?,
        status: text(row.status.as_deref())?,
        reason: text(row.rejected_reason.as_deref().filter(|reason| *reason != "NONE")),
        category: row.category.as_deref().and_then(Category::of),
        quality: read::<wire::Quality<'_>>(row.quality_score)
            .and_then(|quality| text(quality.score.as_deref())),
    })
}

/// `DELETE /{waba-id}/message_templates?name=`: the one with our id; while that is not known all languages of the name,
/// which is ours alone.
pub(super) fn delete(channel: &OpenChannel, outbound: &Outbound) -> Option<Request<Vec<u8>>> {
    let path = [call::account(channel)?, "message_templates"];
    let mut query = vec![("name", outbound.template_name.as_str())];
    query.extend(outbound.template_id.as_deref().map(|id| ("hsm_id", id)));
    Some(call::graph(channel, Method::DELETE, &path, &query, None))
}
