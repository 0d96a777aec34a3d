//! Templates: submission, samples, list and removal.

use super::*;
use crate::domain::message::MediaKind;
use crate::domain::outbound::{Button, Outbound, Parts, ReviewStatus, TemplateType};
use crate::provider::{Class, Purpose, Submitted, TemplateRow, Upload, UploadStep};

const BASE: &str = "https://rcsgui.karix.solutions/api/v1.0/template/300400500600";

fn outbound() -> Outbound {
    Outbound {
        content: "Hi {{.name}}, it is ready.".to_owned(),
        language: "en-US".to_owned(),
        media_url: Some("https://files.example.com/shop.png".to_owned()),
        variables: vec!["name".to_owned()],
        examples: map(&[("name", "Meera")]),
        buttons: vec![Button::Continue { text: "Go on".to_owned() }],
        template_name: "pickup_ready_0a0b0c0d".to_owned(),
        template_id: Some("1500600700800900".to_owned()),
        ..testing::outbound(&channel())
    }
}

/// K17, K45: components as Meta has them, under Karix's names, with the template API's own key.
#[test]
fn a_template_is_submitted() {
    let channel = channel_with(
        &[("waba_id", "300400500600")],
        &[("account_key", KEY), ("template_token", "template-key")],
    );
    let request = Karix.submit_template(&channel, &outbound(), &["4::handle".to_owned()]);
    assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", BASE));
    assert_eq!(request.headers()["authentication"], "Bearer template-key");
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    let expected = json!({
        "template_name": "pickup_ready_0a0b0c0d",
        "language": "en_US",
        "category": "UTILITY",
        "components": [
            { "type": "HEADER", "format": "IMAGE", "example": { "header_handle": ["4::handle"] } },
            { "type": "BODY", "text": "Hi {{1}}, it is ready.",
              "example": { "body_text": [["Meera"]] } },
            { "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "Go on" }] },
        ],
    });
    assert_eq!(body, expected);
}

/// K17: what could never be sent is refused before it is submitted.
#[test]
fn a_template_has_only_what_can_be_sent() {
    let with_header = |text: &str| Outbound {
        template_type: TemplateType::Text,
        parts: Parts { header_text: Some(text.to_owned()), ..Parts::default() },
        ..outbound()
    };
    let code = Button::CopyCode { example: "C1".to_owned() };
    for (outbound, field) in [
        (outbound(), None),
        (with_header("Offer"), None),
        (with_header("Hi {{.name}}"), Some("header_text")),
        (Outbound { template_type: TemplateType::Location, ..outbound() }, Some("template_type")),
        (Outbound { buttons: vec![code], ..outbound() }, Some("copy_code")),
    ] {
        let fits = Karix.fits(&with_account(), &outbound);
        assert_eq!(fits.err().map(|(field, _)| field), field);
    }
    assert!(Karix.wants_samples(&with_account()));
}

/// K17: taken, refused for its content, or not decided: a wrong account or an outage is no verdict.
#[test]
fn the_answer_to_a_submission_is_read() {
    let taken = |id: Option<&str>| Submitted::Taken {
        template_id: id.map(str::to_owned),
        provider_status: "PENDING".to_owned(),
    };
    let refused = |reason: &str| Submitted::Refused { reason: reason.to_owned() };
    let created = fixture!("template-created.response.json");
    let bad = r#"{"errorCode":1001,"errorMessage":"Invalid parameter"}"#;
    for (status, body, expected) in [
        (201, created, taken(Some("1500600700800900"))),
        (200, r#"{"response":{"templateId":7}}"#, taken(Some("7"))),
        (200, r#"{"data":{"templateId":"8"}}"#, taken(Some("8"))),
        (200, "{}", taken(None)),
        (400, r#"{"errorCode":1003,"errorMessage":"already exists"}"#, taken(None)),
        (400, bad, refused("Invalid parameter")),
        (200, bad, refused("Invalid parameter")),
        (400, fixture!("template-error-1004.response.json"), Submitted::Later),
        (401, r#"{"message":"token"}"#, Submitted::Later),
        (404, fixture!("template-not-found.response.json"), Submitted::Later),
        (429, "{}", Submitted::Later),
        (500, bad, Submitted::Later),
        (502, "<html>", Submitted::Later),
        (200, "<html>", Submitted::Later),
    ] {
        let read = Karix.read_submitted(&with_account(), &answer(status, body));
        assert_eq!(read, expected, "{status} {body}");
    }
    // Without an account nothing was asked that could be decided.
    assert_eq!(Karix.read_submitted(&channel(), &answer(400, bad)), Submitted::Later);
}

/// T50: the list tells reviews and reasons; a row that is none does not lose the others.
#[test]
fn the_list_is_read() {
    let request = Karix.list_templates(&with_account(), None);
    assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("GET", BASE));
    let list = answer(200, fixture!("template-list.response.json"));
    let page = Karix.read_templates(&with_account(), None, &list).unwrap();
    assert_eq!(page.next, None);
    let row =
        |id: &str, name: &str, language: &str, status: &str, reason: Option<&str>| TemplateRow {
            id: Some(id.to_owned()),
            name: name.to_owned(),
            language: language.to_owned(),
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
            ..TemplateRow::default()
        };
    let expected = [
        row("1500600700800900", "pickup_ready_0a0b0c0d", "en_US", "Approved", None),
        row("1500600700800901", "diwali_offer_0a0b0c0e", "", "REJECTED", Some("PROMOTIONAL")),
    ];
    assert_eq!(page.rows, expected);
    assert_eq!(ReviewStatus::of(&page.rows[0].status), Some(ReviewStatus::Approved));
    for (status, body) in [
        (200, fixture!("template-error-1004.response.json")),
        (401, "{}"),
        (500, fixture!("template-list.response.json")),
        (200, r#"{"response":{}}"#),
        (200, "<html>"),
    ] {
        let read = Karix.read_templates(&with_account(), None, &answer(status, body));
        assert_eq!(read, None, "{status} {body}");
    }
}

/// karix 5: by its number, unlike a sending.
#[test]
fn a_template_is_deleted_by_its_number() {
    let request = Karix.delete_template(&with_account(), &outbound()).unwrap();
    assert_eq!(request.method().as_str(), "DELETE");
    assert_eq!(request.uri().to_string(), format!("{BASE}/1500600700800900"));
    let unknown = Outbound { template_id: None, ..outbound() };
    assert!(Karix.delete_template(&with_account(), &unknown).is_none());
    assert!(Karix.delete_template(&channel(), &outbound()).is_none());
}

fn file() -> Upload<'static> {
    Upload {
        purpose: Purpose::Sample,
        kind: MediaKind::Image,
        mime: "image/png",
        filename: None,
        bytes: b"picture",
    }
}

fn step(answers: &[http::Response<Vec<u8>>]) -> UploadStep {
    Karix.upload(&with_account(), &file(), answers)
}

/// karix 5: an example is brought first; the part of the file has two names among its clients, tried in turn.
#[test]
fn a_sample_is_brought() {
    let UploadStep::Call(request) = step(&[]) else { panic!("a call") };
    assert_eq!(request.method().as_str(), "POST");
    assert_eq!(request.uri().to_string(), format!("{BASE}/media"));
    let kind = request.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("multipart/form-data; boundary="), "{kind}");
    let sent = String::from_utf8(request.body().clone()).unwrap();
    for part in ["name=\"file_type\"\r\n\r\nimage/png\r\n", "name=\"file\"; ", "\r\npicture\r\n"] {
        assert!(sent.contains(part), "{part:?} in {sent}");
    }
    let good = || answer(200, fixture!("template-media.response.json"));
    let UploadStep::Done(handle) = step(&[good()]) else { panic!("a handle") };
    assert_eq!(handle, "4::b3VyLXNhbXBsZQ==:ARaOurHandle");

    let bad = || answer(400, r#"{"errorCode":1001,"errorMessage":"file missing"}"#);
    let UploadStep::Call(second) = step(&[bad()]) else { panic!("a second call") };
    let sent = String::from_utf8(second.body().clone()).unwrap();
    assert!(sent.contains("name=\"certifile\"; "), "{sent}");
    assert!(matches!(step(&[bad(), good()]), UploadStep::Done(_)));

    let class = |answers: &[http::Response<Vec<u8>>]| match step(answers) {
        UploadStep::Refused { class, .. } => class,
        other => panic!("{other:?}"),
    };
    assert_eq!(class(&[bad(), bad()]), Class::Final);
    assert_eq!(class(&[answer(200, "{}")]), Class::Final);
    assert_eq!(class(&[answer(401, "{}")]), Class::Configuration);
    assert_eq!(class(&[answer(503, "")]), Class::Retry(None));
    assert_eq!(class(&[answer(429, "{}")]), Class::Retry(None));

    let message = Upload { purpose: Purpose::Message, ..file() };
    assert!(matches!(Karix.upload(&with_account(), &message, &[]), UploadStep::ByAddress));
}
