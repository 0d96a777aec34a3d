//! GupShup's own failure codes: self-serve and partner (B4), where Meta's pass through, and the enterprise gateway (A2).

use super::{Class, Row, find, meta};

const TABLE: &[Row] = &[
    (470, 470, Class::TemplateNeeded),  // the service window has closed
    (500, 500, Class::Retry(None)),     // internal
    (1001, 1002, Class::Final),         // last mapped bot failed; not on WhatsApp
    (1003, 1004, Class::Configuration), // wallet low; user inactive and templates disabled
    (1005, 1005, Class::TemplateNeeded), // user inactive, and no template matched
    (1006, 1012, Class::Final),         // no opt-in; parameter missing; media; opted out
    (4001, 4001, Class::Wait),          // rate of the API: sending on makes it worse
    (4002, 4002, Class::Retry(None)),   // invalid answer of WhatsApp
    (4003, 4003, Class::TemplateNeeded), // user inactive, and no template matched
    (4004, 4004, Class::Configuration), // the app is not on the Cloud API
    (4005, 4005, Class::Wait),          // template paused
];

/// What a code of self-serve or Meta means; `None` for an unknown one.
pub fn class(code: i64) -> Option<Class> {
    find(TABLE, code).or_else(|| meta::class(code))
}

/// What a code of the enterprise gateway means (A2).
pub fn enterprise_class(code: &str) -> Class {
    match code {
        "100" => Class::Retry(None),
        "101" | "102" | "401" => Class::Configuration,
        _ => Class::Final,
    }
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
    fn the_table_rises_without_overlap() {
        assert!(super::super::rises(TABLE));
    }
}
