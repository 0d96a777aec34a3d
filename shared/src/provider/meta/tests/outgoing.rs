//! What is sent: address, headers and body of every call.

use super::*;
use crate::domain::message::{
    ButtonValue, Choice, Header, Location, Media, MediaKind, MediaSource, Section, Sending,
    TemplateButtonValue, TemplateCard, TemplateHeader, TemplateMessage, ToUser,
};
use crate::domain::outbound::{
    App, Button, Card, Category, Offer, Otp, OtpType, Outbound, TemplateType,
};
use crate::domain::time::Time;
use crate::domain::user::{Address, Bsuid};
use crate::provider::{Class, Fetch, Purpose, Upload, UploadStep};

fn sending(content: ToUser) -> Sending {
    testing::sending(USER, content)
}

fn media(kind: MediaKind, source: MediaSource) -> Media {
    Media {
        kind,
        source: Some(source),
        mime: None,
        filename: Some("factura.pdf".to_owned()),
        caption: Some("Su factura".to_owned()),
        stored: None,
    }
}

fn link(kind: MediaKind) -> Media {
    media(kind, MediaSource::Link("https://files.example.com/1".to_owned()))
}

fn choice(id: &str, title: &str) -> Choice {
    Choice { id: id.to_owned(), title: title.to_owned(), description: None }
}

/// T2, T48: one call, with the token, to the number's messages.
#[test]
fn a_message_is_posted_to_its_number() {
    let request = Meta.build(&channel(), &sending(ToUser::text("Hola"))).unwrap();
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "https://graph.facebook.com/v23.0/109876500012345/messages");
    assert_eq!(header(&request, "authorization"), Some("Bearer EAAtest.token-1"));
    assert!(request.headers()["authorization"].is_sensitive());
    assert_eq!(header(&request, "content-type"), Some("application/json"));
    assert_eq!(
        body(&request),
        json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "573001234567",
            "type": "text",
            "text": { "body": "Hola", "preview_url": false },
            "biz_opaque_callback_data": sending(ToUser::text("")).id.to_string(),
        })
    );
}

/// The host and version of the channel, where it names them.
#[test]
fn host_and_version_are_settings() {
    let mut channel = channel();
    channel.channel.settings.insert("base_url".into(), "http://127.0.0.1:4010/meta/".into());
    channel.channel.settings.insert("api_version".into(), "v25.0".into());
    let request = Meta.build(&channel, &sending(ToUser::text("Hola"))).unwrap();
    assert_eq!(request.uri(), "http://127.0.0.1:4010/meta/v25.0/109876500012345/messages");
}

/// whatsapp-rules 9: a user without a number is a `recipient`; a reply names what it answers.
#[test]
fn the_envelope_names_recipient_and_context() {
    let mut message = sending(ToUser::text("Hola"));
    message.to = Address::Bsuid(Bsuid::parse("CO.4f7Hq2LmZx81").unwrap());
    message.reply_to = Some("wamid.WHARF0001".to_owned());
    let body = body(&Meta.build(&channel(), &message).unwrap());
    assert_eq!(body["recipient"], "CO.4f7Hq2LmZx81");
    assert_eq!(body.get("to"), None);
    assert_eq!(body["context"], json!({ "message_id": "wamid.WHARF0001" }));
}

/// A token that cannot stand in a header breaks nothing and goes nowhere.
#[test]
fn an_impossible_token_is_left_out() {
    let mut channel = channel();
    channel.credentials = Credentials::new(map(&[("access_token", "a\nb")]));
    let request = Meta.build(&channel, &sending(ToUser::text("Hola"))).unwrap();
    assert_eq!(header(&request, "authorization"), None);
}

fn check(rows: Vec<(ToUser, &str, Value)>) {
    for (content, kind, expected) in rows {
        let body = body(&Meta.build(&channel(), &sending(content)).unwrap());
        assert_eq!((&body["type"], &body[kind]), (&json!(kind), &expected));
    }
}

/// T1, T2: every kind of file, by link and by id; a caption only where the platform takes one.
#[test]
fn files_are_built() {
    let url = "https://files.example.com/1";
    let by_id = media(MediaKind::Image, MediaSource::ProviderId("7001".to_owned()));
    let private = MediaSource::PrivateLink { url: url.to_owned(), id: "7002".to_owned() };
    check(vec![
        (
            ToUser::Media(link(MediaKind::Image)),
            "image",
            json!({ "link": url, "caption": "Su factura" }),
        ),
        (ToUser::Media(by_id), "image", json!({ "id": "7001", "caption": "Su factura" })),
        (
            ToUser::Media(media(MediaKind::Video, private)),
            "video",
            json!({ "id": "7002", "caption": "Su factura" }),
        ),
        (ToUser::Media(link(MediaKind::Audio)), "audio", json!({ "link": url })),
        (ToUser::Media(link(MediaKind::Voice)), "audio", json!({ "link": url })),
        (ToUser::Media(link(MediaKind::Sticker)), "sticker", json!({ "link": url })),
        (
            ToUser::Media(link(MediaKind::Document)),
            "document",
            json!({ "link": url, "caption": "Su factura", "filename": "factura.pdf" }),
        ),
    ]);
    let mut nowhere = link(MediaKind::Image);
    nowhere.source = None;
    let error = Meta.build(&channel(), &sending(ToUser::Media(nowhere))).unwrap_err();
    assert_eq!(error.to_string(), "image cannot be sent through cloud_api");
}

/// T2: places, cards, reactions and texts with a preview.
#[test]
fn other_plain_kinds_are_built() {
    let place = Location {
        latitude: "4.60971".to_owned(),
        longitude: "-74.08175".to_owned(),
        name: Some("Oficina".to_owned()),
        address: None,
    };
    let card =
        json!({ "name": { "formatted_name": "Luis" }, "phones": [{ "phone": "+15550104477" }] });
    let react = |emoji: Option<&str>| ToUser::Reaction {
        to: "wamid.WHARF0001".to_owned(),
        emoji: emoji.map(str::to_owned),
    };
    check(vec![
        (
            ToUser::Text { body: "https://example.com".to_owned(), preview_url: true },
            "text",
            json!({ "body": "https://example.com", "preview_url": true }),
        ),
        (
            ToUser::Location(place.clone()),
            "location",
            json!({ "latitude": 4.60971, "longitude": -74.08175, "name": "Oficina" }),
        ),
        (ToUser::Contacts { contacts: vec![card.clone()] }, "contacts", json!([card])),
        (react(Some("👍")), "reaction", json!({ "message_id": "wamid.WHARF0001", "emoji": "👍" })),
        (react(None), "reaction", json!({ "message_id": "wamid.WHARF0001", "emoji": "" })),
    ]);
    for latitude in ["north", "NaN", ""] {
        let place = Location { latitude: latitude.to_owned(), ..place.clone() };
        assert!(Meta.build(&channel(), &sending(ToUser::Location(place))).is_err(), "{latitude}");
    }
}

/// T1, T61: buttons and lists.
#[test]
fn interactive_messages_are_built() {
    let sections = vec![Section {
        title: Some("Ciudades".to_owned()),
        rows: vec![
            Choice { description: Some("Capital".to_owned()), ..choice("bog", "Bogotá") },
            choice("med", "Medellín"),
        ],
    }];
    check(vec![
        (
            ToUser::Buttons {
                header: Some(Header::Media(link(MediaKind::Image))),
                body: "¿Seguimos?".to_owned(),
                footer: Some("Wharf".to_owned()),
                buttons: vec![choice("y", "Sí"), choice("n", "No")],
            },
            "interactive",
            json!({
                "type": "button",
                "header": { "type": "image", "image": { "link": "https://files.example.com/1" } },
                "body": { "text": "¿Seguimos?" },
                "footer": { "text": "Wharf" },
                "action": { "buttons": [
                    { "type": "reply", "reply": { "id": "y", "title": "Sí" } },
                    { "type": "reply", "reply": { "id": "n", "title": "No" } },
                ] },
            }),
        ),
        (
            ToUser::List {
                header: Some("Entrega".to_owned()),
                body: "¿Dónde?".to_owned(),
                footer: None,
                button: "Elegir".to_owned(),
                sections,
            },
            "interactive",
            json!({
                "type": "list",
                "header": { "type": "text", "text": "Entrega" },
                "body": { "text": "¿Dónde?" },
                "action": { "button": "Elegir", "sections": [{ "title": "Ciudades", "rows": [
                    { "id": "bog", "title": "Bogotá", "description": "Capital" },
                    { "id": "med", "title": "Medellín" },
                ] }] },
            }),
        ),
    ]);
}

/// T1, T2: a link, a question for the place, and what goes through as it is.
#[test]
fn other_interactive_messages_are_built() {
    let own =
        json!({ "type": "product", "action": { "catalog_id": "1", "product_retailer_id": "a" } });
    check(vec![
        (
            ToUser::CtaUrl {
                header: Some(Header::Text("Pago".to_owned())),
                body: "Pague aquí".to_owned(),
                footer: None,
                display_text: "Pagar".to_owned(),
                url: "https://pay.example.com".to_owned(),
            },
            "interactive",
            json!({
                "type": "cta_url",
                "header": { "type": "text", "text": "Pago" },
                "body": { "text": "Pague aquí" },
                "action": {
                    "name": "cta_url",
                    "parameters": { "display_text": "Pagar", "url": "https://pay.example.com" },
                },
            }),
        ),
        (
            ToUser::LocationRequest { body: "¿Dónde está?".to_owned() },
            "interactive",
            json!({
                "type": "location_request_message",
                "body": { "text": "¿Dónde está?" },
                "action": { "name": "send_location" },
            }),
        ),
        (ToUser::Interactive { interactive: own.clone() }, "interactive", own),
    ]);
}

fn template(
    header: Option<TemplateHeader>,
    body: &[&str],
    buttons: Vec<TemplateButtonValue>,
) -> ToUser {
    ToUser::Template(TemplateMessage {
        name: "start_process_4e4e4e4e".to_owned(),
        provider_id: None,
        language: "pt-BR".to_owned(),
        header,
        body: body.iter().map(|text| (*text).to_owned()).collect(),
        rendered: None,
        buttons,
        ..TemplateMessage::default()
    })
}

/// T34, T48, T54: name, language in the provider's form, and the values in their places.
#[test]
fn templates_are_built() {
    let button = |index, value| TemplateButtonValue { index, value };
    let buttons = vec![
        button(0, ButtonValue::QuickReply { payload: "otb:x:continue".to_owned() }),
        button(2, ButtonValue::Url { suffix: "42".to_owned() }),
        button(3, ButtonValue::CopyCode { code: "25OFF".to_owned() }),
    ];
    let name = "start_process_4e4e4e4e";
    let place = Location {
        latitude: "1".to_owned(),
        longitude: "2".to_owned(),
        name: None,
        address: Some("Calle 1".to_owned()),
    };
    check(vec![
        (
            template(None, &[], vec![]),
            "template",
            json!({ "name": name, "language": { "code": "pt_BR" } }),
        ),
        (
            template(
                Some(TemplateHeader::Media(link(MediaKind::Document))),
                &["Ana", "42"],
                buttons,
            ),
            "template",
            json!({ "name": name, "language": { "code": "pt_BR" }, "components": [
                { "type": "header", "parameters": [{ "type": "document", "document": {
                    "link": "https://files.example.com/1", "filename": "factura.pdf" } }] },
                { "type": "body", "parameters": [
                    { "type": "text", "text": "Ana" }, { "type": "text", "text": "42" } ] },
                { "type": "button", "sub_type": "quick_reply", "index": "0",
                  "parameters": [{ "type": "payload", "payload": "otb:x:continue" }] },
                { "type": "button", "sub_type": "url", "index": "2",
                  "parameters": [{ "type": "text", "text": "42" }] },
                { "type": "button", "sub_type": "copy_code", "index": "3",
                  "parameters": [{ "type": "coupon_code", "coupon_code": "25OFF" }] },
            ] }),
        ),
        (
            template(Some(TemplateHeader::Text("Hola".to_owned())), &[], vec![]),
            "template",
            json!({ "name": name, "language": { "code": "pt_BR" }, "components": [
                { "type": "header", "parameters": [{ "type": "text", "text": "Hola" }] } ] }),
        ),
        (
            template(Some(TemplateHeader::Location(place)), &[], vec![]),
            "template",
            json!({ "name": name, "language": { "code": "pt_BR" }, "components": [
                { "type": "header", "parameters": [{ "type": "location", "location": {
                    "latitude": 1.0, "longitude": 2.0, "address": "Calle 1" } }] } ] }),
        ),
    ]);
}

fn outbound() -> Outbound {
    Outbound {
        content: "Olá {{.name}}, {{ .name }} é {{.code}}, ¿sim?".to_owned(),
        media_url: Some("https://files.example.com/header.jpg".to_owned()),
        variables: ["name", "name", "code"].map(str::to_owned).to_vec(),
        template_name: "start_process_4e4e4e4e".to_owned(),
        ..testing::outbound(&channel())
    }
}

/// T25, T31, T33, T34, T37-T41: language, header, positions with their samples, and the buttons in their order.
#[test]
fn a_template_is_submitted() {
    let request = Meta.submit_template(&channel(), &outbound(), &[]);
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "https://graph.facebook.com/v23.0/208765400098765/message_templates");
    assert_eq!(
        body(&request),
        json!({
            "name": "start_process_4e4e4e4e",
            "language": "pt_BR",
            "category": "UTILITY",
            "components": [
                { "type": "HEADER", "format": "IMAGE",
                  "example": { "header_handle": ["https://files.example.com/header.jpg"] } },
                { "type": "BODY", "text": "Olá {{1}}, {{2}} é {{3}}, ¿sim?",
                  "example": { "body_text": [["Ana", "Ana", "42"]] } },
                { "type": "BUTTONS", "buttons": [
                    { "type": "QUICK_REPLY", "text": "Continuar" },
                    { "type": "QUICK_REPLY", "text": "Cancelar" },
                    { "type": "URL", "text": "Site", "url": "https://example.com" },
                    { "type": "PHONE_NUMBER", "text": "Ligar", "phone_number": "+15550102030" },
                ] },
            ],
        })
    );
}

/// T30, T36: a text without variables and buttons is submitted as it is, and its file is not.
#[test]
fn a_plain_template_has_a_body_only() {
    let mut plain = outbound();
    plain.template_type = TemplateType::Text;
    plain.content = "Hello, ¿Are you ready?".to_owned();
    plain.variables.clear();
    plain.buttons.clear();
    let body = body(&Meta.submit_template(&channel(), &plain, &[]));
    assert_eq!(body["components"], json!([{ "type": "BODY", "text": "Hello, ¿Are you ready?" }]));
}

/// T33, T40, K41: header text, footer, an address with a variable, a coupon and an offer stand in their components;
/// without a handle the file's address stands in for it.
#[test]
fn a_template_has_all_its_parts() {
    let mut full = outbound();
    full.template_type = TemplateType::Text;
    full.media_url = None;
    full.content = "Olá {{.name}}, ¿sim?".to_owned();
    full.parts.header_text = Some("Oferta {{.code}}".to_owned());
    full.parts.footer = Some("Loja".to_owned());
    full.parts.offer = Some(Offer { text: "Hoje".to_owned(), has_expiration: true });
    full.buttons = vec![
        Button::QuickReply { text: "Parar".to_owned() },
        Button::Url { text: "Site".to_owned(), url: "https://example.com/{{.code}}".to_owned() },
        Button::CopyCode { example: "25OFF".to_owned() },
    ];
    let body = body(&Meta.submit_template(&channel(), &full, &[]));
    assert_eq!(
        body["components"],
        json!([
            { "type": "HEADER", "format": "TEXT", "text": "Oferta {{1}}",
              "example": { "header_text": ["42"] } },
            { "type": "LIMITED_TIME_OFFER",
              "limited_time_offer": { "text": "Hoje", "has_expiration": true } },
            { "type": "BODY", "text": "Olá {{1}}, ¿sim?", "example": { "body_text": [["Ana"]] } },
            { "type": "FOOTER", "text": "Loja" },
            { "type": "BUTTONS", "buttons": [
                { "type": "QUICK_REPLY", "text": "Parar" },
                { "type": "URL", "text": "Site", "url": "https://example.com/{{1}}",
                  "example": ["42"] },
                { "type": "COPY_CODE", "example": "25OFF" },
            ] },
        ])
    );
}

/// T33: a place has no example; the cards of a carousel have their handles in order.
#[test]
fn places_and_cards_are_submitted() {
    let mut place = outbound();
    place.template_type = TemplateType::Location;
    place.media_url = None;
    let body_of = |outbound: &Outbound, samples: &[String]| {
        body(&Meta.submit_template(&channel(), outbound, samples))["components"].clone()
    };
    let header = &body_of(&place, &[])[0];
    assert_eq!(*header, json!({ "type": "HEADER", "format": "LOCATION" }));
    let card = |n: u8| Card {
        template_type: TemplateType::Video,
        media_url: format!("https://files.example.com/{n}.mp4"),
        content: Some("Para {{.name}} só".to_owned()),
        buttons: vec![Button::QuickReply { text: "Mais".to_owned() }],
    };
    let mut cards = outbound();
    cards.template_type = TemplateType::Text;
    cards.media_url = None;
    cards.buttons.clear();
    cards.parts.cards = vec![card(1), card(2)];
    let expected = |file: &str| {
        json!({ "components": [
            { "type": "HEADER", "format": "VIDEO", "example": { "header_handle": [file] } },
            { "type": "BODY", "text": "Para {{1}} só", "example": { "body_text": [["Ana"]] } },
            { "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "Mais" }] },
        ] })
    };
    let handles = ["4::a".to_owned(), "4::b".to_owned()];
    let made = body_of(&cards, &handles);
    assert_eq!(made[1]["type"], "CAROUSEL");
    assert_eq!(made[1]["cards"], json!([expected("4::a"), expected("4::b")]));
    let addressed = body_of(&cards, &[]);
    assert_eq!(addressed[1]["cards"][1], expected("https://files.example.com/2.mp4"));
}

/// T4: of an authentication template only what may be chosen is submitted.
#[test]
fn authentication_templates_are_submitted_without_words() {
    let submitted = |otp: Otp| {
        let mut code = outbound();
        code.category = Category::Authentication;
        code.parts.otp = Some(otp);
        body(&Meta.submit_template(&channel(), &code, &[]))["components"].clone()
    };
    assert_eq!(
        submitted(Otp::default()),
        json!([
            { "type": "BODY", "add_security_recommendation": false },
            { "type": "BUTTONS", "buttons": [{ "type": "OTP", "otp_type": "COPY_CODE" }] },
        ])
    );
    let (package_name, signature_hash) = ("com.example.shop".to_owned(), "K8a-AINcGX7".to_owned());
    let tapped = Otp {
        kind: OtpType::ZeroTap,
        text: Some("Copiar".to_owned()),
        autofill_text: Some("Preencher".to_owned()),
        apps: vec![App { package_name, signature_hash }],
        add_security_recommendation: true,
        code_expiration_minutes: Some(5),
    };
    assert_eq!(
        submitted(tapped),
        json!([
            { "type": "BODY", "add_security_recommendation": true },
            { "type": "FOOTER", "code_expiration_minutes": 5 },
            { "type": "BUTTONS", "buttons": [{
                "type": "OTP", "otp_type": "ZERO_TAP", "text": "Copiar",
                "autofill_text": "Preencher", "zero_tap_terms_accepted": true,
                "supported_apps": [{ "package_name": "com.example.shop",
                                     "signature_hash": "K8a-AINcGX7" }] }] },
        ])
    );
}

/// K38: values by name, an offer's end and the cards of a carousel are sent in the platform's form.
#[test]
fn named_values_offers_and_cards_are_sent() {
    let header = Media {
        filename: None,
        caption: None,
        ..media(MediaKind::Image, MediaSource::Link("https://files.example.com/1".to_owned()))
    };
    let value = ButtonValue::QuickReply { payload: "1:Mais".to_owned() };
    let buttons = vec![TemplateButtonValue { index: 0, value }];
    let message = TemplateMessage {
        name: "order".to_owned(),
        language: "pt-BR".to_owned(),
        body: vec!["Ana".to_owned()],
        body_names: vec!["customer_name".to_owned()],
        offer_expires: Some(Time::from_millis(1_710_255_600_000)),
        cards: vec![TemplateCard { header, body: vec!["7".to_owned()], buttons }],
        ..TemplateMessage::default()
    };
    let request = Meta.build(&channel(), &sending(ToUser::Template(message))).unwrap();
    assert_eq!(
        body(&request)["template"]["components"],
        json!([
            { "type": "body", "parameters": [
                { "type": "text", "parameter_name": "customer_name", "text": "Ana" }] },
            { "type": "limited_time_offer", "parameters": [{ "type": "limited_time_offer",
                "limited_time_offer": { "expiration_time_ms": 1_710_255_600_000_i64 } }] },
            { "type": "carousel", "cards": [{ "card_index": 0, "components": [
                { "type": "header", "parameters": [{ "type": "image",
                    "image": { "link": "https://files.example.com/1" } }] },
                { "type": "body", "parameters": [{ "type": "text", "text": "7" }] },
                { "type": "button", "sub_type": "quick_reply", "index": "0",
                  "parameters": [{ "type": "payload", "payload": "1:Mais" }] }] }] },
        ])
    );
}

fn sample() -> Upload<'static> {
    Upload {
        purpose: Purpose::Sample,
        kind: MediaKind::Image,
        mime: "image/png",
        filename: Some("a b.png"),
        bytes: b"1234",
    }
}

fn answered(status: u16, body: &str) -> http::Response<Vec<u8>> {
    http::Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap()
}

/// T36: a sample is told of, then written where the platform says, and its handle is what stands for it.
#[test]
fn a_sample_is_uploaded_in_two_calls() {
    let mut channel = channel();
    channel.channel.settings.insert("app_id".to_owned(), "308765400098765".to_owned());
    let UploadStep::Call(begin) = Meta.upload(&channel, &sample(), &[]) else { panic!() };
    assert_eq!(
        format!("{} {}", begin.method(), begin.uri()),
        "POST https://graph.facebook.com/v23.0/308765400098765/uploads?file_name=a+b.png\
         &file_length=4&file_type=image%2Fpng"
    );
    let mut answers = vec![answered(200, r#"{"id":"upload:MTphd==?sig=ARx-_y"}"#)];
    let UploadStep::Call(write) = Meta.upload(&channel, &sample(), &answers) else { panic!() };
    assert_eq!(write.uri(), "https://graph.facebook.com/v23.0/upload:MTphd==?sig=ARx-_y");
    assert!(header(&write, "authorization").is_some_and(|value| value.starts_with("OAuth ")));
    assert_eq!(header(&write, "file_offset"), Some("0"));
    assert_eq!(write.body(), b"1234");
    answers.push(answered(200, r#"{"h":"4::aW"}"#));
    let UploadStep::Done(handle) = Meta.upload(&channel, &sample(), &answers) else { panic!() };
    assert_eq!(handle, "4::aW");
}

/// An answer that is no upload, an id that leads elsewhere and a refusal end it; without the app nothing is called.
#[test]
fn an_upload_that_fails_has_its_class() {
    let mut channel = channel();
    let class = |channel: &OpenChannel, answers: &[http::Response<Vec<u8>>]| match Meta.upload(
        channel,
        &sample(),
        answers,
    ) {
        UploadStep::Refused { class, .. } => class,
        other => panic!("{other:?}"),
    };
    assert_eq!(class(&channel, &[]), Class::Configuration);
    let image = outbound();
    assert!(Meta.fits(&channel, &image).is_err_and(|(_, rule)| rule.contains("app_id")));
    channel.channel.settings.insert("app_id".to_owned(), "308765400098765".to_owned());
    assert_eq!(Meta.fits(&channel, &image), Ok(()));
    for (status, body, expected) in [
        (200, r#"{"id":"upload:a/../../me"}"#, Class::Final),
        (200, r#"{"id":"https://evil.example"}"#, Class::Final),
        (200, "<html>", Class::Retry(None)),
        (500, "", Class::Retry(None)),
        (400, r#"{"error":{"code":190}}"#, Class::Configuration),
        (400, r#"{"error":{"code":100,"message":"no"}}"#, Class::Final),
    ] {
        assert_eq!(class(&channel, &[answered(status, body)]), expected, "{body}");
    }
    let begun = answered(200, r#"{"id":"upload:a?sig=b"}"#);
    assert_eq!(class(&channel, &[begun, answered(503, "")]), Class::Retry(None));
}

/// T44: the list is asked for page by page; a template is deleted by its name.
#[test]
fn templates_are_listed_and_deleted() {
    let first = Meta.list_templates(&channel(), None);
    assert_eq!(first.method(), "GET");
    assert_eq!(
        first.uri(),
        "https://graph.facebook.com/v23.0/208765400098765/message_templates?fields=id%2Cname%2C\
         language%2Cstatus%2Ccategory%2Crejected_reason%2Cquality_score&limit=100"
    );
    let second = Meta.list_templates(&channel(), Some("QV F/="));
    assert!(second.uri().to_string().ends_with("&limit=100&after=QV+F%2F%3D"));
    let delete = Meta.delete_template(&channel(), &outbound()).unwrap();
    assert_eq!(delete.method(), "DELETE");
    assert_eq!(
        delete.uri(),
        "https://graph.facebook.com/v23.0/208765400098765/message_templates?name=start_process_4e4e4e4e"
    );
    let known = Outbound { template_id: Some("77".to_owned()), ..outbound() };
    let delete = Meta.delete_template(&channel(), &known).unwrap();
    assert!(delete.uri().to_string().ends_with("?name=start_process_4e4e4e4e&hsm_id=77"));
}

/// Without the account's id there is nothing to delete and nowhere to subscribe.
#[test]
fn calls_of_the_account_want_its_id() {
    let mut bare = channel();
    bare.channel.settings.remove("waba_id");
    assert!(Meta.delete_template(&bare, &outbound()).is_none());
    assert!(Meta.register_webhook(&bare, "https://gateway.example.com/x").is_none());
}

/// The number is asked for, and the webhook is registered with the token of the handshake.
#[test]
fn a_channel_is_checked_and_subscribed() {
    let check = Meta.check(&channel());
    assert_eq!(check.method(), "GET");
    assert!(
        check
            .uri()
            .to_string()
            .starts_with("https://graph.facebook.com/v23.0/109876500012345?fields=")
    );
    let url = "https://gateway.example.com/v1/webhooks/cloud_api/CHN1";
    let subscribe = Meta.register_webhook(&channel(), url).unwrap();
    assert_eq!(subscribe.method(), "POST");
    assert_eq!(subscribe.uri(), "https://graph.facebook.com/v23.0/208765400098765/subscribed_apps");
    assert_eq!(
        body(&subscribe),
        json!({ "override_callback_uri": url, "verify_token": VERIFY_TOKEN })
    );
}

/// T2: a user's file is looked up by its id; a bare link is fetched with the token only from Meta's hosts.
#[test]
fn a_users_file_is_fetched() {
    let fetch = |source| Meta.fetch_media(&channel(), &media(MediaKind::Image, source));
    let private =
        |url: &str, id: &str| MediaSource::PrivateLink { url: url.to_owned(), id: id.to_owned() };
    let meta = "https://lookaside.fbsbx.com/a?b=1";
    for source in [MediaSource::ProviderId("7001".to_owned()), private(meta, "7001")] {
        let Fetch::Lookup(request) = fetch(source) else { panic!("no lookup") };
        assert_eq!(
            request.uri(),
            "https://graph.facebook.com/v23.0/7001?phone_number_id=109876500012345"
        );
        assert!(header(&request, "authorization").is_some());
    }
    let Fetch::Bytes(request) = fetch(private(meta, "")) else { panic!("no bytes") };
    assert_eq!(
        (request.uri().to_string().as_str(), header(&request, "authorization").is_some()),
        (meta, true)
    );
    let Fetch::Bytes(request) = fetch(MediaSource::Link("https://files.example.com/1".to_owned()))
    else {
        panic!("no bytes")
    };
    assert_eq!(header(&request, "authorization"), None);
    assert!(matches!(fetch(private("https://files.example.com/1", "")), Fetch::Nothing));
    assert!(matches!(fetch(MediaSource::ProviderId(String::new())), Fetch::Nothing));
    let Fetch::Lookup(request) = fetch(MediaSource::ProviderId("../me?x#".to_owned())) else {
        panic!()
    };
    assert_eq!(request.uri().path(), "/v23.0/%2E%2E%2Fme%3Fx%23");
}

/// A status brings our own id back.
#[test]
fn our_id_is_echoed() {
    assert!(Meta.echoes_our_id(&channel()));
    assert_eq!(Meta.kind(), ProviderKind::Meta);
}
