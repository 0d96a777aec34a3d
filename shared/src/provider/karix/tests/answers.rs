//! What Karix answers to a sending, and to whoever asks whether it is there.

use super::*;
use crate::domain::message::Failure;
use crate::provider::{Answer, Check, Class};

fn read(status: u16, body: &str) -> Answer {
    Karix.read(&channel(), &answer(status, body))
}

/// karix 2: a success has the code and an id of 24 digits, which no number holds.
#[test]
fn a_success_names_the_message() {
    let of = |id: &str| Answer::Accepted { provider_id: id.to_owned(), wa_id: None };
    let accepted = of("410200300400500600700804");
    assert_eq!(read(200, fixture!("send-accepted.response.json")), accepted);
    let number = of("41");
    assert_eq!(read(200, r#"{"StatusCode":200,"MID":41}"#), number);
}

/// karix 2: an error inside HTTP 200 is none the less an error.
#[test]
fn an_error_may_come_with_http_200() {
    let failure = Failure {
        provider: "karix".to_owned(),
        code: "210".to_owned(),
        message: "HSM ID does not exist 2040608010203".to_owned(),
    };
    let refused = Answer::Refused { class: Class::Final, failure };
    assert_eq!(read(200, fixture!("send-error-210.response.json")), refused);
}

/// karix 2, whatsapp-rules 5: each class of failure, by the code and by the HTTP status.
#[test]
fn every_failure_has_its_class() {
    let later = Class::Retry(None);
    for (status, body, class, code) in [
        (200, r#"{"statusCode":"200"}"#, Class::Final, "200"),
        (200, r#"{"statusCode":"212","mid":"1"}"#, Class::Final, "212"),
        (200, r#"{"mid":"1"}"#, Class::Final, "http_200"),
        (200, r#"{"statusCode":"401"}"#, Class::Configuration, "401"),
        (200, r#"{"statusCode":429}"#, later, "429"),
        (200, r#"{"statusCode":"503"}"#, later, "503"),
        (200, r#"{"statusCode":"131047"}"#, Class::TemplateNeeded, "131047"),
        (200, r#"{"statusCode":"131048"}"#, Class::Wait, "131048"),
        (200, r#"{"statusCode":"busy"}"#, Class::Final, "busy"),
        (200, "<html>", later, "http_200"),
        (200, "", later, "http_200"),
        (400, r#"{"statusCode":"400"}"#, Class::Final, "400"),
        (401, r#"{"error":"key"}"#, Class::Configuration, "http_401"),
        (403, "{}", Class::Configuration, "http_403"),
        (429, "{}", later, "http_429"),
        (500, r#"{"statusCode":"210"}"#, later, "210"),
        (503, "", later, "http_503"),
    ] {
        let Answer::Refused { class: read, failure } = read(status, body) else {
            panic!("{status} {body} is no success")
        };
        assert_eq!((read, failure.code.as_str()), (class, code), "{status} {body}");
        assert!(!failure.message.is_empty());
    }
    // Without a body that can be read only the status speaks.
    assert!(matches!(read(401, ""), Answer::Refused { class: Class::Configuration, .. }));
}

/// K61, karix 8: an account is asked for its templates; without one the sending API still tells a wrong key.
#[test]
fn a_channel_is_tried_out() {
    let bare = Karix.check(&channel());
    assert_eq!(bare.uri(), "https://rcmapi.instaalerts.zone/services/rcm/sendMessage");
    assert_eq!((bare.method().as_str(), bare.body().len()), ("GET", 0));
    let list = Karix.check(&with_account());
    assert_eq!(list.uri(), "https://rcsgui.karix.solutions/api/v1.0/template/300400500600");
    let refused = fixture!("template-error-1004.response.json");
    for (channel, status, body, expected) in [
        (channel(), 405, "", Check::Good),
        (channel(), 200, "{}", Check::Good),
        (channel(), 401, "", Check::Refused),
        (channel(), 403, "", Check::Refused),
        (with_account(), 200, fixture!("template-list.response.json"), Check::Good),
        (with_account(), 401, "{}", Check::Refused),
        (with_account(), 400, refused, Check::Refused),
        (with_account(), 200, refused, Check::Refused),
    ] {
        let read = Karix.read_check(&channel, &answer(status, body));
        assert_eq!(read, expected, "{status} {body}");
    }
    assert!(Karix.register_webhook(&channel(), "https://gateway.example/w").is_none(), "K60");
}
