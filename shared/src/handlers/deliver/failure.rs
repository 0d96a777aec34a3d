//! Why a message failed where the provider had no say: failures in our own words.

use crate::domain::message::Failure;

/// A failure that callers see as the gateway's.
pub(in crate::handlers) fn ours(code: &str, message: &str) -> Failure {
    Failure { provider: "wharf".to_owned(), code: code.to_owned(), message: message.to_owned() }
}

pub(super) fn no_answer() -> Failure {
    ours("no_answer", "the provider never answered")
}

pub(super) fn inactive() -> Failure {
    ours("channel_inactive", "the channel is not active")
}

pub(super) fn queue_full() -> Failure {
    ours("queue_full", "too many messages wait for the user")
}

/// The sentence of contracts 8.4.
pub fn window_closed() -> Failure {
    ours("window_closed", "24-hour service window is closed")
}
