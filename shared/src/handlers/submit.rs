//! Submits a template for review, from its creation and again by the poll until the provider was reached.

use std::time::Duration;

use crate::domain::channel::OpenChannel;
use crate::domain::outbound::{Outbound, ReviewStatus};
use crate::domain::time::Time;
use crate::ports::{Http, Reach};
use crate::provider::{self, Submitted};

const TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 256 * 1024;

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
    let request = provider.submit_template(channel, outbound);
    let response = match http.call(request, Reach::Configured, TIMEOUT, ANSWER_BYTES_MAX).await {
        Ok(response) => response,
        Err(error) => {
            tracing::warn!(outbound.id = %outbound.id, %error, "a template was not submitted");
            return None;
        }
    };
    let mut after = Outbound { updated: now, version: outbound.version + 1, ..outbound.clone() };
    match provider.read_submitted(channel, &response) {
        Submitted::Taken { template_id, provider_status } => {
            after.status = outbound.status.after(&provider_status);
            after.provider_status = provider_status;
            after.template_id = template_id.or(after.template_id);
        }
        Submitted::Refused { reason } => {
            after.status = ReviewStatus::Rejected;
            REJECTED.clone_into(&mut after.provider_status);
            after.rejected_reason = Some(reason);
        }
        Submitted::Later => return None,
    }
    Some(after)
}
