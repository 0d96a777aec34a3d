//! Templates: submission, list, deletion (360dialog 5). Both generations have the same calls. Sending wants a namespace
//! in the legacy one, which stands in place of the id that its templates lack.

use http::{Method, Request, Response};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::settings::{Api, api};
use super::{answer, call};
use crate::domain::channel::OpenChannel;
use crate::domain::message::TemplateMessage;
use crate::domain::outbound::{Category, Outbound};
use crate::provider::cloud::wire::{Paging, Part, Parts, Quality, Word};
use crate::provider::cloud::{read, template, text};
use crate::provider::{Answer, Class, Submitted, TemplatePage, TemplateRow};

const PATH: [&str; 3] = ["v1", "configs", "templates"];
/// Rows of one page of the list.
const PAGE_ROWS: &str = "100";
/// A page that is named by Meta's cursor and not by its first row.
const CURSOR: &str = "after:";

/// `POST /v1/configs/templates`.
pub(super) fn submit(
    channel: &OpenChannel,
    outbound: &Outbound,
    samples: &[String],
) -> Request<Vec<u8>> {
    let body = template::creation(outbound, samples);
    call::to(channel, Method::POST, &PATH, &[], Some(&body))
}

/// A template as it is told, in a list and after its creation.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    id: Option<Word<'a>>,
    namespace: Option<Word<'a>>,
    name: Option<Word<'a>>,
    language: Option<Word<'a>>,
    status: Option<Word<'a>>,
    category: Option<Word<'a>>,
    quality_score: Part<'a>,
    rejected_reason: Option<Word<'a>>,
}

/// What names the template beside its name: Meta's id, or the namespace of the legacy API with the name, which is as
/// unique.
fn id(channel: &OpenChannel, told: &Told<'_>) -> Option<String> {
    match api(channel) {
        Api::V2 => text(told.id.as_deref()),
        Api::V1 => {
            let (namespace, name) = (told.namespace.as_deref()?, told.name.as_deref()?);
            (!namespace.is_empty()).then(|| format!("{namespace}/{name}"))
        }
    }
}

/// The namespace of a template that is sent: its own, or the channel's.
pub(super) fn namespace<'a>(
    channel: &'a OpenChannel,
    template: &'a TemplateMessage,
) -> Option<&'a str> {
    let own = template.provider_id.as_deref().and_then(|id| id.split_once('/'));
    let own = own.map(|(namespace, _)| namespace);
    own.or_else(|| Some(channel.setting("namespace", "")).filter(|name| !name.is_empty()))
}

/// A refusal of the content is final; a refusal of the caller is not. Our names are unique: one that exists is ours, of
/// a submission whose answer was lost.
pub(super) fn read_submitted(channel: &OpenChannel, response: &Response<Vec<u8>>) -> Submitted {
    let part = serde_json::from_slice::<&RawValue>(response.body()).ok();
    if let Some(told) = read::<Told<'_>>(part).filter(|told| told.name.is_some())
        && response.status().is_success()
    {
        let provider_status = text(told.status.as_deref()).unwrap_or_else(submitted);
        return Submitted::Taken { template_id: id(channel, &told), provider_status };
    }
    let Answer::Refused { class, failure } = answer::to_sending(channel, response) else {
        return Submitted::Later;
    };
    match class {
        Class::Final | Class::TemplateNeeded => {
            if failure.message.to_ascii_lowercase().contains("already exist") {
                return Submitted::Taken { template_id: None, provider_status: submitted() };
            }
            Submitted::Refused { reason: failure.message }
        }
        Class::Retry(_) | Class::Wait | Class::Configuration => Submitted::Later,
    }
}

fn submitted() -> String {
    "submitted".to_owned()
}

/// `GET /v1/configs/templates`, page by page; where a host lists in Meta's form, its own list from a cursor on.
pub(super) fn list(channel: &OpenChannel, next: Option<&str>) -> Request<Vec<u8>> {
    if let Some(after) = next.and_then(|next| next.strip_prefix(CURSOR)) {
        let query = [("limit", PAGE_ROWS), ("after", after)];
        return call::to(channel, Method::GET, &["message_templates"], &query, None);
    }
    let query = [("limit", PAGE_ROWS), ("offset", next.unwrap_or("0"))];
    call::to(channel, Method::GET, &PATH, &query, None)
}

#[derive(Deserialize)]
struct List<'a> {
    total: Option<usize>,
    #[serde(borrow)]
    waba_templates: Parts<'a>,
    data: Parts<'a>,
    paging: Option<Paging<'a>>,
}

/// `None` unless it is a list, in either form.
pub(super) fn read_list(
    channel: &OpenChannel,
    page: Option<&str>,
    response: &Response<Vec<u8>>,
) -> Option<TemplatePage> {
    let part = serde_json::from_slice::<&RawValue>(response.body()).ok();
    let list: List<'_> = read(part).filter(|_| response.status().is_success())?;
    let (parts, is_own) = match (list.waba_templates, list.data) {
        (Some(parts), _) => (parts, true),
        (None, Some(parts)) => (parts, false),
        (None, None) => return None,
    };
    let rows = parts.iter().filter_map(|part| row(channel, part)).collect();
    let next = if is_own {
        let end = page.and_then(|page| page.parse().ok()).unwrap_or(0) + parts.len();
        let is_more = !parts.is_empty() && list.total.is_some_and(|total| end < total);
        is_more.then(|| end.to_string())
    } else {
        // The last page has a cursor too; only `next` says that there is more.
        let paging = list.paging.filter(|paging| paging.next.is_some());
        let after = paging.and_then(|paging| text(paging.cursors?.after.as_deref()));
        after.map(|after| format!("{CURSOR}{after}"))
    };
    Some(TemplatePage { rows, next })
}

fn row(channel: &OpenChannel, part: &RawValue) -> Option<TemplateRow> {
    let told: Told<'_> = read(Some(part))?;
    let reason = told.rejected_reason.as_deref();
    Some(TemplateRow {
        id: id(channel, &told),
        name: text(told.name.as_deref())?,
        language: text(told.language.as_deref())?,
        status: text(told.status.as_deref())?,
        reason: text(reason.filter(|reason| !reason.eq_ignore_ascii_case("none"))),
        category: told.category.as_deref().and_then(Category::of),
        quality: read::<Quality<'_>>(told.quality_score)
            .and_then(|quality| text(quality.score.as_deref())),
    })
}

/// `DELETE /v1/configs/templates/{name}`: our names are unique, so all its languages are the one.
pub(super) fn delete(channel: &OpenChannel, outbound: &Outbound) -> Request<Vec<u8>> {
    let [a, b, c] = PATH;
    call::to(channel, Method::DELETE, &[a, b, c, &outbound.template_name], &[], None)
}
