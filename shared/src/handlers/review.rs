//! A template's review came a step further: told by the provider's event or found by the poll, it is the same.

use crate::domain::channel::OpenChannel;
use crate::domain::event::TemplateChanged;
use crate::domain::hook::{EventKind, HookEvent};
use crate::domain::ids::EventId;
use crate::domain::outbound::{Outbound, ReviewStatus};
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::handlers::{effects::TRIES, hook};
use crate::ports::{Queue, QueueName};
use crate::store::Store;

/// Takes what the provider says into the outbound that the template belongs to. False if there is none.
pub(super) async fn apply(
    store: &Store,
    queue: &dyn Queue,
    channel: &OpenChannel,
    changed: &TemplateChanged,
    now: Time,
) -> Result<bool> {
    let Some(name) = &changed.name else { return Ok(false) };
    for _ in 0..TRIES {
        let Some(before) = store.outbound_by_template(channel.id, name).await? else {
            return Ok(false);
        };
        let Some(after) = after(&before, changed, now) else {
            return Ok(true);
        };
        // Told before it is saved: who dies in between tells the same event again, under the same id.
        if after.status != before.status {
            tell(store, queue, channel, &after, now).await?;
        }
        match store.save_outbound(before.version, &after, None).await {
            Ok(()) => return Ok(true),
            Err(Error::Changed(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::Changed("the outbound"))
}

/// The outbound after the provider's word; `None` if nothing changes.
pub(super) fn after(before: &Outbound, changed: &TemplateChanged, now: Time) -> Option<Outbound> {
    let status = before.status.after(&changed.provider_status);
    let reason = match status {
        ReviewStatus::Rejected => changed.reason.clone().or_else(|| before.rejected_reason.clone()),
        ReviewStatus::Approved | ReviewStatus::Pending => None,
    };
    let template_id = changed.provider_id.clone().or_else(|| before.template_id.clone());
    let same = status == before.status
        // Events and lists of one provider write the same word differently.
        && before.provider_status.eq_ignore_ascii_case(&changed.provider_status)
        && reason == before.rejected_reason
        && template_id == before.template_id;
    if same {
        return None;
    }
    if ReviewStatus::of(&changed.provider_status).is_none() {
        tracing::warn!(outbound.id = %before.id, word = changed.provider_status, "unknown word of a provider");
    }
    Some(Outbound {
        status,
        provider_status: changed.provider_status.clone(),
        rejected_reason: reason,
        template_id,
        updated: now,
        version: before.version + 1,
        ..before.clone()
    })
}

/// `outbound_template` with the status as action. The id derives from the version, so a second telling is the same.
pub(super) async fn tell(
    store: &Store,
    queue: &dyn Queue,
    channel: &OpenChannel,
    outbound: &Outbound,
    now: Time,
) -> Result<()> {
    let action = match outbound.status {
        ReviewStatus::Approved => "approved",
        ReviewStatus::Pending => "pending",
        ReviewStatus::Rejected => "rejected",
    };
    let event = HookEvent {
        id: EventId::derive(&[
            outbound.id.bytes(),
            action.as_bytes(),
            &outbound.version.to_be_bytes(),
        ]),
        tenant: outbound.tenant,
        channel: channel.id,
        flow: None,
        kind: EventKind::OutboundTemplate,
        action: action.to_owned(),
        time: outbound.updated,
        sequence: None,
        object: serde_json::json!({
            "outbound_id": outbound.id, "outbound_name": outbound.name, "status": outbound.status,
            "provider_status": outbound.provider_status, "rejected_reason": outbound.rejected_reason,
            "waba_phone_number": outbound.phone_number, "waba_provider": outbound.provider,
            "update_date": outbound.updated,
        }),
    };
    let jobs = hook::jobs(store, now, &[event]).await?;
    if jobs.is_empty() { Ok(()) } else { queue.put(QueueName::Hook, jobs).await }
}
