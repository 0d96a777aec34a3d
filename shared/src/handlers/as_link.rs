//! A file that went by its link and that the provider could not take goes once more, as a plain text with the link
//! (D31, contracts 8.2). Whether the provider said so at once or in a status makes no difference.

use std::time::Duration;

use crate::domain::ids::MessageId;
use crate::domain::message::{Failure, MediaSource, Sending, Status, ToUser};
use crate::domain::time::Time;
use crate::provider::codes::is_about_file;
use crate::store::messages::Sent;

/// A status that comes later tells of something else (contracts 8.2).
const LATE: Duration = Duration::from_mins(10);

/// Whether a text with the link follows this failure.
pub(super) fn follows(sent: &Sent, failure: Option<&Failure>, time: Time) -> bool {
    let claimed = sent.claim.as_ref().map(|(_, time)| *time);
    let begun = sent.handed_over().or(claimed).unwrap_or(sent.sending.time);
    let in_time = time <= begun + LATE;
    in_time && failure.is_some_and(is_about_file) && link(&sent.sending.content).is_some()
}

/// The text that follows; the same however often it is asked for.
pub(super) fn text(sent: &Sent) -> Option<Sending> {
    let failed = |(status, time): &(Status, Time)| (*status == Status::Failed).then_some(*time);
    let time = sent.history.iter().find_map(failed)?;
    if !follows(sent, sent.failure.as_ref(), time) {
        return None;
    }
    let body = link(&sent.sending.content)?.to_owned();
    let id = MessageId::of(sent.sending.conversation(), time, &[sent.sending.id.bytes(), b"link"]);
    let content = ToUser::Text { body, preview_url: true };
    Some(Sending { id, time, content, received: None, ..sent.sending.clone() })
}

/// The link that a file went by. A file that is kept here is not a link of the sender's.
fn link(content: &ToUser) -> Option<&str> {
    match content {
        ToUser::Media(media) if media.stored.is_none() => match media.source.as_ref()? {
            MediaSource::Link(link) => Some(link),
            MediaSource::ProviderId(_) | MediaSource::PrivateLink { .. } => None,
        },
        ToUser::Media(_)
        | ToUser::Text { .. }
        | ToUser::Location(_)
        | ToUser::Contacts { .. }
        | ToUser::Reaction { .. }
        | ToUser::Buttons { .. }
        | ToUser::List { .. }
        | ToUser::CtaUrl { .. }
        | ToUser::LocationRequest { .. }
        | ToUser::Interactive { .. }
        | ToUser::Template(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ChannelId;
    use crate::domain::message::{Media, MediaKind, Origin, OutsideWindow};
    use crate::domain::user::{Address, WaId};

    const SENT_AT: i64 = 1_000_000;

    fn sent(source: MediaSource, stored: bool) -> Sent {
        let to = Address::Phone(WaId::parse("573001234567").unwrap());
        let channel = ChannelId::from_bytes([1; 16]);
        let time = Time::from_millis(0);
        let id = MessageId::of(to.conversation(channel), time, &[b"x"]);
        let (kind, source) = (MediaKind::Image, Some(source));
        let stored = stored.then(|| crate::domain::ids::MediaId::derive(&[b"m"]));
        let media = Media { kind, source, mime: None, filename: None, caption: None, stored };
        Sent {
            sending: Sending {
                id,
                channel,
                to,
                time,
                received: None,
                content: ToUser::Media(media),
                origin: Origin::Api,
                reply_to: None,
                window_closes: None,
                otherwise: None,
                outside_window: OutsideWindow::Reject,
            },
            status: Status::Failed,
            provider_id: None,
            failure: Some(failure("131053")),
            history: vec![(Status::Accepted, Time::from_millis(SENT_AT))],
            claim: None,
        }
    }

    fn failure(code: &str) -> Failure {
        let (provider, message) = ("cloud_api".to_owned(), String::new());
        Failure { provider, code: code.to_owned(), message }
    }

    /// D31: within ten minutes of the sending, for a link of the sender's, where the file is to blame.
    #[test]
    fn a_text_follows_a_links_own_failure_in_time() {
        let link = || MediaSource::Link("https://x.example/a.png".to_owned());
        let minutes = |n: i64| Time::from_millis(SENT_AT + n * 60_000);
        for (source, stored, code, time, expected) in [
            (link(), false, "131053", minutes(0), true),
            (link(), false, "131014", minutes(10), true),
            (link(), false, "131053", minutes(11), false),
            (link(), false, "131026", minutes(0), false),
            (link(), true, "131053", minutes(0), false),
            (MediaSource::ProviderId("1".to_owned()), false, "131053", minutes(0), false),
        ] {
            let mut sent = sent(source, stored);
            sent.failure = Some(failure(code));
            sent.history.push((Status::Failed, time));
            assert_eq!(follows(&sent, sent.failure.as_ref(), time), expected, "{sent:?}");
            let text = text(&sent);
            assert_eq!(text.is_some(), expected);
            assert_eq!(text, super::text(&sent), "the same however often it is asked for");
        }
    }
}
