//! The upload of a file for a message: one call of several parts, answered with the file's id. Samples of templates
//! are brought in another way.

use http::Response;
use http::header::HeaderValue;

use super::answer::to_sending;
use super::wire;
use crate::domain::attachment::default_name;
use crate::domain::channel::OpenChannel;
use crate::domain::message::Failure;
use crate::provider::multipart::Form;
use crate::provider::{Answer, Class, Upload, UploadStep};

/// The `Content-Type` and the body of the call.
pub(in crate::provider) fn form(file: &Upload<'_>) -> (HeaderValue, Vec<u8>) {
    let name = default_name(file.kind, file.mime);
    Form::around(file.bytes)
        .text("messaging_product", "whatsapp")
        .text("type", file.mime)
        .file("file", file.filename.unwrap_or(&name), file.mime, file.bytes)
        .finish()
}

/// What the answer says.
pub(in crate::provider) fn read(channel: &OpenChannel, response: &Response<Vec<u8>>) -> UploadStep {
    let answer = serde_json::from_slice::<wire::Answer<'_>>(response.body()).ok();
    let id = answer.as_ref().and_then(|answer| answer.id.as_deref()).filter(|id| !id.is_empty());
    if let Some(id) = id.filter(|_| response.status().is_success()) {
        return UploadStep::Done(id.to_owned());
    }
    match to_sending(channel, response) {
        Answer::Refused { class, failure } => UploadStep::Refused { class, failure },
        Answer::Accepted { .. } => UploadStep::Refused {
            class: Class::Final,
            failure: Failure {
                provider: channel.provider.as_str().to_owned(),
                code: response.status().as_str().to_owned(),
                message: "the answer to an upload names no file".to_owned(),
            },
        },
    }
}
