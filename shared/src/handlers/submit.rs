//! Submits a template for review, from its creation and again by the poll until the provider was reached.

use std::time::Duration;

use super::upload::{Brought, bring};
use crate::domain::channel::OpenChannel;
use crate::domain::message::MediaKind;
use crate::domain::outbound::TemplateType;
use crate::domain::outbound::{Outbound, ReviewStatus};
use crate::domain::time::Time;
use crate::ports::{Http, Reach};
use crate::provider::{self, Class, Purpose, Submitted, Upload};

const TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// The largest example that is accepted (infobip 5; the others take no less).
const SAMPLE_BYTES_MAX: usize = 16 * 1024 * 1024;

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
    let sample = match sample(http, channel, outbound).await? {
        Sample::Handle(handle) => Some(handle),
        Sample::None => None,
        Sample::Refused(reason) => return Some(refused(outbound, reason, now)),
    };
    let request = provider.submit_template(channel, outbound, sample.as_deref());
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

/// What stands for the header's file in a submission.
enum Sample {
    /// There is no file, or its address does.
    None,
    Handle(String),
    Refused(String),
}

/// The header's file, brought to the provider if it wants that; `None`: not now.
async fn sample(http: &dyn Http, channel: &OpenChannel, outbound: &Outbound) -> Option<Sample> {
    let kind = match outbound.template_type {
        TemplateType::Text => return Some(Sample::None),
        TemplateType::Video => MediaKind::Video,
        TemplateType::Image => MediaKind::Image,
        TemplateType::Document => MediaKind::Document,
    };
    let Some(url) = &outbound.media_url else { return Some(Sample::None) };
    let request = http::Request::get(url).body(Vec::new()).ok()?;
    let answer = http.call(request, Reach::Public, TIMEOUT, SAMPLE_BYTES_MAX).await;
    let answer = match answer {
        Ok(answer) if answer.status().is_success() => answer,
        Ok(_) | Err(_) => {
            tracing::warn!(outbound.id = %outbound.id, "the file of a template cannot be had");
            return None;
        }
    };
    let mime = answer.headers().get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let mime = mime.and_then(|kind| kind.split(';').next()).unwrap_or("application/octet-stream");
    let file = Upload {
        purpose: Purpose::Sample,
        kind,
        mime: mime.trim(),
        filename: None,
        bytes: answer.body(),
    };
    match bring(http, channel, &file).await {
        Ok(Brought::Under(handle)) => Some(Sample::Handle(handle)),
        Ok(Brought::ByAddress) => Some(Sample::None),
        Ok(Brought::Refused { class: Class::Final, failure }) => {
            Some(Sample::Refused(failure.message))
        }
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
