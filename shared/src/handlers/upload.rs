//! Brings a file to its provider, call by call, for those that take no address. Not: which files are brought.

use std::time::Duration;

use crate::domain::channel::OpenChannel;
use crate::domain::message::Failure;
use crate::ports::{CallError, Http, Reach};
use crate::provider::{self, Class, Upload, UploadStep};

/// A file may be large.
const TIMEOUT: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// No provider wants more calls for one file.
const CALLS_MAX: usize = 4;

/// Where the file is afterwards.
#[derive(Debug)]
pub(super) enum Brought {
    /// At its address: the provider fetches it from there.
    ByAddress,
    /// At the provider, under this id or handle.
    Under(String),
    Refused {
        class: Class,
        failure: Failure,
    },
}

/// Brings the file there.
///
/// # Errors
/// A call got no answer. The file may lie there all the same; nothing refers to it.
pub(super) async fn bring(
    http: &dyn Http,
    channel: &OpenChannel,
    file: &Upload<'_>,
) -> Result<Brought, CallError> {
    let provider = provider::of(channel.provider);
    let mut answers = Vec::new();
    loop {
        let request = match provider.upload(channel, file, &answers) {
            UploadStep::ByAddress => return Ok(Brought::ByAddress),
            UploadStep::Done(id) => return Ok(Brought::Under(id)),
            UploadStep::Refused { class, failure } => {
                return Ok(Brought::Refused { class, failure });
            }
            UploadStep::Call(_) if answers.len() >= CALLS_MAX => {
                let failure = Failure {
                    provider: "wharf".to_owned(),
                    code: "upload".to_owned(),
                    message: "the upload of a file does not end".to_owned(),
                };
                return Ok(Brought::Refused { class: Class::Final, failure });
            }
            UploadStep::Call(request) => request,
        };
        answers.push(http.call(request, Reach::Configured, TIMEOUT, ANSWER_BYTES_MAX).await?);
    }
}
