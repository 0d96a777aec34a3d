//! Templates and the subscription of the webhook.

use http::HeaderValue;

use super::*;
use crate::domain::channel::{AppAlgorithm, AppKey, Credentials, Secret};
use crate::domain::message::MediaKind;
use crate::domain::outbound::{Button, Category, Offer, Otp, OtpType, Outbound, TemplateType};
use crate::provider::{Check, Class, Purpose, Submitted, TemplateRow, Upload, UploadStep};

fn outbound() -> Outbound {
    Outbound {
        content: "Oi {{.name}}, código {{ .code }}, {{.name}}!".to_owned(),
        template_type: TemplateType::Text,
        media_url: None,
        variables: ["name", "code", "name"].map(str::to_owned).to_vec(),
        buttons: vec![
            Button::Continue { text: "Continuar".to_owned() },
            Button::Cancel { text: "Cancelar".to_owned() },
            Button::Url { text: "Ver".to_owned(), url: "https://example.com/a".to_owned() },
            Button::Phone { text: "Ligar".to_owned(), number: "+573181230000".to_owned() },
        ],
        template_name: "inicio_00000000".to_owned(),
        ..testing::outbound(&enterprise())
    }
}

/// T32, T33, T42: category, kind, language, variables with examples and buttons as the gateway wants them.
#[test]
fn the_gateway_gets_a_template() {
    let request = Gupshup.submit_template(&enterprise(), &outbound(), &[]);
    let (line, fields) = form(&request);
    assert_eq!(line, "POST https://wamedia.smsgupshup.com/GatewayAPI/rest");
    for (name, expected) in [
        ("method", "create_whatsapp_hsm"),
        ("userid", "2000190001"),
        ("category", "UTILITY"),
        ("language", "pt_BR"),
        ("template_name", "inicio_00000000"),
        ("type", "text"),
        ("template", "Oi {{1}}, código {{2}}, {{3}}!"),
        ("template_variable_examples", r#"["Ana","42","Ana"]"#),
        ("quick_reply_buttons", r#"["Continuar","Cancelar"]"#),
        ("quickReplyFirst", "true"),
    ] {
        assert_eq!(value(&fields, name), Some(expected), "{name}");
    }
    assert_eq!(
        json_value(&fields, "call_to_action_buttons"),
        json!([
            { "type": "url", "text": "Ver", "urlType": "static", "url": "https://example.com/a" },
            { "type": "phone_number", "text": "Ligar", "phone_number": "+573181230000" },
        ])
    );
    let image = Outbound {
        template_type: TemplateType::Image,
        media_url: Some("https://cdn.example.com/a.png".to_owned()),
        ..outbound()
    };
    let (_, fields) = form(&Gupshup.submit_template(&enterprise(), &image, &[]));
    assert_eq!(value(&fields, "type"), Some("image"));
    assert_eq!(value(&fields, "header_examples"), Some(r#"["https://cdn.example.com/a.png"]"#));
}

#[test]
fn self_serve_gets_a_template() {
    let request = Gupshup.submit_template(&self_serve(), &outbound(), &[]);
    assert_eq!(request.headers()["apikey"], "key-1");
    let (line, fields) = form(&request);
    assert_eq!(line, "POST https://api.gupshup.io/wa/app/app-1/template");
    for (name, expected) in [
        ("elementName", "inicio_00000000"),
        ("languageCode", "pt_BR"),
        ("category", "UTILITY"),
        ("vertical", "Start"),
        ("templateType", "TEXT"),
        ("content", "Oi {{1}}, código {{2}}, {{3}}!"),
        ("example", "Oi [Ana], código [42], [Ana]!"),
        ("enableSample", "true"),
    ] {
        assert_eq!(value(&fields, name), Some(expected), "{name}");
    }
    assert_eq!(
        json_value(&fields, "buttons"),
        json!([
            { "type": "QUICK_REPLY", "text": "Continuar" },
            { "type": "QUICK_REPLY", "text": "Cancelar" },
            { "type": "URL", "text": "Ver", "url": "https://example.com/a" },
            { "type": "PHONE_NUMBER", "text": "Ligar", "phone_number": "+573181230000" },
        ])
    );
}

fn taken(id: &str) -> Submitted {
    Submitted::Taken { template_id: Some(id.to_owned()), provider_status: "PENDING".to_owned() }
}

/// K39 to K41: header, footer, an address with a variable and a one-time password, in the words of both products.
#[test]
fn both_products_get_the_parts_that_they_have() {
    let mut full = outbound();
    full.parts.header_text = Some("Pedido {{.code}}".to_owned());
    full.parts.footer = Some("Loja".to_owned());
    full.buttons = vec![Button::Url {
        text: "Ver".to_owned(),
        url: "https://example.com/o/{{.code}}".to_owned(),
    }];
    let (_, fields) = form(&Gupshup.submit_template(&enterprise(), &full, &[]));
    assert_eq!(value(&fields, "header"), Some("Pedido {{1}}"));
    assert_eq!(value(&fields, "header_examples"), Some(r#"["42"]"#));
    assert_eq!(value(&fields, "footer"), Some("Loja"));
    assert_eq!(
        json_value(&fields, "call_to_action_buttons"),
        json!([{ "type": "url", "text": "Ver", "urlType": "dynamic",
                 "url": "https://example.com/o/{{1}}", "example": ["https://example.com/o/42"] }])
    );
    let (_, fields) = form(&Gupshup.submit_template(&self_serve(), &full, &[]));
    assert_eq!(value(&fields, "header"), Some("Pedido {{1}}"));
    assert_eq!(value(&fields, "exampleHeader"), Some("Pedido [42]"));
    assert_eq!(value(&fields, "footer"), Some("Loja"));
    assert_eq!(
        json_value(&fields, "buttons"),
        json!([{ "type": "URL", "text": "Ver", "url": "https://example.com/o/{{1}}",
                 "example": ["https://example.com/o/42"] }])
    );

    let mut code = Outbound { category: Category::Authentication, ..outbound() };
    code.buttons.clear();
    code.parts.otp = Some(Otp {
        text: Some("Copiar".to_owned()),
        add_security_recommendation: true,
        code_expiration_minutes: Some(5),
        ..Otp::default()
    });
    let button = json!([{ "type": "OTP", "otp_type": "COPY_CODE", "text": "Copiar" }]);
    let (_, fields) = form(&Gupshup.submit_template(&self_serve(), &code, &[]));
    assert_eq!(json_value(&fields, "buttons"), button);
    assert_eq!(value(&fields, "addSecurityRecommendation"), Some("true"));
    assert_eq!(value(&fields, "codeExpirationMinutes"), Some("5"));
    let (_, fields) = form(&Gupshup.submit_template(&enterprise(), &code, &[]));
    assert_eq!(json_value(&fields, "otp_buttons"), button);
    assert_eq!(value(&fields, "add_security_recommendation"), Some("true"));
}

/// What a product has no form for is named by its field.
#[test]
fn what_gupshup_does_not_have_is_named() {
    let with = |change: fn(&mut Outbound)| {
        let mut outbound = outbound();
        change(&mut outbound);
        outbound
    };
    let field = |channel: &OpenChannel, outbound: &Outbound| {
        Gupshup.fits(channel, outbound).err().map(|(field, _)| field)
    };
    let coupon = with(|o| o.buttons = vec![Button::CopyCode { example: "A".to_owned() }]);
    let offer = with(|o| {
        o.parts.offer = Some(Offer { text: "Hoje".to_owned(), has_expiration: false });
    });
    let tapped = with(|o| o.parts.otp = Some(Otp { kind: OtpType::OneTap, ..Otp::default() }));
    for channel in [enterprise(), self_serve()] {
        assert_eq!(field(&channel, &outbound()), None);
        assert_eq!(field(&channel, &coupon), Some("copy_code"));
        assert_eq!(field(&channel, &offer), Some("limited_time_offer"));
        assert_eq!(field(&channel, &tapped), Some("otp.type"));
    }
    let place = with(|o| o.template_type = TemplateType::Location);
    let code = with(|o| o.parts.otp = Some(Otp::default()));
    let minutes = with(|o| {
        o.parts.otp = Some(Otp { code_expiration_minutes: Some(5), ..Otp::default() });
    });
    let address = || Button::Url { text: "A".to_owned(), url: "https://a/{{.code}}".to_owned() };
    let mut two = outbound();
    two.buttons = vec![address(), address()];
    for (outbound, expected) in [
        (&place, "template_type"),
        (&code, "category"),
        (&minutes, "otp.code_expiration_minutes"),
        (&two, "call_to_action.second_url.url"),
    ] {
        assert_eq!(field(&enterprise(), outbound), Some(expected));
        assert_eq!(field(&self_serve(), outbound), None);
    }
    let mut by_id = enterprise();
    by_id.channel.settings.insert("template_by".to_owned(), "template_id".to_owned());
    assert_eq!(field(&by_id, &code), None);
}

/// B10: a self-serve sample goes to the partner API where there is a token for it, else to self-serve; each answer has
/// its own fields in the submission.
#[test]
fn self_serves_samples_are_uploaded() {
    let file = Upload {
        purpose: Purpose::Sample,
        kind: MediaKind::Image,
        mime: "image/png",
        filename: Some("a\"b.png"),
        bytes: b"1234",
    };
    assert!(!Gupshup.wants_samples(&enterprise()) && Gupshup.wants_samples(&self_serve()));
    assert!(matches!(Gupshup.upload(&enterprise(), &file, &[]), UploadStep::ByAddress));
    let step = |channel: &OpenChannel, answers: &[http::Response<Vec<u8>>]| {
        Gupshup.upload(channel, &file, answers)
    };
    let UploadStep::Call(request) = step(&self_serve(), &[]) else { panic!() };
    assert_eq!(line(&request), "POST https://api.gupshup.io/wa/app-1/wa/media/v2");
    assert_eq!(request.headers()["apikey"], "key-1");
    let kind = request.headers()["content-type"].to_str().unwrap().to_owned();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let body = String::from_utf8(request.body().clone()).unwrap();
    assert_eq!(
        body,
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file_type\"\r\n\r\nimage/png\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%22b.png\"\r\n\
             Content-Type: image/png\r\n\r\n1234\r\n--{boundary}--\r\n"
        )
    );
    let mut partner = self_serve();
    partner.credentials = Credentials::new([("app_token".to_owned(), "t".to_owned())].into());
    let UploadStep::Call(request) = step(&partner, &[]) else { panic!() };
    assert_eq!(line(&request), "POST https://partner.gupshup.io/partner/app/app-1/upload/media");
    assert_eq!(request.headers()["authorization"], "t");

    let image = Outbound {
        template_type: TemplateType::Image,
        media_url: Some("https://cdn.example.com/a.png".to_owned()),
        ..outbound()
    };
    for (answered, expected) in [
        (r#"{"status":"success","handleId":{"message":"4::aW"}}"#, vec![("exampleMedia", "4::aW")]),
        (
            r#"{"status":"success","media":{"fileName":"a","id":"i-1","url":"https://f.example/1"}}"#,
            vec![("mediaId", "i-1"), ("mediaUrl", "https://f.example/1")],
        ),
    ] {
        let answer = answer(200, answered);
        let UploadStep::Done(sample) = step(&self_serve(), &[answer]) else { panic!() };
        let (_, fields) = form(&Gupshup.submit_template(&self_serve(), &image, &[sample]));
        for (name, text) in expected {
            assert_eq!(value(&fields, name), Some(text), "{name}");
        }
    }
    for (status, body, expected) in [
        (400, r#"{"status":"error","message":"no"}"#, Class::Final),
        (401, "", Class::Configuration),
        (200, "<html>", Class::Retry(None)),
        (503, "", Class::Retry(None)),
    ] {
        let UploadStep::Refused { class, .. } = step(&self_serve(), &[answer(status, body)]) else {
            panic!()
        };
        assert_eq!(class, expected, "{status}");
    }
}

fn refused(reason: &str) -> Submitted {
    Submitted::Refused { reason: reason.to_owned() }
}

/// T45: taken, refused for good, or not now.
#[test]
fn answers_to_a_submission_are_read() {
    let rows: Vec<(u16, &str, Submitted)> = vec![
        (200, fixture!("enterprise-template-created.json"), taken("9100001")),
        (
            200,
            r#"{"id":"310","details":"Template name exists","status":"error"}"#,
            refused("Template name exists"),
        ),
        (
            200,
            r#"{"id":"401","details":"Authentication failed","status":"error"}"#,
            Submitted::Later,
        ),
        (200, fixture!("enterprise-send-error-102.json"), Submitted::Later),
        (200, "<html>", Submitted::Later),
        (503, "", Submitted::Later),
        (400, "", refused("HTTP 400")),
    ];
    for (status, body, expected) in rows {
        assert_eq!(Gupshup.read_submitted(&enterprise(), &answer(status, body)), expected);
    }
    let reason = "Template Already exists with same namespace and elementName and languageCode";
    let rows: Vec<(u16, &str, Submitted)> = vec![
        (
            200,
            fixture!("self-serve-template-created.json"),
            taken("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"),
        ),
        (400, fixture!("self-serve-template-refused.json"), refused(reason)),
        (200, fixture!("self-serve-template-refused.json"), refused(reason)),
        (401, fixture!("self-serve-send-error-401.json"), Submitted::Later),
        (429, fixture!("self-serve-send-error-429.json"), Submitted::Later),
        (502, "<html>", Submitted::Later),
    ];
    for (status, body, expected) in rows {
        assert_eq!(Gupshup.read_submitted(&self_serve(), &answer(status, body)), expected);
    }
}

fn row(id: &str, name: &str, language: &str, status: &str, reason: Option<&str>) -> TemplateRow {
    TemplateRow {
        id: Some(id.to_owned()),
        name: name.to_owned(),
        language: language.to_owned(),
        status: status.to_owned(),
        reason: reason.map(str::to_owned),
        category: Some(if name.starts_with("oferta") {
            Category::Marketing
        } else {
            Category::Utility
        }),
        quality: None,
    }
}

/// The gateway's pages follow each other by their offset until the total is read.
#[test]
fn the_gateways_list_has_pages() {
    let (line, fields) = form(&Gupshup.list_templates(&enterprise(), Some("4")));
    assert_eq!(line, "POST https://wamedia.smsgupshup.com/GatewayAPI/rest");
    assert_eq!(value(&fields, "method"), Some("get_whatsapp_hsm"));
    assert_eq!(value(&fields, "offset"), Some("4"));

    let list = answer(200, fixture!("enterprise-template-list.json"));
    let page = Gupshup.read_templates(&enterprise(), None, &list).unwrap();
    assert_eq!(
        page.rows,
        [
            row("9100001", "inicio_00010203", "pt_BR", "ENABLED", None),
            row("9100002", "oferta_0a0b0c0d", "es", "REJECTED", None),
        ]
    );
    assert_eq!(page.next.as_deref(), Some("2"));
    let page = Gupshup.read_templates(&enterprise(), Some("2"), &list).unwrap();
    assert_eq!(page.next.as_deref(), Some("4"));
    let page = Gupshup.read_templates(&enterprise(), Some("3"), &list).unwrap();
    assert_eq!(page.next, None, "five in all");
    let empty = answer(200, r#"{"data":[],"meta":{"total":5}}"#);
    assert_eq!(Gupshup.read_templates(&enterprise(), Some("2"), &empty).unwrap().next, None);
}

#[test]
fn self_serves_list_has_one_page() {
    let request = Gupshup.list_templates(&self_serve(), None);
    assert_eq!(line(&request), "GET https://api.gupshup.io/wa/app/app-1/template");
    assert_eq!(request.headers()["apikey"], "key-1");
    let list = answer(200, fixture!("self-serve-template-list.json"));
    let page = Gupshup.read_templates(&self_serve(), None, &list).unwrap();
    assert_eq!(
        page.rows,
        [
            row(
                "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
                "inicio_00010203",
                "pt_BR",
                "APPROVED",
                None
            ),
            row(
                "ffffffff-bbbb-4ccc-8ddd-eeeeeeeeeeee",
                "oferta_0a0b0c0d",
                "es",
                "REJECTED",
                Some("INVALID_FORMAT"),
            ),
        ]
    );
    assert_eq!(page.next, None);
}

#[test]
fn a_channel_is_checked_by_its_list() {
    for (channel, status, body, expected) in [
        (enterprise(), 200, fixture!("enterprise-template-list.json"), Check::Good),
        (enterprise(), 200, fixture!("enterprise-send-error-102.json"), Check::Refused),
        (self_serve(), 200, fixture!("self-serve-template-list.json"), Check::Good),
        (self_serve(), 401, fixture!("self-serve-send-error-401.json"), Check::Refused),
    ] {
        assert_eq!(Gupshup.read_check(&channel, &answer(status, body)), expected);
    }
    assert_eq!(
        line(&Gupshup.check(&self_serve())),
        line(&Gupshup.list_templates(&self_serve(), None))
    );
}

#[test]
fn only_self_serve_deletes() {
    assert!(Gupshup.delete_template(&enterprise(), &outbound()).is_none());
    let request = Gupshup.delete_template(&self_serve(), &outbound()).unwrap();
    assert_eq!(
        line(&request),
        "DELETE https://api.gupshup.io/wa/app/app-1/template/inicio_00000000"
    );
    let odd = Outbound { template_name: "../x y".to_owned(), ..outbound() };
    let request = Gupshup.delete_template(&self_serve(), &odd).unwrap();
    assert_eq!(
        line(&request),
        "DELETE https://api.gupshup.io/wa/app/app-1/template/%2E%2E%2Fx%20y"
    );
}

/// K25: the gateway's address is typed in by people; self-serve's is subscribed, with the header that opens it.
#[test]
fn the_webhook_is_registered_where_there_is_a_call_for_it() {
    let url = "https://wharf.example.com/v1/webhooks/gupshup/st-1";
    assert!(Gupshup.register_webhook(&enterprise(), url).is_none());

    let request = Gupshup.register_webhook(&self_serve(), url).unwrap();
    assert_eq!(request.headers()["apikey"], "key-1");
    let (line, fields) = form(&request);
    assert_eq!(line, "POST https://api.gupshup.io/wa/app/app-1/subscription");
    assert_eq!(value(&fields, "url"), Some(url));
    assert_eq!(value(&fields, "version"), Some("2"));
    assert!(value(&fields, "modes").unwrap().split(',').any(|mode| mode == "FAILED"));
    assert_eq!(value(&fields, "meta"), None);

    let mut guarded = self_serve();
    let secrets = [("api_key", "key-1"), ("webhook_token", "hook-secret-1"), ("app_token", "t")];
    guarded.credentials =
        Credentials::new(secrets.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    let request = Gupshup.register_webhook(&guarded, url).unwrap();
    assert_eq!(request.headers()["authorization"], "t");
    let (line, fields) = form(&request);
    assert_eq!(line, "POST https://partner.gupshup.io/partner/app/app-1/subscription");
    assert_eq!(value(&fields, "version"), Some("3"));
    assert_eq!(
        json_value(&fields, "meta"),
        json!({ "headers": { "Authorization": "Bearer hook-secret-1" } })
    );
}

/// K29: the subscription hands over a token that the channel lets in, where one without an end may be used.
#[test]
fn the_subscription_of_a_channel_with_an_app_carries_the_apps_token() {
    let mut channel = self_serve();
    channel.app = Some(AppKey {
        client_id: "cs-1".to_owned(),
        secret: Secret::new("app-secret"),
        algorithm: AppAlgorithm::HS512,
    });
    let request = Gupshup.register_webhook(&channel, "https://wharf.example.com/w").unwrap();
    let meta = json_value(&form(&request).1, "meta");
    let given = meta["headers"]["Authorization"].as_str().unwrap();
    let mut call = call(fixture!("self-serve-text.json"));
    call.headers.insert(header::AUTHORIZATION, HeaderValue::from_str(given).unwrap());
    assert_eq!(Gupshup.verify(&call, &channel), Ok(()));
    channel.channel.require_exp = true;
    assert!(Gupshup.register_webhook(&channel, "https://wharf.example.com/w").is_none());
}
