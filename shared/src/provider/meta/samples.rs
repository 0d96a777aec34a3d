//! The files of a template, uploaded to the app in two calls: the first tells name, length and type, the second brings
//! the bytes, and its answer is the handle that stands for the file in the submission (meta-cloud 1, 5).

use http::header::{AUTHORIZATION, HeaderValue};
use http::{Method, Request, Response};
use serde::Deserialize;

use super::call;
use crate::domain::channel::OpenChannel;
use crate::domain::message::Failure;
use crate::provider::cloud::answer;
use crate::provider::request;
use crate::provider::{Answer, Class, Upload, UploadStep};

/// What the id of an upload begins with.
const PREFIX: &str = "upload:";
/// Where the upload begins: there is nothing of it yet.
const FILE_OFFSET: &str = "file_offset";

/// What either call is answered.
#[derive(Debug, Deserialize)]
struct Told {
    id: Option<String>,
    h: Option<String>,
}

/// The app that the files are uploaded to.
pub(super) fn app(channel: &OpenChannel) -> Option<&str> {
    Some(channel.setting("app_id", "")).filter(|id| !id.is_empty())
}

/// The next call, or what came of it.
pub(super) fn step(
    channel: &OpenChannel,
    file: &Upload<'_>,
    answers: &[Response<Vec<u8>>],
) -> UploadStep {
    let Some(last) = answers.last() else {
        return match app(channel) {
            Some(app) => UploadStep::Call(begin(channel, app, file)),
            None => unset(channel),
        };
    };
    let told = serde_json::from_slice::<Told>(last.body()).ok();
    let told = told.filter(|_| last.status().is_success());
    match (answers.len(), told) {
        (1, Some(Told { id: Some(id), .. })) if is_upload(&id) => {
            UploadStep::Call(write(channel, &id, file))
        }
        (2.., Some(Told { h: Some(handle), .. })) if !handle.is_empty() => UploadStep::Done(handle),
        _ => match answer::to_sending(channel, last) {
            Answer::Refused { class, failure } => UploadStep::Refused { class, failure },
            Answer::Accepted { provider_id, .. } => UploadStep::Refused {
                class: Class::Retry(None),
                failure: failure(channel, &format!("the upload was answered with {provider_id}")),
            },
        },
    }
}

fn unset(channel: &OpenChannel) -> UploadStep {
    let failure = failure(channel, "the channel has no app_id, which files of templates want");
    UploadStep::Refused { class: Class::Configuration, failure }
}

fn failure(channel: &OpenChannel, message: &str) -> Failure {
    let (provider, code) = (channel.provider.as_str().to_owned(), "upload".to_owned());
    Failure { provider, code, message: message.to_owned() }
}

/// `POST /{app-id}/uploads`.
fn begin(channel: &OpenChannel, app: &str, file: &Upload<'_>) -> Request<Vec<u8>> {
    let length = file.bytes.len().to_string();
    let query = [
        ("file_name", file.filename.unwrap_or("sample")),
        ("file_length", length.as_str()),
        ("file_type", file.mime),
    ];
    call::graph(channel, Method::POST, &[app, "uploads"], &query, None)
}

/// `POST /{upload-id}`. The token stands under another word than in all other calls.
fn write(channel: &OpenChannel, id: &str, file: &Upload<'_>) -> Request<Vec<u8>> {
    let mut request = call::node(channel, Method::POST, id);
    let token = channel.credentials.get("access_token").unwrap_or_default();
    request::secret_header(&mut request, AUTHORIZATION, &format!("OAuth {token}"));
    request.headers_mut().insert(FILE_OFFSET, HeaderValue::from_static("0"));
    *request.body_mut() = file.bytes.to_vec();
    request
}

/// The id is part of an address and has a signature as its query: nothing in it may lead elsewhere.
fn is_upload(id: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b":?=&._-%+~".contains(&b);
    id.starts_with(PREFIX) && id.bytes().all(is_part)
}
