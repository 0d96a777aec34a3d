//! Submits a template for review, from its creation and again by the poll until the provider was reached.

use std::time::Duration;

use http::StatusCode;

use super::upload::{Brought, bring};
use crate::domain::channel::OpenChannel;
use crate::domain::message::MediaKind;
use crate::domain::outbound::{Outbound, ReviewStatus, TemplateType};
use crate::domain::time::Time;
use crate::ports::{CallError, Http, Reach};
use crate::provider::{self, Class, Purpose, Submitted, Upload};

const TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 256 * 1024;
const MB: usize = 1024 * 1024;
/// The largest sample of any kind (infobip 5; the others take no less).
const SAMPLE_BYTES_MAX: usize = 16 * MB;

/// The provider's word for a template that it refused on the spot.
const REJECTED: &str = "rejected";

/// The outbound after its submission; `None` if the provider could not be reached or wants it later.
pub(super) async fn submit(
    http: &dyn Http,
    channel: &OpenChannel,
    outbound: &Outbound,
    now: Time,
) -> Option<Outbound> {
    let provider = provider::of(channel.provider);
    let samples = match samples(http, channel, outbound).await? {
        Ok(samples) => samples,
        Err(reason) => return Some(refused(outbound, reason, now)),
    };
    let request = provider.submit_template(channel, outbound, &samples);
    let response = match http.call(request, Reach::Configured, TIMEOUT, ANSWER_BYTES_MAX).await {
        Ok(response) => response,
        Err(error) => {
            tracing::warn!(outbound.id = %outbound.id, %error, "a template was not submitted");
            return None;
        }
    };
    match provider.read_submitted(channel, &response) {
        Submitted::Taken { template_id, provider_status } => Some(Outbound {
            status: outbound.status.after(&provider_status),
            provider_status,
            template_id: template_id.or(outbound.template_id.clone()),
            updated: now,
            version: outbound.version + 1,
            ..outbound.clone()
        }),
        Submitted::Refused { reason } => Some(refused(outbound, reason, now)),
        Submitted::Later => None,
    }
}

fn refused(outbound: &Outbound, reason: String, now: Time) -> Outbound {
    Outbound {
        status: ReviewStatus::Rejected,
        provider_status: REJECTED.to_owned(),
        rejected_reason: Some(reason),
        updated: now,
        version: outbound.version + 1,
        ..outbound.clone()
    }
}

/// What stands for the template's files in its submission, or why they will never do; `None`: not now.
async fn samples(
    http: &dyn Http,
    channel: &OpenChannel,
    outbound: &Outbound,
) -> Option<Result<Vec<String>, String>> {
    let mut handles = Vec::new();
    if !provider::of(channel.provider).wants_samples(channel) {
        return Some(Ok(handles));
    }
    for (template_type, url) in outbound.files() {
        let kind = match template_type {
            TemplateType::Video => MediaKind::Video,
            TemplateType::Image => MediaKind::Image,
            TemplateType::Document => MediaKind::Document,
            TemplateType::Text | TemplateType::Location => continue,
        };
        match sample(http, channel, outbound, (kind, url)).await? {
            Ok(handle) => handles.extend(handle),
            Err(reason) => return Some(Err(reason)),
        }
    }
    Some(Ok(handles))
}

/// One file, brought to the provider; no handle where it takes the address after all.
async fn sample(
    http: &dyn Http,
    channel: &OpenChannel,
    outbound: &Outbound,
    (kind, url): (MediaKind, &str),
) -> Option<Result<Option<String>, String>> {
    let (mime, bytes) = match fetch(http, outbound, kind, url).await? {
        Ok(file) => file,
        Err(reason) => return Some(Err(reason)),
    };
    let filename = url.rsplit('/').next().and_then(|last| last.split(['?', '#']).next());
    let filename = filename.filter(|name| !name.is_empty());
    let file = Upload { purpose: Purpose::Sample, kind, mime: &mime, filename, bytes: &bytes };
    match bring(http, channel, &file).await {
        Ok(Brought::Under(handle)) => Some(Ok(Some(handle))),
        Ok(Brought::ByAddress) => Some(Ok(None)),
        Ok(Brought::Refused { class: Class::Final, failure }) => Some(Err(failure.message)),
        Ok(Brought::Refused { failure, .. }) => {
            tracing::warn!(outbound.id = %outbound.id, code = failure.code, "a template's file was not taken");
            None
        }
        Err(error) => {
            tracing::warn!(outbound.id = %outbound.id, %error, "a template's file was not brought");
            None
        }
    }
}

/// The file with its type, or the rule that it breaks (whatsapp-rules 3); `None`: it cannot be had now.
async fn fetch(
    http: &dyn Http,
    outbound: &Outbound,
    kind: MediaKind,
    url: &str,
) -> Option<Result<(String, Vec<u8>), String>> {
    let request = http::Request::get(url).body(Vec::new()).ok()?;
    let answer = match http.call(request, Reach::Public, TIMEOUT, SAMPLE_BYTES_MAX).await {
        Ok(answer) if answer.status().is_success() => answer,
        // Nobody will find it there later either; the caller has to say where it is.
        Ok(answer) if is_final(answer.status()) => {
            return Some(Err(format!("{url} answers {}", answer.status().as_u16())));
        }
        Ok(answer) => {
            let status = answer.status().as_u16();
            tracing::warn!(outbound.id = %outbound.id, status, "the file of a template cannot be had");
            return None;
        }
        Err(CallError::Forbidden { rule, .. }) => return Some(Err(format!("{url}: {rule}"))),
        Err(error) => {
            tracing::warn!(outbound.id = %outbound.id, %error, "the file of a template cannot be had");
            return None;
        }
    };
    let mime = answer.headers().get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let mime = mime.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    let mime = mime.trim().to_ascii_lowercase();
    let (types, bytes_max) = limits(kind);
    if !types.contains(&mime.as_str()) {
        return Some(Err(format!("{url} has the type {mime}, not one of {}", types.join(", "))));
    }
    let bytes = answer.into_body();
    // A body is cut off at the limit of the call.
    if bytes.is_empty() || bytes.len() >= bytes_max {
        return Some(Err(format!("{url} must have less than {} MB", bytes_max / MB)));
    }
    Some(Ok((mime, bytes)))
}

fn is_final(status: StatusCode) -> bool {
    let may_pass = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    (status.is_client_error() || status.is_redirection()) && !may_pass.contains(&status)
}

/// Types and bytes of a file that can stand as a sample.
const fn limits(kind: MediaKind) -> (&'static [&'static str], usize) {
    match kind {
        MediaKind::Image | MediaKind::Sticker => (&["image/jpeg", "image/png"], 5 * MB),
        MediaKind::Video => (&["video/mp4", "video/3gpp"], SAMPLE_BYTES_MAX),
        MediaKind::Document | MediaKind::Audio | MediaKind::Voice => {
            (&["application/pdf"], SAMPLE_BYTES_MAX)
        }
    }
}
