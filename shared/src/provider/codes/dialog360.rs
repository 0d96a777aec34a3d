//! 360dialog's codes (360dialog 2): those of the on-premise API (v1), the proxy's own errors, and Meta's, which pass
//! through v2 and now and then v1. The code decides, whatever the HTTP status: 403 with 131056 occurs.

use http::StatusCode;

use super::{Class, Row, find, meta, of_status};

const TABLE: &[Row] = &[
    (470, 470, Class::TemplateNeeded), // the service window has closed
    (471, 471, Class::Wait),           // spam rate
    (472, 472, Class::Final),          // the user is in an experiment
    (480, 480, Class::Final),          // the recipient's identity has changed
    (1006, 1006, Class::Final),        // unknown contact
    (1013, 1013, Class::Final),        // not a WhatsApp user
    (1014, 1015, Class::Retry(None)),  // internal
    (2000, 2012, Class::Final),        // templates
];

/// What a code of `error` (v2) or `errors[]` (v1) means; `None` for an unknown one.
pub fn class(code: i64) -> Option<Class> {
    find(TABLE, code).or_else(|| meta::class(code))
}

/// What an error of the proxy itself means (`meta`, or no JSON at all): by its sentence where one status has several
/// meanings, else by the status.
pub fn proxy_class(status: StatusCode, developer_message: &str) -> Class {
    let said = developer_message.to_ascii_lowercase();
    if status != StatusCode::BAD_REQUEST {
        of_status(status)
    } else if said.contains("rate limit") {
        Class::Retry(None)
    } else if ["disabled", "payment", "api_key", "api key"].iter().any(|word| said.contains(word)) {
        Class::Configuration
    } else {
        Class::Final
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 360dialog 2: the on-premise codes row by row, and Meta's behind them.
    #[test]
    fn every_code_has_its_class() {
        let rows: &[(Class, &[i64])] = &[
            (Class::TemplateNeeded, &[470, 131_047]),
            (Class::Wait, &[471, 131_048]),
            (Class::Final, &[472, 480, 1006, 1013, 2000, 2012, 100, 131_026]),
            (Class::Retry(None), &[1014, 1015, 130_429]),
            (Class::Configuration, &[190, 131_031]),
        ];
        for (expected, codes) in rows {
            for code in *codes {
                assert_eq!(class(*code), Some(*expected), "{code}");
            }
        }
        assert_eq!([1005, 1016, 2013].map(class), [None; 3]);
    }

    /// 360dialog 2: the table of situations.
    #[test]
    fn errors_of_the_proxy_have_their_class() {
        for (status, said, expected) in [
            (401, "Invalid api_key", Class::Configuration),
            (403, "This endpoint is not allowed", Class::Configuration),
            (400, "The account is disabled", Class::Configuration),
            (400, "Payment method missing", Class::Configuration),
            (400, "Endpoint rate limit exceeded", Class::Retry(None)),
            (429, "", Class::Retry(None)),
            (400, "Parameter value is not valid", Class::Final),
            (404, "", Class::Final),
            (500, "", Class::Retry(None)),
            (502, "<html>", Class::Retry(None)),
            (503, "Too many concurrent requests", Class::Retry(None)),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(proxy_class(status, said), expected, "{status} {said}");
        }
    }

    #[test]
    fn the_table_rises_without_overlap() {
        assert!(super::super::rises(TABLE));
    }
}
