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
        // (name, language) is the key of a template: other languages of it are not ours.
        if changed.language.as_deref().is_some_and(|language| !before.is_language(language)) {
            return Ok(false);
        }
        let Some(after) = after(&before, changed, now) else {
            return Ok(true);
        };
        // Told before it is saved: who dies in between tells the same event again, under the same id.
        tell(store, queue, channel, (&before, &after), now).await?;
        match store.save_outbound(before.version, &after, None).await {
            Ok(()) => return Ok(true),
            Err(Error::Changed(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::Changed("the outbound"))
}

/// The outbound after what the provider said; `None` if nothing changes.
fn after(before: &Outbound, changed: &TemplateChanged, now: Time) -> Option<Outbound> {
    let mut after = before.clone();
    if let Some(word) = &changed.provider_status {
        after.status = before.status.after(word);
        // Events and lists of one provider write the same word differently.
        if !before.provider_status.eq_ignore_ascii_case(word) {
            after.provider_status.clone_from(word);
            if ReviewStatus::of(word).is_none() {
                tracing::warn!(outbound.id = %before.id, word, "unknown word of a provider");
            }
        }
        after.rejected_reason = match after.status {
            ReviewStatus::Rejected => {
                changed.reason.clone().or_else(|| before.rejected_reason.clone())
            }
            ReviewStatus::Approved | ReviewStatus::Pending => None,
        };
    }
    if let Some(category) = changed.category.filter(|category| *category != before.category) {
        after.category = category;
        after.rating.previous_category = Some(before.category);
        after.rating.next_category = None;
    }
    if changed.next_category.is_some_and(|next| next != after.category) {
        after.rating.next_category = changed.next_category;
    }
    after.rating.quality = changed.quality.clone().or(after.rating.quality);
    after.template_id = changed.provider_id.clone().or(after.template_id);
    if after == *before {
        return None;
    }
    after.updated = now;
    after.version += 1;
    Some(after)
}

/// `outbound_template` with the status as action, and `category_changed` where WhatsApp moved it or announced to. The
/// ids derive from the version, so a second telling is the same.
pub(super) async fn tell(
    store: &Store,
    queue: &dyn Queue,
    channel: &OpenChannel,
    (before, after): (&Outbound, &Outbound),
    now: Time,
) -> Result<()> {
    let status = match after.status {
        ReviewStatus::Approved => "approved",
        ReviewStatus::Pending => "pending",
        ReviewStatus::Rejected => "rejected",
    };
    let is_moved = after.category != before.category
        || (after.rating.next_category.is_some()
            && after.rating.next_category != before.rating.next_category);
    let actions =
        [(after.status != before.status).then_some(status), is_moved.then_some("category_changed")];
    let events: Vec<HookEvent> =
        actions.into_iter().flatten().map(|action| event(channel, after, action)).collect();
    if events.is_empty() {
        return Ok(());
    }
    let jobs = hook::jobs(store, now, &events).await?;
    if jobs.is_empty() { Ok(()) } else { queue.put(QueueName::Hook, jobs).await }
}

fn event(channel: &OpenChannel, outbound: &Outbound, action: &str) -> HookEvent {
    HookEvent {
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
            "category": outbound.category, "previous_category": outbound.rating.previous_category,
            "next_category": outbound.rating.next_category, "quality": outbound.rating.quality,
            "waba_phone_number": outbound.phone_number, "waba_provider": outbound.provider,
            "update_date": outbound.updated,
        }),
    }
}
