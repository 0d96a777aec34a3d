//! What the error codes of the WhatsApp platform mean (whatsapp-rules 5): for every provider that passes them through.

use std::time::Duration;

use super::{Class, Row, find};

/// One message per 6 s is what a number may send to one user over time (whatsapp-rules 4). The growing delays
/// after a second and third refusal are the queue's.
const PAIR_RATE_DELAY: Duration = Duration::from_secs(6);

/// The upgrade of a number's throughput takes up to a minute.
const MAINTENANCE_DELAY: Duration = Duration::from_mins(1);

const RETRY: Class = Class::Retry(None);

const TABLE: &[Row] = &[
    (0, 0, Class::Configuration),     // the app's user is not authenticated
    (1, 2, RETRY),                    // API unknown, down or overloaded
    (3, 3, Class::Configuration),     // capability or permission
    (4, 4, RETRY),                    // the app's call rate
    (10, 10, Class::Configuration),   // permission not granted or removed
    (33, 33, Class::Configuration),   // business number deleted or wrong
    (100, 100, Class::Final),         // invalid parameter
    (190, 190, Class::Configuration), // token expired or invalid
    (200, 299, Class::Configuration), // permission missing
    (368, 368, Class::Wait),          // blocked for a policy violation, for a while
    (613, 613, RETRY),                // call rate
    (80_007, 80_007, RETRY),          // the account's rate
    (130_429, 130_429, RETRY),        // the number's throughput
    (130_472, 130_472, Class::Final), // the user is in a marketing experiment
    (130_497, 130_497, Class::Configuration), // no messages to users of this country
    (131_000, 131_000, RETRY),        // unknown error
    (131_005, 131_005, Class::Configuration), // access denied
    (131_008, 131_009, Class::Final), // parameter missing or invalid
    (131_014, 131_014, Class::Final), // link could not be fetched
    (131_016, 131_016, RETRY),        // service unavailable for a while
    (131_020, 131_020, Class::Final), // groups
    (131_021, 131_021, Class::Final), // sender and recipient are the same
    (131_026, 131_026, Class::Final), // undeliverable
    (131_030, 131_030, Class::Final), // test number: recipient not on the list
    (131_031, 131_031, Class::Configuration), // account locked
    (131_037, 131_037, Class::Configuration), // display name of a test number not approved
    (131_041, 131_041, Class::Final), // groups
    (131_042, 131_042, Class::Configuration), // payment problem of the business
    (131_044, 131_045, Class::Configuration), // payment; registration of the number
    (131_047, 131_047, Class::TemplateNeeded), // more than 24 h since the user's last message
    (131_048, 131_049, Class::Wait),  // spam rate; held back to keep the ecosystem healthy
    (131_050, 131_052, Class::Final), // marketing stopped; type unknown; user's media unreadable
    (131_053, 131_053, RETRY),        // media could not be fetched or uploaded
    (131_055, 131_055, Class::Final), // method not allowed
    (131_056, 131_056, Class::Retry(Some(PAIR_RATE_DELAY))), // too many messages to one user
    (131_057, 131_057, Class::Retry(Some(MAINTENANCE_DELAY))), // throughput upgrade
    (131_059, 131_059, Class::Final), // groups
    (131_062, 131_062, Class::Final), // not possible for a business-scoped user id
    (131_063, 131_063, Class::Configuration), // marketing templates disabled for this API
    (131_064, 131_064, Class::Wait),  // messaging limit reached
    (131_201, 131_210, Class::Final), // groups
    (132_000, 132_001, Class::Final), // number of parameters; no such template
    (132_005, 132_005, Class::Final), // translated text too long
    (132_007, 132_008, Class::Final), // content violates policy; parameter format
    (132_012, 132_012, Class::Final), // parameter format
    (132_015, 132_015, Class::Wait),  // template paused; it comes back by itself
    (132_016, 132_016, Class::Final), // template disabled
    (132_018, 132_018, Class::Final), // problem in a template's parameter
    (132_068, 132_068, Class::Final), // flow blocked
    (132_069, 132_069, Class::Wait),  // flow throttled
    (133_000, 133_000, Class::Configuration), // incomplete deregistration
    (133_004, 133_004, RETRY),        // server unavailable for a while
    (133_005, 133_006, Class::Configuration), // two-step PIN wrong; number needs verification
    (133_008, 133_009, Class::Wait),  // too many PIN guesses, or too fast
    (133_010, 133_010, Class::Configuration), // number not registered
    (133_015, 133_016, Class::Wait),  // number deleted a moment ago; registration attempts exceeded
    (134_011, 134_011, Class::Configuration), // payments terms not accepted
    (134_100, 134_102, Class::Final), // payments
    (135_000, 135_000, Class::Final), // generic user error
    (137_000, 137_000, Class::Final), // the recipient's identity hash does not match
    (138_000, 138_018, Class::Final), // calling
    (139_000, 139_004, Class::Final), // management of flows
    (139_100, 139_103, Class::Final), // block list
    (2_494_100, 2_494_100, RETRY),    // number in maintenance mode
];

/// What Meta's code means; `None` for a code that is not in the table.
pub fn class(code: i64) -> Option<Class> {
    find(TABLE, code)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table of whatsapp-rules 5, row by row.
    #[test]
    fn every_code_of_the_platform_has_its_class() {
        let rows: &[(Class, &[i64])] = &[
            (
                RETRY,
                &[1, 2, 4, 613, 80_007, 130_429, 131_000, 131_016, 131_053, 133_004, 2_494_100],
            ),
            (Class::Retry(Some(Duration::from_secs(6))), &[131_056]),
            (Class::Retry(Some(Duration::from_mins(1))), &[131_057]),
            (
                Class::Wait,
                &[
                    368, 131_048, 131_049, 131_064, 132_015, 132_069, 133_008, 133_009, 133_015,
                    133_016,
                ],
            ),
            (Class::TemplateNeeded, &[131_047]),
            (
                Class::Final,
                &[
                    100, 130_472, 131_008, 131_009, 131_014, 131_020, 131_021, 131_026, 131_030,
                    131_041, 131_050, 131_051, 131_052, 131_055, 131_059, 131_062, 131_201,
                    131_210, 132_000, 132_001, 132_005, 132_007, 132_008, 132_012, 132_016,
                    132_018, 132_068, 134_100, 134_101, 134_102, 135_000, 137_000, 138_000,
                    138_018, 139_000, 139_004, 139_100, 139_103,
                ],
            ),
            (
                Class::Configuration,
                &[
                    0, 3, 10, 33, 190, 200, 299, 130_497, 131_005, 131_031, 131_037, 131_042,
                    131_044, 131_045, 131_063, 133_000, 133_005, 133_006, 133_010, 134_011,
                ],
            ),
        ];
        for (class, codes) in rows {
            for code in *codes {
                assert_eq!(super::class(*code), Some(*class), "{code}");
            }
        }
    }

    #[test]
    fn a_code_outside_the_table_has_none() {
        for code in [-1, 5, 199, 300, 130_428, 131_010, 131_054, 131_211, 132_002, i64::MAX] {
            assert_eq!(class(code), None, "{code}");
        }
    }

    /// Looking a code up halves the table, which wants it sorted.
    #[test]
    fn the_table_rises_without_overlap() {
        assert!(super::super::rises(TABLE));
    }
}
