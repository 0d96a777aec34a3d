//! Submission, lists and deletion of templates.

use super::*;
use crate::domain::outbound::{Outbound, TemplateType};
use crate::provider::Submitted;

const NAMESPACE_ID: &str = "aa11bb22_3344_5566_7788_99aabbccddee/start_03030303";

fn outbound() -> Outbound {
    Outbound {
        content: "Olá {{.name}}, tudo bem?".to_owned(),
        template_type: TemplateType::Text,
        media_url: None,
        variables: vec!["name".to_owned()],
        examples: map(&[("name", "Ana")]),
        buttons: Vec::new(),
        ..testing::outbound(&v2())
    }
}

/// T42: a template is submitted at the configuration's address, in Meta's form.
#[test]
fn a_template_is_submitted() {
    for (channel, host) in [(v2(), "waba-v2"), (v1(), "waba")] {
        let request = Dialog360.submit_template(&channel, &outbound(), &[]);
        let line = format!("POST https://{host}.360dialog.io/v1/configs/templates");
        assert_eq!(shown(&request).lines().next(), Some(line.as_str()));
        let sent = body(&request);
        assert_eq!((&sent["name"], &sent["language"]), (&json!("start_03030303"), &json!("pt_BR")));
        assert_eq!(sent["components"][0]["text"], "Olá {{1}}, tudo bem?");
    }
    let request = Dialog360.delete_template(&v2(), &outbound()).unwrap();
    let address = "https://waba-v2.360dialog.io/v1/configs/templates/start_03030303";
    assert_eq!(shown(&request), format!("DELETE {address}"));
}

/// T42, T45: taken, refused for good, or not now.
#[test]
fn a_submission_is_taken_refused_or_put_off() {
    let taken = |id: Option<&str>| Submitted::Taken {
        template_id: id.map(str::to_owned),
        provider_status: "submitted".to_owned(),
    };
    let exists = r#"{"meta":{"success":false,"http_code":400,
                     "developer_message":"Template already exists"}}"#;
    let invalid = r#"{"meta":{"success":false,"http_code":400,
                      "developer_message":"components[0].text is too long"}}"#;
    let refused = Submitted::Refused { reason: "components[0].text is too long".to_owned() };
    let of_meta = r#"{"error":{"code":100,"message":"Invalid parameter"}}"#;
    let by_meta = Submitted::Refused { reason: "Invalid parameter".to_owned() };
    let created = fixture!("template-created.response.json");
    for (channel, status, body, expected) in [
        (v1(), 201, created, taken(Some(NAMESPACE_ID))),
        (v2(), 200, created, taken(None)),
        (v2(), 400, exists, taken(None)),
        (v2(), 400, invalid, refused),
        (v2(), 400, of_meta, by_meta),
        (v2(), 401, fixture!("error-key.response.json"), Submitted::Later),
        (v2(), 400, fixture!("error-rate.response.json"), Submitted::Later),
        (v2(), 500, fixture!("error-server.response.json"), Submitted::Later),
        (v2(), 502, "<html>", Submitted::Later),
    ] {
        let read = Dialog360.read_submitted(&channel, &answer(status, body));
        assert_eq!(read, expected, "{status} {body}");
    }
}

fn rows(channel: &OpenChannel, body: &str) -> Vec<[String; 4]> {
    let page = Dialog360.read_templates(channel, None, &answer(200, body)).unwrap();
    page.rows
        .into_iter()
        .map(|row| {
            let (id, reason) = (row.id.unwrap_or_default(), row.reason.unwrap_or_default());
            assert!(!row.language.is_empty());
            [row.name, row.status, id, reason]
        })
        .collect()
}

/// T48: the list is read in both forms, words as they are written there.
#[test]
fn both_forms_of_the_list_are_read() {
    let own = fixture!("template-list.response.json");
    let [start, offer] = &rows(&v1(), own)[..] else { panic!("not two") };
    assert_eq!(start, &["start_03030303", "approved", NAMESPACE_ID, ""]);
    assert_eq!((offer[1].as_str(), offer[3].as_str()), ("rejected", "INVALID_FORMAT"));
    assert_eq!(rows(&v2(), own)[0][2], "", "the second generation wants no namespace");
    let of_meta = rows(&v2(), fixture!("template-list-as-meta.response.json"));
    assert_eq!(of_meta, [["start_03030303", "APPROVED", "778899001122", ""]]);
}

/// T48: all pages are asked for: by the first row of the next, or by Meta's cursor.
#[test]
fn a_list_has_pages() {
    let next = |page: Option<&str>, body: &str| {
        Dialog360.read_templates(&v2(), page, &answer(200, body)).unwrap().next
    };
    let list = |next: Option<&str>| shown(&Dialog360.list_templates(&v2(), next));
    let host = "https://waba-v2.360dialog.io";
    assert_eq!(list(None), format!("GET {host}/v1/configs/templates?limit=100&offset=0"));
    let second = next(None, fixture!("template-list.response.json"));
    assert_eq!(second.as_deref(), Some("2"));
    assert_eq!(list(Some("2")), format!("GET {host}/v1/configs/templates?limit=100&offset=2"));
    assert_eq!(next(Some("2"), fixture!("template-list-last.response.json")), None);
    // A total that never comes does not make us ask for ever.
    assert_eq!(next(Some("2"), r#"{"total":9,"waba_templates":[]}"#), None);
    let cursor = next(None, fixture!("template-list-as-meta.response.json"));
    assert_eq!(cursor.as_deref(), Some("after:BBB"));
    assert_eq!(
        list(Some("after:BBB")),
        format!("GET {host}/message_templates?limit=100&after=BBB")
    );
}

/// What is no list says nothing about any template.
#[test]
fn an_error_is_no_empty_list() {
    for (status, body) in [
        (401, fixture!("error-key.response.json")),
        (200, fixture!("error-key.response.json")),
        (500, fixture!("template-list.response.json")),
        (200, "<html>"),
        (200, "[]"),
    ] {
        let page = Dialog360.read_templates(&v2(), None, &answer(status, body));
        assert_eq!(page, None, "{status} {body}");
    }
}
