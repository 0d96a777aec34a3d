//! Infobip's codes (infobip 2.6, 2.7). Its answers carry a status group and perhaps an error; its refusals of a whole
//! request a word. Meta's own numbers do not come through.

use super::Class;

/// What Infobip says became of one message: `groupId` of its `status`, and its `error` where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    pub status_group: i64,
    pub status_id: i64,
    /// `error.id`; 0 and `None` are no error.
    pub error_id: Option<i64>,
    /// `error.permanent`: the same send would fail again.
    pub is_permanent: Option<bool>,
}

/// Not enough credits: the only status id whose meaning is confirmed and is not the message's.
const NO_CREDITS: i64 = 12;

/// Whether a message with this group goes on: accepted, pending, delivered. Decided on the group, never on the id.
pub fn is_taken(status_group: i64) -> bool {
    matches!(status_group, 0 | 1 | 3)
}

/// What the refusal of one message means, in an answer or in a delivery report.
pub fn class(verdict: Verdict) -> Class {
    if verdict.status_id == NO_CREDITS {
        return Class::Configuration;
    }
    let id = verdict.error_id.filter(|id| *id != 0);
    match (id.map(error_class), verdict.is_permanent) {
        (Some(Some(class)), _) => class,
        (Some(None), Some(false)) => Class::Retry(None),
        // Undeliverable, expired and rejected are its last word.
        (Some(None), Some(true) | None) | (None, _) => Class::Final,
    }
}

/// What an error id means; `None` for one that is not published.
pub fn error_class(id: i64) -> Option<Class> {
    Some(match id {
        // Not a WhatsApp user, bad number, wrong parameters, no such template.
        1 | 351 | 7008 | 7009 => Class::Final,
        // Too many to this user; marketing caps of this user and of the day.
        7016 | 7032 | 7046 | 7048 => Class::Wait,
        _ => return None,
    })
}

/// What the refusal of a request means: `messageId` of the older body, `errorCode` of the newer one.
pub fn request_class(word: &str) -> Option<Class> {
    Some(match word {
        "BAD_REQUEST" | "E400" | "NOT_FOUND" | "E404" => Class::Final,
        "UNAUTHORIZED" | "E401" | "FORBIDDEN" | "E403" => Class::Configuration,
        "TOO_MANY_REQUESTS" | "E429" | "GENERAL_ERROR" | "E500" => Class::Retry(None),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(id: i64, is_permanent: Option<bool>) -> Verdict {
        Verdict { status_group: 2, status_id: 9, error_id: Some(id), is_permanent }
    }

    /// infobip 2.7: the error ids, and what `permanent` says of the others.
    #[test]
    fn every_error_id_has_its_class() {
        for id in [1, 351, 7008, 7009] {
            assert_eq!(class(error(id, Some(false))), Class::Final, "{id}");
        }
        for id in [7016, 7032, 7046, 7048] {
            assert_eq!(class(error(id, Some(true))), Class::Wait, "{id}");
        }
        assert_eq!(class(error(7999, Some(true))), Class::Final);
        assert_eq!(class(error(7999, Some(false))), Class::Retry(None));
        assert_eq!(class(error(7999, None)), Class::Final);
        assert_eq!(class(error(0, Some(false))), Class::Final, "a rejection without an error");
    }

    /// infobip 2.6: decided on the group; of the ids only the missing credits are the account's.
    #[test]
    fn groups_decide_whether_a_message_was_taken() {
        assert_eq!([0, 1, 2, 3, 4, 5].map(is_taken), [true, true, false, true, false, false]);
        let rejected = |status_id| Verdict { status_group: 5, status_id, ..Verdict::default() };
        assert_eq!(class(rejected(12)), Class::Configuration);
        assert_eq!(class(rejected(8)), Class::Final);
    }

    /// infobip 2.7: the words of both bodies.
    #[test]
    fn every_refusal_of_a_request_has_its_class() {
        for (old, new, expected) in [
            ("BAD_REQUEST", "E400", Class::Final),
            ("UNAUTHORIZED", "E401", Class::Configuration),
            ("FORBIDDEN", "E403", Class::Configuration),
            ("NOT_FOUND", "E404", Class::Final),
            ("TOO_MANY_REQUESTS", "E429", Class::Retry(None)),
            ("GENERAL_ERROR", "E500", Class::Retry(None)),
        ] {
            assert_eq!(request_class(old), Some(expected), "{old}");
            assert_eq!(request_class(new), Some(expected), "{new}");
        }
        assert_eq!(request_class("E418"), None);
    }
}
