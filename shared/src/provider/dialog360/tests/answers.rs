//! What 360dialog answers to a sending.

use std::time::Duration;

use super::*;
use crate::domain::user::WaId;
use crate::provider::{Answer, Class};

/// The class, code and words of a refusal.
fn refused(channel: &OpenChannel, status: u16, body: &str) -> (Class, String, String) {
    testing::refused(&Dialog360, channel, &answer(status, body))
}

/// D1: what was taken has its id, with 200 and 201.
#[test]
fn an_accepted_message_has_its_id() {
    let ana = WaId::parse("573001234567").ok();
    for (channel, body, id, wa_id) in [
        (v2(), fixture!("v2-send.response.json"), "wamid.OURS1", ana),
        (v1(), fixture!("v1-send.response.json"), "gBEGours", None),
    ] {
        for status in [200, 201] {
            let answer = Dialog360.read(&channel, &answer(status, body));
            let (provider_id, wa_id) = (id.to_owned(), wa_id.clone());
            assert_eq!(answer, Answer::Accepted { provider_id, wa_id });
        }
    }
}

/// 360dialog 2: an error is one in each of the three shapes, whatever the HTTP status.
#[test]
fn a_refusal_has_its_class_in_every_shape() {
    let pair_rate = Class::Retry(Some(Duration::from_secs(6)));
    let rows = [
        (200, fixture!("v2-error-pair-rate.response.json"), pair_rate, "131056"),
        (403, fixture!("v2-error-pair-rate.response.json"), pair_rate, "131056"),
        (400, fixture!("v2-error-media.response.json"), Class::Retry(None), "131053"),
        (200, fixture!("v1-error-window.response.json"), Class::TemplateNeeded, "470"),
        (400, fixture!("v1-error-window.response.json"), Class::TemplateNeeded, "470"),
        (404, fixture!("v1-error-unknown-contact.response.json"), Class::Final, "1006"),
        (200, fixture!("v1-error-without-code.response.json"), Class::Final, "http_200"),
        (403, fixture!("v1-error-without-code.response.json"), Class::Configuration, "http_403"),
        (503, fixture!("v1-error-without-code.response.json"), Class::Retry(None), "http_503"),
        (401, fixture!("error-key.response.json"), Class::Configuration, "http_401"),
        (200, fixture!("error-key.response.json"), Class::Configuration, "http_401"),
        (400, fixture!("error-account.response.json"), Class::Configuration, "http_400"),
        (400, fixture!("error-rate.response.json"), Class::Retry(None), "http_400"),
        (500, fixture!("error-server.response.json"), Class::Retry(None), "http_500"),
        (400, fixture!("error-url.response.json"), Class::Final, "http_400"),
        (502, "<html>", Class::Retry(None), "http_502"),
        (429, "", Class::Retry(None), "http_429"),
        (200, r#"{"messages":[]}"#, Class::Final, "http_200"),
        (200, r#"{"errors":[]}"#, Class::Final, "http_200"),
    ];
    for (status, body, class, code) in rows {
        for channel in [v1(), v2()] {
            let (got, got_code, _) = refused(&channel, status, body);
            assert_eq!((got, got_code.as_str()), (class, code), "{status} {body}");
        }
    }
}

#[test]
fn a_refusal_has_its_words() {
    for (body, words) in [
        (fixture!("v1-error-window.response.json"), "more than 24 hours have passed"),
        (fixture!("v1-error-without-code.response.json"), "Error Sending"),
        (fixture!("error-key.response.json"), "Invalid api_key"),
        (fixture!("v2-error-pair-rate.response.json"), "Too many messages to this user"),
    ] {
        assert_eq!(refused(&v2(), 400, body).2, words);
    }
}
