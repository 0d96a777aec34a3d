//! The files of a self-serve template, uploaded before it is submitted (B10): to the partner API where the channel has
//! its token, which answers with a handle; else to self-serve, which answers with an id and an address. The gateway
//! takes the customer's address.

use http::{Method, Request, Response};
use serde_json::{Value, json};

use super::NAME;
use super::self_serve_send::{reason, with_key};
use super::settings::{field, partner_url, self_serve_url};
use super::wire::text;
use crate::domain::channel::OpenChannel;
use crate::domain::message::Failure;
use crate::provider::multipart::Form;
use crate::provider::request::{self, secret_header, segment};
use crate::provider::{Upload, UploadStep, codes};

/// The next call, or what came of it.
pub(super) fn step(
    channel: &OpenChannel,
    file: &Upload<'_>,
    answers: &[Response<Vec<u8>>],
) -> UploadStep {
    let Some(answer) = answers.last() else {
        return UploadStep::Call(call(channel, file));
    };
    let body = serde_json::from_slice::<Value>(answer.body()).unwrap_or_default();
    if let Some(given) = given(&body).filter(|_| answer.status().is_success()) {
        return UploadStep::Done(given);
    }
    let failure = Failure {
        provider: NAME.to_owned(),
        code: answer.status().as_u16().to_string(),
        message: reason(&body).1,
    };
    UploadStep::Refused { class: codes::of_status(answer.status()), failure }
}

/// A handle, or an object with id and address.
fn given(body: &Value) -> Option<String> {
    let handle = body.get("handleId").and_then(|handle| text(handle, "message"));
    handle.or_else(|| {
        let media = body.get("media")?;
        Some(json!({ "id": text(media, "id")?, "url": text(media, "url")? }).to_string())
    })
}

fn call(channel: &OpenChannel, file: &Upload<'_>) -> Request<Vec<u8>> {
    if let Some(token) = field(channel, "app_token") {
        let mut request = form(&partner_url(channel, "upload/media"), file);
        secret_header(&mut request, "authorization", token);
        return request;
    }
    let app = segment(field(channel, "app_id").unwrap_or_default());
    let mut request = form(&self_serve_url(channel, &format!("wa/{app}/wa/media/v2")), file);
    with_key(channel, &mut request);
    request
}

/// The file with its type beside it.
fn form(url: &str, file: &Upload<'_>) -> Request<Vec<u8>> {
    let name = file.filename.unwrap_or("sample");
    let form = Form::around(file.bytes).text("file_type", file.mime);
    let (kind, body) = form.file("file", name, file.mime, file.bytes).finish();
    let mut request = request::to(Method::POST, url);
    request::fill(&mut request, kind, body);
    request
}

/// The fields of a submission that name the file. The customer's address where nothing was brought.
pub(super) fn fields(sample: Option<&String>, address: &str) -> Vec<(&'static str, String)> {
    let Some(sample) = sample else { return vec![("mediaUrl", address.to_owned())] };
    let object = serde_json::from_str::<Value>(sample).ok();
    let member = |name| object.as_ref().and_then(|object| text(object, name));
    match (member("id"), member("url")) {
        (Some(id), Some(url)) => vec![("mediaId", id), ("mediaUrl", url)],
        _ => vec![("exampleMedia", sample.clone())],
    }
}
