//! What a provider refuses for now is written on the channel: everybody sees it within half a minute and stops calling,
//! and people read it as a warning. The first message that is taken afterwards takes it away.

use std::time::Duration;

use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::domain::ids::ChannelId;
use crate::domain::limits::{Scope, Stop};
use crate::domain::message::{Failure, Sending};
use crate::domain::time::Time;
use crate::error::Result;
use crate::provider::{Class, codes};
use crate::store::Store;

/// How long the first wait is where the code says nothing.
const WAIT: Duration = Duration::from_hours(1);
/// How long messages fail untried after the first refusal of a channel that somebody has to set right.
const FAIL: Duration = Duration::from_mins(5);

/// Notes a refusal: whom it concerns, and until when. One message's wait is nobody else's matter and is not noted.
pub(super) async fn note(
    store: &Store,
    channel: ChannelId,
    stop: Stop,
    failure: &Failure,
    asked: Duration,
    now: Time,
) -> Result<(Scope, Time)> {
    let first = match stop {
        Stop::Wait => WAIT,
        Stop::Fail => FAIL,
    };
    let (scope, after) = codes::reach(failure, first);
    let after = after.max(asked);
    if (stop, scope) == (Stop::Wait, Scope::Message) {
        return Ok((scope, now + after));
    }
    let limits = store
        .change_limits(channel, |limits| limits.held(stop, (scope, after), failure, now))
        .await?;
    let hold = limits.holds.iter().find(|hold| hold.failure.code == failure.code);
    Ok((scope, hold.map_or(now + after, |hold| hold.until)))
}

/// Whether a status's failure is worth a look: only the account's troubles are, and those are rare.
pub(super) fn concerns_others(kind: ProviderKind, failure: &Failure) -> bool {
    let scope = codes::reach(failure, WAIT).0;
    late_stop(kind, failure).is_some_and(|stop| (stop, scope) != (Stop::Wait, Scope::Message))
}

/// Notes a refusal that came with a status.
pub(super) async fn late(
    store: &Store,
    channel: &OpenChannel,
    failure: &Failure,
    now: Time,
) -> Result<()> {
    if let Some(stop) = late_stop(channel.provider, failure) {
        note(store, channel.id, stop, failure, Duration::ZERO, now).await?;
    }
    Ok(())
}

fn late_stop(kind: ProviderKind, failure: &Failure) -> Option<Stop> {
    match codes::of_failure(kind, failure)? {
        Class::Wait => Some(Stop::Wait),
        Class::Configuration => Some(Stop::Fail),
        Class::Retry(_) | Class::TemplateNeeded | Class::Final => None,
    }
}

/// The provider took a message: what is over is forgotten.
pub(super) async fn release(
    store: &Store,
    channel: ChannelId,
    sending: &Sending,
    now: Time,
) -> Result<()> {
    let is_template = sending.content.is_template();
    store.change_limits(channel, |limits| limits.released(is_template, now)).await.map(drop)
}
