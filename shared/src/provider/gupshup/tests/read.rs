//! What GupShup's answers to sendings mean.

use super::*;
use crate::domain::message::Failure;
use crate::domain::user::WaId;
use crate::provider::{Answer, Class};

const GATEWAY_ID: &str = "5510000000000000077-42000000000000001";

fn accepted(id: &str) -> Answer {
    Answer::Accepted { provider_id: id.to_owned(), wa_id: None }
}

fn refused(class: Class, code: &str, message: &str) -> Answer {
    Answer::Refused {
        class,
        failure: Failure {
            provider: "gupshup".to_owned(),
            code: code.to_owned(),
            message: message.to_owned(),
        },
    }
}

const RETRY: Class = Class::Retry(None);

#[test]
fn the_gateway_says_success_and_error_with_200() {
    let unreadable = "the gateway's answer cannot be read";
    let rows: Vec<(u16, &str, Answer)> = vec![
        (200, fixture!("enterprise-send-accepted.json"), accepted(GATEWAY_ID)),
        (
            200,
            fixture!("enterprise-send-error-102.json"),
            refused(
                Class::Configuration,
                "102",
                "Authentication failed due to invalid userId or password.",
            ),
        ),
        (
            200,
            fixture!("enterprise-send-error-105.json"),
            refused(Class::Final, "105", "The phone number \"9199\" is not a valid phone number"),
        ),
        (200, "success | 919900000007 | 55-42", accepted("55-42")),
        (200, "error | 106 | no such method", refused(Class::Final, "106", "no such method")),
        (200, "<html><body>Bad gateway</body></html>", refused(RETRY, "200", unreadable)),
        (200, "", refused(RETRY, "200", unreadable)),
        (200, r#"{"response":{"status":"perhaps"}}"#, refused(RETRY, "200", unreadable)),
        (
            200,
            r#"{"response":{"status":"success"}}"#,
            refused(Class::Final, "no_id", "the gateway accepted the message without an id"),
        ),
        (
            503,
            fixture!("enterprise-send-accepted.json"),
            refused(RETRY, "503", "the gateway is overloaded or down"),
        ),
        (429, "", refused(RETRY, "429", "the gateway is overloaded or down")),
        (400, "", refused(Class::Final, "400", unreadable)),
    ];
    for (status, body, expected) in rows {
        assert_eq!(Gupshup.read(&enterprise(), &answer(status, body)), expected);
    }
}

#[test]
fn self_serve_says_it_by_status_and_body() {
    let id = "11111111-2222-4333-8444-555555555555";
    let rows: Vec<(u16, &str, Answer)> = vec![
        (202, fixture!("self-serve-send-accepted.json"), accepted(id)),
        (200, fixture!("self-serve-send-accepted.json"), accepted(id)),
        (
            200,
            fixture!("v3-send-accepted.json"),
            Answer::Accepted {
                provider_id: id.to_owned(),
                wa_id: WaId::parse("919900000007").ok(),
            },
        ),
        (
            400,
            fixture!("self-serve-send-error-400.json"),
            refused(Class::Final, "400", "Invalid Destination"),
        ),
        (
            401,
            fixture!("self-serve-send-error-401.json"),
            refused(Class::Configuration, "401", "Authentication Failed"),
        ),
        (
            429,
            fixture!("self-serve-send-error-429.json"),
            refused(RETRY, "429", "Too Many Requests"),
        ),
        (
            400,
            fixture!("v3-send-error.json"),
            refused(Class::TemplateNeeded, "131047", "More than 24 hours have passed."),
        ),
        (
            400,
            r#"{"status":"error","message":{"code":1003,"reason":"Wallet balance low"}}"#,
            refused(Class::Configuration, "1003", "Wallet balance low"),
        ),
        (
            200,
            r#"{"status":"error","message":"Callback Billing must be enabled"}"#,
            refused(Class::Final, "200", "Callback Billing must be enabled"),
        ),
        (
            202,
            r#"{"status":"submitted"}"#,
            refused(Class::Final, "no_id", "the message was accepted without an id"),
        ),
        (502, "<html>", refused(RETRY, "502", "the answer cannot be read")),
    ];
    for (status, body, expected) in rows {
        assert_eq!(Gupshup.read(&self_serve(), &answer(status, body)), expected);
    }
}

#[test]
fn only_the_gateway_echoes_our_id() {
    assert!(Gupshup.echoes_our_id(&enterprise()));
    assert!(!Gupshup.echoes_our_id(&self_serve()));
}
