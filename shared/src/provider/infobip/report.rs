//! How far a message of ours has come: delivery and seen reports (infobip 4). Decided on the group of a status, never
//! on its id (infobip 2.6).

use super::id::ours;
use super::parse::{UNREADABLE, time};
use super::wire;
use crate::domain::channel::OpenChannel;
use crate::domain::event::{Event, MessageRef, StatusChanged};
use crate::domain::message::{Failure, Status};
use crate::domain::time::Time;
use crate::provider::Item;
use crate::provider::cloud::{any, read, text};

/// What a group says of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// Accepted or pending: more will be told.
    UnderWay,
    Delivered,
    /// Undeliverable, expired or rejected.
    Failed,
}

/// By number, else by name; `None` for one that is not known.
pub(super) fn group(state: &wire::State<'_>) -> Option<Group> {
    let number = state.group_id.as_deref().and_then(|id| id.parse::<i64>().ok());
    match (number, state.group_name.as_deref()) {
        (Some(0 | 1), _) | (None, Some("ACCEPTED" | "PENDING")) => Some(Group::UnderWay),
        (Some(3), _) | (None, Some("DELIVERED")) => Some(Group::Delivered),
        (Some(2 | 4 | 5), _) | (None, Some("UNDELIVERABLE" | "EXPIRED" | "REJECTED")) => {
            Some(Group::Failed)
        }
        (Some(_) | None, _) => None,
    }
}

/// A delivery report.
pub(super) fn delivery(given: &wire::Outcome<'_>, channel: &OpenChannel, now: Time) -> Item {
    let Some(state) = read::<wire::State<'_>>(given.status) else { return UNREADABLE };
    let (status, failure) = match group(&state) {
        Some(Group::UnderWay) => return Item::Ignored { reason: "pending" },
        Some(Group::Delivered) => (Status::Delivered, None),
        Some(Group::Failed) => {
            let problem = read::<wire::Problem<'_>>(given.error);
            (Status::Failed, Some(failure(channel, &state, problem.as_ref())))
        }
        None => return Item::Ignored { reason: "unknown_status" },
    };
    changed(given, status, given.done_at.as_deref(), failure, now)
}

/// A seen report. Which of its numbers is the user differs between pages, so neither is looked at.
pub(super) fn seen(given: &wire::Outcome<'_>, now: Time) -> Item {
    changed(given, Status::Read, given.seen_at.as_deref(), None, now)
}

fn changed(
    given: &wire::Outcome<'_>,
    status: Status,
    at: Option<&str>,
    failure: Option<Failure>,
    now: Time,
) -> Item {
    let id = given.message_id.as_deref();
    // Our own id is the message's; what else we gave only comes back in delivery reports.
    let called_back = any::<String>(given.callback_data).and_then(|text| text.parse().ok());
    let ours = id.and_then(ours).or(called_back).map(MessageRef::Ours);
    let Some(message) = ours.or_else(|| text(id).map(MessageRef::Provider)) else {
        return UNREADABLE;
    };
    let time = time(at).or_else(|| time(given.sent_at.as_deref())).unwrap_or(now);
    let (alias, to) = (None, None);
    Item::Event(Event::StatusChanged(StatusChanged { message, alias, to, status, time, failure }))
}

/// The error, or the status where there is none: without credits the status alone tells.
pub(super) fn failure(
    channel: &OpenChannel,
    state: &wire::State<'_>,
    problem: Option<&wire::Problem<'_>>,
) -> Failure {
    let problem = problem.filter(|problem| problem.id.as_deref().is_some_and(|id| id != "0"));
    let (code, words) = match problem {
        Some(problem) => {
            (text(problem.id.as_deref()), [problem.name.as_deref(), problem.description.as_deref()])
        }
        None => (
            text(state.name.as_deref()).or_else(|| text(state.group_name.as_deref())),
            [state.name.as_deref(), state.description.as_deref()],
        ),
    };
    let words: Vec<&str> = words.into_iter().flatten().filter(|word| !word.is_empty()).collect();
    Failure {
        provider: channel.provider.as_str().to_owned(),
        code: code.unwrap_or_else(|| "unknown".to_owned()),
        message: match words[..] {
            [] => "the provider gave no reason".to_owned(),
            _ => words.join(": "),
        },
    }
}
