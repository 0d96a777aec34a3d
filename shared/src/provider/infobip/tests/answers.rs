//! What Infobip answers, and the calls for templates.

use super::*;
use crate::domain::outbound::{
    App, Button, Card, Category, Offer, Otp, OtpType, Outbound, Parts, ReviewStatus, TemplateType,
};
use crate::provider::{Answer, Check, Class, Submitted};

fn read(status: u16, body: &str) -> Answer {
    Infobip.read(&channel(), &answer(status, body))
}

fn accepted(id: &str) -> Answer {
    Answer::Accepted { provider_id: id.to_owned(), wa_id: None }
}

/// Class, code and sentence of a refusal.
fn refused(status: u16, body: &str) -> (Class, String, String) {
    testing::refused(&Infobip, &channel(), &answer(status, body))
}

/// infobip 2.6: 200 says accepted, of one message and of a list, unless the message's status says otherwise.
#[test]
fn a_message_is_accepted_unless_its_status_says_otherwise() {
    for body in [fixture!("send.response.json"), fixture!("send-template.response.json")] {
        assert_eq!(read(200, body), accepted("MSGID"));
    }
    let (class, code, message) = refused(200, fixture!("send-rejected.response.json"));
    assert_eq!(class, Class::Configuration);
    assert_eq!(code, "REJECTED_NOT_ENOUGH_CREDITS");
    assert_eq!(message, "REJECTED_NOT_ENOUGH_CREDITS: Not enough credits");
    let other = fixture!("send-rejected.response.json").replace("\"id\": 12", "\"id\": 8");
    assert_eq!(refused(200, &other).0, Class::Final);
    for body in [r#"{"messageId":"1"}"#, r#"{"messages":[{"messageId":"1","status":7}]}"#] {
        assert_eq!(read(200, body), accepted("1"), "{body}");
    }
}

/// README 10: a success that names no message may have been one; a page of something in between was none.
#[test]
fn an_answer_that_names_no_message_is_not_repeated_blindly() {
    for body in ["{}", r#"{"messages":[]}"#, r#"{"messages":[{}]}"#] {
        assert_eq!(refused(200, body).0, Class::Final, "{body}");
    }
    for body in ["", "<html>", "[]"] {
        assert_eq!(refused(200, body).0, Class::Retry(None), "{body}");
        assert_eq!(refused(404, body).0, Class::Retry(None), "{body}");
    }
}

/// infobip 2.7: all three shapes are read, and each word has its class.
#[test]
fn refusals_have_three_shapes() {
    let retry = Class::Retry(None);
    for (status, body, expected) in [
        (
            400,
            fixture!("error-400-old.response.json"),
            (
                Class::Final,
                "BAD_REQUEST",
                "Bad request (content.text: size must be between 1 and 4096, must not be blank)",
            ),
        ),
        (
            400,
            fixture!("error-400-new.response.json"),
            (
                Class::Final,
                "E400",
                "Request cannot be processed. (content.text: must not be blank)",
            ),
        ),
        (
            401,
            fixture!("error-401.response.json"),
            (Class::Configuration, "UNAUTHORIZED", "Invalid login details"),
        ),
        (
            403,
            fixture!("error-403.response.json"),
            (Class::Configuration, "FORBIDDEN", "Forbidden"),
        ),
        (
            429,
            fixture!("error-429.response.json"),
            (retry, "TOO_MANY_REQUESTS", "Too many requests"),
        ),
        (500, fixture!("error-500.response.json"), (retry, "E500", "Something went wrong.")),
        (400, fixture!("error-bare.response.json"), (Class::Final, "http_400", "no such message")),
        (502, "<html>", (retry, "http_502", "the answer was status 502 and no JSON")),
        (429, "", (retry, "http_429", "the answer was status 429 and no JSON")),
        (401, "", (Class::Configuration, "http_401", "the answer was status 401 and no JSON")),
        (418, "{}", (Class::Final, "http_418", "the provider gave no reason")),
        (503, "{}", (retry, "http_503", "the provider gave no reason")),
    ] {
        let (class, code, message) = expected;
        assert_eq!(refused(status, body), (class, code.to_owned(), message.to_owned()));
    }
}

/// README 10: our own id comes back, so only another one has to be remembered.
#[test]
fn only_an_id_that_is_not_ours_needs_a_link() {
    let ours = super::super::id::written(MESSAGE);
    assert!(Infobip.echoes_our_id(&channel()));
    assert!(!Infobip.needs_link(&channel(), &ours));
    assert!(Infobip.needs_link(&channel(), "a28dd97c-1ffb-4fcf-99f1-0b557ed381da"));
}

fn outbound() -> Outbound {
    testing::outbound(&channel())
}

/// K17, infobip 5: a template goes into review with its samples, nothing is uploaded before.
#[test]
fn a_template_is_submitted() {
    let request = Infobip.submit_template(&channel(), &outbound(), &[]);
    assert_eq!(request.method(), "POST");
    assert_eq!(
        request.uri(),
        "https://ab12cd.api.infobip.com/whatsapp/2/senders/15550102030/templates"
    );
    assert_eq!(
        serde_json::from_slice::<Value>(request.body()).unwrap(),
        json!({
            "name": "start_03030303", "language": "pt_BR", "category": "UTILITY",
            "structure": {
                "header": { "format": "IMAGE", "example": "https://files.example.com/1.png" },
                "body": { "text": "Olá {{1}}, o código é {{2}}.", "examples": ["Ana", "42"] },
                "buttons": [
                    { "type": "QUICK_REPLY", "text": "Continuar" },
                    { "type": "QUICK_REPLY", "text": "Cancelar" },
                    { "type": "URL", "text": "Site", "url": "https://example.com" },
                    { "type": "PHONE_NUMBER", "text": "Ligar", "phoneNumber": "+15550102030" },
                ],
            },
        })
    );
    let plain = Outbound {
        content: "Hola".to_owned(),
        template_type: TemplateType::Text,
        variables: Vec::new(),
        buttons: Vec::new(),
        ..outbound()
    };
    let request = Infobip.submit_template(&channel(), &plain, &[]);
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(body["structure"], json!({ "body": { "text": "Hola" } }));
}

fn submitted(outbound: &Outbound) -> Value {
    let request = Infobip.submit_template(&channel(), outbound, &[]);
    serde_json::from_slice::<Value>(request.body()).unwrap()["structure"].clone()
}

/// K39-K41, infobip 5: a header and an address with a sample, a footer, a place, and a coupon's code.
#[test]
fn every_part_of_a_template_is_submitted() {
    let parts = Parts {
        header_text: Some("Pedido {{.code}}".to_owned()),
        footer: Some("Gracias".to_owned()),
        ..Parts::default()
    };
    let with_header = Outbound {
        content: "Hola, {{.name}}.".to_owned(),
        template_type: TemplateType::Text,
        media_url: None,
        variables: vec!["name".to_owned()],
        buttons: vec![
            Button::QuickReply { text: "Ver".to_owned() },
            Button::Url { text: "Abrir".to_owned(), url: "https://a.example/{{.code}}".to_owned() },
            Button::CopyCode { example: "C0D3".to_owned() },
        ],
        parts,
        ..outbound()
    };
    assert_eq!(
        submitted(&with_header),
        json!({
            "header": { "format": "TEXT", "text": "Pedido {{1}}", "example": "42" },
            "body": { "text": "Hola, {{1}}.", "examples": ["Ana"] },
            "footer": { "text": "Gracias" },
            "buttons": [
                { "type": "QUICK_REPLY", "text": "Ver" },
                { "type": "URL", "text": "Abrir", "url": "https://a.example/{{1}}",
                  "example": "https://a.example/42" },
                { "type": "COPY_CODE", "example": "C0D3" },
            ],
        })
    );
    let place = Outbound { template_type: TemplateType::Location, media_url: None, ..outbound() };
    assert_eq!(submitted(&place)["header"], json!({ "format": "LOCATION" }));
}

fn with_otp(otp: Otp) -> Outbound {
    let parts = Parts { otp: Some(otp), ..Parts::default() };
    Outbound { category: Category::Authentication, parts, ..outbound() }
}

/// infobip 5: WhatsApp words a template for codes, only its choices are submitted.
#[test]
fn a_template_for_codes_is_submitted() {
    let copied = Otp { add_security_recommendation: true, ..Otp::default() };
    assert_eq!(
        submitted(&with_otp(copied)),
        json!({ "body": { "addSecurityRecommendation": true }, "buttons": [{ "otpType": "COPY_CODE" }] })
    );
    let app = App {
        package_name: "com.example.shop".to_owned(),
        signature_hash: "K8a/AINcGX7".to_owned(),
    };
    let tapped = Otp {
        kind: OtpType::OneTap,
        text: Some("Copiar".to_owned()),
        apps: vec![app],
        code_expiration_minutes: Some(10),
        ..Otp::default()
    };
    assert_eq!(
        submitted(&with_otp(tapped)),
        json!({
            "body": { "addSecurityRecommendation": false },
            "footer": { "codeExpirationMinutes": 10 },
            "buttons": [{ "otpType": "ONE_TAP", "text": "Copiar", "packageName": "com.example.shop",
                          "signatureHash": "K8a/AINcGX7" }],
        })
    );
}

/// infobip 5: what has no published form is refused by name before anything is submitted.
#[test]
fn a_template_that_infobip_cannot_have_is_refused() {
    let app =
        App { package_name: "com.example".to_owned(), signature_hash: "K8a/AINcGX7".to_owned() };
    let card = Card {
        template_type: TemplateType::Image,
        media_url: "https://a.example/1.png".to_owned(),
        content: None,
        buttons: Vec::new(),
    };
    let with = |parts| Outbound { parts, ..outbound() };
    let offer = Offer { text: "Hoy".to_owned(), has_expiration: true };
    for (outbound, refused) in [
        (outbound(), None),
        (with_otp(Otp { kind: OtpType::OneTap, apps: vec![app.clone()], ..Otp::default() }), None),
        (with(Parts { cards: vec![card], ..Parts::default() }), Some("cards")),
        (with(Parts { offer: Some(offer), ..Parts::default() }), Some("limited_time_offer")),
        (with_otp(Otp { kind: OtpType::ZeroTap, ..Otp::default() }), Some("otp.type")),
        (
            with_otp(Otp { kind: OtpType::OneTap, apps: vec![app.clone(), app], ..Otp::default() }),
            Some("otp.apps"),
        ),
    ] {
        let fits = Infobip.fits(&channel(), &outbound);
        assert_eq!(fits.err().map(|(field, _)| field), refused);
    }
}

/// T25, T47: what is taken is in review; a refusal of the content is a verdict, one of the caller or the moment is not.
#[test]
fn a_submission_is_taken_refused_or_postponed() {
    let read = |status, body: &str| Infobip.read_submitted(&channel(), &answer(status, body));
    let taken = |id: Option<&str>| Submitted::Taken {
        template_id: id.map(str::to_owned),
        provider_status: "PENDING".to_owned(),
    };
    for status in [200, 201] {
        assert_eq!(read(status, fixture!("template-created.response.json")), taken(Some("81")));
    }
    assert_eq!(read(201, "{}"), taken(None));
    assert_eq!(read(409, "{}"), taken(None));
    let refused = read(400, fixture!("error-400-new.response.json"));
    let reason = "Request cannot be processed. (content.text: must not be blank)".to_owned();
    assert_eq!(refused, Submitted::Refused { reason });
    for (status, body) in [
        (401, fixture!("error-401.response.json")),
        (403, fixture!("error-403.response.json")),
        (404, r#"{"errorCode":"E404"}"#),
        (429, fixture!("error-429.response.json")),
        (500, fixture!("error-500.response.json")),
        (400, "<html>"),
        (200, "<html>"),
    ] {
        assert_eq!(read(status, body), Submitted::Later, "{status} {body}");
    }
}

/// T45, infobip 5: one list without pages; the older form is read as well, and a broken row costs itself alone.
#[test]
fn the_list_of_templates_is_read() {
    let request = Infobip.list_templates(&channel(), None);
    assert_eq!(
        (request.method().as_str(), request.uri().path()),
        ("GET", "/whatsapp/2/senders/15550102030/templates")
    );
    let read = |status, body: &str| Infobip.read_templates(&channel(), None, &answer(status, body));
    let page = read(200, fixture!("template-list.response.json")).unwrap();
    assert_eq!(page.next, None);
    let rows: Vec<_> = page
        .rows
        .iter()
        .map(|row| {
            (row.id.as_deref(), row.name.as_str(), row.language.as_str(), row.status.as_str())
        })
        .collect();
    assert_eq!(
        rows,
        [
            (Some("81"), "start_03030303", "es", "APPROVED"),
            (Some("82"), "old_one", "pt_BR", "FIRST_PAUSED"),
        ]
    );
    let rated: Vec<_> =
        page.rows.iter().map(|row| (row.category, row.quality.as_deref())).collect();
    assert_eq!(rated, [(Some(Category::Utility), Some("HIGH")), (None, None)]);
    for (status, body) in [(200, "{}"), (200, "[]"), (200, "<html>"), (401, r#"{"templates":[]}"#)]
    {
        assert_eq!(read(status, body), None, "{status} {body}");
        assert_eq!(Infobip.read_check(&channel(), &answer(status, body)), Check::Refused);
    }
    assert_eq!(Infobip.read_check(&channel(), &answer(200, r#"{"templates":[]}"#)), Check::Good);
    assert_eq!(Infobip.check(&channel()).uri(), request.uri());
}

/// infobip 5: every word of a review has its meaning.
#[test]
fn every_word_of_a_review_has_its_meaning() {
    for (words, status) in [
        (&["PENDING", "IN_APPEAL", "FIRST_PAUSED", "SECOND_PAUSED"][..], ReviewStatus::Pending),
        (&["APPROVED", "REINSTATED", "FLAGGED"], ReviewStatus::Approved),
        (&["REJECTED", "DISABLED", "DELETED", "PENDING_DELETION"], ReviewStatus::Rejected),
    ] {
        for word in words {
            assert_eq!(ReviewStatus::of(word), Some(status), "{word}");
        }
    }
    assert_eq!(ReviewStatus::of("SOMETHING_NEW"), None);
}

/// infobip 5: a template is deleted by its name, which is ours alone.
#[test]
fn a_template_is_deleted_by_name() {
    let request = Infobip.delete_template(&channel(), &outbound()).unwrap();
    assert_eq!(
        (request.method().as_str(), request.uri().path()),
        ("DELETE", "/whatsapp/2/senders/15550102030/templates/start_03030303")
    );
}
