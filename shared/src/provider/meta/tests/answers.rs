//! What the platform answers.

use std::time::Duration;

use super::*;
use crate::domain::outbound::Category;
use crate::provider::{Answer, Check, Class, Submitted};

/// The class, code and words of a refusal.
fn refused(status: u16, body: &str) -> (Class, String, String) {
    testing::refused(&Meta, &channel(), &answer(status, body))
}

/// T2, T48: what the platform took has its id, whatever else it says about it.
#[test]
fn an_accepted_message_has_its_id() {
    for (body, id) in [
        (fixture!("send.response.json"), "wamid.SENT1"),
        (fixture!("send-template.response.json"), "wamid.SENT2"),
    ] {
        let answer = Meta.read(&channel(), &answer(200, body));
        assert!(
            matches!(&answer, Answer::Accepted { provider_id, .. } if provider_id == id),
            "{answer:?}"
        );
    }
}

/// whatsapp-rules 8: the answer may call the user by another number; whatever stands there costs nothing else.
#[test]
fn an_answer_may_name_the_user_otherwise() {
    for (contacts, expected) in [
        (r#"[{"input":"5541988887777","wa_id":"554188887777"}]"#, Some("554188887777")),
        (r#"[{"input":"US.1","user_id":"US.1"}]"#, None),
        (r#"[{"wa_id":"none"}]"#, None),
        (r#"{"wa_id":"554188887777"}"#, None),
        ("[7]", None),
        ("null", None),
    ] {
        let body = format!(r#"{{"contacts":{contacts},"messages":[{{"id":"wamid.1"}}]}}"#);
        let answer = Meta.read(&channel(), &answer(200, &body));
        let wa_id = expected.map(|id| crate::domain::user::WaId::parse(id).unwrap());
        assert_eq!(answer, Answer::Accepted { provider_id: "wamid.1".to_owned(), wa_id });
    }
}

/// whatsapp-rules 5: the code decides, not the status that it comes with.
#[test]
fn a_refusal_has_the_class_of_its_code() {
    let retry = Class::Retry(None);
    for (body, class, code) in [
        (fixture!("error-190-token.response.json"), Class::Configuration, "190"),
        (fixture!("error-100-parameter.response.json"), Class::Final, "100"),
        (fixture!("error-131030-not-allowed.response.json"), Class::Final, "131030"),
        (fixture!("error-131047-window.response.json"), Class::TemplateNeeded, "131047"),
        (fixture!("error-131056-pair-rate.response.json"), PAIR_RATE, "131056"),
        (fixture!("error-130429-throughput.response.json"), retry, "130429"),
        (fixture!("error-80007-waba-rate.response.json"), retry, "80007"),
        (fixture!("error-4-transient.response.json"), retry, "4"),
        (fixture!("error-132000-parameter-count.response.json"), Class::Final, "132000"),
        (fixture!("error-132001-template.response.json"), Class::Final, "132001"),
    ] {
        for status in [200, 400, 401, 403, 404, 429, 500] {
            let (got, got_code, message) = refused(status, body);
            assert_eq!((got, got_code.as_str()), (class, code), "{status}");
            assert!(message.ends_with("(fbtrace_id TRACE7)"), "{message}");
        }
    }
}

const PAIR_RATE: Class = Class::Retry(Some(Duration::from_secs(6)));

/// Without a code that is known, the status is all there is.
#[test]
fn an_answer_without_a_known_code_has_the_class_of_its_status() {
    let unknown = r#"{"error":{"message":"new","code":987654}}"#;
    let transient = r#"{"error":{"message":"new","code":987654,"is_transient":true}}"#;
    for (status, body, class, code) in [
        (400, unknown, Class::Final, "987654"),
        (401, unknown, Class::Configuration, "987654"),
        (403, unknown, Class::Configuration, "987654"),
        (429, unknown, Class::Retry(None), "987654"),
        (503, unknown, Class::Retry(None), "987654"),
        (400, transient, Class::Retry(None), "987654"),
        (500, "<html>", Class::Retry(None), "http_500"),
        (502, "", Class::Retry(None), "http_502"),
        (429, "", Class::Retry(None), "http_429"),
        (400, "<html>", Class::Retry(None), "http_400"),
        (200, "<html>", Class::Retry(None), "http_200"),
        (401, "<html>", Class::Configuration, "http_401"),
        (403, "", Class::Configuration, "http_403"),
        // The platform took it without saying as what: a second one would double it.
        (200, "{}", Class::Final, "http_200"),
        (200, r#"{"messages":[]}"#, Class::Final, "http_200"),
        (200, r#"{"messages":[{"id":""}]}"#, Class::Final, "http_200"),
        // A code of 0 with nothing but a sentence is seen too.
        (400, r#"{"error":{"message":"(#0) broken","code":0}}"#, Class::Configuration, "0"),
    ] {
        let (got, got_code, message) = refused(status, body);
        assert_eq!((got, got_code.as_str()), (class, code), "{status} {body}");
        assert!(!message.is_empty());
    }
}

/// T25, T47: what is taken is in review; a refusal of the content is final with its reason for people.
#[test]
fn a_submission_is_taken_refused_or_postponed() {
    let taken = |id: Option<&str>| Submitted::Taken {
        template_id: id.map(str::to_owned),
        provider_status: "PENDING".to_owned(),
    };
    let reason = "Variables can't be at the start or end of the template.".to_owned();
    for (status, body, expected) in [
        (200, fixture!("template-create.response.json"), taken(Some("880011223344"))),
        (
            400,
            fixture!("template-create-error-variable-at-edge.response.json"),
            Submitted::Refused { reason },
        ),
        (400, fixture!("template-create-error-exists.response.json"), taken(None)),
        (400, fixture!("template-create-error-account-full.response.json"), Submitted::Later),
        (401, fixture!("error-190-token.response.json"), Submitted::Later),
        (400, fixture!("error-80007-waba-rate.response.json"), Submitted::Later),
        (503, "", Submitted::Later),
        (200, "{}", Submitted::Later),
    ] {
        assert_eq!(Meta.read_submitted(&channel(), &answer(status, body)), expected, "{body}");
    }
    // Without an account the platform cannot have judged the content.
    let mut bare = channel();
    bare.channel.settings.remove("waba_id");
    let answer = answer(400, fixture!("error-100-parameter.response.json"));
    assert_eq!(Meta.read_submitted(&bare, &answer), Submitted::Later);
}

/// T44: the list is read page by page, and only `next` says that there is another.
#[test]
fn the_list_is_read_page_by_page() {
    let page = |body| Meta.read_templates(&channel(), None, &answer(200, body)).unwrap();
    let first = page(fixture!("template-list.response.json"));
    let told: Vec<_> = first
        .rows
        .iter()
        .map(|row| {
            (row.name.as_str(), row.language.as_str(), row.status.as_str(), row.reason.as_deref())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("start_process_4e4e4e4e", "pt_BR", "APPROVED", None),
            ("cart_5f5f5f5f", "es", "REJECTED", Some("INVALID_FORMAT")),
        ]
    );
    assert_eq!(first.next.as_deref(), Some("QVFJ"));
    assert_eq!(page(fixture!("template-list-last.response.json")).next, None);
    let odd = page(
        r#"{"data":[7,{"name":"a"},{"name":"b","language":"es","status":"APPROVED","category":"OTP",
            "quality_score":"GREEN"},{"name":"c","language":"es","status":"PAUSED",
            "category":"MARKETING","quality_score":{"score":"RED","date":1}}]}"#,
    );
    let told: Vec<_> =
        odd.rows.iter().map(|row| (&*row.name, row.category, row.quality.as_deref())).collect();
    assert_eq!(told, [("b", None, None), ("c", Some(Category::Marketing), Some("RED"))]);
    for (status, body) in [
        (500, fixture!("template-list.response.json")),
        (200, "<html>"),
        (200, "{}"),
        (401, fixture!("error-190-token.response.json")),
    ] {
        assert_eq!(Meta.read_templates(&channel(), None, &answer(status, body)), None, "{status}");
    }
}

/// Good is the number of the channel and nothing else.
#[test]
fn the_check_wants_the_channels_own_number() {
    let check = |status, body| Meta.read_check(&channel(), &answer(status, body));
    assert_eq!(check(200, fixture!("phone-number.response.json")), Check::Good);
    assert_eq!(check(200, r#"{"id":"1"}"#), Check::Refused);
    assert_eq!(check(401, fixture!("error-190-token.response.json")), Check::Refused);
    assert_eq!(check(200, "<html>"), Check::Refused);
}

/// The token goes to Meta's hosts and to the channel's own, and to nobody else.
#[test]
fn the_token_goes_to_trusted_hosts_only() {
    let mut local = channel();
    local.channel.settings.insert("base_url".into(), "http://127.0.0.1:4010/meta".into());
    for (channel, url, expected) in [
        (channel(), "https://lookaside.fbsbx.com/a?b=1", Some(true)),
        (channel(), "https://graph.facebook.com/x", Some(true)),
        (local, "http://127.0.0.1:4010/files/1", Some(true)),
        (channel(), "http://127.0.0.1:4010/files/1", None),
        (channel(), "https://files.example.com/a", Some(false)),
        (channel(), "https://evilfbsbx.com/a", Some(false)),
        (channel(), "https://fbsbx.com.evil.example/a", Some(false)),
        (channel(), "http://lookaside.fbsbx.com/a", None),
        (channel(), "https://graph.facebook.com:444/x", Some(false)),
        (channel(), "nonsense", None),
    ] {
        let body = serde_json::json!({ "url": url, "id": "7001" }).to_string();
        let request = Meta.read_media_location(&channel, &answer(200, &body));
        let has_token = request.map(|request| request.headers().contains_key("authorization"));
        assert_eq!(has_token, expected, "{url}");
    }
    let body = fixture!("media-get.response.json");
    assert!(Meta.read_media_location(&channel(), &answer(200, body)).is_some());
    assert!(Meta.read_media_location(&channel(), &answer(404, body)).is_none());
}
