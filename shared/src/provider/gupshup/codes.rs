//! GupShup's own failure codes (self-serve and partner, B4). Meta's pass through and stand in [`crate::provider::codes`].

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};

use crate::provider::{Class, codes::meta_class};

/// What a code of self-serve or Meta means; `None` for an unknown one.
pub(super) fn class(code: i64) -> Option<Class> {
    Some(match code {
        500 | 4002 => Class::Retry(None),
        // Rate of the API, or a paused template: sending on makes it worse.
        4001 | 4005 => Class::Wait,
        // Inactive user, and what was sent is no template.
        470 | 1005 | 4003 => Class::TemplateNeeded,
        // Wallet empty; templates disabled; the app is not on the Cloud API.
        1003 | 1004 | 4004 => Class::Configuration,
        // Last mapped bot, not on WhatsApp, opt-in, parameters, media, opted out.
        1001 | 1002 | 1006..=1012 => Class::Final,
        other => return meta_class(other),
    })
}

/// What a code of the enterprise gateway means (A2).
pub(super) fn enterprise_class(code: &str) -> Class {
    match code {
        "100" => Class::Retry(None),
        "101" | "102" | "401" => Class::Configuration,
        _ => Class::Final,
    }
}

/// What an HTTP status means where the body says nothing better.
pub(super) fn status_class(status: StatusCode, headers: &HeaderMap) -> Class {
    match status.as_u16() {
        401 | 403 => Class::Configuration,
        408 | 425 | 429 | 500.. => Class::Retry(retry_after(headers)),
        400..=499 => Class::Final,
        // A success or redirection that nobody can read: an outage's page.
        _ => Class::Retry(None),
    }
}

/// Seconds to wait, at most an hour.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(3600)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The failure codes of B4, row by row, and those of Meta behind them.
    #[test]
    fn every_code_has_its_class() {
        let rows: &[(Class, &[i64])] = &[
            (Class::Retry(None), &[500, 4002, 130_429]),
            (Class::Wait, &[4001, 4005, 131_049, 132_015]),
            (Class::TemplateNeeded, &[470, 1005, 4003, 131_047]),
            (Class::Configuration, &[1003, 1004, 4004, 131_042, 131_031]),
            (
                Class::Final,
                &[1001, 1002, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 131_026, 132_001, 132_016],
            ),
        ];
        for (expected, codes) in rows {
            for code in *codes {
                assert_eq!(class(*code), Some(*expected), "{code}");
            }
        }
        assert_eq!(class(1013), None);
    }

    /// A2: the gateway's own codes.
    #[test]
    fn the_gateways_codes_have_their_class() {
        for (code, expected) in [
            ("100", Class::Retry(None)),
            ("101", Class::Configuration),
            ("102", Class::Configuration),
            ("105", Class::Final),
            ("106", Class::Final),
            ("something new", Class::Final),
        ] {
            assert_eq!(enterprise_class(code), expected, "{code}");
        }
    }

    #[test]
    fn a_status_without_a_readable_body_has_a_class() {
        let none = HeaderMap::new();
        for (status, expected) in [
            (200, Class::Retry(None)),
            (302, Class::Retry(None)),
            (400, Class::Final),
            (401, Class::Configuration),
            (403, Class::Configuration),
            (404, Class::Final),
            (429, Class::Retry(None)),
            (500, Class::Retry(None)),
            (503, Class::Retry(None)),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(status_class(status, &none), expected, "{status}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, "7".parse().unwrap());
        let status = StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(status_class(status, &headers), Class::Retry(Some(Duration::from_secs(7))));
        headers.insert(header::RETRY_AFTER, "99999999".parse().unwrap());
        assert_eq!(status_class(status, &headers), Class::Retry(Some(Duration::from_hours(1))));
    }
}
