//! Templates through Karix's API (karix 5): components as Meta has them, addressed by number, where sending wants the
//! name. Without the account's id there are none: every call then reads as "later".

use http::{Method, Request, Response, StatusCode};
use serde_json::json;

use super::settings::{account, template_token, template_url};
use super::wire::{Object, call, post};
use crate::domain::channel::OpenChannel;
use crate::domain::message::Failure;
use crate::domain::outbound::{Button, Category, Outbound, TemplateType};
use crate::provider::cloud::{any, template};
use crate::provider::multipart::Form;
use crate::provider::request::{self, segment};
use crate::provider::{Class, Submitted, TemplatePage, TemplateRow, Upload, UploadStep};

/// A template of this name is there already.
const EXISTS: &str = "1003";
/// The token belongs to another sender account.
const OTHER_ACCOUNT: &str = "1004";

/// What the file's part is called: clients of the same API differ, so the second is tried where the first is refused.
const FILE_PARTS: [&str; 2] = ["file", "certifile"];

/// What a sending has no place for (karix 2): it would be approved, and could never be sent.
pub(super) fn fits(outbound: &Outbound) -> Result<(), (&'static str, &'static str)> {
    let parts = &outbound.parts;
    let has_variable = parts.header_text.as_deref().is_some_and(|text| text.contains("{{"));
    let has_code = outbound.buttons.iter().any(|button| matches!(button, Button::CopyCode { .. }));
    for (field, is_there) in [
        ("cards", !parts.cards.is_empty()),
        ("limited_time_offer", parts.offer.is_some()),
        ("copy_code", has_code),
    ] {
        if is_there {
            return Err((field, "is nothing that karix channels can have"));
        }
    }
    if has_variable {
        return Err(("header_text", "must not have a variable at karix"));
    }
    if outbound.template_type == TemplateType::Location {
        return Err(("template_type", "must not be LOCATION at karix"));
    }
    Ok(())
}

/// `POST /template/{wabaId}`.
pub(super) fn submit(
    channel: &OpenChannel,
    outbound: &Outbound,
    samples: &[String],
) -> Request<Vec<u8>> {
    let template = template::creation(outbound, samples);
    let body = json!({
        "template_name": template["name"],
        "language": template["language"],
        "category": template["category"],
        "components": template["components"],
    });
    post(&url(channel, ""), template_token(channel), &body)
}

/// An address below the account's templates. Without an account there is none in it, and Karix refuses.
fn url(channel: &OpenChannel, below: &str) -> String {
    template_url(channel, &format!("{}{below}", segment(account(channel).unwrap_or_default())))
}

/// What an answer of the template API is, apart from what it holds.
enum Told<'a> {
    /// A success: the inner `response`, or all of it where there is none.
    Good(Object<'a>),
    /// Karix says why not.
    Refused { code: String, reason: String },
    /// Not Karix's words, or its trouble.
    Nothing,
}

fn told(response: &Response<Vec<u8>>) -> Told<'_> {
    let Some(body) = Object::of_bytes(response.body()) else { return Told::Nothing };
    let code = body.text("errorCode").filter(|code| code != "0");
    let status = response.status();
    match (code, status.is_success()) {
        (None, true) => Told::Good(body.object("response").unwrap_or(body)),
        (None, false) if status.is_client_error() => {
            Told::Refused { code: format!("http_{}", status.as_u16()), reason: reason(&body) }
        }
        (None, false) => Told::Nothing,
        (Some(code), _) => Told::Refused { code, reason: reason(&body) },
    }
}

fn reason(body: &Object<'_>) -> String {
    let said = body.first_text(&["errorMessage", "message", "error"]);
    said.unwrap_or_else(|| "the provider gave no reason".to_owned())
}

/// Whether a refusal is about the caller or the moment, and not about what was asked for.
fn is_later(code: &str, status: StatusCode) -> bool {
    code == OTHER_ACCOUNT
        || matches!(status.as_u16(), 401 | 403 | 404 | 408 | 429)
        || status.is_server_error()
}

pub(super) fn read_submitted(channel: &OpenChannel, response: &Response<Vec<u8>>) -> Submitted {
    let pending = || "PENDING".to_owned();
    match told(response) {
        Told::Good(body) => {
            let inner = body.object("data").unwrap_or(body);
            let template_id = inner.first_text(&["templateId", "fb_template_id"]);
            let word = inner.first_text(&["template_create_status", "status"]);
            // A success without a number is found in the list by its name.
            let provider_status = word.filter(|_| template_id.is_some()).unwrap_or_else(pending);
            Submitted::Taken { template_id, provider_status }
        }
        Told::Refused { code, .. } if code == EXISTS => {
            Submitted::Taken { template_id: None, provider_status: pending() }
        }
        Told::Refused { code, reason }
            if account(channel).is_some() && !is_later(&code, response.status()) =>
        {
            Submitted::Refused { reason }
        }
        Told::Refused { .. } | Told::Nothing => Submitted::Later,
    }
}

/// `GET /template/{wabaId}`: all at once.
pub(super) fn list(channel: &OpenChannel) -> Request<Vec<u8>> {
    call(Method::GET, &url(channel, ""), template_token(channel))
}

/// `None` unless it is a list. A row that cannot be read does not lose the others.
pub(super) fn read_list(response: &Response<Vec<u8>>) -> Option<TemplatePage> {
    let Told::Good(body) = told(response) else { return None };
    let rows: Vec<&serde_json::value::RawValue> = any(body.part("templates"))?;
    let rows = rows.into_iter().filter_map(|part| row(&Object::of(part)?));
    Some(TemplatePage { rows: rows.collect(), next: None })
}

fn row(row: &Object<'_>) -> Option<TemplateRow> {
    Some(TemplateRow {
        id: row.text("fb_template_id"),
        name: row.text("template_name")?,
        language: row.first_text(&["language", "language_code"]).unwrap_or_default(),
        status: row.first_text(&["template_create_status", "status"])?,
        reason: row.text("template_status_reason").filter(|reason| reason != "NONE"),
        category: row
            .first_text(&["template_category", "category"])
            .and_then(|word| Category::of(&word)),
        quality: None,
    })
}

/// `DELETE /template/{wabaId}/{number}`. One whose number was never told cannot be deleted.
pub(super) fn delete(channel: &OpenChannel, outbound: &Outbound) -> Option<Request<Vec<u8>>> {
    account(channel)?;
    let id = segment(outbound.template_id.as_ref()?);
    Some(call(Method::DELETE, &url(channel, &format!("/{id}")), template_token(channel)))
}

/// `POST /template/{wabaId}/media`: brings the example of a header and answers with its handle.
pub(super) fn upload(
    channel: &OpenChannel,
    file: &Upload<'_>,
    answers: &[Response<Vec<u8>>],
) -> UploadStep {
    let refused = |class, code: String, message| {
        let provider = channel.provider.as_str().to_owned();
        UploadStep::Refused { class, failure: Failure { provider, code, message } }
    };
    let told_last = answers.last().map(|answer| (told(answer), answer.status()));
    match told_last {
        None => UploadStep::Call(sample(channel, file, FILE_PARTS[0])),
        Some((Told::Good(body), _)) => {
            match body.first_text(&["fileHandle", "header_handle", "handle"]) {
                Some(handle) => UploadStep::Done(handle),
                None => refused(Class::Final, "no_handle".to_owned(), no_handle()),
            }
        }
        Some((Told::Refused { code, reason }, status)) if is_later(&code, status) => {
            let is_busy = matches!(status.as_u16(), 408 | 429 | 500..);
            let class = if is_busy { Class::Retry(None) } else { Class::Configuration };
            refused(class, code, reason)
        }
        Some((Told::Refused { code, reason }, _)) => match FILE_PARTS.get(answers.len()) {
            Some(part) => UploadStep::Call(sample(channel, file, part)),
            None => refused(Class::Final, code, reason),
        },
        Some((Told::Nothing, status)) => {
            let code = format!("http_{}", status.as_u16());
            refused(Class::Retry(None), code, "the answer is no JSON".to_owned())
        }
    }
}

fn no_handle() -> String {
    "the answer to the upload names no handle".to_owned()
}

fn sample(channel: &OpenChannel, file: &Upload<'_>, part: &str) -> Request<Vec<u8>> {
    let filename = file.filename.unwrap_or("sample");
    let form = Form::around(file.bytes).text("file_type", file.mime).text("fileName", filename);
    let (kind, body) = form.file(part, filename, file.mime, file.bytes).finish();
    let mut request = call(Method::POST, &url(channel, "/media"), template_token(channel));
    request::fill(&mut request, kind, body);
    request
}
