//! The ports on AWS. The clients share one HTTP client and its connections; nothing here decides anything.

pub mod absent;
pub mod audit;
pub mod client;
mod connector;
pub mod https;
pub mod insights;
pub mod json;
pub mod kms;
pub mod network;
pub mod s3;
pub mod scheduler;
pub mod signature;
pub mod sqs;
pub mod system;

use std::error::Error as StdError;

use aws_sdk_scheduler::error::{ProvideErrorMetadata, SdkError};

use crate::error::Error;

/// What a failed call means: a refusal that no second try can help is a fault of ours, anything else is a service
/// that did not do its part. The message of a refusal names resources, never contents.
fn failed<E>(service: &'static str, error: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let said = error.as_service_error().map(ProvideErrorMetadata::meta);
    match said.and_then(|meta| Some((meta.code()?, meta.message().unwrap_or_default()))) {
        Some((code, message)) if is_final(code) => {
            Error::internal(format!("{service} refused a call: {code}: {message}"))
        }
        Some(_) | None => Error::unavailable(service, error),
    }
}

fn is_final(code: &str) -> bool {
    matches!(
        code.rsplit('#').next().unwrap_or(code),
        "AccessDenied"
            | "AccessDeniedException"
            | "AWS.SimpleQueueService.NonExistentQueue"
            | "InvalidCiphertextException"
            | "InvalidMessageContents"
            | "InvalidParameterValue"
            | "NoSuchBucket"
            | "NotFoundException"
            | "QueueDoesNotExist"
            | "ResourceNotFoundException"
            | "ValidationException"
    )
}

#[cfg(test)]
pub(crate) mod stand_in;
