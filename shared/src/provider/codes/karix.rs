//! Karix's codes (karix 2). Errors come inside HTTP 200; most of its codes are not published.

use http::StatusCode;

use super::{Class, meta, of_status};

/// What `statusCode` of a refused sending, or `code` of a failed report, means: 210 is a template that does not exist,
/// the other 2xx are verdicts on the message too, and Meta's codes may pass through (131047).
pub fn class(code: &str) -> Class {
    match code.trim().parse::<i64>() {
        Ok(200..=299) | Err(_) => Class::Final,
        Ok(code @ 400..=599) => {
            let status = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok());
            status.map_or(Class::Final, of_status)
        }
        Ok(code) => meta::class(code).unwrap_or(Class::Final),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// K59: the cases of karix 2, and Meta's codes in reports.
    #[test]
    fn every_code_has_its_class() {
        for (code, expected) in [
            ("210", Class::Final),
            ("202", Class::Final),
            ("200", Class::Final),
            (" 210 ", Class::Final),
            ("401", Class::Configuration),
            ("403", Class::Configuration),
            ("400", Class::Final),
            ("429", Class::Retry(None)),
            ("500", Class::Retry(None)),
            ("131047", Class::TemplateNeeded),
            ("131026", Class::Final),
            ("131048", Class::Wait),
            ("101", Class::Final),
            ("", Class::Final),
            ("busy", Class::Final),
        ] {
            assert_eq!(class(code), expected, "{code:?}");
        }
    }
}
