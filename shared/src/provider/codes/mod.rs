//! What the error codes of all providers mean, in one place: a file of tables for each, and here what they share. Pure
//! look-ups: which code an answer or a status carries is read by the provider's own folder.
//!
//! | | codes | Meta's pass through |
//! |---|---|---|
//! | [`meta`] | whatsapp-rules 5 | |
//! | [`gupshup`] | gupshup B4 (self-serve, partner), A2 (enterprise) | self-serve, partner |
//! | [`infobip`] | infobip 2.6, 2.7: groups, error ids, request errors | no |
//! | [`karix`] | karix 2: codes inside HTTP 200 | in reports |
//! | [`dialog360`] | 360dialog 2: on-premise codes, the proxy's own errors | v2 |
//! | [`aws_social`] | names of AWS's refusals | in statuses |

pub mod aws_social;
pub mod dialog360;
pub mod gupshup;
pub mod infobip;
pub mod karix;
pub mod meta;

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};

use super::Class;
use crate::domain::channel::ProviderKind;
use crate::domain::limits::Scope;
use crate::domain::message::Failure;
use crate::domain::time::Time;

/// First code, last code, what they mean. A table is sorted by rising code.
type Row = (i64, i64, Class);

fn find(table: &[Row], code: i64) -> Option<Class> {
    let at = table.partition_point(|(_, last, _)| *last < code);
    table.get(at).filter(|(first, _, _)| *first <= code).map(|(_, _, class)| *class)
}

/// Looking a code up halves the table, which wants it sorted.
#[cfg(test)]
fn rises(table: &[Row]) -> bool {
    table.iter().all(|(first, last, _)| first <= last)
        && table.windows(2).all(|pair| pair[0].1 < pair[1].0)
}

/// What an HTTP status means where the body says nothing better. A success that nobody can read is the page of an
/// outage; where the body can be read and names no message, say [`Class::Final`] instead.
pub fn of_status(status: StatusCode) -> Class {
    match status.as_u16() {
        401 | 403 => Class::Configuration,
        408 | 425 | 429 | 500.. => Class::Retry(None),
        400..=499 => Class::Final,
        _ => Class::Retry(None),
    }
}

/// No provider makes us wait longer than this, whatever its header says.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// How long the provider asks us to wait: `Retry-After` in seconds or as an HTTP date (RFC 9110 10.2.3), at most
/// [`RETRY_AFTER_MAX`]. `deliver` obeys it for every provider: a provider's `read` need not look.
pub fn retry_after(headers: &HeaderMap, now: Time) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = if let Ok(seconds) = text.parse() {
        Duration::from_secs(seconds)
    } else {
        // By the other side's clock where it tells it, so that ours may be wrong.
        let theirs = headers.get(header::DATE).and_then(|date| date.to_str().ok());
        let theirs = theirs.and_then(|date| Time::parse_http_date(date).ok());
        Time::parse_http_date(text).ok()?.since(theirs.unwrap_or(now))
    };
    Some(asked.min(RETRY_AFTER_MAX))
}

const DAY: Duration = Duration::from_hours(24);

/// Codes that concern less than the whole channel, and after which time another attempt makes sense. No two providers
/// use one of these numbers for different things.
const NARROW: &[(&str, Scope, Duration)] = &[
    ("4005", Scope::Message, Duration::from_hours(3)), // GupShup: template paused
    ("7016", Scope::Message, Duration::from_hours(1)), // Infobip: too many to this user
    ("7032", Scope::Message, DAY),                     // Infobip: cap of marketing for this user
    ("7046", Scope::Message, DAY), // Infobip: promotions of the day for this user
    ("7048", Scope::Message, DAY), // Infobip: the same
    ("130497", Scope::Message, DAY), // no messages to users of this country
    ("131049", Scope::Message, DAY), // cap of marketing for this user
    ("131063", Scope::Message, DAY), // marketing templates disabled
    ("131064", Scope::Templates, Duration::from_hours(1)), // messaging limit of the day reached
    ("132015", Scope::Message, Duration::from_hours(3)), // template paused, 3 hours the first time
    ("132069", Scope::Message, Duration::from_hours(1)), // flow throttled by the hour
    ("133015", Scope::Channel, Duration::from_mins(5)), // number deleted a moment ago
    ("134011", Scope::Message, DAY), // payments terms not accepted
];

/// Whom a refusal concerns, and the time after which another attempt makes sense; `after` where the code says nothing.
pub fn reach(failure: &Failure, after: Duration) -> (Scope, Duration) {
    let known = NARROW.iter().find(|(code, _, _)| *code == failure.code);
    known.map_or((Scope::Channel, after), |(_, scope, after)| (*scope, *after))
}

/// Codes that say that the number, or the account behind it, is too fast; not those of one user (131056).
const TOO_FAST: &[&str] = &[
    "4",
    "429",
    "613",
    "80007",
    "130429",
    "E429",
    "ThrottledRequestException",
    "TOO_MANY_REQUESTS",
    "http_429",
];

/// Whether the provider says that the number sends too fast.
pub fn is_too_fast(failure: &Failure) -> bool {
    TOO_FAST.contains(&failure.code.as_str())
}

/// What the failure of a late status means; `None` for a code that is not known.
pub fn of_failure(kind: ProviderKind, failure: &Failure) -> Option<Class> {
    let code = failure.code.parse().ok();
    match kind {
        ProviderKind::Gupshup => code.and_then(gupshup::class),
        ProviderKind::Infobip => code.and_then(infobip::error_class),
        // Reports have Meta's codes, where they have any that is published.
        ProviderKind::Meta | ProviderKind::Karix | ProviderKind::AwsSocial => {
            code.and_then(meta::class)
        }
        ProviderKind::Dialog360 => code.and_then(dialog360::class),
    }
}

/// Codes that say that the file of a message could not be fetched, read or taken: the same message as a text with the
/// link may follow (D31). In an answer as well as in a late `failed` status.
const ABOUT_FILE: &[&str] = &[
    "1010",   // GupShup: media address invalid
    "1011",   // GupShup: media too large
    "131014", // link could not be fetched (older code)
    "131052", // media cannot be downloaded
    "131053", // media could not be fetched or uploaded
];

/// Whether the failure is about the message's file and not about the message.
pub fn is_about_file(failure: &Failure) -> bool {
    ABOUT_FILE.contains(&failure.code.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: &str) -> Failure {
        Failure { provider: "x".to_owned(), code: code.to_owned(), message: String::new() }
    }

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_status_without_a_readable_body_has_a_class() {
        for (status, expected) in [
            (200, Class::Retry(None)),
            (302, Class::Retry(None)),
            (400, Class::Final),
            (401, Class::Configuration),
            (403, Class::Configuration),
            (404, Class::Final),
            (408, Class::Retry(None)),
            (429, Class::Retry(None)),
            (500, Class::Retry(None)),
            (503, Class::Retry(None)),
        ] {
            assert_eq!(of_status(StatusCode::from_u16(status).unwrap()), expected, "{status}");
        }
    }

    /// Seconds, a date of either clock, and nonsense.
    #[test]
    fn a_provider_may_say_when_to_come_back() {
        let now = Time::parse("2026-03-02T10:00:00Z").unwrap();
        let (after, date) = (header::RETRY_AFTER, header::DATE);
        let ten_past = "Mon, 02 Mar 2026 10:10:00 GMT";
        for (headers, expected) in [
            (headers(&[]), None),
            (headers(&[(after.clone(), "7")]), Some(7)),
            (headers(&[(after.clone(), " 0 ")]), Some(0)),
            (headers(&[(after.clone(), "86400")]), Some(3600)),
            (headers(&[(after.clone(), "99999999999999999999999")]), None),
            (headers(&[(after.clone(), "soon")]), None),
            (headers(&[(after.clone(), "-1")]), None),
            (headers(&[(after.clone(), ten_past)]), Some(600)),
            (headers(&[(after.clone(), "Mon, 02 Mar 2026 09:00:00 GMT")]), Some(0)),
            (headers(&[(after.clone(), "Tue, 02 Mar 2027 09:00:00 GMT")]), Some(3600)),
            (headers(&[(after, ten_past), (date, "Mon, 02 Mar 2026 10:09:30 GMT")]), Some(30)),
        ] {
            let expected = expected.map(Duration::from_secs);
            assert_eq!(retry_after(&headers, now), expected, "{headers:?}");
        }
    }

    /// whatsapp-rules 5: what concerns one user or template does not stop the channel.
    #[test]
    fn a_refusal_reaches_as_far_as_its_cause() {
        for (code, scope, hours) in [
            ("131049", Scope::Message, 24),
            ("132015", Scope::Message, 3),
            ("7032", Scope::Message, 24),
            ("131064", Scope::Templates, 1),
            ("368", Scope::Channel, 1),
            ("131048", Scope::Channel, 1),
            ("190", Scope::Channel, 1),
            ("http_401", Scope::Channel, 1),
        ] {
            let reached = reach(&failure(code), Duration::from_hours(1));
            assert_eq!(reached, (scope, Duration::from_hours(hours)), "{code}");
        }
    }

    /// aws-facts 7: what makes a number slower, and what is one user's matter.
    #[test]
    fn a_number_that_is_too_fast_is_told() {
        for code in ["130429", "80007", "4", "http_429", "429", "E429"] {
            assert!(is_too_fast(&failure(code)), "{code}");
        }
        assert!(!is_too_fast(&failure("131056")));
    }

    /// Late statuses have the same table as answers.
    #[test]
    fn the_failure_of_a_status_has_its_class() {
        let of = |kind, code| of_failure(kind, &failure(code));
        assert_eq!(of(ProviderKind::Meta, "131042"), Some(Class::Configuration));
        assert_eq!(of(ProviderKind::Meta, "1003"), None);
        assert_eq!(of(ProviderKind::Gupshup, "1003"), Some(Class::Configuration));
        assert_eq!(of(ProviderKind::Gupshup, "whatever"), None);
    }

    /// D31: which failures a text with the link may follow.
    #[test]
    fn failures_of_files_are_told_from_others() {
        for code in ["131053", "131014", "131052", "1010", "1011"] {
            assert!(is_about_file(&failure(code)), "{code}");
        }
        for code in ["131051", "131026", "1009", "http_404", ""] {
            assert!(!is_about_file(&failure(code)), "{code}");
        }
    }
}
